"""The ledger as one value: reading it whole, in a few queries."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import UTC, date, datetime

from sqlalchemy import Connection, func, select

from pipeline.adapters.ledger import schema
from pipeline.adapters.ledger.codec import CodecError, from_json
from pipeline.adapters.ledger.record import ACTED, SERVING
from pipeline.model import (
    Decision,
    Envelope,
    Judgement,
    KnownEntry,
    Letter,
    LetterKind,
    LetterRecord,
    LetterState,
    Match,
)
from pipeline.ports import LedgerState, RunRecord, Serving

MAY_HAVE_LEFT = (LetterState.COMMITTING, LetterState.SENT, LetterState.UNSURE)
STILL_TO_LEAVE = (LetterState.QUEUED, LetterState.CLAIMED, LetterState.HELD)


def load_state(connection: Connection, now: datetime) -> LedgerState:
    """Everything, as one value. Letters that have left come without their bytes. Raises CodecError for damage."""
    matches = connection.execute(select(schema.match)).all()
    letters = _letters(connection)
    return LedgerState(
        matches={row.id: from_json(row.document, Match) for row in matches if row.document is not None},
        superseded={row.id: row.superseded_by for row in matches if row.superseded_by is not None},
        withdrawn={row.id: row.withdrawn for row in matches if row.withdrawn is not None},
        decisions={row.match: from_json(row.document, Decision) for row in connection.execute(select(schema.decision))},
        letters=letters,
        meetings={row.key: row.at for row in connection.execute(select(schema.meeting))},
        judgements=tuple(
            from_json(text, Judgement)
            for text in connection.scalars(
                select(schema.judgement.c.document).order_by(schema.judgement.c.left, schema.judgement.c.right)
            )
        ),
        spellings={row.key: row.organisation for row in connection.execute(select(schema.spelling))},
        left_alone={row.organisation: row.until for row in connection.execute(select(schema.left_alone))},
        entries=tuple(
            from_json(text, KnownEntry)
            for text in connection.scalars(select(schema.entry.c.document).order_by(schema.entry.c.id))
        ),
        problems=frozenset(connection.scalars(select(schema.problem.c.key))),
        erased=frozenset(connection.scalars(select(schema.erased.c.hash))),
        last_run=_last_run(connection),
        last_acted=datetime.fromisoformat(acted) if (acted := _meta(connection, ACTED)) else None,
        last_digest=_last_digest(letters),
        sent_today=_left_since(connection, _midnight(now)),
        form_columns=frozenset((_meta(connection, "questions") or "").split()),
        instance=_meta(connection, "instance") or "",
        serving=from_json(_meta(connection, SERVING) or "{}", Serving),
    )


def _meta(connection: Connection, key: str) -> str | None:
    return connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == key))


def load_letter(connection: Connection, letter: str) -> Letter | None:
    """A letter with its frozen bytes, or None. Raises CodecError when the bytes are not those that were queued."""
    row = connection.execute(select(schema.letter).where(schema.letter.c.id == letter)).first()
    if row is None or row.content is None:
        return None
    if hashlib.sha256(row.content).hexdigest() != row.content_hash:
        raise CodecError(f"the bytes of {letter} are not those that were queued")
    return Letter(
        id=row.id,
        kind=LetterKind(row.kind),
        match=row.match,
        message_id=row.message_id,
        envelope=from_json(row.envelope, Envelope),
        content=row.content,
        subject=row.subject,
        meeting_keys=tuple(json.loads(row.meeting_keys)),
    )


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _letters(connection: Connection) -> dict[str, LetterRecord]:
    table = schema.letter
    bounced: dict[str, dict[str, str]] = defaultdict(dict)
    for row in connection.execute(select(schema.bounce)):
        bounced[row.letter][row.recipient] = row.reason
    waiting = select(table.c.id, table.c.content, table.c.content_hash).where(table.c.state.in_(STILL_TO_LEAVE))
    contents: dict[str, bytes] = {}
    for row in connection.execute(waiting):
        if row.content is not None and hashlib.sha256(row.content).hexdigest() != row.content_hash:
            raise CodecError(f"the bytes of {row.id} are not those that were queued")
        contents[row.id] = row.content
    columns = [column for column in table.c if column.name not in {"content", "content_hash", "meeting_keys"}]
    return {
        row.id: LetterRecord(
            id=row.id,
            kind=LetterKind(row.kind),
            match=row.match,
            state=LetterState(row.state),
            message_id=row.message_id,
            envelope=from_json(row.envelope, Envelope),
            content=contents.get(row.id),
            since=row.since,
            attempts=row.attempts,
            not_before=row.not_before,
            detail=row.detail,
            bounced=bounced.get(row.id, {}),
        )
        for row in connection.execute(select(*columns).order_by(table.c.since, table.c.id))
    }


def _last_run(connection: Connection) -> RunRecord | None:
    table = schema.run
    text = connection.scalar(
        select(table.c.document).where(table.c.document.is_not(None)).order_by(table.c.number.desc()).limit(1)
    )
    return None if text is None else from_json(text, RunRecord)


def _last_digest(letters: dict[str, LetterRecord]) -> date | None:
    days = [
        letter.since.date()
        for letter in letters.values()
        if letter.kind is LetterKind.DIGEST and letter.state in MAY_HAVE_LEFT
    ]
    return max(days, default=None)


def _left_since(connection: Connection, since: datetime) -> int:
    table = schema.letter
    counted = connection.scalar(
        select(func.count()).select_from(table).where(table.c.left_at >= since, table.c.state.in_(MAY_HAVE_LEFT))
    )
    return int(counted or 0)
