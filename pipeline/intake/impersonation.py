"""Is somebody pretending, or making us write to a stranger? Values to values: responses with flags and holds.

Nothing is dropped: a flag is a sentence beside the proposal; a hold keeps letters back until a person has looked.
What is ordinary in life (a school with a free-mail address, a second person of the same authority) is flagged at
most; what would send an introduction meant for a known organisation to a stranger is held.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.cleaning import URL, address_key, canonical_address, organisation_key
from pipeline.cleaning.domains import FREE_MAIL, email_domain, own_website, registered_domain
from pipeline.cleaning.folding import fold
from pipeline.model import EntryKind, Flag, KnownEntry, Response

FLOOD = 10
"""Open rows from one mailbox beyond which somebody is being flooded: the busiest real submitter has four needs."""

AUTHORITIES = frozenset({"Regional authority", "Local authority", "Public employment service"})
"""Types of the form that never write from a free-mail address."""

_AUTHORITY_WORDS = frozenset(
    {"ministry", "ministerio", "ministere", "ministerium", "ministero", "government", "generalitat", "council"}
    | {"municipality", "prefecture", "commission", "kommun", "fylkeskommune", "landesregierung"}
)

_LOOK_ALIKES = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "5": "s", "8": "b", "3": "e"})

_PAINTED = str.maketrans(
    "АВЕЅКМНОРСТУХІЈӀԚԜԁасеорухіјѕһӏԛԝвкмнтгпАΒΕΖΗΙΚΜΝΟΡΤΥΧαοικνρτυχγω",
    "ABESKMHOPCTYXIJIQWdaceopyxijshlqwbkmhtrnABEZHIKMNOPTYXaoikvptuxyw",
)
"""Cyrillic and Greek letters and the Latin ones they are drawn like (Unicode's confusables, the letters of names)."""

KnownContacts = Mapping[str, frozenset[str]]
"""Organisation key (folded name) -> the addresses it is known under."""


def known_contacts(known: Iterable[KnownEntry]) -> dict[str, frozenset[str]]:
    """Under which addresses earlier runs know each organisation: those that came first.

    An address that came later does not become known by waiting; its letters stay held until a person looks.
    """
    by_key: defaultdict[str, list[KnownEntry]] = defaultdict(list)
    for entry in known:
        by_key[entry.organisation_key].append(entry)
    return {
        key: frozenset(entry.address for entry in found if entry.first_seen == min(one.first_seen for one in found))
        for key, found in by_key.items()
    }


def inspect(
    responses: Sequence[Response],
    known_contacts: KnownContacts,
    *,
    own_addresses: Collection[str] = (),
    flood: int = FLOOD,
) -> tuple[Response, ...]:
    """The same responses in the same order, with what is odd about them in `flags` and `held`.

    `known_contacts` is what earlier runs know; `own_addresses` are those we send from and to ourselves.
    """
    addresses_of = _addresses_of(responses, known_contacts)
    first = _first_contacts(responses, known_contacts)
    shapes = _shapes(addresses_of)
    own = {address_key(address.rpartition("<")[2].rstrip("> ")) for address in own_addresses if "@" in address}
    counts = Counter(address_key(response.email) for response in responses if response.kind is not EntryKind.WITHDRAW)
    people = _people(responses)

    def holds(response: Response) -> Iterable[str | None]:
        yield _our_own(response, own)
        yield _flooding(response, counts, flood)
        yield _another_contact(response, first)
        yield _look_alike(response, shapes, first)
        yield _advertises(response)
        yield _new_person(response, people)

    def flags(response: Response) -> Iterable[Flag | None]:
        yield _second_contact(response, addresses_of)
        yield _other_website(response)
        yield _free_mail(response)
        yield _link_in_name(response)

    return tuple(
        response if response.kind is EntryKind.WITHDRAW else _with(response, holds(response), flags(response))
        for response in responses
    )


def _with(response: Response, holds: Iterable[str | None], flags: Iterable[Flag | None]) -> Response:
    held = [sentence for sentence in (response.held, *holds) if sentence]
    found = [flag for flag in flags if flag]
    if not found and held == ([response.held] if response.held else []):
        return response
    return replace(response, held=" ".join(held) or None, flags=(*response.flags, *found))


# --- what is known ---


@dataclass(frozen=True, slots=True)
class _Contact:
    """Who an organisation was when it first came: `since` orders the known before the new, and these by time."""

    addresses: frozenset[str]
    since: tuple[int, datetime]
    country: str | None = None


def _first_contacts(responses: Sequence[Response], known: KnownContacts) -> dict[str, _Contact]:
    """Organisation key -> what it is known under; of one that is new, its first answer."""
    by_time = sorted(responses, key=lambda response: (response.submitted_at or datetime.max, response.content))  # noqa: DTZ901
    countries = {canonical_address(response.email): response.country_code for response in by_time}
    found = {
        key: _Contact(
            frozenset(canonical_address(address) for address in addresses),
            (0, datetime.min),  # noqa: DTZ901 - compared with the spreadsheet's local times
            next((countries[address] for address in sorted(addresses) if countries.get(address)), None),
        )
        for key, addresses in known.items()
    }
    for response in by_time:
        since = (1, response.submitted_at or datetime.max)  # noqa: DTZ901
        contact = _Contact(frozenset({canonical_address(response.email)}), since, response.country_code)
        found.setdefault(organisation_key(response.organisation), contact)
    return found


def _is_theirs(response: Response, contact: _Contact) -> bool:
    return canonical_address(response.email) in contact.addresses or _same_house(response.email, contact.addresses)


def _addresses_of(responses: Sequence[Response], known: KnownContacts) -> dict[str, set[str]]:
    """Organisation key -> every address seen for it, now or before."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for key, addresses in known.items():
        found[key] |= {canonical_address(address) for address in addresses}
    for response in responses:
        if response.organisation:
            found[organisation_key(response.organisation)].add(canonical_address(response.email))
    return dict(found)


def skeleton(name: str) -> str:
    """What a name looks like: accents off, foreign letters as the Latin ones they are drawn like, l for 1 and I."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    letters = fold(plain.translate(_PAINTED)).translate(_LOOK_ALIKES)
    return letters.replace("rn", "m").replace("vv", "w").replace("cl", "d").replace(" ", "")


def _shapes(addresses_of: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Skeleton -> the organisation keys that look like it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for key in addresses_of:
        found[skeleton(key)].add(key)
    return dict(found)


def _people(responses: Sequence[Response]) -> dict[tuple[str, str], str]:
    """(organisation key, address) -> the contact person it first named."""
    found: dict[tuple[str, str], str] = {}
    by_time = sorted(responses, key=lambda response: (response.submitted_at or datetime.max, response.content))  # noqa: DTZ901
    for response in by_time:
        if response.contact_name:
            key = organisation_key(response.organisation), canonical_address(response.email)
            found.setdefault(key, response.contact_name)
    return found


def _same_house(address: str, others: Iterable[str]) -> bool:
    """Whether the address belongs to a domain that one of the others has, free mail not counting."""
    domain = email_domain(address)
    return domain is not None and any(email_domain(other) == domain for other in others)


# --- holds ---


def _our_own(response: Response, own: Collection[str]) -> str | None:
    if address_key(response.email) in own:
        return "The address is one of our own, so a letter would come back to us: ask for the partner's address."
    return None


def _flooding(response: Response, counts: Mapping[str, int], flood: int) -> str | None:
    number = counts[address_key(response.email)]
    if number > flood:
        return (
            f"{number} answers came from this address, more than {flood}: somebody may be using it to trouble its "
            "owner. Ask the owner before anything is sent."
        )
    return None


def _another_contact(response: Response, first: Mapping[str, _Contact]) -> str | None:
    """A name we know with an address from elsewhere: an introduction would go to whoever that is."""
    contact = first[organisation_key(response.organisation)]
    if contact.country and response.country_code and contact.country != response.country_code:
        return None
    if _is_theirs(response, contact):
        return None
    return (
        f"{response.organisation} is known to us under another address ({_listed(contact.addresses)}). "
        "Ask there whether this answer is theirs."
    )


def _look_alike(response: Response, shapes: Mapping[str, Collection[str]], first: Mapping[str, _Contact]) -> str | None:
    """A name drawn like one that was here before, in other letters, from another house."""
    key = organisation_key(response.organisation)
    mine = first[key].since
    older = [
        other
        for other in sorted(shapes.get(skeleton(response.organisation), ()))
        if other != key and first[other].since <= mine and not _is_theirs(response, first[other])
    ]
    if not older:
        return None
    return (
        f'The name looks like that of another organisation ("{older[0]}") but is written with other letters. '
        "Find out whether it is the same one."
    )


def _advertises(response: Response) -> str | None:
    """A name with a free-standing web address of somebody else is a message. (A spreadsheet formula is only a flag.)"""
    name = response.organisation
    for found in URL.finditer(name):
        if found.start() and not name[found.start() - 1].isspace():
            continue
        domain = registered_domain(found.group())
        if domain and domain in {email_domain(response.email), registered_domain(response.website)}:
            continue
        return "The organisation's name holds a web address that is not its own. Ask for the plain name."
    return None


# --- flags ---


def _second_contact(response: Response, addresses_of: Mapping[str, Collection[str]]) -> Flag | None:
    others = sorted(
        set(addresses_of.get(organisation_key(response.organisation), ())) - {canonical_address(response.email)}
    )
    if not others:
        return None
    return Flag(
        code="second-contact",
        sentence=f"{response.organisation} also writes from {_listed(others)}.",
    )


def _new_person(response: Response, people: Mapping[tuple[str, str], str]) -> str | None:
    first = people.get((organisation_key(response.organisation), canonical_address(response.email)))
    if not first or not response.contact_name or fold(first) == fold(response.contact_name):
        return None
    return (
        f"This answer names {response.contact_name} as contact person, an earlier one from the same address "
        f"named {first}: ask at that address whether this is so."
    )


def _other_website(response: Response) -> Flag | None:
    site, sender = registered_domain(own_website(response.website)), email_domain(response.email)
    if site is None or sender is None or site == sender:
        return None
    return Flag(
        code="other-website",
        sentence=f"The e-mail address is at {sender}, the website at {site}: ask if they belong together.",
    )


def _free_mail(response: Response) -> Flag | None:
    host = response.email.rpartition("@")[2]
    if host not in FREE_MAIL:
        return None
    public = response.organisation_type in AUTHORITIES or _AUTHORITY_WORDS & set(
        organisation_key(response.organisation).split()
    )
    if not public:
        return None
    return Flag(
        code="free-mail",
        sentence=f"A public authority writing from a free-mail address ({host}): make sure who it is.",
    )


def _link_in_name(response: Response) -> Flag | None:
    if not any(URL.search(name) for name in (response.organisation, response.contact_name) if name):
        return None
    return Flag(code="link-in-name", sentence="A name holds a web address.")


def _listed(addresses: Collection[str]) -> str:
    """Domains only: the flag must not carry another person's address into a proposal."""
    domains = sorted({address.rpartition("@")[2] for address in addresses})
    return ", ".join(f"…@{domain}" for domain in domains[:3]) + (" and others" if len(domains) > 3 else "")
