"""A visitor tells whether an automatic answer helped; if it did not, a person is at hand."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.e2e.people import UNKNOWN, Visitor
from tests.e2e.stage import PHONE, Stage

QUESTION = "How long does delivery take?"
ANSWER = re.compile("Lamps leave our warehouse the same working day")
TITLE = "How long does delivery take?"
OTHER_QUESTION = "How do I return something?"
THANKS = "Good to hear. Ask on whenever you like."
FINGER = 44
"""Pixels that a finger needs, each way."""


def question(visitor: Visitor) -> Locator:
    return visitor.panel.get_by_role("group", name="Did this help?")


def button(visitor: Visitor, name: str) -> Locator:
    return question(visitor).get_by_role("button", name=name, exact=True)


def verdicts(visitor: Visitor) -> Locator:
    return visitor.panel.locator("p.verdict")


def answered(visitor: Visitor) -> Visitor:
    """Ask what there is an answer to, and see it asked back whether that helped."""
    visitor.open().ask(QUESTION)
    expect(visitor.bubbles.last).to_have_text(ANSWER)
    expect(question(visitor)).to_have_count(1)
    return visitor


def published(visitor: Visitor) -> list[str]:
    """Name the kinds of entries that came back to the visitor, in their order."""
    return [frame["entry"]["kind"] for frame in visitor.frames if frame["type"] == "entry"]


def test_yes_is_thanked_for_kept_and_calls_nobody(answering: Stage) -> None:
    ann = answering.agent("Ann")
    visitor = answered(answering.visitor())
    button(visitor, "Yes").click()
    expect(verdicts(visitor)).to_have_text([THANKS])
    expect(question(visitor)).to_have_count(0)
    # The way to a person stays what it was, and the talk goes on.
    expect(visitor.person).to_be_visible()

    visitor.page.reload()
    visitor.open()
    expect(visitor.bubbles).to_have_count(2)
    expect(verdicts(visitor)).to_have_text([THANKS])
    expect(question(visitor)).to_have_count(0)

    visitor.ask(OTHER_QUESTION)
    expect(visitor.bubbles).to_have_count(4)
    expect(question(visitor)).to_have_count(1)
    # What was thanked for keeps a small mark only: the talk is about another answer now.
    expect(verdicts(visitor)).to_have_text(["This helped"])

    expect(ann.tab("Waiting")).to_have_text("Waiting")
    ann.tab("All open").click()
    expect(ann.rows).to_have_count(1)
    expect(ann.rows).to_contain_text("Self-service")
    ann.pick()
    expect(ann.thread.locator(".verdict")).to_have_text(["Helped"])
    expect(ann.happened).to_have_count(0)
    assert "ask_human" not in published(visitor)


def test_no_brings_a_person_who_sees_what_did_not_help(answering: Stage) -> None:
    ann = answering.agent("Ann")
    visitor = answered(answering.visitor())
    button(visitor, "No").click()
    expect(visitor.event("You asked for a person")).to_be_in_viewport()
    expect(visitor.panel).to_contain_text("A person has been asked to come.")
    expect(verdicts(visitor)).to_have_text(["This did not help"])

    expect(ann.tab("Waiting")).to_have_text("Waiting1")
    expect(ann.rows).to_contain_text(QUESTION)
    ann.pick()
    expect(ann.bubbles).to_have_text([QUESTION, ANSWER])
    expect(ann.thread.locator(".group-bot .verdict")).to_have_text(["Did not help"])
    expect(ann.happened).to_have_text(
        [re.compile(f"Asked for a person. This answer did not help: “{re.escape(TITLE)}”")]
    )
    ann.accept()
    ann.say("Hello, this is Ann.")
    expect(visitor.bubbles.last).to_have_text("Hello, this is Ann.")
    for person in (visitor, ann):
        person.page.reload()
        expect(person.bubbles).to_have_count(3)
    visitor.open()
    expect(verdicts(visitor)).to_have_text(["This did not help"])
    expect(ann.thread.locator(".verdict")).to_have_text(["Did not help"])
    expect(question(visitor)).to_have_count(0)


def test_no_while_nobody_is_here_offers_to_leave_a_message(answering: Stage) -> None:
    visitor = answered(answering.visitor())
    button(visitor, "No").click()
    leave = visitor.panel.locator(".leave")
    expect(leave).to_contain_text("No one is here right now")
    expect(visitor.panel.get_by_label("Your message")).to_be_focused()
    # Nobody is promised before the visitor has left something.
    expect(visitor.event("You asked for a person")).to_have_count(0)
    visitor.panel.get_by_label("E-mail address").fill("kim@example.org")
    visitor.panel.get_by_role("button", name="Leave message").click()
    expect(visitor.event("We can also reach you at kim@example.org")).to_be_visible()
    expect(visitor.panel).to_contain_text("Your message is kept, and answered here.")
    expect(verdicts(visitor)).to_have_text(["This did not help"])

    ann = answering.agent("Ann")
    ann.pick()
    expect(ann.bubbles).to_have_text([QUESTION, ANSWER])
    expect(ann.thread.locator(".verdict")).to_have_text(["Did not help"])
    expect(ann.happened).to_contain_text(
        ["Left contact details: kim@example.org", f"This answer did not help: “{TITLE}”"]
    )


def test_who_would_rather_not_leave_a_message_is_not_asked_again(answering: Stage) -> None:
    visitor = answered(answering.visitor())
    button(visitor, "No").click()
    visitor.panel.get_by_role("button", name="Cancel").click()
    expect(verdicts(visitor)).to_have_text(["This did not help"])
    visitor.page.reload()
    visitor.open()
    expect(verdicts(visitor)).to_have_text(["This did not help"])
    expect(question(visitor)).to_have_count(0)


def test_the_keyboard_is_enough_and_never_lost(answering: Stage) -> None:
    answering.agent("Ann")
    visitor = answered(answering.visitor())
    expect(visitor.field).to_be_focused()
    press = visitor.page.keyboard.press
    # Backwards from the field: the way to a person, the replies to press, No, Yes.
    replies = visitor.panel.get_by_role("group", name="Suggested replies").get_by_role("button")
    expect(replies).to_have_count(2)
    backwards = (visitor.person, replies.nth(1), replies.nth(0))
    for stop in (*backwards, button(visitor, "No"), button(visitor, "Yes")):
        press("Shift+Tab")
        expect(stop).to_be_focused()
        assert visitor.outlined()
    press("Enter")
    expect(verdicts(visitor)).to_have_text([THANKS])
    # The button is gone; the focus is not lost with it.
    expect(visitor.field).to_be_focused()

    visitor.ask(OTHER_QUESTION)
    expect(question(visitor)).to_have_count(1)
    expect(replies).to_have_count(2)
    for stop in (*backwards, button(visitor, "No")):
        press("Shift+Tab")
        expect(stop).to_be_focused()
    press("Space")
    expect(visitor.panel).to_contain_text("A person has been asked to come.")
    expect(verdicts(visitor)).to_have_text(["This helped", "This did not help"])
    expect(visitor.field).to_be_focused()


def test_the_question_waits_for_no_connection(answering: Stage) -> None:
    ann = answering.agent("Ann")
    visitor = answered(answering.visitor())
    visitor.context.set_offline(True)
    expect(visitor.banner).to_be_visible()
    button(visitor, "Yes").click()
    expect(verdicts(visitor)).to_have_text([THANKS])
    assert "feedback" not in published(visitor)
    visitor.context.set_offline(False)
    ann.tab("All open").click()
    ann.pick()
    expect(ann.thread.locator(".verdict")).to_have_text(["Helped"])


def test_only_an_answer_is_asked_about(answering: Stage) -> None:
    answering.agent("Ann")
    visitor = answering.visitor().open()
    visitor.ask("Hello!")
    expect(visitor.senders).to_have_text(["Automatic answer"])
    visitor.ask("Which planet has the most moons?")
    expect(visitor.bubbles.last).to_have_text(UNKNOWN)
    expect(question(visitor)).to_have_count(0)
    visitor.ask(QUESTION)
    expect(visitor.bubbles.last).to_have_text(ANSWER)
    expect(question(visitor)).to_have_count(1)
    # Under the answer itself, and it goes once a person is asked for in another way.
    asked_about = visitor.panel.locator(".message", has=visitor.page.get_by_role("group"))
    expect(asked_about).to_contain_text(ANSWER)
    visitor.person.click()
    expect(visitor.event("You asked for a person")).to_be_visible()
    expect(question(visitor)).to_have_count(0)


def test_a_conversation_with_a_person_shows_no_question(answering: Stage) -> None:
    ann = answering.agent("Ann")
    visitor = answered(answering.visitor())
    ann.tab("All open").click()
    ann.pick()
    ann.accept()
    expect(visitor.event("Ann is here")).to_be_visible()
    expect(question(visitor)).to_have_count(0)
    visitor.page.reload()
    visitor.open()
    expect(visitor.event("Ann is here")).to_be_visible()
    expect(question(visitor)).to_have_count(0)
    expect(verdicts(visitor)).to_have_count(0)


def test_the_buttons_fit_a_finger(answering: Stage) -> None:
    visitor = answered(answering.visitor(**PHONE))
    for name in ("Yes", "No"):
        box = button(visitor, name).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= FINGER
        expect(button(visitor, name)).to_be_in_viewport(ratio=1)
    button(visitor, "Yes").tap()
    expect(verdicts(visitor)).to_have_text([THANKS])
    assert visitor.width_left_over() == 0
