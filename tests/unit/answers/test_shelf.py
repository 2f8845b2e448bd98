"""The answers of one language, some of them in regional variants."""

from __future__ import annotations

import pytest

from straks.answers.answer import Answer
from straks.answers.shelf import Shelf, nearest_variant


def an_answer(name: str, lang: str, *phrases: str, title: str = "") -> Answer:
    return Answer(
        id=name, lang=lang, title=title or name, text="", html="", phrases=phrases, tags=()
    )


def variants(*langs: str) -> list[Answer]:
    return [an_answer("a", lang, "x") for lang in langs]


@pytest.mark.parametrize(
    ("visitor", "langs", "given"),
    [
        ("en-GB", ["en-US", "en", "en-GB"], "en-GB"),
        ("en-gb", ["en-US", "en", "en-GB"], "en-GB"),
        ("en_GB", ["en-US", "en-GB"], "en-GB"),
        ("en-AU", ["en-US", "en", "en-GB"], "en"),
        ("en-AU", ["en-US", "en-GB"], "en-US"),
        ("en", ["en-US", "en"], "en"),
        ("da", ["en-US", "en"], "en"),
        (None, ["en-US", "en"], "en"),
        (None, ["en-US", "en-GB"], "en-US"),
        ("zh-Hant-TW", ["zh", "zh-Hans", "zh-Hant"], "zh-Hant"),
        ("no", ["nn", "nb"], "nb"),
        ("nn-NO", ["nb", "nn"], "nn"),
        ("en-GB", ["en-US"], "en-US"),
    ],
)
def test_the_variant_nearest_to_the_visitors_language_is_chosen(
    visitor: str | None, langs: list[str], given: str
) -> None:
    assert nearest_variant(variants(*langs), visitor).lang == given


SHELF = Shelf.learn(
    [
        an_answer("bins", "en-US", "where do i put the garbage", title="Garbage"),
        an_answer("hours", "en", "when are you open", title="Opening hours"),
        an_answer("bins", "en-GB", "where do i put the rubbish", title="Rubbish"),
    ],
    "en",
)


@pytest.mark.parametrize("text", ["where do i put the garbage", "rubbish", "garbage please"])
@pytest.mark.parametrize("lang", ["en-GB", "en-US"])
def test_variants_are_one_answer_that_is_found_by_the_words_of_each(text: str, lang: str) -> None:
    first, second = SHELF.matches(text, lang, 3)
    assert (first.answer.id, first.answer.lang) == ("bins", lang)
    assert second.answer.id == "hours"
    found, ties = SHELF.judge(text, lang, 0.1)
    assert found == first
    assert ties == ()


def alike() -> Shelf:
    return Shelf.learn(
        [
            an_answer("red", "en", "how do i return a red lamp", title="Red lamps"),
            an_answer("tin", "en", "how do i return a tin lamp", title="Tin lamps"),
            an_answer("pay", "en", "can i pay by card", "which cards do you take", title="Cards"),
            an_answer("hours", "en", "when are you open", "opening hours", title="Hours"),
        ],
        "en",
    )


def test_a_question_between_two_answers_has_both_as_ties() -> None:
    found, ties = alike().judge("how do i return a lamp", "en", 0.5)
    assert {match.answer.id for match in ties} == {"red", "tin"}
    assert found is None or found == ties[0]
    assert ties[0].score >= ties[1].score


def test_a_clear_question_and_an_unrelated_one_have_no_ties() -> None:
    found, ties = alike().judge("can i pay with a card", "en", 0.5)
    assert found is not None
    assert (found.answer.id, ties) == ("pay", ())
    assert alike().judge("who is the king of spain", "en", 0.5) == (None, ())
    assert alike().judge("", "en", 0.5) == (None, ())


def test_what_was_written_word_for_word_has_no_ties() -> None:
    found, ties = alike().judge("how do i return a tin lamp", "en", 0.5)
    assert found is not None
    assert (found.answer.id, found.score, ties) == ("tin", 1.0, ())


def test_an_answer_that_its_title_does_not_find_is_not_offered() -> None:
    shelf = Shelf.learn(
        [
            an_answer("red", "en", "how do i return a red lamp", title="Returns"),
            an_answer("tin", "en", "how do i return a tin lamp", title="Returns"),
            an_answer("hours", "en", "when are you open", "opening hours", title="Hours"),
        ],
        "en",
    )
    assert shelf.judge("how do i return a lamp", "en", 0.9)[1] == ()
