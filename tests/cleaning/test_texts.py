"""What passes the border, what is taken away, and that over-zealous filtering stays a defect."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning import Cleaned, clean_line, clean_text, read_line, read_text


@pytest.mark.parametrize(
    "text",
    [
        "O'Brien & Söhne GmbH",
        "@home",
        "+45 12 34 56 78",
        "=Equal= Rights",
        "-rf",
        "<b>bold</b> {{ x }} %s ${y}",
        "Žluťoučký kůň z.s.",
        "Região de Sintra, n.º 3",
        "Министерство образования",
        "Υπουργείο Παιδείας",
        "საქართველოს განათლება",
        "日本赤十字社",
        "（株）ＮＨＫ",
        "경기도교육청",
        "می\u200cخواهم",
        "क्\u200dष",
        "نه\u200cتنها",
        "👩\u200d👩\u200d👧 Family",
        "👩🏽\u200d⚕️ nurses",
        "❤️ in Borås",
        "R&D <3 50%",
        "=?utf-8?q?not_decoded?=",
        "Đặng Thị Ngọc",
        "שָׁלוֹם",
    ],
)
def test_legitimate_text_passes_untouched(text: str) -> None:
    cleaned = read_line(text)
    assert cleaned.text == unicodedata.normalize("NFC", text)
    assert cleaned.notes == ()


@pytest.mark.parametrize(
    ("text", "left", "code"),
    [
        ("AC\u200bME", "ACME", "invisible"),
        ("\ufeffACME", "ACME", "invisible"),
        ("ACME\u2066x\u2069", "ACMEx", "invisible"),
        ("AC\u202eEM", "ACEM", "invisible"),
        ("AC\u200cME", "ACME", "invisible"),
        ("AC\u00adME", "ACME", "invisible"),
        ("ACME\U000e0041\U000e0042", "ACME", "invisible"),
        ("ACME\ufe01\U000e0101", "ACME", "invisible"),
        ("x\x00.txt", "x.txt", "invisible"),
        ("\x1b[31mFAKE", "[31mFAKE", "invisible"),
        ("a\ud800b", "ab", "invisible"),
        ("Acme\r\nBcc: x@y.example", "Acme Bcc: x@y.example", "line-breaks"),
        ("Acme\u2028Bcc: x", "Acme Bcc: x", "line-breaks"),
        ("Acme\x85Bcc\x0bx\x1dy", "Acme Bcc x y", "line-breaks"),
        ("Аcme", "Аcme", "mixed-alphabets"),
        ("𝐀𝐂𝐌𝐄", "𝐀𝐂𝐌𝐄", "styled-letters"),
        ("ＡＣＭＥ", "ＡＣＭＥ", "styled-letters"),
        ("Acme\ufffd", "Acme\ufffd", "damaged"),
        ("Z" + "\u0301\u0323" * 40, "Ẓ́" + "", "accents"),
    ],
)
def test_what_cannot_be_seen_is_removed_and_what_misleads_is_told(text: str, left: str, code: str) -> None:
    cleaned = read_line(text)
    assert cleaned.has(code)
    if code != "accents":
        assert cleaned.text == left
    assert len(cleaned.text) < 12 or code == "line-breaks"


@pytest.mark.parametrize(
    ("text", "code"), [("АСМЕ", "double-letters"), ("ΝΑΤΟ", "double-letters"), ("A\u0336C\u0336", "overlay")]
)
def test_what_reads_as_something_else_is_told(text: str, code: str) -> None:
    assert read_line(text).has(code)


def test_flags_of_nations_show_something_and_hidden_tags_do_not() -> None:
    england = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    assert read_line(england + " FC").notes == ()
    assert read_line("\U0001f3f4\U000e0068\U000e0069\U000e007f FC").text == "\U0001f3f4 FC"


@pytest.mark.parametrize(("read", "limit"), [(read_line, 200), (read_text, 4_000)])
@pytest.mark.parametrize("letter", ["a", "é", "ж", "ﷺ"])
def test_the_limit_is_exact(read: Callable[[str], Cleaned], limit: int, letter: str) -> None:
    longest = limit // len(unicodedata.normalize("NFKC", letter))
    assert read(letter * longest).notes == ()
    assert read(letter * (longest + 1)).has("cut")
    assert len(read(letter * (longest + 1)).text) <= limit


def test_the_note_names_the_character() -> None:
    assert "U+202E RIGHT-TO-LEFT OVERRIDE" in read_line("a\u202eb").notes[0].words


@pytest.mark.parametrize("text", ["", "   ", "\u3164", "\u2800", "\u00a0\u00a0", "\u200b\u202e", "\ufeff", "\u0301"])
def test_a_name_that_looks_empty_is_empty(text: str) -> None:
    assert clean_line(text) is None


def test_paragraphs_keep_their_lines() -> None:
    assert clean_text("- one\r\n-  two\x0bthree\r\n\r\n\r\n\r\nend \t ") == "- one\n- two\nthree\n\nend"


@pytest.mark.parametrize("unit", ["A", "a ", "🙂", "<b>", "\u0301", "ﷺ", "\u200b", "\n", "=?utf-8?q?a?= ", "é"])
def test_fifty_thousand_characters_are_cut_to_the_limit(unit: str) -> None:
    value = (unit * 50_000)[:50_000]
    for cleaned, limit in ((read_line(value), 200), (read_text(value), 4_000)):
        assert len(cleaned.text) <= limit
        assert len(unicodedata.normalize("NFKC", cleaned.text)) <= limit + 3
        assert cleaned.has("cut")


@settings(max_examples=400)
@given(st.text(max_size=300))
def test_a_line_is_one_line_stays_as_it_is_and_hides_nothing(value: str) -> None:
    once = read_line(value).text
    assert read_line(once).text == once
    assert len(once) <= 200
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in once)
    assert not set(once) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff")


@settings(max_examples=200)
@given(st.text(max_size=500))
def test_a_paragraph_stays_as_it_is(value: str) -> None:
    once = read_text(value).text
    assert read_text(once).text == once
    assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in once)
