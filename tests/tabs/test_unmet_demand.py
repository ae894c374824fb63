from __future__ import annotations

from pipeline.model import Unmet
from pipeline.tabs.unmet_demand import TAB, Invite, body

LETTER = (
    "“Dear colleagues, Gent would like to learn from you in an exchange through EARLALL's mobility matchmaking. "
    "May we invite you to tell us in our form what you could show, and whom you could receive? "
    "Nothing is passed on before you agree.”"
)


def test_the_titles() -> None:
    assert TAB.titles == ("What", "Asked for by", "Note")


def test_who_should_be_invited_comes_first_with_a_letter_ready_to_send() -> None:
    demand = Unmet(kind="topic", what="Green skills", asked_by=("E-2", "E-1", "E-3", "E-9"), note="Nobody offers it.")
    invite = Invite(asked_by="Gent", name="Vestland", sentence="Gent asks for Vestland.")
    assert body([demand], [invite], {"E-1": "Oslo", "E-2": "Porto", "E-3": "Oslo"}, "EARLALL") == (
        (
            "To invite: Vestland",
            "Gent",
            f"Gent asks for Vestland. For example: {LETTER}",
        ),
        ("Green skills", "Oslo; Porto", "Nobody offers it."),
    )
