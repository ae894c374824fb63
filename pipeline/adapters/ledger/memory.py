"""The ledger in memory: plain values, gone with the process. For tests and rehearsals of whatever needs a `Ledger`.

It passes the contract of the ledger in a database (`tests/adapters/ledger/test_ledger_contract.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from pipeline.adapters.ledger.words import (
    WITHDRAWN,
    decision_in_words,
    judgement_in_words,
    met_in_words,
    not_claimable,
    one_line,
    superseded_in_words,
)
from pipeline.adapters.secrets import address_hasher
from pipeline.errors import TryLater
from pipeline.model import (
    Decision,
    Judgement,
    KnownEntry,
    Letter,
    LetterKind,
    LetterRecord,
    LetterState,
    Match,
)
from pipeline.ports import Claim, LedgerChanges, LedgerState, RunRecord, Serving

_WAITING = frozenset({LetterState.QUEUED, LetterState.CLAIMED, LetterState.HELD})
_GONE = frozenset({LetterState.COMMITTING, LetterState.SENT, LetterState.UNSURE})


@dataclass(slots=True)
class _Kept:
    """A letter and where it stands."""

    letter: Letter
    state: str
    since: datetime
    content: bytes | None
    attempts: int = 0
    not_before: datetime | None = None
    left_at: datetime | None = None
    searched_at: datetime | None = None
    detail: str = ""


@dataclass(slots=True)
class _Contents:
    """All that is remembered."""

    matches: dict[str, Match] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)
    withdrawn: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    letters: dict[str, _Kept] = field(default_factory=dict)
    bounces: dict[str, dict[str, str]] = field(default_factory=dict)
    meetings: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """Pair key -> the letter through which it met, and when."""
    judgements: dict[tuple[str, str], Judgement] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    left_alone: Mapping[str, date] = field(default_factory=dict)
    entries: dict[str, KnownEntry] = field(default_factory=dict)
    problems: frozenset[str] = frozenset()
    acted: datetime | None = None
    serving: Serving = field(default_factory=Serving)
    form_columns: frozenset[str] = frozenset()
    runs: list[RunRecord | None] = field(default_factory=list)
    history: list[tuple[datetime, str, str | None, str]] = field(default_factory=list)
    """When, about what, of which match, and what happened."""


class MemoryLedger:
    """Fulfils `ports.Ledger`. `erased` are keyed hashes of addresses; `round_months` as for the real one."""

    def __init__(
        self,
        secret: bytes = b"",
        *,
        round_months: int = 12,
        erased: Collection[str] = (),
        instance: str = "in memory",
    ) -> None:
        self.hashed = address_hasher(secret)
        self._round = relativedelta(months=round_months)
        self._erased = frozenset(erased)
        self._instance = instance
        self._kept = _Contents()

    # -- reading ---------------------------------------------------------------------------------------

    def load(self, now: datetime) -> LedgerState:
        """Everything, as one value. Letters that have left come without their bytes."""
        kept = self._kept
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        digests = [one for one in kept.letters.values() if one.letter.kind is LetterKind.DIGEST and one.state in _GONE]
        return LedgerState(
            matches=dict(kept.matches),
            superseded=dict(kept.superseded),
            withdrawn=dict(kept.withdrawn),
            decisions=dict(kept.decisions),
            letters={
                one.letter.id: self._record_of(one)
                for one in sorted(kept.letters.values(), key=lambda one: (one.since, one.letter.id))
            },
            meetings={key: at for key, (_, at) in kept.meetings.items()},
            judgements=tuple(kept.judgements[pair] for pair in sorted(kept.judgements)),
            spellings=dict(kept.spellings),
            left_alone=dict(kept.left_alone),
            entries=tuple(kept.entries[entry] for entry in sorted(kept.entries)),
            problems=kept.problems,
            erased=self._erased,
            last_run=next((record for record in reversed(kept.runs) if record is not None), None),
            last_acted=kept.acted,
            last_digest=max((one.since.date() for one in digests), default=None),
            sent_today=sum(
                one.left_at is not None and one.left_at >= midnight and one.state in _GONE
                for one in kept.letters.values()
            ),
            form_columns=kept.form_columns,
            instance=self._instance,
            serving=kept.serving,
        )

    def _record_of(self, one: _Kept) -> LetterRecord:
        return LetterRecord(
            id=one.letter.id,
            kind=one.letter.kind,
            match=one.letter.match,
            state=LetterState(one.state),
            message_id=one.letter.message_id,
            envelope=one.letter.envelope,
            content=one.content if one.state in _WAITING else None,
            since=one.since,
            attempts=one.attempts,
            not_before=one.not_before,
            detail=one.detail,
            bounced=dict(self._kept.bounces.get(one.letter.id, {})),
        )

    def letter(self, letter: str) -> Letter | None:
        """A letter with its frozen bytes; None when it is unknown or its bytes are gone."""
        kept = self._kept.letters.get(letter)
        return None if kept is None or kept.content is None else kept.letter

    def history(self, identifier: str) -> Sequence[tuple[datetime, str]]:
        """What happened to a match (its letters included), letter or organisation, oldest first."""
        return [
            (at, event if about == identifier else f"{about}: {event}")
            for at, about, match, event in self._kept.history
            if identifier in (about, match)
        ]

    # -- facts -----------------------------------------------------------------------------------------

    def record(self, changes: LedgerChanges) -> None:
        """Remember a plan's facts."""
        kept, at = self._kept, changes.at
        kept.acted = at
        for match in changes.matches:
            if not self._is_erased(party.email for party in match.parties):
                self._propose(match, at)
        for old, new in changes.superseded.items():
            if old in kept.matches and kept.superseded.get(old) != new:
                kept.superseded[old] = new
                self._note(at, old, superseded_in_words(new), old)
        for old, why in changes.matches_withdrawn.items():
            if old in kept.matches and old not in kept.withdrawn:
                kept.withdrawn[old] = why
                self._note(at, old, WITHDRAWN, old)
        for decision in changes.decisions:
            self._decide(decision, at)
        for judgement in changes.judgements:
            self._judge(judgement)
        kept.spellings.update(changes.spellings)
        for organisation, event in changes.organisation_events:
            self._note(at, organisation, event)
        kept.left_alone = kept.left_alone if changes.left_alone is None else dict(changes.left_alone)
        kept.entries.update({entry.id: entry for entry in changes.entries if not self._is_erased([entry.address])})
        kept.problems = kept.problems if changes.problems is None else changes.problems
        kept.serving = changes.serving or kept.serving
        kept.form_columns = kept.form_columns if changes.form_columns is None else changes.form_columns
        for key in changes.reopened:
            kept.meetings.pop(key, None)
        self._record_letters(changes)

    def _record_letters(self, changes: LedgerChanges) -> None:
        for letter_id, was_sent in changes.settled.items():
            self._settle(letter_id, changes.at, was_sent=was_sent)
        for letter_id, why in changes.withdrawn.items():
            if self._move(letter_id, changes.at, LetterState.WITHDRAWN, why, {LetterState.QUEUED, LetterState.HELD}):
                self._free(letter_id)
        for letter in changes.letters:
            if not self._is_erased(letter.envelope.recipients):
                self._queue(letter, changes.at)

    def _is_erased(self, addresses: Iterable[str]) -> bool:
        return bool(self._erased) and any(self.hashed(address) in self._erased for address in addresses)

    def _propose(self, match: Match, at: datetime) -> None:
        standing = self._kept.matches.get(match.id)
        if standing is None:
            self._kept.matches[match.id] = match
            self._note(at, match.id, "proposed" + (" by hand" if match.by_hand else ""), match.id)
        elif match.by_hand and not standing.by_hand:
            self._kept.matches[match.id] = replace(standing, by_hand=True)
            self._note(at, match.id, "asked for by hand", match.id)

    def _decide(self, decision: Decision, at: datetime) -> None:
        before = self._kept.decisions.get(decision.match)
        self._kept.decisions[decision.match] = decision
        if before is None or decision_in_words(before) != decision_in_words(decision):
            self._note(at, decision.match, decision_in_words(decision), decision.match)

    def _judge(self, judgement: Judgement) -> None:
        pair = (judgement.left, judgement.right)
        earlier = self._kept.judgements.get(pair)
        if earlier is None or (earlier != judgement and earlier.at <= judgement.at):
            self._kept.judgements[pair] = judgement
            self._note(judgement.at, *judgement_in_words(judgement))

    def _settle(self, letter: str, at: datetime, *, was_sent: bool) -> None:
        to = LetterState.SENT if was_sent else LetterState.QUEUED
        detail = f"A person says that it was {'' if was_sent else 'not '}sent."
        if self._move(letter, at, to, detail, {LetterState.UNSURE}) and not was_sent:
            self._free(letter)

    def _queue(self, letter: Letter, at: datetime) -> None:
        standing = self._kept.letters.get(letter.id)
        if standing is None or standing.state == LetterState.WITHDRAWN:
            kept = _Kept(letter=letter, state=LetterState.QUEUED, since=at, content=letter.content)
            self._kept.letters[letter.id] = kept
            self._note(at, letter.id, "queued", letter.match)

    # -- one letter on its way -------------------------------------------------------------------------

    def recover(self, now: datetime) -> tuple[str, ...]:
        """Queue claimed letters again; those at their final dot become unsure, and their ids are returned."""
        unsure = []
        for letter, kept in self._kept.letters.items():
            if kept.state == LetterState.CLAIMED:
                self.requeue(letter, now, "the run ended before the letter left", not_before=None)
            elif kept.state == LetterState.COMMITTING:
                self.mark_unsure(letter, now, "the run ended just as the letter left, and nobody knows whether it did")
                unsure.append(letter)
        return tuple(unsure)

    def claim(self, letter: str, now: datetime) -> Claim | str:
        """Take a queued letter for sending, or say in one sentence why not."""
        kept = self._kept.letters.get(letter)
        refusal = not_claimable(kept, letter, now)
        if refusal or kept is None:
            return refusal
        met = [self._kept.meetings[key][1] for key in kept.letter.meeting_keys if key in self._kept.meetings]
        if any(at >= now - self._round for at in met):
            return met_in_words(min(met))
        self._kept.meetings |= dict.fromkeys(kept.letter.meeting_keys, (letter, now))
        kept.attempts += 1
        self._move(letter, now, LetterState.CLAIMED, "", {LetterState.QUEUED})
        return Claim(letter=letter, attempt=kept.attempts)

    def mark_committing(self, claim: Claim, now: datetime) -> None:
        """To be called before the final dot leaves. Raises TryLater when the claim is no longer ours."""
        kept = self._kept.letters.get(claim.letter)
        if kept is None or (kept.state, kept.attempts) != (LetterState.CLAIMED, claim.attempt):
            raise TryLater(
                f"{claim.letter} is no longer claimed by this run.", hint="Another run has it; nothing was sent."
            )
        kept.state, kept.since, kept.left_at = LetterState.COMMITTING, now, now

    def mark_sent(self, letter: str, now: datetime, detail: str) -> None:
        """The server took responsibility (or evidence says so). The pair is taken from now on."""
        if self._move(letter, now, LetterState.SENT, detail, set(LetterState) - {LetterState.SENT}):
            kept = self._kept.letters[letter]
            kept.left_at = kept.left_at or now
            self._take(letter, kept.letter.meeting_keys, now)

    def mark_unsure(self, letter: str, now: datetime, detail: str) -> None:
        """Nobody knows; evidence or a person settles it. The pair stays taken."""
        self._move(letter, now, LetterState.UNSURE, detail, {LetterState.CLAIMED, LetterState.COMMITTING})

    def mark_held(self, letter: str, now: datetime, detail: str) -> None:
        """A refusal for good: a person must look. Frees the pair."""
        if self._move(letter, now, LetterState.HELD, detail, (_WAITING | _GONE) - {LetterState.HELD, LetterState.SENT}):
            self._kept.letters[letter].left_at = None
            self._free(letter)

    def requeue(self, letter: str, now: datetime, detail: str, *, not_before: datetime | None) -> None:
        """Certainly not sent; try again later with the same bytes. Frees the pair until then."""
        allowed = {LetterState.CLAIMED, LetterState.COMMITTING, LetterState.UNSURE}
        if self._move(letter, now, LetterState.QUEUED, detail, allowed):
            kept = self._kept.letters[letter]
            kept.not_before, kept.left_at = not_before, None
            self._free(letter)

    def note_search(self, letter: str, now: datetime) -> timedelta:
        """Evidence was looked for in vain; returns how long ago that happened first since the letter is unsure."""
        kept = self._kept.letters.get(letter)
        if kept is None:
            return timedelta(0)
        kept.searched_at = kept.searched_at or now
        return now - kept.searched_at

    def note_bounce(self, letter: str, recipient: str, detail: str, now: datetime) -> None:
        """A bounce matched by id; seen again it changes nothing."""
        bounced = self._kept.bounces.setdefault(letter, {})
        recipient = one_line(recipient, 320)
        if recipient not in bounced:
            bounced[recipient] = one_line(detail)
            kept = self._kept.letters.get(letter)
            self._note(now, letter, f"bounced for {recipient}: {detail}", kept.letter.match if kept else None)

    def adopt(self, record: LetterRecord, meeting_keys: Sequence[str]) -> None:
        """Take over from the sheet that a letter was sent (or that nobody knows); a surer state is left alone."""
        settled = {LetterState.SENT, record.state}
        kept = self._kept.letters.get(record.id)
        if kept is not None and kept.state in settled:
            return
        if kept is None:
            letter = Letter(
                id=record.id,
                kind=record.kind,
                match=record.match,
                message_id=record.message_id,
                envelope=record.envelope,
                content=record.content or b"",
                subject="",
                meeting_keys=tuple(meeting_keys),
            )
            kept = _Kept(letter=letter, state=LetterState.QUEUED, since=record.since, content=record.content)
            self._kept.letters[record.id] = kept
        detail = record.detail or "taken over from the sheet"
        self._move(record.id, record.since, record.state, detail, set(LetterState) - settled)
        kept.left_at = record.since
        self._take(record.id, meeting_keys, record.since)

    # -- runs ------------------------------------------------------------------------------------------

    def start_run(self, now: datetime) -> int:  # noqa: ARG002 - when it began is part of how it ended
        """Note that a run began; returns its number."""
        self._kept.runs.append(None)
        return len(self._kept.runs)

    def finish_run(self, number: int, record: RunRecord) -> None:
        """Note how it ended."""
        self._kept.runs[number - 1] = record

    # -- small steps -----------------------------------------------------------------------------------

    def _move(self, letter: str, at: datetime, to: LetterState, detail: str, allowed: Collection[LetterState]) -> bool:
        kept = self._kept.letters.get(letter)
        if kept is None or kept.state not in allowed:
            return False
        kept.state, kept.since, kept.searched_at, kept.detail = to, at, None, one_line(detail)
        self._note(at, letter, f"{to}: {detail}" if detail else str(to), kept.letter.match)
        return True

    def _take(self, letter: str, keys: Sequence[str], at: datetime) -> None:
        for key in keys:
            self._kept.meetings.setdefault(key, (letter, at))

    def _free(self, letter: str) -> None:
        self._kept.meetings = {key: met for key, met in self._kept.meetings.items() if met[0] != letter}

    def _note(self, at: datetime, about: str, event: str, match: str | None = None) -> None:
        self._kept.history.append((at, about, match, one_line(event)))
