"""One answer to a form as it was read: its values by question, and what is wrong or odd about them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from pipeline.cleaning import read_line
from pipeline.forms.form import Form
from pipeline.forms.questions import Kind
from pipeline.model import Flag, Problem

Value = str | int | float | bool | date | tuple[str, ...]
"""What an answer holds: an option as the form spells it, ticks and lists as a tuple, a consent as True."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an answer stands and what its columns are called: enough to tell people about it."""

    form: Form
    tab: str
    row: int
    titles: Mapping[str, str]
    """Question key -> header, for the questions the tab has a column for."""
    submitted: str = ""
    """Moment and address as they stand there: what tells rows apart whose address cannot be used."""
    address: str = ""
    about: str = ""

    def title(self, key: str) -> str:
        """The header as it stands in the tab: what the submitter and the officer know the question by."""
        return self.titles.get(key, self.form.by_key[key].title)

    def problem(self, code: str, key: str, *, what: str, ask: str = "", fix: str = "") -> Problem:
        """A problem of this answer. `ask` is what to ask the submitter, `fix` what the officer does instead."""
        title = self.title(key) if key in self.form.by_key else key
        where = f"{self.tab}, row {self.row}" + (f', "{title}"' if title else "")
        if self.form.record != "response":
            about = f"your answer to “{self.form.title}”"
        else:
            about = f"your entry for {self.about}" if self.about else "your answer to our form"
        asked = f'There is a question about {about}, "{title}". {ask}' if title else f"A question about {about}. {ask}"
        change = "You can change your answers with the link in your receipt."
        if self.form.addresses == "typed":
            change = "Please fill in the form again."
        is_consent = key in self.form.by_key and self.form.by_key[key].kind is Kind.CONSENT
        return Problem(
            where=where,
            what=what,
            fix=fix or "Ask the submitter to correct it (sentence beside this), or correct the cell.",
            sentence=ask if is_consent else f"{asked} {change}" if ask else "",
            key=self._key(code, key),
        )

    def _key(self, code: str, key: str) -> str:
        """The same for the same fault of the same submission, wherever its row has been moved to."""
        who = self.address or self.submitted
        form = "" if self.form.record == "response" else f"{self.form.name}|"
        text = f"{form}{who}|{self.about}|{key}|{code}"
        return f"answer:{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One row of an answers tab, read. `values` holds what could be read, by question key; blank is absent.

    `typed` is what was typed beside the options of a question. `missing` are keys of questions that need an answer
    and have none, `unreadable` keys of questions whose answer is not one. `is_closing`: the answer said that nothing
    more was to be asked, so that only whom it is about was read besides. `held` says why nothing may be mailed on
    the strength of this answer before somebody has looked.
    """

    origin: Origin
    submitted_at: datetime | None = None
    email: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()
    faults: tuple[Problem, ...] = ()
    is_stopped: bool = False
    is_closing: bool = False
    flags: tuple[Flag, ...] = ()
    held: str | None = None

    @property
    def is_usable(self) -> bool:
        """Whether everything is there without which the form says a row cannot be used."""
        return not (self.is_stopped or self.missing or self.unreadable & self.origin.form.essential)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the row, for the officer and the submitter."""
        if not self.missing:
            return self.faults
        titles = [self.origin.title(question.key) for question in self.origin.form.questions
                  if question.key in self.missing]  # fmt: skip
        listed = ", ".join(f'"{title}"' for title in titles)
        missing = self.origin.problem(
            "missing",
            titles[0] if len(titles) == 1 else "",
            what=f"These answers are missing or cannot be used: {listed}. The row is not processed.",
            ask=f"These answers are missing or cannot be used: {listed}. Please give them.",
        )
        return (*self.faults, missing)

    @property
    def content(self) -> str:
        """The version of the answer: a hash of address and values, without time and row. Blank ones do not count."""
        values = {key: _as_json(value) for key, value in self.values.items()}
        typed = {f"{key}.other": text for key, text in self.typed.items()}
        text = json.dumps({"form": self.origin.form.name, "email": self.email.lower(), **values, **typed},
                          sort_keys=True)  # fmt: skip
        return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]

    def code(self, key: str) -> str | None:
        """What the chosen option of that question means (its first code); None when nothing was chosen."""
        return next(iter(self.codes(key)), None)

    def codes(self, key: str) -> tuple[str, ...]:
        """What the chosen options of that question mean."""
        value = self.values.get(key)
        texts = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
        return self.origin.form.codes(key, texts)

    def lacking(self, *keys: str) -> Answer:
        """The same, with more questions that need an answer and have none."""
        return replace(self, missing=self.missing | set(keys))

    def refused(self, key: str, text: str) -> Answer:
        """The same, with an option that was chosen and cannot be used."""
        return replace(
            self, unreadable=self.unreadable | {key}, faults=(*self.faults, no_option(self.origin, key, text))
        )


def no_option(origin: Origin, key: str, text: str) -> Problem:
    """What is said when an option was chosen that the form does not have, or that means nothing to the program."""
    shown = read_line(text, limit=60).text
    return origin.problem(
        "option",
        key,
        what=f'"{shown}" is none of the options.',
        ask=f"Please choose one of: {' / '.join(option.text for option in origin.form.by_key[key].options)}.",
    )


def _as_json(value: Value) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
