"""The tab `Entries` from the form to the mailbox: what became of each answer, and who is told "nobody yet"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.adapters.ledger.people import forget
from pipeline.wiring import open_ledger_only

REASON = "Nobody fits yet. The nearest is Lysekil Vocational College: No common language: English against French."


def entry(journey: Any, organisation: str = "Kortrijk Training Centre") -> dict[str, Any]:
    """The row of that organisation's answer."""
    (row,) = (row for row in journey.person.rows("Entries") if row["Organisation"] == organisation)
    found: dict[str, Any] = row
    return found


def says(journey: Any, organisation: str = "Kortrijk Training Centre") -> str:
    """What became of it, without the id at its end."""
    row = entry(journey, organisation)
    text, _, tag = str(row["What became of it"]).rpartition(" · ")
    assert tag == row["Id"]
    return text


def tick(journey: Any, value: Any = True, organisation: str = "Kortrijk Training Centre") -> None:
    journey.person.put("Entries", entry(journey, organisation)["#"], "Tell them", value)


@pytest.fixture
def apart(journey: Any, sides: Any) -> Any:
    """A host and a request without a common language, whose dates are far off."""
    journey.submit(
        *sides(host={"languages": "French", "date_from": "", "date_to": ""}, send={"date_from": "", "date_to": ""})
    )
    journey.run()
    return journey


def test_every_answer_has_its_row_from_the_first_run_to_the_introduction(journey: Any, sides: Any) -> None:
    journey.submit(*sides())
    journey.run()
    match = journey.row("Kortrijk", "Lysekil")["Match"]
    assert says(journey) == f"Proposed to 1: Lysekil Vocational College ({match})"
    assert entry(journey)["Wants"] == (
        "Dual VET and apprenticeships. “We want to learn about dual VET with companies.”"
    )
    assert entry(journey, "Lysekil Vocational College")["Offers"].endswith("“We show dual VET with companies.”")
    assert journey.run().summary == ""
    journey.tick(match)
    journey.run()
    assert says(journey).startswith("Introduced to Lysekil Vocational College on ")
    assert says(journey, "Lysekil Vocational College").startswith("Introduced to Kortrijk Training Centre on ")
    quiet = journey.run()
    assert quiet.summary == ""
    assert not quiet.plan.changes.before
    assert not quiet.plan.changes.after


def test_nobody_yet_is_told_on_a_tick_and_once(apart: Any) -> None:
    assert says(apart).startswith("Waiting since ")
    assert REASON.rstrip(".") in says(apart)
    apart.run(weeks_later=9)
    assert says(apart).startswith("Still waiting since ")
    assert says(apart).endswith("Tick Tell them to tell them so")
    assert apart.letters() == []

    tick(apart)
    apart.run(weeks_later=9)
    assert [recipients for _, recipients in apart.letters()] == [("office@organisation-2.example",)]
    (text,) = apart.texts()
    assert "We have not found a partner for Kortrijk Training Centre yet" in text
    assert "We want to learn about dual VET with companies." in text
    assert "Lysekil" not in text
    assert "To withdraw it" in text
    assert says(apart).startswith("Told on ")
    assert entry(apart)["Tell them"] is True, "the tick is hers"
    for weeks in (9, 10, 30, 40):
        apart.run(weeks_later=weeks)
    assert len(apart.letters()) == 1

    tick(apart, value=False)
    apart.run(weeks_later=40)
    assert "Tick Tell them to tell them so" in says(apart)
    tick(apart)
    apart.run(weeks_later=40)
    assert len(apart.letters()) == 2
    assert "We wrote to you before" in apart.texts()[1]


def test_a_formula_and_a_copied_row_are_no_ticks(apart: Any) -> None:
    apart.run(weeks_later=9)
    cell = {"sheetId": apart.person.sheet_id("Entries"), "rowIndex": entry(apart)["#"] - 1, "columnIndex": 1}
    formula = {"values": [{"userEnteredValue": {"formulaValue": "=TRUE()"}}]}
    apart.person.batch({"updateCells": {"start": cell, "rows": [formula], "fields": "userEnteredValue"}})
    assert entry(apart)["Tell them"] is True
    apart.run(weeks_later=9)
    assert "Tell them holds a formula, which is not a tick" in says(apart)
    assert apart.letters() == []
    tick(apart)
    row = entry(apart)
    below = 2 + len(apart.person.rows("Entries"))
    for title in apart.header("Entries"):
        apart.person.put("Entries", below, title, row[title])
    apart.run(weeks_later=9)
    assert apart.letters() == []
    rows = [one for one in apart.person.rows("Entries") if one["Id"] == row["Id"]]
    assert len(rows) == 2
    for one in rows:
        assert f"this answer stands on rows {row['#']}, {below}; delete the copies" in one["What became of it"]


def test_the_tick_is_read_once_more_just_before_the_letter(apart: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.adapters.sheets.spreadsheet import GoogleSpreadsheet

    apart.run(weeks_later=9)
    tick(apart)
    real = GoogleSpreadsheet.read_review

    def unticks(self: GoogleSpreadsheet, *others: str) -> Any:
        tick(apart, value=False)
        return real(self, *others)

    monkeypatch.setattr(GoogleSpreadsheet, "read_review", unticks)
    apart.run(weeks_later=9)
    monkeypatch.undo()
    apart.run(weeks_later=9)
    assert apart.letters() == []
    assert says(apart).startswith("Still waiting since ")
    tick(apart)
    apart.run(weeks_later=9)
    assert len(apart.letters()) == 1


def test_rows_are_found_wherever_people_sort_them(apart: Any) -> None:
    apart.run(weeks_later=9)
    sheet = apart.person.sheet_id("Entries")
    tick(apart)
    apart.person.batch(
        {
            "sortRange": {
                "range": {"sheetId": sheet, "startRowIndex": 1},
                "sortSpecs": [{"dimensionIndex": 2, "sortOrder": "DESCENDING"}],
            }
        }
    )
    apart.run(weeks_later=9)
    assert [recipients for _, recipients in apart.letters()] == [("office@organisation-2.example",)]
    assert says(apart).startswith("Told on ")
    assert says(apart, "Lysekil Vocational College").startswith("Still waiting since ")


def test_a_tick_on_a_row_that_got_a_proposal_says_that_it_does_not_count(apart: Any, answer: Any) -> None:
    apart.run(weeks_later=9)
    tick(apart)
    undated = {"date_from": "", "date_to": ""}
    apart.submit(
        answer(7, country="Norway", role="Host visitors", offers="We show dual VET with companies.", **undated)
    )
    apart.run(weeks_later=9)
    assert says(apart).startswith("Proposed to 1: Organisation 7 (M-")
    assert says(apart).endswith("The tick on Tell them does not count, nothing is written to them")
    assert apart.letters() == []


def test_an_edited_answer_keeps_its_row(apart: Any) -> None:
    before = entry(apart)
    apart.edit("office@organisation-2.example", seeks="=IMPORTXML(1) and dual VET with small companies.")
    apart.run()
    apart.run()
    after = entry(apart)
    assert after["Id"] == before["Id"]
    assert after["Since"] == before["Since"]
    assert after["Wants"] == "Dual VET and apprenticeships. “=IMPORTXML(1) and dual VET with small companies.”"
    assert len(apart.person.rows("Entries")) == 2
    quiet = apart.run()
    assert not quiet.plan or not (quiet.plan.changes.before or quiet.plan.changes.after)


def test_nobody_who_withdrew_is_told_and_the_row_says_why_it_is_closed(apart: Any, answer: Any) -> None:
    apart.run(weeks_later=9)
    tick(apart)
    later = answer(2)["submitted_at"] + 0.5
    apart.submit(
        answer(
            2,
            organisation="Kortrijk Training Centre",
            kind="Withdraw my entry",
            country="Belgium",
            submitted_at=later,
        )
    )
    apart.run(weeks_later=9)
    assert apart.letters() == []
    assert says(apart).startswith("Closed: they withdrew it")


def test_nobody_in_the_middle_of_an_exchange_is_asked_whether_the_answer_is_current(journey: Any, sides: Any) -> None:
    """The dates of both are over soon after the introduction; the exchange itself is planned for later."""
    journey.submit(*sides())
    journey.run()
    journey.tick(journey.row("Kortrijk", "Lysekil")["Match"])
    journey.run(weeks_later=20)
    assert len(journey.letters()) == 1
    noted = journey.person.rows("Exchanges")[0]
    journey.person.put("Exchanges", noted["#"], "From", "2031-03-01")
    journey.run(weeks_later=26)
    assert says(journey).startswith("Introduced to Lysekil Vocational College on ")
    assert "Closed since: its dates are over" in says(journey)
    assert journey.person.rows("Problems") == []
    journey.person.put("Exchanges", noted["#"], "Took place", True)
    journey.run(weeks_later=26)
    assert len(journey.person.rows("Problems")) == 2


def test_a_new_name_in_an_edited_answer_moves_no_day_and_puts_no_tick_off(journey: Any, sides: Any, day: Any) -> None:
    journey.submit(
        *sides(
            host={"languages": "French", "date_from": "", "date_to": ""},
            send={"date_from": "", "date_to": "", "submitted_at": day(-80)},
        )
    )
    journey.run()
    before = entry(journey)
    assert says(journey).startswith(f"Still waiting since {day.in_words(-80)}")
    tick(journey)
    journey.edit("office@organisation-2.example", organisation="Wervik Training College", city="Wervik")
    journey.run()
    assert [recipients for _, recipients in journey.letters()] == [("office@organisation-2.example",)]
    (after,) = (row for row in journey.person.rows("Entries") if row["Id"] == before["Id"])
    assert after["Since"] == before["Since"]
    assert f"waiting since {day.in_words(-80)}" in after["What became of it"]
    assert f"have been with us since {day.in_words(-80)}" in " ".join(journey.texts()[0].split())
    journey.run()
    assert entry(journey, "Wervik Training College")["Since"] == before["Since"]
    assert journey.run().summary == ""


def test_an_address_with_two_answers_is_told_of_the_second_a_week_later(journey: Any, sides: Any, answer: Any) -> None:
    undated = {"date_from": "", "date_to": ""}
    second = {"role": "Send staff or learners", "seeks": "We want to see guidance.", "topics": "Career guidance"}
    journey.submit(
        *sides(host={"languages": "French", **undated}, send=undated),
        answer(2, organisation="Kortrijk Training Centre", country="Belgium", city="Kortrijk", **second, **undated),
    )
    journey.run()
    journey.run(weeks_later=9)
    both = [row for row in journey.person.rows("Entries") if row["Organisation"] == "Kortrijk Training Centre"]
    assert len(both) == 2
    for row in both:
        journey.person.put("Entries", row["#"], "Tell them", True)
    journey.run(weeks_later=9)
    assert len(journey.letters()) == 1
    told, waits = sorted(
        row["What became of it"]
        for row in journey.person.rows("Entries")
        if row["Organisation"] == "Kortrijk Training Centre"
    )
    assert told.startswith("Told on ")
    assert "The letter to them waits until " in waits
    assert ": this address was told of another answer on " in waits
    journey.run(weeks_later=10)
    assert len(journey.letters()) == 2
    first, later = journey.texts()
    assert "about another answer of yours" not in first
    assert "about another answer of yours" in later
    assert ("guidance" in first) is not ("guidance" in later)


def test_rows_sorted_at_every_moment_of_a_run_keep_what_is_theirs(
    journey: Any, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New rows, edited answers, ticks and letters in one run, and the officer sorts before each request of it."""
    from pipeline.adapters.sheets.client import SheetsHttp

    def asks(number: int, town: str) -> dict[str, Any]:
        wish = {"role": "Send staff or learners", "seeks": f"We want to see {town}.", "date_from": "", "date_to": ""}
        return dict(answer(number, organisation=f"{town} School", country="Belgium", city=town, **wish))

    journey.submit(*(asks(number, town) for number, town in enumerate(("Aster", "Briar", "Clover", "Dahlia"))))
    journey.run()
    journey.run(weeks_later=9)
    for organisation in ("Aster School", "Briar School"):
        tick(journey, organisation=organisation)
    journey.edit("office@organisation-1.example", organisation="Zinnia School", seeks="We want to see Zinnia.")
    journey.edit("office@organisation-2.example", seeks="We want to see Clover in May.")
    journey.submit(asks(4, "Elder"), asks(5, "Fern"))

    sheet, real = journey.person.sheet_id("Entries"), SheetsHttp.request
    moments: list[int] = []

    def sorts(self: SheetsHttp, *given: Any, **more: Any) -> Any:
        moments.append(len(moments))
        by = {
            "dimensionIndex": (2, 0, 7, 5)[moments[-1] % 4],
            "sortOrder": ("ASCENDING", "DESCENDING")[moments[-1] % 2],
        }
        area = {"sheetId": sheet, "startRowIndex": 1}
        journey.person.batch({"sortRange": {"range": area, "sortSpecs": [by]}})
        return real(self, *given, **more)

    monkeypatch.setattr(SheetsHttp, "request", sorts)
    for _ in range(2):
        journey.run(weeks_later=9)
    monkeypatch.undo()
    journey.run(weeks_later=9)
    assert len(moments) > 6
    rows = {row["E-mail"]: row for row in journey.person.rows("Entries")}
    for number, town in enumerate(("Aster", "Zinnia", "Clover", "Dahlia", "Elder", "Fern")):
        row = rows.pop(f"office@organisation-{number}.example")
        assert (row["Organisation"], town in row["Wants"]) == (f"{town} School", True)
        assert row["What became of it"].endswith(f" · {row['Id']}")
        assert row["What became of it"].startswith("Told on") is (number < 2) is bool(row["Tell them"])
    assert rows == {}
    assert sorted(to for _, (to,) in journey.letters()) == [
        "office@organisation-0.example",
        "office@organisation-1.example",
    ]


# -- somebody who was erased comes back ----------------------------------------------------------------


def test_whoever_answers_again_after_being_erased_is_not_written_to_and_the_officer_is_told_once(
    journey: Any, sides: Any
) -> None:
    answers = sides()
    address, organisation = answers[1]["email"], answers[1]["organisation"]
    journey.submit(*answers)
    journey.run()
    with open_ledger_only(journey.settings()) as ledger:
        forget(ledger, address, datetime.now(UTC))
    journey.submit({**answers[1], "days": 2})
    assert journey.run().exit_code == 1
    told = journey.person.rows("Problems")
    assert [row["Where"] for row in told] == ["Form responses, row 3", "Form responses, row 4"], "the old row too"
    assert all("asked for everything to be erased" in row["What"] for row in told)
    assert all("come back on purpose, ask them to fill in the form once more" in row["What to do"] for row in told)
    for word in (address, organisation, answers[1]["contact_name"]):
        assert not any(word in str(cell) for row in told for cell in row.values())
    assert journey.run().exit_code == 0, "it is told once"
    assert not any(
        organisation in row["Sending organisation"] + row["Receiving organisation"]
        for row in journey.review()
        if row["Status"].startswith("Proposed")
    )
    assert journey.letters() == []

    journey.submit({**answers[1], "email": f"new.{address}"})
    journey.run()
    assert any(row["Status"].startswith("Proposed") for row in journey.review()), "the remedy works"
