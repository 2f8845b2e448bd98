"""What part of a text an answer's phrases have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from straks.answers.coverage import Coverage
from straks.answers.index import Vector

FEATURES = 7
COUNTED = slice(1, 6)


@given(
    st.lists(st.lists(st.sets(st.integers(0, FEATURES - 1)), min_size=1), min_size=1, max_size=20),
    st.dictionaries(st.integers(0, FEATURES - 1), st.floats(0, 1)),
)
def test_it_is_the_weight_of_what_any_phrase_has(
    answers: list[list[set[int]]], text: dict[int, float]
) -> None:
    owners = np.repeat(np.arange(len(answers)), [len(phrases) for phrases in answers])
    rows = np.zeros((len(owners), FEATURES))
    for row, features in zip(rows, (each for phrases in answers for each in phrases), strict=True):
        row[list(features)] = 0.5
    numbers = np.array(sorted(text), np.intp)
    weights = np.array([text[number] for number in numbers.tolist()], np.float32)
    vector = Vector(numbers, weights, None)
    asked = list(reversed(range(len(answers))))
    found = Coverage(csr_matrix(rows), owners, COUNTED).of(vector, asked)
    counted = range(COUNTED.start, COUNTED.stop)
    assert found.tolist() == pytest.approx(
        [
            sum(
                weight**2
                for feature, weight in text.items()
                if feature in counted and any(feature in phrase for phrase in answers[answer])
            )
            for answer in asked
        ]
    )
