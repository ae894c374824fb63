"""Each form as a plain page, so that a newcomer can close the loop: an answer given here becomes a row.

The row is what Google Forms would write: a timestamp as a serial number, ticked options joined by commas,
everything else as it was typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.forms.form import Form
from pipeline.forms.header import locate
from pipeline.forms.questions import Kind, Question
from pipeline.model import Cell

Given = Mapping[str, Sequence[str]]
CellData = dict[str, Any]
"""A cell in the words of the Sheets API."""

SERIAL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
LONGEST_ANSWER = 50_000
"""Characters a cell of Google Sheets can hold."""

DATE_FORMATS = {Kind.TIMESTAMP: ("DATE_TIME", "m/d/yyyy h:mm:ss"), Kind.DATE: ("DATE", "m/d/yyyy")}
"""How Forms formats the dates it writes into a spreadsheet in US English."""

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, undefined=StrictUndefined
)


class Tab(Protocol):
    """The tab a form writes to."""

    @property
    def title(self) -> str:
        """Its name."""

    def header(self) -> Sequence[str]:
        """Its first row, as it stands now."""

    def append(self, cells: Sequence[CellData]) -> None:
        """Write one row below the last one that holds anything."""


class AnswerForm:
    """The form's page, and what becomes of a filled one."""

    def __init__(self, form: Form, tab: Tab) -> None:
        self._form = form
        self._tab = tab
        self._questions = [question for question in form.questions if question.kind is not Kind.TIMESTAMP]

    @property
    def title(self) -> str:
        """The form's title."""
        return self._form.title

    def page(
        self,
        *,
        forms: Mapping[str, str],
        given: Given | None = None,
        problems: Mapping[str, str] | None = None,
        fault: str = "",
        sent: bool = False,
    ) -> str:
        """The page as HTML: empty, or with what was given and what is wrong with it, or with the tab it goes to.

        `forms` are all forms there are, name -> title, for the list of pages.
        """
        return _templates.get_template("answer.html").render(
            form=self._form,
            forms=forms,
            questions=self._questions,
            given=given or {},
            problems=problems or {},
            fault=fault,
            sent=sent,
            responses_tab=self._tab.title,
        )

    def submit(self, given: Given) -> dict[str, str]:
        """Write the answer, or return what is wrong with it: question key -> sentence.

        Raises SheetHeaderProblem when the tab no longer has the form's columns.
        """
        problems = {
            question.key: problem for question in self._questions if (problem := self._problem(question, given))
        }
        if problems:
            return problems
        header = list(self._tab.header())
        columns = {title: index for index, title in enumerate(header)}
        cells: list[CellData] = [{} for _ in header]
        for key, title in locate(self._form, header, {}).items():
            cells[columns[title]] = _cell(self._form.by_key[key], given)
        self._tab.append(cells)
        return {}

    def _problem(self, question: Question, given: Given) -> str | None:
        answer = _answer(question, given)
        if any(len(part) > LONGEST_ANSWER for part in given.get(question.key, ())):
            return "This is longer than a cell of a spreadsheet can hold (50,000 characters)."
        if not answer:
            is_asked = question.required is True and not self._is_closing(given)
            return "Please answer this question." if is_asked or question.kind is Kind.EMAIL else None
        if question.kind is Kind.NUMBER and _number(answer) is None:
            return "Please give a number."
        if question.kind is Kind.DATE and _date(answer) is None:
            return "Please give a date."
        if question.kind is Kind.EMAIL and "@" not in answer:
            return "Please give an e-mail address."
        return None

    def _is_closing(self, given: Given) -> bool:
        """Whether an answer leads to the end of the form at once, as a withdrawal does."""
        return any(
            option.goes_to == "submit" and option.text in given.get(question.key, ())
            for question in self._questions
            for option in question.options
        )


def serial(moment: datetime) -> float:
    """A moment as spreadsheets count: days since 30 December 1899."""
    return (moment - SERIAL_EPOCH) / timedelta(days=1)


def row_of(form: Form, values: Sequence[Cell]) -> list[CellData]:
    """Values in the order of the form's own header, as cells; numbers in date columns look like dates."""
    return [_cell_of(question, value) for question, value in zip(form.questions, values, strict=False)]


def _cell_of(question: Question, value: Cell) -> CellData:
    if value is None or value == "":
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, str):
        return {"userEnteredValue": {"stringValue": value}}
    if question.kind in DATE_FORMATS:
        return _number_cell(value, *DATE_FORMATS[question.kind])
    return {"userEnteredValue": {"numberValue": value}}


def _answer(question: Question, given: Given) -> str:
    """What Forms would put into the cell, as text."""
    offered = [option.text for option in question.options]
    texts = [text.strip() if question.kind is not Kind.PARAGRAPH else text for text in given.get(question.key, ())]
    if offered:
        texts = [text for text in texts if text in offered]
    if question.other:
        texts += [text.strip() for text in given.get(f"{question.key}.other", ())]
    return ", ".join(text.replace("\r\n", "\n") for text in texts if text.strip())


def _cell(question: Question, given: Given) -> CellData:
    if question.kind is Kind.TIMESTAMP:
        return _cell_of(question, serial(datetime.now(UTC).replace(microsecond=0)))
    answer = _answer(question, given)
    if not answer:
        return {}
    if question.kind is Kind.DATE and (day := _date(answer)):
        return _cell_of(question, serial(datetime(day.year, day.month, day.day, tzinfo=UTC)))
    if question.kind is Kind.NUMBER and (number := _number(answer)) is not None:
        return _cell_of(question, number)
    return _cell_of(question, answer)


def _number_cell(number: float, kind: str, pattern: str) -> CellData:
    return {
        "userEnteredValue": {"numberValue": number},
        "userEnteredFormat": {"numberFormat": {"type": kind, "pattern": pattern}},
    }


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) < 1e9 else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
