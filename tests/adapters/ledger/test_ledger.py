"""The ledger's contract: what may happen to a letter, and what may never."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pipeline.adapters.ledger.ledger import open_ledger
from pipeline.errors import ConfigurationError, LedgerDamaged, TryLater
from pipeline.model import Decision, Envelope, Judgement, Letter, LetterKind, LetterRecord, LetterState, Verdict
from pipeline.ports import Claim, Facts, RunRecord

ONE, TWO = "introduction:M-1", "introduction:M-2"


def test_what_was_recorded_is_there_after_reopening(desk: Any) -> None:
    facts = Facts(
        at=desk.now,
        matches=(desk.match(1),),
        superseded={"M-1": "M-9"},
        decisions=(Decision(match="M-1", approved=True, message="=1+1 héllo"),),
        judgements=(Judgement(left="a", right="b", verdict=Verdict.SAME, at=desk.now, by="officer"),),
        spellings={"anas school": "O-1"},
        organisation_events=(("O-1", "new"),),
        entries=(desk.entry("E-1", "ana@a.example"),),
        problems=frozenset({"p1"}),
        letters=(desk.letter(1),),
    )
    desk.ledger.record(facts)
    state = desk.reopen().load(desk.now)

    assert state.matches == {"M-1": desk.match(1)}
    assert state.superseded == {"M-1": "M-9"}
    assert state.decisions["M-1"].message == "=1+1 héllo"
    assert state.judgements == facts.judgements
    assert state.spellings == {"anas school": "O-1"}
    assert state.entries == facts.entries
    assert state.problems == {"p1"}
    assert state.letters[ONE].state is LetterState.QUEUED
    assert state.letters[ONE].content == desk.letter(1).content
    assert desk.ledger.letter(ONE) == desk.letter(1)
    assert [event for _, event in desk.ledger.history("O-1")] == ["new"]


def test_recording_the_same_facts_again_changes_nothing(desk: Any) -> None:
    facts = Facts(
        at=desk.now,
        matches=(desk.match(1),),
        decisions=(Decision(match="M-1", approved=True),),
        letters=(desk.letter(1),),
    )
    desk.ledger.record(facts)
    before, history = desk.ledger.load(desk.now), desk.ledger.history("M-1")
    desk.ledger.record(facts)
    assert desk.ledger.load(desk.now) == before
    assert desk.ledger.history("M-1") == history


def test_a_letter_goes_from_queued_to_sent_and_says_so(desk: Any) -> None:
    desk.queue(desk.letter(1))
    desk.send(ONE)
    record = desk.reopen().load(desk.now).letters[ONE]
    assert record.state is LetterState.SENT
    assert record.detail == "250 2.0.0 queued as X1"
    assert record.attempts == 1
    assert [event for _, event in desk.ledger.history("M-1")][-1].endswith("sent: 250 2.0.0 queued as X1")


def test_a_sent_letter_is_never_claimed_again_nor_queued_anew(desk: Any) -> None:
    desk.queue(desk.letter(1))
    desk.send(ONE)
    desk.queue(desk.letter(1))
    assert "is sent" in desk.ledger.claim(ONE, desk.now)
    desk.ledger.requeue(ONE, desk.now, "no", not_before=None)
    desk.ledger.mark_unsure(ONE, desk.now, "no")
    desk.ledger.mark_held(ONE, desk.now, "no")
    desk.ledger.record(Facts(at=desk.now, withdrawn={ONE: "no"}, settled={ONE: False}))
    assert desk.state(ONE) == "sent"


def test_frozen_bytes_win_over_a_new_composition(desk: Any) -> None:
    desk.queue(desk.letter(1))
    other = Letter(**{**{name: getattr(desk.letter(1), name) for name in Letter.__slots__}, "content": b"new\r\n"})
    desk.queue(other)
    assert desk.ledger.letter(ONE) == desk.letter(1)


def test_a_letter_taken_back_starts_afresh_when_it_is_approved_again(desk: Any) -> None:
    desk.queue(desk.letter(1))
    desk.ledger.record(Facts(at=desk.now, withdrawn={ONE: "Approve was unticked"}))
    assert "withdrawn" in desk.ledger.claim(ONE, desk.now)
    desk.queue(desk.letter(1))
    assert isinstance(desk.ledger.claim(ONE, desk.now), Claim)


@pytest.mark.parametrize("first_state", ["claimed", "committing", "sent", "unsure"])
def test_a_pair_meets_once_a_round(desk: Any, first_state: str) -> None:
    desk.queue(desk.letter(1, "O-1|O-2", "O-1|O-3"), desk.letter(2, "O-3|O-1", "O-1|O-2"))
    claim = desk.ledger.claim(ONE, desk.now)
    if first_state != "claimed":
        desk.ledger.mark_committing(claim, desk.now)
    if first_state == "sent":
        desk.ledger.mark_sent(ONE, desk.now, "250")
    if first_state == "unsure":
        desk.ledger.mark_unsure(ONE, desk.now, "no reply")

    assert desk.ledger.claim(TWO, desk.now) == "already introduced on 2026-11-20"
    assert desk.state(TWO) == "queued"
    assert desk.state(ONE) == first_state


@pytest.mark.parametrize("way", ["held", "requeued", "withdrawn"])
def test_a_letter_that_did_not_leave_frees_the_pair(desk: Any, way: str) -> None:
    desk.queue(desk.letter(1, "O-1|O-2"), desk.letter(2, "O-1|O-2"))
    desk.ledger.claim(ONE, desk.now)
    if way == "held":
        desk.ledger.mark_held(ONE, desk.now, "550 unknown user")
    else:
        desk.ledger.requeue(ONE, desk.now, "451 later", not_before=None)
    if way == "withdrawn":
        desk.ledger.record(Facts(at=desk.now, withdrawn={ONE: "declined"}))
    assert desk.ledger.load(desk.now).meetings == {}
    assert isinstance(desk.ledger.claim(TWO, desk.now), Claim)


def test_the_same_pair_may_meet_again_when_the_round_is_over(desk: Any) -> None:
    desk.queue(desk.letter(1, "O-1|O-2"), desk.letter(2, "O-1|O-2"))
    desk.send(ONE)
    almost = datetime(2027, 11, 20, 9, 29, tzinfo=UTC)
    assert desk.ledger.claim(TWO, almost) == "already introduced on 2026-11-20"
    assert isinstance(desk.ledger.claim(TWO, almost + timedelta(minutes=2)), Claim)


def test_a_person_can_open_a_pair_again(desk: Any) -> None:
    desk.queue(desk.letter(1, "O-1|O-2"), desk.letter(2, "O-1|O-2"))
    desk.send(ONE)
    desk.ledger.record(Facts(at=desk.now, reopened=("O-1|O-2",)))
    assert isinstance(desk.ledger.claim(TWO, desk.now), Claim)


def test_a_letter_waits_until_its_time(desk: Any) -> None:
    desk.queue(desk.letter(1))
    desk.ledger.claim(ONE, desk.now)
    later = desk.now + timedelta(minutes=30)
    desk.ledger.requeue(ONE, desk.now, "450 greylisted", not_before=later)
    assert "waits until 2026-11-20 10:00" in desk.ledger.claim(ONE, desk.now)
    assert desk.ledger.claim(ONE, later) == Claim(letter=ONE, attempt=2)


def test_a_claim_that_was_lost_cannot_reach_the_dot(desk: Any) -> None:
    desk.queue(desk.letter(1))
    old = desk.ledger.claim(ONE, desk.now)
    desk.ledger.recover(desk.now)  # somebody took this run for dead
    new = desk.ledger.claim(ONE, desk.now)
    with pytest.raises(TryLater):
        desk.ledger.mark_committing(old, desk.now)
    desk.ledger.mark_committing(new, desk.now)


def test_after_a_crash_claimed_goes_back_and_committing_becomes_unsure(desk: Any) -> None:
    desk.queue(desk.letter(1), desk.letter(2))
    desk.ledger.claim(ONE, desk.now)
    desk.ledger.mark_committing(desk.ledger.claim(TWO, desk.now), desk.now)

    assert desk.reopen().recover(desk.now) == (TWO,)
    state = desk.ledger.load(desk.now)
    assert state.letters[ONE].state is LetterState.QUEUED
    assert state.letters[TWO].state is LetterState.UNSURE
    assert state.meetings == {"O-2a|O-2b": desk.now}
    assert desk.ledger.recover(desk.now) == ()


def test_a_person_settles_what_is_unsure(desk: Any) -> None:
    desk.queue(desk.letter(1), desk.letter(2))
    for letter in (ONE, TWO):
        desk.ledger.mark_committing(desk.ledger.claim(letter, desk.now), desk.now)
        desk.ledger.mark_unsure(letter, desk.now, "no reply")
    desk.ledger.record(Facts(at=desk.now, settled={ONE: True, TWO: False}))
    assert (desk.state(ONE), desk.state(TWO)) == ("sent", "queued")
    assert set(desk.ledger.load(desk.now).meetings) == {"O-1a|O-1b"}


def test_evidence_found_late_takes_the_pair_again(desk: Any) -> None:
    desk.queue(desk.letter(1, "O-1|O-2"), desk.letter(2, "O-1|O-2"))
    desk.ledger.mark_committing(desk.ledger.claim(ONE, desk.now), desk.now)
    desk.ledger.mark_unsure(ONE, desk.now, "no reply")
    desk.ledger.record(Facts(at=desk.now, settled={ONE: False}))
    desk.ledger.mark_sent(ONE, desk.now, "found in Sent")
    assert desk.ledger.claim(TWO, desk.now) == "already introduced on 2026-11-20"


def test_searching_in_vain_is_timed_from_the_first_search_on(desk: Any) -> None:
    desk.queue(desk.letter(1))
    desk.ledger.mark_committing(desk.ledger.claim(ONE, desk.now), desk.now)
    desk.ledger.mark_unsure(ONE, desk.now, "no reply")
    assert desk.ledger.note_search(ONE, desk.now) == timedelta(0)
    assert desk.ledger.note_search(ONE, desk.now + timedelta(hours=1)) == timedelta(hours=1)
    desk.ledger.requeue(ONE, desk.now, "not there", not_before=None)
    assert desk.ledger.note_search(ONE, desk.now) == timedelta(0)


def test_letters_of_today_are_counted_whatever_became_of_them(desk: Any) -> None:
    desk.queue(*(desk.letter(number) for number in range(1, 6)))
    desk.send(ONE, desk.now - timedelta(days=1))
    desk.send(TWO)
    desk.ledger.mark_committing(desk.ledger.claim("introduction:M-3", desk.now), desk.now)
    desk.ledger.mark_unsure("introduction:M-3", desk.now, "no reply")
    desk.ledger.claim("introduction:M-4", desk.now)
    desk.ledger.mark_held("introduction:M-4", desk.now, "550")
    assert desk.ledger.load(desk.now).sent_today == 2


def test_a_bounce_is_noted_once(desk: Any) -> None:
    desk.queue(desk.letter(1))
    desk.send(ONE)
    for _ in range(2):
        desk.ledger.note_bounce(ONE, "bo@b.example", "5.1.1 unknown\r\nX: y", desk.now)
    assert desk.ledger.load(desk.now).letters[ONE].bounced == {"bo@b.example": "5.1.1 unknown X: y"}
    assert sum("bounced" in event for _, event in desk.ledger.history(ONE)) == 1


def test_a_changed_mind_leaves_its_trace(desk: Any) -> None:
    for verdict, day in ((Verdict.SAME, 1), (Verdict.DIFFERENT, 2)):
        judgement = Judgement(left="a", right="b", verdict=verdict, at=datetime(2026, 11, day, tzinfo=UTC))
        desk.ledger.record(Facts(at=desk.now, judgements=(judgement,)))
    assert [each.verdict for each in desk.ledger.load(desk.now).judgements] == [Verdict.DIFFERENT]
    for approved in (True, False):
        desk.ledger.record(Facts(at=desk.now, decisions=(Decision(match="M-1", approved=approved),)))
    assert [event for _, event in desk.ledger.history("M-1")] == ["approved", "no tick"]


def test_problems_are_replaced_as_a_whole_or_left(desk: Any) -> None:
    desk.ledger.record(Facts(at=desk.now, problems=frozenset({"a", "b"})))
    desk.ledger.record(Facts(at=desk.now))
    assert desk.ledger.load(desk.now).problems == {"a", "b"}
    desk.ledger.record(Facts(at=desk.now, problems=frozenset({"b"})))
    assert desk.ledger.load(desk.now).problems == {"b"}


def test_the_last_run_and_the_last_digest_are_known(desk: Any) -> None:
    number = desk.ledger.start_run(desk.now)
    assert desk.ledger.load(desk.now).last_run is None
    record = RunRecord(started=desk.now, finished=desk.now, exit_code=1, summary="one letter", responses=7)
    desk.ledger.finish_run(number, record)
    desk.ledger.start_run(desk.now)
    digest = Letter(
        id="digest:2026-11-20",
        kind=LetterKind.DIGEST,
        match=None,
        message_id="<d@ops.example>",
        envelope=Envelope(sender="s@ops.example", recipients=("office@ops.example",)),
        content=b"x\r\n",
        subject="Digest",
    )
    desk.queue(digest)
    assert desk.ledger.load(desk.now).last_digest is None
    desk.send(digest.id)
    state = desk.ledger.load(desk.now)
    assert state.last_run == record
    assert state.last_digest == date(2026, 11, 20)


def test_what_the_sheet_knows_is_taken_over_after_a_lost_disk(desk: Any) -> None:
    desk.queue(desk.letter(2, "O-1|O-2"))
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
        desk.ledger.adopt(record, ("O-1|O-2",))
    desk.queue(desk.letter(1, "O-1|O-2"))
    assert desk.state(ONE) == "sent"
    assert desk.ledger.claim(TWO, desk.now) == "already introduced on 2026-10-01"
    assert desk.ledger.letter(ONE) is None


def test_unsure_from_the_sheet_does_not_undo_what_the_ledger_knows(desk: Any) -> None:
    desk.queue(desk.letter(1))
    desk.send(ONE)
    known = desk.ledger.load(desk.now).letters[ONE]
    doubt = LetterRecord(
        **{**{name: getattr(known, name) for name in LetterRecord.__slots__}, "state": LetterState.UNSURE}
    )
    desk.ledger.adopt(doubt, ("O-1a|O-1b",))
    assert desk.state(ONE) == "sent"


# -- several processes ----------------------------------------------------------------------------------


def _claim_all(url: str, secret: bytes, start: Any, results: Any) -> None:
    ledger = open_ledger(url, secret)
    start.wait()
    won = [
        number
        for number in range(1, 31)
        if isinstance(ledger.claim(f"introduction:M-{number}", datetime(2026, 11, 20, tzinfo=UTC)), Claim)
    ]
    results.put(won)


def test_two_processes_never_get_the_same_letter_nor_the_same_pair(desk: Any) -> None:
    # Letters 1 and 2 are of one pair, 3 and 4 of one pair, ...
    desk.queue(*(desk.letter(number, f"pair {(number + 1) // 2}") for number in range(1, 31)))
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(2), context.Queue()
    processes = [context.Process(target=_claim_all, args=(desk.url, desk.secret, start, results)) for _ in range(2)]
    for process in processes:
        process.start()
    won = [results.get(timeout=600), results.get(timeout=600)]
    for process in processes:
        process.join(600)
    pairs = [(number + 1) // 2 for number in [*won[0], *won[1]]]
    assert sorted(pairs) == list(range(1, 16))


STEPS = ("claim", "mark_committing", "mark_sent")


def _die_after(url: str, secret: bytes, steps: int, *, inside: bool) -> None:
    ledger = open_ledger(url, secret)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    actions = (
        lambda: ledger.claim(ONE, now),
        lambda: ledger.mark_committing(Claim(letter=ONE, attempt=1), now),
        lambda: ledger.mark_sent(ONE, now, "250"),
    )
    for action in actions[:steps]:
        action()
    if inside:
        with ledger.writing() as connection:
            connection.execute(text("UPDATE letter SET state = 'sent', detail = 'half done'"))
            os.kill(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(("steps", "expected"), [(0, "queued"), (1, "queued"), (2, "unsure"), (3, "sent")])
def test_killed_between_steps_the_next_run_knows_where_it_stood(
    desk: Any, steps: int, expected: str, *, inside: bool
) -> None:
    desk.queue(desk.letter(1))
    desk.ledger.close()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_die_after, args=(desk.url, desk.secret, steps), kwargs={"inside": inside})
    process.start()
    process.join(600)
    assert process.exitcode == -signal.SIGKILL
    desk.reopen().recover(desk.now)
    assert desk.state(ONE) == expected


# -- damage ---------------------------------------------------------------------------------------------


def test_a_letter_whose_bytes_have_changed_is_damage(desk: Any) -> None:
    desk.queue(desk.letter(1))
    with desk.ledger.writing() as connection:
        connection.execute(text("UPDATE letter SET content = x'00'"))
    with pytest.raises(LedgerDamaged):
        desk.ledger.load(desk.now)
    with pytest.raises(LedgerDamaged):
        desk.ledger.letter(ONE)


@pytest.mark.parametrize(
    "change",
    ["UPDATE letter SET state = 'sant'", "UPDATE decision SET document = '{'", "UPDATE letter SET since = 'x'"],
)
def test_an_unreadable_row_is_damage_and_names_the_way_back(desk: Any, change: str) -> None:
    desk.ledger.record(Facts(at=desk.now, letters=(desk.letter(1),), decisions=(Decision(match="M-1"),)))
    with desk.ledger.writing() as connection:
        connection.execute(text(change))
    with pytest.raises(LedgerDamaged, match="backup") as caught:
        desk.ledger.load(desk.now)
    assert "ledger import" in caught.value.hint


def test_another_secret_is_refused(desk: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"ledger\.secret_file"):
        open_ledger(desk.url, b"t" * 32)


def test_a_database_url_is_never_repeated(desk: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_ledger("nonsense//user:canary@host", desk.secret)
    assert "canary" not in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        open_ledger("nonesuch://user:canary@host/db", desk.secret)
    assert "canary" not in str(caught.value)
