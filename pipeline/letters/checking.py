"""Every template of letters tried on sample data before a real letter needs it (`matchmaker check`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from pipeline.config import MailSettings
from pipeline.errors import MatchmakerError
from pipeline.letters.compose import Composer, DigestData
from pipeline.letters.templating import WORDS, Templates, load_templates, page_loads, page_tags
from pipeline.letters.verify import read_back
from pipeline.model import Letter, LetterKind, Match, Party, Point, PointCode, Side

NASTY = "{{ 7 * 7 }} </p><img src=x onerror=alert(1)> =?utf-8?q?a=0ABcc=3A_b=40c=2Eexample?= \" ' & %s {0} \u202e é"
"""What a stranger might write to break a letter: it must come out as typed and change nothing else."""

WIDEN = ("capacity", "dates", "format", "language", "place")
"""What may keep somebody from suiting an organisation that the letter "nobody was found yet" can tell it."""

_NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_MAIL = MailSettings(digest_to="secretariat@matchmaker.example", privacy_url="https://matchmaker.example/privacy")


def _party(side: Side, text: str) -> Party:
    name = side.value
    return Party(
        side=side,
        entry=f"E-{name}",
        organisation_id=f"O-{name}",
        organisation=text,
        email=f"{name}@matchmaker.example",
        contact_name=text,
        contact_role=text,
        country="SE",
        region=text,
        city=text,
        website="https://www.matchmaker.example",
        topics=(text,),
        formats=(text,),
        languages=(text,),
        seeks=text,
        offers=text,
        date_from=None if side is Side.RECEIVING else date(2027, 2, 1),
        date_to=None if side is Side.JOINING else date(2027, 3, 31),
        days=1.5,
        group_size=4,
    )


def _bare(party: Party) -> Party:
    """The same party with nothing stated but who it is."""
    return Party(
        side=party.side,
        entry=party.entry,
        organisation_id=party.organisation_id,
        organisation=party.organisation,
        email=party.email,
    )


def _match(text: str, sides: tuple[Side, ...]) -> Match:
    parties = tuple(_party(side, text) for side in sides)
    parts = tuple(side.value for side in sides)
    answers, days = (text,) * 2, ("2027-02-01", "2027-03-31")
    values = {
        PointCode.SHARED_TOPICS: answers,
        PointCode.SHARED_FORMATS: answers,
        PointCode.SHARED_LANGUAGES: answers,
        PointCode.DATES_OVERLAP: days,
        PointCode.DATES_NOT_NAMED: parts,
        PointCode.ASKED_TO_TRAVEL: parts,
        PointCode.OFFERED_TO_HOST: parts,
        PointCode.GROUP_SIZE: parts,
        PointCode.ROOM_FOR_GUESTS: parts,
    }
    points = tuple(Point(code=code, values=values.get(code, ())) for code in PointCode)
    return Match(id="M-sample", parties=parties, why=text, band="likely", fits=points, unclear=points)


def sample_letters(templates: Templates, mail: MailSettings = _MAIL, text: str = "Sample") -> Iterator[partial[Letter]]:
    """One function for each letter worth trying: two parties and three, much stated and nothing, all kinds."""

    composer = Composer(
        mail=mail,
        templates=templates,
        message_id=lambda letter: f"<{letter.replace(':', '.')}@matchmaker.example>",
        now=_NOW,
    )
    pair = _match(text, (Side.SENDING, Side.RECEIVING))
    three = _match(text, (Side.SENDING, Side.RECEIVING, Side.JOINING))
    project = replace(pair, partners=True)
    bare = replace(three, parties=tuple(_bare(party) for party in three.parties), fits=(), unclear=())
    for match, line in ((pair, text), (three, None), (bare, None), (project, None)):
        yield partial(composer.introduction, match, line)
        for party in match.parties:
            yield partial(composer.question, match, party)
        day = date(2026, 10, 23) if line else None
        thread = "<introduction@matchmaker.example>" if line else None
        yield partial(composer.reminder, match, thread, day)
        yield partial(composer.correction, match, text, thread, day)
    for party in (*three.parties, bare.sending):
        yield partial(
            composer.waiting,
            party,
            1,
            date(2026, 9, 21),
            WIDEN if party.seeks else (),
            date(2026, 10, 23) if party.offers else None,
        )
    one = (text,)
    full = DigestData(day=_NOW.date(), waiting=one * 20, unsure=one, bounced=one, held=one, proposed=one, problems=one)
    yield partial(composer.digest, full)
    yield partial(composer.digest, DigestData(day=_NOW.date(), waiting=one, spreadsheet_url="https://sheet.example"))
    yield partial(composer.test, "secretariat@matchmaker.example")


def check_templates(directory: Path, default: str = "en") -> list[str]:
    """What is wrong with the letter templates of a folder: one sentence each, with file and line.

    Each language is filled with plain and with nasty sample data, as a letter and as a rehearsal: unknown
    fields, missing files, pages that load something, and data that changes the page's structure are found.
    """
    try:
        templates = load_templates(directory, default)
    except MatchmakerError as error:
        return [str(error)]
    problems = [
        f"templates: {language}/{kind.value}.{ending} is missing. Copy it from the shipped templates."
        for language in templates.languages
        for kind in LetterKind
        for ending in ("txt", "html")
        if f"{language}/{kind.value}.{ending}" not in templates.sources
    ]
    problems += [
        f"templates: {language}/{WORDS} is missing. Copy it from the shipped templates."
        for language in templates.languages
        if f"{language}/{WORDS}" not in templates.sources
    ]
    rehearsal = _MAIL.model_copy(update={"rehearsal_to": "secretariat@matchmaker.example"})
    for language in () if problems else templates.languages:
        # alone in its folder, so that it is the language every letter is written in
        alone = Templates(
            {name: source for name, source in templates.sources.items() if name[:2] == language}, language
        )
        for mail in (_MAIL, rehearsal):
            tried: set[str] = set()
            plain = sample_letters(alone, mail)
            for compose_plain, compose_nasty in zip(plain, sample_letters(alone, mail, NASTY), strict=True):
                # a rehearsal is the same letter under another head: one of each kind tells
                if mail is _MAIL or compose_plain.func.__name__ not in tried:
                    problems += _letter_problems(language, compose_plain, compose_nasty)
                tried.add(compose_plain.func.__name__)
    return list(dict.fromkeys(problems))


def _letter_problems(
    language: str, compose_plain: Callable[[], Letter], compose_nasty: Callable[[], Letter]
) -> list[str]:
    try:
        plain, nasty = compose_plain(), compose_nasty()
    except MatchmakerError as error:
        return [str(error)]
    name = f"{language}/{plain.kind.value}.html"
    pages = read_back(plain.content).html, read_back(nasty.content).html
    found: list[str] = []
    if loads := page_loads(pages[0]):
        found.append(f"templates: {name} would load something ({', '.join(sorted(set(loads)))}). Letters must not.")
    if page_tags(pages[0]) != page_tags(pages[1]) or "49" in nasty.subject:
        found.append(f"templates: {name} lets answers change the page. Remove autoescape and similar.")
    return found
