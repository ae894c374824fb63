"""What a name says, whatever its spelling: which names are one, and whom somebody means who writes one down."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.cleaning.countries import country_code
from pipeline.cleaning.folding import fold, skeleton
from pipeline.linkage.columns import Columns
from pipeline.linkage.contacts import LITTLE, address, domain_fit
from pipeline.linkage.normalise import COUNTRY_RARITY, name_words, prepare
from pipeline.linkage.records import Record
from pipeline.linkage.words import word_info


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


_BRACKETED = re.compile(r"\s*[(\[]([^)\]]*)[)\]]?")


def _without_country(name: str) -> str:
    """The name without a country in brackets."""
    return _BRACKETED.sub(lambda found: "" if country_code(found.group(1)) else found.group(), name)


def _reading(columns: Columns, row: int) -> str:
    """The concepts of a name but for its country, in alphabetical order; of a name that says nothing its words."""
    concepts = columns.concept[row][columns.rarity[row] > COUNTRY_RARITY].tolist()
    return " ".join(sorted(columns.texts[number] for number in concepts if number)) or columns.in_order[row]


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
