"""A1 notation: reading what callers write, and echoing it the way Google does.

Indexes here are zero-based, ends exclusive, as in the API's GridRange; None means unbounded.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CORNER = re.compile(r"\$?([A-Za-z]{1,3})?\$?([1-9][0-9]{0,7})?$")
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")
_LOOKS_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+$|[Rr][0-9]*[Cc][0-9]*$|(?i:true|false)$")


class Bounds(NamedTuple):
    """A rectangle whose sides may be open."""

    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None


def column_letters(index: int) -> str:
    """0 -> A, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """A -> 0, aa -> 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _corner(text: str) -> tuple[int | None, int | None] | None:
    match = _CORNER.match(text.strip())
    if match is None or not any(match.groups()):
        return None
    letters, digits = match.groups()
    return (int(digits) - 1 if digits else None, column_index(letters) if letters else None)


def parse_bounds(text: str) -> Bounds | None:
    """`A1`, `A1:C`, `2:3`, `D4:A1`, `B:B`; None if the text is nothing of the kind."""
    first_text, colon, last_text = text.partition(":")
    first = _corner(first_text)
    if first is None:
        return None
    if not colon:
        row, column = first
        return None if row is None or column is None else Bounds(row, row + 1, column, column + 1)
    last = _corner(last_text)
    if last is None:
        return None
    top, bottom = _span(first[0], last[0])
    left, right = _span(first[1], last[1])
    return Bounds(top, bottom, left, right)


def _span(first: int | None, last: int | None) -> tuple[int | None, int | None]:
    if first is None or last is None:
        known = first if first is not None else last
        return known, None
    return min(first, last), max(first, last) + 1


def split_title(text: str) -> tuple[str | None, str | None, bool]:
    """Split `'My tab'!A1` into title, rest and whether the title was quoted.

    Without an exclamation mark the text is ambiguous (a title, a range or a name): it comes back as the
    rest, unless it was quoted, which only a title can be.
    """
    if text.startswith("'"):
        match = re.match(r"'((?:[^']|'')*)'(?:!(.*))?$", text, re.DOTALL)
        if match:
            return match.group(1).replace("''", "'"), match.group(2), True
    title, mark, rest = text.rpartition("!")
    return (title, rest, False) if mark else (None, text, False)


def quoted_title(title: str) -> str:
    """The title as it stands before the exclamation mark, in quotes only when it needs them."""
    if _PLAIN_TITLE.match(title) and not _LOOKS_LIKE_CELL.match(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def cell_name(row: int, column: int) -> str:
    """(0, 0) -> A1."""
    return f"{column_letters(column)}{row + 1}"


def range_name(title: str, top: int, bottom: int, left: int, right: int) -> str:
    """The echo of a range: one cell as `Sheet1!A1`, more as `Sheet1!A1:B2`."""
    first, last = cell_name(top, left), cell_name(bottom - 1, right - 1)
    return f"{quoted_title(title)}!{first}" if first == last else f"{quoted_title(title)}!{first}:{last}"
