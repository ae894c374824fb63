"""What an idle run costs: processor seconds of a run that finds nothing new, against a bare read of the same tabs.

    python tools/bench_start.py [--rounds N] [--sizes 30,1000]

Each way is a process of its own against one sandbox; they take turns, so that a busy machine burdens all alike. The
bare read is what any script pays: gspread, one look at the spreadsheet, all tabs in one request. Ends with 1 when the
cheapest round of a way costs more than its mark.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench_run import answers, fill

from pipeline.adapters.sheets.setup import init
from pipeline.config import load_settings
from pipeline.errors import Exit
from pipeline.forms.form import load_form
from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.person import Person

BARE = """
import sys
import gspread, requests
from google.auth.credentials import AnonymousCredentials
from gspread.http_client import HTTPClient

class Local(HTTPClient):
    def request(self, method, endpoint, *more, **named):
        return super().request(method, endpoint.replace("https://sheets.googleapis.com", sys.argv[1]), *more, **named)

client = gspread.Client(auth=AnonymousCredentials(), session=requests.Session(), http_client=Local)
book = client.open_by_key(sys.argv[2])
read = book.values_batch_get([f"'{tab.title}'" for tab in book.worksheets()])
print(sum(len(tab.get("values", [])) for tab in read["valueRanges"]))
"""
HELP_MARK = 0.2
RUN_MARKS = {30: 1.2, 1000: 2.0}
"""Seconds of processor at most, on a machine where the bare read costs about .3 s; elsewhere look at the ratios."""


def processor_seconds(command: Sequence[str]) -> float:
    """Seconds of processor of one process and its children. Raises SystemExit when it fails or has something to say."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ}, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (Exit.DONE, Exit.NEEDS_A_PERSON):
        raise SystemExit(f"{command[:4]} failed with exit code {done.returncode}: {done.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(size: int, rounds: int) -> dict[str, list[float]]:
    """Way -> processor seconds of each round, on that many answers that do not change."""
    form = load_form()
    python = [sys.executable, "-m", "pipeline"]
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as sandbox:
        settings = load_settings(sandbox.config_path, {})
        init(settings.sheets, settings.base)
        fill(Person(sandbox.sheets_api, sandbox.spreadsheet_id), form, answers(size, form))
        run = [*python, "--config", str(sandbox.config_path), "run"]
        for _ in range(2):
            processor_seconds(run)
        ways = {
            "bare read": [sys.executable, "-c", BARE, sandbox.sheets_api, sandbox.spreadsheet_id],
            "idle run": run,
            "--help": [*python, "--help"],
            "python alone": [sys.executable, "-c", "pass"],
        }
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, command in ways.items():
                spent[name].append(processor_seconds(command))
    return spent


def main() -> int:
    """Print a line for each size and way; 1 when a mark was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", default="30,1000", help="answers in the sheet")
    asked = parser.parse_args()
    missed = []
    print("answers  way           least s  median s  x bare  mark")
    for size in [int(word) for word in asked.sizes.split(",")]:
        spent = measured(size, asked.rounds)
        bare = min(spent["bare read"])
        marks = {"idle run": RUN_MARKS.get(size), "--help": HELP_MARK}
        for name, seconds in spent.items():
            mark, ratio = marks.get(name), min(seconds) / bare
            if mark and min(seconds) > mark:
                missed.append(f"{name} at {size:,}")
            told = f"{mark:.2f}" if mark else ""
            print(
                f"{size:>7,}  {name:<13} {min(seconds):6.2f}  {statistics.median(seconds):8.2f}  {ratio:6.2f}  {told}",
                flush=True,
            )
    if missed:
        print(f"Above the mark: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
