"""Large pools: the first pass finds what scoring everything would."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

import pytest

from pipeline.matching import ranking
from pipeline.matching.eligibility import Masks, waiting_order
from pipeline.matching.features import read_pool
from pipeline.matching.profile import DENSE_UP_TO
from pipeline.matching.scoring import shipped_model
from pipeline.model import Entry, Role

MakeEntry = Callable[..., Entry]

WORDS = ("prison", "garden", "cook", "robot", "nurse", "budget", "refugee", "museum", "apprentice", "coach", "solar")
TOPICS = ("vet", "adult", "green", "digital", "care", "migrants", "culture")
GROUPS = ("teachers", "pupils", "vet_learners", "migrants", "public_staff")


@pytest.fixture
def many(entry: MakeEntry) -> list[Entry]:
    chance = random.Random(4)
    return [
        entry(
            f"E{number:05}",
            country=chance.choice(("NO", "FI", "SE", "ES-CT", "FR")),
            role=chance.choice(list(Role)),
            topics=tuple(chance.sample(TOPICS, 2)),
            target_groups=tuple(chance.sample(GROUPS, chance.randrange(3))),
            languages=tuple(chance.sample(("en", "fr", "no"), 2)),
            preferred_places=tuple(chance.sample(("NO", "FR"), chance.randrange(2))),
            text=" ".join(chance.choices(WORDS, k=6)),
        )
        for number in range(DENSE_UP_TO + 100)
    ]


def test_first_pass_loses_nothing_that_matters(many: list[Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    guests = list(range(0, len(many), 40))
    pool, masks, model = read_pool(many), Masks(many), shipped_model()
    full = ranking.rank(pool, masks, model, keep=5, guests=guests)
    monkeypatch.setattr(ranking, "EXHAUSTIVE_UP_TO", 0)
    quick = ranking.rank(pool, masks, model, keep=5, guests=guests)
    assert full.keys() == quick.keys()
    lost = sum(float(full[g].scores.sum() - quick[g].scores.sum()) for g in full)
    assert lost / sum(float(full[g].scores.sum()) for g in full) < 0.01


def test_ties_go_to_whoever_waits_longest_then_by_name_never_by_id(entry: MakeEntry) -> None:
    waiting = [("H1", "Zeta", date(2031, 1, 2)), ("H2", "Beta", date(2031, 1, 2)), ("H3", "Omega", date(2031, 1, 1))]
    hosts = [
        entry(name, organisation=called, country="FI", role=Role.HOST, topics=("vet",), submitted_at=day)
        for name, called, day in waiting
    ]
    pool = sorted([*hosts, entry("G", country="NO", role=Role.SEND, topics=("vet",))], key=waiting_order)
    guest = next(number for number, one in enumerate(pool) if one.id == "G")
    ranked = ranking.rank(read_pool(pool), Masks(pool), shipped_model(), keep=5)[guest]
    assert [pool[number].organisation for number in ranked.hosts] == ["Omega", "Beta", "Zeta"]


def test_progress_reaches_the_end(many: list[Entry]) -> None:
    seen: list[tuple[int, int]] = []
    guests = list(range(300))
    ranking.rank(
        read_pool(many),
        Masks(many),
        shipped_model(),
        keep=3,
        guests=guests,
        progress=lambda done, of: seen.append((done, of)),
    )
    assert seen[-1][0] == seen[-1][1]
