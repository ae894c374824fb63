"""Bounces are recognised by the letter's id, and only raise a flag."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from pipeline.adapters.mail.bounce_reading import UNKNOWN_ADDRESS, read_bounce

ID = "<intro.0123456789abcdef0123456789abcdef@ops.example>"
TOKEN = ID[1:].split("@", maxsplit=1)[0]
KNOWN = [ID, "<intro.ffffffffffffffffffffffffffffffff@ops.example>"]

RETURNED = f"From: secretariat@ops.example\nMessage-ID: {ID}\nX-Match-Id: M-1\nSubject: Hello\n"


def report(
    *recipients: str,
    envelope_id: str = "",
    returned: str = RETURNED,
    headers: str = "",
    kind: str = "text/rfc822-headers",
) -> bytes:
    """A delivery report as RFC 3464 describes it."""
    blocks = "\n".join(f"{block}\n" for block in recipients)
    original = f"Original-Envelope-Id: {envelope_id}\n" if envelope_id else ""
    return (
        f"From: MAILER-DAEMON@mx.example (Mail Delivery System)\nTo: secretariat@ops.example\n{headers}"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; "
        'report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nI am sorry.\n\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n{original}\n{blocks}\n"
        f"--b\nContent-Type: {kind}\n\n{returned}\n--b--\n"
    ).encode()


FAILED = (
    "Final-Recipient: rfc822; bo@b.example\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 no such user"
)


def found(data: bytes) -> list[tuple[str, str, str]]:
    return [tuple(bounce) for bounce in read_bounce(data, KNOWN)]  # type: ignore[misc]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "data",
    [
        report(FAILED, envelope_id=TOKEN, returned=""),
        report(FAILED),
        report(FAILED, kind="message/rfc822"),
        report(FAILED, returned="", headers=f"In-Reply-To: {ID}\n"),
        report(FAILED, returned="", headers=f"References: <other@x> {ID}\n"),
        report(FAILED, returned=RETURNED.replace("Message-ID", "X-Google-Original-Message-ID")),
        report(FAILED.replace("Action: failed\n", "")),
        report("Final-Recipient: rfc822; ana@a.example\nAction: relayed\nStatus: 2.0.0\n", FAILED),
    ],
)
def test_a_report_tells_whom_it_did_not_reach_and_why(data: bytes, line_end: str) -> None:
    data = data.replace(b"\n", line_end.encode())
    assert found(data) == [(ID, "bo@b.example", "550 5.1.1 no such user")]


def test_the_address_we_wrote_to_counts_not_where_it_was_forwarded() -> None:
    forwarded = FAILED.replace("bo@b.example", "b.o@new.example").replace(
        "Final", "Original-Recipient: rfc822;bo@b.example\nFinal"
    )
    assert found(report(forwarded))[0][1] == "bo@b.example"


def test_both_sides_may_bounce() -> None:
    both = report(FAILED, FAILED.replace("bo@b", "ana@a"))
    assert {recipient for _, recipient, _ in found(both)} == {"bo@b.example", "ana@a.example"}


@pytest.mark.parametrize(
    "data",
    [
        report(FAILED.replace("failed", "delayed").replace("5.1.1", "4.4.1")),
        report(FAILED.replace("failed", "delivered").replace("5.1.1", "2.0.0")),
        report(FAILED.replace("failed", "expanded")),
        report(FAILED, returned=RETURNED.replace("0123", "9999")),
        report(FAILED, envelope_id="intro.9999", returned=""),
        report(FAILED, returned=""),
        b"From: bo@b.example\nIn-Reply-To: " + ID.encode() + b"\nAuto-Submitted: auto-replied\n\nAway, 550 5.1.1\n",
        b"From: bo@b.example\nIn-Reply-To: " + ID.encode() + b"\nX-Autoreply: yes\n\nI am away until 5.1.1\n",
        b"From: bo@b.example\nPrecedence: auto_reply\nReferences: " + ID.encode() + b"\n\nAway. 550 5.1.1 \n",
        b"From: bo@b.example\nIn-Reply-To: " + ID.encode() + b"\n\nThank you! My postmaster says 550 5.1.1 hello\n",
        b"From: postmaster@b.example\nIn-Reply-To: " + ID.encode() + b"\nSubject: Delayed\n\nWill keep trying. 4.4.1\n",
        b"",
        b"\xff\xfe\x00",
    ],
    ids=[
        "delayed", "delivered", "expanded", "of another letter", "of another envelope", "of no letter",
        "away", "away too", "away as well", "an answer", "a delay in words", "nothing", "noise",
    ],
)  # fmt: skip
def test_what_is_no_bounce_of_ours_says_nothing(data: bytes) -> None:
    assert found(data) == []


def test_exim_says_it_in_words_and_a_header() -> None:
    data = f"""From: Mail Delivery System <Mailer-Daemon@mx.example>
To: secretariat@ops.example
X-Failed-Recipients: bo@b.example
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

  bo@b.example
    host mx.b.example [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<bo@b.example>:
    550 5.1.1 <bo@b.example>: Recipient address rejected

------ This is a copy of the message, including all the headers. ------

Message-ID: {ID}
To: ana@a.example, bo@b.example
""".encode()
    ((letter, recipient, reason),) = found(data)
    assert (letter, recipient) == (ID, "bo@b.example")
    assert reason.startswith("550 5.1.1")


def test_exchange_says_it_in_html_with_the_letter_attached() -> None:
    message = EmailMessage()
    message["From"] = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@b.example>"
    message["Subject"] = "Undeliverable: Hello"
    message.set_content("x")
    message.clear_content()
    message.set_content(
        "<p>Your message to <a href='mailto:bo@b.example'>bo@b.example</a> couldn't be delivered.</p>"
        "<p>Remote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'</p>",
        subtype="html",
    )
    original = EmailMessage()
    original["Message-ID"] = ID
    original.set_content("Hello")
    message.add_attachment(original)
    ((letter, recipient, reason),) = found(message.as_bytes())
    assert (letter, recipient) == (ID, "bo@b.example")
    assert "5.1.10" in reason


def test_gmail_says_it_as_a_report_answering_the_letter() -> None:
    data = report(
        "Final-Recipient: rfc822; bo@b.example\nAction: failed\nStatus: 5.1.1\n"
        "Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.1, the server for the domain b.example.)\n"
        "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
        " 550-5.1.1 double-checking the recipient's email address",
        headers=f"X-Failed-Recipients: bo@b.example\nIn-Reply-To: {ID}\nReferences: {ID}\n",
        returned="",
    )
    ((_, recipient, reason),) = found(data)
    assert recipient == "bo@b.example"
    assert "does not exist" in reason


def test_hostile_words_become_one_bounded_line_and_no_address_of_theirs() -> None:
    hostile = FAILED.replace("bo@b.example", '"<script>"@e.example').replace(
        "no such user", "\x1b[31m=HYPERLINK " + "x" * 9000
    )
    ((_, recipient, reason),) = found(report(hostile))
    assert recipient == UNKNOWN_ADDRESS
    assert len(reason) <= 200
    assert reason.isprintable()


def test_many_recipients_are_bounded() -> None:
    assert len(found(report(*[FAILED.replace("bo@", f"bo{number}@") for number in range(500)]))) <= 20


def _nested(depth: int) -> bytes:
    parts = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(depth))
    return b"From: mailer-daemon@x.example\n" + parts + ID.encode() + b" 550 5.1.1 \n"


@pytest.mark.parametrize(
    "data",
    [
        _nested(3000),
        report(FAILED)[:300],
        report(FAILED).replace(b"--b--", b"--c--"),
        report(FAILED).replace(b'boundary="b"', b"boundary="),
        report(FAILED).replace(b"text/rfc822-headers", b"\xff/\xfe; charset=\xff"),
        report(FAILED).replace(b"rfc822; bo@b.example", b"rfc822;" + b"(" * 50_000),
        report(FAILED).replace(b"From:", b"From: " + b"=?utf-8?q?" * 10_000),
        b"From: postmaster@x\n\n550 5.1.1 " + ID.encode() + b" " + b"a@" * 60_000,
        b"From: postmaster@x\nContent-Type: text/html\n\n550 5.1.1 " + ID.encode() + b"<a " * 40_000,
        b"From: postmaster@x\n\n550 5.1.1 " + ID.encode() + b"\n" + b"--x" * 60_000,
    ],
    ids=range(10),
)
def test_malformed_mail_never_blocks_nor_breaks(data: bytes) -> None:
    found(data)


def test_our_id_in_a_strangers_mail_is_not_enough() -> None:
    data = f"From: eve@e.example\nSubject: bounce\n\n550 5.1.1 bo@b.example {ID}\n".encode()
    assert found(data) == []
