"""An answers tab -> answers: one reader for every form, whatever a form asks. One bad row never stops the others.

Pure. Each cell becomes the value its question's kind and `reads` promise; what cannot be read becomes a problem in
the submitter's terms, and what is odd a flag beside the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NoReturn, TypeVar

from pipeline.cleaning import Address, Cleaned, Note, canonical_address, clean_address, clean_link, read_line, read_text
from pipeline.cleaning.cells import Complaint, as_date, as_moment, as_number, as_text, is_blank
from pipeline.cleaning.countries import country_code, country_names
from pipeline.cleaning.folding import fold
from pipeline.forms.answers import Answer, Origin, Value, no_option
from pipeline.forms.form import Form
from pipeline.forms.header import locate
from pipeline.forms.options import as_option, as_options, most_commas
from pipeline.forms.questions import Kind, Question, Reads
from pipeline.model import Cell, Flag, Problem, Table

_Value = TypeVar("_Value")

NOTHING = frozenset({"", "n a", "na", "none", "no", "nil", "null", "not applicable", "tbd"})
"""What people type into an optional field that has no answer."""
MOST_NAMES = 20
"""More names or lines in one answer than anybody means."""
MOST_LINES = 100


def read_answers(table: Table, form: Form, *, columns: Mapping[str, str] | None = None) -> tuple[Answer, ...]:
    """Every row of an answers tab with anything in it, used or not, in the order of the rows.

    Values are unformatted, dates serial numbers. `columns` is `[form.columns]`, for the form it speaks of.
    Raises SheetHeaderProblem before anything is read when a needed column is missing or stands there twice.
    """
    located = locate(form, table.header, columns or {}, tab=table.title)
    order = _order(form, located)
    found: list[Answer] = []
    for row in table.rows:
        cells = {key: row.cells.get(header) for key, header in located.items()}
        if not all(is_blank(cell) for cell in cells.values()):
            origin = Origin(
                form=form,
                tab=table.title,
                row=row.number,
                titles=located,
                submitted=f"{as_text(cells[order.timestamp])[:40]}|{as_text(cells.get(order.address))[:200]}",
            )
            found.append(_Row(origin, cells, order).answer())
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """In which order the questions of a form are read, as far as the tab has them; worked out once for all rows."""

    timestamp: str
    address: str
    deciding: tuple[Question, ...]
    """What has to be known first: without an answer to these nothing else is read."""
    closing: tuple[tuple[str, frozenset[str]], ...]
    """Questions with options after which nothing more is asked."""
    consents: tuple[str, ...]
    commas: Mapping[str, int]
    """Of each question with ticks: the most commas in one option."""
    about: tuple[Question, ...]
    """Whom the answer is about comes before the others, so that every problem can say it."""
    others: tuple[Question, ...]


def _order(form: Form, located: Mapping[str, str]) -> _Order:
    asked = [question for question in form.questions if question.key in located]
    deciding = [question for question in asked if question.unanswered]
    about = [question for question in asked if question.key == form.about and not question.unanswered]
    ends = ((one.key, frozenset(o.text for o in one.options if o.goes_to == "submit")) for one in asked)
    return _Order(
        timestamp=next(question.key for question in form.questions if question.kind is Kind.TIMESTAMP),
        address=next(question.key for question in form.questions if question.kind is Kind.EMAIL),
        deciding=tuple(deciding),
        closing=tuple((key, texts) for key, texts in ends if texts),
        commas={one.key: most_commas(form.options[one.key]) for one in asked if one.kind is Kind.CHECKBOXES},
        consents=tuple(question.key for question in asked if question.kind is Kind.CONSENT),
        about=tuple(about),
        others=tuple(
            question
            for question in asked
            if question.kind in _READERS and not question.unanswered and question.key != form.about
        ),
    )


class _Stop(Exception):
    """This row cannot be used; its problem is noted."""


class _Row:
    """One row while it is read: first the columns everything hangs on, then every answer in the form's order."""

    def __init__(self, origin: Origin, cells: Mapping[str, Cell], order: _Order) -> None:
        self.origin = origin
        self.cells = cells
        self.order = order
        self.form = origin.form
        self.moment: datetime | None = None
        self.email = ""
        self.values: dict[str, Value] = {}
        self.typed: dict[str, str] = {}
        self.faults: list[Problem] = []
        self.flags: list[Flag] = []
        self.held: list[str] = []
        self.missing: set[str] = set()
        self.unreadable: set[str] = set()
        self.is_stopped = False

    def answer(self) -> Answer:
        """The row as a value."""
        closing = False
        try:
            closing = self._read()
        except _Stop:
            self.is_stopped = True
        return Answer(
            origin=self.origin,
            submitted_at=self.moment,
            email=self.email,
            values=self.values,
            typed=self.typed,
            missing=frozenset(self.missing),
            unreadable=frozenset(self.unreadable),
            faults=tuple(self.faults),
            is_stopped=self.is_stopped,
            is_closing=closing,
            flags=tuple(self.flags),
            held=" ".join(self.held) or None,
        )

    def _read(self) -> bool:
        """Read everything; whether the answer closes the form early. Raises _Stop when the row cannot be used."""
        order = self.order
        self.moment = self._submitted_at(order.timestamp)
        address = self._address(order.address)
        self.email = address.text
        self.origin = replace(self.origin, address=canonical_address(address.text))
        for question in order.deciding:
            self._read_one(question)
        closing = any(self.values.get(key) in texts for key, texts in order.closing)
        if not closing:
            for key in order.consents:
                self._check_consent(key)
            self._add_notes(order.address, address.notes)
            if address.held:
                self.held.append(address.held)
        for question in order.about:
            self._read_one(question, is_needed=not closing)
            self.origin = replace(self.origin, about=str(self.values.get(question.key, "")))
        for question in () if closing else order.others:
            self._read_one(question)
        return closing

    def _read_one(self, question: Question, *, is_needed: bool = True) -> None:
        key = question.key
        if is_blank(self.cells[key]):
            value = None
        else:
            value = _READERS[question.kind](self, question)
            if question.not_before and isinstance(value, date):
                value = self._in_sequence(question, value)
        if value is not None and value != ():
            self.values[key] = value
        elif question.unanswered:
            options = " / ".join(option.text for option in question.options)
            self._stop(key, key, question.unanswered, ask=f"Please tell us which it is: {options}." if options else "")
        elif question.required is True and is_needed and key not in self.unreadable and key not in self.typed:
            self.missing.add(key)

    # --- the columns everything hangs on ---

    def _submitted_at(self, key: str) -> datetime:
        cell = self.cells[key]
        if is_blank(cell):
            self._stop(
                "no-timestamp",
                key,
                "The row has answers but no time of submission: it was not written by the form.",
                fix="If it is a real answer, fill in the form with it; if not, delete the row.",
            )
        moment = as_moment(cell)
        if isinstance(moment, Complaint):
            self._stop(
                "timestamp",
                key,
                f"The time of submission {moment.what}.",
                fix="Enter it as a date in the spreadsheet (Format > Number > Date time), or delete the row.",
            )
        return moment

    def _address(self, key: str) -> Address:
        cell = self.cells[key]
        address = clean_address(as_text(cell)) if not is_blank(cell) else "is missing"
        if isinstance(address, str):
            self._stop(key, key, f"The e-mail address {address}.", fix="Correct the cell, or delete the row.")
        return address

    def _check_consent(self, key: str) -> None:
        cell = self.cells.get(key)
        agreed = cell is True or as_option(as_text(cell), self.form.options[key]) is not None
        if agreed and cell is not False:
            self.values[key] = True
            return
        self._stop(
            key,
            key,
            "There is no consent, so the row is not processed.",
            fix="Ask for consent, or delete the row and the answer in the form.",
            ask="We have an answer of yours without your consent to use it. If you want us to look for partners, "
            "please open your answers with the link in your receipt and tick the consent; if not, we delete it.",
        )

    # --- kinds of answers ---

    def read_short(self, question: Question) -> Value | None:
        key, text = question.key, as_text(self.cells[question.key])
        if question.reads is Reads.LINK:
            return self._link(key, text)
        if question.reads in _LISTS:
            return self._list(question)
        line = self._line(question)
        if line is None:
            return None
        if question.reads is Reads.ADDRESS:
            return self._other_address(key, line)
        if question.reads is Reads.OID:
            return self._oid(key, line)
        if question.reads is Reads.COUNTRY:
            return self._country(key, line)
        if question.pattern and not re.fullmatch(question.pattern, line):
            asked = question.help or "Please write it as the form asks."
            self._not_stated("pattern", key, "is not written as the form asks", asked)
            return None
        return line

    def read_paragraph(self, question: Question) -> Value | None:
        return self._list(question) if question.reads in _LISTS else self._cleaned(question, read_text)

    def _line(self, question: Question) -> str | None:
        return self._cleaned(question, read_line)

    def _cleaned(self, question: Question, clean: Callable[[str], Cleaned]) -> str | None:
        cleaned = clean(as_text(self.cells[question.key]))
        self._add_notes(question.key, cleaned.notes)
        if not question.is_required and question.kind is Kind.SHORT and fold(cleaned.text) in NOTHING:
            return None
        if question.reads is Reads.NAME and cleaned.has("cut"):
            self.held.append(f'"{self.origin.title(question.key)}" is too long to be a name: ask for the right one.')
        return cleaned.text or None

    def _link(self, key: str, text: str) -> str | None:
        if fold(text[:200]) in NOTHING:
            return None
        link = clean_link(text)
        self._add_notes(key, link.notes)
        if link.held:
            self.held.append(link.held)
        return link.url

    def _other_address(self, key: str, line: str) -> str | None:
        address = clean_address(line)
        if isinstance(address, str):
            self._not_stated("address", key, address, "Please give one plain e-mail address.")
            return None
        self._add_notes(key, address.notes)
        if address.held:
            self.held.append(address.held)
        return address.text

    def _oid(self, key: str, line: str) -> str | None:
        plain = re.sub(r"[\s.-]+", "", line).upper()
        if re.fullmatch(r"E\d{8}", plain):
            return plain
        ask = "Please give it as E and eight digits."
        self._not_stated("oid", key, "is no OID (the letter E and eight digits)", ask)
        return None

    def _country(self, key: str, line: str) -> str | None:
        """The country as typed, when it is one in some language; else the row cannot be used."""
        if country_code(line) is not None:
            return line
        self.faults.append(
            self.origin.problem(
                key,
                key,
                what=f'"{line[:60]}" is no country we know. The row is not processed.',
                ask="Please give the name of the country in English.",
            )
        )
        self.is_stopped = True
        return line

    def _list(self, question: Question) -> tuple[str, ...]:
        text = self._cleaned(question, read_text) or ""
        if question.reads is Reads.LINES:
            separator, most = r"\n", MOST_LINES
        else:
            separator, most = r"[;\n]" if ";" in text or "\n" in text else r",", MOST_NAMES
        names = (read_line(name).text for name in re.split(separator, text))
        return tuple(dict.fromkeys(name for name in names if fold(name) not in NOTHING))[:most]

    def read_choice(self, question: Question) -> str | None:
        """The option as the form spells it; under "Other", what was typed."""
        if question.reads is Reads.COUNTRY:
            line = self._line(question)
            return line and self._country(question.key, line)
        text = as_text(self.cells[question.key])
        option = as_option(text, self.form.options[question.key])
        if option:
            return option.text
        if question.other:
            return self._line(question)
        if not question.unanswered:
            self.faults.append(no_option(self.origin, question.key, text))
            self.unreadable.add(question.key)
        return None

    def read_ticks(self, question: Question) -> tuple[str, ...]:
        key = question.key
        cleaned = read_line(as_text(self.cells[key]), limit=2_000)
        chosen, other = as_options(cleaned.text, self.form.options[key], self.order.commas[key])
        texts = tuple(option.text for option in chosen)
        unmatched = ", which is not used for matching" if self.form.record == "response" else ""
        if question.reads is Reads.PLACES:
            # Preferred countries: options as the form spells them, and other names that are surely a place.
            places, unknown = list(texts), list[str]()
            for piece in (other or "").split(", "):
                (places if fold(piece) in country_names() else unknown).append(piece)
            if any(unknown):
                said = read_line(", ".join(unknown), limit=120).text
                self._add_flag("other", key, f'also says "{said}"{unmatched}')
            return tuple(dict.fromkeys(places))
        if other:
            shown = read_line(other)
            self._add_notes(key, shown.notes)
            self._add_flag("other", key, f'also says "{shown.text[:120]}"{unmatched}')
            if shown.text:
                self.typed[key] = shown.text
        if question.most and len(texts) > question.most:
            self._add_flag("too-many", key, f"has {len(texts)} ticks where {question.most} were asked for")
        return texts

    def read_number(self, question: Question) -> int | float | None:
        cell = self.cells[question.key]
        number = as_number(cell, least=question.least, highest=question.highest, whole=question.whole)
        value = self._unless_complaint(question.key, number)
        return int(value) if value is not None and question.whole else value

    def read_date(self, question: Question) -> date | None:
        return self._unless_complaint(question.key, as_date(self.cells[question.key]))

    def _in_sequence(self, question: Question, last: date) -> date | None:
        """The day, unless it lies before the one it follows: then neither counts."""
        first = self.values.get(question.not_before)
        if not isinstance(first, date) or first <= last:
            return last
        before = f'"{self.origin.title(question.not_before)}" ({first.isoformat()})'
        what = f"({last.isoformat()}) lies before {before}"
        self._not_stated("window", question.key, what, "Please check both dates.")
        del self.values[question.not_before]
        self.unreadable.add(question.not_before)
        return None

    def _unless_complaint(self, key: str, value: _Value | Complaint) -> _Value | None:
        if not isinstance(value, Complaint):
            return value
        self._not_stated(value.code, key, value.what, value.ask)
        return None

    # --- what is said about a row ---

    def _add_notes(self, key: str, notes: Sequence[Note]) -> None:
        for note in notes:
            self._add_flag(note.code, key, note.words)

    def _add_flag(self, code: str, key: str, words: str) -> None:
        self.flags.append(Flag(code=code, sentence=f'"{self.origin.title(key)}" {words}.'))

    def _not_stated(self, code: str, key: str, what: str, ask: str) -> None:
        """An answer that cannot be used: an optional one counts as not stated, and both people are told."""
        self.unreadable.add(key)
        if key in self.form.essential:
            what = f"The answer {what}. The row is not processed."
        else:
            self._add_flag(code, key, f"{what}; it counts as not stated")
            what = f"The answer {what}; it counts as not stated."
        self.faults.append(self.origin.problem(code, key, what=what, ask=ask))

    def _stop(self, code: str, key: str, what: str, *, fix: str = "", ask: str = "") -> NoReturn:
        self.faults.append(self.origin.problem(code, key, what=what, fix=fix, ask=ask))
        raise _Stop


_LISTS = frozenset({Reads.NAMES, Reads.LINES})
_READERS: Mapping[Kind, Callable[[_Row, Question], Value | None]] = {
    Kind.SHORT: _Row.read_short,
    Kind.PARAGRAPH: _Row.read_paragraph,
    Kind.CHOICE: _Row.read_choice,
    Kind.DROPDOWN: _Row.read_choice,
    Kind.CHECKBOXES: _Row.read_ticks,
    Kind.DATE: _Row.read_date,
    Kind.NUMBER: _Row.read_number,
}
