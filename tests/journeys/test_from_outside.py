"""The sandbox driven from outside: the command as a process, a spreadsheet client of our own, another mail server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from pipeline.sandbox.person import Person

COMMAND = (sys.executable, "-m", "pipeline")
TOPICS = ("Gender equality", "Career guidance", "Dual VET and apprenticeships", "Green skills", "Digital skills")
COUNTRIES = ("Sweden", "Norway", "France", "Italy", "Ireland", "Finland", "Portugal", "Austria")


class Kept:
    """A mail server's handler that keeps envelope and bytes."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append((list(envelope.rcpt_tos), envelope.content))
        return "250 kept"


@contextmanager
def own_mail_server() -> Iterator[tuple[Kept, int]]:
    kept = Kept()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield kept, port
    finally:
        controller.stop()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        [*COMMAND, "-q", "sandbox", "--dir", str(tmp_path / "sandbox")], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=600)


def forty_answers(answer: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    answers = []
    for number in range(40):
        topic = TOPICS[number % len(TOPICS)]
        hosts = number % 2 == 0
        answers.append(
            answer(
                number,
                organisation=f"{('Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm')[number % 5]}{number} College",
                country=COUNTRIES[number % len(COUNTRIES)],
                city=f"Town {number}",
                topics=topic,
                role="Host visitors" if hosts else "Send staff or learners",
                **({"offers": f"We show {topic}."} if hosts else {"seeks": f"We want to learn about {topic}."}),
            )
        )
    return answers


def test_three_ticks_among_forty_answers_are_three_letters(
    sandbox: dict[str, Any], answer: Callable[..., dict[str, Any]], fill: Callable[..., None]
) -> None:
    person = Person(sandbox["sheets_api"], sandbox["spreadsheet_id"])
    with own_mail_server() as (kept, port):
        environment = {**os.environ, "MATCHMAKER_MAIL__PORT": str(port), "MATCHMAKER_MAIL__HOST": "127.0.0.1"}

        def matchmaker(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*COMMAND, "--config", sandbox["config"], *words],
                capture_output=True,
                text=True,
                env=environment,
                timeout=600,
                check=False,
            )

        assert matchmaker("init").returncode == 0
        fill(person, forty_answers(answer))
        first = matchmaker("run")
        assert first.returncode == 0, first.stderr
        rows = person.rows("Review")
        assert len(rows) >= 10
        assert kept.taken == []

        header = person.header("Review")
        person.batch(
            {
                "sortRange": {
                    "range": {"sheetId": person.sheet_id("Review"), "startRowIndex": 1},
                    "sortSpecs": [
                        {"dimensionIndex": header.index("Receiving organisation"), "sortOrder": "DESCENDING"}
                    ],
                }
            }
        )
        chosen = [row for row in person.rows("Review") if not row["Joining organisation"]][:9:3]
        for row in chosen:
            person.put("Review", row["#"], "Approve", True)
        for _ in range(2):
            assert matchmaker("run").returncode == 0

        status = json.loads(matchmaker("--format", "json", "status").stdout)
        by_match = {match["match"]: match for match in status["matches"]}
        sent = {}
        for recipients, content in kept.taken:
            match = next(
                line.split(b": ")[1].decode() for line in content.splitlines() if line.startswith(b"X-Match-Id: ")
            )
            sent[match] = sorted(recipients)
        assert len(kept.taken) == 3
        assert sent == {
            row["Match"]: sorted([by_match[row["Match"]]["sending_email"], by_match[row["Match"]]["receiving_email"]])
            for row in chosen
        }
        assert all(by_match[row["Match"]]["status"].startswith("Introduced") for row in chosen)

        again = matchmaker("run")
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
        assert len(kept.taken) == 3
