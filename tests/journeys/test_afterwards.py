"""After the introduction: one reminder, the digest, and consent that was taken back."""

from __future__ import annotations

from email import message_from_bytes
from typing import Any

import pytest


@pytest.fixture
def introduced(journey: Any, sides: Any) -> str:
    journey.submit(*sides())
    journey.run()
    match: str = journey.row("Kortrijk", "Lysekil")["Match"]
    journey.tick(match)
    journey.run()
    assert len(journey.letters()) == 1
    return match


def test_both_sides_are_reminded_once_in_the_same_thread(journey: Any, introduced: str) -> None:
    journey.run(weeks_later=3)
    assert len(journey.letters()) == 1
    journey.run(weeks_later=5)
    journey.run(weeks_later=9)
    assert journey.letters()[1:] == [(introduced, ("office@organisation-2.example", "office@organisation-1.example"))]
    first, reminder = (message_from_bytes(message.content) for message in journey.sandbox.messages())
    assert reminder["In-Reply-To"] == first["Message-ID"]
    assert reminder["Auto-Submitted"] == "auto-generated"
    assert "reminded on" in journey.person.rows("Exchanges")[0]["Status"]


HOST = {"role": "Host visitors", "offers": "We show gardens to schools."}


def leave_alone(journey: Any, organisation: str, until: Any) -> None:
    row = next(row for row in journey.person.rows("Organisations") if row["Organisation"] == organisation)
    journey.person.put("Organisations", row["#"], "Leave alone until", until)


def organisation(journey: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in journey.person.rows("Organisations") if row["Organisation"] == name)
    return found


def test_whoever_asked_to_be_left_alone_gets_nothing_until_that_day_is_over(
    journey: Any, sides: Any, answer: Any, day: Any
) -> None:
    journey.submit(*sides())
    journey.run()
    match = journey.row("Kortrijk", "Lysekil")["Match"]
    leave_alone(journey, "Lysekil Vocational College", day(20))
    asked = f"Lysekil Vocational College asked to be left alone until {day.in_words(20)}"
    assert journey.run().exit_code == 0
    assert journey.status(match) == f"Proposed: {asked} · {match}"
    status = organisation(journey, "Lysekil Vocational College")["Status"]
    assert status.startswith(f"Left alone until {day.in_words(20)} · O-")

    third = {"role": "Send staff or learners", "seeks": "We want to learn how dual VET works with companies."}
    journey.submit(answer(3, organisation="Tampere Adult Institute", country="Finland", city="Tampere", **third))
    journey.tick(match)
    journey.run()
    assert journey.status(match) == f"Approved: waits, {asked}; untick Approve to stop it · {match}"
    assert [row["Match"] for row in journey.review()] == [match], "nobody else is proposed to them"
    assert journey.run().summary == ""
    assert journey.letters() == []

    journey.run(weeks_later=4)
    assert [one for one, _ in journey.letters()] == [match]
    assert "Tampere" in "".join(row["Sending organisation"] for row in journey.review())
    assert organisation(journey, "Lysekil Vocational College")["Status"].startswith("Open · O-")


def test_nobody_who_asked_to_be_left_alone_is_reminded(journey: Any, introduced: str, day: Any) -> None:
    leave_alone(journey, "Kortrijk Training Centre", day(80))
    journey.run(weeks_later=5)
    assert len(journey.letters()) == 1
    journey.run(weeks_later=12)
    assert len(journey.letters()) == 2
    assert journey.status(introduced).startswith("Introduced on")


def test_a_day_that_cannot_be_read_is_a_problem_and_nothing_leaves_meanwhile(journey: Any, sides: Any) -> None:
    journey.submit(*sides())
    journey.run()
    match = journey.row("Kortrijk", "Lysekil")["Match"]
    leave_alone(journey, "Lysekil Vocational College", "after the holidays")
    journey.tick(match)
    assert journey.run().exit_code == 1
    (problem,) = journey.person.rows("Problems")
    assert "“after the holidays” beside Lysekil Vocational College" in problem["What"]
    assert journey.letters() == []
    leave_alone(journey, "Lysekil Vocational College", "")
    journey.run()
    assert len(journey.letters()) == 1
    assert journey.person.rows("Problems") == []


def test_a_day_stays_beside_its_organisation_whatever_people_and_the_program_do(
    journey: Any, sides: Any, answer: Any, day: Any
) -> None:
    journey.submit(*sides())
    journey.run()
    leave_alone(journey, "Lysekil Vocational College", day(20))
    sheet = journey.person.sheet_id("Organisations")
    for number in (3, 4):
        journey.submit(answer(number, organisation=f"Aalborg School {number}", country="Denmark", **HOST))
        journey.person.batch(
            {
                "sortRange": {
                    "range": {"sheetId": sheet, "startRowIndex": 1},
                    "sortSpecs": [{"dimensionIndex": 2, "sortOrder": ("ASCENDING", "DESCENDING")[number % 2]}],
                }
            }
        )
        journey.run()
    journey.edit("office@organisation-1.example", website="https://lysekil.example")
    for _ in range(3):
        journey.run()
    rows = {row["Organisation"]: row for row in journey.person.rows("Organisations")}
    assert len(rows) == 4
    assert {name for name, row in rows.items() if row["Leave alone until"]} == {"Lysekil Vocational College"}
    assert "lysekil.example" in rows["Lysekil Vocational College"]["Website domains"]


def test_whoever_asked_to_be_left_alone_and_edits_the_name_is_left_alone(journey: Any, sides: Any, day: Any) -> None:
    journey.submit(*sides())
    journey.run()
    leave_alone(journey, "Lysekil Vocational College", day(20))
    journey.edit("office@organisation-1.example", organisation="Gullmar School", city="Fiskebäckskil")
    for _ in range(2):
        journey.run()
    match = journey.row("Kortrijk", "Gullmar")["Match"]
    asked = f"Gullmar School asked to be left alone until {day.in_words(20)}"
    assert asked in journey.status(match)
    journey.tick(match)
    journey.run()
    assert journey.status(match) == f"Approved: waits, {asked}; untick Approve to stop it · {match}"
    journey.run(weeks_later=4)
    assert [one for one, _ in journey.letters()] == [match]


@pytest.mark.parametrize("what", ["row", "rows"])
def test_a_day_stays_when_somebody_deletes_its_row(journey: Any, sides: Any, day: Any, what: str) -> None:
    """Tidying up is no permission: the row comes back with its day, and the letter waits all the while."""
    journey.submit(*sides())
    journey.run()
    match = journey.row("Kortrijk", "Lysekil")["Match"]
    leave_alone(journey, "Lysekil Vocational College", day(200))
    journey.tick(match)
    journey.run()
    rows = journey.person.rows("Organisations")
    for row in reversed(rows):
        if what == "rows" or row["Organisation"] == "Lysekil Vocational College":
            journey.delete("Organisations", row["#"])
    for _ in range(2):
        journey.run()
        assert journey.letters() == []
        assert f"waits, Lysekil Vocational College asked to be left alone until {day.in_words(200)}" in journey.status(
            match
        )
        back = organisation(journey, "Lysekil Vocational College")
        assert back["Leave alone until"] == day.in_words(200)
        assert back["Status"].startswith(f"Left alone until {day.in_words(200)} · ")
    leave_alone(journey, "Lysekil Vocational College", "")
    journey.run()
    assert [one for one, _ in journey.letters()] == [match]


LINE = "Lysekil is closed until May. We look for somebody else."


def test_a_correction_goes_to_the_same_people_in_the_same_thread_once(journey: Any, introduced: str) -> None:
    journey.tick(introduced, "Correction", LINE)
    assert journey.run().summary == "", "a line without a tick is a draft"
    journey.tick(introduced, "Send correction")
    assert journey.run().exit_code == 0
    first, second = journey.sandbox.messages()
    assert list(second.recipients) == list(first.recipients)
    introduction, correction = (message_from_bytes(message.content) for message in (first, second))
    assert correction["In-Reply-To"] == correction["References"] == introduction["Message-ID"]
    assert " ".join(correction["Subject"].split()) == f"Re: {' '.join(introduction['Subject'].split())}"
    text = " ".join(journey.texts()[1].split())
    assert "Please disregard our letter of" in text
    assert LINE in text
    assert "; correction sent on 20" in journey.status(introduced)
    assert ", corrected on 20" in journey.person.rows("Exchanges")[0]["Status"]

    assert journey.run().summary == ""
    journey.tick(introduced, "Correction", f"{LINE} Sorry!")
    journey.run()
    assert "Correction has been changed since" in journey.status(introduced)
    journey.run(weeks_later=5)
    assert len(journey.letters()) == 2, "no second one under a tick that has done its work, and no reminder"

    journey.tick(introduced, "Send correction", value=False)
    journey.run(weeks_later=5)
    journey.tick(introduced, "Send correction")
    journey.run(weeks_later=5)
    assert len(journey.letters()) == 3
    assert "Sorry!" in journey.texts()[2]
    assert journey.run(weeks_later=5).summary == ""


def test_a_correction_waits_for_mail_and_can_be_stopped_until_then(journey: Any, introduced: str) -> None:
    journey.tick(introduced, "Send correction")
    assert journey.run().exit_code == 1
    assert "Correction is empty: write your line there" in journey.status(introduced)
    journey.tick(introduced, "Correction", LINE)
    journey.run(sending=False)
    assert "a correction waits, letters are switched off; untick Send correction to stop it" in journey.status(
        introduced
    )
    journey.tick(introduced, "Send correction", value=False)
    journey.run()
    assert "correction" not in journey.status(introduced)
    assert len(journey.letters()) == 1


def put(journey: Any, tab: str, row: int, title: str, value: Any) -> None:
    """Type into a cell; a text that begins with an equals sign is a formula."""
    if not str(value).startswith("="):
        journey.person.put(tab, row, title, value)
        return
    place = {
        "sheetId": journey.person.sheet_id(tab),
        "rowIndex": row - 1,
        "columnIndex": journey.header(tab).index(title),
    }
    rows = [{"values": [{"userEnteredValue": {"formulaValue": value}}]}]
    journey.person.batch({"updateCells": {"start": place, "rows": rows, "fields": "userEnteredValue"}})


@pytest.mark.parametrize(
    ("tab", "title"),
    [
        ("Review", "Send correction"),
        ("Review", "Decline"),
        ("Exchanges", "Took place"),
        ("Exchanges", "Will not happen"),
        ("Entries", "Tell them"),
    ],
)
@pytest.mark.parametrize(("value", "held"), [("yes, please", "the text “yes, please”"), ("=TRUE()", "a formula")])
def test_what_is_no_tick_says_so_beside_what_was_introduced_and_once_in_problems(
    journey: Any, introduced: str, tab: str, title: str, value: str, held: str
) -> None:
    journey.tick(introduced, "Correction", LINE)
    put(journey, tab, 2, title, value)
    assert journey.run().exit_code == 1
    told = f"{title} holds {held}, which is not a tick"
    row = journey.person.rows(tab)[0]
    assert told in row["What became of it" if tab == "Entries" else "Status"]
    assert [one["What"] for one in journey.person.rows("Problems")] == [f"{told}."]
    assert len(journey.letters()) == 1
    assert journey.run().summary == ""
    journey.person.put(tab, 2, title, False)
    journey.run()
    assert journey.person.rows("Problems") == []
    assert "not a tick" not in str(journey.person.rows(tab)[0])


def test_text_in_a_box_of_same_organisation_says_so_and_settles_nothing(journey: Any, answer: Any) -> None:
    hosting = {"role": "Host visitors", "offers": "We show dual VET.", "city": "Lysekil"}
    journey.submit(
        answer(1, organisation="Lysekil College", **hosting),
        answer(2, organisation="Lysekil Vocational School", **hosting),
    )
    journey.run()
    (question,) = journey.person.rows("Same organisation?")
    put(journey, "Same organisation?", question["#"], "Same", "yes")
    assert journey.run().exit_code == 1
    told = "Same holds the text “yes”, which is not a tick"
    assert told in journey.person.rows("Same organisation?")[0]["Status"]
    assert [one["What"] for one in journey.person.rows("Problems")] == [f"{told}."]
    assert journey.run().summary == ""


@pytest.mark.parametrize("title", ["Message", "Correction"])
def test_a_line_longer_than_a_letter_carries_stays_here_until_it_is_shortened(
    journey: Any, sides: Any, title: str
) -> None:
    journey.submit(*sides())
    journey.run()
    match = journey.row("Kortrijk", "Lysekil")["Match"]
    if title == "Correction":
        journey.tick(match)
        journey.run()
    before = len(journey.letters())
    line = ("Please note that the college is closed in week thirty. " * 60).strip()
    journey.tick(match, title, line)
    journey.tick(match, "Send correction" if title == "Correction" else "Approve")
    assert journey.run().exit_code == 1
    assert f"{title} is 3,299 characters long, and a letter carries at most 1,500" in journey.status(match)
    assert "shorten it by 1,799" in journey.status(match)
    assert journey.run().summary == ""
    assert len(journey.letters()) == before
    journey.tick(match, title, line[:1499] + "!")
    journey.run()
    assert len(journey.letters()) == before + 1
    assert line[:1499] + "!" in " ".join(journey.texts()[-1].split())


def test_a_correction_before_the_letter_left_holds_it(journey: Any, sides: Any) -> None:
    journey.submit(*sides())
    journey.run()
    match = journey.row("Kortrijk", "Lysekil")["Match"]
    for title in ("Approve", "Send correction"):
        journey.tick(match, title)
    journey.run()
    assert journey.status(match).startswith("Held: Send correction is ticked, but no letter has left")
    journey.tick(match, "Send correction", value=False)
    journey.run()
    assert len(journey.letters()) == 1


@pytest.mark.parametrize(("title", "value"), [("Took place", True), ("Will not happen", True), ("From", "2027-03-01")])
def test_whoever_noted_how_it_goes_on_is_not_reminded(journey: Any, introduced: str, title: str, value: Any) -> None:
    row = journey.person.rows("Exchanges")[0]
    assert row["Match"] == introduced
    journey.person.put("Exchanges", row["#"], title, value)
    journey.run(weeks_later=5)
    assert len(journey.letters()) == 1


def test_nobody_who_took_the_entry_back_is_reminded(journey: Any, introduced: str, answer: Any) -> None:
    later = answer(2)["submitted_at"] + 0.5
    journey.submit(
        answer(
            2, organisation="Kortrijk Training Centre", kind="Withdraw my entry", country="Belgium", submitted_at=later
        )
    )
    journey.run(weeks_later=5)
    assert len(journey.letters()) == 1
    assert journey.status(introduced).startswith("Introduced")


def test_the_digest_tells_what_waits_at_most_once_a_week(journey: Any, sides: Any) -> None:
    digest = {"MATCHMAKER_MAIL__DIGEST_TO": "secretariat@ours.example"}
    journey.run(**digest)
    assert journey.letters() == []
    journey.submit(*sides())
    journey.run(**digest)
    assert [recipients for _, recipients in journey.letters()] == [("secretariat@ours.example",)]
    assert "Kortrijk Training Centre" in journey.texts()[0]
    journey.run(weeks_later=0.5, **digest)
    assert len(journey.letters()) == 1
    journey.run(weeks_later=1.1, **digest)
    assert len(journey.letters()) == 2


def test_consent_taken_back_in_the_form_stops_what_is_open(journey: Any, sides: Any) -> None:
    journey.submit(*sides())
    journey.run()
    match = journey.row("Kortrijk", "Lysekil")["Match"]
    journey.tick(match)
    journey.edit("office@organisation-1.example", consent="")
    result = journey.run()
    assert journey.letters() == []
    assert journey.status(match).startswith("Withdrawn")
    assert result.exit_code == 1
    problem = journey.person.rows("Problems")[0]
    assert "no consent" in problem["What"]


def test_an_entry_expires_and_its_match_with_it(journey: Any, sides: Any) -> None:
    undated = {"date_from": "", "date_to": ""}
    journey.submit(*sides(host=undated, send=undated))
    journey.run()
    match = journey.row("Kortrijk", "Lysekil")["Match"]
    journey.run(weeks_later=40)
    assert journey.run(weeks_later=80).exit_code == 1
    status = journey.status(match)
    assert status.startswith("Withdrawn")
    assert "expired" in status
    asked = journey.person.rows("Problems")
    assert len(asked) == 2
    assert "Is that still current?" in asked[0]["Sentence to send"]
    assert journey.run(weeks_later=80).summary == ""


def test_a_request_gets_no_alternates_until_its_introduction_came_to_nothing(
    journey: Any, sides: Any, answer: Any
) -> None:
    hosts = [
        answer(number, country=country, role="Host visitors", offers="We show dual VET with companies.")
        for number, country in enumerate(("Norway", "Finland", "Ireland", "Austria"), start=3)
    ]
    journey.submit(*sides(), *hosts)
    journey.run()
    rows = journey.review()
    assert len(rows) == 3
    journey.tick(rows[0]["Match"])
    journey.run()
    assert len(journey.review()) == 3
    assert journey.run().summary == ""

    noted = journey.person.rows("Exchanges")[0]
    journey.person.put("Exchanges", noted["#"], "Will not happen", True)
    journey.run()
    assert len(journey.review()) == 4
