from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.model import Cell, DoubtfulPair, Judgement, Problem, RowUpdate, SheetRow, Table, Verdict
from pipeline.tabs.same_organisation import (
    TAB,
    SameOrganisationReading,
    new_rows,
    read_same_organisation,
    status_updates,
)
from pipeline.tabs.tab import tag_of

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEY, OTHER_KEY = "gent kisp~gent kisp vzw", "boras~boras stad"
TAG, OTHER_TAG = tag_of(KEY), tag_of(OTHER_KEY)
OPEN = "Waits for your answer: tick Same or Different"
CHANGED = (
    "The cell Question was changed, so no tick on this row counts: "
    "undo that change (or delete the row: the question comes back if it is still open)"
)


def row(
    number: int = 2, key: Cell = KEY, tag: str | None = TAG, *, formulas: tuple[str, ...] = (), **cells: Cell
) -> SheetRow:
    return SheetRow(
        number=number, cells={"Status": OPEN, "Question": key} | cells, formulas=frozenset(formulas), tag=tag
    )


def read(*rows: SheetRow, known: tuple[Judgement, ...] = ()) -> SameOrganisationReading:
    return read_same_organisation(Table(title="Same organisation?", header=TAB.titles, rows=rows), known, NOW)


def question(key: str = KEY) -> DoubtfulPair:
    left, _, right = key.partition("~")
    return DoubtfulPair(left=left, right=right, one="Kisp", other="Kisp vzw", speaks_for="the name", speaks_against="-")


def judgement(verdict: Verdict, key: str = KEY) -> Judgement:
    left, _, right = key.partition("~")
    return Judgement(left=left, right=right, verdict=verdict, at=NOW)


def test_the_titles() -> None:
    assert TAB.titles == ("Status", "Same", "Different", "One", "Other", "Speaks for", "Speaks against", "Question")
    assert TAB.checkboxes == ("Same", "Different")


@pytest.mark.parametrize("tag", [TAG, None])
def test_a_tick_is_an_answer(tag: str | None) -> None:
    assert read(row(tag=tag, Same=True)).judgements == (judgement(Verdict.SAME),)
    assert read(row(tag=tag, Different=True)).judgements == (judgement(Verdict.DIFFERENT),)


@pytest.mark.parametrize("cell", [None, False, "", " "])
def test_nothing_else_is(cell: Cell) -> None:
    assert read(row(Same=cell, Different=cell)) == SameOrganisationReading(
        judgements=(), statuses={KEY: OPEN}, misnamed={}, strangers={}, problems=()
    )


@pytest.mark.parametrize("box", TAB.checkboxes)
@pytest.mark.parametrize(
    ("cell", "formulas", "held"),
    [("TRUE", (), "the text “TRUE”"), (1, (), "the text “1”"), ("x", (), "the text “x”"), (True, "box", "a formula")],
)
def test_what_is_no_tick_is_told_beside_the_question(box: str, cell: Cell, formulas: Any, held: str) -> None:
    standing = row(7, formulas=(box,) if formulas else ())
    reading = read(replace(standing, cells={**standing.cells, box: cell}))
    assert reading.judgements == ()
    told = f"{box} holds {held}, which is not a tick"
    (problem,) = reading.problems
    assert (problem.where, problem.what) == ("Same organisation?, row 7", f"{told}.")
    mend = f"{told}: clear the cell and restore its checkbox (Insert > Checkbox)"
    for judgements, status in (
        ((), OPEN),
        ((judgement(Verdict.SAME),), "Remembered since 2026-11-20: same. Move the tick to change it"),
    ):
        (update,) = status_updates([question()], judgements, reading)
        assert update.cells == {"Status": f"{status}. {mend}"}


def test_a_tick_beside_a_box_that_cannot_be_read_is_no_answer() -> None:
    assert read(row(Same=True, Different="no!")).judgements == ()


def test_both_is_a_problem_and_no_answer() -> None:
    reading = read(row(7, Same=True, Different=True))
    assert reading.judgements == ()
    assert reading.problems == (
        Problem(
            where="Same organisation?, row 7",
            what="Both Same and Different are ticked.",
            fix="Untick one of them.",
            key=f"both:{KEY}",
        ),
    )


def test_only_a_new_answer_counts() -> None:
    assert read(row(Same=True), known=(judgement(Verdict.SAME),)).judgements == ()
    assert read(row(Different=True), known=(judgement(Verdict.SAME),)).judgements == (judgement(Verdict.DIFFERENT),)


@pytest.mark.parametrize("key", [None, "", "x", "~b", "b~a", 7, True])
def test_rows_without_a_key_and_without_a_mark_of_ours_are_let_be(key: Cell) -> None:
    assert read(row(key=key, tag=None, Same=True)) == SameOrganisationReading(
        judgements=(), statuses={}, misnamed={}, strangers={}, problems=()
    )


@pytest.mark.parametrize("key", [None, "", "x", 7, OTHER_KEY])
def test_a_row_whose_key_was_changed_says_so_and_its_tick_does_not_count(key: Cell) -> None:
    reading = read(row(key=key, Same=True))
    assert reading.judgements == ()
    assert new_rows([question()], reading) == ()
    assert status_updates([question()], (), reading) == (RowUpdate(key=TAG, cells={"Status": CHANGED}),)
    again = read(SheetRow(number=2, cells={"Status": CHANGED, "Question": key, "Same": True}, tag=TAG))
    assert status_updates([question()], (), again) == ()
    mended = read(SheetRow(number=2, cells={"Status": CHANGED, "Question": KEY, "Same": True}, tag=TAG))
    assert mended.judgements == (judgement(Verdict.SAME),)
    assert status_updates([question()], (), mended) == (RowUpdate(key=KEY, cells={"Status": OPEN}),)


def test_a_key_on_two_rows_speaks_for_the_row_that_is_whole() -> None:
    reading = read(row(Different=True), row(3, KEY, OTHER_TAG, Same=True))
    assert reading.judgements == (judgement(Verdict.DIFFERENT),)
    updates = status_updates([question(OTHER_KEY)], (judgement(Verdict.DIFFERENT),), reading)
    assert updates == (
        RowUpdate(key=OTHER_TAG, cells={"Status": CHANGED}),
        RowUpdate(
            key=KEY,
            cells={"Status": "Remembered since 2026-11-20: different. Move the tick to change it"},
            strangers=frozenset({OTHER_TAG}),
        ),
    )


def test_a_question_that_waits_for_another_gets_no_row_and_keeps_the_one_it_has() -> None:
    waiting = replace(question(), waits=True)
    assert new_rows([waiting], read()) == ()
    assert (
        status_updates([waiting], (), read(SheetRow(number=2, cells={"Status": OPEN, "Question": KEY}, tag=TAG))) == ()
    )


def test_two_keys_that_changed_places_are_both_told() -> None:
    reading = read(row(2, OTHER_KEY, TAG, Same=True), row(3, KEY, OTHER_TAG, Same=True))
    assert reading.judgements == ()
    assert {update.key for update in status_updates([], (), reading)} == {TAG, OTHER_TAG}


def test_a_status_that_was_pasted_over_is_mended_and_the_tick_counts() -> None:
    reading = read(row(2, OTHER_KEY, OTHER_TAG), row(3, KEY, OTHER_TAG, Same=True))
    assert reading.judgements == (judgement(Verdict.SAME),)
    assert RowUpdate(key=KEY, cells={"Status": OPEN}) in status_updates([question(), question(OTHER_KEY)], (), reading)


@pytest.mark.parametrize("key", ["", OTHER_KEY])
def test_a_copy_with_another_key_is_a_problem(key: str) -> None:
    reading = read(row(), row(3, OTHER_KEY, OTHER_TAG), row(4, key, TAG, Different=True))
    assert reading.judgements == ()
    assert [(one.where, one.fix) for one in reading.problems] == [("Same organisation?, row 4", "Delete this row.")]
    assert status_updates([question(), question(OTHER_KEY)], (), reading) == ()


def test_each_question_gets_one_row() -> None:
    (new,) = new_rows([question(), question(), question(OTHER_KEY)], read(row(key=OTHER_KEY, tag=OTHER_TAG)))
    assert (new.key, dict(new.cells)) == (
        KEY,
        {
            "Status": OPEN,
            "One": "Kisp",
            "Other": "Kisp vzw",
            "Speaks for": "the name",
            "Speaks against": "-",
            "Question": KEY,
        },
    )


@pytest.mark.parametrize(
    ("asked", "answered", "told"),
    [
        ([question()], [], OPEN),
        ([question()], [judgement(Verdict.SAME)], "Remembered since 2026-11-20: same. Move the tick to change it"),
        ([], [judgement(Verdict.DIFFERENT)], "Remembered since 2026-11-20: different. Move the tick to change it"),
        ([], [judgement(Verdict.SAME, OTHER_KEY)], "No longer in doubt"),
    ],
)
def test_what_a_row_says(asked: list[DoubtfulPair], answered: list[Judgement], told: str) -> None:
    stale = read(SheetRow(number=2, cells={"Status": "?", "Question": KEY}, tag=TAG))
    assert status_updates(asked, answered, stale) == (RowUpdate(key=KEY, cells={"Status": told}),)
    current = read(SheetRow(number=2, cells={"Status": told, "Question": KEY}, tag=TAG))
    assert status_updates(asked, answered, current) == ()
