"""The tab `By hand`: the officer names two or three organisations herself, and the program answers beside the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.cleaning.cells import text_under
from pipeline.model import RowUpdate, Side, Table
from pipeline.tabs import organisations
from pipeline.tabs.tab import JOINING, RECEIVING, SENDING, STATUS, Body, Tab, people, program, tag_of

TITLES: Mapping[Side, str] = {Side.SENDING: SENDING, Side.RECEIVING: RECEIVING, Side.JOINING: JOINING}
"""The column in which each side is named."""
NAME_LIMIT = 300
"""Characters of a name that are looked at."""

TAB = Tab(
    name="By hand",
    body=Body.PEOPLE,
    columns=(
        *(
            people(
                title,
                220,
                "Any spelling will do: a name in any language, without accents, a short form, or an Id.",
                suggestions=organisations.TAB.name,
            )
            for title in TITLES.values()
        ),
        program(STATUS, 420, "Written by the program: whom it understood, or what it needs to know."),
    ),
)

NOTHING_NAMED = "Nothing is named on this line any more: it may be deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandLine:
    """One line as it was written: where it stands, in words, and what was written for each side."""

    where: str
    texts: Mapping[Side, str]
    """Only the sides for which something was written."""
    key: str = ""
    """What names the line: all that was written on it."""
    status: str | None = None
    """What stands beside it, if that was written for this very line."""


def read_lines(table: Table) -> tuple[HandLine, ...]:
    """The lines in which anything is written."""
    lines = []
    for row in table.rows:
        texts = {side: text[:NAME_LIMIT] for side, title in TITLES.items() if (text := text_under(row, title))}
        if texts:
            key = TAB.key_of(row.cells)
            own = text_under(row, STATUS) if row.tag == tag_of(key) else None
            lines.append(HandLine(where=f"{table.title}, row {row.number}", texts=texts, key=key, status=own))
    return tuple(lines)


def status_updates(table: Table, answers: Mapping[str, str]) -> tuple[RowUpdate, ...]:
    """What should stand beside each line now, where something else does. `answers` are by the key of the line."""
    lines = read_lines(table)
    standing: dict[str, str | None] = {}
    for line in lines:
        standing[line.key] = line.status if line.status == standing.get(line.key, line.status) else None
    updates = [
        RowUpdate(key=key, cells={STATUS: answer})
        for key, answer in answers.items()
        if standing.get(key, "") != " ".join(answer.split())
    ]
    own = {tag_of(line.key) for line in lines}
    emptied = {row.tag: text_under(row, STATUS) for row in table.rows if row.tag and not TAB.key_of(row.cells)}
    updates += [
        RowUpdate(key=tag, cells={STATUS: NOTHING_NAMED})
        for tag, status in emptied.items()
        if tag not in own and status != NOTHING_NAMED
    ]
    return tuple(updates)
