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

from pipeline.cleaning.plain_text import free_text, header_text, one_line
from pipeline.config import MailSettings
from pipeline.errors import MessageUnsafe
from pipeline.letters.identity import introduction_id, meeting_keys, question_id, rehearsal_id, reminder_id
from pipeline.letters.mime import Draft, Mailbox, ascii_address, build
from pipeline.letters.points import common_window, ticked_by_all
from pipeline.letters.templating import Templates
from pipeline.letters.verify import verify
from pipeline.letters.view import (
    PartyView,
    Tongue,
    display_name,
    greeting,
    letter_language,
    party_view,
    suggested_dates,
)
from pipeline.model import Envelope, Letter, LetterKind, Match, Party, Point, Side

MessageIdOf = Callable[[str], str]
"""Letter id -> Message-ID (`<...@domain>`), deterministic and unguessable: the caller holds the secret."""

SUBJECT_LIMIT = 220
DIGEST_LINES = 15
"""Lines of one section of the digest; the review tab has the rest."""


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
        return any((self.waiting, self.unsure, self.bounced, self.held, self.proposed, self.problems))


@dataclass(frozen=True, slots=True)
class _Group:
    """A section of the digest as its template sees it."""

    lines: tuple[str, ...]
    count: int

    @property
    def more(self) -> int:
        """How many lines did not find room."""
        return self.count - len(self.lines)


def compose_introduction(
    match: Match,
    *,
    message: str | None,
    mail: MailSettings,
    templates: Templates,
    message_id: MessageIdOf,
    now: datetime,
) -> Letter:
    """The letter that introduces all parties of a match to one another. `message` is the officer's own line.

    Raises MessageUnsafe when the letter must be held, TemplateProblem when a template is broken.
    """
    language = letter_language(match.parties, templates)
    fields, recipients = _match_fields(match, Tongue.of(templates, language), now)
    fields["message"] = free_text(message, 1500)
    return _letter(
        introduction_id(match.id),
        LetterKind.INTRODUCTION,
        match=match.id,
        recipients=recipients,
        reply_to=recipients,
        fields=fields,
        meeting=meeting_keys(match),
        desk=_Desk(mail, templates, message_id, now, language),
    )


def compose_question(
    match: Match,
    side: Side,
    *,
    mail: MailSettings,
    templates: Templates,
    message_id: MessageIdOf,
    now: datetime,
) -> Letter:
    """The neutral question to a side that wants to be asked first: no name, address or free text of the others.

    Of the others it says the country, and only such topics and formats as the asked side ticked itself.
    The reply goes to the sender. Raises MessageUnsafe when there is no such side, or as above.
    """
    asked = match.party(side)
    if asked is None:
        raise MessageUnsafe("A question is addressed to a side the match does not have.", hint="Please report this.")
    language = letter_language((asked,), templates)
    tongue = Tongue.of(templates, language)
    others = [party for party in match.parties if party.side is not side]
    recipient = _mailbox(asked)
    fields: dict[str, Any] = {
        "party": party_view(asked, recipient.address, tongue),
        "greeting": greeting([party_view(asked, recipient.address, tongue)], tongue),
        "shared_topics": _shared([asked.topics, *(party.topics for party in others)], tongue),
        "shared_formats": _shared([asked.formats, *(party.formats for party in others)], tongue),
        "window": _window(match, tongue, now),
        "reference": match.id,
        **dict.fromkeys(("sending", "receiving", "joining")),
        **{party.side.value: {"country": tongue.country(party.country)} for party in others},
    }
    return _letter(
        question_id(match.id, side),
        LetterKind.QUESTION,
        match=match.id,
        recipients=(recipient,),
        fields=fields,
        desk=_Desk(mail, templates, message_id, now, language),
    )


def compose_reminder(
    match: Match,
    number: int,
    *,
    introduction: str | None,
    introduced_on: date | None,
    mail: MailSettings,
    templates: Templates,
    message_id: MessageIdOf,
    now: datetime,
) -> Letter:
    """The `number`-th reminder to all parties, in the thread of the introduction (its Message-ID)."""
    language = letter_language(match.parties, templates)
    tongue = Tongue.of(templates, language)
    fields, recipients = _match_fields(match, tongue, now)
    fields["number"] = number
    fields["introduced_on"] = tongue.day(introduced_on) if introduced_on else None
    return _letter(
        reminder_id(match.id, number),
        LetterKind.REMINDER,
        match=match.id,
        recipients=recipients,
        reply_to=recipients,
        in_reply_to=introduction,
        fields=fields,
        desk=_Desk(mail, templates, message_id, now, language),
    )


def compose_digest(
    data: DigestData, *, mail: MailSettings, templates: Templates, message_id: MessageIdOf, now: datetime
) -> Letter:
    """The secretariat's digest, to `mail.digest_to`. The caller asks for none when `data` is empty."""
    tongue = Tongue.of(templates, templates.default)
    groups = {
        name: _Group(tuple(line for line in (one_line(text, 400) for text in texts[:DIGEST_LINES]) if line), len(texts))
        for name, texts in (
            ("waiting", data.waiting),
            ("unsure", data.unsure),
            ("bounced", data.bounced),
            ("held", data.held),
            ("proposed", data.proposed),
            ("problems", data.problems),
        )
    }
    fields: dict[str, Any] = {
        **groups,
        "day": tongue.day(data.day),
        "spreadsheet_url": _own_link(data.spreadsheet_url),
        "reference": None,
    }
    return _letter(
        f"digest:{data.day.isoformat()}",
        LetterKind.DIGEST,
        recipients=(_own_mailbox(mail.digest_to),),
        fields=fields,
        desk=_Desk(mail, templates, message_id, now, templates.default),
    )


def compose_test(
    address: str, *, mail: MailSettings, templates: Templates, message_id: MessageIdOf, now: datetime
) -> Letter:
    """A test of the whole chain to one address (`check --mail-to`)."""
    return _letter(
        f"test:{now.strftime('%Y%m%dT%H%M%S')}",
        LetterKind.TEST,
        recipients=(Mailbox(address=ascii_address(address)),),
        fields={"reference": None},
        desk=_Desk(mail, templates, message_id, now, templates.default),
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every letter is written with."""

    mail: MailSettings
    templates: Templates
    message_id: MessageIdOf
    now: datetime
    language: str


def _letter(
    letter: str,
    kind: LetterKind,
    *,
    recipients: tuple[Mailbox, ...],
    fields: Mapping[str, Any],
    desk: _Desk,
    match: str | None = None,
    reply_to: tuple[Mailbox, ...] = (),
    in_reply_to: str | None = None,
    meeting: tuple[str, ...] = (),
) -> Letter:
    """Fill the templates, build the bytes, read them back. In a rehearsal nothing of it can reach a party."""
    mail = desk.mail
    rehearsal = None
    if mail.rehearsal_to:
        letter = rehearsal_id(letter)
        rehearsal = {"recipients": ", ".join(mailbox.address for mailbox in recipients)}
        recipients, reply_to, in_reply_to, meeting = (_own_mailbox(mail.rehearsal_to),), (), None, ()
    message_id = desk.message_id(letter)
    everything = {
        **fields,
        "rehearsal": rehearsal,
        "language": desk.language,
        "network": mail.organisation,
        "secretariat": mail.sender_address,
        "sender": mail.sender,
        "privacy_url": _own_link(mail.privacy_url),
    }
    written = desk.templates.render(desk.language, f"{kind.value}.subject", everything)
    mark = f"{Tongue.of(desk.templates, desk.language).word('rehearsal')} " if rehearsal else ""
    subject = header_text(mark + written, SUBJECT_LIMIT)
    draft = Draft(
        sender=_own_mailbox(mail.sender),
        to=recipients,
        reply_to=reply_to,
        subject=subject,
        date=desk.now,
        message_id=message_id,
        in_reply_to=in_reply_to,
        match=match,
        language=desk.language,
        automatic=kind in {LetterKind.QUESTION, LetterKind.REMINDER, LetterKind.DIGEST},
        text=desk.templates.render(desk.language, f"{kind.value}.txt", everything),
        html=desk.templates.render(desk.language, f"{kind.value}.html", {**everything, "subject": subject}),
    )
    content = build(draft)
    verify(content, draft)
    return Letter(
        id=letter,
        kind=kind,
        match=match,
        message_id=message_id,
        envelope=Envelope(
            sender=draft.sender.address,
            recipients=tuple(mailbox.address for mailbox in recipients),
            journal=None if rehearsal or not mail.journal else _own_mailbox(mail.journal).address,
        ),
        content=content,
        subject=subject,
        meeting_keys=meeting,
    )


def _match_fields(match: Match, tongue: Tongue, now: datetime) -> tuple[dict[str, Any], tuple[Mailbox, ...]]:
    """The fields that speak of a match, and its recipients in party order, each address once."""
    mailboxes = [_mailbox(party) for party in match.parties]
    views = [party_view(party, box.address, tongue) for party, box in zip(match.parties, mailboxes, strict=True)]
    by_side: dict[str, PartyView | None] = {"joining": None, **{view.side: view for view in views}}
    fields: dict[str, Any] = {
        **by_side,
        "parties": views,
        "greeting": greeting(views, tongue),
        "by_hand": match.by_hand,
        "fits": _sentences(match.fits, match, tongue),
        "unclear": _sentences(match.unclear, match, tongue),
        "dates": [tongue.day(day, weekday=True) for day in suggested_dates(match, now.date())],
        "window": _window(match, tongue, now),
        "reference": match.id,
    }
    unique = {mailbox.address.lower(): mailbox for mailbox in reversed(mailboxes)}
    ordered = dict.fromkeys(mailbox.address.lower() for mailbox in mailboxes)
    return fields, tuple(unique[address] for address in ordered)


def _window(match: Match, tongue: Tongue, now: datetime) -> str | None:
    """The common window in words, unless it is over."""
    window = common_window(match.parties)
    if window is None or (window[1] and window[1] < now.date()):
        return None
    return tongue.span(*window)


def _sentences(points: Sequence[Point], match: Match, tongue: Tongue) -> list[str]:
    return [sentence for point in points if (sentence := one_line(tongue.point(point, match.parties), 400))]


def _shared(answers: Sequence[Sequence[str]], tongue: Tongue) -> str:
    """What everybody ticked: nothing only one side wrote can show."""
    shown = (one_line(tongue.answer(text), 100) for text in ticked_by_all(answers))
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
