"""Whether a short form can be made of a name: Netspar of "Network for Studies on Pensions, Aging and Retirement"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

LONGEST = 12
"""Longer texts are names, not short forms."""


@lru_cache(maxsize=200_000)
def abbreviates(short: str, words: tuple[str, ...]) -> float:
    """How much of a name its beginnings of words, in order, account for: 1 all words, 0 it cannot be made.

    Each letter of `short` continues the beginning of one word or starts a later one; the share of words
    used is the result. `words` are folded and without those that say nothing.
    """
    if not 2 <= len(short) <= LONGEST or len(words) < 2:
        return 0.0
    if short[0] not in {word[0] for word in words}:
        return 0.0
    used = _most_words(short, 0, words, 0)
    return max(used, 0) / len(words)


def _most_words(short: str, at: int, words: Sequence[str], first: int) -> int:
    """The most words that can spell the rest of `short`; very negative when none can."""
    if at == len(short):
        return 0
    best = -100
    for position in range(first, len(words)):
        word = words[position]
        length = 0
        while at + length < len(short) and length < len(word) and short[at + length] == word[length]:
            length += 1
            best = max(best, 1 + _most_words(short, at + length, words, position + 1))
            if length >= 4:
                break
    return best
