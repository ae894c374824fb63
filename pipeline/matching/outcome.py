"""What matching is asked with and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipeline.model import Candidate, NearMiss, Unmet


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingSettings:
    """How much to propose, and what today is."""

    per_request: int = 3
    """Pairs per request: the primary proposal and its alternates."""
    groups_per_request: int = 1
    least_score: float | None = None
    """Nothing weaker is proposed, except to somebody who asked for that partner by name; None: what the weights say."""
    nearly_per_request: int = 1
    today: date | None = None
    """Windows wholly before this day are impossible; None: dates are compared with one another only."""
    visits_when_unstated: int = 6
    """Visits a host who gave no number is proposed for at once."""
    exposure: int = 2
    """Open proposals per remaining visit of a host, primaries and alternates together."""


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
    nearly: tuple[NearMiss, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    invitations: tuple[Invitation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRow:
    """One line of `matchmaker explain`: `weight` is what the value adds to the log-odds, against a usual pair."""

    name: str
    value: float
    weight: float
    sentence: str
