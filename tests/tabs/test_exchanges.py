from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from pipeline.model import Cell, Match, Party, RowUpdate, SheetRow, Side, Table
from pipeline.tabs.exchanges import (
    TAB,
    Introduced,
    NotedExchange,
    new_rows,
    read_exchanges,
    reminded_on,
    status_of,
    status_updates,
)

MATCH = "M-AAAAAAAAAA"
OTHER = "M-BBBBBBBBBB"


def party(side: Side, name: str) -> Party:
    return Party(side=side, entry=f"E-{name}", organisation_id="", organisation=name, email=f"{name}@x.example")


def match(identifier: str, *names: str) -> Match:
    sides = (Side.SENDING, Side.RECEIVING, Side.JOINING)
    parties = tuple(party(side, name) for side, name in zip(sides, names, strict=False))
    return Match(id=identifier, parties=parties, why="", band="strong")


KNOWN = {MATCH: match(MATCH, "Vestland", "Borås"), OTHER: match(OTHER, "Gent", "Oslo", "Porto")}


def row(
    number: int = 2,
    *,
    tag: str | None = MATCH,
    formulas: tuple[str, ...] = (),
    cells: Mapping[str, Cell] | None = None,
    **named: Cell,
) -> SheetRow:
    filled: dict[str, Cell] = {
        "Status": "Introduced on 2026-05-01: note the dates when you hear of them",
        "Match": MATCH,
        "Sending organisation": "Vestland",
        "Receiving organisation": "Borås",
    }
    filled |= {key.replace("_", " "): value for key, value in named.items()} | dict(cells or {})
    return SheetRow(number=number, cells=filled, formulas=frozenset(formulas), tag=tag)


def read(*rows: SheetRow) -> tuple[NotedExchange, ...]:
    return read_exchanges(Table(title="Exchanges", header=TAB.titles, rows=rows), KNOWN)


NOTHING_NOTED = NotedExchange(
    match=MATCH,
    status="Introduced on 2026-05-01: note the dates when you hear of them",
    took_place=False,
    will_not_happen=False,
    dated=False,
    sending="Vestland",
    receiving="Borås",
)


def test_the_titles_and_who_writes_them() -> None:
    assert {column.title: str(column.author) for column in TAB.columns} == {
        "Status": "program",
        "Took place": "people",
        "Will not happen": "people",
        "Sending organisation": "program",
        "Receiving organisation": "program",
        "Joining organisation": "program",
        "From": "people",
        "To": "people",
        "Format": "people",
        "Participants": "people",
        "Of whom with fewer opportunities": "people",
        "Title": "people",
        "Lessons of the host": "people",
        "Lessons of the participants": "people",
        "Quote": "people",
        "Quote by": "people",
        "Quote may be published": "people",
        "Next steps": "people",
        "Match": "program",
    }
    assert TAB.checkboxes == ("Took place", "Will not happen", "Quote may be published")


def test_a_fresh_row() -> None:
    assert read(row()) == (NOTHING_NOTED,)
    assert not NOTHING_NOTED.is_noted


def test_the_tab_is_read_as_people_fill_it() -> None:
    (noted,) = read(
        row(
            Took_place=True,
            From=45789.0,
            To="13 May 2025",
            Format="Job shadowing",
            Participants=3.0,
            Of_whom_with_fewer_opportunities="0",
            Title="  A week\nof  learning ",
            Lessons_of_the_host="One\n\nTwo\n",
            Lessons_of_the_participants="Three",
            Quote="Fine.",
            Quote_by="Ingrid, Advisor",
            Quote_may_be_published=True,
            Next_steps="A visit\nin return.",
            Joining_organisation="Gent",
        )
    )
    assert noted == replace(
        NOTHING_NOTED,
        took_place=True,
        dated=True,
        joining="Gent",
        first_day=date(2025, 5, 12),
        last_day=date(2025, 5, 13),
        format="Job shadowing",
        participants=3,
        fewer_opportunities=0,
        title="A week of learning",
        lessons_host=("One", "Two"),
        lessons_participants=("Three",),
        quote="Fine.",
        quote_by="Ingrid, Advisor",
        quote_consent=True,
        next_steps="A visit\nin return.",
    )


@pytest.mark.parametrize(
    "written",
    [
        46154.0,
        46154,
        "2026-05-12",
        "2026-05-12T00:00:00Z",
        "12 May 2026",
        "May 12, 2026",
        "12 mai 2026",
        "12. Mai 2026",
        "12 de mayo de 2026",
        "12 maggio 2026",
        "12 maj 2026",
    ],
)
def test_a_date_is_read_as_the_forms_read_it(written: Cell) -> None:
    (noted,) = read(row(From=written, To=written))
    assert (noted.first_day, noted.last_day, noted.problems) == (date(2026, 5, 12), date(2026, 5, 12), ())


@pytest.mark.parametrize("written", ["12.05.2026", "May 2026", "soon", 7.0, "2026-02-30"])
def test_what_is_not_one_day_is_no_date(written: Cell) -> None:
    (noted,) = read(row(To=written))
    assert (noted.last_day, noted.dated, len(noted.problems)) == (None, True, 1)


@pytest.mark.parametrize("box", ["Took place", "Will not happen", "Quote may be published"])
@pytest.mark.parametrize("cell", [None, False, "", "TRUE", "yes", 1, 1.0])
def test_only_a_real_tick_is_one(box: str, cell: Cell) -> None:
    (noted,) = read(row(cells={box: cell}))
    assert (noted.took_place, noted.will_not_happen, noted.quote_consent) == (False, False, False)


@pytest.mark.parametrize("box", ["Took place", "Will not happen", "Quote may be published"])
def test_a_formula_that_comes_to_true_is_no_tick(box: str) -> None:
    (noted,) = read(row(formulas=(box,), cells={box: True}))
    assert (noted.took_place, noted.will_not_happen, noted.quote_consent) == (False, False, False)


@pytest.mark.parametrize("boxed", [True, False])
def test_a_box_where_text_belongs_is_no_text(boxed: bool) -> None:
    (noted,) = read(row(Format=boxed, Participants=boxed, Quote=boxed, Next_steps=boxed, Lessons_of_the_host=boxed))
    assert noted == NOTHING_NOTED


def test_a_cell_that_cannot_be_read_is_told_and_the_rest_kept() -> None:
    (noted,) = read(row(7, From="soon", Participants="some", Of_whom_with_fewer_opportunities=1.5, Format="Visit"))
    assert (noted.first_day, noted.participants, noted.fewer_opportunities, noted.format) == (None, None, None, "Visit")
    assert noted.dated
    assert [(one.where, one.what, one.fix, one.key) for one in noted.problems] == [
        (
            "Exchanges, row 7, From",
            "This is not a date, such as 2026-05-12.",
            "Write a date, such as 2026-05-12.",
            f"exchange:{MATCH}:From",
        ),
        (
            "Exchanges, row 7, Participants",
            "This is not a whole number.",
            "Write a whole number.",
            f"exchange:{MATCH}:Participants",
        ),
        (
            "Exchanges, row 7, Of whom with fewer opportunities",
            "This is not a whole number.",
            "Write a whole number.",
            f"exchange:{MATCH}:Of whom with fewer opportunities",
        ),
    ]


@pytest.mark.parametrize("participants", [-1, "-1", 100_000])
def test_nobody_travels_in_such_numbers(participants: Cell) -> None:
    (noted,) = read(row(Participants=participants))
    assert noted.participants is None
    assert len(noted.problems) == 1


def test_rows_of_peoples_own_are_read_and_never_written_to() -> None:
    own, nameless = row(3, tag=None, Match="visit of 2024", Took_place=True), row(4, tag=None, Match=" ")
    (noted,) = read(own, nameless)
    assert (noted.match, noted.took_place, noted.is_introduced) == ("visit of 2024", True, False)
    assert status_updates({}, (noted,)) == ()


ALL_THE_SAME = "tick Will not happen, or note the dates if they meet all the same"
INTRODUCED = Introduced(on=date(2026, 5, 1))


@pytest.mark.parametrize(
    ("noted", "letters", "told"),
    [
        (NOTHING_NOTED, INTRODUCED, "Introduced on 2026-05-01: note the dates when you hear of them"),
        (
            NOTHING_NOTED,
            Introduced(on=date(2026, 5, 1), reminded_on=date(2026, 6, 12)),
            "Introduced on 2026-05-01, reminded on 2026-06-12: note the dates when you hear of them",
        ),
        (
            NOTHING_NOTED,
            Introduced(on=date(2026, 5, 1), corrected_on=date(2026, 5, 3)),
            f"Introduced on 2026-05-01, corrected on 2026-05-03: {ALL_THE_SAME}",
        ),
        (NOTHING_NOTED, None, "Introduced: note the dates when you hear of them"),
        (replace(NOTHING_NOTED, dated=True), INTRODUCED, "Planned: tick Took place once it has"),
        (replace(NOTHING_NOTED, will_not_happen=True, dated=True), INTRODUCED, "Will not happen"),
        (
            replace(NOTHING_NOTED, took_place=True, will_not_happen=True, dated=True),
            INTRODUCED,
            "Took place: matchmaker report makes its case sheet",
        ),
    ],
)
def test_how_far_it_has_come(noted: NotedExchange, letters: Introduced | None, told: str) -> None:
    assert status_of(noted, letters) == told
    assert status_updates({MATCH: letters} if letters else {}, (replace(noted, status="?"),)) == (
        RowUpdate(key=MATCH, cells={"Status": told}),
    )
    assert status_updates({MATCH: letters} if letters else {}, (replace(noted, status=told),)) == ()


def test_every_introduction_gets_a_row_once() -> None:
    introduced = {MATCH: INTRODUCED, OTHER: Introduced(on=date(2026, 5, 2)), "M-CCCCCCCCCC": INTRODUCED}
    rows = new_rows(KNOWN, introduced, (NOTHING_NOTED,))
    assert [(one.key, dict(one.cells)) for one in rows] == [
        (
            OTHER,
            {
                "Status": "Introduced on 2026-05-02: note the dates when you hear of them",
                "Sending organisation": "Gent",
                "Receiving organisation": "Oslo",
                "Joining organisation": "Porto",
                "Match": OTHER,
            },
        )
    ]
    assert new_rows(KNOWN, {MATCH: INTRODUCED}, ())[0].cells["Joining organisation"] == ""


@pytest.mark.parametrize("written", [None, "", "done", OTHER])
def test_a_row_whose_match_cell_was_changed_is_read_as_the_row_it_is_and_says_so(written: Cell) -> None:
    (noted,) = read(row(Match=written, From="soon"))
    assert (noted.match, noted.is_misnamed, noted.is_introduced) == (MATCH, True, True)
    assert [one.key for one in noted.problems] == [f"exchange:{MATCH}:From"]
    told = f"Planned: tick Took place once it has. Match was changed: write {MATCH} there"
    assert status_updates({}, (noted,)) == (RowUpdate(key=MATCH, cells={"Status": told}),)
    assert new_rows(KNOWN, {MATCH: INTRODUCED}, (noted,)) == ()
    mended = read(row(Status=told))
    assert status_updates({MATCH: INTRODUCED}, mended) == (
        RowUpdate(key=MATCH, cells={"Status": "Introduced on 2026-05-01: note the dates when you hear of them"}),
    )


def test_a_status_pasted_from_another_row_is_put_right() -> None:
    gent = {"Sending organisation": "Gent", "Receiving organisation": "Oslo", "Joining organisation": "Porto"}
    (noted,) = read(row(Match=OTHER, cells=gent))
    assert (noted.match, noted.is_misnamed) == (OTHER, False)
    text = "Introduced on 2026-05-01: note the dates when you hear of them"
    assert status_updates({OTHER: INTRODUCED}, (noted,)) == (RowUpdate(key=OTHER, cells={"Status": text}),)


@pytest.mark.parametrize("box", TAB.checkboxes)
@pytest.mark.parametrize(("formulas", "held"), [(False, "the text “yes”"), (True, "a formula")])
def test_what_is_no_tick_is_told_on_the_row_and_as_a_problem(box: str, held: str, *, formulas: bool) -> None:
    (noted,) = read(row(5, formulas=(box,) if formulas else (), cells={box: "yes"}))
    assert (noted.took_place, noted.will_not_happen, noted.quote_consent) == (False, False, False)
    told = f"{box} holds {held}, which is not a tick"
    (problem,) = noted.not_ticks
    assert (problem.where, problem.what) == ("Exchanges, row 5", f"{told}.")
    assert noted.problems == (problem,)
    assert status_of(noted, Introduced(on=date(2026, 5, 1))) == (
        "Introduced on 2026-05-01: note the dates when you hear of them. "
        f"{told}: clear the cell and restore its checkbox (Insert > Checkbox)"
    )


@pytest.mark.parametrize(
    ("introduced", "day"),
    [
        (Introduced(on=date(2026, 5, 1), reminded_on=date(2026, 6, 2)), date(2026, 6, 2)),
        (
            Introduced(on=date(2026, 5, 1), reminded_on=date(2026, 6, 2), corrected_on=date(2026, 6, 3)),
            date(2026, 6, 2),
        ),
        (Introduced(on=date(2026, 5, 1)), None),
    ],
)
def test_the_day_of_a_reminder_as_its_row_tells(introduced: Introduced, day: date | None) -> None:
    noted = (replace(NOTHING_NOTED, status=status_of(NOTHING_NOTED, introduced)),)
    assert reminded_on(noted, MATCH) == day
    assert reminded_on(noted, OTHER) is None
