"""The way to a mail server's ear: connect, encrypt, log in. Every failure here comes before any letter is touched."""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl
from collections.abc import Iterator

from pydantic import SecretStr

from pipeline.adapters.mail.smtp_wire import Reply, SpokeTooSoon, Wire, WireBroken
from pipeline.adapters.secrets import google_token
from pipeline.config import MailSettings
from pipeline.errors import AccessRefused, ConfigurationError, MatchmakerError, TryLater

PURPOSE = "the mail password"
NEXT_RUN = "Nothing was sent; the next run tries again."


def connect(settings: MailSettings, secret: SecretStr | None, tls: ssl.SSLContext | None = None) -> Wire:
    """A connection ready for its first letter. Raises TryLater, AccessRefused or ConfigurationError."""
    own_name = settings.sender_address.rpartition("@")[2]
    wire = Wire(
        settings.host,
        settings.port,
        own_name=own_name if own_name.isascii() else "localhost",
        reply_seconds=settings.timeout_seconds,
    )
    try:
        _introduce(wire, settings, secret, tls)
    except BaseException as error:
        wire.abandon()
        failure = _in_words(error, _server(settings), settings.host)
        if failure is None:
            raise
        raise failure from error
    return wire


def _introduce(wire: Wire, settings: MailSettings, secret: SecretStr | None, tls: ssl.SSLContext | None) -> None:
    server = _server(settings)
    tls = None if settings.security == "none" else tls or ssl.create_default_context()
    _expect(wire.open(tls if settings.security == "tls" else None), "greeting", server)
    _expect(wire.greet(), "EHLO", server)
    if tls is not None and settings.security == "starttls":
        _secure(wire, tls, server)
    if settings.username:
        _log_in(wire, settings, secret)


def _secure(wire: Wire, tls: ssl.SSLContext, server: str) -> None:
    if not wire.has_extn("starttls"):
        raise ConfigurationError(
            f"{server} does not offer encryption (STARTTLS), so nothing is sent through it.",
            hint='Check mail.port, or set mail.security to "tls" if the server speaks TLS from the start.',
        )
    _expect(wire.start_tls(tls), "STARTTLS", server)
    _expect(wire.greet(), "EHLO", server)


def _log_in(wire: Wire, settings: MailSettings, secret: SecretStr | None) -> None:
    server = _server(settings)
    if secret is None:
        raise ConfigurationError(
            "mail.username is set, but no password.", hint="Set mail.password_file or mail.password_env."
        )
    offered = wire.esmtp_features.get("auth", "").upper().split()
    if settings.oauth:
        token = google_token(secret, settings.username, PURPOSE)
        steps = _xoauth2(settings.username, token)
    elif "PLAIN" in offered:
        steps = _plain(settings.username, secret)
    elif "LOGIN" in offered:
        steps = _login(settings.username, secret)
    else:
        raise ConfigurationError(
            f"{server} offers no login we know (PLAIN, LOGIN).",
            hint="Check mail.host and mail.port; or empty mail.username if no login is wanted.",
        )
    reply = wire.command(next(steps))
    for step in steps:
        if reply.code != 334:
            break
        reply = wire.command(step)
    if reply.code == 334:
        wire.command("*")
    if reply.code == 235:
        return
    # Not the server's words: some repeat what they were given.
    if reply.is_temporary:
        raise TryLater(f"{server} cannot check the login now ({reply.code}).", hint=NEXT_RUN)
    raise AccessRefused(
        f"{server} refuses the login of {settings.username} ({reply.code}).",
        hint="Check mail.username and the password; Google wants an app password or mail.oauth.",
    )


def _expect(reply: Reply, stage: str, server: str) -> None:
    if reply.is_positive:
        return
    if reply.is_permanent and stage == "STARTTLS":
        raise ConfigurationError(
            f"{server} refuses encryption: {reply.text}.", hint="Check mail.port and mail.security."
        )
    if reply.is_permanent:
        raise AccessRefused(f"{server} refuses us ({stage}): {reply.text}.", hint="Ask whoever runs the mail server.")
    raise TryLater(f"{server} cannot help now ({stage}): {reply.text}.", hint=NEXT_RUN)


def _in_words(error: BaseException, server: str, host: str) -> MatchmakerError | None:
    if isinstance(error, SpokeTooSoon):
        return AccessRefused(f"{server}: {error}.", hint="Somebody may be tampering with the connection.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConfigurationError(
            f"{server} shows a certificate that is not to be trusted: {error.verify_message}.",
            hint="Check mail.host; or have the server's certificate renewed.",
        )
    if isinstance(error, socket.gaierror):
        return TryLater(f"The name {host} is not found.", hint=f"Check mail.host. {NEXT_RUN}")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ConfigurationError(
            f"{server} does not speak TLS as expected ({error.reason}).", hint="Check mail.port and mail.security."
        )
    if isinstance(error, OSError):
        return TryLater(f"{server} cannot be reached ({error.strerror or 'no answer'}).", hint=NEXT_RUN)
    if isinstance(error, WireBroken | smtplib.SMTPException):
        return TryLater(f"{server}: {error}.", hint=NEXT_RUN)
    return None


def _server(settings: MailSettings) -> str:
    return f"The mail server {settings.host}:{settings.port}"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _plain(username: str, secret: SecretStr) -> Iterator[str]:
    yield "AUTH PLAIN " + _encoded(f"\0{username}\0{secret.get_secret_value()}")


def _login(username: str, secret: SecretStr) -> Iterator[str]:
    yield "AUTH LOGIN"
    yield _encoded(username)
    yield _encoded(secret.get_secret_value())


def _xoauth2(username: str, token: SecretStr) -> Iterator[str]:
    yield "AUTH XOAUTH2 " + _encoded(f"user={username}\1auth=Bearer {token.get_secret_value()}\1\1")
    yield ""  # after a refusal Google wants an empty line before it says which
