"""N-gram features of short texts, weighted by how much they tell apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from straks.answers import languages

__all__ = ["Index", "Vector"]

Vector: TypeAlias = tuple[NDArray[np.intp], NDArray[np.float64]]
"""Numbers of the features that a text has, and their weights."""

_SHORTEST: Final = 2
_LONGEST: Final = 5
_STEMS_KEPT: Final = 20_000


class Index:
    """TF-IDF over two blocks: word 1-2-grams of stems, and 2-5-grams of characters in words.

    Each block of a text has length 1. Grams that no training text had have no feature, but count
    for the length: a text full of unknown words is far from everything.
    """

    def __init__(self, texts: Sequence[str], lang: str) -> None:
        """Learn the features of ``texts``, which are cleaned, in one language."""
        self._stem = _stemmer(lang)
        words = [_word_grams(text, self._stem) for text in texts]
        characters = [_character_grams(text) for text in texts]
        self._words = _Block(words, first=0)
        self._characters = _Block(characters, first=self._words.size)
        self.size = self._words.size + self._characters.size

    def vector(self, text: str) -> Vector:
        """Weigh the features of a cleaned text."""
        numbers: list[int] = []
        weights: list[float] = []
        self._words.weigh(_word_grams(text, self._stem), numbers, weights)
        self._characters.weigh(_character_grams(text), numbers, weights)
        return np.array(numbers, np.intp), np.array(weights, np.float64)

    def matrix(self, texts: Iterable[str]) -> csr_matrix:
        """Weigh the features of many texts, one row each."""
        vectors = [self.vector(text) for text in texts]
        ends = np.cumsum([0, *(len(numbers) for numbers, _ in vectors)])
        numbers = np.concatenate([numbers for numbers, _ in vectors])
        weights = np.concatenate([weights for _, weights in vectors])
        return csr_matrix((weights, numbers, ends), shape=(len(vectors), self.size))


class _Block:
    """The grams of one sort."""

    def __init__(self, texts: Sequence[Sequence[str]], first: int) -> None:
        seen: Counter[str] = Counter()
        for grams in texts:
            seen.update(set(grams))
        total = 1 + len(texts)
        self.size = len(seen)
        self._unknown = (math.log(total) + 1) ** 2
        self._features = {
            gram: (number, math.log(total / (1 + texts_with)) + 1)
            for number, (gram, texts_with) in enumerate(seen.items(), first)
        }

    def weigh(self, grams: Sequence[str], numbers: list[int], weights: list[float]) -> None:
        """Append the features of a text's grams and their weights."""
        find = self._features.get
        found: list[float] = []
        square = 0.0
        for gram, times in Counter(grams).items():
            count = 1.0 if times == 1 else 1 + math.log(times)
            feature = find(gram)
            if feature is None:
                square += count * count * self._unknown
            else:
                numbers.append(feature[0])
                weight = count * feature[1]
                found.append(weight)
                square += weight * weight
        if found:
            scale = 1 / math.sqrt(square)
            weights.extend([weight * scale for weight in found])


def _stemmer(lang: str) -> Callable[[str], str]:
    name = languages.stemmer_name(lang)
    if name is None:
        return str
    stem: Callable[[str], str] = snowballstemmer.stemmer(name).stemWord
    return lru_cache(_STEMS_KEPT)(stem)


def _word_grams(text: str, stem: Callable[[str], str]) -> list[str]:
    words = [stem(word) for word in text.split()]
    return words + [f"{one} {two}" for one, two in zip(words, words[1:], strict=False)]


def _character_grams(text: str) -> list[str]:
    grams: list[str] = []
    for word in text.split():
        padded = f" {word} "
        length = len(padded)
        for size in range(_SHORTEST, min(_LONGEST, length) + 1):
            grams += [padded[start : start + size] for start in range(length - size + 1)]
    return grams
