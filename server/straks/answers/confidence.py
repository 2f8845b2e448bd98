"""How likely the first answer is the right one."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from straks.answers.patience import go_on
from straks.answers.ranking import Ranked, Ranker

__all__ = ["Confidence", "Phrases", "calibrated"]

Phrases = Sequence[Sequence[str]]
"""The cleaned phrases of each answer."""

_ROUNDS: Final = 3
"""Each time another third of the answers is not known."""
_HELD_OUT: Final = 5
"""One of so many phrases is asked instead of learned."""
_FEWEST_PHRASES: Final = 3
_LIKE_QUESTIONS: Final = 30
"""Phrases of an answer, on average, from which on they are taken for what visitors ask. Fewer were
chosen to differ: one of them is harder to tell by the others than a question is."""
_LOOSENESS: Final = 0.1
_COST: Final = 2.5
"""What a wrong answer costs, where a right one is worth 1."""
_FEWEST_ANSWERS: Final = 12
_FEWEST_ASKED: Final = 100
"""With fewer questions than this nothing is learned of them."""
_MOST_ANSWERS: Final = 150
_UNKNOWN_SHARE: Final = 0.5
"""Questions that no answer is for, beside those that one is for."""

_EVIDENCE: Final = 7
"""Numbers that speak for an answer."""
_ONE: Final = _EVIDENCE
_FIRST, _SECOND = np.triu_indices(_EVIDENCE)
"""All pairs of them, each with itself as well."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """A logistic model of what speaks for an answer: its score is in 0…1.

    At 0.5 giving it is worth as much as it costs, be it wrong.

    It is quadratic in the margin, the gap, both sorts of nearness, the logarithm of the number of
    words, what is covered and the third margin, each less ``mean`` and divided by ``scale``.
    """

    mean: Sequence[float]
    scale: Sequence[float]
    terms: Sequence[tuple[int, int, float]]
    """What the product of two pieces of evidence counts; :data:`_ONE` stands for 1."""
    bias: float

    def score(self, text: str, ranked: Ranked) -> float:
        """Score what was ranked for a cleaned text."""
        numbers = zip(_evidence(text, ranked), self.mean, self.scale, strict=True)
        evidence = [(each - mean) / scale for each, mean, scale in numbers]
        evidence.append(1.0)
        sum_ = self.bias
        for one, other, weight in self.terms:
            sum_ += weight * evidence[one] * evidence[other]
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, sum_))))

    @classmethod
    def usual(cls) -> Confidence:
        """Give that of books too small to learn it from.

        Fitted on questions of another field, with books of 2 to 40 answers that have 1 to 8
        phrases each, where a third of the questions is about something else.
        """
        terms = [(0, _ONE, 0.14), (1, _ONE, 0.87), (2, _ONE, 6.05), (4, _ONE, 0.37)]
        return cls([0.0] * _EVIDENCE, [1.0] * _EVIDENCE, terms, -3.4)


def calibrated(phrases: Phrases, lang: str) -> Confidence | None:
    """Learn how far the answers of a language are to be trusted; None when nothing tells.

    There may be too few, or phrases so regular that one is never like another's.

    Some answers are left out, and some phrases of the others; then both are asked. Takes about as
    long as three rankers.
    """
    chance = random.Random(0)
    chosen = chance.sample(phrases, min(len(phrases), _MOST_ANSWERS))
    count = sum(len(of_one) for of_one in chosen)
    if len(chosen) < _FEWEST_ANSWERS or count < _LIKE_QUESTIONS * len(chosen):
        return None
    asked = _Asked()
    for turn in range(_ROUNDS):
        _ask(asked, chosen, turn, chance, lang)
    if len(asked.right) < _FEWEST_ASKED or len(set(asked.right)) < 2:
        return None
    evidence, right = np.array(asked.evidence), np.array(asked.right)
    mean, scale = evidence.mean(axis=0), np.maximum(evidence.std(axis=0), 1e-6)
    model = LogisticRegression(C=_LOOSENESS, max_iter=500)
    features = _quadratic((evidence - mean) / scale)
    model.fit(features, right, sample_weight=asked.weights)
    sums = model.decision_function(features)
    if sums[right].min() > sums[~right].max():
        return None  # as of a template: what is less clear than that, as questions are, is not told
    bias = float(model.intercept_[0]) - math.log(_COST)
    ones = [*range(_EVIDENCE), *_FIRST.tolist()]
    others = [*[_ONE] * _EVIDENCE, *_SECOND.tolist()]
    terms = list(zip(ones, others, model.coef_[0].tolist(), strict=True))
    return Confidence(mean.tolist(), scale.tolist(), terms, bias)


class _Asked:
    """What became of the questions."""

    def __init__(self) -> None:
        self.evidence: list[tuple[float, ...]] = []
        self.right: list[bool] = []
        self.weights: list[float] = []

    def add(self, ranker: Ranker, questions: Sequence[tuple[str, int]], weight: float) -> None:
        """Ask questions; each has the number of its answer, -1 where there is none."""
        for text, answer in questions:
            go_on()
            ranked = ranker.rank(text)
            if ranked:
                self.evidence.append(_evidence(text, ranked[0]))
                self.right.append(ranked[0].answer == answer)
                self.weights.append(weight)


def _ask(asked: _Asked, phrases: Phrases, turn: int, chance: random.Random, lang: str) -> None:
    learned: list[Sequence[str]] = []
    known: list[tuple[str, int]] = []
    unknown: list[tuple[str, int]] = []
    for number, of_one in enumerate(phrases):
        shuffled = chance.sample(of_one, len(of_one))
        if number % _ROUNDS == turn:
            unknown += [(phrase, -1) for phrase in shuffled]
            continue
        held = max(1, len(of_one) // _HELD_OUT) if len(of_one) >= _FEWEST_PHRASES else 0
        known += [(phrase, len(learned)) for phrase in shuffled[:held]]
        learned.append(shuffled[held:])
    unknown = chance.sample(unknown, min(len(unknown), len(known)))
    ranker = Ranker(learned, lang)
    asked.add(ranker, known, 1.0)
    asked.add(ranker, unknown, _UNKNOWN_SHARE * len(known) / max(1, len(unknown)))


def _evidence(text: str, ranked: Ranked) -> tuple[float, ...]:
    words = text.count(" ") + 1
    nearness = ranked.nearness, ranked.nearest
    return ranked.margin, ranked.gap, *nearness, math.log(words), ranked.covered, ranked.third


def _quadratic(evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add the products of all pairs to the columns."""
    return np.hstack([evidence, evidence[:, _FIRST] * evidence[:, _SECOND]])
