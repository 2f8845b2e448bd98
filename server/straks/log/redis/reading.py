"""What is read from Redis."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from straks.log.log import FeedItem, Page, Tail
from straks.log.redis.codec import unpack_streamed
from straks.log.redis.keys import channel_keys, conversation_of, cursors_key, feed_key
from straks.log.redis.lane import Lane
from straks.log.redis.wire import Command
from straks_protocol import Position

__all__ = ["Reading"]

Bring: TypeAlias = Callable[[str], Awaitable[None]]


class Reading:
    """The reading half of the log. Everything raises ``LogUnavailableError`` when Redis is away."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        """``lanes``: one of all partitions, or one of each."""
        self._lanes = lanes
        self.bring: Bring | None = None
        """Called with the name of a channel that is not there; it may be there after that."""

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
        partition = channel_keys(channel).partition
        rows, *there = await self._ask(partition, command, *self._where(channel))
        if not rows and await self._brought(channel, there):
            (rows,) = await self._ask(partition, command)
        entries = [unpack_streamed(channel, row) for row in rows[:limit]]
        if after is None:
            entries.reverse()
        return Page(entries, len(rows) > limit)

    async def tail(self, channel: str) -> Tail:
        """Tell where a channel ends; see :meth:`straks.log.log.Log.tail`."""
        keys = channel_keys(channel)
        commands = (("HMGET", keys.state, "o", "i", "g"), ("HGETALL", keys.marks))
        found = await self._ask(keys.partition, *commands, *self._where(channel))
        (offset, entry_id, state), flat, *there = found
        if offset is None and await self._brought(channel, there):
            (offset, entry_id, state), flat = await self._ask(keys.partition, *commands)
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

    async def positions(self, channels: Sequence[str]) -> Sequence[Position]:
        """Tell where channels of one lane end.

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
        for place, channel in enumerate(channels):
            if found[place][0] is None and (where := self._where(channel)):
                there = await self._ask(partition, *where)
                if await self._brought(channel, there) or conversation_of(channel) == channel:
                    found[place : place + 1] = await self._ask(partition, commands[place])
        return [
            Position(offset=int(offset or 0), id=(entry_id or b"").decode())
            for offset, entry_id in found
        ]

    def _where(self, channel: str) -> Sequence[Command]:
        """Ask whether a channel that seems to be empty is in Redis, if it may be elsewhere."""
        conversation = conversation_of(channel)
        if self.bring is None or conversation is None:
            return ()
        return (("EXISTS", channel_keys(conversation).state),)

    async def _brought(self, channel: str, there: Sequence[int]) -> bool:
        """Tell whether to look again; ``there``: the answer to :meth:`_where`."""
        if self.bring is None or there != [0]:
            return False
        await self.bring(channel)
        return True

    async def feed(self, partition: int, after: int, limit: int) -> Sequence[FeedItem]:
        """Read the feed; see :meth:`straks.log.log.Feed.feed`."""
        (rows,) = await self._ask(
            partition, ("XRANGE", feed_key(partition), f"0-{after + 1}", "+", "COUNT", limit)
        )
        if not rows:
            return ()
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
