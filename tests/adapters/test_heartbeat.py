"""The monitoring service hears of a run, and can never harm it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pipeline.adapters.heartbeat import ping


class _Monitor(BaseHTTPRequestHandler):
    heard: list[str]
    status = 200

    def do_GET(self) -> None:
        self.heard.append(self.path)
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def monitor() -> Iterator[tuple[str, type[_Monitor]]]:
    handler = type("Handler", (_Monitor,), {"heard": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/abc", handler
    server.shutdown()
    server.server_close()


def test_start_success_and_failure_are_told_apart(monitor: tuple[str, type[_Monitor]]) -> None:
    url, handler = monitor
    assert ping(url, "start")
    assert ping(url + "/", "success")
    assert ping(url, "failure")
    assert handler.heard == ["/abc/start", "/abc", "/abc/fail"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refusal_is_no_failure_of_ours(monitor: tuple[str, type[_Monitor]], status: int) -> None:
    url, handler = monitor
    handler.status = status
    assert not ping(url, "success")
    assert handler.heard == ["/abc"]


@pytest.mark.parametrize("url", ["", "nonsense", "file:///etc/passwd", "http://127.0.0.1:1/x", "http://[broken"])
def test_a_wrong_address_is_no_failure_of_ours(url: str) -> None:
    assert not ping(url, "start", timeout=60)


def test_the_address_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    ping("http://127.0.0.1:1/canary", "start", timeout=60)
    assert "canary" not in caplog.text
