"""The ledger: what was judged, decided and sent, and the truth about all three.

Every method that writes is one explicit transaction, durable when the method returns. `open_ledger` is the way in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection, Engine, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from pipeline.adapters.ledger import schema
from pipeline.adapters.ledger.codec import to_json
from pipeline.adapters.ledger.migrations import MIGRATIONS
from pipeline.adapters.ledger.record import (
    free_meetings,
    known,
    letter_row,
    move,
    note,
    record_changes,
    retire_meetings,
    take_meetings,
)
from pipeline.adapters.ledger.state import load_letter, load_state
from pipeline.adapters.ledger.store import Store, open_database
from pipeline.adapters.ledger.words import met_in_words, not_claimable, one_line
from pipeline.errors import TryLater
from pipeline.model import (
    Letter,
    LetterRecord,
    LetterState,
)
from pipeline.ports import Claim, LedgerChanges, LedgerState, RunRecord


def open_ledger(
    url: str,
    secret: bytes,
    *,
    round_months: int = 12,
    read_only: bool = False,
    migrations: Sequence[schema.Migration] = MIGRATIONS,
) -> SqlLedger:
    """Open the ledger, making it on first use and migrating an older one (a copy is kept).

    With `read_only` nothing is written: an absent ledger is taken for an empty one and stays absent.
    Raises LedgerDamaged, ConfigurationError or TryLater.
    """
    engine, place = open_database(url, secret, read_only=read_only, migrations=migrations)
    return SqlLedger(engine, secret, place=place, round_months=round_months)


class SqlLedger(Store):
    """The ledger in a database (`ports.Ledger`).

    `round_months`: how long the same organisations are not introduced again.
    """

    def __init__(self, engine: Engine, secret: bytes, *, place: str, round_months: int = 12) -> None:
        super().__init__(engine, secret, place=place)
        self._round_months = round_months

    # -- reading ---------------------------------------------------------------------------------------

    def load(self, now: datetime) -> LedgerState:
        """Everything, as one value. Letters that have left come without their bytes."""
        with self.reading() as connection:
            return load_state(connection, now)

    def letter(self, letter: str) -> Letter | None:
        """A letter with its frozen bytes, to be sent exactly so; None when it is unknown or its bytes are gone."""
        with self.reading() as connection:
            return load_letter(connection, letter)

    def history(self, identifier: str) -> Sequence[tuple[datetime, str]]:
        """What happened to a match (its letters included), letter or organisation, oldest first."""
        table = schema.history
        with self.reading() as connection:
            rows = connection.execute(
                select(table.c.at, table.c.about, table.c.event)
                .where(or_(table.c.about == identifier, table.c.match == identifier))
                .order_by(table.c.number)
            )
            return [(row.at, row.event if row.about == identifier else f"{row.about}: {row.event}") for row in rows]

    # -- facts -----------------------------------------------------------------------------------------

    def record(self, changes: LedgerChanges) -> None:
        """Remember a plan's facts, all or none."""
        with self.writing() as connection:
            record_changes(connection, changes, self.hashed)

    # -- one letter on its way -------------------------------------------------------------------------

    def recover(self, now: datetime) -> tuple[str, ...]:
        """Tidy up after a run that died. To be called with the run lock held, before anything is planned.

        Claimed letters certainly did not leave and are queued again; those at their final dot become unsure.
        Returns the ids of the latter.
        """
        with self.writing() as connection:
            table = schema.letter
            found = connection.execute(
                select(table.c.id, table.c.state).where(
                    table.c.state.in_((LetterState.CLAIMED, LetterState.COMMITTING))
                )
            ).all()
            for row in found:
                if row.state == LetterState.CLAIMED:
                    _back_to_queue(connection, row.id, now, "the run ended before the letter left", None)
                else:
                    detail = "the run ended just as the letter left, and nobody knows whether it did"
                    move(connection, row.id, now, LetterState.UNSURE, detail, allowed=(LetterState.COMMITTING,))
            return tuple(row.id for row in found if row.state == LetterState.COMMITTING)

    def claim(self, letter: str, now: datetime) -> Claim | str:
        """Take a queued letter for sending, or say in one sentence why not."""
        keys: list[str] = []
        try:
            with self.writing() as connection:
                row = connection.execute(select(schema.letter).where(schema.letter.c.id == letter)).first()
                refusal = not_claimable(row, letter, now)
                if refusal or row is None:
                    return refusal
                keys = json.loads(row.meeting_keys)
                before = now - relativedelta(months=self._round_months)
                retire_meetings(connection, keys, now, "the round is over", before=before)
                take_meetings(connection, letter, keys, now)
                attempt = row.attempts + 1
                if not move(
                    connection, letter, now, LetterState.CLAIMED, "", allowed=(LetterState.QUEUED,), attempts=attempt
                ):
                    raise TryLater(f"{letter} was taken by another process.", hint="Nothing was sent twice.")
                return Claim(letter=letter, attempt=attempt)
        except IntegrityError:
            return self._already_met(keys)

    def _already_met(self, keys: Sequence[str]) -> str:
        with self.reading() as connection:
            at = connection.scalar(select(func.min(schema.meeting.c.at)).where(schema.meeting.c.key.in_(keys)))
        return met_in_words(at)

    def mark_committing(self, claim: Claim, now: datetime) -> None:
        """Durable before the final dot leaves. Raises TryLater when the claim is no longer ours: do not send."""
        table = schema.letter
        with self.writing() as connection:
            taken = connection.execute(
                update(table)
                .where(
                    table.c.id == claim.letter,
                    table.c.state == LetterState.CLAIMED,
                    table.c.attempts == claim.attempt,
                )
                .values(state=LetterState.COMMITTING, since=now, left_at=now)
            )
            if taken.rowcount != 1:
                raise TryLater(
                    f"{claim.letter} is no longer claimed by this run.", hint="Another run has it; nothing was sent."
                )

    def mark_sent(self, letter: str, now: datetime, detail: str) -> None:
        """The server took responsibility (or evidence says so). The pair is taken from now on, whatever was before."""
        with self.writing() as connection:
            if not move(connection, letter, now, LetterState.SENT, detail, allowed=_all_but(LetterState.SENT)):
                return
            table = schema.letter
            row = connection.execute(select(table.c.meeting_keys, table.c.left_at).where(table.c.id == letter)).one()
            if row.left_at is None:
                connection.execute(update(table).where(table.c.id == letter).values(left_at=now))
            keys = json.loads(row.meeting_keys)
            taken = known(connection, schema.meeting.c.key, keys)
            take_meetings(connection, letter, [key for key in keys if key not in taken], now)

    def mark_unsure(self, letter: str, now: datetime, detail: str) -> None:
        """Nobody knows; evidence or a person settles it. The pair stays taken."""
        allowed = (LetterState.CLAIMED, LetterState.COMMITTING)
        with self.writing() as connection:
            move(connection, letter, now, LetterState.UNSURE, detail, allowed=allowed)

    def mark_held(self, letter: str, now: datetime, detail: str) -> None:
        """A refusal for good: a person must look. Frees the pair."""
        allowed = (LetterState.QUEUED, LetterState.CLAIMED, LetterState.COMMITTING, LetterState.UNSURE)
        with self.writing() as connection:
            if move(connection, letter, now, LetterState.HELD, detail, allowed=allowed, left_at=None):
                free_meetings(connection, letter, now, detail)

    def requeue(self, letter: str, now: datetime, detail: str, *, not_before: datetime | None) -> None:
        """Certainly not sent; try again later with the same bytes. Frees the pair until then."""
        with self.writing() as connection:
            _back_to_queue(connection, letter, now, detail, not_before)

    def note_search(self, letter: str, now: datetime) -> timedelta:
        """Evidence was looked for in vain; returns how long ago that happened first since the letter is unsure."""
        table = schema.letter
        with self.writing() as connection:
            first: datetime | None = connection.scalar(select(table.c.searched_at).where(table.c.id == letter))
            if first is None:
                connection.execute(update(table).where(table.c.id == letter).values(searched_at=now))
                return timedelta(0)
            return now - first

    def note_bounce(self, letter: str, recipient: str, detail: str, now: datetime) -> None:
        """A bounce matched by id; seen again it changes nothing."""
        table = schema.bounce
        recipient = one_line(recipient, 320)
        with self.writing() as connection:
            where = (table.c.letter == letter, table.c.recipient == recipient)
            if connection.scalar(select(func.count()).select_from(table).where(*where)):
                return
            row = {"letter": letter, "recipient": recipient, "reason": one_line(detail), "at": now}
            connection.execute(insert(table), row)
            about = connection.scalar(select(schema.letter.c.match).where(schema.letter.c.id == letter))
            note(connection, now, letter, f"bounced for {recipient}: {detail}", about)

    def adopt(self, record: LetterRecord, meeting_keys: Sequence[str]) -> None:
        """Take over from the sheet what a lost ledger knew: that a letter was sent (or that nobody knows).

        A letter the ledger has in the same or a surer state is left alone.
        """
        settled = (LetterState.SENT, LetterState.UNSURE) if record.state is LetterState.UNSURE else (LetterState.SENT,)
        table = schema.letter
        with self.writing() as connection:
            state = connection.scalar(select(table.c.state).where(table.c.id == record.id))
            if state in settled:
                return
            if state is None:
                letter = Letter(
                    id=record.id,
                    kind=record.kind,
                    match=record.match,
                    message_id=record.message_id,
                    envelope=record.envelope,
                    content=record.content or b"",
                    subject="",
                    meeting_keys=tuple(meeting_keys),
                )
                connection.execute(insert(table), {**letter_row(letter, record.since), "content": record.content})
            allowed = _all_but(*settled)
            detail = record.detail or "taken over from the sheet"
            move(connection, record.id, record.since, record.state, detail, allowed=allowed, left_at=record.since)
            taken = known(connection, schema.meeting.c.key, meeting_keys)
            take_meetings(connection, record.id, [key for key in meeting_keys if key not in taken], record.since)

    # -- runs ------------------------------------------------------------------------------------------

    def start_run(self, now: datetime) -> int:
        """Note that a run began; returns its number."""
        with self.writing() as connection:
            added = connection.execute(insert(schema.run), {"started": now, "document": None}).inserted_primary_key
            return int(added[0]) if added else 0

    def finish_run(self, number: int, record: RunRecord) -> None:
        """Note how it ended."""
        with self.writing() as connection:
            connection.execute(update(schema.run).where(schema.run.c.number == number).values(document=to_json(record)))


def _all_but(*states: LetterState) -> tuple[LetterState, ...]:
    return tuple(state for state in LetterState if state not in states)


def _back_to_queue(
    connection: Connection, letter: str, now: datetime, detail: str, not_before: datetime | None
) -> None:
    allowed = (LetterState.CLAIMED, LetterState.COMMITTING, LetterState.UNSURE)
    more = {"not_before": not_before, "left_at": None}
    if move(connection, letter, now, LetterState.QUEUED, detail, allowed=allowed, **more):
        free_meetings(connection, letter, now, detail)
