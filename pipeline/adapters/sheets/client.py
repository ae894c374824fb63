"""How we talk to Google Sheets: gspread's HTTP client with limits, counted calls and safe repeats.

gspread's own back-off client is not used: in 6.2.1 it never gives up, repeats writes that must not be
repeated, and knows neither resets nor HTML error pages. Here a request is repeated only when that cannot
do anything twice: a read, a write Google certainly refused (429), or one that never left this machine.
Any other write without a clear answer becomes `UnclearWrite`, and the adapter reads back.

Nothing here ever logs a body, a header or a token.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, NoReturn

import requests
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import AuthorizedSession
from gspread.http_client import HTTPClient
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_any, stop_before_delay

from pipeline.errors import AccessRefused, ConfigurationError, MatchmakerError, TryLater, UnclearWrite

logger = logging.getLogger(__name__)

GOOGLE = "https://sheets.googleapis.com"
SCOPES = ("https://www.googleapis.com/auth/spreadsheets",)
"""The only right asked for: gspread's default would include the whole Drive."""

LONGEST_WAIT = 60.0
"""Seconds between two tries. Google's quota is refilled every minute."""
MOST_TRIES = 10
PARSED = "_matchmaker_answer"
"""Attribute of a checked response that holds its JSON."""
READING_POSTS = (":getByDataFilter", "values:batchGetByDataFilter", "developerMetadata:search")
"""Requests that are POST only because a filter does not fit a URL."""
UNCLEAR_STATUSES = frozenset({500, 502, 503, 504})
"""After these a write may have been applied (seen: 503s whose rows were there)."""

LATER = "Nothing has to be done: the next run tries again."


class Refused(MatchmakerError):
    """Google answered 400: the request does not fit the sheet as it is now. The adapter decides what follows."""

    def __init__(self, message: str) -> None:
        super().__init__(
            f"Google refused a request: {message[:160]}",
            hint="If the next run says the same, run: matchmaker init; then report it as a fault of this program.",
        )
        self.reason = message


class _Repeat(Exception):
    """A try that failed and may be repeated. `otherwise` is raised when there is no time left."""

    def __init__(self, otherwise: MatchmakerError, wait: float | None = None) -> None:
        super().__init__(str(otherwise))
        self.otherwise = otherwise
        self.wait = wait


class SheetsHttp(HTTPClient):
    """gspread's client with time limits, bounded repeats, counted calls and our errors.

    `api_url` replaces Google's root (the sandbox); `account` is the address a person shares the sheet with.
    Raises TryLater, UnclearWrite, AccessRefused, ConfigurationError, Refused, and nothing else.
    """

    def __init__(
        self,
        session: AuthorizedSession,
        *,
        api_url: str = "",
        account: str = "",
        connect_seconds: float = 10,
        read_seconds: float = 60,
        retry_seconds: float = 150,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(session.credentials, session=session)
        self.set_timeout((connect_seconds, read_seconds))
        self.account = account
        self.reads = 0
        self.writes = 0
        self._root = api_url.rstrip("/") or GOOGLE
        self._retry_seconds = retry_seconds
        self._sleep = sleep

    def request(
        self,
        method: str,
        endpoint: str,
        params: MutableMapping[str, Any] | None = None,
        data: bytes | None = None,
        json: Mapping[str, Any] | None = None,
        files: Any = None,
        headers: MutableMapping[str, str] | None = None,
    ) -> requests.Response:
        """One logical call; may be several tries. The answer is known to be readable JSON."""
        is_read = method.lower() == "get" or endpoint.endswith(READING_POSTS)
        url = endpoint.replace(GOOGLE, self._root, 1)

        def attempt() -> requests.Response:
            if is_read:
                self.reads += 1
            else:
                self.writes += 1
            try:
                response = self.session.request(
                    method=method, url=url, params=params, data=data, json=json, files=files, headers=headers,
                    timeout=self.timeout,
                )  # fmt: skip
            except (requests.RequestException, GoogleAuthError) as error:
                self._no_answer(error, is_read=is_read)
            return self._checked(response, is_read=is_read)

        repeats = Retrying(
            retry=retry_if_exception_type(_Repeat),
            stop=stop_any(stop_before_delay(self._retry_seconds), stop_after_attempt(MOST_TRIES)),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return repeats(attempt)
        except _Repeat as last:
            raise last.otherwise from None

    def pause(self, tries: int) -> None:
        """Wait a little before planning a write anew; not at all when nothing is to be repeated."""
        bound = min(2.0**tries, self._retry_seconds)
        if bound:
            self._sleep(random.uniform(bound / 2, bound))  # noqa: S311  not a secret

    def _no_answer(self, error: Exception, *, is_read: bool) -> NoReturn:
        """Raise what a missing answer means: repeatable, unclear, or for a person."""
        if isinstance(error, GoogleAuthError):
            if isinstance(error, TransportError) or error.retryable:
                raise _Repeat(_later("Google's log-in server cannot be reached")) from None
            # Among them the answer 401 to a token that was just renewed.
            raise AccessRefused(
                "Google does not accept the credentials of this program.",
                hint="Check that the key was not deleted and that this machine's clock is right; otherwise make a "
                "new key for the service account and put it where sheets.credentials points.",
            ) from None
        if is_read or _never_left(error):
            words = "took too long to answer" if isinstance(error, requests.Timeout) else "cannot be reached"
            raise _Repeat(_later(f"Google Sheets {words}")) from None
        raise unclear("no answer came") from None

    def _checked(self, response: requests.Response, *, is_read: bool) -> requests.Response:
        status = response.status_code
        if response.ok:
            try:
                answer = response.json()
            except (ValueError, requests.RequestException):
                answer = None
            if isinstance(answer, dict):
                vars(response)[PARSED] = answer
                return response
            if is_read:
                raise _Repeat(_later("Google's answer was cut short or is not JSON"))
            raise unclear("the answer was cut short or is not JSON")
        if status == 429 or (status == 403 and _is_quota(response)):
            later = TryLater("Google's quota for this minute is used up.", hint=LATER)
            raise _Repeat(later, wait=_retry_after(response))
        if status in UNCLEAR_STATUSES:
            if is_read:
                raise _Repeat(_later(f"Google Sheets is out of order (HTTP {status})"), wait=_retry_after(response))
            raise unclear(f"Google said it is out of order (HTTP {status})")
        raise self._refusal(status, response, is_read=is_read)

    def _refusal(self, status: int, response: requests.Response, *, is_read: bool) -> MatchmakerError:
        message = _message(response)
        share = f"Share it with {self.account} as Editor" if self.account else "Share it with this account as Editor"
        if status == 400:
            return _bad_request(message, share)
        if status == 401:
            return AccessRefused(
                "Google does not accept the credentials of this program (401).",
                hint="Make a new key for the service account and put it where sheets.credentials points.",
            )
        if status == 403:
            return _forbidden(response, message, share, is_read=is_read)
        if status == 404:
            return ConfigurationError(
                "Google knows no spreadsheet with the configured id, or this account may not see it (404).",
                hint=f"Compare sheets.spreadsheet_id with the sheet's address (the part after /d/). {share}.",
            )
        if status in {408, 409}:
            return _later(f"Google Sheets asks to come again (HTTP {status})")
        return ConfigurationError(
            f"The server at {self._root} does not speak the Sheets API (HTTP {status}).",
            hint="Leave sheets.api_url empty for Google.",
        )


def _wait(state: RetryCallState) -> float:
    """Full jitter on a doubling bound, or what the server asked for if that is longer."""
    bound = min(LONGEST_WAIT, 2.0 ** (state.attempt_number - 1))
    jitter = random.uniform(0, bound)  # noqa: S311  not a secret
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _Repeat) else None
    return jitter if asked is None else asked + jitter / 4


def _later(what: str) -> TryLater:
    return TryLater(f"{what}.", hint=LATER)


def unclear(what: str) -> UnclearWrite:
    """The error for a write nobody knows the fate of."""
    return UnclearWrite(
        f"Whether the last write to the spreadsheet arrived is not known: {what}.",
        hint="The next run reads the sheet and goes on from there.",
    )


def _never_left(error: Exception) -> bool:
    """Whether the request certainly did not reach the server: no connection was ever made."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def _retry_after(response: requests.Response) -> float | None:
    """Seconds from Retry-After; Google mostly sends none, and a date there is not worth trusting clocks for."""
    text = response.headers.get("Retry-After", "").strip()
    return float(text) if text.isdecimal() else None


def _error(response: requests.Response) -> Mapping[str, Any]:
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError, requests.RequestException):
        return {}
    return error if isinstance(error, dict) else {}


def _message(response: requests.Response) -> str:
    """Google's first line, without control characters."""
    text = str(_error(response).get("message", "")).partition("\n")[0]
    return "".join(character for character in text if character.isprintable())


def _reasons(response: requests.Response) -> frozenset[str]:
    error = _error(response)
    places = [*(error.get("details") or []), *(error.get("errors") or [])]
    return frozenset(str(place.get("reason", "")) for place in places if isinstance(place, dict))


def _is_quota(response: requests.Response) -> bool:
    """A 403 that is really a 429 (older form of the same refusal)."""
    return bool(_reasons(response) & {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})


def _bad_request(message: str, share: str) -> MatchmakerError:
    lower = message.lower()
    if "protected cell" in lower:
        return AccessRefused(
            "A protection in the spreadsheet keeps this program from writing its own cells.",
            hint=f"In the sheet: Data > Protected sheets and ranges; allow this account to edit. {share}.",
        )
    if "above the limit of" in lower and "cells" in lower:
        return ConfigurationError(
            "The spreadsheet is full: Google allows 10 million cells.",
            hint="Delete empty rows and columns, or tabs no longer needed; then run again.",
        )
    return Refused(message)


def _forbidden(response: requests.Response, message: str, share: str, *, is_read: bool) -> MatchmakerError:
    reasons, lower = _reasons(response), message.lower()
    if "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in reasons or "insufficient authentication scopes" in lower:
        return AccessRefused(
            "These credentials may not use spreadsheets: the scope is missing.",
            hint="Log in again with the scope https://www.googleapis.com/auth/spreadsheets, or use a key file.",
        )
    if "SERVICE_DISABLED" in reasons or "has not been used in project" in lower:
        return AccessRefused(
            "The Google Sheets API is switched off in the project of these credentials.",
            hint="Switch it on: console.cloud.google.com > APIs & Services > Google Sheets API > Enable.",
        )
    if "storage quota" in lower:
        return AccessRefused(
            "Google says the storage of the account is full.",
            hint="A service account has no storage of its own: a person makes the spreadsheet and shares it.",
        )
    verb = "read" if is_read else "change"
    return AccessRefused(f"This account may not {verb} the spreadsheet (403).", hint=f"{share}.")


def read_json(response: requests.Response) -> dict[str, Any]:
    """The answer of `request`, parsed when it was checked: an answer can be tens of megabytes."""
    answer: dict[str, Any] = vars(response)[PARSED]
    return answer
