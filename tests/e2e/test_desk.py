"""An agent has several conversations, several tabs, and colleagues at the same desk."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.people import PASSWORD, Visitor, email_of
from tests.e2e.stage import FIRST, Stage

SECOND = "Do you ship to Malta?"


def second_visitor(stage: Stage) -> Visitor:
    visitor = stage.visitor().open()
    visitor.ask(SECOND)
    visitor.person.click()
    return visitor


def test_who_looks_at_another_conversation_is_still_here_for_the_first(stage: Stage) -> None:
    visitor, ann = stage.meet()
    here = visitor.panel.locator(".presence")
    expect(here).to_have_class(re.compile("presence-here"))
    second = second_visitor(stage)
    ann.tab("Waiting").click()
    ann.pick(SECOND)
    ann.accept()
    expect(second.panel.locator(".presence")).to_have_class(re.compile("presence-here"))
    # Somebody who left is gone after five seconds: so long it must stay true.
    for _ in range(14):
        visitor.page.wait_for_timeout(500)
        expect(here).to_have_class(re.compile("presence-here"))
    # What is not on the screen is not read.
    visitor.ask("Still there?")
    expect(ann.row("Still there?")).to_be_visible()
    expect(visitor.deliveries.last).to_have_text("Sent")
    ann.pick("Still there?")
    expect(visitor.deliveries.last).to_have_text("Read")


def test_a_note_that_was_begun_never_ends_as_a_reply(stage: Stage) -> None:
    visitor, ann = stage.meet()
    second_visitor(stage)
    ann.mode("Note")
    ann.field.fill("He has not paid, ")
    ann.tab("Waiting").click()
    ann.pick(SECOND)
    ann.tab("Mine").click()
    ann.pick(FIRST)
    expect(ann.field).to_have_value("He has not paid, ")
    ann.field.press("End")
    ann.field.press_sequentially("be careful")
    ann.page.reload()
    expect(ann.field).to_have_value("He has not paid, be careful")
    ann.field.press("Enter")
    expect(ann.bubbles.last).to_have_text("He has not paid, be careful")
    ann.mode("Reply")
    ann.say("One moment.")
    expect(visitor.bubbles.last).to_have_text("One moment.")
    assert not any("paid" in frame for frame in visitor.raw)


def test_what_one_agent_wrote_is_never_said_by_the_next_who_signs_in(stage: Stage) -> None:
    visitor, ann = stage.meet()
    ann.mode("Note")
    stage.server.kill()
    ann.field.fill("A note of Ann")
    ann.field.press("Enter")
    ann.field.fill("A draft of Ann")
    stage.server.start()
    # In another tab, before this one is back: the cookie is Bo's from here on.
    ann.context.request.post(
        f"{stage.server.url}/v1/session",
        data={"email": email_of("Bo"), "password": PASSWORD},
        headers={"Origin": stage.server.url},
    )
    again = ann.page.get_by_role("dialog")
    if not again.is_visible():
        # It was quicker than Bo; the next connection is not.
        stage.server.restart()
    expect(again).to_be_visible()
    names = {frame["principal"]["name"] for frame in ann.frames if frame["type"] == "welcome"}
    assert names == {"Ann"}

    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_role("button", name="Sign in").click()
    expect(again).to_have_count(0)
    expect(ann.bubbles).to_have_text([FIRST, "A note of Ann"])
    expect(ann.field).to_have_value("A draft of Ann")
    bo = stage.agent("Bo")
    bo.tab("All open").click()
    bo.pick()
    expect(bo.bubbles).to_have_text([FIRST, "A note of Ann"])
    expect(bo.thread.locator(".group-head").last).to_contain_text("Ann")
    assert not any("of Ann" in frame for frame in visitor.raw)


def test_a_draft_is_kept_though_the_storage_is_full(stage: Stage) -> None:
    _visitor, ann = stage.meet()
    second_visitor(stage)
    ann.page.evaluate(
        """() => {
            for (const size of [1e6, 1e3, 1]) {
                try {
                    const text = "x".repeat(size);
                    for (let at = 0; ; at += 1) localStorage.setItem(`${size} ${at}`, text);
                } catch {}
            }
        }"""
    )
    ann.field.press_sequentially("I will look it up")
    ann.tab("Waiting").click()
    ann.pick(SECOND)
    ann.tab("Mine").click()
    ann.pick(FIRST)
    expect(ann.field).to_have_value("I will look it up")
