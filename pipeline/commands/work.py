"""The daily commands: plan, run, status, explain, preview."""

from __future__ import annotations

import logging

import click

from pipeline.commands.options import Asked, emit, one_line, progress_to_terminal, with_options
from pipeline.errors import Exit, UsageError

log = logging.getLogger(__name__)

LINES_SHOWN = 20
"""More than this nobody reads in a mail; the sheet has them all."""


@click.command()
@with_options
def plan(asked: Asked) -> int:
    """Print what a run would do; touch nothing."""
    from pipeline.commands.views import plan_as_json, plan_as_text
    from pipeline.run import look
    from pipeline.wiring import open_adapters

    with open_adapters(asked.settings, read_only=True, sending=True) as adapters:
        _, made = look(adapters)
    if asked.as_json:
        emit(plan_as_json(made))
    else:
        click.echo(plan_as_text(made))
    return Exit.BRAKE if made.ticks.brakes else Exit.DONE


@click.command()
@click.option("--no-send", is_flag=True, help="Do everything but send letters; they wait.")
@with_options
def run(asked: Asked, no_send: bool) -> int:
    """The cron job: pull, link, match, publish, introduce what is approved, follow up.

    Says nothing when nothing changed.
    """
    from pipeline.adapters.heartbeat import ping
    from pipeline.adapters.lock import run_lock
    from pipeline.run import problem_lines
    from pipeline.run import run as do_run
    from pipeline.wiring import now, open_adapters

    settings = asked.settings
    url = settings.run.ping_url
    with run_lock(settings.path(settings.run.lock_file), now()):
        if url:
            ping(url, "start")
        try:
            with open_adapters(settings, sending=not no_send, progress=progress_to_terminal()) as adapters:
                result = do_run(adapters, settings)
                calls = adapters.sheet.calls
        except BaseException:
            if url:
                ping(url, "failure")
            raise
        if url:
            ping(
                url,
                "failure" if result.failure or result.exit_code not in (Exit.DONE, Exit.NEEDS_A_PERSON) else "success",
            )
    log.info("sheets reads=%d writes=%d", calls.get("reads", 0), calls.get("writes", 0))
    if asked.as_json:
        emit({"summary": result.summary, "sent": list(result.sent), "exit_code": int(result.exit_code)})
    elif result.exit_code is Exit.BRAKE:
        click.echo(f"matchmaker: {one_line(result.summary)}", err=True)
    elif asked.verbosity >= 0 and (result.summary or asked.verbosity > 0):
        click.echo(result.summary or f"Nothing new among {result.open_entries} open entries.")
        lines = [f"{status.match}: {status.text}" for status in result.stuck]
        lines += problem_lines(result.plan.changes.new_problems if result.plan else ())
        for line in lines[:LINES_SHOWN]:
            click.echo(f"  {one_line(line)}")
        if len(lines) > LINES_SHOWN:
            click.echo(f"  and {len(lines) - LINES_SHOWN} more; see: matchmaker status")
    if result.failure is not None:
        raise result.failure
    return result.exit_code


@click.command()
@with_options
def status(asked: Asked) -> int:
    """Where every match stands."""
    from pipeline.commands.views import status_as_json, status_as_text
    from pipeline.run import look
    from pipeline.wiring import open_adapters

    with open_adapters(asked.settings, read_only=True, sending=True) as adapters:
        inputs, made = look(adapters)
    if asked.as_json:
        emit(status_as_json(inputs, made))
    else:
        click.echo(status_as_text(inputs, made))
    return Exit.DONE


@click.command()
@click.argument("identifier", metavar="ID")
@with_options
def explain(asked: Asked, identifier: str) -> int:
    """Why: reasons and history of a match (M-...), an organisation (O-...) or an answer (E-...)."""
    from pipeline.commands.views import explanation
    from pipeline.letters.identity import waiting_letters
    from pipeline.run import look
    from pipeline.wiring import open_adapters

    with open_adapters(asked.settings, read_only=True, sending=True) as adapters:
        inputs, made = look(adapters)
        letters = waiting_letters(inputs.state.letters).get(identifier, ())
        history = [
            event
            for about in (identifier, *(letter.id for letter in letters))
            for event in adapters.ledger.history(about)
        ]
    told = explanation(inputs, made, identifier, history)
    if told is None:
        raise UsageError(
            f"Nothing here is called {one_line(identifier)[:60]}.",
            hint="Matches are M-..., organisations O-..., entries E-...; see: matchmaker status",
        )
    if asked.as_json:
        emit(told.as_json)
    else:
        click.echo(told.as_text)
    return Exit.DONE


@click.command()
@click.argument("match", metavar="MATCH")
@click.option("--source", is_flag=True, help="The exact bytes instead of the text.")
@with_options
def preview(asked: Asked, match: str, source: bool) -> int:
    """Show the exact letter of a match, its correction where one is ticked; nothing is sent.

    With the id of an open answer (E-...): the letter that nobody was found for it yet.
    """
    from pipeline.letters.identity import correction_id, introduction_id, introductions_sent
    from pipeline.letters.verify import read_back
    from pipeline.planning.letters_due import waiting_letter
    from pipeline.run import look
    from pipeline.wiring import open_adapters

    with open_adapters(asked.settings, read_only=True, sending=True) as adapters:
        inputs, made = look(adapters)
        found = made.matches.all.get(match)
        if match in made.entries.sources:
            letter = waiting_letter(inputs, made.entries, made.ticks, made.matches, match)
        elif found is None:
            raise UsageError(
                f"There is no match and no open answer {one_line(match)[:60]}.",
                hint="The ids of matches are in the tab Review, those of answers in Entries.",
            )
        else:
            decision = made.ticks.decisions.get(match)
            introduced = introductions_sent(inputs.state.letters).get(match)
            line = decision.correction if decision and introduced else None
            kept = adapters.ledger.letter(correction_id(match, line) if line else introduction_id(match))
            if kept is not None and kept.content:
                letter = kept
            elif line and introduced:
                letter = inputs.composer.correction(found, line, introduced.message_id, introduced.since.date())
            else:
                letter = inputs.composer.introduction(found, decision.message if decision else None)
    if source:
        click.echo(letter.content.decode("ascii"), nl=False)
        return Exit.DONE
    shown = read_back(letter.content)
    for name in ("From", "To", "Reply-To", "Subject"):
        if name in shown.headers:
            click.echo(f"{name}: {one_line(shown.headers[name])}")
    click.echo(f"\n{shown.text}")
    return Exit.DONE
