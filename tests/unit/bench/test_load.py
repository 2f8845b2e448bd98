"""The load is the same in one process and in several."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from bench.latency import Latencies
from bench.load import LoadFailedError, Portion, drive, in_time, portions
from bench.pace import Span, keep


class Nothing:
    """A server that takes nothing."""

    def cpu_seconds(self) -> float:
        return 0.0

    def storage_cpu_seconds(self) -> float:
        return 0.0


@dataclass
class Ticks:
    """A work that does nothing, in time."""

    rate: float
    wait: float
    fails: str = ""

    async def begin(self) -> None:
        if self.fails == "begin":
            raise ValueError("it cannot begin")

    async def run(self, span: Span) -> Portion:
        if self.fails == "run":
            raise ValueError("it cannot run")
        book, done = Latencies(), []

        def act(number: int, due: float) -> None:
            if span.holds(due):
                book.note(self.wait)
                done.append(number)

        kept = await keep(span, self.rate, act)
        return Portion(len(done), {"": book}, kept, Counter(sent=len(done)))


@pytest.mark.parametrize(
    ("whole", "processes", "parts"), [(10, 1, [10]), (10, 3, [4, 3, 3]), (2, 5, [1, 1])]
)
def test_something_is_shared_out_evenly(whole: int, processes: int, parts: list[int]) -> None:
    assert portions(whole, processes) == parts


async def test_a_single_work_is_done_here() -> None:
    before = time.process_time()
    row, portion = await drive([Ticks(100, 0.002)], Nothing(), 0.05, 0.2)
    assert portion.done == row["done"] == 20
    assert portion.waits[""].count == 20
    assert row["load_processes"] == 1
    assert 0 <= row["load_cpu"] <= 1.1
    assert time.process_time() > before


async def test_several_begin_at_once_and_their_figures_are_joined() -> None:
    row, portion = await drive([Ticks(100, 0.002), Ticks(50, 0.004)], Nothing(), 0.05, 0.2)
    assert portion.done == row["done"] == 30
    assert portion.counts == {"sent": 30}
    waits = portion.waits[""]
    assert waits.count == 30
    assert (waits.percentile(50), waits.percentile(99)) == (0.002, 0.004)
    assert portion.kept is not None
    assert portion.kept.sent == 30
    assert row["load_processes"] == 2


@pytest.mark.parametrize("when", ["begin", "run"])
async def test_a_process_that_fails_says_how(when: str) -> None:
    with pytest.raises(LoadFailedError, match=f"ValueError: it cannot {when}"):
        await drive([Ticks(100, 0.0), Ticks(100, 0.0, when)], Nothing(), 0.0, 0.1)


@pytest.mark.parametrize(
    ("rows", "measured"),
    [
        ([{"p50_ms": 1}], 1),
        ([{"latency": "none: a closed loop has no schedule"}], 1),
        ([{"latency": "refused: late"}, {"p50_ms": 1}], 2),
        ([{"latency": "refused: late"}] * 2, 2),
        ([{"latency": "refused: late", "lost": 1}], 1),
    ],
)
async def test_what_was_late_is_measured_again_unless_something_is_wrong(
    rows: list[dict[str, Any]], measured: int
) -> None:
    left = list(rows)

    async def measure() -> dict[str, Any]:
        return left.pop(0)

    assert await in_time(measure) == rows[measured - 1]
    assert not left
