"""Questions worth a person's time."""

from __future__ import annotations

import numpy as np

from pipeline.linkage.blocking import Pairs
from pipeline.linkage.questions import SMALL_LIST, choose, in_turn, rivals, worth_asking


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


# -- one after the other -------------------------------------------------------------------------------


def rival_questions(edges: dict[tuple[int, int], float], cluster: list[int]) -> set[tuple[int, int]]:
    """(question, the one that may settle it) as positions in `edges`, all of which are asked."""
    pairs = Pairs(np.array([one for one, _ in edges], np.int32), np.array([other for _, other in edges], np.int32))
    chance = np.array(list(edges.values()))
    rows = range(len(edges))
    found = rivals(pairs, chance, chance, cluster, rows, threshold=0.2, joined_from=0.8)
    return {(row, other) for row, others in found.items() for other in others}


def test_questions_about_two_clusters_each_do_not_touch_one_another() -> None:
    assert rival_questions({(0, 1): 0.5, (2, 3): 0.5}, [0, 1, 2, 3]) == set()
    assert rival_questions({(0, 1): 0.5, (0, 2): 0.5}, [0, 1, 2]) == set()


def test_what_would_be_joined_once_another_is_answered_waits_for_it() -> None:
    edges = {(0, 1): 0.75, (0, 2): 0.75, (1, 2): 0.95}
    assert (1, 0) in rival_questions(edges, [0, 1, 2])
    assert (0, 1) in rival_questions(edges, [0, 1, 2])


def test_what_would_be_too_little_in_doubt_to_be_asked_then_waits_too() -> None:
    assert rival_questions({(0, 1): 0.7, (0, 2): 0.25}, [0, 1, 2]) == {(1, 0)}


def test_three_in_doubt_with_one_another_are_two_questions_and_later_perhaps_a_third() -> None:
    triangle = {"ab": ("a", "b"), "bc": ("b", "c"), "ac": ("a", "c"), "xy": ("x", "y")}
    assert in_turn(triangle, {}) == {"ab", "bc", "xy"}
    assert in_turn({"ac": ("a", "c")}, {}) == {"ac"}


def test_a_question_waits_for_its_rivals() -> None:
    star = {"ab": ("a", "b"), "ac": ("a", "c"), "ad": ("a", "d")}
    assert in_turn(star, {"ac": {"ab"}}) == {"ab", "ad"}
    assert in_turn(star, {"ab": {"ac"}}) == {"ab", "ac", "ad"}


def test_what_stands_in_the_tab_stays_and_goes_first() -> None:
    triangle = {"ab": ("a", "b"), "bc": ("b", "c"), "ac": ("a", "c")}
    assert in_turn(triangle, {}, standing=["ac"]) == {"ac", "ab"}
    assert in_turn(triangle, {}, standing=["ab", "bc", "ac"]) == {"ab", "bc", "ac"}
