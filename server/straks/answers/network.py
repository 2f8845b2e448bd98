"""A small neural network that tells answers apart, where each has many phrases."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.neural_network import MLPClassifier

from straks.answers.index import Vector
from straks.answers.patience import go_on

__all__ = ["FEWEST_ANSWERS", "Network"]

FEWEST_ANSWERS: Final = 3
"""Fewer are told apart well enough without."""

_FEWEST_USES: Final = 6
"""Phrases that have a feature, from which on it is looked at."""
_DIRECTIONS: Final = 300
"""Numbers that a text is summed up in, at most: what differs most among the phrases."""
_HIDDEN: Final = 256
_EPOCHS: Final = 8
_BATCH: Final = 64
_RATE: Final = 2e-3
_LEAST_CHANCE: Final = 1e-4


class Network:
    """One hidden layer over latent semantic analysis of the phrases.

    It errs in other places than linear models do, so that together they err less.
    """

    def __init__(self, phrases: csr_matrix, owners: NDArray[np.intp], dense_from: int) -> None:
        """Learn. ``owners``: the number of each phrase's answer, from 0 on without gaps.

        There are at least :data:`FEWEST_ANSWERS`. ``dense_from``: the features from here on are
        those of meaning.
        """
        uses = np.bincount(phrases.indices, minlength=phrases.shape[1])
        enough = uses >= min(_FEWEST_USES, uses.max())
        enough[dense_from:] = True
        used = np.flatnonzero(enough)
        self._places = np.full(phrases.shape[1], -1)
        """The row of each feature in ``_directions``; -1: it has none."""
        self._places[used] = np.arange(len(used))
        rows = phrases[:, used].astype(np.float32)
        most = min(_DIRECTIONS, len(used), len(owners))
        go_on()
        summed_up = TruncatedSVD(most, n_iter=1, n_oversamples=20, random_state=0)
        texts = summed_up.fit_transform(rows)
        self._directions = np.ascontiguousarray(summed_up.components_.T)
        network = MLPClassifier(
            (_HIDDEN,), batch_size=_BATCH, learning_rate_init=_RATE, random_state=0
        )
        for _ in range(_EPOCHS):
            go_on()
            network.partial_fit(texts, owners, classes=np.arange(owners[-1] + 1))
        (self._into, self._out), (self._base, self._last) = network.coefs_, network.intercepts_

    def logs(self, vector: Vector) -> NDArray[np.float64]:
        """Give the logarithm of each answer's chance, none of which is taken for too small."""
        places = self._places[vector.numbers]
        looked_at = places >= 0
        text = vector.weights[looked_at] @ self._directions[places[looked_at]]
        if vector.meaning is not None:
            text += vector.meaning @ self._directions[-len(vector.meaning) :]
        hidden = np.maximum(text @ self._into + self._base, 0)
        sums = (hidden @ self._out + self._last).astype(np.float64)
        chances = np.exp(sums - sums.max())
        found: NDArray[np.float64] = np.log(chances / chances.sum() + _LEAST_CHANCE)
        return found
