"""All measurements in one call: `make bench`. Each part is a script of its own and can be run alone.

What needs the bench beside the project (../shared/bench) says so when it is missing; the others run anyway.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

TOOLS = Path(__file__).parent
EVERY = ("--every", "40") if os.environ.get("QUICK") else ("--every", "1")
PARTS: tuple[tuple[str, str, *tuple[str, ...]], ...] = (
    ("Linkage: organisations told apart", "bench_linkage.py"),
    ("Matching: who can help whom", "bench_matching.py"),
    ("Sandbox: recorded Google traffic replayed", "bench_sheets.py"),
    ("Sheets: requests a run costs", "bench_sheets_calls.py"),
    ("A whole run at 10, 1,000 and 10,000 answers", "bench_run.py"),
    ("Mail: letters per second", "bench_mail.py"),
    ("Hostile input at every exit", "bench_hostile.py"),
    ("Kill sweep: the sending half killed at every line", "kill_sweep.py"),
    ("Kill sweep: a whole run, sheet and all, at every line (an hour; QUICK=1 samples)", "kill_sweep_run.py", *EVERY),
)


def main() -> int:
    """Run every part; 1 when one of them failed."""
    wanted = set(sys.argv[1:])
    failed = []
    for title, script, *options in PARTS:
        if wanted and script.removesuffix(".py") not in wanted:
            continue
        print(f"\n=== {title} ({script})", flush=True)
        started = time.monotonic()
        code = subprocess.run([sys.executable, str(TOOLS / script), *options], check=False).returncode
        print(f"=== {time.monotonic() - started:.0f} s, exit {code}", flush=True)
        if code:
            failed.append(script)
    if failed:
        print(f"\nNot everything reached its mark: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
