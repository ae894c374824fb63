"""Failures on demand: each looks like the real one, and is applied or not as its name says."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

WRITE = "PUT /v4/spreadsheets/.*/values/"


def _order(sandbox: Any, kind: str, match: str = WRITE, **more: Any) -> None:
    answer = sandbox.call("POST", "/__faults", [{"match": match, "kind": kind, **more}])
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("kind", "status", "applied", "word"),
    [
        ("429", 429, False, "RATE_LIMIT_EXCEEDED"),
        ("500", 500, False, "Internal error encountered."),
        ("503-before", 503, False, "The service is currently unavailable."),
        ("503-after", 503, True, "UNAVAILABLE"),
        ("html-502", 502, False, "<!DOCTYPE html>"),
        ("401", 401, False, "UNAUTHENTICATED"),
        ("403-scope", 403, False, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        ("403-permission", 403, False, "The caller does not have permission"),
        ("404", 404, False, "Requested entity was not found."),
    ],
)
def test_a_fault_answers_once_and_leaves_the_right_state(
    sandbox: Any, book: str, kind: str, status: int, applied: bool, word: str
) -> None:
    _order(sandbox, kind)
    answer = sandbox.write(book, "A1", [["x"]])
    assert answer.status_code == status
    assert word in answer.text
    assert "retry-after" not in answer.headers
    assert sandbox.values(book, "A1") == ([["x"]] if applied else [])
    assert sandbox.write(book, "A1", [["y"]]).status_code == 200


@pytest.mark.parametrize(
    ("kind", "applied"),
    [("lost-answer", True), ("truncated", True), ("lost-answer-before", False), ("reset", False)],
)
def test_a_broken_connection(sandbox: Any, book: str, kind: str, applied: bool) -> None:
    _order(sandbox, kind)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        sandbox.write(book, "A1", [["x"]])
    assert sandbox.values(book, "A1") == ([["x"]] if applied else [])


def test_a_slow_answer_is_the_right_answer(sandbox: Any, book: str) -> None:
    _order(sandbox, "slow", seconds=0.1)
    begun = time.monotonic()
    assert sandbox.write(book, "A1", [["x"]]).status_code == 200
    assert time.monotonic() - begun >= 0.1
    assert sandbox.values(book, "A1") == [["x"]]


def test_a_slow_answer_that_nobody_waits_for_was_carried_out(sandbox: Any, book: str) -> None:
    _order(sandbox, "slow", seconds=3600)
    with pytest.raises(requests.ReadTimeout):
        requests.put(
            f"{sandbox.url}/v4/spreadsheets/{book}/values/A1",
            json={"values": [["x"]]},
            params={"valueInputOption": "RAW"},
            timeout=(60, 0.05),
        )
    for _ in range(1200):
        if sandbox.values(book, "A1"):
            break
        time.sleep(0.05)  # the server is still at it
    assert sandbox.values(book, "A1") == [["x"]]


def test_a_full_drive_is_refused_in_drives_words(sandbox: Any) -> None:
    _order(sandbox, "403-quota", "POST /drive/v3/files")
    body = {"name": "x", "mimeType": "application/vnd.google-apps.spreadsheet"}
    error = sandbox.call("POST", "/drive/v3/files", body).json()["error"]
    assert error["errors"][0]["reason"] == "storageQuotaExceeded"
    assert "status" not in error


def test_faults_are_counted_and_can_be_withdrawn(sandbox: Any, book: str) -> None:
    _order(sandbox, "500", times=2)
    assert [sandbox.write(book, "A1", [["x"]]).status_code for _ in range(3)] == [500, 500, 200]
    _order(sandbox, "500", times=5)
    sandbox.call("DELETE", "/__faults")
    assert sandbox.write(book, "A1", [["x"]]).status_code == 200


def test_an_unknown_fault_is_named(sandbox: Any) -> None:
    answer = sandbox.call("POST", "/__faults", [{"match": "x", "kind": "earthquake"}])
    assert answer.status_code == 400
    assert "earthquake" in answer.json()["error"]


def test_the_quota_body_is_the_live_one(sandbox: Any, book: str) -> None:
    _order(sandbox, "429", "GET /v4")
    error = sandbox.call("GET", f"/v4/spreadsheets/{book}").json()["error"]
    assert error["message"].startswith("Quota exceeded for quota metric 'Read requests' and limit 'Read requests")
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert error["details"][0]["metadata"]["quota_limit"] == "ReadRequestsPerMinutePerUser"
    assert [detail["@type"].rpartition(".")[2] for detail in error["details"]] == ["ErrorInfo", "Help"]


def test_the_log_tells_what_was_asked(sandbox: Any, book: str) -> None:
    sandbox.call("DELETE", "/__log")
    _order(sandbox, "500", "batchUpdate")
    sandbox.batch(book, {"addSheet": {}}, {"deleteSheet": {"sheetId": 0}})
    sandbox.values(book, "A1")
    batch, read = sandbox.call("GET", "/__log").json()["requests"]
    assert batch == {
        "method": "POST",
        "path": f"/v4/spreadsheets/{book}:batchUpdate",
        "kinds": ["addSheet", "deleteSheet"],
        "status": 500,
        "fault": "500",
    }
    assert (read["method"], read["status"]) == ("GET", 200)


def test_a_person_may_act_before_a_request_is_carried_out(sandbox: Any, book: str) -> None:
    seen: list[str] = []

    def person(call: Any) -> None:
        seen.append(call.method)
        path = f"{sandbox.url}/v4/spreadsheets/{book}/values/A1"
        requests.put(
            path,
            json={"values": [["by hand"]]},
            params={"valueInputOption": "RAW"},
            headers={"X-Sandbox-Person": "yes"},
            timeout=60,
        ).raise_for_status()

    sandbox.app.before_request.append(person)
    assert sandbox.values(book, "A1") == [["by hand"]]
    assert seen == ["GET"]


def test_reset_empties_everything(sandbox: Any, book: str) -> None:
    sandbox.call("POST", "/__reset")
    assert sandbox.call("GET", f"/v4/spreadsheets/{book}").status_code == 404
