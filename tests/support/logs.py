"""Real logs for tests, whatever their storage."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from straks.log.limits import Limits
from straks.log.log import Append, Appended, AppendResult, BadItemError, Entry, Feed, Log
from straks.log.redis import RedisLog
from straks.log.sqlite import SQLiteLog
from tests.support.redis_cluster import RedisCluster
from tests.support.redis_server import RedisServer

__all__ = [
    "FeedLog",
    "LogPlace",
    "RedisPlace",
    "SQLitePlace",
    "append",
    "append_all",
    "item",
    "offsets",
]


class FeedLog(Log, Feed, Protocol):
    """A log with its feed, as every adapter is one."""


class LogPlace(ABC):
    """Somewhere that a log can be kept, closed and opened again."""

    @abstractmethod
    async def open(self, limits: Limits | None = None) -> FeedLog:
        """Open the log that is here."""

    @asynccontextmanager
    async def opened(self, limits: Limits | None = None) -> AsyncIterator[FeedLog]:
        """Open the log while the block runs."""
        log = await self.open(limits)
        try:
            yield log
        finally:
            await log.close()


class SQLitePlace(LogPlace):
    """A directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def open(self, limits: Limits | None = None) -> FeedLog:
        return await SQLiteLog.open(self.directory, limits=limits)


class RedisPlace(LogPlace):
    """A Redis, or a cluster of them."""

    def __init__(self, server: RedisServer | RedisCluster, node: str = "node") -> None:
        self.server = server
        self.node = node

    async def open(self, limits: Limits | None = None) -> FeedLog:
        return await RedisLog.open(self.server.url, node=self.node, limits=limits, deadline=30.0)


def item(channel: str = "conversation:a", key: str | None = None, **fields: Any) -> Append:
    """Make an item; what is not given does not matter."""
    values: dict[str, Any] = {
        "sender": "visitor:v",
        "name": None,
        "kind": "message",
        "data": b'{"text":"hej"}',
        "id": uuid.uuid4().hex,
        "at": 1_700_000_000_000,
        **fields,
    }
    return Append(channel=channel, key=key or str(uuid.uuid4()), **values)


async def append(log: Log, *items: Append) -> list[Entry]:
    """Append items of which none may fail."""
    entries = []
    for result in await append_all(log, items):
        assert isinstance(result, Appended), result
        entries.append(result.entry)
    return entries


async def append_all(log: Log, items: Sequence[Append]) -> list[AppendResult | BadItemError]:
    """Append items of any lanes, each lane's in one batch; the results are in their order."""
    results: dict[int, AppendResult | BadItemError] = {}
    lanes: dict[int, list[int]] = {}
    for place, each in enumerate(items):
        # What has no channel goes along with anything.
        lane = log.lane_of(each.channel) if isinstance(each.channel, str) else 0
        lanes.setdefault(lane, []).append(place)
    for places in lanes.values():
        found = await log.append([items[place] for place in places])
        results.update(zip(places, found, strict=True))
    return [results[place] for place in range(len(items))]


def offsets(entries: Sequence[Entry]) -> list[int]:
    """The offsets of some entries."""
    return [entry.offset for entry in entries]
