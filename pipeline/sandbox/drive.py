"""The few Drive calls that gspread makes: create, look at, list and delete files."""

from __future__ import annotations

import re
from datetime import datetime

from pipeline.sandbox.api_errors import ApiError, DriveError, Json, not_answered
from pipeline.sandbox.grid import Spreadsheet
from pipeline.sandbox.masks import apply_mask, parse_mask
from pipeline.sandbox.store import Store

MIME_TYPE = "application/vnd.google-apps.spreadsheet"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _file(book: Spreadsheet) -> Json:
    return {
        "kind": "drive#file",
        "id": book.spreadsheet_id,
        "name": book.title,
        "mimeType": MIME_TYPE,
        "createdTime": _time(book.created),
        "modifiedTime": _time(book.modified),
        "trashed": False,
    }


def _named(book: Spreadsheet, fields: str) -> Json:
    mask = parse_mask(fields or "kind,id,name,mimeType")
    shown: Json = apply_mask(_file(book), mask)
    return shown


def _book(store: Store, file_id: str) -> Spreadsheet:
    try:
        return store.get(file_id)
    except ApiError as error:
        raise DriveError(404, f"File not found: {file_id}.", "notFound", "fileId") from error


def create(store: Store, query: Json, body: Json) -> Json:
    """`files.create`, for spreadsheets only."""
    if body.get("mimeType") != MIME_TYPE:
        raise not_answered("files that are not spreadsheets")
    file_id = store.create_spreadsheet(str(body.get("name") or "Untitled spreadsheet"))
    return _named(store.get(file_id), str(query.get("fields") or ""))


def get(store: Store, file_id: str, query: Json) -> Json:
    """`files.get`: exactly the fields that were asked for (recorded)."""
    return _named(_book(store, file_id), str(query.get("fields") or ""))


def delete(store: Store, file_id: str) -> None:
    """`files.delete`."""
    store.delete(_book(store, file_id).spreadsheet_id)


def list_files(store: Store, query: Json) -> Json:
    """`files.list`: all spreadsheets, or those of one name; folders are not known here."""
    search = str(query.get("q") or "")
    name = re.search(r"""name\s*=\s*(["'])(.*?)(?<!\\)\1""", search)
    wanted = re.sub(r"\\(.)", r"\1", name[2]) if name else None
    books = [book for book in store.all() if wanted is None or book.title == wanted]
    size = int(query.get("pageSize") or 100)
    start = int(query.get("pageToken") or 0)
    answer: Json = {"kind": "drive#fileList", "incompleteSearch": False}
    answer["files"] = [_file(book) for book in books[start : start + size]]
    if start + size < len(books):
        answer["nextPageToken"] = str(start + size)
    mask = parse_mask(str(query.get("fields") or "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)"))
    shown: Json = apply_mask(answer, mask)
    return shown
