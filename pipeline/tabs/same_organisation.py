"""Pairs in doubt <-> rows of the tab `Same organisation?`; ticks -> judgements.

An answer is remembered for ever. Moving the tick to the other box changes it; clearing both boxes or
deleting the row does not, since a question once answered is never asked again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.cleaning.cells import is_tick, text_under
from pipeline.model import DoubtfulPair, Judgement, NewRow, Problem, RowUpdate, SheetRow, Table, Verdict
from pipeline.tabs.tab import STATUS, Body, Tab, checkbox, not_a_tick, not_a_tick_problem, program, tag_of

SAME = "Same"
DIFFERENT = "Different"
ONE = "One"
OTHER = "Other"
SPEAKS_FOR = "Speaks for"
SPEAKS_AGAINST = "Speaks against"
QUESTION = "Question"

TAB = Tab(
    name="Same organisation?",
    body=Body.ROWS,
    key=QUESTION,
    columns=(
        program(STATUS, 300),
        checkbox(SAME, "Tick: both are one and the same organisation."),
        checkbox(DIFFERENT, "Tick: these are two organisations."),
        program(ONE, 280),
        program(OTHER, 280),
        program(SPEAKS_FOR, 300),
        program(SPEAKS_AGAINST, 300),
        program(QUESTION, 160),
    ),
    colours=(("Waits for your answer", "#fff8e1"), ("Remembered", "#e6f4ea")),
)

OPEN_STATUS = "Waits for your answer: tick Same or Different"


MISNAMED_STATUS = (
    f"The cell {QUESTION} was changed, so no tick on this row counts: "
    "undo that change (or delete the row: the question comes back if it is still open)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SameOrganisationReading:
    """What the tab said: new or changed answers, and which questions stand there already."""

    judgements: tuple[Judgement, ...]
    """Only those that differ from what is remembered."""
    statuses: Mapping[str, str]
    """The `Status` cell as it stands, by key."""
    misnamed: Mapping[str, str]
    """The same of rows whose `Question` cell was changed, by what the `Status` ends in."""
    strangers: Mapping[str, frozenset[str]]
    """Key -> what the `Status` ends in of rows that bear the key by mistake."""
    problems: tuple[Problem, ...]
    not_ticks: Mapping[str, str] = field(default_factory=dict)
    """Key -> what stands in the boxes of its row and is no tick."""


def read_same_organisation(table: Table, known: Sequence[Judgement], now: datetime) -> SameOrganisationReading:
    """Read every answered row. The key column alone says which two spellings are meant.

    A row whose key and the end of whose `Status` speak of two questions is not read: an answer is remembered for ever.
    """
    remembered = {(judgement.left, judgement.right): judgement.verdict for judgement in known}
    whole = {row.tag for row in table.rows if row.tag == tag_of(_key(row))}
    judgements: dict[tuple[str, str], Judgement] = {}
    statuses: dict[str, str] = {}
    misnamed: dict[str, str] = {}
    strangers: dict[str, set[str]] = defaultdict(set)
    not_ticks: dict[str, str] = {}
    problems = []
    for row in table.rows:
        key = _key(row)
        left, separator, right = key.partition("~")
        is_key = bool(separator and left and left < right)
        if row.tag is not None and row.tag != tag_of(key) and not (is_key and _is_pasted_over(row.tag, key, whole)):
            strangers[key].add(row.tag)
            if row.tag in whole:
                problems.append(_copy(table.title, row))
            else:
                misnamed[row.tag] = text_under(row, STATUS)
            continue
        if not is_key:
            continue
        statuses[key] = text_under(row, STATUS) if row.tag in (None, tag_of(key)) else ""
        if oddity := not_a_tick(TAB, row):
            not_ticks[key] = oddity
            problems.append(not_a_tick_problem(table.title, row, oddity, key))
            continue
        same, different = is_tick(row, SAME), is_tick(row, DIFFERENT)
        if same and different:
            problems.append(
                Problem(
                    where=f"{table.title}, row {row.number}",
                    what="Both Same and Different are ticked.",
                    fix="Untick one of them.",
                    key=f"both:{key}",
                )
            )
            continue
        if not (same or different):
            continue
        verdict = Verdict.SAME if same else Verdict.DIFFERENT
        if remembered.get((left, right)) is not verdict:
            judgements[left, right] = Judgement(left=left, right=right, verdict=verdict, at=now)
    return SameOrganisationReading(
        judgements=tuple(judgements.values()),
        statuses=statuses,
        misnamed=misnamed,
        strangers={key: frozenset(tags) for key, tags in strangers.items()},
        problems=tuple(problems),
        not_ticks=not_ticks,
    )


def _key(row: SheetRow) -> str:
    cell = row.cells.get(QUESTION)
    return cell.strip() if isinstance(cell, str) else ""


def _copy(title: str, row: SheetRow) -> Problem:
    return Problem(
        where=f"{title}, row {row.number}",
        what=f"This row is a copy whose cell {QUESTION} was changed, so no tick on it counts.",
        fix="Delete this row.",
        key=f"copy:{row.tag}",
    )


def _is_pasted_over(tag: str, key: str, whole: Collection[str | None]) -> bool:
    """Whether the row's `Status` came from another row, which stands there whole, and not its key."""
    return tag in whole and tag_of(key) not in whole


def new_rows(questions: Sequence[DoubtfulPair], reading: SameOrganisationReading) -> tuple[NewRow, ...]:
    """Rows for the questions that do not stand there yet, but for those that wait for the answer to another."""
    unique = {
        question.key: question
        for question in questions
        if not question.waits and question.key not in reading.statuses and tag_of(question.key) not in reading.misnamed
    }
    return tuple(
        NewRow(
            key=question.key,
            cells={
                STATUS: OPEN_STATUS,
                ONE: question.one,
                OTHER: question.other,
                SPEAKS_FOR: question.speaks_for,
                SPEAKS_AGAINST: question.speaks_against,
                QUESTION: question.key,
            },
        )
        for question in unique.values()
    )


def status_updates(
    questions: Sequence[DoubtfulPair], judgements: Sequence[Judgement], reading: SameOrganisationReading
) -> tuple[RowUpdate, ...]:
    """What each row's `Status` should say now, where it says something else."""
    answered = {f"{judgement.left}~{judgement.right}": judgement for judgement in judgements}
    asked = {question.key for question in questions}
    updates = [
        RowUpdate(key=tag, cells={STATUS: MISNAMED_STATUS})
        for tag, status in reading.misnamed.items()
        if status != MISNAMED_STATUS
    ]
    for key, status in reading.statuses.items():
        judgement = answered.get(key)
        if judgement is not None:
            wanted = f"Remembered since {judgement.at:%Y-%m-%d}: {judgement.verdict}. Move the tick to change it"
        elif key in asked:
            wanted = OPEN_STATUS
        else:
            wanted = "No longer in doubt"
        if key in reading.not_ticks:
            wanted += f". {reading.not_ticks[key]}: clear the cell and restore its checkbox (Insert > Checkbox)"
        if wanted != status:
            updates.append(
                RowUpdate(key=key, cells={STATUS: wanted}, strangers=reading.strangers.get(key, frozenset()))
            )
    return tuple(updates)
