"""The sandbox as a process, its guard, its form, and what is still there after a restart."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from pipeline.adapters.sheets.setup import init
from pipeline.config import load_settings
from pipeline.errors import TryLater, UsageError
from pipeline.forms.form import load_form, load_forms
from pipeline.forms.reading import read_answers
from pipeline.model import SheetRow, Table
from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.person import Person
from pipeline.sandbox.responses import call

ANSWER: dict[str, str | list[str]] = {
    "email": "coordinator@school.example",
    "kind": "New entry",
    "contact_name": "International coordinator",
    "organisation": "<b>School & Sons</b>",
    "organisation_type": "Company",
    "country": "Sweden",
    "city": "Borås",
    "membership": "Member",
    "role": "Host visitors",
    "travellers": ["Apprentices", "VET learners"],
    "formats": ["Job shadowing", "Study visit"],
    "topics": ["Career guidance"],
    "topics.other": "Beekeeping",
    "offers": "=HYPERLINK(1)\r\nSecond line",
    "date_from": "2027-05-03",
    "days": "1,5",
    "languages": ["English"],
    "fewer_opportunities": "No",
    "consent": "I agree",
    "share_contact": "Yes",
    "publish": "No",
}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path) as running:
        yield running


def ask(
    sandbox: Sandbox, path: str, *, method: str = "GET", body: str = "", headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str], str]:
    address = urlsplit(sandbox.web)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
    connection.request(method, path, body, dict(headers or {}))
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


def rows(sandbox: Sandbox) -> list[list[Any]]:
    cells = quote("'Form responses 1'!A1:AZ")
    path = f"/v4/spreadsheets/{sandbox.spreadsheet_id}/values/{cells}?valueRenderOption=UNFORMATTED_VALUE"
    return list(call(sandbox.sheets_api, "GET", path)["values"])


def submit(sandbox: Sandbox, answer: Mapping[str, str | list[str]]) -> int:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": sandbox.web}
    return ask(sandbox, "/answer", method="POST", body=urlencode(answer, doseq=True), headers=headers)[0]


def test_a_fresh_directory_has_an_empty_responses_tab(sandbox: Sandbox) -> None:
    assert rows(sandbox) == [list(load_form().header())]


def test_a_fresh_directory_has_a_tab_for_every_form_and_says_where_they_are(sandbox: Sandbox) -> None:
    person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
    forms = load_forms()
    for name, form in forms.items():
        tab = "Form responses 1" if name == "matchmaking" else form.answers_tab
        assert person.header(tab) == list(form.header())
    noted = {row["Form"]: row for row in person.rows("Forms")}
    assert list(noted) == list(forms)
    assert noted["matchmaking"]["Address"] == f"{sandbox.web}/answer/matchmaking"
    assert noted["matchmaking"]["Answers in"] == "Form responses 1"
    assert noted["before"]["Prefilled link"] == (
        f"{sandbox.web}/answer/before?match={{match}}&side={{side}}&first_day={{first_day}}&last_day={{last_day}}"
    )
    assert {row["Addresses"] for row in noted.values()} == {"verified"}


def test_every_form_has_a_page_whose_answer_the_reader_reads(sandbox: Sandbox) -> None:
    status, _, page = ask(sandbox, "/answer/later?match=M-ABCDEFGHIJ&side=Sending+organisation")
    assert status == 200
    assert 'value="M-ABCDEFGHIJ"' in page
    assert 'value="Sending organisation" checked' in page
    assert 'href="/answer/survey"' in page
    given = {"email": "a@b.example", "match": "M-ABCDEFGHIJ", "side": "Sending organisation", "project": "Yes"}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": sandbox.web}
    assert ask(sandbox, "/answer/later", method="POST", body=urlencode(given), headers=headers)[0] == 303
    assert ask(sandbox, "/answer/later", method="POST", body=urlencode({"match": "M"}), headers=headers)[0] == 422
    (row,) = Person(sandbox.sheets_api, sandbox.spreadsheet_id).rows("Six months later")
    form = load_form("later")
    table = Table(title="T", header=form.header(), rows=(SheetRow(number=2, cells=row),))
    (answer,) = read_answers(table, form)
    assert answer.is_usable
    assert (answer.email, answer.values["match"], answer.code("project")) == ("a@b.example", "M-ABCDEFGHIJ", "yes")
    assert ask(sandbox, "/answer/nothing")[0] == 404


def test_a_form_of_ones_own_gets_its_page_and_its_tab_at_the_next_start(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        person = Person(first.sheets_api, first.spreadsheet_id)
        person.put("Forms", 4, "Address", "https://docs.google.com/forms/mine")
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "guests.toml").write_text(
        'version = 2\ntitle = "Guest book"\n[[question]]\nkey = "name"\ntitle = "Your name"\nkind = "short"\n'
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Sandbox(tmp_path, port=port) as second:
        person = Person(second.sheets_api, second.spreadsheet_id)
        assert person.header("Guest book") == ["Timestamp", "Email Address", "Your name"]
        assert ask(second, "/answer/guests")[0] == 200
        addresses = {row["Form"]: row["Address"] for row in person.rows("Forms")}
    assert addresses["guests"] == f"http://127.0.0.1:{port}/answer/guests"
    assert addresses["later"] == f"http://127.0.0.1:{port}/answer/later", "the port of this start"
    assert addresses["after"] == "https://docs.google.com/forms/mine", "what a person wrote stays"
    assert len(addresses) == 8


def test_init_notes_the_sandbox_s_forms_where_they_are_not_noted(sandbox: Sandbox) -> None:
    person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
    person.batch({"deleteSheet": {"sheetId": person.sheet_id("Forms")}})
    settings = load_settings(sandbox.config_path, environment={})
    forms = tuple(load_forms().values())
    made = init(settings.sheets, settings.base, forms)
    assert any("the sandbox's own forms are noted: matchmaking, before, after" in line for line in made)
    assert [row["Form"] for row in person.rows("Forms")] == list(load_forms())
    assert init(settings.sheets, settings.base, forms) == []


def test_the_configuration_is_ready_to_use(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = load_settings(sandbox.config_path, environment={})
    assert settings.sheets.api_url == sandbox.sheets_api
    assert settings.sheets.spreadsheet_id == sandbox.spreadsheet_id
    assert settings.mail.enabled
    assert (settings.mail.host, settings.mail.port) == ("127.0.0.1", sandbox.smtp_port)
    assert load_form(folder=settings.path(settings.form.folder)) == load_form()
    assert settings.ledger_url == f"sqlite:///{tmp_path}/state/ledger.db"
    assert settings.path(settings.run.lock_file) == tmp_path / "state" / "lock"


def test_all_of_it_survives_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        submit(first, ANSWER)
        with smtplib.SMTP(first.smtp_host, first.smtp_port) as connection:
            connection.sendmail("a@b.example", ["c@d.example"], "Subject: kept\r\n\r\n")
        before = rows(first)
    text = first.config_path.read_text().replace("enabled = true", 'enabled = true\nrehearsal_to = "me@x.example"')
    first.config_path.write_text(text)
    with Sandbox(tmp_path) as second:
        assert second.spreadsheet_id == first.spreadsheet_id
        assert rows(second) == before
        assert [message.recipients for message in second.messages()] == [("c@d.example",)]
        settings = load_settings(second.config_path, environment={})
        assert settings.mail.rehearsal_to == "me@x.example"
        assert settings.mail.port == second.smtp_port
        assert settings.sheets.api_url == second.sheets_api


def test_an_answer_becomes_the_row_forms_would_write(sandbox: Sandbox) -> None:
    assert submit(sandbox, ANSWER) == 303
    header, row = rows(sandbox)
    cells = dict(zip(header, row, strict=False))
    assert 46_000 < cells["Timestamp"] < 80_000
    assert cells["Organisation name in English"] == "<b>School & Sons</b>"
    assert cells["Who travels or is received"] == "Apprentices, VET learners"
    assert cells["Topics (up to four)"] == "Career guidance, Beekeeping"
    assert cells["What can you show?"] == "=HYPERLINK(1)\nSecond line"
    assert cells["Earliest date"] == 46510
    assert cells["Length in days"] == 1.5
    assert cells["Country"] == "Sweden"


def test_columns_moved_by_people_are_found_by_their_header(sandbox: Sandbox) -> None:
    tab = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    path = f"/v4/spreadsheets/{sandbox.spreadsheet_id}"
    sheets = call(sandbox.sheets_api, "GET", path)["sheets"]
    tab["sheetId"] = sheets[0]["properties"]["sheetId"]
    call(sandbox.sheets_api, "POST", f"{path}:batchUpdate", {"requests": [{"insertDimension": {"range": tab}}]})
    assert submit(sandbox, ANSWER) == 303
    header, row = rows(sandbox)
    assert header[0] == row[0] == ""
    assert dict(zip(header, row, strict=False))["City"] == "Borås"


def test_a_damaged_header_is_said_and_nothing_is_lost(sandbox: Sandbox) -> None:
    cells = quote("'Form responses 1'!B1")
    path = f"/v4/spreadsheets/{sandbox.spreadsheet_id}/values/{cells}?valueInputOption=RAW"
    call(sandbox.sheets_api, "PUT", path, {"values": [["Renamed by somebody"]]})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, page = ask(sandbox, "/answer", method="POST", body=urlencode(ANSWER, doseq=True), headers=headers)
    assert status == 409
    assert "Renamed by somebody" in page
    assert "Beekeeping" in page
    assert len(rows(sandbox)) == 1


def test_an_incomplete_answer_is_asked_again_and_nothing_is_lost(sandbox: Sandbox) -> None:
    incomplete = {**ANSWER, "consent": [], "city": " ", "days": "many"}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(incomplete, doseq=True)
    status, _, page = ask(sandbox, "/answer", method="POST", body=body, headers=headers)
    assert status == 422
    assert "3 questions need another look" in page
    assert "&lt;b&gt;School &amp; Sons&lt;/b&gt;" in page
    assert "<b>School" not in page
    assert len(rows(sandbox)) == 1


def test_a_withdrawal_needs_no_more_than_an_address(sandbox: Sandbox) -> None:
    assert submit(sandbox, {"email": "a@b.example", "kind": "Withdraw my entry"}) == 303
    assert submit(sandbox, {"kind": "Withdraw my entry"}) == 422
    assert len(rows(sandbox)) == 2


def test_options_are_those_of_the_form_only(sandbox: Sandbox) -> None:
    assert submit(sandbox, {**ANSWER, "country": "Atlantis"}) == 422
    assert submit(sandbox, {**ANSWER, "formats": ["Job shadowing", "Cruise"]}) == 303
    header, row = rows(sandbox)
    assert dict(zip(header, row, strict=False))["Format"] == "Job shadowing"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[", "10.0.0.1"])
@pytest.mark.parametrize("path", ["/", "/sandbox.json", "/v4/spreadsheets/x"])
def test_other_names_for_this_machine_are_refused(sandbox: Sandbox, host: str, path: str) -> None:
    assert ask(sandbox, path, headers={"Host": host})[0] == 403


def test_pages_of_others_cannot_reach_in(sandbox: Sandbox) -> None:
    path = f"/v4/spreadsheets/{sandbox.spreadsheet_id}/values/A1?valueInputOption=RAW"
    body = json.dumps({"values": [["taken over"]]})
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ):
        assert ask(sandbox, path, method="PUT", body=body, headers=headers)[0] == 403
        assert ask(sandbox, "/answer", method="POST", body=urlencode(ANSWER, doseq=True), headers=headers)[0] == 403
    assert rows(sandbox) == [list(load_form().header())]


def test_every_page_forbids_everything_from_elsewhere(sandbox: Sandbox) -> None:
    for path in ("/", "/mail", "/answer", "/static/sheet.js", "/mail/messages", "/nowhere"):
        _, headers, _ = ask(sandbox, path)
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"


def test_the_html_of_a_letter_is_served_powerless(sandbox: Sandbox) -> None:
    content = b"Subject: x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n"
    with smtplib.SMTP(sandbox.smtp_host, sandbox.smtp_port) as connection:
        connection.sendmail("a@b.example", ["c@d.example"], content)
    status, headers, body = ask(sandbox, "/mail/messages/1/html")
    assert (status, body.strip()) == (200, "<script>alert(1)</script>")
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert policy.endswith("; sandbox")
    assert ask(sandbox, "/mail/messages/2/html")[0] == 404
    assert ask(sandbox, "/mail/messages/1/raw")[2] == content.decode()


@pytest.mark.parametrize("name", ["..%2fweb.py", "%2e%2e%2fapp.py", "answer.html", "nothing.js", "%00.js"])
def test_only_the_pages_own_files_are_served(sandbox: Sandbox, name: str) -> None:
    assert ask(sandbox, f"/static/{name}")[0] == 404


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be made"), Sandbox(tmp_path / "file" / "below"):
        pass


def test_a_taken_port_and_a_taken_directory_are_said_plainly(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} cannot be used"), Sandbox(tmp_path / "two", port=port):
            pass
        with pytest.raises(UsageError, match="--smtp-port"), Sandbox(tmp_path / "two", smtp_port=port):
            pass
    with pytest.raises(TryLater, match="Another sandbox is using"), Sandbox(tmp_path):
        pass
    with Sandbox(tmp_path / "two") as second:
        assert second.web != sandbox.web


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_runs_as_a_process_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    script = (
        "import json, sys; from pathlib import Path; from pipeline.sandbox.app import run_sandbox\n"
        "run_sandbox(Path(sys.argv[1]), announce=lambda said: print(json.dumps(said), flush=True))"
    )
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        host, _, port = said["smtp"].partition(":")
        with smtplib.SMTP(host, int(port)) as connection:
            connection.sendmail("a@b.example", ["c@d.example"], "Subject: kept\r\n\r\n")
        answer = call(said["sheets_api"], "GET", f"/v4/spreadsheets/{said['spreadsheet_id']}/values/A1:B40")
        assert answer["values"] == [["Timestamp", "Email Address"]]
        process.send_signal(number)
        assert process.wait(600) == 0
    assert (Path(said["mail_dir"]) / "000001.eml").read_bytes().startswith(b"Subject: kept")
    assert load_settings(Path(said["config"]), environment={}).mail.enabled
