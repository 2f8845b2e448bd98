"""Request and reply at the edge, beside uvicorn with Starlette in the same run."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Callable
from statistics import median
from typing import Any

import orjson

from bench import wire
from bench.figures import percentiles
from bench.server import Running, starlette_peer, straks

__all__ = ["run"]

CONNECTIONS = 100
ROUNDS = 5
CHANNEL = "conversation:" + "a" * 26
REQUEST = orjson.dumps({"type": "unsubscribe", "id": 1, "channel": CHANNEL})
FRAME = bytes((0x81, 0x80 | len(REQUEST), 0, 0, 0, 0)) + REQUEST
"""Masked with zeros: valid, and unmasked like any other by the server."""


async def run(options: Namespace) -> list[dict[str, Any]]:
    """Alternate rounds on both servers; report medians and the ratio within each round.

    Both read the same frames with the same codec, which checks every field, and write the same
    reply: what differs is the way from the socket to the message. Straks has sessions and limits
    on it, its peer has neither; the peer is uvicorn at its fastest.
    """
    async with straks("sqlite") as ours, starlette_peer() as theirs:
        seconds = options.seconds / (2 * ROUNDS)
        await _round(ours, seconds / 2, hello=True)
        await _round(theirs, seconds / 2, hello=False)
        pairs = []
        for number in range(ROUNDS):
            order = [(ours, True), (theirs, False)]
            results = {}
            for server, hello in order if number % 2 == 0 else reversed(order):
                results[hello] = await _round(server, seconds, hello=hello)
            pairs.append((results[True], results[False]))
    ratios = sorted(mine["per_cpu_s"] / peer["per_cpu_s"] for mine, peer in pairs)
    mine = _median([pair[0] for pair in pairs])
    peer = _median([pair[1] for pair in pairs])
    row = {
        "scenario": "edge",
        "backend": "none",
        "server": "straks",
        **mine,
        "starlette_per_cpu_s": peer["per_cpu_s"],
        "ratio": round(median(ratios), 2),
        "ratio_min": round(ratios[0], 2),
        "ratio_max": round(ratios[-1], 2),
    }
    return [{"scenario": "edge", "server": "uvicorn + Starlette", **peer}, row]


def _median(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    whole = {name: median(one[name] for one in rounds) for name in rounds[0]}
    for name in ("sent", "acked", "delivered", "lost", "duplicated", "reordered", "skipped"):
        whole[name] = sum(one[name] for one in rounds)
    return whole


async def _round(server: Running, seconds: float, *, hello: bool) -> dict[str, Any]:
    """A closed loop of one outstanding request on each connection."""
    clients = [Client() for _ in range(CONNECTIONS)]
    for client in clients:
        await client.begin(server.port, hello=hello)
    cpu, began = server.cpu_seconds(), time.perf_counter()
    for client in clients:
        client.ask()
    await asyncio.sleep(seconds)
    for client in clients:
        client.stopped = True
    elapsed, used = time.perf_counter() - began, server.cpu_seconds() - cpu
    done = sum(client.replies for client in clients)
    deadline = time.perf_counter() + 5
    while time.perf_counter() < deadline and any(c.replies < c.sent for c in clients):
        await asyncio.sleep(0.01)
    for client in clients:
        client.close()
    waits = [wait for client in clients for wait in client.waits]
    return {
        "sent": sum(client.sent for client in clients),
        "acked": sum(client.replies for client in clients),
        "delivered": sum(client.replies for client in clients),
        "lost": sum(client.sent - client.replies for client in clients),
        "duplicated": 0,
        "reordered": sum(client.strange for client in clients),
        "skipped": 0,
        "seconds": round(elapsed, 2),
        "rate": round(done / elapsed),
        **percentiles(waits),
        "server_cpu_s": round(used, 3),
        "per_cpu_s": round(done / max(used, 1e-6)),
    }


class Client(asyncio.Protocol):
    """One connection that asks again as soon as it is answered.

    The request is the same each time, and so must the reply be, byte for byte: the load costs
    as little as it can, so that the server is what is measured.
    """

    def __init__(self) -> None:
        self.stopped = False
        self.sent = self.replies = self.strange = 0
        self.waits: list[float] = []
        self._socket: wire.Socket
        self._first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._write: Callable[[bytes], None]
        self._asked = 0.0
        self._reply = b""

    async def begin(self, port: int, *, hello: bool) -> None:
        """Connect, and look closely at a first reply."""
        self._socket = await wire.connect(port, self._first.set_result)
        if hello:
            self._socket.send(b'{"type":"hello","id":1}')
            await self._first
            self._first = asyncio.get_running_loop().create_future()
            self._socket.on_frame = self._first.set_result
        self._socket.send(REQUEST)
        payload = await self._first
        expected = {"type": "unsubscribed", "id": 1, "channel": CHANNEL}
        if orjson.loads(payload) != expected:
            raise AssertionError(f"not the reply: {payload!r}")
        self._reply = bytes((0x81, len(payload))) + payload
        transport = self._socket.transport
        assert transport is not None
        self._write = transport.write
        transport.set_protocol(self)

    def ask(self) -> None:
        """Send the next request."""
        self.sent += 1
        self._asked = time.perf_counter()
        self._write(FRAME)

    def data_received(self, data: bytes) -> None:
        """Count a reply, then ask again."""
        self.waits.append(time.perf_counter() - self._asked)
        self.replies += 1
        self.strange += data != self._reply
        if not self.stopped:
            self.ask()

    def close(self) -> None:
        """Cut the connection."""
        self._socket.close()
