"""Who pretends is held, what is odd is flagged, what is ordinary passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from pipeline.intake.impersonation import inspect, known_contacts
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


def test_a_known_name_from_another_house_is_held() -> None:
    (found,) = inspect([row(email="boras.stad@gmail.com")], KNOWN)
    assert "known to us under another address" in str(found.held)
    assert "anna@" not in str(found.held)


def test_a_colleague_of_the_same_house_is_only_flagged() -> None:
    (found,) = inspect([row(email="bo@edu.boras.example")], KNOWN)
    assert found.held is None
    assert [flag.code for flag in found.flags] == ["second-contact"]


def test_the_same_name_in_another_country_is_another_organisation() -> None:
    rows = [row(organisation="Adult Education Centre"), row(1, organisation="Adult Education Centre", country_code="IE",
                email="x@dublin.example")]  # fmt: skip
    assert [found.held for found in inspect(rows, {})] == [None, None]


def test_of_two_strangers_with_one_name_the_later_one_is_held_in_whatever_order_they_stand() -> None:
    first, later = row(email="a@one.example"), row(1, email="b@two.example")
    for rows in ([first, later], [later, first]):
        held = {found.email: found.held for found in inspect(rows, {})}
        assert held["a@one.example"] is None
        assert held["b@two.example"] is not None


def test_a_stranger_does_not_become_known_by_waiting() -> None:
    def entry(address: str, day: int) -> KnownEntry:
        return KnownEntry(
            id=address, address=address, organisation_key="boras stad", content="", first_seen=date(2026, 1, day),
            last_confirmed=date(2026, 1, day),
        )  # fmt: skip

    known = known_contacts([entry("anna@boras.example", 1), entry("x@evil.example", 2)])
    assert known == KNOWN
    assert inspect([row(email="x@evil.example")], known)[0].held is not None


def test_a_name_drawn_like_a_known_one_is_held() -> None:
    for name in ("Воrås Stad", "B0rås Stad", "Borås Stаd", "Ｂorås Stad", "Bοrås Stad"):
        attacker = row(1, organisation=name, email="x@evil.example")
        assert inspect([attacker], KNOWN)[0].held is not None, name
    (victim, attacker) = inspect(
        [row(organisation="Amazonia"), row(1, organisation="Arnazonia", email="x@evil.example")],
        {"amazonia": frozenset({"anna@boras.example"})},
    )
    assert victim.held is None
    assert attacker.held is not None


def test_unlike_names_are_left_alone() -> None:
    rows = [row(organisation="Institut Escola del Treball", email="a@one.example"),
            row(1, organisation="Institut de Logística", email="b@two.example")]  # fmt: skip
    assert [found.held for found in inspect(rows, {})] == [None, None]


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
