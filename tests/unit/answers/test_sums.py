"""Rows of sparse matrices are added as SciPy would."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from straks.answers.sums import weighed

MATRIX = csr_matrix(np.array([[1.0, 0, 2], [0, 0, 0], [0, 3, 4], [5, 0, 0]]))


@pytest.mark.parametrize("rows", [[], [1], [0, 2], [0, 1, 2, 3], [2, 2]])
def test_each_row_counts_by_its_weight(rows: list[int]) -> None:
    weights = np.arange(1.0, 1.0 + len(rows))
    sums = weighed(MATRIX, np.array(rows, np.intp), weights)
    assert sums.tolist() == (weights @ MATRIX.toarray()[rows]).tolist()
    assert sums.dtype == np.float64
