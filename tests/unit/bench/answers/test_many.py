"""A book of very many answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.answers.many import ANSWERS, PHRASES, write_many
from bench.files import BadFileError
from straks.answers.files import AnswerBook
from straks.answers.text import clean

ASKED = [
    f"What about the {number}. part?! " if number % 2 else f"where is {number}"
    for number in range(30)
]
LONG = "I have a question. " * 10 + "Do help"
"""With a thing it is longer than a phrase may be."""


def test_each_answer_is_about_a_thing_of_its_own_and_asked_in_other_words(tmp_path: Path) -> None:
    bank = tmp_path / "bank.csv"
    texts = [*ASKED, *(f"{LONG}{number}" for number in range(3))]
    lines = [f'"{intent}: {text}",{intent}' for intent in ("one", "two", "three") for text in texts]
    bank.write_text("\n".join(["text,category", *lines]), "utf-8")
    folder = tmp_path / "answers"
    folder.mkdir()
    questions = write_many(bank, folder)
    book = AnswerBook.load(folder)
    assert not book.errors
    assert len(book.answers) == ANSWERS
    assert {len(answer.phrases) for answer in book.answers} == {PHRASES}
    assert any(LONG in question for question in questions)
    assert len(questions) == 2 * ANSWERS
    phrases = {clean(phrase) for answer in book.answers for phrase in answer.phrases}
    asked = {clean(question) for question in questions}
    assert len(phrases) == PHRASES * ANSWERS
    assert len(asked) == len(questions)
    assert not asked & phrases
    # The thing is part of the last sentence.
    assert all(question.endswith("?!") or question[-1].isalpha() for question in questions)
    assert not any("?! " in question for question in questions)


def test_a_bank_that_is_no_answers_is_told(tmp_path: Path) -> None:
    bank = tmp_path / "bank.csv"
    lines = [f"{LONG},{intent}" for intent in ("one", "two", "three") for _ in range(30)]
    bank.write_text("\n".join(["text,category", *lines]), "utf-8")
    folder = tmp_path / "answers"
    folder.mkdir()
    with pytest.raises(BadFileError, match="1000 answers of it are none: "):
        write_many(bank, folder)
