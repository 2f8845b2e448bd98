"""Socket.IO, in JavaScript and in Python: one protocol, over a WebSocket from the beginning."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from bench import wire
from bench.peers.plain import PlainServer
from bench.peers.system import Client, mark_of, marked

__all__ = ["SocketIOClient", "SocketIOServer"]

_PATH = "/socket.io/?EIO=4&transport=websocket"


class SocketIOClient(Client):
    """Speaks Engine.IO 4 and Socket.IO 5 (the numbers are those of the protocols)."""

    def __init__(self) -> None:
        super().__init__()
        self.session: str | None = None
        """Names the connection when it comes back, where the server allows that."""
        self.offset: str | None = None
        """Of what came last."""
        self.missed: list[int] = []
        """What came before anything was asked for."""
        self._socket: wire.Socket
        self._open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._next = 0
        self._waiting: dict[int, Callable[[], None]] = {}

    @classmethod
    async def connect(cls, port: int, before: SocketIOClient | None = None) -> SocketIOClient:
        """Open a connection, and come back as an earlier one if there was."""
        client = cls()
        client._socket = await wire.connect(port, client._arrived, path=_PATH, subprotocol="")
        auth = b""
        if before is not None and before.session is not None:
            client.offset = before.offset
            known = {"pid": before.session, "offset": before.offset}
            auth = orjson.dumps({name: value for name, value in known.items() if value})
        client._socket.send(b"40" + auth)
        await asyncio.wait_for(client._open, 60)
        return client

    async def subscribe(self, channel: str) -> None:
        """Enter a room."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._emit(["sub", channel], lambda: done.set_result(None))
        await asyncio.wait_for(done, 60)

    def publish(self, channel: str, mark: int, settle: Callable[[], None]) -> None:
        """Publish a message."""
        self._emit(["pub", channel, marked(mark)], settle)

    async def resume(self, before: Client, channel: str) -> list[int]:
        """Give what came by itself: the server knows the rooms, if it knows the connection."""
        assert isinstance(before, SocketIOClient)
        if self.session != before.session:
            raise AssertionError("the server did not know the connection any more")
        await self.subscribe(channel)  # Everything that was missed comes before this is answered.
        return self.missed

    def close(self) -> None:
        """Cut the connection."""
        self._socket.close()

    def _emit(self, event: list[Any], settle: Callable[[], None]) -> None:
        self._next += 1
        self._waiting[self._next] = settle
        self._socket.send(b"42%d%s" % (self._next, orjson.dumps(event)))

    def _arrived(self, payload: bytes) -> None:
        kind = payload[:2]
        if kind == b"42":
            event = orjson.loads(payload[2:])
            if len(event) > 3:
                self.offset = event[3]
            mark = mark_of(event[2])
            self.missed.append(mark)
            self.on_entry(event[1], mark)
        elif kind == b"43":
            number, _, _ = payload[2:].partition(b"[")
            self._waiting.pop(int(number))()
        elif payload[:1] == b"2":
            self._socket.send(b"3")
        elif kind == b"40":
            self.session = orjson.loads(payload[2:]).get("pid")
            self._open.set_result(None)
        elif kind == b"44":
            self._open.set_exception(ConnectionError(payload.decode()))


class SocketIOServer(PlainServer):
    """A channel is a room."""

    async def connect(self, *, agent: bool = False) -> Client:
        """Connect."""
        return await SocketIOClient.connect(self.port)

    async def again(self, before: Client) -> Client:
        """Come back as an earlier connection."""
        assert isinstance(before, SocketIOClient)
        return await SocketIOClient.connect(self.port, before)
