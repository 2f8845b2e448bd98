"""Load at an even rate, and how well that rate was kept."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from bench.alarm import Alarm
from bench.latency import Latencies

__all__ = ["LATE_P99", "Kept", "Span", "keep", "until"]

LATE_P99: Final = 0.002
"""Seconds. When one send in a hundred is later than that, the load has not kept its schedule."""
_AWAKE: Final = 0.0001
"""Seconds before a send in which the load does not sleep."""
_GIVE_UP: Final = 1.0
"""Seconds after the end; what was not sent by then never is."""


@dataclass(frozen=True, slots=True)
class Span:
    """When a load begins (on the clock of ``time.perf_counter``), and what of it is measured."""

    began: float
    warm_up: float
    """Seconds of load before the measured ones."""
    seconds: float

    @property
    def begin(self) -> float:
        """When the measured time begins."""
        return self.began + self.warm_up

    @property
    def end(self) -> float:
        """When it ends, and the load with it."""
        return self.begin + self.seconds

    def holds(self, moment: float) -> bool:
        """Tell whether a moment is in the measured time."""
        return self.begin <= moment < self.end


@dataclass(slots=True)
class Kept:
    """How a schedule was kept in the measured time."""

    sent: int = 0
    missing: int = 0
    """What was due and was never sent."""
    lateness: Latencies = field(default_factory=Latencies)
    """From when a send was due to when it was done."""

    def add(self, other: Kept) -> None:
        """Join with the schedule of another process."""
        self.sent += other.sent
        self.missing += other.missing
        self.lateness.add(other.lateness)

    def refusal(self) -> str | None:
        """Say why no latency may be told; None: it may."""
        if self.missing:
            return f"{self.missing} of {self.sent + self.missing} sends are missing"
        late = self.lateness.percentile(99)
        if late > LATE_P99:
            return f"sends were late: p99 {late * 1000:.3g} ms, above {LATE_P99 * 1000:g} ms"
        return None

    def row(self) -> dict[str, Any]:
        """Give the figures."""
        return {"sends_missing": self.missing, **self.lateness.row("late_")}


async def keep(
    span: Span, rate: float, act: Callable[[int, float], None], *, phase: float = 0.0
) -> Kept:
    """Call ``act`` with number and due time, ``rate`` times a second, through the whole span.

    The due time is the schedule's, not the moment we came to it: a late generator hides nothing,
    if waits are counted from there. Lateness is counted to the end of what was sent at once,
    when the loop gets to write it.

    Args:
        phase: by how much of the time between two sends all are later; for several processes
            that share a rate.
    """
    kept = Kept()
    first = span.began + phase / rate
    # All that are due before the end; what is a millionth before it is due at it.
    total = math.ceil((span.end - first) * rate - 1e-6)
    count = 0
    alarm = Alarm()
    try:
        while count < total:
            due = first + count / rate
            # Redis may be on this core: we sleep while there is nothing to do. But an idle core
            # takes its time to wake, which would be measured: the last moment is waited awake.
            await alarm.wait(due - _AWAKE)
            while (now := time.perf_counter()) < due:
                await asyncio.sleep(0)
            if now > span.end + _GIVE_UP:
                break
            sent_before = count
            while count < total and first + count / rate <= now:
                act(count, first + count / rate)
                count += 1
            _note(kept, span, [first + n / rate for n in range(sent_before, count)])
    finally:
        alarm.close()
    kept.missing = sum(span.holds(first + n / rate) for n in range(count, total))
    return kept


def _note(kept: Kept, span: Span, dues: list[float]) -> None:
    now = time.perf_counter()
    for due in dues:
        if span.holds(due):
            kept.sent += 1
            kept.lateness.note(now - due)


async def until(moment: float) -> None:
    """Wait for a moment on the clock of ``time.perf_counter``."""
    while (left := moment - time.perf_counter()) > 0:
        await asyncio.sleep(left)
