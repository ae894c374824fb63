"""`make bench` tells by its exit code whether everything was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import PARTS, TOOLS, Part, main


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    for name, code in (("good", 0), ("poor", 1), ("lacking", 2)):
        text = f"import sys; print('{name}', *sys.argv[1:], flush=True); sys.exit({code})"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


def parts(*names: str) -> list[Part]:
    return [Part(name, f"{name}.py", ("--short",)) for name in names]


@pytest.mark.parametrize(
    ("names", "code", "said"),
    [
        (["good"], 0, []),
        (["good", "poor"], 1, ["did not reach its mark: poor.py"]),
        (["lacking", "good"], 1, ["Not measured, something is missing (see there): lacking.py"]),
        (["gone"], 1, ["Not measured"]),
    ],
)
def test_it_ends_well_only_when_every_part_did(
    tools: Path, capfd: pytest.CaptureFixture[str], names: list[str], code: int, said: list[str]
) -> None:
    assert main([], quick=False, parts=parts(*names), tools=tools) == code
    out = capfd.readouterr().out
    assert all(line in out for line in said)
    assert "--short" not in out


def test_quick_shortens_every_part(tools: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["good"], quick=True, parts=parts("good", "poor"), tools=tools) == 0
    assert "good --short" in capfd.readouterr().out
    assert all(part.quick for part in PARTS)


def test_a_name_that_is_no_part_measures_nothing_and_says_so(tools: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["god"], quick=False, parts=parts("good"), tools=tools) == 2
    assert "There are: good." in capfd.readouterr().out


def test_every_part_is_there() -> None:
    assert all((TOOLS / part.script).is_file() for part in PARTS)
