"""A world for journeys: the sandbox with real Sheets API and mail server, and hands to act in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.sheets.setup import init
from pipeline.config import Settings, load_settings
from pipeline.forms.form import load_form
from pipeline.letters.verify import read_back
from pipeline.run import RunResult, run
from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.person import Person
from pipeline.wiring import open_adapters

RESPONSES = "Form responses 1"
EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
FORM = load_form()
TITLES = {question.key: question.title for question in FORM.questions}
KEYS = {title: key for key, title in TITLES.items()}

HOST = {"role": "Host visitors", "offers": "We can show our work on dual VET with local companies."}
SEND = {"role": "Send staff or learners", "seeks": "We want to learn how dual VET works with local companies."}


def serial(moment: datetime | date) -> float:
    """A date or moment as the sheet stores it."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return (moment - EPOCH).total_seconds() / 86400


def make_answer(number: int, **given: Any) -> dict[str, Any]:
    """A complete, consenting answer of an invented organisation, by question key."""
    start = date.today() + timedelta(days=90)  # noqa: DTZ011
    return {
        "submitted_at": serial(datetime.now(UTC) - timedelta(days=1) + timedelta(seconds=number)),
        "email": f"office@organisation-{number}.example",
        "kind": "New entry",
        "contact_name": "International coordinator",
        "organisation": f"Organisation {number}",
        "organisation_type": "VET school or provider",
        "country": "Sweden",
        "city": "Borås",
        "membership": "Member",
        "travellers": "Teachers and trainers",
        "formats": "Job shadowing",
        "topics": "Dual VET and apprenticeships",
        "date_from": serial(start),
        "date_to": serial(start + timedelta(days=60)),
        "days": 3,
        "languages": "English",
        "fewer_opportunities": "No",
        "consent": "I agree",
        "share_contact": "Yes",
        "publish": "Yes",
        **given,
    }


def fill_in(person: Person, answers: Sequence[dict[str, Any]]) -> None:
    """Write answers into the responses tab as Forms does."""
    keys = [KEYS.get(title, "") for title in person.header(RESPONSES)]
    rows = [
        {
            "values": [
                {"userEnteredValue": _entered(given[key])} if given.get(key) not in (None, "") else {} for key in keys
            ]
        }
        for given in answers
    ]
    person.batch({"appendCells": {"sheetId": person.sheet_id(RESPONSES), "rows": rows, "fields": "userEnteredValue"}})


@dataclass
class Journey:
    """One sandbox with everything a person and cron can do to it."""

    sandbox: Sandbox
    person: Person
    overrides: dict[str, str] = field(default_factory=dict)

    def submit(self, *answers: dict[str, Any]) -> None:
        """Fill in the form: rows as Forms writes them."""
        fill_in(self.person, answers)

    def header(self, tab: str) -> list[str]:
        return list(self.person.header(tab))

    def edit(self, email: str, **changed: Any) -> None:
        """Edit an answer in place, as Forms does: same row, refreshed timestamp."""
        row = next(row for row in self.person.rows(RESPONSES) if row[TITLES["email"]] == email)
        for key, value in {"submitted_at": serial(datetime.now(UTC)), **changed}.items():
            self.person.put(RESPONSES, row["#"], TITLES[key], value)

    def delete(self, tab: str, number: int) -> None:
        """Delete a row, as people do."""
        where = {"sheetId": self.person.sheet_id(tab), "dimension": "ROWS"}
        self.person.batch({"deleteDimension": {"range": {**where, "startIndex": number - 1, "endIndex": number}}})

    def take_out(self, email: str) -> dict[str, Any]:
        """Delete an answer from the responses tab; returns it, ready to be submitted once more."""
        row = next(row for row in self.person.rows(RESPONSES) if row[TITLES["email"]] == email)
        self.delete(RESPONSES, row["#"])
        return {KEYS[title]: value for title, value in row.items() if title in KEYS and value != ""}

    def settings(self, **environment: str) -> Settings:
        return load_settings(self.sandbox.config_path, {**self.overrides, **environment})

    def init(self) -> list[str]:
        settings = self.settings()
        return init(settings.sheets, settings.base)

    def run(self, *, sending: bool = True, weeks_later: float = 0, **environment: str) -> RunResult:
        settings = self.settings(**environment)
        with open_adapters(settings, sending=sending) as outside:
            clock = outside.clock
            return run(replace(outside, clock=lambda: clock() + timedelta(weeks=weeks_later)), settings)

    def review(self) -> list[dict[str, Any]]:
        return self.person.rows("Review")

    def row(self, sending: str, receiving: str) -> dict[str, Any]:
        """The proposal of these two that is still open, or the last one."""
        found = [
            row
            for row in self.review()
            if sending in row["Sending organisation"] and receiving in row["Receiving organisation"]
        ]
        assert found, f"{sending} -> {receiving} is not in the review tab: {self.review()}"
        return next((row for row in found if not row["Status"].startswith("Out of date")), found[0])

    def tick(self, match: str, title: str = "Approve", value: Any = True) -> None:
        row = next(row for row in self.review() if row["Match"] == match)
        self.person.put("Review", row["#"], title, value)

    def status(self, match: str) -> str:
        return next(str(row["Status"]) for row in self.review() if row["Match"] == match)

    def texts(self) -> list[str]:
        """The text part of every letter."""
        return [read_back(message.content).text for message in self.sandbox.messages()]

    def letters(self) -> list[tuple[str, tuple[str, ...]]]:
        """(match id, recipients) of every letter the mail server took."""
        return [
            (read_back(message.content).headers.get("X-Match-Id", ""), tuple(message.recipients))
            for message in self.sandbox.messages()
        ]


def two_sides(*, host: dict[str, Any] | None = None, send: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """A host in Sweden and a sender in Belgium who suit one another."""
    hosting = {"role": "Host visitors", "offers": "We show dual VET with companies."}
    sending = {"role": "Send staff or learners", "seeks": "We want to learn about dual VET with companies."}
    return [
        make_answer(1, **{"organisation": "Lysekil Vocational College", "city": "Lysekil", **hosting, **(host or {})}),
        make_answer(
            2,
            **{
                "organisation": "Kortrijk Training Centre",
                "country": "Belgium",
                "city": "Kortrijk",
                **sending,
                **(send or {}),
            },
        ),
    ]


def _entered(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int | float):
        return {"numberValue": value}
    return {"stringValue": str(value)}


@pytest.fixture
def journey(tmp_path: Path) -> Iterator[Journey]:
    """A fresh sandbox with its tabs made and no answers."""
    with Sandbox(tmp_path / "sandbox") as sandbox:
        made = Journey(sandbox, Person(sandbox.sheets_api, sandbox.spreadsheet_id))
        made.init()
        yield made


@pytest.fixture
def answer() -> Callable[..., dict[str, Any]]:
    """Makes a complete answer of an invented organisation: `answer(1, country="Norway")`."""
    return make_answer


class Days:
    """Days counted from today: as the sheet stores them, and in words."""

    def __call__(self, days: int) -> float:
        return serial(self._of(days))

    def in_words(self, days: int) -> str:
        """As the tab says them."""
        return f"{self._of(days).day} {self._of(days):%B %Y}"

    def _of(self, days: int) -> date:
        return date.today() + timedelta(days=days)  # noqa: DTZ011


@pytest.fixture
def day() -> Days:
    """A day counted from today: `day(90)`, `day.in_words(90)`."""
    return Days()


@pytest.fixture
def fill() -> Callable[..., None]:
    """Writes answers into the responses tab."""
    return fill_in


@pytest.fixture
def sides() -> Callable[..., list[dict[str, Any]]]:
    """The answers of a host and a sender who suit one another; `host` and `send` change them."""
    return two_sides
