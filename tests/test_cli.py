"""The command line as a whole."""

from __future__ import annotations

import os

import pytest

from pipeline.cli import main
from pipeline.errors import Exit


def test_on_windows_it_says_where_it_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with monkeypatch.context() as windows:
        windows.setattr(os, "name", "nt")
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == Exit.USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert "Windows is not supported" in said.err
    assert "wsl --install" in said.err
