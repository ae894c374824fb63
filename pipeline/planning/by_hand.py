"""Lines of the tab `By hand` -> matches: the officer names two or three organisations herself.

The program never writes into this tab. A line becomes a proposal in the review tab like any other, with
its own tick. A line that stays there is not read as a new wish: each line is good for one proposal, and
whoever wants the same organisations introduced once more writes them down a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.cleaning.folding import fold
from pipeline.model import Match, Organisation, Party, Problem, Role, Side, Table
from pipeline.planning.match_content import Source, build, to_party
from pipeline.tabs.by_hand import TITLES, HandLine, read_lines

SUITABLE = {
    Side.SENDING: (Role.SEND, Role.EITHER),
    Side.RECEIVING: (Role.HOST, Role.EITHER),
    Side.JOINING: (Role.SEND, Role.EITHER),
}
CHOICES_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What the lines came to."""

    lines: tuple[tuple[Party, ...], ...]
    problems: tuple[Problem, ...]


def read_by_hand(table: Table, organisations: Sequence[Organisation], sources: Mapping[str, Source]) -> ByHand:
    """Turn each filled line into parties, or into a Problem that names row, column and remedy."""
    names = _names(organisations, sources)
    lines, problems = [], []
    for written in read_lines(table):
        line = _line(written, names, sources)
        if isinstance(line, Problem):
            problems.append(line)
            continue
        lines.append(tuple(to_party(side, sources[entry]) for side, entry in line))
    return ByHand(lines=tuple(lines), problems=tuple(problems))


def wishes(
    lines: Sequence[tuple[Party, ...]],
    known: Sequence[Match],
    finished: Collection[str],
    sources: Mapping[str, Source],
    today: date,
) -> tuple[Match, ...]:
    """The matches that lines ask for and nobody has proposed by hand yet.

    `known` are the matches so far, `finished` the ids of those introduced or declined. An open proposal
    of the same organisations becomes the line's own; otherwise a new one is made. In the order of the lines.
    """
    wanted: dict[tuple[str, ...], list[tuple[Party, ...]]] = {}
    for line in lines:
        wanted.setdefault(_together(line), []).append(line)
    found = []
    for group, parties in wanted.items():
        matches = [match for match in known if _together(match.parties) == group]
        spent = [match for match in matches if match.by_hand and match.id in finished]
        open_ones = [match for match in matches if match.id not in finished]
        if len(parties) <= len(spent) or any(match.by_hand for match in open_ones):
            continue
        if open_ones:
            found.append(replace(open_ones[0], by_hand=True))
            continue
        found.append(
            build(
                parties[0],
                sources=sources,
                today=today,
                by_hand=True,
                spent={match.id for match in matches},
            )
        )
    return tuple(found)


def _together(parties: tuple[Party, ...]) -> tuple[str, ...]:
    """Who takes which part, whatever the spelling: what makes two lines the same wish."""
    return tuple(f"{party.side}:{party.organisation_id or party.email}" for party in parties)


def _line(
    line: HandLine, names: Mapping[str, frozenset[str]], sources: Mapping[str, Source]
) -> list[tuple[Side, str]] | Problem:
    chosen: list[tuple[Side, str]] = []
    for side in TITLES:
        text = line.texts.get(side)
        if not text:
            if side is not Side.JOINING:
                return _problem(line, side, f"{TITLES[side]} is empty.", "Name both organisations on this line.")
            continue
        organisations = names.get(fold(text), frozenset())
        if len(organisations) != 1:
            spoken = {source.response.name for source in sources.values()}
            return _unresolved(line, side, text, organisations, spoken)
        entry = _entry(side, next(iter(organisations)), sources)
        if entry is None:
            return _problem(
                line,
                side,
                f"{text} has no open entry.",
                "Ask them to fill in the form, or write yourself. A line that is done with may be deleted.",
            )
        chosen.append((side, entry))
    addresses = {sources[entry].response.email for _, entry in chosen}
    if len(addresses) < len(chosen):
        return _problem(line, Side.SENDING, "Two sides of this line have the same address.", "Name two organisations.")
    if len({sources[entry].entry.organisation_id for _, entry in chosen}) < len(chosen):
        return _problem(
            line, Side.SENDING, "Two sides of this line are the same organisation.", "Name two organisations."
        )
    return chosen


def _names(organisations: Sequence[Organisation], sources: Mapping[str, Source]) -> dict[str, frozenset[str]]:
    """Folded name -> ids of the organisations that go by it."""
    found: dict[str, set[str]] = {}
    for organisation in organisations:
        for name in (organisation.id, organisation.name, *organisation.spellings):
            found.setdefault(fold(name), set()).add(organisation.id)
    for source in sources.values():
        found.setdefault(fold(source.response.name), set()).add(source.entry.organisation_id)
    return {name: frozenset(identifiers) for name, identifiers in found.items()}


def _entry(side: Side, organisation: str, sources: Mapping[str, Source]) -> str | None:
    """The organisation's entry that suits the side best: right role first, then the newest."""
    own = [source for source in sources.values() if source.entry.organisation_id == organisation]
    own.sort(
        key=lambda source: (
            source.entry.role in SUITABLE[side],
            source.entry.submitted_at or date.min,
            source.entry.id,
        )
    )
    return own[-1].entry.id if own else None


def _unresolved(
    line: HandLine, side: Side, text: str, organisations: frozenset[str], spoken: Collection[str]
) -> Problem:
    if organisations:
        choices = ", ".join(sorted(organisations))
        return _problem(line, side, f"“{text}” could be several: {choices}.", "Write the Id instead.")
    wanted = set(fold(text).split())
    shared = {name: len(wanted & set(fold(name).split())) for name in spoken}
    close = sorted((name for name, words in shared.items() if words), key=lambda name: (-shared[name], name))
    hint = f"Did you mean: {'; '.join(close[:CHOICES_SHOWN])}? " if close else ""
    return _problem(line, side, f"“{text}” is not known.", f"{hint}Write it as in the tab Organisations, or its Id.")


def _problem(line: HandLine, side: Side, what: str, fix: str) -> Problem:
    title = TITLES[side]
    return Problem(where=f"{line.where}, {title}", what=what, fix=fix, key=f"by-hand:{title}:{what}")
