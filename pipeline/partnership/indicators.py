"""The partnership's indicators against their targets: counted where the data can tell, otherwise said so.

Definitions, milestones and the hand-kept register are data, in the file that `run.indicators` names. A number is
shown with what it was counted from; where nothing was counted or noted, the table says
"cannot be counted from the data" rather than 0.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.cleaning.data_files import data_file
from pipeline.errors import ConfigurationError
from pipeline.model import IndicatorRow
from pipeline.tabs.indicators import TAB

if TYPE_CHECKING:
    import pandas as pd

UNCOUNTABLE = "cannot be counted from the data"

Counter = Literal["organisations", "exchanges", "fewer opportunities"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Indicator(_Strict):
    """One line of the table. `due`: year of the plan -> how many must be reached by its end."""

    title: str = Field(min_length=1)
    number: int | None = None
    target: float | None = None
    due: Mapping[int, float] = {}
    counted: Counter | None = None
    note: str = ""


class Noted(_Strict):
    """A line of the register kept by hand."""

    indicator: int
    on: date
    count: int = Field(default=1, ge=0)
    what: str = ""


class Indicators(_Strict):
    """The file as a whole. `year_1` is the calendar year that the plan calls Year 1."""

    year_1: int = Field(ge=2000, le=2100)
    indicator: tuple[Indicator, ...]
    register_: tuple[Noted, ...] = Field(default=(), alias="register")

    @model_validator(mode="after")
    def _known(self) -> Indicators:
        numbers = [indicator.number for indicator in self.indicator if indicator.number is not None]
        if len(numbers) != len(set(numbers)):
            raise ValueError("two indicators bear the same number")
        for noted in self.register_:
            if noted.indicator not in numbers:
                raise ValueError(f"the register names indicator {noted.indicator}, which is not defined")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedEntry:
    """An open entry of the database: whose it is, whether processing was agreed to, and since when it stands."""

    entry: str
    organisation: str
    consent: bool
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedExchange:
    """An exchange that took place, with its participants so far as they were noted."""

    id: str
    ended: date | None = None
    participants: int | None = None
    fewer_opportunities: int | None = None


def load_indicators(path: Path | None = None) -> Indicators:
    """Read and check the definitions (the shipped file when no path is given). Raises ConfigurationError."""
    file = path or data_file("indicators.toml")
    try:
        return Indicators.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file.name} cannot be read: {error}.", hint="Check run.indicators.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file.name} is not valid TOML: {error}.", hint="Mend that line.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigurationError(
            f"{file.name}: {where}: {first['msg'].removeprefix('Value error, ')}.", hint="Mend that setting."
        ) from None


def indicator_rows(
    definitions: Indicators,
    *,
    today: date,
    entries: Sequence[CountedEntry] = (),
    exchanges: Sequence[CountedExchange] = (),
) -> tuple[IndicatorRow, ...]:
    """Every indicator as it stands on that day, in the order of the file."""
    return tuple(_row(definitions, indicator, today, entries, exchanges) for indicator in definitions.indicator)


def _row(
    definitions: Indicators,
    indicator: Indicator,
    today: date,
    entries: Sequence[CountedEntry],
    exchanges: Sequence[CountedExchange],
) -> IndicatorRow:
    if indicator.counted:
        counted, of = _COUNTERS[indicator.counted](entries, exchanges, today)
    else:
        counted, of = _registered(definitions, indicator, today)
    prefix = f"{indicator.number}. " if indicator.number is not None else ""
    return IndicatorRow(
        title=prefix + indicator.title,
        target=indicator.target,
        due=_due(indicator, definitions.year_1, today),
        counted=counted,
        of="; ".join(part for part in (of, indicator.note) if part),
    )


def _due(indicator: Indicator, year_1: int, today: date) -> float | None:
    """The milestone of the last year that is over; a milestone counts from the year's last day on."""
    over = [year for year in indicator.due if date(year_1 - 1 + year, 12, 31) <= today]
    return indicator.due[max(over)] if over else None


def _registered(definitions: Indicators, indicator: Indicator, today: date) -> tuple[float | None, str]:
    lines = [noted for noted in definitions.register_ if noted.indicator == indicator.number and noted.on <= today]
    if not lines:
        return None, UNCOUNTABLE
    told = ", ".join(
        f"{noted.on.isoformat()}: {noted.count}{f' ({noted.what})' if noted.what else ''}" for noted in lines
    )
    return float(sum(noted.count for noted in lines)), f"noted by hand: {told}"


def _organisations(
    entries: Sequence[CountedEntry], _: Sequence[CountedExchange], today: date
) -> tuple[float | None, str]:
    import pandas as pd

    frame = pd.DataFrame(
        [
            (entry.entry, entry.organisation)
            for entry in entries
            if entry.consent and (entry.since is None or entry.since <= today)
        ],
        columns=["entry", "organisation"],
    )
    per_organisation = frame.groupby("organisation", sort=True)["entry"].count()
    listed = ", ".join(str(organisation) for organisation in per_organisation.index)
    return float(len(per_organisation)), f"{len(frame)} entries of {listed}" if listed else "no entry yet"


def _exchanges(
    _: Sequence[CountedEntry], exchanges: Sequence[CountedExchange], today: date
) -> tuple[float | None, str]:
    over = [exchange.id for exchange in exchanges if exchange.ended is None or exchange.ended <= today]
    return float(len(over)), ", ".join(sorted(over)) or "no exchange noted yet"


def _fewer_opportunities(
    _: Sequence[CountedEntry], exchanges: Sequence[CountedExchange], today: date
) -> tuple[float | None, str]:
    import pandas as pd

    frame = pd.DataFrame(
        [
            (exchange.participants, exchange.fewer_opportunities)
            for exchange in exchanges
            if exchange.participants
            and exchange.fewer_opportunities is not None
            and (exchange.ended is None or exchange.ended <= today)
        ],
        columns=["participants", "fewer"],
    )
    if frame.empty:
        return None, f"{UNCOUNTABLE}: no exchange with both numbers noted"
    people, fewer = int(frame["participants"].sum()), int(frame["fewer"].sum())
    return round(100 * fewer / people, 1), f"{fewer} of {people} participants in {len(frame)} exchanges"


_COUNTERS: Mapping[
    Counter,
    Callable[[Sequence[CountedEntry], Sequence[CountedExchange], date], tuple[float | None, str]],
] = {
    "organisations": _organisations,
    "exchanges": _exchanges,
    "fewer opportunities": _fewer_opportunities,
}


def indicator_frame(rows: Sequence[IndicatorRow]) -> pd.DataFrame:
    """The table for files and pages, with the titles of the tab; blank where unknown."""
    import pandas as pd

    return pd.DataFrame(
        [(row.title, _shown(row.target), _shown(row.due), _shown(row.counted), row.of) for row in rows],
        columns=list(TAB.titles),
        dtype=object,
    )


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
