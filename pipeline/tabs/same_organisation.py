"""Pairs in doubt <-> rows of the tab `Same organisation?`; ticks -> judgements.

An answer is remembered for ever. Moving the tick to the other box changes it; clearing both boxes or
deleting the row does not, since a question once answered is never asked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.cleaning.cells import is_tick
from pipeline.model import Judgement, NewRow, Problem, Question, RowUpdate, Table, Verdict
from pipeline.tabs.tab import STATUS, Body, Tab, checkbox, program

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
        program(ONE, 220),
        program(OTHER, 220),
        program(SPEAKS_FOR, 300),
        program(SPEAKS_AGAINST, 300),
        program(QUESTION, 160),
    ),
    colours=(("Waits for your answer", "#fff8e1"), ("Remembered", "#e6f4ea")),
)

OPEN_STATUS = "Waits for your answer: tick Same or Different"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionReading:
    """What the tab said: new or changed answers, and which questions stand there already."""

    judgements: tuple[Judgement, ...]
    """Only those that differ from what is remembered."""
    statuses: Mapping[str, str]
    problems: tuple[Problem, ...]


def read_questions(table: Table, known: Sequence[Judgement], now: datetime) -> QuestionReading:
    """Read every answered row. The key column alone says which two spellings are meant."""
    remembered = {(judgement.left, judgement.right): judgement.verdict for judgement in known}
    judgements: dict[tuple[str, str], Judgement] = {}
    statuses: dict[str, str] = {}
    problems = []
    for row in table.rows:
        key = row.cells.get(QUESTION)
        left, separator, right = key.partition("~") if isinstance(key, str) else ("", "", "")
        if not (separator and left and left < right):
            continue
        statuses[str(key)] = str(row.cells.get(STATUS) or "")
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
    return QuestionReading(judgements=tuple(judgements.values()), statuses=statuses, problems=tuple(problems))


def new_rows(questions: Sequence[Question], reading: QuestionReading) -> tuple[NewRow, ...]:
    """Rows for the questions that do not stand there yet."""
    unique = {question.key: question for question in questions if question.key not in reading.statuses}
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
    questions: Sequence[Question], judgements: Sequence[Judgement], reading: QuestionReading
) -> tuple[RowUpdate, ...]:
    """What each row's `Status` should say now, where it says something else."""
    answered = {f"{judgement.left}~{judgement.right}": judgement for judgement in judgements}
    asked = {question.key for question in questions}
    updates = []
    for key, status in reading.statuses.items():
        judgement = answered.get(key)
        if judgement is not None:
            wanted = f"Remembered since {judgement.at:%Y-%m-%d}: {judgement.verdict}. Move the tick to change it"
        elif key in asked:
            wanted = OPEN_STATUS
        else:
            wanted = "No longer in doubt"
        if wanted != status:
            updates.append(RowUpdate(key=key, cells={STATUS: wanted}))
    return tuple(updates)
