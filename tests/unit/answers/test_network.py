"""A network tells answers apart, and says how sure it is."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from straks.answers.index import Vector
from straks.answers.network import Network
from straks.answers.patience import GivenUpError, until

ANSWERS = 4
EACH = 50
FEATURES = ANSWERS + 2
OWNERS = np.repeat(np.arange(ANSWERS), EACH)


def rows() -> csr_matrix:
    """Each answer has a feature of its own, all have another, and one phrase has a rare one."""
    found = np.zeros((len(OWNERS), FEATURES))
    found[np.arange(len(OWNERS)), OWNERS] = 1.0
    found[:, ANSWERS] = 0.5
    found[0, ANSWERS + 1] = 1.0
    return csr_matrix(found)


def logs(network: Network, *features: int) -> NDArray[np.float64]:
    weights = np.ones(len(features), np.float32)
    return network.logs(Vector(np.array(features, np.intp), weights, None))


def test_the_answer_whose_feature_a_text_has_is_the_likeliest() -> None:
    network = Network(rows(), OWNERS, FEATURES)
    for answer in range(ANSWERS):
        chances = np.exp(logs(network, answer, ANSWERS))
        assert chances.argmax() == answer
        assert chances[answer] > 0.5
        assert chances.sum() == pytest.approx(1, abs=0.01)


def test_no_answer_is_ever_ruled_out() -> None:
    network = Network(rows(), OWNERS, FEATURES)
    assert np.exp(logs(network, 0)).min() >= 0.99e-4


def test_what_is_rare_or_unknown_says_nothing() -> None:
    network = Network(rows(), OWNERS, FEATURES)
    assert (logs(network, 0, ANSWERS + 1) == logs(network, 0)).all()
    assert np.isfinite(logs(network)).all()


def test_meaning_tells_as_much_as_other_features_do() -> None:
    """The last two features are those of meaning here, though one of them is rare."""
    network = Network(rows(), OWNERS, ANSWERS)
    grams = np.array([0], np.intp), np.ones(1, np.float32)
    spoken = network.logs(Vector(*grams, np.array([1.0, 0.0], np.float32)))
    assert spoken.tolist() == pytest.approx(logs(network, 0, ANSWERS).tolist(), abs=1e-4)


def test_it_learns_the_same_from_the_same() -> None:
    assert (
        logs(Network(rows(), OWNERS, FEATURES), 1) == logs(Network(rows(), OWNERS, FEATURES), 1)
    ).all()


def test_learning_is_given_up_when_it_is_not_wanted_any_more() -> None:
    stop = Event()
    stop.set()
    with until(stop), pytest.raises(GivenUpError):
        Network(rows(), OWNERS, FEATURES)
