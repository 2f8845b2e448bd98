"""Moving the log into and out of Redis."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from straks.errors import StartError
from straks.log.log import Entry, LogUnavailableError
from straks.log.moving import Head, Pending
from straks.log.redis.keys import (
    ARRIVING,
    META,
    NODES,
    NOTES,
    PARTITIONS,
    channel_keys,
    cursors_key,
    feed_key,
)
from straks.log.redis.lane import Lane
from straks.log.redis.nodes import is_leaving
from straks.log.redis.reading import Reading
from straks.log.redis.scanning import each_master, scan, scan_channels
from straks.log.redis.start import Use, check_and_prepare_all, find, where_is
from straks.log.redis.topology import Topology
from straks.log.redis.wire import Command
from straks.log.redis.writing import ChannelWriter, read_head

__all__ = ["RedisMoving"]

_DEADLINE: Final = 30.0
_FEED_PAGE: Final = 1_000


class RedisMoving:
    """The log in Redis; implements :class:`Departure` and :class:`Arrival`."""

    def __init__(self, topology: Topology, shown: str) -> None:
        """Use :meth:`open`."""
        self._topology = topology
        self._shown = shown
        self._lanes = [
            Lane(topology, number, deadline=_DEADLINE, doubt=lambda _: None)
            for number in range(len(topology.lanes))
        ]
        self._reading = Reading(self._lanes)
        self._writer: ChannelWriter | None = None
        """Of the channel that is being put."""
        self._ends = [0] * PARTITIONS
        """Of the feeds that are being put."""
        self._first_pending: dict[tuple[str, int], int] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, owner: str | None = None) -> AsyncIterator[Self]:
        """Connect.

        ``owner``: names the records that this log must belong to; None: it is to be filled.

        Raises:
            StartError: Redis is absent, too old, not for us, or used by a server.
        """
        where = where_is(url)
        topology = await find(where, deadline=_DEADLINE)
        moving = cls(topology, where.shown)
        try:
            await check_and_prepare_all(
                [lane.master for lane in moving._lanes],
                topology,
                deadline=_DEADLINE,
                owner=owner,
                use=Use.LEAVE if owner is not None else Use.FILL,
            )
            await moving.check_alone()
            yield moving
        except LogUnavailableError as error:
            raise StartError(f"Redis at {where.shown} cannot be used ({error}).") from error
        finally:
            for lane in moving._lanes:
                lane.close()

    async def check_alone(self) -> None:
        """See that no server uses this Redis.

        Raises:
            StartError: one does, or did a moment ago.
        """
        (now, _), ends, notes = await self._ask(
            0, ("TIME",), ("ZRANGE", NODES, "0", "-1", "WITHSCORES"), ("HGETALL", NOTES)
        )
        said = dict(zip(notes[::2], notes[1::2], strict=True))
        living = [
            tag
            for tag, end in zip(ends[::2], ends[1::2], strict=True)
            if float(end) > int(now) * 1000 and not is_leaving(said.get(tag, b""))
        ]
        if living:
            raise StartError(
                f"{len(living)} server{'s use' if len(living) > 1 else ' uses'} Redis at "
                f"{self._shown}; stop every server first (one that was killed counts for some "
                "seconds more)."
            )

    async def channels(self) -> Sequence[str]:
        """Give the names of all channels, sorted."""
        return sorted({name async for name in scan_channels(self._lanes)})

    async def head(self, channel: str) -> Head:
        """Read a channel's head."""
        found = await read_head(self._ask, channel)
        if found is None:
            raise LogUnavailableError(f"{channel} is not there any more")
        return found

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[Entry]:
        """Read entries above an offset, in order."""
        return (await self._reading.read(channel, after=after, limit=limit)).entries

    async def pending(self, consumers: Sequence[str]) -> AsyncIterator[Pending]:
        """Read what some of the consumers have yet to see."""
        for partition in range(PARTITIONS):
            found = await self._ask(
                partition, *(("HGET", cursors_key(partition), name) for name in consumers)
            )
            cursors = {
                name: int(cursor or 0) for name, cursor in zip(consumers, found, strict=True)
            }
            after = min(cursors.values(), default=0)
            while items := await self._reading.feed(partition, after, _FEED_PAGE):
                for item in items:
                    after = item.position
                    yield Pending(
                        channel=item.entry.channel,
                        offset=item.entry.offset,
                        consumers=tuple(name for name in consumers if cursors[name] < after),
                    )

    async def unfinished(self) -> str | None:
        """Name the import that has not come to its end here, if there is one."""
        (found,) = await self._ask(0, ("HGET", META, ARRIVING))
        return found.decode() if found else None

    async def begin(self) -> str:
        """Make sure that there is nothing, and that no server starts on a part of what comes.

        What an earlier attempt left is removed.

        Returns:
            The name of the import: that of the earlier attempt, if there was one.

        Raises:
            StartError: there is something, or a server has started.
        """
        unfinished = await self.unfinished()
        for lane in each_master(self._lanes):
            async for key in scan(lane, "straks:{*}:*"):
                name = key.split(":", 2)[2]
                if name.endswith((":log", ":state", ":marks")) or name == "feed":
                    if not unfinished:
                        raise StartError(
                            f"Redis at {self._shown} holds conversations; import into an empty one."
                        )
                    await lane.reads.ask(("UNLINK", key))
        name = unfinished or secrets.token_hex(16)
        await self._ask(0, ("HSET", META, ARRIVING, name))
        try:
            await self.check_alone()  # One may have started before that was there to be seen.
        except StartError:
            if not unfinished:
                await self._ask(0, ("HDEL", META, ARRIVING))
            raise
        return name

    async def end(self, owner: str) -> None:
        """Let servers start that have the records of that name."""
        await self._ask(0, ("HSET", META, "records", owner), ("HDEL", META, ARRIVING))

    async def put(self, head: Head, entries: Sequence[Entry]) -> None:
        """Store the next entries of a channel."""
        if self._writer is None or self._writer.name != head.name:
            self._writer = ChannelWriter(head)
        commands = self._writer.commands(entries)
        await self._ask(self._writer.keys.partition, *commands)

    async def put_pending(self, items: Sequence[Pending]) -> None:
        """Add to the feeds."""
        commands: dict[int, list[Command]] = {}
        for item in items:
            partition = channel_keys(item.channel).partition
            self._ends[partition] += 1
            end = self._ends[partition]
            for consumer in item.consumers:
                self._first_pending.setdefault((consumer, partition), end)
            commands.setdefault(partition, []).append(
                ("XADD", feed_key(partition), f"0-{end}", "c", item.channel, "o", item.offset)
            )
            commands[partition].append(
                ("HSET", channel_keys(item.channel).state, "f", f"{end}:{item.offset}")
            )
        for partition, several in commands.items():
            await self._ask(partition, *several)

    async def finish(self, consumers: Sequence[str]) -> None:
        """Set each cursor before the first entry that its consumer has yet to see."""
        for partition, end in enumerate(self._ends):
            for consumer in consumers:
                cursor = self._first_pending.get((consumer, partition), end + 1) - 1
                await self._ask(partition, ("HSET", cursors_key(partition), consumer, cursor))

    async def _ask(self, partition: int, *commands: Command) -> list[Any]:
        return await self._lanes[self._topology.lane_of(partition)].reads.ask(*commands)
