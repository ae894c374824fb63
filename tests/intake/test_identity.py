"""Entries keep their identity whatever people do to the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.intake import EntryPlan, entries
from pipeline.intake.reading import content_of
from pipeline.model import EntryKind, KnownEntry, Response

TODAY = date(2026, 11, 20)
START = datetime(2026, 11, 1, 9, 0)  # noqa: DTZ001 - the spreadsheet's local time


def row(
    text: str = "first", *, at: int = 0, kind: str = "new", email: str = "anna@x.example", name: str = "X Institute"
) -> Response:
    found = Response(
        row=at + 2,
        content="",
        submitted_at=START + timedelta(minutes=at),
        kind=EntryKind(kind),
        email=email,
        organisation="" if kind == "withdraw" else name,
        seeks=text,
    )
    return replace(found, content=content_of(found))


def run(rows: Sequence[Response], known: Sequence[KnownEntry] = (), today: date = TODAY) -> EntryPlan:
    return entries(rows, known, today=today, months=18, consent_version="v1")


def texts(plan: EntryPlan) -> dict[str, str | None]:
    return {entry.id: entry.response.seeks for entry in plan.open}


def test_two_new_entries_of_one_organisation_are_two_needs() -> None:
    assert len(run([row("one"), row("two", at=1)]).open) == 2


def test_a_double_submission_counts_once_and_says_so() -> None:
    plan = run([row(), row(at=1)])
    assert len(plan.open) == 1
    assert "2 times" in plan.open[0].response.flags[0].sentence


def test_an_update_replaces_the_newest_entry_of_its_organisation() -> None:
    before = run([row("one"), row("two", at=1)])
    after = run([row("one"), row("two", at=1), row("three", at=2, kind="update")], before.known)
    old = {text: identifier for identifier, text in texts(before).items()}
    assert texts(after) == {old["one"]: "one", old["two"]: "three"}


def test_an_update_under_another_name_replaces_the_only_entry() -> None:
    before = run([row("one")])
    after = run([row("one"), row("two", at=1, kind="update", name="X Institute of Learning")], before.known)
    assert list(texts(after)) == list(texts(before))


def test_an_update_that_could_mean_two_organisations_is_a_problem() -> None:
    rows = [row("one"), row("two", at=1, name="Y"), row("three", at=2, kind="update", name="Z")]
    plan = run(rows)
    assert set(texts(plan).values()) == {"one", "two"}
    assert "several organisations" in plan.problems[0].what


def test_an_update_of_nothing_is_an_entry() -> None:
    assert set(texts(run([row("one", kind="update")])).values()) == {"one"}


def test_a_withdrawal_closes_what_was_open_and_not_what_comes_later() -> None:
    before = run([row("one"), row("two", at=1)])
    rows = [row("one"), row("two", at=1), row(at=2, kind="withdraw"), row("three", at=3)]
    plan = run(rows, before.known)
    assert set(texts(plan).values()) == {"three"}
    assert set(plan.withdrawn) == set(texts(before))
    assert all("withdrawn" in plan.closed[identifier] for identifier in plan.withdrawn)


def test_an_answer_edited_into_a_withdrawal_is_withdrawn_and_has_not_disappeared() -> None:
    first = run([row("a")])
    (entry,) = (one.id for one in first.open)
    edited = row(at=5, kind="withdraw")
    for known in (first.known, run([edited], first.known).known):
        after = run([edited], known)
        assert after.open == ()
        assert after.paused == ()
        assert after.withdrawn == (entry,)
        assert after.closed[entry] == "The submitter has withdrawn the entry."


def test_somebody_who_comes_back_with_the_same_answers_has_the_same_entry() -> None:
    before = run([row("one")])
    plan = run([row("one"), row(at=1, kind="withdraw"), row("one", at=2)], before.known)
    assert texts(plan) == texts(before)


def test_a_withdrawal_from_an_unknown_address_is_a_problem() -> None:
    assert "none from this address" in run([row(kind="withdraw")]).problems[0].what


def test_the_address_is_one_whatever_its_capitals() -> None:
    before = run([row("one", email="Anna@x.example")])
    after = run([row("two", email="anna@X.example", at=1)], before.known)
    assert list(texts(after)) == list(texts(before))


def test_a_row_edited_in_place_keeps_its_entry() -> None:
    before = run([row("one"), row("other", email="b@y.example")])
    after = run([row("one, edited", at=50), row("other", email="b@y.example")], before.known)
    assert set(texts(after)) == set(texts(before))
    assert "one, edited" in texts(after).values()


def test_correcting_the_organisations_name_in_place_keeps_the_entry() -> None:
    before = run([row("one", name="X Insitute")])
    assert list(texts(run([row("one", name="X Institute", at=5)], before.known))) == list(texts(before))


def since(plan: EntryPlan) -> dict[str, date | None]:
    """When each entry was first answered, by its text."""
    days = {entry.id: entry.first_answered for entry in plan.known}
    return {str(one.response.seeks): days[one.id] for one in plan.open}


DAY = 24 * 60


@pytest.mark.parametrize(
    "edited",
    [
        {"name": "X Institute of Learning"},
        {"name": "Quite Another School"},
        {"text": "first and second"},
        {"email": "ben@x.example"},
    ],
)
def test_no_edit_moves_the_day_of_the_first_answer(edited: dict[str, Any]) -> None:
    before = run([row()])
    after = run([row(at=5 * DAY, **edited)], before.known)
    assert list(since(after).values()) == [START.date()]
    again = run([row(at=9 * DAY, **edited)], after.known)
    assert list(since(again).values()) == [START.date()]


def test_what_was_remembered_before_the_first_day_was_tells_it_as_far_as_it_goes() -> None:
    (known,) = run([row()]).known
    old = replace(known, first_answered=None, wish="")
    renamed = row(name="Quite Another School", at=9 * DAY)
    assert list(since(run([renamed], [old])).values()) == [START.date()]
    seen = replace(old, since=START + timedelta(days=12), first_seen=date(2026, 11, 2))
    assert list(since(run([renamed], [seen])).values()) == [date(2026, 11, 2)]


def test_another_need_of_another_address_has_its_own_day() -> None:
    before = run([row()])
    after = run([row("another need", email="ben@x.example", at=5 * DAY)], before.known)
    assert since(after) == {"another need": (START + timedelta(days=5)).date()}


def test_an_update_waits_since_the_answer_it_replaces() -> None:
    rows = [row("one"), row("two", at=5 * DAY, kind="update", name="X Institute of Learning")]
    assert since(run(rows)) == {"two": START.date()}


@pytest.mark.parametrize("name", ["X Institute", "X Institute of Learning"])
def test_two_answers_of_one_address_edited_at_once_keep_their_entries(name: str) -> None:
    """The later one first, so that the order of time does not tell which is which; the content of both is new."""
    before = run([row("one", name="X Insitute"), row("two", at=DAY, name="X Insitute")])
    edited = [row("two", at=5 * DAY, name=name), row("one", at=6 * DAY, name=name)]
    after = run([replace(one, content=f"{one.content}, city") for one in edited], before.known)
    assert texts(after) == texts(before)
    assert since(after) == since(before)


def test_a_row_that_disappears_pauses_its_entry_and_brings_it_back() -> None:
    first = run([row("one"), row("two", at=1)])
    gone = run([row("one")], first.known)
    (paused,) = gone.paused
    assert first.open != gone.open
    assert "disappeared" in gone.closed[paused]
    back = run([row("one"), row("two", at=1)], gone.known)
    assert texts(back) == texts(first)
    assert back.paused == ()


def test_a_new_need_does_not_take_the_place_of_a_paused_one() -> None:
    first = run([row("one")])
    gone = run([], first.known)
    plan = run([row("another need", at=9)], gone.known)
    assert set(texts(plan)).isdisjoint(texts(first))
    both = run([row("another need", at=9), row("one")], plan.known)
    assert set(texts(both)) == set(texts(first)) | set(texts(plan))


def test_an_update_outlives_the_row_it_updated() -> None:
    rows = [row("one"), row("two", at=1), row("three", at=2, kind="update")]
    first = run(rows)
    without_the_original = run([rows[0], rows[2]], first.known)
    assert set(texts(without_the_original).values()) == {"one", "three"}
    assert set(texts(without_the_original)) == set(texts(first))


def test_entries_expire_when_not_confirmed_or_when_their_dates_have_passed() -> None:
    old = run([row("one")], today=TODAY + relativedelta(months=19))
    assert (len(old.open), len(old.expired)) == (0, 1)
    passed = replace(row("two"), date_to=TODAY - timedelta(days=1))
    assert len(run([passed]).expired) == 1


def test_the_wording_agreed_to_is_remembered_with_the_version_it_was_given_for() -> None:
    first = entries([row("one")], (), today=TODAY, months=18, consent_version="v1")
    same = entries([row("one")], first.known, today=TODAY, months=18, consent_version="v2")
    edited = entries([row("two")], same.known, today=TODAY, months=18, consent_version="v2")
    assert [plan.known[0].consent_version for plan in (first, same, edited)] == ["v1", "v1", "v2"]


@pytest.mark.parametrize(
    ("submitted", "last_day"),
    [((2026, 8, 31), (2028, 2, 29)), ((2026, 6, 15), (2027, 12, 15)), ((2027, 8, 29), (2029, 2, 28))],
)
def test_an_entry_counts_for_eighteen_calendar_months_to_the_day(
    submitted: tuple[int, int, int], last_day: tuple[int, int, int]
) -> None:
    answer = replace(row("one"), submitted_at=datetime(*submitted, 9, 0))  # noqa: DTZ001 - the spreadsheet's local time
    assert len(run([answer], today=date(*last_day)).open) == 1
    assert len(run([answer], today=date(*last_day) + timedelta(days=1)).expired) == 1


people = st.sampled_from(["a@x.example", "b@x.example"])
names = st.sampled_from(["X Institute", "Y Institute"])


@st.composite
def tabs(draw: st.DrawFn) -> list[Response]:
    count = draw(st.integers(1, 7))
    kinds = st.sampled_from(["new", "new", "new", "update", "withdraw"])
    return [
        row(draw(st.sampled_from("pqrstu")), at=at, kind=draw(kinds), email=draw(people), name=draw(names))
        for at in range(count)
    ]


@settings(max_examples=200)
@given(rows=tabs(), data=st.data())
def test_the_order_of_rows_says_nothing(rows: list[Response], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert texts(run(rows)) == texts(run(shuffled))


@settings(max_examples=200)
@given(rows=tabs())
def test_reading_the_same_tab_again_changes_nothing(rows: list[Response]) -> None:
    first = run(rows)
    again = run(rows, first.known)
    assert texts(again) == texts(first)
    assert again.known == first.known


@settings(max_examples=300)
@given(rows=tabs(), data=st.data())
def test_deleting_rows_never_makes_an_entry_and_restoring_them_brings_all_back(
    rows: list[Response], data: st.DataObject
) -> None:
    first = run(rows)
    ids = {entry.id for entry in first.known}
    left = data.draw(st.lists(st.sampled_from(rows), unique_by=id))
    fewer = run(left, first.known)
    assert {entry.id for entry in fewer.known} == ids
    restored = run(rows, fewer.known)
    assert {entry.id for entry in restored.known} == ids


@settings(max_examples=200)
@given(rows=tabs(), data=st.data())
def test_an_edit_of_the_row_that_counts_keeps_its_entry(rows: list[Response], data: st.DataObject) -> None:
    first = run(rows)
    if not first.open:
        return
    chosen = data.draw(st.sampled_from(first.open))
    place = next(number for number, one in enumerate(rows) if one.content == chosen.response.content)
    twins = [number for number, one in enumerate(rows) if one.content == chosen.response.content]
    kinds = {rows[number].kind for number in twins}
    if len(twins) > 1 or kinds != {EntryKind.NEW}:
        return
    edited = row("edited", at=100, email=chosen.response.email, name=chosen.response.organisation)
    after = run([*rows[:place], *rows[place + 1 :], edited], first.known)
    assert texts(after).get(chosen.id) == "edited"
    assert {entry.id for entry in after.known} == {entry.id for entry in first.known}


def test_that_a_tick_was_answered_stays_known_however_the_answer_changes() -> None:
    before = run([row("one")])
    spent = [replace(entry, tick_spent=True) for entry in before.known]
    assert [entry.tick_spent for entry in run([row("edited")], spent).known] == [True]
    assert [entry.tick_spent for entry in run([row("edited")], before.known).known] == [False]
