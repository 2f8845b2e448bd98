"""Questions about the demo's answers that were written before any matcher saw them.

Each language has a file in ``questions/``: lines of an answer's id, a tab and what somebody might
type. So that they measure understanding and not memory, at most half of a question's content words
may be in any one phrase of its answer: :func:`shared` tells. Content words are those that are not
in ``stop/``, by their stems.

Those in ``hard/`` were written to have as few words as possible in common with the phrases that
there were then: what nobody who only counts words can answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

import snowballstemmer

from straks.answers import languages
from straks.answers.files import AnswerBook
from straks.answers.text import clean

__all__ = ["LANGUAGES", "Question", "content", "demo_book", "questions", "shared"]

LANGUAGES: Final = ("en", "sv", "da", "nb", "nl", "pl")
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody types, and the id of the answer that it asks for."""

    answer: str
    text: str


def questions(lang: str, *, hard: bool = False) -> Iterator[Question]:
    """Read the questions of a language."""
    for line in _lines(_HERE / ("hard" if hard else "questions") / f"{lang}.txt"):
        answer, _, text = line.partition("\t")
        yield Question(answer, text)


def demo_book() -> AnswerBook:
    """Read the answers of the demo, in all languages."""
    with resources.as_file(resources.files("straks.demo") / "answers") as folder:
        return AnswerBook.load(Path(folder))


def content(text: str, lang: str) -> frozenset[str]:
    """Give the stems of a text's content words."""
    stem, stop = _stemmer(lang), _stop_words(lang)
    return frozenset(stem(word) for word in clean(text).split() if word not in stop)


def shared(text: str, phrases: Iterable[str], lang: str) -> float:
    """Tell which part of a text's content words is in one of the phrases: the one with the most.

    A text without content words has all of them in anything.
    """
    words = content(text, lang)
    if not words:
        return 1.0
    return max(len(words & content(phrase, lang)) / len(words) for phrase in phrases)


@cache
def _stop_words(lang: str) -> frozenset[str]:
    lines = _lines(_HERE / "stop" / f"{lang}.txt")
    return frozenset(word for line in lines for word in clean(line).split())


@lru_cache
def _stemmer(lang: str) -> Callable[[str], str]:
    stem: Callable[[str], str] = snowballstemmer.stemmer(languages.stemmer_name(lang)).stemWord
    return stem


def _lines(file: Path) -> Iterator[str]:
    for line in file.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line
