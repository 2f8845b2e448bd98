"""Linear models that tell answers apart, learned from the features of their phrases."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.sparse import csc_matrix, csr_matrix, hstack, vstack
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from straks.answers.index import Vector

__all__ = ["Examples", "Linear", "learn"]

_FEW_PHRASES: Final = 30
_MOST_TOGETHER: Final = 300_000
"""Phrases times answers up to which all are learned together; more would take too long."""
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
_HARDEST: Final = 8
"""Else, for each of its phrases, from so many: those that are nearest."""
_FEWEST_HARD: Final = 160
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
    few = examples.phrases <= _FEW_PHRASES * examples.count
    if few and examples.phrases * examples.count <= _MOST_TOGETHER:
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

    nearness = 3.0

    def __init__(self, examples: Examples, weights: NDArray[np.float64], dense_from: int) -> None:
        self._dense_from = dense_from
        self._chance = np.random.default_rng(0)
        kept = _KEPT // examples.count
        columns: list[csc_matrix] = []
        dense: list[NDArray[np.float64]] = []
        intercepts: list[float] = []
        everything = examples.phrases * examples.count <= _MOST_LOOKED_AT
        alike = None if everything else _alike(examples)
        for answer in range(examples.count):
            chosen, counts = self._choose(
                examples, answer, None if alike is None else alike[answer]
            )
            features, rows = _narrowed(examples.rows[chosen])
            model = LinearSVC(C=_MARGIN, tol=_SLACK, random_state=0)
            own = examples.owners[chosen] == answer
            with config_context(assume_finite=True, skip_parameter_validation=True):
                model.fit(rows, own, sample_weight=weights[chosen] * counts)
            found = model.coef_[0]
            border = int(np.searchsorted(features, dense_from))
            columns.append(_largest(features[:border], found[:border], kept, dense_from))
            everywhere = np.zeros(examples.rows.shape[1] - dense_from)
            everywhere[features[border:] - dense_from] = found[border:]
            dense.append(everywhere)
            intercepts.append(model.intercept_[0])
        self._sparse = hstack(columns).tocsr()
        self._dense = np.array(dense, np.float32).T
        self._intercepts = np.array(intercepts)

    def _choose(
        self, examples: Examples, answer: int, alike: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Choose what to learn an answer from, and what each counts.

        ``alike``: how much each answer is like this one; None: learn from everything.
        """
        own = np.flatnonzero(examples.owners == answer)
        others = np.flatnonzero(examples.owners != answer)
        many = max(_FEWEST_HARD, _HARDEST * len(own))
        if alike is None or len(others) <= 2 * many:
            everything = np.concatenate([own, others])
            return everything, np.ones(len(everything))
        order = np.argpartition(-alike[examples.owners[others]], many)
        rest = self._chance.choice(order[many:], many, replace=False)
        chosen = np.concatenate([own, others[order[:many]], others[rest]])
        counts = np.ones(len(chosen))
        counts[-many:] = (len(others) - many) / many
        return chosen, counts

    def margins(self, vector: Vector) -> NDArray[np.float64]:
        """Give each answer's distance from the border between it and the rest."""
        numbers, weights = vector
        border = int(np.searchsorted(numbers >= self._dense_from, True))
        starts = self._sparse.indptr[numbers[:border]]
        ends = self._sparse.indptr[numbers[:border] + 1]
        sums = self._intercepts.copy()
        if border:
            # By hand: SciPy takes five times as long for so few rows.
            rows = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
            owners = np.concatenate([self._sparse.indices[row] for row in rows])
            values = np.concatenate([self._sparse.data[row] for row in rows])
            values = values * np.repeat(weights[:border], ends - starts)
            sums += np.bincount(owners, values, minlength=len(sums))
        if border < len(numbers):
            sums += weights[border:] @ self._dense
        return sums


def _alike(examples: Examples) -> NDArray[np.float64]:
    """Tell how much each answer's phrases are like each other's; the last column is of none."""
    phrases = np.arange(examples.phrases)
    owners = examples.owners[: examples.phrases]
    members = csr_matrix(
        (np.ones(len(phrases)), (owners, phrases)), shape=(examples.count, examples.rows.shape[0])
    )
    middles = members @ examples.rows
    likeness = (middles @ middles.T).toarray()
    lengths = np.sqrt(likeness.diagonal())
    found: NDArray[np.float64] = np.hstack(
        [likeness / np.outer(lengths, lengths), np.zeros((examples.count, 1))]
    )
    return found


def _narrowed(rows: csr_matrix) -> tuple[NDArray[np.intp], csr_matrix]:
    """Leave out the features that no row has; give which are left, and the rows."""
    used = np.zeros(rows.shape[1], bool)
    used[rows.indices] = True
    features = np.flatnonzero(used)
    places = np.zeros(rows.shape[1], np.intp)
    places[features] = np.arange(len(features))
    narrow = csr_matrix(
        (rows.data, places[rows.indices], rows.indptr), shape=(rows.shape[0], len(features))
    )
    return features, narrow


def _largest(
    features: NDArray[np.intp], coefficients: NDArray[np.float64], kept: int, size: int
) -> csc_matrix:
    """Keep the largest coefficients, as a column of ``size`` features."""
    if len(coefficients) > kept:
        largest = np.sort(np.argpartition(-np.abs(coefficients), kept)[:kept])
        features, coefficients = features[largest], coefficients[largest]
    values = coefficients.astype(np.float32)
    return csc_matrix((values, features, [0, len(features)]), shape=(size, 1))
