"""What every log does, whatever its storage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from straks.log.commit import GroupCommit
from straks.log.limits import Limits
from straks.log.log import (
    Append,
    Appended,
    AppendResult,
    BadItemError,
    Conflict,
    Entry,
    Full,
    LogError,
)
from straks_protocol import Position
from tests.support.logs import FeedLog, LogPlace, append, item

A, B = "conversation:a", "conversation:b"


@pytest.fixture
async def log(place: LogPlace) -> AsyncIterator[FeedLog]:
    async with place.opened() as opened:
        yield opened


def offsets(entries: Sequence[Entry]) -> list[int]:
    return [entry.offset for entry in entries]


async def feeds(log: FeedLog) -> list[Entry]:
    """Everything in the feeds, partition by partition."""
    return [
        found.entry
        for partition in range(log.partitions)
        for found in await log.feed(partition, 0, 1000)
    ]


# --- append and read -----------------------------------------------------------------------


async def test_entries_come_back_as_they_were_appended(log: FeedLog) -> None:
    first = item(
        name="Åse Øst", sender="agent:1", kind="accept", data=b'{"x":"\\u0000"}', advances=True
    )
    (stored,) = await append(log, first)
    assert stored == Entry(
        channel=A,
        offset=1,
        id=first.id,
        at=first.at,
        sender="agent:1",
        name="Åse Øst",
        key=first.key,
        kind="accept",
        data=b'{"x":"\\u0000"}',
        advances=True,
    )
    assert (await log.read(A, limit=10)).entries == [stored]


async def test_offsets_count_from_one_in_each_channel(log: FeedLog) -> None:
    stored = await append(log, item(A), item(B), item(A), item("desk:a"), item(A), item(B))
    assert [(entry.channel, entry.offset) for entry in stored] == [
        (A, 1),
        (B, 1),
        (A, 2),
        ("desk:a", 1),
        (A, 3),
        (B, 2),
    ]


async def test_a_full_batch_is_stored_in_order(log: FeedLog) -> None:
    stored = await append(log, *(item() for _ in range(64)))
    assert offsets(stored) == list(range(1, 65))
    assert (await log.read(A, after=0, limit=64)).entries == stored


async def test_large_data_is_kept(log: FeedLog) -> None:
    data = b'{"text":"' + b"\xc3\xa6" * 100_000 + b'"}'
    await append(log, item(data=data))
    assert (await log.read(A, limit=1)).entries[0].data == data


@pytest.mark.parametrize(
    ("bounds", "expected", "more"),
    [
        ({"after": 0}, [1, 2, 3], True),
        ({"after": 4}, [5, 6, 7], False),
        ({"after": 5}, [6, 7], False),
        ({"after": 7}, [], False),
        ({"after": 99}, [], False),
        ({"before": 8}, [5, 6, 7], True),
        ({"before": 4}, [1, 2, 3], False),
        ({"before": 3}, [1, 2], False),
        ({"before": 1}, [], False),
        ({"before": 0}, [], False),
        ({}, [5, 6, 7], True),
    ],
)
async def test_pages(log: FeedLog, bounds: dict[str, int], expected: list[int], more: bool) -> None:
    await append(log, *(item() for _ in range(7)), item(B))
    page = await log.read(A, **bounds, limit=3)
    assert (offsets(page.entries), page.more) == (expected, more)


async def test_an_absent_channel_is_empty(log: FeedLog) -> None:
    page = await log.read("conversation:none", limit=5)
    assert (list(page.entries), page.more) == ([], False)
    tail = await log.tail("conversation:none")
    assert (tail.position, tail.state_offset, dict(tail.read)) == (
        Position(offset=0, id=""),
        0,
        {},
    )


async def test_the_tail_tells_the_last_entry_and_the_last_change_of_state(log: FeedLog) -> None:
    stored = await append(log, item(advances=True), item(), item(advances=True), item())
    tail = await log.tail(A)
    assert tail.position == Position(offset=4, id=stored[3].id)
    assert tail.state_offset == 3


async def test_time_never_goes_back_in_a_channel(log: FeedLog) -> None:
    stored = await append(log, item(at=50), item(at=40), item(B, at=10), item(at=60), item(at=1))
    assert [entry.at for entry in stored] == [50, 50, 10, 60, 60]
    assert [entry.at for entry in (await log.read(A, limit=9)).entries] == [50, 50, 60, 60]


async def test_very_many_reads_at_once(log: FeedLog) -> None:
    stored = await append(log, item(), item(B))
    pages = await asyncio.gather(
        *(log.read(channel, limit=1) for channel in (A, B) for _ in range(500))
    )
    assert [page.entries[0] for page in pages] == [stored[0]] * 500 + [stored[1]] * 500
    tails = await asyncio.gather(*(log.tail(A) for _ in range(500)))
    assert all(tail.position.offset == 1 for tail in tails)


# --- the same key again ----------------------------------------------------------------------


async def test_a_used_key_gives_the_first_entry(log: FeedLog) -> None:
    first = item(key="k", data=b'{"n":1}')
    (stored,) = await append(log, first)
    await append(log, item(), item(B))
    again = await log.append([item(key="k", data=b'{"n":2}', kind="close", at=99)])
    assert again == [Appended(stored, True)]
    assert (await log.tail(A)).position.offset == 2


async def test_a_key_belongs_to_its_sender_and_channel(log: FeedLog) -> None:
    results = await log.append(
        [item(key="k"), item(key="k", sender="visitor:w"), item(B, key="k"), item(key="k")]
    )
    assert [isinstance(r, Appended) and r.duplicate for r in results] == [
        False,
        False,
        False,
        True,
    ]


async def test_a_key_twice_in_a_batch_is_stored_once(log: FeedLog) -> None:
    first = item(key="k")
    results = await log.append([first, item(), item(key="k")])
    assert isinstance(results[0], Appended)
    assert results[2] == Appended(results[0].entry, True)
    assert (await log.tail(A)).position.offset == 2


async def test_a_used_key_is_known_after_a_restart(place: LogPlace) -> None:
    async with place.opened() as log:
        (stored, *_) = await append(log, item(key="k"), item(), item("inbox:t", key="k"))
    async with place.opened() as log:
        assert await log.append([item(key="k")]) == [Appended(stored, True)]
        (again,) = await log.append([item("inbox:t", key="k")])
        assert isinstance(again, Appended)
        assert again.duplicate


async def test_a_used_key_wins_over_guard_and_limit(place: LogPlace) -> None:
    async with place.opened(Limits(entries=2)) as log:
        (stored, _) = await append(log, item(key="k", advances=True), item(advances=True))
        assert await log.append([item(key="k", expect=0)]) == [Appended(stored, True)]


@pytest.mark.parametrize("channel", ["inbox:team", "app:shop"])
async def test_a_channel_without_end_remembers_its_last_keys(place: LogPlace, channel: str) -> None:
    limits = Limits(keys=3, entries=2)
    async with place.opened(limits) as log:
        await append(log, *(item(channel, key=f"k{n}") for n in range(5)))
    async with place.opened(limits) as log:
        results = await log.append([item(channel, key=f"k{n}") for n in (2, 4)])
        assert [isinstance(r, Appended) and r.duplicate for r in results] == [True, True]
        results = await log.append([item(channel, key="k1"), item(channel, key="k2")])
        assert [isinstance(r, Appended) and r.entry.offset for r in results] == [6, 7]


async def test_a_key_in_flight_joins_the_first(log: FeedLog) -> None:
    commit = GroupCommit(log)
    writer = asyncio.create_task(commit.run())
    results: list[AppendResult | LogError] = []
    for _ in range(3):
        commit.submit(item(key="k"), results.append)
    await commit.drain()
    await writer
    assert [isinstance(r, Appended) and (r.entry.offset, r.duplicate) for r in results] == [
        (1, False),
        (1, True),
        (1, True),
    ]
    assert (await log.tail(A)).position.offset == 1


# --- guards and limits -----------------------------------------------------------------------


async def test_a_guard_that_holds_lets_the_entry_in(log: FeedLog) -> None:
    await append(log, item(advances=True, expect=0), item(), item(advances=True, expect=1))
    assert (await log.tail(A)).state_offset == 3


async def test_a_guard_that_does_not_hold_stores_nothing(log: FeedLog) -> None:
    await append(log, item(advances=True), item())
    results = await log.append([item(expect=0), item(expect=2), item(B, expect=1)])
    assert results == [Conflict(1), Conflict(1), Conflict(0)]
    assert (await log.tail(A)).position.offset == 2
    assert (await log.tail(B)).position.offset == 0


async def test_a_guard_that_can_never_hold_finds_a_used_key_or_nothing(log: FeedLog) -> None:
    """The service asks so for what it refuses, unless it was stored before."""
    (stored,) = await append(log, item(key="used", advances=True))
    results = await log.append([item(key="used", expect=-1), item(expect=-1), item(B, expect=-1)])
    assert results == [Appended(stored, True), Conflict(1), Conflict(0)]
    assert (await log.tail(A)).position.offset == 1


async def test_of_many_with_the_same_guard_exactly_one_wins(log: FeedLog) -> None:
    await append(log, item(advances=True))
    commit = GroupCommit(log)
    writer = asyncio.create_task(commit.run())
    results: list[AppendResult | LogError] = []
    for n in range(150):  # several batches
        agent = item(sender=f"agent:{n}", kind="accept", advances=True, expect=1)
        commit.submit(agent, results.append)
    await commit.drain()
    await writer
    assert isinstance(results[0], Appended)
    assert results[1:] == [Conflict(2)] * 149


@pytest.mark.parametrize("channel", ["conversation:a", "desk:a"])
async def test_a_conversation_may_grow_to_its_limit(place: LogPlace, channel: str) -> None:
    async with place.opened(Limits(entries=3)) as log:
        results = await log.append([item(channel) for _ in range(5)])
        assert [type(result) for result in results] == [Appended, Appended, Appended, Full, Full]
    async with place.opened(Limits(entries=3)) as log:
        assert await log.append([item(channel)]) == [Full()]
        assert (await log.tail(channel)).position.offset == 3


BAD: dict[str, dict[str, object]] = {
    "surrogate": {"name": "\ud800"},
    "surrogate key": {"key": "\ud800"},
    "data": {"data": "text"},
    "time": {"at": 1 << 70},
    "channel": {"channel": None},
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_a_bad_item_fails_alone(log: FeedLog, bad: dict[str, object]) -> None:
    heard: list[Entry] = []
    log.listen(heard.extend)
    broken = item(**bad)  # type: ignore[arg-type]  # what is tested
    results = await log.append([item(), broken, item(), item(expect=7), item(B)])
    assert [type(result) for result in results] == [
        Appended,
        BadItemError,
        Appended,
        Conflict,
        Appended,
    ]
    assert [(entry.channel, entry.offset) for entry in heard] == [(A, 1), (A, 2), (B, 1)]
    assert offsets((await log.read(A, limit=9)).entries) == [1, 2]


async def test_a_batch_of_bad_items_only(log: FeedLog) -> None:
    results = await log.append([item(name="\ud800"), item(name="\ud800")])
    assert [type(result) for result in results] == [BadItemError, BadItemError]


# --- listeners, watermarks -------------------------------------------------------------------


async def test_listeners_hear_of_new_entries_in_order_and_before_append_returns(
    log: FeedLog,
) -> None:
    heard: list[Entry] = []
    log.listen(heard.extend)
    log.follow(A)
    stored = await append(log, item(), item(B), item())
    assert heard == stored
    await log.append([item(key=stored[0].key), item(expect=5)])
    assert heard == stored
    log.unfollow(A)


async def test_a_watermark_is_raised_and_never_lowered(log: FeedLog) -> None:
    await append(log, *(item() for _ in range(5)))
    log.mark(A, "agent:1", 3)
    log.mark(A, "agent:1", 2)
    log.mark(A, "visitor:v", 1)
    assert (await log.tail(A)).read == {"agent:1": 3, "visitor:v": 1}
    await append(log, item(B))  # takes them along
    log.mark(A, "agent:1", 1)
    assert (await log.tail(A)).read == {"agent:1": 3, "visitor:v": 1}


async def test_a_watermark_ends_where_the_log_ends(place: LogPlace) -> None:
    async with place.opened() as log:
        await append(log, item(), item())
        log.mark(A, "agent:1", 1_000)
        log.mark("conversation:none", "agent:1", 5)
        log.mark(A, "agent:2", 0)
        assert (await log.tail(A)).read == {"agent:1": 2}
    async with place.opened() as log:
        await append(log, item(), item("conversation:none"))
        assert (await log.tail(A)).read == {"agent:1": 2}
        assert (await log.tail("conversation:none")).read == {}


async def test_watermarks_survive_a_restart(place: LogPlace) -> None:
    async with place.opened() as log:
        await append(log, *(item() for _ in range(5)))
        log.mark(A, "agent:1", 2)
    async with place.opened() as log:
        assert (await log.tail(A)).read == {"agent:1": 2}
        log.mark(A, "agent:1", 1)
        log.mark(A, "agent:2", 5)
    async with place.opened() as log:
        assert (await log.tail(A)).read == {"agent:1": 2, "agent:2": 5}


async def test_a_watermark_is_stored_soon_without_any_append(place: LogPlace) -> None:
    async with place.opened() as log:
        await append(log, item())
        log.mark(A, "agent:1", 1)
        marks = log._marks  # type: ignore[attr-defined]  # nothing tells when it is empty
        async with asyncio.timeout(10):
            while marks:
                await asyncio.sleep(0.02)


# --- the feed --------------------------------------------------------------------------------


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
        last = log.partitions - 1
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


# --- restarts --------------------------------------------------------------------------------


async def test_a_restart_keeps_everything(place: LogPlace) -> None:
    async with place.opened() as log:
        stored = await append(log, item(advances=True), item(), item(B), item(at=10**13))
        tails = [await log.tail(A), await log.tail(B)]
    async with place.opened() as log:
        assert [await log.tail(A), await log.tail(B)] == tails
        assert (await log.read(A, limit=9)).entries == [e for e in stored if e.channel == A]
        (more,) = await append(log, item(expect=1, at=1))
        assert (more.offset, more.at) == (4, 10**13)


async def test_a_closed_log_says_so(place: LogPlace) -> None:
    log = await place.open()
    await log.close()
    with pytest.raises(LogError):
        await log.read(A, limit=1)


async def test_many_channels_at_once(place: LogPlace) -> None:
    items: list[Append] = [item(f"conversation:c{n % 50}") for n in range(500)]
    async with place.opened(Limits(active_channels=7, active_keys=20)) as log:
        commit = GroupCommit(log)
        writer = asyncio.create_task(commit.run())
        results: list[AppendResult | LogError] = []
        for each in items:
            commit.submit(each, results.append)
        await commit.drain()
        await writer
        assert [isinstance(r, Appended) and r.entry.id for r in results] == [i.id for i in items]
        for n in range(50):
            assert (await log.tail(f"conversation:c{n}")).position.offset == 10
