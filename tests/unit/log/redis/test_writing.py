"""A channel that is written as commands is the channel that was read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from straks.log.log import Append, Appended, Conflict
from straks.log.moving import Head
from straks.log.redis import RedisLog
from straks.log.redis.lane import Lane
from straks.log.redis.scanning import each_master, scan, scan_channels
from straks.log.redis.writing import ChannelWriter, read_head
from tests.support.logs import append, item
from tests.support.redis_server import RedisServer

A = "conversation:a"


@pytest.fixture
async def log(server: RedisServer) -> AsyncIterator[RedisLog]:
    opened = await RedisLog.open(server.url, node="one")
    yield opened
    await opened.close()


def lane_of(log: RedisLog) -> Lane:
    return log._lanes[log.lane_of(A)]


async def head_of(log: RedisLog) -> Head | None:
    async def ask(_: int, *commands: tuple[object, ...]) -> list[object]:
        return await lane_of(log).reads.ask(*commands)

    return await read_head(ask, A)


async def existing(log: RedisLog) -> Head:
    head = await head_of(log)
    assert head is not None
    return head


async def said(log: RedisLog) -> list[Append]:
    """A conversation whose third entry changes its state, and that was read up to its second."""
    items = [item(A, advances=place in (0, 2), at=1_700_000_000_000 + place) for place in range(5)]
    await append(log, *items)
    log.mark(A, "visitor:v", 2)
    async with asyncio.timeout(20):
        while (await existing(log)).marks != {"visitor:v": 2}:
            await asyncio.sleep(0.05)
    return items


@pytest.mark.parametrize("slice_size", [1, 2, 5])
async def test_it_is_the_same_again_in_slices_of_any_size(
    server: RedisServer, log: RedisLog, slice_size: int
) -> None:
    items = await said(log)
    entries = (await log.read(A, after=0, limit=9)).entries
    head = await existing(log)
    assert (head.position.offset, head.state, head.at) == (5, 3, 1_700_000_000_004)
    server.empty()
    assert await head_of(log) is None

    writer = ChannelWriter(head)
    for start in range(0, 5, slice_size):
        commands = writer.commands(entries[start : start + slice_size])
        await lane_of(log).reads.ask(*commands)
    assert await head_of(log) == head
    assert (await log.read(A, after=0, limit=9)).entries == entries
    (again, stale) = await log.append([items[1], item(A, expect=1)])
    assert isinstance(again, Appended)
    assert (again.duplicate, again.entry.offset) == (True, 2)
    assert stale == Conflict(3)


async def test_what_is_absent_has_no_head(log: RedisLog) -> None:
    assert await head_of(log) is None


async def test_all_channels_are_found_over_many_pages(log: RedisLog) -> None:
    idents = [f"{number:04}" for number in range(1_500)]
    await append(log, *(item(f"conversation:{ident}") for ident in idents), item("desk:0001"))
    lanes = [lane_of(log)]
    assert {name async for name in scan_channels(lanes, "conversation")} == {
        f"conversation:{ident}" for ident in idents
    }
    assert {name async for name in scan_channels(lanes, "desk")} == {"desk:0001"}
    assert len({name async for name in scan_channels(lanes)}) == 1_501
    assert {key async for key in scan(lanes[0], "straks:*:desk:*:log")} != set()


async def test_each_master_is_looked_through_once(log: RedisLog) -> None:
    assert len(each_master([lane_of(log), lane_of(log)])) == 1
