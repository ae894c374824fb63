"""What is held about a person can be shown, erased, and lets go in time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.ledger.files import export_ledger, import_ledger
from pipeline.adapters.ledger.people import forget, purge, subject
from pipeline.config import RetentionSettings
from pipeline.model import Decision
from pipeline.ports import LedgerChanges

ANA = "Ana@A.example"


@pytest.fixture
def known(desk: Any) -> Any:
    desk.ledger.record(
        LedgerChanges(
            at=desk.now,
            matches=(desk.match(1), desk.match(2, first="cy@c.example")),
            decisions=(Decision(match="M-1", approved=True, message="Dear Ana Example"),),
            entries=(desk.entry("E-1", "ana@a.example"), desk.entry("E-2", "bo@b.example")),
            organisation_events=(("O-1", "Ana's School, ana@a.example, is new"),),
            problems=frozenset({"intake:ana@a.example:country"}),
            letters=(
                desk.letter(1, "O-1|O-2", "ana@a.example|bo@b.example"),
                desk.letter(2, "cy@c.example|bo@b.example", to=("cy@c.example", "bo@b.example")),
                desk.letter(3, "ana@a.example|zoe@z.example"),
            ),
        )
    )
    desk.send("introduction:M-1")
    desk.ledger.note_bounce("introduction:M-1", "ana@a.example", "5.1.1 no such user ana@a.example", desk.now)
    return desk


def test_a_person_sees_what_is_held_and_nothing_of_others(known: Any) -> None:
    held = subject(known.ledger, ANA)
    text = json.dumps(held, ensure_ascii=False)
    assert [entry["id"] for entry in held["entries"]] == ["E-1"]
    assert held["matches"][0]["parties"][0]["seeks"] == "wants to see cheese made"
    assert held["matches"][0]["parties"][1] == {"organisation": "Bo's Dairy"}
    assert {letter["id"] for letter in held["letters"]} == {"introduction:M-1", "introduction:M-3"}
    assert held["bounces"]
    assert held["history"]
    assert "bo@b.example" not in text
    assert "cy@c.example" not in text
    assert subject(known.ledger, "nobody@x.example")["matches"] == []


def test_after_forgetting_the_person_is_nowhere_in_the_file(known: Any) -> None:
    forget(known.ledger, ANA, known.now)
    held = subject(known.ledger, "ana@a.example")
    assert held["erased_on"]
    assert not any(held[part] for part in ("entries", "matches", "letters", "bounces", "history"))
    known.ledger.close()
    assert b"ana@a.example" not in known.path.read_bytes().lower()
    known.reopen()


def test_forgetting_keeps_that_they_met_and_what_is_others(known: Any) -> None:
    forget(known.ledger, ANA, known.now)
    state = known.ledger.load(known.now)
    assert state.letters["introduction:M-1"].state == "sent"
    assert state.letters["introduction:M-1"].envelope.recipients == ("bo@b.example",)
    assert state.letters["introduction:M-1"].bounced == {}
    assert state.letters["introduction:M-3"].state == "withdrawn"
    assert state.letters["introduction:M-2"].state == "queued"
    assert "O-1|O-2" in state.meetings
    assert not any("ana@" in key for key in state.meetings)
    assert state.matches["M-1"].receiving.email == "bo@b.example"
    assert state.matches["M-1"].sending.contact_name is None
    assert state.matches["M-2"] == known.match(2, first="cy@c.example")
    assert state.decisions["M-1"].message is None
    assert [entry.id for entry in state.entries] == ["E-2"]
    assert known.ledger.hashed("ANA@a.example ") in state.erased


def test_erased_stays_erased_when_an_old_row_comes_back(
    known: Any, make_desk: Callable[[str], Any], tmp_path: Path
) -> None:
    forget(known.ledger, ANA, known.now)
    back = LedgerChanges(
        at=known.now,
        matches=(known.match(7),),
        entries=(known.entry("E-9", "ana@A.example"),),
        letters=(known.letter(7),),
    )
    export_ledger(known.ledger, tmp_path / "export.jsonl")
    other = make_desk("other")
    import_ledger(other.ledger, tmp_path / "export.jsonl")
    for ledger in (known.ledger, other.ledger):
        ledger.record(back)
        state = ledger.load(known.now)
        assert "M-7" not in state.matches
        assert "introduction:M-7" not in state.letters
        assert "E-9" not in {entry.id for entry in state.entries}


@pytest.mark.parametrize("asked", ["info@borås.example", "INFO@BORÅS.example", "info@xn--bors-soa.example"])
def test_a_domain_in_its_own_letters_is_the_same_domain(desk: Any, asked: str) -> None:
    kept = "Info@xn--bors-soa.example"
    desk.ledger.record(
        LedgerChanges(
            at=desk.now,
            matches=(desk.match(1, first=kept),),
            entries=(desk.entry("E-1", kept.lower()),),
            organisation_events=(("O-1", "Borås Stad, info@borås.example, is new"), ("O-2", "boras.example is new")),
            letters=(desk.letter(1, "mail:bo@b.example|info@xn--bors-soa.example", to=(kept, "bo@b.example")),),
        )
    )
    desk.send("introduction:M-1")
    desk.ledger.note_bounce("introduction:M-1", kept, f"5.1.1 no {kept}", desk.now)
    held = subject(desk.ledger, asked)
    assert [len(held[part]) for part in ("entries", "matches", "letters", "bounces")] == [1, 1, 1, 1]

    forget(desk.ledger, asked, desk.now)
    state = desk.ledger.load(desk.now)
    assert state.entries == ()
    assert state.matches["M-1"].sending.organisation == "(erased)"
    assert state.letters["introduction:M-1"].envelope.recipients == ("bo@b.example",)
    assert not any("bors" in key for key in state.meetings)
    assert [event for _, event in desk.ledger.history("O-1")] == ["(erased)"]
    assert [event for _, event in desk.ledger.history("O-2")] == ["boras.example is new"]
    desk.ledger.record(LedgerChanges(at=desk.now, entries=(desk.entry("E-2", "info@xn--bors-soa.example"),)))
    assert desk.ledger.load(desk.now).entries == ()


def test_forgetting_twice_is_harmless(known: Any) -> None:
    assert forget(known.ledger, ANA, known.now)["letters"] == 2
    state = known.ledger.load(known.now)
    assert sum(forget(known.ledger, ANA, known.now).values()) == 0
    assert known.ledger.load(known.now) == state


def test_old_things_are_let_go_and_pairs_stay_known(desk: Any) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    desk.ledger.record(
        LedgerChanges(
            at=long_ago,
            matches=(desk.match(1), desk.match(2), desk.match(3)),
            decisions=(Decision(match="M-2", declined=True),),
            entries=(desk.entry("E-1", "a@a.example", date(2024, 1, 1)), desk.entry("E-2", "b@b.example")),
            letters=(desk.letter(1),),
        )
    )
    desk.send("introduction:M-1", long_ago)
    gone = purge(desk.ledger, RetentionSettings(), desk.now)
    state = desk.ledger.load(desk.now)
    assert gone == {"entries": 1, "letter texts": 1, "refused proposals": 1}
    assert desk.ledger.letter("introduction:M-1") is None
    assert set(state.matches) == {"M-1", "M-3"}
    assert state.decisions["M-2"].declined
    assert set(state.meetings) == {"O-1a|O-1b"}
    assert purge(desk.ledger, RetentionSettings(), desk.now) == {}


def test_a_decision_counts_from_the_day_it_was_made_however_often_it_is_read(desk: Any) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    declined = (Decision(match="M-1", declined=True),)
    desk.ledger.record(LedgerChanges(at=long_ago, matches=(desk.match(1),), decisions=declined))
    desk.ledger.record(LedgerChanges(at=desk.now, decisions=declined))
    assert purge(desk.ledger, RetentionSettings(), desk.now) == {"refused proposals": 1}


def test_in_the_end_who_met_whom_goes_too(desk: Any) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    desk.ledger.record(LedgerChanges(at=long_ago, matches=(desk.match(1),), letters=(desk.letter(1),)))
    desk.send("introduction:M-1", long_ago)
    assert purge(desk.ledger, RetentionSettings(), desk.now)["introductions"] == 1
    state = desk.ledger.load(desk.now)
    assert state.matches == {}
    assert state.meetings == {}
    assert state.letters["introduction:M-1"].state == "sent"
    assert state.letters["introduction:M-1"].envelope.recipients == ()
    assert subject(desk.ledger, "ana@a.example")["letters"] == []
    assert purge(desk.ledger, RetentionSettings(), desk.now) == {}
