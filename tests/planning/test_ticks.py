"""What people decided in every tab: remembered noes, brakes that stand and brakes that were released."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.letters.identity import correction_id
from pipeline.model import Cell, Decision, LetterKind, LetterRecord, LetterState, Match, Problem, Side
from pipeline.planning.entries import REDIRECT
from pipeline.planning.plan import Plan
from pipeline.planning.ticks import Ticks, is_turned_down, left_alone_today
from pipeline.ports import LedgerState
from tests.planning.conftest import (
    Answers,
    Rows,
    by_id,
    first_steps,
    guest,
    host,
    introduction_record,
    make_inputs,
    plan_of,
    remembered,
    rows_of,
    ticked,
)

HOST, GUEST = host(), guest()


@pytest.fixture(scope="module")
def proposed() -> Plan:
    """A run that has just proposed one match."""
    return plan_of(HOST, GUEST)


def match_of(plan: Plan) -> Match:
    (match,) = plan.matches.fresh
    return match


def read(
    *answers: Answers,
    review: Rows = (),
    problems: Rows = (),
    organisations: Rows = (),
    state: LedgerState,
    **more: Any,
) -> Ticks:
    tabs = {"Review": review, "Problems": problems, "Organisations": organisations}
    return first_steps(make_inputs(*(answers or (HOST, GUEST)), tabs=tabs, state=state, **more))[1]


# -- decisions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("boxes", "decision"),
    [
        ({}, {}),
        ({"Approve": True}, {"approved": True}),
        ({"Decline": True}, {"declined": True}),
        ({"Approve": True, "Agreed": True}, {"approved": True, "agreed": True}),
        ({"Approve": True, "Refused": True}, {"approved": True, "agreed": False}),
        ({"Approve": True, "Agreed": True, "Refused": True}, {"approved": True}),
        ({"Approve": "TRUE"}, {}),
        ({"Approve": True, "Message": " See you! "}, {"approved": True, "message": "See you!"}),
    ],
)
def test_what_the_officer_ticked(proposed: Plan, boxes: dict[str, Cell], decision: dict[str, object]) -> None:
    match = match_of(proposed)
    ticks = read(review=ticked(*rows_of(proposed), **boxes), state=remembered(proposed))
    assert ticks.decisions == {match.id: replace(Decision(match=match.id), **decision)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("decision", "is_no"),
    [
        ({}, False),
        ({"approved": True}, False),
        ({"declined": True}, True),
        ({"approved": True, "agreed": False}, True),
        ({"approved": True, "agreed": True}, False),
        ({"agreed": False}, False),
    ],
)
def test_a_no_is_a_decline_or_what_the_side_asked_first_said(decision: dict[str, bool], *, is_no: bool) -> None:
    assert is_turned_down(Decision(match="M-1", **decision)) is is_no  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"declined": True}, {"declined": True}),
        ({"approved": True, "agreed": False}, {"declined": True}),
        ({"approved": True}, None),
        ({"approved": True, "agreed": True}, None),
    ],
)
def test_of_a_row_she_deleted_her_no_is_remembered_and_never_her_yes(
    proposed: Plan, said: dict[str, bool], kept: dict[str, bool] | None
) -> None:
    match = match_of(proposed)
    state = remembered(proposed, decisions={match.id: Decision(match=match.id, **said)})  # type: ignore[arg-type]
    expected = {} if kept is None else {match.id: Decision(match=match.id, **kept)}  # type: ignore[arg-type]
    assert read(state=state).decisions == expected


def test_the_row_outranks_what_is_remembered(proposed: Plan) -> None:
    match = match_of(proposed)
    state = remembered(proposed, decisions={match.id: Decision(match=match.id, declined=True)})
    ticks = read(review=ticked(*rows_of(proposed), Approve=True), state=state)
    assert ticks.decisions == {match.id: Decision(match=match.id, approved=True)}


HELD = host(email="office@lysekil.example"), guest(email="us@ours.example")
OURS = {"mail": {"sender": "Us <us@ours.example>"}}
"""With these settings the guest's address is one of our own, and so must be checked."""


def test_agreed_speaks_for_the_sides_the_row_told_of_when_it_was_ticked() -> None:
    plan = plan_of(*HELD, settings=OURS)
    (row,) = rows_of(plan)
    assert "before approving, check Kortrijk Training Centre: The address is one of our own" in str(row["Status"])
    (before,) = plan.matches.fresh

    def checked(status: str, **known: Decision) -> tuple[Side, ...]:
        boxes = ticked({**row, "Status": status}, Approve=True, Agreed=True)
        state = remembered(plan, decisions={decision.match: decision for decision in known.values()})
        return read(*HELD, review=boxes, state=state, settings=OURS).decisions[before.id].checked

    assert checked(str(row["Status"])) == (Side.SENDING,)
    assert checked("Proposed: tick Approve or Decline") == ()
    ticked_then = Decision(match=before.id, approved=True, agreed=True)
    assert checked(str(row["Status"]), then=ticked_then) == ()
    assert checked("Approved", then=replace(ticked_then, checked=(Side.SENDING,))) == (Side.SENDING,)
    assert checked(str(row["Status"]), then=replace(ticked_then, agreed=None)) == (Side.SENDING,)


LINE, OTHER = "The college is closed.", "The college is closed until May."


def correction_record(match: Match, line: str, state: LetterState) -> LetterRecord:
    return replace(introduction_record(match, state), id=correction_id(match.id, line), kind=LetterKind.CORRECTION)


@pytest.mark.parametrize(
    ("before", "state", "line", "released"),
    [
        (None, None, LINE, LINE),
        (LINE, None, OTHER, OTHER),
        (LINE, LetterState.QUEUED, OTHER, OTHER),
        (LINE, LetterState.HELD, OTHER, OTHER),
        (LINE, LetterState.WITHDRAWN, OTHER, OTHER),
        (LINE, LetterState.SENT, OTHER, LINE),
        (LINE, LetterState.UNSURE, OTHER, LINE),
        (LINE, LetterState.SENT, "", LINE),
        (LINE, LetterState.SENT, LINE, LINE),
        (LINE, LetterState.SENT, None, None),
        (None, LetterState.SENT, OTHER, OTHER),
        ("", LetterState.SENT, OTHER, OTHER),
    ],
)
def test_a_tick_releases_one_line_and_another_only_after_a_run_has_seen_it_go(
    proposed: Plan, before: str | None, state: LetterState | None, line: str | None, released: str | None
) -> None:
    """Whoever mends a typing error under a tick that has done its work does not send a second letter."""
    match = match_of(proposed)
    letters = by_id(introduction_record(match))
    if state is not None:
        letters |= by_id(correction_record(match, LINE, state))
    known = remembered(proposed, letters=letters, decisions={match.id: Decision(match=match.id, correction=before)})
    boxes: dict[str, Cell] = {} if line is None else {"Send correction": True, "Correction": line}
    ticks = read(review=ticked(*rows_of(proposed), **boxes), state=known)
    assert ticks.decisions[match.id].correction == released
    assert ticks.reworded == ({match.id} if released != line else set())


def test_a_no_to_a_match_nobody_knows_any_more_says_nothing() -> None:
    state = LedgerState(decisions={"M-AAAAAAAAAA": Decision(match="M-AAAAAAAAAA", declined=True)})
    assert read(state=state).decisions == {}


def test_a_no_does_not_count_against_answers_that_have_changed_since(proposed: Plan) -> None:
    match = match_of(proposed)
    ticks = read(review=ticked(*rows_of(proposed), Decline=True), state=remembered(proposed))
    assert ticks.turned_down({match.id: match}, {}) == (match,)
    assert ticks.turned_down({match.id: match}, {match.id: "M-BBBBBBBBBB"}) == ()
    unticked = read(review=rows_of(proposed), state=remembered(proposed))
    assert unticked.turned_down({match.id: match}, {}) == ()
    assert read(state=remembered(proposed)).turned_down({match.id: match}, {}) == ()


def test_what_is_wrong_in_each_tab_is_told(proposed: Plan) -> None:
    rows = [*ticked(*rows_of(proposed), Approve="yes"), {"Why": "a note of mine"}]
    tabs: dict[str, Rows] = {
        "Review": rows,
        "By hand": [{"Sending organisation": "Nobody at all", "Receiving organisation": "x"}],
    }
    ticks = first_steps(make_inputs(HOST, GUEST, tabs=tabs, state=remembered(proposed)))[1]
    assert [problem.where for problem in ticks.problems] == [
        "Review, row 3",
        "Review, row 2",
        "By hand, row 2, Sending organisation",
    ]


def test_lines_by_hand_and_notes_on_exchanges_are_read(proposed: Plan) -> None:
    match = match_of(proposed)
    line: dict[str, Cell] = {
        "Sending organisation": "Kortrijk Training Centre",
        "Receiving organisation": "Lysekil College",
    }
    tabs: dict[str, Rows] = {"By hand": [line], "Exchanges": [{"Match": match.id, "Took place": True}]}
    ticks = first_steps(make_inputs(HOST, GUEST, tabs=tabs, state=remembered(proposed)))[1]
    assert [[party.organisation for party in line] for line in ticks.by_hand.lines] == [list(line.values())]
    (exchange,) = ticks.exchanges
    assert (exchange.match, exchange.took_place) == (match.id, True)


def test_silence_is_asked_for_under_any_id_an_organisation_had(proposed: Plan) -> None:
    until = {"O-OLD": date(2027, 3, 1), "O-NEW": date(2027, 2, 1), "O-PAST": date(2026, 11, 19)}
    memory = {f"{REDIRECT}O-OLD": "O-NEW"}
    assert left_alone_today(until, {}, memory, {}, today=date(2026, 11, 20)) == {"O-NEW": date(2027, 3, 1)}
    assert left_alone_today(until, {}, {}, {}, today=date(2027, 2, 2)) == {"O-OLD": date(2027, 3, 1)}
    lysekil = match_of(proposed).receiving
    contacts = {"O-OLD": ("Office@Lysekil.example",), "O-PAST": ("office@kortrijk.example",)}
    assert left_alone_today(until, contacts, {}, proposed.entries.sources, today=date(2026, 11, 20)) == {
        "O-OLD": date(2027, 3, 1),
        "O-NEW": date(2027, 2, 1),
        lysekil.organisation_id: date(2027, 3, 1),
    }


@pytest.mark.parametrize(
    ("rows", "left_alone"),
    [
        pytest.param([], {"O-AAAA": date(2099, 3, 1)}, id="a row that somebody deleted"),
        pytest.param([{"Id": "O-AAAA"}], {}, id="a cell that somebody cleared"),
        pytest.param(
            [{"Id": "O-AAAA", "Leave alone until": "1 May 2099"}], {"O-AAAA": date(2099, 5, 1)}, id="another day"
        ),
        pytest.param([{"Id": "O-BBBB"}], {"O-AAAA": date(2099, 3, 1)}, id="the row of another"),
    ],
)
def test_a_day_ends_when_it_is_over_or_cleared_and_not_with_its_row(rows: Rows, left_alone: dict[str, date]) -> None:
    state = LedgerState(left_alone={"O-AAAA": date(2099, 3, 1), "O-PAST": date(2020, 1, 1)})
    assert read(state=state, organisations=rows).left_alone == left_alone


def test_a_day_on_the_deleted_row_of_a_merged_organisation_ends_with_a_day_beside_the_other(proposed: Plan) -> None:
    lysekil = match_of(proposed).receiving.organisation_id
    state = remembered(proposed)
    spellings = {**state.spellings, f"{REDIRECT}O-OLD": lysekil}
    state = replace(state, spellings=spellings, left_alone={"O-OLD": date(2099, 3, 1)})
    row = {"Id": lysekil, "Organisation": "Lysekil College"}
    assert read(HOST, GUEST, state=state, organisations=[row]).left_alone == {lysekil: date(2099, 3, 1)}
    row["Leave alone until"] = "1 January 2020"
    assert read(HOST, GUEST, state=state, organisations=[row]).left_alone == {}


# -- brakes --------------------------------------------------------------------------------------------


def released(*brakes: Problem) -> Rows:
    return [{"What": brake.what, "Go on": True} for brake in brakes]


def test_answers_that_vanish_pull_a_brake_and_a_tick_releases_it() -> None:
    four = [host(f"College{number} Skole") for number in range(4)]
    state = remembered(plan_of(*four))
    inputs = make_inputs(state=state)
    (brake,) = first_steps(inputs)[1].brakes
    assert brake.key == "brake:vanished"
    assert brake.what.startswith("4 of 4 known answers are no longer in the responses tab.")
    ticks = first_steps(make_inputs(state=state, tabs={"Problems": released(brake)}))[1]
    assert (ticks.brakes, ticks.released) == ((), (brake,))


@pytest.mark.parametrize("box", [False, "TRUE", None])
def test_only_a_tick_beside_that_very_brake_releases_it(box: Cell) -> None:
    state = remembered(plan_of(*(host(f"College{number} Skole") for number in range(4))))
    (brake,) = first_steps(make_inputs(state=state))[1].brakes
    rows: Rows = [{"What": brake.what, "Go on": box}, {"What": "3 of 4 known answers", "Go on": True}]
    for row in rows:
        ticks = first_steps(make_inputs(state=state, tabs={"Problems": [row]}))[1]
        assert ([(one.what, one.key) for one in ticks.brakes], ticks.released) == ([(brake.what, brake.key)], ())


def test_text_in_the_box_of_a_brake_is_told_until_it_is_ticked() -> None:
    """The box is made anew with the same write, so nothing but the note tells that something stood there."""
    state = remembered(plan_of(*(host(f"College{number} Skole") for number in range(4))))
    (brake,) = first_steps(make_inputs(state=state))[1].brakes
    told = f"{brake.fix} Go on holds the text “yes”, which is not a tick: please tick the box."
    rows: Rows = [{"What": brake.what, "What to do": brake.fix, "Go on": "yes"}]
    for _ in range(2):
        (noted,) = first_steps(make_inputs(state=state, tabs={"Problems": rows}))[1].brakes
        assert noted.fix == told
        rows = [{"What": noted.what, "What to do": noted.fix, "Go on": False}]
    ticks = first_steps(make_inputs(state=state, tabs={"Problems": [{**rows[0], "Go on": True}]}))[1]
    assert (ticks.brakes, ticks.released) == ((), (brake,))
    own: Rows = [{"What": brake.what, "What to do": f"{brake.fix} I asked Ana.", "Go on": False}]
    assert first_steps(make_inputs(state=state, tabs={"Problems": own}))[1].brakes == (brake,)


def test_answers_that_were_paused_before_do_not_vanish_again() -> None:
    four = [host(f"College{number} Skole") for number in range(4)]
    state = remembered(plan_of(*four))
    paused = tuple(replace(entry, paused=True) for entry in state.entries[:3])
    one_left = replace(state, entries=(*paused, state.entries[3]))
    assert first_steps(make_inputs(state=one_left))[1].brakes == ()


def test_as_many_may_vanish_as_the_setting_says() -> None:
    ten = [host(f"College{number} Skole") for number in range(10)]
    state = remembered(plan_of(*ten))
    assert first_steps(make_inputs(*ten[4:], state=state))[1].brakes == ()
    strict = make_inputs(*ten[4:], state=state, settings={"run": {"vanished_share": 0.4}})
    assert [brake.key for brake in first_steps(strict)[1].brakes] == ["brake:vanished"]


def test_a_ledger_that_knows_less_than_the_sheet_pulls_one_brake_and_its_tick_adopts(proposed: Plan) -> None:
    match = match_of(proposed)
    (row,) = rows_of(proposed)
    introduced = [{**row, "Status": "Introduced on 2026-10-01"}]
    state = remembered(proposed, instance="new")
    ticks = read(review=introduced, state=state, owner="old")
    (brake,) = ticks.brakes
    assert brake.key == f"brake:ledger-behind:{match.id}"
    assert ticks.adopted == ()
    after = read(review=introduced, problems=released(brake), state=state, owner="old")
    assert (after.brakes, after.released, after.adopted) == ((), (brake,), (match.id,))
    known = replace(state, letters=by_id(introduction_record(match, LetterState.SENT)), instance="old")
    assert read(review=introduced, state=known, owner="old").brakes == ()


def test_a_spreadsheet_served_by_another_ledger_pulls_a_brake(proposed: Plan) -> None:
    (brake,) = read(state=remembered(proposed, instance="new"), owner="old").brakes
    assert brake.key == "brake:another-ledger:old"
    for owner in (None, "new"):
        assert read(state=remembered(proposed, instance="new"), owner=owner).brakes == ()


def test_one_brake_may_stand_while_another_is_released() -> None:
    state = remembered(plan_of(*(host(f"College{number} Skole") for number in range(4))), instance="new")
    gone, other = first_steps(make_inputs(state=state, owner="old"))[1].brakes
    ticks = first_steps(make_inputs(state=state, owner="old", tabs={"Problems": released(gone)}))[1]
    assert (ticks.brakes, ticks.released, ticks.adopted) == ((other,), (gone,), ())
    behind = first_steps(
        make_inputs(
            state=state,
            tabs={
                "Review": [{"Match": "M-AAAAAAAAAA", "Status": "Introduced on 2026-10-01"}],
                "Problems": released(gone),
            },
        )
    )[1]
    assert behind.adopted == (), "that brake was not released"
