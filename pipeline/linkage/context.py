"""What the other records say about a pair: whether those close to the one are close to the other too.

Two spellings that a third one resembles equally are more likely one organisation; a record whose other
fellows deny the partner is less likely so. The features are counts of expected fellows, made of the first
model's probabilities.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.blocking import Pairs, ramp
from pipeline.linkage.comparison import Feature, Table

PLAUSIBLE = 0.02
"""Pairs less probable than this by themselves are not looked at again."""
FELLOW = 0.15
"""A record this probably the same counts as a fellow."""


def context(pairs: Pairs, probability: NDArray[np.float64], count: int) -> Table:
    """Features of each pair from the pairs around it."""
    left, right = pairs.left.astype(np.int64), pairs.right.astype(np.int64)
    near = probability >= FELLOW
    one = np.concatenate((left[near], right[near]))
    other = np.concatenate((right[near], left[near]))
    chance = np.concatenate((probability[near], probability[near]))
    order = np.lexsort((other, one))
    one, other, chance = one[order], other[order], chance[order]
    degree = np.bincount(one, minlength=count)
    start = np.cumsum(degree) - degree
    fellows = np.bincount(one, chance, minlength=count)
    together, strongest = np.zeros(len(left)), np.zeros(len(left))
    denied = np.zeros((2, len(left)))
    best = np.zeros((2, len(left)))
    for side, (mine, theirs) in enumerate(((left, right), (right, left))):
        repeats = degree[mine]
        pair = np.repeat(np.arange(len(left)), repeats)
        slot = np.repeat(start[mine], repeats) + ramp(repeats)
        fellow, close = other[slot], chance[slot]
        elsewhere = fellow != theirs[pair]
        pair, fellow, close = pair[elsewhere], fellow[elsewhere], close[elsewhere]
        onward = _look_up(one * count + other, chance, fellow * count + theirs[pair])
        denied[side] = np.bincount(pair, close * (1 - onward), minlength=len(left))
        np.maximum.at(best[side], pair, close)
        if side == 0:
            together += np.bincount(pair, close * onward, minlength=len(left))
            np.maximum.at(strongest, pair, np.minimum(close, onward))
    own = np.clip(probability, 1e-6, 1 - 1e-6)
    return {
        "alone": _feature(np.log(own / (1 - own))),
        "fellows shared": _feature(together),
        "closest fellow shared": _feature(strongest),
        "fellows denying, less": _feature(denied.min(axis=0)),
        "fellows denying, more": _feature(denied.max(axis=0)),
        "closer to another, less": _feature(best.min(axis=0) - probability),
        "closer to another, more": _feature(best.max(axis=0) - probability),
        "fellows, less": _feature(np.minimum(fellows[left], fellows[right])),
        "fellows, more": _feature(np.maximum(fellows[left], fellows[right])),
    }


def _look_up(codes: NDArray[np.int64], values: NDArray[np.float64], wanted: NDArray[np.int64]) -> NDArray[np.float64]:
    """The value of each wanted code, 0 where there is none. `codes` are sorted."""
    if not len(codes):
        return np.zeros(len(wanted))
    position = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return np.where(codes[position] == wanted, values[position], 0.0)


def _feature(values: NDArray[np.float64]) -> Feature:
    return np.asarray(values, np.float32)
