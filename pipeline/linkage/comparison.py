"""What two records have in common: a table of numbers, one column a feature.

-1 stands for "not stated" everywhere, so that a blank is evidence of nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.cleaning.places import NOWHERE, places
from pipeline.linkage.abbreviations import abbreviates
from pipeline.linkage.blocking import Pairs
from pipeline.linkage.columns import Columns
from pipeline.linkage.contacts import domain_fit

Feature = NDArray[np.float32]
Table = dict[str, Feature]

CHUNK = 40_000
"""Pairs compared at a time: bounds memory and stays in the processor's cache."""
UNKNOWN = -1.0


Sieve = Callable[[Table], NDArray[np.bool_]]


def keep_all(table: Table) -> NDArray[np.bool_]:
    """The sieve that lets everything through."""
    return np.ones(len(next(iter(table.values()))), np.bool_)


def compare(
    columns: Columns,
    pairs: Pairs,
    progress: Callable[[int, int], None] | None = None,
    *,
    coarse: Sieve = keep_all,
    fine: Sieve = keep_all,
) -> tuple[Pairs, Table]:
    """The features of every pair that passes both sieves, and those pairs.

    `coarse` sees the features that cost little and spares hopeless pairs the others; `fine` sees all of
    them and decides what is kept in memory.
    """
    kept: list[Pairs] = []
    parts: list[Table] = []
    total = len(pairs.left)
    for start in range(0, max(total, 1), CHUNK):
        chunk = Pairs(pairs.left[start : start + CHUNK], pairs.right[start : start + CHUNK])
        chunk, table = _sifted(chunk, _quick(columns, chunk), coarse)
        table.update(_costly(columns, chunk, table))
        chunk, table = _sifted(chunk, table, fine)
        kept.append(chunk)
        parts.append(table)
        if progress:
            progress(min(start + CHUNK, total), total)
    whole = {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}
    left, right = (np.concatenate(side) for side in zip(*kept, strict=True))
    return Pairs(left, right), whole


def _sifted(pairs: Pairs, table: Table, sieve: Sieve) -> tuple[Pairs, Table]:
    rows = np.flatnonzero(sieve(table)) if len(pairs.left) else np.zeros(0, np.intp)
    if len(rows) == len(pairs.left):
        return pairs, table
    return Pairs(pairs.left[rows], pairs.right[rows]), {name: column[rows] for name, column in table.items()}


def _quick(columns: Columns, pairs: Pairs) -> Table:
    table: Table = {}
    _words(columns, pairs, table)
    _where(columns, pairs, table)
    _contacts(columns, pairs, table)
    _short_forms(columns, pairs, table)
    _structure(columns, pairs, table)
    return table


def _costly(columns: Columns, pairs: Pairs, quick: Table) -> Table:
    table: Table = {}
    _spelling(columns, pairs, table)
    table["short form made of the other"] = _made_of(columns, pairs, quick["acronym of the other"] > 0)
    table["domain fits the other"] = _cross_fit(columns, pairs)
    return table


COSTLY = frozenset(
    {
        "spelling",
        "spelling, any order",
        "spelling, contained",
        "spelling, in English",
        "spelling of the name",
        "city spelling",
        "left over alike",
        "short form made of the other",
        "domain fits the other",
    }
)
"""What the coarse sieve does not see."""


def _shared(left: NDArray[np.int32], right: NDArray[np.int32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which entries of each row of `left` occur in the same row of `right`, and the reverse."""
    in_right = np.zeros(left.shape, np.bool_)
    in_left = np.zeros(right.shape, np.bool_)
    used_left, used_right = int((left > 0).any(axis=0).sum()), int((right > 0).any(axis=0).sum())
    for one in range(used_left):
        column = left[:, one]
        for other in range(used_right):
            same = (column == right[:, other]) & (column > 0)
            in_right[:, one] |= same
            in_left[:, other] |= same
    return in_right, in_left


def _any_shared(left: NDArray[np.int32], right: NDArray[np.int32]) -> NDArray[np.bool_]:
    found = np.zeros(len(left), np.bool_)
    for one in range(left.shape[1]):
        for other in range(right.shape[1]):
            found |= (left[:, one] == right[:, other]) & (left[:, one] > 0)
    return found


def _both(left: NDArray[np.int32], right: NDArray[np.int32]) -> Feature:
    """1 equal, 0 different, -1 when either is blank."""
    result: Feature = (left == right).astype(np.float32)
    result[(left <= 0) | (right <= 0)] = UNKNOWN
    return result


def _words(columns: Columns, pairs: Pairs, table: Table) -> None:
    """Concepts in common and left over, weighed by how rare they are."""
    left, right = columns.concept[pairs.left], columns.concept[pairs.right]
    weight_left, weight_right = columns.rarity[pairs.left], columns.rarity[pairs.right]
    proper_left, proper_right = columns.proper[pairs.left], columns.proper[pairs.right]
    in_right, in_left = _shared(left, right)
    common = (weight_left * in_right).sum(axis=1)
    total_left, total_right = weight_left.sum(axis=1), weight_right.sum(axis=1)
    low, high = np.minimum(total_left, total_right), np.maximum(total_left, total_right)
    table["words common"] = common
    table["words jaccard"] = common / np.maximum(total_left + total_right - common, 0.1)
    table["words contained"] = common / np.maximum(low, 0.1)
    table["words shorter"] = low
    table["words longer"] = high
    table["rarest common"] = (weight_left * in_right).max(axis=1)
    table["rarest common, bearers"] = (columns.bearers[pairs.left] * (in_right & proper_left)).max(axis=1)
    stems_right, stems_left = _shared(columns.stem[pairs.left], columns.stem[pairs.right])
    common_stems = (weight_left * stems_right).sum(axis=1)
    table["stems jaccard"] = common_stems / np.maximum(total_left + total_right - common_stems, 0.1)
    names_left_by_stem = (weight_left * (~stems_right & proper_left)).sum(axis=1)
    names_right_by_stem = (weight_right * (~stems_left & proper_right)).sum(axis=1)
    table["names left over by stem, less"] = np.minimum(names_left_by_stem, names_right_by_stem)
    table["names left over by stem, more"] = np.maximum(names_left_by_stem, names_right_by_stem)
    table["names common"] = (weight_left * (in_right & proper_left)).sum(axis=1)
    over_left, over_right = weight_left * ~in_right, weight_right * ~in_left
    table["rarest left over, less"] = np.minimum(over_left.max(axis=1), over_right.max(axis=1))
    table["rarest left over, more"] = np.maximum(over_left.max(axis=1), over_right.max(axis=1))
    names_left, names_right = (over_left * proper_left).sum(axis=1), (over_right * proper_right).sum(axis=1)
    table["names left over, less"] = np.minimum(names_left, names_right)
    table["names left over, more"] = np.maximum(names_left, names_right)
    plain_left, plain_right = (over_left * ~proper_left).sum(axis=1), (over_right * ~proper_right).sum(axis=1)
    table["plain left over, less"] = np.minimum(plain_left, plain_right)
    table["plain left over, more"] = np.maximum(plain_left, plain_right)


def _ratio(left: Sequence[str], right: Sequence[str], scorer: str = "ratio") -> Feature:
    from rapidfuzz import fuzz, process

    if not left:
        return np.zeros(0, np.float32)
    score = process.cpdist(left, right, scorer=getattr(fuzz, scorer), dtype=np.float32, workers=-1)
    return np.asarray(score / np.float32(100.0))


def _left_over_alike(columns: Columns, pairs: Pairs) -> Feature:
    """How alike the rarest words are that only one has: a misspelling of one another?"""
    left, right = columns.concept[pairs.left], columns.concept[pairs.right]
    in_right, in_left = _shared(left, right)
    over_left = columns.rarity[pairs.left] * ~in_right
    over_right = columns.rarity[pairs.right] * ~in_left
    first = np.arange(len(left))
    rest_left = np.where(over_left.max(axis=1) > 0, left[first, over_left.argmax(axis=1)], 0)
    rest_right = np.where(over_right.max(axis=1) > 0, right[first, over_right.argmax(axis=1)], 0)
    texts = columns.texts
    alike = _ratio([texts[number] for number in rest_left.tolist()], [texts[number] for number in rest_right.tolist()])
    alike[(rest_left == 0) | (rest_right == 0)] = UNKNOWN
    return alike


def _spelling(columns: Columns, pairs: Pairs, table: Table) -> None:
    table["left over alike"] = _left_over_alike(columns, pairs)
    left, right = pairs.left.tolist(), pairs.right.tolist()

    def pick(values: list[str]) -> tuple[list[str], list[str]]:
        return [values[row] for row in left], [values[row] for row in right]

    full = pick(columns.full)
    table["spelling"] = _ratio(*full)
    table["spelling, any order"] = _ratio(*pick(columns.in_order))
    table["spelling, contained"] = _ratio(*full, scorer="token_set_ratio")
    table["spelling, in English"] = _ratio(*pick(columns.canonical))
    core = pick(columns.core)
    table["spelling of the name"] = _ratio(*core)
    blank = np.fromiter((not (one and other) for one, other in zip(*core, strict=True)), np.bool_, len(left))
    table["spelling of the name"][blank] = UNKNOWN
    cities = pick(columns.city_name)
    table["city spelling"] = _ratio(*cities)
    blank = np.fromiter((not (one and other) for one, other in zip(*cities, strict=True)), np.bool_, len(left))
    table["city spelling"][blank] = UNKNOWN


def _kilometres(left: NDArray[np.int32], right: NDArray[np.int32]) -> Feature:
    """Log of 1 + the distance between two places; -1 when either is unknown."""
    table = places()
    row_left, row_right = np.maximum(left, 0), np.maximum(right, 0)
    north = (table.latitude[row_left].astype(np.float32) - table.latitude[row_right]) * 1.11
    middle = (table.latitude[row_left].astype(np.float32) + table.latitude[row_right]) / 200.0
    east = (table.longitude[row_left].astype(np.float32) - table.longitude[row_right]) * 1.11
    distance = np.log1p(np.hypot(north, east * np.cos(np.deg2rad(middle))))
    distance[(left == NOWHERE) | (right == NOWHERE)] = UNKNOWN
    return np.asarray(distance, dtype=np.float32)


def _where(columns: Columns, pairs: Pairs, table: Table) -> None:
    one, other = pairs
    table["country"] = _both(columns.country[one], columns.country[other])
    table["country, hinted"] = _both(columns.hinted_country[one], columns.hinted_country[other])
    table["city distance"] = _kilometres(columns.city[one], columns.city[other])
    named_one, named_other = columns.place[one, 0], columns.place[other, 0]
    table["named place distance"] = _kilometres(named_one, named_other)
    cross_one = _kilometres(named_one, columns.city[other])
    cross_other = _kilometres(columns.city[one], named_other)
    table["named place to city, nearest"] = np.minimum(
        np.where(cross_one < 0, 99, cross_one), np.where(cross_other < 0, 99, cross_other)
    ).astype(np.float32)
    table["named place to city, nearest"][(cross_one < 0) & (cross_other < 0)] = UNKNOWN
    table["places named"] = ((named_one != NOWHERE).astype(np.float32) + (named_other != NOWHERE)).astype(np.float32)


def _contacts(columns: Columns, pairs: Pairs, table: Table) -> None:
    one, other = pairs
    web_one, web_other = columns.web_domain[one], columns.web_domain[other]
    mail_one, mail_other = columns.mail_domain[one], columns.mail_domain[other]
    site = _both(web_one, web_other)
    site[(site == 1) & (columns.web_host[one] == columns.web_host[other])] = 2
    table["website"] = site
    table["website path"] = _both(columns.web_path[one], columns.web_path[other])
    table["website paths given"] = (columns.web_path[one] > 0).astype(np.float32) + (columns.web_path[other] > 0)
    table["mail domain"] = _both(mail_one, mail_other)
    table["mail address"] = _both(columns.mail[one], columns.mail[other])
    across = np.stack([_both(web_one, mail_other), _both(mail_one, web_other)])
    table["website against mail"] = across.max(axis=0)
    host_one = np.where(columns.web_host[one] > 0, columns.web_host[one], columns.mail_host[one])
    host_other = np.where(columns.web_host[other] > 0, columns.web_host[other], columns.mail_host[other])
    table["host"] = _both(host_one, host_other)
    table["mail host"] = _both(columns.mail_host[one], columns.mail_host[other])
    table["domain crowd"] = np.maximum(columns.crowd[one], columns.crowd[other])
    fit_one, fit_other = columns.own_fit[one], columns.own_fit[other]
    table["domain fits its own, less"] = np.minimum(fit_one, fit_other)
    table["domain fits its own, more"] = np.maximum(fit_one, fit_other)
    known = np.stack([site > -1, table["mail domain"] > -1, across[0] > -1, across[1] > -1])
    agree = np.stack([site > 0, table["mail domain"] > 0, across[0] > 0, across[1] > 0])
    table["domains agreeing"] = agree.sum(axis=0).astype(np.float32)
    table["domains differing"] = (known & ~agree).sum(axis=0).astype(np.float32)


def _short_forms(columns: Columns, pairs: Pairs, table: Table) -> None:
    """Acronyms against initials, and both against the labels of domains."""
    one, other = pairs
    forward = _any_shared(columns.acronyms[one], columns.initials[other])
    backward = _any_shared(columns.acronyms[other], columns.initials[one])
    table["acronym of the other"] = (forward | backward).astype(np.float32)
    table["acronym shared"] = _any_shared(columns.acronyms[one], columns.acronyms[other]).astype(np.float32)
    table["initials shared"] = _any_shared(columns.initials[one][:, :2], columns.initials[other][:, :2]).astype(
        np.float32
    )
    table["acronyms given"] = (columns.acronyms[one][:, 0] > 0).astype(np.float32) + (columns.acronyms[other][:, 0] > 0)
    to_one = _any_shared(columns.labels[other], columns.tokens[one])
    to_other = _any_shared(columns.labels[one], columns.tokens[other])
    table["domain names the other"] = to_one.astype(np.float32) + to_other
    to_one = _any_shared(columns.labels[other], columns.initials[one])
    to_other = _any_shared(columns.labels[one], columns.initials[other])
    table["domain is the other's initials"] = to_one.astype(np.float32) + to_other
    table["domain labels shared"] = _any_shared(columns.labels[one], columns.labels[other]).astype(np.float32)


def _made_of(columns: Columns, pairs: Pairs, exact: NDArray[np.bool_]) -> Feature:
    """How well an acronym of one abbreviates the other's name: 1 for its initials."""
    result: Feature = np.where(exact, 1.0, 0.0).astype(np.float32)
    texts = columns.texts
    has_one, has_other = columns.acronyms[pairs.left, 0] > 0, columns.acronyms[pairs.right, 0] > 0
    for row in np.flatnonzero(~exact & (has_one | has_other)).tolist():
        one, other = int(pairs.left[row]), int(pairs.right[row])
        best = 0.0
        for short_of, name_of in ((one, other), (other, one)):
            for short in columns.acronyms[short_of].tolist():
                if short:
                    best = max(best, abbreviates(texts[short], columns.telling[name_of]))
                else:
                    break
        result[row] = best * 0.9
    return result


def _cross_fit(columns: Columns, pairs: Pairs) -> Feature:
    """How well the domain of the one that has one fits the name of the one that has none; -1 otherwise."""
    result = np.full(len(pairs.left), UNKNOWN, np.float32)
    has_one, has_other = columns.own_fit[pairs.left] >= 0, columns.own_fit[pairs.right] >= 0
    for row in np.flatnonzero(has_one != has_other).tolist():
        one, other = int(pairs.left[row]), int(pairs.right[row])
        owner, name = (one, other) if has_one[row] else (other, one)
        result[row] = domain_fit(columns.label[owner], columns.telling[name])
    return result


def _overlap(left: NDArray[np.int32], right: NDArray[np.int32]) -> Feature:
    """Of two sets of bits: 2 equal, 1 overlapping, 0 apart, -1 when either is empty."""
    result = ((left & right) > 0).astype(np.float32) + ((left == right) & (left > 0))
    result[(left == 0) | (right == 0)] = UNKNOWN
    return np.asarray(result, dtype=np.float32)


def _structure(columns: Columns, pairs: Pairs, table: Table) -> None:
    one, other = pairs
    unit_one, unit_other = columns.unit[one], columns.unit[other]
    table["units named"] = unit_one.astype(np.float32) + unit_other
    table["kind of body"] = _overlap(columns.body[one], columns.body[other])
    table["kind of work"] = _overlap(columns.work[one], columns.work[other])
    table["works named"] = (columns.work[one] > 0).astype(np.float32) + (columns.work[other] > 0)
    table["municipalities named"] = ((columns.body[one] & 1) + (columns.body[other] & 1)).astype(np.float32)
    table["kinds named"] = (columns.body[one] > 0).astype(np.float32) + (columns.body[other] > 0)
    shared = _any_shared(columns.numbers[one], columns.numbers[other])
    numbers = np.where(shared, 1.0, 0.0).astype(np.float32)
    numbers[(columns.numbers[one][:, 0] == 0) & (columns.numbers[other][:, 0] == 0)] = UNKNOWN
    table["numbers"] = numbers
