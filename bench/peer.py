"""A visitor or an agent of the bench: speaks the protocol, hides nothing of what arrived."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

import orjson

from bench import wire
from straks_protocol import KEY_RANDOM_BYTES, make_key

__all__ = ["Peer", "RefusedError"]

Frame = dict[str, Any]


_GONE: Frame = {"type": "error", "code": "gone", "message": "the connection ended"}


class RefusedError(Exception):
    """The server answered a request with ``error``."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(f"{frame.get('code')}: {frame.get('message')}")
        self.frame = frame


class Peer:
    """One connection that has said ``hello``. Set ``on_entry`` to see pushed entries.

    Set ``on_signal`` to see signals, and ``on_resync`` to learn of channels that must be subscribed
    to again.
    """

    def __init__(self) -> None:
        self.on_entry: Callable[[str, Frame], None] = lambda _channel, _entry: None
        self.on_signal: Callable[[Frame], None] = lambda _frame: None
        self.on_resync: Callable[[str], None] = lambda _channel: None
        self.on_gone: Callable[[], None] = lambda: None
        self.gone = False
        self.principal: Frame = {}
        self.token: str | None = None
        self.frames = 0
        self._next = 0
        self._waiting: dict[int, Callable[[Frame], None]] = {}
        self._socket: wire.Socket

    @classmethod
    async def connect(cls, port: int, token: str | None = None, origin: str | None = None) -> Peer:
        """Open a connection and say ``hello``."""
        peer = cls()
        peer._socket = await wire.connect(port, peer._arrived, origin=origin)
        peer._socket.on_lost = peer._lost
        hello: Frame = {"type": "hello"}
        if token is not None:
            hello["token"] = token
        welcome = await peer.request(hello)
        peer.principal, peer.token = welcome["principal"], welcome.get("token", token)
        return peer

    def _arrived(self, payload: bytes) -> None:
        frame = orjson.loads(payload)
        self.frames += 1
        kind = frame["type"]
        if kind == "entry":
            self.on_entry(frame["channel"], frame["entry"])
        elif kind == "ping":
            self._socket.send(b'{"type":"pong"}')
        elif "id" in frame:
            settle = self._waiting.pop(frame["id"], None)
            if settle is not None:
                settle(frame)
        elif kind == "signal":
            self.on_signal(frame)
        elif kind == "unsubscribed":
            self.on_resync(frame["channel"])
        elif kind == "error":
            raise RefusedError(frame)

    def _lost(self) -> None:
        self.gone = True
        waiting, self._waiting = self._waiting, {}
        for settle in waiting.values():
            settle(_GONE)
        self.on_gone()

    def call(self, frame: Frame, settle: Callable[[Frame], None]) -> None:
        """Send a request; ``settle`` gets the reply frame, whatever it is.

        When the connection ends first, it gets an ``error`` with the code ``gone``.
        """
        if self.gone:
            settle(_GONE)
            return
        self._next += 1
        frame["id"] = self._next
        self._waiting[self._next] = settle
        self._socket.send(orjson.dumps(frame))

    def tell(self, frame: Frame) -> None:
        """Send what gets no reply; on a connection that has ended it is lost, as it may be."""
        if not self.gone:
            self._socket.send(orjson.dumps(frame))

    async def request(self, frame: Frame) -> Frame:
        """Send a request and wait for its reply, again when it came too soon.

        Raises:
            RefusedError: the reply was any other ``error``.
        """
        while True:
            future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
            self.call(frame, future.set_result)
            reply = await asyncio.wait_for(future, 60)
            if reply["type"] != "error":
                return reply
            if reply["code"] != "rate_limited":
                raise RefusedError(reply)
            await asyncio.sleep(reply["retry_after"])

    async def open(self, text: str) -> Frame:
        """Open a conversation."""
        return await self.request({"type": "open", "key": new_key(), "data": {"text": text}})

    async def subscribe(self, channel: str) -> Frame:
        """Subscribe from the channel's end."""
        return await self.request({"type": "subscribe", "channel": channel})

    async def publish(self, channel: str, kind: str, expect: int | None = None) -> Frame:
        """Publish an entry without data."""
        frame: Frame = {
            "type": "publish",
            "channel": channel,
            "key": new_key(),
            "kind": kind,
            "data": {},
        }
        if expect is not None:
            frame["expect"] = expect
        return await self.request(frame)

    async def history(self, channel: str) -> list[Frame]:
        """Read a whole channel from its beginning."""
        entries: list[Frame] = []
        more = True
        while more:
            after = entries[-1]["offset"] if entries else 0
            page = await self.request({"type": "history", "channel": channel, "after": after})
            entries += page["entries"]
            more = page["more"]
        return entries

    def close(self) -> None:
        """Cut the connection."""
        self._socket.close()


def new_key() -> str:
    """A fresh idempotency key."""
    return make_key(time.time_ns() // 1_000_000, os.urandom(KEY_RANDOM_BYTES))
