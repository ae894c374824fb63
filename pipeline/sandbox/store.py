"""All spreadsheets of a sandbox: in memory, and on disk when it has a place there."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.sandbox.api_errors import ApiError, not_found
from pipeline.sandbox.grid import Spreadsheet
from pipeline.sandbox.storage import Database

PRIVATE_EXAMPLE = "1jIKzPs8LsiZZdLdeMEP-5ZIHw6RkjiOmj1LrJN706Yc"
"""A spreadsheet of somebody else, which gspread's recordings try to open."""


class Store:
    """Holds the spreadsheets; every change is a draft that is committed whole.

    `path` is a SQLite file, or a directory that gets one; None keeps everything in memory. `lock` makes
    requests take turns; hold it (or use `change`) when touching spreadsheets from another thread.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.private = {PRIVATE_EXAMPLE}
        """Ids that answer 403: spreadsheets that exist but are not shared with the caller."""
        if path is not None and (path.is_dir() or not path.suffix):
            path = path / "spreadsheets.sqlite3"
        self._database = None if path is None else Database(path)
        self._books: dict[str, Spreadsheet] = {} if self._database is None else self._database.load()

    def create_spreadsheet(
        self,
        title: str,
        *,
        locale: str = "en_US",
        time_zone: str = "Etc/GMT",
        spreadsheet_id: str | None = None,
    ) -> str:
        """Make an empty spreadsheet with one sheet (`Sheet1`, id 0) and return its id.

        Raises ValueError if `spreadsheet_id` is taken.
        """
        with self.lock:
            chosen = spreadsheet_id or "1" + secrets.token_urlsafe(40)[:43]
            if chosen in self._books:
                raise ValueError(f"there is a spreadsheet {chosen} already")
            self._keep(Spreadsheet(chosen, title, locale=locale, time_zone=time_zone))
            return chosen

    def get(self, spreadsheet_id: str) -> Spreadsheet:
        """The spreadsheet, for reading only. Raises ApiError 403 or 404."""
        if spreadsheet_id in self.private:
            raise ApiError(403, "The caller does not have permission")
        if spreadsheet_id not in self._books:
            raise not_found()
        return self._books[spreadsheet_id]

    def all(self) -> list[Spreadsheet]:
        """Every spreadsheet, the last changed first."""
        return sorted(self._books.values(), key=lambda book: book.modified, reverse=True)

    @contextmanager
    def change(self, spreadsheet_id: str) -> Iterator[Spreadsheet]:
        """A draft to change, committed at the end of the block unless it raised."""
        with self.lock:
            draft = self.get(spreadsheet_id).draft()
            yield draft
            self._keep(draft)

    def delete(self, spreadsheet_id: str) -> None:
        """Remove a spreadsheet. Raises ApiError 403 or 404."""
        with self.lock:
            self.get(spreadsheet_id)
            if self._database is not None:
                self._database.delete(spreadsheet_id)
            del self._books[spreadsheet_id]

    def clear(self) -> None:
        """Remove all spreadsheets."""
        with self.lock:
            if self._database is not None:
                self._database.clear()
            self._books.clear()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._database is not None:
            self._database.close()

    def _keep(self, book: Spreadsheet) -> None:
        before = self._books.get(book.spreadsheet_id)
        now = datetime.now(UTC)
        if before is not None:
            now = max(now, before.modified + timedelta(milliseconds=1))
        book.modified = now
        book.forget_results()
        if self._database is not None:
            self._database.save(book, before)
        self._books[book.spreadsheet_id] = book
