"""The whole of linkage as one function: records and answers in, clusters and open questions out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage import guards
from pipeline.linkage.blocking import Pairs, candidate_pairs
from pipeline.linkage.clustering import groups, labels, merges
from pipeline.linkage.comparison import Table, compare
from pipeline.linkage.judgement import Judged, judged_rows
from pipeline.linkage.normalise import Columns, prepare
from pipeline.linkage.questions import choose, worth_asking
from pipeline.linkage.reasons import Explainer
from pipeline.linkage.records import Linkage, PairState, PairVerdict, Record
from pipeline.linkage.scoring import Model, model
from pipeline.model import Judgement

Progress = Callable[[str, int, int], None]
"""Told of (what is being done, how many done, of how many)."""

HUMAN_SAME = 1.0


def link(
    records: Sequence[Record],
    judgements: Sequence[Judgement] = (),
    aliases: Mapping[str, Sequence[str]] | None = None,
    *,
    progress: Progress | None = None,
    with_pairs: bool = True,
) -> Linkage:
    """Which records are one organisation, given what people have said before.

    `aliases` maps an organisation's main name to other spellings the secretariat knows. `with_pairs` off
    saves the sentences when nobody reads them.
    """
    told = progress or (lambda _what, _done, _total: None)
    spelt, base = _every_name(records)
    columns = prepare(spelt, aliases, lambda done, total: told("reading names", done, total))
    base = _same_kind(columns, base)
    pairs, table = compared(columns, told)
    fitted = model()
    judged = judged_rows(records, judgements)
    probability = guards.adjusted(columns, pairs, fitted.probability(table))
    if len(spelt) > len(records):
        pairs, table, probability = _best_names(pairs, table, probability, base)
    return _decided(records, columns, pairs, table, probability, judged, fitted, told, with_pairs=with_pairs)


def _every_name(records: Sequence[Record]) -> tuple[list[Record], NDArray[np.int32]]:
    """The records, then one more for each further name; and the row each stands for."""
    spelt = list(records)
    base = list(range(len(records)))
    for row, record in enumerate(records):
        for name in record.also_known_as:
            if name and name != record.organisation and name != record.parent:
                spelt.append(replace(record, organisation=name, also_known_as=()))
                base.append(row)
    return spelt, np.array(base, np.int32)


def _same_kind(columns: Columns, base: NDArray[np.int32]) -> NDArray[np.int32]:
    """Further names of a department that name the municipality alone are left out (-1): they are its parent's."""
    return np.where(columns.unit == columns.unit[base], base, -1).astype(np.int32)


def _best_names(
    pairs: Pairs, table: Table, probability: NDArray[np.float64], base: NDArray[np.int32]
) -> tuple[Pairs, Table, NDArray[np.float64]]:
    """Pairs of names -> pairs of records: the best of each."""
    one, other = base[pairs.left], base[pairs.right]
    left, right = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((-probability, right, left))
    order = order[(left[order] != right[order]) & (left[order] >= 0)]
    first = np.ones(len(order), np.bool_)
    first[1:] = (left[order[1:]] != left[order[:-1]]) | (right[order[1:]] != right[order[:-1]])
    kept = order[first]
    best = {name: column[kept] for name, column in table.items()}
    return Pairs(left[kept], right[kept]), best, probability[kept]


def compared(columns: Columns, told: Progress) -> tuple[Pairs, Table]:
    """The pairs worth a look, with their features."""
    told("finding pairs", 0, 1)
    pairs = candidate_pairs(columns)
    return pairs, compare(columns, pairs, lambda done, total: told("comparing pairs", done, total))


def _decided(
    records: Sequence[Record],
    columns: Columns,
    pairs: Pairs,
    table: Table,
    probability: NDArray[np.float64],
    judged: Judged,
    fitted: Model,
    told: Progress,
    *,
    with_pairs: bool,
) -> Linkage:
    count = len(records)
    told("clustering", 0, 1)
    made = merges(
        count,
        pairs.left,
        pairs.right,
        probability,
        floor=min(fitted.balanced, fitted.strict),
        same=judged.same,
        apart=judged.different,
        oid=columns.oid[:count].tolist(),
    )
    strict = labels(count, made, fitted.strict)
    ids = [record.record_id for record in records]
    found: tuple[PairVerdict, ...] = ()
    if with_pairs:
        told("wording reasons", 0, 1)
        found = _verdicts(records, columns, pairs, table, probability, judged, strict, fitted)
        strict = _components(ids, found)
    return Linkage(
        clusters=_members(ids, strict), balanced=_members(ids, labels(count, made, fitted.balanced)), pairs=found
    )


def _components(ids: Sequence[str], found: Sequence[PairVerdict]) -> list[int]:
    row = {record_id: number for number, record_id in enumerate(ids)}
    return groups(len(ids), ((row[pair.left], row[pair.right]) for pair in found if pair.verdict is PairState.LINK))


def _members(ids: Sequence[str], cluster: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    found: dict[int, list[str]] = {}
    for record_id, label in zip(ids, cluster, strict=True):
        found.setdefault(label, []).append(record_id)
    return tuple(tuple(members) for members in found.values())


def _verdicts(
    records: Sequence[Record],
    columns: Columns,
    pairs: Pairs,
    table: Table,
    probability: NDArray[np.float64],
    judged: Judged,
    strict: Sequence[int],
    fitted: Model,
) -> tuple[PairVerdict, ...]:
    label = np.asarray(strict)
    inside = np.flatnonzero(label[pairs.left] == label[pairs.right])
    linked = _needed(pairs, probability, inside)
    threshold = worth_asking(fitted.review, len(records))
    asked = choose(pairs, probability, strict, judged.settled(), threshold)
    explainer = Explainer(records, columns, fitted)
    said = _pairs_told(judged, strict)
    found = [
        PairVerdict(
            left=records[one].record_id,
            right=records[other].record_id,
            probability=HUMAN_SAME,
            verdict=PairState.LINK,
            reasons=(explainer.said_same(),),
        )
        for one, other in said
    ]
    known = set(said)
    for state, positions in ((PairState.LINK, linked), (PairState.REVIEW, asked)):
        reasons = explainer.explain(pairs, table, positions)
        for position, why in zip(positions, reasons, strict=True):
            one, other = int(pairs.left[position]), int(pairs.right[position])
            if (one, other) in known:
                continue
            found.append(
                PairVerdict(
                    left=records[one].record_id,
                    right=records[other].record_id,
                    probability=round(float(probability[position]), 4),
                    verdict=state,
                    reasons=why,
                )
            )
    return tuple(found)


def _pairs_told(judged: Judged, strict: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs people called the same, as far as they were joined."""
    return [(one, other) for one, other in dict.fromkeys(judged.same) if strict[one] == strict[other]]


def _needed(pairs: Pairs, probability: NDArray[np.float64], inside: NDArray[np.intp]) -> list[int]:
    """The compared pairs inside the clusters that speak for it, and those needed to hold each together."""
    order = inside[np.argsort(-probability[inside], kind="stable")]
    parent = {int(row): int(row) for row in np.unique(np.concatenate((pairs.left[inside], pairs.right[inside])))}

    def find(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    kept: list[int] = []
    for position in order.tolist():
        one, other = find(int(pairs.left[position])), find(int(pairs.right[position]))
        if one != other:
            parent[other] = one
            kept.append(position)
        elif probability[position] >= 0.5:
            kept.append(position)
    return sorted(kept)
