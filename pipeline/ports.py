"""The protocols that adapters fulfil: all that the inside knows of the outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pipeline.model import (
    Decision,
    Judgement,
    KnownEntry,
    Letter,
    LetterKind,
    LetterRecord,
    Match,
    SheetChanges,
    SheetSnapshot,
)


class Spreadsheet(Protocol):
    """The secretariat's spreadsheet (and the one the responses live in)."""

    def read(self) -> SheetSnapshot:
        """All tabs in one consistent reading."""

    def read_review(self, *others: str) -> SheetSnapshot:
        """The review tab alone (and the tabs of these names), once more, just before letters leave."""

    def write(self, changes: SheetChanges) -> frozenset[str]:
        """Apply one value of changes in one atomic request; returns the keys of updates that reached no row this time.

        What the sheet says already is left out, so the same changes may be handed over again; nothing left
        is no request. Of a standing row the status may change, and it is found by its content: each status ends in
        its row's id (added here, taken off by `read`). Other cells only where the tab keeps them current, and that
        may take a second run. The cells of people are never written.
        A run writes at most twice: new rows and whole tabs before letters leave, statuses after.

        Raises UnclearWrite when the answer was lost and a read-back could not settle it.
        """

    @property
    def calls(self) -> Mapping[str, int]:
        """How many requests were made: {"reads": n, "writes": n}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to send one letter once. Lost with the process: see LetterState."""

    letter: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How a ledger tells that nobody else has served its spreadsheet since it last did.

    With each run that writes another mark is put on the spreadsheet. A copy of the ledger, or a backup of it, knows an
    older one.
    """

    marks: tuple[str, ...] = ()
    """What may stand there: the mark last read, and the one last written or about to be."""
    took_over: datetime | None = None
    """When it took the spreadsheet over from another; None once it was settled what that may have sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerState:
    """Everything the ledger knows, read once at the start of a run."""

    matches: Mapping[str, Match] = field(default_factory=dict)
    superseded: Mapping[str, str] = field(default_factory=dict)
    """Old match id -> the id that asks again (or "" when nothing does), for proposals out of date."""
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    """Match id -> why it could be no longer. It stays so: what fits again is another match, whose row asks again."""
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    """The last decision recorded for each match."""
    letters: Mapping[str, LetterRecord] = field(default_factory=dict)
    meetings: Mapping[str, datetime] = field(default_factory=dict)
    """Pair key -> when it was last claimed or introduced (open claims and sent ones alike)."""
    judgements: tuple[Judgement, ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict)
    """Spelling key -> organisation id."""
    left_alone: Mapping[str, date] = field(default_factory=dict)
    """Organisation id -> until when it asked to be left alone, as the spreadsheet said at the last run."""
    entries: tuple[KnownEntry, ...] = ()
    problems: frozenset[str] = frozenset()
    """Keys of problems already reported."""
    erased: frozenset[str] = frozenset()
    """Keyed hashes of erased addresses."""
    last_run: RunRecord | None = None
    last_acted: datetime | None = None
    """When a run last wrote down what it decided: no brake stood then."""
    last_digest: date | None = None
    sent_today: int = 0
    form_columns: frozenset[str] = frozenset()
    """Keys of the form's questions that the responses tab had a column for at the last run."""
    instance: str = ""
    """Which ledger this is: a spreadsheet is served by one at a time."""
    serving: Serving = field(default_factory=Serving)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What one run did, for `status`."""

    started: datetime
    finished: datetime | None = None
    exit_code: int | None = None
    summary: str = ""
    responses: int = 0
    idle_on: str = ""
    """The fingerprint of what was read, where there was nothing to do; empty: there was something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerChanges:
    """What a plan wants remembered, written in one transaction. All parts may be empty."""

    at: datetime
    matches: tuple[Match, ...] = ()
    superseded: Mapping[str, str] = field(default_factory=dict)
    matches_withdrawn: Mapping[str, str] = field(default_factory=dict)
    """Match id -> why it can be no longer; what is known of earlier stays."""
    decisions: tuple[Decision, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict)
    organisation_events: tuple[tuple[str, str], ...] = ()
    """(organisation id, sentence): new, grew, merged, split."""
    left_alone: Mapping[str, date] | None = None
    """All days until which an organisation wants to be left alone (None: leave as they are)."""
    entries: tuple[KnownEntry, ...] = ()
    problems: frozenset[str] | None = None
    """The keys of all problems standing now (None: leave as they are)."""
    letters: tuple[Letter, ...] = ()
    """Letters to queue; one that exists already is left alone (its frozen bytes win)."""
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    """Letter id -> why a queued or held letter is taken back."""
    settled: Mapping[str, bool] = field(default_factory=dict)
    """Unsure letter id -> was it sent, as a person said."""
    reopened: tuple[str, ...] = ()
    """Pair keys a person has opened again."""
    serving: Serving | None = None
    """From now on (None: as before)."""
    form_columns: frozenset[str] | None = None
    """The form's questions found in the responses tab (None: leave as they are)."""


class Ledger(Protocol):
    """What was judged, decided and sent. Each method that writes is one explicit transaction."""

    def load(self, now: datetime) -> LedgerState:
        """Everything, as one value."""

    def record(self, changes: LedgerChanges) -> None:
        """Remember a plan's facts."""

    def recover(self, now: datetime) -> tuple[str, ...]:
        """First step of a run, with the run lock held: tidy up after one that died.

        Letters found CLAIMED are queued again; those found COMMITTING become UNSURE, and their ids are returned.
        """

    def letter(self, letter: str) -> Letter | None:
        """A letter with its frozen bytes, to be sent exactly so."""

    def claim(self, letter: str, now: datetime) -> Claim | str:
        """Take a queued letter for sending, or say in one sentence why not (already met, not queued)."""

    def mark_committing(self, claim: Claim, now: datetime) -> None:
        """Durable before the final dot leaves: from here on only evidence or a person can tell."""

    def mark_sent(self, letter: str, now: datetime, detail: str) -> None:
        """The server took responsibility (or evidence says so)."""

    def mark_unsure(self, letter: str, now: datetime, detail: str) -> None:
        """Nobody knows; evidence or a person settles it."""

    def mark_held(self, letter: str, now: datetime, detail: str) -> None:
        """A refusal for good: a person must look. Frees the pair."""

    def requeue(self, letter: str, now: datetime, detail: str, *, not_before: datetime | None) -> None:
        """Certainly not sent; try again later with the same bytes."""

    def note_search(self, letter: str, now: datetime) -> timedelta:
        """Evidence for an unsure letter was looked for in vain; returns how long ago that happened first."""

    def note_bounce(self, letter: str, recipient: str, detail: str, now: datetime) -> None:
        """A bounce matched by id."""

    def adopt(self, record: LetterRecord, meeting_keys: Sequence[str]) -> None:
        """Rebuild after a lost disk: take over from the sheet that a letter was sent (or that nobody knows)."""

    def start_run(self, now: datetime) -> int:
        """Note that a run began; returns its number."""

    def finish_run(self, number: int, record: RunRecord) -> None:
        """Note how it ended."""

    def history(self, identifier: str) -> Sequence[tuple[datetime, str]]:
        """What happened to a match, letter or organisation, oldest first."""


class Outcome(StrEnum):
    """What became of one delivery, classified by stage, never by exception class."""

    SENT = "sent"
    TRY_AGAIN = "try again"
    """Certainly not accepted; a later try may work."""
    REFUSED = "refused"
    """Certainly not accepted, for good."""
    UNCLEAR = "unclear"
    """The final dot may have left and no clear reply came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The result of one delivery: outcome and the server's words, shortened to one line."""

    outcome: Outcome
    detail: str


class BeforeDot(Protocol):
    """Called immediately before the final dot; must be durable when it returns."""

    def __call__(self) -> None: ...


class Mailer(Protocol):
    """One connection to the mail server for several letters."""

    def session(self) -> AbstractContextManager[MailSession]:
        """Connect and log in. Raises TryLater, AccessRefused or ConfigurationError before any claim."""


class MailSession(Protocol):
    """An open connection."""

    def deliver(self, letter: Letter, before_dot: BeforeDot) -> Delivery:
        """MAIL, every RCPT, DATA, body, marker, dot, reply. Any refusal resets before DATA."""


class Evidence(Protocol):
    """The mailbox in which sent letters and bounces show up."""

    def was_sent(self, message_ids: Sequence[str]) -> Mapping[str, bool]:
        """For each Message-ID: found in Sent or journal?"""

    def bounces(self, message_ids: Mapping[str, LetterKind]) -> Iterator[tuple[str, str, str]]:
        """(message id, recipient, reason) of bounces matched by id; anything else is ignored."""


class Clock(Protocol):
    """The time, with time zone."""

    def __call__(self) -> datetime: ...
