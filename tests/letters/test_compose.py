from __future__ import annotations

import email
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import getaddresses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import MessageUnsafe
from pipeline.letters.compose import Composer, DigestData
from pipeline.letters.identity import correction_id, meeting_keys
from pipeline.letters.mime import build
from pipeline.letters.points import what_fits, what_is_open, without_visit
from pipeline.letters.templating import Templates, page_loads, page_tags
from pipeline.letters.verify import read_back
from pipeline.model import Letter, LetterKind, Match, Party

Desk = Callable[..., Composer]
Golden = Callable[[str, str], None]

HEADERS = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "X-Match-Id", "MIME-Version", "Content-Type",
    "Content-Language",
]  # fmt: skip


def readable(letter: Letter) -> str:
    """A letter as people would see it, for golden files: headers, text part, HTML part."""
    seen = read_back(letter.content)
    envelope = f"envelope: {letter.envelope.sender} -> {', '.join(letter.envelope.recipients)}"
    headers = "\n".join(f"{name}: {value}" for name, value in seen.headers.items() if name != "Content-Type")
    return f"{letter.id}\n{envelope}\n\n{headers}\n\n{seen.text}\n{'=' * 76}\n{seen.html}"


def recipients(letter: Letter, header: str = "To") -> list[str]:
    message = email.message_from_bytes(letter.content)
    return [address for _, address in getaddresses([str(message[header])])] if header in message else []


NASTY = {
    "injection": "=?utf-8?q?Acme=0ABcc=3A_evil=40attacker=2Eexample?=",
    "line breaks": "Acme\r\nBcc: evil@attacker.example\n\n--boundary\nContent-Type: text/html",
    "markup": "</h2></div><img src=https://e.example/t.gif><script>alert(1)</script> & <b>bold",
    "template": "{{ 7 * 7 }} {% include '../../etc/passwd' %} ${x} %(password)s {0.__class__}",
    "address": '"Acme" <evil@attacker.example>, other@attacker.example;',
}


def hostile(match: Match) -> Match:
    words = list(NASTY.values())
    parties = tuple(
        replace(
            party,
            organisation=words[number],
            contact_name=words[(number + 4) % 5],
            contact_role=words[(number + 1) % 5],
            city=words[(number + 2) % 5],
            region=words[(number + 3) % 5],
            website="javascript:alert(1)",
            seeks=words[(number + 2) % 5] + "\nSECOND LINE",
            offers=words[(number + 3) % 5],
            topics=tuple(words),
        )
        for number, party in enumerate(match.parties)
    )
    return replace(match, parties=parties, fits=what_fits(parties), unclear=what_is_open(parties))


class TestGoldenLetters:
    """What people read, word for word. After a wished change: --update-golden, and read the difference."""

    def test_introduction_of_two(self, pair: Match, desk: Desk, golden: Golden) -> None:
        line = "Dear both,\nNicholas told the network about the team in March; I think you would enjoy meeting."
        golden("introduction_two.txt", readable(desk().introduction(pair, line)))

    def test_introduction_of_three(self, three: Match, desk: Desk, golden: Golden) -> None:
        golden("introduction_three.txt", readable(desk().introduction(three, None)))

    def test_introduction_with_hostile_answers(self, three: Match, desk: Desk, golden: Golden) -> None:
        letter = desk().introduction(hostile(three), NASTY["markup"])
        golden("introduction_hostile.txt", readable(letter))

    def test_introduction_in_a_rehearsal(self, pair: Match, desk: Desk, golden: Golden) -> None:
        letter = desk(rehearsal_to="trial@matchmaker.example").introduction(pair, None)
        golden("introduction_rehearsal.txt", readable(letter))

    def test_question(self, pair: Match, desk: Desk, golden: Golden) -> None:
        golden("question.txt", readable(desk().question(pair, pair.receiving)))

    def test_reminder(self, three: Match, desk: Desk, golden: Golden) -> None:
        letter = desk().reminder(three, "<introduction.x@matchmaker.example>", date(2025, 2, 3))
        golden("reminder.txt", readable(letter))

    def test_correction(self, three: Match, desk: Desk, golden: Golden) -> None:
        line = "Institut Escola del Treball is closed until May.\nWe look for somebody else."
        letter = desk().correction(three, line, "<introduction.x@matchmaker.example>", date(2025, 2, 3))
        golden("correction.txt", readable(letter))

    def test_nobody_was_found_yet(self, sending: Party, desk: Desk, golden: Golden) -> None:
        golden("waiting.txt", readable(desk().waiting(sending, 1, date(2024, 12, 20), ("dates", "place"))))

    def test_nobody_was_found_yet_said_again_to_somebody_who_hosts(
        self, receiving: Party, desk: Desk, golden: Golden
    ) -> None:
        golden("waiting_again.txt", readable(desk().waiting(receiving, 2, date(2024, 12, 20))))

    def test_digest(self, desk: Desk, golden: Golden) -> None:
        data = DigestData(
            day=date(2025, 3, 3),
            waiting=[f"M-{number}: A{number} and B{number}, since 20 February" for number in range(1, 18)],
            unsure=["M-9: Ghent and Barcelona: the connection was lost after the last line was sent"],
            bounced=["M-4: ana@soc.example: no such mailbox"],
            problems=["Row 12: the e-mail address is not an address"],
            spreadsheet_url="https://docs.example/spreadsheets/d/1",
        )
        golden("digest.txt", readable(desk().digest(data)))


class TestWaiting:
    def test_it_goes_to_that_organisation_alone_and_the_answer_to_the_secretariat(
        self, sending: Party, desk: Desk
    ) -> None:
        letter = desk().waiting(sending, 3, date(2024, 12, 20), ("language",))
        assert letter.id == "waiting:E-1:3"
        assert letter.envelope.recipients == ("Ingrid.Bargard@vestland.example",)
        assert (letter.match, letter.meeting_keys) == (None, ())
        headers = read_back(letter.content).headers
        assert "Reply-To" not in headers
        assert headers["Auto-Submitted"] == "auto-generated"

    def test_what_would_widen_the_choice_is_only_said_when_something_would(self, sending: Party, desk: Desk) -> None:
        def text(*widen: str) -> str:
            return read_back(desk().waiting(sending, 1, date(2024, 12, 20), widen).content).text

        assert "WIDEN" not in text()
        assert text("capacity", "dates", "format", "language", "place").count("Somebody would suit you but for") == 5

    def test_whoever_named_no_days_is_told_none(self, joining: Party, desk: Desk) -> None:
        text = read_back(desk().waiting(joining, 1, date(2024, 12, 20)).content).text
        assert "When:" not in text
        assert "Length:" not in text
        assert "We can host or take part" in text

    @pytest.mark.parametrize("what", NASTY)
    def test_data_never_changes_the_page(self, what: str, three: Match, desk: Desk) -> None:
        nasty = hostile(three).sending
        plain = desk().waiting(replace(nasty, seeks="Acme", offers="Acme"), 1, date(2024, 12, 20))
        other = desk().waiting(replace(nasty, seeks=NASTY[what], offers="Acme"), 1, date(2024, 12, 20))
        assert page_tags(read_back(plain.content).html) == page_tags(read_back(other.content).html)


class TestIntroduction:
    def test_both_sides_get_the_same_letter_and_reply_to_one_another(self, pair: Match, desk: Desk) -> None:
        letter = desk().introduction(pair, None)
        both = ["Ingrid.Bargard@vestland.example", "nicholas.waller@xn--bors-soa.example"]
        assert recipients(letter) == recipients(letter, "Reply-To") == list(letter.envelope.recipients) == both
        assert email.message_from_bytes(letter.content).keys() == HEADERS

    def test_it_names_each_part_rightly(self, three: Match, desk: Desk) -> None:
        text = read_back(desk().introduction(three, None).content).text
        for side, name in (
            ("SENDING ORGANISATION", "Vestland County Council"),
            ("RECEIVING ORGANISATION", "Working Life Department, Borås Stad"),
            ("JOINING ORGANISATION", "Institut Escola del Treball"),
        ):
            assert f"{side}\n{name}\n" in text

    def test_identity_and_meetings(self, three: Match, desk: Desk) -> None:
        letter = desk().introduction(three, None)
        assert (letter.id, letter.kind, letter.match) == ("introduction:M-77d0e3b2", LetterKind.INTRODUCTION, three.id)
        assert letter.meeting_keys == meeting_keys(three)
        assert email.message_from_bytes(letter.content)["X-Match-Id"] == three.id

    def test_the_same_match_at_the_same_time_is_the_same_bytes(self, pair: Match, desk: Desk) -> None:
        first, second = (desk().introduction(pair, "x") for _ in range(2))
        assert first == second

    def test_the_officers_line_is_text_however_it_looks(self, pair: Match, desk: Desk) -> None:
        line = "<b>Do</b> meet! {{ secretariat }} 5 < 6 & 7 * 7"
        seen = read_back(desk().introduction(pair, line).content)
        assert line in " ".join(seen.text.split())
        assert "&lt;b&gt;Do&lt;/b&gt; meet! {{ secretariat }} 5 &lt; 6 &amp; 7 * 7" in seen.html

    @pytest.mark.parametrize("what", NASTY)
    def test_data_never_changes_the_page(self, what: str, three: Match, desk: Desk) -> None:
        def with_text(text: str) -> Letter:
            parties = tuple(
                replace(party, organisation=text, contact_name=text, seeks=text, offers=text, website=text)
                for party in three.parties
            )
            return desk().introduction(replace(three, parties=parties), text)

        benign, nasty = (read_back(with_text(text).content).html for text in ("Acme", NASTY[what]))
        assert page_tags(benign) == page_tags(nasty)
        assert page_loads(nasty) == ()

    def test_what_people_wrote_can_be_read_as_they_wrote_it(self, pair: Match, desk: Desk) -> None:
        wrote = "O'Brien & Söhne, 50% of Žluťoučký kůň; 日本赤十字社 می\u200cخواهم @home +45 12 <3 =?x?="
        parties = (replace(pair.sending, seeks=wrote, organisation="Ελληνικός Φορέας"), pair.receiving)
        seen = read_back(desk().introduction(replace(pair, parties=parties), None).content)
        assert wrote in " ".join(seen.text.split())
        assert "Ελληνικός Φορέας" in seen.subject

    def test_a_name_that_poses_as_an_address_does_not_stand_beside_one(self, pair: Match, desk: Desk) -> None:
        parties = (replace(pair.sending, contact_name="ceo@bank.example", organisation="Acme"), pair.receiving)
        letter = desk().introduction(replace(pair, parties=parties), None)
        assert read_back(letter.content).headers["To"].startswith("Acme <Ingrid.Bargard@vestland.example>")

    def test_such_a_name_is_not_greeted_either(self, pair: Match, desk: Desk) -> None:
        parties = (replace(pair.sending, contact_name="Acme <evil@attacker.example>"), pair.receiving)
        seen = read_back(desk().introduction(replace(pair, parties=parties), None).content)
        assert seen.text.startswith("Dear colleagues,\n")
        assert "Contact: Acme <evil@attacker.example>, Advisor" in seen.text

    def test_two_of_the_same_name_are_colleagues(self, pair: Match, desk: Desk) -> None:
        parties = tuple(replace(party, contact_name="International Coordinator") for party in pair.parties)
        text = read_back(desk().introduction(replace(pair, parties=parties), None).content).text
        assert text.startswith("Dear colleagues,\n")

    def test_an_idea_of_the_officer_claims_no_wish_of_the_sides(self, three: Match, desk: Desk) -> None:
        text = read_back(desk().introduction(replace(three, by_hand=True), None).content).text
        assert "has offered to receive" not in text
        assert "could visit" in text

    def test_partners_in_a_project_are_told_of_no_visit(self, pair: Match, desk: Desk) -> None:
        match = replace(pair, partners=True, fits=without_visit(pair.fits), unclear=without_visit(pair.unclear))
        for letter in (desk().introduction(match, None), desk().question(match, match.sending)):
            seen = read_back(letter.content)
            for part in (seen.text, seen.html):
                words = " ".join(part.split()).lower()
                assert "a partnership in a project" in words
                told = (
                    "to visit|visit you|to receive|would travel|weeks that|sending organisation|dates overlap|dates"
                    " that|agreed on dates"
                )
                assert not re.search(told, words), words

    def test_invisible_and_turning_signs_do_not_reach_the_headers(self, pair: Match, desk: Desk) -> None:
        parties = (replace(pair.sending, organisation="A\u202ecme\u200b\U000e0041\u3164 Ltd"), pair.receiving)
        seen = read_back(desk().introduction(replace(pair, parties=parties), None).content)
        assert seen.subject.startswith("Introduction: Acme Ltd and ")

    @pytest.mark.parametrize(
        ("website", "shown"),
        [
            ("https://www.boras.example/path?q=1", "www.boras.example"),
            ("boras.example", "boras.example"),
            ("https://münchen.example/ä", "münchen.example"),
            ("https://xn--80ak6aa92e.example/", "xn--80ak6aa92e.example"),
            ("https://evil.example/?u=https://good.example", "evil.example"),
            ("javascript:alert(1)", None),
            ("//evil.example", None),
            ("https://good.example@evil.example/", None),
            ("http://127.0.0.1:8080/", None),
            ("http://169.254.169.254/latest", None),
            ("http://0x7f000001/", None),
            ("ftp://a.example", None),
            ("https://localhost/", None),
            ("https://" + "a." * 5000 + "org", None),
            ('" onmouseover="alert(1)', None),
        ],
    )
    def test_of_a_website_only_a_public_host_is_shown_and_never_linked(
        self, website: str, shown: str | None, pair: Match, desk: Desk
    ) -> None:
        parties = (replace(pair.sending, website=website), replace(pair.receiving, website=None))
        seen = read_back(desk().introduction(replace(pair, parties=parties), None).content)
        place = next(line for line in seen.text.splitlines() if line.startswith("Bergen"))
        assert place == "Bergen, Vestland, Norway" + (f" · {shown}" if shown else "")
        assert seen.html.count("https://") == 1  # the privacy notice, ours

    def test_fifty_thousand_characters_become_an_excerpt(self, pair: Match, desk: Desk) -> None:
        for unit in ("lorem ipsum ", "🙂", "<b>", "\u0301", "=?utf-8?q?a?= ", "("):
            text = (unit * 50_000)[:50_000]
            parties = (replace(pair.sending, seeks=text, contact_name=text), pair.receiving)
            letter = desk().introduction(replace(pair, parties=parties), None)
            assert len(letter.content) < 150_000

    @pytest.mark.parametrize("kind", ["Message", "Correction"])
    def test_a_line_of_the_officer_is_never_cut(self, pair: Match, desk: Desk, kind: str) -> None:
        def written(line: str) -> str:
            composer = desk()
            if kind == "Message":
                return " ".join(read_back(composer.introduction(pair, line).content).text.split())
            return " ".join(read_back(composer.correction(pair, line, None, None).content).text.split())

        longest = ("Please note. " * 200)[:1_499] + "!"
        assert longest in written(longest)
        assert "Nu går vi." in written(f"  {longest[:1_400]}\n\n\n\n{' ' * 3_000}Nu går vi.  ")
        for line, length in ((f"{longest}?", "1,501"), ("\u0958" * 1_000, "2,000"), ("x" * 50_000, "50,000")):
            with pytest.raises(MessageUnsafe, match=f"{kind} is {length} characters long"):
                written(line)

    def test_what_the_sides_wrote_is_quoted_whole(self, pair: Match, desk: Desk) -> None:
        seeks = ("We would like to see how others do it. " * 102)[:3_990]
        parties = (replace(pair.sending, seeks=seeks, topics=("Bread " * 30 + "and wine",)), pair.receiving)
        text = " ".join(read_back(desk().introduction(replace(pair, parties=parties), None).content).text.split())
        assert " ".join(seeks.split()) in text
        assert "and wine" in text

    def test_an_address_that_is_none_holds_the_letter(self, pair: Match, desk: Desk) -> None:
        for address in ("a@b.example, c@d.example", "用户@a.example", "a@b.example\r\nBcc: e@e.example", ""):
            parties = (replace(pair.sending, email=address), pair.receiving)
            with pytest.raises(MessageUnsafe):
                desk().introduction(replace(pair, parties=parties), None)

    def test_one_mailbox_of_two_organisations_is_written_to_once(self, three: Match, desk: Desk) -> None:
        parties = (three.parties[0], three.parties[1], replace(three.parties[2], email="NICHOLAS.waller@borås.example"))
        letter = desk().introduction(replace(three, parties=parties), None)
        assert len(letter.envelope.recipients) == len(recipients(letter)) == 2

    def test_the_journal_is_told_by_envelope_only(self, pair: Match, desk: Desk) -> None:
        letter = desk(journal="journal@matchmaker.example").introduction(pair, None)
        assert letter.envelope.journal == "journal@matchmaker.example"
        assert b"journal@" not in letter.content


class TestDates:
    def dates(self, match: Match, desk: Desk) -> str:
        text = read_back(desk().introduction(match, None).content).text
        return " ".join(text.partition("A FIRST STEP")[2].partition("Once you have agreed")[0].split())

    def between(self, match: Match, first: date | None, last: date | None, days: float | None = 1.0) -> Match:
        parties = (
            replace(match.sending, date_from=first, date_to=last, days=days),
            replace(match.receiving, date_from=None, date_to=None),
        )
        return replace(match, parties=parties)

    def test_two_days_in_the_middle_of_the_week(self, pair: Match, desk: Desk) -> None:
        assert "Wednesday 7 May 2025 or Wednesday 21 May 2025" in self.dates(pair, desk)

    def test_none_without_a_common_window(self, pair: Match, desk: Desk) -> None:
        parties = (pair.sending, replace(pair.receiving, date_from=date(2026, 1, 1), date_to=date(2026, 2, 1)))
        assert "starting date" not in self.dates(replace(pair, parties=parties), desk)

    def test_an_open_window_is_only_told(self, pair: Match, desk: Desk) -> None:
        assert "in common: from 1 May 2025." in self.dates(self.between(pair, date(2025, 5, 1), None), desk)

    def test_a_window_that_is_over_is_not_mentioned(self, pair: Match, desk: Desk) -> None:
        assert "dates you gave us" not in self.dates(self.between(pair, date(2024, 5, 1), date(2024, 6, 1)), desk)

    def test_a_visit_must_fit_in_whole(self, pair: Match, desk: Desk) -> None:
        wednesday_to_friday = self.between(pair, date(2025, 5, 7), date(2025, 5, 9), 2.5)
        assert "A possible starting date that fits the dates" in self.dates(wednesday_to_friday, desk)
        assert "Wednesday 7 May 2025." in self.dates(wednesday_to_friday, desk)

    @pytest.mark.parametrize(
        ("first", "last", "days", "told"),
        [
            (date(2025, 5, 1), date(2025, 5, 30), 3.0, "Tuesday 13 May 2025 or Wednesday 21 May 2025"),
            (date(2025, 5, 1), date(2025, 5, 30), 5.0, "Monday 12 May 2025 or Monday 19 May 2025"),
            (date(2025, 5, 12), date(2025, 5, 13), 1.5, "Monday 12 May 2025."),
            (date(2025, 5, 1), date(2025, 5, 30), 12.0, "Monday 5 May 2025 or Monday 19 May 2025"),
            (date(2025, 12, 15), date(2026, 1, 9), 1.0, "Wednesday 17 December 2025 or Wednesday 7 January 2026"),
        ],
    )
    def test_a_visit_keeps_to_working_days(
        self, first: date, last: date, days: float, told: str, pair: Match, desk: Desk
    ) -> None:
        assert told in self.dates(self.between(pair, first, last, days), desk)

    def test_four_weeks_ahead_if_that_can_be(self, pair: Match, desk: Desk) -> None:
        told = self.dates(self.between(pair, date(2025, 3, 1), date(2025, 4, 3)), desk)
        assert "Tuesday 1 April 2025 or Thursday 3 April 2025" in told

    def test_ten_days_ahead_if_it_must_be(self, pair: Match, desk: Desk) -> None:
        told = self.dates(self.between(pair, date(2025, 3, 1), date(2025, 3, 20)), desk)
        assert "Tuesday 18 March 2025 or Wednesday 19 March 2025" in told
        soon = self.dates(self.between(pair, date(2025, 3, 1), date(2025, 3, 12)), desk)
        assert "in common: 1 March 2025 to 12 March 2025." in soon


class TestFirstLines:
    def test_a_short_letter_stands_there_whole(self, pair: Match, desk: Desk) -> None:
        sources = {
            "en/introduction.txt": "Subject: x\n{{ greeting }},\n\n{{ network }} writes.",
            "en/introduction.html": "x",
            "en/words.toml": desk().templates.sources["en/words.toml"],
        }
        lines = replace(desk(), templates=Templates(sources)).first_lines(pair)
        assert lines == "Dear Ingrid Hillestad Bårgard and Nicholas Waller, EARLALL writes."

    def test_a_long_one_is_cut_with_a_sign(self, pair: Match, desk: Desk) -> None:
        lines = desk().first_lines(pair)
        assert lines.startswith("Dear Ingrid Hillestad Bårgard and Nicholas Waller, EARLALL would like to")
        assert (len(lines), lines[-1]) == (420, "…")

    def test_why_it_cannot_be_written(self, pair: Match, desk: Desk) -> None:
        parties = (replace(pair.sending, email="none"), pair.receiving)
        assert desk().first_lines(replace(pair, parties=parties)) == (
            "This letter cannot be written: An address is not one plain e-mail address. Ask the organisation for one."
        )


class TestQuestion:
    def test_it_tells_nothing_by_which_the_others_could_be_known(self, three: Match, desk: Desk) -> None:
        parties = tuple(replace(party, seeks=f"We seek {party.entry}.") for party in three.parties)
        for asked in parties:
            letter = desk().question(replace(three, parties=parties), asked)
            seen = read_back(letter.content)
            words = (seen.text + seen.html + "".join(seen.headers.values())).casefold()
            for other in three.parties:
                if other.side is not asked.side:
                    secrets = (other.organisation, other.email.partition("@")[0], other.contact_name, other.city)
                    assert not [secret for secret in secrets if secret and secret.casefold() in words]
                    assert not other.offers or other.offers[:20].casefold() not in words
                    assert f"we seek {other.entry.casefold()}" not in words

    def test_only_topics_the_asked_side_ticked_itself_are_named(self, pair: Match, desk: Desk) -> None:
        parties = (replace(pair.sending, topics=("Acme of Paris", "Inclusive employment")), pair.receiving)
        text = read_back(desk().question(replace(pair, parties=parties), pair.receiving).content).text
        assert "Topics you have in common: Inclusive employment\n" in text
        assert "Paris" not in text

    def test_it_goes_to_that_side_and_the_answer_to_the_secretariat(self, pair: Match, desk: Desk) -> None:
        letter = desk().question(pair, pair.receiving)
        assert letter.id == "question:M-4f2a90c1:receiving"
        assert list(letter.envelope.recipients) == ["nicholas.waller@xn--bors-soa.example"]
        assert recipients(letter, "Reply-To") == []
        assert letter.meeting_keys == ()
        assert b"Auto-Submitted: auto-generated" in letter.content

    def test_without_known_countries_it_still_reads(self, three: Match, desk: Desk) -> None:
        bare = replace(three, parties=tuple(replace(party, country=None) for party in three.parties))
        text = " ".join(read_back(desk().question(bare, bare.parties[2]).content).text.split())
        assert "An organisation would like to visit another, and you could join the exchange." in text

    def test_a_topic_nobody_can_see_is_not_named(self, pair: Match, desk: Desk) -> None:
        parties = tuple(replace(party, topics=("\u200b", "Guidance")) for party in pair.parties)
        text = read_back(desk().question(replace(pair, parties=parties), parties[1]).content).text
        assert "Topics you have in common: Guidance\n" in text

    def test_of_the_asked_side_itself_there_is_no_country_to_name(self, pair: Match, desk: Desk) -> None:
        sources = {
            "en/question.txt": "Subject: x\n{{ sending.country }} {{ receiving }}|{{ joining }}",
            "en/question.html": "x",
            "en/words.toml": desk().templates.sources["en/words.toml"],
        }
        letter = replace(desk(), templates=Templates(sources)).question(pair, pair.receiving)
        assert read_back(letter.content).text == "Norway |\n"

    def test_no_side_no_question(self, pair: Match, joining: Party, desk: Desk) -> None:
        with pytest.raises(MessageUnsafe):
            desk().question(pair, joining)


class TestReminderAndDigest:
    def test_a_reminder_hangs_in_the_thread(self, pair: Match, desk: Desk) -> None:
        introduction = desk().introduction(pair, None)
        letter = desk().reminder(pair, introduction.message_id, date(2025, 1, 2), number=2)
        message = email.message_from_bytes(letter.content)
        assert message["References"] == message["In-Reply-To"] == introduction.message_id
        assert letter.subject == f"Re: {introduction.subject}"
        assert letter.id == "reminder:M-4f2a90c1:2"

    def test_a_correction_hangs_in_the_thread_and_is_answered_to_the_secretariat(self, pair: Match, desk: Desk) -> None:
        introduction = desk().introduction(pair, None)
        letter = desk().correction(pair, "It is closed.", introduction.message_id, date(2025, 1, 2))
        message = email.message_from_bytes(letter.content)
        assert message["References"] == message["In-Reply-To"] == introduction.message_id
        assert letter.subject == f"Re: {introduction.subject}"
        assert (letter.id, letter.meeting_keys) == (correction_id(pair.id, "It is closed."), ())
        assert letter.envelope.recipients == introduction.envelope.recipients
        assert recipients(letter, "Reply-To") == []
        assert "Auto-Submitted" not in message
        text = read_back(letter.content).text
        assert "Please disregard our letter of 2 January 2025, in which we introduced" in " ".join(text.split())
        assert "\n    It is closed.\n" in text or "It is closed." in text

    def test_the_digest_counts_what_it_does_not_list(self, desk: Desk) -> None:
        data = DigestData(day=date(2025, 3, 3), waiting=["x"] * 40)
        assert "- and 25 more" in read_back(desk().digest(data).content).text
        assert data
        assert not DigestData(day=date(2025, 3, 3), spreadsheet_url="https://x.example")

    def test_a_reminder_whose_day_is_forgotten_names_none(self, pair: Match, desk: Desk) -> None:
        text = read_back(desk().reminder(pair, None, None).content).text
        assert "Some weeks ago we introduced" in text
        assert b"In-Reply-To" not in desk().reminder(pair, None, None).content

    def test_lines_of_the_digest_that_nobody_can_see_are_left_out(self, desk: Desk) -> None:
        text = read_back(desk().digest(DigestData(day=date(2025, 3, 3), held=["\u200b", "M-1: x"])).content).text
        assert "\n- M-1: x\n- and 1 more" in text

    @pytest.mark.parametrize("link", ["javascript:alert(1)", "docs.example", "", None])
    def test_only_a_web_address_is_linked(self, link: str | None, desk: Desk) -> None:
        data = DigestData(day=date(2025, 3, 3), held=["x"], spreadsheet_url=link)
        assert "The review tab:" not in read_back(desk().digest(data).content).text

    def test_the_test_letter_goes_to_one_address_and_bears_no_match(self, desk: Desk) -> None:
        letter = desk().test("anna@a.example")
        assert (letter.envelope.recipients, letter.match) == (("anna@a.example",), None)
        assert b"X-Match-Id" not in letter.content


class TestRehearsal:
    def letters(self, match: Match, composer: Composer) -> list[Letter]:
        return [
            composer.introduction(match, "x"),
            composer.question(match, match.receiving),
            composer.reminder(match, "<i@a.example>", None),
            composer.digest(DigestData(day=date(2025, 3, 3), waiting=["x"])),
            composer.test("anna@a.example"),
        ]

    def test_nothing_of_a_rehearsal_can_reach_a_party_or_be_taken_for_the_real_letter(
        self, three: Match, desk: Desk
    ) -> None:
        real = self.letters(three, desk(journal="journal@matchmaker.example"))
        trial = self.letters(three, desk(rehearsal_to="trial@matchmaker.example", journal="journal@matchmaker.example"))
        for letter, genuine in zip(trial, real, strict=True):
            assert letter.envelope.recipients == ("trial@matchmaker.example",)
            assert letter.envelope.journal is None
            assert recipients(letter) == ["trial@matchmaker.example"]
            assert recipients(letter, "Reply-To") == []
            assert letter.meeting_keys == ()
            assert b"In-Reply-To" not in letter.content
            assert letter.subject == f"[Rehearsal] {genuine.subject}"
            assert letter.id != genuine.id
            assert letter.message_id != genuine.message_id
            assert letter.match == genuine.match
            told = " ".join(read_back(letter.content).text.split())
            assert f"would have gone to: {', '.join(genuine.envelope.recipients)}." in told


HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.sampled_from(
        [*NASTY.values(), "\ud800", "\u202e", "(" * 3000, "a" * 3000, "\u0301" * 300, "=?utf-8?b?", "49", "\0"]
    ),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(HOSTILE, min_size=12, max_size=12), message=HOSTILE, days=st.floats(), size=st.integers())
def test_no_text_in_any_answer_breaks_a_letter_or_moves_it_elsewhere(
    texts: list[str], message: str, days: float, size: int, three: Match, desk: Desk
) -> None:
    def spoilt(party: Party) -> Party:
        return replace(
            party,
            organisation=f"A{texts[0]}",
            contact_name=texts[1],
            contact_role=texts[2],
            country=texts[3],
            region=texts[4],
            city=texts[5],
            website=texts[6],
            topics=(texts[7],),
            formats=(texts[8],),
            languages=(texts[9],),
            seeks=texts[10],
            offers=texts[11],
            days=days,
            group_size=size,
        )

    parties = tuple(map(spoilt, three.parties))
    match = replace(three, parties=parties, fits=what_fits(parties), unclear=what_is_open(parties))
    letter = desk().introduction(match, message[:1_500])
    approved = [
        "Ingrid.Bargard@vestland.example",
        "nicholas.waller@xn--bors-soa.example",
        "albert@escoladeltreball.example",
    ]
    assert email.message_from_bytes(letter.content).keys() == HEADERS
    assert recipients(letter) == recipients(letter, "Reply-To") == list(letter.envelope.recipients) == approved
    assert page_loads(read_back(letter.content).html) == ()
    assert list(desk().question(match, match.receiving).envelope.recipients) == approved[1:2]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=HOSTILE | st.emails())
def test_no_text_in_the_address_reaches_anybody_else(address: str, pair: Match, desk: Desk) -> None:
    match = replace(pair, parties=(replace(pair.sending, email=address), pair.receiving))
    try:
        letter = desk().introduction(match, None)
    except MessageUnsafe:
        return
    local, _, domain = address.rpartition("@")
    assert letter.envelope.recipients[0].lower() == f"{local}@{domain}".lower()
    assert recipients(letter) == list(letter.envelope.recipients)


def test_the_date_is_frozen_at_composition(pair: Match, desk: Desk) -> None:
    late = replace(desk(), now=datetime(2025, 3, 3, 23, 59, tzinfo=UTC))
    assert b"Date: Mon, 03 Mar 2025 23:59:00 +0000\r\n" in late.introduction(pair, None).content


def test_bytes_that_say_something_else_never_become_a_letter(
    pair: Match, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pipeline.letters.compose.build",
        lambda draft: build(draft).replace(b"To: ", b"To: evil@attacker.example, ", 1),
    )
    with pytest.raises(MessageUnsafe):
        desk().introduction(pair, None)
