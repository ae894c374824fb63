"""Comparable keys."""

from __future__ import annotations

import pytest

from pipeline.cleaning.countries import country_code, country_only
from pipeline.cleaning.folding import fold, skeleton


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("BORÅS  Stad", "boras stad"),
        ("Ελλάδα", "ellada"),
        ("İstanbul", "istanbul"),
        ("Groß-Gerau", "gross gerau"),
        ("ﬁne", "fine"),
        ("«L'École»", "l ecole"),
        (None, ""),
        ("  ", ""),
    ],
)
def test_fold(text: str | None, folded: str) -> None:
    assert fold(text) == folded


def test_umlauts_are_spelt_one_way() -> None:
    assert skeleton(fold("Göteborg")) == skeleton(fold("Goeteborg")) == skeleton(fold("Gøteborg"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Sweden", "SE"), ("Sverige", "SE"), ("Svezia", "SE"), ("se", "SE"), ("SWE", "SE"), ("Schweden ", "SE"),
        ("Ελλάδα", "GR"), ("Україна", "UA"), ("Magyarország", "HU"), ("Türkiye", "TR"), ("U.K.", "GB"), ("Wales", "GB"),
        ("Spain (Catalonia)", "ES-CT"), ("Katalonien", "ES-CT"), ("Belgium (Flanders)", "BE-VLG"),
        ("Vlaanderen", "BE-VLG"), ("Deutschland (NRW)", "DE"), ("Gemrany", "DE"), ("Nehterlands", "NL"),
        ("nowhere", None), ("", None), (None, None), ("x", None),
    ],
)  # fmt: skip
def test_country_in_any_language(text: str | None, code: str | None) -> None:
    assert country_code(text) == code


def test_the_state_of_a_region() -> None:
    assert country_only("ES-CT") == "ES"
    assert country_only(None) is None
