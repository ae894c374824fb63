"""What templates may name: the parties of a match in the letter's language, cleaned and bounded.

Templates never see our records, only these values; docs/letters.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from pipeline.cleaning.countries import country_code
from pipeline.cleaning.folding import fold
from pipeline.cleaning.plain_text import free_text, header_text, one_line
from pipeline.errors import MessageUnsafe
from pipeline.letters.templating import Templates
from pipeline.model import Match, Party, Side

LEAD_DAYS = (28, 10)
"""A suggested date is at least this far ahead, for agreeing and booking take time.

The smaller number counts only where nothing fits with the larger.
"""

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_NAME_NOISE = re.compile(r"[\"<>,;:\\()\[\]{}|]+")
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


@dataclass(frozen=True)
class Tongue:
    """A language of the templates, with the words and date patterns its folder gives."""

    code: str
    words: Mapping[str, Any]

    @classmethod
    def of(cls, templates: Templates, code: str) -> Tongue:
        """The tongue of that folder. Raises TemplateProblem when its words are missing."""
        return cls(code, templates.words(code))

    def word(self, key: str) -> str:
        """A word of `words.toml`; the key itself where a translation forgot it."""
        found = self.words.get(key, key)
        return found if isinstance(found, str) else key

    def listed(self, names: Iterable[str]) -> str:
        """`A, B and C`."""
        *first, last = names
        return f"{', '.join(first)} {self.word('and')} {last}" if first else last

    def day(self, value: date, *, weekday: bool = False) -> str:
        """A date in words."""
        from babel.dates import format_date

        return format_date(value, self.word("weekday" if weekday else "date"), locale=self.code)

    def span(self, first: date | None, last: date | None) -> str | None:
        """A window of dates in words, open on either side; None when both are blank."""
        if first and last:
            if first == last:
                return self.day(first)
            return self.word("between").replace("{first}", self.day(first)).replace("{last}", self.day(last))
        if first:
            return self.word("from_date").replace("{date}", self.day(first))
        if last:
            return self.word("until_date").replace("{date}", self.day(last))
        return None

    def country(self, text: str | None) -> str | None:
        """The country somebody named, in this language; None when nothing known was named."""
        from babel import Locale

        code = text if text and re.fullmatch(r"[A-Z]{2}(?:-[A-Z]{2,3})?", text) else country_code(text)
        if not code:
            return None
        places = self.words.get("places", {})
        if isinstance(places, Mapping) and isinstance(places.get(code), str):
            return str(places[code])
        name = Locale.parse(self.code).territories.get(code.partition("-")[0])
        return str(name) if name else None

    def side(self, side: Side) -> str:
        """What a side is called in letters: "sending organisation"."""
        sides = self.words.get("sides", {})
        return str(sides.get(side.value, side.value)) if isinstance(sides, Mapping) else side.value

    def language(self, text: str) -> str:
        """A working language in this language, where a code was given; else as typed."""
        from babel import Locale

        name = Locale.parse(self.code).languages.get(text) if re.fullmatch(r"[a-z]{2}", text) else None
        return str(name) if name else text


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
        topics=_joined(party.topics, "; "),
        formats=_joined(party.formats, "; "),
        languages=_joined((tongue.language(language) for language in party.languages), ", "),
        seeks=free_text(party.seeks),
        offers=free_text(party.offers),
        when=tongue.span(party.date_from, party.date_to),
        days=f"{party.days:g}" if party.days and 0 < party.days < 1000 else None,
        group_size=party.group_size if party.group_size and 0 < party.group_size < 100_000 else None,
    )


def _joined(texts: Iterable[str], separator: str) -> str:
    return separator.join(text for text in (one_line(text, 100) for text in texts) if text)


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


def common_window(parties: Iterable[Party]) -> tuple[date | None, date | None] | None:
    """The dates that suit everybody who gave any; None when nobody did or they do not overlap."""
    known = tuple(parties)
    first = max((party.date_from for party in known if party.date_from), default=None)
    last = min((party.date_to for party in known if party.date_to), default=None)
    if (first is None and last is None) or (first and last and first > last):
        return None
    return first, last


def suggested_dates(match: Match, today: date) -> tuple[date, ...]:
    """Up to two starting days from which a visit of the wished length fits the common window.

    One near the first third, one near the second third of the window. Tuesday to Thursday, if the visit ends by
    Friday; Monday for a whole week; any working day where the window leaves nothing better. None when
    a side of the window is open, or it is over, or too near. The days around Christmas are left out.
    """
    window = common_window(match.parties)
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
    from babel import Locale

    names = {code}
    for tongue in {"en", code, *languages}:
        name = Locale.parse(tongue).languages.get(code)
        if name:
            names.add(fold(str(name)))
    return names
