"""What an edit changed, answer by answer, under the form's own titles."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms.form import load_form
from pipeline.model import Party, Role, Side
from pipeline.planning.match_content import NOT_CONTENT, match_id
from pipeline.planning.what_changed import Edit, Titles, in_lines, in_one_line, what_changed

TITLES = Titles.of(load_form(), {})
HOST = Party(
    side=Side.RECEIVING,
    entry="E-1",
    organisation_id="O-1",
    organisation="Lysekil College",
    email="a@lysekil.example",
    country="Sweden",
    city="Lysekil",
    topics=("Green skills",),
    formats=("Job shadowing",),
    languages=("English",),
    offers="We show how apprentices learn in companies of the region, with their trainers, for half of the week.",
    date_from=date(2026, 9, 1),
    date_to=date(2026, 11, 30),
    days=3,
    group_size=4,
)
GUEST = replace(HOST, side=Side.SENDING, organisation="Gent", offers=None, seeks="We want to learn.")


def changed(**answers: Any) -> list[str]:
    """What is said of the host when it answers this instead."""
    edits = what_changed((GUEST, HOST), (GUEST, replace(HOST, **answers)), TITLES)
    assert [edit.organisation for edit in edits] in (["Lysekil College"], [str(answers.get("organisation"))])
    return list(edits[0].changes)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (
            {"date_from": date(2026, 10, 10), "date_to": date(2026, 12, 15)},
            "dates: were 1 September 2026 to 30 November 2026, now 10 October 2026 to 15 December 2026",
        ),
        ({"date_to": None}, "dates: were 1 September 2026 to 30 November 2026, now from 1 September 2026"),
        ({"date_from": None}, "dates: were 1 September 2026 to 30 November 2026, now until 30 November 2026"),
        ({"date_from": None, "date_to": None}, "dates: were 1 September 2026 to 30 November 2026, now not stated"),
        (
            {"topics": ("Green skills", "Digital skills")},
            "Topics (up to four): were “Green skills”, now “Green skills” and “Digital skills”",
        ),
        ({"formats": ()}, "Format: were “Job shadowing”, now not stated"),
        ({"languages": ("English", "French")}, "Working languages: were “English”, now “English” and “French”"),
        ({"group_size": 12}, "Group size (people travelling, or the most you can receive at once): was 4, now 12"),
        ({"days": 2.5}, "Length in days: was 3, now 2.5"),
        ({"city": "Borås"}, "City: was Lysekil, now Borås"),
        ({"country": "Norway"}, "Country: was Sweden, now Norway"),
        ({"region": "Västra Götaland"}, "Region: was not stated, now Västra Götaland"),
        ({"website": "https://l.example"}, "Website: was not stated, now https://l.example"),
        ({"email": "b@lysekil.example"}, "Email Address: was a@lysekil.example, now b@lysekil.example"),
        ({"contact_name": "Eva"}, "Contact person: was not stated, now Eva"),
        ({"contact_role": "Head"}, "Role of the contact person: was not stated, now Head"),
        ({"organisation": "Lysekil"}, "Organisation name in English: was Lysekil College, now Lysekil"),
        (
            {"offers": "We show."},
            (
                "What can you show: was “We show how apprentices learn in companies of the region, with their "
                "trainers, for half of the week.”, now “We show.”"
            ),
        ),
        ({"email": "", "offers": HOST.offers}, "Email Address: was a@lysekil.example, now not stated"),
        (
            {"ask_first": True},
            "May we give your contact details to an approved match: was “Yes”, now “Ask me first each time”",
        ),
    ],
)
def test_each_answer_is_told_as_the_form_calls_it(answers: dict[str, Any], said: str) -> None:
    assert changed(**answers) == [said]


def test_of_a_long_text_the_part_that_differs_is_told() -> None:
    offers = "We show how apprentices learn in companies of Bohuslän, with their trainers, for half of the week."
    assert changed(offers=offers) == [
        (
            "What can you show: was “… learn in companies of the region, with their trainers, for …”, "
            "now “… learn in companies of Bohuslän, with their trainers, for …”"
        )
    ]


def test_words_added_at_an_end_are_told_with_what_stood_there() -> None:
    added = f"{HOST.offers} And in school."
    assert changed(offers=added) == [
        "What can you show: was “… half of the week.”, now “… half of the week. And in school.”"
    ]


def test_a_text_written_anew_is_shown_as_far_as_thirty_words() -> None:
    said = changed(offers=" ".join(f"word{number}" for number in range(40)))[0]
    assert said.endswith("word28 word29 …”")
    assert "“We show how apprentices learn" in said


def test_other_line_breaks_are_told_as_that() -> None:
    assert changed(offers=str(HOST.offers).replace(" ", "\n")) == [
        "What can you show: only spaces or line breaks have changed"
    ]


def test_the_titles_of_a_form_fitted_to_ours_are_used() -> None:
    own = Titles.of(load_form(), {"city": "Ort:"})
    (edit,) = what_changed((HOST,), (replace(HOST, city="Borås"),), own)
    assert edit.changes == ("Ort: was Lysekil, now Borås",)


def test_each_side_is_named_and_has_a_line_for_each_answer() -> None:
    edits = what_changed((GUEST, HOST), (replace(GUEST, days=4), replace(HOST, days=4, city="Borås")), TITLES)
    assert in_lines(edits) == [
        "Gent has changed its answers:",
        "- Length in days: was 3, now 4",
        "Lysekil College has changed its answers:",
        "- City: was Lysekil, now Borås",
        "- Length in days: was 3, now 4",
    ]
    assert in_one_line(edits[1:]) == (
        "Lysekil College has changed its answers (City: was Lysekil, now Borås; Length in days: was 3, now 4)."
    )
    assert in_lines(()) == []


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "days": st.sampled_from([None, 1, 2.5, 3.0]),
    "group_size": st.sampled_from([None, 1, 4]),
    "date_from": st.sampled_from([None, date(2026, 9, 1), date(2026, 9, 2)]),
    "date_to": st.sampled_from([None, date(2026, 11, 30)]),
    "ask_first": st.booleans(),
    "topics": st.sampled_from([(), ("Green skills",), ("Green skills", "VET")]),
    "formats": st.sampled_from([(), ("Job shadowing",)]),
    "languages": st.sampled_from([(), ("English",)]),
    "answered_as": st.sampled_from([None, Role.HOST, Role.SEND]),
}
ANSWERS = [field.name for field in fields(Party) if field.name not in {*NOT_CONTENT, "side"}]
OTHERS = st.sampled_from(["Lysekil", "Borås", "a\nb c", "a b c"])
PARTIES = st.fixed_dictionaries({name: VALUES.get(name, OTHERS) for name in ANSWERS}).map(
    lambda answers: replace(HOST, **answers)
)


@given(before=PARTIES, now=PARTIES)
def test_something_is_said_exactly_when_it_is_another_match(before: Party, now: Party) -> None:
    edits = what_changed((before,), (now,), TITLES)
    assert bool(edits) is (match_id((before,)) != match_id((now,)))
    assert edits == () or edits == (Edit(organisation=now.organisation, changes=edits[0].changes),)


def test_that_a_side_answers_for_another_part_is_told_without_texts_it_always_had() -> None:
    other = {"answered_as": Role.SEND, "seeks": "To learn", "offers": None}
    assert changed(**other) == ["We would like to: was not noted, now to travel only"]
