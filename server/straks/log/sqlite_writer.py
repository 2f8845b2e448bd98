"""The only writer of the embedded log's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from straks.log.limits import Limits
from straks.log.log import (
    Append,
    Appended,
    AppendResult,
    BadItemError,
    Conflict,
    Entry,
    Full,
    LogBrokenError,
    LogError,
    LogUnavailableError,
)
from straks.log.marks import MarkSet
from straks.log.sqlite_channels import ActiveChannels, ChannelState
from straks.log.sqlite_reader import to_entry
from straks.log.sqlite_sql import QUERIES, adding

__all__ = ["Writer", "Written"]

_ENTRY_COLUMNS: Final = 11
_CHANNEL_COLUMNS: Final = 2
# A write that failed for want of room is SQLITE_FULL, or SQLITE_IOERR_WRITE where the room is a
# limit on the file (EFBIG, EDQUOT). The frame that commits is written last, so without it nothing
# is committed; a sync that failed (SQLITE_IOERR_FSYNC) is another matter.
_NOTHING_STORED: Final = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_CONSTRAINT,
}
_CONSTRAINT_DATATYPE: Final = 3091
"""SQLITE_CONSTRAINT_DATATYPE; the sqlite3 module has no name for it."""
_LARGEST_WAL: Final = 16_000
"""Entries after which the next batch waits for a checkpoint."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch."""

    results: Sequence[AppendResult | BadItemError]
    entries: Sequence[Entry]
    """The new ones, in order."""
    position: int
    """Of the first of them in the feed; the rest follow without gaps."""


class _Plan:
    """What a batch comes to, before it is stored."""

    __slots__ = ("channels", "entries", "results", "rows")

    def __init__(self) -> None:
        self.results: list[AppendResult | BadItemError] = []
        self.entries: list[Entry] = []
        self.rows: list[Any] = []
        """Columns of new entries, one row after the other."""
        self.channels: list[Any] = []
        """Columns of new channels."""


class Writer:
    """Decides what becomes of appends, and stores them; for one thread.

    Each method is one transaction. A whole batch is one statement where that is possible: between
    statements the interpreter's lock has to be won back from a busy event loop, which may take
    milliseconds each time.
    """

    def __init__(self, connection: sqlite3.Connection, limits: Limits) -> None:
        """Take over a connection in autocommit mode."""
        self._connection = connection
        self._channels = ActiveChannels(connection, limits)
        self._position = 0
        self._last_channel = 0
        self._find_ends()
        self.since_checkpoint = 0
        """Entries written since the last checkpoint."""

    @property
    def position(self) -> int:
        """The last position of the feed."""
        return self._position

    def append(self, batch: Sequence[Append], marks: MarkSet) -> Written:
        """Store a batch, and watermarks with it.

        Raises:
            LogUnavailableError: nothing was stored.
            LogBrokenError: the process must end.
        """
        if self.since_checkpoint >= _LARGEST_WAL:
            self.checkpoint()
        names = [item.channel for item in batch]
        try:
            return self._append(batch, names, marks)
        except sqlite3.Error as error:
            self._recover(names)
            if not _is_about_a_value(error):
                raise _translated(error) from error
            return self._append_good(batch, names, marks, error)
        except (AttributeError, OverflowError, TypeError, UnicodeError) as error:
            self._recover(names)
            return self._append_good(batch, names, marks, error)

    def store_marks(self, marks: MarkSet) -> None:
        """Store watermarks that no batch took along; raises as :meth:`append` does."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._add_marks(marks)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._recover(())
            raise _translated(error) from error

    def move_cursor(self, consumer: str, position: int) -> None:
        """Store how far a consumer has come; raises as :meth:`append` does."""
        try:
            self._connection.execute(
                QUERIES["move_cursor"], {"consumer": consumer, "position": position}
            )
        except sqlite3.Error as error:
            self._recover(())
            raise _translated(error) from error

    def checkpoint(self) -> None:
        """Move what was written from the write-ahead log into the file itself.

        Raises:
            LogBrokenError: the process must end.
        """
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            failure = _translated(error)
            if isinstance(failure, LogBrokenError):
                raise failure from error
        self.since_checkpoint = 0

    def _append(self, batch: Sequence[Append], names: Sequence[str], marks: MarkSet) -> Written:
        states = self._channels.get(names)
        plan = self._plan(batch, states)
        self._store(plan, marks)
        first = self._position + 1
        self._position += len(plan.entries)
        self._last_channel += len(plan.channels) // _CHANNEL_COLUMNS
        self.since_checkpoint += len(plan.entries)
        self._channels.keep(states)
        return Written(plan.results, plan.entries, first)

    def _append_good(
        self, batch: Sequence[Append], names: Sequence[str], marks: MarkSet, error: Exception
    ) -> Written:
        """Store a batch without those items that can never be stored."""
        bad = {i: found for i, item in enumerate(batch) if (found := _flaw(item))}
        if not bad:
            raise LogBrokenError(f"the log refuses what should be right: {error}") from error
        good = [item for i, item in enumerate(batch) if i not in bad]
        written = self.append(good, marks)
        results = iter(written.results)
        merged = [bad.get(i) or next(results) for i in range(len(batch))]
        return Written(merged, written.entries, written.position)

    def _plan(self, batch: Sequence[Append], states: dict[str, ChannelState]) -> _Plan:
        plan = _Plan()
        result, rows = plan.results.append, plan.rows
        position, last_channel = self._position, self._last_channel
        for item in batch:
            state = states[item.channel]
            key = (item.sender, item.key)
            used = state.keys.get(key)
            if used is not None:
                result(Appended(self._first(item.channel, used, plan), True))
                continue
            if (item.expect is not None and item.expect != state.state) or (
                item.follows is not None and not state.ends_with(item.follows)
            ):
                result(Conflict(state.state))
                continue
            offset = state.offset + 1
            if state.max_entries is not None and offset > state.max_entries:
                result(Full())
                continue
            if state.id == 0:
                last_channel += 1
                state.id = last_channel
                plan.channels += (last_channel, item.channel)
            position += 1
            at = item.at if item.at > state.at else state.at
            if item.advances:
                state.state = offset
            state.offset, state.at, state.last = offset, at, item.id
            state.use(key, offset)
            entry = item.entry(offset, at)
            rows += (position, state.id, offset, state.state, item.id, at, item.sender)
            rows += (item.name, item.key, item.kind, item.data)
            plan.entries.append(entry)
            result(Appended(entry, False))
        return plan

    def _first(self, channel: str, offset: int, plan: _Plan) -> Entry:
        """Find the entry that used a key first."""
        for entry in plan.entries:
            if entry.offset == offset and entry.channel == channel:
                return entry
        row = self._connection.execute(
            QUERIES["read_after"], {"channel": channel, "offset": offset - 1, "limit": 1}
        ).fetchone()
        return to_entry(channel, row)

    def _store(self, plan: _Plan, marks: MarkSet) -> None:
        execute = self._connection.execute
        if not plan.entries and not marks:
            return
        several = bool(plan.channels or marks)
        if several:
            execute("BEGIN IMMEDIATE")
        if plan.channels:
            execute(*_insert("add_channels", plan.channels, _CHANNEL_COLUMNS))
        if plan.rows:
            execute(*_insert("add_entries", plan.rows, _ENTRY_COLUMNS))
        if several:
            self._add_marks(marks)
            execute("COMMIT")

    def _add_marks(self, marks: MarkSet) -> None:
        for channel, readers in marks.items():
            for reader, offset in readers.items():
                self._connection.execute(
                    QUERIES["add_mark"], {"channel": channel, "reader": reader, "offset": offset}
                )

    def _recover(self, names: Sequence[str]) -> None:
        """Undo what a failed transaction left, and forget what memory believed of it."""
        self._channels.forget(names)
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise LogBrokenError(f"a failed write cannot be undone: {error}") from error
        try:
            self._find_ends()
        except sqlite3.Error as error:
            raise LogBrokenError(f"the log's storage failed: {error}") from error

    def _find_ends(self) -> None:
        position, channel = self._connection.execute(QUERIES["ends"]).fetchone()
        self._position, self._last_channel = position or 0, channel or 0


def _insert(name: str, values: list[Any], columns: int) -> tuple[str, list[Any]]:
    """Give the statement that adds rows, and its values.

    There are few statements, for 1, 2, 4, 8 … rows: prepared ones are large, and many of them
    would be kept. Rows of nulls fill up the rest, and are not added.
    """
    rows = 1 << (len(values) // columns - 1).bit_length()
    return adding(name, rows, columns), values + [None] * (rows * columns - len(values))


def _is_about_a_value(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # refused by the driver: a type it does not know
        return True
    return code in {
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_CONSTRAINT_NOTNULL,
        _CONSTRAINT_DATATYPE,
    }


def _flaw(item: Append) -> BadItemError | None:
    """Say what makes an item impossible to store, if anything."""
    texts: list[object] = [item.channel, item.sender, item.key, item.kind, item.id]
    if item.name is not None:
        texts.append(item.name)
    for text in texts:
        if not isinstance(text, str):
            return BadItemError(f"{text!r} is not text")
        try:
            text.encode()
        except UnicodeEncodeError:
            return BadItemError(f"{text!r} is not Unicode")
    data: object = item.data
    if not isinstance(data, bytes):
        return BadItemError("data is not bytes")
    at: object = item.at
    if not isinstance(at, int) or abs(at) >= 1 << 63:
        return BadItemError(f"{at!r} is not a time")
    return None


def _translated(error: sqlite3.Error) -> LogError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code & 0xFF in _NOTHING_STORED or code == sqlite3.SQLITE_IOERR_WRITE:
        return LogUnavailableError(f"the log cannot be written: {error}")
    return LogBrokenError(f"the log's storage failed: {error}")
