"""Which two sentences, one of each, are about the same, so that they can be quoted beside one another.

The two answers alone decide, by the ideas of the thesaurus: what may be quoted does not depend on who else answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from pipeline.matching.facts import shared_answers
from pipeline.matching.text import (
    does,
    ideas_in,
    is_condition,
    language_by_ideas,
    language_of,
    plain_words_in,
    quotable,
)
from pipeline.matching.vocabulary import GENERAL, TELLING, fold, vocabulary
from pipeline.model import Entry, Role

IDEAS_BESIDE, WORDS_BESIDE = 2, 2
"""General ideas, or longer words, that two sentences must share beside an idea that may stand there by chance."""
GLANCE = 240
"""Characters of a text that are shown where nothing can be said of it."""
_TOPIC, _TELLING, _OTHER, _GENERAL, _WORD, _STANCE = 4.0, 3.0, 2.0, 0.4, 0.25, 0.5
"""What a shared idea or word is worth where several pairs of sentences could be quoted, and a sentence that wishes on
the one side or offers on the other."""


class _Sentence(NamedTuple):
    """A sentence as written, the ideas in it, its longer words without an idea, and what it does."""

    text: str
    ideas: frozenset[str]
    words: frozenset[str]
    wishes: bool
    offers: bool


def about_the_same(asking: Entry, offering: Entry, *, partners: bool = False) -> tuple[str, str]:
    """The sentence of a wish and that of an offer which say most about the same; empty ones when no two do.

    They share an idea of a topic that both chose, a telling one, or several; one that everybody in the field writes
    of is none of these. Words count only within a language: one that looks alike may mean something else elsewhere.
    Of a text that could be a wish or an offer, what offers is no wish and what wishes no offer; `partners` may do both.
    """
    topic = _ideas_of(shared_answers("topics", asking, offering))
    sought, asked = _sentences(asking.seeks or asking.text or "", asking.text_lang)
    offer, offered = _sentences(offering.offers or offering.text or "", offering.text_lang)
    if not partners:
        asked = asked if asking.seeks or asking.role is not Role.EITHER else _without(asked, "offers")
        offered = offered if offering.offers or offering.role is not Role.EITHER else _without(offered, "wishes")
    best, most = ("", ""), 0.0
    there = frozenset().union(*(right.ideas for right in offered))
    for left in (one for one in asked if not there.isdisjoint(one.ideas)):
        for right in offered:
            ideas = left.ideas & right.ideas
            words = left.words & right.words if ideas and sought == offer else frozenset[str]()
            if ideas and _bears_out(ideas, words, topic):
                worth = _worth(ideas, words, topic) + _STANCE * (left.wishes + right.offers)
                if worth > most:
                    best, most = (left.text, right.text), worth
    return closed(best[0]), closed(best[1])


def beginning(text: str) -> str:
    """The first whole sentences of a text, as many as are read at a glance, to be put beside another by a person."""
    chosen: list[str] = []
    for sentence in map(closed, quotable(text)):
        if chosen and sum(map(len, chosen)) + len(sentence) > GLANCE:
            break
        chosen.append(sentence)
    return " ".join(chosen)


def closed(sentence: str) -> str:
    """A sentence as it stands in quotation marks of ours."""
    plain = sentence.replace("“", "'").replace("”", "'")
    return plain if not plain or plain[-1] in ".!?" else f"{plain}."


def _bears_out(ideas: frozenset[str], words: frozenset[str], topic: frozenset[str]) -> bool:
    """Whether two sentences that share these are about the same."""
    marks = _marks()
    own = [idea for idea in ideas if marks[idea] != GENERAL]
    if not own:
        return False
    alone = any(idea in topic or marks[idea] == TELLING for idea in own)
    return alone or len(own) > 1 or len(ideas) > IDEAS_BESIDE or len(words) >= WORDS_BESIDE


def _worth(ideas: Iterable[str], words: Sequence[str] | frozenset[str], topic: frozenset[str]) -> float:
    marks = _marks()
    of_mark = {TELLING: _TELLING, GENERAL: _GENERAL, "": _OTHER}
    each = [_TOPIC if idea in topic and marks[idea] != GENERAL else of_mark[marks[idea]] for idea in ideas]
    return sum(each) + _WORD * len(words)


@cache
def _marks() -> dict[str, str]:
    return {concept.label: concept.mark for concept in vocabulary().concepts}


@lru_cache(maxsize=20_000)
def _ideas_of(labels: tuple[str, ...]) -> frozenset[str]:
    """The ideas that the words of topics name: those of "Gender equality" are gender equality."""
    return frozenset(idea for label in labels for idea in ideas_in(fold(label), "en"))


@lru_cache(maxsize=20_000)
def _sentences(text: str, language: str | None) -> tuple[str | None, tuple[_Sentence, ...]]:
    """A text's language, and its sentences worth quoting that have an idea in them and are no conditions."""
    spoken = language or language_of(text) or language_by_ideas(text)
    found = []
    for sentence in quotable(text):
        folded = fold(sentence)
        if (ideas := ideas_in(folded, spoken)) and not is_condition(sentence):
            wishes, offers = (does(folded, kind) for kind in ("wishes", "offers"))
            words = frozenset(plain_words_in(folded, spoken))
            found.append(_Sentence(sentence, frozenset(ideas), words, wishes, offers))
    return spoken, tuple(found)


def _without(sentences: Sequence[_Sentence], kind: str) -> tuple[_Sentence, ...]:
    """Of a text that may be a wish or an offer, what is not the other: none where any of it is, and nothing else is."""
    other = "wishes" if kind == "offers" else "offers"
    if any(getattr(one, kind) for one in sentences) and not any(getattr(one, other) for one in sentences):
        return ()
    return tuple(one for one in sentences if not getattr(one, kind))
