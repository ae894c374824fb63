"""What the answers of two or three settle, and what they leave open, as sentences that can be checked in the form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from pipeline.matching.eligibility import (
    PARTNERSHIP,
    BrokenRule,
    broken_for_visit,
    broken_rules,
    dates_in_words,
    day_in_words,
    days_needed,
    in_words,
    languages_in_words,
    window,
)
from pipeline.matching.text import only_does
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import Entry, Role, Ticked

_TOLD_ELSEWHERE = frozenset({"role", "format", "place", "barred", "left_alone", "same_organisation"})
_ABOUT_THE_VISIT = frozenset({"dates", "full", "capacity"})


def practical(asking: Entry, offering: Entry, today: date | None = None, joining: Entry | None = None) -> list[str]:
    """What everybody's answers already settle: form, language, dates, length and numbers."""
    everybody = [asking, offering] if joining is None else [asking, offering, joining]
    who = "Both" if joining is None else "All three"
    said = []
    partners = only_partners(asking, offering, today)
    misplaced = not partners and out_of_part(asking, offering, joining)
    formats = shared_answers("formats", *everybody)
    if partners:
        said.append(_as_partners(asking, offering, today, joining))
    elif formats:
        said.append(f"{who} are open to {quoted(formats)}.")
    elif joining is None and (near := related_answers("formats", asking, offering)):
        said.append(f"Formats that go together: {of_each(asking, offering, near, 'chose')}.")
    languages = [code for code in asking.languages if all(code in entry.languages for entry in everybody)]
    if languages:
        said.append(f"{who} can work in {languages_in_words(languages)}.")
    if not partners:
        said += _dates(asking, offering, joining, today, comparable=not misplaced)
        said += _length_and_numbers(asking, offering, joining)
    return said


def out_of_part(asking: Entry, offering: Entry, joining: Entry | None = None) -> list[Entry]:
    """Who would take a part in a visit that it did not answer for: guests that only host, a host that only travels."""
    guests = [entry for entry in (asking, joining) if entry is not None and entry.role is Role.HOST]
    return [*guests, *([offering] if offering.role is Role.SEND else [])]


def receives(entry: Entry, offering: Entry) -> bool:
    """Whether what an entry answered is about receiving guests: by its part where it would host and travel."""
    return entry.role is Role.HOST or (entry is offering and entry.role is Role.EITHER)


def _dates(asking: Entry, offering: Entry, joining: Entry | None, today: date | None, *, comparable: bool) -> list[str]:
    """The dates that all who named any have in common, from today on; where only one did, its own.

    Each its own where they are not `comparable`: two windows for travelling are none for a visit.
    """
    everybody = [entry for entry in (asking, offering, joining) if entry]
    first, last = window(*everybody)
    dated = [entry for entry in everybody if entry.date_from or entry.date_to]
    if comparable and first and last and len(dated) > 1:
        begins = max(first, today) if today else first
        if (last - begins).days + 1 >= days_needed(asking):
            whose = "all three" if len(dated) == 3 else in_words([entry.organisation for entry in dated])
            overlap = "Their dates overlap" if joining is None else f"The dates of {whose} overlap"
            begun = today is not None and first <= today
            return [f"{overlap} {'' if begun else f'from {day_in_words(first)} '}until {day_in_words(last)}."]
    forwards = [one for one in dated if not (one.date_from and one.date_to and one.date_from > one.date_to)]
    return [
        f"{one.organisation} {verb}: {dates_in_words(one)}."
        for one in forwards
        for verb in ("can receive guests" if receives(one, offering) else "would travel",)
    ]


def _length_and_numbers(asking: Entry, offering: Entry, joining: Entry | None) -> list[str]:
    """How long and with how many each would travel or receive, as it answered: "A asks for 3 days for 2 people"."""
    plans = []
    for entry in (asking, joining, offering):
        if entry is None:
            continue
        is_host = receives(entry, offering)
        people = entry.capacity if is_host else entry.group_size
        days = entry.duration_days and f"{entry.duration_days:g} day{'s' if entry.duration_days != 1 else ''}"
        count = people and f"{'up to ' if is_host else ''}{people} {'people' if people != 1 else 'person'}"
        if days:
            verb = "offers" if is_host else "asks for"
            plans.append(f"{entry.organisation} {verb} {days}{f' for {count}' if count else ''}")
        elif count:
            verb = "can receive" if is_host else "would come with"
            plans.append(f"{entry.organisation} {verb} {count}")
    return [f"{'; '.join(plans)}."] if plans else []


def unstated(
    asking: Entry, offering: Entry, joining: Entry | None = None, *, today: date | None = None
) -> tuple[str, ...]:
    """What was not filled in and somebody should ask, as sentences; a text may say it.

    Whoever answered for another part in the visit is asked first whether it would take this one.
    """
    guests = [asking] if joining is None else [asking, joining]
    others = out_of_part(asking, offering, joining)
    host = offering.organisation
    partners = only_partners(asking, offering, today)
    blank = [
        f"What {entry.organisation} would like to learn"
        for entry in guests
        if not entry.seeks and (entry.offers or (not partners and _says_only(entry, "offers")))
    ]
    shows = bool(offering.offers) or not (offering.seeks or (not partners and _says_only(offering, "wishes")))
    blank += [] if shows else [f"What {host} can show"]
    blank += [f"Languages of {entry.organisation}" for entry in (*guests, offering) if not entry.languages]
    if not partners:
        asked = [entry for entry in (*guests, offering) if entry not in others]
        unknown = [entry for entry in asked if not entry.target_groups]
        undated = [entry for entry in asked if not (entry.date_from or entry.date_to)]
        blank += [f"Who would travel from {entry.organisation}" for entry in guests if entry in unknown]
        blank += [f"Whom {host} would receive"] if offering in unknown else []
        blank += [f"When {host} can receive guests"] if offering in undated else []
        for entry in guests:
            name = entry.organisation
            blank += [f"When {name} would travel"] if entry in undated else []
            blank += [f"How many would come from {name}"] if entry in asked and entry.group_size is None else []
        uncounted = offering in asked and offering.capacity is None
        blank += [f"How many guests {host} can receive at once"] if uncounted else []
    return tuple(f"{question}: not filled in." for question in blank)


def what_keeps_apart(
    asking: Entry,
    offering: Entry,
    joining: Entry | None = None,
    *,
    today: date | None = None,
    avoided: Collection[frozenset[str]] = (),
    together: Sequence[BrokenRule] = (),
) -> tuple[str, ...]:
    """What the answers of those whom somebody named say against a visit of theirs, as sentences: parts, dates, formats.

    `together` are the rules that three break who could meet in pairs. Places are a matter of the reasons; declined
    pairs and who asked for silence are known where matches are kept.
    """
    misplaced = [] if only_partners(asking, offering, today) else out_of_part(asking, offering, joining)
    parts = [
        f"{entry.organisation} asked to travel, not to host."
        if entry is offering
        else f"{entry.organisation} offered to host, not to travel."
        for entry in misplaced
    ]
    found: list[str] = []
    broken: set[str] = set()
    for guest in filter(None, (asking, joining)):
        formats = [[one.text for one in answers_of("formats", entry)] for entry in (guest, offering)]
        if all(formats) and related_answers("formats", guest, offering) is None:
            found.append(f"they have no format in common: {of_each(guest, offering, formats, 'chose')}.")
            broken.add("format")
        who = f"{guest.organisation} and {offering.organisation}: " if joining else ""
        told = _TOLD_ELSEWHERE | (_ABOUT_THE_VISIT if out_of_part(guest, offering) else frozenset())
        rules = [rule for rule in broken_rules(guest, offering, today=today, avoided=avoided) if rule.code not in told]
        found += [f"{who}{_begun(rule.sentence)}" for rule in rules]
        broken.update(rule.code for rule in rules)
    broken |= _ABOUT_THE_VISIT if out_of_part(asking, offering, joining) else set()
    found += [_begun(rule.sentence) for rule in together if rule.code not in broken | {"same_organisation"}]
    found = [*parts, *found]
    return tuple(dict.fromkeys(found))


def _begun(sentence: str) -> str:
    """A rule's sentence after a colon: without a capital, but for a name."""
    plain = sentence.startswith(("No ", "The ", "Both ", "One "))
    return sentence[:1].lower() + sentence[1:] if plain else sentence


def _says_only(entry: Entry, kind: str) -> bool:
    """Whether the one text of an entry that would do either only offers, or only wishes."""
    return entry.role is Role.EITHER and bool(entry.text) and only_does(entry.text or "", kind)


def answers_of(kind: str, entry: Entry) -> tuple[Ticked, ...]:
    """What an entry answered: the options as ticked; of a list that holds only codes, what the codes mean."""
    if entry.ticked and (ticked := tuple([one for one in entry.ticked if one.question == kind])):
        return ticked
    return _named(kind, getattr(entry, kind))


@lru_cache(maxsize=20_000)
def _named(kind: str, codes: tuple[str, ...]) -> tuple[Ticked, ...]:
    names: Mapping[str, str] = getattr(vocabulary(), kind)
    told = [code for code in dict.fromkeys(codes) if code not in vocabulary().without_meaning]
    return tuple(Ticked(question=kind, text=names.get(code, code), codes=(code,)) for code in told)


def shared_answers(kind: str, *entries: Entry) -> tuple[str, ...]:
    """What everybody answered, word for word, in the order of the first."""
    return _in_all(tuple([_texts(kind, entry) for entry in entries]))


def _texts(kind: str, entry: Entry) -> tuple[str, ...]:
    if entry.ticked:
        return tuple([one.text for one in answers_of(kind, entry)])
    return _names(kind, getattr(entry, kind))


@lru_cache(maxsize=20_000)
def _names(kind: str, codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one.text for one in _named(kind, codes))


@lru_cache(maxsize=20_000)
def _in_all(lists: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    first, *others = lists
    return tuple(text for text in first if all(text in texts for texts in others))


def related_answers(kind: str, left: Entry, right: Entry) -> tuple[list[str], list[str]] | None:
    """The answers of each that mean something in common, though no two may be the same; None when none do."""
    pairs = [
        (one.text, other.text)
        for one in answers_of(kind, left)
        for other in answers_of(kind, right)
        if set(one.codes) & set(other.codes)
    ]
    if not pairs:
        return None
    lefts, rights = zip(*pairs, strict=True)
    return list(dict.fromkeys(lefts)), list(dict.fromkeys(rights))


def only_partners(asking: Entry, offering: Entry, today: date | None = None) -> bool:
    """Whether a partnership in a project is all that the two could do together."""
    if PARTNERSHIP not in asking.formats or PARTNERSHIP not in offering.formats:
        return False
    visits = set(asking.formats) & set(offering.formats) - {PARTNERSHIP}
    return not visits or bool(broken_for_visit(asking, offering, today))


def _as_partners(asking: Entry, offering: Entry, today: date | None, joining: Entry | None) -> str:
    if joining and PARTNERSHIP in joining.formats:
        return "All three could be partners in a project: they are open to a project partnership."
    who = f"{asking.organisation} and {offering.organisation}" if joining else "They"
    said = f"{who} could be partners in a project: both are open to a project partnership."
    both = {asking.role, offering.role}
    if not joining and (both == {Role.HOST} or both == {Role.SEND}):
        would = "receive visitors" if both == {Role.HOST} else "travel"
        return f"Both would {would}, so this is not about a visit: they could be partners in a project."
    visits = set(asking.formats) & set(offering.formats) - {PARTNERSHIP}
    broken = broken_for_visit(asking, offering, today) if visits and not joining else ()
    return f"{said} A visit does not fit: {broken[0].sentence}" if broken else said


def of_each(left: Entry, right: Entry, labels: Iterable[Sequence[str]], verb: str) -> str:
    """Which of the two ticked what: "Oslo chose “A” and “B”, Gent “C”"."""
    lefts, rights = labels
    return f"{left.organisation} {verb} {quoted(lefts)}, {right.organisation} {quoted(rights)}"


def quoted(labels: Sequence[str]) -> str:
    """Answers in quotation marks, as a list."""
    return in_words([f"“{label}”" for label in labels])
