"""Whom an answer asks for, from the form's columns to the sentence in the row before the officer.

The form asks for more than a list does: city, department and larger organisation, what one seeks and what one offers,
and the name of a partner in a field of its own.
"""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.planning.plan import Plan
from tests.planning.conftest import Answers, guest, host, plan_of, rows_of

MINISTRY = host(
    "Catalonia's Regional Ministry of Education and VET",
    "Spain",
    email="fp@ensenyament.example",
    region="Catalonia",
    city="Barcelona",
    offers="Schools and companies that lead dual learning, and the unit that steers VET in the region.",
)
SOC = host(
    "Public Employment Service of Catalonia (SOC)",
    "Spain",
    email="soc@gencat.example",
    region="Catalonia",
    city="Barcelona",
    offers="A public employment service with offices in Barcelona and on several levels of government.",
)
VDAB = host(
    "VDAB", "Belgium", email="info@vdab.example", region="Flanders", city="Brussels", offers="Training for jobseekers."
)
GENT_SCHOOL = host(
    "GO! Scholengroep Gent",
    "Belgium",
    email="info@scholengroep.example",
    region="Flanders",
    city="Gent",
    offers="Our schools work with VDAB and with companies on dual VET.",
)
BILBAO = host(
    "Bilbao Training Institute",
    "Spain",
    email="info@bilbao.example",
    region="Basque Country",
    city="Bilbao",
    offers="Dual VET with small companies.",
)
LYSEKIL = host("Lysekil College", "Sweden", region="Västra Götaland")
GOTHENBURG = host(
    "City of Gothenburg, Education Department",
    "Sweden",
    organisation_local="Göteborgs Stad, Utbildningsförvaltningen",
    email="info@goteborg.example",
    region="Västra Götaland",
    city="Göteborg",
    offers="Upper secondary schools with dual VET.",
)
HOSTS = (MINISTRY, SOC, VDAB, GENT_SCHOOL, BILBAO, LYSEKIL, GOTHENBURG)
ASKED, ELSEWHERE = "asked for them by name", "asked for somebody else"


def asker(**answers: Any) -> Answers:
    """Somebody from a country none of the hosts lies in."""
    return guest(
        "Tartu Training Centre", "Estonia", **{"seeks": "We want to see how dual VET is organised.", **answers}
    )


def plan_for(**answers: Any) -> Plan:
    return plan_of(
        asker(**answers),
        *HOSTS,
        settings={"matching": {"proposals_per_request": len(HOSTS)}},
    )


def whys(plan: Plan) -> dict[str, str]:
    """Host -> what the row says, for the rows of the one who asks."""
    rows = rows_of(plan)
    return {
        str(row["Receiving organisation"]).split(",")[0]: str(row["Why"])
        for row in rows
        if str(row["Sending organisation"]).startswith("Tartu")
    }


def said_of(plan: Plan, words: str) -> set[str]:
    return {name.split()[0] for name, why in whys(plan).items() if words in why}


@pytest.mark.parametrize(
    "answers",
    [
        {"target_organisation": "VET"},
        {"seeks": "We would like to visit a VET school and learn about VET and RPL."},
        {"seeks": "VET!", "offers": "We show VET to NEETs, with the PES."},
        {"target_organisation": "A VET school with a strong regional network"},
        {"target_organisation": "any VET provider"},
    ],
    ids=str,
)
def test_words_of_the_trade_and_descriptions_ask_for_nobody(answers: dict[str, Any]) -> None:
    plan = plan_for(**answers)
    assert len(whys(plan)) >= 3
    assert not [why for why in whys(plan).values() if "asked for" in why]
    assert plan.matches.found.invitations == ()


def test_a_short_form_that_one_host_bears_is_that_host_and_no_other_that_mentions_it() -> None:
    plan = plan_for(target_organisation="VDAB")
    assert said_of(plan, ASKED) == {"VDAB"}
    assert said_of(plan, ELSEWHERE) == {name.split()[0] for name in whys(plan)} - {"VDAB"}


def test_a_region_is_a_wish_for_everybody_there_and_no_condition() -> None:
    plan = plan_for(target_organisation="Basque Country")
    assert said_of(plan, "asked for somebody there (“Basque Country”)") == {"Bilbao"}
    assert len(whys(plan)) >= 3, "nothing said: only there"
    assert "only" not in " ".join(whys(plan).values())
    assert plan.matches.found.invitations == ()


def test_a_short_form_with_a_town_is_that_service_and_not_its_neighbour() -> None:
    plan = plan_for(target_organisation="SOC Barcelona")
    assert said_of(plan, ASKED) == {"Public"}
    assert "Catalonia's" not in said_of(plan, ASKED)
    assert "Lysekil" in said_of(plan, ELSEWHERE)


@pytest.mark.parametrize("written", ["Göteborg", "Gothenburg", "the city of Gothenburg", "Goteborg"])
def test_who_asked_for_a_town_is_told_so_in_its_row(written: str) -> None:
    plan = plan_for(target_organisation=written)
    told = said_of(plan, ASKED) | said_of(plan, "asked for somebody there")
    assert told == {"City"}
    assert "Lysekil" in said_of(plan, ELSEWHERE) | said_of(plan, "would like somebody elsewhere")


def test_a_department_and_its_larger_organisation_are_found_by_either_name() -> None:
    centre = host(
        "Adult Learning Unit",
        "Portugal",
        email="adult@braga.example",
        unit="Gabinete Horizonte",
        parent="Município de Braga",
        city="Braga",
        offers="We show dual VET for adults.",
    )
    for written in ("Município de Braga", "Municipality of Braga", "Gabinete Horizonte"):
        plan = plan_of(asker(target_organisation=written), centre, LYSEKIL)
        assert [name for name, why in whys(plan).items() if ASKED in why] != [], written
        assert "Lysekil" in said_of(plan, ELSEWHERE), written


def test_a_name_in_what_one_offers_is_no_wish() -> None:
    plan = plan_for(role="Send and host", offers="We show what we built with VDAB and with Lysekil College.")
    assert not [why for why in whys(plan).values() if "asked for" in why]


def test_a_name_nobody_here_bears_is_an_invitation_and_every_row_says_so() -> None:
    plan = plan_for(target_organisation="Atelier Quillebeuf")
    assert said_of(plan, "asked for somebody else (“Atelier Quillebeuf”), whom we do not know") == {
        name.split()[0] for name in whys(plan)
    }
    assert [invitation.name for invitation in plan.matches.found.invitations] == ["Atelier Quillebeuf"]
