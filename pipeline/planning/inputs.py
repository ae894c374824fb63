"""Everything one run reads before it decides, as one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dateutil.relativedelta import relativedelta

from pipeline.config import Settings
from pipeline.forms.form import Form
from pipeline.letters.compose import Composer
from pipeline.model import PastExchange, SheetSnapshot, Table
from pipeline.ports import LedgerState


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInputs:
    """What was read from sheet and ledger, the moment, and what never changes within a run."""

    snapshot: SheetSnapshot
    state: LedgerState
    settings: Settings
    form: Form
    composer: Composer
    now: datetime
    is_erased: Callable[[str], bool]
    """Whether somebody at that address asked to be forgotten."""
    aliases: Mapping[str, Sequence[str]]
    """Names known to be one organisation: chosen name -> other spellings."""
    past: tuple[PastExchange, ...] = ()
    """Exchanges from before the tool."""
    turn: str = ""
    """What no other run is called: host, moment and a token, joined by `@`."""
    sending: bool = True
    """False: letters stay (--no-send, mail.enabled = false)."""

    @property
    def today(self) -> date:
        """The day of the run."""
        return self.now.date()

    @property
    def round_started(self) -> datetime:
        """Introductions before this moment belong to an earlier round, in calendar months as the ledger counts them."""
        return self.now - relativedelta(months=self.settings.matching.round_months)

    def table(self, name: str) -> Table:
        """A tab as read; an absent one is empty."""
        return self.snapshot.tables.get(name) or Table(title=name, header=(), rows=())
