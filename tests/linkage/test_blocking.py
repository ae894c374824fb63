"""Candidate pairs: those that matter, and never more than the data warrants."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.linkage import Record
from pipeline.linkage.blocking import BLOCK_CAP, PAIRS_PER_RECORD, candidate_pairs
from pipeline.linkage.normalise import prepare

Make = Callable[..., Record]


def found(records: list[Record]) -> set[tuple[int, int]]:
    pairs = candidate_pairs(prepare(records))
    return set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


def test_what_shares_a_telling_key_is_compared(record: Make) -> None:
    records = [
        record("Gothenburg Municipality", "Sweden"),
        record("Göteborgs Stad", "Sverige", "Göteborg"),
        record("NAV", "Norway"),
        record("Norwegian Agency Vision", "Norway"),
        record("Zentrum Hoogeveen", "Germany"),
        record("Zentrum Khoogeveen", "Germany"),
        record("Anything", None, None, "shared.example"),
        record("Else", None, None, None, "x@shared.example"),
    ]
    pairs = found(records)
    assert {(0, 1), (2, 3), (4, 5), (6, 7)} <= pairs


def test_a_key_everybody_has_is_no_key(record: Make) -> None:
    records = [record(f"Body{chr(97 + n % 26)}{n}x", "Spain", "Barcelona", "gencat.cat") for n in range(BLOCK_CAP * 3)]
    assert len(found(records)) <= PAIRS_PER_RECORD * len(records)


def test_cost_grows_with_the_data_not_with_its_square(record: Make) -> None:
    def pairs_each(count: int) -> float:
        records = [record(f"IES Maria {n % 97} Moulin{n}", "Spain", "Madrid", "school.example") for n in range(count)]
        return len(found(records)) / count

    assert pairs_each(3000) <= max(2 * pairs_each(750), PAIRS_PER_RECORD)


def test_a_record_is_not_compared_with_itself(record: Make) -> None:
    records = [record("Borås Stad", "Sweden", "Borås", "boras.se", "a@boras.se")] * 2
    assert found([records[0]]) == set()
