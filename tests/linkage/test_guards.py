"""Rules a person could state, each by itself: the model may not be needed to keep these apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.linkage import Record
from pipeline.linkage.blocking import Pairs
from pipeline.linkage.guards import rules
from pipeline.linkage.normalise import prepare

Make = Callable[..., Record]


def ruled(one: Record, other: Record) -> str:
    """The name of the rule that holds."""
    found = rules(prepare([one, other]), Pairs(np.array([0], np.int32), np.array([1], np.int32)))
    names = {"forbidden": found.forbidden[0], "asunder": found.asunder[0], "ask": found.ask[0]}
    return next((name for name, holds in names.items() if holds), "free")


@pytest.mark.parametrize(
    ("one", "other", "country", "verdict"),
    [
        ("Borås Stad", "Working Life Department, City of Borås", "Sweden", "forbidden"),
        ("Comune di Bosconero", "Ufficio Istruzione Comune di Bosconero", "Italy", "forbidden"),
        ("Vestland County Council", "Department for Education, Vestland County Council", "Norway", "forbidden"),
        ("Borås Stad", "Municipality of Borås", "Sweden", "free"),
        ("Městský úřad Říčany", "City of Říčany", "Czechia", "free"),
        ("Education Department, City of Borås", "Working Life Department, City of Borås", "Sweden", "asunder"),
        ("Jugendamt Stadt Wald", "Schulamt Stadt Wald", "Germany", "asunder"),
        ("Jugendamt Stadt Wald", "Education Department, City of Wald", "Germany", "ask"),
        ("Employment Department, City of Wald", "Working Life Department, City of Wald", "Germany", "free"),
        ("Youth Department, City of Wald", "Jugendamt Stadt Wald", "Germany", "free"),
    ],
)
def test_departments(record: Make, one: str, other: str, country: str, verdict: str) -> None:
    assert ruled(record(one, country), record(other, country)) == verdict


def test_oids(record: Make) -> None:
    names = ("Uni Bremen", "Germany", "Bremen")
    assert ruled(record(*names, oid="E1"), record(*names, oid="E2")) == "forbidden"
    assert ruled(record(*names, oid="E1"), record(*names, oid=" e1")) == "free"
    assert ruled(record(*names, oid="E1"), record(*names)) == "free"
