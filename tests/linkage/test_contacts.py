"""What a website and an address say about who somebody is."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.linkage.contacts import Address, Site, address, domain_fit, site


def once(found: Any) -> Any:
    """Each label named once."""
    return found._replace(labels=tuple(dict.fromkeys(found.labels)))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("https://www.boras.se/", Site("boras.se", "boras.se", "", ("boras",), "SE")),
        ("boras.se/utbildning/index.html", Site("boras.se", "boras.se", "/utbildning", ("boras",), "SE")),
        (
            "ioc.gencat.example",
            Site("ioc.gencat.example", "gencat.example", "", ("ioc", "gencat"), ""),
        ),
        ("www.my-school.co.uk", Site("my-school.co.uk", "my-school.co.uk", "", ("myschool", "school"), "GB")),
        ("https://facebook.com/boras", Site()),
        ("not a website", Site()),
        ("", Site()),
        (None, Site()),
    ],
)
def test_a_website(typed: str | None, found: Site) -> None:
    assert once(site(typed)) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Anna@Boras.se", Address("anna@boras.se", "boras.se", "boras.se", ("boras",), "SE")),
        ("anna@edu.boras.se", Address("anna@edu.boras.se", "boras.se", "boras.se", ("boras",), "SE")),
        ("anna@lab.boras.se", Address("anna@lab.boras.se", "boras.se", "lab.boras.se", ("boras",), "SE")),
        ("anna@gmail.com", Address("anna@gmail.com")),
        ("anna", Address()),
        (None, Address()),
    ],
)
def test_an_address_says_nothing_more_when_it_is_free_mail(typed: str | None, found: Address) -> None:
    assert once(address(typed)) == found


@pytest.mark.parametrize("ending", ["eu", "io", "tv", "me", "co", "ai", "org"])
def test_an_ending_used_far_beyond_its_country_is_no_country(ending: str) -> None:
    assert site(f"boras.{ending}").country == ""


@pytest.mark.parametrize(
    ("label", "words", "fits"),
    [
        ("boras", ("boras",), 1.0),
        ("borasstad", ("boras", "stad"), 1.0),
        ("ntnu", ("norges", "teknisk", "naturvitenskapelige", "universitet"), 1.0),
        ("boras-energi", ("boras", "energi"), 1.0),
        ("borasx", ("boras", "kommun"), 0.9 * 5 / 6),
        ("example", ("boras", "kommun"), 0.0),
    ],
)
def test_how_well_a_domain_fits_a_name(label: str, words: tuple[str, ...], fits: float) -> None:
    assert domain_fit(label, words) == pytest.approx(fits)
