"""Linear models that tell answers apart, learned from the features of their phrases."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.sparse import csc_matrix, csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from straks.answers.index import Vector

__all__ = ["Examples", "Linear", "learn"]

_FEW_PHRASES: Final = 30
_MOST_TOGETHER: Final = 2_500
"""Phrases up to which all answers are learned together; more would take too long."""
_LOOSENESS: Final = 20.0
"""``C`` of the multinomial logistic regression."""
_STEPS: Final = 300
_JITTER: Final = 1e-6
"""What keeps the matrix of products regular where two examples are the same."""
_TOLERANCE: Final = 1e-3

_MARGIN: Final = 1.0
"""``C`` of the support vector machines."""
_SLACK: Final = 0.01
_MOST_LOOKED_AT: Final = 1_000_000
"""Phrases times answers up to which an answer is told from every other phrase."""
_HARDEST: Final = 12
"""Else, for each of its phrases, from so many: those that are nearest."""
_FEWEST_HARD: Final = 300
_KEPT: Final = 6_000_000
"""Coefficients that are kept of all answers: the rest are next to nothing."""


class Examples:
    """Texts that something is learned from: the answers' phrases, then such as ask for none."""

    def __init__(self, phrases: csr_matrix, owners: NDArray[np.intp], others: csr_matrix) -> None:
        """``owners``: the number of each phrase's answer, from 0 on without gaps."""
        self.rows = vstack([phrases, others]).tocsr()
        self.count = int(owners[-1]) + 1
        self.owners = np.append(owners, np.full(others.shape[0], self.count))
        """``count`` for those that ask for none."""
        self.phrases = len(owners)


class Linear(Protocol):
    """Gives each answer a margin: the higher, the likelier."""

    nearness: float
    """What the likeness to an answer's nearest phrases counts beside its margin."""

    def margins(self, vector: Vector) -> NDArray[np.float64]:
        """Weigh the features of a text; one number for each answer."""
        ...


def learn(examples: Examples, weights: NDArray[np.float64], dense_from: int) -> Linear:
    """Learn from examples. ``dense_from``: the features from here on are in every text.

    Few phrases are learned best together, by a multinomial logistic regression; where there are
    many of each or many answers, each answer is told from the rest by itself, by a linear support
    vector machine, which then is as good or better, and fast (``python -m bench answers``).
    """
    if examples.phrases <= min(_MOST_TOGETHER, _FEW_PHRASES * examples.count):
        return _Together(examples, weights)
    return _Apart(examples, weights, dense_from)


class _Together:
    """All answers in one model; "none of them" is one more."""

    nearness = 0.0

    def __init__(self, examples: Examples, weights: NDArray[np.float64]) -> None:
        # There are far more features than examples: as sums of examples the coefficients are few.
        # With K = X Xᵀ = L Lᵀ, the rows of L have the same products as those of X.
        rows = examples.rows
        products = (rows @ rows.T).toarray()
        products[np.diag_indices_from(products)] += _JITTER
        factor = np.linalg.cholesky(products)
        model = LogisticRegression(C=_LOOSENESS, max_iter=_STEPS, tol=_TOLERANCE)
        model.fit(factor, examples.owners, sample_weight=weights)
        coefficients, intercepts = model.coef_, model.intercept_
        if len(coefficients) == 1:  # of two classes it has the second one's only
            coefficients = np.vstack([-coefficients / 2, coefficients / 2])
            intercepts = np.array([-intercepts[0] / 2, intercepts[0] / 2])
        sums = solve_triangular(factor, coefficients.T, lower=True, trans="T")
        self._coefficients = np.ascontiguousarray(rows.T @ sums, np.float32)
        self._intercepts = intercepts

    def margins(self, vector: Vector) -> NDArray[np.float64]:
        """Give the logarithm of each answer's odds."""
        numbers, weights = vector
        logits = weights @ self._coefficients[numbers] + self._intercepts
        chances = np.exp(logits - logits.max())
        chances /= chances.sum()
        odds: NDArray[np.float64] = np.log(
            np.maximum(chances[:-1], 1e-12) / np.maximum(1 - chances[:-1], 1e-12)
        )
        return odds


class _Apart:
    """A model for each answer, learned from its phrases and those that are hard to tell from them.

    Of the rest it sees a sample that counts for all of it.
    """

    nearness = 2.0

    def __init__(self, examples: Examples, weights: NDArray[np.float64], dense_from: int) -> None:
        self._dense_from = dense_from
        self._chance = np.random.default_rng(0)
        kept = _KEPT // examples.count
        columns: list[csc_matrix] = []
        dense: list[NDArray[np.float64]] = []
        intercepts: list[float] = []
        middles = _middles(examples)
        for answer in range(examples.count):
            chosen, counts = self._choose(examples, answer, middles)
            model = LinearSVC(C=_MARGIN, tol=_SLACK, random_state=0)
            own = examples.owners[chosen] == answer
            model.fit(examples.rows[chosen], own, sample_weight=weights[chosen] * counts)
            found = model.coef_[0]
            columns.append(_largest(found[:dense_from], kept))
            dense.append(found[dense_from:])
            intercepts.append(model.intercept_[0])
        self._sparse = hstack(columns).tocsr()
        self._dense = np.array(dense, np.float32).T
        self._intercepts = np.array(intercepts)

    def _choose(
        self, examples: Examples, answer: int, middles: csr_matrix
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Choose what to learn an answer from, and what each counts."""
        own = np.flatnonzero(examples.owners == answer)
        others = np.flatnonzero(examples.owners != answer)
        many = max(_FEWEST_HARD, _HARDEST * len(own))
        if examples.phrases * examples.count <= _MOST_LOOKED_AT or len(others) <= 2 * many:
            everything = np.concatenate([own, others])
            return everything, np.ones(len(everything))
        near = (examples.rows @ middles[answer].T).toarray().ravel()[others]
        order = np.argpartition(-near, many)
        rest = self._chance.choice(order[many:], many, replace=False)
        chosen = np.concatenate([own, others[order[:many]], others[rest]])
        counts = np.ones(len(chosen))
        counts[-many:] = (len(others) - many) / many
        return chosen, counts

    def margins(self, vector: Vector) -> NDArray[np.float64]:
        """Give each answer's distance from the border between it and the rest."""
        numbers, weights = vector
        border = int(np.searchsorted(numbers >= self._dense_from, True))
        rare = csr_matrix(
            (weights[:border], numbers[:border], [0, border]), shape=(1, self._sparse.shape[0])
        )
        sums: NDArray[np.float64] = (rare @ self._sparse).toarray().ravel() + self._intercepts
        if border < len(numbers):
            sums += weights[border:] @ self._dense
        return sums


def _middles(examples: Examples) -> csr_matrix:
    """Give the sum of each answer's phrases."""
    phrases = np.arange(examples.phrases)
    owners = examples.owners[: examples.phrases]
    members = csr_matrix(
        (np.ones(len(phrases)), (owners, phrases)), shape=(examples.count, examples.rows.shape[0])
    )
    return (members @ examples.rows).tocsr()


def _largest(coefficients: NDArray[np.float64], kept: int) -> csc_matrix:
    """Keep the largest, as a column."""
    if len(coefficients) > kept:
        numbers = np.argpartition(-np.abs(coefficients), kept)[:kept]
    else:
        numbers = np.arange(len(coefficients))
    numbers = np.sort(numbers[coefficients[numbers] != 0])
    values = coefficients[numbers].astype(np.float32)
    shape = (len(coefficients), 1)
    return csc_matrix((values, (numbers, np.zeros(len(numbers), np.intp))), shape=shape)
