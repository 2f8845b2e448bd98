"""axe-core finds nothing wrong, in any state, light or dark, on a desk or a phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pytest
from playwright.sync_api import expect

from tests.e2e.carried import QUESTIONS, UNCLEAR
from tests.e2e.people import Agent, Person, Visitor
from tests.e2e.stage import PHONE, Context, Stage

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# The host page's policy must not keep axe-core out; that of the console has tests of its own.
DESK: Context = {"bypass_csp": True}
DEVICES = {"desktop": DESK, "phone": {**DESK, **PHONE}}

FEWEST = {"launcher": 1, "panel": 12, "console": 10}
"""Elements that axe-core must have looked at: fewer, and it has not seen our part of the page."""


def targets(found: Mapping[str, Any], kinds: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Name the elements that were looked at; those in a shadow root have more than one part."""
    return {
        tuple(part) if isinstance(part, list) else (part,)
        for kind in kinds
        for rule in found[kind]
        for node in rule["nodes"]
        for part in node["target"][:1]
    }


def explain(found: Mapping[str, Any]) -> list[str]:
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def expect_no_violation(person: Person, state: str, fewest: int) -> None:
    for theme in THEMES:
        person.page.emulate_media(color_scheme=theme)
        found = person.axe()
        assert explain(found) == [], f"{state}, {theme}"
        seen = targets(found, ("passes", "violations", "incomplete"))
        if isinstance(person, Visitor):
            seen = {target for target in seen if len(target) > 1 and "straks" in target[0]}
        assert len(seen) >= fewest, f"{state}, {theme}: only {sorted(seen)}"


def visitor_is_fine(visitor: Visitor, state: str) -> None:
    expect_no_violation(visitor, state, FEWEST["panel"])


def agent_is_fine(agent: Agent, state: str) -> None:
    expect_no_violation(agent, state, FEWEST["console"])


@pytest.mark.parametrize("device", DEVICES)
def test_no_state_of_the_widget_has_a_violation(answering: Stage, device: str) -> None:
    visitor = answering.visitor(**DEVICES[device])
    expect(visitor.launcher).to_be_visible()
    expect_no_violation(visitor, "launcher", FEWEST["launcher"])
    visitor.launcher.click()
    leave = visitor.panel.get_by_role("button", name="Leave a message")
    expect(leave).to_be_visible()
    visitor_is_fine(visitor, "nobody here")
    leave.click()
    visitor.panel.get_by_label("E-mail address").fill("not an address")
    visitor.panel.get_by_role("button", name="Leave message").click()
    visitor_is_fine(visitor, "leaving a message, with a mistake")
    visitor.panel.get_by_role("button", name="Cancel").click()

    ann = answering.agent("Ann")
    visitor.launcher.click() if device == "desktop" else visitor.page.reload()
    visitor.open()
    expect(visitor.person).to_be_visible()
    visitor_is_fine(visitor, "empty")
    visitor.ask("How long does delivery take?")
    expect(visitor.bubbles).to_have_count(2)
    visitor_is_fine(visitor, "asked whether it helped")
    visitor.panel.get_by_role("button", name="Yes").click()
    expect(visitor.panel).to_contain_text("Good to hear.")
    visitor_is_fine(visitor, "answered")
    visitor.field.fill("can i cancel")
    expect(visitor.suggestions).to_be_visible()
    visitor_is_fine(visitor, "suggestions")
    visitor.field.fill("")
    visitor.person.click()
    expect(visitor.panel).to_contain_text("A person has been asked to come.")
    visitor_is_fine(visitor, "waiting")
    ann.pick()
    ann.accept()
    ann.say("Hello, see https://example.com/help")
    expect(visitor.bubbles.last).to_contain_text("Hello, see")  # who has sent types no more
    ann.field.press_sequentially("A")
    expect(visitor.typing).to_be_visible()
    visitor_is_fine(visitor, "accepted, the agent types")
    visitor.field.fill("\u0085")
    visitor.field.press("Enter")
    expect(visitor.panel.locator(".failed")).to_be_visible()
    visitor_is_fine(visitor, "failed")
    ann.close_button.click()
    expect(visitor.event("Ann closed the conversation")).to_be_visible()
    visitor_is_fine(visitor, "closed")
    visitor.context.set_offline(True)
    expect(visitor.banner).to_be_visible()
    visitor_is_fine(visitor, "offline")


@pytest.mark.parametrize("device", DEVICES)
def test_nothing_that_answers_carry_has_a_violation(carrying: Stage, device: str) -> None:
    visitor = carrying.visitor(**DEVICES[device]).open()
    visitor.ask(QUESTIONS["delivery-time"])
    expect(visitor.panel.get_by_role("group", name="Suggested replies")).to_be_visible()
    visitor_is_fine(visitor, "replies")
    visitor.ask(UNCLEAR)
    expect(visitor.bubbles.last).to_have_text("Did you mean one of these?")
    visitor_is_fine(visitor, "choices")
    visitor.ask(QUESTIONS["assembly"])
    extra = visitor.panel.locator(".extra").first
    extra.get_by_role("button", name="Done, next").click()
    expect(extra).to_contain_text("Step 2 of 3")
    visitor_is_fine(visitor, "guide")
    for name in ("Done, next", "Done"):
        extra.get_by_role("button", name=name, exact=True).click()
    extra.locator("summary").click()
    expect(extra).to_contain_text("That was the last step.")
    visitor_is_fine(visitor, "guide at its end, opened again")
    visitor.ask(QUESTIONS["track-order"])
    form = visitor.panel.locator("form.extra")
    form.get_by_label("E-mail address").fill("kim@")
    form.get_by_role("button", name="Send").click()
    expect(form.locator(".fault")).to_have_count(2)
    visitor_is_fine(visitor, "form, with mistakes")
    form.get_by_label("Your order number").fill("7")
    form.get_by_label("E-mail address").fill("kim@example.org")
    form.get_by_role("button", name="Send").click()
    expect(visitor.panel.locator("dl")).to_be_visible()
    visitor_is_fine(visitor, "form, filled in")
    visitor.panel.get_by_role("button", name="Leave a message").click()
    expect(visitor.panel.locator(".reach")).to_be_visible()
    visitor_is_fine(visitor, "leaving a message, the address known")


@pytest.mark.parametrize("device", DEVICES)
def test_no_state_of_the_console_has_a_violation(answering: Stage, device: str) -> None:
    ann = answering.agent("Ann", signed_in=False, **DEVICES[device])
    ann.form.get_by_role("button", name="Sign in").click()
    expect(ann.problem).not_to_be_empty()
    expect_no_violation(ann, "sign-in, with a mistake", 6)
    ann.sign_in()
    expect(ann.inbox).to_contain_text("Nobody is waiting")
    agent_is_fine(ann, "empty inbox")

    visitor = answering.visitor().open()
    visitor.ask("How long does delivery take?")
    visitor.panel.get_by_role("button", name="No", exact=True).click()
    expect(ann.rows).to_have_count(1)
    agent_is_fine(ann, "inbox")
    ann.pick()
    agent_is_fine(ann, "waiting")
    ann.accept()
    ann.say("Hello")
    expect(visitor.bubbles.last).to_have_text("Hello")
    visitor.field.press_sequentially("I")
    expect(ann.typing).to_be_visible()
    agent_is_fine(ann, "conversation, the visitor types")
    ann.field.press_sequentially("/")
    expect(ann.page.get_by_role("listbox")).to_be_visible()
    agent_is_fine(ann, "canned replies")
    ann.field.fill("")
    ann.mode("Note")
    ann.say("A note")
    agent_is_fine(ann, "note")
    ann.mode("Reply")
    ann.close_button.click()
    expect(ann.reopen_button).to_be_visible()
    agent_is_fine(ann, "closed")
    if device == "phone":
        ann.page.get_by_role("button", name="Back to the list").click()
    ann.page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(ann.page.get_by_role("dialog")).to_be_visible()
    agent_is_fine(ann, "help")
