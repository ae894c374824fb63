"""Measure matching: quality on the development set, baselines, calibration, groups, assignment, speed.

    .venv/bin/python tools/bench_matching.py [--bench ../shared/bench/matching] [--sizes 3000,30000] [--json]

Scores of the development set are out of fold: the weights that score a request were fitted without any
entry on its subject. Every figure comes from the set's own scorer. Pools for the timings are generated.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import train_matching as training  # noqa: E402

from pipeline.cleaning.lists import write_list  # noqa: E402
from pipeline.matching import propose  # noqa: E402
from pipeline.matching.command import match_files  # noqa: E402
from pipeline.matching.eligibility import Masks  # noqa: E402
from pipeline.matching.features import FEATURES, read_pool  # noqa: E402
from pipeline.matching.files import COLUMNS, read_entries  # noqa: E402
from pipeline.matching.ranking import rank  # noqa: E402
from pipeline.matching.reasons import in_own_words  # noqa: E402
from pipeline.matching.scoring import shipped_model  # noqa: E402
from pipeline.matching.shortlist import assign  # noqa: E402
from pipeline.model import RIGHT_OF_100, AskedFor, Band, Entry  # noqa: E402

SEEDS = (0, 1, 2)
RIGHT = 2
"""Grade from which a proposal is right: closely related, or the need itself."""
MOST_OFF = 0.05
"""How far a band may be from what people are told about it."""
Scores = NDArray[np.float32]


def main() -> int:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description="Measure matching.")
    parser.add_argument("--bench", type=Path, default=ROOT.parent / "shared" / "bench" / "matching")
    parser.add_argument("--sizes", default="3000,30000", help="entries of the generated pools, empty for none")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--time-pool", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.time_pool:
        print(json.dumps(time_pool(options.time_pool)))
        return 0
    if not (options.bench / "dev.csv").is_file():
        print(f"Nothing was measured: the development set is missing ({options.bench}). Say where it is with --bench.")
        return 2
    bench = Bench(options.bench)
    report: dict[str, Any] = {
        "out of fold": bench.quality(),
        "baselines": bench.baselines(),
        "calibration": bench.calibration(options.build),
        "strength": bench.strength(),
        "strength in lists of 40": bench.strength_in_short_lists(),
        "strength in many languages": wild_strength(options.bench.parent / "wild" / "matching"),
        "command": bench.command(),
        "assignment": bench.assignment(),
        "published exchanges": bench.published(),
        "timings": {size: timing(bench.entries, int(size)) for size in options.sizes.split(",") if size},
    }
    print(json.dumps(report, indent=None if options.json else 1))
    return tell_promises(report["strength"])


class Bench:
    """The development set, read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scorer = _module(folder / "score_matches.py")
        self.data = training.load(folder)
        self.entries = self.data.entries
        self.forms = {row["id"]: row for row in self.scorer.rd(folder / "dev.csv")}
        self.truth: dict[str, dict[str, int]] = defaultdict(dict)
        for row in self.scorer.rd(folder / "dev_truth.csv"):
            self.truth[row["query_id"]][row["candidate_id"]] = int(row["grade"])
        self.declined = {(r["query_id"], r["candidate_id"]) for r in self.scorer.rd(folder / "dev_declined.csv")}
        self.across = self._across_languages()
        self.out_of_fold = [training.out_of_fold(self.data, seed) for seed in SEEDS]

    def _across_languages(self) -> set[str]:
        """Requests most of whose good partners wrote in another language."""
        found = set()
        for query, graded in self.truth.items():
            good = [other for other, grade in graded.items() if grade >= 2]
            foreign = [o for o in good if self.forms[o]["text_lang"] != self.forms[query]["text_lang"]]
            if good and 2 * len(foreign) >= len(good):
                found.add(query)
        return found

    def score(self, scores: Scores, pairs: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None) -> dict[str, float]:
        """The scorer's figures for scores of the possible pairs (or of any pairs)."""
        guests, hosts = pairs or (self.data.guests, self.data.hosts)
        ranked: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for guest, host, value in zip(guests, hosts, scores, strict=True):
            ranked[self.entries[guest].id].append((-float(value), self.entries[host].id))
        best = {query: sorted(found)[:40] for query, found in ranked.items()}
        everything = self.scorer.evaluate(self.forms, self.truth, self.declined, best)
        across = self.scorer.evaluate(self.forms, self.truth, self.declined, best, 5, self.across)
        names = ("ndcg5", "recall5", "mrr", "coverage", "violating")
        return {name: everything[name] for name in names} | {"ndcg5 across languages": across["ndcg5"]}

    def quality(self) -> dict[str, float]:
        """Means over three ways to fold."""
        runs = [self.score(scores) for scores in self.out_of_fold]
        return {name: round(float(np.mean([run[name] for run in runs])), 4) for name in runs[0]}

    def baselines(self) -> dict[str, dict[str, float]]:
        """What one would do first, with and without the hard rules."""
        guests, hosts = self.data.guests, self.data.hosts
        both = np.nonzero(~np.eye(len(self.entries), dtype=bool))
        overlap = np.array(
            [[len(set(a.topics) & set(b.topics)) for b in self.entries] for a in self.entries], np.float32
        )
        words = self.data.features[:, FEATURES.index("words")]
        ones = np.ones(len(guests), np.float32)
        structured = (
            sum(
                (
                    weight * self.data.features[:, FEATURES.index(name)]
                    for name, weight in {
                        "groups": 1,
                        "groups_apart": -1,
                        "place_wanted": 1,
                        "place_missed": -1,
                        "named": 3,
                    }.items()
                ),
                0 * ones,
            )
            + overlap[guests, hosts]
        )
        return {
            "shared topics, no rules": self.score(overlap[both], (both[0], both[1])),
            "shared topics + rules": self.score(overlap[guests, hosts]),
            "text + rules": self.score(words),
            "hand-weighted boxes + rules": self.score(structured),
        }

    def calibration(self, build: Path) -> dict[str, float]:
        """Expected calibration error out of fold, and a picture of it."""
        scores, wanted = self.out_of_fold[0], training.APPROVAL[self.data.grades]
        shown = self._first_five(scores)
        _picture(scores[shown], wanted[shown], build / "matching-calibration.png")
        return {
            "ece, all possible pairs": _calibration_error(scores, wanted),
            "ece, first five of each request": _calibration_error(scores[shown], wanted[shown]),
        }

    def strength(self) -> dict[str, dict[str, Any]]:
        """Of the proposals of each band, how many are right, and what people are told; each request out of fold too.

        Out of fold, a proposal has the band that weights fitted without any entry on its subject give it. A group is
        right when both of its guests fit the host.
        """
        position = {entry.id: number for number, entry in enumerate(self.entries)}
        pair = {
            (int(guest), int(host)): number
            for number, (guest, host) in enumerate(zip(self.data.guests, self.data.hosts, strict=True))
        }
        rows = []
        for one in propose(self.entries).candidates:
            ids = [position[name] for name in (one.sending, one.joining) if name]
            pairs = [pair[guest, position[one.receiving]] for guest in ids if (guest, position[one.receiving]) in pair]
            if len(pairs) == len(ids):
                rows.append((one.band, in_own_words(one.reasons), one.asked_for is AskedFor.THIS, pairs))
        told: dict[str, dict[str, Any]] = {}
        for name, scores in (
            ("shipped weights", None),
            *((f"out of fold {n}", s) for n, s in enumerate(self.out_of_fold)),
        ):
            model = shipped_model()
            found: dict[Band, list[bool]] = defaultdict(list)
            for band, said, named, pairs in rows:
                weakest = (
                    band if scores is None else model.band(float(scores[pairs].min()), in_own_words=said, by_name=named)
                )
                found[weakest].append(bool((self.data.grades[pairs] >= RIGHT).all()))
            told[name] = {band: _share(found[band]) for band in Band}
        return told

    def strength_in_short_lists(self, size: int = 40, lists: int = 40) -> dict[str, dict[str, Any]]:
        """The same with the shipped weights in random parts of the set: nobody there writes alike."""
        found: dict[Band, list[bool]] = defaultdict(list)
        for seed in range(lists):
            for one in propose(random.Random(seed).sample(list(self.entries), size)).candidates:
                ids = [name for name in (one.sending, one.joining) if name]
                found[one.band].append(all(self.truth[name].get(one.receiving, 0) >= RIGHT for name in ids))
        return {band: _share(found[band]) for band in Band}

    def _first_five(self, scores: Scores) -> NDArray[np.intp]:
        order = np.lexsort((-scores, self.data.guests))
        place = np.zeros(len(scores), np.intp)
        seen: Counter[int] = Counter()
        for pair in order:
            guest = int(self.data.guests[pair])
            place[pair] = seen[guest]
            seen[guest] += 1
        return np.nonzero(place < 5)[0]

    def command(self) -> dict[str, Any]:
        """`matchmaker match` with the shipped weights (fitted on this very set: an upper bound)."""
        with tempfile.TemporaryDirectory() as folder:
            out, groups, assignment = (Path(folder) / name for name in ("out.csv", "groups.csv", "assign.csv"))
            began = time.perf_counter()
            match_files(
                self.folder / "dev.csv",
                out,
                declined=self.folder / "dev_declined.csv",
                groups=groups,
                assignment=assignment,
            )
            seconds = time.perf_counter() - began
            scored = subprocess.run(
                [
                    sys.executable,
                    str(self.folder / "score_matches.py"),
                    *(str(self.folder / name) for name in ("dev.csv", "dev_truth.csv", "dev_declined.csv")),
                    str(out),
                    "--groups-truth",
                    str(self.folder / "dev_groups.csv"),
                    "--groups-pred",
                    str(groups),
                    "--assign",
                    str(assignment),
                    "--json",
                ],
                capture_output=True,
                text=True,
                check=True,
            )
        return {"seconds": round(seconds, 2), **json.loads(scored.stdout)}

    def assignment(self) -> dict[str, dict[str, Any]]:
        """Within capacity, out of fold, requests that travel: ours against first come, first served."""
        scores = self.out_of_fold[0]
        arcs: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for pair in np.lexsort((-scores, self.data.guests)):
            guest = int(self.data.guests[pair])
            if self.entries[guest].id in self.truth and len(arcs[guest]) < 40:
                arcs[guest].append((int(self.data.hosts[pair]), float(scores[pair])))
        visits = {
            number: len(self.entries) if entry.max_visits is None else entry.max_visits - entry.committed_visits
            for number, entry in enumerate(self.entries)
        }
        ways: Mapping[str, Callable[..., dict[int, int]]] = {"ours": assign, "first come, first served": first_come}
        found = {}
        for name, way in ways.items():
            chosen = [(self.entries[g].id, self.entries[h].id) for g, h in way(arcs, visits).items()]
            result = self.scorer.assign(self.forms, self.truth, self.declined, chosen)
            found[name] = {key: result[key] for key in ("assigned", "over_capacity", "total_grade", "served_g2")}
        return found

    def published(self) -> dict[str, Any]:
        """The four published exchanges, alone and among 400 others (three samples)."""
        told = json.loads((self.folder / "seed_exchanges.json").read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "seeds.csv"
            write_list(
                source, COLUMNS, ([form.get(name, "") for name in COLUMNS] for form in told["forms"]), ids=COLUMNS
            )
            ours = read_entries(source)
        found: dict[str, Any] = {}
        for sample in range(4):
            others = random.Random(sample).sample(list(self.entries), 400) if sample else []
            found[f"among 400 others, sample {sample}" if sample else "alone"] = _places(told, [*ours, *others])
        return found


def _share(right: Sequence[bool]) -> dict[str, Any]:
    return {"proposals": len(right), "right": round(sum(right) / max(1, len(right)), 3)}


def wild_strength(folder: Path) -> dict[str, Any] | str:
    """The same for the answers in many languages, which nothing was fitted to."""
    if not (folder / "wild.csv").is_file():
        return f"not measured: there is no {folder / 'wild.csv'}"
    with (folder / "wild_truth.csv").open(encoding="utf-8", newline="") as lines:
        grade = {(row["query_id"], row["candidate_id"]): int(row["grade"]) for row in csv.DictReader(lines)}
    found: dict[Band, list[bool]] = defaultdict(list)
    for one in propose(read_entries(folder / "wild.csv")).candidates:
        ids = [name for name in (one.sending, one.joining) if name]
        found[one.band].append(all(grade.get((name, one.receiving), 0) >= RIGHT for name in ids))
    return {band: _share(found[band]) for band in Band}


def tell_promises(strength: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> int:
    """Say which bands are not as often right as the review tab's note says: 1 when any is not, else 0."""
    missed = [
        f"{name}: {band} is right in {shares[band]['right']:.2f}, the note says {right / 100:.2f}"
        for name, shares in strength.items()
        for band, right in RIGHT_OF_100.items()
        if abs(shares[band]["right"] - right / 100) > MOST_OFF
    ]
    for line in missed:
        print(line, file=sys.stderr)
    return 1 if missed else 0


def first_come(arcs: Mapping[int, Sequence[tuple[int, float]]], visits: Mapping[int, int]) -> dict[int, int]:
    """What one would do without thinking: each guest in turn takes the best host that has a visit left.

    The baseline that `assign` is held against.
    """
    left = dict(visits)
    taken: dict[int, int] = {}
    for guest, hosts in arcs.items():
        for host, _ in hosts:
            if left.get(host, 0) > 0:
                left[host] -= 1
                taken[guest] = host
                break
    return taken


def _places(told: Mapping[str, Any], entries: Collection[Entry]) -> dict[str, Any]:
    ordered = sorted(entries, key=lambda entry: entry.id)
    position = {entry.id: number for number, entry in enumerate(ordered)}
    pool = read_pool(ordered)
    masks = Masks(ordered)
    ranking = rank(pool, masks, shipped_model(), keep=40)
    places = {}
    for query, host, _ in told["expected_pairs"]:
        ranked = ranking.get(position[query])
        ids = [ordered[number].id for number in ranked.hosts] if ranked else []
        places[f"{query} -> {host}"] = ids.index(host) + 1 if host in ids else None
    everyone = np.arange(len(ordered))
    possible = masks.block(everyone, everyone)
    shown = [pair for pair in told["must_not"] if possible[position[pair[0]], position[pair[1]]]]
    return {"place": places, "forbidden pairs shown": len(shown)}


def _calibration_error(scores: Scores, wanted: NDArray[np.float64]) -> float:
    """Mean distance between predicted and actual approval over ten bins of the score."""
    bins = np.clip((scores * 10).astype(int), 0, 9)
    parts = [
        abs(scores[bins == b].mean() - wanted[bins == b].mean()) * (bins == b).mean()
        for b in range(10)
        if (bins == b).any()
    ]
    return round(float(sum(parts)), 4)


def _picture(scores: Scores, wanted: NDArray[np.float64], target: Path) -> None:
    try:
        import matplotlib as mpl
    except ImportError:
        print("matplotlib is not installed, so there is no picture: uv sync --group bench", file=sys.stderr)
        return
    mpl.use("Agg")
    from matplotlib import pyplot as plot

    bins = np.clip((scores * 10).astype(int), 0, 9)
    used = [b for b in range(10) if (bins == b).any()]
    figure, axes = plot.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot([scores[bins == b].mean() for b in used], [wanted[bins == b].mean() for b in used], marker="o")
    axes.set(xlabel="predicted approval", ylabel="actual approval", title="First five of each request, out of fold")
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=120)
    plot.close(figure)


def timing(entries: Sequence[Entry], size: int) -> dict[str, Any]:
    """A generated pool of that size through the command, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pool.csv"
        write_pool(entries, size, source)
        done = subprocess.run(
            [sys.executable, str(Path(__file__).resolve()), "--time-pool", str(source)],
            capture_output=True,
            text=True,
            check=True,
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def time_pool(source: Path) -> dict[str, Any]:
    """Seconds and memory for one file; then one new request against the same pool."""
    import resource

    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        match_files(source, Path(folder) / "out.csv", assignment=Path(folder) / "assign.csv", top=5)
    whole, busy = time.perf_counter() - began, time.process_time()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    entries = sorted(read_entries(source), key=lambda entry: entry.id)
    pool, masks = read_pool(entries), Masks(entries)
    model = shipped_model()
    asking = [number for number, entry in enumerate(entries) if entry.role != "host"][:21]
    rank(pool, masks, model, keep=20, guests=asking[:1])
    began = time.perf_counter()
    for number in asking[1:]:
        rank(pool, masks, model, keep=20, guests=[number])
    return {
        "seconds": round(whole, 2),
        "seconds of processor, with start": round(busy, 2),
        "peak GB": round(memory, 2),
        "one request, seconds": round((time.perf_counter() - began) / max(1, len(asking) - 1), 4),
    }


def write_pool(entries: Sequence[Entry], size: int, target: Path) -> None:
    """Entries like the given ones, with shifted dates and an invented vocabulary as large as real text's."""
    chance = random.Random(size)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is", "ol")]
    invented = ["".join(chance.choices(syllables, k=4)) for _ in range(20_000)]
    common = [1 / (rank + 20) for rank in range(len(invented))]
    rows = []
    for number in range(size):
        model = chance.choice(entries)
        shift = timedelta(days=chance.randrange(-150, 150))
        text = f"{chance.choice(entries).text or ''} {' '.join(chance.choices(invented, common, k=15))}."
        entry = replace(
            model,
            id=f"G{number:06}",
            organisation=f"{model.organisation} {number}",
            email_domain=f"o{number}.example",
            country=chance.choice(entries).country,
            languages=chance.choice(entries).languages,
            date_from=model.date_from + shift if model.date_from else None,
            date_to=model.date_to + shift if model.date_to else None,
            named_partner=None,
            text=f"{model.text or ''} {text}" if chance.random() < 0.3 else f"{model.text or ''} {text[-120:]}",
        )
        rows.append([_cell(getattr(entry, name)) for name in COLUMNS])
    write_list(target, COLUMNS, rows, ids=COLUMNS)


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    raise SystemExit(main())
