"""An answers tab built from answers by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pipeline.forms.answers import Answer
from pipeline.forms.form import Form, load_form
from pipeline.forms.reading import read_answers
from pipeline.model import Cell, SheetRow, Table

Read = Callable[..., tuple[Answer, ...]]
"""read(form or name, answers, answers, ...): one row for each, submitted by one address unless it says otherwise."""

EVERY: dict[str, Cell] = {"submitted_at": 46_000.5, "email": "anna@kommun.example"}


def read_rows(form: Form | str, *rows: Mapping[str, Cell], tab: str = "T") -> tuple[Answer, ...]:
    """The answers in a tab with that form's own header."""
    form = load_form(form) if isinstance(form, str) else form
    found = tuple(
        SheetRow(number=number, cells={form.by_key[key].title: cell for key, cell in (EVERY | dict(row)).items()})
        for number, row in enumerate(rows, start=2)
    )
    return read_answers(Table(title=tab, header=form.header(), rows=found), form)


@pytest.fixture
def read() -> Read:
    return read_rows
