"""What speaks for and against a pair, as numbers: the features of the score.

Each feature has a name (the key in `config/matching/weights.json`), a value per pair, and a sentence in
`reasons.py`. Values lie in 0..1. Nothing here is a rule: rules are in `eligibility.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pipeline.matching.directed import Directed, directed_requests
from pipeline.matching.profile import Profiles, profiles_of
from pipeline.model import Entry, Organisation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Rows = NDArray[np.intp]

FEATURES = (
    "topics",  # share of the topics asked for that the offer has, averaged with entries that say alike
    "people",  # cosine of the target groups, averaged likewise
    "inferred_topics",  # cosine of the topics the words suggest
    "groups",  # cosine of the target groups ticked
    "groups_apart",  # 1: both named target groups and have none in common
    "words",  # cosine of the texts (words and concepts)
    "place_wanted",  # 1: the host is where the guest would like to go
    "place_missed",  # 1: the guest would like to go somewhere else
    "guest_elsewhere",  # 1: the host would rather have guests from somewhere else
    "named",  # 1: the guest asked for this host by name
    "named_other",  # 1: the guest asked for somebody else by name
    "time_to_spare",  # how easily the visit fits into the common window
    "in_return",  # 1: both would go both ways, or said so
    "met_before",  # 1: they worked together before
)


@dataclass(frozen=True, slots=True)
class Pool:
    """The entries of one call with everything worked out about each of them."""

    entries: Sequence[Entry]
    profiles: Profiles
    directed: Directed
    wishes: Floats
    """Row per entry, column per place: 1 wanted, 0 not; rows without a wish are all 0."""
    has_wish: NDArray[np.bool_]
    place: NDArray[np.intp]
    """Column of `wishes` the entry itself is in; -1 unknown."""
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    needed: NDArray[np.int32]
    both_ways: NDArray[np.int8]
    """1 would go both ways, 0 would not, -1 not stated."""
    past: frozenset[tuple[int, int]]


def read_pool(
    entries: Sequence[Entry],
    organisations: Sequence[Organisation] = (),
    past: Collection[frozenset[str]] = (),
) -> Pool:
    """Work out everything about each entry; cost is proportional to their number."""
    import numpy as np

    directed = directed_requests(entries, organisations)
    places = sorted({entry.country for entry in entries if entry.country})
    column = {place: number for number, place in enumerate(places)}
    wishes = np.zeros((len(entries), max(1, len(places))), np.float32)
    has_wish = np.zeros(len(entries), bool)
    for number, entry in enumerate(entries):
        wanted = set(entry.preferred_places) | directed.places.get(number, frozenset())
        has_wish[number] = bool(wanted)
        for place in wanted & column.keys():
            wishes[number, column[place]] = 1
    first, last = date(1990, 1, 1).toordinal(), date(2078, 1, 1).toordinal()
    return Pool(
        entries=entries,
        profiles=profiles_of(entries),
        directed=directed,
        wishes=wishes,
        has_wish=has_wish,
        place=np.array([column.get(entry.country or "", -1) for entry in entries], np.intp),
        start=np.array([e.date_from.toordinal() if e.date_from else first for e in entries], np.int32),
        end=np.array([e.date_to.toordinal() if e.date_to else last for e in entries], np.int32),
        needed=np.array([e.duration_days or 1 for e in entries], np.int32),
        both_ways=np.array([-1 if e.reciprocal is None else int(e.reciprocal) for e in entries], np.int8),
        past=_positions(entries, past),
    )


def _positions(entries: Sequence[Entry], past: Collection[frozenset[str]]) -> frozenset[tuple[int, int]]:
    """Pairs of organisation ids as ordered pairs of entry positions, both ways."""
    of_organisation: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        if entry.organisation_id:
            of_organisation.setdefault(entry.organisation_id, []).append(number)
    found = set()
    for pair in past:
        ids = sorted(pair)
        if len(ids) == 2:
            for left in of_organisation.get(ids[0], ()):
                for right in of_organisation.get(ids[1], ()):
                    found |= {(left, right), (right, left)}
    return frozenset(found)


def features_of(pool: Pool, guests: Rows, hosts: Rows) -> Floats:
    """The features of the pairs `zip(guests, hosts)`: one row a pair, one column a feature."""
    import numpy as np

    about = pool.profiles
    asks, offers = about.sides.ask[guests], about.sides.offer[hosts]
    values = np.zeros((len(guests), len(FEATURES)), np.float32)

    def put(name: str, column: Any) -> None:
        values[:, FEATURES.index(name)] = column

    for name, rows in (
        ("people", about.profile_groups),
        ("inferred_topics", about.inferred),
        ("groups", about.groups),
    ):
        put(name, np.einsum("ij,ij->i", rows[asks], rows[offers]))
    put("topics", np.einsum("ij,ij->i", about.profile_topics[asks], about.profile_offered[offers]))
    groups = about.ticked_groups
    common = np.einsum("ij,ij->i", groups[asks], groups[offers])
    stated = groups.sum(axis=1) > 0
    put("groups_apart", (common == 0) & stated[asks] & stated[offers])
    put("words", cosines(about.words, asks, offers))
    _places(pool, guests, hosts, put)
    _named(pool, guests, hosts, put)
    _terms(pool, guests, hosts, put)
    return values


def cosines(words: Any, left: Rows, right: Rows) -> Floats:
    """Row-wise dot products, in pieces that fit into memory."""
    import numpy as np

    result = np.empty(len(left), np.float32)
    step = 20_000
    for start in range(0, len(left), step):
        piece = slice(start, start + step)
        if isinstance(words, np.ndarray):
            result[piece] = np.einsum("ij,ij->i", words[left[piece]], words[right[piece]])
        else:
            result[piece] = np.asarray(words[left[piece]].multiply(words[right[piece]]).sum(axis=1)).ravel()
    return result


def _places(pool: Pool, guests: Rows, hosts: Rows, put: Any) -> None:
    import numpy as np

    def hit(asking: Rows, other: Rows) -> NDArray[np.bool_]:
        where = pool.place[other]
        found: NDArray[np.bool_] = (pool.wishes[asking, np.maximum(where, 0)] > 0) & (where >= 0)
        return found

    wanted = hit(guests, hosts)
    by_words = pool.directed.there
    asked = np.zeros(len(pool.entries), bool)
    asked[list(by_words)] = True
    missed = pool.has_wish[guests] & ~wanted
    for pair in np.nonzero(asked[guests])[0]:
        guest, host = int(guests[pair]), int(hosts[pair])
        # a town that was written is more than its country, which stands among the wishes as well
        ticked = pool.entries[host].country in pool.entries[guest].preferred_places
        wanted[pair] = host in by_words[guest] or (ticked and wanted[pair])
        missed[pair] = not wanted[pair] and guest not in pool.directed.targets
    put("place_wanted", wanted)
    put("place_missed", missed)
    put("guest_elsewhere", pool.has_wish[hosts] & ~hit(hosts, guests))


def _named(pool: Pool, guests: Rows, hosts: Rows, put: Any) -> None:
    import numpy as np

    targets, there = pool.directed.targets, pool.directed.there
    named = np.zeros(len(guests), bool)
    other = np.zeros(len(guests), bool)
    askers = np.zeros(len(pool.entries), bool)
    askers[list(targets)] = True
    for pair in np.nonzero(askers[guests])[0]:
        guest, host = int(guests[pair]), int(hosts[pair])
        named[pair] = host in targets[guest]
        other[pair] = not named[pair] and host not in there.get(guest, ())
    put("named", named)
    put("named_other", other)


def _terms(pool: Pool, guests: Rows, hosts: Rows, put: Any) -> None:
    import numpy as np

    overlap = np.minimum(pool.end[guests], pool.end[hosts]) - np.maximum(pool.start[guests], pool.start[hosts]) + 1
    spare = np.clip((overlap - pool.needed[guests]) / 30, 0, 1)
    put("time_to_spare", spare)
    put("in_return", (pool.both_ways[guests] == 1) & (pool.both_ways[hosts] == 1))
    if pool.past:
        put("met_before", [(int(g), int(h)) in pool.past for g, h in zip(guests, hosts, strict=True)])
