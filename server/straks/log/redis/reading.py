"""What is read from Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from straks.log.log import FeedItem, LogUnavailableError, Page, Tail
from straks.log.redis.codec import unpack_streamed
from straks.log.redis.keys import channel_keys, conversation_of, cursors_key, feed_key
from straks.log.redis.lane import Lane
from straks.log.redis.wire import Command
from straks_protocol import Position

__all__ = ["Reading"]

_SOON: Final = 1.0
"""Seconds for one of many to come back from the archive."""
_TRIES: Final = 5
"""To find a channel before it leaves again."""

Bring: TypeAlias = Callable[[str], Awaitable[bool]]


class Reading:
    """The reading half of the log. Everything raises ``LogUnavailableError`` when Redis is away."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        """``lanes``: one of all partitions, or one of each."""
        self._lanes = lanes
        self.bring: Bring | None = None
        """Called with the name of a channel that is not there; tells whether it is now."""

    async def _ask(self, partition: int, *commands: Command) -> list[Any]:
        return await self._lanes[partition % len(self._lanes)].reads.ask(*commands)

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Page:
        """Read a page; see :meth:`straks.log.log.Log.read`."""
        key, count = channel_keys(channel).log, limit + 1
        if after is not None:
            start = f"0-{max(after, 0) + 1}"
            command: Command = ("XRANGE", key, start, "+", "COUNT", count)
        else:
            end = f"0-{max(before - 1, 0)}" if before is not None else "+"
            command = ("XREVRANGE", key, end, "-", "COUNT", count)
        (rows,) = await self._look(channel, command, is_absent=lambda rows: not rows)
        entries = [unpack_streamed(channel, row) for row in rows[:limit]]
        if after is None:
            entries.reverse()
        return Page(entries, len(rows) > limit)

    async def tail(self, channel: str) -> Tail:
        """Tell where a channel ends; see :meth:`straks.log.log.Log.tail`."""
        keys = channel_keys(channel)
        commands = (("HMGET", keys.state, "o", "i", "g"), ("HGETALL", keys.marks))
        (offset, entry_id, state), flat = await self._look(channel, *commands, is_absent=_no_state)
        if offset is None:
            return Tail(Position(offset=0, id=""), 0, {})
        last = int(offset)
        marks = {
            reader.decode(): int(mark) for reader, mark in zip(flat[::2], flat[1::2], strict=True)
        }
        return Tail(
            Position(offset=last, id=entry_id.decode()),
            int(state),
            {reader: mark for reader, mark in marks.items() if mark > 0},
        )

    async def positions(self, channels: Sequence[str]) -> Sequence[Position | None]:
        """Tell where channels of one lane end; None: one is elsewhere, and does not come now.

        Raises:
            LogUnavailableError: it cannot be read now.
        """
        if not channels:
            return ()
        partition = channel_keys(channels[0]).partition
        commands: list[Command] = [
            ("HMGET", channel_keys(channel).state, "o", "i") for channel in channels
        ]
        found = await self._ask(partition, *commands)
        absent = [
            place
            for place, channel in enumerate(channels)
            if found[place][0] is None and self._where(channel)
        ]
        # One that is far away must not keep the others from what is known of them.
        looked = await asyncio.gather(
            *(self._position_soon(channels[place], commands[place]) for place in absent)
        )
        ends = [_position(each) for each in found]
        for place, end in zip(absent, looked, strict=True):
            ends[place] = end
        return ends

    async def _position_soon(self, channel: str, command: Command) -> Position | None:
        try:
            async with asyncio.timeout(_SOON):
                (found,) = await self._look(channel, command, is_absent=_no_state)
        except (LogUnavailableError, TimeoutError):
            return None
        return _position(found)

    async def _look(
        self, channel: str, *commands: Command, is_absent: Callable[[Any], bool]
    ) -> list[Any]:
        """Ask for what a channel has; bring it back if it is elsewhere.

        ``is_absent``: tells from the first answer that the channel may not be there.
        """
        partition, where = channel_keys(channel).partition, self._where(channel)
        for _ in range(_TRIES):
            # It may go or come in between.
            replies = await self._ask(partition, *where, *commands, *where)
            found = replies[len(where) : len(replies) - len(where)]
            there = all(replies[:: len(replies) - 1]) if where else True
            if there or not is_absent(found[0]):
                return found
            if self.bring is None or not await self.bring(channel):
                return found
        raise LogUnavailableError(f"{channel} leaves whenever it comes back; try again")

    def _where(self, channel: str) -> Sequence[Command]:
        """Ask whether a channel that seems to be empty is in Redis, if it may be elsewhere."""
        conversation = conversation_of(channel)
        if self.bring is None or conversation is None:
            return ()
        return (("EXISTS", channel_keys(conversation).state),)

    async def feed(self, partition: int, after: int, limit: int) -> Sequence[FeedItem]:
        """Read the feed; see :meth:`straks.log.log.Feed.feed`."""
        while True:
            (rows,) = await self._ask(
                partition, ("XRANGE", feed_key(partition), f"0-{after + 1}", "+", "COUNT", limit)
            )
            if not rows:
                return ()
            if items := await self._fed(partition, rows):
                return items
            # Of a channel without end, entries go before a consumer that is far behind sees them.
            after = int(rows[-1][0].partition(b"-")[2])

    async def _fed(self, partition: int, rows: Sequence[Any]) -> Sequence[FeedItem]:
        """Read the entries of rows of the feed, those that are there."""
        commands: list[Command] = []
        places: list[tuple[int, str]] = []
        for stream_id, (_, channel, _, offset) in rows:
            name, entry = channel.decode(), f"0-{offset.decode()}"
            places.append((int(stream_id.partition(b"-")[2]), name))
            commands.append(("XRANGE", channel_keys(name).log, entry, entry))
        found = await self._ask(partition, *commands)
        return [
            FeedItem(position, unpack_streamed(channel, entries[0]))
            for (position, channel), entries in zip(places, found, strict=True)
            if entries
        ]

    async def cursor(self, consumer: str, partition: int) -> int:
        """Tell how far a consumer has come; the feed is kept from there on."""
        key = cursors_key(partition)
        _, cursor = await self._ask(
            partition, ("HSETNX", key, consumer, 0), ("HGET", key, consumer)
        )
        return int(cursor)


def _position(found: Sequence[Any]) -> Position | None:
    offset, entry_id = found
    return Position(offset=int(offset or 0), id=(entry_id or b"").decode())


def _no_state(answer: Sequence[Any]) -> bool:
    return answer[0] is None
