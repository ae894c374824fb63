"""Where every match stands, rule by rule: a table of situations and what the officer reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipeline.letters.identity import introduction_id, question_id
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
        (Stage.HELD, "was changed by hand", 0, {"row_trouble": {ONE.id: "the cell Why was changed by hand"}}),
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


def test_the_same_organisations_ticked_both_ways_are_introduced_once() -> None:
    found = ruling(match(1, "a", "b"), match(2, "b", "a"))
    assert [one.match.id for one in found.due] == ["M-0000000001"]
    assert found.statuses[1].stage is Stage.WITHDRAWN


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
    agreed = ruling(one, decisions={one.id: Decision(match=one.id, approved=True, agreed=True)})
    assert len(agreed.due) == 1


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
