"""Two machines with copies of one state folder: they begin in the same second, or one dies and the other takes over.

    python tools/two_machines.py [--rounds N] [--every N]

The sandbox serves the spreadsheet and the mail; two proposals of its sample are ticked. In each round of the first part
two processes begin a run at once, the clock of one an hour behind, right, or an hour ahead. In the second part one
machine dies by SIGKILL at every n-th line of the adapters and of `run` that a run with letters comes to, and the spare
one, with a copy from before, takes over on the officer's Go on; there is no mailbox to ask. The promise: the server
takes no letter twice, none unapproved, and each match says Introduced, Unsure, Held or Approved. Exit code 1 if that
fails anywhere.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from kill_sweep import WATCHED, in_child, traced
from kill_sweep_run import WholeRun, _match_of

from pipeline.adapters.lock import run_lock
from pipeline.config import load_settings
from pipeline.errors import TryLater
from pipeline.model import Stage
from pipeline.run import run
from pipeline.sandbox.person import Person
from pipeline.wiring import open_adapters

CLOCKS = (timedelta(hours=-0.9), timedelta(0), timedelta(hours=1))
"""How the second machine's clock differs. More than an hour behind the last run, it would stop for that."""
TOLD = (Stage.INTRODUCED, Stage.UNSURE, Stage.HELD, Stage.APPROVED)


class TwoMachines(WholeRun):
    """A sandbox with a second machine whose state folder is a copy (`World`: the first machine's run)."""

    def fresh(self) -> None:
        """Both machines as they were when the two boxes had just been ticked."""
        super().fresh()
        state = self.sandbox.config_path.parent / "state"
        shutil.copytree(state, self.spare)

    @property
    def spare(self) -> Path:
        """The second machine's state folder."""
        return self.sandbox.config_path.parent / "spare"

    def run_spare(self, offset: timedelta = timedelta(0)) -> None:
        """What `matchmaker run` does on the second machine; a brake, a refusal or another machine ends it."""
        environment = {
            "MATCHMAKER_LEDGER__URL": f"sqlite:///{self.spare / 'ledger.db'}",
            "MATCHMAKER_RUN__LOCK_FILE": str(self.spare / "lock"),
        }
        settings = load_settings(self.sandbox.config_path, environment)
        with (
            suppress(TryLater),
            run_lock(settings.path(settings.run.lock_file), datetime.now(UTC)),
            open_adapters(settings) as outside,
        ):
            run(replace(outside, clock=lambda: datetime.now(UTC) + offset), settings)

    def race(self, offset: timedelta) -> None:
        """A run on both machines, begun at the same moment."""
        context = multiprocessing.get_context("fork")
        begin = context.Barrier(2)

        def first() -> None:
            begin.wait()
            with suppress(TryLater):
                self.run()

        def second() -> None:
            begin.wait()
            self.run_spare(offset)

        machines = [context.Process(target=target) for target in (first, second)]
        for machine in machines:
            machine.start()
        for machine in machines:
            machine.join()

    def go_on(self) -> None:
        """The officer ticks Go on beside every stopped run."""
        person = Person(self.sandbox.sheets_api, self.sandbox.spreadsheet_id)
        for row in person.rows("Problems"):
            if row["Go on"] is False:
                person.put("Problems", row["#"], "Go on", True)  # noqa: FBT003 - the JSON boolean is the point

    def wrong(self, *, lost: bool) -> list[str]:
        """Twice, unapproved, or (where nobody died: `lost`) not at all."""
        taken = Counter(_match_of(message.content) for message in self.sandbox.messages())
        found = [f"{match} was taken {count} times" for match, count in taken.items() if count > 1]
        found += [f"{match} was never approved" for match in taken if match not in self.matches]
        rows = Person(self.sandbox.sheets_api, self.sandbox.spreadsheet_id).rows("Review")
        for row in rows:
            if row["Match"] in self.matches and not str(row["Status"]).startswith(TOLD):
                found.append(f"{row['Match']} says {row['Status']!r}")
        if lost:
            found += [f"{match} was not taken" for match in self.matches if not taken[match]]
        return found


def races(world: TwoMachines, rounds: int) -> list[str]:
    """Both begin at once, so many times."""
    faults: list[str] = []
    for number in range(rounds):
        world.fresh()
        offset = CLOCKS[number % len(CLOCKS)]
        world.race(offset)
        faults += [f"round {number + 1}, clock {offset}: {fault}" for fault in world.wrong(lost=True)]
    return faults


def deaths(world: TwoMachines, every: int) -> tuple[int, list[str]]:
    """One dies at every n-th line, and the spare one takes over."""
    world.fresh()
    _, lines = traced(world, WATCHED, None)
    faults: list[str] = []
    points = lines[::every]
    for place, line in points:
        world.fresh()
        traced(world, WATCHED, (place, line))
        in_child(world.run_spare)
        world.go_on()
        for minutes in (1, 30, 31, 32):
            in_child(partial(world.run_spare, timedelta(minutes=minutes)))
        faults += [f"{Path(place).name}:{line}: {fault}" for fault in world.wrong(lost=False)]
    return len(points), faults


def _told(what: str, faults: list[str]) -> None:
    print(f"{what}: {len(faults)} faults", *faults[:50], sep="\n  ", flush=True)


def main() -> None:
    """Race and die."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50, help="how often both begin at once")
    parser.add_argument("--every", type=int, default=40, help="one dies at every n-th line (0: not at all)")
    asked: Any = parser.parse_args()
    faults: list[str] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        world = TwoMachines(Path(folder))
        try:
            faults += races(world, asked.rounds)
            _told(f"{asked.rounds} times two machines in the same second", faults)
            if asked.every:
                points, found = deaths(world, asked.every)
                _told(f"{points} lines at which one dies and the other takes over", found)
                faults += found
        finally:
            world.close()
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
