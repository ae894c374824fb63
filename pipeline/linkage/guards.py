"""What no resemblance outweighs: rules a person could state, applied to the model's probabilities.

A rule may only forbid or send before a person, never join: joining is the model's part, or a person's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.blocking import Pairs
from pipeline.linkage.columns import Columns
from pipeline.linkage.normalise import BODY_BIT, COUNTRY_RARITY

MUNICIPAL = BODY_BIT["municipality"] | BODY_BIT["region"]


@dataclass(frozen=True, slots=True)
class Rules:
    """For each pair: may it be one organisation at all, and may it be so without a person's word?"""

    forbidden: NDArray[np.bool_]
    ask: NDArray[np.bool_]

    def free(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probabilities where nobody can be asked."""
        return np.where(self.forbidden, 0.0, probability)

    def strict(self, probability: NDArray[np.float64], most: float) -> NDArray[np.float64]:
        """The probabilities for joining unasked: what a person must see stays below `most`."""
        return np.where(self.ask, np.minimum(self.free(probability), most), self.free(probability))


def rules(columns: Columns, pairs: Pairs) -> Rules:
    """The rules, for every pair."""
    one, other = pairs
    both_oid = (columns.oid[one] > 0) & (columns.oid[other] > 0)
    two_oids = both_oid & (columns.oid[one] != columns.oid[other])
    unit_one, unit_other = columns.unit[one], columns.unit[other]
    whole = _municipality_alone(columns)
    part_of_it = (unit_one & ~unit_other & whole[other]) | (unit_other & ~unit_one & whole[one])
    work_one, work_other = columns.work[one], columns.work[other]
    other_work = unit_one & unit_other & (work_one > 0) & (work_other > 0) & ((work_one & work_other) == 0)
    tongue_one, tongue_other = columns.tongue[one], columns.tongue[other]
    same_tongue = (tongue_one > 0) & (tongue_one == tongue_other)
    siblings = other_work & same_tongue
    return Rules(forbidden=two_oids | part_of_it | siblings, ask=other_work)


def _municipality_alone(columns: Columns) -> NDArray[np.bool_]:
    """Records that name a municipality or region, where it is, and nothing else."""
    number = {text: index for index, text in enumerate(columns.texts)}
    plain = [number[text] for text in ("municipality", "region", "government") if text in number]
    is_place = np.array([text.startswith("@") for text in columns.texts], np.bool_)
    concept = columns.concept
    says_little = (columns.rarity <= COUNTRY_RARITY) | is_place[concept] | np.isin(concept, plain)
    return np.asarray(((columns.body & MUNICIPAL) > 0) & says_little.all(axis=1) & ~columns.unit)
