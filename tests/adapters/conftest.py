"""What the tests of the spreadsheet adapter share: the sandbox's Sheets API over real HTTP, and a person."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from pipeline.adapters.sheets.client import SheetsHttp
from pipeline.adapters.sheets.credentials import connect
from pipeline.adapters.sheets.layout import init
from pipeline.adapters.sheets.spreadsheet import GoogleSpreadsheet
from pipeline.config import SheetsSettings
from pipeline.sandbox.batch import apply
from pipeline.sandbox.grid import Sheet, Spreadsheet
from pipeline.sandbox.sheets_api import SheetsApp, create_sheets_app
from pipeline.sandbox.store import Store
from pipeline.sandbox.values import Value
from pipeline.tabs.all_tabs import BY_NAME, TABS

HEADER = ("Timestamp", "Email address", "Organisation", "What do you want to learn?")


class Person:
    """Somebody at work in the sheet: acts at once, and sees what a person would see."""

    def __init__(self, store: Store, spreadsheet_id: str) -> None:
        self.store = store
        self.spreadsheet_id = spreadsheet_id

    @property
    def book(self) -> Spreadsheet:
        return self.store.get(self.spreadsheet_id)

    def sheet(self, title: str = "Review") -> Sheet:
        sheet = self.book.titled(title)
        assert sheet is not None, f"no tab {title} among {[s.title for s in self.book.sheets]}"
        return sheet

    def does(self, *requests_: dict[str, Any]) -> None:
        """Apply batchUpdate requests, as a click in the sheet would."""
        with self.store.change(self.spreadsheet_id) as draft:
            apply(draft, {"requests": list(requests_)})

    def grid(self, title: str = "Review") -> list[list[Value]]:
        """All cells as stored, blank rows at the end left out."""
        sheet = self.sheet(title)
        return [
            [sheet.cell(row, column).value for column in range(sheet.column_count)]
            for row in range(sheet.last_row_with_values())
        ]

    def records(self, title: str = "Review") -> list[dict[str, Value]]:
        """Rows below the header by title."""
        header, *rows = self.grid(title)
        return [{str(name): value for name, value in zip(header, row, strict=True) if name} for row in rows]

    def row_of(self, key: str, title: str = "Review") -> int:
        """Index of the row that holds the key in its key column."""
        grid = self.grid(title)
        place = grid[0].index(BY_NAME[title].key if title in BY_NAME else "Match")
        return next(index for index, row in enumerate(grid) if index and row[place] == key)

    def types(self, row: int, column: str | int, value: object, title: str = "Review") -> None:
        """Put a value into a cell."""
        sheet = self.sheet(title)
        place = self.grid(title)[0].index(column) if isinstance(column, str) else column
        kind = "boolValue" if isinstance(value, bool) else "numberValue" if isinstance(value, float) else "stringValue"
        entered = {} if value is None else {kind: value}
        if isinstance(value, str) and value.startswith("="):
            entered = {"formulaValue": value}
        self.does(
            {
                "updateCells": {
                    "start": {"sheetId": sheet.sheet_id, "rowIndex": row, "columnIndex": place},
                    "rows": [{"values": [{"userEnteredValue": entered}]}],
                    "fields": "userEnteredValue",
                }
            }
        )

    def fills(self, title: str, rows: Sequence[Sequence[object]], top: int = 1) -> None:
        """Write many rows at once from column A on."""
        sheet = self.sheet(title)

        def cell(value: object) -> dict[str, Any]:
            if value is None:
                return {}
            kind = (
                "boolValue" if isinstance(value, bool) else "stringValue" if isinstance(value, str) else "numberValue"
            )
            return {"userEnteredValue": {kind: value}}

        lacking = top + len(rows) - sheet.row_count
        grow = {"appendDimension": {"sheetId": sheet.sheet_id, "dimension": "ROWS", "length": lacking}}
        write = {
            "updateCells": {
                "start": {"sheetId": sheet.sheet_id, "rowIndex": top, "columnIndex": 0},
                "rows": [{"values": [cell(value) for value in row]} for row in rows],
                "fields": "userEnteredValue",
            }
        }
        self.does(*([grow] if lacking > 0 else []), write)

    def sorts(self, column: int = 3, order: str = "DESCENDING", title: str = "Review") -> None:
        sheet = self.sheet(title)
        area = {"sheetId": sheet.sheet_id, "startRowIndex": 1}
        specs = [{"dimensionIndex": column, "sortOrder": order}]
        self.does({"sortRange": {"range": area, "sortSpecs": specs}})

    def inserts(self, dimension: str, at: int, count: int = 1, title: str = "Review") -> None:
        area = {"sheetId": self.sheet(title).sheet_id, "dimension": dimension, "startIndex": at, "endIndex": at + count}
        self.does({"insertDimension": {"range": area, "inheritFromBefore": at > 0}})

    def deletes(self, dimension: str, at: int, count: int = 1, title: str = "Review") -> None:
        area = {"sheetId": self.sheet(title).sheet_id, "dimension": dimension, "startIndex": at, "endIndex": at + count}
        self.does({"deleteDimension": {"range": area}})

    def renames(self, title: str, to: str) -> None:
        sheet_id = self.sheet(title).sheet_id
        self.does({"updateSheetProperties": {"properties": {"sheetId": sheet_id, "title": to}, "fields": "title"}})

    def remembers(self) -> Callable[[], None]:
        """Take a version; calling what comes back restores it (metadata too, as far as anyone knows)."""
        kept = self.book

        def restore() -> None:
            with self.store.lock:
                self.store._books[self.spreadsheet_id] = kept.draft()

        return restore


class World:
    """One spreadsheet on the sandbox, the adapter's settings for it, and the person."""

    def __init__(self, app: SheetsApp, store: Store, root: str) -> None:
        self.app = app
        self.store = store
        self.root = root
        self.spreadsheet_id = store.create_spreadsheet("Matchmaking")
        self.settings = SheetsSettings(
            spreadsheet_id=self.spreadsheet_id, api_url=root, retry_seconds=0, read_seconds=300
        )
        self.person = Person(store, self.spreadsheet_id)
        self.person.renames("Sheet1", self.settings.responses_tab)
        self.person.fills(self.settings.responses_tab, [HEADER], top=0)

    def opened(self, **changes: Any) -> GoogleSpreadsheet:
        """A fresh adapter, as every run has one."""
        settings = self.settings.model_copy(update=changes)
        return GoogleSpreadsheet(settings, connect(settings))

    def client(self, **changes: Any) -> SheetsHttp:
        return connect(self.settings.model_copy(update=changes))

    def initialised(self) -> World:
        init(self.opened())
        return self

    def copied(self) -> World:
        """A spreadsheet of its own with all that stands in this one."""
        twin = World(self.app, self.store, self.root)
        with self.store.lock:
            book = self.person.book.draft()
            book.spreadsheet_id = twin.spreadsheet_id
            self.store._books[twin.spreadsheet_id] = book
        return twin

    def faults(self, kind: str, match: str = "", times: int = 1, seconds: float = 0) -> None:
        """Order failures of requests whose `METHOD path` matches."""
        self.app.service.faults.order([{"kind": kind, "match": match, "times": times, "seconds": seconds}])

    def asked(self) -> list[str]:
        """What the program asked so far."""
        return [f"{entry['method']} {entry['path']}" for entry in self.app.service.log]

    @contextmanager
    def meanwhile(self, act: Callable[[], None], before: int = 0, match: str = "") -> Iterator[list[int]]:
        """Let somebody act before the n-th request (from now) whose `METHOD path` matches."""
        count = [0]

        def callback(call: Any) -> None:
            if match and match not in f"{call.method} {call.path}":
                return
            count[0] += 1
            if count[0] == before + 1:
                act()

        self.app.before_request.append(callback)
        try:
            yield count
        finally:
            self.app.before_request.remove(callback)


@pytest.fixture(scope="session")
def sheets_server() -> Iterator[tuple[SheetsApp, Store, str]]:
    """The sandbox's Sheets API on a port of its own, for all tests of this directory."""
    store = Store()
    app = create_sheets_app(store)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1, timeout_keep_alive=600
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    root = f"http://127.0.0.1:{listener.getsockname()[1]}"
    while not server.started:
        thread.join(0.01)
    yield app, store, root
    server.should_exit = True
    thread.join(60)


@pytest.fixture
def new_world(sheets_server: tuple[SheetsApp, Store, str]) -> Iterator[Callable[[], World]]:
    """Makes worlds, each with a spreadsheet of its own."""
    app, store, root = sheets_server
    app.service.faults.clear()
    app.service.log.clear()

    def make() -> World:
        return World(app, store, root)

    yield make
    app.service.faults.clear()
    app.before_request.clear()


class Canned:
    """A server that says what it is told to, word for word, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._held: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.asked.append(connection.recv(65536).decode("utf-8", "replace").partition("\r\n")[0])
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is None:
                self._held.append(connection)  # silence
                continue
            connection.sendall(answer)
            connection.close()

    def close(self) -> None:
        self._listener.close()


def http_answer(status: int, body: object, *headers: str) -> bytes:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


@pytest.fixture
def answering() -> Iterator[Callable[..., SheetsHttp]]:
    """Makes a client whose server gives these answers, the last one for ever: (status, body, *headers) or None."""
    servers = []

    def make(
        status: int | None, body: object = "", *headers: str, then: Sequence[Any] = (), **changes: Any
    ) -> SheetsHttp:
        server = Canned()
        servers.append(server)
        first = (None,) if status is None else (status, body, *headers)
        server.answers = [None if one[0] is None else http_answer(*one) for one in (first, *then)]
        defaults: dict[str, Any] = {"api_url": server.root, "retry_seconds": 0}
        client = connect(SheetsSettings(**(defaults | changes)))
        client.canned = server  # type: ignore[attr-defined]
        return client

    yield make
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def pattern_world(sheets_server: tuple[SheetsApp, Store, str]) -> World:
    """What `world` is copied from."""
    made = World(*sheets_server).initialised()
    for tab in TABS:  # shorter tabs, quicker tests
        made.person.deletes("ROWS", 30, 170, title=tab.name)
    return made


@pytest.fixture
def world(new_world: Callable[[], World], pattern_world: World) -> World:
    """A spreadsheet after `init`."""
    del new_world  # asked for its cleaning up
    return pattern_world.copied()
