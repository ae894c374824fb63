"""Names as people write them: what a name is made of, and the names of a pool ready to be looked up.

A name is read word by word. A word is *proper* (it names somebody), a place, a *kind* of body or work ("school",
"employment", in any of the languages of `config/matching/names.toml`), a short form of the trade (VET, NEET), or
says nothing. Places are the same by whatever name: Gothenburg is Göteborg (the table of `pipeline.cleaning.places`).
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from itertools import chain, pairwise
from operator import attrgetter
from typing import NamedTuple

from pipeline.cleaning.countries import country_names
from pipeline.cleaning.data_files import data_file
from pipeline.cleaning.domains import FREE_MAIL
from pipeline.cleaning.folding import fold, skeleton
from pipeline.cleaning.places import NOWHERE, country_number, find_place
from pipeline.matching.eligibility import PARTNERSHIP, nation, same_organisation
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import Entry, Organisation, Role

GOOD_ENOUGH = 0.86
"""Likeness from which a name in the field means that organisation: two letters wrong in fifteen."""
ENOUGH_WORDS = 0.75
"""Share of a name's proper words, by how much they tell, that must be found."""
ENOUGH_KINDS = 0.5
"""Share of the kinds a name speaks of that an organisation in the same place must be."""
AS_GOOD = 0.02
"""Names this close to the best are meant as well: nobody can tell them apart."""
MOST_MEANT = 4
"""A name that means more organisations than this means none."""
LONGEST_PLACE = 4
"""Words of a place's name."""
_WORD = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"\s[-–—|/]\s|[,;:()\[\]!]")
_LIGHT = frozenset({"unit", "public", "project", "life", "market"})
"""Kinds that hardly tell one organisation from another."""
_NOTHING: frozenset[str] = frozenset()
_BODIES = frozenset({"municipality", "province", "county", "region", "ministry", "school", "university", "chamber"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NameWords:
    """`config/matching/names.toml`, folded."""

    kinds_whole: Mapping[str, tuple[str, ...]]
    kinds_start: Mapping[str, tuple[str, ...]]
    kinds_inside: tuple[tuple[str, str], ...]
    trade: frozenset[str]
    nobody: frozenset[str]
    not_them: tuple[str, ...]
    not_them_first: frozenset[str]
    anybody_first: frozenset[str]
    anybody_inside: frozenset[str]
    wishes: Mapping[str, tuple[str, ...]]
    regions: Mapping[str, tuple[str, ...]]
    """Key of a region's name -> the regions called so, as "AT:Styria"."""
    countries: Mapping[str, str]
    """Key of a country's name (or of one of the two regions that count apart) -> code."""
    silent: frozenset[str]


@lru_cache(maxsize=20_000)
def key_of(text: str) -> str:
    """How words are compared: lower case, Latin letters, no accents, one way to spell an umlaut."""
    return skeleton(fold(text))


@cache
def name_words() -> NameWords:
    """The word lists of names; read once."""
    lists = tomllib.loads(data_file("matching", "names.toml").read_text(encoding="utf-8"))
    whole: dict[str, list[str]] = defaultdict(list)
    start: dict[str, list[str]] = defaultdict(list)
    inside: list[tuple[str, str]] = []
    for kind, words in lists["kinds"].items():
        for word in words.split():
            stem = key_of(word)
            if word.startswith("*"):
                inside.append((f"{stem} " if word.endswith("$") else stem, kind))
            (whole if word.endswith("$") else start)[stem].append(kind)
    regions: dict[str, list[str]] = defaultdict(list)
    for country, groups in lists["regions"].items():
        for names in groups:
            first, *_ = names.split("|")
            for name in names.split("|"):
                if f"{country}:{first}" not in regions[key_of(name)]:
                    regions[key_of(name)].append(f"{country}:{first}")
    countries = {skeleton(name): code for name, code in country_names().items() if len(name) > 3 or name == "uk"}
    countries |= {key_of(name): code for name, code in vocabulary().places.items() if len(name) > 3}
    countries |= {key_of(name): code for code, names in lists["countries"].items() for name in names.split("|")}
    silent = {key_of(word) for words in vocabulary().stop_words.values() for word in words}
    silent |= {key_of(word) for word in lists["silent"]["words"].split()}
    return NameWords(
        kinds_whole={stem: tuple(kinds) for stem, kinds in whole.items()},
        kinds_start={stem: tuple(kinds) for stem, kinds in start.items()},
        kinds_inside=tuple(inside),
        trade=frozenset(key_of(word) for word in lists["trade"]["words"].split()),
        nobody=frozenset(key_of(phrase) for phrase in lists["nobody"]["phrases"]),
        not_them=tuple(key_of(phrase) for phrase in lists["not_them"]["phrases"]),
        not_them_first=frozenset(lists["not_them"]["first"].split()),
        anybody_first=frozenset(key_of(word) for word in lists["anybody"]["first"].split()),
        anybody_inside=frozenset(key_of(word) for word in lists["anybody"]["inside"].split()),
        wishes={name: tuple(text.split("|")) for name, text in lists["wishes"].items()},
        regions={name: tuple(found) for name, found in regions.items()},
        countries={name: code for name, code in countries.items() if name not in regions},
        silent=frozenset(silent),
    )


@lru_cache(maxsize=20_000)
def kinds_of(key: str) -> frozenset[str]:
    """The kinds of body or work that a word (as a key) speaks of."""
    if key.isdigit():
        return _NOTHING
    lists = name_words()
    found = set(lists.kinds_whole.get(key, ()))
    for length in range(3, len(key) + 1):
        found.update(lists.kinds_start.get(key[:length], ()))
    for stem, kind in lists.kinds_inside:
        if len(key) > len(stem) + 2 and stem in f"{key} ":
            found.add(kind)
    return frozenset(found) if found else _NOTHING


@lru_cache(maxsize=20_000)
def is_subject(key: str) -> bool:
    """Whether a word is one of the field's own (an idea of the thesaurus), in any language, but for its ending."""
    starts, _ = _subjects()
    return any(key[:length] in starts for length in range(max(4, (len(key) + 1) // 2), len(key) + 1))


@lru_cache(maxsize=20_000)
def holds_subject(key: str) -> bool:
    """Whether a word is one of the field's own or joined with one: Multikompetenz."""
    starts, inside = _subjects()
    return any(key[:length] in starts for length in range(4, len(key) + 1)) or any(stem in key for stem in inside)


@cache
def _subjects() -> tuple[frozenset[str], tuple[str, ...]]:
    starts, inside = set(), set()
    for concept in vocabulary().concepts:
        for language, stems in concept.stems.items():
            for stem in stems:
                key = key_of(stem)
                if len(key) >= 4:
                    starts.add(key)
                if len(key) >= 6 and language in {"de", "nl", "sv", "no", "da"} and not stem.endswith("$"):
                    inside.add(key)
    return frozenset(starts), tuple(sorted(inside))


class _Facts(NamedTuple):
    """What a word is wherever it stands."""

    key: str
    capital: bool
    short_form: bool
    silent: bool
    kinds: frozenset[str]
    trade: bool


def _word_key(word: str) -> str:
    return key_of(word).replace(" ", "")


@lru_cache(maxsize=50_000)
def _facts(text: str) -> _Facts:
    lists, key = name_words(), _word_key(text)
    short = 2 <= len(text) <= 8 and sum(map(str.isupper, text)) >= max(2, len(text) - 1)
    return _Facts(
        key=key,
        capital=not text[0].islower(),
        short_form=short,
        silent=key in lists.silent or (len(key) <= 2 and not short and not key.isdigit()),
        kinds=kinds_of(key),
        trade=key in lists.trade,
    )


class Word(NamedTuple):
    """One word of a name or text, where it stands, and how it is written.

    `capital`: begins with one (or is a number); `short_form`: two to eight letters, (almost) all capitals; `silent`:
    says nothing, as an article; `kinds` of body or work it speaks of; `trade`: a short form of the trade.
    """

    text: str
    start: int
    end: int
    key: str
    capital: bool
    short_form: bool
    silent: bool
    kinds: frozenset[str]
    trade: bool


def words_of(text: str) -> list[Word]:
    """The words of a text."""
    found = []
    for match in _WORD.finditer(text):
        written = match.group()
        facts = _facts(written)
        if facts.key:
            found.append(Word._make((written, *match.span(), *facts)))
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """A place as somebody wrote it: what it may be, and which words say so (positions)."""

    key: str
    first: int
    last: int
    country: str | None
    regions: tuple[str, ...]
    city: bool


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as somebody wrote it, taken apart."""

    text: str
    words: tuple[Word, ...]
    places: tuple[Place, ...]
    proper: tuple[Word, ...]
    soft: tuple[Word, ...]
    """Words of the field with a capital: perhaps part of a name, mostly not."""
    kinds: frozenset[str]

    @property
    def keys(self) -> str:
        """The keys of its words, as a name is looked up."""
        return " ".join(word.key for word in self.words)

    @property
    def only_places(self) -> bool:
        """Nothing but places, and words that say nothing or "region" and the like."""
        inside = {number for place in self.places for number in range(place.first, place.last)}
        rest = [word for number, word in enumerate(self.words) if number not in inside and not word.silent]
        return bool(self.places) and all(word.key in _PLACE_KINDS for word in rest)


_PLACE_KINDS = frozenset(
    """region regio regione regionen region province provincia provincie provinz area county comunidad comunitat zone
    gebiet raum land bundesland country pais pays paese oblast wojewodztwo maakunta kraj""".split()  # noqa: SIM905
)


def mention_of(text: str, *, loose: bool = True, known_places: Collection[str] = ()) -> Mention:
    """Take a name apart. `loose`, for a field made for names: without any capital, every word may be one."""
    words = words_of(_without_place_kinds(text))
    places = places_in(words, known_places)
    inside = {number for place in places for number in range(place.first, place.last)}
    no_capitals = loose and not any(word.capital for word in words)
    able = [
        (number, word)
        for number, word in enumerate(words)
        if number not in inside
        and (word.capital or no_capitals)
        and not (word.silent or word.kinds or word.trade or word.key.isdigit())
    ]
    proper = tuple(word for number, word in able if _is_proper(words, number, loose=loose))
    soft = tuple(word for _, word in able if word not in proper)
    kinds = frozenset(
        kind for number, word in enumerate(words) if number not in inside and not word.silent for kind in word.kinds
    )
    return Mention(text, tuple(words), places, proper, soft, kinds)


def _is_proper(words: Sequence[Word], number: int, *, loose: bool) -> bool:
    """Whether a word with a capital names somebody; after "project" a compound does, too."""
    word = words[number]
    if word.short_form:
        return True
    named_project = number > 0 and "project" in words[number - 1].kinds
    return not (is_subject if loose or named_project else holds_subject)(word.key)


def _without_place_kinds(text: str) -> str:
    """ "Gand (città)" is the town called Gand: the kind in brackets only tells it from others."""
    return re.sub(r"\(([^()]{2,20})\)", lambda found: "" if _only_kind(found.group(1)) else found.group(), text)


def _only_kind(text: str) -> bool:
    words = [word for word in words_of(text) if not word.silent]
    return bool(words) and all(word.kinds & {"municipality", "region", "province", "county"} for word in words)


def places_in(words: Sequence[Word], known: Collection[str] = ()) -> tuple[Place, ...]:
    """The places among words, the longest names first; a place is written with a capital.

    `known` are keys of further places, such as those the pool's entries state.
    """
    lists = name_words()
    keys = [word.key for word in words]
    capitals = [number for number, word in enumerate(words) if word.capital]
    found: list[Place] = []
    taken: set[int] = set()
    for length in range(min(LONGEST_PLACE, len(words)), 1, -1):
        for first in capitals:
            end = first + length
            if end > len(words):
                break
            if taken and not taken.isdisjoint(range(first, end)):
                continue
            key = " ".join(keys[first:end])
            country, regions = lists.countries.get(key), lists.regions.get(key, ())
            city = _may_be_city(words, first, end) and _is_city(key)
            if country or regions or city or key in known:
                found.append(Place(key, first, end, country, regions, city))
                taken.update(range(first, end))
    for first, (key, word) in enumerate(zip(keys, words, strict=True)):
        if not (word.capital or len(key) > 5) or first in taken or (word.short_form and key != "uk"):
            continue
        country, regions = lists.countries.get(key), lists.regions.get(key, ())
        city = word.capital and _may_be_city(words, first, first + 1) and _is_city(key)
        if word.capital and not (country or regions or city or word.kinds):
            country, regions = _inflected(key)
        if country or regions or city or (key in known and word.capital):
            found.append(Place(key, first, first + 1, country, regions, city))
    return tuple(sorted(found, key=attrgetter("first")))


def _may_be_city(words: Sequence[Word], first: int, end: int) -> bool:
    """Whether words could be a town's name: with capitals, side by side, no kind of body first or last."""
    head, tail = words[first], words[end - 1]
    if not (head.capital and tail.capital) or head.kinds or tail.kinds:
        return False
    if end - first == 1:
        return len(head.key) > 2 and not (head.silent or head.trade or head.short_form or head.key.isdigit())
    return all(right.start - left.end <= 2 for left, right in pairwise(words[first:end]))


@lru_cache(maxsize=20_000)
def _is_city(key: str) -> bool:
    return find_place(key) != NOWHERE


@lru_cache(maxsize=20_000)
def _inflected(key: str) -> tuple[str | None, tuple[str, ...]]:
    """Katalonii is Catalonia: the country or region whose name begins so and ends otherwise."""
    if len(key) < 6:
        return None, ()
    lists = name_words()
    for cut in (1, 2, 3):
        beginning = key[: len(key) - cut]
        if len(beginning) < 5:
            break
        near = _by_beginning().get(beginning[:5], ())
        for name in near:
            if name.startswith(beginning) and len(name) - len(beginning) <= 2:
                return lists.countries.get(name), lists.regions.get(name, ())
    return None, ()


@cache
def _by_beginning() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    lists = name_words()
    for name in sorted({*lists.countries, *lists.regions}):
        if " " not in name and len(name) >= 6:
            found[name[:5]].append(name)
    return {start: tuple(sorted(names, key=len)) for start, names in found.items()}


def _beginning(key: str) -> str:
    """The letter that words alike begin with; `w` is `v`."""
    return key[0].replace("w", "v")


@lru_cache(maxsize=20_000)
def alike(left: str, right: str) -> bool:
    """The same word but for a slip in a long one, or for its ending."""
    left, right = left.replace("w", "v"), right.replace("w", "v")
    if left == right:
        return True
    shorter, longer = sorted((left, right), key=len)
    if len(shorter) < 4 or left[0] != right[0] or len(longer) - len(shorter) > 3:
        return False
    common = next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), len(shorter))
    if common == len(shorter) and len(longer) - common <= 2:
        return True
    if common >= 5 and len(shorter) - common <= 1 and len(longer) - common <= 3:
        return True
    if len(shorter) < 5:
        return False
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(left, right, score_cutoff=2) <= (2 if len(shorter) >= 8 else 1)


class Caution(Enum):
    """How much a capital letter says where a name was found."""

    FIELD = "field"
    TEXT = "text"
    CAPITALS_SAY_NOTHING = "capitals"
    """In German, where every noun has one, and in headlines."""


@dataclass(slots=True)
class Bearer:
    """What one entry's names say."""

    spellings: tuple[str, ...]
    """The names as keys of their words."""
    tokens: frozenset[str]
    kinds: frozenset[str]
    named_regions: tuple[str, ...]
    named_cities: tuple[int, ...]
    named_country: bool
    place_tokens: frozenset[str]
    regions: tuple[str, ...]
    cities: tuple[int, ...]
    stated: tuple[str, ...]
    """Town and region as stated, as keys."""
    country: str | None


def _append(index: dict[str, tuple[int, ...]], key: str, number: int) -> None:
    """For keys that few share: small tuples of numbers cost the garbage collector nothing, lists and sets do."""
    index[key] = (*index.get(key, ()), number)


class Names:
    """The names of the pool's organisations, ready to be looked up."""

    def __init__(self, entries: Sequence[Entry], organisations: Sequence[Organisation]) -> None:
        self.entries = entries
        self._records = {record.id: record for record in organisations}
        self.by_name: dict[str, tuple[int, ...]] = {}
        self.by_token: dict[str, set[int]] = defaultdict(set)
        self.by_short: dict[str, set[int]] = defaultdict(set)
        self.by_initials: dict[str, set[int]] = defaultdict(set)
        self.bearers: list[Bearer] = []
        for number, entry in enumerate(entries):
            self.bearers.append(self._bearer(number, entry))
        self._organisations = [entry.organisation_id or key_of(entry.organisation) for entry in entries]
        self._of_organisation: dict[str, tuple[int, ...]] = {}
        self._of_domain: dict[str, tuple[int, ...]] = {}
        self._of_country: dict[str | None, list[int]] = defaultdict(list)
        for number, (entry, organisation) in enumerate(zip(entries, self._organisations, strict=True)):
            _append(self._of_organisation, organisation, number)
            if entry.email_domain and entry.email_domain not in FREE_MAIL:
                _append(self._of_domain, entry.email_domain, number)
            self._of_country[entry.country].append(number)
        self.stated = frozenset(key for bearer in self.bearers for key in bearer.stated)
        self._nations: list[str] | None = None
        self._by_place: dict[str, set[int]] | None = None
        self._in_texts: dict[str, set[int]] | None = None
        self._text_cities: dict[int, frozenset[int]] = {}
        self._alike: dict[str, frozenset[str]] = {}
        self._tokens_from: dict[str, list[str]] = defaultdict(list)
        for token in self.by_token:
            self._tokens_from[_beginning(token)].append(token)
        self._in_countries: dict[frozenset[str], frozenset[int]] = {}

    def _bearer(self, number: int, entry: Entry) -> Bearer:
        read = _read_names(tuple(dict.fromkeys(name for name in _names(entry, self._records) if name)))
        for spelling in read.spellings:
            _append(self.by_name, spelling, number)
        for index, keys in (
            (self.by_token, read.tokens),
            (self.by_short, read.shorts),
            (self.by_initials, read.initials),
        ):
            for key in keys:
                index[key].add(number)
        country = nation(entry.country)
        own = tuple(key for place in (entry.city, entry.region) if place and len(key := key_of(place)) > 1)
        stated: tuple[str, ...] = ()
        if entry.region:
            key = key_of(entry.region)
            stated = name_words().regions.get(key, (f"{country}:{key}",))
        rows = _rows(country, read.cities)
        named_regions = tuple(region for region in read.regions if not country or region.startswith(f"{country}:"))
        return Bearer(
            spellings=read.spellings,
            tokens=read.tokens,
            kinds=read.kinds,
            named_regions=named_regions,
            named_cities=tuple(rows.values()),
            named_country=read.country,
            place_tokens=frozenset(part for key in rows for part in key.split()) if rows else _NOTHING,
            regions=(*named_regions, *(region for region in stated if not country or region.startswith(f"{country}:"))),
            cities=(*rows.values(), *_rows(country, own).values()),
            stated=own,
            country=entry.country,
        )

    def mention(self, text: str, *, loose: bool = True) -> Mention:
        """Take a name apart, knowing the places that the entries state."""
        return mention_of(text, loose=loose, known_places=self.stated)

    def weight(self, key: str) -> float:
        """How much a word tells organisations apart; little when many names have it."""
        return math.log((len(self.entries) + 2) / (len(self.by_token.get(key, ())) + 1)) + 0.2

    def find(self, mention: Mention, asker: int, *, caution: Caution = Caution.FIELD) -> frozenset[int]:
        """The entries a name means: the whole name, then a short form, then all but some letters, then its words.

        In running text a single word is no name unless it is all of one.
        """
        if not mention.words:
            return frozenset()
        found = self._whole(mention, asker) or self._short(mention, asker)
        if not found and (mention.kinds or not mention.only_places):
            found = (
                self._letters(mention, asker) if caution is Caution.FIELD or len(mention.words) > 2 else set()
            ) or self._by_words(mention, asker, caution)
        if len({self._organisations[number] for number in found}) > MOST_MEANT:
            return frozenset()
        return self._others(found | self._same(found), asker)

    def _whole(self, mention: Mention, asker: int) -> set[int]:
        name = mention.keys
        if mention.only_places and not (
            len(mention.words) > 1 and name in self.by_name and any(word.kinds for word in mention.words)
        ):
            return set()
        if all(word.trade or word.silent for word in mention.words):
            return set()
        return set(self._others(self.by_name.get(name, ()), asker))

    def _short(self, mention: Mention, asker: int) -> set[int]:
        """A short form, alone or with places that fit: "SOC Barcelona", "WUP Kraków"."""
        inside = {number for place in mention.places for number in range(place.first, place.last)}
        rest = [word for number, word in enumerate(mention.words) if number not in inside and not word.silent]
        if len(rest) == 1 and len(mention.words) > 1 and not rest[0].short_form:
            return set()
        if len(rest) != 1 or rest[0].trade or rest[0].kinds or len(rest[0].key) < 2:
            return set()
        word = rest[0]
        found = set(self.by_short.get(word.key, ()))
        if not found and word.short_form and len(word.key) >= 3:
            found = set(self.by_initials.get(word.key, ()))
        return {number for number in self._others(found, asker) if self._agrees(mention.places, number)}

    def _letters(self, mention: Mention, asker: int) -> set[int]:
        """Names that are the same but for a few letters; the nearest, and those just as near."""
        from rapidfuzz import fuzz, process

        wanted = mention.keys
        if len(wanted) < 5 or not (mention.proper or mention.places):
            return set()
        spelled = [
            (number, spelling)
            for number in self._others(self._candidates(mention), asker)
            for spelling in self.bearers[number].spellings
        ]
        best: dict[int, float] = {}
        for spelling, ratio, place in process.extract(
            wanted, [spelling for _, spelling in spelled], scorer=fuzz.ratio, score_cutoff=100 * GOOD_ENOUGH, limit=None
        ):
            number, near = spelled[place][0], ratio / 100
            if (
                near > best.get(number, 0.0)
                and self._not_another_word(mention, spelling.split())
                and self._agrees(mention.places, number)
            ):
                best[number] = near
        top = max(best.values(), default=0.0)
        return {number for number, near in best.items() if near >= top - AS_GOOD}

    def _not_another_word(self, mention: Mention, spelling: Sequence[str]) -> bool:
        """No proper word of the mention is missing from the name: "Minerva Ede" is not "Minerva Venlo"."""
        if len(mention.words) != len(spelling):
            return all(
                any(alike(word.key, other) for other in spelling) for word in mention.proper if len(word.key) > 4
            )
        return all(
            alike(word.key, other) or bool(word.kinds & kinds_of(other)) or len(word.key) < 5
            for word, other in zip(mention.words, spelling, strict=True)
        )

    def _by_words(self, mention: Mention, asker: int, caution: Caution) -> set[int]:
        scores: dict[int, float] = {}
        for number in self._others(self._candidates(mention), asker):
            score = self._score(mention, number, caution)
            if score:
                scores[number] = score
        best = max(scores.values(), default=0.0)
        return {number for number, score in scores.items() if score >= best - AS_GOOD}

    def _score(self, mention: Mention, number: int, caution: Caution) -> float:
        """How well an entry's names answer to the words of a mention; 0 when it cannot be meant."""
        bearer = self.bearers[number]
        total = sum(self.weight(word.key) for word in mention.proper)
        in_name = [word for word in mention.proper if self._has(bearer, word.key)]
        in_text = [word for word in mention.proper if word not in in_name and self._tells_of(number, word.key)]
        share = sum(self.weight(word.key) for word in (*in_name, *in_text)) / total if total else 0.0
        if mention.proper and share < ENOUGH_WORDS:
            return 0.0
        levels = [self._lies(place, number) for place in mention.places]
        if 0 in levels:
            return 0.0
        heavy = mention.kinds - _LIGHT
        shared = heavy & bearer.kinds
        light = mention.kinds & _LIGHT & bearer.kinds
        at_home = sum(level == 3 for level in levels)
        if mention.proper:
            body = bool(shared & (_BODIES | {"centre", "association", "foundation"}))
            project = "project" in mention.kinds and bool(in_text)
            support = len(in_name) + len(in_text) + at_home + body + project
            if caution is not Caution.FIELD and support < 2:
                return 0.0
            if caution is Caution.CAPITALS_SAY_NOTHING and not (at_home or body or project):
                return 0.0
            if not any(word.capital for word in mention.words) and not at_home and len(in_name) < 2:
                return 0.0
            if heavy and len(in_name) == 1 and not (at_home or body or in_text) and bearer.kinds & _BODIES:
                return 0.0  # "trades of the wood" is what such a school teaches
            if not in_name and not at_home and "project" not in mention.kinds and len(in_text) < 2:
                return 0.0
        else:
            told = [word for word in mention.soft if len(word.key) > 6 and self._tells_of(number, word.key)]
            if not at_home or not (shared or told) or len(shared) < ENOUGH_KINDS * len(heavy):
                return 0.0
            only_countries = all(not place.regions and not place.city for place in mention.places)
            if only_countries and len(shared) < 2 and "public" not in light:
                return 0.0
        another_body = bool((bearer.kinds & _BODIES) - mention.kinds)
        coverage = len(shared) / len(heavy) if heavy else 0.5
        return (
            10 * share
            + 3 * coverage
            + len(shared) * 0.5
            + len(light) * 0.2
            + sum(levels) * 0.2
            + len(in_name)
            - 0.3 * another_body
        )

    def _has(self, bearer: Bearer, key: str) -> bool:
        return not bearer.tokens.isdisjoint(self._like(key))

    def _tells_of(self, number: int, key: str) -> bool:
        """Whether the word is a name that only few texts have, this one among them."""
        found = self._texts().get(key, ())
        return number in found and len(found) <= max(2, len(self.entries) // 100)

    def _texts(self) -> Mapping[str, set[int]]:
        if self._in_texts is None:
            self._in_texts = defaultdict(set)
            for number, entry in enumerate(self.entries):
                hosts = entry.role is not Role.SEND or PARTNERSHIP in entry.formats
                for text in (entry.title, entry.offers, entry.text) if hosts else ():
                    for word in set(_WORD.findall(text or "")):
                        if len(word) > 3 and word[0].isupper():
                            self._in_texts[_word_key(word)].add(number)
        return self._in_texts

    def _lies(self, place: Place, number: int) -> int:
        """How surely an entry lies in a place: 3 its name says so, 2 it states so, 1 it may, 0 it does not."""
        bearer = self.bearers[number]
        found = [2 if place.key in bearer.stated else 0, *self._in_region(place, bearer)]
        here = not place.country or _covers(place.country, bearer.country)
        if place.country and here:
            found.append(3 if bearer.named_country else 2)
        if place.city or not (place.country or place.regions):
            found.append(self._in_city(place.key, number))
        if here and 3 not in found and all(self._named_place(word, bearer) for word in place.key.split()):
            found.append(3)
        return max(found) or int(not place.country and all(self._tells_of(number, word) for word in place.key.split()))

    @staticmethod
    def _in_region(place: Place, bearer: Bearer) -> Iterator[int]:
        for region in place.regions:
            if region in bearer.named_regions:
                yield 3
            elif region in bearer.regions:
                yield 2
            elif nation(bearer.country) == region[:2] and _all_regions().isdisjoint(bearer.regions):
                yield 1

    def _in_city(self, key: str, number: int) -> int:
        bearer = self.bearers[number]
        row = _row(nation(bearer.country), key)
        if row == NOWHERE:
            return 0
        if row in bearer.named_cities:
            return 3
        told = self._cities_told(number)
        if row in bearer.cities or (not bearer.named_cities and row in told):
            return 2
        return int(not bearer.cities and not told)

    def _named_place(self, word: str, bearer: Bearer) -> bool:
        """Whether a name has this word of a place, perhaps with another ending; Burgos is not Burgas."""
        return word in bearer.tokens or not (self._like(word) & bearer.tokens) <= bearer.place_tokens

    def _cities_told(self, number: int) -> frozenset[int]:
        """The towns an entry's text speaks of, in its own country."""
        if number not in self._text_cities:
            entry = self.entries[number]
            text = " . ".join(part for part in (entry.title, entry.offers, entry.text) if part)
            words = words_of(text)
            keys = {place.key for place in places_in(words) if place.city and place.first}
            self._text_cities[number] = frozenset(_rows(nation(entry.country), keys).values())
        return self._text_cities[number]

    def _agrees(self, places: Iterable[Place], number: int) -> bool:
        return all(self._lies(place, number) for place in places)

    def in_places(self, places: Sequence[Place], asker: int) -> frozenset[int]:
        """Entries that lie in all the places named together ("Halle in Belgium"), by name, column or text."""
        return self._others(
            frozenset(
                number
                for number in range(len(self.entries))
                if places and all(self._lies(place, number) >= 2 for place in places)
            ),
            asker,
        )

    def in_countries(self, codes: Collection[str], asker: int) -> frozenset[int]:
        """Entries in one of some countries, or of the regions that count apart."""
        asked = frozenset(codes)
        if asked not in self._in_countries:
            self._in_countries[asked] = frozenset(number for code in asked for number in self._of_country[code])
        return self._others(self._in_countries[asked], asker)

    def is_own(self, place: Place, asker: int) -> bool:
        """Whether the asker lies there."""
        return self._lies(place, asker) >= 2

    def _candidates(self, mention: Mention) -> set[int]:
        """Entries whose name or text has a proper word of the mention, or who lie where it says."""
        found: set[int] = set()
        for word in mention.proper:
            for token in self._like(word.key):
                found |= self.by_token[token]
            if word.key not in self.by_token:
                known = self._texts().get(word.key, set())
                found |= known if len(known) <= max(2, len(self.entries) // 100) else set()
        if not mention.proper or not found:
            places = self._places()
            for place in mention.places:
                for key in (place.key, place.country or "", *place.regions):
                    found |= places.get(key, set())
                for part in place.key.split():
                    for token in self._like(part):
                        found |= self.by_token[token]
                if place.city:
                    for country in self._countries():
                        row = _rows(country, {place.key}).get(place.key)
                        found |= places.get(f"#{row}", set()) if row is not None else set()
        return found

    def _countries(self) -> list[str]:
        if self._nations is None:
            self._nations = sorted({nation(entry.country) or "" for entry in self.entries} - {""})
        return self._nations

    def _places(self) -> Mapping[str, set[int]]:
        if self._by_place is None:
            self._by_place = defaultdict(set)
            for number, bearer in enumerate(self.bearers):
                keys = {*bearer.named_regions, *(f"#{row}" for row in bearer.named_cities)}
                if bearer.named_country:
                    keys |= {bearer.country or "", nation(bearer.country) or ""}
                for key in keys:
                    self._by_place[key].add(number)
        return self._by_place

    def _like(self, key: str) -> frozenset[str]:
        """The words of the pool's names that are alike."""
        if key not in self._alike:
            self._alike[key] = frozenset(token for token in self._tokens_from[_beginning(key)] if alike(key, token))
        return self._alike[key]

    def _same(self, meant: Collection[int]) -> set[int]:
        """Further entries of the organisations meant: one asks for an organisation, not for a row."""
        return {other for number in meant for other in self._of_organisation[self._organisations[number]]}

    def _others(self, numbers: Collection[int], asker: int) -> frozenset[int]:
        """Without the asker's own entries; a large set that holds none of them is shared, not copied."""
        entry = self.entries[asker]
        own = {asker} | {
            number
            for number in (
                *self._of_organisation[self._organisations[asker]],
                *self._of_domain.get(entry.email_domain or "", ()),
            )
            if same_organisation(entry, self.entries[number])
        }
        return frozenset(numbers) if own.isdisjoint(numbers) else frozenset(numbers) - own

    def may_be(self, written: str) -> frozenset[int]:
        """Every entry a name could mean, on the safe side: its name, all its telling words, or most letters."""
        from rapidfuzz import fuzz

        words = words_of(written)
        wanted = " ".join(word.key for word in words)
        telling = [word.key for word in words if _tells(word)]
        found = set(self.by_name.get(wanted, ()))
        near = {number for key in telling for token in self._like(key) for number in self.by_token[token]}
        for number in near:
            bearer = self.bearers[number]
            if all(self._has(bearer, key) for key in telling) or any(
                fuzz.ratio(wanted, spelling) / 100 >= GOOD_ENOUGH for spelling in bearer.spellings
            ):
                found.add(number)
        return frozenset(found)


def _tells(word: Word) -> bool:
    """Whether a word can stand for an organisation."""
    return len(word.key) > 2 and not (word.kinds or word.key in name_words().silent or word.key.isdigit())


@dataclass(frozen=True, slots=True)
class _Read:
    """The names of one organisation, taken apart."""

    spellings: tuple[str, ...]
    tokens: frozenset[str]
    kinds: frozenset[str]
    cities: tuple[str, ...]
    regions: tuple[str, ...]
    country: bool
    shorts: tuple[str, ...]
    initials: tuple[str, ...]


@lru_cache(maxsize=5_000)
def _read_names(names: tuple[str, ...]) -> _Read:
    if len(names) == 1:
        return _read_name(names[0])
    reads = [_read_name(name) for name in names]
    return _Read(
        spellings=_each_once(read.spellings for read in reads),
        tokens=_NOTHING.union(*(read.tokens for read in reads)),
        kinds=_union(tuple(read.kinds for read in reads)),
        cities=_each_once(read.cities for read in reads),
        regions=_each_once(read.regions for read in reads),
        country=any(read.country for read in reads),
        shorts=_each_once(read.shorts for read in reads),
        initials=_each_once(read.initials for read in reads),
    )


@lru_cache(maxsize=5_000)
def _union(sets: tuple[frozenset[str], ...]) -> frozenset[str]:
    return _NOTHING.union(*sets)


def _each_once(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(lists)))


def _read_name(name: str) -> _Read:
    words = words_of(name)
    whole = " ".join([word.key for word in words])
    places = places_in(words)
    inside = {number for place in places for number in range(place.first, place.last)}
    spellings = {whole: None} if whole else {}
    shorts: dict[str, None] = {}
    initials = {_initials(words, inside): None}
    shouted = len(words) > 1 and name.isupper()
    if (
        len(words) > 1
        and words[0].silent
        and not words[1].kinds
        and _can_stand_alone(words[1:], {n - 1 for n in inside})
    ):
        spellings[whole.partition(" ")[2]] = None
    for part in _PARTS.split(name):
        some, there = words, inside
        if len(part) < len(name):
            some = words_of(part)
            there = {number for place in places_in(some) for number in range(place.first, place.last)}
        if some and _can_stand_alone(some, there):
            spellings[" ".join([word.key for word in some])] = None
        if len(some) == 1 and _is_short(some[0]):
            shorts[some[0].key] = None
        initials |= dict.fromkeys((_initials(some, ()), _initials(some, (len(some) - 1,)), _initials(some, there)))
    kinds = [
        word.kinds
        for number, word in enumerate(words)
        if word.kinds and (word.trade or not (word.silent or number in inside))
    ]
    for word in words:
        if word.short_form and not shouted and _is_short(word):
            shorts[word.key] = None
    return _Read(
        spellings=tuple(spellings),
        tokens=frozenset([word.key for word in words if not word.silent]),
        kinds=_union(tuple(kinds)),
        cities=tuple(dict.fromkeys(place.key for place in places if place.city)),
        regions=_each_once(place.regions for place in places),
        country=any(place.country for place in places),
        shorts=tuple(shorts),
        initials=tuple(filter(None, initials)),
    )


def _is_short(word: Word) -> bool:
    return not word.trade and not word.kinds and not word.silent and len(word.key) > 1 and not is_subject(word.key)


def _can_stand_alone(words: Sequence[Word], places: Collection[int]) -> bool:
    """Whether part of a name is a name of its own: it has a proper word, or a kind and a place."""
    outside = [word for number, word in enumerate(words) if number not in places and not word.silent and not word.trade]
    proper = any(not (word.kinds or word.key.isdigit() or is_subject(word.key)) for word in outside)
    return proper or (bool(places) and any(word.kinds for word in outside))


def _initials(words: Sequence[Word], leave_out: Collection[int]) -> str:
    if len(words) < 3:
        return ""
    letters = [word.key[0] for number, word in enumerate(words) if number not in leave_out and not word.silent]
    return "".join(letters) if 3 <= len(letters) <= 8 else ""


def _names(entry: Entry, records: Mapping[str, Organisation]) -> list[str]:
    names = [entry.organisation]
    if entry.parent:
        names.append(entry.parent)
    record = records.get(entry.organisation_id)
    if record:
        names += [record.name, *record.spellings]
        parent = records.get(record.parent or "")
        names += [parent.name, *parent.spellings] if parent else [record.parent_name or ""]
    return names


@lru_cache(maxsize=20_000)
def _row(country: str | None, key: str) -> int:
    return find_place(key, country_number(country)) if key else NOWHERE


def _rows(country: str | None, keys: Iterable[str]) -> dict[str, int]:
    """Name -> row of the place so called in a country."""
    found = {key: _row(country, key) for key in keys}
    return {key: row for key, row in found.items() if row != NOWHERE}


@cache
def _all_regions() -> frozenset[str]:
    return frozenset(region for regions in name_words().regions.values() for region in regions)


def _covers(asked: str, country: str | None) -> bool:
    """Spain is asked for by "Spain" and lies in Catalonia too; not the other way round."""
    return country is not None and (asked == country or asked == nation(country))
