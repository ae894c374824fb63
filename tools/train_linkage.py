"""Fit `config/linkage/model.json` on the bench's labelled lists (dev and train_extra; never seed).

    python tools/train_linkage.py ../shared/bench/linkage

Five models are fitted first, each blind to one fold of families, to calibrate the probabilities and to set
the thresholds on predictions no model had seen; the model shipped is then fitted on everything.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from boosting import fit
from linkage_data import FOLDS, Labelled, families, joined_after_answers, read_labelled, scored
from numpy.typing import NDArray

from pipeline.cleaning.data_files import data_file
from pipeline.linkage.comparison import COSTLY, Table
from pipeline.linkage.context import PLAUSIBLE
from pipeline.linkage.engine import Case
from pipeline.linkage.guards import rules
from pipeline.linkage.judgement import Judged
from pipeline.linkage.questions import choose, worth_asking
from pipeline.linkage.scoring import Booster, Chances, Model, context_table, probability_of

LINKS_RIGHT = 0.986
"""The strict threshold is the lowest at which so many of the pairs in clusters are right on dev, unseen."""
MOST_QUESTIONS = 0.105
"""The review threshold asks at most so many questions a record on dev."""
ALONE = {"trees": 260, "depth": 6, "rate": 0.09, "columns": 0.4}
GATE = {"trees": 40, "depth": 4, "rate": 0.25, "columns": 0.5}
SPARED = 0.0015
"""So many of the true pairs may be lost at the gate, and no more."""
TOGETHER = {"trees": 150, "depth": 5, "rate": 0.08, "columns": 0.4}


def stack(tables: list[Table]) -> Table:
    """Tables under one another."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def only(table: Table, rows: NDArray[np.bool_]) -> Table:
    """The rows wanted."""
    return {name: column[rows] for name, column in table.items()}


def outside(part: Labelled, fold: int | None) -> NDArray[np.bool_]:
    """The pairs without a record of that fold."""
    left, right = part.fold[part.pairs.left], part.fold[part.pairs.right]
    return np.ones(len(left), np.bool_) if fold is None else np.asarray((left != fold) & (right != fold))


def unseen(part: Labelled, predicted: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Each pair's log odds by the fold models that never saw a pair of either record."""
    by_fold = np.stack(predicted)
    row = np.arange(by_fold.shape[1])
    return np.asarray((by_fold[part.fold[part.pairs.left], row] + by_fold[part.fold[part.pairs.right], row]) / 2)


@dataclass
class Trained:
    """A model fitted on everything, and what models blind to a pair's families say of each pair of each list."""

    model: Model
    alone: list[NDArray[np.float64]]
    together: list[NDArray[np.float64]]

    def chances(self, number: int) -> Chances:
        """The unseen probabilities of list `number`."""
        return Chances(self.alone[number], self.together[number])


def train(lists: Sequence[Labelled], drop: frozenset[str] = frozenset(), *, ship: bool = True) -> Trained:
    """Fit both models, five times blind and (if they are to be shipped) once on everything."""
    tables = [{name: column for name, column in part.table.items() if name not in drop} for part in lists]
    folds = [*range(FOLDS), None] if ship else [*range(FOLDS)]
    first = [_fitted(tables, lists, [outside(part, fold) for part in lists], ALONE) for fold in folds]
    raw = [
        unseen(part, [fit_.log_odds(table) for fit_ in first[:FOLDS]])
        for part, table in zip(lists, tables, strict=True)
    ]
    bias, slope = calibrated(np.concatenate(raw), np.concatenate([part.truth for part in lists]))
    alone = [probability_of(bias + slope * odds) for odds in raw]
    rows = [np.flatnonzero(chance >= PLAUSIBLE) for chance in alone]
    seen = [
        context_table(table, part.pairs, chance, len(part.records), some)
        for table, part, chance, some in zip(tables, lists, alone, rows, strict=True)
    ]
    second = [
        _fitted(
            seen, lists, [outside(part, fold)[some] for part, some in zip(lists, rows, strict=True)], TOGETHER, rows
        )
        for fold in folds
    ]
    together = []
    odds_all, truth_all = [], []
    for part, table, some in zip(lists, seen, rows, strict=True):
        by_fold = np.stack([fit_.log_odds(table) for fit_ in second[:FOLDS]])
        row = np.arange(len(some))
        left, right = part.fold[part.pairs.left[some]], part.fold[part.pairs.right[some]]
        odds_all.append((by_fold[left, row] + by_fold[right, row]) / 2)
        truth_all.append(part.truth[some])
    bias_2, slope_2 = calibrated(np.concatenate(odds_all), np.concatenate(truth_all))
    for chance, odds, some in zip(alone, odds_all, rows, strict=True):
        both = chance.copy()
        both[some] = probability_of(bias_2 + slope_2 * odds)
        together.append(both)
    quick = [{name: column for name, column in table.items() if name not in COSTLY} for table in tables]
    gate = _fitted(quick, lists, [outside(part, None) for part in lists], GATE)
    likely = np.concatenate([gate.log_odds(table)[part.truth] for table, part in zip(quick, lists, strict=True)])
    usual = {name: round(float(np.median(column)), 3) for name, column in tables[0].items()}
    final = Model(
        replace(first[-1], bias=bias, slope=slope),
        replace(second[-1], bias=bias_2, slope=slope_2),
        gate,
        float(np.quantile(likely, SPARED)),
        0.9,
        0.5,
        0.2,
        usual,
    )
    return Trained(final, alone, together)


def _fitted(
    tables: Sequence[Table],
    lists: Sequence[Labelled],
    kept: Sequence[NDArray[np.bool_]],
    settings: Mapping[str, float],
    rows: Sequence[NDArray[np.intp]] | None = None,
) -> Booster:
    truths = [part.truth if rows is None else part.truth[rows[number]] for number, part in enumerate(lists)]
    table = stack([only(table, keep) for table, keep in zip(tables, kept, strict=True)])
    truth = np.concatenate([truth[keep] for truth, keep in zip(truths, kept, strict=True)])
    return Booster(tuple(fit(table, truth, **settings)))  # type: ignore[arg-type]


def calibrated(log_odds: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Bias and slope that make the log odds honest (Platt scaling, by Newton's method)."""
    bias, slope = 0.0, 1.0
    for _ in range(25):
        chance = 1 / (1 + np.exp(-(bias + slope * log_odds)))
        weight = chance * (1 - chance) + 1e-9
        error = chance - truth
        gradient = np.array([error.sum(), (error * log_odds).sum()])
        cross = (weight * log_odds).sum()
        hessian = np.array([[weight.sum(), cross], [cross, (weight * log_odds**2).sum()]])
        step = np.linalg.solve(hessian, gradient)
        bias, slope = bias - step[0], slope - step[1]
    return float(bias), float(slope)


def case_of(part: Labelled, chances: Chances, fitted: Model) -> Case:
    """The list as `link` would decide it, with other probabilities."""
    ruled = rules(part.columns, part.pairs)
    return Case(part.records, part.columns, part.pairs, part.table, chances, ruled, Judged(), fitted)


def questions(case: Case, strict: Sequence[int], review: float) -> list[tuple[int, int]]:
    """The pairs of rows people would be asked about."""
    asked = choose(case.pairs, case.asking, strict, (), worth_asking(review, len(case.records)))
    return [(int(case.pairs.left[row]), int(case.pairs.right[row])) for row in asked]


def with_thresholds(part: Labelled, chances: Chances, fitted: Model) -> Model:
    """Strict, balanced and review, chosen on predictions for unseen pairs."""
    entity = part.entity.tolist()
    grid = np.arange(0.28, 0.62, 0.02)
    curve = [
        scored(entity, case_of(part, chances, replace(fitted, balanced=float(cut))).balanced()).pair for cut in grid
    ]
    smooth = np.convolve(np.array(curve), np.ones(3) / 3, mode="valid")
    balanced = round(float(grid[1:-1][smooth.argmax()]), 3)
    strict = 0.95
    for cut in np.arange(0.7, 0.96, 0.01):
        case = case_of(part, chances, replace(fitted, strict=float(cut)))
        if scored(entity, case.strict()).precision >= LINKS_RIGHT:
            strict = round(float(cut), 3)
            break
    case = case_of(part, chances, replace(fitted, strict=strict))
    cluster = case.strict()
    review = next(
        (
            float(cut)
            for cut in np.arange(0.05, 0.6, 0.01)
            if len(questions(case, cluster, float(cut))) <= MOST_QUESTIONS * len(entity)
        ),
        0.6,
    )
    return replace(fitted, strict=strict, balanced=balanced, review=round(review, 3))


def report(part: Labelled, chances: Chances, fitted: Model) -> str:
    """The figures of one list, in one line."""
    entity = part.entity.tolist()
    case = case_of(part, chances, fitted)
    best, strict = scored(entity, case.balanced()), case.strict()
    asked = questions(case, strict, fitted.review)
    sure = scored(entity, strict)
    joined = joined_after_answers(entity, strict, asked)
    return (
        f"pair F1 {best.pair:.4f} (P {best.precision:.3f} R {best.recall:.3f})  B-cubed {best.cubed:.4f}  |  "
        "with people: "
        f"links right {sure.precision:.4f}, joined {joined:.4f}, questions {100 * len(asked) / len(entity):.1f}/100 "
        f"(linked unasked {sure.recall:.3f})"
    )


def main() -> None:
    """Fit, calibrate, choose thresholds, write."""
    bench = Path(sys.argv[1])
    family_of = families(bench)
    lists = [read_labelled(bench / name, family_of) for name in ("dev.csv", "train_extra.csv")]
    trained = train(lists)
    shipped = with_thresholds(lists[0], trained.chances(0), trained.model)
    text = json.dumps(shipped.to_json(), indent=0)
    data_file("linkage", "model.json").write_text(_compact(text), encoding="utf-8")
    passed = [float(np.mean(shipped.coarse(part.table))) for part in lists]
    print(f"pairs past the gate: {passed[0]:.3f} of dev, {passed[1]:.3f} of train_extra")
    print(f"strict {shipped.strict} balanced {shipped.balanced} review {shipped.review}")
    print("unseen dev:", report(lists[0], trained.chances(0), shipped))


def _compact(text: str) -> str:
    """One tree a line."""
    return text.replace("\n", " ").replace('{ "if"', '\n{"if"').replace("] }", "]}") + "\n"


if __name__ == "__main__":
    main()
