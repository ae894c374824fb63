"""Who somebody is: known names from elsewhere, names written by hand, and the question whether two are one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.wiring import open_ledger_only
from tests.journeys.conftest import RESPONSES, TITLES

KNOWN = "anna@goteborg.example"
BOX = "goteborg.exchange@gmail.com"


def of_gothenburg(answer: Any, number: int, **changed: Any) -> dict[str, Any]:
    """An answer in the name of the city, which would like to travel."""
    return dict(
        answer(
            number,
            **{
                "organisation": "Göteborgs stad",
                "organisation_type": "Local authority",
                "city": "Göteborg",
                "email": KNOWN,
                "role": "Send staff or learners",
                "seeks": "We want to learn about dual VET with companies.",
                **changed,
            },
        )
    )


HOSTING = {"role": "Host visitors", "offers": "We show dual VET with companies.", "seeks": ""}
"""What turns a wish to travel into an invitation, so that both entries of one organisation are proposed."""


def guest(answer: Any, number: int, organisation: str, **changed: Any) -> dict[str, Any]:
    """Somebody in Belgium who would like to travel."""
    seeks = "We want to learn about dual VET with companies."
    return host(answer, number, organisation, role="Send staff or learners", seeks=seeks, offers="", **changed)


def host(answer: Any, number: int, organisation: str, **changed: Any) -> dict[str, Any]:
    """Somebody in Belgium whom it suits."""
    place = organisation.split(maxsplit=1)[0]
    return dict(
        answer(
            number,
            organisation=organisation,
            **{
                "country": "Belgium",
                "city": place,
                "role": "Host visitors",
                "offers": "We show dual VET with companies.",
                **changed,
            },
        )
    )


@pytest.fixture
def parties(journey: Any) -> Any:
    """Match id -> side -> address, from the ledger."""

    def look(match: str) -> dict[str, str]:
        with open_ledger_only(journey.settings(), read_only=True) as ledger:
            known = ledger.load(datetime.now(UTC)).matches[match]
        return {str(party.side): party.email for party in known.parties}

    return look


def rows_to(journey: Any, parties: Any, address: str) -> list[dict[str, Any]]:
    """The rows that stand open and whose letter would go to that address."""
    return [
        row
        for row in journey.review()
        if not row["Status"].startswith("Out of date") and address in parties(row["Match"]).values()
    ]


@pytest.mark.parametrize(
    "claimed",
    [
        {"organisation": "Göteborgs stad", "email": BOX},
        {"organisation": "City of Gothenburg", "email": BOX},
        {"organisation": "GOTEBORGS STAD", "email": BOX, "country": "Norway"},
        {"organisation": "City of Gothenburg", "unit": "International office", "email": BOX},
        {"organisation": "Göteborgs stad", "email": "office@exchange-bureau.example"},
        {"organisation": "City of Gothenburg", "email": "office@exchange-bureau.example"},
        {"organisation": "Lindholmen School", "parent": "City of Gothenburg", "email": BOX},
        {"organisation": "Education Office", "parent": "Göteborgs kommun", "email": "office@exchange-bureau.example"},
        {"organisation": "Exchange Bureau", "unit": "Göteborgs stad", "email": "office@exchange-bureau.example"},
        {"organisation": "Exchange Office, City of Gothenburg", "email": "a@bureau.example"},
    ],
    ids=[
        "same name",
        "another spelling",
        "another country",
        "a unit",
        "another domain",
        "spelling and domain",
        "a part of it",
        "a part of it, domain",
        "its name as a unit",
        "its name behind a comma",
    ],
)
def test_a_known_name_from_elsewhere_is_written_to_only_once_agreed(
    journey: Any, answer: Any, parties: Any, claimed: dict[str, Any]
) -> None:
    journey.submit(of_gothenburg(answer, 1), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    journey.submit(of_gothenburg(answer, 3, **HOSTING, **claimed), guest(answer, 4, "Leuven Technical School"))
    journey.run()
    rows = rows_to(journey, parties, claimed["email"])
    assert rows, journey.review()
    for row in rows:
        assert "Göteborgs stad wrote before from anna@goteborg.example" in row["Status"]
        journey.tick(row["Match"])
    for _ in range(2):
        journey.run()
    assert journey.letters() == []
    assert all(journey.status(row["Match"]).startswith("Held") for row in rows)

    journey.tick(rows[0]["Match"], "Agreed")
    journey.run()
    ((match, recipients),) = journey.letters()
    assert match == rows[0]["Match"]
    assert claimed["email"] in recipients


def test_a_school_of_a_known_city_writes_from_a_domain_of_its_own_with_one_tick(
    journey: Any, answer: Any, parties: Any
) -> None:
    journey.submit(of_gothenburg(answer, 1), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    school = {"organisation": "Lindholmen School", "parent": "Göteborgs stad", "email": "anna@lindholmen.example"}
    journey.submit(of_gothenburg(answer, 3, **HOSTING, **school), guest(answer, 4, "Leuven Technical School"))
    journey.run()
    (row, *_) = rows_to(journey, parties, school["email"])
    assert "check" not in row["Status"]
    journey.tick(row["Match"])
    journey.run()
    assert [match for match, _ in journey.letters()] == [row["Match"]]


@pytest.mark.parametrize("domain", ["lysekil.example", "known.example"])
@pytest.mark.parametrize("wording", ["Lysekils yrkesskola", "Yrkesskolan i Lysekil"])
def test_another_wording_of_a_known_name_is_held_whatever_the_domain_of_the_known_one(
    journey: Any, answer: Any, parties: Any, domain: str, wording: str
) -> None:
    of_lysekil: dict[str, Any] = {"country": "Sweden", "city": "Lysekil"}
    known = f"anna@{domain}"
    journey.submit(guest(answer, 1, "Lysekil Vocational College", email=known, **of_lysekil))
    journey.run()
    journey.submit(
        host(answer, 2, wording, email="lysekil.exchange@gmail.com", **of_lysekil),
        guest(answer, 3, "Kortrijk Training Centre"),
    )
    journey.run()
    rows = rows_to(journey, parties, "lysekil.exchange@gmail.com")
    assert rows
    for row in rows:
        assert f"Lysekil Vocational College wrote before from {known}" in row["Status"] or (
            f"This may be Lysekil Vocational College, which wrote before from {known}" in row["Status"]
        )
        journey.tick(row["Match"])
    journey.run()
    assert "lysekil.exchange@gmail.com" not in str(journey.letters())


def test_the_known_address_goes_on_with_one_tick(journey: Any, answer: Any, parties: Any) -> None:
    journey.submit(of_gothenburg(answer, 1), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    journey.submit(of_gothenburg(answer, 3, email=BOX), of_gothenburg(answer, 4, email="bo@edu.goteborg.example"))
    journey.run()
    (row,) = rows_to(journey, parties, KNOWN)
    assert "approving, check" not in row["Status"]
    journey.tick(row["Match"])
    journey.run()
    assert len(journey.letters()) == 1


def test_a_hold_outlives_edits_and_runs(journey: Any, answer: Any, parties: Any) -> None:
    """Both came on one day, before the first run; that day the known one is who submitted first, and stays it."""
    journey.submit(
        of_gothenburg(answer, 1), of_gothenburg(answer, 2, email=BOX, **HOSTING),
        host(answer, 3, "Kortrijk Training Centre"), guest(answer, 4, "Leuven Technical School"),
    )  # fmt: skip
    journey.run()
    journey.edit(KNOWN, days=2)
    journey.run()
    journey.edit(BOX, days=4)
    journey.run()
    rows = rows_to(journey, parties, BOX)
    assert rows
    for row in rows:
        assert KNOWN in row["Status"]
        journey.tick(row["Match"])
    journey.run()
    assert journey.letters() == []
    assert not any("approving, check" in row["Status"] for row in rows_to(journey, parties, KNOWN))


def test_an_open_row_is_held_when_the_true_one_writes_later(journey: Any, answer: Any, parties: Any) -> None:
    journey.submit(of_gothenburg(answer, 1, email=BOX), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    (row,) = rows_to(journey, parties, BOX)
    journey.tick(row["Match"])
    journey.tick(row["Match"], "Agreed")
    journey.submit(of_gothenburg(answer, 3, organisation="City of Gothenburg"))
    for _ in range(2):
        journey.run()
    assert journey.letters() == []
    assert journey.status(row["Match"]).startswith(
        f"Held: Göteborgs stad: City of Gothenburg also writes from {KNOWN} (International coordinator): ask there "
        f"whether {BOX} is theirs. Agreed was ticked before this was known"
    )
    journey.tick(row["Match"], "Agreed", value=False)
    journey.run()
    journey.tick(row["Match"], "Agreed")
    journey.run()
    assert [match for match, _ in journey.letters()] == [row["Match"]]


def test_an_address_that_was_edited_is_held(journey: Any, answer: Any, parties: Any) -> None:
    journey.submit(of_gothenburg(answer, 1), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    row = next(one for one in journey.person.rows(RESPONSES) if one[TITLES["email"]] == KNOWN)
    journey.person.put(RESPONSES, row["#"], TITLES["organisation"], "City of Gothenburg")
    journey.person.put(RESPONSES, row["#"], TITLES["email"], BOX)
    journey.run()
    rows = rows_to(journey, parties, BOX)
    assert rows
    for row in rows:
        assert f"Göteborgs stad also writes from {KNOWN}: ask there" in row["Status"]
        journey.tick(row["Match"])
    journey.run()
    assert journey.letters() == []


def test_a_third_party_is_held_like_any_other(journey: Any, answer: Any, parties: Any) -> None:
    journey.submit(
        of_gothenburg(answer, 1), host(answer, 2, "Kortrijk Training Centre", third_party="Yes"),
        answer(3, organisation="Lysekil Vocational College", city="Lysekil", role="Send staff or learners",
               seeks="We want to learn about dual VET with companies.", third_party="Yes"),
    )  # fmt: skip
    journey.run()
    journey.submit(of_gothenburg(answer, 4, organisation="City of Gothenburg", email=BOX))
    journey.run()
    journey.person.put("By hand", 2, "Sending organisation", "Lysekil Vocational College")
    journey.person.put("By hand", 2, "Receiving organisation", "Kortrijk Training Centre")
    journey.person.put("By hand", 2, "Joining organisation", "City of Gothenburg")
    journey.run()
    rows = [row for row in rows_to(journey, parties, BOX) if row["Joining organisation"]]
    assert rows
    for row in rows:
        assert KNOWN in row["Status"]
        journey.tick(row["Match"])
    journey.run()
    assert journey.letters() == []


def test_who_has_always_used_a_free_mailbox_is_not_held_and_once_confirmed_never_again(
    journey: Any, answer: Any, parties: Any
) -> None:
    journey.submit(of_gothenburg(answer, 1, email=BOX), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    (row,) = rows_to(journey, parties, BOX)
    assert BOX not in row["Status"]
    journey.submit(of_gothenburg(answer, 3), host(answer, 4, "Leuven Technical School"))
    journey.run()
    journey.tick(row["Match"])
    journey.tick(row["Match"], "Agreed")
    journey.run()
    assert len(journey.letters()) == 1
    journey.submit(of_gothenburg(answer, 5, email=BOX, **HOSTING), guest(answer, 6, "Hasselt Trade School"))
    journey.run()
    later = [one for one in rows_to(journey, parties, BOX) if one["Match"] != row["Match"]]
    assert later
    assert not any("check Göteborgs" in one["Status"] for one in later)


def test_no_reminder_goes_to_a_box_that_is_in_doubt_by_then(journey: Any, answer: Any, parties: Any) -> None:
    journey.submit(of_gothenburg(answer, 1, email=BOX), host(answer, 2, "Kortrijk Training Centre"))
    journey.run()
    (row,) = rows_to(journey, parties, BOX)
    journey.tick(row["Match"])
    journey.run()
    assert len(journey.letters()) == 1
    journey.submit(of_gothenburg(answer, 3))
    journey.run(weeks_later=7)
    assert len(journey.letters()) == 1
    assert f"also writes from {KNOWN}" in journey.status(row["Match"])


# -- names written by hand -----------------------------------------------------------------------------


def write_by_hand(journey: Any, *names: str, row: int = 2) -> None:
    for title, name in zip(
        ("Sending organisation", "Receiving organisation", "Joining organisation"), names, strict=False
    ):
        journey.person.put("By hand", row, title, name)


def beside(journey: Any) -> list[str]:
    """What stands beside the lines, without the mark at its end."""
    return [str(row["Status"]).partition(" · ")[0] for row in journey.person.rows("By hand")]


@pytest.fixture
def known(journey: Any, answer: Any) -> Any:
    """A journey in which the city, a university of its place, an agency and a school are known."""
    journey.submit(
        of_gothenburg(answer, 1), host(answer, 2, "Kortrijk Training Centre"),
        host(answer, 3, "Vlaamse Dienst voor Arbeidsbemiddeling en Beroepsopleiding", city="Brussel"),
        host(answer, 4, "Lysekil Vocational College", country="Sweden"),
    )  # fmt: skip
    journey.run()
    return journey


@pytest.mark.parametrize(
    ("sending", "receiving", "understood"),
    [
        ("City of Gothenburg", "KORTRIJK training centre", "Kortrijk Training Centre (Belgium)"),
        ("goteborg", "KTC", "Kortrijk Training Centre (Belgium)"),
        ("Göteborgs Stad", "VDAB", "Vlaamse Dienst voor Arbeidsbemiddeling en Beroepsopleiding (Belgium)"),
        ("gothenburg (Sweden)", "Lysekil", "Lysekil Vocational College (Sweden)"),
    ],
)
def test_any_spelling_is_understood_and_the_answer_stands_beside_the_line(
    known: Any, sending: str, receiving: str, understood: str
) -> None:
    write_by_hand(known, sending, receiving)
    known.run()
    row = next(one for one in known.review() if one["Receiving organisation"] in understood)
    (text,) = beside(known)
    assert text == (f"Göteborgs stad (Sweden) sends to {understood}: {row['Match']} (proposed: tick Approve in Review)")
    assert known.run().summary == ""
    known.tick(row["Match"])
    known.run()
    assert beside(known)[0].endswith("(introduced: to do it once more, write the line once more)")
    assert known.run().summary == ""


def test_an_id_is_understood(known: Any) -> None:
    ids = {row["Organisation"]: row["Id"] for row in known.person.rows("Organisations")}
    write_by_hand(known, ids["Göteborgs stad"], ids["Lysekil Vocational College"].lower())
    known.run()
    assert beside(known)[0].startswith("Göteborgs stad (Sweden) sends to Lysekil Vocational College (Sweden): M-")


def test_where_two_could_be_meant_nobody_is_and_the_line_says_which_they_are(known: Any, answer: Any) -> None:
    known.submit(host(answer, 5, "University of Gothenburg", country="Sweden", city="Göteborg"))
    write_by_hand(known, "Lysekil", "goteborg")
    before = len(known.review())
    known.run()
    ids = {row["Organisation"]: row["Id"] for row in known.person.rows("Organisations")}
    told = beside(known)[0]
    assert told.startswith("“goteborg” could be several: ")
    for name in ("Göteborgs stad", "University of Gothenburg"):
        assert f"{name} (Göteborg, Sweden): {ids[name]}" in told
    assert told.endswith("Write the Id instead.")
    assert not any("by hand" in row["Why"] for row in known.review()[: len(known.review()) - before])
    assert any("“goteborg” could be several" in row["What"] for row in known.person.rows("Problems"))


def test_a_name_nobody_bears_is_told_with_the_nearest_and_mended_in_place(known: Any) -> None:
    write_by_hand(known, "Kortrjik Trainings", "Göteborgs stad")
    known.run()
    assert beside(known) == [
        (
            "Nobody is known by the name “Kortrjik Trainings”. Did you mean: Kortrijk Training Centre? "
            "Write it as in the tab Organisations, or its Id."
        )
    ]
    write_by_hand(known, "Kortrijk", "Göteborgs stad")
    known.run()
    assert beside(known)[0].startswith("Kortrijk Training Centre (Belgium) sends to Göteborgs stad (Sweden): M-")


def test_an_id_of_the_tab_entries_is_understood_and_a_topic_is_nobody(known: Any, answer: Any) -> None:
    ministry = host(answer, 5, "Catalonia's Regional Ministry of Education and VET", country="Spain", city="Barcelona",
                    parent="Generalitat de Catalunya", email="eu@gencat.example")  # fmt: skip
    known.submit(ministry)
    known.run()
    ids = {row["Organisation"]: row["Id"] for row in known.person.rows("Entries")}
    write_by_hand(known, ids["Göteborgs stad"], ids["Lysekil Vocational College"].lower())
    write_by_hand(known, "Göteborgs stad", "VET", row=3)
    write_by_hand(known, "Göteborgs stad", "Gencat", row=4)
    write_by_hand(known, "Göteborgs stad", known.review()[0]["Match"], row=5)
    known.run()
    told = beside(known)
    assert told[0].startswith("Göteborgs stad (Sweden) sends to Lysekil Vocational College (Sweden): M-")
    assert told[1] == "Nobody is known by the name “VET”. Write it as in the tab Organisations, or its Id."
    assert told[2].startswith(
        "Nobody is known by the name “Gencat”. Did you mean: Catalonia's Regional Ministry of Education and VET? "
    )
    assert "is a proposal, not an organisation" in told[3]


def test_answers_follow_their_lines_when_the_tab_is_sorted(known: Any) -> None:
    write_by_hand(known, "goteborg", "Kortrijk")
    write_by_hand(known, "goteborg", "Lysekil", row=3)
    known.run()
    area = {"sheetId": known.person.sheet_id("By hand"), "startRowIndex": 1}
    specs = [{"dimensionIndex": 1, "sortOrder": "DESCENDING"}]
    known.person.batch({"sortRange": {"range": area, "sortSpecs": specs}})
    known.tick(next(row["Match"] for row in known.review() if row["Receiving organisation"].startswith("Kortrijk")))
    known.run()
    rows = {row["Receiving organisation"]: row["Status"] for row in known.person.rows("By hand")}
    assert "Kortrijk Training Centre" in rows["Kortrijk"]
    assert "introduced" in rows["Kortrijk"]
    assert "Lysekil Vocational College" in rows["Lysekil"]
    assert "proposed" in rows["Lysekil"]


# -- may they be one? ----------------------------------------------------------------------------------


def test_a_question_shows_what_helps_and_each_argument_in_its_column(journey: Any, answer: Any) -> None:
    journey.submit(
        host(answer, 1, "Escola del Treball", country="Spain", city="Barcelona", website="https://www.treball.example"),
        host(answer, 2, "Institut Escola del Treball", country="Spain", city="Barcelona",
             email="info@ietreball.example", offers="We show workshops for electricians."),
    )  # fmt: skip
    journey.run()
    (row,) = journey.person.rows("Same organisation?")
    cards = sorted((str(row["One"]), str(row["Other"])))
    assert cards[0].startswith(
        "Escola del Treball (Barcelona, Spain)\nContact: office@organisation-1.example, treball.example\n"
    )
    assert "Shows: “We show workshops for electricians.”" in cards[1]
    assert "info@ietreball.example" in cards[1]
    assert all("\nSince " in card for card in cards)
    assert "Both names say “Treball”, “Escola”" in row["Speaks for"]
    assert "Both are in Barcelona" in row["Speaks for"]
    assert "Only one says “Institut”" in row["Speaks against"]
    assert "Only" not in row["Speaks for"]
    assert "Both" not in row["Speaks against"]


THREE = (
    ("Barcelona Institute of Technology", "ax"),
    ("Institut Barcelona", "bx"),
    ("Barcelona Training Institute", "cx"),
)
"""Names of which any two may be one."""


def test_of_three_in_doubt_only_two_are_asked_and_the_third_only_if_it_is_open_then(journey: Any, answer: Any) -> None:
    journey.submit(*(
        host(answer, number, name, country="Spain", city="Barcelona", email=f"info@{mail}.example")
        for number, (name, mail) in enumerate(THREE, start=1)
    ))  # fmt: skip
    journey.run()
    asked = journey.person.rows("Same organisation?")
    assert len(asked) == 2
    for row in asked:
        journey.person.put("Same organisation?", row["#"], "Different", True)
    journey.run()
    after = journey.person.rows("Same organisation?")
    assert len(after) == 3
    third = next(row for row in after if row["Status"].startswith("Waits"))
    journey.person.put("Same organisation?", third["#"], "Same", True)
    journey.run()
    assert len(journey.person.rows("Same organisation?")) == 3
    stand = [row["Status"].partition(" ·")[0] for row in journey.person.rows("Organisations")]
    assert len([one for one in stand if not one.startswith("The same as ")]) == 2


def test_an_open_question_leaves_the_possible_twin_alone_too_until_it_is_answered(
    journey: Any, answer: Any, day: Any
) -> None:
    spain: dict[str, Any] = {"country": "Spain", "city": "Barcelona"}
    journey.submit(
        answer(1, organisation="Kortrijk Training Centre", country="Belgium", city="Kortrijk",
               role="Send staff or learners", seeks="We want to learn about dual VET with companies."),
        host(answer, 2, "Barcelona Institute of Technology", email="info@ax.example",
             offers="We show gardens to schools.", topics="Green skills", **spain),
        host(answer, 3, "Institut Barcelona", email="info@bx.example", **spain),
    )  # fmt: skip
    journey.run()
    names = [one["Organisation"] for one in journey.person.rows("Organisations")]
    journey.person.put(
        "Organisations", names.index("Barcelona Institute of Technology") + 2, "Leave alone until", day(20)
    )
    match = journey.row("Kortrijk", "Institut")["Match"]
    journey.tick(match)
    for _ in range(2):
        journey.run()
    assert journey.letters() == []
    assert journey.status(match) == (
        "Approved: waits, Institut Barcelona may be Barcelona Institute of Technology, which asked to be left alone "
        f"until {day.in_words(20)}: say in Same organisation? whether they are one; untick Approve to stop it · {match}"
    )
    (question,) = journey.person.rows("Same organisation?")
    journey.person.put("Same organisation?", question["#"], "Different", True)
    journey.run()
    assert [one for one, _ in journey.letters()] == [match]


def test_nobody_in_doubt_is_told_that_nobody_was_found_yet(journey: Any, answer: Any) -> None:
    journey.submit(of_gothenburg(answer, 1), of_gothenburg(answer, 2, email=BOX, organisation="City of Gothenburg"))
    journey.run()
    for row in journey.person.rows("Entries"):
        journey.person.put("Entries", row["#"], "Tell them", True)
    journey.run(weeks_later=12)
    journey.run(weeks_later=12)
    assert [recipients for _, recipients in journey.letters()] == [(KNOWN,)]
