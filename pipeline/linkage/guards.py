"""What no resemblance outweighs: rules a person could state, applied to the model's probabilities.

A rule may only forbid or send before a person, never join: joining is the model's part, or a person's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.blocking import Pairs
from pipeline.linkage.columns import Columns
from pipeline.linkage.normalise import BODY_BIT, COUNTRY_RARITY, MUNICIPAL

AUTHORITY = MUNICIPAL | BODY_BIT["government"] | BODY_BIT["ministry"]


@dataclass(frozen=True, slots=True)
class Rules:
    """For each pair: may it be one organisation at all, and may it be so without a person's word?

    `ask` pairs are joined by a person only; `asunder` pairs too, and where nobody can be asked they are two.
    """

    forbidden: NDArray[np.bool_]
    ask: NDArray[np.bool_]
    asunder: NDArray[np.bool_]

    @property
    def not_unasked(self) -> NDArray[np.bool_]:
        """Never together in a cluster made without asking, where people can be asked."""
        return np.asarray(self.forbidden | self.ask | self.asunder)

    @property
    def not_alone(self) -> NDArray[np.bool_]:
        """Never together in a cluster made where nobody can be asked."""
        return np.asarray(self.forbidden | self.asunder)

    def possible(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probabilities, 0 for what cannot be."""
        return np.where(self.forbidden, 0.0, probability)

    def at(self, rows: NDArray[np.intp]) -> Rules:
        """The rules for some of the pairs."""
        return Rules(self.forbidden[rows], self.ask[rows], self.asunder[rows])


def rules(columns: Columns, pairs: Pairs) -> Rules:
    """The rules, for every pair."""
    one, other = pairs
    both_oid = (columns.oid[one] > 0) & (columns.oid[other] > 0)
    two_oids = both_oid & (columns.oid[one] != columns.oid[other])
    alone = _municipality_alone(columns)
    part_of_it = _part_of(columns, alone, one, other) | _part_of(columns, alone, other, one)
    work_one, work_other = columns.work[one], columns.work[other]
    units = columns.unit[one] & columns.unit[other]
    other_work = units & (work_one > 0) & (work_other > 0) & ((work_one & work_other) == 0)
    tongue_one, tongue_other = columns.tongue[one], columns.tongue[other]
    siblings = other_work & (tongue_one > 0) & (tongue_one == tongue_other)
    return Rules(forbidden=two_oids | part_of_it, ask=other_work & ~siblings, asunder=siblings)


def _part_of(
    columns: Columns, alone: NDArray[np.bool_], part: NDArray[np.int32], whole: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Pairs of a unit and the authority it names: what the whole says, the part says too."""
    result = columns.unit[part] & ~columns.unit[whole] & ((columns.body[whole] & AUTHORITY) > 0)
    rows = np.flatnonzero(result)
    mine, theirs = columns.concept[whole[rows]], columns.concept[part[rows]]
    said = (columns.rarity[whole[rows]] <= COUNTRY_RARITY) | (mine[:, :, None] == theirs[:, None, :]).any(axis=2)
    result[rows] = said.all(axis=1) | alone[whole[rows]]
    return np.asarray(result)


def _municipality_alone(columns: Columns) -> NDArray[np.bool_]:
    """Records that name a municipality or region, where it is, and nothing else."""
    number = {text: index for index, text in enumerate(columns.texts)}
    plain = [number[text] for text in ("municipality", "region", "government") if text in number]
    is_place = np.array([text.startswith("@") for text in columns.texts], np.bool_)
    concept = columns.concept
    says_little = (columns.rarity <= COUNTRY_RARITY) | is_place[concept] | np.isin(concept, plain)
    return np.asarray(((columns.body & MUNICIPAL) > 0) & says_little.all(axis=1) & ~columns.unit)
