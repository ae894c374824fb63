"""A whole run at 10, 1,000 and 10,000 answers: seconds, memory and requests to Google, side by side.

    python tools/bench_run.py [SIZES...]

The answers are invented; each size has a sandbox of its own, and the run is a process as cron starts it.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.adapters.sheets.setup import init
from pipeline.config import load_settings
from pipeline.errors import Exit
from pipeline.forms.form import Form, load_form
from pipeline.forms.questions import Kind
from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.person import Person

SIZES = (10, 1_000, 10_000)
EPOCH = date(1899, 12, 30)
COUNTRIES = ("Sweden", "Norway", "France", "Italy", "Ireland", "Finland", "Portugal", "Austria", "Belgium", "Poland")
PLACES = ("Ald", "Berg", "Cast", "Dor", "Elm", "Fjell", "Gran", "Holm", "Ister", "Jur", "Karl", "Lind", "Mont", "Nord")
ENDS = ("by", "stad", "ville", "ia", "ford", "heim", "ton", "berg", "val", "mar")
KINDS = ("Vocational College", "Municipality", "Employment Service", "Adult Education Centre", "Guidance Centre")
WORDS = (
    "dual training with companies", "guidance for young people", "validation of skills", "women in technical trades",
    "green building", "digital classrooms", "early school leavers", "apprenticeships", "inclusive work places",
)  # fmt: skip


def answers(count: int, form: Form) -> list[dict[str, Any]]:
    """That many invented answers, the same in every run, as title -> value."""
    chance = random.Random(count)
    topics = [option.text for option in form.by_key["topics"].options if option.text != "Other"]
    formats = ["Job shadowing", "Study visit", "Staff training"]
    start = (date.today() - EPOCH).days  # noqa: DTZ011
    made = []
    for number in range(count):
        hosts = chance.random() < 0.5
        first = start + chance.randrange(20, 300)
        text = f"We {'show' if hosts else 'want to see'} {chance.choice(WORDS)} and {chance.choice(WORDS)}."
        town = f"{chance.choice(PLACES)}{chance.choice(ENDS)}{number}"
        given = {
            "submitted_at": start - 1 + number / (count + 1),
            "email": f"office@{town.lower()}.example",
            "kind": "New entry",
            "contact_name": "International coordinator",
            "organisation": f"{town} {chance.choice(KINDS)}",
            "organisation_type": "VET school or provider",
            "country": chance.choice(COUNTRIES),
            "city": town,
            "membership": "Member",
            "role": "Host visitors" if hosts else "Send staff or learners",
            "travellers": "Teachers and trainers",
            "formats": ", ".join(chance.sample(formats, chance.randint(1, 2))),
            "topics": ", ".join(chance.sample(topics, chance.randint(1, 3))),
            "offers" if hosts else "seeks": text,
            "date_from": first,
            "date_to": first + chance.randrange(10, 90),
            "days": chance.randint(2, 5),
            "languages": "English",
            "fewer_opportunities": "No",
            "consent": "I agree",
            "share_contact": "Yes",
            "publish": "Yes",
        }
        made.append({form.by_key[key].title: value for key, value in given.items()})
    return made


def fill(person: Person, form: Form, rows: list[dict[str, Any]]) -> None:
    """Write answers into the responses tab, a thousand at a time."""
    header = person.header("Form responses 1")
    numbers = {
        question.title for question in form.questions if question.kind in (Kind.DATE, Kind.NUMBER, Kind.TIMESTAMP)
    }

    def cell(title: str, value: Any) -> dict[str, Any]:
        if value is None:
            return {}
        return {"userEnteredValue": {"numberValue" if title in numbers else "stringValue": value}}

    for start in range(0, len(rows), 1000):
        part = [{"values": [cell(title, row.get(title)) for title in header]} for row in rows[start : start + 1000]]
        sheet = person.sheet_id("Form responses 1")
        person.batch({"appendCells": {"sheetId": sheet, "rows": part, "fields": "userEnteredValue"}})


def one_run(config: Path) -> tuple[float, float, str]:
    """Seconds, megabytes and closing words of one run as a process of its own. Raises SystemExit when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--config", str(config), "-v", "run"],
        capture_output=True,
        text=True,
        env={**os.environ},
        check=False,
    )
    seconds = time.monotonic() - started
    if done.returncode not in (Exit.DONE, Exit.NEEDS_A_PERSON):
        raise SystemExit(f"The run failed with exit code {done.returncode}: {done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    calls = re.findall(r"reads=\d+ writes=\d+", done.stderr)
    said = done.stdout.strip().splitlines() or done.stderr.strip().splitlines()[-1:]
    return seconds, max(before, after) / 1024, f"{calls[-1] if calls else 'no calls'}; {said[0] if said else ''}"


def main() -> None:
    """Print one line for each size and run."""
    form = load_form()
    for size in [int(word) for word in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as sandbox:
            settings = load_settings(sandbox.config_path, {})
            init(settings.sheets, settings.base)
            fill(Person(sandbox.sheets_api, sandbox.spreadsheet_id), form, answers(size, form))
            for name in ("first run", "second run"):
                seconds, megabytes, said = one_run(sandbox.config_path)
                print(f"{size:>7,} answers, {name}: {seconds:6.1f} s, {megabytes:5.0f} MB, {said}", flush=True)
    print(json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), "limit": str(timedelta(minutes=25))}))


if __name__ == "__main__":
    main()
