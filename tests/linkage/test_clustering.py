"""Average linkage with vetoes, against a slow and obvious version of itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from pipeline.linkage.clustering import LEAST, NEVER_COMPARED, labels, merges

Edges = Mapping[tuple[int, int], float]


def clustered(count: int, edges: Edges, threshold: float, **rules: object) -> list[int]:
    left = np.array([one for one, _ in edges], np.int32)
    right = np.array([other for _, other in edges], np.int32)
    chance = np.array(list(edges.values()), np.float64)
    return labels(count, merges(count, left, right, chance, floor=threshold, **rules), threshold)  # type: ignore[arg-type]


def obvious(count: int, edges: Edges, threshold: float, apart: set[tuple[int, int]]) -> set[frozenset[int]]:
    """Join the two clusters with the highest mean until none reaches the threshold."""
    clusters = [frozenset([item]) for item in range(count)]

    def mean(one: frozenset[int], other: frozenset[int]) -> float:
        chances = []
        for a in one:
            for b in other:
                pair = (min(a, b), max(a, b))
                if pair in apart:
                    return -1.0
                chance = edges.get(pair, 0.0)
                chances.append(chance if chance > LEAST else NEVER_COMPARED)
        return sum(chances) / len(chances)

    while True:
        ranked = [
            (mean(one, other), i, j) for i, one in enumerate(clusters) for j, other in enumerate(clusters) if i < j
        ]
        best = max(ranked, default=(0.0, 0, 0))
        if best[0] < threshold:
            return set(clusters)
        joined = clusters[best[1]] | clusters[best[2]]
        clusters = [cluster for number, cluster in enumerate(clusters) if number not in best[1:]] + [joined]


@settings(max_examples=150)
@given(some.data())
def test_like_the_obvious_version(data: some.DataObject) -> None:
    count = data.draw(some.integers(2, 7))
    pairs = [(one, other) for one in range(count) for other in range(one + 1, count)]
    kept = data.draw(some.lists(some.sampled_from(pairs), unique=True))
    # every chance its own power of two apart, so that no two means are equal and the order is defined
    steps = data.draw(some.lists(some.integers(1, 10**6), min_size=len(kept), max_size=len(kept), unique=True))
    edges = {pair: 0.05 + 0.94 * step / 10**6 for pair, step in zip(kept, steps, strict=True)}
    apart = set(data.draw(some.lists(some.sampled_from(pairs), max_size=2, unique=True)))
    threshold = data.draw(some.sampled_from([0.3, 0.5, 0.8]))
    found = clustered(count, edges, threshold, apart=sorted(apart))
    grouped = {frozenset(row for row in range(count) if found[row] == label) for label in set(found)}
    assert grouped == obvious(count, edges, threshold, apart)


def test_one_bad_pair_does_not_chain_strangers() -> None:
    strong = {(0, 1): 0.99, (0, 2): 0.99, (1, 2): 0.99, (3, 4): 0.99, (3, 5): 0.99, (4, 5): 0.99}
    assert len(set(clustered(6, {**strong, (2, 3): 0.97}, 0.5))) == 2


def test_a_rule_yields_to_a_person_and_people_to_their_own_different() -> None:
    assert len(set(clustered(2, {(0, 1): 0.9}, 0.5, ruled_out=[(0, 1)]))) == 2
    assert len(set(clustered(2, {(0, 1): 0.1}, 0.5, ruled_out=[(0, 1)], same=[(0, 1)]))) == 1
    assert len(set(clustered(2, {(0, 1): 0.9}, 0.5, apart=[(0, 1)], same=[(0, 1)]))) == 2


def test_two_oids_stay_apart_through_a_third() -> None:
    edges = {(0, 1): 0.99, (1, 2): 0.98, (0, 2): 0.97}
    found = clustered(3, edges, 0.5, oid=[5, 0, 6])
    assert found[0] == found[1] != found[2]
