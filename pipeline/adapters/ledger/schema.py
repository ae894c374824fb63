"""The ledger's tables, and whether a database holds them whole and in the version of this program.

Portable SQL only; what is particular to SQLite is in `sqlite`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from pipeline.errors import LedgerDamaged

Migration = Callable[[Connection], None]

WAY_BACK = (
    "Keep it. Restore the last backup of the state folder; or move the ledger aside and read an export with "
    "`matchmaker ledger import FILE`, or, without one, take over what the sheet knows with `matchmaker ledger rebuild`."
)


class Instant(TypeDecorator[datetime]):
    """A moment as ISO 8601 text in UTC: the same in every database, sortable, and legible to people."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone has no place in the ledger")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


metadata = MetaData()

meta = Table("meta", metadata, Column("key", String(40), primary_key=True), Column("value", Text, nullable=False))

match = Table(
    "match",
    metadata,
    Column("id", String(80), primary_key=True),
    # None once erased or purged: the id stays, so that nothing is proposed as new that was decided before.
    Column("document", Text),
    Column("superseded_by", String(80)),
    # Why it could be no longer; such a match does not come back.
    Column("withdrawn", Text),
    Column("at", Instant, nullable=False),
)

decision = Table(
    "decision",
    metadata,
    Column("match", String(80), primary_key=True),
    Column("document", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

letter = Table(
    "letter",
    metadata,
    Column("id", String(160), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("match", String(80)),
    Column("state", String(20), nullable=False),
    Column("message_id", String(320), nullable=False),
    Column("envelope", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("content", LargeBinary),
    Column("content_hash", String(64), nullable=False),
    Column("meeting_keys", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", Instant),
    # When the final dot was about to leave the last time: what the daily limit counts.
    Column("left_at", Instant),
    # When evidence was first looked for in vain while it was unsure.
    Column("searched_at", Instant),
    Column("detail", Text, nullable=False, default=""),
    UniqueConstraint("message_id"),
)

bounce = Table(
    "bounce",
    metadata,
    Column("letter", String(160), primary_key=True),
    Column("recipient", String(320), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

meeting = Table(
    "meeting",
    metadata,
    Column("key", String(320), primary_key=True),
    Column("letter", String(160), nullable=False, index=True),
    Column("at", Instant, nullable=False),
)

past_meeting = Table(
    "past_meeting",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", String(320), nullable=False),
    Column("letter", String(160), nullable=False),
    Column("at", Instant, nullable=False),
    Column("retired_at", Instant, nullable=False),
    Column("why", Text, nullable=False),
)

judgement = Table(
    "judgement",
    metadata,
    Column("left", Text, primary_key=True),
    Column("right", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

spelling = Table(
    "spelling",
    metadata,
    Column("key", Text, primary_key=True),
    Column("organisation", String(80), nullable=False),
)

left_alone = Table(
    "left_alone",
    metadata,
    Column("organisation", String(80), primary_key=True),
    Column("until", Date, nullable=False),
)

entry = Table(
    "entry",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("address", String(320), nullable=False),
    Column("document", Text, nullable=False),
    Column("last_confirmed", Date, nullable=False),
)

problem = Table("problem", metadata, Column("key", Text, primary_key=True), Column("since", Instant, nullable=False))

erased = Table("erased", metadata, Column("hash", String(64), primary_key=True), Column("at", Instant, nullable=False))

run = Table(
    "run",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("started", Instant, nullable=False),
    Column("document", Text),
)

history = Table(
    "history",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("about", String(160), nullable=False),
    Column("match", String(80)),
    Column("event", Text, nullable=False),
    Index("history_about", "about"),
    Index("history_match", "match"),
)


def newest_version(migrations: Sequence[Migration]) -> int:
    """The version this program writes."""
    return 1 + len(migrations)


def create(connection: Connection, key_check: str, version: int) -> None:
    """Make all tables in an empty database."""
    metadata.create_all(connection)
    connection.execute(insert(meta), {"key": "version", "value": str(version)})
    connection.execute(insert(meta), {"key": "key_check", "value": key_check})
    connection.execute(insert(meta), {"key": "instance", "value": secrets.token_hex(8)})


def version_of(connection: Connection, place: str, newest: int) -> int | None:
    """The version of the ledger found there, or None when there is nothing at all.

    Raises LedgerDamaged when it is something else, broken, or written by a newer program.
    """
    columns = _columns_found(connection)
    present = columns.keys()
    if not present:
        return None
    text = connection.scalar(select(meta.c.value).where(meta.c.key == "version")) if "meta" in present else None
    if text is None or not str(text).isdigit() or int(text) < 1:
        raise LedgerDamaged(f"The ledger at {place} is damaged: it does not say its version.", hint=WAY_BACK)
    version = int(text)
    if version > newest:
        raise LedgerDamaged(
            f"The ledger at {place} was written by a newer program (version {version}; this one knows {newest}).",
            hint="Install the newer version again. Nothing was changed.",
        )
    if version == newest:
        _check_whole(columns, place)
    return version


def _columns_found(connection: Connection) -> Mapping[str, Collection[str]]:
    found = inspect(connection).get_multi_columns(filter_names=list(metadata.tables))
    return {table: {column["name"] for column in columns} for (_, table), columns in found.items()}


def _check_whole(found: Mapping[str, Collection[str]], place: str) -> None:
    """Raise LedgerDamaged when a table or column of this version is not among those found."""
    missing = [f"the table {name}" for name in metadata.tables if name not in found]
    for name, columns in found.items():
        missing += [f"the column {name}.{one.name}" for one in metadata.tables[name].c if one.name not in columns]
    if missing:
        raise lacks(place, " and ".join(sorted(missing)))


def lacks(place: str, what: str) -> LedgerDamaged:
    """What to tell of a ledger whose content may be whole, but which is not built as its version needs it."""
    return LedgerDamaged(
        f"The ledger at {place} lacks {what}: it was changed by another tool, or put back together by hand.",
        hint=WAY_BACK,
    )


def migrate(connection: Connection, place: str, version: int, migrations: Sequence[Migration]) -> None:
    """Bring an older ledger to the newest version, within the caller's transaction.

    Raises LedgerDamaged when something of that version is missing afterwards.
    """
    for step in migrations[version - 1 :]:
        step(connection)
    newest = str(newest_version(migrations))
    connection.execute(update(meta).where(meta.c.key == "version").values(value=newest))
    _check_whole(_columns_found(connection), place)
