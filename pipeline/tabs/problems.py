"""The tab `Problems`: what a person must mend, and the box that releases a stopped run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.cleaning.cells import is_tick, text_under
from pipeline.model import Problem, Table
from pipeline.tabs.tab import Body, Rows, Tab, checkbox, not_a_tick, program

WHERE = "Where"
WHAT = "What"
WHAT_TO_DO = "What to do"
SENTENCE = "Sentence to send"
GO_ON = "Go on"
LAST_CHECKED = "Last checked"
"""The header cell to the right of the columns begins with this; the date follows after a colon."""

TAB = Tab(
    name="Problems",
    body=Body.WHOLE,
    columns=(
        program(WHERE, 200),
        program(WHAT, 340),
        program(WHAT_TO_DO, 340),
        program(SENTENCE, 420),
        checkbox(GO_ON, "Only beside a stopped run: tick when what it says is as it should be."),
    ),
)


TICK_IT = ": please tick the box."
"""How the note ends that `Go on` held no tick."""


def body(problems: Sequence[Problem], brakes: Sequence[Problem] = (), released_brakes: Sequence[Problem] = ()) -> Rows:
    """Brakes first, each with the box that releases it, ticked or not; then the problems."""
    boxes: list[tuple[Problem, bool | str]] = [
        (brake, brake in released_brakes) for brake in (*brakes, *released_brakes)
    ]
    boxes += [(problem, "") for problem in problems]
    return tuple(
        TAB.cells(
            {
                WHERE: problem.where,
                WHAT: problem.what,
                WHAT_TO_DO: problem.fix,
                SENTENCE: problem.sentence,
                GO_ON: box,
            }
        )
        for problem, box in boxes
    )


def with_note(table: Table | None, brake: Problem) -> Problem:
    """The brake, with a note where `Go on` beside it holds something that is no tick, or held it when that was said.

    The box itself is made anew by the next write, so that the note is all that is left of what stood there.
    """
    for row in table.rows if table is not None else ():
        if row.cells.get(WHAT) == brake.what:
            oddity = not_a_tick(TAB, row)
            standing = text_under(row, WHAT_TO_DO).removeprefix(brake.fix).strip()
            note = f"{oddity}{TICK_IT}" if oddity else standing if standing.endswith(TICK_IT) else ""
            return replace(brake, fix=f"{brake.fix} {note}") if note else brake
    return brake


def released(table: Table | None, brake: Problem) -> bool:
    """Whether the officer has ticked `Go on` beside this very brake."""
    return table is not None and any(is_tick(row, GO_ON) and row.cells.get(WHAT) == brake.what for row in table.rows)
