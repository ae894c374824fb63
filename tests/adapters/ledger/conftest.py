"""What the tests of the ledger share."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipeline.adapters.ledger.ledger import SqlLedger, open_ledger
from pipeline.adapters.ledger.memory import MemoryLedger
from pipeline.adapters.ledger.people import forget
from pipeline.adapters.secrets import address_hasher, message_id_maker
from pipeline.model import Envelope, KnownEntry, Letter, LetterKind, Match, Party, Side
from pipeline.ports import Ledger, LedgerChanges

SECRET = b"s" * 32
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
MESSAGE_ID = message_id_maker(SECRET, "secretariat@ops.example")


class AnyDesk:
    """A ledger of any kind, and quick ways to put things into it."""

    now = NOW
    secret = SECRET
    ledger: Ledger

    def reopen(self) -> Ledger:
        """As after a crash, where there is anything to survive one."""
        return self.ledger

    def erase(self, address: str) -> None:
        """Somebody asked to be forgotten."""
        raise NotImplementedError

    @staticmethod
    def letter(number: int, *keys: str, to: tuple[str, ...] = ("ana@a.example", "bo@b.example")) -> Letter:
        identifier = f"introduction:M-{number}"
        return Letter(
            id=identifier,
            kind=LetterKind.INTRODUCTION,
            match=f"M-{number}",
            message_id=MESSAGE_ID(identifier),
            envelope=Envelope(sender="secretariat@ops.example", recipients=to),
            content=f"Message-ID: {MESSAGE_ID(identifier)}\r\n\r\nHello {number}\r\n".encode(),
            subject=f"Introduction {number}",
            meeting_keys=keys or (f"O-{number}a|O-{number}b",),
        )

    @staticmethod
    def match(number: int, first: str = "ana@a.example", second: str = "bo@b.example") -> Match:
        return Match(
            id=f"M-{number}",
            parties=(
                Party(
                    side=Side.SENDING,
                    entry="E-1",
                    organisation_id="O-1",
                    organisation="Ana's School",
                    email=first,
                    contact_name="Ana Example",
                    seeks="wants to see cheese made",
                ),
                Party(side=Side.RECEIVING, entry="E-2", organisation_id="O-2", organisation="Bo's Dairy", email=second),
            ),
            why="both like cheese, says Ana Example",
            band="likely",
            proposed_on=date(2026, 11, 1),
        )

    @staticmethod
    def entry(identifier: str, address: str, confirmed: date = date(2026, 11, 1)) -> KnownEntry:
        return KnownEntry(
            id=identifier,
            address=address,
            organisation_key="anas school",
            content="c0ffee",
            first_seen=date(2026, 1, 1),
            last_confirmed=confirmed,
        )

    def queue(self, *letters: Letter) -> None:
        self.ledger.record(LedgerChanges(at=NOW, letters=letters))

    def send(self, letter: str, at: datetime = NOW) -> None:
        """The whole way of a letter that is taken without a word."""
        claim = self.ledger.claim(letter, at)
        assert not isinstance(claim, str), claim
        self.ledger.mark_committing(claim, at)
        self.ledger.mark_sent(letter, at, "250 2.0.0 queued as X1")

    def state(self, letter: str) -> str:
        return str(self.ledger.load(NOW).letters[letter].state)


class Desk(AnyDesk):
    """A ledger in a database: by default a file of SQLite."""

    ledger: SqlLedger

    def __init__(self, folder: Path, url: str = "") -> None:
        self.path = folder / "state" / "ledger.db"
        self.url = url or f"sqlite:///{self.path}"
        self.ledger = self.open()

    def open(self, **options: object) -> SqlLedger:
        """A further connection, as another process would have."""
        return open_ledger(self.url, SECRET, **options)  # type: ignore[arg-type]

    def reopen(self) -> SqlLedger:
        if self.url != "sqlite://":
            self.ledger.close()
            self.ledger = self.open()
        return self.ledger

    def erase(self, address: str) -> None:
        forget(self.ledger, address, NOW)


class MemoryDesk(AnyDesk):
    """A ledger in memory."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger(SECRET)

    def erase(self, address: str) -> None:
        self.ledger = MemoryLedger(SECRET, erased={address_hasher(SECRET)(address)})


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A private PostgreSQL server that listens on a socket in its own folder; the URL of its first database.

    Skips where the binaries are missing. `initdb` refuses root, so that root runs it as the user of Debian's package.
    """
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *map(Path, filter(None, [shutil.which("initdb")]))]
    if not found:
        pytest.skip("PostgreSQL is not installed here: no initdb")
    binaries = found[0].resolve().parent
    become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    if become and (shutil.which("setpriv") is None or "postgres" not in {each.pw_name for each in pwd.getpwall()}):
        pytest.skip("PostgreSQL cannot be started here: root needs setpriv and a user called postgres")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if become:
        shutil.chown(folder, "postgres", "postgres")

    def call(tool: str, *arguments: str) -> None:
        command = [*become, str(binaries / tool), "-D", str(folder / "data"), *arguments]
        made = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=240, check=False)
        if made.returncode != 0:
            raise RuntimeError(f"{tool}: {made.stdout}{made.stderr}")

    try:
        call("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        call("pg_ctl", "-w", "-t", "200", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    name = f"ledger_{uuid.uuid4().hex[:12]}"
    engine = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgresql_server.replace("/postgres?", f"/{name}?")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["file of SQLite", "SQLite in memory", "PostgreSQL", "memory"])
def any_desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyDesk]:
    """A fresh ledger of each kind."""
    if request.param == "memory":
        yield MemoryDesk()
        return
    urls = {"file of SQLite": "", "SQLite in memory": "sqlite://"}
    url = request.getfixturevalue("postgresql") if request.param == "PostgreSQL" else urls[request.param]
    made = Desk(tmp_path, url)
    yield made
    made.ledger.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A fresh ledger on disk."""
    made = Desk(tmp_path)
    yield made
    made.ledger.close()


@pytest.fixture
def make_desk(tmp_path: Path) -> Callable[[str], Desk]:
    """Further ledgers beside it."""
    return lambda name: Desk(tmp_path / name)
