"""Responses -> organisations with their open entries: intake and linkage joined for one run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.forms.form import Form
from pipeline.intake import EntryPlan, Intake, entries, read_responses, to_entry
from pipeline.intake.impersonation import inspect, known_contacts
from pipeline.linkage import (
    IdentityPlan,
    Linkage,
    Record,
    assign_identities,
    link,
    organisations,
    spelling_key,
)
from pipeline.matching.vocabulary import vocabulary
from pipeline.model import Entry, Judgement, KnownEntry, Organisation, Problem, Question, Reason, Response, Table
from pipeline.planning.match_content import Source

REASONS_SHOWN = 4
EXPIRED_SHOWN = 10
STILL_CURRENT = (
    "Some time ago you told us in the mobility matchmaking form what you would like to learn or show. Is that still "
    "current? Then please send your answers once more, with the link in your receipt or by filling in the form again."
)
REDIRECT = "id:"
"""Before an organisation's id in the memory of spellings: that id has become another one (a merge)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Who is there, what they want, and what a person should look at."""

    intake: Intake
    entries: EntryPlan
    identity: IdentityPlan
    memory: Mapping[str, str]
    """What to remember: the id of every spelling, and what ids have become through merges."""
    sources: Mapping[str, Source]
    organisations: tuple[Organisation, ...]
    questions: tuple[Question, ...]
    problems: tuple[Problem, ...]

    @property
    def names(self) -> dict[str, str]:
        """Entry id -> what its organisation is called."""
        return {identifier: source.response.name for identifier, source in self.sources.items()}


def register(
    table: Table,
    form: Form,
    *,
    columns: Mapping[str, str],
    known_entries: Sequence[KnownEntry],
    judgements: Sequence[Judgement],
    spellings: Mapping[str, str],
    aliases: Mapping[str, Sequence[str]],
    own_addresses: Collection[str],
    is_erased: Callable[[str], bool],
    committed_visits: Mapping[str, int],
    locale: str,
    now: datetime,
    entry_months: int,
    max_rows: int,
) -> Registry:
    """Read the answers, tell entries and organisations apart. Raises SheetHeaderProblem."""
    today = now.date()
    kept = table.rows[:max_rows]
    intake = read_responses(
        Table(title=table.title, header=table.header, rows=kept), form, columns=columns, locale=locale, today=today
    )
    problems = list(intake.problems)
    if len(table.rows) > len(kept):
        problems.append(
            Problem(
                where=table.title,
                what=f"Only the first {max_rows} of {len(table.rows)} answers were read.",
                fix="Move old answers to another tab, or raise run.max_rows.",
                key="too-many-rows",
            )
        )
    welcome = [response for response in intake.responses if not is_erased(response.email)]
    inspected = inspect(welcome, known_contacts(known_entries), own_addresses=own_addresses)
    plan = entries(inspected, known_entries, today=today, months=entry_months, consent_version=form.consent_version)
    problems += plan.problems
    problems += _to_confirm(plan, inspected, known_entries)
    by_entry = {one.id: one.response for one in plan.open}
    records = [_record(identifier, response) for identifier, response in by_entry.items()]
    linkage = link(records, judgements, aliases)
    identity = assign_identities(
        linkage, records, {key: known for key, known in spellings.items() if not key.startswith(REDIRECT)}
    )
    sources = {
        identifier: Source(
            entry=_with_regions(
                to_entry(
                    identifier,
                    response,
                    form,
                    organisation_id=identity.organisation_of[identifier],
                    committed_visits=committed_visits.get(identity.organisation_of[identifier], 0),
                )
            ),
            response=response,
        )
        for identifier, response in by_entry.items()
    }
    return Registry(
        intake=intake,
        entries=plan,
        identity=identity,
        memory={**spellings, **identity.memory, **{f"{REDIRECT}{old}": new for old, new in identity.redirects.items()}},
        sources=sources,
        organisations=organisations(records, identity, aliases, linkage=linkage),
        questions=_questions(linkage, records),
        problems=tuple(problems),
    )


def _to_confirm(plan: EntryPlan, responses: Sequence[Response], known: Sequence[KnownEntry]) -> list[Problem]:
    """Expired entries, for the officer to ask after: one line each, or one for all when there are many."""
    addresses = {entry.id: entry.address for entry in (*known, *plan.known)}
    names = {response.email.lower(): (response.name, response.row) for response in responses}
    if len(plan.expired) > EXPIRED_SHOWN:
        return [
            Problem(
                where="The form's answers",
                what=f"{len(plan.expired)} entries have expired or their dates have passed; they are not proposed.",
                fix="Nothing has to be done. Ask those you would like to keep to send their answers once more.",
                sentence=STILL_CURRENT,
                key=f"expired:{len(plan.expired)}",
            )
        ]
    found = []
    for identifier in plan.expired:
        name, row = names.get(addresses.get(identifier, ""), ("An organisation", 0))
        found.append(
            Problem(
                where=f"Form responses, row {row}" if row else "Form responses",
                what=f"The entry of {name} has expired, or its dates have passed; it is not proposed any more.",
                fix="Ask whether it is still current (sentence beside this), or leave it.",
                sentence=STILL_CURRENT,
                key=f"expired:{identifier}",
            )
        )
    return found


def _with_regions(entry: Entry) -> Entry:
    """Whoever wants to go to Spain is welcome in Catalonia: a country stands for the regions that count apart."""
    return replace(entry, preferred_places=vocabulary().place_codes(entry.preferred_places))


def canonical(organisation: str, memory: Mapping[str, str]) -> str:
    """What an organisation's id has become through merges."""
    seen = {organisation}
    while (newer := memory.get(f"{REDIRECT}{organisation}")) is not None and newer not in seen:
        organisation = newer
        seen.add(newer)
    return organisation


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


def _questions(linkage: Linkage, records: Sequence[Record]) -> tuple[Question, ...]:
    """The doubtful pairs, each once per two spellings."""
    by_id = {record.record_id: record for record in records}
    found: dict[str, Question] = {}
    for pair in linkage.pairs:
        if pair.verdict != "review":
            continue
        one, other = sorted((by_id[pair.left], by_id[pair.right]), key=spelling_key)
        left, right = spelling_key(one), spelling_key(other)
        if left == right:
            continue
        question = Question(
            left=left,
            right=right,
            one=_described(one),
            other=_described(other),
            speaks_for=_sentences(pair.reasons, favour=True),
            speaks_against=_sentences(pair.reasons, favour=False),
        )
        found.setdefault(question.key, question)
    return tuple(found.values())


def _described(record: Record) -> str:
    place = ", ".join(part for part in (record.city, record.country) if part)
    return f"{record.organisation} ({place})" if place else record.organisation


def _sentences(reasons: Sequence[Reason], *, favour: bool) -> str:
    chosen = [reason.sentence for reason in reasons if (reason.weight > 0) is favour]
    return "\n".join(chosen[:REASONS_SHOWN])
