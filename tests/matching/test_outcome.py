"""What matching is asked with unless somebody says otherwise, and that an empty answer is one."""

from __future__ import annotations

from pipeline.matching.outcome import MatchingResult, MatchingSettings


def test_unless_somebody_says_otherwise() -> None:
    settings = MatchingSettings()
    assert (settings.per_request, settings.groups_per_request, settings.nearly_per_request) == (3, 1, 1)
    assert (settings.least_score, settings.today) == (None, None)
    assert (settings.visits_when_unstated, settings.exposure) == (6, 2)


def test_nothing_found_is_an_answer() -> None:
    assert MatchingResult() == MatchingResult(candidates=(), nearly=(), unmet=(), invitations=())
