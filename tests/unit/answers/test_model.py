"""What is learned from the phrases of one language."""

from __future__ import annotations

import pytest

from straks.answers.model import Model

PHRASES = [
    ["when are you open", "opening hours", "what time do you close"],
    ["how do i return a lamp", "return label"],
    ["where is my order"],
]


def test_likeliest_answers_come_first_with_their_nearest_phrase() -> None:
    model = Model(PHRASES, "en")
    (first, score, phrase), (_, second_score, _) = model.rank("what are your opening hours", 2)
    assert first == 0
    assert phrase == "opening hours"
    assert 0 <= second_score < score <= 1


def test_text_that_shares_nothing_has_no_answer() -> None:
    assert list(Model(PHRASES, "en").rank("zzz", 3)) == []
    assert list(Model(PHRASES, "en").rank("", 3)) == []


def test_single_phrase_of_a_single_answer_is_enough() -> None:
    for lang in ("en", "da", "ja"):
        model = Model([["where is my order"]], lang)
        ((_, near, _),) = model.rank("where is the order of mine", 1)
        far = [score for _, score, _ in model.rank("who is the king of spain", 1)]
        assert near > max(far, default=0.0)


def test_more_answers_than_asked_for_are_left_out() -> None:
    assert len(list(Model(PHRASES, "en").rank("my lamp order is open", 2))) == 2
    assert len(list(Model(PHRASES, "en").rank("my lamp order is open", 9))) == 3


@pytest.mark.parametrize(("alike", "ties"), [(1, 0), (2, 2), (3, 3), (5, 4)])
def test_ties_are_all_that_are_nearly_as_likely(alike: int, ties: int) -> None:
    lamps = [[f"how do i return a {sort} lamp"] for sort in ("red", "tin", "big", "old", "new")]
    model = Model([*lamps[:alike], *PHRASES[::2]], "en")
    question = "how do i return a lamp"
    ranked = model.ranked(question)
    assert model.most_ties(question, ranked, 0.5) == ties
    assert all(each.answer < alike for each in ranked[:ties])
    assert model.most_ties(question, ranked, 0.999) == 0  # it is never as sure as that
    for clear in ("how do i return a red lamp", "what are your opening hours"):
        assert model.most_ties(clear, model.ranked(clear), 0.5) == 0


def test_what_is_alone_has_no_ties() -> None:
    model = Model([["where is my order"]], "en")
    for text in ("where is the order of mine", "", "zzz"):
        assert model.most_ties(text, model.ranked(text), 0.5) == 0
