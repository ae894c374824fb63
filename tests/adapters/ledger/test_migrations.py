"""A ledger of an earlier version goes on as if nothing had happened: on SQLite with a copy before, on PostgreSQL too.

`tests/golden/ledger-1.sql` was left by the program of commit 8c23a35 after a story of invented organisations.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, inspect, select, text

from pipeline.adapters.ledger import schema
from pipeline.adapters.ledger.ledger import SqlLedger, open_ledger
from pipeline.adapters.ledger.store import key_check
from pipeline.errors import LedgerDamaged
from pipeline.model import LetterState, Point, PointCode

GOLDEN = Path(__file__).parents[2] / "golden"
SECRET = bytes.fromhex((GOLDEN / "ledger-1.secret").read_text().strip())
NOW = datetime(2026, 3, 18, 9, tzinfo=UTC)

Contents = dict[str, list[dict[str, Any]]]


def golden_file(folder: Path) -> Path:
    """The golden ledger as a file of SQLite."""
    path = folder / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((GOLDEN / "ledger-1.sql").read_text())
    path.chmod(0o600)
    return path


def contents(connection: Connection) -> Contents:
    """Every row of every table that is there, with the columns that are there."""
    found: Contents = {}
    for table in schema.metadata.sorted_tables:
        if inspect(connection).has_table(table.name):
            there = {column["name"] for column in inspect(connection).get_columns(table.name)}
            rows = select(*(column for column in table.c if column.name in there)).order_by(*table.primary_key.columns)
            found[table.name] = [dict(row) for row in connection.execute(rows).mappings()]
    return found


SINCE_VERSION_1 = ("ALTER TABLE match DROP COLUMN withdrawn", "DROP TABLE left_alone")


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Contents, SqlLedger]]:
    """What the golden ledger held, and the ledger after it was opened by this version."""
    source = create_engine(f"sqlite:///{golden_file(tmp_path)}")
    with source.connect() as connection:
        before = contents(connection)
    source.dispose()
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    if request.param == "PostgreSQL":
        url = request.getfixturevalue("postgresql")
        target = create_engine(url)
        with target.begin() as connection:
            schema.metadata.create_all(connection)
            for addition in SINCE_VERSION_1:
                connection.execute(text(addition))
            for table in schema.metadata.sorted_tables:
                if before.get(table.name):
                    connection.execute(insert(table), before[table.name])
        target.dispose()
    ledger = open_ledger(url, SECRET)
    yield before, ledger
    ledger.close()


def test_nothing_but_the_points_has_changed(migrated: tuple[Contents, SqlLedger]) -> None:
    before, ledger = migrated
    with ledger.reading() as connection:
        after = contents(connection)
    for table, rows in before.items():
        if table not in {"match", "meta"}:
            assert after[table] == rows, table
    assert {row["key"]: row["value"] for row in after["meta"]} == {
        **{row["key"]: row["value"] for row in before["meta"]},
        "version": "4",
    }
    assert after["left_alone"] == []
    for old, new in zip(before["match"], after["match"], strict=True):
        assert {**old, "document": None, "withdrawn": None} == {**new, "document": None}
        if old["document"] is None:
            assert new["document"] is None
            continue
        was, now = json.loads(old["document"]), json.loads(new["document"])
        for points in ("fits", "unclear"):
            assert len(was.pop(points)) == len(now.pop(points)), old["id"]
        assert list(was.items()) == list(now.items())


def test_what_was_said_in_english_is_kept_as_codes_with_values(migrated: tuple[Contents, SqlLedger]) -> None:
    _, ledger = migrated
    matches = ledger.load(NOW).matches
    three = matches["M-ZNYKRVYECL"]
    assert three.joining is not None
    assert three.fits == (
        Point(code=PointCode.SHARED_TOPICS, values=("Skills mapping and validation",)),
        Point(code=PointCode.SHARED_FORMATS, values=("Study visit",)),
        Point(code=PointCode.SHARED_LANGUAGES, values=("Spanish",)),
        Point(code=PointCode.DATES_OVERLAP, values=("2026-09-01", "2026-11-27")),
    )
    assert three.unclear == ()
    assert matches["M-WGEVUBTNRE"].unclear == (Point(code=PointCode.GROUP_SIZE, values=("sending",)),)
    assert PointCode.DATES_NOT_NAMED in {point.code for point in matches["M-QTSKKDVEOM"].unclear}
    erased = matches["M-OW7AMDMYI4"]
    assert erased.receiving.organisation == "(erased)"
    assert (erased.fits, erased.unclear) == ((), ())


def test_letters_meetings_and_decisions_stand_where_they_stood(migrated: tuple[Contents, SqlLedger]) -> None:
    before, ledger = migrated
    state = ledger.load(NOW)
    assert {letter: record.state for letter, record in state.letters.items()} == {
        "rehearsal:introduction:M-FU43KCVFKY": LetterState.SENT,
        "introduction:M-FU43KCVFKY": LetterState.SENT,
        "introduction:M-KLNL7NIX7Q": LetterState.UNSURE,
        "introduction:M-OW7AMDMYI4": LetterState.SENT,
        "introduction:M-VTG4SFGKCA": LetterState.HELD,
        "question:M-4DATCSOPPY:receiving": LetterState.SENT,
        "digest:2026-02-04": LetterState.SENT,
        "introduction:M-QJZNQYOVNY": LetterState.WITHDRAWN,
        "introduction:M-GEXN6TZBSP": LetterState.SENT,
        "reminder:M-GEXN6TZBSP:1": LetterState.SENT,
        "introduction:M-WGEVUBTNRE": LetterState.QUEUED,
    }
    queued = next(row for row in before["letter"] if row["id"] == "introduction:M-WGEVUBTNRE")
    letter = ledger.letter("introduction:M-WGEVUBTNRE")
    assert letter is not None
    assert letter.content == queued["content"], "the bytes that were frozen"
    assert set(state.meetings) == {row["key"] for row in before["meeting"]}
    assert set(state.decisions) == {row["match"] for row in before["decision"]}
    assert len(state.judgements) == 1
    assert len(state.erased) == 1


def test_opened_again_it_is_not_migrated_again(tmp_path: Path) -> None:
    path = golden_file(tmp_path)
    original = path.read_bytes()
    for _ in range(2):
        open_ledger(f"sqlite:///{path}", SECRET).close()
    (copy,) = (one for one in tmp_path.iterdir() if one != path)
    assert ".version1-" in copy.name
    with closing(sqlite3.connect(copy)) as kept, closing(sqlite3.connect(":memory:")) as golden:
        golden.executescript((GOLDEN / "ledger-1.sql").read_text())
        assert list(kept.iterdump()) == list(golden.iterdump())
    assert path.read_bytes() != original


def test_a_ledger_of_this_version_has_nothing_to_migrate(desk: Any) -> None:
    desk.ledger.close()
    desk.open().close()
    assert [one.name for one in desk.path.parent.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize("lost", ["match.document", "letter.meeting_keys"])
def test_what_is_missing_for_the_migration_is_told_and_nothing_is_changed(
    tmp_path: Path, lost: str, run_sql: Callable[[Path, str], None]
) -> None:
    path = golden_file(tmp_path)
    table, column = lost.split(".")
    run_sql(path, f'ALTER TABLE "{table}" RENAME COLUMN {column} TO lost')
    before = path.read_bytes()
    with pytest.raises(LedgerDamaged) as caught:
        open_ledger(f"sqlite:///{path}", SECRET)
    assert "lacks" in str(caught.value)
    assert "damaged" not in str(caught.value)
    assert path.read_bytes() == before


@pytest.fixture
def run_sql() -> Callable[[Path, str], None]:
    def run(path: Path, statement: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()

    return run


def test_a_column_missing_on_postgresql_is_told_as_that(postgresql: str) -> None:
    engine = create_engine(postgresql)
    with engine.begin() as connection:
        schema.create(connection, key_check(SECRET), 2)
        connection.execute(text("ALTER TABLE letter DROP COLUMN searched_at"))
    engine.dispose()
    with pytest.raises(LedgerDamaged, match=r"lacks the column letter\.searched_at"):
        open_ledger(postgresql, SECRET)
