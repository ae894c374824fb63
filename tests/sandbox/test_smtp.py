"""The mail server keeps what it confirmed, exactly, and nothing else."""

from __future__ import annotations

import asyncio
import json
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.sandbox.mailbox import html_of, letter, summary
from pipeline.sandbox.smtp import SIZE_LIMIT, MailStore, serve_smtp


@pytest.fixture
def serve() -> Iterator[Callable[[MailStore], int]]:
    """Starts a server for a store and returns its port."""
    loops: list[asyncio.AbstractEventLoop] = []
    threads: list[threading.Thread] = []

    def start(store: MailStore) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        loop = asyncio.new_event_loop()
        ready = threading.Event()

        def work() -> None:
            asyncio.set_event_loop(loop)
            server = loop.run_until_complete(serve_smtp(listener, store))
            ready.set()
            loop.run_forever()
            server.close()
            loop.close()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        assert ready.wait(60)
        loops.append(loop)
        threads.append(thread)
        return int(listener.getsockname()[1])

    yield start
    for loop in loops:
        loop.call_soon_threadsafe(loop.stop)
    for thread in threads:
        thread.join(5)


def test_offers_what_real_servers_offer(tmp_path: Path, serve: Callable[[MailStore], int]) -> None:
    with smtplib.SMTP("127.0.0.1", serve(MailStore(tmp_path))) as connection:
        connection.ehlo()
        assert connection.has_extn("smtputf8")
        assert connection.has_extn("8bitmime")
        assert connection.esmtp_features["size"] == str(SIZE_LIMIT)


def test_keeps_bytes_and_envelope_exactly(tmp_path: Path, serve: Callable[[MailStore], int]) -> None:
    store = MailStore(tmp_path)
    content = b"Subject: dots\r\nTo: somebody else entirely <x@y.example>\r\n\r\n.\r\n..two\r\n.three\r\nend\r\n"
    with smtplib.SMTP("127.0.0.1", serve(store)) as connection:
        connection.sendmail("from@sandbox.example", ["a@one.example", "b@two.example"], content)
    (message,) = store.messages()
    assert message.content == content
    assert message.sender == "from@sandbox.example"
    assert message.recipients == ("a@one.example", "b@two.example")


def test_international_addresses_and_text(tmp_path: Path, serve: Callable[[MailStore], int]) -> None:
    store = MailStore(tmp_path)
    content = "Subject: Grüße aus Borås\r\n\r\nZażółć\r\n".encode()
    with smtplib.SMTP("127.0.0.1", serve(store)) as connection:
        connection.sendmail("a@b.example", ["zażółć@gmina.example"], content, ["SMTPUTF8", "BODY=8BITMIME"])
    (message,) = MailStore(tmp_path).messages()
    assert message.recipients == ("zażółć@gmina.example",)
    assert "SMTPUTF8" in message.options
    assert summary(message)["subject"] == "Grüße aus Borås"


def test_everything_is_there_after_a_restart(tmp_path: Path, serve: Callable[[MailStore], int]) -> None:
    port = serve(MailStore(tmp_path))
    for text in ("one", "two", "three"):
        with smtplib.SMTP("127.0.0.1", port) as connection:
            connection.sendmail("a@b.example", ["c@d.example"], f"Subject: {text}\r\n\r\n")
    again = MailStore(tmp_path)
    assert [summary(message)["subject"] for message in again.messages()] == ["one", "two", "three"]
    kept = again.add(b"Subject: four\r\n\r\n", sender="", recipients=(), options=())
    assert kept.number == 4


def test_a_message_never_confirmed_does_not_count(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    store.add(b"Subject: kept\r\n\r\n", sender="", recipients=(), options=())
    (tmp_path / "000002.eml").write_bytes(b"Subject: the machine died before the envelope was written\r\n\r\n")
    (tmp_path / "000003.json").write_text("{}")
    again = MailStore(tmp_path)
    assert [message.number for message in again.messages()] == [1]
    assert again.add(b"", sender="", recipients=(), options=()).number == 3


def test_a_broken_connection_leaves_nothing(tmp_path: Path, serve: Callable[[MailStore], int]) -> None:
    store = MailStore(tmp_path)
    with smtplib.SMTP("127.0.0.1", serve(store)) as connection:
        connection.ehlo()
        connection.mail("a@b.example")
        connection.rcpt("c@d.example")
        connection.docmd("DATA")
        connection.send(b"Subject: half\r\n\r\nno final dot")
        connection.close()
    assert store.messages() == ()
    assert list(tmp_path.iterdir()) == []


def test_an_oversized_message_is_refused(tmp_path: Path, serve: Callable[[MailStore], int]) -> None:
    store = MailStore(tmp_path)
    with smtplib.SMTP("127.0.0.1", serve(store)) as connection:
        connection.ehlo()
        code, _ = connection.mail("a@b.example", [f"size={SIZE_LIMIT + 1}"])
    assert code == 552
    assert store.messages() == ()


def test_file_names_never_come_from_the_message(tmp_path: Path, serve: Callable[[MailStore], int]) -> None:
    store = MailStore(tmp_path / "mail")
    content = b"Subject: ../../escape\r\nMessage-ID: <../../../tmp/x>\r\n\r\n"
    with smtplib.SMTP("127.0.0.1", serve(store)) as connection:
        connection.sendmail("a@b.example", ['"../../c"@d.example'], content)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["000001.eml", "000001.json", "mail"]
    assert json.loads((tmp_path / "mail" / "000001.json").read_text())["rcpt_to"] == ["../../c@d.example"]


HOSTILE = {
    "unknown charset": b"Content-Type: text/plain; charset=x-nonsense\r\n\r\nhello",
    "broken base64": b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
    "broken encoded word": b"Subject: =?utf-8?b?%%%?= =?nonsense?q?x?=\r\n\r\n",
    "raw bytes in headers": b"Subject: \xff\xfe\x00\r\nTo: \xe9\r\n\r\nbody",
    "no headers at all": b"\r\njust text",
    "empty": b"",
    "multipart without boundary": b"Content-Type: multipart/alternative\r\n\r\nx",
    "doubled headers": b"To: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nSubject: y\r\n\r\n",
    "broken address": b"From: <<<>>>,,\r\nTo: @@\r\nDate: never\r\n\r\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_any_bytes_can_be_looked_at(tmp_path: Path, content: bytes) -> None:
    message = MailStore(tmp_path).add(content, sender="", recipients=("a@b.example",), options=())
    json.dumps(letter(message))
    html_of(message)
    assert summary(message)["subject"]


def test_text_and_html_are_both_found(tmp_path: Path) -> None:
    content = (
        b"Subject: =?utf-8?q?Bor=C3=A5s?=\r\nTo: a@b.example\r\nX-Match-Id: M-1\r\n"
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nV\xc3\xa4lkommen\r\n"
        b"--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello</p>\r\n--x--\r\n"
    )
    message = MailStore(tmp_path).add(content, sender="s@x.example", recipients=("a@b.example",), options=())
    shown = letter(message)
    assert (shown["subject"], shown["match"], shown["has_html"]) == ("Borås", "M-1", True)
    assert shown["text"].strip() == "Välkommen"
    assert (html_of(message) or "").strip() == "<p>Hello</p>"
    assert shown["headers"].startswith("Subject: =?utf-8?q?")
