"""The tab `Exchanges`: what came of an introduction, as people note it.

It gets a row for every introduction. People tick and note there; the program keeps its `Status` current.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.cleaning.cells import Complaint, as_date, as_number, as_text, is_blank, is_tick, text_under
from pipeline.cleaning.plain_text import free_text, one_line
from pipeline.model import MATCH_ID, Match, NewRow, Problem, RowUpdate, SheetRow, Table
from pipeline.tabs.match_rows import match_of_row, organisations
from pipeline.tabs.tab import (
    JOINING,
    MATCH,
    RECEIVING,
    SENDING,
    STATUS,
    Body,
    Tab,
    checkbox,
    not_a_tick,
    not_a_tick_problem,
    people,
    program,
)

TOOK_PLACE = "Took place"
WILL_NOT_HAPPEN = "Will not happen"
FROM = "From"
TO = "To"
FORMAT = "Format"
PARTICIPANTS = "Participants"
FEWER_OPPORTUNITIES = "Of whom with fewer opportunities"
TITLE = "Title"
LESSONS_HOST = "Lessons of the host"
LESSONS_PARTICIPANTS = "Lessons of the participants"
QUOTE = "Quote"
QUOTE_BY = "Quote by"
QUOTE_CONSENT = "Quote may be published"
NEXT_STEPS = "Next steps"

TAB = Tab(
    name="Exchanges",
    body=Body.ROWS,
    key=MATCH,
    columns=(
        program(STATUS, 300),
        checkbox(TOOK_PLACE, "Tick once the visit is over: the report then makes its case sheet."),
        checkbox(WILL_NOT_HAPPEN, "Tick when nothing will come of it: nobody is reminded any more."),
        program(SENDING, 200),
        program(RECEIVING, 200),
        program(JOINING, 160),
        people(FROM, 100, "First day, once it is agreed."),
        people(TO, 100, "Last day."),
        people(FORMAT, 140),
        people(PARTICIPANTS, 100, "How many people travelled."),
        people(FEWER_OPPORTUNITIES, 120),
        people(TITLE, 240, "The case sheet's title."),
        people(LESSONS_HOST, 300, "One a line."),
        people(LESSONS_PARTICIPANTS, 300, "One a line."),
        people(QUOTE, 300),
        people(QUOTE_BY, 200, "Name, role and organisation, as they shall be printed."),
        checkbox(QUOTE_CONSENT, "Tick only when the person said so."),
        people(NEXT_STEPS, 300),
        program(MATCH, 120),
    ),
    colours=(("Introduced", "#e6f4ea"),),
)

_REMINDED_ON = re.compile(r"Introduced on \S+, reminded on (\d{4}-\d{2}-\d{2})")
LINE_LIMIT = 400
"""Characters of a name, a title or a lesson; what is longer is cut."""
MOST_PEOPLE = 99_999


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedExchange:
    """One row of the tab as people noted it; a blank cell is None, an unreadable one None with a Problem."""

    match: str
    status: str
    """As it stands; empty when it is another row's."""
    took_place: bool
    will_not_happen: bool
    dated: bool
    """Something stands under `From` or `To`, readable or not."""
    sending: str | None = None
    receiving: str | None = None
    joining: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    format: str | None = None
    participants: int | None = None
    fewer_opportunities: int | None = None
    title: str | None = None
    lessons_host: tuple[str, ...] = ()
    lessons_participants: tuple[str, ...] = ()
    quote: str | None = None
    quote_by: str | None = None
    quote_consent: bool = False
    next_steps: str | None = None
    is_misnamed: bool = False
    """The `Match` cell was changed: it does not say `match`."""
    problems: tuple[Problem, ...] = ()
    not_ticks: tuple[Problem, ...] = ()
    """Those of `problems` that a box holds something else than a tick."""

    @property
    def is_noted(self) -> bool:
        """Whether somebody knows how it went on."""
        return self.took_place or self.will_not_happen or self.dated

    @property
    def is_introduced(self) -> bool:
        """Whether the row is one of the program's; rows with another id are the people's own."""
        return MATCH_ID.fullmatch(self.match) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduced:
    """When the letters of one match left."""

    on: date
    reminded_on: date | None = None
    corrected_on: date | None = None


def read_exchanges(table: Table, matches: Mapping[str, Match]) -> tuple[NotedExchange, ...]:
    """Every row with an id, in the order of the tab. `matches` are those the ledger knows, by id.

    A cell that cannot be read is told and left out. A row whose `Match` cell was changed is read as the row it is.
    """
    identified = ((row, match_of_row(row, matches) or text_under(row, MATCH)) for row in table.rows)
    return tuple(_exchange(table.title, row, identifier) for row, identifier in identified if identifier)


def reminded_on(exchanges: Sequence[NotedExchange], match: str) -> date | None:
    """The day of a match's reminder, as its row tells; None where it tells of none."""
    statuses = (exchange.status for exchange in exchanges if exchange.match == match)
    days = [found[1] for status in statuses if (found := _REMINDED_ON.match(status))]
    day = as_date(days[0]) if days else None
    return day if isinstance(day, date) else None


def new_rows(
    matches: Mapping[str, Match], introduced: Mapping[str, Introduced], exchanges: Sequence[NotedExchange]
) -> tuple[NewRow, ...]:
    """A row for every introduction that has none yet. `introduced` is by match id."""
    there = {exchange.match for exchange in exchanges}
    return tuple(
        NewRow(
            key=identifier,
            cells={
                STATUS: _introduced_status(letters),
                **organisations(match),
                MATCH: identifier,
            },
        )
        for identifier, letters in introduced.items()
        if identifier not in there and (match := matches.get(identifier)) is not None
    )


def status_updates(introduced: Mapping[str, Introduced], exchanges: Sequence[NotedExchange]) -> tuple[RowUpdate, ...]:
    """What each row's `Status` should say now, where it says something else."""
    rows = {exchange.match: exchange for exchange in exchanges if exchange.is_introduced}
    return tuple(
        RowUpdate(key=match, cells={STATUS: text})
        for match, row in rows.items()
        if (text := status_of(row, introduced.get(match))) != row.status
    )


def status_of(exchange: NotedExchange, introduced: Introduced | None) -> str:
    """One line on how far it has come, and what to mend on the row."""
    parts = [_progress(exchange, introduced)]
    if exchange.is_misnamed:
        parts.append(f"{MATCH} was changed: write {exchange.match} there")
    parts += [
        f"{problem.what.rstrip('.')}: clear the cell and restore its checkbox (Insert > Checkbox)"
        for problem in exchange.not_ticks
    ]
    return ". ".join(parts)


def _progress(exchange: NotedExchange, introduced: Introduced | None) -> str:
    if exchange.took_place:
        return "Took place: matchmaker report makes its case sheet"
    if exchange.will_not_happen:
        return WILL_NOT_HAPPEN
    if exchange.is_noted:
        return "Planned: tick Took place once it has"
    return _introduced_status(introduced)


def _introduced_status(introduced: Introduced | None) -> str:
    text = f"Introduced on {introduced.on.isoformat()}" if introduced else "Introduced"
    if introduced and introduced.reminded_on:
        text += f", reminded on {introduced.reminded_on.isoformat()}"
    if introduced and introduced.corrected_on:
        return (
            f"{text}, corrected on {introduced.corrected_on.isoformat()}: "
            "tick Will not happen, or note the dates if they meet all the same"
        )
    return f"{text}: note the dates when you hear of them"


def _exchange(title: str, row: SheetRow, identifier: str) -> NotedExchange:
    problems: list[Problem] = []

    def complain(header: str, wanted: str) -> None:
        where = f"{title}, row {row.number}, {header}"
        key = f"exchange:{identifier}:{header}"
        problems.append(Problem(where=where, what=f"This is not {wanted}.", fix=f"Write {wanted}.", key=key))

    def day(header: str) -> date | None:
        cell = row.cells.get(header)
        if is_blank(cell) or isinstance(cell, bool):
            return None
        found = as_date(cell)
        if isinstance(found, Complaint):
            complain(header, "a date, such as 2026-05-12")
            return None
        return found

    def count(header: str) -> int | None:
        cell = row.cells.get(header)
        if is_blank(cell) or isinstance(cell, bool):
            return None
        found = as_number(cell, least=0, highest=MOST_PEOPLE, whole=True)
        if isinstance(found, Complaint):
            complain(header, "a whole number")
            return None
        return int(found)

    def line(header: str) -> str | None:
        return one_line(text_under(row, header), LINE_LIMIT)

    def paragraphs(header: str) -> str | None:
        cell = row.cells.get(header)
        return None if isinstance(cell, bool) else free_text(as_text(cell))

    def lines(header: str) -> tuple[str, ...]:
        pieces = (one_line(piece, LINE_LIMIT) for piece in (paragraphs(header) or "").split("\n"))
        return tuple(piece for piece in pieces if piece)

    oddity = not_a_tick(TAB, row)
    not_ticks = (not_a_tick_problem(title, row, oddity, identifier),) if oddity else ()
    noted = NotedExchange(
        match=identifier,
        status=text_under(row, STATUS) if row.tag in (None, identifier) else "",
        is_misnamed=text_under(row, MATCH) != identifier,
        took_place=is_tick(row, TOOK_PLACE),
        will_not_happen=is_tick(row, WILL_NOT_HAPPEN),
        dated=any(row.cells.get(header) not in (None, "", False) for header in (FROM, TO)),
        sending=line(SENDING),
        receiving=line(RECEIVING),
        joining=line(JOINING),
        first_day=day(FROM),
        last_day=day(TO),
        format=line(FORMAT),
        participants=count(PARTICIPANTS),
        fewer_opportunities=count(FEWER_OPPORTUNITIES),
        title=line(TITLE),
        lessons_host=lines(LESSONS_HOST),
        lessons_participants=lines(LESSONS_PARTICIPANTS),
        quote=line(QUOTE),
        quote_by=line(QUOTE_BY),
        quote_consent=is_tick(row, QUOTE_CONSENT),
        next_steps=paragraphs(NEXT_STEPS),
        not_ticks=not_ticks,
    )
    return replace(noted, problems=(*problems, *not_ticks))
