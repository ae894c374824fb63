"""Requests directed to somebody: an organisation, a region, a project that an entry asks for by name.

Read from the field made for it and from the text ("We met X at a network meeting", "the Multicompetent
Team in Borås"). A name is resolved against the organisations of the pool, their other spellings, their
parents and where they are. What cannot be resolved becomes a suggestion to invite somebody.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.matching.eligibility import nation, same_organisation
from pipeline.matching.text import ASIDE_WEIGHT, sentences
from pipeline.matching.vocabulary import fold, vocabulary
from pipeline.model import Entry, Organisation, Role

GOOD_ENOUGH = 0.86
"""Likeness from which a name in the field means that organisation: two letters wrong in fifteen."""
ENOUGH_WORDS = 0.75
"""Share of a name's telling words, by how much they tell, that must be found."""
AS_GOOD = 0.02
"""Names this close to the best are meant as well: nobody can tell them apart."""
LONGEST_NAME = 120
"""More of what was written as a name is not repeated to anybody."""
MOST_PER_TOKEN = 400
"""A word in more names than this tells nothing."""

_TOKEN = re.compile(r"[^\W_]+")
_CAPITALISED = re.compile(r"(?<![.!?:]\s)(?<!^)\b([A-ZÀ-ÞŠŽČĆĐŁŚŻ][\w’'-]+(?:\s+[A-ZÀ-ÞŠŽČĆĐŁŚŻ][\w’'-]+)*)")


@dataclass(slots=True)
class Directed:
    """Who asked for whom, by position in the list of entries."""

    targets: dict[int, frozenset[int]] = field(default_factory=dict)
    """Asker -> the entries of the organisation asked for."""
    called: dict[int, str] = field(default_factory=dict)
    """Asker -> the name as it was written."""
    places: dict[int, frozenset[str]] = field(default_factory=dict)
    """Asker -> countries or regions wished for in words (codes), beyond the boxes."""
    by_place: set[int] = field(default_factory=set)
    """Askers whose targets are everybody in a country, region or town they named."""
    unresolved: dict[int, str] = field(default_factory=dict)
    """Asker -> a name in the field that nobody here goes by."""


def directed_requests(entries: Sequence[Entry], organisations: Sequence[Organisation] = ()) -> Directed:
    """Find every directed request in the field and in the text of the entries that may travel."""
    names = Names(entries, organisations)
    found = Directed()
    for asker, entry in enumerate(entries):
        if entry.named_partner:
            _from_field(found, names, asker, entry.named_partner)
        if entry.role is not Role.HOST or "project_partnership" in entry.formats:
            _from_text(found, names, asker, entry)
    return found


def _from_field(found: Directed, names: Names, asker: int, written: str) -> None:
    found.called[asker] = written[:LONGEST_NAME]
    codes = places_named(written)
    there = names.in_places(written, codes, asker)
    meant = names.resolve(written, asker)
    if meant:
        found.targets[asker] = meant
    elif there:
        found.targets[asker] = there
        found.by_place.add(asker)
    elif codes:
        found.places[asker] = codes
    else:
        found.unresolved[asker] = written[:LONGEST_NAME]


def _from_text(found: Directed, names: Names, asker: int, entry: Entry) -> None:
    text = " ".join(part for part in (entry.title, entry.seeks, entry.text) if part)
    if not text:
        return
    main = " ".join(sentence for sentence, weight in sentences(text) if weight > ASIDE_WEIGHT)
    if asker not in found.targets:
        meant, called = names.mentioned(main, text, asker)
        if meant:
            found.targets[asker] = meant
            found.called[asker] = called
    if not entry.preferred_places and asker not in found.places:
        codes = frozenset(code for code in places_named(main) if nation(code) != nation(entry.country))
        if codes:
            found.places[asker] = codes


def places_named(text: str) -> frozenset[str]:
    """Codes of the countries and regions a text names, in any of our languages."""
    words = _TOKEN.findall(fold(text))
    lists = vocabulary()
    if lists.place_beginnings.isdisjoint(words):
        return frozenset()
    found = set()
    for start, word in enumerate(words):
        if word in lists.place_beginnings:
            for length in (1, 2, 3):
                code = lists.places.get(" ".join(words[start : start + length]))
                if code and (length > 1 or len(word) > 3):
                    found.add(code)
    return frozenset(found)


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


class Names:
    """The names of the pool's organisations, ready to be looked up."""

    def __init__(self, entries: Sequence[Entry], organisations: Sequence[Organisation]) -> None:
        self.entries = entries
        records = {record.id: record for record in organisations}
        self.spellings: list[tuple[tuple[str, ...], ...]] = []
        self.by_name: dict[tuple[str, ...], set[int]] = defaultdict(set)
        self.by_token: dict[str, set[int]] = defaultdict(set)
        self.by_start: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
        for number, entry in enumerate(entries):
            spellings = tuple(dict.fromkeys(_tokens(name) for name in _names(entry, records) if name))
            self.spellings.append(spellings)
            for spelling in spellings:
                if not spelling:
                    continue
                if len(spelling) > 1 and spelling not in self.by_name:
                    self.by_start[spelling[0], spelling[1]].append(spelling)
                self.by_name[spelling].add(number)
            for token in {token for spelling in spellings for token in spelling} | _place_tokens(entry):
                self.by_token[token].add(number)
        self._in_texts: Counter[str] | None = None

    def weight(self, token: str) -> float:
        """How much a word tells organisations apart; little when many names have it."""
        share = len(self.by_token.get(token, ())) + 1
        return math.log((len(self.entries) + 2) / share) + 0.2

    def tells(self, token: str) -> bool:
        """Whether a word can stand for an organisation."""
        return len(token) > 2 and token not in vocabulary().common_in_names and not token.isdigit()

    def resolve(self, written: str, asker: int) -> frozenset[int]:
        """The entries meant by a name in the field: the likeliest, and those just as likely."""
        wanted = _tokens(written)
        others = self._others(self._candidates(wanted), asker)
        meant = self._by_letters(wanted, others) or self._by_words(wanted, others)
        return frozenset(meant | self._same(meant, others))

    def _by_letters(self, wanted: tuple[str, ...], others: Iterable[int]) -> set[int]:
        """Names that are the same but for a few letters; the nearest, and those just as near."""
        likeness = {number: self._letters(wanted, number) for number in others}
        best = max(likeness.values(), default=0.0)
        if best < GOOD_ENOUGH:
            return set()
        return {number for number, value in likeness.items() if value >= best - AS_GOOD}

    def _by_words(self, wanted: tuple[str, ...], others: Iterable[int]) -> set[int]:
        """Organisations with all the telling words in their name, or some there and the rest in their text."""
        shares = {number: self._found_share(wanted, number, self._name_tokens(number)) for number in others}
        best = max(shares.values(), default=0.0)
        if best < ENOUGH_WORDS:
            return set()
        return {number for number, share in shares.items() if share >= best - AS_GOOD}

    def _same(self, meant: Collection[int], among: Iterable[int]) -> set[int]:
        """Further entries of the organisations meant: one asks for an organisation, not for a row."""
        return {
            other
            for other in among
            if any(same_organisation(self.entries[number], self.entries[other]) for number in meant)
        }

    def may_be(self, written: str) -> frozenset[int]:
        """Every entry a name could mean."""
        wanted = _tokens(written)
        telling = [token for token in wanted if self.tells(token)]
        found = set(self.by_name.get(wanted, ()))
        for number in self._candidates(wanted):
            have = self._name_tokens(number)
            all_there = telling and all(any(_alike(token, other) for other in have) for token in telling)
            if all_there or self._letters(wanted, number) >= GOOD_ENOUGH:
                found.add(number)
        return frozenset(found)

    def in_places(self, written: str, codes: frozenset[str], asker: int) -> frozenset[int]:
        """Entries in the countries, regions or towns named."""
        wanted = set(_tokens(written))
        return self._others(
            (
                number
                for number, entry in enumerate(self.entries)
                if entry.country in codes
                or any(place and set(place) <= wanted for place in map(_tokens, (entry.region or "", entry.city or "")))
            ),
            asker,
        )

    def mentioned(self, main: str, original: str, asker: int) -> tuple[frozenset[int], str]:
        """The organisation a text names in full, or by the capitalised words that only it has."""
        words = tuple(_TOKEN.findall(main))
        best: tuple[str, ...] = ()
        for start in range(len(words) - 1):
            for spelling in self.by_start.get((words[start], words[start + 1]), ()):
                if len(spelling) > len(best) and words[start : start + len(spelling)] == spelling:
                    others = self._others(self.by_name[spelling], asker)
                    if others and any(self.tells(token) for token in spelling):
                        best = spelling
        if best:
            meant = self._others(self.by_name[best], asker)
            return meant, self.entries[min(meant)].organisation[:LONGEST_NAME]
        return self._capitalised(main, original, asker)

    def _capitalised(self, main: str, original: str, asker: int) -> tuple[frozenset[int], str]:
        own = {token for spelling in self.spellings[asker] for token in spelling} | _place_tokens(self.entries[asker])
        for found in _CAPITALISED.finditer(original):
            tokens = _tokens(found.group(1))
            telling = [
                token
                for token in tokens
                if self.tells(token)
                and 0 < len(self.by_token.get(token, ())) <= MOST_PER_TOKEN
                and self._rare_in_texts(token)
            ]
            if not telling or own & set(telling) or not any(token in main for token in telling):
                continue
            if any(token in vocabulary().places for token in telling):
                continue
            meant = set.intersection(*(self._named(token) for token in telling))
            others = self._others(meant, asker)
            if others and len(others) <= max(4, len(self.entries) // 100):
                return others, found.group(1)
        return frozenset(), ""

    def _named(self, token: str) -> set[int]:
        return {
            number
            for number in self.by_token.get(token, ())
            if any(token in spelling for spelling in self.spellings[number])
            or fold(self.entries[number].city or "") == token
        }

    def _rare_in_texts(self, token: str) -> bool:
        if self._in_texts is None:
            self._in_texts = Counter()
            for entry in self.entries:
                text = " ".join(part for part in (entry.text, entry.seeks, entry.offers) if part)
                self._in_texts.update(set(_TOKEN.findall(fold(text))))
        return self._in_texts[token] <= max(3, len(self.entries) // 100)

    def _others(self, numbers: Iterable[int], asker: int) -> frozenset[int]:
        return frozenset(
            number
            for number in numbers
            if number != asker and not same_organisation(self.entries[asker], self.entries[number])
        )

    def _candidates(self, wanted: tuple[str, ...]) -> set[int]:
        """Entries with one of the three rarest words of the name, or one that begins like it."""
        known = sorted((token for token in wanted if token in self.by_token), key=lambda t: (len(self.by_token[t]), t))
        found: set[int] = set()
        for token in known[:3]:
            if len(self.by_token[token]) <= MOST_PER_TOKEN:
                found |= self.by_token[token]
        for token in wanted:
            if token not in self.by_token and len(token) > 3:
                for other, numbers in self.by_token.items():
                    if _alike(token, other) and len(numbers) <= MOST_PER_TOKEN:
                        found |= numbers
        return found

    def _letters(self, wanted: tuple[str, ...], number: int) -> float:
        from rapidfuzz import fuzz

        joined = " ".join(wanted)
        return max((fuzz.ratio(joined, " ".join(name)) for name in self.spellings[number]), default=0.0) / 100

    def _name_tokens(self, number: int) -> set[str]:
        return {token for spelling in self.spellings[number] for token in spelling}

    def _found_share(self, wanted: tuple[str, ...], number: int, have: set[str]) -> float:
        """What share of the telling words is among those we have (one at least) or in what the entry offers."""
        telling = [token for token in wanted if self.tells(token)]
        known = {token for token in telling if any(_alike(token, other) for other in have)}
        if not known:
            return 0.0
        entry = self.entries[number]
        said = set(_TOKEN.findall(fold(" ".join(part for part in (entry.title, entry.offers, entry.text) if part))))
        met = sum(self.weight(token) for token in telling if token in known or token in said)
        return met / sum(self.weight(token) for token in telling)


def _names(entry: Entry, records: dict[str, Organisation]) -> list[str]:
    names = [entry.organisation]
    if entry.parent:
        names.append(entry.parent)
    record = records.get(entry.organisation_id)
    if record:
        names += [record.name, *record.spellings]
        parent = records.get(record.parent or "")
        names += [parent.name, *parent.spellings] if parent else [record.parent_name or ""]
    return names


def _tokens(name: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(fold(name)))


def _place_tokens(entry: Entry) -> set[str]:
    return {token for place in (entry.city, entry.region) if place for token in _tokens(place) if len(token) > 2}


def _alike(left: str, right: str) -> bool:
    """The same word, or one letter off in a long one."""
    if left == right:
        return True
    if min(len(left), len(right)) < 5 or abs(len(left) - len(right)) > 1 or left[0] != right[0]:
        return False
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(left, right, score_cutoff=1) <= 1
