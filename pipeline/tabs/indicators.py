"""The tab `Indicators`: what was counted against what is due."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.model import Cell, IndicatorRow
from pipeline.tabs.tab import Body, Rows, Tab, program

INDICATOR = "Indicator"
TARGET = "Target"
DUE = "Due by now"
COUNTED = "Counted"
OF = "Of"

TAB = Tab(
    name="Indicators",
    body=Body.WHOLE,
    columns=(
        program(INDICATOR, 420),
        program(TARGET, 100),
        program(DUE, 100),
        program(COUNTED, 100),
        program(OF, 200),
    ),
)


def body(rows: Sequence[IndicatorRow]) -> Rows:
    """One row for each indicator, in the order of their definition; a number nobody can give is left blank."""
    return tuple(
        TAB.cells(
            {
                INDICATOR: row.title,
                TARGET: _number(row.target),
                DUE: _number(row.due),
                COUNTED: _number(row.counted),
                OF: row.of,
            }
        )
        for row in rows
    )


def _number(value: float | None) -> Cell:
    if value is None:
        return ""
    return int(value) if value.is_integer() else value
