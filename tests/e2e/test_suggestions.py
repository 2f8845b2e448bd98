"""Answers are suggested while a visitor types, and stand in nobody's way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e.stage import PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.people import Visitor
    from tests.e2e.stage import Stage

TYPED = "how long delivery"
QUESTION = "How long does delivery take?"
"""The title of the answer that fits best."""
ANSWER = re.compile("Lamps leave our warehouse the same working day")
FINGER = 44
"""Pixels that a suggestion is high at least."""
AHEAD = 60
"""Seconds from now at which a page's clock is stopped: the machine must not get there first."""
LONG_ENOUGH = 2000
"""Milliseconds in which whatever is to be looked up has been."""


def came(stage: Stage, **context: Any) -> Visitor:
    """Let somebody open the panel, on a page where no time passes but what `rested` lets pass.

    However slow the machine, nothing is looked up between two letters.
    """
    visitor = stage.visitor(None, **context)
    visitor.page.clock.install()
    visitor.visit().open()
    # The focus comes in a frame of its own, and while the clock stands still there is none.
    expect(visitor.page.locator("straks-chat .panel:focus-within")).to_be_visible()
    now: int = visitor.page.evaluate("() => Date.now()")
    visitor.page.clock.pause_at(now / 1000 + AHEAD)
    return visitor


def rested(visitor: Visitor) -> None:
    """Let time pass while nothing is typed, when the first letters have brought the connection."""
    visitor.connected().page.clock.run_for(LONG_ENOUGH)


def typed(visitor: Visitor, then: Callable[[Visitor], None] | None = None) -> None:
    """Type, and see what is suggested (after what is to happen then)."""
    visitor.field.press_sequentially(TYPED)
    if then:
        then(visitor)
    expect(visitor.suggested.first).to_have_text(QUESTION)


def test_a_suggestion_is_sent_and_answered_at_once(answering: Stage) -> None:
    visitor = answering.visitor().open()
    typed(visitor)
    visitor.suggested.first.click()
    expect(visitor.bubbles).to_have_text([QUESTION, ANSWER])
    expect(visitor.field).to_have_value("")
    expect(visitor.field).to_be_focused()
    expect(visitor.suggestions).to_have_count(0)

    # It goes on being of help while nobody else answers.
    visitor.field.press_sequentially("can i cancel")
    expect(visitor.suggested.first).to_have_text("Can I cancel my order?")
    visitor.suggested.first.click()
    expect(visitor.own).to_have_text([QUESTION, "Can I cancel my order?"])
    expect(visitor.bubbles).to_have_count(4)


def test_one_word_suggests_nothing(answering: Stage) -> None:
    visitor = came(answering)
    visitor.field.press_sequentially("delivery ")
    rested(visitor)
    visitor.field.press_sequentially("time")
    rested(visitor)
    expect(visitor.suggested.first).to_have_text(QUESTION)
    assert visitor.looked_up() == ["delivery time"]
    for less in ("delivery", "", " "):
        visitor.field.fill(less)
        expect(visitor.suggestions).to_have_count(0)
        visitor.field.fill("delivery time")
        rested(visitor)
        expect(visitor.suggestions).to_be_visible()
    assert set(visitor.looked_up()) == {"delivery time"}


def test_enter_sends_what_was_typed_whatever_is_suggested(answering: Stage) -> None:
    visitor = came(answering)
    typed(visitor, rested)
    visitor.field.press("Enter")
    expect(visitor.suggestions).to_have_count(0)
    expect(visitor.bubbles).to_have_text([TYPED, ANSWER])

    # Nothing is looked up for who is faster.
    visitor.ask("can i cancel my order")
    rested(visitor)
    visitor.ask("thank you")
    assert visitor.looked_up() == [TYPED]
    expect(visitor.suggestions).to_have_count(0)


def test_who_asks_for_a_person_is_suggested_nothing(answering: Stage) -> None:
    ann = answering.agent("Ann")
    visitor = came(answering)
    typed(visitor, rested)
    visitor.person.click()
    expect(visitor.suggestions).to_have_count(0)
    expect(visitor.panel).to_contain_text("A person has been asked to come.")
    expect(visitor.field).to_have_value(TYPED)

    visitor.field.press_sequentially(" then")
    rested(visitor)
    ann.pick()
    ann.accept()
    expect(visitor.event("Ann is here")).to_be_visible()
    visitor.field.press_sequentially(", do you know?")
    rested(visitor)
    visitor.field.press("Enter")
    expect(ann.bubbles.last).to_have_text(f"{TYPED} then, do you know?")
    assert visitor.looked_up() == [TYPED]


def test_who_leaves_a_message_is_suggested_nothing_meanwhile(answering: Stage) -> None:
    visitor = answering.visitor().open()
    typed(visitor)
    visitor.panel.get_by_role("button", name="Leave a message").click()
    expect(visitor.panel.get_by_label("Your message")).to_have_value(TYPED)
    expect(visitor.suggestions).to_have_count(0)
    visitor.panel.get_by_role("button", name="Cancel").click()
    expect(visitor.suggested.first).to_have_text(QUESTION)


def test_suggestions_need_no_mouse(answering: Stage) -> None:
    visitor = came(answering)
    keyboard = visitor.page.keyboard
    expect(visitor.field).to_be_focused()
    typed(visitor, rested)
    count = visitor.suggested.count()
    assert count > 1

    keyboard.press("Shift+Tab")
    expect(visitor.suggested.last).to_be_focused()
    assert visitor.outlined()
    keyboard.press("Tab")
    expect(visitor.field).to_be_focused()
    keyboard.press("ArrowUp")
    expect(visitor.suggested.last).to_be_focused()
    assert visitor.outlined()
    keyboard.press("ArrowDown")
    expect(visitor.field).to_be_focused()
    for number in reversed(range(count)):
        keyboard.press("ArrowUp")
        expect(visitor.suggested.nth(number)).to_be_focused()
    keyboard.press("ArrowUp")
    expect(visitor.suggested.first).to_be_focused()
    keyboard.press("Escape")
    expect(visitor.field).to_be_focused()
    expect(visitor.panel).to_be_visible()
    expect(visitor.field).to_have_value(TYPED)

    # Where the caret has a row above it, the arrow is the caret's.
    keyboard.press("Shift+Enter")
    keyboard.press("ArrowUp")
    expect(visitor.field).to_be_focused()
    keyboard.press("End")
    keyboard.press("Delete")
    expect(visitor.field).to_have_value(TYPED)
    keyboard.press("ArrowUp")
    expect(visitor.suggested.last).to_be_focused()
    for _ in range(count - 1):
        keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(visitor.bubbles).to_have_text([QUESTION, ANSWER])
    expect(visitor.field).to_be_focused()
    keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()


def test_how_many_there_are_is_said_once(answering: Stage) -> None:
    visitor = came(answering)
    status = visitor.panel.get_by_role("status").filter(has_text="Suggestions")
    typed(visitor, rested)
    expect(status).to_have_text(f"Suggestions: {visitor.suggested.count()}")
    status.evaluate(
        """(element) => {
            window.said = [];
            const note = () => window.said.push(element.textContent);
            new MutationObserver(note).observe(
                element, {characterData: true, childList: true, subtree: true});
        }"""
    )
    for more in (" take", " to malmo", " please"):
        with visitor.sockets[-1].expect_event("framereceived", lambda text: '"answers"' in text):
            visitor.field.press_sequentially(more)
            rested(visitor)
    expect(visitor.suggestions).to_be_visible()
    assert visitor.page.evaluate("() => window.said") == []
    visitor.field.fill("")
    expect(status).to_have_count(0)


def test_suggestions_fit_a_phone(answering: Stage) -> None:
    visitor = came(answering, **PHONE)
    visitor.field.tap()
    place = visitor.field.bounding_box()
    typed(visitor, rested)
    assert visitor.field.bounding_box() == place
    for button in visitor.suggested.all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= FINGER
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert visitor.width_left_over() == 0
    for part in (visitor.panel, visitor.suggestions):
        assert part.evaluate("(element) => element.scrollWidth - element.clientWidth") == 0

    visitor.page.clock.resume()
    # What is left of the screen while a keyboard is up.
    for height in (420, 340):
        visitor.page.set_viewport_size({"width": 390, "height": height})
        expect(visitor.field).to_be_in_viewport(ratio=1)
        expect(visitor.suggested.first).to_be_in_viewport(ratio=0.5)
    visitor.suggested.first.tap()
    expect(visitor.bubbles).to_have_text([QUESTION, ANSWER])
    expect(visitor.field).to_be_focused()


def test_what_was_typed_and_not_sent_is_stored_nowhere(answering: Stage) -> None:
    ann = answering.agent("Ann")
    ann.tab("All open").click()
    visitor = answering.visitor().open()
    visitor.field.press_sequentially("Xylophones and ")
    visitor.field.press_sequentially("how long does delivery take")
    expect(visitor.suggestions).to_be_visible()
    expect(ann.rows).to_have_count(0)
    visitor.field.fill("")
    expect(visitor.suggestions).to_have_count(0)
    visitor.ask(QUESTION)
    ann.pick()
    expect(ann.bubbles).to_have_text([QUESTION, ANSWER])
    assert any("Xylophones" in text for text in visitor.looked_up())
    kept = [path.read_bytes() for path in answering.server.data.rglob("*") if path.is_file()]
    assert any(QUESTION.encode() in content for content in kept)
    assert not any(b"xylophones" in content.lower() for content in kept)


def test_without_a_connection_nothing_is_suggested_and_nothing_is_lost(answering: Stage) -> None:
    visitor = answering.visitor().open()
    typed(visitor)
    answering.server.kill()
    expect(visitor.suggestions).to_have_count(0)
    expect(visitor.field).to_have_value(TYPED)
    visitor.field.press_sequentially(" now")
    visitor.field.press("Enter")
    expect(visitor.own).to_have_text([f"{TYPED} now"])
