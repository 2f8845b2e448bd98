"""One side of one conversation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from bench.day.books import Books
from bench.peer import Frame, RefusedError, new_key
from bench.steady import Steady

__all__ = ["PATIENCE", "Side"]

PATIENCE: Final = 30.0
"""Seconds after which somebody waits no longer."""


class Side:
    """What somebody says in a conversation, and sees of it."""

    def __init__(self, books: Books, steady: Steady, kind: str, name: str, channel: str) -> None:
        """``kind``: visitor or agent. ``name``: of the receiver in the books."""
        self.channel = channel
        self.entries: list[Frame] = []
        """In the order they arrived."""
        self.is_away = False
        """There is no network, or what was missed is not there yet."""
        self._books = books
        self._steady = steady
        self._kind = kind
        self._stream = books.tally.stream(name, channel)
        self._news = asyncio.Event()
        self._acked = 0

    def arrived(self, entry: Frame) -> None:
        """Take an entry in."""
        self._stream.arrived(entry["offset"], entry["id"])
        self.entries.append(entry)
        if entry["kind"] == "message" and entry["from"]["kind"] != self._kind:
            # The first is there before anybody listens.
            self._books.heard(entry["id"], live=entry["offset"] > 1 and not self.is_away)
        self._news.set()

    async def see(self, wanted: Callable[[Frame], bool], begin: int = 0) -> Frame | None:
        """Wait for an entry; give the first of those from ``begin`` on; None: it did not come."""
        seen = begin
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    for entry in self.entries[seen:]:
                        if wanted(entry):
                            return entry
                    seen = len(self.entries)
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return None

    async def say(self, text: str) -> Frame:
        """Publish a message.

        Raises:
            RefusedError: the conversation was closed meanwhile.
        """
        began = time.perf_counter()
        reply = await self.publish("message", {"text": text})
        self._books.waited("message", began)
        self._books.said(reply["entry_id"], began)
        return reply

    async def change(self, kind: str, expect: int) -> Frame:
        """Change the state, from whatever it has become meanwhile.

        Raises:
            RefusedError: that cannot be.
        """
        try:
            return await self.publish(kind, {}, expect)
        except RefusedError as error:
            if error.frame["code"] != "conflict":
                raise
            return await self.publish(kind, {}, error.frame["state_offset"])

    async def publish(self, kind: str, data: dict[str, Any], expect: int | None = None) -> Frame:
        """Publish, until it is acknowledged.

        Raises:
            RefusedError: it is refused.
        """
        key = new_key()
        frame: Frame = {
            "type": "publish", "channel": self.channel, "key": key, "kind": kind, "data": data,
        }  # fmt: skip
        if expect is not None:
            frame["expect"] = expect
        reply = await self._steady.request(frame)
        self._books.tally.sent += 1
        self.acked(key, reply)
        return reply

    def acked(self, key: str, reply: Frame) -> None:
        """Note an acknowledgement."""
        self._books.tally.ack(self.channel, key, reply["offset"], reply["entry_id"])
        self._acked = max(self._acked, reply["offset"])

    def type(self) -> None:
        """Tell the other side that one is typing."""
        self._books.types(self.channel, self._kind)
        frame = {"type": "signal", "channel": self.channel, "kind": "typing", "data": {"on": True}}
        self._steady.tell(frame)

    async def see_all(self) -> None:
        """Wait until one was shown all that was acknowledged to oneself."""
        if await self.see(lambda entry: entry["offset"] >= self._acked) is None:
            self._books.faults.append(
                f"{self.channel}: entry {self._acked} was not shown to the {self._kind}"
            )
