"""What nobody can give yet, and who was never asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest

from pipeline.matching.directed import directed_requests
from pipeline.matching.unmet import invitations, offer_in_words, unmet_demand, wish_in_words
from pipeline.model import Entry, Role, Ticked, UnmetKind

MakeEntry = Callable[..., Entry]


REQUEST = UnmetKind.REQUEST


def told(
    entries: list[Entry],
    served: Collection[int] = (),
    introduced: Collection[int] = (),
    why: Mapping[int, str] | None = None,
    without: UnmetKind | None = REQUEST,
) -> list[tuple[str, str, tuple[str, ...], str]]:
    """The lines; those that stand for a whole request only when asked for."""
    directed = directed_requests(entries, ())
    found = unmet_demand(entries, directed, served=served, introduced=introduced, why=why)
    return [(one.kind, one.what, one.asked_by, one.note) for one in found if one.kind is not without]


def test_a_topic_is_told_while_a_request_for_it_waits(entry: MakeEntry) -> None:
    guests = [entry(name, role=Role.SEND, topics=("green",)) for name in ("B", "A")]
    assert [one[2:] for one in told(guests)] == [(("A", "B"), "Nobody offers it.")]
    assert [one[2] for one in told(guests, served={0})] == [("A",)]
    assert told(guests, served={0, 1}) == []


def test_how_many_offer_it(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, topics=("green",))
    hosts = [entry(f"H{number}", role=Role.HOST, topics=("green",)) for number in range(3)]
    notes = [told([guest, *hosts[:number]], served={1, 2, 3})[0][3] for number in range(4)]
    assert notes == [
        "Nobody offers it.",
        "One offers it, but does not fit these requests.",
        "2 offer it, but none of them fits these requests.",
        "3 offer it, but none of them fits these requests.",
    ]


def test_who_would_do_either_does_not_offer_what_it_asks_for(entry: MakeEntry) -> None:
    assert told([entry("A", role=Role.EITHER, topics=("green",))])[0][3] == "Nobody offers it."


def test_who_asks_for_a_topic_as_well_still_offers_it_to_the_others(entry: MakeEntry) -> None:
    both, guest = entry("A", role=Role.EITHER, topics=("green",)), entry("G", role=Role.SEND, topics=("green",))
    one = "One offers it, but does not fit these requests."
    assert told([both, guest])[0][2:] == (("A", "G"), one)
    assert told([both, entry("B", role=Role.EITHER, topics=("green",))])[0][3].startswith("2 offer it, but none")
    twin = entry("A2", role=Role.HOST, topics=("green",), organisation_id="O-A")
    assert told([both, twin], served={1})[0][3] == "Nobody offers it.", "it is the same organisation"
    assert told([both, twin, guest], served={1})[0][3] == one, "both answers are one organisation's"


def test_a_topic_typed_under_other_is_offered_by_who_asks_for_it_too(entry: MakeEntry) -> None:
    both = entry("A", role=Role.EITHER, topics_other="Beekeeping")
    guest = entry("G", role=Role.SEND, topics_other="beekeeping")
    note = "Typed under “Other”. One offers it, but does not fit these requests."
    assert told([both, guest])[0][1:] == ("Beekeeping", ("A", "G"), note)
    assert told([guest])[0][3] == "Typed under “Other”: no answer offers it in these words."


def test_the_most_wanted_stands_first(entry: MakeEntry) -> None:
    guests = [
        entry("A", role=Role.SEND, topics=("adult",)),
        *(entry(name, role=Role.SEND, topics=("green",)) for name in "BC"),
    ]
    assert [one[2] for one in told(guests)] == [("B", "C"), ("A",)]


def test_a_place_where_nobody_hosts(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, preferred_places=("NO",))
    assert told([guest]) == [("place", "Norway", ("G",), "No host there yet.")]
    assert told([guest, entry("H", role=Role.HOST, country="NO")], served={0, 1}) == []
    assert told([guest, entry("S", role=Role.SEND, country="NO")]) == [
        ("place", "Norway", ("G",), "No host there yet.")
    ]
    assert told([entry("H", role=Role.HOST, preferred_places=("NO",))], served={0}) == [], "a host travels nowhere"


def test_an_organisation_asked_for_by_name_that_cannot_be(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, named_partner="Lakeside Penitentiary School", languages=("fr",))
    host = entry("H", role=Role.HOST, organisation="Lakeside Penitentiary School", languages=("fi",))
    (line,) = told([guest, host], served={0, 1})
    assert line[0] == "organisation"
    assert "Lakeside Penitentiary School" in line[1]
    assert "language" in line[3]
    fits = entry("H", role=Role.HOST, organisation="Lakeside Penitentiary School", languages=("fr",))
    assert told([guest, fits], served={0, 1}) == []


def test_a_host_nobody_was_proposed_to(entry: MakeEntry) -> None:
    host = entry("H", role=Role.HOST)
    assert told([host]) == [("host", "H Organisation", (), "Offers to host; no request fits yet.")]
    assert told([host], served={0}) == []
    assert told([entry("E", role=Role.EITHER)]) == []


def test_whom_to_invite(entry: MakeEntry) -> None:
    entries = [entry("G", role=Role.SEND, named_partner="Lakeside Penitentiary School")]
    (line,) = invitations(entries, directed_requests(entries, ()))
    assert (line.asked_by, line.organisation, line.name) == ("G", "G Organisation", "Lakeside Penitentiary School")
    assert line.sentence == (
        "G Organisation asks for “Lakeside Penitentiary School”, who has not filled in the form. "
        "Perhaps invite them to."
    )


@pytest.mark.parametrize("role", [Role.SEND, Role.EITHER])
def test_of_whoever_was_introduced_nothing_is_told(entry: MakeEntry, role: Role) -> None:
    asking = entry(
        "G",
        role=role,
        topics=("green",),
        topics_other="Prison bakeries",
        preferred_places=("NO",),
        named_partner="Lakeside Penitentiary School",
        languages=("fr",),
    )
    named = entry("L", role=Role.HOST, organisation="Lakeside Penitentiary School", languages=("fi",))
    pool = [asking, named]
    assert {one[0] for one in told(pool, without=None)} == {"topic", "place", "organisation", "request", "host"}
    assert told(pool, introduced={0, 1}, without=None) == []
    assert [one[0] for one in told(pool, introduced={0}, without=None)] == ["host"]


def test_a_topic_typed_under_other_is_told_once_however_it_is_written(entry: MakeEntry) -> None:
    guests = [
        entry(name, role=Role.SEND, topics_other=text)
        for name, text in (("B", "Prison bakeries"), ("A", "PRISON  BAKERIES"))
    ]
    nobody = "Typed under “Other”: no answer offers it in these words."
    assert told(guests) == [("topic", "Prison bakeries", ("A", "B"), nobody)]
    assert told(guests, served={0}) == [("topic", "PRISON  BAKERIES", ("A",), nobody)]
    host = entry("H", role=Role.HOST, topics_other="prison bakeries")
    assert (
        told([*guests, host], served={2})[0][3]
        == "Typed under “Other”. One offers it, but does not fit these requests."
    )
    assert told([host], served={0}) == [], "a host asks for nothing"


def test_a_topic_of_signs_alone_is_no_topic(entry: MakeEntry) -> None:
    assert told([entry("A", role=Role.SEND, topics_other="???")]) == []


def test_requests_nobody_fits_stand_in_the_order_of_waiting_with_the_reason(entry: MakeEntry) -> None:
    pool = [
        entry("A", role=Role.SEND, topics=("green",), topics_other="Bakeries"),
        entry("B", role=Role.EITHER, seeks="We would like to see\nhow others do it."),
        entry("C", role=Role.SEND),
        entry("H", role=Role.HOST),
    ]
    requests = [one for one in told(pool, served={3}, why={0: "The dates differ."}, without=None) if one[0] == REQUEST]
    assert requests == [
        ("request", "green skills; Bakeries", ("A",), "The dates differ."),
        ("request", "“We would like to see how others do it.”", ("B",), "Nobody fits yet."),
        ("request", "Any topic", ("C",), "Nobody fits yet."),
    ]


def test_long_and_broken_texts_are_one_bounded_line(entry: MakeEntry) -> None:
    words = wish_in_words(entry("A", role=Role.SEND, seeks="a\nb\u202e" + "x" * 900))
    assert words.startswith("“a bxxx")
    assert (len(words), words[-2:]) == (202, "…”")


TICKED = (
    Ticked(question="topics", text="Green skills", codes=("green",)),
    Ticked(question="topics", text="Bakeries"),
    Ticked(question="formats", text="Project partnership", codes=("project_partnership",)),
)
GREEN = "Green skills; Bakeries"


@pytest.mark.parametrize(
    ("given", "wants", "offers"),
    [
        ({"role": Role.SEND}, f"{GREEN}. “We seek.”", "“We offer.”"),
        ({"role": Role.HOST}, "“We seek.”", f"{GREEN}. “We offer.”"),
        ({"role": Role.EITHER}, f"{GREEN}. “We seek.”", f"{GREEN}. “We offer.”"),
        ({"role": Role.EITHER, "seeks": None}, GREEN, f"{GREEN}. “We offer.”"),
        ({"role": Role.SEND, "seeks": None, "offers": None, "ticked": ()}, "Any topic", ""),
        ({"role": Role.HOST, "seeks": None}, "", f"{GREEN}. “We offer.”"),
        (
            {"role": Role.HOST, "seeks": None, "formats": ("project_partnership",)},
            f"Project partnership: {GREEN}. “We offer.”",
            f"{GREEN}. “We offer.”",
        ),
        (
            {"role": Role.HOST, "formats": ("project_partnership",)},
            f"Project partnership: {GREEN}. “We seek.”",
            f"{GREEN}. “We offer.”",
        ),
    ],
)
def test_what_somebody_wants_and_offers_in_the_words_of_the_form(
    entry: MakeEntry, given: dict[str, Any], wants: str, offers: str
) -> None:
    answer = entry("A", **{"ticked": TICKED, "seeks": "We seek.", "offers": "We offer.", **given})
    assert (wish_in_words(answer), offer_in_words(answer)) == (wants, offers)


def test_why_a_host_has_no_guests(entry: MakeEntry) -> None:
    host = entry("H", role=Role.HOST)
    (line,) = told([host], why={0: "No request fits yet. The nearest is from Oslo: the dates differ."})
    assert line[3] == "Offers to host; no request fits yet. The nearest is from Oslo: the dates differ."


def test_nobody_is_invited_for_whoever_was_introduced_since(entry: MakeEntry) -> None:
    entries = [entry("G", role=Role.SEND, named_partner="Lakeside Penitentiary School")]
    assert invitations(entries, directed_requests(entries, ()), introduced={0}) == ()
