"""Setting up: form, map, init, check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import DEFAULT_PATH, Asked, emit, one_line, with_options
from pipeline.errors import Exit, MatchmakerError, UsageError

if TYPE_CHECKING:
    from pipeline.config import Settings


@click.command()
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="All forms in one script.")
@click.option(
    "--typed-addresses",
    is_flag=True,
    help="Ask for the e-mail address instead of letting Google verify it: people without a Google account can answer, "
    "but an address somebody typed counts only once it is known for that organisation.",
)
@with_options
def form(asked: Asked, name: str | None, every: bool, typed_addresses: bool) -> int:
    """Print the Apps Script that makes a form, publishes it and links it to the sheet.

    NAME is one of the forms in the folder config/forms; without it, the matchmaking form. Paste the script into
    script.google.com with the account that shall own the form, and run it once.
    """
    import dataclasses

    from pipeline.config import Settings, load_settings
    from pipeline.forms.form import MATCHMAKING, form_names, load_form
    from pipeline.forms.script import FormsTab, apps_script
    from pipeline.tabs.forms import SCRIPT_COLUMNS, TAB

    if every and name:
        raise UsageError("Either the name of one form or --all.", hint="For example: matchmaker form after")
    wanted = asked.config or DEFAULT_PATH
    exists = wanted.exists()
    settings = load_settings(wanted) if exists or asked.config else Settings()
    folder = settings.path(settings.form.folder) if exists else None
    names = form_names(folder) if every else (name or MATCHMAKING,)
    forms = [load_form(one, folder) for one in names]
    if typed_addresses:
        forms = [dataclasses.replace(one, addresses="typed") for one in forms]
    sheets = settings.sheets
    script = apps_script(
        forms,
        answers_in=sheets.responses_spreadsheet_id or sheets.spreadsheet_id,
        noted_in=sheets.spreadsheet_id,
        forms_tab=FormsTab(title=TAB.name, titles=TAB.titles, columns=SCRIPT_COLUMNS),
        responses_tab=sheets.responses_tab,
    )
    click.echo(script)
    return Exit.DONE


@click.command(name="map")
@click.option("--yes", is_flag=True, help="Write the mapping without asking.")
@with_options
def map_(asked: Asked, yes: bool) -> int:
    """Fit the tool to a form you already have: propose which header is which question, and remember it."""
    from pipeline.adapters.sheets.spreadsheet import open_spreadsheet
    from pipeline.forms.fitting import propose_mapping, write_mapping
    from pipeline.forms.form import load_form

    settings = asked.settings
    config = asked.config or DEFAULT_PATH
    sheet = open_spreadsheet(settings.sheets, settings.base)
    header = sheet.responses_header()
    mapping = propose_mapping(load_form(folder=settings.path(settings.form.folder)), header, settings.form.columns)
    click.echo(mapping.as_text())
    if not mapping.columns:
        click.echo("Nothing to write: the headers fit as they are.")
        return Exit.NEEDS_A_PERSON if mapping.missing else Exit.DONE
    if yes or click.confirm(f"Write this into {config}?"):
        write_mapping(config, mapping)
        click.echo(f"Written. Then: matchmaker --config {config} check --online")
    return Exit.NEEDS_A_PERSON if mapping.missing or (mapping.not_asked and mapping.unused) else Exit.DONE


@click.command()
@with_options
def init(asked: Asked) -> int:
    """Make the tabs, headers, checkboxes and protections that are missing; safe to repeat."""
    from pipeline.adapters.sheets.setup import init as make
    from pipeline.forms.form import load_forms

    settings = asked.settings
    forms = tuple(load_forms(settings.path(settings.form.folder)).values())
    made = make(settings.sheets, settings.base, forms)
    for line in made:
        click.echo(one_line(line))
    if not made:
        click.echo("Everything is there already.")
    return Exit.DONE


@click.command()
@click.option("--online", is_flag=True, help="Also ask Google and the mail server.")
@click.option("--mail-to", metavar="ADDRESS", help="Send a test letter through the whole chain.")
@with_options
def check(asked: Asked, online: bool, mail_to: str | None) -> int:
    """Say line by line what is right, and how to mend what is not."""
    good = True
    lines = []
    for fine, what, remedy in _checks(asked, online=online, mail_to=mail_to):
        good = good and fine
        lines.append({"ok": fine, "what": what, "remedy": remedy})
        if not asked.as_json:
            click.echo(one_line(f"ok   {what}" if fine else f"FIX  {what} {remedy}"))
    if asked.as_json:
        emit(lines)
    return Exit.DONE if good else Exit.CONFIGURATION


Line = tuple[bool, str, str]


def _checks(asked: Asked, *, online: bool, mail_to: str | None) -> Iterator[Line]:
    try:
        settings = asked.settings
    except MatchmakerError as error:
        yield False, str(error.args[0]), error.hint
        return
    yield True, f"The settings in {asked.config or DEFAULT_PATH} can be read.", ""
    yield from _offline(settings)
    if online:
        from pipeline.adapters.sheets.setup import check_online

        yield from check_online(settings)
        yield from _mail_server(settings)
    if mail_to:
        yield from _test_letter(settings, mail_to)


def _offline(settings: Settings) -> Iterator[Line]:
    from pipeline.adapters.secrets import ledger_secret
    from pipeline.exchanges.case_sheets import check_case_sheet
    from pipeline.forms.form import load_forms
    from pipeline.letters.checking import check_templates
    from pipeline.letters.templating import load_templates
    from pipeline.wiring import load_aliases

    yield from _tried("The form's data can be read.", lambda: load_forms(settings.path(settings.form.folder)))
    yield from _tried("The list of aliases can be read.", lambda: load_aliases(settings))
    folder = settings.path(settings.letters.templates)
    problems = check_templates(folder, settings.letters.language)
    if not problems:
        problems = check_case_sheet(load_templates(folder, settings.letters.language))
    for problem in problems:
        yield False, problem, "Mend that template; nothing is sent with it."
    if not problems:
        yield True, f"All templates in {folder} can be filled.", ""
    yield from _tried(
        "The ledger can be opened.",
        lambda: _open_ledger(settings, ledger_secret(settings.path(settings.ledger.secret_file), create=False)),
    )
    if not settings.sheets.spreadsheet_id:
        yield False, "sheets.spreadsheet_id is empty.", "Copy it from the address of your spreadsheet."
    if not settings.mail.enabled:
        yield True, "Letters are switched off (mail.enabled = false): approved matches wait.", ""
    elif settings.mail.rehearsal_to:
        yield True, f"Rehearsal: every letter goes to {settings.mail.rehearsal_to} only.", ""


def _open_ledger(settings: Settings, secret: bytes) -> None:
    from pipeline.adapters.ledger.ledger import open_ledger

    open_ledger(settings.ledger_url, secret, round_months=settings.matching.round_months, read_only=True).close()


def _mail_server(settings: Settings) -> Iterator[Line]:
    from pipeline.adapters.mail.smtp import mailer_for

    if not settings.mail.enabled:
        return

    def log_in() -> None:
        with mailer_for(settings).session():
            pass

    yield from _tried(f"The mail server {settings.mail.host} lets us in; nothing was sent.", log_in)
    from pipeline.adapters.mail.mailbox import mailbox_for

    mailbox = mailbox_for(settings)
    if mailbox is not None:
        # An id nobody ever used: the search must work, not find anything.
        unused = ["<no-such-letter@matchmaker.example>"]
        yield from _tried(f"The mailbox at {settings.imap.host} can be searched.", lambda: mailbox.was_sent(unused))


def _test_letter(settings: Settings, address: str) -> Iterator[Line]:
    from pipeline.adapters.mail.smtp import mailer_for
    from pipeline.adapters.secrets import ledger_secret, message_id_maker
    from pipeline.cleaning import clean_address
    from pipeline.letters.compose import Composer
    from pipeline.letters.templating import load_templates
    from pipeline.ports import Outcome
    from pipeline.wiring import now

    cleaned = clean_address(address)
    if isinstance(cleaned, str):
        raise UsageError(f"--mail-to: {cleaned}", hint="Give one plain e-mail address.")
    composer = Composer(
        mail=settings.mail,
        templates=load_templates(settings.path(settings.letters.templates), settings.letters.language),
        message_id=message_id_maker(
            ledger_secret(settings.path(settings.ledger.secret_file)), settings.mail.sender_address
        ),
        now=now(),
    )
    letter = composer.test(address.strip())
    try:
        with mailer_for(settings).session() as session:
            delivery = session.deliver(letter, lambda: None)
    except MatchmakerError as error:
        yield False, str(error.args[0]), error.hint
        return
    if delivery.outcome is Outcome.SENT:
        yield True, f"A test letter left for {address}: {delivery.detail}", ""
    else:
        yield False, f"The test letter was not taken: {delivery.detail}", "Check [mail] and ask the mail provider."


def _tried(what: str, action: object) -> Iterator[Line]:
    try:
        if callable(action):
            action()
    except MatchmakerError as error:
        yield False, str(error.args[0]), error.hint
    else:
        yield True, what, ""
