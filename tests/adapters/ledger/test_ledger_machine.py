"""Whatever happens in whatever order: a pair has one letter at most, and what was sent stays sent."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from pipeline.adapters.ledger.ledger import open_ledger
from pipeline.errors import TryLater
from pipeline.model import LetterState
from pipeline.ports import Claim, LedgerChanges

LETTERS = st.integers(1, 4)
PAIRS = {1: ("A|B",), 2: ("A|B", "A|C"), 3: ("A|C",), 4: ("B|C",)}
OCCUPYING = {LetterState.CLAIMED, LetterState.COMMITTING, LetterState.SENT, LetterState.UNSURE}


class Events(RuleBasedStateMachine):
    """Letters for overlapping pairs, a crash now and then, and claims that outlive their time."""

    desk: Any

    def __init__(self) -> None:
        super().__init__()
        self.ledger = open_ledger("sqlite://", self.desk.secret)
        self.now = self.desk.now
        self.claims: list[Claim] = []
        self.left: Counter[int] = Counter()
        self.sent: set[int] = set()

    @staticmethod
    def name(number: int) -> str:
        return f"introduction:M-{number}"

    def record(self, **changes: Any) -> None:
        self.ledger.record(LedgerChanges(at=self.now, **changes))

    @rule(number=LETTERS)
    def queue(self, number: int) -> None:
        self.record(letters=(self.desk.letter(number, *PAIRS[number]),))

    @rule(number=LETTERS)
    def claim(self, number: int) -> None:
        claim = self.ledger.claim(self.name(number), self.now)
        if isinstance(claim, Claim):
            self.claims.append(claim)

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 9), end=st.sampled_from(["sent", "unsure", "crash"]))
    def reach_the_dot(self, which: int, end: str) -> None:
        claim = self.claims[which % len(self.claims)]
        number = int(claim.letter[-1])
        try:
            self.ledger.mark_committing(claim, self.now)
        except TryLater:
            return
        self.left[number] += 1
        if end == "sent":
            self.ledger.mark_sent(claim.letter, self.now, "250")
            self.sent.add(number)
        elif end == "unsure":
            self.ledger.mark_unsure(claim.letter, self.now, "no reply")

    @precondition(lambda self: self.claims)
    @rule(held=st.booleans())
    def stop_before_the_dot(self, held: bool) -> None:
        claim = self.claims[-1]
        if self.state(int(claim.letter[-1])) != LetterState.CLAIMED:
            return
        if held:
            self.ledger.mark_held(claim.letter, self.now, "550")
        else:
            self.ledger.requeue(claim.letter, self.now, "451", not_before=self.now + timedelta(hours=1))

    @rule()
    def crash(self) -> None:
        self.ledger.recover(self.now)  # old claims stay in our hands, as in those of a process that sleeps

    @rule(number=LETTERS)
    def untick(self, number: int) -> None:
        self.record(withdrawn={self.name(number): "unticked"})

    @rule(number=LETTERS)
    def a_person_says_it_was_sent(self, number: int) -> None:
        if self.state(number) == LetterState.UNSURE:
            self.sent.add(number)
        self.record(settled={self.name(number): True})

    @rule(hours=st.sampled_from([1, 24]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def state(self, number: int) -> str | None:
        record = self.ledger.load(self.now).letters.get(self.name(number))
        return record.state if record else None

    @invariant()
    def one_letter_for_a_pair(self) -> None:
        state = self.ledger.load(self.now)
        occupied: Counter[str] = Counter()
        for number, pairs in PAIRS.items():
            record = state.letters.get(self.name(number))
            if record is not None and record.state in OCCUPYING:
                occupied.update(pairs)
        assert not [pair for pair, count in occupied.items() if count > 1]
        assert set(occupied) == set(state.meetings)

    @invariant()
    def nothing_leaves_twice_and_sent_stays_sent(self) -> None:
        assert not [number for number, count in self.left.items() if count > 1]
        assert all(self.state(number) == LetterState.SENT for number in self.sent)

    def teardown(self) -> None:
        self.ledger.close()


def test_no_order_of_events_sends_twice(desk: Any) -> None:
    machine = type("EventsAtTheDesk", (Events,), {"desk": desk})
    run_state_machine_as_test(machine, settings=settings(max_examples=40, stateful_step_count=30))
