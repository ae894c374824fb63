"""The secretariat's papers: case sheets of what took place, and the indicators, from literals."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.model import Cell
from pipeline.partnership.indicators import Indicators
from pipeline.planning.plan import Plan, make_plan
from pipeline.reporting.report import Report, make_report
from tests.planning.conftest import TEMPLATES, Answers, guest, host, make_inputs, plan_of, remembered

INDICATORS = Indicators.model_validate(
    {
        "year_1": 2025,
        "indicator": [
            {"title": "Organisations", "number": 1, "target": 10, "due": {1: 2}, "counted": "organisations"},
            {"title": "Exchanges", "number": 2, "target": 20, "due": {1: 1}, "counted": "exchanges"},
            {"title": "Visits", "number": 3, "target": 2},
        ],
    }
)


@pytest.fixture(scope="module")
def proposed() -> Plan:
    """Two organisations whose match was introduced."""
    return plan_of(host(), guest())


def report(
    proposed: Plan, *rows: Mapping[str, Cell], answers: tuple[Answers, ...] = (host(), guest()), **more: Any
) -> Report:
    """The report when the tab `Exchanges` holds these rows for the match."""
    (match,) = proposed.matches.fresh
    given = [
        {
            "Match": match.id,
            "Sending organisation": "Kortrijk Training Centre",
            "Receiving organisation": "Lysekil College",
            "Took place": True,
            **row,
        }
        for row in rows
    ]
    inputs = make_inputs(*answers, state=remembered(proposed), tabs={"Exchanges": given}, **more)
    return make_report(inputs, make_plan(inputs), TEMPLATES, INDICATORS)


def sheet_of(proposed: Plan) -> str:
    return f"case-sheet-{proposed.matches.fresh[0].id}.txt"


def test_nothing_took_place_and_there_are_the_indicators_alone(proposed: Plan) -> None:
    for rows in ((), ({"Took place": False, "From": "2026-10-01"},)):
        found = report(proposed, *rows)
        assert sorted(found.files) == ["indicators.csv", "indicators.html"]
        assert found.lines == ()


def test_an_exchange_that_took_place_has_its_case_sheet_as_page_and_text(proposed: Plan) -> None:
    identifier = proposed.matches.fresh[0].id
    found = report(proposed, {"Title": "Learning dual VET", "Lessons of the host": "Start early\nAsk more"})
    assert {f"case-sheet-{identifier}.html", f"case-sheet-{identifier}.txt"} <= set(found.files)
    text = found.files[sheet_of(proposed)]
    for words in ("LEARNING DUAL VET", "Kortrijk Training Centre", "Lysekil College", "Start early", "Ask more"):
        assert words in text
    assert found.lines == (f"{identifier}: case sheet of Kortrijk Training Centre and Lysekil College",)


def test_a_quote_is_printed_only_with_its_tick(proposed: Plan) -> None:
    quote = {"Quote": "We learnt a lot.", "Quote by": "Ana"}
    without, agreed = (report(proposed, {**quote, "Quote may be published": box}) for box in ("=TRUE", True))
    assert "We learnt a lot." not in without.files[sheet_of(proposed)]
    assert "the quote is left out until Quote may be published is ticked" in without.lines[0]
    assert "We learnt a lot." in agreed.files[sheet_of(proposed)]
    assert len(agreed.lines) == 1


def test_who_does_not_want_to_be_named_is_not(proposed: Plan) -> None:
    found = report(proposed, {}, answers=(host(), guest(publish="No")))
    assert sheet_of(proposed) not in found.files
    assert found.lines[0].endswith(": no case sheet, since one of them does not want to be named in one")


def test_who_wants_to_see_it_first_is_shown_it(proposed: Plan) -> None:
    found = report(proposed, {}, answers=(host(publish="After my approval"), guest()))
    assert found.lines[0].endswith("(show it to them before it is published: they asked for that)")
    assert sheet_of(proposed) in found.files


def test_an_exchange_of_peoples_own_is_counted_and_has_no_file_of_its_name(proposed: Plan) -> None:
    """A row with another id: it must not become a file name."""
    found = report(proposed, {"Match": "../../etc/passwd", "From": "2026-10-01"})
    assert sorted(found.files) == ["indicators.csv", "indicators.html"]
    assert counted(found) == ["2", "1", ""]


def test_a_match_nobody_remembers_has_its_case_sheet_all_the_same(proposed: Plan) -> None:
    found = report(proposed, {"Match": "M-AAAAAAAAAA"})
    assert "case-sheet-M-AAAAAAAAAA.txt" in found.files


def counted(found: Report) -> list[str]:
    return [str(row[3]) for row in found.indicators]


def test_the_indicators_are_counted_from_entries_and_exchanges(proposed: Plan) -> None:
    found = report(proposed, {"From": "2026-10-01", "To": "2026-10-03"})
    assert counted(found) == ["2", "1", ""]
    rows = list(csv.reader(io.StringIO(found.files["indicators.csv"])))
    assert [row[0] for row in rows[1:]] == ["1. Organisations", "2. Exchanges", "3. Visits"]
    page = found.files["indicators.html"]
    assert "<h1>Indicators on 2026-11-20</h1>" in page
    assert page.count("class='reached'") == 2
    assert page.count("class='open'") == 1


def test_a_visit_that_is_still_to_come_is_not_counted_yet(proposed: Plan) -> None:
    found = report(proposed, {"From": "2026-12-01", "To": "2026-12-03"})
    assert counted(found)[1] != "1"


def test_a_cell_that_looks_like_a_formula_is_none() -> None:
    definitions = Indicators.model_validate({"year_1": 2026, "indicator": [{"title": '=HYPERLINK("x")', "target": 2}]})
    inputs = make_inputs()
    found = make_report(inputs, make_plan(inputs), TEMPLATES, definitions)
    assert "'=HYPERLINK" in found.files["indicators.csv"]
    assert "&quot;x&quot;" in found.files["indicators.html"]


def test_what_cannot_be_read_is_told(proposed: Plan) -> None:
    (problem,) = report(proposed, {"From": "some day in May"}).problems
    assert problem.where == "Exchanges, row 2, From"
