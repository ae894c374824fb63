"""Writes the pages of docs/ that come from the code: settings, commands and exit codes, personal data.

Run it after changing any of them: `.venv/bin/python tools/make_reference.py`. A test fails when a page is stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from pipeline.cli import COMMANDS, cli
from pipeline.config import ENVIRONMENT_PREFIX, Settings
from pipeline.data_map import PROGRAM_ERASES, personal_uses
from pipeline.errors import Exit

DOCS = Path(__file__).parents[1] / "docs"

EXIT_CODES = {
    Exit.DONE: "done, or nothing to do",
    Exit.NEEDS_A_PERSON: "done; something new needs a person (a problem, a held or an unsure match)",
    Exit.USAGE: "the command was called in a way that cannot work",
    Exit.BRAKE: "a brake was pulled: nothing was sent, no match changed",
    Exit.OUR_BUG: "a bug of ours; a traceback says where",
    Exit.TRY_LATER: "try later: network, quota, or another run holds the lock",
    Exit.ACCESS_REFUSED: "Google or the mail server refuses us",
    Exit.CONFIGURATION: "a setting, secret or file of ours is wrong",
}


def settings_page() -> str:
    """Every setting with its meaning, from the model that checks them."""
    lines = [
        "# Settings",
        "",
        "Made by `tools/make_reference.py` from `pipeline/config.py`; do not edit by hand.",
        "",
        "One TOML file, `config/pipeline.toml` unless `--config` names another. Unknown keys are refused; relative",
        "paths are relative to the file. The environment overrides any value:",
        f"`{ENVIRONMENT_PREFIX}MAIL__MAX_PER_RUN=5`.",
    ]
    for section, field in Settings.model_fields.items():
        model = field.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        lines += [
            "",
            f"## [{section}]",
            "",
            (model.__doc__ or "").strip(),
            "",
            "| key | default | meaning |",
            "|---|---|---|",
        ]
        for key, one in model.model_fields.items():
            default = _shown(one.get_default(call_default_factory=True))
            lines.append(f"| `{key}` | {default} | {one.description} |")
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    if value is None or value in ("", (), {}):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`" + ", ".join(str(part) for part in value) + "`"
    return f"`{value}`"


def commands_page() -> str:
    """The help of every command, and the exit codes."""
    lines = [
        "# Commands and exit codes",
        "",
        "Made by `tools/make_reference.py` from the commands' own help; do not edit by hand.",
        "",
        "Results go to standard output, the log to standard error. `--config`, `-v`, `-q` and `--format` may stand",
        'before or after a command\'s name. Shell completion: `eval "$(_MATCHMAKER_COMPLETE=bash_source matchmaker)"`.',
        "",
        "## Exit codes",
        "",
        "| code | meaning |",
        "|---|---|",
        *(f"| {int(code)} | {meaning} |" for code, meaning in EXIT_CODES.items()),
    ]
    above = click.Context(cli, info_name="matchmaker", **cli.context_settings)  # names -h beside --help
    for path, command in _all_commands():
        context = click.Context(command, parent=above, info_name=path, max_content_width=100, terminal_width=100)
        lines += ["", f"## {path}", "", "```", command.get_help(context), "```"]
    return "\n".join(lines) + "\n"


def _all_commands() -> list[tuple[str, click.Command]]:
    found = []
    context = click.Context(cli) if isinstance(cli, click.Command) else None
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is None:
            continue
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {inner}", one) for inner, one in command.commands.items()]
    return found


def privacy_page() -> str:
    """Which personal data is kept where, why and how long: the data map of the code."""
    lines = [
        "# Personal data",
        "",
        "Made by `tools/make_reference.py` from `pipeline/data_map.py`; do not edit by hand. It is what the code does,",
        "not legal advice: the secretariat is the controller, Google and the mail provider process on its behalf.",
        "",
        "| what | why | where | how long |",
        "|---|---|---|---|",
        *(
            f"| {use.what} | {use.why} | {'; '.join(place.value for place in use.places)} | {use.kept} |"
            for use in personal_uses()
        ),
        "",
        "`matchmaker subject EMAIL` shows what is held about somebody. `matchmaker forget EMAIL` erases it from "
        + ", ".join(sorted(place.value for place in PROGRAM_ERASES if place.value.startswith("the ledger")))
        + " and lists what only a person can delete: the form's own copy, rows of the sheet, letters in mailboxes.",
        "The row of that answer in the tab `Entries` loses name, address and words with the next two runs.",
        "An erased address stays on a list as a keyed hash, so that it is not read again from an old row or backup.",
        "Older versions of a Google spreadsheet cannot be deleted one by one: copy it without history once a year,",
        "point the configuration at the copy, and delete the old file.",
        "",
        "No answer without consent is used: such a row only leads to a line in `Problems`. Whoever asked to",
        "be asked first is sent a neutral question, without the other side's name, before anything is shared.",
    ]
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Path -> text of every page made here."""
    return {
        DOCS / "configuration.md": settings_page(),
        DOCS / "commands.md": commands_page(),
        DOCS / "privacy.md": privacy_page(),
    }


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
