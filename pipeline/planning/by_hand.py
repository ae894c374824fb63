"""Lines of the tab `By hand` -> matches: the officer names two or three organisations herself.

A line becomes a proposal in the review tab like any other, with its own tick; beside it stands whom the program
understood. A line that stays there is not read as a new wish: each line is good for one proposal, and whoever wants
the same organisations introduced once more writes them down a second time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.cleaning import organisation_key
from pipeline.linkage import Directory
from pipeline.matching.names import is_subject, kinds_of
from pipeline.matching.names import name_words as lists_of_names
from pipeline.model import Match, MatchStatus, Organisation, Party, Problem, Side, Stage, Table
from pipeline.planning.entries import canonical
from pipeline.planning.match_content import SUITABLE, Source, build, to_party
from pipeline.tabs.by_hand import TITLES, HandLine, read_lines

_ID = re.compile(r"(?<![\w-])(?:E-[0-9A-HJKMNP-TV-Z]{8}|O-[A-Z2-7]{8}|M-[A-Z2-7]{10})(?![\w-])", re.IGNORECASE)
"""What ids of answers, organisations and matches look like in the sheet, alone or behind a name."""
WORK = frozenset(
    """employment education training vocational youth guidance adult social welfare craft industry trade tourism farming
    care sea logistics culture public project life market""".split()  # noqa: SIM905 - a word list
)
"""Kinds of `config/matching/names.toml` that speak of work and not of who does it: "working life" is nobody."""
CHOICES_SHOWN = 6
"""Organisations listed that a name could mean."""
ASK_THEM = "Ask them to fill in the form, or write yourself. A line that is done with may be deleted."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """One line and what it came to: parties, or what must be mended."""

    line: HandLine
    parties: tuple[Party, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What the lines came to, in the order of the tab."""

    read: tuple[ReadLine, ...]

    @property
    def lines(self) -> tuple[tuple[Party, ...], ...]:
        """The parties of the lines that were understood."""
        return tuple(one.parties for one in self.read if one.parties)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What must be mended on the others."""
        return tuple(one.problem for one in self.read if one.problem)


def read_by_hand(
    table: Table,
    organisations: Sequence[Organisation],
    sources: Mapping[str, Source],
    *,
    aliases: Mapping[str, Sequence[str]] | None = None,
    closed: Mapping[str, str] | None = None,
    memory: Mapping[str, str] | None = None,
) -> ByHand:
    """Turn each filled line into parties, or into a Problem that names row, column and remedy.

    `closed` says of names and ids without an open entry, by organisation key, what became of it; `memory` are the
    organisations' ids of all times, as `Entries` has them.
    """
    written = read_lines(table)
    if not written:
        return ByHand(read=())
    reader = _Reader(organisations, sources, aliases or {}, closed or {}, memory or {})
    return ByHand(read=tuple(reader.read(line) for line in written))


def wishes(
    lines: Sequence[tuple[Party, ...]],
    known: Sequence[Match],
    finished: Collection[str],
    sources: Mapping[str, Source],
    *,
    today: date,
    spent: Collection[str] = (),
) -> tuple[Match, ...]:
    """The matches that lines ask for and nobody has proposed by hand yet.

    `known` are the matches that still count, `finished` the ids of those introduced or declined, and `spent` those
    whose tick must not speak again. An open proposal
    of the same organisations becomes the line's own; otherwise a new one is made. In the order of the lines.
    """
    wanted: dict[tuple[str, ...], list[tuple[Party, ...]]] = {}
    for line in lines:
        wanted.setdefault(_together(line), []).append(line)
    found = []
    for group, parties in wanted.items():
        matches = [match for match in known if _together(match.parties) == group]
        done = [match for match in matches if match.by_hand and match.id in finished]
        open_ones = [match for match in matches if match.id not in finished]
        if len(parties) <= len(done) or any(match.by_hand for match in open_ones):
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
                spent={*spent, *(match.id for match in matches)},
            )
        )
    return tuple(found)


def _together(parties: tuple[Party, ...]) -> tuple[str, ...]:
    """Who takes which part, whatever the spelling: what makes two lines the same wish."""
    return tuple(f"{party.side}:{party.organisation_id or party.email}" for party in parties)


def answers(
    found: ByHand, matches: Mapping[str, Match], statuses: Mapping[str, MatchStatus], superseded: Mapping[str, str]
) -> dict[str, str]:
    """The key of each line -> what stands beside it: who was understood and which match it became, or what to mend."""
    by_hand: dict[tuple[str, ...], list[MatchStatus]] = {}
    for match in matches.values():
        if match.by_hand and match.id in statuses and match.id not in superseded:
            by_hand.setdefault(_together(match.parties), []).append(statuses[match.id])
    return {
        one.line.key: f"{one.problem.what} {one.problem.fix}"
        if one.problem
        else f"{_understood(one.parties)}: {_became(by_hand.get(_together(one.parties), ()))}"
        for one in found.read
    }


def _understood(parties: Sequence[Party]) -> str:
    sending, receiving, *joining = (_placed(party.organisation, party.country) for party in parties)
    joins = "".join(f", {name} joins" for name in joining)
    return f"{sending} sends to {receiving}{joins}"


def _became(statuses: Sequence[MatchStatus]) -> str:
    return "; ".join(f"{status.match} ({_stage(status)})" for status in statuses) or "no proposal"


def _stage(status: MatchStatus) -> str:
    if status.stage is Stage.PROPOSED:
        return "proposed: tick Approve in Review"
    if status.stage is Stage.INTRODUCED:
        return "introduced: to do it once more, write the line once more"
    return str(status.stage).lower()


class _Reader:
    """Understands lines, with everybody who is known at hand."""

    def __init__(
        self,
        organisations: Sequence[Organisation],
        sources: Mapping[str, Source],
        aliases: Mapping[str, Sequence[str]],
        closed: Mapping[str, str],
        memory: Mapping[str, str],
    ) -> None:
        spoken: dict[str, list[str]] = {}
        for source in sources.values():
            spoken.setdefault(source.entry.organisation_id, []).append(source.response.name)
        self.organisations = {one.id: one for one in organisations}
        self.directory = Directory(
            [replace(one, spellings=(*one.spellings, *spoken.get(one.id, ()))) for one in organisations],
            aliases,
            names_of=_names_of,
        )
        self.countries = {source.entry.organisation_id: source.response.country for source in sources.values()}
        self.sources = sources
        self.closed = closed
        self.memory = memory

    def read(self, line: HandLine) -> ReadLine:
        """One line."""
        found = self._sides(line)
        if isinstance(found, Problem):
            return ReadLine(line=line, problem=found)
        return ReadLine(line=line, parties=tuple(to_party(side, self.sources[entry]) for side, entry in found))

    def _sides(self, line: HandLine) -> list[tuple[Side, str]] | Problem:
        chosen: list[tuple[Side, str]] = []
        for side in TITLES:
            text = line.texts.get(side)
            if text:
                entry = self._entry_named(line, side, text)
                if isinstance(entry, Problem):
                    return entry
                chosen.append((side, entry))
            elif side is not Side.JOINING:
                return _problem(line, side, f"{TITLES[side]} is empty.", "Name both organisations on this line.")
        addresses = {self.sources[entry].response.email for _, entry in chosen}
        if len({self.sources[entry].entry.organisation_id for _, entry in chosen}) < len(chosen):
            return _problem(
                line, Side.SENDING, "Two sides of this line are the same organisation.", "Name two organisations."
            )
        if len(addresses) < len(chosen):
            return _problem(
                line, Side.SENDING, "Two sides of this line have the same address.", "Name two organisations."
            )
        return chosen

    def _entry_named(self, line: HandLine, side: Side, text: str) -> str | Problem:
        ids = {one.upper() for one in _ID.findall(text)}
        if len(ids) == 1:
            return self._of_id(line, side, ids.pop())
        meant = self.directory.meant(text)
        if len(meant.found) > 1:
            choices = "; ".join(self._told(own, with_id=True) for own in meant.found[:CHOICES_SHOWN])
            left_out = len(meant.found) - CHOICES_SHOWN
            choices += f"; and {left_out} more" if left_out > 0 else ""
            return _problem(line, side, f"“{text}” could be several: {choices}.", "Write the Id instead.")
        if not meant.found:
            return self._nobody(line, side, text, meant.nearest)
        entry = _entry(side, meant.found[0], self.sources)
        if entry is None:
            return _problem(line, side, f"{self._told(meant.found[0])} has no open entry.", ASK_THEM)
        return entry

    def _of_id(self, line: HandLine, side: Side, identifier: str) -> str | Problem:
        """Whom an id means that stands somewhere in the sheet."""
        if identifier in self.sources:
            return identifier
        if identifier.startswith("M-"):
            what, fix = (
                f"{identifier} is a proposal, not an organisation.",
                "Write the organisations, one in each column.",
            )
            return _problem(line, side, what, fix)
        own = canonical(identifier, self.memory)
        entry = _entry(side, own, self.sources)
        if entry is not None:
            return entry
        why = self.closed.get(organisation_key(identifier))
        if why or own in self.organisations or own in self.memory.values():
            return _problem(line, side, " ".join(filter(None, (f"{identifier} has no open entry.", why))), ASK_THEM)
        what = f"Nothing is known by the id {identifier}."
        fix = "Copy it from the column Id of the tab Organisations or Entries, or write the organisation's name."
        return _problem(line, side, what, fix)

    def _nobody(self, line: HandLine, side: Side, text: str, nearest: Sequence[str]) -> Problem:
        why = self.closed.get(organisation_key(text))
        if why:
            return _problem(line, side, f"{text} has no open entry. {why}", ASK_THEM)
        names = "; ".join(dict.fromkeys(self.organisations[own].name for own in nearest))
        hint = f"Did you mean: {names}? " if names else ""
        fix = f"{hint}Write it as in the tab Organisations, or its Id."
        return _problem(line, side, f"Nobody is known by the name “{text}”.", fix)

    def _told(self, own: str, *, with_id: bool = False) -> str:
        """Name and place; with its id where it must be told from others."""
        one = self.organisations[own]
        return _placed(one.name, one.city, self.countries.get(own, one.country)) + (f": {own}" if with_id else "")


def _names_of(words: Sequence[str]) -> tuple[str, ...]:
    """The words that may be a name: topics and short forms of the trade never are, a kind of work with a body."""
    trade = lists_of_names().trade
    found = tuple(word for word in words if word not in trade and not is_subject(word))
    is_body = len(words) > 1 and any(kinds_of(word) - WORK for word in words)
    return found if is_body or not all(kinds_of(word) for word in found) else ()


def _placed(name: str, *where: str | None) -> str:
    place = ", ".join(filter(None, where))
    return f"{name} ({place})" if place else name


def _entry(side: Side, organisation: str, sources: Mapping[str, Source]) -> str | None:
    """The organisation's entry that suits the side best: the right role, then nobody to ask first, the newest."""
    own = [source for source in sources.values() if source.entry.organisation_id == organisation]
    own.sort(
        key=lambda source: (
            source.entry.role in SUITABLE[side],
            source.response.held is None,
            source.entry.submitted_at or date.min,
            source.entry.id,
        )
    )
    return own[-1].entry.id if own else None


def _problem(line: HandLine, side: Side, what: str, fix: str) -> Problem:
    title = TITLES[side]
    return Problem(where=f"{line.where}, {title}", what=what, fix=fix, key=f"by-hand:{title}:{what}")
