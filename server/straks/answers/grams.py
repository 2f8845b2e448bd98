"""Counts how often the grams of texts occur: of one text, and of very many at once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

__all__ = ["NEAR", "Block", "Characters", "Pairs", "Texts", "counted", "different"]

_SHORTEST: Final = 2
_LONGEST: Final = 5
NEAR: Final = 5
"""Words after a word that stand near it."""


class Texts:
    """Cleaned texts as the numbers of their words.

    What is the same for each word is worked out once, however many texts have it.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """Number the words."""
        numbers: dict[str, int] = {}
        split = [text.split() for text in texts]
        tokens = [numbers.setdefault(word, len(numbers)) for words in split for word in words]
        self.words: Sequence[str] = list(numbers)
        self.tokens = np.array(tokens, np.int64)
        self.rows = np.repeat(np.arange(len(texts)), [len(words) for words in split])
        """Which text each token is of."""
        self.counts = counted(self.rows, self.tokens, (len(texts), len(numbers)))
        """Of words in texts."""


class Block:
    """The features of one sort, weighted by TF-IDF."""

    def __init__(self, counts: csr_matrix, first: int, length: float = 1.0) -> None:
        """``counts``: of grams in the texts that are learned from, which are :attr:`rows` then.

        ``first``: the number of the first feature. ``length``: what a text of known grams has;
        below 1, unknown ones do not count.
        """
        total = 1 + counts.shape[0]
        texts_with = np.bincount(counts.indices, minlength=counts.shape[1])
        self.end = first + counts.shape[1]
        self._length = length
        self._unknown = (math.log(total) + 1) ** 2 if length == 1.0 else 0.0
        self.scales = np.log(total / (1 + texts_with)) + 1
        """What each feature counts."""

    def rows(self, counts: csr_matrix) -> csr_matrix:
        """Weigh texts of which no gram is unknown."""
        weights = (1 + np.log(counts.data)) * self.scales[counts.indices]
        owners = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        squares = np.bincount(owners, weights * weights, minlength=counts.shape[0])
        weights *= self._length / np.sqrt(squares[owners])
        return csr_matrix((weights, counts.indices, counts.indptr), shape=counts.shape)

    def scale(self, weights: NDArray[np.float32], unknown: Sequence[Hashable]) -> None:
        """Give the weights of a text's features of this sort their length, in place.

        ``weights``: of how often each is there, times :attr:`scales`. ``unknown``: grams of this
        sort that have no feature.
        """
        square = float(weights @ weights)
        if not square:
            return
        if self._unknown and unknown:
            square += self._unknown * _square(unknown)
        weights *= self._length / math.sqrt(square)


class Characters:
    """2-5-grams of the characters in words."""

    def __init__(self, texts: Texts) -> None:
        """Number those of texts."""
        numbers: dict[str, int] = {}
        spelled = [_spelled(word) for word in texts.words]
        columns = [numbers.setdefault(gram, len(numbers)) for grams in spelled for gram in grams]
        owners = np.repeat(np.arange(len(spelled)), [len(grams) for grams in spelled])
        of_words = counted(owners, np.array(columns, np.int64), (len(spelled), len(numbers)))
        self.counts = texts.counts @ of_words
        self.counts.sort_indices()
        self._numbers = numbers

    def find(self, word: str) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Give the columns of the known grams of a word, and the hashes of its unknown ones."""
        grams = _spelled(word)
        known = [self._numbers[gram] for gram in grams if gram in self._numbers]
        unknown = [hash(gram) for gram in grams if gram not in self._numbers]
        return np.array(known, np.intp), np.array(unknown, np.int64)


class Pairs:
    """Two stems: those that follow each other, and those that stand near each other in any order.

    They are numbered together, those that follow each other first.
    """

    def __init__(self, stems: NDArray[np.int64], texts: Texts) -> None:
        """Number those of texts; ``stems`` are of its tokens."""
        self._base = int(stems.max(initial=0)) + 1
        keys: list[NDArray[np.int64]] = []
        rows: list[NDArray[np.intp]] = []
        for apart in range(1, NEAR + 1):
            in_one = texts.rows[:-apart] == texts.rows[apart:]
            one, two = stems[:-apart][in_one], stems[apart:][in_one]
            if apart == 1:
                keys.append(self._ordered(one, two))
                rows.append(texts.rows[:-apart][in_one])
            keys.append(self._unordered(one, two))
            rows.append(texts.rows[:-apart][in_one])
        known, columns = np.unique(np.concatenate(keys), return_inverse=True)
        counts = counted(np.concatenate(rows), columns, (texts.counts.shape[0], len(known)))
        first = int(np.searchsorted(known, self._base * self._base))
        self.following, self.together = counts[:, :first], counts[:, first:]
        self._keys = np.append(known, np.iinfo(np.int64).max)  # there is always one as great

    def find(self, stems: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Give the numbers of a text's known pairs; and where those begin that are not known.

        ``stems``: -1 for unknown ones. Of unknown pairs, it is those that follow each other.
        """
        following = max(0, len(stems) - 1)
        places, others = _pairs(len(stems))
        one, two = stems[places], stems[others]
        keys = self._unordered(one, two)
        keys[:following] = self._ordered(one[:following], two[:following])
        keys[(one | two) < 0] = -1
        numbers = self._keys.searchsorted(keys)
        known = self._keys[numbers] == keys
        return numbers[known], (~known[:following]).nonzero()[0]

    def _ordered(self, one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.int64]:
        return one * self._base + two

    def _unordered(self, one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.int64]:
        """Such keys come after all of ordered pairs."""
        return (np.minimum(one, two) + self._base) * self._base + np.maximum(one, two)


def counted(
    rows: NDArray[np.intp], columns: NDArray[np.int64], shape: tuple[int, int]
) -> csr_matrix:
    """Count how often each column was met in each row."""
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def different(
    columns: NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the different ones of some numbers, ascending, and how often each is there.

    ``columns`` are sorted in place. What ``np.unique`` does, in a fraction of the time.
    """
    columns.sort()
    begins = np.ones(len(columns), np.bool_)
    np.not_equal(columns[1:], columns[:-1], out=begins[1:])
    starts = begins.nonzero()[0]
    times = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=times[:-1])
    times[-1:] = len(columns) - starts[-1:]
    return columns[starts], times


def _square(grams: Sequence[Hashable]) -> float:
    """Give the square of the length of a text's grams that all count the same."""
    if len(set(grams)) == len(grams):
        return len(grams)
    return sum((1 + math.log(times)) ** 2 for times in Counter(grams).values())


@lru_cache
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the places of the pairs of so many tokens: that follow each other, then that are near.

    The nearer come first.
    """
    spans = [1, *range(1, NEAR + 1)]
    places = [np.arange(max(0, count - apart)) for apart in spans]
    others = [each + apart for each, apart in zip(places, spans, strict=True)]
    return np.concatenate(places), np.concatenate(others)


def _spelled(word: str) -> list[str]:
    padded = f" {word} "
    length = len(padded)
    return [
        padded[start : start + size]
        for size in range(_SHORTEST, min(_LONGEST, length) + 1)
        for start in range(length - size + 1)
    ]
