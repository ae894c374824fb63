"""Where every match stands, rule by rule: a table of situations and what the officer reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipeline.letters.identity import correction_id, introduction_id, question_id
from pipeline.model import (
    Decision,
    Envelope,
    LetterKind,
    LetterRecord,
    LetterState,
    Match,
    Party,
    Side,
    Stage,
)
from pipeline.planning.rules import Limits, RuleInputs, Ruling, decide
from pipeline.tabs.review import RowTrouble

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
ROUND = NOW - timedelta(days=365)
LIMITS = Limits(per_run=20, per_day=100, per_organisation=3, round_started=ROUND)
ENVELOPE = Envelope(sender="s@ours.example", recipients=("a@a.example", "b@b.example"))


def party(side: Side, name: str, **more: Any) -> Party:
    return Party(
        side=side,
        entry=f"E-{name}",
        organisation_id=f"O-{name}",
        organisation=name,
        email=f"{name}@{name}.example",
        **more,
    )


def match(number: int = 1, guest: str = "a", host: str = "b", **more: Any) -> Match:
    parties = (party(Side.SENDING, guest), party(Side.RECEIVING, host, **more))
    return Match(id=f"M-{number:0>10}", parties=parties, why="", band="likely", proposed_on=date(2026, 11, number))


def letter(one: Match, state: LetterState, *, since: datetime = NOW, **more: Any) -> LetterRecord:
    identifier = more.pop("id", introduction_id(one.id))
    return LetterRecord(
        id=identifier,
        kind=LetterKind.INTRODUCTION,
        match=one.id,
        state=state,
        message_id="<x@ours.example>",
        envelope=ENVELOPE,
        content=b"",
        since=since,
        **more,
    )


def ruling(*matches: Match, limits: Limits = LIMITS, letters: tuple[LetterRecord, ...] = (), **more: Any) -> Ruling:
    approved = {one.id: Decision(match=one.id, approved=True) for one in matches}
    rule_inputs = RuleInputs(
        matches={one.id: one for one in matches},
        decisions=more.pop("decisions", approved),
        letters={one.id: one for one in letters},
        superseded=more.pop("superseded", {}),
        **more,
    )
    return decide(rule_inputs, limits, NOW)


def yes(*matches: Match) -> dict[str, Decision]:
    return {one.id: Decision(match=one.id, approved=True) for one in matches}


ONE = match()
TWICE = {ONE.id: Decision(match=ONE.id, approved=True, declined=True)}


@pytest.mark.parametrize(
    ("stage", "words", "due", "more"),
    [
        (Stage.APPROVED, "leaves with the next run; untick Approve to stop it", 1, {}),
        (Stage.PROPOSED, "tick Approve or Decline", 0, {"decisions": {}}),
        (Stage.HELD, "both Approve and Decline", 0, {"decisions": TWICE}),
        (Stage.DECLINED, "untick Decline", 0, {"decisions": {ONE.id: Decision(match=ONE.id, declined=True)}}),
        (Stage.OUT_OF_DATE, "see M-2, which asks again", 0, {"superseded": {ONE.id: "M-2"}}),
        (Stage.WITHDRAWN, "taken back", 0, {"gone": {ONE.id: "taken back"}}),
        (
            Stage.HELD,
            "was changed by hand",
            0,
            {"row_trouble": {ONE.id: RowTrouble(what="the cell Why was changed by hand")}},
        ),
        (
            Stage.WITHDRAWN,
            "were introduced on 2026-10-01",
            0,
            {"meetings": {"org:O-a|O-b": datetime(2026, 10, 1, tzinfo=UTC)}},
        ),
        (Stage.APPROVED, "leaves", 1, {"meetings": {"org:O-a|O-b": datetime(2025, 10, 1, tzinfo=UTC)}}),
        (
            Stage.WITHDRAWN,
            "were introduced on 2026-10-01",
            0,
            {"meetings": {"mail:a@a.example|b@b.example": datetime(2026, 10, 1, tzinfo=UTC)}},
        ),
        (Stage.INTRODUCED, "on 2026-11-20", 0, {"letters": (letter(ONE, LetterState.SENT),)}),
        (
            Stage.INTRODUCED,
            "did not reach b@b.example: gone",
            0,
            {"letters": (letter(ONE, LetterState.SENT, bounced={"b@b.example": "gone"}),)},
        ),
        (Stage.UNSURE, "tick Was sent or Was not sent", 0, {"letters": (letter(ONE, LetterState.UNSURE),)}),
        (
            Stage.HELD,
            "mailbox full. Untick Approve",
            0,
            {"letters": (letter(ONE, LetterState.HELD, detail="mailbox full"),)},
        ),
        (
            Stage.APPROVED,
            "tried again after 2026-11-20 07:00 UTC",
            0,
            {"letters": (letter(ONE, LetterState.QUEUED, not_before=NOW + timedelta(hours=1), detail="busy"),)},
        ),
        (Stage.APPROVED, "letters are switched off", 0, {"limits": replace(LIMITS, sending=False)}),
        (Stage.APPROVED, "limit of letters a run", 0, {"limits": replace(LIMITS, per_run=0)}),
        (Stage.APPROVED, "daily limit", 0, {"sent_today": 100}),
    ],
)
def test_one_match(stage: Stage, words: str, due: int, more: dict[str, Any]) -> None:
    found = ruling(ONE, **more)
    (status,) = found.statuses
    assert status.stage is stage
    assert words in status.text
    assert len(found.due) == due


def test_a_bounce_needs_a_person_and_a_letter_that_arrived_does_not() -> None:
    for bounced in ({}, {"b@b.example": "gone"}):
        (status,) = ruling(ONE, letters=(letter(ONE, LetterState.SENT, bounced=bounced),)).statuses
        assert status.needs_a_person is bool(bounced)


@pytest.mark.parametrize(("was_sent", "stage", "due"), [(True, Stage.INTRODUCED, 0), (False, Stage.APPROVED, 1)])
def test_an_unsure_letter_is_settled_by_the_officer(was_sent: bool, stage: Stage, due: int) -> None:
    decision = Decision(match=ONE.id, approved=True, was_sent=was_sent)
    found = ruling(ONE, letters=(letter(ONE, LetterState.UNSURE),), decisions={ONE.id: decision})
    assert found.settled == {introduction_id(ONE.id): was_sent}
    assert found.statuses[0].stage is stage
    assert len(found.due) == due


def test_unticking_takes_a_waiting_letter_back() -> None:
    for state in (LetterState.QUEUED, LetterState.HELD):
        found = ruling(ONE, letters=(letter(ONE, state),), decisions={})
        assert found.withdrawn == {introduction_id(ONE.id): "Approve was unticked"}


def test_unticking_takes_a_refused_question_back_so_that_ticking_asks_again() -> None:
    one = match(ask_first=True)
    asked = letter(one, LetterState.HELD, id=question_id(one.id, Side.RECEIVING))
    assert ruling(one, letters=(asked,), decisions={}).withdrawn == {asked.id: "Approve was unticked"}


def test_the_same_organisations_ticked_both_ways_wait_until_one_is_unticked() -> None:
    found = ruling(match(1, "a", "b"), match(2, "b", "a"))
    assert found.due == ()
    held, remedy = "Held: several variants of one idea are ticked", "Untick all but one; until then none of them leaves"
    assert [status.text for status in found.statuses] == [
        f"{held}: M-0000000001 (this row) and M-0000000002 (b to a). {remedy}",
        f"{held}: M-0000000002 (this row) and M-0000000001 (a to b). {remedy}",
    ]
    one = ruling(match(1, "a", "b"), match(2, "b", "a"), decisions=yes(match(2)))
    assert [due.match.id for due in one.due] == ["M-0000000002"]


# -- variants of one idea ------------------------------------------------------------------------------

TWO = match(1, "a", "b")
THREE = replace(match(2, "a", "b"), parties=(*TWO.parties, party(Side.JOINING, "c")))
ALONE = match(3, "c", "b")
OTHERS = match(4, "x", "y")
IDEA = (TWO, THREE, ALONE, OTHERS)


def stages(found: Ruling) -> dict[str, Stage]:
    return {status.match[-1]: status.stage for status in found.statuses}


def told(found: Ruling) -> dict[str, str]:
    return {status.match[-1]: status.text for status in found.statuses}


def test_variants_of_one_idea_are_told_as_one_choice() -> None:
    found = ruling(*IDEA, decisions={})
    assert told(found) == {
        "1": "Proposed: one of these: M-0000000001 (this row) or M-0000000002 (with c)",
        "2": "Proposed: one of these: M-0000000002 (this row), M-0000000001 (without c) or M-0000000003 (c to b)",
        "3": "Proposed: one of these: M-0000000003 (this row) or M-0000000002 (a to b, with c)",
        "4": "Proposed: tick Approve or Decline",
    }
    assert {one[-1]: [other.id[-1] for other in others] for one, others in found.variants.items()} == {
        "1": ["2"],
        "2": ["1", "3"],
        "3": ["2"],
    }


@pytest.mark.parametrize(
    ("ticked", "due", "held"),
    [
        ((TWO,), "1", ""),
        ((THREE,), "2", ""),
        ((TWO, THREE), "", "12"),
        ((TWO, ALONE), "13", ""),
        ((THREE, ALONE, OTHERS), "4", "23"),
        (IDEA, "4", "123"),
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_of_ticked_variants_none_leaves_until_one_is_left(
    ticked: tuple[Match, ...], due: str, held: str, *, reverse: bool
) -> None:
    """Whichever order they are looked at in: a letter to two could not be made one to three afterwards."""
    found = ruling(*(reversed(IDEA) if reverse else IDEA), decisions=yes(*ticked))
    assert {one.match.id[-1] for one in found.due} == set(due)
    assert {one for one, stage in stages(found).items() if stage is Stage.HELD} == set(held)
    assert Stage.WITHDRAWN not in stages(found).values()


def test_a_row_beside_a_ticked_variant_says_so() -> None:
    found = ruling(*IDEA, decisions=yes(THREE))
    assert told(found)["1"] == (
        "Proposed: one of these: M-0000000001 (this row) or M-0000000002 (with c), which is ticked"
    )
    assert stages(found)["2"] is Stage.APPROVED


def test_what_waits_is_taken_back_while_variants_are_ticked() -> None:
    asking = replace(TWO, parties=(TWO.parties[0], replace(TWO.parties[1], ask_first=True)))
    waiting = (
        letter(THREE, LetterState.QUEUED),
        letter(asking, LetterState.QUEUED, id=question_id(asking.id, Side.RECEIVING)),
    )
    found = ruling(asking, THREE, letters=waiting)
    assert found.withdrawn == dict.fromkeys((one.id for one in waiting), "several variants of one idea are ticked")


@pytest.mark.parametrize(
    "more",
    [
        {"decisions": {TWO.id: Decision(match=TWO.id, declined=True), **yes(THREE)}},
        {"decisions": {TWO.id: Decision(match=TWO.id, approved=True, agreed=False), **yes(THREE)}},
        {"superseded": {TWO.id: "M-9"}},
        {"gone": {TWO.id: "taken back"}},
        {"row_trouble": {TWO.id: RowTrouble(what="tampered")}},
    ],
    ids=["declined", "refused", "out of date", "withdrawn", "row changed"],
)  # fmt: skip
def test_a_variant_that_cannot_leave_holds_nobody(more: dict[str, Any]) -> None:
    found = ruling(TWO, THREE, **more)
    assert [one.match.id for one in found.due] == [THREE.id]
    assert stages(found)["2"] is Stage.APPROVED


@pytest.mark.parametrize("state", [LetterState.SENT, LetterState.UNSURE])
def test_once_a_variant_left_the_other_is_no_choice_any_more(state: LetterState) -> None:
    found = ruling(TWO, THREE, letters=(letter(TWO, state),), meetings={"org:O-a|O-b": NOW})
    assert (found.due, found.variants) == ((), {})
    assert told(found)["2"].startswith("Withdrawn: these organisations were introduced on 2026-11-20")
    again = replace(THREE, by_hand=True)
    assert [
        one.match.id for one in ruling(TWO, again, letters=(letter(TWO, state),), meetings={"org:O-a|O-b": NOW}).due
    ] == [THREE.id]


def test_variants_are_known_by_their_addresses_too() -> None:
    elsewhere = replace(
        THREE, parties=tuple(replace(one, organisation_id=f"{one.organisation_id}-2") for one in THREE.parties)
    )
    assert set(stages(ruling(TWO, elsewhere)).values()) == {Stage.HELD}


def test_an_organisation_is_not_flooded() -> None:
    matches = [match(number, guest, "host") for number, guest in enumerate("abcdef", start=1)]
    found = ruling(*matches)
    assert len(found.due) == 3
    assert "host has had 3 introductions" in found.statuses[5].text


def test_whoever_asked_to_be_asked_first_gets_a_question_and_nothing_else() -> None:
    one = match(ask_first=True)
    found = ruling(one)
    assert [(due.kind, due.party and due.party.organisation) for due in found.due] == [(LetterKind.QUESTION, "b")]
    asked = letter(one, LetterState.SENT, id=question_id(one.id, Side.RECEIVING), since=NOW - timedelta(days=2))
    waiting = ruling(one, letters=(asked,))
    assert waiting.due == ()
    assert "b was asked on 2026-11-18" in waiting.statuses[0].text
    yes = ruling(one, letters=(asked,), decisions={one.id: Decision(match=one.id, approved=True, agreed=True)})
    assert [due.kind for due in yes.due] == [LetterKind.INTRODUCTION]
    no = ruling(one, letters=(asked,), decisions={one.id: Decision(match=one.id, approved=True, agreed=False)})
    assert (no.statuses[0].stage, no.due) == (Stage.DECLINED, ())


def test_a_side_that_must_be_checked_first_is_held_until_it_is() -> None:
    one = match(check_first="ask at the old address")
    found = ruling(one)
    assert (found.statuses[0].stage, found.due) == (Stage.HELD, ())
    assert found.statuses[0].text == "Held: b: ask at the old address. When that is settled, tick Agreed as well"
    told = (Side.RECEIVING,)
    agreed = ruling(one, decisions={one.id: Decision(match=one.id, approved=True, agreed=True, checked=told)})
    assert len(agreed.due) == 1


def test_agreed_says_nothing_of_what_the_row_did_not_tell_when_it_was_ticked() -> None:
    one = match(check_first="ask at the old address.")
    for checked in ((), (Side.SENDING,)):
        found = ruling(one, decisions={one.id: Decision(match=one.id, approved=True, agreed=True, checked=checked)})
        assert found.due == ()
        assert found.statuses[0].text == (
            "Held: b: ask at the old address. Agreed was ticked before this was known: when it is settled, untick it "
            "and tick it a run later"
        )


def test_while_one_side_is_held_the_other_gets_no_question_and_agreed_speaks_for_both() -> None:
    one = match(check_first="ask at the old address")
    asking = replace(one, parties=(replace(one.parties[0], ask_first=True), one.parties[1]))
    found = ruling(asking)
    assert found.due == ()
    assert found.statuses[0].text == (
        "Held: b: ask at the old address. a asked to be asked first: please do that as well. "
        "When both are settled, tick Agreed as well"
    )
    agreed = Decision(match=one.id, approved=True, agreed=True, checked=(Side.RECEIVING,))
    assert [due.kind for due in ruling(asking, decisions={one.id: agreed}).due] == [LetterKind.INTRODUCTION]


def test_what_is_doubtful_about_a_side_after_the_introduction_stands_on_the_row() -> None:
    one = match(check_first="ask at the old address.")
    sent = letter(one, LetterState.SENT)
    assert ruling(one, letters=(sent,)).statuses[0].text == ("Introduced on 2026-11-20; b: ask at the old address")
    known = Decision(match=one.id, approved=True, agreed=True, checked=(Side.RECEIVING,))
    assert ruling(one, letters=(sent,), decisions={one.id: known}).statuses[0].text == "Introduced on 2026-11-20"


def test_by_hand_opens_a_pair_again() -> None:
    one = replace(match(), by_hand=True)
    met = {"org:O-a|O-b": datetime(2026, 10, 1, tzinfo=UTC)}
    found = ruling(one, meetings=met)
    assert len(found.due) == 1
    assert found.reopened == ("org:O-a|O-b",)


def test_a_rehearsal_is_sent_once_and_counts_for_nothing() -> None:
    limits = replace(LIMITS, rehearsal_to="officer@ours.example")
    assert len(ruling(ONE, limits=limits).due) == 1
    rehearsed = letter(ONE, LetterState.SENT, id=f"rehearsal:{introduction_id(ONE.id)}")
    again = ruling(ONE, limits=limits, letters=(rehearsed,))
    assert again.due == ()
    assert "rehearsed on 2026-11-20" in again.statuses[0].text


# -- the order in which the limits are handed out ------------------------------------------------------


def test_who_was_proposed_first_goes_first_and_the_strongest_of_a_day() -> None:
    late = replace(match(3, "x", "y"), score=0.9)
    early = replace(match(2, "e", "f"), score=0.1)
    strong = replace(match(3, "c", "d"), id="M-STRONG", score=0.95)
    undated = replace(match(9, "g", "h"), proposed_on=None)
    found = ruling(late, early, strong, undated)
    assert [one.match.sending.organisation for one in found.due] == ["g", "e", "c", "x"]
    assert [status.match for status in found.statuses] == [one.match.id for one in found.due]


@pytest.mark.parametrize(("limit", "number"), [(0, 0), (1, 1), (2, 2), (3, 2)])
def test_the_limit_of_a_run(limit: int, number: int) -> None:
    found = ruling(match(1, "a", "b"), match(2, "c", "d"), limits=replace(LIMITS, per_run=limit))
    assert len(found.due) == number


@pytest.mark.parametrize(("sent", "number"), [(98, 2), (99, 1), (100, 0), (101, 0)])
def test_the_limit_of_a_day_counts_what_left_and_what_is_about_to(sent: int, number: int) -> None:
    found = ruling(match(1, "a", "b"), match(2, "c", "d"), sent_today=sent)
    assert len(found.due) == number


# -- how often an organisation is written to -----------------------------------------------------------

BUSY = replace(LIMITS, per_organisation=1, quiet_days=90)


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (LetterState.SENT, True),
        (LetterState.UNSURE, True),
        (LetterState.COMMITTING, True),
        (LetterState.CLAIMED, True),
        (LetterState.QUEUED, False),
        (LetterState.HELD, False),
        (LetterState.WITHDRAWN, False),
    ],
)
def test_only_introductions_that_left_or_may_have_count_against_an_organisation(
    state: LetterState, *, counts: bool
) -> None:
    other = match(1, "z", "host")
    found = ruling(other, match(2, "a", "host"), letters=(letter(other, state),), limits=BUSY, decisions=yes(match(2)))
    assert [one.match.id for one in found.due] == ([] if counts else [match(2).id])


@pytest.mark.parametrize(("days", "counts"), [(0, True), (90, True), (91, False)])
def test_they_count_for_as_long_as_the_setting_says(days: int, *, counts: bool) -> None:
    other = match(1, "z", "host")
    old = letter(other, LetterState.SENT, since=NOW - timedelta(days=days))
    assert bool(ruling(other, match(2, "a", "host"), letters=(old,), limits=BUSY).due) is not counts


@pytest.mark.parametrize("side", ["sending", "receiving"])
def test_they_count_on_whichever_side_the_organisation_is(side: str) -> None:
    other = match(1, "host", "z") if side == "sending" else match(1, "z", "host")
    found = ruling(other, match(2, "a", "host"), letters=(letter(other, LetterState.SENT),), limits=BUSY)
    assert found.due == ()
    assert "host has had 1 introductions in the last 90 days; it goes later" in found.statuses[1].text


def nameless(one: Match) -> Match:
    return replace(one, parties=tuple(replace(party, organisation_id="") for party in one.parties))


def test_organisations_without_an_id_are_told_apart_by_address() -> None:
    other = nameless(match(1, "z", "host"))
    sent = (letter(other, LetterState.SENT),)
    assert ruling(other, nameless(match(2, "a", "host")), letters=sent, limits=BUSY).due == ()
    assert len(ruling(other, nameless(match(2, "a", "else")), letters=sent, limits=BUSY).due) == 1


# -- letters on their way ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "not_before", "due"),
    [
        (LetterState.QUEUED, timedelta(seconds=1), 0),
        (LetterState.QUEUED, timedelta(0), 1),
        (LetterState.QUEUED, None, 1),
        (LetterState.WITHDRAWN, timedelta(hours=1), 1),
    ],
)
def test_a_letter_waits_until_its_time_has_come(state: LetterState, not_before: timedelta | None, due: int) -> None:
    waiting = letter(ONE, state, not_before=None if not_before is None else NOW + not_before)
    assert len(ruling(ONE, letters=(waiting,)).due) == due


@pytest.mark.parametrize(
    ("state", "attempts", "words"),
    [
        (LetterState.QUEUED, 2, "the mail server was not ready (busy); the next run tries again"),
        (LetterState.QUEUED, 0, "the letter leaves with the next run"),
        (LetterState.WITHDRAWN, 2, "the letter leaves with the next run"),
    ],
)
def test_a_letter_that_was_tried_says_what_the_server_said(state: LetterState, attempts: int, words: str) -> None:
    tried = letter(ONE, state, attempts=attempts, detail="busy")
    assert words in ruling(ONE, letters=(tried,)).statuses[0].text


def test_trouble_with_the_mail_is_told_on_every_row_that_waits_for_it() -> None:
    found = ruling(ONE, mail_trouble="The mail server does not answer.")
    assert "waits, The mail server does not answer." in found.statuses[0].text


@pytest.mark.parametrize(
    ("state", "taken_back"),
    [
        (LetterState.QUEUED, True),
        (LetterState.CLAIMED, True),
        (LetterState.HELD, True),
        (LetterState.WITHDRAWN, False),
        (LetterState.SENT, False),
        (LetterState.UNSURE, False),
        (LetterState.COMMITTING, False),
    ],
)
def test_only_a_letter_that_certainly_did_not_leave_is_taken_back(state: LetterState, *, taken_back: bool) -> None:
    found = ruling(ONE, letters=(letter(ONE, state),), decisions={})
    assert bool(found.withdrawn) is taken_back


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"superseded": {ONE.id: "M-2"}}, "an answer was edited"),
        ({"gone": {ONE.id: "taken back"}}, "taken back"),
        ({"row_trouble": {ONE.id: RowTrouble(what="tampered")}}, "tampered"),
        ({"decisions": TWICE}, "both Approve and Decline are ticked"),
        ({"decisions": {ONE.id: Decision(match=ONE.id, declined=True)}}, "declined"),
        ({"decisions": {ONE.id: Decision(match=ONE.id, approved=True, agreed=False)}}, "Refused was ticked"),
        (
            {"meetings": {"org:O-a|O-b": datetime(2026, 10, 1, tzinfo=UTC)}},
            "these organisations were introduced on 2026-10-01; name them in By hand to do it again",
        ),
    ],
)
def test_whatever_ends_a_match_takes_its_letter_back_and_says_why(more: dict[str, Any], why: str) -> None:
    found = ruling(ONE, letters=(letter(ONE, LetterState.QUEUED),), **more)
    assert found.withdrawn == {introduction_id(ONE.id): why}
    assert found.due == ()


def test_nothing_takes_the_place_of_a_match_out_of_date_without_a_successor() -> None:
    assert ruling(ONE, superseded={ONE.id: ""}).statuses[0].text == "Out of date: nothing takes its place"


def test_an_unsure_letter_says_what_is_known_of_it() -> None:
    known, blank = (ruling(ONE, letters=(letter(ONE, LetterState.UNSURE, detail=detail),)) for detail in ("cut", ""))
    assert known.statuses[0].text.startswith("Unsure: cut (2026-11-20 06:00 UTC). Look")
    assert blank.statuses[0].text.startswith("Unsure: the mail server did not answer clearly (2026-11-20 06:00 UTC).")
    committing = ruling(ONE, letters=(letter(ONE, LetterState.COMMITTING),))
    assert committing.statuses[0].stage is Stage.UNSURE


# -- whoever wants to be left alone --------------------------------------------------------------------

SPRING = {"O-b": date(2027, 3, 1)}
SILENCE = "b asked to be left alone until 1 March 2027"


def test_nothing_leaves_to_whoever_wants_to_be_left_alone_and_the_row_says_so() -> None:
    found = ruling(ONE, left_alone=SPRING)
    assert (found.due, found.withdrawn) == ((), {})
    assert found.statuses[0].text == f"Approved: waits, {SILENCE}; untick Approve to stop it"
    assert ruling(ONE, left_alone=SPRING, decisions={}).statuses[0].text == f"Proposed: {SILENCE}"
    assert len(ruling(ONE, left_alone={"O-else": date(2027, 3, 1)}).due) == 1
    unreadable = ruling(ONE, left_alone={"O-a": date.max, **SPRING}).statuses[0].text
    assert f"waits, a asked to be left alone and {SILENCE};" in unreadable


def test_a_letter_that_waits_keeps_waiting_and_no_question_is_asked() -> None:
    assert ruling(ONE, left_alone=SPRING, letters=(letter(ONE, LetterState.QUEUED),)).due == ()
    assert ruling(match(ask_first=True), left_alone=SPRING).due == ()


def test_a_correction_reaches_them_all_the_same() -> None:
    decision = {ONE.id: Decision(match=ONE.id, approved=True, correction="It is closed.")}
    found = ruling(ONE, letters=(letter(ONE, LetterState.SENT),), decisions=decision, left_alone=SPRING)
    assert [one.kind for one in found.due] == [LetterKind.CORRECTION]


# -- a correction after the introduction ---------------------------------------------------------------

INTRODUCED = letter(ONE, LetterState.SENT)
LINE = "The college is closed until May."


def correction(state: LetterState, line: str = LINE, **more: Any) -> LetterRecord:
    return replace(letter(ONE, state, id=correction_id(ONE.id, line), **more), kind=LetterKind.CORRECTION)


def corrected(line: str | None = LINE, *known: LetterRecord, **more: Any) -> Ruling:
    decision = Decision(match=ONE.id, approved=True, correction=line)
    return ruling(ONE, letters=(INTRODUCED, *known), decisions={ONE.id: decision}, **more)


STAND = "Introduced on 2026-11-20"
AGAIN = "untick Send correction, wait for one run, then tick it again"
SENT_ON = "correction sent on 2026-11-20"


LEAVES = "; a correction waits, it leaves with the next run; untick Send correction to stop it"
OFF = "; a correction waits, letters are switched off; untick Send correction to stop it"
REHEARSED = "; a correction waits, it leaves when the rehearsal ends; untick Send correction to stop it"
EMPTY = "; Send correction is ticked, but Correction is empty: write your line there"
REWORDED = f"; {SENT_ON}; Correction has been changed since. To send it as well, {AGAIN}"
REFUSED = f"; the correction did not leave: mailbox full. To try once more, {AGAIN}"
NOBODY_KNOWS = (
    "; whether a correction left nobody knows (cut; 2026-11-20 06:00 UTC). Look into the Sent mailbox; the operator "
    f"settles it: matchmaker outbox resolve {correction_id(ONE.id, LINE)} --sent (or --not-sent)"
)
CHANGED = {ONE.id: RowTrouble(what="it changed; undo that", may_be_deleted=True)}
"""A row that comes back once it is deleted, while its letter has not left."""
TRIED = (
    "; a correction waits, the mail server was not ready (450 busy); the next run tries again; "
    "untick Send correction to stop it"
)
RETURNED = "it did not reach b@b.example: gone. Please tell them in another way"
DONE = correction(LetterState.SENT)
BOUNCED = correction(LetterState.SENT, bounced={"b@b.example": "gone"})
EARLIER = correction(LetterState.SENT, "Then.", since=NOW - timedelta(days=3))


@pytest.mark.parametrize(
    ("line", "known", "more", "words", "due", "stuck"),
    [
        (None, (), {}, "", False, False),
        (LINE, (), {}, LEAVES, True, False),
        ("", (), {}, EMPTY, False, True),
        (LINE, (DONE,), {}, f"; {SENT_ON}", False, False),
        (None, (DONE,), {}, f"; {SENT_ON}", False, False),
        ("And another.", (DONE,), {}, f"; {SENT_ON}{LEAVES}", True, False),
        (LINE, (DONE, EARLIER), {}, "; correction sent on 2026-11-17 and 2026-11-20", False, False),
        (LINE, (BOUNCED,), {}, f"; {SENT_ON}; {RETURNED}", False, True),
        (LINE, (DONE,), {"reworded": {ONE.id}}, REWORDED, False, False),
        (LINE, (correction(LetterState.HELD, detail="mailbox full"),), {}, REFUSED, False, True),
        (LINE, (correction(LetterState.UNSURE, detail="cut"),), {}, NOBODY_KNOWS, False, True),
        (LINE, (correction(LetterState.QUEUED),), {}, LEAVES, True, False),
        (LINE, (correction(LetterState.WITHDRAWN),), {}, LEAVES, True, False),
        (LINE, (correction(LetterState.QUEUED, attempts=1, detail="450 busy"),), {}, TRIED, True, False),
        (LINE, (), {"limits": replace(LIMITS, sending=False)}, OFF, False, False),
        (LINE, (), {"limits": replace(LIMITS, rehearsal_to="o@o.example")}, REHEARSED, False, False),
        (LINE, (), {"row_trouble": CHANGED}, "; the correction waits: it changed; undo that", False, True),
    ],
)
def test_a_correction(
    line: str | None, known: tuple[LetterRecord, ...], more: dict[str, Any], words: str, *, due: bool, stuck: bool
) -> None:
    found = corrected(line, *known, **more)
    assert found.statuses[0].text == STAND + words
    assert [(one.kind, one.match, one.message) for one in found.due] == [(LetterKind.CORRECTION, ONE, line)] * due
    assert found.statuses[0].needs_a_person is stuck


def test_only_a_row_whose_letter_has_not_left_is_said_to_come_back() -> None:
    held = ruling(ONE, row_trouble=CHANGED).statuses[0]
    assert held.text == "Held: it changed; undo that (or delete the row: it comes back as it was)"
    assert "delete" not in corrected(row_trouble=CHANGED).statuses[0].text


def test_no_correction_leaves_once_a_side_was_erased() -> None:
    gone = replace(ONE.receiving, organisation="(erased)", email="")
    erased = replace(ONE, parties=(ONE.sending, gone))
    found = ruling(
        erased,
        decisions={ONE.id: Decision(match=ONE.id, approved=True, correction=LINE)},
        letters=(letter(ONE, LetterState.SENT), correction(LetterState.QUEUED)),
    )
    assert (found.due, list(found.withdrawn)) == ((), [correction(LetterState.QUEUED).id])
    assert found.statuses[0].text == (
        "Introduced on 2026-11-20; no correction can leave: a side was erased at its wish. "
        "Write to the other side yourself, and untick Send correction"
    )


def test_a_correction_that_waits_is_taken_back_when_it_is_unticked_or_reworded() -> None:
    for line in (None, "", "Another."):
        for state in (LetterState.QUEUED, LetterState.HELD):
            waiting = correction(state)
            assert corrected(line, waiting).withdrawn == {waiting.id: "Send correction was unticked"}
        assert corrected(line, correction(LetterState.SENT)).withdrawn == {}


@pytest.mark.parametrize("approved", [True, False])
def test_a_correction_of_what_never_left_is_told_and_holds_the_letter(*, approved: bool) -> None:
    decision = {ONE.id: Decision(match=ONE.id, approved=approved, correction=LINE)}
    queued = letter(ONE, LetterState.QUEUED)
    found = ruling(ONE, decisions=decision, letters=(queued,))
    assert found.due == ()
    assert list(found.withdrawn) == [queued.id]
    words = "Send correction is ticked, but no letter has left that could be corrected; untick it"
    assert found.statuses[0].text == f"{'Held' if approved else 'Proposed'}: {words}"


ODDITY = "Send correction holds the text “x”, which is not a tick"


@pytest.mark.parametrize(
    ("stage", "more"),
    [
        (Stage.INTRODUCED, {"letters": (INTRODUCED,)}),
        (Stage.UNSURE, {"letters": (letter(ONE, LetterState.UNSURE),)}),
        (Stage.HELD, {}),
        (Stage.PROPOSED, {"decisions": {}}),
        (Stage.DECLINED, {"decisions": {ONE.id: Decision(match=ONE.id, declined=True)}}),
        (Stage.OUT_OF_DATE, {"superseded": {ONE.id: "M-2"}}),
        (Stage.WITHDRAWN, {"gone": {ONE.id: "taken back"}}),
    ],
)
def test_what_is_no_tick_is_told_wherever_the_row_stands_and_keeps_a_letter(stage: Stage, more: dict[str, Any]) -> None:
    found = ruling(ONE, not_ticks={ONE.id: ODDITY}, **more)
    assert found.statuses[0].stage is stage
    assert found.statuses[0].text.count(ODDITY) == 1
    assert stage in {Stage.HELD, Stage.PROPOSED} or ODDITY not in found.statuses[0].detail, "why it stands so is kept"
    assert found.due == ()


def test_a_box_that_cannot_be_read_takes_a_waiting_letter_back() -> None:
    queued = letter(ONE, LetterState.QUEUED)
    assert ruling(ONE, not_ticks={ONE.id: ODDITY}, letters=(queued,)).withdrawn == {queued.id: ODDITY}


TOO_LONG = "is 1,734 characters long, and a letter carries at most 1,500, so nothing leaves; shorten it by 234"


@pytest.mark.parametrize("state", [LetterState.QUEUED, LetterState.HELD])
def test_a_correction_longer_than_a_letter_carries_does_not_leave_and_says_how_long(state: LetterState) -> None:
    long = "x" * 1_734
    waiting = correction(state, long)
    found = corrected(long, waiting)
    assert found.due == ()
    assert found.withdrawn == {waiting.id: f"Correction {TOO_LONG}"}
    assert found.statuses[0].text == f"{STAND}; the correction waits: Correction {TOO_LONG}"
    assert found.statuses[0].needs_a_person
    assert len(corrected(long[:1_500]).due) == 1


@pytest.mark.parametrize("approved", [True, False])
def test_a_message_longer_than_a_letter_carries_is_told_and_holds_the_letter(*, approved: bool) -> None:
    queued = letter(ONE, LetterState.QUEUED)
    decision = Decision(match=ONE.id, approved=approved, message="x" * 1_734)
    found = ruling(ONE, decisions={ONE.id: decision}, letters=(queued,), limits=replace(LIMITS, sending=False))
    assert found.due == ()
    assert list(found.withdrawn) == [queued.id]
    assert found.statuses[0].text == f"{'Held' if approved else 'Proposed'}: Message {TOO_LONG}"
    fits = replace(decision, message="x" * 1_500)
    assert len(ruling(ONE, decisions={ONE.id: fits}).due) == approved


@pytest.mark.parametrize("alone", [True, False])
def test_a_letter_with_another_line_is_taken_back_wherever_the_match_stands(*, alone: bool) -> None:
    queued = letter(ONE, LetterState.QUEUED, not_before=NOW + timedelta(hours=1))
    left_alone = {"O-a": date(2027, 1, 1)} if alone else {}
    found = ruling(ONE, letters=(queued,), new_messages={ONE.id}, left_alone=left_alone)
    assert found.withdrawn == {queued.id: "Message was changed"}
    assert len(found.due) == (0 if alone else 1)
    sent = letter(ONE, LetterState.SENT)
    assert ruling(ONE, letters=(sent,), new_messages={ONE.id}).withdrawn == {}


def test_corrections_count_against_the_limits() -> None:
    assert corrected(limits=replace(LIMITS, per_run=0)).due == ()
    assert "daily limit" in corrected(sent_today=100).statuses[0].text


# -- who has met ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "due"), [(ROUND, 0), (ROUND - timedelta(seconds=1), 1)])
def test_a_round_begins_at_a_moment(at: datetime, due: int) -> None:
    assert len(ruling(ONE, meetings={"org:O-a|O-b": at}).due) == due


@pytest.mark.parametrize("state", [LetterState.CLAIMED, LetterState.UNSURE, LetterState.COMMITTING])
def test_a_letter_on_its_way_does_not_meet_itself(state: LetterState) -> None:
    """The pair counts as met since the claim; that is this very match's own doing."""
    decision = {ONE.id: Decision(match=ONE.id, approved=True, was_sent=False)}
    met = {"org:O-a|O-b": NOW}
    found = ruling(ONE, letters=(letter(ONE, state),), meetings=met, decisions=decision)
    assert [status.stage for status in found.statuses] == [Stage.APPROVED]
    assert ruling(ONE, meetings=met, decisions=decision).statuses[0].stage is Stage.WITHDRAWN
    queued = ruling(ONE, letters=(letter(ONE, LetterState.QUEUED),), meetings=met, decisions=decision)
    assert queued.statuses[0].stage is Stage.WITHDRAWN


def test_only_a_wish_by_hand_opens_a_pair_again_and_only_one_that_met() -> None:
    by_hand = replace(ONE, by_hand=True)
    old = {"org:O-a|O-b": ROUND - timedelta(days=1)}
    assert ruling(by_hand, meetings=old).reopened == ("org:O-a|O-b",)
    assert ruling(ONE, meetings=old).reopened == ()
    assert ruling(by_hand).reopened == ()


# -- what the row says ---------------------------------------------------------------------------------


def test_what_is_odd_stands_on_the_row_as_sentences() -> None:
    one = replace(match(check_first="write to the old address"), warnings=("a: Odd.", "a: Odd.", "b: Strange"))
    oddity = "Approve holds the text “x”, which is not a tick"
    found = ruling(one, decisions={}, not_ticks={one.id: oddity})
    assert found.statuses[0].text == (
        f"Proposed: {oddity}. Please check: a: Odd. Please check: b: Strange. "
        "Before approving, check b: write to the old address"
    )
    assert ruling(ONE, decisions={}).statuses[0].text == "Proposed: tick Approve or Decline"


# -- asking first --------------------------------------------------------------------------------------

ASKING = match(ask_first=True)


def asked(state: LetterState, **more: Any) -> LetterRecord:
    return letter(ASKING, state, id=question_id(ASKING.id, Side.RECEIVING), **more)


@pytest.mark.parametrize("state", [LetterState.QUEUED, LetterState.WITHDRAWN])
def test_a_question_that_did_not_leave_is_asked(state: LetterState) -> None:
    found = ruling(ASKING, letters=(asked(state),))
    assert [one.kind for one in found.due] == [LetterKind.QUESTION]
    assert "b is asked with the next run. Tick Agreed or Refused when the answer is there" in found.statuses[0].text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"limits": replace(LIMITS, per_run=0)}, "limit of letters a run"),
        ({"letters": (asked(LetterState.QUEUED, not_before=NOW + timedelta(hours=1), detail="busy"),)}, "tried again"),
    ],
)
def test_a_question_waits_like_any_letter(more: dict[str, Any], words: str) -> None:
    found = ruling(ASKING, **more)
    assert found.due == ()
    assert (found.statuses[0].stage, words in found.statuses[0].text) == (Stage.APPROVED, True)


@pytest.mark.parametrize(
    ("state", "detail", "words"),
    [
        (LetterState.HELD, "mailbox full", "did not go out as it should: mailbox full. Ask them yourself"),
        (LetterState.UNSURE, "", "did not go out as it should: unsure. Ask them yourself"),
        (LetterState.COMMITTING, "", "did not go out as it should: committing."),
    ],
)
def test_a_question_that_went_wrong_needs_a_person(state: LetterState, detail: str, words: str) -> None:
    found = ruling(ASKING, letters=(asked(state, detail=detail),))
    assert (found.statuses[0].stage, found.due) == (Stage.HELD, ())
    assert words in found.statuses[0].text


def test_whoever_must_be_checked_first_is_not_asked_by_letter_too() -> None:
    one = match(ask_first=True, check_first="write to the old address")
    assert ruling(one).statuses[0].stage is Stage.HELD
    agreed = {one.id: Decision(match=one.id, approved=True, agreed=True, checked=(Side.RECEIVING,))}
    assert [due.kind for due in ruling(one, decisions=agreed).due] == [LetterKind.INTRODUCTION]


def test_in_a_rehearsal_nobody_is_asked() -> None:
    found = ruling(ASKING, limits=replace(LIMITS, rehearsal_to="us@ours.example"))
    assert [one.kind for one in found.due] == [LetterKind.INTRODUCTION]


@pytest.mark.parametrize(
    ("rehearsing", "state", "due"),
    [
        (True, LetterState.SENT, 0),
        (True, LetterState.QUEUED, 1),
        (False, LetterState.SENT, 1),
    ],
)
def test_what_was_rehearsed_leaves_when_the_rehearsal_ends(rehearsing: bool, state: LetterState, due: int) -> None:
    limits = replace(LIMITS, rehearsal_to="us@ours.example" if rehearsing else "")
    rehearsed = letter(ONE, state, id=f"rehearsal:{introduction_id(ONE.id)}")
    assert len(ruling(ONE, limits=limits, letters=(rehearsed,)).due) == due


def test_a_held_letter_is_tried_again_only_after_unticking() -> None:
    found = ruling(ONE, letters=(letter(ONE, LetterState.HELD, detail="mailbox full"),))
    assert found.due == ()
    assert found.withdrawn == {}
