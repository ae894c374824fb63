"""What the parties of a match have in common and what their answers leave open, as codes with values.

A match keeps these points; `view.Tongue` words them when a letter is made, in the letter's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from pipeline.model import Party, Point, PointCode, Role, Side

_OF_A_VISIT = frozenset(
    {
        PointCode.DATES_OVERLAP,
        PointCode.DATES_NOT_NAMED,
        PointCode.DATES_NOT_SETTLED,
        PointCode.ASKED_TO_TRAVEL,
        PointCode.OFFERED_TO_HOST,
        PointCode.GROUP_SIZE,
        PointCode.ROOM_FOR_GUESTS,
    }
)
_TICKED = (
    (PointCode.SHARED_TOPICS, "topics"),
    (PointCode.SHARED_FORMATS, "formats"),
    (PointCode.SHARED_LANGUAGES, "languages"),
)


def what_fits(parties: tuple[Party, ...], today: date | None = None) -> tuple[Point, ...]:
    """What all parties have in common: topics, formats and languages all of them ticked, overlapping dates.

    Days before `today` are no longer offered.
    """
    points = [
        Point(code=code, values=values)
        for code, field in _TICKED
        if (values := ticked_by_all([getattr(party, field) for party in parties]))
    ]
    window = common_window(parties)
    if all(party.date_from or party.date_to for party in parties) and window and window[0] and window[1]:
        first, last = max(window[0], today or window[0]), window[1]
        if first <= last:
            points.append(Point(code=PointCode.DATES_OVERLAP, values=(first.isoformat(), last.isoformat())))
    return tuple(points)


def what_is_open(parties: tuple[Party, ...]) -> tuple[Point, ...]:
    """What the answers leave open: who hosts, dates, format, size of the group, room for guests, working language."""
    points: list[Point] = []
    for code, role in ((PointCode.ASKED_TO_TRAVEL, Role.SEND), (PointCode.OFFERED_TO_HOST, Role.HOST)):
        if others := _sides(party for party in parties if party.answered_as is role):
            points.append(Point(code=code, values=others))
    window = common_window(parties)
    if undated := _sides(party for party in parties if not party.date_from and not party.date_to):
        points.append(Point(code=PointCode.DATES_NOT_NAMED, values=undated))
    elif window is None or None in window:
        points.append(Point(code=PointCode.DATES_NOT_SETTLED))
    formats = [party.formats for party in parties]
    if all(formats) and not ticked_by_all(formats):
        points.append(Point(code=PointCode.FORMAT))
    unsized = [party for party in parties if not party.group_size or party.answered_as]
    if guests := _sides(party for party in unsized if party.side is not Side.RECEIVING):
        points.append(Point(code=PointCode.GROUP_SIZE, values=guests))
    if hosts := _sides(party for party in unsized if party.side is Side.RECEIVING):
        points.append(Point(code=PointCode.ROOM_FOR_GUESTS, values=hosts))
    if not ticked_by_all([party.languages for party in parties]):
        points.append(Point(code=PointCode.WORKING_LANGUAGE))
    return tuple(points)


def without_visit(points: Iterable[Point]) -> tuple[Point, ...]:
    """Those points that two partners in a project have use for: nobody visits, so no dates and no beds."""
    return tuple(point for point in points if point.code not in _OF_A_VISIT)


def common_window(parties: Iterable[Party]) -> tuple[date | None, date | None] | None:
    """The first and last day that suit every party that named any, `None` where that end is open.

    None when nobody named a date, when the named ones do not overlap, or when some are about another part in a visit.
    """
    known = tuple(parties)
    if any(party.answered_as and (party.date_from or party.date_to) for party in known):
        return None
    first = max((party.date_from for party in known if party.date_from), default=None)
    last = min((party.date_to for party in known if party.date_to), default=None)
    if (first is None and last is None) or (first and last and first > last):
        return None
    return first, last


def ticked_by_all(answers: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The texts that stand in every list of answers, in the words and the order of the first."""
    own, *others = answers
    return tuple(text for text in own if all(text in texts for texts in others))


def _sides(parties: Iterable[Party]) -> tuple[str, ...]:
    return tuple(party.side.value for party in parties)
