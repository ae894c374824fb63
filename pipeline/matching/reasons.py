"""Why, in the words of a colleague: sentences for the features, the facts, and what is left open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from pipeline.matching.eligibility import (
    PARTNERSHIP,
    day_in_words,
    days_needed,
    in_words,
    languages_in_words,
    places_in_words,
    window,
)
from pipeline.matching.features import FEATURES, Pool
from pipeline.matching.outcome import FeatureRow
from pipeline.matching.scoring import Model
from pipeline.matching.text import STEM, concept_label, quotable
from pipeline.matching.vocabulary import fold, vocabulary
from pipeline.model import Entry, Reason, Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MATTERS = 0.15
"""Log-odds a contribution needs before it is worth a sentence."""
MOST_WORDS = 4
RARE = 2.0
"""Rarity a shared word needs to be mentioned: in less than a third of the texts."""
LONGEST_QUOTE = 120
_SUBJECT = ("topics", "inferred_topics")
_FOR = ("words", "people", "place_wanted", "met_before", "in_return")
_AGAINST = ("named_other", "place_missed", "guest_elsewhere", "groups_apart")
_WITH_ARTICLE = {
    "study_visit": "a study visit",
    "learner_mobility": "a learner placement",
    "project_partnership": "a project partnership",
    "blended": "a blended exchange (online workshops, then a visit)",
    "online": "an online exchange",
}
_WORD = re.compile(r"[^\W\d_]{3,}")


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
    say("topics", _subject(pool, guest, host, subject), subject)
    say("quotes", _quotes(pool, guest, host), 0.0)
    for name in _FOR:
        if value[name] > 0 and weight[name] >= MATTERS:
            say(name, _sentence(name, pool, guest, host, value[name], 0.0), weight[name])
    for sentence in practical(pool.entries[guest], pool.entries[host], today):
        say("practical", sentence, 0.0)
    for name in sorted(_AGAINST, key=weight.__getitem__):
        if value[name]:
            say(name, _sentence(name, pool, guest, host, value[name], 0.0), weight[name])
    return tuple(found)


def practical(asking: Entry, offering: Entry, today: date | None = None) -> list[str]:
    """What the answers already settle: form, language, time."""
    said = []
    formats = [code for code in asking.formats if code in offering.formats]
    if formats:
        names = vocabulary().formats
        wanted = [_WITH_ARTICLE.get(code, names.get(code, code)) for code in formats]
        suits = in_words(wanted, joiner="or")
        said.append(f"{suits[0].upper()}{suits[1:]} suits both.")
    languages = [code for code in asking.languages if code in offering.languages]
    if languages:
        said.append(f"They have {languages_in_words(languages)} in common.")
    first, last = window(asking, offering, today)
    if first and last and not _partners(asking, offering):
        needed = days_needed(asking)
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


def joins_sentence(pool: Pool, guest: int, third: int) -> str:
    """Why the third fits in."""
    asking, joining = pool.entries[guest], pool.entries[third]
    labels = _topic_labels([code for code in asking.topics if code in joining.topics])
    about = f", and is after {_quoted(labels)} as well" if labels else ""
    willing = "is open to joining others" if joining.group_wanted else "would host or join a visit"
    return f"{joining.organisation} {willing}{about}."


def _partners(asking: Entry, offering: Entry) -> bool:
    if PARTNERSHIP not in asking.formats or PARTNERSHIP not in offering.formats:
        return False
    visits = set(asking.formats) & set(offering.formats) - {PARTNERSHIP}
    return not visits or asking.role is Role.HOST or offering.role is Role.SEND


def _sentence(name: str, pool: Pool, guest: int, host: int, value: float, typical: float) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    if name == "topics":
        return _subject(pool, guest, host, value - typical)
    if name == "inferred_topics":
        return "Their words point to the same topics." if value > typical else "Their words point to different topics."
    if name == "words":
        shared = shared_words(pool, guest, host)
        return f"Both texts speak of {_listed(shared)}." if shared else "Their texts have no telling word in common."
    if name in ("people", "groups"):
        labels = _group_labels([code for code in asking.target_groups if code in offering.target_groups])
        return f"Both concern the same people: {_listed(labels)}." if labels else ""
    if name == "groups_apart":
        if not value:
            return ""
        left, right = _group_labels(asking.target_groups), _group_labels(offering.target_groups)
        return f"Against it: the request concerns {_listed(left)}, the offer {_listed(right)}."
    return _yes_or_no(name, pool, guest, host) if value else ""


def _yes_or_no(name: str, pool: Pool, guest: int, host: int) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    there = places_in_words((offering.country,)) if offering.country else "a country not stated"
    called = pool.directed.called.get(guest, "")
    wishes = tuple(asking.preferred_places) or tuple(sorted(pool.directed.places.get(guest, ())))
    wanted = places_in_words(wishes) if wishes else called
    return {
        "named": (
            f"{asking.organisation} asked for somebody there ({called})."
            if host not in pool.directed.targets.get(guest, ())
            else f"{asking.organisation} asked for them by name ({called})."
        ),
        "named_other": f"Against it: {asking.organisation} asked for somebody else ({called}).",
        "place_wanted": f"{asking.organisation} would like to go to {wanted}, and that is where they are.",
        "place_missed": f"Against it: {asking.organisation} would rather go to {wanted}; this is {there}.",
        "guest_elsewhere": (
            f"Against it: {offering.organisation} would rather work with {places_in_words(offering.preferred_places)}."
            if offering.preferred_places
            else ""
        ),
        "time_to_spare": "There is time to choose a week that suits both.",
        "in_return": "Both would like to visit and to be visited.",
        "met_before": "They have worked together before.",
    }.get(name, "")


def _subject(pool: Pool, guest: int, host: int, weight: float) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    labels = _topic_labels([code for code in asking.topics if code in offering.topics])
    if labels:
        return f"They share the topic{'s' if len(labels) > 1 else ''} {_quoted(labels)}."
    if weight < MATTERS:
        return "Against it: they share no topic."
    sides = pool.profiles.sides
    return _alike(pool, int(sides.ask[guest]), int(sides.offer[host]))


def _alike(pool: Pool, ask: int, offer: int) -> str:
    about = pool.profiles
    common = about.profile_topics[ask] * about.profile_topics[offer]
    best = [about.topic_codes[n] for n in common.argsort()[::-1][:2] if common[n] > 0.1]
    if not best:
        return ""
    return f"They chose different topics, but others who write much the same chose {_quoted(_topic_labels(best))}."


def _quotes(pool: Pool, guest: int, host: int) -> str:
    """What each of them says in the sentence that tells most, so that a reader can judge for herself."""
    asking, offering = pool.entries[guest], pool.entries[host]
    asked = _quote(pool, asking.seeks or asking.text or asking.title)
    offered = _quote(pool, offering.offers or offering.text or offering.title)
    if not asked or not offered:
        return ""
    return f"{asking.organisation} writes “{asked}”; {offering.organisation} writes “{offered}”."


def _quote(pool: Pool, text: str | None) -> str:
    if not text:
        return ""
    if text not in pool.quotes:
        telling = pool.profiles.telling
        sentences = quotable(text)
        best = max(
            sentences,
            key=lambda sentence: sum(
                telling.get(stem, 0.0) for stem in {w[:STEM] for w in _WORD.findall(fold(sentence))}
            ),
            default="",
        )
        if len(best) > LONGEST_QUOTE:
            best = f"{best[:LONGEST_QUOTE].rsplit(' ', 1)[0]} …"
        pool.quotes[text] = best.replace("“", "'").replace("”", "'")
    return pool.quotes[text]


def shared_words(pool: Pool, guest: int, host: int) -> list[str]:
    """The words and ideas both texts have, the most telling first, as the guest wrote them."""
    sides = pool.profiles.sides
    left, right = sides.terms[sides.ask[guest]], sides.terms[sides.offer[host]]
    common = left.keys() & right.keys()
    if not common:
        return []
    rarity, telling = pool.profiles.rarity, pool.profiles.telling
    worth = {term: telling[term] * min(left[term], right[term]) for term in common if rarity[term] >= RARE}
    bar = max(worth.values(), default=0.0) * 0.4
    best = sorted((term for term in worth if worth[term] >= bar), key=lambda term: (-worth[term], term))
    entry = pool.entries[guest]
    text = " ".join(part for part in (entry.title, entry.seeks, entry.text) if part)
    said: dict[str, None] = {}
    covered = set()
    for term in best[: 2 * MOST_WORDS]:
        label = concept_label(term)
        if label:
            said[label] = None
            covered |= {word[:STEM] for word in label.split()}
    for term in best[: 2 * MOST_WORDS]:
        if not concept_label(term) and term not in covered and len(term) == STEM:
            said[_as_written(text, term)] = None
    return list(said)[:MOST_WORDS]


def _as_written(text: str, stem: str) -> str:
    """The first word of the text that begins with the stem, as it stands there."""
    lower = text.lower()
    start = lower.find(stem)
    while start > 0 and lower[start - 1].isalpha():
        start = lower.find(stem, start + 1)
    if start >= 0:
        end = next((n for n in range(start, len(lower)) if not lower[n].isalpha()), len(lower))
        return lower[start:end]
    return next((word.lower() for word in _WORD.findall(text) if fold(word)[:STEM] == stem), stem)


def _quoted(labels: Sequence[str]) -> str:
    return in_words([f"“{label}”" for label in labels])


def _listed(labels: Sequence[str]) -> str:
    """A list whose items may hold an "and" of their own."""
    return "; ".join(labels) if len(labels) > 1 and any(" and " in label for label in labels) else in_words(labels)


def _topic_labels(codes: Sequence[str]) -> list[str]:
    names, ignored = vocabulary().topics, vocabulary().without_meaning
    return [names.get(code, code) for code in codes if code not in ignored]


def _group_labels(codes: Sequence[str]) -> list[str]:
    names = vocabulary().target_groups
    return [names.get(code, code) for code in dict.fromkeys(codes)]
