"""How a letter leaves: the SMTP conversation, step by step.

What became of a letter is told by the stage at which something happened, never by the kind of failure: before the
final dot nothing was accepted, whatever broke; after it only a clear yes or a clear no counts (RFC 5321, 4.1.1.4 and
6.1). A 4xx after the dot ought to be a clear no, but servers are known to say it and deliver all the same, so it
counts as unclear: evidence or a person decides, and nobody gets two letters.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from pydantic import SecretStr

from pipeline.adapters.mail.letter_check import envelope_address, flaw_of, needs_eight_bits, needs_international
from pipeline.adapters.mail.smtp_login import PURPOSE, connect
from pipeline.adapters.mail.smtp_wire import Wire, WireBroken
from pipeline.adapters.secrets import password
from pipeline.config import MailSettings, Settings
from pipeline.errors import MatchmakerError
from pipeline.model import Letter
from pipeline.ports import BeforeDot, Delivery, Outcome


def mailer_for(settings: Settings, environment: Mapping[str, str] | None = None) -> SmtpMailer:
    """The mailer that the configuration describes. Raises ConfigurationError for a password that is not there."""
    mail = settings.mail
    file = settings.path(mail.password_file) if mail.password_file else None
    return SmtpMailer(mail, password(file, mail.password_env, PURPOSE, environment))


class SmtpMailer:
    """Opens connections to the configured mail server (`ports.Mailer`).

    `tls` replaces the machine's own list of certificate authorities, for tests.
    """

    def __init__(self, settings: MailSettings, secret: SecretStr | None, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._secret = secret
        self._tls = tls

    @contextmanager
    def session(self) -> Iterator[SmtpSession]:
        """Connect and log in; leave politely at the end.

        Raises TryLater, AccessRefused or ConfigurationError before any letter is touched.
        """
        session = SmtpSession(self.connect, self._settings)
        try:
            yield session
        finally:
            session.close()

    def connect(self) -> Wire:
        """A connection ready for its first letter."""
        return connect(self._settings, self._secret, self._tls)


SENDER = "our sender address"


class _NotNow(Exception):
    """The letter stops before its final dot; carries what to tell and whether the connection is still good."""

    def __init__(self, delivery: Delivery, *, usable: bool, reopen: bool = False) -> None:
        self.delivery = delivery
        self.usable = usable
        self.reopen = reopen


class SmtpSession:
    """An open connection for several letters (`ports.MailSession`).

    A connection that died between two letters is opened again once; if that fails, the session is over and the
    remaining letters are left for a later run.
    """

    def __init__(self, connect: Callable[[], Wire], settings: MailSettings) -> None:
        self._connect = connect
        self._settings = settings
        self._wire: Wire | None = connect()
        self._letters_on_wire = 0
        self._over: str | None = None

    def close(self) -> None:
        """QUIT, whatever comes of it."""
        if self._wire is not None:
            self._wire.part()
            self._wire = None

    def deliver(self, letter: Letter, before_dot: BeforeDot) -> Delivery:
        """MAIL, every RCPT, DATA, the letter, `before_dot`, the dot, the reply. Any refusal: nothing for anybody.

        Raises only what `before_dot` raises, and then the dot was not sent.
        """
        flaw = flaw_of(letter)
        if flaw:
            return Delivery(outcome=Outcome.REFUSED, detail=f"the letter is not fit to be sent: {flaw}")
        try:
            wire = self._ready()
            try:
                self._up_to_the_dot(wire, letter)
            except _NotNow as stop:
                if not stop.reopen or not self._letters_on_wire:
                    raise
                self._drop()
                wire = self._ready()
                self._up_to_the_dot(wire, letter)
        except _NotNow as stop:
            self._after(stop)
            return stop.delivery
        except BaseException:
            self._drop()
            raise
        self._letters_on_wire += 1
        return self._the_dot(wire, before_dot)

    # -- the connection --------------------------------------------------------------------------------

    def _ready(self) -> Wire:
        if self._wire is not None and not self._wire.is_quiet():
            self._drop()
        if self._wire is None:
            if self._over is None:
                try:
                    self._wire = self._connect()
                except MatchmakerError as error:
                    self._over = str(error.args[0])
            if self._wire is None:
                raise _NotNow(_try_again(self._over or "no connection"), usable=False)
            self._letters_on_wire = 0
        return self._wire

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.abandon()
            self._wire = None

    def _after(self, stop: _NotNow) -> None:
        if self._wire is None:
            return
        if not stop.usable:
            self._drop()
            return
        self._letters_on_wire += 1
        try:
            if not self._wire.command("RSET").is_positive:
                self._drop()
        except WireBroken:
            self._drop()

    # -- the letter ------------------------------------------------------------------------------------

    def _up_to_the_dot(self, wire: Wire, letter: Letter) -> None:
        """Everything that can be taken back. Raises _NotNow."""
        stage = SENDER
        try:
            self._ask(wire, stage, self._mail_line(wire, letter), accepted=(250,))
            for recipient in letter.envelope.recipients:
                stage = recipient
                self._ask(wire, stage, self._recipient_line(wire, recipient), accepted=(250, 251))
            if letter.envelope.journal:
                stage = "our journal address (so nobody gets the letter)"
                self._ask(wire, stage, self._recipient_line(wire, letter.envelope.journal), accepted=(250, 251))
            stage = "the letter"
            self._ask(wire, stage, "DATA", accepted=(354,))
            wire.send(re.sub(rb"(?m)^\.", b"..", letter.content))
        except WireBroken as error:
            raise _NotNow(_try_again(f"{stage}: {error}"), usable=False, reopen=stage == SENDER) from error
        finally:
            wire.command_encoding = "ascii"
        if not wire.is_quiet():
            raise _NotNow(_try_again(f"{stage}: the mail server broke off"), usable=False)

    def _the_dot(self, wire: Wire, before_dot: BeforeDot) -> Delivery:
        try:
            before_dot()
        except BaseException:
            self._drop()  # a letter without its dot is thrown away by the server
            raise
        if not wire.is_quiet():
            self._drop()
            return _try_again("the mail server broke off before the letter was complete")
        try:
            wire.send(b".\r\n")
            reply = wire.reply(self._settings.final_reply_seconds)
        except WireBroken as error:
            self._drop()
            return Delivery(outcome=Outcome.UNCLEAR, detail=f"after the letter was handed over: {error}")
        except BaseException:
            self._drop()
            raise
        if reply.is_positive:
            return Delivery(outcome=Outcome.SENT, detail=reply.text)
        if reply.is_permanent:
            return Delivery(outcome=Outcome.REFUSED, detail=f"the mail server refuses the letter: {reply.text}")
        self._drop()
        return Delivery(outcome=Outcome.UNCLEAR, detail=f"after the letter was handed over: {reply.text}")

    def _ask(self, wire: Wire, stage: str, line: str, *, accepted: tuple[int, ...]) -> None:
        reply = wire.command(line)
        if reply.code in accepted:
            return
        closing = reply.code == 421
        if reply.is_permanent:
            delivery = Delivery(outcome=Outcome.REFUSED, detail=f"the mail server refuses {stage}: {reply.text}")
            raise _NotNow(delivery, usable=True)
        # After a reply that makes no sense here nobody knows where the conversation stands.
        usable = reply.is_temporary and not closing
        raise _NotNow(
            _try_again(f"the mail server does not take {stage} now: {reply.text}"),
            usable=usable,
            reopen=closing and stage == SENDER,
        )

    def _mail_line(self, wire: Wire, letter: Letter) -> str:
        options = []
        size = len(letter.content)
        if wire.has_extn("size"):
            limit = wire.esmtp_features["size"].strip()
            if limit.isdigit() and 0 < int(limit) < size:
                raise _NotNow(
                    _try_again(f"the letter has {len(letter.content)} bytes, the mail server takes {limit}"),
                    usable=True,
                )
            options.append(f"SIZE={len(letter.content)}")
        if needs_international(letter):
            if not wire.has_extn("smtputf8"):
                raise _NotNow(
                    _try_again("an address with letters beyond ASCII, which the mail server does not take (SMTPUTF8)"),
                    usable=True,
                )
            options.append("SMTPUTF8")
            wire.command_encoding = "utf-8"
        if needs_eight_bits(letter):
            if not wire.has_extn("8bitmime"):
                raise _NotNow(_try_again("the mail server does not take eight-bit letters"), usable=True)
            options.append("BODY=8BITMIME")
        if wire.has_extn("dsn"):
            options += ["RET=HDRS", f"ENVID={envelope_id(letter.message_id)}"]
        return " ".join([f"MAIL FROM:<{envelope_address(letter.envelope.sender)}>", *options])

    def _recipient_line(self, wire: Wire, recipient: str) -> str:
        address = envelope_address(recipient)
        line = f"RCPT TO:<{address}>"
        if not wire.has_extn("dsn"):
            return line
        line += " NOTIFY=FAILURE,DELAY"
        return f"{line} ORCPT=rfc822;{_xtext(address)}" if address.isascii() else line


def envelope_id(message_id: str) -> str:
    """What bounces quote as Original-Envelope-Id: the unguessable part of the Message-ID."""
    return _xtext(message_id.strip("<>").partition("@")[0])


def _xtext(text: str) -> str:
    """RFC 3461, section 4: printable ASCII but + and =, the rest as +XX."""
    return "".join(
        character if "!" <= character <= "~" and character not in "+=" else f"+{ord(character):02X}"
        for character in text
    )


def _try_again(detail: str) -> Delivery:
    return Delivery(outcome=Outcome.TRY_AGAIN, detail=detail)
