"""A schedule is kept, or it is said that it was not."""

from __future__ import annotations

import asyncio
import time

import pytest

from bench.alarm import Alarm
from bench.latency import Latencies
from bench.load import Portion
from bench.pace import LATE_P99, Kept, Span, keep


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """All is sent, however late."""
    monkeypatch.setattr("bench.pace._GIVE_UP", 600.0)


async def test_an_alarm_rings_at_its_moment_and_at_once_when_that_is_past() -> None:
    alarm = Alarm()
    try:
        began = time.perf_counter()
        await alarm.wait(began + 0.0123)
        assert time.perf_counter() >= began + 0.0123
        await asyncio.wait_for(alarm.wait(began), 5)
        await asyncio.wait_for(alarm.wait(-1.0), 5)
    finally:
        alarm.close()


@pytest.mark.usefixtures("patient")
async def test_every_send_is_due_at_its_time_and_none_comes_before() -> None:
    span, sent = Span(time.perf_counter() + 0.01, 0.05, 0.1), []

    def act(number: int, due: float) -> None:
        sent.append((number, due, time.perf_counter()))

    kept = await keep(span, 200, act, phase=0.5)
    assert [number for number, _, _ in sent] == list(range(30))
    assert [due for _, due, _ in sent] == pytest.approx(
        [span.began + (n + 0.5) / 200 for n in range(30)]
    )
    assert all(due <= at for _, due, at in sent)
    # The first ten are the warm-up.
    assert (kept.sent, kept.missing, kept.lateness.count) == (20, 0, 20)


@pytest.mark.usefixtures("patient")
async def test_a_send_that_takes_long_makes_those_after_it_late_by_that() -> None:
    span = Span(time.perf_counter(), 0.0, 0.2)

    def act(number: int, due: float) -> None:
        if number == 5:
            time.sleep(0.05)

    kept = await keep(span, 100, act)
    assert kept.sent == 20
    assert kept.lateness.percentile(100) >= 0.04
    assert (kept.refusal() or "").startswith("sends were late: p99 ")


async def test_what_cannot_be_sent_in_time_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.pace._GIVE_UP", 0.0)
    span = Span(time.perf_counter(), 0.0, 0.1)
    kept = await keep(span, 100, lambda number, due: time.sleep(0.2))
    assert kept.sent >= 1
    assert kept.missing == 10 - kept.sent
    assert kept.refusal() == f"{kept.missing} of 10 sends are missing"


def test_schedules_of_several_processes_are_one() -> None:
    kept = Kept(sent=99, lateness=Latencies.of([0.0001] * 99))
    assert kept.refusal() is None
    kept.add(Kept(sent=10, lateness=Latencies.of([LATE_P99 * 2] * 10)))
    assert kept.sent == 109
    assert kept.refusal() is not None


def test_there_is_no_latency_without_a_schedule_that_was_kept() -> None:
    waits = {"": Latencies.of([0.001])}
    assert Portion(1, waits).figures() == {"latency": "none: a closed loop has no schedule"}
    late = Portion(1, waits, Kept(sent=1, missing=1)).figures()
    assert late["latency"] == "refused: 1 of 2 sends are missing"
    assert "p50_ms" not in late
    told = Portion(1, waits, Kept(sent=1, lateness=Latencies.of([0.0]))).figures()
    assert told["p50_ms"] == 1
    assert "latency" not in told
