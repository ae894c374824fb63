"""What the tests of the ledger share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.adapters.ledger.ledger import SqlLedger, open_ledger
from pipeline.adapters.secrets import message_id_maker
from pipeline.model import Envelope, KnownEntry, Letter, LetterKind, Match, Party, Side
from pipeline.ports import Facts

SECRET = b"s" * 32
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
MESSAGE_ID = message_id_maker(SECRET, "secretariat@ops.example")


class Desk:
    """A ledger on disk, and quick ways to put things into it."""

    now = NOW
    secret = SECRET

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state" / "ledger.db"
        self.url = f"sqlite:///{self.path}"
        self.ledger = self.open()

    def open(self, **options: object) -> SqlLedger:
        """A further connection, as another process would have."""
        return open_ledger(self.url, SECRET, **options)  # type: ignore[arg-type]

    def reopen(self) -> SqlLedger:
        """As after a crash."""
        self.ledger.close()
        self.ledger = self.open()
        return self.ledger

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
        self.ledger.record(Facts(at=NOW, letters=letters))

    def send(self, letter: str, at: datetime = NOW) -> None:
        """The whole way of a letter that is taken without a word."""
        claim = self.ledger.claim(letter, at)
        assert not isinstance(claim, str), claim
        self.ledger.mark_committing(claim, at)
        self.ledger.mark_sent(letter, at, "250 2.0.0 queued as X1")

    def state(self, letter: str) -> str:
        return str(self.ledger.load(NOW).letters[letter].state)


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
