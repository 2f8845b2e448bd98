"""How far an answer is to be trusted."""

from __future__ import annotations

import dataclasses

from straks.answers.confidence import Confidence, calibrated
from straks.answers.ranking import Ranked, Ranker

CLEAR = Ranked(answer=0, margin=3.0, gap=5.0, nearness=0.6, nearest=0.9, phrase="a", covered=0.9)
THINGS = (
    *("lamp", "chair", "table", "sofa", "shelf", "mirror", "carpet", "clock"),
    *("vase", "desk", "stool", "bench", "basket", "curtain"),
)
SIZES = ("big", "small", "red", "old", "new")
WAYS = ("where is", "how much is", "can i see", "who makes", "what about", "i want", "do you sell")


def phrases() -> list[list[str]]:
    return [
        [
            f"{way} the {size} {thing}"
            for way in WAYS
            for size in ("big", "small", "red", "old", "new")
        ]
        for thing in THINGS
    ]


def test_the_clearer_the_surer() -> None:
    usual = Confidence.usual()
    doubtful = dataclasses.replace(CLEAR, margin=-1.0, gap=0.1, nearness=0.2)
    assert 0 < usual.score("where is it", doubtful) < 0.5 < usual.score("where is it", CLEAR) < 1
    absurd = dataclasses.replace(CLEAR, margin=1e9, gap=-1e9)
    assert 0 <= usual.score("x", absurd) <= 1


def test_where_there_are_many_phrases_it_is_learned_from_them() -> None:
    learned = calibrated(phrases(), "en")
    assert learned is not None
    ranker = Ranker(phrases(), "en")
    # No phrase of these has a word that others lack: one that none has speaks against them all.
    known, unknown = "can i see where the old lamp is", "who was the king of spain"
    scores = [learned.score(text, ranker.rank(text)[0]) for text in (known, unknown)]
    assert scores[0] > 0.5 > scores[1]


def test_too_few_phrases_or_answers_teach_nothing() -> None:
    assert calibrated([each[:5] for each in phrases()], "en") is None
    assert calibrated(phrases()[:5], "en") is None
