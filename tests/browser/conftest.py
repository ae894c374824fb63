"""A real browser in front of a real sandbox; and a watch on everything the pages ask for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, expect, sync_playwright

from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.responses import call

REVIEW_SHEET = 7
REVIEW_HEADER = ["Approve", "Decline", "Message", "Status", "Sending organisation", "Receiving organisation", "Match"]
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


expect.set_options(timeout=60_000)


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser that is on this machine; without one the tests say so and are skipped."""
    path = _chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: install it, or name one in the environment variable CHROMIUM")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LD_PRELOAD", raising=False)  # Chromium stands still under another clock; it keeps the real one
        playwright = sync_playwright().start()
        started = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
    yield started
    started.close()
    playwright.stop()


@dataclass
class Watched:
    """What a page did that a person does not see."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def interrupted(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def asked(self, request: Request) -> None:
        if urlsplit(request.url).hostname:
            self.hosts.add(urlsplit(request.url).hostname or "")


@pytest.fixture
def watched(browser: Browser, sandbox: Sandbox) -> Iterator[Watched]:
    """A page at desktop width which must neither complain nor talk to another machine."""
    del sandbox  # asked for so that it ends after the page, which complains when nobody answers it any more
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    watched = Watched(context.new_page())
    watched.page.set_default_timeout(60_000)
    watched.page.on("console", watched.heard)
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.on("request", watched.asked)
    watched.page.on("dialog", watched.interrupted)
    yield watched
    context.close()
    assert watched.dialogs == []
    assert watched.hosts <= {"127.0.0.1"}
    assert watched.complaints == []


@pytest.fixture
def page(watched: Watched) -> Page:
    """The watched page itself."""
    return watched.page


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A fresh sandbox."""
    with Sandbox(tmp_path / "sandbox") as running:
        yield running


@dataclass
class Review:
    """The review tab of a sandbox, made and read over its API, as the program would."""

    sandbox: Sandbox

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return call(self.sandbox.sheets_api, method, f"/v4/spreadsheets/{self.sandbox.spreadsheet_id}{path}", body)

    def change(self, *requests: dict[str, Any]) -> None:
        self.call("POST", ":batchUpdate", {"requests": list(requests)})

    def rows(self) -> list[list[Any]]:
        """Everything below the header, unformatted."""
        range_ = quote("'Review'!A2:G")
        answer = self.call("GET", f"/values/{range_}?valueRenderOption=UNFORMATTED_VALUE")
        return list(answer.get("values", []))

    def fill(self, rows: list[list[str]]) -> None:
        """The tab with its header, boxes, a guarded column and these rows (from `Message` on)."""

        def text(value: str) -> dict[str, Any]:
            return {"userEnteredValue": {"stringValue": value}} if value else {}

        box = {"userEnteredValue": {"boolValue": False}, "dataValidation": {"condition": {"type": "BOOLEAN"}}}
        wrapped = {"userEnteredFormat": {"wrapStrategy": "WRAP"}}
        grid = {"rowCount": len(rows) + 20, "columnCount": len(REVIEW_HEADER), "frozenRowCount": 1}
        status = {"sheetId": REVIEW_SHEET, "startColumnIndex": 3, "endColumnIndex": 4}
        self.change(
            {"addSheet": {"properties": {"sheetId": REVIEW_SHEET, "title": "Review", "gridProperties": grid}}},
            {
                "updateCells": {
                    "start": {"sheetId": REVIEW_SHEET, "rowIndex": 0, "columnIndex": 0},
                    "fields": "userEnteredValue,dataValidation,userEnteredFormat",
                    "rows": [
                        {"values": [text(title) for title in REVIEW_HEADER]},
                        *({"values": [box, box, *({**text(cell), **wrapped} for cell in row)]} for row in rows),
                    ],
                }
            },
            {"addProtectedRange": {"protectedRange": {"range": status, "warningOnly": True}}},
            {
                "addConditionalFormatRule": {
                    "index": 0,
                    "rule": {
                        "ranges": [status],
                        "booleanRule": {
                            "condition": {
                                "type": "TEXT_STARTS_WITH",
                                "values": [{"userEnteredValue": "Introduced"}],
                            },
                            "format": {"backgroundColor": {"red": 0.8, "green": 1, "blue": 0.8}},
                        },
                    },
                }
            },
        )


@pytest.fixture
def review(sandbox: Sandbox) -> Review:
    """The review tab with three proposals, out of order."""
    made = Review(sandbox)
    made.fill(
        [
            ["", "Proposed", "Borås Stad", "Vestland fylkeskommune", "M-2"],
            ["", "Introduced on 20 November", "Catalonia", "Stad Gent", "M-3"],
            ["", "Proposed", "Ålesund", "SOC", "M-1"],
        ]
    )
    return made


@pytest.fixture
def make_review(sandbox: Sandbox) -> Callable[[list[list[str]]], Review]:
    """The review tab with rows of one's own."""

    def make(rows: list[list[str]]) -> Review:
        made = Review(sandbox)
        made.fill(rows)
        return made

    return make
