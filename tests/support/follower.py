"""A connection that shows one channel as the protocol tells it to, for tests of forks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, TypeAlias

from tests.support.talk import Frame, Talker

__all__ = ["Follower", "Shown", "shown"]

Shown: TypeAlias = tuple[int, str]
"""Offset and id of an entry."""

_TIME: Final = 30.0
"""Seconds within which it shows what the log holds."""


def shown(entry: Frame) -> Shown:
    """Give what is shown of an entry."""
    return entry["offset"], entry["id"]


class Follower(Talker):
    """What a client shows of a channel that it stays subscribed to, by the frames alone.

    It subscribes again from where it stands when the server says ``resync``, and replaces what it
    shows when the server says that it is not recovered. What does not follow the entry before it is
    the server's fault. As a context it is connected, and connects no second time: who comes back
    is another follower that begins with what this one showed.
    """

    def __init__(
        self,
        url: str,
        channel: str,
        *,
        token: str | None,
        origin: str,
        begin: Sequence[Shown] = (),
    ) -> None:
        """``begin`` is what it showed when it was here last."""
        super().__init__(url, origin=origin, token=token)
        self.channel = channel
        self.shown = list(begin)
        self.resets = 0
        """How often it was told that the log is not the one that it showed."""
        self.faults: list[str] = []
        self._asked: int | None = None
        self._live = False

    async def connect(self) -> None:
        """Connect, say hello, and subscribe from where it stands."""
        await super().connect()
        await self._subscribe()

    async def shows(self, entries: Sequence[Shown]) -> None:
        """Return when it shows this, and is live.

        Raises:
            AssertionError: it shows something else for too long, or the server broke its word.
        """
        try:
            async with asyncio.timeout(_TIME), self._news:
                while not self.faults and (self.shown != list(entries) or not self._live):
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(
                f"{self.channel} shows {self.shown} after {self.resets} resets, not {entries}; "
                f"live: {self._live}, closed: {self.close_code}, last came {self.frames[-3:]}"
            ) from None
        assert self.faults == []

    async def _took(self, frame: Frame) -> None:
        if frame["type"] == "ping":
            await self.say("pong")
        elif frame["type"] == "error" and frame.get("id") == self._asked:
            self._later = asyncio.create_task(self._subscribe_again(frame))
        elif frame.get("channel") != self.channel:
            return
        elif frame["type"] == "subscribed" and frame["id"] == self._asked:
            await self._subscribed(frame)
        elif frame["type"] == "unsubscribed" and frame.get("code") == "resync":
            await self._subscribe()
        elif frame["type"] == "entry" and self._live:
            if frame["entry"]["offset"] != self._offset + 1:
                self.faults.append(f"after {self._offset} comes {frame['entry']}")
            self.shown.append(shown(frame["entry"]))

    async def _subscribed(self, frame: Frame) -> None:
        entries = [shown(entry) for entry in frame["entries"]]
        if frame["recovered"]:
            if entries and entries[0][0] != self._offset + 1:
                self.faults.append(f"recovered from {self._offset} with {frame['entries']}")
            self.shown += entries
        else:
            self.resets += 1
            self.shown = entries
        self._live = not frame["more"]
        if frame["more"]:
            await self._subscribe()

    async def _subscribe_again(self, refusal: Frame) -> None:
        if "retry_after" in refusal:
            await asyncio.sleep(refusal["retry_after"])
            await self._subscribe()
        else:
            async with self._news:
                self.faults.append(f"refused: {refusal}")
                self._news.notify_all()

    @property
    def _offset(self) -> int:
        return self.shown[-1][0] if self.shown else 0

    async def _subscribe(self) -> None:
        self._live = False
        offset, entry_id = self.shown[-1] if self.shown else (0, "")
        self._asked = self._number()
        await self.say(
            "subscribe",
            id=self._asked,
            channel=self.channel,
            after={"offset": offset, "id": entry_id},
        )
