from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from pipeline.model import (
    Cell,
    Decision,
    LetterKind,
    Match,
    MatchStatus,
    Party,
    Problem,
    RowUpdate,
    SheetRow,
    Side,
    Stage,
    Table,
)
from pipeline.tabs.review import (
    TAB,
    ReviewReading,
    new_row,
    read_review,
    status_updates,
    still_asked,
    unknown_key,
    written_once,
)

ONE, TWO, THREE, STRANGE = "M-AAAAAAAAAA", "M-BBBBBBBBBB", "M-CCCCCCCCCC", "M-ZZZZZZZZZZ"
PROPOSED = "Proposed: tick Approve or Decline"


def match(identifier: str, *names: str, why: str = "Strong.\nBoth named the topic Dual VET.") -> Match:
    parties = tuple(
        Party(side=side, entry=f"E-{name}", organisation_id="", organisation=name, email=f"{name}@x.example")
        for side, name in zip((Side.SENDING, Side.RECEIVING, Side.JOINING), names, strict=False)
    )
    return Match(id=identifier, parties=parties, why=why, band="strong", proposed_on=date(2026, 11, 20))


MATCHES = {
    ONE: match(ONE, "Gent", "Oslo"),
    TWO: match(TWO, "Porto", "Turku", why="Good."),
    THREE: match(THREE, "Porto", "Turku", "Lyon", why="Fair."),
}


def row(
    identifier: str = ONE,
    number: int = 2,
    *,
    tag: str | None = "",
    formulas: tuple[str, ...] = (),
    cells: Mapping[str, Cell] | None = None,
) -> SheetRow:
    """The row as the program wrote it, `cells` changed by people."""
    written = new_row(
        MATCHES[identifier], MatchStatus(match=identifier, stage=Stage.PROPOSED, detail=PROPOSED[10:]), "Hi"
    )
    return SheetRow(
        number=number,
        cells={**written.cells, **(cells or {})},
        formulas=frozenset(formulas),
        tag=identifier if tag == "" else tag,
    )


def read(*rows: SheetRow) -> ReviewReading:
    return read_review(Table(title="Review", header=TAB.titles, rows=rows), MATCHES)


def held(reading: ReviewReading) -> dict[str, str]:
    """What is wrong with rows of open matches, in words."""
    return {one: trouble.while_open for one, trouble in reading.row_trouble.items()}


def told(reading: ReviewReading) -> tuple[RowUpdate, ...]:
    """What the rows would be made to say, were every match proposed and every row in trouble held."""
    return status_updates(
        {
            one: MatchStatus(match=one, stage=Stage.HELD, detail=reading.row_trouble[one].while_open)
            if one in reading.row_trouble
            else MatchStatus(match=one, stage=Stage.PROPOSED, detail="tick Approve or Decline")
            for one in MATCHES
        },
        reading,
    )


def test_the_titles_and_who_writes_them() -> None:
    assert {column.title: str(column.author) for column in TAB.columns} == {
        "Status": "program",
        "Approve": "people",
        "Decline": "people",
        "Sending organisation": "program",
        "Receiving organisation": "program",
        "Joining organisation": "program",
        "Why": "program",
        "Letter begins": "program",
        "Message": "people",
        "Notes": "people",
        "Agreed": "people",
        "Refused": "people",
        "Was sent": "people",
        "Was not sent": "people",
        "Correction": "people",
        "Send correction": "people",
        "Proposed on": "program",
        "Match": "program",
    }
    assert TAB.checkboxes == ("Approve", "Decline", "Agreed", "Refused", "Was sent", "Was not sent", "Send correction")
    assert [start for start, _ in TAB.colours] == [str(stage) for stage in Stage]
    assert TAB.filter_view is not None
    assert (TAB.filter_view.title, TAB.filter_view.starts) == ("To decide", ("Proposed", "Held", "Unsure"))


def test_a_new_row() -> None:
    new = new_row(MATCHES[THREE], MatchStatus(match=THREE, stage=Stage.PROPOSED, detail="look"), "Dear Ana")
    assert (new.key, dict(new.cells)) == (
        THREE,
        {
            "Status": "Proposed: look",
            "Sending organisation": "Porto",
            "Receiving organisation": "Turku",
            "Joining organisation": "Lyon",
            "Why": "Fair.",
            "Letter begins": "Dear Ana",
            "Proposed on": "2026-11-20",
            "Match": THREE,
        },
    )


@pytest.mark.parametrize("tag", [ONE, None])
def test_an_untouched_row_says_nothing(tag: str | None) -> None:
    assert read(row(tag=tag)) == ReviewReading(
        decisions={ONE: Decision(match=ONE)},
        standing_rows=frozenset({ONE}),
        statuses={ONE: PROPOSED},
        row_trouble={},
        not_ticks={},
        unknown={},
        corrections={},
        strangers={},
        problems=(),
    )


@pytest.mark.parametrize(
    ("cells", "decision"),
    [
        ({"Approve": True}, Decision(match=ONE, approved=True)),
        ({"Decline": True}, Decision(match=ONE, declined=True)),
        ({"Correction": "It is closed."}, Decision(match=ONE)),
        ({"Correction": " It is\nclosed. ", "Send correction": True}, Decision(match=ONE, correction="It is\nclosed.")),
        ({"Send correction": True}, Decision(match=ONE, correction="")),
        ({"Message": " See\nyou\x00 "}, Decision(match=ONE, message="See\nyou")),
        ({"Message": 7.0}, Decision(match=ONE, message="7")),
        ({"Message": False}, Decision(match=ONE)),
        ({"Message": True}, Decision(match=ONE)),
        ({"Message": "x" * 49_000}, Decision(match=ONE, message="x" * 49_000)),
        (
            {"Correction": "é\n" * 9_000 + "!", "Send correction": True},
            Decision(match=ONE, correction="é\n" * 9_000 + "!"),
        ),
        ({"Approve": " ", "Decline": ""}, Decision(match=ONE)),
        ({"Agreed": True}, Decision(match=ONE, agreed=True)),
        ({"Refused": True}, Decision(match=ONE, agreed=False)),
        ({"Agreed": True, "Refused": True}, Decision(match=ONE)),
        ({"Was sent": True}, Decision(match=ONE, was_sent=True)),
        ({"Was not sent": True}, Decision(match=ONE, was_sent=False)),
        ({"Was sent": True, "Was not sent": True}, Decision(match=ONE)),
        ({"Notes": "call them", "My own": True}, Decision(match=ONE)),
        ({"Match": f" {ONE} ", "Sending organisation": " Gent "}, Decision(match=ONE)),
    ],
)
def test_what_people_say(cells: Mapping[str, Cell], decision: Decision) -> None:
    reading = read(row(cells=cells))
    assert reading.decisions == {ONE: decision}
    assert (reading.row_trouble, reading.not_ticks, reading.problems) == ({}, {}, ())


@pytest.mark.parametrize("box", TAB.checkboxes)
@pytest.mark.parametrize(("cell", "shown"), [("TRUE", "TRUE"), ("yes", "yes"), (1, "1"), (1.0, "1"), (0, "0")])
def test_text_in_a_box_is_told_and_no_tick(box: str, cell: Cell, shown: str) -> None:
    reading = read(row(number=7, cells={box: cell}))
    assert reading.decisions == {ONE: Decision(match=ONE)}
    oddity = f"{box} holds the text “{shown}”, which is not a tick"
    assert reading.not_ticks == {ONE: oddity}
    assert reading.problems == (
        Problem(
            where="Review, row 7",
            what=f"{oddity}.",
            fix="Clear the cell, restore its checkbox (Insert > Checkbox) and tick it.",
            key=f"not-a-tick:{ONE}:{oddity}",
        ),
    )


@pytest.mark.parametrize("box", TAB.checkboxes)
@pytest.mark.parametrize("value", [True, False, "x"])
def test_a_formula_in_a_box_is_told_and_no_tick(box: str, value: Cell) -> None:
    reading = read(row(formulas=(box,), cells={box: value}))
    assert reading.decisions == {ONE: Decision(match=ONE)}
    assert reading.not_ticks == {ONE: f"{box} holds a formula, which is not a tick"}


def test_every_box_that_holds_something_else_is_told() -> None:
    reading = read(row(formulas=("Send correction",), cells={"Decline": "no", "Send correction": True}))
    told = "Decline holds the text “no”, which is not a tick; Send correction holds a formula, which is not a tick"
    assert reading.not_ticks == {ONE: told}
    assert [problem.what for problem in reading.problems] == [f"{told}."]


BOUND = ["Sending organisation", "Receiving organisation", "Joining organisation", "Why"]


def changed(title: str, match: Match) -> str:
    said = str(written_once(match)[title])
    return (
        f"the cell {title} was changed by hand, so the tick no longer says what was approved; undo that change"
        f"{f': it said “{said}”' if said and chr(10) not in said else ''} (or delete the row: it comes back as it was)"
    )


@pytest.mark.parametrize("title", BOUND)
@pytest.mark.parametrize("cell", ["Somebody else", None, True, 7])
def test_a_changed_cell_holds_the_row(title: str, cell: Cell) -> None:
    reading = read(row(THREE, cells={"Approve": True, title: cell}))
    assert held(reading) == {THREE: changed(title, MATCHES[THREE])}


@pytest.mark.parametrize("title", BOUND)
def test_a_formula_that_yields_the_very_text_holds_the_row(title: str) -> None:
    assert held(read(row(formulas=(title,), cells={"Approve": True}))) == {ONE: changed(title, MATCHES[ONE])}


@pytest.mark.parametrize("title", ["Letter begins", "Proposed on"])
def test_cells_that_no_tick_is_bound_to_may_be_changed(title: str) -> None:
    reading = read(row(formulas=(title,), cells={"Approve": True, title: "x"}))
    assert (reading.row_trouble, reading.decisions[ONE].approved) == ({}, True)


@pytest.mark.parametrize("said", ["", "x" * 121, "Two\nlines"])
def test_what_a_cell_said_is_quoted_where_it_can_be_written_back(said: str) -> None:
    """A long text is brought back from the version history."""
    matches = {**MATCHES, ONE: match(ONE, "Gent", "Oslo", why=said)}
    table = Table(title="Review", header=TAB.titles, rows=(row(cells={"Why": "Another."}),))
    (trouble,) = read_review(table, matches).row_trouble.values()
    assert trouble.what.endswith("undo that change")


def test_the_cells_of_a_side_that_was_erased_are_no_trouble() -> None:
    gone = Party(side=Side.RECEIVING, entry="E-Oslo", organisation_id="", organisation="(erased)", email="")
    erased = replace(MATCHES[ONE], parties=(MATCHES[ONE].sending, gone), why="")
    table = Table(title="Review", header=TAB.titles, rows=(row(cells={"Send correction": True}),))
    assert read_review(table, {ONE: erased}).row_trouble == {}


def test_a_match_on_two_rows_is_held() -> None:
    reading = read(row(number=2), row(number=5, cells={"Approve": True}))
    assert held(reading) == {ONE: "this match stands on rows 2, 5; delete the copies, then tick again"}


def misnamed(what: str, identifier: str = ONE) -> str:
    return (
        f"the cell Match {what}, so no tick on this row counts; "
        f"write {identifier} there (or delete the row: it comes back as it was)"
    )


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        (None, "was emptied"),
        ("", "was emptied"),
        (" ", "was emptied"),
        (True, "was emptied"),
        ("done", "was changed to “done”"),
        (7.0, "was changed to “7”"),
        ("x" * 50, f"was changed to “{'x' * 39}…”"),
        (STRANGE, f"was changed to “{STRANGE}”"),
        (TWO, f"was changed to “{TWO}”"),
    ],
)
def test_a_row_whose_match_was_overwritten_says_so_and_its_ticks_do_not_count(cell: Cell, what: str) -> None:
    reading = read(row(cells={"Match": cell, "Approve": True, "Decline": True, "Was sent": True}))
    assert reading.decisions == {}
    assert reading.standing_rows == {ONE}
    assert reading.problems == ()
    assert RowUpdate(key=ONE, cells={"Status": f"Held: {misnamed(what)}"}) in told(reading)


def test_it_stops_saying_so_once_it_is_mended() -> None:
    wrong = f"Held: {misnamed('was emptied')}"
    assert told(read(row(cells={"Match": "", "Status": wrong}))) == ()
    mended = read(row(cells={"Status": wrong, "Approve": True}))
    assert told(mended) == (RowUpdate(key=ONE, cells={"Status": PROPOSED}),)
    assert mended.decisions == {ONE: Decision(match=ONE, approved=True)}


def test_an_id_copied_to_another_row_holds_both() -> None:
    reading = read(row(ONE, 2, cells={"Approve": True}), row(TWO, 3, cells={"Match": ONE, "Approve": True}))
    assert held(reading) == {
        ONE: "the cell Match of row 3 names this match as well; mend that first",
        TWO: misnamed(f"was changed to “{ONE}”", TWO),
    }
    assert told(reading) == (
        RowUpdate(
            key=ONE,
            cells={"Status": "Held: the cell Match of row 3 names this match as well; mend that first"},
            strangers=frozenset({TWO}),
        ),
        RowUpdate(key=TWO, cells={"Status": f"Held: {misnamed(f'was changed to “{ONE}”', TWO)}"}),
    )


def test_ids_that_changed_places_hold_both() -> None:
    reading = read(row(ONE, 2, cells={"Match": TWO, "Approve": True}), row(TWO, 3, cells={"Match": ONE}))
    assert reading.decisions == {}
    assert held(reading) == {
        ONE: misnamed(f"was changed to “{TWO}”", ONE),
        TWO: misnamed(f"was changed to “{ONE}”", TWO),
    }


def test_a_copied_row_whose_id_was_taken_out_holds_the_match() -> None:
    reading = read(row(ONE, 2, cells={"Approve": True}), row(ONE, 3, cells={"Match": "", "Approve": True}))
    assert held(reading) == {ONE: "this match stands on rows 2, 3; delete the copies, then tick again"}
    assert reading.decisions == {}


def test_a_status_pasted_from_another_row_is_put_right_and_the_tick_counts() -> None:
    reading = read(row(ONE, 2), row(TWO, 3, tag=ONE, cells={"Approve": True}))
    assert (reading.row_trouble, reading.decisions[TWO].approved) == ({}, True)
    assert told(reading) == (RowUpdate(key=TWO, cells={"Status": PROPOSED}),)


def test_one_column_sorted_by_itself_is_known_by_what_the_rows_name() -> None:
    statuses = read(row(ONE, 2, tag=TWO, cells={"Approve": True}), row(TWO, 3, tag=ONE))
    assert (statuses.row_trouble, statuses.decisions[ONE].approved) == ({}, True)


@pytest.mark.parametrize("cells", [{}, {"Receiving organisation": "Somebody else"}])
def test_where_the_names_do_not_tell_nothing_counts(cells: Mapping[str, Cell]) -> None:
    twins = {**MATCHES, TWO: match(TWO, "Gent", "Oslo")}
    spoilt = row(ONE, 2, cells={"Match": TWO, "Approve": True, **cells})
    reading = read_review(Table(title="Review", header=TAB.titles, rows=(spoilt,)), twins)
    assert (reading.decisions, held(reading)[ONE]) == ({}, misnamed(f"was changed to “{TWO}”"))


@pytest.mark.parametrize("cell", [None, "", "done", 7.0, True])
def test_a_row_of_nobodys_is_a_problem(cell: Cell) -> None:
    reading = read(row(number=4, tag=STRANGE, cells={"Match": cell, "Approve": True}))
    shown = {None: "nothing", "": "nothing", "done": "“done”", 7.0: "“7”", True: "“TRUE”"}[cell]
    assert [(one.where, one.what) for one in reading.problems] == [
        ("Review, row 4", f"This row has no match id of ours in Match (it holds {shown}), so it is not read.")
    ]
    assert (reading.decisions, reading.statuses) == ({}, {})


def test_an_empty_row_is_nobodys_business() -> None:
    empty = SheetRow(number=9, cells={"Match": None, "Approve": False, "Notes": ""})
    assert read(empty).problems == ()


@pytest.mark.parametrize("tag", [STRANGE, None])
def test_a_tick_for_a_match_that_nobody_knows_is_told(tag: str | None) -> None:
    strange = SheetRow(number=6, cells={"Status": "Proposed: x", "Match": STRANGE, "Approve": True}, tag=tag)
    reading = read(strange)
    assert reading.unknown == {STRANGE: "Proposed: x"}
    assert (reading.decisions, reading.standing_rows) == ({}, frozenset())
    assert [(one.where, one.key) for one in reading.problems] == [("Review, row 6", unknown_key(STRANGE))]


@pytest.mark.parametrize("status", ["Introduced on 2026-11-01", "Unsure: look"])
def test_a_row_of_another_ledger_whose_letter_left_is_evidence_and_no_problem(status: str) -> None:
    reading = read(SheetRow(number=6, cells={"Status": status, "Match": STRANGE, "Approve": True}, tag=STRANGE))
    assert (reading.unknown, reading.problems) == ({STRANGE: status}, ())


def test_the_line_of_a_correction_is_known_of_rows_of_another_ledger_too() -> None:
    cells: dict[str, Cell] = {"Match": STRANGE, "Send correction": True, "Correction": "It is closed."}
    reading = read(SheetRow(number=6, cells=cells, tag=STRANGE), row(cells={"Send correction": True}), row(TWO))
    assert reading.corrections == {STRANGE: "It is closed.", ONE: ""}


def test_only_what_changed_is_written() -> None:
    statuses = {
        one: MatchStatus(match=one, stage=Stage.DECLINED, detail="untick Decline to take it back") for one in MATCHES
    }
    assert status_updates(statuses, read(row(ONE), row(TWO, cells={"Status": statuses[TWO].text}))) == (
        RowUpdate(key=ONE, cells={"Status": "Declined: untick Decline to take it back"}),
    )


class TestStillApproved:
    ticked = read(row(cells={"Approve": True}))

    def test_the_same_again(self) -> None:
        assert still_asked(self.ticked, read(row(number=9, cells={"Approve": True})), ONE, LetterKind.INTRODUCTION)

    @pytest.mark.parametrize(
        "cells",
        [
            {"Approve": False},
            {"Approve": True, "Decline": True},
            {"Approve": True, "Message": "new"},
            {"Approve": True, "Why": "other"},
            {"Approve": True, "Match": ""},
        ],
    )
    def test_anything_else(self, cells: Mapping[str, Cell]) -> None:
        assert not still_asked(self.ticked, read(row(cells=cells)), ONE, LetterKind.INTRODUCTION)

    def test_a_row_that_is_gone_or_was_copied(self) -> None:
        assert not still_asked(self.ticked, read(), ONE, LetterKind.INTRODUCTION)
        assert not still_asked(
            self.ticked, read(row(cells={"Approve": True}), row(cells={"Approve": True})), ONE, LetterKind.INTRODUCTION
        )

    def test_a_correction_needs_its_own_tick_and_the_same_line(self) -> None:
        def ticked(line: str, *, box: bool = True) -> ReviewReading:
            return read(row(cells={"Send correction": box, "Correction": line}))

        before = ticked("It is closed.")
        assert still_asked(before, ticked("It is closed."), ONE, LetterKind.CORRECTION)
        assert not still_asked(before, ticked("It is open."), ONE, LetterKind.CORRECTION)
        assert not still_asked(before, ticked("It is closed.", box=False), ONE, LetterKind.CORRECTION)
        assert not still_asked(self.ticked, self.ticked, ONE, LetterKind.CORRECTION)
        assert not still_asked(ticked(""), ticked(""), ONE, LetterKind.CORRECTION)

    def test_what_was_not_ticked_before(self) -> None:
        assert not still_asked(read(row()), read(row()), ONE, LetterKind.INTRODUCTION)
        assert not still_asked(read(), read(), ONE, LetterKind.INTRODUCTION)
