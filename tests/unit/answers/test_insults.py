"""Whether somebody only curses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.answers.questions import LANGUAGES, questions
from straks.answers.files import AnswerBook
from straks.answers.insults import is_insult
from straks.demo import answers_folder


@pytest.mark.parametrize(
    "text",
    ["you are an idiot", "FUCK YOU!!!", "fuck off", "you're so stupid", "this bot is useless"]
    + ["What a piece of shit", "wtf", "stupid stupid stupid"]
    + ["Du är dum", "jävla idiot"]
    + ["du er en idiot", "lort", "hvor er du ubrugelig"]
    + ["Jævla idiot!", "dette er dritt"]
    + ["klootzak", "jij bent een sukkel", "Wat een waardeloze service"]
    + ["kurwa", "jesteś głupi", "co za idiota", "JESTES GLUPI"],
)
def test_a_mere_insult_is_one(text: str) -> None:
    assert is_insult(text)


@pytest.mark.parametrize(
    "text",
    ["", "😡", "?!", "you are", "the shop", "where is my fucking order", "this shit lamp is broken"]
    + ["the stupid switch does nothing", "var är min jävla lampa", "gdzie jest moja lampa kurwa"]
    + ["do you sell a ceiling fan", "is the bulb dumb or smart", "is it useless outdoors"]
    + ["shit " * 11],
)
def test_who_asks_something_in_anger_insults_nobody(text: str) -> None:
    assert not is_insult(text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_people_ask_is_no_insult(lang: str) -> None:
    assert [q.text for q in questions(lang) if is_insult(q.text)] == []


def test_no_phrase_of_an_answer_is_an_insult() -> None:
    book = AnswerBook.load(answers_folder())
    assert [phrase for each in book.answers for phrase in each.phrases if is_insult(phrase)] == []


@given(st.text(max_size=200))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert is_insult(text) in {True, False}
