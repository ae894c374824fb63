"""Which doubtful pairs are worth a person's time.

One question per pair of clusters at most (its best pair), and not each of those: when A with B and B with C
are asked, A with C adds only what those two answers leave open.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.blocking import Pairs

SMALL_LIST = 300
"""Below this many records a person settles all doubts in minutes, so doubtful pairs are asked more freely."""
MOST_GENEROUS = 0.25


def worth_asking(review: float, count: int) -> float:
    """The expected gain a question must have in a list of so many records."""
    return review * max(MOST_GENEROUS, min(1.0, count / SMALL_LIST))


class _Doubt(NamedTuple):
    chance: float
    one: int
    other: int
    pair: int


def choose(
    pairs: Pairs,
    probability: NDArray[np.float64],
    cluster: Sequence[int],
    settled: Iterable[tuple[int, int]],
    threshold: float,
) -> list[int]:
    """Positions in `pairs` of the questions to ask, best first. `cluster` is each row's cluster.

    `settled` are pairs of rows people have answered: their clusters are not asked about again.
    """
    label = np.asarray(cluster)
    closed = {_key(int(label[one]), int(label[other])) for one, other in settled}
    asked: dict[int, dict[int, float]] = {}
    chosen: list[int] = []
    for doubt in _doubts(pairs, probability, label, threshold):
        if _key(doubt.one, doubt.other) in closed:
            continue
        if doubt.chance * (1.0 - _already_known(asked, doubt.one, doubt.other)) < threshold:
            continue
        chosen.append(doubt.pair)
        asked.setdefault(doubt.one, {})[doubt.other] = doubt.chance
        asked.setdefault(doubt.other, {})[doubt.one] = doubt.chance
    return chosen


def _key(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _doubts(pairs: Pairs, probability: NDArray[np.float64], label: NDArray[np.int_], threshold: float) -> list[_Doubt]:
    """The best pair between any two clusters, with the chance that the clusters are one."""
    across = np.flatnonzero((label[pairs.left] != label[pairs.right]) & (probability >= threshold * threshold))
    one, other = label[pairs.left[across]], label[pairs.right[across]]
    low, high = np.minimum(one, other), np.maximum(one, other)
    chance = probability[across]
    order = np.lexsort((-chance, high, low))
    low, high, chance, across = low[order], high[order], chance[order], across[order]
    if not len(low):
        return []
    first = np.flatnonzero(np.concatenate(([True], (low[1:] != low[:-1]) | (high[1:] != high[:-1]))))
    sizes = np.bincount(label)
    between = sizes[low[first]] * sizes[high[first]]
    mean = np.minimum(np.add.reduceat(chance, first) / between, 1.0)
    together = np.sqrt(chance[first] * mean)
    ranked = np.argsort(-together, kind="stable")
    ranked = ranked[together[ranked] >= threshold]
    return [
        _Doubt(float(together[row]), int(low[first[row]]), int(high[first[row]]), int(across[first[row]]))
        for row in ranked
    ]


def _already_known(asked: dict[int, dict[int, float]], one: int, other: int) -> float:
    """How surely answers to the questions chosen so far will tell: the weakest step of the best way."""
    if one not in asked or other not in asked:
        return 0.0
    queue = [(-1.0, one)]
    seen: set[int] = set()
    while queue:
        weakest, here = heapq.heappop(queue)
        if here == other:
            return -weakest
        if here in seen:
            continue
        seen.add(here)
        for there, chance in asked[here].items():
            if there not in seen:
                heapq.heappush(queue, (max(weakest, -chance), there))
    return 0.0
