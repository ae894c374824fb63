"""The Google Apps Script that makes forms: builds, links and publishes them, notes their addresses in the sheet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.cleaning.data_files import data_file
from pipeline.forms.form import Form
from pipeline.forms.questions import FILLED_BY_GOOGLE, Kind, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class FormsTab:
    """The tab in which a script notes the forms it made.

    `titles` is its whole header; `columns` names those a script fills: `form`, `address`, `link`, `answers` (the
    title it gave the tab with the answers) and `addresses` (how they are collected).
    """

    title: str
    titles: Sequence[str]
    columns: Mapping[str, str]


def apps_script(
    forms: Sequence[Form], *, answers_in: str = "", noted_in: str = "", forms_tab: FormsTab, responses_tab: str = ""
) -> str:
    """A Google Apps Script that builds these forms, with their branches.

    `answers_in` is the id of the spreadsheet they are linked to, `noted_in` that of the one with the tab of forms;
    either may be empty, and the script then says what to do by hand. `responses_tab` is the setting that names the
    answers tab of the form whose record is "response". Everything from the forms stands in the script as JSON, so
    no title or option can become code.
    """
    declared = [_as_data(form, responses_tab if form.record == "response" else "") for form in forms]
    sheet = {
        "answers": answers_in,
        "forms": noted_in,
        "tab": forms_tab.title,
        "titles": list(forms_tab.titles),
        "columns": dict(forms_tab.columns),
    }
    template = data_file("forms", "form.gs").read_text(encoding="utf-8")
    script = template.replace("/* SHEET */ {}", _as_javascript(sheet), 1)
    return script.replace("/* FORMS */ []", _as_javascript(declared), 1)


def _as_data(form: Form, responses_tab: str) -> dict[str, Any]:
    filled_in = FILLED_BY_GOOGLE if form.addresses == "verified" else {Kind.TIMESTAMP}
    pages: list[dict[str, Any]] = []
    for question in form.questions:
        if question.kind in filled_in:
            continue
        if question.section or not pages:
            pages.append({"title": question.section, "questions": []})
        pages[-1]["questions"].append(_as_item(question))
    return {
        "name": form.name,
        "title": form.title,
        "description": form.description,
        "confirmation": form.confirmation,
        "addresses": form.addresses,
        "answeredBy": form.answered_by,
        "answersTab": responses_tab or form.answers_tab,
        "setting": "sheets.responses_tab" if responses_tab else "",
        "pages": pages,
    }


def _as_item(question: Question) -> dict[str, Any]:
    required = question.required is True or (bool(question.required) and not question.form_optional)
    item: dict[str, Any] = {
        "title": question.title,
        "kind": str(question.kind),
        "required": required,
        "help": question.help,
        "other": question.other,
        "options": [{"text": option.text, "goesTo": option.goes_to} for option in question.options],
        "branches": question.branches,
        "pattern": question.pattern,
        "prefilled": question.prefilled,
    }
    bounds = {"least": question.least, "highest": question.highest, "whole": question.whole, "most": question.most}
    return item | {name: value for name, value in bounds.items() if value}


def _as_javascript(data: object) -> str:
    """JSON that is also safe inside a script: plain ASCII, and no way to end a script element."""
    return json.dumps(data, indent=2, ensure_ascii=True).replace("<", "\\u003c")
