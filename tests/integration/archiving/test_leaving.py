"""Conversations leave Redis when nobody has touched them for long, and nobody can tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from straks.archive.store import RecordsArchive
from straks.log.archive import Read
from straks.log.log import Append, Appended, Conflict, Entry, LogUnavailableError
from straks.log.moving import Head
from straks.log.redis import RedisLog
from straks.log.redis.keys import channel_keys
from straks.log.redis.lane import Lane
from straks.records.archive import ArchiveRecords
from straks.records.database import Database
from straks.records.schema import archive_entries
from tests.support.archiving import DESK, NOW, THEN, A, mover
from tests.support.logs import append, item, offsets
from tests.support.redis_cluster import RedisCluster
from tests.support.redis_server import RedisServer

INBOX = "inbox:default"


class Hooked(RecordsArchive):
    """An archive that something happens to."""

    def __init__(self, records: ArchiveRecords) -> None:
        super().__init__(records)
        self.away = False
        self.before_store: list[Append] = []
        self.before_archived: list[str] = []
        self.notes: list[bool] = []
        """What was said of the conversation: that it is here, that it is back."""
        self.log: RedisLog

    async def heads(self, conversation: str) -> Sequence[Head]:
        if self.away:
            raise LogUnavailableError("the archive is away")
        return await super().heads(conversation)

    async def archived(self, conversation: str) -> None:
        if self.before_archived:
            await self.log.read(self.before_archived.pop(), after=0, limit=1)
        await super().archived(conversation)
        self.notes.append(True)

    async def restored(self, conversation: str) -> None:
        await super().restored(conversation)
        self.notes.append(False)

    async def store(self, head: Head, read: Read) -> None:
        if self.before_store:
            await append(self.log, self.before_store.pop())
        await super().store(head, read)


@pytest.fixture
def archive(records: Database) -> Hooked:
    return Hooked(ArchiveRecords(records))


@pytest.fixture
async def log(where: RedisServer | RedisCluster, archive: Hooked) -> AsyncIterator[RedisLog]:
    opened = await RedisLog.open(where.url, node="one", archive=archive, deadline=30.0)
    archive.log = opened
    yield opened
    await opened.close()


def first(channel: str = A) -> Append:
    return item(channel, expect=0, advances=True, at=THEN)


async def written(log: RedisLog, count: int = 3) -> list[Entry]:
    """A conversation with its desk, of which everybody has seen everything.

    The watermark is stored: one that waits may keep the conversation here, or bring it back.
    """
    entries = await append(log, first(), *(item(A, at=THEN) for _ in range(count - 1)))
    await append(log, item(DESK, at=THEN))
    log.mark(A, "visitor:v", count)
    while (await log._reading.tail(A)).read != {"visitor:v": count}:
        await log._marks.store()
    return entries


async def in_redis(log: RedisLog) -> bool:
    """Tell whether something of the conversation is there, staged or in its place.

    That it has gone or come back is remembered, and says nothing of it.
    """
    lane = log.lane_of(A)
    _, keys = (await log._lanes[lane].reads.ask(("SCAN", 0, "MATCH", "*:a:*", "COUNT", 9999)))[0]
    return any(not key.endswith((b"~gone", b"~back")) for key in keys)


async def test_what_is_old_leaves_and_comes_back_when_it_is_read(log: RedisLog) -> None:
    entries = await written(log)
    assert not await mover(log).take(A, THEN)
    assert await mover(log).take(A, NOW)
    assert not await in_redis(log)

    page = await log.read(A, after=0, limit=10)
    assert list(page.entries) == entries
    assert await in_redis(log)
    assert offsets((await log.read(DESK, limit=10)).entries) == [1]


async def test_it_goes_on_where_it_was(log: RedisLog) -> None:
    entries = await written(log)
    tail = await log.tail(A)
    assert await mover(log).take(A, NOW)

    assert await log.tail(A) == tail
    old = entries[1]
    again = item(A, key=old.key, sender=old.sender, expect=1)
    assert await log.append([again]) == [Appended(old, True)]
    (new,) = await append(log, item(A, expect=1))
    assert new.offset == 4


async def test_nothing_is_appended_to_what_is_not_there(log: RedisLog) -> None:
    await written(log)
    assert await mover(log).take(A, NOW)

    for cold in (item(A, expect=1), item(A), item(DESK), item(DESK, expect=0)):
        assert await log.append([cold]) == [Conflict(0)], cold
    assert not await in_redis(log)
    await log.read(A, limit=1)
    assert [entry.offset for entry in await append(log, item(A, expect=1), item(DESK))] == [4, 2]


async def test_the_same_opening_does_not_begin_a_second_log_when_a_clock_jumped(
    log: RedisLog, archive: Hooked
) -> None:
    opening = first()
    (entry,) = await append(log, opening)
    assert await mover(log).take(A, NOW)  # Long before its time.
    archive.away = True
    assert await log.append([opening]) == [Conflict(0)]
    archive.away = False
    assert offsets((await log.read(A, after=0, limit=9)).entries) == [1]
    (again,) = await log.append([opening])
    assert isinstance(again, Appended)
    assert (again.entry.offset, again.entry.id, again.duplicate) == (1, entry.id, True)
    lane = log._lanes[log.lane_of(A)]
    ((_, keys),) = await lane.reads.ask(("SCAN", 0, "MATCH", "*~gone", "COUNT", 9999))
    assert not keys


async def test_what_never_was_can_be_opened_and_its_desk_written_to(log: RedisLog) -> None:
    assert await log.append([item(DESK)]) == [Conflict(0)]
    opened, noted = await append(log, first(), item(DESK))
    assert (opened.offset, noted.offset) == (1, 1)
    assert (await log.read("conversation:other", limit=1)).entries == []
    assert await append(log, item(INBOX))


async def test_what_somebody_follows_stays(log: RedisLog) -> None:
    await written(log)
    log.follow(DESK)
    await log.synced(DESK)
    assert not await mover(log).take(A, NOW)
    assert await in_redis(log)


async def test_what_a_consumer_has_yet_to_see_stays(log: RedisLog) -> None:
    await written(log)
    partition = log.partition_of(A)
    await log.cursor("inbox", partition)
    assert not await mover(log).take(A, NOW)
    assert len(await log.feed(partition, 0, 100)) == 4

    await log.move_cursor("inbox", partition, (await log.feed(partition, 0, 100))[-1].position)
    assert await mover(log).take(A, NOW)


async def test_it_leaves_though_others_of_its_partition_are_yet_to_be_seen(log: RedisLog) -> None:
    await written(log)
    partition = log.partition_of(A)
    await log.cursor("inbox", partition)
    last = (await log.feed(partition, 0, 100))[-1].position
    busy = next(
        name for n in range(1000) if log.partition_of(name := f"conversation:{n}") == partition
    )
    await append(log, first(busy))
    assert not await mover(log).take(A, NOW)
    await log.move_cursor("inbox", partition, last)
    assert await mover(log).take(A, NOW)
    assert not await mover(log).take(busy, NOW)


async def test_what_an_earlier_release_has_added_stays_until_it_is_seen(log: RedisLog) -> None:
    """It does not note where that is in the feed; what is noted is of an entry before."""
    await written(log, 1)
    partition = log.partition_of(A)
    await log.cursor("inbox", partition)
    position = (await log.feed(partition, 0, 100))[-1].position
    reads = log._lanes[log.lane_of(A)].reads
    (noted,) = await reads.ask(("HGET", channel_keys(A).state, "f"))
    await append(log, item(A, expect=1, at=THEN))
    await reads.ask(("HSET", channel_keys(A).state, "f", noted))
    await log.move_cursor("inbox", partition, position)
    assert not await mover(log).take(A, NOW)
    await log.move_cursor("inbox", partition, position + 1)
    assert await mover(log).take(A, NOW)


@pytest.mark.parametrize("late", [item(A, expect=1, at=NOW), item(DESK, at=NOW)])
async def test_what_is_said_while_it_is_copied_stays(
    log: RedisLog, archive: Hooked, late: Append
) -> None:
    await written(log)
    archive.before_store.append(late)
    assert not await mover(log).take(A, NOW)
    assert (await log.read(late.channel, limit=1)).entries[0].id == late.id


async def test_what_comes_back_while_it_leaves_is_known_to_be_back(
    log: RedisLog, archive: Hooked
) -> None:
    await written(log)
    archive.before_archived = [A]
    assert not await mover(log).take(A, NOW)
    assert await in_redis(log)
    assert not archive.notes[-1]
    assert await mover(log).take(A, NOW)
    assert archive.notes[-1]


async def test_what_comes_back_and_leaves_again_is_stored_once(
    log: RedisLog, archive: Hooked, records: Database
) -> None:
    await written(log, 1_200)
    for _ in range(2):
        assert await mover(log).take(A, NOW)
        page = await log.read(A, after=1_190, limit=50)
        assert offsets(page.entries) == [*range(1_191, 1_201)]
    await append(log, item(A, expect=1, at=THEN))
    assert await mover(log).take(A, NOW)

    async with records.read() as connection:
        query = select(func.count()).select_from(archive_entries)
        assert await connection.scalar(query) == 1_201 + 1
    assert offsets((await log.read(A, limit=2)).entries) == [1_200, 1_201]


async def test_nobody_waits_for_an_archive_that_is_away(log: RedisLog, archive: Hooked) -> None:
    await written(log)
    assert await mover(log).take(A, NOW)
    archive.away = True

    with pytest.raises(LogUnavailableError, match="away"):
        await log.read(A, limit=1)
    opened = await append(log, first("conversation:b"), item("conversation:b", expect=1))
    assert offsets(opened) == [1, 2]
    assert offsets((await log.read("conversation:b", limit=9)).entries) == [1, 2]
    archive.away = False
    async with asyncio.timeout(20):
        while await is_refused(log):
            await asyncio.sleep(0.05)
    assert offsets((await log.read(A, limit=9)).entries) == [1, 2, 3]


async def is_refused(log: RedisLog) -> bool:
    """Tell whether it is still taken to be away: nobody tries again at once."""
    try:
        await log.read(A, limit=1)
    except LogUnavailableError:
        return True
    return False


async def test_many_who_ask_at_once_all_see_it(
    where: RedisServer | RedisCluster, log: RedisLog, archive: Hooked
) -> None:
    entries = await written(log)
    other = await RedisLog.open(where.url, node="two", archive=archive, deadline=30.0)
    try:
        for _ in range(5):
            assert await mover(log).take(A, NOW)
            asked = [node.read(A, after=0, limit=9) for node in (log, other) for _ in range(4)]
            for page in await asyncio.gather(*asked):
                assert list(page.entries) == entries
    finally:
        await other.close()


async def test_a_departure_whose_reply_was_lost_is_one(
    log: RedisLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = await written(log)
    chore = Lane.chore

    async def tried_twice(lane: Lane, function: str, *rest: Any, **more: Any) -> Any:
        if function == "evict":
            assert await chore(lane, function, *rest, **more)
        return await chore(lane, function, *rest, **more)

    monkeypatch.setattr(Lane, "chore", tried_twice)
    assert await mover(log).take(A, NOW)
    assert not await in_redis(log)
    assert list((await log.read(A, after=0, limit=9)).entries) == entries


async def test_a_follower_is_told_of_what_comes_back(log: RedisLog) -> None:
    entries = await written(log)
    assert await mover(log).take(A, NOW)
    log.follow(A)
    await log.synced(A)
    assert await in_redis(log)
    assert not await mover(log).take(A, NOW)
    assert (await log.tail(A)).position.offset == entries[-1].offset
