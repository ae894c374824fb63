"""Which matches there are: what time and edits did to the open ones, and whom to propose next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import combinations

from pipeline.cleaning.folding import fold
from pipeline.exchanges.case_sheets import PastExchange
from pipeline.matching import MatchingSettings, Proposals, feasible, propose
from pipeline.model import (
    Decision,
    LetterKind,
    LetterState,
    Match,
    Organisation,
)
from pipeline.planning import standings as introductions
from pipeline.planning.entries import Registry, canonical
from pipeline.planning.inputs import World
from pipeline.planning.match_content import Source, lapsed, renewed, to_match
from pipeline.ports import LedgerState
from pipeline.tabs import exchanges as follow_ups
from pipeline.tabs import review

LONGEST_SILENCE_WEEKS = 8
"""After so long without a word an introduction came to nothing (where no reminders are sent)."""
FINISHED_STATES = frozenset({LetterState.SENT, LetterState.UNSURE, LetterState.COMMITTING})


def committed_visits(state: LedgerState, year: int) -> Mapping[str, int]:
    """Organisation id -> introductions of this year in which it receives."""
    visits: Counter[str] = Counter()
    for match in state.matches.values():
        letter = state.letters.get(introductions.introduction_id(match.id))
        if letter is not None and letter.state is LetterState.SENT and letter.since.year == year:
            visits[match.receiving.organisation_id] += 1
    return visits


def decisions_of(state: LedgerState, reading: review.ReviewReading) -> Mapping[str, Decision]:
    """What the officer says today. Of a row she has deleted her no is remembered, and never her yes."""
    remembered = {
        match: Decision(match=match, declined=True)
        for match, decision in state.decisions.items()
        if is_turned_down(decision) and match in state.matches
    }
    return {**remembered, **reading.decisions}


def is_turned_down(decision: Decision) -> bool:
    """The officer said no, or noted that the side asked first did."""
    return decision.declined or (decision.approved and decision.agreed is False)


def finished_matches(state: LedgerState, decisions: Mapping[str, Decision]) -> frozenset[str]:
    """Matches that are introduced, unsure or turned down: they do not come up again by themselves."""
    sent = {
        record.match
        for record in state.letters.values()
        if record.kind is LetterKind.INTRODUCTION and record.match and record.state in FINISHED_STATES
    }
    return frozenset(sent | {match for match, decision in decisions.items() if is_turned_down(decision)})


def age(
    world: World, registry: Registry, finished: frozenset[str]
) -> tuple[dict[str, str], dict[str, str], list[Match]]:
    """What time and edits did to open matches: superseded (old -> new id), gone (id -> why), their successors."""
    superseded = dict(world.state.superseded)
    gone: dict[str, str] = {}
    renewals: list[Match] = []
    spent = {*world.state.matches}
    closed = registry.entries.closed

    def broken_rule(match: Match) -> str | None:
        joining = match.joining
        return feasible(
            registry.sources[match.sending.entry].entry,
            registry.sources[match.receiving.entry].entry,
            registry.sources[joining.entry].entry if joining else None,
            today=world.today,
        )

    for match in world.state.matches.values():
        if match.id in superseded or match.id in finished:
            continue
        now = renewed(match, registry.sources, world.today, spent)
        if isinstance(now, str):
            reasons = [
                f"{party.organisation}: {closed[party.entry].rstrip('.')}"
                for party in match.parties
                if party.entry in closed
            ]
            gone[match.id] = reasons[0] if reasons else now
            continue
        why_not = lapsed(now, registry.sources, broken_rule)
        if why_not is not None:
            gone[match.id] = why_not
        elif now.id != match.id:
            superseded[match.id] = now.id
            renewals.append(now)
    return superseded, gone, renewals


def as_known_today(match: Match, sources: Mapping[str, Source], memory: Mapping[str, str]) -> Match:
    """The match with its organisations' ids as linkage sees them now: a merge must not let a twin through."""
    parties = tuple(
        replace(
            party,
            organisation_id=sources[party.entry].entry.organisation_id
            if party.entry in sources
            else canonical(party.organisation_id, memory),
        )
        for party in match.parties
    )
    return replace(match, parties=parties)


def canonical_meetings(meetings: Mapping[str, datetime], memory: Mapping[str, str]) -> dict[str, datetime]:
    """Who has met whom, under the ids that are valid today besides those of then."""
    found = dict(meetings)
    for key, at in meetings.items():
        kind, _, pair = key.partition(":")
        if kind == "org":
            today = "org:" + "|".join(sorted(canonical(one, memory) for one in pair.split("|")))
            found[today] = max(at, found.get(today, at))
    return found


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


def candidates_for(world: World, registry: Registry, turned_down: Sequence[Match]) -> Proposals:
    """What matching finds for the open entries, without those who met in this round or were turned down."""
    state = world.state
    barred = {
        frozenset(key.removeprefix("org:").split("|"))
        for key, at in canonical_meetings(state.meetings, registry.memory).items()
        if key.startswith("org:") and at >= world.round_started
    }
    past = past_pairs(world.past, registry.organisations)
    barred |= {pair for pair, ended in past.items() if ended is not None and ended >= world.round_started.date()}
    barred |= {frozenset(organisation_ids(match, registry.sources)) for match in turned_down if match.joining is None}
    return propose(
        [source.entry for source in registry.sources.values()],
        organisations=registry.organisations,
        barred=barred,
        past=frozenset(past),
        settings=MatchingSettings(per_request=world.settings.matching.proposals_per_request, today=world.today),
    )


def busy_requests(world: World, exchanges: Sequence[follow_ups.NotedExchange]) -> frozenset[str]:
    """Requests that have just been introduced to somebody: no alternates until that came to nothing.

    It came to nothing when the officer noted so, when the letter bounced, or when nothing was heard for twice the
    time after which both sides are reminded.
    """
    weeks = 2 * (world.settings.follow_up.reminder_weeks or LONGEST_SILENCE_WEEKS // 2)
    dead = {exchange.match for exchange in exchanges if exchange.will_not_happen}
    noted = {exchange.match for exchange in exchanges if exchange.is_noted}
    sent = follow_ups.introductions_sent(world.state.letters)
    return frozenset(
        world.state.matches[match].sending.entry
        for match, letter in sent.items()
        if match in world.state.matches
        and match not in dead
        and not letter.bounced
        and (match in noted or letter.since > world.now - timedelta(weeks=weeks))
    )


def fresh_matches(
    world: World,
    registry: Registry,
    proposals: Proposals,
    busy: Collection[str],
    first: Sequence[Match],
    closed: set[str],
    turned_down: Sequence[Match],
) -> tuple[Match, ...]:
    """Matches to put before the officer now: successors and wishes first, then the best candidates in turn."""
    options = world.settings.matching
    state = world.state
    fresh = {match.id: match for match in first}
    open_now = [match for match in (*state.matches.values(), *fresh.values()) if match.id not in closed]
    together = {_entries(match) for match in open_now}
    pairs = {frozenset(organisation_ids(match, registry.sources)) for match in (*open_now, *turned_down)}
    per_request = Counter(match.sending.entry for match in open_now)
    room = options.open_proposals - len(open_now)
    for candidate in sorted(proposals.candidates, key=lambda one: (one.rank, -one.score, one.sending, one.receiving)):
        if room <= 0:
            break
        if candidate.sending in busy or per_request[candidate.sending] >= options.proposals_per_request:
            continue
        match = to_match(candidate, registry.sources, world.today, spent=state.superseded)
        organisations = frozenset(organisation_ids(match, registry.sources))
        if match.id in state.matches or _entries(match) in together or organisations in pairs:
            continue
        fresh[match.id] = match
        together.add(_entries(match))
        pairs.add(organisations)
        per_request[candidate.sending] += 1
        room -= 1
    return tuple(fresh.values())


def _entries(match: Match) -> tuple[str, ...]:
    return tuple(party.entry for party in match.parties)


def organisation_ids(match: Match, sources: Mapping[str, Source]) -> list[str]:
    """The organisations as linkage sees them today; those of the proposal where the entry is closed."""
    return [
        sources[party.entry].entry.organisation_id if party.entry in sources else party.organisation_id
        for party in match.parties
    ]
