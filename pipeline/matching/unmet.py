"""What nobody can give yet, and who was never asked: the table for the working group's meeting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from pipeline.cleaning.folding import fold
from pipeline.cleaning.plain_text import one_line
from pipeline.matching.directed import Directed
from pipeline.matching.eligibility import PARTNERSHIP, broken_rules, can_ask, places_in_words
from pipeline.matching.outcome import Invitation
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import Entry, Role, Unmet, UnmetKind

_OFFERED = {0: "Nobody offers it.", 1: "One offers it, but does not fit these requests."}
_TYPED = "Typed under “Other”: no answer offers it in these words."
TEXT_LENGTH = 200
"""Characters of what somebody wrote that stand for it; the answer itself has the rest."""


def unmet_demand(
    entries: Sequence[Entry],
    directed: Directed,
    *,
    served: Collection[int],
    introduced: Collection[int] = (),
    why: Mapping[int, str] | None = None,
    today: date | None = None,
) -> tuple[Unmet, ...]:
    """Topics, places and organisations asked for in vain, then requests nobody fits, then hosts without guests.

    All by position. `served` are the entries with a proposal, whatever their part in it; `introduced` those that were
    introduced to somebody, of whom nothing is told. `why` says why nobody fits an entry that is neither.
    """
    reasons = why or {}
    settled = {*served, *introduced}
    return (
        *_topics(entries, settled),
        *_typed_topics(entries, settled),
        *_places(entries, directed, introduced),
        *_organisations(entries, directed, introduced, today),
        *_requests(entries, settled, reasons),
        *_idle_hosts(entries, settled, reasons),
    )


def invitations(
    entries: Sequence[Entry], directed: Directed, introduced: Collection[int] = ()
) -> tuple[Invitation, ...]:
    """A line per partner asked for whom nobody here knows, but for whoever was introduced to somebody else since."""
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
        if asker not in introduced
    )


def wish_in_words(entry: Entry) -> str:
    """What an answer asks for, in short: topics in the form's words, then how its own text begins; else nothing.

    Who would only host asks for something as a partner in a project, and then describes it as an offer.
    """
    if not can_ask(entry):
        return _in_short((), entry.seeks)
    topics = _named_topics(entry)
    if entry.role is not Role.HOST:
        return _in_short(topics, entry.seeks or (None if topics else entry.text)) or "Any topic"
    formats = [one.text for one in entry.ticked if one.question == "formats" and PARTNERSHIP in one.codes]
    wish = _in_short(topics, entry.seeks or entry.offers or entry.text) or "any topic"
    return f"{formats[0] if formats else 'Project partnership'}: {wish}"


def offer_in_words(entry: Entry) -> str:
    """What an answer offers, in short, as `wish_in_words` tells what it asks for."""
    return _in_short(_named_topics(entry) if entry.role is not Role.SEND else (), entry.offers)


def _named_topics(entry: Entry) -> list[str]:
    """The topics as the form words them, else as the vocabulary does; what was typed under "Other" comes last."""
    if ticked := [one.text for one in entry.ticked if one.question == "topics"]:
        return ticked
    names = vocabulary().topics
    topics = [names.get(topic, topic) for topic in entry.topics if topic not in vocabulary().without_meaning]
    return [*topics, *([entry.topics_other] if entry.topics_other else [])]


def _in_short(topics: Sequence[str], words: str | None) -> str:
    quoted = f"“{begun}”" if (begun := one_line(words, TEXT_LENGTH)) else ""
    return ". ".join(part for part in (one_line("; ".join(topics), 1_000), quoted) if part)


def _topics(entries: Sequence[Entry], settled: Collection[int]) -> Iterable[Unmet]:
    waiting: dict[str, list[Entry]] = defaultdict(list)
    hosts: dict[str, list[Entry]] = defaultdict(list)
    for number, entry in enumerate(entries):
        for topic in entry.topics:
            if entry.role is not Role.HOST and number not in settled:
                waiting[topic].append(entry)
            if entry.role is not Role.SEND:
                hosts[topic].append(entry)
    names = vocabulary().topics
    for topic, asking in _most_first(waiting):
        if topic in vocabulary().without_meaning:
            continue
        yield Unmet(
            kind=UnmetKind.TOPIC,
            what=names.get(topic, topic),
            asked_by=_ids(asking),
            note=_offered(_who_offer(asking, hosts[topic])),
        )


def _typed_topics(entries: Sequence[Entry], settled: Collection[int]) -> Iterable[Unmet]:
    """Topics typed under "Other": the same words, however written, are one line."""
    waiting: dict[str, list[Entry]] = defaultdict(list)
    hosts: dict[str, list[Entry]] = defaultdict(list)
    spelt: dict[str, str] = {}
    for number, entry in enumerate(entries):
        if not entry.topics_other or not (key := fold(entry.topics_other)):
            continue
        if entry.role is not Role.HOST and number not in settled:
            waiting[key].append(entry)
            spelt.setdefault(key, entry.topics_other)
        if entry.role is not Role.SEND:
            hosts[key].append(entry)
    for key, asking in _most_first(waiting):
        count = _who_offer(asking, hosts[key])
        note = f"Typed under “Other”. {_offered(count)}" if count else _TYPED
        yield Unmet(kind=UnmetKind.TOPIC, what=spelt[key], asked_by=_ids(asking), note=note)


def _who_offer(asking: Sequence[Entry], hosting: Sequence[Entry]) -> int:
    """How many organisations offer it to at least one other that asks; who asks as well offers it all the same."""
    asked_by = {_organisation(entry) for entry in asking}
    return len({own for own in map(_organisation, hosting) if asked_by - {own}})


def _organisation(entry: Entry) -> str:
    return entry.organisation_id or entry.id


def _ids(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(sorted(entry.id for entry in entries))


def _offered(count: int) -> str:
    return _OFFERED.get(count, f"{count} offer it, but none of them fits these requests.")


def _places(entries: Sequence[Entry], directed: Directed, introduced: Collection[int]) -> Iterable[Unmet]:
    there: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.role is not Role.SEND and entry.country:
            there[entry.country] += 1
    wishes: dict[str, list[Entry]] = defaultdict(list)
    for number, entry in enumerate(entries):
        if entry.role is Role.HOST or number in introduced:
            continue
        for place in sorted(set(entry.preferred_places) | directed.places.get(number, frozenset())):
            if not there[place]:
                wishes[place].append(entry)
    for place, asking in _most_first(wishes):
        what = places_in_words((place,))
        yield Unmet(kind=UnmetKind.PLACE, what=what, asked_by=_ids(asking), note="No host there yet.")
    for asker, found in sorted(directed.there.items()):
        if not found and asker not in introduced and asker not in directed.places and asker not in directed.targets:
            asked_by = (entries[asker].id,)
            yield Unmet(kind=UnmetKind.PLACE, what=directed.called[asker], asked_by=asked_by, note="No host there yet.")


def _organisations(
    entries: Sequence[Entry], directed: Directed, introduced: Collection[int], today: date | None
) -> Iterable[Unmet]:
    for asker in sorted(set(directed.targets).difference(introduced)):
        broken = [
            broken_rules(entries[asker], entries[target], today=today) for target in sorted(directed.targets[asker])
        ]
        if broken and all(broken):
            nearest = min(broken, key=len)
            yield Unmet(
                kind=UnmetKind.ORGANISATION,
                what=directed.called[asker],
                asked_by=(entries[asker].id,),
                note=" ".join(rule.sentence for rule in nearest),
            )


def _requests(entries: Sequence[Entry], settled: Collection[int], why: Mapping[int, str]) -> Iterable[Unmet]:
    """Requests nobody fits, whoever waits longest first: the entries are in that order."""
    for number, entry in enumerate(entries):
        if can_ask(entry) and number not in settled:
            note = why.get(number, "Nobody fits yet.")
            yield Unmet(kind=UnmetKind.REQUEST, what=wish_in_words(entry), asked_by=(entry.id,), note=note)


def _idle_hosts(entries: Sequence[Entry], settled: Collection[int], why: Mapping[int, str]) -> Iterable[Unmet]:
    for number, entry in enumerate(entries):
        if entry.role is Role.HOST and number not in settled and not can_ask(entry):
            reason = why.get(number, "No request fits yet.")
            note = f"Offers to host; {reason[:1].lower()}{reason[1:]}"
            yield Unmet(kind=UnmetKind.HOST, what=entry.organisation, asked_by=(), note=note)


def _most_first(table: Mapping[str, Sequence[Entry]]) -> Iterable[tuple[str, Sequence[Entry]]]:
    return sorted(table.items(), key=lambda item: (-len(item[1]), item[0]))
