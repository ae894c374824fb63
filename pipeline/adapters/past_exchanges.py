"""Exchanges from before the tool, from a CSV the secretariat keeps."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipeline.cleaning.cells import Complaint, as_date
from pipeline.cleaning.plain_text import one_line
from pipeline.errors import UsageError
from pipeline.model import PastExchange

_PAST_COLUMNS = ("sending", "receiving", "joining", "ended")
_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2}))?")


def read_past_exchanges(path: Path) -> tuple[PastExchange, ...]:
    """Exchanges from before the tool, from a CSV with the columns sending, receiving, joining, ended.

    Comma or semicolon, UTF-8 with or without a mark; `joining` and `ended` may be blank or absent. `ended` is a
    day, a month (`2024-12`) or a year, of which the last day counts. Raises UsageError naming row and column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", hint="Check matching.past_exchanges.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8.", hint='Save it as "CSV UTF-8".') from None
    header = text.partition("\n")[0]
    rows = csv.DictReader(
        text.splitlines(), delimiter=";" if header.count(";") > header.count(",") else ",", restval=""
    )
    names = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
    if "sending" not in names or "receiving" not in names:
        raise UsageError(
            f"{path} has no columns sending and receiving (seen: {', '.join(filter(None, names)) or 'none'}).",
            hint=f"Its first line must be: {','.join(_PAST_COLUMNS)}",
        )
    return tuple(
        past
        for number, row in enumerate(rows, start=2)
        if (past := _past({key: row.get(name) or "" for key, name in names.items()}, f"{path}, row {number}"))
    )


def _past(row: Mapping[str, Any], where: str) -> PastExchange | None:
    values = {key: one_line(str(row.get(key, ""))) for key in _PAST_COLUMNS}
    if not any(values.values()):
        return None
    sending, receiving, ended = values["sending"], values["receiving"], values["ended"]
    if not sending or not receiving:
        raise UsageError(f"{where}: sending and receiving must both be filled.", hint="Fill them, or remove the row.")
    last_day = _last_day(ended) if ended else None
    if ended and last_day is None:
        raise UsageError(
            f"{where}, ended: {ended} is not a date.", hint="Write 2024-12-14, 2024-12 or 2024, or leave it blank."
        )
    return PastExchange(sending=sending, receiving=receiving, joining=values["joining"], ended=last_day)


def _last_day(text: str) -> date | None:
    found = _MONTH.fullmatch(text)
    if found is None:
        day = as_date(text)
        return None if isinstance(day, Complaint) else day
    year, month = int(found[1]), int(found[2] or 12)
    if not 1 <= month <= 12 or year < 1900:
        return None
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
