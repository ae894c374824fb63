"""The tests mirror the tree: `pipeline/a/b.py` is tested by `tests/a/test_b.py`, or stands below with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ELSEWHERE = {
    "pipeline/__main__.py": ("tests/test_cli.py", "calls the command line and nothing else"),
    "pipeline/ports.py": ("tests/adapters", "protocols: one contract suite for each, passed by every adapter"),
    "pipeline/linkage/records.py": (
        "tests/linkage/test_engine.py",
        "what linkage is given and answers, without behaviour",
    ),
    "pipeline/adapters/ledger": (
        "tests/adapters/ledger/test_ledger_contract.py",
        "one ledger in several files, in a database and in memory: both pass its contract",
    ),
    "pipeline/adapters/mail/memory.py": ("tests/adapters/mail/test_mailer_contract.py", "passes the mailer's contract"),
    "pipeline/adapters/mail/smtp_login.py": ("tests/adapters/mail/test_mail_faults.py", "spoken to over a socket"),
    "pipeline/adapters/mail/smtp_wire.py": ("tests/adapters/mail/test_mail_faults.py", "spoken to over a socket"),
    "pipeline/adapters/sheets/memory.py": (
        "tests/adapters/sheets/test_spreadsheet_contract.py",
        "passes the spreadsheet's contract",
    ),
    "pipeline/adapters/sheets/spreadsheet.py": (
        "tests/adapters/sheets/test_spreadsheet_contract.py",
        "passes the spreadsheet's contract, and bears the faults of test_faults.py",
    ),
    "pipeline/adapters/sheets/setup.py": ("tests/adapters/sheets/test_layout.py", "makes what the layout says"),
    "pipeline/commands": ("tests/test_commands.py", "each command is run as its user runs it, against the sandbox"),
    "pipeline/sandbox": ("tests/sandbox", "a product of its own, tested at its doors: HTTP, SMTP, its pages and files"),
}
"""Module or folder -> where it is tested, and why there."""


def test_path(module: str) -> str:
    """Where the tests of a module belong."""
    path = Path(module)
    return str(Path("tests", *path.parts[1:-1], f"test_{path.name}"))


test_path.__test__ = False  # type: ignore[attr-defined]


def modules() -> list[str]:
    """Every module that holds code of its own; what a package's `__init__` offers is tested where it is written."""
    return sorted(
        str(path.relative_to(ROOT)) for path in (ROOT / "pipeline").rglob("*.py") if path.name != "__init__.py"
    )


def excuse(module: str) -> tuple[str, str] | None:
    """Where a module is tested instead, and why."""
    return next((said for name, said in ELSEWHERE.items() if module == name or module.startswith(f"{name}/")), None)


@pytest.mark.parametrize("module", modules())
def test_every_module_has_its_test_file_or_a_reason(module: str) -> None:
    there = (ROOT / test_path(module)).exists()
    assert there or excuse(module), f"write {test_path(module)}, or say in ELSEWHERE where {module} is tested and why"


def test_the_list_is_short_and_true() -> None:
    assert len(ELSEWHERE) <= 14
    for name, (where, why) in ELSEWHERE.items():
        assert (ROOT / name).exists(), name
        assert (ROOT / where).exists(), where
        assert why


def test_what_has_its_test_file_needs_no_reason() -> None:
    assert [name for name in ELSEWHERE if name.endswith(".py") and (ROOT / test_path(name)).exists()] == []
