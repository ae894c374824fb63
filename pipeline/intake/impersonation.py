"""Is somebody pretending, or making us write to a stranger? Values to values: responses with flags and holds.

Nothing is dropped: a flag is a sentence beside the proposal; a hold keeps letters back until a person has looked.
What is ordinary in life (a school with a free-mail address, a second person of the same authority) is flagged at
most; what would send an introduction meant for a known organisation to a stranger is held.

`inspect` looks at each answer by itself and at its mailbox; `strangers` at all who claim to be one organisation, once
linkage has said which names are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.cleaning import URL, address_key, canonical_address, organisation_key
from pipeline.cleaning.domains import FREE_MAIL, email_domain, own_website, registered_domain
from pipeline.cleaning.folding import fold
from pipeline.model import EntryKind, Flag, KnownEntry, Response

FLOOD = 10
"""Open rows from one mailbox beyond which somebody is being flooded: the busiest real submitter has four needs."""

SECOND_CONTACT = "second-contact"
"""Code of the flag that a name was seen under another address."""

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

_PROGRAM_TEXT = re.compile(r"://|=\?")
"""What no organisation's name holds: a web address, an encoded word of a mail header."""
_LETTER = re.compile(r"[^\W\d_]")

KnownAddresses = Mapping[str, frozenset[str]]
"""Organisation key (folded name) -> the addresses it was seen under."""


def known_addresses(known: Iterable[KnownEntry]) -> dict[str, frozenset[str]]:
    """Under which addresses earlier runs have seen each name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for entry in known:
        found[entry.organisation_key].add(entry.address)
    return {key: frozenset(addresses) for key, addresses in found.items()}


def inspect(
    responses: Sequence[Response],
    known: KnownAddresses,
    *,
    own_addresses: Collection[str] = (),
    flood: int = FLOOD,
) -> tuple[Response, ...]:
    """The same responses in the same order, with what is odd about them in `flags` and `held`.

    `known` is what earlier runs have seen; `own_addresses` are those we send from and to ourselves.
    """
    addresses_of = _addresses_of(responses, known)
    own = {address_key(address.rpartition("<")[2].rstrip("> ")) for address in own_addresses if "@" in address}
    counts = Counter(address_key(response.email) for response in responses if response.kind is not EntryKind.WITHDRAW)
    people = _people(responses)

    def holds(response: Response) -> Iterable[str | None]:
        yield _our_own(response, own)
        yield _flooding(response, counts, flood)
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


def _addresses_of(responses: Sequence[Response], known: KnownAddresses) -> dict[str, set[str]]:
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


def _people(responses: Sequence[Response]) -> dict[tuple[str, str], str]:
    """(organisation key, address) -> the contact person it first named."""
    found: dict[tuple[str, str], str] = {}
    by_time = sorted(responses, key=lambda response: (response.submitted_at or datetime.max, response.content))  # noqa: DTZ901
    for response in by_time:
        if response.contact_name:
            key = organisation_key(response.organisation), canonical_address(response.email)
            found.setdefault(key, response.contact_name)
    return found


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
        code=SECOND_CONTACT,
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


# --- who claims to be one organisation ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That an entry is of a certain organisation, and where it says it can be written to."""

    entry: str
    organisation: str
    """As typed, for people."""
    address: str
    contact: str | None = None
    since: datetime | None = None
    """When it first said so, by the form's clock."""
    country: str | None = None
    website: str | None = None
    organisations: frozenset[str] = frozenset()
    """Ids of the organisations linkage takes it for."""
    perhaps: frozenset[str] = frozenset()
    """Ids of those it may be, as long as the question in `Same organisation?` is open."""
    readings: frozenset[str] = frozenset()
    """What its name says, in any spelling: within one country the same reading is the same name."""
    alike: frozenset[str] = frozenset()
    """Entries whose names may be other wordings of its own, whatever their addresses and websites say."""
    within: tuple[Claim, ...] = ()
    """The same answer as a claim to each organisation it says it is a part of."""
    fits: bool = False
    """Its mail domain sounds like its name, or is where it is."""
    is_confirmed: bool = False
    """A person has found out that the address is theirs."""
    is_open: bool = True
    """Its answers can be matched now; of the others only the address is remembered."""

    @property
    def key(self) -> str:
        """The folded name."""
        return organisation_key(self.organisation)

    @property
    def domain(self) -> str | None:
        """The registered domain of the address; None for a free mailbox, which says nothing of an organisation."""
        return email_domain(self.address)

    @property
    def label(self) -> str | None:
        """What the domain is called by: "gencat" of gencat.cat, which people write for Generalitat de Catalunya."""
        return self.domain.partition(".")[0] if self.domain else None

    @property
    def compact(self) -> str:
        """The name as a domain would have it."""
        return self.key.replace(" ", "")

    @property
    def house(self) -> str:
        """What all addresses of one owner share: the registered domain, or of a free mailbox the box itself."""
        return self.domain or address_key(self.address)


def strangers(claims: Sequence[Claim], told_apart: Collection[frozenset[str]] = ()) -> dict[str, str]:
    """Entry id -> whom to ask at which address before it is written to, for claims that may be somebody else's.

    Of several houses that claim to be one organisation the first to do so is known, and those a person has confirmed
    are. Whoever comes later from elsewhere is held. So is the first itself, if it is a free mailbox and somebody
    claims the name from a domain, or if another's domain sounds like the name and its own does not. Whoever says that
    it is part of an organisation claims its name as well. `told_apart` are pairs of entries that a person has called
    different organisations.
    """
    held = {}
    related = _Related(claims, told_apart)
    for claim in claims:
        if claim.is_open and not claim.is_confirmed:
            told = _stranger(claim, related.to(claim))
            for one in claim.within:
                if not related.is_trusted(one):
                    above = _stranger(one, related.above(one))
                    told = {**{entry: _since_part(sentence) for entry, sentence in above.items()}, **told}
            if told:
                held[claim.entry] = " ".join(told.values())
    return held


@dataclass(frozen=True, slots=True)
class _Kin:
    """The other claims to one name."""

    same: list[Claim] = field(default_factory=list)
    maybe: list[Claim] = field(default_factory=list)
    looks: list[Claim] = field(default_factory=list)


class _Related:
    """Finds the claims to the name that a claim makes."""

    def __init__(self, claims: Sequence[Claim], told_apart: Collection[frozenset[str]]) -> None:
        self.told_apart = frozenset(told_apart)
        self.by_entry = {claim.entry: claim for claim in claims}
        self.trusted = {
            (part.house, name)
            for claim in claims
            if claim.is_confirmed and claim.domain
            for part in claim.within
            for name in (part.key, *part.readings)
        }
        self.by_name: defaultdict[tuple[str, str], list[Claim]] = defaultdict(list)
        for claim in claims:
            for name in self._names(claim):
                self.by_name[name].append(claim)

    def _names(self, claim: Claim) -> set[tuple[str, str]]:
        if len(_LETTER.findall(claim.organisation)) < 2:
            return set()  # "=1+1" is nobody's name, so nobody else can claim it
        return {
            *(("id", one) for one in claim.organisations | claim.perhaps),
            *(("reading", one) for one in claim.readings),
            ("key", claim.key),
            ("shape", skeleton(claim.organisation)),
            ("label", claim.compact),
            *((("label", claim.label),) if claim.label else ()),
        }

    def to(self, claim: Claim) -> _Kin:
        """The other claims to the name of a claim."""
        return self._among(
            claim, [one for one in self._found(claim) if frozenset((claim.entry, one.entry)) not in self.told_apart]
        )

    def above(self, claim: Claim) -> _Kin:
        """The claims to a name that a claim says it is a part of: two that are different can be whole and part."""
        return self._among(
            claim, [one for one in self._found(claim) if claim.domain is None or one.domain or one.is_confirmed]
        )

    def is_trusted(self, claim: Claim) -> bool:
        """Whether a person has confirmed that a part of that organisation writes from this domain."""
        return any((claim.house, name) in self.trusted for name in (claim.key, *claim.readings))

    def _found(self, claim: Claim) -> list[Claim]:
        named = {other.entry: other for name in self._names(claim) for other in self.by_name.get(name, ())}
        named |= {one: self.by_entry[one] for one in claim.alike}
        return [other for other in named.values() if other.entry != claim.entry]

    def _among(self, claim: Claim, found: Iterable[Claim]) -> _Kin:
        kin = _Kin()
        for other in found:
            if (
                claim.key != other.key
                and _PROGRAM_TEXT.search(claim.organisation)
                and _PROGRAM_TEXT.search(other.organisation)
            ):
                continue  # two such texts are alike in what they do; neither is the name of an organisation
            if _is_one(claim, other):
                kin.same.append(other)
            elif _is_asked(claim, other) or other.entry in claim.alike or other.label == claim.compact:
                kin.maybe.append(other)
            elif claim.key != other.key and skeleton(claim.organisation) == skeleton(other.organisation):
                kin.looks.append(other)
        return kin


def _is_one(claim: Claim, other: Claim) -> bool:
    """Whether both claim to be one organisation. A name from a free mailbox is that name in any country."""
    if claim.organisations & other.organisations:
        return True
    named_alike = claim.key == other.key or bool(claim.readings & other.readings)
    return named_alike and (_in_one_country(claim, other) or (claim.domain is None and _came(other) < _came(claim)))


def _is_asked(claim: Claim, other: Claim) -> bool:
    """Whether `Same organisation?` asks if both are one."""
    return bool(claim.organisations & other.perhaps or claim.perhaps & other.organisations)


def _in_one_country(claim: Claim, other: Claim) -> bool:
    return not claim.country or not other.country or claim.country[:2] == other.country[:2]


def _stranger(claim: Claim, kin: _Kin) -> dict[str, str]:
    """The entry whose name it may have taken and whom to ask there, if there is one."""
    colleagues = [other for other in kin.same if _is_of_house(claim, other)]
    if any(other.is_confirmed for other in colleagues):
        return {}
    elsewhere = [other for other in kin.same if not _is_of_house(claim, other)]
    came = min(map(_came, (claim, *colleagues)))
    before = [other for other in elsewhere if other.is_confirmed or _came(other) < came]
    first = [other for other in before if _came(other) < came]
    if first:
        known = min(before, key=lambda other: (not other.is_confirmed, not other.is_open, _came(other)))
        return {known.entry: _wrote_before(claim, known)}
    rivals = [
        other for other in elsewhere if other.domain and (claim.domain is None or (other.fits and not claim.fits))
    ]
    if rivals:
        rival = min(rivals, key=lambda other: (not other.is_confirmed, not other.fits, _came(other)))
        return {rival.entry: _also_writes(claim, rival)}
    unsure = [other for other in kin.maybe if not _is_of_house(claim, other) and _came(other) < came]
    if unsure and claim.domain is None:
        known = min(unsure, key=lambda other: (not _is_asked(claim, other), _came(other)))
        return {known.entry: _may_be(claim, known)}
    alike = sorted((other for other in kin.looks if not _is_of_house(claim, other) and _came(other) < came), key=_came)
    return {alike[0].entry: _looks_like(alike[0])} if alike else {}


def _came(claim: Claim) -> tuple[datetime, str]:
    return (claim.since or datetime.max, claim.entry)  # noqa: DTZ901 - compared with the spreadsheet's local times


def _is_of_house(claim: Claim, other: Claim) -> bool:
    """Whether both write from one house, or one from the domain that the other gave as its website."""
    if claim.house == other.house:
        return True
    sites = (registered_domain(own_website(claim.website)), registered_domain(own_website(other.website)))
    later, earlier_site = (claim, sites[1]) if _came(other) < _came(claim) else (other, sites[0])
    return later.domain is not None and later.domain == earlier_site


def _wrote_before(claim: Claim, known: Claim) -> str:
    text = f"{known.organisation} wrote before from {_where(known)}: ask there whether this answer is theirs"
    if known.domain is None and claim.fits:
        return f"{text}; anybody can open such a mailbox, so make sure of it in another way as well."
    return f"{text}."


def _also_writes(claim: Claim, rival: Claim) -> str:
    told = f"{rival.organisation} also writes from {_where(rival)}"
    if rival.fits or rival.is_confirmed:
        return f"{told}: ask there whether {claim.address} is theirs."
    return f"{told}: find out, at a telephone number or address you know, which of the two is theirs."


def _may_be(claim: Claim, known: Claim) -> str:
    text = (
        f"This may be {known.organisation}, which wrote before from {_where(known)}: ask there whether this answer is"
    )
    return f"{text} theirs, and answer in Same organisation?." if _is_asked(claim, known) else f"{text} theirs."


def _since_part(sentence: str) -> str:
    return f"{sentence.removesuffix('.')}, since it says that it belongs to them."


def _looks_like(known: Claim) -> str:
    return (
        f'The name looks like that of another organisation ("{known.organisation}") but is written with other '
        f"letters. Ask at {_where(known)} whether it is the same one."
    )


def _where(claim: Claim) -> str:
    return f"{claim.address} ({claim.contact})" if claim.contact else claim.address
