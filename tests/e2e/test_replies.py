"""What a visitor may say next, at the press of a button."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.e2e.carried import CHOICES, LONG, QUESTIONS, REPLIES, UNCLEAR
from tests.e2e.people import Visitor
from tests.e2e.stage import PHONE, Stage

QUESTION = QUESTIONS["delivery-time"]
FINGER = 44
"""Pixels that a finger needs, each way."""


def replies(visitor: Visitor, name: str = "Suggested replies") -> Locator:
    return visitor.panel.get_by_role("group", name=name)


def test_pressing_a_reply_says_it_and_the_replies_are_gone(carrying: Stage) -> None:
    carrying.agent("Ann")
    visitor = carrying.visitor().open()
    visitor.ask(QUESTION)
    expect(replies(visitor).get_by_role("button")).to_have_text(REPLIES)
    visitor.page.reload()
    visitor.open()
    expect(replies(visitor).get_by_role("button")).to_have_text(REPLIES)

    carrying.server.kill()
    replies(visitor).get_by_role("button", name="Where is my order?").click()
    # At once, with no server there to take it.
    expect(visitor.own.last).to_have_text("Where is my order?")
    expect(replies(visitor)).to_have_count(0)
    expect(visitor.field).to_be_focused()
    carrying.server.start()
    expect(visitor.bubbles.last).to_contain_text("I can look that up.")
    assert visitor.own.all_inner_texts() == [QUESTION, "Where is my order?"]


def test_whatever_else_is_said_takes_the_replies_away(carrying: Stage) -> None:
    visitor = carrying.visitor().open()
    visitor.ask(QUESTION)
    expect(replies(visitor)).to_have_count(1)
    visitor.ask(QUESTION)
    expect(visitor.bubbles).to_have_count(4)
    # Under the last answer only.
    expect(replies(visitor)).to_have_count(1)
    asked = visitor.panel.locator(".message", has=visitor.page.locator(".replies"))
    expect(asked).to_contain_text("The answer: delivery-time.")
    visitor.ask(UNCLEAR)
    expect(replies(visitor)).to_have_count(0)


def test_near_ties_are_offered_and_one_is_chosen_by_keyboard(carrying: Stage) -> None:
    carrying.agent("Ann")
    visitor = carrying.visitor().open()
    visitor.ask(UNCLEAR)
    expect(visitor.bubbles.last).to_have_text("Did you mean one of these?")
    buttons = replies(visitor, "Did you mean one of these?").get_by_role("button")
    expect(buttons).to_have_text(CHOICES)
    press = visitor.page.keyboard.press
    # Backwards from the field: the way to a person, the second, the first.
    for stop in (visitor.person, buttons.nth(1), buttons.nth(0)):
        press("Shift+Tab")
        expect(stop).to_be_focused()
        assert visitor.outlined()
    press("Enter")
    expect(visitor.own.last).to_have_text(CHOICES[0])
    expect(visitor.bubbles.last).to_contain_text("The answer: delivery-time.")
    expect(buttons).to_have_count(0)
    # The focus is not lost with the button.
    expect(visitor.field).to_be_focused()
    said = [frame["data"] for frame in visitor.sent if frame.get("kind") == "message"]
    assert said[-1]["read"] == ["delivery-time"]


def test_a_closed_conversation_has_no_reply_to_press(carrying: Stage) -> None:
    ann = carrying.agent("Ann")
    visitor = carrying.visitor().open()
    visitor.ask(QUESTION)
    expect(replies(visitor)).to_have_count(1)
    ann.tab("All open").click()
    ann.pick()
    ann.accept()
    ann.close_button.click()
    expect(visitor.event("Ann closed the conversation")).to_be_visible()
    expect(replies(visitor).get_by_role("button")).to_have_count(len(REPLIES))
    for button in replies(visitor).get_by_role("button").all():
        expect(button).to_be_disabled()


def test_on_a_phone_replies_wrap_and_fit_a_finger(carrying: Stage) -> None:
    visitor = carrying.visitor(**PHONE)
    visitor.launcher.tap()
    visitor.ask(QUESTIONS["gift-wrapping"])
    expect(replies(visitor)).to_have_count(1)
    for button in replies(visitor).get_by_role("button").all():
        expect(button).to_be_in_viewport(ratio=1)
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= FINGER
        assert box["x"] + box["width"] <= 390
    assert visitor.width_left_over() == 0
    replies(visitor).get_by_role("button", name=LONG).tap()
    expect(visitor.own.last).to_have_text(LONG)
