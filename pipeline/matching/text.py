"""What a text is about, as weighted terms.

Terms are word beginnings (six letters: a light stem that works in all our languages) and concepts of the
thesaurus, which carry across languages and across ways of saying the same. A sentence that speaks of
something else the organisation does weighs a fifth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from pipeline.matching.vocabulary import WHOLE, fold, vocabulary

Terms = Mapping[str, float]
"""Term -> weight in (0, 1]."""
IDEA = "§"
"""How the term of an idea of the thesaurus begins."""

STEM = 6
BESIDE = 2
"""Words between one that denies and what it denies, at most."""
LEAST_WORDS = 2
"""Words with an idea that tell a language."""
LONG_NAME = 6
"""Letters of a month's name up to which it has no other endings."""
LEAST_JOINED = 5
"""Letters of a stem that may stand inside a word, in languages that join words."""
ASIDE_WEIGHT = 0.2
MOST_CHARACTERS = 8000
"""More of one answer is not read: nobody describes a need in more, and cost grows with length."""

QUOTED_FROM = 2000
"""A quotation is looked for in the beginning of a text."""

ASIDE = "\x00"
"""Marks a remark that stood in brackets."""
LEAST_QUOTED, MOST_QUOTED = 25, 220
"""Characters of a sentence worth quoting."""
_QUOTED_END = re.compile(r"(?<=[.!?])\s+")
_PARENTHESES = re.compile(r"\(([^()]{12,})\)")
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n+")
_LETTERS = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]{3,}")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
_ENGLISH = "en"
_DENIES = frozenset({"no"})
"""Limits and always denies; other words of both lists ("pas") mean "only" in one language and "not" in another."""
_MODAL = "may"
"""A month only with a capital."""


@lru_cache(maxsize=65_536)
def sentences(text: str) -> tuple[tuple[str, float], ...]:
    """The folded sentences of a text with how much each counts."""
    folded = fold(text[:MOST_CHARACTERS])
    # a remark in parentheses becomes a sentence of its own, marked so that it counts as an aside
    marked = _PARENTHESES.sub(lambda found: f". \x00{found.group(1).rstrip('.')}. ", folded)
    return tuple(
        (sentence.lstrip("\x00"), ASIDE_WEIGHT if _is_aside(sentence) else 1.0)
        for sentence in _SENTENCE_END.split(marked)
        if sentence.strip(" .\x00")
    )


@lru_cache(maxsize=65_536)
def quotable(text: str) -> tuple[str, ...]:
    """The whole main sentences of a text as written, for quoting: no asides, no links, none cut off or too long."""
    return tuple(sentence for sentence in _lines(text) if len(sentence) >= LEAST_QUOTED)


@lru_cache(maxsize=65_536)
def _lines(text: str) -> tuple[str, ...]:
    """The sentences that may be quoted, however short."""
    start = text[: QUOTED_FROM + 1]
    found = []
    for line in start.splitlines():
        plain = line if line.isprintable() else "".join(c if c.isprintable() else " " for c in line)
        found += [sentence.strip() for sentence in _QUOTED_END.split(plain)]
    if len(text) > QUOTED_FROM:
        found = found[:-1]
    return tuple(
        sentence
        for sentence in found
        if len(sentence) <= MOST_QUOTED and "://" not in sentence and not _is_aside(fold(sentence))
    )


@lru_cache(maxsize=65_536)
def condition_in(text: str) -> str | None:
    """The sentence of a text, as written, that most looks like a condition: "Closed in July", "Groups of six at most".

    A word that limits, with a time of the year; or with a number and what it is about; or "only" or "must" with that.
    Nothing is read out of it: it is shown to whoever decides.
    """
    if not any(_is_limited(_TOKEN.findall(sentence)) for sentence, _ in sentences(text)):
        return None
    found = [(_limits(sentence), sentence) for sentence in _lines(text)]
    strength, sentence = max(found, key=lambda one: one[0], default=(0, ""))
    return sentence if strength else None


def does(folded: str, kind: str) -> bool:
    """Whether a folded sentence "offers" or "wishes", by how it is phrased."""
    return _stance(kind).search(f" {folded}") is not None


@cache
def _stance(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, vocabulary().stances[kind])))


@lru_cache(maxsize=20_000)
def only_does(text: str, kind: str) -> bool:
    """Whether a text "offers" and nowhere wishes, or the other way round."""
    folded = [fold(sentence) for sentence in _lines(text)]
    other = "wishes" if kind == "offers" else "offers"
    return any(does(one, kind) for one in folded) and not any(does(one, other) for one in folded)


def is_condition(sentence: str) -> bool:
    """Whether a sentence, as written, reads like a condition: see `condition_in`."""
    return _limits(sentence) > 0


def _limits(sentence: str) -> int:
    words = _TOKEN.findall(fold(sentence))
    if not _is_limited(words):
        return 0
    is_strict = not vocabulary().conditions["only"].isdisjoint(words)
    when, about = _beginnings("when"), _beginnings("about")
    subject = any(word.startswith(about) for word in words)
    number = any(word.isdigit() for word in words)
    if months_in(sentence) or any(word.startswith(when) for word in words):
        return 3
    if subject and number:
        return 2
    return int((subject and is_strict) or _is_unwanted(words))


def _is_unwanted(words: Sequence[str]) -> bool:
    """Whether a word that denies stands beside one that wants: "do not interest us"."""
    denies = [place for place, word in enumerate(words) if word in vocabulary().conditions["not"]]
    wants = [place for place, word in enumerate(words) if word.startswith(_beginnings("wanted"))]
    return any(abs(one - other) <= BESIDE for one in denies for other in wants)


def months_in(sentence: str) -> tuple[frozenset[int], ...]:
    """The months that a sentence names, in its order: the numbers each may have."""
    words = [word for word in _TOKEN.findall(fold(sentence)) if word != _MODAL or _MODAL.title() in sentence]
    found = [_month(word) for word in words]
    return tuple(month for month in found if month)


@lru_cache(maxsize=20_000)
def _month(word: str) -> frozenset[int]:
    """The numbers of the month that a folded word names, if any."""
    names = vocabulary().months
    if word in names:
        return names[word]
    if len(word) <= LONG_NAME:
        return frozenset()
    others = (name for name in names if len(name) > LONG_NAME and len(word) < len(name) + STEM)
    return frozenset(number for name in others if word.startswith(name[:-1]) for number in names[name])


def closed_in(sentence: str) -> frozenset[int]:
    """The months that a sentence rules out: "closed from 5 July to 31 August" -> 7 and 8; none where it says "only"."""
    words = _TOKEN.findall(fold(sentence))
    lists = vocabulary().conditions
    if lists["not"].isdisjoint(words) or not (lists["only"] - _DENIES).isdisjoint(words):
        return frozenset()
    named = months_in(sentence)
    if len(named) == 2 and all(len(month) == 1 for month in named):
        (first,), (last,) = named
        return frozenset((first - 1 + step) % 12 + 1 for step in range((last - first) % 12 + 1))
    return frozenset().union(*named)


def _is_limited(words: Sequence[str]) -> bool:
    lists = vocabulary().conditions
    return not (lists["only"].isdisjoint(words) and lists["not"].isdisjoint(words))


@cache
def _beginnings(kind: str) -> tuple[str, ...]:
    return tuple(sorted(vocabulary().conditions[kind]))


def main_sentences(text: str) -> list[str]:
    """The sentences of a text as written, without remarks in brackets and what speaks of something else."""
    start = _PARENTHESES.sub(lambda found: f". {ASIDE}{found.group(1)}. ", text[:MOST_CHARACTERS])
    return [
        sentence.strip()
        for sentence in _SENTENCE_END.split(start)
        if sentence.strip(" .") and not _is_aside(fold(sentence.strip()))
    ]


@cache
def _languages_of_small_words() -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for language, small in vocabulary().stop_words.items():
        for word in small:
            found.setdefault(word, []).append(language)
    return found


@lru_cache(maxsize=65_536)
def language_of(text: str) -> str | None:
    """The language of a text by its small words; None when fewer than two of them tell.

    A tie goes to English, then to the order of the list: the forms are mostly English.
    """
    counted = dict.fromkeys(vocabulary().stop_words, 0)
    of_word = _languages_of_small_words()
    for word in _LETTERS.findall(fold(text[:MOST_CHARACTERS])):
        for language in of_word.get(word, ()):
            counted[language] += 1
    best = max(counted, key=lambda language: (counted[language], language == _ENGLISH))
    return best if counted[best] >= 2 else None


@lru_cache(maxsize=65_536)
def language_by_ideas(text: str) -> str | None:
    """The language of a text too short to tell by its small words: the one in which most of its words have an idea.

    None when that is a single word, or as many have one in two languages that find different ideas.
    """
    words = dict.fromkeys(_WORD.findall(fold(text[:MOST_CHARACTERS])))
    found = {}
    for language in sorted({language for concept in vocabulary().concepts for language in concept.stems}):
        own = [_terms_of_word(word, language)[1:] for word in words]
        found[language] = (sum(map(bool, own)), frozenset(idea for ideas in own for idea in ideas))
    most = max(number for number, _ in found.values())
    best = [language for language, (number, _) in found.items() if number == most]
    return best[0] if most >= LEAST_WORDS and len({found[language][1] for language in best}) == 1 else None


def terms(text: str, language: str | None) -> dict[str, float]:
    """The terms of a text; `language` None means: tell it from the text."""
    spoken = language or language_of(text) or _ENGLISH
    found: dict[str, float] = {}
    for sentence, weight in sentences(text):
        for term in said_in(sentence, spoken):
            if found.get(term, 0.0) < weight:
                found[term] = weight
    return found


@lru_cache(maxsize=20_000)
def said_in(sentence: str, language: str | None) -> tuple[str, ...]:
    """The terms of one folded sentence, each once, as they come."""
    spoken = language or _ENGLISH
    return tuple(dict.fromkeys([term for word in _WORD.findall(sentence) for term in _terms_of_word(word, spoken)]))


@lru_cache(maxsize=20_000)
def ideas_in(sentence: str, language: str | None) -> tuple[str, ...]:
    """The ideas of the thesaurus in a folded sentence, by their labels."""
    spoken = language or _ENGLISH
    terms_of = [_terms_of_word(word, spoken) for word in _WORD.findall(sentence)]
    return tuple(dict.fromkeys([term.removeprefix(IDEA) for found in terms_of for term in found[1:]]))


@lru_cache(maxsize=20_000)
def plain_words_in(sentence: str, language: str | None) -> tuple[str, ...]:
    """The beginnings of the longer words of a folded sentence that have no idea in them and are no small words."""
    spoken = language or _ENGLISH
    terms_of = [_terms_of_word(word, spoken) for word in _WORD.findall(sentence) if len(word) >= STEM]
    return tuple(dict.fromkeys([found[0] for found in terms_of if len(found) == 1]))


@lru_cache(maxsize=200_000)
def _terms_of_word(word: str, language: str) -> tuple[str, ...]:
    words = vocabulary()
    if word in words.stop_words.get(language, ()) or word in words.stop_words_of_forms:
        return ()
    if language != _ENGLISH and word in words.stop_words[_ENGLISH]:
        return ()
    concepts = _concepts_of_word(word, language)
    return (word[:STEM], *(f"{IDEA}{label}" for label in concepts))


def _concepts_of_word(word: str, language: str) -> tuple[str, ...]:
    """Concepts whose stem the word begins with, or is; in languages that join words, also inside it."""
    found: dict[str, None] = {}
    for spoken in dict.fromkeys((language, _ENGLISH)):
        starts, inside = _stems(spoken)
        for label in starts.get(f"{word}{WHOLE}", ()):
            found[label] = None
        for length in range(3, len(word) + 1):
            for label in starts.get(word[:length], ()):
                found[label] = None
        if inside:
            joined = {
                (number, label)
                for start in range(2, len(word) - LEAST_JOINED + 1)
                for number, stem, label in inside.get(word[start : start + LEAST_JOINED], ())
                if len(word) > len(stem) + 2 and word.startswith(stem, start)
            }
            found.update((label, None) for _, label in sorted(joined))
    return tuple(found)


@cache
def _stems(language: str) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, list[tuple[int, str, str]]]]:
    """Stem -> labels, and first letters of a stem that may stand inside a word -> number, stem, label."""
    starts: dict[str, tuple[str, ...]] = {}
    inside: dict[str, list[tuple[int, str, str]]] = {}
    joins = language in {"de", "nl", "sv", "no", "da", "fi"}
    for number, concept in enumerate(vocabulary().concepts):
        for stem in concept.stems.get(language, ()):
            starts[stem] = (*starts.get(stem, ()), concept.label)
            if joins and len(stem) >= LEAST_JOINED and not stem.endswith(WHOLE):
                inside.setdefault(stem[:LEAST_JOINED], []).append((number, stem, concept.label))
    return starts, inside


@lru_cache(maxsize=20_000)
def _is_aside(sentence: str) -> bool:
    return sentence.startswith(ASIDE) or any(phrase in sentence for phrase in vocabulary().asides)
