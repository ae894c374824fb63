"""The form as data: its questions, how their headers and options may be spelt, and the script that builds it.

`config/form.toml` is read and checked in full; the Apps Script, the intake and the sample rows all come
from the value it becomes, so the form people fill in and the form we read cannot drift apart.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.cleaning.data_files import data_file
from pipeline.errors import ConfigurationError, SheetHeaderProblem
from pipeline.model import Response

ESSENTIAL = frozenset({"submitted_at", "email", "organisation", "consent"})
"""Without these columns no answer can be used; every other question a form of your own may leave out."""

DERIVED = frozenset({"row", "content", "country_code", "topics_other", "flags", "held"})
KNOWN_KEYS = frozenset(one.name for one in fields(Response)) - DERIVED
"""The keys that intake knows what to do with: one for every field of a Response that somebody answers."""


class Kind(StrEnum):
    """How a question is asked, and so how its answer is read."""

    TIMESTAMP = "timestamp"
    EMAIL = "email"
    SHORT = "short"
    PARAGRAPH = "paragraph"
    CHOICE = "choice"
    DROPDOWN = "dropdown"
    CHECKBOXES = "checkboxes"
    DATE = "date"
    NUMBER = "number"
    CONSENT = "consent"


LONGEST_NAME = 500
"""Longer than any header or option; what follows is not looked at, since normalising 50,000 accents takes a second."""

FILLED_BY_GOOGLE = frozenset({Kind.TIMESTAMP, Kind.EMAIL})
CLOSED = frozenset({Kind.CHOICE, Kind.DROPDOWN, Kind.CHECKBOXES, Kind.CONSENT})


class Strict(BaseModel):
    """A part of the file: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(Strict):
    """One answer people can tick. `codes` is what it means to matching; `goes_to` the next page."""

    text: Annotated[str, Field(min_length=1)]
    codes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    goes_to: str = ""


class Question(Strict):
    """One column of the responses tab. The fields are explained in docs/form.md."""

    key: str
    title: Annotated[str, Field(min_length=1)]
    kind: Kind
    required: bool | tuple[str, ...] = False
    form_optional: bool = False
    section: str = ""
    help: str = ""
    aliases: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    other: bool = False
    branches: bool = False
    most: int | None = None
    pattern: str = ""
    whole: bool = False
    least: float | None = None
    highest: float | None = None

    @field_validator("options", mode="before")
    @classmethod
    def _plain_texts(cls, value: Any) -> Any:
        if isinstance(value, Sequence) and not isinstance(value, str):
            return tuple({"text": option} if isinstance(option, str) else option for option in value)
        return value

    def is_required_for(self, role: str | None) -> bool:
        """Whether an answer must be there for somebody in that role ("send", "host", "either", or unknown)."""
        if isinstance(self.required, bool):
            return self.required
        return role is not None and (role in self.required or (role == "either" and bool(self.required)))

    @property
    def is_required(self) -> bool:
        """Whether the column must be there at all."""
        return bool(self.required)

    def spellings(self) -> tuple[str, ...]:
        """Every header this question is known under, comparable."""
        return tuple(dict.fromkeys(comparable(text) for text in (self.title, *self.aliases)))


class Words(Strict):
    """What yes and no are called in the spreadsheets we read."""

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


class _File(Strict):
    version: int
    title: str
    description: str = ""
    confirmation: str = ""
    consent_version: str = ""
    words: Words = Words()
    question: tuple[Question, ...]


@dataclass(frozen=True)
class Form:
    """The whole form, checked. Built by `load_form`."""

    title: str
    description: str
    confirmation: str
    consent_version: str
    words: Words
    questions: tuple[Question, ...]
    by_key: Mapping[str, Question] = field(repr=False)

    def header(self) -> tuple[str, ...]:
        """The default header of the responses tab, in order."""
        return tuple(question.title for question in self.questions)

    @cached_property
    def options(self) -> Mapping[str, Mapping[str, Option]]:
        """Question key -> comparable spelling -> option, with the words for yes and no where they are codes."""
        found: dict[str, dict[str, Option]] = {}
        for question in self.questions:
            spellings: dict[str, Option] = {}
            for option in question.options:
                for text in (option.text, *option.aliases):
                    spellings[comparable(text)] = option
            for code, words in (("yes", self.words.yes), ("no", self.words.no)):
                meant = next((option for option in question.options if option.codes == (code,)), None)
                for word in words if meant else ():
                    spellings.setdefault(comparable(word), meant)  # type: ignore[arg-type]
            found[question.key] = spellings
        return found

    def codes(self, key: str, texts: Sequence[str]) -> tuple[str, ...]:
        """What those option texts mean to matching: each code once, in the order ticked."""
        spellings = self.options[key]
        chosen = (spellings.get(comparable(text)) for text in texts)
        return tuple(dict.fromkeys(code for option in chosen if option for code in option.codes))


def comparable(text: str) -> str:
    """A header or option without what people and Google change about it.

    Case, runs of spaces (also no-break ones), invisible characters, a trailing colon, asterisk or full stop.
    """
    text = text[:LONGEST_NAME]
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    flat = " ".join(text.split())
    return flat.rstrip(" :*.").replace("’", "'").casefold()


def load_form(path: Path | None = None) -> Form:
    """Read and check the form (default: the shipped one).

    Raises ConfigurationError naming every problem by its path.
    """
    path = path or data_file("form.toml")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        parsed = _File.model_validate(data)
    except FileNotFoundError:
        raise ConfigurationError(f"There is no form at {path}.", hint="Set form.file in the configuration.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}.", hint="Mend that line.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", hint="Check its permissions.") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{_path(problem['loc'], data)}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise ConfigurationError(f"{path}: {problems}.", hint="docs/form.md explains every key.") from None
    problems_found = _problems(parsed)
    if problems_found:
        raise ConfigurationError(f"{path}: {'; '.join(problems_found)}.", hint="docs/form.md explains every key.")
    return Form(
        title=parsed.title,
        description=parsed.description.strip(),
        confirmation=parsed.confirmation.strip(),
        consent_version=parsed.consent_version,
        words=parsed.words,
        questions=parsed.question,
        by_key={question.key: question for question in parsed.question},
    )


def _path(location: tuple[int | str, ...], data: Mapping[str, Any]) -> str:
    """The place in the file, with the question's key instead of its number."""
    if len(location) > 1 and location[0] == "question" and isinstance(location[1], int):
        question = data["question"][location[1]]
        name = question.get("key", location[1]) if isinstance(question, dict) else location[1]
        return ".".join(str(part) for part in ("question", name, *location[2:]))
    return ".".join(str(part) for part in location) or "file"


def _problems(parsed: _File) -> list[str]:
    """What the shape alone cannot tell: doubled names, commas in options, unknown keys and pages."""
    found: list[str] = []
    if parsed.version != 1:
        found.append(f"version: is {parsed.version}, this program reads version 1")
    keys = [question.key for question in parsed.question]
    found += [f"question.{key}: stands there twice" for key in sorted({key for key in keys if keys.count(key) > 1})]
    found += [f"question.{key}: is not a question this program knows" for key in keys if key not in KNOWN_KEYS]
    found += [f"question.{key}: is missing" for key in sorted(ESSENTIAL) if key not in keys]
    seen: dict[str, str] = {}
    for question in parsed.question:
        for spelling in question.spellings():
            if spelling in seen and seen[spelling] != question.key:
                found.append(f'question.{question.key}: "{spelling}" is also a header of {seen[spelling]}')
            seen[spelling] = question.key
    sections = {question.section for question in parsed.question} | {"", "submit"}
    for question in parsed.question:
        found += _option_problems(question, sections)
    return found


def _option_problems(question: Question, sections: set[str]) -> list[str]:
    where = f"question.{question.key}.options"
    found = []
    if question.kind in CLOSED and not question.options:
        found.append(f"{where}: a {question.kind} needs options")
    if question.kind not in CLOSED and question.options:
        found.append(f"{where}: a {question.kind} has none")
    spellings: dict[str, str] = {}
    for option in question.options:
        if "," in option.text:
            found.append(f'{where}: "{option.text}" holds a comma, which Google Forms also puts between answers')
        if option.goes_to not in sections:
            found.append(f'{where}: "{option.text}" goes to the page "{option.goes_to}", which no question opens')
        found += [
            f'{where}: "{text}" stands there twice'
            for text in (option.text, *option.aliases)
            if spellings.setdefault(comparable(text), option.text) != option.text
        ]
    if question.pattern:
        try:
            re.compile(question.pattern)
        except re.error as error:
            found.append(f"question.{question.key}.pattern: {error}")
    return found


def locate(
    form: Form, header: Sequence[str], columns: Mapping[str, str], *, tab: str = "", needed: Collection[str] = ()
) -> dict[str, str]:
    """Question key -> the header as it stands in the tab.

    `columns` is `[form.columns]` of the configuration: key -> header, or key -> "" where a form of your own does
    not ask that question. Everything else is found by title, then by alias; a column more is nobody's concern.
    `needed` are keys of optional questions that must be there too, since they once were.
    Raises SheetHeaderProblem when a needed column is missing or could be two, naming what was seen.
    """
    seen: dict[str, list[str]] = {}
    for text in header:
        if text.strip():
            seen.setdefault(comparable(text), []).append(text)
    found: dict[str, str] = {}
    missing: list[str] = []
    doubled: list[str] = []
    taken = {comparable(text) for text in columns.values() if text}
    for question in form.questions:
        wanted = columns.get(question.key)
        if wanted == "" and question.key not in ESSENTIAL:
            continue
        spellings = (comparable(wanted),) if wanted else question.spellings()
        hits = [text for spelling in spellings if wanted or spelling not in taken for text in seen.get(spelling, [])]
        if len(hits) > 1:
            doubled.append(" and ".join(f'"{hit}"' for hit in hits) + f" (for {question.key})")
        elif hits:
            found[question.key] = hits[0]
        elif question.is_required or wanted or question.key in needed:
            missing.append(f'"{wanted or question.title}" ({question.key})')
    unknown = sorted(set(columns) - set(form.by_key))
    if unknown:
        missing.append(f"form.columns names questions that do not exist: {', '.join(unknown)}")
    if missing or doubled:
        raise _header_problem(missing, doubled, header, tab)
    return found


def _header_problem(
    missing: Sequence[str], doubled: Sequence[str], header: Sequence[str], tab: str
) -> SheetHeaderProblem:
    said = []
    if missing:
        said.append(f"is missing {', '.join(missing)}")
    if doubled:
        said.append(f"has more than one column for {', '.join(doubled)}")
    seen = ", ".join(f'"{text[:80]}"' for text in header[:60] if text.strip()) or "none"
    return SheetHeaderProblem(
        f'The tab "{tab}" {" and ".join(said)}. Columns seen: {seen}.',
        hint="If a question was renamed, name its column under [form.columns] (matchmaker map proposes it); "
        'if the form no longer asks it, write its key = "" there; '
        "of two columns, rename the one that is no longer used.",
    )


def apps_script(form: Form, spreadsheet_id: str) -> str:
    """A Google Apps Script that builds this form, with its branches, and links it to that spreadsheet.

    `spreadsheet_id` may be empty; the script then says where to put it. Everything from the form stands in
    the script as one JSON value, so no title or option can become code.
    """
    pages: list[dict[str, Any]] = []
    for question in form.questions:
        if question.kind in FILLED_BY_GOOGLE:
            continue
        if question.section or not pages:
            pages.append({"title": question.section, "questions": []})
        pages[-1]["questions"].append(_as_item(question))
    data = {
        "title": form.title,
        "description": form.description,
        "confirmation": form.confirmation,
        "spreadsheet": spreadsheet_id,
        "pages": pages,
    }
    template = data_file("form.gs").read_text(encoding="utf-8")
    return template.replace("/* FORM */ {}", _as_javascript(data))


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
    }
    bounds = {"least": question.least, "highest": question.highest, "whole": question.whole, "most": question.most}
    return item | {name: value for name, value in bounds.items() if value}


def _as_javascript(data: Mapping[str, Any]) -> str:
    """JSON that is also safe inside a script: plain ASCII, and no way to end a script element."""
    return json.dumps(data, indent=2, ensure_ascii=True).replace("<", "\\u003c")
