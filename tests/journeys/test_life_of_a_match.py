"""What happens to a match when people decide, change their mind, edit, ask first, or write it by hand."""

from __future__ import annotations

from typing import Any

import pytest

HOST = {"role": "Host visitors", "offers": "We show gardens to schools.", "topics": "Green skills"}


@pytest.fixture
def proposed(journey: Any, sides: Any) -> dict[str, Any]:
    """Two organisations and the proposal to introduce them."""
    journey.submit(*sides())
    journey.run()
    row: dict[str, Any] = journey.row("Kortrijk", "Lysekil")
    return row


def test_a_declined_match_stays_declined_and_comes_back_when_the_box_is_cleared(
    journey: Any, proposed: dict[str, Any]
) -> None:
    journey.tick(proposed["Match"], "Decline")
    journey.run()
    assert journey.status(proposed["Match"]).startswith("Declined")
    assert len(journey.review()) == 1
    journey.tick(proposed["Match"], "Decline", value=False)
    journey.run()
    assert journey.status(proposed["Match"]).startswith("Proposed")


def test_both_boxes_ticked_is_held_and_said(journey: Any, proposed: dict[str, Any]) -> None:
    journey.tick(proposed["Match"])
    journey.tick(proposed["Match"], "Decline")
    assert journey.run().exit_code == 1
    assert journey.status(proposed["Match"]).startswith("Held: both Approve and Decline")
    assert journey.letters() == []


def test_an_edited_answer_asks_again_and_the_old_tick_counts_for_nothing(
    journey: Any, proposed: dict[str, Any]
) -> None:
    journey.tick(proposed["Match"])
    journey.edit("office@organisation-2.example", seeks="We now want to see dual VET with very small companies.")
    journey.run()
    assert journey.letters() == []
    newer = journey.row("Kortrijk", "Lysekil")
    assert newer["Match"] != proposed["Match"]
    assert newer["Approve"] is False
    assert journey.status(proposed["Match"]).startswith(f"Out of date: see {newer['Match']}")
    journey.tick(newer["Match"])
    journey.run()
    assert [match for match, _ in journey.letters()] == [newer["Match"]]


def test_an_edited_answer_asks_again_with_the_reasons_of_today_and_says_what_changed(
    journey: Any, sides: Any, day: Any
) -> None:
    """What she reads was true when she reads it: dates, topics and quotes, and nothing of yesterday's."""
    journey.submit(
        *sides(
            host={"date_from": day(100), "date_to": day(300), "offers": "We show how apprentices learn in companies."},
            send={"date_from": day(120), "date_to": day(150), "seeks": "We want to learn how apprentices are paid."},
        )
    )
    journey.run()
    old = journey.row("Kortrijk", "Lysekil")
    assert f"from {day.in_words(120)} until {day.in_words(150)}" in old["Why"]
    journey.tick(old["Match"])
    journey.edit(
        "office@organisation-2.example",
        date_from=day(200),
        date_to=day(260),
        topics="VET innovation",
        seeks="Robotics in VET.",
    )
    journey.run()
    assert journey.letters() == [], "what she approved is not what would be sent"
    assert journey.status(old["Match"]).startswith("Out of date: see M-")
    new = journey.row("Kortrijk", "Lysekil")
    assert (new["Approve"], new["Status"]) == (
        False,
        f"Proposed: please check: an answer has changed since {old['Match']} · {new['Match']}",
    )
    lines = new["Why"].splitlines()
    assert lines[:4] == [
        "Kortrijk Training Centre has changed its answers:",
        "- Topics (up to four): were “Dual VET and apprenticeships”, now “VET innovation”",
        "- What do you want to learn: was “We want to learn how apprentices are paid.”, now “Robotics in VET.”",
        f"- dates: were {day.in_words(120)} to {day.in_words(150)}, now {day.in_words(200)} to {day.in_words(260)}",
    ]
    reasons = "\n".join(lines[4:])
    assert f"from {day.in_words(200)} until {day.in_words(260)}" in reasons
    assert "are paid" not in reasons
    assert day.in_words(120) not in reasons
    journey.tick(new["Match"])
    journey.run()
    assert [match for match, _ in journey.letters()] == [new["Match"]]


def test_a_pair_that_fits_no_longer_since_an_edit_is_not_asked_about_again(
    journey: Any, proposed: dict[str, Any]
) -> None:
    journey.tick(proposed["Match"])
    journey.edit(
        "office@organisation-2.example",
        topics="Gender equality",
        seeks="How town councils plan their budgets for women's sport.",
    )
    journey.run()
    assert [row["Match"] for row in journey.review()] == [proposed["Match"]]
    status = journey.status(proposed["Match"])
    assert status.startswith("Withdrawn: since an answer was edited they no longer fit well enough.")
    assert "Topics (up to four): were “Dual VET and apprenticeships”, now “Gender equality”" in status
    assert journey.letters() == []
    journey.run()  # cells that stand on rows may follow a run later
    quiet = journey.run()
    assert (quiet.summary, journey.status(proposed["Match"])) == ("", status)


def test_an_answer_edited_back_does_not_revive_the_old_tick(journey: Any, proposed: dict[str, Any]) -> None:
    journey.tick(proposed["Match"])
    journey.edit("office@organisation-2.example", seeks="Something else about dual VET and companies.")
    journey.run()
    journey.edit("office@organisation-2.example", seeks=proposed_seeks())
    journey.run()
    assert journey.letters() == []
    assert journey.row("Kortrijk", "Lysekil")["Match"] != proposed["Match"]


def proposed_seeks() -> str:
    return "We want to learn about dual VET with companies."


def test_a_withdrawn_entry_withdraws_the_match(journey: Any, proposed: dict[str, Any], answer: Any) -> None:
    journey.tick(proposed["Match"])
    later = answer(2)["submitted_at"] + 0.5
    journey.submit(
        answer(
            2,
            organisation="Kortrijk Training Centre",
            kind="Withdraw my entry",
            country="Belgium",
            submitted_at=later,
        )
    )
    journey.run()
    assert journey.letters() == []
    assert journey.status(proposed["Match"]).startswith("Withdrawn")


ELSEWHERE = {"topics": "Gender equality", "seeks": "How town councils plan their budgets for women's sport."}


@pytest.mark.parametrize("ticked", ["before", "while it is withdrawn"])
@pytest.mark.parametrize("how", ["edited away and back", "withdrawn and sent anew", "row deleted and restored"])
def test_a_tick_on_what_was_withdrawn_counts_for_nothing_when_the_answer_comes_back(
    journey: Any, proposed: dict[str, Any], sides: Any, how: str, ticked: str
) -> None:
    """The officer saw Withdrawn and thought no more of it; what fits again is put before her with empty boxes."""
    address = "office@organisation-2.example"
    answer = sides()[1]
    if ticked == "before":
        journey.tick(proposed["Match"])
    if how == "edited away and back":
        journey.edit(address, **ELSEWHERE)
    elif how == "row deleted and restored":
        answer = journey.take_out(address)
    else:
        answer["submitted_at"] += 0.2
        journey.submit({**answer, "kind": "Withdraw my entry"})
    journey.run()
    withdrawn = journey.status(proposed["Match"])
    assert withdrawn.startswith("Withdrawn: ")
    journey.tick(proposed["Match"])
    journey.run()
    assert journey.status(proposed["Match"]) == withdrawn, "why it was withdrawn stays to be read"
    if how == "edited away and back":
        journey.edit(address, topics=answer["topics"], seeks=answer["seeks"])
    elif how == "row deleted and restored":
        journey.submit(answer)
    else:
        journey.submit({**answer, "submitted_at": answer["submitted_at"] + 0.2})
    journey.run()
    assert journey.letters() == [], "nobody has looked at it since it came back"
    new = journey.row("Kortrijk", "Lysekil")
    assert new["Match"] != proposed["Match"]
    assert new["Approve"] is False
    assert new["Status"].startswith(f"Proposed: please check: {proposed['Match']} was withdrawn; the two fit again")
    assert new["Why"].startswith(f"The answers are again what they were in {proposed['Match']}.\n")
    assert journey.status(proposed["Match"]).startswith(f"Out of date: see {new['Match']}")
    journey.tick(new["Match"])
    journey.run()
    assert [match for match, _ in journey.letters()] == [new["Match"]]
    journey.run()  # cells that stand on rows may follow a run later
    assert (journey.run().summary, len(journey.letters())) == ("", 1)


def test_the_officers_personal_line_is_in_the_letter(journey: Any, proposed: dict[str, Any]) -> None:
    journey.tick(proposed["Match"], "Message", "We met you both in Ghent.\nDo write soon!")
    journey.tick(proposed["Match"])
    journey.run()
    text = journey.texts()[0]
    assert "We met you both in Ghent." in text
    assert "Do write soon!" in text


def test_a_row_edited_by_hand_does_not_approve_and_says_which_cell(journey: Any, proposed: dict[str, Any]) -> None:
    journey.tick(proposed["Match"], "Receiving organisation", "Some other organisation")
    journey.tick(proposed["Match"])
    assert journey.run().exit_code == 1
    assert journey.letters() == []
    assert "Receiving organisation was changed by hand" in journey.status(proposed["Match"])
    journey.tick(proposed["Match"], "Receiving organisation", proposed["Receiving organisation"])
    journey.run()
    assert len(journey.letters()) == 1


@pytest.mark.parametrize("cell", ["", "done", "M-AAAAAAAAAA"])
def test_a_row_whose_match_cell_was_overwritten_says_so_until_it_is_mended(
    journey: Any, proposed: dict[str, Any], cell: str
) -> None:
    journey.tick(proposed["Match"])
    journey.person.put("Review", proposed["#"], "Match", cell)
    assert journey.run().exit_code == 1
    (row,) = journey.review()
    assert row["Status"].startswith("Held: the cell Match was ")
    assert f"write {proposed['Match']} there" in row["Status"]
    assert journey.letters() == []
    assert journey.run().exit_code == 0
    assert journey.review() == [row]
    journey.person.put("Review", proposed["#"], "Match", proposed["Match"])
    journey.run()
    assert journey.status(proposed["Match"]).startswith("Introduced")
    assert len(journey.letters()) == 1


def test_a_row_whose_match_cell_was_overwritten_may_be_deleted(journey: Any, proposed: dict[str, Any]) -> None:
    journey.person.put("Review", proposed["#"], "Match", "done")
    journey.run()
    for title in journey.header("Review"):
        journey.person.put("Review", proposed["#"], title, "")
    journey.run()
    assert journey.status(proposed["Match"]).startswith("Proposed")


def test_a_run_names_what_is_newly_stuck_and_only_once(journey: Any, proposed: dict[str, Any]) -> None:
    journey.tick(proposed["Match"])
    journey.person.put("Review", proposed["#"], "Why", "I changed this")
    first = journey.run()
    assert first.exit_code == 1
    assert [status.match for status in first.stuck] == [proposed["Match"]]
    again = journey.run()
    assert again.exit_code == 0
    assert again.stuck == ()


def test_a_copied_row_approves_nothing_until_the_copy_is_gone(journey: Any, proposed: dict[str, Any]) -> None:
    journey.tick(proposed["Match"])
    row = journey.review()[0]
    header = journey.header("Review")
    for title in header:
        journey.person.put("Review", row["#"] + 1, title, row[title])
    assert journey.run().exit_code == 1
    assert journey.letters() == []
    assert journey.review()[0]["Status"].startswith("Held: this match stands on rows")


def test_a_row_with_a_made_up_id_is_reported_and_ignored(journey: Any, proposed: dict[str, Any]) -> None:
    journey.person.put("Review", proposed["#"] + 1, "Match", "M-AAAAAAAAAA")
    journey.person.put("Review", proposed["#"] + 1, "Approve", value=True)
    assert journey.run().exit_code == 1
    assert journey.letters() == []
    assert any("M-AAAAAAAAAA is ignored" in row["What"] for row in journey.person.rows("Problems"))


def test_a_deleted_row_comes_back_with_empty_boxes(journey: Any, proposed: dict[str, Any]) -> None:
    journey.tick(proposed["Match"])
    sheet = journey.person.sheet_id("Review")
    journey.person.batch(
        {"deleteDimension": {"range": {"sheetId": sheet, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}}}
    )
    journey.run()
    assert journey.letters() == []
    again = journey.row("Kortrijk", "Lysekil")
    assert again["Match"] == proposed["Match"]
    assert again["Approve"] is False


def delete_row(journey: Any, match: str) -> None:
    number = next(row["#"] for row in journey.review() if row["Match"] == match)
    sheet = journey.person.sheet_id("Review")
    where = {"sheetId": sheet, "dimension": "ROWS", "startIndex": number - 1, "endIndex": number}
    journey.person.batch({"deleteDimension": {"range": where}})


def test_a_declined_row_may_be_deleted_and_stays_away(journey: Any, proposed: dict[str, Any]) -> None:
    journey.tick(proposed["Match"], "Decline")
    journey.run()
    delete_row(journey, proposed["Match"])
    for _ in range(2):
        result = journey.run()
        assert journey.review() == []
        assert not result.summary
        assert result.plan is None or not result.plan.changes.before


@pytest.fixture
def trio(journey: Any, answer: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows of a visit of one organisation, and of the same visit joined by another."""
    formats = {"formats": "Study visit"}
    host = {"role": "Host visitors", "offers": "We show dual VET with companies.", "group_size": 12, **formats}
    send = {"seeks": "We want to learn how dual VET works.", "group_size": 4, "third_party": "Yes", **formats}
    send["role"] = "Send staff or learners"
    journey.submit(
        answer(1, organisation="Lysekil Vocational College", **host),
        answer(2, organisation="Kortrijk Training Centre", country="Belgium", city="Kortrijk", **send),
        answer(3, organisation="Tampere Adult Institute", country="Finland", city="Tampere", **send),
    )
    journey.run()
    three = next(row for row in journey.review() if row["Joining organisation"])
    two = next(
        row
        for row in journey.review()
        if not row["Joining organisation"] and row["Sending organisation"] == three["Sending organisation"]
    )
    return two, three


def test_variants_of_one_idea_stand_together_and_are_told_as_one_choice(
    journey: Any, trio: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    two, three = trio
    assert abs(two["#"] - three["#"]) == 1
    joining = three["Joining organisation"]
    assert f"one of these: {two['Match']} (this row) or {three['Match']} (with {joining})" in two["Status"]
    assert f"one of these: {three['Match']} (this row), {two['Match']} (without {joining})" in three["Status"]


@pytest.mark.parametrize("kept", [0, 1], ids=["two", "three"])
def test_ticking_two_variants_sends_neither_until_one_is_unticked(
    journey: Any, trio: tuple[dict[str, Any], dict[str, Any]], kept: int
) -> None:
    """A third party was silently left out when both were ticked."""
    for row in trio:
        journey.tick(row["Match"])
    assert journey.run().exit_code == 1
    assert journey.letters() == []
    for row in trio:
        assert journey.status(row["Match"]).startswith("Held: several variants of one idea are ticked")
    quiet = journey.run()
    assert (quiet.exit_code, quiet.summary) == (0, "")
    journey.tick(trio[1 - kept]["Match"], value=False)
    journey.run()
    ((match, recipients),) = journey.letters()
    assert (match, len(recipients)) == (trio[kept]["Match"], 2 + kept)
    assert journey.status(trio[1 - kept]["Match"]).startswith("Withdrawn: these organisations were introduced on")


def test_a_third_who_comes_later_is_proposed_below_the_row_of_the_two(journey: Any, sides: Any, answer: Any) -> None:
    both = {"formats": "Study visit", "group_size": 4, "third_party": "Yes"}
    journey.submit(*sides(host={"formats": "Study visit", "group_size": 12}, send=both))
    journey.submit(
        answer(5, organisation="Aarhus Vocational School", country="Denmark", **HOST | {"formats": "Study visit"}),
    )
    journey.run()
    two = journey.row("Kortrijk", "Lysekil")
    third = {"role": "Send staff or learners", "seeks": "We want to learn how dual VET works with companies."}
    journey.submit(
        answer(3, organisation="Tampere Adult Institute", country="Finland", city="Tampere", **third, **both)
    )
    assert journey.run().exit_code == 0
    rows = journey.review()
    (top,) = (number for number, row in enumerate(rows) if row["Match"] == two["Match"])
    assert "with Tampere Adult Institute" in rows[top]["Status"]
    below = rows[top + 1 : top + 3]
    assert any(row["Joining organisation"] for row in below)
    for row in rows:
        assert ("Tampere" in row["Sending organisation"] + row["Joining organisation"]) is (row in below), rows


def test_three_who_were_declined_together_are_not_proposed_again_after_an_edit(journey: Any, answer: Any) -> None:
    formats = {"formats": "Study visit"}
    host = {"role": "Host visitors", "offers": "We show dual VET with companies.", "group_size": 12, **formats}
    send = {"seeks": "We want to learn how dual VET works.", "group_size": 4, "third_party": "Yes", **formats}
    send["role"] = "Send staff or learners"
    journey.submit(
        answer(1, organisation="Lysekil Vocational College", **host),
        answer(2, organisation="Kortrijk Training Centre", country="Belgium", city="Kortrijk", **send),
        answer(3, organisation="Tampere Adult Institute", country="Finland", city="Tampere", **send),
    )
    journey.run()
    (three,) = (row for row in journey.review() if row["Joining organisation"])
    journey.tick(three["Match"], "Decline")
    journey.run()
    journey.edit("office@organisation-3.example", seeks="We want to see dual VET with companies and schools.")
    journey.run()
    assert [row["Match"] for row in journey.review() if row["Joining organisation"]] == [three["Match"]]


def test_ask_first_sends_a_neutral_question_and_introduces_after_the_noted_yes(journey: Any, sides: Any) -> None:
    journey.submit(*sides(host={"share_contact": "Ask me first each time"}))
    journey.run()
    row = journey.row("Kortrijk", "Lysekil")
    journey.tick(row["Match"])
    journey.run()
    assert [recipients for _, recipients in journey.letters()] == [("office@organisation-1.example",)]
    assert "Kortrijk" not in journey.texts()[0]
    assert "organisation-2" not in journey.texts()[0]
    assert "was asked on" in journey.status(row["Match"])
    journey.run()
    assert len(journey.letters()) == 1

    journey.tick(row["Match"], "Agreed")
    journey.run()
    assert [recipients for _, recipients in journey.letters()][1] == (
        "office@organisation-2.example",
        "office@organisation-1.example",
    )
    assert journey.status(row["Match"]).startswith("Introduced")


def test_a_refusal_declines_the_match(journey: Any, sides: Any) -> None:
    journey.submit(*sides(host={"share_contact": "Ask me first each time"}))
    journey.run()
    row = journey.row("Kortrijk", "Lysekil")
    journey.tick(row["Match"])
    journey.run()
    journey.tick(row["Match"], "Refused")
    journey.run()
    assert journey.status(row["Match"]).startswith("Declined")
    assert len(journey.letters()) == 1

    journey.edit("office@organisation-1.example", offers="We show dual VET with many companies.")
    journey.run()
    assert [one["Match"] for one in journey.review()] == [row["Match"]], "a no is not asked about again"


def test_by_hand_becomes_a_proposal_with_its_own_tick_and_opens_a_pair_again(
    journey: Any, proposed: dict[str, Any]
) -> None:
    journey.tick(proposed["Match"])
    journey.run()
    assert len(journey.letters()) == 1

    line = {"Sending organisation": "kortrijk training centre", "Receiving organisation": "Lysekil Vocational College"}
    for title, name in line.items():
        journey.person.put("By hand", 2, title, name)
    journey.run()
    again = next(row for row in journey.review() if row["Match"] != proposed["Match"])
    assert again["Why"].startswith("Proposed by hand.\n")
    assert len(journey.letters()) == 1
    journey.tick(again["Match"])
    journey.run()
    assert len(journey.letters()) == 2
    journey.run()
    assert len(journey.review()) == 2


def by_hand(journey: Any, sending: str, receiving: str) -> None:
    journey.person.put("By hand", 2, "Sending organisation", sending)
    journey.person.put("By hand", 2, "Receiving organisation", receiving)


def test_a_line_by_hand_for_an_open_proposal_is_used_up_with_it(journey: Any, proposed: dict[str, Any]) -> None:
    by_hand(journey, "Kortrijk Training Centre", "Lysekil Vocational College")
    journey.run()
    journey.tick(proposed["Match"])
    journey.run()
    assert len(journey.letters()) == 1
    journey.run()
    assert [row["Match"] for row in journey.review()] == [proposed["Match"]]


def test_one_organisation_on_both_sides_by_hand_is_a_problem_and_no_proposal(journey: Any, sides: Any) -> None:
    first, second = sides()
    journey.submit(first, second, {**second, "email": "training@organisation-2.example", "role": "Host visitors"})
    by_hand(journey, "Kortrijk Training Centre", "Kortrijk Training Centre")
    journey.run()
    assert not any(row["Receiving organisation"].startswith("Kortrijk") for row in journey.review())
    assert any("the same" in row["What"] for row in journey.person.rows("Problems"))


def test_an_unknown_name_by_hand_is_a_problem_that_names_the_cell(journey: Any, proposed: dict[str, Any]) -> None:
    journey.person.put("By hand", 2, "Sending organisation", "Nowhere Vocational College")
    journey.person.put("By hand", 2, "Receiving organisation", proposed["Receiving organisation"])
    assert journey.run().exit_code == 1
    problem = next(row for row in journey.person.rows("Problems") if "Nowhere Vocational College" in row["What"])
    assert problem["Where"] == "By hand, row 2, Sending organisation"
    assert "Did you mean: Lysekil Vocational College?" in problem["What to do"]


def test_rehearsal_goes_to_one_address_once_and_leaves_the_match_unsent(journey: Any, proposed: dict[str, Any]) -> None:
    rehearsal = {"MATCHMAKER_MAIL__REHEARSAL_TO": "officer@secretariat.example"}
    journey.tick(proposed["Match"])
    journey.run(**rehearsal)
    journey.run(**rehearsal)
    assert [recipients for _, recipients in journey.letters()] == [("officer@secretariat.example",)]
    assert journey.status(proposed["Match"]).startswith("Approved: waits, rehearsed on")
    journey.run()
    assert len(journey.letters()[1][1]) == 2
    assert journey.status(proposed["Match"]).startswith("Introduced")


def test_without_sending_an_approved_match_waits_and_says_so(journey: Any, proposed: dict[str, Any]) -> None:
    journey.tick(proposed["Match"])
    journey.run(sending=False)
    assert journey.letters() == []
    status = journey.status(proposed["Match"])
    assert status.startswith("Approved: waits, letters are switched off")
    assert "untick Approve to stop it" in status


def test_the_daily_limit_makes_the_rest_wait(journey: Any, answer: Any, sides: Any) -> None:
    third = answer(
        3,
        organisation="Tampere Adult College",
        country="Finland",
        role="Send staff or learners",
        seeks=proposed_seeks(),
    )
    journey.submit(*sides(), third)
    journey.run()
    rows = journey.review()
    assert len(rows) == 2
    for row in rows:
        journey.tick(row["Match"])
    journey.run(MATCHMAKER_MAIL__MAX_PER_DAY="1")
    assert len(journey.letters()) == 1
    assert sorted(row["Status"].split()[0].rstrip(":") for row in journey.review()) == ["Approved", "Introduced"]
    assert any("waits, daily limit" in row["Status"] for row in journey.review())


def test_a_match_that_was_introduced_gets_a_row_in_exchanges(journey: Any, proposed: dict[str, Any]) -> None:
    journey.tick(proposed["Match"])
    journey.run()
    rows = journey.person.rows("Exchanges")
    assert [row["Match"] for row in rows] == [proposed["Match"]]
    assert rows[0]["Status"].startswith("Introduced on")


def test_whoever_wants_only_spain_may_go_to_catalonia(journey: Any, sides: Any) -> None:
    wish = {"target_countries": "Spain", "target_strict": "Yes - only these"}
    journey.submit(*sides(host={"country": "Spain", "region": "Catalonia", "city": "Barcelona"}, send=wish))
    journey.run()
    assert journey.row("Kortrijk", "Lysekil")["Status"].startswith("Proposed")


def test_a_partner_nobody_knows_becomes_an_invitation_to_write(journey: Any, sides: Any) -> None:
    journey.submit(*sides(send={"target_organisation": "Zagreb Centre for Lifelong Learning"}))
    journey.run()
    invited = next(row for row in journey.person.rows("Unmet demand") if "Zagreb" in row["What"])
    assert invited["Asked for by"] == "Kortrijk Training Centre"
    assert "Dear colleagues, Kortrijk Training Centre would like to learn from you" in invited["Note"]
