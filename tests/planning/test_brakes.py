"""Brakes: when a plan as a whole looks wrong, and when it only looks unusual."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.model import Envelope, LetterKind, LetterRecord, LetterState
from pipeline.planning.brakes import ledger_behind, vanished

MATCH = "M-AAAAAAAAAA"


@pytest.mark.parametrize(
    ("known", "gone", "pulled"),
    [(0, 0, False), (1, 1, False), (2, 2, True), (10, 3, False), (10, 5, True), (100, 4, False), (100, 50, True)],
)
def test_vanished_answers(known: int, gone: int, pulled: bool) -> None:
    assert (vanished(known, gone, 0.5) is not None) is pulled


def record(state: LetterState) -> dict[str, LetterRecord]:
    letter = LetterRecord(
        id=f"introduction:{MATCH}",
        kind=LetterKind.INTRODUCTION,
        match=MATCH,
        state=state,
        message_id="<x@ours.example>",
        envelope=Envelope(sender="s@ours.example", recipients=()),
        content=None,
        since=datetime(2026, 11, 20, tzinfo=UTC),
    )
    return {letter.id: letter}


@pytest.mark.parametrize(
    ("status", "letters", "behind"),
    [
        ("Introduced on 2026-11-20", {}, True),
        ("Introduced on 2026-11-20", record(LetterState.SENT), False),
        ("Introduced on 2026-11-20", record(LetterState.QUEUED), True),
        ("Unsure: look", {}, True),
        ("Unsure: look", record(LetterState.QUEUED), False),
        ("Proposed: tick Approve or Decline", {}, False),
        ("Approved: waits", {}, False),
        ("", {}, False),
    ],
)
def test_the_ledger_knows_less_than_the_sheet(status: str, letters: dict[str, LetterRecord], behind: bool) -> None:
    brake, matches = ledger_behind({MATCH: status}, letters)
    assert (brake is not None) is behind
    assert matches == ((MATCH,) if behind else ())
