"""The answers as pages: found without a script, and never far from the chat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.people import Visitor
from tests.e2e.stage import PHONE, Context, Stage
from tests.e2e.test_accessibility import DEVICES, THEMES, explain, targets

QUESTION = "How long does delivery take?"
PAGES = {
    "list": "en/",
    "list in Polish": "pl/",
    "search": "en/?q=delivery",
    "search for nothing": "en/?q=xyzzyxyzzy",
    "answer": "en/delivery-time",
    "guide": "en/mounting",
    "nothing there": "en/nothing",
}
NARROW: Context = {"viewport": {"width": 320, "height": 640}}


@pytest.fixture(scope="module")
def library(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, accounts: Path
) -> Iterator[Stage]:
    """One server with the demo's answers for all who read: nobody changes anything on it."""
    with Stage(chromium, tmp_path_factory.mktemp("library"), accounts, answers=True) as opened:
        yield opened


def reader(stage: Stage, path: str = "", **context: object) -> Visitor:
    """Let somebody come to a page of the help centre."""
    visitor = stage.visitor(None, **context)
    visitor.page.goto(f"{stage.server.url}/help/{path}")
    return visitor


def test_an_answer_is_searched_for_and_read_without_a_script(library: Stage) -> None:
    page = reader(library, java_script_enabled=False).page
    expect(page).to_have_url(re.compile(r"/help/en/$"))
    field = page.get_by_role("searchbox", name="Search the answers")
    field.fill(QUESTION)
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Answers to “{QUESTION}”")
    found = page.locator(".found").get_by_role("link").first
    title = found.inner_text()
    found.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("button", name="Ask in the chat")).to_be_hidden()
    assert "The chat needs JavaScript" in page.locator("noscript").inner_html()
    page.get_by_role("navigation", name="You are here").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How can we help?")


def test_a_guide_is_read_step_by_step(library: Stage) -> None:
    page = reader(library, "en/mounting", java_script_enabled=False).page
    steps = page.locator("main ol > li")
    expect(steps).to_have_count(4)
    expect(steps.first.get_by_role("heading", level=2)).to_have_text("Switch the power off")
    told = page.locator('script[type="application/ld+json"]').inner_text()
    assert '"HowTo"' in told


def test_what_was_read_is_kept_for_the_chat_in_this_tab(library: Stage) -> None:
    visitor = reader(library, "en/delivery-time")
    page = visitor.page
    for path in ("mounting", "", "delivery-time", "?q=lamp", "warranty"):
        page.goto(f"{library.server.url}/help/en/{path}")
    read = 'sessionStorage.getItem("straks:read")'
    assert page.evaluate(read) == '["mounting","delivery-time","warranty"]'
    many = (
        'sessionStorage.setItem("straks:read", JSON.stringify([...Array(30).keys()].map(String)))'
    )
    page.evaluate(many)
    page.goto(f"{library.server.url}/help/en/mounting")
    kept = page.evaluate(f"JSON.parse({read})")
    assert (len(kept), kept[0], kept[-1]) == (20, "11", "mounting")
    for broken in ("{", "null", '{"a":1}', "[1,null]"):
        page.evaluate(f"sessionStorage.setItem('straks:read', '{broken}')")
        page.goto(f"{library.server.url}/help/en/mounting")
        assert page.evaluate(read) == '["mounting"]'


def test_one_word_finds_all_that_it_is_about(library: Stage) -> None:
    page = reader(library, "en/?q=delivery").page
    titles = page.locator(".found a").all_inner_texts()
    assert 3 < len(titles) <= 10
    assert "How long does delivery take?" in titles


def test_what_is_not_found_can_be_asked_in_the_chat(library: Stage) -> None:
    visitor = reader(library, "en/?q=xyzzyxyzzy")
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("No answer fits “xyzzyxyzzy”")
    page.get_by_role("button", name="Ask in the chat").click()
    expect(visitor.panel).to_be_visible()


def test_the_chat_is_opened_from_an_answer_and_leads_to_one(library: Stage) -> None:
    visitor = reader(library, locale="da-DK")
    page = visitor.page
    expect(page).to_have_url(re.compile(r"/help/da/$"))
    page.locator("main .answers a").first.click()
    expect(page).to_have_url(re.compile(r"/help/da/[a-z]"))
    page.get_by_role("button", name="Spørg i chatten").click()
    expect(visitor.panel).to_contain_text("Hvordan kan vi hjælpe?")
    visitor.say("Hvor lang tid tager levering?")
    expect(visitor.bubbles).to_have_count(2)
    title = visitor.bubbles.last.locator(".heading").inner_text()
    with visitor.context.expect_page() as opened:
        visitor.panel.get_by_role("link", name="Åbn som side").click()
    answer = visitor.watch(opened.value)
    expect(answer).to_have_url(re.compile(r"/help/da/[a-z-]+$"))
    expect(answer.get_by_role("heading", level=1)).to_have_text(title)
    # The page belongs to the same site: the conversation goes on there.
    expect(answer.locator("straks-chat .launcher")).to_be_visible()


def test_a_hello_has_no_page(library: Stage) -> None:
    visitor = library.visitor().open()
    visitor.ask("Hello")
    expect(visitor.bubbles).to_have_count(2)
    visitor.ask(QUESTION)
    expect(visitor.bubbles).to_have_count(4)
    expect(visitor.panel.get_by_role("link", name="Open as a page")).to_have_count(1)


def test_where_there_is_no_help_centre_nothing_leads_to_it(
    chromium: Browser, tmp_path: Path, accounts: Path
) -> None:
    stage = Stage(chromium, tmp_path, accounts, answers=True)
    stage.server.settings["help_centre"] = "false"
    with stage:
        visitor = stage.visitor().open()
        visitor.ask(QUESTION)
        expect(visitor.bubbles).to_have_count(2)
        expect(visitor.panel.locator(".header")).to_contain_text("Nordlys Lamper")
        expect(visitor.panel.get_by_role("link", name="Open as a page")).to_have_count(0)
        response = visitor.page.request.get(f"{stage.server.url}/help/en/")
        assert response.status == 404


def test_the_page_is_there_in_another_language(library: Stage) -> None:
    page = reader(library, "en/delivery-time").page
    page.get_by_role("navigation", name="Languages").get_by_role("link", name="Polski").click()
    expect(page).to_have_url(re.compile(r"/help/pl/delivery-time$"))
    expect(page.locator("html")).to_have_attribute("lang", "pl")


def test_keys_lead_past_what_is_on_every_page_and_their_place_is_seen(library: Stage) -> None:
    visitor = reader(library, "en/")
    page = visitor.page
    page.keyboard.press("Tab")
    assert visitor.focused() == "a Skip to the content"
    assert visitor.outlined()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert visitor.focused() == "input Search the answers"
    assert visitor.outlined()


@pytest.mark.parametrize("device", [PHONE, NARROW], ids=["phone", "narrow"])
def test_nothing_is_wider_than_a_phone(library: Stage, device: Context) -> None:
    for name, path in PAGES.items():
        visitor = reader(library, path, **device)
        expect(visitor.launcher).to_be_visible()
        assert visitor.width_left_over() == 0, name


@pytest.mark.parametrize("device", DEVICES)
def test_no_page_has_a_violation(library: Stage, device: str) -> None:
    for name, path in PAGES.items():
        visitor = reader(library, path, **DEVICES[device])
        expect(visitor.page.locator("[data-chat]")).to_be_visible()
        for theme in THEMES:
            visitor.page.emulate_media(color_scheme=theme)
            found = visitor.axe()
            assert explain(found) == [], f"{name}, {theme}"
            seen = targets(found, ("passes", "violations", "incomplete"))
            assert len(seen) >= 10, f"{name}, {theme}: only {sorted(seen)}"
