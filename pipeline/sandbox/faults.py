"""Failures on demand: what a test asks the sandbox to do wrong, and the bodies of such answers."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass

from pipeline.sandbox.api_errors import ApiError, DriveError, Json, not_found

KINDS = (
    "429",
    "500",
    "503-before",
    "503-after",
    "html-502",
    "lost-answer",
    "lost-answer-before",
    "slow",
    "reset",
    "truncated",
    "401",
    "403-scope",
    "403-permission",
    "403-quota",
    "404",
)
"""The kinds of failure. `503-after`, `lost-answer`, `truncated` and `slow` come after the work was done;
`lost-answer` closes the connection without an answer, `reset` resets it before anything was done."""

APPLIED_FIRST = frozenset({"503-after", "lost-answer", "truncated", "slow"})
"""The kinds that fail only after the request was carried out."""

HTML_502 = """<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 502 (Server Error)!!1</title>
  <p><b>502.</b> <ins>That's an error.</ins>
  <p>The server encountered a temporary error and could not complete your request.
  <p>Please try again in 30 seconds. <ins>That's all we know.</ins>
"""


@dataclass(slots=True)
class Fault:
    """One ordered failure: for the next `times` requests whose `METHOD path` matches."""

    match: re.Pattern[str]
    kind: str
    times: int = 1
    seconds: float = 0.0


class Faults:
    """The failures ordered and not yet used up."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def order(self, wanted: list[Json]) -> None:
        """Add failures as given to `POST /__faults`. Raises ValueError naming what is wrong."""
        orders = []
        for entry in wanted:
            kind = str(entry.get("kind"))
            if kind not in KINDS:
                raise ValueError(f"unknown kind of fault {kind!r}; there are: {', '.join(KINDS)}")
            try:
                match = re.compile(str(entry.get("match", "")))
            except re.error as error:
                raise ValueError(f"match is not a regular expression: {error}") from error
            times, seconds = int(entry.get("times", 1)), float(entry.get("seconds", 0))
            orders.append(Fault(match, kind, times, seconds))
        with self._lock:
            self._waiting += orders

    def clear(self) -> None:
        """Forget all orders."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The failure this request meets, used up once."""
        with self._lock:
            for fault in self._waiting:
                if fault.times > 0 and fault.match.search(f"{method} {path}"):
                    fault.times -= 1
                    return fault
        return None

    def waiting(self) -> list[Json]:
        """What is still ordered."""
        with self._lock:
            return [
                {"match": f.match.pattern, "kind": f.kind, "times": f.times, "seconds": f.seconds}
                for f in self._waiting
                if f.times > 0
            ]


def error_for(fault: Fault, method: str) -> ApiError:
    """The error a fault answers with, worded as live answers were."""
    table = {
        "429": lambda: quota_exceeded("Read" if method == "GET" else "Write"),
        "500": lambda: ApiError(500, "Internal error encountered."),
        "503-before": lambda: ApiError(503, "The service is currently unavailable."),
        "503-after": lambda: ApiError(503, "The service is currently unavailable."),
        "401": lambda: ApiError(
            401,
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
            "other valid authentication credential. "
            "See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        ),
        "403-scope": scope_insufficient,
        "403-permission": lambda: ApiError(403, "The caller does not have permission"),
        "403-quota": lambda: DriveError(
            403, "The user's Drive storage quota has been exceeded.", "storageQuotaExceeded"
        ),
        "404": not_found,
    }
    return table[fault.kind]()


def quota_exceeded(group: str) -> ApiError:
    """The 429 of `Read` or `Write` requests; no Retry-After, no `errors[]` (live-probed)."""
    lower = group.lower()
    return ApiError(
        429,
        f"Quota exceeded for quota metric '{group} requests' and limit '{group} requests per minute per user' "
        "of service 'sheets.googleapis.com' for consumer 'project_number:123456789012'.",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com",
                "metadata": {
                    "quota_limit_value": "60",
                    "quota_unit": "1/min/{project}/{user}",
                    "quota_limit": f"{group}RequestsPerMinutePerUser",
                    "quota_metric": f"sheets.googleapis.com/{lower}_requests",
                    "service": "sheets.googleapis.com",
                    "quota_location": "global",
                    "consumer": "projects/123456789012",
                    "window_start_time": str(int(time.time()) // 60 * 60),
                },
            },
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [
                    {
                        "description": "Request a higher quota limit.",
                        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                    }
                ],
            },
        ],
    )


def scope_insufficient() -> ApiError:
    """A token that lacks the scope for Sheets."""
    return ApiError(
        403,
        "Request had insufficient authentication scopes.",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {"service": "sheets.googleapis.com"},
            }
        ],
    )
