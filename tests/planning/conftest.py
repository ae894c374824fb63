"""What a run reads, made of literals: answers by question key, rows of tabs by title, the ledger's state, settings.

`Office` keeps a spreadsheet and a ledger in memory from one run to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from pipeline.adapters.ledger.memory import MemoryLedger
from pipeline.adapters.secrets import address_hasher
from pipeline.adapters.sheets.memory import MemorySpreadsheet
from pipeline.cleaning.data_files import data_file
from pipeline.config import Settings
from pipeline.forms.form import load_form
from pipeline.letters.compose import Composer
from pipeline.letters.identity import introduction_id, meeting_keys, reminder_id
from pipeline.letters.templating import load_templates
from pipeline.model import (
    Cell,
    Envelope,
    LetterKind,
    LetterRecord,
    LetterState,
    Match,
    PastExchange,
    SheetRow,
    SheetSnapshot,
    Table,
)
from pipeline.planning.entries import Entries, read_entries
from pipeline.planning.inputs import RunInputs
from pipeline.planning.plan import Plan, make_plan
from pipeline.planning.ticks import Ticks, read_ticks
from pipeline.ports import LedgerState
from pipeline.tabs import review
from pipeline.tabs.all_tabs import TABS
from pipeline.tabs.tab import RESPONSES, tag_of

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FORM = load_form()
TEMPLATES = load_templates(data_file().parent / "templates", "en")
TITLES = {question.key: question.title for question in FORM.questions}
HASHED = address_hasher(b"")
"""What the ledger in memory keeps of an erased address."""
SUBMITTED = 46_340.5
"""14 November 2026, noon, as a spreadsheet counts days."""

Answers = Mapping[str, Cell]
"""One row of the responses tab by question key."""
Rows = Sequence[Mapping[str, Cell]]
"""Rows of a tab by title."""

_EITHER: Answers = {
    "submitted_at": SUBMITTED,
    "kind": "New entry",
    "contact_name": "Coordinator",
    "organisation_type": "VET school or provider",
    "membership": "Member",
    "travellers": "Teachers and trainers",
    "formats": "Job shadowing",
    "topics": "Dual VET and apprenticeships",
    "languages": "English",
    "fewer_opportunities": "No",
    "consent": "I agree",
    "share_contact": "Yes",
    "publish": "Yes",
}


def host(organisation: str = "Lysekil College", country: str = "Sweden", **changed: Cell) -> Answers:
    """The answers of somebody who receives guests."""
    return {
        **_EITHER,
        "organisation": organisation,
        "email": _address(organisation),
        "country": country,
        "city": organisation.split(maxsplit=1)[0],
        "role": "Host visitors",
        "offers": "We show dual VET.",
        **changed,
    }


def guest(organisation: str = "Kortrijk Training Centre", country: str = "Belgium", **changed: Cell) -> Answers:
    """The answers of somebody who would like to visit."""
    return {
        **_EITHER,
        "organisation": organisation,
        "email": _address(organisation),
        "country": country,
        "city": organisation.split(maxsplit=1)[0],
        "role": "Send staff or learners",
        "seeks": "We want to learn dual VET.",
        **changed,
    }


def _address(organisation: str) -> str:
    return f"office@{organisation.split(maxsplit=1)[0].lower()}.example"


def table(name: str, header: Sequence[str], rows: Rows) -> Table:
    """A tab with that header and those rows; of a row that was read back, what the `Status` ends in is its key."""
    key = next((tab.key for tab in TABS if tab.name == name), None)
    return Table(
        title=name,
        header=tuple(header),
        rows=tuple(
            SheetRow(number=number, cells=cells, tag=tag_of(str(cells[key])) if key and cells.get(key) else None)
            for number, cells in enumerate(rows, start=2)
        ),
    )


def snapshot_of(answers: Sequence[Answers], tabs: Mapping[str, Rows] | None = None, **more: Any) -> SheetSnapshot:
    """A spreadsheet with every tab of the program. `tabs`: name -> rows; those that are not named are empty."""
    given = tabs or {}
    responses = [{TITLES[key]: cell for key, cell in answer.items()} for answer in answers]
    return SheetSnapshot(
        tables={
            RESPONSES: table(RESPONSES, tuple(TITLES.values()), responses),
            **{tab.name: table(tab.name, tab.titles, given.get(tab.name, ())) for tab in TABS},
        },
        **more,
    )


def inputs_of(
    snapshot: SheetSnapshot,
    state: LedgerState,
    now: datetime = NOW,
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    erased: Sequence[str] = (),
    aliases: Mapping[str, Sequence[str]] | None = None,
    past: Sequence[PastExchange] = (),
    sending: bool = True,
) -> RunInputs:
    """The inputs of a run. `settings` by section and name, `erased` addresses as they are."""
    chosen = Settings.model_validate(settings or {})
    return RunInputs(
        snapshot=snapshot,
        state=state,
        settings=chosen,
        form=FORM,
        composer=Composer(mail=chosen.mail, templates=TEMPLATES, message_id=message_id, now=now),
        now=now,
        is_erased=lambda address: address in erased or HASHED(address) in state.erased,
        aliases=aliases or {},
        past=tuple(past),
        sending=sending,
    )


def message_id(letter: str) -> str:
    """A letter's Message-ID, told by its id."""
    return f"<{letter.replace(':', '.').lower()}@x.example>"


def make_inputs(
    *answers: Answers,
    tabs: Mapping[str, Rows] | None = None,
    state: LedgerState | None = None,
    now: datetime = NOW,
    **more: Any,
) -> RunInputs:
    """The inputs of a run from literals: `snapshot_of` and `inputs_of` in one."""
    of_sheet = {name: more.pop(name) for name in ("owner", "last_checked", "time_zone") if name in more}
    return inputs_of(snapshot_of(answers, tabs, **of_sheet), state or LedgerState(), now, **more)


def ticked(*rows: Mapping[str, Cell], **boxes: Cell) -> Rows:
    """Rows of the review tab as the officer leaves them: `Approve=True` and the like."""
    return [{**row, **{name.replace("_", " "): value for name, value in boxes.items()}} for row in rows]


def rows_of(plan: Plan, tab: str = review.TAB.name) -> Rows:
    """The rows that a plan puts into a tab."""
    return [row.cells for row in plan.changes.before.inserts.get(tab, ())]


def remembered(plan: Plan, **more: Any) -> LedgerState:
    """The ledger's state after that plan, without letters."""
    return LedgerState(
        matches=plan.matches.all,
        superseded=plan.matches.superseded,
        withdrawn={**plan.matches.gone, **plan.changes.ledger.matches_withdrawn},
        left_alone=plan.ticks.days,
        entries=plan.entries.plan.known,
        spellings=plan.entries.memory,
        judgements=plan.entries.judgements,
        form_columns=plan.entries.columns,
        **more,
    )


def introduction_record(
    match: Match, state: LetterState = LetterState.SENT, *, since: datetime = NOW, **more: Any
) -> LetterRecord:
    """A match's introduction as the ledger knows it."""
    return LetterRecord(
        id=introduction_id(match.id),
        kind=LetterKind.INTRODUCTION,
        match=match.id,
        state=state,
        message_id=message_id(introduction_id(match.id)),
        envelope=Envelope(sender="s@ours.example", recipients=tuple(party.email for party in match.parties)),
        content=more.pop("content", None),
        since=since,
        **more,
    )


def reminder_record(
    match: Match, state: LetterState = LetterState.SENT, *, since: datetime = NOW, **more: Any
) -> LetterRecord:
    """The reminder of a match as the ledger knows it."""
    return replace(
        introduction_record(match, state, since=since, **more), id=reminder_id(match.id, 1), kind=LetterKind.REMINDER
    )


def by_id(*records: LetterRecord) -> dict[str, LetterRecord]:
    """Letters as the ledger's state holds them."""
    return {record.id: record for record in records}


def met(match: Match, at: datetime = NOW) -> dict[str, datetime]:
    """That the sides of a match have met."""
    return dict.fromkeys(meeting_keys(match), at)


def first_steps(inputs: RunInputs) -> tuple[Entries, Ticks]:
    """The first two steps of a plan."""
    entries = read_entries(inputs)
    return entries, read_ticks(inputs, entries)


@dataclass
class Office:
    """The secretariat's spreadsheet and ledger in memory, and a clock; people type into `sheet`."""

    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    now: datetime = NOW
    sheet: MemorySpreadsheet = field(default_factory=lambda: MemorySpreadsheet(responses=tuple(TITLES.values())))
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    past: tuple[PastExchange, ...] = ()
    sending: bool = True
    host: str = "here"
    turns: Iterator[int] = field(default_factory=count)

    def answer(self, *answers: Answers) -> None:
        """Somebody fills in the form."""
        self.sheet.tabs[RESPONSES] += [[answer.get(key) for key in TITLES] for answer in answers]

    def edit(self, row: int, **changed: Cell) -> None:
        """Answers are changed in place; 2 is the first answer."""
        for key, cell in changed.items():
            self.sheet.put(RESPONSES, row, TITLES[key], cell)

    def tick(self, *titles: str, tab: str = review.TAB.name, row: int = 2, value: Cell = True) -> None:
        """Boxes of a row are ticked; 2 is the row on top."""
        for title in titles:
            self.sheet.put(tab, row, title, value)

    def rows(self, tab: str = review.TAB.name) -> list[dict[str, Cell]]:
        """The rows of a tab by title, as they are read."""
        return [dict(row.cells) for row in self.sheet.read().tables[tab].rows]

    def statuses(self, tab: str = review.TAB.name) -> list[str]:
        """The `Status` cells of a tab, from top to bottom."""
        return [str(row["Status"]) for row in self.rows(tab)]

    def inputs(self, snapshot: SheetSnapshot, state: LedgerState, now: datetime) -> RunInputs:
        """What a run reads."""
        made = inputs_of(snapshot, state, now, settings=self.settings, past=self.past, sending=self.sending)
        return replace(made, turn=f"{self.host}@{now:%Y-%m-%dT%H:%M:%S}@{next(self.turns)}")

    def plan(self) -> Plan:
        """What a run would do now."""
        return make_plan(self.inputs(self.sheet.read(), self.ledger.load(self.now), self.now))

    def keep(self, plan: Plan) -> None:
        """Write down what a plan says, as a run does that sends nothing."""
        self.ledger.record(plan.changes.ledger)
        self.sheet.write(plan.changes.before)
        self.sheet.write(plan.changes.after)

    def wait(self, **time: float) -> None:
        """Time passes: `weeks=4`."""
        self.now += timedelta(**time)

    def forget(self, *addresses: str) -> None:
        """These addresses are on the erasure list."""
        self.ledger = MemoryLedger(erased=[HASHED(address) for address in addresses])


@pytest.fixture
def office() -> Office:
    """An office in which nobody has answered yet."""
    return Office()


MakePlan = Callable[..., Plan]


def plan_of(*answers: Answers, **more: Any) -> Plan:
    """The plan of a run from literals."""
    return make_plan(make_inputs(*answers, **more))
