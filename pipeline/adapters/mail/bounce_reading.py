"""What a mail in the bounce folder says: which letter did not reach whom, if it is about one of ours at all.

Known kinds: delivery reports (RFC 3464; Gmail and Exchange send these, too), and the plain-text bounces of Exim
(`X-Failed-Recipients`) and of servers that return the letter behind a few sentences. A mail counts only when it
carries the unguessable id of a letter that was sent; what it says is still a stranger's word, so it may raise a flag
and nothing more. Out-of-office replies and reports of delay say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

from pipeline.adapters.ledger.words import one_line
from pipeline.adapters.mail.letter_check import ADDRESS
from pipeline.cleaning.addresses import canonical_address

MAX_PARTS = 60
MAX_RECIPIENTS = 20
MAX_REASON = 200
UNKNOWN_ADDRESS = "an unknown address"

DAEMON = re.compile(r"mailer-daemon|postmaster|mail delivery|microsoftexchange|maildelivery", re.IGNORECASE)
PERMANENT = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b|\b5[0-9]{2}[ -]")
LOOKS_LIKE_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"'@=/]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}[A-Za-z0-9]")
RETURNED_LETTER = re.compile(
    r"^(?:-{2,}.*(?:copy|original|returned|below).*|(?:Return-Path|Received|Message-ID):.*)$",
    re.IGNORECASE | re.MULTILINE,
)


class Bounce(NamedTuple):
    """One recipient who was not reached by one letter."""

    message_id: str
    recipient: str
    reason: str


def read_bounce(data: bytes, message_ids: Iterable[str]) -> tuple[Bounce, ...]:
    """What the mail says about our letters; nothing for any other mail, however broken."""
    try:
        message = message_from_bytes(data)
        parts = list(_bounded_walk(message))
        letter = _letter_of(message, parts, data, message_ids)
        if letter is None:
            return ()
        reports = [part for part in parts if part.get_content_type() == "message/delivery-status"]
        failed = _from_reports(reports) if reports else _from_words(message, parts)
        unique = {canonical_address(recipient): (recipient, reason) for recipient, reason in reversed(failed)}
        bounces = [Bounce(letter, recipient, reason) for recipient, reason in reversed(unique.values())]
        return tuple(bounces[:MAX_RECIPIENTS])
    except Exception:  # noqa: BLE001 - a stranger's mail may break any parser, and must never break the run
        return ()


def _bounded_walk(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= MAX_PARTS:
            return
        yield part


def _letter_of(message: Message, parts: list[Message], data: bytes, message_ids: Iterable[str]) -> str | None:
    """The letter it is about: by envelope id, by the returned header, by what it answers, by the text it quotes."""
    ids = list(message_ids)
    by_token = {_token(each): each for each in ids}
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            for block in _blocks(part)[:1]:
                token = str(block.get("Original-Envelope-Id", "")).strip()
                if token in by_token:
                    return by_token[token]
    known = set(ids)
    for header in [*_returned_headers(parts), message]:
        for name in ("Message-ID", "X-Google-Original-Message-ID", "In-Reply-To", "References"):
            if header is message and name == "Message-ID":
                continue
            for word in str(header.get(name, "")).split():
                if word in known:
                    return word
    if not _from_daemon(message):
        return None
    return next((each for each in ids if each.encode() in data), None)


def _token(message_id: str) -> str:
    return message_id.strip("<>").partition("@")[0]


def _returned_headers(parts: list[Message]) -> Iterator[Message]:
    for part in parts:
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind == "message/rfc822" and isinstance(payload, list) and payload and isinstance(payload[0], Message):
            yield payload[0]
        elif kind == "text/rfc822-headers" and not part.is_multipart():
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield message_from_bytes(content)


def _blocks(report: Message) -> list[Message]:
    payload = report.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _from_reports(reports: list[Message]) -> list[tuple[str, str]]:
    failed = []
    for report in reports:
        for block in _blocks(report)[:MAX_PARTS]:
            status = str(block.get("Status", "")).strip()
            action = str(block.get("Action", "")).split("(")[0].strip().lower()
            if action != "failed" and not (not action and status.startswith("5.")):
                continue
            recipient = _typed(block.get("Original-Recipient")) or _typed(block.get("Final-Recipient"))
            reason = _typed(block.get("Diagnostic-Code")) or status
            if status and status not in reason:
                reason = f"{status} {reason}"
            failed.append((_address(recipient), one_line(reason, MAX_REASON) or "no reason given"))
    return failed


def _typed(value: object) -> str:
    """The part of `rfc822; somebody@example.org` behind the type."""
    text = " ".join(str(value or "").split())
    return text.partition(";")[2].strip() if ";" in text else text


def _address(text: str) -> str:
    text = text.strip().strip("<>")
    return text if len(text) <= 320 and ADDRESS.fullmatch(text) else UNKNOWN_ADDRESS


def _from_daemon(message: Message) -> bool:
    if message.get("X-Failed-Recipients") or message.get_content_type() == "multipart/report":
        return True
    senders = " ".join(str(message.get(name, "")) for name in ("From", "Sender", "Return-Path"))
    return bool(DAEMON.search(senders)) or str(message.get("Return-Path", "")).strip() == "<>"


def _from_words(message: Message, parts: list[Message]) -> list[tuple[str, str]]:
    """A bounce without a machine-readable report: only from a mail system, and only with a permanent code."""
    named = message.get("X-Failed-Recipients")
    if not _from_daemon(message) or (named is None and _is_automatic_reply(message)):
        return []
    text = RETURNED_LETTER.split(_text_of(parts), maxsplit=1)[0][:20_000]
    code = PERMANENT.search(text)
    if code is None:
        return []
    start = text.rfind("\n", 0, code.start()) + 1
    reason = one_line(text[start : start + 2 * MAX_REASON].split("\n\n")[0], MAX_REASON)
    if named is not None:
        return [(_address(each), reason) for each in str(named).replace("\n", " ").split(",")]
    own = {canonical_address(each) for each in LOOKS_LIKE_ADDRESS.findall(str(message.get("From", "")))}
    found = [each for each in LOOKS_LIKE_ADDRESS.findall(text) if canonical_address(each) not in own]
    return [(_address(each), reason) for each in found[:1]] or [(UNKNOWN_ADDRESS, reason)]


def _is_automatic_reply(message: Message) -> bool:
    if message.get("X-Autoreply") or message.get("X-Autorespond"):
        return True
    if str(message.get("Precedence", "")).strip().lower() == "auto_reply":
        return True
    return str(message.get("Auto-Submitted", "")).strip().lower().startswith("auto-replied")


def _text_of(parts: list[Message]) -> str:
    for part in parts:
        if part.get_content_type() not in {"text/plain", "text/html"} or part.get_content_disposition() == "attachment":
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            text = content.decode("utf-8", "replace").replace("\r\n", "\n")
            return re.sub(r"<[a-zA-Z/!][^>@]{0,500}>", " ", text) if part.get_content_subtype() == "html" else text
    return ""
