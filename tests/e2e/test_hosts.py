"""The page around the widget does as it likes; the conversation stays what it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.stage import FIRST, Stage


def test_a_page_that_clears_its_storage_takes_nothing_out_of_a_conversation(stage: Stage) -> None:
    visitor, ann = stage.meet()
    stage.server.kill()
    visitor.say("While nobody listens")
    visitor.field.fill("Half a sen")
    visitor.page.evaluate("() => localStorage.clear()")
    stage.server.start()
    expect(ann.bubbles).to_have_text([FIRST, "While nobody listens"])
    expect(visitor.deliveries.last).to_have_text("Read")
    expect(visitor.own).to_have_text([FIRST, "While nobody listens"])
    expect(visitor.field).to_have_value("Half a sen")


def test_a_chat_is_nothing_to_print(stage: Stage) -> None:
    visitor = stage.visitor().open()
    visitor.page.emulate_media(media="print")
    expect(visitor.launcher).to_be_hidden()
    expect(visitor.panel).to_be_hidden()


def test_a_page_that_runs_from_right_to_left_does_not_turn_our_texts_around(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    visitor.open()
    visitor.say("שלום?")
    visitor.say("Hello?")
    ways = [
        visitor.panel.evaluate("(panel) => getComputedStyle(panel).direction"),
        *visitor.own.evaluate_all("(all) => all.map((each) => getComputedStyle(each).direction)"),
    ]
    assert ways == ["ltr", "rtl", "ltr"]


@pytest.mark.parametrize("title", ["(5) Offers", "Lamps\u000band shades", "x" * 299 + "\U0001f4a1"])
def test_whatever_the_page_is_called_the_message_arrives(stage: Stage, title: str) -> None:
    visitor = stage.visitor()
    visitor.page.evaluate("(title) => { document.title = title; }", title)
    visitor.open().ask(FIRST)
    expect(visitor.page).to_have_title(title)


def test_a_frame_without_an_address_can_ask_as_well(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.page.evaluate(
        """(url) => {
            const frame = document.createElement("iframe");
            frame.width = frame.height = 600;
            frame.srcdoc = `<html lang="en"><body><script src="${url}/widget.js"></script>`;
            document.body.replaceChildren(frame);
        }""",
        stage.server.url,
    )
    frame = visitor.page.frame_locator("iframe")
    frame.locator("straks-chat .launcher").click()
    frame.locator(".composer textarea").fill(FIRST)
    frame.locator(".composer textarea").press("Enter")
    expect(frame.locator(".message.own .delivery")).to_have_text("Sent")


def test_on_a_screen_too_low_for_everything_the_messages_can_still_be_read(stage: Stage) -> None:
    # What a zoom of 400 % leaves of a screen, or a keyboard of a phone that lies on its side.
    visitor = stage.visitor(viewport={"width": 320, "height": 200}).open()
    visitor.say(FIRST)
    expect(visitor.own).to_be_visible()
    box = visitor.log.bounding_box()
    assert box is not None
    assert box["height"] >= 90
    expect(visitor.send_button).to_be_attached()
    visitor.send_button.scroll_into_view_if_needed()
    expect(visitor.send_button).to_be_in_viewport()


def test_a_person_is_asked_for_once_however_often_the_button_is_pressed(stage: Stage) -> None:
    stage.agent("Ann")
    visitor = stage.visitor().open()
    visitor.person.dblclick()
    expect(visitor.event("You asked for a person")).to_be_visible()
    asked = [
        frame["entry"]
        for frame in visitor.frames
        if frame["type"] == "entry" and frame["entry"]["kind"] == "ask_human"
    ]
    visitor.page.reload()
    expect(visitor.event("You asked for a person")).to_have_count(1)
    # The server, which reads the wish in the first message, may ask in the same moment; but nobody
    # asks twice.
    assert len({entry["from"]["kind"] for entry in asked}) == len(asked)


@pytest.mark.parametrize("token", ["", "forged", "x" * 5000, "\0"])
def test_a_damaged_token_makes_a_new_visitor_at_once(stage: Stage, token: str) -> None:
    visitor = stage.visitor().open()
    visitor.ask(FIRST)
    visitor.page.evaluate(
        """(token) => {
            for (const name of Object.keys(localStorage)) {
                if (name.endsWith(":token")) localStorage.setItem(name, token);
                if (name.includes(":out:")) localStorage.setItem(name, '{"key":"damaged"}');
            }
        }""",
        token,
    )
    visitor.page.reload()
    visitor.open()
    expect(visitor.own).to_have_count(0)
    visitor.ask("And now?")
    expect(visitor.own).to_have_text(["And now?"])
