"""The letters that went out can be read as text, as a mail program shows them, and as they travelled."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipeline.sandbox.app import Sandbox

pytestmark = pytest.mark.browser

HTML = """<html><body style="background:#eef"><h1>You fit together</h1>
<img src="http://evil.example/pixel.png"><a href="http://evil.example">x</a>
<script>document.title = "taken over"; parent.document.title = "taken over"</script></body></html>"""


def post(sandbox: Sandbox, subject: str, html: str | None = None, text: str = "Dear colleagues,\n\nhello.\n") -> None:
    message = EmailMessage()
    message["From"] = "Mobility Matchmaking (sandbox) <matchmaking@sandbox.example>"
    message["To"] = "Samordnare <a@boras.example>, Coordination <b@centre.example>"
    message["Subject"] = subject
    message["X-Match-Id"] = "M-1"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP(sandbox.smtp_host, sandbox.smtp_port) as connection:
        connection.send_message(message, "matchmaking@sandbox.example", ["a@boras.example", "journal@sandbox.example"])


def test_reading_a_letter_in_every_way(page: Page, sandbox: Sandbox) -> None:
    post(sandbox, "First")
    post(sandbox, "Introduction: Borås and Gent", HTML.replace("<script", "<!--").replace("</script>", "-->"))
    page.goto(f"{sandbox.web}/mail")
    expect(page.locator("#letters a .subject")).to_have_text(["Introduction: Borås and Gent", "First"])
    expect(page.locator(".badge:visible")).to_have_text("2")
    expect(page.get_by_role("tabpanel")).to_contain_text("Dear colleagues,")
    page.get_by_role("tab", name="Envelope").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("<journal@sandbox.example>")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Headers")).to_be_focused()
    expect(page.get_by_role("tabpanel")).to_contain_text("X-Match-Id: M-1")
    expect(page.get_by_role("tabpanel")).to_contain_text("=?utf-8?q?Bor=C3=A5s?=")
    page.get_by_role("link", name="First").click()
    expect(page.locator("h2")).to_have_text("First")
    expect(page.get_by_role("tab", name="HTML")).to_have_count(0)


def test_html_is_shown_and_can_do_nothing(sandbox: Sandbox, watched: Any) -> None:
    page: Page = watched.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    post(sandbox, "Hostile <b>subject</b>", HTML, text="<script>alert(1)</script>")
    page.goto(f"{sandbox.web}/mail")
    expect(page.locator("h2")).to_have_text("Hostile <b>subject</b>")
    expect(page.get_by_role("tabpanel")).to_have_text("<script>alert(1)</script>")
    page.get_by_role("tab", name="HTML").click()
    expect(page.locator("iframe")).to_have_attribute("sandbox", "")
    letter = page.frame_locator("iframe")
    expect(letter.get_by_role("heading", name="You fit together")).to_be_visible()
    expect(letter.locator("body")).to_have_css("background-color", "rgb(238, 238, 255)")
    page.get_by_role("button", name="Show at phone width").click()
    expect(page.locator(".stage")).to_have_class("stage narrow")
    expect(page).to_have_title("Letters · Sandbox")
    # the browser says aloud that it refused the script and the picture: the proof, not a complaint
    refused: list[str] = []
    for _ in range(1200):
        refused = [text for text in watched.complaints if "sandboxed" in text or "Content Security Policy" in text]
        if len(refused) >= 2:
            break
        page.wait_for_timeout(50)
    assert len(refused) >= 2
    watched.complaints = [text for text in watched.complaints if text not in refused]
    # a refused request is announced and fails before it leaves; nothing of it was answered
    watched.hosts.discard("evil.example")
    assert not [url for url in asked if "evil.example" in url and not url.endswith("pixel.png")]


def test_new_letters_appear_by_themselves(page: Page, sandbox: Sandbox) -> None:
    page.goto(f"{sandbox.web}/mail")
    expect(page.locator("#none")).to_be_visible()
    expect(page.locator("#none code")).to_contain_text("matchmaker --config")
    post(sandbox, "Just arrived")
    expect(page.get_by_role("link", name="Just arrived")).to_be_visible()


def test_on_a_phone_list_and_letter_take_turns(page: Page, sandbox: Sandbox) -> None:
    page.set_viewport_size({"width": 375, "height": 720})
    post(sandbox, "Small")
    page.goto(f"{sandbox.web}/mail")
    page.get_by_role("link", name="Small").click()
    expect(page.locator("h2")).to_be_visible()
    expect(page.locator("#letters")).not_to_be_visible()
    page.get_by_role("link", name="All letters").click()
    expect(page.locator("#letters")).to_be_visible()
