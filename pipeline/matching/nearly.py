"""What almost fits: pairs that one rule keeps apart, where asking might help."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from pipeline.matching.eligibility import ASKABLE, broken_rules, can_ask
from pipeline.matching.features import Pool, features_of
from pipeline.matching.ranking import FirstPass, Ranking, can_host
from pipeline.matching.scoring import Model
from pipeline.model import NearMiss

MOST_REQUESTS = 3000
"""In a larger pool only requests without any candidate are looked at."""
LOOKED_AT = 60
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

    Only pairs at least as likely as the request's best candidate, or likely in themselves, are worth asking for.
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
        where, column = first_pass.best(rows, np.ones((len(rows), len(hosting)), bool), LOOKED_AT)
        guests, hosts = rows[where], hosting[column]
        scores = model.scores(features_of(pool, guests, hosts))
        best: dict[int, list[tuple[float, str, int]]] = {}
        for guest, host, score in zip(guests, hosts, scores, strict=True):
            ranked = ranking.get(int(guest))
            bar = max(model.possible, float(ranked.scores[0]) if ranked is not None else 0.0)
            if score >= min(bar, model.likely) and guest != host:
                best.setdefault(int(guest), []).append((-round(float(score), 6), entries[int(host)].id, int(host)))
        for guest in rows:
            kept = 0
            for negative, _, host in sorted(best.get(int(guest), ())):
                if kept == per_request:
                    break
                broken = broken_rules(entries[guest], entries[host], today=today, barred=barred, avoided=avoided)
                if len(broken) == 1 and broken[0].code in ASKABLE:
                    kept += 1
                    found.append(
                        NearMiss(
                            sending=entries[guest].id,
                            receiving=entries[host].id,
                            rule=broken[0].code,
                            sentence=broken[0].sentence,
                            score=round(-negative, 4),
                        )
                    )
    return tuple(found)
