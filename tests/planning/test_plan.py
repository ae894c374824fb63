"""One run decided in full: the steps hand on what the ones before found; and what the sheet says once letters left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import SheetHeaderProblem, TryLater
from pipeline.model import LetterState, SheetChanges, Stage
from pipeline.planning.plan import Plan, make_plan, restated
from pipeline.ports import LedgerState
from pipeline.tabs.tab import RESPONSES
from tests.planning.conftest import (
    NOW,
    Office,
    by_id,
    guest,
    host,
    introduction_record,
    make_inputs,
    met,
    plan_of,
    remembered,
    reminder_record,
    rows_of,
    table,
    ticked,
)

HOST, GUEST = host(), guest()


@pytest.fixture(scope="module")
def proposed() -> Plan:
    """A run that has just proposed one match."""
    return plan_of(HOST, GUEST)


def test_an_empty_spreadsheet_and_an_empty_ledger_make_an_empty_plan() -> None:
    plan = plan_of(state=LedgerState(instance="me"))
    assert (plan.entries.sources, plan.matches.all, plan.letters.due, plan.ticks.brakes) == ({}, {}, (), ())
    assert plan.changes.before == SheetChanges(last_checked=NOW.date(), owner="me")


def test_a_missing_column_is_refused() -> None:
    inputs = make_inputs()
    tables = {**inputs.snapshot.tables, RESPONSES: table(RESPONSES, ["Timestamp"], [])}
    with pytest.raises(SheetHeaderProblem):
        make_plan(replace(inputs, snapshot=replace(inputs.snapshot, tables=tables)))


def test_answers_of_two_become_a_row_and_a_tick_becomes_a_letter(office: Office) -> None:
    office.answer(HOST, GUEST)
    office.keep(office.plan())
    assert office.statuses() == ["Proposed: tick Approve or Decline"]
    office.tick("Approve")
    plan = office.plan()
    (letter,) = plan.letters.due
    assert letter.envelope.recipients == ("office@kortrijk.example", "office@lysekil.example")
    assert plan.changes.ledger.letters == (letter,)


# -- once letters have left ----------------------------------------------------------------------------


def told(plan: Plan, state: LedgerState, *, tabs: dict[str, Any] | None = None, **more: Any) -> Any:
    """(Status by match, new rows of Exchanges, updates) after the letters of a run in which the row was approved."""
    given = {"Review": ticked(*rows_of(plan), Approve=True), **(tabs or {})}
    inputs = make_inputs(HOST, GUEST, state=remembered(plan), tabs=given)
    current = make_plan(inputs)
    standings, changes = restated(inputs, current, state, **more)
    return {match: standing.text for match, standing in standings.items()}, changes


def test_an_introduction_that_left_is_told_and_gets_its_row_in_exchanges(proposed: Plan) -> None:
    (match,) = proposed.matches.fresh
    after = remembered(proposed, letters=by_id(introduction_record(match)), meetings=met(match))
    statuses, changes = told(proposed, after)
    assert statuses == {match.id: "Introduced on 2026-11-20"}
    assert changes.updates["Review"][0].cells == {"Status": "Introduced on 2026-11-20"}
    (row,) = changes.inserts["Exchanges"]
    assert row.key == match.id
    assert row.cells["Status"] == "Introduced on 2026-11-20: note the dates when you hear of them"


def test_an_exchange_that_has_its_row_is_not_inserted_again_and_tells_of_the_reminder(proposed: Plan) -> None:
    (match,) = proposed.matches.fresh
    after = remembered(proposed, letters=by_id(introduction_record(match), reminder_record(match)), meetings=met(match))
    status = "Introduced on 2026-11-20: note the dates when you hear of them"
    _, changes = told(proposed, after, tabs={"Exchanges": [{"Match": match.id, "Status": status}]})
    assert changes.inserts == {}
    (update,) = changes.updates["Exchanges"]
    assert update.cells["Status"] == (
        "Introduced on 2026-11-20, reminded on 2026-11-20: note the dates when you hear of them"
    )


def test_an_absent_tab_exchanges_gets_no_rows(proposed: Plan) -> None:
    (match,) = proposed.matches.fresh
    inputs = make_inputs(HOST, GUEST, state=remembered(proposed))
    tables = {name: tab for name, tab in inputs.snapshot.tables.items() if name != "Exchanges"}
    inputs = replace(inputs, snapshot=replace(inputs.snapshot, tables=tables))
    after = remembered(proposed, letters=by_id(introduction_record(match)), meetings=met(match))
    assert restated(inputs, make_plan(inputs), after)[1].inserts == {}


def test_letters_that_could_not_leave_wait_and_say_why(proposed: Plan) -> None:
    (match,) = proposed.matches.fresh
    queued = remembered(proposed, letters=by_id(introduction_record(match, LetterState.QUEUED, content=b"")))
    trouble = TryLater("The mail server does not answer.", hint="The next run tries again.")
    statuses, _ = told(proposed, queued, trouble=trouble)
    assert statuses == {match.id: "Approved: waits, The mail server does not answer.; untick Approve to stop it"}
    assert told(proposed, queued)[0] == {
        match.id: "Approved: waits, the letter leaves with the next run; untick Approve to stop it"
    }


def test_nothing_to_say_is_no_change(proposed: Plan) -> None:
    inputs = make_inputs(HOST, GUEST, state=remembered(proposed), tabs={"Review": rows_of(proposed)})
    assert restated(inputs, make_plan(inputs), remembered(proposed))[1] == SheetChanges()


def test_a_row_of_this_very_run_gets_its_status_when_the_letter_left(proposed: Plan) -> None:
    """The match is proposed anew and its earlier ledger's row is ticked: what was inserted is known."""
    (match,) = proposed.matches.fresh
    inputs = make_inputs(HOST, GUEST)
    plan = make_plan(inputs)
    after = remembered(plan, letters=by_id(introduction_record(match)), meetings=met(match))
    _, changes = restated(inputs, plan, after)
    (update,) = changes.updates["Review"]
    assert update.key == match.id
    assert restated(inputs, plan, remembered(plan))[1].updates == {}, "its row says already where it stands"


def test_a_match_whose_letter_cannot_be_written_stays_held(proposed: Plan) -> None:
    (match,) = proposed.matches.fresh
    inputs = make_inputs(
        HOST, GUEST, state=remembered(proposed), tabs={"Review": ticked(*rows_of(proposed), Approve=True)}
    )
    plan = make_plan(inputs)
    held = replace(plan.letters.statuses[match.id], stage=Stage.HELD, detail="cannot be written")
    unsafe = replace(plan, letters=replace(plan.letters, statuses={match.id: held}))
    assert restated(inputs, unsafe, remembered(plan))[0] == {match.id: held}
    gone = remembered(plan, letters=by_id(introduction_record(match)))
    assert restated(inputs, unsafe, gone)[0][match.id].stage is Stage.INTRODUCED, "what left outranks what was planned"
    assert restated(inputs, plan, remembered(plan))[0][match.id].stage is Stage.APPROVED


def test_a_question_about_organisations_answered_in_this_run_is_told_at_its_end(office: Office) -> None:
    office.answer(host("Lysekil College"), host("Lysekil Vocational School", email="x@other.example"))
    office.keep(office.plan())
    office.tick("Different", tab="Same organisation?")
    inputs = office.inputs(office.sheet.read(), office.ledger.load(office.now), office.now)
    plan = make_plan(inputs)
    _, changes = restated(inputs, plan, office.ledger.load(office.now))
    (update,) = changes.updates["Same organisation?"]
    assert str(update.cells["Status"]).startswith("Remembered since 2026-11-20: different")
