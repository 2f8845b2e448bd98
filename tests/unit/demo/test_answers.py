"""The answers of the demo shop."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.answers.questions import questions
from straks.answers.choices import offer, picked
from straks.answers.files import AnswerBook
from straks.answers.matcher import Matcher
from straks.demo import answers_folder
from straks_protocol.kinds import encode_data

BOOK = AnswerBook.load(answers_folder())
MATCHER = Matcher.train(BOOK)
LANGS = ["en", "sv", "da", "nb", "nl", "pl"]


def test_every_file_is_good() -> None:
    assert BOOK.errors == ()


@pytest.mark.parametrize("lang", LANGS)
def test_there_are_about_forty_answers_and_some_replies_in_every_language(lang: str) -> None:
    book = [answer for answer in BOOK.answers if answer.lang == lang]
    replies = [answer for answer in book if answer.is_reply]
    (greeting,) = [answer for answer in book if answer.is_greeting]
    answers = [each for each in book if each not in (*replies, greeting)]
    assert 38 <= len(answers) <= 48
    assert 6 <= len(replies) <= 8
    assert all(18 <= len(answer.phrases) <= 22 for answer in answers)


def test_answers_are_short_enough_to_read_in_a_chat() -> None:
    assert all(len(answer.text) <= 500 for answer in BOOK.answers)


@pytest.mark.parametrize("lang", LANGS)
def test_every_button_says_what_has_an_answer(lang: str) -> None:
    pressed = 0
    for answer in BOOK.answers:
        if answer.lang == lang:
            for button in answer.buttons:
                match = MATCHER.match(button, lang)
                assert match is not None, button
                assert (match.score, match.answer.lang) == (1.0, lang), button
                assert match.answer.id != answer.id
                pressed += 1
    assert pressed >= 10


def test_an_answer_has_the_same_steps_and_buttons_in_every_language() -> None:
    shapes: dict[str, set[tuple[int, int]]] = {}
    for answer in BOOK.answers:
        steps = len(answer.guide.steps) if answer.guide else 0
        shapes.setdefault(answer.id, set()).add((steps, len(answer.buttons)))
    assert all(len(found) == 1 for found in shapes.values())
    guides = {answer_id: steps for answer_id, found in shapes.items() for steps, _ in found}
    assert (guides["mounting"], guides["not-working"]) == (4, 3)


def test_addresses_are_of_nobody() -> None:
    for answer in BOOK.answers:
        hosts = re.findall(r"@([\w.-]+)|://([\w.-]+)", answer.html)
        assert all((a or b).endswith(".example") for a, b in hosts), answer.id


def test_what_the_readme_says_to_ask_has_the_right_answer() -> None:
    readme = Path(__file__).resolve().parents[3] / "README.md"
    asked = re.search(r'Ask the shop "([^"]+)"', readme.read_text(encoding="utf-8"))
    assert asked is not None
    match = MATCHER.match(" ".join(asked[1].split()), "en")
    assert match is not None
    assert match.answer.id == "delivery-time"


@pytest.mark.parametrize("lang", LANGS)
def test_every_title_that_is_offered_gets_its_answer(lang: str) -> None:
    offered = 0
    for question in questions(lang):
        judged = MATCHER.judge(question.text, lang)
        if not isinstance(judged, tuple):
            continue
        offered += 1
        offer_of_them = encode_data("conversation", "answer", offer(1, judged))
        for tie in judged:
            match = picked(BOOK, offer_of_them, tie.answer.title)
            assert match is not None
            assert match.answer is tie.answer
    assert offered
