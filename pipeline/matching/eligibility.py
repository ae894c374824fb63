"""What can never be, whatever speaks for it: the hard rules.

Written once as sentences for one pair (`broken_rules`) and once as masks over all pairs (`Masks`); a test
holds the two together. A missing answer is no constraint. The rules are those of an exchange across
borders as spelt out for this project; a project partnership needs no host, dates or beds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from pipeline.cleaning.domains import FREE_MAIL
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import Entry, Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

PARTNERSHIP = "project_partnership"
_WITH_ARTICLE = frozenset({"NL", "GB"})
ASKABLE = frozenset({"language", "place", "format", "dates", "full", "capacity"})
"""Rules about which one can ask the organisations; the others are facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRule:
    """A hard rule that a pair breaks, and the sentence that says so."""

    code: str
    sentence: str


def nation(country: str | None) -> str | None:
    """The country of a place code: `ES-CT` lies in `ES`."""
    return country.split("-")[0] if country else None


def waiting_order(entry: Entry) -> tuple[str, ...]:
    """Whom a tie goes to: the longest waiting, then by names and places; ids only tell apart what is the same."""
    waits = entry.submitted_at.isoformat() if entry.submitted_at else "9"
    said = (entry.organisation, entry.country, entry.region, entry.city, entry.title, entry.text)
    return (waits, *(part or "" for part in said), entry.id)


def days_needed(entry: Entry) -> int:
    """Whole days a visit takes; one and a half need two."""
    return max(1, math.ceil(entry.duration_days or 1))


def same_organisation(left: Entry, right: Entry) -> bool:
    """By id when both have one; else by mail domain, unless anybody can have an address there."""
    if left.organisation_id and right.organisation_id:
        return left.organisation_id == right.organisation_id
    domain = left.email_domain
    return bool(domain) and domain == right.email_domain and domain not in FREE_MAIL


def is_full(host: Entry) -> bool:
    """Whether the host has no visit left this year."""
    return host.max_visits is not None and host.committed_visits >= host.max_visits


def can_ask(entry: Entry) -> bool:
    """Whether the entry can be the travelling side of something."""
    return entry.role is not Role.HOST or PARTNERSHIP in entry.formats


def window(*entries: Entry, today: date | None = None) -> tuple[date | None, date | None]:
    """First and last day all could do; None where nobody set a bound. `today` cuts off the past."""
    starts = [entry.date_from for entry in entries if entry.date_from]
    ends = [entry.date_to for entry in entries if entry.date_to]
    if today and ends:
        starts.append(today)
    return (max(starts) if starts else None), (min(ends) if ends else None)


def broken_rules(
    sending: Entry,
    receiving: Entry,
    *,
    today: date | None = None,
    barred: Collection[frozenset[str]] = (),
    avoided: Collection[frozenset[str]] = (),
) -> tuple[BrokenRule, ...]:
    """Every hard rule the pair breaks, the gravest first; empty when it could be.

    `barred` holds pairs of organisation ids, `avoided` pairs of entry ids.
    """
    broken = [
        BrokenRule(code=code, sentence=sentence)
        for code, sentence in (
            _who(sending, receiving, barred, avoided),
            _country(sending, receiving),
            _language(sending, receiving),
            _place(sending, receiving),
            _place(receiving, sending),
        )
        if sentence
    ]
    if PARTNERSHIP in sending.formats and PARTNERSHIP in receiving.formats:
        return tuple(broken)
    return (*broken, *broken_for_visit(sending, receiving, today))


def broken_for_visit(sending: Entry, receiving: Entry, today: date | None = None) -> tuple[BrokenRule, ...]:
    """The rules a visit breaks and a partnership in a project would not."""
    return tuple(
        BrokenRule(code=code, sentence=sentence)
        for code, sentence in (
            _role(sending, receiving),
            _format(sending, receiving),
            _dates(sending, receiving, today),
            _full(receiving),
            _capacity(sending, receiving),
        )
        if sentence
    )


def _who(
    sending: Entry,
    receiving: Entry,
    barred: Collection[frozenset[str]],
    avoided: Collection[frozenset[str]],
) -> tuple[str, str]:
    if same_organisation(sending, receiving):
        return "same_organisation", "Both answers come from the same organisation."
    pair = frozenset((sending.organisation_id, receiving.organisation_id))
    if sending.organisation_id and receiving.organisation_id and pair in barred:
        return "barred", "The two were introduced, or this was declined, within this round."
    if frozenset((sending.id, receiving.id)) in avoided:
        return "avoided", "One of them asked us not to propose the other."
    for entry in (sending, receiving):
        if entry.left_alone_until is not None:
            return "left_alone", f"{left_alone_in_words(entry.organisation, entry.left_alone_until)}."
    return "same_organisation", ""


def _country(sending: Entry, receiving: Entry) -> tuple[str, str]:
    country = nation(sending.country)
    if not country or country != nation(receiving.country):
        return "same_country", ""
    return "same_country", f"Both are in {places_in_words((country,))}; an exchange crosses a border."


def _language(sending: Entry, receiving: Entry) -> tuple[str, str]:
    if not sending.languages or not receiving.languages or set(sending.languages) & set(receiving.languages):
        return "language", ""
    left, right = languages_in_words(sending.languages), languages_in_words(receiving.languages)
    return "language", f"No common language: {left} against {right}."


def _place(asking: Entry, other: Entry) -> tuple[str, str]:
    if not asking.strict_places or not asking.preferred_places or other.country in asking.preferred_places:
        return "place", ""
    wanted = places_in_words(asking.preferred_places)
    where = places_in_words((other.country,)) if other.country else "a place not stated"
    return "place", f"{asking.organisation} wants only {wanted}; {other.organisation} is in {where}."


def _role(sending: Entry, receiving: Entry) -> tuple[str, str]:
    if sending.role is Role.HOST:
        return "role", f"{sending.organisation} only hosts."
    if receiving.role is Role.SEND:
        return "role", f"{receiving.organisation} only travels."
    return "role", ""


def _format(sending: Entry, receiving: Entry) -> tuple[str, str]:
    if not sending.formats or not receiving.formats or set(sending.formats) & set(receiving.formats):
        return "format", ""
    return (
        "format",
        f"No common format: {formats_in_words(sending.formats)} against {formats_in_words(receiving.formats)}.",
    )


def _dates(sending: Entry, receiving: Entry, today: date | None) -> tuple[str, str]:
    first, last = window(sending, receiving, today=today)
    if last is None or first is None:
        return "dates", ""
    needed = days_needed(sending)
    if (last - first).days + 1 >= needed:
        return "dates", ""
    for entry in (sending, receiving):
        if entry.date_from and entry.date_to and entry.date_from > entry.date_to:
            return "dates", f"The dates of {entry.organisation} end before they begin: {dates_in_words(entry)}."
    if today and last < today:
        over = next(entry for entry in (sending, receiving) if entry.date_to == last)
        return "dates", f"The dates of {over.organisation} are over: the last day was {day_in_words(last)}."
    days = f"{needed} days" if needed > 1 else "a day"
    theirs, ours = dates_in_words(sending), dates_in_words(receiving)
    return "dates", f"The dates do not leave {days} together: {theirs} for the guests, {ours} for the host."


def _full(receiving: Entry) -> tuple[str, str]:
    if not is_full(receiving):
        return "full", ""
    return "full", f"{receiving.organisation} has no visit left this year ({receiving.max_visits} promised)."


def _capacity(sending: Entry, receiving: Entry) -> tuple[str, str]:
    if sending.group_size is None or receiving.capacity is None or sending.group_size <= receiving.capacity:
        return "capacity", ""
    return "capacity", f"{sending.group_size} guests, but the host receives at most {receiving.capacity} at once."


def languages_in_words(codes: Sequence[str]) -> str:
    """`("en", "sv")` -> "English and Swedish"."""
    names = vocabulary().languages
    return in_words([names.get(code, code) for code in codes])


def places_in_words(codes: Sequence[str]) -> str:
    """`("NO", "NL")` -> "Norway or the Netherlands"."""
    names = vocabulary().place_names
    return in_words(["the " * (code in _WITH_ARTICLE) + names.get(code, code) for code in codes], joiner="or")


def formats_in_words(codes: Sequence[str]) -> str:
    """`("job_shadowing",)` -> "job shadowing"."""
    names = vocabulary().formats
    return in_words([names.get(code, code) for code in codes])


def in_words(parts: Sequence[str], joiner: str = "and") -> str:
    """A list as one says it: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {joiner} {parts[-1]}"


def day_in_words(day: date) -> str:
    """`2026-05-05` -> "5 May 2026"."""
    return f"{day.day} {day:%B %Y}"


def left_alone_in_words(organisation: str, until: date) -> str:
    """That an organisation asked for silence until after that day."""
    return f"{organisation} asked to be left alone{f' until {day_in_words(until)}' if until < date.max else ''}"


class Dated(Protocol):
    """What has a window of dates: an entry, or a side of a match."""

    @property
    def date_from(self) -> date | None: ...

    @property
    def date_to(self) -> date | None: ...


def dates_in_words(entry: Dated) -> str:
    """The window of an entry: "1 May 2026 to 3 June 2026", "from ...", "until ...", "any time"."""
    if entry.date_from and entry.date_to:
        return f"{day_in_words(entry.date_from)} to {day_in_words(entry.date_to)}"
    if entry.date_from:
        return f"from {day_in_words(entry.date_from)}"
    if entry.date_to:
        return f"until {day_in_words(entry.date_to)}"
    return "any time"


class Masks:
    """The same rules over all pairs at once.

    Everything that depends on a few answers only (country, languages, places, role, formats) is worked out
    once per distinct combination of answers, then looked up; dates and numbers are compared as vectors.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        *,
        today: date | None = None,
        barred: Collection[frozenset[str]] = (),
        avoided: Collection[frozenset[str]] = (),
    ) -> None:
        import numpy as np

        self._np = np
        self.region, places = _kinds(
            entries, lambda e: (e.country, frozenset(e.preferred_places) if e.strict_places else None)
        )
        self.wish, wishes = _kinds(entries, lambda e: (e.role, frozenset(e.formats), frozenset(e.languages)))
        self.abroad = self._places(places)
        self.visit, self.partnership = self._wishes(wishes)
        self._numbers(entries, today)
        self._pairs = self._excluded(entries, barred, avoided)
        self.is_left_alone = np.array([entry.left_alone_until is not None for entry in entries])

    def _places(self, entries: Sequence[Entry]) -> Bools:
        """Whether two kinds of places go together: across a border, and welcome both ways."""
        np = self._np
        nations = _codes([nation(entry.country) for entry in entries])
        same_country = (nations[:, None] == nations[None, :]) & (nations >= 0)[:, None]
        country_codes = _codes([entry.country for entry in entries])
        country_ids = {entry.country: int(code) for entry, code in zip(entries, country_codes, strict=True)}
        welcome = np.ones((len(entries), len(entries)), bool)
        for row, entry in enumerate(entries):
            if entry.strict_places and entry.preferred_places:
                wanted = [country_ids[place] for place in entry.preferred_places if place in country_ids]
                welcome[row] = np.isin(country_codes, wanted)
        together: Bools = np.asarray(~same_country & welcome & welcome.T)
        return together

    def _wishes(self, entries: Sequence[Entry]) -> tuple[Bools, Bools]:
        """Whether two kinds of wishes go together: as guest and host; as partners in a project."""
        np = self._np
        talk = _share([entry.languages for entry in entries])
        partner = np.array([PARTNERSHIP in entry.formats for entry in entries])
        travels = np.array([entry.role is not Role.HOST for entry in entries])
        hosts = np.array([entry.role is not Role.SEND for entry in entries])
        formats = _share([entry.formats for entry in entries])
        return talk & travels[:, None] & hosts[None, :] & formats, talk & partner[:, None] & partner[None, :]

    def _numbers(self, entries: Sequence[Entry], today: date | None) -> None:
        np = self._np
        first, last = date(1990, 1, 1), date(2078, 1, 1)  # what two bytes of days can hold
        zero = first

        def days(value: date | None, otherwise: date) -> int:
            return (min(max(value or otherwise, first), last) - zero).days

        needed = np.array([min(days_needed(entry), 400) for entry in entries], np.int16)
        start = np.array([days(entry.date_from, first) for entry in entries], np.int16)
        end = np.array([days(entry.date_to, last) for entry in entries], np.int16)
        if today:
            start = np.maximum(start, np.where(end < days(last, last), days(today, first), start)).astype(np.int16)
        self.start, self.end = start, end
        # the shared window is long enough exactly when each of the four bounds leaves room
        earliest = np.maximum(start, days(today, first) if today else 0)
        self.needs_end = (earliest + needed - 1).astype(np.int16)
        self.needs_start = (end - needed + 1).astype(np.int16)
        self.length = np.minimum(end.astype(np.int32) - start + 1, 32_000).astype(np.int16)
        self.needed = needed
        most = np.iinfo(np.int16).max
        self.guests = np.array([min(entry.group_size or 0, most) for entry in entries], np.int16)
        self.beds = np.array(
            [most if entry.capacity is None else min(entry.capacity, most) for entry in entries], np.int16
        )
        self.open = np.array([not is_full(entry) for entry in entries])

    def _excluded(
        self,
        entries: Sequence[Entry],
        barred: Collection[frozenset[str]],
        avoided: Collection[frozenset[str]],
    ) -> dict[int, list[int]]:
        """Per entry, the positions of those it must never meet."""
        by_organisation: dict[str, list[int]] = {}
        by_domain: dict[str, list[int]] = {}
        position = {entry.id: number for number, entry in enumerate(entries)}
        for number, entry in enumerate(entries):
            if entry.organisation_id:
                by_organisation.setdefault(entry.organisation_id, []).append(number)
            if entry.email_domain and entry.email_domain not in FREE_MAIL:
                by_domain.setdefault(entry.email_domain, []).append(number)
        excluded: dict[int, list[int]] = {number: [number] for number in range(len(entries))}
        for numbers in (*by_organisation.values(), *by_domain.values()):
            for left in numbers:
                excluded[left] += [
                    right for right in numbers if right != left and same_organisation(entries[left], entries[right])
                ]
        for pair in barred:
            ids = sorted(pair)
            if len(ids) == 2:
                lefts, rights = (by_organisation.get(name, []) for name in ids)
                for left in lefts:
                    excluded[left] += rights
                for right in rights:
                    excluded[right] += lefts
        for pair in avoided:
            numbers = [position[name] for name in pair if name in position]
            if len(numbers) == 2:
                excluded[numbers[0]].append(numbers[1])
                excluded[numbers[1]].append(numbers[0])
        return excluded

    def block(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Bools:
        """Which of `rows` (guests) x `columns` (hosts) could be; shape (rows, columns)."""
        np = self._np
        guests, hosts = self.wish[rows], self.wish[columns]
        possible: Bools = np.take(self.visit[guests], hosts, axis=1)
        possible &= self.end[columns][None, :] >= self.needs_end[rows][:, None]
        possible &= self.start[columns][None, :] <= self.needs_start[rows][:, None]
        possible &= self.length[columns][None, :] >= self.needed[rows][:, None]
        possible &= (self.length[rows] >= self.needed[rows])[:, None]
        possible &= self.beds[columns][None, :] >= self.guests[rows][:, None]
        possible &= self.open[columns][None, :]
        if self.partnership.any():
            possible |= np.take(self.partnership[guests], hosts, axis=1)
        possible &= np.take(self.abroad[self.region[rows]], self.region[columns], axis=1)
        if self.is_left_alone.any():
            possible &= ~self.is_left_alone[rows][:, None] & ~self.is_left_alone[columns][None, :]
        where = {int(column): place for place, column in enumerate(columns)} if len(columns) != len(self.wish) else None
        for row, number in enumerate(rows):
            for other in self._pairs[int(number)]:
                column = other if where is None else where.get(other)
                if column is not None:
                    possible[row, column] = False
        return possible


def _kinds(
    entries: Sequence[Entry], key: Callable[[Entry], tuple[object, ...]]
) -> tuple[NDArray[np.int32], list[Entry]]:
    """Entries sorted into kinds by some of their answers: the kind of each, and one entry per kind."""
    import numpy as np

    numbers: dict[tuple[object, ...], int] = {}
    examples: list[Entry] = []
    kinds = np.empty(len(entries), np.int32)
    for position, entry in enumerate(entries):
        answers = key(entry)
        if answers not in numbers:
            numbers[answers] = len(examples)
            examples.append(entry)
        kinds[position] = numbers[answers]
    return kinds, examples


def _codes(values: Sequence[str | None]) -> NDArray[np.int32]:
    import numpy as np

    numbers: dict[str, int] = {}
    return np.array([-1 if value is None else numbers.setdefault(value, len(numbers)) for value in values], np.int32)


def _share(sets: Sequence[tuple[str, ...]]) -> Bools:
    """Whether two sets have something in common; an empty one is no constraint."""
    import numpy as np

    numbers: dict[str, int] = {}
    member = np.zeros((len(sets), max(1, len({item for items in sets for item in items}))), np.float32)
    for row, items in enumerate(sets):
        for item in items:
            member[row, numbers.setdefault(item, len(numbers))] = 1
    empty = member.sum(axis=1) == 0
    shared: Bools = (member @ member.T > 0) | empty[:, None] | empty[None, :]
    return shared
