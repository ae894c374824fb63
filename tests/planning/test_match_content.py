"""A match's id stands for its content: what the officer saw and the letter will carry, and nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from pipeline.model import Party, Side
from pipeline.planning.match_content import NOT_CONTENT, common_window, match_id

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


@pytest.mark.parametrize(
    ("host", "guest", "common"),
    [
        ((None, None), (None, None), None),
        ((date(2027, 1, 1), date(2027, 1, 31)), (None, None), (date(2027, 1, 1), date(2027, 1, 31))),
        ((date(2027, 1, 1), date(2027, 1, 31)), (date(2027, 1, 20), None), (date(2027, 1, 20), date(2027, 1, 31))),
        ((date(2027, 1, 1), date(2027, 1, 31)), (date(2027, 2, 1), None), None),
    ],
)
def test_common_window(host: Any, guest: Any, common: Any) -> None:
    parties = (
        replace(GUEST, date_from=guest[0], date_to=guest[1]),
        replace(HOST, date_from=host[0], date_to=host[1]),
    )
    assert common_window(parties) == common
