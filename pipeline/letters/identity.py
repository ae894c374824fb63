"""Every letter's identity, and who has met whom: the keys by which nothing is sent twice."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from itertools import combinations

from pipeline.cleaning.addresses import canonical_address
from pipeline.model import LetterKind, LetterRecord, LetterState, Match, Side

_ORGANISATIONS, _ADDRESSES = "org:", "mail:"


def introduction_id(match: str) -> str:
    """The identity of a match's introduction."""
    return f"{LetterKind.INTRODUCTION}:{match}"


def is_introduction(letter: str) -> bool:
    """Whether that letter is an introduction, and no rehearsal of one."""
    return letter.startswith(introduction_id(""))


def question_id(match: str, side: Side) -> str:
    """The identity of the neutral question to one side."""
    return f"{LetterKind.QUESTION}:{match}:{side}"


def reminder_id(match: str, number: int) -> str:
    """The identity of the `number`-th reminder to all sides."""
    return f"{LetterKind.REMINDER}:{match}:{number}"


def correction_id(match: str, line: str) -> str:
    """The identity of a correction after a match's introduction: one line is sent once, another is another letter."""
    digest = hashlib.sha256(" ".join(line.split()).encode("utf-8", "surrogatepass")).digest()
    return f"{LetterKind.CORRECTION}:{match}:{base64.b32encode(digest)[:10].decode('ascii')}"


def waiting_id(entry: str, number: int) -> str:
    """The identity of the `number`-th letter that says nobody was found yet for that entry."""
    return f"{LetterKind.WAITING}:{entry}:{number}"


def waiting_entry(letter: str) -> str | None:
    """The entry that such a letter, or a rehearsal of one, is about; None for any other letter."""
    kind, _, rest = letter.removeprefix(rehearsal_id("")).partition(":")
    return rest.rpartition(":")[0] if kind == LetterKind.WAITING else None


def waiting_letters(letters: Mapping[str, LetterRecord]) -> dict[str, tuple[LetterRecord, ...]]:
    """Entry -> its letters of that kind in order, rehearsals left out."""
    found: dict[str, list[LetterRecord]] = {}
    for record in letters.values():
        if record.kind is LetterKind.WAITING and (entry := waiting_entry(record.id)) and not is_rehearsal(record.id):
            found.setdefault(entry, []).append(record)
    return {entry: tuple(sorted(records, key=_number)) for entry, records in found.items()}


def _number(record: LetterRecord) -> int:
    return int(record.id.rpartition(":")[2])


def digest_id(day: date) -> str:
    """The identity of the secretariat's digest of that day."""
    return f"{LetterKind.DIGEST}:{day.isoformat()}"


def test_id(moment: datetime) -> str:
    """The identity of a test letter."""
    return f"{LetterKind.TEST}:{moment:%Y%m%dT%H%M%S}"


def rehearsal_id(letter: str) -> str:
    """The identity of a letter's rehearsal, which never counts as that letter."""
    return f"rehearsal:{letter}"


def is_rehearsal(letter: str) -> bool:
    """Whether that letter is a rehearsal of another one."""
    return letter.startswith(rehearsal_id(""))


def meeting_keys(match: Match) -> tuple[str, ...]:
    """The keys of each pair that meets through the match: organisations, and the addresses themselves.

    Both, so that a merge or split of organisations cannot let a twin of the letter through.
    """
    keys: list[str] = []
    for left, right in combinations(match.parties, 2):
        organisations = (left.organisation_id, right.organisation_id)
        if all(organisations):
            keys.append(_pair(_ORGANISATIONS, organisations))
        keys.append(_pair(_ADDRESSES, (canonical_address(left.email), canonical_address(right.email))))
    return tuple(dict.fromkeys(keys))


def canonical_meetings(meetings: Mapping[str, datetime], canonical: Callable[[str], str]) -> dict[str, datetime]:
    """Who has met whom, also under the organisation ids that are valid today (`canonical`: id of then -> of today)."""
    found = dict(meetings)
    for pair, at in _organisations(meetings):
        today = _pair(_ORGANISATIONS, tuple(canonical(one) for one in pair))
        found[today] = max(at, found.get(today, at))
    return found


def barred_pairs(meetings: Mapping[str, datetime], since: datetime) -> frozenset[frozenset[str]]:
    """The pairs of organisation ids that met at or after that moment."""
    return frozenset(frozenset(pair) for pair, at in _organisations(meetings) if at >= since)


def introductions_sent(letters: Mapping[str, LetterRecord]) -> dict[str, LetterRecord]:
    """Match id -> its introduction, for those that left; a rehearsal is none."""
    return {
        record.match: record
        for record in letters.values()
        if record.kind is LetterKind.INTRODUCTION
        and record.match
        and record.state is LetterState.SENT
        and not is_rehearsal(record.id)
    }


def corrections(letters: Mapping[str, LetterRecord]) -> dict[str, tuple[LetterRecord, ...]]:
    """Match id -> its corrections, whatever became of them, the oldest first."""
    found: dict[str, list[LetterRecord]] = defaultdict(list)
    for record in letters.values():
        if record.kind is LetterKind.CORRECTION and record.match:
            found[record.match].append(record)
    return {match: tuple(sorted(records, key=lambda one: one.since)) for match, records in found.items()}


def _organisations(meetings: Mapping[str, datetime]) -> Iterator[tuple[tuple[str, ...], datetime]]:
    for key, at in meetings.items():
        if key.startswith(_ORGANISATIONS):
            yield tuple(key.removeprefix(_ORGANISATIONS).split("|")), at


def _pair(kind: str, ends: tuple[str, ...]) -> str:
    return kind + "|".join(sorted(ends))
