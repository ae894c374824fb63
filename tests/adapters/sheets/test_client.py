"""The client: what may be repeated is, what may not is not, and every failure is one sentence with a remedy."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Any

import pytest
from google.auth.exceptions import RefreshError, TransportError

from pipeline.adapters.sheets.client import GOOGLE, LONGEST_WAIT, MOST_TRIES, Refused, SheetsHttp, read_json
from pipeline.adapters.sheets.credentials import connect
from pipeline.config import SheetsSettings
from pipeline.errors import AccessRefused, ConfigurationError, Exit, MatchmakerError, TryLater, UnclearWrite

Answering = Callable[..., SheetsHttp]
SHEET = f"{GOOGLE}/v4/spreadsheets/x"
WRITE = f"{SHEET}:batchUpdate"
FILTERED = f"{SHEET}:getByDataFilter"


def google_error(code: int, message: str, reason: str = "", place: str = "details") -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if reason:
        error[place] = [{"reason": reason, "domain": "googleapis.com"}]
    return {"error": error}


def waits(client: SheetsHttp) -> list[float]:
    """Instead of sleeping, note for how long."""
    noted: list[float] = []
    client._sleep = noted.append
    return noted


def failure(client: SheetsHttp, method: str, url: str) -> MatchmakerError:
    with pytest.raises(MatchmakerError) as caught:
        client.request(method, url, json={} if method == "post" else None)
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    return caught.value


OK = (200, {"ok": 1})
BUSY = (429, google_error(429, "Quota exceeded", "RATE_LIMIT_EXCEEDED"))


@pytest.mark.parametrize("first", [BUSY, (500, {}), (503, {}), (502, "<!DOCTYPE html><p>502"), (200, '{"cut')])
@pytest.mark.parametrize(("method", "url"), [("get", SHEET), ("post", FILTERED)])
def test_a_read_is_repeated(answering: Answering, first: tuple[int, object], method: str, url: str) -> None:
    client = answering(*first, then=[OK], retry_seconds=100)
    waits(client)
    assert read_json(client.request(method, url, json={})) == {"ok": 1}
    assert (client.reads, client.writes) == (2, 0)


@pytest.mark.parametrize("first", [(500, {}), (502, "<html>"), (503, {}), (504, ""), (200, '{"cut'), (200, "<html>")])
def test_a_write_without_a_clear_answer_is_never_repeated(answering: Answering, first: tuple[int, object]) -> None:
    client = answering(*first, then=[OK], retry_seconds=100)
    assert isinstance(failure(client, "post", WRITE), UnclearWrite)
    assert client.writes == 1


def test_a_write_that_google_refused_for_quota_is_repeated(answering: Answering) -> None:
    client = answering(*BUSY, then=[BUSY, OK], retry_seconds=100)
    waits(client)
    client.request("post", WRITE, json={})
    assert client.writes == 3


def test_it_gives_up_in_time_and_waits_longer_each_time(answering: Answering) -> None:
    client = answering(*BUSY, retry_seconds=600)
    noted = waits(client)
    assert isinstance(failure(client, "get", SHEET), TryLater)
    assert client.reads == MOST_TRIES
    assert len(noted) == MOST_TRIES - 1
    assert all(0 <= wait <= min(LONGEST_WAIT, 2**place) for place, wait in enumerate(noted))


def test_it_does_not_begin_a_wait_that_would_last_too_long(answering: Answering) -> None:
    client = answering(*BUSY, "Retry-After: 90", retry_seconds=30)
    noted = waits(client)
    failure(client, "get", SHEET)
    assert noted == []


def test_it_waits_as_long_as_the_server_asks(answering: Answering) -> None:
    client = answering(*BUSY, "Retry-After: 7", then=[OK], retry_seconds=100)
    noted = waits(client)
    client.request("get", SHEET)
    assert noted[0] >= 7


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, google_error(401, "invalid authentication"), AccessRefused, "key"),
        (403, google_error(403, "The caller does not have permission"), AccessRefused, "Share it with"),
        (403, google_error(403, "x", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), AccessRefused, "scope"),
        (403, google_error(403, "x", "SERVICE_DISABLED"), AccessRefused, "Enable"),
        (403, google_error(403, "The user's Drive storage quota has been exceeded."), AccessRefused, "a person makes"),
        (403, google_error(403, "Rate Limit Exceeded", "rateLimitExceeded", "errors"), TryLater, "quota"),
        (404, google_error(404, "Requested entity was not found."), ConfigurationError, "spreadsheet_id"),
        (404, "<html>Not Found</html>", ConfigurationError, "spreadsheet_id"),
        (400, google_error(400, "Invalid requests[0]: No grid with id: 7"), Refused, "No grid with id: 7"),
        (400, google_error(400, "above the limit of 10000000 cells"), ConfigurationError, "10 million"),
        (408, "", TryLater, "next run"),
        (429, google_error(429, "Quota exceeded"), TryLater, "quota"),
        (418, "", ConfigurationError, "Sheets API"),
    ],
)
def test_each_refusal_has_its_error_and_remedy(
    answering: Answering, status: int, body: object, kind: type[MatchmakerError], words: str
) -> None:
    error = failure(answering(status, body), "post", WRITE)
    assert type(error) is kind
    assert words in str(error)


def test_the_account_to_share_with_is_named(answering: Answering) -> None:
    client = answering(403, google_error(403, "The caller does not have permission"))
    client.account = "matchmaker@project.iam.gserviceaccount.com"
    assert "matchmaker@project.iam.gserviceaccount.com as Editor" in failure(client, "get", SHEET).hint


@pytest.mark.parametrize(("method", "url", "kind"), [("get", SHEET, TryLater), ("post", WRITE, UnclearWrite)])
def test_silence_ends_within_the_limit(answering: Answering, method: str, url: str, kind: type[TryLater]) -> None:
    client = answering(None, read_seconds=0.2)
    assert type(failure(client, method, url)) is kind


def test_a_write_that_never_left_is_not_unclear() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = connect(SheetsSettings(api_url=f"http://127.0.0.1:{port}", retry_seconds=0))
    error = failure(client, "post", WRITE)
    assert type(error) is TryLater
    assert error.exit_code is Exit.TRY_LATER


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (lambda: TransportError("no route"), TryLater),  # type: ignore[no-untyped-call]
        (lambda: RefreshError("server down", retryable=True), TryLater),  # type: ignore[no-untyped-call]
        (lambda: RefreshError("invalid_grant: no account"), AccessRefused),  # type: ignore[no-untyped-call]
    ],
)
def test_trouble_with_the_log_in_server(
    answering: Answering, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[], Exception], kind: type[MatchmakerError]
) -> None:
    client = answering(*OK)

    def fails(**_: object) -> None:
        raise trouble()

    monkeypatch.setattr(client.session, "request", fails)
    error = failure(client, "post", WRITE)
    assert type(error) is kind
    assert "invalid_grant" not in str(error)


def test_neither_bodies_nor_tokens_are_logged(answering: Answering, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = answering(400, google_error(400, "Invalid value\nalice@secret.example"), then=[OK])
    client.session.headers["Authorization"] = "Bearer hush-hush"
    message = str(failure(client, "post", WRITE))
    client.request("get", SHEET)
    assert "alice@secret.example" not in message + caplog.text
    assert "hush-hush" not in message + caplog.text


def test_a_proxy_of_the_environment_does_not_get_between_us_and_the_sandbox(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert read_json(answering(*OK).request("get", SHEET)) == {"ok": 1}
