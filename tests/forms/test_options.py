"""What was ticked: options in any spelling, with commas of their own, and what was typed beside them."""

from __future__ import annotations

import pytest

from pipeline.forms.options import as_option, as_options, most_commas
from pipeline.forms.questions import Option, comparable

OPTIONS = {
    comparable(text): Option(text=text)
    for text in ("Job shadowing", "Study visit", "Study visit, online", "Yes, and more, or less")
}


@pytest.mark.parametrize("text", ["Job shadowing", " job  SHADOWING. ", "Job\u00a0shadowing:", "Job shad\u200bowing"])
def test_an_option_is_found_however_it_is_spaced(text: str) -> None:
    found = as_option(text, OPTIONS)
    assert found
    assert found.text == "Job shadowing"


def test_what_is_no_option_is_none() -> None:
    assert as_option("Job shadow", OPTIONS) is None
    assert as_option("", OPTIONS) is None


@pytest.mark.parametrize(
    ("text", "chosen", "other"),
    [
        ("", [], None),
        ("Study visit, Job shadowing", ["Study visit", "Job shadowing"], None),
        ("Study visit, online, Job shadowing", ["Study visit, online", "Job shadowing"], None),
        ("Yes, and more, or less, Study visit", ["Yes, and more, or less", "Study visit"], None),
        ("Study visit, Circus, school, Study visit", ["Study visit"], "Circus, school"),
        (" ,, Circus", [], "Circus"),
    ],
)
def test_ticks_are_told_from_what_was_typed(text: str, chosen: list[str], other: str | None) -> None:
    found, typed = as_options(text, OPTIONS, most_commas(OPTIONS))
    assert ([option.text for option in found], typed) == (chosen, other)
