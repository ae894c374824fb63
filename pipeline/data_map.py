"""The data map: which personal data is kept where, why, and for how long.

One table in code, so that `subject`, `forget` and `purge` and the privacy notice speak of the same places, and a
test fails when a noun gets a field that is not on it. Look up the terms in docs/form.md and docs/privacy.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where data lies."""

    FORM = "the form's own answers at Google"
    RESPONSES = "the responses tab"
    REVIEW = "the review tab and the other tabs the program writes"
    LEDGER = "the ledger"
    LETTERS = "letters: the ledger's frozen copies, the Sent folder, the journal"
    REPORTS = "the folder of reports"
    MEMORY = "memory, for the length of one run"


PROGRAM_ERASES = frozenset({Place.REVIEW, Place.LEDGER, Place.REPORTS})
"""Where `forget` erases by itself; the other places it lists for a person to clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Why one kind of data is there, where, and which setting says for how long."""

    what: str
    why: str
    places: tuple[Place, ...]
    kept: str
    is_personal: bool = True


_AT_GOOGLE = (Place.FORM, Place.RESPONSES, Place.MEMORY)

CONTACT = Use(
    what="name, role and e-mail address of the contact person",
    why="to introduce approved partners to each other, and to answer",
    places=(*_AT_GOOGLE, Place.REVIEW, Place.LEDGER, Place.LETTERS, Place.REPORTS),
    kept="retention.responses_months; in letters retention.letters_days",
)
MEMORY_OF_ENTRY = Use(
    what="e-mail address, a hash of the answers, and dates",
    why="to tell an edited answer from a new one, and to know when consent was given to which wording",
    places=(Place.LEDGER,),
    kept="retention.responses_months",
)
FREE_TEXT = Use(
    what="what they seek and offer, in their own words: may name people",
    why="to find partners, and for the letter that introduces them",
    places=(*_AT_GOOGLE, Place.REVIEW, Place.LEDGER, Place.LETTERS),
    kept="retention.responses_months; refused proposals retention.proposals_days",
)
ORGANISATION = Use(
    what="the organisation, its place, website and identifiers",
    why="to find partners; with the contact person it says where somebody works",
    places=(*_AT_GOOGLE, Place.REVIEW, Place.LEDGER, Place.LETTERS, Place.REPORTS),
    kept="retention.responses_months",
)
WISHES = Use(
    what="what the exchange should be like: topics, format, dates, numbers, languages",
    why="to find partners",
    places=(*_AT_GOOGLE, Place.REVIEW, Place.LEDGER, Place.LETTERS, Place.REPORTS),
    kept="retention.responses_months",
    is_personal=False,
)
CONSENT = Use(
    what="what the person agreed to, and when",
    why="to prove it, and to keep to it",
    places=(*_AT_GOOGLE, Place.LEDGER),
    kept="retention.responses_months",
)
WARNING = Use(
    what="what looked odd about an answer",
    why="so that the secretariat sees it before it approves",
    places=(Place.MEMORY, Place.REVIEW, Place.LEDGER),
    kept="retention.proposals_days",
)
LETTER = Use(
    what="a letter: its addresses, its text and what became of it",
    why="so that nothing is sent twice, and a bounce finds its letter",
    places=(Place.LEDGER, Place.LETTERS),
    kept="text retention.letters_days; who was introduced to whom retention.sent_months",
)
DECISION = Use(
    what="what the officer decided and wrote",
    why="to do what was decided, and to show who asked for it",
    places=(Place.REVIEW, Place.LEDGER),
    kept="retention.sent_months",
)
BOOKKEEPING = Use(
    what="identifiers, states, versions and times that name nobody",
    why="to run",
    places=(Place.LEDGER, Place.MEMORY),
    kept="as long as what they belong to",
    is_personal=False,
)


def _fields(use: Use, names: str) -> dict[str, Use]:
    return dict.fromkeys(names.split(), use)


DATA_MAP: dict[str, dict[str, Use]] = {
    "Response": (
        _fields(CONTACT, "email contact_name contact_role")
        | _fields(
            ORGANISATION,
            "organisation organisation_local unit parent organisation_type country country_code region city website "
            "oid membership target_organisation avoid_organisations",
        )
        | _fields(FREE_TEXT, "seeks offers topics_other")
        | _fields(
            WISHES,
            "role travellers formats topics date_from date_to days group_size visits_per_year languages "
            "target_countries target_strict third_party reciprocal funding fewer_opportunities",
        )
        | _fields(CONSENT, "consent share_contact publish submitted_at")
        | _fields(WARNING, "flags held")
        | _fields(BOOKKEEPING, "row content kind")
    ),
    "Ticked": _fields(WISHES, "text") | _fields(BOOKKEEPING, "question codes"),
    "Entry": (
        _fields(ORGANISATION, "organisation parent email_domain country region city named_partner avoid")
        | _fields(FREE_TEXT, "text seeks offers title topics_other")
        | _fields(
            WISHES,
            "role topics formats target_groups ticked preferred_places strict_places date_from date_to duration_days "
            "group_size capacity max_visits committed_visits languages group_wanted reciprocal text_lang submitted_at "
            "left_alone_until",
        )
        | _fields(BOOKKEEPING, "id organisation_id")
    ),
    "Organisation": (
        _fields(CONTACT, "contacts")
        | _fields(ORGANISATION, "name spellings parent parent_name country region city domains oid")
        | _fields(BOOKKEEPING, "id entries")
    ),
    "Party": (
        _fields(CONTACT, "email contact_name contact_role")
        | _fields(ORGANISATION, "organisation country region city website")
        | _fields(FREE_TEXT, "seeks offers")
        | _fields(WISHES, "topics formats languages date_from date_to days group_size answered_as")
        | _fields(CONSENT, "ask_first")
        | _fields(WARNING, "check_first")
        | _fields(BOOKKEEPING, "side entry organisation_id")
    ),
    "Point": _fields(WISHES, "values") | _fields(BOOKKEEPING, "code"),
    "Match": (
        _fields(CONTACT, "parties")
        | _fields(WARNING, "why fits unclear warnings")
        | _fields(BOOKKEEPING, "id band score waiting_since by_hand partners proposed_on generation")
    ),
    "KnownEntry": (
        _fields(
            MEMORY_OF_ENTRY,
            "address organisation organisation_key content wish earlier first_seen first_answered last_confirmed since",
        )
        | _fields(CONSENT, "consent_version")
        | _fields(BOOKKEEPING, "id paused tick_spent")
    ),
    "Envelope": _fields(LETTER, "sender recipients journal"),
    "Letter": (
        _fields(LETTER, "envelope content subject") | _fields(BOOKKEEPING, "id kind match message_id meeting_keys")
    ),
    "LetterRecord": (
        _fields(LETTER, "envelope content detail bounced")
        | _fields(BOOKKEEPING, "id kind match state message_id since attempts not_before")
    ),
    "Decision": (
        _fields(DECISION, "message agreed checked approved declined was_sent reopened correction")
        | _fields(BOOKKEEPING, "match")
    ),
    "Judgement": _fields(ORGANISATION, "left right") | _fields(DECISION, "verdict at by"),
    "PastExchange": _fields(ORGANISATION, "sending receiving joining") | _fields(WISHES, "ended"),
    "DoubtfulPair": (
        _fields(CONTACT, "one other")
        | _fields(ORGANISATION, "left right speaks_for speaks_against")
        | _fields(BOOKKEEPING, "waits")
    ),
    "Problem": _fields(WARNING, "where what fix sentence key"),
}
"""Noun of `pipeline.model` -> field -> what it is used for."""

HOLDS_NOTHING_PERSONAL = frozenset(
    {"Flag", "Reason", "Candidate", "NearMiss", "Unmet", "SheetRow", "Table", "SheetSnapshot", "NewRow", "RowUpdate"}
    | {"SheetChanges", "MatchStatus", "IndicatorRow"}
)
"""Nouns made of the ones above, or of cells as they pass through: what they hold is on the map where it comes from."""


def places_of(noun: str, field: str) -> tuple[Place, ...]:
    """Where that field is kept. Raises KeyError for one that is not on the map."""
    return DATA_MAP[noun][field].places


def personal_uses() -> tuple[Use, ...]:
    """Every use of personal data, each once: the rows of the privacy notice."""
    uses = (use for fields in DATA_MAP.values() for use in fields.values() if use.is_personal)
    return tuple(dict.fromkeys(uses))
