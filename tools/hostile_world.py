"""A sandbox full of hostile answers, the real commands run in it, and everything they left behind.

Used by `bench_hostile.py` and by `tests/hostile`. A batch gives every input a counterpart of its own (a host in
a country that only this sender wants), runs `matchmaker run` as a process that is watched, ticks every proposal,
runs again, and then answers questions about the real outputs: bytes on SMTP, cells, log lines, files, ledger.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Self

from pipeline.adapters.sheets.setup import init
from pipeline.cleaning import clean_address
from pipeline.config import load_settings
from pipeline.forms.form import load_form
from pipeline.intake.impersonation import skeleton
from pipeline.letters.verify import ReadBack, read_back
from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.person import Person
from pipeline.sandbox.smtp import KeptMessage

ROOT = Path(__file__).resolve().parent.parent
RESPONSES = "Form responses 1"
EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
FORM = load_form()
TITLES = {question.key: question.title for question in FORM.questions}
KEYS = {title: key for key, title in TITLES.items()}
DIGEST_TO = "office@secretariat.example"
CANARY = "c4nary-Passw0rd-Zx81"
"""A mail password that must never be seen anywhere."""
PLACES = tuple(
    option.text
    for option in FORM.by_key["target_countries"].options
    if " - " not in option.text and option.text in {one.text for one in FORM.by_key["country"].options}
)
PER_BATCH = len(PLACES) - 1
"""Hosts of one batch, each in a country of its own; one place is kept for the control."""

PROGRAM_TABS = (
    "Review",
    "Same organisation?",
    "Problems",
    "Organisations",
    "Nearly",
    "Unmet demand",
    "Exchanges",
)

WATCHED = """\
import sys, os, json, resource
seen = []
def hook(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)) and (
        (isinstance(args[1], str) and set(args[1]) & set("wax+")) or
        (args[1] is None and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))):
        seen.append(["write", os.path.abspath(os.fsdecode(args[0]))])
    elif event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        where = args[1] if event == "socket.connect" else args[0]
        seen.append(["connect", str(where[0] if isinstance(where, tuple) else where)])
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"):
        seen.append(["process", repr(args[0])])
    elif event in ("os.rename", "os.link", "os.symlink"):
        seen.append(["write", os.path.abspath(os.fsdecode(args[1]))])
    elif event == "os.mkdir":
        seen.append(["write", os.path.abspath(os.fsdecode(args[0]))])
report = sys.argv.pop(1)
sys.addaudithook(hook)
from pipeline.cli import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak, spent = used.ru_maxrss / 1024, used.ru_utime + used.ru_stime
    found = list(seen)
    with open(report, "w") as file:
        json.dump({"seen": found, "peak": peak, "seconds": spent}, file)
"""
"""The command line with Python's audit hook in front: what it writes, whom it calls, what it starts."""


@dataclass(frozen=True, kw_only=True)
class Input:
    """One hostile answer: which question it is typed into, what may become of it, what must hold."""

    id: str
    key: str
    value: str
    wanted: tuple[str, ...] = ("accept", "accept_flag")
    invariants: tuple[str, ...] = ()
    exact: str = ""
    """For addresses: the address that must stand in the envelope, where one is known."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One command that was run as a process."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str
    seen: tuple[tuple[str, str], ...]
    peak: float
    """Megabytes."""
    seconds: float
    """Of the processor, so that a busy machine tells no tales."""

    def of_kind(self, kind: str) -> set[str]:
        """What it wrote, whom it called ("connect"), what it started ("process")."""
        return {what for one, what in self.seen if one == kind}


def serial(moment: datetime | date) -> float:
    """A date or moment as the sheet stores it."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return (moment - EPOCH).total_seconds() / 86400


def answer(number: int, **given: Any) -> dict[str, Any]:
    """A complete, consenting answer by question key."""
    start = datetime.now(UTC).date() + timedelta(days=90)
    return {
        "submitted_at": serial(datetime.now(UTC) - timedelta(days=1) + timedelta(seconds=number)),
        "email": f"office@organisation-{number}.example",
        "kind": "New entry",
        "contact_name": "International coordinator",
        "organisation": f"Organisation {number}",
        "organisation_type": "VET school or provider",
        "country": "Sweden",
        "city": "Borås",
        "membership": "Member",
        "travellers": "Teachers and trainers",
        "formats": "Job shadowing",
        "topics": "Dual VET and apprenticeships",
        "date_from": serial(start),
        "date_to": serial(start + timedelta(days=60)),
        "days": 3,
        "languages": "English",
        "fewer_opportunities": "No",
        "consent": "I agree",
        "share_contact": "Yes",
        "publish": "Yes",
        **given,
    }


class World:
    """One sandbox, a person in front of it, and the commands of the program."""

    def __init__(self, directory: Path, environment: Mapping[str, str] | None = None, *, limits: bool = True) -> None:
        self.directory = directory
        wide = {
            "MATCHMAKER_MAIL__MAX_PER_RUN": "2000",
            "MATCHMAKER_MAIL__MAX_PER_DAY": "2000",
            "MATCHMAKER_MATCHING__OPEN_PROPOSALS": "1000",
        }
        self.environment = {
            **(wide if limits else {}),
            "CANARY_PASSWORD": CANARY,
            "MATCHMAKER_MAIL__PASSWORD_ENV": "CANARY_PASSWORD",
            **(environment or {}),
        }
        self.sandbox = Sandbox(directory / "sandbox")
        self.ran: list[Ran] = []

    def __enter__(self) -> Self:
        self.sandbox.__enter__()
        self.person = Person(self.sandbox.sheets_api, self.sandbox.spreadsheet_id)
        settings = load_settings(self.sandbox.config_path, self.environment)
        init(settings.sheets, settings.base)
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.__exit__(None, None, None)

    def submit(self, answers: Sequence[Mapping[str, Any]]) -> None:
        """Rows as Forms writes them; a cell takes 50,000 characters."""
        keys = [KEYS.get(title, "") for title in self.person.header(RESPONSES)]
        rows = [
            {
                "values": [
                    {"userEnteredValue": entered(given[key])} if given.get(key) not in (None, "") else {}
                    for key in keys
                ]
            }
            for given in answers
        ]
        sheet = self.person.sheet_id(RESPONSES)
        for first in range(0, len(rows), 20):
            self.person.batch(
                {
                    "appendCells": {
                        "sheetId": sheet,
                        "rows": rows[first : first + 20],
                        "fields": "userEnteredValue",
                    }
                }
            )

    def command(self, *arguments: str, **environment: str) -> Ran:
        """Run `matchmaker` as cron does, watched."""
        handle, report = tempfile.mkstemp(dir=self.directory)
        os.close(handle)
        done = subprocess.run(
            [sys.executable, "-c", WATCHED, report, "--config", str(self.sandbox.config_path), *arguments],
            capture_output=True,
            env={**os.environ, **self.environment, **environment, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=self.directory,
            check=False,
        )
        told = json.loads(Path(report).read_text() or '{"seen": [], "peak": 0, "seconds": 0}')
        Path(report).unlink()
        ran = Ran(
            arguments=arguments,
            code=done.returncode,
            out=done.stdout.decode("utf-8", "replace"),
            err=done.stderr.decode("utf-8", "replace"),
            seen=tuple((kind, what) for kind, what in told["seen"] if what != report),
            peak=told["peak"],
            seconds=told["seconds"],
        )
        self.ran.append(ran)
        return ran

    def rows(self, tab: str = "Review") -> list[dict[str, Any]]:
        """The rows of a tab by title."""
        return self.person.rows(tab)

    def tick_all(self, title: str = "Approve", tab: str = "Review") -> int:
        """Tick one box on every row, in one call."""
        rows = self.rows(tab)
        column = self.person.header(tab).index(title)
        sheet = self.person.sheet_id(tab)
        self.person.batch(
            *(
                {
                    "updateCells": {
                        "start": {"sheetId": sheet, "rowIndex": row["#"] - 1, "columnIndex": column},
                        "rows": [{"values": [{"userEnteredValue": {"boolValue": True}}]}],
                        "fields": "userEnteredValue",
                    }
                }
                for row in rows
            )
        ) if rows else None
        return len(rows)

    def put(self, match: str, title: str, value: Any) -> None:
        """Type into the review row of a match."""
        row = next(row for row in self.rows() if row["Match"] == match)
        self.person.put("Review", row["#"], title, value)

    def cells(self, tab: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """(A1-like place, cell) of everything a tab holds: what was entered, as the API tells it."""
        document = self.person._call(  # noqa: SLF001 - the same client, another question
            "GET",
            "",
            params={"ranges": f"'{tab}'", "fields": "sheets(data(rowData(values(userEnteredValue))))"},
        )
        for sheet in document.get("sheets", []):
            for data in sheet.get("data", []):
                for number, row in enumerate(data.get("rowData", []), start=1):
                    for place, cell in enumerate(row.get("values", [])):
                        if cell.get("userEnteredValue"):
                            yield f"{tab} row {number} column {place + 1}", cell["userEnteredValue"]

    def values(self, tab: str, render: str) -> list[list[Any]]:
        """A tab's values as they are rendered: FORMULA shows what a formula is made of."""
        from urllib.parse import quote

        path = f"/values/{quote(chr(39) + tab + chr(39))}"
        got = self.person._call("GET", path, params={"valueRenderOption": render}).get("values", [])  # noqa: SLF001
        return list(got)

    def messages(self) -> list[KeptMessage]:
        """What the mail server took."""
        return list(self.sandbox.messages())

    def files(self) -> list[Path]:
        """Every file below the world's directory."""
        return [path for path in self.directory.rglob("*") if path.is_file()]


def entered(value: Any) -> dict[str, Any]:
    """A cell as Forms stores it: text is text, whatever it begins with."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int | float):
        return {"numberValue": value}
    return {"stringValue": str(value)}


# -- batches -------------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What became of one input."""

    input: Input
    number: int
    host: str
    sender_email: str
    row: dict[str, Any] | None = None
    match: str = ""
    status_before: str = ""
    status_after: str = ""
    letter: KeptMessage | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def disposition(self) -> str:
        """In the words of the bench."""
        if self.row is None:
            return "reject" if self.problems else "dropped"
        if self.letter is None:
            return "hold" if self.status_after.startswith("Held") else "stuck"
        return "accept_flag" if "please check" in self.status_before else "accept"

    def read(self) -> ReadBack | None:
        """The letter as its bytes say it."""
        return read_back(self.letter.content) if self.letter else None


@dataclass
class Batch:
    """Everything a batch of inputs left behind."""

    world: World
    outcomes: list[Outcome]
    control: Outcome
    before: list[KeptMessage]
    """Letters that left before anything was ticked (none but the digest may)."""
    info: Ran
    debug: Ran
    values: dict[str, tuple[list[list[Any]], list[list[Any]]]] = field(default_factory=dict)
    cells: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    messages: list[KeptMessage] = field(default_factory=list)


def batches(inputs: Sequence[Input], size: int = PER_BATCH) -> list[list[Input]]:
    """Inputs in batches in which no two share an address or a name that looks alike (that is another defence)."""
    found: list[list[Input]] = []
    taken: list[set[str]] = []
    for one in inputs:
        keys = {f"{one.key}:{skeleton(one.value[:300])}"} if one.key in {"organisation", "email"} else set()
        place = next((i for i, batch in enumerate(found) if len(batch) < size and not keys & taken[i]), None)
        if place is None:
            found.append([])
            taken.append(set())
            place = len(found) - 1
        found[place].append(one)
        taken[place] |= keys
    return found


def pair(number: int, key: str, value: str, place: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The hostile sender, who wants one country only, and the host there."""
    sender = answer(
        2 * number,
        email=f"office@sender-{number}.example",
        organisation=f"{SYLLABLES[number % len(SYLLABLES)]}{number} Lifelong Learning",
        country="Sweden" if place != "Sweden" else "Norway",
        role="Send staff or learners",
        seeks="We want to learn how dual VET works with local companies.",
        target_countries=place,
        target_strict="Yes - only these",
    )
    sender[key] = value
    host = answer(
        2 * number + 1,
        email=f"welcome@host-{number}.example",
        organisation=host_name(number),
        country=place,
        city=f"Town of {SYLLABLES[number % len(SYLLABLES)]}",
        role="Host visitors",
        offers="We can show our work on dual VET with local companies.",
    )
    return sender, host


SYLLABLES = tuple(
    a + b
    for a in ("Bru", "Kal", "Mon", "Ves", "Tor", "Lim")
    for b in ("dane", "mark", "vik", "feld", "puy", "zola", "gaard")
)


def host_name(number: int) -> str:
    """A name like no other."""
    return f"{SYLLABLES[(number * 5 + 3) % len(SYLLABLES)]} College No {number}"


CONTROL = Input(id="control", key="seeks", value="We want to learn how dual VET works with local companies.")


def run_batch(directory: Path, inputs: Sequence[Input], *, reports: bool = True) -> Batch:
    """Fill in the form with these, run, tick everything, run again; with `reports` make case sheets and status too."""
    directory.mkdir(parents=True, exist_ok=True)
    world = World(directory, {"MATCHMAKER_MAIL__DIGEST_TO": DIGEST_TO})
    world.__enter__()
    outcomes, answers = [], []
    for number, one in enumerate([CONTROL, *inputs]):
        sender, host = pair(number, one.key, one.value, PLACES[number % len(PLACES)])
        answers += [sender, host]
        outcomes.append(Outcome(input=one, number=number, host=host["organisation"], sender_email=sender["email"]))
    world.submit(answers)
    debug = world.command("-vv", "run")
    before = world.messages()
    found = {row["Receiving organisation"]: row for row in world.rows()}
    world.tick_all()
    info = world.command("-v", "run")
    after = {row["Match"]: row for row in world.rows()}
    problems = world.rows("Problems")
    letters: dict[str, KeptMessage] = {}
    for message in world.messages():
        match = re.search(rb"(?m)^X-Match-Id: (\S+)\r?$", message.content.partition(b"\r\n\r\n")[0])
        if match:
            letters[match[1].decode()] = message
    for outcome in outcomes:
        row = outcome.row = found.get(outcome.host)
        place = f"row {2 * outcome.number + 2}"
        outcome.problems = [
            f"{one['Where']}: {one['What']}" for one in problems if re.search(rf"{place}\b", one["Where"])
        ]
        if row:
            outcome.match = row["Match"]
            outcome.status_before = str(row["Status"])
            outcome.status_after = str(after[outcome.match]["Status"])
            outcome.letter = letters.get(outcome.match)
    if reports:
        world.tick_all("Took place", "Exchanges")
        world.command("-v", "report")
        world.command("-v", "status")
    batch = Batch(world=world, outcomes=outcomes[1:], control=outcomes[0], before=before, info=info, debug=debug)
    batch.cells = [cell for tab in PROGRAM_TABS for cell in world.cells(tab)]
    batch.values = {tab: (world.values(tab, "FORMULA"), world.values(tab, "UNFORMATTED_VALUE")) for tab in PROGRAM_TABS}
    batch.messages = world.messages()
    return batch


# -- questions about the outputs -----------------------------------------------------------------------------

HEADERS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "X-Match-Id",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]
_REMOTE = re.compile(
    r"(?i)\b(?:src|srcset|background|data|poster|action|formaction)\s*=|url\s*\(|@import|<link|<iframe|<img"
)
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) .*")
_ADDRESS = re.compile(r"[^\s@<>\"',;:()]+[^\s@<>\"',;:()…]@[^\s@<>\"',;:()]+\.[^\s@<>\"',;:()]{2,}")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_UNSEEN = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f\u3164\u2800\uffa0\u115f\u1160]"
)


class _Shape(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.links: list[tuple[str, str]] = []
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[f"{tag} {' '.join(sorted(name for name, _ in attrs))}"] += 1
        if tag == "a":
            self.links.append((dict(attrs).get("href") or "", ""))
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None and self.links:
            self.links[-1] = (self.links[-1][0], self.links[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None

    def handle_comment(self, _: str) -> None:
        self.found["<!-- -->"] += 1


def shape(html: str) -> Counter[str]:
    """How often each tag with each set of attributes stands in a page."""
    parser = _Shape()
    parser.feed(html)
    parser.close()
    return parser.found


def links(html: str) -> list[tuple[str, str]]:
    """(target, shown text) of each link."""
    parser = _Shape()
    parser.feed(html)
    return parser.links


def spaced(text: str) -> str:
    """Normal form C, white space as one blank: how PRESERVE compares."""
    import unicodedata

    return " ".join(unicodedata.normalize("NFC", text).split())


def faults_of(batch: Batch, outcome: Outcome) -> list[str]:
    """What is wrong with one input's outcome, as `INVARIANT: words`; the disposition first."""
    found = []
    one = outcome.input
    if outcome.disposition not in one.wanted:
        found.append(
            f"DISPOSITION: {outcome.disposition}, wanted {'/'.join(one.wanted)}"
            f" ({outcome.status_before[:80]!r} -> {outcome.status_after[:120]!r}; {outcome.problems[:2]})"
        )
    if outcome.disposition in {"hold", "accept_flag", "reject"} and not _is_explained(outcome):
        found.append("EXPLAINED: no sentence tells a person why")
    if outcome.letter is not None:
        found += letter_faults(outcome, batch.control)
    if outcome.row is not None:
        found += [
            f"BIDI: {title} of the review row holds {seen.group()!a}"
            for title, cell in outcome.row.items()
            if isinstance(cell, str) and (seen := _UNSEEN.search(cell))
        ]
    return found


def _is_explained(outcome: Outcome) -> bool:
    if outcome.row is None:
        return bool(outcome.problems)
    return "check" in outcome.status_before


def letter_faults(outcome: Outcome, control: Outcome) -> list[str]:
    """HDR, RCPT, ONELINE, HTML, TRACK, LINK, TPL and PRESERVE, on the bytes the mail server took."""
    found: list[str] = []
    one = outcome.input
    message = outcome.letter
    if message is None:
        return []
    head = message.content.partition(b"\r\n\r\n")[0].decode("ascii")
    names = re.findall(r"(?m)^([^ :\t\r\n]+):", head)
    if names != HEADERS:
        found.append(f"HDR: {names}")
    read = read_back(message.content)
    sender = outcome.sender_email
    cleaned = clean_address(sender)
    expected = {
        one.exact or (cleaned if isinstance(cleaned, str) else cleaned.text),
        f"welcome@host-{outcome.number}.example",
    }
    if set(message.recipients) != expected or len(message.recipients) != 2:
        found.append(f"RCPT: {message.recipients} instead of {sorted(expected)}")
    if any(bad.search(value) for bad in (_CONTROL, _UNSEEN) for value in read.headers.values()):
        found.append("ONELINE: a header holds a control or unseen character")
    if control.letter is not None:
        benign = read_back(control.letter.content).html
        if shape(read.html) != shape(benign):
            found.append(f"HTML: {(shape(read.html) - shape(benign))} more, {(shape(benign) - shape(read.html))} less")
    if _REMOTE.search(re.sub(r">[^<]*<", "><", read.html)):
        found.append("TRACK: the HTML part names a remote resource")
    found += [
        f"LINK: {target} shown as {shown}"
        for target, shown in links(read.html)
        if not re.match(r"(?:https?|mailto):", target)
        or shown.strip().lower() not in target.lower().replace("%27", "'")
    ]
    if "TPL" in one.invariants and "49" in read.text and "49" not in one.value:
        found.append("TPL: something was evaluated")
    if (
        "PRESERVE" in one.invariants
        and one.key != "email"
        and spaced(one.value) not in spaced(read.text + " " + read.headers.get("Subject", ""))
    ):
        found.append(f"PRESERVE: the text does not arrive as typed: {spaced(one.value)[:60]!r}")
    return found


def batch_faults(batch: Batch) -> list[str]:
    """What must hold for the batch as a whole: cells, logs, files, connections, secrets, ledger, no early letter."""
    found: list[str] = []
    early = [message for message in batch.before if message.recipients != (DIGEST_TO,)]
    if early:
        found.append(f"NOAPPROVE: {len(early)} letters left before anything was ticked")
    if batch.control.disposition != "accept":
        found.append(
            f"NOCRASH: the control was not introduced: {batch.control.disposition} {batch.control.status_after}"
        )
    for message in batch.messages:
        try:
            read_back(message.content)
        except Exception as error:  # noqa: BLE001 - a fault like any other
            found.append(f"HDR: a letter cannot be read back: {error}")
        if "matchmaking@sandbox.example" in message.recipients:
            found.append("NOLOOP: a letter to ourselves")
    found += _cell_faults(batch)
    emails = {f"welcome@host-{outcome.number}.example" for outcome in batch.outcomes} | {
        outcome.sender_email for outcome in batch.outcomes if "@" in outcome.sender_email.strip("@")
    }
    for ran in batch.world.ran:
        found += _stream_faults(ran, batch, emails)
        found += watched_faults(ran, batch.world.directory)
    found += file_faults(batch.world)
    found += secret_faults(batch.world, [json.dumps(batch.cells), *(repr(one) for one in batch.values.values())])
    found += _ledger_faults(batch)
    return found


def _cell_faults(batch: Batch) -> list[str]:
    found = [f"SHEETLIT: a formula at {place}: {cell}" for place, cell in batch.cells if "formulaValue" in cell]
    found += [
        f"BIDI: {seen.group()!a} at {place}"
        for place, cell in batch.cells
        if (seen := _UNSEEN.search(cell.get("stringValue", "")))
    ]
    found += [
        f"SHEETLIT: {tab} reads otherwise as FORMULA"
        for tab, (formula, plain) in batch.values.items()
        if formula != plain
    ]
    longest = max((len(cell.get("stringValue", "")) for _, cell in batch.cells), default=0)
    if longest > 6000:
        found.append(f"SHEETLIT: a cell of {longest} characters")
    return found


def _stream_faults(ran: Ran, batch: Batch, emails: set[str]) -> list[str]:
    found = []
    if ran.code not in (0, 1):
        found.append(f"NOCRASH: {' '.join(ran.arguments)} ended with {ran.code}: {ran.err[-400:]}")
    if "Traceback" in ran.err:
        found.append("NOCRASH: a traceback")
    texts = [
        spaced(outcome.input.value)[:40]
        for outcome in batch.outcomes
        if outcome.input.key != "email" and len(spaced(outcome.input.value)) > 7
    ]
    for line in ran.err.split("\n"):
        if not line:
            continue
        if not _LOG_LINE.fullmatch(line) and not line.startswith("matchmaker:"):
            found.append(f"LOG: not one event a line: {line[:120]!r}")
        if _CONTROL.search(line) or _UNSEEN.search(line):
            found.append(f"LOG: a control character: {line[:120]!r}")
        if _ADDRESS.search(line) or any(email in line for email in emails):
            found.append(f"LOG: a full address: {line[:160]!r}")
        if " INFO " in line and any(text in line for text in texts):
            found.append(f"LOG: free text at INFO: {line[:160]!r}")
    if _CONTROL.search(ran.out) and "json" not in ran.arguments:
        found.append(f"ONELINE: control characters on standard output of {' '.join(ran.arguments)}")
    return found


def watched_faults(ran: Ran, directory: Path) -> list[str]:
    """PATH and NOFETCH: nothing written outside the directory, nobody called outside this machine."""
    outside = {
        what
        for what in ran.of_kind("write")
        if not what.startswith(
            (str(directory.resolve()), str(directory), tempfile.gettempdir(), "/dev/null", "/proc/self")
        )
        and "__pycache__" not in what
    }
    called = {what for what in ran.of_kind("connect") if what not in {"127.0.0.1", "localhost", "::1"}}
    return (
        [f"PATH: wrote {what}" for what in sorted(outside)]
        + [f"NOFETCH: called {what}" for what in sorted(called)]
        + [f"PATH: started a process {what}" for what in sorted(ran.of_kind("process"))]
    )


_OUR_NAMES = re.compile(
    r"[\w.-]*(?:pipeline\.toml|sandbox\.(?:json|lock)|secret|lock|ledger\.db(?:-\w+)?|\d+\.(?:eml|json)"
    r"|case-sheet-M-[A-Z2-7]{10}\.(?:html|txt)|indicators\.(?:csv|html)|\w+\.(?:json|draft|csv|xlsx|md|sqlite3?(?:-\w+)?|db)|heartbeat[\w.]*)"
)


def file_faults(world: World) -> list[str]:
    """PATH: every file below the directory has a name of ours."""
    return [f"PATH: a file called {path.name!r}" for path in world.files() if not _OUR_NAMES.fullmatch(path.name)]


def secret_faults(world: World, texts: Sequence[str] = ()) -> list[str]:
    """SECRET: neither the password nor the ledger's secret in any stream, file but its own, letter or cell."""
    secrets = [CANARY.encode()]
    own = world.sandbox.directory / "state" / "secret"
    if own.exists():
        secrets.append(own.read_bytes().strip())
    found = [
        f"SECRET: {path.name} holds one"
        for path in world.files()
        if path != own and any(secret in path.read_bytes() for secret in secrets)
    ]
    streams = [ran.out.encode() + ran.err.encode() for ran in world.ran] + [text.encode() for text in texts]
    if any(secret in stream for stream in streams for secret in secrets):
        found.append("SECRET: a stream or a cell holds one")
    return found


def _ledger_faults(batch: Batch) -> list[str]:
    import sqlite3

    path = batch.world.sandbox.directory / "state" / "ledger.db"
    with sqlite3.connect(path) as ledger:
        state = ledger.execute("PRAGMA integrity_check").fetchone()[0]
        tables = {name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        matches = ledger.execute("SELECT count(*) FROM match").fetchone()[0] if "match" in tables else -1
    rows = len(batch.values["Review"][1]) - 1
    found = [] if state == "ok" else [f"SQL: {state}"]
    if matches != rows:
        found.append(f"SQL: {matches} matches in the ledger, {rows} rows in the review tab")
    return found
