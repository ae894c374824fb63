"""Lines and paragraphs: normal form C, nothing invisible, never longer than allowed, and notes on what misleads."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LINE_LIMIT = 200
"""Characters of a one-line answer: the longest published name of an organisation has under 150."""
TEXT_LIMIT = 4_000
"""Characters of a paragraph: a page and a half, more than any letter can carry."""
WINDOW = 4
"""A raw text is looked at up to this many times its limit, so that white space does not eat the answer."""
MOST_MARKS = 6
"""Accents on one letter. Vietnamese needs two, pointed Hebrew and Tibetan up to five."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reviewer must know about a text. `code` is stable, `words` ends a sentence about the field."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A trusted text ("" when nothing readable was there) and what had to be done to it."""

    text: str
    notes: tuple[Note, ...] = ()

    def has(self, code: str) -> bool:
        """Whether there is a note of that code."""
        return any(note.code == code for note in self.notes)


_LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
FILLERS = "\u115f\u1160\u3164\uffa0\u2800\u180e"
"""Letters by category that print as nothing."""
_JOINERS = "\u200c\u200d"
_VARIATION = "\ufe0e\ufe0f"
_INVISIBLE_MARKS = (
    "\u034f\u17b4\u17b5\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d"
)
_SHOWN_FORMATS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2"
"""Format characters that print: the Arabic number signs and the Syriac abbreviation mark."""

_NATIONS = re.compile(
    "\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f"
)
"""The flags of England, Scotland and Wales: the only tag characters that show anything."""
_OVERLAY = re.compile("[\u0332-\u0338\u20d0-\u20e2\u20e4-\u20f0]")
_DOUBLES = frozenset("АВЕЅІЈКМНОРСТХУасеорхуіјѕһӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧο")
"""Cyrillic and Greek letters that nobody can tell from Latin ones."""
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_WORD = re.compile(r"[^\W\d_]+")
_PLAIN = re.compile("[\\n -~\u00a1-\u00ac\u00ae-\u02af\u2010-\u2016\u2018-\u2027\u2030-\u205e\u20ac]*")
"""Most answers: Latin letters with their accents and ordinary punctuation, which need no second look."""

_LOOK_ALIKE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
_STYLED = frozenset({"<font>", "<circle>", "<square>", "<wide>"})


def read_line(value: str, *, limit: int = LINE_LIMIT) -> Cleaned:
    """A one-line text: line breaks and runs of spaces become one space."""
    window = value[: limit * WINDOW]
    if len(value) <= limit and _PLAIN.fullmatch(value) and "\n" not in value:
        return Cleaned(" ".join(value.split()))
    notes: list[Note] = []
    text = _visible(window, notes)
    if "\n" in text.strip():
        notes.append(Note("line-breaks", "was typed over several lines, which were joined"))
    text = " ".join(text.split())
    return _bounded(text, limit, len(window) < len(value), notes, empty="ZCM")


def read_text(value: str, *, limit: int = TEXT_LIMIT) -> Cleaned:
    """A paragraph: line breaks stay, at most one blank line between paragraphs."""
    window = value[: limit * WINDOW]
    notes: list[Note] = []
    plain = _PLAIN.fullmatch(window) is not None
    text = window if plain else _visible(window, notes)
    text = "\n".join(line.strip() for line in _SPACES.sub(" ", text).split("\n"))
    text = _BLANK_LINES.sub("\n\n", text).strip()
    if plain and len(text) <= limit and len(window) == len(value):
        return Cleaned(text)
    return _bounded(text, limit, len(window) < len(value), notes, empty="ZC")


def clean_line(value: str) -> str | None:
    """A one-line text, for callers to whom it does not matter what was wrong with it; None when nothing is left."""
    return read_line(value).text or None


def clean_text(value: str) -> str | None:
    """A paragraph, for callers to whom it does not matter what was wrong with it; None when nothing is left."""
    return read_text(value).text or None


def _bounded(text: str, limit: int, already_cut: bool, notes: list[Note], empty: str) -> Cleaned:  # noqa: FBT001
    """Cut to the limit, measured by the longer of the text and its compatibility form (one sign can be eighteen).

    A text of nothing but the categories in `empty` is none: a name needs a letter, a sign or a digit.
    """
    kept = text[:limit]
    if not kept.isascii() and len(unicodedata.normalize("NFKC", kept)) > limit:
        length = 0
        for position, character in enumerate(kept):
            length += max(1, len(unicodedata.normalize("NFKC", character)))
            if length > limit:
                kept = kept[:position]
                break
    if already_cut or len(kept) < len(text):
        kept = kept[: limit - 1]
        while kept and (unicodedata.combining(kept[-1]) or kept[-1] in _JOINERS + _VARIATION):
            kept = kept[:-1]
        kept = kept.rstrip() + "…"
        notes.append(Note("cut", f"is too long and was cut after {limit} characters"))
    if not kept.isascii():
        notes.extend(_misleading(kept))
    if not any(unicodedata.category(character)[0] not in empty for character in kept):
        return Cleaned("", tuple(notes))
    return Cleaned(kept, tuple(notes))


def _visible(window: str, notes: list[Note]) -> str:
    """The text in form C, every kind of line break as a newline, without what cannot be seen."""
    thinned = window if window.isascii() else _without_piles(window)
    if thinned != window:
        notes.append(Note("accents", "had piles of accents on one letter, which were thinned out"))
        window = thinned
    text = unicodedata.normalize("NFC", window.replace("\r\n", "\n"))
    if text.isascii() and text.isprintable():
        return text
    removed: dict[str, None] = {}
    flags = {place for found in _NATIONS.finditer(text) for place in range(*found.span())}
    kept = [
        character if position in flags else _keep(text, position, character, removed)
        for position, character in enumerate(text)
    ]
    if removed:
        notes.append(Note("invisible", f"had characters that cannot be seen, which were removed: {_named(removed)}"))
    if "\ufffd" in text:
        notes.append(Note("damaged", "has characters that were lost on the way (U+FFFD)"))
    return "".join(kept)


def _without_piles(text: str) -> str:
    """At most MOST_MARKS accents in a row; done before normalising, which sorts such runs in quadratic time."""
    kept = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _keep(text: str, position: int, character: str, removed: dict[str, None]) -> str:
    """What stands for one character: itself, a newline, a space, or nothing (noted)."""
    if " " <= character <= "~":
        return character
    if character in _LINE_BREAKS:
        return "\n"
    category = unicodedata.category(character)
    if category == "Zs" or character == "\t":
        return " "
    if category[0] in "LNPS" and character not in FILLERS:
        return character
    if character in _JOINERS and _joins(text, position):
        return character
    before = text[position - 1] if position else ""
    if character in _VARIATION and before and unicodedata.category(before) in {"So", "Po", "Nd", "Sm"}:
        return character
    if "\U000e0100" <= character <= "\U000e01ef" and "\u3400" <= before <= "\u9fff":
        return character
    if category[0] == "M" and not _hides(character):
        return character
    if character in _SHOWN_FORMATS or (category == "Cn" and not _hides(character)):
        return character
    removed.setdefault(character)
    return " " if character in FILLERS else ""


def _hides(character: str) -> bool:
    """Marks and unassigned characters that print nothing (the others are letters newer than this Python)."""
    code = ord(character)
    return (
        character in _INVISIBLE_MARKS + _VARIATION
        or 0xE0000 <= code <= 0xE0FFF
        or 0xFDD0 <= code <= 0xFDEF
        or 0xFFF0 <= code <= 0xFFF8
        or code & 0xFFFE == 0xFFFE
        or code == 0x2065
    )


def _joins(text: str, position: int) -> bool:
    """Whether a joiner does its work here: between letters of a joining script, or between parts of an emoji."""
    before = text[position - 1] if position else ""
    after = text[position + 1] if position + 1 < len(text) else ""
    if before and (before in _VARIATION or unicodedata.category(before) == "Sk"):
        before = text[position - 2] if position > 1 else ""
    if not before:
        return False
    if text[position] == "\u200d":
        if after and _is_picture(before) and _is_picture(after):
            return True
        if _shapes(before) and unicodedata.category(before)[0] == "M":
            return True
    return bool(after) and _shapes(before) and _shapes(after)


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) in {"So", "Sk"} or character in "♀♂⚕⚖✈➡"


def _shapes(character: str) -> bool:
    """Letters and vowel signs of scripts in which a joiner changes what is read: Arabic to Mongolian."""
    shaping = "\u0600" <= character <= "\u109f" or "\u1780" <= character <= "\u1cff"
    return shaping and unicodedata.category(character)[0] in "LM"


def _named(characters: dict[str, None]) -> str:
    shown = [f"U+{ord(c):04X} {unicodedata.name(c, '')}".strip() for c in list(characters)[:3]]
    return ", ".join(shown) + (f" and {len(characters) - 3} kinds more" if len(characters) > 3 else "")


def _misleading(text: str) -> list[Note]:
    """Letters that read as others: two alphabets in one word, or letters dressed up as other letters."""
    found = []
    mixed = next((word for word in _WORD.findall(text) if not word.isascii() and _is_mixed(word)), None)
    if mixed:
        odd = next((c for c in mixed if _script(c) != "LATIN"), mixed[0])
        found.append(Note("mixed-alphabets", f'mixes alphabets in the word "{mixed[:40]}" ({_named({odd: None})})'))
    letters = [character for character in text if character.isalpha()]
    if len(letters) > 2 and all(letter in _DOUBLES for letter in letters):
        found.append(Note("double-letters", f"reads as Latin letters but is {_named(dict.fromkeys(letters))}"))
    if overlay := _OVERLAY.search(text):
        found.append(Note("overlay", f"has strokes drawn over its letters ({_named({overlay.group(): None})})"))
    if not re.search(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af]", text):
        styled = next((c for c in text if unicodedata.decomposition(c).split(" ")[0] in _STYLED), None)
        if styled:
            found.append(Note("styled-letters", f"uses look-alike letters ({_named({styled: None})})"))
    return found


def _is_mixed(word: str) -> bool:
    scripts = {_script(character) for character in word} & _LOOK_ALIKE_SCRIPTS
    return len(scripts) > 1


@lru_cache(maxsize=4_096)
def _script(character: str) -> str:
    return unicodedata.name(character, "?").split(" ")[0]
