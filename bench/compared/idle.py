"""Connections that are open and say nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from bench.compared.measured import Meter
from bench.peers.system import Client, Server

__all__ = ["measure"]

AT_ONCE = 100
WARM_UP = 200
"""Connections that are open before memory is looked at: what is needed once is there then."""


async def measure(server: Server, connections: int, *, subscribed: bool = False) -> dict[str, Any]:
    """Open connections and see how the server grows; ``subscribed``: to a channel each."""
    clients = await _open(server, WARM_UP, subscribed)
    await _settle(server)
    before, meter = server.memory(), Meter(server)
    clients += await _open(server, connections, subscribed)
    row = meter.row(connections)
    await _settle(server)
    grown = server.memory() - before
    for client in clients:
        client.close()
    return {**row, "kib_per_connection": round(grown / connections / 1024, 2)}


async def _open(server: Server, count: int, subscribed: bool) -> list[Client]:
    clients: list[Client] = []

    async def some() -> None:
        while len(clients) < count:
            clients.append(client := await server.connect())
            if subscribed:
                channel = await server.channel(client, None)
                await client.subscribe(channel)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return clients


async def _settle(server: Server) -> None:
    """Wait until the server does nothing any more."""
    used = -1.0
    while (now := server.cpu_seconds()) - used > 0.02:
        used = now
        await asyncio.sleep(0.3)
