"""The log in Redis Streams."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, Self

import msgpack

from straks.log.archive import Archive
from straks.log.limits import Limits
from straks.log.listeners import Listeners
from straks.log.log import (
    Append,
    Appended,
    AppendResult,
    BadItemError,
    Entry,
    FeedItem,
    Listener,
    LogBrokenError,
    LogError,
    LogUnavailableError,
    OutcomeUnknownError,
    Page,
    Tail,
    Told,
    Watcher,
)
from straks.log.recent import RecentFeed
from straks.log.redis.archiving import Archiving
from straks.log.redis.codec import Call, pack_batch, unpack_result
from straks.log.redis.follower import Follower
from straks.log.redis.guard import guard
from straks.log.redis.hearing import Hearing
from straks.log.redis.keys import (
    PARTITIONS,
    channel_keys,
    cursors_key,
    feed_key,
    owner_key,
)
from straks.log.redis.lane import Lane
from straks.log.redis.marking import Marking
from straks.log.redis.nodes import TOKEN_LENGTH, RedisNodes
from straks.log.redis.reading import Reading
from straks.log.redis.scanning import scan_channels
from straks.log.redis.start import Use, check_and_prepare_all, find, where_is
from straks.log.redis.topology import Topology
from straks.telemetry import Trouble
from straks_protocol import Position

__all__ = ["RedisLog"]

_LOG: Final = logging.getLogger(__name__)

_HOUSEKEEPING_SECONDS: Final = 1.0
_RECENT: Final = 512
"""Entries of each partition's feed that are kept in memory: a third more than a consumer
lets gather, so that one who keeps up never asks Redis for them."""
_DEAF: Final = 3.0
"""Seconds without a heard probe after which a lane does not work."""


class RedisLog:
    """A log that several servers share; implements :class:`Log` with a feed per partition.

    Acknowledged means: in Redis, with the persistence that its operator chose. A server tells the
    others of what it appends by publishing it in the same call; who misses that reads it.
    """

    partitions: Final = PARTITIONS

    def __init__(
        self,
        topology: Topology,
        node: str,
        limits: Limits,
        *,
        archive: Archive | None,
        deadline: float,
        absence: float,
    ) -> None:
        """Use :meth:`open`."""
        self._topology = topology
        self._limits = limits
        self._lanes = [
            Lane(topology, number, deadline=deadline, doubt=self._doubted)
            for number in range(len(topology.lanes))
        ]
        self._reading = Reading(self._lanes)
        self.archiving = Archiving(archive, self._lanes, self._reading) if archive else None
        token = secrets.token_hex(TOKEN_LENGTH // 2)
        self.nodes: Final = RedisNodes(node, token, self._lanes, absence=absence)
        self._token = token.encode()
        self._current: set[str] = set()
        listeners = Listeners()
        self._hearings = [
            Hearing(
                lane,
                self.nodes,
                self._reading,
                deliver=listeners.tell,
                grown=self._grown,
                synced=self._synced,
                forked=self._forked,
                current=self._current,
            )
            for lane in self._lanes
        ]
        self.nodes.on_tenure(self._tenure_changed)
        self._recent = [RecentFeed(None, entries=_RECENT, size=1 << 20) for _ in range(PARTITIONS)]
        self._marks = Marking(self._lanes, self.lane_of, self._reading)
        self._listeners: Final = listeners
        self._watchers: list[Watcher] = []
        self._broken: LogBrokenError | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        node: str,
        owner: str | None = None,
        use: Use = Use.SERVE,
        limits: Limits | None = None,
        archive: Archive | None = None,
        deadline: float = 3.0,
        absence: float = 0.0,
    ) -> Self:
        """Open the log in the Redis at ``url`` (:func:`straks.log.redis.address.parse`).

        Args:
            node: name of this server. The caller makes sure that no other process uses it now,
                with a :class:`straks.log.lock.DirectoryLock`: what an earlier one had is taken.
            owner: names the records that go with this log; None: any.
            use: ``RESUME`` when those came by an import, which may not have come to its end.
            archive: has the conversations that are not in Redis; None: there are no others.
            deadline: seconds that a call may take.
            absence: see :class:`straks.log.redis.nodes.RedisNodes`.

        Raises:
            StartError: Redis is absent, too old or not for us.
        """
        topology = await find(where_is(url), deadline=deadline)
        limits = limits or Limits()
        log = cls(topology, node, limits, archive=archive, deadline=deadline, absence=absence)
        try:
            masters = [lane.master for lane in log._lanes]
            await check_and_prepare_all(masters, topology, deadline=deadline, owner=owner, use=use)
        except BaseException:
            log._disconnect()
            raise
        log._start()
        return log

    # --- appending ------------------------------------------------------------------------

    @property
    def lanes(self) -> int:
        """How many ways there are to append; see :meth:`straks.log.log.Log.append`."""
        return len(self._lanes)

    def lane_of(self, channel: str) -> int:
        """Tell the lane of a channel."""
        return self._topology.lane_of(channel_keys(channel).partition)

    async def append(
        self, batch: Sequence[Append], told: Told | None = None
    ) -> Sequence[AppendResult | BadItemError]:
        """Store a batch by one function call; see :meth:`straks.log.log.Log.append`."""
        self._check_open()
        if self._broken is not None:
            raise self._broken
        call = pack_batch(batch, self._limits, archives=self.archiving is not None)
        results, entries = await self._append(call) if call.items else ([], [])
        if call.bad:
            rest = iter(results)
            results = [call.bad.get(i) or next(rest) for i in range(len(batch))]
        self._listeners.appended(entries, results, told)
        return results

    async def _append(self, call: Call) -> tuple[list[AppendResult | BadItemError], list[Entry]]:
        lane = self._lanes[self._topology.lane_of(call.items[0][1].partition)]
        keys = [*call.feeds, *call.keys]
        args = (self._token, len(call.feeds), call.packed, *call.wakes)
        try:
            reply = await lane.appends.call("append", keys, args)
        except OutcomeUnknownError:
            lane.unsettled = True
            raise
        follower = self._hearings[lane.number].follower
        results: list[AppendResult | BadItemError] = []
        entries: list[Entry] = []
        for (item, names), row in zip(call.items, msgpack.unpackb(reply, raw=True), strict=True):
            result = unpack_result(item, row)
            if isinstance(result, Appended):
                if not result.duplicate:
                    self._recent[names.partition].add(row[4], result.entry)
                    entries += follower.take(row[5].decode(), result.entry)
                elif lane.unsettled and result.entry.id == item.id:
                    # An earlier attempt at this very call stored it, and nobody has heard of it.
                    self._grown(names.partition)
                    entries += follower.take(None, result.entry)
                    result = Appended(result.entry, False)
            results.append(result)
        lane.unsettled = False
        return results, entries

    # --- reading --------------------------------------------------------------------------

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Page:
        """Read a page; see :meth:`straks.log.log.Log.read`."""
        self._check_open()
        return await self._reading.read(channel, after=after, before=before, limit=limit)

    async def tail(self, channel: str) -> Tail:
        """Tell where a channel ends; see :meth:`straks.log.log.Log.tail`."""
        self._check_open()
        tail = await self._reading.tail(channel)
        marks = self._marks.merge(channel, tail.read, tail.position.offset)
        return replace(tail, read=marks)

    def mark(self, channel: str, reader: str, offset: int) -> None:
        """Raise a reader's watermark; see :meth:`straks.log.log.Log.mark`."""
        self._marks.put(channel, reader, offset)

    # --- following ------------------------------------------------------------------------

    def listen(self, listener: Listener, *, fold: bool = False) -> None:
        """Add a listener; see :meth:`straks.log.log.Log.listen`."""
        self._listeners.add(listener, fold=fold)

    def watch(self, watcher: Watcher) -> None:
        """Add a watcher; see :meth:`straks.log.log.Log.watch`."""
        self._watchers.append(watcher)

    def follow(self, channel: str) -> None:
        """Tell listeners of what anybody appends to a channel."""
        self._follower(channel).follow(channel)

    def unfollow(self, channel: str) -> None:
        """End :meth:`follow`."""
        self._follower(channel).unfollow(channel)

    def follows(self, channel: str) -> bool:
        """See :meth:`straks.log.log.Log.follows`."""
        return channel in self._current

    async def synced(self, channel: str) -> None:
        """See :meth:`straks.log.log.Log.synced`."""
        await self._follower(channel).synced(channel)

    # --- the feed -------------------------------------------------------------------------

    def partition_of(self, channel: str) -> int:
        """Tell which feed shows a channel's entries."""
        return channel_keys(channel).partition

    def tenure(self, partition: int) -> int | None:
        """See :meth:`straks.log.log.Feed.tenure`."""
        return self.nodes.tenure(partition)

    async def feed(self, partition: int, after: int, limit: int) -> Sequence[FeedItem]:
        """Read the feed; see :meth:`straks.log.log.Feed.feed`."""
        self._check_open()
        recent = self._recent[partition]
        known = recent.after(after, limit)
        if known:
            return known
        # Nothing new in memory may mean that others have added something.
        items = await self._reading.feed(partition, after, limit)
        for item in items:
            recent.add_read(item)  # for the other consumers
        return items

    async def cursor(self, consumer: str, partition: int) -> int:
        """Tell how far a consumer has come; the feed is kept from there on."""
        self._check_open()
        position = await self._reading.cursor(consumer, partition)
        self._recent[partition].handled(consumer, position)
        return position

    def conversations(self) -> AsyncIterator[str]:
        """Name them; see :meth:`straks.log.log.Feed.conversations`."""
        archiving = self.archiving
        return archiving.everywhere() if archiving else scan_channels(self._lanes, "conversation")

    async def move_cursor(self, consumer: str, partition: int, position: int) -> None:
        """Note how far a consumer has come; trims the feed below all of them."""
        self._check_open()
        lane = self._lanes[self._topology.lane_of(partition)]
        keys = [cursors_key(partition), feed_key(partition), owner_key(partition)]
        args = [consumer, position, self.nodes.tag]
        await lane.chore("move_cursor", keys, args, doubts=lane.doubts)
        self._recent[partition].handled(consumer, position)

    # --- health and end -------------------------------------------------------------------

    async def check(self) -> None:
        """See that most lanes hear what is published; see :meth:`straks.log.log.Log.check`."""
        since = asyncio.get_running_loop().time() - _DEAF
        deaf = [hearing for hearing in self._hearings if hearing.ear.heard_at < since]
        if 2 * len(deaf) > len(self._hearings):
            raise LogUnavailableError("what other servers append is not heard")

    async def close(self) -> None:
        """Store what is waiting, let others go on with what this node read, and disconnect."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            if self._broken is None:
                await self._marks.store()
                await self.nodes.leave()
        except LogError as error:
            _LOG.warning("the log was left in haste: %s", error)
        finally:
            self._closed = True
            self._disconnect()

    def _check_open(self) -> None:
        if self._closed:
            raise LogUnavailableError("the log is closed")

    def _follower(self, channel: str) -> Follower:
        return self._hearings[self.lane_of(channel)].follower

    # --- what happens by itself -----------------------------------------------------------

    def _grown(self, partition: int) -> None:
        for watcher in self._watchers:
            watcher.grown(partition)

    def _synced(self, channel: str, position: Position) -> None:
        for watcher in self._watchers:
            watcher.synced(channel, position)

    def _forked(self, channel: str) -> None:
        _LOG.warning("the log lost entries of %s that were delivered", channel)
        for watcher in self._watchers:
            watcher.forked(channel)

    def _tenure_changed(self, partition: int) -> None:
        self._recent[partition].forget()
        self._hearings[self._topology.lane_of(partition)].tend(partition)
        for watcher in self._watchers:
            watcher.tenure_changed(partition)

    def _doubted(self, lane: Lane) -> None:
        _LOG.warning("Redis at %s was replaced or has started again", lane.master.shown)
        for partition in lane.partitions:
            self._recent[partition].forget()
        for watcher in self._watchers:
            watcher.doubted(lambda channel: channel_keys(channel).partition in lane.partitions)
        self._hearings[lane.number].follower.doubt()
        self.nodes.doubt(lane.partitions)

    def _start(self) -> None:
        work: dict[str, Callable[[], Awaitable[None]]] = {
            "nodes": self.nodes.run,
            "house": self._keep_house,
        }
        for hearing in self._hearings:
            work[f"ear {hearing.lane.number}"] = hearing.ear.run
            work[f"follower {hearing.lane.number}"] = hearing.follower.run
        self._tasks = [
            asyncio.create_task(guard(name, part, self._failed), name=f"log {name}")
            for name, part in work.items()
        ]

    def _failed(self, error: LogBrokenError) -> None:
        self._broken = error

    async def _keep_house(self) -> None:
        """Store watermarks, and look whether the masters are where they were."""
        troubles = [Trouble(_LOG, "housekeeping"), Trouble(_LOG, "storing watermarks")]
        while True:
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)
            work = (self._topology.look_again, self._marks.store)
            for do, trouble in zip(work, troubles, strict=True):
                try:
                    await do()
                except LogError as error:
                    trouble.failed(error)
                else:
                    trouble.worked()

    def _disconnect(self) -> None:
        for lane in self._lanes:
            lane.close()
