from __future__ import annotations

from pipeline.model import Organisation
from pipeline.tabs.organisations import TAB, body


def test_the_titles() -> None:
    assert TAB.titles == (
        "Organisation",
        "Also written",
        "Belongs to",
        "Country",
        "Place",
        "Website domains",
        "Contacts",
        "Entries",
        "Id",
    )


def test_each_organisation_has_a_row_by_name() -> None:
    parent = Organisation(id="O-2", name="Zurich", country="Switzerland")
    child = Organisation(
        id="O-9",
        name="gent kisp",
        spellings=("Kisp vzw", "gent kisp", "KISP"),
        parent="O-2",
        parent_name="Zürich",
        country="Belgium",
        city="Gent",
        region="Flanders",
        domains=("kisp.example", "gent.example"),
        contacts=("ana@kisp.example", "bo@kisp.example"),
        entries=("E-1", "E-2"),
    )
    orphan = Organisation(id="O-1", name="Gent", parent="O-404", parent_name="Vlaanderen", city="Gent")
    assert body([parent, child, orphan]) == (
        ("Gent", "", "Vlaanderen", "", "Gent", "", "", 0, "O-1"),
        (
            "gent kisp",
            "Kisp vzw; KISP",
            "Zurich",
            "Belgium",
            "Gent, Flanders",
            "kisp.example, gent.example",
            "ana@kisp.example; bo@kisp.example",
            2,
            "O-9",
        ),
        ("Zurich", "", "", "Switzerland", "", "", "", 0, "O-2"),
    )
