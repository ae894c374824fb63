"""Which organisation belongs to which: a department to its municipality, a section to its department.

A name contains its parent's ("Working Life Department, Municipality of Borås"), or the parent was stated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain

from pipeline.cleaning.countries import country_code, country_only
from pipeline.cleaning.domains import email_domain, own_website
from pipeline.linkage.columns import Columns
from pipeline.linkage.identity import IdentityPlan
from pipeline.linkage.normalise import COUNTRY_RARITY, prepare
from pipeline.linkage.records import Linkage, PairState, Record
from pipeline.model import Organisation

SEPARATORS = (" - ", " – ", " — ", ", ", " / ", ": ")
LIKELY_SAME = 0.5
TELLING = 5.0
"""A parent's name must say at least this much (nats) to be found inside another name."""


@dataclass(frozen=True, slots=True)
class _Name:
    """One spelling as a set of concepts."""

    organisation: str
    country: str | None
    concepts: frozenset[int]
    telling: float
    part: bool
    """Whether the name speaks of a part of something: a unit word, or several segments."""


def organisations(
    records: Sequence[Record],
    plan: IdentityPlan,
    aliases: Mapping[str, Sequence[str]] | None = None,
    *,
    linkage: Linkage | None = None,
) -> tuple[Organisation, ...]:
    """Every organisation with its spellings, contacts, domains, entries (record ids) and parent.

    Two organisations that `linkage` holds for possibly one are not made parent and child.
    """
    by_id: dict[str, list[Record]] = {}
    for record in records:
        by_id.setdefault(plan.organisation_of[record.record_id], []).append(record)
    columns = prepare(records, aliases)
    names: dict[str, list[_Name]] = {}
    for row, record in enumerate(records):
        own = plan.organisation_of[record.record_id]
        names.setdefault(own, []).append(_name(columns, row, record, own))
    found = [_organisation(own, members) for own, members in by_id.items()]
    stated = _stated_parents(records, plan, by_id)
    doubtful = {
        frozenset((plan.organisation_of[pair.left], plan.organisation_of[pair.right]))
        for pair in (linkage.pairs if linkage else ())
        if pair.verdict is PairState.REVIEW and pair.probability >= LIKELY_SAME
    }
    known = {organisation.id: organisation for organisation in found}
    return tuple(_with_parent(organisation, stated, names, known, doubtful) for organisation in found)


def _name(columns: Columns, row: int, record: Record, organisation: str) -> _Name:
    concepts = columns.concept[row]
    kept = columns.rarity[row] > COUNTRY_RARITY
    segmented = any(separator in record.organisation for separator in SEPARATORS)
    return _Name(
        organisation,
        country_only(country_code(record.country)),
        frozenset(concepts[kept].tolist()),
        float(columns.rarity[row][kept].sum()),
        bool(columns.unit[row]) or segmented,
    )


def _organisation(own: str, members: Sequence[Record]) -> Organisation:
    spellings = tuple(
        dict.fromkeys(name.strip() for record in members for name in (record.organisation, *record.also_known_as))
    )
    codes = Counter(code for record in members if (code := country_code(record.country)))
    country = max(codes.items(), key=lambda item: (item[1], "-" in item[0]))[0] if codes else None
    if country and "-" not in country:
        country = next((code for code in codes if code.startswith(f"{country}-")), country)
    cities = Counter(record.city.strip() for record in members if record.city)
    domains = [own_website(record.website) for record in members] + [email_domain(record.email) for record in members]
    return Organisation(
        id=own,
        name=_display_name(members),
        spellings=spellings,
        country=country,
        city=cities.most_common(1)[0][0] if cities else None,
        domains=tuple(dict.fromkeys(domain for domain in domains if domain)),
        oid=next((record.oid for record in members if record.oid), None),
        contacts=tuple(dict.fromkeys(record.email for record in members if record.email)),
        entries=tuple(record.record_id for record in members),
    )


def _display_name(members: Sequence[Record]) -> str:
    """The spelling most often used; of equals one that is not all capitals, then the first."""
    counts = Counter(record.organisation.strip() for record in members)
    first = {
        name: number for number, name in reversed(list(enumerate(record.organisation.strip() for record in members)))
    }
    return max(
        counts.items(), key=lambda item: (item[1], not (item[0].isupper() or item[0].islower()), -first[item[0]])
    )[0]


def _stated_parents(
    records: Sequence[Record], plan: IdentityPlan, by_id: Mapping[str, Sequence[Record]]
) -> dict[str, tuple[str | None, str]]:
    """Organisation -> (parent's id when we know it, parent's name), as typed in the form."""
    from pipeline.linkage.normalise import name_words

    spelt: dict[tuple[str, ...], str] = {}
    for own, members in by_id.items():
        for record in members:
            for name in (record.organisation, *record.also_known_as):
                spelt.setdefault(tuple(sorted(name_words(name))), own)
    found: dict[str, tuple[str | None, str]] = {}
    for record in records:
        own = plan.organisation_of[record.record_id]
        if record.parent and own not in found:
            parent = spelt.get(tuple(sorted(name_words(record.parent))))
            found[own] = (parent if parent != own else None, record.parent.strip())
    return found


def _with_parent(
    organisation: Organisation,
    stated: Mapping[str, tuple[str | None, str]],
    names: Mapping[str, Sequence[_Name]],
    known: Mapping[str, Organisation],
    doubtful: AbstractSet[frozenset[str]],
) -> Organisation:
    parent, name = stated.get(organisation.id, (None, ""))
    parent = parent or _containing(organisation.id, names, doubtful)
    if parent:
        return replace(organisation, parent=parent, parent_name=known[parent].name)
    return replace(organisation, parent_name=name) if name else organisation


def _containing(own: str, names: Mapping[str, Sequence[_Name]], doubtful: AbstractSet[frozenset[str]]) -> str | None:
    """The organisation whose name is wholly within one of this one's, the most specific such."""
    mine = names[own]
    if not any(name.part for name in mine):
        return None
    my_sets = {name.concepts for name in mine}
    best: tuple[float, str] | None = None
    for other in chain.from_iterable(names.values()):
        if other.organisation == own or other.telling < TELLING or other.concepts in my_sets:
            continue
        if frozenset((own, other.organisation)) in doubtful:
            continue
        for name in mine:
            same_country = other.country is None or name.country is None or other.country == name.country
            if name.part and same_country and other.concepts < name.concepts:
                best = max(best or (0.0, ""), (other.telling, other.organisation))
    return best[1] if best else None


def relatives(organisations: Sequence[Organisation]) -> Mapping[str, frozenset[str]]:
    """Organisation -> everything above and below it (not beside it)."""
    parent = {organisation.id: organisation.parent for organisation in organisations}
    found: dict[str, set[str]] = {organisation.id: set() for organisation in organisations}
    for own, direct in parent.items():
        seen = {own}
        above = direct
        while above and above not in seen:
            seen.add(above)
            found[own].add(above)
            found.setdefault(above, set()).add(own)
            above = parent.get(above)
    return {own: frozenset(others) for own, others in found.items()}
