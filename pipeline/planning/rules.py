"""The rules: decisions -> where every match stands, and which letters are due now.

Nothing here sends anything. The rules are read from top to bottom, once per match, and the first that
applies gives the match its one visible state. What the ledger knows of letters outranks the sheet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from pipeline.letters.compose import too_long
from pipeline.letters.identity import (
    correction_id,
    corrections,
    introduction_id,
    meeting_keys,
    question_id,
    rehearsal_id,
)
from pipeline.matching.eligibility import in_words, left_alone_in_words
from pipeline.model import (
    Decision,
    LetterKind,
    LetterRecord,
    LetterState,
    Match,
    MatchStatus,
    Party,
    Stage,
)
from pipeline.planning.brakes import CORRECTED, MAY_BE_CORRECTED
from pipeline.planning.match_content import officer_order
from pipeline.tabs.review import CORRECTION, MESSAGE, RowTrouble

STOP = "untick Approve to stop it"
TICK_AGAIN = "untick Send correction, wait for one run, then tick it again"
TOO_EARLY = "Send correction is ticked, but no letter has left that could be corrected; untick it"
ERASED_SIDE = "a side was erased at its wish. Write to the other side yourself, and untick Send correction"
NO_DECISION = Decision(match="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may leave. Whatever exceeds a limit waits and says so."""

    per_run: int
    per_day: int
    per_organisation: int
    round_started: datetime
    """Introductions before this moment belong to an earlier round."""
    quiet_days: int = 90
    sending: bool = True
    """False: letters are switched off (mail.enabled, --no-send)."""
    rehearsal_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLetter:
    """A letter that may be composed and sent now."""

    kind: LetterKind
    match: Match
    party: Party | None = None
    """The side a question goes to; None: all sides."""
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInputs:
    """Everything the rules look at, as values."""

    matches: Mapping[str, Match]
    decisions: Mapping[str, Decision]
    letters: Mapping[str, LetterRecord]
    superseded: Mapping[str, str]
    gone: Mapping[str, str] = field(default_factory=dict)
    """Match id -> why it can no longer be, or could at an earlier run: it does not come back."""
    left_alone: Mapping[str, date] = field(default_factory=dict)
    """Organisation id -> until when nothing may be sent to it."""
    perhaps_left_alone: Mapping[str, str] = field(default_factory=dict)
    """Organisation id -> who wants silence and may be the same, in words: nothing is sent to it either."""
    reworded: Collection[str] = ()
    """Matches whose correction has left while the line beside its tick is another by now."""
    new_messages: Collection[str] = ()
    """Matches whose Message is another than when the last run read it."""
    row_trouble: Mapping[str, RowTrouble] = field(default_factory=dict)
    """Match id -> what is wrong with its row, so that its ticks do not count."""
    not_ticks: Mapping[str, str] = field(default_factory=dict)
    """Match id -> what stands in a checkbox that is not a tick."""
    meetings: Mapping[str, datetime] = field(default_factory=dict)
    sent_today: int = 0
    mail_trouble: str = ""
    """Why letters could not leave in this run, once it has been tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the rules came to."""

    statuses: tuple[MatchStatus, ...]
    due: tuple[DueLetter, ...]
    withdrawn: Mapping[str, str]
    """Letters to take back: id -> why."""
    settled: Mapping[str, bool]
    """Unsure letters a person has settled: id -> was it sent."""
    reopened: tuple[str, ...]
    """Pair keys that an approved by-hand proposal opens again."""
    variants: Mapping[str, tuple[Match, ...]] = field(default_factory=dict)
    """Match id -> the other open matches that would introduce two of the same organisations: one choice with it."""


def decide(rule_inputs: RuleInputs, limits: Limits, now: datetime) -> Ruling:
    """Give every match its standing and pick the letters due within the limits.

    The limits go to who was proposed first; among those of one day to the strongest, then to who has waited longest.
    """
    ruling = _Ruling(rule_inputs, limits, now)
    for match in sorted(
        rule_inputs.matches.values(), key=lambda match: (match.proposed_on or date.min, officer_order(match))
    ):
        ruling.rule(match)
    return Ruling(
        statuses=tuple(ruling.statuses),
        due=tuple(ruling.due),
        withdrawn=ruling.withdrawn,
        settled=ruling.settled,
        reopened=tuple(ruling.reopened),
        variants=ruling.variants,
    )


class _Ruling:
    """The state of one pass over the matches: what is left of each limit."""

    def __init__(self, rule_inputs: RuleInputs, limits: Limits, now: datetime) -> None:
        self.rule_inputs = rule_inputs
        self.limits = limits
        self.now = now
        self.statuses: list[MatchStatus] = []
        self.due: list[DueLetter] = []
        self.withdrawn: dict[str, str] = {}
        self.settled: dict[str, bool] = {}
        self.reopened: list[str] = []
        self.corrections = corrections(rule_inputs.letters)
        self.variants = self._variants()
        self.open_per_organisation = self._recent_introductions()

    def rule(self, match: Match) -> None:
        decision = self.rule_inputs.decisions.get(match.id, NO_DECISION)
        letter = self.rule_inputs.letters.get(introduction_id(match.id))
        if letter is not None and letter.state is LetterState.QUEUED and match.id in self.rule_inputs.new_messages:
            # It was written with another line; where one may leave, it is written anew.
            self._take_back(letter, "Message was changed")
            letter = None
        for rule in (self._letter_knows, self._no_longer_asked, self._declined, self._not_approved):
            status = rule(match, decision, letter)
            if status is not None:
                break
        else:
            status = self._approved(match, decision, letter)
        oddity = self.rule_inputs.not_ticks.get(match.id)
        if oddity and oddity not in status.detail:
            status = replace(status, note=oddity)
        self.statuses.append(status)

    # -- what the ledger knows -------------------------------------------------------------------------

    def _letter_knows(self, match: Match, decision: Decision, letter: LetterRecord | None) -> MatchStatus | None:
        if letter is None:
            return None
        if letter.state is LetterState.SENT:
            told, is_stuck = self._corrected(match, decision)
            in_doubt = _checked_first(unchecked_sides(match, decision))
            return MatchStatus(
                match=match.id,
                stage=Stage.INTRODUCED,
                detail="; ".join((_introduced(letter), *told, *in_doubt)),
                is_stuck=is_stuck or bool(letter.bounced),
            )
        if letter.state in {LetterState.UNSURE, LetterState.COMMITTING}:
            if decision.was_sent is None:
                return MatchStatus(
                    match=match.id,
                    stage=Stage.UNSURE,
                    detail=(
                        f"{letter.detail or 'the mail server did not answer clearly'} "
                        f"({_moment(letter.since)}). Look into the Sent mailbox, then tick Was sent or Was not sent"
                    ),
                )
            self.settled[letter.id] = decision.was_sent
            if decision.was_sent:
                return MatchStatus(match=match.id, stage=Stage.INTRODUCED, detail="as you said; nothing more is sent")
        return None

    # -- a correction after the introduction -----------------------------------------------------------

    def _corrected(self, match: Match, decision: Decision) -> tuple[list[str], bool]:
        """What became of corrections, which one leaves now; and whether a person must look."""
        line = decision.correction
        known = self.corrections.get(match.id, ())
        own = correction_id(match.id, line) if line else ""
        for letter in known:
            if letter.id != own:
                self._take_back(letter, "Send correction was unticked")
        sent = [letter for letter in known if letter.state is LetterState.SENT]
        told = [f"{CORRECTED} {' and '.join(f'{letter.since:%Y-%m-%d}' for letter in sent)}"] if sent else []
        told += [
            f"it did not reach {recipient}: {reason}. Please tell them in another way"
            for letter in sent
            for recipient, reason in letter.bounced.items()
        ]
        bounced = any(letter.bounced for letter in sent)
        unsure = next((letter for letter in known if letter.state in _MAY_HAVE_LEFT), None)
        if unsure is not None:
            known_of_it = f"{unsure.detail or 'the mail server did not answer clearly'}; {_moment(unsure.since)}"
            told.append(
                f"{MAY_BE_CORRECTED} ({known_of_it}). Look into the Sent mailbox; the operator settles it: "
                f"matchmaker outbox resolve {unsure.id} --sent (or --not-sent)"
            )
        if match.id in self.rule_inputs.reworded:
            told.append(f"Correction has been changed since. To send it as well, {TICK_AGAIN}")
        if line is None or match.id in self.rule_inputs.reworded or any(letter.id == own for letter in sent):
            return told, bounced or unsure is not None
        waits, is_stuck = self._correction_due(match, line, next((one for one in known if one.id == own), None))
        return [*told, waits] if waits else told, is_stuck or bounced or unsure is not None

    def _correction_due(self, match: Match, line: str, letter: LetterRecord | None) -> tuple[str, bool]:
        """What keeps a correction from leaving, if anything does; and whether a person must look."""
        if not line:
            return "Send correction is ticked, but Correction is empty: write your line there", True
        if wrong := too_long(line, CORRECTION):
            self._take_back(letter, wrong)
            return f"the correction waits: {wrong}", True
        trouble = self.rule_inputs.row_trouble.get(match.id)
        if trouble is not None:
            self._take_back(letter, trouble.what)
            return f"the correction waits: {trouble.what}", True
        if match.has_erased_side:
            self._take_back(letter, "an address was erased")
            return f"no correction can leave: {ERASED_SIDE}", True
        if letter is not None and letter.state is LetterState.HELD:
            return f"the correction did not leave: {letter.detail}. To try once more, {TICK_AGAIN}", True
        if letter is not None and letter.state in _MAY_HAVE_LEFT:
            return "", True
        rehearsal = "it leaves when the rehearsal ends" if self.limits.rehearsal_to else None
        blocked = _later(letter, self.now) or rehearsal or self._limit_reached()
        if blocked is None:
            self.due.append(DueLetter(kind=LetterKind.CORRECTION, match=match, message=line))
            blocked = self.rule_inputs.mail_trouble or _tried(letter) or "it leaves with the next run"
        return f"a correction waits, {blocked}; untick Send correction to stop it", False

    # -- what makes a match pointless ------------------------------------------------------------------

    def _no_longer_asked(self, match: Match, _decision: Decision, letter: LetterRecord | None) -> MatchStatus | None:
        newer = self.rule_inputs.superseded.get(match.id)
        if newer is not None:
            self._take_back(letter, "an answer was edited")
            return MatchStatus(
                match=match.id,
                stage=Stage.OUT_OF_DATE,
                detail=f"see {newer}, which asks again" if newer else "nothing takes its place",
            )
        reason = self.rule_inputs.gone.get(match.id)
        if reason is not None:
            self._take_back(letter, reason)
            return MatchStatus(match=match.id, stage=Stage.WITHDRAWN, detail=reason)
        met = self._already_met(match)
        if met is not None and not match.by_hand:
            self._take_back(letter, met)
            return MatchStatus(match=match.id, stage=Stage.WITHDRAWN, detail=met)
        return None

    def _already_met(self, match: Match) -> str | None:
        own = self.rule_inputs.letters.get(introduction_id(match.id))
        if own is not None and own.state in {LetterState.CLAIMED, LetterState.COMMITTING, LetterState.UNSURE}:
            return None
        for key in meeting_keys(match):
            at = self.rule_inputs.meetings.get(key)
            if at is not None and at >= self.limits.round_started:
                return f"these organisations were introduced on {at:%Y-%m-%d}; name them in By hand to do it again"
        return None

    # -- one choice ------------------------------------------------------------------------------------

    def _variants(self) -> dict[str, tuple[Match, ...]]:
        """The open matches that share a pair of organisations or addresses with another: only one of them can leave.

        Which of two ticked ones is meant nobody can know, and a letter that left cannot be taken back: so none leaves.
        """
        by_key: dict[str, list[Match]] = defaultdict(list)
        for match in sorted(filter(self._is_open, self.rule_inputs.matches.values()), key=officer_order):
            for key in meeting_keys(match):
                by_key[key].append(match)
        found: dict[str, dict[str, Match]] = defaultdict(dict)
        for together in by_key.values():
            for match in together:
                found[match.id].update({other.id: other for other in together if other is not match})
        return {
            identifier: tuple(sorted(others.values(), key=officer_order))
            for identifier, others in found.items()
            if others
        }

    def _is_open(self, match: Match) -> bool:
        """Whether a tick could still send its letter."""
        decision = self.rule_inputs.decisions.get(match.id, NO_DECISION)
        letter = self.rule_inputs.letters.get(introduction_id(match.id))
        return not (
            (letter is not None and letter.state in _GONE_OUT)
            or match.id in self.rule_inputs.superseded
            or match.id in self.rule_inputs.gone
            or (decision.declined and not decision.approved)
            or (decision.approved and decision.agreed is False)
            or (self._already_met(match) is not None and not match.by_hand)
        )

    def _is_ticked(self, match: Match) -> bool:
        decision = self.rule_inputs.decisions.get(match.id, NO_DECISION)
        return decision.approved and match.id not in self.rule_inputs.row_trouble

    def _ticked_too(self, match: Match) -> list[Match]:
        return [other for other in self.variants.get(match.id, ()) if self._is_ticked(other)]

    # -- what the officer said -------------------------------------------------------------------------

    def _declined(self, match: Match, decision: Decision, letter: LetterRecord | None) -> MatchStatus | None:
        trouble = self.rule_inputs.row_trouble.get(match.id)
        if trouble is not None:
            self._take_back(letter, trouble.what)
            return self._held(match, trouble.while_open)
        if decision.approved and decision.declined:
            self._take_back(letter, "both Approve and Decline are ticked")
            return MatchStatus(
                match=match.id, stage=Stage.HELD, detail="both Approve and Decline are ticked; untick one of them"
            )
        if decision.declined:
            self._take_back(letter, "declined")
            return MatchStatus(match=match.id, stage=Stage.DECLINED, detail="untick Decline to take it back")
        return None

    def _not_approved(self, match: Match, decision: Decision, letter: LetterRecord | None) -> MatchStatus | None:
        if decision.approved:
            return None
        for one in self._letters_of(match, letter):
            self._take_back(one, "Approve was unticked")
        oddity = self.rule_inputs.not_ticks.get(match.id)
        parts = [oddity] if oddity else []
        if wrong := too_long(decision.message, MESSAGE):
            parts.append(wrong)
        if decision.correction is not None:
            parts.append(TOO_EARLY)
        if others := self.variants.get(match.id):
            ticked = self._ticked_too(match)
            told = [f"{_variant(other, match)}{', which is ticked' if other in ticked else ''}" for other in others]
            parts.append(f"one of these: {in_words([f'{match.id} (this row)', *told], joiner='or')}")
        parts += self._left_alone(match)
        parts += [f"please check: {warning.rstrip('.')}" for warning in dict.fromkeys(match.warnings)]
        parts += [f"before approving, check {check}" for check in _checked_first(unchecked_sides(match, decision))]
        return MatchStatus(match=match.id, stage=Stage.PROPOSED, detail=_sentences(parts) or "tick Approve or Decline")

    # -- approved --------------------------------------------------------------------------------------

    def _approved(self, match: Match, decision: Decision, letter: LetterRecord | None) -> MatchStatus:
        if decision.agreed is False:
            self._take_back(letter, "Refused was ticked")
            return MatchStatus(match=match.id, stage=Stage.DECLINED, detail="the side asked first said no")
        if ticked := self._ticked_too(match):
            why = "several variants of one idea are ticked"
            for one in self._letters_of(match, letter):
                self._take_back(one, why)
            told = in_words([f"{match.id} (this row)", *(_variant(other, match) for other in ticked)])
            return self._held(match, f"{why}: {told}. Untick all but one; until then none of them leaves")
        if decision.correction is not None:
            self._take_back(letter, "Send correction is ticked")
            return self._held(match, TOO_EARLY)
        if wrong := self.rule_inputs.not_ticks.get(match.id) or too_long(decision.message, MESSAGE):
            for one in self._letters_of(match, letter):
                self._take_back(one, wrong)
            return self._held(match, wrong)
        unchecked = unchecked_sides(match, decision)
        if unchecked:
            return self._held(match, _to_check(match, unchecked, is_agreed=decision.agreed is True))
        if letter is not None and letter.state is LetterState.HELD:
            return self._held(match, f"{letter.detail}. Untick Approve, wait for one run, then tick it again to retry")
        if left_alone := self._left_alone(match):
            return self._waits(match, " and ".join(left_alone))
        asked = [party for party in match.parties if party.ask_first and not party.check_first]
        if asked and decision.agreed is not True and not self.limits.rehearsal_to:
            return self._asking(match, asked)
        return self._leaving(match, decision, letter)

    def _asking(self, match: Match, asked: Sequence[Party]) -> MatchStatus:
        waiting = []
        for party in asked:
            question = self.rule_inputs.letters.get(question_id(match.id, party.side))
            if question is None or question.state in {LetterState.QUEUED, LetterState.WITHDRAWN}:
                blocked = self._limit_reached() or _later(question, self.now)
                if blocked:
                    return self._waits(match, blocked)
                self.due.append(DueLetter(kind=LetterKind.QUESTION, match=match, party=party))
                waiting.append(f"{party.organisation} is asked with the next run")
            elif question.state is LetterState.SENT:
                waiting.append(f"{party.organisation} was asked on {question.since:%Y-%m-%d}")
            else:
                return self._held(
                    match,
                    f"the question to {party.organisation} did not go out as it should: "
                    f"{question.detail or question.state}. Ask them yourself, then tick Agreed or Refused",
                )
        return self._waits(match, f"{'; '.join(waiting)}. Tick Agreed or Refused when the answer is there")

    def _leaving(self, match: Match, decision: Decision, letter: LetterRecord | None) -> MatchStatus:
        later = _later(letter, self.now)
        if later:
            return self._waits(match, later)
        if self.limits.rehearsal_to:
            rehearsed = self.rule_inputs.letters.get(rehearsal_id(introduction_id(match.id)))
            if rehearsed is not None and rehearsed.state is LetterState.SENT:
                return self._waits(
                    match,
                    f"rehearsed on {rehearsed.since:%Y-%m-%d}, sent to {self.limits.rehearsal_to} only; "
                    "it leaves when the rehearsal ends",
                )
        blocked = self._limit_reached() or self._organisation_busy(match)
        if blocked:
            return self._waits(match, blocked)
        self.due.append(DueLetter(kind=LetterKind.INTRODUCTION, match=match, message=decision.message))
        if match.by_hand:
            self.reopened += [key for key in meeting_keys(match) if key in self.rule_inputs.meetings]
        self.open_per_organisation.update(_organisations(match))
        if self.rule_inputs.mail_trouble:
            return self._waits(match, self.rule_inputs.mail_trouble)
        return self._waits(match, _tried(letter) or "the letter leaves with the next run")

    def _limit_reached(self) -> str | None:
        if not self.limits.sending:
            return "letters are switched off"
        if len(self.due) >= self.limits.per_run:
            return "limit of letters a run; it goes with a later one"
        if self.rule_inputs.sent_today + len(self.due) >= self.limits.per_day:
            return "daily limit; it goes tomorrow"
        return None

    def _organisation_busy(self, match: Match) -> str | None:
        for party in match.parties:
            count = self.open_per_organisation[party.organisation_id or party.email]
            if count >= self.limits.per_organisation:
                return (
                    f"{party.organisation} has had {count} introductions "
                    f"in the last {self.limits.quiet_days} days; it goes later"
                )
        return None

    def _recent_introductions(self) -> Counter[str]:
        since = self.now - timedelta(days=self.limits.quiet_days)
        counts: Counter[str] = Counter()
        for match in self.rule_inputs.matches.values():
            letter = self.rule_inputs.letters.get(introduction_id(match.id))
            if letter is not None and letter.since >= since and letter.state in _GONE_OUT:
                counts.update(_organisations(match))
        return counts

    def _left_alone(self, match: Match) -> list[str]:
        """Who of them wants no letters and no proposals for now, or may be somebody who does."""
        perhaps = self.rule_inputs.perhaps_left_alone
        return [
            *(
                left_alone_in_words(party.organisation, self.rule_inputs.left_alone[party.organisation_id])
                for party in match.parties
                if party.organisation_id in self.rule_inputs.left_alone
            ),
            *(
                may_be_left_alone(party.organisation, perhaps[party.organisation_id])
                for party in match.parties
                if party.organisation_id in perhaps
            ),
        ]

    # -- small ------------------------------------------------------------------------------------------

    def _waits(self, match: Match, why: str) -> MatchStatus:
        return MatchStatus(match=match.id, stage=Stage.APPROVED, detail=f"waits, {why}; {STOP}")

    def _held(self, match: Match, why: str) -> MatchStatus:
        return MatchStatus(match=match.id, stage=Stage.HELD, detail=why)

    def _letters_of(self, match: Match, letter: LetterRecord | None) -> list[LetterRecord | None]:
        """A match's introduction and its questions, as far as there are any."""
        questions = (self.rule_inputs.letters.get(question_id(match.id, party.side)) for party in match.parties)
        return [letter, *questions]

    def _take_back(self, letter: LetterRecord | None, why: str) -> None:
        if letter is not None and letter.state in {LetterState.QUEUED, LetterState.CLAIMED, LetterState.HELD}:
            self.withdrawn[letter.id] = why


def may_be_left_alone(organisation: str, who: str) -> str:
    """That an organisation may be one that asked for silence, and where that is answered."""
    return f"{organisation} may be {who}: say in Same organisation? whether they are one"


def unchecked_sides(match: Match, decision: Decision) -> list[Party]:
    """The sides that must not be written to before a person has found out who they are."""
    return [
        party
        for party in match.parties
        if party.check_first and not (decision.agreed is True and party.side in decision.checked)
    ]


def _to_check(match: Match, unchecked: Sequence[Party], *, is_agreed: bool) -> str:
    """What to find out before the letter may leave. Agreed speaks for sides that asked to be asked first as well."""
    told = "; ".join(_checked_first(unchecked))
    asked = [party.organisation for party in match.parties if party.ask_first and not party.check_first]
    if asked:
        told += f". {' and '.join(asked)} asked to be asked first: please do that as well"
    if is_agreed:
        return f"{told}. Agreed was ticked before this was known: when it is settled, untick it and tick it a run later"
    return f"{told}. When {'both are' if asked else 'that is'} settled, tick Agreed as well"


def _checked_first(parties: Sequence[Party]) -> list[str]:
    return [f"{party.organisation}: {(party.check_first or '').rstrip('.')}" for party in parties]


_MAY_HAVE_LEFT = frozenset({LetterState.UNSURE, LetterState.COMMITTING})
_GONE_OUT = frozenset({LetterState.SENT, LetterState.UNSURE, LetterState.COMMITTING, LetterState.CLAIMED})


def _variant(other: Match, match: Match) -> str:
    """How another match differs from this one."""
    joining = other.joining
    sides = other.sending.organisation_id, other.receiving.organisation_id
    if sides != (match.sending.organisation_id, match.receiving.organisation_id):
        who = f"{other.sending.organisation} to {other.receiving.organisation}"
        who += f", with {joining.organisation}" if joining else ""
    elif joining:
        who = f"with {joining.organisation}"
    else:
        who = f"without {match.joining.organisation}" if match.joining else "the same organisations"
    return f"{other.id} ({who})"


def _organisations(match: Match) -> set[str]:
    return {party.organisation_id or party.email for party in match.parties}


def _introduced(letter: LetterRecord) -> str:
    text = f"on {letter.since:%Y-%m-%d}"
    for recipient, reason in letter.bounced.items():
        text += f"; the letter did not reach {recipient}: {reason}. Please find a working address and tell the others"
    return text


def _later(letter: LetterRecord | None, now: datetime) -> str | None:
    if letter is None or letter.state is not LetterState.QUEUED or letter.not_before is None:
        return None
    if letter.not_before <= now:
        return None
    return f"it is tried again after {_moment(letter.not_before)} ({letter.detail})"


def _tried(letter: LetterRecord | None) -> str | None:
    """What the server said, of a letter that it did not take and that is tried again at once."""
    if letter is None or letter.state is not LetterState.QUEUED or not letter.attempts:
        return None
    return f"the mail server was not ready ({letter.detail}); the next run tries again"


def _sentences(parts: Sequence[str]) -> str:
    """Each part a sentence; the first follows the colon after the stage, so it begins small."""
    ended = [part.rstrip(".") for part in parts]
    return ". ".join(ended[:1] + [part[:1].upper() + part[1:] for part in ended[1:]])


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
