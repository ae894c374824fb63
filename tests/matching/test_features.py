"""What speaks for and against a pair, as numbers from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from pipeline.matching.features import FEATURES, cosines, features_of, read_pool
from pipeline.model import Entry, Role

MakeEntry = Callable[..., Entry]


@pytest.fixture
def features(entry: MakeEntry) -> Callable[..., dict[str, float]]:
    """features({...}, {...}): of a guest and a host, unless they say otherwise."""

    def found(guest: dict[str, Any], host: dict[str, Any], *others: Entry, **more: Any) -> dict[str, float]:
        two = [entry("GUEST", **{"role": Role.SEND, **guest}), entry("HOST", **{"role": Role.HOST, **host})]
        pool = read_pool([*two, *others], **more)
        (values,) = features_of(pool, np.array([0]), np.array([1]))
        return dict(zip(FEATURES, values.tolist(), strict=True))

    return found


Features = Callable[..., dict[str, float]]


def test_topics_in_common(features: Features) -> None:
    same = features({"topics": ("vet",)}, {"topics": ("vet",)})["topics"]
    other = features({"topics": ("vet",)}, {"topics": ("green",)})["topics"]
    assert same == pytest.approx(1)
    assert other < same


def test_people_apart_only_when_both_named_some(features: Features) -> None:
    pupils, teachers = {"target_groups": ("pupils",)}, {"target_groups": ("teachers",)}
    assert features(pupils, teachers)["groups_apart"] == 1
    assert features(pupils, pupils)["groups_apart"] == 0
    assert features(pupils, pupils)["groups"] == pytest.approx(1)
    assert features(pupils, {})["groups_apart"] == 0


def test_words_in_common(features: Features) -> None:
    text = "Prisoners learn a trade and earn certificates."
    assert features({"text": text}, {"text": text})["words"] == pytest.approx(1, abs=0.01)
    assert features({"text": text}, {"text": "School gardens and compost."})["words"] < 0.3


@pytest.mark.parametrize(
    ("wish", "country", "wanted", "missed"),
    [((), "NO", 0, 0), (("NO",), "NO", 1, 0), (("NO", "SE"), "SE", 1, 0), (("NO",), "SE", 0, 1), (("NO",), None, 0, 1)],
)
def test_where_the_guest_would_like_to_go(
    features: Features, wish: tuple[str, ...], country: str | None, wanted: int, missed: int
) -> None:
    found = features({"preferred_places": wish}, {"country": country})
    assert (found["place_wanted"], found["place_missed"]) == (wanted, missed)


@pytest.mark.parametrize(("wish", "elsewhere"), [((), 0), (("BE",), 0), (("NO",), 1)])
def test_whom_the_host_would_like_to_receive(features: Features, wish: tuple[str, ...], elsewhere: int) -> None:
    assert features({"country": "BE"}, {"preferred_places": wish})["guest_elsewhere"] == elsewhere


def test_asked_for_by_name(features: Features) -> None:
    host = {"organisation": "Lakeside Penitentiary School"}
    assert features({"named_partner": "Lakeside Penitentiary School"}, host)["named"] == 1
    found = features({"named_partner": "Lakeside Penitentiary School"}, {"organisation": "Green Academy"})
    assert (found["named"], found["named_other"]) == (0, 0), "nobody here is called that"


def test_somebody_else_was_asked_for_by_name(features: Features, entry: MakeEntry) -> None:
    other = entry("OTHER", organisation="Lakeside Penitentiary School", role=Role.HOST)
    found = features({"named_partner": "Lakeside Penitentiary School"}, {"organisation": "Green Academy"}, other)
    assert (found["named"], found["named_other"]) == (0, 1)


@pytest.mark.parametrize(
    ("first", "last", "days", "spare"),
    [
        (date(2031, 3, 1), date(2031, 3, 31), 1, 1.0),
        (date(2031, 3, 1), date(2031, 3, 16), 1, 0.5),
        (date(2031, 3, 1), date(2031, 3, 3), 3, 0.0),
        (date(2032, 3, 1), date(2032, 3, 3), 3, 0.0),
    ],
)
def test_time_to_spare(features: Features, first: date, last: date, days: int, spare: float) -> None:
    host = {"date_from": date(2031, 1, 1), "date_to": date(2031, 12, 31)}
    found = features({"date_from": first, "date_to": last, "duration_days": days}, host)
    assert found["time_to_spare"] == pytest.approx(spare)


@pytest.mark.parametrize(("guest", "host", "both"), [(True, True, 1), (True, False, 0), (None, True, 0)])
def test_in_return(features: Features, guest: bool | None, host: bool | None, both: int) -> None:
    assert features({"reciprocal": guest}, {"reciprocal": host})["in_return"] == both


def test_who_worked_together_before(features: Features) -> None:
    past = [frozenset({"O-HOST", "O-GUEST"}), frozenset({"O-HOST"})]
    assert features({}, {}, past=past)["met_before"] == 1
    assert features({}, {})["met_before"] == 0
    assert features({}, {}, past=[frozenset({"O-HOST", "O-ELSE"})])["met_before"] == 0
    assert features({"organisation_id": ""}, {}, past=[frozenset({"O-HOST", ""})])["met_before"] == 0


def test_row_by_row_products_of_dense_and_sparse_words_agree() -> None:
    from scipy.sparse import csr_matrix

    rows = np.array([[1, 0, 2], [0, 3, 1]], np.float32)
    left, right = np.array([0, 0, 1]), np.array([0, 1, 1])
    assert cosines(rows, left, right).tolist() == cosines(csr_matrix(rows), left, right).tolist() == [5, 2, 10]
