"""A newcomer fills in the form in the browser, and the answer stands in the spreadsheet."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipeline.sandbox.app import Sandbox

pytestmark = pytest.mark.browser


def test_an_answer_given_in_the_browser_becomes_a_row(page: Page, sandbox: Sandbox, watched: Any) -> None:
    page.goto(f"{sandbox.web}/answer")
    page.get_by_label("Email Address").fill("coordinator@school.example")
    page.get_by_label("New entry", exact=True).check()
    page.get_by_label("Contact person", exact=False).first.fill("International coordinator")
    page.get_by_label("Organisation name in English").fill("Invented School & <i>Sons</i>")
    page.get_by_label("Company").check()
    page.get_by_label("Country", exact=False).first.select_option("Sweden")
    page.get_by_label("City").fill("Borås")
    page.get_by_label("Member", exact=True).check()
    page.get_by_label("Send and host").check()
    page.get_by_label("Apprentices", exact=True).check()
    page.get_by_label("Job shadowing").check()
    page.get_by_label("Study visit").check()
    page.get_by_label("Career guidance").check()
    page.get_by_label("Topics (up to four): other").fill("Beekeeping")
    page.get_by_label("Earliest date").fill("2027-05-03")
    page.get_by_label("English", exact=True).check()
    page.get_by_role("group", name="Does it involve people").get_by_label("No", exact=True).check()
    page.get_by_role("group", name="May we give your contact").get_by_label("Yes").check()
    page.get_by_role("group", name="May we publish").get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Send", exact=True).press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("1 question needs another look")
    expect(page.get_by_label("Organisation name in English")).to_have_value("Invented School & <i>Sons</i>")
    expect(page.get_by_label("Topics (up to four): other")).to_have_value("Beekeeping")
    expect(page.get_by_label("Study visit")).to_be_checked()
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Send", exact=True).press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Thank you")
    page.get_by_role("link", name="See it in the spreadsheet").click()
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("Invented School & <i>Sons</i>")
    expect(row).to_contain_text("Job shadowing, Study visit")
    expect(row).to_contain_text("Career guidance, Beekeeping")
    expect(row).to_contain_text("5/3/2027")
    # the browser notes aloud that the incomplete answer was refused
    assert len(watched.complaints) == 1
    assert "422" in watched.complaints.pop()
