"""A fingerprint of everything a plan follows from, so that an idle run can tell that nothing has changed.

A plan follows from what was read, from the program and the files beside it, and from the day; of the hour it knows
only when a letter is tried again, and no run with an unfinished letter is remembered as idle.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from pipeline.model import SheetSnapshot
from pipeline.ports import LedgerState

PROGRAM = Path(__file__).parents[1]


def files_as_they_stand(places: Iterable[Path]) -> str:
    """Name, size and time of the last change of every file at or below these places, and of the program's own."""
    stamps: list[tuple[str, int, int]] = []
    for place in (PROGRAM, *places):
        stamps += ((entry.path, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in _files(place))
    return repr(sorted(stamps))


def fingerprint(beside: str, snapshot: SheetSnapshot, state: LedgerState, now: datetime) -> str:
    """64 hexadecimal digits, the same only for the same reading on the same day (UTC). `beside`: all else that counts.

    When and how the last run went is left out: it is what a run itself writes down.
    """
    known = [
        sorted(value) if isinstance(value, frozenset) else value
        for field in dataclasses.fields(state)
        if field.name not in {"last_run", "last_acted"}
        for value in (getattr(state, field.name),)
    ]
    text = repr((beside, now.date().isoformat(), snapshot, known))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _files(place: Path) -> Iterator[os.DirEntry[str]]:
    """Files at or below a place; Python's own byte code is none of anybody's making."""
    if not place.is_dir():
        if place.exists():
            with os.scandir(place.parent) as entries:
                yield from (entry for entry in entries if entry.name == place.name)
        return
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _files(Path(entry.path))
            elif entry.is_file():
                yield entry
