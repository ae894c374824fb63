"""Which doubtful pairs are worth a person's time.

One question per pair of clusters at most (its best pair), and not each of those: when A with B and B with C
are asked, A with C adds only what those two answers leave open. A list that is asked about once gets them all
(`choose`); where people are asked again and again, `rivals` and `in_turn` leave out for the time being what the answer
to another question may settle.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.blocking import Pairs
from pipeline.linkage.clustering import NEVER_COMPARED

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


# -- one after the other -------------------------------------------------------------------------------


class _Between(NamedTuple):
    """What is known of the pairs between two clusters."""

    best: float = 0.0
    asking: float = 0.0
    sure: float = 0.0
    compared: int = 0

    def __add__(self, other: object) -> _Between:
        if not isinstance(other, _Between):
            return NotImplemented
        return _Between(
            max(self.best, other.best),
            self.asking + other.asking,
            self.sure + other.sure,
            self.compared + other.compared,
        )


def rivals(
    pairs: Pairs,
    asking: NDArray[np.float64],
    sure: NDArray[np.float64],
    cluster: Sequence[int],
    chosen: Sequence[int],
    *,
    threshold: float,
    joined_from: float,
) -> dict[int, frozenset[int]]:
    """Of the `chosen` questions each with the others whose answer "same" would settle it.

    Two questions about one cluster are rivals if, once the first has made two clusters one, the second would be
    joined without asking (`joined_from` is the mean of `sure` from which it is) or be in too little doubt to be asked
    (`threshold`).
    """
    label = np.asarray(cluster)
    ends = {row: _key(int(label[pairs.left[row]]), int(label[pairs.right[row]])) for row in chosen}
    about: dict[int, list[int]] = {}
    for row, (one, other) in ends.items():
        about.setdefault(one, []).append(row)
        about.setdefault(other, []).append(row)
    between = _between(pairs, asking, sure, label, about)
    sizes = np.bincount(label)

    def settles(row: int, other: int) -> bool:
        shared = set(ends[row]) & set(ends[other])
        joined = set(ends[row])
        (third,) = set(ends[other]) - shared
        known = sum((between.get(_key(one, third), _Between()) for one in joined), _Between())
        count = int(sum(sizes[one] for one in joined) * sizes[third])
        mean = (known.sure + NEVER_COMPARED * (count - known.compared)) / count
        doubt = float(np.sqrt(known.best * min(known.asking / count, 1.0)))
        return mean >= joined_from or doubt < threshold

    found: dict[int, set[int]] = {row: set() for row in chosen}
    for rows in about.values():
        for one, other in combinations(rows, 2):
            if settles(one, other):
                found[other].add(one)
            if settles(other, one):
                found[one].add(other)
    return {row: frozenset(others) for row, others in found.items()}


def _between(
    pairs: Pairs,
    asking: NDArray[np.float64],
    sure: NDArray[np.float64],
    label: NDArray[np.int_],
    clusters: Collection[int],
) -> dict[tuple[int, int], _Between]:
    """What is known between any two of these clusters."""
    wanted = np.array(sorted(clusters), np.int64)
    one, other = label[pairs.left], label[pairs.right]
    rows = np.flatnonzero((one != other) & np.isin(one, wanted) & np.isin(other, wanted))
    found: dict[tuple[int, int], _Between] = {}
    for row in rows.tolist():
        key = _key(int(one[row]), int(other[row]))
        chance = float(asking[row])
        found[key] = found.get(key, _Between()) + _Between(chance, chance, float(sure[row]), 1)
    return found


Question = TypeVar("Question", bound=Hashable)


def in_turn(
    questions: Mapping[Question, tuple[str, str]],
    rivals: Mapping[Question, Collection[Question]],
    standing: Collection[Question] = (),
) -> frozenset[Question]:
    """Which questions to ask now, so that no answer makes another one needless; the rest if they are still open then.

    `questions` are the two organisations each is about, best first; `standing` have been asked before and stay.
    Organisations that are linked by the questions asked are not asked about once more: A with B and B with C may tell
    of A with C.
    """
    asked: set[Question] = set()
    linked: dict[str, str] = {}

    def root(one: str) -> str:
        while (above := linked.get(one, one)) != one:
            one = above
        return one

    for question in sorted(questions, key=lambda question: question not in standing):
        one, other = map(root, questions[question])
        if question not in standing and (one == other or asked.intersection(rivals.get(question, ()))):
            continue
        asked.add(question)
        linked[one] = other
    return frozenset(asked)
