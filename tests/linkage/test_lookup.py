"""Names that say the same, whatever their spelling and language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.linkage import Record, fits_its_domain, readings

Make = Callable[..., Record]


@pytest.mark.parametrize(
    ("one", "other", "is_one_name"),
    [
        ("Göteborgs stad", "City of Gothenburg", True),
        ("Göteborgs stad", "GOTEBORGS STAD", True),
        ("Göteborgs stad", "Stad, Göteborgs", True),
        ("Göteborgs stad", "Gothenburg Municipality (Sweden)", True),
        ("Göteborgs stad", "University of Gothenburg", False),
        ("Göteborgs stad", "Education Department, City of Gothenburg", False),
        ("Göteborgs stad", "Borås Stad", False),
        ("Lysekil Vocational School", "Vocational School of Lysekil", True),
    ],
)
def test_names_that_share_a_reading_are_one(record: Make, one: str, other: str, *, is_one_name: bool) -> None:
    left, right = readings([record(one, "Sweden"), record(other, "Sweden")])
    assert bool(left & right) is is_one_name


def test_a_name_without_a_country_is_read_by_its_words(record: Make) -> None:
    left, right = readings([record("City of Gothenburg"), record("Göteborgs stad", "Sweden")])
    assert left & right == {"gothenburg municipality"}


def test_further_names_are_readings_too_and_a_name_that_says_nothing_is_its_words(record: Make) -> None:
    local, plain = readings([record("SOC", also=("Göteborgs stad",)), record("Sweden")])
    assert "gothenburg municipality" in local
    assert plain == {"sweden"}
    assert readings([]) == ()


@pytest.mark.parametrize(
    ("name", "city", "email", "fits"),
    [
        ("Göteborgs stad", None, "anna@goteborg.se", True),
        ("City of Gothenburg", "Göteborg", "anna@goteborg.se", True),
        ("Lysekil Vocational College", None, "office@edu.lysekil.example", True),
        ("Vlaamse Dienst voor Arbeidsbemiddeling", None, "jan@vda.example", True),
        ("Göteborgs stad", "Göteborg", "anna@exchange-bureau.example", False),
        ("Göteborgs stad", "Göteborg", "goteborg@gmail.com", False),
    ],
)
def test_whether_a_domain_sounds_like_the_name(
    record: Make, name: str, city: str | None, email: str, *, fits: bool
) -> None:
    assert fits_its_domain(record(name, "Sweden", city, email=email)) is fits
