"""Who claims to be which organisation: told by all entries there are or were, and by what was agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.cleaning import organisation_key
from pipeline.linkage import Record, pair_key, spelling_key
from pipeline.model import Decision, Judgement, KnownEntry, LetterState, Match, Party, Side, Verdict
from pipeline.planning.claims import confirmed_sides
from pipeline.planning.entries import Entries, read_entries
from pipeline.ports import LedgerState
from tests.planning.conftest import (
    SUBMITTED,
    Answers,
    by_id,
    guest,
    host,
    introduction_record,
    make_inputs,
    plan_of,
    remembered,
)

BOX = "goteborg@gmail.com"
TRUE = host("Göteborgs stad", city="Göteborg", email="anna@goteborg.example")
LATER: dict[str, Any] = {"submitted_at": SUBMITTED + 1}


def held(*answers: Answers, state: LedgerState | None = None) -> dict[str, str | None]:
    """Address -> why its answers are held."""
    found = read_entries(make_inputs(*answers, state=state))
    return {source.response.email: source.response.held for source in found.sources.values()}


def knowing(*answers: Answers) -> LedgerState:
    """The ledger after a run that read these answers."""
    return remembered(plan_of(*answers))


@pytest.mark.parametrize("name", ["Göteborgs stad", "City of Gothenburg", "goteborgs  STAD"])
def test_a_known_name_from_elsewhere_is_held_in_any_spelling(name: str) -> None:
    found = held(TRUE, host(name, email=BOX, **LATER))
    assert found["anna@goteborg.example"] is None
    assert str(found[BOX]).startswith("Göteborgs stad wrote before from anna@goteborg.example (Coordinator): ask there")


def test_a_unit_of_a_known_organisation_from_elsewhere_is_held() -> None:
    found = held(TRUE, host("City of Gothenburg", unit="International office", email=BOX, **LATER))
    assert "anna@goteborg.example" in str(found[BOX])
    colleague = held(TRUE, host("City of Gothenburg", unit="International office", email="b@goteborg.example", **LATER))
    assert colleague["b@goteborg.example"] is None


def test_who_came_first_is_remembered_when_rows_are_edited_renamed_or_gone() -> None:
    thief = host("City of Gothenburg", email="x@evil.example", **LATER)
    state = knowing(TRUE, thief)
    edited = {**TRUE, "submitted_at": SUBMITTED + 2, "days": 3}
    assert held(edited, thief, state=state)["anna@goteborg.example"] is None
    renamed = {**edited, "organisation": "Gothenburg municipality"}
    assert held(renamed, thief, state=state)["anna@goteborg.example"] is None
    assert "anna@goteborg.example" in str(held(thief, state=state)["x@evil.example"])


def test_an_old_entry_that_takes_a_known_name_is_the_later_one() -> None:
    club = host("Chess Club", email="x@evil.example")
    state = knowing(club, {**TRUE, **LATER})
    renamed = {**club, "organisation": "Göteborgs stad", "submitted_at": SUBMITTED + 2}
    found = held(renamed, {**TRUE, **LATER}, state=state)
    assert found["anna@goteborg.example"] is None
    assert "anna@goteborg.example" in str(found["x@evil.example"])


def test_an_entry_whose_row_is_gone_is_told_of_by_its_name_as_it_was_written() -> None:
    moved = {**TRUE, "email": BOX, "submitted_at": SUBMITTED + 2}
    told = str(held(moved, state=knowing(TRUE))[BOX])
    assert told.startswith("Göteborgs stad wrote before from anna@goteborg.example: ask there")
    old = knowing(TRUE)
    old = replace(old, entries=tuple(replace(entry, organisation="") for entry in old.entries))
    assert str(held(moved, state=old)[BOX]).startswith("goteborgs stad wrote before"), "all that was remembered before"


def test_a_ledger_that_did_not_remember_moments_goes_by_days() -> None:
    known = knowing(TRUE).entries[0]
    old = LedgerState(entries=(replace(known, since=None, first_seen=date(2026, 1, 1)),))
    edited = {**TRUE, "submitted_at": SUBMITTED + 2}
    found = held(edited, host("Göteborgs stad", email="x@evil.example"), state=old)
    assert found["anna@goteborg.example"] is None
    assert found["x@evil.example"]


def test_whom_a_person_called_different_is_not_held() -> None:
    answers = (TRUE, host("City of Gothenburg", email=BOX, city="Göteborg", **LATER))
    keys = (spelling_key(Record(record_id="", organisation=str(one["organisation"]), country="Sweden", city="Göteborg"))
            for one in answers)  # fmt: skip
    left, right = pair_key(*keys)
    state = LedgerState(
        judgements=(Judgement(left=left, right=right, verdict=Verdict.DIFFERENT, at=datetime(2026, 11, 1, tzinfo=UTC)),)
    )
    assert held(*answers, state=state)[BOX] is None


# -- parts of a known organisation, and other wordings -------------------------------------------------

ASK = "wrote before from anna@goteborg.example (Coordinator): ask there whether this answer is theirs"


def school(name: str = "Lindholmen School", **changed: Any) -> Answers:
    """An answer from the same city, later."""
    return host(name, **{"city": "Göteborg", "email": BOX, **LATER, **changed})


@pytest.mark.parametrize("parent", ["Göteborgs stad", "City of Gothenburg", "Gothenburg municipality"])
def test_who_says_that_it_belongs_to_a_known_organisation_is_held_from_a_free_mailbox(parent: str) -> None:
    for answers in ((TRUE, school(parent=parent)), (school(parent=parent, submitted_at=SUBMITTED - 1), TRUE)):
        told = str(held(*answers)[BOX])
        assert "Göteborgs stad" in told
        assert "anna@goteborg.example (Coordinator): ask there whether " in told
        assert told.endswith(", since it says that it belongs to them.")
    assert held(TRUE, school(parent=parent))["anna@goteborg.example"] is None


@pytest.mark.parametrize(
    ("email", "changed", "is_held"),
    [
        ("rektor@lindholmen.example", {"parent": "Göteborgs stad"}, False),
        ("rektor@edu.goteborg.example", {"parent": "Göteborgs stad"}, False),
        ("rektor@office.example", {"parent": "Göteborgs stad"}, True),
        ("rektor@goteborg-office.example", {"parent": "Göteborgs stad"}, True),
        ("rektor@office.example", {"parent": "Göteborgs universitet"}, False),
        ("rektor@office.example", {"parent": "Borås stad"}, False),
        (BOX, {"parent": "Region Skåne"}, False),
        ("rektor@office.example", {"unit": "Göteborgs stad"}, True),
        ("rektor@lindholmen.example", {"unit": "Göteborgs stad"}, True),
        ("rektor@lindholmen.example", {"unit": "International office"}, False),
    ],
)
def test_a_part_may_write_from_its_own_domain_or_from_the_known_one(
    email: str, changed: dict[str, str], *, is_held: bool
) -> None:
    told = held(TRUE, school(email=email, **changed))[email]
    assert (told is not None) is is_held
    assert told is None or told == f"Göteborgs stad {ASK}, since it says that it belongs to them."


def test_two_reasons_to_ask_are_both_told() -> None:
    other = school(email="rektor@lindholmen.example")
    told = str(held(TRUE, other, school(parent="Göteborgs stad", submitted_at=SUBMITTED + 2))[BOX])
    assert f"Göteborgs stad {ASK}" in told
    assert "Lindholmen School wrote before from rektor@lindholmen.example" in told


def test_nobody_is_asked_after_a_whole_that_only_parts_have_named() -> None:
    first = school(email="rektor@lindholmen.example", parent="Göteborgs stad")
    assert held(first, school("Angered School", parent="Göteborgs stad"))[BOX] is None


def test_once_a_part_is_agreed_the_others_of_its_domain_are_not_asked_after() -> None:
    part: dict[str, Any] = {"parent": "Göteborgs stad", "email": "a@network.example"}
    answers = (TRUE, school(**part), guest())
    assert held(*answers)["a@network.example"]
    plan = plan_of(*answers)
    match = next(one for one in plan.matches.fresh if "a@network.example" in str(one.parties))
    side = next(party.side for party in match.parties if party.email == "a@network.example")
    decision = Decision(match=match.id, approved=True, agreed=True, checked=(side,))
    state = remembered(plan, decisions={match.id: decision})
    second = school("Angered School", **{**part, "email": "b@network.example", "submitted_at": SUBMITTED + 3})
    found = held(*answers, second, state=state)
    assert (found["a@network.example"], found["b@network.example"]) == (None, None)
    stranger = school("Angered School", **{**part, "email": "b@other.example", "submitted_at": SUBMITTED + 3})
    assert held(*answers, stranger, state=state)["b@other.example"]


@pytest.mark.parametrize("domain", ["lysekil.example", "known.example", "lysekilvet.example"])
@pytest.mark.parametrize(
    "wording",
    ["Lysekils yrkesskola", "Yrkesskolan i Lysekil", "Lysekil Vocational School", "Lysekils yrkesgymnasium",
     "Berufsschule Lysekil", "Beroepsschool Lysekil"],
)  # fmt: skip
def test_another_wording_from_a_free_mailbox_is_held_whatever_the_known_domain_is_called(
    domain: str, wording: str
) -> None:
    known = host("Lysekil Vocational College", email=f"anna@{domain}")
    told = str(held(known, host(wording, city="Lysekil", email=BOX, **LATER))[BOX])
    assert "Lysekil Vocational College" in told
    assert f"wrote before from anna@{domain} (Coordinator): ask there" in told
    other = host("Uddevalla Vocational College", city="Uddevalla", email=BOX, **LATER)
    assert held(known, other)[BOX] is None


def test_a_name_that_is_called_as_the_known_domain_is_held_from_a_free_mailbox() -> None:
    known = host("Generalitat de Catalunya", "Spain", city="Barcelona", email="anna@gencat.example")
    for changed in ({"parent": "Gencat"}, {"organisation": "GenCat"}):
        named = {**host("Institut Terrassa", "Spain", email=BOX, **LATER), **changed}
        told = str(held(known, named)[BOX])
        assert "Generalitat de Catalunya" in told
        assert "wrote before from anna@gencat.example (Coordinator): ask there" in told


# -- what was agreed -----------------------------------------------------------------------------------

ANSWERS = (TRUE, host("City of Gothenburg", email=BOX, **LATER), guest())


def agreed(checked: tuple[Side, ...], **more: Any) -> LedgerState:
    """The ledger after the officer ticked Agreed on a row of the box."""
    plan = plan_of(*ANSWERS)
    match = next(one for one in plan_of(ANSWERS[1], ANSWERS[2]).matches.fresh)
    decision = Decision(match=match.id, **{"approved": True, "agreed": True, "checked": checked, **more})
    return remembered(
        replace(plan, matches=replace(plan.matches, all={match.id: match})), decisions={match.id: decision}
    )


def test_an_address_a_person_confirmed_is_held_no_more_for_any_of_its_entries() -> None:
    assert held(*ANSWERS)[BOX]
    state = agreed((Side.RECEIVING,))
    assert held(*ANSWERS, state=state) == {"anna@goteborg.example": None, BOX: None, "office@kortrijk.example": None}
    again = host("Göteborgs stad", email=BOX, topics="Green skills", submitted_at=SUBMITTED + 3)
    assert held(*ANSWERS, again, state=state)[BOX] is None


@pytest.mark.parametrize(
    ("checked", "more"),
    [
        ((), {}),
        ((Side.SENDING,), {}),
        ((Side.RECEIVING,), {"agreed": None}),
        ((Side.RECEIVING,), {"agreed": False}),
        ((Side.RECEIVING,), {"approved": False}),
        ((Side.RECEIVING,), {"declined": True}),
    ],
)
def test_anything_less_confirms_nothing(checked: tuple[Side, ...], more: dict[str, Any]) -> None:
    assert held(*ANSWERS, state=agreed(checked, **more))[BOX]


def test_agreed_of_before_it_was_remembered_for_what_counts_once_the_letter_left() -> None:
    def side(which: Side, check: str | None) -> Party:
        return Party(side=which, entry=f"E-{which}", organisation_id="O-1", organisation="X", email="x@x.example",
                     check_first=check)  # fmt: skip

    match = Match(id="M-1", parties=(side(Side.SENDING, "ask"), side(Side.RECEIVING, None)), why="", band="")
    decision = Decision(match="M-1", approved=True, agreed=True)
    state = LedgerState(matches={"M-1": match}, decisions={"M-1": decision})
    assert confirmed_sides(match, state) == ()
    sent = replace(state, letters=by_id(introduction_record(match)))
    assert confirmed_sides(match, sent) == (match.sending,)
    waiting = replace(state, letters=by_id(introduction_record(match, LetterState.QUEUED)))
    assert confirmed_sides(match, waiting) == ()


def test_the_names_of_memory_are_keys() -> None:
    found: Entries = read_entries(make_inputs(TRUE))
    (known,) = found.plan.known
    assert isinstance(known, KnownEntry)
    assert (known.organisation_key, known.since) == (organisation_key("Göteborgs stad"), datetime(2026, 11, 14, 12, 0))  # noqa: DTZ001
