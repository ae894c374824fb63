"""A link is a public web page or no link."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning import clean_link


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("www.boras.se", "https://www.boras.se"),
        ("HTTP://Boras.SE/En?x=1#y", "http://boras.se/En?x=1#y"),
        ("https://münchen.example/ä?q=ö", "https://xn--mnchen-3ya.example/%C3%A4?q=%C3%B6"),
        ("https://medium.com/@x", "https://medium.com/@x"),
        ("boras.se, www.x.se", "https://boras.se"),
        ("https://a.example/\"onmouseover='x'", "https://a.example/%22onmouseover='x'"),
        ("https://x.example:8443/a", "https://x.example:8443/a"),
    ],
)
def test_web_addresses_are_read_as_people_write_them(typed: str, url: str) -> None:
    assert clean_link(typed).url == url


@pytest.mark.parametrize(
    "typed",
    [
        "//evil.example",
        "https://example.org@evil.example/",
        "https://a:b@evil.example",
        "http://127.0.0.1:8080/admin",
        "http://169.254.169.254/latest",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://017700000001/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
        "http://printer.local/",
        "http://intranet/",
        "tel:+45",
        "mailto:a@b.example",
        "a@b.example",
        '" onmouseover="alert(1)',
        "n/a",
        "http://",
        "https:///x",
        "https://evil.example\\@good.example/",
        "http://x\u202e.example",
        "https://x.example/\r\nSet-Cookie: a",
        "ftp://x.example",
    ],
)
def test_what_leads_nowhere_public_is_no_link_and_says_so(typed: str) -> None:
    link = clean_link(typed)
    assert link.url is None
    assert link.notes
    assert link.held is None


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "java\tscript:x",
        "\x01javascript:x",
        "&#106;avascript:x",
        "%6Aavascript:x",
        "about:blank",
        "https://" + "a." * 20_000 + "org",
    ],
)
def test_what_does_harm_when_clicked_is_held(typed: str) -> None:
    link = clean_link(typed)
    assert link.url is None
    assert link.held is not None


@settings(max_examples=300)
@given(st.text(max_size=120) | st.text(st.sampled_from("htps:/@.\\[]aä%?#1 \t\"'<"), max_size=40))
def test_a_link_is_ascii_and_web_only(value: str) -> None:
    url = clean_link(value).url
    if url is not None:
        assert url.startswith(("https://", "http://"))
        assert url.isascii()
        assert not set(url) & set(' "<>\\\r\n')
