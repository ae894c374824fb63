"""The first step: answers -> open entries of organisations, with intake and linkage joined for one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.cleaning import canonical_address, organisation_key
from pipeline.forms.header import locate
from pipeline.intake import EntryPlan, Intake, entries, read_responses, to_entry
from pipeline.intake.impersonation import inspect, known_addresses
from pipeline.letters.identity import introduction_id, waiting_letters
from pipeline.linkage import (
    IdentityPlan,
    Record,
    assign_identities,
    link,
    organisations,
)
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import (
    DoubtfulPair,
    Entry,
    Judgement,
    KnownEntry,
    LetterState,
    Organisation,
    Problem,
    Response,
    Table,
)
from pipeline.planning.claims import with_strangers_held
from pipeline.planning.doubts import cards_of, doubts_of
from pipeline.planning.inputs import RunInputs
from pipeline.planning.match_content import Source
from pipeline.ports import LedgerState
from pipeline.tabs import entries as entries_tab
from pipeline.tabs import same_organisation
from pipeline.tabs.tab import RESPONSES

EXPIRED_SHOWN = 10
STILL_CURRENT = (
    "Some time ago you told us in the mobility matchmaking form what you would like to learn or show. Is that still "
    "current? Then please send your answers once more, with the link in your receipt or by filling in the form again."
)
REDIRECT = "id:"
"""Before an organisation's id in the memory of spellings: that id has become another one (a merge)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Who is there, what they want, and what a person should look at."""

    columns: frozenset[str]
    """Keys of the form's questions that the responses tab has a column for."""
    answered: same_organisation.SameOrganisationReading
    """What people said in the tab `Same organisation?`."""
    judgements: tuple[Judgement, ...]
    """The last word on every two spellings, today's answers included."""
    intake: Intake
    plan: EntryPlan
    answers: Mapping[str, Response]
    """Of every entry that has any in the tab, closed ones too."""
    identity: IdentityPlan
    memory: Mapping[str, str]
    """What to remember: the id of every spelling, and what ids have become through merges."""
    sources: Mapping[str, Source]
    """Open entries by id, each with the answers it came from."""
    organisations: tuple[Organisation, ...]
    doubts: tuple[DoubtfulPair, ...]
    """Pairs of spellings in doubt."""
    problems: tuple[Problem, ...]

    @property
    def names(self) -> dict[str, str]:
        """Entry id -> what its organisation is called."""
        return {identifier: source.response.name for identifier, source in self.sources.items()}

    @property
    def closed_names(self) -> dict[str, str]:
        """Organisation key -> why nothing of that name can be matched; and the ids of the entries, told alike."""
        closed = self.plan.closed
        there = {organisation_key(source.response.organisation) for source in self.sources.values()}
        return {organisation_key(identifier): why for identifier, why in closed.items()} | {
            entry.organisation_key: closed[entry.id]
            for entry in self.plan.known
            if entry.id in closed and entry.organisation_key not in there
        }


def read_entries(inputs: RunInputs) -> Entries:
    """Read the answers, tell entries and organisations apart.

    Raises SheetHeaderProblem when a column is missing, doubled, or got lost since the last run.
    """
    columns = _columns(inputs)
    state = inputs.state
    answered = same_organisation.read_same_organisation(
        inputs.table(same_organisation.TAB.name), state.judgements, inputs.now
    )
    judgements = _latest((*state.judgements, *answered.judgements))
    intake, too_many = _read(inputs)
    inspected = inspect(intake.responses, known_addresses(state.entries), own_addresses=_own_addresses(inputs))
    plan = entries(
        inspected,
        state.entries or _standing(inputs),
        today=inputs.today,
        months=inputs.settings.matching.entry_months,
        consent_version=inputs.form.consent_version,
    )
    answers = _answers(plan, inspected)
    records = [_record(one.id, one.response) for one in plan.open]
    linkage = link(records, judgements, inputs.aliases)
    identity = assign_identities(
        linkage, records, {key: known for key, known in state.spellings.items() if not key.startswith(REDIRECT)}
    )
    plan = with_strangers_held(inputs, plan, records, linkage, identity, judgements)
    redirects = {f"{REDIRECT}{old}": new for old, new in identity.redirects.items()}
    return Entries(
        columns=columns,
        answered=answered,
        judgements=judgements,
        intake=intake,
        plan=plan,
        answers=answers,
        identity=identity,
        memory={**state.spellings, **identity.memory, **redirects},
        sources=_sources(inputs, plan, identity),
        organisations=organisations(records, identity, inputs.aliases, linkage=linkage),
        doubts=doubts_of(linkage, records, cards_of(plan, records, identity), answered.statuses),
        problems=(
            *intake.problems,
            *too_many,
            *plan.problems,
            *_undelivered(state, answers),
            *answered.problems,
        ),
    )


def committed_visits(state: LedgerState, year: int) -> Mapping[str, int]:
    """Organisation id -> introductions of this year in which it receives."""
    visits: Counter[str] = Counter()
    for match in state.matches.values():
        letter = state.letters.get(introduction_id(match.id))
        if letter is not None and letter.state is LetterState.SENT and letter.since.year == year:
            visits[match.receiving.organisation_id] += 1
    return visits


def since_of(known: KnownEntry) -> date:
    """Since when an entry waits: the day of its first answer; edits do not move it."""
    return known.first_answered or (known.since.date() if known.since else known.first_seen)


def canonical(organisation: str, memory: Mapping[str, str]) -> str:
    """What an organisation's id has become through merges."""
    seen = {organisation}
    while (newer := memory.get(f"{REDIRECT}{organisation}")) is not None and newer not in seen:
        organisation = newer
        seen.add(newer)
    return organisation


# -- reading -------------------------------------------------------------------------------------------


def _columns(inputs: RunInputs) -> frozenset[str]:
    """The questions the responses tab has a column for. Raises SheetHeaderProblem when one has got lost.

    A form may leave optional questions out; but one that was there in the last run and is not any more was
    renamed or deleted, and reading its answers as "not stated" would ignore what people asked for.
    """
    table, columns = inputs.table(RESPONSES), inputs.settings.form.columns
    return frozenset(locate(inputs.form, table.header, columns, tab=table.title, needed=inputs.state.form_columns))


def _latest(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """One judgement per two spellings: the last."""
    return tuple({(judgement.left, judgement.right): judgement for judgement in judgements}.values())


def _read(inputs: RunInputs) -> tuple[Intake, tuple[Problem, ...]]:
    """The answers, and the problem that there are more of them than one run reads."""
    table = inputs.table(RESPONSES)
    most = inputs.settings.run.max_rows
    kept = Table(title=table.title, header=table.header, rows=table.rows[:most])
    intake = read_responses(kept, inputs.form, columns=inputs.settings.form.columns, is_erased=inputs.is_erased)
    if len(table.rows) <= most:
        return intake, ()
    return intake, (
        Problem(
            where=table.title,
            what=f"Only the first {most} of {len(table.rows)} answers were read.",
            fix="Move old answers to another tab, or raise run.max_rows.",
            key="too-many-rows",
        ),
    )


def _own_addresses(inputs: RunInputs) -> set[str]:
    mail = inputs.settings.mail
    return {address for address in (mail.sender_address, mail.journal, mail.rehearsal_to, mail.digest_to) if address}


def to_confirm(entries: Entries, spared: Collection[str] = ()) -> tuple[Problem, ...]:
    """Expired entries, for the officer to ask after: one line each, or one for all when there are many.

    Nobody among the `spared` is asked.
    """
    expired = [identifier for identifier in entries.plan.expired if identifier not in spared]
    if len(expired) > EXPIRED_SHOWN:
        return (
            Problem(
                where="The form's answers",
                what=f"{len(expired)} entries have expired or their dates have passed; they are not proposed.",
                fix="Nothing has to be done. Ask those you would like to keep to send their answers once more.",
                sentence=STILL_CURRENT,
                key=f"expired:{len(expired)}",
            ),
        )
    answers = ((identifier, entries.answers[identifier]) for identifier in expired)
    return tuple(
        Problem(
            where=f"Form responses, row {response.row}",
            what=f"The entry of {response.name} has expired, or its dates have passed; it is not proposed any more.",
            fix="Ask whether it is still current (sentence beside this), or leave it.",
            sentence=STILL_CURRENT,
            key=f"expired:{identifier}",
        )
        for identifier, response in answers
    )


def _standing(inputs: RunInputs) -> tuple[KnownEntry, ...]:
    """What the tab `Entries` tells of entries to a ledger that knows nothing yet: it is new, or the old one is lost.

    A row keeps its entry, and with it the day since which it waits and whether its organisation was told. A ledger
    that has purged its entries still knows spellings, and takes none back.
    """
    if inputs.state.spellings:
        return ()
    return tuple(
        KnownEntry(
            id=one.id,
            address=canonical_address(one.email),
            organisation=one.organisation,
            organisation_key=organisation_key(one.organisation),
            content="",
            first_seen=one.since or inputs.today,
            first_answered=one.since,
            last_confirmed=one.since or inputs.today,
            paused=one.is_gone,
            tick_spent=one.was_told,
        )
        for one in entries_tab.standing_entries(inputs.table(entries_tab.TAB.name))
        if not inputs.is_erased(one.email)
    )


def _answers(plan: EntryPlan, responses: Sequence[Response]) -> dict[str, Response]:
    """The answers of every entry that has any in the tab, closed ones too."""
    by_content = {response.content: response for response in responses}
    found = {
        entry.id: by_content[entry.content] for entry in plan.known if not entry.paused and entry.content in by_content
    }
    return {**found, **{entry.id: entry.response for entry in plan.open}}


def _undelivered(state: LedgerState, answers: Mapping[str, Response]) -> list[Problem]:
    """Letters that nobody was found yet which did not arrive, or of which nobody knows."""
    problems = []
    for identifier, letters in waiting_letters(state.letters).items():
        last = letters[-1]
        if identifier not in answers:
            continue
        name = answers[identifier].name
        if last.state in {LetterState.UNSURE, LetterState.COMMITTING}:
            what = f"Nobody knows whether the letter to {name} left that nobody was found yet: {last.detail}."
            fix = (
                "Look into the Sent mailbox; the operator settles it: "
                f"matchmaker outbox resolve {last.id} --sent (or --not-sent)"
            )
        elif last.state is LetterState.HELD:
            what = f"The letter to {name} that nobody was found yet could not leave: {last.detail}."
            fix = "Is the address right? To try again, untick Tell them, wait for one run, and tick it again."
        elif last.bounced:
            reasons = "; ".join(f"{recipient}: {reason}" for recipient, reason in last.bounced.items())
            what = f"The letter to {name} that nobody was found yet did not arrive: {reasons}."
            fix = "Find a working address and ask them to send their answers once more from there."
        else:
            continue
        problems.append(Problem(where="Entries", what=what, fix=fix, key=f"{last.id}:{last.state}"))
    return problems


# -- organisations -------------------------------------------------------------------------------------


def _sources(inputs: RunInputs, plan: EntryPlan, identity: IdentityPlan) -> dict[str, Source]:
    visits = committed_visits(inputs.state, inputs.now.year)
    since = {known.id: since_of(known) for known in plan.known}
    return {
        one.id: Source(
            entry=_with_regions(
                to_entry(
                    one.id,
                    one.response,
                    inputs.form,
                    organisation_id=identity.organisation_of[one.id],
                    committed_visits=visits.get(identity.organisation_of[one.id], 0),
                ),
                since[one.id],
            ),
            response=one.response,
        )
        for one in plan.open
    }


def _with_regions(entry: Entry, since: date) -> Entry:
    """Whoever wants to go to Spain is welcome in Catalonia: a country stands for the regions that count apart.

    An edit costs nobody the place in the order of waiting: what counts is the first answer.
    """
    return replace(entry, preferred_places=vocabulary().place_codes(entry.preferred_places), submitted_at=since)


def _record(identifier: str, response: Response) -> Record:
    return Record(
        record_id=identifier,
        organisation=response.name,
        country=response.country,
        city=response.city,
        website=response.website,
        email=response.email,
        oid=response.oid,
        parent=response.parent or (response.organisation if response.name != response.organisation else None),
        also_known_as=(response.organisation_local,) if response.organisation_local else (),
    )
