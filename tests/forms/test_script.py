"""The Apps Script, run under Node with a stand-in for Google: the forms it makes are those the reader reads."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.forms.form import Form, load_form, load_forms
from pipeline.forms.questions import CLOSED, Kind
from pipeline.forms.script import FormsTab, apps_script

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed, so the Apps Script cannot be run")

STAND_IN = Path(__file__).with_name("form_stand_in.js").read_text(encoding="utf-8")
TITLES = ("Form", "Address", "Prefilled link", "Answers in", "Addresses", "Ignore", "Last answer")
NOTED = ("form", "address", "link", "answers", "addresses")
TAB = FormsTab(title="Forms", titles=TITLES, columns=dict(zip(NOTED, TITLES, strict=False)))


def script(*forms: Form, answers_in: str = "SHEET", noted_in: str = "SHEET") -> str:
    return apps_script(forms, answers_in=answers_in, noted_in=noted_in, forms_tab=TAB, responses_tab="Form responses 1")


def build(
    *forms: Form, linked: bool = True, tabs: list[dict[str, Any]] | None = None, runs: int = 1, **world: Any
) -> dict[str, Any]:
    """What stands there afterwards: `forms`, the tabs of the spreadsheet (`book`), and the `log`."""
    scene = {
        "privateAccount": False,
        "driveService": True,
        "responsesName": "Form Responses",
        "books": {"SHEET": tabs if tabs is not None else [{"id": 0, "name": "Review", "rows": []}]},
        **world,
    }
    text = script(*forms) if linked else script(*forms, answers_in="", noted_in="")
    lines = [f"const WORLD = {json.dumps(scene)};", STAND_IN, text, "buildForm();\n" * runs]
    lines.append("console.log(JSON.stringify({ forms, log, book: WORLD.books.SHEET }));")
    given = "\n".join(lines)
    done = subprocess.run([NODE or "node", "-"], input=given, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rows(built: dict[str, Any], tab: str = "Forms") -> list[list[str]]:
    return next(one["rows"] for one in built["book"] if one["name"] == tab)


def titles(form: dict[str, Any]) -> list[str]:
    return [item["title"] for item in form["items"] if item["type"] != "page"]


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    """The matchmaking form, made alone."""
    found = build(load_form())
    return {**found, **found["forms"][0]}


@pytest.fixture(scope="module")
def every() -> dict[str, dict[str, Any]]:
    """All forms, made by one script: name -> form."""
    found = build(*load_forms().values())
    return dict(zip(load_forms(), found["forms"], strict=True))


def test_the_questions_are_the_header_intake_reads(built: dict[str, Any]) -> None:
    # Forms writes the timestamp and the verified address itself, in front of the questions.
    assert ["Timestamp", "Email Address", *titles(built)] == list(load_form().header())
    assert built["calls"]["setEmailCollectionType"] == ["VERIFIED"]
    assert built["calls"]["setCollectEmail"] == [True]


def test_every_form_asks_what_its_file_says(every: dict[str, dict[str, Any]]) -> None:
    for name, form in load_forms().items():
        assert ["Timestamp", "Email Address", *titles(every[name])] == list(form.header())
        by_title = {item["title"]: item for item in every[name]["items"]}
        for question in form.questions:
            if question.kind in CLOSED:
                item = by_title[question.title]
                assert [choice["text"] for choice in item["choices"]] == [option.text for option in question.options]
                assert item["other"] is question.other


def test_every_form_is_published_after_all_is_in_place(every: dict[str, dict[str, Any]]) -> None:
    for form in every.values():
        assert form["published"] is True
        assert form["order"] == ["linked", "published"]


def test_anyone_with_the_link_may_answer(built: dict[str, Any]) -> None:
    assert built["responders"] == ["anyone"]
    assert built["calls"]["setRequireLogin"] == [False]


def test_without_the_drive_service_it_says_what_to_set_by_hand() -> None:
    found = build(load_form("after"), driveService=False, privateAccount=True)
    assert found["forms"][0]["published"] is True
    assert found["forms"][0]["responders"] == []
    assert any("Anyone with the link" in line and "After your visit" in line for line in found["log"])


def test_a_form_may_be_for_named_people_only() -> None:
    only = dataclasses.replace(load_form("later"), answered_by=("anna@kommun.example",))
    assert build(only)["forms"][0]["responders"] == ["anna@kommun.example"]


def test_with_typed_addresses_nobody_has_to_sign_in_and_the_address_is_asked_for(every: dict[str, Any]) -> None:
    typed = dataclasses.replace(load_form("after"), addresses="typed")
    found = build(typed)
    (form,) = found["forms"]
    assert ["Timestamp", *titles(form)] == list(typed.header())
    assert form["calls"]["setCollectEmail"] == [False]
    assert "setEmailCollectionType" not in form["calls"]
    address = form["items"][0]
    assert (address["title"], address["required"]) == ("Email Address", True)
    assert address["validation"]["rules"] == [["requireTextIsEmail"]]
    assert rows(found)[1][4] == "typed"
    assert any("no receipt" in line for line in found["log"])
    assert "Email Address" not in titles(every["after"])


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
    assert built["calls"]["setDestination"] == ["SPREADSHEET", "SHEET"]
    assert built["calls"]["setAllowResponseEdits"] == [True]
    assert any("Send responders a copy" in line for line in built["log"])
    unlinked = build(load_form(), linked=False)
    assert "setDestination" not in unlinked["forms"][0]["calls"]
    assert unlinked["forms"][0]["published"] is True
    assert any("Link to Sheets" in line for line in unlinked["log"])
    assert [tab["name"] for tab in unlinked["book"]] == ["Review"]


def test_the_tab_of_forms_is_made_and_says_where_each_form_is() -> None:
    found = build(load_form(), load_form("before"))
    assert [tab["name"] for tab in found["book"]] == ["Review", "Form responses 1", "Forms", "Before the visit"]
    header, matchmaking, before = rows(found)
    assert header == list(TITLES)
    one, two = found["forms"]
    address = f"https://forms.example/{one['id']}/viewform"
    assert matchmaking == ["matchmaking", address, "", "Form responses 1", "verified", "", ""]
    entry = {item["title"]: item["entry"] for item in two["items"]}
    address = f"https://forms.example/{two['id']}/viewform"
    assert before == [
        "before",
        address,
        (
            f"{address}?usp=pp_url&entry.{entry['Match']}={{match}}&entry.{entry['You are']}={{side}}"
            f"&entry.{entry['First day']}={{first_day}}&entry.{entry['Last day']}={{last_day}}"
        ),
        "Before the visit",
        "verified",
        "",
        "",
    ]


def test_a_tab_that_is_there_is_added_to_whatever_the_order_of_its_columns() -> None:
    header = ["Notes", "Answers in", "Form", "Address", "Prefilled link", "Addresses", "Ignore", "Last answer"]
    tabs = [{"id": 7, "name": "Forms", "rows": [header, ["mine", "Old", "later", "x", "", "verified", True, ""]]}]
    found = build(load_form("later"), tabs=tabs)
    new = dict(zip(header, rows(found)[2], strict=True))
    assert len(rows(found)) == 3
    assert (new["Notes"], new["Form"], new["Answers in"], new["Ignore"]) == ("", "later", "Six months later", "")


def test_made_twice_the_second_gets_a_tab_of_its_own_and_says_what_to_do() -> None:
    found = build(load_form("later"), load_form(), runs=2)
    later = [row for row in rows(found) if row[0] == "later"]
    assert [row[3] for row in later] == ["Six months later", "Six months later (2)"]
    assert any('"Six months later (2)". Tick Ignore beside the old form' in line for line in found["log"])
    assert any('"Form responses 1 (2)". Put that name under sheets.responses_tab.' in line for line in found["log"])


def test_a_tab_already_called_as_it_should_be_keeps_its_name() -> None:
    found = build(load_form(), responsesName="Form responses")
    assert "Form responses 1" in [tab["name"] for tab in found["book"]]
    assert rows(found)[1][3] == "Form responses 1"


def test_no_title_can_become_code(tmp_path: Path) -> None:
    evil = "</script>`${process.exit(3)}`\\u2028'\"; throw 1; // /* FORMS */ []"
    text = (Path(__file__).parents[2] / "config" / "forms" / "matchmaking.toml").read_text(encoding="utf-8")
    text = text.replace('title = "Country"', f"title = {json.dumps(evil)}")
    (tmp_path / "matchmaking.toml").write_text(text, encoding="utf-8")
    form = load_form(folder=tmp_path)
    assert evil in titles(build(form)["forms"][0])
    assert "</script>" not in script(form)


def test_every_kind_of_question_can_be_built() -> None:
    assert {question.kind for form in load_forms().values() for question in form.questions} == set(Kind)
