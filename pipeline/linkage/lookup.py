"""What a name says, whatever its spelling: which names are one, and whom somebody means who writes one down.

`Directory.meant` goes from the sure to the likely and stops at the first step that finds anybody: an id, a name as it
was written, the same name in another language, then short forms and parts of names. Whatever a step finds twice is
two: nothing is ever guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pipeline.cleaning.countries import country_code, country_only
from pipeline.cleaning.domains import registered_domain
from pipeline.cleaning.folding import fold, skeleton
from pipeline.linkage.abbreviations import abbreviates
from pipeline.linkage.columns import Columns
from pipeline.linkage.contacts import LITTLE, address, domain_fit
from pipeline.linkage.engine import weigh
from pipeline.linkage.hierarchy import SEPARATORS
from pipeline.linkage.normalise import COUNTRY_RARITY, PLACE_RARITY, name_words, prepare
from pipeline.linkage.records import Record
from pipeline.linkage.scoring import model
from pipeline.linkage.words import Part, meanings, word_info
from pipeline.model import Organisation


def readings(
    records: Sequence[Record], aliases: Mapping[str, Sequence[str]] | None = None
) -> tuple[frozenset[str], ...]:
    """For each record what its name says, as places of its country and as words alone: names that share one are one.

    "Göteborgs stad" and "City of Gothenburg" both say "gothenburg municipality". Further names count as well.
    """
    spelt: list[Record] = []
    owner: list[int] = []
    for row, record in enumerate(records):
        for name in dict.fromkeys((record.organisation, *record.also_known_as)):
            spelt += [replace(record, organisation=name), Record(record_id="", organisation=_without_country(name))]
            owner += [row, row]
    found: list[set[str]] = [set() for _ in records]
    if spelt:
        columns = prepare(spelt, aliases)
        for row, own in enumerate(owner):
            found[own].add(_reading(columns, row))
    return tuple(frozenset(one) for one in found)


_SEPARATED = re.compile("|".join(map(re.escape, SEPARATORS)))
_BRACKETED = re.compile(r"\s*[(\[]([^)\]]*)[)\]]?")


def _without_country(name: str) -> str:
    """The name without a country in brackets."""
    return _BRACKETED.sub(lambda found: "" if country_code(found.group(1)) else found.group(), name)


def _reading(columns: Columns, row: int) -> str:
    """The concepts of a name but for its country, in alphabetical order; of a name that says nothing its words."""
    concepts = columns.concept[row][columns.rarity[row] > COUNTRY_RARITY].tolist()
    return " ".join(sorted(columns.texts[number] for number in concepts if number)) or columns.in_order[row]


ALIKE = 0.1
"""Probability of being one, by name and place alone, from which a name may be another wording of a known one.

Measured on the bench's names: 87 of 100 that are one body in two wordings reach it, 1 of 100 that are another body than
each of a hundred known ones, and 18 of 100 of bodies of one town.
"""


def alike_names(
    asking: Sequence[Record], known: Sequence[Record], aliases: Mapping[str, Sequence[str]] | None = None
) -> dict[str, frozenset[str]]:
    """For the records `asking` the ids of those `known` whose names linkage may take for theirs: other wordings.

    Addresses and websites say nothing here, for whoever takes a name has others. A record may stand in both lists.
    """
    if not asking:
        return {}
    ids = {record.record_id for record in asking}
    bare = [
        replace(record, website=None, email=None, oid=None, parent=None)
        for record in {record.record_id: record for record in (*known, *asking)}.values()
    ]
    case = weigh(bare, (), aliases or {}, model(), lambda _what, _done, _of: None)
    likely = np.flatnonzero(case.ruled.possible(case.chances.alone) >= ALIKE)
    there = {record.record_id for record in known}
    found: dict[str, set[str]] = {}
    for left, right in zip(case.pairs.left[likely].tolist(), case.pairs.right[likely].tolist(), strict=True):
        one, other = bare[left].record_id, bare[right].record_id
        for asker, bearer in ((one, other), (other, one)):
            if asker in ids and bearer in there:
                found.setdefault(asker, set()).add(bearer)
    return {one: frozenset(others) for one, others in found.items()}


def telling_parts(name: str) -> tuple[str, ...]:
    """The stretches of a name, between commas and the like, that tell who or where: "International office" does not."""
    return tuple(part for part in _SEPARATED.split(name) if _names_somebody(name_words(part)))


def fits_its_domain(record: Record) -> bool:
    """Whether the domain of the record's address sounds like one of its names, or is its town's. Free mail never."""
    label = address(record.email).domain.partition(".")[0]
    if not label:
        return False
    for name in (record.organisation, *record.also_known_as):
        telling = tuple(word for word in name_words(name) if not word_info(word).silent)
        # Göteborgs stad is at goteborg.se: a genitive is no other name.
        bare = tuple(word.removesuffix("s") for word in telling)
        if max(domain_fit(label, telling), domain_fit(label, bare)) >= LITTLE:
            return True
    return bool(record.city) and domain_fit(label, tuple(skeleton(fold(record.city)).split())) >= LITTLE


# -- whom somebody means -------------------------------------------------------------------------------

NEAREST = 4
"""Names told where nobody is known by the one that was written."""
SHORT_FORM = 9
"""Letters of the longest short form."""
WHOLLY = 0.99
"""Share of a name's words that a short form must be made of: UGent of Universiteit Gent."""
MOST = 0.5
"""Share of the telling words from which a name is suggested."""
LIKE_DESCRIPTION = 0.1
"""Share that a name counts for which shares nothing but what kind of body it is: less than any word that tells who."""
SLIPS = ((4, 1), (7, 2))
"""(letters of a word, letters of it that may be wrong or swapped): "Kortrjik", but not "Gencat" for Gent."""


def every_word(words: Sequence[str]) -> tuple[str, ...]:
    """Where nothing is known of a field's own words, each may be part of a name."""
    return tuple(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Whom a written name means: ids of organisations. Exactly one in `found` is understood, several are a choice.

    `nearest` are organisations that may be meant, the likest first, where nobody was found: of a name like it, of the
    domain or as a part of the organisation that is called so.
    """

    found: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Name:
    """One name of an organisation, or what somebody wrote, ready to be compared."""

    organisation: str
    words: tuple[str, ...]
    telling: tuple[str, ...]
    """Its words that tell who or where, and are none of the field's own."""
    readings: frozenset[str]
    concepts: tuple[frozenset[str], ...]
    short: frozenset[str]
    initials: frozenset[str]


class Directory:
    """The organisations that are known, to be looked up by whatever name somebody writes.

    `names_of` leaves out of a name's words those of the field's own, which name nobody: VET, STEM, guidance.
    """

    def __init__(
        self,
        organisations: Sequence[Organisation],
        aliases: Mapping[str, Sequence[str]] | None = None,
        *,
        names_of: Callable[[Sequence[str]], Sequence[str]] = every_word,
    ) -> None:
        self.names_of = names_of
        self.organisations = {one.id: one for one in organisations}
        self.aliases = aliases
        self.by_id = {fold(one.id): one.id for one in organisations}
        self.spelt = [
            (one.id, name, country_only(one.country))
            for one in organisations
            for name in dict.fromkeys((one.name, *one.spellings))
        ]
        self.by_words: dict[tuple[str, ...], set[str]] = {}
        for own, name, _ in self.spelt:
            self.by_words.setdefault(_telling(name), set()).add(own)

    def meant(self, text: str) -> Meant:
        """Whom somebody means who writes this: "Göteborgs stad", "gothenburg (Sweden)", "GU", "O-ABCDEFGH"."""
        own = self.by_id.get(fold(text))
        if own:
            return Meant(found=(own,))
        whole = self.by_words.get(_telling(text))
        if whole:
            return Meant(found=tuple(sorted(whole)))
        name, where = _parted(text)
        for step in (self._named_so, self._says_the_same, self._short_or_part):
            found = {own for own in step(name) if self._is_there(own, where)}
            if found:
                return Meant(found=tuple(sorted(found)))
        return Meant(nearest=self._nearest(name))

    def _is_there(self, own: str, where: Sequence[str]) -> bool:
        """Whether the organisation is in the country or town that was written behind the name."""
        one = self.organisations[own]
        for place in where:
            code = country_only(country_code(place))
            if code and one.country and code != country_only(one.country):
                return False
            if not code and one.city and skeleton(fold(place)) != skeleton(fold(one.city)):
                return False
        return True

    def _named_so(self, text: str) -> set[str]:
        return self.by_words.get(_telling(text), set())

    def _says_the_same(self, text: str) -> set[str]:
        asked = self._asked(text)
        return {known.organisation for known in self._names for one in asked if one.readings & known.readings}

    def _short_or_part(self, text: str) -> set[str]:
        """Whose short form it is, or whose name says all that it says: of a name that names somebody or some place."""
        asked = self._asked(text)
        return {
            known.organisation
            for known in self._names
            for one in asked
            if _is_short_for(one, known) or _is_part_of(one, known)
        }

    @cached_property
    def _names(self) -> list[_Name]:
        return self._read(self.spelt)

    def _asked(self, text: str) -> list[_Name]:
        """What was written, read as it would be in each country somebody is known in."""
        countries = dict.fromkeys([None, *(country for _, _, country in self.spelt)])
        return self._read([("", text, country) for country in countries])

    def _nearest(self, text: str) -> tuple[str, ...]:
        """Of names that share most of what was written, the likest; those that are named by it in another way first."""
        from rapidfuzz import fuzz

        in_each_country = self._asked(text)
        asked, said = in_each_country[0], frozenset().union(*(one.readings for one in in_each_country))
        compact = "".join(asked.words)
        named = [
            one.id
            for one in self.organisations.values()
            if compact in {domain.partition(".")[0] for domain in map(registered_domain, one.domains) if domain}
            or (one.parent_name and said & self._read([("", one.parent_name, country_only(one.country))])[0].readings)
        ]
        shares = {number: _share(asked, known) for number, known in enumerate(self._names)}
        best = max(shares.values(), default=0.0)
        like = [number for number, share in shares.items() if share == best > 0]
        like.sort(key=lambda number: -fuzz.WRatio(" ".join(asked.words), " ".join(self._names[number].words)))
        return tuple(dict.fromkeys((*named, *(self._names[number].organisation for number in like))))[:NEAREST]

    def _read(self, spelt: Sequence[tuple[str, str, str | None]]) -> list[_Name]:
        """(organisation, name, country) -> names to compare, each read as in its country and by its words alone."""
        records = [
            record
            for _, name, country in spelt
            for record in (
                Record(record_id="", organisation=name, country=country),
                Record(record_id="", organisation=_without_country(name)),
            )
        ]
        if not records:
            return []
        columns = prepare(records, self.aliases)
        return [
            _Name(
                own,
                words := tuple(name_words(name)),
                tuple(word for word in self.names_of(words) if _names_somebody((word,))),
                frozenset({_reading(columns, 2 * row), _reading(columns, 2 * row + 1)}),
                (_concepts(columns, 2 * row), _concepts(columns, 2 * row + 1)),
                frozenset(columns.texts[number] for number in columns.acronyms[2 * row].tolist() if number),
                frozenset(columns.texts[number] for number in columns.initials[2 * row].tolist() if number),
            )
            for row, (own, name, _) in enumerate(spelt)
        ]


def _share(asked: _Name, known: _Name) -> float:
    """How much of what was written a name has: of its telling words, or else all that says what it is."""
    places = {one for concepts in asked.concepts for one in concepts if one.startswith("@")}
    hits = sum(any(_is_slip(word, other) for other in known.words) for word in asked.telling)
    hits = max(hits, any(places & concepts for concepts in known.concepts))
    if hits:
        share = hits / max(1, len(asked.telling))
        return share if share >= MOST and _can_be_one_body(asked, known) else 0.0
    described = asked.concepts[1] - {meaning.concept for word in asked.telling for meaning in meanings(word)}
    says_who = any(meaning.part in (Part.BODY, Part.UNIT) for word in asked.words for meaning in meanings(word))
    is_described = says_who and len(described) > 1 and any(described <= concepts for concepts in known.concepts)
    return LIKE_DESCRIPTION if is_described and not places else 0.0


def _can_be_one_body(asked: _Name, known: _Name) -> bool:
    """Whether both may be one kind of body: a university is no municipality, and a name may leave its kind out."""
    one, other = (
        {meaning.concept for word in name.words for meaning in meanings(word) if meaning.part is Part.BODY}
        for name in (asked, known)
    )
    return not one or not other or bool(one & other)


def _is_slip(word: str, other: str) -> bool:
    """Whether two words are one, but for a slip or an ending left out."""
    from rapidfuzz.distance import OSA

    allowed = max((slips for letters, slips in SLIPS if len(word) >= letters), default=0)
    if word == other or (allowed and other.startswith(word)):
        return True
    return len(other) >= SLIPS[0][0] and OSA.distance(word, other, score_cutoff=allowed) <= allowed


def _concepts(columns: Columns, row: int) -> frozenset[str]:
    """What a name says, its country apart."""
    kept = columns.rarity[row] > COUNTRY_RARITY
    return frozenset(columns.texts[number] for number in columns.concept[row][kept].tolist() if number)


def _names_somebody(words: Sequence[str]) -> bool:
    """Whether a word of the name tells who or where: "vocational college" tells neither."""
    return any(
        meaning.part is Part.NAME or (meaning.part is Part.PLAIN and meaning.rarity >= PLACE_RARITY)
        for word in words
        for meaning in meanings(word)
    )


def _is_short_for(asked: _Name, known: _Name) -> bool:
    if len(asked.words) == 1 and len(asked.words[0]) <= SHORT_FORM:
        (short,) = asked.words
        is_made_of = short in known.short | known.initials or abbreviates(short, known.words) >= WHOLLY
        return bool(asked.telling) and is_made_of
    return len(known.words) == 1 and known.words[0] in asked.initials | asked.short


def _is_part_of(asked: _Name, known: _Name) -> bool:
    if not asked.telling:
        return False
    return set(asked.words) <= set(known.words) or any(
        one and one <= other for one in asked.concepts for other in known.concepts
    )


def _telling(name: str) -> tuple[str, ...]:
    """The words that tell, in any order: without articles and legal forms, case and accents."""
    words = name_words(name)
    return tuple(
        sorted({word for word in words if meanings(word)[0].part not in (Part.STOP, Part.LEGAL)} or set(words))
    )


def _parted(text: str) -> tuple[str, tuple[str, ...]]:
    """A name and what stands in brackets at its end (country, town, or both), or a country after a comma."""
    found = re.fullmatch(r"(?P<name>.*\S)\s*[(\[](?P<where>[^)\]]*)[)\]]", text.strip())
    if not found:
        name, _, last = text.rpartition(",")
        return (name, (last,)) if name and country_code(last) else (text, ())
    return found["name"], tuple(part.strip() for part in found["where"].split(",") if part.strip())
