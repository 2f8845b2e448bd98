"""Which answers a text comes nearest to, learned from the phrases of one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from straks.answers import background
from straks.answers.coverage import Coverage
from straks.answers.index import Index, Vector
from straks.answers.linear import Examples, learn
from straks.answers.patience import go_on

__all__ = ["Ranked", "Ranker"]

_CANDIDATES: Final = 5
"""Answers with the highest margins whose phrases are looked at; of more none becomes the first."""
_NEIGHBOURS: Final = 5
"""Phrases of an answer whose likeness counts: its nearest."""
_BACKGROUND_WEIGHT: Final = 0.3
"""What a line of background counts beside a phrase."""
_NOTHING_WEIGHT: Final = 30.0
"""What the text without any known word counts, as an example of no answer, where a language has
no background."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An answer, and what speaks for it."""

    answer: int
    margin: float
    """How far it is on the right side."""
    gap: float
    """How far before the best of the others; below 0 for all but the first."""
    third: float
    """The margin of the third best, or the last: where that is high, too, none may be right."""
    nearness: float
    """Mean likeness, in -1…1, to those of its phrases that are nearest."""
    nearest: float
    """The likeness to ``phrase``, the nearest of all."""
    phrase: str
    covered: float
    """The part, in 0…1, of the text's characters 2 to 5 at a time that its phrases have."""


class Ranker:
    """A linear model, and the phrases themselves."""

    def __init__(self, phrases: Sequence[Sequence[str]], lang: str) -> None:
        """Learn. ``phrases`` are those of each answer, cleaned; each answer has at least one."""
        known = [phrase for of_one in phrases for phrase in of_one]
        self._phrases = known
        self._ends = np.cumsum([0, *(len(of_one) for of_one in phrases)])
        owners = np.repeat(np.arange(len(phrases)), np.diff(self._ends))
        taken = set(known)
        others = [line for line in background.lines(lang) if line not in taken]
        self._index = Index([*known, *others], lang)
        rows = self._index.rows[: len(known)]
        if others:
            nothing, weight = self._index.rows[len(known) :], _BACKGROUND_WEIGHT
        else:
            nothing, weight = csr_matrix((1, self._index.size)), _NOTHING_WEIGHT
        weights = np.append(np.ones(len(known)), np.full(nothing.shape[0], weight))
        go_on()
        examples = Examples(rows, owners, nothing)
        self._linear = learn(examples, weights, self._index.first_meaning)
        self._coverage = Coverage(rows, owners, self._index.characters)
        first = self._index.first_meaning
        self._rows = rows[:, :first].astype(np.float32)
        self._lengths = np.diff(self._rows.indptr)
        self._meanings = rows[:, first:].toarray().astype(np.float32)

    def completed(self, text: str) -> str:
        """Give a cleaned text with its last word as it will be, if it has only begun."""
        return self._index.completed(text)

    def rank(self, text: str) -> list[Ranked]:
        """Give the likeliest answers to a cleaned text, best first; none for unknown words."""
        vector = self._index.vector(text)
        if not len(vector[0]):
            return []
        margins = self._linear.margins(vector)
        best = margins.argsort()[: -_CANDIDATES - 1 : -1]
        near = self._nearest(best, vector)
        covered = self._coverage.of(vector, best)
        weight = self._linear.nearness
        sums = margins[best] + weight * np.array([mean for mean, _, _ in near])
        order = sums.argsort()[::-1]
        first, second = sums[order[0]], sums[order[1]] if len(order) > 1 else 0.0
        third = float(sums[order[:3][-1]])
        return [
            Ranked(
                answer=int(best[place]),
                margin=float(sums[place]),
                gap=float(sums[place] - (second if place == order[0] else first)),
                third=third,
                nearness=near[place][0],
                nearest=near[place][1],
                phrase=near[place][2],
                covered=float(covered[place]),
            )
            for place in order
        ]

    def _nearest(self, answers: NDArray[np.intp], vector: Vector) -> list[tuple[float, float, str]]:
        """Give mean and highest likeness to each answer's phrases, and which is nearest."""
        numbers, weights = vector
        weights = (weights / self._index.longest).astype(np.float32)
        spelled = int(np.searchsorted(numbers, self._index.first_meaning))
        question = np.zeros(self._index.first_meaning, np.float32)
        question[numbers[:spelled]] = weights[:spelled]
        starts = self._rows.indptr
        inside = [slice(starts[self._ends[each]], starts[self._ends[each + 1]]) for each in answers]
        phrases = [range(self._ends[each], self._ends[each + 1]) for each in answers]
        products = np.concatenate([self._rows.data[each] for each in inside])
        products *= question[np.concatenate([self._rows.indices[each] for each in inside])]
        lengths = np.concatenate([self._lengths[each.start : each.stop] for each in phrases])
        sums = np.add.reduceat(products, np.cumsum(lengths) - lengths)
        if spelled < len(numbers):
            meanings = np.concatenate([self._meanings[each.start : each.stop] for each in phrases])
            sums += meanings @ weights[spelled:]
        likenesses = sums.tolist()
        found: list[tuple[float, float, str]] = []
        at = 0
        for of_one in phrases:
            likeness = likenesses[at : at + len(of_one)]
            at += len(of_one)
            most = max(likeness)
            nearest = sorted(likeness)[-_NEIGHBOURS:]
            phrase = self._phrases[of_one[likeness.index(most)]]
            found.append((sum(nearest) / len(nearest), most, phrase))
        return found
