from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning.plain_text import WIDTH, free_text, header_text, one_line, wrap

ANYTHING = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    "text",
    ["O'Brien & Söhne GmbH", "@home", "+45 12 34 56 78", "Žluťoučký kůň z.s.", "日本赤十字社", "می\u200cخواهم",
     "👩\u200d👩\u200d👧 NGO",
     "საქართველო", "Ελλάδα", "ACME\ufe0f", "50% Foundation", "=1+1", "{{ x }}", "Null"],
)  # fmt: skip
def test_what_people_legitimately_write_stays(text: str) -> None:
    assert one_line(text) == free_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Acme\r\nBcc: x", "Acme Bcc: x"),
        ("Acme\x0bBcc", "Acme Bcc"),
        ("A\x00B\x1bC", "A B C"),
        ("A\x85B\u2028C\u2029D", "A B C D"),
        ("A\u202ecme", "Acme"),
        ("A\u200bc\u2066me\ufeff", "Acme"),
        ("Acme\U000e0041", "Acme"),
        ("\ud800x", "\ufffdx"),
        ("  a   b\tc ", "a b c"),
        ("e\u0301", "é"),
        ("a" + "\u0301" * 50, "á" + "\u0301" * 4),
    ],
)
def test_what_deceives_or_breaks_lines_goes(text: str, shown: str) -> None:
    assert one_line(text) == shown


@pytest.mark.parametrize("text", [None, "", "  \n ", "\u200b", "\u3164\u2800", "\u200d\u200c", "\u202e"])
def test_nothing_visible_is_nothing(text: str | None) -> None:
    assert free_text(text) is one_line(text) is None


def test_paragraphs_stay_apart_and_stacks_of_blank_lines_do_not() -> None:
    assert free_text("a\r\n\r\n\r\n\r\nb\u2028c") == "a\n\nb\nc"


def test_an_excerpt_says_that_it_is_one() -> None:
    assert one_line("a" * 300, 10) == "aaaaaaaa …"


def test_a_header_shows_no_joiners() -> None:
    assert header_text("می\u200cخواهم") == "میخواهم"


@given(ANYTHING, st.integers(10, 100))
def test_one_line_is_one_line_whatever_comes(text: str, limit: int) -> None:
    line = one_line(text, limit)
    if line is None:
        return
    assert 0 < len(line) <= limit
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in line)
    assert one_line(line, limit) == line
    line.encode()


@given(ANYTHING)
def test_a_header_holds_no_unseen_sign(text: str) -> None:
    assert not any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for sign in header_text(text))


@given(st.text(st.sampled_from("ab -.")), st.integers(0, 6))
def test_wrapping_loses_no_word(text: str, indent: int) -> None:
    wrapped = wrap(" " * indent + text)
    assert wrapped.split() == text.split()


def test_lines_are_broken_at_blanks_under_their_own_indent() -> None:
    words = "word " * 40
    for start, hanging in (("", ""), ("    ", "    "), ("- ", "  ")):
        lines = wrap(start + words).split("\n")
        assert all(len(line) <= WIDTH for line in lines)
        assert all(line.startswith(hanging + "word") for line in lines[1:])


def test_an_address_too_long_for_a_line_stays_whole() -> None:
    assert wrap("see " + "x" * 200 + " there").split("\n") == ["see", "x" * 200, "there"]
