"""The sentences beside a pair: what speaks for it and against it, and in which order it is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from pipeline.matching import propose
from pipeline.matching.features import FEATURES, features_of, read_pool
from pipeline.matching.reasons import explain_pair, in_own_words, reasons_for
from pipeline.matching.scoring import shipped_model
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import Band, Entry, Reason, Role, Ticked

MakeEntry = Callable[..., Entry]
TODAY = date(2031, 1, 15)


def reasons(entries: list[Entry], guest: int = 0, host: int = 1) -> tuple[Reason, ...]:
    pool = read_pool(entries)
    (values,) = features_of(pool, np.array([guest]), np.array([host]))
    return reasons_for(pool, shipped_model(), guest, host, values, TODAY)


def test_whom_they_asked_for_stands_first_and_what_speaks_against_it_last(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, country="BE", topics=("vet",), named_partner="Lakeside School",
                  preferred_places=("NO",))  # fmt: skip
    host = entry("H", role=Role.HOST, country="SE", organisation="Lakeside School", topics=("vet",))
    found = reasons([guest, host])
    assert found[0].feature == "named"
    weights = [reason.weight for reason in found]
    negative = [number for number, weight in enumerate(weights) if weight < 0]
    assert negative == list(range(len(weights) - len(negative), len(weights)))


@pytest.mark.parametrize(
    ("guest", "host", "feature", "is_for"),
    [
        ({"preferred_places": ("SE",)}, {"country": "SE"}, "place_wanted", True),
        ({"preferred_places": ("NO",)}, {"country": "SE"}, "place_missed", False),
        ({"country": "BE"}, {"preferred_places": ("NO",)}, "guest_elsewhere", False),
        ({"target_groups": ("pupils",)}, {"target_groups": ("teachers",)}, "groups_apart", False),
        ({"topics": ("vet",)}, {"topics": ("vet",)}, "topics", True),
    ],
)
def test_each_fact_is_said_on_its_side(
    entry: MakeEntry, guest: dict[str, Any], host: dict[str, Any], feature: str, *, is_for: bool
) -> None:
    found = reasons([entry("G", role=Role.SEND, **guest), entry("H", role=Role.HOST, **host)])
    (reason,) = (one for one in found if one.feature == feature)
    assert (reason.weight > 0) is is_for
    assert reason.sentence.endswith(".")


def test_explaining_names_every_feature_the_weightiest_first(entry: MakeEntry) -> None:
    pool = read_pool([entry("G", role=Role.SEND, topics=("vet",)), entry("H", role=Role.HOST, topics=("vet",))])
    (values,) = features_of(pool, np.array([0]), np.array([1]))
    rows = explain_pair(pool, shipped_model(), 0, 1, values)
    assert sorted(row.name for row in rows) == sorted(FEATURES)
    weights = [abs(row.weight) for row in rows]
    assert weights == sorted(weights, reverse=True)


def told(entries: list[Entry], *kinds: str, third: int | None = None) -> list[str]:
    """The sentences of those kinds about the first two entries."""
    pool = read_pool(entries)
    (values,) = features_of(pool, np.array([0]), np.array([1]))
    found = reasons_for(pool, shipped_model(), 0, 1, values, TODAY, third)
    return [one.sentence for one in found if one.feature in kinds]


@pytest.mark.parametrize(
    ("guest", "host", "sentence"),
    [
        (("green", "vet"), ("vet",), "They share the topic “vocational education and training”."),
        (
            ("green",),
            ("gender",),
            "Against it: their topics differ: G Organisation chose “green skills”, H Organisation “gender equality”.",
        ),
    ],
)
def test_topics(entry: MakeEntry, guest: tuple[str, ...], host: tuple[str, ...], sentence: str) -> None:
    assert told([entry("G", topics=guest), entry("H", topics=host)], "topics") == [sentence]
    assert told([entry("G", topics=guest), entry("H")], "topics") == []


def test_topics_of_one_meaning_are_told_as_ticked(entry: MakeEntry) -> None:
    texts = ("Dual VET and apprenticeships", "VET innovation")
    guest, host = (
        entry(name, topics=("vet",), ticked=(Ticked(question="topics", text=text, codes=("vet",)),))
        for name, text in zip("GH", texts, strict=True)
    )
    assert told([guest, host], "topics") == [
        (
            "Their topics are related: "
            "G Organisation chose “Dual VET and apprenticeships”, H Organisation “VET innovation”."
        )
    ]


def others(entry: MakeEntry) -> list[Entry]:
    """Enough other texts for a shared idea to be rare."""
    return [
        entry(f"O{n}", role=Role.HOST, text=f"We work on subject{'abcdefghij'[n % 10] * 4} only.") for n in range(30)
    ]


@pytest.mark.parametrize(
    ("guest", "host", "quoted"),
    [
        (
            "Hello to you all, dear reader! How do inmates learn a trade in prison?",
            "Our garden is large and green. Our prison school: inmates learn a trade.",
            ["How do inmates learn a trade in prison?", "Our prison school: inmates learn a trade."],
        ),
        (
            "How do inmates learn a trade with companies?",
            "Nos formateurs travaillent en prison avec des entreprises de la ville.",
            ["How do inmates learn a trade with companies?",
             "Nos formateurs travaillent en prison avec des entreprises de la ville."],
        ),
        ("How do inmates learn a trade in prison?", "Our ships sail in June and July.", []),
        ("How do inmates learn a trade in prison?", "Prison school.", []),
    ],
    ids=["the sentence that tells", "across languages", "nothing in common", "no sentence"],
)  # fmt: skip
def test_quotations_are_whole_sentences_about_the_same(
    entry: MakeEntry, guest: str, host: str, quoted: list[str]
) -> None:
    pool = [entry("G", text=guest), entry("H", text=host), *others(entry)]
    found = told(pool, "quotes")
    assert re.findall("“(.*?)”", " ".join(found)) == quoted
    boxes = told(pool, "boxes")
    assert bool(boxes) is not bool(quoted)
    assert all("The program could not tell whether what they write fits" in line for line in boxes)


def test_where_nothing_can_be_told_the_texts_stand_there_to_be_read(entry: MakeEntry) -> None:
    """Whole sentences from the beginning, as many as are read at a glance."""
    long = " ".join(f"We sail in the month of number {number} to islands far away." for number in range(9))
    pool = [entry("G", seeks="How do inmates learn a trade in prison?"), entry("H", offers=long), *others(entry)]
    (line,) = told(pool, "boxes")
    shown = " ".join(f"We sail in the month of number {number} to islands far away." for number in range(4))
    assert line == (
        "The program could not tell whether what they write fits. Read both. "
        f"G Organisation writes “How do inmates learn a trade in prison?” H Organisation writes “{shown}”"
    )
    (short,) = told([entry("G", text="Prison."), entry("H", text="Ships."), *others(entry)], "boxes")
    assert short.endswith("Read both.")


def test_who_wrote_nothing_is_told(entry: MakeEntry) -> None:
    assert told([entry("G", text="How do inmates learn?"), entry("H")], "boxes") == [
        "H Organisation wrote nothing: only what they ticked can be compared."
    ]


def test_a_name_asked_for_or_a_quotation_is_more_than_boxes() -> None:
    kinds = ("named", "quotes", "topics", "people", "practical")
    assert [in_own_words([Reason(feature=kind, sentence="x")]) for kind in kinds] == [True, True, False, False, False]


def test_a_place_asked_for_and_a_place_that_is_a_condition(entry: MakeEntry) -> None:
    host = entry("H", country="ES-CT")
    for wish, strict, sentence in (
        (("ES", "ES-CT"), False, "G Organisation would like to go to Spain, and H Organisation is there."),
        (("ES-CT",), True, "G Organisation would go only to Catalonia, and H Organisation is there."),
    ):
        guest = entry("G", country="BE", preferred_places=wish, strict_places=strict)
        assert told([guest, host], "place_wanted") == [sentence]


def test_three_are_told_who_visits_whom_and_why_the_third(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, group_wanted=True, topics=("vet", "green"))
    host = entry("H", role=Role.HOST, group_wanted=True, topics=("vet",))
    third = entry("T", role=Role.EITHER, topics=("green",))
    assert told([guest, host, third], "joining", third=2) == [
        "G Organisation and T Organisation would visit H Organisation.",
        "G Organisation and H Organisation are open to a third organisation; T Organisation did not say so.",
        "T Organisation shares the topic “green skills” with G Organisation.",
    ]
    willing = entry("T", role=Role.SEND, topics=("vet",), group_wanted=True)
    assert told([guest, host, willing], "joining", third=2)[1:] == ["All three are open to a third organisation."]
    assert told([guest, host, willing], "topics", third=2) == [
        "All three chose the topic “vocational education and training”."
    ]


def test_what_reads_like_a_condition_is_shown_of_each(entry: MakeEntry) -> None:
    guest = entry("G", seeks="We travel only in May.", offers="No guests in June.", text="We travel only in May.")
    host = entry("H", text="We show our garden. Closed in July!")
    assert told([guest, host], "condition") == [
        "Mind what G Organisation writes: “We travel only in May.”",
        "Mind what H Organisation writes: “Closed in July!”",
    ]


def test_a_condition_that_cannot_touch_the_visit_is_not_minded(entry: MakeEntry) -> None:
    closed = "La ferme. Internat fermé du 5 juillet au 31 août, aucun accueil possible."
    host = entry("H", role=Role.HOST, offers=closed)
    spring = {"date_from": date(2031, 2, 1), "date_to": date(2031, 4, 16)}
    summer = {"date_from": date(2031, 5, 20), "date_to": date(2031, 7, 10)}
    minded = "Mind what H Organisation writes: “Internat fermé du 5 juillet au 31 août, aucun accueil possible.”"
    assert told([entry("G", **spring), host], "condition") == []
    assert told([entry("G", **summer), host], "condition") == [minded]
    assert told([entry("G"), host], "condition") == [minded], "nobody knows when they would come"
    only = entry("H", offers="Guests only in May, not later.")
    assert told([entry("G", **spring), only], "condition"), "that says when, and it is not then"


def test_that_a_guest_wants_nobody_but_this_host_is_nothing_to_mind(entry: MakeEntry) -> None:
    guest = entry(
        "G", role=Role.SEND, named_partner="Lakeside School", seeks="We only ask for Lakeside School, not for others."
    )
    asked = entry("H", role=Role.HOST, organisation="Lakeside School")
    assert told([guest, asked], "condition") == []
    assert told([guest, entry("O", role=Role.HOST), asked], "condition")


def test_a_topic_shared_with_who_chose_nearly_all_says_little(entry: MakeEntry) -> None:
    everything = tuple(list(vocabulary().topics)[:12])
    host = entry("H", topics=everything)
    assert told([entry("G", topics=everything[:1]), host], "ticks_everything") == [
        "Against it: H Organisation chose 12 topics, so one that is shared says little."
    ]
    assert told([entry("G", topics=everything[:1]), entry("H", topics=everything[:4])], "ticks_everything") == []
    assert told([entry("G"), host], "ticks_everything") == []
    both = propose([entry("G", role=Role.SEND, topics=everything, country="NO"), host], given=[("G", "H")]).given[
        "G", "H"
    ]
    assert both.band is Band.LONG_SHOT
    assert any(
        "G Organisation chose 12 topics and H Organisation chose 12 topics" in one.sentence for one in both.reasons
    )


@pytest.mark.parametrize("role", [Role.HOST, Role.SEND])
def test_two_partners_who_would_do_the_same_are_not_worded_as_guest_and_host(entry: MakeEntry, role: Role) -> None:
    formats = ("project_partnership",)
    pair = [
        entry("G", role=role, formats=formats, target_groups=("pupils",), preferred_places=("SE",)),
        entry("H", role=role, formats=formats, target_groups=("teachers",), country="SE"),
    ]
    verb = "receives" if role is Role.HOST else "would send"
    assert told(pair, "groups_apart") == [
        f"Against it: G Organisation {verb} “pupils”; H Organisation {verb} “teachers and trainers”."
    ]
    would = "work with" if role is Role.HOST else "go to"
    assert told(pair, "place_wanted") == [f"G Organisation would like to {would} Sweden, and H Organisation is there."]


def test_of_three_the_people_whom_the_third_shares_with_the_host_are_told(entry: MakeEntry) -> None:
    guest = entry("G", role=Role.SEND, group_wanted=True, target_groups=("public_staff",))
    host = entry("H", role=Role.HOST, group_wanted=True, target_groups=("public_staff", "teachers"))
    third = entry("T", role=Role.SEND, group_wanted=True, target_groups=("teachers",))
    assert told([guest, host, third], "people", third=2) == [
        "G Organisation and H Organisation named “staff of authorities” as those who travel or are received."
    ]
    shared = "T Organisation and H Organisation named “teachers and trainers” as those who travel or are received."
    assert shared in told([guest, host, third], "joining", third=2)
