"""Any text in any answer: intake, plan and letters never raise, and a letter goes to the approved two or to nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.cleaning import clean_address
from pipeline.cleaning.data_files import data_file
from pipeline.config import Settings
from pipeline.forms.form import load_form
from pipeline.letters.compose import Composer
from pipeline.letters.templating import load_templates
from pipeline.letters.verify import read_back
from pipeline.model import Cell, SheetRow, SheetSnapshot, Table
from pipeline.planning.inputs import RunInputs
from pipeline.planning.plan import Plan, make_plan
from pipeline.ports import LedgerState
from pipeline.tabs import review as review_tab
from pipeline.tabs.tab import RESPONSES

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FORM = load_form()
TEMPLATES = load_templates(data_file().parent / "templates", "en")
SETTINGS = Settings()
CONTROLLED = {"submitted_at", "kind", "consent"}
"""Answers that decide whether a row is read at all; they have tests of their own."""

SNIPPETS = (
    "\r\nBcc: x@thief.example", "=?utf-8?q?=0D=0ABcc=3Ax=40thief=2Eexample?=", "<script>", "{{ 7*7 }}", "=HYPERLINK(",
    "x@thief.example", '"', "'", "<", ">", ",", ";", ":", "(", "\\", "\x00",
    "\x1b[2J", "\u202e", "\u200b", "\u0301" * 9,
    "\ud800", "\U000e0041", "＠", "％", "\u3164", "🙂", "Ж", "م", "\u200c", "https://thief.example", "=?", "?=", "--=_",
    ".", "\r\n.\r\n", "TRUE", "O'Brien", "école", " " * 50, "a" * 300,
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=20), max_size=6).map("".join)
NUMBERS = st.floats() | st.integers() | st.booleans() | st.none()


def good(number: int, **given_: Cell) -> dict[str, Cell]:
    return {
        "submitted_at": 46_340.5 + number,
        "email": f"office@organisation-{number}.example",
        "kind": "New entry",
        "contact_name": "Coordinator",
        "organisation": ("Lysekil College", "Kortrijk Training Centre")[number],
        "organisation_type": "VET school or provider",
        "country": ("Sweden", "Belgium")[number],
        "city": ("Lysekil", "Kortrijk")[number],
        "membership": "Member",
        "travellers": "Teachers and trainers",
        "formats": "Job shadowing",
        "topics": "Dual VET and apprenticeships",
        "role": ("Host visitors", "Send staff or learners")[number],
        "offers": "We show dual VET.",
        "seeks": "We want to learn dual VET.",
        "languages": "English",
        "fewer_opportunities": "No",
        "consent": "I agree",
        "share_contact": "Yes",
        "publish": "Yes",
        **given_,
    }


def table(name: str, header: tuple[str, ...], rows: Sequence[Mapping[str, Cell]]) -> Table:
    return Table(
        title=name,
        header=header,
        rows=tuple(SheetRow(number=number, cells=cells) for number, cells in enumerate(rows, start=2)),
    )


def message_id(letter: str) -> str:
    return f"<{letter.replace(':', '.').lower()}@x.example>"


def planned(answers: list[dict[str, Cell]], state: LedgerState, review: Sequence[Mapping[str, Cell]]) -> Plan:
    titles = {question.key: question.title for question in FORM.questions}
    responses = [{titles[key]: value for key, value in answer.items()} for answer in answers]
    snapshot = SheetSnapshot(
        tables={
            RESPONSES: table(RESPONSES, tuple(titles.values()), responses),
            "Review": table("Review", review_tab.TAB.titles, review),
        }
    )
    return make_plan(
        RunInputs(
            snapshot=snapshot,
            state=state,
            settings=SETTINGS,
            form=FORM,
            composer=Composer(mail=SETTINGS.mail, templates=TEMPLATES, message_id=message_id, now=NOW),
            now=NOW,
            is_erased=lambda _: False,
            aliases={},
        )
    )


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    changed=st.dictionaries(
        st.sampled_from([question.key for question in FORM.questions if question.key not in CONTROLLED]),
        HOSTILE | NUMBERS,
        max_size=12,
    ),
    note=HOSTILE,
    side=st.integers(0, 1),
)
def test_never_an_exception_and_never_a_wrong_recipient(changed: dict[str, Any], note: str, side: int) -> None:
    answers = [good(0), good(1)]
    answers[side] |= changed
    first = planned(answers, LedgerState(), [])
    assert first.letters.due == ()
    rows = [
        {**row.cells, "Approve": True, "Agreed": True, "Message": note}
        for row in first.changes.before.inserts.get("Review", ())
    ]
    state = LedgerState(matches=first.matches.all, entries=first.entries.plan.known)
    second = planned(answers, state, rows)
    allowed = set()
    for answer in answers:
        address = clean_address(str(answer["email"])) if isinstance(answer["email"], str) else ""
        allowed |= {address.text.lower()} if not isinstance(address, str) else set()
    for letter in second.letters.due:
        assert {one.lower() for one in letter.envelope.recipients} <= allowed
        assert len(letter.envelope.recipients) == 2
        head = letter.content.partition(b"\r\n\r\n")[0]
        assert b"\nBcc" not in head
        assert head.count(b"\nTo: ") == 1
        read_back(letter.content)
    if not changed:
        assert len(second.letters.due) == 1


def test_the_two_good_answers_do_meet() -> None:
    first = planned([good(0), good(1)], LedgerState(), [])
    (row,) = first.changes.before.inserts["Review"]
    second = planned(
        [good(0), good(1)],
        LedgerState(matches=first.matches.all, entries=first.entries.plan.known),
        [{**row.cells, "Approve": True}],
    )
    (letter,) = second.letters.due
    assert set(letter.envelope.recipients) == {"office@organisation-0.example", "office@organisation-1.example"}


@pytest.mark.parametrize("value", ["=TRUE()", "TRUE", 1, "☑", "yes"])
def test_what_is_no_tick_sends_nothing(value: Cell) -> None:
    first = planned([good(0), good(1)], LedgerState(), [])
    (row,) = first.changes.before.inserts["Review"]
    second = planned([good(0), good(1)], LedgerState(matches=first.matches.all), [{**row.cells, "Approve": value}])
    assert second.letters.due == ()
