"""Connections are opened, let in and closed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bench.compared.measured import Meter
from bench.latency import Latencies
from bench.peers.system import Server

__all__ = ["measure"]

AT_ONCE = 50


async def measure(server: Server, seconds: float) -> dict[str, Any]:
    """Open and close, so many at once."""
    waits: list[float] = []
    meter, stop = Meter(server), time.perf_counter() + seconds

    async def again() -> None:
        while time.perf_counter() < stop:
            began = time.perf_counter()
            client = await server.connect()
            waits.append(time.perf_counter() - began)
            client.close()

    await asyncio.gather(*(again() for _ in range(AT_ONCE)))
    return {**meter.row(len(waits)), **Latencies.of(waits).row()}
