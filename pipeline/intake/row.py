"""One row while it is read: its cells by question, and what is found wrong or odd about them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import NoReturn, TypeVar

from pipeline.cleaning import Cleaned, Note, read_line
from pipeline.cleaning.cells import Complaint, as_date, as_number, as_text, is_blank
from pipeline.cleaning.folding import fold
from pipeline.forms.answers import as_option, as_options
from pipeline.forms.form import Form, Kind
from pipeline.model import Cell, Flag, Problem, SheetRow

_Value = TypeVar("_Value")

NOTHING = frozenset({"", "n a", "na", "none", "no", "nil", "null", "not applicable", "tbd"})
"""What people type into an optional field that has no answer."""

NAMES = ("organisation", "organisation_local", "contact_name")
"""A name that had to be cut is no name to put into a letter: such a row waits for a person."""


class Unusable(Exception):
    """This row cannot be used; its problem is noted."""


class Row:
    """The cells of one row by question, read kind by kind; problems, flags and missing answers gather on the way."""

    def __init__(
        self, tab: str, row: SheetRow, cells: Mapping[str, Cell], located: Mapping[str, str], form: Form
    ) -> None:
        self.tab = tab
        self.number = row.number
        self.cells = cells
        self.located = located
        self.form = form
        self.problems: list[Problem] = []
        self.flags: list[Flag] = []
        self.held: list[str] = []
        self.missing: list[str] = []
        self.is_unusable = False
        self.identity = ""
        self.organisation = ""

    # --- kinds of answers ---

    def line(self, key: str) -> str | None:
        return self.cleaned(key, read_line)

    def cleaned(self, key: str, clean: Callable[[str], Cleaned]) -> str | None:
        cell = self.cells.get(key)
        if is_blank(cell):
            self.note_absent(key)
            return None
        cleaned = clean(as_text(cell))
        self.add_notes(key, cleaned.notes)
        question = self.form.by_key[key]
        if not question.is_required and question.kind is Kind.SHORT and fold(cleaned.text) in NOTHING - {""}:
            return None
        if key in NAMES and cleaned.has("cut"):
            self.held.append(f'"{self.title(key)}" is too long to be a name: ask for the right one.')
        if not cleaned.text:
            self.note_absent(key)
        return cleaned.text or None

    def note_absent(self, key: str) -> None:
        """Note a missing required answer (of a question the tab has)."""
        if key in self.located and self.form.by_key[key].required is True:
            self.missing.append(self.title(key))

    def code(self, key: str) -> str | None:
        """The code of a choice; None when nothing usable was chosen."""
        cell = self.cells.get(key)
        if is_blank(cell):
            self.note_absent(key)
            return None
        option = as_option(as_text(cell), self.form.options[key])
        if option is None or not option.codes:
            self.reject_option(key, as_text(cell))
            return None
        return option.codes[0]

    def choice(self, key: str) -> str | None:
        """The option as the form spells it; under "Other", what was typed."""
        cell = self.cells.get(key)
        if is_blank(cell):
            self.note_absent(key)
            return None
        option = as_option(as_text(cell), self.form.options[key])
        if option:
            return option.text
        if self.form.by_key[key].other:
            return self.line(key)
        self.reject_option(key, as_text(cell))
        return None

    def reject_option(self, key: str, text: str) -> None:
        shown = read_line(text, limit=60).text
        self.add_problem(
            "option",
            key,
            what=f'"{shown}" is none of the options.',
            ask=f"Please choose one of: {' / '.join(option.text for option in self.form.by_key[key].options)}.",
        )

    def ticks(self, key: str) -> tuple[tuple[str, ...], str | None]:
        cell = self.cells.get(key)
        if is_blank(cell):
            self.note_absent(key)
            return (), None
        question = self.form.by_key[key]
        cleaned = read_line(as_text(cell), limit=2_000)
        chosen, other = as_options(cleaned.text, self.form.options[key])
        if other:
            shown = read_line(other)
            self.add_notes(key, shown.notes)
            self.add_flag("other", key, f'also says "{shown.text[:120]}", which is not used for matching')
            other = shown.text or None
        if not chosen and not other:
            self.note_absent(key)
        if question.most and len(chosen) > question.most:
            self.add_flag("too-many", key, f"has {len(chosen)} ticks where {question.most} were asked for")
        return tuple(option.text for option in chosen), other

    def number_in(self, key: str) -> float | None:
        question = self.form.by_key.get(key)
        cell = self.cells.get(key)
        if question is None or is_blank(cell):
            if question:
                self.note_absent(key)
            return None
        number = as_number(cell, least=question.least, highest=question.highest, whole=question.whole)
        return self.unless_complaint(key, number)

    def date_in(self, key: str) -> date | None:
        cell = self.cells.get(key)
        if is_blank(cell):
            self.note_absent(key)
            return None
        return self.unless_complaint(key, as_date(cell))

    def unless_complaint(self, key: str, value: _Value | Complaint) -> _Value | None:
        if not isinstance(value, Complaint):
            return value
        self.not_stated(value.code, key, value.what, value.ask)
        return None

    # --- what is said about a row ---

    def title(self, key: str) -> str:
        """The header as it stands in the tab: what the submitter and the officer know the question by."""
        return self.located.get(key, self.form.by_key[key].title)

    def add_notes(self, key: str, notes: tuple[Note, ...]) -> None:
        for note in notes:
            self.add_flag(note.code, key, note.words)

    def add_flag(self, code: str, key: str, words: str) -> None:
        self.flags.append(Flag(code=code, sentence=f'"{self.title(key)}" {words}.'))

    def not_stated(self, code: str, key: str, what: str, ask: str) -> None:
        """An optional answer that cannot be used: the row goes on without it, and both people are told."""
        self.add_flag(code, key, f"{what}; it counts as not stated")
        self.add_problem(code, key, what=f"The answer {what}; it counts as not stated.", ask=ask)

    def stop(self, code: str, key: str, what: str, *, fix: str = "", ask: str = "") -> NoReturn:
        self.add_problem(code, key, what=what, fix=fix, ask=ask)
        raise Unusable

    def add_problem(self, code: str, key: str, *, what: str, ask: str = "", fix: str = "") -> None:
        title = self.title(key) if key in self.form.by_key else key
        where = f"{self.tab}, row {self.number}" + (f', "{title}"' if title else "")
        about = f"your entry for {self.organisation}" if self.organisation else "your answer to our form"
        asked = f'There is a question about {about}, "{title}". {ask}' if title else f"A question about {about}. {ask}"
        receipt = "You can change your answers with the link in your receipt."
        self.problems.append(
            Problem(
                where=where,
                what=what,
                fix=fix or "Ask the submitter to correct it (sentence beside this), or correct the cell.",
                sentence=ask if code == "consent" else f"{asked} {receipt}" if ask else "",
                key=self._key(code, key),
            )
        )

    def _key(self, code: str, key: str) -> str:
        """The same for the same fault of the same submission, wherever its row has been moved to."""
        who = self.identity or as_text(self.cells.get("submitted_at"))[:40]
        digest = hashlib.sha256(f"{who}|{self.organisation}|{key}|{code}".encode(errors="replace")).hexdigest()
        return f"answer:{digest[:16]}"
