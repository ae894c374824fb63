"""The options every command has, and the log they set up.

They may stand before or after the command's name: `matchmaker -v run` and `matchmaker run -v` are one.
"""

from __future__ import annotations

import functools
import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pipeline.config import Settings

DEFAULT_PATH = Path("config/pipeline.toml")
"""The configuration where nobody names another."""

_ADDRESS = re.compile(r"([^\s@<>\"(),;:\[\]{}=…/'])[^\s@<>\"(),;:\[\]{}…]{0,80}@([^\s@<>\"'(),;:\[\]{}]+)")
"""Anything that looks like an address, in whatever letters; the local part is bounded so that it stays linear."""
_SECRET = re.compile(
    r"-----BEGIN[^-]+-----.*?-----END[^-]+-----|(?<=Bearer )\S+|(?<=Authorization: )\S+|ya29\.\S+", re.DOTALL
)
_CONTROLS = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
    r"|[\U000e0000-\U000e007f]"
)
"""What moves a cursor, starts a line, turns the reading direction, or cannot be seen or written."""


@dataclass
class Asked:
    """What was asked for on the command line, before and after the command's name."""

    config: Path | None = None
    verbosity: int = 0
    format: str | None = None

    @functools.cached_property
    def settings(self) -> Settings:
        """The checked configuration, read when first needed."""
        from pipeline.config import load_settings

        return load_settings(self.config or DEFAULT_PATH)

    @property
    def as_json(self) -> bool:
        """Whether the result is wanted as JSON."""
        return self.format == "json"


def with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of all commands; it is called with one `Asked` first."""

    @click.option("--config", type=click.Path(path_type=Path), help=f"Configuration file.  [default: {DEFAULT_PATH}]")
    @click.option("-v", "--verbose", count=True, help="Say more (twice: everything).")
    @click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
    @click.option("--format", "format_", type=click.Choice(["text", "json"]), help="How results are printed.")
    @click.pass_context
    @functools.wraps(function)
    def wrapped(
        context: click.Context,
        /,
        *arguments: Any,
        config: Path | None,
        verbose: int,
        quiet: bool,
        format_: str | None,
        **more: Any,
    ) -> Any:
        asked = context.ensure_object(Asked)
        asked.config = config or asked.config
        asked.verbosity = -1 if quiet else max(verbose, asked.verbosity) if verbose else asked.verbosity
        asked.format = format_ or asked.format
        set_up_log(asked.verbosity)
        return function(asked, *arguments, **more)

    return wrapped


def emit(value: Any) -> None:
    """Print a result as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def progress_to_terminal() -> Callable[[str], None]:
    """Progress for somebody who is watching; nothing under cron."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda text: click.echo(f"  {one_line(text)}", err=True)


def progress_count(what: str) -> Callable[[int, int], None] | None:
    """Progress of long work in steps, at most one line a second; None when nobody is watching."""
    if not sys.stderr.isatty():
        return None
    last = 0.0

    def show(done: int, total: int) -> None:
        nonlocal last
        if done < total and time.monotonic() - last < 1:
            return
        last = time.monotonic()
        click.echo(f"\r  {what}: {done:,} of {total:,}", err=True, nl=done >= total)

    return show


def one_line(text: str) -> str:
    """A text that cannot start a second log line or move a terminal's cursor."""
    return _CONTROLS.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text).replace(
        "\n", "\\n"
    )


def redact(text: str) -> str:
    """A text without secrets, and with addresses shortened to their first letter and domain."""
    return _ADDRESS.sub(r"\1…@\2", _SECRET.sub("[hidden]", text))


def trace_of(error: BaseException | None) -> list[str]:
    """Where an error of ours came from, the first cause first: a line per step, and no line begun by its message."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        steps = traceback.extract_tb(error.__traceback__)
        own = [f"  {step.filename}:{step.lineno} in {step.name}" for step in steps]
        lines = [*own, f"{type(error).__name__}: {error}", *lines]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return [redact(one_line(line)) for line in lines]


class _Formatter(logging.Formatter):
    """One event, one line, nothing in it that a log should not hold."""

    def format(self, record: logging.LogRecord) -> str:
        plain = {**record.__dict__, "exc_info": None, "exc_text": None, "stack_info": None}
        line = one_line(super().format(logging.makeLogRecord(plain)))
        if record.exc_info and record.levelno >= logging.ERROR:
            line += " | " + " | ".join(step.strip() for step in trace_of(record.exc_info[1]))
        return redact(line)


def set_up_log(verbosity: int) -> None:
    """Log to standard error: warnings by default, INFO with -v, DEBUG with -vv, errors only with -q."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S"))
    levels = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    logging.getLogger("pipeline").setLevel(levels.get(verbosity, logging.DEBUG))
