"""Features -> the probability that two records are one organisation.

The model is `config/linkage/model.json`: a sum of small symmetric decision trees (each asks the same few
questions of every pair, so it reads as a table), fitted by `tools/train_linkage.py`. Trees rather than
added weights because the evidence interacts: a shared domain means much between two spellings of a name
and nothing between a municipality and its department.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.comparison import Table
from pipeline.normalise import data_file

CHUNK = 30_000


@dataclass(frozen=True, slots=True)
class Tree:
    """`features[i] >= thresholds[i]` gives bit i (the first the highest) of the row in `leaves`."""

    features: tuple[str, ...]
    thresholds: tuple[float, ...]
    leaves: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted trees, and where probability is cut.

    `strict`: joined without asking. `balanced`: the best single guess. `review`: below it a question is
    not worth a person's time.
    """

    bias: float
    slope: float
    trees: tuple[Tree, ...]
    strict: float
    balanced: float
    review: float
    usual: Mapping[str, float] = field(default_factory=dict)
    """Each feature's value in an ordinary pair: what a reason's weight is measured against."""

    def log_odds(self, table: Table) -> NDArray[np.float64]:
        """The log odds of each pair, calibrated."""
        thresholds = self._thresholds()
        total = len(next(iter(table.values())))
        result = np.empty(total, np.float64)
        prepared = [
            (
                [
                    (name, int(np.searchsorted(thresholds[name], cut)))
                    for name, cut in zip(tree.features, tree.thresholds, strict=True)
                ],
                np.array(tree.leaves, np.float32),
            )
            for tree in self.trees
        ]
        for start in range(0, total, CHUNK):
            stop = min(start + CHUNK, total)
            bins = {
                name: np.searchsorted(cuts, table[name][start:stop], side="right").astype(np.uint8)
                for name, cuts in thresholds.items()
            }
            summed = np.zeros(stop - start, np.float32)
            for questions, leaves in prepared:
                row: NDArray[np.uint8] = np.zeros(stop - start, np.uint8)
                for name, step in questions:
                    row = np.asarray((row << 1) | (bins[name] > step), dtype=np.uint8)
                summed += leaves[row]
            result[start:stop] = summed
        return self.bias + self.slope * result

    def probability(self, table: Table) -> NDArray[np.float64]:
        """The probability of each pair."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.log_odds(table))))

    def _thresholds(self) -> dict[str, NDArray[np.float32]]:
        cuts: dict[str, set[float]] = {}
        for tree in self.trees:
            for name, cut in zip(tree.features, tree.thresholds, strict=True):
                cuts.setdefault(name, set()).add(cut)
        return {name: np.array(sorted(values), np.float32) for name, values in cuts.items()}

    def to_json(self) -> dict[str, Any]:
        """What the file holds."""
        return {
            "bias": self.bias,
            "slope": self.slope,
            "thresholds": {"strict": self.strict, "balanced": self.balanced, "review": self.review},
            "usual": dict(self.usual),
            "trees": [
                {
                    "if": [f"{name} >= {cut:.5g}" for name, cut in zip(tree.features, tree.thresholds, strict=True)],
                    "then": [round(leaf, 4) for leaf in tree.leaves],
                }
                for tree in self.trees
            ],
        }


def read_model(path: Path) -> Model:
    """The model in a file written from `Model.to_json`."""
    data = json.loads(path.read_text(encoding="utf-8"))
    trees = []
    for tree in data["trees"]:
        questions = [question.rsplit(" >= ", 1) for question in tree["if"]]
        trees.append(
            Tree(tuple(name for name, _ in questions), tuple(float(cut) for _, cut in questions), tuple(tree["then"]))
        )
    cut = data["thresholds"]
    return Model(
        data["bias"], data["slope"], tuple(trees), cut["strict"], cut["balanced"], cut["review"], data["usual"]
    )


@cache
def model() -> Model:
    """The model the project ships."""
    return read_model(data_file("linkage", "model.json"))
