"""Letters' ids and meeting keys: literals, because ledgers hold them for years."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.letters.identity import (
    barred_pairs,
    canonical_meetings,
    correction_id,
    digest_id,
    introduction_id,
    introductions_sent,
    is_introduction,
    meeting_keys,
    question_id,
    rehearsal_id,
    reminder_id,
    waiting_entry,
    waiting_id,
    waiting_letters,
)
from pipeline.letters.identity import (
    test_id as id_of_test,
)
from pipeline.model import Envelope, LetterKind, LetterRecord, LetterState, Match, Side

PIPELINE = Path(__file__).parents[2] / "pipeline"
THEN, NOW = datetime(2025, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def test_ids_are_the_ones_ledgers_hold() -> None:
    assert introduction_id("M-1") == "introduction:M-1"
    assert question_id("M-1", Side.RECEIVING) == "question:M-1:receiving"
    assert reminder_id("M-1", 2) == "reminder:M-1:2"
    assert correction_id("M-1", "It is closed.") == "correction:M-1:YANWEIW6SZ"
    assert digest_id(date(2026, 11, 20)) == "digest:2026-11-20"
    assert id_of_test(datetime(2026, 11, 20, 9, 5, 7, tzinfo=UTC)) == "test:20261120T090507"
    assert rehearsal_id(introduction_id("M-1")) == "rehearsal:introduction:M-1"
    assert waiting_id("E-1", 2) == "waiting:E-1:2"


@pytest.mark.parametrize(
    ("letter", "entry"),
    [
        ("waiting:E-7F2KQ9AB:1", "E-7F2KQ9AB"),
        ("rehearsal:waiting:E-7F2KQ9AB:12", "E-7F2KQ9AB"),
        ("introduction:M-1", None),
        ("reminder:M-1:1", None),
        ("rehearsal:introduction:M-1", None),
    ],
)
def test_which_entry_a_letter_is_about(letter: str, entry: str | None) -> None:
    assert waiting_entry(letter) == entry


def test_the_letters_to_an_entry_stand_in_order_without_rehearsals() -> None:
    ids = ("waiting:E-1:10", "waiting:E-1:9", "waiting:E-2:1", "rehearsal:waiting:E-1:11", "reminder:M-1:1")
    records = {
        one: LetterRecord(
            id=one,
            kind=LetterKind.REMINDER if one.startswith("reminder") else LetterKind.WAITING,
            match=None,
            state=LetterState.SENT,
            message_id="<a@b.example>",
            envelope=Envelope(sender="a@b.example", recipients=()),
            content=None,
            since=NOW,
        )
        for one in ids
    }
    found = {entry: [record.id for record in letters] for entry, letters in waiting_letters(records).items()}
    assert found == {"E-1": ["waiting:E-1:9", "waiting:E-1:10"], "E-2": ["waiting:E-2:1"]}


def test_an_introduction_is_known_by_its_id_and_its_rehearsal_is_none() -> None:
    assert is_introduction("introduction:M-1")
    assert not is_introduction("rehearsal:introduction:M-1")
    assert not is_introduction("question:M-1:receiving")


def test_a_correction_is_known_by_its_line_however_it_is_broken() -> None:
    assert correction_id("M-1", " It is\n closed. ") == correction_id("M-1", "It is closed.")
    assert len({correction_id(match, line) for match in ("M-1", "M-2") for line in ("One.", "Two.")}) == 4


class TestMeetingKeys:
    def test_each_pair_by_organisation_and_by_address(self, three: Match) -> None:
        assert meeting_keys(three) == (
            "org:O-boras|O-vestland",
            "mail:ingrid.bargard@vestland.example|nicholas.waller@xn--bors-soa.example",
            "org:O-treball|O-vestland",
            "mail:albert@escoladeltreball.example|ingrid.bargard@vestland.example",
            "org:O-boras|O-treball",
            "mail:albert@escoladeltreball.example|nicholas.waller@xn--bors-soa.example",
        )

    def test_who_travels_makes_no_difference(self, pair: Match) -> None:
        turned = replace(
            pair,
            parties=(replace(pair.receiving, side=Side.SENDING), replace(pair.sending, side=Side.RECEIVING)),
        )
        assert set(meeting_keys(turned)) == set(meeting_keys(pair))

    def test_an_organisation_not_known_yet_has_no_key_of_its_own(self, pair: Match) -> None:
        unknown = replace(pair, parties=(replace(pair.sending, organisation_id=""), pair.receiving))
        assert meeting_keys(unknown) == ("mail:ingrid.bargard@vestland.example|nicholas.waller@xn--bors-soa.example",)

    @pytest.mark.parametrize(
        ("stored", "key"),
        [
            ("Ana.Maria+visits@School.example", "ana.maria+visits@school.example"),
            ("o'brien_{x}@a-b.example", "o'brien_{x}@a-b.example"),
            ("info@xn--bors-soa.example", "info@xn--bors-soa.example"),
            ("info@BORÅS.example", "info@xn--bors-soa.example"),
            ("ana@straße.example", "ana@xn--strae-oqa.example"),
            ("ana.b@googlemail.com", "ana.b@googlemail.com"),
        ],
    )
    def test_a_key_made_yesterday_is_todays(self, stored: str, key: str, pair: Match) -> None:
        alone = replace(pair, parties=(replace(pair.sending, email=stored, organisation_id=""), pair.receiving))
        assert meeting_keys(alone) == ("mail:" + "|".join(sorted((key, "nicholas.waller@xn--bors-soa.example"))),)

    def test_an_address_that_no_letter_can_go_to_has_a_key_too(self, pair: Match) -> None:
        odd = replace(pair, parties=(replace(pair.sending, email="用户@school.example"), pair.receiving))
        assert meeting_keys(odd)[1] == "mail:nicholas.waller@xn--bors-soa.example|用户@school.example"


class TestWhoHasMet:
    def canonical(self, identifier: str) -> str:
        return {"O-b": "O-a", "O-d": "O-c"}.get(identifier, identifier)

    def test_a_merged_organisation_has_met_under_its_old_and_its_new_id(self) -> None:
        met = canonical_meetings({"org:O-b|O-z": THEN, "mail:a@a.example|b@b.example": NOW}, self.canonical)
        assert met == {"org:O-b|O-z": THEN, "org:O-a|O-z": THEN, "mail:a@a.example|b@b.example": NOW}

    def test_the_pair_stays_in_order_and_the_later_meeting_counts(self) -> None:
        met = canonical_meetings({"org:O-c|O-e": NOW, "org:O-d|O-e": THEN, "org:O-0|O-d": THEN}, self.canonical)
        assert met["org:O-c|O-e"] == NOW
        assert met["org:O-0|O-c"] == THEN

    def test_a_pair_is_barred_from_the_moment_on_by_organisations_alone(self) -> None:
        meetings = {"org:O-a|O-b": NOW, "org:O-c|O-d": THEN, "mail:a@a.example|b@b.example": NOW}
        assert barred_pairs(meetings, NOW) == {frozenset({"O-a", "O-b"})}
        assert barred_pairs(meetings, THEN) == {frozenset({"O-a", "O-b"}), frozenset({"O-c", "O-d"})}


def test_only_introductions_that_left_count_as_sent() -> None:
    def record(kind: LetterKind, state: LetterState, match: str | None) -> LetterRecord:
        return LetterRecord(
            id=f"{kind}-{state}-{match}",
            kind=kind,
            match=match,
            state=state,
            message_id="<a@b.example>",
            envelope=Envelope(sender="a@b.example", recipients=()),
            content=None,
            since=NOW,
        )

    left = record(LetterKind.INTRODUCTION, LetterState.SENT, "M-1")
    others = (
        record(LetterKind.INTRODUCTION, LetterState.UNSURE, "M-2"),
        record(LetterKind.QUESTION, LetterState.SENT, "M-3"),
        record(LetterKind.INTRODUCTION, LetterState.SENT, None),
    )
    rehearsed = replace(left, id=rehearsal_id(introduction_id("M-4")), match="M-4")
    assert introductions_sent({one.id: one for one in (left, *others, rehearsed)}) == {"M-1": left}


def spelt_by_hand(source: str) -> list[str]:
    """The beginnings of letter ids and meeting keys that a source spells out."""
    kinds = "|".join([*(kind.value for kind in LetterKind), "rehearsal"])
    literal = rf"""["'](?:{kinds}|org|mail):(?! )|\{{LetterKind\.\w+(?:\.value)?\}}:|["']org["']"""
    return re.findall(literal, source)


def test_no_other_module_spells_an_id_or_a_meeting_key() -> None:
    found = {
        str(file.relative_to(PIPELINE)): spelt
        for file in PIPELINE.rglob("*.py")
        if (spelt := spelt_by_hand(file.read_text(encoding="utf-8")))
    }
    assert set(found) == {"letters/identity.py"}, f"spell it in letters/identity.py instead: {found}"


@pytest.mark.parametrize(
    "source", ['f"introduction:{match}"', "'org:' + pair", 'f"{LetterKind.REMINDER}:{match}:1"', 'kind == "org"']
)
def test_the_scan_sees_what_was_spelt_by_hand_before(source: str) -> None:
    assert spelt_by_hand(source)
