"""Values of the model as JSON and back, by their type hints.

The ledger keeps matches, decisions and entries as documents: one small codec serves all of them, so that a
field added to a noun needs no new column. Every field is written; a missing one takes its default.
"""

from __future__ import annotations

import base64
import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Value = TypeVar("Value")
SCALARS = (str, int, float, bool, type(None))


class CodecError(ValueError):
    """The document does not fit the type: damaged, or written by something else."""


def to_json(value: Any) -> str:
    """That value as one line of JSON. Raises CodecError for what JSON cannot say (NaN, unknown types)."""
    try:
        return json.dumps(encode(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise CodecError(str(error)) from error


def from_json(text: str, kind: type[Value]) -> Value:
    """The value of that type. Raises CodecError."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise CodecError(f"not JSON: {error}") from error
    return cast("Value", decode(data, kind))


def encode(value: Any) -> Any:
    """A value as what `json.dumps` takes."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, SCALARS):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((encode(item) for item in value), key=repr)
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: encode(getattr(value, each.name)) for each in fields(value)}
    raise CodecError(f"{type(value).__name__} has no place in a document")


def decode(data: Any, kind: Any) -> Any:
    """What `encode` made, as a value of that type again. Raises CodecError."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_union(data, get_args(kind))
    if kind is Any:
        return data
    if origin is not None:
        return _decode_collection(data, origin, get_args(kind))
    if is_dataclass(kind) and isinstance(kind, type):
        return _decode_record(data, kind)
    return _decode_plain(data, kind)


def _decode_union(data: Any, kinds: tuple[Any, ...]) -> Any:
    if data is None and type(None) in kinds:
        return None
    if all(kind in SCALARS for kind in kinds):
        if isinstance(data, int) and not isinstance(data, bool) and float in kinds and int not in kinds:
            return float(data)
        if not isinstance(data, tuple(kinds)):
            raise CodecError(f"{data!r:.80} is none of {kinds}")
        return data
    (only,) = (kind for kind in kinds if kind is not type(None))
    return decode(data, only)


def _decode_collection(data: Any, origin: Any, inner: tuple[Any, ...]) -> Any:
    if issubclass(origin, Mapping):
        if not isinstance(data, dict):
            raise CodecError(f"an object is wanted, not {data!r:.80}")
        return {decode(key, inner[0]): decode(item, inner[1]) for key, item in data.items()}
    if not isinstance(data, list):
        raise CodecError(f"a list is wanted, not {data!r:.80}")
    if issubclass(origin, frozenset):
        return frozenset(decode(item, inner[0]) for item in data)
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(decode(item, inner[0]) for item in data)
    if len(inner) != len(data):
        raise CodecError(f"{len(inner)} items are wanted, not {len(data)}")
    return tuple(decode(item, each) for item, each in zip(data, inner, strict=True))


def _decode_record(data: Any, kind: type) -> Any:
    if not isinstance(data, dict):
        raise CodecError(f"{kind.__name__}: an object is wanted, not {data!r:.80}")
    hints, required = _shape(kind)
    if unknown := data.keys() - hints.keys():
        raise CodecError(f"{kind.__name__}: unknown {', '.join(sorted(unknown))}")
    if missing := required - data.keys():
        raise CodecError(f"{kind.__name__}: lacks {', '.join(sorted(missing))}")
    return kind(**{name: decode(item, hints[name]) for name, item in data.items()})


@cache
def _shape(kind: type) -> tuple[dict[str, Any], frozenset[str]]:
    required = frozenset(
        each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING and each.init
    )
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}, required


def _decode_plain(data: Any, kind: Any) -> Any:
    try:
        if issubclass(kind, Enum):
            return kind(data)
        if kind is bytes:
            return base64.b64decode(data, validate=True)
        if kind in (datetime, date):
            return kind.fromisoformat(data)
    except (TypeError, ValueError) as error:
        raise CodecError(f"{data!r:.80} is no {kind.__name__}") from error
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if kind not in SCALARS or not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise CodecError(f"{data!r:.80} is no {getattr(kind, '__name__', kind)}")
    return data
