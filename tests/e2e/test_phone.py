"""Widget and console on a phone."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.e2e.people import Person
from tests.e2e.stage import PHONE, Stage

WORD = "Donaudampfschiff" * 32
LINK = f"https://example.com/{'a-long-path/' * 20}?q={'1234567890' * 20}"
TARGET = 40
"""Pixels that a finger needs, each way."""


def small_targets(person: Person, within: Locator) -> list[str]:
    """Name the buttons that a finger would miss."""
    small = []
    for button in within.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None, button
        if min(box["width"], box["height"]) < TARGET - 0.5:
            small.append(f"{button.inner_text() or button.get_attribute('aria-label')} {box}")
    return small


def font_size(field: Locator) -> float:
    size: float = field.evaluate("(element) => parseFloat(getComputedStyle(element).fontSize)")
    return size


def test_the_panel_fills_the_screen_and_fits_fingers(stage: Stage) -> None:
    stage.agent("Ann")
    visitor = stage.visitor(**PHONE)
    box = visitor.launcher.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= TARGET
    visitor.launcher.tap()
    expect(visitor.panel).to_be_visible()
    expect(visitor.panel).to_be_focused()
    # No keyboard springs up before anybody asked for it.
    expect(visitor.field).not_to_be_focused()
    assert visitor.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert font_size(visitor.field) >= 16
    visitor.field.tap()
    visitor.ask("I have a question")
    assert small_targets(visitor, visitor.panel) == []
    visitor.panel.get_by_role("button", name="Close chat").tap()
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_visible()


def test_the_form_for_a_message_fits_a_phone(stage: Stage) -> None:
    visitor = stage.visitor(**PHONE)
    visitor.launcher.tap()
    visitor.panel.get_by_role("button", name="Leave a message").tap()
    leave = visitor.panel.get_by_role("button", name="Leave message")
    expect(leave).to_be_in_viewport(ratio=1)
    for field in visitor.panel.get_by_role("textbox").all():
        assert font_size(field) >= 16
    assert small_targets(visitor, visitor.panel) == []
    assert visitor.width_left_over() == 0


def test_long_words_and_links_do_not_widen_anything(stage: Stage) -> None:
    visitor, ann = stage.meet(visitor=PHONE, agent=PHONE)
    for person, other in ((visitor, ann), (ann, visitor)):
        for text in (WORD, LINK):
            person.say(text)
            expect(other.bubbles.last).to_have_text(text)
    for person in (visitor, ann):
        assert person.width_left_over() == 0
        for bubble in person.bubbles.all():
            box = bubble.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
    for log in (visitor.log, ann.thread):
        assert log.evaluate("(element) => element.scrollWidth - element.clientWidth") == 0
    expect(visitor.log.get_by_role("link").first).to_have_attribute("href", LINK)


def test_notches_and_home_bars_are_left_free(stage: Stage) -> None:
    visitor = stage.visitor(**PHONE)
    visitor.launcher.tap()
    expect(visitor.panel).to_be_visible()
    sheets: str = visitor.page.locator("straks-chat").evaluate(
        """(host) => [...host.shadowRoot.adoptedStyleSheets]
            .flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText).join("\\n")"""
    )
    for side in ("top", "right", "bottom"):
        assert f"env(safe-area-inset-{side}" in sheets


def test_the_panel_stays_above_a_phone_s_keyboard(stage: Stage) -> None:
    visitor = stage.visitor(**PHONE)
    visitor.launcher.tap()
    visitor.ask("Hello")
    # What is left of the screen while a keyboard is up.
    visitor.page.set_viewport_size({"width": 390, "height": 420})
    expect(visitor.field).to_be_in_viewport(ratio=1)
    expect(visitor.bubbles.last).to_be_in_viewport()
    box = visitor.panel.bounding_box()
    assert box is not None
    assert box["height"] == 420


def test_the_console_shows_list_or_conversation(stage: Stage) -> None:
    visitor, ann = stage.meet(agent=PHONE)
    expect(ann.inbox).to_be_hidden()
    assert font_size(ann.field) >= 16
    assert small_targets(ann, ann.page.locator(".conversation")) == []
    ann.page.get_by_role("button", name="Back to the list").tap()
    expect(ann.thread).to_be_hidden()
    expect(ann.inbox).to_be_visible()
    assert small_targets(ann, ann.inbox) == []
    assert ann.width_left_over() == 0

    visitor.say("Are you there?")
    ann.tab("Mine").tap()
    expect(ann.row("Are you there?")).to_be_visible()
    ann.row("Are you there?").tap()
    expect(ann.bubbles.last).to_have_text("Are you there?")
    ann.page.go_back()
    expect(ann.inbox).to_be_visible()
    ann.page.go_forward()
    ann.say("I am.")
    expect(visitor.bubbles.last).to_have_text("I am.")


def test_signing_in_fits_a_phone(stage: Stage) -> None:
    ann = stage.agent("Ann", signed_in=False, **PHONE)
    for field in (ann.email, ann.password):
        assert font_size(field) >= 16
    assert small_targets(ann, ann.form) == []
    assert ann.width_left_over() == 0
