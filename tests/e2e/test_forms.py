"""A form asks for what is not known, and for nothing else."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

from tests.e2e.carried import QUESTIONS
from tests.e2e.people import Visitor
from tests.e2e.stage import PHONE, Stage

QUESTION = QUESTIONS["track-order"]


def form(visitor: Visitor) -> Locator:
    return visitor.panel.locator("form.extra")


def field(visitor: Visitor, label: str) -> Locator:
    return form(visitor).get_by_label(label)


def send(visitor: Visitor) -> Locator:
    return form(visitor).get_by_role("button", name="Send")


def asked(visitor: Visitor) -> Visitor:
    """Ask what needs a form, and see it."""
    visitor.open().ask(QUESTION)
    expect(form(visitor)).to_be_visible()
    return visitor


def details(visitor: Visitor) -> list[Any]:
    return [frame["data"] for frame in visitor.sent if frame.get("kind") == "details"]


def test_what_is_wrong_is_said_beside_the_field_and_what_is_right_is_sent(carrying: Stage) -> None:
    visitor = asked(carrying.visitor())
    field(visitor, "E-mail address").fill("kim@")
    send(visitor).click()
    expect(form(visitor).locator(".fault")).to_have_text(
        ["Please fill this in.", "This does not look like an e-mail address."]
    )
    expect(field(visitor, "Your order number")).to_be_focused()
    expect(field(visitor, "Your order number")).to_have_accessible_description(
        "Please fill this in."
    )
    assert details(visitor) == []

    visitor.page.keyboard.type("20417")
    field(visitor, "E-mail address").fill("kim@example.org")
    visitor.page.keyboard.press("Enter")
    expect(form(visitor)).to_have_count(0)
    expect(visitor.panel.locator("dl")).to_have_text(
        "Your order number20417E-mail addresskim@example.org"
    )
    expect(visitor.field).to_be_focused()
    # The form's answer, filled in.
    expect(visitor.bubbles.last).to_contain_text(
        "Order 20417 leaves us today. We write to kim@example.org when it does."
    )
    visitor.page.reload()
    visitor.open()
    expect(visitor.panel.locator("dl")).to_contain_text("20417")
    expect(form(visitor)).to_have_count(0)
    sent = {"answer": 2, "fields": {"order": "20417", "email": "kim@example.org"}}
    assert details(visitor) == [sent]
    entries = [frame["entry"] for frame in visitor.frames if frame["type"] == "entry"]
    assert [entry["data"] for entry in entries if entry["kind"] == "details"] == [sent]


def test_what_was_typed_is_there_after_a_reload_until_it_is_sent(carrying: Stage) -> None:
    visitor = asked(carrying.visitor())
    field(visitor, "Your order number").fill("20417")
    field(visitor, "Phone").fill("12 34")
    visitor.page.reload()
    visitor.open()
    expect(field(visitor, "Your order number")).to_have_value("20417")
    expect(field(visitor, "Phone")).to_have_value("12 34")
    field(visitor, "E-mail address").fill("kim@example.org")
    carrying.server.kill()
    send(visitor).click()
    expect(visitor.panel.locator("dl")).to_have_attribute("aria-label", "Sending")
    assert not any(name.endswith(":form") for name in visitor.stored())
    carrying.server.start()
    expect(visitor.panel.locator("dl")).to_have_attribute("aria-label", "Sent")
    assert len({str(data) for data in details(visitor)}) == 1


def test_only_what_the_page_does_not_know_is_asked_for_and_the_answer_has_both(
    carrying: Stage,
) -> None:
    visitor = carrying.visitor()
    visitor.page.evaluate("() => Straks.identify({known: {order: '7'}})")
    asked(visitor)
    expect(form(visitor).locator("label")).to_have_text(["E-mail address", "Phone (optional)"])
    visitor.page.evaluate("() => Straks.identify({known: {phone: '123'}})")
    expect(form(visitor).locator("label")).to_have_text(["E-mail address"])
    field(visitor, "E-mail address").fill("v@example.org")
    send(visitor).click()
    expect(form(visitor)).to_have_count(0)
    expect(visitor.bubbles.last).to_contain_text(
        "Order 7 leaves us today. We write to v@example.org when it does."
    )
    assert details(visitor) == [{"answer": 2, "fields": {"email": "v@example.org"}}]


def test_what_was_given_once_is_not_asked_for_again(carrying: Stage) -> None:
    visitor = asked(carrying.visitor())
    field(visitor, "Your order number").fill("20417")
    field(visitor, "E-mail address").fill("kim@example.org")
    send(visitor).click()
    expect(form(visitor)).to_have_count(0)
    visitor.ask(QUESTION)
    expect(form(visitor).locator("label")).to_have_text(["Phone (optional)"])
    # Nor by any other part of the widget.
    visitor.panel.get_by_role("button", name="Leave a message").click()
    expect(visitor.panel.locator(".leave")).to_contain_text(
        "We will also write to kim@example.org."
    )
    expect(visitor.panel.locator(".leave").get_by_label("E-mail address")).to_have_count(0)


def test_a_form_fits_a_phone(carrying: Stage) -> None:
    visitor = asked(carrying.visitor(**PHONE))
    for label in ("Your order number", "E-mail address", "Phone"):
        size = field(visitor, label).evaluate("(it) => parseFloat(getComputedStyle(it).fontSize)")
        # Less, and a phone zooms into the field.
        assert size >= 16
        box = field(visitor, label).bounding_box()
        assert box is not None
        assert box["height"] >= 40
    expect(field(visitor, "Your order number")).to_have_attribute("inputmode", "decimal")
    expect(field(visitor, "E-mail address")).to_have_attribute("autocomplete", "email")
    assert visitor.width_left_over() == 0
