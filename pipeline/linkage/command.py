"""The work behind `matchmaker link`: a list in, clusters and pairs out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.cleaning.lists import check_targets, write_list
from pipeline.linkage.engine import link
from pipeline.linkage.files import read_records
from pipeline.linkage.records import Linkage, PairVerdict, Record
from pipeline.model import Reason

REASONS_SHOWN = 5
SHARES = {"reading names": (0.0, 0.45), "comparing pairs": (0.45, 0.85)}
"""Which part of the whole each step is, as measured at 100,000 records."""


def link_files(
    source: Path, result: Path, *, pairs: Path | None = None, progress: Callable[[int, int], None] | None = None
) -> Linkage:
    """Read `source`, write `record_id, cluster_id` to `result` and, if asked, the pairs with reasons to `pairs`.

    `result` holds the balanced clusters: the best guess where nobody can be asked. `pairs` is the regime with
    people: `link` rows are what is joined without asking, `review` rows one question per pair of clusters.
    Raises UsageError for files that cannot be read or written.
    """
    check_targets([source], [result, pairs])
    records = read_records(source)

    def told(step: str, done: int, total: int) -> None:
        if progress and step in SHARES:
            start, stop = SHARES[step]
            progress(int((start + (stop - start) * done / max(total, 1)) * len(records)), len(records))

    linkage = link(records, progress=told, with_pairs=pairs is not None)
    write_list(result, ("record_id", "cluster_id"), _clusters(records, linkage), ids=["record_id"])
    if pairs is not None:
        header = ("left", "right", "probability", "verdict", "reasons")
        write_list(pairs, header, map(_pair_row, linkage.pairs), ids=["left", "right"])
    if progress:
        progress(len(records), len(records))
    return linkage


def _clusters(records: Sequence[Record], linkage: Linkage) -> list[tuple[str, str]]:
    """One row a record, in input order; a cluster is named by its first record's place in the list."""
    row = {record.record_id: number for number, record in enumerate(records, start=1)}
    name = {member: f"C{row[cluster[0]]}" for cluster in linkage.balanced for member in cluster}
    return [(record.record_id, name[record.record_id]) for record in records]


def _pair_row(pair: PairVerdict) -> tuple[str, str, str, str, str]:
    return pair.left, pair.right, f"{pair.probability:.4f}", pair.verdict.value, in_one_cell(pair.reasons)


def in_one_cell(reasons: Sequence[Reason]) -> str:
    """The strongest reasons, each marked + or -, in one line; text of others carries no line break along."""
    strongest = sorted(reasons, key=lambda reason: -abs(reason.weight))[:REASONS_SHOWN]
    parts = [f"({'+' if reason.weight > 0 else '-'}) {' '.join(reason.sentence.split())}" for reason in strongest]
    return "; ".join(parts)
