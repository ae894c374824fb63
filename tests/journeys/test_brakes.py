"""Reasons to refuse a run as a whole, and the officer's tick that releases it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.sheets.spreadsheet import open_spreadsheet
from pipeline.errors import Exit, MatchmakerError, SheetHeaderProblem, TryLater
from pipeline.model import SheetChanges
from pipeline.run import rebuild
from pipeline.wiring import open_adapters

HOST = {"role": "Host visitors", "offers": "We show dual VET with companies."}


def clear_answers(journey: Any, rows: int) -> None:
    sheet = journey.person.sheet_id("Form responses 1")
    where = {"sheetId": sheet, "dimension": "ROWS", "startIndex": 1, "endIndex": 1 + rows}
    journey.person.batch({"deleteDimension": {"range": where}})


def test_vanished_answers_pull_the_brake_until_the_officer_says_go_on(journey: Any, answer: Any, sides: Any) -> None:
    journey.submit(*sides(), *(answer(number, country="Italy", **HOST) for number in range(3, 7)))
    journey.run()
    row = journey.row("Kortrijk", "Lysekil")
    journey.tick(row["Match"])
    before = journey.review()
    clear_answers(journey, 6)

    assert journey.run().exit_code == Exit.BRAKE
    assert journey.letters() == []
    assert journey.review() == before
    problem = journey.person.rows("Problems")[0]
    assert "6 of 6 known answers are no longer" in problem["What"]

    journey.person.put("Problems", problem["#"], "Go on", value=True)
    assert journey.run().exit_code == Exit.DONE
    assert journey.status(row["Match"]).startswith("Withdrawn")
    assert journey.letters() == []


def test_deleted_tabs_are_reported_once_and_an_unchanged_run_writes_nothing(journey: Any, sides: Any) -> None:
    journey.submit(*sides())
    journey.run()
    for name in ("Same organisation?", "Problems"):
        journey.person.batch({"deleteSheet": {"sheetId": journey.person.sheet_id(name)}})
    first = journey.run()
    assert first.exit_code == Exit.NEEDS_A_PERSON
    assert [problem.what for problem in first.plan.changes.new_problems] == [
        "These tabs are missing: Same organisation?, Problems."
    ]
    again = journey.run()
    assert again.exit_code == Exit.DONE
    assert not again.summary
    assert not again.plan.changes.before
    journey.init()
    journey.run()
    assert journey.person.rows("Problems") == []


def lose_ledger(journey: Any) -> None:
    state = Path(journey.sandbox.config_path).parent / "state"
    for file in state.glob("ledger.db*"):
        file.unlink()


@pytest.fixture
def introduced(journey: Any, sides: Any) -> str:
    journey.submit(*sides())
    journey.run()
    match: str = journey.row("Kortrijk", "Lysekil")["Match"]
    journey.tick(match)
    journey.run()
    assert len(journey.letters()) == 1
    return match


def test_a_ledger_that_knows_less_than_the_sheet_sends_nothing(journey: Any, introduced: str) -> None:
    lose_ledger(journey)
    for _ in range(2):
        assert journey.run().exit_code == Exit.BRAKE
    assert len(journey.letters()) == 1
    problems = journey.person.rows("Problems")
    assert introduced in problems[0]["What"]
    # The rows are the evidence of what was sent: nobody may be told to delete them.
    assert not any("delete this row" in problem["What to do"] for problem in problems)


def test_rebuilding_takes_over_what_the_sheet_knows(journey: Any, introduced: str) -> None:
    lose_ledger(journey)
    with open_adapters(journey.settings(), sending=False) as outside:
        assert rebuild(outside) == (introduced,)
    assert journey.run().exit_code == Exit.DONE
    assert len(journey.letters()) == 1
    assert journey.status(introduced).startswith("Introduced")


def test_the_officer_can_release_it_and_the_match_counts_as_introduced(journey: Any, introduced: str) -> None:
    lose_ledger(journey)
    journey.run()
    problem = journey.person.rows("Problems")[0]
    journey.person.put("Problems", problem["#"], "Go on", value=True)
    for _ in range(2):
        assert journey.run().exit_code == Exit.DONE
    assert len(journey.letters()) == 1
    assert journey.status(introduced).startswith("Introduced")


def test_after_a_lost_ledger_every_row_says_what_it_said_before(
    journey: Any, sides: Any, answer: Any, day: Any
) -> None:
    """Introduced, corrected, reminded, told: nothing is written twice, no day moves, and nobody is written to again."""
    french = {"languages": "French", "date_from": "", "date_to": "", "submitted_at": day(-80)}
    waiting = {"role": "Send staff or learners", "seeks": "We want to see kitchens.", "topics": "Green skills"}
    journey.submit(
        *sides(), answer(3, organisation="Wervik School", country="Belgium", city="Wervik", **waiting, **french)
    )
    journey.run()
    match = journey.row("Kortrijk", "Lysekil")["Match"]
    journey.tick(match)
    row = next(row for row in journey.person.rows("Entries") if row["Organisation"] == "Wervik School")
    journey.person.put("Entries", row["#"], "Tell them", True)
    journey.run()
    journey.run(weeks_later=5)
    journey.edit("office@organisation-3.example", contact_name="Somebody else", languages="Italian")
    journey.tick(match, "Correction", "Lysekil is closed until May.")
    journey.tick(match, "Send correction")
    for _ in range(3):
        journey.run(weeks_later=6)
    assert len(journey.letters()) == 4, "an introduction, a reminder, a correction, and one who was told"
    tabs = ("Review", "Entries", "Exchanges")
    before = {tab: journey.person.rows(tab) for tab in tabs}
    assert "reminded on" in before["Exchanges"][0]["Status"]
    assert "corrected on" in before["Exchanges"][0]["Status"]

    lose_ledger(journey)
    assert journey.run(weeks_later=7).exit_code == Exit.BRAKE
    journey.person.put("Problems", journey.person.rows("Problems")[0]["#"], "Go on", value=True)
    for _ in range(2):
        assert journey.run(weeks_later=7).exit_code == Exit.DONE
    assert {tab: journey.person.rows(tab) for tab in tabs} == before
    journey.run(weeks_later=11)
    assert len(journey.letters()) == 4


@pytest.mark.parametrize(
    ("tab", "title", "new"),
    [
        ("Form responses 1", "Email Address", "Mail"),
        ("Form responses 1", "Website", "City"),
        ("Form responses 1", "Organisations we should not propose", "Whom to avoid"),
        ("Review", "Approve", "OK?"),
        ("Review", "Notes", "Approve"),
        ("Same organisation?", "Same", ""),
    ],
)
def test_an_absent_or_doubled_header_stops_before_anything_is_written(
    journey: Any, sides: Any, tab: str, title: str, new: str
) -> None:
    journey.submit(*sides())
    journey.run()
    journey.tick(journey.row("Kortrijk", "Lysekil")["Match"])
    journey.person.put(tab, 1, title, new)
    before = {name: journey.person.rows(name) for name in ("Review", "Problems")}
    with pytest.raises(SheetHeaderProblem) as caught:
        journey.run()
    assert caught.value.exit_code == Exit.BRAKE
    assert (title if new in {"Mail", "OK?", "Whom to avoid", ""} else new) in str(caught.value)
    assert {name: journey.person.rows(name) for name in before} == before
    assert journey.letters() == []


def test_a_second_machine_sends_nothing_until_the_officer_says_go_on(journey: Any, sides: Any, tmp_path: Path) -> None:
    second = {"MATCHMAKER_LEDGER__URL": f"sqlite:///{tmp_path / 'second.db'}"}
    journey.submit(*sides())
    journey.run()
    match = journey.row("Kortrijk", "Lysekil")["Match"]
    journey.tick(match)
    for _ in range(2):
        assert journey.run(**second).exit_code == Exit.BRAKE
    assert journey.letters() == []
    problem = journey.person.rows("Problems")[0]
    assert "Another ledger served this spreadsheet" in problem["What"]

    journey.person.put("Problems", problem["#"], "Go on", value=True)
    for _ in range(2):
        assert journey.run(**second).exit_code == Exit.DONE
    assert "letters leave after" in journey.status(match)
    assert journey.letters() == [], "the first machine may be at work still"
    journey.run(weeks_later=0.01, **second)
    assert journey.status(match).startswith("Unsure: another ledger may have sent it"), "there is no mailbox to ask"
    journey.tick(match, "Was not sent")
    journey.run(weeks_later=0.01, **second)
    assert len(journey.letters()) == 1
    assert journey.run().exit_code == Exit.BRAKE
    assert len(journey.letters()) == 1


def copied(state: Path, folder: Path) -> Path:
    """A machine with a copy of that state folder."""
    shutil.copytree(state, folder)
    return folder


def at_once(journey: Any, states: Sequence[Path]) -> dict[Path, Any]:
    """A run on each machine in the same second, and what it came to."""
    begin = threading.Barrier(len(states))
    results: dict[Path, Any] = {}

    def go(state: Path) -> None:
        begin.wait()
        try:
            results[state] = journey.run(**serving(state))
        except MatchmakerError as error:
            results[state] = error

    machines = [threading.Thread(target=go, args=(state,)) for state in states]
    for machine in machines:
        machine.start()
    for machine in machines:
        machine.join()
    return results


def serving(state: Path) -> dict[str, str]:
    """The settings of the machine with that state folder."""
    return {"MATCHMAKER_LEDGER__URL": f"sqlite:///{state / 'ledger.db'}"}


def test_two_machines_with_one_state_that_begin_in_the_same_second_send_each_letter_once(
    journey: Any, answer: Any, tmp_path: Path
) -> None:
    """Each time the loser is refused before its first letter, and from then on waits for the officer."""
    for number, topic in enumerate(("Dual VET and apprenticeships", "Green skills", "Career guidance")):
        host = {"country": "Sweden", "city": f"Hamn {number}", "role": "Host visitors", "offers": f"We show {topic}."}
        guest = {"country": "Belgium", "city": f"Gent {number}", "seeks": f"We want to see {topic}."}
        guest["role"] = "Send staff or learners"
        journey.submit(answer(10 + number, topics=topic, **host), answer(20 + number, topics=topic, **guest))
    journey.run()
    matches = [row["Match"] for row in journey.review()]
    winner = Path(journey.sandbox.config_path).parent / "state"
    for number, match in enumerate(matches):
        journey.tick(match)
        results = at_once(journey, [winner, copied(winner, tmp_path / str(number))])
        assert [sent for sent, _ in journey.letters()] == matches[: number + 1]
        (winner,) = [state for state, result in results.items() if getattr(result, "sent", ())]
        (loser,) = results.keys() - {winner}
        assert journey.run(**serving(loser)).exit_code == Exit.BRAKE
        assert "A copy of this ledger" in journey.person.rows("Problems")[0]["What"]
        assert journey.run(**serving(winner)).exit_code == Exit.DONE
    assert len(matches) >= 3


def test_two_machines_that_begin_at_the_same_moment_do_not_both_serve(journey: Any) -> None:
    settings = journey.settings()
    one, other = (open_spreadsheet(settings.sheets, settings.base) for _ in range(2))
    assert one.read().owner is None
    assert other.read().owner is None
    one.write(SheetChanges(owner="one"))
    with pytest.raises(TryLater):
        other.write(SheetChanges(owner="other"))
    assert open_spreadsheet(settings.sheets, settings.base).read().owner == "one"
