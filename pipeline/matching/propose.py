"""Who can help whom: the one call that the plan makes, and the two questions asked about single pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from pipeline.matching.closest import Chances, why_nobody
from pipeline.matching.directed import avoided_pairs
from pipeline.matching.eligibility import PARTNERSHIP, Masks, broken_rules, is_full, waiting_order
from pipeline.matching.facts import only_partners, unstated, what_keeps_apart
from pipeline.matching.features import FEATURES, Pool, features_of, read_pool
from pipeline.matching.groups import Group, all_broken, broken_together, find_groups, once_each, together
from pipeline.matching.nearly import near_misses
from pipeline.matching.outcome import FeatureRow, MatchingResult, MatchingSettings
from pipeline.matching.ranking import Progress, Ranking, rank
from pipeline.matching.reasons import explain_pair, in_own_words, kept_apart, reasons_for, ticks_everything
from pipeline.matching.scoring import Model, shipped_model
from pipeline.matching.shortlist import Arcs, assign
from pipeline.matching.unmet import invitations, unmet_demand
from pipeline.model import AskedFor, Candidate, Entry, Organisation, Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

KEPT = 40
"""Hosts per request looked at for alternates, groups and the assignment."""
_NAMED = FEATURES.index("named")


def propose(
    entries: Sequence[Entry],
    *,
    organisations: Sequence[Organisation] = (),
    barred: Collection[frozenset[str]] = (),
    past: Collection[frozenset[str]] = (),
    given: Collection[tuple[str, ...]] = (),
    proposed: Collection[str] = (),
    introduced: Collection[str] = (),
    settings: MatchingSettings | None = None,
    progress: Progress | None = None,
) -> MatchingResult:
    """Everything that could be proposed for these entries.

    `barred` are pairs of organisation ids never to be proposed (declined or introduced this round), `past`
    pairs that worked together before. `given` are parties to be judged in any case, whatever the rules say of
    them: entry ids of who travels, who hosts and perhaps who joins. Entries (ids) that are in a proposal already are
    `proposed`, those that were `introduced` to somebody ask for nobody at present: neither counts as waiting. Two
    organisations are proposed to one another once, in the better direction; an open request's primary proposal has
    rank 1. The answer does not depend on the order of the entries. Raises ConfigurationError when a word list or the
    weights are missing, and KeyError for a given id that no entry has.
    """
    chosen = settings or MatchingSettings()
    entries = sorted(entries, key=waiting_order)
    if not entries:
        return MatchingResult()
    model = shipped_model()
    avoided = avoided_pairs(entries, organisations)
    pool = read_pool(entries, organisations, past)
    masks = Masks(entries, today=chosen.today, barred=barred, avoided=avoided)
    ranking = rank(pool, masks, model, keep=KEPT, progress=progress)
    good = _good_enough(ranking, chosen)
    pairs = _pairs(pool, model, good, chosen)
    groups = _groups(
        pool,
        model,
        find_groups(
            pool, ranking, per_request=chosen.groups_per_request, today=chosen.today, barred=barred, avoided=avoided
        ),
        chosen,
    )
    candidates = (*pairs, *groups)
    nearly = near_misses(
        pool,
        model,
        ranking,
        per_request=chosen.nearly_per_request,
        today=chosen.today,
        barred=barred,
        avoided=avoided,
    )
    taken = {entry for one in candidates for entry in (one.sending, one.receiving, one.joining)}.union(proposed)
    served = {number for number, entry in enumerate(entries) if entry.id in taken}
    met = {number for number, entry in enumerate(entries) if entry.id in introduced}
    chances = Chances(
        ranking=ranking,
        good=good,
        settled=served | met,
        nearly=nearly,
        today=chosen.today,
        barred=barred,
        avoided=avoided,
    )
    why = why_nobody(pool, model, [n for n in range(len(entries)) if n not in served and n not in met], chances)
    return MatchingResult(
        candidates=candidates,
        given=_given(pool, model, {entry.id: number for number, entry in enumerate(entries)}, given, chosen, avoided),
        nearly=nearly,
        unmet=unmet_demand(entries, pool.directed, served=served, introduced=met, why=why, today=chosen.today),
        invitations=invitations(entries, pool.directed, met),
        waiting={entries[number].id: sentence for number, sentence in why.items()},
    )


def feasible(
    sending: Entry, receiving: Entry, joining: Entry | None = None, *, today: date | None = None
) -> str | None:
    """The sentence of the gravest hard rule broken, or None: for looking again at an open proposal.

    Whether a pair was declined or introduced is not asked here: the ledger knows.
    """
    avoided = avoided_pairs([entry for entry in (sending, receiving, joining) if entry])
    if joining is None:
        broken = broken_rules(sending, receiving, today=today, avoided=avoided)
    else:
        broken = all_broken(sending, receiving, joining, today=today)
        if avoided:
            broken = (*broken_rules(sending, receiving, today=today, avoided=avoided), *broken)
    return broken[0].sentence if broken else None


def explain(
    entries: Sequence[Entry],
    sending: str,
    receiving: str,
    *,
    organisations: Sequence[Organisation] = (),
    past: Collection[frozenset[str]] = (),
) -> tuple[FeatureRow, ...]:
    """Every feature of one pair (entry ids) with value, weight and sentence, the weightiest first.

    The whole pool is needed: what a word or tick says depends on who else says it. Raises KeyError for an
    id that is not in it.
    """
    import numpy as np

    entries = sorted(entries, key=waiting_order)
    position = {entry.id: number for number, entry in enumerate(entries)}
    guest, host = position[sending], position[receiving]
    pool = read_pool(entries, organisations, past)
    values = features_of(pool, np.array([guest]), np.array([host]))[0]
    return explain_pair(pool, shipped_model(), guest, host, values)


def remaining_visits(entry: Entry, unstated_means: int) -> int:
    """Visits a host can still promise this year."""
    if entry.max_visits is None:
        return unstated_means
    return 0 if is_full(entry) else entry.max_visits - entry.committed_visits


def _room(entry: Entry, settings: MatchingSettings) -> int:
    """How many primaries an entry may be the receiving side of; a project needs no visit."""
    visits = remaining_visits(entry, settings.visits_when_unstated) if entry.role is not Role.SEND else 0
    return max(visits, 1) if PARTNERSHIP in entry.formats else visits


def _good_enough(ranking: Mapping[int, Ranking], settings: MatchingSettings) -> Arcs:
    """Guest -> (host, score), weak ones left out unless asked for by name."""
    found: dict[int, list[tuple[int, float]]] = {}
    for guest, ranked in ranking.items():
        good = [
            (int(host), float(score))
            for host, score, values in zip(ranked.hosts, ranked.scores, ranked.features, strict=True)
            if settings.admits(float(score), by_name=bool(values[_NAMED]))
        ]
        if good:
            found[guest] = good
    return found


def _pairs(pool: Pool, model: Model, good: Arcs, settings: MatchingSettings) -> tuple[Candidate, ...]:
    entries = pool.entries
    chosen = sorted(_choose(entries, good, settings), key=lambda pair: (pair.guest, pair.rank))
    features = _features(pool, [(pair.guest, pair.host) for pair in chosen])
    return tuple(
        _candidate(pool, model, (pair.guest, pair.host), values, (pair.score, pair.score), pair.rank, settings)
        for pair, values in zip(chosen, features, strict=True)
    )


def _candidate(
    pool: Pool,
    model: Model,
    parties: tuple[int, ...],
    values: Floats,
    scores: tuple[float, float],
    rank: int,
    settings: MatchingSettings,
) -> Candidate:
    """Parties by position (guest, host, perhaps a third) with the reasons; `values`: features of guest and host.

    `scores`: how well they go together, and how well the host goes with the guest whom it fits less.
    """
    guest, host, *third = parties
    entries = [pool.entries[party] for party in parties]
    reasons = reasons_for(pool, model, guest, host, values, settings.today, third[0] if third else None)
    asked_for = pool.directed.asked_for(guest, host, entries[0], entries[1].country)
    by_name = asked_for is AskedFor.THIS
    return Candidate(
        sending=entries[0].id,
        receiving=entries[1].id,
        joining=entries[2].id if third else None,
        score=round(scores[0], 4),
        band=model.band(
            scores[1],
            in_own_words=in_own_words(reasons),
            by_name=by_name,
            boxes_tell=not any(map(ticks_everything, entries)),
        ),
        reasons=reasons,
        unstated=unstated(*entries, today=settings.today),
        rank=rank,
        asked_for=asked_for,
        partners=only_partners(entries[0], entries[1], settings.today),
    )


def _given(
    pool: Pool,
    model: Model,
    position: Mapping[str, int],
    given: Collection[tuple[str, ...]],
    settings: MatchingSettings,
    avoided: Collection[frozenset[str]],
) -> dict[tuple[str, ...], Candidate]:
    """How well parties somebody has chosen go together, by their entry ids, each judged for itself.

    What their answers say against it stands before the other reasons against it.
    """
    places = {ids: tuple(position[one] for one in ids) for ids in given}
    pairs = [
        pair for guest, host, *third in places.values() for pair in ((guest, host), *((one, host) for one in third))
    ]
    features = dict(zip(pairs, _features(pool, pairs), strict=True)) if pairs else {}
    found = {}
    for ids, parties in places.items():
        guest, host, *third = parties
        scores = [float(model.scores(features[one, host][None])[0]) for one in (guest, *third)]
        score = together(pool, guest, third[0], *scores) if third else scores[0]
        judged = _candidate(pool, model, parties, features[guest, host], (score, min(scores)), 1, settings)
        sides = [pool.entries[party] for party in parties]
        three = broken_together(sides[0], sides[1], sides[2], today=settings.today, avoided=avoided) if third else ()
        apart = kept_apart(what_keeps_apart(*sides, today=settings.today, avoided=avoided, together=three))
        found[ids] = replace(judged, reasons=(*apart, *judged.reasons))
    return found


class _Chosen(NamedTuple):
    """A pair to propose: positions, and which proposal of the guest's it is."""

    guest: int
    host: int
    score: float
    rank: int


def _choose(entries: Sequence[Entry], good: Arcs, settings: MatchingSettings) -> list[_Chosen]:
    """The primaries, then alternates in turns, as far as hosts may be exposed and organisations not met twice."""
    visits = {number: _room(entry, settings) for number, entry in enumerate(entries)}
    primary = assign(good, visits)
    exposure: dict[int, int] = defaultdict(int)
    met: set[tuple[str, str]] = set()
    chosen: list[_Chosen] = []
    taken: dict[int, int] = defaultdict(int)
    has_first: set[int] = set()

    def take(guest: int, host: int, score: float) -> None:
        meeting = _meeting(entries[guest], entries[host])
        if meeting in met or exposure[host] >= settings.exposure * max(1, visits[host]):
            return
        met.add(meeting)
        exposure[host] += 1
        taken[guest] += 1
        if primary.get(guest) == host:
            has_first.add(guest)
        # a request that lost its primary to the same two organisations the other way round has alternates only
        chosen.append(_Chosen(guest, host, score, taken[guest] + (guest not in has_first)))

    firsts = [
        (guest, host, score) for guest, hosts in good.items() for host, score in hosts if primary.get(guest) == host
    ]
    for guest, host, score in sorted(firsts, key=lambda first: (-first[2], first[0], first[1])):
        take(guest, host, score)
    for turn in range(KEPT):
        for guest, hosts in good.items():
            if turn < len(hosts) and taken[guest] < settings.per_request and primary.get(guest) != hosts[turn][0]:
                take(guest, *hosts[turn])
    return chosen


def _groups(
    pool: Pool, model: Model, found: Mapping[int, Sequence[Group]], settings: MatchingSettings
) -> tuple[Candidate, ...]:
    entries = pool.entries
    best: list[tuple[int, Group]] = []
    for group in once_each(entries, found):
        if settings.admits(group.score, by_name=False):
            best.append((1 + sum(other.guest == group.guest for _, other in best), group))
    features = _features(pool, [(group.guest, group.host) for _, group in best])
    return tuple(
        _candidate(
            pool, model, (group.guest, group.host, group.third), values, (group.score, group.weakest), place, settings
        )
        for (place, group), values in zip(best, features, strict=True)
    )


def _features(pool: Pool, pairs: Sequence[tuple[int, int]]) -> Floats:
    import numpy as np

    guests = np.array([guest for guest, _ in pairs], np.intp)
    hosts = np.array([host for _, host in pairs], np.intp)
    return features_of(pool, guests, hosts)


def _meeting(left: Entry, right: Entry) -> tuple[str, str]:
    """The two organisations, whichever way round."""
    names = sorted(entry.organisation_id or entry.email_domain or entry.id for entry in (left, right))
    return names[0], names[1]
