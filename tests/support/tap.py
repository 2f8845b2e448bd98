"""A TCP proxy that sees every WebSocket message between client and server, as it passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import orjson

from bench.ports import free_port

__all__ = ["Frame", "Tap"]

Frame: TypeAlias = dict[str, Any]
Seen: TypeAlias = Callable[["Connection", Frame], None]

_READ: Final = 1 << 16
_MASKED: Final = 0x80


class Messages:
    """Cuts a byte stream into the messages of unfragmented text frames; masked ones too."""

    def __init__(self) -> None:
        self._buffer = b""
        self._upgraded = False

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes, give the messages that are whole."""
        self._buffer += data
        if not self._upgraded:
            _, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return []
            self._upgraded, self._buffer = True, rest
        frames = []
        while (message := self._next()) is not None:
            opcode, payload = message
            if opcode == 1:
                frames.append(orjson.loads(payload))
        return frames

    def _next(self) -> tuple[int, bytes] | None:
        data = self._buffer
        if len(data) < 2:
            return None
        length, at = data[1] & 0x7F, 2
        if length >= 126:
            size = 2 if length == 126 else 8
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        mask = b""
        if data[1] & _MASKED:
            mask, at = data[at : at + 4], at + 4
        if len(data) < at + length:
            return None
        payload = data[at : at + length]
        if mask:
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self._buffer = data[at + length :]
        return data[0] & 0x0F, payload


class Connection:
    """One connection through the tap."""

    def __init__(self) -> None:
        self.principal = ""
        """``kind:id``, once the server has said welcome."""
        self.unanswered: dict[int, Frame] = {}
        """Publishes and opens that were sent on and not yet answered."""


class Tap:
    """Listens on a port of its own; ``seen`` is told each message of the server.

    Of several servers it takes the first that is there, for each connection anew.
    """

    def __init__(self, upstream: int | Sequence[int], seen: Seen) -> None:
        self.port = free_port()
        self.connections: set[Connection] = set()
        self._upstream = [upstream] if isinstance(upstream, int) else upstream
        self._seen = seen
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"ws://127.0.0.1:{self.port}/v1/socket"

    @property
    def unanswered(self) -> int:
        """How many publishes are on their way now."""
        return sum(len(connection.unanswered) for connection in self.connections)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection()
        found = await self._reach()
        if found is None:
            writer.close()
            return
        up_reader, up_writer = found
        self.connections.add(connection)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._upwards(connection, reader, up_writer))
                group.create_task(self._downwards(connection, up_reader, writer))
        finally:
            self.connections.discard(connection)
            for end in (writer, up_writer):
                end.close()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for port in self._upstream:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
        return None

    async def _upwards(
        self, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        messages = Messages()
        while data := await _read(reader):
            for frame in messages.feed(data):
                if frame["type"] in {"publish", "open"}:
                    connection.unanswered[frame["id"]] = frame
            writer.write(data)
        writer.close()

    async def _downwards(
        self, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        messages = Messages()
        while data := await _read(reader):
            for frame in messages.feed(data):
                connection.unanswered.pop(frame.get("id", 0), None)
                if frame["type"] == "welcome":
                    who = frame["principal"]
                    connection.principal = f"{who['kind']}:{who['id']}"
                self._seen(connection, frame)
            writer.write(data)
        writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Read what there is; a connection that was cut has ended like any other."""
    try:
        return await reader.read(_READ)
    except ConnectionError:
        return b""
