"""The secretariat's spreadsheet behind the `Spreadsheet` port: gspread, few calls, never the wrong row.

A reading is two requests: the structure, then all tabs at once. A write is one atomic batch. What keeps it
safe while people work in the same sheet is argued in docs/sheets.md and built in `sheets_writing`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from gspread.urls import SPREADSHEET_BATCH_UPDATE_URL, SPREADSHEET_URL

from pipeline.adapters.sheets.client import Refused, SheetsHttp, read_json
from pipeline.adapters.sheets.credentials import connect
from pipeline.adapters.sheets.reading import (
    GRID_FIELDS,
    STRUCTURE_FIELDS,
    SheetInfo,
    Structure,
    TabReading,
    find_tab,
    header_problem,
    read_tabs,
    snapshot_of,
    structure_of,
)
from pipeline.adapters.sheets.writing import Batch, Repair, Sheet, after, build, repaired, standing_wrong, unanswered
from pipeline.config import SheetsSettings
from pipeline.errors import (
    AccessRefused,
    ConfigurationError,
    MatchmakerError,
    SheetHeaderProblem,
    TryLater,
    UnclearWrite,
)
from pipeline.model import SheetChanges, SheetSnapshot
from pipeline.tabs import review
from pipeline.tabs.all_tabs import BY_NAME
from pipeline.tabs.tab import RESPONSES, fold_title

logger = logging.getLogger(__name__)

TRIES = 3
"""Readings that disagree, and writes that met another one, are done anew this often."""
GRID_PARAMETERS = {"fields": GRID_FIELDS, "prettyPrint": "false"}
"""Google indents its JSON unless told otherwise, which makes a large tab several times as long."""
MOST_WRITES = 2
"""A run's writes. Repairing cells that people typed over waits for a run that has one to spare."""


class GoogleSpreadsheet:
    """Fulfils `Spreadsheet`. Make one per run; it remembers ids and what it read last.

    `read` raises TryLater, AccessRefused, ConfigurationError (no such spreadsheet or tab) and
    SheetHeaderProblem; `write` besides these UnclearWrite.
    """

    def __init__(self, settings: SheetsSettings, client: SheetsHttp) -> None:
        self._settings = settings
        self.client = client
        self._sheet: Sheet | None = None
        self._answers: Structure | None = None
        self._writes = 0

    @property
    def spreadsheet_id(self) -> str:
        """The spreadsheet with the review tab."""
        return self._settings.spreadsheet_id

    def title_of(self, name: str) -> str:
        """The title a tab of ours gets when `init` makes it, and is looked for when it bears no mark."""
        return self._settings.review_tab if name == review.TAB.name else name

    @property
    def answers_structure(self) -> Structure | None:
        """The spreadsheet the answers were last read from: its time zone is the one their timestamps are in."""
        return self._answers

    @property
    def calls(self) -> Mapping[str, int]:
        """Requests made so far, repeats included."""
        return {"reads": self.client.reads, "writes": self.client.writes}

    def read(self) -> SheetSnapshot:
        """All tabs in one consistent reading."""
        readings, structure = self._read_all()
        responses = readings.get(RESPONSES)
        if responses is None:
            raise _no_tab(self._settings.responses_tab, "responses_tab", structure)
        if review.TAB.name not in readings:
            raise ConfigurationError(
                f"The spreadsheet has no tab {self._settings.review_tab}.", hint="Run: matchmaker init"
            )
        self._check_headers(readings)
        self._sheet = Sheet(structure, {name: tab for name, tab in readings.items() if name in BY_NAME})
        self._log()
        return snapshot_of(readings, self.answers_structure or structure)

    def read_review(self, *others: str) -> SheetSnapshot:
        """The review tab alone (and the tabs of these names), once more, just before letters leave: one request."""
        sheet = self._known()
        wanted = {sheet.tabs[name].sheet_id: name for name in (review.TAB.name, *others) if name in sheet.tabs}
        fresh = self._read_cells(self._settings.spreadsheet_id, wanted)
        if gone := set(wanted.values()) - set(fresh):
            title = sheet.tabs[min(gone)].table.title
            raise TryLater(f"The tab {title} is gone since the run began.", hint="The next run reads it all anew.")
        self._check_headers(fresh)
        self._sheet = Sheet(sheet.structure, {**sheet.tabs, **fresh})
        self._log()
        return snapshot_of(fresh, self.answers_structure or sheet.structure)

    def write(self, changes: SheetChanges) -> frozenset[str]:
        """Apply one value of changes in one atomic batch; returns the keys of updates that did not reach a row.

        What the sheet says already is left out; if nothing remains, no request is made. A `Status` that people
        typed over takes two runs to mend: see `_repair`. Inserts and updates into a tab that is missing raise
        ConfigurationError; contents of a missing tab are left out, since somebody deleted it on purpose.
        """
        sheet = self._known()
        wanted = {**changes.inserts, **changes.updates}
        missing = [name for name, rows in wanted.items() if rows and name not in sheet.tabs]
        if missing:
            raise ConfigurationError(f"The spreadsheet has no tab {missing[0]}.", hint="Run: matchmaker init")
        tokens: list[str] = []
        marks = True
        refusal: MatchmakerError | None = None
        for _ in range(TRIES):
            batch = build(changes, sheet, secrets.token_hex(8), marks=marks)
            tokens.append(batch.token)
            sheet = self._repair(batch, sheet)
            if not batch:
                self._sheet = sheet
                return standing_wrong(changes, sheet)
            try:
                answer = self._batch_update(batch)
            except (Refused, UnclearWrite) as error:
                refusal = error
                marks = marks and not (isinstance(error, Refused) and "storage limit" in error.reason)
                if isinstance(error, UnclearWrite):
                    self.client.pause(len(tokens))
                before = sheet.structure.owner
                sheet = self._read_back(error)
                if changes.owner and sheet.structure.owner not in (before, changes.owner):
                    raise TryLater(
                        "Another machine has just begun to serve this spreadsheet.",
                        hint="The next run tells what to do.",
                    ) from None
                if {stamp.token for stamp in sheet.structure.stamps} & set(tokens):
                    self._sheet = sheet
                    return standing_wrong(changes, sheet)
                continue
            missed = _missed(batch, answer)
            self._sheet = self._answered(unanswered(changes, batch.unreachable), after(changes, sheet, batch, missed))
            self._log()
            return missed | (batch.unreachable & standing_wrong(changes, self._sheet))
        raise refusal or TryLater("The spreadsheet kept changing while the program wrote.", hint="The next run writes.")

    def responses_header(self) -> tuple[str, ...]:
        """The titles of the responses tab in order, blank ones left out: for `map`. Two or four reads."""
        readings, structure = self._read_all()
        responses = readings.get(RESPONSES)
        if responses is None:
            raise _no_tab(self._settings.responses_tab, "responses_tab", structure)
        return tuple(title for title in responses.table.header if title)

    def may_write(self) -> bool | None:
        """Whether this account may change the spreadsheet: one write that changes nothing. None: no telling now.

        There is no other way to ask with the scope for spreadsheets alone.
        """
        nothing = {"developerMetadataLookup": {"metadataKey": "matchmaker.nothing"}}
        try:
            self.batch_update([{"deleteDeveloperMetadata": {"dataFilter": nothing}}])
        except AccessRefused:
            return False
        except Refused:
            # Found fault with the request, which it looks at only after the right to make it.
            return True
        except TryLater:
            return None
        return True

    # ----------------------------------------------------------------- reading

    def structure(self, spreadsheet_id: str | None = None) -> Structure:
        """A spreadsheet's tabs, sizes and our marks, without cells: one request."""
        url = SPREADSHEET_URL % (spreadsheet_id or self._settings.spreadsheet_id)
        return structure_of(read_json(self.client.request("get", url, params={"fields": STRUCTURE_FIELDS})))

    def read_leniently(self) -> tuple[dict[str, TabReading], Structure]:
        """All tabs that are there, whatever their headers say: for `init` and `check`."""
        return self._read_all()

    def _read_all(self) -> tuple[dict[str, TabReading], Structure]:
        for tries_left in reversed(range(TRIES)):
            structure = self.structure()
            names = self._names(structure)
            try:
                readings = self._read_cells(self._settings.spreadsheet_id, names)
            except Refused:
                # A tab was deleted between the two requests.
                if not tries_left:
                    raise
                continue
            if set(readings) == set(names.values()):
                self._answers = structure
                return {**readings, **self._other_responses()}, structure
        raise TryLater("The tabs kept changing while they were read.", hint="The next run reads them again.")

    def _names(self, structure: Structure) -> dict[int, str]:
        """Sheet id -> name of ours."""
        found = {name: find_tab(structure, name, self.title_of(name)) for name in BY_NAME}
        names = {sheet.sheet_id: name for name, sheet in found.items() if sheet is not None}
        if not self._has_other_responses():
            sheet = _responses_tab(structure, self._settings.responses_tab)
            if sheet is not None and sheet.sheet_id not in names:
                names[sheet.sheet_id] = RESPONSES
        return names

    def _has_other_responses(self) -> bool:
        other = self._settings.responses_spreadsheet_id
        return bool(other) and other != self._settings.spreadsheet_id

    def _other_responses(self) -> dict[str, TabReading]:
        if not self._has_other_responses():
            return {}
        try:
            return self._read_answers(self._settings.responses_spreadsheet_id)
        except (AccessRefused, ConfigurationError) as error:
            hint = error.hint.replace("sheets.spreadsheet_id", "sheets.responses_spreadsheet_id")
            raise type(error)(f"The spreadsheet with the answers: {error.args[0]}", hint=hint) from None

    def _read_answers(self, spreadsheet_id: str) -> dict[str, TabReading]:
        for _ in range(TRIES):
            self._answers = self.structure(spreadsheet_id)
            sheet = _responses_tab(self._answers, self._settings.responses_tab)
            if sheet is None:
                raise _no_tab(self._settings.responses_tab, "responses_tab", self._answers)
            try:
                found = self._read_cells(spreadsheet_id, {sheet.sheet_id: RESPONSES})
            except Refused:
                continue
            if found:
                return found
        raise TryLater("The responses kept changing while they were read.", hint="The next run reads them again.")

    def _read_cells(self, spreadsheet_id: str, names: Mapping[int, str]) -> dict[str, TabReading]:
        if not names:
            return {}
        body = {
            "dataFilters": [{"gridRange": {"sheetId": identifier}} for identifier in names],
            "includeGridData": True,
        }
        url = SPREADSHEET_URL % spreadsheet_id + ":getByDataFilter"
        return read_tabs(read_json(self.client.request("post", url, params=dict(GRID_PARAMETERS), json=body)), names)

    def _check_headers(self, readings: Mapping[str, TabReading]) -> None:
        problems = [problem for reading in readings.values() if (problem := header_problem(reading)) is not None]
        if len(problems) == 1:
            raise problems[0]
        if problems:
            raise SheetHeaderProblem(
                " ".join(str(problem.args[0]) for problem in problems),
                hint="Put the titles back, or run: matchmaker init",
            )

    def _known(self) -> Sheet:
        if self._sheet is None:
            self.read()
        if self._sheet is None:
            raise AssertionError("a reading leaves a sheet")
        return self._sheet

    # ----------------------------------------------------------------- writing

    def _batch_update(self, batch: Batch) -> dict[str, Any]:
        return self.batch_update(list(batch.requests))

    def batch_update(self, requests: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """One spreadsheets.batchUpdate, atomic. Raises Refused when Google finds fault with any request."""
        url = SPREADSHEET_BATCH_UPDATE_URL % self._settings.spreadsheet_id
        self._writes += 1
        return read_json(self.client.request("post", url, json={"requests": list(requests)}))

    def _read_back(self, error: MatchmakerError) -> Sheet:
        """The sheet as it is after a write that was refused or whose answer was lost."""
        try:
            readings, structure = self._read_all()
            self._check_headers(readings)
        except TryLater as later:
            # A refused write was not applied; of any other nothing is known, and the caller must not think it failed.
            raise (later if isinstance(error, Refused) else error) from None
        return Sheet(structure, {name: tab for name, tab in readings.items() if name in BY_NAME})

    def _repair(self, batch: Batch, sheet: Sheet) -> Sheet:
        """Write cells of rows found by their mark: a `Status` people typed over, a row that landed askew.

        The mark follows its row through sorts and insertions, and the last reading saw the row's key beside
        it. The values are as wide as the sheet was, so that Google refuses them once a column was deleted.
        Repeating this is harmless. It costs a write, so a `Status` waits while the run needs both of its own.
        """
        spare = self._writes + bool(batch) < MOST_WRITES
        repairs = [repair for repair in batch.repairs if spare or repair.is_urgent]
        if not self._headers_stand(sheet, {repair.tab for repair in repairs if repair.tab}):
            repairs = [repair for repair in repairs if not repair.tab]
        if not repairs:
            return sheet
        url = SPREADSHEET_URL % self._settings.spreadsheet_id + "/values:batchUpdateByDataFilter"
        body = {
            "valueInputOption": "RAW",
            "data": [_by_mark(repair) for repair in repairs],
        }
        self._writes += 1
        try:
            self.client.request("post", url, json=body)
        except (Refused, UnclearWrite):
            logger.info("a repair of cells that people changed was put off to the next run")
            return sheet
        return repaired(sheet, repairs)

    def _answered(self, answers: SheetChanges, sheet: Sheet) -> Sheet:
        """Write beside rows of people's that were marked by the batch before: read back, so that mark and row are seen.

        One read and one write, in a run in which people wrote something new.
        """
        if not answers:
            return sheet
        names = {sheet.tabs[name].sheet_id: name for name in answers.updates}
        try:
            fresh = self._read_cells(self._settings.spreadsheet_id, names)
            self._check_headers(fresh)
        except MatchmakerError:
            logger.info("answers beside people's rows were put off to the next run")
            return sheet
        seen = Sheet(sheet.structure, {**sheet.tabs, **fresh})
        return self._repair(build(answers, seen, "", marks=False), seen)

    def _headers_stand(self, sheet: Sheet, names: Collection[str]) -> bool:
        """Whether no column of these tabs came, went or moved since they were read; no tab, no request.

        A row found by its mark is written from left to right, and minutes may have passed with letters.
        """
        if not names:
            return True
        rows = {"startRowIndex": 0, "endRowIndex": 1}
        body = {
            "dataFilters": [{"gridRange": {"sheetId": sheet.tabs[name].sheet_id, **rows}} for name in names],
            "includeGridData": True,
        }
        url = SPREADSHEET_URL % self._settings.spreadsheet_id + ":getByDataFilter"
        try:
            answer = read_json(self.client.request("post", url, params=dict(GRID_PARAMETERS), json=body))
        except (Refused, TryLater):
            return False
        now = read_tabs(answer, {sheet.tabs[name].sheet_id: name for name in names})
        return all(name in now and now[name].table.header == sheet.tabs[name].table.header for name in names)

    def _log(self) -> None:
        logger.info("spreadsheet: %s reads, %s writes so far", self.client.reads, self.client.writes)


def open_spreadsheet(settings: SheetsSettings, base: Path = Path()) -> GoogleSpreadsheet:
    """The spreadsheet the settings name. No request is made yet.

    `base` is the configuration file's folder. Raises ConfigurationError for missing ids or credentials.
    """
    if not settings.spreadsheet_id:
        raise ConfigurationError(
            "sheets.spreadsheet_id is empty.",
            hint="Copy it from the spreadsheet's address: the part between /d/ and /edit.",
        )
    return GoogleSpreadsheet(settings, connect(settings, base))


def _responses_tab(structure: Structure, title: str) -> SheetInfo | None:
    folded = fold_title(title)
    return next((sheet for sheet in structure.sheets if fold_title(sheet.title) == folded), None)


def _no_tab(title: str, setting: str, structure: Structure) -> ConfigurationError:
    seen = ", ".join(f"“{name}”" for name in structure.titles) or "none"
    return ConfigurationError(
        f"The spreadsheet has no tab “{title}”; its tabs are {seen}.", hint=f"Mend sheets.{setting}."
    )


def _missed(batch: Batch, answer: Mapping[str, Any]) -> frozenset[str]:
    """The keys whose old status was not found: the row is gone, or somebody typed over it that instant."""
    replies = answer.get("replies") or []
    found: dict[str, bool] = {}
    for place, key in batch.finds:
        reply = (replies[place] if place < len(replies) else {}).get("findReplace") or {}
        found[key] = found.get(key, False) or bool(reply.get("occurrencesChanged"))
    return frozenset(key for key, was_found in found.items() if not was_found)


def _by_mark(repair: Repair) -> dict[str, Any]:
    return {
        "dataFilter": {"developerMetadataLookup": {"metadataId": repair.metadata_id}},
        "majorDimension": "ROWS",
        "values": [list(repair.values)],
    }
