"""What search engines are told."""

from __future__ import annotations

import json

import pytest

from straks.answers.answer import Guide, Step
from straks.web.help.structured import description, snippet, structured
from tests.unit.web.help.conftest import EVIL, an_answer


def test_nothing_in_it_can_end_the_script_element() -> None:
    made = structured(an_answer("a", title=EVIL + "\u2028", html="<p>Yes &amp; no</p>"))
    assert not set("<>&\u2028") & set(made)
    told = json.loads(made)
    question = told["mainEntity"][0]
    assert (told["@type"], question["name"]) == ("FAQPage", EVIL + "\u2028")
    assert question["acceptedAnswer"]["text"] == "<p>Yes &amp; no</p>"


def test_a_guide_is_told_step_by_step() -> None:
    steps = (
        Step(title="One", text="First.", html="<p>First.</p>"),
        Step(title=None, text="Then " + "on " * 100, html=f"<p>{EVIL}</p>"),
    )
    made = structured(an_answer("a", guide=Guide(text="How:", html="<p>How:</p>", steps=steps)))
    assert not set("<>&") & set(made)
    told = json.loads(made)
    assert (told["@context"], told["inLanguage"]) == ("https://schema.org", "en")
    assert (told["@type"], told["name"], told["description"]) == ("HowTo", "a in en", "How:")
    first, second = told["step"]
    assert first == {"@type": "HowToStep", "position": 1, "name": "One", "text": "First."}
    assert (second["position"], second["name"][-1]) == (2, "…")
    assert len(second["name"]) <= 155


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
