"""A field that is not on the data map does not get in."""

from __future__ import annotations

import dataclasses

import pytest

from pipeline import model
from pipeline.config import RetentionSettings
from pipeline.data_map import DATA_MAP, HOLDS_NOTHING_PERSONAL, Place, personal_uses, places_of

NOUNS = {name: noun for name, noun in vars(model).items() if dataclasses.is_dataclass(noun)}


@pytest.mark.parametrize("name", sorted(NOUNS))
def test_every_field_of_every_noun_is_on_the_map(name: str) -> None:
    if name in HOLDS_NOTHING_PERSONAL:
        assert name not in DATA_MAP
        return
    fields = {field.name for field in dataclasses.fields(NOUNS[name])}
    assert set(DATA_MAP.get(name, {})) == fields, f"Say in pipeline/data_map.py what {name}'s new field is kept for."


def test_the_map_names_no_noun_that_is_gone() -> None:
    assert set(DATA_MAP) | HOLDS_NOTHING_PERSONAL <= set(NOUNS)


def test_every_retention_it_names_is_a_setting() -> None:
    for use in personal_uses():
        named = [word.strip(";,") for word in use.kept.split() if word.startswith("retention.")]
        assert named, use.what
        assert {word.removeprefix("retention.") for word in named} <= set(RetentionSettings.model_fields)


def test_addresses_are_known_to_lie_in_the_ledger_and_in_letters() -> None:
    assert {Place.LEDGER, Place.LETTERS, Place.RESPONSES} <= set(places_of("Response", "email"))
