"""From a draft to the exact bytes of a message, without the standard library's header serialiser.

Python 3.11.7's `email` package lets a name inject headers (CVE-2024-6923) and loses addresses of long
lists (CVE-2025-1795); which version runs is not ours to choose. So every header is written here, in the
narrowest form the standards allow: 7-bit, folded by us, encoded words only in base64, names encoded
unless they are plain ASCII words. `verify` reads the result back before anything leaves.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from pipeline.cleaning.addresses import to_ascii
from pipeline.errors import MessageUnsafe

LINE_LIMIT = 78
"""RFC 5322, 2.1.1: header lines should not be longer."""

QUOTED_PRINTABLE_LIMIT = 76
"""RFC 2045, 6.7 (5): encoded lines must not be longer."""

CHUNK = 39
"""Bytes in one encoded word: 52 of base64 and 12 around, so that it fits behind the longest header name."""

_QUOTED_BYTE = [chr(byte) if 32 <= byte < 127 and byte != ord("=") else f"={byte:02X}" for byte in range(256)]
_NEEDS_NO_QUOTING = re.compile(r"(?:(?=[^.])[ -<>-~]{0,74}[!-<>-~])?")
_PLAIN_WORDS = re.compile(r"[A-Za-z0-9'+/&-]+(?: [A-Za-z0-9'+/&-]+)*")
_PLAIN_TEXT = re.compile(r"[\x21-\x7e]{1,60}(?: [\x21-\x7e]{1,60})*")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+>")
_MATCH_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_LANGUAGE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An address in a header and the name beside it. `address` is ASCII: see `ascii_address`."""

    address: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything a message says, before it is bytes. Verification compares the bytes with this."""

    sender: Mailbox
    to: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...] = ()
    subject: str
    date: datetime
    message_id: str
    in_reply_to: str | None = None
    match: str | None = None
    language: str
    automatic: bool = False
    """True on letters nobody should auto-answer (RFC 3834): questions, reminders, digests."""
    text: str
    html: str


def needs_smtputf8(address: str) -> bool:
    """Whether the part before the @ is beyond ASCII: only servers with SMTPUTF8 take it, so it is held."""
    return not address.rpartition("@")[0].isascii()


def ascii_address(address: str) -> str:
    """The address with its domain as A-labels, lower case; the part before the @ stays as it is.

    Raises MessageUnsafe for anything but one plain `local@domain` (no quotes, routes, lists, literals).
    """
    local, _, domain = address.rpartition("@")
    if needs_smtputf8(address):
        raise MessageUnsafe(
            "An address has letters beyond ASCII before the @.", hint="Ask that organisation for another address."
        )
    host = to_ascii(domain) or ""
    well_formed = _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(host)
    if not well_formed or len(local) > 64 or len(host) > 253 or "=?" in local:
        raise MessageUnsafe("An address is not one plain e-mail address.", hint="Ask the organisation for one.")
    return f"{local}@{host}"


def encoded_words(text: str) -> list[str]:
    """RFC 2047 encoded words in base64, each of whole characters."""
    words: list[str] = []
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > CHUNK:
            words.append(_encoded_word(chunk))
            chunk = b""
        chunk += encoded
    return [*words, _encoded_word(chunk)]


def _encoded_word(chunk: bytes) -> str:
    return f"=?utf-8?b?{b64encode(chunk).decode('ascii')}?="


def _folded(name: str, tokens: list[str]) -> str:
    """A header of tokens separated by blanks, a new line where the next token would not fit."""
    lines = [f"{name}:"]
    for token in tokens:
        if len(lines[-1]) + 1 + len(token) > LINE_LIMIT and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {token}"
    return "\r\n".join(lines)


def text_header(name: str, text: str) -> str:
    """An unstructured header; data that looks like an encoded word is encoded, so that readers see it as typed."""
    if _PLAIN_TEXT.fullmatch(text) and "=?" not in text:
        return _folded(name, text.split(" "))
    return _folded(name, encoded_words(text))


def address_header(name: str, mailboxes: tuple[Mailbox, ...]) -> str:
    """A list of addresses, each beginning on a line of its own."""
    lines: list[str] = []
    for number, mailbox in enumerate(mailboxes):
        # `_folded` puts `HEADER:` before its tokens; a further address is folded under an empty name instead
        tokens = [*_phrase(mailbox.name), f"<{mailbox.address}>"] if mailbox.name else [mailbox.address]
        if number < len(mailboxes) - 1:
            tokens[-1] += ","
        lines.append(_folded(name, tokens) if number == 0 else _folded("", tokens).removeprefix(":"))
    return "\r\n".join(lines)


def _phrase(name: str) -> list[str]:
    if _PLAIN_WORDS.fullmatch(name) and len(name) <= 60:
        return name.split(" ")
    return encoded_words(name)


def quoted_printable(text: str) -> str:
    """RFC 2045 quoted-printable with CRLF; no line begins with a dot or `From `, none holds a boundary.

    The boundary contains `=_`, which quoted-printable can never produce (RFC 2045, 6.7).
    """
    return "\r\n".join(_quoted_line(line) for line in text.split("\n"))


def _quoted_line(line: str) -> str:
    if _NEEDS_NO_QUOTING.fullmatch(line) and not line.startswith("From "):
        return line
    rest = "".join([_QUOTED_BYTE[byte] for byte in line.encode()])
    if rest.endswith(" "):
        rest = rest[:-1] + "=20"
    rows: list[str] = []
    while True:
        if rest.startswith((".", "From ")):
            rest = f"={ord(rest[0]):02X}{rest[1:]}"
        if len(rest) <= QUOTED_PRINTABLE_LIMIT:
            return "\r\n".join([*rows, rest])
        end = QUOTED_PRINTABLE_LIMIT - 1  # room for the sign that the line goes on
        split_byte = rest.rfind("=", end - 2, end)
        cut = end if split_byte < 0 else split_byte
        rows.append(f"{rest[:cut]}=")
        rest = rest[cut:]


def boundary(message_id: str) -> str:
    """The separator of the two parts: the same on every try, known from the Message-ID alone."""
    return "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32]


def build(draft: Draft) -> bytes:
    """The bytes of the message: CRLF, 7-bit throughout, text part first, HTML second.

    Raises MessageUnsafe when an identifier of ours is malformed; texts of any content are fine.
    """
    _require(_MESSAGE_ID, draft.message_id, "Message-ID")
    _require(_LANGUAGE, draft.language, "language")
    headers = [address_header("From", (draft.sender,)), address_header("To", draft.to)]
    if draft.reply_to:
        headers.append(address_header("Reply-To", draft.reply_to))
    headers += [
        text_header("Subject", draft.subject),
        f"Date: {format_datetime(draft.date)}",
        f"Message-ID: {draft.message_id}",
    ]
    if draft.in_reply_to:
        _require(_MESSAGE_ID, draft.in_reply_to, "In-Reply-To")
        headers += [f"In-Reply-To: {draft.in_reply_to}", f"References: {draft.in_reply_to}"]
    if draft.match:
        headers.append(f"X-Match-Id: {_require(_MATCH_ID, draft.match, 'match id')}")
    if draft.automatic:
        headers.append("Auto-Submitted: auto-generated")
    separator = boundary(draft.message_id)
    headers += [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{separator}"',
        f"Content-Language: {draft.language}",
    ]
    parts = "".join(
        f'--{separator}\r\nContent-Type: text/{kind}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{quoted_printable(body)}\r\n"
        for kind, body in (("plain", draft.text), ("html", draft.html))
    )
    return ("\r\n".join(headers) + f"\r\n\r\n{parts}--{separator}--\r\n").encode("ascii")


def _require(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.fullmatch(value):
        raise MessageUnsafe(f"The {what} of a letter is malformed.", hint="This is our mistake: please report it.")
    return value
