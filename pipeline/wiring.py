"""Builds the adapters from the configuration: which adapters a command speaks to."""

from __future__ import annotations

import re
import secrets
import socket
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.adapters.fingerprint import files_as_they_stand, fingerprint
from pipeline.adapters.ledger.ledger import SqlLedger, open_ledger
from pipeline.adapters.mail.smtp import mailer_for
from pipeline.adapters.past_exchanges import read_past_exchanges
from pipeline.adapters.secrets import address_hasher, ledger_secret, message_id_maker
from pipeline.adapters.sheets.spreadsheet import open_spreadsheet
from pipeline.cleaning.data_files import data_file
from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.forms.form import load_form
from pipeline.model import SheetSnapshot
from pipeline.ports import LedgerState
from pipeline.run import Adapters

if TYPE_CHECKING:
    from pipeline.planning.inputs import RunInputs


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
    form_folder = settings.path(settings.form.folder)
    templates_folder = settings.path(settings.letters.templates)
    past_file = settings.path(settings.matching.past_exchanges) if settings.matching.past_exchanges else None
    secret = ledger_secret(settings.path(settings.ledger.secret_file), create=not read_only)
    sheet = open_spreadsheet(settings.sheets, settings.base)
    sends = sending and settings.mail.enabled
    mailer = mailer_for(settings) if sends and not read_only else None
    evidence = None
    if settings.imap.host and not read_only:
        from pipeline.adapters.mail.mailbox import mailbox_for

        evidence = mailbox_for(settings)
    hashed = address_hasher(secret)
    message_id = message_id_maker(secret, settings.mail.sender_address)

    def inputs(snapshot: SheetSnapshot, state: LedgerState, moment: datetime) -> RunInputs:
        from pipeline.letters.compose import Composer
        from pipeline.letters.templating import load_templates
        from pipeline.planning.inputs import RunInputs

        templates = load_templates(templates_folder, settings.letters.language)
        return RunInputs(
            snapshot=snapshot,
            state=state,
            settings=settings,
            form=load_form(folder=form_folder),
            composer=Composer(mail=settings.mail, templates=templates, message_id=message_id, now=moment),
            now=moment,
            turn=f"{_host()}@{moment:%Y-%m-%dT%H:%M:%S}@{secrets.token_hex(6)}",
            is_erased=lambda address: bool(state.erased) and hashed(address) in state.erased,
            aliases=load_aliases(settings),
            past=read_past_exchanges(past_file) if past_file else (),
            sending=sends,
        )

    def everything_read(snapshot: SheetSnapshot, state: LedgerState, moment: datetime) -> str:
        beside = (form_folder, templates_folder, _aliases_file(settings), data_file(), *filter(None, (past_file,)))
        return fingerprint(repr((settings, sends, files_as_they_stand(beside))), snapshot, state, moment)

    ledger = open_ledger(settings.ledger_url, secret, round_months=settings.matching.round_months, read_only=read_only)
    try:
        yield Adapters(
            sheet=sheet,
            ledger=ledger,
            clock=now,
            mailer=mailer,
            evidence=evidence,
            inputs=inputs,
            fingerprint=everything_read,
            progress=progress,
        )
    finally:
        ledger.close()


def _host() -> str:
    """This machine's name, as far as it can stand in a mark."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:63] or "unnamed"


def load_aliases(settings: Settings) -> Mapping[str, Sequence[str]]:
    """Names known to be one organisation: chosen name -> other spellings. Raises ConfigurationError."""
    file = _aliases_file(settings)
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


def _aliases_file(settings: Settings) -> Path:
    return settings.path(settings.matching.aliases) if settings.matching.aliases else data_file("aliases.toml")


@contextmanager
def open_ledger_only(settings: Settings, *, read_only: bool = False) -> Iterator[SqlLedger]:
    """The ledger without sheet and mail, for commands that need nothing else."""
    secret = ledger_secret(settings.path(settings.ledger.secret_file), create=not read_only)
    ledger = open_ledger(settings.ledger_url, secret, round_months=settings.matching.round_months, read_only=read_only)
    try:
        yield ledger
    finally:
        ledger.close()
