"""A form that is there already: its columns are proposed by name and written into the configuration."""

from __future__ import annotations

import tomllib
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from pipeline.form import load_form
from pipeline.form_mapping import propose_columns, with_columns
from pipeline.intake import read_responses
from pipeline.model import Table

THEIRS = (
    "Horodateur",
    "Adresse e-mail",
    "Name of your organization",
    "Country",
    "Town / city",
    "What would you like to learn?",
    "Topics of interest",
    "Contact person's name",
    "I agree that my data is processed to find partners",
    "Favourite colour",
)


def test_columns_are_proposed_with_how_sure_it_is() -> None:
    proposal = propose_columns(load_form(), THEIRS)
    found = {guess.key: guess for guess in proposal.guesses}
    assert found["submitted_at"].header == "Horodateur"
    assert found["organisation"].header == "Name of your organization"
    assert found["seeks"].header == "What would you like to learn?"
    assert found["topics"].header == "Topics of interest"
    assert found["contact_name"].header == "Contact person's name"
    assert found["consent"].is_sure
    assert not found["topics"].is_sure
    assert proposal.unused == ("Favourite colour",)
    assert proposal.missing == ()
    assert "formats" in proposal.not_asked


def test_what_cannot_be_done_without_is_named() -> None:
    proposal = propose_columns(load_form(), ("Timestamp", "Country"))
    assert set(proposal.missing) == {"email", "organisation", "consent"}


def test_our_own_form_maps_onto_itself() -> None:
    form = load_form()
    proposal = propose_columns(form, form.header())
    assert [guess.header for guess in proposal.guesses] == list(form.header())
    assert all(guess.likeness == 1 for guess in proposal.guesses)


def test_a_confirmed_proposal_is_enough_to_read_the_tab() -> None:
    form = load_form()
    written = with_columns("[form]\nfile = 'x'\n", propose_columns(form, THEIRS).columns())
    columns = tomllib.loads(written)["form"]["columns"]
    table = Table(title="T", header=THEIRS, rows=())
    assert read_responses(table, form, columns=columns, locale="fr_FR", today=date(2026, 11, 20)).total == 0


def test_only_that_section_of_the_configuration_changes() -> None:
    before = '# mine\n[form]\nfile = "form.toml"  # theirs\n\n[form.columns]\nemail = "Old"\n\n[run]\nmax_rows = 5\n'
    after = with_columns(before, {"email": 'New "one" ü'})
    assert tomllib.loads(after) == {
        "form": {"file": "form.toml", "columns": {"email": 'New "one" ü'}},
        "run": {"max_rows": 5},
    }
    assert "# mine" in after
    assert "# theirs" in after
    assert with_columns(after, {"email": 'New "one" ü'}) == after


@given(st.dictionaries(st.sampled_from(["email", "country"]), st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_header_survives_the_file(columns: dict[str, str]) -> None:
    assert tomllib.loads(with_columns("[run]\nx = 1\n", columns))["form"]["columns"] == columns
