"""The tab `Unmet demand` from the form to what the working group reads: what is unmet, and nothing else."""

from __future__ import annotations

from typing import Any


def lines(journey: Any, kind: str | None = None) -> list[tuple[str, str, str]]:
    """Kind, what, and by whom, of the lines of that kind, from top to bottom."""
    rows = journey.person.rows("Unmet demand")
    shown = [(row["Kind"], row["What"], row["Asked for by"]) for row in rows]
    return [line for line in shown if kind in (None, line[0])]


def test_whoever_was_introduced_is_not_called_unmet_later(journey: Any, sides: Any) -> None:
    journey.submit(*sides())
    journey.run()
    assert lines(journey) == [], "both stand in a proposal"
    journey.tick(journey.row("Kortrijk", "Lysekil")["Match"])
    journey.run()
    assert len(journey.letters()) == 1
    assert journey.run().summary == ""
    assert lines(journey) == []

    noted = journey.person.rows("Exchanges")[0]
    journey.person.put("Exchanges", noted["#"], "Will not happen", True)
    journey.run()
    assert [(kind, asked_by) for kind, _, asked_by in lines(journey)] == [
        ("Topic", "Kortrijk Training Centre"),
        ("Request nobody fits", "Kortrijk Training Centre"),
        ("Host without guests", ""),
    ], "nothing came of it, so both wait again"
    (request,) = (row for row in journey.person.rows("Unmet demand") if row["Kind"] == "Request nobody fits")
    assert request["Note"] == (
        "Nobody fits yet. The nearest is Lysekil Vocational College: "
        "The two were introduced, or this was declined, within this round."
    )
    assert journey.run().summary == ""


def test_a_line_by_hand_meets_a_demand_too(journey: Any, sides: Any) -> None:
    journey.submit(*sides(host={"languages": "Swedish"}))
    journey.run()
    assert [line[0] for line in lines(journey)] == ["Topic", "Request nobody fits", "Host without guests"]
    for title, name in (
        ("Sending organisation", "Kortrijk Training Centre"),
        ("Receiving organisation", "Lysekil Vocational College"),
    ):
        journey.person.put("By hand", 2, title, name)
    journey.run()
    assert lines(journey) == []


def test_topics_typed_under_other_and_requests_nobody_fits_are_listed_by_kind(journey: Any, answer: Any) -> None:
    seeking = {"role": "Send staff or learners", "seeks": "We would like to see how others do it."}
    journey.submit(
        answer(1, organisation="Aster College", topics="=Prison bakeries", **seeking),
        answer(2, organisation="Briar College", country="Norway", topics="=prison bakeries", **seeking),
        answer(
            3, organisation="Clover School", country="France", languages="French", role="Host visitors", offers="Wine."
        ),
        answer(
            4,
            organisation="Daisy Centre",
            country="Italy",
            target_organisation="Zagreb Centre for Lifelong Learning",
            **seeking,
        ),
    )
    journey.run()
    shown = lines(journey)
    assert [line[0] for line in shown] == [
        "Invitation",
        "Topic",
        "Topic",
        "Request nobody fits",
        "Request nobody fits",
        "Request nobody fits",
        "Host without guests",
    ]
    assert ("Topic", "=Prison bakeries", "Aster College; Briar College") in shown
    assert [line[2] for line in lines(journey, "Request nobody fits")] == [
        "Aster College",
        "Briar College",
        "Daisy Centre",
    ], "the longest waiting first"
    note = next(row["Note"] for row in journey.person.rows("Unmet demand") if row["Kind"] == "Request nobody fits")
    assert note == "Nobody fits yet. The nearest is Clover School: No common language: English against French."
    assert lines(journey, "Host without guests") == [("Host without guests", "Clover School", "")]
    assert journey.run().summary == ""


def test_what_was_asked_in_vain_stands_beside_the_answer_in_the_same_words(journey: Any, answer: Any) -> None:
    """Every kind of request, also that of a host who only looks for partners in a project."""
    journey.submit(
        answer(1, organisation="Aster College", role="Send staff or learners", seeks="How others do it."),
        answer(2, organisation="Briar School", country="Norway", languages="Norwegian", topics="Prison bakeries",
               role="Send and host", seeks="We would like to bake.", offers="Bread."),
        answer(3, organisation="Nordhavn Region", country="Denmark", languages="Danish", role="Host visitors",
               formats="Project partnership", topics="Gender equality",
               offers="We look for partners in a project on women in technical trades."),
    )  # fmt: skip
    journey.run()
    wants = {row["Organisation"]: row["Wants"] for row in journey.person.rows("Entries")}
    asked = {by: what for kind, what, by in lines(journey, "Request nobody fits")}
    assert asked == wants
    assert wants == {
        "Aster College": "Dual VET and apprenticeships. “How others do it.”",
        "Briar School": "Prison bakeries. “We would like to bake.”",
        "Nordhavn Region": "Project partnership: Gender equality. "
        "“We look for partners in a project on women in technical trades.”",
    }
