"""Fit `config/linkage/model.json` on the bench's labelled lists (dev and train_extra; never seed).

    python tools/train_linkage.py ../shared/bench/linkage

Five models are fitted first, each blind to one fold of families, to calibrate the probabilities and to set
the thresholds on predictions no model had seen; the model shipped is then fitted on everything.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from boosting import fit
from linkage_data import FOLDS, Labelled, families, joined_after_answers, read_labelled, scored
from numpy.typing import NDArray

from pipeline.linkage import guards
from pipeline.linkage.clustering import labels, merges
from pipeline.linkage.comparison import Table
from pipeline.linkage.questions import choose
from pipeline.linkage.scoring import Model
from pipeline.normalise import data_file

LINKS_RIGHT = 0.985
"""The strict threshold is the lowest at which so many of the pairs in clusters are right on dev, unseen."""


def stack(tables: list[Table]) -> Table:
    """Tables under one another."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def only(table: Table, rows: NDArray[np.bool_]) -> Table:
    """The rows wanted."""
    return {name: column[rows] for name, column in table.items()}


def fitted_without(
    lists: list[Labelled], fold: int | None, seeds: int = 1, drop: frozenset[str] = frozenset()
) -> Model:
    """The model that has seen no pair with a record of that fold."""
    tables, truths = [], []
    for part in lists:
        table = {name: column for name, column in part.table.items() if name not in drop}
        left, right = part.fold[part.pairs.left], part.fold[part.pairs.right]
        rows = np.ones(len(left), np.bool_) if fold is None else (left != fold) & (right != fold)
        tables.append(only(table, rows))
        truths.append(part.truth[rows])
    table, truth = stack(tables), np.concatenate(truths)
    trees = [tree for seed in range(seeds) for tree in fit(table, truth, seed=seed + 1)]
    usual = {name: round(float(np.median(column)), 3) for name, column in table.items()}
    return Model(0.0, 1.0 / seeds, tuple(trees), 0.9, 0.5, 0.2, usual)


def unseen_log_odds(
    lists: list[Labelled], part: Labelled, seeds: int = 1, drop: frozenset[str] = frozenset()
) -> NDArray[np.float64]:
    """Each pair's log odds by the models that have seen neither of its records in a pair."""
    predicted = np.stack([fitted_without(lists, fold, seeds, drop).log_odds(part.table) for fold in range(FOLDS)])
    row = np.arange(predicted.shape[1])
    left, right = part.fold[part.pairs.left], part.fold[part.pairs.right]
    return np.asarray((predicted[left, row] + predicted[right, row]) / 2)


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


def thresholds(part: Labelled, probability: NDArray[np.float64]) -> tuple[float, float, float]:
    """Strict, balanced and review, from predictions on unseen pairs."""
    entity = part.entity.tolist()
    count = len(entity)
    made = merges(count, part.pairs.left, part.pairs.right, probability, floor=0.1)
    grid = np.arange(0.3, 0.7, 0.01)
    curve = np.array([scored(entity, labels(count, made, cut)).pair for cut in grid])
    smooth = np.convolve(curve, np.ones(5) / 5, mode="same")[2:-2]
    balanced = float(grid[2:-2][smooth.argmax()])
    strict = next(
        (
            cut
            for cut in np.arange(0.6, 0.99, 0.005)
            if scored(entity, labels(count, made, cut)).precision >= LINKS_RIGHT
        ),
        0.99,
    )
    cluster = labels(count, made, float(strict))
    for review in np.arange(0.4, 0.02, -0.01):
        asked = choose(part.pairs, probability, cluster, (), float(review))
        pairs = [(int(part.pairs.left[row]), int(part.pairs.right[row])) for row in asked]
        if len(asked) > 0.1 * count or joined_after_answers(entity, cluster, pairs) >= 0.985:
            break
    return float(strict), balanced, float(review)


def main() -> None:
    """Fit, calibrate, choose thresholds, write."""
    bench = Path(sys.argv[1])
    family_of = families(bench)
    dev = read_labelled(bench / "dev.csv", family_of)
    extra = read_labelled(bench / "train_extra.csv", family_of)
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    unseen = unseen_log_odds([dev, extra], dev, seeds)
    bias, slope = calibrated(unseen, dev.truth)
    probability = guards.adjusted(dev.columns, dev.pairs, 1 / (1 + np.exp(-(bias + slope * unseen))))
    strict, balanced, review = thresholds(dev, probability)
    final = fitted_without([dev, extra], None, seeds)
    shipped = Model(
        bias, slope * final.slope, final.trees, round(strict, 3), round(balanced, 3), round(review, 3), final.usual
    )
    text = json.dumps(shipped.to_json(), indent=0)
    data_file("linkage", "model.json").write_text(_compact(text), encoding="utf-8")
    print(f"strict {strict:.3f} balanced {balanced:.3f} review {review:.3f} bias {bias:.3f} slope {slope:.3f}")


def _compact(text: str) -> str:
    """One tree a line."""
    return text.replace("\n", " ").replace('{ "if"', '\n{"if"').replace("] }", "]}") + "\n"


if __name__ == "__main__":
    main()
