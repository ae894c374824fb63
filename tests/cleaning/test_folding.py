"""One spelling of the same words, whatever their case, accents and script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning.folding import fold, skeleton


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Borås Stad", "boras stad"),
        ("  BORÅS,   stad! ", "boras stad"),
        ("Göteborg", "goteborg"),
        ("Αθήνα", "athina"),
        ("Школа № 7", "shkola no 7"),
        ("ﬁnland", "finland"),
        ("...", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_lower_case_ascii_words(text: str | None, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded.isascii()


@pytest.mark.parametrize("spelt", ["goeteborg", "goteborg"])
def test_umlauts_are_spelt_one_way(spelt: str) -> None:
    assert skeleton(spelt) == "goteborg"
    assert skeleton("strasse") == skeleton("strase")
