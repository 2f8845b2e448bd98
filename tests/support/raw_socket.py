"""A WebSocket client that can do everything wrong."""

from __future__ import annotations

import asyncio
import base64
import os
import uuid
from typing import Any, Self

import msgpack
import orjson
from websockets.frames import Frame, Opcode

__all__ = ["Closed", "RawSocket", "frame", "get"]


class Closed(Exception):
    """The server closed; ``code`` is 0 when it just dropped the connection."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


def frame(opcode: int, payload: bytes, *, fin: bool = True, mask: bool = True) -> bytes:
    """Build one frame, masked as clients do."""
    return Frame(Opcode(opcode), payload, fin).serialize(mask=mask)


async def get(
    port: int, request: bytes
) -> tuple[int, dict[str, str], asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a raw HTTP request; give status, headers and the streams."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (ConnectionError, asyncio.IncompleteReadError):
        writer.close()
        raise
    status, *lines = head.decode().rstrip().split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    return int(status.split()[1]), headers, reader, writer


class RawSocket:
    """One connection. ``recv`` hides pings; ``wait`` skips pushes of other types."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, binary: bool
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.binary = binary
        self.welcome: dict[str, Any] = {}
        self.skipped: list[dict[str, Any]] = []
        self.answers_pings = True
        self._next = 0

    @classmethod
    async def connect(
        cls,
        port: int,
        *,
        path: str = "/v1/socket",
        subprotocol: str | None = "straks.v1.json",
        origin: str | None = None,
        headers: str = "",
        early: bytes = b"",
    ) -> Self:
        """Do the handshake.

        Raises:
            Closed: it was refused; ``code`` is the HTTP status.
        """
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        )
        if subprotocol is not None:
            request += f"Sec-WebSocket-Protocol: {subprotocol}\r\n"
        if origin is not None:
            request += f"Origin: {origin}\r\n"
        request += headers + "\r\n"
        status, answered, reader, writer = await get(port, request.encode() + early)
        if status != 101:
            writer.close()
            raise Closed(status, answered.get("retry-after", ""))
        assert answered.get("sec-websocket-protocol") == subprotocol
        return cls(reader, writer, subprotocol == "straks.v1.msgpack")

    # --- out --------------------------------------------------------------------------------

    def encode(self, message: dict[str, Any]) -> bytes:
        packed: bytes = msgpack.packb(message) if self.binary else orjson.dumps(message)
        return packed

    def frame_of(self, message: dict[str, Any]) -> bytes:
        return frame(2 if self.binary else 1, self.encode(message))

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    def send(self, type_: str, **fields: Any) -> None:
        """Send a frame without waiting."""
        self.write(self.frame_of({"type": type_, **fields}))

    def next_id(self) -> int:
        self._next += 1
        return self._next

    async def request(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Send a request; give its reply, errors too. Pushes meanwhile are kept aside."""
        request_id = self.next_id()
        self.send(type_, id=request_id, **fields)
        return await self.reply(request_id)

    async def reply(self, request_id: int) -> dict[str, Any]:
        """Give the reply to a request; replies come in any order."""
        for message in self.skipped:
            if message.get("id") == request_id:
                self.skipped.remove(message)
                return message
        while True:
            message = await self.recv()
            if message.get("id") == request_id:
                return message
            self.skipped.append(message)

    async def hello(self, token: str | None = None) -> dict[str, Any]:
        self.welcome = await self.request("hello", **({} if token is None else {"token": token}))
        assert self.welcome["type"] == "welcome", self.welcome
        return self.welcome

    async def open(self, text: str = "Hello") -> str:
        opened = await self.request("open", key=str(uuid.uuid4()), data={"text": text})
        assert opened["type"] == "opened", opened
        channel: str = opened["channel"]
        return channel

    async def publish(self, channel: str, kind: str = "message", **options: Any) -> dict[str, Any]:
        options.setdefault("data", {"text": "Hi"} if kind == "message" else {})
        options.setdefault("key", str(uuid.uuid4()))
        return await self.request("publish", channel=channel, kind=kind, **options)

    # --- in ---------------------------------------------------------------------------------

    async def frame(self) -> tuple[int, bytes]:
        """Read one frame.

        Raises:
            Closed: there is none.
        """
        try:
            head = await self.reader.readexactly(2)
            length = head[1] & 0x7F
            assert head[0] & 0x80
            assert not head[1] & 0x80
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2), "big")
            elif length == 127:
                length = int.from_bytes(await self.reader.readexactly(8), "big")
            return head[0] & 0x0F, await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Closed(0) from None

    async def recv(self) -> dict[str, Any]:
        """Read the next message that is no ping.

        Raises:
            Closed: the connection ended.
        """
        while True:
            opcode, payload = await self.frame()
            if opcode == 8:
                raise Closed(int.from_bytes(payload[:2], "big"), payload[2:].decode())
            if opcode in (9, 10):
                continue
            assert opcode == (2 if self.binary else 1)
            message: dict[str, Any] = (
                msgpack.unpackb(payload) if self.binary else orjson.loads(payload)
            )
            if message["type"] != "ping":
                return message
            if self.answers_pings:
                self.send("pong")

    async def wait(self, type_: str) -> dict[str, Any]:
        """Give the next push of a type, from those set aside first."""
        for message in self.skipped:
            if message["type"] == type_:
                self.skipped.remove(message)
                return message
        while (message := await self.recv())["type"] != type_:
            self.skipped.append(message)
        return message

    async def closed(self) -> Closed:
        """Read until the server closes; give how."""
        while True:
            try:
                self.skipped.append(await self.recv())
            except Closed as closed:
                return closed

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return
