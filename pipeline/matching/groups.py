"""Groups of three: somebody who hosts, somebody who travels, and a third who joins the visit."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.matching.eligibility import (
    BrokenRule,
    broken_rules,
    day_in_words,
    days_needed,
    nation,
    same_organisation,
)
from pipeline.matching.features import Pool, cosines
from pipeline.matching.ranking import Ranking
from pipeline.model import Entry, Role

HOSTS_LOOKED_AT = 15
THIRDS_LOOKED_AT = 12
AFFINITY_FLOOR = 0.4
"""A third with another subject still counts this much: joining a visit asks for less than paying one."""


@dataclass(frozen=True, slots=True)
class Group:
    """Positions of the three, and how well they go together."""

    guest: int
    host: int
    third: int
    score: float
    weakest: float
    """The lower of the probabilities that the guest fits the host, and that the third does."""


def may_join(entry: Entry) -> bool:
    """Whether the entry said it would join others, or host or join."""
    return entry.role is not Role.HOST and (entry.group_wanted or entry.role is Role.EITHER)


def find_groups(
    pool: Pool,
    ranking: Mapping[int, Ranking],
    *,
    per_request: int,
    today: date | None,
    barred: Collection[frozenset[str]] = (),
    avoided: Collection[frozenset[str]] = (),
) -> dict[int, list[Group]]:
    """The best groups of every request that is open to a third, best first."""
    entries = pool.entries
    joiners: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for third, ranked in ranking.items():
        if may_join(entries[third]):
            for host, score in zip(ranked.hosts, ranked.scores, strict=True):
                joiners[int(host)].append((third, float(score)))
    for host, thirds in joiners.items():
        joiners[host] = sorted(thirds, key=lambda third: (-round(third[1], 6), third[0]))[:THIRDS_LOOKED_AT]
    found: dict[int, list[Group]] = {}
    for guest, ranked in ranking.items():
        if not entries[guest].group_wanted or entries[guest].role is Role.HOST:
            continue
        possible = [
            (int(host), third, float(score), joining_score)
            for host, score in zip(ranked.hosts[:HOSTS_LOOKED_AT], ranked.scores[:HOSTS_LOOKED_AT], strict=True)
            for third, joining_score in joiners[int(host)]
            if third not in (guest, int(host))
            and not broken_together(
                entries[guest], entries[int(host)], entries[third], today=today, barred=barred, avoided=avoided
            )
        ]
        affinity = _affinity(pool, guest, [third for _, third, *_ in possible])
        groups = [
            Group(guest, host, third, math.sqrt(ours * theirs) * near, min(ours, theirs))
            for (host, third, ours, theirs), near in zip(possible, affinity, strict=True)
        ]
        groups.sort(key=lambda g: (-round(g.score, 6), g.host, g.third))
        if groups:
            found[guest] = groups[:per_request]
    return found


def together(pool: Pool, guest: int, third: int, score: float, joining_score: float) -> float:
    """How well three go together, given how well each guest and the host do."""
    return math.sqrt(score * joining_score) * _affinity(pool, guest, [third])[0]


def once_each(entries: Sequence[Entry], found: Mapping[int, Sequence[Group]]) -> list[Group]:
    """The groups, each three once: whoever only travels leads, whoever offered to host or join joins.

    Between two alike, the guest that fits better stands for the request.
    """
    best: dict[tuple[int, frozenset[int]], Group] = {}

    def order(group: Group) -> tuple[bool, float, int]:
        return entries[group.guest].role is Role.EITHER, -group.score, group.guest

    for groups in found.values():
        for group in groups:
            three = (group.host, frozenset((group.guest, group.third)))
            if three not in best or order(group) < order(best[three]):
                best[three] = group
    return sorted(best.values(), key=lambda group: (group.guest, -group.score))


def broken_together(
    sending: Entry,
    receiving: Entry,
    joining: Entry,
    *,
    today: date | None,
    barred: Collection[frozenset[str]] = (),
    avoided: Collection[frozenset[str]] = (),
) -> tuple[BrokenRule, ...]:
    """What keeps the three apart although each guest and the host could meet; empty when nothing does."""
    rules = [
        rule
        for rule in (
            _three(sending, receiving, joining),
            _common(sending.languages, receiving.languages, joining.languages, "language"),
            _common(sending.formats, receiving.formats, joining.formats, "format"),
            _window(sending, receiving, joining, today),
            _beds(sending, receiving, joining),
        )
        if rule
    ]
    if frozenset((sending.id, joining.id)) in avoided:
        rules.append(BrokenRule(code="avoided", sentence="One of them asked us not to propose the other."))
    if frozenset((sending.organisation_id, joining.organisation_id)) in barred:
        rules.append(BrokenRule(code="barred", sentence="The two guests met, or this was declined, within this round."))
    return tuple(rules)


def all_broken(sending: Entry, receiving: Entry, joining: Entry, *, today: date | None) -> tuple[BrokenRule, ...]:
    """Every rule a group breaks: of both guests with the host, and of the three together."""
    return (
        *broken_rules(sending, receiving, today=today),
        *broken_rules(joining, receiving, today=today),
        *broken_together(sending, receiving, joining, today=today),
    )


def _three(sending: Entry, receiving: Entry, joining: Entry) -> BrokenRule | None:
    if same_organisation(sending, joining) or same_organisation(receiving, joining):
        return BrokenRule(code="same_organisation", sentence="The third is one of the other two organisations.")
    if sending.country and nation(sending.country) == nation(joining.country):
        return BrokenRule(code="same_country", sentence="Both guests come from the same country.")
    return None


def _common(*lists: Sequence[str] | str) -> BrokenRule | None:
    *answers, what = lists
    stated = [set(answer) for answer in answers if answer]
    if stated and not set.intersection(*stated):
        return BrokenRule(code=str(what), sentence=f"The three have no {what} in common.")
    return None


def _window(sending: Entry, receiving: Entry, joining: Entry, today: date | None) -> BrokenRule | None:
    three = (sending, receiving, joining)
    starts = [entry.date_from for entry in three if entry.date_from]
    ends = [entry.date_to for entry in three if entry.date_to]
    if today and ends:
        starts.append(today)
    if not starts or not ends:
        return None
    needed = max(days_needed(sending), days_needed(joining) if joining.role is not Role.EITHER else 1)
    if (min(ends) - max(starts)).days + 1 >= needed:
        return None
    return BrokenRule(
        code="dates", sentence=f"The three have no {needed} days in common before {day_in_words(min(ends))}."
    )


def _beds(sending: Entry, receiving: Entry, joining: Entry) -> BrokenRule | None:
    guests = (sending.group_size or 0) + (joining.group_size or 0)
    if receiving.capacity is None or guests <= receiving.capacity:
        return None
    return BrokenRule(
        code="capacity",
        sentence=f"{guests} guests together, but the host receives at most {receiving.capacity} at once.",
    )


def _affinity(pool: Pool, guest: int, thirds: Sequence[int]) -> list[float]:
    """How near the subjects of one guest and of possible thirds are, from the floor to 1."""
    import numpy as np

    about = pool.profiles
    others = about.sides.ask[np.array(thirds, np.intp)]
    mine = about.sides.ask[np.full(len(thirds), guest, np.intp)]
    topics = np.einsum("ij,ij->i", about.profile_topics[mine], about.profile_topics[others])
    groups = np.einsum("ij,ij->i", about.profile_groups[mine], about.profile_groups[others])
    boxes = np.where(groups > 0, (topics + groups) / 2, topics)
    near = np.maximum(cosines(about.words, mine, others), boxes)
    affinity: list[float] = (AFFINITY_FLOOR + (1 - AFFINITY_FLOOR) * near).tolist()
    return affinity
