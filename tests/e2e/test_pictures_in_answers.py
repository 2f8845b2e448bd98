"""Pictures and videos in answers stay in their bubble; lost ones are said in words."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.carried import LOST, PICTURE, QUESTIONS
from tests.e2e.stage import PHONE, Stage

SVG = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='1600' height='900' viewBox='0 0 16 9'>"
    "<rect width='9' height='9'/></svg>"
)


def test_a_wide_picture_is_as_wide_as_its_bubble_at_most(carrying: Stage) -> None:
    visitor = carrying.visitor(None, **PHONE)
    visitor.page.route(PICTURE, lambda it: it.fulfill(body=SVG, content_type="image/svg+xml"))
    visitor.visit().launcher.tap()
    visitor.ask(QUESTIONS["bulb"])
    image = visitor.bubbles.last.get_by_role("img", name="A lamp")
    expect(image).to_have_js_property("naturalWidth", 1600)
    # It came in after the conversation was scrolled to its end, which stays in sight.
    expect(visitor.panel.get_by_role("group", name="Did this help?")).to_be_in_viewport()
    inner, outer = image.bounding_box(), visitor.bubbles.last.bounding_box()
    assert inner is not None
    assert outer is not None
    assert outer["x"] < inner["x"]
    assert inner["x"] + inner["width"] < outer["x"] + outer["width"]
    assert abs(inner["width"] / inner["height"] - 16 / 9) < 0.02
    assert visitor.width_left_over() == 0


def test_what_cannot_be_loaded_is_said_in_words(carrying: Stage) -> None:
    visitor = carrying.visitor(None)
    visitor.page.route(f"{LOST}.*", lambda it: it.abort())
    visitor.visit().open().ask(QUESTIONS["socket"])
    bubble = visitor.bubbles.last
    expect(bubble).to_contain_text("Look: a bulb in its box")
    expect(bubble.get_by_role("link", name="Turning it")).to_have_attribute("href", f"{LOST}.mp4")
    expect(bubble.locator("img, video")).to_have_count(0)
