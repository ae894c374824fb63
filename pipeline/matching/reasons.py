"""Why, in the words of a colleague: sentences for the features, the facts, and what is left open.

Each sentence says what was ticked or written, in the form's own words, so that it can be checked beside the
answers and repeated to anybody. What cannot be said so is not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.matching.eligibility import (
    PARTNERSHIP,
    broken_for_visit,
    day_in_words,
    days_needed,
    in_words,
    languages_in_words,
    nation,
    places_in_words,
    window,
)
from pipeline.matching.features import FEATURES, Pool
from pipeline.matching.outcome import FeatureRow
from pipeline.matching.scoring import Model
from pipeline.matching.text import IDEA, language_of, quotable, said_in
from pipeline.matching.vocabulary import fold, vocabulary
from pipeline.model import Entry, Reason, Role, Ticked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MATTERS = 0.15
"""Log-odds a contribution needs before it is worth a sentence."""
RARE_TOPIC, RARE_IDEA, RARE_WORD = 2.2, 2.5, 3.2
"""Rarity of what two quoted sentences may share: in less than a third, a quarter, a ninth of the texts."""
LEAST_SHARED = 2
"""Ideas and words that two quoted sentences must share: one may be chance, unless it is the topic."""
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

    if value["named"]:
        say("named", _sentence("named", pool, guest, host), weight["named"])
    subject = sum(weight[name] for name in _SUBJECT)
    topics = _sentence("topics", pool, guest, host, third)
    say("topics", topics, min(subject, -LEAST) if topics.startswith(AGAINST) else max(subject, LEAST))
    say("quotes", _quotes(pool, guest, host), 0.0)
    for name in ("people", *_FACTS):
        if value[name] > 0 and (weight[name] >= MATTERS or name in _FACTS):
            say(name, _sentence(name, pool, guest, host, third), max(weight[name], LEAST))
    asking, offering = pool.entries[guest], pool.entries[host]
    for sentence in practical(asking, offering, today, None if third is None else pool.entries[third]):
        say("practical", sentence, 0.0)
    for sentence in _joining(pool, guest, host, third):
        say("joining", sentence, 0.0)
    if guest in pool.directed.unresolved:
        say("named_other", _unknown(pool, guest), -LEAST)
    for name in sorted(_AGAINST, key=weight.__getitem__):
        if value[name]:
            say(name, _sentence(name, pool, guest, host, third), min(weight[name], -LEAST))
    return tuple(found)


def in_own_words(reasons: Iterable[Reason]) -> bool:
    """Whether what both wrote bears it out, not only what they ticked: a quotation of each, or a name asked for."""
    return any(reason.feature in ("named", "quotes") for reason in reasons)


def practical(asking: Entry, offering: Entry, today: date | None = None, joining: Entry | None = None) -> list[str]:
    """What everybody's answers already settle: form, language, time."""
    everybody = [asking, offering] if joining is None else [asking, offering, joining]
    who, dates = ("Both", "Their dates overlap") if joining is None else ("All three", "The dates of all three overlap")
    said = []
    partners = only_partners(asking, offering, today)
    formats = shared_answers("formats", *everybody)
    if partners:
        said.append(_as_partners(asking, offering, today, joining))
    elif formats:
        said.append(f"{who} are open to {_quoted(formats)}.")
    elif joining is None and (near := related_answers("formats", asking, offering)):
        said.append(f"Formats that go together: {_of_each(asking, offering, near, 'chose')}.")
    languages = [code for code in asking.languages if all(code in entry.languages for entry in everybody)]
    if languages:
        said.append(f"{who} can work in {languages_in_words(languages)}.")
    first, last = window(*everybody, today=today)
    needed = days_needed(asking)
    stated = all(entry.date_from or entry.date_to for entry in everybody) and any(one.date_from for one in everybody)
    if first and last and stated and not partners and (last - first).days + 1 >= needed:
        takes = f"; the visit takes {needed} {'days' if needed > 1 else 'day'}" if asking.duration_days else ""
        said.append(f"{dates} from {day_in_words(first)} to {day_in_words(last)}{takes}.")
    return said


def unstated(
    asking: Entry, offering: Entry, joining: Entry | None = None, *, today: date | None = None
) -> tuple[str, ...]:
    """What the answers leave open and somebody should ask, as sentences."""
    guests = [asking] if joining is None else [asking, joining]
    questions = [(f"Languages of {entry.organisation}", not entry.languages) for entry in (*guests, offering)]
    if not only_partners(asking, offering, today):
        host = offering.organisation
        questions.append((f"When {host} can receive guests", not (offering.date_from or offering.date_to)))
        for entry in guests:
            questions.append((f"When {entry.organisation} would travel", not (entry.date_from or entry.date_to)))
            questions.append((f"How many would come from {entry.organisation}", entry.group_size is None))
        questions.append((f"How many guests {host} can receive at once", offering.capacity is None))
    return tuple(f"{question}: not stated, check." for question, is_open in questions if is_open)


def answers_of(kind: str, entry: Entry) -> tuple[Ticked, ...]:
    """What an entry answered: the options as ticked; of a list that holds only codes, what the codes mean."""
    if entry.ticked and (ticked := tuple([one for one in entry.ticked if one.question == kind])):
        return ticked
    return _named(kind, getattr(entry, kind))


@lru_cache(maxsize=20_000)
def _named(kind: str, codes: tuple[str, ...]) -> tuple[Ticked, ...]:
    names: Mapping[str, str] = getattr(vocabulary(), kind)
    told = [code for code in dict.fromkeys(codes) if code not in vocabulary().without_meaning]
    return tuple(Ticked(question=kind, text=names.get(code, code), codes=(code,)) for code in told)


def shared_answers(kind: str, *entries: Entry) -> tuple[str, ...]:
    """What everybody answered, word for word, in the order of the first."""
    return _in_all(tuple([tuple([one.text for one in answers_of(kind, entry)]) for entry in entries]))


@lru_cache(maxsize=20_000)
def _in_all(lists: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    first, *others = lists
    return tuple(text for text in first if all(text in texts for texts in others))


def related_answers(kind: str, left: Entry, right: Entry) -> tuple[list[str], list[str]] | None:
    """The answers of each that mean something in common, though no two may be the same; None when none do."""
    pairs = [
        (one.text, other.text)
        for one in answers_of(kind, left)
        for other in answers_of(kind, right)
        if set(one.codes) & set(other.codes)
    ]
    if not pairs:
        return None
    lefts, rights = zip(*pairs, strict=True)
    return list(dict.fromkeys(lefts)), list(dict.fromkeys(rights))


def only_partners(asking: Entry, offering: Entry, today: date | None = None) -> bool:
    """Whether a partnership in a project is all that the two could do together."""
    if PARTNERSHIP not in asking.formats or PARTNERSHIP not in offering.formats:
        return False
    visits = set(asking.formats) & set(offering.formats) - {PARTNERSHIP}
    return not visits or bool(broken_for_visit(asking, offering, today))


def _as_partners(asking: Entry, offering: Entry, today: date | None, joining: Entry | None) -> str:
    if joining and PARTNERSHIP in joining.formats:
        return "All three could be partners in a project: they are open to a project partnership."
    who = f"{asking.organisation} and {offering.organisation}" if joining else "They"
    said = f"{who} could be partners in a project: both are open to a project partnership."
    both = {asking.role, offering.role}
    if not joining and (both == {Role.HOST} or both == {Role.SEND}):
        would = "receive visitors" if both == {Role.HOST} else "travel"
        return f"Both would {would}, so this is not about a visit: they could be partners in a project."
    visits = set(asking.formats) & set(offering.formats) - {PARTNERSHIP}
    broken = broken_for_visit(asking, offering, today) if visits and not joining else ()
    return f"{said} A visit does not fit: {broken[0].sentence}" if broken else said


def _sentence(name: str, pool: Pool, guest: int, host: int, third: int | None = None) -> str:
    """The sentence of one feature; the values of the features say whether it is true."""
    asking, offering = pool.entries[guest], pool.entries[host]
    joining = None if third is None else pool.entries[third]
    if name == "topics":
        return _topics(asking, offering, joining)
    if name in ("people", "groups"):
        return _people(asking, offering, joining)
    if name == "groups_apart":
        each = ([one.text for one in answers_of("target_groups", entry)] for entry in (asking, offering))
        return f"{AGAINST}who travels and who is received differ: {_of_each(asking, offering, each, 'named')}."
    pair = f"{asking.organisation} and {offering.organisation}"
    return {
        "named": lambda: f"{asking.organisation} asked for them by name (“{pool.directed.called[guest]}”).",
        "named_other": lambda: (
            f"{AGAINST}{asking.organisation} asked for somebody else (“{pool.directed.called[guest]}”)."
        ),
        "place_wanted": lambda: _place_wanted(pool, guest, host),
        "place_missed": lambda: _place_missed(pool, guest, host),
        "guest_elsewhere": lambda: _guest_elsewhere(offering),
        "in_return": lambda: f"{pair if joining else 'Both'} would host or visit in return.",
        "met_before": lambda: f"{pair if joining else 'They'} have worked together before.",
    }.get(name, str)()


def _topics(asking: Entry, offering: Entry, joining: Entry | None) -> str:
    if joining and (labels := shared_answers("topics", asking, offering, joining)):
        return f"All three chose the topic{'s' if len(labels) > 1 else ''} {_quoted(labels)}."
    if labels := shared_answers("topics", asking, offering):
        who = f"{asking.organisation} and {offering.organisation}" if joining else "They"
        return f"{who} share the topic{'s' if len(labels) > 1 else ''} {_quoted(labels)}."
    if near := related_answers("topics", asking, offering):
        return f"Their topics are related: {_of_each(asking, offering, near, 'chose')}."
    each = [[one.text for one in answers_of("topics", entry)] for entry in (asking, offering)]
    if all(any(one.codes for one in answers_of("topics", entry)) for entry in (asking, offering)):
        return f"{AGAINST}their topics differ: {_of_each(asking, offering, each, 'chose')}."
    return ""


def _people(asking: Entry, offering: Entry, joining: Entry | None) -> str:
    about = "Who travels or is received"
    if joining and (labels := shared_answers("target_groups", asking, offering, joining)):
        return f"{about}: all three named {_quoted(labels)}."
    if labels := shared_answers("target_groups", asking, offering):
        who = f"{asking.organisation} and {offering.organisation}" if joining else "both"
        return f"{about}: {who} named {_quoted(labels)}."
    if near := related_answers("target_groups", asking, offering):
        return f"{about}: {_of_each(asking, offering, near, 'named')}."
    return ""


def _of_each(left: Entry, right: Entry, labels: Iterable[Sequence[str]], verb: str) -> str:
    """Which of the two ticked what: "Oslo chose “A” and “B”, Gent “C”"."""
    lefts, rights = labels
    return f"{left.organisation} {verb} {_quoted(lefts)}, {right.organisation} {_quoted(rights)}"


def _place_wanted(pool: Pool, guest: int, host: int) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    if host in pool.directed.there.get(guest, ()):
        return f"{asking.organisation} asked for somebody there (“{pool.directed.called[guest]}”)."
    asked = _asked_country(asking, offering)
    return f"{asking.organisation} would like to go to {asked}, and that is where they are."


def _place_missed(pool: Pool, guest: int, host: int) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    if guest in pool.directed.there:
        called = pool.directed.called[guest]
        return f"{AGAINST}{asking.organisation} asked for somebody elsewhere (“{called}”)."
    wanted = places_in_words(_without_parts(asking.preferred_places))
    there = places_in_words((offering.country,)) if offering.country else "a place not stated"
    return f"{AGAINST}{asking.organisation} would rather go to {wanted}; {offering.organisation} is in {there}."


def _guest_elsewhere(offering: Entry) -> str:
    if not offering.preferred_places:
        return ""
    wanted = places_in_words(_without_parts(offering.preferred_places))
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
    """Why the third fits in: what it said about joining, what it shares with the others, and its own words."""
    if third is None:
        return []
    asking, offering, joining = pool.entries[guest], pool.entries[host], pool.entries[third]
    willing = "is open to an exchange of three" if joining.group_wanted else "would visit as well as host"
    said = f"{joining.organisation} {willing}"
    if not shared_answers("topics", asking, offering, joining):
        for other in (offering, asking):
            if labels := shared_answers("topics", joining, other):
                topics = f"the topic{'s' if len(labels) > 1 else ''} {_quoted(labels)}"
                said += f", and shares {topics} with {other.organisation}"
                break
    quote = _best_quotes(pool, third, host)[0] or _best_quotes(pool, third, guest)[0]
    return [f"{said}.", *([f"{joining.organisation} writes “{quote}”"] if quote else [])]


def _quotes(pool: Pool, guest: int, host: int) -> str:
    """What each of them says about what both write about, so that a reader can judge for herself."""
    asked, offered = _best_quotes(pool, guest, host)
    if not asked or not offered:
        return ""
    return f"{pool.entries[guest].organisation} writes “{asked}” {pool.entries[host].organisation} writes “{offered}”"


def _best_quotes(pool: Pool, guest: int, host: int) -> tuple[str, str]:
    """The two sentences, one of each, that say most about the same; empty ones when no two do.

    They share the idea of a topic that both chose, or an idea of the thesaurus and another idea or word. Between
    languages only ideas count: a word that looks alike may mean something else there.
    """
    asking, offering = pool.entries[guest], pool.entries[host]
    topic = _ideas_of(shared_answers("topics", asking, offering))
    common = _shared_terms(pool, guest, host, topic)
    if not any(term.startswith(IDEA) for term in common):
        return "", ""
    sought, asked = _quotable_terms(asking.seeks or asking.text or "", asking.text_lang)
    offer, offered = _quotable_terms(offering.offers or offering.text or "", offering.text_lang)
    counts = {term for term in common if sought == offer or term.startswith(IDEA)}
    there = [(right, theirs) for right, of in offered if (theirs := counts.intersection(of))]
    best, most = ("", ""), 0.0
    for left, of in asked if there else ():
        mine = [term for term in of if term in counts]
        for right, theirs in there if mine else ():
            shared = [term for term in mine if term in theirs]
            worth = sum([common[term] for term in shared])
            several = len(shared) >= LEAST_SHARED and any(term.startswith(IDEA) for term in shared)
            if worth > most and (several or not topic.isdisjoint(shared)):
                best, most = (left, right), worth
    return _closed(best[0]), _closed(best[1])


@lru_cache(maxsize=20_000)
def _ideas_of(labels: tuple[str, ...]) -> frozenset[str]:
    """The ideas that the words of topics name: those of "Gender equality" are gender equality."""
    return frozenset(term for label in labels for term in said_in(fold(label), "en") if term.startswith(IDEA))


def _closed(sentence: str) -> str:
    """A sentence as it stands in quotation marks of ours."""
    plain = sentence.replace("“", "'").replace("”", "'")
    return plain if not plain or plain[-1] in ".!?" else f"{plain}."


@lru_cache(maxsize=20_000)
def _quotable_terms(text: str, language: str | None) -> tuple[str | None, tuple[tuple[str, tuple[str, ...]], ...]]:
    """A text's language, and its sentences worth quoting with what each is about."""
    spoken = language or language_of(text)
    return spoken, tuple((sentence, said_in(fold(sentence), spoken)) for sentence in quotable(text))


def _shared_terms(pool: Pool, guest: int, host: int, topic: frozenset[str]) -> dict[str, float]:
    """The rarer terms that both texts have, with how much they tell; the ideas of a shared topic may be less rare."""
    sides = pool.profiles.sides
    left, right = sides.terms[sides.ask[guest]], sides.terms[sides.offer[host]]
    rarity, telling = pool.profiles.rarity, pool.profiles.telling
    return {
        term: telling[term] * min(left[term], right[term])
        for term in left.keys() & right.keys()
        if rarity[term] >= (RARE_TOPIC if term in topic else RARE_IDEA if term.startswith(IDEA) else RARE_WORD)
    }


def _quoted(labels: Sequence[str]) -> str:
    return in_words([f"“{label}”" for label in labels])
