"""Why, in the words of a colleague: sentences for the features, the facts, and what is left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.matching.eligibility import (
    PARTNERSHIP,
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
from pipeline.matching.text import concept_label, language_of, quotable, said_in
from pipeline.matching.vocabulary import fold, vocabulary
from pipeline.model import Entry, Reason, Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MATTERS = 0.15
"""Log-odds a contribution needs before it is worth a sentence."""
MOST_IDEAS = 2
RARE = 2.0
"""Rarity a shared idea needs to be mentioned: in less than a third of the texts."""
LEAST = 0.001
"""Weight of a sentence that speaks for or against without counting in the score."""
AGAINST = "Against it: "
_SUBJECT = ("topics", "inferred_topics")
_FOR = ("words", "people", "place_wanted", "met_before", "in_return")
_FACTS = ("place_wanted", "met_before", "in_return")
_AGAINST = ("named_other", "place_missed", "guest_elsewhere", "groups_apart")
_WITH_ARTICLE = {
    "study_visit": "a study visit",
    "learner_mobility": "a learner placement",
    "project_partnership": "a project partnership",
    "blended": "a blended exchange (online workshops, then a visit)",
    "online": "an online exchange",
}


def explain_pair(pool: Pool, model: Model, guest: int, host: int, values: Floats) -> tuple[FeatureRow, ...]:
    """Every feature of one pair with its contribution, the weightiest first."""
    rows = [
        FeatureRow(
            name=name,
            value=round(float(value), 3),
            weight=round(weight * (float(value) - typical), 3),
            sentence=_sentence(name, pool, guest, host, float(value), typical),
        )
        for name, value, weight, typical in zip(FEATURES, values, model.weights, model.typical, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (-abs(row.weight), row.name)))


def reasons_for(
    pool: Pool, model: Model, guest: int, host: int, values: Floats, today: date | None = None
) -> tuple[Reason, ...]:
    """The sentences a reviewer needs: what speaks for it, then the facts, then what speaks against."""
    value = dict(zip(FEATURES, values.tolist(), strict=True))
    weight = {
        name: part * (value[name] - typical)
        for name, part, typical in zip(FEATURES, model.weights, model.typical, strict=True)
    }
    weight["people"] += weight.pop("groups")
    subject = sum(weight[name] for name in _SUBJECT)
    found: list[Reason] = []

    def say(name: str, sentence: str, worth: float) -> None:
        if sentence:
            found.append(Reason(feature=name, sentence=sentence, weight=round(worth, 3)))

    if value["named"]:
        say("named", _yes_or_no("named", pool, guest, host), weight["named"])
    topics = _subject(pool, guest, host)
    say("topics", topics, min(subject, -LEAST) if topics.startswith(AGAINST) else max(subject, LEAST))
    quotes = _quotes(pool, guest, host)
    say("quotes", quotes, 0.0)
    for name in _FOR:
        if name == "words" and quotes:
            continue
        if value[name] > 0 and (weight[name] >= MATTERS or name in _FACTS):
            say(name, _sentence(name, pool, guest, host, value[name], 0.0), max(weight[name], LEAST))
    for sentence in practical(pool.entries[guest], pool.entries[host], today):
        say("practical", sentence, 0.0)
    if guest in pool.directed.unresolved:
        say("named_other", _unknown(pool, guest), -LEAST)
    for name in sorted(_AGAINST, key=weight.__getitem__):
        if value[name]:
            say(name, _sentence(name, pool, guest, host, value[name], 0.0), min(weight[name], -LEAST))
    return tuple(found)


def practical(asking: Entry, offering: Entry, today: date | None = None) -> list[str]:
    """What the answers of both already settle: form, language, time."""
    said = []
    partners = _partners(asking, offering)
    formats = [code for code in asking.formats if code in offering.formats]
    if partners:
        said.append("They could be partners in a project: both are open to a project partnership.")
    elif formats:
        names = vocabulary().formats
        wanted = [_WITH_ARTICLE.get(code, names.get(code, code)) for code in formats]
        suits = in_words(wanted, joiner="or")
        said.append(f"{suits[0].upper()}{suits[1:]} suits both.")
    languages = [code for code in asking.languages if code in offering.languages]
    if languages:
        said.append(f"They have {languages_in_words(languages)} in common.")
    first, last = window(asking, offering, today)
    both_stated = all(entry.date_from or entry.date_to for entry in (asking, offering))
    needed = days_needed(asking)
    if first and last and both_stated and not partners and (last - first).days + 1 >= needed:
        takes = f"; the visit takes {needed} {'days' if needed > 1 else 'day'}" if asking.duration_days else ""
        said.append(f"Both are free from {day_in_words(first)} to {day_in_words(last)}{takes}.")
    return said


def unstated(asking: Entry, offering: Entry, joining: Entry | None = None) -> tuple[str, ...]:
    """What the answers leave open and somebody should ask, as sentences."""
    guests = [asking] if joining is None else [asking, joining]
    questions = [(f"Languages of {entry.organisation}", not entry.languages) for entry in (*guests, offering)]
    if not _partners(asking, offering):
        host = offering.organisation
        questions.append((f"When {host} can receive guests", not (offering.date_from or offering.date_to)))
        for entry in guests:
            questions.append((f"When {entry.organisation} would travel", not (entry.date_from or entry.date_to)))
            questions.append((f"How many would come from {entry.organisation}", entry.group_size is None))
        questions.append((f"How many guests {host} can receive at once", offering.capacity is None))
    return tuple(f"{question}: not stated, check." for question, is_open in questions if is_open)


def joins_sentence(pool: Pool, guest: int, host: int, third: int) -> str:
    """Why the third fits in: what it said about joining, and what it shares with the others."""
    asking, offering, joining = pool.entries[guest], pool.entries[host], pool.entries[third]
    willing = "is open to joining others" if joining.group_wanted else "would host or join a visit"
    for other in (asking, offering):
        labels = shared_answers("topics", joining.topics, other.topics)
        if labels:
            topics = f"the topic{'s' if len(labels) > 1 else ''} {_quoted(labels)}"
            return f"{joining.organisation} {willing}, and shares {topics} with {other.organisation}."
    return f"{joining.organisation} {willing}."


def _partners(asking: Entry, offering: Entry) -> bool:
    if PARTNERSHIP not in asking.formats or PARTNERSHIP not in offering.formats:
        return False
    visits = set(asking.formats) & set(offering.formats) - {PARTNERSHIP}
    return not visits or asking.role is Role.HOST or offering.role is Role.SEND


def _sentence(name: str, pool: Pool, guest: int, host: int, value: float, typical: float) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    if name == "topics":
        return _subject(pool, guest, host)
    if name == "inferred_topics":
        return "Their words point to the same topics." if value > typical else "Their words point to different topics."
    if name == "words":
        shared = shared_ideas(pool, guest, host)
        return f"Both write about {_listed(shared)}." if shared else ""
    if name in ("people", "groups"):
        labels = shared_answers("target_groups", asking.target_groups, offering.target_groups)
        return f"Both concern the same people: {_listed(labels)}." if labels else ""
    if name == "groups_apart":
        if not value:
            return ""
        left, right = (_listed(told("target_groups", entry.target_groups)) for entry in (asking, offering))
        return f"{AGAINST}{asking.organisation} named {left}, {offering.organisation} {right}."
    return _yes_or_no(name, pool, guest, host) if value else ""


def _yes_or_no(name: str, pool: Pool, guest: int, host: int) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    called = pool.directed.called.get(guest, "")
    by_words = guest in pool.directed.there
    there = places_in_words((offering.country,)) if offering.country else "a place not stated"
    asked = _asked_country(asking, offering)
    wanted = places_in_words(_without_parts(asking.preferred_places))
    return {
        "named": f"{asking.organisation} asked for them by name (“{called}”).",
        "named_other": f"{AGAINST}{asking.organisation} asked for somebody else (“{called}”).",
        "place_wanted": (
            f"{asking.organisation} asked for somebody there (“{called}”)."
            if host in pool.directed.there.get(guest, ())
            else f"{asking.organisation} would like to go to {asked}, and that is where they are."
        ),
        "place_missed": (
            f"{AGAINST}{asking.organisation} asked for somebody elsewhere (“{called}”)."
            if by_words
            else f"{AGAINST}{asking.organisation} would rather go to {wanted}; {offering.organisation} is in {there}."
        ),
        "guest_elsewhere": (
            f"{AGAINST}{offering.organisation} would rather work with "
            f"{places_in_words(_without_parts(offering.preferred_places))}."
            if offering.preferred_places
            else ""
        ),
        "time_to_spare": "There is time to choose a week that suits both.",
        "in_return": "Both would like to visit and to be visited.",
        "met_before": "They have worked together before.",
    }.get(name, "")


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


def _subject(pool: Pool, guest: int, host: int) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    labels = shared_answers("topics", asking.topics, offering.topics)
    if labels:
        return f"They share the topic{'s' if len(labels) > 1 else ''} {_quoted(labels)}."
    if told("topics", asking.topics) and told("topics", offering.topics):
        return f"{AGAINST}they named different topics."
    return ""


def _quotes(pool: Pool, guest: int, host: int) -> str:
    """What each of them says about what both write about, so that a reader can judge for herself."""
    asking, offering = pool.entries[guest], pool.entries[host]
    common = _shared_terms(pool, guest, host)
    if not common:
        return ""
    asked = _quote(asking.seeks or asking.text, asking.text_lang, common)
    offered = _quote(offering.offers or offering.text, offering.text_lang, common)
    if not asked or not offered:
        return ""
    return f"{asking.organisation} writes “{asked}” {offering.organisation} writes “{offered}”"


def _quote(text: str | None, language: str | None, common: Mapping[str, float]) -> str:
    """The sentence that says most of what both write about; none when none does."""
    best, most = "", 0.0
    for sentence, said in _quotable_terms(text, language) if text else ():
        worth = sum([common[term] for term in said if term in common])
        if worth > most:
            best, most = sentence, worth
    best = best.replace("“", "'").replace("”", "'")
    return best if not best or best[-1] in ".!?" else f"{best}."


@lru_cache(maxsize=20_000)
def _quotable_terms(text: str, language: str | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The sentences of a text worth quoting with what each is about; a text is quoted beside many others."""
    spoken = language or language_of(text)
    return tuple((sentence, said_in(fold(sentence), spoken)) for sentence in quotable(text))


def _shared_terms(pool: Pool, guest: int, host: int) -> dict[str, float]:
    """The rarer terms that both texts have, with how much they tell."""
    sides = pool.profiles.sides
    left, right = sides.terms[sides.ask[guest]], sides.terms[sides.offer[host]]
    rarity, telling = pool.profiles.rarity, pool.profiles.telling
    return {
        term: telling[term] * min(left[term], right[term])
        for term in sorted(left.keys() & right.keys())
        if rarity[term] >= RARE
    }


def shared_ideas(pool: Pool, guest: int, host: int) -> list[str]:
    """The ideas of the thesaurus that both texts have, the most telling first."""
    worth = _shared_terms(pool, guest, host)
    ideas = sorted((term for term in worth if concept_label(term)), key=lambda term: (-worth[term], term))
    return [concept_label(term) or "" for term in ideas[:MOST_IDEAS]]


def told(kind: str, codes: tuple[str, ...]) -> list[str]:
    """Answers as the form puts them, where the codes leave no doubt which was ticked; else what the codes mean."""
    names: Mapping[str, str] = getattr(vocabulary(), kind)
    ticked = _certain(kind, codes)
    covered = {code for option in ticked for code in vocabulary().answers[kind][option]}
    ignored = vocabulary().without_meaning
    return [*ticked, *(names.get(code, code) for code in dict.fromkeys(codes) if code not in covered | ignored)]


@lru_cache(maxsize=20_000)
def shared_answers(kind: str, left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    """What both answered: the form's own texts where both ticked the same, else what their codes share."""
    names: Mapping[str, str] = getattr(vocabulary(), kind)
    ticked = [option for option in _certain(kind, left) if option in _certain(kind, right)]
    covered = {code for option in ticked for code in vocabulary().answers[kind][option]}
    ignored = vocabulary().without_meaning
    common = [code for code in dict.fromkeys(left) if code in right and code not in covered | ignored]
    return (*ticked, *(names.get(code, code) for code in common))


@lru_cache(maxsize=20_000)
def _certain(kind: str, codes: tuple[str, ...]) -> tuple[str, ...]:
    """The options that must have been ticked: each has a code that no other possible option has."""
    options = {
        option: set(meaning) for option, meaning in vocabulary().answers[kind].items() if set(meaning) <= set(codes)
    }
    return tuple(
        option
        for option, meaning in options.items()
        if meaning.difference(*(other for name, other in options.items() if name != option))
    )


def _quoted(labels: Sequence[str]) -> str:
    return in_words([f"“{label}”" for label in labels])


def _listed(labels: Sequence[str]) -> str:
    """A list whose items may hold an "and" of their own."""
    return "; ".join(labels) if len(labels) > 1 and any(" and " in label for label in labels) else in_words(labels)
