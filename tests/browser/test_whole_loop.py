"""An officer ticks an approval in the browser, cron runs, and the letter can be read: the whole loop as one sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipeline.adapters.sheets.setup import init
from pipeline.config import load_settings
from pipeline.run import run
from pipeline.sandbox.app import Sandbox
from pipeline.sandbox.person import Person
from pipeline.wiring import open_adapters

pytestmark = pytest.mark.browser


def cron(sandbox: Sandbox) -> None:
    settings = load_settings(sandbox.config_path, {})
    with open_adapters(settings) as outside:
        run(outside, settings)


def test_a_tick_in_the_page_becomes_a_letter_one_can_read(page: Page, tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sample", sample=True) as sandbox:
        settings = load_settings(sandbox.config_path, {})
        init(settings.sheets, settings.base)
        cron(sandbox)
        person = Person(sandbox.sheets_api, sandbox.spreadsheet_id)
        row = next(row for row in person.rows("Review") if "Vestland" in row["Sending organisation"])

        page.goto(sandbox.web)
        page.get_by_role("tab", name="Review").click()
        box = page.get_by_role("checkbox", name=f"Approve, row {row['#']}", exact=True)
        box.click()
        expect(page.locator("#status")).to_contain_text("Saved")
        cron(sandbox)

        page.goto(f"{sandbox.web}/mail")
        expect(page.locator("#letters a .subject")).to_have_count(1)
        expect(page.get_by_role("tabpanel")).to_contain_text("WHAT THEY WANT TO LEARN", ignore_case=True)
        expect(page.get_by_role("tabpanel")).to_contain_text("Multicompetent")
        page.get_by_role("tab", name="Envelope").click()
        expect(page.get_by_role("tabpanel")).to_contain_text("<kompetanse@vestland.example>")
        expect(page.get_by_role("tabpanel")).to_contain_text("<international@boras.example>")
        status = next(one["Status"] for one in person.rows("Review") if one["Match"] == row["Match"])
        assert status.startswith("Introduced")
