"""The widget speaks the languages that it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.people import Visitor
from tests.e2e.stage import Stage

WORDS = {
    "en": ("Open chat", "How can we help?", "No one is here right now", "Leave a message"),
    "sv": ("Öppna chatten", "hjälpa", "Ingen är här", "Lämna ett meddelande"),
    "da": ("Åbn chatten", "hjælpe", "ingen her", "Læg en besked"),
    "nb": ("Åpne chatten", "hjelpe", "Ingen er her", "Legg igjen en melding"),
    "nl": ("Chat openen", "helpen", "Er is nu niemand", "Bericht achterlaten"),
    "pl": ("Otwórz czat", "pomóc", "nikogo", "Zostaw wiadomość"),
}


@pytest.fixture(scope="module")
def foreign(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, accounts: Path
) -> Iterator[Stage]:
    """One server for all languages: nobody leaves anything on it."""
    with Stage(chromium, tmp_path_factory.mktemp("foreign"), accounts) as opened:
        yield opened


def embedded_anew(visitor: Visitor, lang: str | None) -> Visitor:
    """Let the page embed the widget again, as a tag manager would, in a language or in none."""
    expect(visitor.launcher).to_be_visible()
    visitor.page.evaluate(
        """(lang) => {
            const script = document.createElement("script");
            script.src = document.querySelector("script[async]").src;
            if (lang) script.dataset.lang = lang;
            else document.documentElement.removeAttribute("lang");
            Straks.destroy();
            document.body.append(script);
        }""",
        lang,
    )
    return visitor


@pytest.mark.parametrize("lang", sorted(WORDS))
def test_all_that_is_shown_is_in_the_language_of_the_page(foreign: Stage, lang: str) -> None:
    launcher, greeting, away, leave = WORDS[lang]
    visitor = embedded_anew(foreign.visitor(), lang)
    expect(visitor.launcher).to_have_accessible_name(launcher)
    visitor.open()
    expect(visitor.panel).to_contain_text(greeting)
    expect(visitor.panel.locator(".header")).to_contain_text(away)
    expect(visitor.page.locator("straks-chat")).to_have_attribute("lang", lang)
    offer = visitor.panel.get_by_role("button", name=leave)
    expect(offer).to_be_visible()
    if lang != "en":
        assert "No one" not in visitor.panel.inner_text()
    offer.click()
    assert visitor.width_left_over() == 0


def test_the_browser_s_language_counts_where_the_page_has_none(foreign: Stage) -> None:
    visitor = embedded_anew(foreign.visitor(locale="pl-PL"), None)
    expect(visitor.launcher).to_have_accessible_name("Otwórz czat")
