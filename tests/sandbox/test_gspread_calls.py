"""gspread's own methods, used as a program would use them, do on the sandbox what they do on Google."""

from __future__ import annotations

from typing import Any

import gspread
import pytest
from gspread.exceptions import APIError
from gspread.utils import ValueInputOption, ValueRenderOption


@pytest.fixture
def file(sandbox: Any, book: str) -> Any:
    return sandbox.gspread().open_by_key(book)


def test_tabs_are_added_hidden_shown_reordered_and_deleted(file: Any) -> None:
    finances, archive = file.add_worksheet("finances", 100, 20), file.add_worksheet("archive", 2, 2)
    with pytest.raises(APIError, match="already exists"):
        file.add_worksheet("archive", 1, 1)
    archive.hide()
    assert [tab.title for tab in file.worksheets(exclude_hidden=True)] == ["Sheet1", "finances"]
    archive.show()
    file.reorder_worksheets([archive, finances, file.worksheet("Sheet1")])
    assert [tab.title for tab in file.worksheets()] == ["archive", "finances", "Sheet1"]
    file.del_worksheet(finances)
    assert [tab.title for tab in file.worksheets()] == ["archive", "Sheet1"]


def test_the_file_changes_title_locale_and_time_zone(file: Any) -> None:
    before = file.get_lastUpdateTime()
    file.update_title("🎊 Updated #123")
    file.update_locale("fr_FR")
    file.update_timezone("Europe/Paris")
    properties = file.fetch_sheet_metadata()["properties"]
    assert (properties["title"], properties["locale"], properties["timeZone"]) == (
        "🎊 Updated #123",
        "fr_FR",
        "Europe/Paris",
    )
    assert file.get_lastUpdateTime() > before
    with pytest.raises(APIError):
        file.update_timezone("Europe/Nowhere")


def test_notes_are_written_read_and_removed(file: Any) -> None:
    tab = file.add_worksheet("with notes", 3, 3)
    tab.update_notes({"A1": "first", "B3": "second"})
    assert tab.get_note("A1") == "first"
    assert tab.get_notes() == [["first"], [], ["", "second"]]
    assert tab.get_notes(grid_range="A2:C3") == [[], ["", "second"]]
    tab.clear_notes(["A1", "B3"])
    assert tab.get_note("A1") == ""


def test_the_basic_filter_covers_the_grid_or_a_range(file: Any) -> None:
    tab = file.sheet1

    def area() -> Any:
        return file.fetch_sheet_metadata()["sheets"][0].get("basicFilter")

    tab.resize(20, 20)
    tab.set_basic_filter()
    whole = {"startRowIndex": 0, "endRowIndex": 20, "startColumnIndex": 0, "endColumnIndex": 20}
    assert area() == {"range": whole}
    tab.set_basic_filter("B1:C2")
    assert area()["range"]["startColumnIndex"] == 1
    tab.clear_basic_filter()
    assert area() is None


def test_tab_colours_come_and_go(file: Any) -> None:
    tab = file.sheet1
    tab.update_tab_color("#FF007F")
    shown = file.fetch_sheet_metadata()["sheets"][0]["properties"]
    assert shown["tabColorStyle"] == {"rgbColor": {"red": 1, "blue": 0.49803922}}
    assert shown["tabColor"] == shown["tabColorStyle"]["rgbColor"]
    tab.clear_tab_color()
    assert not {"tabColor", "tabColorStyle"} & file.fetch_sheet_metadata()["sheets"][0]["properties"].keys()


def test_cells_are_found_by_text(file: Any) -> None:
    tab = file.sheet1
    tab.update_cell(2, 10, "Iñtërnâtiônàlizætiøn")
    tab.update_cell(3, 11, "two\nlines")
    assert tab.find("two\nlines").address == "K3"
    assert tab.find("Iñtërnâtiônàlizætiøn").address == "J2"
    assert tab.find("nobody") is None


def test_rows_and_columns_are_inserted_and_deleted(file: Any) -> None:
    tab = file.sheet1
    tab.update([["a1", "b1"], ["a2", "b2"]], "A1")
    tab.insert_row(["new", "row"], 2)
    assert tab.get_all_values() == [["a1", "b1"], ["new", "row"], ["a2", "b2"]]
    tab.insert_cols([["x", "y", "z"]], 2)
    assert tab.row_values(2) == ["new", "y", "row"]
    assert tab.col_values(2) == ["x", "y", "z"]
    tab.delete_rows(2)
    tab.delete_columns(1)
    assert tab.get_all_values() == [["x", "b1"], ["z", "b2"]]
    assert (tab.row_count, tab.col_count) == (1000, 26)


def test_records_are_read_with_and_without_formatting(file: Any) -> None:
    tab = file.sheet1
    tab.resize(2, 4)
    rows = [["=4/2", "2020-01-01", "string", 53], ["=3/2", 0.12, "1999-01-02", ""]]
    tab.update(rows, "A1:D2", value_input_option=ValueInputOption.user_entered)
    assert tab.get_all_values() == [["2", "2020-01-01", "string", "53"], ["1.5", "0.12", "1999-01-02", ""]]
    formulas = tab.get(value_render_option=ValueRenderOption.formula)
    assert formulas == [["=4/2", 43831, "string", 53], ["=3/2", 0.12, 36162]]


def test_ranges_given_the_wrong_way_round_read_the_same(file: Any) -> None:
    tab = file.sheet1
    tab.update([["a", "b"], ["c", "d"]], "A1")
    assert [cell.value for cell in tab.range("B2:A1")] == ["a", "b", "c", "d"]


def test_several_ranges_are_written_read_and_cleared_at_once(file: Any) -> None:
    tab = file.sheet1
    tab.batch_update(
        [{"range": "A1:D1", "values": [["A1", "B1", "", "D1"]]}, {"range": "A4:B4", "values": [["A4", "B4"]]}]
    )
    first, second = tab.batch_get(["A1:D1", "B4:D4"])
    assert (first, first.range) == ([["A1", "B1", "", "D1"]], "Sheet1!A1:D1")
    assert second == [["B4"]]
    tab.batch_clear(["A1:B1", "A4"])
    assert tab.get_all_values() == [["", "", "", "D1"], ["", "", "", ""], ["", "", "", ""], ["", "B4", "", ""]]


def test_protection_with_a_warning_has_no_editors(file: Any) -> None:
    file.sheet1.add_protected_range("A1:B2", warning_only=True, description="ours")
    (entry,) = file.list_protected_ranges(0)
    assert (entry["warningOnly"], entry["description"]) == (True, "ours")
    assert "editors" not in entry


def test_swapped_arguments_fail_as_they_do_on_google(file: Any) -> None:
    with pytest.raises(APIError) as caught:
        file.values_update("A1", {"valueInputOption": "RAW"}, {"values": "X"})
    assert caught.value.response.status_code == 400
    assert isinstance(caught.value, gspread.exceptions.GSpreadException)
