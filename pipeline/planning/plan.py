"""One run decided in full, as one value: joins the stages into a `Plan`.

Nothing here reads or writes the outside. The same plan is printed by `matchmaker plan` and carried out
by `matchmaker run`. The steps follow the walk of one record: responses become entries, entries belong
to organisations, organisations become candidates, candidates become proposals, ticks become letters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.cleaning import clean_text
from pipeline.cleaning.folding import fold
from pipeline.errors import MatchmakerError
from pipeline.forms.form import locate
from pipeline.letters import meeting_keys
from pipeline.matching import Proposals
from pipeline.model import (
    Decision,
    Judgement,
    Letter,
    Match,
    NewRow,
    Problem,
    Question,
    SheetChanges,
    Stage,
    Standing,
)
from pipeline.planning import by_hand
from pipeline.planning import standings as introductions
from pipeline.planning.brakes import ledger_behind, served_by_another, vanished
from pipeline.planning.entries import Registry, register
from pipeline.planning.inputs import World
from pipeline.planning.letters_due import compose, digest, reminders
from pipeline.planning.matches import (
    age,
    as_known_today,
    busy_requests,
    candidates_for,
    canonical_meetings,
    committed_visits,
    decisions_of,
    finished_matches,
    fresh_matches,
    is_turned_down,
)
from pipeline.planning.standings import Introductions, Limits, Situation
from pipeline.ports import Facts, LedgerState
from pipeline.tabs import exchanges as follow_ups
from pipeline.tabs import layout, review
from pipeline.tabs import own_tabs as tabs
from pipeline.tabs import same_organisation as questions

OPEN_STAGES = frozenset({Stage.PROPOSED, Stage.APPROVED, Stage.HELD, Stage.UNSURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would do."""

    registry: Registry
    proposals: Proposals
    reading: review.ReviewReading
    matches: Mapping[str, Match]
    situation: Situation
    standings: Mapping[str, Standing]
    fresh: tuple[Match, ...]
    letters: tuple[Letter, ...]
    facts: Facts
    before: SheetChanges
    """Written before letters leave: new rows, and the tabs that are the program's own."""
    after: SheetChanges
    """Written after them: the `Status` cells, as they stand if no letter leaves."""
    exchanges: tuple[follow_ups.NotedExchange, ...]
    problems: tuple[Problem, ...]
    new_problems: tuple[Problem, ...]
    brakes: tuple[Problem, ...]
    released: tuple[Problem, ...] = ()
    """Brakes the officer has released by a tick, which has to stay while another one stands."""
    adopted: tuple[str, ...] = ()
    """Matches the officer says were introduced although the ledger knows nothing of them."""


def make_plan(world: World) -> Plan:
    """Decide one run. Raises SheetHeaderProblem when a header is missing or doubled."""
    state = world.state
    found = _columns(world)
    asked = questions.read_questions(world.table(layout.SAME_ORGANISATION), state.judgements, world.now)
    judgements = _latest((*state.judgements, *asked.judgements))
    registry = _register(world, judgements)
    reading = review.read_review(world.table(layout.REVIEW), state.matches, clean_text)

    brakes, released, adopted = _brakes(world, registry, reading)
    decisions = decisions_of(state, reading)
    finished = finished_matches(state, decisions)
    superseded, gone, renewals = age(world, registry, finished)
    hand = by_hand.read_by_hand(world.table(layout.BY_HAND), registry.organisations, registry.sources, fold)
    alive = [match for match in (*state.matches.values(), *renewals) if match.id not in {*superseded, *gone}]
    wished = by_hand.wishes(hand.lines, alive, finished, registry.sources, world.today)
    turned_down = [
        match
        for match in state.matches.values()
        if match.id in decisions and is_turned_down(decisions[match.id]) and match.id not in superseded
    ]
    proposals = candidates_for(world, registry, turned_down)
    exchanges = follow_ups.read_exchanges(world.table(layout.EXCHANGES))
    busy = busy_requests(world, exchanges)
    fresh = fresh_matches(
        world, registry, proposals, busy, (*renewals, *wished), {*finished, *superseded, *gone}, turned_down
    )
    matches = {
        match.id: as_known_today(match, registry.sources, registry.memory)
        for match in {**state.matches, **{match.id: match for match in fresh}}.values()
    }

    situation = Situation(
        matches=matches,
        decisions=decisions,
        letters=state.letters,
        superseded=superseded,
        gone=gone,
        row_trouble=reading.row_trouble,
        not_ticks=reading.not_ticks,
        meetings=canonical_meetings(state.meetings, registry.memory),
        sent_today=state.sent_today,
    )
    decided = rule(world, situation)
    letters, unsafe = compose(world, decided.due)
    standings = {standing.match: unsafe.get(standing.match, standing) for standing in decided.standings}
    letters += reminders(world, registry, reading, matches, exchanges, room=len(letters))
    # Rows of an earlier ledger whose very content is proposed now are no strangers: the next run reads their ticks.
    taken_over = {review.unknown_key(match) for match in (*adopted, *(one.id for one in fresh))}
    problems = tuple(
        problem
        for problem in _keyed(
            (*_missing_tabs(world), *registry.problems, *asked.problems, *reading.problems, *hand.problems)
        )
        if problem.key not in taken_over
    )
    new_problems = tuple(problem for problem in problems if problem.key not in state.problems)
    letters += digest(world, standings, fresh, problems)
    facts = _facts(world, found, registry, reading, asked.judgements, fresh, superseded, decided, letters, problems)
    rows = [
        review.new_row(match, standings[match.id], world.composer.first_lines(match))
        for match in matches.values()
        if match.id not in reading.statuses and standings[match.id].stage in OPEN_STAGES
    ]
    return Plan(
        registry=registry,
        proposals=proposals,
        reading=reading,
        matches=matches,
        situation=situation,
        standings=standings,
        fresh=fresh,
        letters=letters,
        facts=facts,
        before=_before(world, registry, proposals, asked, problems, rows),
        after=_after(registry.questions, judgements, asked, standings, reading),
        exchanges=exchanges,
        problems=problems,
        new_problems=new_problems,
        brakes=brakes,
        released=released,
        adopted=adopted,
    )


def rule(world: World, situation: Situation) -> Introductions:
    """Where every match stands, under the limits of the settings."""
    mail = world.settings.mail
    return introductions.decide(
        situation,
        Limits(
            per_run=mail.max_per_run,
            per_day=mail.max_per_day,
            per_organisation=mail.max_open_per_organisation,
            quiet_days=world.settings.follow_up.quiet_days,
            sending=world.sending,
            rehearsal_to=mail.rehearsal_to,
        ),
        world.now,
        meeting_keys=meeting_keys,
        round_started=world.round_started,
    )


def restated(
    world: World, plan: Plan, state: LedgerState, trouble: MatchmakerError | None = None
) -> tuple[dict[str, Standing], SheetChanges]:
    """Where every match stands once letters have left, and the `Status` cells that say so."""
    situation = replace(
        plan.situation,
        letters=state.letters,
        meetings=canonical_meetings(state.meetings, plan.registry.memory),
        sent_today=state.sent_today,
        mail_trouble=str(trouble.args[0]) if trouble else "",
    )
    standings = {standing.match: standing for standing in rule(world, situation).standings}
    held = {
        match: standing
        for match, standing in plan.standings.items()
        if standing.stage is Stage.HELD and standings[match].stage is Stage.APPROVED
    }
    standings |= held
    updates = {
        layout.REVIEW: review.status_updates(standings, _with_new_rows(plan)),
        layout.EXCHANGES: follow_ups.status_updates(world.table(layout.EXCHANGES), state.letters, plan.exchanges),
    }
    rows = follow_ups.new_rows(plan.matches, state.letters, plan.exchanges)
    has_tab = layout.EXCHANGES in world.snapshot.tables
    return standings, SheetChanges(
        inserts={layout.EXCHANGES: rows} if rows and has_tab else {},
        updates={**plan.after.updates, **{name: changes for name, changes in updates.items() if changes}},
    )


def _with_new_rows(plan: Plan) -> review.ReviewReading:
    """The review tab as it stands after the first write."""
    inserted = {row.key: str(row.cells[review.STATUS]) for row in plan.before.inserts.get(layout.REVIEW, ())}
    return replace(
        plan.reading,
        standing_rows=plan.reading.standing_rows | frozenset(inserted),
        statuses={**plan.reading.statuses, **inserted},
    )


# -- the steps ---------------------------------------------------------------------------------------


def _columns(world: World) -> frozenset[str]:
    """The questions the responses tab has a column for. Raises SheetHeaderProblem when one has got lost.

    A form may leave optional questions out; but one that was there in the last run and is not any more was
    renamed or deleted, and reading its answers as "not stated" would ignore what people asked for.
    """
    table, columns = world.table(layout.RESPONSES), world.settings.form.columns
    return frozenset(locate(world.form, table.header, columns, tab=table.title, needed=world.state.questions))


def _register(world: World, judgements: Sequence[Judgement]) -> Registry:
    settings, state = world.settings, world.state
    mail = settings.mail
    own = {address for address in (mail.sender_address, mail.journal, mail.rehearsal_to, mail.digest_to) if address}
    return register(
        world.table(layout.RESPONSES),
        world.form,
        columns=settings.form.columns,
        known_entries=state.entries,
        judgements=judgements,
        spellings=state.spellings,
        aliases=world.aliases,
        own_addresses=own,
        is_erased=world.is_erased,
        committed_visits=committed_visits(state, world.now.year),
        locale=world.snapshot.locale,
        now=world.now,
        entry_months=settings.matching.entry_months,
        max_rows=settings.run.max_rows,
    )


def _latest(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """One judgement per two spellings: the last."""
    return tuple({(judgement.left, judgement.right): judgement for judgement in judgements}.values())


def _brakes(
    world: World, registry: Registry, reading: review.ReviewReading
) -> tuple[tuple[Problem, ...], tuple[Problem, ...], tuple[str, ...]]:
    """The brakes that stand, those the officer has released, and the matches she thereby says were introduced."""
    table = world.snapshot.tables.get(layout.PROBLEMS)
    there = {entry.id for entry in world.state.entries if not entry.paused}
    gone = vanished(len(there), len(there & set(registry.entries.paused)), world.settings.run.vanished_share)
    behind, adopted = ledger_behind(reading.statuses, world.state.letters)
    # A ledger that knows less is most likely a new one; one line and one tick are enough for both.
    other = None if behind else served_by_another(world.snapshot.owner, world.state.instance)
    pulled = tuple(brake for brake in (gone, other, behind) if brake is not None)
    released = tuple(brake for brake in pulled if tabs.released(table, brake))
    standing = tuple(brake for brake in pulled if brake not in released)
    return standing, released, adopted if behind in released else ()


def _missing_tabs(world: World) -> tuple[Problem, ...]:
    """Tabs somebody deleted: what belongs there would reach nobody."""
    missing = [one.name for one in layout.TABS if one.name not in world.snapshot.tables]
    if not missing:
        return ()
    return (
        Problem(
            where="The spreadsheet",
            what=f"These tabs are missing: {', '.join(missing)}.",
            fix="Bring them back (File > Version history), or make them anew: matchmaker init",
            key="tabs-missing:" + ",".join(missing),
        ),
    )


def _keyed(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Each problem once, with a key that survives sorting."""
    keyed: dict[str, Problem] = {}
    for problem in problems:
        key = problem.key or hashlib.sha256(f"{problem.what}|{problem.fix}".encode()).hexdigest()[:16]
        keyed.setdefault(key, replace(problem, key=key))
    return tuple(keyed.values())


def _facts(
    world: World,
    found: frozenset[str],
    registry: Registry,
    reading: review.ReviewReading,
    judgements: Sequence[Judgement],
    fresh: Sequence[Match],
    superseded: Mapping[str, str],
    decided: Introductions,
    letters: Sequence[Letter],
    problems: Sequence[Problem],
) -> Facts:
    state = world.state
    known = frozenset(state.entries)
    keys = frozenset(problem.key for problem in problems)
    return Facts(
        at=world.now,
        matches=tuple(fresh),
        superseded={old: new for old, new in superseded.items() if state.superseded.get(old) != new},
        decisions=tuple(
            decision
            for match, decision in reading.decisions.items()
            if decision != state.decisions.get(match, Decision(match=match))
        ),
        judgements=tuple(judgements),
        spellings={
            key: organisation
            for key, organisation in registry.memory.items()
            if state.spellings.get(key) != organisation
        },
        organisation_events=tuple((event.organisation, event.sentence) for event in registry.identity.events),
        entries=tuple(entry for entry in registry.entries.known if entry not in known),
        problems=keys if keys != state.problems else None,
        letters=tuple(letters),
        withdrawn=decided.withdrawn,
        settled=decided.settled,
        reopened=decided.reopened,
        questions=found if found != state.questions else None,
    )


def _before(
    world: World,
    registry: Registry,
    proposals: Proposals,
    asked: questions.QuestionReading,
    problems: Sequence[Problem],
    rows: Sequence[NewRow],
) -> SheetChanges:
    bodies = {
        layout.PROBLEMS: tabs.problems_body(problems),
        layout.ORGANISATIONS: tabs.organisations_body(registry.organisations),
        layout.NEARLY: tabs.nearly_body(proposals.nearly, registry.names),
        layout.UNMET: tabs.unmet_body(
            proposals.unmet,
            [
                tabs.Invite(asked_by=one.organisation, name=one.name, sentence=one.sentence)
                for one in proposals.invitations
            ],
            registry.names,
            world.settings.mail.organisation,
        ),
    }
    tables = world.snapshot.tables
    inserts = {
        layout.REVIEW: tuple(rows),
        layout.SAME_ORGANISATION: questions.new_rows(registry.questions, asked),
    }
    return SheetChanges(
        inserts={name: new for name, new in inserts.items() if new},
        contents={name: body for name, body in bodies.items() if tabs.changed(tables.get(name), name, body)},
        last_checked=world.today if world.snapshot.last_checked != world.today and layout.PROBLEMS in tables else None,
        owner=world.state.instance if world.snapshot.owner != world.state.instance else None,
    )


def _after(
    asked_now: Sequence[Question],
    judgements: Sequence[Judgement],
    asked: questions.QuestionReading,
    standings: Mapping[str, Standing],
    reading: review.ReviewReading,
) -> SheetChanges:
    updates = {
        layout.REVIEW: review.status_updates(standings, reading),
        layout.SAME_ORGANISATION: questions.status_updates(asked_now, judgements, asked),
    }
    return SheetChanges(updates={name: changes for name, changes in updates.items() if changes})
