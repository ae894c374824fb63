"""What an edit changed between a match and the one that takes its place, in the form's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.forms.form import Form
from pipeline.matching.eligibility import dates_in_words, in_words
from pipeline.model import Party, Role

SINGLE = ("organisation", "email", "contact_name", "contact_role", "country", "region", "city", "website")
LISTS = ("topics", "formats", "languages")
NUMBERS = ("days", "group_size")
TEXTS = ("seeks", "offers")
WORDS_AROUND = 4
"""Words shown on either side of where two long texts differ."""
WORDS_SHOWN = 30
"""Most words of either text that are shown."""
NOT_STATED = "not stated"
_PARTS = {None: "not noted", Role.HOST: "to host only", Role.SEND: "to travel only"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """What the questions are called where the officer reads them, and what is answered to sharing contact details."""

    by_key: Mapping[str, str]
    share_at_once: str
    ask_first: str

    @classmethod
    def of(cls, form: Form, columns: Mapping[str, str]) -> Titles:
        """The form's titles; `columns` are those of a form fitted to it (the setting `form.columns`)."""
        said = {
            option.codes[0]: option.text
            for question in form.questions
            if question.key == "share_contact"
            for option in question.options
        }
        return cls(
            by_key={**{question.key: question.title for question in form.questions}, **columns},
            share_at_once=said.get("yes", "yes"),
            ask_first=said.get("ask-first", "ask first"),
        )

    def __getitem__(self, key: str) -> str:
        return self.by_key.get(key, key.replace("_", " ")).rstrip("?:. ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What one side of a match answers differently: one phrase for each answer."""

    organisation: str
    changes: tuple[str, ...]


def what_changed(before: Sequence[Party], now: Sequence[Party], titles: Titles) -> tuple[Edit, ...]:
    """The sides whose answers differ. Both are the sides of a match in their order."""
    edits = (
        Edit(organisation=new.organisation, changes=tuple(_changes(old, new, titles)))
        for old, new in zip(before, now, strict=True)
    )
    return tuple(edit for edit in edits if edit.changes)


def in_lines(edits: Sequence[Edit]) -> list[str]:
    """For a cell of several lines: who, and below it each change."""
    return [
        line
        for edit in edits
        for line in (f"{edit.organisation} has changed its answers:", *(f"- {change}" for change in edit.changes))
    ]


def in_one_line(edits: Sequence[Edit]) -> str:
    """The same as one sentence for each side."""
    return " ".join(f"{edit.organisation} has changed its answers ({'; '.join(edit.changes)})." for edit in edits)


def _changes(old: Party, new: Party, titles: Titles) -> Iterator[str]:
    for key in SINGLE:
        if (change := _differ(getattr(old, key), getattr(new, key))) is not None:
            yield f"{titles[key]}: was {change[0]}, now {change[1]}"
    for key in LISTS:
        if (left := getattr(old, key)) != (right := getattr(new, key)):
            yield f"{titles[key]}: were {_listed(left)}, now {_listed(right)}"
    for key in TEXTS:
        # which of its texts a side shows is a matter of the part it answered for, told below
        is_of_part = old.answered_as != new.answered_as and None in (getattr(old, key), getattr(new, key))
        if (left := getattr(old, key)) != (right := getattr(new, key)) and not is_of_part:
            yield f"{titles[key]}: {_texts(left or '', right or '')}"
    if (old.date_from, old.date_to) != (new.date_from, new.date_to):
        yield f"dates: were {_window(old)}, now {_window(new)}"
    for key in NUMBERS:
        if (change := _differ(_number(getattr(old, key)), _number(getattr(new, key)))) is not None:
            yield f"{titles[key]}: was {change[0]}, now {change[1]}"
    if old.answered_as != new.answered_as:
        yield f"{titles['role']}: was {_PARTS[old.answered_as]}, now {_PARTS[new.answered_as]}"
    if old.ask_first != new.ask_first:
        was, is_now = (titles.ask_first if one.ask_first else titles.share_at_once for one in (old, new))
        yield f"{titles['share_contact']}: was “{was}”, now “{is_now}”"


def _differ(left: str | None, right: str | None) -> tuple[str, str] | None:
    return None if left == right else (left or NOT_STATED, right or NOT_STATED)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _listed(texts: Sequence[str]) -> str:
    return in_words([f"“{text}”" for text in texts]) if texts else NOT_STATED


def _window(party: Party) -> str:
    return dates_in_words(party) if party.date_from or party.date_to else NOT_STATED


def _texts(left: str, right: str) -> str:
    """Two texts where they differ, with a few words around it."""
    before, after = left.split(), right.split()
    if before == after:
        return "only spaces or line breaks have changed"
    shortest = min(len(before), len(after))
    head = next((place for place in range(shortest) if before[place] != after[place]), shortest)
    tail = next((place for place in range(shortest - head) if before[-1 - place] != after[-1 - place]), shortest - head)
    return f"was {_part(before, head, tail)}, now {_part(after, head, tail)}"


def _part(words: Sequence[str], head: int, tail: int) -> str:
    """The words between what both texts begin and end with, in quotation marks. Two words are not worth leaving out."""
    if not words:
        return NOT_STATED
    start = head - WORDS_AROUND if head > WORDS_AROUND + 2 else 0
    end = len(words) - tail + WORDS_AROUND if tail > WORDS_AROUND + 2 else len(words)
    end = min(end, start + WORDS_SHOWN)
    shown = " ".join(words[start:end]).replace("“", "'").replace("”", "'")
    return f"“{'… ' if start else ''}{shown}{' …' if end < len(words) else ''}”"
