"""The ledger's file: private, durable, and never taken for empty."""

from __future__ import annotations

import resource
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from pipeline.adapters.ledger.ledger import open_ledger
from pipeline.adapters.ledger.migrations import MIGRATIONS
from pipeline.errors import ConfigurationError, LedgerDamaged, TryLater
from pipeline.ports import LedgerChanges

ONE = "introduction:M-1"


def test_the_file_and_its_folder_are_private_whatever_the_umask(make_desk: Any) -> None:
    import os

    old = os.umask(0)
    try:
        desk = make_desk("open")
    finally:
        os.umask(old)
    assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.path.parent.stat().st_mode) == 0o700
    desk.path.chmod(0o644)
    desk.reopen()
    assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600


def test_nothing_but_the_ledger_is_left_in_the_folder(desk: Any) -> None:
    desk.queue(desk.letter(1))
    desk.send(ONE)
    desk.ledger.close()
    assert [path.name for path in desk.path.parent.iterdir()] == ["ledger.db"]


def test_a_commit_is_on_the_disk_when_it_returns(desk: Any) -> None:
    with desk.ledger.reading() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) >= 2
        assert connection.scalar(text("PRAGMA journal_mode")) == "delete"
        assert connection.scalar(text("PRAGMA secure_delete")) == 1


def test_looking_makes_nothing_and_changes_nothing(desk: Any, tmp_path: Path) -> None:
    absent = tmp_path / "absent" / "ledger.db"
    ledger = open_ledger(f"sqlite:///{absent}", b"x" * 32, read_only=True)
    assert ledger.load(desk.now).letters == {}
    assert not absent.parent.exists()

    desk.queue(desk.letter(1))
    before = desk.path.read_bytes()
    looking = desk.open(read_only=True)
    assert set(looking.load(desk.now).letters) == {ONE}
    with pytest.raises((ConfigurationError, TryLater)):
        looking.claim(ONE, desk.now)
    looking.close()
    assert desk.path.read_bytes() == before


def test_looking_works_while_a_run_writes(desk: Any) -> None:
    desk.queue(desk.letter(1))
    looking = desk.open(read_only=True)
    with desk.ledger.writing() as connection:
        connection.execute(text("UPDATE letter SET detail = 'half done'"))
        assert looking.load(desk.now).letters[ONE].detail == ""
    looking.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a database, but long enough to look like one" * 100),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (len(path.read_bytes()) - 4096)),
        lambda path: _other_database(path),
        lambda path: _run(path, "DELETE FROM meta"),
        lambda path: _run(path, "UPDATE meta SET value = '999' WHERE key = 'version'"),
    ],
    ids=["empty", "noise", "cut off", "overwritten", "another", "version gone", "newer"],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_damaged_or_newer_ledger_is_refused_and_left_as_it_is(desk: Any, damage: Any, *, read_only: bool) -> None:
    desk.queue(desk.letter(1))
    desk.ledger.close()
    damage(desk.path)
    before = desk.path.read_bytes()
    with pytest.raises(LedgerDamaged) as caught:
        desk.open(read_only=read_only)
    assert caught.value.hint
    assert desk.path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ("DROP TABLE meeting", "the table meeting"),
        ("ALTER TABLE letter DROP COLUMN searched_at", "the column letter.searched_at"),
        ("ALTER TABLE match RENAME COLUMN document TO text", "the column match.document"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_ledger_that_lacks_something_is_told_so_and_not_called_damaged(
    desk: Any, change: str, lacks: str, *, read_only: bool
) -> None:
    desk.queue(desk.letter(1))
    desk.ledger.close()
    _run(desk.path, change)
    before = desk.path.read_bytes()
    with pytest.raises(LedgerDamaged) as caught:
        desk.open(read_only=read_only)
    assert str(caught.value).startswith(f"The ledger at {desk.path} lacks {lacks}: ")
    assert "Restore the last backup" in caught.value.hint
    assert "damaged" not in str(caught.value)
    assert desk.path.read_bytes() == before


def test_what_an_older_ledger_lacks_for_its_migration_is_told_so_too(desk: Any) -> None:
    desk.ledger.close()
    _run(desk.path, "ALTER TABLE letter RENAME COLUMN subject TO title")
    with pytest.raises(LedgerDamaged, match=r"lacks the column letter\.subject:"):
        desk.open(migrations=(*MIGRATIONS, _wider))
    with pytest.raises(LedgerDamaged, match=r"lacks something \(no such column: subject\):"):
        desk.open(migrations=(*MIGRATIONS, _reads_subjects))


def _run(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def _other_database(path: Path) -> None:
    path.unlink()
    _run(path, "CREATE TABLE cheese (name TEXT)")


def test_a_full_disk_stops_the_claim_and_harms_nothing(desk: Any) -> None:
    desk.queue(desk.letter(1))
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, usual[1]))
        with pytest.raises(TryLater, match="cannot be written"):
            desk.ledger.claim(ONE, desk.now)
        with pytest.raises(TryLater, match="cannot be written"):
            desk.ledger.record(LedgerChanges(at=desk.now, spellings={str(n): "O" * 80 for n in range(500)}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, handler)
    assert desk.state(ONE) == "queued"
    desk.reopen()
    desk.send(ONE)
    assert desk.state(ONE) == "sent"


def test_a_full_disk_after_the_reply_leaves_the_letter_unsure_not_queued(desk: Any) -> None:
    import signal

    desk.queue(desk.letter(1))
    desk.ledger.mark_committing(desk.ledger.claim(ONE, desk.now), desk.now)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, usual[1]))
        with pytest.raises(TryLater):
            desk.ledger.mark_sent(ONE, desk.now, "250")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, handler)
    assert desk.reopen().recover(desk.now) == (ONE,)
    assert desk.state(ONE) == "unsure"


def test_a_ledger_that_is_held_by_another_process_is_tried_later(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.adapters.ledger.sqlite.BUSY_SECONDS", 0.1)
    desk.queue(desk.letter(1))
    other = desk.open()
    with desk.ledger.writing(), pytest.raises(TryLater, match="in use"):
        other.claim(ONE, desk.now)
    other.close()


def _wider(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE letter ADD COLUMN wished_for TEXT"))


def _reads_subjects(connection: Connection) -> None:
    connection.execute(text("SELECT subject FROM letter"))


def _broken(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE letter ADD COLUMN wished_for TEXT"))
    raise RuntimeError("power cut")


def test_an_older_ledger_is_migrated_with_a_copy_kept(desk: Any) -> None:
    desk.queue(desk.letter(1))
    desk.ledger.close()
    migrated = desk.open(migrations=(*MIGRATIONS, _wider))
    assert set(migrated.load(desk.now).letters) == {ONE}
    migrated.close()
    (copy,) = [path for path in desk.path.parent.iterdir() if path != desk.path]
    assert f".version{1 + len(MIGRATIONS)}-" in copy.name
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    old = open_ledger(f"sqlite:///{copy}", desk.secret)
    assert set(old.load(desk.now).letters) == {ONE}
    old.close()
    with pytest.raises(LedgerDamaged, match="newer"):
        desk.open()


def test_a_migration_that_fails_changes_nothing(desk: Any) -> None:
    desk.ledger.close()
    with pytest.raises(RuntimeError):
        desk.open(migrations=(*MIGRATIONS, _broken))
    desk.open().close()
    desk.open(migrations=(*MIGRATIONS, _wider)).close()


def test_looking_at_an_older_ledger_does_not_migrate_it(desk: Any) -> None:
    desk.ledger.close()
    before = desk.path.read_bytes()
    with pytest.raises(ConfigurationError, match="older"):
        desk.open(migrations=(*MIGRATIONS, _wider), read_only=True)
    assert desk.path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match="cannot be made"):
        open_ledger(f"sqlite:///{tmp_path}/file/ledger.db", b"x" * 32)


def test_the_tables_can_follow_to_postgresql() -> None:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateIndex, CreateTable

    from pipeline.adapters.ledger.schema import metadata

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))
