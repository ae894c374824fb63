"""The few reasons to refuse a plan as a whole, each released by the officer's tick, never by a switch.

A pulled brake sends nothing, changes no match and writes one line to `Problems`. (A missing or doubled
header is refused earlier still: there nothing is written at all.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from pipeline.letters.identity import corrections, introduction_id
from pipeline.model import LetterRecord, LetterState, Problem, Stage
from pipeline.tabs.tab import HOLDS_TEXT

LEAST_TO_VANISH = 4
"""Below this many vanished answers it is somebody tidying up, not an accident; unless nothing at all is left."""

CORRECTED = "correction sent on"
MAY_BE_CORRECTED = "whether a correction left nobody knows"
"""What the status of an introduced match says after a colon or semicolon once a correction left, or may have."""

LEFT = frozenset({LetterState.SENT, LetterState.UNSURE, LetterState.COMMITTING})


def vanished(known: int, gone: int, share: float) -> Problem | None:
    """The responses have vanished since the last run: a wrong tab, a cleared sheet, an older version."""
    emptied = gone == known > 1
    if not emptied and (gone < LEAST_TO_VANISH or gone / known < share):
        return None
    return Problem(
        where="The form's answers",
        what=f"{gone} of {known} known answers are no longer in the responses tab. Nothing was sent or changed.",
        fix=(
            "Was the tab cleared, replaced or restored to an older version? Bring the answers back "
            "(File > Version history). If they were removed on purpose, tick Go on."
        ),
        key="brake:vanished",
    )


def served_by_another(owner: str | None, instance: str) -> Problem | None:
    """The spreadsheet is served by another ledger: a second machine, or a ledger that began anew."""
    if owner is None or owner == instance:
        return None
    return Problem(
        where="The program's ledger",
        what="Another ledger served this spreadsheet until now. Nothing was sent or changed.",
        fix=(
            "Does the program run on two machines? Stop one of them. If the old ledger is lost or was moved aside, and "
            "no backup of it is left, tick Go on: this one serves the spreadsheet from then on."
        ),
        key=f"brake:another-ledger:{owner}",
    )


def ledger_behind(
    statuses: Mapping[str, str], letters: Mapping[str, LetterRecord]
) -> tuple[Problem | None, tuple[str, ...]]:
    """The sheet tells of introductions that the ledger has never heard of: a lost or restored disk.

    `statuses` are the `Status` cells by match id. Returns the brake, and the ids of those matches. Sending now
    might send twice.
    """
    behind = sorted(identifier for identifier, status in statuses.items() if _unheard_of(status, identifier, letters))
    if not behind:
        return None, ()
    shown = ", ".join(behind[:5]) + (" and others" if len(behind) > 5 else "")
    return (
        Problem(
            where="The program's ledger",
            what=(
                f"The review tab says that {len(behind)} matches were introduced ({shown}) "
                "of which the ledger knows nothing. Nothing was sent or changed."
            ),
            fix=(
                "The operator should restore the ledger's backup, or run: matchmaker ledger rebuild. "
                "If the tab is right and no backup is left, tick Go on: those matches count as introduced."
            ),
            key="brake:ledger-behind:" + ",".join(behind[:50]),
        ),
        tuple(behind),
    )


def says_corrected(status: str) -> bool:
    """Whether a status tells of a correction that left or may have; what somebody wrote into a box is no evidence."""
    status = status.partition(HOLDS_TEXT)[0]
    return status.startswith(str(Stage.INTRODUCED)) and (CORRECTED in status or MAY_BE_CORRECTED in status)


def introduced_on(status: str) -> date | None:
    """The day on which a match's letter left or may have, as its status tells; None where it tells none."""
    found = _INTRODUCED_ON.match(status) or _UNSURE_ON.search(status.partition(HOLDS_TEXT)[0])
    return _day(found[1]) if found else None


def corrected_on(status: str) -> tuple[date | None, ...]:
    """The days on which corrections left or may have, as a match's status tells, the oldest first; None: at some day.

    Empty when it tells of no correction.
    """
    if not says_corrected(status):
        return ()
    status = status.partition(HOLDS_TEXT)[0]
    days = [_day(day) for found in _CORRECTED_ON.findall(status) for day in found.split(" and ")]
    unsure = status.partition(MAY_BE_CORRECTED)[2]
    days += [_day(found[1])] if (found := _UNSURE_ON.search(unsure)) else []
    return tuple(days) or (None,)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


_DAY = r"\d{4}-\d{2}-\d{2}"
_INTRODUCED_ON = re.compile(rf"{Stage.INTRODUCED} on ({_DAY})")
_UNSURE_ON = re.compile(rf"({_DAY}) \d\d:\d\d UTC\)")
_CORRECTED_ON = re.compile(rf"{CORRECTED} ({_DAY}(?: and {_DAY})*)")


def _unheard_of(status: str, match: str, letters: Mapping[str, LetterRecord]) -> bool:
    """Whether the ledger lacks what the status says of the match's letter.

    Any record will do for an unsure one: a person may have settled it since the status was written.
    """
    letter = letters.get(introduction_id(match))
    if says_corrected(status) and not any(one.state in LEFT for one in corrections(letters).get(match, ())):
        return True
    if status.startswith(str(Stage.UNSURE)):
        return letter is None
    return status.startswith(str(Stage.INTRODUCED)) and (letter is None or letter.state not in LEFT)
