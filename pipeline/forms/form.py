"""Forms as data: each file of `config/forms` declares one form, its questions and how they may be spelt.

A file is read and checked in full; the Apps Script, the reading of answers, the sandbox's page and the sample rows
all come from the value it becomes, so the form people fill in and the form we read cannot drift apart.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from pipeline.cleaning.data_files import data_file
from pipeline.errors import ConfigurationError, UsageError
from pipeline.forms.questions import (
    CLOSED,
    FILLED_BY_GOOGLE,
    NAME_PATTERN,
    PREFILLED,
    READ_FROM,
    Kind,
    Option,
    Question,
    Strict,
    comparable,
)
from pipeline.model import Response

MATCHMAKING = "matchmaking"
"""The form whose answers become entries; its answers tab is a setting, `sheets.responses_tab`."""
ORDER = (MATCHMAKING, "before", "after", "later", "promoters", "survey", "event")
"""Forms as people meet them; any other form follows by name."""
VERSION = 2
"""Of the files. 1 knew a single form, and read addresses, links and countries by the question's key."""

DERIVED = frozenset({"row", "content", "country_code", "topics_other", "flags", "held"})
RECORDS: Mapping[str, frozenset[str]] = {
    "": frozenset(),
    "response": frozenset(one.name for one in fields(Response)) - DERIVED,
}
"""What the answers of a form become -> the keys that record knows; without a record every key is welcome."""


class Words(Strict):
    """What yes and no are called in the spreadsheets we read."""

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


class _File(Strict):
    version: int
    title: Annotated[str, Field(min_length=1)]
    answers_tab: str = ""
    description: str = ""
    confirmation: str = ""
    addresses: Literal["verified", "typed"] = "verified"
    answered_by: Literal["anyone"] | tuple[str, ...] = "anyone"
    record: Literal["", "response"] = ""
    about: str = ""
    essential: tuple[str, ...] | None = None
    consent_version: str = ""
    words: Words = Words()
    question: tuple[Question, ...]


@dataclass(frozen=True)
class Form:
    """One form, checked. Built by `load_form`.

    `answers_tab` is the default title of the tab its answers go to. `addresses` are "verified" by Google, or
    "typed" into a question. `answered_by` is "anyone" with the link, or the addresses of those who may answer.
    `record` is what an answer becomes, `about` the key of the question that names whom it is about. Without an
    answer to each question in `essential` a row cannot be used.
    """

    name: str
    title: str
    answers_tab: str
    description: str
    confirmation: str
    addresses: str
    answered_by: str | tuple[str, ...]
    record: str
    about: str
    essential: frozenset[str]
    consent_version: str
    words: Words
    questions: tuple[Question, ...]
    by_key: Mapping[str, Question] = field(repr=False)

    def header(self) -> tuple[str, ...]:
        """The default header of the responses tab, in order."""
        return tuple(question.title for question in self.questions)

    def at_sandbox(self, root: str, responses_tab: str) -> dict[str, str]:
        """What the tab of forms says of this form in the sandbox at `root`, where every form has a page.

        The keys are those of the script that makes a form; `responses_tab` is the setting for the matchmaking form.
        """
        address = f"{root}/answer/{self.name}"
        query = "&".join(f"{one.key}={{{one.prefilled}}}" for one in self.questions if one.prefilled)
        return {
            "form": self.name,
            "address": address,
            "link": f"{address}?{query}" if query else "",
            "answers": self.tab_title(responses_tab),
            "addresses": "verified",
        }

    def tab_title(self, responses_tab: str) -> str:
        """The title of its answers tab, which for the matchmaking form is the setting `sheets.responses_tab`."""
        return responses_tab if self.name == MATCHMAKING else self.answers_tab

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


def form_names(folder: Path | None = None) -> tuple[str, ...]:
    """The names of all forms there are: a file `NAME.toml` in the folder, or among those shipped, is one."""
    found = {file.stem for place in _folders(folder) for file in place.glob("*.toml")}
    return tuple(sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)))


def load_forms(folder: Path | None = None) -> dict[str, Form]:
    """Every form by name, as people meet them. Raises ConfigurationError naming every problem of the first bad one."""
    return {name: load_form(name, folder) for name in form_names(folder)}


def load_form(name: str = MATCHMAKING, folder: Path | None = None) -> Form:
    """Read and check one form: the file of that name in the folder (the setting `form.folder`), else the shipped one.

    Raises UsageError when there is no such form, and ConfigurationError naming every problem by its path.
    """
    path = _file(name, folder)
    data = _with_borrowed(name, _toml(path), folder)
    try:
        parsed = _File.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(
            f"{_path(problem['loc'], data)}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise ConfigurationError(f"{path}: {problems}.", hint=HINT) from None
    problems_found = _problems(name, parsed)
    if problems_found:
        raise ConfigurationError(f"{path}: {'; '.join(problems_found)}.", hint=HINT)
    return Form(
        name=name,
        title=parsed.title,
        answers_tab=parsed.answers_tab or parsed.title,
        description=parsed.description.strip(),
        confirmation=parsed.confirmation.strip(),
        addresses=parsed.addresses,
        answered_by=parsed.answered_by,
        record=parsed.record,
        about=parsed.about,
        essential=_essential(parsed),
        consent_version=parsed.consent_version,
        words=parsed.words,
        questions=parsed.question,
        by_key={question.key: question for question in parsed.question},
    )


HINT = "docs/form.md explains every key."
BORROWED = frozenset(Question.model_fields) - {"section", "branches", "form_optional"}
"""What a question takes over from the one it is like; pages belong to a form and are not borrowed."""


def _folders(folder: Path | None) -> tuple[Path, ...]:
    own = data_file("forms")
    return (folder, own) if folder is not None and folder.is_dir() and folder != own else (own,)


def _file(name: str, folder: Path | None) -> Path:
    if re.fullmatch(NAME_PATTERN, name):
        for place in _folders(folder):
            if (place / f"{name}.toml").exists():
                return place / f"{name}.toml"
    raise UsageError(f"There is no form {name!r}.", hint=f"The forms are: {', '.join(form_names(folder))}.")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}.", hint="Mend that line.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", hint="Check its permissions.") from None


def _with_borrowed(name: str, data: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """The file with every question whole that is `like` another.

    What every form has comes from the matchmaking form unless it is declared anew: the columns Google fills in
    itself, in front of the questions, and the words for yes and no.
    """
    files = {name: data}
    questions = data.get("question")
    if not isinstance(questions, list):
        return data
    found = [_whole(question, name, files, folder, ()) for question in questions]
    if name == MATCHMAKING:
        return {**data, "question": found}
    kinds = {question.get("kind") for question in found if isinstance(question, dict)}
    base = _other(MATCHMAKING, files, folder)
    given = [one for one in base.get("question", ()) if one.get("kind") in FILLED_BY_GOOGLE - kinds]
    return {"words": base.get("words", {}), **data, "question": [*given, *found]}


def _whole(
    question: Any, form: str, files: dict[str, dict[str, Any]], folder: Path | None, seen: tuple[str, ...]
) -> Any:
    if not isinstance(question, dict) or "like" not in question:
        return question
    like = str(question["like"])
    other, _, key = like.partition(".")
    candidates = _other(other, files, folder).get("question", ()) if other in (form, *form_names(folder)) else ()
    model = next(
        (one for one in candidates if isinstance(one, dict) and _key(one) == key and one is not question), None
    )
    if model is None or like in seen:
        raise ConfigurationError(
            f'{_file(form, folder)}: a question is like "{like}", which '
            + ("is like itself." if model else "is not there."),
            hint="Name a form and one of its questions, for example matchmaking.topics.",
        )
    whole = {
        field: value for field, value in _whole(model, other, files, folder, (*seen, like)).items() if field in BORROWED
    }
    if "options" in whole:
        whole["options"] = [
            {part: value for part, value in option.items() if part != "goes_to"} if isinstance(option, dict) else option
            for option in whole["options"]
        ]
    return whole | {field: value for field, value in question.items() if field != "like"}


def _key(question: Mapping[str, Any]) -> str:
    """The key a question has, written or borrowed."""
    return str(question.get("key") or str(question.get("like", "")).rpartition(".")[2])


def _other(name: str, files: dict[str, dict[str, Any]], folder: Path | None) -> dict[str, Any]:
    if name not in files:
        files[name] = _toml(_file(name, folder))
    return files[name]


def _essential(parsed: _File) -> frozenset[str]:
    if parsed.essential is not None:
        return frozenset(parsed.essential)
    return frozenset(question.key for question in parsed.question if question.required is True)


def _path(location: tuple[int | str, ...], data: Mapping[str, Any]) -> str:
    """The place in the file, with the question's key instead of its number."""
    if len(location) > 1 and location[0] == "question" and isinstance(location[1], int):
        question = data["question"][location[1]]
        name = question.get("key", location[1]) if isinstance(question, dict) else location[1]
        return ".".join(str(part) for part in ("question", name, *location[2:]))
    return ".".join(str(part) for part in location) or "file"


def _problems(name: str, parsed: _File) -> list[str]:
    """What the shape alone cannot tell: doubled names, commas in options, unknown keys and pages."""
    found: list[str] = []
    if parsed.version != VERSION:
        found.append(
            f"version: is {parsed.version}, this program reads version {VERSION}; make your changes in a new copy"
        )
    if name == MATCHMAKING and parsed.record != "response":
        found.append('record: has to be "response", since entries are made of this form')
    known = RECORDS[parsed.record]
    keys = [question.key for question in parsed.question]
    found += [f"question.{key}: stands there twice" for key in sorted({key for key in keys if keys.count(key) > 1})]
    found += [f"question.{key}: is not a question this program knows" for key in keys if known and key not in known]
    found += [f"question.{key}: is missing" for key in sorted(_essential(parsed) - set(keys))]
    for kind in FILLED_BY_GOOGLE:
        if sum(question.kind is kind for question in parsed.question) != 1:
            found.append(f"question: there has to be one of the kind {kind}")
    if parsed.about and parsed.about not in keys:
        found.append(f"about: {parsed.about} is no question of this form")
    seen: dict[str, str] = {}
    for question in parsed.question:
        for spelling in question.spellings():
            if spelling in seen and seen[spelling] != question.key:
                found.append(f'question.{question.key}: "{spelling}" is also a header of {seen[spelling]}')
            seen[spelling] = question.key
    sections = {question.section for question in parsed.question} | {"", "submit"}
    for place, question in enumerate(parsed.question):
        found += _option_problems(question, sections)
        found += _reading_problems(question, parsed.question[:place])
    return found


def _reading_problems(question: Question, earlier: Sequence[Question]) -> Iterator[str]:
    where = f"question.{question.key}"
    if question.kind not in READ_FROM[question.reads]:
        yield f"{where}.reads: a {question.kind} cannot be read as {question.reads}"
    if question.prefilled and question.kind not in PREFILLED:
        yield f"{where}.prefilled: a link cannot bring along the answer of a {question.kind}"
    if question.not_before and not any(
        one.key == question.not_before and one.kind is question.kind is Kind.DATE for one in earlier
    ):
        yield f"{where}.not_before: {question.not_before} is no date asked for before this one"
    if question.kind is Kind.NUMBER and question.highest is None:
        yield f"{where}.highest: a number needs one"


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
