"""How far an answer is to be trusted."""

from __future__ import annotations

import random

from straks.answers.confidence import Confidence, calibrated
from straks.answers.ranking import Ranked, Ranker

CLEAR = Ranked(
    answer=0, margin=3.0, gap=5.0, third=-3.0, nearness=0.6, nearest=0.9, phrase="a", covered=0.9
)
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
    doubtful = CLEAR._replace(margin=-1.0, gap=0.1, nearness=0.2)
    assert 0 < usual.score("where is it", doubtful) < 0.5 < usual.score("where is it", CLEAR) < 1
    absurd = CLEAR._replace(margin=1e9, gap=-1e9)
    assert 0 <= usual.score("x", absurd) <= 1


SMALL = "can you please tell me now if it is there or do i have to wait for that again"


def spoken(number: int) -> list[str]:
    """Ways to ask about a thing, some of which are about others, too."""
    chance = random.Random(number)
    small = SMALL.split()
    said: list[str] = []
    for _ in range(40):
        words = chance.sample(small, chance.randint(2, 6))
        about = [THINGS[number]] * (chance.random() < 0.95)
        about += [chance.choice(THINGS)] * (chance.random() < 0.1)
        said.append(" ".join(chance.sample([*words, *about], len(words) + len(about))))
    return list(dict.fromkeys(said))


def test_where_there_are_many_phrases_it_is_learned_from_them() -> None:
    many = [spoken(number) for number in range(len(THINGS))]
    learned = calibrated(many, "en")
    assert learned is not None
    ranker = Ranker(many, "en")
    known, unknown = "please tell me is that lamp there again", "who was the king of spain"
    scores = [learned.score(text, ranker.rank(text)[0]) for text in (known, unknown)]
    assert scores[0] > 0.5 > scores[1]


def test_phrases_as_of_a_template_teach_nothing_of_what_people_ask() -> None:
    assert calibrated(phrases(), "en") is None


def test_too_few_phrases_or_answers_teach_nothing() -> None:
    assert calibrated([each[:5] for each in phrases()], "en") is None
    assert calibrated(phrases()[:5], "en") is None
