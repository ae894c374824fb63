"""What a well-behaved mail server sees of us, and what an officer reads of an ill-behaved one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.adapters.mail.smtp import envelope_id, mailer_for
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, TryLater


def _nothing() -> None:
    pass


def test_the_server_gets_the_very_bytes_and_the_very_addresses(serve: Any, make_mailer: Any, make_letter: Any) -> None:
    server = serve()
    letters = [make_letter(1), make_letter(2, body="no dots\r\n"), make_letter(3, body="..\r\n.\r\n...\r\n")]
    with make_mailer(server.port).session() as session:
        assert [session.deliver(letter, _nothing).outcome for letter in letters] == ["sent"] * 3
    assert [kept.content for kept in server.kept] == [letter.content for letter in letters]
    assert {tuple(kept.recipients) for kept in server.kept} == {("ana@a.example", "bo@b.example")}
    assert server.connections == 1


def test_the_dot_leaves_only_after_the_mark(serve: Any, make_mailer: Any, make_letter: Any) -> None:
    server = serve()
    seen: list[int] = []
    with make_mailer(server.port).session() as session:

        def mark() -> None:
            server.broke.wait(0.2)
            seen.append(server.reached["dot"])

        assert session.deliver(make_letter(), mark).outcome == "sent"
    assert seen == [0]


@pytest.mark.parametrize("failure", [TryLater("the disk is full.", hint="Make room."), KeyboardInterrupt()])
def test_without_the_mark_there_is_no_dot(
    serve: Any, make_mailer: Any, make_letter: Any, failure: BaseException
) -> None:
    server = serve()

    def mark() -> None:
        raise failure

    with make_mailer(server.port).session() as session:
        with pytest.raises(type(failure)):
            session.deliver(make_letter(1), mark)
        assert session.deliver(make_letter(2), _nothing).outcome == "sent"
    assert [kept.message_id for kept in server.kept] == [make_letter(2).message_id]
    assert not any(b"MAIL FROM" in content for content in server.unfinished)


@pytest.mark.parametrize("stage", ["rcpt1", "rcpt2", "rcpt3"])
def test_one_refusal_and_nobody_gets_it_but_the_next_letter_leaves(
    serve: Any, act: Any, make_mailer: Any, make_letter: Any, stage: str
) -> None:
    server = serve({stage: act(say="550 5.1.1 who?", only=1)})
    with make_mailer(server.port).session() as session:
        refused = session.deliver(make_letter(1, journal="journal@ops.example"), _nothing)
        assert session.deliver(make_letter(2), _nothing).outcome == "sent"
    assert refused.outcome == "refused"
    named = {"rcpt1": "ana@a.example", "rcpt2": "bo@b.example", "rcpt3": "our journal address"}[stage]
    assert named in refused.detail
    assert "550 5.1.1 who?" in refused.detail
    assert server.connections == 1
    assert "RSET" in server.lines
    assert len(server.kept) == 1


def test_the_journal_gets_a_copy_by_envelope_only(serve: Any, make_mailer: Any, make_letter: Any) -> None:
    server = serve()
    with make_mailer(server.port).session() as session:
        session.deliver(make_letter(journal="journal@ops.example"), _nothing)
    assert server.kept[0].recipients == ["ana@a.example", "bo@b.example", "journal@ops.example"]
    assert b"journal" not in server.kept[0].content


def test_what_the_server_offers_is_used(serve: Any, make_mailer: Any, make_letter: Any) -> None:
    server = serve(extensions=("SIZE 9999", "8BITMIME", "DSN", "SMTPUTF8"))
    letter = make_letter(to=("ana+x=y@a.example", "bo@b.example"), body="hé\r\n")
    with make_mailer(server.port).session() as session:
        session.deliver(letter, _nothing)
    mail = next(line for line in server.lines if line.startswith("MAIL"))
    assert mail == (
        f"MAIL FROM:<secretariat@ops.example> SIZE={len(letter.content)} BODY=8BITMIME "
        f"RET=HDRS ENVID={envelope_id(letter.message_id)}"
    )
    assert "RCPT TO:<ana+x=y@a.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ana+2Bx+3Dy@a.example" in server.lines


def test_what_the_server_does_not_offer_is_not_used(serve: Any, make_mailer: Any, make_letter: Any) -> None:
    server = serve(extensions=())
    with make_mailer(server.port).session() as session:
        session.deliver(make_letter(), _nothing)
    assert "MAIL FROM:<secretariat@ops.example>" in server.lines
    assert "RCPT TO:<ana@a.example>" in server.lines


def test_international_addresses_where_the_server_takes_them(serve: Any, make_mailer: Any, make_letter: Any) -> None:
    server = serve(extensions=("8BITMIME", "SMTPUTF8", "DSN"))
    letter = make_letter(to=("änna@bücher.example", "bo@b.example"))
    with make_mailer(server.port).session() as session:
        assert session.deliver(letter, _nothing).outcome == "sent"
        assert session.deliver(make_letter(2), _nothing).outcome == "sent"
    assert server.kept[0].recipients[0] == "änna@xn--bcher-kva.example"
    assert [("SMTPUTF8" in kept.sender) for kept in server.kept] == [True, False]


def test_hostile_words_of_a_server_become_one_bounded_line(
    serve: Any, act: Any, make_mailer: Any, make_letter: Any
) -> None:
    hostile = b"550-\x1b[31mred\x00\r\n550-=HYPERLINK(1)\xff\xe2\x80\xae\r\n550 " + b"x" * 5000 + b"\r\n"
    server = serve({"mail": act(say=hostile)})
    with make_mailer(server.port).session() as session:
        detail = session.deliver(make_letter(), _nothing).detail
    assert detail.isprintable()
    assert len(detail) < 400
    assert detail.startswith("the mail server refuses our sender address: 550 ")


def test_google_mailboxes_log_in_with_a_token(
    serve: Any, act: Any, make_mailer: Any, make_letter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import base64

    def token(credentials: SecretStr, username: str, _: str) -> SecretStr:
        assert (credentials.get_secret_value(), username) == ("{}", "me@example.org")
        return SecretStr("ya29.token")

    monkeypatch.setattr("pipeline.adapters.mail.smtp_login.google_token", token)
    server = serve(extensions=("AUTH XOAUTH2 PLAIN",))
    mailer = make_mailer(server.port, None, SecretStr("{}"), username="me@example.org", oauth=True)
    with mailer.session() as session:
        assert session.deliver(make_letter(), _nothing).outcome == "sent"
    said = next(line for line in server.lines if line.startswith("AUTH XOAUTH2 "))
    assert base64.b64decode(said.split()[2]) == b"user=me@example.org\x01auth=Bearer ya29.token\x01\x01"


def test_the_password_is_found_beside_the_configuration(tmp_path: Any) -> None:
    (tmp_path / "password").write_text("canary\n")
    (tmp_path / "password").chmod(0o644)
    settings = Settings.model_validate({"mail": {"password_file": "password"}, "base": tmp_path})
    with pytest.raises(ConfigurationError, match="chmod"):
        mailer_for(settings)
    (tmp_path / "password").chmod(0o600)
    assert "canary" not in repr(vars(mailer_for(settings)))


FLAWS: dict[str, dict[str, Any]] = {
    "nobody": {"to": ()},
    "a crowd": {"to": tuple(f"x{number}@a.example" for number in range(20))},
    "twice": {"to": ("ana@a.example", "Ana@A.EXAMPLE")},
    "the journal is a recipient": {"journal": "bo@b.example"},
    "two in one": {"to": ("ana@a.example,bo@b.example",)},
    "angle": {"to": ("<ana@a.example>",)},
    "command": {"to": ("ana@a.example>\r\nRCPT TO:<eve@e.example",)},
    "source route": {"to": ("@relay.example:ana@a.example",)},
    "quoted": {"to": ('"ana bo"@a.example',)},
    "too long": {"to": ("x" * 65 + "@a.example",)},
    "no domain": {"to": ("ana",)},
    "control": {"to": ("an\x00a@a.example",)},
    "address literal": {"to": ("ana@[127.0.0.1]",)},
}


@pytest.mark.parametrize("change", FLAWS.values(), ids=FLAWS)
def test_an_unfit_envelope_never_leaves(serve: Any, make_mailer: Any, make_letter: Any, change: Any) -> None:
    base = make_letter()
    envelope = replace(
        base.envelope, recipients=change.get("to", base.envelope.recipients), journal=change.get("journal")
    )
    _assert_refused(serve, make_mailer, replace(base, envelope=envelope))


CONTENTS = {
    "empty": lambda _: b"",
    "bare line feed": lambda content: content + b"x\ny\r\n",
    "bare carriage return": lambda content: content + b"x\ry\r\n",
    "smuggled end": lambda content: content + b"\n.\r\nMAIL FROM:<eve@e.example>\r\n",
    "no line end": lambda content: content + b"x",
    "nul": lambda content: content + b"\x00\r\n",
    "long line": lambda content: content + b"x" * 999 + b"\r\n",
    "no header end": lambda _: b"Subject: x\r\n",
    "8-bit header": lambda content: "X-Név: é\r\n".encode() + content,
    "no field": lambda content: b"hello there\r\n" + content,
    "folded beginning": lambda content: b" x: y\r\n" + content,
    "another id": lambda content: content.replace(b"Message-ID: <intro.", b"Message-ID: <outro."),
    "two ids": lambda content: b"message-id: <x@y>\r\n" + content,
    "no id": lambda content: content.replace(b"Message-ID", b"Message-IT"),
}


@pytest.mark.parametrize("change", CONTENTS.values(), ids=CONTENTS)
def test_an_unfit_letter_never_leaves(serve: Any, make_mailer: Any, make_letter: Any, change: Any) -> None:
    base = make_letter()
    _assert_refused(serve, make_mailer, replace(base, content=change(base.content)))


def _assert_refused(serve: Any, make_mailer: Any, letter: Any) -> None:
    server = serve()
    marked: list[int] = []
    with make_mailer(server.port).session() as session:
        delivery = session.deliver(letter, lambda: marked.append(1))
    assert delivery.outcome == "refused"
    assert "not fit to be sent" in delivery.detail
    assert not marked
    assert server.kept == []
    assert "mail" not in server.reached


def test_a_folded_message_id_is_still_the_same(serve: Any, make_mailer: Any, make_letter: Any) -> None:
    server = serve()
    letter = make_letter()
    letter = replace(letter, content=letter.content.replace(b"Message-ID: ", b"Message-ID:\r\n "))
    with make_mailer(server.port).session() as session:
        assert session.deliver(letter, _nothing).outcome == "sent"
