"""Who we are to Google: a key file, application default credentials, or workload identity. Spreadsheets only.

A key file is refused when others on the machine may read it. Its content never reaches a message or a log.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import google.auth
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import credentials as user
from google.oauth2 import service_account

from pipeline.adapters.sheets.client import SCOPES, SheetsHttp
from pipeline.config import SheetsSettings
from pipeline.errors import ConfigurationError


def _workload_identity(content: dict[str, Any], scopes: list[str]) -> Any:
    from google.auth import aws, identity_pool

    is_aws = content.get("subject_token_type") == "urn:ietf:params:aws:token-type:aws4_request"
    kind: Any = aws.Credentials if is_aws else identity_pool.Credentials
    return kind.from_info(content, scopes=scopes)


def _impersonated(content: dict[str, Any], scopes: list[str]) -> Any:
    from google.auth.impersonated_credentials import Credentials as Impersonated

    return Impersonated.from_impersonated_service_account_info(content, scopes=scopes)  # type: ignore[no-untyped-call]


LOADERS: Mapping[str, Callable[..., Any]] = {
    "service_account": service_account.Credentials.from_service_account_info,
    "external_account": _workload_identity,
    "authorized_user": user.Credentials.from_authorized_user_info,
    "impersonated_service_account": _impersonated,
}
"""Kinds of credential files and how each is loaded: by its own loader, which asks no network and runs nothing."""


def connect(settings: SheetsSettings, base: Path = Path()) -> SheetsHttp:
    """A client for these settings; no request is made yet. `base` is the configuration file's folder.

    Raises ConfigurationError when the credentials cannot be used as they are.
    """
    if settings.api_url:
        session = _session(AnonymousCredentials())  # type: ignore[no-untyped-call]
        # The sandbox is on this machine: a proxy named in the environment must not get between.
        session.trust_env = False
        account = ""
    else:
        credentials = load_credentials(settings, base)
        session = _session(credentials)
        account = account_of(credentials)
    return SheetsHttp(
        session,
        api_url=settings.api_url,
        account=account,
        connect_seconds=settings.connect_seconds,
        read_seconds=settings.read_seconds,
        retry_seconds=settings.retry_seconds,
    )


def _session(credentials: Credentials) -> AuthorizedSession:
    return AuthorizedSession(credentials)  # type: ignore[no-untyped-call]


def load_credentials(settings: SheetsSettings, base: Path = Path()) -> Credentials:
    """The credentials the settings point to, limited to spreadsheets."""
    if settings.credentials:
        path = Path(settings.credentials).expanduser()
        return _from_file(path if path.is_absolute() else base / path)
    try:
        credentials, _ = google.auth.default(scopes=list(SCOPES))
    except (DefaultCredentialsError, GoogleAuthError):
        raise ConfigurationError(
            "No Google credentials were found on this machine.",
            hint="Give the path of a service account's key in sheets.credentials, or log in with: "
            "gcloud auth application-default login --scopes=" + ",".join(SCOPES),
        ) from None
    return credentials


def account_of(credentials: Credentials) -> str:
    """The e-mail address the sheet has to be shared with, when the credentials tell."""
    for name in ("service_account_email", "signer_email", "account"):
        address = getattr(credentials, name, "")
        if isinstance(address, str) and "@" in address:
            return address
    return ""


def privacy_problem(path: Path) -> str | None:
    """What is wrong with the permissions of a key file, or None."""
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return f"{path} can be read by others on this machine (mode {stat.S_IMODE(mode):o})."
    return None


def _from_file(path: Path) -> Credentials:
    try:
        problem = privacy_problem(path)
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no key file at {path}.", hint="Put it there, or mend sheets.credentials."
        ) from None
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            f"The key file {path} cannot be read.", hint="Check its permissions and that it is the JSON key."
        ) from None
    if problem:
        raise ConfigurationError(problem, hint=f"Run: chmod 600 {path}")
    try:
        content: Any = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("type") not in LOADERS:
        raise ConfigurationError(
            f"{path} is not a Google key: it is cut short or another file.",
            hint="Download the service account's key as JSON once more and put it there.",
        )
    try:
        credentials: Credentials = LOADERS[content["type"]](content, scopes=list(SCOPES))
    except (GoogleAuthError, ValueError, KeyError, TypeError):
        # google-auth's own message may quote the file.
        raise ConfigurationError(
            f"{path} is a Google key with parts missing or damaged.",
            hint="Download the service account's key as JSON once more and put it there.",
        ) from None
    return credentials
