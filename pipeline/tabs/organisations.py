"""The tab `Organisations`: each with its spellings, parent, contacts and number of entries."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.model import Organisation
from pipeline.tabs.tab import Body, Rows, Tab, program

ORGANISATION = "Organisation"
ALSO_WRITTEN = "Also written"
BELONGS_TO = "Belongs to"
COUNTRY = "Country"
PLACE = "Place"
DOMAINS = "Website domains"
CONTACTS = "Contacts"
ENTRIES = "Entries"
ID = "Id"

TAB = Tab(
    name="Organisations",
    body=Body.WHOLE,
    columns=(
        program(ORGANISATION, 240),
        program(ALSO_WRITTEN, 300),
        program(BELONGS_TO, 200),
        program(COUNTRY, 80),
        program(PLACE, 140),
        program(DOMAINS, 160),
        program(CONTACTS, 200),
        program(ENTRIES, 80),
        program(ID, 100),
    ),
)


def body(organisations: Sequence[Organisation]) -> Rows:
    """One row for each organisation, by name."""
    names = {organisation.id: organisation.name for organisation in organisations}
    return tuple(
        TAB.cells(
            {
                ORGANISATION: organisation.name,
                ALSO_WRITTEN: "; ".join(
                    spelling for spelling in organisation.spellings if spelling != organisation.name
                ),
                BELONGS_TO: names.get(organisation.parent or "", organisation.parent_name or ""),
                COUNTRY: organisation.country or "",
                PLACE: ", ".join(part for part in (organisation.city, organisation.region) if part),
                DOMAINS: ", ".join(organisation.domains),
                CONTACTS: "; ".join(organisation.contacts),
                ENTRIES: len(organisation.entries),
                ID: organisation.id,
            }
        )
        for organisation in sorted(organisations, key=lambda one: (one.name.casefold(), one.id))
    )
