"""The responses tab -> responses, and problems in the submitter's terms. One bad row never stops the others."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, NoReturn, TypeVar

from pipeline.border import Address, Cleaned, Note, clean_address, clean_link, read_line, read_text
from pipeline.form import Form, Kind, Question, locate
from pipeline.intake.answers import (
    Complaint,
    as_date,
    as_moment,
    as_number,
    as_option,
    as_options,
    as_text,
    is_blank,
)
from pipeline.model import Cell, EntryKind, Flag, Problem, Publish, Response, Role, ShareContact, SheetRow, Table
from pipeline.normalise import country_code, country_names, fold

_Value = TypeVar("_Value")

NOT_CONTENT = frozenset({"row", "content", "submitted_at", "kind", "flags", "held"})
"""Fields of a Response that are no answer about the exchange, and so do not make another version of an entry."""

_NOTHING = frozenset({"", "n a", "na", "none", "no", "nil", "null", "not applicable", "tbd"})
"""What people type into an optional field that has no answer."""

NAMES = ("organisation", "organisation_local", "contact_name")
"""A name that had to be cut is no name to put into a letter: such a row waits for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What came of one reading of the tab. `total` counts rows with anything in them, used or not."""

    responses: tuple[Response, ...]
    problems: tuple[Problem, ...]
    total: int


class _Unusable(Exception):
    """This row cannot be used; its problem is noted."""


def read_responses(
    table: Table,
    form: Form,
    *,
    columns: Mapping[str, str],
    locale: str,
    today: date,
) -> Intake:
    """Read every row of the responses tab, values unformatted and dates as serial numbers.

    `columns` is `[form.columns]`; `locale` and `today` are the spreadsheet's and the run's, for messages.
    Raises SheetHeaderProblem before anything is read when a needed column is missing or stands there twice.
    """
    del locale, today  # nothing is guessed by locale, and nothing read depends on the day
    located = locate(form, table.header, columns, tab=table.title)
    responses: list[Response] = []
    problems: list[Problem] = []
    total = 0
    for sheet_row in table.rows:
        cells = {key: sheet_row.cells.get(header) for key, header in located.items()}
        if all(is_blank(cell) for cell in cells.values()):
            continue
        total += 1
        reader = _Row(table.title, sheet_row, cells, located, form)
        with contextlib.suppress(_Unusable):
            responses.append(reader.response())
        problems += reader.problems
    return Intake(responses=tuple(responses), problems=tuple(problems), total=total)


class _Row:
    """One row being read: its cells by question, and the problems and flags found on the way."""

    def __init__(
        self, tab: str, row: SheetRow, cells: Mapping[str, Cell], located: Mapping[str, str], form: Form
    ) -> None:
        self.tab = tab
        self.number = row.number
        self.cells = cells
        self.located = located
        self.form = form
        self.formulas = row.formulas
        self.problems: list[Problem] = []
        self.flags: list[Flag] = []
        self.held: list[str] = []
        self.missing: list[str] = []
        self.identity = ""
        self.organisation = ""

    # --- the walk through one row ---

    def response(self) -> Response:
        """The row as a value. Raises _Unusable when it cannot be used."""
        submitted_at = self._submitted_at()
        address = self._address()
        self.identity = address.text.lower()
        kind = self._kind()
        if kind is EntryKind.WITHDRAW:
            name = self._line("organisation")
            found = Response(
                row=self.number, content="", submitted_at=submitted_at, kind=kind, email=address.text,
                organisation=name or "",
            )  # fmt: skip
            return dataclasses.replace(found, content=content_of(found), flags=tuple(self.flags))
        self._check_consent()
        self._notes("email", address.notes)
        if address.held:
            self.held.append(address.held)
        answers = self._answers()
        if self.missing:
            listed = ", ".join(f'"{title}"' for title in self.missing)
            self._problem(
                "missing",
                self.missing[0] if len(self.missing) == 1 else "",
                what=f"These answers are missing or cannot be used: {listed}. The row is not processed.",
                ask=f"These answers are missing or cannot be used: {listed}. Please give them.",
            )
            raise _Unusable
        found = Response(
            row=self.number, content="", submitted_at=submitted_at, kind=kind, email=address.text, consent=True,
            **answers,
        )  # fmt: skip
        return dataclasses.replace(
            found, content=content_of(found), flags=tuple(self.flags), held=" ".join(self.held) or None
        )

    def _answers(self) -> dict[str, Any]:
        """Every answer by the name of its field. Required ones that are not there go to `missing`."""
        answers: dict[str, Any] = {}
        for key in NAMES:
            answers[key] = self._line(key)
        answers["organisation"] = answers["organisation"] or ""
        self.organisation = answers["organisation"]
        for key in ("contact_role", "unit", "parent", "region", "city", "target_organisation"):
            answers[key] = self._line(key)
        answers["country"], answers["country_code"] = self._country(answers["region"])
        role = self._role()
        answers["role"] = role
        for key in ("organisation_type", "membership", "reciprocal", "fewer_opportunities"):
            answers[key] = self._choice_text(key)
        for key in ("travellers", "formats", "topics", "languages", "funding"):
            answers[key], other = self._many(key)
            if key == "topics":
                answers["topics_other"] = other
        answers["seeks"], answers["offers"] = self._texts(role)
        answers["website"] = self._website()
        answers["oid"] = self._oid()
        answers["date_from"], answers["date_to"] = self._window()
        days, size, visits = (self._number(key) for key in ("days", "group_size", "visits_per_year"))
        answers["days"] = days
        answers["group_size"] = None if size is None else int(size)
        answers["visits_per_year"] = None if visits is None else int(visits)
        answers["target_countries"] = self._places()
        answers["target_strict"] = self._code("target_strict") == "yes"
        answers["avoid_organisations"] = self._names("avoid_organisations")
        third = self._code("third_party")
        answers["third_party"] = None if third is None else third == "yes"
        answers["share_contact"] = ShareContact(self._code("share_contact") or ShareContact.ASK_FIRST)
        answers["publish"] = Publish(self._code("publish") or Publish.NO)
        return answers

    # --- the columns everything hangs on ---

    def _submitted_at(self) -> datetime:
        cell = self.cells["submitted_at"]
        if is_blank(cell):
            self._stop(
                "no-timestamp",
                "submitted_at",
                "The row has answers but no time of submission: it was not written by the form.",
                fix="If it is a real answer, fill in the form with it; if not, delete the row.",
            )
        moment = as_moment(cell)
        if isinstance(moment, Complaint):
            self._stop(
                "timestamp",
                "submitted_at",
                f"The time of submission {moment.what}.",
                fix="Enter it as a date in the spreadsheet (Format > Number > Date time), or delete the row.",
            )
        return moment

    def _address(self) -> Address:
        cell = self.cells["email"]
        address = clean_address(as_text(cell)) if not is_blank(cell) else "is missing"
        if isinstance(address, str):
            self._stop("email", "email", f"The e-mail address {address}.", fix="Correct the cell, or delete the row.")
        return address

    def _kind(self) -> EntryKind:
        if "kind" not in self.located:
            return EntryKind.NEW
        option = as_option(as_text(self.cells["kind"]), self.form.options["kind"])
        if option is None or not option.codes:
            options = " / ".join(option.text for option in self.form.by_key["kind"].options)
            self._stop(
                "kind",
                "kind",
                "It is not said whether this is a new entry, an update or a withdrawal.",
                ask=f"Please tell us which it is: {options}.",
            )
        return EntryKind(option.codes[0])

    def _check_consent(self) -> None:
        cell = self.cells["consent"]
        agreed = cell is True or as_option(as_text(cell), self.form.options["consent"]) is not None
        if agreed and cell is not False:
            return
        self._stop(
            "consent",
            "consent",
            "There is no consent, so the row is not processed.",
            fix="Ask for consent, or delete the row and the answer in the form.",
            ask="We have an answer of yours without your consent to use it. If you want us to look for partners, "
            "please open your answers with the link in your receipt and tick the consent; if not, we delete it.",
        )

    # --- kinds of answers ---

    def _line(self, key: str) -> str | None:
        return self._cleaned(key, read_line)

    def _cleaned(self, key: str, clean: Callable[[str], Cleaned]) -> str | None:
        cell = self.cells.get(key)
        if is_blank(cell):
            self._absent(key)
            return None
        cleaned = clean(as_text(cell))
        self._notes(key, cleaned.notes)
        question = self.form.by_key[key]
        if not question.is_required and question.kind is Kind.SHORT and fold(cleaned.text) in _NOTHING - {""}:
            return None
        if key in NAMES and cleaned.has("cut"):
            self.held.append(f'"{self._title(key)}" is too long to be a name: ask for the right one.')
        if not cleaned.text:
            self._absent(key)
        return cleaned.text or None

    def _absent(self, key: str) -> None:
        """Note a missing required answer (of a question the tab has)."""
        if key in self.located and self.form.by_key[key].required is True:
            self.missing.append(self._title(key))

    def _code(self, key: str) -> str | None:
        """The code of a choice; None when nothing usable was chosen."""
        cell = self.cells.get(key)
        if is_blank(cell):
            self._absent(key)
            return None
        option = as_option(as_text(cell), self.form.options[key])
        if option is None or not option.codes:
            self._reject_option(key, as_text(cell))
            return None
        return option.codes[0]

    def _choice_text(self, key: str) -> str | None:
        """The option as the form spells it; under "Other", what was typed."""
        cell = self.cells.get(key)
        if is_blank(cell):
            self._absent(key)
            return None
        option = as_option(as_text(cell), self.form.options[key])
        if option:
            return option.text
        if self.form.by_key[key].other:
            return self._line(key)
        self._reject_option(key, as_text(cell))
        return None

    def _reject_option(self, key: str, text: str) -> None:
        shown = read_line(text, limit=60).text
        self._problem(
            "option",
            key,
            what=f'"{shown}" is none of the options.',
            ask=f"Please choose one of: {' / '.join(option.text for option in self.form.by_key[key].options)}.",
        )

    def _many(self, key: str) -> tuple[tuple[str, ...], str | None]:
        cell = self.cells.get(key)
        if is_blank(cell):
            self._absent(key)
            return (), None
        question = self.form.by_key[key]
        cleaned = read_line(as_text(cell), limit=2_000)
        chosen, other = as_options(cleaned.text, self.form.options[key])
        if other:
            shown = read_line(other)
            self._notes(key, shown.notes)
            self._flag("other", key, f'also says "{shown.text[:120]}", which is not used for matching')
            other = shown.text or None
        if not chosen and not other:
            self._absent(key)
        if question.most and len(chosen) > question.most:
            self._flag("too-many", key, f"has {len(chosen)} ticks where {question.most} were asked for")
        return tuple(option.text for option in chosen), other

    def _number(self, key: str) -> float | None:
        question = self.form.by_key.get(key)
        cell = self.cells.get(key)
        if question is None or is_blank(cell):
            if question:
                self._absent(key)
            return None
        number = as_number(cell, least=question.least, highest=question.highest, whole=question.whole)
        return self._unless_complaint(key, number)

    def _date(self, key: str) -> date | None:
        cell = self.cells.get(key)
        if is_blank(cell):
            self._absent(key)
            return None
        return self._unless_complaint(key, as_date(cell))

    def _unless_complaint(self, key: str, value: _Value | Complaint) -> _Value | None:
        if not isinstance(value, Complaint):
            return value
        self._not_stated(value.code, key, value.what, value.ask)
        return None

    # --- single questions ---

    def _country(self, region: str | None) -> tuple[str | None, str | None]:
        """The country as typed, and its code; two regions count apart (see pipeline.normalise)."""
        text = self._line("country")
        if text is None:
            return None, None
        code = country_code(text)
        if code is None:
            self._problem(
                "country",
                "country",
                what=f'"{text[:60]}" is no country we know.',
                ask="Please give the name of the country in English.",
            )
            self.missing.append(self._title("country"))
            return text, None
        within = country_names().get(fold(region)) if region else None
        return text, within if within and within.startswith(f"{code}-") else code

    def _role(self) -> Role | None:
        if "role" not in self.located:
            return Role.EITHER
        code = self._code("role")
        if code is None and not is_blank(self.cells.get("role")):
            self.missing.append(self._title("role"))
        return Role(code) if code else None

    def _texts(self, role: Role | None) -> tuple[str | None, str | None]:
        """What they seek and offer. Whoever would do either must say at least one of them."""
        seeks, offers = self._cleaned("seeks", read_text), self._cleaned("offers", read_text)
        if role is Role.EITHER and (seeks or offers):
            return seeks, offers
        for key, text in (("seeks", seeks), ("offers", offers)):
            if not text and key in self.located and self.form.by_key[key].is_required_for(role):
                self.missing.append(self._title(key))
        return seeks, offers

    def _website(self) -> str | None:
        cell = self.cells.get("website")
        text = as_text(cell)
        if is_blank(cell) or fold(text[:200]) in _NOTHING:
            return None
        link = clean_link(text)
        self._notes("website", link.notes)
        if link.held:
            self.held.append(link.held)
        return link.url

    def _oid(self) -> str | None:
        text = self._line("oid")
        if text is None:
            return None
        plain = re.sub(r"[\s.-]+", "", text).upper()
        if re.fullmatch(r"E\d{8}", plain):
            return plain
        self._not_stated(
            "oid", "oid", "is no OID (the letter E and eight digits)", "Please give it as E and eight digits."
        )
        return None

    def _window(self) -> tuple[date | None, date | None]:
        first, last = self._date("date_from"), self._date("date_to")
        if first and last and last < first:
            self._not_stated(
                "window",
                "date_to",
                f'({last.isoformat()}) lies before "{self._title("date_from")}" ({first.isoformat()})',
                "Please check both dates.",
            )
            return None, None
        return first, last

    def _places(self) -> tuple[str, ...]:
        """Preferred countries: options as the form spells them, and other names that are surely a place."""
        cell = self.cells.get("target_countries")
        if is_blank(cell):
            return ()
        text = read_line(as_text(cell), limit=2_000).text
        chosen, other = as_options(text, self.form.options["target_countries"])
        places = [option.text for option in chosen]
        unknown: list[str] = []
        for piece in (other or "").split(", "):
            (places if fold(piece) in country_names() else unknown).append(piece)
        if any(unknown):
            said = read_line(", ".join(unknown), limit=120).text
            self._flag("other", "target_countries", f'also says "{said}", which is not used for matching')
        return tuple(dict.fromkeys(places))

    def _names(self, key: str) -> tuple[str, ...]:
        text = self._cleaned(key, read_text)
        if not text:
            return ()
        separator = r"[;\n]" if ";" in text or "\n" in text else r","
        names = (read_line(name).text for name in re.split(separator, text))
        return tuple(dict.fromkeys(name for name in names if fold(name) not in _NOTHING))[:20]

    # --- what is said about a row ---

    def _title(self, key: str) -> str:
        question: Question = self.form.by_key[key]
        return self.located.get(key, question.title)

    def _notes(self, key: str, notes: tuple[Note, ...]) -> None:
        for note in notes:
            self._flag(note.code, key, note.words)

    def _flag(self, code: str, key: str, words: str) -> None:
        self.flags.append(Flag(code=code, sentence=f'"{self._title(key)}" {words}.'))

    def _not_stated(self, code: str, key: str, what: str, ask: str) -> None:
        """An optional answer that cannot be used: the row goes on without it, and both people are told."""
        self._flag(code, key, f"{what}; it counts as not stated")
        self._problem(code, key, what=f"The answer {what}; it counts as not stated.", ask=ask)

    def _stop(self, code: str, key: str, what: str, *, fix: str = "", ask: str = "") -> NoReturn:
        self._problem(code, key, what=what, fix=fix, ask=ask)
        raise _Unusable

    def _problem(self, code: str, key: str, *, what: str, ask: str = "", fix: str = "") -> None:
        title = self._title(key) if key in self.form.by_key else key
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
        who = self.identity or f"{self.cells.get('submitted_at')!r:.40}"
        digest = hashlib.sha256(f"{who}|{self.organisation}|{key}|{code}".encode(errors="replace")).hexdigest()
        return f"answer:{digest[:16]}"


def content_of(response: Response) -> str:
    """The version of an entry: a hash of all answers, without the time and row. Blank answers do not count.

    So a question added to the form later leaves old versions as they are.
    """
    answers = {
        field.name: _plain(getattr(response, field.name))
        for field in dataclasses.fields(response)
        if field.name not in NOT_CONTENT and getattr(response, field.name) not in (None, "", (), False)
    }
    answers["email"] = response.email.lower()
    text = json.dumps({"v": 1, **answers}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
