"""A fingerprint is the same only where a plan would be the same."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters.fingerprint import files_as_they_stand, fingerprint
from pipeline.model import SheetRow, SheetSnapshot, Table
from pipeline.ports import LedgerState, RunRecord

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


def sheet(cell: object = "yes") -> SheetSnapshot:
    row = SheetRow(number=2, cells={"Answer": cell})  # type: ignore[dict-item]
    return SheetSnapshot(tables={"Form": Table(title="Form", header=("Answer",), rows=(row,))})


STATE = LedgerState(problems=frozenset({"a", "b", "c", "d", "e"}), sent_today=1)
SAME = fingerprint("", sheet(), STATE, NOW)


def test_the_same_reading_later_on_the_same_day_is_the_same() -> None:
    ran = replace(STATE, last_run=RunRecord(started=NOW, summary="1 new proposal"))
    assert fingerprint("", sheet(), ran, NOW + timedelta(hours=14)) == SAME


@pytest.mark.parametrize(
    ("beside", "snapshot", "state", "now"),
    [
        ("another program", sheet(), STATE, NOW),
        ("", sheet("no"), STATE, NOW),
        ("", sheet(True), STATE, NOW),
        ("", replace(sheet(), owner="another ledger"), STATE, NOW),
        ("", sheet(), replace(STATE, problems=frozenset({"a"})), NOW),
        ("", sheet(), replace(STATE, erased=frozenset({"hash"})), NOW),
        ("", sheet(), replace(STATE, sent_today=2), NOW),
        ("", sheet(), STATE, NOW + timedelta(hours=15)),
    ],
    ids=["program", "answer", "a tick is no text", "owner", "problems", "forgotten", "letters of today", "day"],
)
def test_anything_else_is_another_one(beside: str, snapshot: SheetSnapshot, state: LedgerState, now: datetime) -> None:
    assert fingerprint(beside, snapshot, state, now) != SAME


def test_another_process_finds_the_same() -> None:
    """Sets have another order there."""
    code = "from tests.adapters.test_fingerprint import SAME; print(SAME)"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
        assert done.stdout.strip() == SAME


def test_files_count_by_what_stands_at_and_below_a_place(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    letter = tmp_path / "en" / "letter.txt"
    letter.write_text("Dear both", encoding="utf-8")
    places = [tmp_path, letter, tmp_path / "nothing here"]
    before = files_as_they_stand(places)
    assert files_as_they_stand(places) == before
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "letter.pyc").write_bytes(b"")
    assert files_as_they_stand(places) == before, "what Python keeps for itself is no change"
    letter.write_text("Dear all", encoding="utf-8")
    assert files_as_they_stand([tmp_path]) not in before
    after = files_as_they_stand(places)
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "letter.txt").write_text("Chers amis", encoding="utf-8")
    assert before != after != files_as_they_stand(places)
