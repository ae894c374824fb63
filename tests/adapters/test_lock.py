"""One run at a time; the kernel forgets the dead."""

from __future__ import annotations

import multiprocessing
import os
import signal
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.lock import run_lock
from pipeline.errors import ConfigurationError, TryLater

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def _hold(path: Path, held: Any) -> None:
    with run_lock(path, NOW):
        held.set()
        signal.pause()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_the_second_run_is_told_who_and_since_when_and_the_dead_hold_nothing(tmp_path: Path, end: int) -> None:
    path = tmp_path / "state" / "lock"
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=_hold, args=(path, held))
    process.start()
    assert held.wait(600)
    with pytest.raises(TryLater, match=rf"process {process.pid} since 2026-11-20T09:30"), run_lock(path, NOW):
        pass
    os.kill(process.pid or 0, signal.SIGSTOP)  # however long it sleeps, it still holds the lock
    with pytest.raises(TryLater), run_lock(path, datetime(2030, 1, 1, tzinfo=UTC)):
        pass
    os.kill(process.pid or 0, signal.SIGCONT)
    os.kill(process.pid or 0, end)
    process.join(600)
    with run_lock(path, NOW):
        assert f"process {os.getpid()}" in path.read_text()


def test_a_lock_file_left_behind_means_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(f"process {os.getpid()} since 2020-01-01\n" * 20)
    with run_lock(path, NOW):
        assert path.read_text().count("\n") == 1
    with run_lock(path, NOW):
        pass
    assert path.exists()


def test_the_lock_is_private_and_let_go_when_the_run_fails(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with pytest.raises(RuntimeError), run_lock(path, NOW):
        raise RuntimeError
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with run_lock(path, NOW):
        pass


def test_a_lock_that_cannot_be_made_is_a_matter_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match="lock"), run_lock(tmp_path / "file" / "lock", NOW):
        pass


def test_noise_in_the_lock_file_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with run_lock(path, NOW):
        path.write_bytes(b"\x1b[31mred\xff\n" * 50)
        with pytest.raises(TryLater, match="another process holds"), run_lock(path, NOW):
            pass
