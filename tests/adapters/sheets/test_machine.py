"""A machine looks for the sequence nobody thought of: people, runs, lost answers, older versions, in any order.

What must hold: only people change people's cells; a status stands beside its own match or nowhere; and after
three clean runs the sheet says what it should.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pipeline.errors import MatchmakerError
from pipeline.model import NewRow, RowUpdate, SheetChanges

HUMAN = ("Approve", "Decline", "Message", "Notes", "Agreed", "Refused", "Was sent", "Was not sent")
TEXTS = ("Proposed: tick Approve", "Approved: leaves at the next run", "Introduced on 2026-11-20", "Held: no answer")
OURS = re.compile(r"Sender |Host |Dear |M-|.* · M-")
LETTERS = "ABCDEFGH"
FAULTS = ("429", "503-before", "503-after", "lost-answer", "truncated", "html-502", "reset", "500")


def key(letter: str) -> str:
    return f"M-{letter * 10}"


class Officer:
    """Acts drawn at random, each one something people do."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.person = world.person
        self.marks = 0
        self.versions: list[Callable[[], None]] = []

    @property
    def title(self) -> str:
        return next(str(s.title) for s in self.person.book.sheets if s.title in ("Review", "Our matches"))

    def cells(self, *, strictly: bool = False) -> dict[tuple[str, str], object]:
        """What people wrote, in rows that belong to a match, by match and title.

        A row of ours that landed askew may show our texts in their columns until the next run; `strictly` not.
        """
        found = {}
        for record in self.person.records(self.title):
            match = record.get("Match")
            if not isinstance(match, str) or record.get("Sending organisation") != f"Sender {match[2]}":
                continue  # not a row of a match, or one of ours that landed askew and will be cleared
            for title, value in record.items():
                if not strictly and isinstance(value, str) and OURS.match(value):
                    continue
                if (title in HUMAN or title.startswith("My ")) and value not in (None, False):
                    found[match, title] = value
        return found

    def act(self, kind: str, where: int) -> None:
        """Do one of ACTS; `where` chooses row, column or version."""
        getattr(self, kind.replace(" ", "_"))(where)

    @property
    def header(self) -> list[str]:
        return [str(value) for value in self.person.grid(self.title)[0]]

    def row(self, where: int) -> int:
        return 1 + where % max(1, len(self.person.grid(self.title)) - 1)

    def mine(self) -> str:
        self.marks += 1
        return f"My {self.marks}"

    def sort(self, where: int) -> None:
        self.person.sorts(where % len(self.header), ("ASCENDING", "DESCENDING")[where % 2], self.title)

    def insert_row(self, where: int) -> None:
        self.person.inserts("ROWS", self.row(where), title=self.title)

    def delete_row(self, where: int) -> None:
        if len(self.person.grid(self.title)) > 2:
            self.person.deletes("ROWS", self.row(where), title=self.title)

    def insert_column(self, where: int) -> None:
        if len(self.header) < 24:
            place = where % (len(self.header) + 1)
            self.person.inserts("COLUMNS", place, title=self.title)
            self.person.types(0, place, self.mine(), self.title)

    def delete_column(self, where: int) -> None:
        own = [place for place, name in enumerate(self.header) if name.startswith("My ")]
        if own:
            self.person.deletes("COLUMNS", own[where % len(own)], title=self.title)

    def move_column(self, where: int) -> None:
        sheet, first = self.person.sheet(self.title), where % len(self.header)
        target = (first + 3) % len(self.header)
        if not first <= target <= first + 1:
            span = {"sheetId": sheet.sheet_id, "dimension": "COLUMNS", "startIndex": first, "endIndex": first + 1}
            self.person.does({"moveDimension": {"source": span, "destinationIndex": target}})

    def rename(self, _where: int) -> None:
        self.person.renames(self.title, "Our matches" if self.title == "Review" else "Review")

    def tick(self, where: int) -> None:
        self.person.types(self.row(where), self.header.index("Approve"), bool(where % 2), self.title)

    def type(self, where: int) -> None:
        place = self.header.index(("Message", "Notes")[where % 2])
        self.person.types(self.row(where), place, self.mine(), self.title)

    def type_over_status(self, where: int) -> None:
        self.person.types(self.row(where), self.header.index("Status"), (None, "ok")[where % 2], self.title)

    def keep_version(self, _where: int) -> None:
        self.versions.append(self.person.remembers())

    def restore_version(self, where: int) -> None:
        if self.versions:
            self.versions[where % len(self.versions)]()


ACTS = (
    "sort",
    "insert row",
    "delete row",
    "insert column",
    "delete column",
    "move column",
    "rename",
    "tick",
    "type",
    "type over status",
    "keep version",
    "restore version",
)
WHERE = st.integers(0, 40)
ACT = st.tuples(st.integers(0, 7), st.sampled_from(ACTS), WHERE)


def machine(new_world: Callable[[], Any]) -> type[RuleBasedStateMachine]:  # noqa: C901  (one machine, many rules)
    class Sheet(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.world = new_world()
            self.officer = Officer(self.world)
            self.wanted: dict[str, str] = {}
            self.human: dict[tuple[str, str], object] = {}
            self.runs(letters="ABC", texts=[0], meanwhile=[], fault=None)

        def acts(self, kind: str, where: int) -> None:
            self.only_people_changed_their_cells()
            self.officer.act(kind, where)
            self.human = self.officer.cells()

        @rule(kind=st.sampled_from(ACTS), where=WHERE)
        def at_rest(self, kind: str, where: int) -> None:
            self.acts(kind, where)

        @rule(
            letters=st.text(LETTERS, max_size=2),
            texts=st.lists(st.integers(0, len(TEXTS) - 1), min_size=1, max_size=4),
            meanwhile=st.lists(ACT, max_size=3),
            fault=st.none() | st.tuples(st.integers(1, 6), st.sampled_from(FAULTS)),
        )
        def runs(
            self, letters: str, texts: list[int], meanwhile: list[tuple[int, str, int]], fault: tuple[int, str] | None
        ) -> None:
            """A run, with people between its requests and perhaps one request that fails."""
            for letter in letters:
                self.wanted.setdefault(key(letter), TEXTS[0])
            for place, match in enumerate(sorted(self.wanted)):
                self.wanted[match] = TEXTS[texts[place % len(texts)]]
            asked = [0]
            failures: list[Exception] = []

            def before(_call: Any) -> None:
                try:
                    for when, kind, where in meanwhile:
                        if when == asked[0]:
                            self.acts(kind, where)
                except Exception as error:  # noqa: BLE001  (the server would make a 500 of it)
                    failures.append(error)
                asked[0] += 1
                if fault and asked[0] == fault[0]:
                    self.world.faults(fault[1])

            self.world.app.before_request.append(before)
            try:
                run_once(self.world, self.wanted)
            except MatchmakerError as error:
                if error.exit_code not in {3, 75, 78}:
                    raise
            finally:
                self.world.app.before_request.remove(before)
                self.world.app.service.faults.clear()
            if failures:
                raise failures[0]

        @invariant()
        def only_people_changed_their_cells(self) -> None:
            assert self.officer.cells() == self.human

        @invariant()
        def no_status_is_beside_another_match(self) -> None:
            for record in self.world.person.records(self.officer.title):
                for value in record.values():
                    if isinstance(value, str) and " · M-" in value and isinstance(record.get("Match"), str):
                        assert value.endswith(f" · {record['Match']}"), record

        def teardown(self) -> None:
            for _ in range(3):
                run_once(self.world, self.wanted)
            records = [r for r in self.world.person.records(self.officer.title) if r.get("Match")]
            standing = {str(r["Match"]): r["Status"] for r in records}
            assert standing == {match: f"{text} · {match}" for match, text in self.wanted.items()}
            assert self.officer.cells(strictly=True) == self.human

    return Sheet


def run_once(world: Any, wanted: dict[str, str]) -> None:
    """What a run does with the sheet: read, insert what is missing, read again, put the statuses right."""
    sheet = world.opened()
    seen = {str(r.cells["Match"]) for r in sheet.read().tables["Review"].rows if r.cells["Match"]}
    new = tuple(
        NewRow(
            key=match,
            cells={
                "Status": text,
                "Sending organisation": f"Sender {match[2]}",
                "Receiving organisation": f"Host {match[2]}",
                "Letter begins": "Dear colleagues",
                "Match": match,
            },
        )
        for match, text in wanted.items()
        if match not in seen
    )
    problems = {"Problems": ((f"{len(wanted)} matches", "", "", "", ""),)}
    sheet.write(SheetChanges(inserts={"Review": new}, contents=problems, last_checked=date(2026, 11, 20)))
    again = {str(r.cells["Match"]): r.cells["Status"] for r in sheet.read_review().tables["Review"].rows}
    changed = tuple(
        RowUpdate(key=match, cells={"Status": text})
        for match, text in wanted.items()
        if match in again and again[match] != text
    )
    sheet.write(SheetChanges(updates={"Review": changed}))


def test_people_and_failures_in_any_order(new_world: Callable[[], Any], pattern_world: Any) -> None:
    del new_world  # asked for its cleaning up
    run_state_machine_as_test(
        machine(pattern_world.copied),
        settings=settings(
            max_examples=25,
            stateful_step_count=8,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
