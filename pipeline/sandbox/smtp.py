"""A real SMTP server on this machine which keeps every message it was given.

It offers SIZE, 8BITMIME and SMTPUTF8, accepts every address, and answers 250 only after the message is on
disk: what it confirmed it still has after a restart.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

log = logging.getLogger(__name__)

SIZE_LIMIT = 25 * 1024 * 1024
"""Octets a message may have; the limit of Gmail and of many other providers."""

OWN_NAME = "sandbox.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """One message as taken: the envelope it came in, when, and where its bytes lie."""

    number: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    options: tuple[str, ...]
    """ESMTP parameters of MAIL FROM, such as `SMTPUTF8` or `BODY=8BITMIME`."""
    path: Path

    @property
    def content(self) -> bytes:
        """The message exactly as received, dots unstuffed."""
        return self.path.read_bytes()


class MailStore:
    """The messages under one directory: `000001.eml` with the bytes, `000001.json` with the envelope.

    File names come from a counter, never from what was sent. The envelope is written last, so a message
    without one was never confirmed and does not count.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._messages = sorted(_read_all(directory), key=lambda message: message.number)
        taken = [int(path.stem) for path in directory.glob("*.eml") if path.stem.isdigit()]
        self._next = max(taken, default=0) + 1

    def messages(self) -> tuple[KeptMessage, ...]:
        """All messages, oldest first."""
        with self._lock:
            return tuple(self._messages)

    def message(self, number: int) -> KeptMessage | None:
        """The message with that number, or None."""
        return next((message for message in self.messages() if message.number == number), None)

    def add(self, content: bytes, *, sender: str, recipients: tuple[str, ...], options: tuple[str, ...]) -> KeptMessage:
        """Keep one message. Raises OSError when the disk refuses; then nothing is kept."""
        with self._lock:
            number = self._next
            self._next += 1
            message = KeptMessage(
                number=number,
                received_at=datetime.now(UTC),
                sender=sender,
                recipients=recipients,
                options=options,
                path=self.directory / f"{number:06}.eml",
            )
            _write_durably(message.path, content)
            _write_durably(message.path.with_suffix(".json"), _envelope_as_json(message))
            self._messages.append(message)
            return message


class _Keeper:
    """What aiosmtpd asks when a message is complete."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content or b""
        if isinstance(content, str):
            content = content.encode("utf-8", "surrogateescape")
        try:
            kept = await asyncio.to_thread(
                self._store.add,
                content,
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                options=tuple(envelope.mail_options),
            )
        except OSError:
            log.exception("The sandbox could not keep a message")
            return "452 4.3.1 The sandbox could not write the message to its disk"
        log.info("Kept message %d for %d recipients", kept.number, len(kept.recipients))
        return f"250 2.0.0 Kept as {kept.number}"


async def serve_smtp(listener: socket.socket, store: MailStore) -> asyncio.Server:
    """Answer SMTP on that listening socket, in the running loop, until the returned server is closed."""
    loop = asyncio.get_running_loop()

    def conversation() -> Any:
        return SMTP(
            _Keeper(store),
            hostname=OWN_NAME,
            ident="Mobility Matchmaker sandbox",
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    return await loop.create_server(conversation, sock=listener)


def _envelope_as_json(message: KeptMessage) -> bytes:
    return json.dumps(
        {
            "received_at": message.received_at.isoformat(),
            "mail_from": message.sender,
            "rcpt_to": message.recipients,
            "options": message.options,
        },
        ensure_ascii=True,
        indent=1,
    ).encode("ascii")


def _read_all(directory: Path) -> Iterator[KeptMessage]:
    for path in directory.glob("*.json"):
        content = path.with_suffix(".eml")
        if not path.stem.isdigit() or not content.exists():
            continue
        try:
            envelope = json.loads(path.read_bytes())
            yield KeptMessage(
                number=int(path.stem),
                received_at=datetime.fromisoformat(envelope["received_at"]),
                sender=envelope["mail_from"],
                recipients=tuple(envelope["rcpt_to"]),
                options=tuple(envelope["options"]),
                path=content,
            )
        except (ValueError, KeyError, TypeError) as error:
            log.warning("%s is not an envelope of ours and is left out: %s", path, error)


def _write_durably(path: Path, content: bytes) -> None:
    """All or nothing: under the final name stands either the whole content or no file."""
    draft = path.with_suffix(path.suffix + ".draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
