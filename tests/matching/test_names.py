"""Names as people write them: which words name somebody, which a place, which a kind of body."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.matching.names import (
    Names,
    alike,
    holds_subject,
    is_subject,
    key_of,
    kinds_of,
    mention_of,
    places_in,
    words_of,
)
from pipeline.model import Entry, Organisation, Role

MakeEntry = Callable[..., Entry]


@pytest.mark.parametrize(("text", "key"), [("Borås", "boras"), ("GÖTEBORG", "goteborg"), ("Århus", "arhus")])
def test_a_word_as_it_is_compared(text: str, key: str) -> None:
    assert key_of(text) == key


@pytest.mark.parametrize(
    ("word", "kind"),
    [("school", "school"), ("kommun", "municipality"), ("universitet", "university"), ("boras", None)],
)
def test_kinds_of_body_in_any_language(word: str, kind: str | None) -> None:
    assert (kind in kinds_of(word)) if kind else (kinds_of(word) == frozenset())


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("hoogeveen", "hoogeveen", True),
        ("hoogeveen", "hogeveen", True),
        ("boras", "oslo", False),
        ("nav", "nao", False),
        ("wien", "vienn", True),
    ],
)
def test_a_slip_is_forgiven_in_a_long_word_and_not_in_a_short_one(left: str, right: str, *, same: bool) -> None:
    assert alike(left, right) is same
    assert alike(right, left) is same


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Vi vil gjerne til Katalonia eller Nederland", ["ES-CT", "NL"]),
        ("We turn metal in a norma of our own", []),
        ("Wir fahren nach Frankreich, in die Niederlande und nach Österreich", ["FR", "NL", "AT"]),
    ],
)
def test_countries_in_many_languages(text: str, codes: list[str]) -> None:
    assert [place.country for place in places_in(words_of(text)) if place.country] == codes


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a school in Santiago de Compostela", ["santiago de compostela"]),
        ("a school in santiago de compostela", []),
        ("School 1311, Halle", ["halle"]),
        ("Paris 16", ["paris 16"]),
        ("New York and York", ["new york", "york"]),
    ],
)
def test_the_longest_name_of_a_place_is_the_place(text: str, keys: list[str]) -> None:
    assert [place.key for place in places_in(words_of(text))] == keys


def test_places_in_a_text() -> None:
    assert places_in(words_of("the Manyskilled Team in Gothenburg"))
    assert not places_in(words_of("a team for everybody"))


def test_a_text_of_places_alone_names_nobody() -> None:
    assert mention_of("Norway").only_places
    assert not mention_of("Lakeside Penitentiary School").only_places


def test_a_subject_is_no_name() -> None:
    assert is_subject("education")
    assert not is_subject("lakeside")
    assert not holds_subject("lakeside")


@pytest.fixture
def names(entry: MakeEntry) -> Names:
    """Three hosts and somebody who asks (0)."""
    entries = [
        entry("ASKER", organisation="Highland Council", country="IE", role=Role.SEND),
        entry("PRISON", organisation="Lakeside Penitentiary School", country="FI", city="Kuopio", role=Role.HOST),
        entry(
            "TEAM", organisation="City of Borås, Working Life Department", country="SE", city="Borås", role=Role.HOST
        ),
        entry("SEA", organisation="Liceo del Mare", country="IT", role=Role.HOST),
    ]
    return Names(entries, [Organisation(id="O-SEA", name="Liceo del Mare", spellings=("Sea Lyceum",))])


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Lakeside Penitentiary School", {1}),
        ("lakeside penitentiary school", {1}),
        ("Lakeside Penitentary School", {1}),
        ("the Lakeside school", {1}),
        ("Liceo del Mare", {3}),
        ("Sea Lyceum", {3}),
        ("Green Academy", set()),
        ("Highland Council", set()),
    ],
)
def test_who_is_meant(names: Names, written: str, found: set[int]) -> None:
    assert names.find(names.mention(written), 0) == found


@pytest.mark.parametrize(
    ("written", "found"),
    [("Wantaa Witz Academy", {1}), ("Vantaa Vitz Academy", {1}), ("Kantaa Kitz Academy", set())],
)
def test_w_and_v_are_one_letter(entry: MakeEntry, written: str, found: set[int]) -> None:
    names = Names([entry("A", role=Role.SEND), entry("B", organisation="Wantaa Witz Academy", role=Role.HOST)], ())
    assert names.find(names.mention(written), 0) == found


@pytest.mark.parametrize(
    ("domain", "organisation_id", "found"),
    [("asker.example", "", {2}), ("gmail.com", "", {1, 2}), ("", "", {1, 2}), ("other.example", "O-1", {2})],
)
def test_nobody_is_sent_to_another_entry_of_their_own(
    entry: MakeEntry, domain: str, organisation_id: str, found: set[int]
) -> None:
    """By mail domain, unless anybody can have an address there, or by organisation."""
    asker, own = (
        entry(name, country="FI", email_domain=domain, organisation_id=organisation_id) for name in ("ASKER", "OWN")
    )
    names = Names([asker, own, entry("ELSE", country="FI", email_domain="else.example")], ())
    assert names.in_countries({"FI"}, 0) == found


def test_nobody_means_oneself(names: Names) -> None:
    assert 1 not in names.find(names.mention("Lakeside Penitentiary School"), 1)


def test_whoever_is_in_the_countries_asked_for(names: Names) -> None:
    assert names.in_countries({"FI", "IT"}, 0) == {1, 3}
    assert names.in_countries({"NO"}, 0) == frozenset()
