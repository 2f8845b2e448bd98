"""Agents write the answers: in the console, out of their replies, out of what was asked in vain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.people import UNKNOWN, Agent
from tests.e2e.stage import PHONE, Context, Stage
from tests.e2e.test_accessibility import DEVICES, expect_no_violation
from tests.e2e.test_keyboard import press, tab_to, typer
from tests.e2e.test_phone import font_size, small_targets

FILES = {
    "delivery.md": """---
title: Delivery time
lang: en
tags: [delivery]
phrases:
  - how long does delivery take
  - when does my parcel come
---
Lamps are with you in **three days**.
""",
    "delivery.da.md": """---
title: Leveringstid
phrases:
  - hvor lang er leveringstiden
---
Lamper er hos dig om tre dage.
""",
    "returns.md": """---
title: Returns
# Asked by our lawyer in May.
phrases:
  - can I send it back
---
Within 30 days.
""",
    "broken.md": "---\ntitle: Broken\nphrases:\n  - what is broken\ncolour: red\n---\nText\n",
}
QUESTION = "Do you ship to Malta?"
REPLY = "Yes, we do. It takes a week."
MOST_VISITORS = 20
"""Who ask one after the other before an answer is learned."""


@pytest.fixture
def writing(chromium: Browser, tmp_path: Path, accounts: Path) -> Iterator[Stage]:
    """A server with a handful of answers in its folder, one of them broken."""
    folder = tmp_path / "answers"
    folder.mkdir()
    for name, source in FILES.items():
        (folder / name).write_text(source, encoding="utf-8")
    with Stage(chromium, tmp_path, accounts, answers=folder) as opened:
        yield opened


def answers(agent: Agent) -> Locator:
    return agent.page.get_by_role("navigation", name="Answers")


def listed(agent: Agent) -> Locator:
    return answers(agent).locator(".rows [data-answer]")


def editor(agent: Agent) -> Locator:
    return agent.page.get_by_role("region", name="Answer", exact=True)


def button(agent: Agent, name: str) -> Locator:
    return editor(agent).get_by_role("button", name=name, exact=True)


def field(agent: Agent, name: str) -> Locator:
    return editor(agent).get_by_label(name, exact=True)


def go_to(agent: Agent, place: str) -> Agent:
    agent.page.get_by_role("link", name=place, exact=True).click()
    return agent


def edit(agent: Agent, title: str) -> Agent:
    go_to(agent, "Answers")
    listed(agent).filter(has_text=title).click()
    expect(field(agent, "Title")).to_have_value(title)
    return agent


def review(agent: Agent) -> Locator:
    button(agent, "See what changes").click()
    expect(agent.page.get_by_role("heading", name="What would change")).to_be_visible()
    return editor(agent).locator(".review")


def saved(agent: Agent) -> None:
    button(agent, "Save").click()
    expect(editor(agent).get_by_role("status").filter(has_text="Saved")).to_be_visible()


def asked(stage: Stage, text: str) -> Locator:
    """Let a new visitor ask; gives what they read last."""
    visitor = stage.visitor().open()
    visitor.ask(text)
    expect(visitor.bubbles).to_have_count(2)
    return visitor.bubbles.last


def learned(stage: Stage, question: str, answer: str) -> None:
    """Ask until a visitor reads the answer: what was saved is learned within seconds."""
    for _ in range(MOST_VISITORS):
        if answer in asked(stage, question).inner_text():
            return
    raise AssertionError(f"{question!r} is not answered with {answer!r}")


def counted(agent: Agent, questions: int, gaps: int = 1) -> None:
    """Wait until the page of questions, which follows the log in a moment, counts so many."""
    first, groups = agent.page.locator(".counters > div").first, agent.page.locator(".question")
    for _ in range(200):
        agent.page.reload()
        expect(first).to_be_visible()
        expect(groups.or_(agent.page.locator(".empty"))).not_to_have_count(0)
        if (first.text_content(), groups.count()) == (f"Questions asked{questions}", gaps):
            break
    expect(first).to_have_text(f"Questions asked{questions}")
    expect(groups).to_have_count(gaps)


def test_an_agent_s_reply_becomes_an_answer_that_then_answers_the_same_question(
    writing: Stage,
) -> None:
    ann = writing.agent("Ann")
    visitor = writing.visitor().open()
    visitor.ask(QUESTION)
    expect(visitor.bubbles.last).to_have_text(UNKNOWN)
    counted(go_to(ann, "Questions"), 1)
    visitor.person.click()
    go_to(ann, "Inbox").pick()
    ann.accept()
    ann.say(REPLY)
    ann.thread.get_by_role("button", name="Make this an answer").click()
    expect(field(ann, "Title")).to_have_value(QUESTION)
    expect(field(ann, "Ways visitors ask for it")).to_have_value(QUESTION)
    expect(field(ann, "Answer")).to_have_value(REPLY)
    shown = review(ann)
    expect(shown).to_contain_text("1 of the last 1 question would be answered differently.")
    expect(shown.locator(".change")).to_have_text(re.compile(f"No answer.*{re.escape(QUESTION)}"))
    button(ann, "Save").click()

    # Back in the conversation, which says so, to every agent.
    expect(ann.bubbles.last).to_contain_text(f"Made an answer of a reply: “{QUESTION}”")
    assert not any("Made an answer" in frame for frame in visitor.raw)
    learned(writing, QUESTION, REPLY)
    go_to(ann, "Answers")
    row = listed(ann).filter(has_text=QUESTION)
    expect(row).to_contain_text("by Ann")
    expect(row).to_contain_text("Console")


def test_answers_are_searched_as_one_types_and_by_language(writing: Stage) -> None:
    ann = go_to(writing.agent("Ann"), "Answers")
    expect(listed(ann)).to_have_count(3)
    expect(answers(ann).get_by_role("status")).to_have_text("3 answers")
    expect(answers(ann).locator(".answers-broken")).to_contain_text("broken.md")
    expect(answers(ann).locator(".answers-broken")).to_contain_text("Line 5: unknown key 'colour'")
    search = answers(ann).get_by_label("Search answers")
    search.press_sequentially("deliv")
    expect(listed(ann)).to_have_count(2)
    answers(ann).get_by_label("Language").select_option("Danish")
    expect(listed(ann)).to_have_text([re.compile("Leveringstid.*Folder.*Never confirmed")])
    search.fill("nothing like it")
    expect(answers(ann)).to_contain_text("Nothing matches")


def test_a_broken_file_opens_at_its_source_and_is_mended(writing: Stage) -> None:
    ann = go_to(writing.agent("Ann"), "Answers")
    answers(ann).get_by_role("link", name="broken.md").click()
    button(ann, "Source").click()
    source = field(ann, "Source")
    source.fill(FILES["broken.md"] + "More.")
    button(ann, "See what changes").click()
    expect(editor(ann).get_by_role("alert")).to_contain_text("unknown key 'colour'")
    button(ann, "Line 5").click()
    marked = source.evaluate("(at) => at.value.slice(at.selectionStart, at.selectionEnd)")
    assert marked == "colour: red"
    expect(source).to_be_focused()
    ann.page.keyboard.press("Backspace")
    review(ann)
    saved(ann)
    expect(answers(ann).locator(".answers-broken")).to_have_count(0)
    expect(listed(ann).filter(has_text="Broken")).to_contain_text("Console")


def test_what_is_typed_survives_a_reload_and_saving_keeps_the_rest(writing: Stage) -> None:
    ann = edit(writing.agent("Ann"), "Returns")
    phrases = field(ann, "Ways visitors ask for it")
    phrases.press("ControlOrMeta+End")
    phrases.press_sequentially("\nI do not like it")
    expect(phrases).to_have_value("can I send it back\nI do not like it")
    ann.page.reload()
    expect(field(ann, "Ways visitors ask for it")).to_have_value(
        "can I send it back\nI do not like it"
    )
    expect(listed(ann).filter(has_text="Returns")).to_contain_text("Draft")
    review(ann)
    saved(ann)
    expect(listed(ann).filter(has_text="Draft")).to_have_count(0)
    button(ann, "Source").click()
    expect(field(ann, "Source")).to_have_value(re.compile("# Asked by our lawyer in May."))
    learned(writing, "I do not like it", "Within 30 days.")


def test_a_phrase_that_another_answer_has_is_refused_with_its_line(writing: Stage) -> None:
    ann = edit(writing.agent("Ann"), "Returns")
    field(ann, "Ways visitors ask for it").fill("can I send it back\nhow long does delivery take")
    button(ann, "See what changes").click()
    expect(editor(ann).get_by_role("alert")).to_contain_text("delivery.md")
    button(ann, "Line 6").click()
    expect(field(ann, "Source")).to_be_focused()


def test_two_agents_who_write_the_same_answer_lose_nothing(writing: Stage) -> None:
    ann, bo = edit(writing.agent("Ann"), "Returns"), edit(writing.agent("Bo"), "Returns")
    field(ann, "Answer").fill("Within 40 days.")
    review(ann)
    saved(ann)
    field(bo, "Answer").fill("Within 50 days.")
    review(bo)
    button(bo, "Save").click()
    expect(bo.page.get_by_role("heading", name="Somebody else saved this")).to_be_visible()
    expect(field(bo, "What you typed")).to_have_value(re.compile("Within 50 days."))
    expect(field(bo, "What was saved meanwhile")).to_have_value(re.compile("Within 40 days."))
    button(bo, "Go on with mine").click()
    review(bo)
    saved(bo)
    learned(writing, "can I send it back", "Within 50 days.")


def test_the_console_s_version_goes_and_the_folder_s_comes_back(writing: Stage) -> None:
    ann = edit(writing.agent("Ann"), "Returns")
    expect(button(ann, "Remove")).to_have_count(0)
    button(ann, "It still holds").click()
    expect(listed(ann).filter(has_text="Returns")).to_contain_text(
        re.compile("Console.*by Ann.*Confirmed")
    )
    expect(field(ann, "Answer")).to_have_value("Within 30 days.\n")
    button(ann, "Remove").click()
    dialog = ann.page.get_by_role("dialog", name="Remove this version?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    button(ann, "Remove").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(listed(ann).filter(has_text="Returns")).to_contain_text(
        re.compile("Folder.*Never confirmed")
    )
    edit(ann, "Returns")
    expect(button(ann, "Remove")).to_have_count(0)


def test_what_was_asked_in_vain_is_the_next_answer_to_write(writing: Stage) -> None:
    ann = go_to(writing.agent("Ann"), "Questions")
    expect(ann.page.get_by_text("No gaps right now")).to_be_visible()
    expect(ann.page.get_by_text("Nobody has asked anything")).to_be_visible()
    for text in ("Can I bring my dog to the showroom?", "can I bring my dog into the showroom"):
        expect(asked(writing, text)).to_have_text(UNKNOWN)
    unhelpful = writing.visitor().open()
    unhelpful.ask("how long does delivery take")
    unhelpful.panel.get_by_role("button", name="No", exact=True).click()

    groups = ann.page.locator(".question")
    counted(ann, 3, gaps=2)
    dogs = groups.filter(has_text="dog")
    expect(dogs).to_contain_text("2 people")
    expect(dogs).to_contain_text("2 without an answer")
    expect(dogs.get_by_role("list", name="Examples").get_by_role("link")).to_have_count(2)

    groups.filter(has_text="delivery").get_by_role("button", name="Improve the answer").click()
    expect(field(ann, "Title")).to_have_value("Delivery time")
    ann.page.go_back()
    dogs.get_by_role("link").first.click()
    expect(ann.bubbles.first).to_contain_text("dog")
    ann.page.go_back()
    dogs.get_by_role("button", name="Write the answer").click()
    expect(field(ann, "Ways visitors ask for it")).to_have_value(
        re.compile("dog (in)?to the showroom.*\n.*dog (in)?to the showroom")
    )
    field(ann, "Answer").fill("Dogs are welcome.")
    expect(review(ann)).to_contain_text("2 of the last 3 questions would be answered differently.")
    saved(ann)
    learned(writing, "can I bring my dog into the showroom", "Dogs are welcome.")


def test_an_answer_is_written_without_a_mouse(writing: Stage) -> None:
    ann = writing.agent("Ann")
    press(ann, "6")
    expect(listed(ann)).to_have_count(3)
    tab_to(ann, answers(ann).get_by_role("button", name="New answer"))
    press(ann, "Enter")
    tab_to(ann, field(ann, "Title"))
    typer(ann)("Gift wrapping")
    tab_to(ann, field(ann, "Ways visitors ask for it"))
    typer(ann)("can you wrap it as a gift")
    tab_to(ann, field(ann, "Answer"))
    typer(ann)("Gladly, in brown paper.")
    press(ann, "Control+Enter")
    expect(ann.page.get_by_role("heading", name="What would change")).to_be_focused()
    press(ann, "Escape")
    expect(field(ann, "Answer")).to_have_value("Gladly, in brown paper.")
    tab_to(ann, button(ann, "See what changes"))
    press(ann, "Enter")
    expect(ann.page.get_by_role("heading", name="What would change")).to_be_focused()
    press(ann, "Control+Enter")
    row = listed(ann).filter(has_text="Gift wrapping")
    expect(row).to_contain_text("by Ann")
    press(ann, "Escape")
    expect(editor(ann)).to_contain_text("Choose an answer")
    press(ann, "j")
    assert "link" in ann.focused() or "a " in ann.focused()
    press(ann, "5")
    expect(ann.page.locator(".counters")).to_be_visible()
    press(ann, "1")
    expect(ann.tab("Waiting")).to_be_visible()


@pytest.mark.parametrize("device", DEVICES)
def test_no_page_of_answers_has_a_violation(writing: Stage, device: str) -> None:
    context: Context = DEVICES[device]
    ann = go_to(writing.agent("Ann", **context), "Answers")
    expect(listed(ann)).to_have_count(3)
    expect_no_violation(ann, "answers", 10)
    edit(ann, "Returns") if device == "desktop" else listed(ann).last.click()
    expect(field(ann, "Title")).to_be_visible()
    editor(ann).get_by_text("More: guide").click()
    expect_no_violation(ann, "form", 10)
    button(ann, "Source").click()
    expect_no_violation(ann, "source", 10)
    field(ann, "Source").fill("x")
    button(ann, "See what changes").click()
    expect(editor(ann).get_by_role("alert")).not_to_be_empty()
    expect_no_violation(ann, "refused", 10)
    button(ann, "Form").click()
    button(ann, "Discard").click()
    expect(ann.page.get_by_role("dialog")).to_be_visible()
    expect_no_violation(ann, "about to discard", 4)
    ann.page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(button(ann, "See what changes")).to_be_disabled()
    field(ann, "Answer").fill("Within 40 days.")
    review(ann)
    expect_no_violation(ann, "review", 6)
    ann.visit("#/questions")
    expect(ann.page.locator(".counters")).to_be_visible()
    expect_no_violation(ann, "questions", 6)


def test_the_answers_fit_a_phone(writing: Stage) -> None:
    ann = go_to(writing.agent("Ann", **PHONE), "Answers")
    expect(listed(ann)).to_have_count(3)
    assert small_targets(ann, answers(ann)) == []
    assert ann.width_left_over() == 0
    listed(ann).filter(has_text="Returns").tap()
    expect(field(ann, "Title")).to_be_visible()
    expect(answers(ann)).to_be_hidden()
    assert font_size(field(ann, "Title")) >= 16
    assert small_targets(ann, editor(ann)) == []
    assert ann.width_left_over() == 0
    editor(ann).get_by_role("button", name="Back to the answers").tap()
    expect(answers(ann)).to_be_visible()
    go_to(ann, "Questions")
    expect(ann.page.locator(".counters")).to_be_visible()
    assert ann.width_left_over() == 0
