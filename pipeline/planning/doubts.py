"""Which two names may be one organisation: the questions of the tab, with what helps a person to answer them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.cleaning.domains import own_website
from pipeline.intake import EntryPlan
from pipeline.linkage import IdentityPlan, Linkage, PairState, Record, in_turn, spelling_key
from pipeline.model import DoubtfulPair, Reason, Response

REASONS_SHOWN = 4
ADDRESSES_SHOWN = 3
QUOTED = 2
"""Answers quoted of one organisation, the latest first."""
QUOTE_LIMIT = 140


def doubts_of(
    linkage: Linkage, records: Sequence[Record], cards: Mapping[str, str], standing: Collection[str]
) -> tuple[DoubtfulPair, ...]:
    """The doubtful pairs, each once per two spellings; those that wait for the answer to another say so.

    `cards` are what helps to tell who a record is (`cards_of`), by record id; `standing` are the keys of questions
    that stand in the tab already.
    """
    by_id = {record.record_id: record for record in records}
    cluster = {member: members[0] for members in linkage.clusters for member in members}
    found: dict[str, DoubtfulPair] = {}
    about: dict[str, tuple[str, str]] = {}
    key_of: dict[tuple[str, str], str] = {}
    questions = [pair for pair in linkage.pairs if pair.verdict is PairState.REVIEW]
    for pair in questions:
        one, other = sorted((by_id[pair.left], by_id[pair.right]), key=spelling_key)
        left, right = spelling_key(one), spelling_key(other)
        if left == right:
            continue
        doubt = DoubtfulPair(
            left=left,
            right=right,
            one=cards.get(one.record_id) or described(one),
            other=cards.get(other.record_id) or described(other),
            speaks_for=_sentences(pair.reasons, favour=True),
            speaks_against=_sentences(pair.reasons, favour=False),
        )
        key_of[pair.left, pair.right] = doubt.key
        found.setdefault(doubt.key, doubt)
        about.setdefault(doubt.key, (cluster.get(pair.left, pair.left), cluster.get(pair.right, pair.right)))
    rivals: defaultdict[str, set[str]] = defaultdict(set)
    for pair in questions:
        if (pair.left, pair.right) in key_of:
            rivals[key_of[pair.left, pair.right]].update(key_of[one] for one in pair.rivals if one in key_of)
    now = in_turn(about, rivals, [key for key in about if key in standing])
    return tuple(replace(doubt, waits=doubt.key not in now) for doubt in found.values())


def _sentences(reasons: Sequence[Reason], *, favour: bool) -> str:
    """What speaks for the pair, or against it, the strongest first."""
    chosen = sorted(
        (reason for reason in reasons if (reason.weight > 0) is favour), key=lambda reason: -abs(reason.weight)
    )
    return "\n".join(reason.sentence for reason in chosen[:REASONS_SHOWN])


def described(record: Record) -> str:
    """Name and place."""
    place = ", ".join(part for part in (record.city, record.country) if part)
    return f"{record.organisation} ({place})" if place else record.organisation


# -- who is who ----------------------------------------------------------------------------------------


def cards_of(plan: EntryPlan, records: Sequence[Record], identity: IdentityPlan) -> dict[str, str]:
    """Record id -> what helps to tell who it is: name and place, spellings, contacts, what was written, since when.

    Of all entries that are taken for the same organisation.
    """
    answers = {one.id: one.response for one in plan.open}
    since = {entry.id: entry.since for entry in plan.known}
    members: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        members[identity.organisation_of[record.record_id]].append(record.record_id)
    return {
        record.record_id: "\n".join(
            (described(record), *_card(record, [answers[one] for one in own], [since.get(one) for one in own]))
        )
        for record in records
        if (own := members[identity.organisation_of[record.record_id]])
    }


def _card(record: Record, answers: Sequence[Response], since: Sequence[datetime | None]) -> list[str]:
    others = [name for name in dict.fromkeys(one.name for one in answers) if name != record.organisation]
    sites = dict.fromkeys(site for one in answers if (site := own_website(one.website)))
    addresses = list(dict.fromkeys(one.email for one in answers))
    latest = sorted(answers, key=lambda one: one.submitted_at or datetime.min, reverse=True)  # noqa: DTZ901 - the sheet's
    quotes = dict.fromkeys(quote for one in latest if (quote := _quote(one)))
    lines = [f"Also written: {'; '.join(others[:ADDRESSES_SHOWN])}"] if others else []
    lines.append(f"Contact: {_few((*addresses[:ADDRESSES_SHOWN], *list(sites)[:1]), len(addresses) - ADDRESSES_SHOWN)}")
    lines += list(quotes)[:QUOTED]
    first = min((at for at in since if at), default=None)
    if first:
        count = f", {len(answers)} entries" if len(answers) > 1 else ""
        lines.append(f"Since {first.day} {first:%B %Y}{count}")
    return lines


def _few(shown: Iterable[str], left_out: int) -> str:
    return ", ".join(shown) + (f" and {left_out} more" if left_out > 0 else "")


def _quote(answer: Response) -> str:
    """What it wishes or offers, in its own words."""
    parts = [
        f"{verb} “{_shortened(text)}”" for verb, text in (("Wants:", answer.seeks), ("Shows:", answer.offers)) if text
    ]
    return " ".join(parts)


def _shortened(text: str) -> str:
    whole = " ".join(text.split())
    return whole if len(whole) <= QUOTE_LIMIT else f"{whole[:QUOTE_LIMIT].rsplit(' ', 1)[0]} …"
