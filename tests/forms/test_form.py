"""The form's data is checked in full, and its titles are those other things rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, UsageError
from pipeline.forms.form import form_names, load_form, load_forms
from pipeline.forms.questions import Kind

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


GOOD = """
version = 2
title = "T"
record = "response"
essential = ["submitted_at", "email", "organisation", "consent"]
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
        ("version = 2", "question"),
        (GOOD.replace("version = 2", "version = 1"), "version"),
        (GOOD.replace('record = "response"', ""), "record"),
        (GOOD.replace('kind = "email"', 'kind = "short"'), "one of the kind email"),
        (GOOD + '[[question]]\nlike = "before.nothing"', "is not there"),
        (GOOD + '[[question]]\nlike = "nowhere.match"', "is not there"),
        (GOOD + '[[question]]\nkey = "days"\ntitle = "Days"\nkind = "number"', "question.days.highest"),
        (GOOD + '[[question]]\nkey = "oid"\ntitle = "OID"\nkind = "date"\nreads = "oid"', "question.oid.reads"),
        (GOOD + '[[question]]\nkey = "date_to"\ntitle = "To"\nkind = "date"\nnot_before = "oid"', "date_to.not_before"),
        (GOOD + '[[question]]\nkey = "seeks"\ntitle = "S"\nkind = "paragraph"\nprefilled = "x"', "seeks.prefilled"),
        ('about = "city"\n' + GOOD, "about: city"),
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
    file = tmp_path / "matchmaking.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_form(folder=tmp_path)
    assert said in str(caught.value)


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "matchmaking.toml"
    file.write_text(GOOD + ROLE + 'options = ["A, B", "C", "C"]', encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_form(folder=tmp_path)
    assert "comma" in str(caught.value)
    file.write_text(GOOD.replace('key = "consent"', 'key = "publish"') + ROLE + 'options = ["A, B"]', encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_form(folder=tmp_path)
    assert "comma" in str(caught.value)
    assert "consent: is missing" in str(caught.value)


@pytest.mark.parametrize("name", ["absent", "../pipeline", "", "A"])
def test_a_form_that_is_not_there_is_said_with_those_that_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no form") as caught:
        load_form(name, tmp_path)
    assert "matchmaking, before, after, later, promoters, survey, event" in caught.value.hint


def test_a_file_of_ones_own_takes_the_place_of_the_shipped_one_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "later.toml").write_text('version = 2\ntitle = "Ours"\n[[question]]\nlike = "before.match"\n')
    assert load_form("later", tmp_path).header() == ("Timestamp", "Email Address", "Match")
    assert load_form("after", tmp_path) == load_form("after")
    assert load_form("later", tmp_path / "no such folder") == load_form("later")


HEADERS = {
    "before": "Match|You are|First day|Last day|Days on site|Place|People travelling|Who travels or is received|"
    "Of whom people with fewer opportunities|Format|Programme|Aims|Funding|Contact on site|Second contact|"
    "Anything the secretariat should know",
    "after": "Match|You are|Did the exchange take place?|If not, why?|First day|Last day|Days on site|"
    "People who travelled|Of whom people with fewer opportunities|What happened|Places visited|Lessons learnt|"
    "Next steps|Would you host or visit again?|A sentence we may quote|Quote: your name|"
    "Quote: your role and organisation|May we print this quote?|May we print your organisation's logo?|Photo (link)|"
    "What the photo shows|Who took the photo|May we print the photo?|How useful was the matchmaking?",
    "later": "Match|You are|What did you change?|Did a project follow?|Which?|Would you host or visit again?",
    "promoters": "Name of the promoter|Institution|Kind of promoter|Country|I nominate|The promoter's e-mail address|"
    "Reason for nomination|Priorities in lifelong learning|Key messages on learning mobility|"
    "Key interests in learning possibilities|May we publish a profile?|Photo (link)|What the photo shows",
    "survey": "Round|Region|Country|Organisation|Who is responsible for apprenticeships?|"
    "How are apprenticeships tracked?|Apprentices at present|Can apprentices spend part of it abroad?|"
    "Apprentices abroad last year|May the answer be shared with the partnership?",
    "event": "Event|Organisation|Participant|Time zone|Slots you can attend|We look for|We offer|Topics (up to four)|"
    "Working languages|Whom do you want to meet?|Whom rather not?|May the others see your contact?",
}
TABS = {
    "before": "Before the visit",
    "after": "After the visit",
    "later": "Six months later",
    "promoters": "Promoter applications",
    "survey": "Survey answers",
    "event": "Event registrations",
}
REQUIRED = {
    "before": "match side first_day last_day people",
    "after": "match side took_place",
    "later": "match side",
    "promoters": "name institution country nominates reason priorities messages publish",
    "survey": "region country organisation tracking",
    "event": "event organisation participant languages",
}


@pytest.mark.parametrize("name", list(HEADERS))
def test_the_other_forms_ask_what_is_published(name: str) -> None:
    form = load_form(name)
    assert "|".join(form.header()) == f"Timestamp|Email Address|{HEADERS[name]}"
    assert form.answers_tab == TABS[name]
    required = {question.key for question in form.questions if question.required}
    assert required == form.essential == {"submitted_at", "email", *REQUIRED[name].split()}
    assert form.addresses == "verified"
    assert form.answered_by == "anyone"


def test_options_are_borrowed_and_not_copied() -> None:
    forms = load_forms()
    base = forms["matchmaking"].by_key

    def texts(form: str, key: str) -> list[str]:
        return [option.text for option in forms[form].by_key[key].options]

    assert texts("event", "topics") == [option.text for option in base["topics"].options]
    assert texts("before", "format") == [option.text for option in base["formats"].options]
    assert forms["before"].by_key["format"].kind is Kind.CHOICE
    assert texts("survey", "country") == [option.text for option in base["country"].options]
    assert texts("after", "side") == ["Receiving organisation", "Sending organisation", "Joining organisation"]
    assert texts("after", "quote_consent") == ["Yes - with my name", "Yes - without my name", "No"]
    assert texts("after", "usefulness") == ["1", "2", "3", "4", "5"]
    assert forms["later"].by_key["again"].options == base["reciprocal"].options
    assert forms["promoters"].by_key["country"].section == ""


def test_a_borrowed_question_belongs_to_no_page_of_the_form_it_came_from(tmp_path: Path) -> None:
    text = 'version = 2\ntitle = "X"\n[[question]]\nlike = "matchmaking.role"\n[[question]]\nlike = "x.role"\nkey = "b"'
    (tmp_path / "x.toml").write_text(text + '\ntitle = "B"\naliases = []')
    role = load_form("x", tmp_path).by_key["b"]
    assert (role.section, role.branches, role.title) == ("", False, "B")
    assert not any(option.goes_to for option in role.options)
    assert role.options[0].codes == ("send",)


def test_a_question_like_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(
        'version = 2\ntitle = "X"\n[[question]]\nlike = "x.b"\nkey = "a"\n[[question]]\nlike = "x.a"\nkey = "b"\n'
    )
    with pytest.raises(ConfigurationError, match="like itself"):
        load_form("x", tmp_path)


def test_forms_come_in_the_order_people_meet_them_and_new_ones_after(tmp_path: Path) -> None:
    (tmp_path / "aaa.toml").write_text('version = 2\ntitle = "A"\n[[question]]\nlike = "before.match"\n')
    assert form_names(tmp_path) == (
        *("matchmaking", "before", "after", "later", "promoters", "survey", "event"),
        "aaa",
    )
