"""Comparable text: one spelling of the same words, whatever their case, accents and script."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

_NOT_WORD = re.compile(r"[^0-9a-z]+")


def fold(text: str | None) -> str:
    """Lower-case ASCII words with single spaces: the same for every case, accent and script of a text."""
    if not text:
        return ""
    if not text.isascii():
        text = anyascii(unicodedata.normalize("NFKC", text))
    return _NOT_WORD.sub(" ", text.lower()).strip()


def skeleton(folded: str) -> str:
    """A folded text with umlauts spelt one way: `goeteborg`, `gøteborg` and `göteborg` become `goteborg`."""
    return folded.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("aa", "a").replace("ss", "s")
