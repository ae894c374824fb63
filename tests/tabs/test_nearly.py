from __future__ import annotations

from pipeline.model import NearMiss
from pipeline.tabs.nearly import TAB, body


def near(sending: str, receiving: str, score: float, sentence: str = "other dates") -> NearMiss:
    return NearMiss(sending=sending, receiving=receiving, rule="dates", sentence=sentence, score=score)


def test_the_titles() -> None:
    assert TAB.titles == ("Sending organisation", "Receiving organisation", "What keeps them apart")


def test_the_most_promising_stand_first() -> None:
    names = {"E-1": "Gent", "E-2": "Oslo", "E-3": "Porto"}
    misses = [near("E-1", "E-2", 0.2), near("E-3", "E-1", 0.9, "no language in common"), near("E-2", "E-1", 0.2)]
    assert body(misses, names) == (
        ("Porto", "Gent", "no language in common"),
        ("Gent", "Oslo", "other dates"),
        ("Oslo", "Gent", "other dates"),
    )


def test_pairs_of_closed_entries_are_left_out() -> None:
    assert body([near("E-1", "E-9", 1), near("E-9", "E-1", 1)], {"E-1": "Gent"}) == ()


def test_no_more_than_anybody_reads() -> None:
    names = {f"E-{number}": str(number) for number in range(250)}
    shown = body([near(f"E-{number}", "E-0", number) for number in range(250)], names)
    assert len(shown) == 200
    assert (shown[0][0], shown[-1][0]) == ("249", "50")
