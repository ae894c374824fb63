"""The form's data is checked in full, and its titles are those other things rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.forms.form import LONGEST_NAME, comparable, load_form

TITLES = """Timestamp
Email Address
Is this a new entry?
Contact person
Role of the contact person
Organisation name in English
Organisation name in your language
Department or unit taking part
Larger organisation it belongs to
Type of organisation
Country
Region
City
Website
Erasmus+ Organisation ID (OID)
Link to EARLALL or the partnership
We would like to
Who travels or is received
Format
Topics (up to four)
What do you want to learn?
What can you show?
Earliest date
Latest date
Length in days
Group size (people travelling, or the most you can receive at once)
Visits we can host per year
Working languages
Preferred countries
Only these countries?
A specific organisation, region or project you want to visit
Organisations we should not propose
May a third organisation join?
Would you host or visit in return?
Funding
Does it involve people with fewer opportunities?
I agree that my data are processed to find partners
May we give your contact details to an approved match?
May we publish a case sheet naming you?"""


def test_the_header_is_the_published_one() -> None:
    assert "\n".join(load_form().header()) == TITLES


def test_every_option_of_topics_formats_travellers_and_languages_means_something() -> None:
    form = load_form()
    for key in ("topics", "formats", "travellers", "languages"):
        for option in form.by_key[key].options:
            assert form.codes(key, [option.text]), option.text


@pytest.mark.parametrize("text", ["COUNTRY", " Country : ", "Country *", "Cou\u200bntry", "Country\u00a0", "country."])
def test_headers_are_compared_without_what_changes_by_itself(text: str) -> None:
    assert comparable(text) == "country"


def test_a_cell_full_of_accents_costs_no_more_than_a_header() -> None:
    assert len(comparable("\u05d0" + "\u05b0\u05b1\u05b2" * 16_000)) <= LONGEST_NAME


GOOD = """
version = 1
title = "T"
[[question]]
key = "submitted_at"
title = "Timestamp"
kind = "timestamp"
[[question]]
key = "email"
title = "Email Address"
kind = "email"
[[question]]
key = "organisation"
title = "Organisation"
kind = "short"
[[question]]
key = "consent"
title = "I agree"
kind = "consent"
options = ["I agree"]
"""
ROLE = '[[question]]\nkey = "role"\ntitle = "Role"\nkind = "choice"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 1", "question"),
        (GOOD.replace("version = 1", "version = 2"), "version"),
        (GOOD + ROLE + 'options = ["Send, and host"]', "comma"),
        (GOOD + ROLE + 'options = ["A", "a "]', "twice"),
        (GOOD + ROLE + 'options = [{ text = "A", goes_to = "Nowhere" }]', "no question opens"),
        (GOOD + ROLE, "needs options"),
        (GOOD + ROLE + 'options = ["A"]\naliases = ["ORGANISATION:"]', "is also a header of organisation"),
        (GOOD + ROLE + 'options = ["A"]\ncolour = "red"', "question.role.colour"),
        (GOOD + ROLE.replace("role", "shoe_size") + 'options = ["A"]', "not a question this program knows"),
        (GOOD + '[[question]]\nkey = "oid"\ntitle = "OID"\nkind = "short"\npattern = "("', "question.oid.pattern"),
        (GOOD.replace('key = "consent"', 'key = "publish"'), "question.consent: is missing"),
        ("= 1", "not valid TOML"),
    ],
)
def test_a_broken_form_is_refused_naming_the_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "form.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_form(file)
    assert said in str(caught.value)


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "form.toml"
    file.write_text(GOOD + ROLE + 'options = ["A, B", "C", "C"]', encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_form(file)
    assert "comma" in str(caught.value)
    file.write_text(GOOD.replace('key = "consent"', 'key = "publish"') + ROLE + 'options = ["A, B"]', encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_form(file)
    assert "comma" in str(caught.value)
    assert "consent: is missing" in str(caught.value)


def test_a_form_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no form"):
        load_form(tmp_path / "absent.toml")
