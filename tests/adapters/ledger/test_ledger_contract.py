"""The contract of every ledger: what may happen to a letter, and what may never.

Held by SQLite in a file and in memory, by PostgreSQL where a server can be started, and by the ledger in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipeline.adapters.ledger.words import judgement_in_words
from pipeline.errors import TryLater
from pipeline.model import Decision, Envelope, Judgement, Letter, LetterKind, LetterRecord, LetterState, Verdict
from pipeline.ports import Claim, LedgerChanges, RunRecord

ONE, TWO = "introduction:M-1", "introduction:M-2"


def test_what_was_recorded_is_there_after_reopening(any_desk: Any) -> None:
    changes = LedgerChanges(
        at=any_desk.now,
        matches=(any_desk.match(1),),
        superseded={"M-1": "M-9"},
        decisions=(Decision(match="M-1", approved=True, message="=1+1 héllo"),),
        judgements=(Judgement(left="a", right="b", verdict=Verdict.SAME, at=any_desk.now, by="officer"),),
        spellings={"anas school": "O-1"},
        organisation_events=(("O-1", "new"),),
        entries=(any_desk.entry("E-1", "ana@a.example"),),
        problems=frozenset({"p1"}),
        letters=(any_desk.letter(1),),
    )
    any_desk.ledger.record(changes)
    state = any_desk.reopen().load(any_desk.now)

    assert state.matches == {"M-1": any_desk.match(1)}
    assert state.superseded == {"M-1": "M-9"}
    assert state.decisions["M-1"].message == "=1+1 héllo"
    assert state.judgements == changes.judgements
    assert state.spellings == {"anas school": "O-1"}
    assert state.entries == changes.entries
    assert state.problems == {"p1"}
    assert state.letters[ONE].state is LetterState.QUEUED
    assert state.letters[ONE].content == any_desk.letter(1).content
    assert any_desk.ledger.letter(ONE) == any_desk.letter(1)
    assert [event for _, event in any_desk.ledger.history("O-1")] == ["new"]


def test_recording_the_same_facts_again_changes_nothing(any_desk: Any) -> None:
    changes = LedgerChanges(
        at=any_desk.now,
        matches=(any_desk.match(1),),
        decisions=(Decision(match="M-1", approved=True),),
        letters=(any_desk.letter(1),),
    )
    any_desk.ledger.record(changes)
    before, history = any_desk.ledger.load(any_desk.now), any_desk.ledger.history("M-1")
    any_desk.ledger.record(changes)
    assert any_desk.ledger.load(any_desk.now) == before
    assert any_desk.ledger.history("M-1") == history


def test_a_letter_goes_from_queued_to_sent_and_says_so(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1))
    any_desk.send(ONE)
    record = any_desk.reopen().load(any_desk.now).letters[ONE]
    assert record.state is LetterState.SENT
    assert record.detail == "250 2.0.0 queued as X1"
    assert record.attempts == 1
    assert [event for _, event in any_desk.ledger.history("M-1")][-1].endswith("sent: 250 2.0.0 queued as X1")


def test_a_sent_letter_is_never_claimed_again_nor_queued_anew(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1))
    any_desk.send(ONE)
    any_desk.queue(any_desk.letter(1))
    assert "is sent" in any_desk.ledger.claim(ONE, any_desk.now)
    any_desk.ledger.requeue(ONE, any_desk.now, "no", not_before=None)
    any_desk.ledger.mark_unsure(ONE, any_desk.now, "no")
    any_desk.ledger.mark_held(ONE, any_desk.now, "no")
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, withdrawn={ONE: "no"}, settled={ONE: False}))
    assert any_desk.state(ONE) == "sent"


def test_frozen_bytes_win_over_a_new_composition(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1))
    other = Letter(**{**{name: getattr(any_desk.letter(1), name) for name in Letter.__slots__}, "content": b"new\r\n"})
    any_desk.queue(other)
    assert any_desk.ledger.letter(ONE) == any_desk.letter(1)


def test_a_letter_taken_back_starts_afresh_when_it_is_approved_again(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1))
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, withdrawn={ONE: "Approve was unticked"}))
    assert "withdrawn" in any_desk.ledger.claim(ONE, any_desk.now)
    any_desk.queue(any_desk.letter(1))
    assert isinstance(any_desk.ledger.claim(ONE, any_desk.now), Claim)


@pytest.mark.parametrize("first_state", ["claimed", "committing", "sent", "unsure"])
def test_a_pair_meets_once_a_round(any_desk: Any, first_state: str) -> None:
    any_desk.queue(any_desk.letter(1, "O-1|O-2", "O-1|O-3"), any_desk.letter(2, "O-3|O-1", "O-1|O-2"))
    claim = any_desk.ledger.claim(ONE, any_desk.now)
    if first_state != "claimed":
        any_desk.ledger.mark_committing(claim, any_desk.now)
    if first_state == "sent":
        any_desk.ledger.mark_sent(ONE, any_desk.now, "250")
    if first_state == "unsure":
        any_desk.ledger.mark_unsure(ONE, any_desk.now, "no reply")

    assert any_desk.ledger.claim(TWO, any_desk.now) == "already introduced on 2026-11-20"
    assert any_desk.state(TWO) == "queued"
    assert any_desk.state(ONE) == first_state


@pytest.mark.parametrize("way", ["held", "requeued", "withdrawn"])
def test_a_letter_that_did_not_leave_frees_the_pair(any_desk: Any, way: str) -> None:
    any_desk.queue(any_desk.letter(1, "O-1|O-2"), any_desk.letter(2, "O-1|O-2"))
    any_desk.ledger.claim(ONE, any_desk.now)
    if way == "held":
        any_desk.ledger.mark_held(ONE, any_desk.now, "550 unknown user")
    else:
        any_desk.ledger.requeue(ONE, any_desk.now, "451 later", not_before=None)
    if way == "withdrawn":
        any_desk.ledger.record(LedgerChanges(at=any_desk.now, withdrawn={ONE: "declined"}))
    assert any_desk.ledger.load(any_desk.now).meetings == {}
    assert isinstance(any_desk.ledger.claim(TWO, any_desk.now), Claim)


def test_the_same_pair_may_meet_again_when_the_round_is_over(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1, "O-1|O-2"), any_desk.letter(2, "O-1|O-2"))
    any_desk.send(ONE)
    almost = datetime(2027, 11, 20, 9, 29, tzinfo=UTC)
    assert any_desk.ledger.claim(TWO, almost) == "already introduced on 2026-11-20"
    assert isinstance(any_desk.ledger.claim(TWO, almost + timedelta(minutes=2)), Claim)


def test_a_person_can_open_a_pair_again(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1, "O-1|O-2"), any_desk.letter(2, "O-1|O-2"))
    any_desk.send(ONE)
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, reopened=("O-1|O-2",)))
    assert isinstance(any_desk.ledger.claim(TWO, any_desk.now), Claim)


def test_a_letter_waits_until_its_time(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1))
    any_desk.ledger.claim(ONE, any_desk.now)
    later = any_desk.now + timedelta(minutes=30)
    any_desk.ledger.requeue(ONE, any_desk.now, "450 greylisted", not_before=later)
    assert "waits until 2026-11-20 10:00" in any_desk.ledger.claim(ONE, any_desk.now)
    assert any_desk.ledger.claim(ONE, later) == Claim(letter=ONE, attempt=2)


def test_a_claim_that_was_lost_cannot_reach_the_dot(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1))
    old = any_desk.ledger.claim(ONE, any_desk.now)
    any_desk.ledger.recover(any_desk.now)  # somebody took this run for dead
    new = any_desk.ledger.claim(ONE, any_desk.now)
    with pytest.raises(TryLater):
        any_desk.ledger.mark_committing(old, any_desk.now)
    any_desk.ledger.mark_committing(new, any_desk.now)


def test_after_a_crash_claimed_goes_back_and_committing_becomes_unsure(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1), any_desk.letter(2))
    any_desk.ledger.claim(ONE, any_desk.now)
    any_desk.ledger.mark_committing(any_desk.ledger.claim(TWO, any_desk.now), any_desk.now)

    assert any_desk.reopen().recover(any_desk.now) == (TWO,)
    state = any_desk.ledger.load(any_desk.now)
    assert state.letters[ONE].state is LetterState.QUEUED
    assert state.letters[TWO].state is LetterState.UNSURE
    assert state.meetings == {"O-2a|O-2b": any_desk.now}
    assert any_desk.ledger.recover(any_desk.now) == ()


def test_a_person_settles_what_is_unsure(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1), any_desk.letter(2))
    for letter in (ONE, TWO):
        any_desk.ledger.mark_committing(any_desk.ledger.claim(letter, any_desk.now), any_desk.now)
        any_desk.ledger.mark_unsure(letter, any_desk.now, "no reply")
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, settled={ONE: True, TWO: False}))
    assert (any_desk.state(ONE), any_desk.state(TWO)) == ("sent", "queued")
    assert set(any_desk.ledger.load(any_desk.now).meetings) == {"O-1a|O-1b"}


def test_evidence_found_late_takes_the_pair_again(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1, "O-1|O-2"), any_desk.letter(2, "O-1|O-2"))
    any_desk.ledger.mark_committing(any_desk.ledger.claim(ONE, any_desk.now), any_desk.now)
    any_desk.ledger.mark_unsure(ONE, any_desk.now, "no reply")
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, settled={ONE: False}))
    any_desk.ledger.mark_sent(ONE, any_desk.now, "found in Sent")
    assert any_desk.ledger.claim(TWO, any_desk.now) == "already introduced on 2026-11-20"


def test_searching_in_vain_is_timed_from_the_first_search_on(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1))
    any_desk.ledger.mark_committing(any_desk.ledger.claim(ONE, any_desk.now), any_desk.now)
    any_desk.ledger.mark_unsure(ONE, any_desk.now, "no reply")
    assert any_desk.ledger.note_search(ONE, any_desk.now) == timedelta(0)
    assert any_desk.ledger.note_search(ONE, any_desk.now + timedelta(hours=1)) == timedelta(hours=1)
    any_desk.ledger.requeue(ONE, any_desk.now, "not there", not_before=None)
    assert any_desk.ledger.note_search(ONE, any_desk.now + timedelta(hours=2)) == timedelta(0)


def test_letters_of_today_are_counted_whatever_became_of_them(any_desk: Any) -> None:
    any_desk.queue(*(any_desk.letter(number) for number in range(1, 6)))
    any_desk.send(ONE, any_desk.now - timedelta(days=1))
    any_desk.send(TWO)
    any_desk.ledger.mark_committing(any_desk.ledger.claim("introduction:M-3", any_desk.now), any_desk.now)
    any_desk.ledger.mark_unsure("introduction:M-3", any_desk.now, "no reply")
    any_desk.ledger.claim("introduction:M-4", any_desk.now)
    any_desk.ledger.mark_held("introduction:M-4", any_desk.now, "550")
    assert any_desk.ledger.load(any_desk.now).sent_today == 2


def test_a_bounce_is_noted_once(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1))
    any_desk.send(ONE)
    for _ in range(2):
        any_desk.ledger.note_bounce(ONE, "bo@b.example", "5.1.1 unknown\r\nX: y", any_desk.now)
    assert any_desk.ledger.load(any_desk.now).letters[ONE].bounced == {"bo@b.example": "5.1.1 unknown X: y"}
    assert sum("bounced" in event for _, event in any_desk.ledger.history(ONE)) == 1


def test_a_changed_mind_leaves_its_trace(any_desk: Any) -> None:
    for verdict, day in ((Verdict.SAME, 1), (Verdict.DIFFERENT, 2)):
        judgement = Judgement(left="a", right="b", verdict=verdict, at=datetime(2026, 11, day, tzinfo=UTC))
        any_desk.ledger.record(LedgerChanges(at=any_desk.now, judgements=(judgement,)))
    assert [each.verdict for each in any_desk.ledger.load(any_desk.now).judgements] == [Verdict.DIFFERENT]
    for approved in (True, False):
        any_desk.ledger.record(LedgerChanges(at=any_desk.now, decisions=(Decision(match="M-1", approved=approved),)))
    assert [event for _, event in any_desk.ledger.history("M-1")] == ["approved", "no tick"]


def test_problems_are_replaced_as_a_whole_or_left(any_desk: Any) -> None:
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, problems=frozenset({"a", "b"})))
    any_desk.ledger.record(LedgerChanges(at=any_desk.now))
    assert any_desk.ledger.load(any_desk.now).problems == {"a", "b"}
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, problems=frozenset({"b"})))
    assert any_desk.ledger.load(any_desk.now).problems == {"b"}


def test_the_last_run_and_the_last_digest_are_known(any_desk: Any) -> None:
    number = any_desk.ledger.start_run(any_desk.now)
    assert any_desk.ledger.load(any_desk.now).last_run is None
    record = RunRecord(started=any_desk.now, finished=any_desk.now, exit_code=1, summary="one letter", responses=7)
    any_desk.ledger.finish_run(number, record)
    any_desk.ledger.start_run(any_desk.now)
    digest = Letter(
        id="digest:2026-11-20",
        kind=LetterKind.DIGEST,
        match=None,
        message_id="<d@ops.example>",
        envelope=Envelope(sender="s@ops.example", recipients=("office@ops.example",)),
        content=b"x\r\n",
        subject="Digest",
    )
    any_desk.queue(digest)
    assert any_desk.ledger.load(any_desk.now).last_digest is None
    any_desk.send(digest.id)
    state = any_desk.ledger.load(any_desk.now)
    assert state.last_run == record
    assert state.last_digest == date(2026, 11, 20)


def test_what_the_sheet_knows_is_taken_over_after_a_lost_disk(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(2, "O-1|O-2"))
    record = LetterRecord(
        id=ONE,
        kind=LetterKind.INTRODUCTION,
        match="M-1",
        state=LetterState.SENT,
        message_id="<m@ops.example>",
        envelope=Envelope(sender="s@ops.example", recipients=("ana@a.example",)),
        content=None,
        since=datetime(2026, 10, 1, tzinfo=UTC),
    )
    for _ in range(2):
        any_desk.ledger.adopt(record, ("O-1|O-2",))
    any_desk.queue(any_desk.letter(1, "O-1|O-2"))
    assert any_desk.state(ONE) == "sent"
    assert any_desk.ledger.claim(TWO, any_desk.now) == "already introduced on 2026-10-01"
    assert any_desk.ledger.letter(ONE) is None


def test_unsure_from_the_sheet_does_not_undo_what_the_ledger_knows(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1))
    any_desk.send(ONE)
    known = any_desk.ledger.load(any_desk.now).letters[ONE]
    doubt = LetterRecord(
        **{**{name: getattr(known, name) for name in LetterRecord.__slots__}, "state": LetterState.UNSURE}
    )
    any_desk.ledger.adopt(doubt, ("O-1a|O-1b",))
    assert any_desk.state(ONE) == "sent"


# -- what a verb may not do ----------------------------------------------------------------------------


VERBS: dict[str, Callable[[Any, str, datetime], object]] = {
    "sent": lambda ledger, letter, now: ledger.mark_sent(letter, now, "x"),
    "unsure": lambda ledger, letter, now: ledger.mark_unsure(letter, now, "x"),
    "held": lambda ledger, letter, now: ledger.mark_held(letter, now, "x"),
    "requeued": lambda ledger, letter, now: ledger.requeue(letter, now, "x", not_before=None),
    "withdrawn": lambda ledger, letter, now: ledger.record(LedgerChanges(at=now, withdrawn={letter: "x"})),
    "settled as sent": lambda ledger, letter, now: ledger.record(LedgerChanges(at=now, settled={letter: True})),
    "settled as not sent": lambda ledger, letter, now: ledger.record(LedgerChanges(at=now, settled={letter: False})),
    "recovered": lambda ledger, _, now: ledger.recover(now),
}
BECOMES = {
    "queued": "sent queued held queued withdrawn queued queued queued",
    "claimed": "sent unsure held queued claimed claimed claimed queued",
    "committing": "sent unsure held queued committing committing committing unsure",
    "sent": "sent sent sent sent sent sent sent sent",
    "unsure": "sent unsure held queued unsure sent queued unsure",
    "held": "sent held held held withdrawn held held held",
    "withdrawn": "sent withdrawn withdrawn withdrawn withdrawn withdrawn withdrawn withdrawn",
}
"""State -> what it becomes by each of the verbs, in their order."""


def brought_to(any_desk: Any, number: int, state: str) -> str:
    """A letter, brought into that state; its id."""
    letter = any_desk.letter(number)
    any_desk.queue(letter)
    if state == "withdrawn":
        any_desk.ledger.record(LedgerChanges(at=any_desk.now, withdrawn={letter.id: "unticked"}))
    elif state == "held":
        any_desk.ledger.mark_held(letter.id, any_desk.now, "550")
    elif state != "queued":
        claim = any_desk.ledger.claim(letter.id, any_desk.now)
        if state != "claimed":
            any_desk.ledger.mark_committing(claim, any_desk.now)
        if state == "sent":
            any_desk.ledger.mark_sent(letter.id, any_desk.now, "250")
        if state == "unsure":
            any_desk.ledger.mark_unsure(letter.id, any_desk.now, "no reply")
    assert any_desk.state(letter.id) == state
    return str(letter.id)


@pytest.mark.parametrize("state", BECOMES)
def test_each_verb_moves_a_letter_only_from_where_it_may(any_desk: Any, state: str) -> None:
    for number, (verb, becomes) in enumerate(zip(VERBS, BECOMES[state].split(), strict=True), start=1):
        letter = brought_to(any_desk, number, state)
        VERBS[verb](any_desk.ledger, letter, any_desk.now)
        assert any_desk.state(letter) == becomes, verb
        occupied = any_desk.letter(number).meeting_keys[0] in any_desk.ledger.load(any_desk.now).meetings
        assert occupied is (becomes in {"claimed", "committing", "sent", "unsure"}), verb


def test_a_letter_nobody_queued_is_not_sent_by_any_verb(any_desk: Any) -> None:
    assert any_desk.ledger.claim(ONE, any_desk.now) == f"{ONE} is not in the ledger"
    for verb in VERBS.values():
        verb(any_desk.ledger, ONE, any_desk.now)
    assert any_desk.ledger.note_search(ONE, any_desk.now) == timedelta(0)
    assert any_desk.ledger.load(any_desk.now).letters == {}
    assert any_desk.ledger.load(any_desk.now).meetings == {}
    with pytest.raises(TryLater):
        any_desk.ledger.mark_committing(Claim(letter=ONE, attempt=1), any_desk.now)


def test_a_refused_claim_leaves_the_pairs_that_were_free(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1, "A|B"), any_desk.letter(2, "A|C", "A|B"), any_desk.letter(3, "A|C"))
    any_desk.ledger.claim(ONE, any_desk.now)
    assert any_desk.ledger.claim(TWO, any_desk.now) == "already introduced on 2026-11-20"
    state = any_desk.ledger.load(any_desk.now)
    assert state.meetings == {"A|B": any_desk.now}
    assert state.letters[TWO].attempts == 0
    assert isinstance(any_desk.ledger.claim("introduction:M-3", any_desk.now), Claim)


def test_a_letter_whose_text_is_gone_cannot_be_claimed(any_desk: Any) -> None:
    any_desk.ledger.adopt(unsure_from_the_sheet(any_desk), ("A|B",))
    assert any_desk.state(ONE) == "unsure"
    assert set(any_desk.ledger.load(any_desk.now).meetings) == {"A|B"}
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, settled={ONE: False}))
    assert any_desk.ledger.claim(ONE, any_desk.now) == f"the text of {ONE} is gone"


def unsure_from_the_sheet(any_desk: Any) -> LetterRecord:
    return LetterRecord(
        id=ONE,
        kind=LetterKind.INTRODUCTION,
        match="M-1",
        state=LetterState.UNSURE,
        message_id="<m@ops.example>",
        envelope=Envelope(sender="s@ops.example", recipients=("ana@a.example",)),
        content=None,
        since=any_desk.now,
    )


def test_taking_over_from_the_sheet_leaves_a_pair_with_the_letter_that_has_it(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(2, "A|B"))
    any_desk.send(TWO, any_desk.now - timedelta(days=3))
    any_desk.ledger.adopt(unsure_from_the_sheet(any_desk), ("A|B", "A|C"))
    meetings = any_desk.ledger.load(any_desk.now).meetings
    assert meetings == {"A|B": any_desk.now - timedelta(days=3), "A|C": any_desk.now}
    any_desk.ledger.mark_held(ONE, any_desk.now, "no")
    assert set(any_desk.ledger.load(any_desk.now).meetings) == {"A|B"}


def test_a_letter_found_in_the_mailbox_counts_as_sent_on_that_day(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1), any_desk.letter(2))
    any_desk.ledger.mark_sent(ONE, any_desk.now, "found")
    assert any_desk.ledger.load(any_desk.now).sent_today == 1
    yesterday = any_desk.now - timedelta(days=1)
    any_desk.ledger.mark_committing(any_desk.ledger.claim(TWO, yesterday), yesterday)
    any_desk.ledger.mark_sent(TWO, any_desk.now, "found")
    assert any_desk.ledger.load(any_desk.now).sent_today == 1, "it left yesterday, and was found today"


def test_what_belongs_to_somebody_erased_is_left_out(any_desk: Any) -> None:
    any_desk.erase("Ana@A.example")
    any_desk.ledger.record(
        LedgerChanges(
            at=any_desk.now,
            matches=(any_desk.match(1), any_desk.match(2, first="cy@c.example")),
            entries=(any_desk.entry("E-1", "ana@a.example"), any_desk.entry("E-2", "bo@b.example")),
            letters=(any_desk.letter(1), any_desk.letter(2, to=("cy@c.example", "bo@b.example"))),
        )
    )
    state = any_desk.ledger.load(any_desk.now)
    assert set(state.matches) == {"M-2"}
    assert [entry.id for entry in state.entries] == ["E-2"]
    assert set(state.letters) == {TWO}
    assert len(state.erased) == 1


def test_an_out_of_date_proposal_is_told_once_and_an_unknown_one_never(any_desk: Any) -> None:
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, matches=(any_desk.match(1),)))
    for _ in range(2):
        any_desk.ledger.record(LedgerChanges(at=any_desk.now, superseded={"M-1": "M-2", "M-9": "M-2"}))
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, superseded={"M-1": ""}))
    assert any_desk.ledger.load(any_desk.now).superseded == {"M-1": ""}
    events = [event for _, event in any_desk.ledger.history("M-1")]
    assert events == ["proposed", "out of date: M-2 asks again", "out of date"]
    assert any_desk.ledger.history("M-9") == []


def test_a_line_by_hand_for_an_open_proposal_is_told_once(any_desk: Any) -> None:
    by_hand = replace(any_desk.match(1), by_hand=True, why="Proposed by hand.")
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, matches=(any_desk.match(1),)))
    for _ in range(2):
        any_desk.ledger.record(LedgerChanges(at=any_desk.now, matches=(by_hand,)))
    kept = any_desk.ledger.load(any_desk.now).matches["M-1"]
    assert kept == replace(any_desk.match(1), by_hand=True), "it keeps its reasons"
    assert [event for _, event in any_desk.ledger.history("M-1")] == ["proposed", "asked for by hand"]


def test_an_older_judgement_does_not_replace_a_newer_one(any_desk: Any) -> None:
    newer = Judgement(left="a", right="b", verdict=Verdict.DIFFERENT, at=any_desk.now)
    older = Judgement(left="a", right="b", verdict=Verdict.SAME, at=any_desk.now - timedelta(days=1))
    other = Judgement(left="A", right="b", verdict=Verdict.SAME, at=any_desk.now)
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, judgements=(newer, other)))
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, judgements=(older,)))
    assert any_desk.ledger.load(any_desk.now).judgements == (other, newer)


def test_the_same_judgement_is_told_once(any_desk: Any) -> None:
    judgement = Judgement(left="a", right="b", verdict=Verdict.SAME, at=any_desk.now)
    for _ in range(2):
        any_desk.ledger.record(LedgerChanges(at=any_desk.now, judgements=(judgement,)))
    about, event = judgement_in_words(judgement)
    assert any_desk.ledger.history(about) == [(any_desk.now, event)]


def test_taking_over_what_is_known_does_not_close_a_pair_that_a_person_opened(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1, "A|B"))
    any_desk.send(ONE)
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, reopened=("A|B",)))
    any_desk.ledger.adopt(replace(unsure_from_the_sheet(any_desk), state=LetterState.SENT), ("A|B",))
    assert any_desk.ledger.load(any_desk.now).meetings == {}


def test_a_new_personal_line_is_kept_without_a_word_in_the_history(any_desk: Any) -> None:
    for message in ("Hello", "Hello again"):
        decision = Decision(match="M-1", approved=True, message=message)
        any_desk.ledger.record(LedgerChanges(at=any_desk.now, decisions=(decision,)))
    assert any_desk.ledger.load(any_desk.now).decisions["M-1"].message == "Hello again"
    assert [event for _, event in any_desk.ledger.history("M-1")] == ["approved"]


def test_the_forms_questions_and_spellings_are_remembered(any_desk: Any) -> None:
    any_desk.ledger.record(
        LedgerChanges(at=any_desk.now, form_columns=frozenset({"email", "city"}), spellings={"x": "O-1", "y": "O-2"})
    )
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, spellings={"x": "O-3"}))
    state = any_desk.reopen().load(any_desk.now)
    assert state.form_columns == {"email", "city"}
    assert state.spellings == {"x": "O-3", "y": "O-2"}
    assert state.instance


def test_an_entry_is_replaced_by_its_newer_self(any_desk: Any) -> None:
    first, later = any_desk.entry("E-1", "ana@a.example"), any_desk.entry("E-1", "ana@a.example", date(2026, 11, 9))
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, entries=(any_desk.entry("E-2", "bo@b.example"), first)))
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, entries=(later,)))
    assert any_desk.ledger.load(any_desk.now).entries == (later, any_desk.entry("E-2", "bo@b.example"))


def test_the_history_of_a_match_tells_of_its_letters_in_order(any_desk: Any) -> None:
    any_desk.ledger.record(LedgerChanges(at=any_desk.now, matches=(any_desk.match(1),), letters=(any_desk.letter(1),)))
    any_desk.send(ONE, any_desk.now + timedelta(minutes=1))
    assert [event for _, event in any_desk.ledger.history("M-1")] == [
        "proposed",
        f"{ONE}: queued",
        f"{ONE}: claimed",
        f"{ONE}: sent: 250 2.0.0 queued as X1",
    ]
    assert any_desk.ledger.history(ONE)[0] == (any_desk.now, "queued")
    assert any_desk.ledger.history("M-2") == []


def test_a_digest_that_did_not_leave_is_no_last_digest(any_desk: Any) -> None:
    digest = replace(any_desk.letter(1), id="digest:2026-11-20", kind=LetterKind.DIGEST, match=None, meeting_keys=())
    any_desk.queue(digest)
    any_desk.ledger.mark_held(digest.id, any_desk.now, "550")
    assert any_desk.ledger.load(any_desk.now).last_digest is None


def test_only_letters_that_are_still_to_leave_come_with_their_bytes(any_desk: Any) -> None:
    any_desk.queue(any_desk.letter(1), any_desk.letter(2))
    any_desk.send(ONE)
    letters = any_desk.ledger.load(any_desk.now).letters
    assert letters[ONE].content is None
    assert letters[TWO].content == any_desk.letter(2).content
    assert any_desk.ledger.letter(ONE) == any_desk.letter(1)
