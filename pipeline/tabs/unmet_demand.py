"""The tab `Unmet demand`: whom to invite, and what is asked for and nobody offers, for the group's meeting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import Unmet, UnmetKind
from pipeline.tabs.tab import Body, Rows, Tab, program

KIND = "Kind"
WHAT = "What"
ASKED_FOR_BY = "Asked for by"
NOTE = "Note"

TAB = Tab(
    name="Unmet demand",
    body=Body.WHOLE,
    columns=(program(KIND, 140), program(WHAT, 240), program(ASKED_FOR_BY, 300), program(NOTE, 420)),
)

INVITATION = "Invitation"
KINDS = {
    UnmetKind.TOPIC: "Topic",
    UnmetKind.PLACE: "Place",
    UnmetKind.ORGANISATION: "Partner",
    UnmetKind.REQUEST: "Request nobody fits",
    UnmetKind.HOST: "Host without guests",
}
"""What each kind is called, in the order in which they stand below the invitations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """Somebody asked for by name whom nobody here knows: who asks, for whom, and a sentence about it."""

    asked_by: str
    name: str
    sentence: str


def body(unmet: Sequence[Unmet], invites: Sequence[Invite], names: Mapping[str, str], network: str) -> Rows:
    """Invitations first, then demand by kind, then hosts.

    `names` gives for each open entry what its organisation is called.
    """
    invited = tuple(
        TAB.cells(
            {
                KIND: INVITATION,
                WHAT: f"To invite: {invite.name}",
                ASKED_FOR_BY: invite.asked_by,
                NOTE: f"{invite.sentence} For example: {_invitation(invite.asked_by, network)}",
            }
        )
        for invite in invites
    )
    return invited + tuple(
        TAB.cells(
            {
                KIND: KINDS[demand.kind],
                WHAT: demand.what,
                ASKED_FOR_BY: "; ".join(sorted({names[entry] for entry in demand.asked_by if entry in names})),
                NOTE: demand.note,
            }
        )
        for kind in KINDS
        for demand in unmet
        if demand.kind is kind
    )


def _invitation(asked_by: str, network: str) -> str:
    """A few lines the officer can send as they are."""
    return (
        f"“Dear colleagues, {asked_by} would like to learn from you in an exchange through {network}'s mobility "
        "matchmaking. May we invite you to tell us in our form what you could show, and whom you could receive? "
        "Nothing is passed on before you agree.”"
    )
