"""A match's id stands for its content: what the officer saw and the letter will carry, and nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from pipeline.model import Party, Point, PointCode, Side
from pipeline.planning.match_content import NOT_CONTENT, build, match_id

HOST = Party(
    side=Side.RECEIVING,
    entry="E-1",
    organisation_id="O-1",
    organisation="Lysekil Vocational College",
    email="a@lysekil.example",
    contact_name="Coordinator",
    contact_role="International office",
    country="Sweden",
    region="Västra Götaland",
    city="Lysekil",
    website="https://lysekil.example",
    topics=("Dual VET and apprenticeships",),
    formats=("Job shadowing",),
    languages=("English",),
    seeks="To learn",
    offers="To show",
    date_from=date(2027, 3, 1),
    date_to=date(2027, 4, 1),
    days=3,
    group_size=4,
    ask_first=True,
    check_first="ask them",
)
GUEST = replace(HOST, side=Side.SENDING, entry="E-2", organisation_id="O-2", email="b@kortrijk.example")
CHANGED: dict[str, Any] = {
    "side": Side.JOINING,
    "topics": ("Green skills",),
    "formats": (),
    "languages": ("English", "French"),
    "date_from": date(2027, 3, 2),
    "date_to": None,
    "days": 4,
    "group_size": 5,
    "ask_first": False,
}


@pytest.mark.parametrize("name", [field.name for field in fields(Party) if field.name not in NOT_CONTENT])
def test_every_answer_the_letter_carries_is_part_of_the_id(name: str) -> None:
    changed: dict[str, Any] = {name: CHANGED.get(name, "something else")}
    other = replace(HOST, **changed)
    assert match_id((GUEST, other)) != match_id((GUEST, HOST))


@pytest.mark.parametrize("name", sorted(NOT_CONTENT))
def test_our_own_bookkeeping_is_not(name: str) -> None:
    changed: dict[str, Any] = {name: "something else"}
    other = replace(HOST, **changed)
    assert match_id((GUEST, other)) == match_id((GUEST, HOST))


def test_three_days_are_three_days_however_the_sheet_stored_them() -> None:
    assert match_id((GUEST, replace(HOST, days=3.0))) == match_id((GUEST, HOST))


def test_asking_again_is_another_match() -> None:
    assert len({match_id((GUEST, HOST), generation) for generation in range(3)}) == 3


def test_the_id_is_the_same_on_every_machine() -> None:
    assert match_id((GUEST, HOST)) == "M-K2KUCHVLWB"


def test_a_match_keeps_its_points_as_codes_and_they_are_no_part_of_its_id() -> None:
    match = build((GUEST, HOST), why="Likely.", band="likely", score=0.8, sources={}, today=date(2026, 11, 20))
    assert match.id == "M-K2KUCHVLWB"
    assert match.fits == (
        Point(code=PointCode.SHARED_TOPICS, values=("Dual VET and apprenticeships",)),
        Point(code=PointCode.SHARED_FORMATS, values=("Job shadowing",)),
        Point(code=PointCode.SHARED_LANGUAGES, values=("English",)),
        Point(code=PointCode.DATES_OVERLAP, values=("2027-03-01", "2027-04-01")),
    )
    assert match.unclear == ()


def test_a_match_asked_again_takes_the_first_free_generation() -> None:
    spent = {"M-K2KUCHVLWB"}
    match = build((GUEST, HOST), why="", band="likely", score=0.8, sources={}, today=date(2026, 11, 20), spent=spent)
    assert (match.id, match.generation) == (match_id((GUEST, HOST), 1), 1)
