"""Why two records are, or are not, one organisation: in words for the secretariat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from pipeline.cleaning.domains import email_domain, own_website, registered_domain
from pipeline.cleaning.folding import fold
from pipeline.cleaning.places import NOWHERE
from pipeline.linkage.blocking import Pairs
from pipeline.linkage.columns import Columns
from pipeline.linkage.comparison import Table
from pipeline.linkage.normalise import name_words
from pipeline.linkage.records import Record
from pipeline.linkage.scoring import Model
from pipeline.linkage.words import word_info
from pipeline.model import Reason

FOR, AGAINST = True, False
Said = tuple[bool, str]
"""Whether a sentence states something in common (FOR) or a difference (AGAINST), and the sentence."""

HARDLY = 0.01
MANY = 20_000
"""Of so many pairs the weights are estimated from every fourth tree: they only put sentences in order."""
ALIKE = 0.999
FITS = 0.7
_WORD = re.compile(r"[\w.]+")
GROUPS: dict[str, tuple[str, ...]] = {
    "name": (
        "words common", "words jaccard", "words contained", "words shorter", "words longer", "rarest common",
        "names common", "rarest left over, less", "rarest left over, more", "names left over, less",
        "names left over, more", "plain left over, less", "plain left over, more", "left over alike", "spelling",
        "spelling, any order", "spelling, contained", "spelling, in English", "spelling of the name", "numbers",
        "stems jaccard",
        "rarest common, bearers", "names left over by stem, less", "names left over by stem, more",
    ),
    "contacts": (
        "website", "website path", "website paths given", "mail domain", "website against mail", "domains agreeing",
        "domains differing", "domain names the other", "domain is the other's initials", "domain labels shared",
        "host", "mail host", "domain crowd", "domain fits its own, less", "domain fits its own, more",
        "domain fits the other",
    ),
    "address": ("mail address",),
    "place": (
        "country", "country, hinted", "city distance", "named place distance", "named place to city, nearest",
        "places named", "city spelling",
    ),
    "short form": (
        "acronym of the other", "acronym shared", "initials shared", "acronyms given", "short form made of the other",
    ),
    "unit": ("units named", "kind of work", "works named"),
    "kind": ("kind of body", "municipalities named", "kinds named"),
}  # fmt: skip
"""Which features one sentence speaks for."""


class Explainer:
    """Words the reasons of pairs; made once a run."""

    def __init__(self, records: Sequence[Record], columns: Columns, fitted: Model) -> None:
        self.records = records
        self.columns = columns
        self.fitted = fitted
        self.written: dict[int, dict[str, str]] = {}

    def said_same(self) -> Reason:
        """The reason that needs no other."""
        return Reason(feature="person", sentence="A person said they are the same", weight=99.0)

    def explain(self, pairs: Pairs, table: Table, positions: Sequence[int]) -> list[tuple[Reason, ...]]:
        """For each position in `pairs` what speaks for (first) and against it, the strongest first."""
        if not positions:
            return []
        chosen = np.array(positions)
        part = {name: column[chosen] for name, column in table.items()}
        judge = self.fitted.alone
        if len(chosen) > MANY:
            judge = replace(judge, trees=judge.trees[::4], slope=judge.slope * 4)
        whole = judge.log_odds(part)
        weights: dict[str, list[float]] = {}
        for group, features in GROUPS.items():
            usual = {
                name: np.full(len(chosen), self.fitted.usual.get(name, -1.0), np.float32)
                for name in features
                if name in part
            }
            weights[group] = (whole - judge.log_odds({**part, **usual})).tolist()
        found: list[tuple[Reason, ...]] = []
        for row, position in enumerate(positions):
            one, other = int(pairs.left[position]), int(pairs.right[position])
            values = {name: float(column[row]) for name, column in part.items()}
            reasons = [
                Reason(feature=group, sentence=sentence, weight=_signed(stance, weights[group][row]))
                for group in GROUPS
                for stance, sentence in self._said(group, one, other, values)
            ]
            found.append(tuple(sorted(reasons, key=lambda reason: -reason.weight)))
        return found

    def _said(self, group: str, one: int, other: int, values: dict[str, float]) -> list[Said]:
        match group:
            case "name":
                return self._name(one, other, values)
            case "contacts":
                return self._contacts(one, other, values)
            case "address":
                return self._address(one, values)
            case "place":
                return self._place(one, other, values)
            case "short form":
                return self._short(values)
            case "unit":
                return self._unit(one, other, values)
            case _:
                return self._kind(values)

    def _written(self, row: int) -> dict[str, str]:
        """Concept -> the word of this record's name that says it, as typed."""
        known = self.written.get(row)
        if known is None:
            known = self.written[row] = self._find_written(row)
        return known

    def _find_written(self, row: int) -> dict[str, str]:
        words: dict[str, str] = {}
        for typed in _WORD.findall(self.records[row].organisation) if row < len(self.records) else ():
            words.setdefault(_folded(typed), typed)
        found: dict[str, str] = {}
        for folded, typed in words.items():
            for part in folded.split():
                for meaning in word_info(part).meanings:
                    found.setdefault(meaning.concept, typed)
        for number in self.columns.place[row].tolist():
            if number != NOWHERE:
                spelt = self.columns.shown.get(f"@{number}", "").split()
                found[f"@{number}"] = " ".join(typed for folded, typed in words.items() if folded in spelt)
        return found

    def _name(self, one: int, other: int, values: dict[str, float]) -> list[Said]:
        if self.columns.full[one] == self.columns.full[other]:
            return [(FOR, "The names are spelt alike")]
        if values["spelling, any order"] > ALIKE:
            return [(FOR, "The names have the same words in another order")]
        left, right = self._concepts(one), self._concepts(other)
        said_left, said_right = self._written(one), self._written(other)
        same: list[str] = []
        translated: list[str] = []
        for concept in left:
            if concept in right:
                one_word, other_word = self._word(concept, said_left), self._word(concept, said_right)
                alike = fold(one_word) == fold(other_word)
                (same if alike else translated).append(
                    f"“{one_word}”" if alike else f"“{one_word}” means “{other_word}”"
                )
        in_common = [f"both names say {_list(same)}"] if same else []
        in_common += [_list(translated)] if translated else []
        only = [
            [said.get(concept) or concept for concept in mine if concept not in theirs and not concept.startswith("@")]
            for mine, theirs, said in ((left, right, said_left), (right, left, said_right))
        ]
        both = " ".join(in_common)
        alone = [[quoted for word in words if (quoted := f"“{word}”") not in both] for words in only]
        told = [_list(words) for words in alone if words]
        apart = [f"only {who} says {words}" for who, words in zip(("one", "the other"), told, strict=False)]
        if not in_common:
            apart = ["the names share no word"]
        return [(stance, _sentence(parts)) for stance, parts in ((FOR, in_common), (AGAINST, apart)) if parts]

    def _word(self, concept: str, said: dict[str, str]) -> str:
        """The word that says it, as typed; of a place that was written otherwise its name."""
        return said.get(concept) or self.columns.shown.get(concept, concept).title()

    def _concepts(self, row: int) -> list[str]:
        return [self.columns.texts[number] for number in self.columns.concept[row].tolist() if number]

    def _contacts(self, one: int, other: int, values: dict[str, float]) -> list[Said]:
        left, right = self.records[one], self.records[other]
        web_left, web_right = own_website(left.website), own_website(right.website)
        if values["website"] >= 1:
            name = web_left if web_left == web_right else registered_domain(web_left)
            return [(FOR, f"Both websites are {name}, but a shared website is no proof")]
        if values["website"] == 0:
            return [(AGAINST, f"The websites differ ({web_left} / {web_right})")]
        if values["mail domain"] == 1:
            return [(FOR, f"Both addresses end in {email_domain(left.email)}, which is no proof")]
        if values["website against mail"] == 1:
            return [(FOR, "The website of one is the mail domain of the other, which is no proof")]
        if values["mail domain"] == 0:
            domains = f"{email_domain(left.email)} / {email_domain(right.email)}"
            return [(AGAINST, f"The addresses are at different domains ({domains})")]
        if values["domain fits the other"] > FITS or values["domain names the other"] >= 1:
            return [(FOR, "The web or mail domain of one sounds like the name of the other (no proof)")]
        if values["website against mail"] == 0:
            return [(AGAINST, "The website of one is not the mail domain of the other")]
        return []

    def _address(self, one: int, values: dict[str, float]) -> list[Said]:
        if values["mail address"] == 1:
            return [(FOR, f"Both give the address {self.records[one].email}")]
        return []

    def _place(self, one: int, other: int, values: dict[str, float]) -> list[Said]:
        left, right = self.records[one], self.records[other]
        if values["country"] == 0:
            return [(AGAINST, f"The countries differ ({left.country} / {right.country})")]
        distance = values["city distance"]
        if distance == 0 or (left.city and left.city == right.city):
            return [(FOR, f"Both are in {left.city}")]
        if distance > 0:
            return [(AGAINST, f"The towns differ ({left.city} / {right.city}, {np.expm1(distance):.0f} km apart)")]
        if values["named place distance"] > 0:
            return [
                (
                    AGAINST,
                    f"The names speak of different places, {np.expm1(values['named place distance']):.0f} km apart",
                )
            ]
        if values["named place distance"] == 0:
            return [(FOR, "Both names speak of the same place")]
        if left.city and right.city:
            return [(AGAINST, f"The towns are given as {left.city} and {right.city}")]
        if values["country"] == 1:
            return [(FOR, "Both are in the same country")]
        return []

    def _short(self, values: dict[str, float]) -> list[Said]:
        if values["short form made of the other"] > FITS:
            return [(FOR, "The short form of one fits the initials of the other")]
        if values["acronym shared"] == 1:
            return [(FOR, "Both give the same short form")]
        return []

    def _unit(self, one: int, other: int, values: dict[str, float]) -> list[Said]:
        if values["units named"] == 1:
            named = one if self.columns.unit[one] else other
            return [
                (AGAINST, f"One names a department ({_shorten(self.records[named].organisation)}), the other does not")
            ]
        if values["kind of work"] == 0 and values["units named"] == 2:
            return [(AGAINST, "They name departments with different work")]
        if values["kind of work"] >= 1 and values["units named"] == 2:
            return [(FOR, "Both name a department with the same work")]
        return []

    def _kind(self, values: dict[str, float]) -> list[Said]:
        if values["kind of body"] == 0:
            return [(AGAINST, "They call themselves different kinds of organisation")]
        return []


def _signed(stance: bool, weight: float) -> float:  # noqa: FBT001 - FOR or AGAINST
    """The weight, but never one that contradicts the sentence."""
    return round(max(weight, HARDLY) if stance is FOR else min(weight, -HARDLY), 2)


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=100_000)
def _folded(word: str) -> str:
    return " ".join(name_words(word))


def _list(words: Sequence[str]) -> str:
    return ", ".join(list(dict.fromkeys(words))[:4])


def _shorten(text: str, length: int = 70) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
