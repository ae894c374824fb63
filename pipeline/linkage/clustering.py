"""Pairs -> organisations, by average linkage: a record joins a cluster it resembles as a whole.

Following links one by one would chain strangers together through one bad pair; here two clusters join
while the mean probability over all pairs between them is high enough. What may never be one is kept apart
however similar: two different OIDs, and whatever a person called different.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NEVER_COMPARED = 0.02
"""The probability of a pair that shares no key at all."""
LEAST = 0.04
"""Pairs less probable than this count as never compared: most pairs are, and they decide nothing."""
FORBIDDEN = -1e9


class Merge(NamedTuple):
    """Two clusters, named by a member each, become one; `score` is the mean probability between them."""

    score: float
    one: int
    other: int


class Forest:
    """Which of `count` items hang together (union-find with path halving); a tree's root is its smallest item."""

    def __init__(self, count: int) -> None:
        self.parent = list(range(count))

    def find(self, item: int) -> int:
        """The root of the item's tree."""
        parent = self.parent
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    def join(self, one: int, other: int) -> int:
        """Make one tree of two; returns its root."""
        one, other = self.find(one), self.find(other)
        low, high = (one, other) if one < other else (other, one)
        self.parent[high] = low
        return low


def groups(count: int, links: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` items the smallest item it is connected with."""
    forest = Forest(count)
    for one, other in links:
        forest.join(one, other)
    return [forest.find(item) for item in range(count)]


def merges(
    count: int,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    probability: NDArray[np.float64],
    *,
    floor: float,
    same: Sequence[tuple[int, int]] = (),
    apart: Sequence[tuple[int, int]] = (),
    ruled_out: Sequence[tuple[int, int]] = (),
    oid: Sequence[int] = (),
) -> list[Merge]:
    """All merges worth at least `floor`, best first. What people call the `same` comes first, with score 1.

    Pairs people keep `apart`, pairs a rule has `ruled_out` and records with two different non-zero `oid`
    never end in one cluster, not even through others. A person's word stands above a rule; where people
    contradict one another (A is B, B is C, A is not C) the later `same` gives way.
    """
    likely = probability >= floor
    edges = zip(left[likely].tolist(), right[likely].tolist(), strict=True)
    component = np.array(groups(count, (*same, *edges)), np.int64)
    # two clusters join only across at least one pair worth the floor, so nothing outside a component matters
    made: list[Merge] = []
    state = _State(count, oid)
    state.forbid(apart)
    for one, other in same:
        if state.forest.find(one) != state.forest.find(other) and not state.forbidden(one, other):
            made.append(Merge(1.0, one, other))
            state.join(state.forest.find(one), state.forest.find(other))
    state.forbid(pair for pair in ruled_out if component[pair[0]] == component[pair[1]])
    useful = (probability > LEAST) & (component[left] == component[right])
    state.load(left[useful].tolist(), right[useful].tolist(), probability[useful].tolist())
    state.run(floor, made)
    return made


class _State:
    def __init__(self, count: int, oid: Sequence[int]) -> None:
        self.forest = Forest(count)
        self.size: dict[int, int] = {}
        self.between: dict[int, dict[int, list[float]]] = {}
        self.oid = {row: number for row, number in enumerate(oid) if number}

    def forbid(self, apart: Iterable[tuple[int, int]]) -> None:
        find = self.forest.find
        for one, other in apart:
            one, other = find(one), find(other)  # noqa: PLW2901 - clusters joined beforehand count as one
            if one != other:
                self._row(one)[other] = [FORBIDDEN, 1]
                self._row(other)[one] = [FORBIDDEN, 1]

    def _row(self, item: int) -> dict[int, list[float]]:
        return self.between.setdefault(item, {})

    def forbidden(self, one: int, other: int) -> bool:
        known = self.between.get(self.forest.find(one), {}).get(self.forest.find(other))
        return known is not None and known[0] <= FORBIDDEN / 2

    def allowed(self, one: int, other: int) -> bool:
        oid_one, oid_other = self.oid.get(self.forest.find(one)), self.oid.get(self.forest.find(other))
        if oid_one and oid_other and oid_one != oid_other:
            return False
        return not self.forbidden(one, other)

    def load(self, left: Sequence[int], right: Sequence[int], probability: Sequence[float]) -> None:
        find = self.forest.find
        for one, other, chance in zip(left, right, probability, strict=True):
            one, other = find(one), find(other)  # noqa: PLW2901 - clusters joined beforehand count as one
            if one == other:
                continue
            row = self._row(one)
            known = row.get(other)
            if known is None:
                row[other] = [chance, 1]
                self._row(other)[one] = [chance, 1]
            else:
                known[0] += chance
                known[1] += 1
                back = self._row(other)[one]
                back[0] += chance
                back[1] += 1

    def score(self, one: int, other: int) -> float:
        total, count = self.between[one][other]
        pairs = self.size.get(one, 1) * self.size.get(other, 1)
        return (total + NEVER_COMPARED * (pairs - count)) / pairs

    def join(self, one: int, other: int) -> int:
        kept = self.forest.join(one, other)
        gone = other if kept == one else one
        self.size[kept] = self.size.get(one, 1) + self.size.get(other, 1)
        if gone in self.oid:
            self.oid.setdefault(kept, self.oid[gone])
        mine = self._row(kept)
        mine.pop(gone, None)
        for neighbour, (total, count) in self.between.pop(gone, {}).items():
            if neighbour == kept:
                continue
            back = self.between[neighbour]
            del back[gone]
            known = mine.get(neighbour)
            if known is None:
                mine[neighbour] = [total, count]
                back[kept] = [total, count]
            else:
                known[0] += total
                known[1] += count
                back[kept] = [known[0], known[1]]
        return kept

    def run(self, floor: float, made: list[Merge]) -> None:
        heap = [
            (-score, one, other)
            for one, row in self.between.items()
            for other in row
            if one < other and (score := self.score(one, other)) >= floor
        ]
        heapq.heapify(heap)
        while heap:
            negative, one, other = heapq.heappop(heap)
            if other not in self.between.get(one, ()) or -negative != self.score(one, other):
                continue
            if not self.allowed(one, other):
                continue
            made.append(Merge(-negative, one, other))
            kept = self.join(one, other)
            for neighbour in self.between[kept]:
                score = self.score(kept, neighbour)
                if score >= floor:
                    low, high = (kept, neighbour) if kept < neighbour else (neighbour, kept)
                    heapq.heappush(heap, (-score, low, high))


def labels(count: int, made: Iterable[Merge], threshold: float) -> list[int]:
    """The clusters once every merge worth at least `threshold` is done: each record's smallest fellow."""
    return groups(count, ((merge.one, merge.other) for merge in made if merge.score >= threshold))
