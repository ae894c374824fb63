"""A person works in the sheet between any two of our requests: no human cell changes, no status goes astray."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipeline.errors import MatchmakerError
from pipeline.model import NewRow, RowUpdate, SheetChanges

KEYS = ("M-AAAAAAAAAA", "M-BBBBBBBBBB", "M-CCCCCCCCCC", "M-DDDDDDDDDD")
NEW = "M-EEEEEEEEEE"
HUMAN = ("Approve", "Decline", "Message", "Notes", "Agreed", "Refused", "Was sent", "Was not sent")
DAY = date(2026, 11, 20)


def row(key: str, status: str = "Proposed: tick Approve or Decline") -> NewRow:
    cells = {
        "Status": status,
        "Sending organisation": f"Sender {key[2]}",
        "Receiving organisation": f"Host {key[2]}",
        "Why": "Both work on adult learning",
        "Letter begins": "Dear colleagues",
        "Proposed on": "2026-11-20",
        "Match": key,
    }
    return NewRow(key=key, cells=cells)


def updates(statuses: dict[str, str]) -> SheetChanges:
    return SheetChanges(
        updates={"Review": tuple(RowUpdate(key=key, cells={"Status": text}) for key, text in statuses.items())}
    )


def run_once(world: Any, wanted: dict[str, str]) -> None:
    """What a run does with the sheet: read, write what is new, read the review once more, write statuses."""
    sheet = world.opened()
    try:
        seen = {str(r.cells["Match"]): r.cells["Status"] for r in sheet.read().tables["Review"].rows}
        new = tuple(row(key) for key in wanted if key not in seen)
        sheet.write(
            SheetChanges(
                inserts={"Review": new},
                contents={"Problems": (("Row 7", "No address", "Ask them", "Dear …", ""),)},
                last_checked=DAY,
            )
        )
        again = {str(r.cells["Match"]): r.cells["Status"] for r in sheet.read_review().tables["Review"].rows}
        sheet.write(updates({key: text for key, text in wanted.items() if key in again and again[key] != text}))
    except MatchmakerError as error:
        if error.exit_code not in {3, 75, 78}:
            raise


def human_cells(world: Any) -> dict[tuple[str, str], object]:
    """Everything people wrote, by match and title (or text, for a column without title)."""
    found = {}
    for record in world.person.records(review_title(world)):
        key = str(record.get("Match"))
        for title, value in record.items():
            if (title in HUMAN or title.startswith("My ")) and value not in (None, False):
                found[key, title] = value
    return found


def review_title(world: Any) -> str:
    titles = [sheet.title for sheet in world.person.book.sheets]
    return "Our matches" if "Our matches" in titles else "Review"


def sort_rows(world: Any) -> None:
    world.person.sorts()


def insert_row(world: Any) -> None:
    world.person.inserts("ROWS", 2)
    world.person.types(2, "Notes", "a line of my own")


def insert_row_on_top(world: Any) -> None:
    world.person.inserts("ROWS", 1)
    world.person.types(1, "Notes", "a line of my own")


def delete_row(world: Any) -> None:
    world.person.deletes("ROWS", world.person.row_of(KEYS[3]))


def insert_column_left(world: Any) -> None:
    world.person.inserts("COLUMNS", 0)
    world.person.types(0, 0, "My column")
    world.person.types(world.person.row_of(KEYS[1]), 0, "mine")


def insert_column_inside(world: Any) -> None:
    world.person.inserts("COLUMNS", 5)
    world.person.types(0, 5, "My column")
    world.person.types(world.person.row_of(KEYS[1]), 5, "mine")


def delete_own_column(world: Any) -> None:
    header = world.person.grid("Review")[0]
    world.person.deletes("COLUMNS", header.index("My old column"))


def move_column(world: Any) -> None:
    sheet = world.person.sheet()
    source = {"sheetId": sheet.sheet_id, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    world.person.does({"moveDimension": {"source": source, "destinationIndex": 4}})


def rename_tab(world: Any) -> None:
    world.person.renames("Review", "Our matches")


def copy_row(world: Any) -> None:
    """Copied below by hand: the same id twice."""
    source = world.person.grid()[world.person.row_of(KEYS[2])]
    world.person.fills("Review", [source], top=20)


def tick(world: Any) -> None:
    world.person.types(world.person.row_of(KEYS[2]), "Approve", True)


def untick(world: Any) -> None:
    world.person.types(world.person.row_of(KEYS[0]), "Approve", False)


def wipe_status(world: Any) -> None:
    world.person.types(world.person.row_of(KEYS[1]), "Status", None)


def filter_rows(world: Any) -> None:
    sheet = world.person.sheet()
    hidden = {"columnIndex": 4, "filterCriteria": {"hiddenValues": ["Host B", "Host C"]}}
    world.person.does({"setBasicFilter": {"filter": {"range": {"sheetId": sheet.sheet_id}, "filterSpecs": [hidden]}}})


ACTS: tuple[Callable[[Any], None], ...] = (
    sort_rows,
    insert_row,
    insert_row_on_top,
    delete_row,
    insert_column_left,
    insert_column_inside,
    delete_own_column,
    move_column,
    rename_tab,
    copy_row,
    tick,
    untick,
    wipe_status,
    filter_rows,
)
REQUESTS_OF_A_RUN = 5


@pytest.fixture
def busy(world: Any) -> Any:
    """Four matches, worked on by the officer, who also has a column of her own."""
    sheet = world.opened()
    sheet.read()
    sheet.write(SheetChanges(inserts={"Review": tuple(row(key) for key in KEYS)}))
    person = world.person
    width = person.sheet().column_count
    person.inserts("COLUMNS", width)
    person.types(0, width, "My old column")
    person.types(person.row_of(KEYS[0]), "Approve", True)
    person.types(person.row_of(KEYS[0]), "Message", "Greetings from Ljubljana")
    person.types(person.row_of(KEYS[1]), "Notes", "ask Nina first")
    person.types(person.row_of(KEYS[3]), "Decline", True)
    return world


@pytest.mark.parametrize("before", range(REQUESTS_OF_A_RUN))
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_whatever_a_person_does_meanwhile_their_cells_stay_and_statuses_find_their_rows(
    busy: Any, act: Callable[[Any], None], before: int
) -> None:
    wanted = {
        KEYS[0]: "Introduced on 2026-11-20",
        KEYS[1]: "Approved: leaves at the next run; untick to stop it",
        KEYS[2]: "Out of date: see M-EEEEEEEEEE",
        KEYS[3]: "Declined",
        NEW: "Proposed: tick Approve or Decline",
    }
    left_by_person: list[dict[tuple[str, str], object]] = []

    def acts() -> None:
        act(busy)
        left_by_person.append(human_cells(busy))

    with busy.meanwhile(acts, before):
        run_once(busy, wanted)
    if not left_by_person:  # a run with nothing to repeat made fewer requests
        acts()
    assert of_known_rows(human_cells(busy)) == of_known_rows(left_by_person[0])
    assert_no_status_astray(busy, wanted)
    for _ in range(3):
        run_once(busy, wanted)
    assert human_cells(busy) == left_by_person[0]
    records = [r for r in busy.person.records(review_title(busy)) if r.get("Match")]
    standing = {str(record["Match"]): record["Status"] for record in records}
    assert len(records) == len(standing) + (act is copy_row)
    assert standing == {key: f"{text} · {key}" for key, text in wanted.items()}


def of_known_rows(cells: dict[tuple[str, str], object]) -> dict[tuple[str, str], object]:
    """Without a row of ours that landed askew, because a column came or went that very instant: it is cleared."""
    return {place: value for place, value in cells.items() if place[0] in KEYS or value == "a line of my own"}


def assert_no_status_astray(world: Any, wanted: dict[str, str]) -> None:
    """A status names its match at its end: it may stand only beside that match."""
    for record in world.person.records(review_title(world)):
        for title, value in record.items():
            for key in wanted:
                if isinstance(value, str) and value.endswith(f" · {key}") and record.get("Match"):
                    assert record["Match"] == key, title
