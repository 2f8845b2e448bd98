"""N-gram features of short texts, weighted by how much they tell apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from straks.answers import languages
from straks.answers.detection import everyday
from straks.answers.spelling import Spelling
from straks.answers.text import clean
from straks.answers.vectors import WordVectors

__all__ = ["Index", "Vector"]

Vector: TypeAlias = tuple[NDArray[np.intp], NDArray[np.float64]]
"""Numbers of the features that a text has, and their weights."""

_Grams: TypeAlias = tuple[Sequence[str], Sequence[str], Sequence[str]]
"""Of words, of pairs and of characters."""

_SHORTEST: Final = 2
_LONGEST: Final = 5
_STEMS_KEPT: Final = 20_000
_NEAR: Final = 5
"""Words after a word that make a pair with it."""
_PAIRS: Final = 0.5
"""The length of the block of pairs."""


class Index:
    """Features of texts in blocks.

    Word 1-2-grams of stems, 2-5-grams of characters in words, pairs of stems that stand near each
    other in any order, all weighted by TF-IDF; and the mean of the words' vectors, where the
    language has any. Each block of a text has length 1, that of the pairs less. Grams that no
    training text had have no feature, but count for the length, except for pairs: a text full of
    unknown words is far from everything.
    """

    def __init__(self, texts: Sequence[str], lang: str) -> None:
        """Learn the features of ``texts``, which are cleaned, in one language."""
        self._stem = _stemmer(lang)
        self._meaning = WordVectors.load(lang)
        usual = {word for line in everyday(lang) for word in clean(line).split()}
        meaning = self._meaning
        self._spelling = Spelling(
            texts, lambda word: word in usual or (meaning is not None and word in meaning)
        )
        grams = [self._grams(text) for text in texts]
        self._words = _Block([words for words, _, _ in grams], 0)
        self._pairs = _Block([pairs for _, pairs, _ in grams], self._words.end, length=_PAIRS)
        self._characters = _Block([characters for _, _, characters in grams], self._pairs.end)
        self.first_meaning = self.size = self._characters.end
        """Number of the first feature of meaning; the others are rare in a text, these are not."""
        self.longest = 2 + _PAIRS * _PAIRS
        """The square of the length that a text has at most."""
        if self._meaning is not None:
            self.size += self._meaning.size
            self.longest += 1
        weighed = [self._weighed(text, each) for text, each in zip(texts, grams, strict=True)]
        self.rows = self._matrix(weighed)
        """The features of ``texts``, a row for each."""

    def completed(self, text: str) -> str:
        """Give a cleaned text with its last word as it will be, if it has only begun."""
        return self._spelling.completed(text)

    def vector(self, text: str) -> Vector:
        """Weigh the features of a cleaned text; what is mistyped in it counts as it was meant."""
        text = self._spelling.mend(text)
        return self._weighed(text, self._grams(text))

    def _weighed(self, text: str, grams: _Grams) -> Vector:
        numbers: list[int] = []
        weights: list[float] = []
        for block, of_text in zip((self._words, self._pairs, self._characters), grams, strict=True):
            block.weigh(of_text, numbers, weights)
        direction = None if self._meaning is None else self._meaning.of(text)
        if direction is not None:
            numbers.extend(range(self.first_meaning, self.size))
            weights.extend(direction)
        return np.array(numbers, np.intp), np.array(weights, np.float64)

    def _matrix(self, vectors: Sequence[Vector]) -> csr_matrix:
        ends = np.cumsum([0, *(len(numbers) for numbers, _ in vectors)])
        numbers = np.concatenate([numbers for numbers, _ in vectors])
        weights = np.concatenate([weights for _, weights in vectors])
        return csr_matrix((weights, numbers, ends), shape=(len(vectors), self.size))

    def _grams(self, text: str) -> _Grams:
        stems = [self._stem(word) for word in text.split()]
        return _word_grams(stems), _pairs(stems), _character_grams(text)


class _Block:
    """The grams of one sort."""

    def __init__(self, texts: Sequence[Sequence[str]], first: int, length: float = 1.0) -> None:
        """``length``: what a text of known grams has; below 1, unknown ones do not count."""
        seen: Counter[str] = Counter()
        for grams in texts:
            seen.update(set(grams))
        total = 1 + len(texts)
        self.end = first + len(seen)
        self._length = length
        self._unknown = (math.log(total) + 1) ** 2 if length == 1.0 else 0.0
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
            scale = self._length / math.sqrt(square)
            weights.extend([weight * scale for weight in found])


def _stemmer(lang: str) -> Callable[[str], str]:
    name = languages.stemmer_name(lang)
    if name is None:
        return str
    stem: Callable[[str], str] = snowballstemmer.stemmer(name).stemWord
    return lru_cache(_STEMS_KEPT)(stem)


def _word_grams(stems: Sequence[str]) -> list[str]:
    return [*stems, *(f"{one} {two}" for one, two in zip(stems, stems[1:], strict=False))]


def _pairs(stems: Sequence[str]) -> list[str]:
    return [
        f"{one} {two}" if one < two else f"{two} {one}"
        for at, one in enumerate(stems)
        for two in stems[at + 1 : at + 1 + _NEAR]
    ]


def _character_grams(text: str) -> list[str]:
    grams: list[str] = []
    for word in text.split():
        padded = f" {word} "
        length = len(padded)
        for size in range(_SHORTEST, min(_LONGEST, length) + 1):
            grams += [padded[start : start + size] for start in range(length - size + 1)]
    return grams
