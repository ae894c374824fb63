"""Kill a whole run, sheet and all, at the lines of the adapters and of `run`; let it recover; count what was taken.

    python tools/kill_sweep_run.py [--every N] [--twice]

The sandbox serves the spreadsheet and the mail; two proposals of its sample are ticked. For each kill point the
sandbox starts anew from the same folder, one run dies by SIGKILL, three clean runs follow. The promise is that of
`kill_sweep.py`, and that the sheet's `Status` says what the ledger knows. Every line takes about three seconds: the
default samples, `--every 1` is exhaustive.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

from kill_sweep import in_child, sweep

from pipeline.adapters.lock import run_lock
from pipeline.adapters.sheets.setup import init
from pipeline.config import Settings, load_settings
from pipeline.model import LetterState
from pipeline.run import run
from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.person import Person
from pipeline.wiring import open_adapters, open_ledger_only

LETTERS = 2
EXPECTED = {LetterState.SENT: "Introduced", LetterState.UNSURE: "Unsure", LetterState.HELD: "Held"}


class WholeRun:
    """A sandbox with two ticked proposals, started anew for every kill (`World`)."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template"
        self.folder = folder / "sandbox"
        self.matches: tuple[str, ...] = ()
        self._open = contextlib.ExitStack()
        self.sandbox: Sandbox
        self.settings: Settings
        self._prepare()

    def _prepare(self) -> None:
        self._start(sample=True)
        init(self.settings.sheets, self.settings.base)
        in_child(self.run)
        person = Person(self.sandbox.sheets_api, self.sandbox.spreadsheet_id)
        busy: set[str] = set()
        ticked: list[str] = []
        for row in person.rows("Review"):
            parties = {str(value) for title, value in row.items() if title.endswith(" organisation") and value}
            if len(ticked) < LETTERS and not parties & busy:
                busy |= parties
                ticked.append(str(row["Match"]))
                person.put("Review", row["#"], "Approve", True)  # noqa: FBT003 - the JSON boolean is the point
        if len(ticked) < LETTERS:
            raise SystemExit("the sample has too few proposals for this sweep")
        self.matches = tuple(ticked)
        self._open.close()
        self.folder.rename(self.template)

    def _start(self, *, sample: bool = False) -> None:
        self.sandbox = self._open.enter_context(Sandbox(self.folder, sample=sample))
        self.settings = load_settings(self.sandbox.config_path, {})

    def fresh(self) -> None:
        """The sandbox as it was when the two boxes had just been ticked."""
        self._open.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.template, self.folder)
        self._start()

    def close(self) -> None:
        """Stop the sandbox."""
        self._open.close()

    def run(self) -> None:
        """What `matchmaker run` does."""
        settings = self.settings
        with run_lock(settings.path(settings.run.lock_file), datetime.now(UTC)), open_adapters(settings) as outside:
            run(outside, settings)

    def faults(self) -> list[str]:
        """Twice, half, lost, or said wrongly in the sheet."""
        with open_ledger_only(self.settings) as ledger:
            letters = ledger.load(datetime.now(UTC)).letters
        rows = Person(self.sandbox.sheets_api, self.sandbox.spreadsheet_id).rows("Review")
        statuses = {str(row["Match"]): str(row["Status"]) for row in rows}
        found = [] if len(letters) == LETTERS else [f"{len(letters)} letters in the ledger"]
        for match in self.matches:
            found += self._faults_of(match, letters.get(f"introduction:{match}"), statuses.get(match, ""))
        strange = [message for message in self.sandbox.messages() if _match_of(message.content) not in self.matches]
        return found + [f"a letter nobody approved to {message.recipients}" for message in strange]

    def _faults_of(self, match: str, record: Any, status: str) -> list[str]:
        taken = [message for message in self.sandbox.messages() if _match_of(message.content) == match]
        if record is None:
            return [f"{match} has no letter in the ledger, {len(taken)} were taken"]
        found = []
        if len(taken) > 1:
            found.append(f"{match} was taken {len(taken)} times")
        if any(set(message.recipients) != set(record.envelope.recipients) for message in taken):
            found.append(f"{match} went to {[message.recipients for message in taken]}")
        if (record.state is LetterState.SENT) != bool(taken) and record.state is not LetterState.UNSURE:
            found.append(f"{match} is {record.state} and was taken {len(taken)} times")
        if not status.startswith(EXPECTED.get(record.state, "(nothing: it must not be left so)")):
            found.append(f"{match} is {record.state}, and the sheet says {status!r}")
        return found


def _match_of(content: bytes) -> str:
    return str(message_from_bytes(content)["X-Match-Id"])


def main() -> None:
    """Sweep a whole run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=20, help="only every n-th line")
    parser.add_argument("--twice", action="store_true", help="kill once more while recovering, at a line by chance")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        world = WholeRun(Path(folder))
        try:
            faults = sweep(world, every=asked.every, twice=asked.twice)
        finally:
            world.close()
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
