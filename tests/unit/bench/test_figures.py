"""Figures."""

from __future__ import annotations

import json

import pytest

from bench.figures import percentile, percentiles, show


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(1, 0.5, 1), (2, 0.5, 1), (3, 0.5, 2), (100, 0.5, 50), (100, 0.99, 99), (100, 1.0, 100),
     (10, 0.95, 10), (1000, 0.95, 950), (4, 0.0, 1)],
)  # fmt: skip
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(
    count: int, share: float, expected: int
) -> None:
    assert percentile([float(n) for n in range(1, count + 1)], share) == expected


def test_of_nothing_every_percentile_is_zero() -> None:
    assert percentiles([]) == {"p50_ms": 0.0, "p95_ms": 0.0, "p99_ms": 0.0}


def test_percentiles_are_milliseconds_of_values_in_any_order() -> None:
    waits = [0.003, 0.001, 0.002]
    assert percentiles(waits, "ack_") == {"ack_p50_ms": 2.0, "ack_p95_ms": 3.0, "ack_p99_ms": 3.0}


def test_the_last_line_is_the_last_row_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"scenario": "peer", "rate": 1}, {"scenario": "edge", "rate": 2.5}], as_json=True)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"scenario": "edge", "rate": 2.5}
