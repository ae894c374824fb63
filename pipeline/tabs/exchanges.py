"""After an introduction: is the exchange noted, is a reminder due, what goes into the digest.

The tab `Exchanges` gets a row for every introduction. People note there what came of it; until they do,
both sides are reminded once. The tick that approved the introduction covers its reminder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.cleaning.cells import is_tick
from pipeline.model import (
    MATCH_ID,
    LetterKind,
    LetterRecord,
    LetterState,
    Match,
    NewRow,
    RowUpdate,
    SheetRow,
    Table,
)
from pipeline.tabs.layout import STATUS

TOOK_PLACE = "Took place"
WILL_NOT_HAPPEN = "Will not happen"
DATES = ("From", "To")
SENDING = "Sending organisation"
RECEIVING = "Receiving organisation"
JOINING = "Joining organisation"
MATCH = "Match"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedExchange:
    """How far one exchange has come, as far as people noted it."""

    match: str
    took_place: bool
    will_not_happen: bool
    dated: bool

    @property
    def is_noted(self) -> bool:
        """Whether somebody knows how it went on."""
        return self.took_place or self.will_not_happen or self.dated


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderDue:
    """A reminder that may be composed now."""

    match: Match
    introduction: LetterRecord


def read_exchanges(table: Table) -> tuple[NotedExchange, ...]:
    """The rows of the tab, by match id; rows without one are the people's own and left alone."""
    return tuple(_exchange(row) for row in table.rows if MATCH_ID.fullmatch(str(row.cells.get(MATCH) or "").strip()))


def introductions_sent(letters: Mapping[str, LetterRecord]) -> dict[str, LetterRecord]:
    """Match id -> its introduction, for those that left."""
    return {
        record.match: record
        for record in letters.values()
        if record.kind is LetterKind.INTRODUCTION and record.match and record.state is LetterState.SENT
    }


def reminders_due(
    matches: Mapping[str, Match],
    letters: Mapping[str, LetterRecord],
    exchanges: Sequence[NotedExchange],
    *,
    approved: Collection[str],
    closed_entries: Collection[str],
    weeks: int,
    now: datetime,
) -> tuple[ReminderDue, ...]:
    """Introductions older than `weeks` of which nothing is noted: one reminder each. 0 weeks: none ever."""
    if weeks == 0:
        return ()
    noted = {exchange.match for exchange in exchanges if exchange.is_noted}
    reminded = {record.match for record in letters.values() if record.kind is LetterKind.REMINDER}
    due = []
    for identifier, introduction in introductions_sent(letters).items():
        match = matches.get(identifier)
        if match is None or identifier in noted or identifier in reminded or identifier not in approved:
            continue
        if introduction.bounced or introduction.since > now - timedelta(weeks=weeks):
            continue
        if any(party.entry in closed_entries for party in match.parties):
            continue
        due.append(ReminderDue(match=match, introduction=introduction))
    return tuple(sorted(due, key=lambda one: one.match.id))


def new_rows(
    matches: Mapping[str, Match], letters: Mapping[str, LetterRecord], exchanges: Sequence[NotedExchange]
) -> tuple[NewRow, ...]:
    """A row for every introduction that has none yet."""
    there = {exchange.match for exchange in exchanges}
    return tuple(
        NewRow(
            key=identifier,
            cells={
                STATUS: status_of(None, letters, identifier),
                SENDING: matches[identifier].sending.organisation,
                RECEIVING: matches[identifier].receiving.organisation,
                JOINING: joining.organisation if (joining := matches[identifier].joining) else "",
                MATCH: identifier,
            },
        )
        for identifier in introductions_sent(letters)
        if identifier in matches and identifier not in there
    )


def status_updates(
    table: Table, letters: Mapping[str, LetterRecord], exchanges: Sequence[NotedExchange]
) -> tuple[RowUpdate, ...]:
    """What each row's `Status` should say now, where it says something else."""
    shown = {str(row.cells.get(MATCH)).strip(): str(row.cells.get(STATUS) or "") for row in table.rows}
    wanted = {exchange.match: status_of(exchange, letters, exchange.match) for exchange in exchanges}
    return tuple(
        RowUpdate(key=match, cells={STATUS: text}) for match, text in wanted.items() if shown.get(match) != text
    )


def status_of(exchange: NotedExchange | None, letters: Mapping[str, LetterRecord], match: str) -> str:
    """One line on how far it has come."""
    if exchange is not None and exchange.took_place:
        return "Took place: matchmaker report makes its case sheet"
    if exchange is not None and exchange.will_not_happen:
        return "Will not happen"
    if exchange is not None and exchange.is_noted:
        return "Planned: tick Took place once it has"
    introduction = introductions_sent(letters).get(match)
    text = f"Introduced on {introduction.since:%Y-%m-%d}" if introduction else "Introduced"
    reminder = letters.get(f"{LetterKind.REMINDER}:{match}:1")
    if reminder is not None and reminder.state is LetterState.SENT:
        text += f", reminded on {reminder.since:%Y-%m-%d}"
    return f"{text}: note the dates when you hear of them"


def _exchange(row: SheetRow) -> NotedExchange:
    return NotedExchange(
        match=str(row.cells[MATCH]).strip(),
        took_place=is_tick(row, TOOK_PLACE),
        will_not_happen=is_tick(row, WILL_NOT_HAPPEN),
        dated=any(row.cells.get(title) not in (None, "", False) for title in DATES),
    )
