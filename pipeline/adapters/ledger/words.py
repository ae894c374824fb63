"""What a ledger says in words, whatever it is kept in: its history, its details, its refusals."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Protocol

from pipeline.model import Decision, Judgement, LetterState

MAX_DETAIL = 400


def one_line(text: str, limit: int = MAX_DETAIL) -> str:
    """Any text as one bounded line without control characters."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def decision_in_words(decision: Decision) -> str:
    """What the officer decided, for the history."""
    said = {
        "approved": decision.approved,
        "declined": decision.declined,
        "the side asked first agreed": decision.agreed is True,
        "the side asked first refused": decision.agreed is False,
        "said to have been sent": decision.was_sent is True,
        "said not to have been sent": decision.was_sent is False,
        "opened again": decision.reopened,
        "a correction to be sent": bool(decision.correction),
    }
    return ", ".join(words for words, holds in said.items() if holds) or "no tick"


def judgement_in_words(judgement: Judgement) -> tuple[str, str]:
    """What the history keeps a judgement under, and what it says: the two spellings may name a person."""
    pair = hashlib.sha256(f"{judgement.left}\0{judgement.right}".encode()).hexdigest()[:16]
    return f"judgement:{pair}", f"{judgement.verdict} ({judgement.by or 'by a person'})"


def superseded_in_words(new: str) -> str:
    """That a proposal is out of date."""
    return f"out of date: {new} asks again" if new else "out of date"


WITHDRAWN = "withdrawn"
"""That a match can be no longer. Why may quote an answer, so it is kept with the match and goes with it."""


def met_in_words(at: datetime | None) -> str:
    """Why a pair is not introduced: when it met, as far as that is known."""
    return f"already introduced on {at:%Y-%m-%d}" if at else "already being introduced"


class Kept(Protocol):
    """What decides whether a letter can be claimed."""

    state: str
    since: datetime
    content: bytes | None
    not_before: datetime | None


def not_claimable(kept: Kept | None, letter: str, now: datetime) -> str:
    """Why that letter cannot be claimed now; empty when it can."""
    if kept is None:
        return f"{letter} is not in the ledger"
    if kept.state != LetterState.QUEUED:
        return f"{letter} is {kept.state} since {kept.since:%Y-%m-%d}"
    if kept.content is None:
        return f"the text of {letter} is gone"
    if kept.not_before is not None and kept.not_before > now:
        return f"{letter} waits until {kept.not_before:%Y-%m-%d %H:%M} UTC"
    return ""
