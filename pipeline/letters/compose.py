"""From a match and the templates to letters ready to go: text, headers, bytes, verified.

Everything is frozen here, the date included; a letter is sent with the same bytes on every try. With
`mail.rehearsal_to` set, every letter goes to that one address instead, says so, bears another identity
than the real one and claims no meeting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from pipeline.cleaning.addresses import canonical_address
from pipeline.cleaning.plain_text import free_text, header_text, one_line
from pipeline.config import MailSettings
from pipeline.errors import MessageUnsafe
from pipeline.letters.identity import (
    correction_id,
    digest_id,
    introduction_id,
    meeting_keys,
    question_id,
    rehearsal_id,
    reminder_id,
    test_id,
    waiting_id,
)
from pipeline.letters.mime import Draft, Mailbox, ascii_address, build
from pipeline.letters.points import common_window, ticked_by_all
from pipeline.letters.templating import Templates
from pipeline.letters.verify import read_back, verify
from pipeline.letters.view import (
    Tongue,
    display_name,
    greeting,
    letter_language,
    party_view,
    suggested_dates,
)
from pipeline.model import Envelope, Letter, LetterKind, Match, Party, Point, Side

SUBJECT_LIMIT = 220
MESSAGE_LIMIT = 1500
"""Characters of the officer's own line in an introduction or a correction."""
WHOLE_LINE = 4
"""Times its length that a line may have when it is tidied: form C of some scripts is longer than what was typed."""
SENTENCE_LIMIT = 2_000
"""Characters of what fits or is open between the sides: room for all that was ticked or named."""
FIRST_LINES = 420
"""Characters of the letter that the review tab quotes."""
DIGEST_LINES = 15
"""Lines of one section of the digest; the review tab has the rest."""
DIGEST_SECTIONS = ("waiting", "unsure", "bounced", "held", "proposed", "problems")


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestData:
    """What the secretariat's digest tells: one ready line each, the match's id within where there is one."""

    day: date
    waiting: Sequence[str] = ()
    unsure: Sequence[str] = ()
    bounced: Sequence[str] = ()
    held: Sequence[str] = ()
    proposed: Sequence[str] = ()
    problems: Sequence[str] = ()
    spreadsheet_url: str | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, section) for section in DIGEST_SECTIONS)


@dataclass(frozen=True, slots=True)
class _Group:
    """A section of the digest as its template sees it."""

    lines: tuple[str, ...]
    count: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Group:
        """The first lines of a section, cleaned."""
        cleaned = (one_line(text, 400) for text in texts[:DIGEST_LINES])
        return cls(tuple(line for line in cleaned if line), len(texts))

    @property
    def more(self) -> int:
        """How many lines did not find room."""
        return self.count - len(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a kind of letter decides for itself, before it is written. Its templates bear the name of its kind."""

    id: str
    kind: LetterKind
    language: str
    recipients: tuple[Mailbox, ...]
    fields: Mapping[str, Any]
    """What its templates may name, besides what every letter has (`Composer.write`)."""
    match: str | None = None
    reply_to_all: bool = False
    """Whether an answer goes to all recipients; else it comes to the sender."""
    in_reply_to: str | None = None
    meeting_keys: tuple[str, ...] = ()
    is_automatic: bool = False
    """Nobody should auto-answer it (RFC 3834): questions, reminders, digests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Writes the letters of one run: settings, templates, identity and date are the same for all of them.

    Every method raises MessageUnsafe when its letter must be held and TemplateProblem when a template is broken.
    """

    mail: MailSettings
    templates: Templates
    message_id: Callable[[str], str]
    """Letter id -> Message-ID (`<...@domain>`), deterministic and unguessable: the caller holds the secret."""
    now: datetime

    def introduction(self, match: Match, message: str | None) -> Letter:
        """The letter that introduces all parties of a match to one another. `message` is the officer's own line."""
        tongue = self._tongue(match.parties)
        return self.write(
            Message(
                id=introduction_id(match.id),
                kind=LetterKind.INTRODUCTION,
                match=match.id,
                language=tongue.code,
                recipients=_recipients(match),
                reply_to_all=True,
                meeting_keys=meeting_keys(match),
                fields={**_match_fields(match, tongue, self.now), "message": _whole(message, "Message")},
            )
        )

    def question(self, match: Match, asked: Party) -> Letter:
        """The neutral question to a party that wants to be asked first: no name, address or free text of the others.

        Of the others it says the country, and only such topics and formats as the asked party ticked itself.
        """
        if asked not in match.parties:
            raise MessageUnsafe(
                "A question is addressed to a party the match does not have.", hint="Please report this."
            )
        tongue = self._tongue((asked,))
        others = [party for party in match.parties if party.side is not asked.side]
        recipient = _mailbox(asked)
        view = party_view(asked, recipient.address, tongue)
        fields: dict[str, Any] = {
            "party": view,
            "greeting": greeting([view], tongue),
            "shared_topics": _shared([asked.topics, *(party.topics for party in others)], tongue),
            "shared_formats": _shared([asked.formats, *(party.formats for party in others)], tongue),
            "window": _window(match, tongue, self.now),
            "by_hand": match.by_hand,
            "partners": match.partners,
            **dict.fromkeys(side.value for side in Side),
            **{party.side.value: {"country": tongue.country(party.country)} for party in others},
        }
        return self.write(
            Message(
                id=question_id(match.id, asked.side),
                kind=LetterKind.QUESTION,
                match=match.id,
                language=tongue.code,
                recipients=(recipient,),
                is_automatic=True,
                fields=fields,
            )
        )

    def reminder(self, match: Match, introduction: str | None, introduced_on: date | None, number: int = 1) -> Letter:
        """The `number`-th reminder to all parties, in the thread of the introduction (its Message-ID)."""
        tongue = self._tongue(match.parties)
        fields = _match_fields(match, tongue, self.now)
        fields["number"] = number
        fields["introduced_on"] = tongue.day(introduced_on) if introduced_on else None
        return self.write(
            Message(
                id=reminder_id(match.id, number),
                kind=LetterKind.REMINDER,
                match=match.id,
                language=tongue.code,
                recipients=_recipients(match),
                reply_to_all=True,
                in_reply_to=introduction,
                is_automatic=True,
                fields=fields,
            )
        )

    def correction(self, match: Match, line: str, introduction: str | None, introduced_on: date | None) -> Letter:
        """What takes an introduction back or mends it: the officer's own line, to all parties in the same thread.

        An answer comes to the secretariat, for what is corrected is ours.
        """
        tongue = self._tongue(match.parties)
        fields = _match_fields(match, tongue, self.now)
        fields["introduced_on"] = tongue.day(introduced_on) if introduced_on else None
        fields["message"] = _whole(line, "Correction")
        return self.write(
            Message(
                id=correction_id(match.id, line),
                kind=LetterKind.CORRECTION,
                match=match.id,
                language=tongue.code,
                recipients=_recipients(match),
                in_reply_to=introduction,
                fields=fields,
            )
        )

    def waiting(
        self, party: Party, number: int, since: date, widen: Sequence[str] = (), other: date | None = None
    ) -> Letter:
        """The `number`-th letter to a party that has answered, and for whom nobody was found since that day.

        `widen` says by the codes of rules ("dates") what alone keeps somebody else from suiting them, `other` when the
        same address was told that nobody was found for another answer of theirs.
        """
        tongue = self._tongue((party,))
        recipient = _mailbox(party)
        view = party_view(party, recipient.address, tongue)
        return self.write(
            Message(
                id=waiting_id(party.entry, number),
                kind=LetterKind.WAITING,
                language=tongue.code,
                recipients=(recipient,),
                is_automatic=True,
                fields={
                    "party": view,
                    "greeting": greeting([view], tongue),
                    "since": tongue.day(since),
                    "number": number,
                    "other": tongue.day(other) if other else None,
                    "widen": [tongue.word("widen", code) for code in widen],
                },
            )
        )

    def digest(self, data: DigestData) -> Letter:
        """The secretariat's digest, to `mail.digest_to`. The caller asks for none when `data` is empty."""
        tongue = Tongue.of(self.templates, self.templates.default)
        fields: dict[str, Any] = {section: _Group.of(getattr(data, section)) for section in DIGEST_SECTIONS}
        fields["day"] = tongue.day(data.day)
        fields["spreadsheet_url"] = _own_link(data.spreadsheet_url)
        return self.write(
            Message(
                id=digest_id(data.day),
                kind=LetterKind.DIGEST,
                language=tongue.code,
                recipients=(_own_mailbox(self.mail.digest_to),),
                is_automatic=True,
                fields=fields,
            )
        )

    def test(self, address: str) -> Letter:
        """A test of the whole chain to one address (`check --mail-to`)."""
        return self.write(
            Message(
                id=test_id(self.now),
                kind=LetterKind.TEST,
                language=self.templates.default,
                recipients=(Mailbox(address=ascii_address(address)),),
                fields={},
            )
        )

    def first_lines(self, match: Match) -> str:
        """How the introduction begins, for the review tab; why it cannot be written, when it cannot."""
        try:
            text = read_back(self.introduction(match, None).content).text
        except MessageUnsafe as error:
            return f"This letter cannot be written: {error}"
        shortened = " ".join(text.split())
        return shortened if len(shortened) <= FIRST_LINES else f"{shortened[: FIRST_LINES - 1]}…"

    def write(self, message: Message) -> Letter:
        """Fill the templates, build the bytes, read them back. In a rehearsal nothing of it can reach a party."""
        mail, language, kind = self.mail, message.language, message.kind.value
        identifier, recipients, mark, rehearsal = message.id, message.recipients, "", None
        reply_to = recipients if message.reply_to_all else ()
        if mail.rehearsal_to:
            identifier = rehearsal_id(message.id)
            rehearsal = {"recipients": ", ".join(mailbox.address for mailbox in recipients)}
            recipients, reply_to = (_own_mailbox(mail.rehearsal_to),), ()
            mark = f"{Tongue.of(self.templates, language).word('rehearsal')} "
        everything = {
            **message.fields,
            "reference": message.match,
            "rehearsal": rehearsal,
            "language": language,
            "network": mail.organisation,
            "secretariat": mail.sender_address,
            "sender": mail.sender,
            "privacy_url": _own_link(mail.privacy_url),
        }
        written = self.templates.render(language, f"{kind}.subject", everything)
        subject = header_text(mark + written, SUBJECT_LIMIT)
        draft = Draft(
            sender=_own_mailbox(mail.sender),
            to=recipients,
            reply_to=reply_to,
            subject=subject,
            date=self.now,
            message_id=self.message_id(identifier),
            in_reply_to=None if rehearsal else message.in_reply_to,
            match=message.match,
            language=language,
            automatic=message.is_automatic,
            text=self.templates.render(language, f"{kind}.txt", everything),
            html=self.templates.render(language, f"{kind}.html", {**everything, "subject": subject}),
        )
        content = build(draft)
        verify(content, draft)
        return Letter(
            id=identifier,
            kind=message.kind,
            match=message.match,
            message_id=draft.message_id,
            envelope=Envelope(
                sender=draft.sender.address,
                recipients=tuple(mailbox.address for mailbox in recipients),
                journal=None if rehearsal or not mail.journal else _own_mailbox(mail.journal).address,
            ),
            content=content,
            subject=subject,
            meeting_keys=() if rehearsal else message.meeting_keys,
        )

    def _tongue(self, parties: Sequence[Party]) -> Tongue:
        return Tongue.of(self.templates, letter_language(parties, self.templates))


def too_long(line: str | None, title: str) -> str | None:
    """Why the officer's line, written under that title, cannot go into a letter: it would be cut. None when it can."""
    length = len(free_text(line, WHOLE_LINE * len(line)) or "") if line else 0
    if length <= MESSAGE_LIMIT:
        return None
    return (
        f"{title} is {length:,} characters long, and a letter carries at most {MESSAGE_LIMIT:,}, so nothing leaves; "
        f"shorten it by {length - MESSAGE_LIMIT:,}"
    )


def _whole(line: str | None, title: str) -> str | None:
    """The officer's line, whole. Raises MessageUnsafe for one that is longer than a letter carries."""
    if wrong := too_long(line, title):
        raise MessageUnsafe(wrong)
    return free_text(line, MESSAGE_LIMIT)


def _recipients(match: Match) -> tuple[Mailbox, ...]:
    """All parties in order, each address once."""
    unique: dict[str, Mailbox] = {}
    for mailbox in map(_mailbox, match.parties):
        unique.setdefault(canonical_address(mailbox.address), mailbox)
    return tuple(unique.values())


def _match_fields(match: Match, tongue: Tongue, now: datetime) -> dict[str, Any]:
    """The fields that speak of a match."""
    views = [party_view(party, ascii_address(party.email), tongue) for party in match.parties]
    return {
        **dict.fromkeys(side.value for side in Side),
        **{view.side: view for view in views},
        "parties": views,
        "greeting": greeting(views, tongue),
        "by_hand": match.by_hand,
        "partners": match.partners,
        "fits": _sentences(match.fits, match, tongue),
        "unclear": _sentences(match.unclear, match, tongue),
        "dates": [tongue.day(day, weekday=True) for day in suggested_dates(match, now.date())],
        "window": _window(match, tongue, now),
    }


def _window(match: Match, tongue: Tongue, now: datetime) -> str | None:
    """The common window in words, unless it is over or nobody visits."""
    window = None if match.partners else common_window(match.parties)
    if window is None or (window[1] and window[1] < now.date()):
        return None
    return tongue.span(*window)


def _sentences(points: Sequence[Point], match: Match, tongue: Tongue) -> list[str]:
    return [sentence for point in points if (sentence := one_line(tongue.point(point, match.parties), SENTENCE_LIMIT))]


def _shared(answers: Sequence[Sequence[str]], tongue: Tongue) -> str:
    """What everybody ticked: nothing only one side wrote can show."""
    shown = (one_line(tongue.answer(text)) for text in ticked_by_all(answers))
    return "; ".join(text for text in shown if text)


def _mailbox(party: Party) -> Mailbox:
    return Mailbox(address=ascii_address(party.email), name=display_name(party.contact_name, party.organisation))


def _own_mailbox(text: str) -> Mailbox:
    """An address of our own configuration, checked there."""
    name, address = parseaddr(text)
    return Mailbox(address=ascii_address(address), name=header_text(name, 80) or None)


def _own_link(url: str | None) -> str | None:
    """A link of our own configuration, when it is a web address."""
    return url if url and urlsplit(url).scheme in {"http", "https"} else None
