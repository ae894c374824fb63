"""The tab `Nearly`: pairs that one askable rule keeps apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.model import NearMiss
from pipeline.tabs.tab import RECEIVING, SENDING, Body, Rows, Tab, program

KEPT_APART_BY = "What keeps them apart"

SHOWN = 200
"""More near misses than an officer reads in a year; the closest come first."""

TAB = Tab(
    name="Nearly",
    body=Body.WHOLE,
    columns=(program(SENDING, 220), program(RECEIVING, 220), program(KEPT_APART_BY, 420)),
)


def body(nearly: Sequence[NearMiss], names: Mapping[str, str]) -> Rows:
    """The most promising first. `names` gives for each open entry what its organisation is called."""
    ordered = sorted(nearly, key=lambda miss: (-miss.score, miss.sending, miss.receiving))[:SHOWN]
    return tuple(
        TAB.cells({SENDING: names[miss.sending], RECEIVING: names[miss.receiving], KEPT_APART_BY: miss.sentence})
        for miss in ordered
        if miss.sending in names and miss.receiving in names
    )
