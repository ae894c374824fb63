"""Setting up with Google: `init`, and `check --online` line by line, each with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.adapters.sheets import layout as sheets_layout
from pipeline.adapters.sheets.credentials import privacy_problem
from pipeline.adapters.sheets.reading import Structure, TabReading, header_problem
from pipeline.adapters.sheets.spreadsheet import GoogleSpreadsheet, open_spreadsheet
from pipeline.config import Settings, SheetsSettings
from pipeline.errors import MatchmakerError
from pipeline.forms.form import Form, load_form
from pipeline.forms.header import locate
from pipeline.forms.questions import comparable
from pipeline.tabs import forms as forms_tab
from pipeline.tabs.all_tabs import TABS
from pipeline.tabs.tab import RESPONSES

Line = tuple[bool, str, str]
"""ok or not, what was found, what to do."""

LATER_TAB = re.compile(r"^(?P<stem>.*?)\s*\d+$")
"""Google numbers the tabs it makes: linking a form again makes "Form responses 2"."""
LISTED = 12
"""Headers named in one line; more would not be read."""


def init(settings: SheetsSettings, base: Path = Path(), forms: Sequence[Form] = ()) -> list[str]:
    """Make what is missing in the spreadsheet; one sentence for each thing made.

    `base` is the configuration file's folder. The pages that the sandbox has for `forms` are noted in the tab
    `Forms`; for Google, the script that makes a form does that. Raises ConfigurationError, AccessRefused, TryLater.
    """
    spreadsheet = open_spreadsheet(settings, base)
    made = sheets_layout.init(spreadsheet)
    return made + (_note_pages(spreadsheet, settings, forms) if settings.api_url else [])


def _note_pages(spreadsheet: GoogleSpreadsheet, settings: SheetsSettings, forms: Sequence[Form]) -> list[str]:
    """The sandbox's own pages in the tab `Forms`, for each form that has no row there."""
    wanted = [forms_tab.cells(form.at_sandbox(settings.api_url, settings.responses_tab)) for form in forms]
    reading = spreadsheet.read_leniently()[0].get(forms_tab.TAB.name) if wanted else None
    missing = forms_tab.lacking(reading.table, wanted) if reading else ()
    if reading is None or not missing:
        return []
    rows = [
        {"values": [{"userEnteredValue": {"stringValue": str(row.get(title, ""))}} for title in reading.table.header]}
        for row in missing
    ]
    request = {"appendCells": {"sheetId": reading.sheet_id, "rows": rows, "fields": "userEnteredValue"}}
    spreadsheet.batch_update([request])
    names = ", ".join(str(row[forms_tab.FORM]) for row in missing)
    return [f"In {reading.table.title} the sandbox's own forms are noted: {names}."]


def check_online(settings: Settings) -> Iterator[Line]:
    """What is right and what is not between this machine and the spreadsheet. Two reads (four with
    responses elsewhere), and one write that changes nothing, to learn whether writing is allowed."""
    sheets = settings.sheets
    if sheets.credentials and not sheets.api_url:
        path = settings.path(Path(sheets.credentials).expanduser())
        problem = privacy_problem(path) if path.exists() else f"There is no key file at {path}."
        if problem:
            yield (
                False,
                problem,
                f"Run: chmod 600 {path}" if path.exists() else "Put it there, or mend sheets.credentials.",
            )
            return
        yield True, f"The key file {path} is private.", ""
    try:
        spreadsheet = open_spreadsheet(sheets, settings.base)
        readings, structure = spreadsheet.read_leniently()
    except MatchmakerError as error:
        yield False, str(error.args[0]), error.hint
        return
    account = spreadsheet.client.account
    yield True, f"The spreadsheet “{structure.title}” can be read{f' as {account}' if account else ''}.", ""
    yield from _may_write(spreadsheet)
    answers = spreadsheet.answers_structure or structure
    if answers is not structure:
        yield True, f"The answers are read from the spreadsheet “{answers.title}”, which is never written to.", ""
    yield from _locale(answers)
    yield from _tabs(spreadsheet, readings)
    yield from _responses(settings, readings, answers)


def _may_write(spreadsheet: GoogleSpreadsheet) -> Iterator[Line]:
    allowed = spreadsheet.may_write()
    if allowed is None:
        return
    account = spreadsheet.client.account or "this account"
    yield (
        (True, "The spreadsheet may be changed by this program.", "")
        if allowed
        else (False, "The spreadsheet may be read but not changed.", f"Share it with {account} as Editor.")
    )


def _locale(structure: Structure) -> Iterator[Line]:
    yield True, f"The answers' locale is {structure.locale}, their time zone {structure.time_zone}.", ""


def _tabs(spreadsheet: GoogleSpreadsheet, readings: Mapping[str, TabReading]) -> Iterator[Line]:
    for tab in TABS:
        reading = readings.get(tab.name)
        if reading is None:
            yield False, f"There is no tab {spreadsheet.title_of(tab.name)}.", "Run: matchmaker init"
            continue
        problem = header_problem(reading)
        if problem:
            yield False, str(problem.args[0]), problem.hint
        else:
            yield True, f"The tab {reading.table.title} has all its columns.", ""


def _responses(settings: Settings, readings: Mapping[str, TabReading], structure: Structure) -> Iterator[Line]:
    title = settings.sheets.responses_tab
    reading = readings.get(RESPONSES)
    if reading is None:
        seen = ", ".join(f"“{name}”" for name in structure.titles)
        yield (
            False,
            f"There is no tab “{title}” with the form's answers; the tabs are {seen}.",
            ("Put the right title into sheets.responses_tab."),
        )
        return
    rows = len(reading.table.rows)
    yield True, f"The tab {reading.table.title} holds {rows} answer{'' if rows == 1 else 's'}.", ""
    yield from _twins(reading, structure)
    try:
        form = load_form(folder=settings.path(settings.form.folder))
        found = locate(form, reading.table.header, settings.form.columns, tab=reading.table.title)
    except MatchmakerError as error:
        yield False, str(error.args[0]), error.hint
        return
    yield True, f"{len(found)} of its columns answer questions of the form.", ""
    yield from _others(form, reading, found)


def _twins(reading: TabReading, structure: Structure) -> Iterator[Line]:
    """A second tab of the same name and another number: the form was linked again and answers go there now."""
    own = _stem(reading.table.title)
    twins = [title for title in structure.titles if title != reading.table.title and _stem(title) == own]
    if twins:
        yield (
            False,
            f"Besides {reading.table.title} there is {', '.join(twins)}.",
            (
                "Linking a form again makes a new tab. Put the one that gets the answers into sheets.responses_tab, "
                "and rename or delete the other."
            ),
        )


def _stem(title: str) -> str:
    found = LATER_TAB.match(title)
    return comparable(found["stem"] if found else title)


def _others(form: Form, reading: TabReading, found: Mapping[str, str]) -> Iterator[Line]:
    unmapped = [title for title in reading.table.header if title and title not in found.values()]
    if unmapped:
        shown = ", ".join(f"“{title[:60]}”" for title in unmapped[:LISTED])
        more = f" and {len(unmapped) - LISTED} more" if len(unmapped) > LISTED else ""
        yield True, f"Not read by the program: {shown}{more}.", ""
    unasked = [question.title for question in form.questions if question.key not in found]
    if unasked:
        yield True, f"Not asked by this form: {', '.join(unasked[:LISTED])}.", ""
