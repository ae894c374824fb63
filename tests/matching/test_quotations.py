"""Which sentences are quoted beside one another: what two answers say of the same, whoever else has answered."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import pytest

from pipeline.matching import MatchingSettings, propose
from pipeline.matching.quotations import about_the_same, closed
from pipeline.model import Entry, Role

MakeEntry = Callable[..., Entry]

with (Path(__file__).parent / "needs.csv").open(encoding="utf-8", newline="") as lines:
    NEEDS = [(tuple(row["topics"].split(";")), row["wish"], row["offer"]) for row in csv.DictReader(lines)]
"""Topics, what a guest wishes and what a host offers, in their own languages: each two are about the same."""


def guest(number: int) -> Entry:
    topics, wish, _ = NEEDS[number]
    return Entry(
        id=f"G{number}", organisation=f"Guest {number}", organisation_id=f"OG{number}", country="NO", role=Role.SEND,
        topics=topics, formats=("study_visit",), languages=("en",), seeks=wish, text=wish,
    )  # fmt: skip


def host(number: int) -> Entry:
    topics, _, offer = NEEDS[number]
    return Entry(
        id=f"H{number}", organisation=f"Host {number}", organisation_id=f"OH{number}", country="FR", role=Role.HOST,
        topics=topics, formats=("study_visit",), languages=("en",), offers=offer, text=offer,
    )  # fmt: skip


def quoted(entries: Sequence[Entry], ids: tuple[str, str]) -> list[str]:
    """What the row of these two quotes, where these entries are all there are."""
    found = propose(entries, settings=MatchingSettings(least_score=0), given=[ids]).given[ids]
    return [quote for one in found.reasons if one.feature == "quotes" for quote in re.findall("“(.*?)”", one.sentence)]


@pytest.mark.parametrize("number", range(len(NEEDS)))
def test_two_answers_alone_are_quoted_as_among_all_others(number: int) -> None:
    pair = [guest(number), host(number)]
    ids = (pair[0].id, pair[1].id)
    alone = quoted(pair, ids)
    assert len(alone) == 2
    assert alone[0] in NEEDS[number][1]
    assert alone[1] in NEEDS[number][2]
    assert quoted([one(other) for one in (guest, host) for other in range(len(NEEDS))], ids) == alone


def test_nothing_is_quoted_of_answers_about_something_else() -> None:
    others = [(one, other) for one, other in product(range(len(NEEDS)), repeat=2) if one != other]
    assert [pair for pair in others if any(about_the_same(guest(pair[0]), host(pair[1])))] == []


@pytest.mark.parametrize(
    ("topics", "wish", "offer"),
    [
        (("school",), "Our school wants to keep its pupils in class.", "Our school lends pupils a box of experiments."),
        (
            ("vet",),
            "Teachers and pupils of a vocational school travel.",
            "A vocational school with pupils and teachers.",
        ),
        (
            ("guidance",),
            "Our adults cannot read the letters they get.",
            "Orientation is our speciality, with a game!",
        ),
        (("adult",), "How do adults in prison learn to cook for others?", "Our adults learn to dance in the evening."),
        ((), "Our website and online meetings are in English only.", "Online first: our website has a programme."),
        (
            ("disability",),
            "One of us is in a wheelchair, so no stairs.",
            "People with disabilities keep real jobs.",
        ),
    ],
    ids=["school", "vocational", "orientation week", "adults", "online", "a condition"],
)
def test_what_everybody_in_the_field_writes_is_no_reason_to_quote(
    entry: MakeEntry, topics: tuple[str, ...], wish: str, offer: str
) -> None:
    pair = entry("G", topics=topics, seeks=wish), entry("H", topics=topics, offers=offer)
    assert about_the_same(*pair) == ("", "")


def test_of_several_sentences_the_wish_and_the_offer_stand_together(entry: MakeEntry) -> None:
    wish = "Our prison has two hundred inmates. We would like to see how inmates learn a trade in prison."
    offer = "The prison lies by the sea. We show the prison bakery."
    assert about_the_same(entry("G", seeks=wish), entry("H", offers=offer)) == (
        "We would like to see how inmates learn a trade in prison.",
        "We show the prison bakery.",
    )


OFFER, WISH = "We offer a look into our prison bakery.", "We look for a prison that bakes its own bread."


@pytest.mark.parametrize(
    ("guest_text", "host_text", "is_quoted"),
    [(WISH, OFFER, True), (OFFER, WISH, False), (OFFER, OFFER, False), (WISH, WISH, False)],
)
def test_where_one_text_says_both_an_offer_is_no_wish_and_a_wish_no_offer(
    entry: MakeEntry, guest_text: str, host_text: str, *, is_quoted: bool
) -> None:
    pair = entry("G", text=guest_text), entry("H", text=host_text)
    assert any(about_the_same(*pair)) is is_quoted
    assert all(about_the_same(*pair, partners=True)), "partners in a project may wish or offer the same"
    known = entry("G", seeks=guest_text), entry("H", offers=host_text)
    assert all(about_the_same(*known)), "a form with two columns says which is which"


def test_partners_are_quoted_whatever_both_write(entry: MakeEntry) -> None:
    pair = [
        entry(name, role=Role.EITHER, text=WISH, formats=("project_partnership",), country=country)
        for name, country in (("G", "NO"), ("H", "FR"))
    ]
    assert len(quoted(pair, ("G", "H"))) == 2
    assert quoted([entry("G", text=WISH), entry("H", text=WISH)], ("G", "H")) == []


def test_quotation_marks_inside_become_plain_and_a_sentence_ends() -> None:
    assert closed("They said “come”") == "They said 'come'."
    assert closed("Come!") == "Come!"
    assert closed("") == ""
