"""Expected failures: one calm line for the operator, a remedy, and an exit code.

The exit codes are those of sysexits.h where one exists, so that systemd shows their names.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the command says to cron, systemd and scripts."""

    DONE = 0
    NEEDS_A_PERSON = 1
    USAGE = 2
    BRAKE = 3
    OUR_BUG = 70
    TRY_LATER = 75
    ACCESS_REFUSED = 77
    CONFIGURATION = 78


class MatchmakerError(Exception):
    """Base of every failure we expect. `hint` says what to do and is never empty."""

    exit_code: Exit = Exit.OUR_BUG

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.args[0]} {self.hint}".strip()


class UsageError(MatchmakerError):
    """The command was called in a way that cannot work, or a given file is unusable."""

    exit_code = Exit.USAGE


class ConfigurationError(MatchmakerError):
    """A setting, secret or file of ours is missing or wrong. Never repeats a secret's value."""

    exit_code = Exit.CONFIGURATION


class AccessRefused(MatchmakerError):
    """Google or the mail server knows us and says no."""

    exit_code = Exit.ACCESS_REFUSED


class TryLater(MatchmakerError):
    """Network, quota, lock: the same call may work in a while, nothing was half done."""

    exit_code = Exit.TRY_LATER


class UnclearWrite(TryLater):
    """A write to the sheet may or may not have been applied; the next reading shows which."""


class BrakePulled(MatchmakerError):
    """The plan as a whole looks wrong; nothing was sent and no match was changed."""

    exit_code = Exit.BRAKE


class SheetHeaderProblem(BrakePulled):
    """A header the program needs is missing or stands there twice."""


class LedgerDamaged(ConfigurationError):
    """The ledger cannot be read, or belongs to a newer version. Never treated as empty."""


class MessageUnsafe(MatchmakerError):
    """A letter that must not leave: its bytes say something else than was approved. The caller holds it."""

    def __init__(self, message: str, *, hint: str = "Hold this letter and look at the answers it is made of.") -> None:
        super().__init__(message, hint=hint)
