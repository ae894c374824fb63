"""People, Forms and cron in any order: nothing unapproved leaves, nothing twice, nothing approved is forgotten."""

from __future__ import annotations

import importlib.util
import re
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipeline.letters.verify import read_back
from pipeline.run import run as do_run
from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.person import Person
from pipeline.wiring import open_adapters


def _world() -> ModuleType:
    """The journeys' hands; state machines cannot use fixtures."""
    name = "journeys_conftest_for_machine"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("conftest.py"))
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


world = _world()


class Crash(BaseException):
    """The process dies here: nothing below catches it, as nothing catches kill -9."""


class Dying:
    """Passes calls on to an adapter and dies before or after one of them."""

    def __init__(self, real: Any, fuse: list[int], *, names: set[str]) -> None:
        self._real, self._fuse, self._names = real, fuse, names

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if name not in self._names:
            return value

        def call(*arguments: Any, **more: Any) -> Any:
            self._burn()
            answer = value(*arguments, **more)
            self._burn()
            return answer

        return call

    def _burn(self) -> None:
        self._fuse[0] -= 1
        if self._fuse[0] == 0:
            raise Crash

    @contextmanager
    def session(self) -> Any:
        with self._real.session() as session:
            yield Dying(session, self._fuse, names={"deliver"})


class Unticking:
    """A sheet in which a person acts just before the review tab is read once more."""

    def __init__(self, real: Any, act: Any) -> None:
        self._real, self._act = real, act

    def __getattr__(self, name: str) -> Any:
        if name == "read_review":
            self._act()
        return getattr(self._real, name)


LINES = ("The college is closed.", "The dates were wrong.")
LEDGER_STEPS = {"record", "claim", "mark_committing", "mark_sent", "mark_unsure", "mark_held", "requeue", "finish_run"}


class Matchmaking(RuleBasedStateMachine):
    """One sandbox; the model remembers only what was ticked when a run began."""

    @initialize()
    def open(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.sandbox = Sandbox(Path(self.directory.name) / "sandbox").__enter__()
        self.journey = world.Journey(self.sandbox, Person(self.sandbox.sheets_api, self.sandbox.spreadsheet_id))
        self.journey.init()
        # The answers are ten days old: whoever waits may be told that nobody was found yet.
        self.journey.overrides["MATCHMAKER_FOLLOW_UP__WAITING_WEEKS"] = "1"
        self.number = 0
        self.ever_ticked_at_run: set[str] = set()
        self.ever_told_at_run: set[str] = set()
        self.crashed = False
        self.letters: list[tuple[str, tuple[str, ...]]] = []
        self.corrections: list[tuple[str, str]] = []
        self.silent: set[str] = set()
        self.days: dict[str, set[str]] = {}
        """Organisation -> the addresses on its row, where the last run that ended saw a day beside it."""
        self.answers_taken_out: list[dict[str, Any]] = []
        self.withdrawn: set[str] = set()
        """Matches whose row said Withdrawn once."""
        self.before = 0
        self.ever_released_at_run: set[tuple[str, str]] = set()
        for hosts in (True, False, True, False):
            self._submit(hosts=hosts)
        self._submit(hosts=False, languages="Danish")
        self.run()
        self.person_ticks(self.journey.review()[0]["Match"])

    def _submit(self, *, hosts: bool, **more: Any) -> None:
        self.number += 1
        # Whoever sends is open to a third, so that the same visit is proposed with and without one.
        side = world.HOST if hosts else {**world.SEND, "third_party": "Yes"}
        self.journey.submit(
            world.make_answer(
                self.number,
                submitted_at=world.serial(datetime.now(UTC) - timedelta(days=10) + timedelta(seconds=self.number)),
                organisation=("Aster", "Briar", "Clover", "Daisy", "Elder", "Fern", "Gorse")[self.number % 7]
                + f" College {self.number}",
                country=("Sweden", "Norway", "France", "Italy")[self.number % 4],
                city=f"Town {self.number}",
                **side,
                **more,
            )
        )

    @rule(hosts=st.booleans())
    def submit(self, hosts: bool) -> None:
        if self.number < 9:
            self._submit(hosts=hosts)

    @rule(data=st.data())
    def edit(self, data: Any) -> None:
        rows = self.journey.person.rows(world.RESPONSES)
        row = data.draw(st.sampled_from(rows))
        title = "offers" if row[world.TITLES["role"]] == "Host visitors" else "seeks"
        text = data.draw(st.sampled_from(["We know dual VET and companies well.", "Dual VET with small companies."]))
        self.journey.edit(row[world.TITLES["email"]], **{title: text})

    @rule(data=st.data())
    def update(self, data: Any) -> None:
        row = data.draw(st.sampled_from(self.journey.person.rows(world.RESPONSES)))
        keyed = {world.KEYS[title]: value for title, value in row.items() if title in world.KEYS and value != ""}
        self.journey.submit(
            {**keyed, "kind": "Update of my earlier entry", "days": 2, "submitted_at": keyed["submitted_at"] + 0.5}
        )

    @rule(data=st.data())
    def withdraw(self, data: Any) -> None:
        row = data.draw(st.sampled_from(self.journey.person.rows(world.RESPONSES)))
        keyed = {world.KEYS[title]: value for title, value in row.items() if title in world.KEYS and value != ""}
        self.journey.submit({**keyed, "kind": "Withdraw my entry", "submitted_at": keyed["submitted_at"] + 0.7})

    @rule(data=st.data())
    def take_an_answer_out(self, data: Any) -> None:
        rows = self.journey.person.rows(world.RESPONSES)
        if len(rows) > 3 and not self.answers_taken_out:
            chosen = data.draw(st.sampled_from(rows))
            self.answers_taken_out.append(self.journey.take_out(chosen[world.TITLES["email"]]))

    @precondition(lambda self: self.answers_taken_out)
    @rule()
    def bring_it_back(self) -> None:
        self.journey.submit(self.answers_taken_out.pop())

    @rule(descending=st.booleans(), column=st.integers(0, 8))
    def sort(self, descending: bool, column: int) -> None:
        self.journey.person.batch(
            {
                "sortRange": {
                    "range": {"sheetId": self.journey.person.sheet_id("Review"), "startRowIndex": 1},
                    "sortSpecs": [{"dimensionIndex": column, "sortOrder": "DESCENDING" if descending else "ASCENDING"}],
                }
            }
        )

    @precondition(lambda self: self.journey.review())
    @rule(data=st.data(), title=st.sampled_from(["Approve", "Approve", "Approve", "Decline"]), value=st.booleans())
    def tick(self, data: Any, title: str, value: bool) -> None:
        row = data.draw(st.sampled_from(self.journey.review()))
        self.journey.person.put("Review", row["#"], title, value)

    @precondition(lambda self: self.journey.review())
    @rule(data=st.data(), line=st.sampled_from(LINES), value=st.sampled_from([True, True, False]))
    def tick_a_correction(self, data: Any, line: str, value: bool) -> None:
        """Mostly where there is something to correct."""
        rows = self.journey.review()
        introduced = [row for row in rows if row["Status"].startswith("Introduced")]
        row = data.draw(st.sampled_from(introduced or rows))
        self.journey.person.put("Review", row["#"], "Correction", line)
        self.journey.person.put("Review", row["#"], "Send correction", value)

    @rule(data=st.data(), value=st.sampled_from([True, True, False]))
    def tick_to_tell(self, data: Any, value: bool) -> None:
        """Mostly where there is something to tell."""
        rows = self.journey.person.rows("Entries")
        waiting = [row for row in rows if row["What became of it"].startswith("Still waiting")]
        if rows:
            row = data.draw(st.sampled_from(waiting or rows))
            self.journey.person.put("Entries", row["#"], "Tell them", value)

    @rule(data=st.data())
    def run_while_nobody_is_to_be_told_any_more(self, data: Any) -> None:
        """The tick on Tell them goes between our first reading and the last one before the letter leaves."""
        ticked = [row for row in self.journey.person.rows("Entries") if row["Tell them"] is True]
        if not ticked:
            return
        chosen = data.draw(st.sampled_from(ticked))
        self._begin()
        if chosen["E-mail"] not in self._told():
            self.ever_told_at_run.discard(chosen["E-mail"])

        def untick() -> None:
            rows = self.journey.person.rows("Entries")
            number = next((row["#"] for row in rows if row["Id"] == chosen["Id"]), None)
            if number:
                self.journey.person.put("Entries", number, "Tell them", False)

        configuration = self.journey.settings()
        with open_adapters(configuration) as outside:
            do_run(replace(outside, sheet=Unticking(outside.sheet, untick)), configuration)
        self._end()

    @rule(descending=st.booleans(), column=st.integers(0, 7))
    def sort_entries(self, descending: bool, column: int) -> None:
        where = {"sheetId": self.journey.person.sheet_id("Entries"), "startRowIndex": 1}
        order = "DESCENDING" if descending else "ASCENDING"
        specs = [{"dimensionIndex": column, "sortOrder": order}]
        self.journey.person.batch({"sortRange": {"range": where, "sortSpecs": specs}})

    @rule(data=st.data(), until=st.sampled_from(["1 March 2099", "1 March 2099", "1 March 2020", "some day", ""]))
    def ask_for_silence(self, data: Any, until: str) -> None:
        row = data.draw(st.sampled_from(self.journey.person.rows("Organisations")))
        self.journey.person.put("Organisations", row["#"], "Leave alone until", until)

    @rule(data=st.data())
    def delete_an_organisation(self, data: Any) -> None:
        rows = self.journey.person.rows("Organisations")
        if rows:
            self.journey.delete("Organisations", data.draw(st.sampled_from(rows))["#"])

    def person_ticks(self, match: str, *, value: bool = True) -> None:
        self.journey.tick(match, value=value)

    @precondition(lambda self: self.journey.review())
    @rule(data=st.data())
    def tick_and_run(self, data: Any) -> None:
        row = data.draw(st.sampled_from(self.journey.review()))
        self.person_ticks(row["Match"])
        self.run()

    @precondition(lambda self: any(row["Approve"] is True for row in self.journey.review()))
    @rule(data=st.data())
    def run_while_somebody_unticks(self, data: Any) -> None:
        """The tick goes between our first reading and the last one before the letter leaves."""
        ticked = [row["Match"] for row in self.journey.review() if row["Approve"] is True]
        match = data.draw(st.sampled_from(ticked))
        self._begin()
        if match not in {sent for sent, _ in self.letters}:
            self.ever_ticked_at_run.discard(match)
        configuration = self.journey.settings()
        with open_adapters(configuration) as outside:
            unticking = Unticking(outside.sheet, lambda: self.person_ticks(match, value=False))
            do_run(replace(outside, sheet=unticking), configuration)
        self._end()

    @precondition(lambda self: self.journey.review())
    @rule(data=st.data())
    def delete_row(self, data: Any) -> None:
        self.journey.delete("Review", data.draw(st.sampled_from(self.journey.review()))["#"])

    @rule()
    def run(self) -> None:
        self._begin()
        self.journey.run()
        self._end()

    @rule(at=st.integers(1, 30))
    def run_and_crash(self, at: int) -> None:
        self._begin()
        configuration = self.journey.settings()
        fuse = [at]
        with suppress(Crash), open_adapters(configuration) as outside:
            dying = replace(
                outside,
                ledger=Dying(outside.ledger, fuse, names=LEDGER_STEPS),
                sheet=Dying(outside.sheet, fuse, names={"write", "read_review"}),
                mailer=Dying(outside.mailer, fuse, names=set()),
            )
            do_run(dying, configuration)
        self.crashed = self.crashed or fuse[0] <= 0
        self._end(crashed=fuse[0] <= 0)

    def _begin(self) -> None:
        rows = self.journey.review()
        organisations = self.journey.person.rows("Organisations")
        written = {
            row["Id"]: set(row["Contacts"].split("; "))
            for row in organisations
            if row["Leave alone until"] in ("1 March 2099", "31 December 9999", "some day")
        }
        there = {row["Id"] for row in organisations}
        self.days_now = {**{one: who for one, who in self.days.items() if one not in there}, **written}
        self.silent = {address for addresses in self.days_now.values() for address in addresses}
        self.before = len(self.letters)
        self.ever_ticked_at_run |= {row["Match"] for row in rows if row["Approve"] is True}
        self.ever_released_at_run |= {
            (row["Match"], row["Correction"]) for row in rows if row["Send correction"] is True
        }
        self.ever_told_at_run |= {
            row["E-mail"] for row in self.journey.person.rows("Entries") if row["Tell them"] is True
        }

    def _end(self, *, crashed: bool = False) -> None:
        self.days = self.days if crashed else self.days_now
        gone = {row["Match"] for row in self.journey.review() if row["Status"].startswith("Withdrawn")}
        self.withdrawn |= gone - {match for match, _ in self.letters}
        seen = [(read_back(message.content), tuple(message.recipients)) for message in self.sandbox.messages()]
        self.told = [recipients for letter, recipients in seen if "X-Match-Id" not in letter.headers]
        seen = [one for one in seen if "X-Match-Id" in one[0].headers]
        self.letters = [
            (letter.headers["X-Match-Id"], recipients)
            for letter, recipients in seen
            if "In-Reply-To" not in letter.headers
        ]
        self.corrections = [
            (letter.headers["X-Match-Id"], next(line for line in LINES if line in letter.text))
            for letter, _ in seen
            if "In-Reply-To" in letter.headers
        ]

    def _told(self) -> set[str]:
        return {recipient for recipients in self.told for recipient in recipients}

    @invariant()
    def nothing_unapproved_and_nothing_twice(self) -> None:
        if not hasattr(self, "letters"):
            return
        assert self._told() <= self.ever_told_at_run
        assert all(len(recipients) == 1 for recipients in self.told)
        assert len(self.told) == len(self._told()), "nobody is told twice within half a year"
        matches = [match for match, _ in self.letters]
        assert set(self.corrections) <= self.ever_released_at_run
        assert len(self.corrections) == len(set(self.corrections)), "a line is sent once"
        assert {match for match, _ in self.corrections} <= set(matches), "only what left is corrected"
        assert set(matches) <= self.ever_ticked_at_run
        assert not set(matches) & self.withdrawn, "what was withdrawn is asked anew"
        assert len(matches) == len(set(matches))
        together = [set(recipients) for _, recipients in self.letters]
        assert not self.silent & {one for recipients in together[self.before :] for one in recipients}
        assert all(len(recipients) >= 2 for recipients in together)
        assert all(len(one & other) < 2 for one, other in combinations(together, 2)), "nobody meets twice"

    def teardown(self) -> None:
        if not hasattr(self, "sandbox"):
            return
        try:
            for row in self.journey.person.rows("Organisations"):
                self.journey.person.put("Organisations", row["#"], "Leave alone until", "")
            self.run()
            self.run()
            quiet = self.journey.run()
            assert quiet.sent == ()
            self._end()
            self.nothing_unapproved_and_nothing_twice()
            sent = {match for match, _ in self.letters}
            for row in self.journey.review():
                stage = re.split(r"[: ]", row["Status"])[0]
                if row["Approve"] is True and row["Decline"] is not True:
                    assert stage != "Proposed", row
                    if stage == "Approved":
                        assert "introductions in the last" in row["Status"], row
                assert (stage == "Introduced") == (row["Match"] in sent) or stage == "Unsure", row
                if row["Approve"] is not True:
                    assert stage != "Approved", row
                if stage == "Unsure":
                    assert self.crashed, row
                if stage == "Introduced" and row["Send correction"] is True:
                    corrected = row["Match"] in {match for match, _ in self.corrections}
                    assert corrected or self.crashed, row
                    assert "correction sent on" in row["Status"] or "nobody knows" in row["Status"], row
        finally:
            self.sandbox.__exit__(None, None, None)
            self.directory.cleanup()


TestMatchmaking = Matchmaking.TestCase
TestMatchmaking.settings = settings(
    max_examples=7,
    stateful_step_count=12,
    suppress_health_check=list(HealthCheck),
)
