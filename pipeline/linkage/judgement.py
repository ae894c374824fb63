"""What people said about two spellings, and how it is found again.

An answer is kept under the spelling keys of both records, not under row numbers or ids: it holds for every
later record spelt alike, whatever its case, accents, word order, legal form or place of the country name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from pipeline.cleaning.countries import country_code, country_names, country_only
from pipeline.cleaning.folding import fold, skeleton
from pipeline.cleaning.places import NOWHERE, country_number, find_places
from pipeline.linkage.records import Record
from pipeline.linkage.words import Part, meanings
from pipeline.model import Judgement, Verdict


@lru_cache(maxsize=50_000)
def _city_key(city: str, country: str) -> str:
    place = int(find_places([city], [country_number(country or None)])[0])
    return city if place == NOWHERE else f"@{place}"


def spelling_key(record: Record) -> str:
    """The key an answer about this record is remembered under: readable words and a short hash.

    The same for every case, accent, word order and legal form of one name in one place: the words of
    organisation and unit, the country, and the city by whichever of its names.
    """
    from pipeline.linkage.normalise import name_words

    country = country_only(country_code(record.country)) or ""
    city = skeleton(fold(record.city))
    found = name_words(record.organisation)
    telling = {word for word in found if meanings(word)[0].part not in (Part.STOP, Part.LEGAL)} or set(found)
    if len(telling) > 1:
        names = country_names()
        telling = {
            word for word in telling if len(word) < 4 or names.get(word, "")[:2] != country or not country
        } or telling
    text = " ".join(sorted(telling)) or fold(record.organisation) or record.organisation.strip().lower()
    place = _city_key(city, country) if city else ""
    digest = blake2b(f"{text}|{country}|{place}".encode(), digest_size=6).hexdigest()
    readable = "-".join(word for word in found if word in telling)[:40].strip("-") or "name"
    first = "-".join(sorted(readable.split("-")))[:40].strip("-")
    return f"{first}-{digest}"


def pair_key(left: str, right: str) -> tuple[str, str]:
    """Two spelling keys in the order a Judgement has them."""
    return (left, right) if left < right else (right, left)


@dataclass(frozen=True, slots=True)
class Judged:
    """What people's answers mean for the rows at hand: pairs of row numbers."""

    same: tuple[tuple[int, int], ...] = ()
    different: tuple[tuple[int, int], ...] = ()
    unsure: tuple[tuple[int, int], ...] = ()

    def settled(self) -> Iterable[tuple[int, int]]:
        """Pairs nobody need be asked about again."""
        return (*self.same, *self.different, *self.unsure)


def latest(judgements: Iterable[Judgement]) -> Mapping[tuple[str, str], Judgement]:
    """The last answer about each pair of spellings: a changed tick replaces the earlier one."""
    found: dict[tuple[str, str], Judgement] = {}
    for judgement in judgements:
        key = pair_key(judgement.left, judgement.right)
        known = found.get(key)
        if known is None or judgement.at >= known.at:
            found[key] = judgement
    return found


def judged_rows(records: Sequence[Record], judgements: Sequence[Judgement]) -> Judged:
    """The answers that concern these records."""
    if not judgements:
        return Judged()
    rows: dict[str, list[int]] = {}
    for row, record in enumerate(records):
        rows.setdefault(spelling_key(record), []).append(row)
    found: dict[Verdict, list[tuple[int, int]]] = {verdict: [] for verdict in Verdict}
    for (left, right), judgement in sorted(latest(judgements).items(), key=lambda item: item[1].at, reverse=True):
        if left == right:
            continue
        for one in rows.get(left, ()):
            found[judgement.verdict] += [(min(one, other), max(one, other)) for other in rows.get(right, ())]
    return Judged(tuple(found[Verdict.SAME]), tuple(found[Verdict.DIFFERENT]), tuple(found[Verdict.UNSURE]))
