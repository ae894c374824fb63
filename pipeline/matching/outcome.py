"""What matching is asked with and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pipeline.model import Candidate, NearMiss, Unmet

LEAST_SCORE = 0.25
"""Probability from which a proposal is made at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingSettings:
    """How much to propose, and what today is."""

    per_request: int = 3
    """Pairs per request: the primary proposal and its alternates."""
    groups_per_request: int = 1
    least_score: float = LEAST_SCORE
    """Nothing weaker is proposed, except to somebody who asked for that partner by name."""
    nearly_per_request: int = 1
    today: date | None = None
    """Windows wholly before this day are impossible; None: dates are compared with one another only."""
    visits_when_unstated: int = 6
    """Visits a host who gave no number is proposed for at once."""
    exposure: int = 2
    """Open proposals per remaining visit of a host, primaries and alternates together."""

    def admits(self, score: float, *, by_name: bool) -> bool:
        """Whether what is that probable is proposed; `by_name`: the request asked for that very partner."""
        return by_name or score >= self.least_score


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Somebody asked for a partner by name whom nobody here knows: a line for the officer to act on."""

    asked_by: str
    """Entry id."""
    organisation: str
    """Who asks."""
    name: str
    """The name as it was written."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingResult:
    """Everything one call found: what to propose, what almost fits, and what nobody can give yet."""

    candidates: tuple[Candidate, ...] = ()
    """Pairs by request and rank, then groups of three (`joining` set)."""
    given: Mapping[tuple[str, ...], Candidate] = field(default_factory=dict)
    """The parties that were to be judged in any case, by their entry ids, however little they fit."""
    nearly: tuple[NearMiss, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    waiting: Mapping[str, str] = field(default_factory=dict)
    """Id of each entry without a proposal or introduction -> why nobody fits it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRow:
    """One line of `matchmaker explain`: `weight` is what the value adds to the log-odds, against a usual pair."""

    name: str
    value: float
    weight: float
    sentence: str
