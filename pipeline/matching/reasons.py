"""Why, in the words of a colleague: sentences for what speaks for a match and against it.

Each sentence says what was ticked or written, in the form's own words, so that it can be checked beside the
answers and repeated to anybody. What cannot be said so is not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from pipeline.matching.eligibility import in_words, nation, places_in_words, window
from pipeline.matching.facts import (
    answers_of,
    of_each,
    only_partners,
    out_of_part,
    practical,
    quoted,
    receives,
    related_answers,
    shared_answers,
)
from pipeline.matching.features import FEATURES, Pool
from pipeline.matching.outcome import FeatureRow
from pipeline.matching.quotations import about_the_same, beginning, closed
from pipeline.matching.scoring import Model
from pipeline.matching.text import STEM, closed_in, condition_in
from pipeline.matching.vocabulary import fold
from pipeline.model import Entry, Reason, Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MATTERS = 0.15
"""Log-odds a contribution needs before it is worth a sentence."""
EVERYTHING = 10
"""Topics from which an answer says yes to everything: those who mean it choose one to four."""
LEAST = 0.001
"""Weight of a sentence that speaks for or against without counting in the score."""
AGAINST = "Against it: "
_SUBJECT = ("topics", "inferred_topics")
_FACTS = ("place_wanted", "met_before", "in_return")
_AGAINST = ("named_other", "place_missed", "guest_elsewhere", "groups_apart")
_WORDS = {
    "inferred_topics": "Their words point to the same topics, more or less than usual.",
    "words": "Their texts are near in words and ideas.",
    "time_to_spare": "There is time to choose a week that suits both.",
}
"""What the features without a reason of their own are, for `explain_pair`."""


def explain_pair(pool: Pool, model: Model, guest: int, host: int, values: Floats) -> tuple[FeatureRow, ...]:
    """Every feature of one pair with its contribution, the weightiest first."""
    rows = [
        FeatureRow(
            name=name,
            value=round(float(value), 3),
            weight=round(weight * (float(value) - typical), 3),
            sentence=(_WORDS.get(name) or _sentence(name, pool, guest, host)) if value else "",
        )
        for name, value, weight, typical in zip(FEATURES, values, model.weights, model.typical, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (-abs(row.weight), row.name)))


def reasons_for(
    pool: Pool, model: Model, guest: int, host: int, values: Floats, today: date | None = None, third: int | None = None
) -> tuple[Reason, ...]:
    """The sentences a reviewer needs: what speaks for it, then the facts, then what speaks against.

    With a third who joins, what all three have in common and why the third fits.
    """
    value = dict(zip(FEATURES, values.tolist(), strict=True))
    weight = {
        name: part * (value[name] - typical)
        for name, part, typical in zip(FEATURES, model.weights, model.typical, strict=True)
    }
    weight["people"] += weight.pop("groups")
    found: list[Reason] = []

    def say(name: str, sentence: str, worth: float) -> None:
        if sentence:
            found.append(Reason(feature=name, sentence=sentence, weight=round(worth, 3)))

    asking, offering = pool.entries[guest], pool.entries[host]
    joining = None if third is None else pool.entries[third]
    say("joining", _who_visits_whom(asking, offering, joining, today), 0.0)
    if value["named"]:
        say("named", _sentence("named", pool, guest, host), weight["named"])
    subject = sum(weight[name] for name in _SUBJECT)
    topics = _sentence("topics", pool, guest, host, third)
    weight_of_topics = min(subject, -LEAST) if topics.startswith(AGAINST) else max(subject, LEAST)
    say("topics", topics, weight_of_topics)
    partners = only_partners(asking, offering, today)
    wished = partners or not out_of_part(asking, offering, joining)
    say("ticks_everything", _ticks_everything(asking, offering) if weight_of_topics > 0 else "", -LEAST)
    say("quotes", _quotes(asking, offering, partners=partners) if wished else "", 0.0)
    for name in ("people", *_FACTS):
        if value[name] > 0 and (weight[name] >= MATTERS or name in _FACTS):
            say(name, _sentence(name, pool, guest, host, third), max(weight[name], LEAST))
    for sentence in practical(asking, offering, today, joining):
        say("practical", sentence, 0.0)
    for sentence in _joining(pool, guest, host, third):
        say("joining", sentence, 0.0)
    if guest in pool.directed.unresolved:
        say("named_other", _unknown(pool, guest), -LEAST)
    for name in sorted(_AGAINST, key=weight.__getitem__):
        if value[name]:
            say(name, _sentence(name, pool, guest, host, third), min(weight[name], -LEAST))
    called = pool.directed.called[guest] if value["named"] else ""
    for sentence in _conditions(asking, offering, joining, today, called):
        say("condition", sentence, -LEAST)
    say("boxes", "" if in_own_words(found) else _boxes_alone(asking, offering), -LEAST)
    return tuple(found)


def kept_apart(sentences: Iterable[str]) -> tuple[Reason, ...]:
    """What keeps those apart whom somebody named, as reasons against it."""
    return tuple(Reason(feature="apart", sentence=f"{AGAINST}{sentence}", weight=-LEAST) for sentence in sentences)


def ticks_everything(entry: Entry) -> bool:
    """Whether an entry chose so many topics that a shared one says little."""
    return len(answers_of("topics", entry)) >= EVERYTHING


def _ticks_everything(asking: Entry, offering: Entry) -> str:
    """Who chose so many topics; nothing where neither did, or nothing is shared."""
    said = [
        f"{entry.organisation} chose {len(answers_of('topics', entry))} topics"
        for entry in (asking, offering)
        if ticks_everything(entry)
    ]
    shared = shared_answers("topics", asking, offering) or related_answers("topics", asking, offering)
    return f"{AGAINST}{in_words(said)}, so one that is shared says little." if said and shared else ""


def in_own_words(reasons: Iterable[Reason]) -> bool:
    """Whether what both wrote bears it out, not only what they ticked: a quotation of each, or a name asked for."""
    return any(reason.feature in ("named", "quotes") for reason in reasons)


def _sentence(name: str, pool: Pool, guest: int, host: int, third: int | None = None) -> str:
    """The sentence of one feature; the values of the features say whether it is true."""
    asking, offering = pool.entries[guest], pool.entries[host]
    joining = None if third is None else pool.entries[third]
    if name == "topics":
        return _topics(asking, offering, joining)
    if name in ("people", "groups"):
        return _people(asking, offering, joining)
    pair = f"{asking.organisation} and {offering.organisation}"
    return {
        "named": lambda: f"{asking.organisation} asked for them by name (“{pool.directed.called[guest]}”).",
        "named_other": lambda: (
            f"{AGAINST}{asking.organisation} asked for somebody else (“{pool.directed.called[guest]}”)."
        ),
        "place_wanted": lambda: _place_wanted(pool, guest, host),
        "place_missed": lambda: _place_missed(pool, guest, host),
        "guest_elsewhere": lambda: _guest_elsewhere(asking, offering),
        "groups_apart": lambda: _groups_apart(asking, offering),
        "in_return": lambda: f"{pair if joining else 'Both'} would host or visit in return.",
        "met_before": lambda: f"{pair if joining else 'They'} have worked together before.",
    }.get(name, str)()


def _topics(asking: Entry, offering: Entry, joining: Entry | None) -> str:
    if joining and (labels := shared_answers("topics", asking, offering, joining)):
        return f"All three chose the topic{'s' if len(labels) > 1 else ''} {quoted(labels)}."
    if labels := shared_answers("topics", asking, offering):
        who = f"{asking.organisation} and {offering.organisation}" if joining else "They"
        return f"{who} share the topic{'s' if len(labels) > 1 else ''} {quoted(labels)}."
    if near := related_answers("topics", asking, offering):
        return f"Their topics are related: {of_each(asking, offering, near, 'chose')}."
    each = [[one.text for one in answers_of("topics", entry)] for entry in (asking, offering)]
    if all(any(one.codes for one in answers_of("topics", entry)) for entry in (asking, offering)):
        return f"{AGAINST}their topics differ: {of_each(asking, offering, each, 'chose')}."
    return ""


def _people(asking: Entry, offering: Entry, joining: Entry | None) -> str:
    whom = "as those who travel or are received"
    if joining and (labels := shared_answers("target_groups", asking, offering, joining)):
        return f"All three named {quoted(labels)} {whom}."
    if labels := shared_answers("target_groups", asking, offering):
        who = f"{asking.organisation} and {offering.organisation}" if joining else "Both"
        return f"{who} named {quoted(labels)} {whom}."
    if near := related_answers("target_groups", asking, offering):
        return f"{of_each(asking, offering, near, 'named')} {whom}."
    return ""


def _groups_apart(asking: Entry, offering: Entry) -> str:
    said = [
        f"{entry.organisation} {'receives' if receives(entry, offering) else 'would send'} "
        f"{quoted([one.text for one in answers_of('target_groups', entry)])}"
        for entry in (asking, offering)
    ]
    return f"{AGAINST}{'; '.join(said)}."


def _place_wanted(pool: Pool, guest: int, host: int) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    if host in pool.directed.there.get(guest, ()):
        return f"{asking.organisation} asked for somebody there (“{pool.directed.called[guest]}”)."
    goes = asking.role is not Role.HOST
    if asking.strict_places:
        wanted = places_in_words(_without_parts(asking.preferred_places))
        asked = f"go only to {wanted}" if goes else f"work only with {wanted}"
    else:
        asked = f"like to {'go to' if goes else 'work with'} {_asked_country(asking, offering)}"
    return f"{asking.organisation} would {asked}, and {offering.organisation} is there."


def _place_missed(pool: Pool, guest: int, host: int) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    if guest in pool.directed.there:
        called = pool.directed.called[guest]
        return f"{AGAINST}{asking.organisation} would like somebody elsewhere (“{called}”)."
    wanted = places_in_words(_without_parts(asking.preferred_places))
    there = places_in_words((offering.country,)) if offering.country else "a place not stated"
    would = "would rather go to" if asking.role is not Role.HOST else "would rather work with"
    would = "wants only" if asking.strict_places else would
    return f"{AGAINST}{asking.organisation} {would} {wanted}; {offering.organisation} is in {there}."


def _guest_elsewhere(asking: Entry, offering: Entry) -> str:
    if not offering.preferred_places:
        return ""
    wanted = places_in_words(_without_parts(offering.preferred_places))
    if offering.strict_places:
        there = places_in_words((asking.country,)) if asking.country else "a place not stated"
        return f"{AGAINST}{offering.organisation} wants only {wanted}; {asking.organisation} is in {there}."
    return f"{AGAINST}{offering.organisation} would rather work with {wanted}."


def _unknown(pool: Pool, guest: int) -> str:
    """That somebody was asked for who is not here, so that no row reads as if it were they."""
    called = pool.directed.unresolved[guest]
    return f"{AGAINST}{pool.entries[guest].organisation} asked for somebody else (“{called}”), whom we do not know."


def _asked_country(asking: Entry, offering: Entry) -> str:
    """The host's place as the guest named it: Spain, where Catalonia counts apart but was not asked for alone."""
    country = offering.country or ""
    if nation(country) in asking.preferred_places:
        country = nation(country) or country
    return places_in_words((country,))


def _without_parts(codes: Sequence[str]) -> list[str]:
    """Codes without regions whose country is among them."""
    return [code for code in codes if code == nation(code) or nation(code) not in codes]


def _joining(pool: Pool, guest: int, host: int, third: int | None) -> list[str]:
    """Why the third fits in: who said that a third may join, what it shares with the others, and its own words."""
    if third is None:
        return []
    asking, offering, joining = everybody = [pool.entries[one] for one in (guest, host, third)]
    willing = [entry.organisation for entry in everybody if entry.group_wanted]
    others = [entry.organisation for entry in everybody if not entry.group_wanted]
    said = []
    if willing and others:
        are = "is" if len(willing) == 1 else "are"
        said.append(f"{in_words(willing)} {are} open to a third organisation; {in_words(others)} did not say so.")
    elif willing:
        said.append("All three are open to a third organisation.")
    if not shared_answers("topics", *everybody):
        for other in (offering, asking):
            if labels := shared_answers("topics", joining, other):
                topics = f"the topic{'s' if len(labels) > 1 else ''} {quoted(labels)}"
                said.append(f"{joining.organisation} shares {topics} with {other.organisation}.")
                break
    if not shared_answers("target_groups", *everybody):
        for other in (offering, asking):
            if labels := shared_answers("target_groups", joining, other):
                whom = "as those who travel or are received"
                said.append(f"{joining.organisation} and {other.organisation} named {quoted(labels)} {whom}.")
                break
    if out_of_part(asking, offering, joining):
        return said
    quote = about_the_same(joining, offering)[0] or about_the_same(joining, asking)[0]
    return [*said, *([f"{joining.organisation} writes “{quote}”"] if quote else [])]


def _who_visits_whom(asking: Entry, offering: Entry, joining: Entry | None, today: date | None) -> str:
    """Of three, who would be the host."""
    if joining is None or only_partners(asking, offering, today) or out_of_part(asking, offering, joining):
        return ""
    return f"{asking.organisation} and {joining.organisation} would visit {offering.organisation}."


def _conditions(asking: Entry, offering: Entry, joining: Entry | None, today: date | None, called: str) -> list[str]:
    """What reads like a condition in the text of each, as written: no box knows of it.

    Not the months that a visit cannot be in, nor that the guest asks for nobody but this host.
    """
    first, last = window(*(entry for entry in (asking, offering, joining) if entry), today=today)
    months = _months_between(first, last)
    texts = [(entry, entry.seeks or entry.text) for entry in (asking, joining) if entry]
    texts.append((offering, offering.offers or offering.text))
    return [
        f"Mind what {entry.organisation} writes: “{closed(condition)}”"
        for entry, text in texts
        if text and (condition := condition_in(text))
        if not (months and (closed_months := closed_in(condition)) and months.isdisjoint(closed_months))
        if not (called and entry is asking and _speaks_of(condition, called))
    ]


def _months_between(first: date | None, last: date | None) -> frozenset[int]:
    """The months of a window of dates; none where an end is open or it is upside down."""
    if first is None or last is None or last < first:
        return frozenset()
    count = min((last.year - first.year) * 12 + last.month - first.month, 11)
    return frozenset((first.month - 1 + step) % 12 + 1 for step in range(count + 1))


def _speaks_of(sentence: str, called: str) -> bool:
    """Whether a sentence has a word of the name in it."""
    words = set(fold(sentence).split())
    return any(word in words for word in fold(called).split() if len(word) >= STEM)


def _boxes_alone(asking: Entry, offering: Entry) -> str:
    """That nothing but ticks speaks for it, so that somebody reads the texts."""
    silent = [entry.organisation for entry in (asking, offering) if not (entry.text or entry.seeks or entry.offers)]
    if silent:
        return f"{in_words(silent)} wrote nothing: only what they ticked can be compared."
    told = "The program could not tell whether what they write fits. Read both."
    texts = (
        (asking.organisation, beginning(asking.seeks or asking.text or asking.offers or "")),
        (offering.organisation, beginning(offering.offers or offering.text or offering.seeks or "")),
    )
    return " ".join([told, *(f"{name} writes “{text}”" for name, text in texts if text)])


def _quotes(asking: Entry, offering: Entry, *, partners: bool) -> str:
    """What each of them says about what both write about, so that a reader can judge for herself."""
    asked, offered = about_the_same(asking, offering, partners=partners)
    return f"{asking.organisation} writes “{asked}” {offering.organisation} writes “{offered}”" if asked else ""
