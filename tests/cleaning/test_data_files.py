"""Where the files of our own `config/` lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cleaning import data_files


def test_the_shipped_files_are_found() -> None:
    assert data_files.data_file("forms", "matchmaking.toml").is_file()
    assert data_files.data_file().is_dir()


def test_an_installed_package_brings_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(data_files, "__file__", str(tmp_path / "pipeline" / "cleaning" / "data_files.py"))
    assert data_files.data_file("x.toml") == tmp_path / "config" / "x.toml"
    (tmp_path / "pipeline" / "_share" / "config").mkdir(parents=True)
    assert data_files.data_file("x.toml") == tmp_path / "pipeline" / "_share" / "config" / "x.toml"
