"""What became of every answer, in the words of the tab `Entries`, and who is told that nobody was found yet.

Nothing here moves by itself: days stand where a length of time would, so that a row changes only when something does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from pipeline.cleaning.addresses import canonical_address
from pipeline.cleaning.plain_text import one_line
from pipeline.forms.form import Form
from pipeline.intake import to_entry
from pipeline.letters.identity import corrections, introductions_sent, rehearsal_id, waiting_id, waiting_letters
from pipeline.matching.eligibility import day_in_words, in_words, left_alone_in_words
from pipeline.matching.unmet import offer_in_words, wish_in_words
from pipeline.model import (
    KnownEntry,
    LetterRecord,
    LetterState,
    Match,
    MatchStatus,
    NearMiss,
    Party,
    Role,
    Side,
    Stage,
)
from pipeline.planning.entries import Entries, since_of
from pipeline.planning.inputs import RunInputs
from pipeline.planning.match_content import Source, officer_order, to_party
from pipeline.planning.matches import OPEN_STAGES, Matches, introduced_entries, under_way
from pipeline.planning.rules import may_be_left_alone
from pipeline.planning.ticks import Ticks
from pipeline.tabs import review
from pipeline.tabs.entries import (
    CLOSED,
    EMAIL,
    GONE,
    HELD,
    INTRODUCED,
    NOBODY_YET,
    PROPOSED,
    STILL_WAITING,
    TELL_THEM,
    TOLD,
    WAITING,
    EntryRow,
    told_on,
)
from pipeline.tabs.exchanges import NotedExchange

PROPOSALS_SHOWN = 5
NAME_LENGTH = 300
"""Characters of a name or an address that stand in a row."""
NOT_KNOWN = (
    f"{CLOSED}: this answer is not known any more, because somebody asked for its erasure or its time is over. "
    "Please delete this row"
)
APART = timedelta(days=7)
"""Between two letters that nobody was found yet to one address, which has sent several answers."""
MAY_HAVE_LEFT = frozenset({LetterState.SENT, LetterState.COMMITTING, LetterState.UNSURE})
ON_ITS_WAY = frozenset({LetterState.CLAIMED, LetterState.COMMITTING, LetterState.UNSURE})
SIDES = {Role.SEND: Side.SENDING, Role.HOST: Side.RECEIVING, Role.EITHER: Side.JOINING}
"""The part whose answers a letter to one organisation quotes: what it seeks, what it offers, or both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryStatuses:
    """Where every answer stands, and what follows from the ticks on `Tell them`."""

    rows: Mapping[str, EntryRow]
    """By entry, for every entry whose answers can be read."""
    became: Mapping[str, str]
    """By entry: those above, and those that only have a row of the tab."""
    erased: frozenset[str]
    """Entries of the latter of which somebody asked for the erasure."""
    to_tell: tuple[str, ...]
    """Entries whose letter may leave now, the longest waiting first."""
    taken_back: Mapping[str, str]
    """Letters to take back: id -> why."""
    spent: Mapping[str, bool]
    """Whether a tick has been answered, of the entries for which that changed; a letter that leaves spends one too."""


def entry_statuses(
    inputs: RunInputs,
    entries: Entries,
    ticks: Ticks,
    matches: Matches,
    *,
    statuses: Mapping[str, MatchStatus],
    letters: Mapping[str, LetterRecord],
    rows: Mapping[str, EntryRow],
    spent: Mapping[str, bool] | None = None,
    unsafe: Mapping[str, str] | None = None,
) -> EntryStatuses:
    """Say of every answer what became of it. `letters` are those the ledger knows at that moment, `rows` see `rows_of`.

    `spent` are ticks that this run has answered meanwhile, `unsafe` says of entries why their letter cannot be written.
    """
    known = {entry.id: entry for entry in entries.plan.known}
    becoming = _Becoming(inputs, entries, ticks, matches, statuses, letters, known, spent or {}, unsafe or {})
    for identifier, row in sorted(rows.items(), key=lambda item: (item[1].since, item[1].organisation, item[0])):
        becoming.add(identifier, row.since)
    lost = [identifier for identifier in ticks.entries.statuses if identifier not in rows]
    for identifier in lost:
        becoming.add_lost(identifier)
    return EntryStatuses(
        rows=rows,
        became=becoming.became,
        erased=frozenset(one for one in lost if inputs.is_erased(ticks.entries.shown[one][EMAIL])),
        to_tell=tuple(becoming.to_tell),
        taken_back=becoming.taken_back,
        spent=becoming.spent,
    )


def rows_of(entries: Entries, form: Form) -> dict[str, EntryRow]:
    """Entry -> what its row shows besides, for every entry whose answers can be read."""
    known = {entry.id: entry for entry in entries.plan.known}
    rows = {}
    for identifier, response in entries.answers.items():
        source = entries.sources.get(identifier)
        entry = source.entry if source else to_entry(identifier, response, form)
        rows[identifier] = EntryRow(
            id=identifier,
            organisation=one_line(response.name, NAME_LENGTH) or "",
            wants=wish_in_words(entry),
            offers=offer_in_words(entry),
            since=since_of(known[identifier]),
            email=one_line(response.email, NAME_LENGTH) or "",
        )
    return rows


def told_party(source: Source) -> Party:
    """An organisation as the letter that nobody was found yet quotes it."""
    return to_party(SIDES[source.entry.role], source)


def widening(entry: str, sources: Mapping[str, Source], nearly: Iterable[NearMiss]) -> tuple[str, ...]:
    """What alone keeps somebody else from suiting an entry, where its own answers could change that: codes of rules."""
    found = set()
    for miss in nearly:
        if entry not in (miss.sending, miss.receiving) or miss.rule == "full":
            continue
        own, other = sources[entry].entry, sources[miss.receiving if entry == miss.sending else miss.sending].entry
        if miss.rule != "place" or (own.strict_places and other.country not in own.preferred_places):
            found.add(miss.rule)
    return tuple(sorted(found))


@dataclass(slots=True)
class _Becoming:
    """One pass over the answers."""

    inputs: RunInputs
    entries: Entries
    ticks: Ticks
    matches: Matches
    statuses: Mapping[str, MatchStatus]
    letters: Mapping[str, LetterRecord]
    known: Mapping[str, KnownEntry]
    was_spent: Mapping[str, bool]
    unsafe: Mapping[str, str]
    became: dict[str, str] = field(default_factory=dict)
    to_tell: list[str] = field(default_factory=list)
    taken_back: dict[str, str] = field(default_factory=dict)
    spent: dict[str, bool] = field(default_factory=dict)
    _of_entry: dict[str, list[Match]] = field(init=False)
    _introductions: Mapping[str, LetterRecord] = field(init=False)
    _corrections: Mapping[str, tuple[LetterRecord, ...]] = field(init=False)
    _waiting_letters: Mapping[str, tuple[LetterRecord, ...]] = field(init=False)
    _of_address: dict[str, list[str]] = field(init=False)
    _alive: frozenset[str] = field(init=False)
    _introduced: frozenset[str] = field(init=False)
    _noted: Mapping[str, NotedExchange] = field(init=False)
    _partners: dict[str, list[str]] = field(init=False)
    """By entry, whom matching would put beside it, the best first."""
    _is_full: bool = field(init=False)

    def __post_init__(self) -> None:
        self._of_entry = defaultdict(list)
        for match in sorted(self.matches.all.values(), key=officer_order):
            for party in match.parties:
                self._of_entry[party.entry].append(match)
        # Matches as well: one that was taken over from the spreadsheet in this run is in no ledger yet.
        state = replace(self.inputs.state, letters=self.letters, matches=self.matches.all)
        now = replace(self.inputs, state=state)
        self._introductions = introductions_sent(self.letters)
        self._corrections = corrections(self.letters)
        self._waiting_letters = waiting_letters(self.letters)
        self._of_address = defaultdict(list)
        for identifier in self.entries.answers:
            self._of_address[self._address(identifier)].append(identifier)
        self._alive = frozenset(match.id for match in under_way(now, self.ticks.exchanges))
        self._introduced = introduced_entries(now, self.ticks.exchanges)
        self._noted = {one.match: one for one in self.ticks.exchanges}
        self._partners = defaultdict(list)
        for one in self.matches.found.candidates:
            parties = [entry for entry in (one.sending, one.receiving, one.joining) if entry is not None]
            for entry in parties:
                self._partners[entry] += [partner for partner in parties if partner != entry]
        count = sum(status.stage in OPEN_STAGES for status in self.statuses.values())
        self._is_full = count >= self.inputs.settings.matching.open_proposals

    # -- one answer ------------------------------------------------------------------------------------

    def add(self, identifier: str, since: date) -> None:
        """An answer that can be read."""
        told = self._told(identifier)
        introduced, before = self._introduced_to(identifier)
        proposals = self._proposals(identifier)
        closed = self._why_closed(identifier)
        source = self.entries.sources.get(identifier)
        held = source.response.held if source else None
        main: list[str] = []
        if introduced:
            main.append(f"{INTRODUCED} {'; '.join(introduced)}")
        if closed:
            main.append(f"Closed since: {closed}" if introduced else f"{CLOSED}: {closed}")
        elif held:
            main.insert(0, f"{HELD}: check first: {held}")
        if proposals:
            main.append(proposals)
        if main:
            self._does_not_count(identifier, "the answer stands as this row says, not as one that waits")
            parts = [*main, *self._note_on_tick(identifier, told)]
        elif identifier not in self.matches.found.waiting:
            self._does_not_count(identifier, "somebody fits")
            parts = [
                f"{WAITING} since {day_in_words(since)}",
                self._why_not_proposed(identifier),
                *self._note_on_tick(identifier, told),
            ]
        else:
            parts = self._waiting(identifier, since, told)
        if before:
            parts.append(f"Before that: introduced {'; '.join(before)}")
        self.became[identifier] = _sentences([*parts, *self._row_trouble(identifier)])

    def add_lost(self, identifier: str) -> None:
        """A row whose answer cannot be read: paused, erased, or let go."""
        self._does_not_count(identifier, "the answer is gone")
        if identifier not in self.known:
            self.became[identifier] = NOT_KNOWN
            return
        introduced, before = self._introduced_to(identifier)
        parts = [f"{GONE}, or cannot be read (see Problems)"]
        if introduced or before:
            parts.append(f"Before that: introduced {'; '.join((*introduced, *before))}")
        self.became[identifier] = _sentences([*parts, *self._row_trouble(identifier)])

    # -- what matches say ------------------------------------------------------------------------------

    def _introduced_to(self, identifier: str) -> tuple[list[str], list[str]]:
        """To whom and when, in words: what is under way, and what was before."""
        now: list[str] = []
        before: list[str] = []
        sent = [match for match in self._of_entry[identifier] if match.id in self._introductions]
        for match in sorted(sent, key=lambda match: self._introductions[match.id].since):
            is_now = match.id in self._alive and identifier in self._introduced
            letter = self._introductions[match.id]
            text = f"to {_others(match, identifier)} on {day_in_words(letter.since.date())}"
            text += f"{self._corrected(match)}{self._outcome(match, letter)}"
            (now if is_now else before).append(text)
        return now, before

    def _corrected(self, match: Match) -> str:
        sent = [one for one in self._corrections.get(match.id, ()) if one.state is LetterState.SENT]
        if not sent:
            return ""
        lost = ", which did not reach everybody" if sent[-1].bounced else ""
        return f" (corrected on {day_in_words(sent[-1].since.date())}{lost})"

    def _outcome(self, match: Match, letter: LetterRecord) -> str:
        noted = self._noted.get(match.id)
        if noted and noted.took_place:
            return ", and the exchange took place"
        if noted and noted.will_not_happen:
            return ", and nothing came of it"
        if letter.bounced:
            return ", but the letter did not reach everybody"
        if noted and noted.dated:
            return ", and dates are noted"
        return "" if match.id in self._alive else ", and nothing was heard since"

    def _proposals(self, identifier: str) -> str:
        """The open proposals it stands in, or nothing."""
        standing = [
            (match, self.statuses[match.id].stage)
            for match in self._of_entry[identifier]
            if match.id in self.statuses and self.statuses[match.id].stage in OPEN_STAGES
        ]
        if not standing:
            return ""
        shown = [
            f"{_others(match, identifier)} ({match.id}{'' if stage is Stage.PROPOSED else f', {stage.lower()}'})"
            for match, stage in standing[:PROPOSALS_SHOWN]
        ]
        more = len(standing) - len(shown)
        listed = "; ".join([*shown, *([f"and {more} more"] if more else [])])
        return f"{PROPOSED} to {len(standing)}: {listed}"

    def _why_not_proposed(self, identifier: str) -> str:
        """Of an answer that matching found somebody for, and that stands in no proposal all the same."""
        partners = self._partners.get(identifier, ())
        if not partners:
            return "Nobody fits yet"
        if self._is_full:
            most = self.inputs.settings.matching.open_proposals
            return f"Somebody fits, and comes up when there is room in {review.TAB.name}, where {most} proposals stand"
        taken = [partner for partner in partners if self._is_taken(partner)]
        name = self.entries.sources[(taken or partners)[0]].response.name
        if taken:
            return f"{name} would fit, but is spoken for at present"
        return f"{name} would fit, and is proposed to this organisation already through another answer"

    def _is_taken(self, identifier: str) -> bool:
        return identifier in self._introduced or bool(self._proposals(identifier))

    def _why_closed(self, identifier: str) -> str:
        plan = self.entries.plan
        if identifier in plan.withdrawn:
            return "they withdrew it"
        if identifier not in plan.expired:
            return ""
        last = self.entries.answers[identifier].date_to
        if last is not None and last < self.inputs.today:
            return f"its dates are over, the last day was {day_in_words(last)}"
        return f"it was last confirmed on {day_in_words(self.known[identifier].last_confirmed)} and has expired"

    # -- the tick --------------------------------------------------------------------------------------

    def _waiting(self, identifier: str, since: date, told: date | None) -> list[str]:
        """An answer nobody fits: whether its tick leads to a letter, in words, and the letter noted as due."""
        options = self.inputs.settings.follow_up
        offered = since + timedelta(weeks=options.waiting_weeks)
        if told is not None:
            offered = max(offered, told + timedelta(weeks=options.waiting_again_weeks))
        start, still = f"{WAITING} since {day_in_words(since)}", f"{STILL_WAITING} since {day_in_words(since)}"
        if told is not None:
            said = self._told_words(identifier, told)
            start = f"{said}, waiting since {day_in_words(since)}"
            still = f"{still}, {said[0].lower()}{said[1:]}"
        reason = self.matches.found.waiting[identifier]
        organisation = self.entries.sources[identifier].entry.organisation_id
        if silence := self._silence(organisation):
            self._take_back(identifier, "the organisation asked to be left alone, or may be one that did")
            return [start, silence]
        if identifier in self.ticks.entries.trouble:
            return [start, reason]
        if (last := self._last_letter(identifier)) is not None and last.state in {*ON_ITS_WAY, LetterState.HELD}:
            return [self._stuck(identifier, last), f"{start}", reason]
        is_offered = self.inputs.today >= offered
        if identifier not in self.ticks.entries.ticked:
            self._take_back(identifier, f"{TELL_THEM} was unticked")
            if identifier in self.ticks.entries.unticked:
                self._spend(identifier, spent=False)
            if is_offered:
                return [still, reason, f"Tick {TELL_THEM} to tell them so"]
            return [start, reason]
        queued = last is not None and last.state is LetterState.QUEUED
        if self._is_spent(identifier) and not queued:
            again = f"To tell them, take the tick off {TELL_THEM}, let a run pass, and tick it again"
            return [start, reason, *([again] if is_offered else [])]
        if not is_offered:
            return [start, reason, f"The tick on {TELL_THEM} counts from {day_in_words(offered)} on"]
        if identifier in self.unsafe:
            return [f"{HELD}: the letter that nobody was found yet cannot be written: {self.unsafe[identifier]}", start]
        return [start, reason, self._leaving(identifier, last)]

    def _silence(self, organisation: str) -> str:
        """That it asked to be left alone, or may be an organisation that did; or nothing."""
        if (until := self.ticks.left_alone.get(organisation)) is not None:
            return left_alone_in_words("The organisation", until)
        who = self.ticks.perhaps_left_alone.get(organisation)
        return may_be_left_alone("The organisation", who) if who else ""

    def _leaving(self, identifier: str, last: LetterRecord | None) -> str:
        stop = f"untick {TELL_THEM} to stop it"
        if not self.inputs.sending:
            return f"The letter to them waits, letters are switched off; {stop}"
        rehearsal_to = self.inputs.settings.mail.rehearsal_to
        if rehearsal_to:
            rehearsed = self.letters.get(rehearsal_id(waiting_id(identifier, self.number(identifier))))
            if rehearsed is not None and rehearsed.state is LetterState.SENT:
                day = day_in_words(rehearsed.since.date())
                return f"The letter was rehearsed on {day}, to {rehearsal_to} only; it leaves when the rehearsal ends"
        if apart := self._kept_apart(identifier):
            return f"The letter to them waits {apart}; {stop}"
        if last is None or last.not_before is None or last.not_before <= self.inputs.now:
            self.to_tell.append(identifier)
        if last is not None and last.state is LetterState.QUEUED and last.attempts:
            return f"The letter to them waits, the mail server was not ready ({last.detail}); it is tried again; {stop}"
        return f"The letter to them leaves with one of the next runs; {stop}"

    def _kept_apart(self, identifier: str) -> str:
        """Until when, and why, where this address has just been told of another answer, or is about to be."""
        others = [one for one in self._of_address[self._address(identifier)] if one != identifier]
        if days := [day for one in others if (day := last_told(self._waiting_letters.get(one, ()), self._told(one)))]:
            until = max(days) + APART
            if self.inputs.today < until:
                told = day_in_words(max(days))
                return f"until {day_in_words(until)}: this address was told of another answer on {told}"
        if any(one in self.to_tell or self._is_queued(one) for one in others):
            return f"for {APART.days} days, since one about another answer from this address leaves first"
        return ""

    def _is_queued(self, identifier: str) -> bool:
        last = self._last_letter(identifier)
        is_ticked = identifier in self.ticks.entries.ticked
        return last is not None and last.state in {LetterState.QUEUED, LetterState.CLAIMED} and is_ticked

    def _address(self, identifier: str) -> str:
        return canonical_address(self.entries.answers[identifier].email)

    def _stuck(self, identifier: str, last: LetterRecord) -> str:
        if last.state is LetterState.HELD:
            if identifier in self.ticks.entries.unticked:
                self._take_back(identifier, f"{TELL_THEM} was unticked")
                self._spend(identifier, spent=False)
            return (
                f"{HELD}: the letter that nobody was found yet could not leave ({last.detail}). "
                f"Untick {TELL_THEM}, wait for one run, then tick it again to retry"
            )
        return (
            f"{HELD}: nobody knows whether the letter of {day_in_words(last.since.date())} left. Look into the Sent "
            f"mailbox; the operator settles it: matchmaker outbox resolve {last.id} --sent (or --not-sent)"
        )

    def _does_not_count(self, identifier: str, why: str) -> None:
        """A tick that stands while nobody is to be told is answered by what the row says; nothing waits for it."""
        self._take_back(identifier, why)
        if identifier in self.ticks.entries.ticked:
            self._spend(identifier, spent=True)
        elif identifier in self.ticks.entries.unticked:
            self._spend(identifier, spent=False)

    def _note_on_tick(self, identifier: str, told: date | None) -> list[str]:
        if told is not None:
            return [self._told_words(identifier, told)]
        if identifier in self.ticks.entries.ticked:
            return [f"The tick on {TELL_THEM} does not count, nothing is written to them"]
        return []

    def _row_trouble(self, identifier: str) -> list[str]:
        trouble = self.ticks.entries.trouble.get(identifier)
        return [f"No tick on this row counts: {trouble}"] if trouble else []

    def _take_back(self, identifier: str, why: str) -> None:
        last = self._last_letter(identifier)
        if last is not None and last.state in {LetterState.QUEUED, LetterState.HELD}:
            self.taken_back[last.id] = why

    def _spend(self, identifier: str, *, spent: bool) -> None:
        if identifier in self.known and self._is_spent(identifier) is not spent:
            self.spent[identifier] = spent

    def _told_words(self, identifier: str, told: date) -> str:
        text = f"{TOLD} on {day_in_words(told)} {NOBODY_YET}"
        last = self._last_letter(identifier)
        return f"{text} (the letter did not arrive)" if last is not None and last.bounced else text

    def _is_spent(self, identifier: str) -> bool:
        return self.was_spent.get(identifier, self.known[identifier].tick_spent)

    def _last_letter(self, identifier: str) -> LetterRecord | None:
        letters = self._waiting_letters.get(identifier, ())
        return letters[-1] if letters else None

    def _told(self, identifier: str) -> date | None:
        """When the last letter left that said nobody was found yet; where the ledger was lost, the row still knows."""
        letters = self._waiting_letters.get(identifier, ())
        days = [one.since.date() for one in letters if one.state is LetterState.SENT]
        if days or letters:
            return days[-1] if days else None
        return told_on(self.ticks.entries.statuses.get(identifier, ""))

    def number(self, identifier: str) -> int:
        letters = self._waiting_letters.get(identifier, ())
        return next_number(letters, self.ticks.entries.statuses.get(identifier, ""))


def last_told(letters: Sequence[LetterRecord], told: date | None = None) -> date | None:
    """The last day on which a letter that nobody was found yet left, or may have; `told` is what the row says of it."""
    days = [one.since.date() for one in letters if one.state in MAY_HAVE_LEFT]
    return max([*days, *([told] if told else [])], default=None)


def next_number(letters: Sequence[LetterRecord], status: str = "") -> int:
    """The number of an entry's next letter: one that never left is written again under its own.

    `status` is what its row says: after the loss of a ledger that alone tells of an earlier letter.
    """
    if not letters and told_on(status) is not None:
        return 2
    return 1 + sum(letter.state is LetterState.SENT for letter in letters)


def _others(match: Match, entry: str) -> str:
    return in_words([party.organisation for party in match.parties if party.entry != entry])


def _sentences(parts: Collection[str]) -> str:
    """Each part a sentence."""
    return ". ".join(part.rstrip(".") for part in parts if part)
