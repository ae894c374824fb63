"""What the parties of a match share and leave open: codes and values, literals in and out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipeline.letters.points import common_window, ticked_by_all, what_fits, what_is_open
from pipeline.model import Party, Point, PointCode, Side

JANUARY = (date(2027, 1, 1), date(2027, 1, 31))
Window = tuple[date | None, date | None]


def party(side: Side, window: Window = JANUARY, size: int | None = 4, **answers: tuple[str, ...]) -> Party:
    return Party(
        side=side,
        entry=f"E-{side}",
        organisation_id=f"O-{side}",
        organisation=f"The {side} school",
        email=f"{side}@school.example",
        date_from=window[0],
        date_to=window[1],
        group_size=size,
        topics=answers.get("topics", ()),
        formats=answers.get("formats", ()),
        languages=answers.get("languages", ("English",)),
    )


GUEST, HOST, THIRD = party(Side.SENDING), party(Side.RECEIVING), party(Side.JOINING)


def dated(guest: Window, host: Window) -> tuple[Party, ...]:
    return (
        replace(GUEST, date_from=guest[0], date_to=guest[1]),
        replace(HOST, date_from=host[0], date_to=host[1]),
    )


class TestWhatFits:
    def test_only_what_everybody_ticked_counts_in_the_order_of_the_first(self) -> None:
        guest = replace(GUEST, topics=("Green skills", "Apprenticeships", "Guidance"), formats=("Study visit",))
        host = replace(HOST, topics=("Apprenticeships", "Green skills"), formats=("Job shadowing",))
        assert what_fits((guest, host))[:2] == (
            Point(code=PointCode.SHARED_TOPICS, values=("Green skills", "Apprenticeships")),
            Point(code=PointCode.SHARED_LANGUAGES, values=("English",)),
        )

    def test_what_two_of_three_share_does_not_fit(self) -> None:
        shared = tuple(replace(one, formats=("Study visit",)) for one in (GUEST, HOST))
        assert PointCode.SHARED_FORMATS in {point.code for point in what_fits(shared)}
        assert PointCode.SHARED_FORMATS not in {point.code for point in what_fits((*shared, THIRD))}

    def test_the_days_that_suit_all_are_iso_dates(self) -> None:
        parties = dated((date(2027, 1, 5), date(2027, 3, 1)), JANUARY)
        assert what_fits(parties)[-1] == Point(code=PointCode.DATES_OVERLAP, values=("2027-01-05", "2027-01-31"))

    @pytest.mark.parametrize(
        ("today", "days"),
        [
            (date(2026, 12, 1), ("2027-01-05", "2027-01-31")),
            (date(2027, 1, 20), ("2027-01-20", "2027-01-31")),
            (date(2027, 1, 31), ("2027-01-31", "2027-01-31")),
            (date(2027, 2, 1), None),
        ],
    )
    def test_days_that_are_over_are_not_offered(self, today: date, days: tuple[str, str] | None) -> None:
        parties = dated((date(2027, 1, 5), date(2027, 3, 1)), JANUARY)
        told = {point.code: point.values for point in what_fits(parties, today)}
        assert told.get(PointCode.DATES_OVERLAP) == days

    def test_an_earliest_day_and_a_latest_day_overlap(self) -> None:
        earliest, latest = (date(2027, 1, 5), None), (None, date(2027, 1, 31))
        overlap = Point(code=PointCode.DATES_OVERLAP, values=("2027-01-05", "2027-01-31"))
        assert what_fits(dated(earliest, latest))[-1] == what_fits(dated(latest, earliest))[-1] == overlap
        assert what_is_open(dated(earliest, latest)) == what_is_open(dated(latest, earliest)) == ()

    @pytest.mark.parametrize(
        ("guest", "host"),
        [
            ((None, None), JANUARY),
            ((date(2027, 2, 1), None), JANUARY),
            ((date(2027, 1, 5), None), (date(2027, 1, 1), None)),
            ((None, date(2027, 1, 5)), (None, date(2027, 1, 31))),
        ],
        ids=["one names none", "apart", "no end", "no beginning"],
    )
    def test_dates_that_settle_nothing_do_not_fit(self, guest: Window, host: Window) -> None:
        assert PointCode.DATES_OVERLAP not in {point.code for point in what_fits(dated(guest, host))}


class TestWhatIsOpen:
    def test_nothing_when_all_is_said(self) -> None:
        assert what_is_open((GUEST, HOST)) == ()

    def test_everything_that_nobody_said_in_order(self) -> None:
        silent = tuple(
            replace(one, date_from=None, date_to=None, group_size=None, languages=()) for one in (GUEST, HOST, THIRD)
        )
        assert what_is_open(silent) == (
            Point(code=PointCode.DATES_NOT_NAMED, values=("sending", "receiving", "joining")),
            Point(code=PointCode.GROUP_SIZE, values=("sending", "joining")),
            Point(code=PointCode.ROOM_FOR_GUESTS, values=("receiving",)),
            Point(code=PointCode.WORKING_LANGUAGE),
        )

    def test_one_end_of_a_window_is_a_date_named(self) -> None:
        points = what_is_open(dated((date(2027, 1, 5), None), (None, None)))
        assert points == (Point(code=PointCode.DATES_NOT_NAMED, values=("receiving",)),)

    @pytest.mark.parametrize(
        ("guest", "host"),
        [((date(2027, 2, 1), None), JANUARY), ((date(2027, 1, 5), None), (date(2027, 1, 1), None))],
        ids=["apart", "no end"],
    )
    def test_named_dates_that_settle_nothing_are_open(self, guest: Window, host: Window) -> None:
        assert what_is_open(dated(guest, host)) == (Point(code=PointCode.DATES_NOT_SETTLED),)

    def test_a_language_they_do_not_share_is_open(self) -> None:
        assert what_is_open((replace(GUEST, languages=("French",)), HOST)) == (Point(code=PointCode.WORKING_LANGUAGE),)


@pytest.mark.parametrize(
    ("guest", "host", "common"),
    [
        ((None, None), (None, None), None),
        ((None, None), JANUARY, JANUARY),
        ((date(2027, 1, 20), None), JANUARY, (date(2027, 1, 20), date(2027, 1, 31))),
        ((date(2027, 1, 31), None), JANUARY, (date(2027, 1, 31), date(2027, 1, 31))),
        ((date(2027, 2, 1), None), JANUARY, None),
        ((date(2027, 1, 20), None), (date(2027, 1, 5), None), (date(2027, 1, 20), None)),
        ((None, date(2027, 1, 20)), (None, date(2027, 1, 5)), (None, date(2027, 1, 5))),
    ],
)
def test_common_window(guest: Window, host: Window, common: Window | None) -> None:
    assert common_window(dated(guest, host)) == common


def test_ticked_by_all_keeps_the_words_and_order_of_the_first() -> None:
    assert ticked_by_all([("c", "a", "b"), ("a", "c"), ("c", "a", "d")]) == ("c", "a")
    assert ticked_by_all([("c", "a"), ()]) == ()
