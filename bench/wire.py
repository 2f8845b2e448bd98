"""A lean WebSocket client: raw frames in, raw frames out, nothing filtered."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from collections.abc import Callable
from typing import cast

__all__ = ["Socket", "connect"]

_TEXT, _BINARY = 0x81, 0x82
_PING, _PONG, _CLOSE = 0x9, 0xA, 0x8


class Socket(asyncio.Protocol):
    """One connection. ``on_frame`` gets each message as it arrived."""

    __slots__ = ("_buffer", "_first", "_opened", "on_frame", "on_lost", "transport")

    def __init__(self, on_frame: Callable[[bytes], None], *, binary: bool = False) -> None:
        """``binary``: what is sent are binary messages."""
        self._first = _BINARY if binary else _TEXT
        loop = asyncio.get_running_loop()
        self.on_frame = on_frame
        self.on_lost: Callable[[], None] = lambda: None
        self.transport: asyncio.Transport | None = None
        self._buffer = b""
        self._opened: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self.transport = cast("asyncio.Transport", transport)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def upgrade(self, host: str, path: str, origin: str, subprotocol: str) -> None:
        """Send the handshake."""
        assert self.transport is not None
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            f"Origin: {origin}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        if subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        self.transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def opened(self) -> None:
        """Wait for the handshake's end; raises ConnectionError when it was refused."""
        await self._opened

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if not self._opened.done():
            head, found, rest = buffer.partition(b"\r\n\r\n")
            if not found:
                self._buffer = buffer
                return
            status = head.split(b"\r\n", 1)[0]
            if b" 101 " not in status:
                self._opened.set_exception(ConnectionError(status.decode()))
                return
            self._opened.set_result(None)
            buffer = rest
        self._buffer = self._frames(buffer)

    def _frames(self, data: bytes) -> bytes:
        at, size = 0, len(data)
        while size - at >= 2:
            length, body = data[at + 1], at + 2
            if length == 126:
                if size - at < 4:
                    break
                length, body = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                if size - at < 10:
                    break
                length, body = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if size < body + length:
                break
            opcode = data[at] & 0x0F
            payload = data[body : body + length]
            at = body + length
            if opcode < _CLOSE:
                self.on_frame(payload)
            elif opcode == _PING:
                self._write(0x80 | _PONG, payload)
            elif opcode == _CLOSE:
                self._write(0x80 | _CLOSE, payload)
        return data[at:]

    def send(self, payload: bytes) -> None:
        """Send a message."""
        self._write(self._first, payload)

    def _write(self, first: int, payload: bytes) -> None:
        assert self.transport is not None
        size = len(payload)
        # A mask of zeros leaves the payload as it is: the bench pays nothing for masking.
        if size < 126:
            head = bytes((first, 0x80 | size, 0, 0, 0, 0))
        else:
            head = bytes((first, 0xFE)) + size.to_bytes(2, "big") + b"\0\0\0\0"
        self.transport.write(head + payload)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(exc or ConnectionError("closed during the handshake"))
        self.on_lost()

    def close(self) -> None:
        """Cut the connection."""
        if self.transport is not None:
            self.transport.close()


async def connect(
    port: int,
    on_frame: Callable[[bytes], None],
    *,
    path: str = "/v1/socket",
    origin: str | None = None,
    subprotocol: str = "straks.v1.json",
    binary: bool = False,
) -> Socket:
    """Open a WebSocket to a server on this machine."""
    host = f"127.0.0.1:{port}"
    _, made = await asyncio.get_running_loop().create_connection(
        lambda: Socket(on_frame, binary=binary), "127.0.0.1", port
    )
    made.upgrade(host, path, origin or f"http://{host}", subprotocol)
    await made.opened()
    return made
