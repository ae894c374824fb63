"""Every sentence of a reason can be checked: each kind is taken apart and held against the answers it speaks of.

    .venv/bin/python tools/check_sentences.py [--bench ../shared/bench] [--proposed] [--usage]

Reads the lists of both matching benches, proposes, and checks each row: every sentence alone, against the other
sentences of the row, and against the letter that the row would become. Prints how many sentences of each kind were
used, and the false ones; ends with 1 when there are any, with 2 when no list was found. The tests use the same checks
on generated and sample answers. Nothing here asks the code that words the sentences: what a sentence says is read from
its words.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline.letters.points import what_fits, what_is_open  # noqa: E402
from pipeline.matching import MatchingSettings, propose  # noqa: E402
from pipeline.matching.files import read_entries  # noqa: E402
from pipeline.matching.vocabulary import vocabulary  # noqa: E402
from pipeline.model import Band, Candidate, Entry, Party, PointCode, Reason, Role, Side  # noqa: E402

LISTS = ("matching/dev.csv", "wild/matching/wild.csv", "directed/dev.csv")
MONTHS = [f"{date(2031, month, 1):%B}" for month in range(1, 13)]
PARTNERSHIP = "project_partnership"
_LABELS = r"(“[^”]*”(?:(?:, | and )“[^”]*”)*)"
_EACH = rf"<A> (?:chose|named) {_LABELS}, <B> {_LABELS}"
_SEVERAL = {"All three": 3, "all three": 3, "<A> and <B>": 2, "They": 2, "Both": 2, "both": 2}


@dataclass(frozen=True)
class Case:
    """A sentence of a row, and whom it speaks of."""

    candidate: Candidate
    reason: Reason
    asking: Entry
    offering: Entry
    joining: Entry | None
    today: date | None

    @property
    def everybody(self) -> list[Entry]:
        """The two or three of the row."""
        return [entry for entry in (self.asking, self.offering, self.joining) if entry]

    @property
    def plain(self) -> str:
        """The sentence with <A>, <B> and <C> for the organisations."""
        text = self.reason.sentence
        marks = zip("ABC", self.everybody, strict=False)
        for mark, entry in sorted(marks, key=lambda one: -len(one[1].organisation)):
            text = text.replace(entry.organisation, f"<{mark}>")
        return text


def cases_of(candidate: Candidate, entries: Iterable[Entry], today: date | None) -> list[Case]:
    """The sentences of one row, what is left open last."""
    by_id = {entry.id: entry for entry in entries}
    open_ones = [Reason(feature="unstated", sentence=sentence) for sentence in candidate.unstated]
    return [
        Case(
            candidate,
            reason,
            by_id[candidate.sending],
            by_id[candidate.receiving],
            by_id[candidate.joining] if candidate.joining else None,
            today,
        )
        for reason in (*candidate.reasons, *open_ones)
    ]


def rows_of(
    entries: Sequence[Entry], settings: MatchingSettings, given: Sequence[tuple[str, ...]] = ()
) -> Iterator[list[Case]]:
    """The rows that these entries give, each as its sentences; then those of `given` entries, as if named by hand."""
    found = propose(entries, settings=settings, given=given)
    for candidate in (*found.candidates, *found.given.values()):
        yield cases_of(candidate, entries, settings.today)


def by_hand(entries: Sequence[Entry], each: int = 2) -> list[tuple[str, ...]]:
    """Entries that somebody might name together, whatever they answered: everybody with the next few, and in threes."""
    ids = [entry.id for entry in entries]
    several = [ids[number:] + ids[:number] for number in range(1, each + 2)]
    return [
        *((one, other) for turn in several[:each] for one, other in zip(ids, turn, strict=True)),
        *zip(ids, *several[:2], strict=True),
    ]


def false_ones(rows: Iterable[Sequence[Case]]) -> list[tuple[str, str]]:
    """What is false, as (kind, sentence): sentences that are, and what contradicts the row or its letter."""
    found = []
    for row in rows:
        found += [(case.reason.feature, case.reason.sentence) for case in row if not is_true(case)]
        found += [("row", what) for what in contradictions(row)]
    return found


def is_true(case: Case) -> bool:
    """Whether one sentence says what the answers say."""
    return CHECKS[case.reason.feature](case)


# -- what the answers are ----------------------------------------------------------------------------------


def answers(kind: str, entry: Entry) -> dict[str, set[str]]:
    """What an entry ticked -> the codes that means; for a list of codes, their names."""
    ticked = {one.text: set(one.codes) for one in entry.ticked if one.question == kind}
    names: dict[str, str] = dict(getattr(vocabulary(), kind))
    return ticked or {names.get(code, code): {code} for code in getattr(entry, kind) if code != "other"}


def shared(kind: str, entries: Sequence[Entry]) -> set[str]:
    """What all of them ticked."""
    return set.intersection(*(set(answers(kind, entry)) for entry in entries))


def related(kind: str, left: Entry, right: Entry) -> tuple[set[str], set[str]]:
    """The ticks of each whose meaning the other's share."""
    one, other = answers(kind, left), answers(kind, right)
    return (
        {text for text, codes in one.items() if any(codes & others for others in other.values())},
        {text for text, codes in other.items() if any(codes & others for others in one.values())},
    )


def written(entry: Entry) -> str:
    """Everything in which an entry may have named somebody."""
    return " ".join(part for part in (entry.named_partner, entry.seeks, entry.text) if part)


def overlap(entries: Sequence[Entry], today: date | None) -> tuple[date, date] | None:
    """The days that all of them named, from today on; None when somebody named none, or an end is open."""
    if not all(entry.date_from or entry.date_to for entry in entries):
        return None
    starts = [entry.date_from for entry in entries if entry.date_from]
    ends = [entry.date_to for entry in entries if entry.date_to]
    if not starts or not ends:
        return None
    return max([*starts, *([today] if today else [])]), min(ends)


def takes(entry: Entry) -> int:
    """Whole days of the visit."""
    return max(1, ceil(entry.duration_days or 1))


def day(text: str) -> date:
    """`5 March 2031`."""
    number, month, year = text.split()
    return date(int(year), MONTHS.index(month) + 1, int(number))


def quoted(text: str) -> list[str]:
    """What stands in quotation marks."""
    return re.findall("“([^”]*)”", text)


# -- one sentence ------------------------------------------------------------------------------------------


def _in_common(case: Case, kind: str, pattern: str) -> bool | None:
    """Whether "all three", "both" or "<A> and <B>" ticked exactly what is quoted; None for another sentence."""
    found = re.fullmatch(pattern, case.plain)
    if not found:
        return None
    number = _SEVERAL[found["who"]]
    who = case.everybody[:number]
    whole = number == len(case.everybody) or not shared(kind, case.everybody)
    return whole and set(quoted(found["what"])) == shared(kind, who)


def _of_each(case: Case, kind: str, found: re.Match[str], meant: tuple[set[str], set[str]]) -> bool:
    left, right = (set(quoted(part)) for part in found.groups())
    return not shared(kind, [case.asking, case.offering]) and (left, right) == meant and bool(left) and bool(right)


def topics(case: Case) -> bool:
    """Topics shared, related or different."""
    who = "(?P<who>All three|They|<A> and <B>)"
    common = _in_common(case, "topics", rf"{who} (?:chose|share) the topics? (?P<what>{_LABELS})\.")
    if common is not None:
        return common
    meant = related("topics", case.asking, case.offering)
    if found := re.fullmatch(rf"Their topics are related: {_EACH}\.", case.plain):
        return _of_each(case, "topics", found, meant)
    return _all_different(case, "topics", re.fullmatch(rf"Against it: their topics differ: {_EACH}\.", case.plain))


_RECEIVED = "as those who travel or are received"


def people(case: Case) -> bool:
    """Who travels or is received: the same, or nearly."""
    who = "(?P<who>All three|Both|<A> and <B>)"
    common = _in_common(case, "target_groups", rf"{who} named (?P<what>{_LABELS}) {_RECEIVED}\.")
    if common is not None:
        return common
    found = re.fullmatch(rf"{_EACH} {_RECEIVED}\.", case.plain)
    meant = related("target_groups", case.asking, case.offering)
    return found is not None and _of_each(case, "target_groups", found, meant)


def groups_apart(case: Case) -> bool:
    """Who travels is not who is received, each as the one who answered would have it."""
    verbs = [_VERBS_OF_GROUPS[answered_as(case, entry)] for entry in (case.asking, case.offering)]
    found = re.fullmatch(rf"Against it: <A> {verbs[0]} {_LABELS}; <B> {verbs[1]} {_LABELS}\.", case.plain)
    return _all_different(case, "target_groups", found)


_VERBS_OF_GROUPS = {Role.SEND: "would send", Role.HOST: "receives"}


def answered_as(case: Case, entry: Entry) -> Role:
    """What an entry's answers are about: hosting or travelling; its part in the row where it would do either."""
    part = Role.HOST if entry is case.offering else Role.SEND
    return part if entry.role is Role.EITHER else entry.role


def misplaced(case: Case) -> list[Entry]:
    """Whoever answered for another part than it has in the row."""
    parts = [(entry, Role.HOST if entry is case.offering else Role.SEND) for entry in case.everybody]
    return [entry for entry, part in parts if entry.role not in (part, Role.EITHER)]


def _all_different(case: Case, kind: str, found: re.Match[str] | None) -> bool:
    if found is None or related(kind, case.asking, case.offering) != (set(), set()):
        return False
    return _of_each(case, kind, found, (set(answers(kind, case.asking)), set(answers(kind, case.offering))))


def _is_over(case: Case, text: str) -> bool:
    """Whether the last day that is told is that side's, and past."""
    found = re.fullmatch(r"[Tt]he dates of <([ABC])> are over: the last day was (.+)\.", text)
    last = dict(zip("ABC", case.everybody, strict=False))[found[1]].date_to if found else None
    return bool(found and last and case.today and last < case.today) and _said(last) == (found and found[2])


def asked_for(case: Case, whom: str, *, verb: str = "asked for") -> bool:
    """The one who asks wrote that name."""
    found = re.fullmatch(
        rf"{re.escape(case.asking.organisation)} {verb} {whom} \(“(.*)”\)(?:, whom we do not know)?\.",
        case.reason.sentence.removeprefix("Against it: "),
    )
    if not found:
        return False
    text, called = written(case.asking), found[1]
    by_pieces = (called.split(joiner) for joiner in (" and ", " or "))
    return called in text or any(all(piece in text for piece in pieces) for pieces in by_pieces)


def place_wanted(case: Case) -> bool:
    """The host is where the guest would like to go."""
    if "(“" in case.reason.sentence:
        return asked_for(case, "somebody there")
    verbs = (
        ("like to work with", "work only with") if case.asking.role is Role.HOST else ("like to go to", "go only to")
    )
    found = re.fullmatch(rf"<A> would ({'|'.join(verbs)}) (.+), and <B> is there\.", case.plain)
    if not found or case.asking.strict_places != (found[1] == verbs[1]):
        return False
    names, country = vocabulary().place_names, case.offering.country or ""
    wished = {country, country.split("-")[0]} & set(case.asking.preferred_places)
    if case.asking.strict_places:
        return bool(wished) and _places(found[2], case.asking)
    return any(names.get(code) == found[2].removeprefix("the ") for code in wished)


def place_missed(case: Case) -> bool:
    """The guest named other places than the host's."""
    if "(“" in case.reason.sentence:
        return asked_for(case, "somebody elsewhere", verb="would like")
    verb = "work with" if case.asking.role is Role.HOST else "go to"
    wants = "wants only" if case.asking.strict_places else f"would rather {verb}"
    found = re.fullmatch(rf"Against it: <A> {wants} (.+); <B> is in (?:the )?(.+)\.", case.plain)
    if not found or case.offering.country in case.asking.preferred_places:
        return False
    there = vocabulary().place_names.get(case.offering.country or "", "a place not stated")
    return found[2] == there and _places(found[1], case.asking)


def guest_elsewhere(case: Case) -> bool:
    """The host named other places than the guest's."""
    there = vocabulary().place_names.get(case.asking.country or "", "a place not stated")
    if case.offering.strict_places:
        pattern = rf"Against it: <B> wants only (.+); <A> is in (?:the )?{re.escape(there)}\."
    else:
        pattern = r"Against it: <B> would rather work with (.+)\."
    found = re.fullmatch(pattern, case.plain)
    if not found or case.asking.country in case.offering.preferred_places:
        return False
    return _places(found[1], case.offering)


def apart(case: Case) -> bool:
    """What keeps those apart whom somebody named."""
    text = case.plain.removeprefix("Against it: ")
    if text == case.plain:
        return False
    if found := re.fullmatch(r"<([ABC])> (asked to travel, not to host|offered to host, not to travel)\.", text):
        entry = dict(zip("ABC", case.everybody, strict=False))[found[1]]
        return entry in misplaced(case) and (entry.role is Role.SEND) == found[2].startswith("asked")
    if found := re.fullmatch(rf"they have no format in common: <([AC])> chose {_LABELS}, <B> {_LABELS}\.", text):
        guest = case.asking if found[1] == "A" else case.joining
        said = [set(quoted(found[number])) for number in (2, 3)]
        theirs = [set(answers("formats", entry)) for entry in (guest, case.offering) if entry]
        return said == theirs and not set(guest.formats if guest else ()) & set(case.offering.formats)
    if text.startswith(("the three have no ", "both guests come from the same country")):
        return case.joining is not None and _three_apart(case, text)
    return _two_apart(case, text)


def _two_apart(case: Case, text: str) -> bool:
    """A rule that a guest and the host break."""
    guest = case.asking
    if case.joining:
        who, _, text = text.partition(": ")
        if who not in ("<A> and <B>", "<C> and <B>"):
            return _beds(case, f"{who}: {text}".removesuffix(": "))
        guest = case.asking if "<A>" in who else case.joining
    host, pair = case.offering, (guest, case.offering)
    starts = [one for one in (guest.date_from, host.date_from, case.today) if one]
    ends = [entry.date_to for entry in pair if entry.date_to]
    short = bool(starts and ends) and (min(ends) - max(starts)).days + 1 < takes(guest)
    short = short and guest.role is not Role.HOST and host.role is not Role.SEND
    nations = {(entry.country or "?").split("-")[0] for entry in pair}
    return any(
        (
            text.startswith("no common language: ") and not set(guest.languages) & set(host.languages),
            text.startswith("the dates do not leave ") and short,
            _is_over(case, text),
            text.startswith("the dates of <") and "end before they begin" in text and _upside_down(case),
            text.startswith("both are in ") and len(nations) == 1 and guest.country is not None,
            text.startswith("<B> has no visit left") and (host.max_visits or 0) <= host.committed_visits,
            text.startswith("one of them asked us not to propose the other") and bool(guest.avoid or host.avoid),
            text == f"{guest.group_size} guests, but the host receives at most {host.capacity} at once."
            and (guest.group_size or 0) > (host.capacity or 0),
        )
    )


def _beds(case: Case, text: str) -> bool:
    guests = sum(entry.group_size or 0 for entry in (case.asking, case.joining) if entry)
    told = f"{guests} guests together, but the host receives at most {case.offering.capacity} at once."
    return text == told and guests > (case.offering.capacity or 0)


def _three_apart(case: Case, text: str) -> bool:
    """A rule that only the three together break."""
    if text.startswith("both guests"):
        nations = {(entry.country or "?").split("-")[0] for entry in case.everybody if entry is not case.offering}
        return len(nations) == 1
    for kind in ("language", "format"):
        if text == f"the three have no {kind} in common.":
            ticked = [set(getattr(entry, f"{kind}s")) for entry in case.everybody if getattr(entry, f"{kind}s")]
            return not set.intersection(*ticked)
    starts = [entry.date_from for entry in case.everybody if entry.date_from] + ([case.today] if case.today else [])
    ends = [entry.date_to for entry in case.everybody if entry.date_to]
    needed = max(takes(entry) for entry in case.everybody if entry is not case.offering)
    return text.startswith("the three have no ") and (min(ends) - max(starts)).days + 1 < needed


def _places(told: str, entry: Entry) -> bool:
    names = vocabulary().place_names
    said = {part.removeprefix("the ") for part in re.split(", | or ", told)}
    wished = {names.get(code, code) for code in entry.preferred_places}
    regions = {
        names.get(code, code)
        for code in entry.preferred_places
        if code.split("-")[0] in entry.preferred_places and "-" in code
    }
    return wished - regions <= said <= wished


def ticks_everything(case: Case) -> bool:
    """How many topics somebody chose, told where one is shared."""
    said = case.plain.removeprefix("Against it: ").removesuffix(", so one that is shared says little.")
    pair = (case.asking, case.offering)
    several = [
        f"<{mark}> chose {number} topics"
        for mark, number in zip("AB", (len(answers("topics", entry)) for entry in pair), strict=True)
        if number >= 10
    ]
    is_shared = bool(shared("topics", pair)) or any(related("topics", *pair))
    return is_shared and bool(several) and said == " and ".join(several) and case.plain.startswith("Against it: ")


def in_return(case: Case) -> bool:
    """Both said that they would host or visit in return."""
    said = re.fullmatch(r"(?:Both|<A> and <B>) would host or visit in return\.", case.plain)
    return bool(said) and case.asking.reciprocal is True and case.offering.reciprocal is True


def met_before(case: Case) -> bool:
    """Known from the record of exchanges, not from the answers."""
    return bool(re.fullmatch(r"(?:They|<A> and <B>) have worked together before\.", case.plain))


def quotes(case: Case) -> bool:
    """Whole sentences of both, as written."""
    sides = ((case.asking, case.asking.seeks), (case.offering, case.offering.offers))
    rest = case.reason.sentence
    for entry, own in sides:
        start = f"{entry.organisation} writes “"
        end = rest.find("”", len(start))
        if not rest.startswith(start) or end < 0 or not _is_written(own or entry.text or "", rest[len(start) : end]):
            return False
        rest = rest[end + 1 :].lstrip()
    return not rest


def _is_written(text: str, quote: str) -> bool:
    """Whether it is a whole sentence of the text: from a beginning to an end."""
    text = text.replace("“", "'").replace("”", "'")
    said = quote if quote in text else quote.removesuffix(".")
    starts = [at for at in range(len(text)) if text.startswith(said, at)] if said else []
    return any(
        (not (before := text[:at].rstrip(" ")) or before[-1] in ".!?\n\r")
        and (
            not (after := text[at + len(said) :])
            or said[-1] in ".!?"
            or after.lstrip(" ").startswith(("\n", "\r"))
            or not after.strip()
        )
        for at in starts
    )


def joining(case: Case) -> bool:
    """What the third said: that it would join, what it shares, and its own words."""
    third = case.joining
    if third is None:
        return False
    if quote := re.fullmatch(re.escape(third.organisation) + " writes “(.*)”", case.reason.sentence):
        return _is_written(third.seeks or third.text or "", quote[1])
    if case.plain == "<A> and <C> would visit <B>.":
        return case.offering.role is not Role.SEND and Role.HOST not in (case.asking.role, third.role)
    if named := re.fullmatch(rf"<C> and <([AB])> named {_LABELS} {_RECEIVED}\.", case.plain):
        other = case.asking if named[1] == "A" else case.offering
        nobody_else = not shared("target_groups", case.everybody)
        return nobody_else and set(quoted(named[2])) == shared("target_groups", [third, other])
    if shares := re.fullmatch(rf"<C> shares the topics? {_LABELS} with <([AB])>\.", case.plain):
        other = case.asking if shares[2] == "A" else case.offering
        return set(quoted(shares[1])) == shared("topics", [third, other])
    marks = {mark: entry.group_wanted for mark, entry in zip("ABC", case.everybody, strict=True)}
    open_ones, _, silent = case.plain.partition(";")
    found = re.fullmatch(r"(.+) (?:is|are) open to a third organisation\.?", open_ones)
    if not found:
        return False
    told = set("ABC") if found[1] == "All three" else set(re.findall("<(.)>", found[1]))
    others = set(re.findall("<(.)>", silent))
    said_so = {mark for mark, is_open in marks.items() if is_open}
    return told == said_so and others == set("ABC") - told and (not silent or silent.endswith(" did not say so."))


def practical(case: Case) -> bool:
    """Formats, a partnership instead of a visit, languages, dates."""
    for check in (_formats, _partners, _languages, _dates, _own_dates, _length_and_numbers):
        said = check(case)
        if said is not None:
            return said
    return False


def _formats(case: Case) -> bool | None:
    common = _in_common(case, "formats", rf"(?P<who>Both|All three) are open to (?P<what>{_LABELS})\.")
    if common is not None:
        partners = all(PARTNERSHIP in entry.formats for entry in (case.asking, case.offering))
        pair_is_misplaced = case.asking.role is Role.HOST or case.offering.role is Role.SEND
        return common and not (partners and pair_is_misplaced)
    if found := re.fullmatch(rf"Formats that go together: {_EACH}\.", case.plain):
        return _of_each(case, "formats", found, related("formats", case.asking, case.offering))
    return None


def _partners(case: Case) -> bool | None:
    said, _, why = case.plain.partition(" A visit does not fit: ")
    roles = {case.asking.role, case.offering.role}
    two, three = len(case.everybody) == 2, len(case.everybody) == 3
    told = {
        "Both would receive visitors, so this is not about a visit: they could be partners in a project.": (
            two and roles == {Role.HOST}
        ),
        "Both would travel, so this is not about a visit: they could be partners in a project.": (
            two and roles == {Role.SEND}
        ),
        "They could be partners in a project: both are open to a project partnership.": two,
        "<A> and <B> could be partners in a project: both are open to a project partnership.": three,
        "All three could be partners in a project: they are open to a project partnership.": three,
    }
    if said not in told:
        return None
    who = case.everybody if said.startswith("All") else [case.asking, case.offering]
    are_open = all(PARTNERSHIP in entry.formats for entry in who)
    return told[said] and are_open and (not why or _no_visit(case, why))


def _no_visit(case: Case, why: str) -> bool:
    """Whether a visit breaks the rule that is told."""
    asking, offering = case.asking, case.offering
    starts = [day for day in (asking.date_from, offering.date_from, case.today) if day]
    ends = [entry.date_to for entry in (asking, offering) if entry.date_to]
    too_short = bool(starts and ends) and (min(ends) - max(starts)).days + 1 < takes(asking)
    return {
        "<A> only hosts.": asking.role is Role.HOST,
        "<B> only travels.": offering.role is Role.SEND,
    }.get(why, False) or any(
        (
            why.startswith("The dates do not leave ") and too_short and not _upside_down(case),
            why.startswith("The dates of <") and "end before they begin" in why and _upside_down(case),
            _is_over(case, why),
            why.startswith("<B> has no visit left") and (offering.max_visits or 0) <= offering.committed_visits,
            why == f"{asking.group_size} guests, but the host receives at most {offering.capacity} at once."
            and (asking.group_size or 0) > (offering.capacity or 0),
        )
    )


def _upside_down(case: Case) -> bool:
    dates = [(entry.date_from, entry.date_to) for entry in case.everybody]
    return any(first and last and first > last for first, last in dates)


def _languages(case: Case) -> bool | None:
    found = re.fullmatch(r"(Both|All three) can work in (.+)\.", case.plain)
    if not found:
        return None
    names = vocabulary().languages
    common = set.intersection(*(set(entry.languages) for entry in case.everybody))
    return _SEVERAL[found[1]] == len(case.everybody) and set(re.split(", | and ", found[2])) == {
        names[code] for code in common
    }


def _dates(case: Case) -> bool | None:
    found = re.fullmatch(
        r"(Their dates|The dates of (?:all three|<.> and <.>)) overlap (?:from (.+?) )?until (.+?)\.", case.plain
    )
    if not found:
        return None
    side = dict(zip("ABC", case.everybody, strict=False))
    who = [side[mark] for mark in re.findall("<(.)>", found[1])] or case.everybody
    others_are_undated = all(_undated(entry) for entry in case.everybody if entry not in who)
    days = overlap(who, case.today)
    if misplaced(case) or days is None or day(found[3]) != days[1] or not others_are_undated:
        return False
    begun = case.today is not None and days[0] == case.today
    is_long_enough = (days[1] - days[0]).days + 1 >= takes(case.asking)
    return is_long_enough and (begun if found[2] is None else not begun and day(found[2]) == days[0])


def _own_dates(case: Case) -> bool | None:
    found = re.fullmatch(r"<([ABC])> (would travel|can receive guests): (.+)\.", case.plain)
    if not found:
        return None
    entry = dict(zip("ABC", case.everybody, strict=False))[found[1]]
    text, first, last = found[3], entry.date_from, entry.date_to
    if first and last:
        told = text == f"{_said(first)} to {_said(last)}" and first <= last
    else:
        told = text == (f"from {_said(first)}" if first else f"until {_said(last)}")
    return told and (answered_as(case, entry) is Role.HOST) == (found[2] == "can receive guests")


def _said(value: date | None) -> str:
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}" if value else "?"


def _length_and_numbers(case: Case) -> bool | None:
    side = dict(zip("ABC", case.everybody, strict=False))
    for part in case.plain.removesuffix(".").split("; "):
        found = re.fullmatch(
            r"<([ABC])> (?:(asks for|offers) ([\d.]+) days?)?"
            r"(?:(?: for |would come with |can receive )(up to )?(\d+) (?:people|person))?",
            part,
        )
        if not found or not (found[3] or found[5]):
            return None
        entry = side[found[1]]
        is_host = answered_as(case, entry) is Role.HOST
        people = entry.capacity if is_host else entry.group_size
        days_are = float(found[3] or 0) == (entry.duration_days or 0)
        people_are = int(found[5] or 0) == (people or 0) and (not found[5] or bool(found[4]) == is_host)
        if not days_are or not people_are or (found[2] and (found[2] == "offers") != is_host):
            return False
    return True


def condition(case: Case) -> bool:
    """A sentence as somebody wrote it."""
    for entry in case.everybody:
        start = f"Mind what {entry.organisation} writes: “"
        if case.reason.sentence.startswith(start) and case.reason.sentence.endswith("”"):
            own = entry.offers if entry is case.offering else entry.seeks
            return _is_written(own or entry.text or "", case.reason.sentence[len(start) : -1])
    return False


def boxes(case: Case) -> bool:
    """Nothing but ticks speaks for it."""
    pair = (("A", case.asking), ("B", case.offering))
    silent = [mark for mark, one in pair if not (one.text or one.seeks or one.offers)]
    if found := re.fullmatch(r"(.+) wrote nothing: only what they ticked can be compared\.", case.plain):
        return found[1] == " and ".join(f"<{mark}>" for mark in silent)
    both = "The program could not tell whether what they write fits. Read both."
    if not case.plain.startswith(both) or silent:
        return False
    asked = case.asking.seeks or case.asking.text or case.asking.offers or ""
    offered = case.offering.offers or case.offering.text or case.offering.seeks or ""
    rest = case.reason.sentence[len(both) :]
    for entry, text in ((case.asking, asked), (case.offering, offered)):
        if found := re.match(rf" {re.escape(entry.organisation)} writes “([^”]*)”", rest):
            rest = rest[found.end() :]
            if not _are_written(text, found[1]):
                return False
    return not rest


def _are_written(text: str, quote: str) -> bool:
    """Whether they are whole sentences of the text, in its order."""
    words = quote.split(" ")
    for end in range(len(words), 0, -1):
        first, rest = " ".join(words[:end]), " ".join(words[end:])
        if _is_written(text, first) and (not rest or _are_written(text, rest)):
            return True
    return False


def _undated(entry: Entry) -> bool:
    return not (entry.date_from or entry.date_to)


_OPEN: dict[str, Callable[[Entry], bool]] = {
    "What <(.)> would like to learn": lambda entry: not entry.seeks,
    "What <(.)> can show": lambda entry: not entry.offers,
    "Languages of <(.)>": lambda entry: not entry.languages,
    "Who would travel from <(.)>": lambda entry: not entry.target_groups,
    "Whom <(.)> would receive": lambda entry: not entry.target_groups,
    "When <(.)> can receive guests": _undated,
    "When <(.)> would travel": _undated,
    "How many would come from <(.)>": lambda entry: entry.group_size is None,
    "How many guests <(.)> can receive at once": lambda entry: entry.capacity is None,
}


_ALWAYS = {"What <(.)> would like to learn", "What <(.)> can show", "Languages of <(.)>"}
"""What is asked of everybody, whatever part they answered for."""


def unstated(case: Case) -> bool:
    """What is left open is blank in the answers."""
    side = dict(zip("ABC", case.everybody, strict=False))
    for pattern, is_open in _OPEN.items():
        if about := re.fullmatch(rf"{pattern}: not filled in\.", case.plain):
            entry = side[about[1]]
            return is_open(entry) and (pattern in _ALWAYS or entry not in misplaced(case))
    return False


CHECKS: dict[str, Callable[[Case], bool]] = {
    "named": lambda case: asked_for(case, "them by name"),
    "named_other": lambda case: asked_for(case, "somebody else"),
    "topics": topics,
    "quotes": quotes,
    "people": people,
    "groups_apart": groups_apart,
    "place_wanted": place_wanted,
    "place_missed": place_missed,
    "guest_elsewhere": guest_elsewhere,
    "apart": apart,
    "practical": practical,
    "in_return": in_return,
    "ticks_everything": ticks_everything,
    "met_before": met_before,
    "joining": joining,
    "boxes": boxes,
    "condition": condition,
    "unstated": unstated,
}


# -- a row and its letter ----------------------------------------------------------------------------------


def contradictions(row: Sequence[Case]) -> list[str]:
    """What in a row contradicts something else in it, its strength, or the letter it would become."""
    if not row:
        return []
    case, said = row[0], [one.plain for one in row]
    found = [f"said twice: {one}" for one, times in Counter(said).items() if times > 1]
    kinds = {one.reason.feature for one in row}
    found += [
        f"both {one} and {other}"
        for one, other in (("named", "named_other"), ("place_wanted", "place_missed"))
        if {one, other} <= kinds
    ]
    if case.candidate.band is Band.LIKELY and not kinds & {"named", "quotes"}:
        found.append("likely, but not in their own words")
    if ("boxes" in kinds) == bool(kinds & {"named", "quotes"}):
        found.append("told that only the boxes speak for it, and not so")
    return found + [f"letter: {what}" for what in _against_the_letter(case, said)]


def _against_the_letter(case: Case, said: Sequence[str]) -> Iterator[str]:
    sides = (Side.SENDING, Side.RECEIVING, Side.JOINING)
    parties = tuple(_party(side, entry) for side, entry in zip(sides, case.everybody, strict=False))
    fits = {point.code: point.values for point in what_fits(parties, case.today)}
    is_open = {point.code: point.values for point in what_is_open(parties)}
    row = " ".join(said)
    partners = "be partners in a project" in row
    told_parts = {mark for one in said for mark in re.findall(r"<(.)> (?:asked to travel|offered to host), not", one)}
    in_letter = {*is_open.get(PointCode.ASKED_TO_TRAVEL, ()), *is_open.get(PointCode.OFFERED_TO_HOST, ())}
    named = {dict(zip("ABC", sides, strict=True))[mark] for mark in told_parts}
    if not partners and named != {Side(value) for value in in_letter}:
        yield f"parts {in_letter}, row: {told_parts}"
    who = "All three" if len(case.everybody) == 3 else "Both"
    told = next((one for one in said if re.match("They share the topic|All three chose the topic", one)), "")
    if set(fits.get(PointCode.SHARED_TOPICS, ())) != set(quoted(told)):
        yield f"topics {fits.get(PointCode.SHARED_TOPICS)}, row: {told}"
    told = next((one for one in said if one.startswith(f"{who} are open to ")), "")
    if not partners and set(fits.get(PointCode.SHARED_FORMATS, ())) != set(quoted(told)):
        yield f"formats {fits.get(PointCode.SHARED_FORMATS)}, row: {told}"
    if (PointCode.SHARED_LANGUAGES in fits) != (f"{who} can work in " in row):
        yield f"languages {fits.get(PointCode.SHARED_LANGUAGES)}"
    days = fits.get(PointCode.DATES_OVERLAP)
    if found := re.search(r"(?:Their dates|all three) overlap (?:from (.+?) )?until (.+?)\.", row):
        first = day(found[1]) if found[1] else case.today
        if days != ((first or date.min).isoformat(), day(found[2]).isoformat()):
            yield f"dates {days}, row: {found[0]}"
    if partners:
        return
    for code, start in (
        (PointCode.DATES_NOT_NAMED, "When "),
        (PointCode.GROUP_SIZE, "How many would"),
        (PointCode.ROOM_FOR_GUESTS, "How many guests"),
    ):
        told_open = {
            side
            for mark, side in zip("ABC", sides, strict=True)
            if any(one.startswith(start) and f"<{mark}>" in one for one in said)
        }
        # Of whoever answered for another part the row says that; the letter asks it all there is to ask.
        asked = {side for side, entry in zip(sides, case.everybody, strict=False) if entry in misplaced(case)}
        if told_open != {Side(value) for value in is_open.get(code, ())} - asked:
            yield f"{code} {is_open.get(code)}, row: {sorted(told_open)}"


def _party(side: Side, entry: Entry) -> Party:
    """The entry as a letter names it."""
    names = vocabulary().languages
    part = Role.HOST if side is Side.RECEIVING else Role.SEND
    return Party(
        side=side,
        entry=entry.id,
        organisation_id=entry.organisation_id,
        organisation=entry.organisation,
        email="",
        topics=tuple(answers("topics", entry)),
        formats=tuple(answers("formats", entry)),
        languages=tuple(names.get(code, code) for code in entry.languages),
        date_from=entry.date_from,
        date_to=entry.date_to,
        group_size=entry.capacity if side is Side.RECEIVING else entry.group_size,
        answered_as=None if entry.role in (part, Role.EITHER) else entry.role,
    )


def kind_of(case: Case) -> str:
    """What kind of sentence it is, for counting."""
    text = re.sub("“[^”]*”", "“…”", case.plain)
    text = re.sub(r"\d+ [A-Z][a-z]+ \d{4}", "DATE", text)
    return f"{case.reason.feature}: {' '.join(text.split()[:5])}"


def main() -> int:
    """Check the lists of the benches and print what was said how often."""
    parser = argparse.ArgumentParser(description="Check every sentence of the proposals for the benches' lists.")
    parser.add_argument("--bench", type=Path, default=ROOT.parent / "shared" / "bench")
    parser.add_argument("--today", type=date.fromisoformat, default=date(2026, 11, 25))
    parser.add_argument("--proposed", action="store_true", help="only what a run would propose, not every weak pair")
    parser.add_argument("--usage", action="store_true", help="print how often each kind of sentence was used")
    options = parser.parse_args()
    lists = [options.bench / name for name in LISTS if (options.bench / name).is_file()]
    if not lists:
        print(f"Nothing was checked: there is none of {', '.join(LISTS)} in {options.bench}. Say where with --bench.")
        return 2
    wrong, used = 0, Counter[str]()
    for path in lists:
        for label, settings in (
            ("proposed", MatchingSettings(today=options.today)),
            ("all, however weak", MatchingSettings(least_score=0, per_request=20, groups_per_request=3, exposure=50)),
        ):
            if options.proposed and label != "proposed":
                continue
            entries = read_entries(path)
            rows = list(rows_of(entries, settings, by_hand(entries) if label != "proposed" else ()))
            found = false_ones(rows)
            wrong += len(found)
            counted = f"{len(rows)} rows, {sum(map(len, rows))} sentences, {len(found)} false"
            print(f"{path.relative_to(options.bench)}, {label}: {counted}")
            for kind, sentence in found[:10]:
                print(f"   {kind}: {sentence}")
            if label == "proposed":
                used.update(kind_of(case) for row in rows for case in row)
    if options.usage:
        for kind, times in used.most_common():
            print(f"{times:6} {kind}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
