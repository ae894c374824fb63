"""From the form's words to the codes of matching."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.forms.form import Form
from pipeline.intake import Intake, to_entry
from pipeline.model import Role


@pytest.mark.parametrize(
    ("role", "expected", "guests", "capacity", "visits"),
    [
        ("Send staff or learners", Role.SEND, 6, None, None),
        ("Join an exchange organised by others", Role.SEND, 6, None, None),
        ("Host visitors", Role.HOST, None, 6, 2),
        ("Send and host", Role.EITHER, 6, 6, 2),
        ("Host or join", Role.EITHER, 6, 6, 2),
    ],
)
def test_the_group_is_the_guests_of_one_and_the_beds_of_the_other(
    read: Callable[..., Intake],
    form: Form,
    role: str,
    expected: Role,
    guests: int | None,
    capacity: int | None,
    visits: int | None,
) -> None:
    (response,) = read({"role": role, "group_size": 6, "visits_per_year": 2}).responses
    entry = to_entry("E-1", response, form)
    assert (entry.role, entry.group_size, entry.capacity, entry.max_visits) == (expected, guests, capacity, visits)


def test_options_become_codes_each_once(read: Callable[..., Intake], form: Form) -> None:
    (response,) = read(
        {"topics": "Dual VET and apprenticeships, VET innovation, Inclusive employment", "travellers": "Apprentices"}
    ).responses
    entry = to_entry("E-1", response, form, organisation_id="O-1", committed_visits=1)
    assert entry.topics == ("vet", "employment", "inclusion")
    assert entry.formats == ("job_shadowing", "study_visit")
    assert entry.target_groups == ("vet_learners",)
    assert entry.languages == ("en", "sv")
    assert (entry.id, entry.organisation_id, entry.committed_visits) == ("E-1", "O-1", 1)
    assert entry.email_domain == "kommun.example"
    assert entry.text == "How others do it.\n\nHow we do it."


def test_what_stands_in_the_field_for_a_name_is_passed_on_and_is_no_condition(
    read: Callable[..., Intake], form: Form
) -> None:
    region, partner, countries = read(
        {"target_organisation": "Basque Country"},
        {"target_organisation": "Borås Multicompetent Team"},
        {"target_countries": "Spain - Catalonia, Denmark", "target_strict": "No - these first"},
    ).responses
    found = to_entry("E-1", region, form)
    assert (found.preferred_places, found.strict_places, found.named_partner) == ((), False, "Basque Country")
    found = to_entry("E-2", partner, form)
    assert (found.preferred_places, found.named_partner) == ((), "Borås Multicompetent Team")
    found = to_entry("E-3", countries, form)
    assert (found.preferred_places, found.strict_places) == (("ES-CT", "DK"), False)


def test_perhaps_is_not_stated(read: Callable[..., Intake], form: Form) -> None:
    answers = read({"reciprocal": "Yes"}, {"reciprocal": "No"}, {"reciprocal": "Perhaps"}, {"reciprocal": ""})
    assert [to_entry("E", one, form).reciprocal for one in answers.responses] == [True, False, None, None]


def test_a_unit_belongs_to_its_organisation(read: Callable[..., Intake], form: Form) -> None:
    (response,) = read({"organisation": "Borås Stad", "unit": "Working Life Department"}).responses
    entry = to_entry("E-1", response, form)
    assert (entry.organisation, entry.parent) == ("Working Life Department, Borås Stad", "Borås Stad")
