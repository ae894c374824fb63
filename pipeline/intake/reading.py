"""The responses tab -> responses, and problems in the submitter's terms. One bad row never stops the others."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from pipeline.cleaning import (
    Address,
    canonical_address,
    clean_address,
    clean_link,
    organisation_key,
    read_line,
    read_text,
)
from pipeline.cleaning.cells import Complaint, as_moment, as_text, is_blank
from pipeline.cleaning.countries import country_code, country_names
from pipeline.cleaning.folding import fold
from pipeline.forms.answers import as_option, as_options
from pipeline.forms.form import Form, locate
from pipeline.intake.row import NAMES, NOTHING, Row, Unusable
from pipeline.model import EntryKind, Problem, Publish, Response, Role, ShareContact, Table

NOT_CONTENT = frozenset({"row", "content", "submitted_at", "kind", "flags", "held"})
"""Fields of a Response that are no answer about the exchange, and so do not make another version of an entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What came of one reading of the tab. `total` counts rows with anything in them, used or not."""

    responses: tuple[Response, ...]
    problems: tuple[Problem, ...]
    total: int


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
    read: list[_Reading] = []
    for sheet_row in table.rows:
        cells = {key: sheet_row.cells.get(header) for key, header in located.items()}
        if all(is_blank(cell) for cell in cells.values()):
            continue
        reader = _Reading(table.title, sheet_row, cells, located, form)
        with contextlib.suppress(Unusable):
            responses.append(reader.response())
        read.append(reader)
    settled = _settled(responses)
    problems = (problem for reader in read if not settled(reader) for problem in reader.problems)
    return Intake(responses=tuple(responses), problems=tuple(problems), total=len(read))


def _settled(responses: Sequence[Response]) -> Callable[[_Reading], bool]:
    """Whether what was wrong with a row has been settled by a later update or withdrawal of the same submitter."""
    latest: dict[tuple[str, str], datetime] = {}
    for response in responses:
        if response.kind is EntryKind.NEW or response.submitted_at is None:
            continue
        of_all = response.kind is EntryKind.WITHDRAW and not response.organisation
        key = (canonical_address(response.email), "" if of_all else organisation_key(response.organisation))
        latest[key] = max(response.submitted_at, latest.get(key, response.submitted_at))

    def settled(reader: _Reading) -> bool:
        keys = [(reader.identity, ""), (reader.identity, organisation_key(reader.organisation))]
        return any(key in latest and reader.submitted_at < latest[key] for key in keys)

    return settled


class _Reading(Row):
    """The walk through one row: first the columns everything hangs on, then every answer."""

    submitted_at = datetime.min  # noqa: DTZ901 - the spreadsheet's local time, as all of them

    def response(self) -> Response:
        """The row as a value. Raises Unusable when it cannot be used."""
        submitted_at = self.submitted_at = self._submitted_at()
        address = self._address()
        self.identity = canonical_address(address.text)
        kind = self._kind()
        if kind is EntryKind.WITHDRAW:
            name = self.line("organisation")
            found = Response(
                row=self.number, content="", submitted_at=submitted_at, kind=kind, email=address.text,
                organisation=name or "",
            )  # fmt: skip
            return dataclasses.replace(found, content=content_of(found), flags=tuple(self.flags))
        self._check_consent()
        self.add_notes("email", address.notes)
        if address.held:
            self.held.append(address.held)
        answers = self._answers()
        if self.missing:
            listed = ", ".join(f'"{title}"' for title in self.missing)
            self.add_problem(
                "missing",
                self.missing[0] if len(self.missing) == 1 else "",
                what=f"These answers are missing or cannot be used: {listed}. The row is not processed.",
                ask=f"These answers are missing or cannot be used: {listed}. Please give them.",
            )
        if self.missing or self.is_unusable:
            raise Unusable
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
            answers[key] = self.line(key)
        answers["organisation"] = answers["organisation"] or ""
        self.organisation = answers["organisation"]
        for key in ("contact_role", "unit", "parent", "region", "city", "target_organisation"):
            answers[key] = self.line(key)
        answers["country"], answers["country_code"] = self._country(answers["region"])
        role = self._role()
        answers["role"] = role
        for key in ("organisation_type", "membership", "reciprocal", "fewer_opportunities"):
            answers[key] = self.choice(key)
        for key in ("travellers", "formats", "topics", "languages", "funding"):
            answers[key], other = self.ticks(key)
            if key == "topics":
                answers["topics_other"] = other
        answers["seeks"], answers["offers"] = self._texts(role)
        answers["website"] = self._website()
        answers["oid"] = self._oid()
        answers["date_from"], answers["date_to"] = self._window()
        days, size, visits = (self.number_in(key) for key in ("days", "group_size", "visits_per_year"))
        answers["days"] = days
        answers["group_size"] = None if size is None else int(size)
        answers["visits_per_year"] = None if visits is None else int(visits)
        answers["target_countries"] = self._places()
        answers["target_strict"] = self.code("target_strict") == "yes"
        answers["avoid_organisations"] = self._names("avoid_organisations")
        third = self.code("third_party")
        answers["third_party"] = None if third is None else third == "yes"
        answers["share_contact"] = ShareContact(self.code("share_contact") or ShareContact.ASK_FIRST)
        answers["publish"] = Publish(self.code("publish") or Publish.NO)
        return answers

    # --- the columns everything hangs on ---

    def _submitted_at(self) -> datetime:
        cell = self.cells["submitted_at"]
        if is_blank(cell):
            self.stop(
                "no-timestamp",
                "submitted_at",
                "The row has answers but no time of submission: it was not written by the form.",
                fix="If it is a real answer, fill in the form with it; if not, delete the row.",
            )
        moment = as_moment(cell)
        if isinstance(moment, Complaint):
            self.stop(
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
            self.stop("email", "email", f"The e-mail address {address}.", fix="Correct the cell, or delete the row.")
        return address

    def _kind(self) -> EntryKind:
        if "kind" not in self.located:
            return EntryKind.NEW
        option = as_option(as_text(self.cells["kind"]), self.form.options["kind"])
        if option is None or not option.codes:
            options = " / ".join(option.text for option in self.form.by_key["kind"].options)
            self.stop(
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
        self.stop(
            "consent",
            "consent",
            "There is no consent, so the row is not processed.",
            fix="Ask for consent, or delete the row and the answer in the form.",
            ask="We have an answer of yours without your consent to use it. If you want us to look for partners, "
            "please open your answers with the link in your receipt and tick the consent; if not, we delete it.",
        )

    def _country(self, region: str | None) -> tuple[str | None, str | None]:
        """The country as typed, and its code; two regions count apart (see pipeline.cleaning.countries)."""
        text = self.line("country")
        if text is None:
            return None, None
        code = country_code(text)
        if code is None:
            self.add_problem(
                "country",
                "country",
                what=f'"{text[:60]}" is no country we know. The row is not processed.',
                ask="Please give the name of the country in English.",
            )
            self.is_unusable = True
            return text, None
        within = country_names().get(fold(region)) if region else None
        return text, within if within and within.startswith(f"{code}-") else code

    def _role(self) -> Role | None:
        if "role" not in self.located:
            return Role.EITHER
        code = self.code("role")
        if code is None and not is_blank(self.cells.get("role")):
            self.is_unusable = True
        return Role(code) if code else None

    def _texts(self, role: Role | None) -> tuple[str | None, str | None]:
        """What they seek and offer. Whoever would do either must say at least one of them."""
        seeks, offers = self.cleaned("seeks", read_text), self.cleaned("offers", read_text)
        if role is Role.EITHER and (seeks or offers):
            return seeks, offers
        for key, text in (("seeks", seeks), ("offers", offers)):
            if not text and key in self.located and self.form.by_key[key].is_required_for(role):
                self.missing.append(self.title(key))
        return seeks, offers

    def _website(self) -> str | None:
        cell = self.cells.get("website")
        text = as_text(cell)
        if is_blank(cell) or fold(text[:200]) in NOTHING:
            return None
        link = clean_link(text)
        self.add_notes("website", link.notes)
        if link.held:
            self.held.append(link.held)
        return link.url

    def _oid(self) -> str | None:
        text = self.line("oid")
        if text is None:
            return None
        plain = re.sub(r"[\s.-]+", "", text).upper()
        if re.fullmatch(r"E\d{8}", plain):
            return plain
        self.not_stated(
            "oid", "oid", "is no OID (the letter E and eight digits)", "Please give it as E and eight digits."
        )
        return None

    def _window(self) -> tuple[date | None, date | None]:
        first, last = self.date_in("date_from"), self.date_in("date_to")
        if first and last and last < first:
            self.not_stated(
                "window",
                "date_to",
                f'({last.isoformat()}) lies before "{self.title("date_from")}" ({first.isoformat()})',
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
            self.add_flag("other", "target_countries", f'also says "{said}", which is not used for matching')
        return tuple(dict.fromkeys(places))

    def _names(self, key: str) -> tuple[str, ...]:
        text = self.cleaned(key, read_text)
        if not text:
            return ()
        separator = r"[;\n]" if ";" in text or "\n" in text else r","
        names = (read_line(name).text for name in re.split(separator, text))
        return tuple(dict.fromkeys(name for name in names if fold(name) not in NOTHING))[:20]


def content_of(response: Response) -> str:
    """The version of an entry: a hash of all answers, without the time and row. Blank answers do not count.

    So a question added to the form later leaves old versions as they are.
    """
    answers = {
        field.name: _plain(getattr(response, field.name))
        for field in dataclasses.fields(response)
        if field.name not in NOT_CONTENT and getattr(response, field.name) not in (None, "", (), False)
    }
    answers["email"] = response.email.lower()  # as in the versions the ledger has: another form would look like an edit
    text = json.dumps({"v": 1, **answers}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
