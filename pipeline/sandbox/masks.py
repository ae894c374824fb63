"""Google's field masks: `sheets(properties/title,data.rowData.values(note,userEnteredValue))`.

A mask is a tree: each name leads to a smaller tree, or to None when everything below is wanted.
"""

from __future__ import annotations

import re
from typing import Any

from pipeline.sandbox.api_errors import ApiError, malformed

Mask = dict[str, "Mask | None"]
"""Field name -> mask below it; None = the whole value."""

_TOKEN = re.compile(r"[A-Za-z0-9_*]+|[(),./]|\s+")


def parse_mask(text: str) -> Mask | None:
    """Read a mask; None when it asks for everything (`*`). Raises ApiError 400 when it cannot be read."""
    tokens = _tokens(text)
    mask, rest = _parse_list(tokens, text)
    if rest:
        raise _unreadable(text)
    return None if "*" in mask else mask


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _unreadable(text)
        if not match.group().isspace():
            tokens.append(match.group())
        place = match.end()
    return tokens


def _parse_list(tokens: list[str], text: str) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        tokens = _parse_path(tokens, mask, text)
        if not tokens or tokens[0] != ",":
            return mask, tokens
        tokens = tokens[1:]


def _parse_path(tokens: list[str], mask: Mask, text: str) -> list[str]:
    if not tokens or tokens[0] in "(),./":
        raise _unreadable(text)
    name, tokens = tokens[0], tokens[1:]
    if tokens and tokens[0] in "./":
        below: Mask = {}
        tokens = _parse_path(tokens[1:], below, text)
        _merge(mask, name, below)
        return tokens
    if tokens and tokens[0] == "(":
        below, tokens = _parse_list(tokens[1:], text)
        if not tokens or tokens[0] != ")":
            raise _unreadable(text)
        _merge(mask, name, below)
        return tokens[1:]
    mask[name] = None
    return tokens


def _merge(mask: Mask, name: str, below: Mask) -> None:
    if "*" in below:
        mask[name] = None
        return
    if name not in mask:
        mask[name] = below
        return
    known = mask[name]
    if known is None:
        return
    for key, value in below.items():
        if value is None:
            known[key] = None
        else:
            _merge(known, key, value)


def _unreadable(text: str) -> ApiError:
    return malformed(("fields", f"Invalid field mask '{text}'."))


def wants(mask: Mask | None, name: str) -> bool:
    """True if the mask asks for `name` or for something below it."""
    return mask is None or name in mask


def below(mask: Mask | None, name: str) -> Mask | None:
    """The mask for what lies under `name`."""
    return None if mask is None else mask.get(name)


def apply_mask(value: Any, mask: Mask | None) -> Any:
    """The parts of a JSON value that the mask asks for; lists are masked item by item."""
    if mask is None:
        return value
    if isinstance(value, list):
        return [apply_mask(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: apply_mask(value[name], sub) for name, sub in mask.items() if name in value}


def merge_masked(old: Any, new: Any, mask: Mask | None) -> Any:
    """Write `new` over `old` where the mask says so; named and absent in `new` means cleared."""
    if mask is None:
        return new
    merged = dict(old) if isinstance(old, dict) else {}
    source = new if isinstance(new, dict) else {}
    for name, sub in mask.items():
        value = merge_masked(merged.get(name), source.get(name), sub)
        if value is None or value == {}:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged or None
