"""The tab `By hand`: the officer names two or three organisations herself. The program never writes into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.cleaning.cells import text_under
from pipeline.model import Side, Table
from pipeline.tabs import organisations
from pipeline.tabs.tab import JOINING, RECEIVING, SENDING, Body, Tab, people

TITLES: Mapping[Side, str] = {Side.SENDING: SENDING, Side.RECEIVING: RECEIVING, Side.JOINING: JOINING}
"""The column in which each side is named."""
NAME_LIMIT = 300
"""Characters of a name that are looked at."""

TAB = Tab(
    name="By hand",
    body=Body.PEOPLE,
    columns=tuple(people(title, 220, suggestions=organisations.TAB.name) for title in TITLES.values()),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandLine:
    """One line as it was written: where it stands, in words, and what was written for each side."""

    where: str
    texts: Mapping[Side, str]
    """Only the sides for which something was written."""


def read_lines(table: Table) -> tuple[HandLine, ...]:
    """The lines in which anything is written."""
    lines = []
    for row in table.rows:
        texts = {side: text[:NAME_LIMIT] for side, title in TITLES.items() if (text := text_under(row, title))}
        if texts:
            lines.append(HandLine(where=f"{table.title}, row {row.number}", texts=texts))
    return tuple(lines)
