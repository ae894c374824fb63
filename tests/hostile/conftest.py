"""The tools that fill a sandbox with hostile answers, for the tests beside this file."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def tool(name: str) -> ModuleType:
    sys.path.insert(0, str(TOOLS))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(TOOLS))


@pytest.fixture(scope="session")
def world() -> ModuleType:
    """`tools/hostile_world.py`: sandbox, watched commands, questions about what they left behind."""
    return tool("hostile_world")


@pytest.fixture(scope="session")
def scenarios() -> ModuleType:
    """`tools/hostile_scenarios.py`: misuse that is no single answer."""
    return tool("hostile_scenarios")
