"""What each entry is about: its ticks, its words, and what entries that say alike ticked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.matching.profile import profiles_of, sides_of, unit
from pipeline.model import Entry, Role

MakeEntry = Callable[..., Entry]
PRISON = "Prisoners learn a trade and earn certificates before their release."
GARDEN = "School gardens, compost and solar roofs."


def test_rows_of_length_one_and_empty_rows_stay_empty() -> None:
    assert unit(np.array([[3, 4], [0, 0]], np.float32)).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]


@pytest.mark.parametrize(
    ("role", "answers", "sides"),
    [
        (Role.EITHER, {"text": PRISON}, 1),
        (Role.EITHER, {"seeks": PRISON, "offers": GARDEN}, 2),
        (Role.EITHER, {"seeks": PRISON, "offers": PRISON}, 1),
        (Role.SEND, {"seeks": PRISON, "offers": GARDEN}, 1),
        (Role.HOST, {"seeks": PRISON, "offers": GARDEN}, 1),
        (Role.SEND, {}, 1),
    ],
)
def test_who_seeks_and_offers_has_two_sides(entry: MakeEntry, role: Role, answers: dict[str, str], sides: int) -> None:
    found = sides_of([entry("A", role=role, **answers)])
    assert len(found.terms) == sides
    assert len({int(found.ask[0]), int(found.offer[0])}) == sides


def test_each_part_is_read_from_what_belongs_to_it(entry: MakeEntry) -> None:
    guest, host = (entry(name, role=role, seeks=PRISON, offers=GARDEN) for name, role in
                   (("G", Role.SEND), ("H", Role.HOST)))  # fmt: skip
    found = sides_of([guest, host])
    asked, offered = found.terms[found.ask[0]], found.terms[found.offer[1]]
    assert not set(asked) & set(offered)
    only_offers = sides_of([entry("G", role=Role.SEND, offers=GARDEN)])
    assert only_offers.terms[only_offers.ask[0]] == offered, "a guest who wrote in the other field is read all the same"


def test_one_tick_of_its_own_is_the_profile_where_nobody_writes_alike(entry: MakeEntry) -> None:
    found = profiles_of([entry("A", topics=("adult",), text=PRISON), entry("B", topics=("green",), text=GARDEN)])
    assert found.profile_topics.round(3).tolist() == [[1, 0], [0, 1]]


def test_entries_that_say_alike_lend_one_another_their_ticks(entry: MakeEntry) -> None:
    found = profiles_of(
        [
            entry("A", topics=("adult",), text=PRISON),
            entry("B", topics=("inclusion",), text=PRISON),
            entry("C", topics=("green",), text=GARDEN),
        ]
    )
    adult, green, inclusion = found.profile_topics[0].tolist()
    assert adult > 0
    assert inclusion > 0
    assert green == 0


def test_who_ticked_nothing_takes_no_stance(entry: MakeEntry) -> None:
    found = profiles_of([entry("A", topics=("adult",), text=PRISON), entry("B", text=GARDEN)])
    assert found.profile_topics[1, 0] == pytest.approx(found.profile_topics[:, 0].mean(), abs=0.3)
    assert found.ticked_groups.shape[0] == 2


def test_an_offer_that_clearly_has_the_topic_has_it(entry: MakeEntry) -> None:
    found = profiles_of([entry("A", topics=("adult", "green"), text=PRISON), entry("B", text=GARDEN)])
    assert found.profile_offered.max() <= 1
    assert (found.profile_offered >= found.profile_topics - 1e-6).all()


def test_a_rare_word_weighs_more_than_a_common_one(entry: MakeEntry) -> None:
    texts = ["compost garden", "garden", "garden", "garden"]
    found = profiles_of([entry(f"E{number}", text=text, text_lang="en") for number, text in enumerate(texts)])
    rarity = {term: weight for term, weight in found.rarity.items() if term in {"compost", "garden"}}
    if len(rarity) == 2:
        assert rarity["compost"] > rarity["garden"]
    assert max(found.rarity.values()) > min(found.rarity.values()) >= 1
