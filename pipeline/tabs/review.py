"""Candidates <-> rows of the review tab; cells -> Decision | Problem.

A row's program cells are a function of its match, so a row that was edited, copied or typed by hand
is recognised by comparing it with what we would have written. Only the JSON boolean true is a tick.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.cleaning.cells import is_tick
from pipeline.model import MATCH_ID, Cell, Decision, Match, NewRow, Problem, RowUpdate, SheetRow, Stage, Standing, Table
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
PROPOSED_ON = "Proposed on"

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
        program(WHY, 340),
        program(LETTER_BEGINS, 300),
        people(MESSAGE, 240, "A personal line of yours that goes into the letter."),
        people(NOTES, 200, "For yourselves; the program does not read it."),
        checkbox(AGREED, "The partner who asked to be asked first said yes."),
        checkbox(REFUSED, "The partner who asked to be asked first said no."),
        checkbox(WAS_SENT, "Only when Status says Unsure: you know that the letter left."),
        checkbox(WAS_NOT_SENT, "Only when Status says Unsure: you know that the letter did not leave."),
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

MESSAGE_LIMIT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReading:
    """What the review tab said at one reading."""

    decisions: Mapping[str, Decision]
    standing_rows: frozenset[str]
    """Ids of known matches that have a row."""
    statuses: Mapping[str, str]
    """The `Status` cell as it stands, by match id: what a write may leave alone."""
    row_trouble: Mapping[str, str]
    not_ticks: Mapping[str, str]
    unknown: Mapping[str, str]
    """Ids the ledger does not know -> their `Status` cell."""
    problems: tuple[Problem, ...]


def read_review(table: Table, matches: Mapping[str, Match], clean: Callable[[str], str | None]) -> ReviewReading:
    """Read every row by its match id. `clean` makes people's text safe for a letter."""
    by_id: dict[str, list[SheetRow]] = defaultdict(list)
    problems = []
    for row in table.rows:
        identifier = row.cells.get(MATCH)
        if isinstance(identifier, str) and MATCH_ID.fullmatch(identifier.strip()):
            by_id[identifier.strip()].append(row)
        elif _holds_something(row):
            problems.append(_stray(table.title, row, identifier))

    decisions, trouble, not_ticks, unknown, statuses = {}, {}, {}, {}, {}
    for identifier, rows in by_id.items():
        match = matches.get(identifier)
        statuses[identifier] = _text(rows[0].cells.get(STATUS))
        if match is None:
            unknown[identifier] = statuses[identifier]
            # Of a row that says its letter left, the brake on the ledger speaks: the row is the evidence, and stays.
            if any(is_tick(row, APPROVE) for row in rows) and not statuses[identifier].startswith(WENT_OUT):
                problems.append(_unknown(table.title, rows[0], identifier))
            continue
        if len(rows) > 1:
            numbers = ", ".join(str(row.number) for row in rows)
            trouble[identifier] = f"this match stands on rows {numbers}; delete the copies, then tick again"
        elif (changed := _changed_cells(rows[0], match)) is not None:
            trouble[identifier] = (
                f"the cell {changed} was changed by hand, so the tick no longer says what was approved; "
                "undo that change (or delete the row: it comes back as it was)"
            )
        decisions[identifier] = _decision(rows[0], identifier, clean)
        oddity = _not_a_tick(rows[0])
        if oddity is not None:
            not_ticks[identifier] = oddity
            problems.append(
                Problem(
                    where=f"{table.title}, row {rows[0].number}",
                    what=f"{oddity[0].upper()}{oddity[1:]}.",
                    fix="Clear the cell, restore its checkbox (Insert > Checkbox) and tick it.",
                    key=f"not-a-tick:{identifier}:{oddity}",
                )
            )
    return ReviewReading(
        decisions=decisions,
        standing_rows=frozenset(by_id) & frozenset(matches),
        statuses=statuses,
        row_trouble=trouble,
        not_ticks=not_ticks,
        unknown=unknown,
        problems=tuple(problems),
    )


def still_approved(before: ReviewReading, after: ReviewReading, match: str) -> bool:
    """Whether a second reading, just before the letter leaves, says what the first one said."""
    decision = after.decisions.get(match)
    return (
        decision is not None
        and match not in after.row_trouble
        and decision == before.decisions.get(match)
        and decision.approved
    )


def new_row(match: Match, standing: Standing, letter_begins: str) -> NewRow:
    """The row that puts a match before the officer: boxes empty, everything else written once."""
    cells: dict[str, Cell] = {
        STATUS: standing.text,
        **written_once(match),
        LETTER_BEGINS: letter_begins,
        PROPOSED_ON: match.proposed_on.isoformat() if match.proposed_on else None,
        MATCH: match.id,
    }
    return NewRow(key=match.id, cells=cells)


def written_once(match: Match) -> dict[str, Cell]:
    """The cells that a tick is bound to."""
    return {
        SENDING: match.sending.organisation,
        RECEIVING: match.receiving.organisation,
        JOINING: match.joining.organisation if match.joining else "",
        WHY: match.why,
    }


def status_updates(standings: Mapping[str, Standing], reading: ReviewReading) -> tuple[RowUpdate, ...]:
    """The `Status` cells that have to change, and only those."""
    return tuple(
        RowUpdate(key=identifier, cells={STATUS: standing.text})
        for identifier, standing in standings.items()
        if identifier in reading.standing_rows and reading.statuses.get(identifier) != standing.text
    )


def _decision(row: SheetRow, identifier: str, clean: Callable[[str], str | None]) -> Decision:
    message = row.cells.get(MESSAGE)
    return Decision(
        match=identifier,
        approved=is_tick(row, APPROVE),
        declined=is_tick(row, DECLINE),
        message=clean(str(message)[:MESSAGE_LIMIT]) if message not in (None, "", False) else None,
        agreed=_either(row, AGREED, REFUSED),
        was_sent=_either(row, WAS_SENT, WAS_NOT_SENT),
    )


def _either(row: SheetRow, yes: str, no: str) -> bool | None:
    """True or False when exactly one of the two boxes is ticked; both is no answer."""
    ticked = (is_tick(row, yes), is_tick(row, no))
    return None if ticked[0] == ticked[1] else ticked[0]


def _not_a_tick(row: SheetRow) -> str | None:
    for header in TAB.checkboxes:
        value = row.cells.get(header)
        if header in row.formulas:
            return f"{header} holds a formula, which is not a tick"
        if value is None or isinstance(value, bool) or value == "":
            continue
        return f"{header} holds the text “{_short(value)}”, which is not a tick"
    return None


def _changed_cells(row: SheetRow, match: Match) -> str | None:
    for header, written in written_once(match).items():
        if header in row.formulas or _text(row.cells.get(header)) != _text(written):
            return header
    return None


def _holds_something(row: SheetRow) -> bool:
    return any(value not in (None, "", False) for value in row.cells.values())


def _stray(title: str, row: SheetRow, identifier: Cell) -> Problem:
    seen = f"“{_short(identifier)}”" if identifier not in (None, "") else "nothing"
    return Problem(
        where=f"{title}, row {row.number}",
        what=f"This row has no match id of ours in {MATCH} (it holds {seen}), so it is not read.",
        fix="To propose organisations yourself, name them in the tab By hand; delete this row or undo the change.",
        key=f"stray:{_short(identifier)}:{_short(row.cells.get(SENDING))}:{_short(row.cells.get(RECEIVING))}",
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


def _text(value: Cell) -> str:
    if value is None:
        return ""
    return re.sub(r"\s+", " ", str(value)).strip()


def _short(value: Cell) -> str:
    text = _text(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
