"""Every sentence of a reason can be checked: each kind is taken apart and held against the entries it speaks of."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.matching import MatchingSettings, propose
from pipeline.matching.files import read_entries
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import Candidate, Entry, Reason, Role

TODAY = date(2031, 1, 15)
MONTHS = [f"{date(2031, month, 1):%B}" for month in range(1, 13)]


FORMATS = {
    "job_shadowing": "job shadowing",
    "study_visit": "a study visit",
    "blended": "a blended exchange",
    "learner_mobility": "a learner placement",
    "staff_training": "staff training",
    "project_partnership": "a project partnership",
    "online": "an online exchange",
}


@dataclass(frozen=True)
class Case:
    """A reason and whom it speaks of."""

    candidate: Candidate
    reason: Reason
    asking: Entry
    offering: Entry
    joining: Entry | None


def day(text: str) -> date:
    number, month, year = text.split()
    return date(int(year), MONTHS.index(month) + 1, int(number))


def labels(kind: str, entry: Entry) -> set[str]:
    """Everything an entry's codes may be called: option texts whose codes it has, and the codes' own names."""
    codes: set[str] = set(getattr(entry, kind))
    words = vocabulary()
    options = {option for option, meaning in words.answers[kind].items() if set(meaning) <= codes}
    names: dict[str, str] = dict(getattr(words, kind))
    return options | {names.get(code, code) for code in codes}


def quoted(sentence: str) -> list[str]:
    return re.findall("“([^”]*)”", sentence)


def items(text: str) -> list[str]:
    return re.split("; ", text) if ";" in text else re.split(", | and ", text)


def named(case: Case) -> bool:
    (called,) = quoted(case.reason.sentence)
    written = " ".join(part for part in (case.asking.named_partner, case.asking.seeks, case.asking.text) if part)
    pieces = called.split(" and ") if called not in written else [called]
    return case.reason.sentence.startswith(case.asking.organisation) and all(piece in written for piece in pieces)


def against_named(case: Case) -> bool:
    (called,) = quoted(case.reason.sentence)
    written = " ".join(part for part in (case.asking.named_partner, case.asking.seeks, case.asking.text) if part)
    return case.asking.organisation in case.reason.sentence and any(
        piece in written for piece in (called, *called.split(" and "), *called.split(" or "))
    )


def topics(case: Case) -> bool:
    sentence = case.reason.sentence
    left, right = labels("topics", case.asking), labels("topics", case.offering)
    if sentence == "Against it: they named different topics.":
        return bool(left and right) and not set(case.asking.topics) & set(case.offering.topics) - {"other"}
    told = quoted(sentence)
    return bool(told) and set(told) <= left & right and sentence.startswith("They share the topic")


def quotes(case: Case) -> bool:
    left, right = quoted(case.reason.sentence)

    def whole(text: str, quote: str) -> bool:
        at = text.find(quote.rstrip("."))
        before = text[:at].rstrip(" ")
        return at >= 0 and (not before or before[-1] in ".!?\n") and quote[-1] in ".!?"

    return whole(case.asking.seeks or case.asking.text or "", left) and whole(
        case.offering.offers or case.offering.text or "", right
    )


def ideas(case: Case) -> bool:
    told = items(case.reason.sentence.removeprefix("Both write about ").rstrip("."))
    known = {concept.label for concept in vocabulary().concepts}
    return bool(told) and (set(told) <= known or " and ".join(told) in known)


def people(case: Case) -> bool:
    sentence = case.reason.sentence
    left, right = labels("target_groups", case.asking), labels("target_groups", case.offering)
    told = sentence.removeprefix("Both concern the same people: ").rstrip(".")
    return set(items(told)) <= left & right or told in left & right


def groups_apart(case: Case) -> bool:
    left, right = set(case.asking.target_groups), set(case.offering.target_groups)
    sentence = case.reason.sentence
    named_both = case.asking.organisation in sentence and case.offering.organisation in sentence
    return bool(left and right) and not left & right and named_both


def place(case: Case) -> bool:
    sentence = case.reason.sentence
    country, wished = case.offering.country, set(case.asking.preferred_places)
    if "“" in sentence:
        return against_named(case)
    nation = (country or "").split("-")[0]
    names = vocabulary().place_names
    if case.reason.feature == "place_wanted":
        asked = bool(wished & {country, nation})
        return asked and any(names.get(code, "?") in sentence for code in (country or "", nation))
    where = names.get(country or "", "") if country else "a place not stated"
    return bool(wished) and country not in wished and sentence.rstrip(".").endswith(where)


def guest_elsewhere(case: Case) -> bool:
    wished = case.offering.preferred_places
    return bool(wished) and case.asking.country not in wished and case.offering.organisation in case.reason.sentence


def practical(case: Case) -> bool:
    sentence, asking, offering = case.reason.sentence, case.asking, case.offering
    visit = asking.role is not Role.HOST and offering.role is not Role.SEND
    if sentence.startswith("They could be partners in a project"):
        return all("project_partnership" in entry.formats for entry in (asking, offering))
    if sentence.endswith("suits both."):
        common = set(asking.formats) & set(offering.formats)
        told = {code for code, name in FORMATS.items() if name in sentence.lower()}
        return visit and bool(told) and told <= common
    if sentence.startswith("They have "):
        names = vocabulary().languages
        shared = {names[code] for code in set(asking.languages) & set(offering.languages)}
        return set(items(sentence.removeprefix("They have ").removesuffix(" in common."))) == shared
    found = re.fullmatch(r"Both are free from (.+?) to (.+?)(?:; the visit takes (\d+) days?)?\.", sentence)
    if not found or not visit:
        return False
    first, last = day(found.group(1)), day(found.group(2))
    for entry in (asking, offering):
        if not (entry.date_from or entry.date_to):
            return False
        if (entry.date_from or first) > first or (entry.date_to or last) < last:
            return False
    takes = int(found.group(3) or 1)
    if found.group(3) and (not asking.duration_days or not takes - 1 < asking.duration_days <= takes):
        return False
    return TODAY <= first <= last and (last - first).days + 1 >= takes


def in_return(case: Case) -> bool:
    return case.asking.reciprocal is True and case.offering.reciprocal is True


def joining(case: Case) -> bool:
    third, sentence = case.joining, case.reason.sentence
    if third is None or not sentence.startswith(third.organisation):
        return False
    if "is open to joining others" in sentence and not third.group_wanted:
        return False
    if "would host or join" in sentence and third.role is not Role.EITHER:
        return False
    if not quoted(sentence):
        return True
    other = next(
        (entry for entry in (case.asking, case.offering) if sentence.endswith(f"with {entry.organisation}.")), None
    )
    return other is not None and set(quoted(sentence)) <= labels("topics", third) & labels("topics", other)


CHECKS: dict[str, Callable[[Case], bool]] = {
    "named": named,
    "named_other": against_named,
    "topics": topics,
    "quotes": quotes,
    "words": ideas,
    "people": people,
    "groups_apart": groups_apart,
    "place_wanted": place,
    "place_missed": place,
    "guest_elsewhere": guest_elsewhere,
    "practical": practical,
    "in_return": in_return,
    "met_before": lambda _: True,  # known from the record of exchanges, not from the two entries
    "joining": joining,
}


def cases(entries: list[Entry], today: date | None = TODAY) -> Iterator[Case]:
    settings = MatchingSettings(least_score=0, today=today, per_request=4)
    by_id = {entry.id: entry for entry in entries}
    for candidate in propose(entries, settings=settings).candidates:
        third = by_id[candidate.joining] if candidate.joining else None
        for reason in candidate.reasons:
            yield Case(candidate, reason, by_id[candidate.sending], by_id[candidate.receiving], third)


def false_ones(found: list[Case]) -> list[tuple[str, str]]:
    return [(case.reason.feature, case.reason.sentence) for case in found if not CHECKS[case.reason.feature](case)]


TEXTS = (
    "We run workshops for people in prison. Each inmate learns a trade before release!",
    "Inmates and their families: half of the week is spent at school, half in the workshop.",
    "How do small companies train apprentices? Our apprentices move between three employers.",
    "Our career guidance meets adults where they shop; a bus brings advisers to villages.",
    "Wir beraten Erwachsene auf dem Land. Die Beratung kommt im Bus.",
    "Nos apprentis changent d'entreprise chaque mois. Les tuteurs se forment ensemble.",
    "We met Organisation 7 School at a meeting and would love to visit them.",
    "We would like to visit a school in Spain. Solar roofs and green skills interest us most.",
    "Prison release.",
    "Inmates, release.",
    "",
)


def pool_of(seed: int, size: int = 120) -> list[Entry]:
    chance = random.Random(seed)
    words = vocabulary()

    def ticks(kind: str, most: int = 3) -> tuple[str, ...]:
        options = chance.sample(sorted(words.answers[kind]), chance.randrange(most + 1))
        return words.codes(kind, tuple(options))

    def some(*values: str, most: int = 2) -> tuple[str, ...]:
        return tuple(chance.sample(values, chance.randrange(most + 1)))

    def when() -> date | None:
        return chance.choice((None, TODAY + timedelta(days=chance.randrange(-90, 400))))

    return [
        Entry(
            id=f"E{number:03}",
            organisation=f"Organisation {number} {chance.choice(('School', 'Council', 'Agency'))}",
            organisation_id=f"O-{number}",
            country=chance.choice(("NO", "FI", "ES", "ES-CT", "BE-VLG", None)),
            city=chance.choice((None, "Oslo", "Bilbao", "Gent")),
            role=chance.choice(list(Role)),
            topics=ticks("topics"),
            formats=ticks("formats"),
            target_groups=ticks("target_groups", 2),
            languages=some("en", "fi", "no", "es"),
            preferred_places=words.place_codes(some("Norway", "Spain", "Catalonia", "Finland")),
            strict_places=chance.random() < 0.1,
            named_partner=chance.choice((None,) * 8 + ("Organisation 5 School", "Oslo", "Atelier Quillebeuf", "VET")),
            date_from=when(),
            date_to=when(),
            duration_days=chance.choice((None, 1, 1.5, 5)),
            group_size=chance.choice((None, 3)),
            capacity=chance.choice((None, 4, 15)),
            group_wanted=chance.random() < 0.5,
            reciprocal=chance.choice((None, True, False)),
            text=chance.choice(TEXTS) or None,
            submitted_at=TODAY - timedelta(days=chance.randrange(100)),
        )
        for number in range(size)
    ]


@pytest.fixture(scope="module")
def generated() -> list[Case]:
    return [case for seed in range(12) for case in cases(pool_of(seed))]


def test_no_sentence_about_generated_entries_is_false(generated: list[Case]) -> None:
    assert not false_ones(generated)
    used = Counter(case.reason.feature for case in generated)
    assert len(generated) > 5000
    assert set(CHECKS) - set(used) <= {"met_before"}


def test_no_sentence_about_the_made_up_requests_is_false() -> None:
    entries = read_entries(Path(__file__).parent / "asked" / "entries.csv")
    assert not false_ones(list(cases(entries)))


FALSIFIED: list[tuple[str, Callable[[Case], Case | None]]] = [
    ("topics", lambda case: _said(case, "They share the topic “astronomy”.")),
    ("topics", lambda case: replace(case, offering=replace(case.offering, topics=()))),
    ("practical", lambda case: _said(case, "Both are free from 25 February 2032 to 17 December 2031.")),
    ("practical", lambda case: _said(case, "They have Maltese in common.")),
    ("practical", lambda case: _said(case, "Staff training, an online exchange or a study visit suits both.")),
    ("quotes", lambda case: _said(case, case.reason.sentence.replace("writes “", "writes “Never ", 1))),
    ("people", lambda case: _said(case, "Both concern the same people: astronauts.")),
    ("named", lambda case: _said(case, case.reason.sentence.replace("“", "“Zzz "))),
    ("place_wanted", lambda case: replace(case, offering=replace(case.offering, country="MT"))),
    ("groups_apart", lambda case: replace(case, offering=replace(case.offering, target_groups=()))),
    ("in_return", lambda case: replace(case, asking=replace(case.asking, reciprocal=False))),
    ("joining", lambda case: _said(case, f"Somebody else {case.reason.sentence}")),
    ("words", lambda case: _said(case, "Both write about skills, public administration and kompetenser.")),
    ("guest_elsewhere", lambda case: replace(case, offering=replace(case.offering, preferred_places=()))),
]


def _said(case: Case, sentence: str) -> Case:
    return replace(case, reason=replace(case.reason, sentence=sentence))


@pytest.mark.parametrize(("feature", "falsify"), FALSIFIED, ids=[f"{n}-{f}" for n, (f, _) in enumerate(FALSIFIED)])
def test_the_checker_finds_what_was_falsified(
    generated: list[Case], feature: str, falsify: Callable[[Case], Case]
) -> None:
    of_kind = [case for case in generated if case.reason.feature == feature]
    told = [case for case in of_kind if feature != "place_wanted" or "“" not in case.reason.sentence]
    true = next(case for case in told if not case.reason.sentence.startswith("Against it: they named"))
    assert not CHECKS[feature](falsify(true))
