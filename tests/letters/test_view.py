"""What templates may name: words, dates, places and names, literals in and out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.errors import MessageUnsafe
from pipeline.letters.templating import TemplateProblem, Templates
from pipeline.letters.view import (
    Tongue,
    babel_locale,
    display_name,
    greeting,
    letter_language,
    party_view,
    shown_host,
    suggested_dates,
)
from pipeline.model import Match, Party, Point, PointCode, Side


@pytest.fixture
def english(templates: Templates) -> Tongue:
    return Tongue.of(templates, "en")


def tongue(code: str, **words: Any) -> Tongue:
    return Tongue(code, words)


class TestWords:
    def test_fields_are_filled_in_one_pass(self) -> None:
        words = tongue("en", greets="{one} meets {other}")
        assert words.word("greets", one="{other}", other="{one}") == "{other} meets {one}"

    @pytest.mark.parametrize(
        ("code", "count", "form"),
        [("en", 1, "one"), ("en", 2, "other"), ("pl", 3, "few"), ("pl", 5, "many"), ("sl", 2, "two"), ("fr", 0, "one")],
    )
    def test_plurals_are_the_languages_own(self, code: str, count: int, form: str) -> None:
        forms = {name: name for name in ("one", "two", "few", "many", "other")}
        assert tongue(code, topics=forms).word("topics", count=count) == form

    def test_the_form_other_stands_in_for_those_not_given(self) -> None:
        assert tongue("pl", topics={"other": "tematy"}).word("topics", count=3) == "tematy"

    def test_a_missing_word_is_told_with_its_file_and_name(self) -> None:
        with pytest.raises(TemplateProblem, match=r"fr/words\.toml has no points\.group-size\. Copy it from"):
            tongue("fr", points={}).word("points", "group-size")

    @pytest.mark.parametrize(
        "words", [{"points": "none"}, {"points": {"group-size": 3}}, {"points": {"group-size": {}}}]
    )
    def test_words_of_another_shape_are_missing(self, words: dict[str, Any]) -> None:
        with pytest.raises(TemplateProblem, match=r"has no points\.group-size"):
            tongue("fr", **words).word("points", "group-size")

    def test_an_unknown_field_is_told_with_those_there_are(self) -> None:
        with pytest.raises(TemplateProblem, match=r"between names \{fist\}\. Known there: first, last"):
            tongue("en", between="{fist} to {last}").word("between", first="1", last="2")


class TestTongue:
    @pytest.mark.parametrize(
        ("code", "locale", "listed"),
        [
            ("en", "en_GB", "A, B and C"),
            ("en", None, "A, B, and C"),
            ("sv", None, "A, B och C"),
            ("de", None, "A, B und C"),
        ],
    )
    def test_lists_are_the_locales(self, code: str, locale: str | None, listed: str) -> None:
        words = {"locale": locale} if locale else {}
        assert tongue(code, **words).listed(["A", "B", "C"]) == listed

    @pytest.mark.parametrize(("names", "listed"), [(["A"], "A"), (["A", "B"], "A and B")])
    def test_one_and_two_need_no_comma(self, names: list[str], listed: str, english: Tongue) -> None:
        assert english.listed(names) == listed

    def test_days_are_written_by_the_folders_pattern(self, english: Tongue) -> None:
        assert english.day(date(2024, 12, 10)) == "10 December 2024"
        assert english.day(date(2024, 12, 10), weekday=True) == "Tuesday 10 December 2024"
        assert tongue("de", date="d. MMMM y").day(date(2024, 3, 1)) == "1. März 2024"

    @pytest.mark.parametrize(
        ("first", "last", "told"),
        [
            (date(2025, 5, 1), date(2025, 6, 2), "1 May 2025 to 2 June 2025"),
            (date(2025, 5, 1), date(2025, 5, 1), "1 May 2025"),
            (date(2025, 5, 1), None, "from 1 May 2025"),
            (None, date(2025, 6, 2), "until 2 June 2025"),
            (None, None, None),
        ],
    )
    def test_spans(self, first: date | None, last: date | None, told: str | None, english: Tongue) -> None:
        assert english.span(first, last) == told

    @pytest.mark.parametrize(("code", "value", "written"), [("en", 1.5, "1.5"), ("en", 3.0, "3"), ("de", 2.25, "2,25")])
    def test_numbers(self, code: str, value: float, written: str) -> None:
        assert tongue(code).number(value) == written

    @pytest.mark.parametrize(
        ("code", "typed", "named"),
        [
            ("en", "SE", "Sweden"),
            ("sv", "Norway", "Norge"),
            ("sv", "ES-CT", "Katalonien"),
            ("sv", "ES-MD", "Spanien"),
            ("en", "Atlantis", None),
            ("en", None, None),
        ],
    )
    def test_countries(self, code: str, typed: str | None, named: str | None) -> None:
        assert tongue(code, places={"ES-CT": "Katalonien"}).country(typed) == named

    @pytest.mark.parametrize(
        ("code", "typed", "named"),
        [
            ("en", "sv", "Swedish"),
            ("en", "swedish", "swedish"),
            ("sv", "Swedish", "svenska"),
            ("sv", "en", "engelska"),
            ("sv", "Platt", "Platt"),
            ("sv", "xx", "xx"),
        ],
    )
    def test_languages(self, code: str, typed: str, named: str) -> None:
        assert tongue(code).language(typed) == named

    def test_answers_are_translated_where_the_folder_does(self) -> None:
        words = tongue("sv", answers={"Job shadowing": "Jobbskuggning"})
        assert words.answer("Job shadowing") == "Jobbskuggning"
        assert words.answer("Study visit") == "Study visit"
        assert tongue("sv", answers="none").answer("Study visit") == "Study visit"

    def test_a_folder_that_is_no_language_is_told(self) -> None:
        with pytest.raises(TemplateProblem, match="qq is no language we know"):
            babel_locale("qq", "qq")
        with pytest.raises(TemplateProblem, match="English is no language we know"):
            tongue("en", locale="English").listed(["A", "B"])


@pytest.mark.parametrize(
    ("code", "values", "sentence"),
    [
        (PointCode.SHARED_TOPICS, ("Green skills",), "You both named the topic Green skills."),
        (PointCode.SHARED_TOPICS, ("A", "B", "C"), "You both named the topics A, B and C."),
        (PointCode.SHARED_FORMATS, ("Study visit",), "You both are open to this format: Study visit."),
        (PointCode.SHARED_FORMATS, ("A", "B"), "You both are open to these formats: A and B."),
        (PointCode.SHARED_LANGUAGES, ("English", "sv"), "You both can work in English and Swedish."),
        (
            PointCode.DATES_OVERLAP,
            ("2025-04-28", "2025-05-30"),
            "Your dates overlap from 28 April 2025 to 30 May 2025.",
        ),
        (PointCode.DATES_NOT_NAMED, ("sending",), "The dates: Vestland County Council did not name any."),
        (
            PointCode.DATES_NOT_SETTLED,
            (),
            "The dates: the windows you named do not settle when you could meet.",
        ),
        (PointCode.GROUP_SIZE, ("sending",), "The size of the group from Vestland County Council."),
        (
            PointCode.ROOM_FOR_GUESTS,
            ("receiving",),
            "How many guests Working Life Department, Borås Stad can receive at once.",
        ),
        (PointCode.WORKING_LANGUAGE, (), "The working language."),
    ],
)
def test_points_in_english(
    code: PointCode, values: tuple[str, ...], sentence: str, pair: Match, english: Tongue
) -> None:
    assert english.point(Point(code=code, values=values), pair.parties) == sentence


def test_three_are_all_and_a_topic_that_looks_like_a_field_stays_as_typed(three: Match, english: Tongue) -> None:
    point = Point(code=PointCode.SHARED_TOPICS, values=("{you}",))
    assert english.point(point, three.parties) == "You all named the topic {you}."


class TestPartyView:
    def test_an_organisation_without_a_visible_name_holds_the_letter(self, sending: Party, english: Tongue) -> None:
        with pytest.raises(MessageUnsafe, match="no visible name"):
            party_view(replace(sending, organisation="\u200b \u2800"), "a@a.example", english)

    def test_a_long_name_is_short_in_the_subject(self, sending: Party, english: Tongue) -> None:
        view = party_view(replace(sending, organisation="A" * 100), "a@a.example", english)
        assert (len(view.name), view.short_name) == (100, "A" * 68 + " …")

    @pytest.mark.parametrize(
        ("city", "region", "country", "place"),
        [
            ("Bergen", "Vestland", "Norway", "Bergen, Vestland, Norway"),
            ("Barcelona", "Catalonia", "ES-CT", "Barcelona, Catalonia, Spain"),
            ("Wien", "WIEN", None, "Wien"),
            ("Luxembourg", "luxembourg", "LU", "Luxembourg"),
            ("Lisboa", "Lisboa e Vale do Tejo", "Portugal", "Lisboa, Lisboa e Vale do Tejo, Portugal"),
            (None, None, "Atlantis", "Atlantis"),
            (None, None, None, ""),
        ],
    )
    def test_a_place_says_nothing_twice(
        self, city: str | None, region: str | None, country: str | None, place: str, sending: Party, english: Tongue
    ) -> None:
        party = replace(sending, city=city, region=region, country=country)
        assert party_view(party, "a@a.example", english).place == place

    @pytest.mark.parametrize(
        ("days", "group", "shown"),
        [(1.5, 4, ("1.5", 4)), (0.0, 0, (None, None)), (-1.0, -2, (None, None)), (1000.0, 100_000, (None, None))],
    )
    def test_numbers_nobody_means_are_left_out(
        self, days: float, group: int, shown: tuple[str | None, int | None], sending: Party, english: Tongue
    ) -> None:
        view = party_view(replace(sending, days=days, group_size=group), "a@a.example", english)
        assert (view.days, view.group_size) == shown

    def test_an_address_in_a_link_is_quoted(self, sending: Party, english: Tongue) -> None:
        assert party_view(sending, "a&b+c?d@a.example", english).mailto == "a%26b+c%3Fd@a.example"

    def test_lists_leave_out_what_nobody_can_see(self, sending: Party, english: Tongue) -> None:
        view = party_view(replace(sending, topics=("A", "\u200b", "B"), languages=("sv", "en")), "a@a.example", english)
        assert (view.topics, view.languages) == ("A; B", "Swedish, English")


@pytest.mark.parametrize(
    ("website", "shown"),
    [
        ("https://www.school.example/a?b", "www.school.example"),
        ("School.Example.", "school.example"),
        ("https://xn--bors-soa.example", "borås.example"),
        ("https://аррle.example", "xn--le-6kc8da.example"),
        ("ftp://school.example", None),
        ("https://school.example@evil.example", None),
        ("https://localhost", None),
        ("https://10.0.0.1", None),
        ("https://school.example:8080", None),
        ("https://a.example/" + "b" * 290, None),
        ("https://" + "a" * 60 + "." + "b" * 60 + ".example", None),
        ("https://[::1", None),
        ("\u200b", None),
        (None, None),
    ],
)
def test_shown_host(website: str | None, shown: str | None) -> None:
    assert shown_host(website) == shown


@pytest.mark.parametrize(
    ("candidates", "name"),
    [
        (("Ana Cáceres", "School"), "Ana Cáceres"),
        (('Ana "Anita" <Cáceres>', "School"), "Ana Anita Cáceres"),
        (("ana@school.example", "School"), "School"),
        (("=?utf-8?q?Ana?=", "School"), "School"),
        (("https://school.example", "School"), "School"),
        (("--", None), None),
        ((None, "School"), "School"),
    ],
)
def test_display_name(candidates: tuple[str | None, ...], name: str | None) -> None:
    assert display_name(*candidates) == name


class TestGreeting:
    def greeted(self, match: Match, english: Tongue, *names: str | None) -> str:
        parties = (replace(party, contact_name=name) for party, name in zip(match.parties, names, strict=True))
        return greeting([party_view(party, "a@a.example", english) for party in parties], english)

    def test_by_name_where_all_are_known(self, three: Match, english: Tongue) -> None:
        assert self.greeted(three, english, "Ana", "Bo", "Cleo") == "Dear Ana, Bo and Cleo"

    @pytest.mark.parametrize("other", [None, "", "ana", "Bo <bo@b.example>"])
    def test_colleagues_otherwise(self, other: str | None, pair: Match, english: Tongue) -> None:
        assert self.greeted(pair, english, "Ana", other) == "Dear colleagues"


class TestSuggestedDates:
    TODAY = date(2025, 3, 3)

    def suggested(self, match: Match, first: date | None, last: date | None, days: float | None) -> tuple[date, ...]:
        bare = replace(match.receiving, date_from=None, date_to=None, days=None)
        parties = (replace(match.sending, date_from=first, date_to=last, days=days), bare)
        return suggested_dates(replace(match, parties=parties), self.TODAY)

    def test_none_while_an_end_is_open(self, pair: Match) -> None:
        assert self.suggested(pair, date(2025, 5, 1), None, 1) == ()
        assert self.suggested(pair, None, date(2025, 5, 1), 1) == ()
        assert self.suggested(pair, None, None, 1) == ()

    def test_none_when_it_is_too_near_or_over(self, pair: Match) -> None:
        assert self.suggested(pair, date(2025, 3, 1), date(2025, 3, 12), 1) == ()
        assert self.suggested(pair, date(2024, 3, 1), date(2024, 4, 1), 1) == ()

    @pytest.mark.parametrize("days", [None, 0, -3.0, 367.0])
    def test_a_length_nobody_means_counts_as_one_day(self, days: float | None, pair: Match) -> None:
        assert self.suggested(pair, date(2025, 5, 1), date(2025, 5, 8), days) == (date(2025, 5, 6), date(2025, 5, 7))

    @pytest.mark.parametrize(
        ("first", "last", "days", "told"),
        [
            (date(2025, 5, 1), date(2025, 5, 30), 5, (date(2025, 5, 12), date(2025, 5, 19))),
            (date(2025, 5, 1), date(2025, 5, 30), 12, (date(2025, 5, 5), date(2025, 5, 19))),
            (date(2025, 5, 7), date(2025, 5, 20), 12, (date(2025, 5, 7), date(2025, 5, 9))),
        ],
        ids=["a whole week begins on Monday", "so do two", "else on a working day"],
    )
    def test_long_visits(self, first: date, last: date, days: float, told: tuple[date, ...], pair: Match) -> None:
        assert self.suggested(pair, first, last, days) == told

    def test_not_around_christmas(self, pair: Match) -> None:
        assert self.suggested(pair, date(2025, 12, 20), date(2026, 1, 6), 1) == ()
        assert self.suggested(pair, date(2025, 12, 19), date(2026, 1, 7), 1) == (date(2026, 1, 7),)


@pytest.mark.parametrize(
    ("spoken", "chosen"),
    [
        ((("Swedish",), ("svenska", "German")), "sv"),
        ((("Swedish", "English"), ("English", "sv")), "en"),
        ((("Swedish",), ("German",)), "en"),
        ((("Swedish",), ()), "en"),
        ((), "en"),
    ],
)
def test_letter_language(spoken: tuple[tuple[str, ...], ...], chosen: str, sending: Party) -> None:
    templates = Templates({"en/words.toml": "", "sv/words.toml": "", "de/words.toml": ""})
    assert letter_language([replace(sending, languages=languages) for languages in spoken], templates) == chosen


def test_a_side_is_called_as_the_folder_calls_it(english: Tongue) -> None:
    assert [english.side(side) for side in Side] == [
        "sending organisation",
        "receiving organisation",
        "joining organisation",
    ]
