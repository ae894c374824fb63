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
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from pipeline.adapters.mail.bounce_reading import UNKNOWN_ADDRESS
from pipeline.cleaning import canonical_address
from pipeline.config import Settings
from pipeline.errors import Exit, MatchmakerError, TryLater
from pipeline.letters.identity import (
    correction_id,
    introduction_id,
    is_introduction,
    is_rehearsal,
    meeting_keys,
    reminder_id,
    waiting_entry,
)
from pipeline.model import (
    Envelope,
    Letter,
    LetterKind,
    LetterRecord,
    LetterState,
    MatchStatus,
    Problem,
    SheetChanges,
    SheetSnapshot,
    Table,
)
from pipeline.ports import (
    Clock,
    Delivery,
    Evidence,
    Ledger,
    LedgerChanges,
    LedgerState,
    Mailer,
    MailSession,
    Outcome,
    RunRecord,
    Serving,
    Spreadsheet,
)
from pipeline.tabs import entries, exchanges, problems, review, same_organisation

if TYPE_CHECKING:
    from pipeline.planning.inputs import RunInputs
    from pipeline.planning.plan import Plan

# Planning, and with it linkage and matching, is imported where a run plans: most of cron's runs find nothing new.

log = logging.getLogger(__name__)

FIRST_RETRY = timedelta(minutes=15)
LAST_RETRY = timedelta(hours=24)
"""A letter the server does not take is tried again by the next run, then after 15, 30, 60 ... minutes; past a day a
person looks.

RFC 5321, 4.5.4.1 asks for at least 30 minutes between tries on average and a give-up after days; a
greylisting server answers well within that.
"""


UNFINISHED = frozenset({LetterState.QUEUED, LetterState.CLAIMED, LetterState.COMMITTING, LetterState.UNSURE})
"""Something still happens to such a letter at some hour, without anybody changing anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """What one run speaks to: sheet, ledger, mail, mailbox and clock."""

    sheet: Spreadsheet
    ledger: Ledger
    clock: Clock
    mailer: Mailer | None = None
    """None: letters stay."""
    evidence: Evidence | None = None
    inputs: Callable[[SheetSnapshot, LedgerState, datetime], RunInputs]
    """Makes the inputs of a run from what was read and the moment."""
    fingerprint: Callable[[SheetSnapshot, LedgerState, datetime], str] = field(default=lambda *_: "")
    """The same only where a plan would be the same; empty: every run plans."""
    progress: Callable[[str], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run came to: the closing line, the exit code, and where everything stands."""

    plan: Plan | None
    """None: nothing has changed since a run that had nothing to do."""
    open_entries: int
    exit_code: Exit
    summary: str
    """Empty when nothing changed."""
    idle_on: str = ""
    """The fingerprint of what was read, where there was nothing to do."""
    sent: tuple[str, ...] = ()
    stuck: tuple[MatchStatus, ...] = ()
    """Matches that need a person since this run."""
    failure: MatchmakerError | None = None
    """What stopped the letters half-way; everything else was done."""


def look(adapters: Adapters) -> tuple[RunInputs, Plan]:
    """Read the adapters and decide, touching nothing: `plan`, `status`, `explain`, `preview`."""
    now = adapters.clock()
    return _decide(adapters, adapters.sheet.read(), adapters.ledger.load(now), now)


def _decide(adapters: Adapters, snapshot: SheetSnapshot, state: LedgerState, now: datetime) -> tuple[RunInputs, Plan]:
    from pipeline.planning.plan import make_plan

    inputs = adapters.inputs(snapshot, state, now)
    return inputs, make_plan(inputs)


def run(adapters: Adapters, settings: Settings) -> RunResult:
    """One run of the cron job. To be called with the lock held."""
    started = adapters.clock()
    number = adapters.ledger.start_run(started)
    try:
        result = _run(adapters, settings, started)
    except MatchmakerError as error:
        record = RunRecord(
            started=started, finished=adapters.clock(), exit_code=int(error.exit_code), summary=str(error)
        )
        adapters.ledger.finish_run(number, record)
        raise
    record = RunRecord(
        started=started,
        finished=adapters.clock(),
        exit_code=int(result.failure.exit_code if result.failure else result.exit_code),
        summary=result.summary,
        responses=result.open_entries,
        idle_on=result.idle_on,
    )
    adapters.ledger.finish_run(number, record)
    return result


def _run(adapters: Adapters, settings: Settings, started: datetime) -> RunResult:
    ledger = adapters.ledger
    for letter in ledger.recover(started):
        log.warning("letter=%s the last run ended while it was leaving; looking for evidence", letter)
    _search_evidence(adapters, settings)
    now = adapters.clock()
    snapshot, state = adapters.sheet.read(), ledger.load(now)
    read = adapters.fingerprint(snapshot, state, now)
    if read and state.last_run is not None and state.last_run.idle_on == read:
        return RunResult(
            plan=None, open_entries=state.last_run.responses, exit_code=Exit.DONE, summary="", idle_on=read
        )

    from pipeline.planning.plan import restated

    inputs, plan = _decide(adapters, snapshot, state, now)
    adapters.progress(f"{len(plan.entries.sources)} open entries, {len(plan.matches.found.candidates)} candidates")
    if plan.ticks.brakes:
        return _refuse(adapters, inputs, plan)

    for match in plan.ticks.adopted:
        _adopt(adapters.ledger, inputs, plan, match)
    ledger.record(plan.changes.ledger)
    if plan.changes.before:
        adapters.sheet.write(plan.changes.before)
    sending = _send(adapters, settings, plan, started)
    left = ledger.load(adapters.clock())
    statuses, after = restated(inputs, plan, left, sending.failure)
    if after:
        if after.owner:
            standing = plan.changes.before.owner or snapshot.owner
            marks = (standing, after.owner) if standing else (after.owner,)
            ledger.record(LedgerChanges(at=adapters.clock(), serving=replace(left.serving, marks=marks)))
        moved = adapters.sheet.write(after)
        if moved:
            log.info("rows=%d moved while we wrote; the next run updates them", len(moved))
    stuck = _newly_stuck(plan, statuses)
    exit_code, summary = _exit_code(plan, stuck, sending), _summary(plan, after, sending)
    finished = all(letter.state not in UNFINISHED for letter in left.letters.values())
    idle = exit_code is Exit.DONE and not (summary or plan.changes.before or after or plan.letters.due) and finished
    return RunResult(
        plan=plan,
        open_entries=len(plan.entries.sources),
        exit_code=exit_code,
        summary=summary,
        idle_on=read if idle else "",
        sent=tuple(sending.sent),
        stuck=stuck,
        failure=sending.failure,
    )


def _refuse(adapters: Adapters, inputs: RunInputs, plan: Plan) -> RunResult:
    """A brake: one line to `Problems`, nothing else."""
    table = inputs.snapshot.tables.get(problems.TAB.name)
    body = problems.body(plan.matches.problems, plan.ticks.brakes, plan.ticks.released)
    if problems.TAB.differs(table, body):
        adapters.sheet.write(SheetChanges(contents={problems.TAB.name: body}))
    return RunResult(
        plan=plan,
        open_entries=len(plan.entries.sources),
        exit_code=Exit.BRAKE,
        summary=" ".join(f"{brake.what} {brake.fix}" for brake in plan.ticks.brakes),
    )


def _adopt(ledger: Ledger, inputs: RunInputs, plan: Plan, identifier: str) -> None:
    """The officer released the brake, so the sheet is right: a match's letters left on the days its rows tell."""
    from pipeline.planning.brakes import corrected_on, introduced_on

    match = plan.matches.all.get(identifier)
    status = plan.ticks.unheard_of[identifier]
    recipients = tuple(party.email for party in match.parties) if match else ()

    def adopt(letter: str, kind: LetterKind, day: date | None, keys: Sequence[str] = ()) -> None:
        record = LetterRecord(
            id=letter,
            kind=kind,
            match=identifier,
            state=LetterState.SENT,
            message_id=inputs.composer.message_id(letter),
            envelope=Envelope(sender=inputs.settings.mail.sender_address, recipients=recipients),
            content=None,
            since=min(datetime.combine(day, time(), tzinfo=inputs.now.tzinfo), inputs.now) if day else inputs.now,
            detail="taken over from the spreadsheet",
        )
        ledger.adopt(record, keys)

    adopt(
        introduction_id(identifier),
        LetterKind.INTRODUCTION,
        introduced_on(status),
        meeting_keys(match) if match else (),
    )
    *earlier, last = corrected_on(status) or (None,)
    for day in earlier:
        adopt(correction_id(identifier, f"of {day}"), LetterKind.CORRECTION, day)
    if corrected_on(status):
        line = plan.ticks.review.corrections.get(identifier, "")
        adopt(correction_id(identifier, line), LetterKind.CORRECTION, last)
    if reminded := exchanges.reminded_on(plan.ticks.exchanges, identifier):
        adopt(reminder_id(identifier, 1), LetterKind.REMINDER, reminded)


def rebuild(adapters: Adapters) -> tuple[str, ...]:
    """Take over from the review tab which matches were introduced; the ledger knows less than the sheet."""
    from pipeline.planning.brakes import is_served_by_another, mark_of

    inputs, plan = look(adapters)
    behind = tuple(plan.ticks.unheard_of)
    takes_over = is_served_by_another(inputs.snapshot.owner, inputs.state)
    mark = mark_of(inputs.state.instance, inputs.turn) if takes_over else None
    serving = Serving(marks=(inputs.snapshot.owner or "", mark), took_over=inputs.now) if mark else None
    known = replace(plan.changes.ledger, letters=(), withdrawn={}, settled={}, reopened=(), serving=serving)
    adapters.ledger.record(known)
    for match in behind:
        _adopt(adapters.ledger, inputs, plan, match)
    if mark:
        adapters.sheet.write(SheetChanges(owner=mark))
    return behind


# -- letters -------------------------------------------------------------------------------------------


@dataclass
class _Sending:
    """What became of a run's letters."""

    sent: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """Certainly not taken; a later run tries again."""
    failure: MatchmakerError | None = None


def _send(adapters: Adapters, settings: Settings, plan: Plan, started: datetime) -> _Sending:
    """Send what is due: tick read once more, then claim -> deliver -> record, one letter at a time."""
    sending = _Sending()
    if not plan.letters.due or adapters.mailer is None:
        return sending
    letters = _confirmed(adapters, plan)
    try:
        letters = _not_sent_before(adapters, settings, letters)
    except TryLater as error:
        sending.failure = error
        return sending
    if not letters:
        return sending
    try:
        with adapters.mailer.session() as session:
            for letter in letters:
                if (adapters.clock() - started).total_seconds() > settings.run.max_seconds:
                    log.warning("the run has lasted %d s; the other letters wait", settings.run.max_seconds)
                    break
                adapters.progress(f"letter {letter.id}")
                outcome = _send_one(adapters, session, letter)
                if outcome is Outcome.SENT:
                    sending.sent.append(letter.id)
                elif outcome is Outcome.TRY_AGAIN:
                    sending.waiting.append(letter.id)
    except MatchmakerError as error:
        sending.failure = error
    return sending


def _confirmed(adapters: Adapters, plan: Plan) -> list[Letter]:
    """The letters whose tick still stands, with the same content, at a last reading of the tabs they were ticked in."""
    told = {letter.id: entry for letter in plan.letters.due if (entry := waiting_entry(letter.id)) is not None}
    tables = adapters.sheet.read_review(*([entries.TAB.name] if told else [])).tables
    table = tables.get(review.TAB.name)
    if table is None:
        return []
    again = review.read_review(table, plan.matches.all)
    ticked = _still_ticked(tables.get(entries.TAB.name), plan) if told else frozenset()

    def stands(letter: Letter) -> bool:
        if letter.id in told:
            return told[letter.id] in ticked
        return letter.match is None or review.still_asked(plan.ticks.review, again, letter.match, letter.kind)

    return [letter for letter in plan.letters.due if stands(letter)]


def _not_sent_before(adapters: Adapters, settings: Settings, letters: Sequence[Letter]) -> list[Letter]:
    """Those of the letters that no ledger of this spreadsheet has sent, as far as the mailbox can tell.

    A letter's Message-ID follows from what it is: a ledger that was lost, restored or copied makes the same once more.
    After another ledger has served the spreadsheet, what a mailbox cannot deny becomes unsure, for a person to say.
    Raises TryLater while that other one may still be at work, or the mailbox cannot be asked.
    """
    now = adapters.clock()
    serving = adapters.ledger.load(now).serving
    asked = [letter for letter in letters if letter.kind is not LetterKind.DIGEST and not is_rehearsal(letter.id)]
    if serving.took_over is not None and asked:
        ended = serving.took_over + timedelta(seconds=settings.run.max_seconds)
        if now < ended:
            raise TryLater(
                f"another ledger served this spreadsheet until now; letters leave after {ended:%Y-%m-%d %H:%M} UTC, "
                "when its last run must have ended",
                hint="Nothing to do: a later run sends them.",
            )
    found = _found_in_mailbox(adapters, asked, must_know=serving.took_over is not None)
    left = []
    for letter in letters:
        state = LetterState.SENT if found.get(letter.message_id) else None
        if state is None and serving.took_over is not None and letter in asked:
            is_known = letter.message_id in found and settings.imap.complete
            state = None if is_known else LetterState.UNSURE
        if state is None:
            left.append(letter)
            continue
        detail = "found in the mailbox" if state is LetterState.SENT else "another ledger may have sent it"
        adapters.ledger.adopt(_record_of(letter, state, now, detail), letter.meeting_keys)
        log.warning("letter=%s not sent: %s", letter.id, detail)
    if serving.took_over is not None and asked:
        adapters.ledger.record(LedgerChanges(at=now, serving=replace(serving, took_over=None)))
    return left


def _found_in_mailbox(adapters: Adapters, letters: Sequence[Letter], *, must_know: bool) -> Mapping[str, bool]:
    """By Message-ID, as far as the mailbox can be asked. Raises TryLater where it must and cannot be."""
    if adapters.evidence is None or not letters:
        return {}
    try:
        return adapters.evidence.was_sent([letter.message_id for letter in letters])
    except MatchmakerError as error:
        if must_know:
            raise TryLater(
                f"the mailbox cannot be asked what has left already ({error.args[0]})", hint="A later run asks again."
            ) from None
        log.warning("the mailbox could not be searched: %s", error.args[0])
        return {}


def _record_of(letter: Letter, state: LetterState, now: datetime, detail: str) -> LetterRecord:
    return LetterRecord(
        id=letter.id,
        kind=letter.kind,
        match=letter.match,
        state=state,
        message_id=letter.message_id,
        envelope=letter.envelope,
        content=None,
        since=now,
        detail=detail,
    )


def _still_ticked(table: Table | None, plan: Plan) -> frozenset[str]:
    from pipeline.planning.ticks import addresses_of

    return entries.read_entries_tab(table, addresses_of(plan.entries)).ticked if table else frozenset()


def _send_one(adapters: Adapters, session: MailSession, letter: Letter) -> Outcome | None:
    """Claim, deliver, record. Whatever goes wrong with one letter, the others go on. None: it was not claimed."""
    ledger = adapters.ledger
    claim = ledger.claim(letter.id, adapters.clock())
    if isinstance(claim, str):
        log.info("letter=%s not sent: %s", letter.id, claim)
        return None
    # What leaves is what the ledger froze when the letter was queued, on every try the same bytes.
    frozen = ledger.letter(letter.id) or letter
    committed = False

    def before_dot() -> None:
        nonlocal committed
        ledger.mark_committing(claim, adapters.clock())
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
    _record(ledger, letter.id, claim.attempt, delivery, adapters.clock())
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


def _search_evidence(adapters: Adapters, settings: Settings) -> None:
    """Settle what a crash left open, and note bounces. Trouble with the mailbox never stops the run."""
    if adapters.evidence is None:
        return
    now = adapters.clock()
    state = adapters.ledger.load(now)
    try:
        settle_unsure(adapters.ledger, adapters.evidence, settings, state, now)
        _note_bounces(adapters.ledger, adapters.evidence, state, now)
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
    wanted = canonical_address(bounced)
    return next((one for one in record.envelope.recipients if canonical_address(one) == wanted), None)


# -- what to say ---------------------------------------------------------------------------------------


def _newly_stuck(plan: Plan, statuses: Mapping[str, MatchStatus]) -> tuple[MatchStatus, ...]:
    """What needs a person since this run; waiting proposals and open questions alone do not count."""
    before = plan.ticks.review.statuses
    return tuple(
        status for match, status in statuses.items() if status.needs_a_person and before.get(match) != status.text
    )


def _exit_code(plan: Plan, stuck: Sequence[MatchStatus], sending: _Sending) -> Exit:
    """1 when something new needs a person, 75 when the mail server was not ready for a letter."""
    if plan.changes.new_problems or stuck:
        return Exit.NEEDS_A_PERSON
    return Exit.TRY_LATER if sending.waiting else Exit.DONE


def _summary(plan: Plan, after: SheetChanges, sending: _Sending) -> str:
    """One closing line, empty when nothing changed."""
    sent = sending.sent
    introductions = sum(map(is_introduction, sent))
    counts = (
        (len(plan.changes.before.inserts.get(review.TAB.name, ())), "new proposal", "new proposals"),
        (introductions, "introduction sent", "introductions sent"),
        (len(sent) - introductions, "other letter sent", "other letters sent"),
        (len(sending.waiting), "letter waits for the mail server", "letters wait for the mail server"),
        (len(plan.changes.before.inserts.get(same_organisation.TAB.name, ())), "new question", "new questions"),
        (len(plan.changes.ledger.judgements), "answer about organisations", "answers about organisations"),
        (len(plan.changes.new_problems), "new problem", "new problems"),
        (len(after.updates.get(review.TAB.name, ())), "status changed", "statuses changed"),
    )
    said = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    if not said:
        # Where anything else happened, it is told above; rows of answers follow it.
        rows = len(after.updates.get(entries.TAB.name, ()))
        said = [f"{rows} {'answer' if rows == 1 else 'answers'} with news"] if rows else []
    if not said:
        return ""
    number = len(plan.entries.sources)
    return f"{number} open {'entry' if number == 1 else 'entries'}: {', '.join(said)}."


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    """Problems as lines for a terminal."""
    return [f"{problem.where}: {problem.what} {problem.fix}" for problem in problems]
