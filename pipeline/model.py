"""The nouns: what the stages hand to one another.

Everything here is an immutable value without behaviour worth speaking of. Blank is `None`, never an
empty string; several values are a tuple. A *response* is one row of the form as typed; an *entry* is
what we made of it. The words are explained once more in `docs/words.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

Cell = str | int | float | bool | None
"""What a spreadsheet cell holds when it is read unformatted; dates are serial numbers."""


class EntryKind(StrEnum):
    """What the submitter wants this row to do."""

    NEW = "new"
    UPDATE = "update"
    WITHDRAW = "withdraw"


class Role(StrEnum):
    """Which side of an exchange an entry can take."""

    SEND = "send"
    HOST = "host"
    EITHER = "either"


class ShareContact(StrEnum):
    """Whether an approved match may see the contact details at once."""

    YES = "yes"
    ASK_FIRST = "ask-first"


class Publish(StrEnum):
    """Whether a case sheet may name the organisation."""

    YES = "yes"
    AFTER_APPROVAL = "after-approval"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a person must mend: where it is, what is wrong, how to mend it.

    `sentence` is ready to be sent to whoever can mend it. `key` stays the same as long as the problem
    does, so that a run can tell a new problem from a known one.
    """

    where: str
    what: str
    fix: str
    sentence: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A warning the reviewer must see beside an entry that is otherwise accepted."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One row of the responses tab, cleaned and bounded but not interpreted further.

    `row` is the sheet's row number at the moment of reading: for messages to people, never identity.
    `content` is the hash of all answers (without the timestamp): the version of the entry.
    `topics`, `formats`, `travellers`, `languages`, `funding` hold the form's own option texts;
    what was typed under "Other" is in the matching `*_other`.
    """

    row: int
    content: str
    submitted_at: datetime | None
    kind: EntryKind
    email: str
    contact_name: str | None = None
    contact_role: str | None = None
    organisation: str
    organisation_local: str | None = None
    unit: str | None = None
    parent: str | None = None
    organisation_type: str | None = None
    country: str | None = None
    country_code: str | None = None
    region: str | None = None
    city: str | None = None
    website: str | None = None
    oid: str | None = None
    membership: str | None = None
    role: Role | None = None
    travellers: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    topics_other: str | None = None
    seeks: str | None = None
    offers: str | None = None
    date_from: date | None = None
    date_to: date | None = None
    days: float | None = None
    group_size: int | None = None
    visits_per_year: int | None = None
    languages: tuple[str, ...] = ()
    target_countries: tuple[str, ...] = ()
    target_strict: bool = False
    target_organisation: str | None = None
    avoid_organisations: tuple[str, ...] = ()
    third_party: bool | None = None
    reciprocal: str | None = None
    funding: tuple[str, ...] = ()
    fewer_opportunities: str | None = None
    consent: bool = False
    share_contact: ShareContact = ShareContact.ASK_FIRST
    publish: Publish = Publish.NO
    flags: tuple[Flag, ...] = ()
    held: str | None = None
    """Why this row is kept but must not be mailed until somebody has looked (None: nothing against it)."""

    @property
    def name(self) -> str:
        """The organisation as people should see it, with the unit taking part in front."""
        if self.unit and self.unit.casefold() not in self.organisation.casefold():
            return f"{self.unit}, {self.organisation}"
        return self.organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """One answer to a question with options, as the form words it, and the codes it means to matching.

    `question` is "topics", "formats" or "target_groups". What was typed under "Other" means no codes.
    """

    question: str
    text: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One open submission in the terms of matching: the codes of `config/`, blank means not stated.

    The bench's columns (`matchmaker match`) and the form's answers both become this.
    `country` is ISO 3166-1 alpha-2, or `ES-CT` / `BE-VLG` for the two regions that count apart.
    `topics`, `formats`, `target_groups` hold codes, `topics_other` what was typed under "Other"; `languages` ISO
    639-1; `preferred_places` countries or region codes. `capacity` is guests at once, `max_visits` and
    `committed_visits` are per year.
    """

    id: str
    organisation: str
    organisation_id: str = ""
    parent: str | None = None
    email_domain: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    role: Role = Role.EITHER
    topics: tuple[str, ...] = ()
    topics_other: str | None = None
    formats: tuple[str, ...] = ()
    target_groups: tuple[str, ...] = ()
    ticked: tuple[Ticked, ...] = ()
    """The answers behind `topics`, `formats` and `target_groups` in the form's own words; a list of codes has none."""
    preferred_places: tuple[str, ...] = ()
    strict_places: bool = False
    named_partner: str | None = None
    date_from: date | None = None
    date_to: date | None = None
    duration_days: float | None = None
    group_size: int | None = None
    capacity: int | None = None
    max_visits: int | None = None
    committed_visits: int = 0
    languages: tuple[str, ...] = ()
    group_wanted: bool = False
    reciprocal: bool | None = None
    avoid: tuple[str, ...] = ()
    text_lang: str | None = None
    title: str | None = None
    text: str | None = None
    seeks: str | None = None
    offers: str | None = None
    submitted_at: date | None = None
    left_alone_until: date | None = None
    """It asked to be proposed to nobody until after that day, which has not passed; the last of all days: none is told.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One organisation with every spelling it was seen under. `id` (`O-…`) is stable for ever."""

    id: str
    name: str
    spellings: tuple[str, ...] = ()
    parent: str | None = None
    """The id of the organisation it belongs to, when that one is known."""
    parent_name: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    domains: tuple[str, ...] = ()
    oid: str | None = None
    contacts: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


class Band(StrEnum):
    """How a probability is shown to people."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    LONG_SHOT = "long shot"


RIGHT_OF_100 = {Band.LIKELY: 97, Band.POSSIBLE: 84, Band.LONG_SHOT: 29}
"""Of a hundred proposals of each strength, how many were right where it was measured (`tools/bench_matching.py`).

Right is a proposal whose host meets the need, or something close to it. A group is right when both of its guests'
proposals are. Likely is told a little lower than it was measured (99), for in short lists it was 94.
"""


class AskedFor(StrEnum):
    """Whether a candidate is whom, or where, its request asked for."""

    THIS = "this"
    """By name."""
    PLACE = "place"
    """Its town, region or country was asked for."""
    OTHER = "other"
    """Somebody or somewhere else was."""
    NOBODY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One feature's contribution, in words. `weight` > 0 speaks for the match, < 0 against it."""

    feature: str
    sentence: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A request and an offer, and perhaps a third that joins, which could go together.

    `sending`, `receiving`, `joining` are entry ids. `score` is a probability in [0, 1].
    `unstated` lists what the answers leave open ("group size of the guests: not stated, check").
    """

    sending: str
    receiving: str
    joining: str | None = None
    score: float
    band: Band
    reasons: tuple[Reason, ...] = ()
    unstated: tuple[str, ...] = ()
    rank: int = 1
    """1 is the request's primary proposal; others are alternates."""
    asked_for: AskedFor = AskedFor.NOBODY
    partners: bool = False
    """Only a partnership in a project would come of it: nobody visits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastExchange:
    """An exchange from before the tool: who went where, and when it ended, so far as anybody knows."""

    sending: str
    receiving: str
    joining: str | None = None
    ended: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A pair that one askable rule keeps apart, with the sentence that says which."""

    sending: str
    receiving: str
    rule: str
    sentence: str
    score: float


class UnmetKind(StrEnum):
    """What is asked for, or offered, in vain."""

    TOPIC = "topic"
    PLACE = "place"
    ORGANISATION = "organisation"
    """Somebody asked for by name, who is here and cannot be."""
    REQUEST = "request"
    """A whole request that nobody fits."""
    HOST = "host"
    """An offer to host that no request fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """A demand nobody can meet yet, or a host without guests, for the working group's table."""

    kind: UnmetKind
    what: str
    asked_by: tuple[str, ...]
    note: str


class Side(StrEnum):
    """A party's part in a match."""

    SENDING = "sending"
    RECEIVING = "receiving"
    JOINING = "joining"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of a match exactly as it stands in the proposal and in the letter."""

    side: Side
    entry: str
    organisation_id: str
    organisation: str
    email: str
    contact_name: str | None = None
    contact_role: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    website: str | None = None
    topics: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    seeks: str | None = None
    offers: str | None = None
    date_from: date | None = None
    date_to: date | None = None
    days: float | None = None
    group_size: int | None = None
    answered_as: Role | None = None
    """What it answered as where it only hosts or only travels, and that is not its part here: None where it is.

    Its dates, length and numbers are then about that other part.
    """
    ask_first: bool = False
    check_first: str | None = None
    """Why the officer must check this side with somebody before a letter may leave (None: nothing)."""


class PointCode(StrEnum):
    """What a point of a letter says; its values are in the comment. Worded in `templates/<language>/words.toml`."""

    SHARED_TOPICS = "shared-topics"  # the topics
    SHARED_FORMATS = "shared-formats"  # the formats
    SHARED_LANGUAGES = "shared-languages"  # the working languages
    DATES_OVERLAP = "dates-overlap"  # first and last day, ISO 8601
    DATES_NOT_NAMED = "dates-not-named"  # the sides that named none
    DATES_NOT_SETTLED = "dates-not-settled"  # nothing
    ASKED_TO_TRAVEL = "asked-to-travel"  # the receiving side, when it only travels
    OFFERED_TO_HOST = "offered-to-host"  # the sides that would travel and only host
    FORMAT = "format"  # nothing
    GROUP_SIZE = "group-size"  # the sides that would travel
    ROOM_FOR_GUESTS = "room-for-guests"  # the receiving side
    WORKING_LANGUAGE = "working-language"  # nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Something that fits or is still open between the parties of a match, in no language yet."""

    code: PointCode
    values: tuple[str, ...] = ()
    """Answers as ticked, ISO dates, or sides ("sending"): `PointCode` says which."""


MATCH_ID = re.compile(r"M-[A-Z2-7]{10}")
"""What a match's id looks like; `match_content.match_id` makes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A proposal as put before the secretariat. Its id is the hash of its content, so it never changes.

    Content is `parties` alone: who, their addresses and the answers the letter will carry. `why` and
    `band` were worded when the match was first proposed and stay as they were.
    """

    id: str
    parties: tuple[Party, ...]
    why: str
    band: str
    score: float = 0.0
    """How likely it is to fit, as matching said when it was proposed; 1 when a person named it."""
    waiting_since: date | None = None
    """When the request was submitted, as far as anybody knows."""
    fits: tuple[Point, ...] = ()
    """What the parties have in common, for the letter."""
    unclear: tuple[Point, ...] = ()
    """What the answers leave open, for the letter."""
    warnings: tuple[str, ...] = ()
    """Sentences for the reviewer: what looked odd at intake."""
    by_hand: bool = False
    partners: bool = False
    """Only a partnership in a project would come of it: the letter speaks of no visit."""
    proposed_on: date | None = None
    generation: int = 0
    """Counts how often the same content was asked again: an answer edited back, or a pair re-opened by hand."""

    def party(self, side: Side) -> Party | None:
        """The party on that side, or None."""
        return next((party for party in self.parties if party.side is side), None)

    @property
    def sending(self) -> Party:
        """The party that travels."""
        return next(party for party in self.parties if party.side is Side.SENDING)

    @property
    def receiving(self) -> Party:
        """The party that hosts."""
        return next(party for party in self.parties if party.side is Side.RECEIVING)

    @property
    def joining(self) -> Party | None:
        """The third party, when there is one."""
        return self.party(Side.JOINING)

    @property
    def has_erased_side(self) -> bool:
        """Whether somebody was erased since: of that side nothing is known but where it stood."""
        return any(not party.email for party in self.parties)


class Verdict(StrEnum):
    """What people say of two records."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulPair:
    """Two spellings in doubt, as put before a person. `left` < `right` are spelling keys.

    `one` and `other` are what helps to tell who each is, a line each.
    """

    left: str
    right: str
    one: str
    other: str
    speaks_for: str
    speaks_against: str
    waits: bool = False
    """Another question is asked first, whose answer may settle this one."""

    @property
    def key(self) -> str:
        """What the tab's key column holds: the answer can be read even when the question is forgotten."""
        return f"{self.left}~{self.right}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A person's answer about two spellings; `left` < `right` are spelling keys (see linkage)."""

    left: str
    right: str
    verdict: Verdict
    at: datetime
    by: str | None = None


class LetterKind(StrEnum):
    """What a letter is for; together with the match (and side) it is the letter's identity."""

    INTRODUCTION = "introduction"
    QUESTION = "question"
    REMINDER = "reminder"
    CORRECTION = "correction"
    WAITING = "waiting"
    """To one organisation: nobody was found for it yet."""
    DIGEST = "digest"
    TEST = "test"


class LetterState(StrEnum):
    """Where a letter stands in the ledger.

    QUEUED -> CLAIMED -> COMMITTING -> SENT, or HELD / UNSURE / WITHDRAWN on the way.
    CLAIMED found after a crash was certainly not sent; COMMITTING (written just before the final dot)
    needs evidence or a person.
    """

    QUEUED = "queued"
    CLAIMED = "claimed"
    COMMITTING = "committing"
    SENT = "sent"
    HELD = "held"
    UNSURE = "unsure"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who the mail server is told about: never derived from headers."""

    sender: str
    recipients: tuple[str, ...]
    """The approved addresses, in party order."""
    journal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message ready to go: the exact bytes, frozen at composition and sent unchanged on every try.

    `id` is `introduction:M-…`, `question:M-…:receiving`, `reminder:M-…:1`, `correction:M-…:<hash of its line>`,
    `waiting:E-…:1`, `digest:2026-11-20`.
    `meeting_keys` are the pair keys that must be free for it to leave (introductions only).
    """

    id: str
    kind: LetterKind
    match: str | None
    message_id: str
    envelope: Envelope
    content: bytes
    subject: str
    meeting_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRecord:
    """A letter as the ledger knows it."""

    id: str
    kind: LetterKind
    match: str | None
    state: LetterState
    message_id: str
    envelope: Envelope
    content: bytes | None
    since: datetime
    attempts: int = 0
    not_before: datetime | None = None
    detail: str = ""
    """The server's reply, the reason for Held, or what is known about Unsure: one line for people."""
    bounced: Mapping[str, str] = field(default_factory=dict)
    """Recipient -> reason, once a bounce was matched by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the officer's cells say about a match at the moment of reading."""

    match: str
    approved: bool = False
    declined: bool = False
    message: str | None = None
    agreed: bool | None = None
    """Ask-first: the officer noted the partner's yes (True) or no (False)."""
    checked: tuple[Side, ...] = ()
    """Of which sides the row said whom to ask first when `agreed` was ticked: it speaks for no others."""
    was_sent: bool | None = None
    """Unsure: the officer settled it."""
    reopened: bool = False
    correction: str | None = None
    """Introduced: the line of a letter that takes the first one back. None: none is ticked; empty: a tick, no line."""


class Stage(StrEnum):
    """The word with which a match's `Status` begins."""

    PROPOSED = "Proposed"
    APPROVED = "Approved"
    INTRODUCED = "Introduced"
    DECLINED = "Declined"
    HELD = "Held"
    UNSURE = "Unsure"
    OUT_OF_DATE = "Out of date"
    WITHDRAWN = "Withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchStatus:
    """Where a match stands, in the words of the review tab."""

    match: str
    stage: Stage
    detail: str = ""
    is_stuck: bool = False
    """The letter left, and did not reach everybody; or a correction after it went wrong."""
    note: str = ""
    """What else is to be mended on the row, wherever the match stands."""

    @property
    def text(self) -> str:
        """The `Status` cell."""
        between = (" " if self.detail.startswith("on ") else ": ") if self.detail else ""
        stands = f"{self.stage}{between}{self.detail}"
        return f"{stands.rstrip('.')}. {self.note}" if self.note else stands

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody must look before this can go on."""
        return self.is_stuck or self.stage in {Stage.HELD, Stage.UNSURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRow:
    """One indicator as the table shows it; `counted` is None when nobody can say. `of`: what was counted."""

    title: str
    target: float | None
    due: float | None
    counted: float | None
    of: str

    @property
    def reached(self) -> bool | None:
        """Whether what is due by now was reached; None where nothing is due or nothing can be said."""
        return None if self.due is None or self.counted is None else self.counted >= self.due


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """What the ledger remembers of an entry, so that an edit in place is told from a new entry."""

    id: str
    address: str
    organisation_key: str
    content: str
    first_seen: date
    last_confirmed: date
    consent_version: str = ""
    paused: bool = False
    """Its row had vanished when the tab was last read."""
    since: datetime | None = None
    """When it was first submitted under this name, by the form's clock: an edit refreshes what the row says."""
    first_answered: date | None = None
    """The day of its first answer, by the form's clock: no edit moves it."""
    wish: str = ""
    """Hash of what it asks for and offers: an answer whose name or address was edited is known again by it."""
    tick_spent: bool = False
    """The tick on `Tell them` that stands there has been answered: it counts again once it was taken away."""
    organisation: str = ""
    """The name as it was last written, for people; empty where a ledger of before remembers the key alone."""
    earlier: tuple[str, ...] = ()
    """Contents it had before, newest last: an old row that is still there is told from a new need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row as read. `number` (1-based) is for messages only."""

    number: int
    cells: Mapping[str, Cell]
    formulas: frozenset[str] = frozenset()
    """Headers under which this row holds a formula rather than a value."""
    tag: str | None = None
    """What its `Status` ends in: which row the program wrote here, whatever the key column says now (None: nothing)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A tab as read: header in order as seen, rows below it. Absent tabs are absent from the snapshot."""

    title: str
    header: tuple[str, ...]
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSnapshot:
    """All tabs as they were at one reading."""

    tables: Mapping[str, Table]
    last_checked: date | None = None
    owner: str | None = None
    """The ledger that serves this spreadsheet; None: none has yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRow:
    """A row to insert directly below the header of a tab; `key` goes into the tab's key column.

    `cells` by title: the program's, and what people had written on a row of which this one takes the place.
    """

    key: str
    cells: Mapping[str, Cell]
    beside: str | None = None
    """The key of the row below which it goes instead, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowUpdate:
    """New values for the program's own cells of the row whose key column, or the end of whose `Status`, is `key`."""

    key: str
    cells: Mapping[str, Cell]
    strangers: frozenset[str] = frozenset()
    """What the `Status` ends in of other rows, whose key column holds `key` by mistake: they are left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetChanges:
    """Everything one write does, as one value: applied whole or not at all.

    `inserts` and `updates` are by tab name; `contents` replaces the whole body of tabs in which every
    cell is the program's own. An empty value writes nothing.
    """

    inserts: Mapping[str, tuple[NewRow, ...]] = field(default_factory=dict)
    updates: Mapping[str, tuple[RowUpdate, ...]] = field(default_factory=dict)
    contents: Mapping[str, tuple[tuple[Cell, ...], ...]] = field(default_factory=dict)
    last_checked: date | None = None
    owner: str | None = None
    """The ledger that serves the spreadsheet from now on (None: as before). The writer refuses to replace an owner
    that the reading did not know of."""

    def __bool__(self) -> bool:
        return bool(
            any(self.inserts.values()) or any(self.updates.values()) or self.contents or self.last_checked or self.owner
        )
