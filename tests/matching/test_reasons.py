"""The sentences beside a pair: what the answers settle, what they leave open, and in which order it is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from pipeline.matching.features import FEATURES, features_of, read_pool
from pipeline.matching.reasons import explain_pair, practical, reasons_for, unstated
from pipeline.matching.scoring import shipped_model
from pipeline.model import Entry, Reason, Role

MakeEntry = Callable[..., Entry]
TODAY = date(2031, 1, 15)


@pytest.mark.parametrize(
    ("guest", "host", "said"),
    [
        ({"formats": ()}, {}, []),
        ({"formats": ("job_shadowing",)}, {"formats": ("job_shadowing",)}, ["Both are open to “job shadowing”."]),
        (
            {"formats": ("job_shadowing", "study_visit")},
            {"formats": ("study_visit", "job_shadowing")},
            ["Both are open to “job shadowing” and “study visit”."],
        ),
        ({"formats": (), "languages": ("en", "fr")}, {"languages": ("fr",)}, ["Both can work in French."]),
        (
            {"formats": (), "date_from": date(2031, 3, 1), "date_to": date(2031, 3, 9), "duration_days": 3},
            {"date_from": date(2031, 3, 5), "date_to": date(2031, 4, 9)},
            ["Their dates overlap from 5 March 2031 to 9 March 2031; the visit takes 3 days."],
        ),
        (
            {"formats": (), "date_from": date(2031, 3, 1), "date_to": date(2031, 3, 9)},
            {},
            [],
        ),
        (
            {"formats": (), "date_from": date(2031, 3, 1), "date_to": date(2031, 3, 9), "duration_days": 6},
            {"date_from": date(2031, 3, 5), "date_to": date(2031, 4, 9)},
            [],
        ),
    ],
)
def test_what_the_answers_of_both_settle(
    entry: MakeEntry, guest: dict[str, Any], host: dict[str, Any], said: list[str]
) -> None:
    assert practical(entry("G", role=Role.SEND, **guest), entry("H", role=Role.HOST, **host), TODAY) == said


def test_partners_in_a_project_need_no_days(entry: MakeEntry) -> None:
    both = {"formats": ("project_partnership",), "date_from": date(2031, 3, 1), "date_to": date(2031, 3, 9)}
    said = practical(entry("G", **both), entry("H", **both), TODAY)
    assert said == ["They could be partners in a project: both are open to a project partnership."]


def test_what_is_left_open(entry: MakeEntry) -> None:
    guest, host = entry("G", role=Role.SEND), entry("H", role=Role.HOST)
    assert unstated(guest, host) == (
        "Languages of G Organisation: not stated, check.",
        "Languages of H Organisation: not stated, check.",
        "When H Organisation can receive guests: not stated, check.",
        "When G Organisation would travel: not stated, check.",
        "How many would come from G Organisation: not stated, check.",
        "How many guests H Organisation can receive at once: not stated, check.",
    )
    third = entry("T", role=Role.SEND, languages=("en",), date_from=date(2031, 3, 1), group_size=2)
    assert not any("T Organisation" in line for line in unstated(guest, host, third))
    stated = {"languages": ("en",), "date_to": date(2031, 3, 1), "group_size": 2, "capacity": 2}
    assert unstated(entry("G", **stated), entry("H", **stated)) == ()


def reasons(entries: list[Entry], guest: int = 0, host: int = 1) -> tuple[Reason, ...]:
    pool = read_pool(entries)
    (values,) = features_of(pool, np.array([guest]), np.array([host]))
    return reasons_for(pool, shipped_model(), guest, host, values, TODAY)


def test_whom_they_asked_for_stands_first_and_what_speaks_against_it_last(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, country="BE", topics=("vet",), named_partner="Lakeside School",
                  preferred_places=("NO",))  # fmt: skip
    host = entry("H", role=Role.HOST, country="SE", organisation="Lakeside School", topics=("vet",))
    found = reasons([guest, host])
    assert found[0].feature == "named"
    weights = [reason.weight for reason in found]
    negative = [number for number, weight in enumerate(weights) if weight < 0]
    assert negative == list(range(len(weights) - len(negative), len(weights)))


@pytest.mark.parametrize(
    ("guest", "host", "feature", "is_for"),
    [
        ({"preferred_places": ("SE",)}, {"country": "SE"}, "place_wanted", True),
        ({"preferred_places": ("NO",)}, {"country": "SE"}, "place_missed", False),
        ({"country": "BE"}, {"preferred_places": ("NO",)}, "guest_elsewhere", False),
        ({"target_groups": ("pupils",)}, {"target_groups": ("teachers",)}, "groups_apart", False),
        ({"topics": ("vet",)}, {"topics": ("vet",)}, "topics", True),
    ],
)
def test_each_fact_is_said_on_its_side(
    entry: MakeEntry, guest: dict[str, Any], host: dict[str, Any], feature: str, *, is_for: bool
) -> None:
    found = reasons([entry("G", role=Role.SEND, **guest), entry("H", role=Role.HOST, **host)])
    (reason,) = (one for one in found if one.feature == feature)
    assert (reason.weight > 0) is is_for
    assert reason.sentence.endswith(".")


def test_explaining_names_every_feature_the_weightiest_first(entry: MakeEntry) -> None:
    pool = read_pool([entry("G", role=Role.SEND, topics=("vet",)), entry("H", role=Role.HOST, topics=("vet",))])
    (values,) = features_of(pool, np.array([0]), np.array([1]))
    rows = explain_pair(pool, shipped_model(), 0, 1, values)
    assert sorted(row.name for row in rows) == sorted(FEATURES)
    weights = [abs(row.weight) for row in rows]
    assert weights == sorted(weights, reverse=True)
