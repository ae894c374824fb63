"""Real mail systems: Postfix delivers or refuses, Dovecot shows what arrived, a bounce finds its letter.

Postfix needs root; both run on loopback with folders of their own and send nothing outside.
"""

from __future__ import annotations

import contextlib
import imaplib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.adapters.mail.mailbox import ImapMailbox
from pipeline.config import ImapSettings
from pipeline.model import LetterKind

pytestmark = pytest.mark.realmail

ID = "<intro.0123456789abcdef0123456789abcdef@ops.example>"
OTHER = "<intro.ffffffffffffffffffffffffffffffff@ops.example>"
TO = ("ana@a.example", "bo@b.example")


def evidence(port: int, username: str, **settings: Any) -> ImapMailbox:
    given = {"username": username, "sent_folders": (), "security": "none", **settings}
    return ImapMailbox(ImapSettings(host="127.0.0.1", port=port, **given), SecretStr("demopass"))


def test_dovecot_gives_evidence_by_its_own_mark_for_sent(dovecot: SimpleNamespace) -> None:
    imap = imaplib.IMAP4("127.0.0.1", dovecot.port, timeout=60)
    imap.login("somebody", "demopass")
    imap.append("Verzonden", "", "", f"From: a@b.example\r\nMessage-ID: {ID}\r\n\r\nDear both\r\n".encode())
    imap.logout()
    looking = evidence(dovecot.port, "somebody", sent_folders=("Sent",))
    assert looking.was_sent([ID, OTHER]) == {ID: True, OTHER: False}


@pytest.fixture
def postfix(dovecot: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """A Postfix that delivers into Dovecot's folders; `later@b.example` is taken first and bounces then."""
    if shutil.which("postfix") is None or os.getuid() != 0:
        pytest.skip("Postfix is not installed here, or the tests do not run as root")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="postfix", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)
        _configure(folder, port, dovecot)
        log = folder / "log"
        process = subprocess.Popen(
            ["postfix", "-c", str(folder / "etc"), "start-fg"],
            stdin=subprocess.DEVNULL,
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + 300
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                if process.poll() is not None:
                    pytest.skip(f"Postfix does not start here: {log.read_text()[-400:]}")
                time.sleep(0.1)
            yield SimpleNamespace(port=port, imap_port=dovecot.port)
        finally:
            subprocess.run(["postfix", "-c", str(folder / "etc"), "stop"], check=False, capture_output=True)
            process.wait(300)


def _configure(folder: Path, port: int, dovecot: SimpleNamespace) -> None:
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    uid, gid = dovecot.account.pw_uid, dovecot.account.pw_gid
    mailboxes = " ".join(
        f"{{ {who}@{domain} = {who}/Maildir/ }}"
        for who, domain in (
            ("ana", "a.example"),
            ("bo", "b.example"),
            ("later", "b.example"),
            ("office", "ops.example"),
        )
    )
    (folder / "etc" / "main.cf").write_text(f"""
compatibility_level = 3.6
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.ops.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ {dovecot.clock}
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = /dev/stdout
default_transport = error:nothing leaves this machine
virtual_mailbox_domains = a.example, b.example, ops.example
virtual_mailbox_base = {dovecot.mail}
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
transport_maps = inline:{{ {{ later@b.example = nobodyhome: }} }}
smtpd_recipient_restrictions = check_recipient_access
  inline:{{ {{ grey@b.example = 450 4.2.0 greylisted }} {{ ghost@b.example = 550 5.1.1 no such user }} }},
  permit_mynetworks, reject
""")
    (folder / "etc" / "master.cf").write_text(f"""
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
nobodyhome unix - n n - - pipe user=nobody argv={folder}/nobodyhome
""")
    (folder / "nobodyhome").write_text("#!/bin/sh\ncat > /dev/null\nexit 67\n")  # EX_NOUSER
    (folder / "nobodyhome").chmod(0o755)


def _arrived(port: int, who: str, count: int = 1) -> list[bytes]:
    """What is in the inbox, once that much has come."""
    deadline = time.monotonic() + 300
    while True:
        imap = imaplib.IMAP4("127.0.0.1", port, timeout=60)
        imap.login(who, "demopass")
        imap.select("INBOX", readonly=True)
        numbers = imap.search(None, "ALL")[1][0].split()
        found = [imap.fetch(number.decode(), "(BODY.PEEK[])")[1][0] for number in numbers]
        imap.logout()
        if len(found) >= count or time.monotonic() > deadline:
            return [item[1] for item in found if isinstance(item, tuple)]
        time.sleep(0.2)


def test_postfix_delivers_refuses_and_bounces(postfix: SimpleNamespace, make_mailer: Any, make_letter: Any) -> None:
    sender = "office@ops.example"

    def letter(number: int, *to: str) -> Any:
        from dataclasses import replace

        made = make_letter(number, to=to, journal="office@ops.example" if number == 1 else None)
        return replace(made, envelope=replace(made.envelope, sender=sender))

    first, refused, later, bouncing = (
        letter(1, *TO),
        letter(2, "ana@a.example", "ghost@b.example"),
        letter(3, "ana@a.example", "grey@b.example"),
        letter(4, "ana@a.example", "later@b.example"),
    )
    with make_mailer(postfix.port, sender=sender).session() as session:
        outcomes = [session.deliver(each, lambda: None).outcome for each in (first, refused, later, bouncing)]
    assert outcomes == ["sent", "refused", "try again", "sent"]

    ana = _arrived(postfix.imap_port, "ana", 2)
    assert [sum(each.message_id.encode() in mail for mail in ana) for each in (first, refused, later, bouncing)] == [
        1,
        0,
        0,
        1,
    ]
    assert len(_arrived(postfix.imap_port, "bo")) == 1
    assert len(_arrived(postfix.imap_port, "office", 2)) == 2

    looking = evidence(postfix.imap_port, "office", journal_folders=("INBOX",))
    assert looking.was_sent([first.message_id, refused.message_id]) == {
        first.message_id: True,
        refused.message_id: False,
    }
    known = {each.message_id: LetterKind.INTRODUCTION for each in (first, refused, later, bouncing)}
    ((message_id, recipient, reason),) = looking.bounces(known)
    assert (message_id, recipient) == (bouncing.message_id, "later@b.example")
    assert reason.startswith("5.1.1")
