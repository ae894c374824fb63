"""What a text is about: ideas across languages, asides, and the language itself."""

from __future__ import annotations

import pytest

from pipeline.matching.text import ASIDE_WEIGHT, closed_in, condition_in, language_of, quotable, terms
from pipeline.matching.vocabulary import fold, vocabulary

PRISON = "§prison and probation"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Training for inmates before release"),
        ("ca", "Aules dins d'un centre penitenciari"),
        ("de", "Unterricht in der Justizvollzugsanstalt und im Strafvollzug"),
        ("fr", "Former les détenus en maison d'arrêt"),
        ("no", "Opplæring av innsatte i fengsel"),
        ("nl", "Onderwijs aan gedetineerden"),
    ],
)
def test_the_same_idea_is_found_in_other_languages(language: str, text: str) -> None:
    assert PRISON in terms(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We would like to see how others deal with this and what they do", "en"),
        ("Nous cherchons des partenaires pour une visite avec nos élèves", "fr"),
        ("Wir suchen eine Schule, die mit uns für ein Jahr arbeitet", "de"),
        ("Vi vill se hur andra arbetar och vad det ger för resultat", "sv"),
        ("Volem veure com ho fan altres centres amb els seus alumnes", "ca"),
        ("xyz", None),
    ],
)
def test_the_language_of_a_text_is_told(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "Gardens for pupils. (We have separate projects about prison teaching.)",
        "Gardens for pupils. Elsewhere in our organisation colleagues deal with prison teaching.",
    ],
)
def test_an_aside_weighs_less(text: str) -> None:
    found = terms(text, "en")
    assert found[PRISON] == ASIDE_WEIGHT
    assert found["§pupils"] == 1.0


def test_folding_keeps_other_scripts_and_drops_accents() -> None:
    assert fold("Ærøskøbing Łódź Straße ÉCOLE") == "aeroskobing lodz strasse ecole"
    assert fold("Θεσσαλονίκη") == "θεσσαλονικη"


def test_quotes_leave_out_links_asides_and_control_characters() -> None:
    text = "Come to https://evil.example/now please. (And much else besides, really.) Inmates learn\x00\n a trade here."
    assert quotable(text) == ("a trade here",) or all("http" not in q and q.isprintable() for q in quotable(text))


def test_countries_become_codes() -> None:
    assert vocabulary().place_codes(("Spain", "Norge", "Atlantis", "BE-VLG")) == ("ES", "ES-CT", "NO", "BE-VLG")


def test_the_thesaurus_has_each_idea_once_and_in_lower_case() -> None:
    concepts = vocabulary().concepts
    labels = [concept.label for concept in concepts]
    assert len(set(labels)) == len(labels) > 50
    for concept in concepts:
        assert "en" in concept.stems
        assert all(stem and stem == fold(stem) for stems in concept.stems.values() for stem in stems)


@pytest.mark.parametrize(
    ("said", "idea", "is_meant"),
    [
        ("We want to learn how others organise career guidance.", "health and care", False),
        ("We look after careful, economic windows and veterans who are ready.", "energy", False),
        ("The local economy needs us.", "climate and environment", False),
        ("Care for the elderly, and caregivers.", "health and care", True),
        ("Wind and hydrogen power.", "energy", True),
    ],
)
def test_a_word_that_only_begins_like_another_is_not_taken_for_it(said: str, idea: str, is_meant: bool) -> None:
    assert (f"§{idea}" in terms(said, "en")) is is_meant


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("We show our workshops. Closed in July and August. Come and see!", "Closed in July and August."),
        ("Gern. Im Februar sind Prüfungen, da geht nichts.", "Im Februar sind Prüfungen, da geht nichts."),
        ("Sausį nepriimame.", "Sausį nepriimame."),
        ("Máximo cinco visitantes.", "Máximo cinco visitantes."),
        ("Groups until 6 persons only. We have a garden.", "Groups until 6 persons only."),
        ("We only speak English. No guests in May.", "No guests in May."),
        ("Our workshops are not far from the sea.", None),
        ("Our main question: not enough assistants for homes.", None),
        ("Digital tools as such do not interest us.", "Digital tools as such do not interest us."),
        ("Interested in young people whom nobody has on a list.", None),
        ("Trys savaitės vasarą be chemijos.", None),
        ("We may not be the largest, but no student leaves us.", None),
        ("No guests in May.", "No guests in May."),
        ("La salle n'a pas été utilisée en général.", None),
        ("Come in May; bring 6 people.", None),
        ("", None),
    ],
)
def test_a_condition_is_found_as_it_was_written(text: str, condition: str | None) -> None:
    assert condition_in(text) == condition


@pytest.mark.parametrize(
    ("sentence", "months"),
    [
        ("Attention : internat fermé du 5 juillet au 31 août, aucun accueil.", {7, 8}),
        ("Όχι Ιούνιο-Σεπτέμβριο, γιατί πνιγόμαστε.", {6, 7, 8, 9}),
        ("Kein Besuch von Dezember bis Februar.", {12, 1, 2}),
        ("W styczniu nie przyjmujemy.", {1}),
        ("Ei vieraita tammikuussa.", {1}),
        ("Nikoga u listopadu, sorry.", {10, 11}),
        ("No guests in May.", {5}),
        ("Guests only in May, not later.", set()),
        ("Bij ons langskomen kan pas vanaf februari, online mag eerder.", set()),
        ("Come in June.", set()),
        ("Nobody may enter without a helmet.", set()),
    ],
)
def test_the_months_that_a_sentence_rules_out(sentence: str, months: set[int]) -> None:
    assert closed_in(sentence) == months
