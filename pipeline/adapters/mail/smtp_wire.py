"""One SMTP connection: smtplib's commands over replies that are read with a limit in time and size.

smtplib waits anew for each packet, joins endless replies, and forgets bytes sent ahead of a TLS handshake.
Here every reply has one deadline, and whatever goes wrong on the wire is one exception, `WireBroken`: what it means
depends on the stage alone, which only the caller knows.
"""

from __future__ import annotations

import contextlib
import re
import select
import smtplib
import socket
import ssl
import time
from typing import NoReturn

from pipeline.adapters.ledger.words import one_line

MAX_LINE = 8192
MAX_LINES = 100
QUIT_SECONDS = 5.0

REPLY = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)


class WireBroken(Exception):
    """The connection is of no further use: closed, silent for too long, or speaking something else."""


class SpokeTooSoon(WireBroken):
    """Plain text came in ahead of the TLS handshake: somebody on the way tries to slip commands in."""


class Reply:
    """What the server said: code, and its words as one bounded line."""

    __slots__ = ("code", "text")

    def __init__(self, code: int, message: bytes) -> None:
        self.code = code
        self.text = one_line(f"{code} {message.decode('utf-8', 'replace')}", 240)

    @property
    def is_positive(self) -> bool:
        """2xx: done."""
        return 200 <= self.code <= 299

    @property
    def is_temporary(self) -> bool:
        """4xx: not now."""
        return 400 <= self.code <= 499

    @property
    def is_permanent(self) -> bool:
        """5xx: no."""
        return 500 <= self.code <= 599


class Wire(smtplib.SMTP):
    """A connection to a mail server. `reply_seconds` is the limit for each reply unless told otherwise."""

    def __init__(self, host: str, port: int, *, own_name: str, reply_seconds: float) -> None:
        # Without a host nothing is connected yet; without a name smtplib would ask the DNS for ours.
        super().__init__(local_hostname=own_name, timeout=reply_seconds)
        self.reply_seconds = reply_seconds
        self._address = (host, port)
        self._unread = bytearray()

    def open(self, tls: ssl.SSLContext | None) -> Reply:
        """Connect, with TLS from the first byte if a context is given, and read the greeting."""
        self.sock = socket.create_connection(self._address, timeout=self.reply_seconds)
        # The final dot is a packet of its own: without this it would wait for the letter to be acknowledged.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.sock = tls.wrap_socket(self.sock, server_hostname=self._address[0])
        return self.reply()

    def start_tls(self, tls: ssl.SSLContext) -> Reply:
        """STARTTLS: after a 220 the connection is encrypted, and all that was said before is forgotten."""
        reply = self.command("STARTTLS")
        if reply.code != 220:
            return reply
        if self._unread:
            raise SpokeTooSoon("the mail server spoke out of turn before TLS began")
        if self.sock is None:
            raise WireBroken("the connection is closed")
        self.sock = tls.wrap_socket(self.sock, server_hostname=self._address[0])
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo_resp = None
        return reply

    def greet(self) -> Reply:
        """EHLO."""
        code, message = self.ehlo()
        return Reply(code, message)

    def command(self, line: str) -> Reply:
        """Say one line, hear the reply."""
        return Reply(*self.docmd(line))

    def reply(self, seconds: float | None = None) -> Reply:
        """Hear a reply within the limit."""
        return Reply(*self._read_reply(self.reply_seconds if seconds is None else seconds))

    def getreply(self) -> tuple[int, bytes]:
        """smtplib's own way of asking for a reply."""
        return self._read_reply(self.reply_seconds)

    def send(self, s: str | bytes) -> None:  # type: ignore[override]
        """Send it all within the limit, or raise WireBroken."""
        if self.sock is None:
            raise WireBroken("the connection is closed")
        data = s.encode(self.command_encoding) if isinstance(s, str) else s
        try:
            self.sock.settimeout(self.reply_seconds)
            self.sock.sendall(data)
        except OSError as error:
            self._broken(error)

    def is_quiet(self) -> bool:
        """Whether the server has neither spoken nor hung up while it is not its turn."""
        if self.sock is None or self._unread:
            return False
        try:
            poll = select.poll()
            poll.register(self.sock, select.POLLIN | select.POLLERR | select.POLLHUP)
            pending = isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()
            if not pending and not poll.poll(0):
                return True
            self.sock.settimeout(0)
            self._unread += self.sock.recv(4096)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True  # TLS had something to say, the server had not
        except (OSError, ValueError):
            return False
        return False

    def abandon(self) -> None:
        """Close at once and say nothing."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.close()
        self.sock = None
        self._unread.clear()

    def part(self) -> None:
        """QUIT; what comes of it does not matter to anybody."""
        if self.sock is None:
            return
        self.reply_seconds = min(self.reply_seconds, QUIT_SECONDS)
        with contextlib.suppress(WireBroken, smtplib.SMTPException, OSError, ValueError):
            self.docmd("QUIT")
        self.abandon()

    def _read_reply(self, seconds: float) -> tuple[int, bytes]:
        deadline = time.monotonic() + seconds
        lines: list[bytes] = []
        code = b""
        while len(lines) < MAX_LINES:
            found = REPLY.fullmatch(self._read_line(deadline, seconds))
            if found is None or (code and found[1] != code):
                raise WireBroken("the mail server answered with something that is not SMTP")
            code = found[1]
            lines.append((found[3] or b"").strip())
            if found[2] != b"-":
                return int(code), b"\n".join(lines)
        raise WireBroken("the mail server's answer does not end")

    def _read_line(self, deadline: float, seconds: float) -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > MAX_LINE:
                raise WireBroken("the mail server's answer does not end")
            self._unread += self._receive(deadline, seconds)
        line = bytes(self._unread[:end])
        del self._unread[: end + 1]
        if len(line) > MAX_LINE:
            raise WireBroken("the mail server's answer does not end")
        return line.rstrip(b"\r")

    def _receive(self, deadline: float, seconds: float) -> bytes:
        if self.sock is None:
            raise WireBroken("the connection is closed")
        left = deadline - time.monotonic()
        if left <= 0:
            raise WireBroken(f"the mail server did not answer within {seconds:.0f} s")
        try:
            self.sock.settimeout(left)
            data = self.sock.recv(4096)
        except TimeoutError:
            raise WireBroken(f"the mail server did not answer within {seconds:.0f} s") from None
        except OSError as error:
            self._broken(error)
        if not data:
            raise WireBroken("the mail server closed the connection")
        return data

    def _broken(self, error: OSError) -> NoReturn:
        if isinstance(error, TimeoutError):
            raise WireBroken("the mail server does not take what is sent to it") from None
        raise WireBroken(f"the connection broke ({error.strerror or type(error).__name__})") from error
