"""Moving the log into and out of the embedded log's file.

For a process that does nothing else: what takes long is not done in a thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from straks.log.log import Entry
from straks.log.moving import Head, Pending, with_states
from straks.log.sqlite_file import prepare, unusable
from straks.log.sqlite_reader import read_cursor, read_feed, read_page, read_tail
from straks.log.sqlite_sql import QUERIES, adding
from straks_protocol import Position

__all__ = ["SQLiteMoving"]

_FEED_PAGE: Final = 1_000


class SQLiteMoving:
    """The log in a file; implements :class:`Departure` and :class:`Arrival`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use :meth:`open`."""
        self._connection = connection
        self._position = 0
        """Of the last entry that was put."""
        self._channel: tuple[str, int, int] = ("", 0, 0)
        """Name, number and last state offset of the channel that is being put."""
        self._first_pending: dict[str, int] = {}

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open the file; make it when there is none. What was put is there after the block.

        Raises:
            StartError: it is not a log, of a newer release, damaged or cannot be written.
        """
        prepare(path)
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield cls(connection)
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise unusable(path, error) from error
        finally:
            connection.close()

    async def channels(self) -> Sequence[str]:
        """Give the names of all channels, sorted."""
        rows = self._connection.execute(QUERIES["all_channels"])
        return sorted(name for (name,) in rows)

    async def head(self, channel: str) -> Head:
        """Read a channel's head."""
        tail = read_tail(self._connection, channel)
        (last,) = await self.entries(channel, tail.position.offset - 1, 1)
        return Head(
            name=channel,
            position=Position(offset=last.offset, id=last.id),
            at=last.at,
            state=tail.state_offset,
            marks={reader: mark for reader, mark in sorted(tail.read.items()) if mark > 0},
        )

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[Entry]:
        """Read entries above an offset, in order."""
        return read_page(self._connection, channel, after, None, limit).entries

    async def pending(self, consumers: Sequence[str]) -> AsyncIterator[Pending]:
        """Read what some of the consumers have yet to see."""
        cursors = {name: read_cursor(self._connection, name) for name in consumers}
        after = min(cursors.values(), default=0)
        while items := read_feed(self._connection, after, _FEED_PAGE):
            for item in items:
                after = item.position
                yield Pending(
                    channel=item.entry.channel,
                    offset=item.entry.offset,
                    consumers=tuple(name for name in consumers if cursors[name] < after),
                )

    async def put(self, head: Head, entries: Sequence[Entry]) -> None:
        """Store the next entries of a channel."""
        name, number, state = self._channel
        if name != head.name:
            first = entries[0].offset
            number, state = number + 1, head.state if head.state < first else first - 1
            self._connection.execute(adding("add_channels", 1, 2), (number, head.name))
            self._connection.executemany(
                QUERIES["put_mark"],
                [(number, reader, offset) for reader, offset in head.marks.items()],
            )
        rows: list[tuple[Any, ...]] = []
        for entry, entry_state in with_states(entries, state):
            state = entry_state
            self._position += 1
            rows.append(
                (
                    *(self._position, number, entry.offset, state, entry.id, entry.at),
                    *(entry.sender, entry.name, entry.key, entry.kind, entry.data),
                )
            )
        self._connection.executemany(adding("add_entries", 1, len(rows[0])), rows)
        self._channel = (head.name, number, state)

    async def put_pending(self, items: Sequence[Pending]) -> None:
        """Move entries to the end of the feed."""
        for item in items:
            self._position += 1
            for consumer in item.consumers:
                self._first_pending.setdefault(consumer, self._position)
            self._connection.execute(
                QUERIES["move_entry"],
                {"position": self._position, "channel": item.channel, "offset": item.offset},
            )

    async def finish(self, consumers: Sequence[str]) -> None:
        """Set each cursor before the first entry that its consumer has yet to see."""
        for consumer in consumers:
            position = self._first_pending.get(consumer, self._position + 1) - 1
            self._connection.execute(
                QUERIES["move_cursor"], {"consumer": consumer, "position": position}
            )
