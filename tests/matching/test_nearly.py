"""What almost fits: one rule that can be asked about, and a pair worth asking for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipeline.matching.eligibility import Masks
from pipeline.matching.features import read_pool
from pipeline.matching.nearly import near_misses
from pipeline.matching.ranking import rank
from pipeline.matching.scoring import shipped_model
from pipeline.model import Entry, NearMiss, Role

MakeEntry = Callable[..., Entry]
TODAY = date(2031, 1, 15)
ALIKE = {
    "topics": ("adult",),
    "target_groups": ("teachers",),
    "text": "Prisoners learn a trade and earn certificates before their release.",
}


def misses(entries: list[Entry], **more: Any) -> tuple[NearMiss, ...]:
    pool, model = read_pool(entries), shipped_model()
    ranking = rank(pool, Masks(entries, today=TODAY), model, keep=40)
    return near_misses(pool, model, ranking, **{"per_request": 1, "today": TODAY, **more})


@pytest.fixture
def two(entry: MakeEntry) -> Callable[..., list[Entry]]:
    """A guest and a host made for each other, but for what is said."""

    def made(guest: dict[str, Any], host: dict[str, Any]) -> list[Entry]:
        return [
            entry("GUEST", role=Role.SEND, country="NO", **ALIKE, **guest),
            entry("HOST", role=Role.HOST, country="FI", **ALIKE, **host),
        ]

    return made


MARCH = {"date_from": date(2031, 3, 1), "date_to": date(2031, 3, 31)}
MAY = {"date_from": date(2031, 5, 1), "date_to": date(2031, 5, 31)}


def test_one_rule_that_can_be_asked_about_is_told(two: Callable[..., list[Entry]]) -> None:
    (miss,) = misses(two(MARCH, MAY))
    assert (miss.sending, miss.receiving, miss.rule) == ("GUEST", "HOST", "dates")
    assert miss.sentence
    assert 0 < miss.score <= 1


def test_a_pair_that_fits_is_no_near_miss(two: Callable[..., list[Entry]]) -> None:
    assert misses(two(MARCH, MARCH)) == ()


def test_two_broken_rules_are_one_too_many(two: Callable[..., list[Entry]]) -> None:
    assert misses(two({**MARCH, "languages": ("no",)}, {**MAY, "languages": ("fi",)})) == ()


def test_nobody_asks_about_a_wish_to_be_kept_apart(two: Callable[..., list[Entry]]) -> None:
    assert misses(two({}, {}), barred=[frozenset({"O-GUEST", "O-HOST"})]) == ()
    assert misses(two(MARCH, MAY), avoided=[frozenset({"GUEST", "HOST"})]) == ()


def test_none_when_none_are_wanted_and_when_nobody_hosts_or_asks(two: Callable[..., list[Entry]]) -> None:
    pair = two(MARCH, MAY)
    assert misses(pair, per_request=0) == ()
    assert misses(pair[:1]) == ()
    assert misses(pair[1:]) == ()
