"""What linkage is given and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.model import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One mention of an organisation. `organisation` is "unit, organisation" when a unit was given.

    `country` is what was typed or a code. `also_known_as` are further names of the same mention (a local
    name beside the English one). Blank is None.
    """

    record_id: str
    organisation: str
    country: str | None = None
    city: str | None = None
    website: str | None = None
    email: str | None = None
    oid: str | None = None
    parent: str | None = None
    also_known_as: tuple[str, ...] = ()


class PairState(StrEnum):
    """What becomes of a pair: joined by the program, or put before a person."""

    LINK = "link"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairVerdict:
    """Two records that are one organisation, or may be, and why. `left` < `right` in input order."""

    left: str
    right: str
    probability: float
    verdict: PairState
    reasons: tuple[Reason, ...] = ()
    rivals: tuple[tuple[str, str], ...] = ()
    """Of a question the others (`left`, `right`) whose answer may settle it: not to be asked at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkage:
    """Which records are one organisation.

    `clusters`: at the strict threshold, for a list where people answer the open questions.
    `balanced`: the best single guess, for a list where nobody can be asked. Both are partitions of all
    record ids, in input order. `pairs`: the links inside `clusters` and one question per pair of clusters
    in doubt.
    """

    clusters: tuple[tuple[str, ...], ...]
    balanced: tuple[tuple[str, ...], ...]
    pairs: tuple[PairVerdict, ...] = field(default=())
