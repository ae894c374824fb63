"""What a log line and an error line may hold: one event a line, addresses shortened, nothing that moves a cursor."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from pipeline.commands.options import one_line, redact, set_up_log, trace_of

SIGNS = "\x1b[2J \x00 \x85 \u2028 \u202e \u200b \ufeff \U000e0041 \ud800 \r"


def raise_it(message: str) -> None:
    raise ValueError(message)


@pytest.mark.parametrize(
    "address",
    ["anna.berg@school.example", "用户@例子.example", "a.b@аррӏе.example", "o'brien@school.example", "=1+1@x.example"],
)
def test_addresses_are_shortened_in_whatever_letters(address: str) -> None:
    said = redact(f"letter to <{address}>, refused")
    assert address not in said
    assert address.rpartition("@")[2] in said


def test_a_text_cannot_start_a_second_line_or_hide() -> None:
    shown = one_line(f"one{SIGNS}\ntwo")
    assert shown.isascii()
    assert all(sign.isprintable() for sign in shown)


def test_an_error_in_the_log_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_log(1)
    try:
        raise_it(f"bad\n2026-01-01T00:00:00 INFO all is well {SIGNS} anna@school.example")
    except ValueError:
        logging.getLogger("pipeline.test").exception("letter=%s failed", "M-1\nM-2")
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "ValueError" in said
    assert "test_log_lines.py" in said
    assert "anna@" not in said
    assert "\x1b" not in said


def test_a_warning_of_a_library_is_one_line_too() -> None:
    code = r"from pipeline.commands.options import set_up_log; set_up_log(0); import warnings; warnings.warn('a\nb')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.count("\n") == 1
    assert "WARNING" in done.stderr


def test_a_trace_names_the_steps_and_the_cause_first() -> None:
    try:
        try:
            raise_it("inner\nmatchmaker: all is well")
        except ValueError as error:
            raise RuntimeError("outer") from error
    except RuntimeError as error:
        lines = trace_of(error)
    assert [line.partition(":")[0] for line in lines if not line.startswith(" ")] == ["ValueError", "RuntimeError"]
    assert not any(line.startswith("matchmaker") for line in lines)
