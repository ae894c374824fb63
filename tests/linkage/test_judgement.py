"""What a person said of two spellings is remembered, survives re-spelling, can be changed, is not asked again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipeline.linkage import PairState, Record, link, pair_key, spelling_key
from pipeline.model import Judgement, Verdict

Make = Callable[..., Record]


def said(one: Record, other: Record, verdict: Verdict, day: int = 1) -> Judgement:
    left, right = pair_key(spelling_key(one), spelling_key(other))
    return Judgement(left=left, right=right, verdict=verdict, at=datetime(2026, 11, day, tzinfo=UTC))


@pytest.mark.parametrize(
    "other",
    [
        "BORÅS STAD",
        "Boras  stad",
        "Stad, Borås",
        "borås stad (Sweden)",
        "Borås Stad AB",
        " Borås\u00a0Stad ",
        "Boraas stad",
    ],
)
def test_a_key_survives_respelling(record: Make, other: str) -> None:
    assert spelling_key(record(other, "Sverige", "Boras")) == spelling_key(record("Borås Stad", "Sweden", "Borås"))


@pytest.mark.parametrize(
    ("name", "country", "city"),
    [
        ("Borås Stad", "Norway", "Borås"),
        ("Borås Stad", "Sweden", "Göteborg"),
        ("Working Life Department, Borås Stad", "Sweden", "Borås"),
    ],
)
def test_a_key_tells_places_and_units_apart(record: Make, name: str, country: str, city: str) -> None:
    assert spelling_key(record(name, country, city)) != spelling_key(record("Borås Stad", "Sweden", "Borås"))


def test_a_city_has_one_key_by_whichever_name(record: Make) -> None:
    one, other = record("Kulturskolan", "Sweden", "Göteborg"), record("Kulturskolan", "Sweden", "Gothenburg")
    assert spelling_key(one) == spelling_key(other)


def test_same_joins_what_nothing_else_would(record: Make) -> None:
    one, other = record("Alpha Centre", "Spain"), record("Escola Beta", "Sweden")
    assert len(link([one, other]).clusters) == 2
    found = link([one, other], [said(one, other, Verdict.SAME)])
    assert len(found.clusters) == 1
    assert found.pairs[0].verdict is PairState.LINK
    assert found.pairs[0].reasons[0].sentence == "A person said they are the same"


def test_different_keeps_apart_even_when_respelt_and_through_a_third(record: Make) -> None:
    one = record("Borås Stad", "Sweden", "Borås", "boras.se")
    other = record("Municipality of Borås", "Sweden", "Borås", "boras.se")
    bridge = record("City of Borås", "Sweden", "Borås", "boras.se")
    answer = said(one, other, Verdict.DIFFERENT)
    shouted = record("BORAS STAD", "Sverige", "Boras", "boras.se")
    found = link([shouted, other, bridge], [answer])
    cluster = next(cluster for cluster in found.clusters if shouted.record_id in cluster)
    assert other.record_id not in cluster


def test_the_last_answer_counts(record: Make) -> None:
    one, other = record("Borås Stad", "Sweden", "Borås"), record("Borås kommun", "Sweden", "Borås")
    answers = [said(one, other, Verdict.DIFFERENT, 1), said(one, other, Verdict.SAME, 2)]
    assert len(link([one, other], answers).clusters) == 1
    assert len(link([one, other], answers[::-1]).clusters) == 1
    assert len(link([one, other], [*answers, said(one, other, Verdict.DIFFERENT, 3)]).clusters) == 2


@pytest.mark.parametrize("verdict", [Verdict.DIFFERENT, Verdict.UNSURE])
def test_what_was_answered_is_not_asked_again(record: Make, verdict: Verdict) -> None:
    one = record("Education Department, Municipality of Hohndorf", "Germany", "Hohndorf", "hohndorf.de")
    other = record("Jugendamt Stadt Hohndorf", "Deutschland", "Hohndorf", "www.hohndorf.de")
    before = [pair for pair in link([one, other]).pairs if pair.verdict is PairState.REVIEW]
    assert before, "the pair must be in doubt for this test to mean anything"
    after = link([one, other], [said(one, other, verdict)])
    assert not after.pairs
    assert len(after.clusters) == 2


def test_a_person_stands_above_a_rule(record: Make) -> None:
    municipality = record("Borås Stad", "Sweden", "Borås")
    department = record("Working Life Department, City of Borås", "Sweden", "Borås")
    found = link([municipality, department], [said(municipality, department, Verdict.SAME)])
    assert len(found.clusters) == 1


def test_contradicting_answers_do_not_join_what_was_kept_apart(record: Make) -> None:
    one, two, three = record("Alpha", "Spain"), record("Beta", "Spain"), record("Gamma", "Spain")
    answers = [
        said(one, two, Verdict.SAME, 1),
        said(two, three, Verdict.SAME, 2),
        said(one, three, Verdict.DIFFERENT, 3),
    ]
    found = link([one, two, three], answers)
    cluster = next(cluster for cluster in found.clusters if one.record_id in cluster)
    assert three.record_id not in cluster
