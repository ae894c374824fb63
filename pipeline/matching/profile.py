"""What each entry is about: its ticks, its words, and what entries that say alike ticked.

People tick boxes carelessly: one forgets the right topic, another ticks one too many. Those who write
nearly the same, though, want nearly the same, and together their ticks tell well what it is. So each
entry's *profile* is the average of the ticks of the entries whose text is close to its own, itself
included. In a pool of thirty, where nobody writes alike, the profile is the entry's own ticks.

An entry that both seeks and offers has two *sides* with a text each; most have one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.matching.text import terms
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import Entry, Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

DENSE_UP_TO = 1200
"""Sides in a pool up to which plain numpy is used: loading scipy takes longer than the work."""
MOST_NEIGHBOURS = 2000
"""Sides whose ticks are averaged; beyond, a fixed sample, so that cost grows in proportion."""
CLOSE = 0.1
"""Cosine of two texts below which they are not alike at all (fitted on dev, flat from 0 to .2)."""
OWN_SHARE = 0.3
"""What an entry's own ticks count against those of an entry with the same text (.81); flat from .1 to 1."""
PRIOR = 4.0
"""Sides' worth of doubt when judging how much a word tells about the ticks."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The texts of a pool. `ask[i]`, `offer[i]`: row of entry i's text as guest and as host."""

    entry: NDArray[np.intp]
    ask: NDArray[np.intp]
    offer: NDArray[np.intp]
    terms: tuple[Mapping[str, float], ...]


@dataclass(frozen=True, slots=True)
class Profiles:
    """Unit vectors per side (rows), ready for dot products."""

    sides: Sides
    rarity: Mapping[str, float]
    """Term -> how rare it is in this pool (at least 1)."""
    telling: Mapping[str, float]
    """Term -> rarity times how much it tells about what people tick."""
    words: Any
    """TF-IDF (side x term): a numpy array in small pools, a scipy CSR matrix in large ones."""
    groups: Floats
    ticked_groups: Floats
    """Target groups as ticked, 0 or 1."""
    profile_topics: Floats
    profile_groups: Floats
    profile_offered: Floats
    """`profile_topics` cut off where an offer clearly has the topic: more ticks do not make it less."""
    inferred: Floats
    """Topics the text alone suggests."""


def sides_of(entries: Sequence[Entry]) -> Sides:
    """The texts of the entries: one side each, two where seeking and offering were written apart."""
    import numpy as np

    owner: list[int] = []
    ask, offer = np.empty(len(entries), np.intp), np.empty(len(entries), np.intp)
    texts: list[Mapping[str, float]] = []
    seen: dict[tuple[str, str | None], dict[str, float]] = {}
    for number, entry in enumerate(entries):
        common = ". ".join(part for part in (entry.title, entry.text) if part)
        seeking = ". ".join(part for part in (common, entry.seeks) if part)
        offering = ". ".join(part for part in (common, entry.offers) if part)
        if entry.role is Role.SEND:
            offering = seeking = seeking if entry.seeks else offering
        elif entry.role is Role.HOST:
            offering = seeking = offering if entry.offers else seeking
        for text, row in ((seeking, ask), (offering, offer)):
            if text == seeking and row is offer:
                offer[number] = ask[number]
                continue
            key = (text, entry.text_lang)
            if key not in seen:
                seen[key] = terms(text, entry.text_lang)
            row[number] = len(owner)
            owner.append(number)
            texts.append(seen[key])
    return Sides(entry=np.array(owner, np.intp), ask=ask, offer=offer, terms=tuple(texts))


def profiles_of(entries: Sequence[Entry]) -> Profiles:
    """Read a whole pool. Cost is proportional to the number of entries beyond a few thousand."""
    import numpy as np

    sides = sides_of(entries)
    ignored = vocabulary().without_meaning
    topics = _ticks([entry.topics for entry in entries], ignored)
    groups = _ticks([entry.target_groups for entry in entries], frozenset())
    topics, groups = topics[sides.entry], groups[sides.entry]
    ticks = np.hstack([topics, groups])
    names, counts = _counts(sides.terms)
    rarity, worth, words, telling = _weigh(counts, ticks)
    stated = np.stack([topics.any(axis=1), groups.any(axis=1)], axis=1).astype(np.float32)
    close = _averages(telling, np.hstack([ticks, stated]), _sample(entries, sides))
    known, close = close[:, -2:], close[:, :-2]
    rare_topics, rare_groups = _rarity(topics), _rarity(groups)
    profile_topics = _or_average(unit(close[:, : topics.shape[1]] * rare_topics), known[:, :1])
    return Profiles(
        sides=sides,
        rarity=dict(zip(names, rarity.tolist(), strict=False)),
        telling=dict(zip(names, worth.tolist(), strict=False)),
        words=words,
        groups=unit(groups * rare_groups),
        ticked_groups=groups,
        profile_topics=profile_topics,
        profile_offered=np.minimum(profile_topics * 1.5, 1),
        profile_groups=_or_average(unit(close[:, topics.shape[1] :] * rare_groups), known[:, 1:]),
        inferred=_inferred(telling, topics),
    )


def unit(rows: Floats) -> Floats:
    """The rows scaled to length one; empty rows stay zero."""
    import numpy as np

    scaled: Floats = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return scaled


def _ticks(lists: Sequence[tuple[str, ...]], ignored: frozenset[str]) -> Floats:
    """Row per list, column per code in alphabetical order: 1 where it was ticked."""
    import numpy as np

    codes = sorted({code for codes in lists for code in codes} - ignored)
    column = {code: number for number, code in enumerate(codes)}
    member = np.zeros((len(lists), len(codes)), np.float32)
    for row, chosen in enumerate(lists):
        for code in chosen:
            if code in column:
                member[row, column[code]] = 1
    return member


def _rarity(member: Floats) -> Floats:
    """Weight of each tick: the rarer the more it says (smoothed inverse document frequency)."""
    import numpy as np

    rarity: Floats = (np.log((len(member) + 1) / (member.sum(axis=0) + 1)) + 0.5).astype(np.float32)
    return rarity


def _counts(texts: Sequence[Mapping[str, float]]) -> tuple[dict[str, int], Any]:
    """Term weights as a matrix (side x term)."""
    import numpy as np

    names: dict[str, int] = {}
    for text in texts:
        for term in text:
            names.setdefault(term, len(names))
    if len(texts) <= DENSE_UP_TO:
        dense = np.zeros((len(texts), max(1, len(names))), np.float32)
        for row, text in enumerate(texts):
            for term, weight in text.items():
                dense[row, names[term]] = weight
        return names, dense
    from scipy.sparse import csr_matrix

    starts = np.zeros(len(texts) + 1, np.int64)
    starts[1:] = np.cumsum([len(text) for text in texts])
    columns = np.fromiter((names[term] for text in texts for term in text), np.int32, int(starts[-1]))
    values = np.fromiter((weight for text in texts for weight in text.values()), np.float32, int(starts[-1]))
    return names, csr_matrix((values, columns, starts), shape=(len(texts), max(1, len(names))))


def _weigh(counts: Any, ticks: Floats) -> tuple[Floats, Floats, Any, Any]:
    """Each term's rarity, that times what it tells, and the counts as unit rows weighted by either.

    A word tells much when those who use it tick otherwise than people in general: "prison" does,
    "programme" does not. Measured as the divergence between the two, in nats, summed over the boxes.
    """
    import numpy as np

    present = (counts > 0).astype(np.float32)
    used = np.asarray(present.sum(axis=0)).ravel()
    rarity = (np.log((counts.shape[0] + 1) / (used + 1)) + 1).astype(np.float32)
    general = (ticks.sum(axis=0) + 0.5) / (len(ticks) + 1)
    among = np.asarray(present.T @ ticks)
    among = (among + general * PRIOR) / (used[:, None] + PRIOR)
    divergence = among * np.log(among / general)
    rest = np.maximum(1 - among, 1e-6)
    divergence += rest * np.log(rest / np.maximum(1 - general, 1e-6))
    telling = np.sqrt(np.maximum(divergence.sum(axis=1), 1e-6)).astype(np.float32)
    worth = rarity * telling
    return rarity, worth, _unit_terms(_times(counts, rarity)), _unit_terms(_times(counts, worth))


def _times(matrix: Any, factors: Floats) -> Any:
    import numpy as np

    if isinstance(matrix, np.ndarray):
        return matrix * factors
    scaled = matrix.copy()
    scaled.data *= factors[scaled.indices]
    return scaled


def _unit_terms(matrix: Any) -> Any:
    import numpy as np

    if isinstance(matrix, np.ndarray):
        return unit(matrix)
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = matrix.copy()
    scaled.data /= np.repeat(np.maximum(length, 1e-9), np.diff(matrix.indptr)).astype(np.float32)
    return scaled


def _sample(entries: Sequence[Entry], sides: Sides) -> NDArray[np.intp]:
    """The sides whose ticks are averaged: all, or as many at even steps in the order of what they write."""
    import numpy as np

    count = len(sides.entry)
    if count <= MOST_NEIGHBOURS:
        return np.arange(count)
    order = sorted(range(count), key=lambda side: (entries[int(sides.entry[side])].text or "", side))
    steps = np.linspace(0, count - 1, MOST_NEIGHBOURS).astype(np.intp)
    return np.sort(np.array(order, np.intp)[steps])


def _averages(telling: Any, ticks: Floats, sample: NDArray[np.intp]) -> Floats:
    """The ticks of each side averaged with those of the sides that say alike."""
    import numpy as np

    averages = np.empty_like(ticks)
    others = telling[sample].T
    ticks_of_others = ticks[sample]
    place = np.full(len(ticks), -1, np.intp)
    place[sample] = np.arange(len(sample))
    for start in range(0, len(ticks), 2048):
        rows = np.arange(start, min(start + 2048, len(ticks)))
        alike = telling[rows] @ others
        alike = alike if isinstance(alike, np.ndarray) else alike.toarray()
        alike = np.maximum(alike - CLOSE, 0) ** 2
        inside = place[rows] >= 0
        alike[np.nonzero(inside)[0], place[rows][inside]] = 0
        total = alike.sum(axis=1, keepdims=True) + OWN_SHARE
        averages[rows] = (alike @ ticks_of_others + OWN_SHARE * ticks[rows]) / total
    return averages


def _or_average(rows: Floats, known: Floats) -> Floats:
    """Profiles drawn towards the average one as far as nothing is known: a missing answer is no stance.

    `known` (column) is the share, by closeness, of those averaged who ticked anything.
    """
    mixed: Floats = rows * known + (1 - known) * rows.mean(axis=0)
    return mixed


def _inferred(telling: Any, topics: Floats) -> Floats:
    """Topics the words suggest: closeness to the centre of the texts that ticked each, above the usual."""
    import numpy as np

    centres = np.asarray(telling.T @ topics)
    centres /= np.maximum(np.linalg.norm(centres, axis=0, keepdims=True), 1e-9)
    closeness = np.asarray(telling @ centres).astype(np.float32)
    return unit(np.maximum(closeness - closeness.mean(axis=0), 0))
