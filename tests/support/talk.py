"""A client that shows every frame as it came: for tests of the whole server."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeAlias

import websockets

from straks_protocol import KEY_RANDOM_BYTES, make_key

__all__ = ["Frame", "Talker", "new_key"]

Frame: TypeAlias = dict[str, Any]

TIME = 60.0
"""Seconds within which an expected frame comes, on a busy machine."""


def new_key() -> str:
    """Make a key for one publish."""
    return make_key(time.time_ns() // 1_000_000, os.urandom(KEY_RANDOM_BYTES))


class Talker:
    """One connection; ``frames`` are all that came, in order."""

    def __init__(self, url: str, *, origin: str | None = None, token: str | None = None) -> None:
        self.token = token
        self.frames: list[Frame] = []
        self.welcome: Frame = {}
        self.close_code: int | None = None
        self._url = url
        self._origin = origin
        self._next_id = 0
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def connect(self) -> None:
        """Connect and say hello; the token that comes back is kept."""
        self._socket = await websockets.connect(
            self._url,
            subprotocols=[websockets.Subprotocol("straks.v1.json")],
            origin=None if self._origin is None else websockets.Origin(self._origin),
            proxy=None,
            open_timeout=TIME,
        )
        self.close_code = None
        self._reader = asyncio.create_task(self._read())
        self.welcome = await self.ask("hello", **({"token": self.token} if self.token else {}))
        self.token = self.welcome.get("token", self.token)

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.close()
        await self._reader

    async def ask(self, kind: str, /, **fields: Any) -> Frame:
        """Send a request; give its reply, which may be an ``error``."""
        number = self._number()
        await self._socket.send(json.dumps({"type": kind, "id": number, **fields}))
        return await self.wait_for(lambda frame: frame.get("id") == number)

    async def publish(
        self, channel: str, kind: str, data: Frame | None = None, **fields: Any
    ) -> Frame:
        """Publish under a new key, unless ``key`` is given."""
        fields.setdefault("key", new_key())
        return await self.ask("publish", channel=channel, kind=kind, data=data or {}, **fields)

    async def say(self, kind: str, /, **fields: Any) -> None:
        """Send what gets no reply."""
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def wait_for(self, wanted: Callable[[Frame], bool], *, since: int = 0) -> Frame:
        """Give the first frame like this from number ``since`` on, waiting for it if need be."""
        seen = since
        try:
            async with asyncio.timeout(TIME), self._news:
                while True:
                    for frame in self.frames[seen:]:
                        if wanted(frame):
                            return frame
                    seen = len(self.frames)
                    if self.close_code is not None:
                        raise AssertionError(f"closed with {self.close_code}: {self.frames}")
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no such frame among {self.frames}") from None

    async def wait_for_entry(self, channel: str, kind: str, *, since: int = 0) -> Frame:
        """Give the first entry of a kind that was pushed."""
        frame = await self.wait_for(
            lambda frame: (
                frame["type"] == "entry"
                and frame["channel"] == channel
                and frame["entry"]["kind"] == kind
            ),
            since=since,
        )
        entry: Frame = frame["entry"]
        return entry

    async def wait_closed(self) -> int:
        """Wait until the server has closed; give the code."""
        async with asyncio.timeout(TIME):
            await self._reader
        assert self.close_code is not None
        return self.close_code

    async def _took(self, frame: Frame) -> None:
        """Look at a frame when it comes."""

    def _number(self) -> int:
        """Give the id of the next request."""
        self._next_id += 1
        return self._next_id

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                frame = json.loads(raw)
                async with self._news:
                    self.frames.append(frame)
                    await self._took(frame)
                    self._news.notify_all()
        except websockets.ConnectionClosed:
            pass
        async with self._news:
            self.close_code = self._socket.close_code or 1006
            self._news.notify_all()
