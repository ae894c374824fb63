"""The country behind what somebody typed, in any language of Europe."""

from __future__ import annotations

import pytest

from pipeline.cleaning.countries import country_code, country_names, country_only


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Sweden", "SE"),
        (" SVERIGE ", "SE"),
        ("Suède", "SE"),
        ("Швеция", "SE"),
        ("SE", "SE"),
        ("SWE", "SE"),
        ("Sweeden", "SE"),
        ("Gemrany", "DE"),
        ("United Kingdom", "GB"),
        ("Spain (Catalonia)", "ES-CT"),
        ("Catalonia, Spain", "ES-CT"),
        ("Spain", "ES"),
        ("Belgium (Flanders)", "BE-VLG"),
        ("Borås, Sweden", "SE"),
        ("Sweden / Västra Götaland", "SE"),
        ("Atlantis", None),
        ("xx", None),
        ("", None),
        (None, None),
        ("???", None),
    ],
)
def test_what_was_typed(typed: str | None, code: str | None) -> None:
    assert country_code(typed) == code


@pytest.mark.parametrize("typed", ["Slovakenia", "Chin", "Malt", "Qatr"])
def test_a_slip_is_not_forgiven_in_a_short_name_nor_where_two_countries_are_as_near(typed: str) -> None:
    assert country_code(typed) is None


@pytest.mark.parametrize(("code", "state"), [("ES-CT", "ES"), ("SE", "SE"), ("", None), (None, None)])
def test_the_state_of_a_region(code: str | None, state: str | None) -> None:
    assert country_only(code) == state


def test_names_are_folded() -> None:
    assert country_names()["suede"] == "SE"
    assert all(name == name.lower() for name in country_names())
