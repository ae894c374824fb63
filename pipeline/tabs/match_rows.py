"""Which match a row of the review tab or of `Exchanges` belongs to, when people have written over its `Match` cell.

The program's `Status` ends in the row's id as well. Where the two differ, the organisations named on the row tell
which of them was overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.cleaning.cells import text_under
from pipeline.model import MATCH_ID, Cell, Match, SheetRow
from pipeline.tabs.tab import JOINING, MATCH, RECEIVING, SENDING


def match_of_row(row: SheetRow, matches: Mapping[str, Match]) -> str | None:
    """The id of the row's match; None when the row bears no id of ours. `matches` are those the ledger knows.

    When it is another than the `Match` cell says, then that cell is what was changed.
    """
    written = text_under(row, MATCH)
    told = row.tag if row.tag in matches else None
    if told is not None and told != written:
        pasted_over = written in matches and _names(row, matches[written]) and not _names(row, matches[told])
        return written if pasted_over else told
    return written if MATCH_ID.fullmatch(written) else None


def organisations(match: Match) -> dict[str, Cell]:
    """The cells that name the match's sides."""
    return {
        SENDING: match.sending.organisation,
        RECEIVING: match.receiving.organisation,
        JOINING: match.joining.organisation if match.joining else "",
    }


def _names(row: SheetRow, match: Match) -> bool:
    return all(text_under(row, title) == " ".join(str(name).split()) for title, name in organisations(match).items())
