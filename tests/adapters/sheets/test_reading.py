"""Google's odd answers, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.adapters.sheets.reading import (
    find_tab,
    is_formula,
    metadata_id_of,
    read_tabs,
    split_tag,
    structure_of,
    value_of,
    with_tag,
)
from pipeline.tabs.tab import RESPONSES, tag_of


def text(value: str) -> dict[str, Any]:
    return {"effectiveValue": {"stringValue": value}, "userEnteredValue": {}}


def responses(*rows: list[dict[str, Any]], **block: int) -> Any:
    data = {"rowData": [{"values": row} if row else {} for row in rows], **block}
    answer = {"sheets": [{"properties": {"title": "Answers"}, "data": [data]}]}
    return read_tabs(answer, {0: RESPONSES})[RESPONSES].table


@pytest.mark.parametrize(
    ("cell", "value", "formula"),
    [
        ({}, None, False),
        ({"effectiveValue": {"stringValue": ""}}, None, False),
        ({"effectiveValue": {"numberValue": 7}}, 7, False),
        ({"effectiveValue": {"numberValue": 45000.5}, "userEnteredValue": {}}, 45000.5, False),
        ({"effectiveValue": {"boolValue": True}, "userEnteredValue": {"boolValue": True}}, True, False),
        ({"effectiveValue": {"boolValue": False}, "userEnteredValue": {"boolValue": False}}, False, False),
        ({"effectiveValue": {"boolValue": True}, "userEnteredValue": {"formulaValue": "=TRUE()"}}, True, True),
        ({"effectiveValue": {"boolValue": True}}, True, True),  # spilled over from an array formula
        ({"effectiveValue": {"stringValue": "TRUE"}, "userEnteredValue": {}}, "TRUE", False),
        ({"effectiveValue": {"errorValue": {"type": "REF"}}}, "#REF!", True),
        ({"effectiveValue": {"errorValue": {"type": "LOADING"}}}, "Loading...", True),
        ({"effectiveValue": {"errorValue": {"type": "SOMETHING_NEW"}}}, "#ERROR!", True),
    ],
)
def test_a_cell(cell: dict[str, Any], value: object, formula: object) -> None:
    assert value_of(cell) == value
    assert type(value_of(cell)) is type(value)
    assert is_formula(cell) is formula


def test_a_missing_sheet_id_is_zero_and_a_tab_without_anything_is_empty() -> None:
    structure = structure_of({"sheets": [{"properties": {"title": "Answers"}}]})
    assert structure.sheets[0].sheet_id == 0
    table = read_tabs({"sheets": [{"properties": {"title": "Answers"}, "data": [{}]}]}, {0: RESPONSES})
    assert table[RESPONSES].table.header == ()


def test_rows_and_cells_keep_their_places() -> None:
    table = responses([text("A"), text("B")], [], [{}, text("two")], [{}, {}])
    assert [(row.number, row.cells) for row in table.rows] == [(3, {"A": None, "B": "two"})]


def test_a_doubled_title_is_taken_from_neither_column_but_is_seen() -> None:
    table = responses([text("Email"), text("email "), text("Other")], [text("a"), text("b"), text("c")])
    assert table.header == ("Email", "email", "Other")
    assert table.rows[0].cells == {"Other": "c"}


def test_titles_over_several_lines_are_one_line() -> None:
    assert responses([text("What do you\n want\tto learn? ")]).header == ("What do you want to learn?",)


def test_columns_before_the_first_block_are_blank() -> None:
    table = responses([text("B")], [text("b")], startColumn=1)
    assert table.header == ("", "B")
    assert table.rows[0].cells == {"B": "b"}


def sheet(sheet_id: int, title: str, mark: int | None = None, name: str = "Review") -> dict[str, Any]:
    entry = {"metadataId": mark, "metadataKey": "matchmaker.tab", "metadataValue": name}
    properties = {"sheetId": sheet_id, "title": title}
    return {"properties": properties, **({"developerMetadata": [entry]} if mark else {})}


ORIGINAL = metadata_id_of("Review")


@pytest.mark.parametrize(
    ("sheets", "found"),
    [
        ([sheet(1, "Review")], 1),
        ([sheet(1, " review ")], 1),
        ([sheet(1, "Matches", ORIGINAL)], 1),
        ([sheet(1, "Review"), sheet(2, "Matches", ORIGINAL)], 2),
        ([sheet(1, "Copy of Review", 99), sheet(2, "Review", ORIGINAL)], 2),
        ([sheet(1, "Copy of Review", 99), sheet(2, "Review", 98)], 2),
        ([sheet(1, "Matches", 99)], 1),
        ([sheet(1, "Review", 99, name="Problems")], None),
        ([sheet(1, "Something else")], None),
    ],
)
def test_our_tab_is_found_by_mark_then_by_title(sheets: list[dict[str, Any]], found: int | None) -> None:
    tab = find_tab(structure_of({"sheets": sheets}), "Review", "Review")
    assert (tab.sheet_id if tab else None) == found


def test_charts_on_sheets_of_their_own_are_no_tabs() -> None:
    answer = {"sheets": [{"properties": {"sheetId": 5, "title": "Review", "sheetType": "OBJECT"}}]}
    assert structure_of(answer).sheets == ()


@pytest.mark.parametrize("key", ["M-ABCDEFGH23", "provincia di x~region of x", "ключ~ключ", "M-x"])
def test_a_status_bears_a_tag_of_its_own(key: str) -> None:
    full = with_tag("Held: no\nanswer ", key)
    assert full == f"Held: no answer · {tag_of(key)}"
    assert len(tag_of(key)) <= 18
    assert split_tag(full) == ("Held: no answer", tag_of(key))
    assert split_tag("Held: no answer") == ("Held: no answer", None)
    assert split_tag(f"{full} or so") == (f"{full} or so", None)
