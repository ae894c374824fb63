"""The few reasons to refuse a plan as a whole, each released by the officer's tick, never by a switch.

A pulled brake sends nothing, changes no match and writes one line to `Problems`. (A missing or doubled
header is refused earlier still: there nothing is written at all.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from pipeline.letters.identity import corrections, introduction_id
from pipeline.matching.eligibility import day_in_words
from pipeline.model import LetterRecord, LetterState, Problem, Stage
from pipeline.ports import LedgerState
from pipeline.tabs.tab import HOLDS_TEXT

LEAST_TO_VANISH = 4
"""Below this many vanished answers it is somebody tidying up, not an accident; unless nothing at all is left."""

MOST_BEHIND = timedelta(hours=1)
MOST_AHEAD = timedelta(days=400)
"""A clock may differ so much from the last run: more than clocks that are kept in order do, and than a year's pause."""

CORRECTED = "correction sent on"
MAY_BE_CORRECTED = "whether a correction left nobody knows"
"""What the status of an introduced match says after a colon or semicolon once a correction left, or may have."""

COPIED = "brake:copied-ledger:"
"""How the key of the brake on a copy or an older backup begins."""

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


def unlikely_moment(now: datetime, last_acted: datetime | None) -> str | None:
    """What this machine's clock says that can hardly be: everything would expire, or be let go, at once."""
    if last_acted is None or last_acted - MOST_BEHIND <= now <= last_acted + MOST_AHEAD:
        return None
    day = day_in_words(last_acted.date())
    if now < last_acted:
        return f"The clock of this machine is behind the last run, of {day}, {last_acted:%H:%M} UTC."
    return f"By the clock of this machine more than {MOST_AHEAD.days} days have passed since the last run, of {day}."


def clock_is_off(now: datetime, last_acted: datetime | None) -> Problem | None:
    """The same as a brake. What it says changes with the last run alone: a tick beside it counts on any day."""
    what = unlikely_moment(now, last_acted)
    if what is None:
        return None
    return Problem(
        where="The program's clock",
        what=f"{what} Nothing was sent or changed.",
        fix=(
            f"It says {day_in_words(now.date())}. If that is wrong, mend the machine's clock; the next run goes on by "
            "itself. If it is right, tick Go on."
        ),
        key="brake:clock",
    )


def expired_at_once(known: int, expired: int, share: float) -> Problem | None:
    """So many of the entries that were open at the last run have expired since: a wrong clock, or a long pause."""
    if expired < LEAST_TO_VANISH or expired / known < share:
        return None
    return Problem(
        where="The form's answers",
        what=f"{expired} of {known} open answers have expired since the last run. Nothing was sent or changed.",
        fix=(
            "Is the date of the machine right, and matching.entry_months as it was? If they have expired indeed, tick "
            "Go on."
        ),
        key="brake:expired",
    )


def mark_of(instance: str, turn: str) -> str:
    """What a run of that ledger puts on the spreadsheet to say that it serves it."""
    return f"{instance}@{turn}" if turn else instance


def is_served_by_another(owner: str | None, state: LedgerState) -> bool:
    """Whether the mark on the spreadsheet is none that this ledger knows. `owner`: the mark, where there is one."""
    marks = state.serving.marks or (state.instance,)
    return owner is not None and owner not in marks


def served_by_another(owner: str | None, state: LedgerState) -> Problem | None:
    """The spreadsheet was served by another ledger: a second machine, an older backup, or a ledger that began anew."""
    if owner is None or not is_served_by_another(owner, state):
        return None
    instance, *turn = owner.split("@")
    if instance == state.instance:
        host, moment = turn[:2] if len(turn) > 1 else ("another machine", "an unknown time")
        return Problem(
            where="The program's ledger",
            what=(
                f"A copy of this ledger, or this one before an older backup of it was put back, has served the "
                f"spreadsheet since this one last did: on {host}, {moment[:16].replace('T', ' ')} UTC. Nothing was "
                "sent or changed."
            ),
            fix=(
                "Does the program run on two machines? Stop one of them. If this one shall go on, tick Go on: before "
                "it sends anything it waits for the other to end, and looks in the mailbox for what that has sent."
            ),
            key=f"{COPIED}{owner}",
        )
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

    `statuses` are the `Status` cells by match id, and "Introduced" for rows of `Exchanges`: the officer may have
    deleted the one in the review tab. Returns the brake, and the ids of those matches. Sending now
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
                f"The tabs Review and Exchanges say that {len(behind)} matches were introduced ({shown}) "
                "of which the ledger knows nothing. Nothing was sent or changed."
            ),
            fix=(
                "The operator should restore the ledger's backup, or run: matchmaker ledger rebuild. "
                "If the tabs are right and no backup is left, tick Go on: those matches count as introduced."
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
