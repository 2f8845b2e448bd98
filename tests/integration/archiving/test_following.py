"""What a node follows is looked after, though something else is far away."""

from __future__ import annotations

import asyncio

import pytest

from straks.log.log import Entry
from straks.log.redis import RedisLog
from tests.support.archiving import NOW, THEN, A, Late, mover, written
from tests.support.logs import append, item
from tests.support.proxy import Proxy
from tests.support.redis_server import RedisServer

B, C = "conversation:b", "conversation:c"


@pytest.mark.parametrize("archive_is_away", [False, True])
async def test_one_that_is_far_away_keeps_no_other_from_being_repaired(
    redis: RedisServer, archive: Late, archive_is_away: bool
) -> None:
    """It left while its node was cut off, and the archive is away when that is back."""
    redis.empty()
    heard: list[Entry] = []
    other = await RedisLog.open(redis.url, node="other", archive=archive)
    async with Proxy(redis.port) as proxy:
        url = redis.url.replace(str(redis.port), str(proxy.port))
        cut = await RedisLog.open(url, node="cut", archive=archive)
        cut.listen(heard.extend)
        await written(other, 3)
        await append(other, *(item(name, expect=0, advances=True, at=THEN) for name in (B, C)))
        for name in (A, B):
            cut.follow(name)
            await cut.synced(name)
        await proxy.cut()
        async with asyncio.timeout(20):
            while not await mover(other).take(A, NOW):
                await asyncio.sleep(0.05)
        archive.away = archive_is_away
        (missed,) = await append(other, item(B, at=THEN))
        await proxy.heal()
        async with asyncio.timeout(20):
            while missed.id not in {entry.id for entry in heard}:
                await asyncio.sleep(0.05)
            cut.follow(C)
            await cut.synced(C)
        archive.away = False
        await cut.close()
    await other.close()


async def test_masters_are_looked_for_while_watermarks_cannot_be_stored(
    log: RedisLog, other: RedisLog, archive: Late, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(log, 3)
    assert await mover(other).take(A, NOW)
    archive.away = True
    looked = asyncio.Semaphore(0)

    async def look() -> None:
        looked.release()

    monkeypatch.setattr(log._topology, "look_again", look)
    log.mark(A, "visitor:v", 2)
    async with asyncio.timeout(20):
        for _ in range(4):
            await looked.acquire()
