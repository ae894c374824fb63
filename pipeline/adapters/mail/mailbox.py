"""The mailbox in which sent letters and bounces show up, read over IMAP.

Folders are opened read-only, bodies are peeked at, nothing is ever changed or deleted there.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import logging
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from typing import Any

from pydantic import SecretStr

from pipeline.adapters.mail.bounce_reading import read_bounce
from pipeline.adapters.secrets import google_token, password
from pipeline.config import ImapSettings, Settings
from pipeline.errors import AccessRefused, ConfigurationError, MatchmakerError, TryLater
from pipeline.model import LetterKind

log = logging.getLogger(__name__)

PURPOSE = "the mailbox password"
NEXT_RUN = "The next run looks again; nothing unsure is sent meanwhile."
ID_HEADERS = ("Message-ID", "X-Google-Original-Message-ID")
SAFE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+>")
LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.+)', re.DOTALL)
MAX_HITS = 25
MAX_BOUNCES = 300
MAX_BYTES = 256 * 1024
MAX_TOTAL = 16 * 1024 * 1024
BOUNCE_DAYS = 30
"""Mail servers give up after five days (RFC 5321, 4.5.4.1); the rest is for a program that was switched off."""

BOUNCE_SEARCH = (
    '(OR (OR FROM "mailer-daemon" FROM "postmaster") '
    '(OR (OR FROM "MicrosoftExchange" FROM "mail delivery") '
    '(OR HEADER "Content-Type" "multipart/report" HEADER "X-Failed-Recipients" "@")))'
)


def mailbox_for(settings: Settings, environment: Mapping[str, str] | None = None) -> ImapMailbox | None:
    """The mailbox that the configuration describes, or None. Raises ConfigurationError for a missing password."""
    imap = settings.imap
    if not imap.host:
        return None
    file = settings.path(imap.password_file) if imap.password_file else None
    return ImapMailbox(imap, password(file, imap.password_env, PURPOSE, environment))


class ImapMailbox:
    """Evidence over IMAP (`ports.Evidence`). `tls` replaces the machine's certificate authorities, for tests."""

    def __init__(self, settings: ImapSettings, secret: SecretStr | None, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._secret = secret
        self._tls = tls

    def was_sent(self, message_ids: Sequence[str]) -> Mapping[str, bool]:
        """For each Message-ID: is there a letter with this very header in Sent or in the journal?

        When some folder could not be searched, only what was found is in the answer: absent means not known.
        Raises TryLater, AccessRefused or ConfigurationError when nothing was found and not all could be searched.
        """
        wanted = [each for each in dict.fromkeys(message_ids) if SAFE_ID.fullmatch(each)]
        if not wanted:
            return {}
        found: set[str] = set()
        trouble: MatchmakerError | None = None
        try:
            with self._connection() as imap:
                folders, trouble = self._evidence_folders(imap)
                for folder in folders:
                    _examine(imap, folder)
                    found.update(each for each in wanted if each not in found and _holds(imap, each))
        except MatchmakerError as error:
            trouble = error
        if trouble is None or found.issuperset(wanted):
            return {each: each in found for each in wanted}
        if not found:
            raise trouble
        log.warning("Not all evidence could be looked through: %s", trouble)
        return dict.fromkeys(found, True)

    def bounces(self, message_ids: Mapping[str, LetterKind]) -> Iterator[tuple[str, str, str]]:
        """(Message-ID, recipient, reason) of bounces matched by id; anything else in the folder is ignored.

        Raises TryLater, AccessRefused or ConfigurationError.
        """
        if not message_ids:
            return
        with self._connection() as imap:
            left = MAX_TOTAL
            for folder in self._settings.bounce_folders:
                if not _examine(imap, _quoted(folder), may_lack=True):
                    log.warning("The folder %r (imap.bounce_folders) does not exist.", folder)
                    continue
                for number, size in _bounce_candidates(imap):
                    left -= min(size, MAX_BYTES)
                    if left < 0:
                        log.warning("There is more mail in %r than is read at once; the newest was read.", folder)
                        return
                    yield from read_bounce(_content(imap, number), message_ids)

    # -- the connection --------------------------------------------------------------------------------

    @contextmanager
    def _connection(self) -> Iterator[imaplib.IMAP4]:
        settings = self._settings
        server = f"The mailbox {settings.host}:{settings.port}"
        imap: imaplib.IMAP4 | None = None
        try:
            imap = self._open()
            self._log_in(imap, server)
            yield imap
        except ssl.SSLCertVerificationError as error:
            raise ConfigurationError(
                f"{server} shows a certificate that is not to be trusted: {error.verify_message}.",
                hint="Check imap.host.",
            ) from error
        except (imaplib.IMAP4.error, OSError, EOFError, ValueError) as error:
            raise TryLater(f"{server} could not be searched ({type(error).__name__}).", hint=NEXT_RUN) from error
        finally:
            if imap is not None:
                with contextlib.suppress(imaplib.IMAP4.error, OSError, EOFError):
                    imap.logout()

    def _open(self) -> imaplib.IMAP4:
        settings = self._settings
        tls = self._tls or ssl.create_default_context()
        if settings.security == "tls":
            return imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=tls, timeout=settings.timeout_seconds)
        imap = imaplib.IMAP4(settings.host, settings.port, timeout=settings.timeout_seconds)
        if settings.security == "starttls":
            imap.starttls(tls)
        return imap

    def _log_in(self, imap: imaplib.IMAP4, server: str) -> None:
        settings = self._settings
        if self._secret is None:
            raise ConfigurationError(
                "imap.host is set, but no password.", hint="Set imap.password_file or imap.password_env."
            )
        try:
            if settings.oauth:
                token = google_token(self._secret, settings.username, PURPOSE).get_secret_value()
                words = f"user={settings.username}\1auth=Bearer {token}\1\1".encode()
                imap.authenticate("XOAUTH2", lambda _: words)
            elif "AUTH=PLAIN" in imap.capabilities:
                words = f"\0{settings.username}\0{self._secret.get_secret_value()}".encode()
                imap.authenticate("PLAIN", lambda _: words)
            else:
                imap.login(settings.username, self._secret.get_secret_value())
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, UnicodeEncodeError):
            # Not the server's words: some repeat what they were given.
            raise AccessRefused(
                f"{server} refuses the login of {settings.username}.", hint="Check imap.username and its password."
            ) from None

    def _evidence_folders(self, imap: imaplib.IMAP4) -> tuple[list[str], MatchmakerError | None]:
        """The folders to search, quoted, and what is wrong with the list.

        Sent goes by many names: the configured ones that exist, and the one the server marks as such (RFC 6154).
        """
        listed = _listed(imap)
        marked = [name for name, flags in listed.items() if b"\\sent" in flags.lower().split()]
        sent = [name for name in map(_quoted, self._settings.sent_folders) if name in listed]
        journal = [_quoted(name) for name in self._settings.journal_folders]
        folders = list(dict.fromkeys([*sent, *marked, *(name for name in journal if name in listed)]))
        missing = [name for name in journal if name not in listed]
        if not sent and not marked and self._settings.sent_folders:
            missing += [_quoted(name) for name in self._settings.sent_folders]
        if not missing:
            return folders, None
        return folders, ConfigurationError(
            f"The mailbox has no folder {' or '.join(missing)}.",
            hint="Check imap.sent_folders and imap.journal_folders.",
        )


def _answer(result: tuple[str, list[Any]], what: str) -> list[Any]:
    status, data = result
    if status != "OK":
        raise imaplib.IMAP4.error(f"{what}: {status}")
    return data


def _examine(imap: imaplib.IMAP4, folder: str, *, may_lack: bool = False) -> bool:
    status, _ = imap.select(folder, readonly=True)
    if status != "OK" and not may_lack:
        raise imaplib.IMAP4.error("EXAMINE")
    return status == "OK"


def _listed(imap: imaplib.IMAP4) -> dict[str, bytes]:
    """Every folder (quoted, as on the wire) with its flags."""
    folders = {}
    for item in _answer(imap.list(), "LIST"):
        line, literal = (item[0], item[1]) if isinstance(item, tuple) else (item, None)
        found = LISTED.match(line) if isinstance(line, bytes) else None
        if found is None:
            continue
        name = literal if literal is not None else found["name"].strip()
        if literal is None and name.startswith(b'"') and name.endswith(b'"'):
            name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
        folders[_in_quotes(name.decode("ascii", "replace"))] = found["flags"]
    return folders


def _quoted(folder: str) -> str:
    """A folder's name as it goes over the wire: modified UTF-7 (RFC 3501, 5.1.3), in quotes."""
    coded = re.sub(
        "[^\x20-\x7e]+|&",
        lambda found: "&-" if found[0] == "&" else f"&{_utf7(found[0])}-",
        folder,
    )
    return _in_quotes(coded)


def _utf7(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",")


def _in_quotes(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _holds(imap: imaplib.IMAP4, message_id: str) -> bool:
    """Whether the open folder has a letter whose own header says so; a quotation elsewhere is none."""
    if "X-GM-EXT-1" in imap.capabilities:
        searches: list[tuple[str, ...]] = [("X-GM-RAW", f'"rfc822msgid:{message_id[1:-1]}"')]
    else:
        searches = [("HEADER", name, f'"{message_id}"') for name in ID_HEADERS]
    for search in searches:
        for number in _numbers(imap, *search)[-MAX_HITS:]:
            fields = " ".join(ID_HEADERS).upper()
            data = _answer(imap.uid("FETCH", number, f"(BODY.PEEK[HEADER.FIELDS ({fields})])"), "FETCH")
            for item in data:
                if isinstance(item, tuple):
                    header = BytesHeaderParser().parsebytes(item[1])
                    if any(str(header.get(name, "")).strip() == message_id for name in ID_HEADERS):
                        return True
    return False


def _numbers(imap: imaplib.IMAP4, *criteria: str) -> list[str]:
    data = _answer(imap.uid("SEARCH", *criteria), "SEARCH")
    return [number.decode("ascii") for item in data if isinstance(item, bytes) for number in item.split()]


def _bounce_candidates(imap: imaplib.IMAP4) -> Iterator[tuple[str, int]]:
    """UID and size of mail that may be a bounce, newest first."""
    since = (datetime.now(UTC) - timedelta(days=BOUNCE_DAYS)).strftime("%d-%b-%Y")
    numbers = _numbers(imap, "SINCE", since, BOUNCE_SEARCH)[-MAX_BOUNCES:]
    if not numbers:
        return
    sizes = {}
    for item in _answer(imap.uid("FETCH", ",".join(numbers), "(RFC822.SIZE)"), "FETCH"):
        line = item[0] if isinstance(item, tuple) else item
        if isinstance(line, bytes):
            number, size = re.search(rb"UID (\d+)", line), re.search(rb"RFC822\.SIZE (\d+)", line)
            if number and size:
                sizes[number[1].decode("ascii")] = int(size[1])
    for each in reversed(numbers):
        yield each, sizes.get(each, MAX_BYTES)


def _content(imap: imaplib.IMAP4, number: str) -> bytes:
    """The first 256 KB of a mail."""
    for item in _answer(imap.uid("FETCH", number, f"(BODY.PEEK[]<0.{MAX_BYTES}>)"), "FETCH"):
        if isinstance(item, tuple) and isinstance(item[1], bytes):
            return item[1][:MAX_BYTES]
    return b""
