"""A peer that goes on while servers die: at whichever node is there, from where it stood."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from bench.peer import Frame, Peer, RefusedError

__all__ = ["Steady"]

_PAUSE = 0.05
_START: Frame = {"offset": 0, "id": ""}

Token = Callable[[], Awaitable[str]]


class Steady:
    """Sends again, under the same key, what got no answer. Set ``on_entry`` to see entries.

    Set ``on_signal`` to see signals, and ``on_resumed`` to learn that a channel is live again.

    ``unrecovered`` counts how often the server could not go on from where a channel stood.
    """

    def __init__(self, ports: Sequence[int], *, origin: str, token: Token | None = None) -> None:
        """``ports``: of the nodes, the preferred one first.

        ``token``: gives an agent's; None: a visitor.
        """
        self.on_entry: Callable[[str, Frame], None] = lambda _channel, _entry: None
        self.on_signal: Callable[[Frame], None] = lambda _frame: None
        self.on_resumed: Callable[[str], None] = lambda _channel: None
        self.unrecovered = 0
        self._ports = ports
        self._origin = origin
        self._agent_token = token
        self._visitor_token: str | None = None
        self._peer: Peer | None = None
        self._turn = asyncio.Lock()
        self._positions: dict[str, Frame] = {}
        self._resuming: set[str] = set()
        self._held: dict[str, list[Frame]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False
        self._down_until = 0.0

    async def request(self, frame: Frame) -> Frame:
        """Send a request until it is answered.

        Raises:
            RefusedError: with an error that does not pass.
        """
        while True:
            peer = await self._connected()
            try:
                return await peer.request(dict(frame))
            except RefusedError as error:
                if error.frame["code"] == "gone":
                    continue
                if "retry_after" not in error.frame:
                    raise
                await asyncio.sleep(error.frame["retry_after"])
            except TimeoutError:
                peer.close()

    async def subscribe(self, channel: str) -> None:
        """Follow a channel from its beginning."""
        await self._connected()
        self._positions[channel] = _START
        await self._resume(channel)

    async def unsubscribe(self, channel: str) -> None:
        """Follow it no longer."""
        del self._positions[channel]
        await self.request({"type": "unsubscribe", "channel": channel})

    def tell(self, frame: Frame) -> None:
        """Send what gets no reply, if there is a connection."""
        if self._peer is not None:
            self._peer.tell(frame)

    def drop(self, seconds: float) -> None:
        """Be without a network for some time, and come back then."""
        self._down_until = time.monotonic() + seconds
        if self._peer is not None:
            self._peer.close()

    def close(self) -> None:
        """Cut the connection for good."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._peer is not None:
            self._peer.close()

    async def _connected(self) -> Peer:
        async with self._turn:
            while self._peer is None or self._peer.gone:
                if (down := self._down_until - time.monotonic()) > 0:
                    await asyncio.sleep(down)
                for port in self._ports:
                    try:
                        self._peer = await self._connect(port)
                        break
                    except (OSError, TimeoutError):
                        continue
                    except RefusedError as error:
                        if error.frame["code"] != "gone" and "retry_after" not in error.frame:
                            raise
                else:
                    await asyncio.sleep(_PAUSE)
            return self._peer

    async def _connect(self, port: int) -> Peer:
        token = await self._agent_token() if self._agent_token else self._visitor_token
        peer = await Peer.connect(port, token, self._origin)
        if self._agent_token is None:
            self._visitor_token = peer.token
        self._held.clear()  # What the old connection brought comes again with the resumption.
        peer.on_entry, peer.on_resync = self._pushed, self._again
        peer.on_signal = lambda frame: self.on_signal(frame)
        peer.on_gone = self._come_back
        for channel in list(self._positions):
            self._again(channel)
        return peer

    def _again(self, channel: str) -> None:
        self._soon(self._resume(channel))

    def _come_back(self) -> None:
        if not self._closed:
            self._soon(self._connected())

    def _soon(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resume(self, channel: str) -> None:
        if channel in self._resuming:
            return  # That request goes on by itself, on whichever connection.
        self._resuming.add(channel)
        try:
            more = True
            while more and channel in self._positions:
                after = self._positions[channel]
                frame = {"type": "subscribe", "channel": channel, "after": after}
                reply = await self.request(frame)
                if not reply["recovered"]:
                    self.unrecovered += 1
                for entry in reply["entries"]:
                    self._arrived(channel, entry)
                more = reply["more"]
            self.on_resumed(channel)
        finally:
            self._resuming.discard(channel)
            for entry in self._held.pop(channel, []):
                self._arrived(channel, entry)

    def _pushed(self, channel: str, entry: Frame) -> None:
        # A push right behind a reply is read before whoever waits for the reply goes on.
        if channel in self._resuming:
            self._held.setdefault(channel, []).append(entry)
        else:
            self._arrived(channel, entry)

    def _arrived(self, channel: str, entry: Frame) -> None:
        if channel in self._positions:
            self._positions[channel] = {"offset": entry["offset"], "id": entry["id"]}
            self.on_entry(channel, entry)
