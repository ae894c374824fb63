"""Forged approvals, pretenders, floods, damaged settings and huge cells: nothing leaves that nobody approved."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest


def test_forged_and_spoilt_approvals(scenarios: ModuleType, tmp_path: Path) -> None:
    assert scenarios.tampering(tmp_path / "w") == {}


def test_pretenders(scenarios: ModuleType, tmp_path: Path) -> None:
    assert scenarios.pretenders(tmp_path / "w") == {}


@pytest.mark.parametrize("number", [40])
def test_a_flood_in_the_name_of_one_address(scenarios: ModuleType, tmp_path: Path, number: int) -> None:
    faults = scenarios.flood_of_one_address(tmp_path / "w", number)
    assert not [one for found in faults.values() for one in found if not one.startswith("TIME")]


@pytest.mark.parametrize("number", [60])
def test_a_flood_for_one_organisation(scenarios: ModuleType, tmp_path: Path, number: int) -> None:
    faults = scenarios.flood_for_one_organisation(tmp_path / "w", number)
    assert not [one for found in faults.values() for one in found if not one.startswith("TIME")]


def test_good_rows_among_cells_of_50_000_characters(scenarios: ModuleType, tmp_path: Path) -> None:
    faults, _ = scenarios.cells_of_50_000(tmp_path / "w", 45, good=3)
    assert faults == []
