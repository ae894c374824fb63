"""The contract of every mailer: the SMTP adapter against real servers on this machine, and the one in memory."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.mail.memory import MemoryMailer
from pipeline.errors import TryLater
from pipeline.model import Letter
from pipeline.ports import Mailer, Outcome
from pipeline.sandbox.smtp import MailStore, serve_smtp

Taken = Callable[[], Sequence[tuple[tuple[str, ...], bytes]]]
"""Recipients and bytes of every letter that was taken."""


@dataclass(frozen=True, slots=True)
class Post:
    """A mailer and what came out at its other end."""

    mailer: Mailer
    taken: Taken


REFUSALS = {
    Outcome.TRY_AGAIN: {"rcpt1": {"say": "450 4.7.1 greylisted", "only": 1}},
    Outcome.REFUSED: {"rcpt2": {"say": "550 5.1.1 no such user", "only": 1}},
    Outcome.UNCLEAR: {"dot": {"then": "finish", "only": 1}},
}
"""What a real server does so that this becomes of a letter."""


@contextmanager
def sandbox_server(folder: Path) -> Iterator[tuple[int, MailStore]]:
    """The sandbox's mail server on a port of its own."""
    store = MailStore(folder)
    listener = socket.create_server(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()
    started = threading.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(serve_smtp(listener, store))
        started.set()
        loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    started.wait()
    try:
        yield listener.getsockname()[1], store
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@pytest.fixture(params=["SMTP", "memory"])
def post(request: pytest.FixtureRequest, tmp_path: Path, make_mailer: Any) -> Iterator[Post]:
    """A mailer whose server takes everything."""
    if request.param == "memory":
        made = MemoryMailer()
        yield Post(made, lambda: [(letter.envelope.recipients, letter.content) for letter in made.taken])
        return
    with sandbox_server(tmp_path / "mail") as (port, store):
        yield Post(make_mailer(port), lambda: [(kept.recipients, kept.content) for kept in store.messages()])


@pytest.fixture(params=["SMTP", "memory"])
def troubled(
    request: pytest.FixtureRequest, serve: Any, act: Any, make_mailer: Any, make_letter: Any
) -> Callable[[Outcome], Post]:
    """Makes a mailer with whose first letter, tried once, that happens."""

    def make(outcome: Outcome) -> Post:
        if request.param == "memory":
            made = MemoryMailer({make_letter(1).id: [outcome]})
            return Post(made, lambda: [(letter.envelope.recipients, letter.content) for letter in made.taken])
        acts: Mapping[str, Any] = {stage: act(**what) for stage, what in REFUSALS[outcome].items()}
        server = serve(acts)
        return Post(make_mailer(server.port), lambda: [(tuple(one.recipients), one.content) for one in server.kept])

    return make


class Marker:
    """Counts how often the final dot was about to leave, and may stop it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self.error = error

    def __call__(self) -> None:
        self.calls += 1
        if self.error:
            raise self.error


def test_a_letter_that_is_sent_is_taken_once_with_its_very_bytes(post: Post, make_letter: Any) -> None:
    first, second = make_letter(1), make_letter(2, to=("cy@c.example",))
    marker = Marker()
    with post.mailer.session() as session:
        for letter in (first, second):
            delivery = session.deliver(letter, marker)
            assert delivery.outcome is Outcome.SENT
            assert delivery.detail.startswith("250")
            assert "\n" not in delivery.detail
    assert marker.calls == 2
    assert list(post.taken()) == [
        (("ana@a.example", "bo@b.example"), first.content),
        (("cy@c.example",), second.content),
    ]


@pytest.mark.parametrize("outcome", [Outcome.TRY_AGAIN, Outcome.REFUSED])
def test_a_letter_that_is_certainly_not_accepted_never_comes_to_its_dot(
    troubled: Callable[[Outcome], Post], make_letter: Any, outcome: Outcome
) -> None:
    post, marker = troubled(outcome), Marker()
    with post.mailer.session() as session:
        delivery = session.deliver(make_letter(1), marker)
        assert delivery.outcome is outcome
        assert delivery.detail
        assert marker.calls == 0
        assert list(post.taken()) == []
        assert session.deliver(make_letter(2), marker).outcome is Outcome.SENT, "the others go on"
        assert session.deliver(make_letter(1), marker).outcome is Outcome.SENT, "and so does it when it is tried again"
    assert len(post.taken()) == 2


def test_a_letter_of_which_nobody_knows_was_marked_before_its_dot(
    troubled: Callable[[Outcome], Post], make_letter: Any
) -> None:
    post, marker = troubled(Outcome.UNCLEAR), Marker()
    with post.mailer.session() as session:
        assert session.deliver(make_letter(1), marker).outcome is Outcome.UNCLEAR
    assert marker.calls == 1


def test_a_letter_that_could_not_be_marked_does_not_leave(post: Post, make_letter: Any) -> None:
    with pytest.raises(TryLater, match="full"), post.mailer.session() as session:
        session.deliver(make_letter(1), Marker(TryLater("The disk is full.", hint="Make room.")))
    assert list(post.taken()) == []


def unfit(letter: Letter) -> list[Letter]:
    return [
        replace(letter, content=letter.content.replace(b"\r\n", b"\n")),
        replace(letter, message_id="<another@ops.example>"),
        replace(letter, envelope=replace(letter.envelope, recipients=())),
        replace(letter, envelope=replace(letter.envelope, recipients=("Ana@a.example", "ana@A.example"))),
        replace(
            letter, envelope=replace(letter.envelope, recipients=("ana@borås.example", "Ana@xn--bors-soa.example"))
        ),
    ]


def test_a_letter_that_is_not_fit_to_be_sent_is_refused_before_anybody_hears_of_it(
    post: Post, make_letter: Any
) -> None:
    marker = Marker()
    with post.mailer.session() as session:
        for letter in unfit(make_letter(1)):
            delivery = session.deliver(letter, marker)
            assert delivery.outcome is Outcome.REFUSED
            assert delivery.detail.startswith("the letter is not fit to be sent: ")
    assert marker.calls == 0
    assert list(post.taken()) == []


@pytest.mark.parametrize("kind", ["SMTP", "memory"])
def test_a_server_that_is_not_there_is_told_before_any_letter(kind: str, make_mailer: Any) -> None:
    gone = TryLater("The mail server cannot be reached.", hint="The next run tries again.")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made: Mailer = MemoryMailer(closed=gone) if kind == "memory" else make_mailer(port)
    with pytest.raises(TryLater), made.session():
        pytest.fail("there is no session")
