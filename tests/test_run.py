"""A run from reading to recording, with spreadsheet, ledger and mail server in memory: what arrives, what is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from pipeline.adapters.fingerprint import fingerprint
from pipeline.adapters.ledger.memory import MemoryLedger
from pipeline.adapters.mail.bounce_reading import UNKNOWN_ADDRESS
from pipeline.adapters.mail.memory import MemoryMailer
from pipeline.adapters.sheets.memory import MemorySpreadsheet
from pipeline.config import Settings
from pipeline.errors import AccessRefused, ConfigurationError, Exit, TryLater
from pipeline.letters.identity import correction_id, introduction_id
from pipeline.letters.verify import read_back
from pipeline.model import Letter, LetterKind, LetterState, Problem, SheetChanges, SheetSnapshot
from pipeline.ports import BeforeDot, Delivery, LedgerChanges, LedgerState, Outcome
from pipeline.run import Adapters, RunResult, look, problem_lines, rebuild, run
from pipeline.tabs.tab import RESPONSES
from tests.planning.conftest import Office, guest, host, message_id

HOST, GUEST = host(), guest()
MANY = (HOST, host("Bergen Skole", "Norway"), GUEST, guest("Porto Escola", "Portugal"))


@dataclass
class Mailbox:
    """Where sent letters and bounces show up: fulfils `ports.Evidence`."""

    found: dict[str, bool] = field(default_factory=dict)
    returned: list[tuple[str, str, str]] = field(default_factory=list)
    closed: TryLater | None = None
    asked: list[str] = field(default_factory=list)
    times: int = 0

    def was_sent(self, message_ids: Sequence[str]) -> Mapping[str, bool]:
        self.times += 1
        if self.closed:
            raise self.closed
        self.asked += message_ids
        return {one: self.found.get(one, False) for one in message_ids}

    def bounces(self, message_ids: Mapping[str, LetterKind]) -> Iterator[tuple[str, str, str]]:
        self.times += 1
        if self.closed:
            raise self.closed
        yield from self.returned


@dataclass
class House(Office):
    """An office with a mail server and a mailbox, whose runs are carried out."""

    mailer: MemoryMailer | None = field(default_factory=MemoryMailer)
    mailbox: Mailbox | None = None
    said: list[str] = field(default_factory=list)
    program: str = "1"
    """What stands beside sheet and ledger: the program, its settings, its templates."""

    def adapters(self) -> Adapters:
        return Adapters(
            sheet=self.sheet,
            ledger=self.ledger,
            clock=lambda: self.now,
            mailer=self.mailer,
            evidence=self.mailbox,
            inputs=self.inputs,
            fingerprint=partial(fingerprint, repr((self.program, self.settings, self.past, self.sending))),
            progress=self.said.append,
        )

    def run(self) -> RunResult:
        return run(self.adapters(), Settings.model_validate(self.settings))

    @property
    def arrived(self) -> list[str]:
        """The letters the mail server took."""
        return [letter.id for letter in self.mailer.taken] if self.mailer else []

    def state_of(self, letter: str) -> LetterState:
        return self.ledger.load(self.now).letters[letter].state

    def match(self, row: int = 2) -> str:
        """The id on a row of the review tab."""
        return str(self.rows()[row - 2]["Match"])


@pytest.fixture
def house() -> House:
    """Two organisations that fit have answered."""
    made = House()
    made.answer(HOST, GUEST)
    return made


@pytest.fixture
def approved(house: House) -> House:
    """One proposal, approved; no run since."""
    assert house.run().exit_code is Exit.DONE
    house.tick("Approve")
    return house


def letter_of(house: House) -> str:
    return introduction_id(house.match())


# -- the main job --------------------------------------------------------------------------------------


def test_from_two_answers_to_two_organisations_reading_a_letter(house: House) -> None:
    first = house.run()
    assert (first.exit_code, first.summary) == (Exit.DONE, "2 open entries: 1 new proposal.")
    assert house.statuses() == ["Proposed: tick Approve or Decline"]
    house.tick("Approve")
    second = house.run()
    assert second.exit_code is Exit.DONE
    assert second.summary == "2 open entries: 1 introduction sent, 1 status changed."
    assert second.sent == (letter_of(house),) == tuple(house.arrived)
    assert house.mailer is not None
    (letter,) = house.mailer.taken
    assert letter.envelope.recipients == ("office@kortrijk.example", "office@lysekil.example")
    assert house.statuses() == ["Introduced on 2026-11-20"]
    assert house.statuses("Exchanges") == ["Introduced on 2026-11-20: note the dates when you hear of them"]


def test_a_second_run_sends_and_writes_nothing(approved: House) -> None:
    for _ in range(2):  # the second one takes the pair out of what is offered and asked for
        approved.run()
    writes = approved.sheet.calls["writes"]
    again = approved.run()
    assert (again.exit_code, again.summary, again.sent) == (Exit.DONE, "", ())
    assert approved.sheet.calls["writes"] == writes
    assert len(approved.arrived) == 1


def test_a_quiet_run_reads_once(house: House) -> None:
    house.run()
    before = dict(house.sheet.calls)
    house.run()
    assert house.sheet.calls["reads"] - before["reads"] == 1


def test_a_run_with_letters_reads_twice_and_writes_at_most_twice(approved: House) -> None:
    before = dict(approved.sheet.calls)
    approved.run()
    assert approved.sheet.calls["reads"] - before["reads"] == 2
    assert approved.sheet.calls["writes"] - before["writes"] <= 2


def test_looking_touches_nothing(house: House) -> None:
    tabs = {name: [list(row) for row in rows] for name, rows in house.sheet.tabs.items()}
    _, plan = look(house.adapters())
    assert len(plan.matches.fresh) == 1
    assert house.sheet.tabs == tabs
    assert house.ledger.load(house.now).matches == {}
    assert house.ledger.load(house.now).last_run is None


def test_without_a_mailer_letters_stay(approved: House) -> None:
    approved.mailer = None
    approved.sending = False
    result = approved.run()
    assert (result.exit_code, result.sent) == (Exit.DONE, ())
    assert approved.statuses() == ["Approved: waits, letters are switched off; untick Approve to stop it"]


def test_a_letter_that_is_due_stays_when_nobody_delivers(approved: House) -> None:
    approved.mailer = None
    assert approved.run().sent == ()
    assert approved.state_of(letter_of(approved)) is LetterState.QUEUED


def test_the_ledger_remembers_how_each_run_ended(approved: House) -> None:
    result = approved.run()
    last = approved.ledger.load(approved.now).last_run
    assert last is not None
    assert (last.exit_code, last.summary, last.responses) == (0, result.summary, 2)


def test_what_is_being_done_is_told_on_the_way(approved: House) -> None:
    approved.said.clear()
    approved.run()
    assert approved.said == ["2 open entries, 1 candidates", f"letter {letter_of(approved)}"]


def test_the_closing_line_counts_in_one_and_many() -> None:
    house = House()
    house.answer(*MANY, host("Nobody", email="nobody"))
    assert house.run().summary == "4 open entries: 4 new proposals, 1 new problem."
    for row in range(2, 6):
        house.tick("Approve", row=row)
    assert house.run().summary == "4 open entries: 4 introductions sent, 4 statuses changed."
    alone = House()
    alone.answer(HOST, host("Nobody", email="nobody"), guest("No one", email="no one", submitted_at=46_341.25))
    assert alone.run().summary == "1 open entry: 2 new problems."


def test_questions_and_their_answers_are_counted() -> None:
    house = House()
    house.answer(HOST, host("Lysekil Vocational School", email="x@other.example"))
    assert house.run().summary == "2 open entries: 1 new question."
    house.tick("Same", tab="Same organisation?")
    assert house.run().summary == "2 open entries: 1 answer about organisations."


def test_other_letters_are_counted_apart_from_introductions() -> None:
    house = House()
    house.answer(host(share_contact="Ask me first"), GUEST)
    house.run()
    house.tick("Approve")
    result = house.run()
    assert result.summary == "2 open entries: 1 other letter sent, 1 status changed."
    assert [one.partition(":")[0] for one in result.sent] == ["question"]


# -- exit codes ----------------------------------------------------------------------------------------


def test_a_new_problem_needs_a_person_once(house: House) -> None:
    house.answer(host("Nobody", email="nobody"))
    assert [house.run().exit_code for _ in range(2)] == [Exit.NEEDS_A_PERSON, Exit.DONE]


def test_a_match_that_gets_stuck_needs_a_person_once(approved: House) -> None:
    approved.tick("Decline")
    result = approved.run()
    assert result.exit_code is Exit.NEEDS_A_PERSON
    assert [status.match for status in result.stuck] == [approved.match()]
    assert approved.statuses() == ["Held: both Approve and Decline are ticked; untick one of them"]
    assert approved.run().exit_code is Exit.DONE


def test_waiting_proposals_and_open_questions_need_nobody() -> None:
    house = House()
    house.answer(HOST, host("Lysekil Vocational School", email="x@other.example"), GUEST)
    assert house.run().exit_code is Exit.DONE
    assert house.statuses("Same organisation?")


def test_a_run_that_cannot_read_is_remembered_with_its_code(house: House) -> None:
    del house.sheet.tabs["Review"]
    with pytest.raises(ConfigurationError):
        house.run()
    last = house.ledger.load(house.now).last_run
    assert last is not None
    assert last.exit_code == int(Exit.CONFIGURATION)
    assert "matchmaker init" in last.summary


# -- brakes --------------------------------------------------------------------------------------------


def test_a_brake_writes_one_line_sends_nothing_and_a_tick_releases_it() -> None:
    house = House()
    house.answer(*MANY)
    house.run()
    for row in range(2, 6):
        house.tick("Approve", row=row)
    answers = house.sheet.tabs[RESPONSES]
    house.sheet.tabs[RESPONSES] = answers[:1]
    before = house.rows()
    stopped = house.run()
    assert stopped.exit_code is Exit.BRAKE
    assert stopped.summary.startswith("4 of 4 known answers are no longer in the responses tab.")
    assert house.rows() == before
    (line,) = house.rows("Problems")
    assert (line["Where"], line["Go on"]) == ("The form's answers", False)
    assert house.arrived == []
    writes = house.sheet.calls["writes"]
    assert house.run().exit_code is Exit.BRAKE
    assert house.sheet.calls["writes"] == writes, "the line stands already"
    house.tick("Go on", tab="Problems")
    assert house.run().exit_code is not Exit.BRAKE
    assert house.arrived == []
    assert {status.split(":")[0] for status in house.statuses()} == {"Withdrawn"}


def test_a_brake_changes_nothing_the_ledger_knows() -> None:
    house = House()
    house.answer(*MANY)
    house.run()
    before = house.ledger.load(house.now)
    house.sheet.tabs[RESPONSES] = house.sheet.tabs[RESPONSES][:1]
    house.run()
    after = house.ledger.load(house.now)
    assert (after.matches, after.entries, after.letters) == (before.matches, before.entries, before.letters)
    assert after.last_run is not None
    assert after.last_run.exit_code == int(Exit.BRAKE)


def lost(house: House) -> House:
    """The disk was lost: the same spreadsheet, an empty ledger of another name."""
    house.ledger = MemoryLedger(instance="another")
    return house


def test_after_a_lost_disk_nothing_is_sent_until_the_officer_says_that_the_sheet_is_right(approved: House) -> None:
    approved.run()
    match = approved.match()
    house = lost(approved)
    assert house.run().exit_code is Exit.BRAKE
    assert house.statuses() == ["Introduced on 2026-11-20"]
    house.tick("Go on", tab="Problems")
    assert house.run().exit_code is Exit.DONE
    record = house.ledger.load(house.now).letters[introduction_id(match)]
    assert (record.state, record.detail) == (LetterState.SENT, "taken over from the spreadsheet")
    assert record.envelope.recipients == ("office@kortrijk.example", "office@lysekil.example")
    assert house.statuses() == ["Introduced on 2026-11-20"]
    assert str(house.sheet.owner).startswith("another@here@")
    assert len(house.arrived) == 1


# -- the clock -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("passed", [{"hours": -2}, {"days": 401}, {"weeks": 208}], ids=["behind", "ahead", "far ahead"])
def test_a_wrong_clock_changes_nothing_until_it_is_mended(approved: House, passed: dict[str, float]) -> None:
    before, said = approved.ledger.load(approved.now), approved.statuses()
    right = approved.now
    approved.wait(**passed)
    for _ in range(2):
        result = approved.run()
        assert (result.exit_code, result.sent) == (Exit.BRAKE, ())
        assert "clock of this machine" in result.summary
    approved.now = right + timedelta(minutes=10)
    after = approved.ledger.load(right)
    assert (after.matches, after.entries, approved.statuses()) == (before.matches, before.entries, said)
    assert len(approved.run().sent) == 1


def test_a_clock_that_is_right_all_the_same_goes_on_after_a_tick(approved: House) -> None:
    approved.wait(days=401)
    assert approved.run().exit_code is Exit.BRAKE
    approved.wait(days=1)
    approved.tick("Go on", tab="Problems")
    assert len(approved.run().sent) == 1
    assert approved.run().exit_code is Exit.DONE


def test_when_most_answers_expire_at_once_the_officer_is_asked() -> None:
    """A clock seven months ahead is no unlikely one, but that all of them are over at once is."""
    house = House(settings={"matching": {"entry_months": 6}})
    house.answer(*(host(f"College{number} Skole") for number in range(5)))
    house.run()
    house.wait(days=210)
    result = house.run()
    assert result.exit_code is Exit.BRAKE
    assert "5 of 5 open answers have expired since the last run" in result.summary
    house.tick("Go on", tab="Problems")
    assert house.run().exit_code is not Exit.BRAKE
    assert house.run().exit_code is Exit.DONE


# -- copies, backups and takeovers -----------------------------------------------------------------------


def second_machine(house: House) -> House:
    """Another machine with a copy of the state folder, before the same spreadsheet and the same mail server."""
    other = replace(house, ledger=deepcopy(house.ledger), host="there", said=[])
    other.sheet = MemorySpreadsheet(house.sheet.tabs, owner=house.sheet.owner)
    return other


def same_sheet(house: House, other: House) -> None:
    """What the other machine finds when it reads: each has read and written through a connection of its own."""
    other.sheet = MemorySpreadsheet(house.sheet.tabs, owner=house.sheet.owner)


def test_a_copy_of_the_ledger_sends_nothing_once_the_other_has_run(approved: House) -> None:
    other = second_machine(approved)
    assert len(approved.run().sent) == 1
    same_sheet(approved, other)
    result = other.run()
    assert (result.exit_code, result.sent) == (Exit.BRAKE, ())
    assert "A copy of this ledger" in result.summary
    assert "on here, 2026-11-20 09:00 UTC" in result.summary
    assert len(approved.arrived) == 1


def test_a_copy_that_read_at_the_same_moment_is_refused_before_its_first_letter(approved: House) -> None:
    """Nothing but the letter is to be written: the mark is written all the same."""
    other = second_machine(approved)
    # Both have read; the first to write is the one that sends.
    theirs = other.sheet.read()
    approved.run()
    other.sheet.tabs, other.sheet.owner = approved.sheet.tabs, approved.sheet.owner
    other.sheet.read = lambda: theirs  # type: ignore[method-assign]
    with pytest.raises(TryLater, match="Another machine has just begun to serve this spreadsheet"):
        other.run()
    assert len(approved.arrived) == 1


def test_an_older_backup_of_the_ledger_sends_nothing(approved: House) -> None:
    backup = deepcopy(approved.ledger)
    approved.run()
    approved.sheet.tabs["Review"] = approved.sheet.tabs["Review"][:1]
    approved.sheet.tabs["Exchanges"] = approved.sheet.tabs["Exchanges"][:1]
    approved.ledger = backup
    assert approved.run().exit_code is Exit.BRAKE
    assert len(approved.arrived) == 1


def test_a_backup_from_the_middle_of_a_run_sends_nothing(approved: House) -> None:
    backups: list[MemoryLedger] = []
    take = MemorySpreadsheet.read_review

    class Halfway(MemorySpreadsheet):
        def read_review(self, *others: str) -> SheetSnapshot:
            backups.append(deepcopy(approved.ledger))
            return take(self, *others)

    approved.sheet = Halfway(approved.sheet.tabs, owner=approved.sheet.owner)
    approved.run()
    (approved.ledger,) = backups
    assert approved.run().exit_code is Exit.BRAKE
    assert len(approved.arrived) == 1


@pytest.fixture
def taken_over(approved: House) -> House:
    """An older ledger serves the spreadsheet since the officer said so; the other one has sent the letter."""
    backup = deepcopy(approved.ledger)
    approved.run()
    approved.sheet.tabs["Exchanges"] = approved.sheet.tabs["Exchanges"][:1]
    approved.sheet.put("Review", 2, "Status", f"Proposed: tick Approve or Decline · {approved.match()}")
    approved.ledger = backup
    assert approved.run().exit_code is Exit.BRAKE
    approved.tick("Go on", tab="Problems")
    return approved


def test_whoever_takes_over_waits_until_the_other_must_have_ended(taken_over: House) -> None:
    taken_over.mailbox = Mailbox()
    taken_over.settings = {"imap": {"complete": True}}
    result = taken_over.run()
    assert result.sent == ()
    assert taken_over.mailbox.asked == []
    (status,) = taken_over.statuses()
    assert status == (
        "Approved: waits, another ledger served this spreadsheet until now; letters leave after 2026-11-20 09:25 UTC, "
        "when its last run must have ended; untick Approve to stop it"
    )
    taken_over.wait(minutes=24)
    assert taken_over.run().sent == ()
    assert len(taken_over.arrived) == 1


def test_whoever_takes_over_asks_the_mailbox_what_the_other_has_sent(taken_over: House) -> None:
    letter = letter_of(taken_over)
    taken_over.mailbox = Mailbox(found={message_id(letter): True})
    taken_over.run()
    taken_over.wait(minutes=26)
    assert taken_over.run().sent == ()
    assert taken_over.statuses() == ["Introduced on 2026-11-20"]
    assert taken_over.ledger.load(taken_over.now).serving.took_over is None
    assert taken_over.arrived == [letter]


def test_a_mailbox_that_holds_everything_and_not_this_lets_it_leave(taken_over: House) -> None:
    taken_over.mailbox = Mailbox()
    taken_over.settings = {"imap": {"complete": True}}
    taken_over.run()
    taken_over.wait(minutes=26)
    assert taken_over.run().sent == (letter_of(taken_over),)


@pytest.mark.parametrize("mailbox", [None, Mailbox()], ids=["no mailbox", "a mailbox that may lack some"])
def test_what_no_mailbox_can_deny_is_for_the_officer_to_say(taken_over: House, mailbox: Mailbox | None) -> None:
    taken_over.mailbox = mailbox
    taken_over.run()
    taken_over.wait(minutes=26)
    assert taken_over.run().sent == ()
    (status,) = taken_over.statuses()
    assert status.startswith(
        "Unsure: another ledger may have sent it (2026-11-20 09:26 UTC). Look into the Sent mailbox"
    )
    taken_over.tick("Was not sent")
    assert taken_over.run().sent == (letter_of(taken_over),)


def test_while_the_mailbox_does_not_answer_whoever_takes_over_waits(taken_over: House) -> None:
    taken_over.mailbox = Mailbox(closed=TryLater("The mailbox does not answer.", hint="Later."))
    taken_over.run()
    taken_over.wait(minutes=26)
    assert taken_over.run().sent == ()
    assert (
        "the mailbox cannot be asked what has left already (The mailbox does not answer.)" in taken_over.statuses()[0]
    )
    taken_over.mailbox.closed = None
    taken_over.mailbox.found[message_id(letter_of(taken_over))] = True
    taken_over.run()
    assert taken_over.statuses() == ["Introduced on 2026-11-20"]


def test_sheet_and_ledger_of_yesterday_send_nothing_that_the_mailbox_holds(approved: House) -> None:
    """Neither can know; but the letter's Message-ID is the same on any machine."""
    yesterday = second_machine(approved)
    yesterday.sheet.tabs = deepcopy(approved.sheet.tabs)
    approved.run()
    yesterday.mailbox = Mailbox(found={message_id(letter_of(approved)): True})
    assert yesterday.run().sent == ()
    assert yesterday.statuses() == ["Introduced on 2026-11-20"]
    assert len(approved.arrived) == 1


def test_a_lost_ledger_heeds_the_exchanges_though_the_row_was_deleted(approved: House) -> None:
    approved.run()
    match = approved.match()
    approved.sheet.tabs["Review"] = approved.sheet.tabs["Review"][:1]
    approved.sheet.owner = None
    house = lost(approved)
    result = house.run()
    assert result.exit_code is Exit.BRAKE
    assert f"1 matches were introduced ({match})" in result.summary
    house.tick("Go on", tab="Problems")
    for _ in range(2):
        house.run()
    assert house.ledger.load(house.now).letters[introduction_id(match)].state is LetterState.SENT
    assert house.statuses() == ["Introduced on 2026-11-20"]
    assert len(house.arrived) == 1


def test_rebuilding_takes_over_what_the_sheet_says(approved: House) -> None:
    approved.run()
    house = lost(approved)
    assert rebuild(house.adapters()) == (house.match(),)
    assert str(house.sheet.owner).startswith("another@here@")
    assert house.run().exit_code is Exit.DONE
    assert len(house.arrived) == 1
    writes = house.sheet.calls["writes"]
    assert rebuild(house.adapters()) == ()
    assert house.sheet.calls["writes"] == writes


def test_an_adopted_match_bars_its_organisations(approved: House) -> None:
    approved.run()
    house = lost(approved)
    rebuild(house.adapters())
    assert house.ledger.load(house.now).meetings
    header, *_ = house.sheet.tabs["Review"]
    house.sheet.tabs["Review"] = [header]
    plan = house.run().plan
    assert plan is not None
    assert plan.matches.fresh == ()


LINE = "The college is closed until May."


@pytest.fixture
def introduced(approved: House) -> House:
    """A match that was introduced, and a correction that is ticked; no run since."""
    approved.run()
    correct(approved)
    return approved


def correct(house: House, line: str = LINE) -> None:
    house.sheet.put("Review", 2, "Correction", line)
    house.tick("Send correction")


def test_a_correction_leaves_once_and_is_told(introduced: House) -> None:
    correction = correction_id(introduced.match(), LINE)
    before = dict(introduced.sheet.calls)
    result = introduced.run()
    assert (result.exit_code, result.sent) == (Exit.DONE, (correction,))
    assert result.summary == "2 open entries: 1 other letter sent, 1 status changed."
    assert introduced.sheet.calls["reads"] - before["reads"] == 2
    assert introduced.sheet.calls["writes"] - before["writes"] <= 2
    assert introduced.statuses() == ["Introduced on 2026-11-20; correction sent on 2026-11-20"]
    assert introduced.statuses("Exchanges")[0].startswith("Introduced on 2026-11-20, corrected on 2026-11-20: ")
    assert introduced.mailer is not None
    first, second = introduced.mailer.taken
    assert second.envelope.recipients == first.envelope.recipients
    assert [introduced.run().summary for _ in range(2)] == ["", ""]
    assert len(introduced.arrived) == 2


@pytest.mark.parametrize("how", ["go on", "rebuild"])
def test_after_a_lost_disk_no_correction_is_sent_again(introduced: House, how: str) -> None:
    introduced.run()
    house = lost(introduced)
    if how == "rebuild":
        rebuild(house.adapters())
    else:
        assert house.run().exit_code is Exit.BRAKE
        house.tick("Go on", tab="Problems")
    for _ in range(2):
        assert house.run().exit_code is Exit.DONE
    assert house.state_of(correction_id(house.match(), LINE)) is LetterState.SENT
    assert len(house.arrived) == 2


def test_a_ledger_from_before_a_correction_sends_nothing_until_the_officer_says_so(introduced: House) -> None:
    backup = deepcopy(introduced.ledger)
    introduced.run()
    introduced.ledger = backup
    assert introduced.run().exit_code is Exit.BRAKE
    assert len(introduced.arrived) == 2
    introduced.tick("Go on", tab="Problems")
    for _ in range(2):
        assert introduced.run().exit_code is Exit.DONE
    assert len(introduced.arrived) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: sheet.put("Review", 2, "Send correction", False),
        lambda sheet: sheet.put("Review", 2, "Correction", "Wait, another line"),
    ],
    ids=["unticked", "another line"],
)
def test_a_correction_stopped_at_the_last_moment_stays_here(
    introduced: House, change: Callable[[MemorySpreadsheet], None]
) -> None:
    introduced.sheet = SecondThoughts(introduced.sheet, change)
    assert introduced.run().sent == ()
    assert len(introduced.arrived) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before the step", "after it"])
def test_a_crash_at_any_step_sends_no_correction_twice_and_loses_none(introduced: House, *, after: bool) -> None:
    correction, at = correction_id(introduced.match(), LINE), 0
    while True:
        at += 1
        house, stopped = crashed(introduced, at, after=after)
        if not stopped:
            break
        for _ in range(2):
            house.run()
        unsure = house.state_of(correction) is LetterState.UNSURE
        assert house.arrived.count(correction) == 1 or unsure, at
        (status,) = house.statuses()
        assert ("; whether a correction left nobody knows" in status) is unsure, at
        assert ("; correction sent on 2026-11-20" in status) is not unsure, at
    assert at > 6


def test_a_match_nobody_can_name_any_more_is_adopted_by_its_id(approved: House) -> None:
    """The disk was lost and an answer edited: the ledger will never know who stood on that row."""
    approved.run()
    match = approved.match()
    house = lost(approved)
    house.edit(3, seeks="We want something else.")
    assert house.run().exit_code is Exit.BRAKE
    house.tick("Go on", tab="Problems")
    house.run()
    record = house.ledger.load(house.now).letters[introduction_id(match)]
    assert (record.state, record.envelope.recipients) == (LetterState.SENT, ())
    assert len(house.arrived) == 1


# -- the tick, once more -------------------------------------------------------------------------------


class SecondThoughts(MemorySpreadsheet):
    """A spreadsheet in which somebody types between the first reading and the last."""

    def __init__(self, before: MemorySpreadsheet, change: Callable[[MemorySpreadsheet], None]) -> None:
        super().__init__(before.tabs, owner=before.owner)
        self._change = change

    def read_review(self, *others: str) -> Any:
        self._change(self)
        return super().read_review(*others)


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: sheet.put("Review", 2, "Approve", False),
        lambda sheet: sheet.put("Review", 2, "Decline", True),
        lambda sheet: sheet.put("Review", 2, "Message", "Wait, another line"),
        lambda sheet: sheet.put("Review", 2, "Decline", "no!"),
        lambda sheet: sheet.put("Review", 2, "Why", "changed"),
        lambda sheet: sheet.tabs["Review"].__delitem__(1),
    ],
    ids=["unticked", "declined too", "another message", "a no that is no tick", "tampered with", "deleted"],
)
def test_a_tick_taken_back_at_the_last_moment_keeps_the_letter_here(
    approved: House, change: Callable[[MemorySpreadsheet], None]
) -> None:
    approved.sheet = SecondThoughts(approved.sheet, change)
    assert approved.run().sent == ()
    assert approved.arrived == []
    assert approved.mailer is not None
    assert approved.mailer.sessions == 0, "nobody is called for nothing"


def test_a_line_changed_while_the_letter_waits_goes_out_as_it_stands(approved: House) -> None:
    approved.sheet.put("Review", 2, "Message", "The first thought.")
    approved.mailer = MemoryMailer({letter_of(approved): [Outcome.TRY_AGAIN] * 2})
    for _ in range(2):
        approved.run()
    approved.sheet.put("Review", 2, "Message", "Upon reflection.")
    approved.sheet = SecondThoughts(approved.sheet, lambda sheet: sheet.put("Review", 2, "Message", "Wait a bit."))
    assert approved.run().sent == ()
    approved.run()
    assert approved.mailer is not None
    (letter,) = approved.mailer.taken
    text = read_back(letter.content).text
    assert [line in text for line in ("Wait a bit.", "Upon reflection.", "The first thought.")] == [True, False, False]


def test_a_last_reading_without_the_tab_sends_nothing(approved: House) -> None:
    class Gone(MemorySpreadsheet):
        def read_review(self, *others: str) -> SheetSnapshot:
            return SheetSnapshot(tables={})

    approved.sheet = Gone(approved.sheet.tabs, owner=approved.sheet.owner)
    assert approved.run().sent == ()


def test_a_row_that_only_moved_meanwhile_is_as_good_as_before(approved: House) -> None:
    approved.sheet = SecondThoughts(approved.sheet, lambda sheet: sheet.tabs["Review"].insert(1, []))
    assert len(approved.run().sent) == 1


def test_a_review_tab_that_is_gone_at_the_last_moment_sends_nothing(approved: House) -> None:
    approved.sheet = SecondThoughts(approved.sheet, lambda sheet: sheet.tabs.__delitem__("Review"))
    with pytest.raises(TryLater):
        approved.run()
    assert approved.arrived == []


def test_the_digest_needs_no_tick() -> None:
    house = House(settings={"mail": {"digest_to": "secretariat@ours.example"}})
    house.answer(HOST, GUEST)
    assert house.run().sent == ("digest:2026-11-20",)
    assert house.run().sent == ()


# -- mail trouble --------------------------------------------------------------------------------------


def test_a_mail_outage_leaves_letters_waiting_and_everything_else_done(approved: House) -> None:
    approved.answer(host("Bergen Skole", "Norway"))
    trouble = TryLater("The mail server does not answer.", hint="The next run tries again.")
    approved.mailer = MemoryMailer(closed=trouble)
    result = approved.run()
    assert result.failure is trouble
    assert trouble.exit_code is Exit.TRY_LATER
    assert approved.statuses() == [
        "Proposed: tick Approve or Decline",
        "Approved: waits, The mail server does not answer.; untick Approve to stop it",
    ]
    last = approved.ledger.load(approved.now).last_run
    assert last is not None
    assert last.exit_code == int(Exit.TRY_LATER)
    approved.mailer = MemoryMailer()
    assert len(approved.run().sent) == 1


def test_a_refused_login_is_told_with_its_own_code(approved: House) -> None:
    approved.mailer = MemoryMailer(closed=AccessRefused("Wrong password.", hint="Mend mail.password_file."))
    result = approved.run()
    assert isinstance(result.failure, AccessRefused)
    last = approved.ledger.load(approved.now).last_run
    assert last is not None
    assert last.exit_code == int(Exit.ACCESS_REFUSED)


def test_a_server_that_is_not_ready_gets_the_same_bytes_again_after_15_30_60_minutes(approved: House) -> None:
    letter = letter_of(approved)
    approved.mailer = MemoryMailer({letter: [Outcome.TRY_AGAIN] * 4})
    first = approved.run()
    assert first.exit_code is Exit.TRY_LATER
    assert first.summary == "2 open entries: 1 letter waits for the mail server, 1 status changed."
    assert approved.statuses()[0].startswith("Approved: waits, the mail server was not ready (450")
    content = approved.ledger.load(approved.now).letters[letter].content
    for minutes in (0, 15, 30):
        if minutes:
            approved.wait(minutes=minutes - 1)
            assert approved.run().exit_code is Exit.DONE, "not yet"
            approved.wait(minutes=1)
        assert approved.run().exit_code is Exit.TRY_LATER
    approved.wait(hours=1)
    assert approved.run().sent == (letter,)
    assert [taken.content for taken in approved.mailer.taken] == [content]


def test_past_a_day_a_person_looks(approved: House) -> None:
    letter = letter_of(approved)
    approved.mailer = MemoryMailer({letter: [Outcome.TRY_AGAIN] * 20})
    tries = 0
    while approved.run().exit_code is not Exit.NEEDS_A_PERSON:
        tries += 1
        approved.wait(hours=25)
    assert tries == 8
    assert approved.statuses()[0].startswith("Held: tried 9 times: 450")


def test_a_refusal_for_good_holds_the_letter_and_the_others_go_on() -> None:
    house = House()
    house.answer(*MANY)
    house.run()
    for row in range(2, 6):
        house.tick("Approve", row=row)
    bad = introduction_id(house.match())
    house.mailer = MemoryMailer({bad: [Outcome.REFUSED]})
    result = house.run()
    assert (result.exit_code, len(result.sent)) == (Exit.NEEDS_A_PERSON, 3)
    assert result.summary == "4 open entries: 3 introductions sent, 4 statuses changed."
    assert house.state_of(bad) is LetterState.HELD
    assert house.statuses()[0].startswith("Held: 550 5.1.1 no such user. Untick Approve")
    assert house.run().exit_code is Exit.DONE


def test_after_unticking_and_ticking_a_refused_letter_is_tried_again(approved: House) -> None:
    letter = letter_of(approved)
    approved.mailer = MemoryMailer({letter: [Outcome.REFUSED]})
    approved.run()
    approved.tick("Approve", value=False)
    approved.run()
    assert approved.state_of(letter) is LetterState.WITHDRAWN
    approved.tick("Approve")
    assert approved.run().sent == (letter,)


def test_an_unclear_reply_is_left_to_a_person_and_never_sent_again(approved: House) -> None:
    letter = letter_of(approved)
    approved.mailer = MemoryMailer({letter: [Outcome.UNCLEAR]})
    assert approved.run().exit_code is Exit.NEEDS_A_PERSON
    assert approved.statuses()[0].startswith("Unsure: the connection broke after the final dot")
    assert approved.run().exit_code is Exit.DONE
    assert approved.arrived == []
    approved.tick("Was sent")
    assert approved.run().sent == ()
    assert approved.state_of(letter) is LetterState.SENT


def test_a_person_who_knows_that_it_did_not_leave_sends_it_again(approved: House) -> None:
    letter = letter_of(approved)
    approved.mailer = MemoryMailer({letter: [Outcome.UNCLEAR]})
    approved.run()
    approved.tick("Was not sent")
    assert approved.run().sent == (letter,)


class Surprising(MemoryMailer):
    """A mail server that does something unexpected with the first letter, before or after the final dot."""

    def __init__(self, error: BaseException, *, committed: bool) -> None:
        super().__init__()
        self._error: BaseException | None = error
        self._committed = committed

    @contextmanager
    def session(self) -> Iterator[Surprising]:
        yield self

    def deliver(self, letter: Any, before_dot: BeforeDot) -> Delivery:
        if self._error is None:
            return super().deliver(letter, before_dot)
        error, self._error = self._error, None
        if self._committed:
            before_dot()
        raise error


@pytest.mark.parametrize(
    ("error", "committed", "state"),
    [
        (TryLater("Broken pipe.", hint="Later."), False, LetterState.QUEUED),
        (TryLater("Broken pipe.", hint="Later."), True, LetterState.UNSURE),
        (RuntimeError("a secret"), False, LetterState.HELD),
        (RuntimeError("a secret"), True, LetterState.UNSURE),
    ],
)
def test_whatever_happens_to_one_letter_the_others_leave(
    error: Exception, state: LetterState, *, committed: bool
) -> None:
    house = House()
    house.answer(*MANY)
    house.run()
    for row in range(2, 6):
        house.tick("Approve", row=row)
    first = introduction_id(house.match())
    house.mailer = Surprising(error, committed=committed)
    result = house.run()
    assert len(result.sent) == 3
    record = house.ledger.load(house.now).letters[first]
    assert record.state is state
    assert "secret" not in record.detail


class Overtaken(MemoryLedger):
    """A ledger in which a letter was queued after it was read: the plan is made without it."""

    def __init__(self, before: MemoryLedger, *, keeps_bytes: bool) -> None:
        super().__init__()
        self._kept, self._keeps_bytes = before._kept, keeps_bytes

    def load(self, now: datetime) -> LedgerState:
        return replace(super().load(now), letters={})

    def letter(self, letter: str) -> Letter | None:
        return super().letter(letter) if self._keeps_bytes else None


@pytest.mark.parametrize("keeps_bytes", [True, False], ids=["as it was frozen", "its bytes are gone"])
def test_what_leaves_is_what_the_ledger_froze(approved: House, *, keeps_bytes: bool) -> None:
    (made,) = approved.plan().letters.due
    older = replace(made, content=made.content.replace(b"Dear", b"Good day,"))
    approved.ledger.record(LedgerChanges(at=approved.now, letters=(older,)))
    approved.ledger = Overtaken(approved.ledger, keeps_bytes=keeps_bytes)
    assert approved.run().sent == (made.id,)
    assert approved.mailer is not None
    assert [one.content for one in approved.mailer.taken] == [older.content if keeps_bytes else made.content]


def test_a_letter_somebody_else_claims_is_left_alone(approved: House) -> None:
    """Between plan and claim the pair was introduced through another letter."""
    claim = approved.ledger.claim
    approved.ledger.claim = lambda *_: "already met"  # type: ignore[method-assign]
    assert approved.run().sent == ()
    approved.ledger.claim = claim  # type: ignore[method-assign]
    assert len(approved.run().sent) == 1


def test_a_run_that_lasts_too_long_sends_no_more() -> None:
    house = House(settings={"run": {"max_seconds": 60}})
    house.answer(*MANY)
    house.run()
    for row in range(2, 6):
        house.tick("Approve", row=row)
    start = house.now

    class Slow(MemoryMailer):
        def deliver(self, letter: Any, before_dot: BeforeDot) -> Delivery:
            house.wait(seconds=30)
            return super().deliver(letter, before_dot)

    house.mailer = Slow()
    assert len(house.run().sent) == 3, "the third one begins in the very last second"
    assert house.now - start == timedelta(seconds=90)
    assert len(house.run().sent) == 1


# -- idle runs -----------------------------------------------------------------------------------------


@pytest.fixture
def idle(house: House) -> House:
    """A proposal waits for the officer; the run before found nothing to do."""
    house.run()
    house.run()
    assert house.run().plan is None, "nothing has changed"
    return house


def test_an_idle_run_tells_and_writes_nothing_and_knows_how_many_entries_are_open(idle: House) -> None:
    writes = idle.sheet.calls["writes"]
    result = idle.run()
    assert (result.summary, result.exit_code, result.open_entries) == ("", Exit.DONE, 2)
    assert idle.sheet.calls["writes"] == writes
    last = idle.ledger.load(idle.now).last_run
    assert last is not None
    assert (last.responses, last.started) == (2, idle.now), "and `status` tells when it was"


CHANGES: dict[str, Callable[[House], object]] = {
    "a tick": lambda house: house.tick("Approve"),
    "another answer": lambda house: house.answer(MANY[0]),
    "an edited answer": lambda house: house.edit(2, languages="French"),
    "a note beside a row": lambda house: house.sheet.put("Review", 2, "Notes", "Good luck"),
    "a new day": lambda house: house.wait(days=1),
    "the program, its templates or its form": lambda house: setattr(house, "program", "2"),
    "a setting": lambda house: house.settings.update(matching={"proposals_per_request": 1}),
    "letters switched off": lambda house: setattr(house, "sending", False),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_is_planned_for(idle: House, change: Callable[[House], object]) -> None:
    change(idle)
    assert idle.run().plan is not None


def test_an_hour_later_nothing_has_changed(idle: House) -> None:
    idle.wait(hours=1)
    assert idle.run().plan is None


def test_a_letter_that_the_server_put_off_is_tried_again_though_nothing_changed(approved: House) -> None:
    approved.mailer = MemoryMailer({letter_of(approved): [Outcome.TRY_AGAIN, Outcome.TRY_AGAIN]})
    approved.run()
    approved.run()
    for _ in range(3):
        assert approved.run().sent == (), "the server asked for a pause"
    approved.wait(hours=1)
    assert len(approved.run().sent) == 1


def test_a_letter_nobody_is_sure_of_keeps_runs_awake(unsure: House) -> None:
    for _ in range(3):
        assert unsure.run().plan is not None


def test_a_run_that_brakes_is_planned_each_time(house: House) -> None:
    house.run()
    house.tick("Approve")
    house.run()
    lost(house)
    for _ in range(3):
        assert house.run().exit_code is Exit.BRAKE


# -- crashes -------------------------------------------------------------------------------------------


class Crash(BaseException):
    """The machine stops."""


class Crashing:
    """Hands every call on, and stops before or after the `at`-th."""

    def __init__(self, inner: Any, steps: list[int], at: int, *, after: bool) -> None:
        self._inner, self._steps, self._at, self._after = inner, steps, at, after

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value):
            return value

        def call(*args: Any, **named: Any) -> Any:
            self._steps[0] += 1
            stops = self._steps[0] == self._at
            if stops and not self._after:
                raise Crash
            result = value(*args, **named)
            if stops:
                raise Crash
            return result

        return call


def crashed(prepared: House, at: int, *, after: bool) -> tuple[House, bool]:
    """A run of a copy that stops at its `at`-th step, and whether it got that far."""
    house = deepcopy(prepared)
    steps = [0]
    plain = house.adapters()
    adapters = Adapters(
        sheet=Crashing(plain.sheet, steps, at, after=after),
        ledger=Crashing(plain.ledger, steps, at, after=after),
        clock=plain.clock,
        mailer=plain.mailer,
        inputs=plain.inputs,
    )
    try:
        run(adapters, Settings())
    except Crash:
        return house, True
    return house, False


@pytest.mark.parametrize("after", [False, True], ids=["before the step", "after it"])
def test_a_crash_at_any_step_sends_nothing_twice_and_loses_nothing(*, after: bool) -> None:
    prepared = House(settings={"matching": {"proposals_per_request": 1}})
    prepared.answer(*MANY)
    prepared.run()
    for row in (2, 3):
        prepared.tick("Approve", row=row)
    at = 0
    while True:
        at += 1
        house, stopped = crashed(prepared, at, after=after)
        if not stopped:
            break
        for _ in range(2):
            house.run()
        arrived = house.arrived
        assert len(arrived) == len(set(arrived)), at
        letters = house.ledger.load(house.now).letters
        unsure = [one for one in letters.values() if one.state is LetterState.UNSURE]
        assert len(set(arrived) | {one.id for one in unsure}) == 2, at
        words = [status.split()[0].rstrip(":") for status in house.statuses()]
        assert words.count("Introduced") == 2 - len(unsure), at
        assert words.count("Unsure") == len(unsure), at
    assert at > 12


# -- evidence ------------------------------------------------------------------------------------------


@pytest.fixture
def unsure(approved: House) -> House:
    """A letter of which nobody knows whether it left."""
    approved.mailer = MemoryMailer({letter_of(approved): [Outcome.UNCLEAR]})
    approved.run()
    approved.mailbox = Mailbox()
    return approved


def test_a_letter_found_in_the_mailbox_was_sent(unsure: House) -> None:
    letter = letter_of(unsure)
    assert unsure.mailbox is not None
    unsure.mailbox.found[message_id(letter)] = True
    assert unsure.run().sent == ()
    assert unsure.state_of(letter) is LetterState.SENT
    assert unsure.statuses() == ["Introduced on 2026-11-20"]
    unsure.mailbox.asked.clear()
    unsure.run()
    assert unsure.mailbox.asked == []


def test_not_found_proves_nothing_in_a_mailbox_that_may_be_incomplete(unsure: House) -> None:
    for _ in range(3):
        unsure.wait(hours=2)
        assert unsure.run().sent == ()
    assert unsure.state_of(letter_of(unsure)) is LetterState.UNSURE


def test_not_found_twice_in_a_complete_mailbox_sends_it_again(unsure: House) -> None:
    unsure.settings = {"imap": {"complete": True, "grace_minutes": 60}}
    assert unsure.run().sent == ()
    unsure.wait(minutes=59)
    assert unsure.run().sent == ()
    unsure.wait(minutes=1)
    assert unsure.run().sent == (letter_of(unsure),)


def test_a_bounce_is_told_on_the_row_once(approved: House) -> None:
    approved.run()
    letter = letter_of(approved)
    approved.mailbox = Mailbox(returned=[(message_id(letter), "OFFICE@Lysekil.example", "no such user")])
    result = approved.run()
    assert result.exit_code is Exit.NEEDS_A_PERSON
    assert approved.statuses() == [
        (
            "Introduced on 2026-11-20; the letter did not reach office@lysekil.example: no such user. "
            "Please find a working address and tell the others"
        )
    ]
    assert approved.run().exit_code is Exit.DONE


@pytest.mark.parametrize(
    ("recipient", "noted"),
    [("journal@ours.example", []), ("x@thief.example", []), (UNKNOWN_ADDRESS, [UNKNOWN_ADDRESS])],
)
def test_only_a_bounce_of_ours_counts(approved: House, recipient: str, noted: list[str]) -> None:
    approved.run()
    approved.mailbox = Mailbox(returned=[(message_id(letter_of(approved)), recipient, "gone")])
    approved.run()
    assert list(approved.ledger.load(approved.now).letters[letter_of(approved)].bounced) == noted


def test_a_bounce_is_noted_in_its_first_words(approved: House) -> None:
    approved.run()
    letter = letter_of(approved)
    address = "office@lysekil.example"
    approved.mailbox = Mailbox(returned=[(message_id(letter), address, "first"), (message_id(letter), address, "then")])
    approved.run()
    assert approved.ledger.load(approved.now).letters[letter].bounced == {address: "first"}
    assert len([event for _, event in approved.ledger.history(letter) if "bounced" in event]) == 1


def test_a_bounce_of_a_letter_nobody_sent_or_that_may_not_have_left_says_nothing(unsure: House) -> None:
    address = "office@lysekil.example"
    unsure.settings = {"mail": {"digest_to": "secretariat@ours.example"}}
    unsure.run()
    assert unsure.arrived == ["digest:2026-11-20"], "something was sent, so that bounces are asked for"
    assert unsure.mailbox is not None
    unsure.mailbox.returned = [
        ("<strange@x.example>", address, "gone"),
        (message_id(letter_of(unsure)), address, "gone"),
    ]
    unsure.run()
    assert all(not record.bounced for record in unsure.ledger.load(unsure.now).letters.values())


def test_trouble_with_the_mailbox_stops_nothing(approved: House) -> None:
    approved.mailbox = Mailbox(closed=TryLater("The mailbox does not answer.", hint="Later."))
    assert len(approved.run().sent) == 1
    approved.answer(host("Bergen Skole", "Norway"))
    assert approved.run().exit_code is Exit.DONE


def test_a_mailbox_is_not_asked_when_nothing_left(house: House) -> None:
    house.mailbox = Mailbox(closed=TryLater("The mailbox does not answer.", hint="Later."))
    assert house.run().exit_code is Exit.DONE
    assert house.mailbox.times == 0


# -- small ---------------------------------------------------------------------------------------------


def test_problems_as_lines() -> None:
    assert problem_lines([Problem(where="Row 2", what="Wrong.", fix="Mend it.")]) == ["Row 2: Wrong. Mend it."]


def test_a_row_that_moved_while_it_was_written_is_written_by_the_next_run(approved: House) -> None:
    class Losing(MemorySpreadsheet):
        def write(self, changes: SheetChanges) -> frozenset[str]:
            super().write(SheetChanges(owner=changes.owner))
            return frozenset(update.key for updates in changes.updates.values() for update in updates)

    there = approved.sheet
    approved.sheet = Losing(there.tabs, owner=there.owner)
    approved.run()
    assert approved.statuses() == ["Proposed: tick Approve or Decline"]
    approved.sheet = MemorySpreadsheet(approved.sheet.tabs, owner=approved.sheet.owner)
    approved.run()
    assert approved.statuses() == ["Introduced on 2026-11-20"]


def test_somebody_who_asked_to_be_forgotten_is_not_proposed(house: House) -> None:
    house.forget("office@bergen.example")
    house.answer(host("Bergen Skole", "Norway"))
    house.run()
    assert [row["Receiving organisation"] for row in house.rows()] == ["Lysekil College"]
