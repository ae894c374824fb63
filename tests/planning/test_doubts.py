"""The questions of `Same organisation?`: what helps to answer them, and which of them wait for another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from pipeline.intake import EntryPlan
from pipeline.intake.identity import OpenEntry
from pipeline.linkage import IdentityPlan, Linkage, PairState, Record
from pipeline.linkage.records import PairVerdict
from pipeline.model import DoubtfulPair, EntryKind, KnownEntry, Reason, Response
from pipeline.planning.doubts import cards_of, doubts_of


def record(number: int, name: str, city: str | None = None, country: str | None = None) -> Record:
    return Record(record_id=f"E-{number}", organisation=name, city=city, country=country)


@pytest.mark.parametrize(
    ("city", "country", "shown"),
    [
        ("Lysekil", "Sweden", "Lysekil College (Lysekil, Sweden)"),
        (None, "Sweden", "Lysekil College (Sweden)"),
        (None, None, "Lysekil College"),
    ],
)
def test_a_doubt_shows_name_and_place_as_far_as_they_are_known(
    city: str | None, country: str | None, shown: str
) -> None:
    records = [record(1, "Lysekil College", city, country), record(2, "Zwolle School")]
    assert [doubt.one for doubt in doubts(records)] == [shown]


PAIR = PairVerdict(left="E-1", right="E-2", probability=0.5, verdict=PairState.REVIEW)
FOR, STRONGER, NEITHER, AGAINST, FURTHER = (
    Reason(feature="", sentence=sentence, weight=weight)
    for sentence, weight in (("For", 0.1), ("Stronger", 0.2), ("Neither", 0.0), ("Against", -0.1), ("Further", -0.2))
)


def of_pairs(
    pairs: tuple[PairVerdict, ...], records: list[Record], standing: tuple[str, ...] = ()
) -> tuple[DoubtfulPair, ...]:
    return doubts_of(Linkage(clusters=(), balanced=(), pairs=pairs), records, {}, standing)


def doubts(records: list[Record], state: PairState = PairState.REVIEW) -> tuple[DoubtfulPair, ...]:
    return of_pairs((replace(PAIR, verdict=state),) * 2, records)


def test_only_different_spellings_in_doubt_are_asked_about_and_once() -> None:
    two = [record(1, "Lysekil College"), record(2, "Zwolle School")]
    assert len(doubts(two)) == 1
    assert doubts(two, PairState.LINK) == ()
    (plain,) = of_pairs((replace(PAIR, reasons=(FOR, STRONGER, NEITHER, AGAINST, FURTHER)),), two)
    assert (plain.speaks_for, plain.speaks_against) == ("Stronger\nFor", "Further\nAgainst\nNeither")
    assert doubts([record(1, "Lysekil College"), record(2, "LYSEKIL college")]) == (), "an answer could tell nothing"


def test_the_third_question_about_three_waits_unless_it_stands_in_the_tab() -> None:
    three = [record(1, "Lysekil College"), record(2, "Zwolle School"), record(3, "Mora Institute")]
    pairs = tuple(
        replace(PAIR, left=left, right=right) for left, right in (("E-1", "E-2"), ("E-2", "E-3"), ("E-1", "E-3"))
    )
    found = of_pairs(pairs, three)
    assert [doubt.waits for doubt in found] == [False, False, True]
    assert [doubt.waits for doubt in of_pairs(pairs, three, (found[2].key,))] == [False, True, False]
    assert [doubt.waits for doubt in of_pairs(pairs[2:], three)] == [False]


def test_a_question_that_another_may_settle_waits() -> None:
    three = [record(1, "Lysekil College"), record(2, "Zwolle School"), record(3, "Mora Institute")]
    first = replace(PAIR, left="E-1", right="E-2")
    second = replace(PAIR, left="E-1", right="E-3", rivals=(("E-1", "E-2"),))
    assert [doubt.waits for doubt in of_pairs((first, second), three)] == [False, True]


# -- who is who ----------------------------------------------------------------------------------------


def answer(day: int, **changed: object) -> Response:
    plain = Response(
        row=day,
        content=str(day),
        submitted_at=datetime(2026, 11, day, 12, 0),  # noqa: DTZ001 - the spreadsheet's local time
        kind=EntryKind.NEW,
        email="anna@lysekil.example",
        organisation="Lysekil College",
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def card(*answers: Response) -> list[str]:
    """The lines about the first of these answers, all of one organisation."""
    ids = [f"E-{number}" for number in range(1, len(answers) + 1)]
    records = [
        Record(record_id=one, organisation=answer.name, city="Lysekil", country="Sweden")
        for one, answer in zip(ids, answers, strict=True)
    ]
    known = tuple(
        KnownEntry(id=one, address="", organisation_key="", content="", first_seen=datetime(2026, 1, 1).date(),  # noqa: DTZ001
                   last_confirmed=datetime(2026, 1, 1).date(), since=answer.submitted_at)  # noqa: DTZ001
        for one, answer in zip(ids, answers, strict=True)
    )  # fmt: skip
    plan = EntryPlan(
        open=tuple(OpenEntry(id=one, response=answer) for one, answer in zip(ids, answers, strict=True)), known=known
    )
    identity = IdentityPlan(organisation_of=dict.fromkeys(ids, "O-1"), memory={}, redirects={}, events=())
    return cards_of(plan, records, identity)["E-1"].split("\n")


def test_a_card_says_who_where_from_where_what_and_since_when() -> None:
    assert card(answer(3, offers="We show dual VET.", website="https://www.lysekil.example/en")) == [
        "Lysekil College (Lysekil, Sweden)",
        "Contact: anna@lysekil.example, lysekil.example",
        "Shows: “We show dual VET.”",
        "Since 3 November 2026",
    ]


def test_a_card_speaks_of_all_entries_of_the_organisation_the_latest_first() -> None:
    assert card(
        answer(3, seeks="Green skills."),
        answer(9, organisation="Gullmarsskolan", email="bo@lysekil.example", seeks="Welding.", offers="Boats."),
    ) == [
        "Lysekil College (Lysekil, Sweden)",
        "Also written: Gullmarsskolan",
        "Contact: anna@lysekil.example, bo@lysekil.example",
        "Wants: “Welding.” Shows: “Boats.”",
        "Wants: “Green skills.”",
        "Since 3 November 2026, 2 entries",
    ]


def test_a_card_stays_short() -> None:
    many = [answer(day, email=f"{day}@lysekil.example", seeks=f"{day} " + "word " * 100) for day in range(1, 8)]
    lines = card(*many)
    assert lines[1] == "Contact: 1@lysekil.example, 2@lysekil.example, 3@lysekil.example and 4 more"
    assert len(lines) == 5
    assert all(len(line) < 200 for line in lines)
    assert lines[2].endswith("word …”")


def test_what_nobody_knows_is_left_out() -> None:
    assert card(answer(1, submitted_at=None)) == ["Lysekil College (Lysekil, Sweden)", "Contact: anna@lysekil.example"]
