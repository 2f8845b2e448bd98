"""Which answer fits a visitor's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from straks.answers.files import Answer, AnswerBook

__all__ = ["Match", "Matcher"]


@dataclass(frozen=True, slots=True)
class Match:
    """An answer that may fit; ``score`` is the confidence in 0…1."""

    answer: Answer
    score: float


class Matcher:
    """Finds answers by the words of a question. Immutable, so any thread may use it."""

    def __init__(self, book: AnswerBook) -> None:
        self.book = book

    @classmethod
    def train(cls, book: AnswerBook) -> Matcher:
        """Learn from a book's phrases. Takes a second or so: call it in a thread."""
        return cls(book)

    def match(self, text: str, lang: str | None = None) -> Match | None:
        """Find the answer to a question; None when none is known well enough."""
        raise NotImplementedError

    def suggest(self, text: str, lang: str | None = None, limit: int = 3) -> Sequence[Match]:
        """Find what might answer a text that is still being typed, best first."""
        raise NotImplementedError
