"""What one says is delivered to many."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bench.compared.measured import Meter
from bench.latency import Latencies
from bench.peers.system import Server

__all__ = ["measure"]

SUBSCRIBERS = 500


async def measure(server: Server, seconds: float, burst: int = 1) -> dict[str, Any]:
    """Publish ``burst`` messages at once, and again when all subscribers have them."""
    publisher, first = await server.connect(), await server.connect(agent=True)
    channel = await server.channel(publisher, first)
    others = [await server.connect(agent=True) for _ in range(SUBSCRIBERS - 1)]
    for other in others:
        await other.subscribe(channel)
    clients = [first, *others]
    crowd = _Crowd(len(clients))
    for number, client in enumerate(clients):
        client.on_entry = lambda _, mark, number=number: crowd.arrived(number, mark)  # type: ignore[misc]  # a bound default
    waits: list[float] = []
    meter, stop = Meter(server), time.perf_counter() + seconds
    while time.perf_counter() < stop:
        began = time.perf_counter()
        done = crowd.expect(burst)
        for mark in range(crowd.sent - burst + 1, crowd.sent + 1):
            publisher.publish(channel, mark, lambda: None)
        await asyncio.wait_for(done, 30)
        waits.append(time.perf_counter() - began)
    row = meter.row(crowd.sent * len(clients))
    for client in (publisher, *clients):
        client.close()
    return {**row, **Latencies.of(waits).row()}


class _Crowd:
    """Those who wait for the same."""

    def __init__(self, size: int) -> None:
        self.sent = 0
        self._last = [0] * size
        self._left = 0
        self._done: asyncio.Future[None]

    def expect(self, count: int) -> asyncio.Future[None]:
        self.sent += count
        self._left = count * len(self._last)
        self._done = asyncio.get_running_loop().create_future()
        return self._done

    def arrived(self, number: int, mark: int) -> None:
        if mark != self._last[number] + 1:
            raise AssertionError(f"message {mark} came after {self._last[number]}")
        self._last[number] = mark
        self._left -= 1
        if not self._left:
            self._done.set_result(None)
