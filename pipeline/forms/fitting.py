"""Fitting the tool to a form that is there already: which of its columns is which question of ours.

Proposes by name; a person confirms. What is written is `[form.columns]` of the configuration.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.cleaning import read_line
from pipeline.errors import ConfigurationError
from pipeline.forms.form import Form
from pipeline.forms.questions import Question, comparable

SURE = 0.90
"""From here on a proposal needs no second look: one slip of the finger or a word more in a long title."""
WORTH_ASKING = 0.68
"""Below this the names say nothing: "Region" and "Reason" have 0.67."""
CONTAINED = 0.75
"""What a title is worth that stands, word for word, inside a longer one ("Topics" in "Topics of interest")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One proposed column: the question's key, the header as it stands, and how alike they are in [0, 1].

    `is_known` tells that the header is found without being written down: by title or alias.
    """

    key: str
    header: str
    likeness: float
    is_known: bool

    @property
    def is_sure(self) -> bool:
        """Whether the name alone settles it."""
        return self.likeness >= SURE


@dataclass(frozen=True, slots=True, kw_only=True)
class FormMapping:
    """A proposal for a whole tab.

    `columns` is what has to stand under `[form.columns]` (empty: nothing has to be written). `missing` are keys
    without which no answer can be used, `not_asked` those a form may leave out, `unused` columns that are nobody's.
    """

    guesses: tuple[Guess, ...]
    columns: Mapping[str, str]
    missing: tuple[str, ...]
    not_asked: tuple[str, ...]
    unused: tuple[str, ...]

    def as_text(self) -> str:
        """The proposal for a person to look through before it is written."""
        width = max((len(guess.key) for guess in self.guesses), default=0)
        lines = [
            f'{guess.key:<{width}}  "{_shown(guess.header)}"' + ("" if guess.is_sure else "   <- please check")
            for guess in self.guesses
        ]
        if self.not_asked and self.unused:
            lines += ["", f"Not found in your form: {', '.join(self.not_asked)}."]
            lines += ["If one of the columns below is meant, name it under [form.columns] by hand."]
        elif self.not_asked:
            lines += ["", f"Your form does not ask: {', '.join(self.not_asked)}. That is all right."]
        if self.unused:
            lines += ["", "Columns that are not used: " + ", ".join(f'"{_shown(text)}"' for text in self.unused) + "."]
        if self.missing:
            lines += ["", f"Missing, and nothing works without: {', '.join(self.missing)}."]
            lines += ["Add these questions to the form, or name their columns under [form.columns] by hand."]
        return "\n".join(lines)


def propose_mapping(form: Form, header: Sequence[str], columns: Mapping[str, str] | None = None) -> FormMapping:
    """Which header answers which question. Each header and each question is used once, the surest first.

    `columns` is what `[form.columns]` says now; where it still fits the tab, it stays.
    """
    current = {key: text for key, text in (columns or {}).items() if key in form.by_key}
    headers = [text for text in dict.fromkeys(header) if text.strip()]
    scored = sorted(
        (
            (_likeness(question, text, current.get(question.key)), -number, question.key, text)
            for number, question in enumerate(form.questions)
            for text in headers
        ),
        reverse=True,
    )
    taken: dict[str, Guess] = {}
    used: set[str] = set()
    for likeness, _, key, text in scored:
        if likeness >= WORTH_ASKING and key not in taken and text not in used and current.get(key) != "":
            is_known = [one for one in headers if comparable(one) in form.by_key[key].spellings()] == [text]
            taken[key] = Guess(key=key, header=text, likeness=round(min(likeness, 1.0), 2), is_known=is_known)
            used.add(text)
    absent = [question.key for question in form.questions if question.key not in taken]
    written = {guess.key: guess.header for guess in taken.values() if not guess.is_known}
    written |= {key: "" for key in absent if form.by_key[key].is_required and key not in form.essential}
    ordered = {question.key: written[question.key] for question in form.questions if question.key in written}
    return FormMapping(
        guesses=tuple(taken[question.key] for question in form.questions if question.key in taken),
        columns={} if ordered == current else ordered,
        missing=tuple(key for key in absent if key in form.essential),
        not_asked=tuple(key for key in absent if key not in form.essential),
        unused=tuple(text for text in headers if text not in used),
    )


def _likeness(question: Question, header: str, chosen: str | None) -> float:
    """2 for what a person chose before, 1 for a spelling we know; else the best spelling, by letters and words."""
    from rapidfuzz import fuzz

    text = comparable(header)
    if chosen and text == comparable(chosen):
        return 2.0
    if text in question.spellings():
        return 1.0
    # Below 1: only a spelling we know is found without being written down.
    return max(
        min(
            0.99,
            max(
                fuzz.ratio(text, spelling),
                0.95 * fuzz.token_sort_ratio(text, spelling),
                CONTAINED * fuzz.token_set_ratio(text, spelling),
            )
            / 100,
        )
        for spelling in question.spellings()
    )


def with_columns(configuration: str, columns: Mapping[str, str]) -> str:
    """The configuration's text with `[form.columns]` as given; every other line, comments too, stays as it is.

    Raises tomlkit's ParseError for a text that is no TOML.
    """
    import tomlkit

    document = tomlkit.parse(configuration)
    section = document.setdefault("form", tomlkit.table(is_super_table=True)).setdefault("columns", tomlkit.table())
    for key in [key for key in section if key not in columns]:
        del section[key]
    section.update(columns)
    return tomlkit.dumps(document)


def write_mapping(path: Path, mapping: FormMapping) -> None:
    """Put the mapping into the configuration file, whole or not at all.

    Raises ConfigurationError when the file cannot be read or written, or is not valid.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(with_columns(path.read_text(encoding="utf-8"), mapping.columns), encoding="utf-8")
        beside.chmod(path.stat().st_mode & 0o777)
        os.replace(beside, path)  # noqa: PTH105 - the one call that replaces a file as a whole
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        beside.unlink(missing_ok=True)
        lines = tomlkit.dumps({"form": {"columns": dict(mapping.columns)}})
        raise ConfigurationError(
            f"{path} could not be changed ({error}).", hint=f"Put this into it by hand:\n{lines}"
        ) from None


def _shown(text: str) -> str:
    return read_line(text, limit=100).text
