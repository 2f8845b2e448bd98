"""Words that were mistyped, as they were meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

__all__ = ["Spelling"]

_SHORTEST: Final = 4
"""Letters: shorter words are one slip away from too many others."""
_SHORTEST_PART: Final = 3


class Spelling:
    """Takes unknown words for the known ones that are one slip of the finger away.

    A slip leaves a letter out, adds one, takes another, or swaps two. Two words are one slip apart
    if they, or one of them, less a letter are the same; that also finds a letter that went astray
    within the word (after Wolf Garbe's SymSpell, 2012). Two words that were written as one are
    taken apart.
    """

    def __init__(self, texts: Sequence[str], is_word: Callable[[str], bool]) -> None:
        """``texts``: cleaned texts of right words. ``is_word``: tells what is right as well."""
        self._counts = Counter(word for text in texts for word in text.split())
        self._is_word = is_word
        self._shorter: dict[str, str] = {}
        """Words less a letter; of several that come to the same, the more frequent."""
        for word in sorted(self._counts, key=self._counts.__getitem__):
            if len(word) >= _SHORTEST:
                for shorter in _less_a_letter(word):
                    self._shorter[shorter] = word

    def mend(self, text: str) -> Sequence[str]:
        """Give the words of a cleaned text, with what is mistyped as it was meant."""
        words = text.split()
        if all(map(self._counts.__contains__, words)):
            return words
        return " ".join([self._mended(word) for word in words]).split()

    def completed(self, text: str) -> str:
        """Give a cleaned text with the most frequent word that its last one may be going to be."""
        head, _, last = text.rpartition(" ")
        if len(last) < _SHORTEST_PART or last in self._counts:
            return text
        longer = [word for word in self._counts if word.startswith(last)]
        if not longer:
            return text
        word = max(longer, key=lambda each: (self._counts[each], each))
        return f"{head} {word}".lstrip()

    def _mended(self, word: str) -> str:
        if word in self._counts or len(word) < _SHORTEST or word.isdigit() or self._is_word(word):
            return word
        candidates = list(self._candidates(word))
        best = max(candidates, key=lambda each: (self._counts[each], each), default=word)
        parts = self._parted(word)
        if parts is not None and min(self._counts[part] for part in parts) > self._counts[best]:
            return " ".join(parts)
        return best

    def _candidates(self, word: str) -> Iterator[str]:
        if word in self._shorter:
            yield self._shorter[word]
        for shorter in _less_a_letter(word):
            if len(shorter) >= _SHORTEST and shorter in self._counts:
                yield shorter
            if shorter in self._shorter:
                yield self._shorter[shorter]

    def _parted(self, word: str) -> tuple[str, str] | None:
        for at in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
            if word[:at] in self._counts and word[at:] in self._counts:
                return word[:at], word[at:]
        return None


def _less_a_letter(word: str) -> Iterable[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}
