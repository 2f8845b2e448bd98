"""Which answers a text comes nearest to, learned from the phrases of one language."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from straks.answers import background
from straks.answers.coverage import Coverage
from straks.answers.index import Index, Vector
from straks.answers.linear import Examples, Margins, learn
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


class Ranked(NamedTuple):
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
        self._ends = [0, *accumulate(len(of_one) for of_one in phrases)]
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
        grams = rows[:, :first].astype(np.float32)
        self._grams = [grams[each:end] for each, end in pairwise(self._ends)]
        self._meanings = rows[:, first:].toarray().astype(np.float32)

    def warm_up(self) -> None:
        """Make the first questions as fast as others."""
        self._index.warm_up()

    def completed(self, text: str) -> str:
        """Give a cleaned text with its last word as it will be, if it has only begun."""
        return self._index.completed(text)

    def rank(self, text: str) -> list[Ranked]:
        """Give the likeliest answers to a cleaned text, best first; none for unknown words."""
        vector = self._index.vector(text)
        if not len(vector.numbers) and vector.meaning is None:
            return []
        margins = self._linear.margins(vector)
        best = _highest(margins, _CANDIDATES)
        near = self._nearest(best, vector)
        covered = self._coverage.of(vector, best).tolist()
        weight = self._linear.nearness
        sums = [
            margin + weight * mean
            for margin, (mean, _, _) in zip(margins[best].tolist(), near, strict=True)
        ]
        order = sorted(range(len(best)), key=lambda place: (-sums[place], best[place]))
        first, second = sums[order[0]], sums[order[1]] if len(order) > 1 else 0.0
        third = sums[order[:3][-1]]
        return [
            Ranked(
                answer=best[place],
                margin=sums[place],
                gap=sums[place] - (second if place == order[0] else first),
                third=third,
                nearness=near[place][0],
                nearest=near[place][1],
                phrase=near[place][2],
                covered=covered[place],
            )
            for place in order
        ]

    def _nearest(self, answers: Sequence[int], vector: Vector) -> list[tuple[float, float, str]]:
        """Give mean and highest likeness to each answer's phrases, and which is nearest."""
        question = np.zeros(self._index.first_meaning, np.float32)
        question[vector.numbers] = vector.weights / self._index.longest
        meaning = None if vector.meaning is None else vector.meaning / self._index.longest
        found: list[tuple[float, float, str]] = []
        for answer in answers:
            first, end = self._ends[answer], self._ends[answer + 1]
            products = self._grams[answer] @ question
            if meaning is not None:
                products += self._meanings[first:end] @ meaning
            likenesses = products.tolist()
            most = max(likenesses)
            nearest = sorted(likenesses)[-_NEIGHBOURS:]
            phrase = self._phrases[first + likenesses.index(most)]
            found.append((sum(nearest) / len(nearest), most, phrase))
        return found


def _highest(margins: Margins, count: int) -> list[int]:
    """Give the places of so many that are the highest, best first, and of equals the first."""
    places = np.arange(len(margins))
    if len(margins) > count:
        places = margins.argpartition(-count)[-count:]
    highest: list[int] = places[np.lexsort((places, -margins[places]))].tolist()
    return highest
