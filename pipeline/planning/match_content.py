"""Candidates -> matches: what is put before the secretariat, and how long it stays valid.

A match's id is the hash of its content: the parties, their addresses and the answers the letter will
carry. So a proposal row can never change under a tick: another content is another match, whose row
asks again. Scores and the wording of reasons are no content; a match keeps those it was born with, and the one
that follows it has its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.cleaning.folding import fold
from pipeline.letters.points import what_fits, what_is_open, without_visit
from pipeline.model import Candidate, Entry, Match, Party, Response, Role, ShareContact, Side

CONTENT_VERSION = 1
"""Goes into every hash: raise it when the letter starts to carry further answers."""

NOT_CONTENT = frozenset({"entry", "organisation_id", "check_first"})
"""Our own bookkeeping about a party: a merge of organisations must not ask the officer again."""

WHY_LIMIT = 3000
"""Characters of the reasons; what has changed, above them, may have as many."""
SENTENCES_SHOWN = 16
BY_HAND = "Proposed by hand."


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An open entry with the answers it came from and the organisation it belongs to."""

    entry: Entry
    response: Response


SUITABLE = {
    Side.SENDING: (Role.SEND, Role.EITHER),
    Side.RECEIVING: (Role.HOST, Role.EITHER),
    Side.JOINING: (Role.SEND, Role.EITHER),
}
"""What an organisation answers as that takes a part in a visit."""


def to_party(side: Side, source: Source) -> Party:
    """One side of a match as it will stand in the proposal and in the letter.

    Of the texts it has the one that its part is about; who answered as something else says what was answered.
    """
    response = source.response
    answered_as = None if source.entry.role in SUITABLE[side] else source.entry.role
    return Party(
        side=side,
        entry=source.entry.id,
        organisation_id=source.entry.organisation_id,
        organisation=response.name,
        email=response.email,
        contact_name=response.contact_name,
        contact_role=response.contact_role,
        country=response.country,
        region=response.region,
        city=response.city,
        website=response.website,
        topics=response.topics + ((response.topics_other,) if response.topics_other else ()),
        formats=response.formats,
        languages=response.languages,
        seeks=response.seeks if side is not Side.RECEIVING or answered_as is Role.SEND else None,
        offers=response.offers if side is not Side.SENDING or answered_as is Role.HOST else None,
        date_from=response.date_from,
        date_to=response.date_to,
        days=response.days,
        group_size=response.group_size,
        answered_as=answered_as,
        ask_first=response.share_contact is ShareContact.ASK_FIRST,
        check_first=response.held,
    )


def match_id(parties: tuple[Party, ...], generation: int = 0) -> str:
    """`M-` and ten characters that stand for the content: equal content, equal id, on any machine.

    A later generation is the same content asked again, so that an old tick cannot speak for it.
    """
    content = [
        {
            name: _comparable(value)
            for name in Party.__dataclass_fields__
            if name not in NOT_CONTENT and (value := getattr(party, name)) not in (None, (), False)
        }
        for party in parties
    ]
    version = [CONTENT_VERSION, generation] if generation else [CONTENT_VERSION]
    text = json.dumps([*version, content], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return "M-" + base64.b32encode(digest)[:10].decode("ascii")


def _comparable(value: object) -> object:
    """One form for one value: three days are three days, however the sheet stored the number."""
    if isinstance(value, date | Side):
        return str(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def to_match(candidate: Candidate, sources: Mapping[str, Source], today: date, spent: Collection[str] = ()) -> Match:
    """The match a candidate amounts to. `sources` must hold the candidate's entries."""
    parties = tuple(
        to_party(side, sources[entry])
        for side, entry in (
            (Side.SENDING, candidate.sending),
            (Side.RECEIVING, candidate.receiving),
            (Side.JOINING, candidate.joining),
        )
        if entry is not None
    )
    return reasoned(build(parties, sources=sources, today=today, spent=spent), candidate)


def build(
    parties: tuple[Party, ...],
    *,
    sources: Mapping[str, Source],
    today: date,
    by_hand: bool = False,
    spent: Collection[str] = (),
) -> Match:
    """A match from its parties, with the points for the letter and the warnings for the reviewer, but no reasons yet.

    `spent` are ids whose tick must not speak again; the match takes the first free generation.
    """
    generation = 0
    while match_id(parties, generation) in spent:
        generation += 1
    flags = tuple(
        f"{party.organisation}: {flag.sentence}"
        for party in parties
        if party.entry in sources
        for flag in sources[party.entry].response.flags
    )
    asking = sources.get(next(party.entry for party in parties if party.side is Side.SENDING))
    return Match(
        id=match_id(parties, generation),
        parties=parties,
        why="",
        band="",
        waiting_since=asking.entry.submitted_at if asking else None,
        fits=what_fits(parties, today),
        unclear=what_is_open(parties),
        warnings=flags,
        by_hand=by_hand,
        proposed_on=today,
        generation=generation,
    )


def reasoned(match: Match, candidate: Candidate, changes: Sequence[str] = ()) -> Match:
    """The match with the reasons of a candidate of the same parties, below the lines that say what has changed.

    Of a match that a person named, the strength says nothing; and it is about a visit while both could take their part.
    """
    if candidate.partners and (not match.by_hand or any(party.answered_as for party in match.parties)):
        match = replace(match, partners=True, fits=without_visit(match.fits), unclear=without_visit(match.unclear))
    return replace(
        match,
        why=_why(candidate, changes, by_hand=match.by_hand),
        band="by hand" if match.by_hand else str(candidate.band),
        score=1.0 if match.by_hand else candidate.score,
    )


def entries_of(match: Match) -> tuple[str, ...]:
    """The entries of the match's sides: who travels, who hosts, perhaps who joins."""
    return tuple(party.entry for party in match.parties)


def renewed(match: Match, sources: Mapping[str, Source], today: date, spent: Collection[str] = ()) -> Match | str:
    """The same match from today's answers, or the sentence why there is none any more.

    Equal id: nothing that matters has changed. Another id: an answer was edited; its reasons are still to be made.
    """
    for party in match.parties:
        if party.entry not in sources:
            return f"the entry of {party.organisation} is no longer open"
    parties = tuple(to_party(party.side, sources[party.entry]) for party in match.parties)
    if match_id(parties, match.generation) == match.id:
        return replace(match, parties=parties)
    return build(parties, sources=sources, today=today, by_hand=match.by_hand, spent=spent)


def officer_order(match: Match) -> tuple[object, ...]:
    """How matches stand before a person: the strongest first, then who has waited longest, then name and place."""
    places = [(fold(party.organisation), fold(party.country), fold(party.city)) for party in match.parties]
    return (-match.score, match.waiting_since or date.max, places, [party.email for party in match.parties])


def lapsed(match: Match, sources: Mapping[str, Source], broken_rule: Callable[[Match], str | None]) -> str | None:
    """Why an otherwise unchanged match can no longer be, in one sentence; None if it still can."""
    addresses = [party.email for party in match.parties]
    if len(set(addresses)) < len(addresses):
        return "two sides have the same e-mail address"
    organisations = [sources[party.entry].entry.organisation_id for party in match.parties]
    if all(organisations) and len(set(organisations)) < len(organisations):
        return "two sides have turned out to be the same organisation"
    return None if match.by_hand else broken_rule(match)


def _why(candidate: Candidate, changes: Sequence[str], *, by_hand: bool) -> str:
    """What the officer reads: what has changed; then the strength, what speaks for it and against, what is open."""
    in_favour = [reason.sentence for reason in candidate.reasons if reason.weight >= 0][:SENTENCES_SHOWN]
    against = [reason.sentence for reason in candidate.reasons if reason.weight < 0][:SENTENCES_SHOWN]
    lines = [BY_HAND if by_hand else f"{str(candidate.band).capitalize()}."]
    lines += in_favour
    lines += against
    lines += candidate.unstated[:SENTENCES_SHOWN]
    parts = ("\n".join(part)[: WHY_LIMIT + 1] for part in (changes, lines) if part)
    return "\n".join(part if len(part) <= WHY_LIMIT else f"{part[: WHY_LIMIT - 1]}…" for part in parts)
