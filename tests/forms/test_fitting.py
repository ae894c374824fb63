"""A form that is there already: its columns are proposed by name and written into the configuration."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.forms.fitting import propose_mapping, with_columns, write_mapping
from pipeline.forms.form import load_form
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
    "Favourite colour\x1b[31m",
)


def test_columns_are_proposed_with_how_sure_it_is() -> None:
    mapping = propose_mapping(load_form(), THEIRS)
    found = {guess.key: guess for guess in mapping.guesses}
    assert found["submitted_at"].header == "Horodateur"
    assert found["organisation"].header == "Name of your organization"
    assert found["seeks"].header == "What would you like to learn?"
    assert found["topics"].header == "Topics of interest"
    assert found["contact_name"].header == "Contact person's name"
    assert found["consent"].is_sure
    assert not found["topics"].is_sure
    assert mapping.unused == ("Favourite colour\x1b[31m",)
    assert mapping.missing == ()
    assert "formats" in mapping.not_asked
    assert mapping.columns["formats"] == ""
    assert "country" not in mapping.columns


def test_the_proposal_can_be_read_and_hides_no_control_characters() -> None:
    text = propose_mapping(load_form(), THEIRS).as_text()
    assert 'topics        "Topics of interest"   <- please check' in text
    assert "\x1b" not in text


def test_what_cannot_be_done_without_is_named() -> None:
    mapping = propose_mapping(load_form(), ("Timestamp", "Country"))
    assert set(mapping.missing) == {"email", "organisation", "consent"}
    assert "nothing works without" in mapping.as_text()


def test_our_own_form_fits_as_it_is() -> None:
    form = load_form()
    mapping = propose_mapping(form, form.header())
    assert [guess.header for guess in mapping.guesses] == list(form.header())
    assert mapping.columns == {}


def test_what_a_person_chose_before_stays() -> None:
    form = load_form()
    header = (*form.header(), "Our topics")
    mapping = propose_mapping(form, header, {"topics": "Our topics"})
    assert {guess.key: guess.header for guess in mapping.guesses}["topics"] == "Our topics"
    assert mapping.columns == {}, "nothing new to write"
    assert "Topics (up to four)" in mapping.unused


def test_a_confirmed_proposal_is_enough_to_read_the_tab(tmp_path: Path) -> None:
    form = load_form()
    config = tmp_path / "pipeline.toml"
    config.write_text("[form]\nfolder = 'x'\n", encoding="utf-8")
    config.chmod(0o600)
    write_mapping(config, propose_mapping(form, THEIRS))
    columns = tomllib.loads(config.read_text(encoding="utf-8"))["form"]["columns"]
    assert config.stat().st_mode & 0o777 == 0o600
    table = Table(title="T", header=THEIRS, rows=())
    assert read_responses(table, form, columns=columns).total == 0
    assert propose_mapping(form, THEIRS, columns).columns == {}


def test_two_columns_for_one_question_are_settled_by_writing_one_down() -> None:
    form = load_form()
    header = (*form.header(), "Pays")
    mapping = propose_mapping(form, header)
    assert mapping.columns == {"country": "Pays"} or mapping.columns == {"country": "Country"}
    table = Table(title="T", header=header, rows=())
    assert read_responses(table, form, columns=mapping.columns).total == 0


def test_a_configuration_that_cannot_be_changed_is_left_alone_and_the_lines_are_given(tmp_path: Path) -> None:
    config = tmp_path / "pipeline.toml"
    config.write_text("[form\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="by hand") as caught:
        write_mapping(config, propose_mapping(load_form(), THEIRS))
    assert 'topics = "Topics of interest"' in str(caught.value)
    assert config.read_text(encoding="utf-8") == "[form\n"
    assert list(tmp_path.iterdir()) == [config]


def test_only_that_section_of_the_configuration_changes() -> None:
    before = '# mine\n[form]\nfolder = "forms"  # theirs\n\n[form.columns]\nemail = "Old"\n\n[run]\nmax_rows = 5\n'
    after = with_columns(before, {"email": 'New "one" ü'})
    assert tomllib.loads(after) == {
        "form": {"folder": "forms", "columns": {"email": 'New "one" ü'}},
        "run": {"max_rows": 5},
    }
    assert "# mine" in after
    assert "# theirs" in after
    assert with_columns(after, {"email": 'New "one" ü'}) == after


@pytest.mark.parametrize(
    "before",
    [
        "",
        '[form]\nfolder = "own"\n\n[run]\nmax_rows = 5  # few\n\n[form.columns]\ncity = "Old"  # why\nemail = "Old"\n',
        'form = { columns = { email = "Old" } }\n[run]\nmax_rows = 5\n',
        '[form]\ncolumns.city = "Old"\n',
        "[form]\n# nothing yet",
    ],
    ids=["empty", "apart", "inline", "dotted", "bare"],
)
def test_the_section_is_found_however_it_is_written(before: str) -> None:
    columns = {"city": "Town", "topics": "Themes"}
    after = with_columns(before, columns)
    assert tomllib.loads(after)["form"]["columns"] == columns
    assert [line for line in before.splitlines() if "#" in line and "Old" not in line] == [
        line for line in after.splitlines() if "#" in line and "Town" not in line
    ]
    assert with_columns(after, columns) == after


@given(st.dictionaries(st.sampled_from(["email", "country"]), st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_header_survives_the_file(columns: dict[str, str]) -> None:
    assert tomllib.loads(with_columns("[run]\nx = 1\n", columns))["form"]["columns"] == columns
