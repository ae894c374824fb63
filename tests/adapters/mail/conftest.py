"""What the mail tests share: a mail server that misbehaves as told, a real IMAP server, and an office that sends.

The server takes responsibility for a letter only where it says so: `kept` is the truth the tests count.
"""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import pwd
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from pipeline import run as run_module
from pipeline.adapters.ledger.ledger import SqlLedger, open_ledger
from pipeline.adapters.mail.smtp import SmtpMailer
from pipeline.adapters.secrets import message_id_maker
from pipeline.config import ImapSettings, MailSettings, Settings
from pipeline.errors import MatchmakerError
from pipeline.model import Envelope, Letter, LetterKind, LetterState
from pipeline.ports import Evidence, LedgerChanges

SECRET = b"s" * 32
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SENDER = "secretariat@ops.example"
DEFAULTS = {
    "greeting": "220 mail.example ESMTP",
    "mail": "250 sender ok",
    "rcpt": "250 recipient ok",
    "data": "354 go ahead",
    "dot": "250 2.0.0 queued as X1",
    "rset": "250 flushed",
    "quit": "221 bye",
    "starttls": "220 ready",
    "auth": "235 2.7.0 welcome",
}


@dataclass(frozen=True, kw_only=True)
class Act:
    """What the server does at one stage instead of its duty."""

    say: str | bytes | None = None
    """This instead of the usual answer (None with a `then`: nothing)."""
    then: Literal["go on", "reset", "finish", "hush"] = "go on"
    """Afterwards: carry on, cut the line with RST or FIN, or hold it in silence."""
    keep: bool = False
    """At the dot: take responsibility for the letter whatever is said."""
    by_drops: bool = False
    """Speak one byte at a time."""
    only: int | None = None
    """Only for the n-th time this stage is reached (1 is the first), counted over all connections."""


@dataclass
class Kept:
    """A letter the server took responsibility for."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message_id(self) -> str:
        return str(message_from_bytes(self.content)["Message-ID"])


class LineIsCut(Exception):
    """The conversation is over."""


@dataclass
class TroubledServer:
    """An SMTP server on loopback; `acts` maps a stage (`rcpt2`: the second recipient) to what goes wrong there."""

    acts: dict[str, Act] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("8BITMIME", "SMTPUTF8", "SIZE 1000000")
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    kept: list[Kept] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    connections: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    hushed: threading.Event = field(default_factory=threading.Event)
    """Set as soon as the server has fallen silent."""
    broke: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event | None = None
    """Break off in the middle of a letter only once this is set."""
    unfinished: list[bytes] = field(default_factory=list)
    """What came of letters that were never completed."""

    def start(self) -> TroubledServer:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def stop(self) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def copies(self, message_id: str) -> int:
        return sum(kept.message_id == message_id for kept in self.kept)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(300)
        try:
            if self.implicit_tls and self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            _Conversation(self, connection).run()
        except (LineIsCut, OSError, ValueError):
            pass
        finally:
            connection.close()


class _Conversation:
    def __init__(self, server: TroubledServer, connection: socket.socket) -> None:
        self.server = server
        self.socket = connection
        self.file = connection.makefile("rb")
        self.forget()

    def forget(self) -> None:
        self.sender = ""
        self.recipients: list[str] = []
        self.asked = 0

    def run(self) -> None:
        self.act("greeting")
        while line := self.file.readline():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self.server.lines.append(text)
            verb = re.split(r"[ :]", text, maxsplit=1)[0].lower()
            getattr(self, f"do_{verb}", self.do_other)(text)

    def act(self, stage: str, usual: str | None = None, letter: Kept | None = None) -> bool:
        """Do what stands in the script for the stage; says whether all went as usual."""
        self.server.reached[stage] += 1
        act = self.server.acts.get(stage)
        if act is not None and act.only not in (None, self.server.reached[stage]):
            act = None
        usual = usual or DEFAULTS[re.sub(r"\d+$", "", stage)]
        if letter is not None and (act is None or act.keep):
            self.server.kept.append(letter)
        if act is None:
            self.say(usual)
            return True
        said = act.say if act.say is not None else usual if act.then == "go on" else None
        if said is not None:
            self.say(said, by_drops=act.by_drops)
        if act.then != "go on":
            self.end(act.then)
        return act.say is None or str(act.say)[:1] in "23"

    def say(self, said: str | bytes, *, by_drops: bool = False) -> None:
        data = said if isinstance(said, bytes) else said.encode() + b"\r\n"
        for part in [data[n : n + 1] for n in range(len(data))] if by_drops else [data]:
            self.socket.sendall(part)
            if by_drops:
                time.sleep(0.001)

    def end(self, how: str) -> None:
        if how == "hush":
            self.server.hushed.set()
            self.server._stopped.wait()
        elif how == "reset":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.file.close()
        self.socket.close()
        self.server.broke.set()
        raise LineIsCut

    def do_ehlo(self, _: str) -> None:
        offered = [*self.server.extensions]
        if self.server.tls and not isinstance(self.socket, ssl.SSLSocket):
            offered.append("STARTTLS")
        lines = ["mail.example", *offered]
        greeting = "\r\n".join(
            f"250{'-' if number < len(lines) else ' '}{line}" for number, line in enumerate(lines, 1)
        )
        self.act("ehlo", greeting)

    def do_starttls(self, _: str) -> None:
        if self.act("starttls") and self.server.tls:
            self.socket = self.server.tls.wrap_socket(self.socket, server_side=True)
            self.file = self.socket.makefile("rb")

    def do_auth(self, _: str) -> None:
        self.act("auth")

    def do_mail(self, text: str) -> None:
        self.forget()
        if self.act("mail"):
            self.sender = text

    def do_rcpt(self, text: str) -> None:
        self.asked += 1
        if self.act(f"rcpt{self.asked}", DEFAULTS["rcpt"]):
            self.recipients.append(text)

    def do_data(self, _: str) -> None:
        if not self.recipients:
            self.say("503 no recipients")
            return
        if not self.act("data"):
            return
        lines: list[bytes] = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                self.server.unfinished.append(b"".join(lines))
                raise LineIsCut
            lines.append(line)
            if "body" in self.server.acts:
                if self.server.gate is not None:
                    self.server.gate.wait(60)
                self.end(self.server.acts["body"].then)
        content = b"".join(line[1:] if line.startswith(b"..") else line for line in lines)
        addresses = [re.sub(r".*<(.*)>.*", r"\1", each) for each in self.recipients]
        self.act("dot", letter=Kept(self.sender, addresses, content))
        self.forget()

    def do_rset(self, _: str) -> None:
        self.act("rset")
        self.forget()

    def do_quit(self, _: str) -> None:
        self.act("quit")
        self.end("finish")

    def do_other(self, _: str) -> None:
        self.say("502 what?")


@pytest.fixture
def serve() -> Iterator[Callable[..., TroubledServer]]:
    """Starts servers; stops them afterwards."""
    servers: list[TroubledServer] = []

    def start(acts: Mapping[str, Act] | None = None, **options: Any) -> TroubledServer:
        servers.append(TroubledServer(dict(acts or {}), **options).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def act() -> type[Act]:
    return Act


def mailer(port: int, tls: ssl.SSLContext | None = None, secret: Any = None, **settings: Any) -> SmtpMailer:
    """A mailer for that server."""
    given = {"security": "none", "timeout_seconds": 60, "final_reply_seconds": 60, "sender": SENDER, **settings}
    return SmtpMailer(MailSettings(host=given.pop("host", "127.0.0.1"), port=port, **given), secret, tls)


@pytest.fixture
def make_mailer() -> Callable[..., SmtpMailer]:
    return mailer


MESSAGE_ID = message_id_maker(SECRET, SENDER)


def letter(
    number: int = 1,
    to: tuple[str, ...] = ("ana@a.example", "bo@b.example"),
    body: str = "Dear both,\r\n.a line with a dot\r\n..\r\n.\r\nBye\r\n",
    journal: str | None = None,
) -> Letter:
    """A letter as the composer would hand it over."""
    identifier = f"introduction:M-{number}"
    header = f"From: {SENDER}\r\nTo: {', '.join(to)}\r\nMessage-ID: {MESSAGE_ID(identifier)}\r\nSubject: Hello\r\n\r\n"
    return Letter(
        id=identifier,
        kind=LetterKind.INTRODUCTION,
        match=f"M-{number}",
        message_id=MESSAGE_ID(identifier),
        envelope=Envelope(sender=SENDER, recipients=to, journal=journal),
        content=(header + body).encode(),
        subject="Hello",
        meeting_keys=(f"O-{number}a|O-{number}b",),
    )


@pytest.fixture
def make_letter() -> Callable[..., Letter]:
    return letter


class Office:
    """The sending half of a run over a real ledger: recover, look for evidence, claim, deliver, record.

    Each run is a day later than the one before, so that every waiting time has passed.
    """

    def __init__(self, settings: Settings, evidence: Evidence | None) -> None:
        self.now = NOW
        self.settings = settings
        self.evidence = evidence
        self.ledger: SqlLedger = open_ledger("sqlite://", SECRET)
        self.letters = (letter(1), letter(2))
        self.ledger.record(LedgerChanges(at=NOW, letters=self.letters))
        self.errors: list[MatchmakerError] = []

    def run(self, mailer: SmtpMailer) -> None:
        """One run."""
        outside: Any = SimpleNamespace(ledger=self.ledger, evidence=self.evidence, clock=lambda: self.now)
        self.ledger.recover(self.now)
        run_module._search_evidence(outside, self.settings)
        queued = [id_ for id_, record in self.ledger.load(self.now).letters.items() if record.state == "queued"]
        try:
            if queued:
                with mailer.session() as session:
                    for identifier in sorted(queued):
                        frozen = self.ledger.letter(identifier)
                        assert frozen is not None
                        run_module._send_one(outside, session, frozen)
        except MatchmakerError as error:
            self.errors.append(error)
        self.now += timedelta(days=1)

    def state(self, number: int = 1) -> str:
        return str(self.ledger.load(self.now).letters[f"introduction:M-{number}"].state)

    def detail(self, number: int = 1) -> str:
        return self.ledger.load(self.now).letters[f"introduction:M-{number}"].detail

    def assert_oracle(self, kept: list[Kept]) -> None:
        """Never twice, never one side only, never lost."""
        for each in self.letters:
            copies = [one for one in kept if one.message_id == each.message_id]
            state = self.ledger.load(self.now).letters[each.id].state
            assert len(copies) <= 1, f"{each.id} was taken {len(copies)} times"
            for copy in copies:
                assert copy.recipients == list(each.envelope.recipients)
                assert copy.content == each.content
            allowed = {LetterState.SENT, LetterState.UNSURE} if copies else {LetterState.HELD, LetterState.UNSURE}
            assert state in allowed, f"{each.id}: {len(copies)} copies, {state}"


@pytest.fixture
def make_office() -> Callable[..., Office]:
    def make(evidence: Evidence | None = None, **imap: Any) -> Office:
        return Office(Settings(imap=ImapSettings(**imap)), evidence)

    return make


# -- a real IMAP server ---------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture(scope="session")
def imap_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """pymap, with the mailbox of `demouser`."""
    port = _free_port()
    log = (tmp_path_factory.mktemp("pymap") / "log").open("wb")
    command = [sys.executable, "-c", "from pymap.main import main; main()", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--no-tls", "--no-service", "admin", "dict"], stdout=log, stderr=log, stdin=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 300
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, Path(log.name).read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(300)
        log.close()


class Mailbox:
    """The real mailbox as a person's mail program sees it."""

    username, password = "demouser", "demopass"

    def __init__(self, port: int) -> None:
        self.port = port
        self.imap = imaplib.IMAP4("127.0.0.1", port, timeout=60)
        self.imap.login(self.username, self.password)

    def make(self, *folders: str) -> None:
        for folder in folders:
            self.imap.create(folder)

    def add(self, folder: str, content: bytes) -> None:
        status, data = self.imap.append(folder, "", "", content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        assert status == "OK", data

    def flags(self, folder: str) -> list[bytes]:
        self.imap.select(folder, readonly=True)
        return [item for item in self.imap.fetch("1:*", "(FLAGS)")[1] if isinstance(item, bytes)]

    def clear(self) -> None:
        for item in self.imap.list()[1]:
            assert isinstance(item, bytes)
            name = re.sub(rb'^\([^)]*\) (?:"[^"]*"|NIL) ', b"", item).decode()
            if name.strip('"') == "INBOX":
                self.imap.select("INBOX")
                self.imap.store("1:*", "+FLAGS", "\\Deleted")
                self.imap.expunge()
            else:
                self.imap.delete(name)

    def close(self) -> None:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            self.imap.logout()


@pytest.fixture
def mailbox(imap_port: int) -> Iterator[Mailbox]:
    """An empty mailbox."""
    made = Mailbox(imap_port)
    made.clear()
    yield made
    made.close()


# -- real servers, where they are installed --------------------------------------------------------------


@pytest.fixture
def dovecot() -> Iterator[SimpleNamespace]:
    """A Dovecot of our own, as the user who runs the tests (or as nobody: it does not serve root)."""
    if shutil.which("dovecot") is None:
        pytest.skip("Dovecot is not installed here")
    port = _free_port()
    account = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    with tempfile.TemporaryDirectory(prefix="dovecot", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        (folder / "mail").mkdir()
        _configure_dovecot(folder, port, grp.getgrgid(account.pw_gid).gr_name, account)
        for path in (folder, *folder.iterdir()):
            os.chown(path, account.pw_uid, account.pw_gid)
        log = folder / "log"
        as_nobody: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()}
        process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(folder / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            **(as_nobody if os.getuid() == 0 else {}),
        )
        try:
            deadline = time.monotonic() + 300
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                if process.poll() is not None:
                    pytest.skip(f"Dovecot does not start here: {log.read_text()[-300:] if log.exists() else ''}")
                time.sleep(0.1)
            yield SimpleNamespace(port=port, mail=folder / "mail", account=account, clock=CLOCK)
        finally:
            process.terminate()
            process.wait(300)


CLOCK = "LD_PRELOAD FAKETIME FAKETIME_SHARED FAKETIME_DONT_FAKE_MONOTONIC"
"""What tells the clock of `make test-under-clock`: servers hand it on to their parts only when told to."""


def _configure_dovecot(folder: Path, port: int, group: str, account: pwd.struct_passwd) -> None:
    user = account.pw_name
    (folder / "dovecot.conf").write_text(
        f"""
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
import_environment = TZ {CLOCK}
passdb {{
  driver = static
  args = password=demopass
}}
userdb {{
  driver = static
  args = uid={account.pw_uid} gid={account.pw_gid} home={folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
namespace inbox {{
  inbox = yes
  mailbox Verzonden {{
    auto = create
    special_use = \\Sent
  }}
}}
"""
    )
