"""Guards, limits and bad items, on every log."""

from __future__ import annotations

import asyncio

import pytest

from straks.log.commit import GroupCommit
from straks.log.limits import Limits
from straks.log.log import (
    Appended,
    AppendResult,
    BadItemError,
    Conflict,
    Entry,
    Full,
    LogError,
)
from straks_protocol import Position
from tests.support.logs import FeedLog, LogPlace, append, append_all, item, offsets

A, B = "conversation:a", "conversation:b"


async def test_a_guard_that_holds_lets_the_entry_in(log: FeedLog) -> None:
    await append(log, item(advances=True, expect=0), item(), item(advances=True, expect=1))
    assert (await log.tail(A)).state_offset == 3


async def test_a_guard_that_does_not_hold_stores_nothing(log: FeedLog) -> None:
    await append(log, item(advances=True), item())
    results = await append_all(log, [item(expect=0), item(expect=2), item(B, expect=1)])
    assert results == [Conflict(1), Conflict(1), Conflict(0)]
    assert (await log.tail(A)).position.offset == 2
    assert (await log.tail(B)).position.offset == 0


async def test_a_guard_that_can_never_hold_finds_a_used_key_or_nothing(log: FeedLog) -> None:
    """The service asks so for what it refuses, unless it was stored before."""
    (stored,) = await append(log, item(key="used", advances=True))
    results = await append_all(
        log, [item(key="used", expect=-1), item(expect=-1), item(B, expect=-1)]
    )
    assert results == [Appended(stored, True), Conflict(1), Conflict(0)]
    assert (await log.tail(A)).position.offset == 1


async def test_what_follows_an_entry_is_stored_directly_after_it_or_not_at_all(
    log: FeedLog,
) -> None:
    (first,) = await append(log, item(advances=True))
    second = item()
    after_second = Position(offset=2, id=second.id)
    results = await append_all(
        log, [second, item(follows=after_second), item(follows=after_second), item(B)]
    )
    assert [type(result) for result in results] == [Appended, Appended, Conflict, Appended]
    for wrong in (
        Position(offset=first.offset, id=first.id),  # there are later ones
        Position(offset=3, id=second.id),
        Position(offset=0, id=""),
    ):
        assert await append_all(log, [item(follows=wrong)]) == [Conflict(1)]
    assert (await log.tail(A)).position.offset == 3


async def test_what_follows_a_key_that_was_used_is_not_stored(log: FeedLog) -> None:
    """It was meant for an entry that was never made."""
    await append(log, item(key="used"))
    again = item(key="used")
    results = await append_all(log, [again, item(follows=Position(offset=2, id=again.id))])
    assert results[1] == Conflict(0)


async def test_what_may_follow_is_known_after_a_restart(place: LogPlace) -> None:
    async with place.opened() as log:
        (stored,) = await append(log, item())
    async with place.opened() as log:
        (follower,) = await append(log, item(follows=Position(offset=1, id=stored.id)))
    assert follower.offset == 2


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
        results = await append_all(log, [item(channel) for _ in range(5)])
        assert [type(result) for result in results] == [Appended, Appended, Appended, Full, Full]
    async with place.opened(Limits(entries=3)) as log:
        assert await append_all(log, [item(channel)]) == [Full()]
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
    results = await append_all(log, [item(), broken, item(), item(expect=7), item(B)])
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
    results = await append_all(log, [item(name="\ud800"), item(name="\ud800")])
    assert [type(result) for result in results] == [BadItemError, BadItemError]
