"""Where `values:append` puts rows: the tables of a sheet.

A table is a block of cells with values that touch, also at corners. Google looks for the last table that
lies in the given range; recorded: after `a, blank, c` in the first row there are two tables, and the last
one is C1.
"""

from __future__ import annotations

from typing import NamedTuple

from pipeline.sandbox.grid import Area, Sheet


class _Segment(NamedTuple):
    left: int
    right: int
    table: int


def last_table(sheet: Sheet, area: Area) -> Area | None:
    """The last table of the sheet that touches the area; None if there is none."""
    inside = [
        table
        for table in _tables(sheet)
        if table.top < area.bottom and area.top < table.bottom and table.left < area.right and area.left < table.right
    ]
    return max(inside, key=lambda table: (table.bottom, table.right), default=None)


def _tables(sheet: Sheet) -> list[Area]:
    parents: list[int] = []
    boxes: list[Area] = []
    above: list[_Segment] = []
    place = {column.key: index for index, column in enumerate(sheet.columns)}

    def root(table: int) -> int:
        while parents[table] != table:
            parents[table] = parents[parents[table]]
            table = parents[table]
        return table

    for index, row in enumerate(sheet.rows):
        segments: list[_Segment] = []
        for left, right in _runs(
            sorted(place[key] for key, cell in row.cells.items() if cell.value is not None) if row else []
        ):
            touching = {root(s.table) for s in above if s.left <= right and left <= s.right}
            box = Area(index, index + 1, left, right)
            for other in touching:
                box = _around(box, boxes[other])
            table = min(touching, default=len(parents))
            if table == len(parents):
                parents.append(table)
                boxes.append(box)
            boxes[table] = box
            for other in touching:
                parents[other] = table
            segments.append(_Segment(left, right, table))
        above = segments
    return [box for table, box in enumerate(boxes) if parents[table] == table]


def _runs(columns: list[int]) -> list[tuple[int, int]]:
    """Neighbouring columns as (first, one past the last)."""
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and runs[-1][1] == column:
            runs[-1] = (runs[-1][0], column + 1)
        else:
            runs.append((column, column + 1))
    return runs


def _around(one: Area, other: Area) -> Area:
    return Area(
        min(one.top, other.top),
        max(one.bottom, other.bottom),
        min(one.left, other.left),
        max(one.right, other.right),
    )
