"""Fitting the tool to a form that is there already: which of its columns is which question of ours.

Proposes by name; a person confirms. What is written is `[form.columns]` of the configuration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.form import ESSENTIAL, Form, Question, comparable

SURE = 0.90
"""From here on a proposal needs no second look: one slip of the finger or a word more in a long title."""
WORTH_ASKING = 0.68
"""Below this the names say nothing: "Region" and "Reason" have 0.67."""
CONTAINED = 0.75
"""What a title is worth that stands, word for word, inside a longer one ("Topics" in "Topics of interest")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One proposed column: the question's key, the header as it stands, and how alike they are in [0, 1]."""

    key: str
    header: str
    likeness: float

    @property
    def is_sure(self) -> bool:
        """Whether the name alone settles it."""
        return self.likeness >= SURE


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProposal:
    """A proposal for a whole tab: what was found, what is missing, which columns nobody asked for.

    `missing` are keys without which no answer can be used, `not_asked` those a form may leave out.
    """

    guesses: tuple[Guess, ...]
    missing: tuple[str, ...]
    not_asked: tuple[str, ...]
    unused: tuple[str, ...]

    def columns(self) -> dict[str, str]:
        """What would be written under `[form.columns]`: every guess, and "" for what the form does not ask."""
        return {guess.key: guess.header for guess in self.guesses} | dict.fromkeys(self.not_asked, "")


def propose_columns(form: Form, header: Sequence[str]) -> ColumnProposal:
    """Which header answers which question. Each header and each question is used once, the surest first."""
    headers = [text for text in dict.fromkeys(header) if text.strip()]
    scored = sorted(
        (
            (_likeness(question, text), -number, question.key, text)
            for number, question in enumerate(form.questions)
            for text in headers
        ),
        reverse=True,
    )
    taken: dict[str, Guess] = {}
    used: set[str] = set()
    for likeness, _, key, text in scored:
        if likeness >= WORTH_ASKING and key not in taken and text not in used:
            taken[key] = Guess(key=key, header=text, likeness=round(likeness, 2))
            used.add(text)
    absent = [question.key for question in form.questions if question.key not in taken]
    return ColumnProposal(
        guesses=tuple(taken[question.key] for question in form.questions if question.key in taken),
        missing=tuple(key for key in absent if key in ESSENTIAL),
        not_asked=tuple(key for key in absent if key not in ESSENTIAL),
        unused=tuple(text for text in headers if text not in used),
    )


def _likeness(question: Question, header: str) -> float:
    """1 for a spelling we know; otherwise the best of the question's spellings, by letters and by words."""
    from rapidfuzz import fuzz

    text = comparable(header)
    if text in question.spellings():
        return 1.0
    return max(
        max(
            fuzz.ratio(text, spelling),
            0.95 * fuzz.token_sort_ratio(text, spelling),
            CONTAINED * fuzz.token_set_ratio(text, spelling),
        )
        / 100
        for spelling in question.spellings()
    )


_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
_COLUMNS = re.compile(r"^[ \t]*\[form\.columns\][^\n]*\n?", re.MULTILINE)


def with_columns(configuration: str, columns: Mapping[str, str]) -> str:
    """The configuration's text with `[form.columns]` as given; every other line, comments too, stays as it is."""
    lines = [f"{key} = {_quoted(header)}" for key, header in columns.items()]
    section = "\n".join(["[form.columns]", *lines]) + "\n"
    found = _COLUMNS.search(configuration)
    if not found:
        return configuration.rstrip("\n") + "\n\n" + section
    following = _TABLE.search(configuration, found.end())
    rest = configuration[following.start() :] if following else ""
    return configuration[: found.start()] + section + ("\n" + rest if rest else "")


def _quoted(text: str) -> str:
    """A TOML basic string: as JSON writes one, but for the delete character, which TOML wants escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
