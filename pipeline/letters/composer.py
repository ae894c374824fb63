"""The composition of letters with everything but the match filled in, for one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.config import MailSettings
from pipeline.errors import MessageUnsafe
from pipeline.letters import (
    DigestData,
    compose_digest,
    compose_introduction,
    compose_question,
    compose_reminder,
    read_back,
)
from pipeline.letters.templating import Templates
from pipeline.model import Letter, Match, Party

FIRST_LINES = 420
"""Characters of the letter that the review tab quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Writes letters of one run: settings, templates, identity and date are the same for all of them."""

    mail: MailSettings
    templates: Templates
    message_id: Callable[[str], str]
    now: datetime

    def introduction(self, match: Match, message: str | None) -> Letter:
        """The letter to all parties. Raises MessageUnsafe."""
        return compose_introduction(
            match,
            message=message,
            mail=self.mail,
            templates=self.templates,
            message_id=self.message_id,
            now=self.now,
        )

    def question(self, match: Match, party: Party) -> Letter:
        """The neutral question to a side that wants to be asked first. Raises MessageUnsafe."""
        return compose_question(
            match, party.side, mail=self.mail, templates=self.templates, message_id=self.message_id, now=self.now
        )

    def reminder(self, match: Match, introduced: str, introduced_on: date) -> Letter:
        """The reminder to all parties, in the thread of the introduction. Raises MessageUnsafe."""
        return compose_reminder(
            match,
            1,
            introduction=introduced,
            introduced_on=introduced_on,
            mail=self.mail,
            templates=self.templates,
            message_id=self.message_id,
            now=self.now,
        )

    def digest(self, data: DigestData) -> Letter:
        """The secretariat's digest."""
        return compose_digest(data, mail=self.mail, templates=self.templates, message_id=self.message_id, now=self.now)

    def first_lines(self, match: Match) -> str:
        """How the introduction begins, for the review tab; why it cannot be written, when it cannot."""
        try:
            text = read_back(self.introduction(match, None).content).text
        except MessageUnsafe as error:
            return f"This letter cannot be written: {error}"
        shortened = " ".join(text.split())
        return shortened if len(shortened) <= FIRST_LINES else f"{shortened[: FIRST_LINES - 1]}…"
