"""What was learned from the phrases of one language."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from straks.answers.confidence import Confidence, Phrases, calibrated
from straks.answers.ranking import Ranker

__all__ = ["Model"]


class Model:
    """Ranks answers, and tells how likely each is right."""

    def __init__(self, phrases: Phrases, lang: str) -> None:
        """Learn. ``phrases`` are those of each answer, cleaned; each answer has at least one."""
        self._phrases = phrases
        self._lang = lang
        self._ranker = Ranker(phrases, lang)
        self._confidence = Confidence.usual()

    def calibrate(self) -> None:
        """Learn from the phrases themselves how far to trust what they say, where they suffice."""
        self._confidence = calibrated(self._phrases, self._lang) or self._confidence

    def completed(self, text: str) -> str:
        """Give a cleaned text with its last word as it will be, if it has only begun."""
        return self._ranker.completed(text)

    def rank(
        self, text: str, limit: int, *, alone: bool = False
    ) -> Iterator[tuple[int, float, str]]:
        """Give the likeliest answers to a cleaned text: number, score in 0…1, nearest phrase.

        ``alone``: that there is a better one takes nothing from the score of another.
        """
        for ranked in self._ranker.rank(text)[:limit]:
            if alone and ranked.gap < 0:
                ranked = dataclasses.replace(ranked, gap=0.0)
            yield ranked.answer, self._confidence.score(text, ranked), ranked.phrase
