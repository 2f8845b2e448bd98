"""The page says what it knows of a visitor: it is told once, and never asked for."""

from __future__ import annotations

from typing import Any

import orjson
from playwright.sync_api import expect

from tests.e2e.carried import QUESTIONS
from tests.e2e.people import Visitor
from tests.e2e.stage import Stage

EMAIL = "v@example.org"
ATTRIBUTES = {"email": EMAIL, "name": "Vera", "expert": "", "known": '{"order":"7"}'}
KNOWN = {"email": EMAIL, "name": "Vera", "order": "7"}
FIRST = QUESTIONS["delivery-time"]
SECOND = QUESTIONS["assembly"]


def with_attributes(stage: Stage, attributes: dict[str, str]) -> Visitor:
    """Let somebody come to a shop whose tag has these attributes, each with ``data-`` before it."""
    visitor = stage.visitor(None)
    visitor.page.add_init_script(
        f"""new MutationObserver(() => {{
            const tag = document.querySelector('script[src*="/widget.js"]');
            if (tag) Object.assign(tag.dataset, {orjson.dumps(attributes).decode()});
        }}).observe(document, {{childList: true, subtree: true}});"""
    )
    return visitor.visit()


def told(visitor: Visitor) -> list[dict[str, Any]]:
    """Give what was told with each message, without what every message tells."""
    said = [
        frame["data"]
        for frame in visitor.sent
        if frame.get("kind") == "message" or frame["type"] == "open"
    ]
    usual = {"text", "page", "lang"}
    return [{name: what for name, what in data.items() if name not in usual} for data in said]


def test_attributes_are_told_with_the_first_message_and_once(carrying: Stage) -> None:
    visitor = with_attributes(carrying, ATTRIBUTES).open()
    visitor.ask(FIRST)
    visitor.ask(SECOND)
    visitor.page.reload()
    visitor.open()
    visitor.ask(FIRST)
    assert told(visitor) == [{"known": KNOWN, "expert": True}, {}, {}]
    assert visitor.said == []
    ann = carrying.agent("Ann")
    ann.tab("All open").click()
    ann.pick("Vera")
    expect(ann.page.get_by_role("region", name="Known about Vera")).to_contain_text(EMAIL)


def test_what_changed_since_is_told_with_the_next_message(carrying: Stage) -> None:
    visitor = carrying.visitor()
    visitor.open().ask(FIRST)
    visitor.page.evaluate("(email) => Straks.identify({email, name: 'Vera'})", EMAIL)
    visitor.page.evaluate("() => Straks.identify({known: {order: '7'}, expert: false})")
    visitor.ask(SECOND)
    visitor.ask(FIRST)
    assert told(visitor) == [{}, {"known": KNOWN, "expert": False}, {}]


def test_what_is_wrong_is_told_to_those_who_build_the_page(carrying: Stage) -> None:
    wrong = {"email": "vera", "name": "Vera", "expert": "maybe", "known": "{order: 7}"}
    visitor = with_attributes(carrying, wrong).open()
    visitor.ask(FIRST)
    assert told(visitor) == [{"known": {"name": "Vera"}}]
    assert visitor.said == [
        "Straks leaves out known: no object",
        "Straks leaves out email: no e-mail address",
        "Straks leaves out expert: neither true nor false",
    ]


def test_a_known_address_is_never_asked_for(carrying: Stage) -> None:
    visitor = with_attributes(carrying, ATTRIBUTES).open()
    visitor.panel.get_by_role("button", name="Leave a message").click()
    leave = visitor.panel.locator(".leave")
    expect(leave).to_contain_text(f"We will also write to {EMAIL}.")
    expect(leave.get_by_label("E-mail address")).to_have_count(0)
    leave.get_by_label("Your message").fill(FIRST)
    leave.get_by_role("button", name="Leave message").click()
    waiting = visitor.panel.locator(".dock-waiting")
    expect(waiting).to_contain_text(f"We will also write to {EMAIL}.")
    expect(waiting.get_by_label("E-mail address")).to_have_count(0)

    waiting.get_by_role("button", name="Change").click()
    expect(waiting.get_by_label("E-mail address")).to_be_focused()
    visitor.page.keyboard.type("w@example.org")
    visitor.page.keyboard.press("Enter")
    expect(waiting).to_contain_text("We will also write to w@example.org.")
    # What the visitor says counts before what the page goes on saying.
    visitor.page.reload()
    visitor.open()
    expect(waiting).to_contain_text("We will also write to w@example.org.")

    ann = carrying.agent("Ann")
    ann.pick()
    expect(ann.page.locator(".conversation-head")).to_contain_text("w@example.org")


def test_an_address_given_in_an_earlier_chat_is_not_asked_for_in_the_next(carrying: Stage) -> None:
    visitor = carrying.visitor().open()
    leave_a_message = visitor.panel.get_by_role("button", name="Leave a message")
    leave_a_message.click()
    leave = visitor.panel.locator(".leave")
    leave.get_by_label("Your message").fill(FIRST)
    leave.get_by_label("E-mail address").fill(EMAIL)
    leave.get_by_role("button", name="Leave message").click()
    expect(visitor.event(f"We can also reach you at {EMAIL}")).to_be_visible()
    ann = carrying.agent("Ann")
    ann.pick(FIRST)
    ann.accept()
    ann.close_button.click()
    expect(visitor.event("Ann closed the conversation")).to_be_visible()
    ann.page.close()

    # The same visitor, whose page knows of no conversation any more.
    visitor.page.evaluate(
        """() => {
            for (const name of Object.keys(localStorage))
                if (name.endsWith(":conversation")) localStorage.removeItem(name);
        }"""
    )
    visitor.page.reload()
    visitor.open()
    visitor.ask(SECOND)
    expect(visitor.own).to_have_text([SECOND])
    expect(visitor.event(f"We can also reach you at {EMAIL}")).to_be_visible()
    leave_a_message.click()
    expect(leave).to_contain_text(f"We will also write to {EMAIL}.")
    expect(leave.get_by_label("E-mail address")).to_have_count(0)
    leave.get_by_role("button", name="Leave message").click()
    waiting = visitor.panel.locator(".dock-waiting")
    expect(waiting).to_contain_text(f"We will also write to {EMAIL}.")
    expect(waiting.get_by_label("E-mail address")).to_have_count(0)
    # They said it once: what is in the second chat is from the server.
    said = [frame for frame in visitor.sent if frame.get("kind") == "contact"]
    assert [frame["data"] for frame in said] == [{"email": EMAIL}]

    bo = carrying.agent("Bo")
    bo.pick(SECOND)
    expect(bo.page.locator(".conversation-head")).to_contain_text(EMAIL)
    expect(bo.happened.first).to_contain_text(EMAIL)


def test_who_is_known_after_the_first_message_can_be_reached_all_the_same(carrying: Stage) -> None:
    visitor = carrying.visitor()
    visitor.open().ask(FIRST)
    visitor.page.evaluate("(email) => Straks.identify({email})", EMAIL)
    visitor.panel.get_by_role("button", name="Leave a message").click()
    visitor.panel.get_by_role("button", name="Leave message").click()
    expect(visitor.event(f"We can also reach you at {EMAIL}")).to_be_visible()
    expect(visitor.panel.locator(".dock-waiting")).to_contain_text(
        f"We will also write to {EMAIL}."
    )


def test_help_pages_and_suggestions_that_were_read_are_told(carrying: Stage) -> None:
    visitor = carrying.visitor(None)
    help_page = f"{carrying.server.url}/help/en"
    for name in ("assembly", "track-order", "assembly"):
        visitor.page.goto(f"{help_page}/{name}")
    assert visitor.page.evaluate("() => localStorage.length") == 0
    visitor.page.goto(f"{help_page}/")
    visitor.open()
    visitor.field.press_sequentially("how long does")
    expect(visitor.suggested.first).to_have_text(FIRST)
    visitor.suggested.first.click()
    expect(visitor.own).to_have_text([FIRST])
    expect(visitor.deliveries.last).to_have_text("Sent")
    assert told(visitor) == [{"read": ["track-order", "assembly", "delivery-time"]}]
