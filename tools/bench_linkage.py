"""Measure linkage on the bench's lists and print it beside baselines run in the same call.

    python tools/bench_linkage.py [../shared/bench/linkage] [--quick]

Accuracy on dev is five-fold by family: every pair is scored by models that never saw a pair with a record of
either family, over the whole list at once. Thresholds are those of the shipped model (chosen on the same
predictions, so they are worth a little to us). The word lexicon is learnt from other organisations' names;
of 1,260 in dev, 6 foreign and 41 English labels happen to be among its 32,966 pairs. `--quick` leaves out
the ablation and the two long lists.
"""

from __future__ import annotations

import csv
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import train_linkage
from linkage_data import Labelled, families, joined_after_answers, read_labelled, read_rows, scored
from train_linkage import case_of, report, train

from pipeline.linkage import PairState, link
from pipeline.linkage.clustering import groups
from pipeline.linkage.guards import Rules
from pipeline.linkage.reasons import GROUPS
from pipeline.linkage.scoring import model

DEFAULT = Path(__file__).resolve().parent.parent.parent / "shared" / "bench" / "linkage"
RUN = "import sys; from pathlib import Path; from pipeline.linkage.command import link_files; link_files(Path(sys.argv[1]), Path(sys.argv[2]), pairs=Path(sys.argv[3]))"  # noqa: E501


def baseline_rapidfuzz(part: Labelled) -> list[int]:
    """Names at least 85 alike in any word order, within a country; connected components."""
    from rapidfuzz import fuzz, process

    names = part.columns.in_order
    links: list[tuple[int, int]] = []
    for country in np.unique(part.columns.country).tolist():
        rows = np.flatnonzero(part.columns.country == country)
        texts = [names[row] for row in rows.tolist()]
        near = process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=85, workers=-1)
        links += [(int(rows[one]), int(rows[other])) for one, other in np.argwhere(np.triu(near, 1) > 0).tolist()]
    return groups(len(names), links)


def baseline_splink(part: Labelled) -> list[int] | None:
    """Splink 4 with a fixed model (m and u written down, nothing learnt from the list), p >= .95."""
    try:
        import pandas as pd
        import splink.comparison_library as compare
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError:
        return None
    columns = part.columns
    frame = pd.DataFrame(
        {
            "unique_id": range(len(columns)),
            "name": columns.in_order,
            "canonical": columns.canonical,
            "first": [columns.texts[number] or None for number in columns.concept[:, 0].tolist()],
            "domain": [
                columns.texts[web or mail] or None
                for web, mail in zip(columns.web_domain.tolist(), columns.mail_domain.tolist(), strict=True)
            ],
            "city": [number if number >= 0 else None for number in columns.city.tolist()],
            "country": columns.country,
        }
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=1 / len(columns),
        comparisons=[
            compare.JaroWinklerAtThresholds("name", [0.95, 0.85]).configure(
                m_probabilities=[0.2, 0.1, 0.25, 0.45], u_probabilities=[5e-5, 5e-5, 2e-3, 0.9979]
            ),
            compare.JaroWinklerAtThresholds("canonical", [0.98, 0.88]).configure(
                m_probabilities=[0.45, 0.05, 0.2, 0.3], u_probabilities=[2e-4, 1e-4, 3e-3, 0.9967]
            ),
            compare.ExactMatch("domain").configure(m_probabilities=[0.9, 0.1], u_probabilities=[1e-3, 0.999]),
            compare.ExactMatch("city").configure(m_probabilities=[0.8, 0.2], u_probabilities=[1e-2, 0.99]),
        ],
        blocking_rules_to_generate_predictions=[
            block_on(column, "country") for column in ("first", "domain", "name", "canonical", "city")
        ],
    )
    linker: Any = Linker(frame, settings, DuckDBAPI(), set_up_basic_logging=False)  # type: ignore[arg-type]
    scores = linker.inference.predict(threshold_match_probability=0.95)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(scores, 0.95).as_pandas_dataframe()
    return [int(label) for label in clusters.sort_values("unique_id")["cluster_id"]]


def seed_regime(part: Labelled) -> str:
    """seed.csv with the shipped model, which never saw it."""
    found = link(part.records)
    row = {record.record_id: number for number, record in enumerate(part.records)}
    entity = part.entity.tolist()
    cluster = [0] * len(entity)
    for number, members in enumerate(found.clusters):
        for member in members:
            cluster[row[member]] = number
    first = {label: cluster.index(label) for label in set(cluster)}
    strict = [first[label] for label in cluster]
    links = [pair for pair in found.pairs if pair.verdict is PairState.LINK]
    wrong = [pair for pair in links if entity[row[pair.left]] != entity[row[pair.right]]]
    asked = [(row[pair.left], row[pair.right]) for pair in found.pairs if pair.verdict is PairState.REVIEW]
    return (
        f"{len(links)} links of which wrong {len(wrong)}; {len(asked)} questions; true pairs joined after answers "
        f"{joined_after_answers(entity, strict, asked):.4f}"
    )


def timed_run(path: Path, folder: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of a fresh process that links a list and writes the pairs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", RUN, str(path), str(folder / "out.csv"), str(folder / "pairs.csv")], check=True
    )
    seconds = time.perf_counter() - start
    return seconds, max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1000


def unpacked(path: Path, folder: Path) -> Path:
    """The list as a plain CSV."""
    if path.suffix != ".gz":
        return path
    target = folder / path.stem
    with gzip.open(path, "rb") as packed:
        target.write_bytes(packed.read())
    return target


def timings(bench: Path, *, quick: bool) -> None:
    """From process start to files written, pairs with reasons included."""
    seconds_of: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = ["seed.csv", "dev.csv"] if quick else ["seed.csv", "dev.csv", "scale_10k.csv.gz", "scale_100k.csv.gz"]
        for file in files:
            path = unpacked(bench / file, folder)
            seconds, megabytes = timed_run(path, folder)
            seconds_of[file] = seconds
            rows = read_rows(path)
            with (folder / "out.csv").open(encoding="utf-8", newline="") as written:
                cluster = {row["record_id"]: int(row["cluster_id"][1:]) for row in csv.DictReader(written)}
            numbers = {entity: number for number, entity in enumerate(dict.fromkeys(row["entity_id"] for row in rows))}
            score = scored([numbers[row["entity_id"]] for row in rows], [cluster[row["record_id"]] for row in rows])
            note = "" if file != "dev.csv" else " (trained on)"
            print(
                f"  {file:18s} {len(rows):7,} rows  {seconds:6.2f} s  {megabytes:6.0f} MB  "
                f"pair F1 {score.pair:.4f}  B-cubed {score.cubed:.4f}{note}"
            )
    if not quick:
        print(f"  growth from 10k to 100k: {seconds_of['scale_100k.csv.gz'] / seconds_of['scale_10k.csv.gz']:.1f}-fold")


def ablation(lists: list[Labelled]) -> None:
    """What each part earns: trained anew without it, with a quarter of the trees to be done in minutes."""
    train_linkage.ALONE = {"trees": 70, "depth": 5, "rate": 0.2, "columns": 0.4}
    train_linkage.TOGETHER = {"trees": 40, "depth": 4, "rate": 0.2, "columns": 0.4}
    whole = train(lists, ship=False)
    dev = lists[0]
    print(f"  {'all, small':22s} {report(dev, whole.chances(0), model())}", flush=True)
    single = whole.chances(0)._replace(together=whole.alone[0])
    print(f"  {'pairs alone':22s} {report(dev, single, model())}", flush=True)
    case = case_of(dev, whole.chances(0), model())
    free = replace(case, ruled=Rules(*(np.zeros_like(case.ruled.forbidden) for _ in range(3))))
    score = scored(dev.entity.tolist(), free.balanced())
    print(f"  {'without rules':22s} pair F1 {score.pair:.4f}  B-cubed {score.cubed:.4f}", flush=True)
    entity = dev.entity.tolist()
    near = whole.together[0] >= model().balanced
    chained = groups(len(entity), zip(dev.pairs.left[near].tolist(), dev.pairs.right[near].tolist(), strict=True))
    score = scored(entity, chained)
    print(f"  {'connected components':22s} pair F1 {score.pair:.4f}  B-cubed {score.cubed:.4f}", flush=True)
    for group, features in GROUPS.items():
        trained = train(lists, frozenset(features), ship=False)
        print(f"  {'without ' + group:22s} {report(dev, trained.chances(0), model())}", flush=True)


def main() -> int:
    """Print everything."""
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    quick = "--quick" in sys.argv
    bench = Path(arguments[0]) if arguments else DEFAULT
    if not (bench / "dev.csv").is_file():
        print(
            f"Nothing was measured: the labelled lists are missing ({bench}). Say where they are: bench_linkage.py DIR"
        )
        return 2
    family_of = families(bench)
    lists = [read_labelled(bench / name, family_of) for name in ("dev.csv", "train_extra.csv")]
    dev = lists[0]
    print("dev.csv, five-fold by family")
    trained = train(lists, ship=False)
    print(f"  ours                 {report(dev, trained.chances(0), model())}")
    single = case_of(dev, trained.chances(0)._replace(together=trained.alone[0]), model())
    alone = scored(dev.entity.tolist(), single.balanced())
    print(f"  ours, pairs alone    pair F1 {alone.pair:.4f}  B-cubed {alone.cubed:.4f}")
    baselines: list[tuple[str, Callable[[Labelled], list[int] | None]]] = [
        ("RapidFuzz, country", baseline_rapidfuzz),
        ("Splink, fixed model", baseline_splink),
    ]
    for name, baseline in baselines:
        start = time.perf_counter()
        cluster = baseline(dev)
        if cluster is None:
            print(f"  {name:20s} not installed: uv sync --group bench")
            continue
        score = scored(dev.entity.tolist(), cluster)
        print(
            f"  {name:20s} pair F1 {score.pair:.4f}  B-cubed {score.cubed:.4f}  ({time.perf_counter() - start:.1f} s)"
        )
    print("seed.csv, shipped model")
    print(f"  {seed_regime(read_labelled(bench / 'seed.csv', family_of))}")
    print("from process start to files written")
    timings(bench, quick=quick)
    if not quick:
        print("dev.csv, five-fold, trained anew without a part")
        ablation(lists)
    return 0


if __name__ == "__main__":
    sys.exit(main())
