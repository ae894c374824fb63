"""Makes the picture of the review tab for the README: a real sandbox, real runs, a real browser.

    python tools/review_picture.py docs/review.png

Needs a Chromium: named in the environment variable CHROMIUM, or on the search path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from pipeline.sandbox.app import Sandbox

SIZE = {"width": 1440, "height": 810}
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def matchmaker(sandbox: Sandbox, command: str) -> None:
    """Run one command on the sandbox; 1 only says that somebody is needed, which is the point of the picture."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--config", str(sandbox.config_path), command], check=False
    )
    if done.returncode not in (0, 1):
        raise SystemExit(done.returncode)


def approve(page: Page, row: int) -> None:
    """Tick a row as a person does."""
    page.get_by_role("checkbox", name=f"Approve, row {row}", exact=True).check()
    expect(page.locator("#status")).to_have_text("Saved")


def main(target: Path) -> None:
    """Write the picture."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as directory,
        Sandbox(Path(directory), sample=True) as sandbox,
        sync_playwright() as playwright,
    ):
        matchmaker(sandbox, "init")
        matchmaker(sandbox, "run")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport=SIZE, device_scale_factor=1.5)  # type: ignore[arg-type]
        page.goto(f"{sandbox.web}/#Review")
        approve(page, 2)
        approve(page, 4)
        matchmaker(sandbox, "run")
        expect(page.locator('td[data-row="1"][data-column="0"]')).to_contain_text("Introduced")
        approve(page, 3)
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
