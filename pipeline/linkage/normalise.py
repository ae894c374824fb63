"""Records -> comparable columns: what each name says, where it is, which domain and initials it has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.cleaning.countries import country_code, country_names, country_only
from pipeline.cleaning.folding import fold, skeleton
from pipeline.cleaning.places import NOWHERE, country_number, find_places
from pipeline.linkage.columns import Columns, Gathered, Integers, Interner, Numbers
from pipeline.linkage.contacts import address, domain_fit, site
from pipeline.linkage.records import Record
from pipeline.linkage.words import Part, WordInfo, word_info

CONCEPTS = 12
"""Concepts kept of one name, the rarest first."""
CHUNK = 20_000
"""Records prepared at a time: bounds the memory of the place look-up."""
LONGEST_PLACE = 4
PLACE_RARITY = 6.5
COUNTRY_RARITY = 1.0
STEM = 5
"""Letters of a word that survive inflection and most slips."""
ENGLISH = frozenset(
    """department departments dept youth employment working work schools school labour labor jobs health training
    skills adult""".split()  # noqa: SIM905 - a word list
)
"""Words for departments and their work that are English only."""
ENGLISH_TOO = frozenset(
    ["service", "services", "office", "social", "education", "mission", "culture", "division", "section"]
)
"""Words that are English and something else."""
ROMAN = frozenset({"ii", "iii", "iv", "vi", "vii", "viii", "ix"})
ARTICLES = frozenset(
    ["la", "le", "les", "el", "los", "las", "l", "san", "santa", "sankt", "saint", "st", "the", "den", "de", "s"]
)
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


@dataclass(slots=True)
class _Draft:
    """A record half prepared: before its places are known."""

    words: list[str]
    infos: list[WordInfo]
    telling: tuple[str, ...]
    city: str
    country: str
    hint: str
    acronyms: list[str]
    spans: list[tuple[int, int]]


def name_words(name: str) -> list[str]:
    """The folded, skeletonised words of a name; "S.L." is one word."""
    return skeleton(fold(_DOTTED.sub("", name) if "." in name else name)).split()


def _stated_country(record: Record) -> str:
    code = country_only(country_code(record.country))
    if code:
        return code
    for inside in _BRACKET.findall(record.organisation):
        code = country_only(country_code(inside)) if len(inside) > 3 else None
        if code:
            return code
    return ""


def _acronyms(name: str, significant: Sequence[str]) -> list[str]:
    """Words of a name that look like an acronym."""
    found: list[str] = []
    if not name.isupper():
        for word in _WORDS.findall(_DOTTED.sub("", name) if "." in name else name):
            if not word.islower() and not word.istitle() and 2 <= len(word) <= 8:
                capitals = sum(map(str.isupper, word))
                if capitals >= max(2, len(word) - 2):
                    found.append(fold(word).replace(" ", ""))
    if len(significant) == 1 and 2 <= len(significant[0]) <= 9:
        found.append(significant[0])
    elif name.isupper():
        found += [word for word in significant if 2 <= len(word) <= 5]
    return [*found, *(skeleton(short) for short in found)][:6]


def _spans(tokens: Sequence[str], infos: Sequence[WordInfo], city: str) -> list[tuple[int, int]]:
    """Stretches of a name that could be a place, the longest first."""
    spans: list[tuple[int, int]] = []
    count = len(tokens)
    starts = [start for start in range(count) if not infos[start].silent or tokens[start] in ARTICLES]
    proper = [info.proper for info in infos]
    for length in range(min(LONGEST_PLACE, count), 1, -1):
        for start in starts:
            stop = start + length
            if stop <= count and not infos[stop - 1].silent and True in proper[start:stop]:
                spans.append((start, stop))
    city_words = city.split()
    spans += [
        (start, start + 1)
        for start, token in enumerate(tokens)
        if infos[start].placeable or (token in city_words and len(token) >= 3)
    ]
    return spans


def _draft(record: Record) -> _Draft:
    tokens = name_words(record.organisation)
    infos = [word_info(token) for token in tokens]
    country = _stated_country(record)
    hint = country or site(record.website).country or address(record.email).country
    city = skeleton(fold(record.city))
    telling = tuple([token for token, info in zip(tokens, infos, strict=True) if not info.silent])
    acronyms = _acronyms(record.organisation, telling)
    return _Draft(tokens, infos, telling, city, country, hint, acronyms, _spans(tokens, infos, city))


def _initials(draft: _Draft) -> list[str]:
    """The acronyms a name could have: of its telling words, of all words, without where it is."""
    telling = draft.telling
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
    builder = _Builder(_alias_table(aliases or {}))
    for start in range(0, len(records), CHUNK):
        builder.add(records[start : start + CHUNK])
        if progress:
            progress(min(start + CHUNK, len(records)), len(records))
    return builder.columns()


def _alias_table(aliases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {" ".join(name_words(other)): main for main, others in aliases.items() for other in others}


def crowd(web: Integers, mail: Integers, first: Integers) -> Numbers:
    """For each record, log(1 + how many different first concepts its domain is seen with)."""
    domain = np.where(web > 0, web, mail).astype(np.int64)
    base = int(first.max(initial=0)) + 1
    domains, counts = np.unique(np.unique(domain * base + first) // base, return_counts=True)
    crowd = np.log1p(counts[np.searchsorted(domains, domain)])
    crowd[domain == 0] = -1.0
    return np.asarray(crowd, np.float32)


def bearers(concept: Integers) -> Numbers:
    """For each concept of each record, log(1 + how many records bear it)."""
    counts = np.bincount(concept.ravel(), minlength=1)
    return np.asarray(np.log1p(counts[concept]), np.float32)


_IDS = (
    "country",
    "hinted_country",
    "web_domain",
    "web_host",
    "web_path",
    "mail_domain",
    "mail_host",
    "mail",
    "body",
    "work",
    "tongue",
    "oid",
)
_LISTS = ("full", "in_order", "core", "canonical", "city_name", "telling", "label")
MUNICIPAL = BODY_BIT["municipality"] | BODY_BIT["region"]


class _Builder:
    """Collects the columns chunk by chunk."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self.intern = Interner()
        self.aliases = aliases
        self.shown: dict[str, str] = {}
        self.lists: dict[str, list[object]] = {name: [] for name in _LISTS}
        self.columns_of = {
            "concept": Gathered(CONCEPTS, np.int32),
            "stem": Gathered(CONCEPTS, np.int32),
            "rarity": Gathered(CONCEPTS, np.float32),
            "proper": Gathered(CONCEPTS, np.bool_),
            "place": Gathered(2, np.int32, NOWHERE),
            "city": Gathered(1, np.int32),
            "own_fit": Gathered(1, np.float32),
            "unit": Gathered(1, np.bool_),
            "labels": Gathered(4, np.int32),
            "acronyms": Gathered(5, np.int32),
            "initials": Gathered(4, np.int32),
            "tokens": Gathered(10, np.int32),
            "numbers": Gathered(3, np.int32),
            **{name: Gathered(1, np.int32) for name in _IDS},
        }

    def add(self, records: Sequence[Record]) -> None:
        """Prepare one chunk."""
        if self.aliases:
            records = [self._renamed(record) for record in records]
        drafts = [_draft(record) for record in records]
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
            self._contacts(record, draft.telling)
        for column in self.columns_of.values():
            column.close()

    def _renamed(self, record: Record) -> Record:
        main = self.aliases.get(" ".join(name_words(record.organisation)))
        return record if main is None else replace(record, organisation=main)

    def _names(self, draft: _Draft, places: Mapping[tuple[str, str], int]) -> None:
        intern, column, lists = self.intern, self.columns_of, self.lists
        named = _name_of(draft, places)
        self.shown.update({concept: text for concept, text in named.surface.items() if concept not in self.shown})
        ranked = sorted([(-rare, concept, proper) for concept, (rare, proper) in named.concepts.items()])[:CONCEPTS]
        surface = named.surface
        column["concept"].put([intern[concept] for _, concept, _ in ranked])
        column["stem"].put(
            [
                intern["^" + surface.get(concept, concept)[:STEM]] if proper else intern[concept]
                for _, concept, proper in ranked
            ]
        )
        column["rarity"].put([-rare for rare, _, _ in ranked])
        column["proper"].put([proper for _, _, proper in ranked])
        column["place"].put(named.places)
        column["city"].put([places[draft.city, draft.hint] if draft.city else NOWHERE])
        column["unit"].put([named.unit])
        column["body"].put([named.body])
        column["work"].put([named.work])
        column["tongue"].put([named.tongue])
        column["country"].put([country_number(draft.country)])
        column["hinted_country"].put([country_number(draft.hint)])
        column["acronyms"].put([intern[short] for short in dict.fromkeys(draft.acronyms)])
        column["initials"].put([intern[short] for short in _initials(draft)])
        column["tokens"].put([intern[word] for word in dict.fromkeys(draft.words) if len(word) > 1])
        column["numbers"].put([intern[word] for word in draft.words if word in ROMAN or word.isdigit()])
        lists["city_name"].append(draft.city)
        lists["full"].append(" ".join(draft.words))
        lists["in_order"].append(" ".join(sorted(draft.words)))
        lists["core"].append(" ".join(sorted(named.core)))
        lists["canonical"].append(" ".join(sorted(named.concepts)))
        lists["telling"].append(draft.telling)

    def _contacts(self, record: Record, telling: tuple[str, ...]) -> None:
        intern, column = self.intern, self.columns_of
        web, mail = site(record.website), address(record.email)
        for name, text in (
            ("web_host", web.host),
            ("web_domain", web.domain),
            ("web_path", web.path),
            ("mail_domain", mail.domain),
            ("mail_host", mail.host),
            ("mail", mail.address),
            ("oid", record.oid.strip().upper() if record.oid else ""),
        ):
            column[name].open.append(intern[text] if text else 0)
        labels = web.labels + mail.labels
        column["labels"].put([intern[label] for label in dict.fromkeys(labels) if label])
        own = (web.domain or mail.domain).split(".", 1)[0]
        self.lists["label"].append(own)
        column["own_fit"].open.append(domain_fit(own, telling) if own else -1.0)

    def columns(self) -> Columns:
        """The finished columns."""
        arrays: dict[str, Any] = {name: column.array() for name, column in self.columns_of.items()}
        lists: dict[str, Any] = self.lists
        return Columns(
            texts=self.intern.texts(),
            shown=self.shown,
            crowd=crowd(arrays["web_domain"], arrays["mail_domain"], arrays["concept"][:, 0]),
            bearers=bearers(arrays["concept"]),
            **lists,
            **arrays,
        )


@dataclass(slots=True)
class _Named:
    """What a name says, once its places are known."""

    concepts: dict[str, tuple[float, bool]]
    """Concept -> (rarity, whether it is a name)."""
    surface: dict[str, str]
    """Place concept -> how it is written here."""
    places: list[int]
    core: list[str]
    body: int = 0
    work: int = 0
    unit: bool = False
    tongue: int = 0


def _name_of(draft: _Draft, places: Mapping[tuple[str, str], int]) -> _Named:
    named = _Named({}, {}, [], [])
    taken = [False] * len(draft.words)
    for start, stop in draft.spans:
        if True in taken[start:stop]:
            continue
        name = " ".join(draft.words[start:stop])
        place = places[name, draft.hint]
        if place != NOWHERE and (draft.hint or stop - start > 1):
            taken[start:stop] = [True] * (stop - start)
            named.concepts[f"@{place}"] = (PLACE_RARITY, True)
            named.surface[f"@{place}"] = name
            named.places.append(place)
    for word, info, gone in zip(draft.words, draft.infos, taken, strict=True):
        if gone:
            named.core.append(word)
        elif not info.silent:
            _add_word(named, word, info)
    if named.body & MUNICIPAL:
        if named.work:
            named.unit = True  # a municipality's or region's education, youth, work ... is a part of it
        elif _UNITS.isdisjoint(named.concepts):
            named.unit = False  # the municipal office is the municipality
    return named


_UNITS = frozenset(["department", "directorate", "division", "administration unit", "faculty"])


def _tongue(known: int, word: str) -> int:
    """1 once a word was English only, 2 once one was of another language only."""
    if known == 1 or word in ENGLISH_TOO:
        return known
    return 1 if word in ENGLISH else 2


def _add_word(named: _Named, word: str, info: WordInfo) -> None:
    """Add what one word says."""
    for concept, part, rare in info.meanings:
        if part is Part.NAME:
            country = len(word) > 3 and word in country_names()
            named.concepts.setdefault(concept, (COUNTRY_RARITY, False) if country else (rare, True))
            if not country:
                named.core.append(word)
            continue
        if part is Part.BODY:
            named.body |= BODY_BIT[concept]
        elif part is Part.WORK:
            named.work |= WORK_BIT[concept]
        elif part is Part.UNIT:
            named.unit = True
        elif part is not Part.PLAIN:
            continue
        if part is Part.UNIT or part is Part.WORK:
            named.tongue = _tongue(named.tongue, word)
        named.concepts.setdefault(concept, (rare, False))
