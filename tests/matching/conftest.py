"""Entries to match: a small invented pool, and a way to make one entry with only what matters said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipeline.model import Entry, Role

MakeEntry = Callable[..., Entry]


def _entry(name: str, **answers: Any) -> Entry:
    defaults: dict[str, Any] = {
        "id": name,
        "organisation": f"{name} Organisation",
        "organisation_id": f"O-{name}",
        "role": Role.EITHER,
        "formats": ("job_shadowing",),
    }
    return Entry(**(defaults | answers))


@pytest.fixture
def entry() -> MakeEntry:
    """`entry("A", country="NO")`: an entry that would do anything, but for what is said."""
    return _entry


@pytest.fixture
def pool() -> list[Entry]:
    """Eight invented entries: two requests with an evident host each, a third that joins, and others."""
    return [
        _entry(
            "GUEST-PRISON",
            organisation="Fjord County",
            country="NO",
            role=Role.SEND,
            topics=("adult", "inclusion"),
            target_groups=("teachers",),
            languages=("en", "no"),
            group_wanted=True,
            group_size=4,
            date_from=date(2031, 3, 1),
            date_to=date(2031, 6, 30),
            duration_days=3,
            text="We look for a place where prisoners learn a trade. How does release day work?",
        ),
        _entry(
            "HOST-PRISON",
            organisation="Lakeside Penitentiary School",
            country="FI",
            role=Role.HOST,
            topics=("adult",),
            target_groups=("teachers",),
            languages=("en", "fi"),
            capacity=8,
            max_visits=2,
            date_from=date(2031, 4, 1),
            date_to=date(2031, 4, 30),
            text="Inmates earn forklift certificates here; a mentor meets each of them at the gate.",
        ),
        _entry(
            "JOIN-PRISON",
            organisation="Escola del Riu",
            country="ES-CT",
            role=Role.SEND,
            topics=("adult",),
            target_groups=("teachers",),
            languages=("ca", "en"),
            group_wanted=True,
            group_size=2,
            text="La nostra escola treballa dins d'un centre penitenciari i vol veure'n d'altres.",
        ),
        _entry(
            "GUEST-COOK",
            organisation="Hotel School Alpha",
            country="AT",
            role=Role.SEND,
            topics=("vet",),
            target_groups=("vet_learners",),
            languages=("de", "en"),
            group_size=6,
            duration_days=14,
            text="Placements abroad for second-year cooks and waiters.",
        ),
        _entry(
            "HOST-COOK",
            organisation="Liceo del Mare",
            country="IT",
            role=Role.HOST,
            topics=("vet", "internationalisation"),
            target_groups=("vet_learners",),
            languages=("it", "en"),
            capacity=10,
            max_visits=1,
            text="Il nostro ristorante didattico accoglie allievi di cucina e di sala.",
            text_lang="it",
        ),
        _entry(
            "HOST-CLIMATE",
            organisation="Green Academy",
            country="DK",
            role=Role.HOST,
            topics=("green",),
            target_groups=("pupils",),
            languages=("en",),
            text="School gardens, compost and solar roofs.",
        ),
        _entry(
            "HOST-WORK",
            organisation="City of Borken, Working Life Department",
            country="SE",
            city="Borken",
            role=Role.HOST,
            topics=("employment", "inclusion"),
            languages=("en", "sv"),
            text="The Manyskilled Team helps people far from the labour market, with one coach each.",
        ),
        _entry(
            "GUEST-ASKS",
            organisation="Highland Council",
            country="IE",
            role=Role.SEND,
            topics=("employment",),
            languages=("en",),
            text="At a network meeting we heard of the Manyskilled Team in Borken and would love to see it.",
        ),
    ]
