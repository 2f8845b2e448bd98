"""Nobody is at the console: the visitor is told so first, and nothing they leave is lost."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.stage import Stage

QUESTION = "Can you engrave a lamp for a wedding?"


def test_a_visitor_is_told_that_nobody_is_here_before_a_person_is_offered(stage: Stage) -> None:
    visitor = stage.visitor().open()
    expect(visitor.panel.locator(".header")).to_contain_text("No one is here right now")
    expect(visitor.person).to_have_count(0)
    visitor.panel.get_by_role("button", name="Leave a message").click()
    expect(visitor.panel).to_contain_text("we answer it here as soon as someone is back")
    # Before anything was left, nothing was sent.
    assert visitor.sockets == []


def test_message_and_address_are_kept_for_the_agent_who_comes_later(stage: Stage) -> None:
    visitor = stage.visitor().open()
    visitor.panel.get_by_role("button", name="Leave a message").click()
    visitor.panel.get_by_label("Your message").fill(QUESTION)
    visitor.panel.get_by_label("E-mail address").fill("not an address")
    visitor.panel.get_by_role("button", name="Leave message").click()
    expect(visitor.panel.get_by_role("alert")).to_have_text(
        "This does not look like an e-mail address."
    )
    visitor.panel.get_by_label("E-mail address").fill("kim@example.org")
    visitor.panel.get_by_role("button", name="Leave message").click()
    expect(visitor.own).to_have_text([QUESTION])
    expect(visitor.event("We can also reach you at kim@example.org")).to_be_visible()
    expect(visitor.panel).to_contain_text("Your message is kept, and answered here.")
    visitor.page.close()

    ann = stage.agent("Ann")
    expect(ann.rows).to_have_count(1)
    ann.pick()
    expect(ann.bubbles.first).to_have_text(QUESTION)
    expect(ann.page.locator(".conversation-head")).to_contain_text("kim@example.org")
    expect(ann.happened.filter(has_text="kim@example.org")).to_have_count(1)
    ann.accept()
    ann.say("We can, in brass.")

    back = visitor.watch(visitor.context.new_page())
    back.goto(f"{visitor.shop}/contact")
    launcher = back.locator("straks-chat .launcher")
    expect(launcher).to_have_accessible_name(re.compile(r"Open chat \(\d\)"))
    launcher.click()
    expect(back.locator("straks-chat .message .bubble").last).to_have_text("We can, in brass.")


def test_the_widget_sees_agents_come_and_go(stage: Stage) -> None:
    visitor = stage.visitor().open()
    visitor.ask(QUESTION)
    header = visitor.panel.locator(".header")
    expect(header).to_contain_text("No one is here right now")
    ann = stage.agent("Ann")
    expect(header).to_contain_text("We are here now")
    expect(visitor.person).to_be_visible()
    ann.page.close()
    expect(header).to_contain_text("No one is here right now")
    expect(visitor.person).to_have_count(0)


def test_an_address_can_be_left_while_waiting(stage: Stage) -> None:
    ann = stage.agent("Ann")
    visitor = stage.visitor().open()
    visitor.ask(QUESTION)
    visitor.person.click()
    expect(visitor.panel).to_contain_text("A person has been asked to come.")
    ann.page.close()
    expect(visitor.panel).to_contain_text("Your message is kept, and answered here.")
    visitor.panel.get_by_label("E-mail address").fill("kim@example.org")
    visitor.panel.get_by_role("button", name="Save").click()
    expect(visitor.event("We can also reach you at kim@example.org")).to_be_visible()
    expect(visitor.panel.get_by_label("E-mail address")).to_have_count(0)
