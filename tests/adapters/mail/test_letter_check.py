"""The last look at a letter before it leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.adapters.mail.letter_check import envelope_address, flaw_of, needs_eight_bits, needs_international
from pipeline.model import Envelope, Letter, LetterKind

GOOD = Letter(
    id="introduction:M-1",
    kind=LetterKind.INTRODUCTION,
    match="M-1",
    message_id="<1@ours.example>",
    envelope=Envelope(sender="us@ours.example", recipients=("a@a.example", "b@b.example"), journal="j@ours.example"),
    content=b"Subject: Hello\r\nMessage-ID:\r\n <1@ours.example>\r\n\r\nHello\r\n",
    subject="Hello",
)


def with_content(content: bytes) -> Letter:
    return replace(GOOD, content=content)


def with_envelope(**changed: Any) -> Letter:
    return replace(GOOD, envelope=replace(GOOD.envelope, **changed))


def test_a_good_letter_has_no_flaw() -> None:
    assert flaw_of(GOOD) is None


@pytest.mark.parametrize(
    ("changed", "flaw"),
    [
        ({"recipients": ()}, "it has 0 recipients"),
        ({"recipients": tuple(f"r{number}@a.example" for number in range(11))}, "it has 11 recipients"),
        ({"recipients": ("a@a.example", "A@A.example")}, "one address stands twice among its recipients"),
        ({"recipients": ("a@a.example",), "journal": "a@a.example"}, "one address stands twice among its recipients"),
        *(
            ({"recipients": (bad,)}, "one of its addresses is not one plain address")
            for bad in ("a", "a@", "@a.example", "a b@a.example", "a@a.example, b@b.example", "<a@a.example>",
                        "a@a.example\r\nRCPT TO:<x@y.example>", f"{'a' * 65}@a.example", f"a@{'a' * 250}.example")
        ),
        ({"sender": "nobody"}, "one of its addresses is not one plain address"),
        ({"journal": "nobody"}, "one of its addresses is not one plain address"),
    ],
)  # fmt: skip
def test_flaws_of_the_envelope(changed: dict[str, Any], flaw: str) -> None:
    assert flaw_of(with_envelope(**changed)) == flaw


HEAD = b"Message-ID: <1@ours.example>\r\n"


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (HEAD + b"\r\nHello", "its lines do not all end as they must"),
        (HEAD + b"\r\nHello\n", "its lines do not all end as they must"),
        (HEAD + b"\r\nHel\0lo\r\n", "its lines do not all end as they must"),
        (HEAD + b"\r\n" + b"x" * 999 + b"\r\n", "it has a line of more than 998 bytes"),
        (HEAD, "it has no end of header"),
        (HEAD + "Subject: Ä\r\n\r\nx\r\n".encode(), "its header is not ASCII"),
        (HEAD + b"No field\r\n\r\nx\r\n", "its header has a line that is no field"),
        (b" folded\r\n" + HEAD + b"\r\nx\r\n", "its header has a line that is no field"),
        (b"Subject: x\r\n\r\nx\r\n", "its Message-ID is not the one it was queued with"),
        (b"Message-ID: <2@ours.example>\r\n\r\nx\r\n", "its Message-ID is not the one it was queued with"),
        (HEAD + HEAD + b"\r\nx\r\n", "its Message-ID is not the one it was queued with"),
    ],
)
def test_flaws_of_the_content(content: bytes, flaw: str) -> None:
    assert flaw_of(with_content(content)) == flaw


def test_a_line_may_be_as_long_as_the_standard_says() -> None:
    assert flaw_of(with_content(HEAD + b"\r\n" + b"x" * 998 + b"\r\n")) is None
    ten = tuple(f"r{number}@a.example" for number in range(10))
    assert flaw_of(with_envelope(recipients=ten)) is None


def test_a_domain_travels_in_ascii_and_a_local_part_as_it_is() -> None:
    assert envelope_address("info@borås.example") == "info@xn--bors-soa.example"
    assert envelope_address("josé@a.example") == "josé@a.example"


@pytest.mark.parametrize(
    ("recipient", "needs"), [("a@a.example", False), ("info@borås.example", False), ("josé@a.example", True)]
)
def test_what_goes_beyond_ascii_in_an_address(recipient: str, *, needs: bool) -> None:
    assert needs_international(with_envelope(recipients=(recipient,))) is needs
    header = HEAD + "Subject: Ä\r\n\r\nx\r\n".encode()
    assert (flaw_of(replace(with_envelope(recipients=(recipient,)), content=header)) is None) is needs


def test_what_goes_beyond_ascii_in_the_text() -> None:
    assert not needs_eight_bits(GOOD)
    assert needs_eight_bits(with_content(HEAD + "\r\nBorås\r\n".encode()))
