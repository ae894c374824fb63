"""Rows of the responses tab -> responses and problems; responses -> entries with an identity; entry -> matching.

Pure: the same rows, memory and day give the same result, in whatever order the rows stand.
"""

from pipeline.intake.entry import to_entry
from pipeline.intake.identity import EntryPlan, OpenEntry, entries
from pipeline.intake.reading import Intake, read_responses

__all__ = ["EntryPlan", "Intake", "OpenEntry", "entries", "read_responses", "to_entry"]
