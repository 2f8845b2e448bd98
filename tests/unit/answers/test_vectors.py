"""Words that mean alike lie close."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from straks.answers.grams import Texts
from straks.answers.text import clean
from straks.answers.vectors import WordVectors


@pytest.fixture(scope="module")
def english() -> WordVectors:
    found = WordVectors.load("en-GB")
    assert found is not None
    return found


def direction(vectors: WordVectors, text: str) -> NDArray[np.float32] | None:
    return vectors.of([vectors.row(word) for word in text.split()])


def likeness(vectors: WordVectors, one: str, other: str) -> float:
    first, second = direction(vectors, one), direction(vectors, other)
    assert first is not None
    assert second is not None
    return float(first @ second)


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [
        ("refund", "reimbursement", "chair"),
        ("parcel", "package", "open"),
        ("broken", "damaged", "friday"),
        ("dont", "not", "monday"),
    ],
)
def test_words_that_are_used_alike_are_near(
    english: WordVectors, word: str, near: str, far: str
) -> None:
    assert likeness(english, word, near) > likeness(english, word, far) + 0.1


def test_a_text_has_the_direction_of_its_rare_words(english: WordVectors) -> None:
    text = clean("the of to refund")
    assert likeness(english, text, "refund") > 0.9
    found = direction(english, text)
    assert found is not None
    assert np.linalg.norm(found) == pytest.approx(1)
    assert found.shape == (english.size,)


@pytest.mark.parametrize("text", ["", "xqzzt", "qqqq zzzz"])
def test_unknown_words_have_no_direction(english: WordVectors, text: str) -> None:
    assert direction(english, text) is None


def test_many_texts_at_once_have_the_directions_of_each(english: WordVectors) -> None:
    known = ["where is my parcel", "my my xqzzt refund"]
    texts = Texts([known[0], "xqzzt qqqq", known[1], ""])
    found = english.of_all(texts.words, texts.counts)
    for text, row in zip(known, found[::2], strict=True):
        assert row == pytest.approx(direction(english, text), abs=1e-6)
    assert not found[1].any()
    assert not found[3].any()


def test_a_language_without_vectors_does_without() -> None:
    assert WordVectors.load("xx") is None
