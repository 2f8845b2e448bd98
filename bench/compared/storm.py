"""Everybody is cut off, and comes back at once to go on where they were."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bench.compared.measured import Meter
from bench.latency import Latencies
from bench.peers.system import Client, Server

__all__ = ["measure"]

AT_ONCE = 250
BY_AGENT = 100
"""Visitors with whom one agent speaks."""
TOGETHER = 5
"""Visitors that an agent takes at a time: connections have a limit of what is unanswered."""
BUSY = 0.9
"""Share of its core from which on the load is what everybody waits for."""
MISSED_BY = 10
"""One in so many misses a message."""


async def measure(server: Server, visitors: int) -> dict[str, Any]:
    """Cut all visitors, say something to some of them, and let all come back.

    Raises:
        AssertionError: somebody did not get just what they had missed.
    """
    people: list[tuple[Client, str]] = []
    agents: list[Client] = []
    for first in range(0, visitors, BY_AGENT):
        agents.append(agent := await server.connect(agent=True))
        for left in range(min(BY_AGENT, visitors - first), 0, -TOGETHER):
            several = range(min(TOGETHER, left))
            people += await asyncio.gather(*(_settle_in(server, agent) for _ in several))
    for visitor, _ in people:
        visitor.close()
    missing = [channel for _, channel in people[::MISSED_BY]]
    spoken = [agents[MISSED_BY * n // BY_AGENT] for n in range(len(missing))]
    await asyncio.gather(
        *(_say(agent, channel, 2) for agent, channel in zip(spoken, missing, strict=True))
    )
    meter, turn = Meter(server), asyncio.Semaphore(AT_ONCE)
    expected, waits, began = set(missing), Latencies(), time.perf_counter()

    async def come_back(before: Client, channel: str) -> Client:
        async with turn:
            client = await server.again(before)
            missed = await client.resume(before, channel)
            waits.note(time.perf_counter() - began)
        if missed != ([2] if channel in expected else []):
            raise AssertionError(f"{channel} has missed {missed}")
        return client

    back = await asyncio.gather(*(come_back(*each) for each in people))
    row = {**meter.row(len(back)), **_told(waits, meter)}
    for client in (*back, *agents):
        client.close()
    return {**row, "lost": 0}


def _told(waits: Latencies, meter: Meter) -> dict[str, Any]:
    """Give how long they waited, all from the moment of the first, if it was for the server."""
    busy = meter.row(0)["load_cpu"]
    if busy > BUSY:
        return {"latency": f"none: the load took {busy:.0%} of its core, above {BUSY:.0%}"}
    return waits.row("back_")


async def _settle_in(server: Server, agent: Client) -> tuple[Client, str]:
    visitor = await server.connect()
    channel = await server.channel(visitor, agent)
    await visitor.subscribe(channel)
    # Some systems know where a connection stood only if something was delivered to it.
    arrived: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    visitor.on_entry = lambda _, mark: arrived.set_result(mark)
    await _say(agent, channel, 1)
    assert await asyncio.wait_for(arrived, 60) == 1
    return visitor, channel


async def _say(agent: Client, channel: str, mark: int) -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    agent.publish(channel, mark, lambda: done.set_result(None))
    await asyncio.wait_for(done, 60)
