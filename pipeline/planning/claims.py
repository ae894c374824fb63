"""Who claims to be which organisation, from where, and which of them are held until a person has asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time

from pipeline.cleaning import address_key
from pipeline.intake import EntryPlan
from pipeline.intake.impersonation import SECOND_CONTACT, Claim, strangers
from pipeline.letters.identity import introduction_id
from pipeline.linkage import (
    IdentityPlan,
    Linkage,
    PairState,
    Record,
    alike_names,
    fits_its_domain,
    readings,
    spelling_key,
    telling_parts,
)
from pipeline.model import Judgement, KnownEntry, LetterState, Match, Party, Response, Verdict
from pipeline.planning.inputs import RunInputs
from pipeline.ports import LedgerState


def with_strangers_held(
    inputs: RunInputs,
    plan: EntryPlan,
    records: Sequence[Record],
    linkage: Linkage,
    identity: IdentityPlan,
    judgements: Sequence[Judgement],
) -> EntryPlan:
    """The same entries, with `held` on those that may not be whom they say. `records` are those of the open entries."""
    known = _with_first_claims(plan.known, inputs.state.entries)
    claims = _claims(inputs, replace(plan, known=known), linkage, identity)
    held = strangers(claims, _told_apart(records, judgements))
    return replace(
        plan,
        known=known,
        open=tuple(
            replace(one, response=_held(one.response, held[one.id])) if one.id in held else one for one in plan.open
        ),
    )


def _held(response: Response, why: str) -> Response:
    """What is held says where else the name was seen; the flag would say it once more."""
    flags = tuple(flag for flag in response.flags if flag.code != SECOND_CONTACT)
    return replace(response, held=" ".join(filter(None, (response.held, why))), flags=flags)


def _with_first_claims(known: Sequence[KnownEntry], before: Sequence[KnownEntry]) -> tuple[KnownEntry, ...]:
    """A name that was only written otherwise ("Gothenburg" for "Göteborg") is claimed since it was first said."""
    old = {entry.id: entry for entry in before}
    renamed = {
        entry.id for entry in known if entry.id in old and old[entry.id].organisation_key != entry.organisation_key
    }
    if not renamed:
        return tuple(known)
    return tuple(
        replace(entry, since=_first_said(old[entry.id]))
        if entry.id in renamed and _reading(entry) & _reading(old[entry.id])
        else entry
        for entry in known
    )


def _reading(entry: KnownEntry) -> frozenset[str]:
    return readings([_remembered(entry)])[0]


def _remembered(entry: KnownEntry) -> Record:
    return Record(record_id=entry.id, organisation=_name(entry), email=entry.address)


def _name(entry: KnownEntry) -> str:
    return entry.organisation or entry.organisation_key


def _first_said(entry: KnownEntry) -> datetime:
    return entry.since or datetime.combine(entry.first_seen, time.max)


# -- the claims ----------------------------------------------------------------------------------------


def _claims(inputs: RunInputs, plan: EntryPlan, linkage: Linkage, identity: IdentityPlan) -> list[Claim]:
    """A claim for every entry there is or was."""
    answers = {one.id: one.response for one in plan.open}
    records = [
        _named(entry.id, answers[entry.id]) if entry.id in answers else _remembered(entry) for entry in plan.known
    ]
    perhaps = _perhaps(linkage, identity)
    confirmed = _Confirmed(inputs.state, identity)
    claims = []
    for entry, record, reading in zip(plan.known, records, readings(records, inputs.aliases), strict=True):
        answer = answers.get(entry.id)
        own = identity.organisation_of.get(entry.id, "")
        claims.append(
            Claim(
                entry=entry.id,
                organisation=answer.organisation if answer else _name(entry),
                address=answer.email if answer else entry.address,
                contact=answer.contact_name if answer else None,
                since=_first_said(entry),
                country=answer.country_code if answer else None,
                website=record.website,
                organisations=frozenset({own} if own else ()),
                perhaps=perhaps.get(own, frozenset()),
                readings=reading,
                fits=fits_its_domain(record),
                is_confirmed=confirmed.has(entry, own),
                is_open=answer is not None,
            )
        )
    return _with_other_wordings(inputs, answers, records, claims)


def _with_other_wordings(
    inputs: RunInputs, answers: Mapping[str, Response], records: Sequence[Record], claims: Sequence[Claim]
) -> list[Claim]:
    """The same claims, with what they say they are a part of, and whose name those of free mailboxes may mean."""
    wholes = {claim.entry: _wholes(claim, answers[claim.entry]) for claim in claims if claim.is_open}
    named = [record for found in wholes.values() for record in found]
    boxes = {claim.entry for claim in claims if claim.is_open and claim.domain is None}
    asking = [record for record in records if record.record_id in boxes]
    asking += [record for entry in boxes for record in wholes[entry] if record.record_id == _parent_of(entry)]
    alike = alike_names(asking, records, inputs.aliases)
    said = dict(zip(named, readings(named, inputs.aliases), strict=True))
    return [
        replace(
            claim,
            alike=alike.get(claim.entry, frozenset()),
            within=tuple(
                replace(
                    claim,
                    organisation=record.organisation,
                    readings=said[record],
                    alike=alike.get(record.record_id, frozenset()),
                    organisations=frozenset(),
                    perhaps=frozenset(),
                    # Whoever is a part of it need not write from where it does, so that its own address is no rival.
                    fits=claim.domain is not None,
                )
                for record in wholes.get(claim.entry, ())
            ),
        )
        for claim in claims
    ]


def _wholes(claim: Claim, answer: Response) -> list[Record]:
    """The names of others in the answer: of which organisation, it says, the one that writes is a part.

    A domain that sounds like what is left of the name is its own: a school of a region writes from there.
    """
    found = []
    parts = telling_parts(answer.organisation)
    names = [(part, answer.organisation.replace(part, " ")) for part in parts if part != answer.organisation]
    names += [(part, "") for part in telling_parts(answer.unit or "")]
    for number, (name, rest) in enumerate(names):
        found.append((f"{claim.entry} {number}", name, rest))
    if answer.parent:
        found.append((_parent_of(claim.entry), answer.parent, answer.organisation))
    return [
        Record(record_id=identifier, organisation=name, country=answer.country)
        for identifier, name, rest in found
        if claim.domain is None or not fits_its_domain(Record(record_id="", organisation=rest, email=answer.email))
    ]


def _parent_of(entry: str) -> str:
    return f"{entry} parent"


def _named(identifier: str, response: Response) -> Record:
    """What the answer says of the organisation, without the unit that takes part."""
    return Record(
        record_id=identifier,
        organisation=response.organisation,
        country=response.country,
        city=response.city,
        website=response.website,
        email=response.email,
        also_known_as=(response.organisation_local,) if response.organisation_local else (),
    )


def _perhaps(linkage: Linkage, identity: IdentityPlan) -> dict[str, frozenset[str]]:
    """Organisation id -> ids of those it may be: the open questions."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for pair in linkage.pairs:
        if pair.verdict is PairState.REVIEW:
            one, other = identity.organisation_of[pair.left], identity.organisation_of[pair.right]
            found[one].add(other)
            found[other].add(one)
    return {own: frozenset(others) for own, others in found.items()}


def _told_apart(records: Sequence[Record], judgements: Iterable[Judgement]) -> frozenset[frozenset[str]]:
    """Pairs of entries that a person has called different organisations."""
    apart = [judgement for judgement in judgements if judgement.verdict is Verdict.DIFFERENT]
    if not apart:
        return frozenset()
    spelt: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        spelt[spelling_key(record)].append(record.record_id)
    return frozenset(
        frozenset((one, other))
        for judgement in apart
        for one in spelt.get(judgement.left, ())
        for other in spelt.get(judgement.right, ())
    )


# -- what a person has confirmed -----------------------------------------------------------------------


class _Confirmed:
    """The addresses a person has found out to be an organisation's, by ticking Agreed on a row that asked for it."""

    def __init__(self, state: LedgerState, identity: IdentityPlan) -> None:
        self.of_entry: set[tuple[str, str]] = set()
        self.of_organisation: set[tuple[str, str]] = set()
        for match in state.matches.values():
            for party in confirmed_sides(match, state):
                mailbox = address_key(party.email)
                own = identity.redirects.get(party.organisation_id, party.organisation_id)
                self.of_entry.add((party.entry, mailbox))
                self.of_organisation.add((identity.organisation_of.get(party.entry, own), mailbox))

    def has(self, entry: KnownEntry, organisation: str) -> bool:
        mailbox = address_key(entry.address)
        return (entry.id, mailbox) in self.of_entry or (organisation, mailbox) in self.of_organisation


def confirmed_sides(match: Match, state: LedgerState) -> tuple[Party, ...]:
    """The sides of a match whose address a person has confirmed by ticking Agreed beside Approve."""
    decision = state.decisions.get(match.id)
    if decision is None or not decision.approved or decision.declined or decision.agreed is not True:
        return ()
    letter = state.letters.get(introduction_id(match.id))
    went = letter is not None and letter.state is LetterState.SENT
    # Before `checked` was remembered, what had to be checked stood in the match, and Agreed spoke for all of it.
    return tuple(
        party
        for party in match.parties
        if party.email and (party.side in decision.checked or (went and party.check_first))
    )
