"""A reader of the log's feed that acts on what it reads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias, TypeVar

from straks.conversation.errors import RefusedError
from straks.log.log import (
    Entry,
    Feed,
    FeedItem,
    LogError,
    LogUnavailableError,
    OutcomeUnknownError,
    Watcher,
)
from straks.records.errors import RecordsUnavailableError
from straks.telemetry import Trouble
from straks_protocol import TEMPORARY, ErrorCode

__all__ = ["BATCH", "Consumer", "Handle", "passes"]

BATCH: Final = 256
"""Items that a handler gets at once, and that are handled again at most after a crash."""

_CURSOR_EVERY: Final = 1.0
"""Seconds after which the cursor is moved even when few items were handled."""
_LOOK_EVERY: Final = 1.0
"""Seconds after which the feed is looked at even if nobody woke the consumer: other nodes."""
_MOST_NOTED: Final = 3 * BATCH // 2
"""New entries after which the feed is looked at, urgent or not: while it is still in memory."""
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 5.0

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

Handle: TypeAlias = Callable[[Sequence[FeedItem]], Awaitable[int | None]]
"""Has the effects of some items, of one partition, in order.

Returns None when all effects are done, or the feed position up to which they are: it is then
called again within ``linger`` seconds, with new items or none, to finish the rest. It may be
given the same items again.
"""


def passes(error: BaseException) -> bool:
    """Tell whether the same may work later: log or records are away, or the server is busy."""
    if isinstance(error, RefusedError):
        return error.code in TEMPORARY and error.code is not ErrorCode.INTERNAL
    return isinstance(error, LogUnavailableError | OutcomeUnknownError | RecordsUnavailableError)


class Consumer(Watcher):
    """Hands the items of a feed to a handler, at least once each, and remembers how far it came.

    The cursor is moved after the effects and lazily. What fails for now is tried again until it
    works; an item that fails for another reason ``tries`` times is noted in the server's log and
    skipped, so that it never stops the others.

    Of several servers that share a log, one reads each partition. When another takes it over, it
    goes on from the cursor.
    """

    def __init__(
        self,
        name: str,
        feed: Feed,
        handle: Handle | Sequence[Handle],
        *,
        urgent: Callable[[Entry], bool] = lambda _entry: True,
        linger: float = 0.25,
        tries: int = 5,
        passes: Callable[[BaseException], bool] = passes,
    ) -> None:
        """``handle``: one for all partitions, or one each when it remembers what it was given.
        ``urgent``: entries that are read at once; others within ``linger`` seconds."""
        self.name = name
        self._feed = feed
        self._urgent = urgent
        self._linger = linger
        self._tries = tries
        self._passes = passes
        self._trouble = Trouble(_log, name)
        handles = [handle] * feed.partitions if callable(handle) else handle
        self._readers = [_Reader(self, partition, each) for partition, each in enumerate(handles)]
        feed.watch(self)

    def committed(self, entries: Sequence[Entry]) -> None:
        """Note that there are new entries; a listener of the log."""
        partition_of, readers, urgent = self._feed.partition_of, self._readers, self._urgent
        for entry in entries:
            reader = readers[partition_of(entry.channel)]
            if not reader.is_awake:
                reader.note(urgent(entry))

    def grown(self, partition: int) -> None:
        """Look at a feed that others have added to."""
        self._readers[partition].wake()

    def tenure_changed(self, partition: int) -> None:
        """Begin or stop to read a feed."""
        self._readers[partition].wake()

    def wake(self) -> None:
        """Look at the feed now."""
        for reader in self._readers:
            reader.wake()

    async def run(self) -> None:
        """Consume until cancelled."""
        async with asyncio.TaskGroup() as readers:
            for reader in self._readers:
                readers.create_task(reader.run())


class _Reader:
    """One partition of a consumer."""

    def __init__(self, consumer: Consumer, partition: int, handle: Handle) -> None:
        self._consumer = consumer
        self._partition = partition
        self._handle = handle
        self._awake = asyncio.Event()
        self.is_awake = False
        """It will look at the feed now; the event's state, where it is asked for often."""
        self._soon: asyncio.TimerHandle | None = None
        self._noted = 0
        self._read = 0
        """The feed position up to which items were handed to the handler."""
        self._done = 0
        """That up to which their effects are done."""
        self._moved = 0
        """That which the cursor remembers."""
        self._moved_at = 0.0

    def note(self, urgent: bool) -> None:
        """Look at the feed now or soon."""
        self._noted += 1
        if urgent or self._noted >= _MOST_NOTED:
            self.wake()
        elif self._soon is None:
            loop = asyncio.get_running_loop()
            self._soon = loop.call_later(self._consumer._linger, self.wake)

    def wake(self) -> None:
        """Look at the feed now."""
        self._noted = 0
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        self._awake.set()
        self.is_awake = True

    def _sleep(self) -> None:
        self._awake.clear()
        self.is_awake = False

    async def run(self) -> None:
        """Consume until cancelled, whenever the feed is this server's to read."""
        feed = self._consumer._feed
        try:
            while True:
                tenure = feed.tenure(self._partition)
                if tenure is None:
                    self._sleep()
                    await self._rest(_LOOK_EVERY)
                else:
                    await self._consume(tenure)
        finally:
            if self._soon is not None:
                self._soon.cancel()
                self._soon = None

    async def _consume(self, tenure: int) -> None:
        """Consume until another server does, or what was read is in doubt."""
        consumer = self._consumer
        self._read = self._done = self._moved = await self._patiently(
            lambda: consumer._feed.cursor(consumer.name, self._partition)
        )
        try:
            while self._reads(tenure):
                await self._round(tenure)
        finally:
            # Whatever was not noted is done again, and does no harm.
            if self._reads(tenure):
                await self._move_cursor()

    def _reads(self, tenure: int) -> bool:
        return self._consumer._feed.tenure(self._partition) == tenure

    async def _round(self, tenure: int) -> None:
        consumer = self._consumer
        self._sleep()
        items = await self._patiently(
            lambda: consumer._feed.feed(self._partition, self._read, BATCH)
        )
        if not self._reads(tenure):
            return
        if items or self._done < self._read:
            last = items[-1].position if items else self._read
            done = await self._effects(items)
            self._read = last
            self._done = last if done is None else min(done, last)
        if asyncio.get_running_loop().time() - self._moved_at >= _CURSOR_EVERY:
            await self._move_cursor()
        if len(items) == BATCH:
            await asyncio.sleep(0)
        else:
            behind = self._done < self._read
            await self._rest(self._consumer._linger if behind else _LOOK_EVERY)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _effects(self, items: Sequence[FeedItem]) -> int | None:
        try:
            return await self._patiently(lambda: self._handle(items))
        except Exception:
            # Of several, the others must not fail with the one.
            _log.exception("%s: items up to %d failed", self._consumer.name, self._read)
        done = None
        for item in items:
            done = await self._effects_of(item)
        return done

    async def _effects_of(self, item: FeedItem) -> int | None:
        pause = _FIRST_PAUSE
        for left in reversed(range(self._consumer._tries)):
            try:
                return await self._patiently(lambda: self._handle((item,)))
            except Exception:
                if left:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
                else:
                    _log.exception(
                        "%s: feed item %d (%s, offset %d) is skipped",
                        self._consumer.name,
                        item.position,
                        item.entry.channel,
                        item.entry.offset,
                    )
        return None

    async def _patiently(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Call until it does not fail for now."""
        pause = _FIRST_PAUSE
        while True:
            try:
                result = await call()
            except Exception as error:
                if not self._consumer._passes(error):
                    raise
                self._consumer._trouble.failed(f"waits: {error}", self._partition)
            else:
                self._consumer._trouble.worked(self._partition)
                return result
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _move_cursor(self) -> None:
        self._moved_at = asyncio.get_running_loop().time()
        if self._done == self._moved:
            return
        done = self._done
        try:
            await self._consumer._feed.move_cursor(self._consumer.name, self._partition, done)
        except LogError as error:
            self._consumer._trouble.failed(
                f"the cursor stays behind: {error}", ("cursor", self._partition)
            )
        else:
            self._consumer._trouble.worked(("cursor", self._partition))
            self._moved = done
