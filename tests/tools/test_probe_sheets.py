"""The sandbox answers as the spreadsheet adapter assumes Google does: the same probes run against either."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipeline.sandbox.app import Sandbox

PROBE = Path(__file__).parents[2] / "tools" / "probe_sheets.py"


def test_every_assumption_holds_in_the_sandbox(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        command = [sys.executable, str(PROBE), str(sandbox.config_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("holds") == 10
    assert "DIFFERS" not in done.stdout
