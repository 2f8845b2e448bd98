"""What the widget leaves in a browser, and when it talks to the server."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.people import UNKNOWN, Visitor
from tests.e2e.stage import FIRST, Stage

NOTHING = {"local": {}, "session": {}, "cookies": "", "databases": [], "caches": []}


def everything_stored(visitor: Visitor) -> object:
    return visitor.page.evaluate(
        """async () => ({
            local: {...localStorage},
            session: {...sessionStorage},
            cookies: document.cookie,
            databases: await indexedDB.databases(),
            caches: "caches" in globalThis ? await caches.keys() : [],
        })"""
    )


def test_who_never_uses_the_widget_gets_nothing_stored_and_no_socket(stage: Stage) -> None:
    visitor = stage.visitor(None)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    assert [url for url in asked if url.startswith(stage.server.url)] == [
        f"{stage.server.url}/widget.js"
    ]
    assert everything_stored(visitor) == NOTHING
    assert visitor.context.cookies() == []

    # To open it and look around is not yet a conversation either.
    visitor.open()
    expect(visitor.panel).to_contain_text("How can we help?")
    visitor.launcher.click()
    visitor.visit("/delivery")
    expect(visitor.launcher).to_be_visible()
    assert everything_stored(visitor) == NOTHING
    assert visitor.context.cookies() == []
    assert visitor.sockets == []


def test_with_a_conversation_the_widget_connects_when_a_page_loads(stage: Stage) -> None:
    visitor, ann = stage.meet()
    visitor.launcher.click()
    with visitor.page.expect_websocket():
        visitor.visit("/delivery")
    expect(visitor.panel).to_be_hidden()

    ann.say("Still there?")
    expect(visitor.launcher.locator(".badge")).to_have_text("1")
    visitor.open()
    expect(visitor.bubbles).to_have_text([FIRST, UNKNOWN, "Still there?"])
    assert visitor.context.cookies() == []


def test_unread_messages_are_counted_on_launcher_and_title_while_closed(stage: Stage) -> None:
    visitor, ann = stage.meet()
    visitor.launcher.click()
    expect(visitor.panel).to_be_hidden()
    badge = visitor.launcher.locator(".badge")
    for number in (1, 2):
        ann.say(f"Message {number}")
        expect(badge).to_have_text(str(number))
        expect(visitor.page).to_have_title(f"({number}) Light for long evenings · Nordlys Lamper")
    expect(visitor.launcher).to_have_accessible_name("Open chat (2)")
    visitor.page.reload()
    expect(badge).to_have_text("2")

    visitor.open()
    expect(badge).to_have_text("")
    expect(visitor.page).to_have_title("Light for long evenings · Nordlys Lamper")
    expect(visitor.launcher).to_have_accessible_name("Close chat")


def test_two_tabs_show_one_conversation(stage: Stage) -> None:
    visitor, ann = stage.meet()
    other = visitor.watch(visitor.context.new_page())
    other.goto(f"{visitor.shop}/contact")
    other.locator("straks-chat .launcher").click()
    bubbles = other.locator("straks-chat .message .bubble")
    expect(bubbles).to_have_text([FIRST, UNKNOWN])
    field = other.locator("straks-chat .composer textarea")
    field.fill("From the other tab")
    field.press("Enter")
    expect(ann.bubbles.last).to_have_text("From the other tab")
    ann.say("Seen.")
    for shown in (bubbles, visitor.bubbles):
        expect(shown).to_have_text([FIRST, UNKNOWN, "From the other tab", "Seen."])
    expect(ann.bubbles).to_have_text([FIRST, "From the other tab", "Seen."])
