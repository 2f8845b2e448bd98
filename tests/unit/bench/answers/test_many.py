"""A book of very many answers."""

from __future__ import annotations

from pathlib import Path

from bench.answers.many import ANSWERS, write_many
from straks.answers.files import AnswerBook
from straks.answers.text import clean

ASKED = [
    f"What about the {number}. part?! " if number % 2 else f"where is {number}"
    for number in range(30)
]


def test_each_answer_is_about_a_thing_of_its_own_and_asked_in_other_words(tmp_path: Path) -> None:
    bank = tmp_path / "bank.csv"
    lines = [f'"{intent}: {text}",{intent}' for intent in ("one", "two", "three") for text in ASKED]
    bank.write_text("\n".join(["text,category", *lines]), "utf-8")
    folder = tmp_path / "answers"
    folder.mkdir()
    questions = write_many(bank, folder)
    book = AnswerBook.load(folder)
    assert not book.errors
    assert len(book.answers) == ANSWERS
    assert len(questions) == 2 * ANSWERS
    phrases = {clean(phrase) for answer in book.answers for phrase in answer.phrases}
    asked = {clean(question) for question in questions}
    # Now and then two things have the same name.
    assert len(phrases) > 19.9 * ANSWERS
    assert len(asked) > 1.9 * ANSWERS
    assert len(asked & phrases) < 0.1 * ANSWERS
    # The thing is part of the last sentence.
    assert all(question.endswith("?!") or question[-1].isalpha() for question in questions)
    assert not any("?! " in question for question in questions)
