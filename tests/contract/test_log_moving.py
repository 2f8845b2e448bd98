"""A log that was filled with what another one held goes on as that one would have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

from straks.log.limits import Limits
from straks.log.log import Append, Appended, Conflict, Entry, Feed
from straks.log.moving import Head, Pending
from straks.log.redis.moving import RedisMoving
from straks.log.sqlite_file import LOG_FILE
from straks.log.sqlite_moving import SQLiteMoving
from straks_protocol import Position
from tests.support.logs import LogPlace, RedisPlace, SQLitePlace, append, item

A, DESK, INBOX = "conversation:a", "desk:a", "inbox:default"
CONSUMERS = ("answers", "inbox")
PAGE = 40


Opened: TypeAlias = AbstractAsyncContextManager[SQLiteMoving | RedisMoving]


@asynccontextmanager
async def sqlite(place: SQLitePlace) -> AsyncIterator[SQLiteMoving]:
    with SQLiteMoving.open(place.directory / LOG_FILE) as moving:
        yield moving


def moving(place: LogPlace) -> Opened:
    if isinstance(place, SQLitePlace):
        return sqlite(place)
    assert isinstance(place, RedisPlace)
    return RedisMoving.open(place.server.url)


def entries_of(channel: str, first: int, last: int, *advancing: int) -> list[Entry]:
    """Entries with these offsets, of which some advance the state."""
    return [
        item(
            channel,
            key=f"k{offset}",
            id=f"{channel}-{offset}",
            at=1_000 + offset,
            data=b"\xff\x00" if offset == first else b'{"text":"hej"}',
            advances=offset in advancing,
        ).entry(offset, 1_000 + offset)
        for offset in range(first, last + 1)
    ]


def head_of(entries: list[Entry], state: int, **marks: int) -> Head:
    last = entries[-1]
    return Head(
        name=last.channel,
        position=Position(offset=last.offset, id=last.id),
        at=last.at,
        state=state,
        marks=marks,
    )


CONVERSATION = entries_of(A, 1, 100, 1, 7)
CHANNELS = [
    (head_of(CONVERSATION, 7, **{"visitor:v": 99}), CONVERSATION),
    (head_of(entries_of(DESK, 1, 1, 1), 1), entries_of(DESK, 1, 1, 1)),
    # Its first entries have gone long ago.
    (head_of(entries_of(INBOX, 5_001, 6_200), 0), entries_of(INBOX, 5_001, 6_200)),
]
WAITING = [
    Pending(channel=A, offset=99, consumers=("inbox",)),
    Pending(channel=DESK, offset=1, consumers=("answers", "inbox")),
    Pending(channel=A, offset=100, consumers=("answers", "inbox")),
]


async def fill(place: LogPlace) -> None:
    async with moving(place) as log:
        for head, entries in CHANNELS:
            for start in range(0, len(entries), PAGE):
                await log.put(head, entries[start : start + PAGE])
        await log.put_pending(WAITING)
        await log.finish(CONSUMERS)


async def test_what_was_put_is_read_back(place: LogPlace) -> None:
    await fill(place)
    async with moving(place) as log:
        assert await log.channels() == sorted([A, DESK, INBOX])
        for head, entries in CHANNELS:
            assert await log.head(head.name) == head
            assert await log.entries(head.name, 0, 10_000) == entries
            assert (
                await log.entries(head.name, 50, 10) == [e for e in entries if e.offset > 50][:10]
            )
        found = [pending async for pending in log.pending(CONSUMERS)]
    assert found == WAITING


async def test_a_log_that_was_used_is_read(place: LogPlace) -> None:
    async with place.opened() as log:
        written = await append(log, *(item(A, advances=n == 1) for n in range(3)), item(INBOX))
        log.mark(A, "visitor:v", 2)
        for partition in range(log.partitions):
            await log.cursor("inbox", partition)
        partition = log.partition_of(A)
        first, *_ = await log.feed(partition, 0, 10)
        await log.move_cursor("inbox", partition, first.position)
    async with moving(place) as used:
        assert await used.channels() == [A, INBOX]
        head = await used.head(A)
        assert head == head_of(written[:3], 2, **{"visitor:v": 2})
        assert await used.entries(A, 0, 10) == written[:3]
        waiting = [(p.channel, p.offset) async for p in used.pending(["inbox"])]
    assert sorted(waiting) == [(A, 2), (A, 3), (INBOX, 1)]


async def test_offsets_keys_and_guards_go_on(place: LogPlace) -> None:
    await fill(place)
    limits = Limits(entries=200, keys=1_000)
    async with place.opened(limits) as log:
        tail = await log.tail(A)
        assert (tail.position, tail.state_offset, dict(tail.read)) == (
            CHANNELS[0][0].position,
            7,
            {"visitor:v": 99},
        )
        again = await log.append([of(CONVERSATION[0])])
        assert again == [Appended(CONVERSATION[0], True)]
        assert await log.append([item(A, expect=1)]) == [Conflict(7)]
        (new,) = await append(log, item(A, expect=7, advances=True, at=1))
        assert (new.offset, new.at) == (101, CONVERSATION[-1].at)
        page = await log.read(A, after=95, limit=10)
        assert [entry.offset for entry in page.entries] == [*range(96, 102)]


async def test_a_channel_without_end_goes_on(place: LogPlace) -> None:
    await fill(place)
    _, old = CHANNELS[2]
    async with place.opened() as log:
        assert await log.append([of(old[-1])]) == [Appended(old[-1], True)]
        assert await log.append([of(old[-1_000])]) == [Appended(old[-1_000], True)]
        forgotten, new = await append(log, of(old[-1_200]), item(INBOX))
        assert (forgotten.offset, new.offset) == (6_201, 6_202)
        page = await log.read(INBOX, limit=3)
        assert [entry.offset for entry in page.entries] == [6_200, 6_201, 6_202]


async def test_a_consumer_sees_what_it_has_not_seen_and_what_is_new(place: LogPlace) -> None:
    await fill(place)
    async with place.opened() as log:
        (new,) = await append(log, item(A))
        for consumer in CONSUMERS:
            expected = [(p.channel, p.offset) for p in WAITING if consumer in p.consumers]
            seen = await rest_of(log, consumer, log.partition_of(A))
            assert seen == [*expected, (A, new.offset)]


async def rest_of(log: Feed, consumer: str, partition: int) -> list[tuple[str, int]]:
    cursor = await log.cursor(consumer, partition)
    items = await log.feed(partition, cursor, 100)
    return [(found.entry.channel, found.entry.offset) for found in items]


def of(entry: Entry) -> Append:
    """Give what would append an entry again."""
    return item(entry.channel, key=entry.key, sender=entry.sender, id="new", data=entry.data)
