from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pipeline.letters.verify import read_back
from pipeline.model import (
    Cell,
    Entry,
    EntryKind,
    LetterKind,
    Match,
    MatchStatus,
    Organisation,
    Problem,
    Response,
    Role,
    SheetRow,
    Side,
    Stage,
    Table,
)
from pipeline.planning.by_hand import ByHand, answers, read_by_hand, wishes
from pipeline.planning.match_content import Source
from tests.planning.conftest import Answers, guest, host, plan_of, remembered, rows_of, ticked

TODAY = date(2026, 11, 20)
TITLES = ("Sending organisation", "Receiving organisation", "Joining organisation")


def source(number: int, organisation: str, name: str, role: Role = Role.EITHER, *, email: str = "") -> Source:
    at = datetime(2026, 11, number, tzinfo=UTC)
    return Source(
        entry=Entry(
            id=f"E-{number}", organisation=name, organisation_id=organisation, role=role, submitted_at=at.date()
        ),
        response=Response(
            row=number,
            content=str(number),
            submitted_at=at,
            kind=EntryKind.NEW,
            email=email or f"{number}@x.example",
            organisation=name,
        ),
    )


ORGANISATIONS = (
    Organisation(id="O-1", name="Gent", spellings=("Gent", "Stad Gent")),
    Organisation(id="O-2", name="Oslo Voksenopplæring"),
    Organisation(id="O-3", name="Porto"),
    Organisation(id="O-4", name="Closed College"),
    Organisation(id="O-5", name="College"),
    Organisation(id="O-6", name="College"),
)
SOURCES = {
    one.entry.id: one
    for one in (
        source(1, "O-1", "Gent", Role.HOST),
        source(2, "O-1", "Gent", Role.SEND),
        source(3, "O-2", "Oslo Voksenopplæring", Role.HOST),
        source(4, "O-3", "Porto"),
        source(5, "O-5", "College", email="4@x.example"),
    )
}


def read(*lines: tuple[Cell, ...]) -> ByHand:
    rows = tuple(
        SheetRow(number=number, cells=dict(zip(TITLES, line, strict=False)))
        for number, line in enumerate(lines, start=2)
    )
    table = Table(title="By hand", header=TITLES, rows=rows)
    return read_by_hand(table, ORGANISATIONS, SOURCES, closed={"old college": "The entry has expired."})


def entries(found: ByHand) -> list[tuple[tuple[str, str], ...]]:
    return [tuple((str(party.side), party.entry) for party in line) for line in found.lines]


@pytest.mark.parametrize("name", ["Gent", " GENT ", "stad gent", "O-1"])
def test_an_organisation_is_known_by_any_name_of_its_own(name: str) -> None:
    assert entries(read((name, "oslo voksenopplaering"))) == [(("sending", "E-2"), ("receiving", "E-3"))]


def test_the_entry_that_suits_the_side_is_taken() -> None:
    assert entries(read(("Porto", "Gent", "Oslo Voksenopplæring"))) == [
        (("sending", "E-4"), ("receiving", "E-1"), ("joining", "E-3"))
    ]


@pytest.mark.parametrize(
    ("line", "title", "what", "fix"),
    [
        (
            ("Gent", None),
            "Receiving organisation",
            "Receiving organisation is empty.",
            "Name both organisations on this",
        ),
        ((None, "Gent"), "Sending organisation", "Sending organisation is empty.", "Name both organisations on this"),
        (
            ("Gent", "Oslo VO"),
            "Receiving organisation",
            "Nobody is known by the name “Oslo VO”.",
            "Did you mean: Oslo Voksenopplæring? Write it as in the tab Organisations, or its Id.",
        ),
        (
            ("Gent", "Nowhere"),
            "Receiving organisation",
            "Nobody is known by the name “Nowhere”.",
            "Write it as in the tab Organisations, or its Id.",
        ),
        (("Gent", "Porto", "x"), "Joining organisation", "Nobody is known by the name “x”.", "Write it as in"),
        (
            ("Old College", "Gent"),
            "Sending organisation",
            "Old College has no open entry. The entry has expired.",
            "Ask them to fill",
        ),
        (("Gent", "Closed College"), "Receiving organisation", "Closed College has no open entry.", "Ask them to fill"),
        (
            ("College", "Gent"),
            "Sending organisation",
            "“College” could be several: College: O-5; College: O-6.",
            "Write the Id instead.",
        ),
        (("Gent", "O-1"), "Sending organisation", "Two sides of this line are the same organisation.", "Name two"),
        (("Porto", "O-5"), "Sending organisation", "Two sides of this line have the same address.", "Name two organis"),
    ],
)
def test_what_cannot_be_understood_names_cell_and_remedy(
    line: tuple[Cell, ...], title: str, what: str, fix: str
) -> None:
    found = read(line)
    assert found.lines == ()
    (problem,) = found.problems
    assert problem == Problem(
        where=f"By hand, row 2, {title}", what=what, fix=problem.fix, key=f"by-hand:{title}:{what}"
    )
    assert problem.fix.startswith(fix)


def wished(found: ByHand, known: tuple[Match, ...] = (), finished: tuple[str, ...] = ()) -> tuple[Match, ...]:
    return wishes(found.lines, known, finished, SOURCES, today=TODAY)


def sides(match: Match) -> tuple[str, str]:
    return match.sending.organisation, match.receiving.organisation


def test_ids_that_stand_in_the_sheet_are_understood_or_answered() -> None:
    riga, porto = source(3, "O-AAAABBBB", "Riga"), source(4, "O-CCCCDDDD", "Porto")
    riga, older = (replace(riga, entry=replace(riga.entry, id=one)) for one in ("E-0123ABCD", "E-4567ABCD"))
    sources = {one.entry.id: one for one in (riga, older, porto)}
    organisations = (Organisation(id="O-AAAABBBB", name="Riga"), Organisation(id="O-CCCCDDDD", name="Porto"))
    memory = {"riga": "O-AAAABBBB", "gone": "O-GGGGGGGG", "id:O-ZZZZZZZZ": "O-AAAABBBB"}

    def of(text: str) -> tuple[str, ...] | str:
        rows = (SheetRow(number=2, cells=dict(zip(TITLES, (text, "Porto"), strict=False))),)
        table = Table(title="By hand", header=TITLES, rows=rows)
        (read_line,) = read_by_hand(
            table, organisations, sources, closed={"e 89ab89ab": "The entry has expired."}, memory=memory
        ).read
        if read_line.problem:
            return f"{read_line.problem.what} {read_line.problem.fix}"
        return tuple(party.entry for party in read_line.parties)

    for text in ("E-4567ABCD", "e-4567abcd", "Riga · E-4567ABCD"):
        assert of(text) == ("E-4567ABCD", "E-4"), "that very answer"
    for text in ("O-AAAABBBB", "Riga (Latvia): O-AAAABBBB", "O-ZZZZZZZZ"):
        assert of(text) == ("E-4567ABCD", "E-4"), "by an id of today or of before"
    assert str(of("E-89AB89AB")).startswith("E-89AB89AB has no open entry. The entry has expired. Ask them")
    assert str(of("O-GGGGGGGG")).startswith("O-GGGGGGGG has no open entry. Ask them")
    assert of("M-ABCDEFGHIJ") == (
        "M-ABCDEFGHIJ is a proposal, not an organisation. Write the organisations, one in each column."
    )
    for unknown in ("E-00000000", "O-BBBBBBBB"):
        assert of(unknown) == (
            f"Nothing is known by the id {unknown}. Copy it from the column Id of the tab Organisations or Entries, or "
            "write the organisation's name."
        )
    assert str(of("E-learning")).startswith("Nobody is known by the name “E-learning”.")


@pytest.mark.parametrize(
    "topic",
    [
        "VET",
        "vet",
        "NEET",
        "STEM",
        "RPL",
        "Guidance",
        "Duales System",
        "apprenticeships",
        "Employment",
        "working life",
        "education and training",
    ],
)
def test_topics_and_short_forms_of_the_trade_name_nobody_and_lead_to_no_suggestion(topic: str) -> None:
    bearer = source(
        3,
        "O-7",
        "Regional Ministry of Education, Training, VET, NEET, STEM, RPL, Guidance, Apprenticeships and Working Life",
    )
    rows = (SheetRow(number=2, cells=dict(zip(TITLES, (topic, "Gent"), strict=False))),)
    found = read_by_hand(
        Table(title="By hand", header=TITLES, rows=rows),
        (*ORGANISATIONS, Organisation(id="O-7", name=bearer.response.name)),
        {**SOURCES, "E-3": bearer},
    )
    (problem,) = found.problems
    assert problem.what == f"Nobody is known by the name “{topic}”."
    assert problem.fix == "Write it as in the tab Organisations, or its Id."


def test_each_line_is_a_match_of_its_own_in_the_order_of_the_lines() -> None:
    matches = wished(read(("Porto", "Gent"), ("Gent", "Porto"), ("Gent", "Oslo Voksenopplæring")))
    assert [sides(one) for one in matches] == [
        ("Porto", "Gent"),
        ("Gent", "Porto"),
        ("Gent", "Oslo Voksenopplæring"),
    ]
    assert {(one.by_hand, one.proposed_on) for one in matches} == {(True, TODAY)}


def test_a_line_that_stays_is_no_new_wish_and_a_second_line_is() -> None:
    once, twice = read(("Gent", "Porto")), read(("Gent", "Porto"), ("Gent", "Porto"))
    (first,) = wished(once)
    assert wished(once, (first,)) == ()
    assert wished(twice, (first,)) == ()
    assert wished(once, (first,), (first.id,)) == ()
    (second,) = wished(twice, (first,), (first.id,))
    assert second.id != first.id
    assert second.generation == 1
    assert wished(twice, (first, second), (first.id, second.id)) == ()


def test_an_open_proposal_becomes_the_lines_own() -> None:
    (made,) = wished(read(("Gent", "Porto")))
    proposed = Match(id=made.id, parties=made.parties, why="Good.", band="likely")
    (own,) = wished(read(("Gent", "Porto")), (proposed,))
    assert (own.id, own.why, own.by_hand) == (made.id, "Good.", True)


def test_a_match_by_hand_of_other_sides_is_another() -> None:
    (made,) = wished(read(("Gent", "Porto")))
    (other,) = wished(read(("Porto", "Gent")), (made,))
    assert other.party(Side.SENDING) != made.party(Side.SENDING)


def test_only_a_wish_that_was_fulfilled_by_hand_is_spent() -> None:
    """What the program introduced, and what stands open by hand, are no use to count as answers to the line."""
    line = read(("Gent", "Porto"))
    (made,) = wished(line)
    by_program = replace(made, by_hand=False)
    (again,) = wished(line, (by_program,), (made.id,))
    assert (again.by_hand, again.generation) == (True, 1)
    twice = read(("Gent", "Porto"), ("Gent", "Porto"))
    assert wished(twice, (made,), ()) == ()
    (open_one,) = wished(twice, (made, replace(again, by_hand=False)), (made.id,))
    assert (open_one.id, open_one.by_hand) == (again.id, True)


def test_organisations_are_told_apart_by_address_where_they_have_no_id() -> None:
    (made,) = wished(read(("Gent", "Porto")))
    unknown = replace(made, parties=tuple(replace(party, organisation_id="") for party in made.parties))
    other = replace(unknown, parties=(replace(unknown.sending, email="else@x.example"), unknown.receiving))
    assert wishes([unknown.parties], (unknown,), (), SOURCES, today=TODAY) == ()
    (asked,) = wishes([other.parties], (unknown,), (), SOURCES, today=TODAY)
    assert asked.sending.email == "else@x.example"


def test_an_entry_without_a_day_is_older_than_any_other() -> None:
    dated, undated = source(3, "O-7", "Riga"), source(9, "O-7", "Riga")
    undated = replace(undated, entry=replace(undated.entry, submitted_at=None))
    found = read_by_hand(
        Table(
            title="By hand",
            header=TITLES,
            rows=(SheetRow(number=2, cells=dict(zip(TITLES, ("Riga", "Gent"), strict=False))),),
        ),
        (*ORGANISATIONS, Organisation(id="O-7", name="Riga")),
        {"E-1": SOURCES["E-1"], "E-3": dated, "E-9": undated},
    )
    ((sending, _),) = found.lines
    assert sending.email == "3@x.example"


def test_a_wish_is_about_organisations_not_about_addresses() -> None:
    line = read(("Gent", "Porto"))
    (made,) = wished(line)
    elsewhere = replace(made, parties=(replace(made.sending, email="new@gent.example"), made.receiving))
    assert wished(line, (elsewhere,)) == ()


# -- what stands beside the line -----------------------------------------------------------------------


def beside(found: ByHand, *matches: tuple[Match, Stage], superseded: Mapping[str, str] | None = None) -> list[str]:
    """The answers beside the lines, in their order."""
    known = {match.id: match for match, _ in matches}
    statuses = {match.id: MatchStatus(match=match.id, stage=stage) for match, stage in matches}
    told = answers(found, known, statuses, superseded or {})
    return [told[one.line.key] for one in found.read]


def test_the_answer_says_who_was_understood_and_which_match_it_became() -> None:
    found = read(("stad gent", "o-2"), ("Gent", "Porto", "Oslo Voksenopplæring"))
    pair, three = wished(found)
    assert beside(found, (pair, Stage.PROPOSED), (three, Stage.HELD)) == [
        f"Gent sends to Oslo Voksenopplæring: {pair.id} (proposed: tick Approve in Review)",
        f"Gent sends to Porto, Oslo Voksenopplæring joins: {three.id} (held)",
    ]
    placed = replace(pair, parties=tuple(replace(party, country="Norway") for party in pair.parties))
    found = replace(found, read=(replace(found.read[0], parties=placed.parties),))
    assert beside(found, (placed, Stage.INTRODUCED)) == [
        (
            f"Gent (Norway) sends to Oslo Voksenopplæring (Norway): {pair.id} (introduced: to do it once more, write "
            "the line once more)"
        )
    ]


def test_a_line_written_twice_is_answered_with_both_matches() -> None:
    twice = read(("Gent", "Porto"), ("Gent", "Porto"))
    (first,) = wished(twice)
    (second,) = wished(twice, (first,), (first.id,))
    told = f"Gent sends to Porto: {first.id} (declined); {second.id} (approved)"
    assert beside(twice, (first, Stage.DECLINED), (second, Stage.APPROVED)) == [told, told]
    assert beside(twice, (first, Stage.OUT_OF_DATE), superseded={first.id: second.id})[0].endswith(": no proposal")


def test_what_must_be_mended_stands_beside_the_line_as_in_the_tab_problems() -> None:
    found = read(("College", "Gent"))
    assert beside(found) == ["“College” could be several: College: O-5; College: O-6. Write the Id instead."]


def test_whoever_need_not_be_asked_about_is_taken_before_whoever_is_newer() -> None:
    known, later = source(3, "O-7", "Riga"), source(9, "O-7", "Riga")
    later = replace(later, response=replace(later.response, held="ask at the old address"))
    rows = (SheetRow(number=2, cells=dict(zip(TITLES, ("Riga", "Gent"), strict=False))),)
    found = read_by_hand(
        Table(title="By hand", header=TITLES, rows=rows),
        (*ORGANISATIONS, Organisation(id="O-7", name="Riga")),
        {"E-1": SOURCES["E-1"], "E-3": known, "E-9": later},
    )
    ((sending, _),) = found.lines
    assert sending.email == "3@x.example"


# -- what the row and the letter say of them --------------------------------------------------------------

PARTS = {
    "Sending organisation": "Kortrijk Training Centre",
    "Receiving organisation": "Lysekil College",
    "Joining organisation": "Porto School",
}
TRAVELLER = guest(
    "Lysekil College",
    "Sweden",
    date_from=46_478,
    date_to=46_500,
    days=3,
    group_size=4,
    seeks="We want to see bakeries.",
)
"""Somebody who answered as a traveller, and is named as the host: 1 to 23 April 2027."""
RECEIVER = host("Kortrijk Training Centre", "Belgium", date_from=46_478, date_to=46_500, days=5, group_size=12)


def named(*answers: Answers, joining: bool = False) -> tuple[str, str]:
    """The row and the letter of a line by hand about these answers."""
    line = {title: name for title, name in PARTS.items() if joining or not title.startswith("Joining")}
    first = plan_of(*answers, tabs={"By hand": [line]})
    rows = [row for row in rows_of(first) if str(row["Why"]).startswith("Proposed by hand.")]
    assert len(rows) == 1
    second = plan_of(*answers, tabs={"By hand": [line], "Review": ticked(*rows, Approve=True)}, state=remembered(first))
    letters = [letter for letter in second.letters.due if letter.kind is LetterKind.INTRODUCTION]
    assert len(letters) == 1
    return str(rows[0]["Why"]), read_back(letters[0].content).text


def test_a_traveller_named_as_the_host_is_not_worded_as_one() -> None:
    why, letter = named(guest(date_from=46_478, date_to=46_500, group_size=2), TRAVELLER)
    assert "Against it: Lysekil College asked to travel, not to host." in why.splitlines()
    assert "Lysekil College would travel: 1 April 2027 to 23 April 2027." in why
    assert "Lysekil College asks for 3 days for 4 people." in why
    for false in ("Lysekil College can receive", "Lysekil College offers", "overlap", "up to 4"):
        assert false not in why, "it asked to travel: whether it can receive anybody is what to ask it"
    told = " ".join(letter.split())
    assert "They asked to travel; what follows is about that." in told
    assert "What they want to learn, in their own words: “We want to see bakeries.”" in told
    assert "Group: 4 people" in told
    assert "Whether Lysekil College can receive visitors: they asked to travel." in told
    assert "How many guests Lysekil College can receive at once." in told
    for false in ("up to 4", "What they can show", "overlap", "starting date", "have this in common"):
        assert false not in told


def test_a_host_named_as_the_traveller_is_not_worded_as_one() -> None:
    why, letter = named(RECEIVER, host(date_from=46_478, date_to=46_500, group_size=6))
    assert "Against it: Kortrijk Training Centre offered to host, not to travel." in why.splitlines()
    assert "Kortrijk Training Centre can receive guests: 1 April 2027 to 23 April 2027." in why
    assert "Kortrijk Training Centre offers 5 days for up to 12 people; Lysekil College can receive up to 6" in why
    assert "How many would come from Kortrijk Training Centre" not in why
    assert "What Kortrijk Training Centre would like to learn: not filled in." in why
    for false in ("Centre would travel: 1", "asks for", "overlap", "would send"):
        assert false not in why
    told = " ".join(letter.split())
    assert "They offered to receive visitors; what follows is about that." in told
    assert "Group: up to 12 people" in told
    assert told.count("We show dual VET.") == 2, "what they can show is what they wrote"
    assert "Whether Kortrijk Training Centre would travel: they offered to receive visitors." in told
    assert "What they want to learn" not in told
    assert "overlap" not in told


def test_the_line_the_wrong_way_round_says_so_of_both() -> None:
    why, letter = named(RECEIVER, TRAVELLER)
    assert [line for line in why.splitlines() if line.startswith("Against it")] == [
        "Against it: Kortrijk Training Centre offered to host, not to travel.",
        "Against it: Lysekil College asked to travel, not to host.",
    ]
    assert "writes “" not in why
    assert "Whether Kortrijk Training Centre would travel" in letter
    assert "Whether Lysekil College can receive visitors" in letter


def test_a_third_that_only_hosts_does_not_join_as_a_traveller() -> None:
    porto = host("Porto School", "Portugal", group_size=9, date_from=46_478, date_to=46_500)
    why, letter = named(guest(), host(), porto, joining=True)
    assert "Against it: Porto School offered to host, not to travel." in why.splitlines()
    assert "Porto School can receive up to 9 people" in why
    assert "Porto School can receive guests: 1 April 2027 to 23 April 2027." in why
    assert "would visit Lysekil College" not in why
    assert "Whether Porto School would travel" in letter


def test_what_does_not_meet_is_told() -> None:
    why, letter = named(
        guest(formats="Learner placement", languages="Dutch", date_from=46_478, date_to=46_500, group_size=9),
        host(formats="Study visit", languages="Swedish", date_from=46_569, date_to=46_590, group_size=6),
    )
    assert [line for line in why.splitlines() if line.startswith("Against it")] == [
        (
            "Against it: they have no format in common: Kortrijk Training Centre chose “Learner placement”, "
            "Lysekil College “Study visit”."
        ),
        "Against it: no common language: Dutch against Swedish.",
        (
            "Against it: the dates do not leave a day together: 1 April 2027 to 23 April 2027 for the guests, "
            "1 July 2027 to 22 July 2027 for the host."
        ),
        "Against it: 9 guests, but the host receives at most 6 at once.",
    ]
    assert "The format: you did not all tick the same one." in letter
    assert "The dates: the windows you named do not settle when you could meet." in letter
    assert "The working language." in letter


def test_countries_that_they_do_not_want_are_told_as_strictly_as_they_were_named() -> None:
    why, _ = named(
        guest(target_countries="Spain", target_strict="Yes - only these"),
        host(target_countries="Norway", target_strict="Yes - only these"),
    )
    assert "Against it: Kortrijk Training Centre wants only Spain; Lysekil College is in Sweden." in why
    assert "Against it: Lysekil College wants only Norway; Kortrijk Training Centre is in" in why


def test_two_hosts_who_could_be_partners_are_told_and_written_to_as_partners() -> None:
    """Nobody of the two travels, so neither the row nor the letter speaks of a visit."""
    both = {"formats": "Job shadowing, Project partnership"}
    why, letter = named(host("Kortrijk Training Centre", "Belgium", **both), host(**both))
    assert "Both would receive visitors, so this is not about a visit: they could be partners in a project." in why
    assert "open to a partnership in a project" in " ".join(letter.split())
    assert "could visit" not in letter
    assert letter.count("We show dual VET.") == 2


def test_who_must_be_asked_first_is_not_told_that_somebody_wishes_what_the_officer_thought_of() -> None:
    line = {title: name for title, name in PARTS.items() if not title.startswith("Joining")}
    careful = "Ask me first each time"
    answers = (RECEIVER, host(share_contact=careful))
    first = plan_of(*answers, tabs={"By hand": [line]})
    rows = ticked(*rows_of(first), Approve=True)
    second = plan_of(*answers, tabs={"By hand": [line], "Review": rows}, state=remembered(first))
    (question,) = (letter for letter in second.letters.due if letter.kind is LetterKind.QUESTION)
    text = " ".join(read_back(question.content).text.split())
    assert "An organisation in Belgium could visit you." in text
    assert "would like to visit you" not in text
