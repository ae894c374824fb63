"""Whether a short form can be made of a name."""

from __future__ import annotations

import pytest

from pipeline.linkage.abbreviations import LONGEST, abbreviates


@pytest.mark.parametrize(
    ("short", "name", "share"),
    [
        ("ntnu", "norges teknisk naturvitenskapelige universitet", 1.0),
        ("netspar", "network studies pensions aging retirement", 1.0),
        ("nsp", "network studies pensions", 1.0),
        ("ns", "network studies pensions", 2 / 3),
        ("sn", "network studies pensions", 0.0),
        ("xyz", "network studies pensions", 0.0),
        ("nsx", "network studies pensions", 0.0),
        ("n", "network studies", 0.0),
        ("network", "network", 0.0),
    ],
)
def test_each_letter_continues_a_word_or_begins_a_later_one(short: str, name: str, share: float) -> None:
    assert abbreviates(short, tuple(name.split())) == pytest.approx(share)


def test_a_long_text_is_a_name_and_no_short_form() -> None:
    words = tuple("abcdefghijklm")
    assert abbreviates("".join(words[:LONGEST]), words) == pytest.approx(LONGEST / 13)
    assert abbreviates("".join(words), words) == 0
