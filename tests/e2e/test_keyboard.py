"""The whole conversation without a mouse."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.e2e.people import PASSWORD, Person, email_of
from tests.e2e.stage import FIRST, Stage

MOST_STEPS = 60
"""Presses of Tab that a page of the shop may need from end to end."""


def tab_to(person: Person, target: Locator, key: str = "Tab") -> None:
    """Press Tab until ``target`` has the focus; whatever has it on the way must show it."""
    expect(target).to_be_visible()
    passed = []
    for _ in range(MOST_STEPS):
        person.page.keyboard.press(key)
        passed.append(person.focused())
        assert passed[-1] == "nothing" or person.outlined(), f"{passed[-1]} shows no focus"
        if target.evaluate("(element) => element.getRootNode().activeElement === element"):
            return
    raise AssertionError(f"{target} was not reached: {passed}")


def press(person: Person, *keys: str) -> None:
    for key in keys:
        person.page.keyboard.press(key)


def typer(person: Person) -> Callable[[str], None]:
    return person.page.keyboard.type


def test_visitor_and_agent_need_no_mouse(answering: Stage) -> None:
    ann = answering.agent("Ann", signed_in=False)
    expect(ann.email).to_be_focused()
    typer(ann)(email_of("Ann"))
    press(ann, "Tab")
    expect(ann.password).to_be_focused()
    typer(ann)(PASSWORD)
    press(ann, "Enter")
    expect(ann.inbox).to_be_visible()
    ann.connected()

    visitor = answering.visitor()
    tab_to(visitor, visitor.launcher)
    press(visitor, "Enter")
    expect(visitor.field).to_be_focused()
    typer(visitor)("How long does delivery take?")
    press(visitor, "Enter")
    expect(visitor.bubbles).to_have_count(2)
    expect(visitor.field).to_be_focused()
    tab_to(visitor, visitor.person, "Shift+Tab")
    press(visitor, "Enter")
    expect(visitor.panel).to_contain_text("A person has been asked to come.")
    # The button is gone; the focus is not lost with it.
    expect(visitor.field).to_be_focused()

    expect(ann.rows).to_have_count(1)
    press(ann, "j")
    expect(ann.bubbles).to_have_count(2)
    press(ann, "a")
    expect(ann.page.locator(".pill-mine")).to_be_visible()
    expect(ann.field).to_be_focused()
    typer(ann)("Hello, this is Ann.")
    press(ann, "Shift+Enter")
    typer(ann)("How can I help?")
    press(ann, "Enter")
    expect(visitor.bubbles.last).to_have_text("Hello, this is Ann.\nHow can I help?")

    press(ann, "Escape")
    expect(ann.field).not_to_be_focused()
    press(ann, "n")
    expect(ann.field).to_be_focused()
    typer(ann)("A friendly one")
    press(ann, "Enter", "Escape", "/")
    expect(ann.page.get_by_role("listbox", name="Canned replies")).to_be_visible()
    press(ann, "Escape")
    expect(ann.page.get_by_role("listbox", name="Canned replies")).to_have_count(0)
    press(ann, "Backspace")
    expect(ann.field).to_have_value("")

    typer(visitor)("Thank you, that is all.")
    press(visitor, "Enter")
    expect(ann.bubbles.last).to_have_text("Thank you, that is all.")
    press(ann, "Escape")
    tab_to(ann, ann.close_button, "Shift+Tab")
    press(ann, "Enter")
    expect(visitor.event("Ann closed the conversation")).to_be_visible()
    tab_to(visitor, visitor.panel.get_by_role("button", name="Write again"), "Shift+Tab")
    press(visitor, "Enter")
    expect(visitor.field).to_be_focused()

    press(visitor, "Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()
    press(ann, "Escape")
    expect(ann.page.get_by_text("Choose a conversation")).to_be_visible()


def test_every_part_of_the_panel_is_reached_in_the_order_of_the_screen(stage: Stage) -> None:
    stage.agent("Ann")
    visitor = stage.visitor()
    visitor.launcher.focus()
    press(visitor, "Enter")
    expect(visitor.person).to_be_visible()
    expect(visitor.field).to_be_focused()
    typer(visitor)("x")
    expect(visitor.panel.get_by_role("button", name="Send")).to_be_enabled()
    press(visitor, "Tab")
    backwards = [visitor.focused()]
    for _ in range(5):
        press(visitor, "Shift+Tab")
        assert visitor.outlined(), backwards
        backwards.append(visitor.focused())
    assert backwards == [
        "button Send",
        "textarea Your message",
        "button Talk to a person",
        "log Messages",
        "button Close chat",  # in the panel's corner
        "button Close chat",  # the launcher
    ]


def test_escape_closes_one_thing_at_a_time(stage: Stage) -> None:
    visitor = stage.visitor().open()
    visitor.panel.get_by_role("button", name="Leave a message").press("Enter")
    expect(visitor.panel.get_by_label("Your message")).to_be_focused()
    typer(visitor)("Half a thought")
    press(visitor, "Escape")
    expect(visitor.panel).to_be_visible()
    expect(visitor.field).to_have_value("Half a thought")
    expect(visitor.field).to_be_focused()
    press(visitor, "Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()
    press(visitor, "Enter")
    expect(visitor.field).to_have_value("Half a thought")


def test_the_list_of_shortcuts_opens_and_closes_by_key(stage: Stage) -> None:
    ann = stage.agent("Ann")
    press(ann, "?")
    help_dialog = ann.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_dialog).to_be_visible()
    press(ann, "2")
    expect(ann.tab("Waiting")).to_have_attribute("aria-selected", "true")
    press(ann, "Escape")
    expect(ann.page.locator("dialog")).to_have_count(0)
    press(ann, "2")
    expect(ann.tab("Mine")).to_have_attribute("aria-selected", "true")
    ann.tab("Mine").focus()
    press(ann, "ArrowRight")
    expect(ann.tab("All open")).to_be_focused()
    expect(ann.tab("All open")).to_have_attribute("aria-selected", "true")


def test_the_list_is_walked_by_tab_and_by_letter(stage: Stage) -> None:
    ann = stage.agent("Ann")
    for number in range(3):
        visitor = stage.visitor().open()
        visitor.ask(f"Question {number}")
        visitor.person.click()
        expect(ann.rows).to_have_count(number + 1)
    order = [re.sub(r"\s+", " ", text) for text in ann.rows.all_inner_texts()]
    assert ["Question 0" in order[0], "Question 2" in order[2]] == [True, True]
    press(ann, "j", "j")
    expect(ann.bubbles).to_have_text(["Question 1"])
    press(ann, "k")
    expect(ann.bubbles).to_have_text(["Question 0"])
    press(ann, "Escape")
    expect(ann.row("Question 0")).to_be_focused()
    press(ann, "Tab")
    expect(ann.row("Question 1")).to_be_focused()
    press(ann, "Enter")
    expect(ann.bubbles).to_have_text(["Question 1"])
    assert FIRST not in ann.thread.inner_text()
