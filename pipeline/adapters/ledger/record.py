"""How facts become rows: the small steps of which the ledger's transactions are made.

Nothing here opens or ends a transaction.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, insert, select, tuple_, update

from pipeline.adapters.ledger import schema
from pipeline.adapters.ledger.codec import from_json, to_json
from pipeline.adapters.ledger.words import (
    WITHDRAWN,
    decision_in_words,
    judgement_in_words,
    one_line,
    superseded_in_words,
)
from pipeline.model import Decision, Judgement, KnownEntry, Letter, LetterState, Match
from pipeline.ports import LedgerChanges

ACTED = "acted"
"""Where the moment of the last record is kept."""
SERVING = "serving"
"""Where `ports.Serving` is kept."""
CHUNK = 400
"""Values in one IN list; SQLite before 3.32 took no more than 999."""

Hash = Callable[[str], str]


def note(connection: Connection, at: datetime, about: str, event: str, match: str | None = None) -> None:
    """Append to the history, which is never changed but by erasure."""
    row = {"at": at, "about": about, "match": match, "event": one_line(event)}
    connection.execute(insert(schema.history), row)


def known(connection: Connection, column: Any, values: Collection[str]) -> set[str]:
    """Which of the values the column holds."""
    found: set[str] = set()
    for part in _chunks(list(values)):
        found.update(connection.scalars(select(column).where(column.in_(part))))
    return found


def replace(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, in place of those with the same primary key; what stands there already is left alone."""
    keys = list(table.primary_key.columns)
    unique = {tuple(row[key.name] for key in keys): dict(row) for row in rows}
    for part in _chunks(list(unique)):
        present = {
            tuple(row[key.name] for key in keys): dict(row)
            for row in connection.execute(select(table).where(_among(keys, part))).mappings()
        }
        changed = [key for key in part if present.get(key) != unique[key]]
        if not changed:
            continue
        connection.execute(delete(table).where(_among(keys, changed)))
        connection.execute(insert(table), [unique[key] for key in changed])


def _among(keys: Sequence[Column[Any]], values: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
    if len(keys) == 1:  # SQLite finds a single value by its index, but not a pair among pairs
        return keys[0].in_([value for (value,) in values])
    return tuple_(*keys).in_(values)


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def record_changes(connection: Connection, changes: LedgerChanges, hashed: Hash) -> None:
    """Write a plan's facts. Whatever belongs to an erased address is left out, wherever it came from."""
    erased = set(connection.scalars(select(schema.erased.c.hash)))

    def is_erased(addresses: Iterable[str]) -> bool:
        return bool(erased) and any(hashed(address) in erased for address in addresses)

    matches = [match for match in changes.matches if not is_erased(party.email for party in match.parties)]
    letters = [letter for letter in changes.letters if not is_erased(letter.envelope.recipients)]
    entries = [entry for entry in changes.entries if not is_erased([entry.address])]
    _record_matches(connection, matches, changes.at)
    for old, new in changes.superseded.items():
        _supersede(connection, old, new, changes.at)
    for old, why in changes.matches_withdrawn.items():
        _withdraw_match(connection, old, why, changes.at)
    _record_decisions(connection, changes.decisions, changes.at)
    _record_judgements(connection, changes.judgements)
    replace(connection, schema.spelling, [{"key": key, "organisation": to} for key, to in changes.spellings.items()])
    for organisation, event in changes.organisation_events:
        note(connection, changes.at, organisation, event)
    if changes.left_alone is not None:
        connection.execute(delete(schema.left_alone))
        days = [{"organisation": one, "until": until} for one, until in changes.left_alone.items()]
        replace(connection, schema.left_alone, days)
    replace(connection, schema.entry, [_entry_row(entry) for entry in entries])
    _record_problems(connection, changes.problems, changes.at)
    if changes.form_columns is not None:
        replace(connection, schema.meta, [{"key": "questions", "value": " ".join(sorted(changes.form_columns))}])
    replace(connection, schema.meta, [{"key": ACTED, "value": changes.at.isoformat()}])
    if changes.serving is not None:
        replace(connection, schema.meta, [{"key": SERVING, "value": to_json(changes.serving)}])
    retire_meetings(connection, changes.reopened, changes.at, "opened again by a person")
    for letter_id, was_sent in changes.settled.items():
        _settle(connection, letter_id, changes.at, was_sent=was_sent)
    for letter_id, why in changes.withdrawn.items():
        _withdraw(connection, letter_id, changes.at, why)
    for letter in letters:
        _queue(connection, letter, changes.at)


def _record_matches(connection: Connection, matches: Sequence[Match], at: datetime) -> None:
    present = known(connection, schema.match.c.id, [match.id for match in matches])
    new = {match.id: match for match in matches if match.id not in present}
    rows = [
        {"id": match.id, "document": to_json(match), "superseded_by": None, "withdrawn": None, "at": at}
        for match in new.values()
    ]
    if rows:
        connection.execute(insert(schema.match), rows)
    for match in matches:
        if match.by_hand and match.id in present:
            _adopt_by_hand(connection, match.id, at)
    for match in new.values():
        note(connection, at, match.id, "proposed" + (" by hand" if match.by_hand else ""), match.id)


def _adopt_by_hand(connection: Connection, match: str, at: datetime) -> None:
    """An open proposal that a line of `By hand` asks for too: that line is used up with it."""
    table = schema.match
    standing = from_json(connection.execute(select(table.c.document).where(table.c.id == match)).scalar_one(), Match)
    if standing.by_hand:
        return
    document = to_json(dataclasses.replace(standing, by_hand=True))
    connection.execute(update(table).where(table.c.id == match).values(document=document))
    note(connection, at, match, "asked for by hand", match)


def _supersede(connection: Connection, old: str, new: str, at: datetime) -> None:
    changed = connection.execute(
        update(schema.match)
        .where(schema.match.c.id == old, schema.match.c.superseded_by.is_distinct_from(new))
        .values(superseded_by=new)
    )
    if changed.rowcount:
        note(connection, at, old, superseded_in_words(new), old)


def _withdraw_match(connection: Connection, old: str, why: str, at: datetime) -> None:
    table = schema.match
    changed = connection.execute(
        update(table).where(table.c.id == old, table.c.withdrawn.is_(None)).values(withdrawn=why)
    )
    if changed.rowcount:
        note(connection, at, old, WITHDRAWN, old)


def _record_decisions(connection: Connection, decisions: Sequence[Decision], at: datetime) -> None:
    table = schema.decision
    earlier: dict[str, str] = {}
    for part in _chunks([decision.match for decision in decisions]):
        rows = connection.execute(select(table.c.match, table.c.document).where(table.c.match.in_(part)))
        earlier.update({row.match: row.document for row in rows})
    new = {decision.match: to_json(decision) for decision in decisions}
    changed = [decision for decision in decisions if earlier.get(decision.match) != new[decision.match]]
    replace(connection, table, [{"match": each.match, "document": new[each.match], "at": at} for each in changed])
    for decision in changed:
        event = decision_in_words(decision)
        before = earlier.get(decision.match)
        if before is None or event != decision_in_words(from_json(before, Decision)):
            note(connection, at, decision.match, event, decision.match)


def _record_judgements(connection: Connection, judgements: Sequence[Judgement]) -> None:
    for judgement in judgements:
        table = schema.judgement
        where = (table.c.left == judgement.left, table.c.right == judgement.right)
        earlier = connection.execute(select(table.c.document, table.c.at).where(*where)).first()
        document = to_json(judgement)
        if earlier is not None and (earlier.document == document or earlier.at > judgement.at):
            continue
        row = {"left": judgement.left, "right": judgement.right, "document": document, "at": judgement.at}
        replace(connection, table, [row])
        note(connection, judgement.at, *judgement_in_words(judgement))


def _entry_row(entry: KnownEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "address": entry.address,
        "document": to_json(entry),
        "last_confirmed": entry.last_confirmed,
    }


def _record_problems(connection: Connection, problems: frozenset[str] | None, at: datetime) -> None:
    if problems is None:
        return
    standing = set(connection.scalars(select(schema.problem.c.key)))
    for part in _chunks(sorted(standing - problems)):
        connection.execute(delete(schema.problem).where(schema.problem.c.key.in_(part)))
    rows = [{"key": key, "since": at} for key in sorted(problems - standing)]
    if rows:
        connection.execute(insert(schema.problem), rows)


def _settle(connection: Connection, letter: str, at: datetime, *, was_sent: bool) -> None:
    to = LetterState.SENT if was_sent else LetterState.QUEUED
    detail = "A person says that it was sent." if was_sent else "A person says that it was not sent."
    if move(connection, letter, at, to, detail, allowed=(LetterState.UNSURE,)) and not was_sent:
        free_meetings(connection, letter, at, detail)


def _withdraw(connection: Connection, letter: str, at: datetime, why: str) -> None:
    if move(connection, letter, at, LetterState.WITHDRAWN, why, allowed=(LetterState.QUEUED, LetterState.HELD)):
        free_meetings(connection, letter, at, why)


def _queue(connection: Connection, letter: Letter, at: datetime) -> None:
    """Queue a new letter; one taken back earlier, which certainly never left, starts afresh with its new bytes."""
    table = schema.letter
    state = connection.scalar(select(table.c.state).where(table.c.id == letter.id))
    if state not in (None, LetterState.WITHDRAWN):
        return
    connection.execute(delete(table).where(table.c.id == letter.id))
    connection.execute(insert(table), letter_row(letter, at))
    note(connection, at, letter.id, "queued", letter.match)


def letter_row(letter: Letter, at: datetime) -> dict[str, Any]:
    """A letter about to be queued, as a row."""
    return {
        "id": letter.id,
        "kind": letter.kind,
        "match": letter.match,
        "state": LetterState.QUEUED,
        "message_id": letter.message_id,
        "envelope": to_json(letter.envelope),
        "subject": letter.subject,
        "content": letter.content,
        "content_hash": hashlib.sha256(letter.content).hexdigest(),
        "meeting_keys": json.dumps(letter.meeting_keys),
        "since": at,
        "attempts": 0,
        "not_before": None,
        "left_at": None,
        "searched_at": None,
        "detail": "",
    }


def move(
    connection: Connection,
    letter: str,
    at: datetime,
    to: LetterState,
    detail: str,
    *,
    allowed: Collection[LetterState],
    **more: Any,
) -> bool:
    """Change a letter's state if it is in one of the allowed ones; says whether it did."""
    table = schema.letter
    moved = connection.execute(
        update(table)
        .where(table.c.id == letter, table.c.state.in_(allowed))
        .values(state=to, since=at, searched_at=None, detail=one_line(detail), **more)
    )
    if moved.rowcount != 1:
        return False
    about = connection.scalar(select(table.c.match).where(table.c.id == letter))
    note(connection, at, letter, f"{to}: {detail}" if detail else str(to), about)
    return True


def take_meetings(connection: Connection, letter: str, keys: Sequence[str], at: datetime) -> None:
    """Occupy the pairs. Raises IntegrityError when one of them is taken."""
    for key in sorted(set(keys)):
        connection.execute(insert(schema.meeting), {"key": key, "letter": letter, "at": at})


def free_meetings(connection: Connection, letter: str, at: datetime, why: str) -> None:
    """The letter did not bring them together after all."""
    keys = connection.scalars(select(schema.meeting.c.key).where(schema.meeting.c.letter == letter)).all()
    retire_meetings(connection, keys, at, why)


def retire_meetings(
    connection: Connection, keys: Collection[str], at: datetime, why: str, *, before: datetime | None = None
) -> None:
    """Move the pairs' meetings (those earlier than `before`, if given) to the past, so that the pairs are free."""
    table = schema.meeting
    for part in _chunks(sorted(set(keys))):
        where: list[ColumnElement[bool]] = [table.c.key.in_(part)]
        if before is not None:
            where.append(table.c.at < before)
        for row in connection.execute(select(table).where(*where)).all():
            connection.execute(
                insert(schema.past_meeting),
                {"key": row.key, "letter": row.letter, "at": row.at, "retired_at": at, "why": one_line(why)},
            )
        connection.execute(delete(table).where(*where))
