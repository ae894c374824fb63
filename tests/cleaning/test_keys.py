"""Comparable keys."""

from __future__ import annotations

import pytest

from pipeline.cleaning.countries import country_code, country_only
from pipeline.cleaning.domains import email_domain, own_website, registered_domain, website_host
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


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.boras.se/arbete?x=1", "boras.se"),
        ("boras.se/", "boras.se"),
        ("http://user@educacio.gencat.cat:8080/", "gencat.cat"),
        ("anna@skole.oslo.kommune.no", "oslo.kommune.no"),
        ("um.warszawa.pl", "um.warszawa.pl"),
        ("foo.bar.co.uk", "bar.co.uk"),
        ("kommun.example", "kommun.example"),
        ("www.kommun.example", "kommun.example"),
        ("https://göteborg.se", "xn--gteborg-90a.se"),
        ("not a site", None),
        ("localhost", None),
        (None, None),
        ("co.uk", None),
    ],
)
def test_registered_domain(text: str | None, domain: str | None) -> None:
    assert registered_domain(text) == domain


def test_free_mail_and_shared_pages_say_nothing() -> None:
    assert email_domain("a@gmail.com") is None
    assert email_domain("a@boras.se") == "boras.se"
    assert email_domain("nonsense") is None
    assert own_website("https://www.facebook.com/boras") is None
    assert own_website("https://www.boras.se") == "boras.se"
    assert website_host("HTTP://WWW.Boras.SE.") == "boras.se"
