"""What the pairs around a pair say about it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.linkage.blocking import Pairs
from pipeline.linkage.context import context


def around(*pairs: tuple[int, int, float]) -> dict[str, list[float]]:
    left, right, chance = zip(*pairs, strict=True)
    count = max(right) + 1
    table = context(Pairs(np.array(left, np.int32), np.array(right, np.int32)), np.array(chance), count)
    return {name: [round(float(value), 4) for value in column] for name, column in table.items()}


def test_a_pair_by_itself_has_no_fellows() -> None:
    found = around((0, 1, 0.5))
    assert found["alone"] == [0.0]
    assert found["fellows shared"] == [0.0]
    assert found["fellows denying, more"] == [0.0]
    assert found["fellows, more"] == [0.5]
    assert found["closer to another, more"] == [-0.5]


def test_a_third_one_that_resembles_both_speaks_for_the_pair() -> None:
    found = around((0, 1, 0.5), (0, 2, 0.8), (1, 2, 0.6))
    assert found["fellows shared"][0] == pytest.approx(0.8 * 0.6)
    assert found["closest fellow shared"][0] == pytest.approx(0.6)
    assert found["fellows denying, less"][0] == pytest.approx(0.6 * 0.2)
    assert found["fellows denying, more"][0] == pytest.approx(0.8 * 0.4)


def test_a_fellow_that_knows_nothing_of_the_partner_speaks_against_it() -> None:
    found = around((0, 1, 0.5), (0, 2, 0.8))
    assert found["fellows shared"][0] == 0.0
    assert found["fellows denying, more"][0] == pytest.approx(0.8)
    assert found["fellows denying, less"][0] == 0.0
    assert found["closer to another, more"][0] == pytest.approx(0.3)


def test_a_weak_resemblance_makes_no_fellow() -> None:
    assert around((0, 1, 0.5), (0, 2, 0.14))["fellows denying, more"][0] == 0.0


def test_no_pairs_no_features() -> None:
    nothing = context(Pairs(np.zeros(0, np.int32), np.zeros(0, np.int32)), np.zeros(0), 3)
    assert all(len(column) == 0 for column in nothing.values())
