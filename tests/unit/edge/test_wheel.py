"""One timer for all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.edge.wheel import Wheel


class Ticker:
    """Writes down when it was called; asks for ``again`` each time."""

    def __init__(self, again: float | None = None) -> None:
        self.slot = -1
        self.calls: list[float] = []
        self.again = again

    def on_timer(self, now: float) -> float | None:
        self.calls.append(now)
        return self.again


def turn(wheel: Wheel, times: int) -> None:
    for _ in range(times):
        wheel.advance(0.1)


@given(st.floats(0, 4.9))
def test_a_call_comes_within_a_tick(delay: float) -> None:
    wheel, ticker = Wheel(tick=0.1, slots=64), Ticker()
    wheel.add(ticker, delay)
    turn(wheel, 64)
    assert len(ticker.calls) == 1
    assert delay - 1e-6 <= ticker.calls[0] <= delay + 0.1 + 1e-6


def test_a_delay_beyond_the_ring_comes_early() -> None:
    wheel, ticker = Wheel(tick=0.1, slots=8), Ticker()
    wheel.add(ticker, 60)
    turn(wheel, 8)
    assert ticker.calls == [pytest.approx(0.7)]


def test_adding_again_replaces_the_earlier_call() -> None:
    wheel, ticker = Wheel(tick=0.1, slots=64), Ticker()
    wheel.add(ticker, 0.3)
    wheel.add(ticker, 1.0)
    turn(wheel, 60)
    assert ticker.calls == [pytest.approx(1.1)]


def test_a_forgotten_call_does_not_come() -> None:
    wheel, ticker = Wheel(tick=0.1, slots=64), Ticker()
    wheel.add(ticker, 0.3)
    wheel.discard(ticker)
    wheel.discard(ticker)
    turn(wheel, 64)
    assert ticker.calls == []


def test_who_asks_for_more_is_called_again() -> None:
    wheel, ticker = Wheel(tick=0.1, slots=64), Ticker(again=0.5)
    wheel.add(ticker, 0.5)
    turn(wheel, 20)
    assert len(ticker.calls) == 3


def test_a_stall_does_not_count_as_silence() -> None:
    wheel, ticker = Wheel(tick=0.1, slots=64), Ticker()
    wheel.add(ticker, 2.0)
    wheel.advance(30.0)
    assert ticker.calls == []
    assert wheel.now == pytest.approx(0.2)


def test_steady_small_delays_are_caught_up_with() -> None:
    wheel = Wheel(tick=0.1, slots=64)
    for _ in range(10):
        wheel.advance(0.15)
    assert wheel.now == pytest.approx(1.5)


def test_one_that_fails_stops_neither_the_others_nor_the_wheel(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Failing(Ticker):
        def on_timer(self, now: float) -> float | None:
            raise RuntimeError("broken")

    wheel, well = Wheel(tick=0.1, slots=64), Ticker(again=0.5)
    for timed in (Failing(), well, Failing()):
        wheel.add(timed, 0.3)
    turn(wheel, 10)
    assert len(well.calls) == 2
    assert caplog.text.count("RuntimeError: broken") == 2
