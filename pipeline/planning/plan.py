"""One run decided in full, as one value.

Nothing here reads or writes the outside. The same plan is printed by `matchmaker plan` and carried out
by `matchmaker run`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.errors import MatchmakerError
from pipeline.model import MatchStatus, SheetChanges, Stage
from pipeline.planning.brakes import mark_of
from pipeline.planning.changes import Changes, answers_by_hand, entry_updates, list_changes
from pipeline.planning.entries import Entries, read_entries
from pipeline.planning.entry_status import entry_statuses
from pipeline.planning.inputs import RunInputs
from pipeline.planning.letters_due import Letters, due_letters, introduced, meetings_of, rule
from pipeline.planning.matches import Matches, choose_matches
from pipeline.planning.ticks import Ticks, read_ticks
from pipeline.ports import LedgerState
from pipeline.tabs import by_hand, exchanges, review
from pipeline.tabs import entries as entries_tab
from pipeline.tabs.tab import STATUS


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would do, step by step."""

    entries: Entries
    ticks: Ticks
    matches: Matches
    letters: Letters
    changes: Changes


def make_plan(inputs: RunInputs) -> Plan:
    """Decide one run. Raises SheetHeaderProblem when a header is missing or doubled."""
    entries = read_entries(inputs)
    ticks = read_ticks(inputs, entries)
    matches = choose_matches(inputs, entries, ticks)
    letters = due_letters(inputs, entries, ticks, matches)
    changes = list_changes(inputs, entries, ticks, matches, letters)
    return Plan(entries=entries, ticks=ticks, matches=matches, letters=letters, changes=changes)


def restated(
    inputs: RunInputs, plan: Plan, state: LedgerState, trouble: MatchmakerError | None = None
) -> tuple[Mapping[str, MatchStatus], SheetChanges]:
    """Where every match stands once letters have left (`state`), and the `Status` cells that say so.

    `trouble` is what kept letters from leaving.
    """
    rule_inputs = replace(
        plan.letters.rule_inputs,
        letters=state.letters,
        new_messages=(),
        meetings=meetings_of(state, plan.entries),
        sent_today=state.sent_today,
        mail_trouble=str(trouble.args[0]) if trouble else "",
    )
    statuses = {status.match: status for status in rule(inputs, rule_inputs).statuses}
    statuses |= {
        match: status
        for match, status in plan.letters.statuses.items()
        if (status.stage is Stage.HELD and statuses[match].stage is Stage.APPROVED)
        or (status.is_stuck and not statuses[match].is_stuck)
    }
    left = introduced(state.letters)
    standing = entry_statuses(
        inputs,
        plan.entries,
        plan.ticks,
        plan.matches,
        statuses=statuses,
        letters=state.letters,
        rows=plan.letters.entries.rows,
        spent=plan.letters.spent,
        unsafe=plan.letters.unsafe,
    )
    # Rows of answers come last: a write changes so many statuses and no more, and matches matter first.
    updates = {
        **{name: changes for name, changes in plan.changes.after.updates.items() if name != entries_tab.TAB.name},
        review.TAB.name: review.status_updates(statuses, _with_new_rows(plan)),
        by_hand.TAB.name: answers_by_hand(inputs, plan.ticks, plan.matches, statuses),
        exchanges.TAB.name: exchanges.status_updates(left, plan.ticks.exchanges),
        entries_tab.TAB.name: entry_updates(standing, _with_new_entries(plan)),
    }
    rows = exchanges.new_rows(plan.matches.all, left, plan.ticks.exchanges)
    has_tab = exchanges.TAB.name in inputs.snapshot.tables
    after = SheetChanges(
        inserts={exchanges.TAB.name: rows} if rows and has_tab else {},
        updates={name: changes for name, changes in updates.items() if changes},
    )
    return statuses, replace(after, owner=_mark_after(inputs, plan)) if after else after


def _mark_after(inputs: RunInputs, plan: Plan) -> str | None:
    """The mark of a run's second write: a backup from between the two does not know it, and what left meanwhile."""
    mark = mark_of(inputs.state.instance, inputs.turn)
    if plan.letters.due:
        return f"{mark}@ended"
    return None if plan.changes.before else mark


def _with_new_entries(plan: Plan) -> entries_tab.EntriesReading:
    """The tab `Entries` as it stands after the first write."""
    reading = plan.ticks.entries
    inserted = plan.changes.before.inserts.get(entries_tab.TAB.name, ())
    return replace(
        reading,
        statuses={**reading.statuses, **{row.key: str(row.cells[entries_tab.BECAME]) for row in inserted}},
        shown={
            **reading.shown,
            **{
                row.key: {title: " ".join(str(row.cells[title]).split()) for title in entries_tab.TAB.kept}
                for row in inserted
            },
        },
    )


def _with_new_rows(plan: Plan) -> review.ReviewReading:
    """The review tab as it stands after the first write."""
    reading = plan.ticks.review
    inserted = {row.key: str(row.cells[STATUS]) for row in plan.changes.before.inserts.get(review.TAB.name, ())}
    return replace(
        reading,
        standing_rows=reading.standing_rows | frozenset(inserted),
        statuses={**reading.statuses, **inserted},
    )
