"""The table linkage computes on: one row a record, ids instead of texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int32]
Numbers = NDArray[np.float32]


@dataclass(slots=True)
class Columns:
    """Texts as lists, everything else as arrays. Ids are numbers of interned texts; 0 is "none"."""

    texts: list[str]
    """Interned texts by number."""
    shown: dict[str, str]
    """How a place concept ("@17") was written when it was first met."""
    full: list[str]
    in_order: list[str]
    core: list[str]
    canonical: list[str]
    city_name: list[str]
    telling: list[tuple[str, ...]]
    """The words that say something, in order."""
    label: list[str]
    """The label of the record's own domain ("boras" of boras.se), or ""."""
    concept: Integers
    stem: Integers
    """The beginning of each concept's word: Gdańsk and Gdański share it."""
    rarity: Numbers
    proper: NDArray[np.bool_]
    """Whether the concept is a name or place rather than a common word."""
    bearers: Numbers
    """Log of how many records bear each concept, same shape as `concept`."""
    place: Integers
    city: Integers
    country: Integers
    hinted_country: Integers
    web_domain: Integers
    web_host: Integers
    web_path: Integers
    mail_domain: Integers
    mail_host: Integers
    mail: Integers
    own_fit: Numbers
    """How well the record's own domain fits its name, 0 to 1; -1 without a domain."""
    crowd: Numbers
    """Log of how many differently named records share the record's domain."""
    labels: Integers
    acronyms: Integers
    initials: Integers
    tokens: Integers
    numbers: Integers
    unit: NDArray[np.bool_]
    body: Integers
    work: Integers
    tongue: Integers
    """How a department names itself: 1 in English, 2 in another language, 0 one cannot tell."""
    oid: Integers

    def __len__(self) -> int:
        return len(self.full)


class Interner(dict[str, int]):
    """Texts as numbers from 1, in order of appearance."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self) + 1
        return number

    def texts(self) -> list[str]:
        """The texts by number; number 0 is blank."""
        return ["", *self]


_PADDING: list[Any] = [0] * 32


class Gathered:
    """One numeric column of a fixed width, filled row by row: lists first, arrays a chunk at a time."""

    def __init__(self, width: int, kind: type[np.generic], blank: float = 0) -> None:
        self.width = width
        self.kind = kind
        self.padding = [blank] * 32 if blank else _PADDING
        self.open: list[Any] = []
        self.closed: list[NDArray[Any]] = []

    def put(self, values: list[Any]) -> None:
        """Add a row; what is missing is blank, what is too much is dropped."""
        count = len(values)
        self.open += values + self.padding[: self.width - count] if count < self.width else values[: self.width]

    def close(self) -> None:
        """Turn the rows gathered so far into an array."""
        self.closed.append(np.array(self.open, self.kind).reshape(-1, self.width))
        self.open = []

    def array(self) -> NDArray[Any]:
        """The whole column, one-dimensional when its width is 1."""
        whole = np.concatenate(self.closed) if self.closed else np.zeros((0, self.width), self.kind)
        return whole[:, 0] if self.width == 1 else whole
