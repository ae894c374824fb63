"""Filling templates: Jinja's sandbox, strict about unknown fields, without the filters that trust data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipeline.letters.templating import LANGUAGE, NAME, TemplateProblem

_SUBJECT = re.compile(r"Subject:[ \t]*(?P<subject>[^\n]*)\n")


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


class TemplateEngine:
    """The templates of a folder, file name -> text, ready to be filled."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        environment = _Sandbox(
            loader=_Loader(sources),
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
        self._environment = environment

    def fill(self, file: str, fields: Mapping[str, Any]) -> str:
        """The template `en/introduction.txt` filled with the fields. Raises TemplateProblem naming file and line."""
        try:
            return self._environment.get_template(file).render(fields)
        except TemplateError as error:
            raise _problem(error, file) from error
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
            raise _problem(error, file) from error


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
        if LANGUAGE.fullmatch(name.partition("/")[0]) and NAME.fullmatch(name.partition("/")[2]):
            where, line = name, traceback.tb_lineno
        traceback = traceback.tb_next
    return where, line
