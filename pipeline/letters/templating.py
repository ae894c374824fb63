"""The folder of templates as one value, and the sandbox in which they are filled.

A template is fetched by a fixed name from a dictionary read once from the configured folder: no part of a
name or path ever comes from data. Data is put in once and its result is never read as a template
again. Jinja's sandbox, strict about unknown fields, without the `safe` filter.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipeline.cleaning.plain_text import wrap
from pipeline.errors import ConfigurationError

WORDS = "words.toml"
"""The file of a language folder with the words that code joins into sentences."""

_LOADING = frozenset({"src", "srcset", "background", "poster", "data", "action", "formaction", "ping"})
_FORBIDDEN_TAGS = frozenset(
    {"img", "script", "iframe", "object", "embed", "link", "base", "form", "video", "audio", "svg", "picture"}
)
_NAME = re.compile(r"[a-z][a-z0-9_]*\.(?:txt|html|toml)")
_LANGUAGE = re.compile(r"[a-z]{2}")
_MANY_BLANK_LINES = re.compile(r"\n{3,}")
_SUBJECT = re.compile(r"Subject:[ \t]*(?P<subject>[^\n]*)\n")


class TemplateProblem(ConfigurationError):
    """A template is missing, malformed, or names a field that does not exist; says file and line."""


def _indented(text: str | None, width: int = 4) -> str:
    """Somebody's own words for a text part: in quotation marks, every line indented."""
    return "\n".join(f"{' ' * width}{line}".rstrip() for line in f"“{text or ''}”".split("\n"))


class _Loader(BaseLoader):
    """Serves `en/introduction.txt` and, from its first line, `en/introduction.subject`."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Any]:  # noqa: ARG002
        wants_subject = template.endswith(".subject")
        file = template.removesuffix(".subject") + ".txt" if wants_subject else template
        source = self._sources.get(file)
        if source is None:
            raise TemplateNotFound(template)
        first = _SUBJECT.match(source)
        if wants_subject:
            if first is None:
                raise TemplateSyntaxError("the first line must be: Subject: ...", 1, template, file)
            return first["subject"], file, None
        if first is not None:
            # an empty line stands in for the subject, so that line numbers in messages stay right
            source = "\n" + source[first.end() :]
        return source, file, None


class _Sandbox(ImmutableSandboxedEnvironment):
    """Includes and parents come from the folder of the template that names them, and are of its kind.

    A page that included a text part would show data unescaped.
    """

    def join_path(self, template: str, parent: str) -> str:
        if parent.endswith(".html") != template.endswith(".html"):
            raise TemplateNotFound(template, f"{parent} may only use templates of its own kind, not {template}")
        return f"{parent.partition('/')[0]}/{template}"


@dataclass(frozen=True)
class Templates:
    """All templates of all languages, read once. `default` is the language used when none is shared."""

    sources: Mapping[str, str]
    default: str = "en"

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that have a folder, in alphabetical order."""
        return tuple(sorted({name.partition("/")[0] for name in self.sources}))

    @cached_property
    def _environment(self) -> Environment:
        environment = _Sandbox(
            loader=_Loader(self.sources),
            autoescape=lambda name: bool(name and name.endswith(".html")),
            undefined=StrictUndefined,
            finalize=lambda value: "" if value is None else value,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        for trusting in ("safe", "tojson", "urlize", "xmlattr"):
            # each returns text that is not escaped again, or makes links of what somebody typed
            del environment.filters[trusting]
        environment.filters["indented"] = _indented
        return environment

    def words(self, language: str) -> Mapping[str, Any]:
        """The language's `words.toml`. Raises TemplateProblem when it is missing or malformed."""
        name = f"{language}/{WORDS}"
        source = self.sources.get(name)
        if source is None:
            raise TemplateProblem(f"templates: {name} is missing.", hint=f"Copy it from templates/en/{WORDS}.")
        try:
            return tomllib.loads(source)
        except tomllib.TOMLDecodeError as error:
            raise TemplateProblem(f"templates: {name}: {error}.", hint="Mend that line.") from None

    def render(self, language: str, name: str, fields: Mapping[str, Any]) -> str:
        """The template `name` ("introduction.txt", "introduction.subject") filled with the fields.

        Text parts come back wrapped, without doubled blank lines, ending in one line feed.
        Raises TemplateProblem naming file and line.
        """
        file = f"{language}/{name}"
        try:
            filled = self._environment.get_template(file).render(fields)
        except TemplateError as error:
            raise _problem(error, file) from error
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
            raise _problem(error, file) from error
        if name.endswith(".txt"):
            return _MANY_BLANK_LINES.sub("\n\n", wrap(filled)).strip("\n") + "\n"
        return filled


def _problem(error: Exception, file: str) -> TemplateProblem:
    hint = "The fields are listed in docs/letters.md; try again with: matchmaker check"
    if isinstance(error, TemplateNotFound) and error.message != error.name:
        return TemplateProblem(f"templates: {error.message}.", hint="Pages use .html, text parts .txt.")
    if isinstance(error, TemplateNotFound):
        return TemplateProblem(f"templates: there is no {error.name}.", hint="Copy it from the shipped templates.")
    if isinstance(error, TemplateSyntaxError):
        return TemplateProblem(f"templates: {error.filename or file}, line {error.lineno}: {error.message}.", hint=hint)
    where, line = _place(error.__traceback__, file)
    return TemplateProblem(f"templates: {where}, line {line}: {error}.", hint=hint)


def _place(traceback: TracebackType | None, file: str) -> tuple[str, int]:
    """Where in a template an error arose: Jinja gives template frames the template's file and line."""
    where, line = file, 1
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if _LANGUAGE.fullmatch(name.partition("/")[0]) and _NAME.fullmatch(name.partition("/")[2]):
            where, line = name, traceback.tb_lineno
        traceback = traceback.tb_next
    return where, line


class _Page(HTMLParser):
    """Counts the tags of a page and collects what it would load or link."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.remote: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[" ".join((tag, *sorted(name for name, _ in attrs)))] += 1
        loads = [
            value or "" for name, value in attrs if name in _LOADING or (name == "style" and "url(" in (value or ""))
        ]
        if tag in _FORBIDDEN_TAGS or loads or any(name.startswith("on") for name, _ in attrs):
            self.remote.append(tag)


def page_tags(page: str) -> Counter[str]:
    """How often each tag, with the names of its attributes, stands in a page: data must not change it."""
    reader = _Page()
    reader.feed(page)
    return reader.tags


def page_loads(page: str) -> tuple[str, ...]:
    """The tags of a page that would load or run something: a letter may have none."""
    reader = _Page()
    reader.feed(page)
    return tuple(reader.remote)


def load_templates(directory: Path, default: str = "en") -> Templates:
    """Read the folder: one sub-folder per language, files by their fixed names, nothing else.

    Raises TemplateProblem when it is missing, unreadable or has no folder of the default language.
    """
    sources: dict[str, str] = {}
    try:
        for file in sorted(directory.glob("*/*")):
            if _LANGUAGE.fullmatch(file.parent.name) and _NAME.fullmatch(file.name) and file.is_file():
                text = file.read_text(encoding="utf-8").removeprefix("\ufeff")
                sources[f"{file.parent.name}/{file.name}"] = text.replace("\r\n", "\n")
    except OSError as error:
        raise TemplateProblem(
            f"templates: {error.filename} cannot be read.", hint="Check letters.templates and its permissions."
        ) from None
    except UnicodeDecodeError:
        raise TemplateProblem(f"templates: {file} is not UTF-8.", hint="Save it as UTF-8.") from None
    if not any(name.startswith(f"{default}/") for name in sources):
        raise TemplateProblem(
            f"templates: there is no folder {default} in {directory}.",
            hint="Check letters.templates and letters.language.",
        )
    return Templates(sources, default)
