"""What other answers would have said to what was asked before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from straks.answers.answer import Answer
from straks.answers.matcher import Matcher
from straks.answers.text import clean

__all__ = ["MOST_CHANGES", "Changed", "Past", "distinct", "replay"]

MOST_CHANGES: Final = 100


@dataclass(frozen=True, slots=True)
class Past:
    """A question that was asked before, and how often."""

    text: str
    lang: str | None
    times: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A question that gets another answer now; None: it gets none."""

    past: Past
    before: Answer | None
    after: Answer | None


def distinct(asked: Iterable[tuple[str, str | None]], most: int) -> list[Past]:
    """Count what was asked, texts with their languages; what comes first counts first."""
    times: dict[tuple[str, str | None], list[str]] = {}
    for text, lang in asked:
        key = clean(text), lang
        if not key[0]:
            continue
        if key in times or len(times) < most:
            times.setdefault(key, []).append(text)
    return [Past(texts[0], lang, len(texts)) for (_, lang), texts in times.items()]


def replay(past: Iterable[Past], before: Matcher, after: Matcher) -> Sequence[Changed]:
    """Ask both; give at most :data:`MOST_CHANGES` that change, those asked most often first.

    Takes about a millisecond for each: call it in a thread.
    """
    found = [
        Changed(each, was, becomes)
        for each in past
        if _name(was := _given(before, each)) != _name(becomes := _given(after, each))
    ]
    found.sort(key=lambda changed: -changed.past.times)
    return found[:MOST_CHANGES]


def _given(matcher: Matcher, past: Past) -> Answer | None:
    match = matcher.match(past.text, past.lang)
    return None if match is None else match.answer


def _name(answer: Answer | None) -> tuple[str, str] | None:
    return None if answer is None else (answer.id, answer.lang)
