"""Requests of one run, ours against a script that updates row by row, on the same work in the sandbox.

Usage: python tools/bench_sheets_calls.py [ROWS ...]      (default: 10 100 1000)

The naive script is what most people write first with gspread: `get_all_records`, then `append_row` for each
new row and `update_cell` for each changed status. Both run against a sandbox of their own over HTTP. The
minutes are what Google's quota (60 reads and 60 writes a minute for one account) makes of the counts.
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import gspread
import uvicorn
from google.auth.credentials import AnonymousCredentials

from pipeline.adapters.sheets.client import SheetsHttp
from pipeline.adapters.sheets.credentials import connect
from pipeline.adapters.sheets.layout import init
from pipeline.adapters.sheets.spreadsheet import GoogleSpreadsheet
from pipeline.config import SheetsSettings
from pipeline.model import NewRow, RowUpdate, SheetChanges
from pipeline.sandbox.sheets_api import create_sheets_app
from pipeline.sandbox.store import Store

QUOTA = 60
"""Requests of a kind in a minute for one account (developers.google.com/workspace/sheets/api/limits)."""
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@contextmanager
def sandbox() -> Iterator[SheetsSettings]:
    """A spreadsheet after `init`, on a sandbox that ends with the block."""
    store = Store()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_sheets_app(store), log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    identifier = store.create_spreadsheet("bench")
    root = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = SheetsSettings(spreadsheet_id=identifier, api_url=root, responses_tab="Sheet1")
    init(GoogleSpreadsheet(settings, connect(settings)))
    yield settings
    server.should_exit = True
    thread.join(10)


def key(number: int) -> str:
    """A match id."""
    text = ""
    for _ in range(10):
        number, rest = divmod(number, len(ALPHABET))
        text += ALPHABET[rest]
    return f"M-{text}"


def row(number: int) -> NewRow:
    """A proposal."""
    cells = {"Status": "Proposed: tick Approve or Decline", "Sending organisation": f"Sender {number}"}
    return NewRow(key=key(number), cells={**cells, "Match": key(number)})


def ours(settings: SheetsSettings, rows: int) -> tuple[int, int, float]:
    """Add that many rows, then change the status of each: reads, writes, seconds."""
    started = time.perf_counter()
    sheet = GoogleSpreadsheet(settings, connect(settings))
    sheet.read()
    sheet.write(SheetChanges(inserts={"Review": tuple(map(row, range(rows)))}, last_checked=date(2026, 11, 20)))
    sheet.read_review()
    updates = tuple(RowUpdate(key=key(number), cells={"Status": "Introduced"}) for number in range(rows))
    left = sheet.write(SheetChanges(updates={"Review": updates}))
    if left:
        raise SystemExit(f"{len(left)} statuses were not written")
    return sheet.calls["reads"], sheet.calls["writes"], time.perf_counter() - started


def naive(settings: SheetsSettings, rows: int) -> tuple[int, int, float]:
    """The same work row by row with plain gspread."""
    started = time.perf_counter()
    counted: list[SheetsHttp] = []

    def client(credentials: AnonymousCredentials, session: object = None) -> SheetsHttp:
        del credentials, session
        counted.append(connect(settings))
        return counted[-1]

    kind: Any = client
    book = gspread.Client(AnonymousCredentials(), http_client=kind)  # type: ignore[no-untyped-call]
    tab = book.open_by_key(settings.spreadsheet_id).worksheet("Review")
    titles = tab.row_values(1)
    for number in range(rows):
        cells = row(number).cells
        tab.append_row([str(cells.get(title, "")) for title in titles], table_range="A1")
    for place, record in enumerate(tab.get_all_records(), start=2):
        if record["Status"] != "Introduced":
            tab.update_cell(place, 1, "Introduced")
    return counted[0].reads, counted[0].writes, time.perf_counter() - started


def main(arguments: list[str]) -> None:
    """Print one line per size and way."""
    logging.disable(logging.INFO)
    print("rows   who     reads  writes  seconds here  minutes at Google's quota")
    for rows in [int(argument) for argument in arguments] or [10, 100, 1000]:
        for name, work in (("ours", ours), ("naive", naive)):
            with sandbox() as settings:
                reads, writes, seconds = work(settings, rows)
            minutes = max(0, -(-max(reads, writes) // QUOTA) - 1)
            print(f"{rows:<6} {name:<7} {reads:>5}  {writes:>6}  {seconds:>12.1f}  {minutes:>25}")


if __name__ == "__main__":
    main(sys.argv[1:])
