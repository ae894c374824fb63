"""Secrets: read from private files or the environment, made once, never shown.

Whatever is secret travels as `SecretStr`, whose `repr` and `str` show stars.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pipeline.cleaning.addresses import canonical_address
from pipeline.errors import ConfigurationError, TryLater

MAIL_SCOPE = "https://mail.google.com/"
"""The only scope Google accepts for SMTP and IMAP (developers.google.com/gmail/imap/xoauth2-protocol)."""

MAX_SECRET_BYTES = 64 * 1024
SECRET_BYTES = 32


def read_private(path: Path, purpose: str) -> bytes:
    """The content of a file only we can read.

    Raises ConfigurationError when it is missing, too large, or readable by others.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ConfigurationError(f"{path} ({purpose}) is not a file.", hint="Give the path of a file.")
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigurationError(
                    f"{path} ({purpose}) can be read by other users of this machine.", hint=f"Run: chmod 600 {path}"
                )
            content = file.read(MAX_SECRET_BYTES + 1)
    except FileNotFoundError:
        raise ConfigurationError(f"{path} ({purpose}) does not exist.", hint="Check the path.") from None
    except OSError as error:
        raise ConfigurationError(
            f"{path} ({purpose}) cannot be read: {error.strerror}.", hint="Check its owner and permissions."
        ) from None
    if len(content) > MAX_SECRET_BYTES:
        raise ConfigurationError(f"{path} ({purpose}) is too large for a secret.", hint="Check the path.")
    return content


def password(
    file: Path | None, variable: str, purpose: str, environment: Mapping[str, str] | None = None
) -> SecretStr | None:
    """The password that a file or an environment variable holds, or None when neither is configured.

    Raises ConfigurationError when it is configured but not there, or empty.
    """
    if file is not None:
        try:
            value = read_private(file, purpose).decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise ConfigurationError(f"{file} ({purpose}) is not text.", hint="Save it as UTF-8.") from None
        if not value:
            raise ConfigurationError(f"{file} ({purpose}) is empty.", hint="Write the password into it.")
        return SecretStr(value)
    if not variable:
        return None
    value = (os.environ if environment is None else environment).get(variable, "")
    if not value:
        raise ConfigurationError(
            f"The environment variable {variable} ({purpose}) is not set.", hint="Set it for this program."
        )
    return SecretStr(value)


def google_token(credentials: SecretStr, username: str, purpose: str) -> SecretStr:
    """A fresh access token for the mailbox from Google credentials (a service account's key, or a user's).

    Raises ConfigurationError for a file Google's library does not take, TryLater when Google cannot be asked.
    """
    from google.auth import exceptions
    from google.auth.transport.requests import Request
    from google.oauth2 import credentials as user
    from google.oauth2 import service_account

    hint = "Make the key anew (docs: mail with Google) and check that mail access is granted."
    try:
        info = json.loads(credentials.get_secret_value())
        if info.get("type") == "service_account":
            make: Any = service_account.Credentials.from_service_account_info
            holder = make(info, scopes=[MAIL_SCOPE], subject=username)
        else:
            make = user.Credentials.from_authorized_user_info
            holder = make(info, scopes=[MAIL_SCOPE])
    except (ValueError, AttributeError, KeyError, TypeError, exceptions.GoogleAuthError):
        raise ConfigurationError(f"The Google credentials ({purpose}) are not usable.", hint=hint) from None
    try:
        holder.refresh(Request())
    except exceptions.TransportError:
        raise TryLater(f"Google could not be asked for access ({purpose}).", hint="The next run tries again.") from None
    except exceptions.GoogleAuthError:
        raise ConfigurationError(f"Google does not accept the credentials ({purpose}).", hint=hint) from None
    return SecretStr(str(holder.token))


def ledger_secret(path: Path, *, create: bool = True) -> bytes:
    """The key of Message-IDs and of the erasure list.

    Made on first use: complete and private before it can be seen under its name. With `create=False` a missing
    file stays missing and a key for this one process is returned (a plan touches nothing).
    """
    if not path.exists():
        if not create:
            return secrets.token_bytes(SECRET_BYTES)
        _create_secret(path)
    text = read_private(path, "ledger.secret_file").strip()
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != SECRET_BYTES:
        raise ConfigurationError(
            f"{path} (ledger.secret_file) is damaged.", hint="Restore it from the backup of the state folder."
        )
    return key


def _create_secret(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_hex(SECRET_BYTES).encode("ascii") + b"\n")
                file.flush()
                os.fsync(file.fileno())
            # Unlike a rename, a link does not replace the secret another process made in the meantime.
            os.link(name, path)
        except FileExistsError:
            return
        finally:
            Path(name).unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise ConfigurationError(
            f"{path} (ledger.secret_file) cannot be made: {error.strerror}.", hint="Check the folder's permissions."
        ) from None


def sync_folder(folder: Path) -> None:
    """Make names in that folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keyed_hash(secret: bytes, purpose: str, text: str) -> str:
    """HMAC-SHA256 of a text for one purpose, as hex."""
    return hmac.new(secret, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def message_id_maker(secret: bytes, sender_address: str) -> Callable[[str], str]:
    """The Message-ID of a letter by its id: always the same, on the sender's domain, and not to be guessed.

    A strict dot-atom, because Gmail replaces ids that are not well-formed; unguessable, so that nobody can
    forge a bounce or a copy of a letter he has not received.
    """
    domain = canonical_address(sender_address).partition("@")[2]
    if not domain:
        raise ConfigurationError("mail.sender has no domain.", hint="Give an address such as secretariat@example.org.")

    def message_id(letter: str) -> str:
        return f"<intro.{keyed_hash(secret, 'message-id', letter)[:32]}@{domain}>"

    return message_id


def address_hasher(secret: bytes) -> Callable[[str], str]:
    """How erased addresses are remembered: by a keyed hash of the form in which addresses are compared."""

    def hashed(address: str) -> str:
        return keyed_hash(secret, "erased", canonical_address(address))

    return hashed
