"""The assignment: within capacity, and about as good as can be."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from pipeline.matching.shortlist import STEP, assign

scores = st.lists(st.lists(st.integers(0, 100), min_size=4, max_size=4), min_size=1, max_size=7)


@settings(max_examples=200)
@given(scores, st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_nobody_is_over_booked_and_the_total_is_the_best_possible(rows: list[list[int]], visits: list[int]) -> None:
    arcs = {
        guest: sorted(((host, score / 100) for host, score in enumerate(row) if score), key=lambda arc: -arc[1])
        for guest, row in enumerate(rows)
    }
    capacity = dict(enumerate(visits))
    chosen = assign(arcs, capacity)
    assert all(count <= capacity[host] for host, count in Counter(chosen.values()).items())
    columns = [host for host, count in capacity.items() for _ in range(count)]
    total = sum(rows[guest][host] / 100 for guest, host in chosen.items())
    if columns:
        values = np.array([[row[host] / 100 for host in columns] for row in rows])
        left, right = linear_sum_assignment(-values)
        assert total >= values[left, right].sum() - STEP * len(rows) - 1e-9
    else:
        assert not chosen


def test_whoever_comes_first_leaves_a_host_to_somebody_who_has_no_other() -> None:
    arcs = {1: [(10, 0.9), (11, 0.8)], 2: [(10, 0.9)]}
    visits = {10: 1, 11: 1}
    assert assign(arcs, visits) == {1: 11, 2: 10}
