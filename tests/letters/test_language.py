from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest
from babel import Locale

from pipeline.letters.compose import Composer
from pipeline.letters.templating import Templates, load_templates
from pipeline.letters.verify import read_back
from pipeline.model import Match, Point, PointCode

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


SWEDISH = {
    "words.toml": """
        nobody = "Kära kollegor"
        dear = "Bästa"
        date = "d MMMM y"
        weekday = "EEEE d MMMM y"
        from_date = "från {date}"
        until_date = "till och med {date}"
        between = "{first} till {last}"
        rehearsal = "[Provbrev]"
        [sides]
        sending = "sändande sida"
        receiving = "mottagande sida"
        joining = "tredje sida"
        [places]
        ES-CT = "Katalonien, Spanien"
        [answers]
        "Job shadowing" = "Jobbskuggning"
        "Gender equality" = "Jämställdhet"
        "Inclusive employment" = "Inkluderande arbetsliv"
        [you]
        both = "Båda"
        all = "Alla tre"
        [points]
        shared-topics = { one = "{you} valde ämnet {list}.", other = "{you} valde ämnena {list}." }
        shared-formats = "{you} önskar {list}."
        shared-languages = "{you} kan arbeta på {list}."
        dates-overlap = "Tiden {first} till {last} passar."
        dates-not-named = "Tiden: {list} angav ingen."
        dates-not-settled = "Tiden: det är oklart när ni kan ses."
        asked-to-travel = "Om {list} kan ta emot: de vill resa."
        offered-to-host = "Om {list} vill resa: de vill ta emot."
        format = "Formen: ni valde inte alla samma."
        group-size = "Hur många som reser från {list}."
        room-for-guests = "Hur många {list} kan ta emot."
        working-language = "Arbetsspråket."
    """,
    "introduction.txt": """Subject: Presentation: {{ sending.short_name }} och {{ receiving.short_name }}
        {% if rehearsal %}Provbrev, annars till {{ rehearsal.recipients }}.{% endif %}
        {{ greeting }}, vi på {{ network }} vill presentera er för varandra.
        {{ message }}
        {% for party in parties %}
        {{ party.side_name }}: {{ party.name }}, {{ party.place }}; {{ party.contact }}, {{ party.email }}
        {{ party.topics }}. {{ party.formats }}. {{ party.when }}, {{ party.days }} dagar. {{ party.languages }}.
        {% endfor %}
        {% for sentence in fits %}{{ sentence }}
        {% endfor %}
        {% for sentence in unclear %}{{ sentence }}
        {% endfor %}
        Förslag: {{ dates | join(" eller ") }} ({{ window }}).
    """,
    "introduction.html": """<p>{{ subject }}: {{ greeting }}</p>{% for party in parties %}<p>{{ party.side_name }},
        {{ party.place }}, {{ party.when }}</p>{% endfor %}
        {% for one in fits + unclear %}<p>{{ one }}</p>{% endfor %}""",
}


def swedish(folder: Path) -> Templates:
    shutil.copytree(SHIPPED / "en", folder / "en")
    (folder / "sv").mkdir()
    for name, text in SWEDISH.items():
        (folder / "sv" / name).write_text(dedent(text) if name == "words.toml" else text, encoding="utf-8")
    return load_templates(folder)


SAME_IN_SWEDISH = {"april", "earlall", "example"}
"""A month, and names of the fixture: words of both languages or of none."""


def product_words() -> set[str]:
    """Every English word the product itself can put into a letter: of its templates, words and code."""
    texts = [re.sub(r"\{[{%].*?[%}]\}|<[^>]*>", " ", file.read_text("utf-8")) for file in (SHIPPED / "en").iterdir()]
    texts += re.findall(r'"[^"\n]*"', "".join(file.read_text("utf-8") for file in (SHIPPED / "en").iterdir()))
    for module in ("compose", "view", "points"):
        tree = ast.parse((SHIPPED.parent / "pipeline/letters" / f"{module}.py").read_text(encoding="utf-8"))
        texts += [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
    texts += [str(option) for options in english_options() for option in options]
    return words_of(" ".join(texts)) - SAME_IN_SWEDISH


def english_options() -> list[tuple[str, ...]]:
    """What the form offers to be ticked, and the names of languages, countries and months."""
    english = Locale("en")
    return [
        ("Job shadowing", "Gender equality", "Inclusive employment"),
        tuple(english.languages[code] for code in ("en", "sv", "nb", "ca")),
        tuple(english.territories[code] for code in ("SE", "NO", "ES")),
        (*english.months["format"]["wide"].values(), *english.days["format"]["wide"].values()),
    ]


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{3,}", text.casefold()))


@pytest.mark.parametrize("mail", [{}, {"rehearsal_to": "prov@matchmaker.example"}], ids=["letter", "rehearsal"])
@pytest.mark.parametrize("known", [True, False], ids=["greeted by name", "nobody known"])
def test_another_language_is_whole(
    known: bool, mail: dict[str, str], tmp_path: Path, three: Match, desk: Callable[..., Composer]
) -> None:
    """No word of English is left in a Swedish letter that says everything a letter can say."""
    parties = tuple(
        replace(
            party,
            organisation=f"Skola {party.side.value[0].upper()}",
            email=f"{party.entry.lower()}@skola.example",
            contact_name=f"Åsa Ek {party.entry}" if known else None,
            contact_role=None,
            region=None,
            city="Ystad",
            topics=("Gender equality", "Inclusive employment"),
            formats=("Job shadowing",),
            languages=("Swedish", "English"),
            seeks=None,
            offers=None,
            date_to=date(2025, 5, 30),
            days=1.5,
        )
        for party in three.parties
    )
    sides = tuple(party.side.value for party in parties)
    values = {
        PointCode.SHARED_TOPICS: parties[0].topics,
        PointCode.SHARED_FORMATS: parties[0].formats,
        PointCode.SHARED_LANGUAGES: parties[0].languages,
        PointCode.DATES_OVERLAP: ("2025-04-28", "2025-05-30"),
        PointCode.DATES_NOT_NAMED: sides,
        PointCode.GROUP_SIZE: sides[:1],
        PointCode.ROOM_FOR_GUESTS: sides[1:2],
    }
    points = tuple(Point(code=code, values=values.get(code, ())) for code in PointCode)
    # English is the default and would win if all worked in it too
    parties = tuple(replace(party, languages=("Swedish",)) for party in parties)
    match = replace(three, parties=parties, fits=points[:4], unclear=points[4:])
    letter = replace(desk(**mail), templates=swedish(tmp_path)).introduction(match, "Hoppas det passar!")
    seen = read_back(letter.content)
    visible = f"{seen.subject} {seen.text} {re.sub('<[^>]*>', ' ', seen.html)}"
    assert seen.headers["Content-Language"] == "sv"
    assert words_of(visible) & product_words() == set()
    text = " ".join(seen.text.split())
    for sentence in (
        "Bästa Åsa Ek E-1, Åsa Ek E-2 och Åsa Ek E-3" if known else "Kära kollegor",
        "mottagande sida: Skola R, Ystad, Sverige",
        "1,5 dagar. svenska.",
        "28 april 2025 till 30 maj 2025",
        "Alla tre valde ämnena Jämställdhet och Inkluderande arbetsliv.",
        "Alla tre önskar Jobbskuggning.",
        "Alla tre kan arbeta på svenska och engelska.",
        "Tiden 28 april 2025 till 30 maj 2025 passar.",
        "Tiden: Skola S, Skola R och Skola J angav ingen.",
        "Hur många som reser från Skola S.",
        "Hur många Skola R kan ta emot.",
        "Arbetsspråket.",
    ):
        assert sentence in text
