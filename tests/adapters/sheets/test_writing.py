"""What a batch holds: looked at as requests where the sandbox could be too kind."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from pipeline.adapters.sheets.reading import FENCE_KEY, Stamp
from pipeline.adapters.sheets.writing import FENCE_BASE, MOST_STAMPS, MOST_UPDATES, STAMP_SECONDS, Sheet, build
from pipeline.model import NewRow, RowUpdate, SheetChanges

KEY = "M-AAAAAAAAAA"


def row(key: str = KEY, **cells: str) -> NewRow:
    return NewRow(key=key, cells={"Status": "Proposed", "Match": key, **cells})


def kinds(requests: tuple[dict[str, Any], ...]) -> list[str]:
    return [next(iter(request)) for request in requests]


def of_kind(requests: tuple[dict[str, Any], ...], kind: str) -> list[Any]:
    return [request[kind] for request in requests if kind in request]


@pytest.fixture
def sheet(world: Any) -> Sheet:
    opened = world.opened()
    opened.read()
    known: Sheet = opened._sheet
    return known


def test_the_stamp_comes_first_and_counts_on(sheet: Sheet) -> None:
    stamps = (Stamp(FENCE_BASE + 41, 41, int(time.time()), "theirs"),)
    known = Sheet(replace(sheet.structure, stamps=stamps), sheet.tabs)
    first = build(SheetChanges(inserts={"Review": (row(),)}), known, "mine").requests[0]
    entry = first["createDeveloperMetadata"]["developerMetadata"]
    assert entry["metadataId"] == FENCE_BASE + 42
    assert entry["metadataKey"] == FENCE_KEY
    assert entry["metadataValue"].startswith("42@")
    assert entry["metadataValue"].endswith("@mine")


def test_old_stamps_go_but_never_the_newest(sheet: Sheet) -> None:
    old = int(time.time()) - STAMP_SECONDS - 60
    stamps = tuple(Stamp(FENCE_BASE + number, number, old, "x") for number in range(1, 6))
    known = Sheet(replace(sheet.structure, stamps=stamps), sheet.tabs)
    batch = build(SheetChanges(inserts={"Review": (row(),)}), known, "mine")
    assert batch.gone == {FENCE_BASE + number for number in range(1, 5)}


def test_stamps_never_fill_the_storage(sheet: Sheet) -> None:
    now = int(time.time())
    stamps = tuple(Stamp(FENCE_BASE + number, number, now, "x") for number in range(1, MOST_STAMPS + 31))
    known = Sheet(replace(sheet.structure, stamps=stamps), sheet.tabs)
    batch = build(SheetChanges(inserts={"Review": (row(),)}), known, "mine")
    assert len(stamps) - len(batch.gone) <= MOST_STAMPS
    assert max(batch.gone) < FENCE_BASE + 40


def test_old_stamps_alone_are_no_reason_to_write(sheet: Sheet) -> None:
    stamps = tuple(Stamp(FENCE_BASE + number, number, 0, "x") for number in range(1, 6))
    assert not build(SheetChanges(), Sheet(replace(sheet.structure, stamps=stamps), sheet.tabs), "mine")


@pytest.mark.parametrize(("row_count", "inherits"), [(1, True), (2, False), (1000, False)])
def test_google_wants_the_format_of_the_row_before_only_at_the_end_of_the_grid(
    sheet: Sheet, row_count: int, inherits: object
) -> None:
    tabs = {**sheet.tabs, "Review": replace(sheet.tabs["Review"], row_count=row_count)}
    batch = build(SheetChanges(inserts={"Review": (row(),)}), Sheet(sheet.structure, tabs), "mine")
    assert of_kind(batch.requests, "insertDimension")[0]["inheritFromBefore"] is inherits


def test_a_tab_of_one_row_takes_new_rows(world: Any) -> None:
    sheet_id = world.person.sheet().sheet_id
    loose = {"sheetId": sheet_id, "gridProperties": {"frozenRowCount": 0}}
    world.person.does({"updateSheetProperties": {"properties": loose, "fields": "gridProperties.frozenRowCount"}})
    world.person.deletes("ROWS", 1, world.person.sheet().row_count - 1)
    opened = world.opened()
    opened.read()
    opened.write(SheetChanges(inserts={"Review": (row(),)}))
    assert [record["Match"] for record in world.person.records()] == [KEY]


def test_text_is_never_left_to_be_parsed(sheet: Sheet) -> None:
    changes = SheetChanges(
        inserts={"Review": (row(Why="=IMPORTXML(1)"),)},
        contents={"Problems": (("=1+1", "+1", "-1", "@x", ""),)},
    )
    for write in of_kind(build(changes, sheet, "mine").requests, "updateCells"):
        for line in write["rows"]:
            for cell in line["values"]:
                assert set(cell.get("userEnteredValue", {})) <= {"stringValue", "boolValue", "numberValue"}


def test_peoples_columns_between_ours_are_not_even_part_of_a_range(sheet: Sheet) -> None:
    batch = build(SheetChanges(inserts={"Review": (row(),)}), sheet, "mine")
    columns = sheet.tabs["Review"].columns
    for write in of_kind(batch.requests, "updateCells"):
        start = write["start"]["columnIndex"]
        covered = range(start, start + len(write["rows"][0]["values"]))
        assert columns["Message"] not in covered
        assert columns["Notes"] not in covered


def test_only_the_status_of_a_standing_row_may_change(sheet: Sheet) -> None:
    changes = SheetChanges(updates={"Review": (RowUpdate(key=KEY, cells={"Notes": "x"}),)})
    with pytest.raises(ValueError, match="Notes"):
        build(changes, sheet, "mine")


def test_more_updates_than_one_write_takes_wait_for_the_next(world: Any) -> None:
    keys = [f"M-{number:010d}".translate(str.maketrans("0189", "ABCD")) for number in range(MOST_UPDATES + 5)]
    opened = world.opened()
    opened.read()
    opened.write(SheetChanges(inserts={"Review": tuple(row(key) for key in keys)}))
    changes = tuple(RowUpdate(key=key, cells={"Status": "Declined"}) for key in keys)
    batch = build(SheetChanges(updates={"Review": changes}), opened._sheet, "mine")
    assert len(of_kind(batch.requests, "findReplace")) == MOST_UPDATES
    assert batch.unreachable == set(keys[MOST_UPDATES:])


def test_each_row_is_looked_for_by_its_whole_old_status_in_its_own_column(world: Any) -> None:
    opened = world.opened()
    opened.read()
    opened.write(SheetChanges(inserts={"Review": (row(),)}))
    changes = SheetChanges(updates={"Review": (RowUpdate(key=KEY, cells={"Status": "Declined"}),)})
    (find,) = of_kind(build(changes, opened._sheet, "mine").requests, "findReplace")
    assert (find["find"], find["replacement"]) == (f"Proposed · {KEY}", f"Declined · {KEY}")
    assert find["matchCase"] is find["matchEntireCell"] is True
    assert find["includeFormulas"] is find["searchByRegex"] is False
    assert find["range"]["endColumnIndex"] - find["range"]["startColumnIndex"] == 1


def test_new_rows_stand_in_the_order_they_were_handed_over_above_the_old_ones(world: Any) -> None:
    first, second, third, fourth = "M-DDDDDDDDDD", "M-BBBBBBBBBB", "M-CCCCCCCCCC", "M-AAAAAAAAAA"
    opened = world.opened()
    opened.read()
    opened.write(SheetChanges(inserts={"Review": (row(first), row(second))}))
    opened.write(SheetChanges(inserts={"Review": (row(third), row(fourth))}))
    assert [record["Match"] for record in world.person.records()] == [third, fourth, first, second]


OTHER = "M-BBBBBBBBBB"


def two_rows(world: Any) -> Any:
    opened = world.opened()
    opened.read()
    opened.write(SheetChanges(inserts={"Review": (row(KEY), row(OTHER))}))
    return world.person


def declined(key: str, *strangers: str) -> RowUpdate:
    return RowUpdate(key=key, cells={"Status": "Declined"}, strangers=frozenset(strangers))


def statuses(world: Any) -> list[tuple[str, str]]:
    return [(record["Match"] or "", record["Status"]) for record in world.person.records()]


@pytest.mark.parametrize("cell", ["", "done", KEY, "M-CCCCCCCCCC", 7.0])
def test_a_row_whose_key_was_overwritten_is_found_by_what_its_status_ends_in(world: Any, cell: Any) -> None:
    two_rows(world).types(2, "Match", cell)
    again = world.opened()
    tags = [one.tag for one in again.read().tables["Review"].rows]
    assert tags == [KEY, OTHER]
    assert again.write(SheetChanges(updates={"Review": (declined(OTHER),)})) == frozenset()
    assert statuses(world) == [(KEY, f"Proposed · {KEY}"), (cell, f"Declined · {OTHER}")]


def test_a_row_that_stands_there_under_another_key_is_not_inserted_again(world: Any) -> None:
    two_rows(world).types(2, "Match", "")
    again = world.opened()
    again.read()
    again.write(SheetChanges(inserts={"Review": (row(OTHER),)}))
    assert again.calls["writes"] == 0


def test_a_row_that_bears_a_key_by_mistake_is_left_alone(world: Any) -> None:
    two_rows(world).types(2, "Match", KEY)
    for _ in range(3):
        again = world.opened()
        again.read()
        assert again.write(SheetChanges(updates={"Review": (declined(KEY, OTHER),)})) == frozenset()
    assert statuses(world) == [(KEY, f"Declined · {KEY}"), (KEY, f"Proposed · {OTHER}")]


@pytest.mark.parametrize("typed", ["", "nothing", f"Proposed · {KEY}"])
def test_a_status_that_was_typed_or_pasted_over_is_mended_in_two_runs(world: Any, typed: str) -> None:
    two_rows(world).types(2, "Status", typed)
    for _ in range(2):
        again = world.opened()
        again.read()
        again.write(SheetChanges(updates={"Review": (declined(OTHER),)}))
    assert statuses(world) == [(KEY, f"Proposed · {KEY}"), (OTHER, f"Declined · {OTHER}")]


def test_a_status_that_is_a_formula_bears_no_tag(world: Any) -> None:
    two_rows(world).types(2, "Status", f'="Proposed · {OTHER}"')
    assert [one.tag for one in world.opened().read().tables["Review"].rows] == [KEY, None]


def test_a_second_write_of_a_run_builds_on_the_first(world: Any) -> None:
    two_rows(world)
    again = world.opened()
    again.read()
    for text in ("Approved", "Introduced on 2026-11-20"):
        update = RowUpdate(key=OTHER, cells={"Status": text})
        assert again.write(SheetChanges(updates={"Review": (update,)})) == frozenset()
    assert statuses(world) == [(KEY, f"Proposed · {KEY}"), (OTHER, f"Introduced on 2026-11-20 · {OTHER}")]


def test_a_copied_row_gets_the_same_status_twice(world: Any) -> None:
    opened = world.opened()
    opened.read()
    opened.write(SheetChanges(inserts={"Review": (row(),)}))
    world.person.fills("Review", [world.person.grid()[1]], top=5)
    again = world.opened()
    again.read()
    changes = SheetChanges(updates={"Review": (RowUpdate(key=KEY, cells={"Status": "Declined"}),)})
    assert again.write(changes) == frozenset()
    assert [r["Status"] for r in world.person.records() if r["Match"]] == [f"Declined · {KEY}"] * 2


def test_marks_are_gone_after_the_next_write(world: Any) -> None:
    opened = world.opened()
    opened.read()
    opened.write(SheetChanges(inserts={"Review": (row(),)}))
    marks = [entry for entry in world.person.book.metadata.values() if entry.kind == "ROW"]
    assert [entry.value.split()[0] for entry in marks] == [KEY]
    again = world.opened()
    again.read()
    again.write(SheetChanges(updates={"Review": (RowUpdate(key=KEY, cells={"Status": "Declined"}),)}))
    assert not [entry for entry in world.person.book.metadata.values() if entry.kind == "ROW"]


def test_a_sheet_whose_storage_for_marks_is_full_still_takes_rows(world: Any) -> None:
    sheet_id = world.person.sheet().sheet_id
    place = {"dimensionRange": {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": 20, "endIndex": 21}}
    entry = {"metadataKey": "theirs", "metadataValue": "x" * 19_900, "location": place, "visibility": "DOCUMENT"}
    world.person.does({"createDeveloperMetadata": {"developerMetadata": entry}})
    small = entry | {"metadataValue": "x" * 10_060}
    world.person.does({"createDeveloperMetadata": {"developerMetadata": small}})
    opened = world.opened()
    opened.read()
    opened.write(SheetChanges(inserts={"Review": (row(),)}))
    assert [record["Match"] for record in world.person.records()] == [KEY]


def test_a_deleted_tab_of_ours_is_not_filled_and_a_needed_one_is_asked_for(world: Any) -> None:
    world.person.does({"deleteSheet": {"sheetId": world.person.sheet("Nearly").sheet_id}})
    opened = world.opened()
    opened.read()
    opened.write(SheetChanges(contents={"Nearly": (("a", "b", "c"),)}))
    assert opened.calls["writes"] == 0
    assert kinds(build(SheetChanges(updates={"Nearly": ()}), opened._sheet, "mine").requests) == [
        "createDeveloperMetadata"
    ]


@pytest.mark.parametrize("act", ["insert", "move", "nothing"])
def test_other_cells_are_not_written_once_a_column_came_or_moved(world: Any, act: str) -> None:
    """They are written from left to right through the row's mark: the header is looked at just before."""
    row = {"What became of it": "Waiting", "Organisation": "Aster", "Wants": "Dual VET", "Id": "E-AAAA0189"}
    world.opened().write(SheetChanges(inserts={"Entries": (NewRow(key="E-AAAA0189", cells=row),)}))
    news = {"What became of it": "Waiting", "Wants": "Green skills"}
    change = SheetChanges(updates={"Entries": (RowUpdate(key="E-AAAA0189", cells=news),)})
    sheet = world.opened()
    sheet.read()
    if act == "insert":
        world.person.inserts("COLUMNS", 0, title="Entries")
        world.person.types(0, 0, "My notes", "Entries")
    elif act == "move":
        span = {
            "sheetId": world.person.sheet("Entries").sheet_id,
            "dimension": "COLUMNS",
            "startIndex": 3,
            "endIndex": 4,
        }
        world.person.does({"moveDimension": {"source": span, "destinationIndex": 6}})
    sheet.write(change)
    assert sheet.calls == {"reads": 3, "writes": 1 if act == "nothing" else 0}
    (record,) = world.person.records("Entries")
    assert record["Wants"] == ("Green skills" if act == "nothing" else "Dual VET")
    assert (record["Organisation"], record["Tell them"]) == ("Aster", False)
    for _ in range(2):
        world.opened().write(change)
    (record,) = world.person.records("Entries")
    assert (record["Wants"], record["Organisation"], record["Tell them"]) == ("Green skills", "Aster", False)
