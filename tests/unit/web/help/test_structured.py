"""What search engines are told."""

from __future__ import annotations

import json

import pytest

from straks.web.help.structured import description, faq_page, snippet
from tests.unit.web.help.conftest import EVIL, an_answer


def test_nothing_in_it_can_end_the_script_element() -> None:
    made = faq_page(an_answer("a", title=EVIL + "\u2028", html="<p>Yes &amp; no</p>"))
    assert not set("<>&\u2028") & set(made)
    told = json.loads(made)
    question = told["mainEntity"][0]
    assert (told["@type"], question["name"]) == ("FAQPage", EVIL + "\u2028")
    assert question["acceptedAnswer"]["text"] == "<p>Yes &amp; no</p>"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("short", "short"),
        ("two\n\n lines", "two lines"),
        ("one two three", "one two…"),
        ("one two, three", "one two…"),
        ("• one\n• two\n• three", "one…"),
        ("x" * 20, "x" * 9 + "…"),
    ],
)
def test_a_long_text_is_cut_between_words(text: str, cut: str) -> None:
    assert snippet(text, 10) == cut


def test_a_description_is_no_longer_than_is_shown() -> None:
    assert len(description(an_answer("a", text="word " * 100))) <= 155
