"""What templates may name: the parties of a match in the letter's language, cleaned and bounded.

Templates never see our records, only these values; docs/letters.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pipeline.cleaning.countries import country_code
from pipeline.cleaning.folding import fold
from pipeline.cleaning.plain_text import free_text, header_text, one_line
from pipeline.cleaning.texts import TEXT_LIMIT
from pipeline.errors import MessageUnsafe
from pipeline.letters.points import common_window
from pipeline.letters.templating import WORDS, TemplateProblem, Templates
from pipeline.model import Match, Party, Point, PointCode, Side

if TYPE_CHECKING:
    from babel import Locale

LEAD_DAYS = (28, 10)
"""A suggested date is at least this far ahead, for agreeing and booking take time.

The smaller number counts only where nothing fits with the larger.
"""

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_NAME_NOISE = re.compile(r"[\"<>,;:\\()\[\]{}|]+")
_FIELD = re.compile(r"\{(\w+)\}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_OF_SIDES = frozenset(
    {
        PointCode.DATES_NOT_NAMED,
        PointCode.GROUP_SIZE,
        PointCode.ROOM_FOR_GUESTS,
        PointCode.ASKED_TO_TRAVEL,
        PointCode.OFFERED_TO_HOST,
    }
)
_MONDAY, _FRIDAY = 0, 4
_MID_WEEK = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyView:
    """One organisation as a template may show it; blank is None or an empty text."""

    side: str
    side_name: str
    name: str
    short_name: str
    contact: str | None
    contact_role: str | None
    email: str
    mailto: str
    place: str
    country: str | None
    website: str | None
    topics: str
    formats: str
    languages: str
    seeks: str | None
    offers: str | None
    when: str | None
    days: str | None
    group_size: int | None
    answered_as: str | None


@dataclass(frozen=True)
class Tongue:
    """A language of the templates: the words its folder gives; lists, dates and plurals as Babel knows them."""

    code: str
    words: Mapping[str, Any]

    @classmethod
    def of(cls, templates: Templates, code: str) -> Tongue:
        """The tongue of that folder. Raises TemplateProblem when its words are missing or it is no language."""
        return cls(code, templates.words(code))

    @cached_property
    def locale(self) -> Locale:
        """Babel's locale: `locale` of the words ("en_GB"), else the folder's name. Raises TemplateProblem."""
        return babel_locale(str(self.words.get("locale", self.code)), self.code)

    def word(self, *keys: str, count: int = 1, **fields: str) -> str:
        """The words under those keys with `{fields}` filled in, in the plural form that `count` asks for.

        Raises TemplateProblem when the folder lacks them or they name an unknown field.
        """
        found: Any = self.words
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            found = found.get(self.locale.plural_form(count), found.get("other"))
        if not isinstance(found, str):
            raise self._problem(f"has no {'.'.join(keys)}", "Copy it from the shipped templates and translate it.")
        if unknown := {field for field in _FIELD.findall(found) if field not in fields}:
            raise self._problem(
                f"{'.'.join(keys)} names {{{min(unknown)}}}", f"Known there: {', '.join(sorted(fields)) or 'none'}."
            )
        # in one pass, so that a value which looks like a field stays as it was typed
        return _FIELD.sub(lambda field: fields[field[1]], found)

    def _problem(self, what: str, hint: str) -> TemplateProblem:
        return TemplateProblem(f"templates: {self.code}/{WORDS} {what}.", hint=hint)

    def listed(self, names: Iterable[str]) -> str:
        """`A, B and C`."""
        from babel.lists import format_list

        return format_list(list(names), locale=self.locale)

    def day(self, value: date, *, weekday: bool = False) -> str:
        """A date in words."""
        from babel.dates import format_date

        return format_date(value, self.word("weekday" if weekday else "date"), locale=self.locale)

    def span(self, first: date | None, last: date | None) -> str | None:
        """A window of dates in words, open on either side; None when both are blank."""
        if first and last:
            if first == last:
                return self.day(first)
            return self.word("between", first=self.day(first), last=self.day(last))
        if first:
            return self.word("from_date", date=self.day(first))
        if last:
            return self.word("until_date", date=self.day(last))
        return None

    def number(self, value: float) -> str:
        """A number as this language writes it: "1.5", "1,5"."""
        from babel.numbers import format_decimal

        return format_decimal(Decimal(f"{value:g}"), format="0.######", locale=self.locale)

    def country(self, text: str | None) -> str | None:
        """The country somebody named, in this language; None when nothing known was named."""
        code = text if text and re.fullmatch(r"[A-Z]{2}(?:-[A-Z]{2,3})?", text) else country_code(text)
        if not code:
            return None
        places = self.words.get("places", {})
        if isinstance(places, Mapping) and isinstance(places.get(code), str):
            return str(places[code])
        name = babel_locale(self.code, self.code).territories.get(code.partition("-")[0])
        return str(name) if name else None

    def side(self, side: Side) -> str:
        """What a side is called in letters: "sending organisation"."""
        return self.word("sides", side.value)

    def language(self, text: str) -> str:
        """A working language in this language, where a code or an English name was given; else as typed."""
        names = babel_locale(self.code, self.code).languages
        if self.code == "en":
            code = text
        else:
            english = babel_locale("en", self.code).languages
            code = next((code for code, name in english.items() if fold(name) == fold(text)), text)
        name = names.get(code) if _LANGUAGE.fullmatch(code) else None
        return str(name) if name else text

    def answer(self, text: str) -> str:
        """What was ticked on the form, in this language where `[answers]` of the words translates it."""
        answers = self.words.get("answers", {})
        return str(answers.get(text, text)) if isinstance(answers, Mapping) else text

    def point(self, point: Point, parties: Sequence[Party]) -> str:
        """A point of a match of these parties as a sentence. Raises TemplateProblem without words for it."""
        you = self.word("you", "all" if len(parties) > 2 else "both")
        if point.code is PointCode.DATES_OVERLAP:
            first, last = (self.day(date.fromisoformat(day)) for day in point.values)
            return self.word("points", point.code, you=you, first=first, last=last)
        if point.code is PointCode.SHARED_LANGUAGES:
            shown = [self.language(text) for text in point.values]
        elif point.code in _OF_SIDES:
            names = {party.side.value: party.organisation for party in parties}
            shown = [names[side] for side in point.values]
        else:
            shown = [self.answer(text) for text in point.values]
        return self.word("points", point.code, count=len(shown), you=you, list=self.listed(shown))


def babel_locale(name: str, language: str) -> Locale:
    """Babel's locale of that name. Raises TemplateProblem, which names the folder `language`, for none."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        raise TemplateProblem(
            f"templates: {name} is no language we know.", hint=f"Name the folder {language} by an ISO 639-1 code."
        ) from None


def shown_host(website: str | None) -> str | None:
    """The host of a web address, as text to show; None unless it is a public http(s) address without tricks.

    Never a link: a public body's letter should not vouch for an address a stranger typed, and mail
    programs make plain hosts clickable by themselves. Letters beyond Latin stay A-labels, so that a look-alike
    cannot pass for the name it imitates.
    """
    import idna

    text = one_line(website, 500)
    if not text or len(text) > 300:
        return None
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").rstrip(".")
        plain = parts.scheme in {"http", "https"} and "@" not in parts.netloc and parts.port is None
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except (ValueError, UnicodeError):
        return None
    if not plain or len(ascii_host) > 100 or not _HOST.fullmatch(ascii_host):
        return None
    return _readable_host(ascii_host)


def _readable_host(host: str) -> str:
    import unicodedata

    import idna

    if "xn--" not in host:
        return host
    try:
        decoded = idna.decode(host)
    except (idna.IDNAError, UnicodeError):
        return host
    is_latin = all(
        character in ".-" or character.isdigit() or unicodedata.name(character, "").startswith("LATIN ")
        for character in decoded
    )
    return decoded if is_latin else host


def party_view(party: Party, email: str, tongue: Tongue) -> PartyView:
    """The party in that language; `email` is its ASCII address. Raises MessageUnsafe without a visible name."""
    name = one_line(party.organisation)
    if not name:
        raise MessageUnsafe("An organisation has no visible name.")
    country = tongue.country(party.country)
    return PartyView(
        side=party.side.value,
        side_name=tongue.side(party.side),
        name=name,
        short_name=one_line(name, 70) or name,
        contact=one_line(party.contact_name),
        contact_role=one_line(party.contact_role),
        email=email,
        mailto=quote(email, safe="@+.-_'"),
        place=_place(party, country),
        country=country,
        website=shown_host(party.website),
        topics=_joined(map(tongue.answer, party.topics), "; "),
        formats=_joined(map(tongue.answer, party.formats), "; "),
        languages=_joined((tongue.language(language) for language in party.languages), ", "),
        seeks=free_text(party.seeks, TEXT_LIMIT),
        offers=free_text(party.offers, TEXT_LIMIT),
        when=tongue.span(party.date_from, party.date_to),
        days=tongue.number(party.days) if party.days and 0 < party.days < 1000 else None,
        group_size=party.group_size if party.group_size and 0 < party.group_size < 100_000 else None,
        answered_as=party.answered_as.value if party.answered_as else None,
    )


def _joined(texts: Iterable[str], separator: str) -> str:
    return separator.join(text for text in map(one_line, texts) if text)


def _place(party: Party, country: str | None) -> str:
    """City, region, country; what is said twice ("Catalonia", "Catalonia, Spain") only once."""
    parts: list[str] = []
    for part in (one_line(party.city, 80), one_line(party.region, 80), country or one_line(party.country, 80)):
        if part and fold(part) not in {fold(known) for known in parts}:
            parts.append(part)
    return ", ".join(part for number, part in enumerate(parts) if not _is_named_later(part, parts[number + 1 :]))


def _is_named_later(part: str, later: list[str]) -> bool:
    return any(fold(part) == fold(piece) for other in later for piece in other.split(", "))


def display_name(*candidates: str | None) -> str | None:
    """The first candidate fit to stand beside an address, without the signs of address syntax.

    A name with an @, a web address or an encoded word in it would only serve to show another address
    than the real one; it is left out.
    """
    for candidate in candidates:
        if not candidate or any(sign in candidate for sign in ("@", "=?", "://")):
            continue
        name = header_text(_NAME_NOISE.sub(" ", candidate), 80)
        if any(character.isalnum() for character in name):
            return name
    return None


def greeting(views: Iterable[PartyView], tongue: Tongue) -> str:
    """`Dear Ana Cáceres and Frida Augustsson`; colleagues where one is unknown, or two bear the same name."""
    names = [view.contact for view in views]
    known = [name for name in names if name and name == display_name(name)]
    if len({fold(name) for name in known}) < len(names) or not known:
        return tongue.word("nobody")
    return f"{tongue.word('dear')} {tongue.listed(known)}"


def suggested_dates(match: Match, today: date) -> tuple[date, ...]:
    """Up to two starting days from which a visit of the wished length fits the common window.

    One near the first third, one near the second third of the window. Tuesday to Thursday, if the visit ends by
    Friday; Monday for a whole week; any working day where the window leaves nothing better. None when
    a side of the window is open, it is over or too near, or nobody visits. The days around Christmas are left out.
    """
    window = None if match.partners else common_window(match.parties)
    if window is None or window[0] is None or window[1] is None:
        return ()
    length = max((party.days for party in match.parties if party.days and 0 < party.days < 367), default=1.0)
    nights = max(0, -int(-length // 1) - 1)
    latest = window[1] - timedelta(days=nights)
    for lead in LEAD_DAYS:
        first = max(window[0], today + timedelta(days=lead))
        starts = [first + timedelta(days=offset) for offset in range(min((latest - first).days, 730) + 1)]
        for weekdays in _starting_weekdays(nights):
            suitable = [day for day in starts if day.weekday() in weekdays and not _is_christmas(day)]
            if suitable:
                third = (len(suitable) - 1) // 3
                return tuple(sorted({suitable[third], suitable[-1 - third]}))
    return ()


def _starting_weekdays(nights: int) -> tuple[frozenset[int], frozenset[int]]:
    """The weekdays best to start on, and those that will do."""
    best = frozenset(day for day in _MID_WEEK if day + nights <= _FRIDAY) or frozenset({_MONDAY})
    fair = frozenset(day for day in range(_FRIDAY + 1) if day + nights <= _FRIDAY)
    return best, fair or frozenset(range(_FRIDAY + 1))


def _is_christmas(day: date) -> bool:
    return (day.month, day.day) >= (12, 20) or (day.month, day.day) <= (1, 6)


def letter_language(parties: Iterable[Party], templates: Templates) -> str:
    """The language all parties work in for which there are templates; else the default.

    The default wins when it is common to all, or when somebody stated no language.
    """
    spoken = [{fold(language) for language in party.languages} for party in parties]
    others = [code for code in templates.languages if code != templates.default]
    for code in (templates.default, *others):
        if spoken and all(names & _names_of(code, templates.languages) for names in spoken):
            return code
    return templates.default


def _names_of(code: str, languages: Iterable[str]) -> set[str]:
    """How people write a language: its code, its English and own name, its name in our template languages."""
    names = {code}
    for tongue in {"en", code, *languages}:
        name = babel_locale(tongue, tongue).languages.get(code)
        if name:
            names.add(fold(str(name)))
    return names
