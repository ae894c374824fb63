"""The Apps Script, run under Node with a stand-in for FormApp: the form it builds is the one intake reads."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.forms.form import CLOSED, Form, Kind, apps_script, load_form

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed, so the Apps Script cannot be run")

STAND_IN = Path(__file__).with_name("form_stand_in.js").read_text(encoding="utf-8")


def build(form: Form, spreadsheet: str = "SHEET-ID") -> dict[str, Any]:
    script = f"{STAND_IN}\n{apps_script(form, spreadsheet)}\nbuildForm();\n"
    script += "console.log(JSON.stringify({ items, calls, log }));"
    done = subprocess.run([NODE or "node", "-"], input=script, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    built: dict[str, Any] = json.loads(done.stdout)
    return built


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    return build(load_form())


def test_the_questions_are_the_header_intake_reads(built: dict[str, Any]) -> None:
    asked = [item["title"] for item in built["items"] if item["type"] != "page"]
    # Forms writes the timestamp and the verified address itself, in front of the questions.
    assert ["Timestamp", "Email Address", *asked] == list(load_form().header())
    assert built["calls"]["setCollectEmail"] == [True]
    assert built["calls"]["setEmailCollectionType"] == ["VERIFIED"]


def test_options_and_other_are_those_of_the_form(built: dict[str, Any]) -> None:
    form = load_form()
    by_title = {item["title"]: item for item in built["items"]}
    for question in form.questions:
        if question.kind in CLOSED:
            item = by_title[question.title]
            assert [choice["text"] for choice in item["choices"]] == [option.text for option in question.options]
            assert item["other"] is question.other


def test_a_withdrawal_asks_nothing_more_and_the_role_chooses_the_page(built: dict[str, Any]) -> None:
    by_title = {item["title"]: item for item in built["items"]}
    entry = {choice["text"]: choice["goesTo"] for choice in by_title["Is this a new entry?"]["choices"]}
    assert entry["Withdraw my entry"] == "SUBMIT"
    assert entry["New entry"] == "CONTINUE"
    roles = {choice["text"]: choice["goesTo"] for choice in by_title["We would like to"]["choices"]}
    assert roles["Host visitors"] == "What you can show"
    assert roles["Send staff or learners"] == "What you want to learn"
    pages = [item["title"] for item in built["items"] if item["type"] == "page"]
    assert set(roles.values()) <= set(pages)


def test_nobody_has_to_answer_what_is_not_asked_of_them(built: dict[str, Any]) -> None:
    by_title = {item["title"]: item for item in built["items"]}
    assert by_title["What do you want to learn?"]["required"] is True
    assert by_title["What can you show?"]["required"] is False
    assert by_title["Country"]["required"] is True


def test_answers_are_checked_where_forms_can(built: dict[str, Any]) -> None:
    rules = {item["title"]: item["validation"]["rules"][0] for item in built["items"] if item.get("validation")}
    assert rules["Length in days"] == ["requireNumberBetween", 0.5, 366]
    assert rules["Topics (up to four)"] == ["requireSelectAtMost", 4]
    assert rules["Erasmus+ Organisation ID (OID)"][0] == "requireTextMatchesPattern"


def test_it_is_linked_to_the_sheet_and_says_what_scripts_cannot_do(built: dict[str, Any]) -> None:
    assert built["calls"]["setDestination"] == ["SPREADSHEET", "SHEET-ID"]
    assert built["calls"]["setAllowResponseEdits"] == [True]
    assert any("Send responders a copy" in line for line in built["log"])
    unlinked = build(load_form(), "")
    assert "setDestination" not in unlinked["calls"]
    assert any("Link to Sheets" in line for line in unlinked["log"])


def test_no_title_can_become_code(tmp_path: Path) -> None:
    evil = "</script>`${process.exit(3)}`\\u2028'\"; throw 1; //"
    file = tmp_path / "form.toml"
    text = (Path(__file__).parents[2] / "config" / "form.toml").read_text(encoding="utf-8")
    file.write_text(text.replace('title = "Country"', f"title = {json.dumps(evil)}"), encoding="utf-8")
    form = load_form(file)
    assert evil in [item["title"] for item in build(form)["items"]]
    assert "</script>" not in apps_script(form, "x")


def test_every_kind_of_question_can_be_built() -> None:
    assert {question.kind for question in load_form().questions} == set(Kind)
