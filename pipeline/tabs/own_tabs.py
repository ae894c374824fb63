"""What stands in the tabs in which every cell is the program's: values -> rows of cells, as `layout` orders them.

A body is compared with what was read, so that nothing is written when nothing changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.cleaning.cells import is_tick
from pipeline.model import Cell, NearMiss, Organisation, Problem, Table, Unmet
from pipeline.tabs.layout import tab

Body = tuple[tuple[Cell, ...], ...]

GO_ON = "Go on"
NEARLY_SHOWN = 200
"""More near misses than an officer reads in a year; the closest come first."""


def problems_body(
    problems: Sequence[Problem], brakes: Sequence[Problem] = (), released_brakes: Sequence[Problem] = ()
) -> Body:
    """The tab `Problems`: brakes first, each with the box that releases it, ticked or not."""
    with_box: list[tuple[Cell, ...]] = [
        (problem.where, problem.what, problem.fix, problem.sentence, problem in released_brakes)
        for problem in (*brakes, *released_brakes)
    ]
    return tuple(with_box) + tuple(
        (problem.where, problem.what, problem.fix, problem.sentence, "") for problem in problems
    )


def organisations_body(organisations: Sequence[Organisation]) -> Body:
    """The tab `Organisations`: each with its spellings, parent, contacts and number of entries."""
    names = {organisation.id: organisation.name for organisation in organisations}
    return tuple(
        (
            organisation.name,
            "; ".join(spelling for spelling in organisation.spellings if spelling != organisation.name),
            names.get(organisation.parent or "", organisation.parent_name or ""),
            organisation.country or "",
            ", ".join(part for part in (organisation.city, organisation.region) if part),
            ", ".join(organisation.domains),
            "; ".join(organisation.contacts),
            len(organisation.entries),
            organisation.id,
        )
        for organisation in sorted(organisations, key=lambda one: (one.name.casefold(), one.id))
    )


def nearly_body(nearly: Sequence[NearMiss], names: Mapping[str, str]) -> Body:
    """The tab `Nearly`: pairs that one askable rule keeps apart, the most promising first.

    `names` gives for each open entry what its organisation is called.
    """
    ordered = sorted(nearly, key=lambda miss: (-miss.score, miss.sending, miss.receiving))[:NEARLY_SHOWN]
    return tuple(
        (names[miss.sending], names[miss.receiving], miss.sentence)
        for miss in ordered
        if miss.sending in names and miss.receiving in names
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """Somebody asked for by name whom nobody here knows: who asks, for whom, and a sentence about it."""

    asked_by: str
    name: str
    sentence: str


def unmet_body(unmet: Sequence[Unmet], invites: Sequence[Invite], names: Mapping[str, str], network: str) -> Body:
    """The tab `Unmet demand`: whom to invite, and what is asked for and nobody offers, for the group's meeting."""
    invited = tuple(
        (
            f"To invite: {invite.name}",
            invite.asked_by,
            f"{invite.sentence} For example: {_invitation(invite.asked_by, network)}",
        )
        for invite in invites
    )
    return invited + tuple(
        (
            demand.what,
            "; ".join(sorted({names[entry] for entry in demand.asked_by if entry in names})),
            demand.note,
        )
        for demand in unmet
    )


def _invitation(asked_by: str, network: str) -> str:
    """A few lines the officer can send as they are."""
    return (
        f"“Dear colleagues, {asked_by} would like to learn from you in an exchange through {network}'s mobility "
        "matchmaking. May we invite you to tell us in our form what you could show, and whom you could receive? "
        "Nothing is passed on before you agree.”"
    )


def changed(table: Table | None, name: str, body: Body) -> bool:
    """Whether the tab shows something else than this body. An absent tab is not ours to fill: `init` makes it."""
    if table is None:
        return False
    header = tab(name).titles
    shown = [tuple(_plain(row.cells.get(title)) for title in header) for row in table.rows]
    while shown and not any(shown[-1]):
        shown.pop()
    return shown != [tuple(_plain(cell) for cell in row) for row in body]


def released(table: Table | None, brake: Problem) -> bool:
    """Whether the officer has ticked `Go on` beside this very brake."""
    return table is not None and any(is_tick(row, GO_ON) and row.cells.get("What") == brake.what for row in table.rows)


def _plain(cell: Cell) -> str:
    if cell is None or cell is False:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
