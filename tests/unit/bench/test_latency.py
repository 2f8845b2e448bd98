"""Waits are noted, joined and told without a loss that matters."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.latency import CURVE, Latencies

waits = st.lists(st.floats(0.0, 60.0), min_size=1, max_size=200)


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(1, 50, 1), (2, 50, 1), (3, 50, 2), (100, 50, 50), (100, 99, 99), (100, 100, 100),
     (10, 95, 10), (1000, 95, 950)],
)  # fmt: skip
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(
    count: int, share: float, expected: int
) -> None:
    noted = Latencies.of(n / 1000 for n in range(1, count + 1))
    assert noted.percentile(share) == pytest.approx(expected / 1000, rel=1e-3)


def test_of_nothing_every_percentile_is_zero() -> None:
    assert Latencies().row() == {"p50_ms": 0, "p95_ms": 0, "p99_ms": 0, "p999_ms": 0}
    assert Latencies().curve() == [0.0] * len(CURVE)


def test_a_row_is_in_milliseconds_with_three_digits() -> None:
    row = Latencies.of([0.003, 0.001, 0.002]).row("ack_")
    assert row == {"ack_p50_ms": 2.0, "ack_p95_ms": 3.0, "ack_p99_ms": 3.0, "ack_p999_ms": 3.0}


def test_what_is_out_of_range_is_noted_at_the_end_of_it() -> None:
    noted = Latencies.of([-0.1, 3600.0])
    assert noted.count == 2
    assert noted.percentile(50) == 0
    assert noted.percentile(100) == pytest.approx(60, rel=1e-3)


@given(waits, st.sampled_from(CURVE))
def test_any_percentile_has_three_digits_of_the_nearest_rank(
    noted: list[float], share: float
) -> None:
    exact = sorted(noted)[max(0, math.ceil(share / 100 * len(noted) - 1e-9) - 1)]
    assert Latencies.of(noted).percentile(share) == pytest.approx(exact, rel=0.006, abs=1e-6)


@given(waits, waits)
def test_what_was_noted_in_two_processes_is_as_if_it_were_in_one(
    one: list[float], two: list[float]
) -> None:
    joined: Latencies = pickle.loads(pickle.dumps(Latencies.of(one)))
    joined.add(Latencies.unpacked(Latencies.of(two).packed()))
    whole = Latencies.of([*one, *two])
    assert joined.count == whole.count
    assert joined.curve() == whole.curve()
