"""A mail server that is not ready, or refuses one side: nobody gets half an introduction, and the sheet says so."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from pipeline.errors import Exit


class Grumpy:
    """Answers RCPT for one side as told, as often as told; keeps what it took."""

    def __init__(self, reply: str, times: int) -> None:
        self.reply, self.times = reply, times
        self.taken: list[list[str]] = []

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if "organisation-1" in address and self.times > 0:
            self.times -= 1
            return self.reply
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(list(envelope.rcpt_tos))
        return "250 kept"


@contextmanager
def serving(handler: Grumpy) -> Iterator[dict[str, str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield {"MATCHMAKER_MAIL__PORT": str(port), "MATCHMAKER_MAIL__HOST": "127.0.0.1"}
    finally:
        controller.stop()


@pytest.fixture
def approved(journey: Any, sides: Any) -> str:
    journey.submit(*sides())
    journey.run()
    match: str = journey.row("Kortrijk", "Lysekil")["Match"]
    journey.tick(match)
    return match


def test_greylisting_sends_nothing_to_anybody_and_the_next_run_delivers(journey: Any, approved: str) -> None:
    server = Grumpy("450 4.7.1 greylisted", times=1)
    with serving(server) as where:
        first = journey.run(**where)
        assert first.exit_code == Exit.TRY_LATER
        assert "1 letter waits for the mail server" in first.summary
        assert server.taken == []
        status = journey.status(approved)
        assert status.startswith("Approved: waits, the mail server was not ready")
        assert "greylisted" in status
        assert journey.run(**where).exit_code == Exit.DONE
        journey.run(**where)
    assert server.taken == [["office@organisation-2.example", "office@organisation-1.example"]]
    assert journey.status(approved).startswith("Introduced")


def test_an_address_refused_for_good_holds_the_match_and_the_other_side_gets_nothing(
    journey: Any, approved: str
) -> None:
    server = Grumpy("550 5.1.1 no such user", times=1)
    with serving(server) as where:
        assert journey.run(**where).exit_code == Exit.NEEDS_A_PERSON
        assert journey.run(**where).summary == ""
        assert server.taken == []
        status = journey.status(approved)
        assert status.startswith("Held")
        assert "no such user" in status

        journey.tick(approved, value=False)
        journey.run(**where)
        journey.tick(approved)
        journey.run(**where)
    assert len(server.taken) == 1
    assert journey.status(approved).startswith("Introduced")
