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

__all__ = ["Block", "Characters", "Pairs", "Texts", "counted"]

_SHORTEST: Final = 2
_LONGEST: Final = 5
_WORDS_KEPT: Final = 4096
"""Words whose grams are kept, since they come again and again."""


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
        self._first = first
        self.end = first + counts.shape[1]
        self._length = length
        self._unknown = (math.log(total) + 1) ** 2 if length == 1.0 else 0.0
        self._scales = np.log(total / (1 + texts_with)) + 1

    def rows(self, counts: csr_matrix) -> csr_matrix:
        """Weigh texts of which no gram is unknown."""
        weights = (1 + np.log(counts.data)) * self._scales[counts.indices]
        owners = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        squares = np.bincount(owners, weights * weights, minlength=counts.shape[0])
        weights *= self._length / np.sqrt(squares[owners])
        return csr_matrix((weights, counts.indices, counts.indptr), shape=counts.shape)

    def weigh(
        self, columns: NDArray[np.int64], unknown: Sequence[Hashable]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Give the features of a text, ascending, and their weights.

        ``columns``: those of its known grams. ``unknown``: its other grams.
        """
        if not len(columns):
            return columns, np.zeros(0)
        numbers, times = _different(columns)
        weights: NDArray[np.float64] = (1 + np.log(times)) * self._scales[numbers]
        square = float(weights @ weights)
        if self._unknown and unknown:
            square += self._unknown * sum(
                (1 + math.log(times)) ** 2 for times in Counter(unknown).values()
            )
        return numbers + self._first, weights * (self._length / math.sqrt(square))


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
        self._of_word = lru_cache(_WORDS_KEPT)(self._look_up)

    def find(self, words: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
        """Give the columns of the known grams of words, and their unknown grams."""
        found = [self._of_word(word) for word in words]
        columns = [columns for columns, _ in found]
        unknown = [gram for _, unknown in found for gram in unknown]
        return np.concatenate(columns) if columns else np.zeros(0, np.int64), unknown

    def _look_up(self, word: str) -> tuple[NDArray[np.int64], Sequence[str]]:
        grams = _spelled(word)
        known = [self._numbers[gram] for gram in grams if gram in self._numbers]
        return np.array(known, np.int64), [gram for gram in grams if gram not in self._numbers]


class Pairs:
    """Two stems near each other: in their order, or in any."""

    def __init__(
        self, stems: NDArray[np.int64], texts: Texts, farthest: int, ordered: bool
    ) -> None:
        """Number those of texts; ``stems`` are of its tokens."""
        self._farthest = farthest
        self._ordered = ordered
        self._base = int(stems.max(initial=0)) + 1
        keys: list[NDArray[np.int64]] = []
        rows: list[NDArray[np.intp]] = []
        for apart in range(1, farthest + 1):
            together = texts.rows[:-apart] == texts.rows[apart:]
            rows.append(texts.rows[:-apart][together])
            keys.append(self._key(stems[:-apart][together], stems[apart:][together]))
        self._keys, columns = np.unique(np.concatenate(keys), return_inverse=True)
        shape = texts.counts.shape[0], len(self._keys)
        self.counts = counted(np.concatenate(rows), columns, shape)

    def find(
        self, stems: NDArray[np.int64], names: Sequence[str]
    ) -> tuple[NDArray[np.int64], list[tuple[str, str]]]:
        """Give the columns of a text's known pairs, and its unknown pairs.

        ``stems``: -1 for unknown ones; ``names``: what each stem is.
        """
        spans = range(1, min(self._farthest, len(stems) - 1) + 1)
        pairs = [pair for apart in spans for pair in zip(names, names[apart:], strict=False)]
        if not pairs or not len(self._keys):
            return np.zeros(0, np.int64), pairs
        one = np.concatenate([stems[:-apart] for apart in spans])
        two = np.concatenate([stems[apart:] for apart in spans])
        keys = np.where((one >= 0) & (two >= 0), self._key(one, two), -1)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        known = self._keys[places] == keys
        return places[known], [pairs[place] for place in np.flatnonzero(~known)]

    def _key(self, one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.int64]:
        if self._ordered:
            return one * self._base + two
        return np.minimum(one, two) * self._base + np.maximum(one, two)


def counted(
    rows: NDArray[np.intp], columns: NDArray[np.int64], shape: tuple[int, int]
) -> csr_matrix:
    """Count how often each column was met in each row."""
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def _different(columns: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Give the different ones of at least one number, ascending, and how often each is there.

    What ``np.unique`` does, in a fraction of the time.
    """
    columns = np.sort(columns)
    ends = np.append(np.flatnonzero(columns[1:] != columns[:-1]) + 1, len(columns))
    times = ends.copy()
    times[1:] -= ends[:-1]
    return columns[ends - 1], times


def _spelled(word: str) -> list[str]:
    padded = f" {word} "
    length = len(padded)
    return [
        padded[start : start + size]
        for size in range(_SHORTEST, min(_LONGEST, length) + 1)
        for start in range(length - size + 1)
    ]
