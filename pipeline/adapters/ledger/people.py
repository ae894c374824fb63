"""What the ledger holds about a person: showing it, erasing it, letting it go in time.

A person is an e-mail address. Of an erased one only a keyed hash stays, so that the address stays erased when an old
row comes back; the other side of a match keeps what is its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace as changed
from datetime import datetime, timedelta
from typing import Any, cast

from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from pipeline.adapters.ledger import schema
from pipeline.adapters.ledger.codec import from_json, to_json
from pipeline.adapters.ledger.ledger import SqlLedger
from pipeline.adapters.ledger.record import free_meetings, move
from pipeline.adapters.ledger.state import STILL_TO_LEAVE
from pipeline.cleaning.addresses import canonical_address, mentions
from pipeline.config import RetentionSettings
from pipeline.model import Decision, Envelope, KnownEntry, LetterState, Match, Party

ERASED = "(erased)"


def subject(ledger: SqlLedger, address: str) -> dict[str, Any]:
    """Everything held about that address, ready for JSON; of the other people in a match only the organisation."""
    wanted = canonical_address(address)
    with ledger.reading() as connection:
        entries = [from_json(text, KnownEntry) for text in connection.scalars(select(schema.entry.c.document))]
        own = [entry for entry in entries if canonical_address(entry.address) == wanted]
        matches = [match for match, _ in _matches_of(connection, wanted)]
        letters = list(_letters_of(connection, wanted))
        hashed = ledger.hashed(address)
        erased = connection.scalar(select(schema.erased.c.at).where(schema.erased.c.hash == hashed))
        ids = {entry.id for entry in own} | {match.id for match in matches} | {row.id for row in letters}
        events = [
            {"at": row.at, "about": row.about, "event": _mask_others(row.event, wanted)}
            for row in connection.execute(select(schema.history).order_by(schema.history.c.number))
            if row.about in ids or row.match in ids or mentions(row.event, wanted)
        ]
        bounces = [
            {"letter": row.letter, "reason": row.reason, "at": row.at}
            for row in connection.execute(select(schema.bounce))
            if canonical_address(row.recipient) == wanted
        ]
    held = {
        "address": address,
        "erased_on": erased,
        "entries": own,
        "matches": [_own_view(match, wanted) for match in matches],
        "letters": [
            {
                "id": row.id,
                "kind": row.kind,
                "state": row.state,
                "since": row.since,
                "subject": row.subject,
                "text": row.content.decode("utf-8", "replace") if row.content is not None else None,
            }
            for row in letters
        ],
        "bounces": bounces,
        "history": events,
    }
    return cast("dict[str, Any]", json.loads(to_json(held)))


def forget(ledger: SqlLedger, address: str, now: datetime) -> dict[str, int]:
    """Erase that address everywhere in the ledger and remember that it is erased; returns how much was touched.

    Letters still to leave are taken back. That a letter was sent stays known, without to whom.
    """
    wanted = canonical_address(address)
    touched: Counter[str] = Counter()
    with ledger.writing() as connection:
        names: set[str] = set()
        for letter in list(_letters_of(connection, wanted)):
            _erase_letter(connection, letter, wanted, now)
            touched["letters"] += 1
        for match, superseded in list(_matches_of(connection, wanted)):
            names.update(
                party.contact_name.casefold()
                for party in match.parties
                if canonical_address(party.email) == wanted and party.contact_name and len(party.contact_name) > 3
            )
            _erase_match(connection, match, superseded, wanted)
            touched["matches"] += 1
        for row in connection.execute(select(schema.entry.c.id, schema.entry.c.address)).all():
            if canonical_address(row.address) == wanted:
                connection.execute(delete(schema.entry).where(schema.entry.c.id == row.id))
                touched["entries"] += 1
        for row in connection.execute(select(schema.bounce)).all():
            if canonical_address(row.recipient) == wanted:
                where = (schema.bounce.c.letter == row.letter, schema.bounce.c.recipient == row.recipient)
                connection.execute(delete(schema.bounce).where(*where))
                touched["bounces"] += 1

        def names_the_person(text: str) -> bool:
            return mentions(text, wanted) or any(name in text.casefold() for name in names)

        touched["meetings"] += _blank_keys(connection, names_the_person, ledger.keyed)
        touched["history"] += _blank_texts(connection, names_the_person)
        for table, column in (
            (schema.problem, "key"),
            (schema.spelling, "key"),
            (schema.judgement, "left"),
            (schema.judgement, "right"),
        ):
            _delete_containing(connection, table, column, names_the_person)
        hashed = ledger.hashed(address)
        if not connection.scalar(select(schema.erased.c.hash).where(schema.erased.c.hash == hashed)):
            connection.execute(insert(schema.erased), {"hash": hashed, "at": now})
    return dict(touched)


def purge(ledger: SqlLedger, retention: RetentionSettings, now: datetime) -> dict[str, int]:
    """Let go of what has been kept long enough; returns how much of each. Doing it again changes nothing more."""
    entries_before = (now - relativedelta(months=retention.responses_months)).date()
    proposals_before = now - timedelta(days=retention.proposals_days)
    letters_before = now - timedelta(days=retention.letters_days)
    sent_before = now - relativedelta(months=retention.sent_months)
    letter, match = schema.letter, schema.match
    with ledger.writing() as connection:
        gone: Counter[str] = Counter()
        entry = schema.entry
        gone["entries"] = _count(connection.execute(delete(entry).where(entry.c.last_confirmed < entries_before)))
        gone["letter texts"] = _count(
            connection.execute(
                update(letter)
                .where(letter.c.state.in_((LetterState.SENT, LetterState.WITHDRAWN)))
                .where(letter.c.since < letters_before, letter.c.content.is_not(None))
                .values(content=None, subject="")
            )
        )
        gone["refused proposals"] = _purge_refused(connection, proposals_before)
        for row in connection.execute(select(letter).where(letter.c.since < sent_before)).all():
            if row.state not in (LetterState.SENT, LetterState.WITHDRAWN):
                continue
            connection.execute(delete(schema.meeting).where(schema.meeting.c.letter == row.id))
            connection.execute(delete(schema.bounce).where(schema.bounce.c.letter == row.id))
            envelope = changed(from_json(row.envelope, Envelope), recipients=(), journal=None)
            blank = {"envelope": to_json(envelope), "detail": "", "meeting_keys": "[]", "content": None, "subject": ""}
            if row.envelope != blank["envelope"]:
                connection.execute(update(letter).where(letter.c.id == row.id).values(**blank))
                connection.execute(update(match).where(match.c.id == row.match).values(document=None))
                _drop_reason(connection, row.match)
                gone["introductions"] += 1
        gone["history"] = _count(connection.execute(delete(schema.history).where(schema.history.c.at < sent_before)))
        past = schema.past_meeting
        gone["past meetings"] = _count(connection.execute(delete(past).where(past.c.at < sent_before)))
    return {what: number for what, number in gone.items() if number}


def _purge_refused(connection: Connection, before: datetime) -> int:
    """Declined and outdated proposals without a letter that left: the id and the decision stay, the people go."""
    match, decision, letter = schema.match, schema.decision, schema.letter
    declined = {
        row.match
        for row in connection.execute(select(decision).where(decision.c.at < before))
        if from_json(row.document, Decision).declined
    }
    with_letter = set(
        connection.scalars(
            select(letter.c.match).where(letter.c.match.is_not(None), letter.c.state != LetterState.WITHDRAWN)
        )
    )
    number = 0
    old = select(match.c.id, match.c.superseded_by, match.c.withdrawn).where(
        match.c.document.is_not(None), match.c.at < before
    )
    for row in connection.execute(old).all():
        if row.id in with_letter or not (
            row.id in declined or row.superseded_by is not None or row.withdrawn is not None
        ):
            continue
        connection.execute(update(match).where(match.c.id == row.id).values(document=None))
        _drop_reason(connection, row.id)
        number += 1
    return number


def _count(result: Any) -> int:
    return int(result.rowcount)


def _matches_of(connection: Connection, wanted: str) -> Iterator[tuple[Match, str | None]]:
    rows = connection.execute(select(schema.match).where(schema.match.c.document.is_not(None))).all()
    for row in rows:
        match = from_json(row.document, Match)
        if any(canonical_address(party.email) == wanted for party in match.parties):
            yield match, row.superseded_by


def _letters_of(connection: Connection, wanted: str) -> Iterator[Row[Any]]:
    for row in connection.execute(select(schema.letter).order_by(schema.letter.c.since)).all():
        if any(canonical_address(address) == wanted for address in from_json(row.envelope, Envelope).recipients):
            yield row


def _own_view(match: Match, wanted: str) -> Any:
    parties = [
        party if canonical_address(party.email) == wanted else {"organisation": party.organisation}
        for party in match.parties
    ]
    return {"id": match.id, "parties": parties, "why": match.why, "band": match.band}


def _mask_others(event: str, wanted: str) -> str:
    words = event.split(" ")
    return " ".join("(somebody else)" if "@" in word and not mentions(word, wanted) else word for word in words)


def _erase_letter(connection: Connection, row: Row[Any], wanted: str, now: datetime) -> None:
    if move(connection, row.id, now, LetterState.WITHDRAWN, "an address was erased", allowed=STILL_TO_LEAVE):
        free_meetings(connection, row.id, now, "an address was erased")
    envelope = from_json(row.envelope, Envelope)
    kept = tuple(each for each in envelope.recipients if canonical_address(each) != wanted)
    keys = [key for key in json.loads(row.meeting_keys) if not mentions(key, wanted)]
    connection.execute(
        update(schema.letter)
        .where(schema.letter.c.id == row.id)
        .values(
            envelope=to_json(changed(envelope, recipients=kept)),
            content=None,
            subject="",
            detail="",
            meeting_keys=json.dumps(keys),
        )
    )


def _erase_match(connection: Connection, match: Match, superseded: str | None, wanted: str) -> None:
    parties = tuple(
        Party(side=party.side, entry=party.entry, organisation_id=party.organisation_id, organisation=ERASED, email="")
        if canonical_address(party.email) == wanted
        else party
        for party in match.parties
    )
    erased = changed(match, parties=parties, why="", fits=(), unclear=(), warnings=())
    table = schema.match
    values = {"document": to_json(erased), "superseded_by": superseded or ""}
    connection.execute(update(table).where(table.c.id == match.id).values(**values))
    _drop_reason(connection, match.id)
    decision = schema.decision
    text = connection.scalar(select(decision.c.document).where(decision.c.match == match.id))
    if text is not None:
        silent = to_json(changed(from_json(text, Decision), message=None, correction=None))
        connection.execute(update(decision).where(decision.c.match == match.id).values(document=silent))


def _drop_reason(connection: Connection, match: str | None) -> None:
    """That a match was withdrawn stays known; why may quote an answer."""
    table = schema.match
    connection.execute(update(table).where(table.c.id == match, table.c.withdrawn.is_not(None)).values(withdrawn=""))


def _blank_keys(connection: Connection, is_meant: Callable[[str], bool], keyed: Callable[[str], str]) -> int:
    """Pair keys that spell the address out are kept as a keyed hash: still taken, no longer legible."""
    number = 0
    for table in (schema.meeting, schema.past_meeting):
        for key in set(connection.scalars(select(table.c.key))):
            if is_meant(key):
                connection.execute(update(table).where(table.c.key == key).values(key=f"erased:{keyed(key)}"))
                number += 1
    return number


def _blank_texts(connection: Connection, is_meant: Callable[[str], bool]) -> int:
    table = schema.history
    number = 0
    for row in connection.execute(select(table.c.number, table.c.event)).all():
        if is_meant(row.event):
            connection.execute(update(table).where(table.c.number == row.number).values(event=ERASED))
            number += 1
    return number


def _delete_containing(connection: Connection, table: Table, column: str, is_meant: Callable[[str], bool]) -> None:
    """Keys are opaque here, but those that spell the person out cannot stay."""
    for value in set(connection.scalars(select(table.c[column]))):
        if is_meant(value):
            connection.execute(delete(table).where(table.c[column] == value))
