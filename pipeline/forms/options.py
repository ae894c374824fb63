"""What was ticked: the text of an answer -> the form's own options, and what was typed beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

from pipeline.forms.questions import Option, comparable


def as_option(text: str, options: Mapping[str, Option]) -> Option | None:
    """The option that was ticked, whatever its spaces and case; None for anything else."""
    return options.get(comparable(text))


def most_commas(options: Mapping[str, Option]) -> int:
    """How many commas the spelling with the most of them holds: how far `as_options` has to look."""
    return max((spelling.count(",") for spelling in options), default=0)


def as_options(text: str, options: Mapping[str, Option], commas: int) -> tuple[tuple[Option, ...], str | None]:
    """The ticked options of a checkbox answer, and what was typed beside them.

    Forms joins ticks with ", ", and options of other people's forms hold commas themselves: so the longest
    option wins at every place, and what fits none is "Other". Never matched further.
    `commas` is `most_commas(options)`.
    """
    rest = " ".join(text.split())
    chosen: dict[str, Option] = {}
    other: list[str] = []
    while rest:
        ends = list(islice((found.start() for found in re.finditer(r",|$", rest)), commas + 1))
        end = next((end for end in reversed(ends) if comparable(rest[:end]) in options), None)
        if end is None:
            piece, _, rest = rest.partition(",")
            other.append(piece.strip())
        else:
            option = options[comparable(rest[:end])]
            chosen.setdefault(option.text, option)
            rest = rest[end:]
        rest = rest.lstrip(" ,")
    return tuple(chosen.values()), ", ".join(piece for piece in other if piece) or None
