"""What single words of an organisation's name mean: Scholengroep is a school, Jugendamt a youth office.

Two lists: `config/linkage/public_words.tsv`, kept by hand, and `config/linkage/lexicon.tsv`, learnt by
`tools/train_lexicon.py` from pairs of names of one organisation in two languages (ROR, CC0).
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from math import log
from typing import NamedTuple

from pipeline.cleaning.data_files import data_file
from pipeline.cleaning.folding import fold, skeleton


class Part(StrEnum):
    """The part a word plays in a name."""

    NAME = "name"
    UNIT = "unit"
    BODY = "body"
    WORK = "work"
    LEGAL = "legal"
    STOP = "stop"
    PLAIN = "plain"


class Meaning(NamedTuple):
    """One thing a word says: the English `concept`, the part it plays, how much it tells (`rarity`, nats)."""

    concept: str
    part: Part
    rarity: float


HIGHEST_RARITY = 10.0
"""A word no registry knows tells this much, in nats."""

REFERENCE_NAMES = 45_000
"""Roughly how many names the reference frequencies were counted over (see the head of lexicon.tsv)."""


def stem(word: str) -> str:
    """An English word without its plural."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class Words(NamedTuple):
    """The two lists, read."""

    by_hand: dict[str, Meaning]
    endings: tuple[tuple[str, Meaning], ...]
    learnt: dict[str, tuple[str, ...]]
    frequency: dict[str, int]
    parts: dict[str, Part]


def rarity(frequency: float, names: float = REFERENCE_NAMES) -> float:
    """How much a word tells that so many of the reference names carry."""
    return min(HIGHEST_RARITY, log((names + 1) / (frequency + 0.5)))


@cache
def words() -> Words:
    """Both lists; read once."""
    learnt: dict[str, tuple[str, ...]] = {}
    frequency: dict[str, int] = {}
    file = data_file("linkage", "lexicon.tsv")
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        if line.startswith("#"):
            continue
        word, concepts, count = line.split("\t")
        if concepts:
            learnt[word] = tuple(concepts.split(" "))
        if count:
            frequency[word] = int(count)
    by_hand: dict[str, Meaning] = {}
    endings: list[tuple[str, Meaning]] = []
    parts: dict[str, Part] = {}
    for line in data_file("linkage", "public_words.tsv").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        part, concept, listed = line.split("\t")
        meaning = Meaning(concept, Part(part), rarity(frequency.get(concept, 300)))
        parts[concept] = Part(part)
        for word in listed.split(" "):
            key = skeleton(fold(word.lstrip("*")))
            if word.startswith("*"):
                endings.append((key, meaning))
            elif key:
                by_hand.setdefault(key, meaning)
    endings.sort(key=lambda ending: -len(ending[0]))
    return Words(by_hand, tuple(endings), learnt, frequency, parts)


@cache
def _one_slip() -> dict[str, str]:
    """Every way to drop one letter of a known long word -> the word ("" when words of other meanings share it)."""
    known = words()
    long_words = sorted(word for word in {*known.by_hand, *known.learnt} if len(word) >= LONG_WORD)
    slips: dict[str, str] = {}
    for word in long_words:
        for cut in range(len(word)):
            other = slips.setdefault(word[:cut] + word[cut + 1 :], word)
            if other and other != word and _plain_concepts(other) != _plain_concepts(word):
                slips[word[:cut] + word[cut + 1 :]] = ""
    slips.update({word: word for word in long_words})
    return slips


LONG_WORD = 7
"""Only words this long are forgiven a slip of the finger: shorter ones are too like one another."""


def _plain_concepts(word: str) -> tuple[str, ...]:
    known = words()
    meaning = known.by_hand.get(word)
    return (meaning.concept,) if meaning else known.learnt.get(word, ())


def _corrected(word: str) -> str | None:
    """The known word one slip (a letter more, less, other, or two swapped) away, if only one is."""
    slips = _one_slip()
    found = {slips.get(word, "")}
    found |= {slips.get(word[:cut] + word[cut + 1 :], "") for cut in range(len(word))}
    found.discard("")
    return found.pop() if len(found) == 1 else None


def _known(word: str) -> tuple[Meaning, ...]:
    known = words()
    hand = known.by_hand.get(word)
    if hand:
        return (hand,)
    learnt = known.learnt.get(word)
    if learnt:
        return tuple(
            Meaning(concept, known.parts.get(concept, Part.PLAIN), rarity(known.frequency.get(concept, 0)))
            for concept in learnt
        )
    return ()


@cache
def _ending_texts() -> tuple[str, ...]:
    return tuple(ending for ending, _ in words().endings)


def _compound(word: str) -> tuple[Meaning, ...]:
    """Arbetslivs|förvaltningen: the front and the ending of a compound, each with its meaning."""
    if not word.endswith(_ending_texts()):
        return ()
    for ending, meaning in words().endings:
        if len(word) > len(ending) + 2 and word.endswith(ending):
            front = word[: -len(ending)]
            # Of "yrkesskola" the skeleton leaves one s, which both its words need.
            fronts = (front, front + ending[0], front.rstrip("s"), front + "e")
            for linked in (*fronts, front.removesuffix("en"), front.removesuffix("e")):
                known = _known(linked)
                if known:
                    return (*known, meaning)
            return (Meaning(front, Part.NAME, HIGHEST_RARITY - 1), meaning)
    return ()


class WordInfo(NamedTuple):
    """A word's meanings and what follows from them, found once a word."""

    meanings: tuple[Meaning, ...]
    proper: bool
    """Every meaning is a name."""
    silent: bool
    """It says nothing: an article, a legal form."""
    placeable: bool
    """It may be the name of a place by itself."""


COMMON_WORD = 40
"""A single word carried by this many reference names is no place name unless it is the record's city."""


@cache
def word_info(word: str) -> WordInfo:
    """All about a folded, skeletonised word."""
    found = meanings(word)
    proper = all(meaning.part is Part.NAME for meaning in found)
    silent = found[0].part is Part.STOP or found[0].part is Part.LEGAL
    rare = words().frequency.get(word, 0) < COMMON_WORD
    return WordInfo(found, proper, silent, proper and rare and len(word) >= 3 and not word.isdigit())


@cache
def meanings(word: str) -> tuple[Meaning, ...]:
    """What a folded, skeletonised word says; an unknown word stands for itself."""
    if word.isdigit():
        return (Meaning(word.lstrip("0") or "0", Part.NAME, 4.0),)
    known = _known(word) or _compound(word)
    if known:
        return known
    if len(word) >= LONG_WORD:
        corrected = _corrected(word)
        if corrected:
            return _known(corrected)
    return (Meaning(stem(word), Part.NAME, rarity(words().frequency.get(stem(word), 0))),)
