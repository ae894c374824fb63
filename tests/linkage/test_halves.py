"""Two halves read apart are one list."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from pipeline.linkage import halves
from pipeline.linkage.columns import Columns
from pipeline.linkage.normalise import prepare
from pipeline.linkage.records import Record


def some_records() -> list[Record]:
    towns = ["Borås", "Göteborg", "Malmö", "Lund", "Skövde"]
    return [
        Record(
            record_id=str(number),
            organisation=("Municipality of {}", "{} stad", "Education Department, City of {}")[number % 3].format(town),
            country="Sweden",
            city=town if number % 2 else None,
            website=f"https://www.town{number % 5}.example/edu",
            email=f"a{number}@town{number % 4}.example",
            oid=f"E{number}" if number % 7 == 0 else None,
        )
        for number, town in enumerate(towns * 8)
    ]


def test_the_same_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    records = some_records()
    whole = prepare(records)
    monkeypatch.setattr(halves, "MANY", 10)
    seen: list[tuple[int, int]] = []
    found = halves.prepare_all(records, {}, lambda done, total: seen.append((done, total)))
    assert len(found) == len(records)
    for field in fields(Columns):
        one, other = getattr(whole, field.name), getattr(found, field.name)
        if field.name in halves.IDS:
            assert np.array_equal(np.array(whole.texts)[one], np.array(found.texts)[other]), field.name
        elif isinstance(one, np.ndarray):
            assert np.allclose(one, other), field.name
        elif field.name != "texts":
            assert one == other, field.name
    assert seen[-1] == (len(records), len(records))
