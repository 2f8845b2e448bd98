"""Which language a question is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.answers.questions import LANGUAGES, demo_book, questions
from straks.answers.detection import EVERYDAY, Detector, everyday
from straks.answers.matcher import detector

ALONE = Detector({lang: everyday(lang) for lang in EVERYDAY})
FOUND = detector(demo_book())
assert FOUND is not None
DETECTOR = FOUND
"""With the words of a shop's answers, as a server has them."""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_of_a_hundred_questions_at_least_97_are_known_for_their_language(lang: str) -> None:
    asked = [each.text for each in questions(lang) if len(each.text.split()) >= 3]
    found = [DETECTOR.detect(text) for text in asked]
    wrong = [
        text for text, each in zip(asked, found, strict=True) if each is None or each.lang != lang
    ]
    assert len(asked) > 100
    assert len(wrong) <= 0.03 * len(asked), wrong


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_any_answers_nearly_all_are_known(lang: str) -> None:
    asked = [each.text for each in questions(lang) if len(each.text.split()) >= 3]
    found = [ALONE.detect(text) for text in asked]
    right = sum(each is not None and each.lang == lang for each in found)
    assert right >= 0.9 * len(asked)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_there_are_many_different_everyday_sentences(lang: str) -> None:
    lines = everyday(lang)
    assert len(lines) >= 300
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("text", ["", "ja", "hallo daar", "123 456 789", "🙂 🙂 🙂", "?!"])
def test_what_is_too_short_to_tell_is_not_guessed(text: str) -> None:
    assert DETECTOR.detect(text) is None


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("hvornår kommer min pakke", "da"),
        ("hva koster det å få pakken hjem til meg", "nb"),
        ("när kommer mitt paket", "sv"),
        ("wanneer komt mijn pakje aan", "nl"),
        ("kiedy przyjdzie moja paczka", "pl"),
        ("when does my parcel arrive", "en"),
    ],
)
def test_the_chance_tells_how_sure_it_is(text: str, lang: str) -> None:
    found = DETECTOR.detect(text)
    assert found is not None
    assert found.lang == lang
    assert found.chance > 0.8
    shouted = DETECTOR.detect(text.upper())
    assert shouted == found


def test_decomposed_letters_are_the_same_letters() -> None:
    assert DETECTOR.detect("na\u0308r kommer du hit") == DETECTOR.detect("när kommer du hit")


def test_a_language_without_everyday_sentences_has_none() -> None:
    assert everyday("xx") == []
    assert everyday("nn") == everyday("nb")


@given(st.text(max_size=600))
def test_any_text_is_read(text: str) -> None:
    found = DETECTOR.detect(text)
    assert found is None or (found.lang in LANGUAGES and 0 < found.chance <= 1)
