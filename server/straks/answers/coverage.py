"""How much of a text an answer's phrases have the letters for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from straks.answers.index import Vector

__all__ = ["Coverage"]


class Coverage:
    """Which answers have which features in any of their phrases.

    A question about something else shares a few words with each of several phrases; what it is
    about is a word that no phrase of the answer has.
    """

    def __init__(self, phrases: csr_matrix, owners: NDArray[np.intp], features: slice) -> None:
        """``owners``: the number of each phrase's answer. ``features``: those that count."""
        self._first, self._end = features.start, features.stop
        chosen = phrases[:, features].tocoo()
        width = (int(owners[-1]) >> 3) + 1
        answers = owners[chosen.row]
        bits = np.zeros(chosen.shape[1] * width, np.uint8)
        at = chosen.col.astype(np.int64) * width + (answers >> 3)
        np.bitwise_or.at(bits, at, np.left_shift(1, answers & 7).astype(np.uint8))
        self._bits = bits.reshape(-1, width)
        """A row for each feature, a bit for each answer: there may be millions of them."""

    def of(self, vector: Vector, answers: Sequence[int]) -> NDArray[np.float32]:
        """Give, for some answers, which part of a text their phrases have, by its weight.

        In 0…1; what no answer at all has is no part of any.
        """
        numbers, weights, _ = vector
        first, end = numbers.searchsorted((self._first, self._end)).tolist()
        asked = np.array(answers)
        # Row by row first: to pick single ones from all of them takes thrice as long.
        rows = self._bits[numbers[first:end] - self._first]
        there = rows[:, asked >> 3] >> (asked & 7).astype(np.uint8) & 1
        shares = weights[first:end]
        parts: NDArray[np.float32] = (shares * shares) @ there
        return parts
