"""`init` and `check --online`: everything made once, nothing of people's touched, each gap with its remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.sheets.layout import PROTECTION, init
from pipeline.adapters.sheets.setup import check_online
from pipeline.config import Settings
from pipeline.model import NewRow, RowUpdate, SheetChanges
from pipeline.tabs.all_tabs import BY_NAME, TABS

KEY = "M-AAAAAAAAAA"


def made(world: Any) -> tuple[list[str], dict[str, int]]:
    sheet = world.opened()
    return init(sheet), dict(sheet.calls)


def test_on_an_empty_sheet_everything_is_made_in_one_write_and_never_again(new_world: Any) -> None:
    world = new_world()
    sentences, calls = made(world)
    assert len(sentences) == len(TABS)
    assert calls == {"reads": 1, "writes": 1}
    titles = [sheet.title for sheet in world.person.book.sheets]
    assert titles == [world.settings.responses_tab, *(tab.name for tab in TABS)]
    before = world.person.book
    assert made(world) == ([], {"reads": 2, "writes": 0})
    assert world.person.book is before
    for tab in TABS:
        assert tuple(world.person.grid(tab.name)[0][: len(tab.columns)]) == tab.titles


def test_on_a_sheet_in_use_it_adds_and_never_takes_away(new_world: Any) -> None:
    world = new_world()
    person = world.person
    person.does({"addSheet": {"properties": {"title": "review", "gridProperties": {"rowCount": 9, "columnCount": 5}}}})
    person.fills("review", [["Notes", "status", "Our opinion", "Match"], ["mine", None, "good", KEY]], top=0)
    sentences, _ = made(world)
    header, line, *_ = person.grid("review")
    assert header[:4] == ["Notes", "status", "Our opinion", "Match"]
    assert line[:4] == ["mine", None, "good", KEY]
    assert set(BY_NAME["Review"].titles) <= {*header, "Status"}
    assert any("added at the right end" in sentence and "Approve" in sentence for sentence in sentences)
    before = person.book
    assert made(world) == ([], {"reads": 2, "writes": 0})
    assert person.book is before
    sheet = world.opened()
    sheet.read()
    new = NewRow(key="M-BBBBBBBBBB", cells={"Status": "Proposed", "Match": "M-BBBBBBBBBB"})
    sheet.write(SheetChanges(inserts={"Review": (new,)}))
    assert [record["Notes"] for record in person.records("review")] == [None, "mine"]


def test_after_people_rearranged_everything_a_second_init_still_writes_nothing(world: Any) -> None:
    person = world.person
    sheet = world.opened()
    sheet.read()
    sheet.write(SheetChanges(inserts={"Review": (NewRow(key=KEY, cells={"Status": "Proposed", "Match": KEY}),)}))
    person.inserts("COLUMNS", 0)
    person.types(0, 0, "Ours")
    first = {"sheetId": person.sheet().sheet_id, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    person.does({"moveDimension": {"source": first, "destinationIndex": 9}})
    person.renames("Review", "Our matches")
    person.inserts("ROWS", 1, 3, title="Our matches")
    before = person.book
    assert made(world) == ([], {"reads": 2, "writes": 0})
    assert person.book is before


def test_a_column_somebody_deleted_comes_back_at_the_right_end(world: Any) -> None:
    person = world.person
    person.deletes("COLUMNS", person.grid()[0].index("Why"))
    assert not [line for line in check_online(Settings(sheets=world.settings)) if line[0] and "Review has" in line[1]]
    sentences, _ = made(world)
    assert person.grid()[0][-1] == "Why"
    assert sentences == [
        "In Review the columns Why were added at the right end.",
        "Review warns before somebody types over our columns.",
    ]
    assert made(world)[0] == []


def test_what_people_see(world: Any) -> None:
    review = world.person.sheet()
    assert review.grid["frozenRowCount"] == 1
    boxes = [
        str(world.person.grid()[0][place])
        for place in range(review.column_count)
        if ((review.cell(1, place).validation or {}).get("condition") or {}).get("type") == "BOOLEAN"
    ]
    assert tuple(boxes) == BY_NAME["Review"].checkboxes
    assert [view["title"] for view in review.filter_views] == ["To decide"]
    starts = [rule["booleanRule"]["condition"]["values"][0]["userEnteredValue"] for rule in review.conditional]
    assert starts == [start for start, _ in BY_NAME["Review"].colours]
    assert {entry["description"] for entry in review.protected} == {PROTECTION}
    assert all(entry["warningOnly"] and "editors" not in entry for entry in review.protected)
    by_hand = world.person.sheet("By hand")
    condition = by_hand.cell(1, 0).validation["condition"]
    assert condition["type"] == "ONE_OF_RANGE"
    assert condition["values"] == [{"userEnteredValue": "='Organisations'!$C$2:$C"}], "their names, not their status"
    assert by_hand.cell(1, 0).validation["strict"] is False
    assert review.columns[0].size == BY_NAME["Review"].columns[0].width


def test_new_rows_have_the_colours_and_warnings_of_the_others(world: Any) -> None:
    sheet = world.opened()
    sheet.read()
    sheet.write(SheetChanges(inserts={"Review": (NewRow(key=KEY, cells={"Status": "Proposed", "Match": KEY}),)}))
    review = world.person.sheet()
    ranges = [area for rule in review.conditional for area in rule["ranges"]]
    ranges += [entry["range"] for entry in review.protected]
    assert all(area.get("startRowIndex", 0) <= 1 for area in ranges)
    assert all("endRowIndex" not in area or area["endRowIndex"] >= review.row_count for area in ranges)


def test_new_rows_have_boxes_and_a_stopped_run_has_one_to_go_on(world: Any) -> None:
    sheet = world.opened()
    sheet.read()
    new = NewRow(key=KEY, cells={"Status": "Proposed", "Match": KEY})
    body = (("Ledger", "It knows less", "Look", "Dear", False), ("Row 7", "No address", "Ask", "Dear", ""))
    sheet.write(SheetChanges(inserts={"Review": (new,)}, contents={"Problems": body}))
    review, problems = world.person.sheet(), world.person.sheet("Problems")
    assert review.cell(1, 1).validation["condition"]["type"] == "BOOLEAN"
    assert review.cell(1, 1).value is False
    assert problems.cell(1, 4).validation["condition"]["type"] == "BOOLEAN"
    assert problems.cell(2, 4).validation is None
    sheet.write(SheetChanges(contents={"Problems": body[1:]}))
    assert problems is not world.person.sheet("Problems")
    assert world.person.sheet("Problems").cell(1, 4).validation is None
    assert [record["Where"] for record in world.person.records("Problems")] == ["Row 7"]


def test_a_body_longer_than_its_tab_makes_room(world: Any) -> None:
    sheet = world.opened()
    sheet.read()
    body = tuple((f"Org {number}", "Host", "Dates.") for number in range(700))
    sheet.write(SheetChanges(contents={"Nearly": body}))
    assert len(world.person.records("Nearly")) == 700
    assert world.person.records("Nearly")[-1]["Sending organisation"] == "Org 699"


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example")',
        "+44 20 7946",
        "-1+1",
        "@SUM(A1)",
        "'quoted",
        "2026-11-20",
        "007",
        "TRUE",
        "1/2",
    ],
)
def test_what_came_from_the_form_stays_the_text_it_is(world: Any, text: str) -> None:
    sheet = world.opened()
    sheet.read()
    new = NewRow(key=KEY, cells={"Status": "Proposed", "Sending organisation": text, "Match": KEY})
    body = ((text, text, "", "", ""),)
    sheet.write(SheetChanges(inserts={"Review": (new,)}, contents={"Problems": body}))
    again = world.opened().read()
    assert again.tables["Review"].rows[0].cells["Sending organisation"] == text
    assert again.tables["Review"].rows[0].formulas == frozenset()
    assert again.tables["Problems"].rows[0].cells["Where"] == text


def test_text_google_would_refuse_is_cut_not_fatal(world: Any) -> None:
    sheet = world.opened()
    sheet.read()
    cells = {"Status": "Proposed", "Why": "x" * 60_000, "Receiving organisation": "a\x00b\ud800", "Match": KEY}
    sheet.write(SheetChanges(inserts={"Review": (NewRow(key=KEY, cells=cells),)}))
    found = world.opened().read().tables["Review"].rows[0].cells
    assert len(str(found["Why"])) == 50_000
    assert found["Receiving organisation"] == "ab?"


def test_a_status_typed_over_is_mended_and_other_cells_stay(world: Any) -> None:
    person = world.person
    sheet = world.opened()
    sheet.read()
    keys = (KEY, "M-BBBBBBBBBB")
    sheet.write(
        SheetChanges(
            inserts={"Review": tuple(NewRow(key=key, cells={"Status": "Proposed", "Match": key}) for key in keys)}
        )
    )
    person.types(1, "Status", None)
    person.types(2, "Status", "=1+1")
    person.types(1, "Notes", "mine")
    changes = SheetChanges(updates={"Review": tuple(RowUpdate(key=key, cells={"Status": "Declined"}) for key in keys)})
    for _ in range(2):
        again = world.opened()
        again.read()
        left = again.write(changes)
    assert left == frozenset()
    assert [record["Status"] for record in person.records()] == [f"Declined · {key}" for key in keys]
    assert person.records()[0]["Notes"] == "mine"
    quiet = world.opened()
    quiet.read()
    quiet.write(changes)
    assert quiet.calls["writes"] == 0


def test_answers_in_another_spreadsheet_are_checked_there(world: Any, new_world: Any) -> None:
    other = new_world()
    zone = {"properties": {"timeZone": "Europe/Ljubljana", "locale": "sl_SI"}, "fields": "timeZone,locale"}
    other.person.does(
        {"updateSpreadsheetProperties": zone}, {"addSheet": {"properties": {"title": "Form responses 2"}}}
    )
    sheets = world.settings.model_copy(update={"responses_spreadsheet_id": other.spreadsheet_id})
    lines = list(check_online(Settings(sheets=sheets)))
    assert any("Europe/Ljubljana" in what for fine, what, _ in lines if fine)
    assert any("Form responses 2" in what for fine, what, _ in lines if not fine)
    opened = world.opened(responses_spreadsheet_id=other.spreadsheet_id)
    opened.read()
    assert opened.answers_structure.time_zone == "Europe/Ljubljana"
    world.store.delete(other.spreadsheet_id)
    (line,) = [line for line in check_online(Settings(sheets=sheets)) if not line[0]]
    assert "answers" in line[1]
    assert "sheets.responses_spreadsheet_id" in line[2]


def test_check_says_what_to_mend(new_world: Any, tmp_path: Path) -> None:
    world = new_world()
    settings = Settings(sheets=world.settings)
    lines = list(check_online(settings))
    assert all(remedy for fine, _, remedy in lines if not fine)
    assert [what for fine, what, _ in lines if not fine][:2] == [
        "There is no tab Review.",
        "There is no tab Same organisation?.",
    ]
    world.initialised()
    told = {what: fine for fine, what, _ in check_online(settings)}
    assert told["The tab Review has all its columns."]
    assert told["The spreadsheet may be changed by this program."]
    assert told["The answers' locale is en_US, their time zone Etc/GMT."]
    world.faults("403-permission", "POST .*:batchUpdate")
    assert [r for fine, _, r in check_online(settings) if not fine and "Editor" in r]
    wrong = settings.model_copy(update={"sheets": world.settings.model_copy(update={"responses_tab": "Antworten"})})
    assert [r for fine, _, r in check_online(wrong) if not fine and "responses_tab" in r]
    key = tmp_path / "key.json"
    key.write_text("{}")
    key.chmod(0o644)
    public = world.settings.model_copy(update={"credentials": str(key), "api_url": ""})
    assert next(iter(check_online(Settings(sheets=public))))[0] is False
