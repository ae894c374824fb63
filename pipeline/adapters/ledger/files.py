"""The ledger as a file of JSON lines: to keep elsewhere, and to come back from.

First line: what this is, of which version, made when, with which secret. Then one line for each row. Last line: how
many lines there were and their SHA-256, so that half a file is noticed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from pipeline.adapters.ledger import schema
from pipeline.adapters.ledger.codec import CodecError, to_json
from pipeline.adapters.ledger.ledger import SqlLedger
from pipeline.adapters.ledger.record import CHUNK, SERVING, move, replace
from pipeline.adapters.secrets import sync_folder
from pipeline.errors import ConfigurationError, TryLater, UsageError
from pipeline.model import LetterState

KIND = "mobility-matchmaker ledger"
TABLES = tuple(table for table in schema.metadata.sorted_tables if table is not schema.meta)
BY_NAME: Mapping[str, Table] = {table.name: table for table in TABLES}
SERIAL = {schema.history, schema.past_meeting, schema.run}
"""Tables whose number the database gives; order is kept, numbers are given anew."""


def export_ledger(ledger: SqlLedger, path: Path) -> int:
    """Write everything into a private file, whole or not at all; returns the number of rows.

    Raises TryLater when the file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        count = 0
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as file, ledger.reading() as connection:
            for line in _lines(connection):
                digest.update(line)
                file.write(line)
                count += 1
            file.write(_line({"end": count, "sha256": digest.hexdigest()}))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        Path(name).unlink(missing_ok=True)
    return count - 1


def _unwritable(path: Path, error: OSError) -> TryLater:
    return TryLater(f"{path} cannot be written: {error.strerror}.", hint="Check the folder and the room on the disk.")


def _lines(connection: Connection) -> Iterator[bytes]:
    meta = {row.key: row.value for row in connection.execute(select(schema.meta))}
    yield _line({"kind": KIND, **meta, "at": datetime.now(UTC)})
    for table in TABLES:
        for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings():
            values = {key: value for key, value in row.items() if table not in SERIAL or key != "number"}
            yield _line({"table": table.name, "row": values})


def _line(value: Mapping[str, Any]) -> bytes:
    return to_json(value).encode() + b"\n"


def import_ledger(ledger: SqlLedger, path: Path) -> int:
    """Read an export into an empty ledger, whole or not at all; returns the number of rows.

    Letters that were still to leave when the export was made may have left since: they come back unsure, so that
    evidence or a person decides. Raises UsageError for a file that is not a whole export of this version,
    ConfigurationError when it was made with another secret.
    """
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", hint="Check the path.") from None
    made = _check(lines, path, ledger)
    with ledger.writing() as connection:
        version = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "version"))
        if made.get("version") != version:
            raise UsageError(
                f"{path} is an export of version {made.get('version')}; this ledger is of version {version}.",
                hint="Import it with the program that wrote it, then let this one bring the ledger up to date.",
            )
        for table in TABLES:
            if table is not schema.run and connection.scalar(select(func.count()).select_from(table)):
                raise UsageError(
                    f"The ledger at {ledger.place} is not empty.", hint="Move it aside first; nothing was changed."
                )
        _insert(connection, lines[1:-1], path)
        if made.get("instance"):
            # The same ledger on another disk: the spreadsheet knows it by this.
            instance = update(schema.meta).where(schema.meta.c.key == "instance")
            connection.execute(instance.values(value=str(made["instance"])[:64]))
            # And an older export by what it was marked with since.
            replace(connection, schema.meta, [{"key": SERVING, "value": str(made.get(SERVING, "{}"))}])
        _doubt_what_was_waiting(connection, str(made.get("at", "")))
    return len(lines) - 2


def _check(lines: list[bytes], path: Path, ledger: SqlLedger) -> Mapping[str, Any]:
    broken = UsageError(f"{path} is not a whole export of a ledger.", hint="Use another copy; nothing was changed.")
    if len(lines) < 2:
        raise broken
    try:
        first, last = json.loads(lines[0]), json.loads(lines[-1])
    except ValueError:
        raise broken from None
    whole = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    if not isinstance(first, dict) or first.get("kind") != KIND:
        raise broken
    if not isinstance(last, dict) or last.get("sha256") != whole or last.get("end") != len(lines) - 1:
        raise broken
    if not ledger.fits_secret(str(first.get("key_check"))):
        raise ConfigurationError(
            f"{path} was made with another ledger.secret_file.",
            hint="Restore that secret first: without it erased people would come back.",
        )
    return first


def _insert(connection: Connection, lines: list[bytes], path: Path) -> None:
    waiting: list[dict[str, Any]] = []
    current: Table | None = None
    for line in lines:
        try:
            data = json.loads(line)
            table = BY_NAME[data["table"]]
            row = {key: _value(table, key, value) for key, value in data["row"].items()}
        except (KeyError, TypeError, ValueError, AttributeError):
            raise UsageError(f"{path} has a line that is no row.", hint="Use another copy.") from None
        if waiting and current is not None and (table is not current or len(waiting) >= CHUNK):
            connection.execute(insert(current), waiting)
            waiting = []
        current = table
        waiting.append(row)
    if waiting and current is not None:
        connection.execute(insert(current), waiting)


def _value(table: Table, name: str, value: Any) -> Any:
    if value is None:
        return None
    kind = table.c[name].type.python_type if not isinstance(table.c[name].type, schema.Instant) else datetime
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    if kind is bytes:
        return base64.b64decode(value, validate=True)
    if not isinstance(value, kind):
        raise CodecError(f"{value!r:.80} is no {kind.__name__}")
    return value


def _doubt_what_was_waiting(connection: Connection, made: str) -> None:
    table = schema.letter
    doubtful = (LetterState.QUEUED, LetterState.CLAIMED, LetterState.COMMITTING)
    now = datetime.now(UTC)
    detail = f"it was waiting when the ledger was exported ({made[:16]}), and may have left since"
    for letter in connection.scalars(select(table.c.id).where(table.c.state.in_(doubtful))).all():
        move(connection, letter, now, LetterState.UNSURE, detail, allowed=doubtful)
