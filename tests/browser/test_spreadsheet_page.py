"""What a person does in the spreadsheet reaches the API as Google's page would send it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from pipeline.sandbox.app import Sandbox

pytestmark = pytest.mark.browser


def open_review(page: Page, sandbox: Sandbox) -> None:
    page.goto(f"{sandbox.web}/#Review")
    expect(page.get_by_role("tab", name="Review")).to_have_attribute("aria-selected", "true")


def cell(page: Page, row: int, column: int) -> Any:
    """By the numbers of the sheet, both from 0."""
    return page.locator(f'td[data-row="{row}"][data-column="{column}"]')


def saved(page: Page) -> None:
    expect(page.locator("#status")).to_have_text("Saved")


def test_ticking_with_the_mouse_approves(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    page.get_by_role("checkbox", name="Approve, row 3", exact=True).check()
    saved(page)
    assert [row[0] for row in review.rows()] == [False, True, False]
    assert review.rows()[1][0] is True
    page.get_by_role("checkbox", name="Approve, row 3", exact=True).uncheck()
    saved(page)
    assert [row[0] for row in review.rows()] == [False, False, False]


def test_the_page_stands_still_under_a_click(
    page: Page, sandbox: Sandbox, make_review: Callable[[list[list[str]]], Any]
) -> None:
    review = make_review([["", "Short", "", "", "M-1"], ["", "Long", "A long name " * 20, "Another " * 40, "M-2"]])
    open_review(page, sandbox)
    page.get_by_role("checkbox", name="Approve, row 3", exact=True).click()
    saved(page)
    assert [row[0] for row in review.rows()] == [False, True]


def test_ticking_and_writing_with_the_keyboard_alone(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    page.get_by_role("tab", name="Review").focus()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("checkbox", name="Approve, row 2", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    saved(page)
    expect(page.get_by_role("checkbox", name="Approve, row 3", exact=True)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("=1+1")
    page.keyboard.press("Enter")
    saved(page)
    expect(cell(page, 3, 2)).to_be_focused()
    assert review.rows()[1][:3] == [True, False, "=1+1"]
    values = review.call("GET", "/values/Review!C3?valueRenderOption=FORMULA")["values"]
    assert values == [["=1+1"]]
    expect(cell(page, 2, 2)).to_have_text("=1+1")


def test_text_stays_text_whatever_it_looks_like(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    for row, text in enumerate(("TRUE", "007", "+49 30 1234"), start=1):
        cell(page, row, 2).dblclick()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        saved(page)
    assert [row[2] for row in review.rows()] == ["TRUE", "007", "+49 30 1234"]


def test_escape_leaves_a_cell_as_it_was_and_lines_can_be_broken(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    cell(page, 1, 2).click()
    page.keyboard.type("never mind")
    page.keyboard.press("Escape")
    expect(cell(page, 1, 2)).to_be_focused()
    page.keyboard.press("F2")
    page.keyboard.type("one")
    page.keyboard.press("Alt+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Tab")
    saved(page)
    assert review.rows()[0][2] == "one\ntwo"


def test_sorting_by_the_menu_of_a_column(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    page.get_by_role("button", name="Column G: menu").click()
    page.get_by_role("menuitem", name="A to Z").click()
    saved(page)
    assert [row[6] for row in review.rows()] == ["M-1", "M-2", "M-3"]
    expect(cell(page, 1, 6)).to_have_text("M-1")
    expect(cell(page, 0, 6)).to_have_text("Match")
    page.get_by_role("button", name="Column G: menu").click()
    page.get_by_role("menuitem", name="Z to A").click()
    saved(page)
    assert [row[6] for row in review.rows()] == ["M-3", "M-2", "M-1"]


def test_inserting_and_deleting_by_keyboard(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    cell(page, 1, 2).click()
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menuitem", name="Insert row above")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Delete row 2")).to_be_focused()
    page.keyboard.press("Enter")
    saved(page)
    assert [row[6] for row in review.rows()] == ["M-3", "M-1"]
    page.keyboard.press("Shift+F10")
    page.get_by_role("menuitem", name="Insert column left").press("Enter")
    saved(page)
    expect(cell(page, 0, 3)).to_have_text("Message")
    page.keyboard.press("Shift+F10")
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(cell(page, 1, 2)).to_be_focused()


def test_a_tick_never_lands_on_a_row_that_moved_meanwhile(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    box = page.get_by_role("checkbox", name="Approve, row 2", exact=True)
    expect(box).to_be_visible()
    # the page has not yet seen what the program does now
    before = page.evaluate("fetch('/sandbox.json').then((answer) => answer.text())")
    page.route("**/sandbox.json", lambda route: route.fulfill(body=before, content_type="application/json"))
    review.change({"insertDimension": {"range": {"sheetId": 7, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}}})
    box.click()
    expect(page.locator("#status")).to_contain_text("Not saved")
    assert all(row[:1] in ([], [False], [""]) for row in review.rows())
    expect(cell(page, 2, 6)).to_have_text("M-2")


def test_quick_hands_lose_nothing(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    page.get_by_role("checkbox", name="Approve, row 2", exact=True).focus()
    for key in ("Space", "ArrowRight", "ArrowRight", "H", "i", "Enter", "ArrowLeft", "Space", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    saved(page)
    assert [row[:3] for row in review.rows()[:2]] == [[True, False, "Hi"], [True, True, ""]]


def test_of_two_quick_ticks_the_second_never_lands_on_a_moved_row(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    expect(page.get_by_role("checkbox", name="Approve, row 2", exact=True)).to_be_visible()
    row = {"sheetId": 7, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}

    def insert_after_the_first(route: Route) -> None:
        if route.request.method != "PUT":
            route.continue_()
            return
        answer = route.fetch()
        if review.rows()[0]:  # only once
            review.change({"insertDimension": {"range": row}})
        route.fulfill(response=answer)

    page.route("**/values/**", insert_after_the_first)
    page.evaluate("for (const box of [...document.querySelectorAll('tbody td input')].slice(0, 3)) box.click()")
    expect(page.locator("#status")).to_contain_text("Not saved")
    page.wait_for_timeout(300)
    ticked = [[cell is True for cell in row[:2]] for row in review.rows()]
    assert ticked == [[], [True, False], [False, False], [False, False]]
    expect(cell(page, 2, 6)).to_have_text("M-2")


def test_what_the_program_writes_shows_by_itself_with_its_colour(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    expect(cell(page, 2, 3)).to_have_css("background-color", "rgb(204, 255, 204)")
    review.call("PUT", "/values/Review!D2?valueInputOption=RAW", {"values": [["Introduced just now"]]})
    expect(cell(page, 1, 3)).to_have_text("Introduced just now")
    expect(cell(page, 1, 3)).to_have_css("background-color", "rgb(204, 255, 204)")


def test_a_cell_of_the_program_asks_before_it_is_changed(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    cell(page, 1, 3).dblclick()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    expect(page.locator("textarea.editor")).to_have_count(0)
    cell(page, 1, 3).dblclick()
    page.get_by_role("button", name="Edit anyway").click()
    expect(page.locator("textarea.editor")).to_be_focused()
    page.keyboard.type("!")
    page.keyboard.press("Enter")
    saved(page)
    assert review.rows()[0][3] == "Proposed!"


def test_hostile_text_is_text(
    page: Page, sandbox: Sandbox, make_review: Callable[[list[list[str]]], Any], watched: Any
) -> None:
    image = "<img src='http://evil.example/x.png' onerror='alert(1)'>"
    script = "</td></table><script>alert(2)</script><iframe src=http://evil.example></iframe>"
    make_review([[image, "javascript:alert(3)", script, "x" * 50_000, "M-1"], ["{{7*7}}", "\u202egnp.exe", "", "", ""]])
    open_review(page, sandbox)
    expect(cell(page, 1, 2)).to_have_text(image)
    cell(page, 1, 4).click()
    expect(page.locator("#what")).to_have_text(script)
    cell(page, 1, 5).click()
    expect(page.locator("#what")).to_have_text("x" * 50_000)
    assert page.locator("main img, main script, main iframe").count() == 0
    assert watched.hosts == {"127.0.0.1"}


def test_tabs_by_keyboard_and_by_address(page: Page, sandbox: Sandbox, review: Any) -> None:
    open_review(page, sandbox)
    page.get_by_role("tab", name="Review").click()
    expect(page.get_by_role("tab", name="Review")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Forms")).to_be_focused()
    expect(cell(page, 0, 0)).to_have_text("Form")
    page.goto(f"{sandbox.web}/#Review")
    expect(cell(page, 0, 0)).to_have_text("Approve")


@pytest.mark.parametrize("path", ["/#Review", "/mail", "/answer"])
def test_nothing_sticks_out_on_a_phone(page: Page, sandbox: Sandbox, review: Any, path: str) -> None:
    page.set_viewport_size({"width": 375, "height": 720})
    page.goto(f"{sandbox.web}{path}")
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
