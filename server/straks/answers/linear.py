"""Models that tell answers apart, learned from the features of their phrases."""

from __future__ import annotations

from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.sparse import csc_matrix, csr_matrix, hstack, vstack
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from straks.answers.index import Vector
from straks.answers.network import FEWEST_ANSWERS, Network
from straks.answers.patience import go_on

__all__ = ["Examples", "Linear", "Margins", "learn"]

Margins: TypeAlias = NDArray[np.float32] | NDArray[np.float64]

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
_USUAL: Final = 0.03
"""The part of the answers from which on a feature is a usual one."""
_TOLD: Final = 0.85
"""Where there are many answers, the part of what usual features tell that is enough. It takes an
eighth of them and half of the time, and of the made-up book of ``python -m bench answers`` as many
answers are right (1 to 0.5 were tried)."""
_FEW: Final = 8
"""Answers that have a feature, up to which only they are looked at."""
_NETWORK: Final = 0.15
"""What a network's logarithms of chances count beside the margins of support vector machines."""


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

    def margins(self, vector: Vector) -> Margins:
        """Weigh the features of a text; one number for each answer."""
        ...


def learn(examples: Examples, weights: NDArray[np.float64], dense_from: int) -> Linear:
    """Learn from examples. ``dense_from``: the features from here on are in every text.

    Few phrases are learned best together, by a multinomial logistic regression; where there are
    many of each or many answers, each answer is told from the rest by itself, by a linear support
    vector machine, which then is as good or better, and fast. Many of each suffice for a network
    beside it, which makes a quarter of a point (``python -m bench answers``).
    """
    few = examples.phrases <= _FEW_PHRASES * examples.count
    if few and examples.phrases * examples.count <= _MOST_TOGETHER:
        return _Together(examples, weights)
    apart = _Apart(examples, weights, dense_from)
    if few or examples.count < FEWEST_ANSWERS:
        return apart
    phrases, owners = examples.rows[: examples.phrases], examples.owners[: examples.phrases]
    return _Both(apart, Network(phrases, owners, dense_from))


class _Both:
    """Linear models and a network."""

    def __init__(self, linear: Linear, network: Network) -> None:
        self.nearness = linear.nearness
        self._linear = linear
        self._network = network

    def margins(self, vector: Vector) -> Margins:
        """Give each answer's margin, moved by what the network says."""
        return self._linear.margins(vector) + _NETWORK * self._network.logs(vector)


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

    def margins(self, vector: Vector) -> Margins:
        """Give the logarithm of each answer's odds."""
        logits = vector.weights @ self._coefficients[vector.numbers] + self._intercepts
        if vector.meaning is not None:
            logits += vector.meaning @ self._coefficients[-len(vector.meaning) :]
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
        self._chance = np.random.default_rng(0)
        self._ends = np.searchsorted(examples.owners, np.arange(examples.count + 2))
        narrow = _Narrow(examples.rows, dense_from)
        columns: list[csc_matrix] = []
        dense: list[NDArray[np.float64]] = []
        intercepts: list[float] = []
        everything = examples.phrases * examples.count <= _MOST_LOOKED_AT
        alike = None if everything else _alike(examples)
        for answer in range(examples.count):
            go_on()
            chosen, counts = self._choose(
                examples, answer, None if alike is None else alike[answer]
            )
            own = examples.owners[chosen] == answer
            # The features of others tell little, and take long where there are many answers.
            looked_at = len(own) if alike is None else int(own.sum())
            features, rows = narrow.take(chosen, looked_at)
            model = LinearSVC(C=_MARGIN, tol=_SLACK, random_state=0)
            with config_context(assume_finite=True, skip_parameter_validation=True):
                model.fit(rows, own, sample_weight=weights[chosen] * counts)
            found = model.coef_[0]
            border = int(np.searchsorted(features, dense_from))
            columns.append(_column(features[:border], found[:border], dense_from))
            everywhere = np.zeros(examples.rows.shape[1] - dense_from)
            everywhere[features[border:] - dense_from] = found[border:]
            dense.append(everywhere)
            intercepts.append(model.intercept_[0])
        sparse = hstack(columns).tocsr()
        uses = np.diff(sparse.indptr)
        # What many answers have is weighed faster as if all had it; what few have, as if as few.
        usual, rare = np.flatnonzero(uses > _FEW), np.flatnonzero((uses > 0) & (uses <= _FEW))
        if not everything:
            usual = usual[_telling(sparse[usual], examples.rows[:, usual])]
        self._places = np.full(dense_from, -1)
        """The row of each feature in ``_dense`` or, beyond, in ``_owners``; -1: it has none."""
        self._places[usual] = np.arange(len(usual))
        self._places[rare] = np.arange(len(usual), len(usual) + len(rare))
        self._dense = sparse[usual].toarray()
        self._owners, self._shares = _padded(sparse[rare])
        self._everywhere = np.ascontiguousarray(np.array(dense, np.float32).T)
        self._intercepts = np.array(intercepts, np.float32)

    def _choose(
        self, examples: Examples, answer: int, alike: NDArray[np.float32] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Choose what to learn an answer from, its own phrases first, and what each counts.

        ``alike``: how much each answer is like this one; None: learn from everything.
        """
        first, end = self._ends[answer], self._ends[answer + 1]
        own = np.arange(first, end)
        others = len(examples.owners) - len(own)
        many = max(_FEWEST_HARD, _HARDEST * len(own))
        if alike is None or others <= 2 * many:
            everything = np.concatenate(
                [own, np.arange(first), np.arange(end, len(examples.owners))]
            )
            return everything, np.ones(len(everything))
        nearest = np.argsort(-alike)
        nearest = nearest[nearest != answer]
        enough = 1 + int(np.searchsorted(np.cumsum(np.diff(self._ends)[nearest]), many))
        hard = np.concatenate(
            [np.arange(self._ends[near], self._ends[near + 1]) for near in nearest[:enough]]
        )[:many]
        left = np.ones(len(examples.owners), bool)
        left[own] = left[hard] = False
        rest = self._chance.choice(np.flatnonzero(left), many, replace=False, shuffle=False)
        counts = np.ones(len(own) + 2 * many)
        counts[-many:] = (others - many) / many
        return np.concatenate([own, hard, rest]), counts

    def margins(self, vector: Vector) -> Margins:
        """Give each answer's distance from the border between it and the rest."""
        numbers, weights, meaning = vector
        sums: NDArray[np.float32] = self._intercepts.copy()
        if meaning is not None:
            sums += meaning @ self._everywhere
        places = self._places[numbers]
        count = len(self._dense)
        usual, rare = (
            ((places >= 0) & (places < count)).nonzero()[0],
            (places >= count).nonzero()[0],
        )
        sums += weights[usual] @ self._dense[places[usual]]
        rows = places[rare] - count
        shares = self._shares[rows] * weights[rare, np.newaxis]
        owners = self._owners[rows]
        sums += np.bincount(owners.ravel(), shares.ravel(), minlength=len(sums))
        return sums


def _padded(rows: csr_matrix) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Give the columns and the values of rows that have few, with zeros of column 0 after them."""
    lengths = np.diff(rows.indptr)
    columns = np.zeros((rows.shape[0], int(lengths.max(initial=0))), np.int32)
    values = np.zeros(columns.shape, np.float32)
    there = np.arange(columns.shape[1]) < lengths[:, np.newaxis]
    columns[there], values[there] = rows.indices, rows.data
    return columns, values


def _telling(coefficients: csr_matrix, texts: csr_matrix) -> NDArray[np.intp]:
    """Choose the features that move the margins most; the others are left out.

    ``coefficients``: a row for each feature; ``texts``: a column for each.
    """
    uses = np.bincount(texts.indices, minlength=texts.shape[1])
    weights = np.bincount(texts.indices, texts.data**2, minlength=texts.shape[1]) / uses
    rows = np.repeat(np.arange(coefficients.shape[0]), np.diff(coefficients.indptr))
    squares = np.bincount(rows, coefficients.data**2, minlength=coefficients.shape[0])
    moved = squares * weights
    order = np.argsort(-moved)
    enough = int(np.searchsorted(np.cumsum(moved[order]), _TOLD * moved.sum()))
    return np.sort(order[: enough + 1])


def _alike(examples: Examples) -> NDArray[np.float32]:
    """Tell how much each answer's phrases are like each other's; the last column is of none."""
    phrases = np.arange(examples.phrases)
    owners = examples.owners[: examples.phrases]
    members = csr_matrix(
        (np.ones(len(phrases)), (owners, phrases)), shape=(examples.count, examples.rows.shape[0])
    )
    middles = (members @ examples.rows).astype(np.float32)
    # What many have is multiplied faster as if all had it.
    usual = np.bincount(middles.indices, minlength=middles.shape[1]) > _USUAL * examples.count
    middles = middles.tocsc()
    common, rare = middles[:, usual].toarray(), middles[:, ~usual].tocsr()
    likeness: NDArray[np.float32] = common @ common.T + (rare @ rare.T).toarray()
    lengths = np.sqrt(likeness.diagonal())
    likeness /= np.outer(lengths, lengths)
    return np.hstack([likeness, np.zeros((examples.count, 1), np.float32)])


class _Narrow:
    """Takes the rows to learn an answer from, with the features that some of them have."""

    def __init__(self, rows: csr_matrix, dense_from: int) -> None:
        """``dense_from``: the features from here on are always taken."""
        self._rows = rows
        self._first = dense_from
        self._last = np.arange(dense_from, rows.shape[1])
        self._places = np.full(rows.shape[1], -1, np.int32)

    def take(self, chosen: NDArray[np.intp], first: int) -> tuple[NDArray[np.intp], csr_matrix]:
        """Give the features that the first ``first`` rows have, ascending, and rows of them."""
        rows = self._rows[chosen]
        of_own = np.unique(rows.indices[: rows.indptr[first]])
        features = np.concatenate([of_own[of_own < self._first], self._last])
        self._places[features] = np.arange(len(features))
        places = self._places[rows.indices]
        self._places[features] = -1
        left = places >= 0
        starts = np.concatenate([[0], np.cumsum(left, dtype=np.int32)])[rows.indptr]
        narrow = csr_matrix(
            (rows.data[left], places[left], starts), shape=(rows.shape[0], len(features))
        )
        return features, narrow


def _column(features: NDArray[np.intp], coefficients: NDArray[np.float64], size: int) -> csc_matrix:
    """Make a column of ``size`` features."""
    values = coefficients.astype(np.float32)
    return csc_matrix((values, features, [0, len(features)]), shape=(size, 1))
