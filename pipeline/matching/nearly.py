"""What almost fits: pairs that one rule keeps apart, where asking might help."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.matching.eligibility import ASKABLE, broken_rules, can_ask
from pipeline.matching.features import Pool, features_of
from pipeline.matching.outcome import LEAST_SCORE
from pipeline.matching.ranking import FirstPass, Ranking, can_host
from pipeline.matching.scoring import Model
from pipeline.model import Entry, NearMiss

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.intp]

MOST_REQUESTS = 3000
"""In a larger pool only requests without any candidate are looked at."""
LOOKED_AT = 60
WORTH_ASKING = 0.7
"""Probability from which a pair is worth a question, however well somebody else fits."""
BLOCK = 256


def near_misses(
    pool: Pool,
    model: Model,
    ranking: Mapping[int, Ranking],
    *,
    per_request: int,
    today: date | None,
    barred: Collection[frozenset[str]] = (),
    avoided: Collection[frozenset[str]] = (),
) -> tuple[NearMiss, ...]:
    """Per request the best pairs that break exactly one rule one can ask about.

    Only pairs at least as likely as the request's best candidate, or at least `WORTH_ASKING`, are worth asking for.
    """
    import numpy as np

    if per_request < 1:
        return ()
    entries = pool.entries
    asking = [number for number, entry in enumerate(entries) if can_ask(entry)]
    if len(asking) > MOST_REQUESTS:
        asking = [number for number in asking if number not in ranking]
    hosting = np.array([number for number, entry in enumerate(entries) if can_host(entry)], np.intp)
    if not asking or not len(hosting):
        return ()
    first_pass = FirstPass(pool, model, hosting)
    found: list[NearMiss] = []
    for start in range(0, len(asking), BLOCK):
        rows = np.array(asking[start : start + BLOCK], np.intp)
        worth = _worth_asking(pool, model, ranking, first_pass, rows, hosting)
        for guest in rows:
            misses = (
                _near_miss(entries[guest], entries[host], score, today=today, barred=barred, avoided=avoided)
                for score, host in worth.get(int(guest), ())
            )
            found += islice((miss for miss in misses if miss), per_request)
    return tuple(found)


def _worth_asking(
    pool: Pool, model: Model, ranking: Mapping[int, Ranking], first_pass: FirstPass, rows: Rows, hosting: Rows
) -> dict[int, list[tuple[float, int]]]:
    """Guest -> (score, host) of the pairs that would be worth it if rules were no matter, best first."""
    import numpy as np

    where, column = first_pass.best(rows, np.ones((len(rows), len(hosting)), bool), LOOKED_AT)
    guests, hosts = rows[where], hosting[column]
    scores = model.scores(features_of(pool, guests, hosts))
    best: dict[int, list[tuple[float, int]]] = {}
    for guest, host, score in zip(guests.tolist(), hosts.tolist(), scores, strict=True):
        ranked = ranking.get(guest)
        bar = max(LEAST_SCORE, float(ranked.scores[0]) if ranked is not None else 0.0)
        if score >= min(bar, WORTH_ASKING) and guest != host:
            best.setdefault(guest, []).append((round(float(score), 6), host))
    for pairs in best.values():
        pairs.sort(key=lambda pair: (-pair[0], pair[1]))
    return best


def _near_miss(
    sending: Entry,
    receiving: Entry,
    score: float,
    *,
    today: date | None,
    barred: Collection[frozenset[str]],
    avoided: Collection[frozenset[str]],
) -> NearMiss | None:
    broken = broken_rules(sending, receiving, today=today, barred=barred, avoided=avoided)
    if len(broken) != 1 or broken[0].code not in ASKABLE:
        return None
    return NearMiss(
        sending=sending.id,
        receiving=receiving.id,
        rule=broken[0].code,
        sentence=broken[0].sentence,
        score=round(score, 4),
    )
