"""Which entries are open, and which of them is which: decided by address, organisation and content.

Never by row number, and never by the timestamp, which only puts rows in order. A row edited in place keeps its
entry; a row that disappears pauses its entry; sorting or deleting rows never makes a new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from dateutil.relativedelta import relativedelta

from pipeline.cleaning import canonical_address, organisation_key
from pipeline.model import EntryKind, Flag, KnownEntry, Problem, Response

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letters that are misread on the telephone."""


VERSIONS_KEPT = 20
"""Earlier versions of an entry that are remembered: more edits than anybody makes in a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEntry:
    """An entry that can be matched, with the answers that count for it now."""

    id: str
    response: Response


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPlan:
    """All entries of one reading. `known` is the memory to keep for the next one.

    `paused` have lost their row, `withdrawn` were taken back by their submitter, `expired` were not confirmed
    for too long or their dates have passed: entry ids, sorted.
    """

    open: tuple[OpenEntry, ...]
    known: tuple[KnownEntry, ...]
    paused: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def closed(self) -> dict[str, str]:
        """Entry id -> why it cannot be matched, in a sentence for the review tab."""
        return (
            dict.fromkeys(
                self.expired, "The entry has expired: it was not confirmed in time, or its dates have passed."
            )
            | dict.fromkeys(self.paused, "The answer has disappeared from the responses tab.")
            | dict.fromkeys(self.withdrawn, "The submitter has withdrawn the entry.")
        )


@dataclass(slots=True)
class _Slot:
    """One entry in the making: its versions, oldest first; the last one counts."""

    versions: list[Response]
    id: str = ""
    withdrawn: bool = False
    duplicates: list[Response] = field(default_factory=list)

    @property
    def contents(self) -> frozenset[str]:
        return frozenset(version.content for version in self.versions)

    @property
    def latest(self) -> Response:
        return self.versions[-1]


def entries(
    responses: Sequence[Response],
    known: Sequence[KnownEntry],
    *,
    today: date,
    months: int,
    consent_version: str = "",
) -> EntryPlan:
    """Fold the responses into entries.

    `known` is the memory of the last run, `months` how long an entry counts without being confirmed,
    `consent_version` what somebody agrees to by answering now.
    """
    problems: list[Problem] = []
    by_address: dict[str, list[Response]] = {}
    for response in sorted(responses, key=_order):
        by_address.setdefault(canonical_address(response.email), []).append(response)
    remembered: dict[str, list[KnownEntry]] = {}
    for entry in sorted(known, key=lambda entry: (entry.first_seen, entry.id)):
        remembered.setdefault(canonical_address(entry.address), []).append(entry)
    taken = {entry.id for entry in known}
    slots: list[_Slot] = []
    taken_back: set[str] = set()
    for address, rows in by_address.items():
        memory = remembered.get(address, [])
        of_address = _fold_rows(rows, memory, problems)
        taken_back |= _taken_back(rows, memory)
        _recognise(of_address, memory)
        for slot in of_address:
            slot.id = slot.id or _new_id(slot, taken)
            taken.add(slot.id)
        slots += of_address
    return _plan(slots, known, problems, taken_back, today=today, months=months, consent_version=consent_version)


def _order(response: Response) -> tuple[datetime, str, str]:
    return (response.submitted_at or datetime.min, response.content, response.kind)  # noqa: DTZ901 - naive like the others


def _fold_rows(rows: Sequence[Response], memory: Sequence[KnownEntry], problems: list[Problem]) -> list[_Slot]:
    """The rows of one address, in order of time, as slots."""
    ids_by_content = _ids_by_content(memory)
    slots: list[_Slot] = []
    for row in rows:
        if row.kind is EntryKind.WITHDRAW:
            _withdraw(row, slots, memory, problems)
            continue
        known_id = ids_by_content.get(row.content, "")
        own = next((slot for slot in slots if row.content in slot.contents or (known_id and slot.id == known_id)), None)
        target = own or (_update_target(row, known_id, slots) if row.kind is EntryKind.UPDATE else None)
        if isinstance(target, Problem):
            problems.append(target)
        elif target is None:
            slots.append(_Slot([row], id=known_id))
        elif own and not own.withdrawn and (row.kind is EntryKind.NEW or row.content == own.latest.content):
            own.duplicates.append(row)
        else:
            # An update, or somebody who comes back after a withdrawal.
            target.withdrawn = False
            target.versions.append(row)
            target.id = target.id or known_id
    return slots


def _ids_by_content(memory: Sequence[KnownEntry]) -> dict[str, str]:
    """Content -> entry id: what counts now goes before what counted once."""
    found: dict[str, str] = {}
    for entry in memory:
        found.setdefault(entry.content, entry.id)
    for entry in memory:
        for content in entry.earlier:
            found.setdefault(content, entry.id)
    return found


def _withdraw(row: Response, slots: Sequence[_Slot], memory: Sequence[KnownEntry], problems: list[Problem]) -> None:
    wanted = organisation_key(row.organisation) if row.organisation else ""
    closing = [
        slot
        for slot in slots
        if not slot.withdrawn and (not wanted or organisation_key(slot.latest.organisation) == wanted)
    ]
    for slot in closing:
        slot.withdrawn = True
    if not closing and not slots and not memory:
        problems.append(
            _problem(
                row,
                "withdraw-nothing",
                what="Asks to withdraw an entry, but there is none from this address.",
                fix="Find out which entry is meant (it may have been sent from another address) and delete its row.",
                sentence="You asked us to withdraw your entry, but we find none from this address. From which "
                "address did you send it?",
            )
        )


def _taken_back(rows: Sequence[Response], memory: Sequence[KnownEntry]) -> set[str]:
    """Remembered entries that a withdrawal speaks of: an answer edited into a withdrawal leaves no row of its own."""
    found: set[str] = set()
    for row in rows:
        if row.kind is EntryKind.WITHDRAW:
            wanted = organisation_key(row.organisation) if row.organisation else ""
            day = row.submitted_at.date() if row.submitted_at else date.max
            found |= {
                entry.id
                for entry in memory
                if not entry.paused and entry.last_confirmed <= day and wanted in ("", entry.organisation_key)
            }
    return found


def _update_target(row: Response, known_id: str, slots: Sequence[_Slot]) -> _Slot | Problem | None:
    """The slot an update replaces; None when there is nothing to replace, a Problem when that is in doubt."""
    open_slots = [slot for slot in slots if not slot.withdrawn]
    if known_id:
        # What the memory knows as an entry of its own is not somebody else's update, even if its first row is gone.
        open_slots = [slot for slot in open_slots if slot.id in ("", known_id)]
    key = organisation_key(row.organisation)
    same = [slot for slot in open_slots if organisation_key(slot.latest.organisation) == key]
    if same:
        return same[-1]
    if len({organisation_key(slot.latest.organisation) for slot in open_slots}) > 1:
        return _problem(
            row,
            "update-doubt",
            what="Updates an earlier entry, but this address has entries for several organisations, none of this name.",
            fix="Ask which entry is meant, and correct the organisation's name in one of the rows.",
            sentence=f"You sent an update for {row.organisation}. We have several entries of yours under other "
            "names: which of them should it replace?",
        )
    return open_slots[-1] if open_slots else None


def _recognise(slots: Sequence[_Slot], memory: Sequence[KnownEntry]) -> None:
    """Give slots of unknown content the id of a row that vanished from the same address.

    It is told by the id it was born with (all that the spreadsheet tells of it after the loss of a ledger), by
    organisation and wish, then by either of them, then by being the only one.
    """
    used = {slot.id for slot in slots if slot.id}
    vanished = [entry for entry in memory if entry.id not in used and not entry.paused]
    unknown = [slot for slot in slots if not slot.id]
    for is_heir in (_was_born_so, _is_same_need, _has_same_name, _has_same_wish):
        for entry in tuple(vanished):
            heir = next((slot for slot in unknown if is_heir(slot, entry)), None)
            if heir:
                heir.id = entry.id
                unknown.remove(heir)
                vanished.remove(entry)
    if len(vanished) == len(unknown) == 1:
        # One row gone, one new: the organisation's name and more were corrected in place.
        unknown[0].id = vanished[0].id


def _was_born_so(slot: _Slot, entry: KnownEntry) -> bool:
    return _new_id(slot, ()) == entry.id


def _is_same_need(slot: _Slot, entry: KnownEntry) -> bool:
    return _has_same_name(slot, entry) and _has_same_wish(slot, entry)


def _has_same_name(slot: _Slot, entry: KnownEntry) -> bool:
    return organisation_key(slot.latest.organisation) == entry.organisation_key


def _has_same_wish(slot: _Slot, entry: KnownEntry) -> bool:
    return _wish(slot.latest) == entry.wish


def _wish(response: Response) -> str:
    """A hash of what somebody asks for and offers, whoever it is."""
    told = (getattr(response, name) for name in ("role", "formats", "topics", "topics_other", "seeks", "offers"))
    return hashlib.sha256("|".join(map(repr, told)).encode("utf-8", "replace")).hexdigest()[:16]


def _new_id(slot: _Slot, taken: Collection[str]) -> str:
    """An id from address, organisation and first content; another one if that belongs to somebody already."""
    first = slot.versions[0]
    address = canonical_address(first.email)
    attempt = 0
    while True:
        text = f"{address}|{organisation_key(first.organisation)}|{first.content}|{attempt or ''}"
        number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:5], "big")
        found = "E-" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(35, -1, -5))
        if found not in taken:
            return found
        attempt += 1


def _plan(
    slots: Sequence[_Slot],
    known: Sequence[KnownEntry],
    problems: Sequence[Problem],
    taken_back: Collection[str],
    *,
    today: date,
    months: int,
    consent_version: str,
) -> EntryPlan:
    before: Mapping[str, KnownEntry] = {entry.id: entry for entry in known}
    memory = {entry.id: entry if entry.id in taken_back else replace(entry, paused=True) for entry in known}
    open_entries: list[OpenEntry] = []
    withdrawn = sorted(set(taken_back) - {slot.id for slot in slots})
    moved = _moved(slots, known)
    expired: list[str] = []
    for slot in slots:
        old = before.get(slot.id)
        latest = _with_duplicates(slot)
        confirmed = max((row.submitted_at.date() for row in (*slot.versions, *slot.duplicates) if row.submitted_at),
                        default=today)  # fmt: skip
        same_version = old is not None and old.content == latest.content and old.consent_version
        memory[slot.id] = KnownEntry(
            id=slot.id,
            address=canonical_address(latest.email),
            organisation=latest.organisation,
            organisation_key=organisation_key(latest.organisation),
            content=latest.content,
            first_seen=old.first_seen if old else today,
            since=_since(slot, old),
            first_answered=_first_answered(slot, old, moved.get(slot.id)) or today,
            wish=_wish(latest),
            last_confirmed=confirmed,
            consent_version=old.consent_version if old and same_version else consent_version,
            tick_spent=old is not None and old.tick_spent,
            earlier=_earlier(slot, old),
        )
        if slot.withdrawn:
            withdrawn.append(slot.id)
        elif confirmed + relativedelta(months=months) < today or (
            latest.date_to is not None and latest.date_to < today
        ):
            expired.append(slot.id)
        else:
            open_entries.append(OpenEntry(id=slot.id, response=latest))
    return EntryPlan(
        open=tuple(sorted(open_entries, key=lambda entry: entry.id)),
        known=tuple(memory[id_] for id_ in sorted(memory)),
        paused=tuple(sorted(id_ for id_, entry in memory.items() if entry.paused)),
        withdrawn=tuple(sorted(withdrawn)),
        expired=tuple(sorted(expired)),
        problems=tuple(problems),
    )


def _since(slot: _Slot, old: KnownEntry | None) -> datetime | None:
    """When the entry first bore its name: remembered, for an edit refreshes the time that its row says."""
    key = organisation_key(slot.latest.organisation)
    if old and old.since and old.organisation_key == key:
        return old.since
    times = [
        row.submitted_at for row in slot.versions if row.submitted_at and organisation_key(row.organisation) == key
    ]
    if old and not old.since and old.organisation_key == key:
        times.append(datetime.combine(old.first_seen, time.max))  # all that was remembered before there was `since`
    return min(times, default=None)


def _first_answered(slot: _Slot, old: KnownEntry | None, before: KnownEntry | None) -> date | None:
    """The day of the first answer: remembered, for an edit refreshes the time that its row says.

    `before` is the entry whose answer bears another e-mail address since.
    """
    known = old or before
    if known and known.first_answered:
        return known.first_answered
    if known and known.content:
        # An entry of before this was remembered knows when it first bore its name of now, and when it was first seen.
        return min(known.since.date() if known.since else known.first_seen, known.first_seen)
    return min((row.submitted_at.date() for row in slot.versions if row.submitted_at), default=None)


def _moved(slots: Sequence[_Slot], known: Sequence[KnownEntry]) -> dict[str, KnownEntry]:
    """New entry -> the one of the same organisation and wish that vanished: the e-mail address was edited.

    It stays an entry of its own, for an address is who somebody is; only what waits, waits as long as before.
    """
    there = {slot.id for slot in slots}
    vanished = [entry for entry in known if entry.id not in there and not entry.paused]
    before = {entry.id for entry in known}
    return {
        slot.id: entry for slot in slots if slot.id not in before for entry in vanished if _is_same_need(slot, entry)
    }


def _earlier(slot: _Slot, old: KnownEntry | None) -> tuple[str, ...]:
    """The contents the entry had before this one, each once, the last VERSIONS_KEPT of them."""
    past = [*(old.earlier if old else ()), *([old.content] if old else []), *(row.content for row in slot.versions)]
    unlike = [content for content in dict.fromkeys(past) if content != slot.latest.content]
    return tuple(unlike[-VERSIONS_KEPT:])


def _with_duplicates(slot: _Slot) -> Response:
    """The latest version, telling the reviewer when it was sent more than once."""
    if not slot.duplicates:
        return slot.latest
    times = len(slot.duplicates) + 1
    flag = Flag(code="duplicate", sentence=f"The same answers were sent {times} times; they count once.")
    return replace(slot.latest, flags=(*slot.latest.flags, flag))


def _problem(row: Response, code: str, *, what: str, fix: str, sentence: str) -> Problem:
    digest = hashlib.sha256(
        f"{canonical_address(row.email)}|{row.content}|{code}".encode("utf-8", "replace")
    ).hexdigest()
    return Problem(where=f"Responses, row {row.row}", what=what, fix=fix, sentence=sentence, key=f"entry:{digest[:16]}")
