"""The spreadsheet as data: its tabs, their columns, and who writes which cell.

Titles are the interface: people may move columns, and add their own, which are kept and ignored. The
adapter and the stages that fill a tab read the same table below, so that header and code agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

RESPONSES = "Responses"
"""Name, in a `SheetSnapshot`, of the tab the form writes to; its title there is a setting."""
REVIEW = "Review"
"""Name of the tab the secretariat decides in; its title may be a setting, or renamed in the sheet."""
SAME_ORGANISATION = "Same organisation?"
BY_HAND = "By hand"
PROBLEMS = "Problems"
ORGANISATIONS = "Organisations"
NEARLY = "Nearly"
UNMET = "Unmet demand"
EXCHANGES = "Exchanges"
INDICATORS = "Indicators"

STATUS = "Status"
LAST_CHECKED = "Last checked"
"""The header cell to the right of the problems begins with this; the date follows after a colon."""


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
    """New rows go directly under the header; of a standing row only `Status` changes."""
    WHOLE = "whole"
    """The body is replaced as a whole; a box in it is asked and answered between two writes."""
    PEOPLE = "people"
    """The program reads and never writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: title, author, what it holds, and how wide it is (pixels)."""

    title: str
    author: Author = Author.PROGRAM
    kind: Kind = Kind.TEXT
    width: int = 160
    choices: tuple[str, ...] = ()
    note: str = ""
    """Shown when somebody rests on the header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab. `key` is the title of the column that names a row for ever (rows tabs only)."""

    name: str
    columns: tuple[Column, ...]
    body: Body
    key: str | None = None

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles in order."""
        return tuple(column.title for column in self.columns)

    def column(self, title: str) -> Column | None:
        """The column of that title."""
        return next((column for column in self.columns if column.title == title), None)

    @property
    def checkboxes(self) -> tuple[str, ...]:
        """Titles of the columns people tick."""
        return tuple(column.title for column in self.columns if column.kind is Kind.CHECKBOX)


def _program(title: str, width: int = 160, note: str = "") -> Column:
    return Column(title=title, width=width, note=note)


def _people(title: str, width: int = 160, note: str = "") -> Column:
    return Column(title=title, author=Author.PEOPLE, width=width, note=note)


def _checkbox(title: str, note: str = "") -> Column:
    return Column(title=title, author=Author.PEOPLE, kind=Kind.CHECKBOX, width=80, note=note)


TABS: tuple[Tab, ...] = (
    Tab(
        name=REVIEW,
        body=Body.ROWS,
        key="Match",
        columns=(
            _program(STATUS, 300, "Written by the program. The id at its end names the match; please leave it."),
            _checkbox("Approve", "Tick: both sides are introduced to each other by e-mail at the next run."),
            _checkbox("Decline", "Tick: this match is not proposed again."),
            _program("Sending organisation", 200),
            _program("Receiving organisation", 200),
            _program("Joining organisation", 160),
            _program("Why", 340),
            _program("Letter begins", 300),
            _people("Message", 240, "A personal line of yours that goes into the letter."),
            _people("Notes", 200, "For yourselves; the program does not read it."),
            _checkbox("Agreed", "The partner who asked to be asked first said yes."),
            _checkbox("Refused", "The partner who asked to be asked first said no."),
            _checkbox("Was sent", "Only when Status says Unsure: you know that the letter left."),
            _checkbox("Was not sent", "Only when Status says Unsure: you know that the letter did not leave."),
            _program("Proposed on", 100),
            _program("Match", 120),
        ),
    ),
    Tab(
        name=SAME_ORGANISATION,
        body=Body.ROWS,
        key="Question",
        columns=(
            _program(STATUS, 300),
            _checkbox("Same", "Tick: both are one and the same organisation."),
            _checkbox("Different", "Tick: these are two organisations."),
            _program("One", 220),
            _program("Other", 220),
            _program("Speaks for", 300),
            _program("Speaks against", 300),
            _program("Question", 160),
        ),
    ),
    Tab(
        name=BY_HAND,
        body=Body.PEOPLE,
        columns=(
            _people("Sending organisation", 220),
            _people("Receiving organisation", 220),
            _people("Joining organisation", 220),
        ),
    ),
    Tab(
        name=PROBLEMS,
        body=Body.WHOLE,
        columns=(
            _program("Where", 200),
            _program("What", 340),
            _program("What to do", 340),
            _program("Sentence to send", 420),
            _checkbox("Go on", "Only beside a stopped run: tick when what it says is as it should be."),
        ),
    ),
    Tab(
        name=ORGANISATIONS,
        body=Body.WHOLE,
        columns=(
            _program("Organisation", 240),
            _program("Also written", 300),
            _program("Belongs to", 200),
            _program("Country", 80),
            _program("Place", 140),
            _program("Website domains", 160),
            _program("Contacts", 200),
            _program("Entries", 80),
            _program("Id", 100),
        ),
    ),
    Tab(
        name=NEARLY,
        body=Body.WHOLE,
        columns=(
            _program("Sending organisation", 220),
            _program("Receiving organisation", 220),
            _program("What keeps them apart", 420),
        ),
    ),
    Tab(
        name=UNMET,
        body=Body.WHOLE,
        columns=(_program("What", 240), _program("Asked for by", 300), _program("Note", 420)),
    ),
    Tab(
        name=EXCHANGES,
        body=Body.ROWS,
        key="Match",
        columns=(
            _program(STATUS, 300),
            _checkbox("Took place", "Tick once the visit is over: the report then makes its case sheet."),
            _checkbox("Will not happen", "Tick when nothing will come of it: nobody is reminded any more."),
            _program("Sending organisation", 200),
            _program("Receiving organisation", 200),
            _program("Joining organisation", 160),
            _people("From", 100, "First day, once it is agreed."),
            _people("To", 100, "Last day."),
            _people("Format", 140),
            _people("Participants", 100, "How many people travelled."),
            _people("Of whom with fewer opportunities", 120),
            _people("Title", 240, "The case sheet's title."),
            _people("Lessons of the host", 300, "One a line."),
            _people("Lessons of the participants", 300, "One a line."),
            _people("Quote", 300),
            _people("Quote by", 200, "Name, role and organisation, as they shall be printed."),
            _checkbox("Quote may be published", "Tick only when the person said so."),
            _people("Next steps", 300),
            _program("Match", 120),
        ),
    ),
    Tab(
        name=INDICATORS,
        body=Body.WHOLE,
        columns=(
            _program("Indicator", 420),
            _program("Target", 100),
            _program("Due by now", 100),
            _program("Counted", 100),
            _program("Of", 200),
        ),
    ),
)

STATUS_COLOURS: tuple[tuple[str, str], ...] = (
    ("Proposed", "#fff8e1"),
    ("Approved", "#e3f2fd"),
    ("Introduced", "#e6f4ea"),
    ("Declined", "#eeeeee"),
    ("Held", "#fde0dc"),
    ("Unsure", "#fbd5c5"),
    ("Out of date", "#eeeeee"),
    ("Withdrawn", "#eeeeee"),
    ("Waits for your answer", "#fff8e1"),
    ("Remembered", "#e6f4ea"),
)
"""What `Status` begins with -> the colour behind it; all are light enough for black text (WCAG AA)."""

TO_DECIDE = "To decide"
"""Title of the filter view that shows what waits for a person."""
TO_DECIDE_STARTS: tuple[str, ...] = ("Proposed", "Held", "Unsure")


_BY_NAME = {candidate.name: candidate for candidate in TABS}
NAMES = frozenset(_BY_NAME)
"""Names of all tabs the program knows, apart from the responses."""


def tab(name: str) -> Tab:
    """The tab of that name. Raises KeyError for a name that is not ours."""
    return _BY_NAME[name]


def known_header_titles(name: str) -> tuple[str, ...]:
    """The titles a tab must have, in the order `init` writes them."""
    return tab(name).titles


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
