"""A mail server in memory, which does with each letter what it is told beforehand. For tests and rehearsals.

It passes the contract of the SMTP adapter (`tests/adapters/mail/test_mailer_contract.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pipeline.adapters.mail.letter_check import flaw_of
from pipeline.errors import MatchmakerError
from pipeline.model import Letter
from pipeline.ports import BeforeDot, Delivery, Outcome

DETAILS = {
    Outcome.SENT: "250 2.0.0 kept in memory",
    Outcome.TRY_AGAIN: "450 4.7.1 try again later",
    Outcome.REFUSED: "550 5.1.1 no such user",
    Outcome.UNCLEAR: "the connection broke after the final dot",
}


class MemoryMailer:
    """Fulfils `ports.Mailer` and its own `ports.MailSession`. What it took stands in `taken`, oldest first.

    `outcomes`: letter id -> what becomes of it, try by try; after the last one, and for every other letter, `SENT`.
    `closed`: why there is no session at all.
    """

    def __init__(
        self, outcomes: Mapping[str, Sequence[Outcome]] | None = None, *, closed: MatchmakerError | None = None
    ) -> None:
        self.taken: list[Letter] = []
        self.sessions = 0
        self._outcomes = {letter: list(wanted) for letter, wanted in (outcomes or {}).items()}
        self._closed = closed

    @contextmanager
    def session(self) -> Iterator[MemoryMailer]:
        """A connection. Raises what `closed` says."""
        if self._closed is not None:
            raise self._closed
        self.sessions += 1
        yield self

    def deliver(self, letter: Letter, before_dot: BeforeDot) -> Delivery:
        """Do with the letter what was said. Raises only what `before_dot` raises, and then it was not taken."""
        flaw = flaw_of(letter)
        if flaw:
            return Delivery(outcome=Outcome.REFUSED, detail=f"the letter is not fit to be sent: {flaw}")
        waiting = self._outcomes.get(letter.id)
        outcome = waiting.pop(0) if waiting else Outcome.SENT
        if outcome in {Outcome.SENT, Outcome.UNCLEAR}:
            before_dot()
        if outcome is Outcome.SENT:
            self.taken.append(letter)
        return Delivery(outcome=outcome, detail=DETAILS[outcome])
