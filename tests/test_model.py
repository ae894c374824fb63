"""The nouns: the little they can say of themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.model import (
    DoubtfulPair,
    EntryKind,
    IndicatorRow,
    Match,
    MatchStatus,
    NewRow,
    Party,
    Response,
    RowUpdate,
    SheetChanges,
    Side,
    Stage,
)


@pytest.mark.parametrize(
    ("organisation", "unit", "name"),
    [
        ("Borås Stad", None, "Borås Stad"),
        ("Borås Stad", "Youth Office", "Youth Office, Borås Stad"),
        ("Youth office of Borås", "Youth Office", "Youth office of Borås"),
        ("Borås Stad", "", "Borås Stad"),
    ],
)
def test_an_organisation_as_people_should_see_it(organisation: str, unit: str | None, name: str) -> None:
    response = Response(
        row=2,
        content="",
        submitted_at=datetime(2026, 11, 20, tzinfo=UTC),
        kind=EntryKind.NEW,
        email="a@b.example",
        organisation=organisation,
        unit=unit,
    )
    assert response.name == name


def party(side: Side) -> Party:
    return Party(side=side, entry="E", organisation_id="O", organisation=str(side), email=f"{side}@x.example")


def test_the_sides_of_a_match() -> None:
    two = Match(id="M-1", parties=(party(Side.RECEIVING), party(Side.SENDING)), why="", band="likely")
    assert (two.sending.side, two.receiving.side, two.joining) == (Side.SENDING, Side.RECEIVING, None)
    three = Match(id="M-1", parties=(*two.parties, party(Side.JOINING)), why="", band="likely")
    assert three.joining is not None
    assert three.party(Side.JOINING) == three.joining


@pytest.mark.parametrize(
    ("stage", "detail", "text"),
    [
        (Stage.PROPOSED, "", "Proposed"),
        (Stage.PROPOSED, "tick Approve or Decline", "Proposed: tick Approve or Decline"),
        (Stage.INTRODUCED, "on 2026-11-20", "Introduced on 2026-11-20"),
        (Stage.OUT_OF_DATE, "see M-2", "Out of date: see M-2"),
    ],
)
def test_a_status_as_it_stands_in_its_cell(stage: Stage, detail: str, text: str) -> None:
    assert MatchStatus(match="M-1", stage=stage, detail=detail).text == text


@pytest.mark.parametrize("stage", list(Stage))
def test_who_needs_a_person(stage: Stage) -> None:
    assert MatchStatus(match="M-1", stage=stage).needs_a_person is (stage in {Stage.HELD, Stage.UNSURE})
    assert MatchStatus(match="M-1", stage=stage, is_stuck=True).needs_a_person


@pytest.mark.parametrize(
    ("due", "counted", "reached"),
    [(None, 3, None), (3, None, None), (3, 2, False), (3, 3, True), (3, 4, True), (0, 0, True)],
)
def test_whether_an_indicator_is_reached(due: float | None, counted: float | None, reached: bool | None) -> None:
    assert IndicatorRow(title="Visits", target=9, due=due, counted=counted, of="").reached is reached


def test_the_key_of_a_doubt_names_both_spellings() -> None:
    doubt = DoubtfulPair(left="a", right="b", one="A", other="B", speaks_for="", speaks_against="")
    assert doubt.key == "a~b"


@pytest.mark.parametrize(
    ("changes", "writes"),
    [
        ({}, False),
        ({"inserts": {"Review": ()}, "updates": {"Review": ()}}, False),
        ({"inserts": {"Review": (NewRow(key="M-1", cells={}),)}}, True),
        ({"updates": {"Review": (RowUpdate(key="M-1", cells={}),)}}, True),
        ({"contents": {"Problems": ()}}, True),
        ({"last_checked": date(2026, 11, 20)}, True),
        ({"owner": "me"}, True),
    ],
)
def test_whether_there_is_anything_to_write(changes: dict[str, Any], *, writes: bool) -> None:
    assert bool(SheetChanges(**changes)) is writes
