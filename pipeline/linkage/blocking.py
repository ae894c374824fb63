"""Which pairs are worth comparing: records that share a telling key, in blocks that are never large.

A key shared by more than BLOCK_CAP records is no key at all: what is that common distinguishes nothing,
and the cost of a block grows with its square. So the number of pairs grows with the data alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.columns import Columns

BLOCK_CAP = 40
PAIRS_PER_RECORD = 22
"""Of the pairs a record is in, so many with the most (and rarest) keys in common are kept."""
COMBINED = 4
"""Two common concepts together make a key: pairs of so many of the rarest ones."""
TYPO_LENGTH = 6


class Pairs(NamedTuple):
    """Two columns of row numbers, `left` < `right`."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]


def _mix(family: int, *columns: NDArray[np.int32]) -> NDArray[np.uint64]:
    """One 64-bit key from several numbers (the finaliser of SplitMix64, Steele et al. 2014)."""
    key = np.full(columns[0].shape, family * 0x9E3779B97F4A7C15 % 2**64, dtype=np.uint64)
    for column in columns:
        key = (key ^ column.astype(np.uint64)) * np.uint64(0xBF58476D1CE4E5B9)
        key ^= key >> np.uint64(27)
        key *= np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(31)
    return key


class _Keys:
    """Collects (key, record) rows; zero means absent."""

    def __init__(self) -> None:
        self.keys: list[NDArray[np.uint64]] = []
        self.rows: list[NDArray[np.int32]] = []

    def add(self, family: int, *columns: NDArray[np.int32]) -> None:
        present = np.logical_and.reduce([column > 0 for column in columns])
        rows = np.flatnonzero(present).astype(np.int32)
        if len(rows):
            self.keys.append(_mix(family, *(column[rows] for column in columns)))
            self.rows.append(rows)


def _letters_dropped(columns: Columns, keys: _Keys) -> None:
    """A misspelt name still shares a spelling with one letter dropped."""
    names = columns.texts
    first = columns.concept[:, 0]
    unique, where = np.unique(first, return_inverse=True)
    spellings: list[int] = []
    owners: list[int] = []
    for number, concept in enumerate(unique.tolist()):
        name = names[concept]
        if len(name) >= TYPO_LENGTH and not name.startswith("@") and " " not in name:
            for cut in range(len(name)):
                spellings.append(hash_text(name[:cut] + name[cut + 1 :]))
                owners.append(number)
            spellings.append(hash_text(name))
            owners.append(number)
    if not spellings:
        return
    order = np.argsort(where, kind="stable")
    counts = np.bincount(where, minlength=len(unique))
    starts = np.cumsum(counts) - counts
    owner_column = np.array(owners)
    repeats = counts[owner_column]
    rows = order[np.repeat(starts[owner_column], repeats) + ramp(repeats)].astype(np.int32)
    keys.keys.append(np.repeat(np.array(spellings, dtype=np.uint64), repeats))
    keys.rows.append(rows)


def hash_text(text: str) -> int:
    """A stable 64-bit number of a short text (FNV-1a would do; two CRCs are faster in Python)."""
    from zlib import adler32, crc32

    data = text.encode("ascii")
    return crc32(data) << 32 | (adler32(data) ^ crc32(data[::-1]))


def ramp(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """0..n-1 for each n in `lengths`, one after another."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)


def _all_keys(columns: Columns) -> _Keys:
    keys = _Keys()
    concept = columns.concept
    for domain in (columns.web_domain, columns.mail_domain):
        keys.add(1, domain)
    keys.add(2, columns.mail)
    keys.add(11, columns.web_host)
    for slot in range(3):
        keys.add(3, concept[:, slot])
    for one in range(COMBINED):
        for other in range(one + 1, COMBINED):
            low = np.minimum(concept[:, one], concept[:, other])
            high = np.where(low > 0, np.maximum(concept[:, one], concept[:, other]), 0)
            keys.add(4, low, high)
    for matrix in (columns.acronyms, columns.initials):
        for slot in range(matrix.shape[1]):
            keys.add(5, matrix[:, slot])
            keys.add(6, matrix[:, slot], columns.hinted_country)
    for matrix in (columns.labels, columns.tokens[:, :6], columns.acronyms, columns.initials):
        for slot in range(matrix.shape[1]):
            keys.add(7, matrix[:, slot], columns.hinted_country)
    city = columns.city + 1
    unit = columns.unit.astype(np.int32) + 1
    keys.add(8, columns.place[:, 0] + 1, unit)
    keys.add(8, city, unit)
    keys.add(9, city, columns.body, unit)
    for slot in range(2):
        keys.add(10, city, concept[:, slot])
    _letters_dropped(columns, keys)
    return keys


def candidate_pairs(columns: Columns, *, cap: int = BLOCK_CAP, per_record: int = PAIRS_PER_RECORD) -> Pairs:
    """The pairs worth comparing, each once."""
    collected = _all_keys(columns)
    count = len(columns)
    empty = np.zeros(0, np.int32)
    if count < 2 or not collected.keys:
        return Pairs(empty, empty)
    keys = np.concatenate(collected.keys)
    rows = np.concatenate(collected.rows)
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    keep = np.ones(len(keys), np.bool_)
    keep[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
    keys, rows = keys[keep], rows[keep]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    sizes = np.diff(np.append(starts, len(keys)))
    codes: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float32]] = []
    for size in range(2, cap + 1):
        block_starts = starts[sizes == size]
        if not len(block_starts):
            continue
        members = rows[block_starts[:, None] + np.arange(size)]
        one, other = np.triu_indices(size, 1)
        code = members[:, one].astype(np.int64) * count + members[:, other]
        codes.append(code.ravel())
        weights.append(np.full(code.size, 1.0 / np.log2(1 + size), np.float32))
    if not codes:
        return Pairs(empty, empty)
    code, weight = _summed(np.concatenate(codes), np.concatenate(weights))
    left, right = (code // count).astype(np.int32), (code % count).astype(np.int32)
    kept = _best_per_record(left, right, weight, count, per_record)
    return Pairs(left[kept], right[kept])


def _summed(codes: NDArray[np.int64], weights: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    order = np.argsort(codes)
    codes, weights = codes[order], weights[order]
    starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    return codes[starts], np.add.reduceat(weights, starts)


def _best_per_record(
    left: NDArray[np.int32], right: NDArray[np.int32], weight: NDArray[np.float32], count: int, per_record: int
) -> NDArray[np.bool_]:
    """Pairs among the best of either record."""
    kept = np.zeros(len(left), np.bool_)
    for side in (left, right):
        order = np.lexsort((-weight, side))
        sizes = np.bincount(side, minlength=count)
        kept[order[ramp(sizes) < per_record]] = True
    return kept
