"""Parents and children."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.linkage import Record, assign_identities, link, organisations, relatives
from pipeline.model import Organisation

Make = Callable[..., Record]


def register(records: Sequence[Record]) -> dict[str, Organisation]:
    """Organisations by the id of their first record."""
    found = link(records)
    made = organisations(records, assign_identities(found, records, {}), linkage=found)
    return {entry: organisation for organisation in made for entry in organisation.entries}


def test_a_department_belongs_to_its_municipality_and_a_section_to_its_department(record: Make) -> None:
    county = record("Vestland County Council", "Norway", "Bergen")
    department = record("Department for Education and Competence, Vestland County Council", "Norway", "Bergen")
    elsewhere = record("Municipality of Borås", "Sweden", "Borås")
    neighbour = record("Rogaland County Council", "Norway", "Stavanger")
    found = register([neighbour, county, department, elsewhere])
    assert found[department.record_id].parent == found[county.record_id].id
    assert found[department.record_id].parent_name == "Vestland County Council"
    assert found[county.record_id].parent is None
    assert found[elsewhere.record_id].parent is None


def test_a_parent_that_was_stated_counts_even_when_unknown(record: Make) -> None:
    school = record("Institut Escola del Treball", "Spain", "Barcelona", parent="Generalitat de Catalunya")
    assert register([school])[school.record_id].parent_name == "Generalitat de Catalunya"
    government = record("GENERALITAT DE CATALUNYA", "Catalonia", "Barcelona")
    found = register([school, government])
    assert found[school.record_id].parent == found[government.record_id].id


def test_one_line_says_all_about_an_organisation(record: Make) -> None:
    records = [
        record("BORÅS STAD", "Sweden", "Borås", "https://www.boras.se", "a@boras.se"),
        record("Borås Stad", "SE", "Borås", None, "b@gmail.com"),
    ]
    found = register(records)[records[0].record_id]
    assert found.name == "Borås Stad"
    assert found.spellings == ("BORÅS STAD", "Borås Stad")
    assert found.country == "SE"
    assert found.domains == ("boras.se",)
    assert found.contacts == ("a@boras.se", "b@gmail.com")
    assert found.entries == ("R1", "R2")


def test_catalonia_counts_apart(record: Make) -> None:
    records = [record("Institut Poblenou", "Spain (Catalonia)", "Barcelona")]
    assert register(records)["R1"].country == "ES-CT"


def test_relatives_are_above_and_below_not_beside() -> None:
    tree = [
        Organisation(id="top", name="t"),
        *(Organisation(id=name, name=name, parent="top") for name in ("left", "right")),
    ]
    tree.append(Organisation(id="leaf", name="leaf", parent="left"))
    found = relatives(tree)
    assert found["leaf"] == {"left", "top"}
    assert found["top"] == {"left", "right", "leaf"}
    assert found["right"] == {"top"}


def test_a_circle_of_parents_ends() -> None:
    circle = [Organisation(id="a", name="a", parent="b"), Organisation(id="b", name="b", parent="a")]
    assert relatives(circle)["a"] == {"b"}
