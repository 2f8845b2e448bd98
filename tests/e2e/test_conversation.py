"""A visitor asks, is answered, asks for a person, and gets one."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.people import UNKNOWN
from tests.e2e.stage import Stage

QUESTION = "How long does delivery take?"
ANSWER = re.compile("Lamps leave our warehouse the same working day")
NOTE = "Careful, this customer is our own director."


def test_a_visitor_is_answered_asks_for_a_person_and_gets_one(answering: Stage) -> None:
    ann = answering.agent("Ann")
    visitor = answering.visitor("/lamps/maane").open()

    visitor.ask(QUESTION)
    expect(visitor.bubbles).to_have_text([QUESTION, ANSWER])
    expect(visitor.senders).to_have_text(["Automatic answer"])
    visitor.person.click()
    expect(visitor.event("You asked for a person")).to_be_visible()

    # The inbox was open before all this, and nobody reloaded it.
    expect(ann.tab("Waiting")).to_have_text("Waiting1")
    ann.pick()
    expect(ann.bubbles).to_have_text([QUESTION, ANSWER])
    expect(ann.happened).to_have_text([re.compile("Asked for a person")])
    expect(ann.page.get_by_role("link", name="/lamps/maane").first).to_be_visible()
    ann.accept()
    ann.say("Hello, this is Ann.")
    expect(visitor.bubbles).to_have_text([QUESTION, ANSWER, "Hello, this is Ann."])
    expect(visitor.senders).to_have_text(["Automatic answer", re.compile("Ann$")])

    visitor.say("Do you deliver lamps to Svalbard?")
    expect(ann.bubbles.last).to_have_text("Do you deliver lamps to Svalbard?")
    ann.say("We do.")
    said: list[str | re.Pattern[str]] = [
        QUESTION,
        ANSWER,
        "Hello, this is Ann.",
        # Once a person has accepted, the answers are silent.
        "Do you deliver lamps to Svalbard?",
        "We do.",
    ]
    for person in (visitor, ann):
        expect(person.bubbles).to_have_text(said)
        person.page.reload()
        expect(person.bubbles).to_have_text(said)


def test_the_second_agent_who_accepts_reads_who_was_first(stage: Stage) -> None:
    ann, bo = stage.agent("Ann"), stage.agent("Bo")
    visitor = stage.visitor().open()
    visitor.ask("I need a person.")
    visitor.person.click()
    for agent in (ann, bo):
        agent.pick()
        expect(agent.accept_button).to_be_visible()

    # Bo's connection is held: he decides on what is no longer so.
    bo.context.set_offline(True)
    ann.accept()
    expect(visitor.event("Ann is here")).to_be_visible()
    bo.accept_button.click()
    bo.context.set_offline(False)

    expect(bo.page.get_by_role("alert").filter(has_text="Taken by Ann")).to_be_visible()
    expect(bo.page.locator(".pill", has_text="With Ann")).to_be_visible()
    expect(bo.composer).to_contain_text("Ann answers this conversation.")
    expect(bo.field).to_have_count(0)
    expect(visitor.panel.locator(".event", has_text="is here")).to_have_count(1)


def test_both_sides_see_the_other_type(stage: Stage) -> None:
    visitor, ann = stage.meet()
    visitor.field.press_sequentially("H")
    expect(ann.typing).to_contain_text("is typing")
    visitor.field.fill("")
    expect(ann.typing).to_have_count(0)

    ann.field.press_sequentially("W")
    expect(visitor.typing).to_have_text("Ann is typing")
    ann.field.press_sequentially("ell")
    ann.field.press("Enter")
    expect(visitor.bubbles.last).to_have_text("Well")
    expect(visitor.typing).to_have_count(0)


def test_a_message_is_sent_before_it_is_read(stage: Stage) -> None:
    ann = stage.agent("Ann")
    visitor = stage.visitor().open()
    visitor.say("Nobody has this open yet.")
    expect(visitor.deliveries).to_have_text(["Sent"])
    visitor.person.click()
    ann.pick()
    expect(ann.bubbles).to_have_text(["Nobody has this open yet."])
    # What agents look at is their own affair, until one of them has accepted.
    expect(visitor.deliveries).to_have_text(["Sent"])
    ann.accept()
    expect(visitor.deliveries).to_have_text(["Read"])

    visitor.launcher.click()
    expect(visitor.panel).to_be_hidden()
    ann.say("And you have closed this.")
    expect(ann.deliveries).to_have_text(["Sent"])
    visitor.open()
    expect(ann.deliveries).to_have_text(["Read"])


def test_a_note_never_reaches_the_visitor(stage: Stage) -> None:
    visitor, ann = stage.meet()
    ann.mode("Note")
    ann.say(NOTE)
    expect(ann.thread.locator(".group-note")).to_contain_text("Note")
    ann.mode("Reply")
    ann.say("How can I help?")
    expect(visitor.bubbles.last).to_have_text("How can I help?")

    visitor.page.reload()
    expect(visitor.bubbles).to_have_text(["Is anybody there?", UNKNOWN, "How can I help?"])
    assert any("How can I help?" in raw for raw in visitor.raw)
    assert not any("director" in raw or "desk:" in raw for raw in visitor.raw)

    bo = stage.agent("Bo")
    bo.tab("All open").click()
    bo.pick()
    expect(bo.bubbles).to_have_text(["Is anybody there?", NOTE, "How can I help?"])


def test_who_writes_after_the_end_opens_the_conversation_again(stage: Stage) -> None:
    visitor, ann = stage.meet()
    ann.close_button.click()
    expect(visitor.event("Ann closed the conversation")).to_be_visible()
    expect(visitor.panel).to_contain_text("This conversation is closed.")
    expect(ann.composer).to_contain_text("This conversation is closed.")
    ann.tab("Closed").click()
    expect(ann.rows).to_have_count(1)

    visitor.panel.get_by_role("button", name="Write again").click()
    expect(visitor.field).to_be_focused()
    visitor.ask("One more thing.")
    expect(visitor.event("The conversation goes on")).to_be_visible()
    # With the agent who had it, as before.
    expect(ann.page.locator(".pill-mine")).to_be_visible()
    ann.tab("Mine").click()
    expect(ann.rows).to_have_count(1)
    ann.say("Of course.")
    expect(visitor.bubbles.last).to_have_text("Of course.")

    for person in (visitor, ann):
        person.page.reload()
        said = ["Is anybody there?", "One more thing.", "Of course."]
        if person is visitor:
            said.insert(1, UNKNOWN)
        expect(person.bubbles).to_have_text(said)


def test_an_agent_reopens_what_was_closed(stage: Stage) -> None:
    visitor, ann = stage.meet()
    ann.close_button.click()
    ann.reopen_button.click()
    expect(ann.page.locator(".pill-mine")).to_be_visible()
    ann.say("I forgot something.")
    expect(visitor.bubbles.last).to_have_text("I forgot something.")
    expect(visitor.event("The conversation goes on")).to_be_visible()


def test_what_is_not_known_is_said_and_a_person_is_offered(answering: Stage) -> None:
    answering.agent("Ann")
    visitor = answering.visitor().open()
    visitor.ask("Which planet has the most moons?")
    expect(visitor.bubbles.last).to_have_text(UNKNOWN)
    visitor.person.click()
    expect(visitor.panel).to_contain_text("A person has been asked to come.")


def test_a_canned_reply_is_chosen_with_a_slash(answering: Stage) -> None:
    visitor, ann = answering.meet()
    ann.field.press_sequentially("/order")
    menu = ann.page.get_by_role("listbox", name="Canned replies")
    expect(menu.get_by_role("option").first).to_be_visible()
    ann.field.press("Enter")
    expect(menu).to_have_count(0)
    expect(ann.field).to_have_value(re.compile("order number"))
    ann.field.press("Enter")
    expect(visitor.bubbles.last).to_contain_text("order number")
