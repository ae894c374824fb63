"""Kill a run at every distinct line (and at every durable write), let it recover, and count what the server took.

    python tools/kill_sweep.py [--every N] [--twice] [--lines-only]

For each kill point: a fresh world with two letters to send, one run that dies there by SIGKILL, three clean runs.
Then nobody may have got a letter twice, nobody a half introduction, and no letter may be lost: each was taken once,
or stands as unsure or held before a person. Exit code 1 if that fails anywhere; the number of points is printed.

A `World` says what a run is. The one built in is the sending half: lock, ledger, recovery, claim, the SMTP
conversation, record. `sweep` takes any other.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any, Protocol

from pipeline import run as run_module
from pipeline.adapters.ledger.ledger import open_ledger
from pipeline.adapters.lock import run_lock
from pipeline.adapters.mail.smtp import SmtpMailer
from pipeline.adapters.secrets import message_id_maker
from pipeline.config import MailSettings
from pipeline.model import Envelope, Letter, LetterKind
from pipeline.ports import LedgerChanges, RunRecord

ROOT = Path(__file__).resolve().parent.parent
WATCHED = (str(ROOT / "pipeline" / "adapters"), str(ROOT / "pipeline" / "run.py"))
CLEAN_RUNS = 3
WRITES = "fsync,fdatasync,pwrite64,write,sendto,rename,link,unlink,ftruncate"
Line = tuple[str, int]


class World(Protocol):
    """What a run is, and what it must leave behind."""

    def fresh(self) -> None:
        """Begin anew: two letters to send, nothing sent."""

    def run(self) -> None:
        """One run; called in a process of its own."""

    def faults(self) -> list[str]:
        """What is wrong after the recovery; empty when the promise was kept."""


# -- the tracer -----------------------------------------------------------------------------------------


class LineTracer:
    """Sees each line of the watched files for the first time; kills its own process at one of them."""

    def __init__(self, watched: Sequence[str], deadly: Line | None = None) -> None:
        self.watched = tuple(watched)
        self.deadly = deadly
        self.seen: dict[Line, None] = {}

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        """Python's trace function: watch a frame only if its file is watched."""
        if event == "call" and frame.f_code.co_filename.startswith(self.watched):
            return self._line
        return None

    def _line(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            here = (frame.f_code.co_filename, frame.f_lineno)
            if here == self.deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            self.seen.setdefault(here, None)
        return self._line


def in_child(action: Callable[[], Any]) -> tuple[bool, Any]:
    """Run it in a forked process; says whether that was killed, and what the action returned."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as pipe:
                json.dump(action(), pipe)
            code = 0
        except BaseException as error:  # noqa: BLE001 - a child must never run on as a second parent
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not killed and status != 0:
        raise SystemExit(f"the run failed by itself (status {status})")
    return killed, json.loads(said) if said else None


def traced(world: World, watched: Sequence[str], deadly: Line | None) -> tuple[bool, list[Line]]:
    """One run under the tracer: was it killed, and else which lines it ran, in order."""

    def action() -> list[Line]:
        tracer = LineTracer(watched, deadly)
        sys.settrace(tracer)
        try:
            world.run()
        finally:
            sys.settrace(None)
        return list(tracer.seen)

    killed, seen = in_child(action)
    return killed, [(name, line) for name, line in seen or []]


def sweep(world: World, watched: Sequence[str] = WATCHED, *, every: int = 1, twice: bool = False) -> list[str]:
    """Kill at every n-th distinct line; returns what went wrong and prints how many points there were."""
    world.fresh()
    _, lines = traced(world, watched, None)
    faults = [f"without any kill: {fault}" for fault in _settled(world)]
    chance = random.Random(2026)
    points = lines[::every]
    killed_twice = 0
    for point in points:
        world.fresh()
        killed, _ = traced(world, watched, point)
        if not killed:
            faults.append(f"{_named(point)}: this line was not reached again")
        if twice:
            killed_twice += traced(world, watched, chance.choice(lines))[0]
        faults += [f"{_named(point)}: {fault}" for fault in _settled(world)]
    also = f", {killed_twice} of them killed again while recovering" if twice else ""
    _print(f"{len(points)} kill points of {len(lines)} distinct lines{also}", faults)
    return faults


def _settled(world: World) -> list[str]:
    for _ in range(CLEAN_RUNS):
        in_child(world.run)
    # In a child as well, so that nothing in this process is warmer than in a first run.
    return list(in_child(world.faults)[1])


def _print(what: str, faults: Sequence[str]) -> None:
    print(f"{what}: {len(faults)} faults", *faults[:50], sep="\n  ", flush=True)


def _named(point: Line) -> str:
    return f"{Path(point[0]).relative_to(ROOT)}:{point[1]}"


def sweep_syscalls(world: World, command: Sequence[str]) -> list[str]:
    """Kill at the n-th write, sync, send, rename ... of the command, for every n until it survives."""
    faults: list[str] = []
    number = 0
    while True:
        number += 1
        world.fresh()
        inject = f"inject={WRITES}:signal=SIGKILL:when={number}"
        done = subprocess.run(
            ["strace", "-f", "-o", "/dev/null", "-e", f"trace={WRITES}", "-e", inject, *command],
            check=False,
            capture_output=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        faults += [f"system call {number}: {fault}" for fault in _settled(world)]
        if done.returncode == 0:
            break
        if done.returncode not in (-signal.SIGKILL, 128 + signal.SIGKILL):
            raise SystemExit(f"strace: {done.stderr.decode('utf-8', 'replace')[-500:]}")
    _print(f"{number - 1} kill points at system calls ({WRITES})", faults)
    return faults


# -- the built-in world: the sending half ---------------------------------------------------------------------


class CountingServer(socketserver.ThreadingTCPServer):
    """Takes letters, and remembers which for whom. A letter counts from its final dot on, heard or not."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), CountingHandler)
        self.taken: list[tuple[str, tuple[str, ...]]] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class CountingHandler(socketserver.StreamRequestHandler):
    """One conversation."""

    server: CountingServer

    def handle(self) -> None:
        recipients: list[str] = []
        try:
            self.wfile.write(b"220 ready\r\n")
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.wfile.write(b"354 go\r\n")
                    content = self._content()
                    if content is None:
                        return
                    taken = (str(message_from_bytes(content)["Message-ID"]), tuple(recipients))
                    self.server.taken.append(taken)
                    self.wfile.write(b"250 taken\r\n")
                    continue
                if verb in (b"MAIL", b"RSET"):
                    recipients = []
                elif verb == b"RCPT":
                    recipients.append(re.sub(rb".*<(.*)>.*\r\n", rb"\1", line).decode())
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        except OSError:
            return

    def _content(self) -> bytes | None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return None
            lines.append(line)
        return b"".join(lines)


class SendingHalf:
    """Two queued letters, a ledger on disk, a lock, and a mail server that counts (`World`)."""

    secret = b"k" * 32
    sender = "secretariat@sweep.example"

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.server = CountingServer() if port is None else None
        self.port = self.server.port if self.server else int(port or 0)
        self.now = datetime.now(UTC)
        message_id = message_id_maker(self.secret, self.sender)
        self.letters = tuple(self._letter(f"introduction:M-{number}", message_id) for number in (1, 2))

    def _letter(self, identifier: str, message_id: Callable[[str], str]) -> Letter:
        to = ("ana@a.example", "bo@b.example")
        content = f"From: {self.sender}\r\nTo: {', '.join(to)}\r\nMessage-ID: {message_id(identifier)}\r\n\r\nHello\r\n"
        return Letter(
            id=identifier,
            kind=LetterKind.INTRODUCTION,
            match=identifier.partition(":")[2],
            message_id=message_id(identifier),
            envelope=Envelope(sender=self.sender, recipients=to),
            content=content.encode(),
            subject="Hello",
            meeting_keys=(f"pair of {identifier}",),
        )

    def fresh(self) -> None:
        """An empty folder but for a ledger with two queued letters."""
        template = self.folder / "template.db"
        state = self.folder / "state"
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir()
        if not template.exists():
            ledger = open_ledger(f"sqlite:///{template}", self.secret)
            ledger.record(LedgerChanges(at=self.now, letters=self.letters))
            ledger.close()
        shutil.copy(template, state / "ledger.db")
        if self.server:
            self.server.taken.clear()

    def run(self) -> None:
        """Recover, then claim, deliver and record what is queued."""
        with run_lock(self.folder / "state" / "lock", self.now):
            ledger = open_ledger(f"sqlite:///{self.folder}/state/ledger.db", self.secret)
            later = self.now + timedelta(days=1)
            ledger.recover(later)
            number = ledger.start_run(later)
            state = ledger.load(later)
            queued = sorted(id_ for id_, record in state.letters.items() if record.state == "queued")
            settings = MailSettings(host="127.0.0.1", port=self.port, security="none", sender=self.sender)
            outside: Any = SimpleNamespace(ledger=ledger, clock=lambda: later)
            if queued:
                with SmtpMailer(settings, None).session() as session:
                    for identifier in queued:
                        letter = ledger.letter(identifier)
                        if letter is not None:
                            run_module._send_one(outside, session, letter)  # noqa: SLF001 - the sweep is about this
            ledger.finish_run(number, RunRecord(started=later))
            ledger.close()

    def faults(self) -> list[str]:
        """Twice, half, or lost."""
        ledger = open_ledger(f"sqlite:///{self.folder}/state/ledger.db", self.secret)
        states = {id_: record.state for id_, record in ledger.load(self.now).letters.items()}
        ledger.close()
        found = []
        for letter in self.letters:
            taken = [to for id_, to in (self.server.taken if self.server else []) if id_ == letter.message_id]
            state = states[letter.id]
            if len(taken) > 1:
                found.append(f"{letter.id} was taken {len(taken)} times")
            if any(to != letter.envelope.recipients for to in taken):
                found.append(f"{letter.id} went to {taken}")
            if (state == "sent") != bool(taken) and state not in ("unsure", "held"):
                found.append(f"{letter.id} is {state} and was taken {len(taken)} times")
            if state not in ("sent", "unsure", "held"):
                found.append(f"{letter.id} is left {state}")
        return found


def main() -> None:
    """Sweep the sending half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every n-th line")
    parser.add_argument("--twice", action="store_true", help="kill once more while recovering, at a line by chance")
    parser.add_argument("--lines-only", action="store_true", help="not at every write and sync as well")
    parser.add_argument("--one-run", nargs=2, metavar=("FOLDER", "PORT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one_run:
        SendingHalf(Path(asked.one_run[0]), int(asked.one_run[1])).run()
        return
    with tempfile.TemporaryDirectory() as folder:
        world = SendingHalf(Path(folder))
        faults = sweep(world, every=asked.every, twice=asked.twice)
        if not asked.lines_only and shutil.which("strace"):
            faults += sweep_syscalls(world, [sys.executable, __file__, "--one-run", folder, str(world.port)])
        elif not asked.lines_only:
            print("Not measured: the sweep over system calls, for which strace is missing (or say --lines-only).")
            sys.exit(2)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
