"""What no resemblance outweighs: rules a person could state, applied to the model's probabilities.

A rule may only forbid or send before a person, never join: joining is the model's part, or a person's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.blocking import Pairs
from pipeline.linkage.normalise import Columns

IMPOSSIBLE = 0.0


def adjusted(columns: Columns, pairs: Pairs, probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities once the rules have spoken."""
    result = probability.copy()
    one, other = pairs
    oids = (columns.oid[one] > 0) & (columns.oid[other] > 0)
    result[oids & (columns.oid[one] != columns.oid[other])] = IMPOSSIBLE
    return result
