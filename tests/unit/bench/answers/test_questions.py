"""The questions that the answers are measured with are fair."""

from __future__ import annotations

import pytest

from bench.answers.questions import LANGUAGES, Question, content, demo_book, questions, shared
from straks.answers import languages
from straks.answers.answer import Answer

FEWEST = 100
ANSWERS = 40


def answers_in(lang: str) -> dict[str, Answer]:
    return {each.id: each for each in demo_book().answers if languages.base(each.lang) == lang}


def test_the_demo_has_every_answer_in_every_language() -> None:
    ids = {lang: set(answers_in(lang)) for lang in LANGUAGES}
    assert all(each == ids["en"] for each in ids.values())
    assert len(ids["en"]) > ANSWERS


@pytest.mark.parametrize("lang", LANGUAGES)
def test_there_are_many_questions_and_none_is_told_beforehand(lang: str) -> None:
    answers, asked = answers_in(lang), list(questions(lang))
    assert len({each.text.casefold() for each in asked}) == len(asked) >= FEWEST
    assert len({each.answer for each in asked}) >= ANSWERS
    told = [each for each in asked if is_told(each, answers[each.answer], lang)]
    assert told == []


def is_told(question: Question, answer: Answer, lang: str) -> bool:
    return shared(question.text, (*answer.phrases, answer.title), lang) > 0.5


def test_content_words_are_compared_by_their_stems() -> None:
    assert content("Where are my parcels?", "en") == {"parcel"}
    assert shared("parcels in the rain", ["a parcel", "it rains parcels"], "en") == 1.0
    assert shared("parcels in the rain", ["a parcel", "snow"], "en") == 0.5
    assert shared("is it?", ["something"], "en") == 1.0
