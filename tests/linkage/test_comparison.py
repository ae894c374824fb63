"""What two records have in common, as numbers; -1 is "not stated"."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.linkage import Record
from pipeline.linkage.blocking import Pairs
from pipeline.linkage.comparison import COSTLY, compare
from pipeline.linkage.normalise import prepare

Make = Callable[..., Record]
BORAS = {"country": "Sweden", "city": "Borås"}


@pytest.fixture
def features(record: Make) -> Callable[..., dict[str, float]]:
    """features({...}, {...}): the numbers of one pair; the name is "Borås Stad" unless said."""

    def found(one: dict[str, str], other: dict[str, str]) -> dict[str, float]:
        records = [record(**{"organisation": "Borås Stad", **answers}) for answers in (one, other)]
        pair = Pairs(np.array([0], np.int32), np.array([1], np.int32))
        return {name: float(column[0]) for name, column in compare(prepare(records), pair)[1].items()}

    return found


Features = Callable[..., dict[str, float]]


@pytest.mark.parametrize(
    ("feature", "same", "different", "blank"),
    [
        (
            "country",
            ({"country": "Sweden"}, {"country": "SE"}),
            ({"country": "Sweden"}, {"country": "Norway"}),
            "country",
        ),
        (
            "website",
            ({"website": "boras.se"}, {"website": "www.boras.se"}),
            ({"website": "boras.se"}, {"website": "malmo.se"}),
            "website",
        ),
        (
            "mail domain",
            ({"email": "a@boras.se"}, {"email": "b@boras.se"}),
            ({"email": "a@boras.se"}, {"email": "a@malmo.se"}),
            "email",
        ),
        (
            "mail address",
            ({"email": "a@boras.se"}, {"email": "A@boras.se"}),
            ({"email": "a@boras.se"}, {"email": "b@boras.se"}),
            "email",
        ),
        ("city spelling", ({"city": "Borås"}, {"city": "Boras"}), ({"city": "Xyz"}, {"city": "Quq"}), "city"),
    ],
)
def test_equal_different_and_not_stated(
    features: Features,
    feature: str,
    same: tuple[dict[str, str], dict[str, str]],
    different: tuple[dict[str, str], dict[str, str]],
    blank: str,
) -> None:
    assert features(*same)[feature] >= 1
    assert features(*different)[feature] == 0
    assert features(same[0], {key: text for key, text in same[1].items() if key != blank})[feature] == -1


def test_the_same_page_is_more_than_the_same_domain(features: Features) -> None:
    one = {"website": "boras.se"}
    assert features(one, {"website": "boras.se"})["website"] == 2
    assert features(one, {"website": "skola.boras.se"})["website"] == 1


def test_a_website_against_an_address(features: Features) -> None:
    assert features({"website": "boras.se"}, {"email": "a@boras.se"})["website against mail"] == 1
    assert features({"website": "boras.se"}, {"email": "a@malmo.se"})["website against mail"] == 0
    agreeing = features({"website": "boras.se", "email": "a@boras.se"}, {"website": "boras.se", "email": "b@boras.se"})
    assert (agreeing["domains agreeing"], agreeing["domains differing"]) == (4, 0)


def test_words_in_common_and_left_over(features: Features) -> None:
    alike = features(BORAS, {**BORAS, "organisation": "Municipality of Borås"})
    assert alike["words jaccard"] == pytest.approx(1)
    assert alike["names left over, more"] == 0
    other = features(BORAS, {**BORAS, "organisation": "Municipality of Xylophoria"})
    assert other["words jaccard"] < 0.6
    assert other["names left over, more"] > 0


def test_spelling(features: Features) -> None:
    alike = features({"organisation": "Xylophoria Tarnum"}, {"organisation": "Tarnum Xylophoria"})
    assert alike["spelling, any order"] == pytest.approx(1)
    assert alike["spelling"] < 1
    misspelt = features({"organisation": "Zentrum Hoogeveen"}, {"organisation": "Zentrum Khoogeveen"})
    assert misspelt["left over alike"] > 0.9


def test_distance_is_in_kilometres_and_unknown_without_a_place(features: Features) -> None:
    gothenburg = {"organisation": "A", "country": "Sweden", "city": "Göteborg"}
    boras = {"organisation": "A", "country": "Sweden", "city": "Borås"}
    kilometres = np.expm1(features(gothenburg, boras)["city distance"])
    assert 45 < kilometres < 75
    assert features(gothenburg, gothenburg)["city distance"] == 0
    assert features(gothenburg, {"organisation": "A"})["city distance"] == -1


def test_short_forms(features: Features) -> None:
    name = "Norges teknisk-naturvitenskapelige universitet"
    found = features({"organisation": "NTNU"}, {"organisation": name})
    assert (found["acronym of the other"], found["short form made of the other"]) == (1, 1)
    none = features({"organisation": "XKCD"}, {"organisation": name})
    assert (none["acronym of the other"], none["short form made of the other"]) == (0, 0)
    assert features({"organisation": "NTNU"}, {"organisation": "NTNU"})["acronym shared"] == 1


def test_departments_kinds_and_numbers(features: Features) -> None:
    youth, schools = {"organisation": "Jugendamt Stadt Wald"}, {"organisation": "Schulamt Stadt Wald"}
    assert features(youth, schools)["units named"] == 2
    assert features(youth, schools)["kind of work"] == 0
    assert features(youth, youth)["kind of work"] == 2
    assert features(youth, {})["kind of work"] == -1
    numbers = [{"organisation": f"Szkoła {number}"} for number in (12, 13)]
    assert features(*numbers)["numbers"] == 0
    assert features(numbers[0], numbers[0])["numbers"] == 1
    assert features({}, {})["numbers"] == -1


def test_hopeless_pairs_are_spared_the_costly_features_and_the_sieves_decide(record: Make) -> None:
    columns = prepare([record("Borås Stad", "Sweden"), record("Borås Kommun", "Sweden"), record("Oslo", "Norway")])
    pairs = Pairs(np.array([0, 0], np.int32), np.array([1, 2], np.int32))
    seen: list[set[str]] = []

    def coarse(table: dict[str, np.ndarray]) -> np.ndarray:
        seen.append(set(table))
        return np.asarray(table["country"] == 1)

    kept, table = compare(columns, pairs, coarse=coarse)
    assert (kept.left.tolist(), kept.right.tolist()) == ([0], [1])
    assert seen[0].isdisjoint(COSTLY)
    assert set(table) >= COSTLY
    nothing, empty = compare(columns, pairs, fine=lambda table: np.zeros(len(table["country"]), np.bool_))
    assert len(nothing.left) == len(empty["country"]) == 0


def test_no_pairs_at_all(record: Make) -> None:
    told: list[tuple[int, int]] = []
    none = Pairs(np.zeros(0, np.int32), np.zeros(0, np.int32))
    kept, _ = compare(prepare([record("A")]), none, lambda done, total: told.append((done, total)))
    assert len(kept.left) == 0
    assert told == [(0, 0)]
