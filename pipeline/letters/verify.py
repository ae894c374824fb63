"""Parse what you send: the final bytes read back twice and compared with what was approved.

Once with a small parser of our own that accepts only the narrow form `mime` writes, once with the
standard library's as an independent opinion. Anything that differs from the draft is refused.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as EncodingError
from binascii import a2b_qp
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import format_datetime, getaddresses

from pipeline.errors import MessageUnsafe
from pipeline.letters.mime import LINE_LIMIT, Draft, boundary

LONGEST_LINE = 998
"""RFC 5322, 2.1.1: without CRLF."""

_CONTROL = re.compile(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
_HEADER = re.compile(r"(?P<name>[A-Za-z][A-Za-z-]*): (?P<value>.+)")
_ENCODED_WORD = re.compile(r"=\?utf-8\?b\?(?P<data>[A-Za-z0-9+/]*={0,2})\?=")
_PHRASE = r"(?:[A-Za-z0-9'+/& -]+|=\?utf-8\?b\?[A-Za-z0-9+/=]*\?=(?: =\?utf-8\?b\?[A-Za-z0-9+/=]*\?=)*)"
_MAILBOX = re.compile(rf"(?:(?P<name>{_PHRASE}) <(?P<angle>[^\s<>,;:\"()\[\]\\]+)>|(?P<bare>[^\s<>,;:\"()\[\]\\]+))")
_PART_HEADERS = {
    "plain": 'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable',
    "html": 'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """A message of ours as its bytes say it. Names in headers are decoded; `headers` are in order."""

    headers: Mapping[str, str]
    text: str
    html: str

    @property
    def subject(self) -> str:
        """The subject as a reader sees it."""
        return self.headers["Subject"]


def read_back(content: bytes) -> ReadBack:
    """Read the bytes of a letter strictly: for verification, preview and tests.

    Raises MessageUnsafe when they have any other form than the one `mime.build` writes.
    """
    head, body = _split(content)
    fields = _fields(head)
    found = re.fullmatch(r'multipart/alternative; boundary="([=_0-9a-f]+)"', fields.get("Content-Type", ""))
    if found is None:
        raise MessageUnsafe("The content type of a letter is not the one we write.")
    plain, html = _parts(body, found[1])
    return ReadBack(headers={name: _decoded(value) for name, value in fields.items()}, text=plain, html=html)


def verify(content: bytes, draft: Draft) -> None:
    """Compare the bytes with the draft they were built from. Raises MessageUnsafe at the first difference."""
    head, body = _split(content)
    fields = _fields(head)
    expected = _expected_headers(draft)
    if list(fields) != expected:
        raise MessageUnsafe(f"The headers of a letter are not exactly {', '.join(expected)}.")
    for name, mailboxes in (("From", (draft.sender,)), ("To", draft.to), ("Reply-To", draft.reply_to)):
        wanted = [mailbox.address for mailbox in mailboxes]
        if mailboxes and _addresses(fields[name]) != wanted:
            raise MessageUnsafe(f"{name} of a letter is not exactly the approved addresses.")
    if _decoded(fields["Subject"]) != draft.subject:
        raise MessageUnsafe("The subject of a letter does not read as it was written.")
    for name, value in _literal_headers(draft).items():
        if fields[name] != value:
            raise MessageUnsafe(f"{name} of a letter is not as it was written.")
    if _parts(body, boundary(draft.message_id)) != (draft.text, draft.html):
        raise MessageUnsafe("The text of a letter does not read as it was written.")
    _second_opinion(content, draft, expected)


def _expected_headers(draft: Draft) -> list[str]:
    optional = {
        "Reply-To": bool(draft.reply_to),
        "In-Reply-To": bool(draft.in_reply_to),
        "References": bool(draft.in_reply_to),
        "X-Match-Id": bool(draft.match),
        "Auto-Submitted": draft.automatic,
    }
    names = (
        "From To Reply-To Subject Date Message-ID In-Reply-To References X-Match-Id Auto-Submitted"
        " MIME-Version Content-Type Content-Language"
    )
    return [name for name in names.split() if optional.get(name, True)]


def _literal_headers(draft: Draft) -> dict[str, str]:
    values = {
        "Date": format_datetime(draft.date),
        "Message-ID": draft.message_id,
        "In-Reply-To": draft.in_reply_to,
        "References": draft.in_reply_to,
        "X-Match-Id": draft.match,
        "Auto-Submitted": "auto-generated" if draft.automatic else None,
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary(draft.message_id)}"',
        "Content-Language": draft.language,
    }
    return {name: value for name, value in values.items() if value}


def _split(content: bytes) -> tuple[str, str]:
    """Header block and body as text, after the rules that hold for every byte of a letter."""
    if not content.isascii():
        raise MessageUnsafe("A letter holds bytes beyond 7-bit text.")
    if content.count(b"\r\n") != content.count(b"\n") or content.count(b"\r\n") != content.count(b"\r"):
        raise MessageUnsafe("A letter holds a line break that is not CRLF.")
    if _CONTROL.search(content):
        raise MessageUnsafe("A letter holds a control character.")
    head, _, body = content.decode("ascii").partition("\r\n\r\n")
    if any(len(line) > LONGEST_LINE for line in content.split(b"\r\n")):
        raise MessageUnsafe(f"A line of a letter is longer than {LONGEST_LINE} octets.")
    for line in head.split("\r\n"):
        # an address or identifier cannot be folded; nothing else may be longer than a line should be
        if len(line) > LINE_LIMIT and line.strip().count(" ") > (0 if line.startswith(" ") else 1):
            raise MessageUnsafe(f"A header line of a letter is longer than {LINE_LIMIT} characters.")
    return head, body


def _fields(head: str) -> dict[str, str]:
    """Header name -> unfolded value, each name once."""
    fields: dict[str, str] = {}
    for line in head.replace("\r\n ", " ").split("\r\n"):
        found = _HEADER.fullmatch(line)
        if found is None or found["name"] in fields:
            raise MessageUnsafe("A header of a letter is malformed or stands there twice.")
        fields[found["name"]] = found["value"]
    return fields


def _decoded(value: str) -> str:
    """Encoded words joined and decoded; a value without any is itself."""
    pieces: list[str] = []
    position = 0
    try:
        for found in _ENCODED_WORD.finditer(value):
            gap = value[position : found.start()]
            # blanks between two encoded words are not part of the text (RFC 2047, 6.2)
            pieces.append("" if position and gap.isspace() else gap)
            pieces.append(b64decode(found["data"], validate=True).decode("utf-8"))
            position = found.end()
    except (EncodingError, UnicodeDecodeError):
        raise MessageUnsafe("An encoded word of a letter cannot be read back.") from None
    return "".join([*pieces, value[position:]])


def _addresses(value: str) -> list[str]:
    found = [_MAILBOX.fullmatch(piece) for piece in value.split(", ")]
    return [(mailbox["angle"] or mailbox["bare"]) if mailbox else "" for mailbox in found]


def _parts(body: str, separator: str) -> tuple[str, str]:
    """The two texts, when the body is exactly two parts between their delimiters and nothing else."""
    pieces = body.split(f"--{separator}")
    if len(pieces) != 4 or pieces[0] or pieces[3] != "--\r\n":
        raise MessageUnsafe("The body of a letter is not exactly two parts.")
    texts: list[str] = []
    for piece, kind in zip(pieces[1:3], _PART_HEADERS, strict=True):
        start = f"\r\n{_PART_HEADERS[kind]}\r\n\r\n"
        if not piece.startswith(start) or not piece.endswith("\r\n"):
            raise MessageUnsafe("A part of a letter has other headers than the ones we write.")
        encoded = piece.removeprefix(start)[:-2]
        try:
            texts.append(a2b_qp(encoded.encode("ascii")).decode("utf-8").replace("\r\n", "\n"))
        except UnicodeDecodeError:
            raise MessageUnsafe("A part of a letter cannot be read back.") from None
    return texts[0], texts[1]


def _second_opinion(content: bytes, draft: Draft, expected: list[str]) -> None:
    """The same questions to the standard library's parser."""
    message = message_from_bytes(content)
    if message.keys() != expected:
        raise MessageUnsafe("A mail program would see other headers than the ones we wrote.")
    for name, mailboxes in (("From", (draft.sender,)), ("To", draft.to), ("Reply-To", draft.reply_to)):
        wanted = [mailbox.address for mailbox in mailboxes]
        if mailboxes and [address for _, address in getaddresses([str(message[name])])] != wanted:
            raise MessageUnsafe(f"A mail program would read other addresses in {name}.")
    if _as_a_reader_sees(str(message["Subject"])) != draft.subject:
        raise MessageUnsafe("A mail program would show another subject.")
    parts = message.get_payload()
    if message.get_content_type() != "multipart/alternative" or not isinstance(parts, list):
        raise MessageUnsafe("A mail program would not see two alternative parts.")
    seen = [(part.get_content_type(), _payload(part)) for part in parts if isinstance(part, Message)]
    if seen != [("text/plain", draft.text), ("text/html", draft.html)]:
        raise MessageUnsafe("A mail program would show another text.")
    if message.defects or any(part.defects for part in parts if isinstance(part, Message)):
        raise MessageUnsafe("A mail program would find the letter defective.")


def _as_a_reader_sees(header: str) -> str:
    pieces = decode_header(header.replace("\r\n ", " "))
    return "".join(
        piece.decode(charset or "ascii", "replace") if isinstance(piece, bytes) else piece for piece, charset in pieces
    )


def _payload(part: Message) -> str:
    decoded = part.get_payload(decode=True)
    return decoded.decode("utf-8", "replace").replace("\r\n", "\n") if isinstance(decoded, bytes) else ""
