from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.letters.identity import introduction_id, question_id, reminder_id
from pipeline.letters.verify import read_back
from pipeline.model import (
    Decision,
    Envelope,
    LetterKind,
    LetterRecord,
    LetterState,
    Match,
    MatchStatus,
    Party,
    Side,
    Stage,
)
from pipeline.planning.letters_due import Letters, ReminderDue, digest_data, due_letters, introduced, reminders_due
from pipeline.planning.matches import choose_matches
from pipeline.planning.plan import Plan
from pipeline.ports import LedgerState
from pipeline.tabs.exchanges import Introduced, NotedExchange
from tests.planning.conftest import (
    NOW as RUN,
)
from tests.planning.conftest import (
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
    reminder_record,
    rows_of,
    ticked,
)

MATCH = "M-AAAAAAAAAA"
OTHER = "M-BBBBBBBBBB"
NOW = datetime(2026, 6, 12, 9, 0, tzinfo=UTC)


def letter(identifier: str, kind: LetterKind, match: str, since: datetime, **changed: object) -> LetterRecord:
    record = LetterRecord(
        id=identifier,
        kind=kind,
        match=match,
        state=LetterState.SENT,
        message_id=f"<{identifier}@x.example>",
        envelope=Envelope(sender="s@x.example", recipients=("a@x.example", "b@x.example")),
        content=None,
        since=since,
    )
    return replace(record, **changed)  # type: ignore[arg-type]


def introduction(match: str = MATCH, since: datetime = NOW - timedelta(weeks=6), **changed: object) -> LetterRecord:
    return letter(f"one-{match}", LetterKind.INTRODUCTION, match, since, **changed)


def reminder(match: str = MATCH, since: datetime = NOW - timedelta(days=1), **changed: object) -> LetterRecord:
    return letter(f"two-{match}", LetterKind.REMINDER, match, since, **changed)


def match(identifier: str = MATCH) -> Match:
    parties = tuple(
        Party(
            side=side, entry=f"E-{side}", organisation_id=f"O-{side}", organisation=str(side), email=f"{side}@x.example"
        )
        for side in (Side.SENDING, Side.RECEIVING)
    )
    return Match(id=identifier, parties=parties, why="", band="strong")


def noted(what: str = "") -> NotedExchange:
    return NotedExchange(
        match=MATCH,
        status="Introduced",
        took_place=what == "took_place",
        will_not_happen=what == "will_not_happen",
        dated=what == "dated",
    )


def due(
    *letters: LetterRecord,
    exchanges: tuple[NotedExchange, ...] = (),
    approved: tuple[str, ...] = (MATCH, OTHER),
    closed: tuple[str, ...] = (),
    weeks: int = 6,
    check: str | None = None,
    checked: tuple[Side, ...] = (),
    left_alone: tuple[str, ...] = (),
    perhaps_left_alone: tuple[str, ...] = (),
) -> tuple[ReminderDue, ...]:
    inputs: Any = SimpleNamespace(
        settings=SimpleNamespace(follow_up=SimpleNamespace(reminder_weeks=weeks)),
        state=SimpleNamespace(letters={one.id: one for one in letters}),
        now=NOW,
    )
    entries: Any = SimpleNamespace(plan=SimpleNamespace(closed=closed))
    decisions = {
        identifier: Decision(match=identifier, approved=identifier in approved)
        for identifier in {MATCH, OTHER, *approved}
    }
    decisions = {
        one: replace(decision, agreed=bool(checked) or None, checked=checked) for one, decision in decisions.items()
    }
    ticks: Any = SimpleNamespace(
        exchanges=exchanges,
        decisions=decisions,
        review=SimpleNamespace(decisions=decisions),
        left_alone=dict.fromkeys(left_alone, NOW.date()),
        perhaps_left_alone=dict.fromkeys(perhaps_left_alone, "Somebody, which asked to be left alone"),
    )
    doubtful = replace(match(), parties=tuple(replace(party, check_first=check) for party in match().parties))
    matches: Any = SimpleNamespace(all={MATCH: doubtful, OTHER: match(OTHER)})
    return reminders_due(inputs, entries, ticks, matches)


def test_silence_for_as_long_as_the_setting_says_is_answered_by_a_reminder() -> None:
    assert due(introduction()) == (ReminderDue(match=match(), introduction=introduction()),)
    assert due(introduction(since=NOW - timedelta(weeks=6) + timedelta(seconds=1))) == ()


def test_who_has_waited_longest_is_reminded_first() -> None:
    both = due(introduction(MATCH), introduction(OTHER, since=NOW - timedelta(weeks=7)), exchanges=(noted(),))
    assert [one.match.id for one in both] == [OTHER, MATCH]


def test_zero_weeks_means_never() -> None:
    assert due(introduction(), weeks=0) == ()


@pytest.mark.parametrize("what", ["took_place", "will_not_happen", "dated"])
def test_nobody_is_reminded_of_what_is_noted(what: str) -> None:
    assert due(introduction(), exchanges=(noted(what),)) == ()


@pytest.mark.parametrize("state", list(LetterState))
def test_one_reminder_and_no_second_whatever_became_of_it(state: LetterState) -> None:
    assert due(introduction(), reminder(state=state)) == ()


@pytest.mark.parametrize("state", [state for state in LetterState if state is not LetterState.SENT])
def test_nobody_is_reminded_of_a_letter_that_did_not_leave(state: LetterState) -> None:
    assert due(introduction(state=state)) == ()


def test_nobody_is_reminded_after_a_bounce() -> None:
    assert due(introduction(bounced={"a@x.example": "no such user"})) == ()


def test_nobody_is_reminded_while_it_is_in_doubt_who_a_side_is() -> None:
    assert due(introduction(), check="ask at the old address") == ()
    assert due(introduction(), check="ask at the old address", checked=(Side.SENDING,)) == ()
    assert len(due(introduction(), check="ask at the old address", checked=tuple(Side))) == 1


@pytest.mark.parametrize("state", list(LetterState))
def test_nobody_is_reminded_of_what_was_taken_back(state: LetterState) -> None:
    assert due(introduction(), letter("three", LetterKind.CORRECTION, MATCH, NOW, state=state)) == ()


def test_nobody_is_reminded_once_the_tick_is_taken_back() -> None:
    assert due(introduction(), approved=(OTHER,)) == ()


@pytest.mark.parametrize("side", ["sending", "receiving"])
def test_nobody_is_reminded_whose_entry_is_closed(side: str) -> None:
    assert due(introduction(), closed=(f"E-{side}",)) == ()


@pytest.mark.parametrize("side", ["sending", "receiving"])
def test_nobody_is_reminded_who_wants_to_be_left_alone(side: str) -> None:
    assert due(introduction(), left_alone=(f"O-{side}",)) == ()
    assert due(introduction(), perhaps_left_alone=(f"O-{side}",)) == ()
    assert len(due(introduction(), left_alone=("O-else",), perhaps_left_alone=("O-another",))) == 1


def test_nobody_is_reminded_of_a_match_that_is_forgotten() -> None:
    assert due(introduction("M-CCCCCCCCCC"), approved=("M-CCCCCCCCCC",)) == ()


def test_when_the_letters_of_a_match_left() -> None:
    letters = {
        one.id: one
        for one in (
            introduction(since=datetime(2026, 5, 1, 23, 30, tzinfo=UTC)),
            reminder(since=datetime(2026, 6, 12, 8, 0, tzinfo=UTC)),
            introduction(OTHER, since=datetime(2026, 5, 2, tzinfo=UTC)),
            reminder(OTHER, state=LetterState.QUEUED),
            introduction("M-CCCCCCCCCC", state=LetterState.UNSURE),
            letter("q", LetterKind.QUESTION, "M-DDDDDDDDDD", NOW),
        )
    }
    assert introduced(letters) == {
        MATCH: Introduced(on=date(2026, 5, 1), reminded_on=date(2026, 6, 12)),
        OTHER: Introduced(on=date(2026, 5, 2), reminded_on=None),
    }


# -- the step as a whole -------------------------------------------------------------------------------

HOST, GUEST = host(), guest()
MANY = (HOST, host("Bergen Skole", "Norway"), GUEST, guest("Porto Escola", "Portugal"))


def step(*answers: Answers, **more: Any) -> Letters:
    inputs = make_inputs(*answers, **more)
    entries, ticks = first_steps(inputs)
    return due_letters(inputs, entries, ticks, choose_matches(inputs, entries, ticks))


def approved(plan: Plan, *answers: Answers, letters: Mapping[str, LetterRecord] | None = None, **more: Any) -> Letters:
    """The step of the run after `plan`, every row of which was approved."""
    boxes = more.pop("boxes", {"Approve": True})
    state = remembered(plan, letters=letters or {}, **more.pop("known", {}))
    return step(*answers, state=state, tabs={"Review": ticked(*rows_of(plan), **boxes)}, **more)


def stages(found: Letters) -> list[Stage]:
    return [status.stage for status in found.statuses.values()]


def ids(found: Letters) -> list[str]:
    return [one.id for one in found.due]


@pytest.fixture(scope="module")
def proposed() -> Plan:
    """A run that has just proposed one match."""
    return plan_of(HOST, GUEST)


@pytest.fixture(scope="module")
def many() -> Plan:
    """A run that has just proposed four matches."""
    plan = plan_of(*MANY)
    assert len(plan.matches.fresh) == 4
    return plan


def match_of(plan: Plan) -> Match:
    (one,) = plan.matches.fresh
    return one


def test_no_letter_without_a_tick_and_with_it_one_to_both(proposed: Plan) -> None:
    one = match_of(proposed)
    assert proposed.letters.due == ()
    assert stages(proposed.letters) == [Stage.PROPOSED]
    found = approved(proposed, HOST, GUEST)
    (letter_,) = found.due
    assert (letter_.id, letter_.kind, letter_.match) == (introduction_id(one.id), LetterKind.INTRODUCTION, one.id)
    assert letter_.envelope.recipients == ("office@kortrijk.example", "office@lysekil.example")
    assert stages(found) == [Stage.APPROVED]


def test_the_officers_line_goes_into_the_letter(proposed: Plan) -> None:
    (letter_,) = approved(proposed, HOST, GUEST, boxes={"Approve": True, "Message": "See you in Oslo!"}).due
    assert "See you in Oslo!" in read_back(letter_.content).text


def test_a_letter_already_queued_keeps_its_bytes(proposed: Plan) -> None:
    one = match_of(proposed)
    queued = introduction_record(one, LetterState.QUEUED, content=b"as it was", detail="busy")
    (kept,) = approved(proposed, HOST, GUEST, letters=by_id(queued)).due
    assert (kept.content, kept.envelope, kept.message_id) == (b"as it was", queued.envelope, queued.message_id)


@pytest.mark.parametrize(("state", "content"), [(LetterState.QUEUED, None), (LetterState.WITHDRAWN, b"as it was")])
def test_a_letter_taken_back_is_written_anew(proposed: Plan, state: LetterState, content: bytes | None) -> None:
    record = introduction_record(match_of(proposed), state, content=content)
    (fresh,) = approved(proposed, HOST, GUEST, letters=by_id(record)).due
    assert b"as it was" not in fresh.content
    assert fresh.content


def test_a_letter_that_cannot_be_written_safely_is_held_and_the_others_leave(many: Plan) -> None:
    bad = many.matches.fresh[0]
    unsafe = replace(bad, parties=(replace(bad.sending, email="not an address"), bad.receiving))
    state = remembered(many)
    inputs = make_inputs(*MANY, state=state, tabs={"Review": ticked(*rows_of(many), Approve=True)})
    entries, ticks = first_steps(inputs)
    matches = choose_matches(inputs, entries, ticks)
    found = due_letters(inputs, entries, ticks, replace(matches, all={**matches.all, bad.id: unsafe}))
    assert found.statuses[bad.id].stage is Stage.HELD
    assert len(found.due) == 3
    assert introduction_id(bad.id) not in ids(found)


def test_who_asked_to_be_asked_first_gets_a_question() -> None:
    asking = host(share_contact="Ask me first")
    plan = plan_of(asking, GUEST)
    one = match_of(plan)
    assert one.receiving.ask_first
    found = approved(plan, asking, GUEST)
    assert ids(found) == [question_id(one.id, Side.RECEIVING)]
    assert found.due[0].envelope.recipients == ("office@lysekil.example",)


def test_letters_switched_off_stay(proposed: Plan) -> None:
    found = approved(proposed, HOST, GUEST, sending=False)
    assert found.due == ()
    assert "letters are switched off" in next(iter(found.statuses.values())).text


@pytest.mark.parametrize(("limits", "number"), [({}, 4), ({"max_per_run": 3}, 3), ({"max_per_day": 2}, 2)])
def test_no_more_leave_than_the_limits_say(many: Plan, limits: dict[str, int], number: int) -> None:
    found = approved(many, *MANY, settings={"mail": limits})
    assert len(found.due) == number
    expected = [introduction_id(one.id) for one in many.matches.fresh]
    assert ids(found) == expected[:number], "in the officer's order"


def test_what_left_today_counts_against_the_day(many: Plan) -> None:
    assert len(approved(many, *MANY, settings={"mail": {"max_per_day": 5}}, known={"sent_today": 3}).due) == 2


def test_the_limits_go_to_who_was_proposed_first(many: Plan) -> None:
    *new, last = many.matches.fresh
    older = {one.id: one for one in (*new, replace(last, proposed_on=date(2026, 11, 1)))}
    state = replace(remembered(many), matches=older)
    tabs = {"Review": ticked(*rows_of(many), Approve=True)}
    rows = [{**row, "Proposed on": "2026-11-01"} for row in tabs["Review"]]
    found = step(*MANY, state=state, tabs={"Review": rows}, settings={"mail": {"max_per_run": 1}})
    assert ids(found) == [introduction_id(last.id)]


def test_an_organisation_has_only_so_many_introductions_at_a_time(many: Plan) -> None:
    found = approved(many, *MANY, settings={"mail": {"max_open_per_organisation": 1}})
    assert len(found.due) == 2
    waiting = [status.text for status in found.statuses.values() if "it goes later" in status.text]
    assert len(waiting) == 2


@pytest.mark.parametrize(("days", "due_"), [(30, 1), (3, 4)])
def test_introductions_of_long_ago_do_not_count_against_it(many: Plan, days: int, due_: int) -> None:
    first, *_ = many.matches.fresh
    settings = {"mail": {"max_open_per_organisation": 2}, "follow_up": {"quiet_days": days}}
    old = introduction_record(first, since=RUN - timedelta(days=10))
    again = replace(old, id=introduction_id("M-OLDOLDOLDA"), match="M-OLDOLDOLDA")
    state = remembered(many, letters=by_id(again))
    other = replace(first, id="M-OLDOLDOLDA", proposed_on=date(2026, 10, 1))
    twin = replace(other, id="M-OLDOLDOLDB", parties=(replace(first.sending, email="x@y.example"), first.receiving))
    letters = by_id(again, replace(old, id=introduction_id(twin.id), match=twin.id))
    state = replace(state, letters=letters, matches={**state.matches, other.id: other, twin.id: twin})
    found = step(*MANY, state=state, tabs={"Review": ticked(*rows_of(many), Approve=True)}, settings=settings)
    assert len(found.due) == due_


def test_who_has_met_in_this_round_is_not_introduced_though_the_row_is_ticked(proposed: Plan) -> None:
    one = match_of(proposed)
    for weeks, due_ in [(1, 0), (60, 1)]:
        found = approved(proposed, HOST, GUEST, known={"meetings": met(one, RUN - timedelta(weeks=weeks))})
        assert len(found.due) == due_


def test_a_row_that_was_tampered_with_is_held(proposed: Plan) -> None:
    found = approved(proposed, HOST, GUEST, boxes={"Approve": True, "Why": "Because I say so"})
    assert (stages(found), found.due) == ([Stage.HELD], ())


def test_what_is_no_tick_is_named_on_the_row(proposed: Plan) -> None:
    found = approved(proposed, HOST, GUEST, boxes={"Approve": "yes"})
    (status,) = found.statuses.values()
    assert "Approve holds the text" in status.text


# -- reminders that leave ------------------------------------------------------------------------------

LATE = timedelta(weeks=5)


def reminding(plan: Plan, *records: LetterRecord, **more: Any) -> Letters:
    known = {"meetings": {key: at for one in plan.matches.fresh for key, at in met(one, RUN - LATE).items()}}
    return approved(plan, *MANY, letters=by_id(*records), known=known, **more)


def left_before(plan: Plan) -> list[LetterRecord]:
    """Introductions of a plan's matches, the last one the oldest."""
    return [
        introduction_record(one, since=RUN - LATE - timedelta(days=number))
        for number, one in enumerate(plan.matches.fresh)
    ]


def test_reminders_leave_to_both_in_the_thread_the_oldest_first(many: Plan) -> None:
    found = reminding(many, *left_before(many))
    assert ids(found) == [reminder_id(one.id, 1) for one in reversed(many.matches.fresh)]
    oldest = many.matches.fresh[-1]
    assert found.due[0].envelope.recipients == tuple(party.email for party in oldest.parties)
    assert f"In-Reply-To: {left_before(many)[-1].message_id}".encode() in found.due[0].content


@pytest.mark.parametrize(
    ("limits", "sent_today", "number"),
    [({"max_per_run": 3}, 0, 3), ({"max_per_day": 10}, 8, 2), ({"max_per_day": 10}, 12, 0), ({"max_per_run": 0}, 0, 0)],
)
def test_reminders_keep_within_the_limits(many: Plan, limits: dict[str, int], sent_today: int, number: int) -> None:
    inputs_ = {"settings": {"mail": limits}}
    state = remembered(many, letters=by_id(*left_before(many)), sent_today=sent_today)
    found = step(*MANY, state=state, tabs={"Review": ticked(*rows_of(many), Approve=True)}, **inputs_)
    assert len(found.due) == number
    expected = [reminder_id(one.id, 1) for one in reversed(many.matches.fresh)]
    assert ids(found) == expected[:number]


def test_introductions_go_before_reminders(many: Plan) -> None:
    *rest, last = many.matches.fresh
    old = introduction_record(last, since=RUN - LATE)
    settings = {"mail": {"max_per_run": len(rest) + 1, "max_open_per_organisation": 9}}
    found = approved(many, *MANY, letters=by_id(old), settings=settings)
    assert ids(found) == [*(introduction_id(one.id) for one in rest), reminder_id(last.id, 1)]
    fewer = {"mail": {"max_per_run": len(rest), "max_open_per_organisation": 9}}
    assert reminder_id(last.id, 1) not in ids(approved(many, *MANY, letters=by_id(old), settings=fewer))


def test_nobody_is_reminded_while_letters_are_off_or_rehearsed_or_twice(many: Plan) -> None:
    records = left_before(many)
    assert reminding(many, *records, sending=False).due == ()
    assert reminding(many, *records, settings={"mail": {"rehearsal_to": "us@ours.example"}}).due == ()
    assert reminding(many, *records, *(reminder_record(one) for one in many.matches.fresh)).due == ()


def test_a_reminder_that_cannot_be_written_keeps_nobody_else_waiting(many: Plan) -> None:
    bad = many.matches.fresh[-1]
    unsafe = replace(bad, parties=(replace(bad.sending, email="not an address"), bad.receiving))
    state = remembered(many, letters=by_id(*left_before(many)))
    inputs = make_inputs(*MANY, state=state, tabs={"Review": ticked(*rows_of(many), Approve=True)})
    entries, ticks = first_steps(inputs)
    matches = choose_matches(inputs, entries, ticks)
    found = due_letters(inputs, entries, ticks, replace(matches, all={**matches.all, bad.id: unsafe}))
    assert len(found.due) == 3


# -- the digest ----------------------------------------------------------------------------------------

DIGEST = {"mail": {"digest_to": "secretariat@ours.example"}}


def digest_text(found: Letters) -> str:
    (digest,) = (one for one in found.due if one.kind is LetterKind.DIGEST)
    assert digest.envelope.recipients == ("secretariat@ours.example",)
    return read_back(digest.content).text


def test_the_secretariat_is_told_only_when_there_is_something_to_tell() -> None:
    assert step(settings=DIGEST).due == ()
    assert step(HOST, settings=DIGEST).due == ()
    assert len(step(HOST, GUEST, settings=DIGEST).due) == 1
    assert step(HOST, GUEST).due == (), "nobody to tell"
    assert step(HOST, GUEST, settings=DIGEST, sending=False).due == ()


@pytest.mark.parametrize(("days", "number"), [(0, 0), (6, 0), (7, 1), (30, 1)])
def test_at_most_one_digest_in_so_many_days(days: int, number: int) -> None:
    state = LedgerState(last_digest=RUN.date() - timedelta(days=days))
    assert len(step(HOST, GUEST, state=state, settings=DIGEST).due) == number


def test_the_digest_tells_new_proposals_apart_from_those_that_wait(proposed: Plan) -> None:
    one = match_of(proposed)
    line = f"{one.id}: Kortrijk Training Centre and Lysekil College. Proposed: tick Approve or Decline"
    data_new = step(HOST, GUEST, settings=DIGEST)
    data_waiting = step(HOST, GUEST, state=remembered(proposed), tabs={"Review": rows_of(proposed)}, settings=DIGEST)
    new, waiting = digest_text(data_new), digest_text(data_waiting)
    assert line.split(".", maxsplit=1)[0] in " ".join(new.split())
    assert new != waiting


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"state": LetterState.UNSURE}, "Look into the Sent mailbox"),
        ({"state": LetterState.HELD, "detail": "mailbox full"}, "mailbox full"),
        ({"bounced": {"office@lysekil.example": "no such user"}}, "office@lysekil.example: no such user"),
    ],
    ids=["unsure", "held", "bounced"],
)
def test_the_digest_tells_what_needs_a_person(proposed: Plan, record: dict[str, Any], words: str) -> None:
    letters = by_id(introduction_record(match_of(proposed), **record))
    assert words in " ".join(digest_text(approved(proposed, HOST, GUEST, letters=letters, settings=DIGEST)).split())


def test_the_digest_tells_problems_and_links_to_the_sheet_only_when_it_is_google() -> None:
    rows: Sequence[Answers] = (host(email="nobody"),)
    google = {**DIGEST, "sheets": {"spreadsheet_id": "abc123"}}
    text = digest_text(step(*rows, settings=google))
    assert "row 2" in text
    assert "https://docs.google.com/spreadsheets/d/abc123" in text
    sandbox = {**DIGEST, "sheets": {"spreadsheet_id": "abc123", "api_url": "http://127.0.0.1:8000"}}
    assert "docs.google.com" not in digest_text(step(*rows, settings=sandbox))


def test_each_thing_is_told_under_its_heading(many: Plan) -> None:
    new, held, unsure, waiting = many.matches.fresh
    statuses = {
        one.id: MatchStatus(match=one.id, stage=stage, detail="x")
        for one, stage in (
            (new, Stage.PROPOSED),
            (held, Stage.HELD),
            (unsure, Stage.UNSURE),
            (waiting, Stage.PROPOSED),
        )
    }
    inputs = make_inputs(*MANY)
    data = digest_data(inputs, replace(many.matches, fresh=(new,)), statuses)
    told = {name: [line[:12] for line in getattr(data, name)] for name in ("proposed", "held", "unsure", "waiting")}
    assert told == {"proposed": [new.id], "held": [held.id], "unsure": [unsure.id], "waiting": [waiting.id]}
