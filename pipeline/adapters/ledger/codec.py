"""Values of the model as JSON and back, by their type hints: pydantic reads, the standard library writes.

The ledger keeps matches, decisions and entries as documents, so that a field added to a noun needs no new column.
Every field is written; a missing one takes its default, and one nobody knows is damage.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Hashable, Mapping
from datetime import date
from enum import Enum
from functools import cache
from types import GenericAlias
from typing import Any, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError

Value = TypeVar("Value")


class CodecError(ValueError):
    """The document does not fit the type: damaged, or written by something else."""


def to_json(value: Any) -> str:
    """That value as one line of JSON. Raises CodecError for what JSON cannot say (NaN, unknown types)."""
    try:
        return json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise CodecError(str(error)) from error


def from_json(text: str, kind: type[Value]) -> Value:
    """The value of that type. Raises CodecError, which says where the text does not fit but not what stands there."""
    try:
        return cast("Value", _adapter(cast("Hashable", kind)).validate_json(f"[{text}]")[0])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        raise CodecError(f"{kind.__name__} {where}: {first['msg']}") from None


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    # A tuple of one, because pydantic takes no configuration for a dataclass itself; made when first used.
    one_of_it: Any = GenericAlias(tuple, (kind,))
    return TypeAdapter(one_of_it, config=ConfigDict(extra="forbid", strict=True))


def _plain(value: Any) -> Any:
    """What JSON has for a value that is none of its own."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset | set):
        return sorted(value, key=repr)
    if isinstance(value, Enum):
        return value.value
    raise CodecError(f"{type(value).__name__} has no place in a document")
