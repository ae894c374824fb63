"""Organisation ids that last: an organisation keeps its id while it grows, merges or splits.

What is remembered is the id of each spelling. A cluster takes the id most of its records bore; where two
clusters claim one id the one with more of it keeps it, where one cluster holds two ids the larger (of two
equally large the longer known) stays and the other points to it for ever.
"""

from __future__ import annotations

from base64 import b32encode
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from pipeline.linkage.judgement import spelling_key
from pipeline.linkage.records import Linkage, Record


class Change(StrEnum):
    """What can happen to an organisation between two runs."""

    NEW = "new"
    GROWN = "grown"
    MERGED = "merged"
    SPLIT = "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityEvent:
    """One line of an organisation's history. `others` are ids (merged, split); spellings are in `sentence`."""

    change: Change
    organisation: str
    others: tuple[str, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPlan:
    """Who is who in this run, and what to remember.

    `organisation_of`: record id -> organisation id. `memory`: spelling key -> organisation id, everything
    that was known with this run's changes in it; store it whole. `redirects`: ids that are no more -> the id
    that took over. `events`: this run's history.
    """

    organisation_of: Mapping[str, str]
    memory: Mapping[str, str]
    redirects: Mapping[str, str]
    events: tuple[IdentityEvent, ...]


def assign_identities(linkage: Linkage, records: Sequence[Record], known: Mapping[str, str]) -> IdentityPlan:
    """Ids for `linkage.clusters`, given the ids spellings had before (`known`, oldest first)."""
    key_of = {record.record_id: spelling_key(record) for record in records}
    name_of = {record.record_id: record.organisation for record in records}
    age = {organisation: number for number, organisation in enumerate(dict.fromkeys(known.values()))}
    votes = [
        Counter(known[key_of[member]] for member in cluster if key_of[member] in known) for cluster in linkage.clusters
    ]
    owner = _owners(votes, age)
    taken = set(age)
    ids: list[str] = []
    for number, cluster in enumerate(linkage.clusters):
        ids.append(owner.get(number) or _new_id([key_of[member] for member in cluster], taken))
        taken.add(ids[-1])
    redirects = _redirects(ids, votes, set(owner.values()))
    events: list[IdentityEvent] = []
    for number, cluster in enumerate(linkage.clusters):
        fresh = [name_of[member] for member in cluster if key_of[member] not in known]
        if number not in owner:
            events.append(_begun(ids[number], tuple(votes[number]), name_of[cluster[0]]))
        elif lost := tuple(other for other in votes[number] if redirects.get(other) == ids[number]):
            said = f"{', '.join(lost)} merged into {ids[number]}"
            events.append(IdentityEvent(change=Change.MERGED, organisation=ids[number], others=lost, sentence=said))
        elif fresh:
            said = f"{ids[number]} is also written: {', '.join(dict.fromkeys(fresh))}"
            events.append(IdentityEvent(change=Change.GROWN, organisation=ids[number], sentence=said))
    memory = {**known, **_majority(linkage, key_of, ids)}
    memory = {key: redirects.get(organisation, organisation) for key, organisation in memory.items()}
    organisation_of = {member: own for own, cluster in zip(ids, linkage.clusters, strict=True) for member in cluster}
    return IdentityPlan(organisation_of=organisation_of, memory=memory, redirects=redirects, events=tuple(events))


def _redirects(ids: Sequence[str], votes: Sequence[Counter[str]], kept: AbstractSet[str]) -> dict[str, str]:
    """Ids no cluster kept -> the id of the cluster that holds all their records."""
    held_by: dict[str, list[int]] = {}
    for number, counts in enumerate(votes):
        for organisation in counts:
            held_by.setdefault(organisation, []).append(number)
    return {
        organisation: ids[numbers[0]]
        for organisation, numbers in held_by.items()
        if organisation not in kept and len(numbers) == 1
    }


def _begun(own: str, came_from: tuple[str, ...], name: str) -> IdentityEvent:
    """An organisation that had no id before: part of others, or altogether new."""
    if came_from:
        said = f"{own} was split from {', '.join(came_from)}"
        return IdentityEvent(change=Change.SPLIT, organisation=own, others=came_from, sentence=said)
    return IdentityEvent(change=Change.NEW, organisation=own, sentence=f"{own} is new: {name}")


def _owners(votes: Sequence[Counter[str]], age: Mapping[str, int]) -> dict[int, str]:
    """Cluster number -> the id it keeps: largest claims first, older ids first among equals."""
    claims = sorted(
        (-count, age[organisation], number, organisation)
        for number, counts in enumerate(votes)
        for organisation, count in counts.items()
    )
    owner: dict[int, str] = {}
    used: set[str] = set()
    for _, _, number, organisation in claims:
        if number not in owner and organisation not in used:
            owner[number] = organisation
            used.add(organisation)
    return owner


def _majority(linkage: Linkage, key_of: Mapping[str, str], ids: Sequence[str]) -> dict[str, str]:
    """Spelling key -> id; a spelling borne by two organisations goes to the one that bears it more often."""
    counts: dict[str, Counter[str]] = {}
    for own, cluster in zip(ids, linkage.clusters, strict=True):
        for member in cluster:
            counts.setdefault(key_of[member], Counter())[own] += 1
    return {key: borne.most_common(1)[0][0] for key, borne in counts.items()}


def _new_id(keys: Sequence[str], taken: set[str]) -> str:
    """`O-` and eight letters or digits from the cluster's first spelling: the same in a rerun that lost its memory."""
    for attempt in range(1000):
        digest = blake2b(f"{min(keys)}|{attempt}".encode(), digest_size=5).digest()
        candidate = f"O-{b32encode(digest).decode('ascii')}"
        if candidate not in taken:
            return candidate
    raise RuntimeError("no free organisation id")  # a thousand collisions in 2^40: cannot happen
