"""The 26 named sheet faults (G01 to G26): nothing is lost, nothing lands on a wrong row, doubt ends in an error."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipeline.adapters.sheets.setup import check_online
from pipeline.adapters.sheets.spreadsheet import GoogleSpreadsheet
from pipeline.config import Settings
from pipeline.errors import (
    AccessRefused,
    ConfigurationError,
    Exit,
    MatchmakerError,
    SheetHeaderProblem,
    TryLater,
    UnclearWrite,
)
from pipeline.model import NewRow, RowUpdate, SheetChanges, SheetRow
from pipeline.tabs.all_tabs import BY_NAME
from pipeline.tabs.tab import RESPONSES

A, B, C = "M-AAAAAAAAAA", "M-BBBBBBBBBB", "M-CCCCCCCCCC"
WRITE = "POST .*:batchUpdate"
READ = "getByDataFilter"


def row(key: str, status: str = "Proposed: tick Approve") -> NewRow:
    cells = {"Status": status, "Sending organisation": f"Sender {key[2]}", "Why": "because", "Match": key}
    return NewRow(key=key, cells=cells)


def inserts(*keys: str) -> SheetChanges:
    return SheetChanges(inserts={"Review": tuple(row(key) for key in keys)})


def update(**statuses: str) -> SheetChanges:
    keys = {"a": A, "b": B, "c": C}
    rows = tuple(RowUpdate(key=keys[name], cells={"Status": text}) for name, text in statuses.items())
    return SheetChanges(updates={"Review": rows})


def read(world: Any, **settings: Any) -> GoogleSpreadsheet:
    sheet: GoogleSpreadsheet = world.opened(**settings)
    sheet.read()
    return sheet


def rows_of(world: Any) -> dict[str, SheetRow]:
    snapshot = world.opened().read()
    return {str(row.cells["Match"]): row for row in snapshot.tables["Review"].rows}


def statuses(world: Any) -> dict[str, object]:
    return {key: row.cells["Status"] for key, row in rows_of(world).items()}


@pytest.fixture
def three(world: Any) -> Any:
    """Three proposals in the review tab."""
    read(world).write(inserts(A, B, C))
    world.app.service.log.clear()
    return world


def patient(world: Any) -> GoogleSpreadsheet:
    """An adapter that may repeat, without really waiting."""
    sheet: GoogleSpreadsheet = world.opened(retry_seconds=150)
    sheet.client._sleep = lambda _: None
    return sheet


def refused(world: Any, action: Any) -> MatchmakerError:
    """The error an action ends in; nothing may have been written."""
    before = world.person.book
    with pytest.raises(MatchmakerError) as caught:
        action()
    assert world.person.book is before
    assert caught.value.hint
    return caught.value


def test_g01_a_quota_refusal_of_a_read_is_waited_out_or_ends_the_run(three: Any) -> None:
    three.faults("429", READ, times=2)
    assert patient(three).read().tables["Review"].rows
    three.faults("429", READ, times=50)
    error = refused(three, patient(three).read)
    assert isinstance(error, TryLater)
    assert error.exit_code is Exit.TRY_LATER


@pytest.mark.parametrize("kind", ["500", "503-before", "html-502"])
def test_g02_a_server_error_on_read_is_waited_out_or_ends_the_run(three: Any, kind: str) -> None:
    three.faults(kind, READ)
    assert patient(three).read().tables["Review"].rows
    three.faults(kind, READ, times=50)
    assert refused(three, patient(three).read).exit_code is Exit.TRY_LATER


def test_g03_silence_on_read_ends_the_run(three: Any) -> None:
    three.faults("slow", READ, seconds=3600)
    assert refused(three, three.opened(read_seconds=0.2).read).exit_code is Exit.TRY_LATER


@pytest.mark.parametrize("kind", ["401", "403-scope", "403-permission"])
def test_g04_access_taken_away_says_whom_to_ask(three: Any, kind: str) -> None:
    three.faults(kind, times=5)
    assert refused(three, three.opened().read).exit_code is Exit.ACCESS_REFUSED


def test_g05_a_deleted_spreadsheet_is_a_matter_of_configuration(three: Any) -> None:
    three.store.delete(three.spreadsheet_id)
    with pytest.raises(ConfigurationError, match="404") as caught:
        three.opened().read()
    assert caught.value.exit_code is Exit.CONFIGURATION
    assert "spreadsheet_id" in caught.value.hint


def test_g06_a_quota_refusal_of_a_write_is_repeated_since_nothing_was_done(three: Any) -> None:
    sheet = patient(three)
    sheet.read()
    three.faults("429", WRITE, times=2)
    assert sheet.write(update(a="Held: no answer")) == frozenset()
    assert statuses(three)[A] == "Held: no answer"
    three.faults("429", WRITE, times=50)
    error = refused(three, lambda: sheet.write(update(a="Declined")))
    assert type(error) is TryLater


@pytest.mark.parametrize("kind", ["lost-answer", "503-after", "truncated"])
def test_g07_a_write_whose_answer_is_lost_is_found_by_its_stamp_and_not_repeated(world: Any, kind: str) -> None:
    sheet = read(world)
    world.faults(kind, WRITE)
    assert sheet.write(inserts(A, B)) == frozenset()
    assert [record["Match"] for record in world.person.records()] == [A, B]
    world.faults(kind, WRITE)
    assert sheet.write(update(a="Declined", c="Declined")) == {C}
    assert statuses(world) == {A: "Declined", B: "Proposed: tick Approve"}


def test_g07_what_arrived_and_was_then_deleted_by_a_person_is_not_written_again(world: Any) -> None:
    sheet = read(world)
    world.faults("lost-answer", WRITE)
    with world.meanwhile(lambda: world.person.deletes("ROWS", world.person.row_of(A)), before=1):
        sheet.write(inserts(A, B))
    assert [record["Match"] for record in world.person.records()] == [B]


@pytest.mark.parametrize("kind", ["503-before", "lost-answer-before", "reset", "html-502"])
def test_g07_a_write_that_never_arrived_is_planned_anew(world: Any, kind: str) -> None:
    sheet = read(world)
    world.faults(kind, WRITE)
    with world.meanwhile(lambda: world.person.inserts("ROWS", 1), before=1):
        assert sheet.write(inserts(A)) == frozenset()
    assert list(statuses(world)) == [A]


def test_g07_an_outage_of_a_few_seconds_is_waited_out(world: Any) -> None:
    sheet = patient(world)
    waits: list[float] = []
    sheet.client._sleep = waits.append
    sheet.read()
    world.faults("503-before", WRITE, times=2)
    assert sheet.write(inserts(A)) == frozenset()
    assert len(waits) == 2
    assert 1 <= waits[0] <= 2 <= waits[1] <= 4
    assert sheet.calls["writes"] == 3


def test_g07_when_nobody_can_tell_the_run_says_so(world: Any) -> None:
    sheet = read(world)
    world.faults("lost-answer", WRITE)
    world.faults("503-before", READ, times=9)
    with pytest.raises(UnclearWrite) as caught:
        sheet.write(inserts(A))
    assert caught.value.exit_code is Exit.TRY_LATER
    world.app.service.faults.clear()
    again = read(world)
    again.write(inserts(A))
    assert len(world.person.records()) == 1


def test_g07_a_late_copy_of_a_lost_write_is_refused_by_the_stamp(world: Any) -> None:
    """The first try hangs somewhere and arrives after the second was applied."""
    sheet = read(world)
    late: list[dict[str, Any]] = []
    world.app.before_request.append(lambda call: late.append(call) if call.path.endswith(":batchUpdate") else None)
    world.faults("lost-answer-before", WRITE)
    sheet.write(inserts(A))
    answer = world.app.service.serve(late[0])
    assert len(world.person.records()) == 1
    assert answer.status_code == 400


def test_g08_the_first_of_two_writes_stands_and_the_next_run_brings_the_second(three: Any) -> None:
    sheet = read(three)
    sheet.write(SheetChanges(contents={"Nearly": (("Sender A", "Host B", "other dates"),)}))
    three.faults("503-before", WRITE, times=9)
    with pytest.raises(TryLater):
        sheet.write(update(a="Introduced on 2026-11-20"))
    three.app.service.faults.clear()
    assert statuses(three)[A] == "Proposed: tick Approve"
    assert three.person.records("Nearly")[0]["What keeps them apart"] == "other dates"
    read(three).write(update(a="Introduced on 2026-11-20"))
    assert statuses(three)[A] == "Introduced on 2026-11-20"


def test_g09_blank_cells_at_the_end_are_there_as_none(three: Any) -> None:
    tab = three.settings.responses_tab
    three.person.fills(tab, [["2026", "a@b.example"], [None, None, None, None], ["x", None, None, "learn"]])
    table = three.opened().read().tables[RESPONSES]
    assert [row.number for row in table.rows] == [2, 4]
    assert [set(row.cells) for row in table.rows] == [set(table.header)] * 2
    assert table.rows[0].cells["What do you want to learn?"] is None


@pytest.mark.parametrize("fault", ["g10_row_inserted", "g11_row_deleted", "g12_sorted"])
def test_g10_to_g12_rows_that_move_between_read_and_write_keep_their_own_status(three: Any, fault: str) -> None:
    person = three.person
    acts = {
        "g10_row_inserted": lambda: person.inserts("ROWS", 1),
        "g11_row_deleted": lambda: person.deletes("ROWS", person.row_of(B)),
        "g12_sorted": lambda: person.sorts(3, "DESCENDING"),
    }
    sheet = read(three)
    acts[fault]()
    missed = sheet.write(update(a="Declined", b="Held: x", c="Introduced on 2026-11-20"))
    expected = {A: "Declined", B: "Held: x", C: "Introduced on 2026-11-20"}
    if fault == "g11_row_deleted":
        del expected[B]
        assert missed == {B}
    assert statuses(three) == expected


def test_g13_a_filter_hides_rows_from_people_not_from_us(three: Any) -> None:
    sheet_id = three.person.sheet().sheet_id
    hidden = [{"columnIndex": 3, "filterCriteria": {"hiddenValues": ["Sender A", "Sender B"]}}]
    area = {"sheetId": sheet_id}
    three.person.does(
        {"setBasicFilter": {"filter": {"range": area, "filterSpecs": hidden}}},
        {"addFilterView": {"filter": {"title": "mine", "range": area, "filterSpecs": hidden}}},
    )
    sheet = read(three)
    assert sheet.write(update(a="Declined", c="Declined")) == frozenset()
    assert statuses(three) == {A: "Declined", B: "Proposed: tick Approve", C: "Declined"}


def test_g14_an_inserted_column_is_kept_and_a_renamed_one_stops_the_run(three: Any) -> None:
    three.person.inserts("COLUMNS", 0)
    three.person.types(0, 0, "Our opinion")
    three.person.types(1, 0, "good")
    sheet = read(three)
    sheet.write(update(b="Declined"))
    sheet.write(inserts("M-DDDDDDDDDD"))
    assert [record["Our opinion"] for record in three.person.records()] == [None, "good", None, None]
    assert statuses(three)[B] == "Declined"
    place = three.person.grid()[0].index("Approve")
    three.person.types(0, place, "Accept")
    error = refused(three, three.opened().read)
    assert isinstance(error, SheetHeaderProblem)
    assert error.exit_code is Exit.BRAKE
    for word in ("Review", "Approve", "Accept"):
        assert word in str(error)


@pytest.mark.parametrize("tab", ["Review", "Same organisation?", "By hand", "Problems"])
def test_g15_a_doubled_header_in_any_tab_stops_the_run_before_anything_is_written(three: Any, tab: str) -> None:
    title = BY_NAME[tab].titles[-1]
    width = three.person.sheet(tab).column_count
    three.person.inserts("COLUMNS", width, title=tab)
    three.person.types(0, width, f" {title.upper()} ", tab)
    error = refused(three, lambda: three.opened().write(update(a="Declined")))
    assert isinstance(error, SheetHeaderProblem)
    assert tab in str(error)
    assert f"“{title}” more than once" in str(error)


def test_g16_a_renamed_tab_is_known_by_its_mark_and_a_renamed_responses_tab_is_asked_for(three: Any) -> None:
    three.person.renames("Review", "Our matches")
    three.person.renames("Problems", "What is wrong")
    sheet = read(three)
    sheet.write(update(a="Declined"))
    assert three.person.records("Our matches")[0]["Status"] == f"Declined · {A}"
    three.person.renames(three.settings.responses_tab, "Answers 2026")
    error = refused(three, three.opened().read)
    assert isinstance(error, ConfigurationError)
    assert "Answers 2026" in str(error)
    assert "responses_tab" in error.hint


def test_g17_a_tick_taken_back_is_seen_at_the_last_reading(three: Any) -> None:
    three.person.types(three.person.row_of(A), "Approve", True)
    sheet = three.opened()
    first = {r.cells["Match"]: r for r in sheet.read().tables["Review"].rows}
    three.person.types(three.person.row_of(A), "Approve", False)
    again = {r.cells["Match"]: r for r in sheet.read_review().tables["Review"].rows}
    assert (first[A].cells["Approve"], again[A].cells["Approve"]) == (True, False)


def test_g18_a_tick_set_after_the_reading_stays_for_the_next_run(three: Any) -> None:
    sheet = read(three)
    three.person.types(three.person.row_of(B), "Approve", True)
    sheet.write(update(a="Declined", b="Proposed: tick Approve, please"))
    assert rows_of(three)[B].cells["Approve"] is True


@pytest.mark.parametrize("formula", ["=1=1", "=NOSUCH()", "=A1/0"])
def test_g19_a_formula_is_never_taken_for_a_tick_or_a_text(three: Any, formula: str) -> None:
    three.person.types(three.person.row_of(A), "Approve", formula)
    three.person.types(three.person.row_of(A), "Message", "=1/0")
    found = rows_of(three)[A]
    assert found.formulas == {"Approve", "Message"}
    assert found.cells["Message"] == "#DIV/0!"


def test_g20_numbers_and_dates_do_not_depend_on_the_locale(three: Any) -> None:
    tab = three.settings.responses_tab
    three.person.fills(tab, [[46346.5, "a@b.example", "007", 12.5]])
    before = three.opened().read()
    three.person.does(
        {
            "updateSpreadsheetProperties": {
                "properties": {"locale": "de_DE", "timeZone": "Europe/Berlin"},
                "fields": "locale,timeZone",
            }
        }
    )
    opened = three.opened()
    after = opened.read()
    assert (opened.answers_structure.locale, opened.answers_structure.time_zone) == ("de_DE", "Europe/Berlin")
    assert after.tables[RESPONSES].rows == before.tables[RESPONSES].rows
    assert list(after.tables[RESPONSES].rows[0].cells.values()) == [46346.5, "a@b.example", "007", 12.5]


def test_g21_a_new_question_is_one_column_more(three: Any) -> None:
    tab = three.settings.responses_tab
    three.person.fills(tab, [["t", "a@b.example", "Org", "learn", None]])
    three.person.types(0, 4, "How did you hear of us?", tab)
    three.person.types(1, 4, "from Nina", tab)
    table = three.opened().read().tables[RESPONSES]
    assert table.header[-1] == "How did you hear of us?"
    assert table.rows[0].cells["How did you hear of us?"] == "from Nina"
    assert table.rows[0].cells["Organisation"] == "Org"


def test_g22_a_copy_of_the_review_tab_is_left_alone_and_a_second_responses_tab_is_told(three: Any) -> None:
    person = three.person
    person.does({"addSheet": {"properties": {"title": "Copy of Review"}}})
    person.fills("Copy of Review", person.grid(), top=0)
    copy = person.sheet("Copy of Review").sheet_id
    mark = {"metadataKey": "matchmaker.tab", "metadataValue": "Review", "visibility": "DOCUMENT"}
    person.does({"createDeveloperMetadata": {"developerMetadata": mark | {"location": {"sheetId": copy}}}})
    read(three).write(update(a="Declined"))
    assert person.records("Copy of Review")[0]["Status"] == f"Proposed: tick Approve · {A}"
    assert statuses(three)[A] == "Declined"
    person.does({"addSheet": {"properties": {"title": "Form responses 2"}}})
    lines = list(check_online(Settings(sheets=three.settings)))
    assert [what for fine, what, _ in lines if not fine and "Form responses 2" in what]


def test_g23_a_full_spreadsheet_is_said_in_one_sentence(three: Any) -> None:
    sheet = read(three)
    used = sum(tab.row_count * tab.column_count for tab in three.person.book.sheets)
    grid = {"rowCount": (10_000_000 - used) // 10, "columnCount": 10}
    three.person.does({"addSheet": {"properties": {"title": "Archive", "gridProperties": grid}}})
    error = refused(three, lambda: sheet.write(inserts("M-DDDDDDDDDD")))
    assert isinstance(error, ConfigurationError)
    assert "10 million cells" in str(error)


def test_g24_a_protection_that_locks_us_out_names_the_remedy(answering: Any) -> None:
    message = (
        "You are trying to edit a protected cell or object. "
        "Please contact the spreadsheet owner to remove protection if you need to edit."
    )
    client = answering(400, {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}})
    with pytest.raises(AccessRefused) as caught:
        client.request("post", "https://sheets.googleapis.com/v4/spreadsheets/x:batchUpdate", json={})
    assert "Protected sheets and ranges" in caught.value.hint


def test_g25_an_account_that_may_only_read_is_told_apart(three: Any) -> None:
    sheet = read(three)
    three.faults("403-permission", WRITE, times=3)
    error = refused(three, lambda: sheet.write(update(a="Declined")))
    assert error.exit_code is Exit.ACCESS_REFUSED
    assert "change" in str(error)
    assert "Editor" in error.hint


def test_g26_after_an_older_version_was_restored_statuses_are_written_anew(three: Any) -> None:
    restore = three.person.remembers()
    sheet = read(three)
    sheet.write(inserts("M-DDDDDDDDDD"))
    sheet.write(update(a="Introduced on 2026-11-20", b="Declined"))
    restore()
    assert statuses(three) == dict.fromkeys((A, B, C), "Proposed: tick Approve")
    again = read(three)
    assert again.write(update(a="Introduced on 2026-11-20", b="Declined")) == frozenset()
    again.write(inserts("M-DDDDDDDDDD"))
    assert statuses(three)[A] == "Introduced on 2026-11-20"
    assert next(iter(statuses(three))) == "M-DDDDDDDDDD"


def test_a_refused_write_that_cannot_be_planned_anew_is_tried_by_the_next_run(three: Any) -> None:
    """Google refuses since a column went meanwhile, and then cannot be read: that is no fault of ours."""
    sheet = read(three)
    three.person.deletes("COLUMNS", three.person.sheet().column_count - 1)
    three.faults("503-before", READ, times=9)
    error = refused(three, lambda: sheet.write(inserts("M-DDDDDDDDDD")))
    assert error.exit_code is Exit.TRY_LATER


def test_two_writers_planned_from_the_same_reading_do_not_write_twice(world: Any) -> None:
    one, other = read(world), read(world)
    one.write(inserts(A))
    other.write(inserts(A, B))
    assert sorted(str(record["Match"]) for record in world.person.records()) == [A, B]


def test_last_checked_is_one_cell_a_day(world: Any) -> None:
    day = SheetChanges(last_checked=date(2026, 11, 20))
    sheet = read(world)
    sheet.write(day)
    assert world.person.grid("Problems")[0][-1] == "Last checked: 2026-11-20"
    again = world.opened()
    assert again.read().last_checked == date(2026, 11, 20)
    again.write(day)
    assert again.calls["writes"] == 0
