"""The shipped model: readable, complete, and on the right side of its own meaning."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import ConfigurationError
from pipeline.matching import scoring
from pipeline.matching.features import FEATURES
from pipeline.matching.scoring import shipped_model
from pipeline.model import Band


def test_what_speaks_against_a_pair_never_counts_for_it() -> None:
    model = shipped_model()
    against = {"groups_apart", "place_missed", "guest_elsewhere", "named_other"}
    for name in FEATURES:
        assert (model.weight(name) <= 0) == (name in against), name


def test_being_asked_for_by_name_outweighs_every_other_single_thing() -> None:
    model = shipped_model()
    assert model.weight("named") == max(model.weight(name) for name in FEATURES)


def test_scores_are_probabilities_and_bands_follow_them() -> None:
    model = shipped_model()
    scores = model.scores(np.vstack([np.zeros(len(FEATURES)), np.ones(len(FEATURES))]).astype(np.float32))
    assert ((scores > 0) & (scores < 1)).all()
    assert [model.band(value, in_own_words=True) for value in (0.1, model.possible, model.likely)] == [
        Band.LONG_SHOT,
        Band.POSSIBLE,
        Band.LIKELY,
    ]


def test_boxes_alone_make_nothing_likely() -> None:
    model = shipped_model()
    assert [model.band(value, in_own_words=False) for value in (0.1, model.likely, 1.0)] == [
        Band.LONG_SHOT,
        Band.POSSIBLE,
        Band.POSSIBLE,
    ]


def test_whom_somebody_asked_for_by_name_is_no_long_shot() -> None:
    assert shipped_model().band(0.01, in_own_words=True, by_name=True) is Band.POSSIBLE


def test_a_weights_file_of_another_version_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "weights_file", lambda: {"intercept": 0.0, "weights": {}, "bands": {}})
    shipped_model.cache_clear()
    with pytest.raises(ConfigurationError, match="train_matching"):
        shipped_model()
    monkeypatch.undo()
    shipped_model.cache_clear()
    assert shipped_model().weights
