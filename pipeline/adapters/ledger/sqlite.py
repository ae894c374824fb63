"""What is particular to SQLite: how the file comes to be, how it is opened, what its errors mean.

Journal mode DELETE with `synchronous=EXTRA` (FULL, and in addition the folder is synced after the journal is
removed, without which a power cut can take back the last commit in this mode). WAL would need fewer syncs, but
keeps the newest commits in a second file that backups forget; at twenty letters a run the one whole file wins.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from pipeline.adapters.ledger.schema import WAY_BACK, lacks
from pipeline.adapters.secrets import sync_folder
from pipeline.errors import ConfigurationError, LedgerDamaged, MatchmakerError, TryLater

BUSY_SECONDS = 10
READS = "matchmaker_reads"
"""Execution option of a transaction that only reads."""

MISSING = re.compile(r"no such (?:table|column)|has no column")
MISSING_IN_POSTGRESQL = frozenset({"42P01", "42703"})
"""undefined_table, undefined_column (appendix A of PostgreSQL's manual)."""

PRAGMAS = (
    "PRAGMA journal_mode=DELETE",
    "PRAGMA synchronous=EXTRA",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # what is erased is overwritten in the file, too
    "PRAGMA cell_size_check=ON",
    "PRAGMA trusted_schema=OFF",
)


def engine_for(url: URL, *, read_only: bool) -> Engine:
    """An engine whose connections are durable and whose writing transactions exclude one another from the start."""
    in_memory = url.database in (None, "", ":memory:")
    options: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {}
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **options)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late, and is deferred
        for pragma in PRAGMAS:
            connection.execute(pragma)
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = read_only or connection.get_execution_options().get(READS)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def create_file(path: Path, fill: Callable[[Connection], None]) -> None:
    """Make a ledger that is complete and private before it can be seen under its name.

    So an empty or half-made file under that name is damage, never a beginning. A ledger that
    another process made in the meantime stays.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            engine = engine_for(URL.create("sqlite", database=name), read_only=False)
            try:
                with engine.begin() as connection:
                    fill(connection)
            finally:
                engine.dispose()
            # Unlike a rename, a link does not replace what another process made in the meantime.
            with contextlib.suppress(FileExistsError):
                os.link(name, path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
    except DBAPIError as error:
        raise in_words(error, str(path)) from error
    except OSError as error:
        raise ConfigurationError(
            f"The ledger {path} cannot be made: {error.strerror}.",
            hint="Check ledger.url and the folder's permissions.",
        ) from None


def check_file(path: Path, *, read_only: bool) -> None:
    """Refuse a file that is no whole SQLite database, and make sure it is private. Raises LedgerDamaged."""
    try:
        if path.stat().st_size == 0:
            raise LedgerDamaged(f"The ledger {path} is damaged: it is empty.", hint=WAY_BACK)
        if not read_only and path.stat().st_mode & 0o077:
            path.chmod(0o600)
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)) as file:
            found = file.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise _named(error, str(path)) from error
    except OSError as error:
        raise ConfigurationError(
            f"The ledger {path} cannot be opened: {error.strerror}.", hint="Check its owner and permissions."
        ) from None
    if found != "ok":
        raise LedgerDamaged(f"The ledger {path} is damaged ({' '.join(found.split())[:120]}).", hint=WAY_BACK)


def copy_file(path: Path, version: int) -> Path:
    """A private, durable copy beside the ledger, made before a migration."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    copy = path.with_name(f"{path.name}.version{version}-{stamp}")
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            target.execute("PRAGMA synchronous=EXTRA")
            source.backup(target)
        sync_folder(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise TryLater(
            f"The ledger {path} could not be copied before its migration: {error}.",
            hint="Make room; nothing was changed.",
        ) from None
    return copy


def in_words(error: DBAPIError, place: str) -> MatchmakerError:
    """What a database error means for whoever runs this."""
    if isinstance(error.orig, sqlite3.Error):
        return _named(error.orig, place)
    if getattr(error.orig, "sqlstate", "") in MISSING_IN_POSTGRESQL:
        return lacks(place, f"something ({str(error.orig).splitlines()[0]})")
    return TryLater(
        f"The ledger at {place} did not answer as it should: {type(error.orig).__name__}.",
        hint="Check the database server; the next run tries again.",
    )


def _named(error: sqlite3.Error, place: str) -> MatchmakerError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return TryLater(f"The ledger {place} is in use by another process.", hint="The next run tries again.")
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM")):
        return TryLater(f"The ledger {place} cannot be written: {error}.", hint="Make room on the disk and check it.")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return ConfigurationError(
            f"The ledger {place} cannot be opened for writing: {error}.",
            hint="Check the owner and permissions of the file and its folder.",
        )
    if MISSING.search(str(error)):
        return lacks(place, f"something ({error})")
    return LedgerDamaged(f"The ledger {place} is damaged ({error}).", hint=WAY_BACK)
