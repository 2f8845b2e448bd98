"""What two who move, or a Redis that has lost something, would take out of the archive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from straks.archive.store import RecordsArchive
from straks.log.archive import Read
from straks.log.log import Entry, LogUnavailableError
from straks.log.moving import Head
from straks.log.redis import RedisLog
from straks.log.redis.archiving import Archiving
from straks.log.redis.keys import channel_keys
from straks.log.redis.moving import RedisMoving
from straks.moving.whole import WithArchive
from straks.records.archive import ArchiveRecords
from straks.records.database import Database
from tests.support.logs import append, item, offsets
from tests.support.postgres_server import PostgresServer
from tests.support.redis_cluster import RedisCluster
from tests.support.redis_server import RedisServer

A, DESK = "conversation:a", "desk:a"
THEN, NOW = 1_700_000_000_000, 4_000_000_000_000
"""The second is later than what Redis takes for now."""


class Late(RecordsArchive):
    """An archive that is slow to store: something happens before."""

    def __init__(self, records: ArchiveRecords) -> None:
        super().__init__(records)
        self.meanwhile: list[Callable[[], Awaitable[Any]]] = []
        self.away = False
        self.before_restored: list[Callable[[], Awaitable[Any]]] = []
        self.before_entries: list[Callable[[], Awaitable[Any]]] = []

    async def heads(self, conversation: str) -> Sequence[Head]:
        if self.away:
            raise LogUnavailableError("the archive is away")
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


@pytest.fixture(params=["redis", "cluster"])
def where(request: pytest.FixtureRequest) -> RedisServer | RedisCluster:
    server: RedisServer | RedisCluster = request.getfixturevalue(request.param)
    server.empty()
    return server


@pytest.fixture(params=["sqlite", "postgres"])
async def records(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        database = await Database.open(tmp_path / "records.db")
    else:
        postgres: PostgresServer = request.getfixturevalue("postgres")
        postgres.empty()
        database = await Database.open(postgres.url)
    yield database
    await database.close()


@pytest.fixture
def archive(records: Database) -> Late:
    return Late(ArchiveRecords(records))


@pytest.fixture
async def log(where: RedisServer | RedisCluster, archive: Late) -> AsyncIterator[RedisLog]:
    opened = await RedisLog.open(where.url, node="one", archive=archive)
    yield opened
    await opened.close()


@pytest.fixture
async def other(where: RedisServer | RedisCluster, records: Database) -> AsyncIterator[RedisLog]:
    archive = RecordsArchive(ArchiveRecords(records))
    opened = await RedisLog.open(where.url, node="two", archive=archive)
    yield opened
    await opened.close()


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


async def copied(log: RedisLog) -> list[tuple[str, bytes]]:
    """What Redis has of the conversation."""
    keys = channel_keys(A)
    names = (keys.state, keys.log)
    reads = log._lanes[log.lane_of(A)].reads
    return list(zip(names, await reads.ask(*(("DUMP", name) for name in names)), strict=True))


async def put_back(log: RedisLog, copies: list[tuple[str, bytes]]) -> None:
    reads = log._lanes[log.lane_of(A)].reads
    await reads.ask(*(("RESTORE", name, 0, dump, "REPLACE") for name, dump in copies))


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


@pytest.mark.parametrize(
    ("expires_before", "comes"),
    [
        pytest.param({1}, True, id="between two pages"),
        pytest.param({2}, True, id="while the desk is read"),
        pytest.param({1, 4}, False, id="twice"),
    ],
)
async def test_what_takes_too_long_to_come_back_is_staged_again(
    log: RedisLog, archive: Late, expires_before: set[int], comes: bool
) -> None:
    await written(log, 600)
    await append(log, item(DESK, at=THEN))
    assert await mover(log).take(A, NOW)
    asked = count()

    async def stand_still() -> None:
        """Before some pages, so long that what was staged expires."""
        archive.before_entries.append(stand_still)
        if next(asked) in expires_before:
            keys = [key.decode() for key in await staged(log)]
            assert await log._lanes[log.lane_of(A)].reads.ask(("DEL", *keys)) == [len(keys)]

    archive.before_entries.append(stand_still)
    if not comes:
        with pytest.raises(LogUnavailableError, match="in time"):
            await all_of(log)
    assert await all_of(log) == [*range(1, 601)]
    assert offsets((await log.read(DESK, limit=9)).entries) == [1]
    assert not await staged(log)


async def test_what_leaves_as_soon_as_it_is_back_is_read(log: RedisLog, archive: Late) -> None:
    await written(log, 3)
    assert await mover(log).take(A, NOW)
    leaving: list[bool] = []

    async def leave() -> None:
        """Just after it came back, as a mover that is always at work would have it."""
        if len(leaving) < 3:
            leaving.append(await mover(log).take(A, NOW))
        archive.before_restored.append(leave)

    archive.before_restored.append(leave)
    assert await all_of(log) == [1, 2, 3]
    assert any(leaving)


async def test_what_came_back_stays_a_while(log: RedisLog) -> None:
    await written(log, 3)
    assert await mover(log).take(A, NOW)
    assert await all_of(log) == [1, 2, 3]
    long_ago = THEN + 1  # The entries are older than that, and it came back since.
    assert not await mover(log).take(A, long_ago)
    assert await mover(log).take(A, NOW)


async def is_hot(log: RedisLog, channel: str = A) -> bool:
    reads = log._lanes[log.lane_of(channel)].reads
    return bool((await reads.ask(("EXISTS", channel_keys(channel).state)))[0])


async def test_a_watermark_that_waits_while_its_conversation_leaves_is_stored(
    log: RedisLog, other: RedisLog
) -> None:
    await written(log, 3)
    log.mark("conversation:none", "visitor:v", 3)
    log.mark(A, "visitor:v", 2)
    assert await mover(other).take(A, NOW)
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


async def test_who_brings_back_late_puts_no_old_past_there(
    log: RedisLog, other: RedisLog, archive: Late
) -> None:
    await written(log, 5)
    assert await mover(log).take(A, NOW)

    async def gone_on() -> None:
        """Another node brings it back, goes on with it, and it leaves again."""
        assert await all_of(other) == [1, 2, 3, 4, 5]
        await say(other, 1)
        assert await mover(other).take(A, NOW)

    archive.before_entries.append(gone_on)
    assert await all_of(log) == [1, 2, 3, 4, 5, 6]
    (entry,) = await append(log, item(A, at=THEN))
    assert entry.offset == 7
    assert await mover(log).take(A, NOW)
    assert await all_of(log) == [1, 2, 3, 4, 5, 6, 7]


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
