"""Gradient boosting with symmetric trees (as in CatBoost, Prokhorenkova et al. 2018), in numpy.

Written here because a symmetric tree is evaluated in a few numpy operations, so that a million pairs need a
second and no library at run time, and because the fitted file stays readable. Used by training only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.comparison import Table
from pipeline.linkage.scoring import Tree

BINS = 48


def fit(
    table: Table,
    truth: NDArray[np.bool_],
    *,
    trees: int = 260,
    depth: int = 6,
    rate: float = 0.09,
    ridge: float = 4.0,
    rows: float = 0.8,
    columns: float = 0.4,
    seed: int = 1,
    weight: NDArray[np.float64] | None = None,
) -> list[Tree]:
    """Symmetric trees whose sum (from 0) is the log odds of `truth`."""
    random = np.random.default_rng(seed)
    names = list(table)
    cuts = [_cuts(table[name]) for name in names]
    bins = [
        np.searchsorted(cut, table[name], side="right").astype(np.int64) for name, cut in zip(names, cuts, strict=True)
    ]
    total = len(truth)
    weights = np.ones(total) if weight is None else weight
    summed = np.zeros(total)
    fitted: list[Tree] = []
    for _ in range(trees):
        chance = 1.0 / (1.0 + np.exp(-summed))
        sample = np.flatnonzero(random.random(total) < rows)
        gradient = ((chance - truth) * weights)[sample]
        hessian = (np.maximum(chance * (1 - chance), 1e-6) * weights)[sample]
        tried = [number for number in range(len(names)) if len(cuts[number]) and random.random() < columns]
        leaf = np.zeros(len(sample), np.int64)
        questions: list[tuple[int, int]] = []
        for level in range(depth):
            best = (-np.inf, -1, -1)
            for number in tried:
                width = len(cuts[number]) + 1
                cell = leaf * width + bins[number][sample]
                g = np.bincount(cell, gradient, 2**level * width).reshape(-1, width).cumsum(axis=1)
                h = np.bincount(cell, hessian, 2**level * width).reshape(-1, width).cumsum(axis=1)
                g_all, h_all = g[:, -1:], h[:, -1:]
                g_low, h_low = g[:, :-1], h[:, :-1]
                gain = (g_low**2 / (h_low + ridge) + (g_all - g_low) ** 2 / (h_all - h_low + ridge)).sum(axis=0)
                step = int(gain.argmax())
                if gain[step] > best[0]:
                    best = (float(gain[step]), number, step)
            _, number, step = best
            questions.append((number, step))
            leaf = leaf * 2 + (bins[number][sample] > step)
        size = 2**depth
        value = -rate * np.bincount(leaf, gradient, size) / (np.bincount(leaf, hessian, size) + ridge)
        row = np.zeros(total, np.int64)
        for number, step in questions:
            row = row * 2 + (bins[number] > step)
        summed += value[row]
        fitted.append(
            Tree(
                tuple(names[number] for number, _ in questions),
                tuple(float(np.float32(f"{cuts[number][step]:.5g}")) for number, step in questions),
                tuple(float(leaf_value) for leaf_value in value),
            )
        )
    return fitted


def _cuts(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """At most BINS thresholds, halfway between neighbouring values, rounded as they are written."""
    unique = np.unique(values)
    if len(unique) > BINS:
        unique = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)).astype(np.float32))
    halfway = (unique[1:] + unique[:-1]) / 2
    return np.unique(np.array([float(f"{cut:.5g}") for cut in halfway], np.float32))
