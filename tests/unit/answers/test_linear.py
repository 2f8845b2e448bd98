"""Both ways of telling answers apart, with very little to learn from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from straks.answers import linear
from straks.answers.index import Vector
from straks.answers.linear import Examples, learn

DENSE_FROM = 8


def examples(phrases_each: int, answers: int = 4) -> tuple[Examples, NDArray[np.float64]]:
    """Each answer has a feature of its own; the last two features are in every text."""
    owners = np.repeat(np.arange(answers), phrases_each)
    rows = np.zeros((len(owners), DENSE_FROM + 2))
    rows[np.arange(len(owners)), owners] = 1.0
    rows[:, DENSE_FROM] = 0.5
    rows[:, DENSE_FROM + 1] = owners / 10
    found = Examples(csr_matrix(rows), owners, csr_matrix((1, rows.shape[1])))
    return found, np.ones(len(owners) + 1)


def vector(grams: list[int], meaning: list[float] | None = None) -> Vector:
    everywhere = None if meaning is None else np.array(meaning, np.float32)
    return Vector(np.array(grams, np.intp), np.ones(len(grams), np.float32), everywhere)


@pytest.mark.parametrize("phrases_each", [2, 40])
@pytest.mark.parametrize(("everything", "few"), [(True, 0), (True, 9), (False, 0), (False, 9)])
def test_each_answer_has_the_highest_margin_for_its_own_feature(
    phrases_each: int, everything: bool, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linear, "_FEW", few)
    if not everything:  # as in a book of very many answers
        monkeypatch.setattr(linear, "_MOST_LOOKED_AT", 0)
        monkeypatch.setattr(linear, "_MOST_TOGETHER", 0)
        monkeypatch.setattr(linear, "_FEWEST_HARD", 2)
        monkeypatch.setattr(linear, "_HARDEST", 1)
    learned = learn(*examples(phrases_each), DENSE_FROM)
    for answer in range(4):
        margins = learned.margins(vector([answer], [0.5, answer / 10]))
        assert margins.shape == (4,)
        assert margins.argmax() == answer


def test_only_features_of_every_text_are_enough_for_a_margin() -> None:
    learned = learn(*examples(40), DENSE_FROM)
    margins = learned.margins(vector([], [0.5, 0.0]))
    assert np.isfinite(margins).all()


def test_one_answer_alone_is_told_from_none() -> None:
    learned = learn(*examples(3, answers=1), DENSE_FROM)
    near = learned.margins(vector([0]))
    far = learned.margins(vector([5]))
    assert near[0] > far[0]
