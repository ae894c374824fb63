"""The command line as a person or cron meets it: output, exit codes, and what it leaves untouched."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.lock import run_lock
from pipeline.adapters.sheets.setup import init
from pipeline.config import load_settings
from pipeline.errors import Exit
from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.person import Person
from pipeline.wiring import now

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox with the sample answers and its tabs made; nothing has run yet."""
    with Sandbox(tmp_path / "sandbox", sample=True) as made:
        settings = load_settings(made.config_path, {})
        init(settings.sheets, settings.base)
        yield made


@pytest.fixture
def introduced(sandbox: Sandbox) -> str:
    """The match of Vestland and Borås, introduced."""
    call(sandbox, "run")
    person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
    row = next(row for row in person.rows("Review") if "Vestland" in row["Sending organisation"])
    person.put("Review", row["#"], "Approve", True)
    assert "1 introduction sent" in call(sandbox, "run").stdout
    return str(row["Match"])


def call(sandbox: Sandbox, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", "--config", str(sandbox.config_path), *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=600,
        check=False,
    )


def everything(sandbox: Sandbox) -> dict[str, Any]:
    """All that a dry run must leave alone."""
    person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
    state = sandbox.directory / "state"
    return {
        "tabs": {tab: person.rows(tab) for tab in ("Review", "Problems", "Organisations", "Nearly", "Exchanges")},
        "files": {path.name: path.read_bytes() for path in sorted(state.rglob("*")) if path.is_file()},
        "letters": len(sandbox.messages()),
    }


def test_plan_prints_what_a_run_would_do_and_touches_nothing(sandbox: Sandbox) -> None:
    before = everything(sandbox)
    made = call(sandbox, "plan")
    assert made.returncode == 0, made.stderr
    assert "Would propose" in made.stdout
    assert "Vestland County Council -> Working Life Department, Borås Stad" in made.stdout
    assert everything(sandbox) == before
    document = json.loads(call(sandbox, "plan", "--format", "json").stdout)
    assert document["proposals"]
    assert everything(sandbox) == before


def test_the_loop_by_command(sandbox: Sandbox) -> None:
    first = call(sandbox, "run")
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("\n") == 1
    assert "new proposals" in first.stdout
    again = call(sandbox, "run")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    verbose = call(sandbox, "-v", "run")
    assert "Nothing new among" in verbose.stdout
    assert "sheets reads=2 writes=0" in verbose.stderr

    status = json.loads(call(sandbox, "--format", "json", "status").stdout)
    assert {"matches", "problems", "last_run"} <= status.keys()
    assert all(match["status"].startswith("Proposed") for match in status["matches"])
    assert {"match", "status", "sending", "receiving", "joining"} <= status["matches"][0].keys()

    chosen = next(match for match in status["matches"] if "Vestland" in match["sending"])
    why = call(sandbox, "explain", chosen["match"])
    assert "asked for them by name" in why.stdout
    assert "History:" in why.stdout
    letter = call(sandbox, "preview", chosen["match"])
    assert letter.stdout.startswith("From: ")
    assert "Multicompetent" in letter.stdout
    assert sandbox.messages() == ()

    person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
    row = next(row for row in person.rows("Review") if row["Match"] == chosen["match"])
    person.put("Review", row["#"], "Approve", True)
    assert "Would send introduction:" in call(sandbox, "plan").stdout
    assert sandbox.messages() == ()
    sent = call(sandbox, "run")
    assert "1 introduction sent" in sent.stdout
    assert len(sandbox.messages()) == 1
    assert call(sandbox, "outbox").stdout == "No letter is on its way.\n"


def test_a_run_while_another_holds_the_lock_is_to_be_tried_later(sandbox: Sandbox) -> None:
    with run_lock(sandbox.directory / "state" / "lock", now()):
        made = call(sandbox, "run")
    assert made.returncode == Exit.TRY_LATER
    assert made.stdout == ""
    assert "process" in made.stderr


def test_explain_says_of_an_organisation_what_it_answered_besides(sandbox: Sandbox) -> None:
    call(sandbox, "run")
    person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
    row = next(row for row in person.rows("Organisations") if row["Organisation"] == "Vestland County Council")
    told = call(sandbox, "explain", row["Id"])
    assert "Link to EARLALL or the partnership: Member" in told.stdout
    assert "Does it involve people with fewer opportunities?: " in told.stdout
    (answer,) = json.loads(call(sandbox, "explain", row["Id"], "--format", "json").stdout)["answers"]
    assert answer["membership"] == "Member"
    assert isinstance(answer["funding"], list)
    assert answer["entry"].startswith("E-")


def test_unknown_ids_and_options_are_usage_errors_with_a_remedy(sandbox: Sandbox) -> None:
    made = call(sandbox, "explain", "M-NOTHING")
    assert made.returncode == Exit.USAGE
    assert "matchmaker status" in made.stderr
    assert call(sandbox, "explode").returncode == Exit.USAGE
    assert call(sandbox, "outbox", "resolve", "M-NOTHING", "--sent").returncode == Exit.USAGE


def test_an_unreachable_sheet_is_to_be_tried_later(sandbox: Sandbox) -> None:
    made = call(
        sandbox,
        "run",
        MATCHMAKER_SHEETS__API_URL="http://127.0.0.1:9",
        MATCHMAKER_SHEETS__RETRY_SECONDS="0",
    )
    assert made.returncode == Exit.TRY_LATER
    assert made.stderr.count("\n") <= 2


def test_wrong_settings_are_all_named_at_once(sandbox: Sandbox) -> None:
    made = call(sandbox, "run", MATCHMAKER_MAIL__MAX_PER_RUN="-1", MATCHMAKER_MAIL__PORTT="25")
    assert made.returncode == Exit.CONFIGURATION
    assert "mail.max_per_run" in made.stderr
    assert "mail.portt: is not a setting" in made.stderr


def test_a_missing_configuration_says_where_it_looked(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "pipeline", "run"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=600,
        check=False,
    )
    # PYTHONPATH is not set: the package is installed, the folder is empty.
    assert made.returncode == Exit.CONFIGURATION
    assert "config/pipeline.toml" in made.stderr


def test_report_makes_case_sheets_and_counts(sandbox: Sandbox, introduced: str) -> None:
    person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
    row = person.rows("Exchanges")[0]
    assert row["Match"] == introduced
    noted: dict[str, Any] = {
        "Took place": True,
        "From": "2027-05-12",
        "To": "2027-05-13",
        "Lessons of the host": "Hosting fosters energy\nPride in local work",
        "Quote": "We learned <b>a lot</b>.",
        "Quote by": "International coordinator",
    }
    for title, value in noted.items():
        person.put("Exchanges", row["#"], title, value)
    made = call(sandbox, "report")
    assert made.returncode == 0, made.stderr
    assert "the quote is left out" in made.stdout
    folder = sandbox.directory / "state" / "reports"
    sheet = (folder / f"case-sheet-{row['Match']}.html").read_text(encoding="utf-8")
    assert "Pride in local work" in sheet
    assert "a lot" not in sheet
    assert "12–13 May 2027" in sheet
    indicators = person.rows("Indicators")
    entries = next(one for one in indicators if one["Indicator"].startswith("5."))
    assert entries["Counted"] >= 15

    person.put("Exchanges", row["#"], "Quote may be published", True)
    own = sandbox.directory / "own.toml"
    own.write_text('year_1 = 2025\n[[indicator]]\nnumber = 6\ntitle = "Our promoters"\ntarget = 10\n', encoding="utf-8")
    call(sandbox, "report", MATCHMAKER_RUN__INDICATORS="own.toml")
    assert [one["Indicator"] for one in person.rows("Indicators")] == ["6. Our promoters"]
    sheet = (folder / f"case-sheet-{row['Match']}.html").read_text(encoding="utf-8")
    assert "We learned &lt;b&gt;a lot&lt;/b&gt;." in sheet


def test_what_is_held_about_somebody_and_forgetting(sandbox: Sandbox) -> None:
    call(sandbox, "run")
    person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
    address = next(
        row["Email Address"]
        for row in person.rows("Form responses 1")
        if "Kaldvik" in row["Organisation name in English"]
    )
    held = json.loads(call(sandbox, "subject", address).stdout)
    assert held["ledger"]["entries"]
    assert any("Form responses 1" in tab for tab in held["spreadsheet"])
    assert "Entries, rows" in held["spreadsheet"]
    entry = next(row["Id"] for row in person.rows("Entries") if row["E-mail"] == address)
    unasked = call(sandbox, "forget", address)
    assert unasked.returncode == 2
    assert "--yes" in unasked.stderr
    assert json.loads(call(sandbox, "subject", address).stdout)["ledger"]["entries"]
    forgotten = call(sandbox, "forget", address, "--yes")
    assert forgotten.returncode == 0, forgotten.stderr
    assert "Delete the answer in the Google Form itself" in forgotten.stdout
    assert json.loads(call(sandbox, "subject", address).stdout)["ledger"]["entries"] == []
    call(sandbox, "run")
    status = json.loads(call(sandbox, "--format", "json", "status").stdout)
    assert not any(
        "Kaldvik" in match["sending"] and match["status"].startswith("Proposed") for match in status["matches"]
    )
    assert json.loads(call(sandbox, "subject", address).stdout)["ledger"]["entries"] == []
    call(sandbox, "run")
    (row,) = (row for row in person.rows("Entries") if row["Id"] == entry)
    assert row["What became of it"].startswith("Closed: this answer is not known any more")
    assert (row["Organisation"], row["E-mail"], row["Wants"], row["Offers"]) == ("(erased)", "", "", "")
    assert "Entries, rows" not in json.loads(call(sandbox, "subject", address).stdout)["spreadsheet"]


def test_the_letter_that_nobody_was_found_yet_can_be_looked_at(sandbox: Sandbox) -> None:
    call(sandbox, "run")
    person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
    row = person.rows("Entries")[0]
    letter = call(sandbox, "preview", row["Id"])
    assert letter.returncode == 0, letter.stderr
    assert "To: " in letter.stdout
    assert row["E-mail"] in letter.stdout
    assert "Subject: We are still looking for a partner for " in letter.stdout
    assert sandbox.messages() == ()
    why = call(sandbox, "explain", row["Id"])
    assert why.stdout.splitlines()[0] == f"{row['Id']}  {row['Organisation']}"
    assert f"{why.stdout.splitlines()[1]} · {row['Id']}" == row["What became of it"]
    unknown = call(sandbox, "preview", "E-NOSUCH00")
    assert unknown.returncode == 2
    assert "There is no match and no open answer E-NOSUCH00." in unknown.stderr


def test_check_says_line_by_line_what_is_right(sandbox: Sandbox) -> None:
    made = call(sandbox, "check", "--online")
    lines = made.stdout.splitlines()
    assert made.returncode == 0, made.stdout
    assert all(line.startswith("ok   ") for line in lines)
    before = len(sandbox.messages())
    sent = call(sandbox, "check", "--mail-to", "operator@example.org")
    assert "A test letter left for" in sent.stdout
    assert len(sandbox.messages()) == before + 1
    broken = call(sandbox, "check", MATCHMAKER_LETTERS__TEMPLATES="/nowhere")
    assert broken.returncode == Exit.CONFIGURATION
    assert "FIX" in broken.stdout


def form(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", "form", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=600,
        check=False,
    )


def test_form_needs_no_settings(tmp_path: Path) -> None:
    made = form(tmp_path)
    assert made.returncode == 0, made.stderr
    assert "FormApp.create" in made.stdout
    assert "Is this a new entry?" in made.stdout
    assert "Before your visit" not in made.stdout


def test_form_prints_the_script_of_any_form_or_of_all(tmp_path: Path) -> None:
    after = form(tmp_path, "after", "--typed-addresses").stdout
    assert '"title": "After your visit"' in after
    assert '"addresses": "typed"' in after
    assert '"title": "Email Address"' in after
    every = form(tmp_path, "--all").stdout
    assert every.count('"answersTab"') == 7
    assert '"addresses": "typed"' not in every
    for words in (["nothing"], ["after", "--all"]):
        wrong = form(tmp_path, *words)
        assert (wrong.returncode, wrong.stdout) == (Exit.USAGE, "")
        assert "after" in wrong.stderr


def test_a_form_in_the_folder_beside_the_configuration_is_enough(tmp_path: Path) -> None:
    (tmp_path / "config" / "forms").mkdir(parents=True)
    (tmp_path / "config" / "pipeline.toml").write_text('[sheets]\nspreadsheet_id = "SHEET"\n')
    (tmp_path / "config" / "forms" / "guests.toml").write_text(
        'version = 2\ntitle = "Guest book"\n[[question]]\nkey = "name"\ntitle = "Your name"\nkind = "short"\n'
    )
    made = form(tmp_path, "guests")
    assert made.returncode == 0, made.stderr
    assert '"answersTab": "Guest book"' in made.stdout
    assert '"answers": "SHEET"' in made.stdout
    assert form(tmp_path, "--all").stdout.count('"answersTab"') == 8


def test_the_old_setting_for_the_form_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "pipeline.toml").write_text('[form]\nfile = "form.toml"\n')
    made = form(tmp_path)
    assert made.returncode == Exit.CONFIGURATION
    assert "form: file has become folder" in made.stderr


def test_check_says_what_a_ledger_lacks_and_what_to_do(tmp_path: Path) -> None:
    from pipeline.adapters.ledger.ledger import open_ledger
    from pipeline.adapters.secrets import ledger_secret

    (tmp_path / "pipeline.toml").write_text('[ledger]\nurl = "sqlite:///ledger.db"\nsecret_file = "secret"\n')
    file = tmp_path / "ledger.db"
    open_ledger(f"sqlite:///{file}", ledger_secret(tmp_path / "secret")).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE letter DROP COLUMN left_at")
    made = subprocess.run(
        [sys.executable, "-m", "pipeline", "--config", str(tmp_path / "pipeline.toml"), "check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == Exit.CONFIGURATION
    (line,) = (line for line in made.stdout.splitlines() if "The ledger" in line)
    assert line.startswith(f"FIX  The ledger at {file} lacks the column letter.left_at: ")
    assert "Restore the last backup of the state folder" in line
