"""Which of two answers that are much alike a text asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn import config_context
from sklearn.svm import LinearSVC

from straks.answers.index import Vector
from straks.answers.patience import go_on

__all__ = ["Pairs"]

_ALIKE: Final = 10
"""Answers that each is told from: those that are most like it."""
_MARGIN: Final = 1.0
"""``C`` of the support vector machines."""
_SLACK: Final = 0.01


@dataclass(frozen=True, slots=True)
class _Border:
    """Between the first answer, where the sum is above 0, and the second."""

    features: NDArray[np.int32]
    """Ascending."""
    weights: NDArray[np.float32]
    intercept: float

    def side(self, vector: Vector) -> float:
        """Tell how far a text is on the first answer's side."""
        numbers, weights = vector
        places = np.searchsorted(self.features, numbers)
        places[places == len(self.features)] = 0
        known = self.features[places] == numbers
        return float(weights[known] @ self.weights[places[known]]) + self.intercept


class Pairs:
    """A border between every two answers that are hard to tell apart, learned from them alone.

    A model that tells each answer from all others says little about which of the two likeliest it
    is: with all phrases of banking77 this puts one answer in five hundred right
    (``python -m bench answers``).
    """

    def __init__(self, rows: csr_matrix, owners: NDArray[np.intp], alike: NDArray[np.float32]):
        """Learn. ``owners``: the answer of each row, ascending; ``alike``: how much answers are."""
        ends = np.searchsorted(owners, np.arange(len(alike) + 1))
        self._borders: dict[tuple[int, int], _Border] = {}
        for first, second in sorted(_close(alike)):
            go_on()
            chosen = np.concatenate(
                [np.arange(ends[each], ends[each + 1]) for each in (first, second)]
            )
            self._borders[first, second] = _border(rows[chosen], owners[chosen] == first)

    def side(self, one: int, other: int, vector: Vector) -> float:
        """Tell how much rather a text asks for ``one`` of two answers; 0 where nothing is known."""
        border = self._borders.get((min(one, other), max(one, other)))
        if border is None:
            return 0.0
        side = border.side(vector)
        return side if one < other else -side


def _close(alike: NDArray[np.float32]) -> set[tuple[int, int]]:
    pairs: set[tuple[int, int]] = set()
    for one, likenesses in enumerate(alike):
        nearest = [int(each) for each in np.argsort(-likenesses) if each != one]
        pairs |= {(min(one, other), max(one, other)) for other in nearest[:_ALIKE]}
    return pairs


def _border(rows: csr_matrix, first: NDArray[np.bool_]) -> _Border:
    features, places = np.unique(rows.indices, return_inverse=True)
    narrow = csr_matrix((rows.data, places, rows.indptr), shape=(rows.shape[0], len(features)))
    model = LinearSVC(C=_MARGIN, tol=_SLACK, random_state=0)
    with config_context(assume_finite=True, skip_parameter_validation=True):
        model.fit(narrow, first)
    return _Border(
        features.astype(np.int32), model.coef_[0].astype(np.float32), float(model.intercept_[0])
    )
