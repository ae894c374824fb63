from __future__ import annotations

import pytest

from pipeline.model import Cell, RowUpdate, SheetRow, Side, Table
from pipeline.tabs.by_hand import NOTHING_NAMED, TAB, HandLine, read_lines, status_updates
from pipeline.tabs.tab import tag_of

GENT = "Gent\x1fOslo\x1f"
"""What names the line on which Gent sends to Oslo."""


def read(*cells: dict[str, Cell]) -> tuple[HandLine, ...]:
    rows = tuple(SheetRow(number=number, cells=one) for number, one in enumerate(cells, start=2))
    return read_lines(Table(title="By hand", header=TAB.titles, rows=rows))


def test_people_write_who_shall_meet_and_the_program_answers_beside_it() -> None:
    assert [(one.title, str(one.author), one.suggestions) for one in TAB.columns] == [
        ("Sending organisation", "people", "Organisations"),
        ("Receiving organisation", "people", "Organisations"),
        ("Joining organisation", "people", "Organisations"),
        ("Status", "program", ""),
    ]


def test_a_line_says_who_is_named_for_which_side() -> None:
    assert read(
        {"Sending organisation": " Gent ", "Receiving organisation": "Oslo\n kommune", "Joining organisation": None},
        {"Joining organisation": "Porto", "Mine": "note"},
    ) == (
        HandLine(
            where="By hand, row 2",
            texts={Side.SENDING: "Gent", Side.RECEIVING: "Oslo kommune"},
            key="Gent\x1fOslo kommune\x1f",
        ),
        HandLine(where="By hand, row 3", texts={Side.JOINING: "Porto"}, key="\x1f\x1fPorto"),
    )


@pytest.mark.parametrize("cell", [None, "", "  ", True, False])
def test_a_line_in_which_nothing_is_written_is_none(cell: Cell) -> None:
    assert read({"Sending organisation": cell, "Mine": "x"}) == ()


def test_a_name_has_an_end() -> None:
    (line,) = read({"Sending organisation": "x" * 301})
    assert line.texts[Side.SENDING] == "x" * 300


def line(number: int, *names: str, status: str = "", tag: str | None = None) -> SheetRow:
    cells = {**dict(zip(TAB.titles, names, strict=False)), "Status": status}
    return SheetRow(number=number, cells=cells, tag=tag)


def updates(*rows: SheetRow, **answers: str) -> tuple[RowUpdate, ...]:
    return status_updates(Table(title="By hand", header=TAB.titles, rows=rows), {GENT: "Understood", **answers})


def test_a_line_gets_the_answer_it_does_not_have() -> None:
    wanted = (RowUpdate(key=GENT, cells={"Status": "Understood"}),)
    assert updates(line(2, "Gent", "Oslo")) == wanted
    assert updates(line(2, "Gent", "Oslo", status="Something else", tag=tag_of(GENT))) == wanted
    assert updates(line(2, "Gent", "Oslo", status="Understood", tag=tag_of(GENT))) == ()


def test_what_was_answered_to_another_line_is_no_answer() -> None:
    (one,) = updates(line(2, "Gent", "Oslo", status="Understood", tag=tag_of("Gent\x1fPorto\x1f")))
    assert one.key == GENT


def test_of_two_lines_alike_both_must_have_it() -> None:
    answered, bare = line(2, "Gent", "Oslo", status="Understood", tag=tag_of(GENT)), line(3, "Gent", "Oslo")
    assert len(updates(answered, bare)) == 1
    assert len(updates(bare, answered)) == 1
    assert updates(answered, answered) == ()


def test_a_line_that_was_emptied_says_so_and_no_more_is_said_of_one_that_moved() -> None:
    emptied = line(2, status="Understood", tag=tag_of(GENT))
    assert status_updates(Table(title="", header=(), rows=(emptied,)), {}) == (
        RowUpdate(key=tag_of(GENT), cells={"Status": NOTHING_NAMED}),
    )
    said = line(2, status=NOTHING_NAMED, tag=tag_of(GENT))
    assert status_updates(Table(title="", header=(), rows=(said,)), {}) == ()
    assert updates(emptied, line(3, "Gent", "Oslo", status="Understood", tag=tag_of(GENT))) == ()
