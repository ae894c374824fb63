"""Records -> comparable columns: what each name says, where it is, which domain and initials it has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.places import NOWHERE, country_number, find_places
from pipeline.linkage.records import Record
from pipeline.linkage.words import Meaning, Part, meanings, words
from pipeline.normalise import (
    country_code,
    country_names,
    country_only,
    email_domain,
    fold,
    own_website,
    registered_domain,
    skeleton,
)

Integers = NDArray[np.int32]
Numbers = NDArray[np.float32]

CONCEPTS = 12
"""Concepts kept of one name, the rarest first."""
CHUNK = 20_000
"""Records prepared at a time: bounds the memory of the place look-up."""
LONGEST_PLACE = 4
COMMON_WORD = 40
"""A single word carried by this many reference names is no place name unless it is the record's city."""
PLACE_RARITY = 6.5
COUNTRY_RARITY = 1.0
ARTICLES = frozenset("la le les el los las l san santa sankt saint st the den de s".split())  # noqa: SIM905
PLAIN_PATHS = frozenset("index home en contact contacts about de fr es it html php htm start main default".split())  # noqa: SIM905
BODIES = (
    "municipality", "region", "government", "ministry", "university", "school", "institute", "academy", "hospital",
    "association", "foundation", "chamber", "agency", "library", "museum", "centre", "company",
)  # fmt: skip
WORKS = (
    "employment", "education", "training", "vocational", "youth", "social", "culture", "adult", "health",
    "orientation", "economy", "mobility",
)  # fmt: skip
BODY_BIT = {kind: 1 << number for number, kind in enumerate(BODIES)}
WORK_BIT = {kind: 1 << number for number, kind in enumerate(WORKS)}
_DOTTED = re.compile(r"(?<=\b\w)\.(?=\w\b)")
_WORDS = re.compile(r"\w+")
_BRACKET = re.compile(r"[(\[]([^)\]]*)[)\]]?")
_PATH = re.compile(r"^(?:[a-z]+://)?[^/]+/(.*)$", re.IGNORECASE)


@dataclass(slots=True)
class Columns:
    """One row a record. Id columns hold numbers of interned texts; 0 is "none"."""

    texts: list[str]
    """Interned texts by number."""
    full: list[str]
    in_order: list[str]
    core: list[str]
    canonical: list[str]
    city_name: list[str]
    concept: Integers
    rarity: Numbers
    proper: NDArray[np.bool_]
    """Whether the concept is a name or place rather than a common word."""
    place: Integers
    city: Integers
    country: Integers
    hinted_country: Integers
    web_domain: Integers
    web_host: Integers
    web_path: Integers
    mail_domain: Integers
    mail: Integers
    labels: Integers
    acronyms: Integers
    initials: Integers
    tokens: Integers
    numbers: Integers
    unit: NDArray[np.bool_]
    body: Integers
    work: Integers
    oid: Integers

    def __len__(self) -> int:
        return len(self.full)


class Interner:
    """Texts as numbers from 1."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.texts: list[str] = [""]

    def __call__(self, text: str | None) -> int:
        if not text:
            return 0
        found = self.number.get(text)
        if found is None:
            found = self.number[text] = len(self.texts)
            self.texts.append(text)
        return found


@dataclass(slots=True)
class _Draft:
    """A record half prepared: before its places are known."""

    words: list[str]
    meanings: list[tuple[Meaning, ...]]
    city: str
    country: str
    hint: str
    acronyms: list[str]
    spans: list[tuple[int, int]]


def name_words(name: str) -> list[str]:
    """The folded, skeletonised words of a name; "S.L." is one word."""
    return skeleton(fold(_DOTTED.sub("", name))).split()


def _stated_country(record: Record) -> str:
    code = country_only(country_code(record.country))
    if code:
        return code
    for inside in _BRACKET.findall(record.organisation):
        code = country_only(country_code(inside)) if len(inside) > 3 else None
        if code:
            return code
    return ""


@lru_cache(maxsize=50_000)
def _country_of_domain(domain: str | None) -> str:
    ending = domain.rpartition(".")[2] if domain else ""
    code = "GB" if ending == "uk" else ending.upper()
    return code if len(code) == 2 and code not in {"EU", "IO", "TV", "ME", "CO", "AI"} else ""


def _acronyms(name: str, significant: Sequence[str]) -> list[str]:
    """Words of a name that look like an acronym."""
    found: list[str] = []
    if not name.isupper():
        found = [
            fold(word).replace(" ", "")
            for word in _WORDS.findall(_DOTTED.sub("", name))
            if 2 <= len(word) <= 8 and sum(letter.isupper() for letter in word) >= max(2, len(word) - 2)
        ]
    if len(significant) == 1 and 2 <= len(significant[0]) <= 9:
        found.append(significant[0])
    elif name.isupper():
        found += [word for word in significant if 2 <= len(word) <= 5]
    return found[:4]


def _spans(tokens: Sequence[str], parts: Sequence[tuple[Meaning, ...]], city: str) -> list[tuple[int, int]]:
    """Stretches of a name that could be a place, the longest first."""
    known = words().frequency
    proper = [all(meaning.part is Part.NAME for meaning in part) for part in parts]
    silent = [part[0].part in (Part.STOP, Part.LEGAL) for part in parts]
    spans: list[tuple[int, int]] = []
    for length in range(min(LONGEST_PLACE, len(tokens)), 1, -1):
        for start in range(len(tokens) - length + 1):
            stop = start + length
            if silent[stop - 1] or (silent[start] and tokens[start] not in ARTICLES):
                continue
            if any(proper[start:stop]):
                spans.append((start, stop))
    city_words = set(city.split())
    for start, token in enumerate(tokens):
        if len(token) >= 3 and (
            token in city_words or (proper[start] and known.get(token, 0) < COMMON_WORD and not token.isdigit())
        ):
            spans.append((start, start + 1))
    return spans


def _draft(record: Record) -> _Draft:
    tokens = name_words(record.organisation)
    parts = [meanings(token) for token in tokens]
    country = _stated_country(record)
    hint = country or _country_of_domain(registered_domain(own_website(record.website)))
    hint = hint or _country_of_domain(email_domain(record.email))
    city = skeleton(fold(record.city))
    significant = [
        token for token, part in zip(tokens, parts, strict=True) if part[0].part not in (Part.STOP, Part.LEGAL)
    ]
    return _Draft(
        tokens, parts, city, country, hint, _acronyms(record.organisation, significant), _spans(tokens, parts, city)
    )


def _pad(rows: Iterable[Sequence[int]], width: int, count: int) -> Integers:
    matrix = np.zeros((count, width), dtype=np.int32)
    for row, values in enumerate(rows):
        kept = values[:width]
        matrix[row, : len(kept)] = kept
    return matrix


def _initials(draft: _Draft) -> list[str]:
    """The acronyms a name could have: of its telling words, of all words, without where it is."""
    telling = [
        token
        for token, part in zip(draft.words, draft.meanings, strict=True)
        if part[0].part not in (Part.STOP, Part.LEGAL)
    ]
    variants = ["".join(token[0] for token in telling), "".join(token[0] for token in draft.words)]
    if len(telling) > 3:
        variants.append(variants[0][:-1])
    names = country_names()
    placeless = [token for token in telling if token != draft.city and token not in names]
    variants.append("".join(token[0] for token in placeless))
    return [variant for variant in dict.fromkeys(variants) if len(variant) >= 2]


def prepare(
    records: Sequence[Record],
    aliases: Mapping[str, Sequence[str]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Columns:
    """Every record's comparable columns. `aliases` maps a main name to its other spellings."""
    intern = Interner()
    builder = _Builder(intern, len(records), _alias_table(aliases or {}))
    for start in range(0, len(records), CHUNK):
        builder.add(records[start : start + CHUNK])
        if progress:
            progress(min(start + CHUNK, len(records)), len(records))
    return builder.columns()


def _alias_table(aliases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {" ".join(name_words(other)): main for main, others in aliases.items() for other in others}


class _Builder:
    """Collects the columns chunk by chunk."""

    def __init__(self, intern: Interner, count: int, aliases: Mapping[str, str]) -> None:
        self.intern = intern
        self.aliases = aliases
        self.row = 0
        self.full: list[str] = []
        self.in_order: list[str] = []
        self.core: list[str] = []
        self.canonical: list[str] = []
        self.city_name: list[str] = []
        self.concept = np.zeros((count, CONCEPTS), np.int32)
        self.rarity = np.zeros((count, CONCEPTS), np.float32)
        self.proper = np.zeros((count, CONCEPTS), np.bool_)
        self.place = np.full((count, 2), NOWHERE, np.int32)
        self.city = np.full(count, NOWHERE, np.int32)
        self.single = {
            name: np.zeros(count, np.int32)
            for name in "country hinted_country web_domain web_host web_path mail_domain mail body work oid".split()  # noqa: SIM905
        }
        self.several = {
            name: np.zeros((count, width), np.int32)
            for name, width in (("labels", 4), ("acronyms", 4), ("initials", 4), ("tokens", 10), ("numbers", 3))
        }
        self.unit = np.zeros(count, np.bool_)

    def add(self, records: Sequence[Record]) -> None:
        """Prepare one chunk."""
        drafts = [_draft(self._renamed(record)) for record in records]
        wanted: dict[tuple[str, str], int] = {}
        for draft in drafts:
            for start, stop in draft.spans:
                wanted.setdefault((" ".join(draft.words[start:stop]), draft.hint), len(wanted))
            if draft.city:
                wanted.setdefault((draft.city, draft.hint), len(wanted))
        found = find_places([name for name, _ in wanted], [country_number(country) for _, country in wanted]).tolist()
        places = {key: found[number] for key, number in wanted.items()}
        for record, draft in zip(records, drafts, strict=True):
            self._names(draft, places)
            self._contacts(record)
            self.row += 1

    def _renamed(self, record: Record) -> Record:
        if not self.aliases:
            return record
        main = self.aliases.get(" ".join(name_words(record.organisation)))
        if main is None:
            return record
        from dataclasses import replace

        return replace(record, organisation=main)

    def _names(self, draft: _Draft, places: Mapping[tuple[str, str], int]) -> None:
        row, intern = self.row, self.intern
        taken = [False] * len(draft.words)
        concepts: dict[str, tuple[float, bool]] = {}
        mentioned: list[int] = []
        for start, stop in draft.spans:
            if any(taken[start:stop]):
                continue
            name = " ".join(draft.words[start:stop])
            place = places[name, draft.hint]
            if place != NOWHERE and (draft.hint or stop - start > 1):
                taken[start:stop] = [True] * (stop - start)
                concepts[f"@{place}"] = (PLACE_RARITY, True)
                mentioned.append(place)
        core = [word for word, gone in zip(draft.words, taken, strict=True) if gone]
        for word, word_meanings, gone in zip(draft.words, draft.meanings, taken, strict=True):
            if not gone:
                self._word(word, word_meanings, concepts, core)
        if self.single["work"][row] and self.single["body"][row] & (BODY_BIT["municipality"] | BODY_BIT["region"]):
            self.unit[row] = True  # a municipality's or region's education, youth, work ... is a part of it
        ranked = sorted(concepts.items(), key=lambda item: (-item[1][0], item[0]))[:CONCEPTS]
        width = len(ranked)
        self.concept[row, :width] = [intern(concept) for concept, _ in ranked]
        self.rarity[row, :width] = [rare for _, (rare, _) in ranked]
        self.proper[row, :width] = [proper for _, (_, proper) in ranked]
        self.place[row, : min(2, len(mentioned))] = mentioned[:2]
        self.city[row] = places[draft.city, draft.hint] if draft.city else NOWHERE
        self.city_name.append(draft.city)
        self.full.append(" ".join(draft.words))
        self.in_order.append(" ".join(sorted(draft.words)))
        self.core.append(" ".join(sorted(core)))
        self.canonical.append(" ".join(sorted(concepts)))
        self.single["country"][row] = country_number(draft.country)
        self.single["hinted_country"][row] = country_number(draft.hint)
        self._several("acronyms", draft.acronyms)
        self._several("initials", _initials(draft))
        self._several("tokens", [word for word in draft.words if len(word) > 1])
        self._several("numbers", [word for word in draft.words if word.isdigit()])

    def _word(
        self,
        word: str,
        word_meanings: Sequence[Meaning],
        concepts: dict[str, tuple[float, bool]],
        core: list[str],
    ) -> None:
        """Add what one word says to the concepts, the core and the kind of the record at hand."""
        row = self.row
        for concept, part, rare in word_meanings:
            if part is Part.STOP or part is Part.LEGAL:
                continue
            if part is Part.BODY:
                self.single["body"][row] |= BODY_BIT[concept]
            elif part is Part.WORK:
                self.single["work"][row] |= WORK_BIT[concept]
            elif part is Part.UNIT:
                self.unit[row] = True
            proper = part is Part.NAME
            if proper and len(word) > 3 and word in country_names():
                rare, proper = COUNTRY_RARITY, False  # noqa: PLW2901 - a country says less than its rarity
            concepts.setdefault(concept, (rare, proper))
            if proper:
                core.append(word)

    def _several(self, column: str, values: Iterable[str]) -> None:
        numbers = [self.intern(value) for value in dict.fromkeys(values)][: self.several[column].shape[1]]
        self.several[column][self.row, : len(numbers)] = numbers

    def _contacts(self, record: Record) -> None:
        row, intern, single = self.row, self.intern, self.single
        host = own_website(record.website)
        domain = registered_domain(host)
        mail_domain = email_domain(record.email)
        single["web_host"][row] = intern(host)
        single["web_domain"][row] = intern(domain)
        single["mail_domain"][row] = intern(mail_domain)
        single["oid"][row] = intern(record.oid.strip().upper() if record.oid else None)
        if record.email and "@" in record.email:
            single["mail"][row] = intern(record.email.strip().lower())
        if host and record.website:
            path = _PATH.match(record.website.strip())
            parts = [part for part in fold(path.group(1)).split() if part not in PLAIN_PATHS] if path else []
            single["web_path"][row] = intern("/" + " ".join(parts)) if parts else 0
        labels: list[str] = []
        for name in (domain, mail_domain):
            if name:
                label = name.split(".", 1)[0]
                labels += [
                    skeleton(label.replace("-", "")),
                    *(skeleton(part) for part in label.split("-") if len(part) > 2),
                ]
        if host and domain and host != domain:
            labels.insert(0, skeleton(host.split(".", 1)[0]))
        self._several("labels", labels)

    def columns(self) -> Columns:
        """The finished columns."""
        return Columns(
            texts=self.intern.texts,
            full=self.full,
            in_order=self.in_order,
            core=self.core,
            canonical=self.canonical,
            city_name=self.city_name,
            concept=self.concept,
            rarity=self.rarity,
            proper=self.proper,
            place=self.place,
            city=self.city,
            unit=self.unit,
            **self.single,
            **self.several,
        )
