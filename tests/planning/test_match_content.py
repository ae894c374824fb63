"""A match's id stands for its content: what the officer saw and the letter will carry, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import (
    Band,
    Candidate,
    Entry,
    EntryKind,
    Flag,
    Match,
    Party,
    Point,
    PointCode,
    Reason,
    Response,
    ShareContact,
    Side,
)
from pipeline.planning.match_content import (
    NOT_CONTENT,
    WHY_LIMIT,
    Source,
    build,
    lapsed,
    match_id,
    officer_order,
    reasoned,
    renewed,
    to_match,
    to_party,
)

HOST = Party(
    side=Side.RECEIVING,
    entry="E-1",
    organisation_id="O-1",
    organisation="Lysekil Vocational College",
    email="a@lysekil.example",
    contact_name="Coordinator",
    contact_role="International office",
    country="Sweden",
    region="Västra Götaland",
    city="Lysekil",
    website="https://lysekil.example",
    topics=("Dual VET and apprenticeships",),
    formats=("Job shadowing",),
    languages=("English",),
    seeks="To learn",
    offers="To show",
    date_from=date(2027, 3, 1),
    date_to=date(2027, 4, 1),
    days=3,
    group_size=4,
    ask_first=True,
    check_first="ask them",
)
GUEST = replace(HOST, side=Side.SENDING, entry="E-2", organisation_id="O-2", email="b@kortrijk.example")
CHANGED: dict[str, Any] = {
    "side": Side.JOINING,
    "topics": ("Green skills",),
    "formats": (),
    "languages": ("English", "French"),
    "date_from": date(2027, 3, 2),
    "date_to": None,
    "days": 4,
    "group_size": 5,
    "ask_first": False,
}


@pytest.mark.parametrize("name", [field.name for field in fields(Party) if field.name not in NOT_CONTENT])
def test_every_answer_the_letter_carries_is_part_of_the_id(name: str) -> None:
    changed: dict[str, Any] = {name: CHANGED.get(name, "something else")}
    other = replace(HOST, **changed)
    assert match_id((GUEST, other)) != match_id((GUEST, HOST))


@pytest.mark.parametrize("name", sorted(NOT_CONTENT))
def test_our_own_bookkeeping_is_not(name: str) -> None:
    changed: dict[str, Any] = {name: "something else"}
    other = replace(HOST, **changed)
    assert match_id((GUEST, other)) == match_id((GUEST, HOST))


def test_three_days_are_three_days_however_the_sheet_stored_them() -> None:
    assert match_id((GUEST, replace(HOST, days=3.0))) == match_id((GUEST, HOST))


def test_asking_again_is_another_match() -> None:
    assert len({match_id((GUEST, HOST), generation) for generation in range(3)}) == 3


def test_the_id_is_the_same_on_every_machine() -> None:
    assert match_id((GUEST, HOST)) == "M-K2KUCHVLWB"


def test_a_match_keeps_its_points_as_codes_and_they_are_no_part_of_its_id() -> None:
    match = build((GUEST, HOST), sources={}, today=date(2026, 11, 20))
    assert match.id == "M-K2KUCHVLWB"
    assert match.fits == (
        Point(code=PointCode.SHARED_TOPICS, values=("Dual VET and apprenticeships",)),
        Point(code=PointCode.SHARED_FORMATS, values=("Job shadowing",)),
        Point(code=PointCode.SHARED_LANGUAGES, values=("English",)),
        Point(code=PointCode.DATES_OVERLAP, values=("2027-03-01", "2027-04-01")),
    )
    assert match.unclear == ()


def test_a_match_asked_again_takes_the_first_free_generation() -> None:
    spent = {"M-K2KUCHVLWB"}
    match = build((GUEST, HOST), sources={}, today=date(2026, 11, 20), spent=spent)
    assert (match.id, match.generation) == (match_id((GUEST, HOST), 1), 1)


# -- from answers to parties and matches ---------------------------------------------------------------

TODAY = date(2026, 11, 20)


def source(name: str, **answers: Any) -> Source:
    day = answers.pop("since", 1)
    entry = Entry(id=f"E-{name}", organisation=name, organisation_id=f"O-{name}", submitted_at=date(2026, 11, day))
    return Source(
        entry=entry,
        response=Response(
            row=2,
            content=name,
            submitted_at=datetime(2026, 11, day, tzinfo=UTC),
            kind=EntryKind.NEW,
            email=answers.pop("email", f"office@{name.lower()}.example"),
            organisation=name,
            seeks="To learn",
            offers="To show",
            share_contact=answers.pop("share_contact", ShareContact.YES),
            **answers,
        ),
    )


SOURCES = {f"E-{name}": source(name) for name in ("Gent", "Oslo", "Porto")}


def candidate(**more: Any) -> Candidate:
    return Candidate(**{"sending": "E-Gent", "receiving": "E-Oslo", "score": 0.8, "band": Band.LIKELY, **more})


@pytest.mark.parametrize(
    ("side", "seeks", "offers"),
    [(Side.SENDING, "To learn", None), (Side.RECEIVING, None, "To show"), (Side.JOINING, "To learn", "To show")],
)
def test_a_side_says_what_belongs_to_its_part(side: Side, seeks: str | None, offers: str | None) -> None:
    party = to_party(side, SOURCES["E-Gent"])
    assert (party.side, party.seeks, party.offers) == (side, seeks, offers)
    assert (party.entry, party.organisation_id, party.email) == ("E-Gent", "O-Gent", "office@gent.example")


def test_what_was_typed_under_other_is_a_topic_too() -> None:
    assert to_party(Side.SENDING, source("Gent", topics=("VET",))).topics == ("VET",)
    assert to_party(Side.SENDING, source("Gent", topics=("VET",), topics_other="Bees")).topics == ("VET", "Bees")


def test_who_wants_to_be_asked_and_who_must_be_checked_first() -> None:
    plain = to_party(Side.SENDING, SOURCES["E-Gent"])
    assert (plain.ask_first, plain.check_first) == (False, None)
    asking = to_party(Side.SENDING, source("Gent", share_contact=ShareContact.ASK_FIRST, held="Ask at the old address"))
    assert (asking.ask_first, asking.check_first) == (True, "Ask at the old address")


def test_a_candidate_becomes_a_match_of_two_or_three() -> None:
    two = to_match(candidate(), SOURCES, TODAY)
    assert [(party.side, party.organisation) for party in two.parties] == [
        (Side.SENDING, "Gent"),
        (Side.RECEIVING, "Oslo"),
    ]
    three = to_match(candidate(joining="E-Porto"), SOURCES, TODAY)
    assert three.joining is not None
    assert three.joining.organisation == "Porto"
    assert (two.score, two.band, two.proposed_on, two.waiting_since) == (0.8, "likely", TODAY, date(2026, 11, 1))


def test_the_request_is_who_waits() -> None:
    sources = {**SOURCES, "E-Gent": source("Gent", since=7)}
    assert to_match(candidate(), sources, TODAY).waiting_since == date(2026, 11, 7)
    other_way = candidate(sending="E-Oslo", receiving="E-Gent")
    assert to_match(other_way, sources, TODAY).waiting_since == date(2026, 11, 1)
    parties = tuple(
        to_party(side, sources[entry]) for side, entry in ((Side.RECEIVING, "E-Gent"), (Side.SENDING, "E-Oslo"))
    )
    built = build(parties, sources=sources, today=TODAY)
    assert built.waiting_since == date(2026, 11, 1), "whichever side stands first"
    assert build(parties, sources={}, today=TODAY).waiting_since is None


def test_what_looked_odd_about_a_side_is_a_warning() -> None:
    odd = source("Oslo", flags=(Flag(code="free-mail", sentence="Writes from a free-mail address."),))
    assert to_match(candidate(), {**SOURCES, "E-Oslo": odd}, TODAY).warnings == (
        "Oslo: Writes from a free-mail address.",
    )


def test_the_officer_reads_what_speaks_for_it_then_what_against_then_what_is_open() -> None:
    reasons = (
        Reason(feature="a", sentence="Against.", weight=-0.1),
        Reason(feature="b", sentence="For.", weight=0.5),
        Reason(feature="c", sentence="Neither.", weight=0.0),
    )
    found = to_match(candidate(reasons=reasons, unstated=("Dates: not stated.",)), SOURCES, TODAY)
    assert found.why == "Likely.\nFor.\nNeither.\nAgainst.\nDates: not stated."


def test_sixteen_sentences_of_a_kind_are_enough() -> None:
    many = tuple(Reason(feature="a", sentence=f"For {number}.", weight=1) for number in range(17))
    less = tuple(Reason(feature="a", sentence=f"Against {number}.", weight=-1) for number in range(17))
    found = to_match(candidate(reasons=(*many, *less), unstated=tuple(map(str, range(17)))), SOURCES, TODAY)
    assert len(found.why.splitlines()) == 1 + 3 * 16


@pytest.mark.parametrize(("length", "cut"), [(WHY_LIMIT, False), (WHY_LIMIT + 1, True)])
def test_a_cell_holds_only_so_much(length: int, *, cut: bool) -> None:
    sentence = "x" * (length - len("Likely.\n"))
    why = to_match(candidate(reasons=(Reason(feature="a", sentence=sentence, weight=1),)), SOURCES, TODAY).why
    assert len(why) == WHY_LIMIT
    assert why.endswith("…") is cut


def test_a_number_with_a_fraction_is_not_rounded_in_the_id() -> None:
    half, three = (match_id((GUEST, replace(HOST, days=days))) for days in (3.5, 3))
    assert half != three


# -- matches of before ---------------------------------------------------------------------------------


def match_of(*names: str, **more: Any) -> Match:
    return replace(to_match(candidate(joining=f"E-{names[2]}" if len(names) > 2 else None), SOURCES, TODAY), **more)


def test_unchanged_answers_leave_a_match_as_it_is() -> None:
    match = match_of("Gent", "Oslo")
    assert renewed(match, SOURCES, TODAY) == match
    moved = {
        **SOURCES,
        "E-Gent": replace(SOURCES["E-Gent"], entry=replace(SOURCES["E-Gent"].entry, organisation_id="O-9")),
    }
    again = renewed(match, moved, TODAY)
    assert isinstance(again, Match)
    assert (again.id, again.sending.organisation_id) == (match.id, "O-9")


def test_an_edited_answer_is_another_match_whose_reasons_are_still_to_be_made() -> None:
    match = match_of("Gent", "Oslo", by_hand=True, why="Good.")
    again = renewed(match, {**SOURCES, "E-Oslo": source("Oslo", city="Oslo")}, date(2026, 12, 1))
    assert isinstance(again, Match)
    assert again.id != match.id
    assert (again.by_hand, again.why, again.band, again.score) == (True, "", "", 0.0)
    assert again.proposed_on == date(2026, 12, 1)


REASONS = (Reason(feature="a", sentence="They share it.", weight=1), Reason(feature="b", sentence="But.", weight=-1))


def test_a_match_asked_again_says_first_what_has_changed() -> None:
    match = match_of("Gent", "Oslo", why="Yesterday's.", band="likely")
    again = reasoned(
        match,
        candidate(score=0.4, band=Band.POSSIBLE, reasons=REASONS, unstated=("Dates: not stated.",)),
        ["Oslo has changed its answers:", "- City: was not stated, now Oslo"],
    )
    assert again.why == (
        "Oslo has changed its answers:\n- City: was not stated, now Oslo\n"
        "Possible.\nThey share it.\nBut.\nDates: not stated."
    )
    assert (again.band, again.score) == ("possible", 0.4)


def test_a_match_a_person_named_has_reasons_but_no_strength() -> None:
    again = reasoned(match_of("Gent", "Oslo", by_hand=True), candidate(score=0.1, reasons=REASONS))
    assert again.why == "Proposed by hand.\nThey share it.\nBut."
    assert (again.band, again.score) == ("by hand", 1.0)


def test_however_much_has_changed_the_reasons_stand_below_it() -> None:
    again = reasoned(match_of("Gent", "Oslo"), candidate(reasons=REASONS), ["x" * (WHY_LIMIT + 1)])
    first, *reasons = again.why.splitlines()
    assert (len(first), first[-1]) == (WHY_LIMIT, "…")
    assert reasons == ["Likely.", "They share it.", "But."]
    whole = reasoned(match_of("Gent", "Oslo"), candidate(reasons=REASONS), ["x" * WHY_LIMIT])
    assert whole.why.splitlines()[0] == "x" * WHY_LIMIT


@pytest.mark.parametrize("closed", ["Gent", "Oslo"])
def test_a_match_without_one_of_its_entries_is_none(closed: str) -> None:
    left = {name: one for name, one in SOURCES.items() if name != f"E-{closed}"}
    assert renewed(match_of("Gent", "Oslo"), left, TODAY) == f"the entry of {closed} is no longer open"


def never(_: Match) -> str | None:
    return None


def test_what_makes_a_match_impossible_though_nothing_in_it_changed() -> None:
    match = match_of("Gent", "Oslo")
    assert lapsed(match, SOURCES, never) is None
    same_address = replace(match, parties=(match.sending, replace(match.receiving, email=match.sending.email)))
    assert lapsed(same_address, SOURCES, never) == "two sides have the same e-mail address"
    merged = {name: replace(one, entry=replace(one.entry, organisation_id="O-1")) for name, one in SOURCES.items()}
    assert lapsed(match, merged, never) == "two sides have turned out to be the same organisation"
    unknown = {name: replace(one, entry=replace(one.entry, organisation_id="")) for name, one in SOURCES.items()}
    assert lapsed(match, unknown, never) is None


def test_a_rule_that_is_broken_now_ends_a_match_unless_a_person_named_it() -> None:
    match = match_of("Gent", "Oslo")
    assert lapsed(match, SOURCES, lambda _: "the dates do not meet") == "the dates do not meet"
    assert lapsed(replace(match, by_hand=True), SOURCES, lambda _: "the dates do not meet") is None


# -- order ---------------------------------------------------------------------------------------------


def named(sending: str = "B", receiving: str = "B", **more: Any) -> Match:
    place = {"country": more.pop("country", "X"), "city": more.pop("city", "X")}
    parties = (
        replace(GUEST, organisation=sending, **place),
        replace(HOST, organisation=receiving, email=more.pop("email", "b@x.example")),
    )
    base = {"id": "M-AAAAAAAAAA", "why": "", "band": "", "score": 0.5, "waiting_since": date(2026, 11, 2)}
    return Match(parties=parties, **{**base, **more})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"score": 0.6, "sending": "Z"}, {"waiting_since": date(2026, 1, 1)}),
        ({"waiting_since": date(2026, 11, 1), "sending": "Z"}, {}),
        ({"sending": "Z"}, {"waiting_since": None}),
        ({"sending": "ÅRHUS"}, {"sending": "b"}),
        ({"receiving": "A"}, {"receiving": "b"}),
        ({"country": "A"}, {"country": "b", "city": "A"}),
        ({"city": "A"}, {"city": "b"}),
        ({"email": "a@x.example"}, {"email": "b@x.example"}),
        ({"email": "a@x.example", "id": "M-ZZZZZZZZZZ"}, {"email": "b@x.example"}),
    ],
)
def test_strength_then_waiting_then_name_and_place(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert officer_order(named(**first)) < officer_order(named(**second))


@given(ids=st.permutations([f"M-{letter * 10}" for letter in "ABCDE"]), order=st.permutations(range(5)))
def test_an_id_orders_nothing(ids: Sequence[str], order: Sequence[int]) -> None:
    matches = [named(sending=name, id=identifier) for name, identifier in zip("edcba", ids, strict=True)]
    shuffled = [matches[number] for number in order]
    assert [match.sending.organisation for match in sorted(shuffled, key=officer_order)] == list("abcde")
