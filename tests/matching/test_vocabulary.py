"""The word lists of matching: answers -> codes, places -> codes, and what is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.forms.form import load_form
from pipeline.matching import vocabulary as module
from pipeline.matching.vocabulary import fold, vocabulary, weights_file


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Borås", "boras"), ("TØNSBERG", "tonsberg"), ("Straße", "strasse"), ("Łódź", "lodz"), ("l’école", "l'ecole"),
     ("Школа", "школа"), ("a, b!", "a, b!")],
)  # fmt: skip
def test_lower_case_without_accents(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("key", "kind"), [("topics", "topics"), ("formats", "formats"), ("travellers", "target_groups")]
)
def test_every_option_of_the_form_means_codes_that_have_a_name(key: str, kind: str) -> None:
    for option in load_form().by_key[key].options:
        assert option.codes, option.text
        assert set(option.codes) <= set(getattr(vocabulary(), kind)), option.text


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        (("Norway",), ("NO",)),
        ((" norway ", "NO"), ("NO",)),
        (("Spain",), ("ES", "ES-CT")),
        (("ES-CT",), ("ES-CT",)),
        (("Atlantis",), ()),
        ((), ()),
    ],
)
def test_places(names: tuple[str, ...], codes: tuple[str, ...]) -> None:
    assert vocabulary().place_codes(names) == codes


def test_every_concept_has_a_label_and_stems() -> None:
    for concept in vocabulary().concepts:
        assert concept.label
        assert any(concept.stems.values()), concept.label
        assert all(stem == fold(stem) for stems in concept.stems.values() for stem in stems)


def test_the_weights_are_there() -> None:
    assert weights_file()


def test_a_missing_list_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "data_file", lambda *parts: tmp_path.joinpath(*parts))
    with pytest.raises(ConfigurationError, match=r"config/matching/weights\.json is missing"):
        weights_file.__wrapped__()
