"""Why, in the words of a colleague: sentences for the features, the facts, and what is left open."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
from pipeline.matching.text import STEM, concept_label
from pipeline.matching.vocabulary import fold, vocabulary
from pipeline.model import Entry, Reason, Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MATTERS = 0.15
"""Log-odds a contribution needs before it is worth a sentence."""
MOST_WORDS = 4
_SUBJECT = ("topics", "inferred_topics")
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


def reasons_for(pool: Pool, model: Model, guest: int, host: int, values: Floats) -> tuple[Reason, ...]:
    """The sentences a reviewer needs: what speaks for it, then the facts, then what speaks against."""
    rows = {row.name: row for row in explain_pair(pool, model, guest, host, values)}
    asking, offering = pool.entries[guest], pool.entries[host]
    found: list[Reason] = []
    if rows["named"].value:
        found.append(_reason(rows["named"]))
    subject = sum(rows[name].weight for name in _SUBJECT)
    about = Reason(feature="topics", sentence=_subject(pool, guest, host, subject), weight=round(subject, 3))
    found.append(about)
    for name in ("words", "people", "place_wanted", "met_before", "in_return"):
        row = rows[name]
        weight = row.weight + (rows["groups"].weight if name == "people" else 0.0)
        if row.sentence and weight >= MATTERS and row.value > 0:
            found.append(Reason(feature=name, sentence=row.sentence, weight=round(weight, 3)))
    found += [Reason(feature="practical", sentence=sentence) for sentence in practical(asking, offering)]
    against = [rows[name] for name in ("named_other", "place_missed", "guest_elsewhere", "groups_apart")]
    found += [_reason(row) for row in sorted(against, key=lambda row: row.weight) if row.value and row.sentence]
    return tuple(reason for reason in found if reason.sentence)


def practical(asking: Entry, offering: Entry) -> list[str]:
    """What the answers already settle: form, language, time."""
    said = []
    formats = [code for code in asking.formats if code in offering.formats]
    if formats:
        names = vocabulary().formats
        said.append(f"Both ticked {in_words([names.get(code, code) for code in formats])}.")
    languages = [code for code in asking.languages if code in offering.languages]
    if languages:
        said.append(f"They can talk in {languages_in_words(languages)}.")
    first, last = window(asking, offering)
    if first and last and not _partners(asking, offering):
        needed = days_needed(asking)
        said.append(
            f"Both are free from {day_in_words(first)} to {day_in_words(last)}; "
            f"the visit takes {needed} {'days' if needed > 1 else 'day'}."
            if asking.duration_days
            else f"Both are free from {day_in_words(first)} to {day_in_words(last)}."
        )
    return said


def unstated(asking: Entry, offering: Entry, joining: Entry | None = None) -> tuple[str, ...]:
    """What the answers leave open and somebody should ask, as sentences."""
    guests = [asking] if joining is None else [asking, joining]
    open_points = []
    for entry in (*guests, offering):
        if not entry.languages:
            open_points.append(f"Languages of {entry.organisation}: not stated, check.")
    if _partners(asking, offering):
        return tuple(open_points)
    if not offering.date_from and not offering.date_to:
        open_points.append(f"When {offering.organisation} can receive guests: not stated, check.")
    for entry in guests:
        if not entry.date_from and not entry.date_to:
            open_points.append(f"When {entry.organisation} would travel: not stated, check.")
        if entry.group_size is None:
            open_points.append(f"How many would travel from {entry.organisation}: not stated, check.")
    if offering.capacity is None:
        open_points.append(f"How many guests {offering.organisation} can receive at once: not stated, check.")
    return tuple(open_points)


def joins_sentence(pool: Pool, guest: int, third: int) -> str:
    """Why the third fits in."""
    asking, joining = pool.entries[guest], pool.entries[third]
    labels = _topic_labels([code for code in asking.topics if code in joining.topics])
    about = f" and shares {in_words(labels)} with {asking.organisation}" if labels else ""
    willing = "is open to joining others" if joining.group_wanted else "would host or join"
    return f"{joining.organisation} {willing}{about}."


def _reason(row: FeatureRow) -> Reason:
    return Reason(feature=row.name, sentence=row.sentence, weight=row.weight)


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
        return f"Both write about {in_words(shared)}." if shared else "Their texts have no telling word in common."
    if name in ("people", "groups"):
        labels = _group_labels([code for code in asking.target_groups if code in offering.target_groups])
        return f"Both are about {in_words(labels)}." if labels else ""
    if name == "groups_apart":
        if not value:
            return ""
        left, right = _group_labels(asking.target_groups), _group_labels(offering.target_groups)
        return f"Against it: the request is about {in_words(left)}, the offer about {in_words(right)}."
    return _yes_or_no(name, pool, guest, host) if value else ""


def _yes_or_no(name: str, pool: Pool, guest: int, host: int) -> str:
    asking, offering = pool.entries[guest], pool.entries[host]
    there = places_in_words((offering.country,)) if offering.country else "a country not stated"
    called = pool.directed.called.get(guest, "")
    wishes = tuple(asking.preferred_places) or tuple(sorted(pool.directed.places.get(guest, ())))
    wanted = places_in_words(wishes) if wishes else called
    return {
        "named": f"{asking.organisation} asked for them by name ({called}).",
        "named_other": f"Against it: {asking.organisation} asked for somebody else by name ({called}).",
        "place_wanted": f"{asking.organisation} would like to go to {wanted}, and that is where they are.",
        "place_missed": f"Against it: {asking.organisation} would rather go to {wanted}; this is {there}.",
        "guest_elsewhere": (
            f"{offering.organisation} would rather work with {places_in_words(offering.preferred_places)}."
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
        return f"Both ticked {in_words(labels)}."
    if weight < MATTERS:
        return "They ticked no topic in common."
    sides = pool.profiles.sides
    return _alike(pool, int(sides.ask[guest]), int(sides.offer[host]))


def _alike(pool: Pool, ask: int, offer: int) -> str:
    about = pool.profiles
    common = about.profile_topics[ask] * about.profile_topics[offer]
    best = [about.topic_codes[n] for n in common.argsort()[::-1][:2] if common[n] > 0.1]
    if not best:
        return ""
    return f"They ticked different boxes, but others who put it as they do ticked {in_words(_topic_labels(best))}."


def shared_words(pool: Pool, guest: int, host: int) -> list[str]:
    """The words and ideas both texts have, the most telling first, as the guest wrote them."""
    import numpy as np

    about = pool.profiles
    left, right = (about.words[int(row)] for row in (about.sides.ask[guest], about.sides.offer[host]))
    product = left * right if isinstance(left, np.ndarray) else left.multiply(right).toarray().ravel()
    by_column = {column: term for term, column in about.names.items()} if product.any() else {}
    best = [by_column[int(n)] for n in product.argsort()[::-1][: 2 * MOST_WORDS] if product[n] > 0.004]
    entry = pool.entries[guest]
    written = _as_written(" ".join(part for part in (entry.title, entry.seeks, entry.text) if part))
    said: dict[str, None] = {}
    for term in best:
        said[concept_label(term) or written.get(term, term)] = None
    return list(said)[:MOST_WORDS]


def _as_written(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in _WORD.findall(text):
        found.setdefault(fold(word)[:STEM], word.lower())
    return found


def _topic_labels(codes: Sequence[str]) -> list[str]:
    names, ignored = vocabulary().topics, vocabulary().without_meaning
    return [names.get(code, code) for code in codes if code not in ignored]


def _group_labels(codes: Sequence[str]) -> list[str]:
    names = vocabulary().target_groups
    return [names.get(code, code) for code in dict.fromkeys(codes)]
