"""What comes first when a message is judged."""

from __future__ import annotations

import pytest

from straks.answers.answer import Answer
from straks.answers.expertise import Expertise
from straks.answers.experts import Experts, Needed
from straks.answers.files import AnswerBook
from straks.answers.judgement import Judge, Judgement, Wish
from straks.answers.matcher import Match, Matcher

REPAIRS = Answer(
    id="repairs",
    lang="en",
    title="Repairs",
    text="x",
    html="x",
    phrases=("what does error E-17 mean", "how do I have it mended"),
    tags=(),
)
MATCHER = Matcher.train(AnswerBook((REPAIRS,)))


def judged(text: str, earlier: int | None = None, experts: Experts | None = None) -> Judgement:
    return Judge(MATCHER, experts or Experts()).judge({"text": text}, "en", None, earlier=earlier)


def test_earlier_conversations_are_needed_where_they_decide() -> None:
    text = "Your error E-17 again, so how do I have it mended here?"
    assert judged(text) is Needed.EARLIER
    assert isinstance(judged(text, 0), Match)
    expert = judged(text, 2)
    assert isinstance(expert, Expertise)
    assert expert.reasons == ("names the error code E-17", "had 2 conversations before")


@pytest.mark.parametrize("text", ["how do I have my lamp mended", "error E-17, I have rebooted it"])
def test_where_they_do_not_decide_they_are_not(text: str) -> None:
    assert judged(text) == judged(text, 0)
    assert not isinstance(judged(text), Needed)


def test_an_answer_to_the_very_words_is_given_whoever_asks() -> None:
    found = judged("What does error E-17 mean?")
    assert isinstance(found, Match)
    assert found.answer is REPAIRS


@pytest.mark.parametrize(
    ("text", "wish"),
    [("can I talk to a human about error E-17", Wish.PERSON), ("thank you", Wish.NOTHING)],
)
def test_a_wish_is_heard_whoever_has_it(text: str, wish: Wish) -> None:
    assert judged(text, experts=Experts(0.1)) is wish


def test_where_nobody_is_an_expert_nothing_is_needed() -> None:
    assert not isinstance(Judge(MATCHER).judge({"text": "error E-17"}, "en", None), Needed)
