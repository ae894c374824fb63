"""Text from outside made fit for people's eyes: one line for names, paragraphs for free text.

Intake cleans every answer at the border; these functions do it again where text leaves in a letter or on
a page, because a letter must be safe whatever it is handed. They keep what people legitimately write
(accents, all scripts, joiners of Persian and of emoji, "@home", "+45 ...") and take out what only
deceives or breaks lines.
"""

from __future__ import annotations

import re
import unicodedata

WIDTH = 76
"""Longest line of a text part, where words allow (RFC 3676, 4.2 advises 66 to 78)."""

COMBINING_LIMIT = 4
"""Marks kept on one letter; no orthography of ours needs more, and stacks of them hide neighbouring lines."""

_LINE_BREAKS = re.compile("\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_MANY_LINES = re.compile(r"\n{3,}")
_JOINERS = frozenset("\u200c\u200d")
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c")
_UNSEEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0")


def _is_unseen(character: str) -> bool:
    """Format controls, fillers, private use and lone surrogates: nothing a reader could see."""
    return character in _UNSEEN_LETTERS or unicodedata.category(character) in {"Cf", "Co"}


def _without(text: str, kept: frozenset[str]) -> str:
    """The text without unseen characters (but those kept); other controls become a blank."""
    if text.isascii() and text.isprintable():
        return text
    pieces: list[str] = []
    marks = 0
    for character in text:
        if character == "\n" or character in kept:
            pieces.append(character)
            continue
        category = unicodedata.category(character)
        if category == "Cs":
            pieces.append("\ufffd")
        elif category == "Cc":
            pieces.append(" ")
        elif not _is_unseen(character):
            marks = marks + 1 if category == "Mn" else 0
            if marks <= COMBINING_LIMIT:
                pieces.append(character)
    return "".join(pieces)


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return text[: limit - 2].rstrip() + " …"


def free_text(text: str | None, limit: int = 2000) -> str | None:
    """What somebody wrote, as paragraphs separated by single line feeds, at most `limit` characters.

    Joiners and direction marks stay, since scripts need them; overrides and isolates go, since an
    unclosed one would turn around the letter's own words after it. None when nothing visible is left.
    """
    if not text:
        return None
    normal = unicodedata.normalize("NFC", text[: limit * 3])
    lines = _LINE_BREAKS.sub("\n", normal)
    visible = _BLANKS.sub(" ", _without(lines, _JOINERS | _DIRECTION_MARKS))
    tidy = _MANY_LINES.sub("\n\n", "\n".join(line.strip() for line in visible.split("\n"))).strip()
    if not tidy.strip("".join(_JOINERS | _DIRECTION_MARKS)):
        return None
    return _shortened(tidy, limit)


def one_line(text: str | None, limit: int = 200) -> str | None:
    """A name, title or place on one line, at most `limit` characters; None when nothing visible is left."""
    free = free_text(text, limit * 2)
    return None if free is None else _shortened(" ".join(free.split()), limit)


def header_text(text: str, limit: int = 200) -> str:
    """One line for a mail header: joiners and direction marks go as well, for a header shows no escapes."""
    visible = _without(" ".join(unicodedata.normalize("NFC", text[: limit * 3]).split()), frozenset())
    return _shortened(" ".join(visible.split()), limit)


def wrap(text: str, width: int = WIDTH) -> str:
    """Each line broken at blanks so that it fits, continued under its own indent or list dash."""
    return "\n".join(piece for line in text.split("\n") for piece in _wrapped(line.rstrip(), width))


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    body = line.lstrip(" ")
    indent = " " * (len(line) - len(body))
    hanging = indent + "  " if body.startswith("- ") else indent
    pieces: list[str] = []
    current = ""
    for word in body.split(" "):
        start = hanging if pieces else indent
        longer = f"{current} {word}" if current else start + word
        if len(longer) > width and current:
            pieces.append(current)
            current = hanging + word
        else:
            current = longer
    return [*pieces, current]
