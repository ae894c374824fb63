"""Kept messages as the mail page shows them: decoded for reading, and never trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from typing import Any

from pipeline.sandbox.smtp import KeptMessage

SHOWN_HEADERS = ("From", "To", "Cc", "Reply-To", "Subject", "Date")
TEXT_SHOWN = 500_000
"""Characters of a part that are shown; a page with more helps nobody."""


def summary(message: KeptMessage) -> dict[str, Any]:
    """One line of the list: number, to, subject, date, match id, whether it is a rehearsal."""
    headers = _parse(message, headers_only=True)
    return {
        "number": message.number,
        "received_at": message.received_at.isoformat(),
        "from": _header(headers, "From") or message.sender,
        "to": _header(headers, "To") or ", ".join(message.recipients),
        "subject": _header(headers, "Subject") or "(no subject)",
        "match": _header(headers, "X-Match-Id"),
    }


def letter(message: KeptMessage) -> dict[str, Any]:
    """One message in full: shown headers, text, whether it has HTML, raw headers, envelope, attachments."""
    parsed = _parse(message)
    return {
        **summary(message),
        "shown": [[name, value] for name in SHOWN_HEADERS if (value := _header(parsed, name))],
        "text": _body(parsed, "plain"),
        "has_html": bool(_body(parsed, "html")),
        "headers": _raw_headers(message.content),
        "envelope": {
            "mail_from": message.sender,
            "rcpt_to": list(message.recipients),
            "options": list(message.options),
            "size": len(message.content),
        },
        "attachments": [part.get_filename() or part.get_content_type() for part in _attachments(parsed)],
    }


def html_of(message: KeptMessage) -> str | None:
    """The HTML a mail program would show, untouched; only ever served into a sandboxed frame."""
    return _body(_parse(message), "html") or None


def _parse(message: KeptMessage, *, headers_only: bool = False) -> Message:
    # compat32 never raises on a malformed header, the modern policy does on some; what arrives is hostile
    with message.path.open("rb") as file:
        return BytesParser(policy=policy.compat32).parse(file, headersonly=headers_only)


def _header(parsed: Message, name: str) -> str:
    """All values under that name, encoded words decoded, on one line."""
    found = (value for key, value in parsed.raw_items() if key.lower() == name.lower())
    return ", ".join(_decoded(str(value)) for value in found)


def _decoded(value: str) -> str:
    unfolded = re.sub(r"\s*\r?\n\s*", " ", value)
    try:
        # raw UTF-8 (SMTPUTF8) reaches us as surrogates
        unfolded = unfolded.encode("ascii", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        unfolded = unfolded.encode("utf-8", "replace").decode("utf-8")
    try:
        return str(make_header(decode_header(unfolded))) if "=?" in unfolded else unfolded
    except (ValueError, LookupError):
        return unfolded


def _leaves(parsed: Message) -> Iterator[Message]:
    return (part for part in parsed.walk() if not part.is_multipart())


def _attachments(parsed: Message) -> Iterator[Message]:
    return (
        part
        for part in _leaves(parsed)
        if part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text"
    )


def _body(parsed: Message, subtype: str) -> str:
    """The first inline text part of that kind, or an empty string."""
    for part in _leaves(parsed):
        if part.get_content_type() != f"text/{subtype}" or part.get_content_disposition() == "attachment":
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            return ""
        try:
            text = payload.decode(part.get_content_charset("utf-8"), "replace")
        except LookupError:
            text = payload.decode("utf-8", "replace")
        return text.replace("\r\n", "\n")[:TEXT_SHOWN]
    return ""


def _raw_headers(content: bytes) -> str:
    head = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    return head.decode("utf-8", "replace").replace("\r\n", "\n")
