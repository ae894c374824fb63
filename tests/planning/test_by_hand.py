from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pipeline.model import (
    Cell,
    Entry,
    EntryKind,
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
    "topic", ["VET", "vet", "NEET", "STEM", "RPL", "Guidance", "Duales System", "apprenticeships", "Employment"]
)
def test_topics_and_short_forms_of_the_trade_name_nobody_and_lead_to_no_suggestion(topic: str) -> None:
    bearer = source(3, "O-7", "Regional Ministry of Education, VET, NEET, STEM, RPL, Guidance and Apprenticeships")
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
