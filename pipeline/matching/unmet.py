"""What nobody can give yet, and who was never asked: the table for the working group's meeting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from pipeline.matching.directed import Directed
from pipeline.matching.eligibility import broken_rules, can_ask, places_in_words
from pipeline.matching.outcome import Invitation
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import Entry, Role, Unmet

_OFFERED = {0: "Nobody offers it.", 1: "One offers it, but does not fit these requests."}


def unmet_demand(
    entries: Sequence[Entry],
    directed: Directed,
    *,
    served: Collection[int],
    proposed_hosts: Collection[int],
    today: date | None = None,
) -> tuple[Unmet, ...]:
    """Topics, places and organisations asked for in vain, then hosts nobody was proposed to.

    `served` are the positions of requests with a proposal, `proposed_hosts` those of hosts in one.
    """
    return (
        *_topics(entries, served),
        *_places(entries, directed),
        *_organisations(entries, directed, today),
        *_idle_hosts(entries, proposed_hosts),
    )


def invitations(entries: Sequence[Entry], directed: Directed) -> tuple[Invitation, ...]:
    """A line per partner asked for whom nobody here knows."""
    return tuple(
        Invitation(
            asked_by=entries[asker].id,
            organisation=entries[asker].organisation,
            name=name,
            sentence=(
                f"{entries[asker].organisation} asks for “{name}”, who has not filled in the form. "
                "Perhaps invite them to."
            ),
        )
        for asker, name in sorted(directed.unresolved.items())
    )


def _topics(entries: Sequence[Entry], served: Collection[int]) -> Iterable[Unmet]:
    waiting: dict[str, list[str]] = defaultdict(list)
    hosts: dict[str, set[str]] = defaultdict(set)
    for number, entry in enumerate(entries):
        for topic in entry.topics:
            if entry.role is not Role.HOST and number not in served:
                waiting[topic].append(entry.id)
            if entry.role is not Role.SEND:
                hosts[topic].add(entry.id)
    names = vocabulary().topics
    for topic, asked_by in _most_first(waiting):
        if topic in vocabulary().without_meaning:
            continue
        count = len(hosts[topic].difference(asked_by))
        yield Unmet(
            kind="topic",
            what=names.get(topic, topic),
            asked_by=asked_by,
            note=_OFFERED.get(count, f"{count} offer it, but none of them fits these requests."),
        )


def _places(entries: Sequence[Entry], directed: Directed) -> Iterable[Unmet]:
    there: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.role is not Role.SEND and entry.country:
            there[entry.country] += 1
    wishes: dict[str, list[str]] = defaultdict(list)
    for number, entry in enumerate(entries):
        if entry.role is Role.HOST:
            continue
        for place in sorted(set(entry.preferred_places) | directed.places.get(number, frozenset())):
            if not there[place]:
                wishes[place].append(entry.id)
    for place, asked_by in _most_first(wishes):
        yield Unmet(kind="place", what=places_in_words((place,)), asked_by=asked_by, note="No host there yet.")
    for asker, found in sorted(directed.there.items()):
        if not found and asker not in directed.places and asker not in directed.targets:
            asked_by = (entries[asker].id,)
            yield Unmet(kind="place", what=directed.called[asker], asked_by=asked_by, note="No host there yet.")


def _organisations(entries: Sequence[Entry], directed: Directed, today: date | None) -> Iterable[Unmet]:
    for asker in sorted(directed.targets):
        broken = [
            broken_rules(entries[asker], entries[target], today=today) for target in sorted(directed.targets[asker])
        ]
        if broken and all(broken):
            nearest = min(broken, key=len)
            yield Unmet(
                kind="organisation",
                what=directed.called[asker],
                asked_by=(entries[asker].id,),
                note=" ".join(rule.sentence for rule in nearest),
            )


def _idle_hosts(entries: Sequence[Entry], proposed_hosts: Collection[int]) -> Iterable[Unmet]:
    for number, entry in enumerate(entries):
        if entry.role is Role.HOST and number not in proposed_hosts and not can_ask(entry):
            yield Unmet(kind="host", what=entry.organisation, asked_by=(), note="Offers to host; no request fits yet.")


def _most_first(table: Mapping[str, Sequence[str]]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for what, asked_by in sorted(table.items(), key=lambda item: (-len(item[1]), item[0])):
        if asked_by:
            yield what, tuple(sorted(asked_by))
