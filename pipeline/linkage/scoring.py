"""Features -> the probability that two records are one organisation.

The model is `config/linkage/model.json`: a sum of small symmetric decision trees (each asks the same few
questions of every pair, so it reads as a table), fitted by `tools/train_linkage.py`. Trees rather than
added weights because the evidence interacts: a shared domain means much between two spellings of a name
and nothing between a municipality and its department.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.cleaning.data_files import data_file
from pipeline.linkage.blocking import Pairs
from pipeline.linkage.comparison import Table
from pipeline.linkage.context import PLAUSIBLE, context

CHUNK = 30_000


@dataclass(frozen=True, slots=True)
class Tree:
    """`features[i] >= thresholds[i]` gives bit i (the first the highest) of the row in `leaves`."""

    features: tuple[str, ...]
    thresholds: tuple[float, ...]
    leaves: tuple[float, ...]


@dataclass(frozen=True)
class Booster:
    """A sum of trees, calibrated: log odds = bias + slope * sum."""

    trees: tuple[Tree, ...]
    bias: float = 0.0
    slope: float = 1.0

    @cached_property
    def _cuts(self) -> dict[str, NDArray[np.float32]]:
        return _all_cuts(self.trees)

    @cached_property
    def _prepared(self) -> list[tuple[list[tuple[str, int]], NDArray[np.float32]]]:
        """For each tree its questions, with the number of the cut among all cuts of the feature, and its leaves."""
        return [
            (
                [
                    (name, int(np.searchsorted(self._cuts[name], cut)))
                    for name, cut in zip(tree.features, tree.thresholds, strict=True)
                ],
                np.array(tree.leaves, np.float32),
            )
            for tree in self.trees
        ]

    def log_odds(self, table: Table) -> NDArray[np.float64]:
        """The log odds of each row of the table."""
        total = len(next(iter(table.values())))
        result = np.empty(total, np.float64)
        for start in range(0, total, CHUNK):
            stop = min(start + CHUNK, total)
            bins = {
                name: np.searchsorted(steps, table[name][start:stop], side="right").astype(np.uint8)
                for name, steps in self._cuts.items()
            }
            summed = np.zeros(stop - start, np.float32)
            for questions, leaves in self._prepared:
                row: NDArray[np.uint8] = np.zeros(stop - start, np.uint8)
                for name, step in questions:
                    row = np.asarray((row << 1) | (bins[name] > step), dtype=np.uint8)
                summed += leaves[row]
            result[start:stop] = summed
        return self.bias + self.slope * result

    def to_json(self) -> dict[str, Any]:
        """What the file holds."""
        return {
            "bias": round(self.bias, 4),
            "slope": round(self.slope, 4),
            "trees": [
                {
                    "if": [f"{name} >= {cut:.5g}" for name, cut in zip(tree.features, tree.thresholds, strict=True)],
                    "then": [round(leaf, 3) for leaf in tree.leaves],
                }
                for tree in self.trees
            ],
        }


def _all_cuts(trees: Sequence[Tree]) -> dict[str, NDArray[np.float32]]:
    cuts: dict[str, set[float]] = {}
    for tree in trees:
        for name, cut in zip(tree.features, tree.thresholds, strict=True):
            cuts.setdefault(name, set()).add(cut)
    return {name: np.array(sorted(values), np.float32) for name, values in cuts.items()}


class Chances(NamedTuple):
    """The probability of each pair: by itself, and in the light of the pairs around it."""

    alone: NDArray[np.float64]
    together: NDArray[np.float64]

    @property
    def sure(self) -> NDArray[np.float64]:
        """For joining unasked: both views must agree, so neither carries the other away."""
        return np.sqrt(self.alone * self.together)

    @property
    def mean(self) -> NDArray[np.float64]:
        """For asking: the middle of both views."""
        return (self.alone + self.together) / 2


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted trees, and where probability is cut.

    `gate` sees only what is quickly had of a pair and spares the hopeless ones (log odds below `gate_cut`)
    the rest. `alone` sees a pair's own features, `together` also what the pairs around it say (`context.py`).
    `strict`: joined without asking. `balanced`: the best single guess. `review`: the least expected gain
    that makes a question worth a person's time. `usual`: each feature's value in an ordinary pair, which a
    reason's weight is measured against.
    """

    alone: Booster
    together: Booster
    gate: Booster
    gate_cut: float
    strict: float
    balanced: float
    review: float
    usual: Mapping[str, float] = field(default_factory=dict)

    def coarse(self, table: Table) -> NDArray[np.bool_]:
        """Pairs worth the costly features."""
        return np.asarray(self.gate.log_odds(table) >= self.gate_cut)

    def fine(self, table: Table) -> NDArray[np.bool_]:
        """Pairs plausible by themselves."""
        return np.asarray(self.alone.log_odds(table) >= np.log(PLAUSIBLE / (1 - PLAUSIBLE)))

    def chances(self, table: Table, pairs: Pairs, count: int) -> Chances:
        """Both probabilities of each pair among `count` records."""
        alone = probability_of(self.alone.log_odds(table))
        return Chances(alone, in_context(self.together, table, pairs, alone, count))

    def to_json(self) -> dict[str, Any]:
        """What the file holds."""
        return {
            "thresholds": {"strict": self.strict, "balanced": self.balanced, "review": self.review},
            "usual": dict(self.usual),
            "gate cut": round(self.gate_cut, 3),
            "gate": self.gate.to_json(),
            "alone": self.alone.to_json(),
            "together": self.together.to_json(),
        }


def probability_of(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logistic function."""
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def in_context(
    together: Booster, table: Table, pairs: Pairs, alone: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """The second view; pairs implausible by themselves keep their first probability."""
    result = alone.copy()
    rows = np.flatnonzero(alone >= PLAUSIBLE)
    if len(rows):
        part = context_table(table, pairs, alone, count, rows)
        result[rows] = probability_of(together.log_odds(part))
    return result


def context_table(table: Table, pairs: Pairs, alone: NDArray[np.float64], count: int, rows: NDArray[np.intp]) -> Table:
    """What the second view sees of the plausible pairs in `rows`."""
    some = Pairs(pairs.left[rows], pairs.right[rows])
    return {**{name: column[rows] for name, column in table.items()}, **context(some, alone[rows], count)}


def _read_booster(data: dict[str, Any]) -> Booster:
    trees = []
    for tree in data["trees"]:
        questions = [question.rsplit(" >= ", 1) for question in tree["if"]]
        trees.append(
            Tree(
                tuple(name for name, _ in questions),
                tuple(float(np.float32(cut)) for _, cut in questions),
                tuple(tree["then"]),
            )
        )
    return Booster(tuple(trees), data["bias"], data["slope"])


def read_model(path: Path) -> Model:
    """The model in a file written from `Model.to_json`."""
    data = json.loads(path.read_text(encoding="utf-8"))
    cut = data["thresholds"]
    return Model(
        _read_booster(data["alone"]),
        _read_booster(data["together"]),
        _read_booster(data["gate"]),
        data["gate cut"],
        cut["strict"],
        cut["balanced"],
        cut["review"],
        data["usual"],
    )


@cache
def model() -> Model:
    """The model the project ships."""
    return read_model(data_file("linkage", "model.json"))
