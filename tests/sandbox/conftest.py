"""The sandbox's Sheets API on a free port, with gspread on top, as the program meets it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gspread
import pytest
import requests
import uvicorn
from google.auth.credentials import AnonymousCredentials
from gspread.http_client import HTTPClient

from pipeline.sandbox.sheets_api import SheetsApp, create_sheets_app
from pipeline.sandbox.store import Store


@dataclass
class Sandbox:
    """A running API: its address, its store, and short ways to talk to it."""

    url: str
    store: Store
    app: SheetsApp

    def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **query: Any
    ) -> requests.Response:
        """One plain request."""
        return requests.request(method, self.url + path, json=body, params=query, headers=headers or {}, timeout=60)

    def batch(self, spreadsheet_id: str, *batch: dict[str, Any]) -> requests.Response:
        """One batchUpdate."""
        return self.call("POST", f"/v4/spreadsheets/{spreadsheet_id}:batchUpdate", {"requests": list(batch)})

    def values(self, spreadsheet_id: str, name: str, **query: Any) -> list[list[Any]]:
        """The values of a range."""
        answer = self.call("GET", f"/v4/spreadsheets/{spreadsheet_id}/values/{name}", **query)
        assert answer.status_code == 200, answer.text
        values: list[list[Any]] = answer.json().get("values", [])
        return values

    def write(self, spreadsheet_id: str, name: str, values: list[list[Any]], option: str = "RAW") -> requests.Response:
        """Write values into a range."""
        path = f"/v4/spreadsheets/{spreadsheet_id}/values/{name}"
        return self.call("PUT", path, {"values": values}, valueInputOption=option)

    def gspread(self) -> gspread.Client:
        """The real gspread, sent to this address."""
        url = self.url

        class Client(HTTPClient):
            def request(self, method: str, endpoint: str, *args: Any, **more: Any) -> Any:
                for host in ("https://sheets.googleapis.com", "https://www.googleapis.com"):
                    endpoint = endpoint.replace(host, url)
                return super().request(method, endpoint, *args, **more)

        client = gspread.Client(
            auth=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            session=requests.Session(),
            http_client=Client,
        )
        client.set_timeout(60)
        return client


@contextmanager
def running(store: Store) -> Iterator[Sandbox]:
    """Serve a store until the block ends."""
    app = create_sheets_app(store)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="critical", http="h11", lifespan="off", timeout_graceful_shutdown=1, timeout_keep_alive=600
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield Sandbox(f"http://127.0.0.1:{listener.getsockname()[1]}", store, app)
    finally:
        server.should_exit = True
        thread.join(60)
        listener.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A fresh API that forgets everything."""
    with running(Store()) as started:
        yield started


@pytest.fixture
def serve() -> Callable[[Path], Any]:
    """Starts an API on a store that lasts: `with serve(directory) as sandbox`."""

    @contextmanager
    def start(directory: Path) -> Iterator[Sandbox]:
        store = Store(directory)
        try:
            with running(store) as started:
                yield started
        finally:
            store.close()

    return start


@pytest.fixture
def book(sandbox: Sandbox) -> str:
    """The id of an empty spreadsheet."""
    return sandbox.store.create_spreadsheet("Exchange")
