from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.model import Decision, Envelope, LetterKind, LetterRecord, LetterState, Match, Party, Side
from pipeline.planning.letters_due import ReminderDue, introduced, reminders_due
from pipeline.tabs.exchanges import Introduced, NotedExchange

MATCH = "M-AAAAAAAAAA"
OTHER = "M-BBBBBBBBBB"
NOW = datetime(2026, 6, 12, 9, 0, tzinfo=UTC)


def letter(identifier: str, kind: LetterKind, match: str, since: datetime, **changed: object) -> LetterRecord:
    record = LetterRecord(
        id=identifier,
        kind=kind,
        match=match,
        state=LetterState.SENT,
        message_id=f"<{identifier}@x.example>",
        envelope=Envelope(sender="s@x.example", recipients=("a@x.example", "b@x.example")),
        content=None,
        since=since,
    )
    return replace(record, **changed)  # type: ignore[arg-type]


def introduction(match: str = MATCH, since: datetime = NOW - timedelta(weeks=6), **changed: object) -> LetterRecord:
    return letter(f"one-{match}", LetterKind.INTRODUCTION, match, since, **changed)


def reminder(match: str = MATCH, since: datetime = NOW - timedelta(days=1), **changed: object) -> LetterRecord:
    return letter(f"two-{match}", LetterKind.REMINDER, match, since, **changed)


def match(identifier: str = MATCH) -> Match:
    parties = tuple(
        Party(side=side, entry=f"E-{side}", organisation_id="", organisation=str(side), email=f"{side}@x.example")
        for side in (Side.SENDING, Side.RECEIVING)
    )
    return Match(id=identifier, parties=parties, why="", band="strong")


def noted(what: str = "") -> NotedExchange:
    return NotedExchange(
        match=MATCH,
        status="Introduced",
        took_place=what == "took_place",
        will_not_happen=what == "will_not_happen",
        dated=what == "dated",
    )


def due(
    *letters: LetterRecord,
    exchanges: tuple[NotedExchange, ...] = (),
    approved: tuple[str, ...] = (MATCH, OTHER),
    closed: tuple[str, ...] = (),
    weeks: int = 6,
) -> tuple[ReminderDue, ...]:
    inputs: Any = SimpleNamespace(
        settings=SimpleNamespace(follow_up=SimpleNamespace(reminder_weeks=weeks)),
        state=SimpleNamespace(letters={one.id: one for one in letters}),
        now=NOW,
    )
    entries: Any = SimpleNamespace(plan=SimpleNamespace(closed=closed))
    decisions = {
        identifier: Decision(match=identifier, approved=identifier in approved) for identifier in (MATCH, OTHER)
    }
    ticks: Any = SimpleNamespace(exchanges=exchanges, review=SimpleNamespace(decisions=decisions))
    matches: Any = SimpleNamespace(all={MATCH: match(), OTHER: match(OTHER)})
    return reminders_due(inputs, entries, ticks, matches)


def test_silence_for_as_long_as_the_setting_says_is_answered_by_a_reminder() -> None:
    assert due(introduction()) == (ReminderDue(match=match(), introduction=introduction()),)
    assert due(introduction(since=NOW - timedelta(weeks=6) + timedelta(seconds=1))) == ()


def test_who_has_waited_longest_is_reminded_first() -> None:
    both = due(introduction(MATCH), introduction(OTHER, since=NOW - timedelta(weeks=7)), exchanges=(noted(),))
    assert [one.match.id for one in both] == [OTHER, MATCH]


def test_zero_weeks_means_never() -> None:
    assert due(introduction(), weeks=0) == ()


@pytest.mark.parametrize("what", ["took_place", "will_not_happen", "dated"])
def test_nobody_is_reminded_of_what_is_noted(what: str) -> None:
    assert due(introduction(), exchanges=(noted(what),)) == ()


@pytest.mark.parametrize("state", list(LetterState))
def test_one_reminder_and_no_second_whatever_became_of_it(state: LetterState) -> None:
    assert due(introduction(), reminder(state=state)) == ()


@pytest.mark.parametrize("state", [state for state in LetterState if state is not LetterState.SENT])
def test_nobody_is_reminded_of_a_letter_that_did_not_leave(state: LetterState) -> None:
    assert due(introduction(state=state)) == ()


def test_nobody_is_reminded_after_a_bounce() -> None:
    assert due(introduction(bounced={"a@x.example": "no such user"})) == ()


def test_nobody_is_reminded_once_the_tick_is_taken_back() -> None:
    assert due(introduction(), approved=(OTHER,)) == ()


@pytest.mark.parametrize("side", ["sending", "receiving"])
def test_nobody_is_reminded_whose_entry_is_closed(side: str) -> None:
    assert due(introduction(), closed=(f"E-{side}",)) == ()


def test_nobody_is_reminded_of_a_match_that_is_forgotten() -> None:
    assert due(introduction("M-CCCCCCCCCC"), approved=("M-CCCCCCCCCC",)) == ()


def test_when_the_letters_of_a_match_left() -> None:
    letters = {
        one.id: one
        for one in (
            introduction(since=datetime(2026, 5, 1, 23, 30, tzinfo=UTC)),
            reminder(since=datetime(2026, 6, 12, 8, 0, tzinfo=UTC)),
            introduction(OTHER, since=datetime(2026, 5, 2, tzinfo=UTC)),
            reminder(OTHER, state=LetterState.QUEUED),
            introduction("M-CCCCCCCCCC", state=LetterState.UNSURE),
            letter("q", LetterKind.QUESTION, "M-DDDDDDDDDD", NOW),
        )
    }
    assert introduced(letters) == {
        MATCH: Introduced(on=date(2026, 5, 1), reminded_on=date(2026, 6, 12)),
        OTHER: Introduced(on=date(2026, 5, 2), reminded_on=None),
    }
