"""The log in Redis Streams."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Self

import msgpack
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from straks.errors import StartError
from straks.log.limits import Limits
from straks.log.log import (
    Append,
    Appended,
    AppendResult,
    BadItemError,
    Conflict,
    Entry,
    FeedItem,
    Full,
    Listener,
    LogBrokenError,
    LogError,
    LogUnavailableError,
    OutcomeUnknownError,
    Page,
    Tail,
)
from straks.log.marks import Marks, MarkSet
from straks.log.recent import RecentFeed
from straks.log.redis.codec import Call, pack_batch, unpack_stored, unpack_streamed
from straks.log.redis.keys import LEASE, PARTITIONS, channel_keys, cursors_key, feed_key
from straks.log.redis.link import RedisLink
from straks.log.redis.start import check_and_prepare, place
from straks.telemetry import Trouble
from straks_protocol import Position

__all__ = ["RedisLog"]

_LOG: Final = logging.getLogger(__name__)

_NEW, _USED, _CONFLICT, _FULL = range(4)
_LEASE_SECONDS: Final = 15
_RENEW_SECONDS: Final = 5
_HOUSEKEEPING_SECONDS: Final = 1.0
_RECENT: Final = 2048
"""Entries of each partition's feed that are kept in memory: four times what a consumer lets
gather, so that one who keeps up never asks Redis for them."""
_READS: Final = 16
"""Reads at a time; further ones wait, before their time begins to run."""


class RedisLog:
    """A log in one Redis, for one server; implements :class:`Log` with a feed per partition.

    Acknowledged means: in Redis, with the persistence that its operator chose. A lease keeps a
    second server out; every append checks it, so that one who has lost it stores nothing.
    """

    partitions: Final = PARTITIONS

    def __init__(
        self, pool: ConnectionPool, holder: str, limits: Limits, *, deadline: float
    ) -> None:
        """Use :meth:`open`."""
        self._pool = pool
        self._client = Redis(connection_pool=pool)
        self._appends = RedisLink(pool, deadline=deadline)
        self._chores = RedisLink(pool, deadline=deadline)
        self._chore = asyncio.Lock()
        self._reads = asyncio.Semaphore(_READS)
        self._holder = holder
        self._limits = limits
        self._deadline = deadline
        self._unsettled = False
        self._recent = [RecentFeed(None, entries=_RECENT, size=1 << 20) for _ in range(PARTITIONS)]
        self._marks = Marks()
        self._listeners: list[Listener] = []
        self._broken: LogBrokenError | None = None
        self._housekeeper: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def open(
        cls, url: str, *, node: str, limits: Limits | None = None, deadline: float = 3.0
    ) -> Self:
        """Open the log in the Redis at ``url``.

        Args:
            node: name of this server. The caller makes sure that no other process uses it now,
                with a :class:`straks.log.lock.DirectoryLock`: an earlier one's lease is taken over.
            deadline: seconds that a call may take.

        Raises:
            StartError: Redis is absent, too old or not for us, or another server uses it.
        """
        where = place(url)
        try:
            pool = ConnectionPool.from_url(
                url,
                max_connections=2 * _READS,
                socket_timeout=None,
                socket_connect_timeout=deadline / 2,
                retry=Retry(NoBackoff(), 1),  # of reads; a RedisLink sends once
                maint_notifications_config=None,
            )
        except ValueError as error:
            raise StartError(f"The address {where} is not one of a Redis ({error}).") from error
        log = cls(pool, f"{node}:{secrets.token_hex(8)}", limits or Limits(), deadline=deadline)
        try:
            async with asyncio.timeout(deadline):
                await check_and_prepare(log._client, where)
            await log._take_lease(where)
        except TimeoutError as error:
            await log._disconnect()
            raise StartError(f"Redis at {where} does not answer.") from error
        except BaseException:
            await log._disconnect()
            raise
        log._housekeeper = asyncio.create_task(log._keep_house(), name="log housekeeping")
        return log

    async def append(self, batch: Sequence[Append]) -> Sequence[AppendResult | BadItemError]:
        """Store a batch by one function call; see :meth:`straks.log.log.Log.append`."""
        self._check_open()
        if self._broken is not None:
            raise self._broken
        call = pack_batch(batch, self._limits)
        results, entries = await self._append(call) if call.items else ([], [])
        if entries:
            for listener in self._listeners:
                listener(entries)
        if call.bad:
            rest = iter(results)
            return [call.bad.get(i) or next(rest) for i in range(len(batch))]
        return results

    async def _append(self, call: Call) -> tuple[list[AppendResult | BadItemError], list[Entry]]:
        keys = [LEASE, *call.feeds, *call.keys]
        args = (self._holder, _LEASE_SECONDS * 1000, len(call.feeds), call.packed)
        try:
            reply = await self._appends.call("append", keys, args)
        except OutcomeUnknownError:
            self._unsettled = True
            raise
        except LogBrokenError as error:
            self._broken = error
            raise
        results: list[AppendResult | BadItemError] = []
        entries: list[Entry] = []
        for (item, names), row in zip(call.items, msgpack.unpackb(reply, raw=True), strict=True):
            result = _result(item, row)
            if isinstance(result, Appended):
                if not result.duplicate:
                    self._recent[names.partition].add(row[4], result.entry)
                    entries.append(result.entry)
                elif self._unsettled and result.entry.id == item.id:
                    # An earlier attempt at this very call stored it, and nobody has heard of it.
                    self._recent[names.partition].forget()
                    entries.append(result.entry)
                    result = Appended(result.entry, False)
            results.append(result)
        self._unsettled = False
        return results, entries

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Page:
        """Read a page; see :meth:`straks.log.log.Log.read`."""
        self._check_open()
        key, count = channel_keys(channel).log, limit + 1
        if after is not None:
            start = f"0-{max(after, 0) + 1}"
            rows = await self._ask(self._client.xrange(key, start, "+", count=count))
        else:
            end = f"0-{max(before - 1, 0)}" if before is not None else "+"
            rows = await self._ask(self._client.xrevrange(key, end, "-", count=count))
        entries = [unpack_streamed(channel, row) for row in rows[:limit]]
        if after is None:
            entries.reverse()
        return Page(entries, len(rows) > limit)

    async def tail(self, channel: str) -> Tail:
        """Tell where a channel ends; see :meth:`straks.log.log.Log.tail`."""
        self._check_open()
        keys = channel_keys(channel)
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.hmget(keys.state, ["o", "i", "g"])
            pipeline.hgetall(keys.marks)
            (offset, entry_id, state), stored = await self._ask(pipeline.execute())
        if offset is None:
            return Tail(Position(offset=0, id=""), 0, {})
        last = int(offset)
        marks = {reader.decode(): int(mark) for reader, mark in stored.items()}
        return Tail(
            Position(offset=last, id=entry_id.decode()),
            int(state),
            self._marks.merge(channel, marks, last),
        )

    def mark(self, channel: str, reader: str, offset: int) -> None:
        """Raise a reader's watermark; see :meth:`straks.log.log.Log.mark`."""
        self._marks.put(channel, reader, offset)

    def listen(self, listener: Listener) -> None:
        """Add a listener; it hears of every entry, since all are appended here."""
        self._listeners.append(listener)

    def follow(self, channel: str) -> None:
        """Do nothing: this is the only server, and listeners hear of all that it appends."""

    def unfollow(self, channel: str) -> None:
        """Do nothing, as :meth:`follow`."""

    def partition_of(self, channel: str) -> int:
        """Tell which feed shows a channel's entries."""
        return channel_keys(channel).partition

    async def feed(self, partition: int, after: int, limit: int) -> Sequence[FeedItem]:
        """Read the feed; see :meth:`straks.log.log.Feed.feed`."""
        self._check_open()
        recent = self._recent[partition].after(after, limit)
        if recent is not None:
            return recent
        rows = await self._ask(
            self._client.xrange(feed_key(partition), f"0-{after + 1}", "+", count=limit)
        )
        places = [
            (int(stream_id.partition(b"-")[2]), fields[b"c"].decode(), int(fields[b"o"]))
            for stream_id, fields in rows
        ]
        return await self._entries(places) if places else ()

    async def cursor(self, consumer: str, partition: int) -> int:
        """Tell how far a consumer has come; the feed is kept from there on."""
        self._check_open()
        key = cursors_key(partition)
        async with self._client.pipeline(transaction=True) as pipeline:
            pipeline.hsetnx(key, consumer, "0")
            pipeline.hget(key, consumer)
            return int((await self._ask(pipeline.execute()))[-1])

    async def move_cursor(self, consumer: str, partition: int, position: int) -> None:
        """Note how far a consumer has come; trims the feed below all of them."""
        keys = [cursors_key(partition), feed_key(partition)]
        await self._do("move_cursor", keys, [consumer, position])

    async def close(self) -> None:
        """Store what is waiting, give the lease back and disconnect."""
        if self._housekeeper is not None:
            self._housekeeper.cancel()
            await asyncio.gather(self._housekeeper, return_exceptions=True)
        try:
            if self._broken is None:
                await self._store_marks()
                await self._do("release", [LEASE], [self._holder])
        except LogError as error:
            _LOG.warning("the log was left in haste: %s", error)
        finally:
            self._closed = True
            await self._disconnect()

    def _check_open(self) -> None:
        if self._closed:
            raise LogUnavailableError("the log is closed")

    async def _entries(self, places: Sequence[tuple[int, str, int]]) -> Sequence[FeedItem]:
        """Read the entries that feed positions stand for; those that are gone are left out."""
        async with self._client.pipeline(transaction=False) as pipeline:
            for _, channel, offset in places:
                stream_id = f"0-{offset}"
                pipeline.xrange(channel_keys(channel).log, stream_id, stream_id)
            found = await self._ask(pipeline.execute())
        return [
            FeedItem(position, unpack_streamed(channel, rows[0]))
            for (position, channel, _), rows in zip(places, found, strict=True)
            if rows
        ]

    async def _take_lease(self, where: str) -> None:
        other = await self._lease(take_over=True)
        if other is not None:
            raise StartError(
                f"Another server ({other}) uses Redis at {where}; stop it and wait "
                f"{_LEASE_SECONDS} seconds, or give this one a Redis database of its own."
            )

    async def _lease(self, *, take_over: bool) -> str | None:
        """Take or renew the lease; None, or the node that has it."""
        node = self._holder.partition(":")[0]
        args = [node, self._holder, _LEASE_SECONDS * 1000, int(take_over)]
        other = await self._do("lease", [LEASE], args)
        return None if other is None else other.decode().partition(":")[0]

    async def _store_marks(self) -> None:
        if not self._marks:
            return
        marks = self._marks.take()
        try:
            await self._do("mark", *_packed_marks(marks))
        except BaseException:
            self._marks.failed(marks)
            raise
        self._marks.stored(marks)

    async def _do(self, function: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Call a function that may be called twice, as on a connection that broke unnoticed."""
        self._check_open()
        async with self._chore:
            try:
                return await self._chores.call(function, keys, args)
            except OutcomeUnknownError:
                return await self._chores.call(function, keys, args)

    async def _ask(self, answer: Awaitable[Any]) -> Any:
        try:
            async with self._reads, asyncio.timeout(self._deadline):
                return await answer
        except (RedisError, OSError) as error:
            reason = str(error) or "it does not answer in time"
            raise LogUnavailableError(f"Redis cannot be read: {reason}") from error

    async def _keep_house(self) -> None:
        """Store watermarks and renew the lease."""
        trouble = Trouble(_LOG, "housekeeping")
        loop = asyncio.get_running_loop()
        renew_at = loop.time() + _RENEW_SECONDS
        while True:
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)
            try:
                await self._store_marks()
                if loop.time() >= renew_at:
                    renew_at = loop.time() + _RENEW_SECONDS
                    other = await self._lease(take_over=False)
                    if other is not None:
                        raise LogBrokenError(f"another server has taken over this Redis: {other}")
            except LogBrokenError as error:
                _LOG.critical("%s", error)
                self._broken = error  # for the next append, which ends the process
                return
            except LogError as error:
                trouble.failed(error)
            else:
                trouble.worked()

    async def _disconnect(self) -> None:
        await self._appends.close()
        await self._chores.close()
        await self._client.aclose()
        await self._pool.disconnect()


def _result(item: Append, row: list[Any]) -> AppendResult | BadItemError:
    """Make of a row of the append function's answer what it means for an item."""
    outcome = row[0]
    if outcome == _NEW:
        return Appended(item.entry(row[1], row[2]), False)
    if outcome == _USED:
        return Appended(unpack_stored(item.channel, *row[1:]), True)
    if outcome == _CONFLICT:
        return Conflict(row[1])
    if outcome == _FULL:
        return Full()
    return BadItemError(f"Redis cannot store it: {row[1].decode()}")


def _packed_marks(marks: MarkSet) -> tuple[list[str], list[bytes]]:
    keys: list[str] = []
    for channel in marks:
        names = channel_keys(channel)
        keys += (names.state, names.marks)
    pairs = [list(readers.items()) for readers in marks.values()]
    return keys, [msgpack.packb(pairs, use_bin_type=False)]
