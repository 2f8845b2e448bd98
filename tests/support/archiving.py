"""A log in Redis with an archive that something happens to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from straks.archive.store import RecordsArchive
from straks.log.archive import Read
from straks.log.log import Entry, LogUnavailableError
from straks.log.moving import Head
from straks.log.redis import RedisLog
from straks.log.redis.archiving import Archiving
from straks.log.redis.keys import channel_keys
from straks.records.archive import ArchiveRecords
from tests.support.logs import append, item, offsets

__all__ = [
    "A",
    "DESK",
    "NOW",
    "THEN",
    "Late",
    "all_of",
    "copied",
    "is_hot",
    "mover",
    "put_back",
    "say",
    "staged",
    "written",
]

A: Final = "conversation:a"
DESK: Final = "desk:a"
THEN: Final = 1_700_000_000_000
NOW: Final = 4_000_000_000_000
"""Later than what Redis takes for now."""


class Late(RecordsArchive):
    """An archive that is slow to store: something happens before."""

    def __init__(self, records: ArchiveRecords) -> None:
        super().__init__(records)
        self.meanwhile: list[Callable[[], Awaitable[Any]]] = []
        self.away = False
        self.stands_still: asyncio.Event | None = None
        self.before_restored: list[Callable[[], Awaitable[Any]]] = []
        self.before_entries: list[Callable[[], Awaitable[Any]]] = []

    async def heads(self, conversation: str) -> Sequence[Head]:
        if self.away:
            raise LogUnavailableError("the archive is away")
        if self.stands_still is not None:
            await self.stands_still.wait()
        return await super().heads(conversation)

    async def store(self, head: Head, read: Read) -> None:
        if self.meanwhile:
            await self.meanwhile.pop()()
        await super().store(head, read)

    async def restored(self, conversation: str) -> None:
        await super().restored(conversation)
        if self.before_restored:
            await self.before_restored.pop()()

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[Entry]:
        if self.before_entries:
            await self.before_entries.pop()()
        return await super().entries(channel, after, limit)


def mover(log: RedisLog) -> Archiving:
    assert log.archiving is not None
    return log.archiving


async def written(log: RedisLog, count: int) -> None:
    first = item(A, expect=0, advances=True, at=THEN)
    await append(log, first, *(item(A, at=THEN) for _ in range(count - 1)))


async def say(log: RedisLog, count: int) -> None:
    await append(log, *(item(A, expect=1, at=THEN) for _ in range(count)))


async def staged(log: RedisLog) -> list[bytes]:
    reads = log._lanes[log.lane_of(A)].reads
    ((_, keys),) = await reads.ask(("SCAN", 0, "MATCH", "*:a:*~????????????????", "COUNT", 9999))
    return list(keys)


async def all_of(log: RedisLog) -> list[int]:
    return list(offsets((await log.read(A, after=0, limit=5_000)).entries))


async def copied(log: RedisLog) -> list[tuple[str, bytes]]:
    """What Redis has of the conversation."""
    keys = channel_keys(A)
    names = (keys.state, keys.log)
    reads = log._lanes[log.lane_of(A)].reads
    return list(zip(names, await reads.ask(*(("DUMP", name) for name in names)), strict=True))


async def put_back(log: RedisLog, copies: list[tuple[str, bytes]]) -> None:
    reads = log._lanes[log.lane_of(A)].reads
    await reads.ask(*(("RESTORE", name, 0, dump, "REPLACE") for name, dump in copies))


async def is_hot(log: RedisLog, channel: str = A) -> bool:
    reads = log._lanes[log.lane_of(channel)].reads
    return bool((await reads.ask(("EXISTS", channel_keys(channel).state)))[0])
