"""Clocks."""

from __future__ import annotations

import time

from straks.clock import ManualClock, SystemClock


def test_the_system_clock_counts_milliseconds_since_the_epoch() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= SystemClock().now_ms() <= time.time_ns() // 1_000_000
    assert SystemClock().monotonic() <= time.monotonic()


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock()
    wall, steady = clock.now_ms(), clock.monotonic()
    clock.advance(1.5)
    assert (clock.now_ms() - wall, clock.monotonic() - steady) == (1500, 1.5)
    clock.jump(-60)
    assert clock.now_ms() == wall + 1500 - 60_000
    assert clock.monotonic() == steady + 1.5
