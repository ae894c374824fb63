"""Questions and options as people write them are compared without what changes by itself."""

from __future__ import annotations

import pytest

from pipeline.forms.questions import LONGEST_NAME, Kind, Option, Question, comparable


@pytest.mark.parametrize("text", ["COUNTRY", " Country : ", "Country *", "Cou\u200bntry", "Country\u00a0", "country."])
def test_headers_are_compared_without_what_changes_by_itself(text: str) -> None:
    assert comparable(text) == "country"


def test_a_cell_full_of_accents_costs_no_more_than_a_header() -> None:
    assert len(comparable("\u05d0" + "\u05b0\u05b1\u05b2" * 16_000)) <= LONGEST_NAME


def test_an_option_may_be_a_plain_text() -> None:
    question = Question.model_validate({"key": "a", "title": "A", "kind": "choice", "options": ["x", {"text": "y"}]})
    assert question.options == (Option(text="x"), Option(text="y"))


@pytest.mark.parametrize(
    ("required", "role", "expected"),
    [
        (True, None, True),
        (False, "send", False),
        (("send",), "send", True),
        (("send",), "host", False),
        (("send",), "either", True),
        (("send",), None, False),
    ],
)
def test_a_question_can_be_required_of_some(required: bool | tuple[str, ...], role: str | None, expected: bool) -> None:
    question = Question(key="a", title="A", kind=Kind.SHORT, required=required)
    assert question.is_required_for(role) is expected
    assert question.is_required is bool(required)


def test_a_question_is_known_under_its_title_and_its_aliases() -> None:
    question = Question(key="a", title="Country *", kind=Kind.SHORT, aliases=("Pays", "country"))
    assert question.spellings() == ("country", "pays")
