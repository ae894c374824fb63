"""Misuse that is no single answer: forged approvals, pretenders, floods, damaged settings, hostile mail to us.

Each function sets one up in the sandbox, lets the real command run, and says what is wrong: nothing is a pass.
Returned is a list of faults by the ids of the bench that it stands for.
"""

from __future__ import annotations

import contextlib
import imaplib
import json
import socket
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hostile_world import (
    CANARY,
    PLACES,
    RESPONSES,
    TITLES,
    Ran,
    World,
    answer,
    entered,
    pair,
    secret_faults,
    serial,
    watched_faults,
)

Faults = dict[str, list[str]]
TWO_WAYS = {"role": "Send and host", "seeks": "We want to learn about dual VET.", "offers": "We show dual VET."}


def letters_by_match(world: World) -> Counter[str]:
    """How many letters carry each match's id."""
    found: Counter[str] = Counter()
    for message in world.messages():
        for line in message.content.partition(b"\r\n\r\n")[0].split(b"\r\n"):
            if line.startswith(b"X-Match-Id: "):
                found[line[12:].decode()] += 1
    return found


def row_of(world: World, host: str) -> dict[str, Any]:
    """The newest review row in which that organisation receives."""
    return next(row for row in world.rows() if row["Receiving organisation"] == host)


def tampering(directory: Path) -> Faults:
    """Rows of the review tab edited, invented, doubled; answers edited, one side erased, between tick and run."""
    faults: Faults = {}
    directory.mkdir(parents=True, exist_ok=True)
    with World(directory) as world:
        answers = [side for number in range(6) for side in pair(number, "city", "Borås", PLACES[number])]
        there, back = answer(90, **TWO_WAYS), answer(91, **TWO_WAYS)
        there |= {"organisation": "Zagor Institute", "country": "Croatia", "target_countries": "Malta"}
        back |= {"organisation": "Gozo Training House", "country": "Malta", "target_countries": "Croatia"}
        for side in (there, back):
            side["target_strict"] = "Yes - only these"
        world.submit([*answers, there, back])
        world.command("-v", "run")
        hosts = [answers[2 * number + 1]["organisation"] for number in range(6)]
        rows = {number: row_of(world, host) for number, host in enumerate(hosts)}
        world.tick_all()
        # 1: the ids of two rows are the same now; 2: an organisation's cell says something else
        world.person.put("Review", rows[1]["#"], "Match", rows[0]["Match"])
        world.person.put("Review", rows[2]["#"], "Receiving organisation", "Somebody Else")
        # 3: one side is erased; 4: its answer is edited; 5: a second contact person at the same address
        erased = world.command("forget", "--yes", answers[6]["email"])
        if erased.code not in (0, 1):
            faults["review-015"] = [f"forget ended with {erased.code}: {erased.err[-200:]}"]
        _edit(world, answers[8]["email"], seeks="Something quite different", submitted_at=serial_now())
        _add_row(world, {"Match": "M-AAAAAAAAAA", "Approve": True, "Status": "Approved", "Sending organisation": "X"})
        _add_row(world, {"Match": "", "Approve": True, "Sending organisation": "Y", "Receiving organisation": "Z"})
        before = len(world.messages())
        ran = world.command("-v", "run")
        sent = letters_by_match(world)
        # By the id at the end of a status, which no cell of people's changes.
        statuses = {str(row["Status"]).rpartition(" · ")[2]: str(row["Status"]) for row in world.rows()}
        problems = " ".join(f"{row['Where']} {row['What']}" for row in world.rows("Problems"))
        if ran.code not in (0, 1) or before:
            faults["review-000"] = [f"the run ended with {ran.code}: {ran.err[-300:]}; {before} letters before it"]

        def untouched(name: str, match: str, word: str, *, said_in: str = "") -> None:
            said = statuses.get(match, "") + said_in
            if sent[match]:
                faults.setdefault(name, []).append(f"NOAPPROVE: {match} was sent")
            if word not in said:
                faults.setdefault(name, []).append(f"EXPLAINED: {match} says {said[:120]!r}, not {word!r}")

        untouched("review-001", rows[0]["Match"], "Held")
        untouched("review-001", rows[1]["Match"], f"Held: the cell Match was changed to “{rows[0]['Match']}”")
        untouched("review-003", rows[2]["Match"], "Held")
        untouched("review-015", rows[3]["Match"], "", said_in=" ")
        untouched("imperson-005", rows[4]["Match"], "Out of date")
        untouched("review-007", "M-AAAAAAAAAA", "M-AAAAAAAAAA", said_in=problems)
        if not sent[rows[5]["Match"]]:
            faults["review-000"] = [f"NOCRASH: the honest tick was not sent: {statuses.get(rows[5]['Match'])}"]
        if any(answers[6]["email"] in message.recipients for message in world.messages()):
            faults.setdefault("review-015", []).append("RCPT: the erased address got a letter")
        both = {
            row["Match"]
            for row in world.rows()
            if "Zagor" in row["Sending organisation"] + row["Receiving organisation"]
        }
        if sum(sent[match] for match in both) > 1:
            faults["review-013"] = [f"{sum(sent[match] for match in both)} introductions of the same two"]
        if sum(sent[match] for match in both) < 1:
            faults["review-013"] = [f"none of the two ways was sent: {[statuses[match] for match in both]}"]
        faults |= _renamed_header(world)
        faults |= _whole(world, "review-000")
    return faults


def _renamed_header(world: World) -> Faults:
    before = len(world.messages())
    titles = world.person.header("Review")
    world.person.put("Review", 1, "Approve", "Approved?")
    ran = world.command("-v", "run")
    found = []
    if ran.code == 0 or len(world.messages()) != before:
        found.append(f"NOAPPROVE: a renamed header, exit {ran.code}, {len(world.messages()) - before} letters")
    if "Approve" not in ran.err:
        found.append(f"EXPLAINED: {ran.err[-200:]!r} does not name the header")
    del titles
    return {"review-005": found} if found else {}


def pretenders(directory: Path) -> Faults:
    """A known organisation with a new contact person, from another address, and look-alikes of it."""
    faults: Faults = {}
    directory.mkdir(parents=True, exist_ok=True)
    with World(directory) as world:
        known, host = pair(0, "organisation", "Sturluson Lifelong Learning Centre", PLACES[0])
        world.submit([known, host])
        world.command("run")
        pretended = [
            ("imperson-002", {"email": known["email"], "contact_name": "Mallory Brandt"}),
            ("imperson-001", {"email": "director@sturluson-centre.example"}),
            ("imperson-003", {"email": "info@else.example", "organisation": "Stur1uson Lifelong Learning Centre"}),
            ("imperson-004", {"email": "x@third.example", "organisation": "Sturlusоn Lifelong Learning Centre"}),
            ("flood-005", {"email": "v@victim.example", "organisation": "URGENT bank notice https://pay.example/now"}),
            ("imperson-006", {"email": "matchmaking@sandbox.example", "organisation": "Ouroboros Academy"}),
        ]
        made = []
        for number, (name, changed) in enumerate(pretended, start=1):
            sender, other = pair(number, "organisation", known["organisation"], PLACES[number])
            sender |= {"country": known["country"], "city": known["city"], **changed}
            world.submit([sender, other])
            made.append((name, other["organisation"]))
        world.command("run")
        if world.messages():
            faults["flood-005"] = ["RCPT: a letter left on submission alone"]
        world.tick_all()
        world.command("-v", "run")
        sent = letters_by_match(world)
        for name, organisation in made:
            rows = [row for row in world.rows() if row["Receiving organisation"] == organisation]
            if any(sent[row["Match"]] for row in rows):
                faults.setdefault(name, []).append(f"NOAPPROVE: introduced: {rows[0]['Status']}")
            if rows and not str(rows[0]["Status"]).startswith("Held"):
                faults.setdefault(name, []).append(f"EXPLAINED: {rows[0]['Status'][:160]!r}")
            if not rows and name != "imperson-002":
                faults.setdefault(name, []).append("dropped: no row in the review tab")
        faults |= _whole(world, "imperson-000")
    return faults


def flood_of_one_address(directory: Path, number: int = 300) -> Faults:
    """Many submissions in the name of one victim's address, each with a host that would suit."""
    faults: Faults = {}
    directory.mkdir(parents=True, exist_ok=True)
    with World(directory) as world:
        victim = "victim@private.example"
        answers = []
        for one in range(number):
            sender, _ = pair(one, "city", "Borås", PLACES[one % len(PLACES)])
            plus = victim if one % 3 else f"victim+{one}@private.example"
            answers.append(sender | {"email": plus, "topics": "Career guidance"})
        hosts = [pair(one, "city", "Town", PLACES[one])[1] | {"topics": "Career guidance"} for one in range(20)]
        world.submit([*answers, *hosts])
        first = world.command("-v", "run")
        ticked = world.tick_all()
        second = world.command("-v", "run")
        reached = [m for m in world.messages() if any("victim" in one for one in m.recipients)]
        held = [row for row in world.rows() if str(row["Status"]).startswith("Held")]
        if reached:
            faults["flood-002"] = [f"RCPT: the victim got {len(reached)} letters"]
        if ticked and len(held) < ticked:
            faults.setdefault("flood-002", []).append(f"EXPLAINED: {len(held)} of {ticked} ticked rows are held")
        faults |= _timed("flood-002", first, second)
        faults |= _whole(world, "flood-002")
        print(
            f"    flood of one address: {number} answers, {ticked} proposals, "
            f"{first.seconds:.1f} s + {second.seconds:.1f} s"
        )
    return faults


def flood_for_one_organisation(directory: Path, number: int = 1000) -> Faults:
    """Many submissions that all match one organisation: it gets no more than its cap."""
    faults: Faults = {}
    directory.mkdir(parents=True, exist_ok=True)
    with World(directory, {"MATCHMAKER_MATCHING__OPEN_PROPOSALS": "300"}) as world:
        host = pair(0, "city", "Town", "Malta")[1]
        answers = [pair(one, "city", f"Town {one}", "Malta")[0] for one in range(number)]
        world.submit([host, *answers])
        first = world.command("-v", "run")
        ticked = world.tick_all()
        second = world.command("-v", "run")
        third = world.command("-v", "run")
        reached = [m for m in world.messages() if host["email"] in m.recipients]
        if len(reached) > 3:
            faults["flood-004"] = [f"RCPT: the organisation got {len(reached)} introductions"]
        if not reached:
            faults["flood-004"] = ["NOCRASH: none was introduced at all"]
        if not 0 < ticked <= 300:
            faults.setdefault("flood-004", []).append(f"{ticked} proposals")
        faults |= _timed("flood-004", first, second, third, limit=20)
        faults |= _whole(world, "flood-004")
        print(
            f"    flood for one organisation: {number} answers, {ticked} proposals, {len(reached)} letters, "
            f"{first.seconds:.1f} s + {second.seconds:.1f} s, {first.peak:.0f} MB"
        )
    return faults


def cells_of_50_000(directory: Path, number: int = 500, good: int = 10) -> tuple[list[str], str]:
    """Rows with one cell of 50,000 characters each, and good ones among them. Faults, and the figures."""
    directory.mkdir(parents=True, exist_ok=True)
    faults = []
    fields = ("organisation", "contact_name", "seeks", "city", "website", "region", "topics", "languages", "email")
    units = ("A", "a ", "<b>", "é", "=?utf-8?q?a?= ", "(", "\u0301", "🙂", "a.", "{{7*7}}", ",", "\n", "x@", "0", "%")
    with World(directory) as world:
        answers = []
        for one in range(number):
            sender, _ = pair(one + good, "city", "Borås", PLACES[good + one % (len(PLACES) - good)])
            unit = units[one % len(units)]
            length = 25_000 if unit == "🙂" else 50_000  # counted in UTF-16, as the sheet does
            sender[fields[one % len(fields)]] = (unit * (length // len(unit) + 1))[:length]
            answers.append(sender)
        honest = [pair(one, "city", "Borås", PLACES[one]) for one in range(good)]
        world.submit([*answers, *(side for both in honest for side in both)])
        first = world.command("-v", "run")
        world.tick_all()
        second = world.command("-v", "run")
        recipients = {one for message in world.messages() for one in message.recipients}
        missed = [sender["email"] for sender, _ in honest if sender["email"] not in recipients]
        if missed:
            faults.append(f"NOCRASH: {len(missed)} good rows were not introduced")
        faults += [f"NOCRASH: exit {ran.code}: {ran.err[-300:]}" for ran in (first, second) if ran.code not in (0, 1)]
        longest = max(
            len(cell.get("stringValue", ""))
            for tab in ("Review", "Problems", "Organisations", "Nearly", "Unmet demand")
            for _, cell in world.cells(tab)
        )
        if longest > 50_000:
            faults.append(f"SHEETLIT: a cell of {longest} characters")
        faults += [fault for found in _whole(world, "").values() for fault in found]
        figures = (
            f"{number} rows with a cell of 50,000 characters and {good} good ones: {first.seconds:.1f} s and "
            f"{first.peak:.0f} MB, after the ticks {second.seconds:.1f} s and {second.peak:.0f} MB; "
            f"longest cell written {longest} characters (processor seconds)"
        )
    return faults, figures


# -- settings ------------------------------------------------------------------------------------------------


def settings(directory: Path) -> Faults:
    """Damaged and hostile configuration: refused in a sentence, with exit 78 or 2, never with a traceback."""
    faults: Faults = {}
    directory.mkdir(parents=True, exist_ok=True)
    with World(directory, limits=False) as world:
        text = world.sandbox.config_path.read_text(encoding="utf-8")
        folder = world.sandbox.config_path.parent
        attempts: list[tuple[str, str, str, tuple[str, ...]]] = [
            ("cfg-001", "bomb.yaml", 'a: &a ["x","x"]\nb: &b [*a,*a]\nc: [*b,*b]\n', ("check",)),
            ("cfg-004", "negative.toml", text.replace("[mail]", "[mail]\nmax_per_run = -1"), ("check",)),
            ("cfg-005", "header.toml", _with(text, "sender", '"Sec <s@x.example>\\r\\nBcc: e@x.example"'), ("check",)),
            ("cfg-006", "outside.toml", _with(text, "templates", '"../../../../../../etc/passwd"'), ("check",)),
            ("cfg-002", "unknown.toml", f'{text}\n[mail2]\npassword = "{CANARY}"\n', ("check",)),
            ("cfg-003", "type.toml", _with(text, "port", f'"{CANARY}"'), ("check",)),
            ("cfg-007", "binary.toml", "\x00\x01\x02", ("check",)),
            ("cfg-009", "big.toml", "x = " + "[" * 5000, ("check",)),
        ]
        for name, file, content, arguments in attempts:
            path = folder / file
            path.write_text(content, encoding="utf-8")
            _refused(faults, name, world.command("--config", str(path), *arguments), {78})
            path.unlink()
        templates = folder / "broken"
        _copy(Path(world.sandbox.config_path.parent), templates, text)
        (templates / "en" / "introduction.html").write_text("{{ org.unknown_field }}", encoding="utf-8")
        path = folder / "template.toml"
        path.write_text(_with(text, "templates", json.dumps(str(templates))), encoding="utf-8")
        _refused(faults, "cfg-008", world.command("--config", str(path), "check"), {78, 1})
        book = directory / "workbook.xlsx"
        with zipfile.ZipFile(book, "w") as archive:
            archive.writestr("../../escaped.json", "x")
        _refused(faults, "cfg-012", world.command("match", str(book), str(directory / "out.csv")), {2})
        for name, mode, content in (
            (
                "cfg-014",
                0o644,
                json.dumps({"type": "service_account", "private_key": CANARY, "client_email": "a@b.example"}),
            ),
            ("cfg-015", 0o600, f'{{"type": "service_account", "private_key": "{CANARY}'),
        ):
            key = folder / "service.json"
            key.write_text(content, encoding="utf-8")
            key.chmod(mode)
            ran = world.command(
                "-vv",
                "run",
                MATCHMAKER_SHEETS__CREDENTIALS=str(key),
                MATCHMAKER_SHEETS__API_URL="",
                MATCHMAKER_SHEETS__SPREADSHEET_ID="1" * 44,
            )
            _refused(faults, name, ran, {77, 78})
            if "service.json" not in ran.err:
                faults.setdefault(name, []).append("EXPLAINED: the file is not named")
            key.unlink()
        (directory / "out.csv").unlink(missing_ok=True)
        faults |= _whole(world, "cfg-000")
    return faults


def _refused(faults: Faults, name: str, ran: Ran, codes: set[int]) -> None:
    if ran.code not in codes:
        faults.setdefault(name, []).append(
            f"exit {ran.code} instead of {sorted(codes)}: {(ran.err or ran.out)[-200:]!r}"
        )
    if "Traceback" in ran.err:
        faults.setdefault(name, []).append("NOCRASH: a traceback")
    if CANARY in ran.err + ran.out:
        faults.setdefault(name, []).append("SECRET: the value is repeated")
    if ran.seconds > 10:
        faults.setdefault(name, []).append(f"TIME: {ran.seconds:.1f} s")


def _with(text: str, name: str, value: str) -> str:
    return "\n".join(f"{name} = {value}" if line.startswith(f"{name} = ") else line for line in text.split("\n"))


def _copy(_: Path, target: Path, text: str) -> None:
    import shutil

    line = next(line for line in text.split("\n") if line.startswith("templates = "))
    shutil.copytree(json.loads(line.partition("= ")[2]), target)


# -- mail to us ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def imap_server(directory: Path) -> Iterator[int]:
    """A real IMAP server with one mailbox, in memory."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    command = [sys.executable, "-c", "from pymap.main import main; main()", "--host", "127.0.0.1", "--port", str(port)]
    with (directory / "pymap.md").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--no-tls", "--no-service", "admin", "dict"], stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def inbound(directory: Path, megabytes: int = 40) -> Faults:
    """Hostile mail in the mailbox we read: nothing changes, nobody is answered."""
    faults: Faults = {}
    directory.mkdir(parents=True, exist_ok=True)
    with imap_server(directory) as port:
        environment = {
            "MATCHMAKER_IMAP__HOST": "127.0.0.1",
            "MATCHMAKER_IMAP__PORT": str(port),
            "MATCHMAKER_IMAP__SECURITY": "none",
            "MATCHMAKER_IMAP__USERNAME": "demouser",
            "MATCHMAKER_IMAP__PASSWORD_ENV": "IMAP_PASSWORD",
            "MATCHMAKER_IMAP__SENT_FOLDERS": '["Sent"]',
            "IMAP_PASSWORD": "demopass",
        }
        with World(directory, environment) as world:
            sender, host = pair(0, "city", "Borås", PLACES[0])
            world.submit([sender, host])
            world.command("run")
            world.tick_all()
            world.command("-v", "run")
            message = world.messages()[0]
            head = message.content.decode("ascii")
            identity = next(line[12:] for line in head.split("\r\n") if line.startswith("Message-ID: "))
            before = (world.rows(), len(world.messages()))
            for name, content in hostile_mail(identity, sender["email"], megabytes):
                with imaplib.IMAP4("127.0.0.1", port, timeout=60) as imap:
                    imap.login("demouser", "demopass")
                    imap.append("INBOX", "", "", content)
                ran = world.command("-v", "run")
                if ran.code != 0 or "Traceback" in ran.err:
                    faults.setdefault(name, []).append(f"NOCRASH: exit {ran.code}: {ran.err[-300:]}")
                if (world.rows(), len(world.messages())) != before:
                    faults.setdefault(name, []).append("the state has changed, or somebody was answered")
                if ran.seconds > 10:
                    faults.setdefault(name, []).append(f"TIME: {ran.seconds:.1f} s")
            faults |= _whole(world, "inb-000")
    return faults


def hostile_mail(identity: str, recipient: str, megabytes: int) -> list[tuple[str, bytes]]:
    """(id, raw message): forged, delayed, automatic, quoting, huge and malformed mail."""

    def report(message_id: str, action: str, to: str) -> bytes:
        return (
            'From: MAILER-DAEMON@mx.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; boundary="b"; '
            "report-type=delivery-status\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry\r\n--b\r\n"
            f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
            f"Final-Recipient: rfc822; {to}\r\n"
            f"Action: {action}\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
            f"Message-ID: {message_id}\r\n\r\n--b--\r\n"
        ).encode()

    return [
        ("inb-001", report("<introduction.0000000000000000@sandbox.example>", "failed", recipient)),
        ("inb-002", report(identity, "failed", "somebody@else.example")),
        ("inb-003", report(identity, "delayed", recipient)),
        (
            "inb-005",
            f"From: {recipient}\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: {identity}\r\n"
            "Subject: Out of office\r\n"
            "\r\nI am away\r\n".encode(),
        ),
        (
            "inb-008",
            f"From: x@y.example\r\nIn-Reply-To: {identity}\r\nReferences: {identity}\r\n\r\nHi {identity}\r\n".encode(),
        ),
        ("inb-009", b"From: x@y.example\r\nSubject: big\r\n\r\n" + (b"A" * 76 + b"\r\n") * (megabytes * 13_400)),
        (
            "inb-010",
            (
                b'From: MAILER-DAEMON@\xff\xfe\r\nContent-Type: multipart/report; boundary="\x80"; '
                b"report-type*0*=utf-8'%%%\r\nContent-Transfer-Encoding: base64\r\n"
                b"Subject: =?utf-8?q?=00=ZZ?= =?x-none?b?///?=\r\n\r\n--\x80\r\n\x00\xff(((\r\n"
            ),
        ),
    ]


# -- small ---------------------------------------------------------------------------------------------------


def serial_now() -> float:
    """The moment, as a cell."""
    from datetime import UTC, datetime

    return serial(datetime.now(UTC))


def _edit(world: World, email: str, **changed: Any) -> None:
    row = next(row for row in world.person.rows(RESPONSES) if row[TITLES["email"]] == email)
    for key, value in changed.items():
        world.person.put(RESPONSES, row["#"], TITLES[key], value)


def _add_row(world: World, cells: dict[str, Any]) -> None:
    titles = world.person.header("Review")
    rows = [{"values": [{"userEnteredValue": entered(cells[t])} if t in cells else {} for t in titles]}]
    world.person.batch(
        {"appendCells": {"sheetId": world.person.sheet_id("Review"), "rows": rows, "fields": "userEnteredValue"}}
    )


def _timed(name: str, *runs: Ran, limit: float = 10) -> Faults:
    slow = [f"TIME: {ran.seconds:.1f} s, {ran.peak:.0f} MB" for ran in runs if ran.seconds > limit or ran.peak > 450]
    bad = [f"NOCRASH: exit {ran.code}: {ran.err[-200:]}" for ran in runs if ran.code not in (0, 1)]
    return {name: slow + bad} if slow or bad else {}


def _whole(world: World, name: str) -> Faults:
    """Secrets, files and connections of everything that ran in this world."""
    found = secret_faults(world)
    for ran in world.ran:
        found += watched_faults(ran, world.directory)
        if "Traceback" in ran.err:
            found.append(f"NOCRASH: {ran.err[-300:]}")
    return {name: sorted(set(found))} if found else {}


SCENARIOS: tuple[tuple[str, Callable[[Path], Faults], tuple[str, ...]], ...] = (
    (
        "tampering",
        tampering,
        ("review-001", "review-003", "review-005", "review-007", "review-013", "review-015", "imperson-005"),
    ),
    ("pretenders", pretenders, ("imperson-002", "flood-005")),
    ("flood of one address", flood_of_one_address, ("flood-002",)),
    ("flood for one organisation", flood_for_one_organisation, ("flood-004",)),
    (
        "settings",
        settings,
        ("cfg-001", "cfg-004", "cfg-005", "cfg-006", "cfg-008", "cfg-012", "cfg-014", "cfg-015"),
    ),
    ("inbound", inbound, ("inb-001", "inb-003", "inb-005", "inb-008", "inb-009", "inb-010")),
)
"""What is set up, by whom, and which entries of the bench it stands for."""
