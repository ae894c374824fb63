"""What the answers of two or three settle, and what they leave open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipeline.matching.facts import only_partners, practical, related_answers, shared_answers, unstated
from pipeline.model import Entry, Role, Ticked

MakeEntry = Callable[..., Entry]
TODAY = date(2031, 1, 15)
MARCH = {"date_from": date(2031, 3, 1), "date_to": date(2031, 3, 9)}


def topic(text: str, *codes: str) -> Ticked:
    return Ticked(question="topics", text=text, codes=codes)


def ticked(*answers: Ticked) -> dict[str, Any]:
    """The answers of a form, and the codes they mean."""
    return {"ticked": answers, "topics": tuple(dict.fromkeys(code for one in answers for code in one.codes))}


DUAL, INNOVATION = topic("Dual VET and apprenticeships", "vet"), topic("VET innovation", "vet")
GREEN, BEES = topic("Green skills", "green"), topic("Beekeeping")


@pytest.mark.parametrize(
    ("guest", "host", "shared", "related"),
    [
        ((DUAL, GREEN), (GREEN, DUAL), ["Dual VET and apprenticeships", "Green skills"], True),
        ((DUAL,), (INNOVATION,), [], True),
        ((DUAL,), (GREEN,), [], False),
        ((BEES,), (BEES,), ["Beekeeping"], False),
        ((BEES,), (GREEN,), [], False),
    ],
    ids=["the same", "of one meaning", "different", "typed alike", "typed"],
)
def test_what_was_ticked_is_compared_in_the_forms_own_words(
    entry: MakeEntry, guest: tuple[Ticked, ...], host: tuple[Ticked, ...], shared: list[str], *, related: bool
) -> None:
    one, other = entry("G", **ticked(*guest)), entry("H", **ticked(*host))
    assert list(shared_answers("topics", one, other)) == shared
    assert (related_answers("topics", one, other) is not None) is related


def test_of_related_answers_only_those_that_are_related_are_told(entry: MakeEntry) -> None:
    one, other = entry("G", **ticked(GREEN, DUAL)), entry("H", **ticked(INNOVATION, BEES))
    assert related_answers("topics", one, other) == (["Dual VET and apprenticeships"], ["VET innovation"])


def test_a_list_of_codes_is_told_by_their_names(entry: MakeEntry) -> None:
    one, other = entry("G", topics=("other", "vet", "our-own")), entry("H", topics=("our-own", "vet", "other"))
    assert shared_answers("topics", one, other) == ("vocational education and training", "our-own")


@pytest.mark.parametrize(
    ("guest", "host", "said"),
    [
        ({"formats": ()}, {}, []),
        ({"formats": ("job_shadowing",)}, {"formats": ("job_shadowing",)}, ["Both are open to “job shadowing”."]),
        (
            {"formats": ("job_shadowing", "study_visit")},
            {"formats": ("study_visit", "job_shadowing")},
            ["Both are open to “job shadowing” and “study visit”."],
        ),
        ({"languages": ("en", "fr")}, {"languages": ("fr",)}, ["Both can work in French."]),
        (
            {**MARCH, "duration_days": 1.5},
            {"date_from": date(2031, 3, 5), "date_to": date(2031, 4, 9)},
            ["Their dates overlap from 5 March 2031 until 9 March 2031.", "G Organisation asks for 1.5 days."],
        ),
        (
            {"date_from": date(2031, 1, 2), "date_to": date(2031, 3, 9)},
            {"date_from": date(2031, 1, 15)},
            ["Their dates overlap until 9 March 2031."],
        ),
        (MARCH, {}, ["G Organisation would travel: 1 March 2031 to 9 March 2031."]),
        (
            {"date_from": date(2031, 3, 1)},
            {"date_from": date(2031, 3, 5)},
            [
                "G Organisation would travel: from 1 March 2031.",
                "H Organisation can receive guests: from 5 March 2031.",
            ],
        ),
        ({}, {"date_from": date(2031, 3, 9), "date_to": date(2031, 3, 1)}, []),
        (
            {"duration_days": 1, "group_size": 1},
            {"duration_days": 5, "capacity": 4},
            ["G Organisation asks for 1 day for 1 person; H Organisation offers 5 days for up to 4 people."],
        ),
        (
            {"group_size": 2},
            {"capacity": 4},
            ["G Organisation would come with 2 people; H Organisation can receive up to 4 people."],
        ),
    ],
)
def test_what_the_answers_of_both_settle(
    entry: MakeEntry, guest: dict[str, Any], host: dict[str, Any], said: list[str]
) -> None:
    one = entry("G", role=Role.SEND, **{"formats": (), **guest})
    other = entry("H", role=Role.HOST, **{"formats": (), **host})
    assert practical(one, other, TODAY) == said


def test_of_three_everybodys_answers_count(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, languages=("en", "fr"), **MARCH)
    host = entry("H", role=Role.HOST, languages=("fr", "en"), date_from=date(2031, 3, 2), capacity=6)
    third = entry("T", role=Role.SEND, languages=("fr",), date_to=date(2031, 3, 5), group_size=2)
    assert practical(guest, host, TODAY, third) == [
        "All three are open to “job shadowing”.",
        "All three can work in French.",
        "The dates of all three overlap from 2 March 2031 until 5 March 2031.",
        "T Organisation would come with 2 people; H Organisation can receive up to 6 people.",
    ]


AS_PARTNERS = "They could be partners in a project: both are open to a project partnership."
PROJECT = {"formats": ("project_partnership",)}
EITHER = {"formats": ("project_partnership", "study_visit")}


@pytest.mark.parametrize(
    ("guest", "host", "said"),
    [
        (
            {**PROJECT, **MARCH},
            PROJECT,
            AS_PARTNERS,
        ),
        (
            {"role": Role.HOST, **EITHER},
            {"role": Role.HOST, **EITHER},
            "Both would receive visitors, so this is not about a visit: they could be partners in a project.",
        ),
        (
            {"role": Role.SEND, **EITHER},
            {"role": Role.SEND, **EITHER},
            "Both would travel, so this is not about a visit: they could be partners in a project.",
        ),
        (
            {**EITHER, **MARCH, "duration_days": 3},
            {**EITHER, "date_from": date(2031, 3, 8)},
            (
                f"{AS_PARTNERS} A visit does not fit: The dates do not leave 3 days together: "
                "1 March 2031 to 9 March 2031 for the guests, from 8 March 2031 for the host."
            ),
        ),
        (
            {**EITHER, "date_from": date(2031, 3, 9), "date_to": date(2031, 3, 1)},
            EITHER,
            (
                f"{AS_PARTNERS} A visit does not fit: The dates of G Organisation end before they begin: "
                "9 March 2031 to 1 March 2031."
            ),
        ),
    ],
)
def test_who_can_only_be_partners_is_told_as_that(
    entry: MakeEntry, guest: dict[str, Any], host: dict[str, Any], said: str
) -> None:
    one, other = entry("G", **guest), entry("H", **host)
    assert only_partners(one, other, TODAY)
    assert practical(one, other, TODAY) == [said]
    assert [line for line in unstated(one, other, today=TODAY) if not line.startswith("Languages")] == []


def test_who_could_visit_as_well_is_not_only_a_partner(entry: MakeEntry) -> None:
    one, other = entry("G", **EITHER), entry("H", **EITHER)
    assert not only_partners(one, other, TODAY)
    assert practical(one, other, TODAY) == ["Both are open to “project partnership” and “study visit”."]


def test_what_is_left_open(entry: MakeEntry) -> None:
    guest, host = entry("G", role=Role.SEND, offers="We show."), entry("H", role=Role.HOST, seeks="We seek.")
    assert [line.partition(":")[0] for line in unstated(guest, host)] == [
        "What G Organisation would like to learn",
        "What H Organisation can show",
        "Languages of G Organisation",
        "Languages of H Organisation",
        "Who would travel from G Organisation",
        "Whom H Organisation would receive",
        "When H Organisation can receive guests",
        "When G Organisation would travel",
        "How many would come from G Organisation",
        "How many guests H Organisation can receive at once",
    ]
    assert {line.partition(": ")[2] for line in unstated(guest, host)} == {"not filled in."}
    third = entry("T", role=Role.SEND, languages=("en",), date_from=date(2031, 3, 1), group_size=2,
                  target_groups=("teachers",))  # fmt: skip
    assert not any("T Organisation" in line for line in unstated(guest, host, third))
    stated = {"languages": ("en",), "date_to": date(2031, 3, 1), "group_size": 2, "capacity": 2,
              "target_groups": ("teachers",)}  # fmt: skip
    assert unstated(entry("G", **stated), entry("H", **stated)) == ()


def test_of_three_the_dates_of_the_two_who_named_any_are_joined(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, date_from=date(2031, 12, 8), date_to=date(2032, 2, 6), duration_days=4)
    host = entry("H", role=Role.HOST, date_from=date(2032, 2, 2), date_to=date(2032, 3, 29))
    told = practical(guest, host, TODAY, entry("T", role=Role.SEND))
    overlap = "The dates of G Organisation and H Organisation overlap from 2 February 2032 until 6 February 2032."
    assert overlap in told
    assert not [sentence for sentence in told if "would travel:" in sentence or "can receive guests:" in sentence]
    later = entry("H", role=Role.HOST, date_from=date(2032, 2, 4), date_to=date(2032, 3, 29))
    assert not [one for one in practical(guest, later, TODAY, entry("T", role=Role.SEND)) if "overlap" in one]


def test_of_one_text_that_only_offers_or_only_wishes_the_other_half_is_open(entry: MakeEntry) -> None:
    offer, wish = "We offer a look into our prison bakery.", "We look for a prison that bakes its own bread."
    open_ones = unstated(entry("G", text=offer), entry("H", text=wish))
    assert "What G Organisation would like to learn: not filled in." in open_ones
    assert "What H Organisation can show: not filled in." in open_ones
    for guest, host in ((wish, offer), (f"{wish} {offer}", f"{wish} {offer}"), ("A bakery.", "A bakery.")):
        told = unstated(entry("G", text=guest), entry("H", text=host))
        assert not [one for one in told if one.startswith("What ")]
