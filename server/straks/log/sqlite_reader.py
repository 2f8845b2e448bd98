"""Reads of the embedded log's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from straks.log.log import Entry, FeedItem, Page, Tail
from straks.log.sqlite_sql import QUERIES
from straks_protocol import Position

__all__ = ["read_conversations", "read_cursor", "read_feed", "read_page", "read_tail", "to_entry"]

_BEYOND: Final = (1 << 63) - 1


def to_entry(channel: str, row: tuple[Any, ...]) -> Entry:
    """Make an entry of the columns of a row."""
    offset, state, entry_id, at, sender, name, key, kind, data = row
    return Entry(
        channel=channel,
        offset=offset,
        id=entry_id,
        at=at,
        sender=sender,
        name=name,
        key=key,
        kind=kind,
        data=data,
        advances=state == offset,
    )


def read_page(
    connection: sqlite3.Connection,
    channel: str,
    after: int | None,
    before: int | None,
    limit: int,
) -> Page:
    """Read a page of a channel; see :meth:`straks.log.log.Log.read`."""
    forward = after is not None
    offset = after if after is not None else before if before is not None else _BEYOND
    rows = connection.execute(
        QUERIES["read_after" if forward else "read_before"],
        {"channel": channel, "offset": min(offset, _BEYOND), "limit": limit + 1},
    ).fetchall()
    entries = [to_entry(channel, row) for row in rows[:limit]]
    if not forward:
        entries.reverse()
    return Page(entries, len(rows) > limit)


def read_tail(connection: sqlite3.Connection, channel: str) -> Tail:
    """Read where a channel ends, as far as it is stored."""
    row = connection.execute(QUERIES["read_end"], {"channel": channel}).fetchone()
    if row is None:
        return Tail(Position(offset=0, id=""), 0, {})
    number, offset, state, entry_id = row
    marks = dict(connection.execute(QUERIES["read_marks"], {"channel": number}))
    return Tail(Position(offset=offset, id=entry_id), state, marks)


def read_feed(connection: sqlite3.Connection, after: int, limit: int) -> Sequence[FeedItem]:
    """Read the feed on from a position."""
    rows = connection.execute(QUERIES["read_feed"], {"after": after, "limit": limit})
    return [FeedItem(position, to_entry(channel, row)) for position, channel, *row in rows]


def read_cursor(connection: sqlite3.Connection, consumer: str) -> int:
    """Read how far a consumer has come."""
    row = connection.execute(QUERIES["read_cursor"], {"consumer": consumer}).fetchone()
    return row[0] if row is not None else 0


def read_conversations(connection: sqlite3.Connection, after: int) -> Sequence[tuple[int, str]]:
    """Read numbers and names of the next conversations by number."""
    return connection.execute(QUERIES["conversations"], {"after": after}).fetchall()
