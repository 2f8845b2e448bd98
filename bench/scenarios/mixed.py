"""A day in minutes: visitors who look, ask or want a person, and agents who read and type."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import Any

from bench.day.day import told, visits, working

__all__ = ["run"]


async def run(options: Namespace) -> list[dict[str, Any]]:
    """Arrivals follow the time of day; some networks are bad, and at noon there is a campaign."""
    coming = visits(options)
    async with working(options) as day:
        cpu, own, began = day.server.cpu_seconds(), time.process_time(), time.perf_counter()
        await day.run(coming)
        elapsed = time.perf_counter() - began
        used = day.server.cpu_seconds() - cpu
        load = time.process_time() - own
        memory = day.server.memory()
        row = await day.row()
        told(day.books, row)
    return [
        {
            "scenario": "mixed",
            "backend": options.backend,
            "minutes": options.minutes,
            "seed": options.seed,
            **row,
            "seconds": round(elapsed, 2),
            "server_cpu_s": round(used, 3),
            "load_cpu": round(load / elapsed, 2),
            **memory,
        }
    ]
