"""What becomes of rows: good ones pass, bad ones are told in the submitter's terms, none stops the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SheetHeaderProblem
from pipeline.forms.form import Form, load_form
from pipeline.intake import Intake, read_responses
from pipeline.model import Cell, EntryKind, Publish, Role, ShareContact, SheetRow, Table

TODAY = date(2026, 11, 20)


def test_a_good_row_becomes_a_response(read: Callable[..., Intake]) -> None:
    (response,) = read({}).responses
    assert response.row == 2
    assert response.submitted_at == datetime(2025, 12, 9, 12, 0)  # noqa: DTZ001 - the spreadsheet's local time
    assert response.kind is EntryKind.NEW
    assert response.email == "anna@kommun.example"
    assert response.role is Role.EITHER
    assert response.country_code == "SE"
    assert response.formats == ("Job shadowing", "Study visit")
    assert response.share_contact is ShareContact.YES
    assert response.publish is Publish.AFTER_APPROVAL
    assert (response.flags, response.held) == ((), None)


def test_blank_rows_are_nobodys_concern(read: Callable[..., Intake]) -> None:
    blank = dict.fromkeys(load_form().by_key, "")
    intake = read({}, blank, {})
    assert (len(intake.responses), intake.problems, intake.total) == (2, (), 2)


def test_rows_are_told_apart_by_header_not_by_position(form: Form) -> None:
    header = tuple(reversed(form.header()))
    cells: dict[str, Cell] = {"Email Address": "x@y.example", "Timestamp": 46_000, "Mine": "note"}
    table = Table(title="T", header=("Mine", *header), rows=(SheetRow(number=9, cells=cells),))
    (problem,) = read_responses(
        table,
        form,
        columns={},
    ).problems
    assert '"Is this a new entry?"' in problem.where


@pytest.mark.parametrize("absent", ["email", "country", "consent", "submitted_at"])
def test_a_missing_header_stops_the_run_naming_what_was_seen(form: Form, absent: str) -> None:
    header = tuple(title for title in form.header() if title != form.by_key[absent].title)
    with pytest.raises(SheetHeaderProblem, match=form.by_key[absent].title.replace("?", r"\?")) as caught:
        read_responses(Table(title="T", header=header, rows=()), form, columns={})
    assert '"Website"' in str(caught.value)


@pytest.mark.parametrize("twin", ["Country", " country: ", "Country *", "COUNTRY\u00a0", "Pays"])
def test_a_doubled_header_stops_the_run_even_when_one_column_is_empty(form: Form, twin: str) -> None:
    table = Table(title="T", header=(*form.header(), twin), rows=())
    with pytest.raises(SheetHeaderProblem, match="more than one column"):
        read_responses(table, form, columns={})


def test_the_configuration_settles_which_of_two_columns_is_meant(form: Form) -> None:
    table = Table(title="T", header=(*form.header(), "Pays"), rows=())
    read_responses(table, form, columns={"country": "Pays"})


@pytest.mark.parametrize(
    ("timestamp", "email"),
    [
        ("Horodateur", "Adresse e-mail"),
        ("Marca temporal", "Dirección de correo electrónico"),
        ("Zeitstempel", "E-Mail-Adresse"),
        ("Informazioni cronologiche", "Indirizzo email"),
        ("Tidstämpel", "E-postadress"),
    ],
)
def test_localised_columns_are_found(form: Form, timestamp: str, email: str) -> None:
    header = (timestamp, email, *form.header()[2:])
    table = Table(title="T", header=header, rows=(SheetRow(number=2, cells={timestamp: 46_000, email: "none"}),))
    (problem,) = read_responses(
        table,
        form,
        columns={},
    ).problems
    assert email in problem.where


def test_a_question_the_own_form_does_not_ask_can_be_left_out(form: Form) -> None:
    header = tuple(title for title in form.header() if title not in {"Format", "Is this a new entry?"})
    table = Table(title="T", header=header, rows=())
    read_responses(table, form, columns={"formats": "", "kind": ""})
    with pytest.raises(SheetHeaderProblem):
        read_responses(table, form, columns={"formats": "", "kind": "", "consent": "no such"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"submitted_at": ""}, "no time of submission"),
        ({"submitted_at": "03/04/2026 10:00"}, "time of submission"),
        ({"email": ""}, "e-mail address is missing"),
        ({"email": "a@x.example, b@x.example"}, "several"),
        ({"kind": "Maybe"}, "new entry, an update or a withdrawal"),
        ({"organisation": "\u200b\u3164"}, "Organisation name in English"),
        ({"country": "Atlantis"}, "no country"),
        ({"role": "Everything"}, "none of the options"),
        ({"role": "Host visitors", "offers": ""}, "What can you show?"),
        ({"role": "Send staff or learners", "seeks": " "}, "What do you want to learn?"),
        ({"role": "Join an exchange organised by others", "seeks": None}, "What do you want to learn?"),
        ({"topics": ""}, "Topics (up to four)"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_and_the_next_one_goes_on(
    read: Callable[..., Intake], change: dict[str, Cell], said: str
) -> None:
    intake = read(change, {})
    assert [response.row for response in intake.responses] == [3]
    problem = next(problem for problem in intake.problems if said in problem.what)
    assert problem.where.startswith("Form responses 1, row 2")
    assert problem.fix


def test_the_sentence_for_the_submitter_says_what_to_do(read: Callable[..., Intake]) -> None:
    (problem,) = read({"role": "Host visitors", "offers": ""}).problems
    assert "Kommun Ett" in problem.sentence
    assert "What can you show?" in problem.sentence
    assert "receipt" in problem.sentence


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("20/11/2026 09:47:05", datetime(2026, 11, 20, 9, 47, 5)),  # noqa: DTZ001
        ("11/20/2026 9:47:05 PM", datetime(2026, 11, 20, 21, 47, 5)),  # noqa: DTZ001
        ("20.11.2026, 09.47", datetime(2026, 11, 20, 9, 47)),  # noqa: DTZ001
        ("11/11/2026 12:00 am", datetime(2026, 11, 11)),  # noqa: DTZ001
        ("2026-11-20T09:47:05Z", datetime(2026, 11, 20, 9, 47, 5)),  # noqa: DTZ001
    ],
)
def test_a_time_of_submission_pasted_as_text_is_read_when_it_can_mean_one_moment_only(
    read: Callable[..., Intake], cell: Cell, expected: datetime
) -> None:
    (response,) = read({"submitted_at": cell}).responses
    assert response.submitted_at == expected


@pytest.mark.parametrize("cell", ["20/11/2026 25:00", "11/12/2026 10:00:00", "20/11/2026 10:00 and more"])
def test_a_time_of_submission_that_could_be_another_is_not_guessed(read: Callable[..., Intake], cell: Cell) -> None:
    intake = read({"submitted_at": cell})
    assert not intake.responses
    assert "time of submission" in intake.problems[0].what


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"oid": "E123"}, "oid"),
        ({"days": -1}, "days"),
        ({"days": 0}, "days"),
        ({"days": "a few"}, "days"),
        ({"days": "2-3"}, "days"),
        ({"days": "2 weeks"}, "days"),
        ({"days": True}, "days"),
        ({"group_size": 1e9}, "group_size"),
        ({"group_size": 2.5}, "group_size"),
        ({"group_size": "1,500"}, "group_size"),
        ({"visits_per_year": float("inf")}, "visits_per_year"),
        ({"date_from": "03/04/2027"}, "date_from"),
        ({"date_from": "soon"}, "date_from"),
        ({"date_from": 12}, "date_from"),
        ({"date_from": -999_999.0}, "date_from"),
        ({"date_from": 10**400}, "date_from"),
        ({"group_size": 10**5000}, "group_size"),
        ({"date_from": 46_600, "date_to": 46_500}, "date_from"),
    ],
)
def test_a_bad_optional_answer_counts_as_not_stated_and_both_are_told(
    read: Callable[..., Intake], change: dict[str, Cell], field: str
) -> None:
    intake = read(change)
    (response,) = intake.responses
    assert getattr(response, field) is None
    assert len(intake.problems) == 1
    assert "not stated" in intake.problems[0].what
    assert "not stated" in response.flags[0].sentence


@pytest.mark.parametrize(
    ("key", "cell", "expected"),
    [
        ("oid", " e 1020 3040", "E10203040"),
        ("days", "1,5", 1.5),
        ("days", "5 days", 5.0),
        ("days", "ca. 3 Tage", 3.0),
        ("visits_per_year", "2 visits per year", 2),
        ("group_size", "12", 12),
        ("group_size", 12.0, 12),
        ("visits_per_year", 0, 0),
        ("date_from", 46_500, date(2027, 4, 23)),
        ("date_from", "2027-05-05", date(2027, 5, 5)),
        ("date_from", "2027/5/5", date(2027, 5, 5)),
        ("date_from", "5 maj 2027", date(2027, 5, 5)),
        ("date_from", "1 settembre 2027", date(2027, 9, 1)),
        ("date_from", "25.12.2027", date(2027, 12, 25)),
        ("date_from", "12/25/2027", date(2027, 12, 25)),
        ("date_from", "5 de mayo de 2027", date(2027, 5, 5)),
        ("date_from", "1er août 2027", date(2027, 8, 1)),
        ("date_from", "3. März 2027", date(2027, 3, 3)),
        ("date_from", "May 5, 2027", date(2027, 5, 5)),
        ("unit", 71_234, "71234"),
        ("unit", 71_234.0, "71234"),
        ("unit", "0071234", "0071234"),
        ("third_party", True, True),
        ("third_party", "Oui", True),
        ("third_party", "nej", False),
        ("website", "www.kommun.example", "https://www.kommun.example"),
        ("website", "n/a", None),
        ("avoid_organisations", "One AB; Two, Ltd", ("One AB", "Two, Ltd")),
        ("target_countries", "Spain - Catalonia, Denmark, Flanders", ("Spain - Catalonia", "Denmark", "Flanders")),
        ("topics", "gender  equality,Digital skills", ("Gender equality", "Digital skills")),
    ],
)
def test_answers_are_read_as_people_write_them(
    read: Callable[..., Intake], key: str, cell: Cell, expected: object
) -> None:
    intake = read({key: cell})
    assert intake.problems == ()
    assert getattr(intake.responses[0], key) == expected


def test_a_region_that_counts_apart_is_told_from_its_country(read: Callable[..., Intake]) -> None:
    intake = read({"country": "Spain", "region": "Catalunya"}, {"country": "Belgium", "region": "Wallonie"})
    assert [response.country_code for response in intake.responses] == ["ES-CT", "BE"]


def test_a_region_is_never_guessed_to_be_a_country(read: Callable[..., Intake]) -> None:
    assert read({"country": "Norway", "region": "Vestland"}).responses[0].country_code == "NO"


def test_what_was_typed_under_other_is_kept_and_never_an_option(read: Callable[..., Intake]) -> None:
    (response,) = read({"topics": "Gender equality, Beekeeping in towns", "languages": "English, Klingon"}).responses
    assert response.topics == ("Gender equality",)
    assert response.topics_other == "Beekeeping in towns"
    assert response.languages == ("English",)
    assert any("Klingon" in flag.sentence for flag in response.flags)


@pytest.mark.parametrize("answer", ["", False, "No", "FALSE", "I do not agree", None])
def test_without_consent_nothing_personal_is_kept_or_repeated(read: Callable[..., Intake], answer: Cell) -> None:
    intake = read({"consent": answer})
    assert intake.responses == ()
    (problem,) = intake.problems
    assert "row 2" in problem.where
    assert "kommun" not in repr(problem).lower()


@pytest.mark.parametrize("answer", ["I agree", "i agree ", True, "J'accepte", "VERDADERO"])
def test_consent_is_read_in_other_languages(read: Callable[..., Intake], answer: Cell) -> None:
    assert len(read({"consent": answer}).responses) == 1


def test_a_withdrawal_needs_nothing_but_the_address(read: Callable[..., Intake]) -> None:
    withdrawal = dict.fromkeys(load_form().by_key, "") | {
        "submitted_at": 46_001,
        "email": "anna@kommun.example",
        "kind": "Withdraw my entry",
    }
    intake = read(withdrawal)
    assert intake.problems == ()
    assert intake.responses[0].kind is EntryKind.WITHDRAW


def test_of_a_withdrawal_nothing_else_is_read(read: Callable[..., Intake]) -> None:
    left_over: dict[str, Cell] = {"oid": "x", "days": "many", "city": "\u202eEtt", "consent": "", "country": "Atlantis"}
    intake = read({"kind": "Withdraw my entry", **left_over})
    assert intake.problems == ()
    assert intake.responses[0].flags == ()
    assert intake.responses[0].organisation == "Kommun Ett"


@pytest.mark.parametrize("said", [{"seeks": ""}, {"offers": ""}])
def test_whoever_would_do_either_must_say_at_least_one(read: Callable[..., Intake], said: dict[str, Cell]) -> None:
    assert len(read({"role": "Host or join", **said}).responses) == 1
    (problem,) = read({"role": "Host or join", "seeks": "", "offers": ""}).problems
    assert '"What do you want to learn?", "What can you show?"' in problem.what


def test_what_was_wrong_is_settled_by_a_later_update_or_withdrawal(read: Callable[..., Intake]) -> None:
    bad = {"oid": "x"}
    unusable = {"country": "Atlantis"}
    update = {"kind": "Update of my earlier entry", "submitted_at": 46_001.5}
    assert read(bad, unusable, update).problems == ()
    withdrawal = dict.fromkeys(load_form().by_key, "") | update | {"kind": "Withdraw my entry"}
    assert read(unusable, withdrawal | {"email": "anna@kommun.example"}).problems == ()


@pytest.mark.parametrize(
    "later",
    [
        {"kind": "New entry", "submitted_at": 46_001.5},
        {"kind": "Update of my earlier entry", "submitted_at": 45_999.5},
        {"kind": "Update of my earlier entry", "submitted_at": 46_001.5, "email": "other@kommun.example"},
        {"kind": "Update of my earlier entry", "submitted_at": 46_001.5, "organisation": "Another"},
    ],
)
def test_what_was_wrong_is_not_settled_by_anything_else(read: Callable[..., Intake], later: dict[str, Cell]) -> None:
    assert len(read({"country": "Atlantis"}, later).problems) == 1


def test_long_answers_are_cut_and_long_names_wait_for_a_person(read: Callable[..., Intake]) -> None:
    (response,) = read({"seeks": "lorem ipsum " * 4_166, "region": "x" * 9_000}).responses
    assert len(response.seeks or "") <= 4_000
    assert len(response.region or "") <= 200
    assert {flag.code for flag in response.flags} == {"cut"}
    assert response.held is None
    (response,) = read({"organisation": "A" * 50_000}).responses
    assert "too long" in str(response.held)


def test_the_version_of_an_entry_is_its_answers_and_nothing_else(read: Callable[..., Intake]) -> None:
    one, moved, edited = (
        read({}).responses[0],
        read({"submitted_at": 46_009}, first_row=40).responses[0],
        read({"city": "Två"}).responses[0],
    )
    assert one.content == moved.content
    assert one.content != edited.content


EVERYTHING: dict[str, Cell] = {
    "email": "Anna.Ö@kommun.example",
    "contact_role": "Head",
    "organisation_local": "Kommunen Ett",
    "unit": "Skolan",
    "parent": "Region Väst",
    "region": "Catalunya",
    "country": "Spain",
    "website": "www.kommun.example/a",
    "oid": "e 1234 5678",
    "topics": "Gender equality, Green skills, Beekeeping",
    "date_from": 46510,
    "date_to": "5 June 2027",
    "days": "1,5",
    "group_size": "ca. 12 people",
    "visits_per_year": 3,
    "target_countries": "Spain - Catalonia, France, Atlantis, Japan",
    "target_strict": "Yes - only these",
    "target_organisation": "Borås Multicompetent Team",
    "avoid_organisations": "One; Two\nThree",
    "third_party": "Yes",
    "reciprocal": "Maybe",
    "funding": "Own budget, Crowd",
    "fewer_opportunities": "Partly",
}


@pytest.mark.parametrize(
    ("change", "content"),
    [
        ({}, "f782f446ccdcf1a1df4afa370a54e1a1"),
        (EVERYTHING, "0ca7405714424eaead6d312073261802"),
        (
            {
                "kind": "Update of my earlier entry",
                "role": "Host visitors",
                "seeks": "",
                "membership": "Nonsense",
                "share_contact": "Ask me first",
                "publish": "No",
                "consent": True,
            },
            "f4aa9f8688d2c788c25b2c58a79777e3",
        ),
        (
            dict.fromkeys(load_form().by_key, "")
            | {
                "submitted_at": 46_001,
                "email": "anna@kommun.example",
                "kind": "Withdraw my entry",
                "organisation": "Kommun Ett",
            },
            "6c270489e21f478c7512c3c0fced47fb",
        ),
    ],
)
def test_no_entry_of_an_older_ledger_looks_edited(
    read: Callable[..., Intake], change: dict[str, Cell], content: str
) -> None:
    assert read(change).responses[0].content == content


def test_the_keys_of_known_problems_stay(read: Callable[..., Intake]) -> None:
    intake = read({"oid": "x"}, {"country": "Atlantis"}, {"consent": ""}, {"city": ""}, {"topics": "", "city": ""})
    assert [problem.key for problem in intake.problems] == [
        "answer:e1b129a19b69a7a4",
        "answer:4d0734235aa7a987",
        "answer:9a1d41297117dd89",
        "answer:d3dce7676106c27b",
        "answer:5bcc57a09f934622",
    ]


def test_a_problem_keeps_its_key_when_its_row_moves(read: Callable[..., Intake]) -> None:
    first, moved = read({"oid": "x"}).problems[0], read({"oid": "x"}, first_row=99).problems[0]
    other = read({"oid": "x", "email": "someone@else.example"}).problems[0]
    assert first.key == moved.key != other.key


cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, 10**5000, -(10**18)]),
    st.floats(),
    st.text(max_size=60),
    st.text(st.sampled_from("\u200b\u202e\u0301\ud800\r\n\t,;=@<{'\"aÅя\U000e0041\u3164-1"), max_size=80),
)
_form: Form = load_form()


@settings(max_examples=150)
@given(answers=st.dictionaries(st.sampled_from(sorted(_form.by_key)), cells), consent=st.booleans())
def test_no_cell_whatever_it_holds_is_an_exception(answers: dict[str, Cell], consent: bool) -> None:
    row = {"submitted_at": 46_000, "email": "a@b.example", "consent": "I agree" if consent else "", **answers}
    table = Table(
        title="T",
        header=_form.header(),
        rows=(SheetRow(number=2, cells={_form.by_key[key].title: cell for key, cell in row.items()}),),
    )
    intake = read_responses(table, _form, columns={})
    for response in intake.responses:
        lines = [response.organisation, response.contact_name, response.city, response.website, response.email]
        assert not any(c in line for line in lines if line for c in "\r\n\u202e\u200b\x00")
        assert "," not in response.email
    is_empty = all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row.values())
    assert intake.responses or intake.problems or is_empty
