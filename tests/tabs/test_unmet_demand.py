from __future__ import annotations

from pipeline.model import Unmet, UnmetKind
from pipeline.tabs.unmet_demand import KINDS, TAB, Invite, body

LETTER = (
    "“Dear colleagues, Gent would like to learn from you in an exchange through EARLALL's mobility matchmaking. "
    "May we invite you to tell us in our form what you could show, and whom you could receive? "
    "Nothing is passed on before you agree.”"
)


def test_the_titles() -> None:
    assert TAB.titles == ("Kind", "What", "Asked for by", "Note")


def test_who_should_be_invited_comes_first_with_a_letter_ready_to_send() -> None:
    demand = Unmet(
        kind=UnmetKind.TOPIC, what="Green skills", asked_by=("E-2", "E-1", "E-3", "E-9"), note="Nobody offers it."
    )
    invite = Invite(asked_by="Gent", name="Vestland", sentence="Gent asks for Vestland.")
    assert body([demand], [invite], {"E-1": "Oslo", "E-2": "Porto", "E-3": "Oslo"}, "EARLALL") == (
        (
            "Invitation",
            "To invite: Vestland",
            "Gent",
            f"Gent asks for Vestland. For example: {LETTER}",
        ),
        ("Topic", "Green skills", "Oslo; Porto", "Nobody offers it."),
    )


def test_the_kinds_stand_together_demand_before_offers() -> None:
    given = (UnmetKind.HOST, UnmetKind.REQUEST, UnmetKind.TOPIC, UnmetKind.ORGANISATION, UnmetKind.PLACE)
    lines = [Unmet(kind=kind, what=f"{number}", asked_by=(), note="") for number, kind in enumerate((*given, *given))]
    shown = body(lines, [], {}, "EARLALL")
    assert [(row[0], row[1]) for row in shown] == [
        ("Topic", "2"),
        ("Topic", "7"),
        ("Place", "4"),
        ("Place", "9"),
        ("Partner", "3"),
        ("Partner", "8"),
        ("Request nobody fits", "1"),
        ("Request nobody fits", "6"),
        ("Host without guests", "0"),
        ("Host without guests", "5"),
    ]


def test_every_kind_has_a_name() -> None:
    assert set(KINDS) == set(UnmetKind)
