"""Hosts and registered domains, and which of them say nothing."""

from __future__ import annotations

import pytest

from pipeline.cleaning.domains import email_domain, own_website, registered_domain, website_host


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
        ("sch.uk", None),
        ("gillespie.islington.sch.uk", "gillespie.islington.sch.uk"),
        ("www.city.kobe.jp", "city.kobe.jp"),
        ("project.github.io", "github.io"),
        ("a.b.newending", "b.newending"),
        ("boras..se", None),
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
