"""What was learned from the phrases of one language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from straks.answers.confidence import Confidence, Phrases, calibrated
from straks.answers.ranking import Ranked, Ranker
from straks.answers.threads import take_one_thread

__all__ = ["Model"]

_MOST_TIES: Final = 4
_CLOSE: Final = 0.5
"""The gap up to which one answer is nearly as likely as another."""
_SURE: Final = 0.65
"""The least score of near ties together. It takes more than that of one answer, since it says
little about a question that none of them is for."""


class Model:
    """Ranks answers, and tells how likely each is right."""

    def __init__(self, phrases: Phrases, lang: str) -> None:
        """Learn. ``phrases`` are those of each answer, cleaned; each answer has at least one."""
        take_one_thread()
        self._phrases = phrases
        self._lang = lang
        self._ranker = Ranker(phrases, lang)
        self._ranker.warm_up()
        self._confidence = Confidence.usual()
        self.is_calibrated = False
        """Whether scores were learned from the phrases themselves."""

    def calibrate(self) -> None:
        """Learn from the phrases themselves how far to trust what they say, where they suffice."""
        learned = calibrated(self._phrases, self._lang)
        if learned is not None:
            self._confidence, self.is_calibrated = learned, True

    def completed(self, text: str) -> str:
        """Give a cleaned text with its last word as it will be, if it has only begun."""
        return self._ranker.completed(text)

    def ranked(self, text: str) -> list[Ranked]:
        """Give the likeliest answers to a cleaned text, best first."""
        return self._ranker.rank(text)

    def score(self, text: str, ranked: Ranked) -> float:
        """Tell, in 0…1, how likely what was ranked for a cleaned text is right."""
        return self._confidence.score(text, ranked)

    def most_ties(self, text: str, ranked: Sequence[Ranked], threshold: float) -> int:
        """Tell how many of the first answers to a cleaned text are near ties; 0: none.

        As many of 2…4 as it takes to be sure of all together, and those that are nearly as likely
        as the last of these. There are none where the first is so sure, and well before the second.
        """
        if len(ranked) < 2:
            return 0
        first = ranked[0]
        if first.gap >= _CLOSE and self.score(text, first) >= threshold:
            return 0
        margins = [each.margin for each in ranked]
        most = min(_MOST_TIES, len(ranked))
        for count in range(2, most + 1):
            after = margins[count] if count < len(ranked) else 0.0
            together = first._replace(gap=first.margin - after)
            if self.score(text, together) >= max(threshold, _SURE):
                while count < most and margins[count - 1] - margins[count] < _CLOSE:
                    count += 1
                return count
        return 0

    def rank(
        self, text: str, limit: int, *, alone: bool = False
    ) -> Iterator[tuple[int, float, str]]:
        """Give the likeliest answers to a cleaned text: number, score in 0…1, nearest phrase.

        ``alone``: that there is a better one takes nothing from the score of another.
        """
        for each in self.ranked(text)[:limit]:
            if alone and each.gap < 0:
                each = each._replace(gap=0.0)
            yield each.answer, self.score(text, each), each.phrase
