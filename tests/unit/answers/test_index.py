"""N-gram features of short texts."""

from __future__ import annotations

import gc
import random
import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from straks.answers.index import Index
from straks.answers.text import clean
from straks.answers.vectors import WordVectors

TEXTS = ["where is my order", "how do i return a lamp", "delivery time", "gift cards"]
INDEX = Index(TEXTS, "en")


def whole(text: str) -> NDArray[np.float64]:
    """All the features of a text."""
    found = np.zeros(INDEX.size)
    vector = INDEX.vector(text)
    found[vector.numbers] = vector.weights
    if vector.meaning is not None:
        found[INDEX.first_meaning :] = vector.meaning
    return found


def likeness(one: str, other: str) -> float:
    found = np.zeros((2, INDEX.size))
    for row, text in zip(found, (one, other), strict=True):
        row[:] = whole(clean(text))
    return float(found[0] @ found[1]) / INDEX.longest


def test_known_text_has_length_one_in_each_block() -> None:
    usual = WordVectors.load("en")
    assert usual is not None
    for text in TEXTS:
        if all(word in usual for word in text.split()):
            assert likeness(text, text) == pytest.approx(1)
        else:
            assert 0.5 < likeness(text, text) < 1


def test_typo_and_ending_stay_near() -> None:
    assert likeness("how do i return a lamp", "how do i retrun a lamp") > 0.5
    assert likeness("delivery time", "delivery times") > 0.7
    assert likeness("delivery time", "gift cards") < 0.1


def test_unknown_words_make_a_text_shorter() -> None:
    known, among_strangers = whole("my order"), whole("my order zyx qqqq wwww")
    assert np.linalg.norm(among_strangers) < np.linalg.norm(known)


def test_text_without_known_grams_has_no_features() -> None:
    numbers, weights, meaning = INDEX.vector("zzzz")
    assert len(numbers) == len(weights) == 0
    assert meaning is None
    assert not whole("").any()


def test_language_without_stemmer_is_indexed_too() -> None:
    index = Index(["どこですか"], "ja")
    assert len(index.vector("どこですか").numbers) > 0


@given(st.text())
def test_features_are_distinct_and_never_longer_than_the_blocks(text: str) -> None:
    numbers, weights, _ = INDEX.vector(clean(text))
    assert len(set(numbers.tolist())) == len(numbers) == len(weights)
    assert sorted(numbers.tolist()) == numbers.tolist()
    assert float(weights @ weights) <= INDEX.longest + 1e-5


def test_the_rows_of_the_texts_are_their_vectors() -> None:
    for row, text in zip(INDEX.rows, TEXTS, strict=True):
        assert row.toarray()[0].tolist() == pytest.approx(whole(text).tolist(), abs=1e-6)


def test_an_index_goes_with_the_last_that_refers_to_it() -> None:
    gc.disable()  # which finds what refers to itself, but may take long to
    try:
        index = Index(TEXTS, "en")
        index.warm_up()
        index.vector("where is my order zyx")
        seen = weakref.ref(index)
        del index
        assert seen() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("letters", [24, 40])
def test_words_that_nobody_has_written_before_fill_little_memory(letters: int) -> None:
    chance, index = random.Random(0), Index(TEXTS, "en")
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=letters)) for _ in range(1000)]
    tracemalloc.start()
    try:
        for first in range(0, len(words), 20):
            index.vector(" ".join(words[first : first + 20]))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1000 * 2048


def test_warm_or_not_a_text_has_the_same_features() -> None:
    index = Index(TEXTS, "en")
    index.warm_up()
    for text in (*TEXTS, "order " + 50 * "long", "my " + 300 * "g"):
        cold, warm, again = INDEX.vector(text), index.vector(text), index.vector(text)
        for one, other in ((cold, warm), (warm, again)):
            assert one.numbers.tolist() == other.numbers.tolist()
            assert one.weights.tolist() == other.weights.tolist()
