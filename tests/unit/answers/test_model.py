"""What is learned from the phrases of one language."""

from __future__ import annotations

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
