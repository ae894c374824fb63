"""Secrets are referred to and never shown: not in a stream, file, cell or traceback, not even in a crash."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CRASH = """\
import sys
from unittest import mock
from pipeline.cli import main

def crash(*given, **more):
    password, secret = {password!r}, given
    raise RuntimeError("something\\nunforeseen \\x1b[2J with anna.berg@school.example")

with mock.patch({target!r}, crash):
    main()
"""


@pytest.fixture(scope="module")
def made(world: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A sandbox with a proposal that is ticked, and a key file with a canary in it."""
    directory = tmp_path_factory.mktemp("secrets")
    with world.World(directory) as made:
        made.submit(world.pair(0, "city", "Borås", world.PLACES[0]))
        made.command("-vv", "run")
        made.tick_all()
        yield made


@pytest.mark.parametrize(
    "target",
    [
        "pipeline.planning.plan.make_plan",
        "pipeline.wiring.message_id_maker",
        "pipeline.adapters.mail.smtp.SmtpMailer.session",
    ],
)
def test_a_crash_shows_no_secret(world: ModuleType, made: Any, target: str) -> None:
    key = made.directory / "service.json"
    key.write_text(json.dumps({"private_key": f"{world.CANARY}-key"}))
    command = [sys.executable, "-c", CRASH.format(password="local", target=target)]
    done = subprocess.run(
        [*command, "--config", str(made.sandbox.config_path), "-vv", "run"],
        capture_output=True,
        text=True,
        check=False,
        cwd=made.directory,
        env={**os.environ, **made.environment, "MATCHMAKER_SHEETS__CREDENTIALS": str(key)},
    )
    key.unlink()
    secret = (made.sandbox.directory / "state" / "secret").read_text().strip()
    said = done.stdout + done.stderr
    assert done.returncode == 70
    assert "unforeseen" in said
    for hidden in (world.CANARY, secret, "anna.berg@", "\x1b"):
        assert hidden not in said
    assert not re.search(r"(?m)^unforeseen", said)
    cells = [cell for tab in world.PROGRAM_TABS for cell in made.cells(tab)]
    assert world.secret_faults(made, [json.dumps(cells)]) == []


def test_a_refused_login_shows_no_password(world: ModuleType, tmp_path: Path) -> None:
    with world.World(tmp_path, {"MATCHMAKER_MAIL__USERNAME": "secretariat"}) as made:
        made.submit(world.pair(0, "city", "Borås", world.PLACES[0]))
        made.command("-vv", "run")
        made.tick_all()
        assert made.command("-vv", "run").code != 0
        assert world.secret_faults(made, [repr(made.rows())]) == []
