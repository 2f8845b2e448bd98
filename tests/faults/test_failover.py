"""A replica takes over that had not received all: nobody believes in what went with the master."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.support.fault_load import fault_test
from tests.support.nodes import Nodes
from tests.support.postgres_server import PostgresServer
from tests.support.redis_sentinel import RedisSentinel, redis_sentinel
from tests.support.talk import Frame
from tests.support.two_sides import TwoSides, two_sides

LOST = (1, 2, 3)
"""Entries that the old master acknowledged, and the new one never had."""
GROWN = (0, 1, 2, 3)
"""Entries by which the new master grows past the place that it lost: to each of these lengths
below, at, and above what was lost."""

Talks: TypeAlias = Mapping[tuple[int, int], TwoSides]
"""By how much each loses, and by how much it then grows."""
Answers: TypeAlias = Mapping[tuple[int, int], list[Frame]]

pytestmark = fault_test(90)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisSentinel]:
    with redis_sentinel(tmp_path / "redis", appendfsync="always") as redis:
        yield redis


@pytest.fixture
def nodes(tmp_path: Path, redis: RedisSentinel, postgres: PostgresServer) -> Iterator[Nodes]:
    records = postgres.create("failover")
    with Nodes(tmp_path, redis=redis.url, database=records) as nodes:
        yield nodes


@asynccontextmanager
async def talks(nodes: Nodes) -> AsyncIterator[Talks]:
    """Open a conversation for each way that a log can fork."""
    async with AsyncExitStack() as stack:
        yield {
            (lost, lost + past): await stack.enter_async_context(two_sides(nodes))
            for lost in LOST
            for past in GROWN
        }


async def lose(found: Talks, redis: RedisSentinel) -> Answers:
    """Let the master acknowledge what its replica does not get."""
    for talk in found.values():
        await talk.say(talk.visitor, 3)
    await asyncio.to_thread(redis.detach_replica)
    lost = {way: await talk.say(talk.visitor, way[0]) for way, talk in found.items()}
    for talk in found.values():
        await talk.both_show(await talk.log(0))
    return lost


async def all_show_the_same(found: Talks) -> None:
    for talk in found.values():
        await talk.both_show(await talk.log(0))
        assert await talk.log(0) == await talk.log(1)


async def nobody_comes_back_to_what_is_lost(found: Talks, lost: Answers) -> None:
    for way, talk in found.items():
        for position in lost[way]:
            for number in (0, 1):
                answer = await talk.come_back(number, position)
                assert not answer["recovered"], (way, number, position)


async def test_all_that_show_lost_entries_are_told(nodes: Nodes, redis: RedisSentinel) -> None:
    async with talks(nodes) as found:
        lost = await lose(found, redis)
        old = await asyncio.to_thread(redis.promote)
        await asyncio.to_thread(redis.wait_promoted, old)
        # Nothing is published yet: they learn it by the new connection alone.
        await all_show_the_same(found)
        for way, talk in found.items():
            assert talk.visitor.resets == talk.agent.resets == 1, way
        await nobody_comes_back_to_what_is_lost(found, lost)
        for (_, grown), talk in found.items():
            await talk.say(talk.agent, grown)
        await nobody_comes_back_to_what_is_lost(found, lost)
        await all_show_the_same(found)


async def test_a_node_that_missed_the_failover_finds_a_log_that_has_grown(
    nodes: Nodes, redis: RedisSentinel
) -> None:
    """Offsets alone do not tell: those that its clients show exist again, with other entries."""
    async with talks(nodes) as found:
        lost = await lose(found, redis)
        nodes.pause(0)
        try:
            old = await asyncio.to_thread(redis.promote)
            await asyncio.to_thread(redis.wait_promoted, old)
            for (_, grown), talk in found.items():
                await talk.say(talk.agent, grown)
        finally:
            nodes.resume(0)
        await all_show_the_same(found)
        for way, talk in found.items():
            assert talk.visitor.resets == talk.agent.resets == 1, way
        await nobody_comes_back_to_what_is_lost(found, lost)
        # What went is stored again under its old key, once.
        for way, talk in found.items():
            for reply in lost[way]:
                again = await talk.publish(talk.visitor, reply["key"])
                assert not again["duplicate"]
                assert (await talk.publish(talk.visitor, reply["key"]))["duplicate"]
        await all_show_the_same(found)


async def test_what_a_replaced_master_still_took_is_not_believed(
    nodes: Nodes, redis: RedisSentinel
) -> None:
    """The old master lives, and takes writes until the sentinels turn it into a replica."""
    async with two_sides(nodes) as talk:
        kept = await talk.say(talk.visitor, 3)
        old = await asyncio.to_thread(redis.hand_over)
        new = await asyncio.to_thread(redis.wait_promoted, old)
        said = [*await talk.say(talk.visitor, 3), *await talk.say(talk.agent, 3)]
        await asyncio.to_thread(redis.wait_replica, old)
        assert redis.master is new
        last = await talk.say(talk.agent, 1)
        await talk.both_show(await talk.log(0))
        there = dict(await talk.log(1))
        for position in said:
            found = await talk.come_back(1, position)
            held = there.get(position["offset"]) == position["entry_id"]
            assert found["recovered"] == held, position
        assert (await talk.come_back(1, kept[-1]))["recovered"]
        assert there[last[0]["offset"]] == last[0]["entry_id"]
