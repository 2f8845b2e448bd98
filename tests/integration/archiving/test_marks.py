"""Read watermarks of what is in the archive."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from straks.log.redis import RedisLog
from straks.log.redis.moving import RedisMoving
from straks.moving.whole import WithArchive
from tests.support.archiving import (
    NOW,
    THEN,
    A,
    Late,
    all_of,
    copied,
    is_hot,
    mover,
    put_back,
    say,
    written,
)
from tests.support.logs import append, item
from tests.support.redis_cluster import RedisCluster
from tests.support.redis_server import RedisServer


async def test_a_watermark_that_waits_while_its_conversation_leaves_is_stored(
    log: RedisLog, other: RedisLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(log, 3)
    write, left = log._marks._write, asyncio.Event()

    async def write_late(*args: Any) -> Any:
        await left.wait()
        return await write(*args)

    monkeypatch.setattr(log._marks, "_write", write_late)
    log.mark("conversation:none", "visitor:v", 3)
    log.mark(A, "visitor:v", 2)
    assert await mover(other).take(A, NOW)
    left.set()
    while not await is_hot(log):
        await asyncio.sleep(0.01)
    while (await other.tail(A)).read != {"visitor:v": 2}:
        await asyncio.sleep(0.01)
    assert not await is_hot(log, "conversation:none")


async def test_a_watermark_waits_for_the_archive_and_no_other_waits_for_it(
    log: RedisLog, other: RedisLog, archive: Late
) -> None:
    await written(log, 3)
    assert await mover(other).take(A, NOW)
    others = [f"conversation:{number}" for number in range(20)]
    await append(log, *(item(name, expect=0, advances=True, at=THEN) for name in others))
    archive.away = True
    for channel in (A, *others):
        log.mark(channel, "visitor:v", 1)
    for channel in others:
        while (await other.tail(channel)).read != {"visitor:v": 1}:
            await asyncio.sleep(0.01)
    assert not await is_hot(log)
    archive.away = False
    while not await is_hot(log):
        await asyncio.sleep(0.01)
    while (await other.tail(A)).read != {"visitor:v": 1}:
        await asyncio.sleep(0.01)


async def lost_marks(log: RedisLog, other: RedisLog) -> None:
    """A Redis that has the entries, not the watermarks, and goes on; the archive has those."""
    await written(log, 4)
    older = await copied(log)
    log.mark(A, "visitor:v", 4)
    while not (await other.tail(A)).read:
        await asyncio.sleep(0.01)
    assert await mover(log).take(A, NOW)
    await put_back(log, older)
    await say(log, 1)


async def test_watermarks_of_the_same_past_stay(log: RedisLog, other: RedisLog) -> None:
    await lost_marks(log, other)
    assert await mover(log).take(A, NOW)
    assert await all_of(log) == [1, 2, 3, 4, 5]
    assert (await log.tail(A)).read == {"visitor:v": 4}


async def test_watermarks_of_the_same_past_are_exported(
    where: RedisServer | RedisCluster, log: RedisLog, other: RedisLog, archive: Late
) -> None:
    await lost_marks(log, other)
    for each in (log, other):
        await each.close()
    async with RedisMoving.open(where.url) as redis:
        leaving = WithArchive(redis, archive)
        assert await leaving.channels() == [A]
        head = await leaving.head(A)
        assert (head.position.offset, head.marks) == (5, {"visitor:v": 4})
