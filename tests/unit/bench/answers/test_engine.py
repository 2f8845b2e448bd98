"""What is measured, and the floor it is measured against."""

from __future__ import annotations

from bench.answers.baseline import Baseline
from bench.answers.engine import Engine

INTENTS = {
    "card_arrival": ["where is my new card", "my card has not come", "when does the card arrive"],
    "exchange_rate": ["what is your rate for euros", "how is the currency rate set"],
    "lost_phone": ["i lost my phone", "somebody stole my mobile phone"],
}
ASKED = ["has my card arrived yet", "the rate of the currency", "my phone is lost"]
WANTED = ["card_arrival", "exchange_rate", "lost_phone"]


def test_both_name_the_likeliest_intent() -> None:
    assert Baseline(INTENTS).first(ASKED) == WANTED
    assert Engine(INTENTS).first(ASKED) == WANTED


def test_the_engine_says_nothing_where_it_does_not_know() -> None:
    engine = Engine(INTENTS)
    assert engine.first(["zxqv"]) == [None]
    assert engine.given(["my card has not come", "do you sell bicycles for children"]) == [
        "card_arrival",
        None,
    ]


def test_the_engine_names_what_a_question_may_choose_from() -> None:
    twins = {"red": ["how do i return a red lamp"], "tin": ["how do i return a tin lamp"]}
    judged = Engine({**INTENTS, **twins}).judged(
        ["how do i return a lamp", "my card has not come", "do you sell bicycles for children"]
    )
    assert [set(each) for each in judged] == [{"red", "tin"}, {"card_arrival"}, set()]
