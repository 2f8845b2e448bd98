"""The feed of every log."""

from __future__ import annotations

from straks.log.log import (
    Entry,
)
from tests.support.logs import FeedLog, LogPlace, append, append_all, item, offsets

A, B = "conversation:a", "conversation:b"


async def feeds(log: FeedLog) -> list[Entry]:
    """Everything in the feeds, partition by partition."""
    return [
        found.entry
        for partition in range(log.partitions)
        for found in await log.feed(partition, 0, 1000)
    ]


async def test_the_feed_shows_every_entry_in_commit_order(place: LogPlace) -> None:
    async with place.opened() as log:
        stored = await append(log, item(A), item("inbox:t"), item(B))
        stored += await append(log, item(A), item("desk:a"), item("app:x"))
        before = await feeds(log)
    assert sorted(before, key=lambda e: e.id) == sorted(stored, key=lambda e: e.id)
    async with place.opened() as log:
        assert await feeds(log) == before
    for channel in (A, B):
        assert offsets([e for e in before if e.channel == channel]) == offsets(
            [e for e in stored if e.channel == channel]
        )


async def test_a_conversation_and_its_desk_share_a_feed_in_order(log: FeedLog) -> None:
    stored = await append(log, item(A), item("desk:a"), item(A), item("desk:a"))
    parts = [await log.feed(p, 0, 100) for p in range(log.partitions)]
    (part,) = [part for part in parts if part]
    assert [found.entry for found in part] == stored


async def test_the_feed_is_read_on_from_any_position(place: LogPlace) -> None:
    async with place.opened() as log:
        await append(log, *(item() for _ in range(10)))
        (partition,) = [p for p in range(log.partitions) if await log.feed(p, 0, 1)]
    async with place.opened() as log:  # from storage, then from memory
        for _ in range(2):
            seen: list[int] = []
            position = 0
            while found := await log.feed(partition, position, 3):
                assert len(found) <= 3
                position = found[-1].position
                seen += [each.entry.offset for each in found]
            assert seen == list(range(1, len(seen) + 1))
            assert await log.feed(partition, position, 3) in ([], ())
            await append(log, item(), item())
        assert len(seen) == 12


async def test_a_cursor_begins_at_nothing_and_is_kept(place: LogPlace) -> None:
    async with place.opened() as log:
        last = log.partition_of(item().channel)
        await append(log, *(item() for _ in range(7)))
        assert await log.cursor("routing", last) == 0
        await log.move_cursor("routing", last, 7)
        await log.move_cursor("answers", last, 3)
        await log.move_cursor("routing", last, 5)
        assert await log.cursor("routing", last) == 7
    async with place.opened() as log:
        assert await log.cursor("routing", last) == 7
        assert await log.cursor("answers", last) == 3
        assert await log.cursor("another", last) == 0


async def test_the_feed_keeps_what_some_consumer_has_not_read(log: FeedLog) -> None:
    for _ in range(40):
        await append(log, *(item() for _ in range(10)))
    (partition,) = [p for p in range(log.partitions) if await log.feed(p, 0, 1)]
    assert await log.cursor("slow", partition) == 0
    await log.move_cursor("slow", partition, 150)
    await log.move_cursor("quick", partition, 400)
    left = await log.feed(partition, 150, 1000)
    assert [found.position for found in left] == list(range(151, 401))


async def test_conversations_are_named_also_when_the_feed_is_past_them(place: LogPlace) -> None:
    names = {f"conversation:{number}" for number in range(1_500)}
    async with place.opened() as log:
        await append_all(log, [item(name) for name in sorted(names)])
        await append_all(log, [item("desk:1"), item("inbox:default")])
        for partition in range(log.partitions):
            end = (await log.feed(partition, 0, 10_000))[-1].position
            await log.move_cursor("inbox", partition, end)
        assert {name async for name in log.conversations()} == names
