"""pull -> plan -> guard -> apply: the only module that sees both the plan and the adapters.

The order is the safety. Everything is decided before anything is done; the ledger remembers a letter
before it leaves; the officer's tick is read once more just before; and what became of each letter is
recorded before the next one is touched. A crash at any line leaves a state from which the next run
goes on without sending twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.adapters.mail.bounce_reading import UNKNOWN_ADDRESS
from pipeline.adapters.secrets import plain_address
from pipeline.cleaning import clean_text
from pipeline.config import Settings
from pipeline.errors import Exit, MatchmakerError, TryLater
from pipeline.letters import meeting_keys
from pipeline.model import (
    Envelope,
    Letter,
    LetterKind,
    LetterRecord,
    LetterState,
    Problem,
    SheetChanges,
    Standing,
)
from pipeline.planning.brakes import ledger_behind
from pipeline.planning.inputs import World
from pipeline.planning.plan import Plan, make_plan, restated
from pipeline.planning.standings import introduction_id
from pipeline.ports import (
    Clock,
    Delivery,
    Evidence,
    Ledger,
    LedgerState,
    Mailer,
    MailSession,
    Outcome,
    RunRecord,
    Spreadsheet,
)
from pipeline.tabs import layout, review
from pipeline.tabs import own_tabs as tabs

log = logging.getLogger(__name__)

FIRST_RETRY = timedelta(minutes=15)
LAST_RETRY = timedelta(hours=24)
"""A letter the server does not take is tried again by the next run, then after 15, 30, 60 ... minutes; past a day a
person looks.

RFC 5321, 4.5.4.1 asks for at least 30 minutes between tries on average and a give-up after days; a
greylisting server answers well within that.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The adapters one run speaks to, and what never changes while it does."""

    sheet: Spreadsheet
    ledger: Ledger
    clock: Clock
    mailer: Mailer | None = None
    """None: letters stay."""
    evidence: Evidence | None = None
    world: Callable[..., World]
    """Makes the `World` of a run from snapshot, state and moment."""
    progress: Callable[[str], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run came to: the closing line, the exit code, and where everything stands."""

    plan: Plan
    standings: Mapping[str, Standing]
    exit_code: Exit
    summary: str
    """Empty when nothing changed."""
    sent: tuple[str, ...] = ()
    stuck: tuple[Standing, ...] = ()
    """Matches that need a person since this run."""
    failure: MatchmakerError | None = None
    """What stopped the letters half-way; everything else was done."""


def look(outside: Outside) -> tuple[World, Plan]:
    """Read the outside and decide, touching nothing: `plan`, `status`, `explain`, `preview`."""
    now = outside.clock()
    world = outside.world(outside.sheet.read(), outside.ledger.load(now), now)
    return world, make_plan(world)


def run(outside: Outside, settings: Settings) -> RunResult:
    """One run of the cron job. To be called with the lock held."""
    started = outside.clock()
    number = outside.ledger.start_run(started)
    try:
        result = _run(outside, settings, started)
    except MatchmakerError as error:
        _finish(outside, number, started, error.exit_code, str(error), responses=0)
        raise
    failure_code = result.failure.exit_code if result.failure else result.exit_code
    _finish(outside, number, started, failure_code, result.summary, responses=len(result.plan.registry.sources))
    return result


def _finish(outside: Outside, number: int, started: datetime, code: Exit, summary: str, *, responses: int) -> None:
    record = RunRecord(
        started=started, finished=outside.clock(), exit_code=int(code), summary=summary, responses=responses
    )
    outside.ledger.finish_run(number, record)


def _run(outside: Outside, settings: Settings, started: datetime) -> RunResult:
    ledger = outside.ledger
    for letter in ledger.recover(started):
        log.warning("letter=%s the last run ended while it was leaving; looking for evidence", letter)
    _search_evidence(outside, settings)
    world, plan = look(outside)
    outside.progress(f"{len(plan.registry.sources)} open entries, {len(plan.proposals.candidates)} candidates")
    if plan.brakes:
        return _refuse(outside, world, plan)

    for match in plan.adopted:
        _adopt(outside.ledger, world, plan, match)
    ledger.record(plan.facts)
    if plan.before:
        outside.sheet.write(plan.before)
    sending = _send(outside, settings, plan, started)
    standings, after = restated(world, plan, ledger.load(outside.clock()), sending.failure)
    if after:
        left = outside.sheet.write(after)
        if left:
            log.info("rows=%d moved while we wrote; the next run updates them", len(left))
    stuck = _newly_stuck(plan, standings)
    return RunResult(
        plan=plan,
        standings=standings,
        exit_code=_exit_code(plan, stuck, sending),
        summary=_summary(plan, after, sending),
        sent=tuple(sending.sent),
        stuck=stuck,
        failure=sending.failure,
    )


def _refuse(outside: Outside, world: World, plan: Plan) -> RunResult:
    """A brake: one line to `Problems`, nothing else."""
    table = world.snapshot.tables.get(layout.PROBLEMS)
    body = tabs.problems_body(plan.problems, plan.brakes, plan.released)
    if tabs.changed(table, layout.PROBLEMS, body):
        outside.sheet.write(SheetChanges(contents={layout.PROBLEMS: body}))
    return RunResult(
        plan=plan,
        standings=plan.standings,
        exit_code=Exit.BRAKE,
        summary=" ".join(f"{brake.what} {brake.fix}" for brake in plan.brakes),
    )


def _adopt(ledger: Ledger, world: World, plan: Plan, identifier: str) -> None:
    """The officer released the brake: the sheet is right, that match counts as introduced."""
    match = plan.matches.get(identifier)
    letter = introduction_id(identifier)
    record = LetterRecord(
        id=letter,
        kind=LetterKind.INTRODUCTION,
        match=identifier,
        state=LetterState.SENT,
        message_id=world.composer.message_id(letter),
        envelope=Envelope(
            sender=world.settings.mail.sender_address,
            recipients=tuple(party.email for party in match.parties) if match else (),
        ),
        content=None,
        since=world.now,
        detail="taken over from the review tab",
    )
    ledger.adopt(record, meeting_keys(match) if match else ())


def rebuild(outside: Outside) -> tuple[str, ...]:
    """Take over from the review tab which matches were introduced; the ledger knows less than the sheet."""
    world, plan = look(outside)
    _, behind = ledger_behind(plan.reading.statuses, world.state.letters)
    outside.ledger.record(replace(plan.facts, letters=(), withdrawn={}, settled={}, reopened=()))
    for match in behind:
        _adopt(outside.ledger, world, plan, match)
    if world.snapshot.owner != world.state.instance:
        outside.sheet.write(SheetChanges(owner=world.state.instance))
    return behind


# -- letters -------------------------------------------------------------------------------------------


@dataclass
class _Sending:
    """What became of a run's letters."""

    sent: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """Certainly not taken; a later run tries again."""
    failure: MatchmakerError | None = None


def _send(outside: Outside, settings: Settings, plan: Plan, started: datetime) -> _Sending:
    """Send what is due: tick read once more, then claim -> deliver -> record, one letter at a time."""
    sending = _Sending()
    if not plan.letters or outside.mailer is None:
        return sending
    letters = _confirmed(outside, plan)
    if not letters:
        return sending
    try:
        with outside.mailer.session() as session:
            for letter in letters:
                if (outside.clock() - started).total_seconds() > settings.run.max_seconds:
                    log.warning("the run has lasted %d s; the other letters wait", settings.run.max_seconds)
                    break
                outside.progress(f"letter {letter.id}")
                outcome = _send_one(outside, session, letter)
                if outcome is Outcome.SENT:
                    sending.sent.append(letter.id)
                elif outcome is Outcome.TRY_AGAIN:
                    sending.waiting.append(letter.id)
    except MatchmakerError as error:
        sending.failure = error
    return sending


def _confirmed(outside: Outside, plan: Plan) -> list[Letter]:
    """The letters whose tick still stands, with the same content, at a last reading of the review tab."""
    table = outside.sheet.read_review().tables.get(layout.REVIEW)
    if table is None:
        return []
    again = review.read_review(table, plan.matches, clean_text)
    return [
        letter
        for letter in plan.letters
        if letter.match is None or review.still_approved(plan.reading, again, letter.match)
    ]


def _send_one(outside: Outside, session: MailSession, letter: Letter) -> Outcome | None:
    """Claim, deliver, record. Whatever goes wrong with one letter, the others go on. None: it was not claimed."""
    ledger = outside.ledger
    claim = ledger.claim(letter.id, outside.clock())
    if isinstance(claim, str):
        log.info("letter=%s not sent: %s", letter.id, claim)
        return None
    # What leaves is what the ledger froze when the letter was queued, on every try the same bytes.
    frozen = ledger.letter(letter.id) or letter
    committed = False

    def before_dot() -> None:
        nonlocal committed
        ledger.mark_committing(claim, outside.clock())
        committed = True

    try:
        delivery = session.deliver(frozen, before_dot)
    except TryLater as error:
        delivery = Delivery(outcome=Outcome.UNCLEAR if committed else Outcome.TRY_AGAIN, detail=error.args[0])
    except Exception as error:
        log.exception("letter=%s failed unexpectedly", letter.id)
        delivery = Delivery(
            outcome=Outcome.UNCLEAR if committed else Outcome.REFUSED, detail=f"our bug: {type(error).__name__}"
        )
    _record(ledger, letter.id, claim.attempt, delivery, outside.clock())
    log.info("letter=%s outcome=%s", letter.id, delivery.outcome)
    return delivery.outcome


def _record(ledger: Ledger, letter: str, attempt: int, delivery: Delivery, now: datetime) -> None:
    if delivery.outcome is Outcome.SENT:
        ledger.mark_sent(letter, now, delivery.detail)
    elif delivery.outcome is Outcome.UNCLEAR:
        ledger.mark_unsure(letter, now, delivery.detail)
    elif delivery.outcome is Outcome.REFUSED:
        ledger.mark_held(letter, now, delivery.detail)
    else:
        pause = FIRST_RETRY * 2 ** (attempt - 2) if attempt > 1 else None
        if pause is not None and pause > LAST_RETRY:
            ledger.mark_held(letter, now, f"tried {attempt} times: {delivery.detail}")
        else:
            ledger.requeue(letter, now, delivery.detail, not_before=now + pause if pause else None)


def _search_evidence(outside: Outside, settings: Settings) -> None:
    """Settle what a crash left open, and note bounces. Trouble with the mailbox never stops the run."""
    if outside.evidence is None:
        return
    now = outside.clock()
    state = outside.ledger.load(now)
    try:
        settle_unsure(outside.ledger, outside.evidence, settings, state, now)
        _note_bounces(outside.ledger, outside.evidence, state, now)
    except MatchmakerError as error:
        log.warning("the mailbox could not be searched: %s", error.args[0])


def settle_unsure(ledger: Ledger, evidence: Evidence, settings: Settings, state: LedgerState, now: datetime) -> None:
    """Letters nobody is sure of: found means sent; not found proves something only in a complete mailbox."""
    unsure = {record.message_id: record for record in state.letters.values() if record.state is LetterState.UNSURE}
    if not unsure:
        return
    grace = timedelta(minutes=settings.imap.grace_minutes)
    for message_id, found in evidence.was_sent(list(unsure)).items():
        record = unsure[message_id]
        if found:
            ledger.mark_sent(record.id, now, "found in the mailbox")
        elif settings.imap.complete and ledger.note_search(record.id, now) >= grace:
            ledger.requeue(record.id, now, "not in the mailbox after two searches", not_before=None)


def _note_bounces(ledger: Ledger, evidence: Evidence, state: LedgerState, now: datetime) -> None:
    sent = {record.message_id: record for record in state.letters.values() if record.state is LetterState.SENT}
    kinds: dict[str, LetterKind] = {message_id: record.kind for message_id, record in sent.items()}
    if not kinds:
        return
    for message_id, bounced, reason in evidence.bounces(kinds):
        record = sent.get(message_id)
        recipient = _recipient(record, bounced) if record is not None else None
        if record is not None and recipient is not None and recipient not in record.bounced:
            ledger.note_bounce(record.id, recipient, reason, now)


def _recipient(record: LetterRecord, bounced: str) -> str | None:
    """The recipient a bounce speaks of as we wrote it; None when it is none of ours (the journal, a forgery)."""
    if bounced == UNKNOWN_ADDRESS:
        return UNKNOWN_ADDRESS
    wanted = plain_address(bounced)
    return next((one for one in record.envelope.recipients if plain_address(one) == wanted), None)


# -- what to say ---------------------------------------------------------------------------------------


def _newly_stuck(plan: Plan, standings: Mapping[str, Standing]) -> tuple[Standing, ...]:
    """What needs a person since this run; waiting proposals and open questions alone do not count."""
    before = plan.reading.statuses
    return tuple(
        standing
        for match, standing in standings.items()
        if standing.needs_a_person and before.get(match) != standing.text
    )


def _exit_code(plan: Plan, stuck: Sequence[Standing], sending: _Sending) -> Exit:
    """1 when something new needs a person, 75 when the mail server was not ready for a letter."""
    if plan.new_problems or stuck:
        return Exit.NEEDS_A_PERSON
    return Exit.TRY_LATER if sending.waiting else Exit.DONE


def _summary(plan: Plan, after: SheetChanges, sending: _Sending) -> str:
    """One closing line, empty when nothing changed."""
    sent = sending.sent
    introductions = sum(letter.startswith(f"{LetterKind.INTRODUCTION}:") for letter in sent)
    counts = (
        (len(plan.before.inserts.get(layout.REVIEW, ())), "new proposal", "new proposals"),
        (introductions, "introduction sent", "introductions sent"),
        (len(sent) - introductions, "other letter sent", "other letters sent"),
        (len(sending.waiting), "letter waits for the mail server", "letters wait for the mail server"),
        (len(plan.before.inserts.get(layout.SAME_ORGANISATION, ())), "new question", "new questions"),
        (len(plan.facts.judgements), "answer about organisations", "answers about organisations"),
        (len(plan.new_problems), "new problem", "new problems"),
        (len(after.updates.get(layout.REVIEW, ())), "status changed", "statuses changed"),
    )
    said = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    if not said:
        return ""
    entries = len(plan.registry.sources)
    return f"{entries} open {'entry' if entries == 1 else 'entries'}: {', '.join(said)}."


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    """Problems as lines for a terminal."""
    return [f"{problem.where}: {problem.what} {problem.fix}" for problem in problems]
