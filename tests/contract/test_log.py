"""What every log does, whatever its storage."""

from __future__ import annotations

import asyncio

import pytest

from straks.log.lanes import LaneCommit
from straks.log.limits import Limits
from straks.log.log import (
    Append,
    Appended,
    AppendResult,
    Entry,
    LogError,
)
from straks_protocol import Position
from tests.support.logs import FeedLog, LogPlace, append, item, offsets

A, B = "conversation:a", "conversation:b"


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
        commit = LaneCommit(log)
        writer = asyncio.create_task(commit.run())
        results: list[AppendResult | LogError] = []
        for each in items:
            commit.submit(each, results.append)
        await commit.drain()
        await writer
        stored = [isinstance(r, Appended) and r.entry for r in results]
        for n in range(50):
            channel = f"conversation:c{n}"
            assert [each.id for each in stored if each and each.channel == channel] == [
                each.id for each in items if each.channel == channel
            ]
        for n in range(50):
            assert (await log.tail(f"conversation:c{n}")).position.offset == 10
