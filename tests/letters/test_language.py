from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.letters.compose import Composer
from pipeline.letters.templating import Templates, load_templates
from pipeline.letters.verify import read_back
from pipeline.model import Match

SHIPPED = Path(__file__).parents[2] / "templates"


@pytest.fixture
def two_languages(tmp_path: Path) -> Templates:
    """English and a French that was begun: greeting, dates and sides are translated, most text is not yet."""
    for language in ("en", "fr"):
        shutil.copytree(SHIPPED / "en", tmp_path / language)
    words = (tmp_path / "fr/words.toml").read_text(encoding="utf-8")
    for old, new in (
        ('dear = "Dear"', 'dear = "Bonjour"'),
        ('locale = "en_GB"', 'locale = "fr"'),
        ("sending organisation", "organisation d'envoi"),
        ('"{first} to {last}"', '"du {first} au {last}"'),
    ):
        assert old in words
        words = words.replace(old, new)
    (tmp_path / "fr/words.toml").write_text(words, encoding="utf-8")
    return load_templates(tmp_path)


def speaking(match: Match, *languages: tuple[str, ...]) -> Match:
    parties = tuple(replace(party, languages=spoken) for party, spoken in zip(match.parties, languages, strict=True))
    return replace(match, parties=parties)


@pytest.mark.parametrize(
    ("languages", "chosen"),
    [
        ((("French",), ("Français", "English")), "fr"),
        ((("fr",), ("francés", "fr")), "fr"),
        ((("French", "English"), ("English", "French")), "en"),
        ((("French",), ("German",)), "en"),
        ((("French",), ()), "en"),
    ],
)
def test_the_letter_is_in_a_language_all_work_in(
    languages: tuple[tuple[str, ...], ...],
    chosen: str,
    pair: Match,
    desk: Callable[..., Composer],
    two_languages: Templates,
) -> None:
    composer = replace(desk(), templates=two_languages)
    seen = read_back(composer.introduction(speaking(pair, *languages), None).content)
    assert seen.headers["Content-Language"] == chosen
    assert f'<html lang="{chosen}">' in seen.html


def test_words_and_dates_follow_the_language(
    pair: Match, desk: Callable[..., Composer], two_languages: Templates
) -> None:
    composer = replace(desk(), templates=two_languages)
    text = read_back(composer.introduction(speaking(pair, ("French",), ("fr",)), None).content).text
    assert text.startswith("Bonjour Ingrid Hillestad Bårgard et Nicholas Waller,")
    assert "ORGANISATION D'ENVOI" in text
    assert "Bergen, Vestland, Norvège" in text
    assert "du 28 avril 2025 au 13 juin 2025" in text
    assert "mercredi 7 mai 2025" in " ".join(text.split())


def test_a_question_follows_the_asked_side_alone(
    pair: Match, desk: Callable[..., Composer], two_languages: Templates
) -> None:
    match = speaking(pair, ("English",), ("French",))
    letter = replace(desk(), templates=two_languages).question(match, match.receiving)
    assert b"Content-Language: fr" in letter.content
