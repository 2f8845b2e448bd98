"""Frames per second of the edge's fast path, in memory: no sockets, no kernel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from websockets.frames import Frame, Opcode

from bench.micro.timing import measure
from straks.accounts.principals import Principal
from straks.clock import SystemClock
from straks.edge.config import EdgeConfig
from straks.edge.context import EdgeContext
from straks.edge.receiver import Receiver
from straks.edge.websocket import WebSocket
from straks.hub.frames import EntryFrame
from straks.hub.hub import Hub
from straks.log.log import Entry
from straks_protocol.codec import JSON

COUNT = 100_000
TEXT = b'{"type":"publish","id":12345,"channel":"conversation:abc","kind":"message","data":{"t":1}}'
UNSUBSCRIBE = b'{"type":"unsubscribe","id":12345,"channel":"conversation:abc"}'


class Nothing:
    """A sink, a log, a set of conversations, a transport: whatever is not measured."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return self._nothing

    def _nothing(self, *_: object, **__: object) -> None:
        return None


class Authenticator:
    """Welcomes everybody."""

    token = None
    principal = Principal(kind="visitor", id="vera")

    def authenticate_now(self, token: str | None, origin: str | None) -> Authenticator:
        return self


def masked(payload: bytes) -> bytes:
    """Build a client's frame."""
    return Frame(Opcode.TEXT, payload).serialize(mask=True)


def receive(segment: bytes, times: int) -> Callable[[], None]:
    """Feed the same segment again and again."""

    def work() -> None:
        feed = Receiver(cast("Any", Nothing()), 65_536).feed
        for _ in range(times):
            feed(segment)

    return work


def connection() -> WebSocket:
    """Make a welcomed connection on a transport that swallows all."""
    nothing = cast("Any", Nothing())
    hub = Hub(nothing, nothing, asyncio.get_running_loop())
    context = EdgeContext(
        EdgeConfig(),
        hub=hub,
        log=nothing,
        conversations=nothing,
        permissions=nothing,
        authenticator=cast("Any", Authenticator()),
        clock=SystemClock(),
    )
    socket = WebSocket(context, nothing, JSON, set(), origin=None, address=None, counted=None)
    socket.data_received(masked(b'{"type":"hello","id":1}'))
    return socket


async def main() -> None:
    """Measure reading, a whole request with its reply, and the fan-out of entries."""
    one, ten = masked(TEXT), masked(TEXT) * 10
    measure("read, one frame a segment", COUNT, receive(one, COUNT))
    measure("read, ten frames a segment", COUNT, receive(ten, COUNT // 10))
    measure("read, by Sans-I/O (a ping each)", COUNT // 10, receive(b"\x89\x80abcd", COUNT // 10))
    socket, request = connection(), masked(UNSUBSCRIBE)

    def requests() -> None:
        for _ in range(COUNT):
            socket.data_received(request)
            socket.flush()

    measure("request and reply, one a tick", COUNT, requests)
    entry = Entry(
        channel="conversation:abc",
        offset=1,
        id="x" * 22,
        at=1,
        sender="agent:anna",
        name="Anna",
        key="k",
        kind="message",
        data=b'{"text":"hello"}',
    )

    def fan_out() -> None:
        for _ in range(COUNT // 100):
            frame = EntryFrame(entry)
            for _ in range(100):
                socket.send(frame.encoded(JSON, own=False))
                socket.flush()

    measure("one entry to 100 connections", COUNT, fan_out)


if __name__ == "__main__":
    asyncio.run(main())
