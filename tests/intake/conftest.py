"""A responses tab built from answers by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pipeline.forms.form import Form, load_form
from pipeline.intake import Intake, read_responses
from pipeline.model import Cell, SheetRow, Table

GOOD: dict[str, Cell] = {
    "submitted_at": 46_000.5,
    "email": "anna@kommun.example",
    "kind": "New entry",
    "contact_name": "International coordinator",
    "organisation": "Kommun Ett",
    "organisation_type": "Local authority",
    "country": "Sweden",
    "city": "Ett",
    "membership": "Member",
    "role": "Send and host",
    "travellers": "Teachers and trainers",
    "formats": "Job shadowing, Study visit",
    "topics": "Gender equality",
    "seeks": "How others do it.",
    "offers": "How we do it.",
    "languages": "English, Swedish",
    "fewer_opportunities": "No",
    "consent": "I agree",
    "share_contact": "Yes",
    "publish": "After my approval",
}

Read = Callable[..., Intake]
"""read(changes, changes, ...): one row for each, `GOOD` with these answers changed."""


@pytest.fixture(scope="session")
def form() -> Form:
    return load_form()


@pytest.fixture
def read(form: Form) -> Read:
    def reading(*changes: Mapping[str, Cell], first_row: int = 2) -> Intake:
        rows = tuple(
            SheetRow(
                number=number,
                cells={
                    form.by_key[key].title: cell for key, cell in (GOOD | dict(changed)).items() if cell is not None
                },
            )
            for number, changed in enumerate(changes, start=first_row)
        )
        table = Table(title="Form responses 1", header=form.header(), rows=rows)
        return read_responses(table, form, columns={})

    return reading
