"""Expected failures: what they say, and the exit code scripts see."""

from __future__ import annotations

import pytest

from pipeline.errors import (
    AccessRefused,
    BrakePulled,
    ConfigurationError,
    Exit,
    LedgerDamaged,
    MatchmakerError,
    MessageUnsafe,
    SheetHeaderProblem,
    TryLater,
    UnclearWrite,
    UsageError,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (UsageError, 2),
        (BrakePulled, 3),
        (SheetHeaderProblem, 3),
        (TryLater, 75),
        (UnclearWrite, 75),
        (AccessRefused, 77),
        (ConfigurationError, 78),
        (LedgerDamaged, 78),
        (MatchmakerError, 70),
    ],
)
def test_every_failure_has_its_exit_code(kind: type[MatchmakerError], code: int) -> None:
    assert kind("What.", hint="How.").exit_code == code


def test_a_failure_ends_with_what_to_do() -> None:
    assert str(TryLater("The server is busy.", hint="Try again.")) == "The server is busy. Try again."


def test_an_unsafe_letter_says_what_to_do_by_itself() -> None:
    assert str(MessageUnsafe("It has no text.")) == (
        "It has no text. Hold this letter and look at the answers it is made of."
    )


def test_done_and_what_needs_a_person_are_told_apart() -> None:
    assert (Exit.DONE, Exit.NEEDS_A_PERSON) == (0, 1)
