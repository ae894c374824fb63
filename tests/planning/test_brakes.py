"""Brakes: when a plan as a whole looks wrong, and when it only looks unusual."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.model import Envelope, LetterKind, LetterRecord, LetterState
from pipeline.planning.brakes import (
    clock_is_off,
    corrected_on,
    expired_at_once,
    introduced_on,
    ledger_behind,
    served_by_another,
    vanished,
)
from pipeline.ports import LedgerState, Serving

MATCH = "M-AAAAAAAAAA"


@pytest.mark.parametrize(
    ("known", "gone", "pulled"),
    [
        (0, 0, False),
        (1, 1, False),
        (2, 2, True),
        (5, 3, False),
        (5, 4, True),
        (8, 4, True),
        (9, 4, False),
        (10, 3, False),
        (10, 5, True),
        (100, 4, False),
        (100, 50, True),
    ],
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


CORRECTED = {
    f"correction:{MATCH}:AAAAAAAAAA": replace(
        next(iter(record(LetterState.UNSURE).values())),
        id=f"correction:{MATCH}:AAAAAAAAAA",
        kind=LetterKind.CORRECTION,
    )
}


@pytest.mark.parametrize(
    ("status", "letters", "behind"),
    [
        ("Introduced on 2026-11-20", {}, True),
        ("Introduced on 2026-11-20", record(LetterState.SENT), False),
        ("Introduced on 2026-11-20", record(LetterState.QUEUED), True),
        ("Introduced on 2026-11-20; correction sent on 2026-11-21", record(LetterState.SENT), True),
        ("Introduced on 2026-11-20; correction sent on 2026-11-21", {**record(LetterState.SENT), **CORRECTED}, False),
        ("Introduced on 2026-11-20; whether a correction left nobody knows", record(LetterState.SENT), True),
        ("Introduced on 2026-11-20; a correction waits, it leaves with", record(LetterState.SENT), False),
        (
            "Introduced on 2026-11-20. Send correction holds the text “correction sent on 21 November”, which is no",
            record(LetterState.SENT),
            False,
        ),
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


SENT, NOBODY_KNOWS = "correction sent on", "whether a correction left nobody knows"


@pytest.mark.parametrize(
    ("status", "introduced", "corrected"),
    [
        ("Introduced on 2026-11-20", date(2026, 11, 20), ()),
        ("Introduced: as you said; nothing more is sent", None, ()),
        ("Introduced on 2026-13-20", None, ()),
        ("Unsure: cut on 2026-11-01 (2026-11-20 06:00 UTC). Look", date(2026, 11, 20), ()),
        (f"Introduced on 2026-11-20; {SENT} 2026-11-21", date(2026, 11, 20), (date(2026, 11, 21),)),
        (
            f"Introduced on 2026-11-20; {SENT} 2026-11-21 and 2026-11-23; {NOBODY_KNOWS} (cut; 2026-11-24 06:00 UTC).",
            date(2026, 11, 20),
            (date(2026, 11, 21), date(2026, 11, 23), date(2026, 11, 24)),
        ),
        (f"Introduced on 2026-11-20; {NOBODY_KNOWS}", date(2026, 11, 20), (None,)),
        (f"Introduced on 2026-11-20. Decline holds the text “{SENT} 2026-11-21”, which", date(2026, 11, 20), ()),
        ("Proposed: tick", None, ()),
    ],
)
def test_the_days_that_a_status_tells(status: str, introduced: date | None, corrected: tuple[date | None, ...]) -> None:
    assert introduced_on(status) == introduced
    assert corrected_on(status) == corrected


def test_five_matches_are_named_and_the_key_names_them_all() -> None:
    ids = [f"M-{letter * 10}" for letter in "FEDCBA"]
    five, _ = ledger_behind(dict.fromkeys(ids[1:], "Introduced on 2026-11-20"), {})
    six, matches = ledger_behind(dict.fromkeys(ids, "Introduced on 2026-11-20"), {})
    assert matches == tuple(sorted(ids))
    assert five is not None
    assert six is not None
    assert f"5 matches were introduced ({', '.join(sorted(ids[1:]))}) of" in five.what
    assert f"6 matches were introduced ({', '.join(sorted(ids[1:]))} and others) of" in six.what
    assert six.key == f"brake:ledger-behind:{','.join(sorted(ids))}"


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(hours=-1), None),
        (timedelta(days=400), None),
        (
            timedelta(hours=-1, seconds=-1),
            "The clock of this machine is behind the last run, of 20 November 2026, 06:00 UTC.",
        ),
        (
            timedelta(days=400, seconds=1),
            "By the clock of this machine more than 400 days have passed since the last run",
        ),
    ],
)
def test_a_clock_that_can_hardly_be_right_stops_the_run(passed: timedelta, said: str | None) -> None:
    last = datetime(2026, 11, 20, 6, tzinfo=UTC)
    brake = clock_is_off(last + passed, last)
    assert (brake is None) is (said is None)
    assert brake is None or brake.what.startswith(str(said))
    assert clock_is_off(last + passed, None) is None, "a first run cannot know"


def test_a_tick_beside_the_brake_on_the_clock_counts_on_another_day() -> None:
    last = datetime(2026, 11, 20, 6, tzinfo=UTC)
    one, other = (clock_is_off(last + timedelta(days=days), last) for days in (500, 501))
    assert one is not None
    assert other is not None
    assert (one.what, one.key) == (other.what, other.key)
    assert one.fix != other.fix, "it says what day it is"


@pytest.mark.parametrize(
    ("known", "expired", "pulled"), [(0, 0, False), (3, 3, False), (8, 4, True), (9, 4, False), (100, 50, True)]
)
def test_half_of_all_answers_do_not_expire_at_once(known: int, expired: int, *, pulled: bool) -> None:
    assert (expired_at_once(known, expired, 0.5) is not None) is pulled


FIRST, SECOND, LATER = (f"mine@cron@2026-11-2{day}T06:00:03@abc" for day in (0, 1, 2))


@pytest.mark.parametrize(
    ("owner", "marks", "key"),
    [
        pytest.param(None, (), "", id="nobody served it"),
        pytest.param("mine", (), "", id="an earlier program, with this ledger"),
        pytest.param("mine", (FIRST,), "copied", id="an earlier program, since"),
        pytest.param(FIRST, (FIRST, SECOND), "", id="our own mark never came to stand there"),
        pytest.param(SECOND, (FIRST, SECOND), "", id="our own mark"),
        pytest.param(None, (FIRST, SECOND), "", id="a spreadsheet without marks"),
        pytest.param(LATER, (FIRST, SECOND), "copied", id="a mark from after the copy was made"),
        pytest.param(f"{SECOND}@ended", (FIRST, SECOND), "copied", id="a backup from the middle of a run"),
        pytest.param(LATER, (), "copied", id="a backup from before the marks"),
        pytest.param("other", (), "another", id="another ledger"),
        pytest.param("other@x@y@z", (FIRST, SECOND), "another", id="another ledger, marking"),
    ],
)
def test_a_spreadsheet_is_served_by_one_ledger_at_a_time(owner: str | None, marks: tuple[str, ...], key: str) -> None:
    brake = served_by_another(owner, LedgerState(instance="mine", serving=Serving(marks=marks)))
    assert (brake.key if brake else "") == (f"brake:{key}-ledger:{owner}" if key else "")


def test_the_brake_on_a_copy_says_where_and_when_the_other_ran() -> None:
    brake = served_by_another(LATER, LedgerState(instance="mine", serving=Serving(marks=(FIRST,))))
    assert brake is not None
    assert "has served the spreadsheet since this one last did: on cron, 2026-11-22 06:00 UTC." in brake.what
    assert "Stop one of them." in brake.fix


def test_a_mark_that_somebody_mangled_is_told_all_the_same() -> None:
    brake = served_by_another("mine@x", LedgerState(instance="mine", serving=Serving(marks=(FIRST,))))
    assert brake is not None
    assert "on another machine, an unknown time" in brake.what
