"""Any text in any answer: intake, plan and letters never raise, and a letter goes to the approved two or to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.cleaning import clean_address
from pipeline.letters.verify import read_back
from pipeline.model import Cell
from pipeline.planning.plan import Plan
from pipeline.ports import LedgerState
from tests.planning.conftest import FORM, Answers, Rows, guest, host, plan_of, rows_of, ticked

CONTROLLED = {"submitted_at", "kind", "consent"}
"""Answers that decide whether a row is read at all; they have tests of their own."""

SNIPPETS = (
    "\r\nBcc: x@thief.example", "=?utf-8?q?=0D=0ABcc=3Ax=40thief=2Eexample?=", "<script>", "{{ 7*7 }}", "=HYPERLINK(",
    "x@thief.example", '"', "'", "<", ">", ",", ";", ":", "(", "\\", "\x00",
    "\x1b[2J", "\u202e", "\u200b", "\u0301" * 9,
    "\ud800", "\U000e0041", "＠", "％", "\u3164", "🙂", "Ж", "م", "\u200c", "https://thief.example", "=?", "?=", "--=_",
    ".", "\r\n.\r\n", "TRUE", "O'Brien", "école", " " * 50, "a" * 300,
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=20), max_size=6).map("".join)
NUMBERS = st.floats() | st.integers() | st.booleans() | st.none()


GOOD = (host(), guest())
ADDRESSES = {"office@lysekil.example", "office@kortrijk.example"}


def planned(answers: Sequence[Answers], state: LedgerState | None = None, review: Rows = ()) -> Plan:
    return plan_of(*answers, state=state, tabs={"Review": review})


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    changed=st.dictionaries(
        st.sampled_from([question.key for question in FORM.questions if question.key not in CONTROLLED]),
        HOSTILE | NUMBERS,
        max_size=12,
    ),
    note=HOSTILE,
    side=st.integers(0, 1),
)
def test_never_an_exception_and_never_a_wrong_recipient(changed: dict[str, Any], note: str, side: int) -> None:
    answers = [{**answer, **changed} if number == side else answer for number, answer in enumerate(GOOD)]
    first = planned(answers)
    assert first.letters.due == ()
    rows = ticked(*rows_of(first), Approve=True, Agreed=True, Message=note)
    state = LedgerState(matches=first.matches.all, entries=first.entries.plan.known)
    second = planned(answers, state, rows)
    allowed = set()
    for answer in answers:
        address = clean_address(str(answer["email"])) if isinstance(answer["email"], str) else ""
        allowed |= {address.text.lower()} if not isinstance(address, str) else set()
    for letter in second.letters.due:
        assert {one.lower() for one in letter.envelope.recipients} <= allowed
        assert len(letter.envelope.recipients) == 2
        head = letter.content.partition(b"\r\n\r\n")[0]
        assert b"\nBcc" not in head
        assert head.count(b"\nTo: ") == 1
        read_back(letter.content)
    if not changed:
        assert len(second.letters.due) == 1


def test_the_two_good_answers_do_meet() -> None:
    first = planned(GOOD)
    state = LedgerState(matches=first.matches.all, entries=first.entries.plan.known)
    (letter,) = planned(GOOD, state, ticked(*rows_of(first), Approve=True)).letters.due
    assert set(letter.envelope.recipients) == ADDRESSES


@pytest.mark.parametrize("value", ["=TRUE()", "TRUE", 1, "☑", "yes"])
def test_what_is_no_tick_sends_nothing(value: Cell) -> None:
    first = planned(GOOD)
    rows = ticked(*rows_of(first), Approve=value)
    assert planned(GOOD, LedgerState(matches=first.matches.all), rows).letters.due == ()
