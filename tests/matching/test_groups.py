"""Groups of three: who may join, what keeps three apart, and that each three is found once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipeline.matching.eligibility import Masks
from pipeline.matching.features import read_pool
from pipeline.matching.groups import Group, all_broken, broken_together, find_groups, may_join, once_each
from pipeline.matching.ranking import rank
from pipeline.matching.scoring import shipped_model
from pipeline.model import Entry, Role

MakeEntry = Callable[..., Entry]
TODAY = date(2031, 1, 15)


@pytest.mark.parametrize(
    ("role", "wants", "may"),
    [(Role.SEND, True, True), (Role.SEND, False, False), (Role.EITHER, False, True), (Role.HOST, True, False)],
)
def test_who_may_join(entry: MakeEntry, role: Role, *, wants: bool, may: bool) -> None:
    assert may_join(entry("A", role=role, group_wanted=wants)) is may


@pytest.fixture
def broken(entry: MakeEntry) -> Callable[..., list[str]]:
    """broken(guest, host, third): the codes of what keeps the three apart."""

    def codes(guest: dict[str, Any], host: dict[str, Any], third: dict[str, Any], **more: Any) -> list[str]:
        three = (
            entry("G", role=Role.SEND, country="BE", **guest),
            entry("H", role=Role.HOST, country="SE", **host),
            entry("T", role=Role.SEND, country="PT", **third),
        )
        return [rule.code for rule in broken_together(*three, today=TODAY, **more)]

    return codes


Broken = Callable[..., list[str]]


def test_three_who_leave_everything_open_go_together(broken: Broken) -> None:
    assert broken({}, {}, {}) == []


@pytest.mark.parametrize(
    ("guest", "host", "third", "codes"),
    [
        ({"languages": ("en", "fr")}, {"languages": ("en", "sv")}, {"languages": ("fr", "sv")}, ["language"]),
        ({"languages": ("en",)}, {}, {"languages": ("en", "pt")}, []),
        ({"languages": ("en",)}, {}, {"languages": ("pt",)}, ["language"]),
        ({"group_size": 3}, {"capacity": 5}, {"group_size": 3}, ["capacity"]),
        ({"group_size": 3}, {"capacity": 6}, {"group_size": 3}, []),
        ({"group_size": 3}, {}, {"group_size": 300}, []),
        ({}, {"capacity": 1}, {}, []),
    ],
)
def test_what_only_the_three_together_break(
    broken: Broken, guest: dict[str, Any], host: dict[str, Any], third: dict[str, Any], codes: list[str]
) -> None:
    assert broken(guest, host, third) == codes


def window(first: date | None, last: date | None, days: int | None = None) -> dict[str, Any]:
    return {"date_from": first, "date_to": last, "duration_days": days}


@pytest.mark.parametrize(
    ("last_of_third", "days", "codes"),
    [(date(2031, 3, 3), 3, []), (date(2031, 3, 2), 3, ["dates"]), (date(2031, 3, 2), 2, []), (None, 3, [])],
)
def test_the_days_all_three_have_in_common(
    broken: Broken, last_of_third: date | None, days: int, codes: list[str]
) -> None:
    guest, host = window(date(2031, 3, 1), date(2031, 3, 20), days), window(date(2031, 2, 1), date(2031, 3, 10))
    assert broken(guest, host, window(None, last_of_third)) == codes


def test_days_that_are_over_do_not_count(broken: Broken) -> None:
    assert broken(window(date(2031, 1, 1), date(2031, 1, 14), 1), {}, {}) == ["dates"]
    assert broken(window(date(2031, 1, 1), date(2031, 1, 15), 1), {}, {}) == []


def test_the_guests_must_be_willing_to_meet_each_other(broken: Broken) -> None:
    assert broken({}, {}, {}, avoided=[frozenset({"G", "T"})]) == ["avoided"]
    assert broken({}, {}, {}, barred=[frozenset({"O-G", "O-T"})]) == ["barred"]
    assert broken({}, {}, {}, barred=[frozenset({"O-G", "O-ELSE"})]) == []


def test_all_rules_of_a_group_are_those_of_both_guests_and_of_the_three(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, country="BE", languages=("en", "fr"), group_size=3)
    host = entry("H", role=Role.HOST, country="SE", languages=("en", "sv"), capacity=4)
    third = entry("T", role=Role.SEND, country="PT", languages=("pt",), group_size=3)
    codes = [rule.code for rule in all_broken(guest, host, third, today=TODAY)]
    assert codes.count("language") == 2, "the third with the host, and the three together"
    assert "capacity" in codes


def test_each_three_once_and_whoever_only_travels_leads(entry: MakeEntry) -> None:
    entries = [entry("A", role=Role.EITHER), entry("B", role=Role.SEND), entry("H"), entry("C", role=Role.SEND)]
    found = {
        0: [Group(0, 2, 1, 0.9, 0.9)],
        1: [Group(1, 2, 0, 0.5, 0.5), Group(1, 2, 3, 0.4, 0.4)],
        3: [Group(3, 2, 1, 0.6, 0.6)],
    }
    assert once_each(entries, found) == [Group(1, 2, 0, 0.5, 0.5), Group(3, 2, 1, 0.6, 0.6)]


def test_a_group_is_as_strong_as_the_weaker_of_its_two_guests(pool: list[Entry]) -> None:
    ranking = rank(read_pool(pool), Masks(pool, today=TODAY), shipped_model(), keep=40)
    position = {entry.id: number for number, entry in enumerate(pool)}
    host = position["HOST-PRISON"]

    def fit(guest: str) -> float:
        ranked = ranking[position[guest]]
        return float(ranked.scores[ranked.hosts.tolist().index(host)])

    group = find_groups(read_pool(pool), ranking, per_request=1, today=TODAY)[position["GUEST-PRISON"]][0]
    assert group.weakest == pytest.approx(min(fit("GUEST-PRISON"), fit("JOIN-PRISON")))


def found(entries: list[Entry], **more: Any) -> dict[str, list[tuple[str, str]]]:
    pool = read_pool(entries)
    ranking = rank(pool, Masks(entries, today=TODAY), shipped_model(), keep=40)
    groups = find_groups(pool, ranking, today=TODAY, **{"per_request": 3, **more})
    return {
        entries[guest].id: [(entries[group.host].id, entries[group.third].id) for group in of_guest]
        for guest, of_guest in groups.items()
    }


def test_a_third_joins_the_visit_it_is_interested_in(pool: list[Entry]) -> None:
    groups = found(pool)
    assert groups["GUEST-PRISON"][0] == ("HOST-PRISON", "JOIN-PRISON")
    assert "GUEST-COOK" not in groups, "did not ask for a third"
    assert len(found(pool, per_request=1)["GUEST-PRISON"]) == 1


def test_nobody_joins_whom_to_avoid(pool: list[Entry]) -> None:
    avoided = [frozenset({"GUEST-PRISON", "JOIN-PRISON"})]
    assert all("JOIN-PRISON" not in pair for pair in found(pool, avoided=avoided).get("GUEST-PRISON", []))
