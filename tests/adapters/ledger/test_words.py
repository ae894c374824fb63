"""What a ledger says in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.adapters.ledger.words import (
    decision_in_words,
    judgement_in_words,
    met_in_words,
    one_line,
    superseded_in_words,
)
from pipeline.model import Decision, Judgement, Verdict

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ticks", "words"),
    [
        ({}, "no tick"),
        ({"message": "Dear both"}, "no tick"),
        ({"approved": True}, "approved"),
        ({"declined": True}, "declined"),
        ({"approved": True, "agreed": True}, "approved, the side asked first agreed"),
        ({"approved": True, "agreed": False}, "approved, the side asked first refused"),
        ({"approved": True, "was_sent": True}, "approved, said to have been sent"),
        ({"approved": True, "was_sent": False}, "approved, said not to have been sent"),
        ({"reopened": True}, "opened again"),
    ],
)
def test_a_decision_is_told_by_every_tick_and_by_no_empty_box(ticks: dict[str, Any], words: str) -> None:
    assert decision_in_words(Decision(match="M-1", **ticks)) == words


def test_a_judgement_is_told_without_the_spellings_that_may_name_somebody() -> None:
    judgement = Judgement(left="ana s school", right="anas school", verdict=Verdict.SAME, at=NOW, by="officer")
    about, event = judgement_in_words(judgement)
    assert about == "judgement:92e5aef3e79e9445"
    assert event == "same (officer)"
    assert judgement_in_words(Judgement(left="a", right="b", verdict=Verdict.UNSURE, at=NOW))[1] == (
        "unsure (by a person)"
    )


def test_what_asks_again_is_named_where_there_is_anything() -> None:
    assert superseded_in_words("M-2") == "out of date: M-2 asks again"
    assert superseded_in_words("") == "out of date"
    assert met_in_words(NOW) == "already introduced on 2026-11-20"
    assert met_in_words(None) == "already being introduced"


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        ("250 2.0.0\r\nqueued\x1b[2J", 400, "250 2.0.0 queued [2J"),
        ("  many   spaces ", 400, "many spaces"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("", 6, ""),
    ],
)
def test_any_text_becomes_one_bounded_line(text: str, limit: int, line: str) -> None:
    assert one_line(text, limit) == line
