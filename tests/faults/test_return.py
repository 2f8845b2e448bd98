"""A node dies, and all who were on it come to the other at once."""

from __future__ import annotations

import asyncio
import os
import resource
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.fault_load import SHOP, fault_test
from tests.support.nodes import UNLIMITED, Nodes
from tests.support.raw_socket import Closed, RawSocket
from tests.support.redis_server import RedisServer

CLIENTS = int(os.environ.get("STRAKS_RETURNING", "5000"))
MISSED = 2
"""Messages that each has not seen when its node dies."""
AT_ONCE = 500
"""Handshakes that are made side by side before the fault; the return has no such bound."""

pytestmark = fault_test(240)


@pytest.fixture(scope="module")
def nodes(folder: Path, durable_redis: RedisServer, records: str) -> Iterator[Nodes]:
    settings = {**UNLIMITED, "trusted_proxies": "127.0.0.1", "max_connections": "20000"}
    with Nodes(folder, redis=durable_redis.url, database=records, settings=settings) as nodes:
        yield nodes


@pytest.fixture(autouse=True)
def descriptors() -> None:
    """Have one for each connection, here and in the servers, which inherit the limit."""
    needed = 2 * CLIENTS + 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        most = hard if hard == resource.RLIM_INFINITY else min(hard, needed)
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed if most < 0 else most, hard))
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= needed, (
            f"this test needs {needed} open files and may have {hard}: raise the hard limit "
            f"(ulimit -Hn {needed}), or set STRAKS_RETURNING to fewer clients"
        )


class Returning:
    """A visitor with an address of its own."""

    def __init__(self, number: int) -> None:
        self._address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self.token: str | None = None
        self.channel = ""
        self.seen: tuple[int, str] = (0, "")
        self.missed: list[str] = []
        self.socket: RawSocket | None = None

    async def connect(self, port: int) -> RawSocket:
        await self.leave()
        headers = f"X-Forwarded-For: {self._address}\r\n"
        self.socket = await RawSocket.connect(port, origin=SHOP, headers=headers)
        welcome = await self.socket.hello(self.token)
        self.token = welcome.get("token", self.token)
        return self.socket

    async def leave(self) -> None:
        if self.socket is not None:
            await self.socket.close()
            self.socket = None

    async def begin(self, port: int) -> None:
        """Open a conversation, see its first entry, and miss what follows."""
        socket = await self.connect(port)
        hello = {"text": "hello"}
        opened = await stored(socket, "open", data=hello)
        self.channel = opened["channel"]
        self.seen = (opened["offset"], opened["entry_id"])
        for _ in range(MISSED):
            message = await stored(
                socket, "publish", channel=self.channel, kind="message", data=hello
            )
            self.missed.append(message["entry_id"])

    async def come_back(self, port: int) -> list[str]:
        """Resume; give the ids that came, in order."""
        offset, entry_id = self.seen
        while True:
            try:
                socket = await self.connect(port)
                found = await socket.request(
                    "subscribe", channel=self.channel, after={"offset": offset, "id": entry_id}
                )
            except (Closed, OSError):
                continue  # As a client does that was turned away.
            if found["type"] == "subscribed":
                assert found["recovered"], found
                offsets = [entry["offset"] for entry in found["entries"]]
                assert offsets == list(range(offset + 1, offset + 1 + len(offsets)))
                # The server has said something too, in its self-service.
                return [e["id"] for e in found["entries"] if e["from"]["kind"] == "visitor"]
            await asyncio.sleep(found["retry_after"])


async def stored(socket: RawSocket, asked: str, **fields: Any) -> dict[str, Any]:
    """Ask for something with one key until it is stored."""
    key = str(uuid.uuid4())
    while True:
        reply = await socket.request(asked, key=key, **fields)
        if "retry_after" not in reply:
            assert "entry_id" in reply, reply
            return reply
        await asyncio.sleep(reply["retry_after"])


async def test_thousands_come_back_at_once(nodes: Nodes) -> None:
    clients = [Returning(number) for number in range(CLIENTS)]
    room = asyncio.Semaphore(AT_ONCE)

    async def begin(client: Returning) -> None:
        async with room:
            await client.begin(nodes[0].port)

    await asyncio.gather(*(begin(client) for client in clients))
    nodes[0].kill()
    began = time.monotonic()
    took: list[float] = []

    async def come_back(client: Returning) -> list[str]:
        found = await client.come_back(nodes[1].port)
        took.append(time.monotonic() - began)
        return found

    found = await asyncio.gather(*(come_back(client) for client in clients))
    wrong = [number for number, ids in enumerate(found) if ids != clients[number].missed]
    took.sort()
    print(  # noqa: T201  -- the result
        f"{CLIENTS} came back: {CLIENTS - len(wrong)} have what they missed, "
        f"median {took[len(took) // 2]:.2f} s, max {took[-1]:.2f} s"
    )
    await asyncio.gather(*(client.leave() for client in clients))
    assert not wrong
