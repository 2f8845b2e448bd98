"""A guide is gone through step by step, and goes on where it was left."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.carried import QUESTIONS
from tests.e2e.people import Visitor
from tests.e2e.stage import PHONE, Stage

QUESTION = QUESTIONS["assembly"]
DONE = "Guide: 3 of 3 steps done"
FINGER = 40
"""Pixels that a finger needs, each way."""


def guide(page: Page) -> Locator:
    return page.locator("straks-chat .extra")


def button(page: Page, name: str) -> Locator:
    return guide(page).get_by_role("button", name=name, exact=True)


def at_step(page: Page, number: int, title: str) -> None:
    expect(guide(page)).to_contain_text(f"Step {number} of 3")
    expect(guide(page).locator("strong").first).to_have_text(title)


def guided(visitor: Visitor) -> Page:
    """Ask what a guide answers, and see its first step."""
    visitor.open().ask(QUESTION)
    at_step(visitor.page, 1, "Lay out the parts")
    return visitor.page


def confirmed(visitor: Visitor) -> list[Any]:
    """Give what was sent, once, however often it was: what a reload interrupts is sent again."""
    steps = {each["key"]: each["data"] for each in visitor.sent if each.get("kind") == "step"}
    return list(steps.values())


def test_a_guide_goes_on_after_a_reload_and_in_another_tab(carrying: Stage) -> None:
    visitor = carrying.visitor()
    page = guided(visitor)
    expect(visitor.bubbles.last).to_contain_text("You need the small screwdriver")
    expect(guide(page)).not_to_contain_text("clockwise")
    button(page, "Done, next").click()
    at_step(page, 2, "Screw the stem in")
    # Reading goes on there.
    assert visitor.focused() == "p Step 2 of 3Screw the stem in"
    page.reload()
    visitor.open()
    at_step(page, 2, "Screw the stem in")

    other = visitor.watch(visitor.context.new_page())
    other.goto(f"{visitor.shop}/contact")
    other.locator("straks-chat .launcher").click()
    at_step(other, 2, "Screw the stem in")
    button(other, "Done, next").click()
    at_step(other, 3, "Put the shade on")
    at_step(page, 3, "Put the shade on")
    button(page, "Back").click()
    at_step(other, 2, "Screw the stem in")
    visitor.ask("Thanks")  # when that is sent, so is what was written before it
    assert confirmed(visitor) == [{"answer": 2, "step": step} for step in (1, 2, 1)]


def test_at_its_end_it_is_asked_whether_it_helped_and_later_it_is_a_line(carrying: Stage) -> None:
    visitor = carrying.visitor()
    page = guided(visitor)
    for name in ("Done, next", "Done, next", "Done"):
        button(page, name).click()
    expect(guide(page)).to_contain_text(DONE)
    expect(guide(page)).to_contain_text("That was the last step.")
    visitor.panel.get_by_role("group", name="Did this help?").get_by_role(
        "button", name="Yes"
    ).click()
    expect(visitor.panel.locator("p.verdict")).to_contain_text("Good to hear.")

    visitor.ask(QUESTIONS["delivery-time"])
    expect(visitor.bubbles).to_have_count(4)
    page.reload()
    visitor.open()
    expect(guide(page)).to_contain_text(DONE)
    expect(guide(page)).not_to_contain_text("That was the last step.")
    expect(guide(page).get_by_role("listitem").first).to_be_hidden()
    line = guide(page).locator("summary")
    line.press("Enter")
    expect(guide(page).get_by_role("listitem")).to_have_count(3)
    expect(guide(page).get_by_role("listitem").nth(1)).to_contain_text("clockwise")
    line.press("Enter")
    expect(guide(page).get_by_role("listitem").first).to_be_hidden()


def test_a_step_waits_for_no_connection(carrying: Stage) -> None:
    visitor = carrying.visitor()
    page = guided(visitor)
    carrying.server.kill()
    button(page, "Done, next").click()
    button(page, "Done, next").click()
    at_step(page, 3, "Put the shade on")
    expect(visitor.banner).to_be_visible()
    carrying.server.start()
    expect(visitor.banner).to_have_count(0)
    other = visitor.watch(visitor.context.new_page())
    other.goto(visitor.shop)
    other.locator("straks-chat .launcher").click()
    at_step(other, 3, "Put the shade on")
    visitor.ask("Thanks")  # when that is sent, so is what was written before it
    assert len({str(step) for step in confirmed(visitor)}) == 2


def test_who_is_not_helped_by_a_guide_gets_a_person_who_sees_the_whole_story(
    carrying: Stage,
) -> None:
    ann = carrying.agent("Ann")
    visitor = carrying.visitor()
    page = guided(visitor)
    for _ in range(2):
        button(page, "Done, next").click()
    at_step(page, 3, "Put the shade on")
    page.reload()
    visitor.open()
    at_step(page, 3, "Put the shade on")
    visitor.panel.get_by_role("group", name="Did this help?").get_by_role(
        "button", name="No"
    ).click()
    expect(visitor.event("You asked for a person")).to_be_visible()
    expect(visitor.panel.locator("p.verdict")).to_have_text("This did not help")

    expect(ann.tab("Waiting")).to_have_text("Waiting1")
    ann.pick()
    expect(ann.bubbles).to_have_count(2)
    expect(ann.bubbles.first).to_have_text(QUESTION)
    expect(ann.bubbles.last).to_contain_text("You need the small screwdriver")
    expect(ann.thread.locator(".guide-head")).to_have_text("Guide: step 2 of 3 done")
    expect(ann.thread.locator(".guide-done")).to_have_text(
        [re.compile("Lay out the parts"), re.compile("Screw the stem in")]
    )
    expect(ann.thread.locator(".group-bot .verdict")).to_have_text(["Did not help"])
    expect(ann.happened).to_have_text(
        [re.compile(f"Asked for a person. This answer did not help: “{re.escape(QUESTION)}”")]
    )
    ann.accept()
    ann.say("Which step are you at?")
    expect(visitor.bubbles.last).to_have_text("Which step are you at?")
    # The guide is still there to go on with, together.
    at_step(page, 3, "Put the shade on")
    button(page, "Back").click()
    expect(ann.thread.locator(".guide-head")).to_have_text("Guide: step 1 of 3 done")
    ann.close_button.click()
    expect(visitor.event("Ann closed the conversation")).to_be_visible()
    expect(button(page, "Done, next")).to_be_disabled()


def test_while_a_part_of_the_widget_cannot_be_fetched_all_steps_can_be_read(
    carrying: Stage,
) -> None:
    # Somebody is here: else it is fetched for the form that leaves a message.
    carrying.agent("Ann")
    visitor = carrying.visitor(None)
    lost: list[str] = []
    read: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.url)
        if read and len(lost) > 2:
            route.continue_()
        else:
            route.abort()

    visitor.page.route(re.compile(r"/widget/extras-"), lose)
    visitor.visit().open().ask(QUESTION)
    bubble = visitor.bubbles.last
    for text in ("small screwdriver", "Lay out the parts", "clockwise", "Lower it until it clicks"):
        expect(bubble).to_contain_text(text)
        read.append(text)
    # It is asked for again, by another name each time, until it comes.
    at_step(visitor.page, 1, "Lay out the parts")
    expect(bubble).not_to_contain_text("clockwise")
    assert len(lost) == len(set(lost)) >= 3


def test_a_guide_fits_a_phone(carrying: Stage) -> None:
    visitor = carrying.visitor(**PHONE)
    visitor.launcher.tap()
    visitor.ask(QUESTION)
    button(visitor.page, "Done, next").tap()
    at_step(visitor.page, 2, "Screw the stem in")
    for each in guide(visitor.page).get_by_role("button").all():
        expect(each).to_be_in_viewport(ratio=1)
        box = each.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= FINGER
    assert visitor.width_left_over() == 0
