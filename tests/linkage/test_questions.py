"""Questions worth a person's time."""

from __future__ import annotations

import numpy as np

from pipeline.linkage.blocking import Pairs
from pipeline.linkage.questions import SMALL_LIST, choose, worth_asking


def asked(
    edges: dict[tuple[int, int], float],
    cluster: list[int],
    threshold: float = 0.2,
    settled: tuple[tuple[int, int], ...] = (),
) -> set[tuple[int, int]]:
    pairs = Pairs(np.array([one for one, _ in edges], np.int32), np.array([other for _, other in edges], np.int32))
    chosen = choose(pairs, np.array(list(edges.values())), cluster, settled, threshold)
    return {(int(pairs.left[row]), int(pairs.right[row])) for row in chosen}


def test_one_question_for_two_clusters_the_best_pair() -> None:
    edges = {(0, 2): 0.5, (0, 3): 0.6, (1, 2): 0.7, (1, 3): 0.4}
    assert asked(edges, [0, 0, 2, 2]) == {(1, 2)}


def test_what_two_answers_will_tell_is_not_asked() -> None:
    assert asked({(0, 1): 0.8, (1, 2): 0.8, (0, 2): 0.3}, [0, 1, 2]) == {(0, 1), (1, 2)}


def test_what_two_answers_may_leave_open_is_asked() -> None:
    assert asked({(0, 1): 0.3, (1, 2): 0.3, (0, 2): 0.3}, [0, 1, 2]) == {(0, 1), (1, 2), (0, 2)}


def test_clusters_about_which_a_person_spoke_are_left_alone() -> None:
    assert asked({(0, 2): 0.5, (1, 3): 0.6}, [0, 0, 2, 2], settled=((0, 2),)) == set()


def test_pairs_inside_a_cluster_and_hopeless_ones_are_not_asked() -> None:
    assert asked({(0, 1): 0.9, (1, 2): 0.05}, [0, 0, 2]) == set()


def test_a_short_list_is_asked_about_more_freely() -> None:
    assert worth_asking(0.2, 30) < worth_asking(0.2, SMALL_LIST) == worth_asking(0.2, 10**6)
