"""Files written whole or not at all, readable by their owner."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.adapters.files import write_files
from pipeline.errors import ConfigurationError


def test_every_file_is_written_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "2026"
    write_files(folder, {"a.txt": "Ana\r\n", "b.csv": "ä"})
    assert sorted(file.name for file in folder.iterdir()) == ["a.txt", "b.csv"]
    assert (folder / "a.txt").read_bytes() == b"Ana\r\n"
    assert (folder / "b.csv").read_text(encoding="utf-8") == "ä"
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    assert folder.stat().st_mode & 0o077 == 0


def test_what_is_there_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    write_files(tmp_path, {"a.txt": "long text"})
    write_files(tmp_path, {"a.txt": "x"})
    assert (tmp_path / "a.txt").read_text() == "x"
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written") as raised:
        write_files(tmp_path / "file", {"a.txt": "x"})
    assert "run.reports" in raised.value.hint
