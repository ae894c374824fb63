"""The fourth step: where every match stands, and the letters of this run, composed before the first one leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from pipeline.cleaning.addresses import canonical_address
from pipeline.errors import MessageUnsafe
from pipeline.letters.compose import DigestData
from pipeline.letters.identity import (
    canonical_meetings,
    corrections,
    introduction_id,
    introductions_sent,
    is_rehearsal,
    waiting_entry,
    waiting_letters,
)
from pipeline.model import Letter, LetterKind, LetterRecord, LetterState, Match, MatchStatus, Stage
from pipeline.planning.entries import Entries, canonical, since_of
from pipeline.planning.entry_status import (
    EntryStatuses,
    entry_statuses,
    last_told,
    next_number,
    rows_of,
    told_party,
    widening,
)
from pipeline.planning.inputs import RunInputs
from pipeline.planning.match_content import officer_order
from pipeline.planning.matches import Matches
from pipeline.planning.rules import DueLetter, Limits, RuleInputs, Ruling, decide, unchecked_sides
from pipeline.planning.ticks import Ticks
from pipeline.ports import LedgerState
from pipeline.tabs.exchanges import Introduced

REMEMBERED = timedelta(weeks=13)
"""So long a letter that nobody was found yet names an earlier one about another answer from the same address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Where every match stands, and what leaves now."""

    rule_inputs: RuleInputs
    """What the rules looked at: they are asked again once letters have left."""
    ruling: Ruling
    statuses: Mapping[str, MatchStatus]
    """By match id; a match whose letter cannot be written safely is held."""
    entries: EntryStatuses
    """Where every answer stands."""
    unsafe: Mapping[str, str]
    """Entry -> why the letter that nobody was found for it yet cannot be written."""
    due: tuple[Letter, ...]
    """In the order in which they leave."""

    @property
    def withdrawn(self) -> dict[str, str]:
        """Letters to take back: id -> why."""
        return {**self.ruling.withdrawn, **self.entries.taken_back}

    @property
    def spent(self) -> dict[str, bool]:
        """Ticks on `Tell them` that this run has answered, or seen taken away, by entry."""
        told = {
            entry: True for letter in self.due if (entry := waiting_entry(letter.id)) and not is_rehearsal(letter.id)
        }
        return {**self.entries.spent, **told}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderDue:
    """A reminder that may be composed now."""

    match: Match
    introduction: LetterRecord


def due_letters(inputs: RunInputs, entries: Entries, ticks: Ticks, matches: Matches) -> Letters:
    """Give every match and entry its standing and compose what is due.

    Introductions and questions go first, then what people are told on a tick, reminders, and the digest.
    """
    state = inputs.state
    rule_inputs = RuleInputs(
        matches=matches.all,
        decisions=ticks.decisions,
        letters=state.letters,
        superseded=matches.superseded,
        gone=matches.gone,
        left_alone=ticks.left_alone,
        perhaps_left_alone=ticks.perhaps_left_alone,
        reworded=ticks.reworded,
        new_messages=frozenset(
            match
            for match, decision in ticks.decisions.items()
            if match in state.decisions and state.decisions[match].message != decision.message
        ),
        row_trouble=ticks.review.row_trouble,
        not_ticks=ticks.review.not_ticks,
        meetings=meetings_of(state, entries),
        sent_today=state.sent_today,
    )
    ruling = rule(inputs, rule_inputs)
    letters, unsafe = _composed(inputs, ruling)
    statuses = {
        status.match: replace(unsafe[status.match], note=status.note) if status.match in unsafe else status
        for status in ruling.statuses
    }
    rows = rows_of(entries, inputs.form)
    standing = entry_statuses(inputs, entries, ticks, matches, statuses=statuses, letters=state.letters, rows=rows)
    told, unwritten = _waiting(inputs, entries, ticks, matches, standing.to_tell, taken=len(letters))
    letters += told
    if unwritten:
        # What cannot be written keeps no other answer from the same address waiting.
        standing = entry_statuses(
            inputs, entries, ticks, matches, statuses=statuses, letters=state.letters, rows=rows, unsafe=unwritten
        )
        written = {waiting_entry(letter.id) for letter in told}
        freed = [entry for entry in standing.to_tell if entry not in written]
        more, unsafe_too = _waiting(inputs, entries, ticks, matches, freed, taken=len(letters))
        letters += more
        unwritten |= unsafe_too
    letters += _reminders(inputs, entries, ticks, matches, taken=len(letters))
    letters += _digest(inputs, matches, statuses)
    return Letters(
        rule_inputs=rule_inputs, ruling=ruling, statuses=statuses, entries=standing, unsafe=unwritten, due=letters
    )


def rule(inputs: RunInputs, rule_inputs: RuleInputs) -> Ruling:
    """Where every match stands, under the limits of the settings."""
    mail = inputs.settings.mail
    limits = Limits(
        per_run=mail.max_per_run,
        per_day=mail.max_per_day,
        per_organisation=mail.max_open_per_organisation,
        quiet_days=inputs.settings.follow_up.quiet_days,
        sending=inputs.sending,
        rehearsal_to=mail.rehearsal_to,
        round_started=inputs.round_started,
    )
    return decide(rule_inputs, limits, inputs.now)


def meetings_of(state: LedgerState, entries: Entries) -> dict[str, datetime]:
    """Who has met whom, under the ids that are valid today besides those of then."""
    return canonical_meetings(state.meetings, lambda one: canonical(one, entries.memory))


# -- introductions and questions -----------------------------------------------------------------------


def _composed(inputs: RunInputs, ruling: Ruling) -> tuple[tuple[Letter, ...], dict[str, MatchStatus]]:
    """The letters, and the standing of matches whose letter cannot be written safely."""
    letters: list[Letter] = []
    unsafe: dict[str, MatchStatus] = {}
    for one in ruling.due:
        try:
            letter = _letter(inputs, one)
        except MessageUnsafe as error:
            unsafe[one.match.id] = _unsafe(one, str(error))
            continue
        known = None if letter.id in ruling.withdrawn else inputs.state.letters.get(letter.id)
        letters.append(_frozen(letter, known))
    return tuple(letters), unsafe


def _unsafe(due: DueLetter, error: str) -> MatchStatus:
    if due.kind is not LetterKind.CORRECTION:
        return MatchStatus(match=due.match.id, stage=Stage.HELD, detail=error)
    detail = f"the correction cannot be written: {error}"
    return MatchStatus(match=due.match.id, stage=Stage.INTRODUCED, detail=detail, is_stuck=True)


def _letter(inputs: RunInputs, due: DueLetter) -> Letter:
    if due.kind is LetterKind.QUESTION and due.party is not None:
        return inputs.composer.question(due.match, due.party)
    if due.kind is LetterKind.CORRECTION:
        introduction = inputs.state.letters[introduction_id(due.match.id)]
        return inputs.composer.correction(
            due.match, due.message or "", introduction.message_id, introduction.since.date()
        )
    return inputs.composer.introduction(due.match, due.message)


def _frozen(letter: Letter, known: LetterRecord | None) -> Letter:
    """A letter that is queued already goes out with the very bytes it was queued with."""
    if known is None or known.state is not LetterState.QUEUED or known.content is None:
        return letter
    return replace(letter, content=known.content, envelope=known.envelope, message_id=known.message_id)


# -- nobody was found yet ------------------------------------------------------------------------------


def waiting_letter(inputs: RunInputs, entries: Entries, ticks: Ticks, matches: Matches, entry: str) -> Letter:
    """The letter that nobody was found yet for an open entry, as it would leave now.

    Raises MessageUnsafe when it cannot be written safely, and KeyError for an entry that is not open.
    """
    earlier = waiting_letters(inputs.state.letters).get(entry, ())
    source = entries.sources[entry]
    since = since_of(next(known for known in entries.plan.known if known.id == entry))
    widen = widening(entry, entries.sources, matches.found.nearly)
    other = _told_of_another(inputs, entries, entry)
    number = next_number(earlier, ticks.entries.statuses.get(entry, ""))
    letter = inputs.composer.waiting(told_party(source), number, since, widen, other)
    return _frozen(letter, inputs.state.letters.get(letter.id))


def _told_of_another(inputs: RunInputs, entries: Entries, entry: str) -> date | None:
    """When the same address was last told that nobody was found for another answer, if that is not long ago."""
    address = canonical_address(entries.sources[entry].response.email)
    letters = waiting_letters(inputs.state.letters)
    days = [
        day
        for other, response in entries.answers.items()
        if other != entry and canonical_address(response.email) == address
        if (day := last_told(letters.get(other, ()))) and day > inputs.today - REMEMBERED
    ]
    return max(days, default=None)


def _waiting(
    inputs: RunInputs, entries: Entries, ticks: Ticks, matches: Matches, to_tell: Sequence[str], *, taken: int
) -> tuple[tuple[Letter, ...], dict[str, str]]:
    """The letters that nobody was found yet within what the limits leave, and why others cannot be written."""
    letters: list[Letter] = []
    unsafe: dict[str, str] = {}
    room = _room(inputs, taken)
    for entry in to_tell:
        if len(letters) >= room:
            break
        try:
            letters.append(waiting_letter(inputs, entries, ticks, matches, entry))
        except MessageUnsafe as error:
            unsafe[entry] = str(error)
    return tuple(letters), unsafe


# -- reminders -----------------------------------------------------------------------------------------


def reminders_due(inputs: RunInputs, entries: Entries, ticks: Ticks, matches: Matches) -> tuple[ReminderDue, ...]:
    """Introductions of which nothing was heard for `follow_up.reminder_weeks`: one reminder each, the oldest first.

    One that was corrected, or is about to be, is not asked after.
    """
    weeks = inputs.settings.follow_up.reminder_weeks
    if weeks == 0:
        return ()
    letters = inputs.state.letters
    done = {exchange.match for exchange in ticks.exchanges if exchange.is_noted}
    done |= {record.match for record in letters.values() if record.kind is LetterKind.REMINDER and record.match}
    done |= set(corrections(letters))
    due = []
    for identifier, introduction in introductions_sent(letters).items():
        match = matches.all.get(identifier)
        decision = ticks.review.decisions.get(identifier)
        if match is None or identifier in done or decision is None or not decision.approved or decision.correction:
            continue
        if introduction.bounced or introduction.since > inputs.now - timedelta(weeks=weeks):
            continue
        if any(party.organisation_id in {*ticks.left_alone, *ticks.perhaps_left_alone} for party in match.parties):
            continue
        if any(party.entry in entries.plan.closed for party in match.parties):
            continue
        if unchecked_sides(match, ticks.decisions.get(identifier, decision)):
            continue
        due.append(ReminderDue(match=match, introduction=introduction))
    return tuple(sorted(due, key=lambda one: (one.introduction.since, officer_order(one.match))))


def _room(inputs: RunInputs, taken: int) -> int:
    """How many letters the limits leave, when so many of this run are taken already."""
    mail = inputs.settings.mail
    return max(0, min(mail.max_per_run, mail.max_per_day - inputs.state.sent_today) - taken)


def _reminders(
    inputs: RunInputs, entries: Entries, ticks: Ticks, matches: Matches, *, taken: int
) -> tuple[Letter, ...]:
    """Reminders within what the limits leave; so many letters of this run are `taken` already."""
    if not inputs.sending or inputs.settings.mail.rehearsal_to:
        return ()
    letters = []
    for one in reminders_due(inputs, entries, ticks, matches)[: _room(inputs, taken)]:
        try:
            letters.append(
                inputs.composer.reminder(one.match, one.introduction.message_id, one.introduction.since.date())
            )
        except MessageUnsafe:
            continue
    return tuple(letters)


def introduced(letters: Mapping[str, LetterRecord]) -> dict[str, Introduced]:
    """Match id -> when its introduction left, its reminder, and the last of its corrections."""
    reminded = {
        record.match: record.since.date()
        for record in letters.values()
        if record.kind is LetterKind.REMINDER and record.state is LetterState.SENT
    }
    corrected = {
        match: record.since.date()
        for match, records in corrections(letters).items()
        for record in records
        if record.state is LetterState.SENT
    }
    return {
        match: Introduced(on=record.since.date(), reminded_on=reminded.get(match), corrected_on=corrected.get(match))
        for match, record in introductions_sent(letters).items()
    }


# -- the digest ----------------------------------------------------------------------------------------


def _digest(inputs: RunInputs, matches: Matches, statuses: Mapping[str, MatchStatus]) -> tuple[Letter, ...]:
    """The secretariat's digest: at most once in `digest_days`, and only when there is something to tell."""
    settings = inputs.settings
    last = inputs.state.last_digest
    if not settings.mail.digest_to or not inputs.sending:
        return ()
    if last is not None and (inputs.today - last).days < settings.follow_up.digest_days:
        return ()
    data = digest_data(inputs, matches, statuses)
    try:
        return (inputs.composer.digest(data),) if data else ()
    except MessageUnsafe:  # a digest that cannot be written must not keep introductions from leaving
        return ()


def digest_data(inputs: RunInputs, matches: Matches, statuses: Mapping[str, MatchStatus]) -> DigestData:
    """What there is to tell the secretariat, section by section."""
    new = {match.id for match in matches.fresh}

    def lines(stage: Stage, *, only_new: bool = False) -> list[str]:
        return [
            f"{status.match}: {matches.all[status.match].sending.organisation} and "
            f"{matches.all[status.match].receiving.organisation}. {status.text}"
            for status in statuses.values()
            if status.stage is stage and (status.match in new) is only_new
        ]

    sheets = inputs.settings.sheets
    return DigestData(
        day=inputs.today,
        waiting=lines(Stage.PROPOSED),
        unsure=lines(Stage.UNSURE),
        held=lines(Stage.HELD),
        bounced=[
            f"{record.match or record.id}: {recipient}: {reason}"
            for record in inputs.state.letters.values()
            for recipient, reason in record.bounced.items()
        ],
        proposed=lines(Stage.PROPOSED, only_new=True),
        problems=[f"{problem.where}: {problem.what}" for problem in matches.problems],
        spreadsheet_url=None if sheets.api_url else f"https://docs.google.com/spreadsheets/d/{sheets.spreadsheet_id}",
    )
