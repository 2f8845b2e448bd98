"""Connections are opened, let in and closed."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

from bench.compared.measured import Meter
from bench.latency import Latencies
from bench.load import Portion, drive, told
from bench.pace import Span, keep
from bench.peers.system import Server

__all__ = ["RATE_PART", "measure", "measure_at"]

AT_ONCE = 50
WARM_UP = 0.3
RATE_PART: Final = 5
"""So many messages are sent for each connection where rates are fixed."""


async def measure(server: Server, seconds: float) -> dict[str, Any]:
    """Open and close, so many at once."""
    done = 0
    meter, stop = Meter(server), time.perf_counter() + seconds

    async def again() -> None:
        nonlocal done
        while time.perf_counter() < stop:
            client = await server.connect()
            done += 1
            client.close()

    await asyncio.gather(*(again() for _ in range(AT_ONCE)))
    return meter.row(done)


async def measure_at(server: Server, seconds: float, rate: float) -> dict[str, Any]:
    """Open ``rate`` connections a second, each of which is closed when it was let in."""
    return told(*await drive([_Arrivals(server, rate)], server, WARM_UP, seconds))


@dataclass(slots=True)
class _Arrivals:
    """A work of the load."""

    server: Server
    rate: float

    async def begin(self) -> None:
        """Nothing comes before."""

    async def run(self, span: Span) -> Portion:
        """Connect again and again."""
        waits, tasks = Latencies(), []

        async def arrive(due: float) -> bool:
            client = await self.server.connect()
            now = time.perf_counter()
            if span.holds(due):
                waits.note(now - due)
            client.close()
            return span.holds(now)

        kept = await keep(
            span, self.rate, lambda _, due: tasks.append(asyncio.create_task(arrive(due)))
        )
        done = await asyncio.gather(*tasks)
        return Portion(sum(done), {"": waits}, kept)
