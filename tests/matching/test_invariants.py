"""Whatever the pool, nothing impossible is proposed, nobody is over-booked and nearly means one rule."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipeline.matching import MatchingResult, MatchingSettings, feasible, propose
from pipeline.matching.eligibility import ASKABLE, broken_rules
from pipeline.matching.propose import remaining_visits
from pipeline.model import Entry, Role

TODAY = date(2031, 1, 15)
SETTINGS = MatchingSettings(least_score=0, today=TODAY, nearly_per_request=2)
SUBJECTS = ("prison school for inmates", "cooks and waiters", "solar roofs", "nurses and care", "robots in class")


def pool_of(seed: int) -> list[Entry]:
    chance = random.Random(seed)

    def some(*values: str, most: int = 2) -> tuple[str, ...]:
        return tuple(chance.sample(values, chance.randrange(most + 1)))

    def day() -> date | None:
        return chance.choice((None, TODAY + timedelta(days=chance.randrange(-60, 300))))

    return [
        Entry(
            id=f"E{number:03}",
            organisation=f"Organisation {number % 70}",
            organisation_id=f"O-{number % 70}",
            country=chance.choice(("NO", "FI", "ES", "ES-CT", None)),
            role=chance.choice(list(Role)),
            topics=some("vet", "adult", "green", "care"),
            formats=some("job_shadowing", "study_visit", "project_partnership"),
            languages=some("en", "fi", "no"),
            preferred_places=some("NO", "FI", "ES"),
            strict_places=chance.random() < 0.2,
            date_from=day(),
            date_to=day(),
            duration_days=chance.choice((None, 1.5, 5)),
            group_size=chance.choice((None, 3, 12)),
            capacity=chance.choice((None, 4, 15)),
            max_visits=chance.choice((None, 1, 2)),
            committed_visits=chance.choice((0, 0, 1)),
            group_wanted=chance.random() < 0.5,
            avoid=(f"Organisation {chance.randrange(70)}",) if chance.random() < 0.2 else (),
            text=chance.choice(SUBJECTS),
        )
        for number in range(90)
    ]


@pytest.fixture(scope="module", params=range(4))
def run(request: pytest.FixtureRequest) -> tuple[list[Entry], MatchingResult]:
    entries = pool_of(request.param)
    barred = {frozenset({"O-1", f"O-{number}"}) for number in range(2, 40)}
    return entries, propose(entries, barred=barred, settings=SETTINGS)


def test_every_proposal_is_possible(run: tuple[list[Entry], MatchingResult]) -> None:
    entries, proposals = run
    by_id = {entry.id: entry for entry in entries}
    assert len([c for c in proposals.candidates if c.joining]) > 0
    for candidate in proposals.candidates:
        joining = by_id[candidate.joining] if candidate.joining else None
        assert feasible(by_id[candidate.sending], by_id[candidate.receiving], joining, today=TODAY) is None
        assert 0 <= candidate.score <= 1
        assert all(reason.sentence for reason in candidate.reasons)


def test_barred_organisations_are_not_in_one_proposal(run: tuple[list[Entry], MatchingResult]) -> None:
    entries, proposals = run
    by_id = {entry.id: entry.organisation_id for entry in entries}
    barred = {f"O-{number}" for number in range(2, 40)}
    for candidate in proposals.candidates:
        parties = {by_id[one] for one in (candidate.sending, candidate.receiving, candidate.joining) if one}
        assert not ("O-1" in parties and parties & barred)


def test_primaries_stay_within_the_visits_left(run: tuple[list[Entry], MatchingResult]) -> None:
    entries, proposals = run
    by_id = {entry.id: entry for entry in entries}
    primaries = Counter(c.receiving for c in proposals.candidates if c.rank == 1 and not c.joining)
    for host, count in primaries.items():
        if by_id[host].role is not Role.SEND and by_id[host].max_visits is not None:
            partner = "project_partnership" in by_id[host].formats
            assert count <= max(int(partner), remaining_visits(by_id[host], 6))


def test_two_organisations_are_proposed_once(run: tuple[list[Entry], MatchingResult]) -> None:
    entries, proposals = run
    by_id = {entry.id: entry.organisation_id for entry in entries}
    meetings = Counter(frozenset((by_id[c.sending], by_id[c.receiving])) for c in proposals.candidates if not c.joining)
    assert not [pair for pair, count in meetings.items() if count > 1]


def test_nearly_means_exactly_one_rule_one_can_ask_about(run: tuple[list[Entry], MatchingResult]) -> None:
    entries, proposals = run
    by_id = {entry.id: entry for entry in entries}
    assert proposals.nearly
    for miss in proposals.nearly:
        broken = broken_rules(by_id[miss.sending], by_id[miss.receiving], today=TODAY)
        assert [rule.code for rule in broken] == [miss.rule]
        assert miss.rule in ASKABLE
        assert miss.sentence == broken[0].sentence


def test_a_gone_entry_changes_nothing_about_who_is_possible() -> None:
    entries = pool_of(9)
    fewer = propose([replace(entry, text=None) for entry in entries[:50]], settings=SETTINGS)
    assert {c.sending for c in fewer.candidates} <= {entry.id for entry in entries[:50]}


def test_other_ids_change_nothing_but_the_ids() -> None:
    entries = [replace(entry, text=f"{entry.text} {number}") for number, entry in enumerate(pool_of(5))]
    turned = {entry.id: f"X{999 - number}" for number, entry in enumerate(entries)}
    renamed = [replace(entry, id=turned[entry.id]) for entry in entries]

    def told(proposals: MatchingResult, names: dict[str, str]) -> list[tuple[str, ...]]:
        return [
            (names[c.sending], names[c.receiving], names.get(c.joining or "", ""), str(c.score), str(c.rank))
            for c in proposals.candidates
        ]

    back = {new: old for old, new in turned.items()}
    same = {entry.id: entry.id for entry in entries}
    assert told(propose(renamed, settings=SETTINGS), back) == told(propose(entries, settings=SETTINGS), same)
