"""From a filled form to two organisations reading one letter, and never a second one."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_tick_becomes_one_letter_to_both_sides(journey: Any, sides: Any) -> None:
    journey.submit(*sides())
    first = journey.run()
    row = journey.row("Kortrijk", "Lysekil")
    assert row["Status"].startswith("Proposed")
    assert row["Approve"] is False
    assert "vocational" in row["Why"].lower()
    assert first.exit_code == 0
    assert journey.letters() == []

    journey.tick(row["Match"])
    journey.run()
    assert journey.letters() == [(row["Match"], ("office@organisation-2.example", "office@organisation-1.example"))]
    assert journey.status(row["Match"]).startswith("Introduced")

    for _ in range(2):
        again = journey.run()
        assert again.summary == ""
    assert len(journey.letters()) == 1


@pytest.mark.parametrize("value", ["TRUE", "yes", "x", "VERO", 1])
def test_only_a_tick_approves(journey: Any, sides: Any, value: Any) -> None:
    journey.submit(*sides())
    journey.run()
    row = journey.row("Kortrijk", "Lysekil")
    journey.tick(row["Match"], value=value)
    result = journey.run()
    assert journey.letters() == []
    assert "not a tick" in journey.status(row["Match"])
    assert result.exit_code == 1
