"""The matchmaking form's answers -> responses: what is particular to that form (see `forms.reading` for the rest)."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from pipeline.cleaning import canonical_address, organisation_key
from pipeline.cleaning.countries import country_code, country_names
from pipeline.cleaning.folding import fold
from pipeline.forms.answers import Answer
from pipeline.forms.form import Form
from pipeline.forms.reading import read_answers
from pipeline.model import EntryKind, Problem, Publish, Response, Role, ShareContact, Table

NOT_CONTENT = frozenset({"row", "content", "submitted_at", "kind", "flags", "held"})
"""Fields of a Response that are no answer about the exchange, and so do not make another version of an entry."""

PLAIN = (
    *("contact_name", "contact_role", "organisation", "organisation_local", "unit", "parent", "organisation_type"),
    *(
        "country",
        "region",
        "city",
        "website",
        "oid",
        "membership",
        "travellers",
        "formats",
        "topics",
        "seeks",
        "offers",
    ),
    *("date_from", "date_to", "days", "group_size", "visits_per_year", "languages", "target_countries"),
    *("target_organisation", "avoid_organisations", "reciprocal", "funding", "fewer_opportunities"),
)
"""Questions whose answer is kept as it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What came of one reading of the tab. `total` counts rows with anything in them, used or not."""

    responses: tuple[Response, ...]
    problems: tuple[Problem, ...]
    total: int


def nobody(_address: str) -> bool:
    """Where nobody has asked to be forgotten."""
    return False


def read_responses(
    table: Table, form: Form, *, columns: Mapping[str, str], is_erased: Callable[[str], bool] = nobody
) -> Intake:
    """Read every row of the matchmaking form's answers tab; `columns` is `[form.columns]`.

    Of a row from an address that `is_erased` nothing is read but that it is there.
    Raises SheetHeaderProblem before anything is read when a needed column is missing or stands there twice.
    """
    rows = read_answers(table, form, columns=columns)
    answers = [_coded(answer) for answer in rows if not is_erased(answer.email)]
    erased = [_come_back(answer) for answer in rows if is_erased(answer.email)]
    responses = tuple(_response(answer) for answer in answers if answer.is_usable)
    settled = _settled(responses)
    wrong = (answer for answer in answers if answer.problems)
    problems = (problem for answer in wrong if not settled(answer) for problem in answer.problems)
    return Intake(responses=responses, problems=(*problems, *erased), total=len(rows))


def _come_back(answer: Answer) -> Problem:
    """A row from an address that was erased: an old one that was not deleted, or somebody who has come back.

    Which of the two it is only a person can tell. Nothing that was erased is repeated, and nobody is written to.
    """
    told = f"erased|{answer.submitted_at}|{answer.content}"
    return Problem(
        where=f"Form responses, row {answer.origin.row}",
        what="This answer is not read: somebody with its e-mail address asked for everything to be erased.",
        fix="If it is an answer of before, delete it here and in the form. If they have come back on purpose, ask them "
        "to fill in the form once more from another address: from this one nothing is read any more.",
        key=f"erased:{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:16]}",
    )


def _settled(responses: Sequence[Response]) -> Callable[[Answer], bool]:
    """Whether what was wrong with a row has been settled by a later update or withdrawal of the same submitter."""
    latest: dict[tuple[str, str], datetime] = {}
    for response in responses:
        if response.kind is EntryKind.NEW or response.submitted_at is None:
            continue
        of_all = response.kind is EntryKind.WITHDRAW and not response.organisation
        key = (canonical_address(response.email), "" if of_all else organisation_key(response.organisation))
        latest[key] = max(response.submitted_at, latest.get(key, response.submitted_at))

    def settled(answer: Answer) -> bool:
        at, address = answer.submitted_at, canonical_address(answer.email)
        keys = [(address, ""), (address, organisation_key(answer.origin.about))]
        return at is not None and any(key in latest and at < latest[key] for key in keys)

    return settled


CODED = ("kind", "role", "target_strict", "third_party", "share_contact", "publish")
"""Questions of which the program must know what was meant: an option without a code is none of them."""


def _coded(answer: Answer) -> Answer:
    """The same answer, told where what the form's data allows is not enough for an entry."""
    if answer.is_closing:
        return answer
    for key in CODED:
        if key in answer.values and answer.code(key) is None:
            answer = answer.refused(key, str(answer.values[key]))
    if "role" in answer.unreadable or "kind" in answer.unreadable:
        answer = dataclasses.replace(answer, is_stopped=True)
    lacking = () if answer.is_stopped else _texts_lacking(answer)
    return answer.lacking(*lacking) if lacking else answer


def _texts_lacking(answer: Answer) -> list[str]:
    """What a role must say and does not. Whoever would do either must say at least one of both."""
    form, role, asked = answer.origin.form, _role(answer), answer.origin.titles
    if role is Role.EITHER and {"seeks", "offers"} & set(answer.values):
        return []
    return [
        key
        for key in ("seeks", "offers")
        if key in asked and key not in answer.values and form.by_key[key].is_required_for(role)
    ]


def _response(answer: Answer) -> Response:
    kind = EntryKind(answer.code("kind") or EntryKind.NEW)
    fields: dict[str, Any] = {key: answer.values[key] for key in PLAIN if key in answer.values}
    fields.setdefault("organisation", "")
    if kind is not EntryKind.WITHDRAW:
        third = answer.code("third_party")
        fields |= {
            "country_code": _country_code(fields.get("country"), fields.get("region")),
            "role": _role(answer),
            "topics_other": answer.typed.get("topics"),
            "target_strict": answer.code("target_strict") == "yes",
            "third_party": None if third is None else third == "yes",
            "consent": True,
            "share_contact": ShareContact(answer.code("share_contact") or ShareContact.ASK_FIRST),
            "publish": Publish(answer.code("publish") or Publish.NO),
            "held": answer.held,
        }
    found = Response(
        row=answer.origin.row,
        content="",
        submitted_at=answer.submitted_at,
        kind=kind,
        email=answer.email,
        flags=answer.flags,
        **fields,
    )
    return dataclasses.replace(found, content=content_of(found))


def _role(answer: Answer) -> Role | None:
    if "role" not in answer.origin.titles:
        return Role.EITHER
    code = answer.code("role")
    return Role(code) if code else None


def _country_code(country: str | None, region: str | None) -> str | None:
    """The country's code; two regions count apart (see pipeline.cleaning.countries)."""
    code = country_code(country) if country else None
    within = country_names().get(fold(region)) if code and region else None
    return within if within and within.startswith(f"{code}-") else code


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
