"""A sign of life for a monitoring service: start, success, failure.

Silence is the alarm there, so a ping that fails must never make the run fail.
"""

from __future__ import annotations

import logging
import urllib.request
from typing import Literal

log = logging.getLogger(__name__)

SUFFIXES = {"start": "/start", "success": "", "failure": "/fail"}
"""As healthchecks.io and its kin have it."""

TIMEOUT_SECONDS = 5.0


class _StayPut(urllib.request.HTTPRedirectHandler):
    """A monitoring URL is a secret of sorts: it is not carried elsewhere."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def ping(url: str, event: Literal["start", "success", "failure"], timeout: float = TIMEOUT_SECONDS) -> bool:
    """Tell the monitoring service; an empty URL means there is none. Returns whether it heard us; never raises."""
    if not url:
        return False
    if not url.lower().startswith(("http://", "https://")):
        log.warning("run.ping_url is not a web address; no sign of life was sent.")
        return False
    try:
        opener = urllib.request.build_opener(_StayPut)
        with opener.open(url.rstrip("/") + SUFFIXES[event], timeout=timeout) as answer:
            answer.read(1024)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with the alarm, the run goes on
        log.warning("The sign of life (%s) could not be sent: %s.", event, type(error).__name__)
        return False
    return True
