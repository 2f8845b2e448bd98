"""Near ties that are offered as a choice."""

from __future__ import annotations

import orjson
import pytest

from straks.answers.answer import Answer
from straks.answers.choices import offer, picked
from straks.answers.files import AnswerBook
from straks.answers.matcher import Match
from straks_protocol.kinds import encode_data


def an_answer(answer_id: str, lang: str, title: str, tags: tuple[str, ...] = ()) -> Answer:
    phrases = (title,)
    return Answer(
        id=answer_id, lang=lang, title=title, text="x", html="x", phrases=phrases, tags=tags
    )


DANISH = an_answer("a", "da", "Lampen virker ikke?")
NORWEGIAN = an_answer("b", "nb", "Lampen virker ikke?")
SHELF = an_answer("c", "nb", "Hylla vakler")
STAR = an_answer("star", "nb", "★")
BOOK = AnswerBook((DANISH, NORWEGIAN, SHELF, STAR))


def offered(*answers: Answer) -> bytes:
    """Give the entry as it is stored."""
    ties = [Match(answer, 0.4567 - number / 10, "x") for number, answer in enumerate(answers)]
    return encode_data("conversation", "answer", offer(3, ties))


def test_a_choice_names_its_answers_and_gives_none() -> None:
    assert orjson.loads(offered(NORWEGIAN, SHELF)) == {
        "question": 3,
        "answer": None,
        "lang": "nb",
        "score": 0.457,
        "choices": [
            {"answer": "b", "title": "Lampen virker ikke?"},
            {"answer": "c", "title": "Hylla vakler"},
        ],
    }


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Lampen virker ikke?", NORWEGIAN),
        (" Hylla vakler\n", SHELF),
        ("hylla VAKLER!", SHELF),
        ("★", STAR),
    ],
)
def test_a_title_picks_the_very_answer_that_was_offered(text: str, answer: Answer) -> None:
    match = picked(BOOK, offered(NORWEGIAN, SHELF, STAR), text)
    assert match is not None
    assert (match.answer, match.score) == (answer, 1.0)


@pytest.mark.parametrize("text", ["★", "Lampen virker", "hylla vakler og lampen virker ikke", "?"])
def test_what_is_no_title_of_them_picks_none(text: str) -> None:
    assert picked(BOOK, offered(NORWEGIAN, SHELF), text) is None


def test_of_titles_that_are_alike_the_same_one_goes_first() -> None:
    loud = an_answer("loud", "en", "Where?")
    soft = an_answer("soft", "en", "where")
    match = picked(AnswerBook((loud, soft)), offered(loud, soft), "where")
    assert match is not None
    assert match.answer is soft


def test_of_regional_variants_it_is_the_one_that_was_offered() -> None:
    colour, color = an_answer("x", "en-GB", "Colours"), an_answer("x", "en", "Colors")
    bulb = an_answer("y", "en-GB", "Bulbs")
    match = picked(AnswerBook((colour, color, bulb)), offered(bulb, color), "Colors")
    assert match is not None
    assert match.answer is color


def test_a_bot_need_not_say_the_language_of_what_it_offers() -> None:
    said = orjson.loads(offered(NORWEGIAN, SHELF))
    del said["lang"]
    match = picked(BOOK, orjson.dumps(said), NORWEGIAN.title, "nb-NO")
    assert match is not None
    assert match.answer is NORWEGIAN
    assert picked(BOOK, orjson.dumps(said), NORWEGIAN.title) is None


def test_what_was_taken_away_meanwhile_is_not_given() -> None:
    assert picked(AnswerBook((DANISH,)), offered(NORWEGIAN, SHELF), NORWEGIAN.title) is None


def test_what_became_a_reply_for_agents_is_not_given() -> None:
    reply = an_answer("b", "nb", NORWEGIAN.title, tags=("reply",))
    assert picked(AnswerBook((reply,)), offered(NORWEGIAN, SHELF), NORWEGIAN.title) is None
