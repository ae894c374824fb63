"""Requests directed to somebody: an organisation, a region, a project that an entry asks for by name.

Read from the field made for it, else from the sentences of the text that speak of a wish to go somewhere ("We met X
at a network meeting and would love to visit them"). Asked for by name means that a name was written: words of the
trade, descriptions ("a school with a strong network") and partners mentioned by the way are none. A place means
everybody there. A name that nobody here goes by becomes a suggestion to invite somebody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from itertools import groupby, pairwise

from pipeline.matching.eligibility import nation
from pipeline.matching.names import (
    Caution,
    Mention,
    Names,
    Place,
    Word,
    is_subject,
    key_of,
    name_words,
    places_in,
    words_of,
)
from pipeline.matching.text import main_sentences
from pipeline.matching.vocabulary import fold, vocabulary
from pipeline.model import AskedFor, Entry, Organisation, Role

LONGEST_NAME = 120
"""More of what was written as a name is not repeated to anybody."""
MOST_WORDS_OF_A_NAME = 16
_OR = re.compile(
    r"\s+(?:or|oder|ou|o|eller|lub|albo|tai|vagy|nebo|alebo|ili|ali|või|vai|ar|arba|sau|або|или|ή|veya|bzw\.?)\s+|\s*/\s*"
    r"|\s*;\s*|\s+of\s+(?=[A-ZÀ-Þ])(?=.*\bof\b.*\bof\b)",
    re.IGNORECASE,
)
_AND = re.compile(r"\s+(?:and|und|et|y|e|i|og|och|en|ja|și|a|és|ir|un|та|и|και|ve|&)\s+|\s*,\s*", re.IGNORECASE)


@dataclass(slots=True)
class Directed:
    """Who asked for whom, by position in the list of entries."""

    targets: dict[int, frozenset[int]] = field(default_factory=dict)
    """Asker -> the entries of the organisation asked for by name."""
    there: dict[int, frozenset[int]] = field(default_factory=dict)
    """Asker -> everybody in the place asked for; empty when nobody is."""
    called: dict[int, str] = field(default_factory=dict)
    """Asker -> the name or place as it was written."""
    places: dict[int, frozenset[str]] = field(default_factory=dict)
    """Asker -> countries wished for in words (codes), beyond the boxes."""
    unresolved: dict[int, str] = field(default_factory=dict)
    """Asker -> a name that nobody here goes by."""

    def wanted_by(self, asker: int) -> frozenset[int]:
        """Everybody the name or place that the asker wrote means."""
        targets, there = self.targets.get(asker), self.there.get(asker, frozenset())
        return targets | there if targets else there

    def certain_for(self, asker: int) -> frozenset[int]:
        """The same without whole countries, which are a wish like others."""
        return self.targets.get(asker, frozenset()) if asker in self.places else self.wanted_by(asker)

    def asked_for(self, asker: int, other: int, asking: Entry, country: str | None) -> AskedFor:
        """What the asker's name or place says about one candidate, which lies in `country`."""
        if other in self.targets.get(asker, ()):
            return AskedFor.THIS
        if other in self.there.get(asker, ()):
            return AskedFor.PLACE
        if asker in self.targets or asker in self.there or asker in self.unresolved:
            return AskedFor.OTHER
        words = self.places.get(asker, frozenset())
        if country and (country in words or country in asking.preferred_places):
            return AskedFor.PLACE
        return AskedFor.OTHER if words else AskedFor.NOBODY


def directed_requests(entries: Sequence[Entry], organisations: Sequence[Organisation] = ()) -> Directed:
    """Find every directed request in the field and in the text of the entries that may travel."""
    names = Names(entries, organisations)
    found = Directed()
    for asker, entry in enumerate(entries):
        if entry.named_partner and not says_nobody(entry.named_partner):
            _from_field(found, names, asker, entry.named_partner)
        if asker not in found.called and (entry.role is not Role.HOST or "project_partnership" in entry.formats):
            _from_text(found, names, asker, entry)
    return found


def says_nobody(written: str) -> bool:
    """Whether what stands in the field for a name means "nobody in particular", or "not them"."""
    lists = name_words()
    words = [word.key for word in words_of(written)]
    text = " ".join(words)
    if not any(character.isalpha() for character in written) or (text in lists.nobody and not written.isupper()):
        return True
    if text in lists.nobody and len(text) <= 2:
        return True
    padded = f" {text} "
    return (words[0] in lists.not_them_first and len(words) > 1) or any(f" {x} " in padded for x in lists.not_them)


def _from_field(found: Directed, names: Names, asker: int, written: str) -> None:
    meant, there, codes, placed, unknown = _read_field(names, asker, written)
    if meant or placed or unknown:
        found.called[asker] = written.strip()[:LONGEST_NAME]
    if meant:
        found.targets[asker] = meant
    if placed:
        found.there[asker] = there
        if codes and not meant:
            found.places[asker] = _with_parts(codes)
    elif unknown and not meant:
        found.unresolved[asker] = written.strip()[:LONGEST_NAME]


def _read_field(
    names: Names, asker: int, written: str
) -> tuple[frozenset[int], frozenset[int], frozenset[str], bool, bool]:
    """Whom the field means, who lies where it says, its countries, whether it names a place, or somebody unknown."""
    whole = names.mention(written)
    meant = names.find(whole, asker) if len(whole.words) <= MOST_WORDS_OF_A_NAME else frozenset()
    parts = [names.mention(part) for part in _OR.split(written) if words_of(part)]
    if len(parts) == 1 and not meant:
        parts = [names.mention(part) for part in _AND.split(written) if words_of(part)]
        if (
            len(parts) > 1
            and sum(bool(names.find(part, asker)) for part in parts) < 2
            and not all(part.only_places for part in parts)
        ):
            parts = [whole]
    elif len(parts) == 1:
        parts = [whole]
    described = _is_description(whole)
    there: frozenset[int] = frozenset()
    codes: frozenset[str] = frozenset()
    meant, placed, unknown = frozenset(), False, False
    for part in parts:
        found = names.find(part, asker) if not (described and not _exact(names, part, asker)) else frozenset()
        if found:
            meant |= found
            continue
        if part.places and (described or part.only_places or _is_description(part)):
            there |= names.in_places(part.places, asker)
            codes |= {place.country for place in part.places if place.country}
            placed = True
            continue
        unknown |= not described and _holds_a_name(part)
    return meant, there, frozenset(codes), placed, unknown


def _exact(names: Names, mention: Mention, asker: int) -> bool:
    return bool(set(names.by_name.get(mention.keys, ())) - {asker})


def _is_description(mention: Mention) -> bool:
    """ "A school with a strong network", "any region", "the school we met in May": nobody's name."""
    lists = name_words()
    words = mention.words
    if not words:
        return True
    if words[0].key in lists.anybody_first and len(words) > 1:
        return True
    return any(word.key in lists.anybody_inside and word.text.islower() for word in words[1:])


def _holds_a_name(mention: Mention) -> bool:
    """Whether something unknown reads as a name: a proper word, or a place and a kind of body."""
    capitals = [word for word in mention.words if word.capital and not word.silent]
    if not any(word.capital for word in mention.words):
        return bool(mention.proper) and not mention.kinds and not mention.soft and len(mention.words) <= 2
    if mention.proper:
        only_first = len(capitals) == 1 and capitals[0] is mention.words[0] and len(mention.words) > 2
        return not (only_first and not capitals[0].short_form)
    return bool(mention.places and mention.kinds and not mention.only_places)


@dataclass(slots=True)
class _Told:
    """What the wishes in a text name."""

    meant: frozenset[int] = frozenset()
    called: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    there: frozenset[int] = frozenset()
    towns: list[str] = field(default_factory=list)
    countries: dict[str, str] = field(default_factory=dict)
    """Code -> as it was written."""


def _from_text(found: Directed, names: Names, asker: int, entry: Entry) -> None:
    text = ". ".join(part for part in (entry.title, entry.seeks, entry.text) if part)
    told = _Told()
    for sentence in main_sentences(text) if text else ():
        wish = wish_in(sentence)
        if wish:
            words = words_of(sentence)
            if wish is Wish.GO:
                _names_told(told, names, asker, sentence, words)
            _places_told(told, names, asker, sentence, words, wish)
    if told.meant:
        found.targets[asker] = told.meant
        within = {part for part in told.called for name in told.called if part in name and part != name}
        whole = [name for name in dict.fromkeys(told.called) if name not in within]
        found.called[asker] = " and ".join(whole)[:LONGEST_NAME]
    elif told.unknown:
        found.unresolved[asker] = found.called[asker] = told.unknown[0][:LONGEST_NAME]
    elif told.there:
        found.there[asker] = told.there
        found.called[asker] = told.towns[0][:LONGEST_NAME]
    elif told.countries and not entry.preferred_places:
        found.places[asker] = codes = _with_parts(told.countries)
        found.there[asker] = names.in_countries(codes, asker)
        found.called[asker] = " or ".join(dict.fromkeys(told.countries.values()))[:LONGEST_NAME]


def _names_told(told: _Told, names: Names, asker: int, sentence: str, words: Sequence[Word]) -> None:
    german, headline = _capitals_are_common(sentence), _headline(words)
    caution = Caution.CAPITALS_SAY_NOTHING if german or headline else Caution.TEXT
    for mention in _mentions(names, sentence, words):
        hit = names.find(mention, asker, caution=caution)
        if hit:
            told.meant |= hit
            told.called.append(mention.text)
        elif (
            not headline
            and not _described(sentence, mention)
            and _unknown_in_text(mention, names, asker, german=german)
        ):
            told.unknown.append(mention.text)


def _described(sentence: str, mention: Mention) -> bool:
    """Whether a stretch of a sentence only describes somebody: "a Skills Centre" is nobody's name."""
    before = words_of(sentence[: sentence.find(mention.text)])
    return bool(before) and before[-1].key in name_words().anybody_first and bool(mention.kinds)


def _places_told(told: _Told, names: Names, asker: int, sentence: str, words: Sequence[Word], wish: Wish) -> None:
    own = nation(names.entries[asker].country)
    for place in places_in(words):
        written = sentence[words[place.first].start : words[place.last - 1].end]
        if place.country and nation(place.country) != own:
            told.countries.setdefault(place.country, written)
        elif not place.country and wish is Wish.GO and _goes_there(words, place) and not names.is_own(place, asker):
            told.there |= names.in_places([place], asker)
            told.towns.append(written)


def _with_parts(codes: Iterable[str]) -> frozenset[str]:
    """Countries with the regions that count apart from them."""
    return frozenset(part for code in codes for part in vocabulary().within.get(code, (code,)))


class Wish(StrEnum):
    """What a sentence wishes for."""

    GO = "go"
    SEEK = "seek"


@cache
def _wishes() -> dict[str, re.Pattern[str]]:
    return {name: _beginning_of(stems) for name, stems in name_words().wishes.items()}


def _beginning_of(stems: Iterable[str]) -> re.Pattern[str]:
    """Finds a word that begins with any of the stems; by first letter, because most words begin with none."""
    by_letter = groupby(sorted({fold(stem) for stem in stems}), key=lambda stem: stem[0])
    rests = (f"{letter}(?:{'|'.join(re.escape(stem[1:]) for stem in some)})" for letter, some in by_letter)
    return re.compile(rf"\b(?:{'|'.join(rests)})")


@lru_cache(maxsize=20_000)
def wish_in(sentence: str) -> Wish | None:
    """Whether a sentence wishes to go somewhere or to find somebody; one that says "not" wishes for nothing."""
    folded, patterns = fold(sentence), _wishes()
    if patterns["rather"].search(folded) or (patterns["want"].search(folded) and patterns["go"].search(folded)):
        wish = Wish.GO
    elif patterns["seek"].search(folded):
        wish = Wish.SEEK
    else:
        return None
    text = f" {' '.join(word.key for word in words_of(sentence))} "
    return None if any(f" {phrase} " in text for phrase in name_words().not_them) else wish


def _mentions(names: Names, sentence: str, words: Sequence[Word]) -> Iterator[Mention]:
    """Stretches of a sentence that may be a name: words with a capital, kinds of bodies, and what joins them."""
    for first, end in _stretches(sentence, words):
        last = _without_tail(words, first, end)
        written = sentence[words[first].start : words[last - 1].end]
        whole = names.mention(written, loose=False)
        if any(word.capital for word in whole.words):
            yield whole
            pieces = [part for part in _AND.split(written) if part.strip() != written]
            for part in pieces:
                mention = names.mention(part, loose=False)
                if mention.words and any(word.capital for word in mention.words):
                    yield mention


def _stretches(sentence: str, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    lists = name_words()
    first: int | None = None
    last = 0
    for number, word in enumerate(words):
        gap = sentence[words[number - 1].end : word.start] if number else ""
        apart = bool(re.search(r"[,;:()\"“”«»!?]|\s[-–—]\s|\.\s", gap)) or bool(_OR.fullmatch(f" {word.text} "))
        if apart and first is not None:
            yield first, last
            first = None
        joins = word.silent and not word.capital
        opens = number == 0 and word.capital and not word.short_form
        able = not joins and (word.capital or word.kinds or word.key in lists.regions or word.key in lists.countries)
        if opens and (word.silent or is_subject(word.key) or _is_wish(word)):
            able = False
        if able:
            first, last = (number if first is None else first), number + 1
        elif first is not None and (not joins or number - last >= 3):
            yield first, last
            first = None
    if first is not None:
        yield first, last


def _without_tail(words: Sequence[Word], first: int, last: int) -> int:
    """Where a stretch ends without what only follows it: "X at a network" is X."""
    while last > first + 1 and not words[last - 1].capital and not words[last - 2].capital:
        last -= 1
    while last > first + 1 and words[last - 1].silent and not words[last - 1].capital:
        last -= 1
    return last


def _is_wish(word: Word) -> bool:
    folded = fold(word.text)
    return any(pattern.match(folded) for pattern in _wishes().values())


def _unknown_in_text(mention: Mention, names: Names, asker: int, *, german: bool) -> bool:
    """Whether a stretch of a sentence is the name of somebody unknown: words with capitals side by side."""
    words = [word for word in mention.words if not word.silent]
    if len(mention.words) > MOST_WORDS_OF_A_NAME:
        return False
    if any(names.is_own(place, asker) for place in mention.places) or _own_words(mention, names.entries[asker]):
        return False
    if len(words) == 1:
        return words[0].short_form and len(words[0].key) > 2 and not words[0].trade and not words[0].kinds
    side_by_side = any(
        a.capital and b.capital and b.start - a.end == 1 and mention.text[a.end : b.start] == " "
        for a, b in pairwise(mention.words)
    )
    if not side_by_side or mention.only_places:
        return False
    if german:
        last = mention.words[-1]
        return bool(mention.kinds) and last.capital and (last in mention.proper or _ends_in_place(mention))
    return bool(mention.proper or mention.places)


def _ends_in_place(mention: Mention) -> bool:
    return any(place.last == len(mention.words) for place in mention.places)


def _own_words(mention: Mention, entry: Entry) -> bool:
    own = {word.key for word in words_of(entry.organisation)}
    return bool(mention.proper) and all(word.key in own for word in mention.proper)


def _headline(words: Sequence[Word]) -> bool:
    """Most words of a headline have a capital, so that capitals say nothing."""
    long = [word for word in words[1:] if len(word.text) > 3]
    return len(long) >= 2 and sum(word.text[0].isupper() for word in long) > 0.75 * len(long)


_GERMAN_WORDS = frozenset(
    "der die das und wir mit zu zur zum den dem ein eine einen im am von fur wollen wurden mochten".split()  # noqa: SIM905
)


def _capitals_are_common(sentence: str) -> bool:
    """German writes every noun with a capital."""
    return sum(key_of(word) in _GERMAN_WORDS for word in sentence.split()) >= 2


def _goes_there(words: Sequence[Word], place: Place) -> bool:
    """Whether a town or region stands after "in", "to" or the like."""
    before = words[place.first - 1] if place.first else None
    return before is not None and before.text.lower() in _TO


_TO = frozenset(
    """in to into nach ins im a à au aux en al alla in nel nella em no na ao till til i v w u do ve в у до на във σε στη
    στο στην στον naar te uz iz""".split()  # noqa: SIM905
)


def avoided_pairs(entries: Sequence[Entry], organisations: Sequence[Organisation] = ()) -> frozenset[frozenset[str]]:
    """Pairs of entry ids where one asked not to be proposed the other.

    On the safe side: the same name, or all the words of the wish that tell organisations apart, bars.
    """
    if not any(entry.avoid for entry in entries):
        return frozenset()
    names = Names(entries, organisations)
    pairs = set()
    for number, entry in enumerate(entries):
        for unwanted in entry.avoid:
            for other in names.may_be(unwanted):
                if other != number:
                    pairs.add(frozenset((entry.id, entries[other].id)))
    return frozenset(pairs)
