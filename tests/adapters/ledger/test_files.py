"""Export and import: a ledger comes back whole, or not at all, and nothing leaves twice because of it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.ledger.files import export_ledger, import_ledger
from pipeline.adapters.ledger.ledger import open_ledger
from pipeline.adapters.ledger.people import forget
from pipeline.errors import ConfigurationError, UsageError
from pipeline.model import Decision, Judgement, Verdict
from pipeline.ports import LedgerChanges, RunRecord


@pytest.fixture
def full(desk: Any) -> Any:
    number = desk.ledger.start_run(desk.now)
    desk.ledger.record(
        LedgerChanges(
            at=desk.now,
            matches=(desk.match(1), desk.match(2)),
            decisions=(Decision(match="M-1", approved=True, message="ﬁrst\u2028line"),),
            judgements=(Judgement(left="a", right="b", verdict=Verdict.SAME, at=datetime(2026, 1, 1, tzinfo=UTC)),),
            spellings={"k": "O-1"},
            entries=(desk.entry("E-1", "ana@a.example"),),
            problems=frozenset({"p"}),
            letters=(desk.letter(1), desk.letter(2), desk.letter(3)),
        )
    )
    desk.send("introduction:M-1")
    desk.ledger.note_bounce("introduction:M-1", "bo@b.example", "5.1.1", desk.now)
    desk.ledger.mark_held("introduction:M-3", desk.now, "550")
    desk.ledger.finish_run(number, RunRecord(started=desk.now))
    forget(desk.ledger, "gone@x.example", desk.now)
    return desk


def test_an_export_brings_everything_back(full: Any, make_desk: Callable[[str], Any], tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    count = export_ledger(full.ledger, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    other = make_desk("other")
    assert import_ledger(other.ledger, file) == count

    before, after = full.ledger.load(full.now), other.reopen().load(full.now)
    for name in ("matches", "decisions", "meetings", "judgements", "spellings", "entries", "problems", "erased"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.last_run == before.last_run
    assert after.letters["introduction:M-1"] == before.letters["introduction:M-1"]
    assert after.letters["introduction:M-3"].state == "held"
    assert other.ledger.history("M-1") == full.ledger.history("M-1")


def test_what_was_waiting_comes_back_unsure(full: Any, make_desk: Callable[[str], Any], tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    export_ledger(full.ledger, file)
    other = make_desk("other")
    import_ledger(other.ledger, file)
    record = other.ledger.load(full.now).letters["introduction:M-2"]
    assert record.state == "unsure"
    assert "may have left since" in record.detail


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[:-1],
        lambda lines: lines[:3] + lines[4:],
        lambda lines: [*lines[:2], lines[2].replace(":", ": ", 1), *lines[3:]],
        lambda _: [],
        lambda _: ["{}", "{}"],
        lambda _: ["hello", "world"],
        lambda lines: [*lines[:-1], json.dumps({"end": "x", "sha256": None})],
    ],
)
def test_half_an_export_is_refused(full: Any, make_desk: Callable[[str], Any], tmp_path: Path, spoil: Any) -> None:
    file = tmp_path / "export.jsonl"
    export_ledger(full.ledger, file)
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    file.write_text("".join(f"{line}\n" for line in spoil(lines)), encoding="utf-8")
    other = make_desk("other")
    with pytest.raises(UsageError):
        import_ledger(other.ledger, file)
    assert other.ledger.load(full.now).letters == {}


def test_an_export_is_not_poured_over_a_ledger(full: Any, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    export_ledger(full.ledger, file)
    before = full.ledger.load(full.now)
    with pytest.raises(UsageError, match="not empty"):
        import_ledger(full.ledger, file)
    assert full.ledger.load(full.now) == before


def test_an_export_made_with_another_secret_is_refused(full: Any, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    export_ledger(full.ledger, file)
    stranger = open_ledger(f"sqlite:///{tmp_path}/stranger.db", b"t" * 32)
    with pytest.raises(ConfigurationError, match="another"):
        import_ledger(stranger, file)
    stranger.close()


def test_the_secret_is_not_in_the_export(full: Any, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    export_ledger(full.ledger, file)
    content = file.read_bytes()
    assert full.secret not in content
    assert full.secret.hex().encode() not in content
