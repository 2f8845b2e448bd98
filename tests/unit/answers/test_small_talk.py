"""Whether a visitor asks anything at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.files import AnswerBook
from straks.answers.small_talk import SmallTalk, small_talk
from straks.demo import answers_folder


@pytest.mark.parametrize(
    "text",
    ["hi", "Hello!", "hello there :)", "HEY", "heyyy", "Good morning", "hi team", "Hi, thanks"]
    + ["Hej!", "hejsan", "Hallå", "God morgon", "tjena"]
    + ["Goddag", "god aften", "halløj"]
    + ["Hei", "heisann", "God kveld"]
    + ["Hoi", "Goedemorgen", "goede avond", "dag allemaal"]
    + ["Cześć", "Dzień dobry", "dobry wieczór", "czesc"],
)
def test_a_greeting_is_one(text: str) -> None:
    assert small_talk(text) is SmallTalk.GREETING


@pytest.mark.parametrize(
    "text",
    [
        "thanks",
        "Thank you so much!",
        "ok",
        "OK, thanks",
        "Great, thank you for your help",
        "bye",
        "No thanks",
    ]
    + ["Tack så mycket", "okej", "toppen, tack för hjälpen"]
    + ["Mange tak", "tak for hjælpen", "fint"]
    + ["Tusen takk", "flott, takk"]
    + ["Dank je wel", "bedankt!", "prima"]
    + ["Dziękuję bardzo", "dzięki", "w porządku", "dzieki"]
    + ["👍", "🙏 🙏", "👍🏽", "❤️"],
)
def test_thanks_and_nods_are_such(text: str) -> None:
    assert small_talk(text) is SmallTalk.THANKS


@pytest.mark.parametrize(
    "text",
    ["", " ", "...", "?", "🤬", "hi?", "ok?", "hello, where is my order", "thanks but it is broken"]
    + ["not ok", "no", "help", "the", "you there", "good lamp", "hi lamp", "day"]
    + ["great, and when does it come", "jag vill tacka nej", "ikke godt", "niet goed", "nie"]
    + ["hi " * 9],
)
def test_what_may_ask_something_is_no_small_talk(text: str) -> None:
    assert small_talk(text) is None


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert small_talk(text) in {None, *SmallTalk}


def test_no_question_of_the_demo_is_small_talk() -> None:
    book = AnswerBook.load(answers_folder())
    asked = [phrase for answer in book.answers for phrase in answer.phrases]
    assert [phrase for phrase in asked if small_talk(phrase)] == []
