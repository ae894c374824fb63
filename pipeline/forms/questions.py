"""What a form can ask: kinds of questions, what their answers are read as, and how names and options are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


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


class Reads(StrEnum):
    """What a text or a list of ticks means beyond its kind, and so what else is checked."""

    PLAIN = ""
    NAME = "name"
    """A name that goes into letters: one that had to be cut waits for a person."""
    ADDRESS = "address"
    LINK = "link"
    COUNTRY = "country"
    PLACES = "places"
    OID = "oid"
    NAMES = "names"
    LINES = "lines"


READ_FROM: Mapping[Reads, frozenset[Kind]] = {
    Reads.PLAIN: frozenset(Kind),
    Reads.NAME: frozenset({Kind.SHORT}),
    Reads.ADDRESS: frozenset({Kind.SHORT}),
    Reads.LINK: frozenset({Kind.SHORT}),
    Reads.COUNTRY: frozenset({Kind.SHORT, Kind.DROPDOWN}),
    Reads.PLACES: frozenset({Kind.CHECKBOXES}),
    Reads.OID: frozenset({Kind.SHORT}),
    Reads.NAMES: frozenset({Kind.SHORT, Kind.PARAGRAPH}),
    Reads.LINES: frozenset({Kind.PARAGRAPH}),
}
PREFILLED = frozenset({Kind.SHORT, Kind.CHOICE, Kind.DROPDOWN, Kind.DATE, Kind.NUMBER})
"""Kinds of question whose answer a link can bring along."""
NAME_PATTERN = r"[a-z][a-z0-9_]*"
"""Names of forms and keys of questions: they stand in addresses and on the command line."""


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

    key: Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
    title: Annotated[str, Field(min_length=1)]
    kind: Kind
    reads: Reads = Reads.PLAIN
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
    not_before: str = ""
    unanswered: str = ""
    prefilled: Annotated[str, Field(pattern=f"^({NAME_PATTERN})?$")] = ""

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


@lru_cache(maxsize=16_384)
def comparable(text: str) -> str:
    """A header or option without what people and Google change about it.

    Case, runs of spaces (also no-break ones), invisible characters, a trailing colon, asterisk or full stop.
    """
    text = text[:LONGEST_NAME]
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    flat = " ".join(text.split())
    return flat.rstrip(" :*.").replace("’", "'").casefold()
