"""The whole of linkage as one function: records and answers in, clusters and open questions out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.blocking import Pairs, candidate_pairs
from pipeline.linkage.clustering import Forest, groups, labels, merges
from pipeline.linkage.columns import Columns
from pipeline.linkage.comparison import Sieve, Table, compare, keep_all
from pipeline.linkage.guards import Rules, rules
from pipeline.linkage.halves import prepare_all
from pipeline.linkage.judgement import Judged, judged_rows
from pipeline.linkage.questions import choose, rivals, worth_asking
from pipeline.linkage.reasons import Explainer
from pipeline.linkage.records import Linkage, PairState, PairVerdict, Record
from pipeline.linkage.scoring import Chances, Model, model
from pipeline.model import Judgement, Reason

Progress = Callable[[str, int, int], None]
"""Told of (what is being done, how many done, of how many)."""

HUMAN_SAME = 1.0
MANY = 5_000


@dataclass(frozen=True, slots=True)
class Case:
    """Everything known before anything is decided."""

    records: Sequence[Record]
    columns: Columns
    pairs: Pairs
    table: Table
    chances: Chances
    ruled: Rules
    judged: Judged
    fitted: Model

    @property
    def asking(self) -> NDArray[np.float64]:
        """How probable each pair is, for a question."""
        return self.ruled.possible(self.chances.mean)

    def strict(self) -> list[int]:
        """Clusters for a list where people answer the open questions."""
        return self._clusters(self.chances.sure, self.ruled.not_unasked, self.fitted.strict)

    def balanced(self) -> list[int]:
        """Clusters for a list where nobody can be asked."""
        return self._clusters(self.chances.together, self.ruled.not_alone, self.fitted.balanced)

    def _clusters(self, probability: NDArray[np.float64], ruled_out: NDArray[np.bool_], threshold: float) -> list[int]:
        count = len(self.records)
        forbidden = np.flatnonzero(ruled_out)
        made = merges(
            count,
            self.pairs.left,
            self.pairs.right,
            np.where(ruled_out, 0.0, probability),
            floor=threshold,
            same=self.judged.same,
            apart=self.judged.different,
            ruled_out=list(zip(self.pairs.left[forbidden].tolist(), self.pairs.right[forbidden].tolist(), strict=True)),
            oid=self.columns.oid[:count].tolist(),
        )
        return labels(count, made, threshold)


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
    saves the sentences, and the strict clusters, when nobody reads them.
    """
    if not records:
        return Linkage(clusters=(), balanced=())
    told = progress or (lambda _what, _done, _total: None)
    with _collector_paused(len(records) >= MANY):
        return _link(records, judgements, aliases or {}, told, with_pairs=with_pairs)


@contextmanager
def _collector_paused(pause: bool) -> Iterator[None]:  # noqa: FBT001 - read as "paused if"
    """Python's cycle collector walks every record again and again and finds nothing: a quarter of the time."""
    import gc

    running = gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _link(
    records: Sequence[Record],
    judgements: Sequence[Judgement],
    aliases: Mapping[str, Sequence[str]],
    told: Progress,
    *,
    with_pairs: bool,
) -> Linkage:
    case = weigh(records, judgements, aliases, model(), told)
    told("clustering", 0, 1)
    ids = [record.record_id for record in records]
    balanced = _members(ids, case.balanced())
    if not with_pairs:
        return Linkage(clusters=balanced, balanced=balanced)
    strict = case.strict()
    told("wording reasons", 0, 1)
    found = _verdicts(case, strict)
    return Linkage(clusters=_members(ids, _components(ids, found)), balanced=balanced, pairs=found)


def weigh(
    records: Sequence[Record],
    judgements: Sequence[Judgement],
    aliases: Mapping[str, Sequence[str]],
    fitted: Model,
    told: Progress,
) -> Case:
    """Compare what is worth comparing."""
    spelt, base = _every_name(records)
    columns = prepare_all(spelt, aliases, lambda done, total: told("reading names", done, total))
    pairs, table = compared(columns, told, coarse=fitted.coarse, fine=fitted.fine)
    ruled = rules(columns, pairs)
    if len(spelt) > len(records):
        strength = ruled.possible(fitted.alone.log_odds(table))
        pairs, table, kept = _best_names(pairs, table, strength, _same_kind(columns, base))
        ruled = ruled.at(kept)
    chances = fitted.chances(table, pairs, len(records))
    return Case(records, columns, pairs, table, chances, ruled, judged_rows(records, judgements), fitted)


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
    pairs: Pairs, table: Table, strength: NDArray[np.float64], base: NDArray[np.int32]
) -> tuple[Pairs, Table, NDArray[np.intp]]:
    """Pairs of names -> pairs of records: the best of each, and where it stood."""
    one, other = base[pairs.left], base[pairs.right]
    left, right = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((-strength, right, left))
    order = order[(left[order] != right[order]) & (left[order] >= 0)]
    first = np.ones(len(order), np.bool_)
    first[1:] = (left[order[1:]] != left[order[:-1]]) | (right[order[1:]] != right[order[:-1]])
    kept = order[first]
    best = {name: column[kept] for name, column in table.items()}
    return Pairs(left[kept], right[kept]), best, kept


def compared(
    columns: Columns, told: Progress, *, coarse: Sieve = keep_all, fine: Sieve = keep_all
) -> tuple[Pairs, Table]:
    """The pairs worth a look, with their features."""
    told("finding pairs", 0, 1)
    return compare(
        columns,
        candidate_pairs(columns),
        lambda done, total: told("comparing pairs", done, total),
        coarse=coarse,
        fine=fine,
    )


def _components(ids: Sequence[str], found: Sequence[PairVerdict]) -> list[int]:
    row = {record_id: number for number, record_id in enumerate(ids)}
    return groups(len(ids), ((row[pair.left], row[pair.right]) for pair in found if pair.verdict is PairState.LINK))


def _members(ids: Sequence[str], cluster: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    found: dict[int, list[str]] = {}
    for record_id, label in zip(ids, cluster, strict=True):
        found.setdefault(label, []).append(record_id)
    return tuple(tuple(members) for members in found.values())


def _verdicts(case: Case, strict: Sequence[int]) -> tuple[PairVerdict, ...]:
    """The links inside the clusters and the questions between them, with reasons."""
    pairs, records = case.pairs, case.records
    label = np.asarray(strict)
    explainer = Explainer(records, case.columns, case.fitted)
    said = [(one, other) for one, other in dict.fromkeys(case.judged.same) if strict[one] == strict[other]]
    found = [_verdict(records, one, other, HUMAN_SAME, PairState.LINK, (explainer.said_same(),)) for one, other in said]
    inside = np.flatnonzero(label[pairs.left] == label[pairs.right])
    sure = case.ruled.possible(case.chances.sure)
    asking = case.asking
    threshold = worth_asking(case.fitted.review, len(records))
    known = set(said)
    questions = choose(pairs, asking, strict, case.judged.settled(), threshold)
    settling = rivals(
        pairs, asking, case.chances.sure, strict, questions, threshold=threshold, joined_from=case.fitted.strict
    )
    for state, probability, positions in (
        (PairState.LINK, sure, _needed(pairs, sure, inside, len(records))),
        (PairState.REVIEW, asking, questions),
    ):
        for position, why in zip(positions, explainer.explain(pairs, case.table, positions), strict=True):
            one, other = int(pairs.left[position]), int(pairs.right[position])
            if (one, other) not in known:
                verdict = _verdict(records, one, other, float(probability[position]), state, why)
                others = settling.get(position, ()) if state is PairState.REVIEW else ()
                found.append(replace(verdict, rivals=tuple(_ids(records, pairs, each) for each in sorted(others))))
    return tuple(found)


def _ids(records: Sequence[Record], pairs: Pairs, position: int) -> tuple[str, str]:
    return records[pairs.left[position]].record_id, records[pairs.right[position]].record_id


def _verdict(
    records: Sequence[Record], one: int, other: int, probability: float, state: PairState, why: tuple[Reason, ...]
) -> PairVerdict:
    return PairVerdict(
        left=records[one].record_id,
        right=records[other].record_id,
        probability=round(probability, 4),
        verdict=state,
        reasons=why,
    )


def _needed(pairs: Pairs, probability: NDArray[np.float64], inside: NDArray[np.intp], count: int) -> list[int]:
    """The compared pairs inside the clusters that speak for it, and those needed to hold each together."""
    order = inside[np.argsort(-probability[inside], kind="stable")]
    forest = Forest(count)
    kept: list[int] = []
    for position in order.tolist():
        one, other = int(pairs.left[position]), int(pairs.right[position])
        if forest.find(one) != forest.find(other):
            forest.join(one, other)
            kept.append(position)
        elif probability[position] >= 0.5:
            kept.append(position)
    return sorted(kept)
