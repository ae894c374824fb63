"""Every guest's best hosts, all pairs considered.

In pools up to a thousand or so every possible pair is scored in full. In larger ones a first pass scores
every possible pair by what can be written as one product of matrices (all but the text and a few
yes-or-no features), and the best of them are scored in full.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.matching.eligibility import PARTNERSHIP, Masks, can_ask
from pipeline.matching.features import Pool, features_of
from pipeline.matching.scoring import Model
from pipeline.model import Entry, Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Rows = NDArray[np.intp]

Progress = Callable[[int, int], None]
"""Called with how many guests are done and how many there are."""

EXHAUSTIVE_UP_TO = 1_500_000
"""Pairs (possible or not) up to which all possible ones are scored in full."""
SECOND_LOOK = 32
"""Pairs per guest that the first pass hands to the second."""
BLOCK = 256
"""Guests per block: the block's matrices stay in a few dozen megabytes for 30,000 hosts."""
_CERTAIN = 100.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """One guest's hosts, best first: positions in the pool, probabilities, features."""

    hosts: Rows
    scores: Floats
    features: Floats


def rank(
    pool: Pool,
    masks: Masks,
    model: Model,
    *,
    keep: int,
    guests: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> dict[int, Ranking]:
    """The best `keep` hosts of every guest that has any; `guests` restricts whose.

    Ties go to whoever comes first in the pool; see `waiting_order`.
    """
    import numpy as np

    entries = pool.entries
    asking = np.array([n for n in (range(len(entries)) if guests is None else guests) if can_ask(entries[n])], np.intp)
    hosting = np.array([n for n, entry in enumerate(entries) if can_host(entry)], np.intp)
    if not len(asking) or not len(hosting):
        return {}
    exhaustive = len(asking) * len(hosting) <= EXHAUSTIVE_UP_TO
    blocks = [asking[start : start + BLOCK] for start in range(0, len(asking), BLOCK)]
    first_pass = None if exhaustive else FirstPass(pool, model, hosting)

    def work(rows: Rows) -> dict[int, Ranking]:
        possible = masks.block(rows, hosting)
        if first_pass is None:
            where, column = np.nonzero(possible)
        else:
            where, column = first_pass.best(rows, possible, max(SECOND_LOOK, keep + 8))
        return _ranked(pool, model, rows[where], hosting[column], keep)

    found: dict[int, Ranking] = {}
    done = 0
    for rows, ranked in zip(blocks, _map(work, blocks), strict=True):
        found |= ranked
        done += len(rows)
        if progress:
            progress(done, len(asking))
    return found


def _ranked(pool: Pool, model: Model, guests: Rows, hosts: Rows, keep: int) -> dict[int, Ranking]:
    """Score pairs in full and sort them by guest, then by score."""
    import numpy as np

    if not len(guests):
        return {}
    values = features_of(pool, guests, hosts)
    scores = model.scores(values)
    order = np.lexsort((hosts, -np.round(scores, 6), guests))
    guests, hosts, scores, values = guests[order], hosts[order], scores[order], values[order]
    asking, starts = np.unique(guests, return_index=True)
    ends = np.append(starts[1:], len(guests))
    found = {}
    for guest, start, end in zip(asking.tolist(), starts.tolist(), ends.tolist(), strict=True):
        piece = np.arange(start, end)
        wanted = pool.directed.wanted_by(guest)
        if end - start > keep and wanted:
            # whoever was asked for is looked at, however many fit better
            asked = np.array([host in wanted for host in hosts[piece[keep:]].tolist()], bool)
            piece = np.concatenate([piece[:keep], piece[keep:][asked][:keep]])
        else:
            piece = piece[:keep]
        found[guest] = Ranking(hosts[piece], scores[piece], values[piece])
    return found


def can_host(entry: Entry) -> bool:
    """Whether the entry can be the receiving side of something."""
    return entry.role is not Role.SEND or PARTNERSHIP in entry.formats


def _map(work: Callable[[Rows], dict[int, Ranking]], blocks: Sequence[Rows]) -> Iterator[dict[int, Ranking]]:
    """In order, on two threads when there is much to do: numpy lets go of the interpreter meanwhile."""
    if len(blocks) < 4 or (os.cpu_count() or 1) < 2:
        yield from map(work, blocks)
        return
    with ThreadPoolExecutor(2) as threads:
        ahead = [threads.submit(work, block) for block in blocks[:3]]
        for block in blocks[3:]:
            yield ahead.pop(0).result()
            ahead.append(threads.submit(work, block))
        while ahead:
            yield ahead.pop(0).result()


class FirstPass:
    """The part of the score that is one product of matrices."""

    def __init__(self, pool: Pool, model: Model, hosting: Rows) -> None:
        import numpy as np

        about, sides = pool.profiles, pool.profiles.sides
        guest_parts: list[Floats] = []
        host_parts: list[Floats] = []
        products: Mapping[str, tuple[Floats, Floats]] = {
            "topics": (about.profile_topics, about.profile_offered),
            "people": (about.profile_groups, about.profile_groups),
            "inferred_topics": (about.inferred, about.inferred),
            "groups": (about.groups, about.groups),
        }
        for name, (asked, offered) in products.items():
            guest_parts.append(asked[sides.ask] * np.float32(model.weight(name)))
            host_parts.append(offered[sides.offer[hosting]])
        here = np.zeros_like(pool.wishes)
        known = np.nonzero(pool.place >= 0)[0]
        here[known, pool.place[known]] = 1
        elsewhere = pool.has_wish[:, None] * (1 - pool.wishes)
        guest_parts.append(
            (
                pool.wishes * np.float32(model.weight("place_wanted"))
                + elsewhere * np.float32(model.weight("place_missed"))
            ).astype(np.float32)
        )
        host_parts.append(here[hosting])
        guest_parts.append(here)
        host_parts.append((elsewhere[hosting] * np.float32(model.weight("guest_elsewhere"))).astype(np.float32))
        self._guests = np.hstack(guest_parts).astype(np.float32)
        self._hosts = np.ascontiguousarray(np.hstack(host_parts).astype(np.float32).T)
        self._column = {int(host): column for column, host in enumerate(hosting)}
        self._directed = pool.directed

    def best(self, rows: Rows, possible: NDArray[np.bool_], count: int) -> tuple[Rows, Rows]:
        """The possible pairs worth a second look, as (row, column) of the block, best or not in order."""
        import numpy as np

        scores = self._guests[rows] @ self._hosts
        for row, guest in enumerate(rows):
            for target in self._directed.certain_for(int(guest)):
                if target in self._column:
                    scores[row, self._column[target]] += _CERTAIN
        good = possible & (scores >= _bar(scores, possible, count)[:, None])
        where, column = np.nonzero(good)
        order = np.lexsort((column, -scores[where, column], where))
        where, column = where[order], column[order]
        place = np.arange(len(where)) - np.searchsorted(where, where)
        return where[place < count], column[place < count]


def _bar(scores: Floats, possible: NDArray[np.bool_], count: int) -> Floats:
    """A score per row that a few times `count` possible pairs reach, judged by every sixteenth column.

    Sorting out the best of twenty thousand columns costs more than everything else in the first pass.
    """
    import numpy as np

    sample = np.where(possible[:, ::16], scores[:, ::16], -np.inf)
    beaten_by = 2 + count * 3 // 16
    if sample.shape[1] <= 4 * beaten_by:
        return np.full(len(scores), -np.inf, np.float32)
    bar: Floats = np.partition(sample, sample.shape[1] - beaten_by, axis=1)[:, -beaten_by].astype(np.float32)
    return bar
