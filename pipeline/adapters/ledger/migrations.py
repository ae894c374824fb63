"""How an older ledger becomes one of this version: one step for each version, all in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, inspect, select, text, update

from pipeline.adapters.ledger import schema
from pipeline.adapters.ledger.codec import from_json, to_json
from pipeline.model import Party


def points_as_codes(connection: Connection) -> None:
    """From 1 to 2: what fits and what is open, kept as English sentences, become codes with values.

    They are made anew from the parties, from which the sentences had been made. Where there were none (somebody was
    erased, or nothing fitted) there stay none. A letter that is queued keeps its bytes.
    """
    from pipeline.letters.points import what_fits, what_is_open

    table = schema.match
    for row in connection.execute(select(table.c.id, table.c.document).where(table.c.document.is_not(None))).all():
        document = json.loads(row.document)
        parties = tuple(from_json(json.dumps(party), Party) for party in document["parties"])
        document["fits"] = what_fits(parties) if document["fits"] else ()
        document["unclear"] = what_is_open(parties) if document["unclear"] else ()
        connection.execute(update(table).where(table.c.id == row.id).values(document=to_json(document)))


def corrections(_connection: Connection) -> None:
    """From 2 to 3: a decision may hold the line of a correction, a letter may be one.

    Nothing that is kept changes; but a program that knows neither is told that the ledger is newer than it is.
    """


def withdrawn_for_good(connection: Connection) -> None:
    """From 3 to 4: that a match was withdrawn is kept, and until when an organisation wants to be left alone.

    Both are filled by the next run from what it finds: no tick can have spoken in between.
    """
    if "withdrawn" not in {column["name"] for column in inspect(connection).get_columns(schema.match.name)}:
        connection.execute(text(f"ALTER TABLE {schema.match.name} ADD COLUMN withdrawn TEXT"))
    schema.left_alone.create(connection, checkfirst=True)


MIGRATIONS: Sequence[schema.Migration] = (points_as_codes, corrections, withdrawn_for_good)
"""The n-th turns version n into n + 1; version 1 is the first."""
