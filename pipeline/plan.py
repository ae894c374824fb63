"""One run decided in full, as one value: joins the stages into a `Plan`.

Nothing here reads or writes the outside. The same plan is printed by `matchmaker plan` and carried out
by `matchmaker run`. The steps follow the walk of one record: responses become entries, entries belong
to organisations, organisations become candidates, candidates become proposals, ticks become letters.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations

from pipeline import by_hand, follow_ups, introductions, layout, questions, review, tabs
from pipeline.border import clean_text
from pipeline.brakes import ledger_behind, served_by_another, vanished
from pipeline.composer import Composer
from pipeline.config import Settings
from pipeline.errors import MatchmakerError, SheetHeaderProblem
from pipeline.exchanges import PastExchange
from pipeline.form import Form, locate
from pipeline.introductions import DueLetter, Introductions, Limits, Situation
from pipeline.matching import MatchingSettings, Proposals, feasible, propose
from pipeline.messages import DigestData, MessageUnsafe, meeting_keys
from pipeline.model import (
    Decision,
    Judgement,
    Letter,
    LetterKind,
    LetterRecord,
    LetterState,
    Match,
    NewRow,
    Organisation,
    Problem,
    Question,
    SheetChanges,
    SheetSnapshot,
    Stage,
    Standing,
    Table,
)
from pipeline.normalise import fold
from pipeline.ports import Facts, LedgerState
from pipeline.proposals import Source, lapsed, renewed, to_match
from pipeline.registry import Registry, canonical, memory_of, register

OPEN_STAGES = frozenset({Stage.PROPOSED, Stage.APPROVED, Stage.HELD, Stage.UNSURE})
LONGEST_SILENCE_WEEKS = 8
"""After so long without a word an introduction came to nothing (where no reminders are sent)."""
FINISHED_STATES = frozenset({LetterState.SENT, LetterState.UNSURE, LetterState.COMMITTING})


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a run reads before it decides, plus what never changes within a run."""

    snapshot: SheetSnapshot
    state: LedgerState
    settings: Settings
    form: Form
    composer: Composer
    now: datetime
    is_erased: Callable[[str], bool]
    aliases: Mapping[str, Sequence[str]]
    past: tuple[PastExchange, ...] = ()
    """Exchanges from before the tool."""
    sending: bool = True
    """False: letters stay (--no-send, mail.enabled = false)."""

    @property
    def today(self) -> date:
        """The day of the run."""
        return self.now.date()

    @property
    def round_started(self) -> datetime:
        """Introductions before this moment belong to an earlier round."""
        return self.now - timedelta(days=round(30.44 * self.settings.matching.round_months))

    def table(self, name: str) -> Table:
        """A tab as read; an absent one is empty."""
        return self.snapshot.tables.get(name) or Table(title=name, header=(), rows=())


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
    decisions = _decisions(state, reading)
    finished = _finished(state, decisions)
    superseded, gone, renewals = _age(world, registry, finished)
    hand = by_hand.read_by_hand(world.table(layout.BY_HAND), registry.organisations, registry.sources, fold)
    alive = [match for match in (*state.matches.values(), *renewals) if match.id not in {*superseded, *gone}]
    wished = by_hand.wishes(hand.lines, alive, finished, registry.sources, world.today)
    turned_down = [
        match
        for match in state.matches.values()
        if match.id in decisions and _turned_down(decisions[match.id]) and match.id not in superseded
    ]
    proposals = _propose(world, registry, turned_down)
    exchanges = follow_ups.read_exchanges(world.table(layout.EXCHANGES))
    busy = _busy(world, exchanges)
    fresh = _fresh(world, registry, proposals, busy, (*renewals, *wished), {*finished, *superseded, *gone}, turned_down)
    memory = {**state.spellings, **memory_of(registry.identity)}
    matches = {
        match.id: _as_known_today(match, registry.sources, memory)
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
        meetings=_canonical_meetings(state.meetings, memory),
        sent_today=state.sent_today,
    )
    decided = rule(world, situation)
    letters, unsafe = _compose(world, decided.due)
    standings = {standing.match: unsafe.get(standing.match, standing) for standing in decided.standings}
    letters += _reminders(world, registry, reading, matches, exchanges, room=len(letters))
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
    letters += _digest(world, standings, fresh, problems)
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
        meetings=_canonical_meetings(state.meetings, {**state.spellings, **memory_of(plan.registry.identity)}),
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
    found = frozenset(locate(world.form, table.header, columns, tab=table.title))
    lost = [key for key in sorted(world.state.questions - found) if columns.get(key) != "" and key in world.form.by_key]
    if lost:
        titles = ", ".join(f'"{world.form.by_key[key].title}" ({key})' for key in lost)
        seen = ", ".join(f'"{title[:80]}"' for title in table.header[:60] if title.strip())
        raise SheetHeaderProblem(
            f'The tab "{table.title}" no longer has a column for {titles}. Columns seen: {seen}.',
            hint="If the question was renamed, name its column under [form.columns] (matchmaker map proposes it); "
            f'if the form no longer asks it, write {lost[0]} = "" there.',
        )
    return found


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
        committed_visits=_committed_visits(state, world.now.year),
        locale=world.snapshot.locale,
        now=world.now,
        entry_months=settings.matching.entry_months,
        max_rows=settings.run.max_rows,
    )


def _committed_visits(state: LedgerState, year: int) -> Mapping[str, int]:
    """Organisation id -> introductions of this year in which it receives."""
    visits: Counter[str] = Counter()
    for match in state.matches.values():
        letter = state.letters.get(introductions.introduction_id(match.id))
        if letter is not None and letter.state is LetterState.SENT and letter.since.year == year:
            visits[match.receiving.organisation_id] += 1
    return visits


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


def _decisions(state: LedgerState, reading: review.ReviewReading) -> Mapping[str, Decision]:
    """What the officer says today. Of a row she has deleted her no is remembered, and never her yes."""
    remembered = {
        match: Decision(match=match, declined=True)
        for match, decision in state.decisions.items()
        if _turned_down(decision) and match in state.matches
    }
    return {**remembered, **reading.decisions}


def _turned_down(decision: Decision) -> bool:
    """The officer said no, or noted that the side asked first did."""
    return decision.declined or (decision.approved and decision.agreed is False)


def _finished(state: LedgerState, decisions: Mapping[str, Decision]) -> frozenset[str]:
    """Matches that are introduced, unsure or turned down: they do not come up again by themselves."""
    sent = {
        record.match
        for record in state.letters.values()
        if record.kind is LetterKind.INTRODUCTION and record.match and record.state in FINISHED_STATES
    }
    return frozenset(sent | {match for match, decision in decisions.items() if _turned_down(decision)})


def _age(
    world: World, registry: Registry, finished: frozenset[str]
) -> tuple[dict[str, str], dict[str, str], list[Match]]:
    """What time and edits did to open matches: superseded (old -> new id), gone (id -> why), their successors."""
    superseded = dict(world.state.superseded)
    gone: dict[str, str] = {}
    renewals: list[Match] = []
    spent = {*world.state.matches}
    closed = registry.entries.closed

    def broken_rule(match: Match) -> str | None:
        joining = match.joining
        return feasible(
            registry.sources[match.sending.entry].entry,
            registry.sources[match.receiving.entry].entry,
            registry.sources[joining.entry].entry if joining else None,
            today=world.today,
        )

    for match in world.state.matches.values():
        if match.id in superseded or match.id in finished:
            continue
        now = renewed(match, registry.sources, world.today, spent)
        if isinstance(now, str):
            reasons = [
                f"{party.organisation}: {closed[party.entry].rstrip('.')}"
                for party in match.parties
                if party.entry in closed
            ]
            gone[match.id] = reasons[0] if reasons else now
            continue
        why_not = lapsed(now, registry.sources, broken_rule)
        if why_not is not None:
            gone[match.id] = why_not
        elif now.id != match.id:
            superseded[match.id] = now.id
            renewals.append(now)
    return superseded, gone, renewals


def _as_known_today(match: Match, sources: Mapping[str, Source], memory: Mapping[str, str]) -> Match:
    """The match with its organisations' ids as linkage sees them now: a merge must not let a twin through."""
    parties = tuple(
        replace(
            party,
            organisation_id=sources[party.entry].entry.organisation_id
            if party.entry in sources
            else canonical(party.organisation_id, memory),
        )
        for party in match.parties
    )
    return replace(match, parties=parties)


def _canonical_meetings(meetings: Mapping[str, datetime], memory: Mapping[str, str]) -> dict[str, datetime]:
    """Who has met whom, under the ids that are valid today besides those of then."""
    found = dict(meetings)
    for key, at in meetings.items():
        kind, _, pair = key.partition(":")
        if kind == "org":
            today = "org:" + "|".join(sorted(canonical(one, memory) for one in pair.split("|")))
            found[today] = max(at, found.get(today, at))
    return found


def past_pairs(
    past: Sequence[PastExchange], organisations: Sequence[Organisation]
) -> dict[frozenset[str], date | None]:
    """Pairs of organisation ids that worked together before the tool -> when it last ended, if anybody knows."""
    ids = {fold(name): one.id for one in organisations for name in (one.name, *one.spellings)}
    pairs: dict[frozenset[str], date | None] = {}
    for exchange in past:
        names = [name for name in (exchange.sending, exchange.receiving, exchange.joining) if name]
        known = [ids[fold(name)] for name in names if fold(name) in ids]
        for left, right in combinations(known, 2):
            pair = frozenset((left, right))
            pairs[pair] = max(filter(None, (pairs.get(pair), exchange.ended)), default=None)
    return pairs


def _propose(world: World, registry: Registry, turned_down: Sequence[Match]) -> Proposals:
    state = world.state
    barred = {
        frozenset(key.removeprefix("org:").split("|"))
        for key, at in _canonical_meetings(state.meetings, {**state.spellings, **memory_of(registry.identity)}).items()
        if key.startswith("org:") and at >= world.round_started
    }
    past = past_pairs(world.past, registry.organisations)
    barred |= {pair for pair, ended in past.items() if ended is not None and ended >= world.round_started.date()}
    barred |= {frozenset(_organisation_ids(match, registry.sources)) for match in turned_down if match.joining is None}
    return propose(
        [source.entry for source in registry.sources.values()],
        organisations=registry.organisations,
        barred=barred,
        past=frozenset(past),
        settings=MatchingSettings(per_request=world.settings.matching.proposals_per_request, today=world.today),
    )


def _busy(world: World, exchanges: Sequence[follow_ups.NotedExchange]) -> frozenset[str]:
    """Requests that have just been introduced to somebody: no alternates until that came to nothing.

    It came to nothing when the officer noted so, when the letter bounced, or when nothing was heard for twice the
    time after which both sides are reminded.
    """
    weeks = 2 * (world.settings.follow_up.reminder_weeks or LONGEST_SILENCE_WEEKS // 2)
    dead = {exchange.match for exchange in exchanges if exchange.will_not_happen}
    noted = {exchange.match for exchange in exchanges if exchange.is_noted}
    sent = follow_ups.introductions_sent(world.state.letters)
    return frozenset(
        world.state.matches[match].sending.entry
        for match, letter in sent.items()
        if match in world.state.matches
        and match not in dead
        and not letter.bounced
        and (match in noted or letter.since > world.now - timedelta(weeks=weeks))
    )


def _fresh(
    world: World,
    registry: Registry,
    proposals: Proposals,
    busy: Collection[str],
    first: Sequence[Match],
    closed: set[str],
    turned_down: Sequence[Match],
) -> tuple[Match, ...]:
    """Matches to put before the officer now: successors and wishes first, then the best candidates in turn."""
    options = world.settings.matching
    state = world.state
    fresh = {match.id: match for match in first}
    open_now = [match for match in (*state.matches.values(), *fresh.values()) if match.id not in closed]
    together = {_entries(match) for match in open_now}
    pairs = {frozenset(_organisation_ids(match, registry.sources)) for match in (*open_now, *turned_down)}
    per_request = Counter(match.sending.entry for match in open_now)
    room = options.open_proposals - len(open_now)
    for candidate in sorted(proposals.candidates, key=lambda one: (one.rank, -one.score, one.sending, one.receiving)):
        if room <= 0:
            break
        if candidate.sending in busy or per_request[candidate.sending] >= options.proposals_per_request:
            continue
        match = to_match(candidate, registry.sources, world.today, spent=state.superseded)
        organisations = frozenset(_organisation_ids(match, registry.sources))
        if match.id in state.matches or _entries(match) in together or organisations in pairs:
            continue
        fresh[match.id] = match
        together.add(_entries(match))
        pairs.add(organisations)
        per_request[candidate.sending] += 1
        room -= 1
    return tuple(fresh.values())


def _entries(match: Match) -> tuple[str, ...]:
    return tuple(party.entry for party in match.parties)


def _organisation_ids(match: Match, sources: Mapping[str, Source]) -> list[str]:
    """The organisations as linkage sees them today; those of the proposal where the entry is closed."""
    return [
        sources[party.entry].entry.organisation_id if party.entry in sources else party.organisation_id
        for party in match.parties
    ]


def _compose(world: World, due: Sequence[DueLetter]) -> tuple[tuple[Letter, ...], dict[str, Standing]]:
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


def _reminders(
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


def _digest(
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
            for key, organisation in memory_of(registry.identity).items()
            if state.spellings.get(key) != organisation
        },
        organisation_events=tuple((event.organisation, event.sentence) for event in registry.identity.events),
        entries=tuple(entry for entry in registry.entries.known if entry not in set(state.entries)),
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
        layout.NEARLY: tabs.nearly_body(proposals.nearly, registry.sources),
        layout.UNMET: tabs.unmet_body(
            proposals.unmet,
            [
                tabs.Invite(asked_by=one.organisation, name=one.name, sentence=one.sentence)
                for one in proposals.invitations
            ],
            registry.sources,
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
