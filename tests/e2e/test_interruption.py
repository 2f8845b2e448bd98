"""The server dies, the network goes: nothing that was typed is lost, doubled or out of order."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.people import UNKNOWN, Agent, Person, Visitor
from tests.e2e.stage import FIRST, Stage


def expect_the_same(visitor: Visitor, ann: Agent, said: list[str]) -> None:
    """Both sides show exactly this, and do so again when they load their page anew."""
    for _ in range(2):
        expect(visitor.bubbles).to_have_text([FIRST, UNKNOWN, *said])
        expect(ann.bubbles).to_have_text([FIRST, *said])
        for person in (visitor, ann):
            person.page.reload()
    expect(visitor.bubbles).to_have_count(len(said) + 2)
    expect(ann.bubbles).to_have_count(len(said) + 1)


def expect_sending(person: Person, texts: list[str]) -> None:
    """What was said stands there, and is honest about where it is."""
    for text in texts:
        expect(person.page.locator(".bubble").filter(has_text=text)).to_have_count(1)
    expect(person.page.locator(".delivery").last).to_have_text("Sending")


def test_a_killed_server_loses_nothing_on_either_side(stage: Stage) -> None:
    visitor, ann = stage.meet()
    ann.say("What is it about?")
    expect(visitor.bubbles.last).to_have_text("What is it about?")
    visitor.field.press_sequentially("I am still ty")
    ann.field.press_sequentially("Take your t")

    stage.server.kill()
    visitor.field.press_sequentially("ping this")
    visitor.field.press("Enter")
    visitor.say("And this")
    visitor.field.press_sequentially("Half a sen")
    expect_sending(visitor, ["I am still typing this", "And this"])
    expect(visitor.banner).to_have_text("Connecting again …")
    ann.field.press_sequentially("ime")
    expect(ann.banner).to_have_text("Connection lost. Reconnecting…")

    stage.server.start()
    expect(visitor.banner).to_have_count(0)
    expect(ann.banner).to_have_count(0)
    expect(visitor.field).to_have_value("Half a sen")
    expect(ann.field).to_have_value("Take your time")
    expect(ann.bubbles.last).to_have_text("And this")
    ann.field.press("Enter")
    visitor.field.press_sequentially("tence")
    expect(visitor.bubbles.last).to_have_text("Take your time")
    visitor.field.press("Enter")

    said = ["What is it about?", "I am still typing this", "And this", "Take your time"]
    expect_the_same(visitor, ann, [*said, "Half a sentence"])


def test_what_both_send_while_the_server_is_down_arrives_once(stage: Stage) -> None:
    visitor, ann = stage.meet()
    mine = [f"visitor {number}" for number in range(5)]
    hers = [f"agent {number}" for number in range(5)]
    stage.server.kill()
    for number in range(5):
        visitor.say(mine[number])
        ann.say(hers[number])
    expect_sending(visitor, mine)
    expect_sending(ann, hers)

    stage.server.start()
    # Who is back first goes first; what each of them said keeps its order.
    expect(ann.bubbles).to_have_count(11)
    expect(visitor.bubbles).to_have_count(12)
    expect(visitor.panel.locator(".delivery-sending")).to_have_count(0)
    expect(ann.thread.locator(".delivery-sending")).to_have_count(0)
    visitor.page.reload()
    expect(visitor.bubbles).to_have_count(12)
    order = visitor.bubbles.all_inner_texts()[2:]
    assert [text for text in order if text.startswith("visitor")] == mine
    assert [text for text in order if text.startswith("agent")] == hers
    expect_the_same(visitor, ann, order)


def test_an_unsent_message_survives_a_reload_while_the_server_is_down(stage: Stage) -> None:
    visitor, ann = stage.meet()
    stage.server.kill()
    visitor.say("Keep this")
    visitor.field.fill("And this draft")
    visitor.page.reload()
    stage.server.start()
    visitor.page.reload()
    expect(ann.bubbles.last).to_have_text("Keep this")
    visitor.open()
    expect(visitor.field).to_have_value("And this draft")
    visitor.field.press("Enter")
    expect_the_same(visitor, ann, ["Keep this", "And this draft"])


def test_a_first_message_survives_that_nobody_could_take_it(stage: Stage) -> None:
    visitor = stage.visitor().open()
    stage.server.kill()
    visitor.say(FIRST)
    visitor.say("It is urgent")
    expect_sending(visitor, [FIRST, "It is urgent"])
    stage.server.start()
    expect(visitor.deliveries.last).to_have_text("Sent")
    ann = stage.agent("Ann")
    ann.tab("All open").click()
    ann.pick()
    expect(ann.bubbles).to_have_text([FIRST, "It is urgent"])


def test_what_is_written_offline_goes_out_later(stage: Stage) -> None:
    visitor, ann = stage.meet()
    visitor.context.set_offline(True)
    visitor.say("From the tunnel")
    expect(visitor.banner).to_have_text("No connection. What you write is kept and sent later.")
    expect_sending(visitor, ["From the tunnel"])
    ann.say("Are you there?")
    expect(ann.deliveries.last).to_have_text("Sent")
    ann.context.set_offline(True)
    ann.say("I am in a tunnel as well")
    expect(ann.banner).to_have_text("You are offline. What you send goes out when you are back.")
    expect_sending(ann, ["I am in a tunnel as well"])

    visitor.context.set_offline(False)
    expect(visitor.bubbles.last).to_have_text("From the tunnel")
    expect(visitor.deliveries.last).to_have_text("Sent")
    ann.context.set_offline(False)
    expect(visitor.bubbles.last).to_have_text("I am in a tunnel as well")
    said = ["Are you there?", "From the tunnel", "I am in a tunnel as well"]
    expect_the_same(visitor, ann, said)


def test_a_text_that_is_too_long_stays_where_it_was_written(stage: Stage) -> None:
    visitor, ann = stage.meet()
    text = "x" * 10_001
    visitor.field.fill(text)
    visitor.field.press("Enter")
    expect(visitor.panel.get_by_role("alert")).to_have_text(
        "1 characters too many: a message can have 10,000."
    )
    expect(visitor.field).to_have_value(text)
    expect(visitor.own).to_have_count(1)
    visitor.field.press("Backspace")
    expect(visitor.panel.get_by_role("alert")).to_have_count(0)
    visitor.field.press("Enter")
    expect(ann.bubbles.last).to_have_text("x" * 10_000)

    ann.field.fill(text)
    ann.field.press("Enter")
    expect(ann.composer.get_by_role("status")).to_have_text("1 characters too long")
    expect(ann.field).to_have_value(text)
    expect(ann.bubbles).to_have_count(2)


def test_a_refused_message_says_why_and_can_be_sent_again(stage: Stage) -> None:
    visitor, ann = stage.meet()
    phone = stage.agent("Ann")
    phone.tab("Mine").click()
    phone.pick()
    expect(phone.bubbles).to_have_text([FIRST])
    ann.context.set_offline(True)
    ann.say("You will hear from us.")
    phone.close_button.click()
    expect(visitor.event("Ann closed the conversation")).to_be_visible()

    ann.context.set_offline(False)
    failed = ann.thread.get_by_role("alert")
    expect(failed).to_contain_text("Not sent: the conversation is closed")
    phone.reopen_button.click()
    expect(ann.page.locator(".pill-mine")).to_be_visible()
    failed.get_by_role("button", name="Retry").click()
    expect(visitor.bubbles.last).to_have_text("You will hear from us.")
    expect(failed).to_have_count(0)
    expect_the_same(visitor, ann, ["You will hear from us."])


def test_a_visitor_whose_message_is_refused_is_told_why(stage: Stage) -> None:
    visitor, ann = stage.meet()
    # U+0085 is white space for the server, and none for a browser.
    visitor.field.fill("\u0085")
    visitor.field.press("Enter")
    failed = visitor.panel.locator(".failed")
    expect(failed).to_contain_text("Not sent. The server refused it (bad_data).")
    # What follows is not held up.
    visitor.field.fill("It works now")
    visitor.field.press("Enter")
    expect(ann.bubbles.last).to_have_text("It works now")
    failed.get_by_role("button", name="Try again").click()
    expect(failed).to_be_visible()
    failed.get_by_role("button", name="Delete").click()
    expect(failed).to_have_count(0)
    expect_the_same(visitor, ann, ["It works now"])


def test_half_a_character_is_no_obstacle(stage: Stage) -> None:
    visitor, ann = stage.meet()
    paste = """(field) => {
        field.value = "half of \\ud83d it, and \\0";
        field.dispatchEvent(new InputEvent("input", {bubbles: true}));
    }"""
    for person in (visitor, ann):
        person.field.evaluate(paste)
        person.field.press("Enter")
        person.field.fill("after it")
        person.field.press("Enter")
        expect(person.bubbles.last).to_have_text("after it")
        expect(person.deliveries.last).to_have_text(re.compile("Sent|Read"))
    expect_the_same(visitor, ann, ["half of \ufffd it, and \ufffd", "after it"] * 2)


def test_a_message_that_is_left_is_not_too_long_either(stage: Stage) -> None:
    visitor = stage.visitor().open()
    visitor.panel.get_by_role("button", name="Leave a message").click()
    field = visitor.panel.get_by_label("Your message")
    field.fill("x" * 10_001)
    visitor.panel.get_by_role("button", name="Leave message").click()
    expect(visitor.panel.get_by_role("alert")).to_contain_text("1 characters too many")
    expect(field).to_have_value("x" * 10_001)
    field.press("Backspace")
    visitor.panel.get_by_role("button", name="Leave message").click()
    expect(visitor.own).to_have_text(["x" * 10_000])
