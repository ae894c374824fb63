"""Builds the adapters from the configuration: which adapters a command speaks to."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from pipeline.adapters.ledger.ledger import SqlLedger, open_ledger
from pipeline.adapters.mail.smtp import mailer_for
from pipeline.adapters.past_exchanges import read_past_exchanges
from pipeline.adapters.secrets import address_hasher, ledger_secret, message_id_maker
from pipeline.adapters.sheets.spreadsheet import open_spreadsheet
from pipeline.cleaning.data_files import data_file
from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.forms.form import load_form
from pipeline.letters.compose import Composer
from pipeline.letters.templating import load_templates
from pipeline.model import SheetSnapshot
from pipeline.planning.inputs import RunInputs
from pipeline.ports import LedgerState
from pipeline.run import Adapters


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


@contextmanager
def open_adapters(
    settings: Settings,
    *,
    read_only: bool = False,
    sending: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[Adapters]:
    """Everything a run speaks to. `read_only` writes nothing anywhere and never opens a mail connection."""
    form = load_form(folder=settings.path(settings.form.folder))
    templates = load_templates(settings.path(settings.letters.templates), settings.letters.language)
    secret = ledger_secret(settings.path(settings.ledger.secret_file), create=not read_only)
    sheet = open_spreadsheet(settings.sheets, settings.base)
    sends = sending and settings.mail.enabled
    mailer = mailer_for(settings) if sends and not read_only else None
    evidence = None
    if settings.imap.host and not read_only:
        from pipeline.adapters.mail.mailbox import mailbox_for

        evidence = mailbox_for(settings)
    aliases = load_aliases(settings)
    past = (
        read_past_exchanges(settings.path(settings.matching.past_exchanges)) if settings.matching.past_exchanges else ()
    )
    hashed = address_hasher(secret)
    message_id = message_id_maker(secret, settings.mail.sender_address)

    def inputs(snapshot: SheetSnapshot, state: LedgerState, moment: datetime) -> RunInputs:
        return RunInputs(
            snapshot=snapshot,
            state=state,
            settings=settings,
            form=form,
            composer=Composer(mail=settings.mail, templates=templates, message_id=message_id, now=moment),
            now=moment,
            is_erased=lambda address: bool(state.erased) and hashed(address) in state.erased,
            aliases=aliases,
            past=past,
            sending=sends,
        )

    ledger = open_ledger(settings.ledger_url, secret, round_months=settings.matching.round_months, read_only=read_only)
    try:
        yield Adapters(
            sheet=sheet,
            ledger=ledger,
            clock=now,
            mailer=mailer,
            evidence=evidence,
            inputs=inputs,
            progress=progress,
        )
    finally:
        ledger.close()


def load_aliases(settings: Settings) -> Mapping[str, Sequence[str]]:
    """Names known to be one organisation: chosen name -> other spellings. Raises ConfigurationError."""
    file = settings.path(settings.matching.aliases) if settings.matching.aliases else data_file("aliases.toml")
    if not file.exists():
        return {}
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}.", hint="Mend that line.") from None
    aliases = data.get("aliases", {})
    if not isinstance(aliases, dict) or not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in aliases.values()
    ):
        raise ConfigurationError(
            f"{file}: aliases must be a table of lists.", hint='For example: "Borås Stad" = ["City of Borås"]'
        )
    return aliases


@contextmanager
def open_ledger_only(settings: Settings, *, read_only: bool = False) -> Iterator[SqlLedger]:
    """The ledger without sheet and mail, for commands that need nothing else."""
    secret = ledger_secret(settings.path(settings.ledger.secret_file), create=not read_only)
    ledger = open_ledger(settings.ledger_url, secret, round_months=settings.matching.round_months, read_only=read_only)
    try:
        yield ledger
    finally:
        ledger.close()
