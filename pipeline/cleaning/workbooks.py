"""XLSX files before anything unpacks them: a small file can hold more than the machine's memory."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

MOST_BYTES = 1_000_000_000
"""Unpacked, all parts together: a million rows of eight columns stay below."""
SUSPECT_BYTES, MOST_RATIO = 20_000_000, 150
"""A part larger than the first and packed more tightly than the second: sheets of real text reach 10 to 40."""
MOST_PARTS = 10_000


def workbook_trouble(path: Path) -> str | None:
    """Why this workbook must not be opened, to follow its name ("is no workbook"); None when it may be.

    Reads the list of its parts only. Raises FileNotFoundError.
    """
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        return "is no workbook"
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
        return "is too large once it is unpacked"
    for part in parts:
        name = PurePosixPath(part.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts:
            return "has a part whose name leads out of it"
        if part.file_size > SUSPECT_BYTES and part.file_size > MOST_RATIO * max(part.compress_size, 1):
            return "is packed so tightly that it cannot hold real answers"
    return None
