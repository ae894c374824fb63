"""The sample answers as rows of a responses tab, as Google Forms would have written them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from pipeline.cleaning.data_files import data_file
from pipeline.forms.form import Form
from pipeline.forms.questions import Kind, Question
from pipeline.model import Cell

SHEET_EPOCH = date(1899, 12, 30)
"""Day 0 of a spreadsheet's serial numbers."""


def sample_rows(today: date, form: Form) -> list[list[Cell]]:
    """One row for each answer in `config/samples/responses.toml`, under `form.header()`, in order of submission.

    Dates are serial numbers; windows are moved by whole years until they lie ahead of `today`.
    """
    data = tomllib.loads(data_file("samples", "responses.toml").read_text(encoding="utf-8"))
    answers = sorted((data["every"] | answer for answer in data["answer"]), key=lambda answer: -answer["days_ago"])
    return [_row(answer, today, form) for answer in answers]


def _row(answer: Mapping[str, Any], today: date, form: Form) -> list[Cell]:
    submitted = datetime.combine(today - timedelta(days=answer["days_ago"]), time(9, 30))
    moved = {"submitted_at": _serial(submitted.date()) + 9.5 / 24, **_moved(answer, today)}
    return [_cell(moved.get(question.key, answer.get(question.key)), question) for question in form.questions]


def _moved(answer: Mapping[str, Any], today: date) -> dict[str, float]:
    """The window in serial numbers, the same months some years later."""
    window: dict[str, date] = {key: answer[key] for key in ("date_from", "date_to") if key in answer}
    if not window:
        return {}
    years = 0
    while min(_years_later(day, years) for day in window.values()) <= today:
        years += 1
    return {key: _serial(_years_later(day, years)) for key, day in window.items()}


def _years_later(day: date, years: int) -> date:
    return day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _serial(day: date) -> float:
    return float((day - SHEET_EPOCH).days)


def _cell(value: Any, question: Question) -> Cell:
    """One answer as Forms writes it: ticks joined by a comma and a space, paragraphs without a final newline."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, str):
        return value.strip()
    if question.kind in {Kind.NUMBER, Kind.DATE, Kind.TIMESTAMP} and isinstance(value, int | float):
        return value
    return str(value)
