"""The hard rules: each said in words, and the masks over all pairs say the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.matching.eligibility import Masks, broken_rules
from pipeline.model import Entry, Role

MakeEntry = Callable[..., Entry]


def codes(sending: Entry, receiving: Entry, **how: Any) -> list[str]:
    return [rule.code for rule in broken_rules(sending, receiving, **how)]


def test_two_entries_that_say_little_could_meet(entry: MakeEntry) -> None:
    assert codes(entry("A", country="NO"), entry("B", country="FI")) == []


@pytest.mark.parametrize(
    ("rule", "guest", "host"),
    [
        ("same_organisation", {"organisation_id": "O-1"}, {"organisation_id": "O-1"}),
        (
            "same_organisation",
            {"organisation_id": "", "email_domain": "town.example"},
            {"organisation_id": "", "email_domain": "town.example"},
        ),
        ("same_country", {"country": "ES"}, {"country": "ES-CT"}),
        ("language", {"languages": ("en",)}, {"languages": ("fi",)}),
        ("place", {"strict_places": True, "preferred_places": ("NO",)}, {"country": "FI"}),
        ("place", {"country": "FI"}, {"strict_places": True, "preferred_places": ("NO",)}),
        ("role", {"role": Role.HOST}, {}),
        ("role", {}, {"role": Role.SEND}),
        ("format", {"formats": ("study_visit",)}, {"formats": ("online",)}),
        ("dates", {"date_to": date(2030, 1, 31)}, {"date_from": date(2030, 2, 1)}),
        ("full", {}, {"max_visits": 2, "committed_visits": 2}),
        ("capacity", {"group_size": 9}, {"capacity": 8}),
    ],
)
def test_one_broken_rule_is_named_with_a_sentence(
    entry: MakeEntry, rule: str, guest: dict[str, Any], host: dict[str, Any]
) -> None:
    broken = broken_rules(entry("A", **guest), entry("B", **host))
    assert [one.code for one in broken] == [rule]
    assert broken[0].sentence.endswith(".")


def test_a_day_and_a_half_needs_two_days(entry: MakeEntry) -> None:
    host = entry("B", date_from=date(2030, 5, 2))
    assert codes(entry("A", date_to=date(2030, 5, 3), duration_days=1.5), host) == []
    assert codes(entry("A", date_to=date(2030, 5, 2), duration_days=1.5), host) == ["dates"]


def test_windows_wholly_past_are_impossible_only_when_today_is_known(entry: MakeEntry) -> None:
    guest, host = entry("A", date_from=date(2024, 1, 1), date_to=date(2024, 2, 1)), entry("B")
    assert codes(guest, host) == []
    assert codes(guest, host, today=date(2024, 3, 1)) == ["dates"]
    assert "are over" in broken_rules(guest, host, today=date(2024, 3, 1))[0].sentence


def test_partners_in_a_project_need_no_role_dates_or_beds(entry: MakeEntry) -> None:
    formats = ("project_partnership",)
    guest = entry("A", role=Role.HOST, formats=formats, country="NO", date_to=date(2030, 1, 1), group_size=9)
    host = entry("B", role=Role.SEND, formats=formats, country="FI", date_from=date(2031, 1, 1), capacity=1)
    assert codes(guest, host) == []
    assert codes(guest, entry("C", formats=formats, country="NO")) == ["same_country"]


def test_a_shared_mail_provider_is_not_an_organisation(entry: MakeEntry) -> None:
    left, right = (entry(name, organisation_id="", email_domain="gmail.com") for name in "AB")
    assert codes(left, right) == []


def test_two_ids_outweigh_a_shared_domain(entry: MakeEntry) -> None:
    left, right = (entry(name, email_domain="government.example") for name in "AB")
    assert codes(left, right) == []


def test_introduced_before_is_barred(entry: MakeEntry) -> None:
    left, right = entry("A"), entry("B")
    assert codes(left, right, barred={frozenset({"O-A", "O-B"})}) == ["barred"]


days = st.one_of(st.none(), st.integers(0, 60).map(lambda day: date(2030, 1, 1) + timedelta(days=day)))


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


entries = st.lists(
    st.fixed_dictionaries(
        {
            "organisation_id": st.sampled_from(["", "O-1", "O-2", "O-3"]),
            "email_domain": st.sampled_from([None, "a.example", "b.example", "gmail.com"]),
            "country": st.sampled_from([None, "NO", "FI", "ES", "ES-CT"]),
            "role": st.sampled_from(list(Role)),
            "formats": some("job_shadowing", "study_visit", "project_partnership"),
            "languages": some("en", "fi", "no"),
            "preferred_places": some("NO", "ES", "SE"),
            "strict_places": st.booleans(),
            "date_from": days,
            "date_to": days,
            "duration_days": st.sampled_from([None, 1, 1.5, 5, 14]),
            "group_size": st.sampled_from([None, 1, 5, 20]),
            "capacity": st.sampled_from([None, 0, 4, 10]),
            "max_visits": st.sampled_from([None, 0, 2]),
            "committed_visits": st.sampled_from([0, 2]),
            "left_alone_until": st.sampled_from([None, None, None, date(2030, 1, 20)]),
        }
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=300)
@given(entries, st.sampled_from([None, date(2030, 1, 20), date(2030, 2, 20)]), st.booleans())
def test_masks_agree_with_the_rules_in_words(answers: list[dict[str, Any]], today: date | None, bar: bool) -> None:
    pool = [Entry(id=f"E{n}", organisation=f"Org {n}", **answer) for n, answer in enumerate(answers)]
    barred = {frozenset({"O-1", "O-2"})} if bar else set()
    avoided = {frozenset({"E0", "E1"})} if bar else set()
    everyone = np.arange(len(pool))
    possible = Masks(pool, today=today, barred=barred, avoided=avoided).block(everyone, everyone)
    for row, guest in enumerate(pool):
        for column, host in enumerate(pool):
            if row == column:
                assert not possible[row, column]
                continue
            broken = broken_rules(guest, host, today=today, barred=barred, avoided=avoided)
            assert bool(possible[row, column]) == (not broken), (guest, host, broken)
