"""Learn `config/linkage/lexicon.tsv`: which English word a word of another language stands for.

IBM model 1 (Brown et al. 1993) by expectation maximisation over pairs of names of one organisation, one in
its own language and one in English, from ROR (CC0). The records of the bench (dev, train_extra, seed) are
not used, so figures measured on them do not profit. Run: `python tools/train_lexicon.py PAIRS.tsv.gz`,
lines `language<TAB>name<TAB>English name`.
"""

from __future__ import annotations

import gzip
import sys
from collections import Counter

import numpy as np

from pipeline.cleaning.data_files import data_file
from pipeline.cleaning.folding import fold, skeleton
from pipeline.linkage.words import Part, stem, words

LANGUAGES = frozenset(
    """fr de es pt it cs sk tr sv pl fi nl sr hu hr ro ca no nb nn da el bg cy sl eu ga ka lv bs lt et is mk sq uk ru be
    gl lb mt hy az""".split()  # noqa: SIM905 - a list of codes
)
ROUNDS = 8
ENOUGH = 0.28
"""A translation less probable than this is left out."""
SEEN_OFTEN = 3
"""Words seen less often are left as they are."""


def tokens(name: str) -> list[str]:
    """The words of a name as linkage sees them, without those that say nothing."""
    by_hand = words().by_hand
    found = skeleton(fold(name)).split()
    return [word for word in found if by_hand.get(word, (0, None))[1] not in (Part.STOP, Part.LEGAL)]


def english(name: str) -> list[str]:
    """The concepts of an English name: hand-kept words stand for their concept, others for their stem."""
    by_hand = words().by_hand
    return [by_hand[word].concept if word in by_hand else stem(word) for word in tokens(name)]


def align(pairs: list[tuple[list[str], list[str]]]) -> dict[str, dict[str, float]]:
    """t(English | foreign) of IBM model 1, as nested mappings."""
    foreign_words = sorted({word for pair in pairs for word in pair[0]} | {""})
    english_words = sorted({word for pair in pairs for word in pair[1]})
    foreign_row = {word: row for row, word in enumerate(foreign_words)}
    english_row = {word: row for row, word in enumerate(english_words)}
    left, right, slot = [], [], []
    slots = 0
    for foreign, target in pairs:
        for concept in target:
            for word in ("", *foreign):
                left.append(foreign_row[word])
                right.append(english_row[concept])
                slot.append(slots)
            slots += 1
    key, cell = np.unique(np.array(left, np.int64) * len(english_words) + np.array(right), return_inverse=True)
    source = (key // len(english_words)).astype(int)
    slot_column = np.array(slot)
    probability = np.full(len(key), 1.0 / len(english_words))
    for _ in range(ROUNDS):
        weight = probability[cell]
        weight /= np.bincount(slot_column, weight, slots)[slot_column]
        counts = np.bincount(cell, weight, len(key))
        probability = counts / np.bincount(source, counts, len(foreign_words))[source]
    table: dict[str, dict[str, float]] = {}
    for value, chance in zip(key, probability, strict=True):
        if chance >= ENOUGH / 2:
            word = foreign_words[value // len(english_words)]
            table.setdefault(word, {})[english_words[value % len(english_words)]] = float(chance)
    return table


def main() -> None:
    """Fit and write."""
    pairs: list[tuple[list[str], list[str]]] = []
    seen, seen_english, names = Counter[str](), Counter[str](), Counter[str]()
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as file:
        for line in file:
            language, name, name_in_english = line.rstrip("\n").split("\t")
            if language.split("-")[0] not in LANGUAGES:
                seen_english.update(set(tokens(name_in_english)))
                names.update(set(english(name_in_english)))
                continue
            foreign = tokens(name)
            pairs.append((foreign, english(name_in_english)))
            seen.update(set(foreign))
            seen_english.update(set(tokens(name_in_english)))
            names.update(set(english(name_in_english)))
    table = align(pairs)
    by_hand = words().by_hand
    learnt: dict[str, str] = {}
    for word, count in seen.items():
        if word in by_hand or count < SEEN_OFTEN or seen_english[word] >= count / 2 or len(word) < 3:
            continue
        chances = sorted(table.get(word, {}).items(), key=lambda item: -item[1])[:2]
        kept = [concept for concept, chance in chances if chance >= ENOUGH]
        if kept and kept != [word]:
            learnt[word] = " ".join(kept)
    for word, count in seen_english.items():
        if word not in by_hand and word not in learnt and stem(word) != word and count >= SEEN_OFTEN:
            learnt[word] = stem(word)
    for word, count in seen.items():  # names and words without a translation tell as much as they are rare
        if word not in learnt and word not in by_hand:
            names[stem(word)] += count
    lines = ["# word <TAB> English concepts <TAB> names carrying it as a concept; see tools/train_lexicon.py"]
    for word in sorted({*learnt, *(name for name, count in names.items() if count >= 2)}):
        if word:
            count_text = str(names[word]) if names[word] >= 2 else ""
            lines.append(f"{word}\t{learnt.get(word, '')}\t{count_text}")
    data_file("linkage", "lexicon.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(pairs)} pairs, {len(learnt)} translations, {len(lines)} lines")


if __name__ == "__main__":
    main()
