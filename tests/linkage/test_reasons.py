"""Why two records are, or are not, one organisation, in words for the secretariat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.linkage import Record
from pipeline.linkage.blocking import Pairs
from pipeline.linkage.comparison import compare
from pipeline.linkage.normalise import prepare
from pipeline.linkage.reasons import Explainer
from pipeline.linkage.scoring import model
from pipeline.model import Reason

Make = Callable[..., Record]


@pytest.fixture
def reasons(record: Make) -> Callable[..., dict[str, Reason]]:
    """reasons({...}, {...}): feature -> the reason of one pair."""

    def found(one: dict[str, str], other: dict[str, str]) -> dict[str, Reason]:
        records = [record(**{"organisation": "Borås Stad", **answers}) for answers in (one, other)]
        columns = prepare(records)
        pairs, table = compare(columns, Pairs(np.array([0], np.int32), np.array([1], np.int32)))
        (of_pair,) = Explainer(records, columns, model()).explain(pairs, table, [0])
        return {reason.feature: reason for reason in of_pair}

    return found


Reasons = Callable[..., dict[str, Reason]]
DIFFERENCES = (
    "They name departments with different", "One names a department", "The countries differ", "The websites differ",
    "The addresses are at different", "The towns differ", "The names speak of different", "They call themselves",
    "The website of one is not", "The towns are given", "Only one says", "The names share no word",
)  # fmt: skip
"""Beginnings of sentences that state a difference."""
BORAS = {"country": "Sweden", "city": "Borås"}


@pytest.mark.parametrize(
    ("one", "other", "feature", "sentence"),
    [
        ({}, {}, "name", "The names are spelt alike"),
        (
            {"organisation": "Tarnum Xylophoria"},
            {"organisation": "Xylophoria Tarnum"},
            "name",
            "The names have the same words in another order",
        ),
        (
            BORAS,
            {**BORAS, "organisation": "Municipality of Borås"},
            "name",
            "Both names say “Borås”; “Stad” means “Municipality”",
        ),
        ({"organisation": "Xylophoria"}, {"organisation": "Tarnum"}, "name", "The names share no word"),
        (
            {"website": "boras.se"},
            {"website": "boras.se"},
            "contacts",
            "Both websites are boras.se, but a shared website is no proof",
        ),
        (
            {"website": "a.boras.se"},
            {"website": "b.boras.se"},
            "contacts",
            "Both websites are boras.se, but a shared website is no proof",
        ),
        ({"website": "boras.se"}, {"website": "malmo.se"}, "contacts", "The websites differ (boras.se / malmo.se)"),
        (
            {"email": "a@boras.se"},
            {"email": "b@boras.se"},
            "contacts",
            "Both addresses end in boras.se, which is no proof",
        ),
        (
            {"email": "a@boras.se"},
            {"email": "b@malmo.se"},
            "contacts",
            "The addresses are at different domains (boras.se / malmo.se)",
        ),
        (
            {"website": "boras.se"},
            {"email": "b@boras.se"},
            "contacts",
            "The website of one is the mail domain of the other, which is no proof",
        ),
        ({"email": "a@boras.se"}, {"email": "A@boras.se"}, "address", "Both give the address a@boras.se"),
        ({"country": "Sweden"}, {"country": "Norway"}, "place", "The countries differ (Sweden / Norway)"),
        (BORAS, BORAS, "place", "Both are in Borås"),
        (
            {"organisation": "Jugendamt Stadt Wald"},
            {"organisation": "Schulamt Stadt Wald"},
            "unit",
            "They name departments with different work",
        ),
        (
            {"organisation": "Jugendamt Stadt Wald"},
            {"organisation": "Stadt Wald"},
            "unit",
            "One names a department (Jugendamt Stadt Wald), the other does not",
        ),
        (
            {"organisation": "Xylo University"},
            {"organisation": "Xylo Museum"},
            "kind",
            "They call themselves different kinds of organisation",
        ),
    ],
)
def test_each_sentence_says_what_the_two_records_say(
    reasons: Reasons, one: dict[str, str], other: dict[str, str], feature: str, sentence: str
) -> None:
    assert reasons(one, other)[feature].sentence == sentence


@pytest.mark.parametrize(
    ("one", "other", "in_common", "apart"),
    [
        (
            "Escola del Treball",
            "Institut Escola del Treball",
            "Both names say “Treball”, “Escola”",
            "Only one says “Institut”",
        ),
        (
            "Xylo Youth Museum",
            "Xylo Health Museum",
            "Both names say “Xylo”, “Museum”",
            "Only one says “Youth”; only the other says “Health”",
        ),
        ("GO! Scholengroep Gent", "Schoolgroup Ghent", "Both names say “Gent”; “Scholengroep” means “Schoolgroup”",
         "Only one says “GO”"),
    ],
)  # fmt: skip
def test_what_names_have_in_common_and_what_only_one_says_are_two_arguments(
    record: Make, one: str, other: str, in_common: str, apart: str
) -> None:
    records = [record(one, "Belgium"), record(other, "Belgium")]
    columns = prepare(records)
    pairs, table = compare(columns, Pairs(np.array([0], np.int32), np.array([1], np.int32)))
    (of_pair,) = Explainer(records, columns, model()).explain(pairs, table, [0])
    told = {reason.sentence: reason.weight > 0 for reason in of_pair if reason.feature == "name"}
    assert told == {in_common: True, apart: False}


def test_a_distance_is_told(reasons: Reasons) -> None:
    found = reasons({"country": "Sweden", "city": "Göteborg"}, {"country": "Sweden", "city": "Stockholm"})
    assert found["place"].sentence.startswith("The towns differ (Göteborg / Stockholm, 39")


def test_no_sentence_counts_against_what_it_says(reasons: Reasons) -> None:
    for one, other in [
        ({"country": "Sweden"}, {"country": "Norway"}),
        (BORAS, BORAS),
        ({"website": "boras.se"}, {"website": "malmo.se"}),
        ({"organisation": "Jugendamt Stadt Wald"}, {"organisation": "Schulamt Stadt Wald"}),
    ]:
        for reason in reasons(one, other).values():
            if reason.sentence.startswith(DIFFERENCES):
                assert reason.weight < 0
            else:
                assert reason.weight > 0


def test_what_speaks_for_the_pair_comes_first(reasons: Reasons) -> None:
    found = list(reasons(BORAS, {**BORAS, "organisation": "Municipality of Borås", "website": "malmo.se"}).values())
    weights = [reason.weight for reason in found]
    first_against = next((number for number, weight in enumerate(weights) if weight < 0), len(weights))
    assert all(weight >= 0 for weight in weights[:first_against])
    assert all(weight < 0 for weight in weights[first_against:])


def test_a_person_needs_no_other_reason() -> None:
    explainer = Explainer([], prepare([]), model())
    assert explainer.said_same().sentence == "A person said they are the same"
    assert explainer.explain(Pairs(np.zeros(0, np.int32), np.zeros(0, np.int32)), {}, []) == []
