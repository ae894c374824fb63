"""The one border: every text from outside is cleaned and bounded here, once, before anything else sees it.

What passes is plain text in Unicode normal form C without control, bidirectional or invisible characters, and
never longer than its field allows. Nothing is refused for looking odd: `=SUM(A1)`, `<b>`, `{{ x }}` and O'Brien
are text, and every exit writes text as text. What a reader could not see or would misread is told in notes.
"""

from pipeline.cleaning.addresses import (
    Address,
    address_key,
    canonical_address,
    clean_address,
    mentions,
    organisation_key,
)
from pipeline.cleaning.links import URL, Link, clean_link
from pipeline.cleaning.texts import Cleaned, Note, clean_line, clean_text, read_line, read_text
from pipeline.cleaning.workbooks import workbook_trouble

__all__ = [
    "URL",
    "Address",
    "Cleaned",
    "Link",
    "Note",
    "address_key",
    "canonical_address",
    "clean_address",
    "clean_line",
    "clean_link",
    "clean_text",
    "mentions",
    "organisation_key",
    "read_line",
    "read_text",
    "workbook_trouble",
]
