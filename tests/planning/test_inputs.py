"""What a run reads before it decides: when the round of introductions began."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest

from pipeline.adapters.ledger.ledger import open_ledger
from pipeline.config import Settings
from pipeline.model import Envelope, Letter, LetterKind, SheetSnapshot, Table
from pipeline.planning.inputs import RunInputs
from pipeline.ports import Claim, LedgerChanges, LedgerState


def inputs(now: datetime, months: int = 12) -> RunInputs:
    """The inputs of a run at that moment, without anything in them."""
    unused = cast("Any", None)
    settings = Settings.model_validate({"matching": {"round_months": months}})
    return RunInputs(
        snapshot=SheetSnapshot(tables={}),
        state=LedgerState(),
        settings=settings,
        form=unused,
        composer=unused,
        now=now,
        is_erased=lambda _: False,
        aliases={},
    )


def at(day: tuple[int, int, int], hour: int = 9) -> datetime:
    return datetime(*day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("today", "months", "began"),
    [
        ((2026, 11, 20), 12, (2025, 11, 20)),
        ((2028, 2, 29), 12, (2027, 2, 28)),
        ((2026, 8, 31), 6, (2026, 2, 28)),
        ((2027, 1, 15), 1, (2026, 12, 15)),
    ],
)
def test_a_round_is_a_number_of_calendar_months(
    today: tuple[int, int, int], months: int, began: tuple[int, int, int]
) -> None:
    assert inputs(at(today), months).round_started == at(began)


@pytest.mark.parametrize(
    ("today", "is_over"),
    [((2027, 11, 19), False), ((2027, 11, 20), False), ((2027, 11, 21), True)],
    ids=["the day before", "the same moment", "the day after"],
)
def test_the_plan_promises_what_the_ledger_grants(today: tuple[int, int, int], *, is_over: bool) -> None:
    """Two letters for one pair; the first left on 20 November 2026."""
    first, second = (
        Letter(
            id=f"introduction:M-{number}",
            kind=LetterKind.INTRODUCTION,
            match=f"M-{number}",
            message_id=f"<{number}@ops.example>",
            envelope=Envelope(sender="s@ops.example", recipients=("ana@a.example",)),
            content=b"Hello",
            subject="Hello",
            meeting_keys=("org:O-1|O-2",),
        )
        for number in (1, 2)
    )
    ledger = open_ledger("sqlite://", b"s" * 32, round_months=12)
    ledger.record(LedgerChanges(at=at((2026, 11, 20)), letters=(first, second)))
    ledger.claim(first.id, at((2026, 11, 20)))
    ledger.mark_sent(first.id, at((2026, 11, 20)), "250")

    now = at(today)
    met = ledger.load(now).meetings["org:O-1|O-2"]
    assert (met < inputs(now).round_started) is is_over, "the plan"
    assert isinstance(ledger.claim(second.id, now), Claim) is is_over, "the ledger"


def test_an_absent_tab_is_an_empty_one() -> None:
    run = inputs(at((2026, 11, 20)))
    assert run.table("Exchanges") == Table(title="Exchanges", header=(), rows=())
    there = Table(title="Exchanges", header=("Status",), rows=())
    assert replace(run, snapshot=SheetSnapshot(tables={"Exchanges": there})).table("Exchanges") is there


def test_the_day_of_a_run_is_the_day_in_utc() -> None:
    assert inputs(at((2026, 11, 20), 23)).today == date(2026, 11, 20)
