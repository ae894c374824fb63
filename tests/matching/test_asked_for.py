"""Who was asked for by name: made-up requests in a dozen languages, and texts of topics that name nobody."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from pipeline.matching.directed import directed_requests
from pipeline.matching.files import read_entries
from pipeline.model import AskedFor, Entry, Role

ASKED = Path(__file__).parent / "asked"
BEYOND_US = {
    "R04",  # a short form that the trade uses for a subject
    "R06",  # a single word for the kind of body, in a language of its own
    "R28",  # the long name of a country
}
"""Requests of the made-up set that are read too cautiously: nobody is said to have been asked for."""


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return sorted(read_entries(ASKED / "entries.csv"), key=lambda entry: entry.id)


def truths() -> list[dict[str, str]]:
    with (ASKED / "truth.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("truth", truths(), ids=lambda truth: f"{truth['query_id']}-{truth['class']}")
def test_every_request_means_whom_it_means(entries: list[Entry], truth: dict[str, str]) -> None:
    found = directed_requests(entries)
    position = {entry.id: number for number, entry in enumerate(entries)}
    asker = position[truth["query_id"]]
    marks = {
        other.id: found.asked_for(asker, position[other.id], entries[asker], other.country)
        for other in entries
        if other.role is Role.HOST
    }
    meant, matters = set(truth["ids"].split()), set(marks) - set(truth["optional"].split())
    named = {other for other in matters if marks[other] is AskedFor.THIS}
    if truth["query_id"] in BEYOND_US:
        assert not named
    elif truth["expect"] == "this":
        assert named == meant
        assert {marks[other] for other in matters - meant} == {AskedFor.OTHER}
    elif truth["expect"] == "place":
        assert not named
        assert {other for other in matters if marks[other] is AskedFor.PLACE} == meant
    else:
        expected = AskedFor.OTHER if truth["expect"] == "unknown" else AskedFor.NOBODY
        assert {marks[other] for other in matters} == {expected}
        assert (asker in found.unresolved) == (truth["expect"] == "unknown")


SUBJECTS = {
    "en": "career guidance;vocational education;work-based learning;public employment services;adult learning;"
    "digital skills;recognition of prior learning;social inclusion;youth work;green skills;school leadership",
    "de": "Berufsberatung;Ausbildung im Betrieb;Weiterbildung für Erwachsene;Arbeit und Leben;Holz und Metall;"
    "Handwerk, Mittelstand und Kammern;Pflege und Gesundheit;Grundbildung;Jugendhilfe;Technik und Umwelt;Schule",
    "fr": "l'orientation professionnelle;la formation des adultes;l'apprentissage;l'insertion des jeunes;le numérique;"
    "la validation des acquis;les métiers du bois;la santé;l'emploi et le territoire;la mixité",
    "es": "la orientación laboral;la formación profesional dual;el empleo juvenil;la educación de adultos;"
    "la inclusión social;las competencias digitales;los oficios de la madera;la economía verde",
    "it": "l'orientamento;la formazione professionale;l'apprendistato duale;l'educazione degli adulti;il lavoro;"
    "l'inclusione sociale;le competenze digitali;i mestieri del legno;la scuola",
    "nl": "loopbaanbegeleiding;het beroepsonderwijs;volwasseneneducatie;werk en inkomen;onderwijs en zorg;techniek;"
    "digitale vaardigheden;leren op de werkplek;jeugdwerk",
    "sv": "studievägledning;yrkesutbildning;vuxenutbildning;arbetsmarknad och lärande;validering;ungdomar;teknik;vård",
    "pl": "doradztwo zawodowe;kształcenie zawodowe;edukacja dorosłych;rynek pracy;szkolenia w firmach;młodzież",
    "pt": "a orientação profissional;a formação de adultos;o emprego jovem;a aprendizagem;a inclusão",
    "fi": "uraohjaus;ammatillinen koulutus;aikuiskoulutus;työelämä;nuorten työpajat;digitaidot;hoiva-ala",
}
WISHES = {
    "en": "We would like to see how others work on {}.;We want to learn about {} and {}.;{}: How Do Others Do It?",
    "de": "Wir möchten sehen, wie andere {} und {} verbinden.;Gern würden wir Beispiele für {} kennenlernen.;{}: Wie?",
    "fr": "Nous aimerions voir comment on organise {} et {}.;Nous souhaitons découvrir {}.",
    "es": "Nos gustaría conocer {} y {}.;Queremos ver cómo se trabaja {}.",
    "it": "Vorremmo conoscere {} e {}.;Ci piacerebbe vedere {}.",
    "nl": "Wij willen graag zien hoe {} en {} samengaan.;Graag bezoeken wij plekken voor {}.",
    "sv": "Vi vill gärna se hur man arbetar med {} och {}.;Vi vill besöka någon som kan {}.",
    "pl": "Chcemy zobaczyć {} i {}.;Chcielibyśmy poznać {}.",
    "pt": "Gostaríamos de conhecer {} e {}.;Queremos ver {}.",
    "fi": "Haluaisimme nähdä, miten {} ja {} toimivat.;Haluamme tutustua: {}.",
}
SHORT = ["VET", "RPL", "NEET", "PES", "STEM", "EQF", "ECVET", "WBL", "VPL", "ICT", "SME", "MINT", "VAE", "ALMP"]
NAMES = [
    ("ES-CT", "Catalonia's Regional Ministry of Education and VET"),
    ("ES-CT", "Public Employment Service of Catalonia (SOC)"),
    ("DE", "Bildungszentrum Holz und Technik Bremen"),
    ("DE", "Berufskolleg für Gesundheit und Pflege Essen"),
    ("AT", "Verein Arbeit und Leben Tirol"),
    ("FR", "Maison de l'Emploi et de la Formation des Métiers du Bois"),
    ("ES", "Instituto de Formación Profesional Dual Sierra Norte"),
    ("IT", "Scuola dei Mestieri del Legno"),
    ("NL", "Centrum voor Volwasseneneducatie en Techniek Zwolle"),
    ("NL", "Gemeente Ede - Werk en Inkomen"),
    ("SE", "Lärcentrum Kompass, Validering Väst"),
    ("PL", "Centrum Kształcenia Zawodowego i Rzemiosła w Radomiu"),
    ("PT", "Associação Emprego Jovem do Minho"),
    ("FI", "Työelämän Ohjauskeskus Digitaidot"),
    ("BE-VLG", "VDAB Aalst"),
    ("IE", "STEM Learning Network"),
]


def test_topics_and_short_forms_of_the_trade_are_never_a_name() -> None:
    chance = random.Random(11)
    hosts = [
        Entry(id=f"H{n:02}", organisation=name, organisation_id=f"H{n}", country=country, role=Role.HOST)
        for n, (country, name) in enumerate(NAMES)
    ]
    texts = []
    for number in range(2000):
        language = chance.choice(list(SUBJECTS))
        subjects = SUBJECTS[language].split(";")
        words = [
            chance.choice([chance.choice(subjects), chance.choice(subjects), chance.choice(SHORT)]) for _ in range(2)
        ]
        text = chance.choice(WISHES[language].split(";")).format(*words)
        how = number % 4
        if how == 1:
            text = " ".join(word[:1].upper() + word[1:] for word in text.split())
        in_field = how == 2
        if in_field:
            text = chance.choice([", ".join(words), words[0], words[0].title(), f"{words[0]} / {words[1]}"])
        texts.append(
            Entry(
                id=f"T{number:04}",
                organisation=f"Asker {number}",
                organisation_id=f"T{number}",
                country="MT",
                role=Role.SEND,
                named_partner=text if in_field else None,
                text=None if in_field else text,
            )
        )
    pool = [*hosts, *texts]
    found = directed_requests(pool)
    named = {
        (found.called[asker], tuple(sorted(pool[target].organisation for target in targets)))
        for asker, targets in found.targets.items()
    }
    assert named == set()
    assert len(found.unresolved) <= 60  # at most an invitation too many, never a false name
