"""What the words of a language mean, as far as others are used like them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from straks.answers import languages

__all__ = ["WordVectors"]

_RARE: Final = 1e-3
"""The frequency at which a word counts half (``a`` of Arora, Liang and Ma, *A Simple but
Tough-to-Beat Baseline for Sentence Embeddings*, ICLR 2017)."""


class WordVectors:
    """Vectors of a language's usual words: those that are used alike lie close.

    ``vectors/README.md`` tells where they come from.
    """

    def __init__(self, words: Sequence[str], vectors: NDArray[np.int8]) -> None:
        """``words``, cleaned, the most frequent first; a row of ``vectors`` for each."""
        self._rows = {word: row for row, word in enumerate(words)}
        self._vectors = vectors
        # Zipf's law: the frequency of a word is about its rank's reciprocal.
        ranks = np.arange(len(words)) + 3
        frequencies = 1 / (ranks * np.log(len(words)))
        self._weights = (_RARE / (_RARE + frequencies)).astype(np.float32)

    @property
    def size(self) -> int:
        """How many numbers a vector has."""
        return int(self._vectors.shape[1])

    def __contains__(self, word: str) -> bool:
        """Tell whether a cleaned word is one of these."""
        return word in self._rows

    def row(self, word: str) -> int:
        """Give the number of a cleaned word, for :meth:`of`; -1: it is unknown."""
        return self._rows.get(word, -1)

    def of(self, rows: Sequence[int]) -> NDArray[np.float32] | None:
        """Give the direction of a text by the numbers of its words; None when none is known.

        Its length is 1, less what unknown words, which are rare, have of the text's weight.
        """
        found = [row for row in rows if row >= 0]
        if not found:
            return None
        weights = self._weights[found]
        sum_: NDArray[np.float32] = weights @ self._vectors[found].astype(np.float32)
        length = math.sqrt(float(sum_ @ sum_))
        known = float(weights.sum())
        scale = known / (known + len(rows) - len(found))
        return sum_ * (scale / length) if length else None

    def of_all(self, words: Sequence[str], counts: csr_matrix) -> NDArray[np.float64]:
        """Give the direction of each text, as :meth:`of` does; zeros when no word is known.

        ``counts``: how often each text, a row, has each of ``words``.
        """
        find = self._rows.get
        rows = np.array([find(word, -1) for word in words], np.intp)
        known = rows >= 0
        weights = np.where(known, self._weights[rows], 0.0)
        sums: NDArray[np.float64] = counts @ (weights[:, np.newaxis] * self._vectors[rows])
        sure, unsure = counts @ weights, counts @ (~known).astype(np.float64)
        lengths = np.linalg.norm(sums, axis=1)
        # Where a length is 0, so is the sum.
        scales = sure / np.maximum(sure + unsure, 1e-12) / np.maximum(lengths, 1e-12)
        directions: NDArray[np.float64] = sums * scales[:, np.newaxis]
        return directions

    @staticmethod
    @cache
    def load(lang: str) -> WordVectors | None:
        """Read those of a language; None when there are none."""
        folder = resources.files("straks.answers") / "vectors"
        file = folder / f"{languages.base(lang)}.npz"
        if not file.is_file():
            return None
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
            words = arrays["words"].tobytes().decode("utf-8").split("\n")
            return WordVectors(words, arrays["vectors"])
