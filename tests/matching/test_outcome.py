"""What matching is asked with unless somebody says otherwise, and that an empty answer is one."""

from __future__ import annotations

from pipeline.matching.outcome import MatchingResult, MatchingSettings
from pipeline.model import Band


def test_unless_somebody_says_otherwise() -> None:
    settings = MatchingSettings()
    assert (settings.per_request, settings.groups_per_request, settings.nearly_per_request) == (3, 1, 1)
    assert (settings.least_band, settings.today) == (Band.POSSIBLE, None)
    assert (settings.visits_when_unstated, settings.exposure) == (6, 2)


def test_nothing_found_is_an_answer() -> None:
    assert MatchingResult() == MatchingResult(candidates=(), nearly=(), unmet=(), invitations=())


def test_what_is_strong_enough_or_asked_for_by_name_is_admitted() -> None:
    usual, strict = MatchingSettings(), MatchingSettings(least_band=Band.LIKELY)
    assert [usual.admits(band, by_name=False) for band in Band] == [True, True, False]
    assert [strict.admits(band, by_name=False) for band in Band] == [True, False, False]
    assert usual.admits(Band.LONG_SHOT, by_name=True)
