"""Plans, standings and explanations as text for people and JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.commands.options import one_line
from pipeline.forms.form import Form
from pipeline.model import Match, MatchStatus, Organisation, Response
from pipeline.planning.inputs import RunInputs
from pipeline.planning.matches import past_pairs
from pipeline.planning.plan import Plan
from pipeline.run import problem_lines
from pipeline.tabs import organisations, review
from pipeline.tabs import same_organisation as questions

SHOWN = 40


def match_as_json(match: Match, status: MatchStatus) -> dict[str, Any]:
    """One match for scripts."""
    return {
        "match": match.id,
        "status": status.text,
        "sending": match.sending.organisation,
        "receiving": match.receiving.organisation,
        "joining": match.joining.organisation if match.joining else None,
        "sending_email": match.sending.email,
        "receiving_email": match.receiving.email,
        "joining_email": match.joining.email if match.joining else None,
        "band": match.band,
        "why": match.why,
        "proposed_on": match.proposed_on.isoformat() if match.proposed_on else None,
    }


def status_as_json(inputs: RunInputs, plan: Plan) -> dict[str, Any]:
    """Where every match stands that has been put before the officer."""
    proposed = {match.id for match in plan.matches.fresh}
    last = inputs.state.last_run
    return {
        "matches": [
            match_as_json(plan.matches.all[identifier], status)
            for identifier, status in plan.letters.statuses.items()
            if identifier not in proposed
        ],
        "problems": [
            {"where": problem.where, "what": problem.what, "fix": problem.fix}
            for problem in (*plan.ticks.brakes, *plan.matches.problems)
        ],
        "questions": len(plan.entries.doubts),
        "last_run": None
        if last is None
        else {
            "started": last.started.isoformat(),
            "finished": last.finished.isoformat() if last.finished else None,
            "exit_code": last.exit_code,
            "summary": last.summary,
        },
    }


def status_as_text(inputs: RunInputs, plan: Plan) -> str:
    """The same for people, what needs them first."""
    proposed = {match.id for match in plan.matches.fresh}
    statuses = [status for status in plan.letters.statuses.values() if status.match not in proposed]
    statuses.sort(key=lambda one: (not one.needs_a_person, str(one.stage), one.match))
    lines = [_line(plan.matches.all[status.match], status) for status in statuses]
    if not lines:
        lines = ["No matches yet."]
    lines += [f"Problem: {one_line(line)}" for line in problem_lines((*plan.ticks.brakes, *plan.matches.problems))]
    if plan.entries.doubts:
        lines.append(f"{len(plan.entries.doubts)} open questions in the tab {questions.TAB.name}")
    last = inputs.state.last_run
    if last is not None:
        lines.append(
            f"Last run: {last.started:%Y-%m-%d %H:%M} UTC, exit {last.exit_code}. {one_line(last.summary)}".strip()
        )
    return "\n".join(lines)


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """What a run would do."""
    return {
        "answers": plan.entries.intake.total,
        "entries": len(plan.entries.sources),
        "expired": len(plan.entries.plan.expired),
        "organisations": len(plan.entries.organisations),
        "proposals": [match_as_json(match, plan.letters.statuses[match.id]) for match in plan.matches.fresh],
        "letters": [
            {"letter": letter.id, "to": list(letter.envelope.recipients), "subject": letter.subject}
            for letter in plan.letters.due
        ],
        "statuses": [
            {"match": update.key, **update.cells} for update in plan.changes.after.updates.get(review.TAB.name, ())
        ],
        "problems": [{"where": one.where, "what": one.what, "fix": one.fix} for one in plan.matches.problems],
        "brakes": [{"where": one.where, "what": one.what, "fix": one.fix} for one in plan.ticks.brakes],
    }


def plan_as_text(plan: Plan) -> str:
    """What a run would do, for people."""
    entries = plan.entries
    found = f"{len(entries.sources)} open entries of {len(entries.organisations)} organisations"
    lines = [f"{entries.intake.total} answers: {found}, {len(entries.plan.expired)} expired."]
    lines += [
        f"A brake is pulled, nothing would be sent: {one_line(line)}" for line in problem_lines(plan.ticks.brakes)
    ]
    lines += [f"Would propose {_line(match, plan.letters.statuses[match.id])}" for match in plan.matches.fresh[:SHOWN]]
    lines += [
        f"Would send {letter.id} to {', '.join(letter.envelope.recipients)}: {one_line(letter.subject)}"
        for letter in plan.letters.due
    ]
    lines += [
        f"Would set the status of {update.key}: {one_line(str(update.cells.get('Status')))}"
        for update in plan.changes.after.updates.get(review.TAB.name, ())[:SHOWN]
    ]
    lines += [
        f"Would ask whether {one_line(str(row.cells[questions.ONE]))} "
        f"and {one_line(str(row.cells[questions.OTHER]))} are the same"
        for row in plan.changes.before.inserts.get(questions.TAB.name, ())[:SHOWN]
    ]
    lines += [f"Problem: {one_line(line)}" for line in problem_lines(plan.matches.problems)]
    if len(lines) == 1:
        lines.append("Nothing to do.")
    return "\n".join(lines)


def _line(match: Match, status: MatchStatus) -> str:
    joining = f", joined by {match.joining.organisation}" if match.joining else ""
    return one_line(
        f"{match.id}  {match.sending.organisation} -> {match.receiving.organisation}{joining} | {status.text}"
    )


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer to "why?", both ways."""

    as_text: str
    as_json: dict[str, Any]


def explanation(
    inputs: RunInputs, plan: Plan, identifier: str, history: Sequence[tuple[datetime, str]]
) -> Explanation | None:
    """Why a match was proposed and where it stands, or what an organisation is made of."""
    events = [{"at": at.isoformat(timespec="seconds"), "event": event} for at, event in history]
    told = [f"  {event['at']}  {one_line(event['event'])}" for event in events]
    match = plan.matches.all.get(identifier)
    if match is not None:
        return _explained_match(inputs, plan, match, events, told)
    organisation = next((one for one in plan.entries.organisations if one.id == identifier), None)
    if organisation is not None:
        answers = {entry: plan.entries.sources[entry].response for entry in organisation.entries}
        return _explained_organisation(inputs, organisation, answers, events, told)
    became = plan.letters.entries.became.get(identifier)
    if became is not None:
        shown = plan.letters.entries.rows.get(identifier)
        name = f"  {one_line(shown.organisation)}" if shown else ""
        return Explanation(
            "\n".join([f"{identifier}{name}", one_line(became), *told]),
            {"id": identifier, "what_became_of_it": became, "history": events},
        )
    if history:
        return Explanation("\n".join([identifier, *told]), {"id": identifier, "history": events})
    return None


def _explained_match(
    inputs: RunInputs, plan: Plan, match: Match, events: list[dict[str, str]], told: list[str]
) -> Explanation:
    from pipeline.matching import explain

    sources = plan.entries.sources
    features: list[dict[str, Any]] = []
    if match.sending.entry in sources and match.receiving.entry in sources:
        features = [
            {"feature": row.name, "value": row.value, "weight": row.weight, "sentence": row.sentence}
            for row in explain(
                [source.entry for source in sources.values()],
                match.sending.entry,
                match.receiving.entry,
                organisations=plan.entries.organisations,
                past=frozenset(past_pairs(inputs.past, plan.entries.organisations)),
            )
        ]
    status = plan.letters.statuses[match.id]
    lines = [_line(match, status), "", match.why, *(f"Please check: {warning}" for warning in match.warnings)]
    if features:
        lines += ["", "What the score is made of:"]
        lines += [
            f"  {row['weight']:+.2f}  {row['feature']} = {row['value']:.2f}  {one_line(row['sentence'])}"
            for row in features
            if row["sentence"]
        ]
    if told:
        lines += ["", "History:", *told]
    document = match_as_json(match, status)
    return Explanation("\n".join(lines), {**document, "features": features, "history": events})


def _explained_organisation(
    inputs: RunInputs,
    organisation: Organisation,
    answers: Mapping[str, Response],
    events: list[dict[str, str]],
    told: list[str],
) -> Explanation:
    document: dict[str, Any] = {
        "id": organisation.id,
        "name": organisation.name,
        "spellings": list(organisation.spellings),
        "parent": organisation.parent or organisation.parent_name,
        "domains": list(organisation.domains),
        "oid": organisation.oid,
        "entries": list(organisation.entries),
        "answers": [
            {
                "entry": entry,
                "membership": response.membership,
                "funding": list(response.funding),
                "fewer_opportunities": response.fewer_opportunities,
            }
            for entry, response in answers.items()
        ],
        "judgements": [
            f"{judgement.left} and {judgement.right}: {judgement.verdict}, {judgement.at:%Y-%m-%d}"
            for judgement in inputs.state.judgements
            if organisation.id
            in {inputs.state.spellings.get(judgement.left), inputs.state.spellings.get(judgement.right)}
        ],
        "history": events,
    }
    lines = [f"{organisation.id}  {one_line(organisation.name)}"]
    for title, key in (
        (organisations.ALSO_WRITTEN, "spellings"),
        (organisations.BELONGS_TO, "parent"),
        ("Domains", "domains"),
        ("OID", "oid"),
        ("Entries", "entries"),
        ("What people said", "judgements"),
    ):
        value = document[key]
        if value:
            lines.append(f"{title}: {one_line('; '.join(value) if isinstance(value, list) else str(value))}")
    for entry, response in answers.items():
        lines += [f"{entry}: {one_line(said)}" for said in _said_besides(inputs.form, response)]
    if told:
        lines += ["History:", *told]
    return Explanation("\n".join(lines), document)


def _said_besides(form: Form, response: Response) -> Iterator[str]:
    """What was answered that no rule of matching asks for, under the titles of the form."""
    said = {
        "membership": response.membership,
        "funding": ", ".join(response.funding),
        "fewer_opportunities": response.fewer_opportunities,
    }
    for key, answer in said.items():
        if answer and key in form.by_key:
            yield f"{form.by_key[key].title}: {answer}"
