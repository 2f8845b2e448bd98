"""What a server uses over time, and how fast that grows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import linear_regression
from typing import Final

import psutil

from bench.day.day import Day

__all__ = ["FEWEST", "Sample", "slope", "watch"]

FEWEST: Final = 3
"""Samples that a slope is drawn through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The server at one moment."""

    at: float
    """Seconds since the first."""
    rss_kib: int
    """In memory."""
    uss_kib: int
    """In memory, and there for this process alone."""
    cpu_s: float
    """Used since the server started."""
    descriptors: int
    """Files and sockets that are open."""
    connections: int
    """Of visitors."""
    stored: int
    """Conversations."""


async def watch(
    day: Day, every: float, samples: list[Sample], tell: Callable[[Sample], None]
) -> None:
    """Take a sample every few seconds until cancelled, and tell of each.

    Raises:
        psutil.NoSuchProcess: the server has ended.
    """
    began = time.perf_counter()
    while True:
        samples.append(_sample(day, time.perf_counter() - began))
        tell(samples[-1])
        # In step with the clock, however long a sample took.
        await asyncio.sleep(every - (time.perf_counter() - began) % every)


def _sample(day: Day, at: float) -> Sample:
    process: psutil.Process = day.server.process
    memory = process.memory_full_info()
    return Sample(
        at=round(at, 2),
        rss_kib=memory.rss // 1024,
        uss_kib=memory.uss // 1024,
        cpu_s=round(day.server.cpu_seconds(), 2),
        descriptors=process.num_fds(),
        connections=day.connections,
        stored=day.stored,
    )


def slope(samples: Sequence[Sample], of: str, over: str, unit: float = 1.0) -> float | None:
    """Give how much one field grows with ``unit`` of another: least squares.

    None: there are too few samples to tell.
    """
    xs = [float(getattr(sample, over)) for sample in samples]
    if len(xs) < FEWEST or min(xs) == max(xs):
        return None
    return linear_regression(xs, [float(getattr(sample, of)) for sample in samples]).slope * unit
