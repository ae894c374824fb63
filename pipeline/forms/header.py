"""Which column of an answers tab answers which question: by title, by alias, or as the configuration says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pipeline.errors import SheetHeaderProblem
from pipeline.forms.form import Form
from pipeline.forms.questions import comparable


def locate(
    form: Form, header: Sequence[str], columns: Mapping[str, str], *, tab: str = "", needed: Collection[str] = ()
) -> dict[str, str]:
    """Question key -> the header as it stands in the tab.

    `columns` is `[form.columns]` of the configuration: key -> header, or key -> "" where a form of your own does
    not ask that question. Everything else is found by title, then by alias; a column more is nobody's concern.
    `needed` are keys of optional questions that must be there too, since they once were.
    Raises SheetHeaderProblem when a needed column is missing or could be two, naming what was seen.
    """
    seen: dict[str, list[str]] = {}
    for text in header:
        if text.strip():
            seen.setdefault(comparable(text), []).append(text)
    found: dict[str, str] = {}
    missing: list[str] = []
    doubled: list[str] = []
    taken = {comparable(text) for text in columns.values() if text}
    for question in form.questions:
        wanted = columns.get(question.key)
        if wanted == "" and question.key not in form.essential:
            continue
        spellings = (comparable(wanted),) if wanted else question.spellings()
        hits = [text for spelling in spellings if wanted or spelling not in taken for text in seen.get(spelling, [])]
        if len(hits) > 1:
            doubled.append(" and ".join(f'"{hit}"' for hit in hits) + f" (for {question.key})")
        elif hits:
            found[question.key] = hits[0]
        elif question.is_required or wanted or question.key in needed:
            missing.append(f'"{wanted or question.title}" ({question.key})')
    unknown = sorted(set(columns) - set(form.by_key))
    if unknown:
        missing.append(f"form.columns names questions that do not exist: {', '.join(unknown)}")
    if missing or doubled:
        raise _header_problem(missing, doubled, header, tab)
    return found


def _header_problem(
    missing: Sequence[str], doubled: Sequence[str], header: Sequence[str], tab: str
) -> SheetHeaderProblem:
    said = []
    if missing:
        said.append(f"is missing {', '.join(missing)}")
    if doubled:
        said.append(f"has more than one column for {', '.join(doubled)}")
    seen = ", ".join(f'"{text[:80]}"' for text in header[:60] if text.strip()) or "none"
    return SheetHeaderProblem(
        f'The tab "{tab}" {" and ".join(said)}. Columns seen: {seen}.',
        hint="If a question was renamed, name its column under [form.columns] (matchmaker map proposes it); "
        'if the form no longer asks it, write its key = "" there; '
        "of two columns, rename the one that is no longer used.",
    )
