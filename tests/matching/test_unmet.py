"""What nobody can give yet, and who was never asked."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pipeline.matching.directed import directed_requests
from pipeline.matching.unmet import invitations, unmet_demand
from pipeline.model import Entry, Role

MakeEntry = Callable[..., Entry]


def told(
    entries: list[Entry], served: Collection[int] = (), hosts: Collection[int] = ()
) -> list[tuple[str, str, tuple[str, ...], str]]:
    found = unmet_demand(entries, directed_requests(entries, ()), served=served, proposed_hosts=hosts)
    return [(one.kind, one.what, one.asked_by, one.note) for one in found]


def test_a_topic_is_told_while_a_request_for_it_waits(entry: MakeEntry) -> None:
    guests = [entry(name, role=Role.SEND, topics=("green",)) for name in ("B", "A")]
    assert [one[2:] for one in told(guests)] == [(("A", "B"), "Nobody offers it.")]
    assert [one[2] for one in told(guests, served={0})] == [("A",)]
    assert told(guests, served={0, 1}) == []


def test_how_many_offer_it(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, topics=("green",))
    hosts = [entry(f"H{number}", role=Role.HOST, topics=("green",)) for number in range(3)]
    notes = [told([guest, *hosts[:number]], hosts={1, 2, 3})[0][3] for number in range(4)]
    assert notes == [
        "Nobody offers it.",
        "One offers it, but does not fit these requests.",
        "2 offer it, but none of them fits these requests.",
        "3 offer it, but none of them fits these requests.",
    ]


def test_who_would_do_either_does_not_offer_what_it_asks_for(entry: MakeEntry) -> None:
    assert told([entry("A", role=Role.EITHER, topics=("green",))])[0][3] == "Nobody offers it."


def test_the_most_wanted_stands_first(entry: MakeEntry) -> None:
    guests = [
        entry("A", role=Role.SEND, topics=("adult",)),
        *(entry(name, role=Role.SEND, topics=("green",)) for name in "BC"),
    ]
    assert [one[2] for one in told(guests)] == [("B", "C"), ("A",)]


def test_a_place_where_nobody_hosts(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, preferred_places=("NO",))
    assert told([guest]) == [("place", "Norway", ("G",), "No host there yet.")]
    assert told([guest, entry("H", role=Role.HOST, country="NO")], hosts={1}) == []
    assert told([guest, entry("S", role=Role.SEND, country="NO")]) == [
        ("place", "Norway", ("G",), "No host there yet.")
    ]
    assert told([entry("H", role=Role.HOST, preferred_places=("NO",))], hosts={0}) == [], "a host travels nowhere"


def test_an_organisation_asked_for_by_name_that_cannot_be(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, named_partner="Lakeside Penitentiary School", languages=("fr",))
    host = entry("H", role=Role.HOST, organisation="Lakeside Penitentiary School", languages=("fi",))
    (line,) = told([guest, host], served={0}, hosts={1})
    assert line[0] == "organisation"
    assert "Lakeside Penitentiary School" in line[1]
    assert "language" in line[3]
    fits = entry("H", role=Role.HOST, organisation="Lakeside Penitentiary School", languages=("fr",))
    assert told([guest, fits], served={0}, hosts={1}) == []


def test_a_host_nobody_was_proposed_to(entry: MakeEntry) -> None:
    host = entry("H", role=Role.HOST)
    assert told([host]) == [("host", "H Organisation", (), "Offers to host; no request fits yet.")]
    assert told([host], hosts={0}) == []
    assert told([entry("E", role=Role.EITHER)]) == []


def test_whom_to_invite(entry: MakeEntry) -> None:
    entries = [entry("G", role=Role.SEND, named_partner="Lakeside Penitentiary School")]
    (line,) = invitations(entries, directed_requests(entries, ()))
    assert (line.asked_by, line.organisation, line.name) == ("G", "G Organisation", "Lakeside Penitentiary School")
    assert line.sentence == (
        "G Organisation asks for “Lakeside Penitentiary School”, who has not filled in the form. "
        "Perhaps invite them to."
    )
