"""The clock the tests are run under once more."""

from __future__ import annotations

from datetime import UTC, datetime

from clock_of_commit import clock_of

DAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_every_commit_has_a_clock_of_its_own_which_stays() -> None:
    first = "6455682aa1c5c8a0a84b1d8f4d8d43a2a3fd1f9b"
    assert clock_of("0" * 40, DAY) == "CLOCK='2026-11-22 12:00' ZONE=UTC SEED=0"
    assert clock_of(f"{3 * 365 * 24 * 60 - 1 + 3 * 365 * 24 * 60:x}", DAY) == (
        "CLOCK='2029-11-21 12:59' ZONE=Europe/Brussels SEED=0"
    )
    assert clock_of(first, DAY) == clock_of(first, DAY) != clock_of(first[::-1], DAY)
