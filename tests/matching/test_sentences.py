"""No sentence of a reason is false: generated, made-up and sample answers, also after edits; what is false is found."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from check_sentences import CHECKS, Case, by_hand, contradictions, false_ones, is_true, rows_of

from pipeline.forms.form import load_form
from pipeline.matching import MatchingSettings
from pipeline.matching.files import read_entries
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import Band, Entry, Reason, Role, Ticked
from pipeline.sandbox.sample import sample_rows
from tests.planning.conftest import first_steps, make_inputs

TODAY = date(2031, 1, 15)
SETTINGS = MatchingSettings(least_score=0, today=TODAY, per_request=4)
FORM = load_form()
QUESTIONS = (("topics", "topics"), ("formats", "formats"), ("target_groups", "travellers"))
TEXTS = (
    "We run workshops for people in prison. Each inmate learns a trade before release!",
    "Inmates and their families: half of the week is spent at school, half in the workshop.",
    "How do small companies train apprentices? Our apprentices move between three employers.",
    "Our career guidance meets adults where they shop; a bus brings advisers to villages.",
    "Wir beraten Erwachsene auf dem Land. Die Beratung kommt im Bus.",
    "Nos apprentis changent d'entreprise chaque mois. Les tuteurs se forment ensemble.",
    "We met Organisation 7 School at a meeting and would love to visit them.",
    "We would like to visit a school in Spain. Solar roofs and green skills interest us most.",
    "They said “come and see” and so we do: apprentices show their companies to girls\nand to boys.",
    "Our guests sleep at school. In July we receive nobody, for no teacher is here.",
    "Prison release.",
    "Inmates, release.",
    "",
)


class Dice:
    """Answers of chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def ticked(self, key: str, most: int = 3) -> tuple[str, ...]:
        """Options of a question."""
        options = [option.text for option in FORM.by_key[key].options]
        return tuple(self.chance.sample(options, self.chance.randrange(most + 1)))

    def some(self, *values: str, most: int = 2) -> tuple[str, ...]:
        """Up to `most` of them."""
        return tuple(self.chance.sample(values, self.chance.randrange(most + 1)))

    def when(self) -> date | None:
        """A day around today, or none."""
        return self.chance.choice((None, TODAY + timedelta(days=self.chance.randrange(-90, 400))))

    def answers(self, *, as_codes: bool) -> dict[str, Any]:
        """What an entry says of itself; a list of codes has no words of the form."""
        chosen = {kind: self.ticked(key) for kind, key in QUESTIONS}
        if self.chance.random() < 0.05:
            chosen["topics"] = tuple(option.text for option in FORM.by_key["topics"].options)
        ticked = [
            Ticked(question=kind, text=text, codes=FORM.codes(key, [text]))
            for kind, key in QUESTIONS
            for text in chosen[kind]
        ]
        if self.chance.random() < 0.1:
            ticked.append(Ticked(question="topics", text="Beekeeping"))
        codes = {kind: FORM.codes(key, chosen[kind]) for kind, key in QUESTIONS}
        return {
            **codes,
            "ticked": () if as_codes else tuple(ticked),
            "country": self.chance.choice(("NO", "FI", "ES", "ES-CT", "BE-VLG", None)),
            "city": self.chance.choice((None, "Oslo", "Bilbao", "Gent")),
            "role": self.chance.choice(list(Role)),
            "languages": self.some("en", "fi", "no", "es"),
            "preferred_places": vocabulary().place_codes(self.some("Norway", "Spain", "Catalonia", "Finland")),
            "strict_places": self.chance.random() < 0.1,
            "named_partner": self.chance.choice(
                (None,) * 8 + ("Organisation 5 School", "Oslo", "Gent in Belgium", "Atelier Quillebeuf", "VET")
            ),
            "date_from": self.when(),
            "date_to": self.when(),
            "duration_days": self.chance.choice((None, 1, 1.5, 5)),
            "group_size": self.chance.choice((None, 3)),
            "capacity": self.chance.choice((None, 2, 15)),
            "max_visits": self.chance.choice((None, None, 1)),
            "committed_visits": self.chance.choice((0, 0, 1)),
            "group_wanted": self.chance.random() < 0.5,
            "reciprocal": self.chance.choice((None, True, False)),
            **self.texts(),
        }

    def texts(self) -> dict[str, str | None]:
        """One text, or what is sought and what is offered."""
        seeks, offers = (self.chance.choice(TEXTS) or None for _ in range(2))
        if self.chance.random() < 0.5:
            return {"text": seeks, "seeks": None, "offers": None}
        return {"text": "\n\n".join(text for text in (seeks, offers) if text), "seeks": seeks, "offers": offers}


def pool_of(seed: int, size: int = 110) -> list[Entry]:
    dice = Dice(seed)
    return [
        Entry(
            id=f"E{number:03}",
            organisation=f"Organisation {number} {dice.chance.choice(('School', 'Council', 'Agency „Zentrum“'))}",
            organisation_id=f"O-{number}",
            submitted_at=TODAY - timedelta(days=dice.chance.randrange(100)),
            **dice.answers(as_codes=seed % 3 == 0),
        )
        for number in range(size)
    ]


def sample(today: date) -> list[Entry]:
    """The entries of the sample answers, which are those of the demo, as a run reads them."""
    keys = [question.key for question in FORM.questions]
    rows = sample_rows(today, FORM)
    inputs = make_inputs(*({key: cell for key, cell in zip(keys, row, strict=True) if cell != ""} for row in rows))
    return [source.entry for source in first_steps(inputs)[0].sources.values()]


@pytest.fixture(scope="module")
def generated() -> list[list[Case]]:
    pools = [pool_of(seed) for seed in range(12)]
    return [row for pool in pools for row in rows_of(pool, SETTINGS, by_hand(pool))]


def test_no_sentence_about_generated_answers_is_false(generated: list[list[Case]]) -> None:
    assert false_ones(generated) == []
    used = Counter(case.reason.feature for row in generated for case in row)
    assert used.total() > 20_000
    assert set(CHECKS) - set(used) == {"met_before"}


def test_no_sentence_about_the_made_up_requests_is_false() -> None:
    entries = read_entries(Path(__file__).parent / "asked" / "entries.csv")
    assert false_ones(rows_of(entries, replace(SETTINGS, today=None))) == []


@pytest.mark.parametrize("today", [date(2026, 11, 25), date(2027, 3, 31), date(2028, 2, 29)], ids=str)
def test_no_sentence_about_the_sample_answers_is_false(today: date) -> None:
    entries = sample(today)
    proposed = list(rows_of(entries, MatchingSettings(today=today)))
    assert len(proposed) >= 8
    everything = list(rows_of(entries, replace(SETTINGS, today=today)))
    assert false_ones([*proposed, *everything]) == []


def edited(entry: Entry, dice: Dice) -> Entry:
    """The entry after its author changed a few answers."""
    answers = dice.answers(as_codes=False)
    tied = ({"topics", "formats", "target_groups", "ticked"}, {"text", "seeks", "offers"})
    changed = set(dice.chance.sample(sorted(answers), dice.chance.randrange(1, 4)))
    for together in tied:
        changed |= together if changed & together else set()
    return replace(entry, **{name: answers[name] for name in changed - {"country"}})


def test_no_sentence_is_false_after_five_hundred_edits() -> None:
    dice = Dice(500)
    entries = sample(TODAY)
    seen: set[tuple[str, ...]] = set()
    for _ in range(250):
        places = dice.chance.sample(range(len(entries)), 2)
        for place in places:
            entries[place] = edited(entries[place], dice)
        now = [entries[place] for place in places]
        rows = [row for row in rows_of(entries, SETTINGS) if any(one in row[0].everybody for one in now)]
        assert false_ones(rows) == []
        seen |= {tuple(case.reason.sentence for case in row) for row in rows}
    assert len(seen) > 900


def said(sentence: str) -> Callable[[Case], Case]:
    return lambda case: replace(case, reason=replace(case.reason, sentence=sentence))


def reworded(old: str, new: str) -> Callable[[Case], Case]:
    return lambda case: said(case.reason.sentence.replace(old, new, 1))(case)


def answered(side: str, **changed: Any) -> Callable[[Case], Case]:
    return lambda case: replace(case, **{side: replace(getattr(case, side), **changed)})


FALSIFIED: list[tuple[str, str, Callable[[Case], Case]]] = [
    ("topics", "They share", said("They share the topic “astronomy”.")),
    ("topics", "They share", answered("offering", topics=(), ticked=())),
    ("topics", "Their topics are related", reworded("related", "different")),
    ("topics", "Against it", answered("asking", topics=("gender",), ticked=())),
    ("practical", "Their dates", said("Their dates overlap from 25 February 2032 until 17 December 2031.")),
    ("practical", "Their dates", answered("offering", date_from=None, date_to=None)),
    ("practical", "Their dates overlap until", reworded("until", "from 14 January 2031 until")),
    ("practical", "<A> would travel", reworded("would travel", "can receive guests")),
    ("practical", "<A> would travel", answered("asking", date_from=date(2031, 5, 5))),
    ("practical", "<A> asks for", answered("asking", duration_days=4)),
    ("practical", "<A> would come with", reworded("3", "4")),
    ("practical", "Both can work", said("Both can work in Maltese.")),
    ("practical", "Both are open", reworded("“", "“Astronomy” and “")),
    ("practical", "They could be partners", answered("offering", formats=())),
    ("practical", "Both would receive", reworded("receive visitors", "travel")),
    ("practical", "All three can work", answered("joining", languages=("mt",))),
    ("quotes", "", reworded("writes “", "writes “Never ")),
    ("people", "Both named", reworded("“", "“Astronauts” and “")),
    ("groups_apart", "", answered("offering", target_groups=(), ticked=())),
    ("named", "", reworded("(“", "(“Zzz ")),
    ("named_other", "", reworded("somebody else", "them by name")),
    ("place_wanted", "<A> would like", answered("asking", strict_places=True)),
    ("place_missed", "", reworded(" is in ", " is not in ")),
    ("guest_elsewhere", "", answered("offering", preferred_places=())),
    ("apart", "Against it: <B> asked to travel", answered("offering", role=Role.HOST)),
    ("apart", "Against it: <A> offered to host", answered("asking", role=Role.EITHER)),
    ("apart", "Against it: they have no format", reworded("chose “", "chose “Astronomy” and “")),
    ("apart", "Against it: they have no format", answered("offering", formats=(), ticked=())),
    ("apart", "Against it: no common language", answered("asking", languages=("en", "fi", "no", "es"))),
    ("apart", "Against it: the dates do not leave", answered("offering", date_from=None, date_to=None)),
    ("apart", "Against it: 3 guests, but", answered("asking", group_size=1)),
    ("ticks_everything", "", reworded("topics", "formats")),
    ("ticks_everything", "", answered("offering", topics=("gender",), ticked=())),
    ("in_return", "", answered("asking", reciprocal=None)),
    ("joining", "<A> and <C> would visit", answered("joining", role=Role.HOST)),
    ("joining", "All three are open", answered("joining", group_wanted=False)),
    ("joining", "<C> shares", reworded("“", "“Astronomy” and “")),
    ("condition", "", reworded("In July", "In June")),
    ("boxes", "The program could not", said("They write about the same.")),
    ("boxes", "The program could not", reworded("writes “", "writes “Zzz ")),
    ("boxes", "<A> wrote nothing", reworded("wrote nothing", "and another wrote nothing")),
    ("unstated", "How many guests", answered("offering", capacity=4)),
]


@pytest.mark.parametrize(("kind", "start", "falsify"), FALSIFIED, ids=[f"{n}-{f[0]}" for n, f in enumerate(FALSIFIED)])
def test_what_is_falsified_on_purpose_is_found(
    generated: list[list[Case]], kind: str, start: str, falsify: Callable[[Case], Case]
) -> None:
    of_kind = [case for row in generated for case in row if case.reason.feature == kind]
    true = next(case for case in of_kind if case.plain.startswith(start) and falsify(case) != case)
    assert is_true(true)
    assert not is_true(falsify(true))


def with_reason(row: Sequence[Case], sentence: str, kind: str = "practical") -> list[Case]:
    return [*row, replace(row[0], reason=Reason(feature=kind, sentence=sentence))]


def test_sentences_that_contradict_the_row_its_strength_or_its_letter_are_found(generated: list[list[Case]]) -> None:
    rows = [row for row in generated if len(row[0].everybody) == 2 and not any("partners" in one.plain for one in row)]
    undated = next(row for row in rows if any("can receive guests" in case.plain for case in row))
    assert contradictions(undated) == []
    assert contradictions(with_reason(undated, "Their dates overlap from 1 March 2031 until 5 March 2031."))
    assert contradictions(with_reason(undated, undated[0].reason.sentence, undated[0].reason.feature))
    apart = next(row for row in rows if row[0].plain.startswith("Against it: their topics"))
    without = [case for case in apart if case.reason.feature not in ("quotes", "named")]
    likely = [replace(case, candidate=replace(case.candidate, band=Band.LIKELY)) for case in without]
    assert "likely, but not in their own words" in contradictions(likely)
    sharing = next(row for row in rows if row[0].plain.startswith("They share the topic"))
    assert contradictions(sharing[1:])
