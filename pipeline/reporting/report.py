"""The secretariat's papers: case sheets and the indicators against their targets, as values."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.cleaning.lists import FORMULA_STARTS
from pipeline.exchanges.case_sheets import Exchange, case_sheet, case_sheet_text, exchange_of, publishable
from pipeline.letters.templating import Templates
from pipeline.model import MATCH_ID, IndicatorRow, Problem, Publish
from pipeline.partnership.indicators import (
    CountedEntry,
    CountedExchange,
    Indicators,
    indicator_frame,
    indicator_rows,
)
from pipeline.planning.inputs import RunInputs
from pipeline.planning.plan import Plan
from pipeline.tabs import indicators
from pipeline.tabs.tab import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything `matchmaker report` writes: files by name, the tab `Indicators`, and what to say."""

    files: Mapping[str, str]
    indicators: Rows
    lines: tuple[str, ...]
    problems: tuple[Problem, ...]


def make_report(inputs: RunInputs, plan: Plan, templates: Templates, definitions: Indicators) -> Report:
    """Case sheets of the exchanges that took place, and the indicators as they stand today."""
    noted = [one for one in plan.ticks.exchanges if one.took_place]
    exchanges = [exchange for one in noted if (exchange := exchange_of(one)) is not None]
    files: dict[str, str] = {}
    lines: list[str] = []
    for exchange in exchanges:
        if not MATCH_ID.fullmatch(exchange.id):
            continue
        refusal = _refusal(exchange, plan)
        if refusal:
            lines.append(f"{exchange.id}: no case sheet, {refusal}")
            continue
        printed = publishable(exchange)
        if len(printed.quotes) < len(exchange.quotes):
            lines.append(f"{exchange.id}: the quote is left out until Quote may be published is ticked")
        files[f"case-sheet-{exchange.id}.html"] = case_sheet(printed, templates)
        files[f"case-sheet-{exchange.id}.txt"] = case_sheet_text(printed, templates)
        draft = _draft(exchange, plan)
        lines.append(f"{exchange.id}: case sheet of {exchange.sending} and {exchange.receiving}{draft}")
    rows = indicator_rows(
        definitions,
        today=inputs.today,
        entries=_entries(plan),
        exchanges=[
            CountedExchange(
                id=one.id,
                ended=one.last_day or one.first_day,
                participants=one.participants,
                fewer_opportunities=one.fewer_opportunities,
            )
            for one in exchanges
        ],
    )
    files["indicators.csv"] = _csv(rows)
    files["indicators.html"] = _page(rows, inputs)
    problems = tuple(problem for one in noted for problem in one.problems)
    return Report(files=files, indicators=indicators.body(rows), lines=tuple(lines), problems=problems)


def _publish(exchange: Exchange, plan: Plan) -> list[Publish]:
    match = plan.matches.all.get(exchange.id)
    sources = plan.entries.sources
    if match is None:
        return []
    return [sources[party.entry].response.publish for party in match.parties if party.entry in sources]


def _refusal(exchange: Exchange, plan: Plan) -> str | None:
    if Publish.NO in _publish(exchange, plan):
        return "since one of them does not want to be named in one"
    return None


def _draft(exchange: Exchange, plan: Plan) -> str:
    if Publish.AFTER_APPROVAL in _publish(exchange, plan):
        return " (show it to them before it is published: they asked for that)"
    return ""


def _entries(plan: Plan) -> list[CountedEntry]:
    since = {entry.id: entry.first_seen for entry in plan.entries.plan.known}
    return [
        CountedEntry(
            entry=identifier,
            organisation=source.entry.organisation_id,
            consent=source.response.consent,
            since=since.get(identifier),
        )
        for identifier, source in plan.entries.sources.items()
    ]


def _csv(rows: tuple[IndicatorRow, ...]) -> str:
    """The table as CSV in which no cell can start a formula."""
    frame = indicator_frame(rows)
    for title in frame.columns:
        frame[title] = [f"'{cell}" if str(cell).startswith(FORMULA_STARTS) else cell for cell in frame[title]]
    return str(frame.to_csv(index=False))


def _page(rows: tuple[IndicatorRow, ...], inputs: RunInputs) -> str:
    """The table as a page without anything remote."""
    heads = "".join(f"<th scope='col'>{head}</th>" for head in indicators.TAB.titles)
    body = "".join(
        f"<tr class='{_class(row)}'><th scope='row'>{html.escape(row.title)}</th>"
        + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells[1:])
        + "</tr>"
        for row, cells in zip(rows, indicators.body(rows), strict=True)
    )
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Indicators</title>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        "<meta name='viewport' content='width=device-width'><style>"
        "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733}"
        "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.5rem;"
        "border-bottom:1px solid #d5dbe3}thead th{background:#eef2f7}tr.behind td:nth-child(4){background:#fde0dc}"
        "tr.reached td:nth-child(4){background:#e6f4ea}th[scope=row]{font-weight:500}</style></head><body>"
        f"<h1>Indicators on {inputs.today.isoformat()}</h1><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table></body></html>\n"
    )


def _class(row: IndicatorRow) -> str:
    return {None: "open", True: "reached", False: "behind"}[row.reached]
