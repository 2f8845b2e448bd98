"""One WebSocket, as bytes in and bytes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Origin, Subprotocol

from straks_protocol import Codec

__all__ = ["Closed", "Transport", "TransportClosedError"]

MAX_FRAME = 16 * 2**20
"""Bytes: more than a server's largest page of entries."""
CLOSE_TIMEOUT = 2.0
"""Seconds that the other side has to answer a close."""

_ABNORMAL = 1006
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_REFUSED = 4500
"""Stands for a handshake that was refused for good: the first of the codes that say so."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Why a connection ended; ``code`` is a close code, of this side where none came."""

    code: int
    reason: str


class TransportClosedError(Exception):
    """The connection is gone."""

    def __init__(self, closed: Closed) -> None:
        super().__init__(f"{closed.code} {closed.reason}")
        self.closed = closed


class Transport:
    """An open WebSocket that speaks one codec's subprotocol."""

    def __init__(self, socket: ClientConnection, *, binary: bool) -> None:
        self._socket = socket
        self._binary = binary

    @classmethod
    async def open(cls, url: str, codec: Codec, *, origin: str | None, within: float) -> Self:
        """Connect ``within`` so many seconds.

        Raises:
            TransportClosedError: it did not succeed; a code from 4500 on says that it never will.
        """
        try:
            socket = await connect(
                url,
                subprotocols=[Subprotocol(codec.name)],
                origin=None if origin is None else Origin(origin),
                compression=None,
                max_size=MAX_FRAME,
                open_timeout=within,
                close_timeout=CLOSE_TIMEOUT,
                ping_interval=None,  # the protocol has its own heartbeat
            )
        except InvalidStatus as error:
            status = error.response.status_code
            code = _ABNORMAL if status in _TRY_AGAIN else _REFUSED
            raise TransportClosedError(Closed(code, f"HTTP {status}")) from error
        except (OSError, TimeoutError, WebSocketException) as error:
            reason = str(error) or type(error).__name__
            raise TransportClosedError(Closed(_ABNORMAL, reason)) from error
        if socket.subprotocol != codec.name:
            await socket.close()
            raise TransportClosedError(Closed(_REFUSED, f"{url} does not speak {codec.name}"))
        return cls(socket, binary=codec.binary)

    async def send(self, frame: bytes) -> None:
        """Send one frame; waits while the other side reads too slowly.

        Raises:
            TransportClosedError: the connection is gone.
        """
        try:
            await self._socket.send(frame, text=not self._binary)
        except ConnectionClosed as error:
            raise TransportClosedError(_closed(error)) from None

    async def receive(self) -> bytes:
        """Wait for the next frame.

        Raises:
            TransportClosedError: the connection is gone.
        """
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed as error:
            raise TransportClosedError(_closed(error)) from None

    async def close(self, code: int = 1000) -> None:
        """Close the connection in an orderly way; does nothing when it is gone."""
        await self._socket.close(code)


def _closed(error: ConnectionClosed) -> Closed:
    if error.rcvd is not None:
        return Closed(error.rcvd.code, error.rcvd.reason)
    if error.sent is not None:
        return Closed(error.sent.code, error.sent.reason)
    return Closed(_ABNORMAL, "the connection was lost")
