"""Memory over time, while days go by in minutes."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from bench.day.day import told, visits, working
from bench.day.samples import Sample, slope, watch
from bench.report.machine import facts
from bench.report.soak import write

__all__ = ["run"]

_DAY: Final = 120.0
"""Seconds of a day: several go by, so that the time of day is not taken for growth."""
_HOUR: Final = 3_600.0


async def run(options: Namespace) -> list[dict[str, Any]]:
    """Sample the server every few seconds; the slopes are those after the warm-up."""
    coming = visits(options, day=_DAY)
    samples: list[Sample] = []
    async with working(options) as day:
        began, own = time.perf_counter(), time.process_time()
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch(day, options.every, samples, _tell))
            await day.run(coming)
            watching.cancel()
        elapsed = time.perf_counter() - began
        load = time.process_time() - own
        row = await day.row()
        told(day.books, row)
    warm_up = options.warm_up * 60 if options.warm_up is not None else elapsed / 5
    grown = _grown([sample for sample in samples if sample.at >= warm_up])
    row = {
        "scenario": "soak",
        "backend": options.backend,
        "minutes": options.minutes,
        "seed": options.seed,
        **row,
        "seconds": round(elapsed, 2),
        "server_cpu_s": round(samples[-1].cpu_s - samples[0].cpu_s, 2),
        "load_cpu": round(load / elapsed, 2),
        "samples": len(samples),
        "first_uss_mib": round(samples[0].uss_kib / 1024, 1),
        "last_uss_mib": round(samples[-1].uss_kib / 1024, 1),
        "most_rss_mib": round(max(sample.rss_kib for sample in samples) / 1024, 1),
        "most_descriptors": max(sample.descriptors for sample in samples),
        **grown,
    }
    result = {
        **row,
        "command": shlex.join(["python", "-m", "bench", *sys.argv[1:]]),
        "at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": facts(),
        "warm_up_s": round(warm_up, 1),
        "samples": [asdict(sample) for sample in samples],
    }
    write(result, options.out)
    print(f"The series and the picture are in {options.out}", file=sys.stderr)
    return [row]


def _grown(samples: Sequence[Sample]) -> dict[str, float | None]:
    """Give the slopes of memory, in KiB, and of descriptors; None: too short a run to tell."""
    slopes = {
        "rss_kib_per_hour": slope(samples, "rss_kib", "at", _HOUR),
        "uss_kib_per_hour": slope(samples, "uss_kib", "at", _HOUR),
        "uss_kib_per_conversation": slope(samples, "uss_kib", "stored"),
        "descriptors_per_hour": slope(samples, "descriptors", "at", _HOUR),
    }
    return {name: None if value is None else round(value, 3) for name, value in slopes.items()}


def _tell(sample: Sample) -> None:
    print(
        f"{sample.at:7.1f} s: {sample.uss_kib / 1024:7.1f} MiB, {sample.stored:,} conversations, "
        f"{sample.connections:,} connections, {sample.descriptors:,} descriptors, "
        f"{sample.cpu_s:,.1f} s of processor",
        file=sys.stderr,
        flush=True,
    )
