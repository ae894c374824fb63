"""Why two records are, or are not, one organisation: in words for the secretariat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.linkage.blocking import Pairs
from pipeline.linkage.columns import Columns
from pipeline.linkage.comparison import Table
from pipeline.linkage.places import NOWHERE
from pipeline.linkage.records import Record
from pipeline.linkage.scoring import Model
from pipeline.model import Reason
from pipeline.normalise import email_domain, own_website, registered_domain

GROUPS: dict[str, tuple[str, ...]] = {
    "name": (
        "words common", "words jaccard", "words contained", "words shorter", "words longer", "rarest common",
        "names common", "rarest left over, less", "rarest left over, more", "names left over, less",
        "names left over, more", "plain left over, less", "plain left over, more", "left over alike", "spelling",
        "spelling, any order", "spelling, contained", "spelling, in English", "spelling of the name", "numbers",
    ),
    "contacts": (
        "website", "website path", "website paths given", "mail domain", "website against mail", "domains agreeing",
        "domains differing", "domain names the other", "domain is the other's initials", "domain labels shared",
    ),
    "address": ("mail address",),
    "place": (
        "country", "country, hinted", "city distance", "named place distance", "named place to city, nearest",
        "places named", "city spelling",
    ),
    "short form": ("acronym of the other", "acronym shared", "initials shared", "acronyms given"),
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

    def said_same(self) -> Reason:
        """The reason that needs no other."""
        return Reason(feature="person", sentence="A person said they are the same", weight=99.0)

    def explain(self, pairs: Pairs, table: Table, positions: Sequence[int]) -> list[tuple[Reason, ...]]:
        """For each position in `pairs` what speaks for (first) and against it, the strongest first."""
        if not positions:
            return []
        chosen = np.array(positions)
        part = {name: column[chosen] for name, column in table.items()}
        whole = self.fitted.alone.log_odds(part)
        weights: dict[str, list[float]] = {}
        for group, features in GROUPS.items():
            usual = {
                name: np.full(len(chosen), self.fitted.usual.get(name, -1.0), np.float32)
                for name in features
                if name in part
            }
            weights[group] = (whole - self.fitted.alone.log_odds({**part, **usual})).tolist()
        found: list[tuple[Reason, ...]] = []
        for row, position in enumerate(positions):
            one, other = int(pairs.left[position]), int(pairs.right[position])
            values = {name: float(column[row]) for name, column in part.items()}
            reasons = [
                Reason(feature=group, sentence=sentence, weight=round(weights[group][row], 2))
                for group in GROUPS
                if (sentence := self._sentence(group, one, other, values))
            ]
            found.append(tuple(sorted(reasons, key=lambda reason: -reason.weight)))
        return found

    def _sentence(self, group: str, one: int, other: int, values: dict[str, float]) -> str:
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

    def _words(self, one: int, other: int) -> tuple[list[str], list[str], list[str]]:
        columns = self.columns
        left = [number for number in columns.concept[one].tolist() if number]
        right = [number for number in columns.concept[other].tolist() if number]

        def say(numbers: list[int]) -> list[str]:
            return [self._say(columns.texts[number]) for number in numbers]

        common = [number for number in left if number in right]
        return (
            say(common),
            say([number for number in left if number not in common]),
            say([number for number in right if number not in common]),
        )

    def _say(self, concept: str) -> str:
        if not concept.startswith("@"):
            return concept
        return "the place"

    def _name(self, one: int, other: int, values: dict[str, float]) -> str:
        if self.columns.full[one] == self.columns.full[other]:
            return "The names are spelt alike"
        if values["spelling, any order"] > 0.999:
            return "The names have the same words in another order"
        common, left, right = self._words(one, other)
        if not left and not right:
            return "The names say the same, word for word, in English"
        parts = []
        if common:
            parts.append(f"Both names say {_list(common)}")
        only = [f"only one says {_list(words)}" for words in (left, right) if words]
        if not common:
            only = [f"the names share no word ({_list(left[:2])} / {_list(right[:2])})"] if left and right else only
        text = "; ".join([*parts, *only])
        return text[:1].upper() + text[1:]

    def _contacts(self, one: int, other: int, values: dict[str, float]) -> str:
        left, right = self.records[one], self.records[other]
        web_left, web_right = own_website(left.website), own_website(right.website)
        if values["website"] >= 1:
            name = web_left if web_left == web_right else registered_domain(web_left)
            return f"Both websites are {name}, but a shared website is no proof"
        if values["website"] == 0:
            return f"The websites differ ({web_left} / {web_right})"
        if values["mail domain"] == 1:
            return f"Both addresses end in {email_domain(left.email)}, which is no proof"
        if values["website against mail"] == 1:
            return "The website of one is the mail domain of the other, which is no proof"
        if values["mail domain"] == 0:
            return f"The addresses are at different domains ({email_domain(left.email)} / {email_domain(right.email)})"
        if values["domain is the other's initials"] >= 1 or values["domain names the other"] >= 1:
            return "The web or mail domain of one sounds like the name of the other"
        if values["website against mail"] == 0:
            return "The website of one is not the mail domain of the other"
        return ""

    def _address(self, one: int, values: dict[str, float]) -> str:
        if values["mail address"] == 1:
            return f"Both give the address {self.records[one].email}"
        return ""

    def _place(self, one: int, other: int, values: dict[str, float]) -> str:
        left, right = self.records[one], self.records[other]
        if values["country"] == 0:
            return f"The countries differ ({left.country} / {right.country})"
        distance = values["city distance"]
        if distance == 0 or (left.city and left.city == right.city):
            return f"Both are in {left.city}"
        if distance > 0:
            return f"The towns differ ({left.city} / {right.city}, {np.expm1(distance):.0f} km apart)"
        if values["named place distance"] > 0:
            return f"The names speak of different places, {np.expm1(values['named place distance']):.0f} km apart"
        if values["named place distance"] == 0:
            return "Both names speak of the same place"
        if left.city and right.city:
            return f"The towns are given as {left.city} and {right.city}"
        if values["country"] == 1:
            return "Both are in the same country"
        if self.columns.city[one] == NOWHERE and self.columns.city[other] == NOWHERE:
            return "Neither says in which town it is"
        return ""

    def _short(self, values: dict[str, float]) -> str:
        if values["acronym of the other"] == 1:
            return "The short form of one fits the initials of the other"
        if values["acronym shared"] == 1:
            return "Both give the same short form"
        return ""

    def _unit(self, one: int, other: int, values: dict[str, float]) -> str:
        if values["units named"] == 1:
            named = one if self.columns.unit[one] else other
            return f"One names a department ({_shorten(self.records[named].organisation)}), the other does not"
        if values["kind of work"] == 0 and values["units named"] == 2:
            return "They name departments with different work"
        if values["kind of work"] >= 1 and values["units named"] == 2:
            return "Both name a department with the same work"
        return ""

    def _kind(self, values: dict[str, float]) -> str:
        if values["kind of body"] == 0:
            return "They call themselves different kinds of organisation"
        return ""


def _list(words: Sequence[str]) -> str:
    shown = list(dict.fromkeys(words))[:4]
    return ", ".join(word if word == "the place" else f"“{word}”" for word in shown)


def _shorten(text: str, length: int = 70) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
