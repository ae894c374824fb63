"""`report`: case sheets and indicators."""

from __future__ import annotations

import click

from pipeline.commands.options import Asked, emit, one_line, with_options
from pipeline.errors import Exit


@click.command()
@with_options
def report(asked: Asked) -> int:
    """Make the case sheets of exchanges that took place, and count the indicators against their targets."""
    from pipeline.adapters.files import write_files
    from pipeline.adapters.lock import run_lock
    from pipeline.letters.templating import load_templates
    from pipeline.model import SheetChanges
    from pipeline.partnership.indicators import load_indicators
    from pipeline.reporting.report import make_report
    from pipeline.run import look, problem_lines
    from pipeline.tabs import indicators
    from pipeline.wiring import now, open_adapters

    settings = asked.settings
    folder = settings.path(settings.run.reports)
    indicator_file = settings.path(settings.run.indicators) if settings.run.indicators else None
    templates = load_templates(settings.path(settings.letters.templates), settings.letters.language)
    with (
        run_lock(settings.path(settings.run.lock_file), now()),
        open_adapters(settings, sending=False) as adapters,
    ):
        inputs, plan = look(adapters)
        made = make_report(inputs, plan, templates, load_indicators(indicator_file))
        write_files(folder, made.files)
        if indicators.TAB.differs(inputs.snapshot.tables.get(indicators.TAB.name), made.indicators):
            adapters.sheet.write(SheetChanges(contents={indicators.TAB.name: made.indicators}))
    if asked.as_json:
        emit({"folder": str(folder), "files": sorted(made.files), "indicators": made.indicators, "lines": made.lines})
        return Exit.DONE
    for line in made.lines:
        click.echo(one_line(line))
    for title, target, due, counted, of in made.indicators:
        shown = "not counted" if counted == "" else counted
        click.echo(one_line(f"{title}: {shown} (target {target or '-'}, due by now {due or '-'}). {of}"))
    for line in problem_lines(made.problems):
        click.echo(f"Problem: {one_line(line)}")
    click.echo(f"{len(made.files)} files in {folder}")
    return Exit.NEEDS_A_PERSON if made.problems else Exit.DONE
