"""The same key again, on every log."""

from __future__ import annotations

import asyncio

import pytest

from straks.log.commit import GroupCommit
from straks.log.limits import Limits
from straks.log.log import (
    Appended,
    AppendResult,
    LogError,
)
from tests.support.logs import FeedLog, LogPlace, append, append_all, item

A, B = "conversation:a", "conversation:b"


async def test_a_used_key_gives_the_first_entry(log: FeedLog) -> None:
    first = item(key="k", data=b'{"n":1}')
    (stored,) = await append(log, first)
    await append(log, item(), item(B))
    again = await append_all(log, [item(key="k", data=b'{"n":2}', kind="close", at=99)])
    assert again == [Appended(stored, True)]
    assert (await log.tail(A)).position.offset == 2


async def test_a_key_belongs_to_its_sender_and_channel(log: FeedLog) -> None:
    same = [item(key="k"), item(key="k", sender="visitor:w"), item(B, key="k"), item(key="k")]
    results = await append_all(log, same)
    assert [isinstance(r, Appended) and r.duplicate for r in results] == [
        False,
        False,
        False,
        True,
    ]


async def test_a_key_twice_in_a_batch_is_stored_once(log: FeedLog) -> None:
    first = item(key="k")
    results = await append_all(log, [first, item(), item(key="k")])
    assert isinstance(results[0], Appended)
    assert results[2] == Appended(results[0].entry, True)
    assert (await log.tail(A)).position.offset == 2


async def test_a_used_key_is_known_after_a_restart(place: LogPlace) -> None:
    async with place.opened() as log:
        (stored, *_) = await append(log, item(key="k"), item(), item("inbox:t", key="k"))
    async with place.opened() as log:
        assert await append_all(log, [item(key="k")]) == [Appended(stored, True)]
        (again,) = await append_all(log, [item("inbox:t", key="k")])
        assert isinstance(again, Appended)
        assert again.duplicate


async def test_a_used_key_wins_over_guard_and_limit(place: LogPlace) -> None:
    async with place.opened(Limits(entries=2)) as log:
        (stored, _) = await append(log, item(key="k", advances=True), item(advances=True))
        assert await append_all(log, [item(key="k", expect=0)]) == [Appended(stored, True)]


@pytest.mark.parametrize("channel", ["inbox:team", "app:shop"])
async def test_a_channel_without_end_remembers_its_last_keys(place: LogPlace, channel: str) -> None:
    limits = Limits(keys=3, entries=2)
    async with place.opened(limits) as log:
        await append(log, *(item(channel, key=f"k{n}") for n in range(5)))
    async with place.opened(limits) as log:
        results = await append_all(log, [item(channel, key=f"k{n}") for n in (2, 4)])
        assert [isinstance(r, Appended) and r.duplicate for r in results] == [True, True]
        results = await append_all(log, [item(channel, key="k1"), item(channel, key="k2")])
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
