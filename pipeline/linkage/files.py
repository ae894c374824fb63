"""Lists of organisations as files: the columns of `matchmaker link`."""

from __future__ import annotations

from pathlib import Path

from pipeline.cleaning.lists import read_list
from pipeline.linkage.records import Record

REQUIRED = ("record_id", "organisation")
OPTIONAL = ("country", "city", "website", "email")
LONGEST_NAME = 500
"""Characters of a name that are compared; what is longer is a text that got into the wrong column."""
_HINT = f"The columns are {', '.join((*REQUIRED, *OPTIONAL))}; the first two are needed."


def read_records(path: Path) -> list[Record]:
    """The records of a list, in order. Other columns are ignored, missing optional ones mean: not stated.

    Raises UsageError naming file, row and column of the first thing that cannot be used.
    """
    listing = read_list(path, required=REQUIRED, known=OPTIONAL, key="record_id", hint=_HINT)
    return [
        Record(
            record_id=line.cells["record_id"],
            organisation=line.cells["organisation"][:LONGEST_NAME],
            country=line.text("country"),
            city=line.text("city"),
            website=line.text("website"),
            email=line.text("email"),
        )
        for line in listing.lines
    ]
