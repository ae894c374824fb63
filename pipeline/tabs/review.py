"""Candidates <-> rows of the review tab; cells -> Decision | Problem.

A row's program cells are a function of its match, so a row that was edited, copied or typed by hand
is recognised by comparing it with what we would have written. Only the JSON boolean true is a tick.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.cleaning.cells import as_text, is_tick, shortened, text_under
from pipeline.cleaning.texts import read_text
from pipeline.model import (
    RIGHT_OF_100,
    Cell,
    Decision,
    LetterKind,
    Match,
    MatchStatus,
    NewRow,
    Problem,
    RowUpdate,
    SheetRow,
    Stage,
    Table,
)
from pipeline.tabs.match_rows import match_of_row, organisations
from pipeline.tabs.tab import (
    JOINING,
    MATCH,
    RECEIVING,
    SENDING,
    STATUS,
    Body,
    FilterView,
    Tab,
    checkbox,
    not_a_tick,
    not_a_tick_problem,
    people,
    program,
)

APPROVE = "Approve"
DECLINE = "Decline"
WHY = "Why"
LETTER_BEGINS = "Letter begins"
MESSAGE = "Message"
NOTES = "Notes"
AGREED = "Agreed"
REFUSED = "Refused"
WAS_SENT = "Was sent"
WAS_NOT_SENT = "Was not sent"
CORRECTION = "Correction"
SEND_CORRECTION = "Send correction"
PROPOSED_ON = "Proposed on"

STRENGTH = (
    "Begins with how strong the proposal is. Likely: both write about the same, as quoted below, or one asked for the "
    "other by name, and what they ticked fits. Possible: what they ticked fits, or one asked for the other by name. "
    "Long shot: it fits in part.\n"
    "How many of 100 were right, measured on 415 invented answers: "
    + ", ".join(f"{band} {right}" for band, right in RIGHT_OF_100.items())
    + ". Right is a host that shows what was asked for, or something close to it. In lists of 40 answers it was 94, 63 "
    "and 28; where most texts were in languages that the program does not read, 33 (1 of 3), 34 and 12."
)
"""What the officer may expect of each band; `tools/bench_matching.py` measures whether it is so."""

TAB = Tab(
    name="Review",
    body=Body.ROWS,
    key=MATCH,
    columns=(
        program(STATUS, 300, "Written by the program. The id at its end names the match; please leave it."),
        checkbox(APPROVE, "Tick: both sides are introduced to each other by e-mail at the next run."),
        checkbox(DECLINE, "Tick: this match is not proposed again."),
        program(SENDING, 200),
        program(RECEIVING, 200),
        program(JOINING, 160),
        program(WHY, 340, STRENGTH),
        program(LETTER_BEGINS, 300),
        people(MESSAGE, 240, "A personal line of yours that goes into the letter."),
        people(NOTES, 200, "For yourselves; the program does not read it."),
        checkbox(AGREED, "Whoever had to be asked first, as Status says, said yes."),
        checkbox(REFUSED, "The partner who asked to be asked first said no."),
        checkbox(WAS_SENT, "Only when Status says Unsure: you know that the letter left."),
        checkbox(WAS_NOT_SENT, "Only when Status says Unsure: you know that the letter did not leave."),
        people(
            CORRECTION, 240, "Only when Status says Introduced: your line for a letter that takes the first one back."
        ),
        checkbox(
            SEND_CORRECTION,
            "Tick: “Please disregard our letter of ...” and your line beside this go to the same people, once.",
        ),
        program(PROPOSED_ON, 100),
        program(MATCH, 120),
    ),
    colours=(
        (Stage.PROPOSED, "#fff8e1"),
        (Stage.APPROVED, "#e3f2fd"),
        (Stage.INTRODUCED, "#e6f4ea"),
        (Stage.DECLINED, "#eeeeee"),
        (Stage.HELD, "#fde0dc"),
        (Stage.UNSURE, "#fbd5c5"),
        (Stage.OUT_OF_DATE, "#eeeeee"),
        (Stage.WITHDRAWN, "#eeeeee"),
    ),
    filter_view=FilterView(title="To decide", starts=(Stage.PROPOSED, Stage.HELD, Stage.UNSURE)),
)
"""Its title in the sheet may be a setting, or renamed there."""

WENT_OUT = (str(Stage.INTRODUCED), str(Stage.UNSURE))
"""How the status begins of a row whose letter left, or may have."""

NO_MORE = (str(Stage.OUT_OF_DATE), str(Stage.WITHDRAWN))
"""How the status begins of a row whose ticks never speak again."""

LONGEST_QUOTE = 120
"""Characters of a cell that are quoted to whoever changed it by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTrouble:
    """Why the ticks on a match's row do not count, and what to do about it."""

    what: str
    may_be_deleted: bool = False
    """While the match is open its row comes back as it was; one whose letter has left does not."""

    @property
    def while_open(self) -> str:
        """The same for a match whose letter has not left."""
        return f"{self.what} (or delete the row: it comes back as it was)" if self.may_be_deleted else self.what


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReading:
    """What the review tab said at one reading."""

    decisions: Mapping[str, Decision]
    standing_rows: frozenset[str]
    """Ids of known matches that have a row."""
    statuses: Mapping[str, str]
    """The `Status` cell as it stands, by match id: what a write may leave alone."""
    row_trouble: Mapping[str, RowTrouble]
    not_ticks: Mapping[str, str]
    unknown: Mapping[str, str]
    """Ids the ledger does not know -> their `Status` cell."""
    corrections: Mapping[str, str]
    """Match id -> the line beside a ticked `Send correction`, of rows of matches the ledger does not know as well."""
    strangers: Mapping[str, frozenset[str]]
    """Match id -> the matches of the rows whose `Match` cell names it by mistake."""
    problems: tuple[Problem, ...]

    @property
    def over(self) -> frozenset[str]:
        """Ids the ledger does not know (it was lost) whose rows say that their ticks count no more."""
        return frozenset(match for match, status in self.unknown.items() if status.startswith(NO_MORE))


def read_review(table: Table, matches: Mapping[str, Match]) -> ReviewReading:
    """Read every row. `matches` are those the ledger knows, by id.

    A row whose `Match` cell names another match than it was written for is not read, and neither is the one it
    names: both say so until that is mended.
    """
    by_id: dict[str, list[SheetRow]] = defaultdict(list)
    misnamed: dict[str, list[SheetRow]] = defaultdict(list)
    problems = []
    for row in table.rows:
        identifier = match_of_row(row, matches)
        if identifier is not None:
            by_id[identifier].append(row)
            if (written := text_under(row, MATCH)) != identifier and written in matches:
                misnamed[written].append(row)
        elif _holds_something(row):
            problems.append(_stray(table.title, row))

    decisions, trouble, not_ticks, unknown, statuses = {}, {}, {}, {}, {}
    for identifier, rows in misnamed.items():
        trouble[identifier] = RowTrouble(
            what=f"the cell {MATCH} of {_listed(rows)} names this match as well; mend that first"
        )
    for identifier, rows in by_id.items():
        match = matches.get(identifier)
        statuses[identifier] = _status(rows[0], identifier)
        if match is None:
            unknown[identifier] = statuses[identifier]
            # Of a row that says its letter left, the brake on the ledger speaks: the row is the evidence, and stays.
            if any(is_tick(row, APPROVE) for row in rows) and not statuses[identifier].startswith(WENT_OUT):
                problems.append(_unknown(table.title, rows[0], identifier))
            continue
        if (wrong := _trouble(rows, match)) is not None:
            trouble[identifier] = wrong
        if _misnamed(rows, identifier):
            continue
        decisions[identifier] = _decision(rows[0], identifier)
        if (oddity := not_a_tick(TAB, rows[0])) is not None:
            not_ticks[identifier] = oddity
            problems.append(not_a_tick_problem(table.title, rows[0], oddity, identifier))
    return ReviewReading(
        decisions=decisions,
        standing_rows=frozenset(by_id) & frozenset(matches),
        statuses=statuses,
        row_trouble=trouble,
        not_ticks=not_ticks,
        unknown=unknown,
        corrections={
            identifier: line for identifier, rows in by_id.items() if (line := _correction(rows[0])) is not None
        },
        strangers={written: frozenset(row.tag for row in rows if row.tag) for written, rows in misnamed.items()},
        problems=tuple(problems),
    )


def still_asked(before: ReviewReading, after: ReviewReading, match: str, kind: LetterKind) -> bool:
    """Whether a second reading, just before the letter leaves, says what the first one said."""
    decision = after.decisions.get(match)
    return (
        decision is not None
        and match not in after.row_trouble
        and after.not_ticks.get(match) == before.not_ticks.get(match)
        and decision == before.decisions.get(match)
        and (bool(decision.correction) if kind is LetterKind.CORRECTION else decision.approved)
    )


def new_row(match: Match, status: MatchStatus, letter_begins: str, beside: str | None = None) -> NewRow:
    """The row that puts a match before the officer: boxes empty, everything else written once.

    `beside`: the match below whose row it belongs.
    """
    cells: dict[str, Cell] = {
        STATUS: status.text,
        **written_once(match),
        LETTER_BEGINS: letter_begins,
        PROPOSED_ON: match.proposed_on.isoformat() if match.proposed_on else None,
        MATCH: match.id,
    }
    return NewRow(key=match.id, cells=cells, beside=beside)


def written_once(match: Match) -> dict[str, Cell]:
    """The cells that a tick is bound to."""
    return {**organisations(match), WHY: match.why}


def status_updates(statuses: Mapping[str, MatchStatus], reading: ReviewReading) -> tuple[RowUpdate, ...]:
    """The `Status` cells that have to change, and only those."""
    return tuple(
        RowUpdate(
            key=identifier,
            cells={STATUS: status.text},
            strangers=reading.strangers.get(identifier, frozenset()),
        )
        for identifier, status in statuses.items()
        if identifier in reading.standing_rows and reading.statuses.get(identifier) != status.text
    )


def _status(row: SheetRow, identifier: str) -> str:
    """The `Status` as it stands; of a row that bears another's, nothing that could be right by chance."""
    return text_under(row, STATUS) if row.tag in (None, identifier) else ""


def _decision(row: SheetRow, identifier: str) -> Decision:
    return Decision(
        match=identifier,
        approved=is_tick(row, APPROVE),
        declined=is_tick(row, DECLINE),
        message=_line(row, MESSAGE),
        agreed=_either(row, AGREED, REFUSED),
        was_sent=_either(row, WAS_SENT, WAS_NOT_SENT),
        correction=_correction(row),
    )


def _correction(row: SheetRow) -> str | None:
    """The line to be sent; empty where a tick stands beside none, None where no tick stands."""
    return (_line(row, CORRECTION) or "") if is_tick(row, SEND_CORRECTION) else None


def _line(row: SheetRow, title: str) -> str | None:
    """All of what the officer wrote there: whether it is too long for a letter is for the letter to say."""
    cell = row.cells.get(title)
    text = cell if isinstance(cell, str) else as_text(cell)
    return None if isinstance(cell, bool) else read_text(text, limit=max(len(text), 1)).text or None


def _either(row: SheetRow, yes: str, no: str) -> bool | None:
    """True or False when exactly one of the two boxes is ticked; both is no answer."""
    ticked = (is_tick(row, yes), is_tick(row, no))
    return None if ticked[0] == ticked[1] else ticked[0]


def _changed_cells(row: SheetRow, match: Match) -> str | None:
    for header, written in written_once(match).items():
        if header in row.formulas or text_under(row, header) != " ".join(str(written).split()):
            return header
    return None


def _holds_something(row: SheetRow) -> bool:
    return any(value not in (None, "", False) for value in row.cells.values())


def _listed(rows: Sequence[SheetRow]) -> str:
    numbers = ", ".join(str(row.number) for row in rows)
    return f"row {numbers}" if len(rows) == 1 else f"rows {numbers}"


def _misnamed(rows: Sequence[SheetRow], identifier: str) -> list[SheetRow]:
    """Those of a match's rows whose `Match` cell was changed."""
    return [row for row in rows if text_under(row, MATCH) != identifier]


def _trouble(rows: Sequence[SheetRow], match: Match) -> RowTrouble | None:
    """What is wrong with a match's rows; None when all is well."""
    if len(rows) > 1:
        return RowTrouble(what=f"this match stands on {_listed(rows)}; delete the copies, then tick again")
    (row,) = rows
    if _misnamed(rows, match.id):
        what = f"was changed to “{shortened(written)}”" if (written := text_under(row, MATCH)) else "was emptied"
        return RowTrouble(
            what=f"the cell {MATCH} {what}, so no tick on this row counts; write {match.id} there", may_be_deleted=True
        )
    # What stood there of somebody who was erased nobody knows any more.
    changed = None if match.has_erased_side else _changed_cells(row, match)
    if changed is None:
        return None
    said = str(written_once(match)[changed])
    short = f": it said “{said}”" if said and said == shortened(said, LONGEST_QUOTE) else ""
    return RowTrouble(
        what=f"the cell {changed} was changed by hand, so the tick no longer says what was approved; "
        f"undo that change{short}",
        may_be_deleted=True,
    )


def _stray(title: str, row: SheetRow) -> Problem:
    identifier = row.cells.get(MATCH)
    seen = f"“{shortened(identifier)}”" if identifier not in (None, "") else "nothing"
    sides = ":".join(shortened(row.cells.get(header)) for header in (SENDING, RECEIVING))
    return Problem(
        where=f"{title}, row {row.number}",
        what=f"This row has no match id of ours in {MATCH} (it holds {seen}), so it is not read.",
        fix="To propose organisations yourself, name them in the tab By hand; delete this row or undo the change.",
        key=f"stray:{shortened(identifier)}:{sides}",
    )


def _unknown(title: str, row: SheetRow, identifier: str) -> Problem:
    return Problem(
        where=f"{title}, row {row.number}",
        what=f"The tick on {identifier} is ignored: no such match was ever proposed.",
        fix="To propose organisations yourself, name them in the tab By hand; delete this row.",
        key=unknown_key(identifier),
    )


def unknown_key(identifier: str) -> str:
    """The key of the problem that a ticked row names a match nobody knows."""
    return f"unknown:{identifier}"
