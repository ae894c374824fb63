from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import MessageUnsafe
from pipeline.letters.mime import Draft, Mailbox, ascii_address, build, needs_smtputf8, quoted_printable
from pipeline.letters.verify import read_back, verify

INJECTION = "=?utf-8?q?Acme=0ABcc=3A_evil=40attacker=2Eexample?="


def draft(**changes: object) -> Draft:
    values: dict[str, object] = {
        "sender": Mailbox(address="desk@matchmaker.example", name="Mobility Matchmaking"),
        "to": (
            Mailbox(address="anna@a.example", name="Anna Berg"),
            Mailbox(address="jose@b.example", name="José Pérez"),
        ),
        "reply_to": (Mailbox(address="anna@a.example"), Mailbox(address="jose@b.example")),
        "subject": "Introduction: A and B",
        "date": datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        "message_id": "<introduction.0123abcd@matchmaker.example>",
        "match": "M-1",
        "language": "en",
        "text": "Hello,\n\nbye\n",
        "html": "<p>Hello</p>\n",
    }
    return Draft(**{**values, **changes})  # type: ignore[arg-type]


def test_headers_are_exactly_these_in_this_order() -> None:
    message = email.message_from_bytes(build(draft()))
    assert message.keys() == [
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "X-Match-Id", "MIME-Version", "Content-Type",
        "Content-Language",
    ]  # fmt: skip


def test_a_reminder_hangs_in_its_thread_and_asks_for_no_automatic_answer() -> None:
    message = email.message_from_bytes(build(draft(in_reply_to="<i.1@matchmaker.example>", automatic=True)))
    assert message["In-Reply-To"] == message["References"] == "<i.1@matchmaker.example>"
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    "name", [INJECTION, f"Acme {INJECTION} Ltd", "A, B <evil@attacker.example>", '"', "a\u202eb", "Å" * 300]
)
def test_no_name_adds_a_header_or_an_address(name: str) -> None:
    written = draft(
        to=(Mailbox(address="anna@a.example", name=name), Mailbox(address="jose@b.example", name=name)), subject=name
    )
    content = build(written)
    verify(content, written)
    message = email.message_from_bytes(content)
    assert "Bcc" not in message
    assert [address for _, address in getaddresses([message["To"]])] == ["anna@a.example", "jose@b.example"]
    assert read_back(content).subject == name


def test_the_comma_between_two_long_names_is_never_swallowed() -> None:
    long_name = "Öffentliche Arbeitsvermittlung für Südschweden und Umgebung"
    content = build(draft(to=tuple(Mailbox(address=f"{n}@a.example", name=long_name) for n in "abc")))
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert [address.addr_spec for address in parsed["To"].addresses] == ["a@a.example", "b@a.example", "c@a.example"]


def test_header_lines_fit_and_everything_is_seven_bit() -> None:
    content = build(draft(subject="Żółć " * 40, text="ø" * 5000, html="ø" * 5000))
    content.decode("ascii")
    assert max(len(line) for line in content.split(b"\r\n")) <= 78


def test_a_long_plain_subject_is_folded_at_blanks_and_reads_the_same() -> None:
    subject = "Introduction: " + "County Council and Municipality " * 5 + "end"
    content = build(draft(subject=subject))
    verify(content, draft(subject=subject))
    assert b"=?" not in content.partition(b"Subject:")[2].partition(b"Date:")[0]


@given(st.text() | st.text("a .F\n", max_size=100))
def test_quoted_printable_gives_back_every_text(text: str) -> None:
    lines = text.replace("\r", "").encode("utf-8", "replace").decode()
    encoded = quoted_printable(lines)
    assert (
        email.message_from_string(f"Content-Transfer-Encoding: quoted-printable\n\n{encoded}").get_payload(decode=True)
        == lines.replace("\n", "\r\n").encode()
    )
    assert all(
        len(line) <= 76 and not line.startswith((".", "From ")) and not line.endswith(" ")
        for line in encoded.split("\r\n")
    )
    assert "=_" not in encoded


@settings(max_examples=200)
@given(names=st.lists(st.text(min_size=1), min_size=2, max_size=3), subject=st.text(min_size=1))
def test_whatever_the_names_say_the_recipients_stay(names: list[str], subject: str) -> None:
    # the builder takes any text that UTF-8 can hold; cleaning it for the eye is the composer's business
    clean = [name.encode("utf-8", "replace").decode() for name in [*names, subject]]
    boxes = tuple(Mailbox(address=f"p{n}@a.example", name=name) for n, name in enumerate(clean[:-1]))
    content = build(draft(to=boxes, reply_to=(), subject=clean[-1]))
    message = email.message_from_bytes(content)
    assert [address for _, address in getaddresses([message["To"]])] == [box.address for box in boxes]
    assert len(message.keys()) == 9


@pytest.mark.parametrize(
    ("typed", "ascii_form"),
    [
        ("info@københavn.example", "info@xn--kbenhavn-54a.example"),
        ("Info@EXAMPLE.example", "Info@example.example"),
        ("o'brien+visits@a.example", "o'brien+visits@a.example"),
    ],
)
def test_domains_become_a_labels(typed: str, ascii_form: str) -> None:
    assert ascii_address(typed) == ascii_form


@pytest.mark.parametrize(
    "typed",
    [
        "", "none", "a@", "@a.example", "a@b@c.example", "a@example", "a@[127.0.0.1]", '"a b"@a.example',
        "a..b@a.example",
        "a@b..example", "a@a.example\r\nBcc: e@e.example", "a@a.example, b@b.example", "a@a.example>",
        "x" * 65 + "@a.example",
        "a@" + "b" * 64 + ".example", "a@" + "b." * 127 + "example",
        "用户@a.example", "=?utf-8?b?QUJD?=@a.example", "a@\u202ea.example",
    ],
)  # fmt: skip
def test_anything_but_one_plain_address_is_refused(typed: str) -> None:
    with pytest.raises(MessageUnsafe):
        ascii_address(typed)


def test_letters_beyond_ascii_before_the_at_are_told_as_such() -> None:
    with pytest.raises(MessageUnsafe, match="letters beyond ASCII before the @"):
        ascii_address("用户@a.example")


def test_only_the_part_before_the_at_decides_about_smtputf8() -> None:
    assert needs_smtputf8("用户@a.example")
    assert not needs_smtputf8("user@例子.example")


@pytest.mark.parametrize(
    "message_id",
    ["x@a.example", "<x>", "<x@localhost>", "<x@@a.example>", "<x@a.example>\r\nBcc: e", "<x y@a.example>"],
)
def test_a_malformed_identifier_of_ours_is_refused(message_id: str) -> None:
    with pytest.raises(MessageUnsafe):
        build(draft(message_id=message_id))


def test_a_match_id_cannot_carry_a_header() -> None:
    with pytest.raises(MessageUnsafe):
        build(draft(match="M-1\r\nBcc: evil@attacker.example"))
