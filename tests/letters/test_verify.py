from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.errors import MessageUnsafe
from pipeline.letters.mime import Draft, Mailbox, boundary, build
from pipeline.letters.verify import _expected_headers, _second_opinion, read_back, verify

DRAFT = Draft(
    sender=Mailbox(address="desk@matchmaker.example", name="Mobility Matchmaking"),
    to=(Mailbox(address="anna@a.example", name="Anna Berg"), Mailbox(address="jose@b.example", name="José Pérez")),
    reply_to=(Mailbox(address="anna@a.example"), Mailbox(address="jose@b.example")),
    subject="Introduction: Å and B",
    date=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    message_id="<introduction.0123abcd@matchmaker.example>",
    match="M-1",
    language="en",
    text="Hello,\n\nbye\n",
    html="<p>Hello</p>\n",
)
CONTENT = build(DRAFT)
EXPECTED = _expected_headers(DRAFT)
SEPARATOR = boundary(DRAFT.message_id).encode()

TAMPERINGS = {
    "a header of somebody else": (b"MIME-Version", b"Bcc: evil@attacker.example\r\nMIME-Version"),
    "a header twice": (b"MIME-Version: 1.0", b"MIME-Version: 1.0\r\nMIME-Version: 1.0"),
    "a header missing": (b"X-Match-Id: M-1\r\n", b""),
    "headers in another case": (b"Reply-To:", b"Reply-to:"),
    "another match": (b"X-Match-Id: M-1", b"X-Match-Id: M-2"),
    "another message id": (b"Message-ID: <introduction.0", b"Message-ID: <introduction.1"),
    "a further recipient": (b"anna@a.example>,", b"anna@a.example>, e@e.example,"),
    "another recipient": (b"<jose@b.example>", b"<jose@c.example>"),
    "another reply address": (b"Reply-To: anna@a.example", b"Reply-To: anna@e.example"),
    "another sender": (b"From: Mobility Matchmaking <desk@", b"From: Mobility Matchmaking <d3sk@"),
    "a group": (b"To: Anna Berg <anna@a.example>", b"To: g: Anna Berg <anna@a.example>"),
    "another subject": (b"Subject: =?utf-8?b?", b"Subject: x =?utf-8?b?"),
    "a lone line feed": (b"X-Match-Id: M-1\r\n", b"X-Match-Id: M-1\n"),
    "a lone line feed in the text": (b"Hello,\r\n", b"Hello,\n"),
    "a lone carriage return": (b"Hello,", b"Hello,\r"),
    "a NUL": (b"Hello,", b"Hello\0,"),
    "a control character": (b"Hello,", b"Hello\x0c,"),
    "an eighth bit": (b"Hello,", b"Hell\xf6,"),
    "another text": (b"Hello,", b"Hallo,"),
    "another page": (b"<p>Hello</p>", b"<p>Hallo</p>"),
    "a third part": (b"--" + SEPARATOR + b"--", b"--" + SEPARATOR + b"\r\n\r\nx\r\n--" + SEPARATOR + b"--"),
    "a text after the end": (b"--" + SEPARATOR + b"--\r\n", b"--" + SEPARATOR + b"--\r\nmore\r\n"),
    "a part of another type": (b"text/html", b"text/calendar"),
    "another structure": (b"multipart/alternative", b"multipart/mixed"),
    "an attachment": (b'text/html; charset="utf-8"', b'text/html; charset="utf-8"; name="x.exe"'),
    "an overlong line": (b"bye\r\n", b"b=\r\n" + b"y" * 999 + b"e\r\n"),
    "a header without a colon": (b"MIME-Version: 1.0", b"MIME Version 1.0"),
    "a text before the first part": (b"\r\n\r\n--" + SEPARATOR, b"\r\n\r\nhidden\r\n--" + SEPARATOR),
    "a delimiter within a line": (b"bye\r\n\r\n--", b"bye\r\nxy--"),
    "one part only": (CONTENT[CONTENT.index(b"\r\n--" + SEPARATOR + b"\r\nContent-Type: text/html") :], b""),
    "an early end of the headers": (b"X-Match-Id", b"\r\nX-Match-Id"),
}


def test_what_was_built_passes() -> None:
    verify(CONTENT, DRAFT)
    assert read_back(CONTENT).text == DRAFT.text


@pytest.mark.parametrize("what", TAMPERINGS)
def test_any_difference_is_refused(what: str) -> None:
    old, new = TAMPERINGS[what]
    assert old in CONTENT
    with pytest.raises(MessageUnsafe):
        verify(CONTENT.replace(old, new, 1), DRAFT)


@pytest.mark.parametrize(
    "changed",
    [
        replace(DRAFT, subject="Other"),
        replace(DRAFT, to=DRAFT.to[:1]),
        replace(DRAFT, to=(*DRAFT.to, Mailbox(address="c@c.example"))),
        replace(DRAFT, reply_to=()),
        replace(DRAFT, automatic=True),
        replace(DRAFT, text="Hello"),
        replace(DRAFT, html="<p>Hello</p>"),
        replace(DRAFT, language="fr"),
        replace(DRAFT, date=datetime(2026, 11, 20, 9, 1, tzinfo=UTC)),
    ],
)
def test_bytes_of_another_draft_are_refused(changed: Draft) -> None:
    with pytest.raises(MessageUnsafe):
        verify(CONTENT, changed)


def test_a_blank_before_the_subject_is_seen_by_our_own_parser() -> None:
    with pytest.raises(MessageUnsafe, match="subject of a letter does not read"):
        verify(CONTENT.replace(b"Subject: =?", b"Subject:  =?"), DRAFT)


def test_another_promise_about_automatic_answers_is_refused() -> None:
    automatic = replace(DRAFT, automatic=True)
    verify(build(automatic), automatic)
    with pytest.raises(MessageUnsafe, match="Auto-Submitted"):
        verify(build(automatic).replace(b"auto-generated", b"auto-replied"), automatic)


@pytest.mark.parametrize(
    ("line", "is_fine"),
    [
        (b"Message-ID: <" + b"a" * 100 + b"@a.example>", True),
        (b"Subject: " + b"a" * 40 + b" " + b"a" * 40, False),
        (b"Subject: a\r\n " + b"a" * 90, True),
        (b"Subject: a\r\n " + b"a" * 40 + b" " + b"a" * 40, False),
    ],
    ids=["one long word", "two words", "one long word further on", "two words further on"],
)
def test_only_what_cannot_be_folded_is_longer_than_a_line_should_be(line: bytes, is_fine: bool) -> None:
    old = next(one for one in CONTENT.split(b"\r\n") if one.startswith(line.partition(b":")[0]))
    changed = CONTENT.replace(old, line, 1)
    if is_fine:
        assert read_back(changed)
    else:
        with pytest.raises(MessageUnsafe, match="longer than 78"):
            read_back(changed)


def test_reading_back_refuses_mail_that_is_not_ours() -> None:
    with pytest.raises(MessageUnsafe):
        read_back(b"From: a@b.example\r\nSubject: x\r\n\r\nhello\r\n")


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(MessageUnsafe) as caught:
        verify(CONTENT.replace(b"M-1", b"M-2"), DRAFT)
    assert caught.value.hint
    assert caught.value.exit_code == 70


STRUCTURE = [
    "a header without a colon",
    "a text before the first part",
    "a delimiter within a line",
    "one part only",
    "a header twice",
    "a lone line feed",
    "a lone line feed in the text",
    "a lone carriage return",
    "a NUL",
    "a control character",
    "an eighth bit",
    "a third part",
    "a text after the end",
    "a part of another type",
    "another structure",
    "an overlong line",
]


@pytest.mark.parametrize("what", STRUCTURE)
def test_our_own_parser_refuses_without_help(what: str) -> None:
    old, new = TAMPERINGS[what]
    with pytest.raises(MessageUnsafe):
        read_back(CONTENT.replace(old, new, 1))


SEEN_BY_ANY_MAIL_PROGRAM = [
    "a header of somebody else",
    "a header twice",
    "a header missing",
    "a further recipient",
    "another recipient",
    "another reply address",
    "another sender",
    "another subject",
    "another text",
    "another page",
    "a third part",
    "a part of another type",
    "another structure",
    "an early end of the headers",
]


@pytest.mark.parametrize("what", SEEN_BY_ANY_MAIL_PROGRAM)
def test_the_second_opinion_is_one(what: str) -> None:
    old, new = TAMPERINGS[what]
    _second_opinion(CONTENT, DRAFT, EXPECTED)
    with pytest.raises(MessageUnsafe):
        _second_opinion(CONTENT.replace(old, new, 1), DRAFT, EXPECTED)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'boundary="=_', b'boundary="=x', "two alternative parts"),
        (b"--" + SEPARATOR + b"--\r\n", b"", "defective"),
        (SEPARATOR + b"\r\nContent", SEPARATOR + b"\r\n hidden\r\nContent", "defective"),
    ],
    ids=["no parts", "no end", "a part that begins oddly"],
)
def test_the_second_opinion_refuses_what_mail_programs_would_have_to_guess(old: bytes, new: bytes, told: str) -> None:
    assert old in CONTENT
    with pytest.raises(MessageUnsafe, match=told):
        _second_opinion(CONTENT.replace(old, new, 1), DRAFT, EXPECTED)


def test_the_subject_is_compared_with_the_words_that_were_meant() -> None:
    with pytest.raises(MessageUnsafe, match="read as it was written"):
        verify(CONTENT, replace(DRAFT, subject="Introduction: A and B"))


def test_both_parsers_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def disagree(*_: object) -> None:
        raise MessageUnsafe("A mail program would see something else.")

    monkeypatch.setattr("pipeline.letters.verify._second_opinion", disagree)
    with pytest.raises(MessageUnsafe, match="something else"):
        verify(CONTENT, DRAFT)
