"""Which column answers which question, whatever people and Google make of a header."""

from __future__ import annotations

import pytest

from pipeline.errors import SheetHeaderProblem
from pipeline.forms.form import load_form
from pipeline.forms.header import locate

LATER = load_form("later")
HEADER = LATER.header()


def test_columns_are_found_in_any_order_with_others_between_them() -> None:
    found = locate(LATER, ("Mine", *reversed(HEADER)), {})
    assert found == {question.key: question.title for question in LATER.questions}


def test_the_configuration_names_a_column_or_says_that_a_question_is_not_asked() -> None:
    header = tuple("Number" if title == "Match" else title for title in HEADER)
    assert locate(LATER, header, {"match": "number "})["match"] == "Number"
    with pytest.raises(SheetHeaderProblem, match="is missing"):
        locate(LATER, header, {"match": ""})
    form = load_form()
    without = tuple(title for title in form.header() if title != "Country")
    assert "country" not in locate(form, without, {"country": ""})


def test_an_optional_column_that_was_there_may_not_get_lost() -> None:
    header = tuple(title for title in HEADER if title != "Which?")
    assert "project_name" not in locate(LATER, header, {})
    with pytest.raises(SheetHeaderProblem, match='"Which\\?" \\(project_name\\)'):
        locate(LATER, header, {}, needed={"project_name"})


def test_two_columns_for_one_question_stop_the_reading() -> None:
    with pytest.raises(SheetHeaderProblem, match='more than one column for "Match" and "match:"') as caught:
        locate(LATER, (*HEADER, "match:"), {}, tab="Six months later")
    assert 'The tab "Six months later"' in str(caught.value)


def test_a_name_in_the_configuration_that_is_no_question_is_said() -> None:
    with pytest.raises(SheetHeaderProblem, match="questions that do not exist: colour"):
        locate(LATER, HEADER, {"colour": "Colour"})
