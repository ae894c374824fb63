"""Field masks, with dots, slashes, parentheses and stars."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.sandbox.api_errors import ApiError
from pipeline.sandbox.masks import apply_mask, merge_masked, parse_mask

DOCUMENT = {"a": {"b": 1, "c": {"d": 2, "e": 3}}, "list": [{"x": 1, "y": 2}, {"y": 3}], "z": 0}


@pytest.mark.parametrize(
    ("mask", "kept"),
    [
        ("z", {"z": 0}),
        ("a.c.d", {"a": {"c": {"d": 2}}}),
        ("a/c/d,z", {"a": {"c": {"d": 2}}, "z": 0}),
        ("a(b,c/e)", {"a": {"b": 1, "c": {"e": 3}}}),
        ("a.c.d,a.c.e,a.b", DOCUMENT["a"] and {"a": DOCUMENT["a"]}),
        ("a, a.b", {"a": DOCUMENT["a"]}),
        ("list(x)", {"list": [{"x": 1}, {}]}),
        ("list.*", {"list": DOCUMENT["list"]}),
        ("*", DOCUMENT),
        ("nothing", {}),
    ],
)
def test_a_mask_keeps_what_it_names(mask: str, kept: Any) -> None:
    assert apply_mask(DOCUMENT, parse_mask(mask)) == kept


@pytest.mark.parametrize("mask", ["a(b", "a)", ",a", "a..b", "a b", "a(b)c", "ä"])
def test_a_mask_that_cannot_be_read_is_refused(mask: str) -> None:
    with pytest.raises(ApiError):
        parse_mask(mask)


def test_writing_through_a_mask_clears_what_is_named_and_absent() -> None:
    old = {"bold": True, "color": {"red": 1}, "size": 10}
    new = {"size": 12}
    assert merge_masked(old, new, parse_mask("size,bold")) == {"color": {"red": 1}, "size": 12}
    assert merge_masked(old, new, None) == new
