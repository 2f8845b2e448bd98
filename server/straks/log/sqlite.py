"""The embedded log: one file, one server."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, Self, TypeVar

from straks.log.alone import Alone
from straks.log.limits import Limits
from straks.log.listeners import Listeners
from straks.log.lock import DirectoryLock
from straks.log.log import (
    Append,
    AppendResult,
    BadItemError,
    FeedItem,
    Listener,
    LogBrokenError,
    LogError,
    LogUnavailableError,
    Page,
    Tail,
    Told,
)
from straks.log.marks import Marks
from straks.log.recent import RecentFeed
from straks.log.sqlite_file import LOG_FILE, SQLiteThread, prepare, unusable
from straks.log.sqlite_reader import (
    read_conversations,
    read_cursor,
    read_feed,
    read_page,
    read_tail,
)
from straks.log.sqlite_writer import Writer
from straks.telemetry import Trouble

__all__ = ["SQLiteLog"]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_LOG: Final = logging.getLogger(__name__)

_HOUSEKEEPING_SECONDS: Final = 1.0
_CACHE_KIB: Final = 2 << 10
"""Of each connection. The system keeps the file's pages for all of them at once."""
_CHECKPOINT_ENTRIES: Final = 1_000
"""Entries after which a checkpoint is made in the next quiet moment."""


class SQLiteLog(Alone):
    """A log in one SQLite file; implements :class:`Log` with a feed of one partition.

    What is acknowledged has been forced to the disk. One thread writes, one reads channels and
    one reads the feed, so that none of them waits for another.
    """

    partitions: Final = 1

    def __init__(
        self,
        writer: Writer,
        threads: tuple[SQLiteThread, SQLiteThread, SQLiteThread],
        cleanup: AsyncExitStack,
    ) -> None:
        """Use :meth:`open`."""
        self._writer = writer
        self._write_thread, self._read_thread, self._feed_thread = threads
        self._cleanup = cleanup
        self._recent = RecentFeed(writer.position)
        self._marks = Marks()
        self._listeners: Final = Listeners()
        self._broken: LogBrokenError | None = None
        self._work = asyncio.Event()
        self._housekeeper = asyncio.get_running_loop().create_task(
            self._keep_house(), name="log housekeeping"
        )

    @classmethod
    async def open(cls, directory: Path, *, limits: Limits | None = None) -> Self:
        """Open the log in a data directory; make it when there is none.

        Raises:
            StartError: another server uses it, it is of a newer version, it is damaged, or it
                cannot be written.
        """
        async with AsyncExitStack() as cleanup:
            lock = DirectoryLock.take(directory)
            cleanup.callback(lock.release)
            path = directory / LOG_FILE
            prepare(path)
            # The writer is closed last: SQLite then moves everything into the file.
            writing = await cleanup.enter_async_context(
                SQLiteThread(path, writes=True, cache_kib=_CACHE_KIB)
            )
            reading = await cleanup.enter_async_context(
                SQLiteThread(path, writes=False, cache_kib=_CACHE_KIB)
            )
            feeding = await cleanup.enter_async_context(
                SQLiteThread(path, writes=False, cache_kib=_CACHE_KIB)
            )
            try:
                writer = await writing.run(Writer, writing.connection, limits or Limits())
            except sqlite3.Error as error:
                raise unusable(path, error) from error
            return cls(writer, (writing, reading, feeding), cleanup.pop_all())

    async def append(
        self, batch: Sequence[Append], told: Told | None = None
    ) -> Sequence[AppendResult | BadItemError]:
        """Store a batch in one transaction; see :meth:`straks.log.log.Log.append`."""
        if self._broken is not None:
            raise self._broken
        marks = self._marks.take()
        try:
            written = await self._write_thread.run(self._writer.append, batch, marks)
        except BaseException as error:
            self._marks.failed(marks)
            if isinstance(error, LogBrokenError):
                self._broken = error
            raise
        self._marks.stored(marks)
        for position, entry in enumerate(written.entries, written.position):
            self._recent.add(position, entry)
        self._listeners.appended(written.entries, written.results, told)
        if written.entries:
            self._work.set()
        return written.results

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Page:
        """Read a page; see :meth:`straks.log.log.Log.read`."""
        return await self._read(self._read_thread, read_page, channel, after, before, limit)

    async def tail(self, channel: str) -> Tail:
        """Tell where a channel ends; see :meth:`straks.log.log.Log.tail`."""
        tail = await self._read(self._read_thread, read_tail, channel)
        marks = self._marks.merge(channel, tail.read, tail.position.offset)
        return replace(tail, read=marks)

    def mark(self, channel: str, reader: str, offset: int) -> None:
        """Raise a reader's watermark; see :meth:`straks.log.log.Log.mark`."""
        self._marks.put(channel, reader, offset)
        self._work.set()

    def listen(self, listener: Listener, *, fold: bool = False) -> None:
        """Add a listener; it hears of every entry, since all are appended here."""
        self._listeners.add(listener, fold=fold)

    def partition_of(self, channel: str) -> int:
        """Tell which feed shows a channel's entries: there is one."""
        return 0

    async def feed(self, partition: int, after: int, limit: int) -> Sequence[FeedItem]:
        """Read the feed; see :meth:`straks.log.log.Feed.feed`."""
        recent = self._recent.after(after, limit)
        if recent is not None:
            return recent
        return await self._read(self._feed_thread, read_feed, after, limit)

    async def conversations(self) -> AsyncIterator[str]:
        """Name those that there are; see :meth:`straks.log.log.Feed.conversations`."""
        after = 0
        while rows := await self._read(self._feed_thread, read_conversations, after):
            for _, name in rows:
                yield name
            after, _ = rows[-1]

    async def cursor(self, consumer: str, partition: int) -> int:
        """Tell how far a consumer has come; see :meth:`straks.log.log.Feed.cursor`."""
        position = await self._read(self._feed_thread, read_cursor, consumer)
        self._recent.handled(consumer, position)
        return position

    async def move_cursor(self, consumer: str, partition: int, position: int) -> None:
        """Note how far a consumer has come; see :meth:`straks.log.log.Feed.move_cursor`."""
        await self._write_thread.run(self._writer.move_cursor, consumer, position)
        self._recent.handled(consumer, position)

    async def check(self) -> None:
        """Write something; see :meth:`straks.log.log.Log.check`."""
        # The cursor of nobody: one row, another value each time.
        await self._write_thread.run(self._writer.move_cursor, "", time.time_ns() // 1_000_000)

    async def close(self) -> None:
        """Store what is waiting, close the file and let another server have it."""
        self._housekeeper.cancel()
        await asyncio.gather(self._housekeeper, return_exceptions=True)
        try:
            if self._marks and self._broken is None:
                await self._store_marks()
        except LogError as error:
            _LOG.error("read watermarks were lost: %s", error)
        finally:
            await self._cleanup.aclose()

    async def _read(
        self,
        thread: SQLiteThread,
        function: Callable[Concatenate[sqlite3.Connection, _P], _T],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        try:
            return await thread.run(function, thread.connection, *args, **kwargs)
        except (sqlite3.Error, ValueError) as error:  # ValueError: it is closed
            raise LogUnavailableError(f"the log cannot be read: {error}") from error

    async def _store_marks(self) -> None:
        marks = self._marks.take()
        try:
            await self._write_thread.run(self._writer.store_marks, marks)
        except BaseException:
            self._marks.failed(marks)
            raise
        self._marks.stored(marks)

    async def _keep_house(self) -> None:
        """Store watermarks that no batch takes along, and make checkpoints between batches."""
        trouble = Trouble(_LOG, "housekeeping")
        while True:
            await self._work.wait()
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)
            self._work.clear()
            try:
                if self._marks:
                    await self._store_marks()
                if self._writer.since_checkpoint >= _CHECKPOINT_ENTRIES:
                    await self._write_thread.run(self._writer.checkpoint)
            except LogUnavailableError as error:
                trouble.failed(error)
                self._work.set()
            except LogBrokenError as error:
                _LOG.critical("the log's storage failed: %s", error)
                self._broken = error  # for the next append, which ends the process
                return
            else:
                trouble.worked()
