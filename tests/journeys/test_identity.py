"""Who somebody is: known names from elsewhere, names written by hand, and the question whether two are one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.wiring import open_ledger_only
from tests.journeys.conftest import RESPONSES, TITLES

KNOWN = "anna@goteborg.example"
BOX = "goteborg.exchange@gmail.com"


def of_gothenburg(answer: Any, number: int, **changed: Any) -> dict[str, Any]:
    """An answer in the name of the city, which would like to travel."""
    return dict(
        answer(
            number,
            **{
                "organisation": "Göteborgs stad",
                "organisation_type": "Local authority",
                "city": "Göteborg",
                "email": KNOWN,
                "role": "Send staff or learners",
                "seeks": "We want to learn about dual VET with companies.",
                **changed,
            },
        )
    )


HOSTING = {"role": "Host visitors", "offers": "We show dual VET with companies.", "seeks": ""}
"""What turns a wish to travel into an invitation, so that both entries of one organisation are proposed."""


def guest(answer: Any, number: int, organisation: str, **changed: Any) -> dict[str, Any]:
    """Somebody in Belgium who would like to travel."""
    seeks = "We want to learn about dual VET with companies."
    return host(answer, number, organisation, role="Send staff or learners", seeks=seeks, offers="", **changed)


def host(answer: Any, number: int, organisation: str, **changed: Any) -> dict[str, Any]:
    """Somebody in Belgium whom it suits."""
    place = organisation.split(maxsplit=1)[0]
    return dict(
        answer(
            number,
            organisation=organisation,
            **{
                "country": "Belgium",
                "city": place,
                "role": "Host visitors",
                "offers": "We show dual VET with companies.",
                **changed,
            },
        )
    )


@pytest.fixture
def parties(journey: Any) -> Any:
    """Match id -> side -> address, from the ledger."""

    def look(match: str) -> dict[str, str]:
        with open_ledger_only(journey.settings(), read_only=True) as ledger:
            known = ledger.load(datetime.now(UTC)).matches[match]
        return {str(party.side): party.email for party in known.parties}

    return look


def rows_to(journey: Any, parties: Any, address: str) -> list[dict[str, Any]]:
    """The rows that stand open and whose letter would go to that address."""
    return [
        row
        for row in journey.review()
        if not row["Status"].startswith("Out of date") and address in parties(row["Match"]).values()
    ]


@pytest.mark.parametrize(
    "claimed",
    [
        {"organisation": "Göteborgs stad", "email": BOX},
        {"organisation": "City of Gothenburg", "email": BOX},
        {"organisation": "GOTEBORGS STAD", "email": BOX, "country": "Norway"},
        {"organisation": "City of Gothenburg", "unit": "International office", "email": BOX},
        {"organisation": "Göteborgs stad", "email": "office@exchange-bureau.example"},
        {"organisation": "City of Gothenburg", "email": "office@exchange-bureau.example"},
    ],
    ids=["same name", "another spelling", "another country", "a unit", "another domain", "spelling and domain"],
)
def test_a_known_name_from_elsewhere_is_written_to_only_once_agreed(
    journey: Any, answer: Any, parties: Any, claimed: dict[str, Any]
) -> None:
    journey.submit(of_gothenburg(answer, 1), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    journey.submit(of_gothenburg(answer, 3, **HOSTING, **claimed), guest(answer, 4, "Leuven Technical School"))
    journey.run()
    rows = rows_to(journey, parties, claimed["email"])
    assert rows, journey.review()
    for row in rows:
        assert "Göteborgs stad wrote before from anna@goteborg.example" in row["Status"]
        journey.tick(row["Match"])
    for _ in range(2):
        journey.run()
    assert journey.letters() == []
    assert all(journey.status(row["Match"]).startswith("Held") for row in rows)

    journey.tick(rows[0]["Match"], "Agreed")
    journey.run()
    ((match, recipients),) = journey.letters()
    assert match == rows[0]["Match"]
    assert claimed["email"] in recipients


def test_the_known_address_goes_on_with_one_tick(journey: Any, answer: Any, parties: Any) -> None:
    journey.submit(of_gothenburg(answer, 1), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    journey.submit(of_gothenburg(answer, 3, email=BOX), of_gothenburg(answer, 4, email="bo@edu.goteborg.example"))
    journey.run()
    (row,) = rows_to(journey, parties, KNOWN)
    assert "approving, check" not in row["Status"]
    journey.tick(row["Match"])
    journey.run()
    assert len(journey.letters()) == 1


def test_a_hold_outlives_edits_and_runs(journey: Any, answer: Any, parties: Any) -> None:
    """Both came on one day, before the first run; that day the known one is who submitted first, and stays it."""
    journey.submit(
        of_gothenburg(answer, 1), of_gothenburg(answer, 2, email=BOX, **HOSTING),
        host(answer, 3, "Kortrijk Training Centre"), guest(answer, 4, "Leuven Technical School"),
    )  # fmt: skip
    journey.run()
    journey.edit(KNOWN, days=2)
    journey.run()
    journey.edit(BOX, days=4)
    journey.run()
    rows = rows_to(journey, parties, BOX)
    assert rows
    for row in rows:
        assert KNOWN in row["Status"]
        journey.tick(row["Match"])
    journey.run()
    assert journey.letters() == []
    assert not any("approving, check" in row["Status"] for row in rows_to(journey, parties, KNOWN))


def test_an_open_row_is_held_when_the_true_one_writes_later(journey: Any, answer: Any, parties: Any) -> None:
    journey.submit(of_gothenburg(answer, 1, email=BOX), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    (row,) = rows_to(journey, parties, BOX)
    journey.tick(row["Match"])
    journey.tick(row["Match"], "Agreed")
    journey.submit(of_gothenburg(answer, 3, organisation="City of Gothenburg"))
    for _ in range(2):
        journey.run()
    assert journey.letters() == []
    assert journey.status(row["Match"]).startswith(
        f"Held: Göteborgs stad: City of Gothenburg also writes from {KNOWN} (International coordinator): ask there "
        f"whether {BOX} is theirs. Agreed was ticked before this was known"
    )
    journey.tick(row["Match"], "Agreed", value=False)
    journey.run()
    journey.tick(row["Match"], "Agreed")
    journey.run()
    assert [match for match, _ in journey.letters()] == [row["Match"]]


def test_an_address_that_was_edited_is_held(journey: Any, answer: Any, parties: Any) -> None:
    journey.submit(of_gothenburg(answer, 1), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    row = next(one for one in journey.person.rows(RESPONSES) if one[TITLES["email"]] == KNOWN)
    journey.person.put(RESPONSES, row["#"], TITLES["organisation"], "City of Gothenburg")
    journey.person.put(RESPONSES, row["#"], TITLES["email"], BOX)
    journey.run()
    rows = rows_to(journey, parties, BOX)
    assert rows
    for row in rows:
        assert KNOWN in row["Status"]
        journey.tick(row["Match"])
    journey.run()
    assert journey.letters() == []


def test_a_third_party_is_held_like_any_other(journey: Any, answer: Any, parties: Any) -> None:
    journey.submit(
        of_gothenburg(answer, 1), host(answer, 2, "Kortrijk Training Centre", third_party="Yes"),
        answer(3, organisation="Lysekil Vocational College", city="Lysekil", role="Send staff or learners",
               seeks="We want to learn about dual VET with companies.", third_party="Yes"),
    )  # fmt: skip
    journey.run()
    journey.submit(of_gothenburg(answer, 4, organisation="City of Gothenburg", email=BOX))
    journey.run()
    journey.person.put("By hand", 2, "Sending organisation", "Lysekil Vocational College")
    journey.person.put("By hand", 2, "Receiving organisation", "Kortrijk Training Centre")
    journey.person.put("By hand", 2, "Joining organisation", "City of Gothenburg")
    journey.run()
    rows = [row for row in rows_to(journey, parties, BOX) if row["Joining organisation"]]
    assert rows
    for row in rows:
        assert KNOWN in row["Status"]
        journey.tick(row["Match"])
    journey.run()
    assert journey.letters() == []


def test_who_has_always_used_a_free_mailbox_is_not_held_and_once_confirmed_never_again(
    journey: Any, answer: Any, parties: Any
) -> None:
    journey.submit(of_gothenburg(answer, 1, email=BOX), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    (row,) = rows_to(journey, parties, BOX)
    assert BOX not in row["Status"]
    journey.submit(of_gothenburg(answer, 3), host(answer, 4, "Leuven Technical School"))
    journey.run()
    journey.tick(row["Match"])
    journey.tick(row["Match"], "Agreed")
    journey.run()
    assert len(journey.letters()) == 1
    journey.submit(of_gothenburg(answer, 5, email=BOX, **HOSTING), guest(answer, 6, "Hasselt Trade School"))
    journey.run()
    later = [one for one in rows_to(journey, parties, BOX) if one["Match"] != row["Match"]]
    assert later
    assert not any("check Göteborgs" in one["Status"] for one in later)


def test_no_reminder_goes_to_a_box_that_is_in_doubt_by_then(journey: Any, answer: Any, parties: Any) -> None:
    journey.submit(of_gothenburg(answer, 1, email=BOX), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    (row,) = rows_to(journey, parties, BOX)
    journey.tick(row["Match"])
    journey.run()
    assert len(journey.letters()) == 1
    journey.submit(of_gothenburg(answer, 3))
    journey.run(weeks_later=7)
    assert len(journey.letters()) == 1
    assert f"also writes from {KNOWN}" in journey.status(row["Match"])
