"""The sample answers are good answers, whatever the day."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.forms.form import load_form
from pipeline.intake import Intake, entries, read_responses
from pipeline.intake.impersonation import inspect
from pipeline.model import SheetRow, Table
from pipeline.sandbox.sample import sample_rows


def read(today: date) -> Intake:
    form = load_form()
    rows = tuple(
        SheetRow(number=number, cells=dict(zip(form.header(), row, strict=True)))
        for number, row in enumerate(sample_rows(today, form), start=2)
    )
    table = Table(title="Form responses 1", header=form.header(), rows=rows)
    return read_responses(table, form, columns={})


@pytest.mark.parametrize("today", [date(2024, 11, 30), date(2026, 11, 20), date(2026, 12, 15), date(2028, 2, 29)])
def test_every_answer_is_used_and_every_window_lies_ahead(today: date) -> None:
    intake = read(today)
    assert intake.problems == ()
    assert len(intake.responses) == 21
    assert all(found.flags == () and found.held is None for found in inspect(intake.responses, {}))
    assert all(one.date_from is None or one.date_from > today for one in intake.responses)
    assert len(entries(intake.responses, (), today=today, months=18).open) == 21


def test_windows_keep_their_months_and_their_order() -> None:
    vestland = next(one for one in read(date(2026, 11, 20)).responses if one.organisation == "Vestland County Council")
    assert (vestland.date_from, vestland.date_to) == (date(2027, 5, 12), date(2027, 5, 13))


def test_nobody_can_be_reached_and_invented_organisations_say_so() -> None:
    responses = read(date(2026, 11, 20)).responses
    assert all(one.email.endswith(".example") for one in responses)
    assert sum("(invented)" in one.organisation for one in responses) == 12
    assert {one.contact_name for one in responses} == {"International coordinator"}
