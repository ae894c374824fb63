"""Any form's rows become answers: typed values by question, and what is wrong in the submitter's terms."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SheetHeaderProblem
from pipeline.forms.form import load_form, load_forms
from pipeline.forms.reading import read_answers
from pipeline.model import Cell, SheetRow, Table
from tests.forms.conftest import EVERY, Read, read_rows

BEFORE: dict[str, Cell] = {
    "match": "M-ABCDEFGHIJ",
    "side": "Receiving organisation",
    "first_day": 46510,
    "last_day": 46512,
    "people": 4,
}
AFTER: dict[str, Cell] = {"match": "M-ABCDEFGHIJ", "side": "Sending organisation", "took_place": "Yes"}


def test_what_is_told_before_a_visit(read: Read) -> None:
    (answer,) = read(
        "before",
        BEFORE
        | {
            "first_day": "3 de mayo de 2027",
            "last_day": "5 May 2027",
            "days": "2,5 days",
            "people": "ca. 4 people",
            "travellers": "Apprentices, VET learners, Two clowns",
            "format": "Job shadowing",
            "funding": "Own budget, Erasmus+ accreditation",
            "programme": "Monday: arrival\r\nTuesday: =SUM(A1)",
            "place": "n/a",
            "people_fewer_opportunities": 0,
        },
    )
    assert answer.is_usable
    assert answer.problems == ()
    assert answer.email == "anna@kommun.example"
    assert answer.submitted_at == datetime(2025, 12, 9, 12, 0)  # noqa: DTZ001 - the spreadsheet's local time
    assert answer.values == {
        "match": "M-ABCDEFGHIJ",
        "side": "Receiving organisation",
        "first_day": date(2027, 5, 3),
        "last_day": date(2027, 5, 5),
        "days": 2.5,
        "people": 4,
        "travellers": ("Apprentices", "VET learners"),
        "people_fewer_opportunities": 0,
        "format": "Job shadowing",
        "programme": "Monday: arrival\nTuesday: =SUM(A1)",
        "funding": ("Own budget", "Erasmus+ accreditation"),
    }
    assert answer.typed == {"travellers": "Two clowns"}
    assert [flag.sentence for flag in answer.flags] == ['"Who travels or is received" also says "Two clowns".']
    assert answer.code("side") == "receiving"
    assert answer.codes("travellers") == ("vet_learners",)


def test_what_is_told_after_a_visit(read: Read) -> None:
    (answer,) = read(
        "after",
        AFTER
        | {
            "took_place": "oui",
            "lessons": "Plan early\n\n- \nPlan early\nSpeak slowly",
            "places": "Town hall\nSchool",
            "quote": "It was “great”.",
            "quote_consent": "Yes - with my name",
            "logo_consent": False,
            "photo": "https://photos.example.org/a.jpg",
            "photo_consent": "sí",
            "usefulness": 5.0,
            "again": "maybe",
        },
    )
    assert answer.problems == ()
    assert answer.values["lessons"] == ("Plan early", "Speak slowly")
    assert answer.values["places"] == ("Town hall", "School")
    assert answer.values["quote_consent"] == "Yes - with my name"
    assert answer.code("quote_consent") == "with-name"
    assert answer.values["took_place"] == "Yes"
    assert (answer.values["logo_consent"], answer.values["photo_consent"]) == ("No", "Yes")
    assert answer.values["photo"] == "https://photos.example.org/a.jpg"
    assert answer.values["usefulness"] == "5"
    assert answer.values["again"] == "Perhaps"


def test_what_is_told_six_months_later(read: Read) -> None:
    given: dict[str, Cell] = {"match": "M-1", "side": "joining organisation", "project": "In preparation"}
    (answer,) = read("later", given | {"project_name": "=1+1"})
    assert answer.values["side"] == "Joining organisation"
    assert answer.code("project") == "in-preparation"
    assert answer.values["project_name"] == "=1+1"


PROMOTER: dict[str, Cell] = {
    "name": "Somebody",
    "institution": "A School",
    "country": "Italia",
    "nominates": "Somebody else",
    "reason": "Because.",
    "priorities": "Many.",
    "messages": "Go.",
    "publish": "Yes",
}


def test_a_promoter_s_application(read: Read) -> None:
    (answer,) = read("promoters", PROMOTER | {"promoter_kind": "Circus", "promoter_email": " B@school.example "})
    assert answer.values["promoter_email"] == "B@school.example"
    assert answer.values["promoter_kind"] == "Circus"
    assert answer.values["country"] == "Italia"
    assert answer.code("nominates") == "somebody-else"


def test_a_promoter_s_address_that_is_none_is_told_and_the_rest_is_used(read: Read) -> None:
    (answer,) = read("promoters", PROMOTER | {"promoter_email": "a@b.example, c@d.example"})
    assert answer.is_usable
    assert "promoter_email" not in answer.values
    (problem,) = answer.problems
    assert problem.where == 'T, row 2, "The promoter\'s e-mail address"'
    assert "Please give one plain e-mail address." in problem.sentence


def test_a_region_s_answer_to_the_survey(read: Read) -> None:
    survey: dict[str, Cell] = {
        "region": "Cataluña",
        "country": "Spain",
        "organisation": "G",
        "tracking": "In a register.",
    }
    one, two = read("survey", survey | {"round": 2026, "apprentices": "12000"}, survey | {"apprentices": "12.000"})
    assert (one.values["round"], one.values["apprentices"]) == ("2026", 12_000)
    assert two.is_usable
    assert "apprentices" not in two.values
    assert "two different numbers" in two.problems[0].what


def test_a_registration_for_an_event(read: Read) -> None:
    (answer,) = read(
        "event",
        {
            "event": "Spring 2027",
            "organisation": "Kommun Ett",
            "participant": "International coordinator",
            "time_zone": "Europe/Stockholm",
            "languages": "English, Klingon",
            "wishes": "Region Två\n  Region Tre ",
            "avoids": "none",
            "slots": "1 2 5",
        },
    )
    assert answer.problems == ()
    assert answer.values["wishes"] == ("Region Två", "Region Tre")
    assert "avoids" not in answer.values
    assert answer.values["slots"] == "1 2 5"
    assert answer.typed == {"languages": "Klingon"}


def test_missing_required_answers_are_told_together_in_the_form_s_order(read: Read) -> None:
    (answer,) = read("before", BEFORE | {"match": " ", "people": None, "side": ""}, tab="Before the visit")
    assert not answer.is_usable
    assert answer.missing == {"match", "side", "people"}
    (problem,) = answer.problems
    assert problem.where == "Before the visit, row 2"
    assert problem.what == (
        'These answers are missing or cannot be used: "Match", "You are", "People travelling". '
        "The row is not processed."
    )
    assert problem.sentence.startswith("A question about your answer to “Before your visit”.")
    assert problem.sentence.endswith("You can change your answers with the link in your receipt.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first_day": "soon"}, "cannot be read as a date"),
        ({"first_day": "03/04/2027"}, "two different days"),
        ({"last_day": 46509}, '(2027-05-02) lies before "First day" (2027-05-03)'),
        ({"people": "a few"}, "cannot be read as one number"),
        ({"people": 2.5}, "not a whole number"),
        ({"people": 501}, "is not between 1 and 500"),
        ({"side": "Observer"}, '"Observer" is none of the options'),
        ({"email": "nobody"}, "The e-mail address"),
        ({"submitted_at": ""}, "no time of submission"),
    ],
)
def test_without_an_essential_answer_a_row_is_not_used(read: Read, change: dict[str, Cell], said: str) -> None:
    bad, good = read("before", BEFORE | change, BEFORE)
    assert not bad.is_usable
    assert good.is_usable
    (problem,) = bad.problems
    assert said in problem.what
    assert "not stated" not in problem.what


def test_an_optional_answer_that_cannot_be_used_counts_as_not_stated(read: Read) -> None:
    (answer,) = read("after", AFTER | {"first_day": "soon", "usefulness": 6, "photo": "javascript:alert(1)"})
    assert answer.is_usable
    assert not {"first_day", "usefulness", "photo"} & set(answer.values)
    assert [problem.what for problem in answer.problems] == [
        "The answer is text that cannot be read as a date; it counts as not stated.",
        '"6" is none of the options.',
    ]
    assert answer.unreadable == {"first_day", "usefulness"}


def test_with_typed_addresses_nobody_is_sent_to_a_receipt_there_is_none_of(tmp_path: Path, read: Read) -> None:
    (tmp_path / "x.toml").write_text(
        'version = 2\ntitle = "X"\naddresses = "typed"\n[[question]]\nlike = "before.match"\n', encoding="utf-8"
    )
    (answer,) = read(load_form("x", tmp_path), {})
    assert answer.problems[0].sentence.endswith("Please fill in the form again.")


def test_names_that_had_to_be_cut_and_odd_addresses_wait_for_a_person(read: Read) -> None:
    (answer,) = read("after", AFTER | {"quote_name": "x" * 9_000, "email": "no-reply@kommun.example"})
    assert answer.is_usable
    assert '"Quote: your name" is too long to be a name' in str(answer.held)
    assert len(str(answer.values["quote_name"])) <= 200
    assert len(answer.held or "") > 60, "both reasons"


def test_the_content_is_the_version_of_an_answer(read: Read) -> None:
    one, moved, edited, other = read(
        "after",
        AFTER,
        AFTER | {"submitted_at": 46_100, "email": "Anna@Kommun.example"},
        AFTER | {"quote": "A"},
        AFTER | {"email": "b@kommun.example"},
    )
    assert one.content == moved.content
    assert len({one.content, edited.content, other.content}) == 3


def test_a_problem_keeps_its_key_when_its_row_moves_and_no_two_forms_share_one(read: Read) -> None:
    bad: dict[str, Cell] = {"match": "M-1", "side": "?"}
    good: dict[str, Cell] = {"match": "M-2", "side": "Sending organisation"}
    (first,), (_, moved) = read("later", bad), read("later", good, bad)
    (elsewhere,) = read("after", AFTER | {"side": "?"})
    assert first.problems[0].key == moved.problems[0].key != elsewhere.problems[0].key


def test_a_renamed_column_stops_the_reading_naming_what_was_seen() -> None:
    form = load_form("later")
    header = tuple("Exchange number" if title == "Match" else title for title in form.header())
    with pytest.raises(SheetHeaderProblem, match='is missing "Match"') as caught:
        read_answers(Table(title="Six months later", header=header, rows=()), form)
    assert '"Exchange number"' in str(caught.value)
    found = read_answers(Table(title="T", header=header, rows=()), form, columns={"match": "Exchange number"})
    assert found == ()


def test_localised_columns_of_google_are_found_in_every_form() -> None:
    form = load_form("later")
    header = ("Horodateur", "Adresse e-mail", *form.header()[2:])
    cells: dict[str, Cell] = {"Horodateur": 46_000, "Adresse e-mail": "a@b.example", "Match": "M-1", "You are": "x"}
    (answer,) = read_answers(Table(title="T", header=header, rows=(SheetRow(number=2, cells=cells),)), form)
    assert answer.email == "a@b.example"


def test_a_form_of_three_questions_needs_one_file(tmp_path: Path, read: Read) -> None:
    (tmp_path / "visits.toml").write_text(
        """
version = 2
title = "Guest book"
[[question]]
key = "name"
title = "Your name"
kind = "short"
required = true
[[question]]
like = "matchmaking.languages"
required = false
[[question]]
key = "stars"
title = "Stars"
kind = "choice"
options = ["1", "2", "3"]
""",
        encoding="utf-8",
    )
    form = load_forms(tmp_path)["visits"]
    assert form.answers_tab == "Guest book"
    assert form.header() == ("Timestamp", "Email Address", "Your name", "Working languages", "Stars")
    good, bad = read(form, {"name": "Anna", "languages": "Français, English", "stars": 3}, {"stars": "9"})
    assert good.values == {"name": "Anna", "languages": ("French", "English"), "stars": "3"}
    assert good.codes("languages") == ("fr", "en")
    assert (bad.is_usable, len(bad.problems)) == (False, 2)


cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(10**18)]),
    st.floats(),
    st.text(max_size=60),
    st.text(st.sampled_from("\u200b\u202e\u0301\ud800\r\n\t,;=@<{'\"aÅя\U000e0041\u3164-1"), max_size=80),
)
FORMS = load_forms()


@settings(max_examples=150, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(FORMS)))
def test_no_cell_whatever_it_holds_is_an_exception(data: st.DataObject, name: str) -> None:
    form = FORMS[name]
    keys = st.sampled_from([key for key in form.by_key if key not in EVERY])
    (answer,) = read_rows(form, data.draw(st.dictionaries(keys, cells)))
    assert answer.is_usable or answer.problems
    for value in answer.values.values():
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                assert not set(text) & set("\r\u202e\u200b\x00\ud800")
    assert len(answer.content) == 32


def test_two_rows_of_one_moment_whose_addresses_cannot_be_used_are_two_problems(read: Read) -> None:
    answers = read("promoters", {**PROMOTER, "email": "anna at kommun"}, {**PROMOTER, "email": "bo at kommun"})
    keys = [problem.key for answer in answers for problem in answer.problems]
    assert len(keys) == len(set(keys)) == 2
