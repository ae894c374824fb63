"""What became of every answer: the words of its row, and when a tick on `Tell them` leads to a letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipeline.adapters.mail.memory import MemoryMailer
from pipeline.errors import Exit, MessageUnsafe, TryLater
from pipeline.letters.compose import Composer
from pipeline.letters.verify import read_back
from pipeline.model import Entry, Letter, LetterState, NearMiss, Role
from pipeline.planning.entry_status import told_party, widening
from pipeline.planning.match_content import Source
from pipeline.planning.plan import restated
from pipeline.ports import LedgerChanges, Outcome
from pipeline.run import look
from pipeline.tabs.tab import RESPONSES
from tests.planning.conftest import SUBMITTED, guest, host
from tests.planning.test_entries import read
from tests.test_run import House, Mailbox

REASON = "Nobody fits yet. The nearest is Lysekil College: No common language: French against English"
WAITING = f"Waiting since 14 November 2026. {REASON}"
STILL = f"Still waiting since 14 November 2026. {REASON}. Tick Tell them to tell them so"
FIRST = "Told on 9 January 2027 that nobody was found yet, waiting since 14 November 2026."
KORTRIJK, LYSEKIL = "Kortrijk Training Centre", "Lysekil College"


class Desk(House):
    """A house whose rows of `Entries` are found by organisation."""

    def row(self, organisation: str = KORTRIJK) -> int:
        """The number of its row."""
        rows = self.sheet.read().tables["Entries"].rows
        (found,) = (row.number for row in rows if row.cells["Organisation"] == organisation)
        return found

    def says(self, organisation: str = KORTRIJK) -> str:
        """What became of its answer."""
        number = self.row(organisation)
        return next(
            str(row.cells["What became of it"])
            for row in self.sheet.read().tables["Entries"].rows
            if row.number == number
        )

    def tell(self, organisation: str = KORTRIJK, *, value: Any = True) -> None:
        self.sheet.put("Entries", self.row(organisation), "Tell them", value)

    def runs(self, **time: float) -> str:
        """Time passes, cron runs; what became of Kortrijk's answer."""
        self.wait(**time)
        self.run()
        return self.says()

    def runs_on(self, **time: float) -> None:
        """Time passes, cron runs."""
        self.wait(**time)
        self.run()

    @property
    def told(self) -> list[str]:
        """The letters that left which say nobody was found yet, by number."""
        return [one.rpartition(":")[2] for one in self.arrived if one.startswith("waiting:E-")]


@pytest.fixture
def desk() -> Desk:
    """A host, and a request that speaks another language."""
    made = Desk()
    made.answer(host(), guest(languages="French"))
    made.run()
    return made


@pytest.fixture
def offered(desk: Desk) -> Desk:
    """Eight weeks later: the request can be told that nobody was found yet."""
    desk.runs(days=50)
    return desk


# -- what became of it ---------------------------------------------------------------------------------


def test_every_answer_has_a_row(desk: Desk) -> None:
    assert desk.says() == WAITING
    assert desk.says(LYSEKIL) == (
        "Waiting since 14 November 2026. No request fits yet. The nearest is from Kortrijk Training Centre: "
        "No common language: French against English"
    )
    first = desk.rows("Entries")[0]
    assert (first["Wants"], first["Offers"]) == ("Dual VET and apprenticeships. “We want to learn dual VET.”", None)
    assert (first["Since"], first["E-mail"]) == ("2026-11-14", "office@kortrijk.example")
    assert str(first["Id"]).startswith("E-")


def test_time_alone_changes_a_row_once(desk: Desk) -> None:
    desk.run()
    writes = desk.sheet.calls["writes"]
    for _ in range(3):
        assert desk.runs(days=7) == WAITING
    assert desk.sheet.calls["writes"] == writes + 3, "the day of the last look, and no more"
    assert desk.runs(days=29) == STILL
    assert desk.runs(days=200) == STILL


def test_proposed_approved_introduced_and_nothing_came_of_it() -> None:
    desk = Desk()
    desk.answer(host(), guest())
    desk.run()
    match = desk.match()
    assert desk.says() == f"Proposed to 1: Lysekil College ({match})"
    assert desk.says(LYSEKIL) == f"Proposed to 1: Kortrijk Training Centre ({match})"
    desk.tick("Approve")
    desk.sending = False
    assert desk.runs() == f"Proposed to 1: Lysekil College ({match}, approved)"
    desk.sending = True
    introduced = "Introduced to Lysekil College on 20 November 2026"
    assert desk.runs() == introduced
    assert desk.says(LYSEKIL) == "Introduced to Kortrijk Training Centre on 20 November 2026"
    desk.tick("Took place", tab="Exchanges")
    assert desk.runs() == f"{introduced}, and the exchange took place"
    desk.tick("Took place", tab="Exchanges", value=False)
    desk.sheet.put("Exchanges", 2, "From", "2027-03-01")
    assert desk.runs() == f"{introduced}, and dates are noted"
    desk.sheet.put("Exchanges", 2, "From", None)
    desk.tick("Will not happen", tab="Exchanges")
    assert desk.runs() == (
        "Waiting since 14 November 2026. Nobody fits yet. The nearest is Lysekil College: The two were introduced, or "
        "this was declined, within this round. Before that: introduced to Lysekil College on 20 November 2026, "
        "and nothing came of it"
    )


def test_a_correction_is_told() -> None:
    desk = Desk()
    desk.answer(host(), guest())
    desk.run()
    desk.tick("Approve")
    desk.run()
    desk.sheet.put("Review", 2, "Correction", "The dates were wrong.")
    desk.tick("Send correction")
    corrected = "Introduced to Lysekil College on 20 November 2026 (corrected on 23 November 2026"
    assert desk.runs(days=3) == f"{corrected})"
    assert isinstance(desk.mailer, MemoryMailer)
    sent = desk.mailer.taken[-1]
    desk.mailbox = Mailbox(returned=[(sent.message_id, sent.envelope.recipients[0], "550 no such user")])
    assert desk.runs() == f"{corrected}, which did not reach everybody)"
    assert desk.statuses()[0].endswith(
        "it did not reach office@kortrijk.example: 550 no such user. Please tell them in another way"
    )


def test_where_a_match_stands_is_written_before_the_answers_that_follow_it() -> None:
    """One write changes at most a thousand statuses, in this order."""
    desk = Desk()
    desk.answer(host(), guest())
    desk.run()
    desk.tick("Approve")
    inputs, plan = look(desk.adapters())
    _, after = restated(inputs, plan, inputs.state)
    assert list(after.updates) == ["Review", "Entries"]


def test_nothing_was_heard_since() -> None:
    desk = Desk()
    desk.answer(host(), guest())
    desk.run()
    desk.tick("Approve")
    desk.run()
    assert desk.runs(weeks=7).startswith("Introduced to Lysekil College")
    assert desk.runs(weeks=2).endswith(
        "Before that: introduced to Lysekil College on 20 November 2026, and nothing was heard since"
    )


def test_several_proposals_are_listed_and_many_counted() -> None:
    desk = Desk(settings={"matching": {"proposals_per_request": 7}})
    names = ("Bergen", "Porto", "Turku", "Cork", "Graz", "Gent", "Nice")
    countries = ("Norway", "Portugal", "Finland", "Ireland", "Austria", "Italy", "France")
    desk.answer(guest(), *(host(f"{name} Skole", country) for name, country in zip(names, countries, strict=True)))
    desk.run()
    said = desk.says()
    assert said.startswith("Proposed to 7: ")
    assert said.count("(M-") == 5
    assert said.endswith("; and 2 more")


def test_a_full_review_tab_is_told() -> None:
    desk = Desk(settings={"matching": {"open_proposals": 1}})
    desk.answer(host(), guest(), guest("Porto Escola", "Portugal", submitted_at=SUBMITTED + 1))
    desk.run()
    assert desk.says("Porto Escola") == (
        "Waiting since 15 November 2026. Somebody fits, and comes up when there is room in Review, "
        "where 1 proposals stand"
    )


def test_a_held_answer_says_what_to_check_first() -> None:
    desk = Desk(settings={"mail": {"journal": "us@ours.example"}})
    desk.answer(guest(email="us@ours.example"))
    desk.run()
    assert desk.says().startswith("Held: check first: ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"date_to": 46_400}, "Closed: its dates are over, the last day was 13 January 2027"),
        ({}, "Closed: it was last confirmed on 14 November 2026 and has expired"),
    ],
)
def test_an_expired_answer_says_why(change: Mapping[str, Any], said: str) -> None:
    desk = Desk()
    desk.answer(guest(**change))
    desk.run()
    desk.runs(days=350)
    assert desk.runs(days=350) == said


def test_a_withdrawn_answer_and_one_that_vanished(desk: Desk) -> None:
    desk.answer(guest(kind="Withdraw my entry", submitted_at=SUBMITTED + 1))
    assert desk.runs() == "Closed: they withdrew it"
    del desk.sheet.tabs[RESPONSES][2:]
    assert desk.runs() == "Closed: the answer is not in the responses tab any more, or cannot be read (see Problems)"


def test_of_somebody_who_is_forgotten_the_row_keeps_nothing(desk: Desk) -> None:
    number = desk.row()
    desk.forget("office@kortrijk.example")
    desk.sheet.owner = None
    desk.run()
    row = next(row.cells for row in desk.sheet.read().tables["Entries"].rows if row.number == number)
    assert str(row["What became of it"]).startswith("Closed: this answer is not known any more")
    assert (row["Organisation"], row["Wants"], row["E-mail"]) == ("(erased)", None, None)
    writes = desk.sheet.calls["writes"]
    desk.run()
    assert desk.sheet.calls["writes"] == writes


def test_an_edited_answer_keeps_its_row_and_its_day(desk: Desk) -> None:
    desk.wait(days=3)
    desk.edit(3, seeks="We want to see guidance.", submitted_at=SUBMITTED + 8)
    desk.run()
    row = desk.rows("Entries")[0]
    assert row["Wants"] == "Dual VET and apprenticeships. “We want to see guidance.”"
    assert row["Since"] == "2026-11-14"
    assert len(desk.rows("Entries")) == 2


@pytest.mark.parametrize(
    "edited",
    [
        {"organisation": "Kortrijk Training College"},
        {"organisation": "Wervik School", "city": "Wervik"},
        {"email": "new@kortrijk.example"},
    ],
)
def test_a_new_name_or_address_moves_no_day_and_the_tick_counts_as_before(edited: Mapping[str, Any]) -> None:
    desk = Desk()
    desk.answer(host(), guest(languages="French", submitted_at=SUBMITTED - 100))
    desk.run()
    since = desk.rows("Entries")[1]["Since"]
    assert since == "2026-08-06"
    desk.edit(3, submitted_at=SUBMITTED + 5, **edited)
    desk.run()
    now = str(edited.get("organisation", KORTRIJK))
    for row in desk.rows("Entries"):
        if row["Organisation"] in {now, KORTRIJK} and not str(row["What became of it"]).startswith("Closed"):
            assert row["Since"] == since
            assert str(row["What became of it"]).startswith("Still waiting since 6 August 2026.")
            number = next(one for one, row_ in enumerate(desk.rows("Entries"), 2) if row_["Id"] == row["Id"])
    desk.tick("Tell them", tab="Entries", row=number)
    desk.run()
    assert len(desk.told) == 1


# -- Tell them -----------------------------------------------------------------------------------------


def test_one_tick_is_one_letter(offered: Desk) -> None:
    assert offered.says() == STILL
    offered.tell()
    assert offered.runs() == f"{FIRST} {REASON}"
    assert offered.mailer is not None
    (letter,) = offered.mailer.taken
    assert letter.envelope.recipients == ("office@kortrijk.example",)
    text = read_back(letter.content).text
    assert "We have not found a partner for Kortrijk Training Centre yet" in text
    assert "“We want to learn dual VET.”" in text
    assert "since 14 November 2026" in " ".join(text.split())
    assert "working language" in text.partition("WIDEN")[2]
    assert "Lysekil" not in text, "nobody is passed on"
    for _ in range(3):
        offered.runs(weeks=20)
    assert offered.told == ["1"]


def test_the_tick_counts_again_after_half_a_year_once_it_was_taken_away(offered: Desk) -> None:
    offered.tell()
    offered.run()
    assert offered.runs(weeks=27) == (
        f"{FIRST} {REASON}. To tell them, take the tick off Tell them, let a run pass, and tick it again"
    )
    offered.tell(value=False)
    assert offered.runs() == (
        "Still waiting since 14 November 2026, told on 9 January 2027 that nobody was found yet. "
        f"{REASON}. Tick Tell them to tell them so"
    )
    offered.tell()
    assert offered.runs().startswith("Told on 17 July 2027 that nobody was found yet")
    assert offered.told == ["1", "2"]


def test_a_second_tick_within_half_a_year_waits_and_says_until_when(offered: Desk) -> None:
    offered.tell()
    offered.run()
    offered.tell(value=False)
    assert offered.runs() == f"{FIRST} {REASON}"
    offered.tell()
    assert offered.runs() == f"{FIRST} {REASON}. The tick on Tell them counts from 10 July 2027 on"
    assert offered.told == ["1"]


def test_a_tick_before_its_time_says_from_when_it_counts(desk: Desk) -> None:
    desk.tell()
    assert desk.runs() == f"{WAITING}. The tick on Tell them counts from 9 January 2027 on"
    assert desk.told == []
    assert desk.runs(days=50) == f"{FIRST} {REASON}"


def test_the_weeks_are_a_setting() -> None:
    desk = Desk(settings={"follow_up": {"waiting_weeks": 1, "waiting_again_weeks": 2}})
    desk.answer(guest())
    desk.run()
    assert desk.runs(days=1).startswith("Still waiting since 14 November 2026")
    desk.tell()
    desk.run()
    desk.tell(value=False)
    desk.run()
    desk.tell()
    assert desk.runs().endswith("The tick on Tell them counts from 5 December 2026 on")
    assert desk.told == ["1"]


@pytest.mark.parametrize("value", ["yes", "TRUE", 1])
def test_what_is_no_tick_sends_nothing_and_says_so(offered: Desk, value: Any) -> None:
    offered.tell(value=value)
    assert "No tick on this row counts: Tell them holds the text" in offered.runs()
    assert offered.told == []


HELD_TEXT = (
    "No tick on this row counts: Tell them holds the text “told on 1 May 2026”, which is not a tick; "
    "clear the cell and restore its checkbox (Insert > Checkbox)"
)


def left_alone(desk: Desk) -> None:
    row = next(n for n, one in enumerate(desk.rows("Organisations"), 2) if one["Organisation"] == KORTRIJK)
    desk.sheet.put("Organisations", row, "Leave alone until", "2030-01-01")


@pytest.mark.parametrize(
    ("begins", "happens"),
    [
        ("Waiting since", lambda _: None),
        ("Waiting since", left_alone),
        ("Proposed to 1", lambda desk: desk.answer(host("Bergen Skole", "Norway", languages="French"))),
        ("Closed: they withdrew it", lambda desk: desk.answer(guest(kind="Withdraw my entry", role=None, seeks=None))),
        ("Closed: the answer is not in", lambda desk: desk.sheet.tabs[RESPONSES].pop(2)),
    ],
)
def test_text_in_the_box_is_told_wherever_the_answer_stands(
    offered: Desk, begins: str, happens: Callable[[Desk], None]
) -> None:
    """What the officer wrote there is no evidence of a letter, whatever it says."""
    happens(offered)
    offered.tell(value="told on 1 May 2026")
    result = offered.run()
    assert offered.says().startswith(begins)
    assert offered.says().endswith(HELD_TEXT)
    assert result.exit_code is Exit.NEEDS_A_PERSON
    told = [one for one in offered.rows("Problems") if "Tell them holds the text" in str(one["What"])]
    assert len(told) == 1
    assert offered.run().summary == ""
    offered.tell(value=False)
    offered.run()
    assert "Tell them holds" not in offered.says()
    assert "Told on" not in offered.says()
    assert offered.told == []


def test_a_tick_on_a_row_that_has_a_proposal_since_sends_nothing_and_says_so(offered: Desk) -> None:
    offered.tell()
    offered.answer(host("Bergen Skole", "Norway", languages="French"))
    offered.run()
    assert offered.says() == (
        f"Proposed to 1: Bergen Skole ({offered.match()}). "
        "The tick on Tell them does not count, nothing is written to them"
    )
    assert offered.told == []
    offered.tick("Decline")
    assert offered.runs().endswith("To tell them, take the tick off Tell them, let a run pass, and tick it again")
    assert offered.told == [], "that tick was answered then"


@pytest.mark.parametrize("address", ["office@kortrijk.example"])
def test_nobody_who_withdrew_or_is_forgotten_is_told(offered: Desk, address: str) -> None:
    offered.tell()
    offered.tell(LYSEKIL)
    offered.answer(guest(kind="Withdraw my entry", submitted_at=SUBMITTED + 1))
    assert offered.runs() == (
        "Closed: they withdrew it. The tick on Tell them does not count, nothing is written to them"
    )
    assert [letter.envelope.recipients for letter in offered.mailer.taken] == [("office@lysekil.example",)]  # type: ignore[union-attr]
    offered.forget(address)


def test_nobody_who_wants_to_be_left_alone_is_told_until_the_day_is_over(offered: Desk) -> None:
    rows = offered.sheet.read().tables["Organisations"].rows
    (number,) = (row.number for row in rows if row.cells["Organisation"] == KORTRIJK)
    offered.sheet.put("Organisations", number, "Leave alone until", "1 March 2027")
    offered.tell()
    said = "Waiting since 14 November 2026. The organisation asked to be left alone until 1 March 2027"
    assert (offered.runs(), offered.told) == (said, [])
    assert (offered.runs(weeks=4), offered.told) == (said, [])
    offered.runs(weeks=6)
    assert offered.told == ["1"]


def test_nobody_is_told_who_may_be_one_that_wants_to_be_left_alone_until_somebody_has_said() -> None:
    desk = Desk()
    spain = {"city": "Barcelona", "offers": None, "role": "Send staff or learners", "seeks": "We want to learn."}
    twin = host("Institut Escola del Treball", "Spain", email="info@ietreball.example", **spain)
    desk.answer(host("Escola del Treball", "Spain", **spain), twin)
    desk.run()
    rows = desk.sheet.read().tables["Organisations"].rows
    (number,) = (row.number for row in rows if row.cells["Organisation"] == "Escola del Treball")
    desk.sheet.put("Organisations", number, "Leave alone until", "1 March 2028")
    desk.wait(weeks=9)
    desk.run()
    desk.tell("Institut Escola del Treball")
    desk.run()
    assert desk.says("Institut Escola del Treball") == (
        "Waiting since 14 November 2026. The organisation may be Escola del Treball, which asked to be left alone "
        "until 1 March 2028: say in Same organisation? whether they are one"
    )
    assert desk.told == []
    desk.tick("Different", tab="Same organisation?")
    desk.run()
    assert desk.told == ["1"]


def test_letters_switched_off_wait_and_the_tick_keeps(offered: Desk) -> None:
    offered.tell()
    offered.sending = False
    waits = f"Waiting since 14 November 2026. {REASON}. The letter to them waits, letters are switched off; "
    assert offered.runs() == f"{waits}untick Tell them to stop it"
    offered.sending = True
    assert offered.runs() == f"{FIRST} {REASON}"


def test_the_limits_hold_for_these_letters_too() -> None:
    desk = Desk(settings={"mail": {"max_per_run": 1}})
    desk.answer(guest(), guest("Porto Escola", "Portugal", submitted_at=SUBMITTED + 1))
    desk.run()
    desk.wait(weeks=9)
    desk.run()
    for name in (KORTRIJK, "Porto Escola"):
        desk.tell(name)
    desk.run()
    assert desk.told == ["1"]
    assert desk.says().startswith("Told"), "whoever waits longest is told first"
    assert "leaves with one of the next runs; untick Tell them to stop it" in desk.says("Porto Escola")
    desk.run()
    assert desk.told == ["1", "1"]


def test_a_server_that_is_not_ready_gets_the_same_letter_later_unless_the_tick_goes(offered: Desk) -> None:
    offered.tell()
    offered.mailer = MemoryMailer(closed=TryLater("The mail server is away.", hint="Wait."))
    waits = f"Waiting since 14 November 2026. {REASON}. The letter to them leaves with one of the next runs; "
    assert offered.runs() == f"{waits}untick Tell them to stop it"
    (letter,) = (one for one in offered.ledger.load(offered.now).letters.values())
    assert letter.state is LetterState.QUEUED
    offered.tell(value=False)
    offered.mailer = MemoryMailer()
    assert offered.runs() == STILL
    assert offered.state_of(letter.id) is LetterState.WITHDRAWN
    offered.tell()
    assert offered.runs() == f"{FIRST} {REASON}"
    assert offered.told == ["1"]


def test_what_the_server_said_stands_on_the_row_until_it_takes_the_letter(offered: Desk) -> None:
    letter_with(offered, Outcome.TRY_AGAIN)
    offered.tell()
    offered.run()
    assert offered.says().endswith(
        "The letter to them waits, the mail server was not ready (450 4.7.1 try again later); it is tried again; "
        "untick Tell them to stop it"
    )
    assert offered.runs().startswith("Told on 9 January 2027")
    assert offered.told == ["1"]


def test_a_rehearsed_letter_leaves_when_the_rehearsal_ends(offered: Desk) -> None:
    offered.settings = {"mail": {"rehearsal_to": "officer@ours.example"}}
    offered.tell()
    said = offered.runs()
    assert said.endswith(
        "The letter was rehearsed on 9 January 2027, to officer@ours.example only; it leaves when the rehearsal ends"
    )
    assert offered.runs() == said
    assert [letter.envelope.recipients for letter in offered.mailer.taken] == [("officer@ours.example",)]  # type: ignore[union-attr]
    offered.settings = {}
    assert offered.runs() == f"{FIRST} {REASON}"
    assert offered.told == ["1"]


def letter_with(desk: Desk, outcome: Outcome) -> str:
    """The id of the letter to Kortrijk, of which the mail server makes that."""
    letter = f"waiting:{next(row['Id'] for row in desk.rows('Entries') if row['Organisation'] == KORTRIJK)}:1"
    desk.mailer = MemoryMailer({letter: [outcome]})
    return letter


def test_a_letter_nobody_is_sure_of_is_told_and_not_sent_again(offered: Desk) -> None:
    letter = letter_with(offered, Outcome.UNCLEAR)
    offered.tell()
    offered.run()
    assert offered.says().startswith("Held: nobody knows whether the letter of 9 January 2027 left.")
    assert f"matchmaker outbox resolve {letter} --sent" in offered.says()
    result = offered.run()
    assert result.exit_code is Exit.NEEDS_A_PERSON
    (problem,) = offered.rows("Problems")
    assert str(problem["What"]).startswith("Nobody knows whether the letter to Kortrijk Training Centre left")
    offered.ledger.record(LedgerChanges(at=offered.now, settled={letter: True}))
    assert offered.runs() == f"{FIRST} {REASON}"
    assert offered.rows("Problems") == []
    assert offered.told == []


def test_a_refused_letter_is_held_until_it_is_ticked_anew(offered: Desk) -> None:
    letter_with(offered, Outcome.REFUSED)
    offered.tell()
    assert offered.runs().startswith(
        "Held: the letter that nobody was found yet could not leave (550 5.1.1 no such user). "
        "Untick Tell them, wait for one run, then tick it again to retry."
    )
    offered.run()
    assert str(offered.rows("Problems")[0]["What"]).startswith("The letter to Kortrijk Training Centre that nobody")
    offered.tell(value=False)
    offered.run()
    assert offered.runs() == STILL
    offered.tell()
    assert offered.runs() == f"{FIRST} {REASON}"
    assert offered.told == ["1"]


def test_a_letter_that_came_back_is_a_problem(offered: Desk) -> None:
    offered.tell()
    offered.run()
    assert offered.mailer is not None
    (letter,) = offered.mailer.taken
    offered.ledger.note_bounce(letter.id, "office@kortrijk.example", "no such mailbox", offered.now)
    assert offered.run().exit_code is Exit.NEEDS_A_PERSON
    assert offered.says().startswith(
        "Told on 9 January 2027 that nobody was found yet (the letter did not arrive), waiting since 14 November 2026."
    )
    (problem,) = offered.rows("Problems")
    assert problem["What"] == (
        "The letter to Kortrijk Training Centre that nobody was found yet did not arrive: "
        "office@kortrijk.example: no such mailbox."
    )


def test_a_letter_that_cannot_be_written_says_why(offered: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsafe(*_: Any) -> Letter:
        raise MessageUnsafe("An organisation has no visible name.")

    monkeypatch.setattr(Composer, "waiting", unsafe)
    offered.tell()
    said = offered.runs()
    assert said.startswith(
        "Held: the letter that nobody was found yet cannot be written: An organisation has no visible name."
    )
    assert offered.runs() == said
    monkeypatch.undo()
    offered.program = "mended"
    assert offered.runs() == f"{FIRST} {REASON}", "the tick is still to be answered"


# -- two answers from one address ----------------------------------------------------------------------

SECOND = "We want to see guidance."


@pytest.fixture
def two() -> Desk:
    """Two answers from one address that nobody fits, both ticked when they may be told."""
    made = Desk()
    made.answer(host(), guest(languages="French"), guest(languages="French", seeks=SECOND, submitted_at=SUBMITTED + 1))
    made.run()
    made.wait(days=60)
    made.run()
    for row, cells in enumerate(made.rows("Entries"), 2):
        if cells["Organisation"] == KORTRIJK:
            made.tick("Tell them", tab="Entries", row=row)
    return made


def became(desk: Desk, text: str) -> str:
    return next(str(row["What became of it"]) for row in desk.rows("Entries") if text in str(row["Wants"]))


def letters(desk: Desk) -> list[str]:
    assert isinstance(desk.mailer, MemoryMailer)
    return [" ".join(read_back(letter.content).text.split()) for letter in desk.mailer.taken]


def test_one_address_is_told_of_one_answer_a_week_and_the_row_says_so(two: Desk) -> None:
    two.run()
    assert len(letters(two)) == 1
    assert "dual VET" in letters(two)[0]
    assert "about another answer" not in letters(two)[0]
    assert became(two, "dual VET").startswith("Told on 19 January 2027 that nobody was found yet")
    waits = (
        "The letter to them waits until 26 January 2027: this address was told of another answer on 19 January 2027; "
        "untick Tell them to stop it"
    )
    assert became(two, SECOND).endswith(waits)
    assert two.run().summary == ""
    two.runs_on(days=6)
    assert len(letters(two)) == 1
    two.runs_on(days=1)
    assert SECOND in letters(two)[1]
    assert "We wrote to you on 19 January 2027 about another answer of yours" in letters(two)[1]
    assert became(two, SECOND).startswith("Told on 26 January 2027 that nobody was found yet")
    two.runs_on(days=30)
    assert len(letters(two)) == 2


def test_the_second_is_stopped_by_unticking_and_its_tick_keeps_till_then(two: Desk) -> None:
    two.run()
    row = next(number for number, one in enumerate(two.rows("Entries"), 2) if SECOND in str(one["Wants"]))
    two.tick("Tell them", tab="Entries", row=row, value=False)
    two.runs_on(days=8)
    assert len(letters(two)) == 1
    assert became(two, SECOND).endswith("Tick Tell them to tell them so")


def test_the_first_waits_for_the_mail_server_and_the_second_for_the_first(two: Desk) -> None:
    two.mailer = MemoryMailer(closed=TryLater("the mail server could not be reached", hint="Wait."))
    two.run()
    first = "since one about another answer from this address leaves first"
    assert first in became(two, SECOND)
    two.mailer = MemoryMailer()
    two.runs_on(days=1)
    assert len(letters(two)) == 1
    assert "until 27 January 2027" in became(two, SECOND)


def test_one_that_cannot_be_written_keeps_no_other_waiting(two: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Composer.waiting

    def unsafe(self: Composer, party: Any, *rest: Any) -> Letter:
        if party.seeks != SECOND:
            raise MessageUnsafe("An organisation has no visible name.")
        return written(self, party, *rest)

    monkeypatch.setattr(Composer, "waiting", unsafe)
    two.run()
    assert [SECOND in text for text in letters(two)] == [True]
    assert became(two, "dual VET").startswith("Held: the letter that nobody was found yet cannot be written")


def test_two_addresses_of_one_organisation_are_told_on_one_day() -> None:
    desk = Desk()
    desk.answer(guest(), guest(email="other@kortrijk.example", seeks=SECOND))
    desk.run()
    desk.wait(days=60)
    desk.run()
    for row in (2, 3):
        desk.tick("Tell them", tab="Entries", row=row)
    desk.run()
    assert len(letters(desk)) == 2


def test_after_a_lost_ledger_the_row_still_knows_that_they_were_told(offered: Desk) -> None:
    offered.tell()
    offered.run()
    offered.ledger = type(offered.ledger)()
    offered.sheet.owner = None
    assert offered.runs().startswith("Told on 9 January 2027 that nobody was found yet")
    for _ in range(3):
        offered.runs(weeks=20)
    assert offered.told == ["1"]


def loses(desk: Desk) -> None:
    """The ledger is moved aside; nobody has a backup, and the new one takes the spreadsheet over."""
    desk.ledger = type(desk.ledger)()
    desk.sheet.owner = None


def test_a_new_ledger_changes_no_row_of_answers_also_of_those_that_were_edited(offered: Desk) -> None:
    offered.answer(guest(languages="French", seeks=SECOND, submitted_at=SUBMITTED + 1))
    offered.tell()
    offered.run()
    offered.edit(3, seeks="We want to see kitchens.", organisation="Wervik School", submitted_at=SUBMITTED + 60)
    offered.edit(2, contact_name="Somebody else", submitted_at=SUBMITTED + 60)
    for _ in range(2):
        offered.run()
    before = offered.rows("Entries")
    assert len(before) == 3
    loses(offered)
    offered.run()
    assert offered.rows("Entries") == before
    assert offered.run().summary == ""
    del offered.sheet.tabs[RESPONSES][2]
    offered.run()
    gone = [row for row in offered.rows("Entries") if str(row["What became of it"]).startswith("Closed")]
    assert [row["Organisation"] for row in gone] == ["Wervik School"]
    before = offered.rows("Entries")
    loses(offered)
    offered.run()
    assert offered.rows("Entries") == before


def test_the_next_letter_after_a_lost_ledger_knows_of_the_one_before(offered: Desk) -> None:
    offered.tell()
    offered.run()
    offered.tell(value=False)
    loses(offered)
    assert offered.runs(weeks=27).startswith("Still waiting since 14 November 2026, told on 9 January 2027")
    offered.tell()
    offered.run()
    assert offered.told == ["1", "2"]
    assert "We wrote to you before" in letters(offered)[1]


# -- small ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "quotes"),
    [
        (guest(offers="Us."), ("We want to learn dual VET.", None)),
        (host(seeks="Them."), (None, "We show dual VET.")),
        (guest(role="Send and host", offers="Us."), ("We want to learn dual VET.", "Us.")),
    ],
)
def test_the_letter_quotes_what_the_answer_is_for(answer: Any, quotes: tuple[str | None, str | None]) -> None:
    (source,) = read(answer).sources.values()
    party = told_party(source)
    assert (party.seeks, party.offers) == quotes


def miss(rule: str, sending: str = "E-1", receiving: str = "E-2") -> NearMiss:
    return NearMiss(sending=sending, receiving=receiving, rule=rule, sentence="", score=0.9)


def test_what_would_widen_the_choice() -> None:
    (source,) = read(guest()).sources.values()

    def entry(identifier: str, **more: Any) -> Source:
        said = Entry(id=identifier, organisation=identifier, role=Role.EITHER, **more)
        return Source(entry=said, response=source.response)

    sources = {
        "E-1": entry("E-1", country="SE", preferred_places=("NO",), strict_places=True),
        "E-2": entry("E-2", country="FI"),
        "E-3": entry("E-3", country="NO"),
    }
    assert widening("E-1", sources, [miss("dates"), miss("language", "E-3", "E-1"), miss("dates", "E-1", "E-3")]) == (
        "dates",
        "language",
    )
    assert widening("E-1", sources, [miss("place")]) == ("place",)
    assert widening("E-2", sources, [miss("place")]) == (), "the other one is choosy"
    assert widening("E-1", sources, [miss("full"), miss("dates", "E-2", "E-3")]) == ()
