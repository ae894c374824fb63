"""The ledger in a database: several processes at once, damage, and what it is told in words."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from pipeline.adapters.ledger.ledger import open_ledger
from pipeline.errors import ConfigurationError, LedgerDamaged
from pipeline.model import Decision
from pipeline.ports import Claim, LedgerChanges

ONE = "introduction:M-1"


# -- several processes ----------------------------------------------------------------------------------


def _claim_all(url: str, secret: bytes, start: Any, results: Any) -> None:
    ledger = open_ledger(url, secret)
    start.wait()
    won = [
        number
        for number in range(1, 31)
        if isinstance(ledger.claim(f"introduction:M-{number}", datetime(2026, 11, 20, tzinfo=UTC)), Claim)
    ]
    results.put(won)


def test_two_processes_never_get_the_same_letter_nor_the_same_pair(desk: Any) -> None:
    # Letters 1 and 2 are of one pair, 3 and 4 of one pair, ...
    desk.queue(*(desk.letter(number, f"pair {(number + 1) // 2}") for number in range(1, 31)))
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(2), context.Queue()
    processes = [context.Process(target=_claim_all, args=(desk.url, desk.secret, start, results)) for _ in range(2)]
    for process in processes:
        process.start()
    won = [results.get(timeout=600), results.get(timeout=600)]
    for process in processes:
        process.join(600)
    pairs = [(number + 1) // 2 for number in [*won[0], *won[1]]]
    assert sorted(pairs) == list(range(1, 16))


STEPS = ("claim", "mark_committing", "mark_sent")


def _die_after(url: str, secret: bytes, steps: int, *, inside: bool) -> None:
    ledger = open_ledger(url, secret)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    actions = (
        lambda: ledger.claim(ONE, now),
        lambda: ledger.mark_committing(Claim(letter=ONE, attempt=1), now),
        lambda: ledger.mark_sent(ONE, now, "250"),
    )
    for action in actions[:steps]:
        action()
    if inside:
        with ledger.writing() as connection:
            connection.execute(text("UPDATE letter SET state = 'sent', detail = 'half done'"))
            os.kill(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(("steps", "expected"), [(0, "queued"), (1, "queued"), (2, "unsure"), (3, "sent")])
def test_killed_between_steps_the_next_run_knows_where_it_stood(
    desk: Any, steps: int, expected: str, *, inside: bool
) -> None:
    desk.queue(desk.letter(1))
    desk.ledger.close()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_die_after, args=(desk.url, desk.secret, steps), kwargs={"inside": inside})
    process.start()
    process.join(600)
    assert process.exitcode == -signal.SIGKILL
    desk.reopen().recover(desk.now)
    assert desk.state(ONE) == expected


# -- damage ---------------------------------------------------------------------------------------------


def test_a_letter_whose_bytes_have_changed_is_damage(desk: Any) -> None:
    desk.queue(desk.letter(1))
    with desk.ledger.writing() as connection:
        connection.execute(text("UPDATE letter SET content = x'00'"))
    with pytest.raises(LedgerDamaged):
        desk.ledger.load(desk.now)
    with pytest.raises(LedgerDamaged):
        desk.ledger.letter(ONE)


@pytest.mark.parametrize(
    "change",
    ["UPDATE letter SET state = 'sant'", "UPDATE decision SET document = '{'", "UPDATE letter SET since = 'x'"],
)
def test_an_unreadable_row_is_damage_and_names_the_way_back(desk: Any, change: str) -> None:
    desk.ledger.record(LedgerChanges(at=desk.now, letters=(desk.letter(1),), decisions=(Decision(match="M-1"),)))
    with desk.ledger.writing() as connection:
        connection.execute(text(change))
    with pytest.raises(LedgerDamaged, match="backup") as caught:
        desk.ledger.load(desk.now)
    assert "ledger import" in caught.value.hint


def test_another_secret_is_refused(desk: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"ledger\.secret_file"):
        open_ledger(desk.url, b"t" * 32)


def test_a_database_url_is_never_repeated(desk: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_ledger("nonsense//user:canary@host", desk.secret)
    assert "canary" not in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        open_ledger("nonesuch://user:canary@host/db", desk.secret)
    assert "canary" not in str(caught.value)
