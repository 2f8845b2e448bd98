"""What was learned from the phrases of one language."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression

from straks.answers import background
from straks.answers.index import Index, Vector

__all__ = ["Model"]

_REGULARISATION: Final = 30.0
"""``C`` of the logistic regression."""
_TOLERANCE: Final = 0.1
"""Of the solver, which in its dual form then takes half the time and finds the same answers
(``python -m bench answers``)."""
_BACKGROUND_WEIGHT: Final = 0.3
"""What a line of background counts beside a phrase."""
_NOTHING_WEIGHT: Final = 30.0
"""What the text without any known word counts, as an example of no answer, where a language has
no background."""

# The confidence, fitted on questions of another field with books of 1 to 70 answers that have 1
# to 8 phrases each, so that a score is about the chance to be right.
_SIMILARITY: Final = 5.0
"""How much the likeness to the nearest phrase counts beside the regression's margin."""
_SLOPE: Final = 1.0
_OFFSET: Final = 1.4


class Model:
    """A linear model per answer, one against the rest, beside the phrases themselves."""

    def __init__(self, phrases: Sequence[Sequence[str]], lang: str) -> None:
        """Learn. ``phrases`` are those of each answer, cleaned; each answer has at least one."""
        known = [phrase for of_one in phrases for phrase in of_one]
        self._phrases = known
        self._ends = np.cumsum([0, *(len(of_one) for of_one in phrases)])
        owners = np.repeat(np.arange(len(phrases)), np.diff(self._ends))
        taken = set(known)
        others = [line for line in background.lines(lang) if line not in taken]
        self._index = Index([*known, *others], lang)
        self._rows = self._index.matrix(known)
        examples, weights = self._rows, np.ones(len(known))
        if others:
            examples = vstack([examples, self._index.matrix(others)])
            weights = np.append(weights, np.full(len(others), _BACKGROUND_WEIGHT))
        else:
            examples = vstack([examples, csr_matrix((1, self._index.size))])
            weights = np.append(weights, _NOTHING_WEIGHT)
        owners = np.append(owners, np.full(len(weights) - len(owners), -1))
        self._fit(examples.tocsr(), owners, weights, len(phrases))

    def _fit(
        self,
        examples: csr_matrix,
        owners: NDArray[np.intp],
        weights: NDArray[np.float64],
        count: int,
    ) -> None:
        coefficients = np.empty((self._index.size, count), np.float32)
        intercepts = np.empty(count)
        for answer in range(count):
            one = LogisticRegression(
                C=_REGULARISATION, solver="liblinear", dual=True, tol=_TOLERANCE, random_state=0
            )
            one.fit(examples, owners == answer, sample_weight=weights)
            coefficients[:, answer] = one.coef_[0]
            intercepts[answer] = one.intercept_[0]
        self._coefficients, self._intercepts = coefficients, intercepts

    def rank(self, text: str, limit: int) -> Iterator[tuple[int, float, str]]:
        """Give the likeliest answers to a cleaned text: number, score in 0…1, nearest phrase."""
        vector = self._index.vector(text)
        numbers, weights = vector
        if not len(numbers):
            return
        margins = weights @ self._coefficients[numbers] + self._intercepts
        best = margins.argsort()[: -limit - 1 : -1] if limit > 1 else [margins.argmax()]
        for answer in best:
            likeness, phrase = self._nearest(int(answer), vector)
            yield int(answer), _score(float(margins[answer]), likeness), phrase

    def _nearest(self, answer: int, vector: Vector) -> tuple[float, str]:
        question = np.zeros(self._index.size)
        question[vector[0]] = vector[1]
        first, end = self._ends[answer], self._ends[answer + 1]
        starts = self._rows.indptr[first : end + 1]
        inside = slice(starts[0], starts[-1])
        products = self._rows.data[inside] * question[self._rows.indices[inside]]
        # Both blocks have length 1: the cosine is half of the product.
        likenesses = np.add.reduceat(products, starts[:-1] - starts[0]) / 2
        nearest = int(likenesses.argmax())
        return float(likenesses[nearest]), self._phrases[first + nearest]


def _score(margin: float, likeness: float) -> float:
    return 1 / (1 + math.exp(-(_SLOPE * (margin + _SIMILARITY * likeness) + _OFFSET)))
