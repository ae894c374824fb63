"""Records -> comparable columns: what each name says, where it is, which initials it has."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.linkage import Record
from pipeline.linkage.columns import Columns
from pipeline.linkage.normalise import CONCEPTS, bearers, crowd, name_words, prepare

Make = Callable[..., Record]


def texts(columns: Columns, name: str, row: int = 0) -> list[str]:
    return [columns.texts[number] for number in np.atleast_1d(getattr(columns, name)[row]).tolist() if number > 0]


def concepts(columns: Columns, row: int = 0) -> set[str]:
    return {columns.shown.get(concept, concept) for concept in texts(columns, "concept", row)}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Borås Stad", ["boras", "stad"]),
        ("GÖTEBORG", ["goteborg"]),
        ("Fundación S.L.", ["fundacion", "sl"]),
        ("Norges teknisk-naturvitenskapelige", ["norges", "teknisk", "naturvitenskapelige"]),
        ("", []),
    ],
)
def test_the_words_of_a_name(name: str, words: list[str]) -> None:
    assert name_words(name) == words


def test_one_municipality_in_two_languages_says_the_same(record: Make) -> None:
    found = prepare([record("Borås Stad", "Sweden", "Borås"), record("Municipality of Borås", "Sverige")])
    assert concepts(found, 0) == concepts(found, 1) == {"boras", "municipality"}
    assert found.country[0] == found.country[1] > 0
    assert found.place[0, 0] == found.place[1, 0] == found.city[0] > 0
    assert found.city[1] == -1


def test_a_department_is_a_unit_and_a_municipal_office_is_not(record: Make) -> None:
    found = prepare(
        [
            record("Education Department, City of Borås", "Sweden"),
            record("Borås Stad", "Sweden"),
            record("Jugendamt Stadt Wald", "Germany"),
        ]
    )
    assert found.unit.tolist() == [True, False, True]
    assert found.tongue.tolist() == [1, 0, 2]
    assert found.work[0] > 0
    assert found.work[1] == 0


def test_the_country_is_what_was_stated_or_what_the_contacts_hint_at(record: Make) -> None:
    found = prepare(
        [
            record("A", "Sweden"),
            record("B (Norway)"),
            record("C", None, None, "boras.se"),
            record("D", None, None, None, "d@boras.se"),
            record("E"),
        ]
    )
    sweden = found.country[0]
    assert found.country.tolist() == [sweden, found.country[1], 0, 0, 0]
    assert found.country[1] not in {0, sweden}
    assert found.hinted_country.tolist() == [sweden, found.country[1], sweden, sweden, 0]


def test_short_forms_and_initials(record: Make) -> None:
    found = prepare([record("NTNU"), record("Norges teknisk-naturvitenskapelige universitet"), record("Borås Stad")])
    assert "ntnu" in texts(found, "acronyms", 0)
    assert "ntnu" in texts(found, "initials", 1)
    assert texts(found, "acronyms", 2) == []


def test_contacts_become_numbers_and_blanks_stay_blank(record: Make) -> None:
    found = prepare(
        [
            record("Borås Stad", "Sweden", None, "https://www.boras.se/skola", "Anna@boras.se", oid=" e1 "),
            record("Borås Kommun", "Sweden", None, "boras.se", oid="E1"),
            record("Nobody"),
        ]
    )
    assert found.web_domain[0] == found.web_domain[1] > 0
    assert (found.web_path[0] > 0, found.web_path[1]) == (True, 0)
    assert texts(found, "mail", 0) == ["anna@boras.se"]
    assert found.oid[0] == found.oid[1] > 0
    assert [found.own_fit[2], found.mail[2], found.oid[2], found.label[2]] == [-1, 0, 0, ""]
    assert found.own_fit[0] == 1


def test_a_known_spelling_is_read_as_the_main_name(record: Make) -> None:
    other = record("Gullmarsskolan", "Sweden")
    found = prepare([other, record("Lysekil College", "Sweden")], {"Lysekil College": ["gullmarsskolan"]})
    assert found.full[0] == found.full[1] == "lysekil college"


def test_numbers_of_a_name_are_kept(record: Make) -> None:
    found = prepare([record("Lyceum III Warszawa"), record("Szkoła 12")])
    assert texts(found, "numbers", 0) == ["iii"]
    assert texts(found, "numbers", 1) == ["12"]


def test_a_name_of_very_many_words_keeps_the_rarest(record: Make) -> None:
    many = " ".join(f"xylo{letter}" for letter in "abcdefghijklmnop")
    assert len(texts(prepare([record(many)]), "concept")) == CONCEPTS


def test_progress_is_told(record: Make) -> None:
    told: list[tuple[int, int]] = []
    prepare([record("A"), record("B")], progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 2)]


def test_how_many_names_share_a_domain() -> None:
    web, mail = np.array([5, 5, 0, 0], np.int32), np.array([0, 9, 5, 0], np.int32)
    first = np.array([1, 2, 2, 3], np.int32)
    shares = np.exp(crowd(web, mail, first)) - 1
    assert shares[:3].round().tolist() == [2, 2, 2]
    assert crowd(web, mail, first)[3] == -1


def test_how_many_records_bear_a_concept() -> None:
    found = bearers(np.array([[1, 2], [1, 0]], np.int32))
    assert (np.exp(found) - 1).round().tolist() == [[2, 1], [2, 1]]
