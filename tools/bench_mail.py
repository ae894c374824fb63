"""Letters per second on this machine: ours, with its ledger, beside a bare smtplib loop, in the same run.

    python tools/bench_mail.py [--letters N] [--rounds N]

The server is a process of its own that takes every letter at once, so what is measured is the sender. Rounds
alternate and the best of each counts, since other work on the machine only ever makes a round slower.
"""

from __future__ import annotations

import argparse
import os
import smtplib
import socketserver
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from pipeline.adapters.ledger.ledger import open_ledger
from pipeline.adapters.mail.smtp import SmtpMailer
from pipeline.adapters.secrets import message_id_maker
from pipeline.config import MailSettings
from pipeline.model import Envelope, Letter, LetterKind
from pipeline.ports import Claim, LedgerChanges, Outcome

Result = TypeVar("Result")
SECRET = b"b" * 32
SENDER = "secretariat@bench.example"
MEMORY = Path("/dev/shm")
LINE = b"A sentence of the usual length, as it stands in a letter that introduces two people.\r\n"


class Sink(socketserver.StreamRequestHandler):
    """Takes every letter and forgets it."""

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.wfile.write(b"250-sink\r\n250-SIZE 9999999\r\n250 8BITMIME\r\n")
            elif verb == b"DATA":
                self.wfile.write(b"354 go\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
                self.wfile.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


class SinkServer(socketserver.ThreadingTCPServer):
    """The sink on a free port of this machine."""

    daemon_threads = True
    allow_reuse_address = True


def letters(count: int) -> list[Letter]:
    """Letters of about four kilobytes, each to two people."""
    message_id = message_id_maker(SECRET, SENDER)
    made = []
    for number in range(count):
        identifier = f"introduction:M-{number}"
        header = (
            f"From: {SENDER}\r\nTo: a{number}@a.example, b{number}@b.example\r\n"
            f"Message-ID: {message_id(identifier)}\r\nSubject: Bench\r\n\r\n"
        )
        made.append(
            Letter(
                id=identifier,
                kind=LetterKind.INTRODUCTION,
                match=f"M-{number}",
                message_id=message_id(identifier),
                envelope=Envelope(sender=SENDER, recipients=(f"a{number}@a.example", f"b{number}@b.example")),
                content=header.encode() + LINE * 45,
                subject="Bench",
                meeting_keys=(f"O-{number}a|O-{number}b", f"a{number}@a.example|b{number}@b.example"),
            )
        )
    return made


def bare(port: int, batch: list[Letter]) -> float:
    """One connection, `sendmail` in a loop: no ledger, no all-or-nothing, no answer to "was it sent?"."""
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench.example") as connection:
        for letter in batch:
            connection.sendmail(SENDER, letter.envelope.recipients, letter.content)
    return time.perf_counter() - started


def ours(port: int, batch: list[Letter], folder: Path, spent: dict[str, float]) -> float:
    """Claim, deliver with the mark before the dot, record: as a run does it."""
    ledger = open_ledger(f"sqlite:///{folder}/ledger.db", SECRET)
    now = datetime.now(UTC)
    ledger.record(LedgerChanges(at=now, letters=tuple(batch)))
    mailer = SmtpMailer(MailSettings(host="127.0.0.1", port=port, security="none", sender=SENDER), None)

    def timed(what: str, action: Callable[[], Result]) -> Result:
        begun = time.perf_counter()
        try:
            return action()
        finally:
            spent[what] += time.perf_counter() - begun

    started = time.perf_counter()
    with mailer.session() as session:
        for letter in batch:
            claim = timed("ledger: claim", partial(ledger.claim, letter.id, now))
            if not isinstance(claim, Claim):
                raise SystemExit(f"{letter.id}: {claim}")
            marked_before = spent["ledger: mark before the dot"]

            def mark(claim: Claim = claim) -> None:
                timed("ledger: mark before the dot", partial(ledger.mark_committing, claim, now))

            begun = time.perf_counter()
            delivery = session.deliver(letter, mark)
            marking = spent["ledger: mark before the dot"] - marked_before
            spent["conversation with the server"] += time.perf_counter() - begun - marking
            if delivery.outcome is not Outcome.SENT:
                raise SystemExit(f"{letter.id}: {delivery}")
            timed("ledger: record", partial(ledger.mark_sent, letter.id, now, "250 taken"))
    total = time.perf_counter() - started
    ledger.close()
    return total


def sync_cost(folder: Path) -> float:
    """What one write that is made durable costs on this disk, in seconds."""
    tries = 30
    with (folder / "sync").open("wb") as file:
        started = time.perf_counter()
        for _ in range(tries):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        return (time.perf_counter() - started) / tries


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.sink:
        with SinkServer(("127.0.0.1", 0), Sink) as server:
            print(server.server_address[1], flush=True)
            server.serve_forever()
        return
    batch = letters(asked.letters)
    sink = subprocess.Popen([sys.executable, __file__, "--sink"], stdout=subprocess.PIPE, text=True)
    try:
        port = int((sink.stdout or sys.stdin).readline())
        results: dict[str, float] = {}
        best: dict[str, float] = {}
        for _ in range(asked.rounds):
            results["bare"] = min(results.get("bare", 1e9), bare(port, batch))
            for where in ("disk", "memory"):
                parent = MEMORY if where == "memory" and MEMORY.is_dir() else Path(tempfile.gettempdir())
                with tempfile.TemporaryDirectory(dir=parent) as folder:
                    spent: dict[str, float] = defaultdict(float)
                    seconds = ours(port, batch, Path(folder), spent)
                    if seconds < results.get(where, 1e9):
                        results[where] = seconds
                        if where == "disk":
                            best = dict(spent)
        with tempfile.TemporaryDirectory() as folder:
            sync = sync_cost(Path(folder))
    finally:
        sink.terminate()
        sink.wait()
    report(asked.letters, results, best, sync)


def report(count: int, results: dict[str, float], spent: dict[str, float], sync: float) -> None:
    """Print rates, ratios, and where the time of a letter goes."""
    names = {
        "bare": "bare smtplib loop",
        "disk": "ours, ledger on disk",
        "memory": "ours, ledger on a disk without waiting (memory)",
    }
    for key, seconds in results.items():
        rate = f"{count / seconds:8.1f} letters/s"
        print(f"{names[key]:48} {rate}   {seconds / results['bare']:6.2f} x the time of bare")
    print(f"where a letter's {results['disk'] / count * 1000:.1f} ms go (ledger on disk):")
    for what, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {what:46} {seconds / count * 1000:6.2f} ms  {seconds / results['disk']:4.0%}")
    print(f"one durable write of 4 kB takes {sync * 1000:.2f} ms on this disk")


if __name__ == "__main__":
    main()
