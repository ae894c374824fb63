"""The whole sandbox in one process: the Sheets API, the mail server, the pages; loopback only.

Everything it keeps lies under one directory and survives restarts. `Sandbox` runs it beside a test or the
demo; `run_sandbox` runs it until it is told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import functools
import json
import logging
import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from pipeline.errors import ConfigurationError, TryLater, UsageError
from pipeline.forms.form import MATCHMAKING, Form
from pipeline.model import Cell, SheetRow
from pipeline.sandbox.responses import SandboxTab, make_tabs, sheet_ids
from pipeline.sandbox.sheets_api import SheetsService
from pipeline.sandbox.smtp import KeptMessage, MailStore
from pipeline.sandbox.store import Store

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
STOP_SECONDS = 5
"""How long the pages and requests under way have to finish when the sandbox is stopped."""
RESPONSES_TAB = "Form responses 1"
SPREADSHEET_TITLE = "Mobility Matchmaking (sandbox)"

CONFIGURATION = """\
# Settings for the sandbox beside this file. Everything in it stays on this machine.
# At each start the sandbox sets api_url, spreadsheet_id and the mail port anew; the rest is yours to change.

[sheets]
api_url = ""
spreadsheet_id = ""
responses_tab = ""

[ledger]
url = "sqlite:///state/ledger.db"
secret_file = "state/secret"

[mail]
enabled = true
host = "127.0.0.1"
port = 0
security = "none"
sender = "Mobility Matchmaking (sandbox) <matchmaking@sandbox.example>"

[run]
lock_file = "state/lock"
reports = "state/reports"

[letters]
templates = ""
"""


class Sandbox:
    """A sandbox which runs from `with` to the end of its block, in a thread of its own.

    Raises UsageError when a port is taken and TryLater when the directory is in use by another sandbox.
    """

    def __init__(self, directory: Path, *, port: int = 0, smtp_port: int = 0, sample: bool = False) -> None:
        self.directory = directory.resolve()
        self.mail_dir = self.directory / "mail"
        self.config_path = self.directory / "pipeline.toml"
        self.spreadsheet_id = ""
        self.web = ""
        self.smtp_host = HOST
        self.smtp_port = 0
        self._wanted_ports = (port, smtp_port)
        self._sample = sample
        self._stack = contextlib.ExitStack()
        self._mail: MailStore | None = None
        self._store = Store()
        self.service = SheetsService(self._store)
        """The Sheets API inside: ordered failures, the log of requests, callbacks between requests."""
        self._stop = threading.Event()

    @property
    def sheets_api(self) -> str:
        """The root of the Sheets API, without `/v4`."""
        return self.web

    def messages(self) -> tuple[KeptMessage, ...]:
        """Every message the mail server took, oldest first."""
        return self._mail.messages() if self._mail else ()

    def description(self) -> dict[str, Any]:
        """Where everything is, in the words of the command's first line."""
        return {
            "web": f"{self.web}/",
            "sheets_api": self.sheets_api,
            "spreadsheet_id": self.spreadsheet_id,
            "smtp": f"{self.smtp_host}:{self.smtp_port}",
            "config": str(self.config_path),
            "mail_dir": str(self.mail_dir),
        }

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            try:
                self.directory.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(
                    f"The folder {self.directory} cannot be made: {error.strerror}.", hint="Choose another with --dir."
                ) from error
            stack.enter_context(_sole_use(self.directory))
            web_listener = stack.enter_context(_listener(self._wanted_ports[0], "--port"))
            smtp_listener = stack.enter_context(_listener(self._wanted_ports[1], "--smtp-port"))
            self.web = f"http://{HOST}:{web_listener.getsockname()[1]}"
            self.smtp_port = smtp_listener.getsockname()[1]
            self._mail = MailStore(self.mail_dir)
            self._store = Store(self.directory / "spreadsheets.sqlite3")
            stack.callback(self._store.close)
            self.service = SheetsService(self._store)
            stack.enter_context(self._served(web_listener, smtp_listener, self._mail))
            self._prepare()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def _served(self, web_listener: socket.socket, smtp_listener: socket.socket, mail: MailStore) -> Iterator[None]:
        started = threading.Event()
        failures: list[BaseException] = []

        def work() -> None:
            try:
                asyncio.run(self._serve(web_listener, smtp_listener, mail, started))
            except BaseException as error:  # noqa: BLE001  (it is raised again by the thread that waits)
                failures.append(error)
            finally:
                started.set()

        self._stop.clear()
        thread = threading.Thread(target=work, name="sandbox", daemon=True)
        thread.start()
        # Without limits: the thread says when it serves and when it has failed, however busy the machine is.
        started.wait()
        try:
            if failures:
                raise failures[0]
            yield
        finally:
            self._stop.set()
            thread.join()

    async def _serve(
        self, web_listener: socket.socket, smtp_listener: socket.socket, mail: MailStore, started: threading.Event
    ) -> None:
        import uvicorn

        from pipeline.sandbox.smtp import serve_smtp

        @contextlib.asynccontextmanager
        async def smtp_beside_it(_app: object) -> AsyncIterator[None]:
            server = await serve_smtp(smtp_listener, mail)
            yield
            server.close()

        config = uvicorn.Config(
            self._application(mail, smtp_beside_it),
            log_config=None,
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_keep_alive=240,  # at uvicorn's 5 s a client on a busy machine may meet a closing connection
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[web_listener]))
        while not (server.started or serving.done()):
            await asyncio.sleep(0.01)
        started.set()
        while not (self._stop.is_set() or serving.done()):
            await asyncio.sleep(0.05)
        server.should_exit = True
        await serving

    def _application(
        self, mail: MailStore, lifespan: Callable[[Any], contextlib.AbstractAsyncContextManager[None]]
    ) -> Any:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware

        from pipeline.sandbox.answers import AnswerForm
        from pipeline.sandbox.sheets_api import routes
        from pipeline.sandbox.web import Guard, page_routes

        forms = {name: AnswerForm(form, self._tab(form.tab_title(RESPONSES_TAB))) for name, form in self._forms.items()}
        pages = page_routes(description=self._for_pages, mail=mail, forms=forms)
        return Starlette(routes=[*pages, *routes(self.service)], lifespan=lifespan, middleware=[Middleware(Guard)])

    def _for_pages(self) -> dict[str, Any]:
        command = shlex.join([_own_command(), "--config", str(self.config_path), "run"])
        revision = next((str(b.modified) for b in self._store.all() if b.spreadsheet_id == self.spreadsheet_id), None)
        return {"spreadsheet_id": self.spreadsheet_id, "command": command, "revision": revision}

    @functools.cached_property
    def _forms(self) -> Mapping[str, Form]:
        """Every form, from the folder that this sandbox's own configuration names."""
        from pipeline.config import FormSettings, load_settings
        from pipeline.forms.form import load_forms

        if self.config_path.exists():
            settings = load_settings(self.config_path, environment={})
            return load_forms(settings.path(settings.form.folder))
        return load_forms(self.directory / FormSettings().folder)

    def _tab(self, title: str) -> SandboxTab:
        return SandboxTab(self.sheets_api, lambda: self.spreadsheet_id, title)

    def _prepare(self) -> None:
        """The spreadsheet, made at the first start and found again at every other; and the configuration."""
        memory = self.directory / "sandbox.json"
        if memory.exists():
            self.spreadsheet_id = json.loads(memory.read_text(encoding="utf-8"))["spreadsheet_id"]
        known = {book.spreadsheet_id for book in self._store.all()}
        if self.spreadsheet_id not in known:
            self.spreadsheet_id = self._store.create_spreadsheet(
                SPREADSHEET_TITLE, spreadsheet_id=self.spreadsheet_id or None
            )
        self._fill()
        _write(memory, json.dumps({"spreadsheet_id": self.spreadsheet_id}) + "\n")
        (self.directory / "state").mkdir(exist_ok=True)
        _write(self.config_path, self._configuration())

    def _fill(self) -> None:
        """The tabs of all forms, each with its header, and the tab that says where the forms are; what is missing.

        So a form that has come since the last start gets its tab now, and every row the port of this start.
        """
        from pipeline.tabs.forms import TAB, cells, lacking

        forms = self._forms
        made = sheet_ids(self.sheets_api, self.spreadsheet_id)
        is_new = RESPONSES_TAB not in made and len(made) == 1
        headers = {form.tab_title(RESPONSES_TAB): form.header() for form in forms.values()} | {TAB.name: TAB.titles}
        if not is_new:
            headers = {title: header for title, header in headers.items() if title not in made | {RESPONSES_TAB: 0}}
        make_tabs(self.sheets_api, self.spreadsheet_id, headers, is_new=is_new)
        if is_new and self._sample:
            self._fill_in_samples(forms[MATCHMAKING])
        tab = self._tab(TAB.name)
        table = tab.table()
        wanted = [cells(form.at_sandbox(self.sheets_api, RESPONSES_TAB)) for form in forms.values()]
        new = [[_text(row.get(title)) for title in table.header] for row in lacking(table, wanted)]
        if new:
            tab.append_rows(new)
        for row in table.rows:
            for form in wanted:
                self._renew(tab, table.header, row, form)

    def _renew(self, tab: SandboxTab, header: Sequence[str], row: SheetRow, form: Mapping[str, Cell]) -> None:
        """Give a row of this sandbox's own page the address it has since this start."""
        from pipeline.tabs.forms import ADDRESS, FORM, PREFILLED_LINK

        was = str(row.cells.get(ADDRESS) or "")
        if row.cells.get(FORM) != form[FORM] or not was.startswith(f"http://{HOST}:") or was == form[ADDRESS]:
            return
        for title in (ADDRESS, PREFILLED_LINK):
            if title in header:
                tab.put(row.number - 1, header.index(title), str(form[title]))

    def _fill_in_samples(self, form: Form) -> None:
        from pipeline.sandbox.answers import row_of
        from pipeline.sandbox.sample import sample_rows

        rows = [row_of(form, values) for values in sample_rows(datetime.now(UTC).date(), form)]
        self._tab(RESPONSES_TAB).append_rows(rows)

    def _configuration(self) -> str:
        """The file as it should be: new, or the one that is there with only our own values renewed."""
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        from pipeline.cleaning.data_files import data_file

        values: dict[tuple[str, str], str | int] = {
            ("sheets", "api_url"): self.sheets_api,
            ("sheets", "spreadsheet_id"): self.spreadsheet_id,
            ("mail", "port"): self.smtp_port,
        }
        if self.config_path.exists():
            text = self.config_path.read_text(encoding="utf-8")
        else:
            text = CONFIGURATION
            values["sheets", "responses_tab"] = RESPONSES_TAB
            values["letters", "templates"] = str(data_file().parent / "templates")
        try:
            document = tomlkit.parse(text)
            for (section, name), value in values.items():
                document.setdefault(section, tomlkit.table())[name] = value
        except TOMLKitError as error:
            raise ConfigurationError(
                f"{self.config_path} is not valid TOML: {error}.",
                hint="Mend that line, or delete the file: the sandbox makes a new one.",
            ) from None
        return tomlkit.dumps(document)


def run_sandbox(
    directory: Path,
    *,
    port: int = 0,
    smtp_port: int = 0,
    sample: bool = False,
    announce: Callable[[dict[str, Any]], None],
) -> None:
    """Run a sandbox until SIGINT or SIGTERM; `announce` is told where everything is as soon as it answers.

    To be called in the main thread. Raises UsageError when a port is taken and TryLater when the directory
    is in use.
    """
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Sandbox(directory, port=port, smtp_port=smtp_port, sample=sample) as sandbox:
            announce(sandbox.description())
            # waiting without a limit would keep a signal from being handled on some platforms
            while not stopped.wait(1.0):
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _text(cell: Cell) -> dict[str, Any]:
    return {"userEnteredValue": {"stringValue": str(cell)}} if cell else {}


def _own_command() -> str:
    """The program as somebody would type it here: it is rarely on the search path."""
    command = Path(sys.executable).with_name("matchmaker")
    if not command.exists():
        return "matchmaker"
    return str(command.relative_to(Path.cwd())) if command.is_relative_to(Path.cwd()) else str(command)


@contextlib.contextmanager
def _sole_use(directory: Path) -> Iterator[None]:
    """Holds the directory; the kernel lets go of it when the process ends, however it ends."""
    with (directory / "sandbox.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TryLater(
                f"Another sandbox is using {directory}.", hint="Stop that one, or choose another --dir."
            ) from None
        yield


def _listener(port: int, option: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"Port {port} cannot be used: {reason}.", hint=f"Choose another with {option}, or 0 for any free one."
        ) from None
    listener.listen(128)
    return listener


def _write(path: Path, text: str) -> None:
    """All or nothing, readable by nobody else: answers and letters are personal even when invented."""
    draft = path.with_name(path.name + ".draft")
    with open(draft, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
