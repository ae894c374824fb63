"""The fifth step: what to tell the ledger and the sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from pipeline.cleaning.addresses import canonical_address
from pipeline.matching.eligibility import day_in_words
from pipeline.model import Decision, KnownEntry, Match, MatchStatus, NewRow, Problem, RowUpdate, SheetChanges, Stage
from pipeline.planning.brakes import is_served_by_another, mark_of
from pipeline.planning.by_hand import answers
from pipeline.planning.entries import REDIRECT, Entries, canonical
from pipeline.planning.entry_status import EntryStatuses
from pipeline.planning.inputs import RunInputs
from pipeline.planning.letters_due import Letters
from pipeline.planning.match_content import officer_order
from pipeline.planning.matches import OPEN_STAGES, Matches
from pipeline.planning.ticks import Ticks
from pipeline.ports import LedgerChanges, Serving
from pipeline.tabs import by_hand, nearly, organisations, problems, review, same_organisation, unmet_demand
from pipeline.tabs import entries as entries_tab

MOST_NEW_ENTRIES = 2_000
"""Rows of the tab `Entries` made in one run, about 2 MB of what Google takes at once; the others follow run by run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a run writes down."""

    ledger: LedgerChanges
    """Remembered before anything leaves."""
    before: SheetChanges
    """Written before letters leave: new rows, and the tabs that are the program's own."""
    after: SheetChanges
    """Written after them: the `Status` cells, as they stand if no letter leaves."""
    new_problems: tuple[Problem, ...]
    """Those nobody has been told of yet."""


def list_changes(inputs: RunInputs, entries: Entries, ticks: Ticks, matches: Matches, letters: Letters) -> Changes:
    """Compare what was decided with what ledger and sheet say already; only differences are changes.

    Where anything is written or sent, the spreadsheet gets the mark of this run, and before the first letter in any
    case: of two ledgers that have read the same mark one alone can put its own in its place.
    """
    ledger = _ledger_changes(inputs, entries, ticks, matches, letters)
    before = _before(inputs, entries, ticks, matches, letters)
    after = _after(inputs, entries, ticks, matches, letters)
    mark = mark_of(inputs.state.instance, inputs.turn)
    if before or letters.due:
        before = replace(before, owner=mark)
    elif after:
        after = replace(after, owner=mark)
    if before or after:
        ledger = replace(ledger, serving=_serving(inputs, mark))
    return Changes(
        ledger=ledger,
        before=before,
        after=after,
        new_problems=tuple(problem for problem in matches.problems if problem.key not in inputs.state.problems),
    )


def _serving(inputs: RunInputs, mark: str) -> Serving:
    """The marks that may stand on the spreadsheet from now on, whether or not this run comes to writing its own."""
    found = inputs.snapshot.owner
    took_over = inputs.now if is_served_by_another(found, inputs.state) else inputs.state.serving.took_over
    return Serving(marks=(found, mark) if found else (mark,), took_over=took_over)


def _ledger_changes(
    inputs: RunInputs, entries: Entries, ticks: Ticks, matches: Matches, letters: Letters
) -> LedgerChanges:
    state = inputs.state
    known = frozenset(state.entries)
    keys = frozenset(problem.key for problem in matches.problems)
    return LedgerChanges(
        at=inputs.now,
        matches=tuple(_without_checks(match) for match in matches.fresh),
        superseded=_new_items(matches.superseded, state.superseded),
        matches_withdrawn={
            status.match: status.detail
            for status in letters.ruling.statuses
            if status.stage is Stage.WITHDRAWN and status.match not in state.withdrawn
        },
        decisions=tuple(
            decision
            for match in ticks.review.decisions
            if (decision := ticks.decisions[match]) != state.decisions.get(match, Decision(match=match))
        ),
        judgements=entries.answered.judgements,
        spellings=_new_items(entries.memory, state.spellings),
        left_alone=days if (days := _days_to_remember(inputs, ticks)) != state.left_alone else None,
        organisation_events=tuple((event.organisation, event.sentence) for event in entries.identity.events),
        entries=tuple(entry for entry in _remembered(entries, letters) if entry not in known),
        problems=keys if keys != state.problems else None,
        letters=letters.due,
        withdrawn=letters.withdrawn,
        settled=letters.ruling.settled,
        reopened=letters.ruling.reopened,
        form_columns=entries.columns if entries.columns != state.form_columns else None,
    )


def _days_to_remember(inputs: RunInputs, ticks: Ticks) -> dict[str, date]:
    """Until when organisations want to be left alone, as far as that is not over: a row may be deleted."""
    return {organisation: day for organisation, day in ticks.days.items() if day >= inputs.today}


def _without_checks(match: Match) -> Match:
    """What must be found out about a side is told anew by every run; it may name somebody else's address."""
    return replace(match, parties=tuple(replace(party, check_first=None) for party in match.parties))


def _remembered(entries: Entries, letters: Letters) -> list[KnownEntry]:
    """What is kept of each entry, with the ticks that were answered or taken away."""
    spent = letters.spent
    return [replace(entry, tick_spent=spent[entry.id]) if entry.id in spent else entry for entry in entries.plan.known]


def _new_items(now: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in now.items() if before.get(key) != value}


def _new_rows(inputs: RunInputs, ticks: Ticks, matches: Matches, letters: Letters) -> tuple[NewRow, ...]:
    """Rows of the review tab for open matches that have none: the strongest on top, variants of one idea together.

    Where one of these has a row already they go below that.
    """
    missing = {
        match.id: match
        for match in sorted(matches.all.values(), key=officer_order)
        if match.id not in ticks.review.statuses and letters.statuses[match.id].stage in OPEN_STAGES
    }
    variants = {one: [other.id for other in letters.ruling.variants.get(one, ())] for one in missing}
    rows: dict[str, NewRow] = {}
    for first in missing:
        group = [] if first in rows else [first]
        for one in group:  # grows while it is walked: variants of variants belong to the idea as well
            group += [other for other in variants[one] if other in missing and other not in {*group, *rows}]
        standing = (other for one in group for other in variants[one] if other in ticks.review.standing_rows)
        beside = next(standing, None)
        for one in group:
            begins = inputs.composer.first_lines(missing[one])
            rows[one] = review.new_row(missing[one], letters.statuses[one], begins, beside=beside)
    return tuple(rows.values())


def _before(inputs: RunInputs, entries: Entries, ticks: Ticks, matches: Matches, letters: Letters) -> SheetChanges:
    names = entries.names
    invites = [
        unmet_demand.Invite(asked_by=one.organisation, name=one.name, sentence=one.sentence)
        for one in matches.found.invitations
    ]
    network = inputs.settings.mail.organisation
    bodies = (
        (problems.TAB, problems.body(matches.problems)),
        (nearly.TAB, nearly.body(matches.found.nearly, names)),
        (unmet_demand.TAB, unmet_demand.body(matches.found.unmet, invites, names, network)),
    )
    snapshot = inputs.snapshot
    inserts = {
        review.TAB.name: _new_rows(inputs, ticks, matches, letters),
        same_organisation.TAB.name: same_organisation.new_rows(entries.doubts, entries.answered),
    }
    if organisations.TAB.name in snapshot.tables:
        inserts[organisations.TAB.name] = organisations.new_rows(
            entries.organisations,
            organisation_statuses(entries, ticks),
            ticks.organisations,
            {one: day_in_words(day) for one, day in ticks.days.items() if day >= inputs.today},
        )
    if entries_tab.TAB.name in snapshot.tables:
        inserts[entries_tab.TAB.name] = new_entry_rows(ticks, letters)
    checked_today = snapshot.last_checked == inputs.today or problems.TAB.name not in snapshot.tables
    return SheetChanges(
        inserts={name: new for name, new in inserts.items() if new},
        contents={tab.name: body for tab, body in bodies if tab.differs(snapshot.tables.get(tab.name), body)},
        last_checked=None if checked_today else inputs.today,
    )


def new_entry_rows(ticks: Ticks, letters: Letters) -> tuple[NewRow, ...]:
    """Rows of the tab `Entries` for answers that have none, the newest on top; of very many the oldest come first."""
    rows = sorted(letters.entries.rows.values(), key=lambda row: (row.organisation.casefold(), row.id))
    rows.sort(key=lambda row: row.since, reverse=True)
    return entries_tab.new_rows(rows, letters.entries.became, ticks.entries)[-MOST_NEW_ENTRIES:]


def answers_by_hand(
    inputs: RunInputs, ticks: Ticks, matches: Matches, statuses: Mapping[str, MatchStatus]
) -> tuple[RowUpdate, ...]:
    """What should stand beside the lines of `By hand`, where it does not yet."""
    told = answers(ticks.by_hand, matches.all, statuses, matches.superseded)
    return by_hand.status_updates(inputs.table(by_hand.TAB.name), told)


def _after(inputs: RunInputs, entries: Entries, ticks: Ticks, matches: Matches, letters: Letters) -> SheetChanges:
    updates = {
        by_hand.TAB.name: answers_by_hand(inputs, ticks, matches, letters.statuses),
        review.TAB.name: review.status_updates(letters.statuses, ticks.review),
        same_organisation.TAB.name: same_organisation.status_updates(
            entries.doubts, entries.judgements, entries.answered
        ),
        organisations.TAB.name: organisations.row_updates(
            entries.organisations, organisation_statuses(entries, ticks), ticks.organisations, inputs.is_erased
        ),
        entries_tab.TAB.name: entry_updates(letters.entries, ticks.entries),
    }
    return SheetChanges(updates={name: changes for name, changes in updates.items() if changes})


def organisation_statuses(entries: Entries, ticks: Ticks) -> dict[str, str]:
    """Organisation id -> where it stands, in words, for all that anything is remembered of."""
    merged = {
        key.removeprefix(REDIRECT): f"The same as {canonical(new, entries.memory)}"
        for key, new in entries.memory.items()
        if key.startswith(REDIRECT)
    }
    found = {one: "No open entry" for key, one in entries.memory.items() if not key.startswith(REDIRECT)}
    found |= {one.id: "Open" for one in entries.organisations}
    written = ticks.organisations.left_alone_until
    elsewhere = {canonical(one, entries.memory) for one in ticks.days if one not in written} - set(ticks.days)
    for one, until in ticks.left_alone.items():
        if one in found:
            found[one] = f"Left alone{f' until {day_in_words(until)}' if until < date.max else ': mend the day'}"
        if one in elsewhere:  # the row with the day was merged into this one, and deleted
            found[one] += f". To end it, write a day that is over under {organisations.LEAVE_ALONE_UNTIL}"
        elif one in found and written.get(one) != until and (row := _row_with(until, one, entries, ticks)):
            found[one] += f": that day stands on the row of {row}. Clear it there to end it"
            if row in merged:
                merged[row] += ", which is left alone because of the day on this row"
    return {**merged, **found}


def _row_with(day: date, organisation: str, entries: Entries, ticks: Ticks) -> str | None:
    """The id on another row which is meant for that organisation too, by a merge or its address, and bears that day."""
    contacts = next((one.contacts for one in entries.organisations if one.id == organisation), ())
    addresses = {canonical_address(one) for one in contacts}
    reading = ticks.organisations
    return next(
        (
            row
            for row, until in reading.left_alone_until.items()
            if until == day
            and row != organisation
            and (
                canonical(row, entries.memory) == organisation
                or addresses & {canonical_address(one) for one in reading.contacts.get(row, ()) if one}
            )
        ),
        None,
    )


def entry_updates(entries: EntryStatuses, reading: entries_tab.EntriesReading) -> tuple[RowUpdate, ...]:
    """What rows of the tab `Entries` should say now, where they say something else."""
    return entries_tab.row_updates(entries.rows, entries.became, entries.erased, reading)
