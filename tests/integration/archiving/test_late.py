"""What two who move, or a Redis that has lost something, would take out of the archive."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import insert

from straks.archive.mover import Mover
from straks.clock import ManualClock
from straks.log.log import LogUnavailableError
from straks.log.redis import RedisLog
from straks.log.redis.keys import channel_keys
from straks.log.redis.moving import RedisMoving
from straks.moving.whole import WithArchive
from straks.records.archive import ArchiveRecords
from straks.records.database import Database
from straks.records.schema import inbox
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
from tests.support.logs import append, item, offsets
from tests.support.redis_cluster import RedisCluster
from tests.support.redis_server import RedisServer


@pytest.mark.parametrize(("before", "more"), [(600, 0), (5, 2), (1_200, 700)])
async def test_who_is_late_takes_nothing_from_what_another_stored(
    log: RedisLog, other: RedisLog, archive: Late, before: int, more: int
) -> None:
    await written(log, before)

    async def moved_by_another() -> None:
        await say(other, more)
        assert await mover(other).take(A, NOW)

    archive.meanwhile.append(moved_by_another)
    await mover(log).take(A, NOW)
    assert await all_of(log) == [*range(1, before + more + 1)]


async def test_what_redis_has_lost_stays_in_the_archive(log: RedisLog, other: RedisLog) -> None:
    await written(log, 2)
    older = await copied(log)
    await say(log, 2)
    log.mark(A, "visitor:v", 4)
    while not (await other.tail(A)).read:
        await asyncio.sleep(0.01)  # It is stored a moment later.
    assert await mover(log).take(A, NOW)

    await put_back(log, older)
    assert await all_of(log) == [1, 2]
    assert await mover(log).take(A, NOW)
    assert await all_of(log) == [1, 2, 3, 4]
    assert (await log.tail(A)).read == {"visitor:v": 4}


async def test_what_redis_has_lost_is_exported_from_the_archive(
    where: RedisServer | RedisCluster, log: RedisLog, other: RedisLog, archive: Late
) -> None:
    await written(log, 2)
    older = await copied(log)
    await say(log, 2)
    assert await mover(log).take(A, NOW)
    await put_back(log, older)
    log.mark(A, "visitor:v", 2)
    while not (await other.tail(A)).read:
        await asyncio.sleep(0.01)
    for each in (log, other):
        await each.close()

    async with RedisMoving.open(where.url) as redis:
        leaving = WithArchive(redis, archive)
        assert await leaving.channels() == [A]
        head = await leaving.head(A)
        assert head.position.offset == 4
        assert head.marks == {"visitor:v": 2}
        assert offsets(await leaving.entries(A, 0, 9)) == [1, 2, 3, 4]


async def test_what_redis_has_of_another_past_is_what_stays(log: RedisLog) -> None:
    await written(log, 2)
    older = await copied(log)
    await say(log, 2)
    assert await mover(log).take(A, NOW)

    await put_back(log, older)
    await say(log, 1)
    kept = (await log.read(A, after=0, limit=9)).entries
    assert await mover(log).take(A, NOW)
    assert (await log.read(A, after=0, limit=9)).entries == kept


async def test_what_is_stored_is_whole_or_as_it_was(log: RedisLog, archive: Late) -> None:
    await written(log, 600)
    assert await mover(log).take(A, NOW)
    assert len(await all_of(log)) == 600
    await say(log, 600)
    before = await archive.heads(A)

    async def half() -> None:
        reads = log._lanes[log.lane_of(A)].reads
        await reads.ask(("XTRIM", channel_keys(A).log, "MAXLEN", 100))
        await reads.ask(("XDEL", channel_keys(A).log, "0-1200"))

    archive.meanwhile.append(half)
    with pytest.raises(LogUnavailableError, match="missing"):
        await mover(log).take(A, NOW)
    assert await archive.heads(A) == before
    assert len(await archive.entries(A, 0, 5_000)) == 600


class Alone:
    """The one that moves, at any time."""

    def tenure(self, partition: int) -> int | None:
        return 1


async def test_what_is_noted_to_be_in_the_archive_and_is_not_is_moved(
    log: RedisLog, records: Database
) -> None:
    """A node that ended half way, or a backup that was put back, may leave such a note."""
    await written(log, 3)
    row = {"inbox": "default", "state": "closed", "closed": True, "summary": "{}"}
    noted = {**row, "id": "a", "updated_at": THEN, "last_offset": 3, "archived": True}
    async with records.write() as connection:
        await connection.execute(insert(inbox).values(noted))
    clock = ManualClock(now_ms=NOW)
    moves = Mover(ArchiveRecords(records), mover(log), Alone(), clock, after_seconds=1)
    assert await moves.move_all() == 1
    assert not await is_hot(log)
    assert await all_of(log) == [1, 2, 3]


async def test_all_conversations_are_named_wherever_they_are(log: RedisLog) -> None:
    await written(log, 1)
    assert await mover(log).take(A, NOW)
    await append(log, item("conversation:b", expect=0, advances=True, at=THEN))
    assert sorted([name async for name in log.conversations()]) == [A, "conversation:b"]
