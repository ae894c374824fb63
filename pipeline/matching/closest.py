"""Why nobody fits somebody who waits: who comes closest, and what keeps the two apart, in a sentence or two."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipeline.matching.eligibility import BrokenRule, broken_rules, can_ask
from pipeline.matching.features import Pool, features_of
from pipeline.matching.ranking import BLOCK, FirstPass, Ranking, can_host
from pipeline.matching.scoring import Model
from pipeline.model import Entry, NearMiss

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.intp]

LOOKED_AT = 12
"""Hosts per request, by what is asked and offered: among them the one with the fewest broken rules comes closest."""
RULES_SHOWN = 2

NOBODY_HOSTS = "Nobody offers to host yet."
NOBODY_ASKS = "No request fits yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What is known of the pool when somebody is left waiting."""

    ranking: Mapping[int, Ranking]
    """Requests somebody could receive, by position."""
    good: Mapping[int, Sequence[tuple[int, float]]]
    """Those of them for whom somebody is good enough to be proposed: the hosts and scores, best first."""
    settled: Collection[int] = ()
    """Entries with a proposal or an introduction, by position."""
    nearly: Sequence[NearMiss] = ()
    today: date | None = None
    barred: Collection[frozenset[str]] = ()
    avoided: Collection[frozenset[str]] = ()


def why_nobody(pool: Pool, model: Model, waiting: Iterable[int], chances: Chances) -> dict[int, str]:
    """Position of each entry that waits -> why nobody fits it."""
    entries = pool.entries
    guests_of = _guests_of(chances.good)
    nearly = {miss.sending: miss for miss in sorted(chances.nearly, key=lambda miss: miss.score)}
    found: dict[int, str] = {}
    kept_apart: list[int] = []
    for number in waiting:
        if not can_ask(entries[number]):
            found[number] = _of_host(entries, number, guests_of.get(number, ()), chances)
        elif number in chances.good:
            found[number] = _taken_elsewhere(entries, [host for host, _ in chances.good[number]], chances.settled)
        elif (miss := nearly.get(entries[number].id)) is not None:
            found[number] = f"Nobody fits yet. The nearest is {_called(entries, miss.receiving)}: {miss.sentence}"
        elif number in chances.ranking:
            nearest = entries[int(chances.ranking[number].hosts[0])].organisation
            found[number] = f"Nobody comes close enough: the nearest, {nearest}, fits too little to be proposed."
        else:
            kept_apart.append(number)
    return found | _kept_apart(pool, model, kept_apart, chances)


def _called(entries: Sequence[Entry], identifier: str) -> str:
    return next(entry.organisation for entry in entries if entry.id == identifier)


def _taken_elsewhere(entries: Sequence[Entry], others: Sequence[int], settled: Collection[int]) -> str:
    """Why somebody waits whom these would fit: they have others in view, or stand beside it through another answer."""
    taken = [number for number in others if number in settled]
    if taken:
        return f"{entries[taken[0]].organisation} would fit, but is spoken for at present."
    name = entries[others[0]].organisation
    return f"{name} would fit, and is proposed to this organisation already through another answer."


def _guests_of(good: Mapping[int, Sequence[tuple[int, float]]]) -> dict[int, list[int]]:
    """Host -> the requests it is good enough for, the best first."""
    found: dict[int, list[tuple[float, int]]] = {}
    for guest, hosts in good.items():
        for host, score in hosts:
            found.setdefault(host, []).append((-round(score, 6), guest))
    return {host: [guest for _, guest in sorted(guests)] for host, guests in found.items()}


def _of_host(entries: Sequence[Entry], number: int, guests: Sequence[int], chances: Chances) -> str:
    """The request that would fit this host, or that only one rule keeps from it, if there is one."""
    if guests:
        return _taken_elsewhere(entries, guests, chances.settled)
    misses = [miss for miss in chances.nearly if miss.receiving == entries[number].id]
    if not misses:
        return NOBODY_ASKS
    best = max(misses, key=lambda miss: miss.score)
    return f"No request fits yet. The nearest is from {_called(entries, best.sending)}: {best.sentence}"


def _kept_apart(pool: Pool, model: Model, guests: Sequence[int], chances: Chances) -> dict[int, str]:
    """Requests that hard rules keep from every host: the closest host, and the rules."""
    import numpy as np

    entries = pool.entries
    hosting = np.array([number for number, entry in enumerate(entries) if can_host(entry)], np.intp)
    if not guests or not len(hosting):
        return dict.fromkeys(guests, NOBODY_HOSTS)
    first_pass = FirstPass(pool, model, hosting)
    found: dict[int, str] = {}
    for start in range(0, len(guests), BLOCK):
        rows = np.array(guests[start : start + BLOCK], np.intp)
        for guest, hosts in _nearest(pool, model, first_pass, rows, hosting).items():
            apart = [(host, _broken(entries[guest], entries[host], chances)) for host in hosts]
            apart = [(host, broken) for host, broken in apart if broken and broken[0].code != "same_organisation"]
            if not apart:
                found[guest] = NOBODY_HOSTS
                continue
            host, broken = min(apart, key=lambda pair: len(pair[1]))
            sentences = " ".join(rule.sentence for rule in broken[:RULES_SHOWN])
            found[guest] = f"Nobody fits yet. The nearest is {entries[host].organisation}: {sentences}"
    return found


def _nearest(pool: Pool, model: Model, first_pass: FirstPass, rows: Rows, hosting: Rows) -> dict[int, list[int]]:
    """Guest -> the hosts that would suit best if rules were no matter, best first."""
    import numpy as np

    where, column = first_pass.best(rows, np.ones((len(rows), len(hosting)), bool), LOOKED_AT)
    guests, hosts = rows[where], hosting[column]
    scores = np.round(model.scores(features_of(pool, guests, hosts)), 6)
    order = np.lexsort((hosts, -scores, guests))
    found: dict[int, list[int]] = {int(guest): [] for guest in rows}
    for guest, host in zip(guests[order].tolist(), hosts[order].tolist(), strict=True):
        if guest != host:
            found[guest].append(host)
    return found


def _broken(sending: Entry, receiving: Entry, chances: Chances) -> tuple[BrokenRule, ...]:
    return broken_rules(sending, receiving, today=chances.today, barred=chances.barred, avoided=chances.avoided)
