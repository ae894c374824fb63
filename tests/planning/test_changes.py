"""What a run writes into ledger and sheet: only what is new, and nothing when nothing changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.letters.identity import introduction_id, question_id
from pipeline.model import Decision, Judgement, LetterState, SheetChanges, Side, Verdict
from pipeline.planning.changes import Changes
from pipeline.planning.plan import Plan
from pipeline.ports import LedgerChanges, LedgerState, Serving
from pipeline.tabs import review
from tests.planning.conftest import (
    NOW,
    SUBMITTED,
    Answers,
    Office,
    by_id,
    guest,
    host,
    introduction_record,
    make_inputs,
    met,
    plan_of,
    remembered,
    rows_of,
    ticked,
)

HOST, GUEST = host(), guest()
DOUBT = (host("Lysekil College"), host("Lysekil Vocational School", email="x@other.example"))


@pytest.fixture(scope="module")
def proposed() -> Plan:
    """A run that has just proposed one match."""
    return plan_of(HOST, GUEST)


def changes(*answers: Answers, **more: Any) -> Changes:
    return plan_of(*answers, **more).changes


def again(plan: Plan, *, boxes: dict[str, Any] | None = None, known: dict[str, Any] | None = None, **more: Any) -> Plan:
    """The run after `plan`, with the same two answers."""
    rows = ticked(*rows_of(plan), **(boxes or {}))
    return plan_of(HOST, GUEST, state=remembered(plan, **(known or {})), tabs={"Review": rows}, **more)


def unmarked(ledger: LedgerChanges) -> LedgerChanges:
    """Without the mark that every run that writes leaves."""
    return replace(ledger, serving=None)


# -- the ledger ----------------------------------------------------------------------------------------


def test_what_is_new_is_remembered(proposed: Plan) -> None:
    ledger = proposed.changes.ledger
    (match,) = proposed.matches.fresh
    assert (ledger.at, ledger.matches, ledger.letters) == (NOW, (match,), ())
    assert len(ledger.entries) == 2
    assert sorted(sentence.split(": ")[1] for _, sentence in ledger.organisation_events) == [
        "Kortrijk Training Centre",
        "Lysekil College",
    ]
    assert set(ledger.spellings.values()) == {one.id for one in proposed.entries.organisations}
    assert ledger.form_columns is not None
    assert "consent" in ledger.form_columns


def test_what_must_be_found_out_about_a_side_is_shown_and_not_kept() -> None:
    """It may name somebody else's address, who may ask to be forgotten; every run finds it out anew."""
    known = host("Göteborgs stad", email="anna@goteborg.example", city="Göteborg", role="Send staff or learners",
                 offers="", seeks="We want to learn dual VET.")  # fmt: skip
    plan = plan_of(
        known, host("Göteborgs stad", email="x@gmail.com", city="Göteborg", submitted_at=SUBMITTED + 1), GUEST
    )
    assert any("anna@goteborg.example" in str(row["Status"]) for row in rows_of(plan))
    assert "anna@goteborg.example" not in {
        word
        for match in plan.changes.ledger.matches
        for party in match.parties
        for word in (party.check_first or "").split()
    }
    assert any(party.check_first for match in plan.matches.fresh for party in match.parties)


def test_what_is_known_is_not_told_again(proposed: Plan) -> None:
    assert unmarked(again(proposed).changes.ledger) == LedgerChanges(at=NOW)


def test_an_edit_is_remembered_with_what_it_overtakes(proposed: Plan) -> None:
    edited = plan_of(HOST, guest(seeks="Something else."), state=remembered(proposed))
    (old,), (new,) = proposed.matches.fresh, edited.matches.fresh
    ledger = edited.changes.ledger
    assert (ledger.matches, ledger.superseded) == ((new,), {old.id: new.id})
    assert [entry.id for entry in ledger.entries] == [old.sending.entry]
    later = plan_of(HOST, guest(seeks="Something else."), state=remembered(edited))
    assert unmarked(later.changes.ledger) == LedgerChanges(at=NOW)


@pytest.mark.parametrize(
    ("boxes", "decided"),
    [({}, None), ({"Approve": True}, {"approved": True}), ({"Decline": True}, {"declined": True})],
)
def test_a_decision_is_remembered_when_it_is_another_than_before(
    proposed: Plan, boxes: dict[str, bool], decided: dict[str, bool] | None
) -> None:
    (match,) = proposed.matches.fresh
    decision = Decision(match=match.id, **decided) if decided else None  # type: ignore[arg-type]
    first = again(proposed, boxes=boxes).changes.ledger
    assert first.decisions == ((decision,) if decision else ())
    known = {"decisions": {match.id: decision} if decision else {}}
    assert again(proposed, boxes=boxes, known=known).changes.ledger.decisions == ()
    taken_back = again(proposed, known=known).changes.ledger.decisions
    assert taken_back == ((Decision(match=match.id),) if decision else ())


def test_a_deleted_row_says_nothing_new(proposed: Plan) -> None:
    (match,) = proposed.matches.fresh
    state = remembered(proposed, decisions={match.id: Decision(match=match.id, declined=True)})
    assert changes(HOST, GUEST, state=state).ledger.decisions == ()


def test_letters_to_queue_to_take_back_and_to_settle(proposed: Plan) -> None:
    (match,) = proposed.matches.fresh
    letter = introduction_id(match.id)
    assert [one.id for one in again(proposed, boxes={"Approve": True}).changes.ledger.letters] == [letter]
    queued = {"letters": by_id(introduction_record(match, LetterState.QUEUED))}
    assert again(proposed, known=queued).changes.ledger.withdrawn == {letter: "Approve was unticked"}
    unsure = {"letters": by_id(introduction_record(match, LetterState.UNSURE))}
    for box, was_sent in [("Was sent", True), ("Was not sent", False)]:
        boxes = {"Approve": True, box: True}
        assert again(proposed, boxes=boxes, known=unsure).changes.ledger.settled == {letter: was_sent}


def test_a_question_that_waits_is_taken_back_too() -> None:
    asking = host(share_contact="Ask me first")
    first = plan_of(asking, GUEST)
    (match,) = first.matches.fresh
    identifier = question_id(match.id, Side.RECEIVING)
    question = replace(introduction_record(match, LetterState.QUEUED), id=identifier)
    state = remembered(first, letters=by_id(question))
    later = changes(asking, GUEST, state=state, tabs={"Review": rows_of(first)})
    assert later.ledger.withdrawn == {identifier: "Approve was unticked"}


def test_a_line_by_hand_opens_the_pair_again(proposed: Plan) -> None:
    (match,) = proposed.matches.fresh
    line = {"Sending organisation": "Kortrijk Training Centre", "Receiving organisation": "Lysekil College"}
    state = remembered(proposed, letters=by_id(introduction_record(match)), meetings=met(match))
    first = plan_of(HOST, GUEST, state=state, tabs={"By hand": [line]})
    (asked,) = first.matches.fresh
    assert first.changes.ledger.reopened == ()
    rows = ticked(*rows_of(first), Approve=True)
    state = replace(state, matches=first.matches.all)
    second = plan_of(HOST, GUEST, state=state, tabs={"By hand": [line], "Review": rows})
    assert set(second.changes.ledger.reopened) == set(met(match))
    assert [one.match for one in second.changes.ledger.letters] == [asked.id]


def test_answers_about_organisations_are_remembered_once() -> None:
    first = plan_of(*DOUBT)
    (question,) = first.entries.doubts
    tabs = {"Same organisation?": [{"Same": True, "Question": question.key}]}
    second = plan_of(*DOUBT, state=remembered(first), tabs=tabs)
    verdict = Judgement(left=question.left, right=question.right, verdict=Verdict.SAME, at=NOW)
    assert second.changes.ledger.judgements == (verdict,)
    assert changes(*DOUBT, state=remembered(second), tabs=tabs).ledger.judgements == ()


# -- problems ------------------------------------------------------------------------------------------


def test_a_problem_is_new_once_and_forgotten_when_it_is_mended() -> None:
    bad = host(email="nobody")
    first = changes(bad)
    (problem,) = first.new_problems
    assert first.ledger.problems == frozenset({problem.key})
    second = changes(bad, state=LedgerState(problems=frozenset({problem.key})))
    assert (second.new_problems, second.ledger.problems) == ((), None)
    mended = changes(HOST, state=LedgerState(problems=frozenset({problem.key})))
    assert (mended.new_problems, mended.ledger.problems) == ((), frozenset())


def test_a_second_problem_is_new_beside_the_first() -> None:
    (known,) = changes(host(email="nobody")).new_problems
    other = guest(email="nobody either", submitted_at=SUBMITTED + 1)
    both = changes(host(email="nobody"), other, state=LedgerState(problems=frozenset({known.key})))
    assert len(both.new_problems) == 1
    assert known.key not in {problem.key for problem in both.new_problems}


# -- the sheet, before letters leave -------------------------------------------------------------------


def test_new_rows_stand_the_strongest_on_top() -> None:
    answers = (
        HOST,
        host("Aarhus Skole", "Denmark", topics="Green skills", formats="Study visit", offers="We show gardens."),
        GUEST,
        guest("Antwerpen School"),
    )
    plan = plan_of(*answers)
    rows = [(row["Sending organisation"], row["Receiving organisation"]) for row in rows_of(plan)]
    fresh = [(match.sending.organisation, match.receiving.organisation) for match in plan.matches.fresh]
    assert rows == fresh
    assert len(rows) >= 2
    assert rows[:2] == [("Antwerpen School", "Lysekil College"), ("Kortrijk Training Centre", "Lysekil College")]


TRIO = (
    host(third_party="Yes"),
    guest(third_party="Yes"),
    guest("Porto Escola", "Portugal", third_party="Yes"),
)
OTHERS = (host("Bergen Skole", "Norway"), guest("Aalst School"))


def test_variants_of_one_idea_stand_together() -> None:
    """Equals of all kinds, which would else stand by their names."""
    rows = rows_of(plan_of(*TRIO, *OTHERS))
    assert len(rows) > 4
    for row in rows:
        three = row["Joining organisation"]
        others = [other for other in rows if other is not row and str(other["Match"]) in str(row["Status"])]
        assert bool(others) is ("one of these" in str(row["Status"]))
        if three:
            place, near = rows.index(row), {rows.index(other) for other in others}
            assert {place, *near} == set(range(min(place, *near), max(place, *near) + 1)), "nothing between them"


@settings(max_examples=25)
@given(
    order=st.permutations(range(5)),
    contacts=st.lists(st.sampled_from(["Coordinator", "Head", "Office", "Dean"]), min_size=5, max_size=5),
)
def test_no_id_and_no_row_orders_what_stands_together(order: list[int], contacts: list[str]) -> None:
    """A match's id hangs on who the contact is."""

    def shown(answers: list[Answers]) -> list[tuple[Any, ...]]:
        rows = rows_of(plan_of(*answers))
        return [tuple(row[f"{side} organisation"] for side in ("Sending", "Receiving", "Joining")) for row in rows]

    plain: list[Answers] = [*TRIO, *OTHERS]
    others = [{**answer, "contact_name": contact} for answer, contact in zip(plain, contacts, strict=True)]
    assert shown([others[number] for number in order]) == shown(plain)


def test_a_variant_of_a_row_that_stands_goes_below_it() -> None:
    first = plan_of(TRIO[0], TRIO[1])
    (standing,) = rows_of(first)
    inserts = changes(*TRIO, state=remembered(first), tabs={"Review": [standing]}).before.inserts["Review"]
    assert {(row.cells["Joining organisation"] != "", row.beside) for row in inserts} >= {(True, standing["Match"])}
    assert [row.beside for row in plan_of(*TRIO).changes.before.inserts["Review"]] == [None] * 3


def test_a_deleted_row_comes_back_while_its_match_is_open(proposed: Plan) -> None:
    (match,) = proposed.matches.fresh
    assert len(rows_of(plan_of(HOST, GUEST, state=remembered(proposed)))) == 1
    assert rows_of(again(proposed)) == []
    for closed in (
        {"letters": by_id(introduction_record(match)), "meetings": met(match)},
        {"decisions": {match.id: Decision(match=match.id, declined=True)}},
    ):
        assert rows_of(plan_of(HOST, GUEST, state=remembered(proposed, **closed))) == []
    unsure = {"letters": by_id(introduction_record(match, LetterState.UNSURE))}
    (row,) = rows_of(plan_of(HOST, GUEST, state=remembered(proposed, **unsure)))
    assert str(row["Status"]).startswith("Unsure")


def test_the_tabs_that_are_the_programs_own_are_filled_and_left_alone_when_they_say_it_already(office: Office) -> None:
    office.answer(HOST, GUEST, host("Bergen Skole", "Norway", email="nobody"))
    first = office.plan()
    assert set(first.changes.before.contents) == {"Problems"}
    assert len(first.changes.before.inserts["Organisations"]) == 2
    office.keep(first)
    assert office.plan().changes.before.contents == {}
    assert "Organisations" not in office.plan().changes.before.inserts
    assert "Organisations" not in office.plan().changes.after.updates
    office.edit(2, website="https://gullmar.example")
    (update,) = office.plan().changes.after.updates["Organisations"]
    assert (update.cells["Organisation"], update.cells["Website domains"]) == (
        "Lysekil College",
        "gullmar.example, lysekil.example",
    )


def test_what_became_of_an_organisation_is_told(office: Office) -> None:
    office.answer(HOST, GUEST)
    office.keep(office.plan())
    (number,) = (row["#"] for row in numbered(office) if row["Organisation"] == "Lysekil College")
    office.sheet.put("Organisations", number, "Leave alone until", "1 March 2027")
    office.keep(office.plan())
    said = {str(row["Organisation"]): row["Status"] for row in office.rows("Organisations")}
    assert said == {"Kortrijk Training Centre": "Open", "Lysekil College": "Left alone until 1 March 2027"}
    del office.sheet.tabs["Responses"][2]
    office.keep(office.plan())
    said = {str(row["Organisation"]): row["Status"] for row in office.rows("Organisations")}
    assert said["Kortrijk Training Centre"] == "No open entry"
    office.sheet.put("Organisations", number, "Leave alone until", "spring")
    office.keep(office.plan())
    assert {row["Status"] for row in office.rows("Organisations")} == {"No open entry", "Left alone: mend the day"}


@pytest.mark.parametrize("later", ["2027-03-01", "2026-11-30"])
def test_where_two_rows_with_days_are_one_organisation_each_says_which_day_counts(office: Office, later: str) -> None:
    """The row that is left over shows another day than the one that counts, and clearing that would end nothing."""
    school = host("Lysekil Vocational School", email="x@other.example")
    office.answer(HOST, school, GUEST)
    office.keep(office.plan())
    days = {"Lysekil College": later, "Lysekil Vocational School": "2026-12-24"}
    for row in numbered(office):
        office.sheet.put("Organisations", row["#"], "Leave alone until", days.get(row["Organisation"]))
    office.tick("Same", tab="Same organisation?")
    for _ in range(2):
        office.keep(office.plan())
    ids = {str(row["Organisation"]): row["Id"] for row in office.rows("Organisations")}
    said = {str(row["Organisation"]): row["Status"] for row in office.rows("Organisations")}
    gone, left = "Lysekil College", "Lysekil Vocational School"
    if later == "2027-03-01":
        assert (
            said[left]
            == f"Left alone until 1 March 2027: that day stands on the row of {ids[gone]}. Clear it there to end it"
        )
        assert said[gone] == f"The same as {ids[left]}, which is left alone because of the day on this row"
    else:
        assert said[left] == "Left alone until 24 December 2026"
        assert said[gone] == f"The same as {ids[left]}"


def numbered(office: Office) -> list[dict[str, Any]]:
    return [{**row.cells, "#": row.number} for row in office.sheet.read().tables["Organisations"].rows]


def test_nothing_is_written_into_a_tab_somebody_deleted(office: Office) -> None:
    office.answer(HOST, GUEST)
    del office.sheet.tabs["Organisations"]
    del office.sheet.tabs["Problems"]
    before = office.plan().changes.before
    assert before.contents == {}
    assert before.last_checked is None, "there is no place for it"


def test_near_misses_and_unmet_demand_are_shown_by_name(office: Office) -> None:
    office.answer(
        host(date_from=46_500, date_to=46_510),
        guest(date_from=46_600, date_to=46_610, target_organisation="City of Nowhere Academy"),
    )
    contents = office.plan().changes.before.contents
    assert contents["Nearly"][0][:2] == ("Kortrijk Training Centre", "Lysekil College")
    invite, *_ = contents["Unmet demand"]
    assert invite[0] == "Invitation"
    assert str(invite[1]).startswith("To invite: ")
    assert invite[2] == "Kortrijk Training Centre"
    assert "EARLALL's mobility" in str(invite[3])


def test_pairs_in_doubt_are_asked_about_once(office: Office) -> None:
    office.answer(*DOUBT)
    office.keep(office.plan())
    assert office.statuses("Same organisation?") == ["Waits for your answer: tick Same or Different"]
    assert office.plan().changes.before.inserts == {}


def test_the_day_is_written_once_a_day(office: Office) -> None:
    assert office.plan().changes.before.last_checked == NOW.date()
    office.keep(office.plan())
    assert not office.plan().changes.before
    office.wait(days=1)
    assert replace(office.plan().changes.before, owner=None) == SheetChanges(last_checked=office.now.date())


def test_whatever_is_written_bears_the_mark_of_the_run_and_the_ledger_remembers_the_one_before(office: Office) -> None:
    office.answer(HOST, GUEST)
    first = office.plan().changes
    assert first.before.owner == "in memory@here@2026-11-20T09:00:00@0"
    assert first.ledger.serving == Serving(marks=(first.before.owner,))
    office.keep(office.plan())
    idle = office.plan().changes
    assert (idle.before.owner, idle.after.owner, idle.ledger.serving) == (None, None, None)
    standing = office.sheet.owner
    office.tick("Approve")
    approved = office.plan().changes
    assert approved.ledger.serving == Serving(marks=(str(standing), str(approved.before.owner)))
    assert approved.before.owner not in (None, standing), "before any letter, though nothing else is to be written"


def test_what_is_written_after_the_letters_alone_bears_the_mark_as_well(office: Office) -> None:
    office.answer(HOST, GUEST)
    office.keep(office.plan())
    office.sheet.put("Review", 2, "Why", "Because.")
    held = office.plan().changes
    assert held.before == SheetChanges()
    assert held.ledger.serving is not None
    assert held.after.owner == held.ledger.serving.marks[-1]


# -- the sheet, after them -----------------------------------------------------------------------------


def test_a_status_changes_only_where_it_says_something_else(proposed: Plan) -> None:
    (match,) = proposed.matches.fresh
    assert again(proposed).changes.after == SheetChanges()
    (update,) = again(proposed, boxes={"Approve": True}).changes.after.updates[review.TAB.name]
    assert update.key == match.id
    assert update.cells == {"Status": "Approved: waits, the letter leaves with the next run; untick Approve to stop it"}


def test_an_answered_question_says_so(office: Office) -> None:
    office.answer(*DOUBT)
    office.keep(office.plan())
    office.tick("Same", tab="Same organisation?")
    office.keep(office.plan())
    assert office.statuses("Same organisation?") == ["Remembered since 2026-11-20: same. Move the tick to change it"]
    assert len(office.plan().entries.organisations) == 1


# -- a quiet run ---------------------------------------------------------------------------------------


def quiet(plan: Plan) -> bool:
    """Whether there is nothing to write."""
    told = plan.changes
    return (
        told.ledger == LedgerChanges(at=told.ledger.at) and not told.before and not told.after and not told.new_problems
    )


MANY = (
    HOST,
    GUEST,
    host("Bergen Skole", "Norway", third_party="Yes"),
    guest("Porto Escola", "Portugal", third_party="Yes", target_organisation="City of Nowhere Academy"),
    guest("Antwerpen School", third_party="Yes", date_from=46_500, date_to=46_530),
    host("Turku Opisto", "Finland", date_from=46_600, date_to=46_610, share_contact="Ask me first"),
    host("Nobody", email="nobody"),
    *DOUBT[1:],
)


def test_unchanged_inputs_change_nothing(office: Office) -> None:
    office.answer(*MANY)
    first = office.plan()
    assert not quiet(first)
    assert len(first.matches.fresh) > 5
    office.keep(first)
    assert quiet(office.plan())
    office.wait(hours=9)
    assert quiet(office.plan())


@pytest.mark.parametrize("box", ["Approve", "Decline"])
def test_unchanged_inputs_change_nothing_after_the_officer_has_ticked(office: Office, box: str) -> None:
    office.sending = False
    office.answer(*MANY)
    office.keep(office.plan())
    for row in (2, 4, 5):
        office.tick(box, row=row)
    office.keep(office.plan())
    second = office.plan()
    office.keep(second)  # declined pairs make room for others
    assert quiet(office.plan())


def test_unchanged_inputs_change_nothing_after_an_edit(office: Office) -> None:
    office.answer(*MANY)
    office.keep(office.plan())
    before = len(office.rows())
    office.edit(3, seeks="We want to learn how apprentices are assessed.")
    office.keep(office.plan())
    asked = [status for status in office.statuses() if status.startswith("Out of date: see M-")]
    assert asked
    assert len(office.rows()) == before + len(asked)
    assert quiet(office.plan())


def test_sorting_the_sheet_changes_nothing(office: Office) -> None:
    office.answer(*MANY)
    office.keep(office.plan())
    for tab in ("Responses", "Review"):
        header, *rows = office.sheet.tabs[tab]
        office.sheet.tabs[tab] = [header, *reversed(rows)]
    after = office.plan().changes
    assert (unmarked(after.ledger), after.after, after.before.inserts) == (LedgerChanges(at=NOW), SheetChanges(), {})
    assert set(after.before.contents) <= {"Problems"}, "rows have other numbers"


def test_a_run_of_another_day_writes_nothing_but_the_day(office: Office) -> None:
    office.answer(*MANY)
    office.keep(office.plan())
    office.wait(days=3)
    later = office.plan().changes
    assert unmarked(later.ledger) == LedgerChanges(at=office.now)
    assert replace(later.before, owner=None) == SheetChanges(last_checked=office.now.date())
    assert later.after == SheetChanges()
    assert make_inputs(now=office.now).today == NOW.date() + timedelta(days=3)


def test_of_very_many_new_answers_the_oldest_get_their_row_first(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google takes only so much at once; the newest stand on top in the end."""
    monkeypatch.setattr("pipeline.planning.changes.MOST_NEW_ENTRIES", 2)
    office.answer(*(guest(f"College{number}", submitted_at=SUBMITTED + number) for number in range(5)))
    for rows in (["College1", "College0"], ["College3", "College2", "College1", "College0"]):
        office.keep(office.plan())
        assert [row["Organisation"] for row in office.rows("Entries")] == rows
    office.keep(office.plan())
    assert len(office.rows("Entries")) == 5
    assert not office.plan().changes.before


def test_a_spreadsheet_without_the_tab_of_entries_is_served_all_the_same(office: Office) -> None:
    del office.sheet.tabs["Entries"]
    office.answer(HOST, GUEST)
    changes = office.plan().changes
    assert "Entries" not in changes.before.inserts
    assert "Entries" not in changes.after.updates
    office.keep(office.plan())
    assert office.statuses() == ["Proposed: tick Approve or Decline"]
