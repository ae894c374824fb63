"""What matching is asked with unless somebody says otherwise, and that an empty answer is one."""

from __future__ import annotations

from pipeline.matching.outcome import MatchingResult, MatchingSettings


def test_unless_somebody_says_otherwise() -> None:
    settings = MatchingSettings()
    assert (settings.per_request, settings.groups_per_request, settings.nearly_per_request) == (3, 1, 1)
    assert (settings.least_score, settings.today) == (0.25, None)
    assert (settings.visits_when_unstated, settings.exposure) == (6, 2)


def test_nothing_found_is_an_answer() -> None:
    assert MatchingResult() == MatchingResult(candidates=(), nearly=(), unmet=(), invitations=())


def test_what_is_strong_enough_or_asked_for_by_name_is_admitted() -> None:
    usual, strict = MatchingSettings(), MatchingSettings(least_score=0.7)
    assert [usual.admits(score, by_name=False) for score in (0.7, 0.25, 0.24)] == [True, True, False]
    assert [strict.admits(score, by_name=False) for score in (0.7, 0.69)] == [True, False]
    assert usual.admits(0.01, by_name=True)
