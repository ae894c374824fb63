"""The bench's labelled lists, read for training and measuring; nothing of them is kept in the repository."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.blocking import Pairs
from pipeline.linkage.clustering import groups
from pipeline.linkage.columns import Columns
from pipeline.linkage.comparison import Table
from pipeline.linkage.engine import compared
from pipeline.linkage.normalise import prepare
from pipeline.linkage.records import Record

FOLDS = 5


@dataclass
class Labelled:
    """A list with its truth: `entity` and `family` number each record's organisation and its relations."""

    records: list[Record]
    entity: NDArray[np.int64]
    fold: NDArray[np.int64]
    columns: Columns
    pairs: Pairs
    table: Table

    @property
    def truth(self) -> NDArray[np.bool_]:
        """For each pair whether it is one organisation."""
        return np.asarray(self.entity[self.pairs.left] == self.entity[self.pairs.right])


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def families(bench: Path) -> dict[str, str]:
    """Entity -> family, of dev."""
    return {row["entity_id"]: row["family"] for row in read_rows(bench / "dev_entities.csv")}


def read_labelled(path: Path, family_of: Mapping[str, str]) -> Labelled:
    """A list with truth, prepared and compared. A family is in one fold; towns of train_extra are families too."""
    rows = read_rows(path)
    records = [
        Record(
            record_id=row["record_id"],
            organisation=row["organisation"],
            **{name: row[name] or None for name in ("country", "city", "website", "email")},  # type: ignore[arg-type]
        )
        for row in rows
    ]
    entities = [row["entity_id"] for row in rows]
    numbers = {entity: number for number, entity in enumerate(dict.fromkeys(entities))}
    columns = prepare(records)
    pairs, table = compared(columns, lambda _what, _done, _total: None)
    return Labelled(
        records,
        np.array([numbers[entity] for entity in entities]),
        np.array([crc32(_family(entity, family_of).encode()) % FOLDS for entity in entities]),
        columns,
        pairs,
        table,
    )


def _family(entity: str, family_of: Mapping[str, str]) -> str:
    town = re.match(r"[mds](\d+)", entity)
    return family_of.get(entity) or (f"m{town.group(1)}" if town else entity)


def pair_count(sizes: Counter[int] | Counter[tuple[int, int]]) -> int:
    """Pairs inside groups of these sizes."""
    return sum(size * (size - 1) // 2 for size in sizes.values())


@dataclass(frozen=True)
class Score:
    """Pairwise precision, recall and F1, and B-cubed F1, of a clustering."""

    precision: float
    recall: float
    pair: float
    cubed: float


def scored(entity: Sequence[int], cluster: Sequence[int]) -> Score:
    """The bench's figures, by the definitions of its score.py."""
    truth, found = Counter(entity), Counter(cluster)
    cells = Counter(zip(entity, cluster, strict=True))
    right, true, made = pair_count(cells), pair_count(truth), pair_count(found)
    total = len(entity)
    cubed_precision = sum(n * n / found[cell[1]] for cell, n in cells.items()) / total
    cubed_recall = sum(n * n / truth[cell[0]] for cell, n in cells.items()) / total
    return Score(
        right / made if made else 1.0,
        right / true if true else 1.0,
        2 * right / (made + true) if made + true else 1.0,
        2 * cubed_precision * cubed_recall / (cubed_precision + cubed_recall),
    )


def joined_after_answers(entity: Sequence[int], cluster: Sequence[int], questions: Sequence[tuple[int, int]]) -> float:
    """Share of the true pairs that are together once every question is answered truthfully."""
    count = len(entity)
    links = [(row, cluster[row]) for row in range(count)]
    links += [(one, other) for one, other in questions if entity[one] == entity[other]]
    together = groups(count, links)
    true = pair_count(Counter(entity))
    return pair_count(Counter(zip(entity, together, strict=True))) / true if true else 1.0
