"""Evidence and bounces over real IMAP (pymap; Dovecot where it is installed), and every way evidence can fail."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.adapters.mail.mailbox import ImapMailbox, mailbox_for
from pipeline.config import ImapSettings, Settings
from pipeline.errors import AccessRefused, ConfigurationError, TryLater
from pipeline.model import LetterKind

ID = "<intro.0123456789abcdef0123456789abcdef@ops.example>"
OTHER = "<intro.ffffffffffffffffffffffffffffffff@ops.example>"
LETTER = f"From: secretariat@ops.example\nMessage-ID: {ID}\nSubject: Hello\n\nDear both\n".encode()
BOUNCE = (
    "From: MAILER-DAEMON@mx.example\nSubject: Undelivered\nMIME-Version: 1.0\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
    "--b\nContent-Type: text/plain\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\n"
    f"Reporting-MTA: dns; mx.example\nOriginal-Envelope-Id: {ID[1:].split('@', maxsplit=1)[0]}\n\n"
    "Final-Recipient: rfc822; bo@b.example\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
).encode()
SENT = "Sent"


def evidence(port: int, secret: str = "demopass", **settings: Any) -> ImapMailbox:
    given = {"username": "demouser", "sent_folders": (SENT,), "security": "none", "timeout_seconds": 60, **settings}
    return ImapMailbox(ImapSettings(host="127.0.0.1", port=port, **given), SecretStr(secret))


# -- evidence -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Message-ID", "X-Google-Original-Message-ID"])
def test_a_sent_letter_is_found_by_its_own_header(mailbox: Any, header: str) -> None:
    mailbox.make(SENT)
    mailbox.add(SENT, LETTER.replace(b"Message-ID", header.encode()))
    assert evidence(mailbox.port).was_sent([ID, OTHER, ID]) == {ID: True, OTHER: False}


def test_two_copies_are_as_good_as_one(mailbox: Any) -> None:
    mailbox.make(SENT)
    for _ in range(2):
        mailbox.add(SENT, LETTER)
    assert evidence(mailbox.port).was_sent([ID]) == {ID: True}


@pytest.mark.parametrize(
    "content",
    [
        f"Message-ID: <reply@a.example>\nIn-Reply-To: {ID}\nReferences: {ID}\n\n> Message-ID: {ID}\n",
        f"Message-ID: {ID[:-1]}.evil.example>\n\nx\n",
        f"Message-ID: <x{ID[1:]}\n\nx\n",
        f"Subject: {ID}\nMessage-ID: <x@y>\n\nx\n",
        "Subject: none\n\nx\n",
    ],
)
def test_a_quotation_is_no_evidence(mailbox: Any, content: str) -> None:
    mailbox.make(SENT)
    mailbox.add(SENT, content.encode())
    assert evidence(mailbox.port).was_sent([ID]) == {ID: False}


def test_a_journal_copy_is_evidence_without_a_sent_copy(mailbox: Any) -> None:
    mailbox.make(SENT, "Journal")
    mailbox.add("Journal", LETTER)
    assert evidence(mailbox.port, journal_folders=("Journal",)).was_sent([ID]) == {ID: True}


def test_without_any_sent_folder_nothing_is_proved(mailbox: Any) -> None:
    with pytest.raises(ConfigurationError, match="Sent"):
        evidence(mailbox.port).was_sent([ID])


def test_with_a_missing_journal_folder_only_what_was_found_counts(mailbox: Any) -> None:
    mailbox.make(SENT)
    mailbox.add(SENT, LETTER)
    looking = evidence(mailbox.port, journal_folders=("Nowhere",))
    assert looking.was_sent([ID]) == {ID: True}
    assert looking.was_sent([ID, OTHER]) == {ID: True}
    with pytest.raises(ConfigurationError, match="Nowhere"):
        looking.was_sent([OTHER])


@pytest.mark.parametrize("folder", ["Gesendete Objekte", "Éléments envoyés & co", 'Say "sent"', "送信済み"])
def test_folders_of_any_name(mailbox: Any, folder: str) -> None:
    from pipeline.adapters.mail.mailbox import _quoted

    mailbox.imap.create(_quoted(folder))
    mailbox.imap.append(_quoted(folder), "", "", LETTER.replace(b"\n", b"\r\n"))
    assert evidence(mailbox.port, sent_folders=(folder,)).was_sent([ID]) == {ID: True}


def test_ids_that_are_none_are_not_searched_for(mailbox: Any) -> None:
    mailbox.make(SENT)
    assert evidence(mailbox.port).was_sent(['<a" OR ALL>', "", "x", "<a@b\r\nA LOGOUT>"]) == {}


def test_looking_changes_nothing(mailbox: Any) -> None:
    mailbox.make(SENT)
    mailbox.add(SENT, LETTER)
    mailbox.add("INBOX", BOUNCE)
    before = mailbox.flags(SENT), mailbox.flags("INBOX")
    looking = evidence(mailbox.port)
    looking.was_sent([ID])
    assert list(looking.bounces({ID: LetterKind.INTRODUCTION}))
    seen = mailbox.flags(SENT), mailbox.flags("INBOX")
    assert not any(b"\\Seen" in flags or b"\\Deleted" in flags for flags in [*seen[0], *seen[1]])
    assert [len(flags) for flags in seen] == [len(flags) for flags in before]


# -- bounces --------------------------------------------------------------------------------------------


def test_a_bounce_is_found_and_matched_by_id(mailbox: Any) -> None:
    mailbox.add("INBOX", b"From: eve@e.example\nSubject: hello\n\n550 5.1.1 " + ID.encode())
    mailbox.add("INBOX", BOUNCE)
    mailbox.add("INBOX", BOUNCE.replace(b"0123", b"9999"))
    found = list(evidence(mailbox.port).bounces({ID: LetterKind.INTRODUCTION, OTHER: LetterKind.QUESTION}))
    assert found == [(ID, "bo@b.example", "5.1.1")]
    assert list(evidence(mailbox.port).bounces({})) == []


def test_a_broken_or_enormous_mail_does_not_hide_the_bounce_behind_it(mailbox: Any) -> None:
    mailbox.add("INBOX", BOUNCE)
    mailbox.add("INBOX", b"From: postmaster@x.example\nContent-Type: multipart/report; boundary=\n\n\xff\xfe" * 50)
    mailbox.add("INBOX", b"From: postmaster@x.example\n\n" + b"x" * 1_000_000)
    assert list(evidence(mailbox.port).bounces({ID: LetterKind.INTRODUCTION})) == [(ID, "bo@b.example", "5.1.1")]


def test_a_missing_bounce_folder_does_not_stop_the_others(mailbox: Any, caplog: pytest.LogCaptureFixture) -> None:
    mailbox.add("INBOX", BOUNCE)
    looking = evidence(mailbox.port, bounce_folders=("Nowhere", "INBOX"))
    assert len(list(looking.bounces({ID: LetterKind.INTRODUCTION}))) == 1
    assert "Nowhere" in caplog.text


# -- trouble --------------------------------------------------------------------------------------------


def test_a_login_that_is_refused_says_so_without_the_password(mailbox: Any) -> None:
    with pytest.raises(AccessRefused) as caught:
        evidence(mailbox.port, secret="canary é").was_sent([ID])
    assert "canary" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="password"):
        ImapMailbox(ImapSettings(host="127.0.0.1", port=mailbox.port, security="none"), None).was_sent([ID])


Script = Callable[[socket.socket], None]


@pytest.fixture
def scripted() -> Iterator[Callable[[dict[bytes, bytes]], int]]:
    """An IMAP server that answers each command by its first word with the given bytes; none: it hangs up."""
    servers: list[socket.socket] = []

    def start(answers: dict[bytes, bytes]) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def talk() -> None:
            with contextlib.suppress(OSError, ValueError, IndexError):  # a TLS hello is no line of words
                connection, _ = server.accept()
                connection.settimeout(60)
                with connection, connection.makefile("rb") as lines:
                    connection.sendall(answers.get(b"GREETING", b"* OK ready\r\n"))
                    for line in lines:
                        tag, command = line.split()[:2]
                        verb = line.split()[2] if command.upper() == b"UID" else command
                        answer = answers.get(verb.upper())
                        if answer is None:
                            return
                        connection.sendall(answer + tag + b" OK done\r\n")

        threading.Thread(target=talk, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for server in servers:
        server.close()


LOGGED_IN = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
    b"LOGIN": b"",
    b"LIST": b'* LIST (\\Sent) "/" Sent\r\n',
    b"EXAMINE": b"* 1 EXISTS\r\n",
    b"LOGOUT": b"* BYE\r\n",
}


@pytest.mark.parametrize(
    "answers",
    [
        {b"GREETING": b""},
        {b"GREETING": b"* BYE not now\r\n"},
        {b"GREETING": b"\xff\xfe noise\r\n"},
        {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"},
        {key: LOGGED_IN[key] for key in (b"CAPABILITY", b"LOGIN")},
        {key: LOGGED_IN[key] for key in (b"CAPABILITY", b"LOGIN", b"LIST")},
        LOGGED_IN,
        {**LOGGED_IN, b"SEARCH": b"* SEARCH 1\r\n"},
        {**LOGGED_IN, b"SEARCH": b"* SEARCH \xff\xfe\r\n", b"FETCH": b""},
    ],
    ids=["silence", "bye", "noise", "at login", "at list", "at select", "at search", "at fetch", "noise at search"],
)
def test_a_mailbox_that_breaks_off_is_tried_later(scripted: Any, answers: dict[bytes, bytes]) -> None:
    looking = evidence(scripted(answers), timeout_seconds=0.5 if answers.get(b"GREETING") == b"" else 60)
    with pytest.raises(TryLater):
        looking.was_sent([ID])


def test_nobody_there_is_tried_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(TryLater):
        evidence(port).was_sent([ID])
    with pytest.raises(TryLater):
        list(evidence(port).bounces({ID: LetterKind.INTRODUCTION}))


def test_gmail_is_asked_in_its_own_words_and_believed_by_the_header_only(scripted: Any) -> None:
    header = f"Message-ID: <other@mail.gmail.com>\r\nX-Google-Original-Message-ID: {ID}\r\n\r\n".encode()
    answers = {
        **LOGGED_IN,
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1 X-GM-EXT-1\r\n",
        b"SEARCH": b"* SEARCH 7\r\n",
        b"FETCH": b"* 1 FETCH (UID 7 BODY[HEADER.FIELDS (MESSAGE-ID)] {%d}\r\n%s)\r\n" % (len(header), header),
    }
    assert evidence(scripted(answers)).was_sent([ID]) == {ID: True}
    answers[b"FETCH"] = answers[b"FETCH"].replace(b"intro.0", b"intro.1")
    assert evidence(scripted(answers)).was_sent([ID]) == {ID: False}


def test_the_servers_own_mark_finds_sent_under_any_name(scripted: Any) -> None:
    header = f"Message-ID: {ID}\r\n\r\n".encode()
    answers = {
        **LOGGED_IN,
        b"LIST": b'* LIST (\\HasNoChildren \\Sent) "/" "Verzonden items"\r\n',
        b"SEARCH": b"* SEARCH 7\r\n",
        b"FETCH": b"* 1 FETCH (UID 7 BODY[HEADER.FIELDS (MESSAGE-ID)] {%d}\r\n%s)\r\n" % (len(header), header),
    }
    assert evidence(scripted(answers)).was_sent([ID]) == {ID: True}


def test_the_certificate_is_checked(scripted: Any) -> None:
    settings = ImapSettings(host="127.0.0.1", port=scripted({}), username="x", timeout_seconds=2)
    with pytest.raises((TryLater, ConfigurationError)):
        ImapMailbox(settings, SecretStr("x"), ssl.create_default_context()).was_sent([ID])


def test_without_a_host_there_is_no_mailbox() -> None:
    assert mailbox_for(Settings()) is None


# -- evidence as part of the run: what becomes of an unsure letter ------------------------------------------


def _unsure(serve: Any, act: Any, make_mailer: Any, office: Any, *, kept: bool) -> Any:
    server = serve({"dot": act(keep=kept, then="reset", only=1)})
    office.run(make_mailer(server.port))
    assert office.state(1) == "unsure"
    return server


def test_a_letter_found_in_sent_counts_as_sent(
    serve: Any, act: Any, make_mailer: Any, make_office: Any, mailbox: Any
) -> None:
    mailbox.make(SENT)
    office = make_office(evidence(mailbox.port))
    server = _unsure(serve, act, make_mailer, office, kept=True)
    office.run(make_mailer(server.port))
    assert office.state(1) == "unsure", "the copy may be late"
    mailbox.add(SENT, office.letters[0].content)
    office.run(make_mailer(server.port))
    assert office.state(1) == "sent"
    office.assert_oracle(server.kept)


@pytest.mark.parametrize("complete", [False, True])
def test_a_letter_not_found_leaves_again_only_from_a_complete_mailbox_after_two_searches(
    serve: Any, act: Any, make_mailer: Any, make_office: Any, mailbox: Any, *, complete: bool
) -> None:
    mailbox.make(SENT)
    office = make_office(evidence(mailbox.port), complete=complete)
    server = _unsure(serve, act, make_mailer, office, kept=False)
    office.run(make_mailer(server.port))
    assert office.state(1) == "unsure"
    office.run(make_mailer(server.port))
    assert office.state(1) == ("sent" if complete else "unsure")
    office.assert_oracle(server.kept)


@pytest.mark.parametrize("trouble", ["down", "login", "no folder"])
def test_without_evidence_an_unsure_letter_stays_unsure(
    serve: Any, act: Any, make_mailer: Any, make_office: Any, mailbox: Any, trouble: str
) -> None:
    looking = {
        "down": lambda: evidence(1, timeout_seconds=1),
        "login": lambda: evidence(mailbox.port, secret="wrong"),
        "no folder": lambda: evidence(mailbox.port),
    }[trouble]()
    office = make_office(looking, complete=True)
    server = _unsure(serve, act, make_mailer, office, kept=True)
    for _ in range(3):
        office.run(make_mailer(server.port))
    assert office.state(1) == "unsure"
    office.assert_oracle(server.kept)
