"""The letters of a run, composed before the first one leaves: introductions, questions, reminders, the digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.letters import DigestData, MessageUnsafe
from pipeline.model import (
    Letter,
    LetterKind,
    LetterRecord,
    LetterState,
    Match,
    Problem,
    Stage,
    Standing,
)
from pipeline.planning.entries import Registry
from pipeline.planning.inputs import World
from pipeline.planning.standings import DueLetter
from pipeline.tabs import exchanges as follow_ups
from pipeline.tabs import review


def compose(world: World, due: Sequence[DueLetter]) -> tuple[tuple[Letter, ...], dict[str, Standing]]:
    """All letters of a run, before the first one leaves. One that cannot be written safely is held."""
    letters: list[Letter] = []
    unsafe: dict[str, Standing] = {}
    for one in due:
        try:
            letter = _letter(world, one)
        except MessageUnsafe as error:
            unsafe[one.match.id] = Standing(match=one.match.id, stage=Stage.HELD, detail=str(error))
            continue
        known = world.state.letters.get(letter.id)
        letters.append(_frozen(letter, known))
    return tuple(letters), unsafe


def reminders(
    world: World,
    registry: Registry,
    reading: review.ReviewReading,
    matches: Mapping[str, Match],
    exchanges: Sequence[follow_ups.NotedExchange],
    *,
    room: int,
) -> tuple[Letter, ...]:
    """Reminders that are due, within what the limits of the run leave."""
    mail = world.settings.mail
    if not world.sending or mail.rehearsal_to:
        return ()
    left = min(mail.max_per_run - room, mail.max_per_day - world.state.sent_today - room)
    due = follow_ups.reminders_due(
        matches,
        world.state.letters,
        exchanges,
        approved={match for match, decision in reading.decisions.items() if decision.approved},
        closed_entries=registry.entries.closed,
        weeks=world.settings.follow_up.reminder_weeks,
        now=world.now,
    )
    letters = []
    for one in due[: max(left, 0)]:
        introduction = one.introduction
        try:
            letters.append(world.composer.reminder(one.match, introduction.message_id, introduction.since.date()))
        except MessageUnsafe:
            continue
    return tuple(letters)


def digest(
    world: World, standings: Mapping[str, Standing], fresh: Sequence[Match], problems: Sequence[Problem]
) -> tuple[Letter, ...]:
    """The secretariat's digest: at most once in `digest_days`, and only when there is something to tell."""
    settings = world.settings
    last = world.state.last_digest
    if not settings.mail.digest_to or not world.sending:
        return ()
    if last is not None and (world.today - last).days < settings.follow_up.digest_days:
        return ()
    new = {match.id for match in fresh}
    names = {match.id: match for match in (*world.state.matches.values(), *fresh)}

    def lines(stage: Stage, *, only_new: bool = False) -> list[str]:
        return [
            f"{standing.match}: {names[standing.match].sending.organisation} and "
            f"{names[standing.match].receiving.organisation}. {standing.text}"
            for standing in standings.values()
            if standing.stage is stage and (standing.match in new) is only_new
        ]

    data = DigestData(
        day=world.today,
        waiting=lines(Stage.PROPOSED),
        unsure=lines(Stage.UNSURE),
        held=lines(Stage.HELD),
        bounced=[
            f"{record.match}: {recipient}: {reason}"
            for record in world.state.letters.values()
            for recipient, reason in record.bounced.items()
        ],
        proposed=lines(Stage.PROPOSED, only_new=True),
        problems=[f"{problem.where}: {problem.what}" for problem in problems],
        spreadsheet_url=f"https://docs.google.com/spreadsheets/d/{settings.sheets.spreadsheet_id}"
        if not settings.sheets.api_url
        else None,
    )
    try:
        return (world.composer.digest(data),) if data else ()
    except MessageUnsafe:  # a digest that cannot be written must not keep introductions from leaving
        return ()


def _letter(world: World, due: DueLetter) -> Letter:
    if due.kind is LetterKind.QUESTION and due.party is not None:
        return world.composer.question(due.match, due.party)
    return world.composer.introduction(due.match, due.message)


def _frozen(letter: Letter, known: LetterRecord | None) -> Letter:
    """A letter that is queued already goes out with the very bytes it was queued with."""
    if known is None or known.state is not LetterState.QUEUED or known.content is None:
        return letter
    return replace(letter, content=known.content, envelope=known.envelope, message_id=known.message_id)
