"""All measurements in one call: `make bench`. Each part is a script of its own and can be run alone.

    python tools/bench.py [PART...]

A part ends with 0 when it measured and reached its marks, with 2 when something it measures with is missing (it says
what), and with anything else when it failed. This script ends with 0 only when every part did. QUICK=1 shortens each.
Some need the bench beside the project (../shared/bench).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).parent
MISSING = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One script: what it measures, and the words that make it short and whole."""

    title: str
    script: str
    quick: tuple[str, ...]
    whole: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return self.script.removesuffix(".py")


PARTS = (
    Part("Linkage: organisations told apart", "bench_linkage.py", ("--quick",)),
    Part("Matching: who can help whom", "bench_matching.py", ("--sizes", "1000")),
    Part("Matching: every sentence of the proposals checked", "check_sentences.py", ("--proposed",)),
    Part(
        "Sandbox: recorded Google traffic replayed",
        "bench_sheets.py",
        ("--only", "CellTest|ClientTest|SpreadsheetTest"),
    ),
    Part("Sheets: requests a run costs", "bench_sheets_calls.py", ("10", "100")),
    Part("Start-up: an idle run against a bare read", "bench_start.py", ("--rounds", "3")),
    Part("A whole run at 10, 1,000 and 10,000 answers", "bench_run.py", ("10", "100")),
    Part("Mail: letters per second", "bench_mail.py", ("--letters", "20", "--rounds", "1")),
    Part("Hostile input at every exit", "bench_hostile.py", ("--every", "10")),
    Part("Kill sweep: the sending half killed at every line", "kill_sweep.py", ("--every", "20")),
    Part(
        "Kill sweep: a whole run, sheet and all, at every line (an hour; QUICK=1 samples)",
        "kill_sweep_run.py",
        ("--every", "40"),
        ("--every", "1"),
    ),
    Part(
        "Two machines with one state: in the same second, and one taking over from the other",
        "two_machines.py",
        ("--rounds", "3", "--every", "200"),
    ),
)


def main(wanted: Sequence[str], *, quick: bool, parts: Sequence[Part] = PARTS, tools: Path = TOOLS) -> int:
    """Run the parts of these names, or all: 0 when each measured and reached its mark, else 1; 2 for a wrong name."""
    unknown = set(wanted) - {part.name for part in parts}
    if unknown:
        print(f"No such part: {', '.join(sorted(unknown))}. There are: {', '.join(part.name for part in parts)}.")
        return 2
    missed: list[str] = []
    unmeasured: list[str] = []
    for part in parts:
        if wanted and part.name not in wanted:
            continue
        print(f"\n=== {part.title} ({part.script})", flush=True)
        started = time.monotonic()
        command = [sys.executable, str(tools / part.script), *(part.quick if quick else part.whole)]
        code = subprocess.run(command, check=False).returncode
        print(f"=== {time.monotonic() - started:.0f} s, exit {code}", flush=True)
        if code:
            (unmeasured if code == MISSING else missed).append(part.script)
    if unmeasured:
        print(f"\nNot measured, something is missing (see there): {', '.join(unmeasured)}")
    if missed:
        print(f"\nFailed, or did not reach its mark: {', '.join(missed)}")
    return 1 if missed or unmeasured else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], quick=bool(os.environ.get("QUICK"))))
