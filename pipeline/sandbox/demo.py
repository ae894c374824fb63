"""The whole loop on the published exchanges: answers in, proposals out, four ticks, four letters.

It looks at every step from outside, as a person would, and fails when one was not seen to work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import load_settings
from pipeline.errors import MatchmakerError
from pipeline.letters.verify import read_back
from pipeline.run import RunResult, run
from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.person import Person
from pipeline.tabs import review
from pipeline.tabs.tab import JOINING, MATCH, RECEIVING, SENDING, STATUS
from pipeline.wiring import open_adapters

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One published exchange, told by words that must occur in the names of its sides."""

    title: str
    sending: str
    receiving: str
    joining: str = ""


STORIES = (
    Story(
        title="Gender equality in education",
        sending="Centre-Val de Loire",
        receiving="Borås",
        joining="Escola del Treball",
    ),
    Story(title="Job shadowing at the Multicompetent Team", sending="Vestland", receiving="Borås"),
    Story(title="Dual VET in Catalonia", sending="Gent", receiving="Ministry of Education"),
    Story(title="Inclusive employment", sending="Borås", receiving="SOC"),
)


class DemoFailed(MatchmakerError):
    """A step of the demo was not seen to work."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="Please report this: the demo must work on every machine.")


def play(directory: Path, say: Say) -> None:
    """Play the demo in a sandbox under `directory`, telling it to `say`. Raises DemoFailed."""
    with Sandbox(directory, sample=True) as sandbox:
        person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
        say("1. A sandbox stands in for Google and the mail server. The form has been filled in:")
        answers = person.rows("Form responses 1")
        say(f"   {len(answers)} answers, from the four published exchanges and a dozen invented organisations.")
        _set_up(sandbox)

        result = _run(sandbox)
        proposals = person.rows(review.TAB.name)
        say(f"\n2. The scheduled run reads them and writes {len(proposals)} proposals to the review tab:")
        say(f"   {result.summary}")
        _expect(bool(proposals), "the run proposed nothing")
        _expect(not sandbox.messages(), "a letter left without a tick")

        say("\n3. The secretariat reads the reasons and ticks four of them:")
        ticked = [_tick(person, proposals, story, say) for story in STORIES]

        say("\n4. The next run introduces exactly those, each side reading the same letter:")
        _run(sandbox)
        _expect(len(sandbox.messages()) == len(STORIES), f"{len(sandbox.messages())} letters left instead of four")
        for story, row in zip(STORIES, ticked, strict=True):
            _tell_letter(sandbox, person, story, row, say)

        say("\n5. The run is repeated, as cron does every hour: nothing is sent twice.")
        again = _run(sandbox)
        _expect(len(sandbox.messages()) == len(STORIES), "a repeated run sent letters again")
        _expect(not again.sent, "a repeated run says that it sent letters")
        say(f"   Still {len(sandbox.messages())} letters; {again.summary or 'nothing changed.'}")


def _set_up(sandbox: Sandbox) -> None:
    from pipeline.adapters.sheets.setup import init

    settings = load_settings(sandbox.config_path, {})
    init(settings.sheets, settings.base)


def _run(sandbox: Sandbox) -> RunResult:
    settings = load_settings(sandbox.config_path, {})
    with open_adapters(settings) as outside:
        result = run(outside, settings)
    if result.failure is not None:
        raise result.failure
    return result


def _tick(person: Person, proposals: list[dict[str, Any]], story: Story, say: Say) -> dict[str, Any]:
    row = next((one for one in proposals if _tells(one, story)), None)
    _expect(row is not None, f"nobody proposed {story.title}: {story.sending} to {story.receiving}")
    chosen: dict[str, Any] = row or {}
    person.put(review.TAB.name, chosen["#"], review.APPROVE, True)  # noqa: FBT003
    say(f"\n   {story.title}")
    joining = f", joined by {chosen[JOINING]}" if chosen[JOINING] else ""
    say(f"   {chosen[SENDING]} -> {chosen[RECEIVING]}{joining}")
    for line in str(chosen[review.WHY]).splitlines()[:4]:
        say(f"     {line}")
    return chosen


def _tells(row: dict[str, Any], story: Story) -> bool:
    return (
        story.sending in row[SENDING]
        and story.receiving in row[RECEIVING]
        and (story.joining in row[JOINING] if story.joining else not row[JOINING])
    )


def _tell_letter(sandbox: Sandbox, person: Person, story: Story, row: dict[str, Any], say: Say) -> None:
    letters = [
        message for message in sandbox.messages() if f"X-Match-Id: {row[MATCH]}".encode("ascii") in message.content
    ]
    _expect(len(letters) == 1, f"{story.title}: {len(letters)} letters instead of one")
    letter = letters[0]
    shown = read_back(letter.content)
    sides = 3 if story.joining else 2
    _expect(len(letter.recipients) == sides, f"{story.title}: the letter went to {len(letter.recipients)} addresses")
    status = next(one[STATUS] for one in person.rows(review.TAB.name) if one[MATCH] == row[MATCH])
    _expect(status.startswith("Introduced"), f"{story.title}: its status is {status}")
    say(f"   {shown.subject}\n     to {', '.join(letter.recipients)}\n     {status}")


def _expect(seen: bool, otherwise: str) -> None:  # noqa: FBT001
    if not seen:
        raise DemoFailed(f"The demo failed: {otherwise}.")
