"""What single words of an organisation's name mean."""

from __future__ import annotations

import pytest

from pipeline.cleaning.folding import fold, skeleton
from pipeline.linkage.words import HIGHEST_RARITY, Part, meanings, rarity, stem, word_info, words


@pytest.mark.parametrize(
    ("word", "plain"),
    [("schools", "school"), ("studies", "study"), ("class", "class"), ("campus", "campus"), ("praxis", "praxis"),
     ("bus", "bus"), ("gas", "gas")],
)  # fmt: skip
def test_a_word_without_its_plural(word: str, plain: str) -> None:
    assert stem(word) == plain


@pytest.mark.parametrize(
    ("word", "concepts", "part"),
    [
        ("kommun", ["municipality"], Part.BODY),
        ("municipality", ["municipality"], Part.BODY),
        ("jugendamt", ["youth", "office"], Part.UNIT),
        ("xylophoria", ["xylophoria"], Part.NAME),
        ("007", ["7"], Part.NAME),
        ("0", ["0"], Part.NAME),
    ],
)
def test_what_a_word_says(word: str, concepts: list[str], part: Part) -> None:
    found = meanings(word)
    assert [meaning.concept for meaning in found] == concepts
    assert found[-1].part is part


def test_a_compound_says_what_its_front_and_its_ending_say() -> None:
    front, ending = meanings("arbetslivsforvaltningen")
    assert ending.part is Part.UNIT
    assert front.concept != "arbetslivsforvaltningen"
    unknown, ending = meanings("zyxwforvaltningen")
    assert (unknown.concept, unknown.part, ending.part) == ("zyxw", Part.NAME, Part.UNIT)


def test_the_letter_two_words_share_at_the_seam_belongs_to_both() -> None:
    for written in ("yrkesskola", "yrkesskolan", "Yrkesskolen", "Beroepsschool"):
        (word,) = skeleton(fold(written)).split()
        assert [meaning.concept for meaning in meanings(word)] == ["vocational", "school"]


def test_one_slip_of_a_long_word_is_forgiven() -> None:
    right = meanings("municipality")
    for slipped in ("municpality", "municcipality", "municipalitx"):
        assert meanings(slipped) == right
    assert meanings("kommn") != meanings("kommun"), "short words are too like one another"


def test_a_rare_word_tells_much_and_a_common_one_little() -> None:
    assert rarity(0) == HIGHEST_RARITY
    assert rarity(45_000) < 0.1
    assert rarity(10) > rarity(100) > rarity(1000)


def test_an_article_says_nothing_and_a_name_may_be_a_place() -> None:
    assert word_info("the").silent
    assert not word_info("boras").silent
    assert word_info("boras").placeable
    assert not word_info("kommun").placeable
    assert not word_info("42").placeable
    assert word_info("xylophoria").proper


def test_both_lists_are_there() -> None:
    known = words()
    assert known.by_hand
    assert known.learnt
    assert known.endings[0][0] > ""
    assert [len(ending) for ending, _ in known.endings] == sorted((len(e) for e, _ in known.endings), reverse=True)
