"""The work behind `matchmaker match`: a list of requests and offers in, ranked candidates out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.cleaning.lists import Value, check_targets, write_list
from pipeline.matching.directed import avoided_pairs
from pipeline.matching.eligibility import Masks, waiting_order
from pipeline.matching.features import Pool, read_pool
from pipeline.matching.files import read_declined, read_entries
from pipeline.matching.groups import Group, find_groups
from pipeline.matching.propose import KEPT, remaining_visits
from pipeline.matching.ranking import Progress, Ranking, rank
from pipeline.matching.reasons import reasons_for
from pipeline.matching.scoring import Model, shipped_model
from pipeline.matching.shortlist import assign
from pipeline.model import Entry, Reason

IDS = ("query_id", "candidate_id", "host_id", "third_id")
TOP = 20
GROUPS_PER_REQUEST = 3
ARCS = 20
"""Hosts per request that the assignment chooses among."""
REASONS_FOR = 5
"""Candidates per request that get their reasons written out; below, nobody reads them."""
MOST_REASONS = 60_000
"""Rows with reasons in one file: in a list of tens of thousands, the first two of each request have to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What `match_files` did, for the closing line."""

    entries: int
    requests: int
    candidates: int
    groups: int = 0


def match_files(
    source: Path,
    target: Path,
    *,
    declined: Path | None = None,
    groups: Path | None = None,
    assignment: Path | None = None,
    top: int = TOP,
    progress: Progress | None = None,
) -> Matched:
    """Rank the candidates of every request in a list and write them.

    `target` gets `query_id, candidate_id, score, reasons, asked_for` (whoever was asked for by name or place is
    among the `top`); `groups` gets `query_id, host_id, third_id, score`; `assignment` gets `query_id,
    candidate_id`, one host per request, nobody beyond the visits left. Dates are compared with one another, not
    with today. Raises UsageError naming file, row and column.
    """
    check_targets([source, declined], [target, groups, assignment])
    entries = sorted(read_entries(source), key=waiting_order)
    kept_apart = avoided_pairs(entries) | (read_declined(declined) if declined else frozenset())
    model = shipped_model()
    pool = read_pool(entries)
    masks = Masks(entries, avoided=kept_apart)
    ranking = rank(pool, masks, model, keep=max(top, KEPT if groups else ARCS), progress=progress)
    written = 0

    def rows() -> Iterator[tuple[Value, ...]]:
        nonlocal written
        for row in _candidates(pool, model, ranking, top):
            written += 1
            yield row

    write_list(target, ("query_id", "candidate_id", "score", "reasons", "asked_for"), rows(), ids=IDS)
    trios: list[Group] = []
    if groups:
        found = find_groups(pool, ranking, per_request=GROUPS_PER_REQUEST, today=None, avoided=kept_apart)
        trios = [group for best in found.values() for group in best]
        write_list(groups, ("query_id", "host_id", "third_id", "score"), _trios(entries, trios), ids=IDS)
    if assignment:
        assigned = _one_host_each(entries, ranking)
        pairs = ((entries[guest].id, entries[host].id) for guest, host in sorted(assigned.items()))
        write_list(assignment, ("query_id", "candidate_id"), pairs, ids=IDS)
    return Matched(entries=len(entries), requests=len(ranking), candidates=written, groups=len(trios))


def _trios(entries: Sequence[Entry], trios: Iterable[Group]) -> Iterator[tuple[Value, ...]]:
    for group in trios:
        three = (entries[number].id for number in (group.guest, group.host, group.third))
        yield (*three, round(group.score, 5))


def _one_host_each(entries: Sequence[Entry], ranking: Mapping[int, Ranking]) -> Mapping[int, int]:
    """Guest -> host; a host that states no number can receive everybody."""
    visits = {number: remaining_visits(entry, len(entries)) for number, entry in enumerate(entries)}
    arcs = {
        guest: [
            (int(host), float(score)) for host, score in zip(ranked.hosts[:ARCS], ranked.scores[:ARCS], strict=True)
        ]
        for guest, ranked in ranking.items()
    }
    return assign(arcs, visits)


def _candidates(pool: Pool, model: Model, ranking: Mapping[int, Ranking], top: int) -> Iterator[tuple[Value, ...]]:
    entries = pool.entries
    explained = max(1, min(REASONS_FOR, MOST_REASONS // max(1, len(ranking))))
    for guest, ranked in ranking.items():
        shown = _shown(ranked.hosts.tolist(), pool.directed.wanted_by(guest), top)
        for place, number in enumerate(shown):
            host, score = int(ranked.hosts[number]), float(ranked.scores[number])
            why = (
                in_one_cell(reasons_for(pool, model, guest, host, ranked.features[number])) if place < explained else ""
            )
            asked_for = pool.directed.asked_for(guest, host, entries[guest], entries[host].country)
            yield entries[guest].id, entries[host].id, f"{score:.6f}", why, str(asked_for)


def _shown(hosts: Sequence[int], asked_for: Collection[int], top: int) -> list[int]:
    """Which places of a ranking are shown: the first, the last of whom make room for those asked for further down."""
    below = [place for place in range(top, len(hosts)) if hosts[place] in asked_for]
    others = [place for place in range(min(top, len(hosts))) if hosts[place] not in asked_for]
    giving_way = set(others[max(0, len(others) - len(below)) :])
    return [*(place for place in range(min(top, len(hosts))) if place not in giving_way), *below[: len(giving_way)]]


def in_one_cell(reasons: tuple[Reason, ...]) -> str:
    """The sentences one after the other."""
    return " ".join(reason.sentence for reason in reasons)
