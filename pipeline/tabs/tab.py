"""What a tab is: its columns, who writes which cell, and how its body is kept. One module beside this for each tab.

Titles are the interface: people may move columns, and add their own, which are kept and ignored.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.cleaning.cells import is_blank, shortened
from pipeline.model import Cell, Problem, SheetRow, Table

RESPONSES = "Responses"
"""Name, in a `SheetSnapshot`, of the tab the form writes to; its title there is a setting."""

STATUS = "Status"
"""What the cell of a standing row that the program changes is called in most tabs."""
SENDING = "Sending organisation"
RECEIVING = "Receiving organisation"
JOINING = "Joining organisation"
MATCH = "Match"

TAG = re.compile(r"[A-Z]-[A-Z0-9]{4,16}")
"""What the `Status` of a row may end in."""

PARTED = "\x1f"
"""Between the cells of a row of people's, in its key."""

Rows = tuple[tuple[Cell, ...], ...]
"""What stands below a header, cells in the order of the columns."""


class Author(StrEnum):
    """Who writes the cells of a column. Nobody else ever does."""

    PROGRAM = "program"
    PEOPLE = "people"


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    CHECKBOX = "checkbox"
    CHOICE = "choice"


class Body(StrEnum):
    """How the program changes a tab below its header."""

    ROWS = "rows"
    """New rows go directly under the header; of a standing row its status changes, and the cells that are `kept`."""
    WHOLE = "whole"
    """The body is replaced as a whole; a box in it is asked and answered between two writes."""
    PEOPLE = "people"
    """People write the rows. The program writes at most into columns of its own beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: title, author, what it holds, and how wide it is (pixels)."""

    title: str
    author: Author = Author.PROGRAM
    kind: Kind = Kind.TEXT
    width: int = 160
    choices: tuple[str, ...] = ()
    suggestions: str = ""
    """Name of the tab whose first column after the status is offered to choose from; another text will do as well."""
    note: str = ""
    """Shown when somebody rests on the header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterView:
    """A view of the tab that shows only rows whose status begins with one of these words."""

    title: str
    starts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab. `key` is the title of the column that names a row for ever (rows tabs only)."""

    name: str
    columns: tuple[Column, ...]
    body: Body
    key: str | None = None
    status: str = STATUS
    """The title of the column that tells where a row stands (rows tabs only)."""
    kept: tuple[str, ...] = ()
    """Titles of other cells the program keeps current in standing rows; a change of theirs takes two runs."""
    colours: tuple[tuple[str, str], ...] = ()
    """What the status begins with -> the colour behind it, light enough for black text (WCAG AA)."""
    filter_view: FilterView | None = None

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles in the order `init` writes them."""
        return tuple(column.title for column in self.columns)

    def column(self, title: str) -> Column | None:
        """The column of that title."""
        return next((column for column in self.columns if column.title == title), None)

    @property
    def checkboxes(self) -> tuple[str, ...]:
        """Titles of the columns people tick."""
        return tuple(column.title for column in self.columns if column.kind is Kind.CHECKBOX)

    @property
    def has_answers(self) -> bool:
        """Whether rows have a status that the program keeps: rows of its own, or people's that it answers beside."""
        return self.status in self.titles

    def key_of(self, cells: Mapping[str, Cell]) -> str:
        """What names a row: its key, or of a row of people's everything they wrote on it. Empty where there is none."""
        if self.key:
            cell = cells.get(self.key)
            return cell.strip() if isinstance(cell, str) else ""
        if self.body is not Body.PEOPLE or not self.has_answers:
            return ""
        written = [
            " ".join(_shown(cells.get(column.title)).split())
            for column in self.columns
            if column.author is Author.PEOPLE
        ]
        return PARTED.join(written) if any(written) else ""

    def cells(self, values: Mapping[str, Cell]) -> tuple[Cell, ...]:
        """One row by title -> its cells in the order of the columns. Raises KeyError when a column is forgotten."""
        return tuple(values[title] for title in self.titles)

    def differs(self, table: Table | None, body: Rows) -> bool:
        """Whether the tab shows something else than this body. An absent tab is not ours to fill: `init` makes it."""
        if table is None:
            return False
        shown = [tuple(_shown(row.cells.get(title)) for title in self.titles) for row in table.rows]
        while shown and not any(shown[-1]):
            shown.pop()
        return shown != [tuple(_shown(cell) for cell in row) for row in body]


HOLDS_TEXT = " holds the text “"
"""Between the title of a box and what somebody wrote into it, where a status quotes that."""


def not_a_tick(tab: Tab, row: SheetRow) -> str | None:
    """What stands in the boxes of a row and is no tick: a text, a number, a formula. None when all is well."""
    found = []
    for title in tab.checkboxes:
        value = row.cells.get(title)
        if title in row.formulas:
            found.append(f"{title} holds a formula, which is not a tick")
        elif not is_blank(value) and not isinstance(value, bool):
            found.append(f"{title}{HOLDS_TEXT}{shortened(value)}”, which is not a tick")
    return "; ".join(found) or None


def not_a_tick_problem(title: str, row: SheetRow, what: str, key: str) -> Problem:
    """What `not_a_tick` found on a row of the tab of that title, for a person to mend; `key` names the row."""
    return Problem(
        where=f"{title}, row {row.number}",
        what=f"{what[0].upper()}{what[1:]}.",
        fix="Clear the cell, restore its checkbox (Insert > Checkbox) and tick it.",
        key=f"not-a-tick:{key}:{what}",
    )


def program(title: str, width: int = 160, note: str = "") -> Column:
    """A column the program writes."""
    return Column(title=title, width=width, note=note)


def people(title: str, width: int = 160, note: str = "", suggestions: str = "") -> Column:
    """A column people write."""
    return Column(title=title, author=Author.PEOPLE, width=width, note=note, suggestions=suggestions)


def checkbox(title: str, note: str = "") -> Column:
    """A column of boxes people tick."""
    return Column(title=title, author=Author.PEOPLE, kind=Kind.CHECKBOX, width=80, note=note)


def tag_of(key: str) -> str:
    """What stands at the end of a row's `Status`: its key where that is short, so that no two rows hold the same text.

    A tag is its own tag.
    """
    if TAG.fullmatch(key):
        return key
    return "Q-" + base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:10]


def fold_title(title: object) -> str:
    """A header as it is compared: case and spacing do not matter, since people retype headers."""
    return " ".join(str(title).split()).casefold()


def trouble_with(titles: Iterable[str], header: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of `titles` a header lacks, and which stand there more than once."""
    seen = [fold_title(cell) for cell in header]
    counts = {title: seen.count(fold_title(title)) for title in titles}
    return (
        tuple(title for title, count in counts.items() if count == 0),
        tuple(title for title, count in counts.items() if count > 1),
    )


def _shown(cell: Cell) -> str:
    if cell is None or cell is False:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
