"""One plain address passes, everything else is refused or held in words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning import Address, address_key, canonical_address, clean_address, mentions


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("anna+ngo@example.org", "anna+ngo@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        (" Anna@Example.ORG ", "Anna@example.org"),
        ("mailto:anna@example.org", "anna@example.org"),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("a@kommun.test", "a@kommun.test"),
        ("first_last&co@x-y.invalid", "first_last&co@x-y.invalid"),
        ("a" * 64 + "@x.example", "a" * 64 + "@x.example"),
    ],
)
def test_ordinary_addresses_pass(typed: str, address: str) -> None:
    found = clean_address(typed)
    assert isinstance(found, Address)
    assert (found.text, found.held) == (address, None)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "none",
        "a@",
        "@b.example",
        "a@b",
        "a@b.example@c.example",
        "a@b.example,c@d.example",
        "a@b.example; c",
        "a b@c.example",
        "a@b.example\r\nBcc: x@y.example",
        "a@b.example>\r\nRCPT TO:<x@y.example",
        "A <a@b.example>",
        '"a b"@c.example',
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@b..example",
        "a@-b.example",
        "a@b_c.example",
        ".a@b.example",
        "a..b@c.example",
        "a.@b.example",
        "a%x.example@b.example",
        "x!a@b.example",
        "=1+1@b.example",
        "-x@b.example",
        "{{7}}@b.example",
        "a\u200b@b.example",
        "a@b\u202e.example",
        "a＠b.example",
        "ａ@b.example",
        "a" * 65 + "@b.example",
        "a@" + "b" * 64 + ".example",
        "a@" + "b." * 200 + "example",
        "(" * 40_000,
        "a@b.example?bcc=c@d.example",
        "mailto:a@b.example?bcc=c@d.example",
        "a@b.example.",
        "a@b.c",
        "a@printer.local",
        "a@xn--a.example",
        "a\x00@b.example",
    ],
)
def test_what_is_no_single_plain_address_is_refused_in_words(typed: str) -> None:
    reason = clean_address(typed)
    assert isinstance(reason, str)
    assert len(reason) > 5


@pytest.mark.parametrize("typed", ["用户@例子.example", "jörg@b.example", "|id@b.example", "no-reply@b.example"])
def test_addresses_that_need_a_look_are_held_with_a_sentence(typed: str) -> None:
    found = clean_address(typed)
    assert isinstance(found, Address)
    assert found.held is not None


def test_one_mailbox_has_one_key() -> None:
    assert address_key("A.nna+x@Gmail.com") == address_key("anna@googlemail.com") == "anna@gmail.com"
    assert address_key("a.b@x.example") != address_key("ab@x.example")


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Ana@B.example", "ana@b.example"),
        (" ana@b.example. ", "ana@b.example"),
        ("info@Borås.SE", "info@xn--bors-soa.se"),
        ("INFO@BORA\u030aS.se", "info@xn--bors-soa.se"),
        ("info@XN--BORS-SOA.se", "info@xn--bors-soa.se"),
        ("ana@straße.example", "ana@xn--strae-oqa.example"),
        ("ana@STRAẞE.example", "ana@xn--strae-oqa.example"),
        ("ana@strasse.example", "ana@strasse.example"),
        ("Jörg@b.example", "jörg@b.example"),
        ("ana＠b。example", "ana@b.example"),
        ("ana@b_c.example", "ana@b_c.example"),
        ("ana@\u0378.example", "ana@\u0378.example"),
        ("an unknown address", "an unknown address"),
    ],
)
def test_an_address_has_one_canonical_form(written: str, canonical: str) -> None:
    assert canonical_address(written) == canonical
    assert canonical_address(canonical) == canonical
    found = clean_address(written)
    if isinstance(found, Address):
        assert canonical_address(found.text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "info@borås.se",
        "INFO@BORÅS.SE",
        "info@bora\u030as.se",
        "info@xn--bors-soa.se",
        "Info@XN--BORS-SOA.SE",
        "Write to info@borås.se, or call.",
        "Kontakt: <info@xn--bors-soa.se>",
        "mail:info@xn--bors-soa.se|bo@b.example",
        "Ask info@borås.se.",
        "(mailto:info@borås.se)",
    ],
)
def test_an_address_is_found_in_a_text_however_it_is_written(text: str) -> None:
    assert mentions(text, "info@borås.se")
    assert mentions(text, "INFO@xn--bors-soa.se")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "info@boras.se",
        "big-info@borås.se",
        "myinfo@borås.se",
        "info@borås.se.example",
        "info@borås.sem",
        "borås.se",
    ],
)
def test_another_address_is_not_taken_for_it(text: str) -> None:
    assert not mentions(text, "info@borås.se")


@settings(max_examples=300)
@given(st.text(max_size=80) | st.emails())
def test_an_address_never_carries_a_second_one(value: str) -> None:
    found = clean_address(value)
    if isinstance(found, Address):
        assert found.text.count("@") == 1
        assert not set(found.text) & set(' ,;<>\r\n\t"()[]:\\')
        assert found.text.rsplit("@", 1)[1].isascii()
