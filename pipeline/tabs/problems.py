"""The tab `Problems`: what a person must mend, and the box that releases a stopped run."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.cleaning.cells import is_tick
from pipeline.model import Problem, Table
from pipeline.tabs.tab import Body, Rows, Tab, checkbox, program

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


def released(table: Table | None, brake: Problem) -> bool:
    """Whether the officer has ticked `Go on` beside this very brake."""
    return table is not None and any(is_tick(row, GO_ON) and row.cells.get(WHAT) == brake.what for row in table.rows)
