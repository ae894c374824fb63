"""The folder of templates as one value.

A template is fetched by a fixed name from a dictionary read once from the configured folder: no part of a
name or path ever comes from data. Data is put in once and its result is never read as a template again.
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
from typing import TYPE_CHECKING, Any

from pipeline.cleaning.plain_text import wrap
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from pipeline.letters.template_engine import TemplateEngine

WORDS = "words.toml"
"""The file of a language folder with the words that code joins into sentences."""

_LOADING = frozenset({"src", "srcset", "background", "poster", "data", "action", "formaction", "ping"})
_FORBIDDEN_TAGS = frozenset(
    {"img", "script", "iframe", "object", "embed", "link", "base", "form", "video", "audio", "svg", "picture"}
)
NAME = re.compile(r"[a-z][a-z0-9_]*\.(?:txt|html|toml)")
LANGUAGE = re.compile(r"[a-z]{2}")
"""Fixed names: those of files, and those of the folders they stand in."""
_MANY_BLANK_LINES = re.compile(r"\n{3,}")


class TemplateProblem(ConfigurationError):
    """A template is missing, malformed, or names a field that does not exist; says file and line."""


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
    def _engine(self) -> TemplateEngine:
        from pipeline.letters.template_engine import TemplateEngine  # and Jinja: a run without letters needs neither

        return TemplateEngine(self.sources)

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
        filled = self._engine.fill(f"{language}/{name}", fields)
        if name.endswith(".txt"):
            return _MANY_BLANK_LINES.sub("\n\n", wrap(filled)).strip("\n") + "\n"
        return filled


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
            if LANGUAGE.fullmatch(file.parent.name) and NAME.fullmatch(file.name) and file.is_file():
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
