"""The model as shipped: read, evaluated, sane."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pipeline.linkage.blocking import candidate_pairs
from pipeline.linkage.comparison import COSTLY, Table, compare
from pipeline.linkage.normalise import prepare
from pipeline.linkage.reasons import GROUPS
from pipeline.linkage.records import Record
from pipeline.linkage.scoring import Booster, Tree, model, read_model


def features() -> Table:
    records = [
        Record(record_id="1", organisation="Borås Stad", country="Sweden", website="boras.se"),
        Record(record_id="2", organisation="City of Borås", country="Sweden", website="boras.se"),
    ]
    columns = prepare(records)
    _, table = compare(columns, candidate_pairs(columns))
    return table


def test_evaluation_is_the_plain_reading_of_the_trees() -> None:
    random = np.random.default_rng(3)
    table: Table = {name: random.normal(size=500).astype(np.float32) for name in "abc"}
    trees = tuple(
        Tree(
            tuple(random.choice(list("abc"), 3)),
            tuple(float(np.float32(cut)) for cut in random.normal(size=3)),
            tuple(random.normal(size=8)),
        )
        for _ in range(20)
    )
    plain = np.zeros(500)
    for tree in trees:
        for row in range(500):
            bits = [
                table[name][row] >= np.float32(cut) for name, cut in zip(tree.features, tree.thresholds, strict=True)
            ]
            plain[row] += tree.leaves[bits[0] * 4 + bits[1] * 2 + bits[2]]
    found = Booster(trees, bias=0.5, slope=2.0).log_odds(table)
    assert np.allclose(found, 0.5 + 2.0 * plain, atol=1e-3)


def test_the_shipped_model_knows_the_features_we_compute_and_nothing_else() -> None:
    computed = set(features())
    fitted = model()
    asked = {name for booster in (fitted.alone, fitted.gate) for tree in booster.trees for name in tree.features}
    assert asked <= computed
    assert not {name for tree in fitted.gate.trees for name in tree.features} & COSTLY
    assert set(fitted.usual) == computed


def test_every_feature_has_a_sentence() -> None:
    assert {name for group in GROUPS.values() for name in group} == set(features())


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(model().to_json()), encoding="utf-8")
    table = features()
    assert np.allclose(read_model(path).alone.log_odds(table), model().alone.log_odds(table))


def test_thresholds_are_in_order() -> None:
    fitted = model()
    assert 0 < fitted.review < fitted.balanced < fitted.strict < 1
