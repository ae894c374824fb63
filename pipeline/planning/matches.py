"""The third step: what time and edits did to the open matches, and whom to propose next."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import combinations

from pipeline.cleaning.folding import fold
from pipeline.letters.identity import barred_pairs, canonical_meetings, introductions_sent
from pipeline.matching import MatchingResult, MatchingSettings, feasible, propose
from pipeline.model import Candidate, LetterKind, LetterState, Match, Organisation, PastExchange, Problem
from pipeline.planning import by_hand
from pipeline.planning.entries import Entries, canonical
from pipeline.planning.inputs import RunInputs
from pipeline.planning.match_content import Source, lapsed, officer_order, renewed, to_match
from pipeline.planning.ticks import Ticks, is_turned_down
from pipeline.tabs import review
from pipeline.tabs.all_tabs import TABS
from pipeline.tabs.exchanges import NotedExchange

LONGEST_SILENCE_WEEKS = 8
"""After so long without a word an introduction came to nothing (where no reminders are sent)."""
FINISHED_STATES = frozenset({LetterState.SENT, LetterState.UNSURE, LetterState.COMMITTING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Every match there is, as known today, and what became of those of before."""

    all: Mapping[str, Match]
    """By id, with organisations as linkage sees them now."""
    fresh: tuple[Match, ...]
    """Put before the officer by this run, in the order she should see them."""
    superseded: Mapping[str, str]
    """Old id -> the id that asks again, for matches an edited answer has overtaken."""
    gone: Mapping[str, str]
    """Id -> why it can no longer be."""
    found: MatchingResult
    """Everything matching found, near misses and unmet demand included."""
    problems: tuple[Problem, ...]
    """What a person must mend: complete only now, for a row nobody knew may be one that is proposed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """What time and edits did to open matches."""

    superseded: Mapping[str, str]
    gone: Mapping[str, str] = field(default_factory=dict)
    renewals: tuple[Match, ...] = ()
    """The successors of those that are superseded now."""


def choose_matches(inputs: RunInputs, entries: Entries, ticks: Ticks) -> Matches:
    """Age the open matches, look for candidates, and choose which of them to put before the officer."""
    known = inputs.state.matches
    finished = finished_matches(inputs, ticks)
    ageing = age(inputs, entries, finished)
    closed = {*finished, *ageing.superseded, *ageing.gone}
    turned_down = ticks.turned_down(known, ageing.superseded)
    found = candidates(inputs, entries, turned_down)
    fresh = _Choice(inputs, entries, ticks, turned_down).of(
        found.candidates, (*ageing.renewals, *_wished(inputs, entries, ticks, ageing, finished)), closed
    )
    return Matches(
        all={
            match.id: as_known_today(match, entries.sources, entries.memory)
            for match in {**known, **{match.id: match for match in fresh}}.values()
        },
        fresh=fresh,
        superseded=ageing.superseded,
        gone=ageing.gone,
        found=found,
        problems=_problems(inputs, entries, ticks, fresh),
    )


# -- matches of before ---------------------------------------------------------------------------------


def finished_matches(inputs: RunInputs, ticks: Ticks) -> frozenset[str]:
    """Matches that are introduced, unsure or turned down: they do not come up again by themselves."""
    sent = {
        record.match
        for record in inputs.state.letters.values()
        if record.kind is LetterKind.INTRODUCTION and record.match and record.state in FINISHED_STATES
    }
    return frozenset(sent | {match for match, decision in ticks.decisions.items() if is_turned_down(decision)})


def age(inputs: RunInputs, entries: Entries, finished: Collection[str]) -> Ageing:
    """What time and edits did to the open matches among those the ledger knows."""
    superseded = dict(inputs.state.superseded)
    gone: dict[str, str] = {}
    renewals: list[Match] = []
    spent = {*inputs.state.matches}
    closed = entries.plan.closed

    def broken_rule(match: Match) -> str | None:
        joining = match.joining
        return feasible(
            entries.sources[match.sending.entry].entry,
            entries.sources[match.receiving.entry].entry,
            entries.sources[joining.entry].entry if joining else None,
            today=inputs.today,
        )

    for match in inputs.state.matches.values():
        if match.id in superseded or match.id in finished:
            continue
        now = renewed(match, entries.sources, inputs.today, spent)
        if isinstance(now, str):
            reasons = [
                f"{party.organisation}: {closed[party.entry].rstrip('.')}"
                for party in match.parties
                if party.entry in closed
            ]
            gone[match.id] = reasons[0] if reasons else now
            continue
        why_not = lapsed(now, entries.sources, broken_rule)
        if why_not is not None:
            gone[match.id] = why_not
        elif now.id != match.id:
            superseded[match.id] = now.id
            renewals.append(now)
    return Ageing(superseded=superseded, gone=gone, renewals=tuple(renewals))


def as_known_today(match: Match, sources: Mapping[str, Source], memory: Mapping[str, str]) -> Match:
    """The match with its organisations' ids as linkage sees them now: a merge must not let a twin through.

    And with what must be found out today before a side is written to, whatever was known when it was proposed.
    """
    parties = tuple(
        replace(
            party,
            organisation_id=sources[party.entry].entry.organisation_id
            if party.entry in sources
            else canonical(party.organisation_id, memory),
            check_first=sources[party.entry].response.held if party.entry in sources else party.check_first,
        )
        for party in match.parties
    )
    return replace(match, parties=parties)


# -- new matches ---------------------------------------------------------------------------------------


def candidates(inputs: RunInputs, entries: Entries, turned_down: Sequence[Match]) -> MatchingResult:
    """What matching finds for the open entries, without those who met in this round or were turned down."""
    since = inputs.round_started
    meetings = canonical_meetings(inputs.state.meetings, lambda one: canonical(one, entries.memory))
    barred = set(barred_pairs(meetings, since))
    past = past_pairs(inputs.past, entries.organisations)
    barred |= {pair for pair, ended in past.items() if ended is not None and ended >= since.date()}
    barred |= {frozenset(organisation_ids(match, entries.sources)) for match in turned_down if match.joining is None}
    return propose(
        [source.entry for source in entries.sources.values()],
        organisations=entries.organisations,
        barred=barred,
        past=frozenset(past),
        settings=MatchingSettings(per_request=inputs.settings.matching.proposals_per_request, today=inputs.today),
    )


def past_pairs(
    past: Sequence[PastExchange], organisations: Sequence[Organisation]
) -> dict[frozenset[str], date | None]:
    """Pairs of organisation ids that worked together before the tool -> when it last ended, if anybody knows."""
    ids = {fold(name): one.id for one in organisations for name in (one.name, *one.spellings)}
    pairs: dict[frozenset[str], date | None] = {}
    for exchange in past:
        names = [name for name in (exchange.sending, exchange.receiving, exchange.joining) if name]
        known = [ids[fold(name)] for name in names if fold(name) in ids]
        for left, right in combinations(known, 2):
            pair = frozenset((left, right))
            pairs[pair] = max(filter(None, (pairs.get(pair), exchange.ended)), default=None)
    return pairs


def busy_requests(inputs: RunInputs, noted_exchanges: Iterable[NotedExchange]) -> frozenset[str]:
    """Requests that have just been introduced to somebody: no alternates until that came to nothing.

    It came to nothing when the officer noted so, when the letter bounced, or when nothing was heard for twice the
    time after which both sides are reminded.
    """
    weeks = 2 * (inputs.settings.follow_up.reminder_weeks or LONGEST_SILENCE_WEEKS // 2)
    dead = {exchange.match for exchange in noted_exchanges if exchange.will_not_happen}
    noted = {exchange.match for exchange in noted_exchanges if exchange.is_noted}
    sent = introductions_sent(inputs.state.letters)
    return frozenset(
        inputs.state.matches[match].sending.entry
        for match, letter in sent.items()
        if match in inputs.state.matches
        and match not in dead
        and not letter.bounced
        and (match in noted or letter.since > inputs.now - timedelta(weeks=weeks))
    )


class _Choice:
    """Which candidates to put before the officer, given what already stands there."""

    def __init__(self, inputs: RunInputs, entries: Entries, ticks: Ticks, turned_down: Sequence[Match]) -> None:
        self.inputs = inputs
        self.sources = entries.sources
        self.busy = busy_requests(inputs, ticks.exchanges)
        self.turned_down = turned_down

    def of(self, found: Sequence[Candidate], first: Sequence[Match], closed: Collection[str]) -> tuple[Match, ...]:
        """Successors and wishes (`first`) in any case, then the best candidates in turn, as far as there is room."""
        options = self.inputs.settings.matching
        known = self.inputs.state.matches
        fresh = {match.id: match for match in first}
        open_now = [match for match in (*known.values(), *fresh.values()) if match.id not in closed]
        together = {_entries(match) for match in open_now}
        pairs = {frozenset(organisation_ids(match, self.sources)) for match in (*open_now, *self.turned_down)}
        per_request = Counter(match.sending.entry for match in open_now)
        room = options.open_proposals - len(open_now)
        for candidate in self._in_turn(found):
            if room <= 0:
                break
            if candidate.sending in self.busy or per_request[candidate.sending] >= options.proposals_per_request:
                continue
            match = to_match(candidate, self.sources, self.inputs.today, spent=self.inputs.state.superseded)
            organisations = frozenset(organisation_ids(match, self.sources))
            if match.id in known or _entries(match) in together or organisations in pairs:
                continue
            fresh[match.id] = match
            together.add(_entries(match))
            pairs.add(organisations)
            per_request[candidate.sending] += 1
            room -= 1
        return tuple(sorted(fresh.values(), key=officer_order))

    def _in_turn(self, found: Sequence[Candidate]) -> list[Candidate]:
        """Every request's first choice before anybody's second one; among equals the officer's order."""
        places = {
            entry: (fold(source.response.name), fold(source.response.country), fold(source.response.city))
            for entry, source in self.sources.items()
        }

        def order(one: Candidate) -> tuple[object, ...]:
            waiting = self.sources[one.sending].entry.submitted_at or date.max
            parties = (one.sending, one.receiving, *((one.joining,) if one.joining else ()))
            return (one.rank, -one.score, waiting, [places[entry] for entry in parties])

        return sorted(found, key=order)


def _wished(
    inputs: RunInputs, entries: Entries, ticks: Ticks, ageing: Ageing, finished: Collection[str]
) -> tuple[Match, ...]:
    """The matches that lines of `By hand` ask for and nobody has proposed by hand yet."""
    overtaken = {*ageing.superseded, *ageing.gone}
    alive = [match for match in (*inputs.state.matches.values(), *ageing.renewals) if match.id not in overtaken]
    return by_hand.wishes(ticks.by_hand.lines, alive, finished, entries.sources, inputs.today)


def _entries(match: Match) -> tuple[str, ...]:
    return tuple(party.entry for party in match.parties)


def organisation_ids(match: Match, sources: Mapping[str, Source]) -> list[str]:
    """The organisations as linkage sees them today; those of the proposal where the entry is closed."""
    return [
        sources[party.entry].entry.organisation_id if party.entry in sources else party.organisation_id
        for party in match.parties
    ]


# -- problems ------------------------------------------------------------------------------------------


def _problems(inputs: RunInputs, entries: Entries, ticks: Ticks, fresh: Sequence[Match]) -> tuple[Problem, ...]:
    """Each problem once. Rows of an earlier ledger whose very content is proposed now are no strangers:

    the next run reads their ticks.
    """
    taken_over = {review.unknown_key(match) for match in (*ticks.adopted, *(one.id for one in fresh))}
    found = _keyed((*_missing_tabs(inputs), *entries.problems, *ticks.problems))
    return tuple(problem for problem in found if problem.key not in taken_over)


def _missing_tabs(inputs: RunInputs) -> tuple[Problem, ...]:
    """Tabs somebody deleted: what belongs there would reach nobody."""
    missing = [one.name for one in TABS if one.name not in inputs.snapshot.tables]
    if not missing:
        return ()
    return (
        Problem(
            where="The spreadsheet",
            what=f"These tabs are missing: {', '.join(missing)}.",
            fix="Bring them back (File > Version history), or make them anew: matchmaker init",
            key="tabs-missing:" + ",".join(missing),
        ),
    )


def _keyed(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Each problem once, with a key that survives sorting."""
    keyed: dict[str, Problem] = {}
    for problem in problems:
        key = problem.key or hashlib.sha256(f"{problem.what}|{problem.fix}".encode()).hexdigest()[:16]
        keyed.setdefault(key, replace(problem, key=key))
    return tuple(keyed.values())
