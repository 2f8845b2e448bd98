"""Peers of our own making, the least that a hub can be: they speak a few JSON objects."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import orjson

from bench import wire
from bench.peers.system import Client, Server, mark_of, marked

__all__ = ["PlainClient", "PlainServer"]


class PlainClient(Client):
    """``sub``, ``pub`` and their answers."""

    def __init__(self) -> None:
        super().__init__()
        self.last: dict[str, str] = {}
        """By channel, the id of the message that came last, where the server gives one."""
        self._socket: wire.Socket
        self._next = 0
        self._waiting: dict[int, Callable[[dict[str, Any]], None]] = {}

    @classmethod
    async def connect(cls, port: int) -> PlainClient:
        """Open a connection."""
        client = cls()
        client._socket = await wire.connect(port, client._arrived, path="/socket", subprotocol="")
        return client

    async def subscribe(self, channel: str) -> None:
        """Get what is published on a channel from now on."""
        await self._subscribe(channel, None)

    def publish(self, channel: str, mark: int, settle: Callable[[], None]) -> None:
        """Publish a message."""
        self._call({"op": "pub", "ch": channel, "text": marked(mark)}, lambda _: settle())

    async def resume(self, before: Client, channel: str) -> list[int]:
        """Subscribe after the message that the earlier connection got last."""
        assert isinstance(before, PlainClient)
        reply = await self._subscribe(channel, before.last.get(channel, "0"))
        return [mark_of(text) for text in reply["missed"]]

    def close(self) -> None:
        """Cut the connection."""
        self._socket.close()

    async def _subscribe(self, channel: str, after: str | None) -> dict[str, Any]:
        done: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._call({"op": "sub", "ch": channel, "after": after}, done.set_result)
        reply = await asyncio.wait_for(done, 60)
        if reply.get("last"):
            self.last[channel] = reply["last"]
        return reply

    def _call(self, frame: dict[str, Any], settle: Callable[[dict[str, Any]], None]) -> None:
        self._next += 1
        frame["id"] = self._next
        self._waiting[self._next] = settle
        self._socket.send(orjson.dumps(frame))

    def _arrived(self, payload: bytes) -> None:
        frame = orjson.loads(payload)
        if frame["op"] == "msg":
            self.last[frame["ch"]] = frame.get("at", "")
            self.on_entry(frame["ch"], mark_of(frame["text"]))
        else:
            self._waiting.pop(frame["id"])(frame)


class PlainServer(Server):
    """A channel is a name."""

    async def prepare(self) -> None:
        """Do what has to be done once."""

    async def connect(self, *, agent: bool = False) -> Client:
        """Connect."""
        return await PlainClient.connect(self.port)

    async def channel(self, visitor: Client, agent: Client | None) -> str:
        """Make up a name, that no other process of the load comes upon."""
        channel = f"chat.{secrets.token_hex(13)}"
        if agent is not None:
            await agent.subscribe(channel)
        return channel
