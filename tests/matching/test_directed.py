"""Requests directed to somebody, in the field and in the text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.matching.directed import avoided_pairs, directed_requests
from pipeline.model import Entry, Organisation, Role

MakeEntry = Callable[..., Entry]

HOSTS = (
    "Lärcentrum Tröllby",
    "Lärcentrum Nybyn",
    "Working Life Department, Municipality of Borken",
    "Escola Professional del Riu",
    "Minerva College Ede",
    "Minerva College Venlo",
)


def targets(entry: MakeEntry, **asker: str) -> set[str]:
    hosts = [entry(f"H{n}", organisation=name, role=Role.HOST, country="SE") for n, name in enumerate(HOSTS)]
    pool = [entry("ASKER", country="IE", role=Role.SEND, organisation="Highland Council", **asker), *hosts]
    found = directed_requests(pool).targets.get(0, frozenset())
    return {pool[number].organisation for number in found}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Lärcentrum Tröllby", "Lärcentrum Tröllby"),
        ("LARCENTRUM TROLLBY", "Lärcentrum Tröllby"),
        ("Larcentrum Trolby", "Lärcentrum Tröllby"),
        ("Borken municipality", "Working Life Department, Municipality of Borken"),
        ("the city of Borken", "Working Life Department, Municipality of Borken"),
        ("Escola del Riu", "Escola Professional del Riu"),
        ("Minerva College de", "Minerva College Ede"),
    ],
)
def test_a_name_in_the_field_is_resolved_however_it_is_spelt(entry: MakeEntry, written: str, meant: str) -> None:
    assert targets(entry, named_partner=written) == {meant}


def test_a_name_nobody_goes_by_is_left_unresolved(entry: MakeEntry) -> None:
    pool = [
        entry("A", named_partner="Atelier Quillebeuf"),
        entry("B", organisation="Lärcentrum Tröllby", region=" ", city="-"),
    ]
    found = directed_requests(pool)
    assert found.targets == {}
    assert found.unresolved == {0: "Atelier Quillebeuf"}


def test_a_field_that_names_a_country_or_region_means_everybody_there(entry: MakeEntry) -> None:
    pool = [
        entry("A", named_partner="Catalonia"),
        entry("B", named_partner="the Vestmark region"),
        entry("C", region="Vestmark"),
        entry("D", country="ES-CT"),
        entry("E", named_partner="Portugal"),
    ]
    found = directed_requests(pool)
    assert found.targets == {}
    assert found.there == {0: frozenset({3}), 1: frozenset({2}), 4: frozenset()}
    assert found.places == {0: frozenset({"ES-CT"}), 4: frozenset({"PT"})}
    assert found.unresolved == {}


@pytest.mark.parametrize(
    "text",
    [
        "We met Lärcentrum Tröllby at a network meeting and would love to visit them.",
        "Ideally with LARCENTRUM TROLLBY, whose work we know.",
    ],
)
def test_a_name_in_the_text_is_found(entry: MakeEntry, text: str) -> None:
    assert targets(entry, text=text) == {"Lärcentrum Tröllby"}


def test_a_name_in_an_aside_is_not_a_request(entry: MakeEntry) -> None:
    text = "We look for prison schools. (We have separate projects with Lärcentrum Tröllby on gardens.)"
    assert targets(entry, text=text) == set()


def test_ones_own_name_and_town_are_not_a_request(entry: MakeEntry) -> None:
    pool = [
        entry(
            "A", organisation="City of Borken", city="Borken", text="Here in Borken the City of Borken hosts gladly."
        ),
        entry("B", organisation="Borken Art Museum", organisation_id="O-A"),
    ]
    assert directed_requests(pool).targets == {}


def test_other_spellings_and_the_parent_of_an_organisation_count(entry: MakeEntry) -> None:
    records = [
        Organisation(id="O-1", name="Working Life Department", spellings=("Arbetslivsförvaltningen",), parent="O-2"),
        Organisation(id="O-2", name="Borken Stad"),
    ]
    host = entry("H", organisation="Working Life Department", organisation_id="O-1", role=Role.HOST)
    for written in ("Arbetslivsforvaltningen", "Borken Stad"):
        pool = [entry("A", named_partner=written, role=Role.SEND), host]
        assert directed_requests(pool, records).targets == {0: frozenset({1})}


def test_avoid_is_on_the_safe_side_but_not_on_a_common_word(entry: MakeEntry) -> None:
    pool = [
        entry("A", avoid=("Minerva", "school")),
        entry("B", organisation="Minerva College Ede"),
        entry("C", organisation="Riverside School"),
    ]
    assert avoided_pairs(pool) == {frozenset({"A", "B"})}
