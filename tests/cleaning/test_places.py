"""Places by any of their names."""

from __future__ import annotations

import pytest

from pipeline.cleaning.places import NOWHERE, country_number, find_place, find_places, name_hash, places


def row(name: str, country: str | None = None) -> int:
    return int(find_places([name], [country_number(country)])[0])


def test_gothenburg_is_goteborg() -> None:
    assert row("gothenburg", "SE") == row("goteborg", "SE") == row("gothenburg") != NOWHERE


@pytest.mark.parametrize(("name", "country"), [("gothenburg", "NO"), ("xyzzyburg", None), ("", None)])
def test_no_such_place(name: str, country: str | None) -> None:
    assert row(name, country) == NOWHERE


def test_of_places_of_one_name_the_one_in_the_country() -> None:
    assert row("valencia", "ES") != row("valencia", "VE") or row("valencia", "VE") == NOWHERE
    table = places()
    assert int(table.country[row("valencia", "ES")]) == country_number("ES")


def test_many_names_at_once_in_their_order() -> None:
    found = find_places(["gothenburg", "xyzzyburg", "boras"], [0, 0, country_number("SE")]).tolist()
    assert found == [row("gothenburg"), NOWHERE, row("boras", "SE")]
    assert find_places([], []).tolist() == []


@pytest.mark.parametrize("name", ["gothenburg", "goteborg", "valencia", "halle", "san jose", "xyzzyburg", ""])
@pytest.mark.parametrize("country", [None, "ES", "SE", "DE", "BE"])
def test_one_name_is_found_as_many_are(name: str, country: str | None) -> None:
    assert find_place(name, country_number(country)) == row(name, country)


def test_numbers_for_names_and_countries() -> None:
    assert country_number("SE") == ord("S") * 256 + ord("E")
    assert country_number(None) == country_number("") == 0
    assert name_hash("boras") == name_hash("boras") != name_hash("oslo")
