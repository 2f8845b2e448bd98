"""What is mistyped counts as it was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.spelling import Spelling

TEXTS = ["where is my order", "opening hours", "return a lamp", "gift card", "gift of a card"]
SPELLING = Spelling(TEXTS, lambda word: word == "older")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("where is my ordr", "where is my order"),
        ("openning hours", "opening hours"),
        ("retrun a lamp", "return a lamp"),
        ("returm a lamp", "return a lamp"),
        ("giftcard", "gift card"),
        ("where is my order", "where is my order"),
        ("", ""),
    ],
)
def test_one_slip_is_mended(typed: str, meant: str) -> None:
    assert " ".join(SPELLING.mend(typed)) == meant


@pytest.mark.parametrize("text", ["older", "my", "lmp", "12345", "completely", "hrs"])
def test_right_short_and_far_words_stay(text: str) -> None:
    assert " ".join(SPELLING.mend(text)) == text


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("where is my ord", "where is my order"),
        ("ope", "opening"),
        ("where is my or", "where is my or"),
        ("where is my order", "where is my order"),
        ("xyz", "xyz"),
        ("", ""),
    ],
)
def test_a_word_that_has_begun_is_completed(typed: str, word: str) -> None:
    assert SPELLING.completed(typed) == word


@given(st.lists(st.sampled_from([word for text in TEXTS for word in text.split()]), max_size=8))
def test_known_words_are_never_changed(words: list[str]) -> None:
    assert SPELLING.mend(" ".join(words)) == words


@given(st.sampled_from(["order", "opening", "return", "where", "hours"]), st.data())
def test_any_swap_of_neighbours_is_undone(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert " ".join(SPELLING.mend(swapped)) == word
