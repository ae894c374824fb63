"""From features to a probability: a logistic model whose weights people can read.

`config/matching/weights.json` holds one weight a feature, the intercept and the bands; it is written by
`tools/train_matching.py`, which says what the probability means and how it was fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pipeline.errors import ConfigurationError
from pipeline.matching.features import FEATURES
from pipeline.matching.vocabulary import weights_file
from pipeline.model import Band

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Intercept, one weight per feature in the order of `FEATURES`, and where the bands begin."""

    intercept: float
    weights: tuple[float, ...]
    typical: tuple[float, ...] = (0.0,) * len(FEATURES)
    """The usual value of each feature among possible pairs: what a contribution is measured against."""
    likely: float
    possible: float

    def scores(self, features: Floats) -> Floats:
        """Probability that a secretariat would approve, per row of features."""
        import numpy as np

        logits = features @ np.array(self.weights, np.float32) + np.float32(self.intercept)
        scores: Floats = (1 / (1 + np.exp(-logits))).astype(np.float32)
        return scores

    def band(self, score: float, *, in_own_words: bool, by_name: bool = False, boxes_tell: bool = True) -> Band:
        """How the probability is shown to people.

        Boxes alone make nothing likely: both write about the same, or one asked for the other by name. Whom somebody
        asked for by name is no long shot; what only boxes speak for is one where they do not tell, as so many were
        ticked.
        """
        if score >= self.likely and in_own_words:
            return Band.LIKELY
        fits = score >= self.possible and (in_own_words or boxes_tell)
        return Band.POSSIBLE if fits or by_name else Band.LONG_SHOT

    def weight(self, feature: str) -> float:
        """The weight of one feature by name."""
        return self.weights[FEATURES.index(feature)]


@cache
def shipped_model() -> Model:
    """The model that comes with the program.

    Raises ConfigurationError when the weights file does not fit the features of this version.
    """
    loaded = weights_file()
    try:
        return Model(
            intercept=float(loaded["intercept"]),
            weights=tuple(float(loaded["weights"][name]) for name in FEATURES),
            typical=tuple(float(loaded["typical"][name]) for name in FEATURES),
            likely=float(loaded["bands"]["likely"]),
            possible=float(loaded["bands"]["possible"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"config/matching/weights.json does not fit this version: {error} is missing or not a number.",
            hint="Fit it again: .venv/bin/python tools/train_matching.py",
        ) from error
