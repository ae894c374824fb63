"""Why nobody fits somebody who waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipeline.matching import MatchingResult, propose
from pipeline.matching.outcome import MatchingSettings
from pipeline.model import Entry, Role

MakeEntry = Callable[..., Entry]
TODAY = date(2031, 1, 15)
ALIKE: dict[str, Any] = {
    "topics": ("adult",),
    "target_groups": ("teachers",),
    "text": "Prisoners learn a trade and earn certificates before their release.",
}
APART: dict[str, Any] = {"topics": ("green",), "text": "Forestry and timber.", "target_groups": ("learners",)}


def found(entries: list[Entry], **more: Any) -> MatchingResult:
    return propose(entries, settings=MatchingSettings(today=TODAY), **more)


def guest(entry: MakeEntry, name: str = "GUEST", **more: Any) -> Entry:
    return entry(name, **{"role": Role.SEND, "country": "NO", **ALIKE, **more})


def host(entry: MakeEntry, name: str = "HOST", **more: Any) -> Entry:
    return entry(name, **{"role": Role.HOST, "country": "FI", **ALIKE, **more})


def test_nobody_waits_who_is_proposed(entry: MakeEntry) -> None:
    assert found([guest(entry), host(entry)]).waiting == {}


def test_without_hosts_nobody_can_fit(entry: MakeEntry) -> None:
    alone = [guest(entry), guest(entry, "OTHER")]
    assert found(alone).waiting == dict.fromkeys(("GUEST", "OTHER"), "Nobody offers to host yet.")
    itself = [guest(entry, organisation_id="O-1"), host(entry, organisation_id="O-1")]
    assert found(itself).waiting["GUEST"] == "Nobody offers to host yet."


def test_without_requests_a_host_waits(entry: MakeEntry) -> None:
    assert found([host(entry)]).waiting == {"HOST": "No request fits yet."}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"languages": ("fr",)}, "No common language: French against Finnish."),
        (
            {"date_from": date(2031, 9, 1), "date_to": date(2031, 9, 30)},
            (
                "The dates do not leave a day together: 1 September 2031 to 30 September 2031 for the guests, "
                "1 April 2031 to 30 April 2031 for the host."
            ),
        ),
        ({"country": "FI"}, "Both are in Finland; an exchange crosses a border."),
    ],
)
def test_the_rule_that_keeps_the_nearest_away(entry: MakeEntry, said: dict[str, Any], sentence: str) -> None:
    there = host(entry, languages=("fi",), date_from=date(2031, 4, 1), date_to=date(2031, 4, 30))
    pool = [guest(entry, **said), there]
    assert found(pool).waiting["GUEST"] == f"Nobody fits yet. The nearest is HOST Organisation: {sentence}"


def test_whoever_breaks_fewer_rules_is_nearer(entry: MakeEntry) -> None:
    pool = [
        guest(entry, languages=("fr",)),
        host(entry, "TWICE", languages=("fi",), country="NO"),
        host(entry, "ONCE", languages=("fi",), **APART),
    ]
    assert found(pool).waiting["GUEST"].startswith("Nobody fits yet. The nearest is ONCE Organisation: No common")


def test_a_host_learns_of_the_request_that_one_rule_keeps_away(entry: MakeEntry) -> None:
    pool = [guest(entry, languages=("fr",)), host(entry, languages=("fi",))]
    assert found(pool).waiting["HOST"] == (
        "No request fits yet. The nearest is from GUEST Organisation: No common language: French against Finnish."
    )


def test_somebody_too_far_in_subject_is_said_to_be_so(entry: MakeEntry) -> None:
    far = guest(entry, **APART, preferred_places=("PT",))
    alike = [host(entry, f"H{number}") for number in range(6)]
    said = found([far, *alike]).waiting["GUEST"]
    assert said.startswith("Nobody comes close enough: the nearest, H")
    assert said.endswith(" Organisation, fits too little to be proposed.")


def test_a_host_that_is_proposed_elsewhere(entry: MakeEntry) -> None:
    guests = [guest(entry, f"G{number}", country=country) for number, country in enumerate(("NO", "SE", "DK"))]
    waiting = found([*guests, host(entry, max_visits=1)]).waiting
    assert list(waiting.values()) == ["HOST Organisation would fit, but is spoken for at present."]


def test_whoever_is_proposed_or_introduced_does_not_wait(entry: MakeEntry) -> None:
    pool = [guest(entry, languages=("fr",)), host(entry, languages=("fi",))]
    assert found(pool, proposed=["GUEST"]).waiting.keys() == {"HOST"}
    assert found(pool, introduced=["GUEST", "HOST"]).waiting == {}
    assert found(pool, introduced=["GUEST", "HOST"]).unmet == ()
    assert [one.kind for one in found(pool, proposed=["HOST"]).unmet] == ["topic", "request"]


def test_a_host_whom_a_request_with_other_hosts_would_suit(entry: MakeEntry) -> None:
    pool = [guest(entry), *(host(entry, f"H{number}") for number in range(4))]
    assert list(found(pool).waiting.values()) == ["GUEST Organisation would fit, but is spoken for at present."]


def test_another_answer_of_the_same_two_organisations(entry: MakeEntry) -> None:
    pool = [
        guest(entry),
        guest(entry, "AGAIN", organisation_id="O-GUEST", organisation="GUEST Organisation"),
        host(entry),
    ]
    other = "HOST Organisation would fit, but is spoken for at present."
    assert list(found(pool).waiting.values()) == [other]
    twin = host(entry, "TWIN", organisation_id="O-HOST", organisation="HOST Organisation")
    through_another = "GUEST Organisation would fit, but is spoken for at present."
    assert set(found([guest(entry), host(entry), twin]).waiting.values()) == {through_another}


def test_somebody_whom_one_rule_keeps_away_is_nearer_than_a_long_shot(entry: MakeEntry) -> None:
    """Whom one can ask about that rule: the pair stands in the tab Nearly as well."""
    asking = guest(entry, languages=("fr",))
    alike = host(entry, "ALIKE", languages=("fi",))
    far = [host(entry, f"FAR{number}", **APART, preferred_places=("PT",)) for number in range(6)]
    assert found([asking, alike, *far]).waiting["GUEST"] == (
        "Nobody fits yet. The nearest is ALIKE Organisation: No common language: French against Finnish."
    )
