"""What can be told of a page's looks without eyes: contrast, width, language. The rest was looked at."""

from __future__ import annotations

import re
from dataclasses import fields
from itertools import product
from pathlib import Path

import pytest

from pipeline.letters.checking import sample_letters
from pipeline.letters.compose import DigestData
from pipeline.letters.templating import Templates
from pipeline.letters.verify import read_back
from pipeline.letters.view import PartyView

ROOT = Path(__file__).parents[2]
READABLE = 4.5
"""WCAG 2.2, 1.4.3: contrast of text, level AA."""


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("file", sorted((ROOT / "templates").glob("*/*.html")), ids=lambda file: file.name)
def test_every_text_stands_out_from_every_ground(file: Path) -> None:
    page = file.read_text(encoding="utf-8")
    inks = set(re.findall(r"(?<!-)\bcolor: ?(#[0-9a-f]{6})", page)) or {"#1d2733"}
    grounds = set(re.findall(r"background: ?(#[0-9a-f]{6})", page)) | {"#ffffff"}
    for ink, ground in product(inks, grounds):
        dark, light = sorted((luminance(ink), luminance(ground)))
        assert (light + 0.05) / (dark + 0.05) >= READABLE, f"{ink} on {ground}"


def test_pages_name_their_language_and_fit_a_phone(templates: Templates) -> None:
    for compose in sample_letters(templates):
        page = read_back(compose().content).html
        assert '<html lang="en">' in page
        assert "width=device-width" in page
        assert not re.search(r"(?<!max-)width: ?\d{3,}px", page)


def test_lines_of_the_text_part_fit_where_words_allow(templates: Templates) -> None:
    for compose in sample_letters(templates):
        for line in read_back(compose().content).text.split("\n"):
            assert len(line) <= 76


def test_every_field_a_template_may_name_is_in_the_manual() -> None:
    manual = (ROOT / "docs" / "letters.md").read_text(encoding="utf-8")
    names = {field.name for noun in (PartyView, DigestData) for field in fields(noun)}
    assert not [name for name in sorted(names) if f"`{name}`" not in manual]
