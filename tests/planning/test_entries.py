"""Answers -> open entries: what counts, who is one organisation, and what a person is asked to look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipeline.errors import SheetHeaderProblem
from pipeline.model import Judgement, LetterState, Verdict
from pipeline.planning.entries import (
    REDIRECT,
    STILL_CURRENT,
    Entries,
    canonical,
    committed_visits,
    read_entries,
    to_confirm,
)
from pipeline.ports import LedgerState
from pipeline.tabs.tab import RESPONSES
from tests.planning.conftest import (
    NOW,
    SUBMITTED,
    TITLES,
    Answers,
    by_id,
    guest,
    host,
    introduction_record,
    make_inputs,
    plan_of,
    table,
)

TWO = (host("Lysekil College"), host("Lysekil Vocational School", email="x@other.example"))
"""Perhaps one organisation."""
LONG_AGO = SUBMITTED - 600
"""More than eighteen months before."""


def read(*answers: Answers, **more: Any) -> Entries:
    return read_entries(make_inputs(*answers, **more))


def knowing(found: Entries) -> LedgerState:
    """What the ledger remembers of that reading."""
    return LedgerState(entries=found.plan.known, spellings=found.memory, judgements=found.judgements)


def names(found: Entries) -> list[str]:
    return sorted(found.names.values())


def test_each_answer_becomes_an_open_entry_of_an_organisation() -> None:
    found = read(host(), guest(unit="Hotel School"))
    assert names(found) == ["Hotel School, Kortrijk Training Centre", "Lysekil College"]
    assert sorted(one.name for one in found.organisations) == names(found)
    assert {source.entry.organisation_id for source in found.sources.values()} == {
        one.id for one in found.organisations
    }
    assert (found.problems, found.doubts) == ((), ())


def test_an_unreadable_answer_is_told_and_the_others_are_read() -> None:
    found = read(host(email="nobody"), guest())
    assert names(found) == ["Kortrijk Training Centre"]
    (problem,) = found.problems
    assert problem.where.startswith("Form responses") or "row 2" in problem.where
    assert problem.fix


def test_somebody_who_asked_to_be_forgotten_has_no_entry() -> None:
    found = read(host(), guest(), erased=["office@lysekil.example"])
    assert names(found) == ["Kortrijk Training Centre"]
    assert [entry.address for entry in found.plan.known] == ["office@kortrijk.example"]


def test_an_answer_of_somebody_who_was_erased_is_told_with_its_row_and_without_what_was_erased() -> None:
    answers = (host(), guest(), host(submitted_at=SUBMITTED + 3, days=2))
    found = read(*answers, erased=["office@lysekil.example"])
    assert [problem.where for problem in found.problems] == ["Form responses, row 2", "Form responses, row 4"]
    old, new = found.problems
    assert old.key != new.key
    assert old.what == "This answer is not read: somebody with its e-mail address asked for everything to be erased."
    assert "from another address" in old.fix
    assert old.sentence == ""
    told = f"{old} {new}"
    assert "lysekil" not in told.casefold()
    assert "Coordinator" not in told
    for refused in ({"city": None}, {"consent": None}, {"role": "Neither"}, {"kind": "Withdraw my entry"}):
        (only,) = read(host(**refused), erased=["office@lysekil.example"]).problems
        assert (only.what, only.sentence) == (old.what, ""), "nothing to send to somebody who was erased"
    moved = read(*reversed(answers), erased=["office@lysekil.example"])
    assert {problem.key for problem in moved.problems} == {old.key, new.key}, "sorting tells it no second time"


def test_no_more_rows_are_read_than_the_setting_says_and_that_is_told() -> None:
    three = (host(), guest(), host("Bergen Skole", "Norway"))
    found = read(*three, settings={"run": {"max_rows": 2}})
    assert names(found) == ["Kortrijk Training Centre", "Lysekil College"]
    (problem,) = found.problems
    assert (problem.key, problem.what) == ("too-many-rows", "Only the first 2 of 3 answers were read.")
    assert read(*three, settings={"run": {"max_rows": 3}}).problems == ()


def test_a_question_whose_column_got_lost_stops_the_run() -> None:
    """Reading its answers as "not stated" would ignore what people asked for."""
    inputs = make_inputs(host())
    titles = [title for key, title in TITLES.items() if key != "avoid_organisations"]
    tables = {**inputs.snapshot.tables, RESPONSES: table(RESPONSES, titles, [])}
    without = replace(inputs, snapshot=replace(inputs.snapshot, tables=tables))
    assert "avoid_organisations" not in read_entries(without).columns
    lost = replace(without, state=LedgerState(form_columns=frozenset({"avoid_organisations"})))
    with pytest.raises(SheetHeaderProblem, match="Organisations we should not propose"):
        read_entries(lost)


def test_an_answer_that_uses_our_own_address_is_held_and_others_are_not() -> None:
    settings = {"mail": {"sender": "Us <us@ours.example>", "journal": "", "digest_to": "digest@ours.example"}}
    for address, is_held in [("us@ours.example", True), ("digest@ours.example", True), ("a@b.example", False)]:
        (source,) = read(host(email=address), settings=settings).sources.values()
        assert (source.response.held is not None) is is_held


def test_a_known_organisation_that_writes_from_elsewhere_is_held() -> None:
    before = read(host())
    (source,) = (
        one for one in read(host(), host(email="x@thief.example"), state=knowing(before)).sources.values()
        if one.response.email == "x@thief.example"
    )  # fmt: skip
    assert source.response.held


# -- time ----------------------------------------------------------------------------------------------


def test_an_expired_entry_is_told_with_a_sentence_to_send() -> None:
    found = read(host(submitted_at=LONG_AGO), guest())
    assert names(found) == ["Kortrijk Training Centre"]
    (problem,) = to_confirm(found)
    assert problem.where == "Form responses, row 2"
    assert problem.what == (
        "The entry of Lysekil College has expired, or its dates have passed; it is not proposed any more."
    )
    assert problem.sentence == STILL_CURRENT


def test_of_two_entries_of_one_address_the_expired_one_is_named() -> None:
    found = read(host(submitted_at=LONG_AGO, email="a@b.example"), guest(email="a@b.example"))
    (problem,) = to_confirm(found)
    assert problem.where == "Form responses, row 2"
    assert problem.what.startswith("The entry of Lysekil College has expired")


@pytest.mark.parametrize(("number", "lines"), [(10, 10), (11, 1)])
def test_many_expired_entries_are_one_line(number: int, lines: int) -> None:
    found = read(*(host(f"College{index} Skole", submitted_at=LONG_AGO) for index in range(number)))
    problems = to_confirm(found)
    assert len(problems) == lines
    assert (problems[0].what.split(" ")[0] == "11") is (lines == 1)


def test_nobody_who_is_spared_is_asked_whether_the_entry_is_still_current() -> None:
    found = read(*(host(f"College{index} Skole", submitted_at=LONG_AGO) for index in range(11)))
    spared = found.plan.expired[:2]
    assert {problem.key for problem in to_confirm(found, spared)} == {
        f"expired:{identifier}" for identifier in found.plan.expired[2:]
    }
    assert to_confirm(found, found.plan.expired) == ()


def test_the_answers_of_closed_entries_are_still_there() -> None:
    withdrawn = guest(submitted_at=SUBMITTED + 1, kind="Withdraw my entry")
    found = read(host(submitted_at=LONG_AGO), guest(), withdrawn, guest("Oslo School"))
    assert sorted(response.name for response in found.answers.values()) == [
        "Kortrijk Training Centre",
        "Lysekil College",
        "Oslo School",
    ]
    assert names(found) == ["Oslo School"]
    assert names(read(host(), state=knowing(read(host(), guest())))) == ["Lysekil College"]


def test_an_entry_counts_for_as_long_as_the_setting_says() -> None:
    old = host(submitted_at=SUBMITTED - 100)
    assert names(read(old)) == ["Lysekil College"]
    assert names(read(old, settings={"matching": {"entry_months": 3}})) == []


# -- the same entry, told again ------------------------------------------------------------------------


def test_an_edited_answer_is_the_same_entry_and_what_was_agreed_is_remembered() -> None:
    before = read(host())
    after = read(host(offers="We show something else."), state=knowing(before))
    assert set(after.sources) == set(before.sources)
    (known,) = after.plan.known
    assert known.first_seen == NOW.date()
    assert known.consent_version
    assert known.earlier == (before.plan.known[0].content,)


def test_a_vanished_answer_pauses_its_entry() -> None:
    before = read(host(), guest())
    after = read(guest(), state=knowing(before))
    assert names(after) == ["Kortrijk Training Centre"]
    assert len(after.plan.paused) == 1


# -- organisations -------------------------------------------------------------------------------------


def test_two_spellings_are_one_organisation_once_a_person_says_so() -> None:
    asked = read(*TWO)
    (question,) = asked.doubts
    assert question.left < question.right
    assert {question.one.partition("\n")[0], question.other.partition("\n")[0]} == {
        "Lysekil College (Lysekil, Sweden)",
        "Lysekil Vocational School (Lysekil, Sweden)",
    }
    assert question.speaks_for
    assert len(asked.organisations) == 2
    verdict = Judgement(left=question.left, right=question.right, verdict=Verdict.SAME, at=NOW)
    settled = read(*TWO, state=replace(knowing(asked), judgements=(verdict,)))
    assert len(settled.organisations) == 1
    assert settled.doubts == ()


def test_the_sentences_for_and_against_stand_apart_and_few() -> None:
    (question,) = read(*TWO).doubts
    assert set(question.speaks_for.split("\n")).isdisjoint(question.speaks_against.split("\n"))
    assert all(len(text.split("\n")) <= 4 for text in (question.speaks_for, question.speaks_against))


def test_the_answer_of_today_outranks_the_one_of_before() -> None:
    (question,) = read(*TWO).doubts
    said = Judgement(left=question.left, right=question.right, verdict=Verdict.SAME, at=NOW - timedelta(days=9))
    rows = [{"Different": True, "Question": question.key}]
    found = read(*TWO, state=LedgerState(judgements=(said,)), tabs={"Same organisation?": rows})
    (judgement,) = found.judgements
    assert (judgement.verdict, judgement.at) == (Verdict.DIFFERENT, NOW)
    assert found.answered.judgements == (judgement,)
    assert len(found.organisations) == 2


def test_known_aliases_are_one_organisation_and_nobody_is_asked() -> None:
    found = read(*TWO, aliases={"Lysekil College": ["Lysekil Vocational School"]})
    (organisation,) = found.organisations
    assert sorted(organisation.spellings) == ["Lysekil College", "Lysekil Vocational School"]
    assert found.doubts == ()


def test_an_id_stays_and_a_merge_is_remembered_under_the_old_one() -> None:
    asked = read(*TWO)
    assert {one.id for one in read(*TWO, state=knowing(asked)).organisations} == {one.id for one in asked.organisations}
    (question,) = asked.doubts
    verdict = Judgement(left=question.left, right=question.right, verdict=Verdict.SAME, at=NOW)
    merged = read(*TWO, state=replace(knowing(asked), judgements=(verdict,)))
    (kept,) = (one.id for one in merged.organisations)
    (lost,) = {one.id for one in asked.organisations} - {kept}
    assert merged.memory[f"{REDIRECT}{lost}"] == kept
    assert canonical(lost, merged.memory) == kept
    again = read(*TWO, state=knowing(merged))
    assert [one.id for one in again.organisations] == [kept]
    assert again.memory == merged.memory


def test_an_id_follows_every_merge_and_never_in_circles() -> None:
    memory = {f"{REDIRECT}O-1": "O-2", f"{REDIRECT}O-2": "O-3", f"{REDIRECT}O-4": "O-5", f"{REDIRECT}O-5": "O-4"}
    assert [canonical(one, memory) for one in ("O-1", "O-2", "O-3")] == ["O-3"] * 3
    assert canonical("O-4", memory) in {"O-4", "O-5"}


def test_a_country_stands_for_its_regions_that_count_apart() -> None:
    (source,) = read(guest(target_countries="Spain")).sources.values()
    assert {"ES", "ES-CT"} <= set(source.entry.preferred_places)


@pytest.mark.parametrize(
    ("answers", "parent"),
    [
        ({}, None),
        ({"unit": "Hotel School"}, "Lysekil College"),
        ({"parent": "Västra Götaland"}, "Västra Götaland"),
        ({"unit": "Hotel School", "parent": "Västra Götaland"}, "Västra Götaland"),
    ],
)
def test_what_an_organisation_belongs_to(answers: dict[str, str], parent: str | None) -> None:
    (organisation,) = read(host(**answers)).organisations
    assert organisation.parent_name == parent


def test_a_name_in_ones_own_language_is_a_name_too() -> None:
    local = host("Gullmarsskolan", email="x@gullmar.example", city="Lysekil")
    assert len(read(TWO[0], local).organisations) == 2
    assert len(read(TWO[0], {**local, "organisation_local": "Lysekil College"}).organisations) == 1


# -- visits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "since", "counted"),
    [
        (LetterState.SENT, datetime(2026, 1, 1, tzinfo=UTC), True),
        (LetterState.SENT, datetime(2025, 12, 31, 23, tzinfo=UTC), False),
        (LetterState.QUEUED, datetime(2026, 1, 1, tzinfo=UTC), False),
        (LetterState.UNSURE, datetime(2026, 1, 1, tzinfo=UTC), False),
    ],
)
def test_introductions_of_this_year_count_against_what_a_host_can_take(
    state: LetterState, since: datetime, *, counted: bool
) -> None:
    plan = plan_of(host(visits_per_year=3), guest())
    (match,) = plan.matches.fresh
    letters = by_id(introduction_record(match, state, since=since))
    known = LedgerState(matches={match.id: match}, letters=letters, spellings=plan.entries.memory)
    receiving = match.receiving.organisation_id
    assert committed_visits(known, 2026) == ({receiving: 1} if counted else {})
    found = read(host(visits_per_year=3), guest(), state=known)
    visits = {source.response.name: source.entry.committed_visits for source in found.sources.values()}
    assert visits == {"Lysekil College": int(counted), "Kortrijk Training Centre": 0}


def test_a_match_without_a_letter_is_no_visit() -> None:
    (match,) = plan_of(host(), guest()).matches.fresh
    assert committed_visits(LedgerState(matches={match.id: match}), 2026) == {}


def test_the_problems_of_entries_are_told() -> None:
    found = read(host(kind="Withdraw an earlier entry"))
    (problem,) = found.problems
    assert "withdraw" in problem.what
    assert date(2026, 11, 20) == NOW.date()
