"""All hostile inputs of the bench through the real pipeline, each invariant checked on the real outputs.

    python tools/bench_hostile.py [--only CATEGORY] [--no-browser] [--keep DIR]

Form answers go in batches through a sandbox (Sheets API over HTTP, SMTP, the command as a process of its own, every
proposal ticked); sizes alone, so that time and memory are theirs; scenarios, settings and inbound mail one by one.
Prints a table by class and the number of failures. Exit code 1 when there are any, 2 when the inputs are missing.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hostile_scenarios import SCENARIOS, cells_of_50_000
from hostile_world import CONTROL, ROOT, Batch, Input, Outcome, batch_faults, batches, faults_of, run_batch

from pipeline.cleaning import clean_line
from pipeline.letters.verify import read_back

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page, Request

INPUTS = ROOT.parent / "shared" / "bench" / "mail" / "hostile_inputs.json"
KEYS = {
    "org_name": "organisation",
    "contact_name": "contact_name",
    "description": "seeks",
    "website": "website",
    "email": "email",
    "phone": "contact_role",
}
"""Field of the bench -> question of our form; there is no telephone, so it stands beside the contact's name."""
SECONDS, MEGABYTES = 10.0, 300.0
"""TIME: a whole run, and what it may take more than the control run."""
Failures = dict[str, list[str]]


def main() -> int:
    """Run the bench; 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="one category")
    parser.add_argument("--every", type=int, default=1, help="only every n-th input")
    parser.add_argument("--no-browser", action="store_true", help="leave out the check in Chromium")
    parser.add_argument("--keep", type=Path, help="keep the sandboxes here")
    asked = parser.parse_args()
    if not INPUTS.exists():
        print(f"Nothing was measured: the hostile inputs are missing ({INPUTS}).")
        return 2
    entries = [
        entry
        for entry in json.loads(INPUTS.read_text(encoding="utf-8"))["entries"]
        if not asked.only or entry["category"] == asked.only
    ][:: asked.every]
    directory = asked.keep or Path(tempfile.mkdtemp(prefix="hostile-"))
    started = time.monotonic()
    try:
        failures = _everything(
            entries, directory, browser=not asked.no_browser, whole=not asked.only and asked.every == 1
        )
    finally:
        if not asked.keep:
            shutil.rmtree(directory, ignore_errors=True)
    _print_table(entries, failures)
    print(f"{len(entries)} inputs, {time.monotonic() - started:.0f} s; failures: {len(failures)}")
    return 1 if failures else 0


def _everything(entries: Sequence[dict[str, Any]], directory: Path, *, browser: bool, whole: bool) -> Failures:
    failures: defaultdict[str, list[str]] = defaultdict(list)
    form = [entry for entry in entries if entry["scope"] == "form"]
    together = [_input(entry) for entry in form if "value_gen" not in entry]
    alone = [_input(entry) for entry in form if "value_gen" in entry]
    wanted = {entry["id"] for entry in entries}
    groups = batches(together)
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda one: run_batch(directory / f"batch-{one[0]}", one[1]), enumerate(groups)))
    for number, batch in enumerate(made):
        _take(failures, batch, f"batch {number}")
    if made:
        _lists(failures, made[0], together, directory)
        if browser:
            _in_chromium(failures, made)
    for batch in made:
        batch.world.__exit__()
    if alone:
        _sizes(failures, alone, directory)
    for name, scenario, ids in SCENARIOS:
        if wanted & set(ids):
            print(f"  {name} ...", flush=True)
            for one, found in scenario(directory / name.replace(" ", "-")).items():
                failures[one] += found
    if whole:
        found, figures = cells_of_50_000(directory / "cells")
        print(f"  {figures}")
        failures["50,000 characters"] += found
    covered = {one.id for one in together + alone} | {one for _, _, ids in SCENARIOS for one in ids}
    for missing in sorted(wanted - covered):
        failures[missing].append("no scenario stands for it")
    return {one: found for one, found in failures.items() if found}


def _input(entry: dict[str, Any]) -> Input:
    value = entry["value"]
    if "value_gen" in entry:
        made = entry["value_gen"]
        value = made.get("prefix", "") + made["unit"] * made["times"] + made.get("suffix", "")
    expected = entry["expectation"]
    exact = expected.get("if_accepted", "")
    is_address = entry["field"] == "email" and "@" in exact and " " not in exact and exact.isascii()
    return Input(
        id=entry["id"],
        key=KEYS[entry["field"]],
        value=value,
        wanted=tuple(expected["disposition"]),
        invariants=tuple(expected["invariants"]),
        exact=exact if is_address else "",
    )


def _take(failures: defaultdict[str, list[str]], batch: Batch, name: str) -> None:
    for outcome in batch.outcomes:
        failures[outcome.input.id] += faults_of(batch, outcome)
    failures[name] += sorted(set(batch_faults(batch)))


def _sizes(failures: defaultdict[str, list[str]], inputs: Sequence[Input], directory: Path) -> None:
    """Each by itself, beside a control run with an ordinary answer."""
    with ThreadPoolExecutor(2) as pool:
        made = list(
            pool.map(
                lambda one: run_batch(directory / one.id, [one], reports=False),
                [Input(id="size-control", key="seeks", value=CONTROL.value), *inputs],
            )
        )
    control, *others = made
    usual = max(control.debug.peak, control.info.peak)
    slowest = max(max(batch.debug.seconds, batch.info.seconds) for batch in others)
    largest = max(max(batch.debug.peak, batch.info.peak) for batch in others) - usual
    print(f"  sizes: slowest run {slowest:.1f} s, {largest:.0f} MB above the control run ({usual:.0f} MB)")
    for batch in made:
        one = batch.outcomes[0]
        _take(failures, batch, f"{one.input.id} as a whole")
        for ran in (batch.debug, batch.info):
            if ran.seconds > SECONDS or ran.peak - usual > MEGABYTES:
                failures[one.input.id].append(f"TIME: {ran.seconds:.1f} s, {ran.peak:.0f} MB")
        batch.world.__exit__()


def _lists(failures: defaultdict[str, list[str]], batch: Batch, inputs: Sequence[Input], directory: Path) -> None:
    """CSV and XLSX: `link` and `match` over lists that hold the same texts."""
    from openpyxl import load_workbook

    names = [
        one.value[:200]
        for one in inputs
        if one.key == "organisation" and "\x00" not in one.value and clean_line(one.value)
    ]
    source = directory / "names.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("record_id", "organisation", "country", "city", "website", "email"))
        for number, name in enumerate(names):
            for twin in range(2):
                writer.writerow((f"R{number}-{twin}", name, "SE", "Borås", "", f"a@x{number}.example"))
    linked, pairs, matched = directory / "linked.csv", directory / "pairs.csv", directory / "matched.xlsx"
    answers = directory / "answers.csv"
    with answers.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "organisation", "role", "country", "topics", "formats", "languages", "target_groups"))
        for number, name in enumerate(names):
            role, country = ("send", "SE") if number % 2 else ("host", "FR")
            writer.writerow((f"={number}+1", name, role, country, "dual-vet", "job-shadowing", "en", "teachers"))
    for arguments in (("link", str(source), str(linked), "--pairs", str(pairs)), ("match", str(answers), str(matched))):
        ran = batch.world.command(*arguments)
        if ran.code:
            failures["lists"].append(f"{arguments[0]} ended with {ran.code}: {ran.err[-200:]}")
            return
    cells = []
    for path in (linked, pairs):
        with path.open(encoding="utf-8", newline="") as file:
            cells += [cell for row in csv.reader(file) for cell in row]
    bad = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    sheet = load_workbook(matched).worksheets[0]
    bad += [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    print(f"  lists: {len(cells)} cells of CSV, {sheet.max_row} rows of XLSX")
    if bad:
        failures["lists"].append(f"CSV: a cell is {bad[0]!r}")


def _in_chromium(failures: defaultdict[str, list[str]], made: Sequence[Batch]) -> None:
    """HTML, TRACK and NOFETCH in a browser that runs scripts: each letter by itself, then the sandbox's own pages."""
    path = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if path is None:
        print("  no Chromium on this machine: the pages are checked as text only")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        page = browser.new_page()
        page.set_default_timeout(20_000)
        heard: list[str] = []

        def dismissed(dialog: Dialog) -> None:
            heard.append(f"dialog {dialog.message}")
            dialog.dismiss()

        def asked(request: Request) -> None:
            if "127.0.0.1" not in request.url:
                heard.append(f"request {request.url}")

        page.on("dialog", dismissed)
        page.on("request", asked)
        seen = 0
        for number, batch in enumerate(made):
            seen += _letters_in(page, failures, batch, heard)
            for sheet in sorted(batch.world.directory.rglob("case-sheet-*.html")):
                page.goto(f"file://{sheet.resolve()}")
                if page.evaluate("document.querySelectorAll('script,img,iframe,link,object,a').length"):
                    failures[f"batch {number}"].append(f"HTML: {sheet.name} has elements of its own")
            heard[:] = [one for one in heard if not one.startswith("request file:")]
            for place in ("/", "/mail"):
                page.goto(batch.world.sandbox.web.rstrip("/") + place)
                page.wait_for_timeout(600)
            if heard:
                failures[f"batch {number}"].append(f"TRACK: {heard}")
                heard.clear()
        browser.close()
        print(f"  {seen} letters, the case sheets and the sandbox's pages looked at in Chromium")


def _letters_in(page: Page, failures: defaultdict[str, list[str]], batch: Batch, heard: list[str]) -> int:
    """Each letter of a batch in the browser, compared with the control's. Returns how many there were."""

    def elements(outcome: Outcome) -> list[str]:
        if outcome.letter is None:
            return []
        page.set_content(read_back(outcome.letter.content).html)
        found: list[str] = page.evaluate(
            "[...document.querySelectorAll('*')].map(e => e.tagName + ' ' + "
            "[...e.attributes].map(a => a.name).sort().join(' ')).sort()"
        )
        return found

    benign = elements(batch.control)
    sent = [outcome for outcome in batch.outcomes if outcome.letter is not None]
    for outcome in sent:
        if elements(outcome) != benign:
            failures[outcome.input.id].append("HTML: the page in the browser has other elements than the control's")
        if heard:
            failures[outcome.input.id].append(f"TRACK: {heard}")
            heard.clear()
    return len(sent)


def _print_table(entries: Sequence[dict[str, Any]], failures: Failures) -> None:
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for entry in entries:
        classes[entry["category"]].append(entry["id"])
    print(f"\n{'class':<12}{'inputs':>8}{'failed':>8}")
    for name, ids in classes.items():
        print(f"{name:<12}{len(ids):>8}{sum(one in failures for one in ids):>8}")
    for one, found in failures.items():
        for fault in found[:6]:
            print(f"  {one}: {fault[:400]}")


if __name__ == "__main__":
    sys.exit(main())
