"""Reading a long list on two cores: a second process prepares the second half."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from pipeline.linkage.columns import Columns
from pipeline.linkage.normalise import bearers, crowd, prepare
from pipeline.linkage.records import Record

MANY = 20_000
"""Shorter lists are read sooner than a second process is started and heard."""
IDS = frozenset(
    {
        "concept", "stem", "web_domain", "web_host", "web_path", "mail_domain", "mail_host", "mail", "labels",
        "acronyms", "initials", "tokens", "numbers", "oid",
    }
)  # fmt: skip
"""Columns that hold numbers of interned texts."""
Progress = Callable[[int, int], None]


def prepare_all(
    records: Sequence[Record], aliases: Mapping[str, Sequence[str]], progress: Progress | None = None
) -> Columns:
    """`prepare`, on two cores where the list is long and the system can fork."""
    if len(records) < MANY or not hasattr(os, "fork") or (os.cpu_count() or 1) < 2:
        return prepare(records, aliases, progress)
    half = len(records) // 2
    from multiprocessing import get_context

    context = get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def work() -> None:
        sender.send_bytes(pickle.dumps(prepare(records[half:], aliases), protocol=pickle.HIGHEST_PROTOCOL))

    helper = context.Process(target=work, daemon=True)
    helper.start()
    sender.close()
    first = prepare(records[:half], aliases, lambda done, _: progress(2 * done, len(records)) if progress else None)
    try:
        second: Columns = pickle.loads(receiver.recv_bytes())  # noqa: S301 - our own process sent it
    except (EOFError, OSError):  # the helper was killed, for want of memory say
        second = prepare(records[half:], aliases)
    helper.join()
    return joined(first, second)


def joined(first: Columns, second: Columns) -> Columns:
    """Two lists' columns as those of one list, texts renumbered."""
    number = {text: index for index, text in enumerate(first.texts)}
    for text in second.texts:
        number.setdefault(text, len(number))
    renumbered = np.array([number[text] for text in second.texts], np.int32)
    values: dict[str, Any] = {"texts": list(number), "shown": {**second.shown, **first.shown}}
    for name in (field.name for field in fields(Columns) if field.name not in values):
        one, other = getattr(first, name), getattr(second, name)
        if isinstance(one, list):
            values[name] = one + other
        else:
            values[name] = np.concatenate((one, renumbered[other] if name in IDS else other))
    values["crowd"] = crowd(values["web_domain"], values["mail_domain"], values["concept"][:, 0])
    values["bearers"] = bearers(values["concept"])
    return Columns(**values)
