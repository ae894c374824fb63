"""Fit the weights of matching on graded pairs and write config/matching/weights.json.

    .venv/bin/python tools/train_matching.py [--bench ../shared/bench/matching] [--write]

Input: forms, grades (3 ideal, 2 good, 1 possible) and declined pairs, in the columns of `matchmaker match`.
The probability fitted is that of approval by a secretariat that approves 93, 70, 25 and 3 in 100 pairs of
grade 3, 2, 1 and 0. Weights are kept on the side of their meaning (what speaks for a pair never counts
against it) and drawn towards zero. Features the grades say nothing about keep a small weight set by hand.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline.matching.eligibility import Masks  # noqa: E402
from pipeline.matching.features import FEATURES, Pool, features_of, read_pool  # noqa: E402
from pipeline.matching.files import read_declined, read_entries  # noqa: E402
from pipeline.matching.scoring import Model  # noqa: E402
from pipeline.model import Entry  # noqa: E402

APPROVAL = np.array([0.03, 0.25, 0.70, 0.93])
BY_HAND = {"time_to_spare": 0.15, "in_return": 0.25, "met_before": 0.3}
AGAINST = {"groups_apart", "place_missed", "guest_elsewhere", "named_other"}
SHRINK = 4.0
"""Ridge penalty in units of pairs on standardised features: flat between 1 and 30 on dev."""
BANDS = {"likely": 0.6, "possible": 0.5}
"""Probabilities from which a proposal is likely or possible; how often each is right is in
`model.RIGHT_OF_100`, and `tools/bench_matching.py` says whether that holds."""
FOLDS = 5


@dataclass(frozen=True)
class Graded:
    """The graded pairs that can be: features, grades, and who they are."""

    entries: Sequence[Entry]
    pool: Pool
    guests: NDArray[np.intp]
    hosts: NDArray[np.intp]
    features: NDArray[np.float32]
    grades: NDArray[np.int8]


def load(bench: Path) -> Graded:
    """Read the development set and work out the features of every possible pair."""
    entries = read_entries(bench / "dev.csv")
    declined = read_declined(bench / "dev_declined.csv")
    position = {entry.id: number for number, entry in enumerate(entries)}
    pool = read_pool(entries)
    masks = Masks(entries, avoided=declined)
    everyone = np.arange(len(entries))
    guests, hosts = np.nonzero(masks.block(everyone, everyone))
    grade = np.zeros((len(entries), len(entries)), np.int8)
    with (bench / "dev_truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            grade[position[row["query_id"]], position[row["candidate_id"]]] = int(row["grade"])
    return Graded(entries, pool, guests, hosts, features_of(pool, guests, hosts), grade[guests, hosts])


def fit(features: NDArray[np.float32], grades: NDArray[np.int8]) -> Model:
    """Weights by penalised maximum likelihood of the approvals, signs held to their meaning."""
    fitted = [name for name in FEATURES if name not in BY_HAND]
    columns = [FEATURES.index(name) for name in fitted]
    hand = sum(
        (weight * features[:, FEATURES.index(name)] for name, weight in BY_HAND.items()), np.zeros(len(features))
    )
    chosen = features[:, columns].astype(float)
    scale = chosen.std(axis=0) + 1e-6
    scaled = np.hstack([chosen / scale, np.ones((len(chosen), 1))])
    wanted = APPROVAL[grades]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = scaled @ weights + hand
        value = float(np.sum(np.logaddexp(0, logits) - wanted * logits) + SHRINK / 2 * np.sum(weights[:-1] ** 2))
        slope = scaled.T @ (1 / (1 + np.exp(-logits)) - wanted)
        slope[:-1] += SHRINK * weights[:-1]
        return value, slope

    bounds = [(None, 0.0) if name in AGAINST else (0.0, None) for name in fitted]
    result = minimize(loss, np.zeros(len(fitted) + 1), jac=True, bounds=[*bounds, (None, None)], method="L-BFGS-B")
    weights = dict(zip(fitted, result.x[:-1] / scale, strict=True)) | BY_HAND
    return Model(
        intercept=float(result.x[-1]),
        weights=tuple(float(weights[name]) for name in FEATURES),
        typical=tuple(float(value) for value in features.mean(axis=0)),
        **BANDS,
    )


def subjects(data: Graded) -> NDArray[np.intp]:
    """What each entry is about, as the grades show it: components of the ideal pairs, spread by good ones.

    For folds that share no subject; -1 where the grades do not tell. Requests directed to one partner are
    left out, since their grades say nothing about the subject.
    """
    good = _good_pairs(data)
    component = _components(len(data.entries), [pair for pair, grade in good.items() if grade == 3])
    size = Counter(component.tolist())
    subject = np.array([name if size[name] > 3 else -1 for name in component.tolist()])
    votes: dict[int, dict[int, int]] = defaultdict(dict)
    for (guest, host), grade in good.items():
        votes[guest][host] = votes[host][guest] = grade
    for _ in range(5):
        for number in np.nonzero(subject < 0)[0].tolist():
            heard: Counter[int] = Counter()
            for other, weight in votes[number].items():
                if subject[other] >= 0:
                    heard[int(subject[other])] += weight
            if heard:
                subject[number] = heard.most_common(1)[0][0]
    return subject


def _good_pairs(data: Graded) -> dict[tuple[int, int], int]:
    """Pairs of grade 2 and 3, without the requests directed to one partner."""
    of_guest: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for guest, host, grade in zip(data.guests.tolist(), data.hosts.tolist(), data.grades.tolist(), strict=True):
        if grade >= 2:
            of_guest[guest].append((host, grade))
    return {
        (guest, host): grade
        for guest, pairs in of_guest.items()
        if len(pairs) > 1 or pairs[0][1] < 3
        for host, grade in pairs
    }


def _components(count: int, links: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = np.array(links, np.intp)
    graph = coo_matrix((np.ones(len(links)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    found: NDArray[np.intp] = connected_components(graph, directed=False)[1].astype(np.intp)
    return found


def folds(subject: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """A fold per entry; entries on one subject share a fold, folds are about equally large."""
    random = np.random.default_rng(seed)
    names = [name for name in np.unique(subject) if name >= 0]
    random.shuffle(names)
    load_of = [0] * FOLDS
    fold_of = {}
    for name in sorted(names, key=lambda name: -int((subject == name).sum())):
        lightest = min(range(FOLDS), key=load_of.__getitem__)
        fold_of[name] = lightest
        load_of[lightest] += int((subject == name).sum())
    return np.array([fold_of.get(name, int(random.integers(FOLDS))) for name in subject])


def out_of_fold(data: Graded, seed: int = 0) -> NDArray[np.float32]:
    """Scores of all pairs, each by weights fitted without any entry on the guest's subject's fold."""
    fold_of = folds(subjects(data), seed)
    scores = np.zeros(len(data.grades), np.float32)
    for fold in range(FOLDS):
        training = (fold_of[data.guests] != fold) & (fold_of[data.hosts] != fold)
        tested = fold_of[data.guests] == fold
        model = fit(data.features[training], data.grades[training])
        scores[tested] = model.scores(data.features[tested])
    return scores


def write(model: Model, target: Path) -> None:
    """The readable file: weights in the order of the features, rounded to what they are worth."""
    content: Mapping[str, Any] = {
        "about": "Weights of the matching score, fitted by tools/train_matching.py; set by hand: "
        + ", ".join(sorted(BY_HAND)),
        "intercept": round(model.intercept, 3),
        "weights": {name: round(weight, 3) for name, weight in zip(FEATURES, model.weights, strict=True)},
        "typical": {name: round(value, 3) for name, value in zip(FEATURES, model.typical, strict=True)},
        "bands": {"likely": model.likely, "possible": model.possible},
    }
    target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Fit on everything; print the weights; write them when asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--bench", type=Path, default=ROOT.parent / "shared" / "bench" / "matching")
    parser.add_argument("--write", action="store_true", help="write config/matching/weights.json")
    options = parser.parse_args()
    if not (options.bench / "dev.csv").is_file():
        print(f"There is no dev.csv in {options.bench}; say where it is with --bench.", file=sys.stderr)
        return 2
    data = load(options.bench)
    model = fit(data.features, data.grades)
    for name, weight in zip(FEATURES, model.weights, strict=True):
        print(f"{name:18} {weight:8.3f}{'  (by hand)' if name in BY_HAND else ''}")
    print(f"{'intercept':18} {model.intercept:8.3f}")
    if options.write:
        write(model, ROOT / "config" / "matching" / "weights.json")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
