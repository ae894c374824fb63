"""The third step: what time and edits did to the open matches, and whom to propose next."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from itertools import combinations

from pipeline.cleaning.addresses import canonical_address
from pipeline.cleaning.cells import shortened
from pipeline.cleaning.folding import fold
from pipeline.letters.identity import (
    barred_pairs,
    canonical_meetings,
    introduction_id,
    introductions_sent,
    is_rehearsal,
)
from pipeline.matching import MatchingResult, MatchingSettings, feasible, propose
from pipeline.model import (
    AskedFor,
    Candidate,
    LetterKind,
    LetterState,
    Match,
    Organisation,
    PastExchange,
    Problem,
    Side,
    Stage,
)
from pipeline.planning import by_hand
from pipeline.planning.entries import Entries, canonical, to_confirm
from pipeline.planning.inputs import RunInputs
from pipeline.planning.match_content import (
    Source,
    entries_of,
    lapsed,
    match_id,
    officer_order,
    reasoned,
    renewed,
    to_match,
)
from pipeline.planning.ticks import Ticks, is_turned_down
from pipeline.planning.what_changed import Edit, Titles, in_lines, in_one_line, what_changed
from pipeline.ports import LedgerState
from pipeline.tabs import review
from pipeline.tabs.all_tabs import TABS
from pipeline.tabs.exchanges import NotedExchange

LONGEST_SILENCE_WEEKS = 8
"""After so long without a word an introduction came to nothing (where no reminders are sent)."""
TOO_WEAK = "since an answer was edited they no longer fit well enough"
CHANGES_LIMIT = 400
"""Characters of what has changed, where `Status` says why a pair is not asked about again."""
OPEN_STAGES = frozenset({Stage.PROPOSED, Stage.APPROVED, Stage.HELD, Stage.UNSURE})
FINISHED_STATES = frozenset({LetterState.SENT, LetterState.UNSURE, LetterState.COMMITTING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Every match there is, as known today, and what became of those of before."""

    all: Mapping[str, Match]
    """By id, with organisations as linkage sees them now."""
    fresh: tuple[Match, ...]
    """Put before the officer by this run, in the order she should see them."""
    superseded: Mapping[str, str]
    """Old id -> the id that asks again, for matches an edited answer has overtaken, or that fit once more."""
    gone: Mapping[str, str]
    """Id -> why it can no longer be; such a match does not come back."""
    found: MatchingResult
    """Everything matching found, near misses and unmet demand included."""
    problems: tuple[Problem, ...]
    """What a person must mend: complete only now, for a row nobody knew may be one that is proposed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A match that an edited answer has overtaken, or that was withdrawn, and the one that asks again."""

    before: Match
    match: Match
    """Its reasons are still to come."""
    seen: Match
    """Whose row the officer saw last."""
    edits: tuple[Edit, ...]
    """What is different from that row; empty when an answer was edited back."""

    @property
    def changes(self) -> list[str]:
        """The lines that say what is different."""
        return in_lines(self.edits) or [f"The answers are again what they were in {self.seen.id}."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """What time and edits did to open matches."""

    superseded: Mapping[str, str]
    gone: Mapping[str, str] = field(default_factory=dict)
    """Those that were withdrawn before as well."""
    renewals: tuple[Renewal, ...] = ()
    """Those that are superseded now."""

    @property
    def over(self) -> frozenset[str]:
        """The matches whose ticks speak no more, now or ever."""
        return frozenset({*self.superseded, *self.gone})

    def asked_again(self, renewals: Sequence[Renewal]) -> Ageing:
        """What was withdrawn and fits once more stands in another match from now on."""
        again = {renewal.before.id: renewal.match.id for renewal in renewals}
        return replace(
            self,
            superseded={**self.superseded, **again},
            gone={match: why for match, why in self.gone.items() if match not in again},
        )


def choose_matches(inputs: RunInputs, entries: Entries, ticks: Ticks) -> Matches:
    """Age the open matches, look for candidates, and choose which of them to put before the officer."""
    known = inputs.state.matches
    finished = finished_matches(inputs, ticks)
    ageing = age(inputs, entries, ticks, finished)
    wished, asked_again = _wished(inputs, entries, ticks, ageing, finished)
    ageing = ageing.asked_again(asked_again)
    first = {match.id: match for match in (*(renewal.match for renewal in ageing.renewals), *wished)}
    turned_down = ticks.turned_down(known, ageing.superseded)
    settings = MatchingSettings(per_request=inputs.settings.matching.proposals_per_request, today=inputs.today)
    closed = finished | ageing.over

    def look() -> MatchingResult:
        return candidates(
            inputs,
            entries,
            turned_down,
            settings,
            [entries_of(match) for match in first.values()],
            left_alone=ticks.left_alone,
            proposed=_parties(match for match in (*known.values(), *first.values()) if match.id not in closed),
            introduced=introduced_entries(inputs, ticks.exchanges),
        )

    found = look()
    weak = [renewal for renewal in ageing.renewals if not _fits(first[renewal.match.id], found, settings)]
    if weak:
        ageing = _without(ageing, weak)
        for renewal in weak:
            first.pop(renewal.match.id, None)
        found = look()  # their answers wait for somebody else by now
    first = _with_reasons(first, (*ageing.renewals, *asked_again), found, known)
    choice = _Choice(inputs, entries, ticks, turned_down, ageing)
    fresh = choice.of(found.candidates, tuple(first.values()), finished | ageing.over)
    ageing = ageing.asked_again(choice.asked_again)
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


def _fits(match: Match, found: MatchingResult, settings: MatchingSettings) -> bool:
    """Whether a match asked again is one that would be proposed; a person who named its sides goes before that."""
    candidate = found.given[entries_of(match)]
    return match.by_hand or settings.admits(candidate.score, by_name=candidate.asked_for is AskedFor.THIS)


def _without(ageing: Ageing, weak: Sequence[Renewal]) -> Ageing:
    """Those that fit too little since an answer was edited are gone instead of being asked about again."""
    why = {one.before.id: _with_edits(TOO_WEAK, one.edits) for one in weak}
    return Ageing(
        superseded={old: new for old, new in ageing.superseded.items() if old not in why},
        gone={**ageing.gone, **why},
        renewals=tuple(renewal for renewal in ageing.renewals if renewal.before.id not in why),
    )


def _with_reasons(
    matches: Mapping[str, Match], renewals: Sequence[Renewal], found: MatchingResult, known: Mapping[str, Match]
) -> dict[str, Match]:
    """The matches with reasons made from today's answers. What stands before the officer already keeps its own."""
    changes = {renewal.match.id: renewal.changes for renewal in renewals}
    return {
        identifier: replace(known[identifier], by_hand=match.by_hand)
        if identifier in known
        else reasoned(match, found.given[entries_of(match)], changes.get(identifier, ()))
        for identifier, match in matches.items()
    }


# -- matches of before ---------------------------------------------------------------------------------


def finished_matches(inputs: RunInputs, ticks: Ticks) -> frozenset[str]:
    """Matches that are introduced, unsure or turned down: they do not come up again by themselves."""
    sent = {
        record.match
        for record in inputs.state.letters.values()
        if record.kind is LetterKind.INTRODUCTION and record.match and record.state in FINISHED_STATES
        if not is_rehearsal(record.id)
    }
    return frozenset(sent | {match for match, decision in ticks.decisions.items() if is_turned_down(decision)})


def age(inputs: RunInputs, entries: Entries, ticks: Ticks, finished: Collection[str]) -> Ageing:
    """What time and edits did to the open matches among those the ledger knows."""
    superseded = dict(inputs.state.superseded)
    gone = {match: why for match, why in inputs.state.withdrawn.items() if match not in superseded}
    renewals: list[Renewal] = []
    known = inputs.state.matches
    closed = entries.plan.closed
    titles = Titles.of(inputs.form, inputs.settings.form.columns)

    for match in known.values():
        if match.id in superseded or match.id in gone or match.id in finished:
            continue
        now = renewed(match, entries.sources, inputs.today, {*known, *ticks.review.over})
        if isinstance(now, str):
            reasons = [
                f"{party.organisation}: {closed[party.entry].rstrip('.')}"
                for party in match.parties
                if party.entry in closed
            ]
            gone[match.id] = reasons[0] if reasons else now
            continue
        why_not = lapsed(now, entries.sources, partial(_broken_rule, inputs, entries))
        if now.id == match.id:
            if why_not is not None:
                gone[match.id] = why_not
            continue
        seen = last_seen(match, inputs.state, ticks.review.standing_rows)
        edits = what_changed(seen.parties, now.parties, titles)
        if why_not is not None:
            gone[match.id] = _with_edits(why_not, edits)
        else:
            superseded[match.id] = now.id
            now = replace(now, warnings=(f"an answer has changed since {seen.id}", *now.warnings))
            renewals.append(Renewal(before=match, match=now, seen=seen, edits=edits))
    return Ageing(superseded=superseded, gone=gone, renewals=tuple(renewals))


def _broken_rule(inputs: RunInputs, entries: Entries, match: Match) -> str | None:
    joining = match.joining
    return feasible(
        entries.sources[match.sending.entry].entry,
        entries.sources[match.receiving.entry].entry,
        entries.sources[joining.entry].entry if joining else None,
        today=inputs.today,
    )


def _with_edits(why: str, edits: Sequence[Edit]) -> str:
    """Why a match can be no longer, and which edits made it so, where there were any."""
    return f"{why}. {shortened(in_one_line(edits), CHANGES_LIMIT)}" if edits else why


def withdrawn_before(
    match: Match, gone: Collection[str], inputs: RunInputs, rows: Collection[str]
) -> tuple[Renewal, ...]:
    """The withdrawn matches (`gone`) that this one asks again: of the same answers, or of the same content.

    All of them with the same new match, which says what is different from the last of them. `rows`: see `last_seen`.
    """
    state = inputs.state
    content = match_id(match.parties)
    before = [
        state.matches[one]
        for one in gone
        if one in state.matches
        and one != match.id
        and (entries_of(state.matches[one]) == entries_of(match) or match_id(state.matches[one].parties) == content)
    ]
    if not before:
        return ()
    last = max(before, key=lambda one: (one.proposed_on or date.min, one.generation))
    seen = last_seen(last, state, rows)
    edits = what_changed(seen.parties, match.parties, Titles.of(inputs.form, inputs.settings.form.columns))
    now = replace(match, warnings=(f"{seen.id} was withdrawn; the two fit again", *match.warnings))
    return tuple(Renewal(before=one, match=now, seen=seen, edits=edits) for one in before)


def last_seen(match: Match, state: LedgerState, rows: Collection[str]) -> Match:
    """The last of the match and those it took the place of that has a row in the review tab; else the match itself.

    A run that ended before it wrote, or a row somebody deleted, leaves the officer with an older one.
    """
    earlier = {new: old for old, new in state.superseded.items() if new}
    found = match.id
    while found not in rows:
        if found not in earlier or earlier[found] not in state.matches:
            return match
        found = earlier[found]
    return state.matches[found]


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


def candidates(
    inputs: RunInputs,
    entries: Entries,
    turned_down: Sequence[Match],
    settings: MatchingSettings,
    given: Collection[tuple[str, ...]],
    *,
    left_alone: Mapping[str, date],
    proposed: Collection[str] = (),
    introduced: Collection[str] = (),
) -> MatchingResult:
    """What matching finds for the open entries, without those who met in this round or were turned down.

    `given` are entries of matches that are put before the officer in any case. Entries that stand in a proposal or
    were introduced to somebody wait for nobody. `left_alone`: organisation -> until when nobody is proposed to it.
    """
    since = inputs.round_started
    meetings = canonical_meetings(inputs.state.meetings, lambda one: canonical(one, entries.memory))
    barred = set(barred_pairs(meetings, since))
    past = past_pairs(inputs.past, entries.organisations)
    barred |= {pair for pair, ended in past.items() if ended is not None and ended >= since.date()}
    barred |= {frozenset(organisation_ids(match, entries.sources)) for match in turned_down if match.joining is None}
    return propose(
        [
            replace(source.entry, left_alone_until=left_alone.get(source.entry.organisation_id))
            for source in entries.sources.values()
        ],
        organisations=entries.organisations,
        barred=barred,
        past=frozenset(past),
        given=given,
        proposed=proposed,
        introduced=introduced,
        settings=settings,
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
    """Requests that have just been introduced to somebody: no alternates until that came to nothing."""
    return frozenset(match.sending.entry for match in under_way(inputs, noted_exchanges))


def under_way(inputs: RunInputs, noted_exchanges: Iterable[NotedExchange]) -> tuple[Match, ...]:
    """The matches that were introduced and did not come to nothing.

    An introduction came to nothing when the officer noted so, when the letter bounced, or when nothing was heard for
    twice the time after which both sides are reminded.
    """
    weeks = 2 * (inputs.settings.follow_up.reminder_weeks or LONGEST_SILENCE_WEEKS // 2)
    notes = tuple(noted_exchanges)
    dead = {exchange.match for exchange in notes if exchange.will_not_happen}
    noted = {exchange.match for exchange in notes if exchange.is_noted}
    return tuple(
        inputs.state.matches[match]
        for match, letter in introductions_sent(inputs.state.letters).items()
        if match in inputs.state.matches
        and match not in dead
        and not letter.bounced
        and (match in noted or letter.since > inputs.now - timedelta(weeks=weeks))
    )


def introduced_entries(inputs: RunInputs, noted_exchanges: Iterable[NotedExchange]) -> frozenset[str]:
    """Entries that were introduced to somebody, or may have been: for them nobody is missing at present."""
    introduced = {
        party.entry
        for match in under_way(inputs, noted_exchanges)
        for party in match.parties
        # A request is answered by its exchange for good; a host can receive others in the next round.
        if party.side is not Side.RECEIVING
        or inputs.state.letters[introduction_id(match.id)].since >= inputs.round_started
    }
    unsure = (
        inputs.state.matches[record.match]
        for record in inputs.state.letters.values()
        if record.kind is LetterKind.INTRODUCTION
        and record.state in FINISHED_STATES - {LetterState.SENT}
        and not is_rehearsal(record.id)
        and record.match is not None
        and record.match in inputs.state.matches
    )
    return _parties(unsure) | introduced


def in_an_exchange(inputs: RunInputs, entries: Entries, noted_exchanges: Sequence[NotedExchange]) -> frozenset[str]:
    """Entries of organisations that were introduced and have not finished: they have other things to answer.

    An organisation is known again by its address or its name.
    """
    finished = {exchange.match for exchange in noted_exchanges if exchange.took_place}
    parties = [
        party for match in under_way(inputs, noted_exchanges) if match.id not in finished for party in match.parties
    ]
    addresses = {canonical_address(party.email) for party in parties}
    names = {fold(party.organisation) for party in parties}
    return frozenset(
        identifier
        for identifier, response in entries.answers.items()
        if canonical_address(response.email) in addresses or fold(response.name) in names
    )


class _Choice:
    """Which candidates to put before the officer, given what already stands there."""

    def __init__(
        self, inputs: RunInputs, entries: Entries, ticks: Ticks, turned_down: Sequence[Match], ageing: Ageing
    ) -> None:
        self.inputs = inputs
        self.entries = entries
        self.sources = entries.sources
        self.busy = busy_requests(inputs, ticks.exchanges)
        self.turned_down = turned_down
        self.ageing = ageing
        self.spent = ageing.over | ticks.review.over
        self.rows = ticks.review.standing_rows
        self.asked_again: list[Renewal] = []
        """Of what was withdrawn before and is among the choice."""

    def of(self, found: Sequence[Candidate], first: Sequence[Match], closed: Collection[str]) -> tuple[Match, ...]:
        """Successors and wishes (`first`) in any case, then the best candidates in turn, as far as there is room."""
        options = self.inputs.settings.matching
        known = self.inputs.state.matches
        fresh = {match.id: match for match in first}
        open_now = [match for match in (*known.values(), *fresh.values()) if match.id not in closed]
        together = {entries_of(match) for match in open_now}
        pairs = {frozenset(organisation_ids(match, self.sources)) for match in (*open_now, *self.turned_down)}
        per_request = Counter(match.sending.entry for match in open_now)
        room = options.open_proposals - len(open_now)
        for candidate in self._in_turn(found):
            if room <= 0:
                break
            if candidate.sending in self.busy or per_request[candidate.sending] >= options.proposals_per_request:
                continue
            match = to_match(candidate, self.sources, self.inputs.today, spent=self.spent)
            organisations = frozenset(organisation_ids(match, self.sources))
            if match.id in known or entries_of(match) in together or organisations in pairs:
                continue
            # What the next run would withdraw is not proposed: it would come again and again.
            if lapsed(match, self.sources, partial(_broken_rule, self.inputs, self.entries)) is not None:
                continue
            if again := withdrawn_before(match, self.ageing.gone, self.inputs, self.rows):
                self.asked_again += again
                match = reasoned(again[0].match, candidate, again[0].changes)
            fresh[match.id] = match
            together.add(entries_of(match))
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
) -> tuple[tuple[Match, ...], tuple[Renewal, ...]]:
    """The matches that lines of `By hand` ask for and nobody has proposed by hand yet.

    And what was withdrawn before of which they ask again.
    """
    renewals = (renewal.match for renewal in ageing.renewals)
    alive = [match for match in (*inputs.state.matches.values(), *renewals) if match.id not in ageing.over]
    spent = ageing.over | ticks.review.over
    wishes = by_hand.wishes(ticks.by_hand.lines, alive, finished, entries.sources, today=inputs.today, spent=spent)
    again = {
        wish.id: found
        for wish in wishes
        if wish.id not in inputs.state.matches
        if (found := withdrawn_before(wish, ageing.gone, inputs, ticks.review.standing_rows))
    }
    return (
        tuple(again[wish.id][0].match if wish.id in again else wish for wish in wishes),
        tuple(renewal for found in again.values() for renewal in found),
    )


def _parties(matches: Iterable[Match]) -> frozenset[str]:
    return frozenset(entry for match in matches for entry in entries_of(match))


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
    expired = to_confirm(entries, in_an_exchange(inputs, entries, ticks.exchanges))
    found = _keyed((*_missing_tabs(inputs), *entries.problems, *expired, *ticks.problems))
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
