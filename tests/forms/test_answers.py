"""One answer to a form: its version, what its options mean, and how people are told what is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipeline.forms.answers import Answer, Origin, no_option
from pipeline.forms.form import load_form
from pipeline.model import Problem

FORM = load_form()
ORIGIN = Origin(
    form=FORM,
    tab="Form responses 1",
    row=7,
    titles={"country": "Land", "topics": "Topics (up to four)"},
    submitted="46000.5",
    address="anna@kommun.example",
    about="Kommun Ett",
)
ANSWER = Answer(
    origin=ORIGIN,
    email="Anna@kommun.example",
    values={"country": "Sweden", "topics": ("Gender equality",), "days": 3, "date_from": date(2027, 3, 1)},
)


def test_a_problem_says_where_what_and_a_sentence_to_send() -> None:
    problem = ORIGIN.problem("unreadable", "country", what="This is no country.", ask="Which country are you in?")
    assert problem.where == 'Form responses 1, row 7, "Land"'
    assert problem.sentence == (
        'There is a question about your entry for Kommun Ett, "Land". Which country are you in? '
        "You can change your answers with the link in your receipt."
    )
    assert problem.fix == "Ask the submitter to correct it (sentence beside this), or correct the cell."


def test_a_problem_nobody_outside_can_mend_has_no_sentence() -> None:
    problem = ORIGIN.problem("x", "country", what="Odd.", fix="Correct the cell.")
    assert (problem.sentence, problem.fix) == ("", "Correct the cell.")


def test_an_answer_without_an_organisation_is_an_answer_to_our_form() -> None:
    nameless = replace(ORIGIN, about="")
    assert "about your answer to our form" in nameless.problem("x", "country", what="", ask="Which?").sentence


def test_a_question_without_a_column_is_called_as_the_form_calls_it() -> None:
    assert ORIGIN.title("city") == "City"
    assert ORIGIN.title("country") == "Land"


def key(origin: Origin, code: str = "x", question: str = "country") -> str:
    return origin.problem(code, question, what="").key


def test_a_problem_keeps_its_key_when_its_row_moves_and_has_another_for_anything_else() -> None:
    assert key(replace(ORIGIN, row=99)) == key(ORIGIN)
    others = [
        key(replace(ORIGIN, address="ben@kommun.example")),
        key(replace(ORIGIN, about="Kommun Två")),
        key(ORIGIN, code="y"),
        key(ORIGIN, question="city"),
        key(replace(ORIGIN, address="")),
    ]
    assert len({key(ORIGIN), *others}) == 6


def test_without_an_address_the_moment_tells_two_answers_apart() -> None:
    one, other = (replace(ORIGIN, address="", submitted=moment) for moment in ("46000.5", "46000.6"))
    assert key(one) != key(other)


def test_what_is_missing_is_one_problem() -> None:
    assert ANSWER.problems == ()
    (one,) = ANSWER.lacking("city").problems
    assert one.what == 'These answers are missing or cannot be used: "City". The row is not processed.'
    (two,) = ANSWER.lacking("city", "country").problems
    assert '"Land", "City"' in two.what
    assert two.where == "Form responses 1, row 7"


@pytest.mark.parametrize(
    ("answer", "usable"),
    [
        (ANSWER, True),
        (replace(ANSWER, is_stopped=True), False),
        (ANSWER.lacking("city"), False),
        (replace(ANSWER, unreadable=frozenset({"days"})), True),
        (replace(ANSWER, unreadable=FORM.essential), False),
    ],
)
def test_what_makes_a_row_unusable(answer: Answer, *, usable: bool) -> None:
    assert answer.is_usable is usable


def test_an_option_that_means_nothing_is_told_with_those_that_do() -> None:
    refused = ANSWER.refused("role", "Neither\u202e")
    assert refused.unreadable == {"role"}
    (problem,) = refused.faults
    assert isinstance(problem, Problem)
    assert problem.what == '"Neither" is none of the options.'
    assert "Please choose one of: " in problem.sentence
    assert no_option(ORIGIN, "role", "Neither\u202e") == problem


def test_what_an_option_means() -> None:
    assert replace(ANSWER, values={"role": "Host visitors"}).code("role") == "host"
    assert ANSWER.code("role") is None
    assert replace(ANSWER, values={"role": "Neither"}).code("role") is None
    assert ANSWER.codes("days") == ()


def test_the_version_of_an_answer_is_what_was_answered_and_nothing_else() -> None:
    same = [
        replace(ANSWER, origin=replace(ORIGIN, row=9, submitted="1")),
        replace(ANSWER, email="anna@KOMMUN.example"),
        replace(ANSWER, missing=frozenset({"city"})),
    ]
    other = [
        replace(ANSWER, email="ben@kommun.example"),
        replace(ANSWER, values={**ANSWER.values, "days": 4}),
        replace(ANSWER, values={**ANSWER.values, "date_from": date(2027, 3, 2)}),
        replace(ANSWER, typed={"topics": "Bees"}),
    ]
    assert {answer.content for answer in same} == {ANSWER.content}
    assert len({ANSWER.content, *(answer.content for answer in other)}) == 5
