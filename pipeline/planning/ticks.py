"""The second step: what people decided in every tab, and which brakes stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from dateutil.relativedelta import relativedelta

from pipeline.cleaning.addresses import canonical_address
from pipeline.letters.identity import correction_id, corrections
from pipeline.matching.eligibility import left_alone_in_words
from pipeline.model import Decision, LetterRecord, Match, Problem, Side, Stage
from pipeline.planning import by_hand
from pipeline.planning.brakes import (
    COPIED,
    LEFT,
    clock_is_off,
    expired_at_once,
    ledger_behind,
    served_by_another,
    vanished,
)
from pipeline.planning.entries import Entries, canonical
from pipeline.planning.inputs import RunInputs
from pipeline.planning.match_content import Source
from pipeline.ports import LedgerState
from pipeline.tabs import by_hand as by_hand_tab
from pipeline.tabs import entries as entries_tab
from pipeline.tabs import exchanges, problems, review
from pipeline.tabs import organisations as organisations_tab


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What the officer's cells say, and whether the run may go on."""

    review: review.ReviewReading
    decisions: Mapping[str, Decision]
    """Match id -> what she decided, her noes to rows she has deleted since included."""
    by_hand: by_hand.ByHand
    exchanges: tuple[exchanges.NotedExchange, ...]
    entries: entries_tab.EntriesReading
    organisations: organisations_tab.OrganisationsReading
    days: Mapping[str, date]
    """Organisation id as written -> until when it asked to be left alone, of rows that were deleted as well."""
    left_alone: Mapping[str, date]
    """Organisation id of today -> the same; only days that are not over."""
    perhaps_left_alone: Mapping[str, str]
    """Organisation id -> who asked for that and may be the same organisation, as long as nobody has said."""
    problems: tuple[Problem, ...]
    brakes: tuple[Problem, ...]
    """The brakes that stand: with one of them nothing is sent or changed."""
    released: tuple[Problem, ...] = ()
    """Brakes the officer has released by a tick, which has to stay while another one stands."""
    reworded: frozenset[str] = frozenset()
    """Matches whose correction has left while the line beside its tick is another by now."""
    unheard_of: Mapping[str, str] = field(default_factory=dict)
    """Matches that were introduced by what the tabs say, of which the ledger knows nothing -> their `Status` there."""
    adopted: tuple[str, ...] = ()
    """Matches she thereby says were introduced, although the ledger knows nothing of them."""

    def turned_down(self, matches: Mapping[str, Match], superseded: Mapping[str, str]) -> tuple[Match, ...]:
        """The matches that got a no, but for those whose answers have changed since."""
        return tuple(
            match
            for match in matches.values()
            if match.id in self.decisions and is_turned_down(self.decisions[match.id]) and match.id not in superseded
        )


def read_ticks(inputs: RunInputs, entries: Entries) -> Ticks:
    """Read every tab people decide in."""
    reading = review.read_review(inputs.table(review.TAB.name), inputs.state.matches)
    lines = by_hand.read_by_hand(
        inputs.table(by_hand_tab.TAB.name),
        entries.organisations,
        entries.sources,
        aliases=inputs.aliases,
        closed=entries.closed_names,
        memory=entries.memory,
    )
    noted = exchanges.read_exchanges(inputs.table(exchanges.TAB.name), inputs.state.matches)
    said = _what_tabs_say(reading, noted)
    behind, unheard_of = ledger_behind(said, inputs.state.letters)
    in_doubt = _ledger_in_doubt(inputs, behind)
    found = (_answers_vanished(inputs, entries), _time_in_doubt(inputs, entries), in_doubt)
    pulled = tuple(brake for brake in found if brake is not None)
    decisions = decisions_of(inputs.state, reading, checks_of(inputs.state.matches, entries.sources))
    organisations = organisations_tab.read_organisations(inputs.table(organisations_tab.TAB.name))
    days = _days(organisations, inputs.state.left_alone, entries.memory)
    left_alone = left_alone_today(days, organisations.contacts, entries.memory, entries.sources, today=inputs.today)
    table = inputs.snapshot.tables.get(problems.TAB.name)
    released = tuple(brake for brake in pulled if problems.released(table, brake))
    rows = entries_tab.read_entries_tab(inputs.table(entries_tab.TAB.name), addresses_of(entries))
    return Ticks(
        review=reading,
        decisions=decisions,
        reworded=frozenset(
            match for match, seen in reading.decisions.items() if seen.correction != decisions[match].correction
        ),
        by_hand=lines,
        exchanges=noted,
        entries=rows,
        organisations=organisations,
        days=days,
        left_alone=left_alone,
        perhaps_left_alone=perhaps_left_alone(left_alone, entries),
        problems=(
            *reading.problems,
            *lines.problems,
            *organisations.problems,
            *rows.problems,
            *(problem for exchange in noted for problem in exchange.not_ticks),
        ),
        brakes=tuple(problems.with_note(table, brake) for brake in pulled if brake not in released),
        released=released,
        unheard_of={match: said[match] for match in unheard_of},
        adopted=unheard_of if in_doubt in released else (),
    )


def addresses_of(entries: Entries) -> dict[str, str]:
    """Entry -> the address it came from, as it stands in the tab `Entries`."""
    return {entry.id: entry.address for entry in entries.plan.known} | {
        identifier: response.email for identifier, response in entries.answers.items()
    }


def _days(
    reading: organisations_tab.OrganisationsReading, remembered: Mapping[str, date], memory: Mapping[str, str]
) -> dict[str, date]:
    """The days people wrote, and those that stood on rows which somebody has deleted since.

    Whoever deletes a row did not say that its organisation may be written to again. A day beside the organisation it
    was merged into says something newer, one that is over too.
    """
    lost = {
        one: day
        for one, day in remembered.items()
        if one not in reading.statuses and canonical(one, memory) not in reading.left_alone_until
    }
    return {**lost, **reading.left_alone_until}


def left_alone_today(
    days: Mapping[str, date],
    contacts: Mapping[str, Sequence[str]],
    memory: Mapping[str, str],
    sources: Mapping[str, Source],
    *,
    today: date,
) -> dict[str, date]:
    """The organisations that want silence today, under their ids of today; of several days the latest counts.

    `days` and `contacts` are those of the tab's rows, by organisation id as written. An answer in which name or town
    was edited may be another organisation by now; its address tells that it is meant.
    """
    of_address: dict[str, set[str]] = defaultdict(set)
    for source in sources.values():
        of_address[canonical_address(source.response.email)].add(source.entry.organisation_id)
    found: dict[str, date] = {}
    for written, day in days.items():
        addresses = contacts.get(written, ()) if day >= today else ()
        meant = {canonical(written, memory)} if day >= today else set()
        for identifier in meant.union(*(of_address[canonical_address(one)] for one in addresses if one)):
            found[identifier] = max(day, found.get(identifier, day))
    return found


def perhaps_left_alone(left_alone: Mapping[str, date], entries: Entries) -> dict[str, str]:
    """The organisations that an open question takes for one that wants silence, and which one that is, in words."""
    names = {one.id: one.name for one in entries.organisations}
    found: dict[str, str] = {}
    for doubt in entries.doubts:
        one, other = entries.memory.get(doubt.left, ""), entries.memory.get(doubt.right, "")
        for own, twin in ((one, other), (other, one)):
            if twin in left_alone and own not in left_alone:
                found.setdefault(own, left_alone_in_words(f"{names.get(twin, twin)}, which", left_alone[twin]))
    return found


def checks_of(matches: Mapping[str, Match], sources: Mapping[str, Source]) -> dict[str, dict[Side, str]]:
    """Match id -> side -> what must be found out, as it stands today, before that side is written to."""
    return {
        match.id: {
            party.side: held
            for party in match.parties
            if party.entry in sources and (held := sources[party.entry].response.held)
        }
        for match in matches.values()
    }


def decisions_of(
    state: LedgerState, reading: review.ReviewReading, checks: Mapping[str, Mapping[Side, str]]
) -> dict[str, Decision]:
    """What the officer says today. Of a row she has deleted her no is remembered, and never her yes.

    Agreed speaks only for the checks (`checks_of`) that the row told her of when she ticked it.
    """
    remembered = {
        match: Decision(match=match, declined=True)
        for match, decision in state.decisions.items()
        if is_turned_down(decision) and match in state.matches
    }
    sent = corrections(state.letters)
    said: dict[str, Decision] = {}
    for match, decision in reading.decisions.items():
        before = state.decisions.get(match)
        checked = _checked(before, checks.get(match, {}), reading.statuses[match]) if decision.agreed else ()
        said[match] = replace(decision, checked=checked, correction=_released(decision, before, sent.get(match, ())))
    return {**remembered, **said}


def _checked(before: Decision | None, checks: Mapping[Side, str], status: str) -> tuple[Side, ...]:
    """The sides of which the row said what to find out when Agreed was ticked; a tick that stands says no more."""
    if before is not None and before.agreed:
        return before.checked
    shown = " ".join(status.split())
    return tuple(side for side, check in checks.items() if " ".join(check.rstrip(".").split()) in shown)


def _released(decision: Decision, before: Decision | None, sent: Sequence[LetterRecord]) -> str | None:
    """The line that a standing tick on a correction releases: once its letter may have left, no other one.

    The tick was put beside the line that was there. Another line needs another tick, which a run has to see go first.
    """
    if decision.correction is None or before is None or before.correction in (None, decision.correction):
        return decision.correction
    identifier = correction_id(decision.match, before.correction or "")
    has_left = any(letter.id == identifier and letter.state in LEFT for letter in sent)
    return before.correction if has_left else decision.correction


def is_turned_down(decision: Decision) -> bool:
    """The officer said no, or noted that the side asked first did."""
    return decision.declined or (decision.approved and decision.agreed is False)


def _what_tabs_say(reading: review.ReviewReading, noted: Sequence[exchanges.NotedExchange]) -> dict[str, str]:
    """Match id -> its status. Whoever stands in `Exchanges` was introduced, whatever the review tab says of it."""
    introduced = {
        one.match: one.status if one.status.startswith(str(Stage.INTRODUCED)) else str(Stage.INTRODUCED)
        for one in noted
        if one.is_introduced and not reading.statuses.get(one.match, "").startswith(review.WENT_OUT)
    }
    return {**reading.statuses, **introduced}


def _answers_vanished(inputs: RunInputs, entries: Entries) -> Problem | None:
    there = {entry.id for entry in inputs.state.entries if not entry.paused}
    return vanished(len(there), len(there & set(entries.plan.paused)), inputs.settings.run.vanished_share)


def _time_in_doubt(inputs: RunInputs, entries: Entries) -> Problem | None:
    """A clock that is off, else what has expired at once since the last run."""
    last = inputs.state.last_acted
    months = relativedelta(months=inputs.settings.matching.entry_months)
    confirmed = {entry.id: entry.last_confirmed for entry in entries.plan.known}
    expired = 0
    for identifier in entries.plan.expired if last else ():
        ends = [confirmed[identifier] + months, entries.answers[identifier].date_to]
        expired += last is not None and min(filter(None, ends)) >= last.date()
    share = inputs.settings.run.vanished_share
    return clock_is_off(inputs.now, last) or expired_at_once(len(entries.sources) + expired, expired, share)


def _ledger_in_doubt(inputs: RunInputs, behind: Problem | None) -> Problem | None:
    """What speaks against the ledger, in one line with one tick: one that knows less is most likely a new one."""
    other = served_by_another(inputs.snapshot.owner, inputs.state)
    is_copy = other is not None and other.key.startswith(COPIED)
    return other if is_copy else behind or other
