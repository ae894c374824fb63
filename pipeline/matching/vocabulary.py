"""The word lists of matching: codes and their names, places, small words, and the thesaurus.

Read once per process from `config/matching/`. Nothing here decides anything.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pipeline.cleaning.data_files import data_file
from pipeline.errors import ConfigurationError

_ACCENTS = re.compile("[\u0300-\u036f]+")

# Letters that Unicode does not take apart into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'"}
)


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Lower case without accents, for comparison only; letters of other scripts and punctuation stay as they are.

    Unlike `folding.fold`, which spells everything in ASCII words: texts are parted into sentences after this.
    """
    lowered = text.lower().translate(_LETTERS)
    if lowered.isascii():
        return lowered
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", lowered))


WHOLE = "$"
"""Ends a stem that is a word of its own: with `care$`, a career is no care."""


GENERAL, TELLING = "~", "!"
"""Before an idea of the thesaurus: that everybody in the field writes of it; that it alone tells what a text is about.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One idea of the field and the word beginnings that betray it, per language (folded); see `WHOLE`."""

    label: str
    stems: Mapping[str, tuple[str, ...]]
    mark: str = ""
    """`GENERAL`, `TELLING` or neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Everything `config/matching/` says, in the shape matching uses it."""

    topics: Mapping[str, str]
    formats: Mapping[str, str]
    target_groups: Mapping[str, str]
    languages: Mapping[str, str]
    without_meaning: frozenset[str]
    places: Mapping[str, str]
    """Folded place name -> code."""
    place_names: Mapping[str, str]
    """Code -> English name."""
    within: Mapping[str, tuple[str, ...]]
    stop_words: Mapping[str, frozenset[str]]
    stop_words_of_forms: frozenset[str]
    asides: tuple[str, ...]
    conditions: Mapping[str, frozenset[str]]
    """How a condition is written: whole words under "only" and "not", beginnings of words under others."""
    months: Mapping[str, frozenset[int]]
    """Folded name of a month -> its numbers: some languages call two months by one name."""
    stances: Mapping[str, tuple[str, ...]]
    """How a sentence begins to offer something or to wish for it (folded), under "offers" and "wishes"."""
    concepts: tuple[Concept, ...]

    def place_codes(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The codes of the places named, a country with the regions that count apart from it.

        Unknown names are left out: a preference nobody can read must not exclude anybody.
        """
        found: dict[str, None] = {}
        for name in names:
            code = self.places.get(fold(name).strip())
            if code is None and name in self.place_names:
                code = name
            for part in self.within.get(code or "", (code,) if code else ()):
                found[part] = None
        return tuple(found)


@cache
def vocabulary() -> Vocabulary:
    """The word lists, read from disk the first time.

    Raises ConfigurationError when a file is missing or cannot be read.
    """
    codes, wording, places = (_toml(name) for name in ("vocabulary.toml", "wording.toml", "places.toml"))
    return Vocabulary(
        topics=codes["topics"],
        formats=codes["formats"],
        target_groups=codes["target_groups"],
        languages=codes["languages"],
        without_meaning=frozenset(codes["without_meaning"]["topics"]),
        places={fold(name): code for code, names in places["places"].items() for name in names},
        place_names={code: names[0] for code, names in places["places"].items()},
        within={code: tuple(parts) for code, parts in places["within"].items()},
        stop_words={language: frozenset(words.split()) for language, words in wording["stop_words"].items()},
        stop_words_of_forms=frozenset(wording["stop_words_of_forms"]["words"].split()),
        asides=tuple(fold(phrase) for phrase in wording["asides"]["phrases"]),
        conditions={kind: frozenset(map(fold, words.split())) for kind, words in wording["conditions"].items()},
        months=_months(wording["months"]),
        stances={kind: tuple(fold(part) for part in parts) for kind, parts in wording["stances"].items()},
        concepts=_concepts(),
    )


@cache
def weights_file() -> Mapping[str, Any]:
    """`config/matching/weights.json` as it is: the model that tools/train_matching.py fitted."""
    loaded: Mapping[str, Any] = json.loads(_find("weights.json").read_text(encoding="utf-8"))
    return loaded


def _months(lists: Mapping[str, str]) -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for number, names in lists.items():
        for name in names.split():
            found[fold(name)] = found.get(fold(name), frozenset()) | {int(number)}
    return found


def _concepts() -> tuple[Concept, ...]:
    """One concept a line: `label | en: stem stem | fr: stem ...`, with its mark before it; `#` begins a comment."""
    concepts = []
    for line in _find("thesaurus.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        label, *parts = (part.strip() for part in line.split("|"))
        stems = {}
        for part in parts:
            language, _, words = part.partition(":")
            stems[language.strip()] = tuple(fold(word) for word in words.split())
        mark = label[0] if label[0] in (GENERAL, TELLING) else ""
        concepts.append(Concept(label=label.removeprefix(mark).strip(), stems=stems, mark=mark))
    return tuple(concepts)


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(_find(name).read_text(encoding="utf-8"))


def _find(name: str) -> Path:
    path = data_file("matching", name)
    if path.is_file():
        return path
    raise ConfigurationError(
        f"The word list config/matching/{name} is missing.", hint="Install the program again: it comes with it."
    )
