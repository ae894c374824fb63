"""What time and edits do to open matches, and whom a run puts before the officer next, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.letters.identity import question_id, rehearsal_id
from pipeline.model import (
    Decision,
    Judgement,
    LetterKind,
    LetterState,
    Match,
    Organisation,
    PastExchange,
    Problem,
    Stage,
    Verdict,
)
from pipeline.planning.entries import REDIRECT
from pipeline.planning.match_content import officer_order
from pipeline.planning.matches import (
    Matches,
    _keyed,
    age,
    as_known_today,
    busy_requests,
    choose_matches,
    finished_matches,
    in_an_exchange,
    introduced_entries,
    organisation_ids,
    past_pairs,
)
from pipeline.planning.plan import Plan
from pipeline.ports import LedgerState
from pipeline.tabs.exchanges import NotedExchange
from tests.planning.conftest import (
    NOW,
    SUBMITTED,
    Answers,
    by_id,
    first_steps,
    guest,
    host,
    introduction_record,
    make_inputs,
    met,
    plan_of,
    remembered,
    rows_of,
    snapshot_of,
    ticked,
)

HOST, GUEST = host(), guest()
BERGEN = host("Bergen Skole", "Norway")
PORTO = guest("Porto Escola", "Portugal")


def chosen(*answers: Answers, **more: Any) -> Matches:
    inputs = make_inputs(*answers, **more)
    entries, ticks = first_steps(inputs)
    return choose_matches(inputs, entries, ticks)


def pairs(matches: Sequence[Match]) -> list[tuple[str, ...]]:
    """First words of the names, as one reads them down the tab."""
    return [tuple(party.organisation.split()[0] for party in match.parties) for match in matches]


@pytest.fixture(scope="module")
def proposed() -> Plan:
    """A run that has just proposed one match."""
    return plan_of(HOST, GUEST)


def match_of(plan: Plan) -> Match:
    (match,) = plan.matches.fresh
    return match


# -- fresh matches -------------------------------------------------------------------------------------


def test_a_request_and_an_offer_are_put_before_the_officer_once() -> None:
    first = plan_of(HOST, GUEST)
    assert pairs(first.matches.fresh) == [("Kortrijk", "Lysekil")]
    (match,) = first.matches.fresh
    assert match.proposed_on == NOW.date()
    again = chosen(HOST, GUEST, state=remembered(first))
    assert again.fresh == ()
    assert list(again.all) == [match.id]


def test_every_request_gets_its_first_choice_before_anybody_gets_a_second() -> None:
    answers = (HOST, BERGEN, GUEST, PORTO)
    assert {pair[0] for pair in pairs(chosen(*answers, settings={"matching": {"open_proposals": 2}}).fresh)} == {
        "Kortrijk",
        "Porto",
    }
    assert len(chosen(*answers).fresh) == 4


@pytest.mark.parametrize(("room", "number"), [(1, 1), (2, 2), (3, 3)])
def test_no_more_proposals_stand_open_than_the_setting_says(room: int, number: int) -> None:
    settings = {"matching": {"open_proposals": room}}
    answers = (HOST, BERGEN, GUEST, PORTO)
    first = plan_of(*answers, settings=settings)
    assert len(first.matches.fresh) == number
    assert chosen(*answers, state=remembered(first), settings=settings).fresh == ()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_no_request_has_more_open_proposals_than_the_setting_says(number: int) -> None:
    settings = {"matching": {"proposals_per_request": number}}
    answers = (HOST, BERGEN, host("Oslo Skole", "Norway"), host("Turku Opisto", "Finland"), GUEST)
    first = plan_of(*answers, settings=settings)
    assert len(first.matches.fresh) == number
    assert chosen(*answers, state=remembered(first), settings=settings).fresh == ()
    more = {"matching": {"proposals_per_request": number + 1}}
    assert len(chosen(*answers, state=remembered(first), settings=more).fresh) == 1


def test_a_closed_proposal_makes_room_for_the_next_best() -> None:
    settings = {"matching": {"proposals_per_request": 1}}
    answers = (HOST, BERGEN, GUEST)
    first = plan_of(*answers, settings=settings)
    tabs = {"Review": ticked(*rows_of(first), Decline=True)}
    second = chosen(*answers, state=remembered(first), settings=settings, tabs=tabs)
    assert len(second.fresh) == 1
    assert pairs(second.fresh) != pairs(first.matches.fresh)


def test_two_entries_of_one_organisation_are_not_proposed_to_the_same_host_twice() -> None:
    both = (GUEST, guest(topics="Green skills", seeks="We want to learn about school gardens."))
    matches = chosen(HOST, *both)
    assert pairs(matches.fresh) == [("Kortrijk", "Lysekil")]


def test_a_pair_that_was_turned_down_is_not_proposed_again_though_another_entry_asks(proposed: Plan) -> None:
    tabs = {"Review": ticked(*rows_of(proposed), Decline=True)}
    more = guest(topics="Green skills", seeks="We want to learn about school gardens.")
    assert chosen(HOST, GUEST, more, state=remembered(proposed), tabs=tabs).fresh == ()


def test_a_no_to_a_row_later_deleted_still_bars_the_pair_and_a_yes_does_not(proposed: Plan) -> None:
    match = match_of(proposed)
    for decision in (
        Decision(match=match.id, declined=True),
        Decision(match=match.id, approved=True, agreed=False),
    ):
        state = remembered(proposed, decisions={match.id: decision})
        assert chosen(HOST, GUEST, state=state).fresh == ()
        assert match.id in finished_matches(make_inputs(HOST, GUEST, state=state), _ticks(state))
    ticks = first_steps(
        make_inputs(HOST, GUEST, state=remembered(proposed), tabs={"Review": ticked(*rows_of(proposed), Approve=True)})
    )[1]
    assert ticks.decisions
    assert finished_matches(make_inputs(HOST, GUEST, state=remembered(proposed)), ticks) == frozenset()
    yes = remembered(proposed, decisions={match.id: Decision(match=match.id, approved=True)})
    assert match.id not in finished_matches(make_inputs(HOST, GUEST, state=yes), _ticks(yes))


def _ticks(state: LedgerState) -> Any:
    return first_steps(make_inputs(HOST, GUEST, state=state))[1]


def test_a_no_to_answers_that_changed_since_is_no_no_to_the_new_ones(proposed: Plan) -> None:
    """The edited request is asked about again once somebody unticks; the old row is out of date."""
    tabs = {"Review": ticked(*rows_of(proposed), Decline=True)}
    state = remembered(proposed)
    match = match_of(proposed)
    superseded = replace(state, superseded={match.id: "M-BBBBBBBBBB"})
    edited = guest(seeks="We want to learn how apprentices are assessed.")
    assert pairs(chosen(HOST, edited, state=superseded, tabs=tabs).fresh) == [("Kortrijk", "Lysekil")]


def test_another_entry_that_fits_better_does_not_put_the_same_pair_twice_before_the_officer() -> None:
    settings = {"matching": {"proposals_per_request": 3}}
    weak = guest(seeks="How apprentices are assessed.")
    first = plan_of(HOST, weak, settings=settings)
    assert pairs(first.matches.fresh) == [("Kortrijk", "Lysekil")]
    second = chosen(HOST, weak, GUEST, state=remembered(first), settings=settings)
    assert second.fresh == ()


@pytest.mark.parametrize(
    ("zwolle", "antwerpen", "first"),
    [
        (SUBMITTED - 9, SUBMITTED, "Zwolle"),
        (SUBMITTED, SUBMITTED - 9, "Antwerpen"),
        (SUBMITTED, SUBMITTED, "Antwerpen"),
        (SUBMITTED, None, "Zwolle"),
    ],
)
def test_where_there_is_room_for_one_it_goes_to_who_has_waited_longest(
    zwolle: float, antwerpen: float | None, first: str
) -> None:
    answers = (
        host(),
        guest("Zwolle College", "Belgium", submitted_at=zwolle),
        guest("Antwerpen College", "Belgium", submitted_at=antwerpen),
    )
    found = chosen(*answers, settings={"matching": {"open_proposals": 1}})
    assert pairs(found.fresh) == [(first, "Lysekil")]


# -- who has met ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("weeks", "barred"), [(1, True), (51, True), (53, False)])
def test_who_met_in_this_round_is_not_proposed(proposed: Plan, weeks: int, *, barred: bool) -> None:
    match = match_of(proposed)
    entries = proposed.entries
    state = LedgerState(
        meetings=met(match, NOW - timedelta(weeks=weeks)), entries=entries.plan.known, spellings=entries.memory
    )
    assert pairs(chosen(HOST, GUEST, state=state).fresh) == ([] if barred else [("Kortrijk", "Lysekil")])


def test_who_met_under_another_id_has_met(proposed: Plan) -> None:
    """Organisations merged since: the meeting is remembered under the id of then."""
    match = match_of(proposed)
    old = replace(match, parties=(replace(match.sending, organisation_id="O-OLD"), match.receiving))
    key = next(key for key in met(old) if "O-OLD" in key)
    entries = proposed.entries
    spellings = {**entries.memory, f"{REDIRECT}O-OLD": match.sending.organisation_id}
    for memory, fresh in [(spellings, []), (entries.memory, [("Kortrijk", "Lysekil")])]:
        state = LedgerState(meetings={key: NOW}, entries=entries.plan.known, spellings=memory)
        assert pairs(chosen(HOST, GUEST, state=state).fresh) == fresh


@pytest.mark.parametrize(
    ("ended", "barred"),
    [(date(2026, 5, 1), True), (date(2025, 11, 20), True), (date(2025, 11, 19), False), (None, False)],
    ids=["within the round", "the day it began", "the day before", "nobody knows when"],
)
def test_an_exchange_from_before_the_tool_bars_the_pair_for_a_round(ended: date | None, *, barred: bool) -> None:
    past = [PastExchange(sending="kortrijk training centre", receiving="LYSEKIL COLLEGE", ended=ended)]
    assert pairs(chosen(HOST, GUEST, past=past).fresh) == ([] if barred else [("Kortrijk", "Lysekil")])


def test_past_exchanges_are_told_by_any_spelling_the_latest_counts_and_strangers_say_nothing() -> None:
    organisations = (
        Organisation(id="O-1", name="Lysekil College", spellings=("Lysekil College", "Gullmarsskolan")),
        Organisation(id="O-2", name="Kortrijk"),
        Organisation(id="O-3", name="Porto"),
    )
    past = (
        PastExchange(sending="Kortrijk", receiving="gullmarsskolan", ended=date(2025, 5, 1)),
        PastExchange(sending="Lysekil College", receiving="KORTRIJK", joining="Porto", ended=date(2026, 5, 1)),
        PastExchange(sending="Kortrijk", receiving="Lysekil College"),
        PastExchange(sending="Kortrijk", receiving="Nobody knows"),
        PastExchange(sending="Kortrijk", receiving="Porto"),
    )
    assert past_pairs(past, organisations) == {
        frozenset({"O-1", "O-2"}): date(2026, 5, 1),
        frozenset({"O-1", "O-3"}): date(2026, 5, 1),
        frozenset({"O-2", "O-3"}): date(2026, 5, 1),
    }
    assert past_pairs(past[4:], organisations) == {frozenset({"O-2", "O-3"}): None}
    signs = (*organisations, Organisation(id="O-4", name="???"))
    assert past_pairs(past[4:], signs) == past_pairs(past[4:], organisations), "nobody joined, and ??? is not nobody"


# -- whoever wants to be left alone --------------------------------------------------------------------


def rows_with(plan: Plan, organisation: str, until: str) -> list[dict[str, Any]]:
    """The tab `Organisations` with a day beside one of them."""
    rows = [dict(row) for row in rows_of(plan, "Organisations")]
    for row in rows:
        row["Leave alone until"] = until if row["Organisation"] == organisation else None
    return rows


@pytest.mark.parametrize(
    ("until", "found"),
    [("2026-11-19", "Lysekil"), ("2026-11-20", "Bergen"), ("2026-11-21", "Bergen"), ("when it is warm", "Bergen")],
    ids=["yesterday", "today", "tomorrow", "no day"],
)
def test_nobody_is_proposed_to_whoever_wants_to_be_left_alone(until: str, found: str) -> None:
    """The next best comes instead; the day itself still belongs to the time of silence."""
    answers = (HOST, host("Bergen Skole", "Norway", offers="We show how adults learn."), GUEST)
    settings = {"matching": {"proposals_per_request": 1}}
    alone = plan_of(*answers, settings=settings)
    assert pairs(alone.matches.fresh) == [("Kortrijk", "Lysekil")]
    tabs = {"Organisations": rows_with(alone, "Lysekil College", until)}
    state = LedgerState(entries=alone.entries.plan.known, spellings=alone.entries.memory)
    assert pairs(chosen(*answers, settings=settings, tabs=tabs, state=state).fresh) == [("Kortrijk", found)]
    asks = {"Organisations": rows_with(alone, "Kortrijk Training Centre", until)}
    left = chosen(*answers, settings=settings, tabs=asks, state=state)
    assert bool(left.fresh) is (found == "Lysekil")


def test_an_open_match_with_whoever_wants_to_be_left_alone_stays_and_is_asked_anew_after_an_edit(
    proposed: Plan,
) -> None:
    tabs = {"Organisations": rows_with(proposed, "Lysekil College", "2027-03-01")}
    found = chosen(HOST, GUEST, state=remembered(proposed), tabs=tabs)
    assert (found.gone, found.superseded, found.fresh) == ({}, {}, ())
    edited = chosen(HOST, guest(days=4), state=remembered(proposed), tabs=tabs)
    assert pairs(edited.fresh) == [("Kortrijk", "Lysekil")]
    line = {**tabs, "By hand": [LINE]}
    assert pairs(chosen(HOST, GUEST, tabs=line, state=LedgerState(spellings=proposed.entries.memory)).fresh) == [
        ("Kortrijk", "Lysekil")
    ]


# -- a request that has just been introduced -----------------------------------------------------------

WEEK = timedelta(weeks=1)
SILENCE = 8 * WEEK
"""Twice the four weeks after which both sides are reminded."""


def busy(match: Match, *noted: NotedExchange, weeks: int = 4, known: bool = True, **letter: Any) -> frozenset[str]:
    state = LedgerState(matches={match.id: match} if known else {}, letters=by_id(introduction_record(match, **letter)))
    return busy_requests(make_inputs(state=state, settings={"follow_up": {"reminder_weeks": weeks}}), noted)


def note(match: Match, **said: bool) -> NotedExchange:
    return NotedExchange(
        match=match.id,
        status="",
        took_place=said.get("took_place", False),
        will_not_happen=said.get("will_not_happen", False),
        dated=said.get("dated", False),
    )


def test_a_request_just_introduced_is_busy_until_nothing_was_heard_for_long(proposed: Plan) -> None:
    match = match_of(proposed)
    request = frozenset({match.sending.entry})
    assert busy(match) == request
    assert busy(match, since=NOW - SILENCE + timedelta(seconds=1)) == request
    assert busy(match, since=NOW - SILENCE) == frozenset()


@pytest.mark.parametrize(("weeks", "silence"), [(4, 8), (2, 4), (6, 12), (0, 8)])
def test_silence_is_twice_the_time_after_which_both_sides_are_reminded(
    proposed: Plan, weeks: int, silence: int
) -> None:
    match = match_of(proposed)
    assert busy(match, weeks=weeks, since=NOW - silence * WEEK + timedelta(hours=1))
    assert not busy(match, weeks=weeks, since=NOW - silence * WEEK)


def introduced_in(match: Match, *noted: NotedExchange, **letter: Any) -> frozenset[str]:
    state = LedgerState(matches={match.id: match}, letters=by_id(introduction_record(match, **letter)))
    return introduced_entries(make_inputs(state=state), noted)


def test_both_sides_of_an_introduction_have_somebody(proposed: Plan) -> None:
    match = match_of(proposed)
    both = frozenset(party.entry for party in match.parties)
    assert introduced_in(match) == both
    assert introduced_in(match, state=LetterState.UNSURE) == both, "the letter may have left"
    assert introduced_in(match, state=LetterState.QUEUED) == frozenset()
    assert introduced_in(match, note(match, will_not_happen=True)) == frozenset()
    assert introduced_in(match, bounced={match.sending.email: "gone"}) == frozenset()
    assert introduced_in(match, since=NOW - SILENCE) == frozenset()


def test_a_host_may_receive_others_in_the_next_round(proposed: Plan) -> None:
    match = match_of(proposed)
    long_ago = NOW - timedelta(days=366)
    assert introduced_in(match, note(match, took_place=True), since=long_ago) == {match.sending.entry}


def test_a_rehearsal_introduces_nobody(proposed: Plan) -> None:
    match = match_of(proposed)
    rehearsed = replace(introduction_record(match), id=f"rehearsal:introduction:{match.id}")
    unsure = replace(rehearsed, state=LetterState.UNSURE)
    for record in (rehearsed, unsure):
        inputs = make_inputs(state=LedgerState(matches={match.id: match}, letters=by_id(record)))
        assert introduced_entries(inputs, ()) == frozenset()
        assert busy_requests(inputs, ()) == frozenset()


def asked(proposed: Plan, *answers: Answers, noted: Sequence[NotedExchange] = (), **letter: Any) -> set[str]:
    """Whose expired entries the officer is asked about, while the introduction of the two stands as told."""
    match = match_of(proposed)
    state = replace(remembered(proposed), letters=by_id(introduction_record(match, **letter)))
    inputs = make_inputs(*answers, state=state, now=NOW)
    entries, _ = first_steps(inputs)
    spared = in_an_exchange(inputs, entries, noted)
    return {entries.answers[one].name for one in entries.plan.expired if one not in spared}


OVER = SUBMITTED - 1
OTHERS = (host("Oslo Skole", "Norway", date_to=OVER),)


def test_nobody_in_the_middle_of_an_exchange_is_asked_whether_the_answer_is_current(proposed: Plan) -> None:
    """Known again by the entry, by the address of another answer, or by the organisation's name."""
    by_address = host("Something Else", email=HOST["email"], date_to=OVER)
    by_name = guest("KORTRIJK training centre", email="colleague@kortrijk.example", date_to=OVER)
    answers = (HOST, GUEST, by_address, by_name, *OTHERS)
    match = match_of(proposed)
    assert asked(proposed, *answers) == {"Oslo Skole"}
    assert asked(proposed, *answers, noted=[note(match, dated=True)]) == {"Oslo Skole"}
    everybody = {"Oslo Skole", "Something Else", "KORTRIJK training centre"}
    assert asked(proposed, *answers, noted=[note(match, took_place=True)]) == everybody, "it is finished"
    assert asked(proposed, *answers, noted=[note(match, will_not_happen=True)]) == everybody
    assert asked(proposed, *answers, since=NOW - SILENCE) == everybody


def test_it_came_to_nothing_when_the_officer_says_so(proposed: Plan) -> None:
    match = match_of(proposed)
    assert busy(match, note(match, will_not_happen=True)) == frozenset()
    assert busy(match, note(match, will_not_happen=True, dated=True)) == frozenset()


def test_it_came_to_nothing_when_the_letter_bounced(proposed: Plan) -> None:
    match = match_of(proposed)
    assert busy(match, bounced={"office@lysekil.example": "no such user"}) == frozenset()
    assert busy(match, note(match, dated=True), bounced={"office@lysekil.example": "gone"}) == frozenset()


@pytest.mark.parametrize("how", ["took_place", "dated"])
def test_a_noted_exchange_keeps_its_request_busy_however_long_ago(proposed: Plan, how: str) -> None:
    match = match_of(proposed)
    assert busy(match, note(match, **{how: True}), since=NOW - 50 * WEEK) == {match.sending.entry}
    assert busy(match, note(match), since=NOW - 50 * WEEK) == frozenset(), "an empty row says nothing"


def test_only_introductions_that_left_and_matches_that_are_known_count(proposed: Plan) -> None:
    match = match_of(proposed)
    assert busy(match, known=False) == frozenset()
    for state in LetterState:
        assert bool(busy(match, state=state)) is (state is LetterState.SENT)


@pytest.mark.parametrize(
    ("letter", "row", "alternates"),
    [
        ({}, {}, 0),
        ({}, {"Will not happen": True}, 1),
        ({"bounced": {"office@bergen.example": "gone"}}, {}, 1),
        ({"since": NOW - SILENCE}, {}, 1),
        ({"since": NOW - SILENCE}, {"From": "2027-03-01"}, 0),
    ],
    ids=["just introduced", "will not happen", "bounced", "silence", "long ago, and dated"],
)
def test_a_request_just_introduced_gets_no_alternates(
    letter: dict[str, Any], row: dict[str, Any], alternates: int
) -> None:
    first = plan_of(BERGEN, GUEST)
    match = match_of(first)
    letters = by_id(introduction_record(match, **letter))
    state = remembered(first, letters=letters, meetings=met(match))
    tabs = {"Exchanges": [{"Match": match.id, **row}]}
    found = chosen(BERGEN, HOST, GUEST, state=state, tabs=tabs)
    assert pairs(found.fresh) == [("Kortrijk", "Lysekil")] * alternates


# -- matches of before ---------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(LetterState))
def test_a_match_whose_letter_left_or_may_have_does_not_come_up_again(proposed: Plan, state: LetterState) -> None:
    match = match_of(proposed)
    inputs = make_inputs(HOST, GUEST, state=remembered(proposed, letters=by_id(introduction_record(match, state))))
    ticks = first_steps(inputs)[1]
    gone = {LetterState.SENT, LetterState.UNSURE, LetterState.COMMITTING}
    assert finished_matches(inputs, ticks) == ({match.id} if state in gone else frozenset())
    question = replace(
        introduction_record(match, state), id=question_id(match.id, match.receiving.side), kind=LetterKind.QUESTION
    )
    asked = make_inputs(HOST, GUEST, state=remembered(proposed, letters=by_id(question)))
    assert finished_matches(asked, ticks) == frozenset(), "a question is no introduction"
    record = introduction_record(match, state)
    rehearsed = make_inputs(
        HOST, GUEST, state=remembered(proposed, letters=by_id(replace(record, id=rehearsal_id(record.id))))
    )
    assert finished_matches(rehearsed, ticks) == frozenset(), "a rehearsal went to nobody"
    nobody = by_id(replace(introduction_record(match, state), match=None))
    assert finished_matches(make_inputs(HOST, GUEST, state=LedgerState(letters=nobody)), ticks) == frozenset()


def test_an_edited_answer_supersedes_the_match_and_asks_again(proposed: Plan) -> None:
    old = match_of(proposed)
    edited = guest(seeks="We want to learn how apprentices are assessed.")
    found = chosen(HOST, edited, state=remembered(proposed))
    (new,) = found.fresh
    assert found.superseded == {old.id: new.id}
    assert new.sending.seeks == "We want to learn how apprentices are assessed."
    assert new.warnings == (f"an answer has changed since {old.id}",)
    assert new.proposed_on == NOW.date()
    assert set(found.all) == {old.id, new.id}


CHANGED = "Kortrijk Training Centre has changed its answers:\n- "


def test_what_is_asked_again_has_the_reasons_of_today_below_what_has_changed(proposed: Plan) -> None:
    """But for the first lines it is the very row that a program which never saw the old answers would write."""
    edited = guest(seeks="We want to learn how apprentices are assessed.", date_from=46_500, date_to=46_560)
    (new,) = chosen(HOST, edited, state=remembered(proposed)).fresh
    (fresh,) = chosen(HOST, edited).fresh
    assert new.why == (
        f"{CHANGED}What do you want to learn: was “We want to learn dual VET.”, "
        "now “We want to learn how apprentices are assessed.”\n"
        "- dates: were not stated, now 23 April 2027 to 22 June 2027\n" + fresh.why
    )
    assert (new.band, new.score) == (fresh.band, fresh.score)
    assert new.score != match_of(proposed).score


def test_of_several_edits_it_says_what_is_different_from_the_row_she_last_saw(proposed: Plan) -> None:
    once = (HOST, guest(days=4))
    twice = (HOST, guest(days=5))
    state = remembered(plan_of(*once, state=remembered(proposed)))
    first = match_of(proposed)
    (second,) = (match for match in state.matches.values() if match.id != first.id)
    both = [{"Match": first.id}, {"Match": second.id}]
    for rows, since, was in [(both, second, "4"), (both[:1], first, "not stated"), ([], second, "4")]:
        (third,) = chosen(*twice, state=state, tabs={"Review": rows}).fresh
        assert third.why.startswith(f"{CHANGED}Length in days: was {was}, now 5\n")
        assert third.warnings == (f"an answer has changed since {since.id}",)


def test_what_was_edited_back_is_said_to_be_what_it_was(proposed: Plan) -> None:
    first = match_of(proposed)
    state = remembered(plan_of(HOST, guest(days=4), state=remembered(proposed)))
    (back,) = chosen(HOST, GUEST, state=state, tabs={"Review": [{"Match": first.id}]}).fresh
    assert back.why == f"The answers are again what they were in {first.id}.\n{first.why}"


def test_a_pair_that_fits_no_longer_is_not_asked_about_again_unless_a_person_named_it(proposed: Plan) -> None:
    match = match_of(proposed)
    answers = (HOST, guest(topics="Gender equality", seeks="How town councils plan their budgets for women's sport."))
    found = chosen(*answers, state=remembered(proposed))
    assert (found.fresh, found.superseded) == ((), {})
    assert found.gone == {
        match.id: "since an answer was edited they no longer fit well enough. Kortrijk Training Centre has changed its "
        "answers (Topics (up to four): were “Dual VET and apprenticeships”, now “Gender equality”; What do you want to "
        "learn: was “We want to learn dual VET.”, now “How town councils plan their budgets for women's sport.”)."
    }
    assert chosen(*answers, state=remembered(plan_of(*answers, state=remembered(proposed)))).gone == found.gone
    named = replace(remembered(proposed), matches={match.id: replace(match, by_hand=True)})
    (again,) = chosen(*answers, state=named).fresh
    assert "\nProposed by hand.\n" in again.why
    line = {"By hand": [LINE]}
    (asked,) = chosen(*answers, state=remembered(proposed), tabs=line).fresh
    assert (asked.by_hand, asked.why) == (True, again.why), "a line that names them goes before how little they fit"


def test_a_pair_that_fits_again_is_asked_about_again(proposed: Plan) -> None:
    away = guest(topics="Gender equality", seeks="How town councils plan their budgets for women's sport.")
    state = remembered(plan_of(HOST, away, state=remembered(proposed)))
    (asked,) = chosen(HOST, guest(days=4), state=state).fresh
    assert asked.why.startswith(f"{CHANGED}Length in days: was not stated, now 4\n")


AWAY = guest(topics="Gender equality", seeks="How town councils plan their budgets for women's sport.")
STRICT = guest(target_countries="Norway", target_strict="Yes")


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param((HOST, AWAY), id="the texts fitted no longer"),
        pytest.param((HOST, STRICT), id="a rule was broken"),
        pytest.param((HOST,), id="the answer was not there"),
    ],
)
def test_what_was_withdrawn_and_fits_again_is_asked_anew_so_that_no_old_tick_speaks(
    proposed: Plan, meanwhile: tuple[Answers, ...]
) -> None:
    old = match_of(proposed)
    row = ticked(*rows_of(proposed), Approve=True)
    gone = plan_of(*meanwhile, state=remembered(proposed), tabs={"Review": row})
    assert list(gone.changes.ledger.matches_withdrawn) == [old.id]
    state = remembered(gone)
    later = plan_of(*meanwhile, state=state, tabs={"Review": row})
    assert (later.matches.gone, later.changes.ledger.matches_withdrawn) == (gone.matches.gone, {})
    back = plan_of(HOST, GUEST, state=state, tabs={"Review": row})
    (asked,) = back.matches.fresh
    assert (asked.generation, back.letters.due) == (1, ())
    assert asked.warnings == (f"{old.id} was withdrawn; the two fit again",)
    assert asked.why == f"The answers are again what they were in {old.id}.\n{old.why}"
    assert back.letters.statuses[old.id].text.startswith(f"Out of date: see {asked.id}, which asks again")
    quiet = plan_of(HOST, GUEST, state=remembered(back), tabs={"Review": [*row, *rows_of(back)]})
    assert (quiet.matches.fresh, quiet.changes.ledger.superseded) == ((), {})


@pytest.mark.parametrize(
    ("said", "generation"),
    [
        ("Withdrawn: they fit no longer", 1),
        ("Out of date: see M-ZZZZZZZZZZ, which asks again", 1),
        ("Proposed: tick Approve or Decline", 0),
    ],
)
def test_a_ledger_that_was_lost_heeds_what_the_row_said(proposed: Plan, said: str, generation: int) -> None:
    row = {**ticked(*rows_of(proposed), Approve=True)[0], "Status": said}
    for tabs in ({"Review": [row]}, {"Review": [row], "By hand": [LINE]}):
        (asked,) = chosen(HOST, GUEST, tabs=tabs).fresh
        assert asked.generation == generation
    edited = plan_of(HOST, guest(days=4), tabs={"Review": [row]})
    (back,) = chosen(HOST, GUEST, tabs={"Review": [row, *rows_of(edited)]}, state=remembered(edited)).fresh
    assert back.generation == generation


def test_what_met_as_a_variant_is_asked_anew_in_the_next_round() -> None:
    """A tick put on a row that said Withdrawn says nothing a year later."""
    trio = [host(third_party="Yes"), guest(third_party="Yes"), guest("Porto Escola", "Portugal", third_party="Yes")]
    first = plan_of(*trio)
    left = next(match for match in first.matches.fresh if match.joining)
    other = next(match for match in first.matches.fresh if not match.joining)
    letters = by_id(introduction_record(left))
    this_round = plan_of(*trio, state=remembered(first, letters=letters, meetings=met(left)))
    assert this_round.letters.statuses[other.id].stage is Stage.WITHDRAWN
    assert other.id in this_round.changes.ledger.matches_withdrawn
    next_round = plan_of(
        *trio,
        state=remembered(this_round, letters=letters, meetings=met(left, NOW - timedelta(days=700))),
        tabs={"Review": ticked(*(row for row in rows_of(first) if row["Match"] == other.id), Approve=True)},
    )
    assert next_round.letters.due == ()
    assert next_round.letters.statuses[other.id].stage in {Stage.WITHDRAWN, Stage.OUT_OF_DATE}


def test_an_edit_that_breaks_a_rule_is_told(proposed: Plan) -> None:
    match = match_of(proposed)
    late = guest(date_from=46_500, date_to=46_510)
    first = plan_of(host(date_from=46_500, date_to=46_560), late)
    (old,) = first.matches.fresh
    assert old.id != match.id
    found = chosen(
        host(date_from=46_500, date_to=46_560), guest(date_from=46_700, date_to=46_710), state=remembered(first)
    )
    assert "Kortrijk Training Centre has changed its answers (dates: were" in found.gone[old.id]


def test_the_third_partys_edit_is_told_and_the_three_are_judged_together() -> None:
    trio = [
        host(third_party="Yes"),
        guest(third_party="Yes"),
        guest("Porto Escola", "Portugal", third_party="Yes"),
    ]
    first = plan_of(*trio)
    three = next(match for match in first.matches.fresh if match.joining)
    trio[2] = guest("Porto Escola", "Portugal", third_party="Yes", days=4)
    found = chosen(*trio, state=remembered(first))
    again = next(match for match in found.fresh if match.id == found.superseded[three.id])
    alone = next(match for match in chosen(*trio).fresh if match.joining)
    changed = "Porto Escola has changed its answers:\n- Length in days: was not stated, now 4\n"
    assert again.why == changed + alone.why
    assert again.score == alone.score


def test_an_answer_edited_back_asks_anew_so_that_no_old_tick_speaks(proposed: Plan) -> None:
    old = match_of(proposed)
    edited = plan_of(HOST, guest(seeks="We want something else."), state=remembered(proposed))
    back = chosen(HOST, GUEST, state=remembered(edited))
    (asked,) = back.fresh
    assert asked.generation == 1
    assert asked.id not in {old.id, *(match.id for match in edited.matches.fresh)}


def test_what_is_out_of_date_stays_so_and_is_not_asked_twice(proposed: Plan) -> None:
    edited = (HOST, guest(seeks="We want something else."))
    second = plan_of(*edited, state=remembered(proposed))
    third = chosen(*edited, state=remembered(second))
    assert third.superseded == second.matches.superseded
    assert (third.fresh, third.gone) == ((), {})


def test_a_finished_match_is_not_overtaken_by_an_edit(proposed: Plan) -> None:
    match = match_of(proposed)
    state = remembered(proposed, letters=by_id(introduction_record(match)), meetings=met(match))
    found = chosen(HOST, guest(seeks="We want something else."), state=state)
    assert (found.superseded, found.fresh) == ({}, ())


def test_a_match_whose_entry_closed_says_why() -> None:
    first = plan_of(HOST, GUEST)
    match = match_of(first)
    vanished = chosen(HOST, state=remembered(first))
    assert vanished.gone == {match.id: "Kortrijk Training Centre: The answer has disappeared from the responses tab"}
    expired = chosen(HOST, GUEST, state=remembered(first), now=NOW + timedelta(days=700))
    assert expired.gone[match.id].endswith(
        ": The entry has expired: it was not confirmed in time, or its dates have passed"
    )


def test_a_match_whose_entry_nobody_remembers_is_gone_too(proposed: Plan) -> None:
    match = match_of(proposed)
    found = chosen(HOST, state=LedgerState(matches={match.id: match}))
    assert found.gone == {match.id: "the entry of Kortrijk Training Centre is no longer open"}


def test_a_match_that_breaks_a_rule_now_is_gone_unless_a_person_named_it(proposed: Plan) -> None:
    match = match_of(proposed)
    strict = guest(target_countries="Norway", target_strict="Yes")
    for by_hand, is_gone in [(False, True), (True, False)]:
        state = remembered(proposed)
        state = replace(state, matches={match.id: replace(match, by_hand=by_hand)})
        found = chosen(HOST, strict, state=state)
        assert (match.id in found.gone) is is_gone


def test_the_third_party_is_looked_at_again_as_well() -> None:
    trio = (
        host(third_party="Yes"),
        guest(third_party="Yes"),
        guest("Porto Escola", "Portugal", third_party="Yes"),
    )
    first = plan_of(*trio)
    three = [match for match in first.matches.fresh if match.joining]
    assert three, pairs(first.matches.fresh)
    strict = guest("Porto Escola", "Portugal", third_party="Yes", target_countries="Norway", target_strict="Yes")
    later = chosen(*trio[:2], strict, state=remembered(first))
    assert {match.id for match in three} <= set(later.gone)
    assert {match.id for match in first.matches.fresh if not match.joining} - set(later.gone)


def test_organisations_of_a_match_are_known_under_their_ids_of_today(proposed: Plan) -> None:
    match = match_of(proposed)
    sources = proposed.entries.sources
    old = replace(match, parties=tuple(replace(party, organisation_id="O-OLD") for party in match.parties))
    ids = [party.organisation_id for party in match.parties]
    assert [party.organisation_id for party in as_known_today(old, sources, {}).parties] == ids
    assert [p.organisation_id for p in as_known_today(old, {}, {f"{REDIRECT}O-OLD": "O-NEW"}).parties] == ["O-NEW"] * 2
    assert organisation_ids(old, sources) == ids
    assert organisation_ids(old, {}) == ["O-OLD", "O-OLD"]


def test_organisations_that_turned_out_to_be_one_lose_their_match(proposed: Plan) -> None:
    left, right = sorted(proposed.entries.memory)
    same = Judgement(left=left, right=right, verdict=Verdict.SAME, at=NOW)
    found = chosen(HOST, GUEST, state=replace(remembered(proposed), judgements=(same,)))
    assert found.gone == {match_of(proposed).id: "two sides have turned out to be the same organisation"}
    assert found.fresh == ()


# -- by hand -------------------------------------------------------------------------------------------

LINE = {"Sending organisation": "Kortrijk Training Centre", "Receiving organisation": "Lysekil College"}


def test_a_line_by_hand_is_proposed_though_they_have_met(proposed: Plan) -> None:
    match = match_of(proposed)
    state = remembered(proposed, letters=by_id(introduction_record(match)), meetings=met(match))
    (asked,) = chosen(HOST, GUEST, state=state, tabs={"By hand": [LINE]}).fresh
    assert (asked.by_hand, asked.generation, asked.band) == (True, 1, "by hand")
    assert asked.why.splitlines() == ["Proposed by hand.", *match.why.splitlines()[1:]]


def test_a_line_by_hand_takes_over_the_open_proposal(proposed: Plan) -> None:
    match = match_of(proposed)
    (asked,) = chosen(HOST, GUEST, state=remembered(proposed), tabs={"By hand": [LINE]}).fresh
    assert (asked.id, asked.by_hand, asked.why) == (match.id, True, match.why)


def test_lines_by_hand_are_proposed_however_many_stand_open() -> None:
    settings = {"matching": {"open_proposals": 1}}
    other = {"Sending organisation": "Porto Escola", "Receiving organisation": "Bergen Skole"}
    found = chosen(HOST, BERGEN, GUEST, PORTO, settings=settings, tabs={"By hand": [LINE, other]})
    assert sorted(pairs(found.fresh)) == [("Kortrijk", "Lysekil"), ("Porto", "Bergen")]
    assert all(match.by_hand for match in found.fresh)


def test_a_line_by_hand_counts_among_the_open_proposals_of_its_request() -> None:
    settings = {"matching": {"proposals_per_request": 1}}
    found = chosen(HOST, BERGEN, GUEST, settings=settings, tabs={"By hand": [LINE]})
    assert pairs(found.fresh) == [("Kortrijk", "Lysekil")]


def test_a_line_whose_match_was_edited_meanwhile_is_one_proposal(proposed: Plan) -> None:
    state = remembered(proposed)
    edited = guest(seeks="We want something else.")
    found = chosen(HOST, edited, state=state, tabs={"By hand": [LINE]})
    assert [match.by_hand for match in found.fresh] == [True]
    assert list(found.superseded.values()) == [found.fresh[0].id]


def test_a_line_is_proposed_when_its_old_match_is_gone(proposed: Plan) -> None:
    """The old match broke a rule; a person who names both goes before the rule."""
    strict = guest(target_countries="Norway", target_strict="Yes")
    old = match_of(proposed)
    found = chosen(HOST, strict, state=remembered(proposed), tabs={"By hand": [LINE]})
    (asked,) = found.fresh
    assert (asked.by_hand, found.superseded, found.gone) == (True, {old.id: asked.id}, {})


# -- order ---------------------------------------------------------------------------------------------


def test_the_strongest_stand_first_then_who_has_waited_longest_then_name_and_place() -> None:
    weak = host("Aarhus Skole", "Denmark", topics="Green skills", formats="Study visit", offers="We show gardens.")
    found = chosen(
        weak,
        host("Malmö Skola", "Sweden"),
        guest("Zwolle College", "Netherlands", submitted_at=SUBMITTED - 9),
        guest("Brugge School", submitted_at=SUBMITTED),
        guest("Antwerpen School", submitted_at=SUBMITTED),
        settings={"matching": {"proposals_per_request": 1}},
    )
    scores = [match.score for match in found.fresh]
    assert scores == sorted(scores, reverse=True)
    strongest = [match for match in found.fresh if match.score == scores[0]]
    assert pairs(strongest) == [("Zwolle", "Malmö"), ("Antwerpen", "Malmö"), ("Brugge", "Malmö")]


NAMES = ("Aarhus", "Bergen", "Cádiz", "Dublin", "Espoo", "Florence", "Gent")
HOSTS = st.permutations(NAMES[:5])


@settings(max_examples=30)
@given(
    order=st.permutations(range(7)),
    contacts=st.lists(st.sampled_from(["Coordinator", "Head", "Office", "Dean"]), min_size=7, max_size=7),
    ids=st.permutations(range(7)),
    room=st.integers(1, 12),
)
def test_no_id_and_no_hash_and_no_row_orders_or_chooses_anything(
    order: list[int], contacts: list[str], ids: list[int], room: int
) -> None:
    """Five equal hosts, two equal guests: a match's id hangs on who the contact is, an entry's on what is drawn."""

    def answers(contact: Sequence[str]) -> list[Answers]:
        hosts = [host(f"{name} College", "Sweden", contact_name=contact[n]) for n, name in enumerate(NAMES[:5])]
        guests = [guest(f"{name} College", contact_name=contact[n]) for n, name in enumerate(NAMES[5:], start=5)]
        return [*hosts, *guests]

    room_for = {"matching": {"open_proposals": room}}
    plain = chosen(*answers(["Coordinator"] * 7), settings=room_for)
    given_answers = answers(contacts)
    known = first_steps(make_inputs(*given_answers))[0].plan.known
    renamed = tuple(replace(entry, id=f"E-{ids[number]:0>8}") for number, entry in enumerate(known))
    shuffled = chosen(
        *(given_answers[number] for number in order), settings=room_for, state=LedgerState(entries=renamed)
    )
    assert pairs(shuffled.fresh) == pairs(plain.fresh)


def test_officers_order_knows_no_id(proposed: Plan) -> None:
    match = match_of(proposed)
    assert officer_order(replace(match, id="M-AAAAAAAAAA")) == officer_order(replace(match, id="M-ZZZZZZZZZZ"))


# -- problems ------------------------------------------------------------------------------------------


def test_tabs_somebody_deleted_are_told() -> None:
    snapshot = snapshot_of([HOST])
    tables = {name: tab for name, tab in snapshot.tables.items() if name not in {"Problems", "Nearly"}}
    inputs = replace(make_inputs(), snapshot=replace(snapshot, tables=tables))
    (problem,) = choose_matches(inputs, *first_steps(inputs)).problems
    assert problem.what == "These tabs are missing: Problems, Nearly."
    assert problem.key == "tabs-missing:Problems,Nearly"
    assert chosen(HOST).problems == ()


def test_each_problem_is_told_once_and_has_a_key() -> None:
    one = Problem(where="Row 2", what="Wrong.", fix="Mend it.")
    moved = replace(one, where="Row 3")
    other = replace(one, fix="Leave it.")
    keyed = replace(one, key="mine")
    found = _keyed((one, moved, other, keyed, replace(keyed, what="Else.")))
    assert [(problem.where, problem.what, problem.fix) for problem in found] == [
        ("Row 2", "Wrong.", "Mend it."),
        ("Row 2", "Wrong.", "Leave it."),
        ("Row 2", "Wrong.", "Mend it."),
    ]
    assert len({problem.key for problem in found}) == 3
    assert all(problem.key for problem in found)


def test_a_tick_on_a_row_of_an_earlier_ledger_is_no_stranger_when_its_match_is_proposed_now(proposed: Plan) -> None:
    rows = ticked(*rows_of(proposed), Approve=True)
    assert chosen(HOST, GUEST, tabs={"Review": rows}).problems == ()
    (stranger,) = chosen(HOST, tabs={"Review": rows}).problems
    assert stranger.key == f"unknown:{match_of(proposed).id}"


def test_age_looks_only_at_open_matches(proposed: Plan) -> None:
    match = match_of(proposed)
    inputs = make_inputs(HOST, guest(seeks="Else."), state=remembered(proposed))
    entries, ticks = first_steps(inputs)
    assert list(age(inputs, entries, ticks, ()).superseded) == [match.id]
    assert age(inputs, entries, ticks, {match.id}).superseded == {}
